"""The steps of `rows:`: what each makes of a table, seen in the plan."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from planning_cases import Desk, Seen, TypedSource, firms, people

from migrator.errors import SourceError, SpecError
from migrator.store.cells import unpack_cells
from migrator.store.plan import Plan

NAME = "FirstName: name"
NONE = "no partner in towns.csv by town (add the row, or state 'unmatched')"
THERE = "is there already (choose another name)"
TWO = "2 partners: towns.csv:3, towns.csv:4 (name more columns under 'on', or state 'several')"


def planned(folder: Path, rows: str, *lines: str, fields: str = NAME, key: str = "id") -> Seen:
    """Plan one table of people, and give what the plan says."""
    desk = Desk(folder=folder)
    desk.write("people.csv", *lines)
    return desk.plan(people(f"rows: [{rows}]", f"key: {key}", "match: none", fields=fields))


def records(seen: Seen) -> list[str]:
    """Write each change in a line: key, then the fields in the order of their names."""
    return [f"{name[11:]} {' '.join(map(str, fields.values()))}" for name, fields in seen.changes.items()]


def counts(seen: Seen) -> tuple[dict[str, int], dict[str, int]]:
    """Give how many rows the steps dropped and added, without those that did nothing."""
    facts = seen.header["objects"]["contacts"]
    assert facts["rows"] == facts["read"] - sum(facts["dropped"].values()) + sum(facts["multiplied"].values())
    return tuple({step: n for step, n in facts[name].items() if n} for name in ("dropped", "multiplied"))  # type: ignore[return-value]


def test_reject_refuses_with_its_own_reason(tmp_path: Path) -> None:
    """The reason may be a template; the row is one of the refused, not of the dropped."""
    rows = '{reject: {when: "{{ name == \'B\' }}", because: "{{ name }} is closed"}}'
    seen = planned(tmp_path, rows, "id,name", "1,A", "2,B")
    assert (records(seen), list(seen.problems)) == (["1 A"], ["contacts:3 E131 reject: B is closed"])
    assert counts(seen) == ({}, {})


def test_reason_may_be_plain_text(tmp_path: Path) -> None:
    """Without a template it stands as it is written."""
    seen = planned(tmp_path, "{reject: {when: \"{{ name == 'B' }}\", because: closed}}", "id,name", "2,B")
    assert list(seen.problems) == ["contacts:2 E131 reject: closed"]


def test_set_adds_columns_for_key_and_fields(tmp_path: Path) -> None:
    """Any field form may be a column, and later steps see it."""
    rows = '{set: {k: "{{ a }}-{{ b }}", name: {from: c, transform: [upper]}}}, {where: "{{ name != \'Y\' }}"}'
    assert records(planned(tmp_path, rows, "a,b,c", "1,2,x", "3,4,y", key="k")) == ["1-2 X"]


def test_failing_set_refuses_the_row(tmp_path: Path) -> None:
    """A transform that fails, and a required column that is blank, refuse their row under its own text."""
    rows = "{set: {name: {from: n, transform: [integer], required: true}}}"
    seen = planned(tmp_path, rows, "id,n", "1,5", "2,x", "3,")
    assert records(seen) == ["1 5"]
    assert list(seen.problems) == [
        "contacts:3 E110 set: is not a number: 'x' (expected such as 1234.5)",
        "contacts:4 E120 set: name is required and blank",
    ]


def test_note_of_a_set_is_told(tmp_path: Path) -> None:
    """What a transform changed in a way that the plan must say is said, also through a step on disk."""
    rows = "{set: {name: {from: n, transform: [{truncate: 3}]}}}, {sort: [id]}"
    seen = planned(tmp_path, rows, "id,n", "1,abcdef")
    assert (records(seen), len(seen.problems)) == (["1 abc"], 1)
    assert seen.problems[0].startswith("contacts:2 W101 set: ")


def test_rename_gives_new_names(tmp_path: Path) -> None:
    """Two columns may change their names; what a row said before is found under the key it will have."""
    rows = "{where: \"{{ a != '2' }}\"}, {rename: {a: id, id: name}}"
    assert records(planned(tmp_path, rows, "id,a", "x,1", "y,2")) == ["1 x"]


def test_split_rows_makes_a_row_of_each_part(tmp_path: Path) -> None:
    """Blank parts are dropped, the others trimmed and counted from 1; a row without parts is left out."""
    rows = '{split_rows: {column: tags, by: ";", index: n}}, {set: {k: "{{ id }}/{{ n }}"}}'
    seen = planned(tmp_path, rows, "id,tags", "1, a ;; b", "2,", "3,c", fields="FirstName: tags", key="k")
    assert records(seen) == ["1/1 a", "1/2 b", "3/1 c"]
    assert counts(seen) == ({"1 split_rows": 1}, {"1 split_rows": 1})
    with Plan(seen.path) as plan:
        found = plan.db.execute("SELECT id, row, cells FROM record ORDER BY id").fetchall()
    cells = [(record, row, unpack_cells(packed)) for record, row, packed in found]
    assert cells == [(1, 2, ["1", " a ;; b"]), (2, 2, ["1", " a ;; b"]), (3, 4, ["3", "c"])]


def test_list_becomes_one_row_per_item(tmp_path: Path) -> None:
    """Without `by` the items of a list are rows, and their parts are read by path."""
    phones = [{"no": "11"}, {"no": "12"}]
    desk = Desk(folder=tmp_path, source=TypedSource(("id", "phones"), (1, phones), (2, []), (3, {"no": "31"})))
    rows = 'rows: [{split_rows: {column: phones, index: n}}, {set: {k: "{{ id }}/{{ n }}"}}]'
    seen = desk.plan(people(rows, "key: k", "match: none", fields="FirstName: phones.no"))
    assert records(seen) == ["1/1 11", "1/2 12", "3/1 31"]


@pytest.mark.parametrize("columns", ["[p.a, p.b]", '"p.*"'])
def test_unpivot_makes_a_row_of_each_column(tmp_path: Path, columns: str) -> None:
    """Blank values give no row; the name of the column is a value."""
    rows = f'{{unpivot: {{columns: {columns}, name: kind, value: v}}}}, {{set: {{k: "{{{{ id }}}}/{{{{ kind }}}}"}}}}'
    lines = ("id,p.a,x,p.b", "1,11,x,12", "2,,y,22", "3,,z,")
    seen = planned(tmp_path, rows, *lines, fields="FirstName: v, LastName: x", key="k")
    assert records(seen) == ["1/p.a 11 x", "1/p.b 12 x", "2/p.b 22 y"]
    assert counts(seen) == ({"1 unpivot": 1}, {"1 unpivot": 1})


def test_fill_down_takes_the_value_above(tmp_path: Path) -> None:
    """Continuation rows take what stands above them, within one file."""
    desk = Desk(folder=tmp_path)
    desk.write("a.csv", "id,name", "1,A", "2,", "3,B", "4,")
    desk.write("b.csv", "id,name", "5,", "6,C")
    fields = "FirstName: name, LastName: id"
    seen = desk.plan(people("from: [a.csv, b.csv]", "rows: [{fill_down: [name]}]", "match: none", fields=fields))
    assert records(seen) == ["1 A 1", "2 A 2", "3 B 3", "4 B 4", "5 5", "6 C 6"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("10", "9", "-1.5", "", "2"), "-1.5 2 9 10 -"),
        (("10", "9", "b", "", "2"), "10 2 9 b -"),
        (("007", "10"), "007 10"),
        (("0.1", "0.10000000000000000001", "0", "-0.12", "-0.123"), "-0.123 -0.12 0 0.1 0.10000000000000000001"),
    ],
)
def test_sort_orders_numbers_by_value_where_all_are_numbers(
    tmp_path: Path, values: tuple[str, ...], expected: str
) -> None:
    """A column of nothing but numbers is ordered by value, any other by text; blanks are last."""
    lines = [f"{n},{value}" for n, value in enumerate(values)]
    seen = planned(
        tmp_path, "{sort: [name]}", "id,name", *lines, fields="FirstName: {from: name, default: {value: '-'}}"
    )
    assert " ".join(str(fields["FirstName"]) for fields in seen.changes.values()) == expected


def test_sort_is_stable_and_goes_before_distinct(tmp_path: Path) -> None:
    """What is equal stays as it stood, and `distinct` keeps the first of the new order."""
    rows = "{sort: [n]}, {distinct: [g]}"
    seen = planned(tmp_path, rows, "id,g,n", "1,a,2", "2,a,1", "3,b,5", "4,b,5", fields="FirstName: g")
    assert records(seen) == ["2 a", "3 b"]


def test_group_makes_one_row_of_each_value(tmp_path: Path) -> None:
    """Groups stand in the order of their first rows, with the origin and the original cells of those."""
    take = '{a: first, b: last, c: sum, d: min, e: max, f: list, g: {join: "+"}}'
    fields = "FirstName: '{{ a }} {{ b }} {{ c }} {{ d }} {{ e }} {{ f }} {{ g }}'"
    lines = ("id,a,b,c,d,e,f,g", "1,,x,1.5,10,10,t,u", "2,p,,7,1,1,z,z", "1,q,y,2,9,9,t,u", "1,r,,,,,s,")
    seen = planned(tmp_path, f"{{group: {{by: [id], take: {take}}}}}", *lines, fields=fields)
    assert records(seen) == ["1 q y 3.5 9 10 t, s u+u", "2 p  7 1 1 z z"]
    assert (counts(seen), dict(seen.states)) == (
        ({"1 group": 2}, {}),
        {"contacts:2": "create", "contacts:3": "create"},
    )


def test_column_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    """The columns behind it stay where they are."""
    join = "{join: {with: people.csv, on: {id: id}, columns: [name, name], prefix: t_}}"
    rows = f"{join}, {{set: {{x: id}}}}, {{group: {{by: [name, name, id], take: {{x: first}}}}}}"
    assert records(planned(tmp_path, rows, "id,name", "1,A", fields="FirstName: x")) == ["1 1"]


def test_sum_of_what_is_no_number_refuses_the_group(tmp_path: Path) -> None:
    """The problem names the row in which the value stands."""
    seen = planned(tmp_path, "{group: {by: [id], take: {name: sum}}}", "id,name", "1,2", "1,x", "1,3", "2,5")
    assert records(seen) == ["2 5"]
    fact = "'name' of people.csv:3 is not a number: 'x'"
    assert list(seen.problems) == [f"contacts:2 E110 group: {fact} (turn it into one before, with 'set')"]
    assert counts(seen) == ({"1 group": 2}, {})


def test_typed_cells_stay_typed_through_steps_on_disk(tmp_path: Path) -> None:
    """What was put aside comes back as it was: numbers, dates, truth values, lists and objects."""
    row: tuple[Any, ...] = (7, Decimal("1.50"), date(2024, 2, 29), True, None, [{"no": "1"}])
    desk = Desk(folder=tmp_path, source=TypedSource(("id", "salary", "born", "main", "none", "phones"), row))
    fields = "Salary: salary, KeyDate_Birthday: born, EmailAddress_Work_IsPrimary: main, LastName: none"
    plain = desk.plan(people("match: none", fields=f"{fields}, FirstName: 'phones[0].no'")).changes
    take = "{salary: first, born: first, main: first, none: first, phones: last}"
    rows = f"rows: [{{sort: [born]}}, {{group: {{by: [id], take: {take}}}}}]"
    assert desk.plan(people(rows, "match: none", fields=f"{fields}, FirstName: 'phones[0].no'")).changes == plain


def test_refused_row_shows_its_original_cells(tmp_path: Path) -> None:
    """Whatever the steps made of it, what people correct is the row as it stands in the file."""
    rows = "{rename: {n: m}}, {set: {x: m}}, {sort: [x]}, {split_rows: {column: x, by: ','}}"
    seen = planned(tmp_path, rows, "id,n", '1," a,b "', fields="FirstName: x, Salary: m")
    with Plan(seen.path) as plan:
        ((cells, state),) = plan.db.execute("SELECT DISTINCT cells, state FROM record").fetchall()
        assert (unpack_cells(cells), state) == (["1", " a,b "], "reject")
        assert plan.db.execute("SELECT columns FROM object").fetchall() == [('["id","n"]',)]


def test_ragged_row_is_refused_before_the_steps(tmp_path: Path) -> None:
    """A row that does not fit the header goes into no step, and names what is wrong with it."""
    rows = "{set: {k: id}}, {sort: [k]}, {group: {by: [k], take: {name: first}}}"
    seen = planned(tmp_path, rows, "id,name", "1,A", "2", key="k")
    assert records(seen) == ["1 A"]
    assert [problem[:16] for problem in seen.problems] == ["contacts:3 E130 "]


@pytest.mark.parametrize(
    ("step", "fact"),
    [
        ("{sort: [nam]}", "E015 no column 'nam' in people.csv (did you mean 'name'?)"),
        ("{fill_down: [id, a.b]}", "E015 no column 'a.b' in people.csv (there are: id, name)"),
        ("{rename: {nam: x}}", "E015 no column 'nam' in people.csv (did you mean 'name'?)"),
        ("{rename: {name: id}}", "E013 the column 'id' is there already (choose another name)"),
        ("{set: {a: id, b: id}}, {rename: {a: x, b: x}}", "E013 the column 'x' is there already (choose another name)"),
        ("{set: {id: name}}", "E013 the column 'id' is there already (choose another name)"),
        ("{set: {x: nam}}", "E015 no column 'nam' in people.csv (did you mean 'name'?)"),
        ("{split_rows: {column: nam}}", "E015 no column 'nam' in people.csv (did you mean 'name'?)"),
        ("{split_rows: {column: name, index: id}}", "E013 the column 'id' is there already (choose another name)"),
        ("{unpivot: {columns: 'x*', name: k, value: v}}", "E015 no column 'x*' in people.csv (there are: id, name)"),
        ("{unpivot: {columns: [name], name: k, value: k}}", f"E013 the column 'k' {THERE}"),
        ("{group: {by: [id], take: {id: first}}}", "E013 the column 'id' is there already (choose another name)"),
        ('{where: "{{ nam }}"}', "E017 no column 'nam' in objects.contacts.rows[0].where (did you mean 'name'?)"),
    ],
)  # fmt: skip
def test_name_in_a_step_is_checked_against_the_columns_before_it(tmp_path: Path, step: str, fact: str) -> None:
    """Each step sees the columns that the earlier ones leave, and adds none that is there already."""
    with pytest.raises(SpecError) as refused:
        planned(tmp_path, step, "id,name", "1,A", fields="LastName: {value: x}", key="id")
    assert str(refused.value.problems[0]).partition(": ")[2] == fact


def test_names_are_checked_against_the_columns_after_all_steps(tmp_path: Path) -> None:
    """Key and fields see what the steps made: a renamed column is gone, and the new one is the nearest."""
    with pytest.raises(SpecError) as refused:
        planned(tmp_path, "{rename: {name: names}}", "id,name", "1,A")
    assert [problem.fact for problem in refused.value.problems] == ["no column 'name' in people.csv"]
    assert refused.value.problems[0].hint == "did you mean 'names'?"


def test_key_of_a_row_that_distinct_dropped_is_found_after_later_steps(tmp_path: Path) -> None:
    """The keys of the others stand for the kept row, whatever record it became."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "1,Beta,z", "2,Acme,y", "3,Acme,x", "4,Beta,w")
    desk.write("people.csv", "id,last,firm", "11,A,1", "12,B,2", "13,C,3", "14,D,4")
    fields = "LastName: last, CurrentPosition_Company_Id: {lookup: companies, by: [{key: firm}]}"
    rows = "rows: [{distinct: [name]}, {sort: [name]}, {rename: {id: no}}]"
    seen = desk.plan(firms(rows, "key: no", "match: none", fields="Name: name") + people("match: none", fields=fields))
    found = [change["CurrentPosition_Company_Id"] for name, change in seen.changes.items() if "contacts" in name]
    assert found == ["@companies:1", "@companies:2", "@companies:2", "@companies:1"]


