"""What a tenant has before its first record: its user, and the lists that lookups choose from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrator.emulators.crelate.domain import Domain, new_domain
from migrator.ports import Rng

Named = dict[str, Any]

DEFAULT_CATEGORY = "00000000-0000-0000-0000-000000000000"  # (client)

# examples, but for the sources and the activity types that clients name (client)
_LISTS = {
    "activitytypes": ("Note", "Screen", "Call", "Email", "Meeting"),
    "companysources": ("Referral", "Conference"),
    "contactmethods": ("Phone", "Email"),
    "contactsources": ("Portal", "LinkedIn", "CareerBuilderSearch", "Referral"),
    "countries": ("United States", "United Kingdom", "Germany", "Canada"),
    "ethnicities": ("Undisclosed",),
    "genders": ("Female", "Male", "Undisclosed"),
    "jobtitles": ("Engineer", "Registered Nurse", "Accountant"),
    "jobtypes": ("Contract", "Direct Hire", "Temporary"),
    "opportunitytypes": ("New Business", "Renewal"),
    "salutations": ("Mr.", "Ms.", "Dr."),
    "suffixes": ("Jr.", "DDS"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogue:
    """The fixed part of a tenant; every id in it belongs to this tenant only."""

    user: Named
    organisation: Named
    lists: Mapping[str, tuple[Named, ...]]

    def title(self, name: str, record_id: str) -> str | None:
        """Give the name of an entry of a list, None where there is no such entry."""
        return next((entry["Name"] for entry in self.lists[name] if entry["Id"] == record_id), None)

    def has_category(self, category_id: str) -> bool:
        """Tell whether there is a tag category with this id."""
        return self.title("tagcategories", category_id) is not None


def new_catalogue(rng: Rng) -> Catalogue:
    """Furnish a tenant with what the older interface has, too, and with the lists of this one."""
    domain = new_domain(rng)
    lists = {name: tuple({"Id": rng.guid(), "Name": entry} for entry in entries) for name, entries in _LISTS.items()}
    shared = {
        "users": (domain.user,),
        "tagcategories": _categories(domain),
        "artifacttypes": tuple(
            {"Id": kind["Id"], "Name": kind["Name"], "AllowedEntityNames": kind["AllowedOn"]}
            for kind in domain.document_types
        ),
        "workflowstatuses": tuple(
            {**status, "SortOrder": position} for position, status in enumerate(domain.workflow_statuses, 1)
        ),
    }
    organisation = {"Id": rng.guid(), "Name": "Practice Tenant"}
    return Catalogue(user=domain.user, organisation=organisation, lists={**lists, **shared})


def _categories(domain: Domain) -> tuple[Named, ...]:
    """Give the tag categories; the id of the default one is the same everywhere (client)."""
    first, *others = domain.tag_categories
    return ({**first, "Id": DEFAULT_CATEGORY}, *others)
