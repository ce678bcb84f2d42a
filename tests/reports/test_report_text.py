"""A plan and a run as text: to the letter for a small one, and never more than forty lines for a large one."""

import itertools
import re
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from report_cases import NOW, Sizes, make, reader, run, summary

from migrator.reports.summary import Summary, summarize
from migrator.reports.text import MAX_LINES, MAX_WIDTH, ending, next_step, plan_text, run_text
from migrator.store.endings import Ending
from migrator.store.plan import Plan
from migrator.store.states import State
from migrator.store.views import RunView

PLAN = """\
Plan for acme.yaml    source 2 files, 12 rows    target crelate at https://crm.example

  + create   ~ update   = unchanged   · skip   ! reject   & link

  #  object     rows  +      ~  =  ·  !  calls  est. time  tier  order because
  1  companies     5  1      1  1  1  1      3        2 s  A     no parents
  2  contacts      7  2  0 & 2  0  0  5      6        3 s  A     companies (CurrentPosition_Company_Id); \
RelatedContact_Other_Id linked afterwards

  companies.csv: 5 rows; utf-8 (the default); columns separated by a comma (found)
  people.csv: 7 rows; utf-8 (the default); columns separated by a comma (found)

  Fields that would overwrite existing values:  companies.Description 1  <- look

  Samples  ~ companies companies.csv:3 (2)  Description
           + companies companies.csv:2 (1)  Description, ExternalPrimaryKey, Name
           + contacts people.csv:3 (2)  CurrentPosition_Company_Id, ExternalPrimaryKey, LastName

  Problems
   E120  1 companies  Name: a required field is blank  e.g. companies.csv:5  -> out/rejects.csv
   E120  1 contacts  LastName: a required field is blank  e.g. people.csv:7  -> out/rejects.csv
   E203  3 contacts  CurrentPosition_Company_Id: a referenced record was not found  \
e.g. people.csv:4, people.csv:5, people.csv:6  -> out/rejects.csv
   E204  1 contacts  CurrentPosition_Company_Id: a referenced row is rejected itself  e.g. people.csv:8  \
-> out/rejects.csv
   W305  1 companies  a duplicate that was left out  e.g. companies.csv:6  -> out/duplicates.csv

  Reads     companies in 1 page · contacts in 1 page
  Limits    9 calls at 2/s · 4 s · the reads of an update are counted, a read-back afterwards is not \
· tiers not probed"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """Summarize a plan of every kind."""
    with Plan(make(tmp_path_factory.mktemp("plan"))) as plan:
        return replace(summarize(plan), mapping_path="acme.yaml")


def test_plan_is_written_to_the_letter(small: Summary) -> None:
    """Objects, files, overwrites, samples, problems and limits; no value of any record."""
    assert plan_text(small, folder="out", shows_values=False) == PLAN


def test_values_are_written_where_they_may_be(small: Summary) -> None:
    """Samples with before and after, problems with the first fact."""
    lines = plan_text(small, folder="out", shows_values=True).splitlines()
    samples = lines.index("  Samples  ~ companies companies.csv:3 (2)  Description 'old' -> 'new'")
    assert lines[samples + 1] == (
        "           + companies companies.csv:2 (1)  Description 'x', ExternalPrimaryKey 'acme/companies/1', Name 'One'"
    )
    problem = (
        "   E120  1 contacts  LastName: a required field is blank  e.g. people.csv:7 (LastName is required and blank)"
    )
    assert f"{problem}  -> out/rejects.csv" in lines


def test_end_says_where_what_and_what_next(small: Summary) -> None:
    """The last three lines; without a report nobody is sent to one."""
    total = "Plan: 3 to create, 1 to update, 1 unchanged, 1 skipped, 6 rejected, 2 links."
    assert ending(small, report="out/report.html") == [
        "  Plan saved: acme.plan   Report: out/report.html",
        total,
        "Next: open out/report.html, then   migrator apply acme.plan",
    ]
    assert ending(small, report="") == ["  Plan saved: acme.plan", total, "Next: migrator apply acme.plan"]


@pytest.mark.parametrize(
    ("sizes", "state", "step"),
    [
        (Sizes(), "", "open r.html, then   migrator apply acme.plan"),
        (Sizes(), "HALTED", "open r.html, then   migrator apply acme.plan"),
        (Sizes(), "DONE", "open r.html, then   migrator status acme.plan"),
        (Sizes(), "DONE_WITH_FINDINGS", "open r.html, then   migrator status acme.plan"),
        (Sizes(guards=1), "", "open r.html, then   mend the data or raise the limit, and plan again"),
        (Sizes(is_offline=True), "", "plan again without --offline to apply it"),
        (Sizes(is_offline=True, guards=1), "", "plan again without --offline to apply it"),
        (Sizes(questions=1), "", "migrator resolve --mapping mappings/acme.yaml"),
        (Sizes(questions=1, guards=1), "", "migrator resolve --mapping mappings/acme.yaml"),
        (Sizes(questions=1), "DONE", "open r.html, then   migrator status acme.plan"),
        (Sizes(questions=1, is_offline=True), "", "plan again without --offline to apply it"),
    ],
)
def test_next_step_fits_the_verdict(sizes: Sizes, state: str, step: str) -> None:
    """Each plan ends with what a person does with it now."""
    view = RunView(state, NOW, NOW, "", 1, {}, {}) if state else None
    assert next_step(replace(summary(sizes), run=view), report="r.html") == step


def test_plan_with_nothing_to_do_says_so() -> None:
    """Nobody is sent to apply what holds no operation."""
    made = summary()
    nothing = replace(made, header={**made.header, "operations": 0})
    assert next_step(nothing, report="r.html") == "nothing to do: the target holds all of it"


@pytest.mark.parametrize(
    "many", list(itertools.product([0, 1, 1000], [0, 1, 1000], [0, 1, 1000], [0, 9], [0, 9])), ids=str
)
def test_plan_of_any_size_has_at_most_forty_lines(many: tuple[int, ...]) -> None:
    """However many objects, groups, files, guards and samples there are; what is left out is counted."""
    objects, groups, files, guards, samples = many
    sizes = Sizes(objects=objects, groups=groups, files=files, guards=guards, samples=samples, overwrites=9)
    made = summary(replace(sizes, proposals=9, questions=9))
    text = plan_text(made, folder="out", shows_values=True).splitlines()
    assert len(text) + len(ending(made, report="r.html")) <= MAX_LINES


def test_offline_plan_of_any_size_has_at_most_forty_lines() -> None:
    """Offline nothing is overwritten, since nothing is known of the target; one line says that."""
    made = summary(
        Sizes(objects=99, groups=99, files=99, guards=9, samples=9, overwrites=0, options=9, is_offline=True)
    )
    text = plan_text(made, folder="out", shows_values=True).splitlines()
    assert len(text) + len(ending(made, report="r.html")) <= MAX_LINES
    assert "  Offline   the target was not asked: matches, lookups in it and conflicts are not known" in text


@pytest.mark.parametrize(
    ("questions", "proposals", "said"),
    [
        (0, 1_000, ["1,000 new rows nearly like a record of the target  -> out/proposals.csv"]),
        (0, None, ["pip install 'migrator[match]' lists new rows that are nearly records of the target"]),
        (1, 0, ["1 question in decisions.yaml"]),
        (2, 1, ["2 questions in decisions.yaml · 1 new row nearly like a record of the target  -> out/proposals.csv"]),
        (0, 0, []),
    ],
)
def test_what_a_person_may_decide_is_one_line(questions: int, proposals: int | None, said: list[str]) -> None:
    """Open questions and proposals, each with its number and its place; nothing where there are none."""
    made = summary(Sizes(questions=questions, proposals=proposals))
    text = plan_text(made, folder="out", shows_values=True).splitlines()
    assert [line for line in text if line.startswith("  To decide")] == [f"  To decide {line}" for line in said]


def test_options_are_shown_with_what_becomes_of_them() -> None:
    """The first of them, each with the rows that want it; their values only where values may be seen."""
    made = summary(Sizes(options=5))
    made = replace(made, options=(*made.options[:1], made.options[1]._replace(policy="send", rows=1)))
    shown = plan_text(made, folder="out", shows_values=True)
    assert "  > contacts.LastName0 'Agent'  will be added to its list, for 3 rows\n" in shown
    assert "  > contacts.LastName1 'Agent'  is no option, sent as it is, for 1 row\n" in shown
    assert "  and 3 values more that lists lack -> out/options.csv\n" in shown
    assert "Agent" not in plan_text(made, folder="out", shows_values=False)
    assert ending(made, report="")[1].endswith("5,000 rejected, 8 conflicts, 7 links, 5 options to add.")


def test_keys_that_no_row_states_are_said() -> None:
    """In one line, with where they are listed."""
    text = plan_text(summary(Sizes(objects=2)), folder="out", shows_values=False)
    line = "  Gone  no row states these keys of earlier runs any longer: contacts0 4, contacts1 4 -> out/gone.csv"
    assert line in text.splitlines()


def test_what_is_left_out_is_counted() -> None:
    """Objects, groups and notes that have no line are told by their number."""
    text = plan_text(summary(Sizes(objects=9, groups=7, files=3)), folder="out", shows_values=False).splitlines()
    assert "  and 1 object more: migrator show acme.plan --json" in text
    assert "   and 2 groups more: migrator show acme.plan --json" in text
    assert "  and 13 notes more in the report" in text  # three warnings, three files, nine objects; three are shown


@pytest.mark.parametrize("name", ["object", "because", "file", "field", "column", "key", "place", "fact"])
def test_long_texts_keep_the_lines_short(name: str) -> None:
    """A text of any length is cut, and makes no line more."""
    sizes = Sizes(objects=3, groups=3, files=3, samples=3)
    usual = plan_text(summary(sizes), folder="out", shows_values=True).splitlines()
    found = plan_text(summary(sizes, **{name: "x" * 5000}), folder="out", shows_values=True).splitlines()
    assert len(found) == len(usual)
    assert max(map(len, found)) <= MAX_WIDTH


def test_columns_of_the_table_add_up(small: Summary) -> None:
    """What stands in the table is what stands in the closing line."""
    lines = plan_text(small, folder="out", shows_values=False).splitlines()
    rows = [re.sub(r" & (\d+)", "", line).split() for line in lines if re.match(r"  \d+  \w", line)]
    columns = [[int(cell.replace(",", "")) for cell in row[2:8]] for row in rows]
    assert all(row[0] == sum(row[1:]) for row in columns)
    sums = [sum(column) for column in zip(*columns, strict=True)]
    assert sums == [12, 3, 1, 1, 1, 6]


@pytest.mark.parametrize("name", ["key", "before", "after", "fact", "reason"])
def test_data_cannot_move_the_cursor(name: str) -> None:
    """Escape sequences, controls and marks of direction in data are spelled out in both texts."""
    hostile = "a\x1b[2J\x07\u202e\x9bb\nc"
    made = summary(Sizes(samples=3, troubles=3, has_run=True), **{name: hostile})
    text = plan_text(made, folder="out", shows_values=True) + run_text(made)
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text) == []
    assert "a\\u001b[2J\\u0007\\u202e\\u009bb c" in text


def test_run_is_written_to_the_letter(tmp_path: Path) -> None:
    """How many operations stand where, why it stopped, and each that did not land with its key and target id."""
    path = make(tmp_path)
    endings = {
        "+ companies/1": Ending(state=State.APPLIED, target_id="c9", outcome="applied"),
        "~ companies/2": Ending(state=State.QUARANTINED, outcome="drift", reason="drift: Description"),
        "+ contacts/1": Ending(state=State.REJECTED, outcome="refused", reason="Name is\x1b too long"),
        "+ contacts/2": Ending(state=State.IN_DOUBT, outcome="in doubt", reason="no answer"),
        "& contacts/1": Ending(state=State.BLOCKED, reason="the record it points at"),
    }
    run(path, endings, "HALTED", "E709 stopped")
    with Plan(path) as plan, reader(path) as ledger:
        text = run_text(summarize(plan, ledger))
    assert text == dedent("""\
        Run 1 of acme.plan: halted
                  1  written and in the target
                  1  refused by the target
                  1  quarantined, for you to decide
                  1  blocked by what they point at
                  1  in doubt, to be read before anything is sent
                  1  not sent yet
          E709 stopped
          quarantined: companies companies.csv:3 (2) k2: drift: Description
          rejected: contacts people.csv:2 (1): Name is\\u001b too long
          in doubt: contacts people.csv:3 (2): no answer
          blocked: contacts people.csv:2 (1): the record it points at""")


def test_run_that_never_was_is_told_so() -> None:
    """A plan that was made only."""
    assert run_text(summary()) == "acme.plan: never applied."


def test_run_of_many_troubles_is_short() -> None:
    """Five are shown, the rest is counted and stands in the table beside the report."""
    counts = {State.APPLIED: 1_000, State.REJECTED: 600, State.QUARANTINED: 6, State.INTENT: 1, State.IN_DOUBT: 1}
    made = summary(Sizes(troubles=50))
    made = replace(made, run=RunView("DONE_WITH_FINDINGS", NOW, NOW, "", 2, counts, {}))
    lines = run_text(made).splitlines()
    assert lines[0] == "Run 2 of acme.plan: done with findings"
    assert lines[-1] == "  and 603 more, in results.csv"
    assert sum(line.startswith("  quarantined: ") for line in lines) == 5
    assert len(lines) <= 12


def test_verified_counts_as_written() -> None:
    """What was read back stands among what was written."""
    counts = {State.APPLIED: 1, State.VERIFIED: 2, State.NOOP: 3, State.PLANNED: 0}
    made = replace(summary(), run=RunView("DONE", NOW, NOW, "", 1, counts, {}))
    assert run_text(made).splitlines()[1:] == [
        "          3  written and in the target",
        "          3  already as planned",
    ]
