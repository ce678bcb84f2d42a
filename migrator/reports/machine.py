"""A summary as one JSON object, in the form that scripts rely on."""

from typing import Any

from migrator.reports.summary import Summary
from migrator.reports.verified import verified_json
from migrator.store.views import RunView

COUNTS = ("create", "update", "link", "unchanged", "skip", "reject", "conflict", "rows")


def plan_json(summary: Summary) -> dict[str, Any]:
    """Give a plan as data. Values of records are not in it, but for those that the target's lists lack."""
    objects = _objects(summary)
    totals = {key: sum(int(facts[key]) for facts in objects.values()) for key in _counts(summary)}
    return {
        "v": 1,
        "plan": {
            "id": summary.plan_id,
            "name": summary.plan,
            "made": summary.made,
            "mapping": summary.mapping,
            "sha256": summary.header["mapping"]["sha256"],
            "target": summary.header["target"],
            "verdict": summary.verdict,
            "guards": list(summary.guards),
            "operations": summary.header["operations"],
            **({"undo": summary.undo} if summary.undo else {}),
            "proposals": summary.proposals,
            "questions": summary.questions,
            "contents": summary.header["source"]["contents"],
            "files": [{key: file[key] for key in ("file", "sha256", "rows", "blank_rows")} for file in summary.files],
        },
        "totals": totals,
        "objects": objects,
        "problems": [
            {
                "code": group.code,
                "count": group.rows,
                "object": group.object,
                "field": group.field,
                "rows": group.places,
            }
            for group in summary.groups
        ],
        "options": options_json(summary),
        "calls": dict(summary.calls),
        "reads": summary.header.get("reads", []),
        "run": run_json(summary.run),
        "verify": verified_json(summary.verified),
    }


def _counts(summary: Summary) -> tuple[str, ...]:
    """Name what is counted; only an undo deletes."""
    return (*COUNTS, "delete") if summary.undo else COUNTS


def _objects(summary: Summary) -> dict[str, dict[str, Any]]:
    objects: dict[str, dict[str, Any]] = {}
    for line in summary.objects:
        counts: dict[str, Any] = {key: int(getattr(line, key)) for key in _counts(summary)}
        counts["create"] += line.for_lookups
        objects[line.name] = {
            **counts,
            "for_lookups": line.for_lookups,
            "gone": line.gone,
            "tier": line.tier,
            "target": line.target,
        }
    return objects


def options_json(summary: Summary) -> dict[str, Any]:
    """Give how many values the target's lists lack, by what is done about them, and the first of these values."""
    values = [
        {"object": one.object, "field": one.field, "value": one.value, "options": one.policy, "rows": one.rows}
        for one in summary.options
    ]
    return {**summary.header["options"], "values": values}


def run_json(run: RunView | None) -> dict[str, Any] | None:
    """Give how the runs of a plan stand."""
    if run is None:
        return None
    return {
        "run": run.number,
        "state": run.state,
        "began": run.began,
        "ended": run.ended,
        "reason": run.reason,
        "operations": {str(state): count for state, count in run.counts.items()},
    }
