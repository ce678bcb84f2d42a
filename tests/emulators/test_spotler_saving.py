"""What becomes of a body that is posted or patched to Spotler."""

from decimal import Decimal
from typing import Any

import pytest
from spotler_practising import bad, create, invalid, practice

from migrator.emulators.exact import parse_json
from migrator.emulators.spotler.models import MODELS, Type, custom_key


@pytest.mark.parametrize("name", MODELS)
def test_every_field_is_kept(name: str) -> None:
    """What is written into each field that refers to nothing comes back the same."""
    samples: dict[Type, Any] = {Type.TEXT: " Ä x ", Type.NUMBER: 7, Type.MOMENT: "2024-02-29 23:59:59"}
    with practice(replaces_owner=False) as crm:
        account = create(crm, "/accounts", name="a")["id"]
        opportunity = create(crm, "/opportunities", accountid=account)["id"]
        links = {"accountid": account, "opportunityid": opportunity}
        links = {key: value for key, value in links.items() if key in MODELS[name].types}
        fields = {key: samples[kind] for key, kind in MODELS[name].types.items() if key not in MODELS[name].links}
        record = create(crm, f"/{name}", **fields, **links, migrationkey="k")
        shown = crm.read(f"/{name}/{record['id']}")["record"]
    assert {key: shown[key] for key in (*fields, *links, "migrationkey")} == {**fields, **links, "migrationkey": "k"}
    assert set(shown) == {"id", "migrationkey", *MODELS[name].types, *MODELS[name].read_only}


def test_slash_stands_in_keys() -> None:
    """County and postcode have a slash in their names (vendor)."""
    with practice() as crm:
        record = create(crm, "/accounts", name="a", **{"addresscounty/state": "Avon", "addresspostcode/zip": "BA1 1AA"})
    assert (record["addresscounty/state"], record["addresspostcode/zip"]) == ("Avon", "BA1 1AA")


def test_ids_are_numbers_of_eight_digits() -> None:
    """All objects share one row of ids, which grows with gaps."""
    with practice() as crm:
        account = create(crm, "/accounts", name="a")["id"]
        ids = [account, *(create(crm, f"/{name}", accountid=account, name="n")["id"] for name in ("cases", "contacts"))]
    assert (ids, len(set(ids)), {len(str(one)) for one in ids}) == (sorted(ids), 3, {8})


@pytest.mark.parametrize(
    ("path", "fields", "rules"),
    [
        ("/accounts", {}, {"name": "Required"}),
        ("/accounts", {"name": None}, {"name": "Required"}),
        ("/accounts", {"name": "  "}, {"name": "Required"}),
        ("/contacts", {"first": "Ada"}, {"accountid": "Required"}),
        ("/contacts", {"accountid": 0}, {"accountid": "Required"}),
        ("/opportunities", {"name": "n"}, {"accountid": "Required"}),
        ("/opportunity_lines", {}, {"opportunityid": "Required"}),
        ("/accounts", {"name": 5}, {"name": "String"}),
        ("/accounts", {"name": "a", "phone": ["1"]}, {"phone": "String"}),
        ("/accounts", {"name": "a", "leadscore": "many"}, {"leadscore": "Numeric"}),
        ("/accounts", {"name": "a", "leadscore": True}, {"leadscore": "Numeric"}),
        ("/accounts", {"name": "a", "leadscore": "NaN"}, {"leadscore": "Numeric"}),
        ("/accounts", {"name": "a", "campaignid": 7}, {"campaignid": "Exists"}),
        ("/contacts", {"accountid": 7}, {"accountid": "Exists"}),
        ("/cases", {"opened": "06/05/2024"}, {"opened": "Date"}),
        ("/cases", {"opened": "2024-02-30"}, {"opened": "Date"}),
        ("/cases", {"opened": "2024-05-06T07:08:09Z"}, {"opened": "Date"}),
        ("/accounts", {"leadscore": "x", "phone": 1}, {"leadscore": "Numeric", "phone": "String", "name": "Required"}),
    ],
)
def test_wrong_values_are_a_validation_error(path: str, fields: dict[str, Any], rules: dict[str, str]) -> None:
    """All wrong fields are told at once, in the vendor's shape, and nothing is stored."""
    with practice() as crm:
        answer = crm.send("POST", path, fields)
        assert (answer.status_code, answer.json()) == (422, invalid(**rules))
        assert crm.held(path[1:]) == []


def test_patch_is_validated_as_a_whole() -> None:
    """A PATCH may leave out a mandatory field but not blank it, and where it is refused nothing changes."""
    with practice() as crm:
        url = f"/accounts/{create(crm, '/accounts', name='a')['id']}"
        before = crm.read(url)
        refused = crm.send("PATCH", url, {"phone": "1", "name": ""})
        assert (refused.status_code, refused.json()) == (422, invalid(name="Required"))
        assert crm.read(url) == before
        assert crm.send("PATCH", url, {"phone": "1"}).status_code == 200


def test_mandatory_fields_may_be_the_customers() -> None:
    """A rehearsal may name further mandatory fields; zero is a value where it is no reference."""
    with practice(required={"accounts": ("leadscore", "name")}) as crm:
        assert crm.send("POST", "/accounts", {}).json() == invalid(name="Required", leadscore="Required")
        assert crm.send("POST", "/accounts", {"name": "a", "leadscore": 0}).status_code == 201


