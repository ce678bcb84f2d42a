"""What a run tells on its way: a bar on a terminal, a plain line every ten seconds elsewhere, events for machines."""

import json
import sys
from types import TracebackType
from typing import Any, Self

import click

from migrator.cli.main import Manner, leave_closed_outputs
from migrator.executor.result import Event, Phase
from migrator.ports import Clock, SystemClock
from migrator.reports.wording import harmless

LINE_SECONDS = 10.0


class Progress:
    """Shows the events of a run; use it as a context."""

    def __init__(self, manner: Manner, *, is_json: bool, clock: Clock | None = None) -> None:
        self._is_json = is_json
        self._is_quiet = manner.is_quiet
        self._has_color = manner.has_color
        self._clock = clock or SystemClock()
        self._bar: Any = None
        self._task: Any = None
        self._last_line = self._clock.monotonic()
        self._object = ""

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not self._is_json and not self._is_quiet:
            from rich.console import Console  # noqa: PLC0415 - only for a terminal
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
            from rich.progress import Progress as Bar  # noqa: PLC0415

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(stderr=True, no_color=not self._has_color), transient=True)
            self._bar.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, event: Event) -> None:
        """Show one event; a closed output never stops a run."""
        try:
            self._tell(event)
        except (BrokenPipeError, ValueError):
            self._is_quiet, self._is_json, self._bar = True, False, None
            leave_closed_outputs()

    def _tell(self, event: Event) -> None:
        if self._is_json:
            facts = {"event": str(event.phase), "object": event.object, "done": event.done, "total": event.total}
            text = event.text if event.phase in {Phase.THROTTLED, Phase.SETTLING, Phase.FINISHED} else ""
            click.echo(json.dumps({"v": 1, **facts, **({"text": text} if text else {})}))
        elif self._bar is not None:
            self._draw(event)
        elif not self._is_quiet:
            self._write(event)

    def _draw(self, event: Event) -> None:
        if event.phase in {Phase.OBJECT, Phase.PROGRESS}:
            if self._task is None:
                self._task = self._bar.add_task(event.object, total=event.total)
            self._bar.update(self._task, completed=event.done, description=event.object)
        elif event.phase in {Phase.THROTTLED, Phase.SETTLING}:
            self._bar.console.print(harmless(event.text), markup=False, highlight=False)

    def _write(self, event: Event) -> None:
        now = self._clock.monotonic()
        if event.phase in {Phase.THROTTLED, Phase.SETTLING}:
            click.echo(harmless(event.text), err=True)
        elif event.phase is Phase.PROGRESS and (now - self._last_line >= LINE_SECONDS or event.done == event.total):
            self._last_line = now
            click.echo(f"{event.object}: {event.done:,} of {event.total:,}", err=True)
