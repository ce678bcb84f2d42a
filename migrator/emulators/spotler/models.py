"""The record types: which fields each has, of which type, what they refer to, and which lists they are picked from.

Names and types are from live data (client) where the vendor's samples do not show them; all are nullable but `id`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

ACCOUNTS, OPPORTUNITIES, LINES = "accounts", "opportunities", "opportunity_lines"


class Type(StrEnum):
    """What a field holds; the value is how the data dictionary names it (inferred)."""

    TEXT = "string"
    NUMBER = "number"
    MOMENT = "datetime"


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """One record type. `types` are the fields that can be saved, `read_only` those that only the server sets.

    `blank` is how a field reads that was never set, `first` what a new record has without being told.
    """

    name: str
    types: Mapping[str, Type]
    read_only: Mapping[str, Type]
    required: tuple[str, ...] = ()
    blank: Mapping[str, Any] = field(repr=False, default_factory=dict)
    first: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def record_type(self) -> str:
        """Give the singular, as `record_type` in the envelope."""
        return f"{self.name.removesuffix('ies')}y" if self.name.endswith("ies") else self.name.removesuffix("s")

    @property
    def all_types(self) -> dict[str, Type]:
        """Give all fields "you can retrieve or submit" (vendor)."""
        return {"id": Type.NUMBER, **self.types, **self.read_only}

    @property
    def links(self) -> dict[str, str]:
        """Give the fields that hold the id of another record, and the object of that record."""
        return {name: LINKS[name] for name in self.types if name in LINKS}


LINKS = {
    "accountid": ACCOUNTS,
    "contactid": "contacts",
    "caseid": "cases",
    "campaignid": "campaigns",
    "opportunityid": OPPORTUNITIES,
}

_BY = {"createdby": Type.NUMBER, "modifiedby": Type.NUMBER}
_AT = {"createddate": Type.MOMENT, "modifieddate": Type.MOMENT}
_ADDRESS = "addresscity addresscounty/state addresspostcode/zip addresscountry"


def _model(
    name: str, words: Mapping[Type, str], *, read_only: Mapping[str, Type], required: str = "", empty: str = ""
) -> Model:
    """Put a model together; the fields in `empty` read as "" and not as null where they were never set."""
    types = {field_name: kind for kind, names in words.items() for field_name in names.split()}
    blank = dict.fromkeys(["id", *types, *read_only]) | dict.fromkeys(empty.split(), "")
    return Model(name=name, types=types, read_only=read_only, required=tuple(required.split()), blank=blank)


_SHOWN = (
    replace(
        _model(
            ACCOUNTS,
            {
                Type.TEXT: f"name addressline {_ADDRESS} source notes phone website type sector",
                Type.NUMBER: "ownerid campaignid slaid leadscore",
            },
            read_only={**_AT, **_BY},
            required="name",  # an assumption: the only field beside ownerid in the vendor's sample of a create
            empty=f"{_ADDRESS} source",  # (vendor), in its samples
        ),
        first={"addresscountry": "United Kingdom", "campaignid": 0},  # (vendor), in its sample of a create
    ),
    _model(
        "contacts",
        {
            Type.TEXT: f"first middle last salutation jobtitle department email phone mobile direct {_ADDRESS}",
            Type.NUMBER: "accountid decisionmaker hold leadscore leftcompany",
        },
        read_only={**_AT, **_BY},
        required="accountid",  # (vendor), in its sample of a validation error
    ),
    _model(
        OPPORTUNITIES,
        {
            Type.TEXT: "name status source nextstep repeat forecast",
            Type.NUMBER: "accountid probability",
            Type.MOMENT: "closedate",
        },
        read_only={**_AT, **_BY},
        required="accountid",
    ),
    _model(
        LINES,
        {Type.TEXT: "product", Type.NUMBER: "opportunityid quantity unitprice"},
        read_only=_BY,
        required="opportunityid",
    ),
    _model(
        "opportunityhistories",
        {
            Type.TEXT: "opportunitystatus forecast",
            Type.NUMBER: "opportunityid probability value",
            Type.MOMENT: "closedate",
        },
        read_only={"modifiedby": Type.NUMBER, "modifieddate": Type.MOMENT},
    ),
    _model(
        "activities",
        {
            Type.TEXT: "type status description emailsubject emailfrom emailto emailcc",
            Type.NUMBER: "accountid contactid caseid priority allday",
            Type.MOMENT: "date",
        },
        read_only={**_AT, "createdby": Type.NUMBER},
    ),
    _model(
        "cases",
        {Type.TEXT: "subject status type", Type.NUMBER: "accountid ownerid caselevelid", Type.MOMENT: "opened"},
        read_only={**_AT, **_BY},
    ),
    _model(
        "campaigns",
        {Type.TEXT: "name type status", Type.NUMBER: "active dripfeed members opportunities sales ownerid"},
        read_only={},
    ),
)

# The record types whose fields nobody has shown: "read the data dictionary" (all inferred).
_GUESSED = (
    _model("campaigndetails", {Type.TEXT: "status", Type.NUMBER: "campaignid accountid contactid"}, read_only=_AT),
    _model("campaignstages", {Type.TEXT: "name", Type.NUMBER: "campaignid position"}, read_only=_AT),
    _model(
        "documents",
        {Type.TEXT: "name description", Type.NUMBER: "accountid contactid opportunityid caseid"},
        read_only={**_AT, **_BY},
    ),
)

MODELS = {model.name: model for model in (*_SHOWN, *_GUESSED)}


def custom_key(label: str) -> str:
    """Give the key of a custom field: its label in lower case without spaces (client; the rule is inferred)."""
    return "".join(label.split()).lower()


def models_for(
    required: Mapping[str, tuple[str, ...]], custom_fields: Mapping[str, tuple[str, ...]]
) -> dict[str, Model]:
    """Give the record types of one edition, with its custom fields, custom record types and mandatory fields."""
    types = {Type.TEXT: "name", Type.NUMBER: "accountid"}
    custom = [_model(name, types, read_only={**_AT, **_BY}) for name in custom_fields if name not in MODELS]
    models = MODELS | {model.name: model for model in custom}
    return {
        name: _extended(model, required.get(name, ()), custom_fields.get(name, ())) for name, model in models.items()
    }


def _extended(model: Model, required: tuple[str, ...], labels: tuple[str, ...]) -> Model:
    keys = [custom_key(label) for label in labels]
    return replace(
        model,
        types={**model.types, **dict.fromkeys(keys, Type.TEXT)},
        required=tuple(dict.fromkeys((*model.required, *required))),
        blank={**model.blank, **dict.fromkeys(keys)},
    )
