"""How a practice Clevertim answers and refuses."""

from collections.abc import Iterable
from typing import Any

from migrator.emulators.messages import Answer, Change, json_answer
from migrator.emulators.refusal import Refusal


def content(records: Iterable[Any], changes: Iterable[Change] = ()) -> Answer:
    """Answer with records, always as a list and always with 200, "anything else means failure" (vendor)."""
    return json_answer(200, {"status": "OK", "content": list(records)}, changes)


def refusal_answer(status: int, message: str) -> Answer:
    """Answer with "a message describing the error" (vendor)."""
    return json_answer(status, {"status": "ERROR", "error": message})


def refused(status: int, message: str) -> Refusal:
    """Refuse with a sentence."""
    return Refusal(refusal_answer(status, message))


def wrong(field_name: str, expected: str) -> Refusal:
    """Refuse the value of a field: 400, "inspect the error property" (vendor)."""
    return refused(400, f"{field_name}: expected {expected}")
