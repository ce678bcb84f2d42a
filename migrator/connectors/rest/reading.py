"""A connector file → `Definition`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from migrator.connectors.rest.definition import (
    Action,
    Auth,
    Count,
    Customs,
    Definition,
    ErrorRule,
    Identity,
    Limits,
    Login,
    ObjectDefinition,
    Options,
    Paging,
    Schema,
    Setting,
    Window,
)
from migrator.connectors.rest.substitution import substitute
from migrator.contracts import schema_problems
from migrator.errors import Problem, SpecError
from migrator.located import Located, read_located
from migrator.records import TEXT_KINDS, Field, Kind, ObjectType, Tier
from migrator.resources import packaged

GUESSED_SHARE = 0.8
FORMATS: Mapping[Kind, Any] = {
    Kind.DATE: "%Y-%m-%d",
    Kind.DATETIME: "%Y-%m-%dT%H:%M:%SZ",
    Kind.DECIMAL: "number",
    Kind.INTEGER: "number",
    Kind.BOOLEAN: [False, True],
    Kind.LIST: "array",
}

_SPELLED = ("path", "under", "wrap", "items", "unwrap", "each", "record", "count")
_BRACES = re.compile(r"\{([^}]*)\}")
_READ_ONLY = "the target sets it itself"
_FROM_NAMES = "the target would create a record from it; map the '_Id' beside it with a lookup"
_UNTYPED = "it holds values of a shape that this connector does not write"


def shipped() -> list[str]:
    """List the connectors that travel with the program."""
    return sorted(path.stem for path in packaged("connectors", "definitions").glob("*.yaml"))


def read_definition(path: Path) -> Definition:
    """Read a connector file. Raises SpecError with all that is wrong."""
    document = read_located(path, name=path.name)
    problems = schema_problems(document, "connector")
    if problems:
        raise SpecError(*problems)
    raw = document.data
    success, wire = raw["success"], raw.get("wire", {})
    return Definition(
        name=raw["name"],
        version=raw["version"],
        title=raw.get("title", raw["name"]),
        settings={name: _read_setting(item) for name, item in raw["settings"].items()},
        auth=_read_auth(raw["auth"]),
        user_agent=raw.get("user_agent", ""),
        formats={**FORMATS, **{Kind(kind): form for kind, form in wire.items() if kind != "null"}},
        null=wire.get("null", "null"),
        success_status=frozenset(success["status"]),
        id_path=success.get("id", "id"),
        id_pattern=_read_pattern(document, success.get("id_pattern", r"^[^\s/?#]+$")),
        errors=tuple(_read_rule(item) for item in raw.get("errors", [])),
        limits=_read_limits(raw.get("limits", {})),
        identity=Identity(**raw["identity"]) if "identity" in raw else None,
        schema=_read_schema(raw["schema"]) if "schema" in raw else None,
        customs=Customs(**raw["customs"]) if "customs" in raw else None,
        options=_read_options(raw["options"]) if "options" in raw else None,
        examples=tuple(raw.get("examples", ())),
        objects=_read_objects({**raw, "objects": dict(_spelled_out(document))}),
    )


def expand(words: str) -> list[str]:
    """Write out families: `A_{B,C}_{D,E}` is `A_B_D A_B_E A_C_D A_C_E`."""
    found: list[str] = []
    for word in words.split():
        choices = [part.split(",") if n % 2 else [part] for n, part in enumerate(_BRACES.split(word))]
        found += ["".join(parts) for parts in product(*choices)]
    return found


def _read_pattern(document: Located, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        place = document.place(("success", "id_pattern"))
        raise SpecError(Problem(code="E013", place=place, fact=f"not a regular expression: {error}")) from None


def _read_setting(raw: Mapping[str, Any]) -> Setting:
    return Setting(
        default=raw.get("default", ""),
        is_secret=raw.get("secret", False),
        is_optional=raw.get("optional", False),
        hosts=tuple(raw.get("hosts", ())),
    )


def _read_auth(raw: Mapping[str, Any]) -> Auth:
    login = raw.get("login")
    return Auth(
        header=raw.get("header", {}),
        query=raw.get("query", {}),
        form=raw.get("form", {}),
        basic=tuple(raw["basic"]) if "basic" in raw else None,
        login=Login(**login) if login else None,
    )


def _read_rule(raw: Mapping[str, Any]) -> ErrorRule:
    status, body = raw.get("status", []), raw.get("body", {})
    return ErrorRule(
        means=raw["is"],
        statuses=frozenset([status] if isinstance(status, int) else status),
        header=raw.get("header", {}),
        body={} if isinstance(body, str) else body,
        names_required=body == "names_required",
        confirm=raw.get("confirm", False),
        fields=raw.get("fields"),
        message=raw.get("message", ""),
    )


def _read_limits(raw: Mapping[str, Any]) -> Limits:
    share = GUESSED_SHARE if raw.get("guessed") else 1.0
    timeout = float(raw.get("timeout_seconds", 30))
    windows = (
        Window(requests=max(1, int(item["requests"] * share)), seconds=float(item["seconds"]))
        for item in raw.get("windows", [])
    )
    return Limits(
        windows=tuple(windows),
        weights=raw.get("weights", {}),
        remaining=raw.get("remaining", ""),
        reset=raw.get("reset", ""),
        concurrency=raw.get("concurrency", 1),
        lag_seconds=float(raw.get("after_write_lag_seconds", 5)),
        timeout_seconds=timeout,
        settle_seconds=float(raw.get("settle_seconds", max(2 * timeout, 120))),
    )


def _read_schema(raw: Mapping[str, Any]) -> Schema:
    types = {word: Kind(kind) for kind, words in raw.get("types", {}).items() for word in words.split()}
    return Schema(**{**raw, "types": types})


def _read_options(raw: Mapping[str, Any]) -> Options:
    return Options(
        path=raw["path"],
        items=raw.get("items", ""),
        value=raw.get("value", ""),
        append=_read_action(raw["append"], None) if "append" in raw else None,
        fields={name: tuple(expand(words)) for name, words in raw["fields"].items()},
    )


def _spelled_out(document: Located) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the objects, one that is `like` another with all that it does not state itself. Raises SpecError."""
    objects = document.data["objects"]
    for name, stated in objects.items():
        model = objects.get(stated["like"], {}) if "like" in stated else {"fields": {}}
        if "fields" not in model or "like" in model:
            place, hint = document.place(("objects", name, "like")), "name an object that is spelled out itself"
            raise SpecError(Problem(code="E012", place=place, fact=f"no object '{stated['like']}'", hint=hint))
        yield name, {**model, **stated}


