"""How a row is recognised in the target: by ledger, by marker, by the match lines in order."""

from pathlib import Path

import pytest
from ledgers import remember
from planning_cases import ACCOUNT, MAPPING, Desk, people

ROW = "id,first,last,email"
DETAILS = "FirstName: first, LastName: last, EmailAddress_Work: email, NickName: nick"


def test_first_line_that_finds_something_decides(tmp_path: Path) -> None:
    """The lines are asked in order; what the first one finds is the match, whatever a later one would find."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King")
    desk.crm.hold("contacts", "c2", FirstName="Old", LastName="Name", EmailAddress_Work="ADA@x.org")
    desk.write("people.csv", ROW, "7,Ada,King,ada@X.org")
    seen = desk.plan(people())
    assert seen.changes == {"~ contacts:7": {"EmailAddress_Work": "ada@X.org", "FirstName": "Ada", "LastName": "King"}}
    assert (seen.raw[0].target_id, seen.raw[0].before["LastName"]) == ("c2", "Name")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("7,Ada,King,", "~ contacts:7"),
        ("7, ADA ,kING,", "~ contacts:7"),
        ("7,Ada,King,other@x.org", "~ contacts:7"),
        ("7,Ada,,", "+ contacts:7"),
        ("7,Ada,Queen,", "+ contacts:7"),
    ],
)
def test_later_line_decides_where_earlier_ones_find_nothing(tmp_path: Path, row: str, expected: str) -> None:
    """A line with a blank value is passed over, one without a hit passes on, and all fields of a line must agree."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King", NickName="Old")
    desk.write("people.csv", f"{ROW},nick", f"{row},New")
    assert list(desk.plan(people(fields=DETAILS)).changes) == [expected]


def test_candidate_that_an_earlier_line_contradicts_is_none(tmp_path: Path) -> None:
    """Two people of one name with two addresses are two people."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King", EmailAddress_Work="other@x.org")
    desk.write("people.csv", ROW, "7,Ada,King,ada@x.org")
    seen = desk.plan(people())
    assert seen.states == {"contacts:2": "create"}
    desk.crm.hold("contacts", "c2", FirstName="Ada", LastName="King")
    seen = desk.plan(people())
    assert seen.changes == {"~ contacts:7": {"EmailAddress_Work": "ada@x.org"}}
    assert seen.raw[0].target_id == "c2"


def test_contradiction_is_judged_by_the_normal_form(tmp_path: Path) -> None:
    """Another spelling of the same address contradicts nothing."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King", EmailAddress_Work="ADA@X.ORG", NickName="A")
    desk.write("people.csv", f"{ROW},nick", "7,Ada,King,ada@x.org,")
    seen = desk.plan(people("match: [[EmailAddress_Work, NickName], [FirstName, LastName]]", fields=DETAILS))
    assert seen.states == {"contacts:2": "update"}


