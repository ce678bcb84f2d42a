"""One object of a mapping → `ObjectSpec`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrator.located import Pointer
from migrator.spec.forms import Scope, as_names, read_lookup, read_value
from migrator.spec.steps import read_steps
from migrator.spec.tables import read_tables
from migrator.spec.values import (
    Block,
    Example,
    FieldSpec,
    Lookup,
    Marker,
    MatchLine,
    ObjectSpec,
    is_trimmed,
)
from migrator.spelling import did_you_mean

_NEEDED = ("from", "to", "key", "fields")


def read_objects(raw: Mapping[str, Any], scope: Scope) -> dict[str, ObjectSpec]:
    """Read all objects, each with what it takes over by `like`; notes a problem for each that lacks something."""
    objects = {}
    for name in raw:
        pointer: Pointer = ("objects", name)
        whole = _with_likeness(name, raw, scope, ())
        missing = [key for key in _NEEDED if whole is not None and key not in whole]
        for key in missing:
            scope.refuse("E014", pointer, f"'{key}' is missing in objects.{name}")
        if whole is not None and not missing:
            objects[name] = _read_object(name, whole, scope)
    return objects


def _with_likeness(name: str, raw: Mapping[str, Any], scope: Scope, seen: tuple[str, ...]) -> dict[str, Any] | None:
    """Give what the object states, and below it what it takes over; None where that leads nowhere, which was told."""
    stated = raw[name] or {}
    model = stated.get("like")
    pointer: Pointer = ("objects", name, "like")
    if model is None:
        return dict(stated)
    if model not in raw:
        scope.refuse("E012", pointer, f"unknown object '{model}'", did_you_mean(model, raw))
        return None
    if model in (*seen, name):
        scope.refuse("E013", pointer, f"'{name}' is like itself", "take 'like' out of one of them")
        return None
    taken = _with_likeness(model, raw, scope, (*seen, name))
    return None if taken is None else taken | stated


def _read_object(name: str, raw: Mapping[str, Any], scope: Scope) -> ObjectSpec:
    pointer: Pointer = ("objects", name)
    lines = enumerate(raw.get("match", []))
    tests = enumerate(raw.get("examples", []))
    return ObjectSpec(
        name=name,
        tables=read_tables(raw["from"], (*pointer, "from"), scope),
        to=raw["to"],
        key=as_names(raw["key"]),
        fields=_read_fields(raw, pointer, scope),
        match=tuple(_read_match(line, (*pointer, "match", n)) for n, line in lines),
        rows=read_steps(raw.get("rows", []), (*pointer, "rows"), scope),
        parent=_read_parent(raw, pointer, scope),
        marker=_read_marker(raw.get("marker"), (*pointer, "marker")),
        on_match=raw.get("on_match", "update"),
        on_no_match=raw.get("on_no_match", "create"),
        on_ambiguous=raw.get("on_ambiguous", "reject"),
        on_duplicate=raw.get("on_duplicate", "reject"),
        is_trimmed=raw.get("trim", True),
        examples=tuple(_read_example(test, (*pointer, "examples", n)) for n, test in tests),
        pointer=pointer,
    )


def _read_fields(raw: Mapping[str, Any], pointer: Pointer, scope: Scope) -> tuple[FieldSpec, ...]:
    overwrite = "if_blank" if raw.get("on_match") == "fill" else "always"
    fields = []
    for name in sorted(raw["fields"]):
        stated = raw["fields"][name]
        value = read_value(stated, (*pointer, "fields", name), scope)
        settings = stated if isinstance(stated, dict) else {}
        fields.append(
            FieldSpec(
                name=name,
                value=value,
                overwrite=settings.get("overwrite", overwrite),
                on_conflict=settings.get("on_conflict", raw.get("on_conflict", "ask")),
                replaces_list=settings.get("merge") == "replace",
                clears=settings.get("clear", False),
                is_last=settings.get("write") == "last",
                unknown_option=settings.get("options", "reject"),
            )
        )
    return tuple(fields)


def _read_match(raw: list[Any], pointer: Pointer) -> MatchLine:
    parts = (tuple(part["any"]) if isinstance(part, dict) else (part,) for part in raw)
    return MatchLine(parts=tuple(parts), pointer=pointer)


def _read_parent(raw: Mapping[str, Any], pointer: Pointer, scope: Scope) -> Lookup | None:
    parent = raw.get("parent")
    return None if parent is None else read_lookup(parent, (*pointer, "parent"), scope)


def _read_marker(raw: str | Mapping[str, Any] | None, pointer: Pointer) -> Marker:
    if raw is None or isinstance(raw, str):
        return Marker(field=raw or "", pointer=pointer)
    return Marker(field=raw["field"], is_bare_key=raw.get("value") == "key", pointer=pointer)


def _read_example(raw: Mapping[str, Any], pointer: Pointer) -> Example:
    return Example(row=raw["row"], record=raw.get("record"), reject=raw.get("reject", ""), pointer=pointer)


def with_trim(objects: Mapping[str, ObjectSpec], sources: Mapping[str, Block]) -> dict[str, ObjectSpec]:
    """Hand a source's `trim: false` down to its objects."""
    return {
        name: item if is_trimmed(sources, item.tables) else replace(item, is_trimmed=False)
        for name, item in objects.items()
    }