def test_keys_stand_for_the_row_at_the_end_of_several_distincts(tmp_path: Path) -> None:
    """A row whose first was dropped by a later step stands for the first of that one."""
    desk = Desk(folder=tmp_path)
    desk.write("firms.csv", "id,name,site", "1,A,x", "2,B,x", "3,B,y")
    desk.write("people.csv", "id,last,firm", "13,C,3")
    fields = "LastName: last, CurrentPosition_Company_Id: {lookup: companies, by: [{key: firm}]}"
    rows = "rows: [{distinct: [name]}, {distinct: [site]}]"
    seen = desk.plan(firms(rows, "match: none") + people("match: none", fields=fields))
    assert seen.changes["+ contacts:13"]["CurrentPosition_Company_Id"] == "@companies:1"


def joined(folder: Path, join: str, *more: str, key: str = "id") -> Seen:
    """Plan people who are joined with towns."""
    desk = Desk(folder=folder)
    desk.write("people.csv", "id,name,town", "1,A,7", "2,B,", "3,C,9", "4,D,8")
    desk.write("towns.csv", "town,city", "7,Bonn", "8,Köln", "8,Ulm", ",Nowhere")
    first = f"{{join: {{with: towns.csv, on: {{town: town}}, prefix: t_, {join}}}}}"
    rows = f"rows: [{', '.join([first, *more])}]"
    return desk.plan(people(rows, f"key: {key}", "match: none", fields="FirstName: name, LastName: t_city"))


