"""The plan that undoes a run: made from the ledger alone, and careful with what others did since."""

from pathlib import Path

import pytest
from apply_cases import COMPANIES, CONTACTS, FRIENDS, Bench, companies, notes, people, updates
from practice_target import Act
from undo_cases import id_map, linked, plan_undo

from migrator.errors import PlanError
from migrator.store.plan import Plan


def refusal(bench: Bench, run: int = 1) -> str:
    """Give the words with which an undo is refused, without the place."""
    with pytest.raises(PlanError) as caught:
        plan_undo(bench, run)
    return str(caught.value.problems[0]).partition(": ")[2]


def test_creates_go_backwards_links_first(tmp_path: Path) -> None:
    """A record that points at itself loses the link; then children go before their parents, the last made first."""
    bench = people(tmp_path, COMPANIES + FRIENDS)
    bench.apply()
    deletes = ["- c6", "- c5", "- c4", "- c3", "- c2", "- c1"]
    assert plan_undo(bench) == ["~ c3 {'RelatedContact_Other_Id': None}", *deletes]


def test_plan_file_is_not_needed(tmp_path: Path) -> None:
    """The ledger alone tells what was written, months later."""
    bench = companies(tmp_path)
    bench.apply()
    (tmp_path / "acme.plan").unlink()
    assert plan_undo(bench) == ["- c3", "- c2", "- c1"]


def test_updates_are_given_back_where_they_stand(tmp_path: Path) -> None:
    """Of a record that somebody changed since, the fields that he left alone are given back."""
    bench = updates(tmp_path, 2)
    bench.apply()
    bench.target.edit("k2", Description="mine")
    assert plan_undo(bench) == [
        "~ k1 {'Description': 'old'}",
        "W620 companies key 2, k2: changed since in Description",
    ]


def test_field_that_is_as_before_is_no_work(tmp_path: Path) -> None:
    """Somebody gave it back himself."""
    bench = updates(tmp_path, 1)
    bench.apply()
    bench.target.edit("k1", Description="old")
    assert plan_undo(bench) == []


def test_changed_create_is_kept_with_what_it_points_at(tmp_path: Path) -> None:
    """The person edited Ada: she stays, and so does her company, which she points at."""
    bench = people(tmp_path)
    bench.apply()
    bench.target.edit("c3", LastName="King")
    assert plan_undo(bench) == [
        "- c6",
        "- c5",
        "- c4",
        "- c2",
        "W620 contacts key 1, c3: changed since in LastName",
        "W621 companies key 1, c1: contacts c3 by CurrentPosition_Company_Id points at it",
    ]


def test_field_that_others_filled_keeps_the_record(tmp_path: Path) -> None:
    """It was blank when the record was read back after its create, so somebody worked on it since."""
    bench = companies(tmp_path, 3)
    bench.target.otherwise = lambda _write: Act(stored={"Website_Business": "the default"})
    bench.apply()
    bench.verify()
    bench.target.edit("c2", Website_Blog="mine")
    bench.target.edit("c3", Website_Business="the new default", CreatedOn="2024-05-06T07:08:09Z")
    assert plan_undo(bench) == ["- c3", "- c1", "W620 companies key 2, c2: changed since in Website_Blog"]


def test_first_reading_back_tells_what_stood_there(tmp_path: Path) -> None:
    """A later one already shows what others did."""
    bench = companies(tmp_path, 1)
    bench.apply()
    bench.verify()
    bench.target.edit("c1", Website_Blog="mine")
    assert bench.verify().is_clean
    assert [line[:4] for line in plan_undo(bench)] == ["W620"]


def test_without_a_reading_back_nobody_knows_what_was_blank(tmp_path: Path) -> None:
    """The target may have filled it itself at the create: what it holds when the undo is planned goes with it."""
    bench = companies(tmp_path, 1)
    bench.apply()
    bench.target.edit("c1", Website_Blog="mine")
    assert plan_undo(bench) == ["- c1"]
    bench.apply("undo.plan")
    assert bench.target.held("companies") == {}


def test_field_that_a_later_run_wrote_keeps_the_record(tmp_path: Path) -> None:
    """Also one that the run itself never wrote; undone in turn, both go."""
    bench = companies(tmp_path, 1)
    bench.apply()
    bench.write("companies.csv", "id,name,about,blog", "1,C1,new,b")
    bench.plan(COMPANIES.replace("about}", "about, Website_Blog: blog}"))
    bench.apply()
    assert plan_undo(bench, 1) == ["W620 companies key 1, c1: changed since in Website_Blog"]
    plan_undo(bench, 2)
    bench.apply("undo.plan")
    assert plan_undo(bench, 1) == ["- c1"]


