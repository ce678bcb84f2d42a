"""A small migration, planned for the report's tests."""

import asyncio
import os
from pathlib import Path

from migrator import Planning, ledger_of, make_plan, read_spec, source_of, summarize, target_of
from migrator.emulators import Emulator, start
from migrator.reports.html import plan_html

MAPPING = """\
mapping: 1
name: hostile
source: {connector: files, path: .}
target: {connector: crelate}
objects:
  companies:
    from: companies.csv
    to: companies
    key: id
    fields: {Name: {from: name, required: true}}
  contacts:
    from: people.csv
    to: contacts
    key: id
    fields: {FirstName: first, LastName: {from: last, required: true}}
"""


def make_report(folder: Path, text: str) -> Path:
    """Plan two objects whose cells hold `text`, one of whose rows is refused, and write the page."""
    cell = '"' + text.replace('"', '""') + '"'
    (folder / "m.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "companies.csv").write_text(f"id,name\n1,{cell.replace(chr(27), '')}\n", encoding="utf-8")
    rows = f"1,{cell.replace(chr(27), '')},Lovelace\n2,{cell},\n"
    (folder / "people.csv").write_text(f"id,first,last\n{rows}", encoding="utf-8")
    with start("crelate") as server:
        page = asyncio.run(_rendered(folder, server))
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


async def _rendered(folder: Path, server: Emulator) -> str:
    spec = read_spec(folder / "m.yaml")
    environ = {**os.environ, "CRELATE_BASE_URL": server.base_url, "CRELATE_API_KEY": server.api_key}
    async with target_of(spec, environ=environ) as target:
        with ledger_of(spec) as ledger:
            how = Planning(path=folder / "m.plan")
            with await make_plan(spec, source_of(spec), target, ledger, how) as plan:
                return plan_html(summarize(plan))
