"""What an answer to a write proves: the vendor's own rules first, then the table that holds for every CRM.

Rule: a request is repeated without a read only if it is proved that it was not applied. Success needs a proof too:
status, content type and an id. Whatever proves neither is in doubt.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from migrator.connectors.rest.definition import Definition, ErrorRule
from migrator.connectors.rest.http import Answer
from migrator.connectors.rest.wire import at_path, load_json
from migrator.errors import Problem
from migrator.records import Outcome, Verdict, Write

MAX_EXCERPT = 2048
MAX_WAIT_SECONDS = 900.0
DEFAULT_WAIT_SECONDS = 5.0

_DIGITS = re.compile(r"^[0-9]{1,9}$", re.ASCII)
_KEY_IN_URL = re.compile(r"(?i)((?:api_?key|token|key|passkey|secret)=)[^&\s\"']+")

_REDIRECTS = range(300, 400)
_SERVER_ERRORS = range(500, 600)
_REFUSED = frozenset({400, 422})
_UNSUPPORTED = frozenset({405, 501})
_AUTH = {401: "regenerated, switched off or mistyped?", 402: "check the key", 403: "the key's user may not do this"}


def classify(definition: Definition, change: Write, answer: Answer) -> Outcome:
    """Decide what one answer proves about one write."""
    for rule in definition.errors:
        if rule.status == answer.status and _fits(definition, rule, change, answer):
            return _by_rule(definition, rule, answer)
    if answer.status in definition.success_status:
        return _success(definition, change, answer)
    return _by_status(definition, change, answer)


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


def excerpt(answer: Answer) -> str:
    """Give what the answer says, shortened, keys in echoed URLs struck out."""
    text = answer.body[:MAX_EXCERPT].decode("utf-8", errors="replace")
    return _KEY_IN_URL.sub(r"\1***", text)


def halt_problem(definition: Definition, answer: Answer) -> Problem:
    """Say why the whole run stops at this answer."""
    name, status = definition.name, answer.status
    if status in _REDIRECTS:
        where = answer.headers.get("location", "elsewhere")
        hint = "correct the base URL; nothing was sent to the new address"
        return Problem(code="E904", place=name, fact=f"the target has moved to {where}", hint=hint)
    if status in _AUTH:
        is_wall = status == 403 and not answer.is_json  # noqa: PLR2004 - the status of the row above
        hint = "a firewall answers: check the network" if is_wall else _AUTH[status]
        return _unauthorised(definition, answer, hint)
    if status == 507:  # noqa: PLR2004 - insufficient storage
        hint = "free some, then apply again"
        return Problem(code="E703", place=name, fact="the account's storage is full", hint=hint)
    hint = "check the base URL; the request is not one that this target knows"
    return Problem(code="E905", place=name, fact=f"the target does not offer this ({status})", hint=hint)


def _unauthorised(definition: Definition, answer: Answer, hint: str) -> Problem:
    return Problem(code="E902", place=definition.name, fact=f"not authorised ({answer.status})", hint=hint)


def _success(definition: Definition, change: Write, answer: Answer) -> Outcome:
    doubt = Outcome(verdict=Verdict.IN_DOUBT, status=answer.status, message="the answer is no proof of success")
    if not answer.is_json or answer.body.lstrip().startswith(b"<"):
        return doubt
    try:
        data = load_json(answer.body, answer.charset)
    except ValueError:
        return doubt
    found = at_path(data, definition.id_path)
    spelled = found if isinstance(found, str) else str(found) if isinstance(found, int) else ""
    is_proof = spelled.lower() == change.id.lower() if change.id else bool(definition.id_pattern.fullmatch(spelled))
    return Outcome(verdict=Verdict.APPLIED, target_id=change.id or spelled, status=answer.status) if is_proof else doubt


def _fits(definition: Definition, rule: ErrorRule, change: Write, answer: Answer) -> bool:
    if not rule.names_required:
        return True
    text = answer.body.decode("utf-8", errors="replace")
    fields = definition.objects[change.object].type.fields.values()
    return any(re.search(rf"\b{re.escape(field.name)}\b", text) for field in fields if field.required)


def _by_rule(definition: Definition, rule: ErrorRule, answer: Answer) -> Outcome:
    match rule.means:
        case "invalid":
            return _refusal(answer, confirm=rule.confirm)
        case "rate_limited":
            return _wait(definition, answer)
        case "in_doubt":
            return _doubt(answer)
        case "quota":
            hint = "apply again when the account may send more"
            problem = Problem(code="E704", place=definition.name, fact="the account's quota is used up", hint=hint)
        case _:
            problem = _unauthorised(definition, answer, "see what the target says in results.csv")
    return Outcome(verdict=Verdict.NOT_APPLIED, status=answer.status, message=excerpt(answer), halt=problem)


def _by_status(definition: Definition, change: Write, answer: Answer) -> Outcome:
    status = answer.status
    if status in _REFUSED:
        return _refusal(answer, confirm=False)
    if status == 409:  # noqa: PLR2004 - conflict: refused, and read
        return _refusal(answer, confirm=True)
    if status == 429:  # noqa: PLR2004 - too many requests
        return _wait(definition, answer)
    if status == 404 and change.id:  # noqa: PLR2004 - not found
        return Outcome(verdict=Verdict.GONE, status=status, message="the target no longer has this record")
    if status in _AUTH or status in {404, 405}:
        problem = halt_problem(definition, answer)
        return Outcome(verdict=Verdict.NOT_APPLIED, status=status, message=excerpt(answer), halt=problem)
    if status in _REDIRECTS or status in {501, 507}:
        return _doubt(answer, halt=halt_problem(definition, answer))
    return _doubt(answer)


def _refusal(answer: Answer, *, confirm: bool) -> Outcome:
    return Outcome(verdict=Verdict.REFUSED, status=answer.status, message=_words(answer), confirm=confirm)


def _doubt(answer: Answer, halt: Problem | None = None) -> Outcome:
    return Outcome(verdict=Verdict.IN_DOUBT, status=answer.status, message=excerpt(answer), halt=halt)


def _wait(definition: Definition, answer: Answer) -> Outcome:
    seconds = retry_after(answer)
    if seconds is not None and seconds > MAX_WAIT_SECONDS:
        hint = "apply again after that time"
        fact = f"the target asks to wait {seconds:,.0f} s"
        problem = Problem(code="E704", place=definition.name, fact=fact, hint=hint)
        return Outcome(verdict=Verdict.NOT_APPLIED, status=answer.status, wait_seconds=seconds, halt=problem)
    wait = DEFAULT_WAIT_SECONDS if seconds is None else seconds
    return Outcome(verdict=Verdict.NOT_APPLIED, status=answer.status, wait_seconds=wait, message="too many requests")


def _words(answer: Answer) -> str:
    """Give the target's own words: the texts of a JSON body, else its beginning."""
    try:
        texts = _texts(load_json(answer.body, answer.charset))
    except (ValueError, RecursionError):
        texts = []
    return _KEY_IN_URL.sub(r"\1***", "; ".join(texts))[:MAX_EXCERPT] or excerpt(answer)


def _texts(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    if isinstance(data, dict):
        return [text for value in data.values() for text in _texts(value)]
    if isinstance(data, list):
        return [text for value in data for text in _texts(value)]
    return []


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
