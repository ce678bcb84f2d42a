"""What of an answer is used beside its verdict: the time to wait, and its words without any key."""

import json
from collections.abc import Mapping

import pytest
from connecting import CRELATE, KEY
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.connectors.rest.answers import MAX_EXCERPT, classify, excerpt, retry_after
from migrator.connectors.rest.http import Answer
from migrator.records import Write

JSON = {"content-type": "application/json"}


def answered(status: int, body: str = "", headers: Mapping[str, str] = JSON) -> Answer:
    """Make an answer."""
    return Answer(status=status, headers=headers, body=body.encode())


def message(status: int, body: str) -> str:
    """Give what is kept of an answer to a create."""
    create = CRELATE.objects["companies"].actions["create"]
    return classify(CRELATE, create, Write(object="companies", fields={}), answered(status, body)).message


DATE = {"date": "Mon, 06 May 2024 07:08:09 GMT"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("007", 7.0),
        ("999999999", 999_999_999.0),
        ("Mon, 06 May 2024 07:09:39 GMT", 90.0),
        ("Monday, 06-May-24 07:09:39 GMT", 90.0),
        ("Mon May  6 07:09:39 2024", 90.0),
        ("Mon, 06 May 2024 09:09:39 +0200", 90.0),
        ("Mon, 06 May 2024 07:08:09 GMT", 0.0),
        ("Mon, 06 May 2024 07:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("1000000000", None),
        ("-1", None),
        ("1.5", None),
        ("1e3", None),
        ("0x10", None),
        ("7s", None),
        ("7, 8", None),
        ("٣", None),
        ("²", None),
        ("2024-05-06T07:09:39Z", None),
        ("Mon, 99 May 2024 07:09:39 GMT", None),
        ("Mon, 06 May 2024 27:09:39 GMT", None),
    ],
)
def test_time_to_wait_is_read(text: str, seconds: float | None) -> None:
    """Seconds in ASCII digits, or a date in any of its three forms, measured against the answer's own Date."""
    assert retry_after(answered(429, headers={"retry-after": text, **DATE})) == seconds


@pytest.mark.parametrize("date", ["", "today", "Mon, 06 May 2024 25:08:09 GMT"])
def test_date_to_wait_for_needs_the_date_of_the_answer(date: str) -> None:
    """The clock of this machine is not asked."""
    headers = {"retry-after": "Mon, 06 May 2024 07:09:39 GMT", "date": date}
    assert retry_after(answered(429, headers=headers)) is None
    assert retry_after(answered(429, headers={})) is None


@given(text=st.text(st.characters(max_codepoint=0x2FFF), max_size=30))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_rubbish_breaks_the_time_to_wait(text: str) -> None:
    """Whatever stands there, it is seconds or nothing."""
    found = retry_after(answered(429, headers={"retry-after": text, **DATE}))
    assert found is None or found >= 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"https://x/?api_key={KEY.replace('&', '%26')}&take=5", "https://x/?api_key=***&take=5"),
        (
            '{"Url": "https://x/contacts?take=5&api_key=S3CR3T", "Verb": "POST"}',
            '{"Url": "https://x/contacts?take=5&api_key=***", "Verb": "POST"}',
        ),
        ("API_KEY=S3CR3T apikey=S3CR3T", "API_KEY=*** apikey=***"),
        ("access_token=S3CR3T&passkey=S3CR3T&x=1", "access_token=***&passkey=***&x=1"),
        ("client_secret=S3CR3T' KEY1=plain", "client_secret=***' KEY1=plain"),
        ("api_key=", "api_key="),
        ("nothing secret here", "nothing secret here"),
    ],
)
def test_key_in_an_echoed_address_is_struck_out(text: str, expected: str) -> None:
    """What a server repeats of a URL is kept without its key, whatever the answer proves."""
    assert excerpt(answered(500, text)) == expected
    assert message(503, text) == expected
    assert message(401, text) == expected
    assert "S3CR3T" not in message(400, text)


def test_key_in_the_words_of_a_refusal_is_struck_out() -> None:
    """Also where JSON hides the sign before it."""
    body = '{"Message": "no", "Metadata": {"Url": "https://x/?take=5\\u0026api_key\\u003dS3CR3T"}}'
    assert message(400, body) == "no; https://x/?take=5&api_key=***"


@pytest.mark.parametrize("status", [400, 401, 503, 507])
def test_long_answer_is_cut(status: int) -> None:
    """Two KiB say enough; a character that is cut in two is shown as such."""
    assert message(status, "é" * 5000) == "é" * (MAX_EXCERPT // 2)
    assert message(status, f"x{'é' * 5000}") == f"x{'é' * (MAX_EXCERPT // 2 - 1)}\ufffd"


def test_long_words_are_cut() -> None:
    """The texts of a refusal, however many, are cut as well."""
    assert message(400, json.dumps(["no " * 900, "a" * 900])) == ("no " * 900)[:MAX_EXCERPT]
