"""Counts what match lines and proposals find among people with slips of the pen: `python benchmarks/matching.py`.

A practice CRM holds the 500 originals of tests/data/febrl/dataset1.csv; their 500 damaged copies are planned against
them. The file says whose copy each is. Precision: how many of those found are right; recall: how many of all 500.
"""

import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from migrator.emulators import start
from migrator.store.plan import Plan

DATA = Path(__file__).parents[1] / "tests" / "data" / "febrl" / "dataset1.csv"
LINES = {
    "soc_sec_id": "[[NickName]]",
    "given_name, surname, date_of_birth": "[[FirstName, LastName, KeyDate_Birthday]]",
    "soc_sec_id; then given_name, surname, date_of_birth": "[[NickName], [FirstName, LastName, KeyDate_Birthday]]",
    "given_name, surname, postcode": "[[FirstName, LastName, Address_Home_ZipCode]]",
}
FIELDS = {
    "FirstName": "given_name",
    "LastName": "surname",
    "NickName": "soc_sec_id",
    "Address_Home_ZipCode": "postcode",
    "KeyDate_Birthday": "{from: date_of_birth, transform: [{date: '%Y%m%d'}], on_error: blank}",
}

Found = Mapping[str, str]


def main() -> None:
    """Plan once for each set of match lines, and print a Markdown table."""
    with DATA.open(encoding="utf-8", newline="") as file:
        people = [{key.strip(): cell.strip() for key, cell in row.items()} for row in csv.DictReader(file)]
    held = [person for person in people if person["rec_id"].endswith("-org")]
    copies = [person for person in people if person not in held]
    print("| match lines | matched | precision | recall | proposed of the rest | precision | recall of both |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, lines in LINES.items():
        with tempfile.TemporaryDirectory() as folder, start("crelate", seed=1) as server:
            ids = server.seed_records("contacts", [contact(person) for person in held])
            truth = {target_id: person["rec_id"].split("-")[1] for target_id, person in zip(ids, held, strict=True)}
            secret = next(iter(server.secrets.values()))
            matched, proposed = plan(Path(folder), lines, copies, {"BASE_URL": server.base_url, "API_KEY": secret})
        right, likely = count_right(matched, truth), count_right(proposed, truth)
        shares = right / len(matched), right / len(copies), likely / len(proposed), (right + likely) / len(copies)
        exact, recall, precision, both = (f"{share:.3f}" for share in shares)
        print(f"| {name} | {len(matched)} | {exact} | {recall} | {len(proposed)} | {precision} | {both} |")


def contact(person: Mapping[str, str]) -> dict[str, str]:
    """Give a record as the CRM holds it."""
    filled = {name: person[column] for name, column in FIELDS.items() if person.get(column)}
    born = person["date_of_birth"]
    return filled | ({"KeyDate_Birthday": f"{born[:4]}-{born[4:6]}-{born[6:]}T00:00:00Z"} if born else {})


def plan(folder: Path, lines: str, copies: list[dict[str, str]], settings: Mapping[str, str]) -> tuple[Found, Found]:
    """Plan the copies; give for each that was matched, and for each with a proposal, the id that was found."""
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(copies[0]))
        writer.writeheader()
        writer.writerows(copies)
    fields = ", ".join(f"{name}: {form}" for name, form in FIELDS.items())
    (folder / "febrl.yaml").write_text(
        "mapping: 1\nname: febrl\nsource: {connector: files, path: .}\ntarget: {connector: crelate}\nobjects:\n"
        f"  people: {{from: people.csv, to: contacts, key: rec_id, match: {lines}, fields: {{{fields}}}}}\n",
        encoding="utf-8",
    )
    environ = {**os.environ, **{f"CRELATE_{name}": value for name, value in settings.items()}, "CRELATE_RATE": "none"}
    arguments = ["plan", "febrl.yaml", "-o", "febrl.plan", "--report", "out"]
    ended = subprocess.run(
        [sys.executable, "-m", "migrator", *arguments], cwd=folder, env=environ, capture_output=True, check=False
    )
    if ended.returncode:
        sys.exit(ended.stdout.decode() + ended.stderr.decode())
    with Plan(folder / "febrl.plan") as made:
        matched = dict(made.db.execute("SELECT r.key, a.target_id FROM agreed a JOIN record r ON r.id=a.record"))
    with (folder / "out" / "proposals.csv").open(encoding="utf-8", newline="") as file:
        return matched, {row["key"]: row["target_id"] for row in csv.DictReader(file)}


def count_right(found: Found, truth: Mapping[str, str]) -> int:
    """Count those whose original was found."""
    return sum(truth[target_id] == key.split("-")[1] for key, target_id in found.items())


if __name__ == "__main__":
    main()
