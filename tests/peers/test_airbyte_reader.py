"""The practice Spotler against a reader that this project has not written: Airbyte's declarative source.

The manifest beside this file is our own, made from the vendor's text; all that runs it is theirs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from migrator.emulators import Emulator, start

pytestmark = [pytest.mark.peers, pytest.mark.timeout(240)]

PROGRAM = Path(sys.executable).with_name("source-declarative-manifest")
MANIFEST = Path(__file__).with_name("spotler_manifest.yaml")
COUNTS = {"accounts": 250, "contacts": 250, "opportunities": 200}
PAGES = {"accounts": ["1", "2", "3"], "contacts": ["", "2", "3"], "opportunities": ["1", "2", "3"]}  # the last is empty


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """Serve a practice Spotler with more accounts, contacts and opportunities than a page holds."""
    if not PROGRAM.exists():
        pytest.skip("airbyte-cdk is not installed: pip install 'migrator[peers]'")
    with start("spotler", seed=5) as emulator:
        headers = {"Authorization": f"Bearer {emulator.api_key}"}
        with httpx.Client(base_url=emulator.base_url, headers=headers, trust_env=False) as http:
            account = 0
            for name, count in COUNTS.items():
                for n in range(count):
                    fields = {"name": f"{name} {n}"} if name != "contacts" else {"first": "Ada", "last": f"No {n}"}
                    made = http.post(f"/{name}", json=fields | ({"accountid": account} if account else {}))
                    account = account or made.json()["record"]["id"]
        yield emulator


def _run(what: str, server: Emulator, folder: Path, token: str = "", streams: tuple[str, ...] = ()) -> list[Any]:
    """Run Airbyte's own program; give its messages."""
    config = {"base_url": server.base_url, "token": token or server.api_key}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "catalog.json").write_text(json.dumps({"streams": [_configured(name) for name in streams]}))
    arguments = [what, "--config", folder / "config.json", "--manifest-path", MANIFEST]
    arguments += ["--catalog", folder / "catalog.json"] if streams else []
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ended = subprocess.run(
        [str(PROGRAM), *map(str, arguments)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd=folder,
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


def _configured(name: str) -> dict[str, Any]:
    stream = {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    return {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}


def test_reader_finds_every_record_once(server: Emulator, tmp_path: Path) -> None:
    """All accounts, contacts and opportunities come out complete, each once, and three pages were asked for of each."""
    begun = len(server.history())
    messages = _run("read", server, tmp_path, streams=tuple(COUNTS))
    records = [message["record"] for message in messages if message["type"] == "RECORD"]
    asked = [(entry.path, entry.query["limit"], entry.query.get("page", "")) for entry in server.history()[begun:]]
    for name, count in COUNTS.items():
        read = [_filled(record["data"]) for record in records if record["stream"] == name]
        held = {int(key): _filled(record) for key, record in server.snapshot()[name].items()}
        assert len(read) == len(held) == count
        assert {record["id"]: record for record in read} == held
        assert [page for path, _limit, page in asked if path == f"/{name}"] == PAGES[name]
    assert {limit for _path, limit, _page in asked} == {"100"}


def _filled(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value not in {None, ""}}


def test_reader_takes_the_account_for_reachable(server: Emulator, tmp_path: Path) -> None:
    """Airbyte's check of a connection succeeds with the token, and fails with another one."""
    assert _status(_run("check", server, tmp_path)) == "SUCCEEDED"
    assert _status(_run("check", server, tmp_path, token="another")) == "FAILED"


def _status(messages: list[Any]) -> str:
    told = [message["connectionStatus"] for message in messages if message["type"] == "CONNECTION_STATUS"]
    return str(told[0]["status"])
