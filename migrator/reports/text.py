"""A summary as text: at most 40 lines, whatever the size of the plan."""

from collections.abc import Iterator, Mapping
from typing import Any

from migrator.codes import all_codes
from migrator.records import Action
from migrator.reports.summary import ObjectLine, Summary, Trouble, closing_line
from migrator.reports.wording import KEPT, OPTIONS, STAYS, duration, harmless, moment, of, spelled
from migrator.store.changes import Change
from migrator.store.states import State
from migrator.store.views import ProblemGroup

MAX_LINES = 40
ENDING_LINES = 3
MAX_OBJECTS = 8
MAX_GROUPS = 5
MAX_NOTES = 4
MAX_GUARDS = 2
MAX_WANTED = 2
MAX_OPTIONS = 2
MAX_REASON = 160
MAX_WIDTH = 160
MAX_PLACES = 3
MAX_FACT = 50
MAX_SAMPLES = 3
MAX_FIELDS = 3
MAX_READS = 4

_HEADINGS = ("#", "object", "rows", "+", "~", "=", "·", "!", "calls", "est. time", "tier", "order because")
_UNDO_HEADINGS = (*_HEADINGS[:3], "-", *_HEADINGS[4:])
_WORDS = frozenset({"object", "tier", "order because"})
_TROUBLES = {State.REJECTED, State.QUARANTINED, State.BLOCKED, State.INTENT, State.IN_DOUBT}
_UNDO_LEGEND = "  - delete   ~ give back   = as before   · keep"
_LEGEND = "  + create   ~ update   = unchanged   · skip   ! reject"


def plan_text(summary: Summary, *, folder: str, shows_values: bool) -> str:
    """Write a plan as text without its closing lines; `folder` is where its report files lie."""
    what = f"Undo of run {summary.undo['run']} of" if summary.undo else "Plan for"
    head = [
        f"{what} {summary.mapping_path}    source {summary.source}    target {summary.target}",
        "",
        (_UNDO_LEGEND if summary.undo else _LEGEND) + ("   & link" if summary.totals["link"] else ""),
        "",
        *_table(summary),
        "",
        *_some(_notes(summary), MAX_NOTES),
        *_gone(summary, folder),
        *_wanted(summary, folder, shows_values=shows_values),
        *_options(summary, folder, shows_values=shows_values),
        *_overwrites(summary),
        *_undo(summary),
    ]
    hints = list(_hints(summary, folder)) or [""]
    tail = [*_problems(summary, folder, shows_values=shows_values), *hints, *_limits(summary)]
    room = MAX_LINES - ENDING_LINES - len(head) - len(tail)  # samples take what is left
    samples = [*_samples(summary, shows_values=shows_values)][: max(room, 0)]
    return "\n".join(_cut(line) for line in [*head, *samples, *tail])


def _cut(line: str) -> str:
    """Shorten a line that would wrap twice on most terminals."""
    return line if len(line) <= MAX_WIDTH else f"{line[: MAX_WIDTH - 1]}…"


def ending(summary: Summary, *, report: str) -> list[str]:
    """Give the last three lines: where the plan lies, the totals, and what to do next."""
    saved = f"  Plan saved: {summary.plan}" + (f"   Report: {report}" if report else "")
    return [saved, closing_line(summary.totals), f"Next: {next_step(summary, report=report)}"]


def next_step(summary: Summary, *, report: str) -> str:
    """Say what a person does with this plan now."""
    look = f"open {report}, then   " if report else ""
    match summary.verdict:
        case "ready" | "rejects" | "nothing" | "blocked" if summary.questions and not summary.header["is_offline"]:
            return f"migrator resolve --mapping {summary.mapping_path}"
        case "blocked" if summary.header["is_offline"]:
            return "plan again without --offline to apply it"
        case "blocked":
            return f"{look}mend the data or raise the limit, and plan again"
        case "applied" | "findings":
            return f"{look}migrator status {summary.plan}"
        case "nothing" if summary.undo:
            return "nothing to do: nothing of it is left to undo"
        case "nothing":
            return "nothing to do: the target holds all of it"
    return f"{look}migrator apply {summary.plan}"


