"""Where a connector's settings come from: the environment, then a profile, then the mapping, then its own defaults.

Secrets and addresses come from environment and profile only, and secrets from a profile only by reference.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migrator.connectors.rest.definition import Definition, Window
from migrator.connectors.rest.environment import Sources, is_reference
from migrator.connectors.rest.secret import Secret
from migrator.errors import Problem, SpecError

MAX_CONCURRENCY = 16
COMMON = ("timeout_seconds", "settle_seconds", "concurrency", "rate", "zone", "blank_values")

_ADDRESS = "base_url"
_RATE = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})s")
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?(/.*)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """Everything that one account needs to be spoken to; `origins` says where each value came from, for `doctor`."""

    base_url: str
    values: Mapping[str, str | Secret]
    timeout_seconds: float
    settle_seconds: float
    lag_seconds: float
    concurrency: int
    windows: tuple[Window, ...]
    zone: tzinfo
    is_loopback_allowed: bool
    origins: Mapping[str, str]


def resolve(definition: Definition, sources: Sources) -> Connection:
    """Find every setting of a connector. Raises SpecError with all that is missing or odd."""
    problems = [*_unknown(definition, sources)]
    values: dict[str, str | Secret] = {}
    origins: dict[str, str] = {}
    for name, setting in definition.settings.items():
        is_private = setting.is_secret or name == _ADDRESS
        found, origins[name] = sources.find(name, is_shared=not is_private)
        text = setting.default if found is None else found
        if is_private and name in sources.block:
            problems.append(_written_out("target", name, f"set {sources.prefix}_{name.upper()} in the environment"))
        elif not text:
            problems.append(_missing(definition, name, sources))
        elif setting.is_secret and origins[name] == "profile" and not is_reference(str(sources.profile[name])):
            hint = f"point at it: '{name}: env:NAME', 'file:PATH' or 'keyring:SERVICE/NAME'"
            problems.append(_written_out("migrator.yaml", name, hint))
        values[name] = Secret(text) if setting.is_secret else text
    base_url = str(values[_ADDRESS]).rstrip("/")
    is_own = origins[_ADDRESS] != "default"
    settle = _number(sources, "settle_seconds", definition.settle_seconds, problems)
    connection = Connection(
        base_url=base_url,
        values=values,
        timeout_seconds=_number(sources, "timeout_seconds", definition.timeout_seconds, problems, least=0.001),
        settle_seconds=settle,
        lag_seconds=min(definition.lag_seconds, settle) if is_own and is_loopback(base_url) else definition.lag_seconds,
        concurrency=_concurrency(sources, definition.concurrency, problems),
        windows=_windows(definition, sources, base_url, problems),
        zone=_zone(sources, problems),
        is_loopback_allowed=is_own,
        origins=origins,
    )
    if problems:
        raise SpecError(*problems)
    return connection


def is_loopback(url: str) -> bool:
    """Tell whether an address is spelled as one of this machine's own."""
    return _LOOPBACK.fullmatch(url) is not None


def _missing(definition: Definition, name: str, sources: Sources) -> Problem:
    what = "secret" if definition.settings[name].is_secret else "setting"
    hint = f"set {sources.prefix}_{name.upper()} in the environment, in .env, or in a profile of migrator.yaml"
    return Problem(code="E020", place=definition.name, fact=f"the {what} '{name}' is missing", hint=hint)


def _written_out(place: str, name: str, hint: str) -> Problem:
    return Problem(code="E018", place=place, fact=f"'{name}' is written out", hint=hint)


def _unknown(definition: Definition, sources: Sources) -> Iterator[Problem]:
    known = {*definition.settings, *COMMON}
    for name in sources.block:
        if name not in known:
            hint = f"there are: {', '.join(sorted(known))}"
            yield Problem(code="E012", place=definition.name, fact=f"unknown setting '{name}'", hint=hint)


def _number(sources: Sources, name: str, default: float, problems: list[Problem], *, least: float = 0.0) -> float:
    text, origin = sources.find(name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text) or float(text) < least:
        problems.append(_odd(origin, name, text, "a number of seconds, such as 30"))
        return default
    return float(text)


def _concurrency(sources: Sources, default: int, problems: list[Problem]) -> int:
    text, origin = sources.find("concurrency")
    if text is None:
        return default
    if not re.fullmatch("[0-9]{1,2}", text) or not 1 <= int(text) <= MAX_CONCURRENCY:
        problems.append(_odd(origin, "concurrency", text, f"a whole number from 1 to {MAX_CONCURRENCY}"))
        return default
    return int(text)


def _windows(definition: Definition, sources: Sources, base_url: str, problems: list[Problem]) -> tuple[Window, ...]:
    """Add the user's own window; `none` takes all away, for a practice server on loopback only."""
    text, origin = sources.find("rate")
    if text is None:
        return definition.windows
    if text == "none" and is_loopback(base_url):
        return ()
    found = _RATE.fullmatch(text)
    if found is None:
        problems.append(_odd(origin, "rate", text, "such as 50/10s; 'none' for a practice server on loopback only"))
        return definition.windows
    return (*definition.windows, Window(requests=int(found[1]), seconds=float(found[2])))


def _zone(sources: Sources, problems: list[Problem]) -> tzinfo:
    """Find the zone of date-times that name none."""
    text, origin = sources.find("zone")
    if text is None:
        return UTC
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append(_odd(origin, "zone", text, "an IANA name, such as Europe/Berlin"))
        return UTC


def _odd(origin: str, name: str, text: str, hint: str) -> Problem:
    return Problem(code="E013", place=origin, fact=f"'{name}' cannot be '{text}'", hint=hint)
