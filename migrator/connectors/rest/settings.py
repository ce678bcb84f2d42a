"""Where a connector's settings come from: the environment, then a profile, then the mapping, then its own defaults.

Secrets and addresses come from environment and profile only, and secrets from a profile only by reference.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from urllib.parse import quote
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
    keep: Callable[[str, str], None] = field(default=lambda _name, _value: None, repr=False)


def resolve(definition: Definition, sources: Sources) -> Connection:
    """Find every setting of a connector. Raises SpecError with all that is missing or odd."""
    problems = [*_unknown(definition, sources)]
    values: dict[str, str | Secret] = {}
    origins: dict[str, str] = {}
    for name, setting in definition.settings.items():
        found, origins[name] = sources.find(name, is_shared=not (setting.is_secret or name == _ADDRESS))
        text = setting.default if found is None else found
        problems += _setting_problems(definition, sources, name, (text, origins[name]))
        values[name] = Secret(text) if setting.is_secret else text
    base_url = _filled(definition, values, sources, problems)
    values[_ADDRESS] = base_url
    is_own = origins[_ADDRESS] != "default"
    settle = _number(sources, "settle_seconds", definition.limits.settle_seconds, problems)
    lag = definition.limits.lag_seconds
    connection = Connection(
        base_url=base_url,
        values=values,
        timeout_seconds=_number(sources, "timeout_seconds", definition.limits.timeout_seconds, problems, least=0.001),
        settle_seconds=settle,
        lag_seconds=min(lag, settle) if is_own and is_loopback(base_url) else lag,
        concurrency=_concurrency(sources, definition.limits.concurrency, problems),
        windows=_windows(definition, sources, base_url, problems),
        zone=_zone(sources, problems),
        is_loopback_allowed=is_own,
        origins=origins,
        keep=sources.keep,
    )
    if problems:
        raise SpecError(*problems)
    return connection


def _setting_problems(definition: Definition, sources: Sources, name: str, found: tuple[str, str]) -> Iterator[Problem]:
    """Say what is wrong with one setting: written out where all can read it, or missing."""
    setting, (text, origin) = definition.settings[name], found
    login = definition.auth.login
    if (setting.is_secret or name == _ADDRESS) and name in sources.block:
        yield _written_out("target", name, f"set {sources.prefix}_{name.upper()} in the environment")
    elif not text and not setting.is_optional:
        yield _missing(definition, name, sources)
    elif setting.is_secret and origin == "profile" and not is_reference(str(sources.profile[name])):
        hint = f"point at it: '{name}: env:NAME', 'file:PATH' or 'keyring:SERVICE/NAME'"
        yield _written_out("migrator.yaml", name, hint)
    elif text and login and name in login.rotates and not _is_in_file(sources, name, origin):
        fact = f"'{name}' is replaced at each login, and there is no place to keep the new one"
        hint = f"hold it in a file of its own: '{name}: file:PATH' in a profile of migrator.yaml"
        yield Problem(code="E019", place=definition.name, fact=fact, hint=hint)


def _is_in_file(sources: Sources, name: str, origin: str) -> bool:
    return origin == "profile" and str(sources.profile[name]).startswith("file:")


def _filled(
    definition: Definition, values: Mapping[str, str | Secret], sources: Sources, problems: list[Problem]
) -> str:
    """Give the base URL, the account's name put into it; that name is missing only where the address needs it."""
    address = str(values[_ADDRESS]).rstrip("/")
    for name in re.findall(r"\{([a-z_]+)\}", address):
        if not values.get(name):
            problems.append(_missing(definition, name, sources))
        address = address.replace(f"{{{name}}}", quote(str(values.get(name, "")), safe=":"))  # never another host
    return address


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
        return definition.limits.windows
    if text == "none" and is_loopback(base_url):
        return ()
    found = _RATE.fullmatch(text)
    if found is None:
        problems.append(_odd(origin, "rate", text, "such as 50/10s; 'none' for a practice server on loopback only"))
        return definition.limits.windows
    return (*definition.limits.windows, Window(requests=int(found[1]), seconds=float(found[2])))


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
