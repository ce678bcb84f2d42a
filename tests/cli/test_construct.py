"""How a plan is found by what a person types, and what lies beside it."""

from pathlib import Path

import pytest

from migrator.cli.construct import find_plan, reader_of, report_folder
from migrator.cli.main import Manner
from migrator.errors import MigratorError, PlanError, StoreError
from migrator.ports import Rng, SystemClock
from migrator.store.draft import Draft
from migrator.store.journal import Journal
from migrator.store.ledger import Ledger, PlanEntry, file_facts
from migrator.store.plan import Plan, seal

FACTS = {"host": "here", "pid": 7, "boot_id": "boot-1", "sqlite": "3", "tool": "0"}
LEDGER = ".migrator/ledger.sqlite"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project with three plans, the first and the second of which ran, and work in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two", "three"):
        with Ledger(tmp_path / LEDGER, clock=SystemClock(), rng=Rng(1)) as ledger:
            make_plan(ledger, tmp_path / f"{name}.plan", name)
            if name != "three":
                with Plan(tmp_path / f"{name}.plan") as plan:
                    Journal(ledger, plan, SystemClock()).begin(FACTS)
    return tmp_path


def make_plan(ledger: Ledger, path: Path, name: str) -> None:
    """Seal an empty plan, and register it."""
    header = {
        "plan": name,
        "operations": 0,
        "ledger": {"path": str(ledger.path)},
        "mapping": {"name": "acme"},
        "target": {"fingerprint": ""},
    }
    with Draft(path) as draft:
        sha256 = seal(draft, header)
    facts = {"mapping": "acme", "path": str(path), "file": file_facts(path), "made": "2024-05-06", "state": "MADE"}
    ledger.register(PlanEntry(id=name, sha256=sha256, serial=0, started=None, **facts))


def found(spelled: str) -> str:
    """Tell which plan is found."""
    with find_plan(spelled) as plan:
        return plan.id


@pytest.mark.parametrize(
    ("spelled", "name"), [("one.plan", "one"), ("./three.plan", "three"), ("last", "two"), ("1", "one"), ("2", "two")]
)
def test_plan_is_found_by_what_is_typed(project: Path, spelled: str, name: str) -> None:
    """A file, the number of a run, or the last one that ran."""
    assert (project / LEDGER).exists()
    assert found(spelled) == name


def test_file_goes_before_a_number(project: Path) -> None:
    """A plan that is called like a run is that plan."""
    (project / "one.plan").rename(project / "2")
    (project / "three.plan").rename(project / "last")
    assert (found("2"), found("last")) == ("one", "three")


def test_plan_is_found_from_a_folder_below(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project is that of the nearest folder with a project file."""
    (project / "migrator.yaml").write_text("{}\n", encoding="utf-8")
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert found("last") == "two"


@pytest.mark.parametrize(
    ("spelled", "kind", "words"),
    [
        (
            "none.plan",
            PlanError,
            "none.plan: E603 there is no such plan (make one with 'migrator plan MAPPING -o FILE.plan')",
        ),
        (
            "9",
            StoreError,
            f"{{folder}}/{LEDGER}: E603 no run '9' (name a plan file; 'migrator runs' lists them)",
        ),
    ],
)
def test_plan_that_is_not_there_is_told_so(project: Path, spelled: str, kind: type[MigratorError], words: str) -> None:
    """With where it was looked for, and how plans are named."""
    with pytest.raises(kind) as caught:
        find_plan(spelled)
    assert str(caught.value) == words.format(folder=project)


def test_run_without_a_ledger_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no plan was ever made there is no last one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError) as caught:
        find_plan("last")
    assert str(caught.value) == f"{tmp_path / LEDGER}: E702 there is no ledger here (it is made by the first plan)"


def test_ledger_of_a_plan_is_read_where_it_is_there(project: Path) -> None:
    """A plan that was moved away from its ledger can still be shown."""
    with find_plan("one.plan") as plan:
        reader = reader_of(plan)
        assert reader is not None
        with reader:
            assert reader.plan("one") is not None
        (project / LEDGER).unlink()
        assert reader_of(plan) is None


@pytest.mark.parametrize(
    ("plan", "folder"),
    [
        ("acme.plan", "acme.report"),
        ("out/acme.plan", "out/acme.report"),
        ("acme", "acme.report"),
        ("a.b", "a.b.report"),
    ],
)
def test_report_lies_beside_its_plan(plan: str, folder: str) -> None:
    """In a folder that is named after it."""
    assert report_folder(Path(plan)) == Path(folder)


@pytest.mark.parametrize(
    ("shows", "masks", "is_terminal", "expected"),
    [
        (False, False, True, True),
        (False, False, False, False),
        (True, False, False, True),
        (True, False, True, True),
        (False, True, True, False),
        (True, True, True, False),
    ],
)
def test_values_are_shown_on_a_terminal_or_where_asked_for(
    *, shows: bool, masks: bool, is_terminal: bool, expected: bool
) -> None:
    """Hidden in pipes and logs, and with --mask everywhere."""
    manner = Manner(shows_values=shows, masks_values=masks)
    assert manner.shows(is_terminal=is_terminal) is expected
