"""The names of a mapping, held against the columns of its source and against what Crelate has."""

from pathlib import Path

import pytest
from mapping_texts import MAPPING, read, replaced, with_field, with_key

from migrator.connectors.registry import find_definition
from migrator.spec.names import name_problems
from migrator.spec.read import read_spec

CRELATE = find_definition("crelate", project=Path(), base=Path(), place="").catalog
COLUMNS = ("Id", "Last", "First Name", "addrs", "Company")
THERE_ARE = "there are: Id, Last, First Name, addrs, Company"
FIRMS = "  firms: {from: c.csv, to: companies, key: Id, fields: {Name: Name}}\n"
OBJECTS = "there are: people, firms, target/companies, target/contacts, target/jobs, target/notes, target/tasks"
SET_BY_TARGET = "the target sets it itself"
NO_KEYS = "'target/jobs' is no object of this mapping and has no keys (look it up by 'id' or by its fields)"
FROM_NAMES = "the target would create a record from it; map the '_Id' beside it with a lookup"


def problems_of(folder: Path, text: str, columns: tuple[str, ...] | None = None) -> list[str]:
    """Give all wrong names of a mapping; without columns the source was not read."""
    spec = read(folder, text)
    found = name_problems(spec, CRELATE, {} if columns is None else dict.fromkeys(spec.objects, columns))
    return [str(problem).replace(f"{folder}/", "") for problem in found]


def problems_of_field(folder: Path, field: str, to: str = "contacts") -> list[str]:
    """Give the wrong names of a mapping whose one field, on line 11 from column 7, is this one."""
    text = MAPPING.replace("LastName: Last", field).replace("to: contacts", f"to: {to}")
    return problems_of(folder, text + FIRMS)


def test_whole_example_names_what_there_is() -> None:
    """The example of the language has no wrong name."""
    columns = {
        "companies": ("Organization Id", "Name", "Website", "Industry", "Description"),
        "contacts": ("User Id", "First Name", "Last Name", "Email", "Mobile", "Phone 2", "Date of birth", "Company Id",
                     "Company"),
    }  # fmt: skip
    assert name_problems(read_spec(Path(__file__).with_name("acme.yaml")), CRELATE, columns) == []


@pytest.mark.parametrize(
    "form",
    [
        "Last",
        "{from: [Company, First Name]}",
        "'addrs[0].street'",
        "'addrs.street'",
        "'{{ Last }}'",
        "{value: Nothing}",
        "{lines: [a]}",
        "{list: [Last, {value: x}]}",
    ],
)
def test_clean_mapping_has_no_problem(form: str, tmp_path: Path) -> None:
    """Columns that there are, and paths into them, are found."""
    assert problems_of(tmp_path, with_field(form), COLUMNS) == []


@pytest.mark.parametrize(
    ("form", "problems"),
    [
        ("Lst", ["11:17: E015 no column 'Lst' in p.csv (did you mean 'Last'?)"]),
        ("last", ["11:17: E015 no column 'last' in p.csv (did you mean 'Last'?)"]),
        ("zzzz", [f"11:17: E015 no column 'zzzz' in p.csv ({THERE_ARE})"]),
        ("'zzzz[0].street'", [f"11:17: E015 no column 'zzzz[0].street' in p.csv ({THERE_ARE})"]),
        ("{from: [Last, Frst Name]}", ["11:17: E015 no column 'Frst Name' in p.csv (did you mean 'First Name'?)"]),
        ("{list: [Lst, {from: Fist Name}]}", [
            "11:25: E015 no column 'Lst' in p.csv (did you mean 'Last'?)",
            "11:30: E015 no column 'Fist Name' in p.csv (did you mean 'First Name'?)",
        ]),
        ("{from: Last, default: {from: Compny}}", [
            "11:39: E015 no column 'Compny' in p.csv (did you mean 'Company'?)",
        ]),
    ],
)  # fmt: skip
def test_unknown_column_of_a_field_is_named(form: str, problems: list[str], tmp_path: Path) -> None:
    """A column that the source lacks is named with the nearest one, else with those that there are."""
    assert problems_of(tmp_path, with_field(form), COLUMNS) == [f"m.yaml:{problem}" for problem in problems]


