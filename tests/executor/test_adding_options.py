"""Options of picklists: added before the first record, each once, and nothing is written without them."""

from dataclasses import replace
from pathlib import Path

import pytest
from apply_cases import CONTACTS, Bench
from practice_target import CRELATE, LIKELY_REFUSED, LOST, REFUSED, THROTTLED, UNANSWERED, Act

from migrator.errors import Problem, TargetError

OBJECTS = """\
  companies:
    from: companies.csv
    to: companies
    key: id
    match: [[Name]]
    fields:
      Name: name
      Description: {from: kind, options: append}
      Website_Business: {from: area, options: append}
"""
LIST = ("companies", "Description")
HINT = "(no record was written; add it in the target, or see to the cause, and apply again)"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Plan three companies, who want two options in one list and one in another."""
    made = Bench(folder=tmp_path)
    companies = CRELATE.objects["companies"]
    fields = {
        name: replace(companies.fields[name], options=("Agent",), can_append=True)
        for name in ("Description", "Website_Business")
    }
    grown = replace(companies, fields={**companies.fields, **fields})
    made.target.catalog = replace(CRELATE, objects={**CRELATE.objects, "companies": grown})
    made.target.lists = {LIST: [(0.0, "Agent")], ("companies", "Website_Business"): [(0.0, "Agent")]}
    made.write("companies.csv", "id,name,kind,area", "1,One,New,", "2,Two,Newer,Far", "3,Three,new,Agent")
    made.plan(OBJECTS)
    return made


def test_options_come_before_the_first_record(bench: Bench) -> None:
    """One call for each list, and the records carry what was added."""
    result = bench.apply()
    assert (result.state, result.counts) == ("DONE", {"APPLIED": 6, "PLANNED": 0})
    assert bench.target.seen(">+") == [
        "> companies.Description: New, Newer",
        "> companies.Website_Business: Far",
        "+ companies/1",
        "+ companies/2",
        "+ companies/3",
    ]
    assert [fields["Description"] for fields in bench.target.held("companies").values()] == ["New", "Newer", "New"]


def test_ledger_takes_no_option_for_a_record(bench: Bench) -> None:
    """Its map of keys holds the records only."""
    bench.apply()
    with bench.reading() as db:
        assert db.execute("SELECT object, key FROM written JOIN scope ON id=scope ORDER BY key").fetchall() == [
            ("companies", "1"),
            ("companies", "2"),
            ("companies", "3"),
        ]


def test_option_that_is_there_by_now_is_not_sent(bench: Bench) -> None:
    """The list is read first: a person may have added it after planning."""
    bench.target.lists[LIST] += [(1.0, "New"), (1.0, "Newer")]
    assert bench.apply().state == "DONE"
    assert bench.target.seen(">") == ["> companies.Website_Business: Far"]


def test_refused_option_halts_before_any_record(bench: Bench) -> None:
    """Nothing is written; added by hand, the same plan goes on."""
    bench.target.script = [REFUSED]
    result = bench.apply()
    fact = "'New', 'Newer': not added to the options of 'Description' of companies: Name is too long"
    assert (result.state, str(result.problem)) == ("HALTED", f"E710 {fact} {HINT}")
    assert (result.exit_code, bench.target.seen("+")) == (7, [])
    assert set(bench.states().values()) == {"PLANNED"}
    bench.target.lists[LIST] += [(1.0, "New"), (1.0, "Newer")]
    assert bench.apply().state == "DONE"
    assert bench.target.options_of(*LIST) == ["Agent", "New", "Newer"]


@pytest.mark.parametrize("act", [UNANSWERED, LOST, Act(answer=LIKELY_REFUSED.answer), Act(dies=True)])
def test_option_in_doubt_is_read_before_it_is_sent_again(bench: Bench, act: Act) -> None:
    """The run halts, or is dead; the next one waits, reads the list, and sends only what is not in it."""
    bench.target.script = [act]
    if act.dies:
        bench.apply_and_die()
    else:
        assert bench.apply().state == "HALTED"
    assert (bench.target.seen("+"), bench.states()["> companies/Description: New"] in {"INTENT", "IN_DOUBT"}) == (
        [],
        True,
    )
    sent = bench.target.moments("> companies.Description: New, Newer")[0]
    assert bench.apply().state == "DONE"
    assert bench.target.moments("? companies.Description")[1] - sent >= bench.target.settle_seconds
    assert bench.target.options_of(*LIST) == ["Agent", "New", "Newer"]
    assert len(bench.target.seen(">")) == (3 if act is LOST else 2)


def test_option_that_can_be_read_late_is_not_sent_twice(bench: Bench) -> None:
    """A list may lag behind; absence is believed after two reads only."""
    bench.target.read_lag = bench.target.settle_seconds + 2
    bench.target.script = [UNANSWERED]
    bench.apply()
    assert bench.apply().state == "DONE"
    assert bench.target.options_of(*LIST) == ["Agent", "New", "Newer"]


def test_option_is_sent_again_where_it_is_proved_not_to_have_arrived(bench: Bench) -> None:
    """A few times in one run."""
    bench.target.script = [THROTTLED, THROTTLED]
    assert bench.apply().state == "DONE"
    assert bench.attempts()[:2] == ["not applied", "not applied"]
    assert bench.target.options_of(*LIST) == ["Agent", "New", "Newer"]


def test_list_that_cannot_be_read_halts(bench: Bench) -> None:
    """Nothing was sent, so nothing is in doubt."""
    bench.target.read_faults = [TargetError(Problem(code="E901", place="crelate", fact="cannot be reached"))]
    result = bench.apply()
    assert (result.state, str(result.problem)) == ("HALTED", "crelate: E901 cannot be reached")
    assert (set(bench.states().values()), bench.target.seen(">+")) == ({"PLANNED"}, [])
    assert bench.apply().state == "DONE"


def test_options_of_other_objects_are_left(bench: Bench) -> None:
    """Where one object is written, the lists of another wait until that one's turn has come."""
    bench.write("people.csv", "id,last,company", "1,Ada,")
    bench.plan(OBJECTS + CONTACTS)
    bench.apply(only="contacts")
    assert bench.target.seen(">+") == ["+ contacts/1"]
    bench.apply(only="companies")
    assert [text[0] for text in bench.target.seen(">+")] == ["+", ">", ">", "+", "+", "+"]


def test_second_plan_adds_nothing(bench: Bench) -> None:
    """Once the catalog knows the options, there is nothing to do."""
    bench.apply()
    companies = bench.target.catalog.objects["companies"]
    fields = {
        name: replace(companies.fields[name], options=tuple(bench.target.options_of("companies", name)))
        for name in ("Description", "Website_Business")
    }
    grown = replace(companies, fields={**companies.fields, **fields})
    bench.target.catalog = replace(CRELATE, objects={**CRELATE.objects, "companies": grown})
    bench.plan(OBJECTS, name="next.plan")
    assert bench.states("next.plan") == {}
