"""Problems in words: place, fact, hint; on a terminal with the line that is meant and a caret under it."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from migrator.errors import Problem
from migrator.reports.wording import harmless

_PLACE = re.compile(r"(?P<file>.+):(?P<line>[0-9]+):(?P<column>[0-9]+)")
MAX_WIDTH = 160


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems to stderr."""
    for problem in problems:
        click.echo(harmless(str(problem)), err=True)
        if sys.stderr.isatty() and (excerpt := _excerpt(problem.place)):
            click.echo(excerpt, err=True)


def _excerpt(place: str) -> str:
    """Give the line that a place names, with the one before it and a caret; empty if there is none to show."""
    found = _PLACE.fullmatch(place)
    path = Path(found["file"]) if found else None
    if found is None or path is None or path.suffix not in {".yaml", ".yml"} or not path.is_file():
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    number, column = int(found["line"]), int(found["column"])
    shown = [f"  {n:>4} | {harmless(lines[n - 1])[:MAX_WIDTH]}" for n in (number - 1, number) if 0 < n <= len(lines)]
    return "\n".join([*shown, " " * (8 + column) + "^"])