def test_unknown_columns_of_a_lookup_are_named(tmp_path: Path) -> None:
    """The same holds for all that a lookup looks by, and for what it would create."""
    lines = "[{key: Compny}, {LastName: Lst}]"
    form = f"{{lookup: people, by: {lines}, on_missing: create, create: {{LastName: Fist Name}}}}"
    text = replaced("LastName: Last", f"RelatedContact_Spouse_Id: {form}")
    assert problems_of(tmp_path, text, COLUMNS) == [
        "m.yaml:11:61: E015 no column 'Compny' in p.csv (did you mean 'Company'?)",
        "m.yaml:11:81: E015 no column 'Lst' in p.csv (did you mean 'Last'?)",
        "m.yaml:11:127: E015 no column 'Fist Name' in p.csv (did you mean 'First Name'?)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("key: Id", "key: [Id, Cmpany]", (
            "9:10: E015 no column 'Cmpany' in p.csv (did you mean 'Company'?)"
        )),
        ("p.csv", "[a.csv, b.csv]\n    rows: [{distinct: [Id, Lst]}]", (
            "8:28: E015 no column 'Lst' in a.csv, b.csv (did you mean 'Last'?)"
        )),
        ("to: contacts", "to: notes\n    parent: {lookup: target/jobs, by: [{id: Compny}]}", (
            "9:45: E015 no column 'Compny' in p.csv (did you mean 'Company'?)"
        )),
    ],
)  # fmt: skip
def test_unknown_column_of_an_object_is_named(old: str, new: str, problem: str, tmp_path: Path) -> None:
    """The same holds for keys, steps and parents; several files are named together."""
    text = replaced(old, new).replace("LastName: Last", "Body: Last" if "notes" in new else "LastName: Last")
    assert problems_of(tmp_path, text, COLUMNS) == [f"m.yaml:{problem}"]


def test_many_columns_are_not_all_listed(tmp_path: Path) -> None:
    """The first eight are shown, and how many more there are."""
    columns = ("Id", *(f"c{n}" for n in range(9)))
    hint = "there are: Id, c0, c1, c2, c3, c4, c5, c6 and 2 more"
    assert problems_of(tmp_path, MAPPING, columns) == [f"m.yaml:11:17: E015 no column 'Last' in p.csv ({hint})"]


def test_columns_that_were_not_read_are_not_judged(tmp_path: Path) -> None:
    """Without its header an object's columns are taken as they are."""
    assert problems_of(tmp_path, with_field("Whatever")) == []


@pytest.mark.parametrize(
    ("to", "hint"),
    [
        ("contact", "did you mean 'contacts'?"),
        ("Companies", "did you mean 'companies'?"),
        ("xyz", "there are: companies, contacts, jobs, notes, tasks"),
    ],
)
def test_unknown_object_of_the_target_is_named(to: str, hint: str, tmp_path: Path) -> None:
    """An object that Crelate does not have is named, and its fields are not judged; columns are."""
    text = replaced("to: contacts", f"to: {to}").replace("LastName: Last", "Nonsense: Lst")
    assert problems_of(tmp_path, text, COLUMNS) == [
        "m.yaml:11:17: E015 no column 'Lst' in p.csv (did you mean 'Last'?)",
        f"m.yaml:8:9: E016 crelate has no object '{to}' ({hint})",
    ]


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("LasName: x", "crelate has no field 'LasName' in contacts (did you mean 'LastName'?)"),
        ("lastname: x", "crelate has no field 'lastname' in contacts (did you mean 'LastName'?)"),
        ("Email_Work: x", "crelate has no field 'Email_Work' in contacts (did you mean 'EmailAddress_Work'?)"),
        ("Zzzzzzzz: x", "crelate has no field 'Zzzzzzzz' in contacts"),
        ("JobTypes: x", "crelate has no field 'JobTypes' in contacts"),
        ("Tags: x", "'Tags' needs a category (such as 'Tags.Default')"),
    ],
)
def test_unknown_field_is_named(field: str, problem: str, tmp_path: Path) -> None:
    """A field that Crelate does not have is named with the nearest one, at its key."""
    assert problems_of_field(tmp_path, field) == [f"m.yaml:11:7: E016 {problem}"]


@pytest.mark.parametrize("field", ["Tags.Default: x", "Tags.My own: x", "KeyDate_Other: x", "RecordType: {value: [a]}"])
def test_known_field_is_found(field: str, tmp_path: Path) -> None:
    """Fields by their wire names, and any category of the tags."""
    assert problems_of_field(tmp_path, field) == []


