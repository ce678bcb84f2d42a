"""What a person does in Tryton's own client, by Tryton's own library: `prepare`, or show a list.

It runs in a process of its own, on the database itself, and prints JSON: nothing of it goes through the REST API.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

from proteus import Model, config

COUNTRIES = "AR BE CA DE ES GB IE IT JP MX NI NL NO SE SI US"


def prepare(accounts: Path) -> dict[str, Any]:
    """Set up a company and its currency, the countries and states, and a key for the REST API."""
    currency = Model.get("currency.currency")(name="US Dollar", symbol="$", code="USD")
    currency.save()
    party = Model.get("party.party")(name="Widget Sales")
    party.save()
    company = Model.get("company.company")(party=party, currency=currency)
    company.save()
    countries = {code: Model.get("country.country")(code=code, name=code) for code in COUNTRIES.split()}
    for country in countries.values():
        country.save()
    with accounts.open(encoding="cp1252", newline="") as file:
        states = {row["BILLINGSTATE"] for row in csv.DictReader(file) if row["BILLINGCOUNTRY"] == "US"} - {""}
    for state in sorted(states):
        Model.get("country.subdivision")(country=countries["US"], code=f"US-{state}", name=state, type="state").save()
    (admin,) = Model.get("res.user").find([("login", "=", "admin")])
    admin.companies.append(Model.get("company.company")(company.id))
    admin.company = Model.get("company.company")(company.id)
    admin.save()
    application = Model.get("res.user.application")(user=admin, application="rest")
    application.save()
    return {"key": application.key, "state": application.state}


def parties() -> list[list[Any]]:
    """Give the parties: code and name."""
    return [[item["code"], item["name"]] for item in _all("party.party", "code", "name")]


def addresses() -> list[list[Any]]:
    """Give the addresses, each with the code of its party."""
    found = _all("party.address", "party.code", "street", "city", "country.code", "subdivision.code")
    return [
        [_code(item, "party"), item["street"], item["city"], _code(item, "country"), _code(item, "subdivision")]
        for item in found
        if item["city"]
    ]


def contacts() -> list[list[Any]]:
    """Give e-mail addresses, telephones and websites, each with the code of its party."""
    found = _all("party.contact_mechanism", "party.code", "type", "value")
    return [[_code(item, "party"), item["type"], item["value"]] for item in found]


def opportunities() -> list[list[Any]]:
    """Give the opportunities, each with the code of its party."""
    texts = ("amount", "conversion_probability", "start_date", "end_date")
    names = ("reference", "party.code", "description", *texts, "state", "company.rec_name", "comment")
    return [
        [
            item["reference"],
            _code(item, "party"),
            item["description"],
            *(str(item[name]) for name in texts),
            *_end(item),
        ]
        for item in _all("sale.opportunity", *names)
    ]


def _all(model: str, *names: str) -> list[dict[str, Any]]:
    """Read whole lists at once: the library's records would each ask for themselves."""
    context = config.get_config().context
    found: list[dict[str, Any]] = Model.get(model)._proxy.search_read(
        [], 0, None, [("id", "ASC")], list(names), context
    )
    return found


def _end(item: dict[str, Any]) -> list[Any]:
    return [item["state"], item["company."]["rec_name"], item["comment"]]


def _code(item: dict[str, Any], name: str) -> str | None:
    return item[f"{name}."]["code"] if item[f"{name}."] else None


def main() -> None:
    """Do what the first argument says in the database that the next two name."""
    what, file, database, *paths = sys.argv[1:]
    config.set_trytond(database=database, user="admin", config_file=file)
    shown = {read.__name__: read for read in (parties, addresses, contacts, opportunities)}
    sys.stdout.write(json.dumps(shown[what]() if what in shown else prepare(Path(paths[0]))))


if __name__ == "__main__":
    main()
