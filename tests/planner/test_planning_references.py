"""The further ways to point at a record: several kinds, rows, lookups in lookups, records to fall back to."""

from pathlib import Path

import pytest
from planning_cases import Desk, MemoryCrm, Seen

from migrator.records import Catalog, Field, Kind, ObjectType, Tier

FIELDS = {
    "people": {"name": Kind.TEXT, "email": Kind.EMAIL, "phones": Kind.ITEMS, "mails": Kind.LIST},
    "companies": {"name": Kind.TEXT, "city": Kind.TEXT},
    "tasks": {"text": Kind.TEXT, "kind": Kind.TEXT},
}
REFERENCES = {"people": {"company_id": "companies"}, "companies": {"parent_id": "companies"}, "tasks": {"about_id": ""}}
PHONE = {"no": Field(name="no", kind=Kind.PHONE)}


def catalog(demanded: frozenset[str] = frozenset()) -> Catalog:
    """Make a CRM of people, companies and tasks about either."""
    objects = {}
    for name, kinds in FIELDS.items():
        fields = {field: Field(name=field, kind=kind, items=PHONE) for field, kind in kinds.items()}
        for field, to in REFERENCES[name].items():
            fields[field] = Field(name=field, kind=Kind.REFERENCE, references=to, required=field in demanded)
        label = ("text",) if name == "tasks" else ("name",)
        objects[name] = ObjectType(name=name, fields=fields, tier=Tier.KEY, label=label)
    return Catalog(connector="small", version="1", objects=objects)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a desk with a table for each object."""
    made = Desk(folder=tmp_path, crm=MemoryCrm(catalog()))
    made.write("companies.csv", "id,name,city")
    made.write("people.csv", "id,name,email,company")
    return made


COMPANIES = (
    "  companies: {from: companies.csv, to: companies, key: id, match: [[name]], fields: {name: name, city: city}}\n"
)


def people(fields: str, match: str = "[[email]]") -> str:
    """Write an object of people."""
    return f"  people: {{from: people.csv, to: people, key: id, match: {match}, fields: {{name: name, {fields}}}}}\n"


def tasks(about: str, more: str = "") -> str:
    """Write an object of tasks that point at something."""
    return f"  tasks: {{from: tasks.csv, to: tasks, key: id, fields: {{text: text, about_id: {{{about}}}{more}}}}}\n"


def pointed(seen: Seen, field: str = "about_id", name: str = "tasks") -> list[object]:
    """Give what the created records of an object point at, in their order."""
    return [fields.get(field) for change, fields in seen.changes.items() if change.startswith(f"+ {name}:")]


def test_key_is_asked_of_each_kind(desk: Desk) -> None:
    """Several objects are one question; the one that knows the key answers."""
    desk.write("companies.csv", "id,name,city", "c1,Acme,Rome")
    desk.write("people.csv", "id,name,email,company", "p1,Ada,a@x.org,")
    desk.write("tasks.csv", "id,text,about", "1,a,c1", "2,b,p1", "3,c,x9")
    seen = desk.plan(COMPANIES + people("email: email") + tasks("lookup: [people, companies], by: [{key: about}]"))
    assert pointed(seen) == ["@companies:c1", "@people:p1"]
    fact = "no people or companies found, not in the source, nor in small: 'x9'"
    assert [problem.split(" (add")[0] for problem in seen.problems] == [f"tasks:4 E203 about_id: {fact}"]


def test_key_of_two_kinds_is_ambiguous(desk: Desk) -> None:
    """One key that two objects have is nobody's."""
    desk.write("companies.csv", "id,name,city", "7,Acme,Rome")
    desk.write("people.csv", "id,name,email,company", "7,Ada,a@x.org,")
    desk.write("tasks.csv", "id,text,about", "1,a,7")
    seen = desk.plan(COMPANIES + people("email: email") + tasks("lookup: [people, companies], by: [{key: about}]"))
    fact = "2 records answer: 7 (companies.csv:2); 7 (people.csv:2): '7'"
    assert list(seen.problems) == [f"tasks:2 E205 about_id: {fact} (look it up by key or id, or by more fields)"]


