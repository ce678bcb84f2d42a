"""Planted mistakes of the protocol: each a few words of one function replaced, as a careless hand might."""

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from migrator.executor import bodies, dispatch, settle
from migrator.executor.breaker import Breaker
from migrator.executor.dispatch import Dispatcher
from migrator.executor.sending import Sending
from migrator.executor.settle import Settler
from migrator.store.journal import Journal


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """A mistake: whose function, and which words of it become which."""

    owner: Any
    name: str
    words: tuple[tuple[str, str], ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Make the mistake for a while. Raises AssertionError where the words are not there any more."""
        owners = (bodies, dispatch, settle) if self.owner is bodies else (self.owner,)
        right: Callable[..., Any] = getattr(self.owner, self.name)
        wrong = self._wrong(right)
        for owner in owners:
            setattr(owner, self.name, wrong)
        try:
            yield
        finally:
            for owner in owners:
                setattr(owner, self.name, right)

    def _wrong(self, right: Callable[..., Any]) -> Any:
        text = textwrap.dedent(inspect.getsource(right))
        for old, new in self.words:
            assert old in text, f"{self.name} has no {old!r} any more: write this mutant anew"
            text = text.replace(old, new)
        scope: dict[str, Any] = {}
        exec(text, inspect.unwrap(right).__globals__, scope)  # noqa: S102 - the package's own text, with a mistake
        return scope[self.name]


def _mutant(owner: Any, name: str, *words: str) -> Mutant:
    return Mutant(owner=owner, name=name, words=tuple(zip(words[::2], words[1::2], strict=True)))


_BULK = "return await self._target.write_many(writes, self._intend)"
_ALONE = "return [await send(writes[0], self._intend)]"
_LATE = "await self._intend(); return got"
_SENDING = "Sending(self._journal, self._target, ready, self._leave(ready))"
_BEFORE = "[*differing(self._target, change.target, change.before, held.fields), *self._added(change, held)]"
_SAME = "not differing(self._target, change.target, write.fields, fields)"

MUTANTS: dict[str, Mutant] = {
    "the intent is noted after the request": _mutant(
        Sending, "send",
        _BULK, f"got = await self._target.write_many(writes)\n            {_LATE}",
        _ALONE, f"got = [await send(writes[0])]\n        {_LATE}",
    ),
    "an intent without an end is planned again": _mutant(
        Journal, "begin", "AND state='BLOCKED'", "AND state IN ('BLOCKED', 'INTENT')"
    ),
    "what is in doubt is sent again unread": _mutant(
        Dispatcher, "_ending", "IN_DOUBT: State.IN_DOUBT", "IN_DOUBT: State.PLANNED"
    ),
    "what is in doubt counts as refused": _mutant(
        Dispatcher, "_ending", "IN_DOUBT: State.IN_DOUBT", "IN_DOUBT: State.REJECTED"
    ),
    "what was not sent counts as applied": _mutant(
        Dispatcher, "_ending", "NOT_SENT: State.PLANNED", "NOT_SENT: State.APPLIED",
        "outcome.target_id or None", "outcome.target_id or 'c1'",
    ),
    "what is gone counts as applied": _mutant(
        Dispatcher, "_ending", "GONE: State.QUARANTINED", "GONE: State.APPLIED",
        "outcome.target_id or None", "outcome.target_id or change.target_id",
    ),
    "what was refused is sent again": _mutant(Dispatcher, "_ending", "else State.REJECTED", "else State.PLANNED"),
    "a likely refusal is believed unread": _mutant(
        Dispatcher, "_ending", "State.IN_DOUBT if outcome.confirm else State.REJECTED", "State.REJECTED",
        "if outcome.confirm", "if False",
    ),
    "the read after a likely refusal is ignored": _mutant(
        Settler, "confirm", 'if found.by_marker.get(change.marker or ""):', "if False:"
    ),
    "nothing is waited for before the reads": _mutant(
        Settler, "_wait", "max(self._remaining(*doubt) for doubt in doubts)", "0.0"
    ),
    "the only read comes before it would show what landed last": _mutant(
        Settler, "_remaining", "(0 if is_read_twice else self._target.lag_seconds)", "0"
    ),
    "a single read is believed": _mutant(Settler, "_settle_creates", "if not open_changes or is_last:", "if True:"),
    "an incomplete list is believed": _mutant(Settler, "_read", "found.is_complete and", ""),
    "a list without the newest record is believed": _mutant(
        Settler, "_read", "(canary is None or canary[0].lower() in found.ids)", "True"
    ),
    "any marker will do": _mutant(
        Settler, "_scan", "if marker in wanted:", "if marker:", "setdefault(str(marker), [])",
        "setdefault(str(min(wanted)), [])",
    ),
    "what differs is adopted": _mutant(Settler, "_adopt", "elif names:", "elif False:"),
    "the first of several is adopted": _mutant(Settler, "_adopt", "if len(records) > 1:", "if False:"),
    "a write is tried for ever": _mutant(Settler, "_again", "if doubts >= MAX_ATTEMPTS:", "if False:"),
    "a silent update counts as applied": _mutant(Settler, "_settle_update", f"if held and {_SAME}:", "if held:"),
    "what cannot be found is sent again": _mutant(
        Settler, "_settle_creates", "if self._tier(name) is not Tier.MARKER:",
        "if self._tier(name) is not Tier.MARKER:\n        [self._journal.close(*one) for one in"
        " [(one, self._again(one)) for one, _ in doubts]]\n        return\n    if False:",
    ),
    "drift is not looked for": _mutant(Dispatcher, "_drift", f"if names := {_BEFORE}:", "if names := []:"),
    "a record that a person changed is deleted": _mutant(
        Dispatcher, "_drift", f"if names := {_BEFORE}:",
        f"if change.action is not Action.DELETE and (names := {_BEFORE}):",
    ),
    "a record that a person linked to is deleted": _mutant(
        Dispatcher, "_afresh", "if pointer := await self._links.find(change):", "if pointer := None:"
    ),
    "a silent delete counts as applied": _mutant(Settler, "_settle_delete", "if held is None:", "if True:"),
    "a parent is deleted before its children": _mutant(
        Dispatcher, "perform", "write = fill(",
        "async def find(_change): return ''\n    self._links.find = find\n"
        "    self._journal.first_missing = lambda _change: None\n    write = fill(",
    ),
    "an update is sent unread": _mutant(
        Dispatcher, "_afresh", "if change.action not in _READ_FIRST:", "if True:"
    ),
    "the intent is made before what is waited for": _mutant(
        Dispatcher, "_send", "await self._wait()", "pass", f"outcomes = await {_SENDING}.send()",
        f"sending = {_SENDING}; await sending._intend(); await self._wait(); sending._intend = protocols.go_ahead; "
        "outcomes = await sending.send()",
        "attempt = 0", "attempt = 0; from migrator.connectors import protocols",
    ),
    "the answers of a batch are shifted by one": _mutant(
        Sending, "send", _BULK, f"{_BULK.replace('return', 'got =')}\n            return got[1:] + got[:1]"
    ),
    "the breaker never opens": _mutant(
        Breaker, "_unanswered", "self.in_doubt_in_a_row >= MAX_IN_DOUBT_IN_A_ROW", "False"
    ),
    "the marker is left out": _mutant(
        bodies, "fill", "Write(change.target, change.after,",
        "Write(change.target, {name: value for name, value in change.after.items() if name != 'ExternalPrimaryKey'},",
    ),
    "the parent is that of another record": _mutant(
        bodies, "fill", "ids[op_id] = found", "ids[op_id] = next(iter(ids.values()), found)"
    ),
}  # fmt: skip
