"""At the user's desk: child records found below their own parents, and a question that a person answers."""

from pathlib import Path

from test_tags import TAGS, applied, planned, project_of


def test_tags_below_records_are_recognised_among_their_parents_own(tmp_path: Path) -> None:
    """Without the ledger, each tag is found below its own person, a company's tag of the same name being another."""
    objects = (
        "  people: {from: people.csv, to: people, key: id, match: [[name]], fields: {name: last}}\n"
        "  tags:\n    from: tags.csv\n    to: tags\n    key: id\n    match: [[name]]\n"
        "    parent: {lookup: people, by: [{key: person}]}\n    fields: {name: tag}\n"
    )
    for crm in project_of("centralstation", tmp_path, objects):
        applied(crm, "acme.plan")
        (tmp_path / ".migrator" / "ledger.sqlite").unlink()
        assert planned(crm) == "Plan: 0 to create, 0 to update, 6 unchanged, 0 skipped, 0 rejected."
        crm.write("tags.csv", TAGS + "14,3,Gold\n")
        assert planned(crm) == "Plan: 1 to create, 0 to update, 6 unchanged, 0 skipped, 0 rejected."


def test_person_is_recognised_by_an_address_that_stands_below(tmp_path: Path) -> None:
    """Addresses are records of their own here: they say who a person is, whatever the person is called."""
    objects = (
        "  people: {from: people.csv, to: people, key: id, match: [[emails.name]], fields: {name: last}}\n"
        "  emails:\n    from: people.csv\n    to: emails\n    key: id\n    match: [[name]]\n"
        "    parent: {lookup: people, by: [{key: id}]}\n    fields: {name: tags, atype: {value: office}}\n"
    )
    people = "id,last,tags\n1,Ada,ada@example.org\n2,Bob,bob@example.org\n"
    for crm in project_of("centralstation", tmp_path, objects):
        crm.write("people.csv", people)
        applied(crm, "acme.plan")
        (tmp_path / ".migrator" / "ledger.sqlite").unlink()
        crm.write("people.csv", people.replace("Ada", "Ada King").replace("2,Bob,bob", "3,Bob,other"))
        assert planned(crm) == "Plan: 2 to create, 1 to update, 1 unchanged, 0 skipped, 0 rejected."


def test_question_is_answered_once_and_followed(tmp_path: Path) -> None:
    """Two companies of one name: the plan asks, a person answers, and the next plan takes the answer."""
    objects = (
        "  companies: {from: firms.csv, to: companies, key: id, fields: {name: name}}\n"
        "  people:\n    from: people.csv\n    to: people\n    key: id\n    fields: {name: last}\n"
        "  positions:\n    from: people.csv\n    to: positions\n    key: id\n"
        "    parent: {lookup: people, by: [{key: id}]}\n"
        "    fields:\n      name: {value: Member}\n"
        "      company_id: {lookup: companies, by: [{name: tags}], on_ambiguous: ask}\n"
    )
    for crm in project_of("centralstation", tmp_path, objects):
        crm.write("firms.csv", "id,name\n1,Acme\n2,Acme\n")
        crm.write("people.csv", "id,last,tags\n1,Ada,Acme\n")
        asked = crm.run("plan", "acme.yaml")
        assert "Next: migrator resolve --mapping acme.yaml" in asked.stdout
        decisions = (tmp_path / "decisions.yaml").read_text(encoding="utf-8")
        question = next(line.split()[-1].strip('"') for line in decisions.splitlines() if "id:" in line)
        answered = crm.run("resolve", "--mapping", "acme.yaml", "--answer", f"{question}=companies:2")
        assert answered.returncode == 0, answered.stdout + answered.stderr
        assert planned(crm) == "Plan: 4 to create, 0 to update, 0 unchanged, 0 skipped, 0 rejected."
        applied(crm, "acme.plan")
        newest = max(int(str(one["id"])) for one in crm.held("companies"))
        assert [str(one["company_id"]) for one in crm.held("positions")][-1] == str(newest)