def test_column_chooses_the_kind(desk: Desk) -> None:
    """The kind is compared as text is; one that the mapping does not know refuses the row."""
    desk.write("companies.csv", "id,name,city", "7,Acme,Rome")
    desk.write("people.csv", "id,name,email,company", "7,Ada,a@x.org,")
    rows = ("1,a,7,Account", "2,b,7,CONTACT ", "3,c,7,Lead", "4,d,7,", "5,e,,Lead")
    desk.write("tasks.csv", "id,text,about,kind", *rows)
    about = "lookup: {column: kind, Contact: people, Account: companies}, by: [{key: about}]"
    seen = desk.plan(COMPANIES + people("email: email") + tasks(about))
    assert pointed(seen) == ["@companies:7", "@people:7", None]
    assert list(seen.problems) == [
        "tasks:4 E206 about_id: 'kind' names no kind of record: 'Lead' (there are: Contact, Account)",
        "tasks:5 E206 about_id: 'kind' is blank (there are: Contact, Account)",
    ]


def test_row_is_found_by_its_columns(desk: Desk) -> None:
    """A row may be named by columns that reach no field; two rows of one value are ambiguous."""
    desk.write("companies.csv", "id,name,city", "c1,Acme,Rome", "c2,Beta,Rome", "c3,Beta,Oslo")
    desk.write("tasks.csv", "id,text,where,who", "1,a,Oslo,Beta", "2,b,Rome, Beta ", "3,c,Rome,beta")
    line = "  companies: {from: companies.csv, to: companies, key: id, fields: {name: name}}\n"
    seen = desk.plan(line + tasks("lookup: companies, by: [{row: {city: where, name: who}}]"))
    assert pointed(seen) == ["@companies:c3", "@companies:c2"]
    assert [problem[:18] for problem in seen.problems] == ["tasks:4 E203 about"]


def test_row_line_names_columns_of_the_other_table(desk: Desk) -> None:
    """A column that the other table lacks is told with the nearest one."""
    desk.write("tasks.csv", "id,text,where", "1,a,Oslo")
    with pytest.raises(Exception, match=r"no column 'citty' in companies.csv .did you mean 'city'"):
        desk.plan(COMPANIES + tasks("lookup: companies, by: [{row: {citty: where}}]"))


NESTED = "lookup: people, by: [{name: who, company_id: {lookup: companies, by: [{name: firm}]}}]"


def two_adas(desk: Desk) -> str:
    """Write two people of one name in two companies, and the objects of both."""
    desk.write("companies.csv", "id,name,city", "c1,Acme,Rome", "c2,Beta,Oslo")
    desk.write("people.csv", "id,name,email,company", "p1,Ada,a@x.org,c1", "p2,Ada,b@x.org,c2")
    return COMPANIES + people("email: email, company_id: {lookup: companies, by: [{key: company}]}")


def test_person_is_found_within_a_company(desk: Desk) -> None:
    """A lookup inside a line is resolved first, whether the company is planned or in the target."""
    objects = two_adas(desk)
    desk.crm.hold("companies", "C9", name="beta")
    desk.write("tasks.csv", "id,text,who,firm", "1,a,ada,Acme", "2,b,Ada,BETA", "3,c,Bob,Acme")
    seen = desk.plan(tasks(NESTED) + objects)
    assert pointed(seen) == ["@people:p1", "@people:p2"]
    assert [problem[:18] for problem in seen.problems] == ["tasks:4 E203 about"]


def test_held_person_is_found_within_a_company(desk: Desk) -> None:
    """What the target holds states its references by their ids."""
    objects = two_adas(desk)
    desk.crm.hold("companies", "C9", name="Acme")
    desk.crm.hold("people", "H1", name="Zoe", company_id="c9")
    desk.write("tasks.csv", "id,text,who,firm", "1,a,zoe,Acme", "2,b,zoe,Beta")
    seen = desk.plan(tasks(NESTED) + objects)
    assert pointed(seen) == ["H1"]