@pytest.mark.parametrize(
    ("join", "expected", "problems"),
    [
        ("several: first", ["1 A Bonn", "2 B", "3 C", "4 D Köln"], []),
        ("several: first, unmatched: skip", ["1 A Bonn", "4 D Köln"], []),
        (
            "several: first, unmatched: reject",
            ["1 A Bonn", "4 D Köln"],
            [f"contacts:{n} E132 join: {NONE}" for n in (3, 4)],
        ),
        (
            "columns: [city]",
            ["1 A Bonn", "2 B", "3 C"],
            [f"contacts:5 E133 join: {TWO}"],
        ),
    ],
)  # fmt: skip
def test_join_adds_the_columns_of_the_partner(
    tmp_path: Path, join: str, expected: list[str], problems: list[str]
) -> None:
    """Every left row stays, unless something else is stated; blank has no partner, and several are an error."""
    seen = joined(tmp_path, join)
    assert (records(seen), list(seen.problems)) == (expected, problems)
    assert {file["file"] for file in seen.header["source"]["files"]} == {"people.csv", "towns.csv"}


def test_join_may_make_several_rows_of_one(tmp_path: Path) -> None:
    """Each partner makes a row of its own, in the order of the other table."""
    seen = joined(tmp_path, "several: rows", "{set: {k: '{{ id }}{{ t_city }}'}}", key="k")
    assert records(seen) == ["1Bonn A Bonn", "2 B", "3 C", "4Köln D Köln", "4Ulm D Ulm"]
    assert counts(seen) == ({}, {"1 join": 1})


