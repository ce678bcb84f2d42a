"""The figures of the proof, counted as the tests run and printed as one table at the end; too few fail the run.

PYTEST_DONT_REWRITE
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SMALL, FULL = "small", "full"
TRACED = "writes after their fsync"  # counted where strace is installed
FLOORS = {  # kind of case: how many at least in every run, and in the whole proof
    "schedules: one fault, one death": (700, 7_200),
    "schedules: two faults, two deaths": (270, 10_000),
    "schedules: drawn from seeds": (300, 25_000),
    "seeds replayed byte for byte": (10, 50),
    "mutants killed": (15, 15),
    "kills of forked processes": (13, 400),
    "kills of real processes": (6, 80),
    "processes killed twice": (1, 20),
    "faults on sockets": (17, 675),
    "signals": (7, 140),
    "races of two processes": (4, 30),
    "plans that are refused": (6, 36),
    "faults of the ledger": (15, 100),
    TRACED: (40, 200),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the table."""

    kind: str
    cases: int
    floor: int
    duplicates: int
    losses: int
    others: int
    secrets: str


class Proof:
    """Counts; raises AssertionError where a figure is below its floor or anything was found."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Add a line that is printed before the table."""
        self.notes.append(text[:160])

    def count(self, kind: str, size: str, cases: int, wrongs: Iterable[str], *, secrets: int | None = None) -> None:
        """Put a line into the table: so many cases, and what was found, each text beginning with its kind."""
        found = sorted(wrongs)
        duplicates, losses = (sum(one.startswith(sign) for one in found) for sign in ("duplicate", "loss"))
        row = Row(
            kind=kind,
            cases=cases,
            floor=FLOORS[kind][size == FULL],
            duplicates=duplicates,
            losses=losses,
            others=len(found) - duplicates - losses,
            secrets="-" if secrets is None else str(secrets),
        )
        self.rows.append(row)
        assert not found, f"{len(found)} wrongs, such as " + "\n".join(found[:5])
        assert not secrets
        assert cases >= row.floor, f"{kind}: {cases} cases, the floor is {row.floor}"


_proof = Proof()


@pytest.fixture
def proof() -> Proof:
    """Give the table that is printed at the end."""
    return _proof


@pytest.fixture(params=[SMALL, pytest.param(FULL, marks=[pytest.mark.heavy, pytest.mark.timeout(900)])])
def size(request: pytest.FixtureRequest) -> str:
    """Tell how much is to be done: a part of each kind in every run, all of it with the mark `heavy`."""
    return str(request.param)


def _missing(session: pytest.Session) -> list[str]:
    """Name the kinds that a run of the whole folder did not count."""
    places = {Path(argument).absolute() for argument in session.config.args}
    is_whole = not places.isdisjoint({HERE, HERE.parent}) and not session.config.option.keyword
    needless = set() if shutil.which("strace") else {TRACED}
    return sorted(set(FLOORS) - {row.kind for row in _proof.rows} - needless) if is_whole else []


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of everything in which some kind of case was not counted."""
    if session.exitstatus == pytest.ExitCode.OK and _missing(session):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    for line in (*_proof.notes, *_table(_proof.rows)):
        terminalreporter.write_line(line)
    with suppress(AttributeError):
        session: pytest.Session = terminalreporter._session  # type: ignore[assignment]
        if missing := _missing(session):
            terminalreporter.write_line(f"not counted: {', '.join(missing)}", red=True)
    del config


def _table(rows: list[Row]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield f"{'proof of the write protocol':<36}   cases   floor  duplicates  losses  other  secrets"
    for row in rows:
        yield (
            f"{row.kind:<36}{row.cases:>8,}{row.floor:>8,}{row.duplicates:>12}{row.losses:>8}{row.others:>7}"
            f"{row.secrets:>9}"
        )