def test_several_candidates_are_refused(tmp_path: Path) -> None:
    """Several records that agree are named in the refusal."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King")
    desk.crm.hold("contacts", "c2", FirstName="Ada", LastName="King", EmailAddress_Work="a@x.org")
    desk.write("people.csv", ROW, "7,Ada,King,")
    seen = desk.plan(people())
    fact = "2 records of the target agree on FirstName, LastName: Ada King (c1); Ada King a@x.org (c2)"
    hint = "add a match line that tells them apart, or merge them in the target"
    assert list(seen.problems) == [f"contacts:2 E304 FirstName, LastName: {fact} ({hint})"]
    assert (seen.changes, seen.states) == ({}, {"contacts:2": "reject"})


def test_first_of_several_candidates_is_taken_where_the_mapping_says_so(tmp_path: Path) -> None:
    """With `on_ambiguous: first` it is the one that the target lists first."""
    desk = Desk(folder=tmp_path)
    for n in range(1, 8):
        desk.crm.hold("contacts", f"c{n}", FirstName="Ada", LastName="King")
    desk.write("people.csv", f"{ROW},nick", "7,Ada,King,,A")
    seen = desk.plan(people("on_ambiguous: first", fields=DETAILS))
    assert [change.target_id for change in seen.raw] == ["c1"]


def test_refusal_names_five_candidates_and_counts_the_rest(tmp_path: Path) -> None:
    """A message does not grow without end."""
    desk = Desk(folder=tmp_path)
    for n in range(1, 8):
        desk.crm.hold("contacts", f"c{n}", LastName="King")
    desk.write("people.csv", ROW, "7,,King,")
    listed = "; ".join(f"King (c{n})" for n in range(1, 6))
    fact = f"7 records of the target agree on LastName: {listed} and 2 more"
    hint = "add a match line that tells them apart, or merge them in the target"
    seen = desk.plan(people("match: [[LastName]]"))
    assert list(seen.problems) == [f"contacts:2 E304 LastName: {fact} ({hint})"]


def test_record_that_two_pages_show_is_one(tmp_path: Path) -> None:
    """Lists shift while others write: a record that was read before is no second candidate."""
    desk = Desk(folder=tmp_path)
    desk.crm.page = 1
    for _page in range(2):
        desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King")
    desk.write("people.csv", ROW, "7,Ada,King,")
    seen = desk.plan(people())
    assert (seen.states, seen.header["objects"]["contacts"]["in_target"]) == ({"contacts:2": "unchanged"}, 1)


@pytest.mark.parametrize(
    ("on_match", "held", "expected"),
    [
        ("update", {"NickName": "Old"}, {"~ contacts:7": {"FirstName": "Ada", "LastName": "King", "NickName": "New"}}),
        ("update", {"FirstName": "Ada", "LastName": "King", "NickName": "New"}, {}),
        ("fill", {"FirstName": "Augusta", "NickName": "Old"}, {"~ contacts:7": {"LastName": "King"}}),
        ("fill", {"FirstName": "A", "LastName": "B", "NickName": "C"}, {}),
        ("skip", {"NickName": "Old"}, {}),
        ("reject", {"NickName": "Old"}, {}),
    ],
)
def test_on_match_says_what_happens(
    tmp_path: Path, on_match: str, held: dict[str, str], expected: dict[str, dict[str, str]]
) -> None:
    """A matched record is updated, filled, left alone, or refused."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", EmailAddress_Work="ada@x.org", **held)
    desk.write("people.csv", f"{ROW},nick", "7,Ada,King,ada@x.org,New")
    seen = desk.plan(people(f"on_match: {on_match}", fields=DETAILS))
    assert seen.changes == expected
    state = {"skip": "skip", "reject": "reject"}.get(on_match, "update" if expected else "unchanged")
    assert seen.states == {"contacts:2": state}
    name = " ".join(filter(None, [held.get("FirstName"), held.get("LastName"), "ada@x.org"]))
    told = [f"contacts:2 E305 is in the target already: {name} (c1) (on_match: reject)"]
    assert list(seen.problems) == (told if on_match == "reject" else [])


@pytest.mark.parametrize(
    ("on_no_match", "state", "problems"),
    [
        ("create", "create", []),
        ("skip", "skip", []),
        ("reject", "reject", ["contacts:2 E306 is not in the target (on_no_match: reject)"]),
    ],
)
def test_on_no_match_says_what_happens(tmp_path: Path, on_no_match: str, state: str, problems: list[str]) -> None:
    """A row that the target does not know is created, left out, or refused."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "7,Ada,King,ada@x.org")
    seen = desk.plan(people(f"on_no_match: {on_no_match}"))
    assert (seen.states, list(seen.problems)) == ({"contacts:2": state}, problems)


def test_rows_without_match_are_created(tmp_path: Path) -> None:
    """`match` may be left out; then only ledger and marker recognise a record."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King", EmailAddress_Work="ada@x.org")
    desk.write("people.csv", ROW, "7,Ada,King,ada@x.org", "8,Ada,King,ada@x.org")
    seen = desk.plan(people("match: none"))
    assert list(seen.changes) == ["+ contacts:7", "+ contacts:8"]


def test_marker_recognises_what_this_migration_wrote(tmp_path: Path) -> None:
    """A record with our marker is the row's, whatever else it holds, and its marker is never written again."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", LastName="Renamed", ExternalPrimaryKey="acme/contacts/7")
    desk.crm.hold("contacts", "c2", EmailAddress_Work="ada@x.org")
    desk.write("people.csv", ROW, "7,Ada,King,ada@x.org")
    seen = desk.plan(people())
    assert (seen.raw[0].target_id, seen.raw[0].marker) == ("c1", None)
    assert seen.raw[0].after == {"EmailAddress_Work": "ada@x.org", "FirstName": "Ada", "LastName": "King"}


def test_record_with_the_marker_of_another_row_is_no_candidate(tmp_path: Path) -> None:
    """What this migration made of one row is not another row."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="King", ExternalPrimaryKey="acme/contacts/6")
    desk.write("people.csv", ROW, "7,Ada,King,")
    assert desk.plan(people()).states == {"contacts:2": "create"}


