"""The tools for whoever writes a connector file: list, check, test its examples, read an object, probe an account."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

import pytest
from click.testing import CliRunner, Result

from migrator.cli.accounts import named_account
from migrator.cli.connector import _read, command
from migrator.cli.main import Manner
from migrator.connectors.rest.reading import shipped
from migrator.emulators import start
from migrator.records import TargetRecord
from migrator.store.seen import Seen

if TYPE_CHECKING:
    from migrator.connectors.rest.target import RestTarget

FILE = """\
connector: 1
name: tiny
version: "1"
settings: {base_url: {default: "https://tiny.example/api"}, key: {secret: true}}
auth: {header: {X-Key: "{key}"}}
success: {status: [200, 201]}
actions:
  list: {method: GET, path: "/{object}", items: found}
  create: {method: POST, path: "/{object}", wrap: record}
  update: {method: PATCH, path: "/{object}/{id}"}
  delete: {method: DELETE, path: "/{object}/{id}", id: null, ok: {done: true}}
objects:
  people: {required: name, fields: {text: name, date: born}}
examples:
  - object: people
    action: create
    fields: {name: Ada, born: "1815-12-10"}
    request: {method: POST, path: /people, body: {record: {name: Ada, born: "1815-12-10"}}}
    answer: {status: 201, body: {id: 7}}
    gives: {verdict: applied, id: "7", message: ""}
  - object: people
    action: list
    request: {method: GET, path: /people, query: {}}
    answer: {status: 200, body: {found: [{id: 7, name: Ada}]}}
    gives: [{id: "7", name: Ada}]
"""


def run(*arguments: str) -> Result:
    """Run one of the tools."""
    return CliRunner().invoke(command, list(arguments), obj=Manner(asks=False), standalone_mode=False)


def tried(folder: Path, text: str) -> tuple[int, list[str]]:
    """Test a connector file; give its exit code and lines."""
    path = folder / "tiny.connector.yaml"
    path.write_text(text, encoding="utf-8")
    result = run("test", str(path))
    return result.return_value, result.output.splitlines()


def test_all_shipped_connectors_are_listed() -> None:
    """Each with its title and how many objects it reads and writes."""
    lines = run("list").output.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == shipped()
    assert "crelate         Crelate (API v1): 5 objects, 5 of them written" in lines


@pytest.mark.parametrize("name", shipped())
def test_examples_of_shipped_connectors_hold(name: str) -> None:
    """What their files say of requests and answers is what the engine does."""
    result = run("test", name)
    assert (result.exception, result.return_value) == (None, 0), result.output
    assert re.search(r"^([1-9]\d*) of \1 examples? hold$", result.output, re.MULTILINE)


def test_examples_that_hold_are_told(tmp_path: Path) -> None:
    """Each by its number, action and object."""
    assert tried(tmp_path, FILE) == (
        0,
        [
            "ok    0: create people",
            "ok    1: list people",
            "2 of 2 examples hold",
            "Next: migrator connector probe tiny",
        ],
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("wrap: record", "wrap: person", 'expected the body {"record"'),
        (
            'path: "/{object}", items: found',
            'path: "/{object}/all", items: found',
            "expected GET /people, got GET /people/all",
        ),
        (
            "id: 7, name: Ada",
            "id: 7, name: Bob",
            "expected [{'id': '7', 'name': 'Ada'}], got [{'id': '7', 'name': 'Bob'}]",
        ),
    ],
)
def test_example_that_does_not_hold_says_why(tmp_path: Path, old: str, new: str, told: str) -> None:
    """What was asked for otherwise, or made of the answer otherwise than the example says."""
    code, lines = tried(tmp_path, FILE.replace(old, new, 1))
    assert code == 3
    assert any(told in line for line in lines), lines


@pytest.mark.parametrize("name", shipped())
def test_shipped_connector_is_checked_by_name(name: str) -> None:
    """As it is tested and probed by name."""
    assert run("check", name).output.startswith(f"{name}: ok, ")


def test_file_is_checked_against_the_format(tmp_path: Path) -> None:
    """A right one is counted, a wrong one told with its place."""
    path = tmp_path / "tiny.connector.yaml"
    path.write_text(FILE, encoding="utf-8")
    assert run("check", str(path)).output.splitlines()[0] == f"{path}: ok, 1 object (1 of tier C)"
    path.write_text(FILE.replace("wrap: record", "warp: record"), encoding="utf-8")
    assert "unknown key 'warp' in actions.create (did you mean 'wrap'?)" in str(run("check", str(path)).exception)


def test_object_is_read_into_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each record once, a line for it, over as many pages as there are; the file is private."""
    monkeypatch.chdir(tmp_path)
    with start("crelate", seed=1) as crm:
        crm.seed_records("contacts", ({"FirstName": "Ada", "LastName": f"L{n}"} for n in range(501)))
        monkeypatch.setenv("CRELATE_BASE_URL", crm.base_url)
        monkeypatch.setenv("CRELATE_API_KEY", crm.api_key)
        monkeypatch.setenv("CRELATE_RATE", "none")
        result = run("read", "crelate", "contacts", "-o", "people.jsonl")
        ids = set(crm.snapshot()["contacts"])
    assert (result.exception, result.output.splitlines()[0]) == (None, "501 records of contacts read into people.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "people.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["id"] for line in lines} == ids
    assert {line["LastName"] for line in lines} == {f"L{n}" for n in range(501)}
    assert (tmp_path / "people.jsonl").stat().st_mode & 0o777 == 0o600


