"""The small language of scripted faults, `KIND@WHEN[:ARG]`, and the script that picks one for each request.

WHEN is a chance (`0.05`; `1` is always), a method (`POST`), or the number of a matching request counted from when the
fault was added: `#3`, `POST#3`, and `POST#3+` for that one and all later ones.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.emulators.fault_kinds import KINDS, Kind
from migrator.errors import Problem, SpecError
from migrator.ports import Rng

_WHEN = re.compile(
    r"(?P<chance>0\.[0-9]+|1(?:\.0+)?)|(?P<method>GET|POST|PUT|PATCH|DELETE)?(?:#(?P<nth>[1-9][0-9]*)(?P<on>\+?))?"
)
_ARGUMENTS = {
    "seconds": re.compile(r"[0-9]+(?:\.[0-9]+)?"),
    "bytes": re.compile(r"[0-9]+"),
    "field": re.compile(r"[^\s:]+"),
    "url": re.compile(r"https?://[^\s]+"),
}
_EXAMPLE = "such as 429@0.05, reset-after@#3 or hang-after@POST#1:30"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One scripted fault: what happens, to which requests."""

    text: str
    kind: Kind
    argument: str = ""
    method: str = ""
    nth: int = 0
    is_lasting: bool = False
    chance: float = 1.0

    def is_for(self, method: str) -> bool:
        """Tell whether requests of this method count."""
        return self.method in {"", method}

    def strikes(self, count: int, fraction: float) -> bool:
        """Tell whether the fault strikes the matching request number `count`, given a number drawn for it."""
        if self.nth:
            return count >= self.nth if self.is_lasting else count == self.nth
        return fraction < self.chance


def parse_fault(text: str) -> Fault:
    """Read one fault text. Raises SpecError that says what is wrong with it and what would be right."""
    name, at, rest = text.partition("@")
    when, colon, argument = rest.partition(":")
    kind = KINDS.get(name)
    if kind is None:
        raise _wrong(text, f"unknown kind of fault '{name}'", _known_kinds(name))
    found = _WHEN.fullmatch(when)
    if not at or not when or not found:
        hint = "a chance above 0 and up to 1, POST, #3, POST#3 or POST#3+"
        raise _wrong(text, f"'{when}' does not say which requests are struck", hint)
    if found["chance"] and not float(found["chance"]):
        raise _wrong(text, "a chance of 0 never strikes", "leave the fault out")
    if colon:
        _check_argument(text, kind, argument)
    return Fault(
        text=text,
        kind=kind,
        argument=argument or kind.default,
        method=found["method"] or "",
        nth=int(found["nth"] or 0),
        is_lasting=bool(found["on"]),
        chance=float(found["chance"] or 1),
    )


def _check_argument(text: str, kind: Kind, argument: str) -> None:
    if not kind.argument:
        raise _wrong(text, f"this kind takes nothing after ':', got '{argument}'", _EXAMPLE)
    if not _ARGUMENTS[kind.argument].fullmatch(argument):
        raise _wrong(text, f"expected {kind.argument} after ':', got '{argument}'", _EXAMPLE)


def _known_kinds(name: str) -> str:
    near = difflib.get_close_matches(name, KINDS, n=1)
    meant = f"did you mean '{near[0]}'? " if near else ""
    return f"{meant}known: {', '.join(KINDS)}"


def _wrong(text: str, fact: str, hint: str) -> SpecError:
    return SpecError(Problem(code="E097", place=f"fault '{text}'", fact=fact, hint=hint))


class _Armed:
    """A fault of the script and how many matching requests it has seen."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.count = 0
        self.is_spent = False

    def sees(self, method: str, rng: Rng) -> bool:
        """Count a request; tell whether the fault strikes it."""
        if not self.fault.is_for(method):
            return False
        self.count += 1
        return self.fault.strikes(self.count, rng.fraction()) and not self.is_spent


class Script:
    """The faults of a server. Each counts every request that matches it; the first that strikes is the one."""

    def __init__(self, rng: Rng, texts: Iterable[str] = ()) -> None:
        self._rng = rng
        self._armed: list[_Armed] = []
        self.add(texts)

    def add(self, texts: Iterable[str]) -> None:
        """Add faults, all or, where one text is wrong, none. Raises SpecError."""
        faults = [parse_fault(text) for text in texts]
        self._armed.extend(_Armed(fault) for fault in faults)

    def pick(self, method: str) -> Fault | None:
        """Give the fault that strikes the next request, if any."""
        striking = [armed for armed in self._armed if armed.sees(method, self._rng)]
        if not striking:
            return None
        striking[0].is_spent = striking[0].fault.kind.is_once
        return striking[0].fault
