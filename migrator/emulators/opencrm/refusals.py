"""How a practice OpenCRM says no: with 200 and an error in the body (client)."""

from migrator.emulators.messages import HTML_TYPE, Answer, json_answer
from migrator.emulators.refusal import Refusal

UNAUTHORIZED = "Unauthorized"  # the very word (client)

WALL = Answer(
    status=403,
    content_type=HTML_TYPE,
    body=(
        b"<!DOCTYPE html><html><head><title>403 Forbidden</title></head>"
        b"<body><h1>Forbidden</h1><p>Your request was blocked.</p></body></html>"
    ),
)


def refused(message: str, status: int = 200) -> Refusal:
    """Refuse with a sentence."""
    return Refusal(json_answer(status, {"error": message}))