def test_person_is_created_within_its_company(desk: Desk) -> None:
    """What a lookup creates points at what the lookup inside found or created; one for each pair."""
    objects = two_adas(desk)
    desk.write("tasks.csv", "id,text,who,firm", "1,a,Eve,Acme", "2,b,EVE,acme", "3,c,Eve,Gamma")
    inner = "{lookup: companies, by: [{name: firm}], on_missing: create}"
    seen = desk.plan(tasks(f"lookup: people, by: [{{name: who, company_id: {inner}}}], on_missing: create") + objects)
    made = {name: fields for name, fields in seen.changes.items() if name.startswith("+ people:?")}
    (gamma,) = (name.removeprefix("+ ") for name in seen.changes if name.startswith("+ companies:?"))
    assert {fields["company_id"] for fields in made.values()} == {"@companies:c1", f"@{gamma}"}
    first, second, third = pointed(seen)
    assert first == second != third


def test_create_may_hold_a_lookup(desk: Desk) -> None:
    """The fields of a new record are forms of their own."""
    objects = two_adas(desk)
    desk.write("tasks.csv", "id,text,who,firm", "1,a,Eve,Beta", "2,b,Ada,", "3,c,Ida,Nobody")
    create = "{name: who, company_id: {lookup: companies, by: [{name: firm}], on_missing: blank}}"
    seen = desk.plan(tasks(f"lookup: people, by: [{{name: who}}], on_missing: create, create: {create}") + objects)
    made = [fields for name, fields in seen.changes.items() if name.startswith("+ people:?")]
    assert made == [{"company_id": "@companies:c2", "name": "Eve"}, {"name": "Ida"}]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("on_missing: {id: {value: C7}}", ["@companies:c1", "C7", None]),
        ("on_blank: {id: {value: C7}}, on_missing: blank", ["@companies:c1", None, "C7"]),
        (
            "on_blank: {name: {value: Seven}}, on_missing: {name: {value: acme}}",
            ["@companies:c1", "@companies:c1", "C7"],
        ),
    ],
)
def test_record_to_fall_back_to(settings: str, expected: list[object], desk: Desk) -> None:
    """A reference that finds nothing, or has nothing to look for, may take another record."""
    desk.crm.hold("companies", "C7", name="Seven")
    desk.write("companies.csv", "id,name,city", "c1,Acme,Rome")
    desk.write("tasks.csv", "id,text,about", "1,a,c1", "2,b,zzz", "3,c,")
    seen = desk.plan(tasks(f"lookup: companies, by: [{{key: about}}], {settings}") + COMPANIES)
    assert pointed(seen) == expected
    assert list(seen.problems) == []


def test_record_to_fall_back_to_is_created_once(desk: Desk) -> None:
    """With `create: true` the record is made where it is not there."""
    desk.write("tasks.csv", "id,text,about", "1,a,", "2,b,", "3,c,zzz")
    unassigned = "{name: {value: Unassigned}, create: true}"
    about = f"lookup: companies, by: [{{name: about}}], on_blank: {unassigned}, on_missing: {unassigned}"
    seen = desk.plan(tasks(about) + COMPANIES)
    made = [name for name, fields in seen.changes.items() if fields == {"name": "Unassigned"}]
    assert pointed(seen) == [made[0].replace("+ ", "@")] * 3
    assert len(made) == 1


def test_record_to_fall_back_to_that_is_missing_refuses(desk: Desk) -> None:
    """There is no second way out."""
    desk.write("tasks.csv", "id,text,about", "1,a,zzz")
    seen = desk.plan(tasks("lookup: companies, by: [{name: about}], on_missing: {id: {value: C7}}") + COMPANIES)
    fact = "no companies found, not in the source, nor in small: 'C7'"
    assert [problem.split(" (add")[0] for problem in seen.problems] == [f"tasks:2 E203 about_id: {fact}"]


