"""What is refused before the first write, each with its whole message, and with nothing sent."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from apply_cases import COMPANIES, TOP, Bench, companies, new_ledger
from practice_target import UNANSWERED, Act

from migrator.errors import PlanError
from migrator.executor.preflight import check_mapping, doubts_about
from migrator.store.ledger import LedgerReader, hash_file
from migrator.store.plan import Plan

AGAIN = "run 'migrator plan acme.yaml -o acme.plan' again; 'migrator show acme.plan' still works"


def refusal(bench: Bench, name: str = "acme.plan", **how: bool) -> str:
    """Give the words with which a plan is refused; nothing is written, and the ledger knows of no run."""
    bench.target.history.clear()
    with bench.reading() as db:
        before = db.execute("SELECT COUNT(*) FROM run").fetchone()
    with pytest.raises(PlanError) as caught:
        bench.apply(name, **how)
    with bench.reading() as db:
        assert db.execute("SELECT COUNT(*) FROM run").fetchone() == before
    assert (caught.value.exit_code, bench.target.history) == (6, [])
    return str(caught.value)


def short(text: bytes) -> str:
    """Give the beginning of a hash, as messages do."""
    return hashlib.sha256(text).hexdigest()[:4] + "…"


def test_plan_that_fits_is_let_through(tmp_path: Path) -> None:
    """A mapping that is written anew with the same bytes is the same one."""
    bench = companies(tmp_path)
    text = (tmp_path / "acme.yaml").read_bytes()
    (tmp_path / "acme.yaml").unlink()
    (tmp_path / "acme.yaml").write_bytes(text)
    assert bench.apply().state == "DONE"


def test_changed_mapping_is_refused(tmp_path: Path) -> None:
    """A plan is applied as it was shown; both hashes are named."""
    bench = companies(tmp_path)
    text = (tmp_path / "acme.yaml").read_text(encoding="utf-8")
    (tmp_path / "acme.yaml").write_text(text + "# more\n", encoding="utf-8")
    change = f"({short(text.encode())} -> {short((text + '# more' + chr(10)).encode())})"
    assert refusal(bench) == (
        f"acme.plan: E601 acme.yaml changed after the plan was made {change} (nothing was written; {AGAIN})"
    )
    assert bench.apply(keeps_plan=True).state == "DONE"


@pytest.mark.parametrize("is_folder", [False, True])
def test_mapping_that_cannot_be_read_is_refused(tmp_path: Path, is_folder: bool) -> None:  # noqa: FBT001 - a case
    """Gone or unreadable, it cannot be compared; the plan's own operations can still be applied."""
    bench = companies(tmp_path)
    (tmp_path / "acme.yaml").unlink()
    if is_folder:
        (tmp_path / "acme.yaml").mkdir()
    hint = "bring the mapping back, or apply with --keep-plan"
    assert refusal(bench) == f"acme.plan: E601 the mapping acme.yaml is gone or unreadable ({hint})"
    assert bench.apply(keeps_plan=True).state == "DONE"


def test_mapping_is_checked_alone(tmp_path: Path) -> None:
    """Before anything is opened, the command line asks the same question."""
    companies(tmp_path)
    with Plan(tmp_path / "acme.plan") as plan:
        check_mapping(plan)
        (tmp_path / "acme.yaml").unlink()
        with pytest.raises(PlanError):
            check_mapping(plan)


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE change SET after='{}' WHERE seq=2", ": operation 2 (create companies 2)"),
        ("UPDATE record SET fields='{}' WHERE id=2", ": operation 2 (create companies 2)"),
        ("UPDATE record SET key='9' WHERE id=2", ": operation 2 (create companies 9)"),
        ("INSERT INTO resolution VALUES(2, 'Name', 0, 1)", ""),
        ("DELETE FROM change WHERE seq=3", ": the list of operations"),
        ("UPDATE record SET cells='[]'", ""),
        ("UPDATE header SET value='99' WHERE name='operations'", ""),
    ],
)
def test_edited_plan_is_refused(tmp_path: Path, statement: str, where: str) -> None:
    """The file is hashed as a whole, and where the chain can tell, the first edited operation is named."""
    bench = companies(tmp_path)
    path = tmp_path / "acme.plan"
    sealed = hash_file(path)
    bench.edit_plan(statement)
    fact = f"the plan is not as it was sealed ({sealed[:4]}… -> {hash_file(path)[:4]}…){where}"
    assert refusal(bench) == f"acme.plan: E602 {fact} (nothing was written; {AGAIN})"