def test_control_character_of_a_partner_is_found(tmp_path: Path) -> None:
    """What comes from the other table is looked over as the row itself is."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,name", "1,A")
    desk.write("towns.csv", "id,city", "1,B\x07onn")
    seen = desk.plan(people("rows: [{join: {with: towns.csv, on: {id: id}}}]", "match: none", fields="LastName: city"))
    assert [problem[:26] for problem in seen.problems] == ["contacts:2 E112 LastName: "]


@pytest.mark.parametrize(
    ("join", "fact"),
    [
        ("with: towns.csv, on: {town: t}, columns: [city]", "E015 no column 't' in towns.csv (there are: town, city)"),
        ("with: towns.csv, on: {tow: town}", "E015 no column 'tow' in people.csv (did you mean 'town'?)"),
        ("with: towns.csv, on: {town: town}, columns: [x]", "E015 no column 'x' in towns.csv (there are: town, city)"),
        (
            "with: towns.csv, on: {town: town}, columns: [town]",
            "E013 the column 'town' is there already (state a 'prefix', or the 'columns' to add)",
        ),
        ("with: town.csv, on: {town: town}", "E401 there is no such file (did you mean 'towns.csv'?)"),
    ],
)  # fmt: skip
def test_join_is_checked_against_both_tables(tmp_path: Path, join: str, fact: str) -> None:
    """Names of either side are looked up in their own table; nothing is overwritten."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,name,town", "1,A,7")
    desk.write("towns.csv", "town,city", "7,Bonn")
    with pytest.raises((SpecError, SourceError)) as refused:
        desk.plan(people(f"rows: [{{join: {{{join}}}}}]", "match: none", fields=NAME))
    assert str(refused.value.problems[0]).partition(": ")[2] == fact