class Moving:
    """A CRM into which others write while its list is read: a record comes on two pages."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass

    async def read(self, _name: str) -> AsyncIterator[list[TargetRecord]]:
        """Give two pages."""
        for page in (["1", "2"], ["2", "3"]):
            yield [TargetRecord(id=one, fields={"LastName": f"L{one}"}) for one in page]


def test_record_that_comes_twice_is_written_once(tmp_path: Path) -> None:
    """On two pages, however far apart."""
    file = StringIO()
    with Seen(tmp_path / "people.jsonl") as seen:
        asyncio.run(_read(cast("RestTarget", Moving()), "contacts", file, seen))
        assert seen.count == 3
    assert file.getvalue() == "".join(f'{{"id": "{n}", "LastName": "L{n}"}}\n' for n in range(1, 4))


def test_object_that_is_no_list_is_not_read() -> None:
    """It is told before anything is asked, with the name that was probably meant."""
    told = str(run("read", "crelate", "contact").exception)
    assert told == "crelate: E016 no list 'contact' (did you mean 'contacts'?)"


def test_probe_settles_facts_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One record is created, read, changed and deleted; what was found is kept with its date."""
    monkeypatch.chdir(tmp_path)
    with start("crelate", seed=1) as crm:
        monkeypatch.setenv("CRELATE_BASE_URL", crm.base_url)
        monkeypatch.setenv("CRELATE_API_KEY", crm.api_key)
        monkeypatch.setenv("CRELATE_RATE", "none")
        result = run("probe", "crelate", "companies", "--yes")
        assert (result.exception, crm.snapshot()["companies"]) == (None, {})
    kept = json.loads((tmp_path / ".migrator/probe/crelate.json").read_text(encoding="utf-8"))
    names = ("tells_id", "keeps_marker", "finds_marker", "is_partial", "is_deleted")
    assert [kept[name] for name in names] == [True, True, True, False, True]
    assert (kept["tier"], kept["object"], kept["changed"], kept["left_behind"]) == ("A", "companies", {}, "")
    assert kept["date"][:2] == "20"


def test_plan_takes_the_tier_from_the_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found of one object holds for it, with its date, and for no other."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".migrator" / "probe"
    folder.mkdir(parents=True)
    facts = {"v": 1, "date": "2026-11-27T06:00:00+00:00", "object": "companies", "tier": "C"}
    (folder / "crelate.json").write_text(json.dumps(facts), encoding="utf-8")
    catalog = named_account("crelate").known().catalog
    assert [str(catalog.objects[name].tier) for name in ("companies", "contacts")] == ["C", "A"]
    assert catalog.probed == "one record of companies on 2026-11-27: tier C"


def test_probe_asks_first() -> None:
    """Where nobody can be asked, it wants to be told that the account is a sandbox."""
    assert "state --yes" in str(run("probe", "crelate").exception)
