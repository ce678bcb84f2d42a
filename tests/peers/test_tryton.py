"""A CRM that this project has not written: a real Tryton, which a connector file without code migrates into."""

import csv
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

REASON = "Tryton is not installed: pip install 'migrator[peers]'"
for _name in ("trytond", "trytond.modules.sale_opportunity", "proteus"):
    pytest.importorskip(_name, reason=REASON)

from tryton_site import Site, free_port  # noqa: E402 - after the skip

pytestmark = [pytest.mark.peers, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "tryton"
MAPPING = "salesforce-to-tryton.yaml"
CREATED = {
    "companies": 422,
    "addresses": 420,
    "phones": 3,
    "websites": 3,
    "people": 30,
    "emails": 30,
    "opportunities": 38,
}
TOTAL = sum(CREATED.values())


class Migration:
    """A copy of the example, the Tryton that it goes to, and the command line."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder = folder
        self.site = site
        self.settings: dict[str, str] = {}

    def begin(self) -> None:
        """Copy the example and set up the office."""
        shutil.copytree(EXAMPLE, self.folder)
        made = self.site.office("prepare", self.folder / "data" / "accountData.csv")
        assert made["state"] == "validated"
        self.settings = {
            "TRYTON_BASE_URL": self.site.base_url,
            "TRYTON_APPLICATION_KEY": made["key"],
            "TRYTON_SETTLE_SECONDS": "0.5",
            "PYTHONWARNINGS": "error",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command."""
        return subprocess.run(
            [sys.executable, "-m", "migrator", *arguments],
            cwd=self.folder,
            env=self._environ(),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the command and go on."""
        command = [sys.executable, "-m", "migrator", *arguments]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=self.folder, env=self._environ(), stdout=quiet, stderr=quiet, stdin=quiet)

    def plan(self, name: str) -> str:
        """Make a plan that can be applied; give its last line of numbers."""
        ended = self.run("plan", MAPPING, "-o", f"{name}.plan")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return next(line for line in ended.stdout.splitlines() if line.startswith("Plan: "))

    def rows(self, name: str) -> list[dict[str, str]]:
        """Read a file of the example as the world reads it."""
        with (self.folder / "data" / name).open(encoding="cp1252", newline="") as file:
            return list(csv.DictReader(file))

    def shorten(self) -> None:
        """Keep a third of the accounts, with those that have opportunities."""
        wanted = {row["ACCOUNTID"] for row in self.rows("opportunityData.csv")}
        rows = [row for n, row in enumerate(self.rows("accountData.csv")) if n % 3 == 0 or row["ID"] in wanted]
        with (self.folder / "data" / "accountData.csv").open("w", encoding="cp1252", newline="") as file:
            writer = csv.DictWriter(file, rows[0], quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)

    def requests(self) -> Counter[str]:
        """Count the requests by verb and model, as the server's own log tells them."""
        text = self.site.log.read_text(encoding="utf-8")
        return Counter(
            " ".join(found) for found in re.findall(r'"[^"]*?(GET|POST|PUT) /crm/rest/model/([a-z._]+)', text)
        )

    def written(self) -> int:
        """Count the creates that the server answered."""
        return sum(count for name, count in self.requests().items() if name.startswith("POST"))

    def _environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
        return kept | self.settings


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database once: what takes Tryton longest."""
    folder = tmp_path_factory.mktemp("made") / "site"
    Site(folder=folder, port=free_port()).make()
    return folder / "db"


@pytest.fixture(scope="module")
def migration(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migration]:
    """Serve a Tryton and migrate the example into it."""
    folder = tmp_path_factory.mktemp("tryton")
    whole = _migration(folder, made)
    with whole.site.served():
        assert whole.plan("first") == f"Plan: {TOTAL} to create, 0 to update, 0 unchanged, 1 skipped, 0 rejected."
        ended = whole.run("apply", "first.plan")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        yield whole


def _migration(folder: Path, made: Path) -> Migration:
    site = Site(folder=folder / "site", port=free_port())
    site.adopt(made)
    whole = Migration(folder / "example", site)
    whole.begin()
    return whole


def test_example_is_read_back_whole(migration: Migration) -> None:
    """Tryton's own library finds each record once, by the names of the source and with all its links."""
    accounts, people = migration.rows("accountData.csv"), migration.rows("contacts.csv")
    names = {row["ID"]: row["NAME"] for row in accounts}
    parties = dict(migration.site.office("parties"))
    assert Counter(parties.values()) - Counter(["Widget Sales"]) == Counter(
        [*set(names.values()), *(f"{row['first_name']} {row['last_name']}" for row in people)]
    )
    marked = {code for code in parties if code.startswith("salesforce/companies/")}
    assert len(marked) == CREATED["companies"]
    assert marked < {f"salesforce/companies/{key}" for key in names}
    emails = {(parties[code], value) for code, kind, value in migration.site.office("contacts") if kind == "email"}
    assert emails == {(f"{row['first_name']} {row['last_name']}", row["email_other"]) for row in people}
    _check_opportunities(migration.rows("opportunityData.csv"), names, parties, migration.site.office("opportunities"))


def _check_opportunities(
    rows: list[dict[str, str]], names: dict[str, str], parties: dict[str, str], held: list[list[Any]]
) -> None:
    found = {reference.rpartition("/")[2]: rest for reference, *rest in held}
    assert len(held) == len(found) == len(rows) == CREATED["opportunities"]
    for row in rows:
        party, title, amount, probability, begun, ended, state, company, comment = found[row["ID"]]
        assert (parties[party], title, state, company) == (names[row["ACCOUNTID"]], row["NAME"], "lead", "Widget Sales")
        assert (begun, ended) == (row["CREATEDDATE"][:10], row["CLOSEDATE"])
        assert amount == "None" if not row["AMOUNT"] else Decimal(amount) == Decimal(row["AMOUNT"])
        assert Decimal(probability) * 100 == Decimal(row["PROBABILITY"])
        assert f"Stage: {row['STAGENAME']}" in comment


def test_addresses_have_their_party_country_and_state(migration: Migration) -> None:
    """Every address is its account's, with the country in whatever spelling, and the state in the United States."""
    rows = {row["BILLINGSTREET"]: row for row in migration.rows("accountData.csv") if row["BILLINGSTREET"]}
    parties = dict(migration.site.office("parties"))
    held = migration.site.office("addresses")
    spelled = {"United States": "US", "USA": "US", "Canada": "CA"}
    assert len(held) == len({street for _code, street, *_rest in held}) == CREATED["addresses"]
    for code, street, city, country, state in held:
        row = rows[street]
        assert (parties[code], city) == (row["NAME"], row["BILLINGCITY"])
        assert country == spelled.get(row["BILLINGCOUNTRY"], row["BILLINGCOUNTRY"])
        assert (state or "").removeprefix("US-") == (row["BILLINGSTATE"] if row["BILLINGCOUNTRY"] == "US" else "")


def test_each_record_took_one_request(migration: Migration) -> None:
    """The server's own log shows a single POST for each record."""
    posts = {name: count for name, count in migration.requests().items() if name.startswith("POST")}
    assert posts == {
        "POST party.party": CREATED["companies"] + CREATED["people"],
        "POST party.address": CREATED["addresses"],
        "POST party.contact_mechanism": CREATED["phones"] + CREATED["websites"] + CREATED["emails"],
        "POST sale.opportunity": CREATED["opportunities"],
    }


def test_second_plan_has_nothing_to_do(migration: Migration) -> None:
    """Planned again, with and without the ledger, the target holds all of it, and applying sends no write."""
    nothing = f"Plan: 0 to create, 0 to update, {TOTAL} unchanged, 1 skipped, 0 rejected."
    assert migration.plan("second") == nothing
    before = migration.requests()
    assert migration.run("apply", "second.plan").returncode == 0
    ledger = migration.folder / ".migrator"
    ledger.rename(migration.folder / "kept")
    assert migration.plan("third") == nothing
    shutil.rmtree(ledger)
    (migration.folder / "kept").rename(ledger)
    assert {name for name in migration.requests() - before if not name.startswith("GET")} == set()


def test_list_may_end_with_a_page(migration: Migration) -> None:
    """Pages as large as the list of opportunities: the number that Tryton tells saves the request past its end."""
    path = migration.folder / "tryton.connector.yaml"
    text = path.read_text(encoding="utf-8")
    assert "max: 100, exclusive" in text
    path.write_text(
        text.replace("max: 100, exclusive", f"max: {CREATED['opportunities']}, exclusive"), encoding="utf-8"
    )
    assert migration.plan("paged") == f"Plan: 0 to create, 0 to update, {TOTAL} unchanged, 1 skipped, 0 rejected."
    path.write_text(text, encoding="utf-8")
    assert not re.search(r'sale\.opportunity\?[^"]*"[^"]* 416 ', migration.site.log.read_text(encoding="utf-8"))


def test_changed_row_becomes_one_update(migration: Migration) -> None:
    """Another amount in the source is one PUT of that one field, and Tryton has it afterwards."""
    path = migration.folder / "data" / "opportunityData.csv"
    text = path.read_text(encoding="cp1252")
    path.write_text(text.replace('"70000.0","20.0"', '"71234.56","20.0"'), encoding="cp1252", newline="")
    assert migration.plan("fourth") == f"Plan: 0 to create, 1 to update, {TOTAL - 1} unchanged, 1 skipped, 0 rejected."
    before = migration.requests()
    assert migration.run("apply", "fourth.plan").returncode == 0
    assert (migration.requests() - before)["PUT sale.opportunity"] == 1
    amounts = [amount for _reference, _party, _title, amount, *_rest in migration.site.office("opportunities")]
    assert amounts.count("71234.56") == 1


def test_killed_server_leaves_no_duplicate(made: Path, tmp_path: Path) -> None:
    """Tryton is killed while records are written; once it is back, applying again ends with each record once."""
    whole = _migration(tmp_path, made)
    whole.shorten()
    with whole.site.served() as server:
        total = int(whole.plan("first").split()[1])
        command = whole.start("apply", "first.plan")
        while whole.written() < 100 and command.poll() is None:
            time.sleep(0.02)
        server.kill()
        assert command.wait(timeout=120) != 0
        assert 100 <= whole.written() < total
    with whole.site.served():
        ended = whole.run("apply", "first.plan")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert whole.plan("second").startswith(f"Plan: 0 to create, 0 to update, {total} unchanged, ")
        names = Counter(name for _code, name in whole.site.office("parties"))
    assert set(names.values()) == {1}
    people = [f"{row['first_name']} {row['last_name']}" for row in whole.rows("contacts.csv")]
    assert set(names) == {"Widget Sales", *people, *(row["NAME"] for row in whole.rows("accountData.csv"))}
