"""The chart of README.md: time and memory of planning against the number of rows, as SVG text made by hand.

`chart` takes the table that plan.py prints. Both scales of rows and time go by powers of ten: a straight line upwards
at half a right angle is time that grows as the rows do.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

WIDTH, HEIGHT = 900, 380
TOP, BOTTOM, LEFT, GAP, PLOT = 64, 56, 64, 92, 352
COLOURS = ("#0b6bcb", "#b45309", "#15803d", "#7e22ce", "#475569")
FLOOR = "floor"
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2937}.title{font-weight:600;font-size:15px}.soft{fill:#4b5563}"
    ".grid{stroke:#e5e7eb}.axis{stroke:#9ca3af}.line{fill:none;stroke-width:2.5;stroke-linejoin:round}"
)


class Point(NamedTuple):
    """One measurement of a series."""

    rows: int
    value: float


class Scale(NamedTuple):
    """Where values stand along an axis: the places of its ends on the page, and its ticks with their words."""

    place: Callable[[float], float]
    ticks: Sequence[tuple[float, str]]


def chart(table: Mapping[str, Any]) -> str:
    """Draw the table of plan.py."""
    names = list(dict.fromkeys(cell[1] for cell in table["rows"]))
    seconds = series(table, "of processors")
    memory = series(table, "peak MB")
    rows = sorted({point.rows for points in seconds.values() for point in points})
    low, high = (
        math.floor(math.log10(rows[0])),
        max(math.ceil(math.log10(rows[-1])), math.floor(math.log10(rows[0])) + 1),
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title">',
        '<title id="title">Processor time and peak memory of planning, by the number of rows</title>',
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *panel(0, "Processor time, seconds", seconds, (names, rows_scale(0, low, high), powers(seconds))),
        *panel(1, "Peak memory, MB", memory, (names, rows_scale(1, low, high), linear(memory))),
        *legend(names),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def series(table: Mapping[str, Any], column: str) -> dict[str, list[Point]]:
    """Take one column apart by what was measured."""
    at = table["head"].index(column)
    found: dict[str, list[Point]] = {}
    for cells in table["rows"]:
        rows = int(cells[0].replace(",", ""))
        found.setdefault(cells[1], []).append(Point(rows, float(cells[at].replace(",", ""))))
    return found


def rows_scale(number: int, low: int, high: int) -> Scale:
    """Lay powers of ten along the bottom of a panel."""
    left = LEFT + number * (PLOT + GAP)
    words = [(10.0**n, f"{10**n:,}") for n in range(low, high + 1)]
    return Scale(lambda value: left + (math.log10(value) - low) / (high - low) * PLOT, words)


def powers(found: Mapping[str, list[Point]]) -> Scale:
    """Lay powers of ten along the side."""
    values = [point.value for points in found.values() for point in points if point.value > 0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    size = HEIGHT - TOP - BOTTOM
    words = [(10.0**n, f"{10.0**n:g}") for n in range(low, high + 1)]
    least = 10.0**low
    return Scale(lambda value: TOP + size - (math.log10(max(value, least)) - low) / max(high - low, 1) * size, words)


def linear(found: Mapping[str, list[Point]]) -> Scale:
    """Lay equal steps along the side, from nothing up."""
    most = max(point.value for points in found.values() for point in points)
    step = next(step for step in (10, 25, 50, 100, 250, 500, 1000) if most / step <= 6)
    top = math.ceil(most / step) * step
    size = HEIGHT - TOP - BOTTOM
    words = [(float(n), str(n)) for n in range(0, top + 1, step)]
    return Scale(lambda value: TOP + size - value / top * size, words)


def panel(
    number: int, title: str, found: Mapping[str, list[Point]], how: tuple[list[str], Scale, Scale]
) -> Iterator[str]:
    """Draw one panel: its grid, and a line for each series."""
    names, across, up = how
    left, floor = LEFT + number * (PLOT + GAP), HEIGHT - BOTTOM
    yield f'<text class="title" x="{left}" y="{TOP - 16}">{escape(title)}</text>'
    for value, words in up.ticks:
        y = up.place(value)
        yield f'<line class="grid" x1="{left}" x2="{left + PLOT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="soft" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{words}</text>'
    for value, words in across.ticks:
        x = across.place(value)
        yield f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{floor}" y2="{floor + 5}"/>'
        yield f'<text class="soft" x="{x:.1f}" y="{floor + 20}" text-anchor="middle">{words}</text>'
    yield f'<line class="axis" x1="{left}" x2="{left + PLOT}" y1="{floor}" y2="{floor}"/>'
    for name in names:
        colour = COLOURS[names.index(name) % len(COLOURS)]
        places = [(across.place(point.rows), up.place(point.value)) for point in sorted(found[name])]
        dashes = ' stroke-dasharray="6 5"' if name == FLOOR else ""
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline class="line" stroke="{colour}"{dashes} points="{line}"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places)


def legend(names: Sequence[str]) -> Iterator[str]:
    """Say which line is which, in one row at the top."""
    x = float(LEFT)
    for number, name in enumerate(names):
        colour = COLOURS[number % len(COLOURS)]
        dashes = ' stroke-dasharray="6 5"' if name == FLOOR else ""
        yield f'<line class="line" stroke="{colour}"{dashes} x1="{x:.0f}" x2="{x + 26:.0f}" y1="20" y2="20"/>'
        yield f'<text x="{x + 32:.0f}" y="24">{escape(name)}</text>'
        x += 48 + 7.2 * len(name)
    yield f'<text class="soft" x="{WIDTH - 12}" y="{HEIGHT - 10}" text-anchor="end">rows</text>'


if __name__ == "__main__":
    raise SystemExit("this is a part of all.py: python benchmarks/all.py --only")
