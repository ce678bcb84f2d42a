import os
import shutil
import signal
from pathlib import Path

import pytest
from planning_cases import Desk, firms, people

from migrator.connectors.files.source import FileSource
from migrator.errors import PlanError
from migrator.planner import engines
from migrator.planner.making import INLINE, PROCESSES

ROWS = 3_500
FIELDS = (
    "LastName: {from: last, required: true}, EmailAddress_Work: {from: email, transform: [email]},"
    " Description: {file: note},"
    " CurrentPosition_Company_Id: {lookup: companies, by: [{Name: firm}], on_missing: create}"
)


@pytest.fixture(autouse=True)
def _early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand rows over from the second thousand on."""
    monkeypatch.setattr(engines, "PAYS_FROM_ROWS", 1_000)


def plan_bytes(folder: Path, engine: str) -> bytes:
    """Plan rows of all kinds with nothing from before: some refused, dropped, or standing for others."""
    shutil.rmtree(folder / ".migrator", ignore_errors=True)
    desk = Desk(folder=folder, engine=engine)
    desk.write("note.txt", "Born in London.")
    desk.write("firms.csv", "id,name,site", "1,Analytical,", "2,Difference,")
    lines = (
        f"{n},L{n % 1_700},{'no' if n % 90 == 0 else f'a{n}@x.org'},F{n % 40},{'note.txt' if n % 7 else ''}"
        for n in range(ROWS)
    )
    desk.write("people.csv", "id,last,email,firm,note", *lines, "ragged,row")
    steps = "rows: [{where: \"{{ id != '5' }}\"}, {distinct: [last, email]}]"
    seen = desk.plan(firms() + people(steps, "match: none", fields=FIELDS))
    assert seen.totals("create", "reject") == [3_462, 40]
    return seen.path.read_bytes()


def test_plan_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    """Whoever reads the rows: records, problems, files and changes stand in the same order in the same bytes."""
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
    fact = "a process that read rows was ended from outside (run it again, or with --engine inline)"
    assert str(caught.value) == f"plan: E614 {fact}"
    assert not (tmp_path / "acme.plan").exists()
