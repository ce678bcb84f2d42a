"""The command `migrator`: its options, its exit codes, and the one place where trouble becomes words.

Commands are imported when they are called, so that `--help` stays quick.
"""

import gc
import importlib
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from migrator.errors import MigratorError, Problem
from migrator.resources import VERSION

COMMANDS = {
    "demo": "The whole story on bundled data, without an account.",
    "check": "Check mappings: text, names, templates, examples. Reads headers, no rows, no network.",
    "plan": "The dry run: make a plan and its report. Writes no record.",
    "show": "Show a plan or the plan of a run; works on stale plans too.",
    "apply": "Write what a plan says. Running it again resumes.",
    "rollback": "Plan the undo of a run; 'apply' it like any other plan.",
    "status": "How a run stands, also while it is running.",
    "verify": "Read back from the target what a run wrote, and compare it with the plan.",
    "resolve": "Decide what is left to you: questions in decisions.yaml, operations in quarantine.",
    "retry": "Plan again what did not make it, with corrected rows.",
    "runs": "What was applied when; purges what is kept of old runs.",
    "export": "The id map of a run: source key to target id.",
    "report": "Render the report of a plan or a run as one HTML page.",
    "discover": "Ask an account for its fields, custom ones and picklists, and keep what it tells.",
    "connector": "Connector files: list, check, test, read, probe.",
    "emulate": "Serve a practice CRM on this machine.",
    "explain": "The long text behind a code, such as E203.",
    "schema": "The JSON Schemas of mappings and connector files.",
}
EXIT_CODES = """Exit codes:

\b
   0  done, or nothing to do
   1  unexpected failure
   2  usage
   3  mapping or configuration invalid
   4  data problems over the limit, or unreadable source
   5  finished, but some records were rejected, quarantined or differ
   6  plan refused: stale, edited, already applied, other target, guard exceeded
   7  stopped, resumable
   8  locked by another run
   9  not authorised, or unreachable
  10  changes pending (only plan --exit-code)
"""
COLLECTED_AFTER = 50_000  # objects: nearly all are freed when nothing names them, and looking for rings costs time
PRECEDENCE = (1, 8, 9, 6, 3, 4, 7, 5, 10, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """The options before the command: where to work, which profile, how much to say and to show."""

    profile: str = ""
    verbosity: int = 0
    is_quiet: bool = False
    has_color: bool = True
    asks: bool = True
    shows_values: bool = False
    masks_values: bool = False

    def shows(self, *, is_terminal: bool) -> bool:
        """Tell whether values of records may be printed: on a terminal, or where they were asked for."""
        return not self.masks_values and (is_terminal or self.shows_values)


class _Commands(click.Group):
    """Finds a command by name and imports it only then."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"migrator.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(VERSION, prog_name="migrator", message="%(prog)s %(version)s")
@click.option("-C", "folder", type=click.Path(file_okay=False, path_type=Path), help="Work in this folder.")
@click.option("--profile", default="", help="Profile of migrator.yaml, before the one that the mapping names.")
@click.option("-q", "quiet", is_flag=True, help="Say only what was asked for.")
@click.option("-v", "verbose", count=True, help="Say more; -vv shows where a failure came from.")
@click.option("--no-color", is_flag=True, help="No colours (also NO_COLOR).")
@click.option("--no-input", is_flag=True, help="Never ask.")
@click.option("--show-values", is_flag=True, help="Print values of records also where the output is no terminal.")
@click.option("--mask", is_flag=True, help="Print values of records nowhere, nor in reports.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Append details of failures to this file.")
@click.pass_context
def cli(  # noqa: PLR0913, PLR0917 - click hands options over one by one; they become one value at once
    ctx: click.Context,
    folder: Path | None,
    profile: str,
    quiet: bool,
    verbose: int,
    no_color: bool,
    no_input: bool,
    show_values: bool,
    mask: bool,
    log: Path | None,
) -> None:
    """Move data between CRMs, and CSV files into them: planned, read as a report, applied once, resumable."""
    ctx.obj = Manner(
        profile=profile,
        verbosity=verbose,
        is_quiet=quiet,
        has_color=not no_color and "NO_COLOR" not in os.environ,
        asks=not no_input and "CI" not in os.environ and sys.stdin.isatty(),
        shows_values=show_values,
        masks_values=mask,
    )
    ctx.color = None if ctx.obj.has_color else False
    if log is not None:
        _write_log(log.absolute())
    if folder is not None:
        try:
            os.chdir(folder)
        except OSError as error:
            raise click.UsageError(f"-C {folder}: {error.strerror}") from None


def _write_log(path: Path) -> None:
    """Let details of failures go to a private file; the loggers of the HTTP library stay silent below warnings."""
    from migrator.connectors.rest.secret import Redacting  # noqa: PLC0415 - not for --help

    try:
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        raise click.UsageError(f"--log {path}: {error.strerror}") from None
    lines = logging.FileHandler(path, encoding="utf-8")
    lines.setFormatter(Redacting("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[lines])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and end the process with its exit code."""
    gc.set_threshold(COLLECTED_AFTER)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command; every failure ends in words and a code, never in a traceback."""
    from migrator.ports import arm_failpoints  # noqa: PLC0415 - not for --help

    verbosity = sum(text.count("v") for text in arguments or sys.argv[1:] if text in {"-v", "-vv"})
    try:
        arm_failpoints(os.environ.get("MIGRATOR_FAILPOINTS", ""))
        return int(cli.main(args=list(arguments) if arguments is not None else None, standalone_mode=False) or 0)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        click.echo("Nothing was done.", err=True)
        return 7
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except MigratorError as error:
        from migrator.cli.printing import print_problems  # noqa: PLC0415 - not for --help

        with unbroken():
            print_problems(error.problems)
        return error.exit_code
    except BrokenPipeError:
        leave_closed_outputs()
        return 0
    except Exception as error:  # noqa: BLE001 - the one place where an unexpected failure becomes words
        _say_unexpected(error, is_traced=verbosity > 1)
        return 1


def _say_unexpected(error: Exception, *, is_traced: bool) -> None:
    problem = Problem(
        code="E100",
        fact=f"unexpected failure: {type(error).__name__}: {error}",
        hint="run it again with -vv and report what it prints; applying a plan again is safe",
    )
    click.echo(str(problem), err=True)
    if logging.getLogger().handlers:  # without --log, Python itself would print the traceback
        logging.getLogger("migrator").error("%s", problem, exc_info=error)
    if is_traced:
        click.echo("".join(traceback.format_exception(error)), err=True)


@contextmanager
def unbroken() -> Iterator[None]:
    """Let a closed output be no failure of what is done inside."""
    try:
        yield
    except BrokenPipeError:
        leave_closed_outputs()


def leave_closed_outputs() -> None:
    """Send what nobody reads any longer to nowhere, so that the interpreter does not fail for it at its exit."""
    sink = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            with suppress(OSError, ValueError):  # it is no file
                os.dup2(sink, stream.fileno())


if __name__ == "__main__":
    main()
