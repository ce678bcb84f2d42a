"""The page of the benchmarks: made from the figures that are kept, and from nothing else."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SVG = "{http://www.w3.org/2000/svg}"
HEAD = ["rows", "what", "seconds", "of processors", "peak MB", "beside the floor"]


def page_of(folder: Path, figures: str | None = None) -> Path:
    """Copy the benchmarks, with other figures where they are given, and write the page anew."""
    copy = folder / "benchmarks"
    shutil.copytree(BENCHMARKS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    if figures is not None:
        (copy / "figures.json").write_text(figures, encoding="utf-8")
    subprocess.run([sys.executable, str(copy / "all.py"), "--only"], check=True, capture_output=True)
    return copy


def test_page_says_what_the_figures_say(tmp_path: Path) -> None:
    """Nobody writes into the tables by hand, and no figure is newer than the page."""
    made = page_of(tmp_path)
    names = ["README.md", *(path.name for path in BENCHMARKS.glob("*.svg"))]
    assert [(made / name).read_text(encoding="utf-8") for name in names] == [
        (BENCHMARKS / name).read_text(encoding="utf-8") for name in names
    ]


def test_chart_has_a_line_for_each_series_and_a_mark_for_each_figure(tmp_path: Path) -> None:
    """Two panels, one of time and one of memory, over the same rows."""
    rows = [
        [f"{rows:,}", what, "9", f"{rows / 40_000:.2f}", "70", "1.00 x"]
        for rows in (10_000, 1_000_000)
        for what in ("floor", "a < b")
    ]
    table = {"title": "", "head": HEAD, "right": [True] * 6, "rows": rows}
    part = {"command": "plan.py", "date": "2026-11-27", "cores": 2, "python": "3.11", "tables": [table]}
    made = page_of(tmp_path, json.dumps({"parts": {"plan": part}}))
    drawn = ET.fromstring((made / "chart.svg").read_text(encoding="utf-8"))  # noqa: S314 - made a moment ago
    assert (len(drawn.findall(f"{SVG}polyline")), len(drawn.findall(f"{SVG}circle"))) == (4, 8)
    words = [item.text for item in drawn.findall(f"{SVG}text")]
    assert {"a < b", "floor", "10,000", "1,000,000"} <= set(words)
    assert "| 10,000 | a < b | 9 | 0.25 | 70 | 1.00 x |" in (made / "README.md").read_text(encoding="utf-8")
