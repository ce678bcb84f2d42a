"""Questions to a person: one for each value, answered once and for ever; and the guard against typing errors."""

from pathlib import Path

import pytest
from planning_cases import Desk, firms, people

from migrator.records import Choice

ASK = "CurrentPosition_Company_Id: {lookup: companies, by: [{Name: firm}], on_ambiguous: ask%s}"
OPEN = "(answer it in decisions.yaml or with 'migrator resolve', then plan again)"
GUARD = "(write the name in one way, or state on_ambiguous: ask to decide each)"


def pointing(more: str = "") -> str:
    """Write contacts that ask where a company's name has several answers."""
    return people("match: none", fields=f"LastName: last, {ASK % more}")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a desk whose CRM has two companies of one name, and three people in them."""
    made = Desk(folder=tmp_path)
    made.crm.hold("companies", "C1", Name="Acme", Address_Business_City="Rome")
    made.crm.hold("companies", "C2", Name="ACME", Address_Business_City="Oslo")
    made.write("firms.csv", "id,name,site")
    made.write("people.csv", "id,last,firm", "1,King,Acme", "2,Ross,acme ", "3,Moss,")
    return made


def test_question_is_put_once_for_each_value(desk: Desk) -> None:
    """It names what tells the candidates apart, and counts the rows that hang on it; those wait."""
    seen = desk.plan(firms("match: none") + pointing())
    (question,) = seen.questions
    assert question[1:5] == ("contacts", "CurrentPosition_Company_Id", "Acme", 2)
    assert question.candidates == (
        Choice("C1", "Acme", "Address_Business_City Rome"),
        Choice("C2", "ACME", "Address_Business_City Oslo"),
    )
    fact = f"CurrentPosition_Company_Id: question {question.id} is open"
    assert list(seen.problems) == [
        f"contacts:2 E209 {fact}: 'Acme' {OPEN}",
        f"contacts:3 E209 {fact}: 'acme' {OPEN}",
    ]
    assert seen.states["contacts:4"] == "create"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("C2", ["C2", "C2", None]), ("create", ["@companies:?", "@companies:?", None]), ("reject", [None])],
)
def test_answer_is_followed_for_ever(answer: str, expected: list[str | None], desk: Desk) -> None:
    """A candidate is taken, a new record made, or the rows refused; nothing is asked again."""
    objects = firms("match: none") + pointing()
    desk.answers[desk.plan(objects).questions[0].id] = answer
    for _again in range(2):
        seen = desk.plan(objects)
        found = [
            change.get("CurrentPosition_Company_Id") for name, change in seen.changes.items() if "contacts" in name
        ]
        assert [one and one[:12] for one in found] == expected
        assert list(seen.questions) == []
        told = {"reject": {"E205"}, "create": {"W306"}}.get(answer, set())
        assert {problem.split()[1] for problem in seen.problems} == told


def test_planned_rows_are_candidates_by_their_keys(desk: Desk) -> None:
    """What is only planned is named by object and key."""
    desk.crm.held.clear()
    desk.write("firms.csv", "id,name,site", "17,Acme,a.example", "18,Acme,b.example")
    objects = firms("match: none") + pointing()
    (question,) = desk.plan(objects).questions
    assert [(one.id, one.differs) for one in question.candidates] == [
        ("companies:17", "Website_Business a.example"),
        ("companies:18", "Website_Business b.example"),
    ]
    desk.answers[question.id] = "companies:18"
    assert desk.plan(objects).changes["+ contacts:1"]["CurrentPosition_Company_Id"] == "@companies:18"


def test_several_objects_that_ask_for_one_value_are_one_question(desk: Desk) -> None:
    """The questions of the whole plan are clustered, those that most rows hang on first."""
    desk.crm.hold("companies", "C3", Name="Beta", Address_Business_City="Rome")
    desk.crm.hold("companies", "C4", Name="Beta", Address_Business_City="Oslo")
    desk.write("jobs.csv", "id,name,firm", "1,Dev,ACME", "2,Ops,Beta")
    look = "{lookup: companies, by: [{Name: firm}], on_ambiguous: ask}"
    jobs = f"  jobs: {{from: jobs.csv, to: jobs, key: id, fields: {{Name: name, Company_Id: {look}}}}}\n"
    seen = desk.plan(jobs + firms("match: none") + pointing())
    assert [(question.value.casefold(), question.rows) for question in seen.questions] == [("acme", 3), ("beta", 1)]


@pytest.mark.parametrize(
    ("answer", "changes"),
    [
        ("P2", {"~ contacts:1": {"FirstName": "Ada"}}),
        ("create", {"+ contacts:1": {"FirstName": "Ada", "LastName": "King"}}),
        ("reject", {}),
    ],
)
def test_match_is_asked_about(answer: str, changes: dict[str, dict[str, str]], tmp_path: Path) -> None:
    """A row that several records of the target agree with is a question of its own."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("contacts", "P1", LastName="King", EmailAddress_Work="a@x.org")
    desk.crm.hold("contacts", "P2", LastName="King", EmailAddress_Work="b@x.org")
    desk.write("people.csv", "id,first,last,email", "1,Ada,King,")
    objects = people("match: [[LastName]]", "on_ambiguous: ask", fields="FirstName: first, LastName: last")
    (question,) = desk.plan(objects).questions
    assert question[1:5] == ("contacts", "LastName", "Ada King", 1)
    assert [one.differs for one in question.candidates] == ["EmailAddress_Work a@x.org", "EmailAddress_Work b@x.org"]
    desk.answers[question.id] = answer
    seen = desk.plan(objects)
    assert (seen.changes, list(seen.questions)) == (changes, [])