@pytest.mark.parametrize(
    ("to", "field", "why"),
    [
        ("contacts", "Id", SET_BY_TARGET),
        ("contacts", "CreatedOn", SET_BY_TARGET),
        ("contacts", "Status_Id", SET_BY_TARGET),
        ("contacts", "Owners", SET_BY_TARGET),
        ("jobs", "JobCode", SET_BY_TARGET),
        ("contacts", "CurrentPosition_Company_Name", FROM_NAMES),
        ("contacts", "RelatedContact_Spouse_LastName", FROM_NAMES),
        ("jobs", "LeadSource_Name", FROM_NAMES),
        ("jobs", "JobTypes", "it holds values of a shape that this connector does not write"),
    ],
)
def test_field_that_may_not_be_written_is_refused(to: str, field: str, why: str, tmp_path: Path) -> None:
    """What the target sets itself, and what would create records that no plan shows, is refused with the reason."""
    text = f"{field}: x\n      Name: y" if to == "jobs" else f"{field}: x"
    assert problems_of_field(tmp_path, text, to) == [f"m.yaml:11:7: E021 '{field}' may not be written ({why})"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("match: [[LastNme]]", "7:13: E016 crelate has no field 'LastNme' in contacts (did you mean 'LastName'?)"),
        ("match: [[LastName], [FirstName, Zzzzzzz]]", "7:25: E016 crelate has no field 'Zzzzzzz' in contacts"),
        ("marker: Zzzzzzz", "7:5: E016 crelate has no field 'Zzzzzzz' in contacts"),
        ("marker: ExternalKey", (
            "7:5: E016 crelate has no field 'ExternalKey' in contacts (did you mean 'ExternalPrimaryKey'?)"
        )),
        ("marker: CreatedOn", f"7:5: E021 'CreatedOn' may not be written ({SET_BY_TARGET})"),
        ("parent: {lookup: target/companies, by: [{id: C}]}", (
            "7:13: E022 contacts do not live under companies (take 'parent' out)"
        )),
    ],
)  # fmt: skip
def test_wrong_name_of_an_object_is_refused(line: str, problem: str, tmp_path: Path) -> None:
    """Match lines, markers and parents are held against the catalog, too."""
    assert problems_of(tmp_path, with_key(line)) == [f"m.yaml:{problem}"]


@pytest.mark.parametrize(
    "line",
    [
        "match: [[EmailAddress_Work], [FirstName, LastName], [Id], [Name], [Tags.Default]]",
        "marker: ExternalPrimaryKey",
        "marker: {field: Description, value: key}",
    ],
)
def test_right_names_of_an_object_are_found(line: str, tmp_path: Path) -> None:
    """Match may look at fields that are not written, even at those that may not be."""
    assert problems_of(tmp_path, with_key(line)) == []


def test_match_line_may_name_a_reference(tmp_path: Path) -> None:
    """A record may be recognised by what it points at."""
    field = "CurrentPosition_Company_Id: {lookup: firms, by: [{key: C}]}"
    text = with_key("match: [[LastName], [CurrentPosition_Company_Id]]").replace("LastName: Last", field) + FIRMS
    assert problems_of(tmp_path, text) == []


