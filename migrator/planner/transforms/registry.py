"""All transforms by name: the built-in ones, and those of packages that offer some."""

from functools import cache
from importlib.metadata import entry_points

from migrator.planner.transforms import codes, contact, dates, lists, maps, numbers, patterns, text
from migrator.planner.transforms.spec import TransformKind

ENTRY_POINTS = "migrator.transforms"

_BUILT_IN: dict[str, TransformKind] = {
    **text.KINDS,
    **patterns.KINDS,
    **lists.KINDS,
    **maps.KINDS,
    **numbers.KINDS,
    **dates.KINDS,
    **contact.KINDS,
    **codes.KINDS,
}


@cache
def transform_kinds() -> dict[str, TransformKind]:
    """Give every transform; a package's never takes the place of a built-in one."""
    others = {entry.name: entry.load() for entry in entry_points(group=ENTRY_POINTS)}
    return {**others, **_BUILT_IN}