def test_lookup_may_stand_in_for_a_blank_one(desk: Desk) -> None:
    """A default may be a lookup too."""
    desk.write("companies.csv", "id,name,city", "c1,Acme,Rome", "c2,Beta,Oslo")
    desk.write("tasks.csv", "id,text,about,where", "1,a,c1,Oslo", "2,b,,Oslo", "3,c,,")
    about = "lookup: companies, by: [{key: about}], default: {lookup: companies, by: [{city: where}]}"
    assert pointed(desk.plan(tasks(about) + COMPANIES)) == ["@companies:c1", "@companies:c2", None]


def test_what_one_lookup_creates_another_finds(desk: Desk) -> None:
    """A lookup that creates nothing itself finds what others create, wherever the mapping states them."""
    desk.write("people.csv", "id,name,email,company", "p1,Ada,a@x.org,Acme")
    desk.write("tasks.csv", "id,text,about", "1,a,acme")
    creating = people("email: email, company_id: {lookup: companies, by: [{name: company}], on_missing: create}")
    for objects in (tasks("lookup: companies, by: [{name: about}]") + COMPANIES + creating,):
        seen = desk.plan(objects)
        (made,) = (name for name in seen.changes if "companies" in name)
        assert pointed(seen) == [made.replace("+ ", "@")]


def test_rejected_row_is_no_candidate(desk: Desk) -> None:
    """Of two that agree, one that is refused for its own missing reference leaves the other as the only answer."""
    desk.write("companies.csv", "id,name,city,parent", "c1,Acme,Rome,", "c2,ACME,Oslo,zzz")
    desk.write("tasks.csv", "id,text,about", "1,a,acme")
    fields = "{name: name, parent_id: {lookup: companies, by: [{key: parent}]}}"
    companies = f"  companies: {{from: companies.csv, to: companies, key: id, fields: {fields}}}\n"
    seen = desk.plan(tasks("lookup: companies, by: [{name: about}]") + companies)
    assert pointed(seen) == ["@companies:c1"]
    assert seen.states == {"companies:2": "create", "companies:3": "reject", "tasks:2": "create"}


def test_match_on_a_reference(desk: Desk) -> None:
    """A name alone may be anybody's: name and company together recognise one."""
    objects = two_adas(desk).replace("[[email]]", "[[company_id, name]]")
    desk.crm.hold("companies", "C1", name="Acme")
    desk.crm.hold("people", "H1", name="Ada", company_id="c1")
    desk.crm.hold("people", "H2", name="ADA", company_id="C8")
    seen = desk.plan(objects)
    assert seen.changes["~ people:p1"] == {"email": "a@x.org"}
    assert seen.changes["+ people:p2"] == {"company_id": "@companies:c2", "email": "b@x.org", "name": "Ada"}


def test_what_points_at_a_row_that_is_matched_late_points_at_its_match(desk: Desk) -> None:
    """The row is found by its key before it is known that the target has it."""
    desk.crm.hold("companies", "c1", name="Acme")
    desk.crm.hold("people", "p1", name="Ada", company_id="c1")
    desk.write("companies.csv", "id,name,city", "17,Acme,Berlin")
    desk.write("people.csv", "id,name,email,company", "1,Ada,,17")
    desk.write("tasks.csv", "id,text,person", "1,call,1")
    company = "company_id: {lookup: companies, by: [{key: company}]}"
    seen = desk.plan(COMPANIES + people(company, "[[name, company_id]]") + tasks("lookup: people, by: [{key: person}]"))
    assert seen.states["people:2"] == "unchanged"
    assert pointed(seen) == ["p1"]


