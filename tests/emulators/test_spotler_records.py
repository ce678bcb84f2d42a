"""Records of Spotler and their envelopes, held against the vendor's samples."""

import pytest
from practising import FixedClock
from spotler_practising import create, error, practice

from migrator.emulators import Change, Deed
from migrator.emulators.spotler import Absent
from migrator.emulators.spotler.models import MODELS

OBJECTS = {
    "accounts": "account",
    "activities": "activity",
    "campaigndetails": "campaigndetail",
    "campaigns": "campaign",
    "campaignstages": "campaignstage",
    "cases": "case",
    "contacts": "contact",
    "documents": "document",
    "opportunities": "opportunity",
    "opportunity_lines": "opportunity_line",
    "opportunityhistories": "opportunityhistory",
}
NOT_ALLOWED = error(405, "Not Allowed, please check the request type (GET, POST, PATCH, DELETE)")
NOT_FOUND = error(404, "Record or page not found")


def test_created_account_is_the_vendors_sample() -> None:
    """A create answers 201 and the record in its envelope, with another owner than was sent (vendor)."""
    with practice(custom_fields={}) as crm:
        answer = crm.send("POST", "/accounts", {"name": "testing API", "ownerid": 1})
        record = crm.held("accounts")[0]
        record_id, user, sla = record["id"], record["createdby"], record["slaid"]
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "metadata": {
                "url": f"/accounts/{record_id}",
                "list_url": "/accounts",
                "parent": None,
                "object_type": "record",
                "record_type": "account",
            },
            "record": {
                "id": record_id,
                "name": "testing API",
                "addressline": None,
                "addresscity": "",
                "addresscounty/state": "",
                "addresspostcode/zip": "",
                "addresscountry": "United Kingdom",
                "ownerid": user,
                "campaignid": 0,
                "source": "",
                "notes": None,
                "slaid": sla,
                "phone": None,
                "website": None,
                "type": None,
                "sector": None,
                "leadscore": None,
                "createddate": "2024-05-06 07:08:09",
                "modifieddate": "2024-05-06 07:08:09",
                "createdby": user,
                "modifiedby": user,
            },
        },
    )
    assert (len(str(record_id)), user != 1, type(sla)) == (8, True, int)


def test_list_has_the_vendors_inconsistencies() -> None:
    """A list names itself in the singular, and its records say "/" where a single record says null (vendor)."""
    with practice() as crm:
        record = create(crm, "/accounts", name="test")
        listed, single = crm.read("/accounts"), crm.read(f"/accounts/{record['id']}")
    metadata = single["metadata"]
    assert listed == {
        "metadata": {"url": "/account", "object_type": "list", "total_count": 1, "has_more": False},
        "list": [{"metadata": metadata | {"parent": "/"}, "record": record}],
    }
    assert (metadata["parent"], single["record"]) == (None, record)


@pytest.mark.parametrize(("name", "singular"), OBJECTS.items())
def test_every_object_lives_its_life(name: str, singular: str) -> None:
    """Each record type is created, read, listed, changed and deleted, under its own name."""
    with practice() as crm:
        account = create(crm, "/accounts", name="a")["id"]
        opportunity = create(crm, "/opportunities", accountid=account)["id"]
        given = {"name": "n", "accountid": account, "opportunityid": opportunity}
        made = crm.send("POST", f"/{name}", {key: given[key] for key in given if key in MODELS[name].types}).json()
        url = made["metadata"]["url"]
        assert (made["metadata"]["record_type"], made["metadata"]["list_url"]) == (singular, f"/{name}")
        assert crm.read(url) == made
        assert made["record"] in [one["record"] for one in crm.read(f"/{name}")["list"]]
        changed = crm.send("PATCH", url, {"migrationkey": "k"})
        assert (changed.status_code, changed.json()["record"]) == (200, made["record"] | {"migrationkey": "k"})
        deleted = crm.send("DELETE", url)
        assert (deleted.status_code, deleted.content) == (200, b"{}")
        assert (crm.send("GET", url).status_code, crm.send("GET", url).json()) == (404, NOT_FOUND)


def test_every_object_is_the_documents() -> None:
    """The objects are those in the vendor's table, and no others."""
    assert set(MODELS) == set(OBJECTS)


def test_patch_changes_only_what_is_sent() -> None:
    """A PATCH answers the whole record: what was sent is new, null clears, the rest and the dates are as before."""
    clock = FixedClock()
    with practice(clock=clock) as crm:
        first = create(crm, "/accounts", name="a", phone="1", addresscity="Bath")
        clock.go_on(minutes=7, milliseconds=900)
        sent = {"phone": None, "addresscounty/state": "Avon", "addresscity": None, "ownerid": 5}
        answer = crm.send("PATCH", f"/accounts/{first['id']}", sent)
        assert crm.read(f"/accounts/{first['id']}") == answer.json()
    stamp = {"modifieddate": "2024-05-06 07:15:10"}
    assert (answer.status_code, answer.json()["record"]) == (200, first | sent | stamp | {"addresscity": ""})


