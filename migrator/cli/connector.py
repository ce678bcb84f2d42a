"""`migrator connector`: the connectors there are, and the tools for whoever writes one."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from migrator.cli.accounts import named_account
from migrator.cli.main import Manner
from migrator.connectors.registry import find_definition
from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.reading import read_definition, shipped
from migrator.errors import Problem, SpecError
from migrator.ports import Rng, SystemClock
from migrator.records import Tier
from migrator.reports.wording import of
from migrator.reports.writing import write_file
from migrator.spelling import did_you_mean
from migrator.store.seen import Seen

if TYPE_CHECKING:
    from migrator.connectors.rest.probing import Probe
    from migrator.connectors.rest.target import RestTarget


@click.group("connector")
def command() -> None:
    """List connectors, check and test a connector file, or probe an account."""


@command.command("list")
def list_connectors() -> int:
    """List the connectors that travel with the program."""
    for name in shipped():
        definition = _definition(name)
        objects = definition.objects.values()
        written = [item.type.name for item in objects if "create" in item.actions]
        click.echo(f"{name:<15} {definition.title}: {of(len(objects), 'object')}, {len(written)} of them written")
    click.echo("Next: migrator connector check my.connector.yaml")
    return 0


@command.command("check")
@click.argument("name", metavar="NAME|FILE")
def check(name: str) -> int:
    """Check a connector file against the format."""
    definition = _definition(name)
    tiers = {tier: sum(item.type.tier is tier for item in definition.objects.values()) for tier in Tier}
    told = ", ".join(f"{count} of tier {tier}" for tier, count in tiers.items() if count)
    click.echo(f"{name}: ok, {of(len(definition.objects), 'object')} ({told})")
    click.echo(f"Next: migrator connector test {name}")
    return 0


@command.command("test")
@click.argument("name", metavar="NAME|FILE")
def test(name: str) -> int:
    """Replay the examples of a connector file against a server that is made from them."""
    from migrator.cli.replaying import replay  # noqa: PLC0415 - it brings a server along

    definition = _definition(name)
    if not definition.examples:
        hint = "write pairs of a request and its answer under 'examples'"
        raise SpecError(Problem(code="E024", place=name, fact="the file has no examples", hint=hint))
    failed = 0
    for number, example in enumerate(definition.examples):
        differences = asyncio.run(replay(definition, example))
        failed += bool(differences)
        click.echo(f"{'FAIL' if differences else 'ok':<5} {number}: {example['action']} {example['object']}")
        for difference in differences:
            click.echo(f"      {difference}")
    click.echo(f"{len(definition.examples) - failed} of {of(len(definition.examples), 'example')} hold")
    click.echo(f"Next: {'correct the file' if failed else f'migrator connector probe {definition.name}'}")
    return 3 if failed else 0


@command.command("probe")
@click.argument("name", metavar="NAME|FILE")
@click.argument("object_name", metavar="[OBJECT]", default="")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask whether the account is a sandbox.")
@click.pass_obj
def run_probe(manner: Manner, name: str, object_name: str, is_sure: bool) -> int:
    """Settle open facts with one record in a sandbox account: it is created, read, changed and deleted again."""
    if not is_sure and not manner.asks:
        raise click.UsageError("probe writes one record: state --yes where nobody can be asked")
    account = named_account(name, manner.profile)
    connection = account.connection()
    if not is_sure:
        click.confirm(f"Is {connection.base_url} a sandbox? One record is written to it", abort=True)
    found = asyncio.run(_probe(account.known(), account.target(), object_name))
    write_file(account.probe, lambda file: file.write(json.dumps(found.plain(SystemClock().now()), indent=1)))
    for line in found.lines():
        click.echo(line)
    click.echo(f"Kept in {account.probe}; plans of this folder take the tier from it")
    click.echo("Next: migrator plan MAPPING -o FILE.plan")
    return 0 if found.is_whole else 5


@command.command("read")
@click.argument("name", metavar="NAME|FILE")
@click.argument("object_name", metavar="OBJECT")
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="OBJECT.jsonl by default.")
@click.pass_obj
def read_object(manner: Manner, name: str, object_name: str, output: Path | None) -> int:
    """Read all records of an object from the account, page by page, into a file of JSON Lines.

    A line is a record as migrator understands it: its id, and its fields as text, numbers and lists.
    """
    account = named_account(name, manner.profile)
    known = account.known()
    listed = [one for one, item in known.objects.items() if item.type.is_listed]
    if object_name not in listed:
        hint = did_you_mean(object_name, listed) or f"there are: {', '.join(listed)}"
        raise SpecError(Problem(code="E016", place=name, fact=f"no list '{object_name}'", hint=hint))
    path = (output or Path(f"{object_name.replace('/', '_')}.jsonl")).absolute()
    target = account.target()
    with Seen(path) as seen:
        write_file(path, lambda file: asyncio.run(_read(target, object_name, file, seen)))
    click.echo(f"{of(seen.count, 'record')} of {object_name} read into {path.name}")
    click.echo("Next: name the fields in a mapping")
    return 0


async def _read(target: "RestTarget", object_name: str, file: TextIO, seen: Seen) -> None:
    """Write each record once, also where others write while the list is read."""
    async with target as crm:
        async for page in crm.read(object_name):
            records = {record.id: record for record in page}
            lines = ({"id": name, **records[name].fields} for name in seen.fresh(records))
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


async def _probe(definition: Definition, target: "RestTarget", object_name: str) -> "Probe":
    from migrator.connectors.rest.probing import probe  # noqa: PLC0415 - for this command alone

    async with target as crm:
        return await probe(definition, crm, object_name, clock=SystemClock(), rng=Rng())


def _definition(name: str) -> Definition:
    if not name.endswith((".yaml", ".yml")):
        return find_definition(name, project=Path.cwd(), base=Path.cwd(), place="")
    return read_definition(Path(name))
