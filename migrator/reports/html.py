"""A summary as one self-contained page: no script, nothing from outside, every value escaped.

The one style sheet is allowed by its hash, everything else by nothing. Jinja2 is imported here for the page alone.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from migrator.codes import all_codes
from migrator.records import Action
from migrator.reports.summary import Summary, closing_line
from migrator.reports.wording import KEPT, OPTIONS, STAYS, duration, harmless, moment, of, spelled
from migrator.resources import packaged
from migrator.store.changes import Change
from migrator.store.states import State

_UNDO_TEXTS = {
    "ready": "What is listed below is deleted or given back; what is kept, and why, is among the problems.",
    "nothing": "Nothing of this run is left to undo.",
}
ACTIONS = (Action.CREATE, Action.UPDATE, Action.UNCHANGED, Action.SKIP, Action.REJECT)
MAX_FIELDS = 12

_VERDICTS = {
    "ready": ("Ready", "Every row can be written as shown below."),
    "rejects": ("Ready, with rejects", "The rows below are refused and stay out; all others can be written."),
    "blocked": ("Blocked", "This plan will not be applied."),
    "nothing": ("Nothing to do", "The target holds all of it already."),
    "applied": ("Applied", "Every operation of this plan is in the target."),
    "findings": ("Applied, with findings", "Some operations did not land; they are listed below."),
    "stopped": ("Stopped, resumable", "Applying the plan again goes on where it stopped; nothing is sent twice."),
}
_STATES = {
    State.APPLIED: "written",
    State.VERIFIED: "written and read back",
    State.NOOP: "already as planned",
    State.REJECTED: "refused by the target",
    State.QUARANTINED: "quarantined",
    State.BLOCKED: "blocked",
    State.IN_DOUBT: "in doubt",
    State.INTENT: "in doubt",
    State.PLANNED: "not sent",
    State.SKIPPED: "left out",
}


@cache
def _template(folder: Path) -> jinja2.Template:
    """Compile the page once: a run that plans and applies writes it twice."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # it is compiled for one page: folding constants takes longer than it saves
    )
    filters: dict[str, Any] = {
        "number": lambda count: f"{count:,}",
        "harmless": harmless,
        "duration": duration,
        "moment": moment,
    }
    env.filters |= filters
    return env.get_template("report.html.j2")


def plan_html(summary: Summary, *, shows_values: bool = True) -> str:
    """Render the page. Values of records stand in it, as in rejects.csv; without `shows_values` they do not."""
    folder = packaged("reports", "templates")
    style = (folder / "report.css").read_text(encoding="utf-8")
    return _template(folder).render(
        summary=summary,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        verdict=_verdict(summary),
        closing=closing_line(summary.totals),
        actions=_actions(summary),
        bars=[_bar(line, _actions(summary)) for line in summary.objects],
        samples=[_sample(change, shows_values=shows_values) for change in summary.samples],
        titles={code: (item.title, item.fix) for code, item in all_codes().items()},
        shows_values=shows_values,
        outcomes=_outcomes(summary),
        words=_STATES,
        of=of,
        option_words=OPTIONS,
        stays=STAYS,
        kept=KEPT,
        more_options=sum(summary.header["options"].values()) - len(summary.options),
    )


def _verdict(summary: Summary) -> dict[str, str]:
    title, text = _VERDICTS[summary.verdict]
    text = _UNDO_TEXTS.get(summary.verdict, text) if summary.undo else text
    if summary.guards:
        text = f"{text} {'; '.join(summary.guards)}."
    return {"kind": summary.verdict, "title": title, "text": text}


def _actions(summary: Summary) -> tuple[Action, ...]:
    """Give the columns of the table: an undo deletes where other plans create."""
    return (Action.DELETE, *ACTIONS[1:]) if summary.undo else ACTIONS


def _bar(line: Any, actions: tuple[Action, ...]) -> list[dict[str, Any]]:
    """Give the parts of an object's bar, in per cent of its rows."""
    parts, start = [], 0.0
    for action in actions:
        count = int(getattr(line, action.value))
        width = 100 * count / line.rows if line.rows else 0
        parts.append({"action": action, "count": count, "start": round(start, 3), "width": round(width, 3)})
        start += width
    return parts


def _sample(change: Change, *, shows_values: bool) -> dict[str, Any]:
    fields = [
        {
            "name": name,
            "before": spelled(change.before.get(name)) if shows_values else "",
            "after": spelled(value) if shows_values else "",
        }
        for name, value in list(change.after.items())[:MAX_FIELDS]
    ]
    return {"change": change, "fields": fields, "more": len(change.after) - len(fields)}


def _outcomes(summary: Summary) -> list[tuple[str, int]]:
    if summary.run is None:
        return []
    found: dict[str, int] = {}
    for state, words in _STATES.items():
        found[words] = found.get(words, 0) + summary.run.counts.get(state, 0)
    return [(words, count) for words, count in found.items() if count]
