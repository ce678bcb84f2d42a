"""The real command in a forked process, and a practice CRM beside it: begun, killed, signalled, starved, judged.

A process is forked before the server's threads begin, and waits for what to do; so thousands of commands cost no start
of Python. The judge reads the server's own records and history.
"""

import errno
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import jinja2
from sim_cases import workshop
from sim_checker import FINAL, LANDED, NEVER
from test_crm_targets import TARGETS, settings_of

from migrator.cli import accounts
from migrator.cli import apply as _apply  # noqa: F401 - imported before the fork, so that no command waits for it
from migrator.cli import plan as _plan  # noqa: F401 - the same
from migrator.cli.main import main
from migrator.connectors.registry import find_definition
from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator, Options, start
from migrator.emulators.centralstation import CentralStationOptions

ROWS = 3
LAG_SECONDS = 0.05
PORT_SECONDS = 30.0
ENDED, STOPPED, LOCKED = {0, 5, 6}, 7, 8
PLAN = ("plan", "acme.yaml", "-o", "acme.plan")
APPLY = ("apply", "acme.plan", "--yes")
OPERATIONS = ("create", "update")
for _late in ("anyio._backends._asyncio", "anyio.streams.tls", "certifi", "h11", "httpcore", "encodings.idna"):
    import_module(_late)  # what a run imports when it first needs it: once for all that are forked


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a command ended: its exit code, or minus the signal; and all that it said."""

    code: int
    said: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How a command is run: how long it waits for an answer, how large any file of it may become, where it prints."""

    timeout_seconds: float = 0.15

    max_bytes: int = 0
    output: str = ""


ALONE = ("--concurrency", "1")
PATIENT = Manner(timeout_seconds=2.0)  # longer than any server here takes


