"""The lists of OpenCRM: pages, one condition, key words, counts."""

from typing import Any

import pytest
from opencrm_practising import Crm, practice, told

from migrator.emulators.opencrm import LimitEnd

INVALID = {"error": "Invalid query_string"}


def names(crm: Crm, **parameters: str) -> list[str]:
    """Give the first name of each contact in a list."""
    return [one["firstname"] for one in crm.ask("get_contact_list", **parameters)]


@pytest.mark.parametrize(
    ("limit_end", "query", "numbers"),
    [
        (LimitEnd.INDEX, {}, range(50)),
        (LimitEnd.INDEX, {"limit_start": "0", "limit_end": "3"}, range(3)),
        (LimitEnd.INDEX, {"limit_start": "3", "limit_end": "6"}, range(3, 6)),
        (LimitEnd.INDEX, {"limit_start": "50"}, range(50, 60)),
        (LimitEnd.INDEX, {"limit_start": "6", "limit_end": "3"}, range(0)),
        (LimitEnd.INDEX, {"limit_start": "-5", "limit_end": "x"}, range(50)),
        (LimitEnd.COUNT, {"limit_start": "0", "limit_end": "3"}, range(3)),
        (LimitEnd.COUNT, {"limit_start": "3", "limit_end": "6"}, range(3, 9)),
        (LimitEnd.COUNT, {"limit_start": "58", "limit_end": "60"}, range(58, 60)),
    ],
)
def test_list_is_cut_into_pages(limit_end: LimitEnd, query: dict[str, str], numbers: range) -> None:
    """Whether `limit_end` is an index (client) or a count is not known; without it a page has 50 rows."""
    with practice(limit_end=limit_end) as crm:
        crm.server.seed_records("contact", [{"firstname": str(n)} for n in range(60)])
        assert names(crm, **query) == [str(n) for n in numbers]


@pytest.mark.parametrize("end_point", ["get_contact_list", "get_contact_list_full"])
def test_list_is_a_bare_array_of_records(end_point: str) -> None:
    """A list has no envelope (client); its rows say as much as the record alone, in the form that was asked for."""
    with practice() as crm:
        crmid = crm.create("contact", firstname="Ada", birthday="2000-02-29", cf_12="acme/contact/7")
        rows = crm.ask(f"{end_point}/dateOverride/c")
        assert rows == [crm.read("contact", crmid, dateOverride="c")]
    assert (rows[0]["birthday"], rows[0]["cf_12"]) == ("2000-02-29T00:00:00+00:00", "acme/contact/7")


def test_single_row_may_be_an_object() -> None:
    """A list with one row may be that row alone (client)."""
    with practice(single_as_object=True) as crm:
        assert crm.ask("get_contact_list") == []
        crmid = crm.create("contact")
        assert crm.ask("get_contact_list") == crm.read("contact", crmid)
        crm.create("contact")
        assert len(crm.ask("get_contact_list")) == 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("firstname|=|ada", ["Ada"]),
        ("firstname|=|ad", []),
        ("firstname|begins|AD", ["Ada", "Adam"]),
        ("firstname|ENDS|a", ["Ada", "Eva"]),
        ("firstname|CONTAINS|da", ["Ada", "Adam"]),
        ("firstname|LIKE|_d%m", ["Adam"]),
        ("cf_12|=|k|2", ["Eva"]),
        ("cf_12|=|", ["Ada", "Adam"]),
        ("assigned_user_id|=|2", ["Eva"]),
        ("firstname|=|Ada|lastname|=|King", []),
        ("", ["Ada", "Adam", "Eva"]),
    ],
)
def test_list_meets_one_condition(query: str, expected: list[str]) -> None:
    """One condition in one parameter, compared without case; a second one only spoils the value (client)."""
    with practice() as crm:
        crm.create("contact", firstname="Ada", lastname="King")
        crm.create("contact", firstname="Adam")
        crm.create("contact", firstname="Eva", cf_12="k|2", smownerid="2")
        assert names(crm, query_string=query) == expected


@pytest.mark.parametrize(
    "query", ["firstname", "firstname|=", "firstname|!=|x", "colour|=|red", "smownerid|=|1", "|=|x", "firstname|<>|x"]
)
def test_wrong_condition_is_refused_or_ignored(query: str) -> None:
    """A query that is none is an error with 200, or lists everything: what the live service does is not known."""
    with practice() as crm:
        assert told(crm.send("get_contact_list", query_string=query)) == (200, INVALID)
        assert told(crm.send("get_contact_list_count", query_string=query)) == (200, INVALID)
    with practice(ignores_wrong_queries=True) as crm:
        crm.create("contact", firstname="Ada")
        assert names(crm, query_string=query) == ["Ada"]


def test_names_in_queries_can_be_varied() -> None:
    """The name in a query "may differ from the field name" (vendor), and then the field's own is unknown."""
    with practice(query_names={"contact_first": "firstname"}) as crm:
        crm.create("contact", firstname="Ada")
        assert names(crm, query_string="contact_first|=|Ada") == ["Ada"]
        assert crm.ask("get_contact_list", query_string="firstname|=|Ada") == INVALID


@pytest.mark.parametrize(("words", "expected"), [("KING", ["Ada"]), ("ada", ["Ada", "Eva"]), ("nobody", [])])
def test_key_words_are_looked_for_everywhere(words: str, expected: list[str]) -> None:
    """Key words are found in any field."""
    with practice() as crm:
        crm.create("contact", firstname="Ada", lastname="King")
        crm.create("contact", firstname="Eva", description="knows Ada")
        assert names(crm, keywords=words) == expected


@pytest.mark.parametrize(("as_text", "expected"), [(False, [2, 1, 0]), (True, ["2", "1", "0"])])
def test_list_is_counted(expected: list[Any], *, as_text: bool) -> None:
    """The count is a bare number or a text of digits (client), of all rows that meet the condition."""
    with practice(counts_as_text=as_text) as crm:
        for name in ("Ada", "Eva"):
            crm.create("contact", firstname=name)
        counts = [
            crm.ask("get_contact_list_count", limit_end="1"),
            crm.ask("get_contact_list_count", query_string="firstname|=|Eva"),
            crm.ask("get_lead_list_count"),
        ]
    assert counts == expected
