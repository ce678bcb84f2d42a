"""What a run tells on its way: plain lines, events for machines, a bar; and never a reason to stop."""

import io
import json
import sys
from datetime import UTC, datetime

import pytest

from migrator.cli.main import Manner
from migrator.cli.progress import LINE_SECONDS, Progress
from migrator.executor.result import Event, Phase
from migrator.ports import SystemClock

WAIT = Event(phase=Phase.THROTTLED, text="waiting 7 s: 429 from the target")
SETTLE = Event(phase=Phase.SETTLING, total=1, text="1 write without an answer")
REJECT = Event(phase=Phase.REJECTED, object="companies", text="companies.csv:2 'Lovelace' is too long")


class StepClock(SystemClock):
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        """Give a moment."""
        return datetime(2024, 5, 6, tzinfo=UTC)

    def monotonic(self) -> float:
        """Give the seconds."""
        return self.seconds


class BrokenStream(io.StringIO):
    """An output that nobody reads any longer."""

    def write(self, _text: str) -> int:
        """Fail as a closed pipe does."""
        raise BrokenPipeError

    def flush(self) -> None:
        """Fail as a closed pipe does."""
        raise BrokenPipeError


def begun(name: str = "companies", done: int = 0, total: int = 9) -> Event:
    """Give the beginning of an object."""
    return Event(phase=Phase.OBJECT, object=name, done=done, total=total)


def went_on(done: int, name: str = "companies", total: int = 9) -> Event:
    """Give one operation's end."""
    return Event(phase=Phase.PROGRESS, object=name, done=done, total=total)


def test_plain_line_comes_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the output is no terminal: the first after ten seconds, one at the end, and nothing on stdout."""
    clock = StepClock()
    with Progress(Manner(), is_json=False, clock=clock) as progress:
        progress.tell(begun())
        for done, seconds in ((1, 1.0), (2, 9.9), (3, LINE_SECONDS), (4, 19.9), (5, 20.0), (6, 21.0), (9, 22.0)):
            clock.seconds = seconds
            progress.tell(went_on(done))
        progress.tell(Event(phase=Phase.FINISHED, text="DONE"))
    told = capsys.readouterr()
    assert told.err.splitlines() == ["companies: 3 of 9", "companies: 5 of 9", "companies: 9 of 9"]
    assert told.out == ""


def test_numbers_of_a_line_have_separators(capsys: pytest.CaptureFixture[str]) -> None:
    """Thousands can be read."""
    Progress(Manner(), is_json=False, clock=StepClock()).tell(went_on(12_345, total=12_345))
    assert capsys.readouterr().err == "companies: 12,345 of 12,345\n"


@pytest.mark.parametrize("event", [WAIT, SETTLE])
def test_wait_is_told_at_once(capsys: pytest.CaptureFixture[str], event: Event) -> None:
    """Whoever watches a run that stands still is told why, whatever the time."""
    Progress(Manner(), is_json=False, clock=StepClock()).tell(event)
    assert capsys.readouterr().err == f"{event.text}\n"


def test_text_of_the_target_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in a message of the target is spelled out."""
    event = Event(phase=Phase.THROTTLED, text="wait\x1b[2J\x07")
    Progress(Manner(), is_json=False, clock=StepClock()).tell(event)
    assert capsys.readouterr().err == "wait\\u001b[2J\\u0007\n"


def test_quiet_run_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """With -q there is no progress."""
    progress = Progress(Manner(is_quiet=True), is_json=False, clock=StepClock())
    for event in (begun(), went_on(9), WAIT, SETTLE, REJECT):
        progress.tell(event)
    assert capsys.readouterr() == ("", "")


def test_events_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """For machines: each event with its version, on stdout, also where a run is quiet."""
    progress = Progress(Manner(is_quiet=True), is_json=True, clock=StepClock())
    for event in (begun(), went_on(1), WAIT, SETTLE, Event(phase=Phase.FINISHED, text="DONE")):
        progress.tell(event)
    told = capsys.readouterr()
    assert [json.loads(line) for line in told.out.splitlines()] == [
        {"v": 1, "event": "object_started", "object": "companies", "done": 0, "total": 9},
        {"v": 1, "event": "batch_done", "object": "companies", "done": 1, "total": 9},
        {"v": 1, "event": "throttled", "object": "", "done": 0, "total": 0, "text": WAIT.text},
        {"v": 1, "event": "settling", "object": "", "done": 0, "total": 1, "text": SETTLE.text},
        {"v": 1, "event": "finished", "object": "", "done": 0, "total": 0, "text": "DONE"},
    ]
    assert told.err == ""


def test_event_of_a_reject_holds_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    """What the target says of a record may name its values; events go to logs."""
    Progress(Manner(), is_json=True, clock=StepClock()).tell(REJECT)
    assert json.loads(capsys.readouterr().out) == {
        "v": 1, "event": "reject", "object": "companies", "done": 0, "total": 0
    }  # fmt: skip


def test_line_of_a_reject_holds_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    """On a stream that is no terminal there is none either."""
    Progress(Manner(), is_json=False, clock=StepClock()).tell(REJECT)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("is_json", [True, False])
@pytest.mark.parametrize("is_closed", [True, False])
def test_closed_stream_does_not_stop_a_run(
    monkeypatch: pytest.MonkeyPatch,
    is_json: bool,  # noqa: FBT001 - a case
    is_closed: bool,  # noqa: FBT001 - a case
) -> None:
    """Nobody listens any longer: the run goes on, and says nothing more."""
    stream = io.StringIO() if is_closed else BrokenStream()
    progress = Progress(Manner(), is_json=is_json, clock=StepClock())
    with monkeypatch.context() as patched:
        for name in ("stdout", "stderr"):
            patched.setattr(sys, name, stream)
        if is_closed:
            stream.close()
        progress.tell(WAIT)
        heard = io.StringIO()
        for name in ("stdout", "stderr"):
            patched.setattr(sys, name, heard)
        progress.tell(WAIT)
    assert heard.getvalue() == ""


def test_terminal_gets_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Object and numbers in a bar that goes when the run ends; waits above it, with brackets as they are."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with Progress(Manner(has_color=False), is_json=False, clock=StepClock()) as progress:
        progress.tell(begun())
        progress.tell(went_on(3))
        progress.tell(went_on(7, "contacts"))
        progress.tell(Event(phase=Phase.SETTLING, text="[bold]wait\x1b[2J"))
        progress.tell(REJECT)
        progress._bar.refresh()
    told = capsys.readouterr()
    assert ("contacts" in told.err, "7/9" in told.err, told.out) == (True, True, "")
    assert "[bold]wait\\u001b[2J" in told.err
    assert "Lovelace" not in told.err


@pytest.mark.parametrize(("is_json", "is_quiet"), [(True, False), (False, True)])
def test_terminal_of_a_script_gets_no_bar(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    is_json: bool,  # noqa: FBT001 - a case
    is_quiet: bool,  # noqa: FBT001 - a case
) -> None:
    """Events and quiet go before the bar."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress(Manner(is_quiet=is_quiet), is_json=is_json, clock=StepClock()) as progress:
        progress.tell(went_on(3))
    assert capsys.readouterr().err == ""
