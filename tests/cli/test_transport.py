"""Which library carries requests: httpx, or the one that the environment names."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.cli.accounts import Account, transport_of
from migrator.connectors.aiohttp_wire import AiohttpWire
from migrator.connectors.rest.reading import read_definition
from migrator.emulators import start
from migrator.errors import SpecError
from migrator.resources import packaged
from migrator.spec.values import Block


def refusal(environ: dict[str, str]) -> str:
    """Ask for a library in vain; give why."""
    with pytest.raises(SpecError) as caught:
        transport_of(environ)
    return str(caught.value)


@pytest.mark.parametrize("environ", [{}, {"MIGRATOR_HTTP": ""}, {"MIGRATOR_HTTP": "httpx"}])
def test_httpx_carries_requests(environ: dict[str, str]) -> None:
    """It is what is there where nothing else is asked for."""
    assert transport_of(environ) is None


def test_fork_of_httpx_carries_requests(tmp_path: Path) -> None:
    """A project that names it in its `.env` never brings httpx along, and is told what the server says."""
    with start("crelate") as server:
        lines = ["MIGRATOR_HTTP=httpx2", f"CRELATE_BASE_URL={server.base_url}", "CRELATE_API_KEY=wrong"]
        env = tmp_path / ".env"
        env.touch(mode=0o600)
        env.write_text("\n".join(lines), encoding="utf-8")
        told = "import sys; print('httpx2' in sys.modules, 'httpx' in sys.modules)"
        read = "from migrator.cli.main import main\ntry: main()\nfinally: " + told
        command = [sys.executable, "-c", read, "connector", "read", "crelate", "contacts"]
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.stdout.splitlines()[-1] == "True False"
    assert ended.returncode == 9


def test_unknown_library_is_refused() -> None:
    """With the one that was probably meant."""
    assert refusal({"MIGRATOR_HTTP": "aiohtp"}) == (
        "MIGRATOR_HTTP: E012 unknown library 'aiohtp' (did you mean 'aiohttp'?)"
    )


def test_library_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what installs it."""
    monkeypatch.setattr("migrator.cli.accounts.find_spec", {"httpx": True}.get)
    for name in ("aiohttp", "httpx2"):
        hint = f"pip install 'migrator[{name}]', or leave MIGRATOR_HTTP out"
        assert refusal({"MIGRATOR_HTTP": name}) == f"MIGRATOR_HTTP: E013 {name} is not installed ({hint})"


def test_account_is_read_over_the_library_of_its_project(tmp_path: Path) -> None:
    """The `.env` beside the mapping names it, like every other setting."""
    definition = read_definition(packaged("connectors", "definitions", "crelate.yaml"))
    with start("crelate") as server:
        server.seed_records("contacts", [{"LastName": "King"}])
        lines = ["MIGRATOR_HTTP=aiohttp", f"CRELATE_BASE_URL={server.base_url}", f"CRELATE_API_KEY={server.api_key}"]
        env = tmp_path / ".env"
        env.touch(mode=0o600)
        env.write_text("\n".join(lines), encoding="utf-8")
        block = Block(connector="crelate", env="CRELATE", settings={})
        target = Account(definition=definition, block=block, project=tmp_path, environ={}).target()

        async def names() -> list[object]:
            async with target:
                return [one.fields["LastName"] async for page in target.read("contacts") for one in page]

        assert asyncio.run(names()) == ["King"]
    assert isinstance(target._http._transport, AiohttpWire)
