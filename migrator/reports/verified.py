"""What reading back a run found: as text, as data for machines, and as a table with a line for each finding."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from migrator.reports.guarded import safe_cell
from migrator.reports.wording import harmless, moment, of
from migrator.reports.writing import write_file
from migrator.store.readback import Finding, Match, Verification

MAX_SHOWN = 10
MAX_FIELDS = 5
COLUMNS = ("object", "source", "key", "target_id", "match", "field", "rule", "planned", "found")

_WORDS = {
    Match.EQUAL: "as planned",
    Match.NORMALISED: "as planned, but for what the target does to such values",
    Match.DIFFERENT: "otherwise than planned",
    Match.MISSING: "not there, or without a value that was sent",
}

Note = Callable[[Finding], None]


def write_findings(path: Path, fill: Callable[[Note], Verification], *, shows_values: bool) -> Verification:
    """Write each finding as it comes, one for a record that is as planned; gives what `fill` gives. Raises StoreError.

    The file is complete or not there.
    """
    made: list[Verification] = []

    def write(file: TextIO) -> None:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(COLUMNS)
        made.append(fill(lambda one: writer.writerow(_cells(one, shows_values=shows_values))))

    write_file(path, write)
    return made[0]


def _cells(finding: Finding, *, shows_values: bool) -> list[str]:
    *told, planned, found = finding
    values = (_cell(planned), _cell(found)) if shows_values else ("", "")
    return [safe_cell(text) for text in (*told, *values)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def verified_text(found: Verification) -> str:
    """Write what was found, in a few lines without values."""
    return "\n".join(harmless(line) for line in _lines(found))


def _lines(found: Verification) -> Iterator[str]:
    yield f"Read back {found.read:,} of {of(found.landed, 'operation')} that landed, {moment(found.wall)}:"
    for match, words in _WORDS.items():
        rules = ", ".join(f"{rule} {count:,}" for rule, count in found.rules.items())
        more = f" ({rules})" if match is Match.NORMALISED and rules else ""
        if count := found.records.get(match, 0):
            yield f"  {count:>9,}  {match}: {words}{more}"
    if found.later:
        yield f"  {found.later:>9,}  of them were written again or deleted by a later run, and are compared with that"
    if found.duplicates:
        yield f"  {found.duplicates:>9,}  duplicate: one marker or match value in several records"
    if found.unexpected:
        yield f"  {found.unexpected:>9,}  UNEXPECTED: in the target although the operation did not land"
    for name, counts in list(_troubled(found))[:MAX_FIELDS]:
        yield f"  field {name}: {', '.join(f'{match} {count:,}' for match, count in counts.items())}"
    for one in found.first[:MAX_SHOWN]:
        named = f"{one.object}:{one.key}  {one.place}".rstrip()
        yield f"  {one.match} {named}  {one.target_id}  {'  '.join(filter(None, (one.field, one.rule)))}".rstrip()
    for name, total in found.totals.items():
        before = "not known" if total["before"] is None else f"{total['before']:,}"
        yield f"  {name}: {total['now']:,} in the target now, before {before}, created {total['created']:,}"


def _troubled(found: Verification) -> Iterator[tuple[str, dict[str, int]]]:
    """Give the fields of which something is otherwise, with how often."""
    for name, counts in found.fields.items():
        bad = {match: count for match, count in counts.items() if match != Match.NORMALISED}
        if bad:
            yield name, bad


def verified_json(found: Verification | None) -> dict[str, Any] | None:
    """Give what was found as data, without values."""
    if found is None:
        return None
    listed = [dict(zip(COLUMNS[:7], one, strict=False)) for one in found.first]
    return {
        "at": found.wall,
        "landed": found.landed,
        "read": found.read,
        "records": dict(found.records),
        "fields": {name: dict(counts) for name, counts in found.fields.items()},
        "rules": dict(found.rules),
        "later": found.later,
        "duplicates": found.duplicates,
        "unexpected": found.unexpected,
        "totals": {name: dict(total) for name, total in found.totals.items()},
        "findings": listed,
        "is_clean": found.is_clean,
    }
