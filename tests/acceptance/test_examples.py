"""The examples beside the demo: each is checked with no network, and those that say what must come out are run."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Project
from test_crm_targets import settings_of

from migrator.emulators import start
from migrator.emulators.account import Options
from migrator.emulators.centralstation.options import CentralStationOptions
from migrator.located import parse_located
from migrator.store.plan import Plan

FOLDER = ROOT / "examples"
TOLD = sorted(path.parent for path in FOLDER.glob("*/expected.yaml"))
EXAMPLES = [*FOLDER.glob("tryton/*-to-*.yaml"), *(path / "mapping.yaml" for path in TOLD)]
OF_OTHERS = [path.parent for path in EXAMPLES if (path.parent / "data").is_dir()]
UNHURRIED = {"centralstation": Options(vendor=CentralStationOptions(requests_per_window=0))}
COUNTS = ("create", "update", "link", "unchanged", "skip", "reject", "for_lookups")


def name_of(path: Path) -> str:
    """Call an example by its folder."""
    return path.parent.name if path.is_file() else path.name


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_example_is_sound(path: Path, project: Project) -> None:
    """Its connector file, its mapping and the mapping's own examples hold."""
    shutil.copytree(path.parent, project.folder / "example")
    ended = project.run("check", f"example/{path.name}")
    assert ended.returncode == 0, ended.stderr
    assert f"{path.name}: ok" in ended.stdout


@pytest.mark.parametrize("folder", OF_OTHERS, ids=name_of)
def test_example_says_where_its_data_come_from(folder: Path) -> None:
    """Each data file stands in ORIGIN.md, with its licence."""
    origin = (folder / "data" / "ORIGIN.md").read_text(encoding="utf-8")
    files = [file.name for file in (folder / "data").iterdir() if file.suffix == ".csv"]
    assert files
    assert [name for name in files if f"`{name}`" not in origin] == []
    assert "licence" in origin


def read(path: Path) -> dict[str, Any]:
    """Read a YAML file of an example."""
    data: dict[str, Any] = parse_located(path.read_text(encoding="utf-8"), name=path.name).data
    return data


@pytest.fixture(params=TOLD, ids=name_of)
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """Copy an example, and serve the CRM that its mapping names, empty."""
    shutil.copytree(request.param, tmp_path, dirs_exist_ok=True)
    crm = str(read(tmp_path / "mapping.yaml")["target"]["connector"])
    with start(crm, seed=1, options=UNHURRIED.get(crm)) as server:
        yield Project(folder=tmp_path, server=server, settings=settings_of(crm, server))


def test_example_comes_out_as_it_says(example: Project) -> None:
    """Planned, the plan says what it must; applied, the target holds what it must; planned again, nothing is left."""
    expected = read(example.folder / "expected.yaml")
    told = planned(example, "first.plan")
    assert counted(told["totals"]) == expected["totals"]
    assert {name: counted(facts) for name, facts in told["objects"].items()} == expected["objects"]
    assert list(told["objects"]) == list(expected["objects"])
    if "changes" in expected:
        assert changes(example.folder / "first.plan") == expected["changes"]
    ended = example.run("apply", "first.plan", "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    holds = expected.get("holds", {})
    assert held(example, holds) == {name: ordered(records) for name, records in holds.items()}
    assert planned(example, "again.plan")["plan"]["verdict"] == "nothing"


def planned(example: Project, name: str) -> dict[str, Any]:
    """Plan an example, and give what the plan says of itself."""
    ended = example.run("plan", "mapping.yaml", "-o", name, "--json")
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def counted(facts: Mapping[str, Any]) -> dict[str, int]:
    """Give the counts that are none."""
    return {name: facts[name] for name in COUNTS if facts.get(name)}


def changes(path: Path) -> list[str]:
    """Give the changes of a plan in their order; a record that only a lookup creates has no key of its own."""
    with Plan(path) as plan:
        return [f"{one.action.rune} {one.object} {'?' if one.key[0] == '?' else one.key}" for one in plan.changes()]


def held(example: Project, wanted: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Give the fields that are asked for of all records, a reference as the first of these fields that it points at."""
    snapshot = example.server.snapshot()
    named = {str(key): one[next(iter(wanted[name][0]))] for name in wanted for key, one in snapshot[name].items()}

    def shown(value: Any) -> Any:
        return [named[str(one)] for one in value] if isinstance(value, list) else named.get(str(value), value)

    return {
        name: ordered([{field: shown(one.get(field)) for field in wanted[name][0]} for one in snapshot[name].values()])
        for name in wanted
    }


def ordered(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put records in an order that does not depend on which of several writes under way arrived first."""
    return sorted(records, key=lambda one: json.dumps(one, sort_keys=True))
