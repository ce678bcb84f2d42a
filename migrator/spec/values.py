"""What a mapping says, as values. Each carries its pointer, so that a later finding can name its place in the file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from migrator.located import Located, Pointer


@dataclass(frozen=True, kw_only=True, slots=True)
class Transform:
    """One step of a chain: its name, its argument as written (None for a bare name), and `else` where it has one."""

    name: str
    argument: Any = None
    otherwise: Any = "reject"
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class From:
    """A column, or the first of several that is not blank."""

    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """Text with `{{ expressions }}`."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Constant:
    """A value of any JSON type, `vars` filled in."""

    value: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class ListOf:
    """Several values in one list."""

    items: tuple["Value", ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Templates joined; one whose columns are all blank is left out."""

    templates: tuple[str, ...]
    separator: str = "\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileOf:
    """The content of the file that a column names."""

    column: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ByLine:
    """One way to identify a referenced record: by `id`, `key`, columns of its `row`, or the named target `fields`."""

    kind: str
    inputs: tuple[tuple[str, "Value"], ...]
    pointer: Pointer = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Name the target fields of a line that looks by fields, in order of name."""
        return tuple(name for name, _value in self.inputs) if self.kind == "fields" else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Fallback:
    """The record that stands in where a lookup finds none or has nothing to look for; created where it `creates`."""

    line: ByLine
    creates: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """A reference to a record of one of `objects`: objects of this mapping or, as `target/x`, of the target alone.

    All of them are asked, unless `column` names one: `kinds` holds the object for each of its values. `fallback` goes
    with the value `fallback` of `on_missing`, `on_blank` with inputs that are all blank.
    """

    objects: tuple[str, ...]
    lines: tuple[ByLine, ...]
    column: str = ""
    kinds: tuple[tuple[str, str], ...] = ()
    on_missing: str = "reject"
    fallback: Fallback | None = None
    on_blank: Fallback | None = None
    on_ambiguous: str = "reject"
    create: tuple[tuple[str, "Value"], ...] | None = None
    unless_similar: Decimal | None = None
    type_field: str = ""


Form = From | Template | Constant | ListOf | Lines | FileOf | Lookup


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """Any field form and the keys that may stand beside it."""

    form: Form
    transforms: tuple[Transform, ...] = ()
    default: "Value | None" = None
    is_required: bool = False
    when: str = ""
    on_error: str = "reject"
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldSpec:
    """One target field: its value, and who wins against a matched record.

    `is_last`: written in the last pass. `unknown_option` says what happens to a value that the picklist lacks.
    """

    name: str
    value: Value
    overwrite: str
    on_conflict: str
    replaces_list: bool = False
    clears: bool = False
    is_last: bool = False
    unknown_option: str = "reject"

    @property
    def pointer(self) -> Pointer:
        """Tell where the field stands in the mapping."""
        return self.value.pointer


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchLine:
    """Parts that must all agree: each a target's field, or several of which any value may agree."""

    parts: tuple[tuple[str, ...], ...]
    pointer: Pointer = ()


class RowStep(Protocol):
    """One step of `rows`; its kinds stand in `steps.py`."""

    @property
    def name(self) -> str:
        """Give the word by which a mapping calls it."""

    @property
    def pointer(self) -> Pointer:
        """Tell where it stands in the mapping."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A unit test of an object: a row, and the record it must give or the code it must be refused with."""

    row: Mapping[str, Any]
    record: Mapping[str, Any] | None
    reject: str
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Marker:
    """Where the source key is kept in the target; an empty field is the connector's own choice."""

    field: str = ""
    is_bare_key: bool = False
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectSpec:
    """One object of the mapping: which rows become which records, and what happens where they meet others."""

    name: str
    tables: tuple[str, ...]
    to: str
    key: tuple[str, ...]
    fields: tuple[FieldSpec, ...]
    match: tuple[MatchLine, ...] = ()
    rows: tuple[RowStep, ...] = ()
    parent: Lookup | None = None
    marker: Marker = field(default_factory=Marker)
    on_match: str = "update"
    on_no_match: str = "create"
    on_ambiguous: str = "reject"
    on_duplicate: str = "reject"
    is_trimmed: bool = True
    examples: tuple[Example, ...] = ()
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TableSpec:
    """A table that is no object, for `join`: which of the source's, and the steps that prepare it."""

    name: str
    tables: tuple[str, ...]
    rows: tuple[RowStep, ...] = ()
    is_trimmed: bool = True
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """The `source` or `target` block: a connector, the prefix of its environment variables, and its settings.

    `settings` are those that may stand in a mapping; `profile` holds those of the profile that the block picked.
    """

    connector: str
    env: str
    settings: Mapping[str, Any]
    profile: Mapping[str, Any] = field(default_factory=dict)
    pointer: Pointer = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A guard: a number, or a share in percent."""

    number: int | None = None
    percent: Decimal | None = None

    def __str__(self) -> str:
        return f"{self.percent}%" if self.percent is not None else f"{self.number:,}"

    def is_exceeded(self, count: int, *, of: int | None) -> bool:
        """Tell whether `count` of `of` trips this guard; a share of something unknown trips it too."""
        if self.percent is None:
            return count > (self.number or 0)
        return of is None or count * 100 > self.percent * of


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The guards of a mapping; None where there is none."""

    creates: Limit | None = None
    updates: Limit | None = None
    rejects: Limit | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MappingSpec:
    """A whole mapping; `document` keeps the text for places in messages, and `sha256` is over the bytes of the file.

    `sources` are by name, that of `source:` under no name.
    """

    name: str
    path: Path
    project: Path
    sha256: str
    document: Located = field(repr=False)
    sources: Mapping[str, Block]
    target: Block
    vars: Mapping[str, Any]
    limits: Limits
    ledger: Path
    objects: Mapping[str, ObjectSpec]
    prepared: Mapping[str, TableSpec] = field(default_factory=dict)

    @property
    def source(self) -> Block:
        """Give the block of the only source, or of the first of several."""
        return next(iter(self.sources.values()))

    def table(self, tables: tuple[str, ...]) -> TableSpec:
        """Give the prepared table of a name, else the source's own."""
        if len(tables) == 1 and tables[0] in self.prepared:
            return self.prepared[tables[0]]
        return TableSpec(name=", ".join(tables), tables=tables, is_trimmed=is_trimmed(self.sources, tables))

    def place(self, pointer: Pointer, *, key: bool = False) -> str:
        """Give `file:line:col` of a value, or of its key."""
        return self.document.place(pointer, key=key)

    def asked_object(self, stated: str) -> str:
        """Name the target's object that a name in a lookup stands for."""
        return self.objects[stated].to if stated in self.objects else stated.removeprefix("target/")


def is_trimmed(sources: Mapping[str, Block], tables: tuple[str, ...]) -> bool:
    """Tell whether the source of these tables trims its text."""
    block = sources.get("") or sources[tables[0].partition("/")[0]]
    return bool(block.settings.get("trim", True))


def lines_of(lookup: Lookup) -> list[ByLine]:
    """Give the lines of a lookup, with those of the records that it falls back to."""
    return [*lookup.lines, *(other.line for other in (lookup.fallback, lookup.on_blank) if other)]


def all_lookups(spec: MappingSpec) -> list[Lookup]:
    """Give every lookup of a mapping, those inside other forms too."""
    values = [field.value for item in spec.objects.values() for field in item.fields]
    found = [lookup for value in values for lookup in _lookups_in(value)]
    parents = [item.parent for item in spec.objects.values() if item.parent]
    return [*found, *(one for parent in parents for one in _with_inner(parent))]


def _lookups_in(value: Value) -> Iterator[Lookup]:
    if isinstance(value.form, Lookup):
        yield from _with_inner(value.form)
    elif isinstance(value.form, ListOf):
        for item in value.form.items:
            yield from _lookups_in(item)
    if value.default:
        yield from _lookups_in(value.default)


def _with_inner(lookup: Lookup) -> Iterator[Lookup]:
    yield lookup
    inputs = [pair for line in lines_of(lookup) for pair in line.inputs] + list(lookup.create or ())
    for _name, value in inputs:
        yield from _lookups_in(value)
