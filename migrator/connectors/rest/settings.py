"""Where a connector's settings come from: the environment, then a profile, then the mapping, then its own defaults.

Secrets come from environment and profile only, and from a profile only by reference.
"""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migrator.connectors.rest.definition import Definition, Window
from migrator.connectors.rest.secret import Secret
from migrator.errors import Problem, SpecError

ENV_FILE = ".env"

_GROUP_AND_OTHERS = 0o077


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """The three places of a setting: environment under a prefix, profile, and the block of the mapping."""

    prefix: str
    environ: Mapping[str, str]
    profile: Mapping[str, Any]
    block: Mapping[str, Any]

    def find(self, name: str) -> tuple[str | None, str]:
        """Give a setting as text, and where it was found."""
        variable = f"{self.prefix}_{name.upper()}"
        if variable in self.environ:
            return self.environ[variable], f"environment {variable}"
        if name in self.profile:
            return _dereference(str(self.profile[name]), self.environ), "profile"
        if name in self.block:
            return str(self.block[name]), "mapping"
        return None, "default"


def read_environment(project: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment, with the project's `.env` below it. Raises SpecError if others can read that file."""
    path = project / ENV_FILE
    if not path.is_file():
        return dict(environ)
    if stat.S_IMODE(path.stat().st_mode) & _GROUP_AND_OTHERS:
        hint = f"chmod 600 {path}"
        raise SpecError(Problem(code="E019", place=str(path), fact="others can read this file of secrets", hint=hint))
    return {**dict(_env_lines(path)), **environ}


def _env_lines(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            hint = "a line is NAME=value"
            raise SpecError(Problem(code="E019", place=f"{path}:{number}", fact="not a setting", hint=hint))
        yield name.strip(), value.strip().strip("'\"")


def resolve(definition: Definition, sources: Sources) -> Connection:
    """Find every setting of a connector. Raises SpecError with all that is missing or odd."""
    problems: list[Problem] = []
    values: dict[str, str | Secret] = {}
    origins: dict[str, str] = {}
    for name, setting in definition.settings.items():
        found, origins[name] = sources.find(name)
        text = setting.default if found is None else found
        if not text:
            problems.append(_missing(definition, name, sources))
        elif setting.is_secret and origins[name] == "profile" and not _is_reference(str(sources.profile[name])):
            hint = f"point at it: '{name}: env:NAME' or 'file:PATH'"
            problems.append(Problem(code="E018", place="migrator.yaml", fact=f"'{name}' is written out", hint=hint))
        values[name] = Secret(text) if setting.is_secret else text
    problems += _unknown(definition, sources)
    numbers = {name: _number(sources, name, problems) for name in ("timeout_seconds", "settle_seconds", "concurrency")}
    if problems:
        raise SpecError(*problems)
    base_url = str(values["base_url"]).rstrip("/")
    is_own = not origins["base_url"].startswith("default")
    settle = _first(numbers["settle_seconds"], definition.settle_seconds)
    return Connection(
        base_url=base_url,
        values=values,
        timeout_seconds=_first(numbers["timeout_seconds"], definition.timeout_seconds),
        settle_seconds=settle,
        lag_seconds=min(definition.lag_seconds, settle) if is_own and is_loopback(base_url) else definition.lag_seconds,
        concurrency=int(_first(numbers["concurrency"], definition.concurrency)),
        windows=_windows(definition, sources, base_url),
        zone=_zone(sources),
        is_loopback_allowed=is_own,
        origins=origins,
    )


def is_loopback(url: str) -> bool:
    """Tell whether an address is spelled as one of this machine's own."""
    host = url.partition("://")[2].partition("/")[0]
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name in {"127.0.0.1", "localhost", "[::1]"}


def _missing(definition: Definition, name: str, sources: Sources) -> Problem:
    what = "secret" if definition.settings[name].is_secret else "setting"
    hint = f"set {sources.prefix}_{name.upper()} in the environment, in .env, or in a profile of migrator.yaml"
    return Problem(code="E020", place=definition.name, fact=f"the {what} '{name}' is missing", hint=hint)


def _unknown(definition: Definition, sources: Sources) -> Iterator[Problem]:
    known = {*definition.settings, "timeout_seconds", "settle_seconds", "concurrency", "rate", "zone", "blank_values"}
    for name in sources.block:
        if name not in known:
            hint = f"there are: {', '.join(sorted(known))}"
            yield Problem(code="E012", place=definition.name, fact=f"unknown setting '{name}'", hint=hint)


def _number(sources: Sources, name: str, problems: list[Problem]) -> float | None:
    text, origin = sources.find(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 10**6:
        problems.append(Problem(code="E013", place=origin, fact=f"'{name}' is not a number: '{text}'"))
    return value


def _first(found: float | None, default: float) -> float:
    return default if found is None else found


def _windows(definition: Definition, sources: Sources, base_url: str) -> tuple[Window, ...]:
    """Add the user's own window; `none` takes all away, for a practice server on loopback only."""
    text, origin = sources.find("rate")
    if text is None:
        return definition.windows
    if text == "none" and is_loopback(base_url):
        return ()
    requests, _, seconds = text.removesuffix("s").partition("/")
    if text == "none" or not (requests.isdigit() and seconds.isdigit()):
        hint = "such as 50/10s; 'none' for a practice server on loopback only"
        raise SpecError(Problem(code="E013", place=origin, fact=f"'{text}' is no rate", hint=hint))
    return (*definition.windows, Window(requests=int(requests), seconds=float(seconds)))


def _zone(sources: Sources) -> tzinfo:
    """Find the zone of date-times that name none. Raises SpecError for one that there is not."""
    text, origin = sources.find("zone")
    if text is None:
        return UTC
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        hint = "an IANA name, such as Europe/Berlin"
        raise SpecError(Problem(code="E013", place=origin, fact=f"no zone '{text}'", hint=hint)) from None


def _dereference(text: str, environ: Mapping[str, str]) -> str | None:
    """Follow `env:NAME` and `file:PATH`; other text is taken as it stands."""
    kind, _, rest = text.partition(":")
    if kind == "env":
        return environ.get(rest)
    if kind == "file":
        path = Path(rest)
        if stat.S_IMODE(path.stat().st_mode) & _GROUP_AND_OTHERS:
            hint = f"chmod 600 {path}"
            raise SpecError(Problem(code="E019", place=rest, fact="others can read this secret", hint=hint))
        return path.read_text(encoding="utf-8").strip()
    return text


def _is_reference(stated: str) -> bool:
    return stated.startswith(("env:", "file:"))