def test_custom_fields_are_flat() -> None:
    """A custom field stands among the others, under its label in lower case without spaces (client)."""
    with practice(custom_fields={"accounts": ("Policy Number",)}) as crm:
        record = create(crm, "/accounts", name="a", policynumber=" Acme/7 ÄöÜ\t😀 ", migrationkey="k")
    assert (record["policynumber"], "migrationkey" in record) == (" Acme/7 ÄöÜ\t😀 ", False)
    assert custom_key("2 Year  Policy") == "2yearpolicy"


def test_other_fields_are_ignored() -> None:
    """Unknown fields, and those that only the server sets, change nothing."""
    with practice() as crm:
        sent = {
            "name": "a",
            "Name": "b",
            "id": 7,
            "createddate": "2001-01-01 00:00:00",
            "createdby": 7,
            "colour": "red",
        }
        record = create(crm, "/accounts", **sent)
        assert crm.held("accounts")[0]["id"] == record["id"] != 7
    assert (record["name"], record["createddate"], "colour" in record) == ("a", "2024-05-06 07:08:09", False)
    assert record["createdby"] == record["ownerid"]


@pytest.mark.parametrize(("replaces", "kept"), [(True, False), (False, True)])
def test_owner_is_replaced_on_create(*, replaces: bool, kept: bool) -> None:
    """In the vendor's sample owner 1 became 90505; without the option the owner stays."""
    with practice(replaces_owner=replaces) as crm:
        sent, unsent = create(crm, "/accounts", name="a", ownerid=1), create(crm, "/accounts", name="a")
    assert ((sent["ownerid"] == 1) is kept, unsent["ownerid"]) == (True, sent["createdby"])


@pytest.mark.parametrize(
    ("text", "stored"), [('"5"', 5), ('"-0"', 0), ('"10.50"', Decimal("10.50")), ('""', None), ("0", 0)]
)
def test_numbers_may_be_texts(text: str, stored: Decimal | int | None) -> None:
    """A text that is a number becomes one, an empty one becomes nothing."""
    with practice() as crm:
        answer = crm.send_text("POST", "/accounts", f'{{"name":"a","leadscore":{text}}}')
    assert parse_json(answer.content)["record"]["leadscore"] == stored


@pytest.mark.parametrize("digits", ["10.50", "0.1", "1234567890.123456789012345678", "1E+2", "7"])
def test_number_keeps_its_digits(digits: str) -> None:
    """A number is written back as it came, alone and in a list."""
    with practice() as crm:
        body = crm.send_text("POST", "/accounts", f'{{"name":"a","leadscore":{digits}}}').content
        listed = crm.send("GET", "/accounts").content
    assert f'"leadscore":{digits},'.encode() in body
    assert f'"leadscore":{digits},'.encode() in listed


@pytest.mark.parametrize("text", ["2024-02-29 23:59:59", "2024-02-29"])
def test_date_is_kept_as_given(text: str) -> None:
    """A moment, or a day alone, comes back as it was sent; an empty text is none."""
    with practice() as crm:
        kept, cleared = create(crm, "/activities", date=text), create(crm, "/activities", date="")
    assert (kept["date"], cleared["date"]) == (text, None)


def test_choices_are_refused_on_request() -> None:
    """Where a rehearsal wants it, a value that its list lacks is refused, until it is appended."""
    with practice() as lenient, practice(refuses_unknown_choices=True) as strict:
        assert lenient.send("POST", "/accounts", {"name": "a", "type": "Alien"}).status_code == 201
        assert strict.send("POST", "/accounts", {"name": "a", "type": "Alien"}).json() == invalid(type="In")
        assert strict.send("POST", "/accounts", {"name": "a", "type": "Customer", "sector": None}).status_code == 201
        strict.send("PATCH", "/lookup/type", {"items": ["Alien"]})
        assert strict.send("POST", "/accounts", {"name": "a", "type": "Alien"}).status_code == 201


def test_reference_may_stay_although_it_points_nowhere() -> None:
    """What a record refers to already may be sent back after it was deleted; elsewhere it is refused."""
    with practice() as crm:
        ids = [create(crm, "/accounts", name=name)["id"] for name in ("a", "b")]
        url = f"/contacts/{create(crm, '/contacts', accountid=ids[0])['id']}"
        for one in ids:
            crm.send("DELETE", f"/accounts/{one}")
        assert crm.send("PATCH", url, {"accountid": ids[0]}).status_code == 200
        assert crm.send("PATCH", url, {"accountid": ids[1]}).json() == invalid(accountid="Exists")


@pytest.mark.parametrize(
    ("text", "content_type", "fact"),
    [
        ("{", "application/json", "the body is no JSON in UTF-8"),
        ("", "application/json", "the body is no JSON in UTF-8"),
        ('{"name": NaN}', "application/json", "the body is no JSON in UTF-8"),
        ('[{"name": "a"}]', "application/json", "the body is no JSON object"),
        ("name=a", "application/x-www-form-urlencoded", "send application/json"),
    ],
)
def test_malformed_body_is_a_bad_request(text: str, content_type: str, fact: str) -> None:
    """What is no JSON object answers 400."""
    with practice() as crm:
        answer = crm.send_text("POST", "/accounts", text, content_type)
        assert (answer.status_code, answer.json()) == (400, bad(fact))
        assert crm.held("accounts") == []


def test_create_status_is_an_option() -> None:
    """A create may answer 200, since both mean success (vendor)."""
    with practice(create_status=200) as crm:
        assert crm.send("POST", "/accounts", {"name": "a"}).status_code == 200
