"""A sealed plan is what was made: an edit of it is found, and a planning that ends early leaves nothing behind."""

import asyncio
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from planning_cases import Desk, Seen, firms, people

from migrator import ports
from migrator.connectors.files.source import FileSource
from migrator.errors import PlanError, TargetError
from migrator.planner.making import Planning, make_plan
from migrator.records import TargetRecord
from migrator.store.draft import Draft
from migrator.store.plan import Plan, seal
from migrator.store.plan_schema import FORMAT

LOOKUP = "CurrentPosition_Company_Id: {lookup: companies, by: [{key: firm}]}"
NOTES = """\
  notes:
    from: notes.csv
    to: notes
    key: id
    parent: {lookup: contacts, by: [{key: person}]}
    fields: {Body: text}
"""
OBJECTS = firms() + people(fields=f"LastName: last, EmailAddress_Work: email, {LOOKUP}") + NOTES


def desk_of(folder: Path) -> Desk:
    """Make a desk whose plan has creates, an update, a parent and references."""
    desk = Desk(folder=folder)
    desk.crm.hold("contacts", "c1", LastName="Old", EmailAddress_Work="r@x.org")
    desk.write("firms.csv", "id,name,site", "17,Acme,")
    desk.write("people.csv", "id,last,email,firm", "1,King,,17", "2,Ross,r@x.org,")
    desk.write("notes.csv", "id,person,text", "11,1,one")
    return desk


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Make one plan for all tests that edit a copy of it."""
    return desk_of(tmp_path_factory.mktemp("sealed")).plan(OBJECTS)


@pytest.fixture
def copy(sealed: Seen, tmp_path: Path) -> Path:
    """Give a copy that may be edited."""
    return Path(shutil.copy(sealed.path, tmp_path / "copy.plan"))


def edit(path: Path, statement: str) -> None:
    """Change a plan behind its back."""
    with sqlite3.connect(path) as db:
        assert db.execute(statement).rowcount > 0
    db.close()


EDITS = {
    "id": "'000000000000000000000000'",
    "object": "object % 3 + 1",
    "record": "record % 4 + 1",
    "action": "'delete'",
    "target_id": "'c9'",
    "marker": "'x/y/z'",
    "parent": """'["contacts","c9"]'""",
    "before": """'{"LastName":"Else"}'""",
    "after": """'{"LastName":"Else"}'""",
    "sha256": "'0000'",
}


def test_plan_that_nobody_touched_is_whole(sealed: Seen) -> None:
    """The chain fits, and every change is given."""
    with Plan(sealed.path) as plan:
        assert plan.first_edited() == ""
        assert len(list(plan.changes())) == plan.header["operations"] == 4
        assert plan.header["refers_to_own"]


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
@pytest.mark.parametrize("column", EDITS)
def test_edit_of_any_column_of_any_change_is_found(copy: Path, seq: int, column: str) -> None:
    """Whatever is changed in whichever change, it is named, and only what stands before it is given."""
    edit(copy, f"UPDATE change SET {column}={EDITS[column]} WHERE seq={seq}")  # noqa: S608 - from the table above
    with Plan(copy) as plan:
        named = plan.first_edited()
        assert named.startswith(f"operation {seq} (")
        with pytest.raises(PlanError) as refused:
            list(plan.changes())
        assert len(list(plan.changes(limit=seq - 1))) == seq - 1
    fact = f"{named} was edited after the plan was sealed (plan again; a plan is never edited)"
    assert str(refused.value) == f"{copy}: E602 {fact}"


def test_edited_change_is_named(copy: Path) -> None:
    """Number, action, object and key say which one it is."""
    edit(copy, "UPDATE change SET after='{}' WHERE seq=3")
    with Plan(copy) as plan:
        assert plan.first_edited() == "operation 3 (update contacts 2)"
        with pytest.raises(PlanError) as refused:
            list(plan.changes())
    fact = "operation 3 (update contacts 2) was edited after the plan was sealed (plan again; a plan is never edited)"
    assert str(refused.value) == f"{copy}: E602 {fact}"


REPEATED = """INSERT INTO change SELECT 9, id, object, record, action, target_id, marker, parent, before, after, sha256
FROM change WHERE seq=1"""


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM change WHERE seq=4",
        "DELETE FROM change WHERE seq=2",
        "DELETE FROM change",
        "UPDATE change SET seq=9 WHERE seq=1",
        REPEATED,
    ],
)
def test_change_that_is_taken_out_moved_or_repeated_is_found(copy: Path, statement: str) -> None:
    """Each change is whole, but the list is another one."""
    edit(copy, statement)
    with Plan(copy) as plan:
        assert plan.first_edited() == "the list of operations"


def test_plan_of_another_version_is_refused(copy: Path) -> None:
    """A plan says which form it has, and no other is read."""
    edit_version = sqlite3.connect(copy)
    edit_version.execute("PRAGMA user_version=1")
    edit_version.close()
    with pytest.raises(PlanError) as refused:
        Plan(copy)
    fact = f"not a plan of this version: format 1, expected {FORMAT} (plan again)"
    assert str(refused.value) == f"{copy}: E602 {fact}"


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"SQLite format 3\0" + b"\0" * 100])
def test_file_that_cannot_be_read_is_no_plan(tmp_path: Path, content: bytes) -> None:
    """Rubbish is refused with a word about it."""
    path = tmp_path / "x.plan"
    path.write_bytes(content)
    with pytest.raises(PlanError) as refused:
        Plan(path)
    (problem,) = refused.value.problems
    assert (problem.code, problem.place, problem.hint) == ("E602", str(path), "plan again")


def test_plan_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The remedy is to make one."""
    with pytest.raises(PlanError) as refused:
        Plan(tmp_path / "x.plan")
    hint = "make one with 'migrator plan MAPPING -o FILE.plan'"
    assert str(refused.value) == f"{tmp_path}/x.plan: E603 there is no such plan ({hint})"


