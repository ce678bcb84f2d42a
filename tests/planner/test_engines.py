import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from planning_cases import Desk, firms, people

from migrator.connectors.files.source import FileSource
from migrator.errors import PlanError, Problem, SourceError
from migrator.planner import engines
from migrator.planner.cleaning import Cleaning
from migrator.planner.making import INLINE, PROCESSES
from migrator.planner.shaping.bench import Row
from migrator.planner.wire import read_back, written
from migrator.planner.workers import Work, Worker
from migrator.store.cells import pack_cells

ROWS = 3_500
DIED = "plan: E614 a process that read rows was ended from outside (run it again, or with --engine inline)"
FIELDS = (
    "LastName: {from: last, required: true}, EmailAddress_Work: {from: email, transform: [email]},"
    " Description: {file: note},"
    " CurrentPosition_Company_Id: {lookup: companies, by: [{Name: firm}], on_missing: create}"
)


@pytest.fixture(autouse=True)
def _early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand rows over from the second thousand on, all of them: nothing is made here while they are worked on."""
    monkeypatch.setattr(engines, "PAYS_FROM_ROWS", 1_000)
    monkeypatch.setattr(engines, "MOST_KEPT", 0)


def plan_bytes(folder: Path, engine: str, *, has_steps: bool = True) -> bytes:
    """Plan rows of all kinds with nothing from before: some refused, and with steps some dropped or doubles.

    Cells have blanks around them, and one holds what else parts cells.
    """
    shutil.rmtree(folder / ".migrator", ignore_errors=True)
    desk = Desk(folder=folder, engine=engine)
    desk.write("note.txt", "Born in London.")
    desk.write("firms.csv", "id,name,site", "1,Analytical,", "2,Difference,")
    lines = (
        f"{n},L{n % 1_700},{'no' if n % 90 == 0 else f'a{n}@x.org'},F{n % 40} , {'note.txt' if n % 7 else ''}"
        for n in range(ROWS)
    )
    desk.write("people.csv", "id,last,email,firm,note", *lines, "ragged,row", "x,a\x1fb,,,")
    steps = ["rows: [{where: \"{{ id != '5' }}\"}, {distinct: [last, email]}]"] if has_steps else []
    seen = desk.plan(firms() + people(*steps, "match: none", fields=FIELDS))
    assert seen.totals("create", "reject") == [3_462 if has_steps else 3_463, 41]
    return seen.path.read_bytes()


@pytest.mark.parametrize("has_steps", [True, False])
def test_plan_is_the_same_byte_for_byte(tmp_path: Path, *, has_steps: bool) -> None:
    """Whoever reads the rows: records, problems, files and changes stand in the same order in the same bytes."""
    inline, others = (plan_bytes(tmp_path, engine, has_steps=has_steps) for engine in (INLINE, PROCESSES))
    assert inline == others


@pytest.mark.parametrize("waiting", [0, 2])
def test_plan_is_the_same_where_both_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: int) -> None:
    """What is made here while a worker is busy waits for what the worker was given before, and for what waits."""
    turns = count()
    monkeypatch.setattr(engines, "MOST_WAITING", waiting)
    monkeypatch.setattr(engines, "MOST_KEPT", 64)
    monkeypatch.setattr(engines, "FEW", 50)
    monkeypatch.setattr(Worker, "is_free", property(lambda _worker: next(turns) % 3 == 2))
    inline = plan_bytes(tmp_path, INLINE)
    assert inline == plan_bytes(tmp_path, PROCESSES)
    assert next(turns) > 5


@pytest.mark.parametrize("cells", [[" a ", ""], ["a\x1fb", "c"], ["a", dt.date(2024, 5, 6)], [None, 1.5]])
def test_rows_reach_a_worker_as_they_are(cells: list[Any]) -> None:
    """Their cells travel by themselves only where the original text does not say what they are."""
    rows = [Row(n, 1, n, pack_cells(some), some) for n, some in enumerate([["x", "y"], cells])]
    cleaning = Cleaning(is_text=False, is_trimmed=True, blank_values=frozenset())
    packed = engines._packed(engines._Part(Work(), "people", rows, 1, cleaning))
    assert engines._unpacked(read_back(written(packed))) == rows


def test_few_rows_begin_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take longer to begin than they take."""
    monkeypatch.setattr(engines, "PAYS_FROM_ROWS", 2 * ROWS)
    monkeypatch.setattr(engines, "Worker", None)
    assert plan_bytes(tmp_path, INLINE) == plan_bytes(tmp_path, PROCESSES)


