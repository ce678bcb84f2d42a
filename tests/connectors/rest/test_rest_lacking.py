"""Objects that an account may lack, settings that may be left out, and addresses made of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from scripting import BASE, KEY, Server, connected, define, people, records, refusal, talk, told

from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.environment import Sources
from migrator.connectors.rest.settings import resolve
from migrator.connectors.rest.target import RestTarget
from migrator.errors import SpecError

OPTIONAL = "objects: {people: {fields: {text: name}}, jobs: {optional: true, fields: {text: name}}}"
LACKING = (
    "tiny: E907 this account does not offer jobs ({}): its plan lacks it, or the user may not see it"
    " (leave the object out, or ask the vendor)"
)
ACCOUNT = """
settings:
  base_url: {default: "https://{account}.tiny.example/api", hosts: ["*.tiny.example"]}
  account: {optional: true}
  api_key: {secret: true}
"""


async def both(target: RestTarget) -> None:
    """Read people, then jobs."""
    await people(target)
    await records(target, "jobs")


@pytest.mark.parametrize("status", [402, 403, 404, 405])
def test_object_that_the_account_lacks_is_named(tmp_path: Path, status: int) -> None:
    """Once the account let us in, a refused list is the object's, not the key's."""
    server = Server(told([]), told({"message": "no"}, status))
    assert refusal(define(tmp_path, OPTIONAL), server, both) == LACKING.format(status)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "tiny: E902 not authorised (401) (regenerated, switched off or mistyped?)"),
        (402, "tiny: E902 not authorised (402) (check the key)"),
        (403, "tiny: E902 not authorised (403) (the key's user may not do this)"),
    ],
)
def test_wrong_key_at_the_first_call_is_a_wrong_key(tmp_path: Path, status: int, expected: str) -> None:
    """Nobody was let in yet, so the key is to blame, whichever object was asked for."""
    server = Server(told({"message": "no"}, status))
    found = refusal(define(tmp_path, OPTIONAL), server, lambda target: records(target, "jobs"))
    assert found == expected


def test_object_that_is_not_optional_is_not_lacking(tmp_path: Path) -> None:
    """For an object that every account has, the refusal is what it says."""
    server = Server(told([]), told({"message": "no"}, 403))
    definition = define(tmp_path, OPTIONAL.replace("optional: true, ", ""))
    assert refusal(definition, server, both) == "tiny: E902 not authorised (403) (the key's user may not do this)"


def test_object_that_answered_before_is_not_lacking(tmp_path: Path) -> None:
    """A permission that goes away on the way stops the run as such."""
    server = Server(told([]), told([]), told({"message": "no"}, 403))

    async def twice(target: RestTarget) -> None:
        await both(target)
        await records(target, "jobs")

    expected = "tiny: E902 not authorised (403) (the key's user may not do this)"
    assert refusal(define(tmp_path, OPTIONAL), server, twice) == expected


def test_record_of_an_optional_object_may_be_missing(tmp_path: Path) -> None:
    """A 404 for one record is that record's."""
    server = Server(told([]), told(None, 404))

    async def one(target: RestTarget) -> Any:
        await people(target)
        return await target.get("jobs", "7")

    assert talk(define(tmp_path, OPTIONAL), server, one) is None


def resolved(definition: Definition, block: Mapping[str, str], **settings: str) -> str:
    """Resolve settings of environment and mapping; give the base URL."""
    environ = {f"TINY_{name.upper()}": value for name, value in {"api_key": KEY, **settings}.items()}
    return resolve(definition, Sources(prefix="TINY", environ=environ, profile={}, block=block)).base_url


def test_address_is_made_of_the_account(tmp_path: Path) -> None:
    """The account's name may come from the mapping, and stands in the address of the connector."""
    definition = define(tmp_path, ACCOUNT)
    assert resolved(definition, {"account": "acme"}) == "https://acme.tiny.example/api"
    assert resolved(definition, {}, account="acme-2") == "https://acme-2.tiny.example/api"


def test_whole_address_needs_no_account(tmp_path: Path) -> None:
    """Where the address is given whole, the optional setting is not asked for."""
    assert resolved(define(tmp_path, ACCOUNT), {}, base_url=f"{BASE}/") == BASE