def test_all_that_a_kept_record_hangs_on_is_kept(tmp_path: Path) -> None:
    """Cyd was edited; her friend stays for her, and his friend for him."""
    bench = Bench(folder=tmp_path)
    bench.write("companies.csv", "id,name,about")
    bench.write("people.csv", "id,last,company,friend", "1,Ada,,", "2,Bob,,1", "3,Cyd,,2", "4,Dan,,2")
    bench.plan(COMPANIES + FRIENDS)
    bench.apply()
    bench.target.edit("c3", LastName="King")
    assert [line[:4] for line in plan_undo(bench)] == ["- c4", "W620", "W621", "W621"]


def test_id_of_another_object_is_no_link(tmp_path: Path) -> None:
    """A job of a company that happens to have a person's id does not keep the person."""
    bench = people(tmp_path)
    bench.apply()
    bench.target.hold("jobs", "j1", Name="Clerk", Company_Id="c6")
    assert "- c6" in plan_undo(bench)


def test_create_that_somebody_links_to_is_kept(tmp_path: Path) -> None:
    """Also from an object that the mapping does not know; which lists were looked at stands in the plan."""
    bench = companies(tmp_path, 2)
    bench.apply()
    bench.target.hold("jobs", "j1", Name="Clerk", Company_Id="C2")
    assert plan_undo(bench) == ["- c1", "W621 companies key 2, c2: jobs j1 by Company_Id points at it"]
    with Plan(tmp_path / "undo.plan") as plan:
        told = plan.header["undo"]
    assert (told["looked_at"], told["unknown"]) == (["companies", "contacts", "jobs"], ["notes", "tasks"])


def test_link_that_the_undo_takes_back_keeps_nothing(tmp_path: Path) -> None:
    """An old person was put into the new company: she goes back to her old one, then the new one goes."""
    bench = linked(tmp_path)
    bench.apply()
    assert plan_undo(bench) == ["~ k2 {'CurrentPosition_Company_Id': 'k1'}", "- c1"]


def test_children_go_before_their_parents(tmp_path: Path) -> None:
    """Notes are read one by one, since no list shows them."""
    bench = notes(tmp_path)
    bench.apply()
    bench.target.edit("n3", Body="mine")
    assert plan_undo(bench) == [
        "- n2",
        "W620 notes key 2, n3: changed since in Body",
        "W621 companies key 1, c1: notes n3 by parent points at it",
    ]


def test_child_that_is_gone_keeps_nothing(tmp_path: Path) -> None:
    """Somebody deleted a note: its company goes with the other one."""
    bench = notes(tmp_path)
    bench.apply()
    bench.target.remove("n3")
    assert plan_undo(bench) == ["- n2", "- c1"]


def test_records_that_nothing_deletes_are_named(tmp_path: Path) -> None:
    """Where the connector has no such call, creates stay, and the plan says so up front."""
    bench = companies(tmp_path, 1)
    bench.apply()
    bench.target.kept = {"companies"}
    assert plan_undo(bench) == ["W622 companies key 1, c1: the target deletes no companies"]
    with Plan(tmp_path / "undo.plan") as plan:
        assert plan.header["undo"]["cannot"] == ["companies"]


def test_record_that_is_gone_needs_nothing_or_is_told(tmp_path: Path) -> None:
    """A create that is gone is undone already; an update whose record is gone has nothing to give back to."""
    bench = updates(tmp_path, 1)
    bench.write("companies.csv", "id,name,about", "1,C1,new", "2,C2,new")
    bench.plan(COMPANIES)
    bench.apply()
    bench.target.remove("k1")
    bench.target.remove("c1")
    assert plan_undo(bench) == ["W626 companies key 1, k1: the target no longer has it"]


def test_quarantined_operation_is_told_and_left(tmp_path: Path) -> None:
    """What nobody decided over is not undone."""
    bench = updates(tmp_path, 2)
    bench.target.edit("k1", Description="mine")
    bench.apply()
    reason = "quarantined in the run: drift: Description changed in the target after planning"
    assert plan_undo(bench) == ["~ k2 {'Description': 'old'}", f"W624 companies key 1: {reason}"]


