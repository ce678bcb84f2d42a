"""What an answer proves (guarantees.md, section 6): the connector's own rules first, then the table for every CRM.

Rule: a request is repeated without a read only if it is proved that it was not applied. A success needs the right
status, content type, what the connector says a success holds, and an id. Whatever proves neither is in doubt.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from migrator.connectors.rest.definition import Action, Definition, ErrorRule
from migrator.connectors.rest.http import Answer
from migrator.connectors.rest.json_text import load_json
from migrator.connectors.rest.secret import redact
from migrator.connectors.rest.substitution import at_path, fits
from migrator.errors import Problem
from migrator.records import Outcome, Verdict, Write

MAX_EXCERPT = 2048
MAX_WAIT_SECONDS = 900.0
DEFAULT_WAIT_SECONDS = 5.0

_DIGITS = re.compile(r"^[0-9]{1,9}$", re.ASCII)
_KEY_IN_URL = re.compile(r"(?i)((?:api_?key|token|key|passkey|secret)=)[^&\s\"']+")

REDIRECTS = range(300, 400)
_REFUSED = frozenset({400, 422})
_AUTH = {401: "regenerated, switched off or mistyped?", 402: "check the key", 403: "the key's user may not do this"}


def classify(definition: Definition, action: Action, change: Write, answer: Answer) -> Outcome:
    """Decide what one answer proves about one write that an action sent."""
    if rule := find_rule(definition, change.object, answer):
        return _by_rule(definition, rule, change, answer)
    if answer.status in definition.success_status:
        return _success(definition, action, change, answer)
    return _by_status(definition, change, answer)


def find_rule(definition: Definition, name: str, answer: Answer) -> ErrorRule | None:
    """Find the connector's first rule that an answer to a request about an object fits."""
    for rule in definition.errors:
        if rule.statuses and answer.status not in rule.statuses:
            continue
        if rule.header and not fits(rule.header, answer.headers):
            continue
        if rule.names_required and not _names_required(definition, name, answer):
            continue
        if rule.body and not fits(rule.body, parsed(answer)):
            continue
        return rule
    return None


