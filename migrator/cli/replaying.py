"""The examples of a connector file, each replayed by the engine against a server that knows nothing but it."""

from collections.abc import Mapping
from typing import Any

from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.environment import Sources
from migrator.connectors.rest.settings import resolve
from migrator.connectors.rest.target import RestTarget
from migrator.emulators import Emulator, Options
from migrator.emulators.scripted import Exchange, scripted
from migrator.errors import MigratorError
from migrator.ports import Rng, SystemClock
from migrator.records import TargetRecord, Write


async def replay(definition: Definition, example: Mapping[str, Any]) -> list[str]:
    """Perform the action of an example; give what was asked or made of the answer otherwise than it says."""
    asked, answer = example["request"], example["answer"]
    exchange = Exchange(
        method=asked["method"],
        path=asked["path"],
        query=asked.get("query"),
        body=asked.get("body"),
        status=answer["status"],
        header=answer.get("header", {}),
        answer=answer.get("body"),
    )
    refused: list[str] = []
    with Emulator(scripted([exchange], refused), port=0, seed=0, faults=(), options=Options()) as server:
        try:
            made = await _perform(definition, example, server.base_url)
        except MigratorError as error:
            made = {"error": error.problems[0].code}
    if refused:
        return refused
    wanted = example.get("gives")
    return [] if wanted is None or made == wanted else [f"expected {wanted}, got {made}"]


async def _perform(definition: Definition, example: Mapping[str, Any], base_url: str) -> Any:
    name, action = example["object"], example["action"]
    parent = tuple(example["parent"]) if "parent" in example else None
    async with _connect(definition, base_url) as crm:
        if action == "list":
            return [_plain(record) async for page in crm.read(name) for record in page]
        if action == "get":
            found = await crm.get(name, example["id"], parent)
            return None if found is None else _plain(found)
        before = None
        if "before" in example:
            before = TargetRecord(id=example.get("id", ""), fields={}, raw=example["before"])
        write = Write(
            object=name, fields=example.get("fields", {}), id=example.get("id", ""), parent=parent, before=before
        )
        outcome = await (crm.delete(write) if action == "delete" else crm.write(write))
    return {"verdict": str(outcome.verdict), "id": outcome.target_id, "message": outcome.message}


def _connect(definition: Definition, base_url: str) -> RestTarget:
    """Connect to the server of the example, with made-up secrets."""
    made_up = {name: f"practice-{name}" for name, setting in definition.settings.items() if setting.is_secret}
    stated = {"base_url": base_url, "rate": "none", **made_up}
    environ = {f"X_{name.upper()}": text for name, text in stated.items()}
    sources = Sources(prefix="X", environ=environ, profile={}, block={})
    return RestTarget(definition, resolve(definition, sources), clock=SystemClock(), rng=Rng(0))


def _plain(record: TargetRecord) -> dict[str, Any]:
    return {"id": record.id, **record.fields}
