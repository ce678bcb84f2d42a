"""Names of the source: columns, exactly, and paths into what a column holds."""

from typing import Any

import pytest
from planning_cases import refusal_or

from migrator.connectors.protocols import BadCell
from migrator.planner.paths import make_getter

COLUMNS = ("id", "addr", "tels", "First Name", "a.b", "x[0]", "addr.city")
ADDRESS = {"street": "Main", "geo": {"lat": "1"}, "lines": ["a", "b"], "none": None, "empty": "", "zero": 0}
TELS = [
    {"atype": "work", "no": "1"},
    {"atype": "mobile", "no": "2", "ext": [{"n": "9"}]},
    {"atype": "mobile", "no": "3"},
]
ROW = ["7", ADDRESS, TELS, "Ada", "dotted", "indexed", ""]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("id", "7"),
        ("First Name", "Ada"),
        ("a.b", "dotted"),
        ("x[0]", "indexed"),
        ("addr.city", None),
        ("addr", ADDRESS),
        ("addr.street", "Main"),
        ("addr.geo.lat", "1"),
        ("addr.zero", 0),
        ("addr.none", None),
        ("addr.empty", None),
        ("addr.nothing", None),
        ("addr.nothing.more", None),
        ("addr.lines[0]", "a"),
        ("addr.lines[1]", "b"),
        ("addr.lines[2]", None),
        ("addr.lines[]", ["a", "b"]),
        ("addr.street[0]", None),
        ("addr.street.x", None),
        ("addr[0]", None),
        ("addr[]", None),
        ("tels[0].no", "1"),
        ("tels[9].no", None),
        ("tels[].no", ["1", "2", "3"]),
        ("tels.no", ["1", "2", "3"]),
        ("tels[].missing", None),
        ("tels[atype=mobile].no", "2"),
        ("tels[atype=fax].no", None),
        ("tels[atype=].no", None),
        ("tels[atype=mobile].ext[0].n", "9"),
        ("id.x", None),
    ],
)
def test_name_is_a_column_first_and_a_path_otherwise(name: str, expected: Any) -> None:
    """A column of exactly this name goes before the path; a path without data is blank."""
    assert make_getter(name, COLUMNS)(ROW) == expected


@pytest.mark.parametrize(
    "name",
    ["", "nothing", "Id", "id ", "nothing.x", "id.", "id..x", "id[", "id]", "id[x]", "id[0", "id[0]x", "tels[a=b", "."],
)
def test_name_that_there_is_not_has_no_getter(name: str) -> None:
    """A name that is neither a column nor a whole path is an error of the caller."""
    with pytest.raises(KeyError) as refused:
        make_getter(name, COLUMNS)
    assert refused.value.args == (name,)


def test_cell_that_its_program_could_not_fill_is_refused() -> None:
    """The reason comes from the workbook; the row is refused, not the file."""
    get = make_getter("id", COLUMNS)
    refusal = refusal_or(lambda _notes: get([BadCell("the formula has no stored result"), *ROW[1:]]))
    assert refusal == "! E113 the formula has no stored result (mend the cell in the workbook and save it)"
