"""How the practice account says no."""

from collections.abc import Mapping

from migrator.emulators.messages import Answer, json_answer
from migrator.emulators.refusal import Refusal

Findings = Mapping[str, list[str]]  # field → what is wrong with it

_WORDS = {
    400: "bad_request",
    401: "unauthorised",
    429: "too_many_requests",
    507: "insufficient_storage",
}  # the first two and the last (vendor), the others after their pattern


def error_answer(status: int, description: str, error: str = "") -> Answer:
    """Answer with an error, as `{"description": .., "error": ..}` (client)."""
    return json_answer(status, {"description": description, "error": error or _WORDS[status]})


def refused(status: int, description: str, error: str = "") -> Refusal:
    """Refuse with a sentence."""
    return Refusal(error_answer(status, description, error))


def not_found() -> Refusal:
    """Refuse what is not there (client); a method that a path does not take is not there either."""
    return refused(404, "not found", "not found")


def lacking(name: str) -> Refusal:
    """Refuse a body without its wrapper: 400 with `param-missing` (client)."""
    return refused(400, f"param is missing or the value is empty: {name}", "param-missing")


def invalid(findings: Findings) -> Refusal:
    """Refuse wrong values, each field with the list of what is wrong with it (client)."""
    return Refusal(json_answer(422, dict(findings)))


def not_authorised() -> Refusal:
    """Refuse what the user of the key may not do (client)."""
    return Refusal(json_answer(403, {"message": "not authorized"}))