def test_plan_is_private_and_alone(tmp_path: Path) -> None:
    """Nobody else may read it, and nothing that was needed to make it is left."""
    path = desk_of(tmp_path).plan(OBJECTS).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(item.name for item in tmp_path.iterdir() if "plan" in item.name) == ["acme.plan"]
    with sqlite3.connect(path) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    db.close()
    assert tables == {
        "header",
        "object",
        "file",
        "record",
        "problem",
        "cause",
        "waiting",
        "change",
        "agreed",
        "proposal",
        "question",
        "option",
        "content",
        "gone",
        "resolution",
        "held",
    }


def test_plan_is_never_written_to(tmp_path: Path) -> None:
    """Reading leaves the file as it is, also where it may not be written."""
    path = desk_of(tmp_path).plan(OBJECTS).path
    path.chmod(0o400)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    with Plan(path) as plan:
        assert len(list(plan.changes(after=1, limit=2))) == 2
        with pytest.raises(sqlite3.OperationalError):
            plan.db.execute("DELETE FROM change")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_planning_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Neither a plan, nor a part of one, nor the scratch file is left when the target breaks off."""

    class Broken(Exception):
        """What the target ends with."""

    desk = desk_of(tmp_path)

    async def get(name: str, record_id: str, _parent: tuple[str, str] | None = None) -> TargetRecord | None:
        raise Broken(name, record_id)

    desk.crm.get = get  # type: ignore[method-assign]
    desk.remember("contacts", "1", "gone")
    with pytest.raises(Broken):
        desk.plan(OBJECTS)
    assert [item.name for item in tmp_path.iterdir() if "plan" in item.name] == []


def test_planning_that_fails_keeps_the_plan_that_was_there(tmp_path: Path) -> None:
    """A plan at that path stays until another one is whole."""
    desk = desk_of(tmp_path)
    before = desk.plan(OBJECTS).path.read_bytes()

    async def identify() -> None:
        raise TargetError

    desk.crm.identify = identify  # type: ignore[method-assign, assignment]
    with pytest.raises(TargetError):
        desk.plan(OBJECTS)
    assert [item.name for item in tmp_path.iterdir() if "plan" in item.name] == ["acme.plan"]
    assert (tmp_path / "acme.plan").read_bytes() == before


def test_draft_that_is_not_sealed_is_removed(tmp_path: Path) -> None:
    """A draft ends with its context, and takes away what an earlier one left under its name."""
    left = [tmp_path / f".x.plan.{name}" for name in ("partial", "scratch", "asking")]
    for path in left:
        path.write_bytes(b"left by a process that was killed")
    with Draft(tmp_path / "x.plan") as draft:
        assert [path.read_bytes()[:15] for path in left] == [b"SQLite format 3"] * 3
        assert [stat.S_IMODE(path.stat().st_mode) for path in left] == [0o600] * 3
        draft.file_number("people.csv")
    assert list(tmp_path.iterdir()) == []


def test_draft_does_not_follow_a_link(tmp_path: Path) -> None:
    """A link that somebody put in its place is taken away, and what it points at is not touched."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / ".x.plan.partial").symlink_to(victim)
    with Draft(tmp_path / "x.plan"):
        assert not (tmp_path / ".x.plan.partial").is_symlink()
    assert victim.read_bytes() == b"precious"


