"""`migrator explain`: the long text behind a code, or why a plan does what it does."""

import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import click

from migrator.cli.construct import find_plan
from migrator.cli.main import Manner
from migrator.cli.show import row_lines
from migrator.codes import all_codes
from migrator.errors import PlanError, Problem, SpecError
from migrator.reports.wording import harmless, of
from migrator.spelling import did_you_mean
from migrator.store.plan import Plan
from migrator.store.views import explain_key, keys_of

_COMPARED = 20_000


@click.command("explain")
@click.argument("what", metavar="CODE|PLAN")
@click.argument("record", metavar="[order|OBJECT:KEY]", default="")
@click.argument("field", metavar="[FIELD]", default="")
@click.pass_obj
def command(manner: Manner, what: str, record: str, field: str) -> None:
    """Explain CODE, such as E110: what it means, and what to do. 'all' lists every code.

    Of a PLAN, explain the order in which it writes, or what it does about one record, or about one field of it.
    """
    if not record:
        _explain_code(what)
        return
    with find_plan(what) as plan:
        if record == "order":
            click.echo("\n".join(_order_lines(plan.header)))
        else:
            _explain_record(plan, record, field, shows=manner.shows(is_terminal=sys.stdout.isatty()))


def _explain_code(code: str) -> None:
    codes = all_codes()
    if code == "all":
        for known in codes.values():
            click.echo(f"{known.code}  {known.title}")
        return
    if code.upper() not in codes:
        hint = did_you_mean(code.upper(), codes) or "all of them: migrator explain all"
        raise SpecError(Problem(code="E012", place="migrator explain", fact=f"unknown code '{code}'", hint=hint))
    item = codes[code.upper()]
    click.echo(f"{item.code}  {item.title}\n\n{item.means}\n\nWhat to do: {item.fix}")
    if item.code == "E012":
        from migrator.planner.transforms.registry import transform_kinds  # noqa: PLC0415 - only here

        click.echo(f"\nAll transforms: {', '.join(sorted(transform_kinds()))}")


def _explain_record(plan: Plan, spelled_record: str, field: str, *, shows: bool) -> None:
    name, colon, key = spelled_record.partition(":")
    objects = plan.header["objects"]
    if not colon or name not in objects:
        hint = did_you_mean(name, objects) or f"'order', or a record: {next(iter(objects))}:KEY"
        raise PlanError(Problem(code="E603", place=plan.path.name, fact=f"no object '{name}' in this plan", hint=hint))
    found = explain_key(plan, name, key)
    if not found:
        known = (known for _record, known in islice(keys_of(plan, (name,)), _COMPARED))
        hint = did_you_mean(key, known) or "a row that a step left out has no record"
        raise PlanError(Problem(code="E603", place=plan.path.name, fact=f"no '{key}' among the {name}", hint=hint))
    for item in found:
        click.echo("\n".join(row_lines(item, shows=shows, field=field)))


def _order_lines(header: Mapping[str, Any]) -> Iterator[str]:
    """Say why objects and records are written in their order, what is linked afterwards, and what comes last."""
    objects = header["objects"]
    width = max(map(len, objects))
    for number, (name, facts) in enumerate(objects.items(), start=1):
        yield f"{number:>3}  {name:<{width}}  {facts['because']}"
    for cycle in header["order"]:
        names, layers = ", ".join(cycle["objects"]), of(cycle["layers"], "layer")
        yield ""
        yield f"{names}: records point at each other, so each is written after what it needs: {layers}"
        for name, fields in cycle["linked"].items():
            yield from (f"  {name}.{field}: linked afterwards in {count:,}" for field, count in fields.items())
        yield from (f"  such as {harmless(sample)}" for sample in cycle["samples"])
    last = {f"{name}.{field}": count for name, facts in objects.items() for field, count in facts["last"].items()}
    yield from ["", "Written last, when all else is there:"] if last else []
    yield from (f"  {field}: {count:,}" for field, count in last.items())
