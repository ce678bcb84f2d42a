"""The objects: which fields each has, of which type and length, and how it is wrapped and shown.

Fields, lengths and required marks are those of copies of the vendor's interactive reference, with what clients add; the
order and the read-only ones are those of recorded answers (client).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Type(StrEnum):
    """What a field holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLAG = "flag"
    DAY = "day"
    MOMENT = "moment"
    TEXTS = "texts"
    IDS = "ids"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field that can be saved. `object` is what ids in it refer to, empty where they are not looked up."""

    type: Type
    max: int = 0
    choices: tuple[str, ...] = ()
    object: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """One object. `kind` is its `attachable_type`, `noun` its name in messages, `shown` the fields that are read.

    `first` is what a new record has without being told.
    """

    name: str
    wrapper: str
    fields: Mapping[str, Field]
    shown: tuple[str, ...]
    required: tuple[str, ...] = ()
    kind: str = ""
    noun: str = ""
    first: Mapping[str, Any] = field(default_factory=dict)


KINDS = {"Person": "people", "Company": "companies", "Deal": "deals", "Project": "projects", "Protocol": "protocols"}
DETAILS = {"tels": "Tel", "emails": "Email", "homepages": "Homepage", "ims": "Im", "sms": "Sm"}

_LINKS = {
    "company_id": "companies",
    "person_id": "people",
    "deal_id": "deals",
    "custom_fields_type_id": "custom_fields_types",
    "person_ids": "people",
    "person_ids_set": "people",
    "company_ids": "companies",
    "deal_ids": "deals",
    "project_ids": "projects",
}
_WORD = re.compile(r"(?P<name>\w+)(?::(?P<max>[0-9]+))?(?P<required>!?)")
_STAMPS = "created_at updated_at"
_BY = "created_by_user_id updated_by_user_id"
_ATTACHED = "attachable_id attachable_type"
_KINDS_OF_RECORDS = ("Person", "Company", "Deal", "Project")
_PHONE_TYPES = ("office", "office_hq", "mobile", "fax", "private", "voip", "skype", "other")
_STATES = ("open_0", "open_25", "open_50", "open_75", "won", "lost")


def _model(name: str, words: Mapping[Type, str], *, wrapper: str, shown: str, **more: Any) -> Model:
    """Put a model together from words such as `name:80!`: a field, its greatest length, whether it is required."""
    choices: Mapping[str, tuple[str, ...]] = more.pop("choices", {})
    fields: dict[str, Field] = {}
    required: list[str] = []
    for kind, text in words.items():
        for found in _WORD.finditer(text):
            one = found["name"]
            link = _LINKS.get(one, "") if kind in {Type.INTEGER, Type.IDS} else ""
            fields[one] = Field(type=kind, max=int(found["max"] or 0), choices=choices.get(one, ()), object=link)
            required += [one] if found["required"] else []
    more.setdefault("noun", wrapper)
    return Model(
        name=name, wrapper=wrapper, fields=fields, shown=tuple(shown.split()), required=tuple(required), **more
    )


_MAIN_MODELS = (
    _model(
        "people",
        {
            Type.TEXT: """name:80! first_name:60 title:80 salutation:80 gender gender_identity country_code:10
                background""",
            Type.INTEGER: "user_id group_id",
        },
        wrapper="person",
        kind="Person",
        shown=f"""id account_id group_id user_id country_code salutation title gender gender_identity first_name name
            background {_BY} {_STAMPS}""",
        choices={
            "gender": (
                *("gender_unknown", "male_user", "female_user", "male_auto", "female_auto", "family_user"),
                *("family_auto", "diverse_user"),
            )
        },
    ),
    _model(
        "companies",
        {Type.TEXT: "name:120! background", Type.INTEGER: "user_id group_id"},
        wrapper="company",
        kind="Company",
        shown=f"id account_id group_id user_id name background {_BY} {_STAMPS}",
    ),
    _model(
        "deals",
        {
            Type.TEXT: "name:120! value_type! description currency:3 current_state",
            Type.DECIMAL: "value! value_count",
            Type.DAY: "target_date! finished_at",
            Type.INTEGER: "company_id user_id group_id deal_type_id deal_type_stage_id",
            Type.IDS: "person_ids_set",
        },
        wrapper="deal",
        kind="Deal",
        shown=f"""id account_id group_id user_id company_id name description value value_type value_count value_sum
            currency current_state target_date finished_at deal_type_id deal_type_stage_id {_BY} {_STAMPS}""",
        choices={"value_type": ("total", "monthly", "hourly", "daily"), "current_state": _STATES},
        first={"currency": "EUR", "current_state": "open_0"},
    ),
    _model(
        "projects",
        {
            Type.TEXT: "name:120! description current_state",
            Type.DAY: "target_date finished_at",
            Type.INTEGER: "company_id user_id group_id deal_id",
            Type.IDS: "person_ids_set",
        },
        wrapper="project",
        kind="Project",
        shown=f"""id account_id group_id user_id company_id deal_id name description current_state target_date
            finished_at {_BY} {_STAMPS}""",
    ),
    _model(
        "tasks",
        {
            Type.TEXT: "name:255! badge attachable_type",
            Type.INTEGER: "user_id! attachable_id task_list_id",
            Type.MOMENT: "precise_time",
            Type.FLAG: "fuzzy finished",
        },
        wrapper="task",
        shown=f"""id account_id user_id task_list_id {_ATTACHED} name badge precise_time fuzzy finished {_BY}
            {_STAMPS}""",
        choices={
            "attachable_type": _KINDS_OF_RECORDS,
            "badge": ("task", "call", "email", "visit", "preparation", "important", "meeting", "other"),
        },
        first={"badge": "task", "fuzzy": False, "finished": False},
    ),
)


_ATTACHED_MODELS = (
    _model(
        "addrs",
        {
            Type.TEXT: "street zip:20 city:120 state_code country_code atype attachable_type!",
            Type.INTEGER: "attachable_id!",
            Type.FLAG: "primary api_input",
        },
        wrapper="addr",
        shown=f"id {_ATTACHED} street zip city state_code country_code primary {_STAMPS} atype api_input country_name",
        choices={"atype": ("work_hq", "work", "invoice", "delivery", "private", "other")},
        first={"api_input": True},
    ),
    *(
        _model(
            name,
            {
                Type.TEXT: "atype! name:250! attachable_type!",
                Type.INTEGER: "attachable_id!",
                Type.FLAG: "primary api_input",
            },
            wrapper=kind.lower(),
            noun="contact_detail",
            shown=f"id type {_ATTACHED} atype primary name name_clean {_STAMPS} api_input",
            choices={"atype": _PHONE_TYPES} if name in {"tels", "emails"} else {},
            first={"type": kind, "api_input": True},
        )
        for name, kind in DETAILS.items()
    ),
    _model(
        "positions",
        {
            Type.INTEGER: "person_id! company_id",
            Type.TEXT: "name:80 department:100 company_name:80",
            Type.FLAG: "primary_function former api_input",
        },
        wrapper="position",
        shown=f"id account_id person_id company_id name department primary_function former api_input {_STAMPS}",
        first={"primary_function": False, "former": False, "api_input": True},
    ),
    _model(
        "tags",
        {Type.TEXT: "name:60! attachable_type!", Type.INTEGER: "attachable_id!", Type.FLAG: "api_input"},
        wrapper="tag",
        shown=f"id account_id {_ATTACHED} api_input name {_STAMPS}",
        first={"api_input": True},
    ),
    _model(
        "custom_fields",
        {
            Type.TEXT: "name:255! attachable_type!",
            Type.INTEGER: "custom_fields_type_id! attachable_id!",
            Type.FLAG: "api_input",
        },
        wrapper="custom_field",
        shown=f"""id account_id {_ATTACHED} custom_fields_type_id api_input name name_decimal name_date {_STAMPS}
            custom_fields_type_name""",
        first={"api_input": True},
    ),
)


_OTHER_MODELS = (
    _model(
        "custom_fields_types",
        {Type.INTEGER: "position!", Type.TEXT: "category! ftype! name:255!", Type.TEXTS: "options"},
        wrapper="custom_fields_type",
        shown=f"id account_id position api_only visible_for_all_groups category ftype name options {_STAMPS}",
        choices={"category": _KINDS_OF_RECORDS, "ftype": ("string", "select", "decimal", "date", "url")},
        first={"api_only": False, "visible_for_all_groups": False},
    ),
    _model(
        "protocols",
        {
            Type.TEXT: "type! badge name:100 content format",
            Type.FLAG: "confidential",
            Type.IDS: "person_ids company_ids deal_ids project_ids",
        },
        wrapper="protocol",
        kind="Protocol",
        shown=f"""id user_id attachments_count comments_count name confidential format content updated_by_user_id
            {_STAMPS} data_hash account_id type badge person_ids company_ids deal_ids project_ids person_id
            company_id""",
        choices={
            "type": ("ProtocolObjectNote", "ProtocolExternal", "ProtocolEmail"),
            "badge": ("note", "call", "email", "meeting", "other", "research"),
            "format": ("plaintext", "markdown", "textile", "html"),
        },
        first={"badge": "note", "format": "plaintext", "confidential": False, "data_hash": {}, "comments_count": 0},
    ),
    _model(
        "attachments",
        {
            Type.TEXT: "filename! content_type! data attachable_type!",
            Type.INTEGER: "attachable_id! attachment_category_id",
        },
        wrapper="attachment",
        shown=f"id account_id user_id {_ATTACHED} attachment_category_id filename content_type size {_STAMPS}",
    ),
    _model(
        "users",
        {Type.TEXT: "first! name! login!", Type.FLAG: "active"},  # only for seeds: "read only" (client)
        wrapper="user",
        shown="id first name login",
        first={"active": True},
    ),
)


MODELS = {model.name: model for model in (*_MAIN_MODELS, *_ATTACHED_MODELS, *_OTHER_MODELS)}