@pytest.mark.parametrize(
    ("settings", "key", "marker", "field"),
    [
        ((), "7", "acme/contacts/7", "ExternalPrimaryKey"),
        ((), "a|b", "acme/contacts/a|b", "ExternalPrimaryKey"),
        (("marker: NickName",), "7", "acme/contacts/7", "NickName"),
        (("marker: {field: NickName, value: key}",), "7", "7", "NickName"),
    ],
)
def test_create_carries_a_marker(tmp_path: Path, settings: tuple[str, ...], key: str, marker: str, field: str) -> None:
    """Mapping, object and source key, or the bare key, stand in the field that connector or mapping name."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, f"{key},Ada,King,")
    (change,) = desk.plan(people(*settings)).raw
    assert (change.marker, change.after[field]) == (marker, marker)


def test_field_that_the_mapping_writes_itself_is_no_marker(tmp_path: Path) -> None:
    """Where the mapping maps the marker's field, its values stand there, and the promise is a weaker one."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", ROW, "7,Ada,King,x")
    seen = desk.plan(people("match: none", fields="LastName: last, ExternalPrimaryKey: email"))
    assert (seen.raw[0].marker, seen.raw[0].after["ExternalPrimaryKey"]) == (None, "x")
    facts = seen.header["objects"]["contacts"]
    assert (facts["marker"], facts["tier"]) == ("", "C")


def test_match_field_that_is_not_written_is_compared_with_the_key(tmp_path: Path) -> None:
    """A field that keeps the keys of an older system recognises the row by its bare key."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", LastName="Old", ExternalPrimaryKey="7")
    desk.write("people.csv", ROW, "7,Ada,King,", "8,Bob,Ross,")
    seen = desk.plan(people("match: [[ExternalPrimaryKey]]"))
    assert seen.states == {"contacts:2": "update", "contacts:3": "create"}
    assert seen.raw[0].after == {"FirstName": "Ada", "LastName": "King"}


def test_ledger_goes_before_marker_and_match(tmp_path: Path) -> None:
    """What an earlier run wrote for the key is the record, whatever marker or match say."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", EmailAddress_Work="ada@x.org")
    desk.crm.hold("contacts", "c2", ExternalPrimaryKey="acme/contacts/7")
    desk.crm.hold("contacts", "C3", LastName="King")
    desk.remember("contacts", "7", "c3", LastName="King")
    desk.write("people.csv", ROW, "7,Ada,King,ada@x.org")
    seen = desk.plan(people())
    assert (seen.raw[0].target_id, list(seen.changes)) == ("C3", ["~ contacts:7"])


def test_ledger_of_another_account_or_mapping_says_nothing(tmp_path: Path) -> None:
    """Ids belong to one account of one mapping."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", LastName="King")
    desk.write("people.csv", ROW, "7,Ada,King,")
    spec = desk.spec(people())
    with desk.ledger(spec) as ledger:
        rows = [(MAPPING, "0" * 64, "contacts"), ("other", ACCOUNT, "contacts"), (MAPPING, ACCOUNT, "companies")]
        for *migration, name in rows:
            remember(ledger, (migration[0], migration[1]), [(name, "7", "c1", {})])
    assert desk.plan(people()).states == {"contacts:2": "create"}


def test_record_that_the_list_does_not_show_is_asked_for(tmp_path: Path) -> None:
    """Absence from a list proves nothing: what the ledger knows is read by its id."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Ada", LastName="Old")
    desk.crm.unlisted.add("c1")
    desk.remember("contacts", "7", "c1", LastName="Old")
    desk.write("people.csv", ROW, "7,Ada,King,", "8,Bob,Ross,")
    seen = desk.plan(people())
    assert seen.changes["~ contacts:7"] == {"LastName": "King"}
    assert desk.crm.asked == ["contacts", "contacts/c1"]


