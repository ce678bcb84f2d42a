"""What a plan says of itself: what it was made from and for, what it will do, and whether a guard stands against it."""

import hashlib
import json
import math
import zoneinfo
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from migrator.connectors.protocols import Target
from migrator.json_text import to_json
from migrator.planner.changes import ChangeMaker
from migrator.planner.compiling import Compiled, CompiledObject
from migrator.planner.composing import Counts
from migrator.planner.stage import StageCount
from migrator.planner.survey import Survey
from migrator.records import Action, Identity
from migrator.resources import VERSION
from migrator.spec.values import Limit, Lookup, MappingSpec
from migrator.store.draft import Draft
from migrator.store.options import added_options, count_options
from migrator.store.plan_schema import FORMAT
from migrator.store.resolving import refers_to_own
from migrator.store.tallies import count_contents, left_by_object

TOTALS = ("create", "update", "link", "unchanged", "skip", "reject", "conflict", "rows")


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What the steps of planning found, as the header needs it."""

    staged: Mapping[str, StageCount]
    survey: Survey | None
    maker: ChangeMaker
    identity: Identity
    gone: Mapping[int, int]


def make_header(compiled: Compiled, draft: Draft, target: Target, findings: Findings) -> dict[str, Any]:
    """Gather the header but for what the ledger adds: the plan's id, when it was made, lineage and serial."""
    left = left_by_object(draft)
    objects = {
        name: _object_facts(compiled, compiled.objects[name], findings, left.get(compiled.objects[name].number, {}))
        for name in compiled.order.objects
    }
    totals = {key: sum(int(facts[key]) for facts in objects.values()) for key in TOTALS}
    totals["for_lookups"] = sum(int(facts["for_lookups"]) for facts in objects.values())
    options = count_options(draft)
    totals["append"] = options["append"]
    spec = compiled.spec
    return {
        "format": FORMAT,
        "tool": VERSION,
        "mapping": mapping_facts(spec),
        "project": str(spec.project),
        "source": {
            "connector": ", ".join(dict.fromkeys(one.connector for one in spec.sources.values())),
            "files": _files(findings),
            "contents": count_contents(draft),
        },
        "connector": {
            "name": compiled.catalog.connector,
            "version": compiled.catalog.version,
            "probed": compiled.catalog.probed,
        },
        "target": {"origin": findings.identity.origin, "fingerprint": findings.identity.fingerprint},
        "is_offline": findings.survey is None,
        "objects": objects,
        "totals": totals,
        "operations": findings.maker.writer.count,
        "chain": findings.maker.writer.chain,
        "order": [cycle.facts() for cycle in findings.maker.cycles],
        "options": options,
        "calls": _calls(compiled, target, findings.maker.counts, _lists(draft)),
        "refers_to_own": refers_to_own(draft),
        "reads": [asdict(item) for item in findings.survey.reads] if findings.survey else [],
        "guards": [],
        "zones": zone_version(),
    }


def mapping_facts(spec: MappingSpec) -> dict[str, str]:
    """Say which mapping a plan was made from."""
    parsed = to_json(_plain(spec.document.data)).encode()
    return {
        "name": spec.name,
        "path": str(spec.path),
        "sha256": spec.sha256,
        "parsed_sha256": hashlib.sha256(parsed).hexdigest(),
    }


def tripped_guards(
    compiled: Compiled, header: Mapping[str, Any], survey: Survey | None, rejects: Limit | None
) -> list[dict[str, str]]:
    """Hold the plan against the mapping's limits; `rejects` goes before the mapping's own."""
    limits, totals = compiled.spec.limits, header["totals"]
    found = []
    creates = totals["create"] + totals["for_lookups"]
    if limits.creates and limits.creates.is_exceeded(creates, of=totals["rows"]):
        found.append({"guard": "creates", "fact": f"{creates:,} creates, the limit is {limits.creates}"})
    for name, facts in header["objects"].items():
        held = survey.counts.get(facts["target"]) if survey else None
        if limits.updates and facts["update"] and limits.updates.is_exceeded(facts["update"], of=held):
            of = "" if held is None else f" of {held:,} records"
            fact = f"{facts['update']:,} updates of {name}{of}, the limit is {limits.updates}"
            found.append({"guard": "updates", "fact": fact})
    limit = rejects or limits.rejects
    if limit and limit.is_exceeded(totals["reject"], of=totals["rows"]):
        fact = f"{totals['reject']:,} of {totals['rows']:,} rows are rejected, the limit is {limit}"
        found.append({"guard": "rejects", "fact": fact})
    return found


def _object_facts(
    compiled: Compiled, item: CompiledObject, findings: Findings, left: Mapping[str, int]
) -> dict[str, Any]:
    name = item.item.name
    counts, staged = findings.maker.counts[name], findings.staged[name]
    skip, reject = left.get(Action.SKIP, 0), left.get(Action.REJECT, 0)
    facts = asdict(counts) | {"gone": findings.gone.get(item.number, 0)}
    facts |= {"skip": skip, "reject": reject, "rows": counts.create + counts.update + counts.unchanged + skip + reject}
    held = findings.survey.counts.get(item.item.to) if findings.survey else None
    return {
        **facts,
        "target": item.item.to,
        "tier": str(item.tier),
        "read": staged.rows,
        "dropped": staged.dropped,
        "because": compiled.order.because(name, counts.linked),
        "multiplied": staged.multiplied,
        "in_target": held,
        "is_listed": item.target.is_listed,
        "marker": item.marker,
        "match": [line.parts for line in item.item.match],
        "lookups": _lookups(item),
    }


def _lookups(item: CompiledObject) -> dict[str, str]:
    """Name the objects that each reference points at."""
    found = {field.name: field.value.form for field in item.item.fields}
    named = {name: ", ".join(form.objects) for name, form in found.items() if isinstance(form, Lookup)}
    return named | ({"parent": ", ".join(item.item.parent.objects)} if item.item.parent else {})


def _lists(draft: Draft) -> int:
    """Count the picklists that options are added to."""
    return len({(option.target, option.field) for _number, option in added_options(draft)})


def _calls(compiled: Compiled, target: Target, counts: Mapping[str, Counts], lists: int) -> dict[str, Any]:
    """Count the requests of an apply, and how long they take at the pace that is kept."""
    objects = {}
    for name, found in counts.items():
        to = compiled.objects[name].item.to
        calls = math.ceil((found.create + found.for_lookups) / target.bulk_size(to))
        creates = calls * target.write_calls(to, is_update=False)
        objects[name] = creates + (found.update + found.link) * target.write_calls(to, is_update=True)
    options = 2 * lists  # each list is read before it is added to
    total, rate = options + sum(objects.values()), target.requests_per_second
    return {
        "objects": objects,
        "options": options,
        "total": total,
        "per_second": rate,
        "seconds": total / rate if rate else None,
    }


def _files(findings: Findings) -> list[dict[str, Any]]:
    files = {facts.file: asdict(facts) for count in findings.staged.values() for facts in count.files}
    return list(files.values())


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def zone_version() -> str:
    """Say which data of time zones holds here."""
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return f"of the system ({zoneinfo.TZPATH[0] if zoneinfo.TZPATH else 'none'})"
