"""`migrator apply`: write what a plan says, once."""

from pathlib import Path

import click

from migrator.cli.applying import check_source, run_plan
from migrator.cli.construct import find_plan, report_folder
from migrator.cli.main import Manner
from migrator.cli.planning import Wish, plan_and_report, print_plan
from migrator.executor.preflight import check_mapping
from migrator.executor.result import Applying
from migrator.store.plan import Plan


@click.command("apply")
@click.argument("spelled_plan", metavar="PLAN|MAPPING")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many writes; applying again goes on.")
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
    is_mapping = spelled_plan.endswith((".yaml", ".yml"))
    if is_mapping and not (yes or manner.asks):
        raise click.UsageError("a mapping is planned and shown first, and there is nobody to ask: add --yes")
    if is_mapping:
        spelled_plan = _plan_first(Path(spelled_plan), manner, is_json=is_json)
    with find_plan(spelled_plan) as plan:
        how = Applying(keeps_plan=keep_plan, limit=limit, max_failures=max_failures, concurrency=concurrency)
        if not keep_plan:
            check_mapping(plan)
        check_source(plan, manner, is_strict=strict_source)
        if not yes and manner.asks:
            click.confirm(_question(plan), abort=True)
        return run_plan(plan, how, manner, is_json=is_json, unlock=unlock).exit_code


def _plan_first(mapping: Path, manner: Manner, *, is_json: bool) -> str:
    path = Path(f"{mapping.stem}.plan")
    summary = plan_and_report(Wish(mapping=mapping, output=path), manner)
    print_plan(summary, report_folder(path), manner, is_json=is_json)
    return str(path)


def _question(plan: Plan) -> str:
    return f"Apply {int(plan.header['operations']):,} writes to {plan.header['target']['origin']}?"