def _read_objects(raw: Mapping[str, Any]) -> dict[str, ObjectDefinition]:
    ones = {name: item.get("one", name) for name, item in raw["objects"].items()}
    every = raw.get("every", {})
    return {name: _read_object(name, _with_every(every, item), raw, ones) for name, item in raw["objects"].items()}


def _with_every(every: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Add what every object has to what one states: groups of fields are joined, all else is the object's own."""
    groups = {part: _joined(every.get(part, {}), own.get(part, {})) for part in ("fields", "read_only")}
    return {**every, **own, **groups}


def _joined(shared: Any, own: Any) -> Any:
    if isinstance(shared, str):
        return f"{shared} {own}"
    both = {key: _joined(shared[key], own[key]) for key in shared if key in own}
    return {**shared, **own, **both}


def _read_object(
    name: str, raw: Mapping[str, Any], whole: Mapping[str, Any], ones: Mapping[str, str]
) -> ObjectDefinition:
    actions = _read_actions(name, raw, whole, ones[name])
    fields = {item.name: item for item in _all_fields(raw)}
    fields |= {one: replace(fields[one], can_append=True) for one in _growing(name, whole) if one in fields}
    parents = raw.get("parents", "")
    below = dict.fromkeys(expand(parents)) if isinstance(parents, str) else dict(parents)
    return ObjectDefinition(
        type=ObjectType(
            name=name,
            fields=dict(_with_items(fields)),
            tier=Tier(raw.get("tier", "C")),
            marker=raw.get("marker", ""),
            parents=tuple(below),
            is_listed="list" in actions,
            is_written="create" in actions,
            label=tuple(expand(raw.get("label", ""))),
            open=raw.get("open", ""),
            kind_words=_kind_words(fields, below, ones),
            parent_ids=_parent_ids(fields, below, raw.get("parent_id", "")),
        ),
        one=ones[name],
        actions=actions,
        never_sent=frozenset(item.name for item in fields.values() if item.refused in {_READ_ONLY, _FROM_NAMES}),
        formats=raw.get("formats", {}),
        reads=raw.get("reads", {}),
        parent_fields={one: put for one, put in below.items() if put},
        parent_ones=ones,
        is_optional=raw.get("optional", False),
    )


def _parent_ids(fields: Mapping[str, Field], below: Mapping[str, Any], stated: str) -> dict[str, str]:
    """Find the field in which a record holds the id of each parent: as stated, where a body puts it, or a reference."""
    found: dict[str, str] = {}
    for parent, put in below.items():
        named = [stated] if stated else [name for name, text in (put or {}).items() if text == "{parent_id}"]
        named = named or [name for name, field in fields.items() if field.references == parent]
        found |= {parent: named[0]} if len(named) == 1 else {}
    return found


def _kind_words(
    fields: Mapping[str, Field], below: Mapping[str, Any], ones: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Find the words for kinds of records: among a field's choices, and in what a body holds of a parent."""
    found: dict[str, dict[str, str]] = {}
    for field in fields.values():
        choices = {option.lower(): option for option in field.options}
        words = {name: choices.get(one.lower(), choices.get(name.lower(), "")) for name, one in ones.items()}
        found[field.name] = {name: word for name, word in words.items() if word}
    for parent, put in below.items():
        for name, word in (put or {}).items():
            if isinstance(word, str) and not _BRACES.search(word):
                found.setdefault(name, {})[parent] = word
    return {name: words for name, words in found.items() if words}


def _growing(name: str, whole: Mapping[str, Any]) -> list[str]:
    """Name the fields of an object to whose picklists values can be added."""
    stated = whole.get("options", {})
    return expand(stated["fields"].get(name, "")) if "append" in stated else []


def _read_actions(name: str, raw: Mapping[str, Any], whole: Mapping[str, Any], one: str) -> dict[str, Action]:
    """Lay an object's own actions over those of all, each key by itself; `null` takes one away."""
    defaults = {key: action for key, action in whole["actions"].items() if action is not None}
    own = raw.get("actions", {})
    merged = {}
    for key in {**defaults, **own}:
        if key in own and own[key] is None:
            continue
        based_on = {**defaults.get("list", {}), **own.get("list", {})} if key == "find" and own.get("list", 1) else {}
        based_on.pop("count", None)  # of the whole list
        merged[key] = {**based_on, **defaults.get(key, {}), **own.get(key, {})}
    holes = {"object": name, "one": one, "place": raw.get("place", name)}
    pages = whole.get("paging")
    fields = [item.name for item in _all_fields(raw)]
    for item in merged.values():
        item |= {part: substitute(item[part], holes) for part in _SPELLED if part in item}
        item["query"] = {key: fields if told == "{fields}" else told for key, told in item.get("query", {}).items()}
    return {key: _read_action(item, pages) for key, item in merged.items()}


def _read_action(raw: Mapping[str, Any], pages: Mapping[str, Any] | None) -> Action:
    stated = dict(raw)
    stated_ids = stated.pop("id", [])
    ids = [path for path in stated_ids if path is not None] if isinstance(stated_ids, list) else stated_ids
    paging = stated.pop("paging", pages)
    count = stated.pop("count", None)
    first = {} if paging is None or paging.get("first") != "probe" else {"first": None}
    return Action(
        **stated,
        ids=() if ids is None else (ids,) if isinstance(ids, str) else tuple(ids) or None,
        may_lack_id=isinstance(stated_ids, list) and None in stated_ids,
        paging=None if paging is None else Paging(**{**paging, **first}),
        count=None if count is None else Count(**count),
    )


def _all_fields(raw: Mapping[str, Any]) -> Iterator[Field]:
    yield from _fields(raw, raw["fields"], "")
    yield from _fields(raw, raw.get("read_only", {}), _READ_ONLY)
    for name in expand(raw.get("creates_from_names", "")):
        yield Field(name=name, kind=Kind.TEXT, refused=_FROM_NAMES)


def _fields(raw: Mapping[str, Any], groups: Mapping[str, Any], refused: str) -> Iterator[Field]:
    """Give the fields of grouped words: by type, references by what they point at, untyped ones as they come."""
    required = frozenset(expand(raw.get("required", ""))) if not refused else frozenset()
    normalised = {name: how for how, words in raw.get("normalises", {}).items() for name in expand(words)}
    for group, words in groups.items():
        targets = words.items() if group == "reference" else [("", words)]
        kind = Kind.TEXT if group == "untyped" else Kind(group)
        for target, spelled in targets:
            for name in expand(spelled):
                yield Field(
                    name=name,
                    kind=kind,
                    required=name in required,
                    refused=refused or (_UNTYPED if group == "untyped" else ""),
                    references="" if target == "any" else target,
                    max_length=raw.get("lengths", {}).get(name),
                    options=_choices(raw.get("choices", {}).get(name, "")),
                    normalised=normalised.get(name, normalised.get("*", "") if kind in TEXT_KINDS else ""),
                )


def _choices(stated: str | list[str]) -> tuple[str, ...]:
    return tuple(stated.split() if isinstance(stated, str) else stated)


def _with_items(fields: Mapping[str, Field]) -> Iterator[tuple[str, Field]]:
    """Give the fields, those of the items of a list (`phones[].no`) gathered in the list's own."""
    lists: dict[str, dict[str, Field]] = {}
    for name, item in fields.items():
        head, is_item, part = name.partition("[].")
        if is_item:
            lists.setdefault(head, {})[part] = item
        else:
            yield name, item
    for head, parts in lists.items():
        refused = next(iter(parts.values())).refused
        yield head, Field(name=head, kind=Kind.ITEMS, refused=refused, items=parts)
