"""The undo of a run in every form of report: what is deleted and given back, what stays, and what nobody can see."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from report_cases import make

from migrator.reports.html import plan_html
from migrator.reports.machine import plan_json
from migrator.reports.summary import Summary, summarize
from migrator.reports.text import ending, plan_text
from migrator.store.plan import Plan
from migrator.store.views import ProblemGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

UNDO = {
    "run": 3,
    "plan": "p",
    "name": "acme.plan",
    "looked_at": ["companies", "jobs"],
    "unknown": ["notes"],
    "cannot": ["tasks"],
}
KEPT = ProblemGroup("W620", "companies", "", 1, [""], ["key 7, k7: changed since in Name"], "decide by hand")
TEXT = """\
Undo of run 3 of acme.yaml    source what run 3 of acme.plan wrote    target crelate at https://crm.example

  - delete   ~ give back   = as before   · keep

  #  object     rows  -  ~  =  ·  !  calls  est. time  tier  order because
  1  companies     4  2  1  0  1  0      6        3 s  A     last written, first undone

  Cannot be undone  creates of tasks: the connector knows no call that deletes them
  Cannot be undone  time stamps, audit logs, mails and workflows that were triggered, values derived elsewhere, \
ids of what is gone
  Cannot be seen    what somebody added to a created record in fields that the run did not write goes with it
  Links looked for  in companies, jobs; not known: notes

  Problems
   W620  1 companies  changed since the run  key 7, k7: changed since in Name  -> out/problems.jsonl

  Reads     companies in 1 page · contacts in 1 page
  Limits    6 calls at 2/s · 3 s · the reads of an update are counted, a read-back afterwards is not \
· tiers not probed"""


@pytest.fixture(scope="module")
def undo(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """Make the summary of an undo of that of a plan."""
    with Plan(make(tmp_path_factory.mktemp("plan"))) as plan:
        found = summarize(plan)
    counts: dict[str, Any] = {"create": 0, "update": 1, "unchanged": 0, "skip": 1, "reject": 0, "link": 0}
    line = replace(found.objects[0], **counts, rows=4, delete=2, calls=6, overwrites={}, because=_BECAUSE)
    totals: Mapping[str, int] = {**found.totals, **counts, "rows": 4, "delete": 2, "conflict": 0}
    return replace(
        found,
        mapping_path="acme.yaml",
        source="what run 3 of acme.plan wrote",
        objects=(line,),
        totals=totals,
        groups=(KEPT,),
        samples=(),
        files=(),
        calls={**found.calls, "total": 6, "seconds": 3.0},
        header={**found.header, "undo": UNDO},
    )


_BECAUSE = "last written, first undone"


def test_undo_is_written_to_the_letter(undo: Summary) -> None:
    """What cannot be undone stands before all else; keys, ids and names of fields are no values of records."""
    assert plan_text(undo, folder="out", shows_values=False) == TEXT
    assert ending(undo, report="")[1:] == [
        "Plan: 0 to create, 1 to update, 0 unchanged, 1 skipped, 0 rejected, 2 to delete.",
        "Next: migrator apply acme.plan",
    ]


def test_undo_with_nothing_left_says_so(undo: Summary) -> None:
    """It is no plan that the target already holds."""
    nothing = replace(undo, header={**undo.header, "operations": 0})
    assert ending(nothing, report="")[-1] == "Next: nothing to do: nothing of it is left to undo"
    assert "Nothing of this run is left to undo." in plan_html(nothing)


def test_undo_as_data_counts_deletes(undo: Summary) -> None:
    """Beside the keys that every plan has, there are its deletes and what it undoes."""
    data = plan_json(undo)
    assert (data["totals"]["delete"], data["objects"]["companies"]["delete"], data["plan"]["undo"]) == (2, 2, UNDO)


def test_undo_as_a_page_shows_deletes_and_what_stays(undo: Summary) -> None:
    """Without values of records, what is kept is named by key, id and fields all the same."""
    page = plan_html(undo, shows_values=False)
    for text in (
        "<h1>Undo of run 3 of acme</h1>",
        "<p>The connector knows no call that deletes tasks: such records stay.</p>",
        "looked for in companies, jobs; not known are those in notes.</p>",
        "<td>key 7, k7: changed since in Name</td>",
        '<rect class="delete" x="0.0" y="0" width="50.0" height="10"/>',
        "What is listed below is deleted or given back",
    ):
        assert text in page