def test_prepared_table_is_shaped_before_it_is_joined(tmp_path: Path) -> None:
    """A table of the mapping has rows of its own, and may itself join."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,name", "1,A", "2,B", "3,C")
    desk.write("members.csv", "person,list", "1,x", "1,y", "2,z", "3,old")
    desk.write("lists.csv", "list,title", "x,X", "y,Y", "z,Z")
    join = "{join: {with: lists.csv, on: {list: list}}}"
    group = "{group: {by: [person], take: {title: {join: '+'}}}}"
    desk.top = (
        f"tables: {{members: {{from: members.csv, rows: [{{where: \"{{{{ list != 'old' }}}}\"}}, {join}, {group}]}}}}\n"
    )
    rows = "rows: [{join: {with: members, on: {id: person}}}]"
    seen = desk.plan(people(rows, "match: none", fields="FirstName: name, LastName: title"))
    assert records(seen) == ["1 A X+Y", "2 B Z", "3 C"]


def test_refused_row_of_a_prepared_table_stops_the_plan(tmp_path: Path) -> None:
    """It could be somebody's partner, and nobody would see that it is missing."""
    desk = Desk(folder=tmp_path)
    desk.write("people.csv", "id,name", "1,A")
    desk.write("towns.csv", "id,city", "1,Bonn", "2")
    with pytest.raises(SourceError) as refused:
        desk.plan(people("rows: [{join: {with: towns.csv, on: {id: id}}}]", "match: none", fields="FirstName: city"))
    hint = "correct the row, or state 'pad: true' in the source block"
    assert str(refused.value) == f"towns.csv:3: E130 the row has 1 cells, the header 2 ({hint})"