class Deadly(FileSource):
    """A folder whose files kill who reads them, but for the process that made it."""

    maker = os.getpid()

    def content(self, file: str) -> bytes:
        """Kill, or give nothing."""
        if os.getpid() != int(file):
            os.kill(os.getpid(), signal.SIGKILL)
        return b""


def test_killed_process_is_told(tmp_path: Path) -> None:
    """No plan is left, and nothing waits for ever."""
    source = Deadly(project=tmp_path, base=tmp_path, settings={})
    desk = Desk(folder=tmp_path, engine=PROCESSES, source=source)
    desk.write("people.csv", "id,last,note", *(f"{n},L,{os.getpid()}" for n in range(ROWS)))
    with pytest.raises(PlanError) as caught:
        desk.plan(people("match: none", fields="LastName: last, Description: {file: note}"))
    assert str(caught.value) == DIED
    assert not (tmp_path / "acme.plan").exists()


class Vanishing(FileSource):
    """A folder whose tables are gone for all but the process that made it."""

    def columns(self, tables: tuple[str, ...]) -> tuple[str, ...]:
        """Read the headers, or find no file."""
        if os.getpid() != self._settings["maker"]:
            raise SourceError(Problem(code="E401", place=tables[0], fact="is not there"))
        return super().columns(tables)


def test_mapping_that_cannot_be_compiled_there_is_told_as_what_it_is(tmp_path: Path) -> None:
    """Nobody ended that process: the file went away while it began."""
    source = Vanishing(project=tmp_path, base=tmp_path, settings={"maker": os.getpid()})
    desk = Desk(folder=tmp_path, engine=PROCESSES, source=source)
    desk.write("people.csv", "id,last", *(f"{n},L" for n in range(ROWS)))
    with pytest.raises(SourceError) as caught:
        desk.plan(people("match: none", fields="LastName: last"))
    assert str(caught.value) == "people.csv: E401 is not there"


class Interrupted(FileSource):
    """A folder whose files interrupt who reads them, but for the process that made it."""

    def content(self, file: str) -> bytes:
        """Do as a terminal does to all, when somebody presses Ctrl-C."""
        if os.getpid() != int(file):
            os.kill(os.getpid(), signal.SIGINT)
        return b""


def test_interrupt_is_a_matter_of_the_process_that_hands_rows_over(tmp_path: Path) -> None:
    """The others go on until it ends them, so that nobody reads of a process that was ended from outside."""
    desk = Desk(folder=tmp_path, engine=PROCESSES, source=Interrupted(project=tmp_path, base=tmp_path, settings={}))
    desk.write("people.csv", "id,last,note", *(f"{n},L,{os.getpid()}" for n in range(ROWS)))
    try:
        seen = desk.plan(people("match: none", fields="LastName: last, Description: {file: note}"))
    except KeyboardInterrupt:
        pytest.fail("a process that reads rows was interrupted")
    assert seen.totals("create") == [ROWS]


class Orphaning(FileSource):
    """A folder whose files kill the process that hands rows over."""

    def content(self, file: str) -> bytes:
        """Kill, and give nothing."""
        if os.getpid() != int(file):
            os.kill(int(file), signal.SIGKILL)
        return b""


def plan_until_killed(folder: Path) -> None:
    """Plan in a process of its own, which does not survive it."""
    engines.PAYS_FROM_ROWS, engines.MOST_KEPT = 1_000, 0
    desk = Desk(folder=folder, engine=PROCESSES, source=Orphaning(project=folder, base=folder, settings={}))
    desk.write("people.csv", "id,last,note", *(f"{n},L,{os.getpid()}" for n in range(ROWS)))
    desk.plan(people("match: none", fields="LastName: last, Description: {file: note}"))


def test_no_process_outlives_the_one_that_hands_rows_over(tmp_path: Path) -> None:
    """However that ends: who still held its output would keep this from ending."""
    script = f"from pathlib import Path; import test_engines; test_engines.plan_until_killed(Path({str(tmp_path)!r}))"
    rooms = (Path(__file__).parent, Path(__file__).parent.parent / "doubles")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, rooms))}
    ended = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGKILL, b"", b"")