@pytest.mark.parametrize(
    ("lookup", "field"),
    [
        ("{lookup: firms, by: [{key: C}, {id: D}, {Name: E, Website_Business: F}]}", "ParentAccount_Id"),
        ("{lookup: target/companies, by: [{id: C}, {Name: D}]}", "ParentAccount_Id"),
        ("{lookup: people, by: [{key: C}]}", "ParentAccount_Id"),
        ("{lookup: firms, by: [{key: C}], on_missing: create, create: {Name: D}}", "ParentAccount_Id"),
        ("{lookup: firms, by: [{Name: C}], on_missing: create}", "ParentAccount_Id"),
        ("{lookup: firms, by: [{key: C}]}", "Description"),
    ],
)
def test_reference_that_works_has_no_problem(lookup: str, field: str, tmp_path: Path) -> None:
    """A reference to the right object, by what it has; a text field may hold an id, too."""
    text = replaced("LastName: Last", f"Name: N\n      {field}: {lookup}").replace("contacts", "companies")
    assert problems_of(tmp_path, text + FIRMS) == []


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("CurrentPosition_Company_Id: {lookup: firm, by: [{key: C}]}", (
            "11:44: E012 unknown object 'firm' (did you mean 'firms'?)"
        )),
        ("CurrentPosition_Company_Id: {lookup: zzz, by: [{key: C}]}", f"11:44: E012 unknown object 'zzz' ({OBJECTS})"),
        ("CurrentPosition_Company_Id: {lookup: target/company, by: [{id: C}]}", (
            "11:44: E012 unknown object 'target/company' (did you mean 'target/companies'?)"
        )),
        ("CurrentPosition_Company_Id: {lookup: people, by: [{key: C}]}", (
            "11:44: E022 'CurrentPosition_Company_Id' points at companies, not at contacts"
        )),
        ("RelatedContact_Client_Id: {lookup: target/jobs, by: [{id: C}]}", (
            "11:42: E022 'RelatedContact_Client_Id' points at contacts, not at jobs"
        )),
        ("Salary: {lookup: firms, by: [{key: C}]}", "11:15: E022 'Salary' is no reference, it holds decimal"),
        ("Tags.X: {lookup: firms, by: [{key: C}]}", "11:15: E022 'Tags.X' is no reference, it holds list"),
        ("KeyDate_Other: {lookup: firms, by: [{key: C}]}", (
            "11:22: E022 'KeyDate_Other' is no reference, it holds datetime"
        )),
        ("Nonsense: {lookup: firms, by: [{key: C}]}", "11:7: E016 crelate has no field 'Nonsense' in contacts"),
    ],
)  # fmt: skip
def test_reference_to_the_wrong_thing_is_refused(field: str, problem: str, tmp_path: Path) -> None:
    """A reference points at what its field takes, from a field that is a reference."""
    assert problems_of_field(tmp_path, field) == [f"m.yaml:{problem}"]


@pytest.mark.parametrize(
    ("lookup", "problem"),
    [
        ("{lookup: firms, by: [{Nme: C}]}", (
            "11:47: E016 crelate has no field 'Nme' in companies (did you mean 'Name'?)"
        )),
        ("{lookup: firms, by: [{key: C}, {Zzzzzz: D}]}", "11:60: E016 crelate has no field 'Zzzzzz' in companies"),
        ("{lookup: target/companies, by: [{key: C}]}", (
            "11:52: E022 'target/companies' is no object of this mapping and has no keys"
            " (look it up by 'id' or by its fields)"
        )),
        ("{lookup: target/companies, by: [{Name: C}], on_missing: create}", (
            "11:76: E022 'target/companies' is not migrated here, so nothing is created in it"
            " (make it an object of this mapping)"
        )),
        ("{lookup: firms, by: [{key: C}], on_missing: create}", (
            "11:64: E023 a new record of companies would lack 'Name' (state it under 'create')"
        )),
        ("{lookup: firms, by: [{Website_Business: C}], on_missing: create}", (
            "11:77: E023 a new record of companies would lack 'Name' (state it under 'create')"
        )),
        ("{lookup: firms, by: [{Name: C}], on_missing: create, create: {Website_Blog: D}}", (
            "11:65: E023 a new record of companies would lack 'Name' (state it under 'create')"
        )),
        ("{lookup: firms, by: [{Name: C}], on_missing: create, create: {Name: D, Nme: E}}", (
            "11:91: E016 crelate has no field 'Nme' in companies (did you mean 'Name'?)"
        )),
        ("{lookup: firms, by: [{Name: C}], on_missing: create, create: {Name: D, Id: E}}", (
            f"11:91: E021 'Id' may not be written ({SET_BY_TARGET})"
        )),
    ],
)  # fmt: skip
def test_line_that_cannot_work_is_refused(lookup: str, problem: str, tmp_path: Path) -> None:
    """A lookup looks by what there is, and creates only what can be."""
    assert problems_of_field(tmp_path, f"Description: {lookup}") == [f"m.yaml:{problem}"]


def test_what_cannot_be_listed_is_not_looked_up_by_fields(tmp_path: Path) -> None:
    """Crelate gives no list of notes, so no field finds one."""
    note = "  notes: {from: n, to: notes, key: Id, fields: {Body: B}, parent: {lookup: people, by: [{key: C}]}}\n"
    text = with_field("Last\n      Source_Id: {lookup: notes, by: [{key: C}, {Body: D}]}") + note
    fact = "notes cannot be listed, so no field finds one (use key)"
    assert problems_of(tmp_path, text) == [f"m.yaml:12:49: E022 {fact}"]


