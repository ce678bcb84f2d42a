"""What the language has and this version does not build yet, refused with one code: E090.

The schema knows all of it, so that a mapping written today is checked as it will be. The walk follows the schema, so
that a name of the author's own is never taken for a key of the language.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from migrator.errors import Problem
from migrator.located import Located, Pointer

Found = Iterator[tuple[Pointer, str]]


def later_problems(document: Located) -> Iterator[Problem]:
    """Find every use of what is not built yet, in the order of the text."""
    found = sorted(_mapping(document.data), key=lambda item: document.keys.get(item[0]) or document.positions[item[0]])
    for pointer, feature in found:
        place = document.place(pointer, key=True)
        yield Problem(code="E090", place=place, fact=f"{feature}: not built yet", hint="take it out for now")


def _mapping(data: Mapping[str, Any]) -> Found:
    for name, item in data["objects"].items():
        yield from _object(item or {}, ("objects", name))


def _object(item: Mapping[str, Any], pointer: Pointer) -> Found:
    if item.get("on_ambiguous") == "ask":
        yield (*pointer, "on_ambiguous"), "asking"
    if "parent" in item:
        yield from _lookup(item["parent"], (*pointer, "parent"))
    for name, form in item.get("fields", {}).items():
        yield from _form(form, (*pointer, "fields", name))


def _form(form: Any, pointer: Pointer) -> Found:
    if not isinstance(form, dict):
        return
    if "lookup" in form:
        yield from _lookup(form, pointer)
    for n, part in enumerate(form.get("list", [])):
        yield from _form(part, (*pointer, "list", n))
    yield from _form(form.get("default"), (*pointer, "default"))


def _lookup(form: Mapping[str, Any], pointer: Pointer) -> Found:
    if form.get("on_ambiguous") == "ask":
        yield (*pointer, "on_ambiguous"), "asking"
    if "unless_similar" in form:
        yield (*pointer, "unless_similar"), "the guard against typing errors"
    for n, line in enumerate(form.get("by", [])):
        yield from _inputs(line, (*pointer, "by", n))
    yield from _inputs(form.get("create", {}), (*pointer, "create"))


def _inputs(inputs: Mapping[str, Any], pointer: Pointer) -> Found:
    for name, form in inputs.items():
        yield from _form(form, (*pointer, name))
