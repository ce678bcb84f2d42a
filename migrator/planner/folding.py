"""Parts of items (`phones[0].no`) → one list of objects (`phones`), as the target holds it."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from migrator.records import Canonical
from migrator.spec.values import Constant, FieldSpec

_PART = re.compile(r"(?P<whole>[^\[\]]+)\[(?P<position>[0-9]+)\]\.(?P<part>.+)")


class _Part(NamedTuple):
    """Where a field of the mapping belongs; a constant keeps no item alive."""

    whole: str
    position: int
    part: str
    is_constant: bool


class Folding:
    """Gathers the fields of a mapping that are parts of items, in the order of their positions."""

    def __init__(self, fields: Iterable[FieldSpec]) -> None:
        found = {field.name: (_PART.fullmatch(field.name), field) for field in fields}
        self._parts = {
            name: _Part(part["whole"], int(part["position"]), part["part"], isinstance(field.value.form, Constant))
            for name, (part, field) in found.items()
            if part
        }

    def __bool__(self) -> bool:
        """Tell whether there is anything to gather."""
        return bool(self._parts)

    def fold(self, fields: dict[str, Canonical]) -> dict[str, Canonical]:
        """Give the fields with their items gathered; an item in which only constants stand is left out."""
        if not self._parts:
            return fields
        items: dict[tuple[str, int], dict[str, Canonical]] = {}
        alive: set[tuple[str, int]] = set()
        for name, part in self._parts.items():
            value = fields.pop(name, None)
            if value is None:
                continue
            items.setdefault((part.whole, part.position), {})[part.part] = value
            if not part.is_constant:
                alive.add((part.whole, part.position))
        for whole, position in sorted(alive):
            fields.setdefault(whole, []).append(dict(sorted(items[whole, position].items())))
        return dict(sorted(fields.items()))


def whole_of(name: str) -> str:
    """Give the field of the target's record in which a field of the mapping ends up."""
    found = _PART.fullmatch(name)
    return found["whole"] if found else name


def rules_of(fields: Iterable[FieldSpec]) -> Mapping[str, FieldSpec]:
    """Give the rules by the field of the target's record; the first part of a list speaks for the list."""
    return {whole_of(field.name): field for field in reversed(list(fields))}