def test_prepared_table_is_checked_though_nobody_joins_it(tmp_path: Path) -> None:
    """Names and templates of its steps are those of its own table."""
    desk = Desk(folder=tmp_path, top="tables: {t: {from: t.csv, rows: [{sort: [nam]}, {where: '{{ idd }}'}]}}\n")
    desk.write("people.csv", "id,name", "1,A")
    desk.write("t.csv", "id,name", "1,A")
    with pytest.raises(SpecError) as refused:
        desk.plan(people("match: none", fields=NAME))
    assert [str(problem).partition(": ")[2] for problem in refused.value.problems] == [
        "E015 no column 'nam' in t.csv (did you mean 'name'?)",
        "E017 no column 'idd' in tables.t.rows[1].where (did you mean 'id'?)",
    ]


def test_table_that_joins_itself_is_refused(tmp_path: Path) -> None:
    """Also by way of another one."""
    desk = Desk(folder=tmp_path)
    join = "rows: [{{join: {{with: {0}, on: {{id: id}}}}}}]"
    desk.top = f"tables: {{a: {{from: a.csv, {join.format('b')}}}, b: {{from: b.csv, {join.format('a')}}}}}\n"
    with pytest.raises(SpecError) as refused:
        desk.spec(people())
    assert [problem.fact for problem in refused.value.problems] == [f"the table '{name}' joins itself" for name in "ab"]
