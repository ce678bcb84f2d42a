"""E-mail addresses, web addresses, phone numbers and people's names."""

import json
from pathlib import Path
from typing import Any

import pytest
from planning_cases import transformed

from migrator.planner.transforms import codes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada@x.org", "ada@x.org"),
        ("Ada@X.ORG", "Ada@x.org"),
        (" ada@x.org\u00a0", "ada@x.org"),
        ("ada@x.org\n", "ada@x.org"),
        ("ADA.Lovelace+crm@Sub.Example.CO.UK", "ADA.Lovelace+crm@sub.example.co.uk"),
        ("o'neill@x.org", "o'neill@x.org"),
        ("a@b.cd", "a@b.cd"),
        ("1@2.info", "1@2.info"),
        ("first_last-x@my-host.example", "first_last-x@my-host.example"),
        ("!#$%&*/=?^`{|}~@x.org", "!#$%&*/=?^`{|}~@x.org"),
        ("jürgen@Müller.de", "jürgen@müller.de"),
        ("ada@xn--mller-kva.de", "ada@xn--mller-kva.de"),
        ("a" * 64 + "@x.org", "a" * 64 + "@x.org"),
        ("ada@" + "a" * 63 + ".org", "ada@" + "a" * 63 + ".org"),
    ],
)
def test_email_keeps_what_stands_before_the_at(text: str, expected: str) -> None:
    """The host is lower-cased, what stands before it is not, since some hosts tell cases apart."""
    assert transformed(["email"], text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ada",
        "ada@",
        "@x.org",
        "ada@x",
        "ada@localhost",
        "ada@@x.org",
        "ada@x@y.org",
        "ada x@y.org",
        "ada@x y.org",
        "Ada <ada@x.org>",
        "ada@x.org;bob@x.org",
        "ada@x.org, bob@x.org",
        ".ada@x.org",
        "ada.@x.org",
        "a..da@x.org",
        "ada@.x.org",
        "ada@x..org",
        "ada@x.org.",
        "ada@-x.org",
        "ada@x-.org",
        "ada@192.168.0.1",
        "ada@[192.168.0.1]",
        '"ada"@x.org',
        "ada\x00@x.org",
        "mailto:ada@x.org",
        "a" * 65 + "@x.org",
        "ada@" + "a" * 64 + ".org",
        "ada@" + "a.b" * 90 + ".org",
        "n/a",
    ],
)
def test_email_that_is_none_is_refused(text: str) -> None:
    """What cannot be an address, or is two of them, is refused."""
    shown = text if len(text) <= 200 else text[:200] + "…"
    assert transformed(["email"], text) == f"! E110 is not an e-mail address: '{shown}'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x.org", "https://x.org"),
        ("www.Example.COM", "https://www.example.com"),
        (" x.org ", "https://x.org"),
        ("http://x.org", "http://x.org"),
        ("HTTPS://X.Org/Path/To?Q=A#Frag", "https://x.org/Path/To?Q=A#Frag"),
        ("HTTP://X.ORG", "http://x.org"),
        ("x.org/a/b", "https://x.org/a/b"),
        ("x.org?a=1&b=2", "https://x.org?a=1&b=2"),
        ("x.org#top", "https://x.org#top"),
        ("X.ORG:8080/A", "https://x.org:8080/A"),
        ("https://x.org:443/", "https://x.org:443/"),
        ("https://user:Pass@X.org/", "https://user:Pass@x.org/"),
        ("Müller.de", "https://müller.de"),
        ("https://xn--mller-kva.de", "https://xn--mller-kva.de"),
        ("https://x.org/a%20b", "https://x.org/a%20b"),
        ("linkedin.com/in/ada-lovelace_1", "https://linkedin.com/in/ada-lovelace_1"),
        ("https://x.org//double//slash", "https://x.org//double//slash"),
        ("https://a.b.c.d.example", "https://a.b.c.d.example"),
    ],
)
def test_url_is_completed(text: str, expected: str) -> None:
    """A scheme is added where there is none, the host is lower-cased, and the rest stays to the letter."""
    assert transformed(["url"], text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "localhost",
        "x",
        "n/a",
        "none",
        "http://",
        "https://x",
        "https:///path",
        "ftp://x.org",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "JavaScript://x.org/%0aalert(1)",
        "data:text/html,x",
        "mailto:ada@x.org",
        "tel:+491234",
        "ada@x.org:pass",
        "x .org",
        "https://x.org/a b",
        "https://x.org/a\tb",
        "https://-x.org",
        "https://x..org",
        "https://x.org:port",
        "https://x.org:99999",
        "https://[::1",
        "//x.org",
        "https://.org",
        "https://x.123",
        "user:pw@x.org",
    ],
)
def test_url_that_is_none_is_refused(text: str) -> None:
    """What is no web address is refused, and so is any other scheme."""
    assert transformed(["url"], text) == f"! E110 is not a web address: '{text}'"


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        ({"region": "US"}, "(415) 555-2671", "+14155552671"),
        ({"region": "GB"}, "020 7946 0958", "+442079460958"),
        ({"region": "DE"}, "030 123456", "+4930123456"),
        ({"region": "DE"}, "+1 415 555 2671", "+14155552671"),
        ({"region": "US"}, "0044 20 7946 0958", "+442079460958"),
        (None, "+44 20 7946 0958", "+442079460958"),
        ({"region": "US"}, 4155552671, "+14155552671"),
        ({"region": "US", "part": "extension"}, "415 555 2671 ext. 12", "12"),
        ({"region": "US", "part": "extension"}, "415 555 2671", None),
        (None, "020 7946 0958", "! E110 is not a phone number: '020 7946 0958' (begin it with +, or state the region)"),
        (
            {"region": "US"},
            "n/a",
            "! E110 is not a phone number: 'n/a' (expected a number of US, or one that begins with +)",
        ),
        (
            {"region": "US"},
            "12",
            "! E110 is not a phone number: '12' (expected a number of US, or one that begins with +)",
        ),
        (
            {"region": "Texas"},
            "1",
            "? acme.yaml:1:1: E013 transform 'phone': no region 'Texas'; two letters, such as US in ",
        ),
    ],
)
def test_phone_is_written_with_its_country(argument: Any, value: Any, expected: str | None) -> None:
    """A number becomes E.164 by the declared region only; its extension is a part of its own."""
    pytest.importorskip("phonenumbers", reason="the extra 'clean' is not installed")
    assert transformed([{"phone": argument}], value) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [("prefix", "Dr."), ("first", "Ada"), ("middle", "King"), ("last", "Lovelace"), ("suffix", "Jr.")],
)
def test_name_is_taken_apart(part: str, expected: str) -> None:
    """Each part of a whole name is had by its own word; a part that is not there is blank."""
    pytest.importorskip("nameparser", reason="the extra 'clean' is not installed")
    assert transformed([{"name": part}], "Dr. Ada King Lovelace, Jr.") == expected
    assert transformed([{"name": part}], "Ada") == ("Ada" if part == "first" else None)


