"""Keys of earlier runs that no row states any longer: listed, and nothing becomes of them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from planning_cases import Desk, Seen, firms, people

ROW = "id,first,last,email,firm"
NAMED = "LastName: last, CurrentPosition_Company_Id: {lookup: companies, by: [{Name: firm}], on_missing: create}"
KEYED = (
    "LastName: last, CurrentPosition_Company_Id: {lookup: companies, by: [{key: firm}], on_missing: create,"
    " create: {Name: firm}}"
)


def gone_of(seen: Seen) -> list[tuple[str, str, str]]:
    """Give what the plan lists as gone, held against the counts of its header."""
    query = "SELECT o.name, g.key, g.target_id FROM gone g JOIN object o ON o.id=g.object ORDER BY o.name, g.key"
    with closing(sqlite3.connect(seen.path)) as db:
        found = db.execute(query).fetchall()
    for name, facts in seen.header["objects"].items():
        assert facts["gone"] == sum(owner == name for owner, _key, _id in found)
    return found


def test_key_that_no_row_states_is_listed(tmp_path: Path) -> None:
    """With the record that it became; the plan does nothing about that."""
    desk = Desk(folder=tmp_path)
    for n in (1, 2, 3):
        desk.crm.hold("contacts", f"c{n}", LastName=f"L{n}")
        desk.remember("contacts", str(n), f"c{n}", LastName=f"L{n}")
    desk.write("people.csv", ROW, "2,,L2,,", "4,,L4,,")
    seen = desk.plan(people("match: none", fields="LastName: last"))
    assert gone_of(seen) == [("contacts", "1", "c1"), ("contacts", "3", "c3")]
    assert list(seen.changes) == ["+ contacts:4"]


def test_row_that_is_refused_or_skipped_states_its_key(tmp_path: Path) -> None:
    """It is in the source; a row that a step leaves out is not, nor is one of another object."""
    desk = Desk(folder=tmp_path)
    for n in range(1, 6):
        desk.remember("contacts", str(n), f"c{n}")
        desk.crm.hold("contacts", f"c{n}", LastName=f"L{n}")
    desk.write("people.csv", ROW, "1,,L1,bad,", "2,,L2,,", "2,,L2,,", "3,,out,,", "4,,L4,,")
    desk.write("firms.csv", "id,name,site", "5,Acme,")
    mail = "LastName: last, EmailAddress_Work: {from: email, transform: [email]}"
    where = "rows: [{where: \"{{ last != 'out' }}\"}, {distinct: [last]}]"
    seen = desk.plan(people("match: none", "on_duplicate: first", where, fields=mail) + firms())
    assert seen.states["contacts:2"] == "reject"
    assert gone_of(seen) == [("contacts", "3", "c3"), ("contacts", "5", "c5")]


def test_record_that_a_lookup_made_is_not_gone(tmp_path: Path) -> None:
    """It never had a row; one that a lookup asks for by its key is stated by that, until nobody asks."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("companies", "k1", Name="Acme")
    desk.crm.hold("companies", "k2", Name="77")
    desk.remember("companies", "?0123456789abcdef", "k1", Name="Acme")
    desk.remember("companies", "77", "k2", Name="77")
    desk.write("firms.csv", "id,name,site")
    desk.write("people.csv", ROW, "1,,Ada,,Acme")
    assert gone_of(desk.plan(people("match: none", fields=NAMED) + firms())) == [("companies", "77", "k2")]
    desk.write("people.csv", ROW, "1,,Ada,,77")
    assert gone_of(desk.plan(people("match: none", fields=KEYED) + firms())) == []


def test_offline_plan_lists_nothing(tmp_path: Path) -> None:
    """Which account it would be for is not known, so neither is what was written to it."""
    desk = Desk(folder=tmp_path)
    desk.remember("contacts", "1", "c1")
    desk.write("people.csv", ROW, "2,,L2,,")
    assert gone_of(desk.plan(people("match: none", fields="LastName: last"), is_offline=True)) == []
