"""Every CRM on a bad day: random faults, run after run, until the plan is done; the server's snapshot is believed."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Project
from test_crm_targets import TARGETS, settings_of

from migrator.emulators import Emulator, Options, start
from migrator.emulators.centralstation import CentralStationOptions

FAULTS = (
    "reset-after@POST#1", "reset-after@0.03", "500-after@0.02", "429@0.05:0", "reset-before@0.02",
    "truncated-json@0.02", "html-200@0.01", "503@0.02", "no-id@0.01", "hang-after@0.005",
)  # fmt: skip
RUNS = 60


@pytest.fixture(params=TARGETS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """Make a project for one CRM, with a practice server that fails at random, the same way each time."""
    name = str(request.param)
    options = Options(vendor=CentralStationOptions(requests_per_window=0)) if name == "centralstation" else None
    with start(name, seed=11, faults=FAULTS, options=options) as server:
        settings = {**settings_of(name, server), f"{name}_TIMEOUT_SECONDS".upper(): "0.5"}
        yield Project(folder=tmp_path, server=server, settings=settings)


def migrate(crm: Project, rows: int) -> list[int]:
    """Plan, and apply until there is an end; give the exit codes of all runs."""
    name = next(name for name in TARGETS if f"{name}_base_url".upper() in crm.settings)
    to, first, last, marker = TARGETS[name]
    crm.write("people.csv", "id,first,last\n" + "".join(f"{n},A{n},L{n}\n" for n in range(rows)))
    crm.write(
        "acme.yaml",
        f"mapping: 1\nname: acme\nsource: {{connector: files, path: .}}\ntarget: {{connector: {name}}}\nobjects:\n"
        f"  people: {{from: people.csv, to: {to}, key: id, marker: {marker},"
        f" fields: {{{first}: first, {last}: last}}}}\n",
    )
    assert any(crm.run("plan", "acme.yaml", "-o", "acme.plan").returncode == 0 for _run in range(RUNS))
    codes: list[int] = []
    while not codes or (codes[-1] in {7, 9} and len(codes) < RUNS):
        codes.append(crm.run("apply", "acme.plan", "--yes").returncode)
    return codes


def held(crm: Project, server: Emulator) -> Counter[str]:
    """Count the last names that the server really holds."""
    name = next(name for name in TARGETS if f"{name}_base_url".upper() in crm.settings)
    to, _first, last, _marker = TARGETS[name]
    return Counter(str(one[last]) for one in server.snapshot()[to].values())


def check(crm: Project, rows: int) -> None:
    """Nothing is there twice; what is not there was put in quarantine after three silences, and is said."""
    last = migrate(crm, rows)[-1]
    there = held(crm, crm.server)
    told = re.search(r"([0-9]+)  quarantined", crm.run("status", "acme.plan").stdout)
    assert set(there.values()) == {1}
    assert rows - len(there) <= (int(told[1]) if told else 0)
    assert last == (5 if told else 0)


def test_faults_leave_nothing_twice_and_nothing_out(crm: Project) -> None:
    """Forty people through resets, silences, lost ids and half answers: each is there once."""
    check(crm, 40)
    assert any(entry.fault for entry in crm.server.history())


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_many_faults_leave_nothing_twice_and_nothing_out(crm: Project) -> None:
    """The same with five hundred."""
    check(crm, 500)
