"""The vendor's resources: the fields of each, what a field may hold, and what points at what.

The fields are the vendor's (vendor); those that only its own client knows are marked (client).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

CONTACT, COMPANY, CASE, OPPORTUNITY, TASK = "contact", "company", "case", "opportunity", "task"
NOTE, COMMENT, CUSTOM_FIELD, USER, GROUP = "note", "comment", "customfield", "user", "group"
FOLDER, FILE, LINKED_FILE = "folder", "file", "linkedfile"


class Type(StrEnum):
    """What a field holds; the value is how a refusal names it."""

    TEXT = "a text"
    FLAG = "true or false"
    NUMBER = "a whole number"
    TEXTS = "a list of texts"
    PHONES = "a list of objects with type and no"
    SOCIAL_IDS = "a list of objects with type and smid"
    MOMENT = "an object with the numbers y, mo, d and perhaps h, mi"
    VALUES = "an object from ids of custom fields to texts or lists of texts"
    OBJECT = "an object"
    ID = "an id"
    IDS = "an id or a list of ids"


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """One resource: the fields that can be saved, and what is shown beside them.

    Of each group in `required` one field has to be there. `targets` names the resources that a field with an id points
    at. `blank` is shown where nothing is stored. `collected` are the lists of ids that only reading shows: list → the
    resource and the field that point here. `scope` is the vendor's word for the resource among custom fields. What is
    in `fixed` only a seed can set.
    """

    name: str
    types: Mapping[str, Type]
    required: tuple[tuple[str, ...], ...] = ()
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    blank: Mapping[str, Any] = field(default_factory=dict)
    collected: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    scope: str = ""
    fixed: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset({"GET", "POST", "PUT", "DELETE"})
    has_author: bool = False


_COMMON = {"is_private": Type.FLAG, "gid": Type.NUMBER, "puser": Type.ID}  # (client)
_COMMON_BLANK: dict[str, Any] = {"is_private": False, "gid": 0, "puser": None}
_PUSER = {"puser": (USER,)}
_FILES: dict[str, Any] = {"files": [], "lfiles": []}  # (client)
_TAGGED: dict[str, Any] = {"cf": {}, "tags": [], **_FILES, **_COMMON_BLANK}


def _types(families: Mapping[Type, str]) -> dict[str, Type]:
    return {name: kind for kind, names in families.items() for name in names.split()} | _COMMON


PHONE_TYPES = frozenset({"Work", "Home", "Mobile", "Fax", "Pager"})  # (client)
_VENUES = """BitBucket Facebook Github Google+ Instagram Kik LinkedIn MSN Pinterest Reddit Skype Snapchat Telegram
    Twitter Whatsapp YouTube"""
_ELEMENTS = "input select date user state country region contact company case opportunity currency"
SOCIAL_TYPES = frozenset(_VENUES.split())  # (client)
FIELD_TYPES = frozenset(_ELEMENTS.split())  # from region on (client)
SCOPES = frozenset({"customers", "companies", "cases", "opportunities"})

_CUSTOMER = {
    Type.TEXT: "description address city postcode region country ctype",
    Type.TEXTS: "email website tags",
    Type.PHONES: "phones",
    Type.SOCIAL_IDS: "smids",
    Type.VALUES: "cf",
}
_CUSTOMER_TYPES = {"ctype": frozenset("CPSREONTDXIMAVWLFH")}
_OF_CUSTOMER = {
    "notes": (NOTE, "cust"),
    "opportunities": (OPPORTUNITY, "cust"),
    "tasks": (TASK, "cust"),
    "cases": (CASE, "cust"),
}
_ANYBODY = (CONTACT, COMPANY)  # `cust` is a contact or a company, which share one row of ids (client, inferred)

_CONTACT = Model(
    name=CONTACT,
    types=_types({**_CUSTOMER, Type.TEXT: f"fn ln title {_CUSTOMER[Type.TEXT]}", Type.ID: "companyId"}),
    required=(("fn", "ln"),),  # "provide either the first name or the last name" (vendor)
    targets={"companyId": (COMPANY,), **_PUSER},
    choices=_CUSTOMER_TYPES,
    blank={"is_company": False, **_TAGGED},
    collected=_OF_CUSTOMER,
    scope="customers",
)
_COMPANY = Model(
    name=COMPANY,
    types=_types({**_CUSTOMER, Type.TEXT: f"cn {_CUSTOMER[Type.TEXT]}"}),
    required=(("cn",),),  # "provide the company name" (vendor)
    targets=_PUSER,
    choices=_CUSTOMER_TYPES,
    blank={"is_company": True, **_TAGGED},
    collected=_OF_CUSTOMER,
    scope="companies",
)
_CASE = Model(
    name=CASE,
    types=_types({Type.TEXT: "name description", Type.TEXTS: "tags", Type.VALUES: "cf", Type.ID: "leadUser cust"}),
    targets={"leadUser": (USER,), "cust": _ANYBODY, **_PUSER},
    blank=_TAGGED,
    collected={"tasks": (TASK, "case"), "notes": (NOTE, "case")},
    scope="cases",
)
_OPPORTUNITY = Model(
    name=OPPORTUNITY,
    types=_types(
        {
            Type.TEXT: "name description status value currency",  # users change the list of statuses (vendor)
            Type.TEXTS: "tags",
            Type.VALUES: "cf",
            Type.ID: "leadUser cust",
        }
    ),
    required=(("name",),),  # the vendor's sentence speaks of names, too, but copies the one about contacts (vendor)
    targets={"leadUser": (USER,), "cust": _ANYBODY, **_PUSER},
    blank=_TAGGED,
    collected={"tasks": (TASK, "opp"), "notes": (NOTE, "opportunity")},
    scope="opportunities",
    has_author=True,
)
_TASK = Model(
    name=TASK,
    types=_types(
        {
            Type.TEXT: "name location atype rec",
            Type.FLAG: "is_completed is_deleted",
            Type.NUMBER: "recevery",
            Type.MOMENT: "startDate endDate",
            Type.OBJECT: "recopts",
            Type.ID: "cust aUserId",
            Type.IDS: "case opp",  # single in the vendor's text, lists in the vendor's client (vendor, client)
        }
    ),
    targets={"cust": _ANYBODY, "aUserId": (USER,), "case": (CASE,), "opp": (OPPORTUNITY,), **_PUSER},
    choices={
        "atype": frozenset({"Email", "TO DO", "Meeting", "Not set", "Call", "Follow up", "Appointment"}),
        "rec": frozenset("NDWMY"),  # (client)
    },
    blank={"is_completed": False, "is_deleted": False, **_COMMON_BLANK},
    collected={"comments": (COMMENT, "tid")},
    has_author=True,
)
_NOTE = Model(
    name=NOTE,
    types=_types(
        {
            Type.TEXT: "desc type",
            Type.FLAG: "is_deleted",
            Type.ID: "case opportunity",
            Type.IDS: "cust",  # single in the vendor's text, a list in the vendor's client (vendor, client)
        }
    ),
    targets={"cust": _ANYBODY, "case": (CASE,), "opportunity": (OPPORTUNITY,), **_PUSER},
    choices={"type": frozenset("NSM")},  # "E" is read, but never set (client)
    blank={"type": "N", "is_deleted": False, "delvry": "N", **_FILES, **_COMMON_BLANK},
    collected={"comments": (COMMENT, "nid")},
    has_author=True,
)
_COMMENT = Model(
    name=COMMENT,
    types=_types({Type.TEXT: "comment", Type.IDS: "nid tid"}),  # lists in the vendor's client (client)
    targets={"nid": (NOTE,), "tid": (TASK,), **_PUSER},
    blank=_COMMON_BLANK,
    methods=frozenset({"GET", "POST", "DELETE"}),  # to update "is not supported" (vendor)
    has_author=True,
)
_CUSTOM_FIELD = Model(
    name=CUSTOM_FIELD,
    types=_types(
        {Type.TEXT: "name fullname elemType app", Type.TEXTS: "modelType values", Type.FLAG: "multiple"}  # (client)
    ),
    required=(("name",), ("elemType",), ("modelType",)),  # the vendor's client demands them (client)
    targets=_PUSER,
    choices={"elemType": FIELD_TYPES, "modelType": SCOPES},
    blank={"multiple": False},
)
_USER = Model(
    name=USER,
    types={
        **dict.fromkeys(("user", "email"), Type.TEXT),
        **dict.fromkeys(("is_owner", "is_admin", "pending"), Type.FLAG),
        "permissions": Type.TEXTS,
    },
    blank={"is_owner": False, "is_admin": False, "pending": False, "permissions": []},
    methods=frozenset({"GET"}),
)
_GROUP = Model(
    name=GROUP,
    types={"name": Type.TEXT, "gid": Type.NUMBER, "users": Type.IDS},
    targets={"users": (USER,)},
    methods=frozenset({"GET"}),
)
_FOLDER = Model(
    name=FOLDER,
    types=_types({Type.TEXT: "name", Type.ID: "parentId"}),
    targets={"parentId": (FOLDER,), **_PUSER},
    blank={"is_dir": True, **_COMMON_BLANK},
)
_FILE = Model(
    name=FILE,
    types=_types({Type.TEXT: "name", Type.ID: "parentId"}),
    targets={"parentId": (FOLDER,), **_PUSER},
    blank={"is_dir": False, **_COMMON_BLANK},
    methods=frozenset({"GET", "PUT", "DELETE"}),  # an upload is not documented
)
_LINKED_FILE = Model(
    name=LINKED_FILE,
    types=_types({Type.TEXT: "name sys link icon", Type.NUMBER: "size"}),
    targets=_PUSER,
    choices={"sys": frozenset("DG")},
    blank=_COMMON_BLANK,
    fixed=frozenset({"sys", "size", "link", "icon"}),  # only the name can be changed (client)
    methods=frozenset({"GET", "PUT", "DELETE"}),
)

# users come first, since the others point at them; folders, files, users and groups are (client)
MODELS = {
    model.name: model
    for model in (
        *(_USER, _GROUP, _CUSTOM_FIELD, _CONTACT, _COMPANY, _CASE, _OPPORTUNITY, _TASK, _NOTE, _COMMENT),
        *(_FOLDER, _FILE, _LINKED_FILE),
    )
}