class Runner:
    """A process that waits to run one command."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(dir=workshop()))
        reading, self._writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._writing)
            self._obey(reading)
        os.close(reading)

    def begin(self, folder: Path, environ: Mapping[str, str], arguments: Sequence[str], how: "Manner") -> None:
        """Run a command in a folder."""
        order = {"folder": str(folder), "environ": dict(environ), "arguments": arguments, **asdict(how)}
        with os.fdopen(self._writing, "w", encoding="utf-8") as pipe:
            pipe.write(f"{json.dumps(order)}\n")

    def kill(self, number: signal.Signals) -> None:
        """Send a signal, if the process still lives."""
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.kill(self.pid, number)

    def wait(self, timeout_seconds: float = 30.0) -> Ended:
        """Wait for the end; a command that does not end is killed, which no test takes for an end."""
        until = time.monotonic() + timeout_seconds
        while (found := os.waitpid(self.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() > until:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.002)
        said = "".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted(self._folder.iterdir()))
        shutil.rmtree(self._folder)
        return Ended(code=os.waitstatus_to_exitcode(found[1]), said=said)

    def _obey(self, reading: int) -> None:
        """Be the command; never comes back."""
        code = 70
        try:
            with os.fdopen(reading, encoding="utf-8") as pipe:
                order = json.loads(pipe.readline() or "null")  # others may hold the other end, too
            if order:
                code = self._command(order)
        finally:
            os._exit(code)

    def _command(self, order: dict[str, Any]) -> int:
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(
                os.open(order["output"] or self._folder / name, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), number
            )
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - until the process ends
        os.environ.clear()
        os.environ.update(order["environ"], PATH=os.defpath)
        os.chdir(order["folder"])
        if order["max_bytes"]:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (order["max_bytes"], order["max_bytes"]))
        vars(accounts)["find_definition"] = _known_definition
        jinja2.Environment = _remembering(jinja2.Environment)  # type: ignore[misc, assignment]
        RestTarget.__aenter__ = _hurried(RestTarget.__aenter__)  # type: ignore[method-assign, assignment]
        try:
            main(order["arguments"])
        except SystemExit as ended:
            return int(ended.code or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
        return 0


@cache
def _definition(crm: str) -> Definition:
    return find_definition(crm, project=Path(), base=Path(), place="")


def _known_definition(crm: str, **_where: Any) -> Definition:
    """Give the definition of a CRM, which was read before the fork."""
    return _definition(crm)


def _remembering(make: Callable[..., Any]) -> Callable[..., Any]:
    """Let a template be compiled once for all commands: it takes longer than a run over a few rows."""
    return partial(make, bytecode_cache=jinja2.FileSystemBytecodeCache(str(_compiled())))


@cache
def _compiled() -> Path:
    folder = workshop() / "compiled"
    folder.mkdir(exist_ok=True)
    return folder


def _hurried(enter: Callable[[RestTarget], Any]) -> Callable[[RestTarget], Any]:
    """Let a target wait for less between two reads: these servers show at once what they took."""

    async def hurry(target: RestTarget) -> RestTarget:
        entered: RestTarget = await enter(target)
        entered.lag_seconds = LAG_SECONDS
        return entered

    return hurry


def _served(serve: Callable[[], Emulator]) -> Emulator:
    """Serve where it was served before, as soon as no other process calls somebody from that port."""
    until = time.monotonic() + PORT_SECONDS
    while True:
        try:
            return serve()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise
        time.sleep(0.05)


@dataclass(kw_only=True)
class Desk:
    """A project for one CRM and one kind of operation, planned once; each case begins from there."""

    crm: str
    operation: str
    folder: Path
    port: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)

    @property
    def ledger(self) -> Path:
        """Give the place of the ledger."""
        return self.folder / ".migrator" / "ledger.sqlite"

    @contextmanager
    def opened(self, *faults: str, runners: int = 2) -> Iterator["Case"]:
        """Begin a case: processes that wait, then the server as it was when the plan was made, then the ledger."""
        waiting = [Runner() for _runner in range(runners)]
        options = Options(vendor=CentralStationOptions(requests_per_window=0)) if self.crm == "centralstation" else None
        try:
            with _served(partial(start, self.crm, port=self.port, seed=11, options=options)) as server:
                self.port = server.port
                if self.operation == "update":
                    to, first, last, _marker = TARGETS[self.crm]
                    server.seed_records(to, [{first: f"Old{n}", last: f"L{n}"} for n in range(ROWS)])
                server.script(*faults)
                if self.kept:
                    for path in self.ledger.parent.glob("ledger*"):
                        path.unlink()
                    self.ledger.write_bytes(self.kept["ledger"])
                yield Case(desk=self, server=server, waiting=waiting)
        finally:
            for runner in waiting:
                os.kill(runner.pid, signal.SIGKILL)
                runner.wait()


@dataclass(kw_only=True)
class Case:
    """One case at a desk: its server, the processes that still wait, and all that commands said."""

    desk: Desk
    server: Emulator
    waiting: list[Runner]
    said: list[str] = field(default_factory=list)
    how: Manner = field(default_factory=Manner)

    def environ(self, **more: str) -> dict[str, str]:
        """Give the settings of the server, with short waits."""
        name = self.desk.crm.upper()
        hurried = {f"{name}_TIMEOUT_SECONDS": "0.15", f"{name}_SETTLE_SECONDS": "0.4"}
        return {**settings_of(self.desk.crm, self.server), **hurried, **more}

    def begin(self, *arguments: str, how: Manner | None = None, **more: str) -> Runner:
        """Begin a command in one of the waiting processes, in the manner of this case if no other is given."""
        runner, how = self.waiting.pop(), how or self.how
        timeout = {f"{self.desk.crm.upper()}_TIMEOUT_SECONDS": str(how.timeout_seconds)}
        runner.begin(self.desk.folder, self.environ(**timeout, **more), arguments, how)
        return runner

    def run(self, *arguments: str, how: Manner | None = None, **more: str) -> int:
        """Run a command to its end, and give its exit code."""
        return self.end(self.begin(*arguments, how=how, **more))

    def await_writes(self, count: int, timeout_seconds: float = 5.0) -> None:
        """Wait until the server has received so many writes."""
        until = time.monotonic() + timeout_seconds
        while self.writes() < count and time.monotonic() < until:
            time.sleep(0.002)

    def stop_while_it_waits(self, running: Runner, writes: int) -> None:
        """Stop a run that sends one request at a time while the server is slow, not while it writes to the ledger.

        Who is stopped between an intent and its request, and robbed of the ledger, sends it late: no lock can help it.
        """
        self.await_writes(writes)
        time.sleep(0.05)
        running.kill(signal.SIGSTOP)

    def lock_held(self) -> str:
        """Run into a ledger that is held, and give the id of its lock; empty where nobody holds it."""
        code = self.run(*APPLY)
        found = re.search(r"--force-unlock (\w+)", self.said[-1])
        return found[1] if found and code == LOCKED else ""

    def end(self, runner: Runner) -> int:
        """Wait for a command, keep what it said, and give its exit code."""
        ended = runner.wait()
        self.said.append(ended.said)
        return ended.code

    def finish(self) -> list[int]:
        """Apply until there is an end or no process is left; give the exit codes."""
        codes: list[int] = []
        while self.waiting and (not codes or codes[-1] not in ENDED):
            codes.append(self.run(*APPLY))
        return codes

    @property
    def plan(self) -> Path:
        """Give the place of the plan."""
        return self.desk.folder / "acme.plan"

    def writes(self) -> int:
        """Count the writes that the server received."""
        return sum(entry.method != "GET" for entry in self.server.history())

    def claims(self) -> dict[str, tuple[str, str]]:
        """Give what the ledger says of each row: its state, and the record that it is said to be."""
        with closing(sqlite3.connect(f"file:{self.desk.ledger}?mode=ro", uri=True)) as db:
            found = {
                seq: (state, target_id or "")
                for seq, state, target_id in db.execute("SELECT seq, state, target_id FROM op")
            }
        return {f"L{seq - 1}": found.get(seq, ("PLANNED", "")) for seq in range(1, ROWS + 1)}

    def duplicates(self) -> list[str]:
        """Find what stands there twice, where the ledger itself can say nothing any more."""
        to, _first, last, _marker = TARGETS[self.desk.crm]
        names = Counter(str(one.get(last)) for one in self.server.snapshot()[to].values())
        return [f"duplicate: {name} stands there {count} times" for name, count in names.items() if count > 1]

    def wrongs(self, *, is_altered: bool = False, is_ended: bool = True) -> list[str]:
        """Hold what is said of each row against what the server holds."""
        to, first, last, _marker = TARGETS[self.desk.crm]
        held, found = self.server.snapshot()[to], []
        for name, (state, target_id) in self.claims().items():
            mine = {key: one for key, one in held.items() if str(one.get(last, "")).lower() == name.lower()}
            is_new = any(str(one.get(first)) == name.replace("L", "A") for one in mine.values())
            if len(mine) > 1:
                found.append(f"duplicate: {name} stands there {len(mine)} times ({state})")
            elif (
                state in LANDED
                and not is_altered
                and not (is_new and target_id.lower() in {key.lower() for key in mine})
            ):
                found.append(f"loss: {name} is {state} as {target_id}, there is {mine}")
            elif state in NEVER and is_new:
                found.append(f"loss: {name} is {state}, there is {mine}")
            if is_ended and state not in FINAL:
                found.append(f"unfinished: {name} is {state}")
        return found + [f"words: {text}" for text in self.said if "Traceback" in text]

    def secrets(self) -> int:
        """Count the files and outputs in which a key of the server stands."""
        keys = [key.encode() for key in self.server.secrets.values()]
        texts = [text.encode() for text in self.said]
        texts += [path.read_bytes() for path in self.desk.folder.rglob("*") if path.is_file()]
        return sum(any(key in text for key in keys) for text in texts)


def desk(crm: str, operation: str) -> Desk:
    """Give the project of this very process, never one that was made before the fork."""
    return _desk(crm, operation, os.getpid())


@cache
def _desk(crm: str, operation: str, pid: int) -> Desk:
    """Set up a project, and plan it."""
    _definition(crm)
    folder = workshop() / f"desk-{pid}" / f"{crm}-{operation}"
    folder.mkdir(parents=True)
    to, first, last, marker = TARGETS[crm]
    match = f", match: [[{last}]]" if operation == "update" else ""
    (folder / "people.csv").write_text("id,first,last\n" + "".join(f"{n},A{n},L{n}\n" for n in range(ROWS)))
    (folder / "acme.yaml").write_text(
        f"mapping: 1\nname: acme\nsource: {{connector: files, path: .}}\ntarget: {{connector: {crm}}}\nobjects:\n"
        f"  people: {{from: people.csv, to: {to}, key: id{match}, marker: {marker},"
        f" fields: {{{first}: first, {last}: last}}}}\n"
    )
    made = Desk(crm=crm, operation=operation, folder=folder)
    with made.opened(runners=1) as case:
        code = case.run(*PLAN)
        assert code == 0, case.said
    made.kept["ledger"] = made.ledger.read_bytes()
    return made