@pytest.mark.parametrize(("text", "changes"), [("Hi", {}), ("Ho", {"~ notes:11": {"Body": "Ho", "^parent": "c1"}})])
def test_record_that_cannot_be_listed_is_recognised_by_the_ledger(
    tmp_path: Path, text: str, changes: dict[str, dict[str, str]]
) -> None:
    """Where the target has no list, what we wrote is taken for what is there, and nothing is created twice."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", EmailAddress_Work="ada@x.org")
    desk.remember("notes", "11", "n1", Body="Hi")
    desk.write("notes.csv", "id,person,text", f"11,ada@x.org,{text}")
    parent = "parent: {lookup: target/contacts, by: [{EmailAddress_Work: person}]}"
    notes = people("from: notes.csv", "match: none", "to: notes", parent, fields="Body: text")
    seen = desk.plan(notes.replace("  contacts:", "  notes:", 1))
    assert (seen.changes, desk.crm.asked) == (changes, ["contacts"])
    assert [change.target_id for change in seen.raw] == ["n1"] * len(changes)


def test_record_that_somebody_deleted_is_not_made_again(tmp_path: Path) -> None:
    """A row that was written earlier and whose record is gone is refused with its id."""
    desk = Desk(folder=tmp_path)
    desk.remember("contacts", "7", "c1", LastName="King")
    desk.write("people.csv", ROW, "7,Ada,King,")
    seen = desk.plan(people())
    hint = "somebody deleted it there: take the row out; if the whole target was emptied, move .migrator away"
    fact = "was written earlier as c1, which the target no longer has"
    assert (seen.states, list(seen.problems)) == ({"contacts:2": "reject"}, [f"contacts:2 E208 {fact} ({hint})"])


def test_blank_is_never_written(tmp_path: Path) -> None:
    """A blank cell means nothing, but for a field that the mapping clears."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", EmailAddress_Work="ada@x.org", FirstName="Ada", LastName="King", NickName="A")
    desk.write("people.csv", f"{ROW},nick", "7,,,ada@x.org,", "8,,Ross,,")
    cleared = DETAILS.replace("NickName: nick", "NickName: {from: nick, clear: true}")
    assert desk.plan(people(fields=DETAILS)).changes == {"+ contacts:8": {"LastName": "Ross"}}
    seen = desk.plan(people(fields=cleared))
    assert seen.changes == {"+ contacts:8": {"LastName": "Ross"}, "~ contacts:7": {"NickName": None}}
    assert seen.raw[0].before == {"NickName": "A"}


def test_conflict_is_shown_and_nothing_is_overwritten(tmp_path: Path) -> None:
    """What source and target both changed since the last run is told with the target's value."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", LastName="Byron", NickName="Old")
    desk.remember("contacts", "7", "c1", LastName="Lovelace", NickName="Old")
    desk.write("people.csv", f"{ROW},nick", "7,,King,,New")
    seen = desk.plan(people("match: none", fields=DETAILS))
    assert seen.changes == {"~ contacts:7": {"NickName": "New"}}
    fact = "conflict: LastName changed in the source and in the target since the last run (c1)"
    hint = "nothing is overwritten; state on_conflict: source or target"
    assert list(seen.problems) == [f"contacts:2 W210 LastName: {fact} ({hint})"]
    assert seen.totals("update", "conflict", "reject") == [1, 1, 0]


@pytest.mark.parametrize(("how", "changes"), [("source", {"~ contacts:7": {"LastName": "King"}}), ("target", {})])
def test_conflict_is_decided_by_the_mapping(tmp_path: Path, how: str, changes: dict[str, dict[str, str]]) -> None:
    """The mapping may let one side win, for a whole object."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", LastName="Byron")
    desk.remember("contacts", "7", "c1", LastName="Lovelace")
    desk.write("people.csv", ROW, "7,,King,")
    seen = desk.plan(people(f"on_conflict: {how}"))
    assert (seen.changes, list(seen.problems)) == (changes, [])


def test_second_plan_updates_only_what_changed_in_the_source(tmp_path: Path) -> None:
    """What only the target changed since is left alone."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "c1", FirstName="Augusta", LastName="Lovelace")
    desk.remember("contacts", "7", "c1", FirstName="Ada", LastName="Lovelace")
    desk.write("people.csv", ROW, "7,Ada,King,")
    assert desk.plan(people()).changes == {"~ contacts:7": {"LastName": "King"}}


def test_overwrites_are_counted_by_field(tmp_path: Path) -> None:
    """The plan counts which filled fields of the target it would replace."""
    desk = Desk(folder=tmp_path)
    for n in range(3):
        desk.crm.hold(
            "contacts", f"c{n}", EmailAddress_Work=f"{n}@x.org", LastName="Old", **({"NickName": "N"} if n else {})
        )
    desk.write("people.csv", f"{ROW},nick", *[f"{n},,New,{n}@x.org,M" for n in range(3)])
    facts = desk.plan(people(fields=DETAILS)).header["objects"]["contacts"]
    assert (facts["update"], facts["overwrites"]) == (3, {"LastName": 3, "NickName": 2})