def test_rows_that_share_a_reference_and_a_name_are_duplicates(desk: Desk) -> None:
    """Duplicates in the source are judged by the same line, once its references are known."""
    objects = two_adas(desk).replace("[[email]]", "[[company_id, name]]")
    desk.write("people.csv", "id,name,email,company", "p1,Ada,a@x.org,c1", "p2,ada,b@x.org,c1", "p3,Ada,,c2")
    seen = desk.plan(objects)
    assert [seen.states[f"people:{row}"] for row in (2, 3, 4)] == ["reject", "reject", "create"]


def test_match_on_the_parent_that_the_match_itself_decides_is_refused(desk: Desk) -> None:
    """A record known by its parent's id cannot be found by name in the same breath."""
    fields = "{name: name, parent_id: {lookup: companies, by: [{name: city}]}}"
    settings = f"key: id, match: [[name, parent_id]], fields: {fields}"
    with pytest.raises(Exception, match="E022 companies are recognised by 'parent_id', and to resolve that"):
        desk.plan(f"  companies: {{from: companies.csv, to: companies, {settings}}}\n")


@pytest.mark.parametrize(
    ("match", "held"),
    [
        ("[[{any: [email, name]}]]", {"name": "A@x.org"}),
        ("[['mails[]']]", {"mails": ["other@x.org", "A@X.ORG"]}),
        ("[['phones[].no']]", {"phones": [{"no": "+1 555"}, {"no": "(030) 12-34"}]}),
        ("[[name, {any: [email, 'mails[]']}]]", {"name": "ada", "mails": ["a@x.org"]}),
    ],
)
def test_line_agrees_when_any_of_its_values_does(match: str, held: dict[str, object], desk: Desk) -> None:
    """Any of several fields, or any item of a list, recognises the record."""
    desk.write("people.csv", "id,name,email,company", "p1,Ada,a@x.org,0301234")
    desk.crm.hold("people", "H1", **held)
    desk.crm.hold("people", "H2", name="Eve", email="e@x.org", mails=["e@x.org"], phones=[{"no": "1"}])
    fields = "email: email, 'phones[0].no': company, mails: {list: [email]}"
    assert [name for name in desk.plan(people(fields, match)).changes if "people" in name] == ["~ people:p1"]


def test_demanded_reference_that_is_left_blank_refuses_a_new_record(desk: Desk) -> None:
    """What the target would refuse is refused before anything is sent."""
    desk.crm.catalog = catalog(frozenset({"about_id"}))
    desk.write("tasks.csv", "id,text,about", "1,a,c9")
    seen = desk.plan(tasks("lookup: companies, by: [{key: about}], on_missing: blank") + COMPANIES)
    fact = "about_id is demanded by the target, and nothing was found for it"
    hint = "add what it points at, or state on_missing: create | reject | skip"
    assert list(seen.problems) == [f"tasks:2 E120 about_id: {fact} ({hint})"]


def test_created_record_that_a_row_states_already_is_that_row(desk: Desk) -> None:
    """What a lookup would create goes through match, in the plan as in the target."""
    desk.write("people.csv", "id,name,email,company", "p1,Ada,a@x.org,")
    desk.write("tasks.csv", "id,text,who,mail", "1,a,A. King,A@x.org", "2,b,Bob,b@x.org", "3,c,B. Ross,b@x.org")
    look = "lookup: people, by: [{name: who}], on_missing: create, create: {name: who, email: mail}"
    seen = desk.plan(tasks(look) + people("email: email"))
    made = [fields["name"] for name, fields in seen.changes.items() if "people" in name]
    first, second, third = pointed(seen)
    assert (sorted(made), first, second) == (["Ada", "Bob"], "@people:p1", third)


