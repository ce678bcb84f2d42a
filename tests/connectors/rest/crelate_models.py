"""Crelate's models as its service definition spells them: field names by type, for saving, and what a GET adds.

`{A,B}` stands for each of them, `{,_X}` for with and without.
"""

import re
from itertools import product

_STAMPS = "Id {CreatedBy,ModifiedBy}_{Id,Name}"
_STATUS = "Status_{Id,Name}"
_MOMENTS = "CreatedOn ModifiedOn"
_ADDRESS = "{Line1,City,State,ZipCode,Country}"

SAVED: dict[str, dict[str, str]] = {
    "companies": {
        "String": f"""
            Name Description ExternalPrimaryKey ParentAccount_{{Id,Name}}
            Address_{{Business,Headquarters,Other}}_{_ADDRESS} EmailAddress_{{Sales,Support,Other}}
            PhoneNumber_{{Main,Sales,Support,Fax,Skype,Other}}{{,_Extension}}
            Website_{{Business,Blog,Facebook,LinkedIn,Other}}
            AdditionalContact_{{Billing,Other}}_{{Id,FirstName,LastName}}
        """,
        "Boolean": """
            Address_{Business,Headquarters,Other}_IsPrimary EmailAddress_{Sales,Support,Other}_IsPrimary
            PhoneNumber_{Main,Sales,Support,Fax,Skype,Other}_IsPrimary AdditionalContact_{Billing,Other}_IsPrimary
            Website_{Business,Blog,Facebook,LinkedIn,Other}_IsPrimary
        """,
        "Array<String>": "RecordType",
        "Hash": "Tags",
    },
    "contacts": {
        "String": f"""
            FirstName MiddleName LastName NickName Description ExternalPrimaryKey SalaryDetails
            {{Salutation,Suffix,Source,Gender,Ethnicity,PreferredContactMethodType}}_{{Id,Name}}
            CurrentPosition_{{Company_Id,Company_Name,Title}} Education_{{Institution,Accreditation}}_{{Id,Name}}
            Address_{{Business,Home,Other}}_{_ADDRESS} EmailAddress_{{Work,Personal,Other}}
            PhoneNumber_{{WorkMain,WorkDirect,Home,Mobile,Fax,Skype,Other}}{{,_Extension}}
            Social_{{AIM,FacebookChat,FaceTime,GoogleTalk,ICQ,Skype,Twitter,YahooMsg,Other}}
            Website_{{Blog,Business,Facebook,LinkedIn,Other,Personal}}
            RelatedContact_{{Assistant,Client,Other,ReferredBy,Spouse}}_{{Id,FirstName,LastName}}
        """,
        "Boolean": """
            Address_{Business,Home,Other}_IsPrimary EmailAddress_{Work,Personal,Other}_IsPrimary
            PhoneNumber_{WorkMain,WorkDirect,Home,Mobile,Fax,Skype,Other}_IsPrimary
            RelatedContact_{Assistant,Client,Other,ReferredBy,Spouse}_IsPrimary
            Social_{AIM,FacebookChat,FaceTime,GoogleTalk,ICQ,Skype,Twitter,YahooMsg,Other}_IsPrimary
            Website_{Blog,Business,Facebook,LinkedIn,Other,Personal}_IsPrimary
        """,
        "Float": "Salary",
        "DateTime": "{CurrentPosition,Education}_{WhenStart,WhenEnd} KeyDate_{Anniversary,Birthday,Other}",
        "Array<String>": "Education_Honors RecordType",
        "Hash": "Tags",
    },
    "jobs": {
        "String": f"""
            Name Description ExternalPrimaryKey CompensationDetails {{Company,ParentJob,JobTitle}}_{{Id,Name}}
            {{Priority,LeadSource,OpportunityType}}_{{Id,Name}} Address_{{Business,Other}}_{_ADDRESS}
            Website_{{Description,Other}} AdditionalContact_Client_{{Id,FirstName,LastName}}
            CustomField{{1,2,3,4,5,6,7,8,9,10}}
        """,
        "Boolean": """
            IsLead IsOnHold AdditionalContact_Client_IsPrimary Address_{Business,Other}_IsPrimary
            Website_{Description,Other}_IsPrimary
        """,
        "Integer": "NumberOfOpenings",
        "Float": """
            Salary Fee FeePercent Bonus Commission Compensation BillRate PayRate HourlyRate Margin Discount
            PotentialValue ActualValue TotalHours Probability CustomField{11,12,13,14,15,16,17,18,19,20}
        """,
        "DateTime": "StartDate EstimatedCloseDate CustomField{21,22,23,24,25,26,27,28,29,30}",
        "Array<JobType>": "JobTypes",
        "Hash": "Tags",
    },
    "notes": {"String": "Body ExternalPrimaryKey", "Boolean": "Announced Pinned"},
    "tasks": {"String": "Body ExternalPrimaryKey", "Boolean": "Announced Completed Pinned", "DateTime": "When"},
}

ADDED: dict[str, dict[str, str]] = {
    "companies": {"String": f"{_STAMPS} {_STATUS}", "DateTime": _MOMENTS, "Array<Record>": "Attachments Owners"},
    "contacts": {"String": f"Name {_STAMPS} {_STATUS}", "DateTime": _MOMENTS, "Array<Record>": "Attachments Owners"},
    "jobs": {
        "String": f"""
            JobCode ExternalEmailAddress {_STAMPS} {_STATUS}
            AdditionalContact_{{Billing,ExecutiveSponsor,HiringManager,InternalRecruiter,Other}}_{{Id,Name}}
        """,
        "Boolean": "AdditionalContact_{Billing,ExecutiveSponsor,HiringManager,InternalRecruiter,Other}_IsPrimary",
        "Float": "ExpectedValue TimeToClose",
        "DateTime": f"LastActivityDate LastEngagementDate {_MOMENTS}",
        "Array<Record>": "Attachments Owners",
    },
    "notes": {"String": f"Parent_{{Id,Name}} {_STAMPS}", "DateTime": _MOMENTS, "Array<Record>": "Owners"},
    "tasks": {"String": f"Parent_{{Id,Name}} {_STAMPS}", "DateTime": _MOMENTS, "Array<Record>": "Owners"},
}


def fields_of(model: dict[str, str]) -> dict[str, str]:
    """Give each field of a model with its type."""
    return {name: kind for kind, words in model.items() for word in words.split() for name in _family(word)}


def _family(word: str) -> list[str]:
    parts = re.findall(r"\{[^}]*\}|[^{]+", word)
    return ["".join(choice) for choice in product(*(part.strip("{}").split(",") for part in parts))]
