"""Lookups of a mapping → functions that say what a row's field points at: which line decides, with which values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from migrator.planner.canonical import Coerce, coerce_to
from migrator.planner.depending import is_copy, only_column
from migrator.planner.forms import Get, Note, Scope, compile_value, compile_where
from migrator.planner.known import CREATE, INNER, LOOKUP, OTHERWISE, Digester, KnownLookup, LookupBook
from migrator.planner.normal import normal_text
from migrator.planner.paths import Getter, make_getter
from migrator.planner.queries import Ask, Asked, PlainAsk, Query
from migrator.planner.refusal import ValueRefusedError, spell
from migrator.planner.transforms.spec import as_text
from migrator.records import Field, Kind, ObjectType
from migrator.spec.values import ByLine, Fallback, ListOf, Lookup, Value

Cells = Sequence[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """Where lookups are compiled: for the records of which object, with which columns, into which book."""

    owner: str
    scope: Scope
    book: LookupBook


class _Line(NamedTuple):
    """A compiled line: its inputs, each a value or what a lookup inside asked; and how each object hashes them.

    `is_whole`: a list is a key of several columns, not several references.
    """

    number: int
    kind: str
    names: tuple[str, ...]
    gets: list[Get]
    coerces: list[Coerce]
    digesters: dict[str, Digester]
    is_late: bool
    is_whole: bool


def key_text(value: Any) -> str:
    """Write a key as it is compared and kept: trimmed canonical text; the parts of a composite one with `|` between."""
    if value.__class__ is str:
        return str(value).strip()
    if isinstance(value, list):
        return "|".join(key_text(part).replace("\\", "\\\\").replace("|", "\\|") for part in value)
    return as_text(value).strip()


def is_reference(value: Value) -> bool:
    """Tell whether a field form is a lookup, or a list of lookups."""
    form = value.form
    return isinstance(form, Lookup) or (isinstance(form, ListOf) and any(map(is_reference, form.items)))


def compile_reference(value: Value, slot: str, asking: Asking) -> Ask:
    """Make the function of a field that is a lookup, or a list of lookups, with what stands beside it."""
    scope = asking.scope
    if value.transforms:
        scope.refuse("E013", value.pointer, "'transform' does not go with a lookup", "put it on the lookup's inputs")
    if isinstance(value.form, Lookup):
        ask = compile_lookup(value.form, slot, asking)
    else:
        ask = _compile_list(value, slot, asking)
    default = _compile_default(value.default, slot, asking) if value.default else None
    condition = compile_where(value.when, value.pointer, scope) if value.when else None
    if condition is None and default is None:
        return ask

    def asked(cells: Cells, notes: list[Note]) -> Asked | None:
        found = ask(cells, notes) if condition is None or condition(cells) else None
        return default(cells, notes) if found is None and default is not None else found

    return asked


def _compile_default(value: Value, slot: str, asking: Asking) -> Ask:
    if is_reference(value):
        return compile_reference(value, slot, asking)
    get = compile_value(value, asking.scope)

    def asked(cells: Cells, notes: list[Note]) -> Asked | None:
        found = get(cells, notes)
        return None if found is None else Asked(found, [])

    return asked


def _compile_list(value: Value, slot: str, asking: Asking) -> Ask:
    items = value.form.items if isinstance(value.form, ListOf) else ()
    if others := [item for item in items if not is_reference(item)]:
        hint = "write it as a lookup too: {lookup: …, by: [{id: …}]}"
        asking.scope.refuse("E013", others[0].pointer, "a list of lookups holds lookups only", hint)
        items = tuple(item for item in items if is_reference(item))
    asks = [compile_reference(item, slot, asking) for item in items]

    def asked(cells: Cells, notes: list[Note]) -> Asked | None:
        found = [one for ask in asks if (one := ask(cells, notes)) is not None]
        return _as_list(found) if found else None

    return asked


def _as_list(found: list[Asked]) -> Asked:
    """Put references in one list, in which their items are counted anew."""
    staged: list[Any] = []
    queries: list[Query] = []
    for one in found:
        queries += [query._replace(item=query.item + len(staged)) for query in one.queries]
        staged += one.staged if isinstance(one.staged, list) else [one.staged]
    return Asked(staged, queries)


def compile_lookup(lookup: Lookup, slot: str, asking: Asking, *, is_fallback: bool = False) -> Ask:
    """Make the function of a lookup: None where every input is blank. It raises ValueRefusedError where some are."""
    known = asking.book.add(asking.owner, slot, lookup, is_fallback=is_fallback)
    if known is None:
        return lambda _cells, _notes: None
    lines = [_compile_line(n, line, known, asking) for n, line in enumerate(lookup.lines)]
    choose = _compile_choice(lookup, asking.scope)
    create = _compile_create(known, asking)
    creates = lookup.on_missing == "create"
    on_blank = _compile_fallback(lookup.on_blank, known, asking, is_fallback=False)
    on_missing = _compile_fallback(lookup.fallback, known, asking, is_fallback=True)
    is_plain = not (create or lookup.column or on_blank or on_missing)

    def ask(cells: Cells, notes: list[Note]) -> Asked | None:
        blank = ""
        is_blank = True
        for line in lines:
            values = [get(cells, notes) for get in line.gets]
            lacking = [name for name, value in zip(line.names, values, strict=True) if value is None]
            if not lacking:
                found = _make(known, line, values, choose(cells))
                if create:
                    _state_created(found, create, cells, notes)
                elif creates and line.kind != "fields":
                    _state_like(found, lines, cells, notes)
                return _with_fallback(found, on_missing(cells, notes)) if on_missing else found
            blank = blank or lacking[0]
            is_blank = is_blank and len(lacking) == len(values)
        if not is_blank:
            raise ValueRefusedError("E206", f"no line of the lookup is filled: '{blank}' is blank")
        return on_blank(cells, notes) if on_blank else None

    return _ask_plainly(known, lines[0], ask, asking.scope) if is_plain and len(lines) == 1 else ask


def _ask_plainly(known: KnownLookup, line: _Line, ask: Ask, scope: Scope) -> Ask:
    """Make the short way of a lookup that asks one object by one text; all else goes the way that it is given."""
    if len(line.gets) > 1 or line.is_late or len(known.targets) > 1:
        return ask
    ((_name, value),) = known.lookup.lines[0].inputs
    position = only_column(value, scope) if is_copy(value) and not value.transforms else -1
    return PlainAsk(known, line.gets[0], line.coerces[0], ask, position)


def _make(known: KnownLookup, line: _Line, values: list[Any], chosen: tuple[str, ...]) -> Asked:
    """State a reference, or a list of them where an input is a list; the other inputs go for each item of it."""
    lists = [value for value in values if isinstance(value, list)]
    if not lists or line.is_whole:
        return _make_one(known, line, values, chosen)
    if len({len(value) for value in lists}) > 1:
        raise ValueRefusedError("E206", "the lists that the lookup is given differ in length", value=lists[0])
    rows = [[value[n] if isinstance(value, list) else value for value in values] for n in range(len(lists[0]))]
    return _as_list([_make_one(known, line, row, chosen) for row in rows])


def _make_one(known: KnownLookup, line: _Line, values: list[Any], chosen: tuple[str, ...]) -> Asked:
    queries: list[Query] = []
    stated: list[Any] = []
    for value, coerce in zip(values, line.coerces, strict=True):
        if isinstance(value, Asked):
            queries += value.queries
            stated.append(value.staged)
        else:
            stated.append(coerce(value))
    if not line.is_late:
        number = known.number
        queries += [Query(known.slot, 0, number, line.number, line.digesters[name](stated)) for name in chosen]
    asked = chosen[0] if len(chosen) == 1 else list(chosen)
    single = line.kind in {"key", "id"}
    return Asked(
        {LOOKUP: asked, line.kind: stated[0] if single else dict(zip(line.names, stated, strict=True))}, queries
    )


def _compile_line(number: int, line: ByLine, known: KnownLookup, asking: Asking) -> _Line:
    names = tuple(name for name, _value in line.inputs)
    target = next(iter(known.targets.values()))
    digesters = {name: known.digesters(line.kind, names, [name])[0] for name in known.targets}
    gets = [_compile_input(number, name, value, known, asking) for name, value in line.inputs]
    is_keyed = line.kind != "fields"
    coerces = [key_text if is_keyed else _coerce(name, target) for name in names]
    objects = asking.scope.spec.objects
    is_whole = line.kind == "key" and all(name in objects and len(objects[name].key) > 1 for name in known.targets)
    return _Line(number, line.kind, names, gets, coerces, digesters, known.is_late(number), is_whole)


def _compile_input(number: int, name: str, value: Value, known: KnownLookup, asking: Asking) -> Get:
    """Make the function of an input; one that is a lookup gives what that asks."""
    if not is_reference(value):
        return compile_value(value, asking.scope)
    before = len(asking.book.all)
    ask = compile_reference(value, f"{INNER}{known.slot}.{number}.{name}", asking)
    if len(asking.book.all) > before:
        known.inside[number, name] = asking.book.all[before]
    return ask


def _compile_choice(lookup: Lookup, scope: Scope) -> Callable[[Cells], tuple[str, ...]]:
    """Make what chooses the objects that are asked: all of them, or the one that a column names."""
    if not lookup.column:
        return lambda _cells: lookup.objects
    try:
        get: Getter = make_getter(lookup.column, scope.columns)
    except KeyError:  # told by the check of names
        return lambda _cells: lookup.objects
    exact = dict(lookup.kinds)
    folded = {normal_text(name): to for name, to in reversed(lookup.kinds)}

    def choose(cells: Cells) -> tuple[str, ...]:
        kind = get(cells)
        text = "" if kind is None else as_text(kind)
        found = exact.get(text) or folded.get(normal_text(text))
        if found is None:
            fact = f"'{lookup.column}' names no kind of record" if text else f"'{lookup.column}' is blank"
            raise ValueRefusedError("E206", fact, value=spell(text), hint=f"there are: {', '.join(exact)}")
        return (found,)

    return choose


def _compile_fallback(stated: Fallback | None, known: KnownLookup, asking: Asking, *, is_fallback: bool) -> Ask | None:
    """Make the lookup of a record to fall back to, which is one of its own with a single line."""
    if stated is None:
        return None
    policy = "create" if stated.creates else "reject"
    own = replace(
        known.lookup,
        lines=(stated.line,),
        on_missing=policy,
        column="",
        fallback=None,
        on_blank=None,
        create=None,
        unless_similar=None,
    )
    return compile_lookup(own, known.slot, asking, is_fallback=is_fallback)


def _with_fallback(found: Asked, other: Asked | None) -> Asked:
    if other is None:
        return found
    staged = found.staged if isinstance(found.staged, list) else [found.staged]
    queries = [query._replace(item=n) for n in range(len(staged)) for query in other.queries]
    for item in staged:
        item[OTHERWISE] = other.staged
    return Asked(found.staged, [*found.queries, *queries])


_Create = list[tuple[str, Get, Coerce]]


def _compile_create(known: KnownLookup, asking: Asking) -> _Create:
    """Make the fields of a new record; what lookups among them ask is asked by that record, once it is there."""
    target = known.targets[known.made]
    made = replace(asking, owner=known.made)
    found: _Create = []
    for name, value in known.lookup.create or ():
        if not is_reference(value):
            found.append((name, compile_value(value, asking.scope), _coerce(name, target)))
            continue
        before = len(asking.book.all)
        ask = compile_reference(value, name, made)
        if len(asking.book.all) > before:
            known.created[name] = asking.book.all[before]
        found.append((name, ask, lambda asked: asked.staged))
    return found


def _state_created(found: Asked, create: _Create, cells: Cells, notes: list[Note]) -> None:
    values = ((name, get(cells, notes), coerce) for name, get, coerce in create)
    fields = {name: coerce(value) for name, value, coerce in values if value is not None}
    for item in found.staged if isinstance(found.staged, list) else [found.staged]:
        item[CREATE] = fields


def _state_like(found: Asked, lines: list[_Line], cells: Cells, notes: list[Note]) -> None:
    """Let a record that is asked for by its key be created with the fields of the first line that has them."""
    for line in (line for line in lines if line.kind == "fields"):
        values = [get(cells, notes) for get in line.gets]
        if all(value is not None and not isinstance(value, list) for value in values):
            named = zip(line.names, values, line.coerces, strict=True)
            stated = {n: one.staged if isinstance(one, Asked) else coerce(one) for n, one, coerce in named}
            for item in found.staged if isinstance(found.staged, list) else [found.staged]:
                item[CREATE] = stated
            return


def _coerce(name: str, target: ObjectType) -> Coerce:
    return coerce_to(target.field(name) or Field(name=name, kind=Kind.TEXT))
