"""Field forms, transforms and lookups of a mapping → values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

from migrator.errors import Problem
from migrator.located import Located, Pointer
from migrator.spec.values import (
    Block,
    ByLine,
    Constant,
    Fallback,
    FileOf,
    Form,
    From,
    Lines,
    ListOf,
    Lookup,
    Template,
    Transform,
    Value,
)
from migrator.spelling import did_you_mean

MAX_STEPS = 100

_VAR = re.compile(r"\{\{\s*vars\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What a form may refer to, and where its problems go: `vars`, chains under a name, sources, prepared tables."""

    document: Located
    vars: Mapping[str, Any]
    chains: Mapping[str, Any]
    sources: Mapping[str, Block] = field(default_factory=dict)
    prepared: frozenset[str] = frozenset()
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, code: str, pointer: Pointer, fact: str, hint: str = "") -> None:
        """Note a problem at the place of `pointer`, once."""
        problem = Problem(code=code, place=self.document.place(pointer), fact=fact, hint=hint)
        if problem not in self.problems:
            self.problems.append(problem)


def read_value(raw: Any, pointer: Pointer, scope: Scope) -> Value:
    """Read any field form; text with `{{` in it is a template, other text a column."""
    if isinstance(raw, str):
        form: Form = Template(text=raw) if "{{" in raw else From(columns=(raw,))
        return Value(form=form, pointer=pointer)
    default = raw.get("default")
    return Value(
        form=_read_form(raw, pointer, scope),
        transforms=_read_chain(raw.get("transform", []), (*pointer, "transform"), scope),
        default=None if default is None else read_value(default, (*pointer, "default"), scope),
        is_required=raw.get("required", False),
        when=raw.get("when", ""),
        on_error=raw.get("on_error", "reject"),
        pointer=pointer,
    )


def _read_form(raw: Mapping[str, Any], pointer: Pointer, scope: Scope) -> Form:
    if "from" in raw:
        return From(columns=as_names(raw["from"]))
    if "template" in raw:
        return Template(text=raw["template"])
    if "value" in raw:
        return Constant(value=fill_vars(raw["value"], (*pointer, "value"), scope))
    if "list" in raw:
        items = enumerate(raw["list"])
        return ListOf(items=tuple(read_value(item, (*pointer, "list", n), scope) for n, item in items))
    if "lines" in raw:
        return Lines(templates=tuple(raw["lines"]), separator=raw.get("with", "\n"))
    if "file" in raw:
        return FileOf(column=raw["file"])
    return read_lookup(raw, pointer, scope)


def read_lookup(raw: Mapping[str, Any], pointer: Pointer, scope: Scope) -> Lookup:
    """Read a lookup, the keys of which may stand beside a field's own."""
    asked, create = raw["lookup"], raw.get("create")
    kinds = {} if not isinstance(asked, dict) else {name: to for name, to in asked.items() if name != "column"}
    objects = kinds.values() if isinstance(asked, dict) else as_names(asked)
    missing, limit = raw.get("on_missing", "reject"), raw.get("unless_similar")
    return Lookup(
        objects=tuple(dict.fromkeys(objects)),
        lines=tuple(_read_line(line, (*pointer, "by", n), scope) for n, line in enumerate(raw["by"])),
        column=asked["column"] if isinstance(asked, dict) else "",
        kinds=tuple(kinds.items()),
        on_missing=missing if isinstance(missing, str) else "fallback",
        fallback=None if isinstance(missing, str) else _read_fallback(missing, (*pointer, "on_missing"), scope),
        on_blank=_read_fallback(raw["on_blank"], (*pointer, "on_blank"), scope) if "on_blank" in raw else None,
        on_ambiguous=raw.get("on_ambiguous", "reject"),
        create=None if create is None else _read_inputs(create, (*pointer, "create"), scope),
        unless_similar=None if limit is None else Decimal(str(limit)),
        type_field=raw.get("type_field", ""),
    )


def _read_fallback(raw: Mapping[str, Any], pointer: Pointer, scope: Scope) -> Fallback:
    line = {name: form for name, form in raw.items() if name != "create" or not isinstance(form, bool)}
    return Fallback(line=_read_line(line, pointer, scope), creates=raw.get("create") is True)


def _read_line(raw: Mapping[str, Any], pointer: Pointer, scope: Scope) -> ByLine:
    if isinstance(raw.get("row"), dict):
        return ByLine(kind="row", inputs=_read_inputs(raw["row"], (*pointer, "row"), scope), pointer=pointer)
    kind = next(iter(raw)) if set(raw) in ({"id"}, {"key"}) else "fields"
    return ByLine(kind=kind, inputs=_read_inputs(raw, pointer, scope), pointer=pointer)


def _read_inputs(raw: Mapping[str, Any], pointer: Pointer, scope: Scope) -> tuple[tuple[str, Value], ...]:
    return tuple((name, read_value(raw[name], (*pointer, name), scope)) for name in sorted(raw))


def _read_chain(raw: list[Any], pointer: Pointer, scope: Scope) -> tuple[Transform, ...]:
    """Read a chain to its end; chains of chains may not grow beyond any use."""
    chain = tuple(islice(read_transforms(raw, pointer, scope), MAX_STEPS + 1))
    if len(chain) > MAX_STEPS:
        scope.refuse("E013", pointer, f"more than {MAX_STEPS} steps in one chain", "chains that name chains multiply")
    return chain[:MAX_STEPS]


def read_transforms(raw: list[Any], pointer: Pointer, scope: Scope, seen: tuple[str, ...] = ()) -> Iterator[Transform]:
    """Read a chain; a name from the mapping's own `transforms` stands for the chain found there."""
    for n, item in enumerate(raw):
        here = (*pointer, n)
        name = item if isinstance(item, str) else next(key for key in item if key != "else")
        if name in seen:
            scope.refuse("E013", here, f"transform '{name}' uses itself", "take it out of its own chain")
        elif name in scope.chains and isinstance(item, str):
            yield from read_transforms(scope.chains[name], ("transforms", name), scope, (*seen, name))
        elif isinstance(item, str):
            yield Transform(name=name, pointer=here)
        else:
            argument = fill_vars(item[name], here, scope)
            yield Transform(name=name, argument=argument, otherwise=item.get("else", "reject"), pointer=here)


def fill_vars(raw: Any, pointer: Pointer, scope: Scope) -> Any:
    """Put constants in the place of `{{ vars.x }}`; text that is nothing else takes over the constant's type."""
    if isinstance(raw, list):
        return [fill_vars(item, (*pointer, n), scope) for n, item in enumerate(raw)]
    if isinstance(raw, dict):
        return {key: fill_vars(item, (*pointer, key), scope) for key, item in raw.items()}
    if not isinstance(raw, str):
        return raw
    for name in _VAR.findall(raw):
        if name not in scope.vars:
            hint = did_you_mean(name, scope.vars) or "state it under 'vars'"
            scope.refuse("E012", pointer, f"unknown constant 'vars.{name}'", hint)
            return raw
    if whole := _VAR.fullmatch(raw.strip()):
        return scope.vars[whole[1]]
    return _VAR.sub(lambda found: str(scope.vars[found[1]]), raw)


def as_names(raw: str | list[str]) -> tuple[str, ...]:
    """Take one name or a list of them."""
    return (raw,) if isinstance(raw, str) else tuple(raw)