def test_demanded_field_cannot_be_written_last(tmp_path: Path) -> None:
    """What the target demands of a new record stands in the create; other fields may wait."""
    text = replaced("LastName: Last", "Name: {from: N, write: last}\n      Description: {from: D, write: last}")
    fact = "'Name' cannot wait: crelate demands it when companies are created (take 'write: last' out)"
    assert problems_of(tmp_path, text.replace("to: contacts", "to: companies")) == [f"m.yaml:11:30: E023 {fact}"]


@pytest.mark.parametrize(
    ("to", "fields", "problem"),
    [
        ("companies", "Description: D", "11:7: E023 crelate demands 'Name' of companies, and no field gives it"),
        ("jobs", "Description: D", "11:7: E023 crelate demands 'Name' of jobs, and no field gives it"),
        ("tasks", "Completed: D", "11:7: E023 crelate demands 'Body' of tasks, and no field gives it"),
    ],
)
def test_demanded_field_must_be_given(to: str, fields: str, problem: str, tmp_path: Path) -> None:
    """A field that the target refuses a new record without; where nothing is created it may be left out."""
    text = replaced("LastName: Last", fields).replace("to: contacts", f"to: {to}")
    parent = "    parent: {lookup: target/contacts, by: [{id: C}]}\n" if to == "tasks" else ""
    needed = problem.split("'")[1]
    assert problems_of(tmp_path, text + parent) == [f"m.yaml:{problem} (add '{needed}')"]
    assert problems_of(tmp_path, text + parent + "    on_no_match: skip\n") == []


@pytest.mark.parametrize(
    ("parent", "problems"),
    [
        ("{lookup: people, by: [{key: C}]}", []),
        ("{lookup: firms, by: [{key: C}]}", []),
        ("{lookup: target/jobs, by: [{id: C}, {Name: D}]}", []),
        ("{lookup: frms, by: [{key: C}]}", ["22: E012 unknown object 'frms' (did you mean 'firms'?)"]),
        ("{lookup: firms, by: [{Nme: C}]}", [
            "40: E016 crelate has no field 'Nme' in companies (did you mean 'Name'?)",
        ]),
        ("{lookup: target/jobs, by: [{key: C}]}", [f"40: E022 {NO_KEYS}"]),
        ("{lookup: target/tasks, by: [{id: C}]}", [
            "13: E022 notes do not live under tasks (it lives under: contacts, companies, jobs)",
        ]),
    ],
)  # fmt: skip
def test_parent_is_held_against_the_catalog(parent: str, problems: list[str], tmp_path: Path) -> None:
    """A note lives under a contact, a company or a job; its parent is looked up like any reference."""
    note = f"  notes:\n    from: n.csv\n    to: notes\n    key: Id\n    parent: {parent}\n    fields: {{Body: B}}\n"
    found = problems_of(tmp_path, MAPPING + FIRMS + note)
    assert found == [f"m.yaml:17:{problem}" for problem in problems]


def test_wrong_names_of_all_objects_are_found(tmp_path: Path) -> None:
    """One wrong name does not hide the next."""
    text = with_key("match: [[Frst]]").replace("LastName:", "LasName:") + FIRMS.replace("{Name:", "{Name: N, Nme:")
    assert sorted(problems_of(tmp_path, text)) == [
        "m.yaml:12:7: E016 crelate has no field 'LasName' in contacts (did you mean 'LastName'?)",
        "m.yaml:13:66: E016 crelate has no field 'Nme' in companies (did you mean 'Name'?)",
        "m.yaml:7:13: E016 crelate has no field 'Frst' in contacts (did you mean 'FirstName'?)",
    ]


def test_object_that_is_only_read_is_no_target(tmp_path: Path) -> None:
    """What a connector has no way to create is told before a plan is made."""
    catalog = find_definition("crelate3", project=Path(), base=Path(), place="").catalog
    spec = read(tmp_path, replaced("to: contacts", "to: jobs").replace("LastName: Last", "Name: Last"))
    found = [str(problem) for problem in name_problems(spec, catalog, {})]
    assert found[0].endswith(
        "m.yaml:8:9: E025 crelate3 does not write jobs, it only reads them (choose another object)"
    )
