"""What a practice server is spoken to with: the settings by their connector's names, written beside others."""

from pathlib import Path

import pytest

from migrator.cli.emulate import _others, _settings
from migrator.connectors.registry import find_definition
from migrator.connectors.rest.environment import Sources
from migrator.connectors.rest.settings import resolve
from migrator.emulators import EMULATORS, start


@pytest.mark.parametrize("name", EMULATORS)
def test_settings_are_those_that_the_connector_wants(name: str) -> None:
    """With them alone, and nothing else, the connector finds all that it needs."""
    with start(name, seed=1) as server:
        environ = dict(_settings(name, server))
        definition = find_definition(name, project=Path(), base=Path(), place="")
        sources = Sources(prefix=name.upper(), environ=environ, profile={}, block={})
        found = resolve(definition, sources)
        assert (found.base_url, found.windows, found.settle_seconds) == (server.base_url, (), 1.0)


def test_settings_of_others_stay(tmp_path: Path) -> None:
    """A second practice server joins the first in one file, and takes its own old lines away."""
    path = tmp_path / ".env"
    assert _others(path, {"A_KEY": "1"}) == []
    path.write_text("# mine\nA_KEY=old\nB_KEY=2\n", encoding="utf-8")
    assert _others(path, {"A_KEY": "1"}) == ["# mine\n", "B_KEY=2\n"]
