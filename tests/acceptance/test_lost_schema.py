"""What an account's own fields are is kept after planning; where that got lost, nothing is left out in silence."""

import shutil
from pathlib import Path

from conftest import Project
from test_crm_targets import PEOPLE, TARGETS, settings_of

from migrator.emulators import start


def test_planned_field_that_is_not_known_any_more_stops_the_run(tmp_path: Path) -> None:
    """The marker stands in a custom field: without it a record could never be recognised, so nothing is sent."""
    to, first, last, marker = TARGETS["spotler"]
    with start("spotler", seed=1) as server:
        project = Project(folder=tmp_path, server=server, settings=settings_of("spotler", server))
        project.write("people.csv", PEOPLE)
        project.write(
            "acme.yaml",
            "mapping: 1\nname: acme\nsource: {connector: files, path: .}\ntarget: {connector: spotler}\nobjects:\n"
            f"  people: {{from: people.csv, to: {to}, key: id, marker: {marker},"
            f" fields: {{{first}: first, {last}: last}}}}\n",
        )
        project.plan()
        shutil.rmtree(tmp_path / ".migrator" / "schema")
        ended = project.run("apply", "acme.plan")
        assert (ended.returncode, project.writes()) == (7, 0)
        assert (
            "do not have 'migrationkey' of accounts, which is planned (run 'migrator discover' again)" in ended.stdout
        )
        assert project.run("discover", "spotler").returncode == 0
        assert project.run("apply", "acme.plan").returncode == 0
