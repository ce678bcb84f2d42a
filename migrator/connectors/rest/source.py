"""A CRM as a `Source`: each object is a table, each record a row of typed values, in the order of its list."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from migrator.connectors.protocols import Batch, Cell, Source, SourceFacts, Table
from migrator.connectors.rest.definition import Definition, ObjectDefinition
from migrator.connectors.rest.json_text import dump_json
from migrator.connectors.rest.substitution import at_path
from migrator.connectors.rest.wire import decode_value
from migrator.errors import Problem, SourceError
from migrator.records import CUSTOM, Field, Kind, TargetRecord
from migrator.spelling import did_you_mean

if TYPE_CHECKING:  # it brings the network along, which a check does not need
    from migrator.connectors.rest.target import RestTarget

Connect = Callable[[], "RestTarget"]

_TYPED: Mapping[Kind, Callable[[str], Any]] = {
    Kind.DECIMAL: Decimal,
    Kind.DATE: date.fromisoformat,
    Kind.DATETIME: datetime.fromisoformat,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RestSource:
    """Reads the objects of one account. `files` reads what lies beside the mapping."""

    definition: Definition
    connect: Connect
    zone: tzinfo
    files: Source
    blank_values: frozenset[str] = field(default_factory=frozenset)

    def columns(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Give the names of an object's fields, whole objects and lists by their heads. Raises SourceError."""
        item = self._object(tables)
        heads = dict.fromkeys(name.partition(".")[0] for name in item.type.fields)
        return (*sorted({*heads, self.definition.id_path}), *(CUSTOM + label for label in sorted(item.type.labels)))

    def changed(self, _facts: Mapping[str, str]) -> list[str]:
        """Name no file: a CRM that went on since the plan was made is nothing unusual."""
        return []

    def pairs(self, file: str, key: str, value: str) -> dict[str, str]:
        """Read two columns of a small file. Raises SourceError."""
        return self.files.pairs(file, key, value)

    def content(self, file: str) -> bytes:
        """Read a file that a record names, from the folder of the mapping. Raises SourceError."""
        return self.files.content(file)

    def table(self, tables: tuple[str, ...]) -> Table:
        """Open one object. Raises SourceError, and TargetError while it is walked."""
        item = self._object(tables)
        facts: list[SourceFacts] = []
        columns = self.columns(tables)
        return Table(columns=columns, is_text=False, batches=self._batches(item, columns, facts), facts=facts)

    async def _batches(
        self, item: ObjectDefinition, columns: tuple[str, ...], facts: list[SourceFacts]
    ) -> AsyncIterator[Batch]:
        """Walk the list once; a record that comes twice, because others write meanwhile, is one row."""
        name = f"{self.definition.name}/{item.type.name}"
        paths = [item.reads.get(key, key) for key in map(item.type.key, columns)]
        digest = hashlib.sha256()
        seen: set[bytes] = set()
        async with self.connect() as crm:
            async for page in crm.read(item.type.name):
                rows: list[tuple[int, list[Cell]]] = []
                for record in _unseen(page, seen):
                    digest.update(dump_json(record.raw))
                    typed = self._typed(item, record.raw)
                    rows.append((len(seen), [at_path(typed, path) for path in paths]))
                yield Batch(file=name, rows=rows)
            origin = (await crm.identify()).origin
        notes = (f"{self.definition.title} at {origin}",)
        facts.append(SourceFacts(file=name, sha256=digest.hexdigest(), size=0, rows=len(seen), notes=notes))

    def _object(self, tables: tuple[str, ...]) -> ObjectDefinition:
        known = [name for name, item in self.definition.objects.items() if item.type.is_listed]
        if len(tables) == 1 and tables[0] in known:
            return self.definition.objects[tables[0]]
        hint = did_you_mean(tables[0], known) or f"there are: {', '.join(known)}"
        fact = f"no list '{', '.join(tables)}'" if len(tables) == 1 else "several objects are no one table"
        raise SourceError(Problem(code="E401", place=self.definition.name, fact=fact, hint=hint))

    def _typed(self, item: ObjectDefinition, raw: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Give a record with its known values typed, in the shape in which it came."""
        return {key: self._value(item, prefix + key, value) for key, value in raw.items()}

    def _value(self, item: ObjectDefinition, name: str, value: Any) -> Any:
        known = item.type.fields.get(name)
        if value is None or value == "":
            return None
        if known is None or known.kind in {Kind.ITEMS, Kind.TAGS} or known.refused.startswith("it holds values"):
            return self._typed(item, value, f"{name}.") if isinstance(value, Mapping) and known is None else value
        return _as_type(known, decode_value(self.definition, item, known, value, self.zone))


def _unseen(page: list[TargetRecord], seen: set[bytes]) -> Iterator[TargetRecord]:
    """Give the records of a page that none before had the ids of, one by one, and note them as seen."""
    for record in page:
        key = hashlib.blake2b(record.id.encode(), digest_size=8).digest()
        if key not in seen:
            seen.add(key)
            yield record


def _as_type(known: Field, canonical: Any) -> Any:
    """Turn a canonical value into its type; text that is none stays text, and is judged by the mapping."""
    make = _TYPED.get(known.kind)
    try:
        return make(canonical) if make and isinstance(canonical, str) else canonical
    except (ValueError, ArithmeticError):
        return canonical
