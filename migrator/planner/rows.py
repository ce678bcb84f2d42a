"""An object of a mapping, compiled: one pure function from a row's cells to what the row says."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from migrator.planner.asking import Ask, Asked, compile_lookup, compile_reference, key_text
from migrator.planner.canonical import Coerce, coerce_to
from migrator.planner.folding import Folding
from migrator.planner.forms import Note, Scope, compile_value
from migrator.planner.paths import Getter, make_getter
from migrator.planner.refusal import ValueRefusedError, spell
from migrator.planner.transforms.text import WHITE
from migrator.records import Catalog, Field, Kind, ObjectType
from migrator.spec.values import FieldSpec, Lookup, ObjectSpec

Cells = Sequence[Any]
Cleaner = Callable[[Cells], list[Any]]

PARENT = "^parent"

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
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
    """What a row says: its key, its fields in canonical values, its references, and what is to be said about it."""

    key: str
    fields: dict[str, Any]
    references: dict[str, Asked]
    findings: list[Finding]


class RowFunction:
    """Reads the rows of one object. It is pure: the same cells give the same reading."""

    def __init__(self, item: ObjectSpec, target: ObjectType, scope: Scope, catalog: Catalog) -> None:
        self.width = len(scope.columns)
        self._key = [_key_getter(name, scope) for name in item.key]
        self._key_names = ", ".join(item.key)
        self._fields = [
            (field, compile_value(field.value, scope), _coercion(field, target))
            for field in item.fields
            if not isinstance(field.value.form, Lookup)
        ]
        self._lookups: list[tuple[str, Ask, bool]] = [
            (field.name, compile_reference(field.value, scope, catalog), field.value.is_required)
            for field in item.fields
            if isinstance(field.value.form, Lookup)
        ]
        self._folding = Folding(item.fields)
        if item.parent:
            self._lookups.append((PARENT, compile_lookup(item.parent, scope, catalog), True))

    def key(self, cells: Cells) -> str:
        """Give the row's key; empty if a part of it is blank."""
        parts = [get(cells) for get in self._key]
        if any(part is None for part in parts):
            return ""
        return key_text(parts[0]) if len(parts) == 1 else key_text(parts)

    def read(self, cells: Cells, written: str) -> Reading:
        """Read a row; `written` is its original text as JSON, looked over once for characters that do harm."""
        findings: list[Finding] = []
        if len(cells) != self.width:
            return Reading("", {}, {}, [ragged(len(cells), self.width)])
        try:
            key = self.key(cells)
        except ValueRefusedError as error:
            return Reading("", {}, {}, [Finding(error.code, self._key_names, error.value, fact_of(error), error.hint)])
        if not key:
            findings.append(Finding("E121", self._key_names, "", "the key is blank", "every row needs its own key"))
        fields = self._folding.fold(self._read_fields(cells, findings))
        references = self._read_lookups(cells, findings)
        for name, asked in references.items():
            fields[name] = asked.staged
        if "\\u00" in written or "\\b" in written or "\\f" in written or "\x7f" in written:
            findings += _control_findings(fields)
        if not written.isascii():
            findings += _encoding_findings(written)
        return Reading(key, fields, references, findings)

    def _read_fields(self, cells: Cells, findings: list[Finding]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        notes: list[Note] = []
        for field, get, coerce in self._fields:
            try:
                value = get(cells, notes)
                if value is not None:
                    value = coerce(value)
            except ValueRefusedError as error:
                findings.append(Finding(error.code, field.name, error.value, fact_of(error), error.hint))
                continue
            if notes:
                findings += [Finding(note.code, field.name, "", note.fact) for note in notes]
                notes = []
            if value is not None and value not in ("", []):
                fields[field.name] = value
            elif field.value.is_required:
                findings.append(_blank(field.name))
            elif field.clears:
                fields[field.name] = None
        return fields

    def _read_lookups(self, cells: Cells, findings: list[Finding]) -> dict[str, Asked]:
        found: dict[str, Asked] = {}
        notes: list[Note] = []
        for name, ask, is_required in self._lookups:
            try:
                asked = ask(cells, notes)
            except ValueRefusedError as error:
                findings.append(Finding(error.code, name, error.value, fact_of(error), error.hint))
                continue
            if asked is not None:
                found[name] = asked
            elif is_required:
                findings.append(_blank(name))
        findings += [Finding(note.code, "", "", note.fact) for note in notes]
        return found


def fact_of(error: ValueRefusedError) -> str:
    """Tell what is wrong with a value, and the value."""
    return f"{error.fact}: '{error.value}'" if error.value else error.fact


def _blank(name: str) -> Finding:
    if name == PARENT:
        return Finding("E120", "parent", "", "the parent is blank", "fill it, or filter the row out")
    return Finding("E120", name, "", f"{name} is required and blank", "fill it, or give the field a default")


def _key_getter(name: str, scope: Scope) -> Getter:
    try:
        return make_getter(name, scope.columns)
    except KeyError:
        return lambda _cells: None


def _coercion(field: FieldSpec, target: ObjectType) -> Coerce:
    return coerce_to(target.field(field.name) or Field(name=field.name, kind=Kind.TEXT))


def _control_findings(fields: dict[str, Any]) -> Iterable[Finding]:
    for name, value in fields.items():
        texts = value if isinstance(value, list) else [value]
        for text in texts:
            if isinstance(text, str) and (found := _CONTROL.search(text)):
                fact = f"holds the control character U+{ord(found[0]):04X}"
                yield Finding(
                    "E112", name, spell(text), fact, "take it out of the source, or put 'strip_nul' behind it"
                )


def _encoding_findings(written: str) -> Iterable[Finding]:
    if "\ufffd" in written:
        fact = "holds U+FFFD: a character was lost before this file was written"
        yield Finding("W103", "", "", fact, "export the file again in its own encoding")
    if found := _MOJIBAKE.search(written):
        fact = f"'{found[0]}' looks like text that was decoded wrongly"
        yield Finding("W104", "", found[0], fact, "check the file's encoding")


def ragged(found: int, width: int) -> Finding:
    """Tell that a row does not fit the header."""
    fact = f"the row has {found} cells, the header {width}"
    return Finding("E130", "", "", fact, "correct the row, or state 'pad: true' in the source block")


def cleaner(*, is_text: bool, is_trimmed: bool, blank_values: frozenset[str]) -> Cleaner:
    """Make the function that trims a row's text and empties what counts as blank."""
    if is_text and is_trimmed and not blank_values:
        return lambda cells: [cell.strip(WHITE) for cell in cells]

    def clean(cells: Cells) -> list[Any]:
        trimmed = [cell.strip(WHITE) if is_trimmed and isinstance(cell, str) else cell for cell in cells]
        return ["" if isinstance(cell, str) and cell in blank_values else cell for cell in trimmed]

    return clean


to_json: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str
).encode
