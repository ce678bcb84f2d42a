"""The vendor's models: which fields each object has, of which type, and which of them are lookups.

Fields stand in families: `A_{B,C}` is `A_B` and `A_C`, `A{,_B}` is `A` and `A_B`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

CONTACTS, COMPANIES, JOBS, NOTES, TASKS = "contacts", "companies", "jobs", "notes", "tasks"
STAGES, OPTIONS = "stages", "options"


class Type(StrEnum):
    """What a field holds; the value is how a refusal names it."""

    TEXT = "text"
    FLAG = "true or false"
    INTEGER = "a whole number"
    NUMBER = "a number"
    MOMENT = "a date such as 2017-01-01T15:00:00Z"
    TEXTS = "a list of texts"
    TAGS = "an object from the name of each tag category to a list of tags"
    PICKS = "a list of objects with Id and Name"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """Fields that refer to one other record: `<prefix>_Id` and its names, in `object`.

    Where `object` is OPTIONS, the record is an entry of the list that is named like the prefix.
    """

    prefix: str
    object: str
    names: tuple[str, ...]

    @property
    def id(self) -> str:
        """Give the name of the field that holds the id."""
        return f"{self.prefix}_Id"

    @property
    def parts(self) -> tuple[str, ...]:
        """Give the fields of the other record that `names` repeat."""
        return tuple(name.removeprefix(f"{self.prefix}_") for name in self.names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """One object: its path, the types of the fields that can be saved, and the shape of what is read."""

    name: str
    types: Mapping[str, Type]
    required: tuple[str, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    emails: tuple[str, ...] = ()
    blank: Mapping[str, None] = field(repr=False, default_factory=dict)


_FAMILY = re.compile(r"\{([^{}]*)\}")


def expanded(families: str) -> Iterator[str]:
    """Write out field names from their short form."""
    for word in families.split():
        found = _FAMILY.search(word)
        if found is None:
            yield word
            continue
        for part in found[1].split(","):
            yield from expanded(word[: found.start()] + part + word[found.end() :])


_NAMES_OF_OBJECT = {CONTACTS: ("FirstName", "LastName")}
_COMPANY_LOOKUPS = frozenset({"CurrentPosition_Company", "ParentAccount", "Company"})


def _lookup(prefix: str, types: Mapping[str, Type]) -> Lookup:
    if f"{prefix}_FirstName" in types:
        target = CONTACTS
    elif prefix in _COMPANY_LOOKUPS:
        target = COMPANIES
    else:
        target = JOBS if prefix == "ParentJob" else OPTIONS
    names = tuple(f"{prefix}_{name}" for name in _NAMES_OF_OBJECT.get(target, ("Name",)))
    return Lookup(prefix=prefix, object=target, names=names)


def _model(name: str, families: Mapping[Type, str], *, read_only: str, required: tuple[str, ...] = ()) -> Model:
    types = {field_name: kind for kind, words in families.items() for field_name in expanded(words)}
    prefixes = [field_name.removesuffix("_Id") for field_name in types if field_name.endswith("_Id")]
    return Model(
        name=name,
        types=types,
        required=required,
        lookups=tuple(_lookup(prefix, types) for prefix in prefixes),
        emails=tuple(one for one in types if one.startswith("EmailAddress_") and not one.endswith("_IsPrimary")),
        blank=dict.fromkeys([*types, *expanded(read_only)]),
    )


_ADDRESS = "_{Line1,City,State,ZipCode,Country}"
_STAMPS = "Id {CreatedBy,ModifiedBy}_{Id,Name} {Created,Modified}On Owners"
_STATUS = "Status_{Id,Name} Attachments"

_CONTACT_PHONES = "PhoneNumber_{WorkMain,WorkDirect,Home,Mobile,Fax,Skype,Other}"
_COMPANY_PHONES = "PhoneNumber_{Main,Sales,Support,Fax,Skype,Other}"
_CONTACT_EMAILS = "EmailAddress_{Work,Personal,Other}"
_COMPANY_EMAILS = "EmailAddress_{Sales,Support,Other}"
_CONTACT_SITES = "Website_{Blog,Business,Facebook,LinkedIn,Other,Personal}"
_COMPANY_SITES = "Website_{Business,Blog,Facebook,LinkedIn,Other}"
_SOCIAL = "Social_{AIM,FacebookChat,FaceTime,GoogleTalk,ICQ,Skype,Twitter,YahooMsg,Other}"
_RELATED = "RelatedContact_{Assistant,Client,Other,ReferredBy,Spouse}"
_TEN = "{1,2,3,4,5,6,7,8,9}"

CONTACT = _model(
    CONTACTS,
    {
        Type.TEXT: f"""FirstName MiddleName LastName NickName Description ExternalPrimaryKey SalaryDetails
            {{Salutation,Suffix,Source,Gender,Ethnicity,PreferredContactMethodType}}_{{Id,Name}}
            CurrentPosition_{{Company_Id,Company_Name,Title}} Education_{{Institution,Accreditation}}_{{Id,Name}}
            Address_{{Business,Home,Other}}{_ADDRESS} {_CONTACT_EMAILS} {_CONTACT_PHONES}{{,_Extension}} {_SOCIAL}
            {_CONTACT_SITES} {_RELATED}_{{Id,FirstName,LastName}}""",
        Type.FLAG: " ".join(
            f"{group}_IsPrimary"
            for group in (
                "Address_{Business,Home,Other}",
                *(_CONTACT_EMAILS, _CONTACT_PHONES, _SOCIAL, _CONTACT_SITES, _RELATED),
            )
        ),
        Type.NUMBER: "Salary",
        Type.MOMENT: "{CurrentPosition,Education}_When{Start,End} KeyDate_{Anniversary,Birthday,Other}",
        Type.TEXTS: "RecordType Education_Honors",
        Type.TAGS: "Tags",
    },
    read_only=f"Name {_STAMPS} {_STATUS}",
)

COMPANY = _model(
    COMPANIES,
    {
        Type.TEXT: f"""Name Description ExternalPrimaryKey ParentAccount_{{Id,Name}}
            Address_{{Business,Headquarters,Other}}{_ADDRESS} {_COMPANY_EMAILS} {_COMPANY_PHONES}{{,_Extension}}
            {_COMPANY_SITES} AdditionalContact_{{Billing,Other}}_{{Id,FirstName,LastName}}""",
        Type.FLAG: " ".join(
            f"{group}_IsPrimary"
            for group in (
                *("Address_{Business,Headquarters,Other}", "AdditionalContact_{Billing,Other}"),
                *(_COMPANY_EMAILS, _COMPANY_PHONES, _COMPANY_SITES),
            )
        ),
        Type.TEXTS: "RecordType",
        Type.TAGS: "Tags",
    },
    read_only=f"{_STAMPS} {_STATUS}",
    required=("Name",),
)

JOB = _model(
    JOBS,
    {
        Type.TEXT: f"""Name Description ExternalPrimaryKey CompensationDetails
            {{Company,ParentJob,JobTitle,Priority,LeadSource,OpportunityType}}_{{Id,Name}}
            AdditionalContact_Client_{{Id,FirstName,LastName}} Address_{{Business,Other}}{_ADDRESS}
            Website_{{Description,Other}} CustomField{_TEN} CustomField10""",
        Type.FLAG: """IsLead IsOnHold
            {Address_Business,Address_Other,Website_Description,Website_Other,AdditionalContact_Client}_IsPrimary""",
        Type.INTEGER: "NumberOfOpenings",
        Type.NUMBER: f"""Salary Fee{{,Percent}} Bonus Commission Compensation BillRate PayRate HourlyRate Margin
            Discount PotentialValue ActualValue TotalHours Probability CustomField1{_TEN} CustomField20""",
        Type.MOMENT: f"StartDate EstimatedCloseDate CustomField2{_TEN} CustomField30",
        Type.PICKS: "JobTypes",
        Type.TAGS: "Tags",
    },
    read_only=f"""JobCode ExpectedValue TimeToClose ExternalEmailAddress Last{{Activity,Engagement}}Date
        AdditionalContact_{{Billing,ExecutiveSponsor,HiringManager,InternalRecruiter,Other}}_{{Id,Name,IsPrimary}}
        {_STAMPS} {_STATUS}""",
    required=("Name",),
)

NOTE = _model(
    NOTES,
    {Type.TEXT: "Body ExternalPrimaryKey", Type.FLAG: "Pinned Announced"},
    read_only=f"Parent_{{Id,Name}} {_STAMPS}",
    required=("Body",),
)

TASK = _model(
    TASKS,
    {Type.TEXT: "Body ExternalPrimaryKey", Type.FLAG: "Completed Pinned Announced", Type.MOMENT: "When"},
    read_only=f"Parent_{{Id,Name}} {_STAMPS}",
    required=("Body",),
)

MODELS = {model.name: model for model in (CONTACT, COMPANY, JOB, NOTE, TASK)}
