"""What the language has and this version does not build yet, refused with one code: E090.

The schema knows all of it, so that a mapping written today is checked as it will be. The walk follows the schema, so
that a name of the author's own is never taken for a key of the language.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from migrator.errors import Problem
from migrator.located import Located, Pointer

Found = Iterator[tuple[Pointer, str]]

_BUILT_OPTIONS = frozenset({"reject"})


def later_problems(document: Located) -> Iterator[Problem]:
    """Find every use of what is not built yet, in the order of the text."""
    found = sorted(_mapping(document.data), key=lambda item: document.keys.get(item[0]) or document.positions[item[0]])
    for pointer, feature in found:
        place = document.place(pointer, key=True)
        yield Problem(code="E090", place=place, fact=f"{feature}: not built yet", hint="take it out for now")


def _mapping(data: Mapping[str, Any]) -> Found:
    for name, table in data.get("tables", {}).items():
        yield from _steps(table.get("rows", []), ("tables", name, "rows"))
    for name, item in data["objects"].items():
        yield from _object(item or {}, ("objects", name))


def _object(item: Mapping[str, Any], pointer: Pointer) -> Found:
    if item.get("on_duplicate") == "merge":
        yield (*pointer, "on_duplicate"), "merging duplicates"
    if item.get("on_ambiguous") == "ask":
        yield (*pointer, "on_ambiguous"), "asking"
    for n, line in enumerate(item.get("match", [])):
        yield from (
            ((*pointer, "match", n, m), "match on any of several fields")
            for m, part in enumerate(line)
            if isinstance(part, dict)
        )
    yield from _steps(item.get("rows", []), (*pointer, "rows"))
    if "parent" in item:
        yield from _lookup(item["parent"], (*pointer, "parent"))
    for name, form in item.get("fields", {}).items():
        yield from _form(form, (*pointer, "fields", name), is_nested=False)


def _steps(steps: list[Mapping[str, Any]], pointer: Pointer) -> Found:
    for n, step in enumerate(steps):
        yield from _inputs(step.get("set", {}), (*pointer, n, "set"))


def _form(form: Any, pointer: Pointer, *, is_nested: bool) -> Found:
    if not isinstance(form, dict):
        return
    if "file" in form:
        yield (*pointer, "file"), "content of files"
    if "write" in form:
        yield (*pointer, "write"), "writing in the last pass"
    if form.get("options", "reject") not in _BUILT_OPTIONS:
        yield (*pointer, "options"), f"options: {form['options']}"
    if "lookup" in form and is_nested:
        yield (*pointer, "lookup"), "a lookup inside another form"
    elif "lookup" in form:
        yield from _lookup(form, pointer)
    for n, part in enumerate(form.get("list", [])):
        yield from _form(part, (*pointer, "list", n), is_nested=True)
    yield from _form(form.get("default"), (*pointer, "default"), is_nested=True)


def _lookup(form: Mapping[str, Any], pointer: Pointer) -> Found:
    if not isinstance(form["lookup"], str):
        yield (*pointer, "lookup"), "references of several kinds"
    if isinstance(form.get("on_missing"), dict):
        yield (*pointer, "on_missing"), "a record to fall back to"
    if form.get("on_ambiguous") == "ask":
        yield (*pointer, "on_ambiguous"), "asking"
    for key, feature in (
        ("on_blank", "a record to fall back to"),
        ("unless_similar", "the guard against typing errors"),
        ("type_field", "references of several kinds"),
    ):
        if key in form:
            yield (*pointer, key), feature
    for n, line in enumerate(form.get("by", [])):
        if isinstance(line.get("row"), dict):
            yield (*pointer, "by", n, "row"), "looking a row up by its columns"
            continue
        yield from _inputs(line, (*pointer, "by", n))
    yield from _inputs(form.get("create", {}), (*pointer, "create"))


def _inputs(inputs: Mapping[str, Any], pointer: Pointer) -> Found:
    for name, form in inputs.items():
        yield from _form(form, (*pointer, name), is_nested=True)
