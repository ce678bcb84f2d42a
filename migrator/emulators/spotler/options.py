"""What a rehearsal may vary where the vendor's document is silent, unclear, or leaves it to the customer's plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrator.emulators.spotler.models import MODELS


class Absent(StrEnum):
    """How a GET says that there is no such record: 404, or "nothing" (both vendor), which may look two ways."""

    NOT_FOUND = "404"
    EMPTY_BODY = "empty body"
    EMPTY_RECORD = "empty record"


class Shape(StrEnum):
    """How the data dictionary and the lookup lists are written; the vendor's document does not show them."""

    LIST = "list"
    OBJECT = "object"
    TEXTS = "texts"


def _one_custom_field_each() -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(MODELS, ("Migration Key",))


@dataclass(frozen=True, kw_only=True, slots=True)
class SpotlerOptions:
    """The variants of a practice edition.

    `page_base` is the number of the first page. `denied_status` answers a missing or wrong token: 402 (vendor), 401, or
    403 as seen live (client). `outside_plan` names objects that the price plan lacks. `replaces_owner` gives new
    records to the token's user whatever owner is sent, as in the vendor's sample. After `call_quota` calls all further
    ones answer `quota_status`; 0 is no quota. `required` are further mandatory fields per object; `custom_fields` are
    the labels of custom text fields per object, where an object of another name is a custom record type below accounts.
    `dictionary_shape` is LIST or OBJECT. `refuses_unknown_choices` answers 422 to a value that its list lacks.
    """

    page_base: int = 1
    denied_status: int = 402
    absent: Absent = Absent.NOT_FOUND
    outside_plan: frozenset[str] = frozenset()
    outside_plan_status: int = 402
    replaces_owner: bool = True
    call_quota: int = 0
    quota_status: int = 402
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    custom_fields: Mapping[str, tuple[str, ...]] = field(default_factory=_one_custom_field_each)
    dictionary_shape: Shape = Shape.LIST
    lookup_shape: Shape = Shape.OBJECT
    refuses_unknown_choices: bool = False
