"""Every shipped connector as a target, at the user's desk: planned, killed, resumed, and nothing there twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Project

from migrator.connectors.registry import find_definition
from migrator.emulators import Emulator, start

PEOPLE = "id,first,last\n" + "".join(f"{n},Ada{n},Love{n}\n" for n in range(6))
TARGETS = {  # object, first name, last name, where the marker stands
    "crelate": ("contacts", "FirstName", "LastName", "ExternalPrimaryKey"),
    "crelate3": ("contacts", "FirstName", "LastName", "ExternalPrimaryKey"),
    "spotler": ("accounts", "addresscity", "name", "custom.Migration Key"),
    "centralstation": ("people", "first_name", "name", "background"),
    "clevertim": ("contact", "fn", "ln", "custom.Migration Key"),
    "opencrm": ("contact", "firstname", "lastname", "cf_1"),
}


def settings_of(name: str, server: Emulator) -> dict[str, str]:
    """Give the settings of a practice server, by the names that its connector has for them."""
    definition = find_definition(name, project=Path(), base=Path(), place="")
    secrets = [setting for setting, stated in definition.settings.items() if stated.is_secret]
    stated = {"base_url": server.base_url, "rate": "none", "settle_seconds": "0.2", "timeout_seconds": "5"}
    stated |= dict(zip(secrets, server.secrets.values(), strict=True))
    return {f"{name}_{setting}".upper(): value for setting, value in stated.items()}


@pytest.fixture(params=TARGETS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """Serve one of the CRMs, and make a project that writes six people into it."""
    name = str(request.param)
    to, first, last, marker = TARGETS[name]
    with start(name, seed=1) as server:
        made = Project(folder=tmp_path, server=server, settings=settings_of(name, server))
        made.write("people.csv", PEOPLE)
        made.write(
            "acme.yaml",
            "mapping: 1\nname: acme\nsource: {connector: files, path: .}\n"
            f"target: {{connector: {name}}}\nobjects:\n"
            f"  people: {{from: people.csv, to: {to}, key: id, match: [[{first}, {last}]], marker: {marker},"
            f" fields: {{{first}: first, {last}: last}}}}\n",
        )
        yield made


def name_of(crm: Project) -> str:
    """Name the connector that a project writes to."""
    return next(name for name in TARGETS if f"{name}_base_url".upper() in crm.settings)


def held(crm: Project) -> list[dict[str, object]]:
    """Give what a CRM holds of the object that a project writes."""
    return [dict(one) for one in crm.held(TARGETS[name_of(crm)][0])]


def names(crm: Project) -> list[str]:
    """Give the last names that a CRM holds."""
    return sorted(str(one[TARGETS[name_of(crm)][2]]) for one in held(crm))


def test_killed_migration_goes_on_and_writes_nothing_twice(crm: Project) -> None:
    """Killed after a request was answered and before that was noted, it finds the record and makes the rest."""
    crm.plan()
    killed = crm.run("apply", "acme.plan", "--yes", MIGRATOR_FAILPOINTS="answered=kill9@1")
    assert killed.returncode == -9
    ended = crm.run("apply", "acme.plan", "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert names(crm) == [f"Love{n}" for n in range(6)]


def test_planning_again_finds_all_of_it(crm: Project) -> None:
    """What was written is recognised by the ledger, and without it by its marker."""
    crm.plan()
    assert crm.run("apply", "acme.plan", "--yes").returncode == 0
    nothing = "Plan: 0 to create, 0 to update, 6 unchanged, 0 skipped, 0 rejected."
    assert nothing in crm.run("plan", "acme.yaml", "-o", "again.plan").stdout
    (crm.folder / ".migrator" / "ledger.sqlite").unlink()
    assert nothing in crm.run("plan", "acme.yaml", "-o", "anew.plan").stdout


def test_change_in_the_source_flows(crm: Project) -> None:
    """One changed name is one update, and all other fields stay."""
    crm.plan()
    crm.run("apply", "acme.plan", "--yes")
    crm.write("people.csv", PEOPLE.replace("Ada3", "Grace"))
    crm.plan("next.plan")
    assert crm.run("apply", "next.plan", "--yes").returncode == 0
    assert len(names(crm)) == 6
    assert sum("Grace" in map(str, one.values()) for one in held(crm)) == 1


def test_wrong_key_stops_with_the_name_of_the_crm(crm: Project) -> None:
    """Nothing is written, and the exit code says that we are not let in."""
    wrong = {name: "wrong" for name, value in crm.settings.items() if value in crm.server.secrets.values()}
    ended = crm.run("plan", "acme.yaml", "-o", "acme.plan", **wrong)
    assert (ended.returncode, held(crm)) == (9, [])
    assert "E902 not authorised" in ended.stderr


def test_key_that_is_regenerated_in_the_middle_stops_and_goes_on(crm: Project) -> None:
    """The run halts with nothing lost; with the new key it goes on to its end."""
    crm.plan()
    crm.run("apply", "acme.plan", "--yes", "--limit", "2")
    crm.server.regenerate_key()
    halted = crm.run("apply", "acme.plan", "--yes")
    assert (halted.returncode, "E902 not authorised" in halted.stdout + halted.stderr) == (9, True)
    renewed = settings_of(name_of(crm), crm.server)
    assert crm.run("apply", "acme.plan", "--yes", **renewed).returncode == 0
    assert names(crm) == [f"Love{n}" for n in range(6)]


def test_bad_record_in_a_batch_is_alone(tmp_path: Path) -> None:
    """Forty people go to api3 in calls of many; the one whose telephone it cannot parse is rejected, and no other."""
    with start("crelate3", seed=1) as server:
        crm = Project(folder=tmp_path, server=server, settings=settings_of("crelate3", server))
        rows = "".join(f"{n},L{n},{'call me' if n == 17 else f'+1 415 555 01{n:02d}'}\n" for n in range(40))
        crm.write("people.csv", f"id,last,phone\n{rows}")
        crm.write(
            "acme.yaml",
            "mapping: 1\nname: acme\nsource: {connector: files, path: .}\ntarget: {connector: crelate3}\nobjects:\n"
            "  people: {from: people.csv, to: contacts, key: id, fields: {LastName: last,"
            " PhoneNumbers_Mobile.Value: phone}}\n",
        )
        crm.plan()
        ended = crm.run("apply", "acme.plan", "--yes")
        assert (ended.returncode, "39  written and in the target" in ended.stdout) == (5, True)
        assert sorted(str(one["LastName"]) for one in crm.held("contacts")) == sorted(
            f"L{n}" for n in range(40) if n != 17
        )
        assert crm.writes() < 15
