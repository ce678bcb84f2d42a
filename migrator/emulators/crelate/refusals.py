"""How the practice organisation says no."""

from collections.abc import Mapping

from migrator.emulators.messages import json_answer, message_answer
from migrator.emulators.refusal import Refusal


def refused(status: int, message: str) -> Refusal:
    """Refuse with a sentence."""
    return Refusal(message_answer(status, message))


def invalid(fields: Mapping[str, str]) -> Refusal:
    """Refuse wrong values with 400, field by field, in the shape that .NET interfaces use."""
    state = {name: [fact] for name, fact in fields.items()}
    return Refusal(json_answer(400, {"Message": "The request is invalid.", "ModelState": state}))
