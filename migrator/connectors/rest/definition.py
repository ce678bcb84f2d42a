"""A connector file → `Definition`, and the catalog of what its CRM holds."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from migrator.contracts import schema_problems
from migrator.errors import Problem, SpecError
from migrator.located import read_located
from migrator.records import Catalog, Field, Kind, ObjectType, Tier
from migrator.resources import packaged

GUESSED_SHARE = 0.8

_BRACES = re.compile(r"\{([^}]*)\}")
_READ_ONLY = "the target sets it itself"
_FROM_NAMES = "the target would create a record from it; map the '_Id' beside it with a lookup"
_UNTYPED = "it holds values of a shape that this connector does not write"


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """One kind of request: verb, path with holes, and where in the answer its list stands."""

    method: str
    path: str
    under: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    items: str = ""
    all_minutes: int = 0
    replaces: str = ""

    @property
    def replaces_all(self) -> bool:
        """Tell whether the body of an update is the whole record."""
        return self.replaces == "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class Paging:
    """Pages by offset: the names of the parameters, the largest size, the path of the flag for more."""

    offset: str
    size: str
    max: int
    more: str = ""
    by: str = "offset"


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorRule:
    """What an answer means; goes before the table that holds for every CRM."""

    status: int
    means: str
    names_required: bool = False
    confirm: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """So many requests in so many seconds."""

    requests: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A setting of the connector: its default, whether it is a secret, the hosts that an address may have."""

    default: str = ""
    is_secret: bool = False
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectDefinition:
    """One object: its type for the catalog, its actions, and the fields that never stand in a body."""

    type: ObjectType
    actions: Mapping[str, Action]
    never_sent: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A whole connector file."""

    name: str
    version: str
    title: str
    settings: Mapping[str, Setting]
    header: Mapping[str, str]
    query: Mapping[str, str]
    datetime_format: str
    decimals_as_text: bool
    success_status: frozenset[int]
    id_path: str
    id_pattern: re.Pattern[str]
    errors: tuple[ErrorRule, ...]
    windows: tuple[Window, ...]
    concurrency: int
    lag_seconds: float
    timeout_seconds: float
    settle_seconds: float
    paging: Paging | None
    identity: tuple[str, str] | None
    objects: Mapping[str, ObjectDefinition]

    @property
    def catalog(self) -> Catalog:
        """Give what the CRM holds."""
        objects = {name: item.type for name, item in self.objects.items()}
        return Catalog(connector=self.name, version=self.version, objects=objects)


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
    try:
        id_pattern = re.compile(raw["success"].get("id_pattern", r"^[^\s/?#]+$"))
    except re.error as error:
        place = document.place(("success", "id_pattern"))
        raise SpecError(Problem(code="E013", place=place, fact=f"not a regular expression: {error}")) from None
    wire, limits, identity = raw.get("wire", {}), raw.get("limits", {}), raw.get("identity")
    timeout = float(limits.get("timeout_seconds", 30))
    return Definition(
        name=raw["name"],
        version=raw["version"],
        title=raw.get("title", raw["name"]),
        settings={name: _read_setting(item) for name, item in raw["settings"].items()},
        header=raw["auth"].get("header", {}),
        query=raw["auth"].get("query", {}),
        datetime_format=wire.get("datetime", "%Y-%m-%dT%H:%M:%SZ"),
        decimals_as_text=wire.get("decimal") == "text",
        success_status=frozenset(raw["success"]["status"]),
        id_path=raw["success"].get("id", "id"),
        id_pattern=id_pattern,
        errors=tuple(_read_rule(item) for item in raw.get("errors", [])),
        windows=tuple(_read_windows(limits)),
        concurrency=limits.get("concurrency", 1),
        lag_seconds=float(limits.get("after_write_lag_seconds", 5)),
        timeout_seconds=timeout,
        settle_seconds=float(limits.get("settle_seconds", max(2 * timeout, 120))),
        paging=Paging(**raw["paging"]) if "paging" in raw else None,
        identity=(identity["path"], identity["id"]) if identity else None,
        objects={name: _read_object(name, item, raw["actions"]) for name, item in raw["objects"].items()},
    )


def expand(words: str) -> list[str]:
    """Write out families: `A_{B,C}_{D,E}` is `A_B_D A_B_E A_C_D A_C_E`."""
    found: list[str] = []
    for word in words.split():
        choices = [part.split(",") if n % 2 else [part] for n, part in enumerate(_BRACES.split(word))]
        found += ["".join(parts) for parts in product(*choices)]
    return found


def _read_setting(raw: Mapping[str, Any]) -> Setting:
    return Setting(
        default=raw.get("default", ""), is_secret=raw.get("secret", False), hosts=tuple(raw.get("hosts", ()))
    )


def _read_rule(raw: Mapping[str, Any]) -> ErrorRule:
    return ErrorRule(
        status=raw["status"],
        means=raw["is"],
        names_required=raw.get("body") == "names_required",
        confirm=raw.get("confirm", False),
    )


def _read_windows(limits: Mapping[str, Any]) -> Iterator[Window]:
    share = GUESSED_SHARE if limits.get("guessed") else 1.0
    for item in limits.get("windows", []):
        yield Window(requests=max(1, int(item["requests"] * share)), seconds=float(item["seconds"]))


def _read_object(name: str, raw: Mapping[str, Any], defaults: Mapping[str, Any]) -> ObjectDefinition:
    actions = {**defaults, **raw.get("actions", {})}
    required = frozenset(expand(raw.get("required", "")))
    own = list(_fields(raw["fields"], required, ""))
    read_only = list(_fields(raw.get("read_only", {}), frozenset(), _READ_ONLY))
    from_names = [
        Field(name=spelled, kind=Kind.TEXT, refused=_FROM_NAMES)
        for spelled in expand(raw.get("creates_from_names", ""))
    ]
    return ObjectDefinition(
        type=ObjectType(
            name=name,
            fields={item.name: item for item in (*own, *read_only, *from_names)},
            tier=Tier(raw.get("tier", "C")),
            marker=raw.get("marker", ""),
            parents=tuple(expand(raw.get("parents", ""))),
            is_listed=actions.get("list") is not None,
            label=tuple(expand(raw.get("label", ""))),
        ),
        actions={key: Action(**item) for key, item in actions.items() if item is not None},
        never_sent=frozenset(item.name for item in (*read_only, *from_names)),
    )


def _fields(groups: Mapping[str, Any], required: frozenset[str], refused: str) -> Iterator[Field]:
    """Give the fields of grouped words: by type, references by what they point at, untyped ones as they come."""
    for group, words in groups.items():
        if group == "reference":
            pairs = [(name, target) for target, names in words.items() for name in expand(names)]
            yield from (Field(name=name, kind=Kind.REFERENCE, references=to, refused=refused) for name, to in pairs)
            continue
        kind = Kind.TEXT if group == "untyped" else Kind(group)
        why = refused or (_UNTYPED if group == "untyped" else "")
        yield from (Field(name=name, kind=kind, required=name in required, refused=why) for name in expand(words))
