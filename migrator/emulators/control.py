"""The control routes below `/_emulator/`: for whoever rehearses, never part of what a vendor offers.

They need the server's token; what changes something is a POST and refuses a foreign Origin, so that no web page in a
browser on the same machine can do it. They are not struck by faults and do not stand in the history.
"""

import hmac
from collections.abc import Callable
from dataclasses import replace

from migrator.emulators.exact import parse_json
from migrator.emulators.messages import Answer, Request, json_answer, message_answer
from migrator.emulators.practice import Practice
from migrator.errors import SpecError

CONTROL_PATH = "/_emulator/"

_TOKEN_HEADER = "x-emulator-token"  # noqa: S105 - the name of a header
_OWN_SITE = frozenset({"", "none", "same-origin"})
_GUARDS = (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"))


def control_answer(practice: Practice, request: Request, own_origins: frozenset[str]) -> Answer:
    """Answer a control request; 403 and no change without the token or from a foreign page."""
    refusal = _refusal(practice, request, own_origins)
    return replace(refusal or _routed(practice, request), headers=_GUARDS)


def _refusal(practice: Practice, request: Request, own_origins: frozenset[str]) -> Answer | None:
    token = request.headers.get(_TOKEN_HEADER, "")
    if not hmac.compare_digest(token.encode(), practice.token.encode()):
        return message_answer(403, "The header X-Emulator-Token is missing or wrong.")
    is_foreign = request.headers.get("origin", next(iter(own_origins))) not in own_origins
    if request.method == "POST" and (is_foreign or request.headers.get("sec-fetch-site", "") not in _OWN_SITE):
        return message_answer(403, "Requests from other pages are refused.")
    return None


def _routed(practice: Practice, request: Request) -> Answer:
    method, act = _ROUTES.get(request.path.removeprefix(CONTROL_PATH).rstrip("/"), ("", None))
    if act is None:
        return message_answer(404, f"There is no control route {request.path}.")
    if request.method != method:
        return message_answer(405, f"This control route takes {method} only.")
    return act(practice, request)


def _history(practice: Practice, _request: Request) -> Answer:
    return json_answer(200, [entry.as_json() for entry in practice.history()])


def _snapshot(practice: Practice, _request: Request) -> Answer:
    return json_answer(200, practice.snapshot())


def _regenerate_key(practice: Practice, _request: Request) -> Answer:
    practice.regenerate_key()
    return json_answer(200, practice.secrets())


def _add_faults(practice: Practice, request: Request) -> Answer:
    try:
        texts = parse_json(request.body)
    except ValueError:
        texts = None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return message_answer(400, 'Expected a JSON list of fault texts, such as ["429@0.05"].')
    try:
        practice.script(texts)
    except SpecError as error:
        return message_answer(400, str(error))
    return json_answer(200, {"faults": texts})


_ROUTES: dict[str, tuple[str, Callable[[Practice, Request], Answer] | None]] = {
    "history": ("GET", _history),
    "snapshot": ("GET", _snapshot),
    "regenerate-key": ("POST", _regenerate_key),
    "faults": ("POST", _add_faults),
}