def test_list_of_keys_is_a_list_of_references(desk: Desk) -> None:
    """Several keys in one cell, or several lookups, point at several records; one of them missing refuses the row."""
    desk.write("companies.csv", "id,name,city", "c1,Acme,Rome", "c2,Beta,Oslo")
    desk.write("tasks.csv", "id,text,about,where", "1,a,c1;c2,", "2,b,c2,Rome", "3,c,c1;c9,")
    keys = "lookup: companies, by: [{key: {from: about, transform: [{split: ';'}]}}]"
    assert pointed(desk.plan(tasks(keys) + COMPANIES)) == [["@companies:c1", "@companies:c2"], ["@companies:c2"]]
    both = f"list: [{{{keys}}}, {{lookup: companies, by: [{{city: where}}]}}]"
    found = pointed(desk.plan(tasks(both) + COMPANIES))
    assert found == [["@companies:c1", "@companies:c2"], ["@companies:c2", "@companies:c1"]]


def test_values_that_overlap_do_not_contradict_each_other(desk: Desk) -> None:
    """A record with one more address than the row is no other record, by whichever line it is found."""
    desk.write("people.csv", "id,name,email,company", "p1,Ada,a@x.org;b@x.org,", "p2,Eve,e@x.org,")
    desk.crm.hold("people", "H1", name="Ada", mails=["c@x.org", "b@x.org"], email="z@x.org")
    desk.crm.hold("people", "H2", name="Eve", mails=["other@x.org"])
    fields = "mails: {from: email, transform: [{split: ';'}]}, email: {value: ''}"
    seen = desk.plan(people(fields, "[['mails[]', email], ['mails[]', name], [name]]"))
    assert [name for name in seen.changes if "people" in name] == ["~ people:p1", "+ people:p2"]


def test_row_that_is_not_to_be_created_is_missing_with_that_reason(desk: Desk) -> None:
    """What `on_no_match: skip` leaves out cannot be pointed at."""
    desk.write("companies.csv", "id,name,city", "c1,Acme,Rome")
    desk.write("tasks.csv", "id,text,about", "1,a,c1")
    companies = COMPANIES.replace("match:", "on_no_match: skip, match:")
    seen = desk.plan(tasks("lookup: companies, by: [{key: about}]") + companies)
    fact = "no companies found, its row was left out: 'c1'"
    assert [problem.split(" (add")[0] for problem in seen.problems] == [f"tasks:2 E203 about_id: {fact}"]


@pytest.mark.parametrize(("policy", "found"), [("reject", []), ("skip", []), ("blank", [None])])
def test_row_that_leaves_itself_out_is_missing(policy: str, found: list[object], desk: Desk) -> None:
    """A company that `on_missing: skip` leaves out for its own parent leaves nothing to point at, at any depth."""
    desk.write("companies.csv", "id,name,city,parent", "c1,Acme,Rome,c2", "c2,Beta,Rome,zzz")
    desk.write("tasks.csv", "id,text,about", "1,a,c1")
    fields = "{name: name, parent_id: {lookup: companies, by: [{key: parent}], on_missing: skip}}"
    companies = f"  companies: {{from: companies.csv, to: companies, key: id, fields: {fields}}}\n"
    seen = desk.plan(tasks(f"lookup: companies, by: [{{key: about}}], on_missing: {policy}") + companies)
    assert pointed(seen) == found
    assert [seen.states[f"companies:{row}"] for row in (2, 3)] == ["skip", "skip"]
    fact = "tasks:2 E203 about_id: no companies found, its row was left out: 'c1'"
    assert [problem.split(" (add")[0] for problem in seen.problems] == ([fact] if policy == "reject" else [])


def test_key_of_an_earlier_run_is_found_through_the_ledger(desk: Desk) -> None:
    """A file of what is new may point at what an earlier file brought; nothing is made again."""
    desk.crm.hold("companies", "C7", name="Acme")
    desk.remember("companies", "17", "C7", name="Acme")
    desk.write("tasks.csv", "id,text,about,firm", "1,a,17,Acme Ltd")
    look = "lookup: companies, by: [{key: about}, {name: firm}], on_missing: create"
    seen = desk.plan(tasks(look) + COMPANIES)
    assert pointed(seen) == ["C7"]
    assert seen.totals("create", "for_lookups") == [1, 0]
