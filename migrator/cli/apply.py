"""`migrator apply`: write what a plan says, once."""

import json
from dataclasses import replace
from pathlib import Path

import click

from migrator.cli.applying import check_source, run_plan
from migrator.cli.construct import find_plan, report_folder
from migrator.cli.main import Manner
from migrator.cli.planning import Wish, plan_and_report, print_plan, rewrite_reports
from migrator.cli.verify import TABLE, read_back
from migrator.executor.preflight import check_mapping
from migrator.executor.result import Applying
from migrator.reports.verified import verified_json, verified_text
from migrator.spelling import did_you_mean
from migrator.store.plan import Plan

STOPPED = 7


@click.command("apply")
@click.argument("spelled_plan", metavar="PLAN|MAPPING")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many writes; applying again goes on.")
@click.option("--only", metavar="OBJECT", default="", help="Write this object only; applying again goes on.")
@click.option("--canary", type=click.IntRange(min=1), help="Write so many records, read them back, and ask.")
@click.option("--max-failures", type=click.IntRange(min=1), help="Stop after so many refusals.")
@click.option("--concurrency", type=click.IntRange(1, 16), help="Requests at a time, within what the tier allows.")
@click.option("--keep-plan", is_flag=True, help="Apply the plan although its mapping changed.")
@click.option("--strict-source", is_flag=True, help="Refuse a plan whose source files changed since.")
@click.option("--force-unlock", "unlock", metavar="LOCK-ID", default="", help="Take the ledger from this holder.")
@click.option("--json", "is_json", is_flag=True, help="Print events, one JSON object a line.")
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917 - click hands options over one by one
    manner: Manner,
    spelled_plan: str,
    yes: bool,
    limit: int | None,
    only: str,
    canary: int | None,
    max_failures: int | None,
    concurrency: int | None,
    keep_plan: bool,
    strict_source: bool,
    unlock: str,
    is_json: bool,
) -> int:
    """Apply a plan exactly as it was shown. Running it again resumes: what may have arrived is read before it is sent.

    A MAPPING (.yaml) is planned and shown first; without a terminal that needs --yes.
    """
    if canary and limit:
        raise click.UsageError("either --canary or --limit")
    is_mapping = spelled_plan.endswith((".yaml", ".yml"))
    if is_mapping and not (yes or manner.asks):
        raise click.UsageError("a mapping is planned and shown first, and there is nobody to ask: add --yes")
    if is_mapping:
        spelled_plan = _plan_first(Path(spelled_plan), manner, is_json=is_json)
    with find_plan(spelled_plan) as plan:
        _check_object(plan, only)
        how = Applying(keeps_plan=keep_plan, limit=limit, only=only, max_failures=max_failures, concurrency=concurrency)
        if not keep_plan:
            check_mapping(plan)
        check_source(plan, manner, is_strict=strict_source)
        if not yes and manner.asks:
            click.confirm(_question(plan), abort=True)
        if canary is None:
            return run_plan(plan, how, manner, is_json=is_json, unlock=unlock).exit_code
        code = _try_first(plan, replace(how, limit=canary), manner, is_json=is_json, unlock=unlock)
        if code is not None:
            return code
        if not (yes or (manner.asks and click.confirm("Go on?"))):
            if not is_json:
                click.echo(f"Next: migrator apply {plan.path.name}   (goes on with the rest)")
            return STOPPED
        return run_plan(plan, how, manner, is_json=is_json).exit_code


def _check_object(plan: Plan, name: str) -> None:
    known = plan.header["objects"]
    if name and name not in known:
        hint = did_you_mean(name, known) or f"there are: {', '.join(known)}"
        raise click.UsageError(f"no object '{name}' in {plan.path.name} ({hint})")


def _try_first(plan: Plan, how: Applying, manner: Manner, *, is_json: bool, unlock: str) -> int | None:
    """Write some records and read them back; gives None where all is well and more is left, else the exit code."""
    result = run_plan(plan, how, manner, is_json=is_json, unlock=unlock)
    if not result.written:
        return result.exit_code
    found = read_back(plan, manner, sample=how.limit)
    rewrite_reports(plan, manner)
    click.echo(json.dumps({"v": 1, "verify": verified_json(found)}) if is_json else verified_text(found))
    if found.is_clean and result.written == how.limit and result.exit_code == STOPPED:
        return None
    if not is_json:
        click.echo(f"Next: open {report_folder(plan.path).name}/{TABLE}")
    return result.exit_code or (0 if found.is_clean else 5)


def _plan_first(mapping: Path, manner: Manner, *, is_json: bool) -> str:
    path = Path(f"{mapping.stem}.plan")
    summary = plan_and_report(Wish(mapping=mapping, output=path), manner)
    print_plan(summary, report_folder(path), manner, is_json=is_json)
    return str(path)


def _question(plan: Plan) -> str:
    return f"Apply {int(plan.header['operations']):,} writes to {plan.header['target']['origin']}?"
