"""What an organisation has before its first record: its user, its lists for the domain routes, its statuses."""

from dataclasses import dataclass
from typing import Any

from migrator.ports import Rng

Named = dict[str, Any]

_TAG_CATEGORIES = ("Default", "Skills", "Industry", "Certifications", "Languages")
_DOCUMENT_TYPES = (
    ("Resume", ("Contacts",)),
    ("Cover Letter", ("Contacts",)),
    ("Contract", ("Companies", "Jobs")),
    ("Other", ("Contacts", "Companies", "Jobs")),
)
_WORKFLOWS = (
    ("Recruiting", ("New", "Screening", "Submitted", "Interview", "Offer", "Placed", "Declined")),
    ("Sales", ("Prospect", "Qualified", "Proposal", "Won", "Lost")),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """The fixed part of a practice organisation; every id in it belongs to this organisation only."""

    user: Named
    active: Named
    tag_categories: tuple[Named, ...]
    document_types: tuple[Named, ...]
    workflow_types: tuple[Named, ...]
    workflow_statuses: tuple[Named, ...]


def new_domain(rng: Rng) -> Domain:
    """Furnish an organisation. "Default" is always among its tag categories (vendor); the others are examples."""
    types = tuple(_named(rng, name) for name, _statuses in _WORKFLOWS)
    return Domain(
        user=_named(rng, "Practice User"),
        active=_named(rng, "Active"),
        tag_categories=tuple(_named(rng, name) for name in _TAG_CATEGORIES),
        document_types=tuple({**_named(rng, name), "AllowedOn": list(on)} for name, on in _DOCUMENT_TYPES),
        workflow_types=types,
        workflow_statuses=tuple(
            {
                **_named(rng, status),
                "Description": f"{status} in {kind['Name']}",
                "WorkflowTypeId": kind["Id"],
                "WorkflowTypeName": kind["Name"],
            }
            for kind, (_name, statuses) in zip(types, _WORKFLOWS, strict=True)
            for status in statuses
        ),
    )


def _named(rng: Rng, name: str) -> Named:
    return {"Id": rng.guid(), "Name": name}
