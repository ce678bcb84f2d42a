"""The practice CRMs in which calls are counted: which objects are migrated, and what each interface allows at best."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.connectors.registry import find_definition
from migrator.emulators import Emulator, Options
from migrator.emulators.centralstation import CentralStationOptions


@dataclass(frozen=True, kw_only=True)
class Crm:
    """One CRM: the object that is migrated, its two text fields, and one that points at records of another object.

    `page` is the largest page of a list (0: all in one), `bulk` how many records one create takes, `finds` how many
    markers one call looks for (0: it has no such call). `marker` is the field for it, `pointing_marker` that of the
    pointing object where it has another.
    """

    object: str
    first: str
    last: str
    pointing: str
    name: str
    points: str
    asked: str
    asked_name: str
    page: int
    bulk: int = 1
    finds: int = 0
    marker: str = ""
    pointing_marker: str = ""
    options: Options | None = None

    def held(self, n: int) -> dict[str, Any]:
        """Give a record that the CRM holds before."""
        return {self.first: "Old", self.last: f"L{n}"}


CRMS = {
    "crelate": Crm(
        object="contacts", first="FirstName", last="LastName",
        pointing="contacts", name="LastName", points="CurrentPosition_Company_Id", asked="companies", asked_name="Name",
        page=500,
    ),
    "crelate3": Crm(
        object="contacts", first="FirstName", last="LastName",
        pointing="contacts", name="LastName", points="AccountId.Id", asked="companies", asked_name="Name",
        page=100, bulk=100,
    ),
    "spotler": Crm(
        object="accounts", first="addresscity", last="name",
        pointing="contacts", name="last", points="accountid", asked="accounts", asked_name="name",
        page=100, finds=50, marker="custom.Migration Key",
    ),
    "centralstation": Crm(
        object="people", first="first_name", last="name",
        pointing="projects", name="name", points="company_id", asked="companies", asked_name="name",
        page=250, marker="background", pointing_marker="description",
        options=Options(vendor=CentralStationOptions(requests_per_window=0)),
    ),
    "clevertim": Crm(
        object="contact", first="fn", last="ln",
        pointing="contact", name="ln", points="companyId", asked="company", asked_name="cn",
        page=0, marker="description",
    ),
    "opencrm": Crm(
        object="contact", first="firstname", last="lastname",
        pointing="contact", name="lastname", points="accountid", asked="company", asked_name="accountname",
        page=100, finds=1, marker="cf_1",
    ),
}  # fmt: skip


def settings_of(name: str, server: Emulator) -> dict[str, str]:
    """Give the environment in which a command speaks to a practice server, as fast as it goes."""
    definition = find_definition(name, project=Path(), base=Path(), place="")
    secrets = [setting for setting, stated in definition.settings.items() if stated.is_secret]
    values = dict(zip(secrets, server.secrets.values(), strict=True))
    stated = {"base_url": server.base_url, "rate": "none", "settle_seconds": "0.2", **values}
    return {**os.environ, **{f"{name}_{setting}".upper(): value for setting, value in stated.items()}}
