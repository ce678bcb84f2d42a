"""A secret shows itself nowhere by accident."""

import base64
import copy
import json
import logging
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
from clocks import FakeClock, HalfRng
from connecting import CRELATE, KEY, connection

from migrator.connectors.rest.auth import Session
from migrator.connectors.rest.bodies import Request
from migrator.connectors.rest.definition import Auth
from migrator.connectors.rest.secret import Secret
from migrator.connectors.rest.target import RestTarget


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        "{}".format,
        "{!s:>3}".format,
        "%s".__mod__,
        "%r".__mod__,
        lambda secret: f"{secret}",
        lambda secret: f"{[secret]}"[1:-1],
    ],
)
def test_secret_prints_as_stars(show: Callable[[Secret], str]) -> None:
    """However it is turned into text, three stars come out."""
    assert show(Secret(KEY)) == "***"


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (pickle.dumps, "a secret is not written down"),
        (copy.copy, "a secret is not written down"),
        (copy.deepcopy, "a secret is not written down"),
        (json.dumps, "Object of type Secret is not JSON serializable"),
        (vars, "vars() argument must have __dict__ attribute"),
        (len, "object of type 'Secret' has no len()"),
        ("".join, "can only join an iterable"),
        (KEY.__contains__, "'in <string>' requires string as left operand, not Secret"),
    ],
)
def test_secret_is_no_text(use: Callable[[Secret], object], message: str) -> None:
    """What writes, copies or reads text gets none."""
    with pytest.raises(TypeError) as caught:
        use(Secret(KEY))
    assert str(caught.value) == message


def test_secret_is_given_to_whoever_asks() -> None:
    """The one place that sends it can have it."""
    assert Secret(KEY).reveal() == KEY


def test_no_value_on_the_way_shows_the_key() -> None:
    """Connection, authentication, request and target can be printed."""
    found = replace(connection(), values={"api_key": Secret(KEY), "base_url": "https://app.crelate.com"})
    auth = Auth(header={"X-Key": "{api_key}"}, query=CRELATE.auth.query)
    session = Session(replace(CRELATE, auth=auth), found)
    target = RestTarget(CRELATE, found, clock=FakeClock(), rng=HalfRng())
    request = Request(method="GET", path="/contacts", query={"take": "1"})
    shown = "".join(f"{value!r}{value}" for value in (found, auth, session, request, target, found.values))
    assert KEY not in shown
    assert base64.b64encode(KEY.encode()).decode() not in shown
    assert (session.header(), session.query()) == ({"X-Key": KEY}, {"api_key": KEY})


def test_request_says_what_it_asks() -> None:
    """A request prints as verb and path, without any parameter."""
    assert str(Request(method="GET", path="/contacts", query={"email": "a@b.c"})) == "GET /contacts"


def test_libraries_below_are_kept_from_logging() -> None:
    """They print whole URLs at INFO, keys included."""
    names = ("httpx", "httpcore", "httpcore.connection", "httpcore.http11", "aiohttp.client", "aiohttp.internal")
    assert [name for name in names if logging.getLogger(name).isEnabledFor(logging.INFO)] == []
