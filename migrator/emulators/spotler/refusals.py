"""How the practice edition says no: "a JSON object" that will "always have a message index" (vendor)."""

from collections.abc import Mapping

from migrator.emulators.messages import Answer, json_answer
from migrator.emulators.refusal import Refusal

NOT_FOUND = "Record or page not found"
BAD_REQUEST = "Bad request, please check the url and data submitted"
NOT_ALLOWED = "Not Allowed, please check the request type (GET, POST, PATCH, DELETE)"
FORBIDDEN = "Forbidden, please check your access token"

Findings = Mapping[str, tuple[str, ...]]  # field → the rules that its value breaks, such as Required


def error_answer(status: int, message: str) -> Answer:
    """Answer with an error; the vendor's samples show this `type` for all but validation."""
    return json_answer(status, {"type": "Invalid Request error", "code": status, "message": message})


def refused(status: int, message: str) -> Refusal:
    """Refuse with a sentence."""
    return Refusal(error_answer(status, message))


def invalid(findings: Findings) -> Refusal:
    """Refuse wrong values, in the shape of the vendor's sample of a validation error."""
    body = {
        "type": "Validation error",
        "code": 422,
        "message": "The given data was invalid.",
        "validation": {name: [{rule: []} for rule in rules] for name, rules in findings.items()},
    }
    return Refusal(json_answer(422, body))