def retry_after(answer: Answer) -> float | None:
    """Give the seconds of a Retry-After header, in either of its forms; None where there is none or it is garbage.

    A date is measured against the answer's own Date, not against the local clock.
    """
    text = answer.headers.get("retry-after", "").strip()
    if _DIGITS.match(text):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(answer.headers.get("date", ""))
        return max(0.0, (_aware(until) - _aware(sent)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def parsed(answer: Answer) -> Any:
    """Give the body's data; None where it is no JSON."""
    try:
        return load_json(answer.body, answer.charset)
    except (ValueError, RecursionError):
        return None


def excerpt(answer: Answer) -> str:
    """Give what the answer says, shortened, secrets and keys in echoed URLs struck out."""
    text = answer.body[:MAX_EXCERPT].decode("utf-8", errors="replace")
    return redact(_KEY_IN_URL.sub(r"\1***", text))


def halt_problem(definition: Definition, answer: Answer) -> Problem:
    """Say why the whole run stops at this answer."""
    name, status = definition.name, answer.status
    if status in REDIRECTS:
        where = answer.headers.get("location", "elsewhere")
        hint = "correct the base URL; nothing was sent to the new address"
        return Problem(code="E904", place=name, fact=f"the target has moved to {where}", hint=hint)
    if status in _AUTH:
        is_wall = status == 403 and not answer.is_json  # noqa: PLR2004 - the status of the row above
        return unauthorised(definition, answer, "a firewall answers: check the network" if is_wall else _AUTH[status])
    if status == 507:  # noqa: PLR2004 - insufficient storage
        hint = "free some, then apply again"
        return Problem(code="E703", place=name, fact="the account's storage is full", hint=hint)
    hint = "check the base URL; the request is not one that this target knows"
    return Problem(code="E905", place=name, fact=f"the target does not offer this ({status})", hint=hint)


def rule_problem(definition: Definition, rule: ErrorRule, answer: Answer) -> Problem:
    """Say why the whole run stops where a rule of the connector says so."""
    if rule.means == "quota":
        hint = "run it again when the account may send more"
        return Problem(code="E704", place=definition.name, fact="the account's quota is used up", hint=hint)
    if rule.means == "not_found":
        return halt_problem(definition, answer)
    if rule.means == "fatal":
        fact = f"the target cannot do this ({answer.status}): {told_by(rule, answer)[:200]}"
        hint = "report it: the connector sends what it should not"
        return Problem(code="E905", place=definition.name, fact=fact, hint=hint)
    return unauthorised(definition, answer, f"it says: {told_by(rule, answer)[:200]}")


def unauthorised(definition: Definition, answer: Answer, hint: str) -> Problem:
    """Say that the target does not let us in."""
    return Problem(code="E902", place=definition.name, fact=f"not authorised ({answer.status})", hint=hint)


def find_id(definition: Definition, paths: tuple[str, ...] | None, record: Any) -> str:
    """Give the id at the first of the paths (None: the connector's own) that leads to one; empty if none does."""
    for path in (definition.id_path,) if paths is None else paths:
        found = at_path(record, path)
        spelled = str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""
        if definition.is_id(spelled):
            return spelled
    return ""


def _success(definition: Definition, action: Action, change: Write, answer: Answer) -> Outcome:
    """Take an answer for a success only if it proves one: that of an update may lack the id, if its action says so."""
    proof = Outcome(verdict=Verdict.APPLIED, target_id=change.id, status=answer.status)
    if change.id and action.ids == () and answer.status == 204 and not answer.body:  # noqa: PLR2004 - no content
        return proof
    data = parsed(answer) if answer.is_json and not answer.body.lstrip().startswith(b"<") else None
    told = _header_id(definition, action, answer)
    if (data is None and (answer.body or not told)) or not fits(action.ok, data) or _may_be_cut(answer, data):
        return _no_proof(answer)
    if change.id and action.ids == ():
        return proof
    if action.ids == ():
        return _no_proof(answer)._replace(is_success=True)
    found = told or find_id(definition, action.ids, at_path(data, action.record))
    is_mine = found.lower() == change.id.lower() or (action.may_lack_id and not found)
    is_proof = is_mine if change.id else bool(found)
    return proof._replace(target_id=change.id or found) if is_proof else _no_proof(answer)


def _may_be_cut(answer: Answer, data: Any) -> bool:
    """Tell whether a bare number may be the beginning of another: nothing in the answer says where its body ends."""
    is_framed = "content-length" in answer.headers or "transfer-encoding" in answer.headers
    return isinstance(data, int) and not is_framed


def _header_id(definition: Definition, action: Action, answer: Answer) -> str:
    """Give the last part of the address in a header, where the action says that the id stands there."""
    names = [path.removeprefix("header:").lower() for path in action.ids or () if path.startswith("header:")]
    found = answer.headers.get(names[0], "").rstrip("/").rpartition("/")[2] if names else ""
    return found if definition.is_id(found) else ""


def _no_proof(answer: Answer) -> Outcome:
    is_page = answer.body.lstrip().startswith(b"<")
    message = "the answer is no proof of success"
    return Outcome(verdict=Verdict.IN_DOUBT, status=answer.status, message=message, is_page=is_page)


def _names_required(definition: Definition, name: str, answer: Answer) -> bool:
    text = answer.body.decode("utf-8", errors="replace")
    fields = definition.objects[name].type.fields.values() if name in definition.objects else ()
    return any(re.search(rf"\b{re.escape(field.name)}\b", text) for field in fields if field.required)


def _by_rule(definition: Definition, rule: ErrorRule, change: Write, answer: Answer) -> Outcome:
    match rule.means:
        case "invalid" | "duplicate":
            message = told_by(rule, answer)
            return Outcome(verdict=Verdict.REFUSED, status=answer.status, message=message, confirm=rule.confirm)
        case "rate_limited":
            return _wait(definition, answer)
        case "in_doubt" | "transient":
            return _doubt(answer)
        case "not_found" if change.id or change.parent:
            return _gone(answer) if change.id else _orphan(answer)
        case "storage":
            return _doubt(answer, halt=halt_problem(definition, answer))
    problem = rule_problem(definition, rule, answer)
    return Outcome(verdict=Verdict.NOT_APPLIED, status=answer.status, message=told_by(rule, answer), halt=problem)


def _by_status(definition: Definition, change: Write, answer: Answer) -> Outcome:
    status = answer.status
    if status in _REFUSED or status == 409:  # noqa: PLR2004 - conflict: refused, and read
        message = told_by(None, answer)
        return Outcome(verdict=Verdict.REFUSED, status=status, message=message, confirm=status not in _REFUSED)
    if status == 429:  # noqa: PLR2004 - too many requests
        return _wait(definition, answer)
    if status == 404 and (change.id or change.parent):  # noqa: PLR2004 - not found
        return _gone(answer) if change.id else _orphan(answer)
    if status in _AUTH or status in {404, 405}:
        problem = halt_problem(definition, answer)
        return Outcome(verdict=Verdict.NOT_APPLIED, status=status, message=excerpt(answer), halt=problem)
    if status in REDIRECTS or status in {501, 507}:
        return _doubt(answer, halt=halt_problem(definition, answer))
    return _doubt(answer)


def _gone(answer: Answer) -> Outcome:
    return Outcome(verdict=Verdict.GONE, status=answer.status, message="the target no longer has this record")


def _orphan(answer: Answer) -> Outcome:
    message = "the target no longer has the record that this one is to live under"
    return Outcome(verdict=Verdict.REFUSED, status=answer.status, message=message)


def _doubt(answer: Answer, halt: Problem | None = None) -> Outcome:
    return Outcome(verdict=Verdict.IN_DOUBT, status=answer.status, message=excerpt(answer), halt=halt)


def _wait(definition: Definition, answer: Answer) -> Outcome:
    seconds = retry_after(answer)
    if seconds is not None and seconds > MAX_WAIT_SECONDS:
        problem = wait_problem(definition, seconds)
        return Outcome(verdict=Verdict.NOT_APPLIED, status=answer.status, wait_seconds=seconds, halt=problem)
    wait = DEFAULT_WAIT_SECONDS if seconds is None else seconds
    return Outcome(verdict=Verdict.NOT_APPLIED, status=answer.status, wait_seconds=wait, message="too many requests")


def wait_problem(definition: Definition, seconds: float) -> Problem:
    """Say that the target asks for a longer wait than a run takes."""
    fact = f"the target asks to wait {seconds:,.0f} s"
    return Problem(code="E704", place=definition.name, fact=fact, hint="run it again after that time")


def told_by(rule: ErrorRule | None, answer: Answer) -> str:
    """Give the target's own words: messages by field, else its message, all texts of the body, or its beginning."""
    data = parsed(answer)
    told = at_path(data, rule.fields) if rule and rule.fields is not None else None
    if isinstance(told, Mapping):
        texts = [f"{name}: {', '.join(_texts(messages))}" for name, messages in told.items()]
    else:
        texts = list(_texts(at_path(data, rule.message) if rule else data))
    return redact(_KEY_IN_URL.sub(r"\1***", "; ".join(texts)))[:MAX_EXCERPT] or excerpt(answer)


def _texts(data: Any) -> Iterator[str]:
    """Give all texts in data; a name whose value says nothing speaks for itself."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for name, value in data.items():
            yield from [name] if value in ([], {}, None) else _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