def _table(summary: Summary) -> list[str]:
    shown = summary.objects[:MAX_OBJECTS]
    headings = _UNDO_HEADINGS if summary.undo else _HEADINGS
    rows = [headings, *(_cells(n, line, summary) for n, line in enumerate(shown, start=1))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(headings))]
    lines = ["  " + "  ".join(_aligned(row, headings, widths)).rstrip() for row in rows]
    rest = len(summary.objects) - len(shown)
    return [*lines, *([f"  and {of(rest, 'object')} more: migrator show {summary.plan} --json"] if rest else [])]


def _aligned(row: tuple[str, ...], headings: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    """Put numbers to the right of their columns, words to the left."""
    for heading, cell, width in zip(headings, row, widths, strict=True):
        yield cell.ljust(width) if heading in _WORDS else cell.rjust(width)


def _cells(number: int, line: ObjectLine, summary: Summary) -> tuple[str, ...]:
    rate = summary.calls["per_second"]
    time = duration(line.calls / rate) if rate else "-"
    create = f"{line.create:,}" + (f" + {line.for_lookups:,} for lookups" if line.for_lookups else "")
    create = f"{line.delete:,}" if summary.undo else create  # an undo creates nothing
    update = f"{line.update:,}" + (f" & {line.link:,}" if line.link else "")
    counts = (f"{line.rows:,}", create, update, f"{line.unchanged:,}", f"{line.skip:,}", f"{line.reject:,}")
    return (str(number), line.name, *counts, f"{line.calls:,}", time, line.tier, line.because)


def _some(lines: Iterator[str], limit: int) -> list[str]:
    """Take the first lines, the last of which says how many are left out."""
    listed = list(lines)
    rest = len(listed) - limit + 1
    return listed if rest <= 1 else [*listed[: limit - 1], f"  and {of(rest, 'note')} more in the report"]


def _notes(summary: Summary) -> Iterator[str]:
    """Say how each file was understood, and what the row steps left out and added; warnings first."""
    for file in summary.files:
        for code, fact in file["warnings"]:
            yield f"  {code}  {file['file']}: {harmless(fact)}"
    for file in summary.files:
        notes = [*file["notes"], *([f"{file['blank_rows']:,} blank rows"] if file["blank_rows"] else [])]
        yield f"  {file['file']}: {of(file['rows'], 'row')}; {'; '.join(notes)}"
    if (named := summary.header["source"]["contents"])["files"]:
        yield f"  {of(named['files'], 'file')} that rows name; {of(named['bytes'], 'byte')}"
    for line in summary.objects:
        counts = [(step, n, line.multiplied.get(step, 0)) for step, n in line.dropped.items()]
        if steps := [text for step, *found in counts for text in _step_counts(step, *found)]:
            yield f"  {line.name}: {line.read:,} rows read, {', '.join(steps)}"


def _step_counts(step: str, dropped: int, added: int) -> Iterator[str]:
    if dropped:
        yield f"left out {dropped:,} by step {step}"
    if added:
        yield f"+{added:,} by step {step}"


def _gone(summary: Summary, folder: str) -> Iterator[str]:
    """Say what earlier runs wrote and no row states now; nothing becomes of it."""
    if found := [f"{line.name} {line.gone:,}" for line in summary.objects if line.gone]:
        yield f"  Gone  no row states these keys of earlier runs any longer: {', '.join(found)} -> {folder}/gone.csv"


def _wanted(summary: Summary, folder: str, *, shows_values: bool) -> Iterator[str]:
    """Say which records are created for lookups: those first that most rows wait on."""
    for item in summary.wanted[:MAX_WANTED]:
        value = f" {spelled(item.values)}" if shows_values else ""
        yield f"  + {item.object}{value}  for lookups, {of(item.rows, 'row')} on it"
    if (rest := summary.totals["for_lookups"] - MAX_WANTED) > 0:
        yield f"  and {of(rest, 'record')} more for lookups -> {folder}/created.csv"


def _options(summary: Summary, folder: str, *, shows_values: bool) -> Iterator[str]:
    """Say what becomes of values that the target's lists lack: those that are added first."""
    for option in summary.options[:MAX_OPTIONS]:
        value = f" {spelled(option.value)}" if shows_values else ""
        what = f"{OPTIONS[option.policy]}, for {of(option.rows, 'row')}"
        yield f"  {Action.APPEND.rune} {option.object}.{harmless(option.field)}{value}  {what}"
    if (rest := sum(summary.header["options"].values()) - MAX_OPTIONS) > 0:
        yield f"  and {of(rest, 'value')} more that lists lack -> {folder}/options.csv"


def _overwrites(summary: Summary) -> Iterator[str]:
    found = [f"{line.name}.{name} {count:,}" for line in summary.objects for name, count in line.overwrites.items()]
    if found:
        more = f"   and {len(found) - MAX_GROUPS} more" if len(found) > MAX_GROUPS else ""
        yield ""
        yield f"  Fields that would overwrite existing values:  {'   '.join(found[:MAX_GROUPS])}{more}  <- look"


def _undo(summary: Summary) -> Iterator[str]:
    """Say up front what an undo cannot do, and how far it could look."""
    if not summary.undo:
        return
    looked_at, unknown, cannot = (", ".join(summary.undo[key]) for key in ("looked_at", "unknown", "cannot"))
    yield from (
        [f"  Cannot be undone  creates of {cannot}: the connector knows no call that deletes them"] if cannot else []
    )
    yield f"  Cannot be undone  {STAYS[0]}"
    yield from [f"  Cannot be seen    {STAYS[1]}"] if summary.totals["delete"] else []
    yield from [f"  Links looked for  in {looked_at}" + (f"; not known: {unknown}" if unknown else "")] * bool(
        looked_at
    )


def _samples(summary: Summary, *, shows_values: bool) -> Iterator[str]:
    for n, change in enumerate(summary.samples[:MAX_SAMPLES]):
        heading = "  Samples  " if n == 0 else "           "
        if n == 0:
            yield ""
        values = _fields(change, shows_values=shows_values)
        yield f"{heading}{change.action.rune} {change.object} {_where(change)}  {values}".rstrip()


def _where(change: Change) -> str:
    if change.action is Action.APPEND:
        return harmless(change.key)
    return f"{change.place or change.target_id or 'for lookups'} ({harmless(change.key)})"


def _fields(change: Change, *, shows_values: bool) -> str:
    named = list(change.after.items())[:MAX_FIELDS]
    more = f" and {len(change.after) - MAX_FIELDS} more fields" if len(change.after) > MAX_FIELDS else ""
    if not shows_values:
        return ", ".join(name for name, _value in named) + more
    if change.action is Action.CREATE:
        return ", ".join(f"{name} {spelled(value)}" for name, value in named) + more
    return ", ".join(f"{name} {spelled(change.before.get(name))} -> {spelled(value)}" for name, value in named) + more


def _problems(summary: Summary, folder: str, *, shows_values: bool) -> Iterator[str]:
    if not summary.groups:
        return
    yield ""
    yield "  Problems"
    for group in summary.groups[:MAX_GROUPS]:
        yield f"   {group.code}  {_group(group, shows_values=shows_values)}  -> {folder}/{_file_of(group.code)}"
    rest = len(summary.groups) - MAX_GROUPS
    if rest > 0:
        yield f"   and {of(rest, 'group')} more: migrator show {summary.plan} --json"


def _group(group: ProblemGroup, *, shows_values: bool) -> str:
    """Say how many, of what, what is the case, and where to look first."""
    code = all_codes().get(group.code)
    field = f"{group.field}: " if group.field else ""
    places = ", ".join(place for place in group.places[:MAX_PLACES] if place)
    if group.code in KEPT:  # keys, ids and names of fields only
        return f"{group.rows:,} {group.object}  {code.title if code else ''}  {harmless('; '.join(group.facts[:2]))}"
    first = f" ({harmless(group.facts[0])[:MAX_FACT]})" if shows_values else ""
    return f"{group.rows:,} {group.object}  {field}{code.title if code else ''}  e.g. {places}{first}"


def _file_of(code: str) -> str:
    if code in {"E301", "E302", "E303", "W305"}:
        return "duplicates.csv"
    if code in {"W116", "W117", "W118"}:
        return "options.csv"
    return "rejects.csv" if code.startswith("E") else "problems.jsonl"


def _hints(summary: Summary, folder: str) -> Iterator[str]:
    """Say what a person may decide, in one line; it takes the place of a blank one, since lines are few."""
    said = [f"{of(summary.questions, 'question')} in decisions.yaml"] if summary.questions else []
    if summary.proposals is None:
        said.append("pip install 'migrator[match]' lists new rows that are nearly records of the target")
    elif summary.proposals:
        rows = of(summary.proposals, "new row")
        said.append(f"{rows} nearly like a record of the target  -> {folder}/proposals.csv")
    if said:
        yield f"  To decide {' · '.join(said)}"


def _limits(summary: Summary) -> Iterator[str]:
    for fact in summary.guards[:MAX_GUARDS]:
        yield f"  Blocked   {fact}: apply will refuse this plan"
    if summary.header["is_offline"]:
        yield "  Offline   the target was not asked: matches, lookups in it and conflicts are not known"
    if read := [_read(one) for one in summary.header.get("reads", ()) if one["by"] != "nothing"]:
        more = f" · and {len(read) - MAX_READS} more" if len(read) > MAX_READS else ""
        yield f"  Reads     {' · '.join(read[:MAX_READS])}{more}"
    rate, calls = summary.calls["per_second"], summary.calls["total"]
    pace = (
        f"{calls:,} calls at {rate:g}/s · {duration(summary.calls['seconds'])}"
        if rate
        else f"{calls:,} calls, without a limit"
    )
    probed = summary.header["connector"]["probed"]
    tiers = f"probed with {probed}" if probed else "tiers not probed"
    yield f"  Limits    {pace} · the reads of an update are counted, a read-back afterwards is not · {tiers}"


def _read(one: Mapping[str, Any]) -> str:
    """Say how an object of the target was read, and what the other way would have cost."""
    if one["by"] == "pages":
        other = "" if one["instead"] is None else f", asking takes {of(one['instead'], 'call')}"
        return f"{one['target']} in {of(one['calls'], 'page')}{other}"
    other = "" if one["instead"] is None else f", its list has {of(one['instead'], 'page')}"
    return f"{one['target']} in {of(one['calls'], 'call')} by {one['by']}{other}"


def run_text(summary: Summary) -> str:
    """Write what became of a plan, in a few lines."""
    run = summary.run
    if run is None:
        return f"{summary.plan}: never applied."
    names = {
        "undone in the target" if summary.undo else "written and in the target": (State.APPLIED, State.VERIFIED),
        "already as planned": (State.NOOP,),
        "refused by the target": (State.REJECTED,),
        "quarantined, for you to decide": (State.QUARANTINED,),
        "blocked by what they point at": (State.BLOCKED,),
        "in doubt, to be read before anything is sent": (State.INTENT, State.IN_DOUBT),
        "not sent yet": (State.PLANNED,),
    }
    counts = {words: sum(run.counts.get(state, 0) for state in states) for words, states in names.items()}
    lines = [f"Run {run.number} of {summary.plan}: {run.state.lower().replace('_', ' ')}"]
    lines += [f"  {count:>9,}  {words}" for words, count in counts.items() if count]
    lines += [f"  {harmless(run.reason)}"] if run.reason else []
    if found := summary.verified:
        how = "all as planned" if found.is_clean else "not all as planned"
        lines.append(f"  {found.read:,} of {found.landed:,} read back {moment(found.wall)}: {how}")
    lines += [_trouble(item) for item in summary.troubles[:MAX_GROUPS]]
    rest = sum(counts[words] for words, states in names.items() if set(states) & _TROUBLES) - MAX_GROUPS
    return "\n".join([*lines, *([f"  and {rest:,} more, in results.csv"] if rest > 0 else [])])


def _trouble(item: Trouble) -> str:
    where = f"{item.change.object} {_where(item.change)}" + (f" {item.target_id}" if item.target_id else "")
    return f"  {item.state.lower().replace('_', ' ')}: {where}: {harmless(item.reason)[:MAX_REASON]}"