def test_edit_of_a_started_plan_is_found(tmp_path: Path) -> None:
    """A plan that was begun is not hashed again while the file system shows it untouched; else it is."""
    bench = companies(tmp_path)
    bench.apply(limit=1)
    bench.edit_plan("UPDATE change SET after='{}' WHERE seq=3")
    assert refusal(bench).startswith("acme.plan: E602 the plan is not as it was sealed (")


def test_copied_plan_is_the_same(tmp_path: Path) -> None:
    """Moved, copied or touched, a plan whose bytes are the same is applied, also in the middle."""
    bench = companies(tmp_path)
    bench.apply(limit=1)
    (tmp_path / "copy.plan").write_bytes((tmp_path / "acme.plan").read_bytes())
    assert bench.apply("copy.plan").state == "DONE"


def test_plan_of_another_ledger_is_refused(tmp_path: Path) -> None:
    """The ledger at this place is another one than the plan was made with."""
    bench = companies(tmp_path)
    with bench.opened() as ledger:
        ledger.db.execute("UPDATE meta SET value='other' WHERE name='lineage'")
    fact = f"the plan was made with another ledger than {bench.ledger}"
    assert refusal(bench) == f"acme.plan: E612 {fact} ({AGAIN})"


def test_plan_that_the_ledger_does_not_know_is_refused(tmp_path: Path) -> None:
    """Its making was cut between the seal and the ledger: it must be made again."""
    bench = companies(tmp_path)
    bench.ledger.write_bytes(new_ledger())
    hint = "plan again here; a plan is applied with the ledger that it was made with"
    assert refusal(bench) == f"{tmp_path / 'acme.plan'}: E604 the ledger does not know this plan ({hint})"


def test_doubt_of_another_plan_is_settled_first(tmp_path: Path) -> None:
    """While nobody knows what a plan of the mapping wrote, another one is not begun."""
    bench = companies(tmp_path)
    bench.target.script = [UNANSWERED, Act(dies=True)]
    bench.apply_and_die()
    bench.plan(COMPANIES, name="next.plan")
    fact = "acme.plan of the same mapping has writes of which nobody knows whether they arrived"
    assert refusal(bench, "next.plan") == f"next.plan: E606 {fact} (settle it first: migrator apply acme.plan)"
    assert bench.apply().state == "DONE"


def test_stale_plan_is_refused(tmp_path: Path) -> None:
    """Of two plans that were made side by side only one is applied."""
    bench = companies(tmp_path)
    bench.plan(COMPANIES, name="next.plan")
    assert bench.apply("next.plan").state == "DONE"
    fact = "the plan is stale: another one was applied since"
    assert refusal(bench) == f"acme.plan: E608 {fact} (nothing was written; {AGAIN})"


def test_plan_beyond_a_limit_is_refused(tmp_path: Path) -> None:
    """The mapping's own limits guard what may be applied; all that tripped are named."""
    bench = Bench(folder=tmp_path)
    bench.write("companies.csv", "id,name,about", "1,One,x", "2,Two,x", "3,Three,x")
    bench.plan(COMPANIES, top=TOP + "limits: {creates: 2}\n")
    fact = "the plan goes beyond a limit of its mapping: 3 creates, the limit is 2"
    hint = "mend the data, or raise the limit in the mapping, and plan again"
    assert refusal(bench) == f"acme.plan: E610 {fact} ({hint})"