def test_draft_becomes_a_plan_by_its_seal(tmp_path: Path) -> None:
    """Only a sealed draft lies under the plan's own name; its hash is that of the file."""
    path = tmp_path / "x.plan"
    with Draft(path) as draft:
        draft.add_object((1, "contacts", "contacts", "A", "[]"))
        assert not path.exists()
        seal(draft, {"chain": "", "operations": 0, "plan": "p1"})
        assert path.exists()
    with Plan(path) as plan:
        assert (plan.id, list(plan.changes())) == ("p1", [])
    assert [item.name for item in tmp_path.iterdir()] == ["x.plan"]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], str(Path(sys.argv[1]).parent / "doubles")]
from planning_cases import Desk
from test_planning_seal import OBJECTS
from migrator.planner import making

def die(*_given: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)

setattr(making, sys.argv[3], die)
Desk(folder=Path(sys.argv[2])).plan(OBJECTS)
"""


@pytest.mark.parametrize("where", ["settle_matches", "make_header", "seal"])
def test_killed_planning_does_not_stop_the_next_one(tmp_path: Path, where: str) -> None:
    """What a killed process leaves is hidden, is no plan, and goes away with the next planning."""
    desk = desk_of(tmp_path)
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path), where]
    assert subprocess.run(command, check=False, timeout=30).returncode == -9
    left = sorted(item.name for item in tmp_path.iterdir() if "plan" in item.name)
    assert left == [".acme.plan.asking", ".acme.plan.partial", ".acme.plan.scratch"]
    assert len(desk.plan(OBJECTS).raw) == 4
    assert [item.name for item in tmp_path.iterdir() if "plan" in item.name] == ["acme.plan"]


def test_planning_cut_before_it_is_registered_leaves_a_plan_that_nobody_knows(tmp_path: Path) -> None:
    """Between seal and ledger the plan lies there, whole, and the ledger does not know it."""
    desk = desk_of(tmp_path)
    spec = desk.spec(OBJECTS)
    source = FileSource(project=spec.project, base=tmp_path, settings=spec.source.settings)
    ports.arm_failpoints("sealed=enospc")
    with desk.ledger(spec) as ledger, pytest.raises(OSError, match="no space left"):
        asyncio.run(make_plan(spec, source, desk.crm, ledger, Planning(path=tmp_path / "acme.plan")))
    with Plan(tmp_path / "acme.plan") as plan, desk.ledger(spec) as ledger:
        assert plan.first_edited() == ""
        assert ledger.plan(plan.id) is None
    assert len(desk.plan(OBJECTS).raw) == 4


def test_plan_tells_whether_its_records_point_at_each_other(tmp_path: Path) -> None:
    """For those that do not, no run looks for operations by their names."""
    assert desk_of(tmp_path).plan(firms()).header["refers_to_own"] is False