@pytest.mark.parametrize("absent", Absent)
@pytest.mark.parametrize("path", ["/accounts/95920978", "/opportunity_lines/0"])
def test_missing_record_is_not_found_or_nothing(path: str, absent: Absent) -> None:
    """A GET of a missing id answers 404, an empty body or an empty record, as the rehearsal has it."""
    name, record_id = path.strip("/").split("/")
    with practice(absent=absent) as crm:
        answer = crm.send("GET", path)
        later = [crm.send(method, path, {}) for method in ("PATCH", "DELETE")]
    assert [(one.status_code, one.json()) for one in later] == [(404, NOT_FOUND)] * 2
    if absent is Absent.EMPTY_BODY:
        assert (answer.status_code, answer.content) == (200, b"")
        return
    metadata = {"url": f"/{name}/{record_id}", "list_url": f"/{name}", "parent": None}
    metadata |= {"object_type": "record", "record_type": OBJECTS[name]}
    expected = (404, NOT_FOUND) if absent is Absent.NOT_FOUND else (200, {"metadata": metadata, "record": {}})
    assert (answer.status_code, answer.json()) == expected


@pytest.mark.parametrize(
    "path", ["/accounts/x", "/accounts/1/contacts/2", "/accounts/-1", "/", "/lookup", "/datadictionary"]
)
def test_other_paths_are_not_found(path: str) -> None:
    """What is no id and no route answers 404."""
    with practice(absent=Absent.EMPTY_BODY) as crm:
        answer = crm.send("GET", path)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/accountss", "/accountss/1", "/datadictionary/accountss", "/lookup/accountss/type"])
def test_unknown_record_type_is_a_500(method: str, path: str) -> None:
    """A record type that is not there answers 500, as in the vendor's sample."""
    is_list = path.startswith(("/data", "/lookup"))
    with practice() as crm:
        answer = crm.send(method, path, {})
    expected = NOT_ALLOWED if is_list and method != "GET" else error(500, "Invalid record type (accountss)")
    assert (answer.status_code, answer.json()) == (expected["code"], expected)


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/accounts", ["PATCH", "DELETE", "PUT", "OPTIONS"]),
        ("/accounts/1", ["POST", "PUT"]),
        ("/accounts/1/contacts", ["POST", "DELETE"]),
        ("/lookup/accounts/type", ["PATCH", "POST"]),
        ("/lookup/type", ["GET", "POST"]),
        ("/datadictionary/accounts", ["POST"]),
    ],
)
def test_other_methods_are_not_allowed(path: str, refused: list[str]) -> None:
    """Without the id a PATCH or DELETE fails (vendor), and no route takes a method that is not its own."""
    with practice() as crm:
        answers = [crm.send(method, path, {}) for method in refused]
    assert [(one.status_code, one.json()) for one in answers] == [(405, NOT_ALLOWED)] * len(refused)


def test_lines_come_inline_when_asked_for() -> None:
    """With lines=true an opportunity has its own lines, in the vendor's shape, alone and in a list; otherwise not."""
    with practice() as crm:
        account = create(crm, "/accounts", name="a")["id"]
        one, other = (create(crm, "/opportunities", name=str(n), accountid=account) for n in range(2))
        line = {"opportunityid": one["id"], "product": "User Subscription", "quantity": 30, "unitprice": 420}
        line_id = create(crm, "/opportunity_lines", **line)["id"]
        listed = crm.read("/opportunities", lines="true")["list"]
        single = crm.read(f"/opportunities/{one['id']}", lines="true")["record"]
        plain = crm.read(f"/opportunities/{one['id']}")["record"]
        account_record = crm.read(f"/accounts/{account}", lines="true")["record"]
    assert single == one | {"lines": [{"id": line_id, **line}]}
    assert [record["record"] for record in listed] == [single, other | {"lines": []}]
    assert (plain, "lines" in account_record) == (one, False)


def test_deletes_leave_what_refers_to_them() -> None:
    """A deleted account takes nothing along, and the history says so."""
    with practice() as crm:
        account = create(crm, "/accounts", name="a")["id"]
        contact = create(crm, "/contacts", accountid=account)
        crm.send("DELETE", f"/accounts/{account}")
        assert crm.server.history()[-1].changes == (Change(deed=Deed.DELETED, object="accounts", id=str(account)),)
        assert crm.read(f"/contacts/{contact['id']}")["record"] == contact
        assert crm.send("PATCH", f"/contacts/{contact['id']}", {"first": "Ada"}).status_code == 200


def test_records_below_an_account_are_listed() -> None:
    """The contacts of an account are a list of their own, with pages and filters (client)."""
    with practice() as crm:
        ids = [create(crm, "/accounts", name=name)["id"] for name in ("a", "b")]
        contacts = [create(crm, "/contacts", accountid=ids[n % 2], first=str(n)) for n in range(4)]
        listed = crm.read(f"/accounts/{ids[0]}/contacts", limit=1, page=2)
        wrong = [f"/accounts/{ids[0]}/campaigns", "/accounts/1/contacts", f"/campaigns/{ids[0]}/contacts"]
        assert [crm.send("GET", path).status_code for path in wrong] == [404] * 3
    assert listed["metadata"] == {"url": "/contact", "object_type": "list", "total_count": 2, "has_more": False}
    assert [one["record"] for one in listed["list"]] == [contacts[2]]
    assert listed["list"][0]["metadata"]["parent"] == f"/accounts/{ids[0]}"


def test_custom_record_type_lives_below_accounts() -> None:
    """A record type of the customer's own is an object at the top and below accounts (client)."""
    with practice(custom_fields={"policies": ("Policy Number", "2 Year Policy")}) as crm:
        account = create(crm, "/accounts", name="a")["id"]
        policy = crm.send("POST", "/policies", {"policynumber": "7", "2yearpolicy": "yes", "accountid": account}).json()
        assert crm.read(f"/accounts/{account}/policies")["list"][0]["record"] == policy["record"]
    assert (policy["record"]["policynumber"], policy["record"]["2yearpolicy"]) == ("7", "yes")
    assert policy["metadata"]["record_type"] == "policy"
