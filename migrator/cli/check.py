"""`migrator check`: all that can be known of a mapping without rows and without the network."""

import json
from pathlib import Path

import click

from migrator.cli.accounts import learn_for
from migrator.cli.construct import catalog_of, spec_of
from migrator.cli.main import PRECEDENCE, Manner
from migrator.cli.opening import source_of
from migrator.cli.printing import print_problems
from migrator.errors import MigratorError, Problem, SourceError, TargetError
from migrator.planner.columns import compile_for
from migrator.planner.examples import example_problems
from migrator.reports.wording import of

FOLDER = "mappings"


@click.command("check")
@click.argument("mappings", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", help="How problems are printed."
)
@click.option("--online", "is_online", is_flag=True, help="Ask the target for its fields and options first.")
@click.pass_obj
def command(manner: Manner, mappings: tuple[Path, ...], form: str, is_online: bool) -> int:
    """Check mappings: text, schema, names of columns and fields, templates and the examples in them.

    Without MAPPINGS, all of the folder 'mappings' are checked.
    """
    listed = mappings or tuple(sorted(Path(FOLDER).glob("*.yaml")))
    if not listed:
        raise click.UsageError(f"name a mapping; there is none in {FOLDER}/")
    found = [(mapping, *check_mapping(mapping, manner.profile, is_online=is_online)) for mapping in listed]
    problems = [problem for _mapping, _code, some in found for problem in some]
    _print(problems, form)
    if form == "text" and not manner.is_quiet:
        for mapping, code, some in found:
            verdict = "ok" if code == 0 else of(len(some), "problem")
            click.echo(f"{mapping}: {verdict}")
        if not problems:
            click.echo(f"Next: migrator plan {listed[0]} -o {listed[0].stem}.plan")
    codes = {code for _mapping, code, _some in found}
    return next(code for code in PRECEDENCE if code in codes)


def check_mapping(mapping: Path, profile: str, *, is_online: bool = False) -> tuple[int, list[Problem]]:
    """Check one mapping: its exit code and all its problems. Online, the target is asked for its fields first."""
    try:
        spec = spec_of(mapping, profile=profile)
        if is_online:
            import asyncio  # noqa: PLC0415 - not for a check without the network

            asyncio.run(learn_for(spec))
        compiled = compile_for(spec, source_of(spec), catalog_of(spec))
    except SourceError as error:
        return error.exit_code, list(error.problems)
    except MigratorError as error:
        return (error.exit_code if isinstance(error, TargetError) else 3), list(error.problems)
    problems = list(example_problems(compiled))
    return (3 if problems else 0), problems


def _print(problems: list[Problem], form: str) -> None:
    if form == "text":
        print_problems(problems)
        return
    for problem in problems:
        if form == "json":
            facts = {"code": problem.code, "place": problem.place, "fact": problem.fact, "hint": problem.hint}
            click.echo(json.dumps({"v": 1, **facts}, ensure_ascii=False))
        else:
            file, _, rest = problem.place.partition(":")
            line, _, column = rest.partition(":")
            text = f"{problem.code} {problem.fact}" + (f" ({problem.hint})" if problem.hint else "")
            click.echo(f"::error file={file},line={line or 1},col={column or 1}::{text}")
