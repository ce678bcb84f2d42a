"""The lookup lists: what they hold, how they are read through a field, and how they grow.

A list is read as `/lookup/{object_name}/{field_name}` but appended to as `/lookup/{list_name}` (vendor). How lists are
named is not known: here the lists of accounts are named like their fields, other fields' lists by object and field.
"""

from typing import Any

from migrator.emulators.messages import Change, Deed

_LISTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # list: (the fields that are picked from it, its first values)
    "type": (("accounts.type",), ("Prospect", "Customer", "Supplier", "Partner")),
    "sector": (("accounts.sector",), ("Design", "Finance", "Manufacturing", "Retail")),
    "source": (("accounts.source", "opportunities.source"), ("Website", "Referral", "Exhibition")),
    "salutation": (("contacts.salutation",), ("Mr", "Mrs", "Ms", "Dr")),
    "opportunitystatus": (
        ("opportunities.status", "opportunityhistories.opportunitystatus"),
        ("Open", "Won", "Lost"),
    ),
    "forecast": (("opportunities.forecast", "opportunityhistories.forecast"), ("Commit", "Best Case", "Pipeline")),
    "product": (("opportunity_lines.product",), ("User Subscription",)),
    "activitytype": (("activities.type",), ("Call", "Email", "Meeting", "Task")),
    "activitystatus": (("activities.status",), ("Open", "Completed")),
    "casestatus": (("cases.status",), ("Open", "Closed")),
    "casetype": (("cases.type",), ("Question", "Fault")),
    "campaigntype": (("campaigns.type",), ("Email", "Event")),
    "campaignstatus": (("campaigns.status",), ("Planned", "Active", "Finished")),
}
_LIST_OF_FIELD = {name: list_name for list_name, (names, _first) in _LISTS.items() for name in names}


def list_of(object_name: str, field_name: str) -> str | None:
    """Name the list that a field is picked from, None where it is from none."""
    return _LIST_OF_FIELD.get(f"{object_name}.{field_name}")


def item(value: str) -> dict[str, str]:
    """Write one value, as in the vendor's sample: its id is the value itself."""
    return {"value": value, "id": value}


class Lists:
    """The values of all lists, in the order in which they were added."""

    def __init__(self) -> None:
        self._values = {name: list(first) for name, (_names, first) in _LISTS.items()}

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def values(self, name: str) -> list[str]:
        """Give the values of a list."""
        return list(self._values[name])

    def append(self, name: str, values: list[str]) -> list[Change]:
        """Add values; one that is there already stays there once, since its id is the value itself (inferred)."""
        new = [value for value in dict.fromkeys(values) if value not in self._values[name]]
        self._values[name].extend(new)
        return [Change(deed=Deed.CHANGED, object="lookups", id=name)] if new else []

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Copy all lists."""
        return {name: {"items": list(values)} for name, values in self._values.items()}
