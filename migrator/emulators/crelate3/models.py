"""The objects: which fields each has, of which type, and what its lookups point at.

Contacts are as a client recorded them (client). Of companies and jobs only some fields are known, the others are those
of the older interface in the shapes of this one (inferred), so both are open: what else is sent is kept as it came. Of
the last objects no field is known (client): they can be read, and a rehearsal may seed them with anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from migrator.emulators.crelate.models import expanded

CONTACTS, COMPANIES, JOBS, NOTES, ACTIVITIES = "contacts", "companies", "jobs", "notes", "activities"
TAGS, USERS = "tags", "users"

# what a polymorphic lookup calls an object: contacts (client), the others (inferred)
ENTITY_NAMES = {"Contacts": CONTACTS, "Accounts": COMPANIES, "Companies": COMPANIES, "Jobs": JOBS}


class Type(StrEnum):
    """What a field holds; the value is how a refusal names it."""

    TEXT = "a text"
    FLAG = "true or false"
    INTEGER = "a whole number"
    NUMBER = "a number"
    MASK = "a sum of 1 (candidate), 2 (client contact) and 4 (lead)"
    MOMENT = "a date such as 2017-01-01T15:00:00Z"
    DAY = "a date such as 2005-03-07T00:00:00"
    PHONE_NUMBER = "a phone number that can be parsed"
    LOOKUP = "an object with an Id"
    LOOKUPS = "a list of objects with an Id"
    PARENT = "an object with Id and EntityName"
    TAGS = "an object from ids of tag categories to lists of objects with Id or Title"
    VALUE = "an object with Value and IsPrimary"
    PHONE = "an object with Value, Extension and IsPrimary"
    KEY_DATE = "an object with a date as Value, and IsPrimary"
    ADDRESS = "an object with Line1, City, State, ZipCode, CountryId and IsPrimary"
    POSITION = "an object with JobTitle, CompanyId and IsPrimary"
    EDUCATION = "an object with Details and IsPrimary"
    RELATED = "an object with a contact's Id in Value"


SHAPES: Mapping[Type, Mapping[str, Type]] = {
    Type.VALUE: {"IsPrimary": Type.FLAG, "Value": Type.TEXT},
    Type.PHONE: {"IsPrimary": Type.FLAG, "Value": Type.PHONE_NUMBER, "Extension": Type.TEXT},
    Type.KEY_DATE: {"IsPrimary": Type.FLAG, "Value": Type.DAY},
    Type.ADDRESS: {
        "IsPrimary": Type.FLAG,
        **dict.fromkeys(("Line1", "Line2", "City", "State", "ZipCode"), Type.TEXT),
        "CountryId": Type.LOOKUP,
    },
    Type.POSITION: {
        "IsPrimary": Type.FLAG,
        **dict.fromkeys(("JobTitle", "Details"), Type.TEXT),
        "CompanyId": Type.LOOKUP,
        **dict.fromkeys(("WhenStart", "WhenEnd"), Type.DAY),
    },
    Type.EDUCATION: {
        "IsPrimary": Type.FLAG,
        "Details": Type.TEXT,
        **dict.fromkeys(("WhenStart", "WhenEnd"), Type.DAY),
    },
    Type.RELATED: {"IsPrimary": Type.FLAG, "Value": Type.LOOKUP},
}

_LISTS = {
    "ContactSourceId": "contactsources",
    "CompanySourceId": "companysources",
    "EthnicityId": "ethnicities",
    "GenderId": "genders",
    "JobTypeIds": "jobtypes",
    "JobTitleId": "jobtitles",
    "OpportunityTypeId": "opportunitytypes",
    "PreferredContactMethodTypeId": "contactmethods",
    "SalesWorkflowItemStatusId": "workflowstatuses",
    "Salutation": "salutations",
    "SuffixId": "suffixes",
    "VerbId": "activitytypes",
    "CountryId": "countries",
}

# where a lookup of this name points: at an object, at the users, or at a list of the domain
TARGETS: Mapping[str, str] = {
    **_LISTS,
    "AccountId": COMPANIES,
    "CompanyId": COMPANIES,
    "ParentAccountId": COMPANIES,
    "ParentJobId": JOBS,
    "UserId": USERS,
    "Owners": USERS,
    "Value": CONTACTS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """One object: its path, the types of the fields that can be saved, and the shape of what is read.

    An open object keeps fields of any name; one that is not writable can only be read.
    """

    name: str
    types: Mapping[str, Type]
    required: tuple[str, ...] = ()
    blank: Mapping[str, None] = field(repr=False, default_factory=dict)
    is_open: bool = False
    is_writable: bool = True

    def takes(self, name: str) -> bool:
        """Tell whether a field of this name is stored; those that only the server sets are not."""
        return name in self.types or (self.is_open and name not in self.blank)


def _model(name: str, families: Mapping[Type, str], *, read_only: str = "", required: tuple[str, ...] = ()) -> Model:
    types = {field_name: kind for kind, words in families.items() for field_name in expanded(words)}
    blank = dict.fromkeys([*types, *expanded(f"{_STAMPS} {read_only}")])
    return Model(name=name, types=types, required=required, blank=blank)


def _open(model: Model, *, is_writable: bool = True) -> Model:
    return replace(model, is_open=True, is_writable=is_writable)


_STAMPS = "Id CreatedOn CreatedById ModifiedOn UpdatedById"
_TEN = "{1,2,3,4,5,6,7,8,9}"

_CONTACT = _model(
    CONTACTS,
    {
        Type.TEXT: """FirstName MiddleName LastName NickName ContactNumber Description ExternalPrimaryKey SalaryDetails
            StatusReason TwitterName""",
        Type.FLAG: "SpokenTo",
        Type.NUMBER: "Salary DesiredSalary{Min,Max}",
        Type.MASK: "RecordType",
        Type.LOOKUP: "Salutation {Account,ContactSource,Ethnicity,Gender,PreferredContactMethodType,Suffix,User}Id",
        Type.LOOKUPS: "JobTypeIds Owners",
        Type.TAGS: "Tags",
        Type.ADDRESS: "Addresses_{Business,Home,Other}",
        Type.VALUE: """EmailAddresses_{Work,Work_Other,Personal,Personal_Other,Other,Other_Alternate,Potential}
            InstantAddresses_{AIM,FacebookChat,FaceTime,GoogleTalk,ICQ,Other,Skype,Twitter,Yahoo_Msg}
            Websites_{Blog,Business,Facebook,GitHub,LinkedIn,Other,Other_Alternate,Personal,Portfolio,Quora,RSSFeed}
            PhoneNumbers_Skype""",  # a name at Skype is no number (inferred)
        Type.PHONE: """PhoneNumbers_{Mobile,Mobile_Other,Home,Work_Main,Work_Direct,Work_Other,Fax,Other}
            PhoneNumbers_{Other_Alternate,Potential}""",
        Type.KEY_DATE: "KeyDates_{Birthday,Anniversary,Other}",
        Type.POSITION: "CurrentPosition",
        Type.EDUCATION: "Education",
        Type.RELATED: "RelatedContacts_{Assistant,OtherContact,ReferredBy,Spouse}",
    },
    read_only="""Name ContactNum EntityStatus {Icon,PrimaryDocument}AttachmentId LatestPinnedNote
        Last{Action,Activity,Engagement,Enrichment,ReachOut}Date LastActivityOrModifiedOn LastActivityRegardingId
        LastReachOutBy""",
)

_COMPANY = _model(
    COMPANIES,
    {
        Type.TEXT: "Name Description ExternalPrimaryKey",
        Type.MASK: "RecordType",
        Type.LOOKUP: "ParentAccountId CompanySourceId",
        Type.LOOKUPS: "Owners",
        Type.TAGS: "Tags",
        Type.ADDRESS: "Addresses_{Business,Headquarters,Other}",
        Type.VALUE: """EmailAddresses_{Sales,Support,Other} Websites_{Business,Blog,Facebook,LinkedIn,Other}
            PhoneNumbers_Skype""",
        Type.PHONE: "PhoneNumbers_{Main,Sales,Support,Fax,Other}",
    },
    required=("Name",),  # (vendor)
)

_JOB = _model(
    JOBS,
    {
        Type.TEXT: f"""Name Description ExternalPrimaryKey CompensationDetails PortalCompensation
            CustomField{_TEN} CustomField10""",
        Type.FLAG: "IsLead IsOnHold",
        Type.INTEGER: "NumberOfOpenings",
        Type.NUMBER: f"""Salary Fee{{,Percent}} Bonus Commission Compensation BillRate PayRate HourlyRate Margin
            Discount PotentialValue ActualValue TotalHours Probability CustomField1{_TEN} CustomField20""",
        Type.MOMENT: f"StartDate EstimatedCloseDate CustomField2{_TEN} CustomField30",
        Type.LOOKUP: "{Account,JobTitle,OpportunityType,SalesWorkflowItemStatus,ParentJob}Id",
        Type.LOOKUPS: "JobTypeIds Owners",
        Type.TAGS: "Tags",
        Type.ADDRESS: "Locations_Business",
        Type.VALUE: "Websites_{Description,Other}",
    },
    required=("Name",),  # (vendor)
)

_NOTE = _model(
    NOTES,
    {Type.TEXT: "Display", Type.PARENT: "ParentId", Type.LOOKUP: "RegardingId", Type.MOMENT: "When"},
    required=("Display",),  # the text of a note, which the vendor's guide calls Body (vendor, client)
)

_ACTIVITY = _model(
    ACTIVITIES,
    {
        Type.TEXT: "Display Html Subject",
        Type.FLAG: "Completed IsEngagement",
        Type.PARENT: "ParentId",
        Type.LOOKUP: "VerbId RegardingId",
        Type.MOMENT: "When",
    },
    required=("ParentId", "VerbId"),  # every client sends both (client); that they must is (inferred)
)

_UNKNOWN = ("tasks", "candidates", "placements", "applications", "invoices", "payments")

MODELS = {
    model.name: model
    for model in (
        *(_CONTACT, _open(_COMPANY), _open(_JOB), _NOTE, _ACTIVITY),
        *(_open(_model(name, {}), is_writable=False) for name in _UNKNOWN),
    )
}
