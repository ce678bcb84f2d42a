"""`migrator discover`: what an account knows of its own fields, printed, and kept beside the mapping."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from migrator.cli.accounts import Account, account_of, named_account
from migrator.cli.construct import spec_of
from migrator.cli.main import Manner
from migrator.connectors.rest.discovery import Found, with_found
from migrator.errors import Problem, SpecError
from migrator.records import CUSTOM, Field
from migrator.spelling import did_you_mean

_SHOWN_OPTIONS = 6


@click.command("discover")
@click.argument("target", metavar="TARGET")
@click.argument("objects", metavar="[OBJECT]...", nargs=-1)
@click.pass_obj
def command(manner: Manner, target: str, objects: tuple[str, ...]) -> int:
    """Ask the account behind TARGET, a mapping or the name of a connector, for the fields of its objects.

    What it tells is kept in .migrator/schema and used by check and plan.
    """
    account = _account(target, manner)
    known = account.definition.objects
    if unknown := [name for name in objects if name not in known]:
        hint = did_you_mean(unknown[0], known) or f"there are: {', '.join(known)}"
        raise SpecError(Problem(code="E016", place=target, fact=f"no object '{unknown[0]}'", hint=hint))
    listed = [name for name in known if known[name].type.is_listed]
    found = asyncio.run(account.learn(objects or listed, takes_sample=True))
    learned = with_found(account.definition, found)
    for name in found:
        fields = learned.objects[name].type.fields
        click.echo(f"{name}: {len(fields)} fields, {len(set(fields) - set(known[name].type.fields))} of this account")
        for line in _lines(fields, found[name]):
            click.echo(f"  {line}")
    click.echo(f"Kept in {account.cache}")
    click.echo(f"Next: {f'migrator check {target}' if Path(target).is_file() else 'name the fields in a mapping'}")
    return 0


def _account(target: str, manner: Manner) -> Account:
    if Path(target).is_file() and "connector" not in Path(target).name:
        spec = spec_of(Path(target), profile=manner.profile)
        return account_of(spec, spec.target)
    return named_account(target, manner.profile)


def _lines(fields: Mapping[str, Field], found: Found) -> Iterator[str]:
    labels = {key: label for label, key in found.labels.items()}
    for name, one in sorted(fields.items()):
        facts = [str(one.kind)]
        facts += ["required"] if one.required else []
        facts += [f"at most {one.max_length}"] if one.max_length else []
        facts += ["read only"] if one.refused else []
        facts += [f"= {CUSTOM}{labels[name]}"] if name in labels else []
        if one.options:
            more = f" and {len(one.options) - _SHOWN_OPTIONS} more" if len(one.options) > _SHOWN_OPTIONS else ""
            facts.append(f"one of {', '.join(one.options[:_SHOWN_OPTIONS])}{more}")
        yield f"{name:<32} {', '.join(facts)}"
