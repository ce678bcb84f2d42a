"""Steps that look at one row at a time: `where`, `reject`, `set`, `rename`, `fill_down`, `split_rows`, `unpivot`."""

from collections.abc import Callable, Iterator
from typing import Any

from migrator.planner.asking import key_text
from migrator.planner.forms import Get, Note, Scope, compile_value, compile_where, getter_of
from migrator.planner.refusal import ValueRefusedError
from migrator.planner.rows import Finding
from migrator.planner.shaping.bench import Bench, Make, Row
from migrator.spec.steps import FillDown, Reject, Rename, SetColumns, SplitRows, Unpivot, Where
from migrator.spec.values import Template, Value

Apply = Callable[[Row, list[Note]], list[list[Any]]]


class Each:
    """Makes any number of rows of each; a function that raises ValueRefusedError refuses the row."""

    def __init__(self, bench: Bench, apply: Apply) -> None:
        self._bench = bench
        self._apply = apply

    def take(self, rows: list[Row]) -> Iterator[list[Row]]:
        """Send each row through the function."""
        made: list[Row] = []
        for row in rows:
            notes: list[Note] = []
            try:
                shaped = self._apply(row, notes)
            except ValueRefusedError as error:
                self._bench.refuse(row, error)
                continue
            if notes:
                row = row._replace(notes=(*row.notes, *_found(self._bench, notes)))  # noqa: PLW2901 - the same row
            if len(shaped) == 1 and shaped[0] is row.clean:
                made.append(row)
            else:
                made += self._bench.multiply(row, shaped)
        yield made

    def rest(self) -> Iterator[list[Row]]:
        """Keep nothing back."""
        return iter(())


def _found(bench: Bench, notes: list[Note]) -> list[Finding]:
    return [Finding(note.code, bench.name, "", note.fact) for note in notes]


def make_where(step: Where, scope: Scope) -> Make:
    """Compile `where`."""
    condition = compile_where(step.expression, step.pointer, scope)
    return lambda bench: Each(bench, lambda row, _notes: [row.clean] if condition(row.clean) else [])


def make_reject(step: Reject, scope: Scope) -> Make:
    """Compile `reject`."""
    condition = compile_where(step.when, (*step.pointer, "when"), scope)
    because = _text(step.because, (*step.pointer, "because"), scope)

    def apply(row: Row, notes: list[Note]) -> list[list[Any]]:
        if condition(row.clean):
            raise ValueRefusedError("E131", str(because(row.clean, notes) or "refused by a rule of the mapping"))
        return [row.clean]

    return lambda bench: Each(bench, apply)


def _text(text: str, pointer: tuple[str | int, ...], scope: Scope) -> Get:
    """Compile a template; text without one stands for itself."""
    if "{{" not in text:
        return lambda _cells, _notes: text
    return compile_value(Value(form=Template(text=text), pointer=pointer), scope)


def make_set(step: SetColumns, scope: Scope) -> Make:
    """Compile `set`."""
    gets = [(name, compile_value(value, scope), value.is_required) for name, value in step.columns]

    def apply(row: Row, notes: list[Note]) -> list[list[Any]]:
        values = [get(row.clean, notes) for _name, get, _is_required in gets]
        for (name, _get, is_required), value in zip(gets, values, strict=True):
            if is_required and value is None:
                raise ValueRefusedError("E120", f"{name} is required and blank")
        return [[*row.clean, *values]]

    return lambda bench: Each(bench, apply)


def make_rename(_step: Rename, _scope: Scope) -> Make:
    """Compile `rename`: the cells stay as they are."""
    return lambda bench: Each(bench, lambda row, _notes: [row.clean])


def make_fill_down(step: FillDown, scope: Scope) -> Make:
    """Compile `fill_down`; a file does not go on in the next one."""
    positions = [scope.columns.index(name) for name in step.columns if name in scope.columns]

    def make(bench: Bench) -> Each:
        above: dict[int, Any] = {}
        file = 0

        def apply(row: Row, _notes: list[Note]) -> list[list[Any]]:
            nonlocal file
            if row.file != file:
                file = row.file
                above.clear()
            clean = list(row.clean)
            for n in positions:
                if clean[n] is None or clean[n] == "":
                    clean[n] = above.get(n, clean[n])
                above[n] = clean[n]
            return [clean]

        return Each(bench, apply)

    return make


def make_split_rows(step: SplitRows, scope: Scope) -> Make:
    """Compile `split_rows`: positions count the parts that are left, from 1."""
    get = getter_of(step.column, scope)
    position = scope.columns.index(step.column) if step.column in scope.columns else 0

    def apply(row: Row, _notes: list[Note]) -> list[list[Any]]:
        parts = _parts(get(row.clean), step.by)
        made = [[*row.clean[:position], part, *row.clean[position + 1 :]] for part in parts]
        return [[*clean, n] for n, clean in enumerate(made, start=1)] if step.index else made

    return lambda bench: Each(bench, apply)


def _parts(value: Any, by: str) -> list[Any]:
    """Take text apart by a separator, a list into its items; anything else is one part."""
    if by and value is not None and not isinstance(value, list):
        value = [part.strip() for part in key_text(value).split(by)]
    items = value if isinstance(value, list) else [value]
    return [item for item in items if item is not None and item not in ("", [], {})]


def make_unpivot(step: Unpivot, scope: Scope) -> Make:
    """Compile `unpivot`."""
    matched = step.matched(scope.columns)
    gets = [(name, getter_of(name, scope)) for name in matched]
    kept = [n for n, name in enumerate(scope.columns) if name not in matched]

    def apply(row: Row, _notes: list[Note]) -> list[list[Any]]:
        others = [row.clean[n] for n in kept]
        values = ((name, get(row.clean)) for name, get in gets)
        return [[*others, name, value] for name, value in values if value is not None]

    return lambda bench: Each(bench, apply)
