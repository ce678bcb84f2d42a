"""An object of a mapping, compiled: one pure function from a row's cells to what the row says."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from migrator.planner.asking import Asking, compile_lookup, compile_reference, is_reference, key_text
from migrator.planner.bundle import Bundle
from migrator.planner.depending import only_column
from migrator.planner.fields import Taking, compile_field
from migrator.planner.folding import Folding
from migrator.planner.forms import Note, Scope
from migrator.planner.identities import ROW, Digest, digest_of
from migrator.planner.lines import PARENT
from migrator.planner.paths import Getter, make_getter
from migrator.planner.queries import Ask, Query
from migrator.planner.refusal import CONTROL, ValueRefusedError, fact_of, spell
from migrator.records import ObjectType
from migrator.spec.values import FieldSpec, MappingSpec, ObjectSpec, Value, all_lookups, lines_of
from migrator.store.cells import is_printable, is_safe

Cells = Sequence[Any]

_SIGNS = ("\ufffd", "Ã", "Â", "â€")  # one of these stands in all text that lost its encoding
_MOJIBAKE = re.compile("Ã[\u0080-\u00bf]|Â[\u00a0-\u00bf]|â€[\u0090-\u00bf™œ\u009d\u0153]")


class Finding(NamedTuple):
    """Something about one row: a code (those with E reject it), the field, the text found, the fact, a hint."""

    code: str
    field: str
    value: str
    fact: str
    hint: str = ""

    @property
    def rejects(self) -> bool:
        """Tell whether the row is refused for it."""
        return self.code.startswith("E")


class Reading(NamedTuple):
    """What a row says: its key, its fields in canonical values, its references, and what is to be said about it.

    `rows` are the digests by which lookups ask for it by its columns. A row is left out whose parent is blank
    and may be.
    """

    key: str
    fields: dict[str, Any]
    references: list[Query]
    findings: list[Finding]
    rows: list[Digest] = []  # noqa: RUF012 - never changed
    is_skipped: bool = False


class Taken(NamedTuple):
    """A field that is taken from the row, and what a blank one does: `reject`, `clear` or nothing."""

    name: str
    taking: Taking
    on_blank: str


class Pointing(NamedTuple):
    """A field that lookups fill, and what a blank one does: `reject`, `clear`, `skip` or nothing.

    `position` is that of the one column that it follows from, -1 where there is none.
    """

    name: str
    ask: Ask
    on_blank: str
    position: int


class RowFunction:
    """Reads the rows of one object. It is pure: the same cells give the same reading."""

    def __init__(self, item: ObjectSpec, target: ObjectType, asking: Asking) -> None:
        scope = asking.scope
        self.width = len(scope.columns)
        self._key = [_key_getter(name, scope) for name in item.key]
        self._key_position = _only_position(item.key, scope.columns)
        self._key_names = ", ".join(item.key)
        self.fields = [
            Taken(field.name, compile_field(field, target, scope), _on_blank(field))
            for field in item.fields
            if not is_reference(field.value)
        ]
        self.lookups = [
            Pointing(
                field.name,
                compile_reference(field.value, field.name, asking),
                _on_blank(field),
                only_column(field.value, scope),
            )
            for field in item.fields
            if is_reference(field.value)
        ]
        self.folding = Folding(item.fields)
        if item.parent:
            on_blank = "skip" if item.parent.on_missing == "skip" else "reject"
            ask, position = compile_lookup(item.parent, PARENT, asking), only_column(Value(form=item.parent), scope)
            self.lookups.append(Pointing(PARENT, ask, on_blank, position))
        self._rows = [
            ("\x1f".join(columns), [_key_getter(name, scope) for name in columns])
            for columns in _asked_columns(scope.spec, item.name)
        ]
        self._name = item.name

    def key(self, cells: Cells) -> str:
        """Give the row's key; empty if a part of it is blank."""
        if len(self._key) == 1:
            value = self._key[0](cells)
            return "" if value is None else key_text(value)
        parts = [get(cells) for get in self._key]
        return "" if any(part is None for part in parts) else key_text(parts)

    def keys(self, bundle: Bundle) -> list[str]:
        """Give the keys of many rows; a row whose key is blank is odd."""
        texts = bundle.texts(self._key_position) if self._key_position >= 0 else None
        keys = bundle.each(lambda cells, _notes: self.key(cells)) if texts is None else list(map(str.strip, texts))
        if not all(keys):
            bundle.odd.update(number for number, key in enumerate(keys) if not key)
        return keys

    def read(self, cells: Cells, written: str) -> Reading:
        """Read a row; `written` are its original cells as one text, looked over once for characters that do harm."""
        findings: list[Finding] = []
        if len(cells) != self.width:
            return Reading("", {}, [], [ragged(len(cells), self.width)])
        try:
            key = self.key(cells)
        except ValueRefusedError as error:
            return Reading("", {}, [], [Finding(error.code, self._key_names, error.value, fact_of(error), error.hint)])
        if not key:
            findings.append(Finding("E121", self._key_names, "", "the key is blank", "every row needs its own key"))
        fields = self.folding.fold(self._read_fields(cells, findings))
        references, is_skipped = self._read_lookups(cells, fields, findings)
        if not is_printable(written):
            findings += _control_findings(fields)
        if not written.isascii():
            findings += _encoding_findings(written)
        try:
            rows = self.row_digests(cells)
        except ValueRefusedError as error:
            findings.append(Finding(error.code, "", error.value, fact_of(error), error.hint))
            rows = []
        return Reading(key, fields, references, findings, rows, is_skipped)

    def _read_fields(self, cells: Cells, findings: list[Finding]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        notes: list[Note] = []
        for name, taking, on_blank in self.fields:
            try:
                value = taking.take(cells, notes)
            except ValueRefusedError as error:
                findings.append(Finding(error.code, name, error.value, fact_of(error), error.hint))
                continue
            if notes:
                findings += [Finding(note.code, name, note.value, note.fact) for note in notes]
                notes = []
            if value is not None:
                fields[name] = value
            elif on_blank == "reject":
                findings.append(blank(name))
            elif on_blank == "clear":
                fields[name] = None
        return fields

    @property
    def has_row_digests(self) -> bool:
        """Tell whether lookups ask for rows by their columns."""
        return bool(self._rows)

    def row_digests(self, cells: Cells, _notes: object = None) -> list[Digest]:
        """Hash the columns by which lookups ask for a row; where one is blank, none does. Raises ValueRefusedError."""
        return [digest for names, gets in self._rows if (digest := self._row_digest(names, gets, cells))]

    def _row_digest(self, names: str, gets: list[Getter], cells: Cells) -> Digest | None:
        """Hash the columns by which a lookup asks for a row; None where one is blank."""
        texts = [key_text(value) for get in gets if (value := get(cells)) is not None]
        return digest_of(self._name, ROW, names, *texts) if len(texts) == len(gets) else None

    def _read_lookups(self, cells: Cells, fields: dict[str, Any], findings: list[Finding]) -> tuple[list[Query], bool]:
        """Put what the lookups stage into the fields; give what they look for, and whether the row is left out."""
        found: list[Query] = []
        notes: list[Note] = []
        is_skipped = False
        for name, ask, on_blank, _position in self.lookups:
            try:
                asked = ask(cells, notes)
            except ValueRefusedError as error:
                findings.append(Finding(error.code, name, error.value, fact_of(error), error.hint))
                continue
            if asked is not None:
                fields[name] = asked.staged
                found += asked.queries
            elif on_blank == "reject":
                findings.append(blank(name))
            elif on_blank == "clear":
                fields[name] = None
            is_skipped = is_skipped or (asked is None and on_blank == "skip")
        findings += [Finding(note.code, "", "", note.fact) for note in notes]
        return found, is_skipped


def _on_blank(field: FieldSpec) -> str:
    return "reject" if field.value.is_required else "clear" if field.clears else ""


def _only_position(names: Sequence[str], columns: tuple[str, ...]) -> int:
    """Give the position of the one column that is named; -1 where it is a path, or there are several."""
    return columns.index(names[0]) if len(names) == 1 and names[0] in columns else -1


def _asked_columns(spec: MappingSpec, name: str) -> list[tuple[str, ...]]:
    """Find the sets of columns by which lookups of the mapping ask for rows of an object."""
    lines = (line for lookup in all_lookups(spec) if name in lookup.objects for line in lines_of(lookup))
    return list(dict.fromkeys(tuple(name for name, _ in line.inputs) for line in lines if line.kind == "row"))


def blank(name: str) -> Finding:
    """Tell that a field has no value, or a row no parent, and must have one."""
    if name == PARENT:
        return Finding("E120", "parent", "", "the parent is blank", "fill it, or filter the row out")
    return Finding("E120", name, "", f"{name} is required and blank", "fill it, or give the field a default")


def _key_getter(name: str, scope: Scope) -> Getter:
    try:
        return make_getter(name, scope.columns)
    except KeyError:
        return lambda _cells: None


def _control_findings(fields: dict[str, Any]) -> Iterable[Finding]:
    for name, value in fields.items():
        texts = value if isinstance(value, list) else [value]
        for text in texts:
            if isinstance(text, str) and (found := CONTROL.search(text)):
                fact = f"holds the control character U+{ord(found[0]):04X}"
                yield Finding(
                    "E112", name, spell(text), fact, "take it out of the source, or put 'strip_nul' behind it"
                )


class Looks(NamedTuple):
    """Rows whose characters want a look: `odd` by `read`; in the fields of the others, harm may stand all the same."""

    odd: list[int]
    unclear: list[int]


def looked_at(written: Sequence[str], *, is_text: bool) -> Looks:
    """Look over the original cells of many rows; `is_text`: they are no JSON."""
    whole = "".join(written) if is_text else ""
    if whole and is_printable(whole) and (whole.isascii() or not any(sign in whole for sign in _SIGNS)):
        return Looks([], [])
    formless = [number for number, text in enumerate(written) if not is_printable(text)]
    odd = [number for number, text in enumerate(written) if any(_encoding_findings(text))]
    odd += [number for number in formless if not is_safe(written[number])]
    return Looks(odd, formless)


def has_control(fields: dict[str, Any]) -> bool:
    """Tell whether a control character stands in a field."""
    return any(_control_findings(fields))


def _encoding_findings(written: str) -> Iterable[Finding]:
    if "\ufffd" in written:
        fact = "holds U+FFFD: a character was lost before this file was written"
        yield Finding("W103", "", "", fact, "export the file again in its own encoding")
    if not written.isascii() and (found := _MOJIBAKE.search(written)):
        fact = f"'{found[0]}' looks like text that was decoded wrongly"
        yield Finding("W104", "", found[0], fact, "check the file's encoding")


def ragged(found: int, width: int) -> Finding:
    """Tell that a row does not fit the header."""
    fact = f"the row has {found} cells, the header {width}"
    return Finding("E130", "", "", fact, "correct the row, or state 'pad: true' in the source block")