def test_one_object_or_one_key_is_undone(tmp_path: Path) -> None:
    """What lies outside counts as anything else of the target: it keeps what it points at."""
    bench = people(tmp_path)
    bench.apply()
    assert plan_undo(bench, only="contacts", key="2") == ["- c4"]
    assert plan_undo(bench, only="contacts") == ["- c6", "- c5", "- c4", "- c3"]
    assert [line[:4] for line in plan_undo(bench, only="companies")] == ["W621", "W621"]
    with pytest.raises(PlanError, match="E622 run 1 wrote nothing of object 'contacts' with key '9'"):
        plan_undo(bench, only="contacts", key="9")


def test_runs_are_undone_in_turn(tmp_path: Path) -> None:
    """What a later run changed counts as changed, until that run is undone itself."""
    bench = companies(tmp_path, 1)
    bench.apply()
    bench.write("companies.csv", "id,name,about", "1,C1,newer")
    bench.plan(COMPANIES)
    bench.apply()
    assert plan_undo(bench, 1) == ["W620 companies key 1, c1: changed since in Description"]
    assert plan_undo(bench, 2) == ["~ c1 {'Description': 'new'}"]
    bench.apply("undo.plan")
    assert plan_undo(bench, 1) == ["- c1"]


def test_purged_image_is_told(tmp_path: Path) -> None:
    """What the ledger no longer knows is kept, by its id."""
    bench = companies(tmp_path, 2)
    bench.apply()
    bench.edit_ledger("DELETE FROM image WHERE key='1'")
    assert plan_undo(bench) == ["- c2", "W623 companies c1: what was written is no longer in the ledger"]


def test_run_of_an_older_version_is_refused(tmp_path: Path) -> None:
    """Of it there is neither image nor origin."""
    bench = companies(tmp_path, 1)
    bench.apply()
    bench.edit_ledger("DELETE FROM image", "DELETE FROM origin")
    fact = "nothing is known of what run 1 wrote: purged, or applied by an older version"
    assert refusal(bench) == f"E622 {fact} (undo it by hand, by its results.csv)"


def test_run_that_is_not_finished_is_refused(tmp_path: Path) -> None:
    """What is open or in doubt is ended first."""
    bench = companies(tmp_path, 2)
    bench.apply(limit=1)
    fact = "run 1 of acme.plan is not finished: some of its writes are open or in doubt"
    assert refusal(bench) == f"E620 {fact} (finish it first: migrator apply acme.plan)"


def test_undo_is_not_undone(tmp_path: Path) -> None:
    """What was deleted has no id any more; planning the mapping again is the way back."""
    bench = companies(tmp_path, 1)
    bench.apply()
    plan_undo(bench)
    bench.apply("undo.plan")
    hint = "plan the mapping again: it creates anew what was deleted, and writes what the source says"
    assert refusal(bench, 2) == f"E621 run 2 is itself the undo of run 1, and an undo is not undone ({hint})"


def test_other_account_and_unknown_run_are_refused(tmp_path: Path) -> None:
    """Ids of one account mean nothing in another."""
    bench = companies(tmp_path, 1)
    bench.apply()
    assert refusal(bench, 7) == "E603 no run '7' (see 'migrator status')"
    bench.target.account = "0" * 64
    with pytest.raises(PlanError, match=r"E609 run 1 wrote to crelate at https://crm.example \(ffffffff…\), this is"):
        plan_undo(bench)


def test_second_undo_finds_nothing_and_a_plan_creates_anew(tmp_path: Path) -> None:
    """The id map no longer holds what was deleted."""
    bench = people(tmp_path)
    bench.apply()
    plan_undo(bench)
    assert bench.apply("undo.plan").state == "DONE"
    assert (bench.target.held("companies"), bench.target.held("contacts"), id_map(bench)) == ({}, {}, [])
    assert plan_undo(bench) == []
    with Plan(tmp_path / "undo.plan") as plan:
        assert (plan.header["totals"]["rows"], plan.header["totals"]["unchanged"]) == (6, 6)
    bench.plan(COMPANIES + CONTACTS, name="anew.plan")
    assert set(bench.states("anew.plan").values()) == {"PLANNED"}
    bench.apply("anew.plan")
    assert len(bench.target.held("contacts")) == 4


def test_given_back_value_is_written_again_by_a_later_plan(tmp_path: Path) -> None:
    """What the undo gave back is no change of a person's: the next plan says what the source says."""
    bench = updates(tmp_path, 1)
    bench.apply()
    plan_undo(bench)
    bench.apply("undo.plan")
    assert bench.target.held("companies")["k1"]["Description"] == "old"
    bench.plan(COMPANIES, name="again.plan")
    assert list(bench.states("again.plan")) == ["~ companies/1"]