def test_plan_that_was_made_offline_is_refused(tmp_path: Path) -> None:
    """What the target holds was never asked."""
    bench = companies(tmp_path)
    bench.plan(COMPANIES, is_offline=True)
    fact = "the plan was made offline: what the target holds is not known"
    assert refusal(bench) == f"acme.plan: E613 {fact} ({AGAIN})"


def test_plan_for_another_account_is_refused(tmp_path: Path) -> None:
    """The account is asked for who it is before anything else."""
    bench = companies(tmp_path)
    bench.target.account = "e" * 64
    fact = "the plan was made for https://crm.example (ffffffff…), this is https://crm.example (eeeeeeeeeeee)"
    hint = "correct the settings of the target, or plan again for this one"
    assert refusal(bench) == f"acme.plan: E609 {fact} ({hint})"


@pytest.mark.parametrize(("name", "version"), [("crelate", "2"), ("spotler", "1")])
def test_plan_of_another_connector_is_refused(tmp_path: Path, name: str, version: str) -> None:
    """A connector that changed may write otherwise than was shown."""
    bench = companies(tmp_path)
    bench.target.catalog = replace(bench.target.catalog, connector=name, version=version)
    fact = f"the plan was made with crelate version 1, this is {name} version {version}"
    assert refusal(bench) == f"acme.plan: E611 {fact} ({AGAIN})"


def other_account(bench: Bench) -> None:
    """Point the settings elsewhere."""
    bench.target.account = "e" * 64


def other_mapping(bench: Bench) -> None:
    """Change the mapping."""
    (bench.folder / "acme.yaml").write_text("mapping: 1\n", encoding="utf-8")


@pytest.mark.parametrize("happens", [other_account, other_mapping])
def test_plan_is_checked_again_when_it_is_resumed(tmp_path: Path, happens: Callable[[Bench], None]) -> None:
    """A plan that was begun is held against mapping and account as at its first run."""
    bench = companies(tmp_path)
    bench.apply(limit=1)
    happens(bench)
    refusal(bench)


def doubts(bench: Bench, name: str = "acme.plan") -> list[str]:
    """Give what a reader of a plan is told against it."""
    with LedgerReader(bench.ledger) as ledger, Plan(bench.folder / name) as plan:
        return [str(problem) for problem in doubts_about(plan, ledger)]


def test_plan_that_could_be_applied_is_shown_without_doubts(tmp_path: Path) -> None:
    """Made, begun, and at its end, whatever was applied after that."""
    bench = companies(tmp_path)
    assert doubts(bench) == []
    bench.apply(limit=1)
    assert doubts(bench) == []
    bench.apply()
    bench.plan(COMPANIES, name="next.plan")
    bench.apply("next.plan")
    assert doubts(bench) == []


def test_plan_that_would_be_refused_says_so_when_it_is_shown(tmp_path: Path) -> None:
    """Mapping, ledger and file are compared, and each is told; nothing is hindered."""
    bench = companies(tmp_path)
    bench.plan(COMPANIES, name="next.plan")
    bench.apply("next.plan")
    stale = f"'migrator apply' would refuse this plan; nothing was written; {AGAIN}"
    assert doubts(bench) == [f"acme.plan: W602 the plan is stale: another one was applied since ({stale})"]
    other_mapping(bench)
    bench.edit_plan("UPDATE record SET cells='[]'")
    mapping, file = doubts(bench)
    assert mapping.startswith("acme.plan: W602 acme.yaml changed after the plan was made (")
    assert file.startswith("acme.plan: W602 the plan is not as it was sealed (")
    with Plan(tmp_path / "acme.plan") as plan:
        unknown = doubts_about(plan, None)[1]
    assert (unknown.code, unknown.fact) == ("W602", "the ledger does not know this plan")
