"""What a field form depends on: which columns it reads, and whether it reads files."""

from collections.abc import Iterator

from migrator.planner.forms import Scope
from migrator.spec.values import Constant, FileOf, From, ListOf, Lookup, ObjectSpec, Value, lines_of


def only_column(value: Value, scope: Scope) -> int:
    """Give the position of the one column that a value follows from, whatever else its row says; else -1."""
    used = {name for inner in _inside(value) for name in _columns(inner)}
    name = used.pop() if len(used) == 1 else None
    return scope.columns.index(name) if name in scope.columns else -1


def is_copy(value: Value) -> bool:
    """Tell whether a value is one column, or what transforms make of it."""
    return isinstance(value.form, From) and len(value.form.columns) == 1 and not value.default and not value.when


def values_of(item: ObjectSpec) -> list[Value]:
    """Give the forms of an object's fields, and its parent as one."""
    return [*(one.value for one in item.fields), *([Value(form=item.parent)] if item.parent else [])]


def reads_files(value: Value) -> bool:
    """Tell whether a value is, or holds, the content of a file."""
    return any(isinstance(inner.form, FileOf) for inner in _inside(value))


def _columns(value: Value) -> Iterator[str | None]:
    """Name the columns that a form reads by itself; None where only the row can tell."""
    if value.when:
        yield None
    match value.form:
        case From(columns=columns):
            yield from columns
        case Lookup(column=column):
            yield from (column,) if column else ()
        case Constant() | ListOf():
            pass
        case _:
            yield None


def _inside(value: Value) -> Iterator[Value]:
    """Give a value and all values inside it."""
    yield value
    if value.default:
        yield from _inside(value.default)
    match value.form:
        case ListOf(items=items):
            found = list(items)
        case Lookup(create=create) as lookup:
            found = [one for line in lines_of(lookup) for _name, one in line.inputs]
            found += [one for _name, one in create or ()]
        case _:
            found = []
    for inner in found:
        yield from _inside(inner)