def test_name_knows_its_parts() -> None:
    """Another word is a problem of the mapping."""
    pytest.importorskip("nameparser", reason="the extra 'clean' is not installed")
    fact = "it takes one of prefix, first, middle, last, suffix"
    assert transformed([{"name": "nick"}], "x") == f"? acme.yaml:1:1: E013 transform 'name': {fact} in "


@pytest.mark.parametrize(
    ("chain", "value", "expected"),
    [
        (["country"], "Germany", "DE"),
        (["country"], " deutschland ", "DE"),
        (["country"], "ALLEMAGNE", "DE"),
        (["country"], "de", "DE"),
        (["country"], "DEU", "DE"),
        (["country"], "UK", "GB"),
        (["country"], "U.S.A.", "US"),
        (["country"], "The Netherlands", "NL"),
        (["country"], "Österreich", "AT"),
        ([{"country": "alpha2"}], "usa", "US"),
        ([{"country": "alpha3"}], "Schweiz", "CHE"),
        ([{"country": "name"}], "ch", "Switzerland"),
        ([{"currency": "code"}], "€", "EUR"),
        (["currency"], "us dollar", "USD"),
        (["currency"], "chf", "CHF"),
        ([{"currency": "name"}], "GBP", "British Pound"),
        (["language"], "Deutsch", "de"),
        (["language"], "EN", "en"),
        ([{"language": "name"}], "français", "French"),
        ([{"split": ";"}, "country"], "de;fr", ["DE", "FR"]),
        (["country"], "Germny", "! E115 is no known country: 'Germny' (did you mean 'Germany'?)"),
        (["country"], "Qqqq", "! E115 is no known country: 'Qqqq'"),
        (["country"], "EU", "! E115 is no known country: 'EU'"),
        (["currency"], "DEM", "! E115 is no known currency: 'DEM'"),
        (["language"], "Qqqq", "! E115 is no known language: 'Qqqq'"),
        (
            [{"country": "iso"}],
            "x",
            "? acme.yaml:1:1: E013 transform 'country': it takes one of alpha2, alpha3, name in ",
        ),
        ([{"currency": "sign"}], "x", "? acme.yaml:1:1: E013 transform 'currency': it takes one of code, name in "),
    ],
)
def test_name_or_code_becomes_a_code(chain: list[Any], value: str, expected: Any) -> None:
    """Countries, currencies and languages are known by code and by their names in several languages."""
    assert transformed(chain, value) == expected