def test_account_that_the_address_needs_is_missing(tmp_path: Path) -> None:
    """Optional does not mean that the address can be made without it."""
    with pytest.raises(SpecError) as caught:
        resolved(define(tmp_path, ACCOUNT), {})
    hint = "set TINY_ACCOUNT in the environment, in .env, or in a profile of migrator.yaml"
    assert str(caught.value) == f"tiny: E020 the setting 'account' is missing ({hint})"


@pytest.mark.parametrize("account", ["evil.example/", "evil.example#", "evil.example?", "u@evil.example/", "evil\\"])
def test_account_never_leads_to_another_host(tmp_path: Path, account: str) -> None:
    """Whatever a mapping calls the account, the key does not go elsewhere."""
    definition = define(tmp_path, ACCOUNT.replace(', hosts: ["*.tiny.example"]', ""))
    found = resolved(definition, {"account": account})
    assert found.startswith("https://")
    assert found.endswith(".tiny.example/api")
    assert not {"/", "#", "?", "@", "\\"} & set(found.removeprefix("https://").removesuffix("/api"))


def test_optional_setting_may_be_left_out(tmp_path: Path) -> None:
    """It is empty then; one that is not optional is asked for."""
    text = "settings: {base_url: {}, api_key: {secret: true}, brand: {optional: true, default: ''}, team: {}}"
    definition = define(tmp_path, f"{text}\nauth: {{header: {{X-Brand: 'b{{brand}}'}}}}")
    with pytest.raises(SpecError) as caught:
        connected(definition)
    hint = "set TINY_TEAM in the environment, in .env, or in a profile of migrator.yaml"
    assert str(caught.value) == f"tiny: E020 the setting 'team' is missing ({hint})"
    server = Server(told([]))
    talk(definition, server, people, connected(definition, team="t"))
    assert server.headers("x-brand") == ["b"]


def test_optional_address_that_is_left_out_is_not_checked(tmp_path: Path) -> None:
    """The hosts of one setting are not held against the address of another."""
    login = 'login_url: {optional: true, hosts: ["login.example"]}'
    definition = define(tmp_path, f"settings: {{base_url: {{}}, api_key: {{secret: true}}, {login}}}")
    found = connected(definition, base_url="https://1.1.1.1/api")  # a number needs no name server, and nobody is asked
    assert talk(definition, Server(told([])), people, found) == []


def test_user_agent_is_the_connectors(tmp_path: Path) -> None:
    """Where a firewall refuses the usual ones."""
    server = Server(told([]))
    talk(define(tmp_path, "user_agent: Acme/1"), server, people)
    assert server.headers("user-agent") == ["Acme/1"]


@pytest.mark.parametrize(
    ("identity", "answer"),
    [
        ("path: /me, id: id", [{"id": 2}, {"id": 1}]),
        ("path: /me, id: a.id, items: list", {"list": [{"a": {"id": 1}}, {"a": {"id": 2}}]}),
        ("path: /me, id: id, where: {own: true}", [{"id": 1, "own": True}, {"id": 3}, {"id": 2, "own": True}]),
        ("path: /me, id: id, items: fields", {"fields": {"2": "x", "1": "y"}}),
    ],
)
def test_account_is_told_by_its_own_ids(tmp_path: Path, identity: str, answer: Any) -> None:
    """In any order, deep down, only those that fit, or the keys of an object: the same ids are the same account."""
    expected = talk(define(tmp_path, "identity: {path: /me, id: id}"), Server(told([{"id": "1"}, {"id": "2"}])), who)
    server = Server(told(answer))
    assert (talk(define(tmp_path, f"identity: {{{identity}}}"), server, who), server.lines) == (expected, ["GET /me"])
    other = talk(define(tmp_path, "identity: {path: /me, id: id}"), Server(told([{"id": "3"}])), who)
    assert other != expected


async def who(target: RestTarget) -> str:
    """Give the fingerprint of an account."""
    return (await target.identify()).fingerprint


def test_account_without_a_list_of_its_own(tmp_path: Path) -> None:
    """Where the list may be missing, the address alone tells accounts apart; else nothing is written."""
    definition = define(tmp_path, "identity: {path: /me, id: id}")
    expected = "tiny: E906 the list /me is not there (without it the account cannot be told from another one)"
    assert refusal(definition, Server(told(None, 404)), who) == expected
    optional = define(tmp_path, "identity: {path: /me, id: id, optional: true}")
    assert talk(optional, Server(told(None, 404)), who) == talk(define(tmp_path), Server(), who)