def creating(limit: str) -> str:
    """Write contacts whose companies are created unless they are nearly there."""
    look = f"{{lookup: companies, by: [{{Name: firm}}], on_missing: create, {limit}}}"
    return people("match: none", fields=f"LastName: last, CurrentPosition_Company_Id: {look}")


@pytest.fixture
def slip(tmp_path: Path) -> Desk:
    """Make a desk with a company in the CRM, and people whose companies are nearly it, or are not."""
    desk = Desk(folder=tmp_path)
    desk.crm.hold("companies", "C1", Name="Acme Corporation")
    desk.write("firms.csv", "id,name,site")
    desk.write("people.csv", "id,last,firm", "1,King,Acme Corporatoin", "2,Ross,ACME CORPORATOIN", "3,Moss,Beta")
    return desk


def test_slip_of_the_pen_is_not_created(slip: Desk) -> None:
    """What is nearly there is refused with its likeness, and with it the rows that wait on it; nothing else is."""
    seen = slip.plan(firms() + creating("unless_similar: 0.9"))
    fact = "'Acme Corporatoin' is not created: nearly 'Acme Corporation' (C1), likeness 0.94"
    assert seen.problems[0] == f"companies E210 {fact} {GUARD}"
    assert [problem.split()[:2] for problem in seen.problems[1:]] == [["contacts:2", "E204"], ["contacts:3", "E204"]]
    assert [change["Name"] for name, change in seen.changes.items() if "companies" in name] == ["Beta"]


def test_slip_below_the_limit_is_created_and_listed(slip: Desk) -> None:
    """The limit is the mapping's own; what is created is listed with its likeness."""
    seen = slip.plan(firms() + creating("unless_similar: 0.95"))
    assert [problem.split()[1] for problem in seen.problems] == ["W306"]
    assert seen.totals("reject", "for_lookups") == [0, 2]


def test_each_lookup_has_its_own_limit(slip: Desk) -> None:
    """What one lookup may create another may not, though both ask the same object."""
    slip.write("jobs.csv", "id,name,firm", "1,Dev,Acme Korporation")
    look = "{lookup: companies, by: [{Name: firm}], on_missing: create, unless_similar: 0.99}"
    jobs = f"  jobs: {{from: jobs.csv, to: jobs, key: id, fields: {{Name: name, Company_Id: {look}}}}}\n"
    seen = slip.plan(jobs + firms() + creating("unless_similar: 0.9"))
    made = [change["Name"] for name, change in seen.changes.items() if "companies" in name]
    assert sorted(made) == ["Acme Korporation", "Beta"]


@pytest.mark.parametrize(("answer", "created"), [("C1", ["Beta"]), ("create", ["Acme Corporatoin", "Beta"])])
def test_slip_may_be_asked_about(answer: str, created: list[str], slip: Desk) -> None:
    """With ask it is a question: the one that is there, a new one, or none."""
    objects = firms() + creating("unless_similar: 0.9, on_ambiguous: ask")
    (question,) = slip.plan(objects).questions
    assert (question.value, question.rows, question.candidates[0][:2]) == (
        "Acme Corporatoin",
        2,
        ("C1", "Acme Corporation"),
    )
    slip.answers[question.id] = answer
    seen = slip.plan(objects)
    assert [change["Name"] for name, change in seen.changes.items() if "companies" in name] == created
    found = seen.changes["+ contacts:2"]["CurrentPosition_Company_Id"]
    assert found == "C1" if answer == "C1" else found.startswith("@companies:?")


def test_missing_row_says_which_step_left_it_out(tmp_path: Path) -> None:
    """A reference to a row that a step removed is missing, with that reason."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "17,Acme,", "18,Beta,closed")
    desk.write("people.csv", "id,last,firm", "1,King,18")
    link = "LastName: last, CurrentPosition_Company_Id: {lookup: companies, by: [{key: firm}]}"
    seen = desk.plan(firms("rows: [{where: \"{{ site != 'closed' }}\"}]") + people("match: none", fields=link))
    fact = "no companies found, its row firms.csv:3 was left out by step 1 where: '18'"
    assert seen.problems[0].split(" (")[0] == f"contacts:2 E203 CurrentPosition_Company_Id: {fact}"