GERMAN = {"decimal": ",", "thousands": "."}


@pytest.mark.parametrize(
    ("argument", "value", "number", "currency"),
    [
        (GERMAN, "1.234,50 EUR", "1234.50", "EUR"),
        (GERMAN, "€ 1.234,50", "1234.50", "EUR"),
        (GERMAN, "1.234,50€", "1234.50", "EUR"),
        ({}, "$5", "5", "USD"),
        ({}, "USD 5.25", "5.25", "USD"),
        ({}, "-5.25 GBP", "-5.25", "GBP"),
        ({"thousands": ","}, "£1,234.50", "1234.50", "GBP"),
        ({"thousands": "'"}, "CHF 1'234.50", "1234.50", "CHF"),
        ({}, "5", "5", None),
    ],
)
def test_amount_is_taken_apart(argument: Any, value: str, number: str, currency: str | None) -> None:
    """An amount of money has a value and a currency, each had by its own word."""
    assert str(transformed([{"amount": {**argument, "part": "value"}}], value)) == number
    assert str(transformed([{"amount": argument}], value)) == number
    assert transformed([{"amount": {**argument, "part": "currency"}}], value) == currency


@pytest.mark.parametrize(
    ("argument", "value", "refusal"),
    [
        ({}, "EUR", "! E110 is not an amount of money: 'EUR'"),
        ({}, "5 EUR 6", "! E110 is not an amount of money: '5 EUR 6'"),
        ({}, "five", "! E110 is not an amount of money: 'five'"),
        ({}, "-€5", "! E110 is not an amount of money: '-€5'"),
        ({}, "1,234 EUR", "! E110 is not an amount of money: '1,234 EUR' (state its decimal and thousands separators)"),
        (
            GERMAN,
            "1.23,4 €",
            "! E110 is not an amount of money: '1.23,4 €' (state its decimal and thousands separators)",
        ),
        (
            {},
            "\u0661\u0662 EUR",
            "! E110 is not an amount of money: '\u0661\u0662 EUR' (state its decimal and thousands separators)",
        ),
        ({"part": "currency"}, "5 Taler", "! E115 is no known currency: 'Taler'"),
    ],
)
def test_amount_that_is_none_is_refused(argument: Any, value: str, refusal: str) -> None:
    """Separators that were not declared, other digits and unknown currencies are refused."""
    assert transformed([{"amount": argument}], value) == refusal


def test_table_of_codes_is_the_one_that_cldr_gives() -> None:
    """The shipped table is what its maker makes of the CLDR that it names, to the letter."""
    pytest.importorskip("babel", reason="babel, of the extra 'dev', is not installed")
    import make_codes  # noqa: PLC0415 - needs babel

    assert Path(codes.__file__).with_name("codes.json") == make_codes.TARGET
    text = make_codes.TARGET.read_text(encoding="utf-8")
    made_of, held = json.loads(text)["cldr"], make_codes.cldr_version()
    if held != made_of:
        pytest.skip(f"the table is made of CLDR {made_of}, and babel holds {held or 'one that it does not name'}")
    assert text == make_codes.render()


def test_codes_of_the_table_are_those_of_any_cldr() -> None:
    """Countries, with both their codes, and languages are the same whatever CLDR babel holds: they are ISO's."""
    pytest.importorskip("babel", reason="babel, of the extra 'dev', is not installed")
    import make_codes  # noqa: PLC0415 - needs babel

    table = json.loads(Path(codes.__file__).with_name("codes.json").read_text(encoding="utf-8"))
    assert {code: names.split("|")[1:2] for code, names in table["countries"].items()} == make_codes.countries()
    assert set(table["languages"]) == set(make_codes.languages())


@pytest.mark.parametrize("kind", ["countries", "currencies", "languages"])
def test_table_of_codes_has_one_code_for_each_name(kind: str) -> None:
    """No name stands for two codes but where one of them is a country's own first name."""
    table = json.loads(Path(codes.__file__).with_name("codes.json").read_text(encoding="utf-8"))[kind]
    names = [name.casefold() for listed in table.values() for name in listed.split("|")[2:]]
    assert len(names) == len(set(names))
    assert len(table) > 100
