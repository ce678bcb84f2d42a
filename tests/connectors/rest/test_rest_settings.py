"""Where settings come from, and which are refused."""

import stat
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from connecting import CRELATE, KEY, connection

from migrator.connectors.rest.definition import Window
from migrator.connectors.rest.environment import Sources, read_environment
from migrator.connectors.rest.secret import Secret
from migrator.connectors.rest.settings import Connection, is_loopback, resolve
from migrator.errors import SpecError

LOOPBACK = "http://127.0.0.1:8765/api/pub/v1"
VENDOR = "https://app.crelate.com/api/pub/v1"
KNOWN = "api_key, base_url, blank_values, concurrency, rate, settle_seconds, timeout_seconds, zone"
RATE = "such as 50/10s; 'none' for a practice server on loopback only"
SECONDS = "a number of seconds, such as 30"
WHOLE = "a whole number from 1 to 16"
Texts = dict[str, str]


def resolved(environ: Texts, profile: Texts | None = None, block: Texts | None = None) -> Connection:
    """Resolve Crelate's settings from three places."""
    return resolve(CRELATE, Sources(prefix="CRELATE", environ=environ, profile=profile or {}, block=block or {}))


def refusal(environ: Texts, profile: Texts | None = None, block: Texts | None = None) -> list[str]:
    """Give all problems of settings that are refused."""
    with pytest.raises(SpecError) as caught:
        resolved(environ, profile, block)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("environ", "profile", "block", "timeout", "origin"),
    [
        ({"CRELATE_TIMEOUT_SECONDS": "1"}, {"timeout_seconds": "2"}, {"timeout_seconds": "3"}, 1.0, "environment"),
        ({}, {"timeout_seconds": "2"}, {"timeout_seconds": "3"}, 2.0, "profile"),
        ({}, {}, {"timeout_seconds": "3"}, 3.0, "mapping"),
        ({}, {}, {}, 30.0, "default"),
        ({"CRELATE_TIMEOUT_SECONDS": "1"}, {}, {}, 1.0, "environment"),
        ({"OTHER_TIMEOUT_SECONDS": "1"}, {}, {}, 30.0, "default"),
    ],
)
def test_nearest_place_wins(environ: Texts, profile: Texts, block: Texts, timeout: float, origin: str) -> None:
    """The environment goes before the profile, that before the mapping, that before the connector's default."""
    found = resolved({"CRELATE_API_KEY": KEY, **environ}, profile, block)
    assert found.timeout_seconds == timeout
    sources = Sources(prefix="CRELATE", environ=environ, profile=profile, block=block)
    assert sources.find("timeout_seconds")[1].partition(" ")[0] == origin


def test_origins_are_told() -> None:
    """Each value can be traced to where it came from."""
    environ = {"CRELATE_API_KEY": KEY}
    assert resolved(environ).origins == {"base_url": "default", "api_key": "environment CRELATE_API_KEY"}
    profile = {"base_url": LOOPBACK, "api_key": "env:ELSEWHERE"}
    assert resolved({"ELSEWHERE": KEY}, profile).origins == {"base_url": "profile", "api_key": "profile"}


def test_prefix_names_the_variables() -> None:
    """Two accounts of one CRM have a prefix each."""
    environ = {"OLD_API_KEY": "Key-1-Old", "NEW_API_KEY": "Key-2-New", "NEW_BASE_URL": LOOPBACK}
    found = [resolve(CRELATE, Sources(prefix=name, environ=environ, profile={}, block={})) for name in ("OLD", "NEW")]
    assert [(one.base_url, revealed(one)) for one in found] == [(VENDOR, "Key-1-Old"), (LOOPBACK, "Key-2-New")]


def revealed(found: Connection) -> str:
    """Give the text of the key."""
    secret = found.values["api_key"]
    assert isinstance(secret, Secret)
    return secret.reveal()


def test_connection_is_whole() -> None:
    """With nothing but a key, everything is as the connector says; a slash at the end of the address is cut off."""
    found = connection(f"{VENDOR}/")
    assert (found.base_url, revealed(found)) == (VENDOR, KEY)
    assert (found.timeout_seconds, found.settle_seconds, found.lag_seconds, found.concurrency) == (30.0, 120.0, 5.0, 1)
    assert found.windows == (Window(requests=4, seconds=1.0),)


@pytest.mark.parametrize("reference", ["env:CRELATE_KEY_OF_MINE", "file:{folder}/key"])
def test_secret_is_followed_from_a_profile(tmp_path: Path, reference: str) -> None:
    """A profile points at a secret: at a variable, or at a file that only its owner can read."""
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n", encoding="utf-8")
    path.chmod(0o600)
    found = resolved({"CRELATE_KEY_OF_MINE": KEY}, {"api_key": reference.format(folder=tmp_path)})
    assert revealed(found) == KEY


@pytest.mark.parametrize("written", [KEY, "ENV:NAME", " env:NAME"])
def test_secret_is_not_written_out_in_a_profile(written: str) -> None:
    """A key in migrator.yaml itself is refused, and not repeated."""
    hint = "point at it: 'api_key: env:NAME', 'file:PATH' or 'keyring:SERVICE/NAME'"
    assert refusal({}, {"api_key": written}) == [f"migrator.yaml: E018 'api_key' is written out ({hint})"]


MISSING = (
    "crelate: E020 the secret 'api_key' is missing"
    " (set CRELATE_API_KEY in the environment, in .env, or in a profile of migrator.yaml)"
)


@pytest.mark.parametrize(
    ("environ", "profile"),
    [({}, {}), ({"CRELATE_API_KEY": ""}, {}), ({}, {"api_key": "env:NOWHERE"}), ({}, {"api_key": ""})],
)
def test_missing_secret_is_told(environ: Texts, profile: Texts) -> None:
    """A key that is absent, empty or pointed at in vain is missing."""
    assert refusal(environ, profile) == [MISSING]


def test_missing_setting_is_told() -> None:
    """A setting that is no secret is called one."""
    expected = MISSING.replace("secret 'api_key'", "setting 'base_url'").replace("API_KEY", "BASE_URL")
    assert refusal({"CRELATE_API_KEY": KEY, "CRELATE_BASE_URL": ""}) == [expected]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o601])
def test_secret_file_of_others_is_refused(tmp_path: Path, mode: int) -> None:
    """A file that group or world may read, write or run is refused, with what to do."""
    path = tmp_path / "key"
    path.write_text(KEY, encoding="utf-8")
    path.chmod(mode)
    problem = f"{path}: E019 others can read this file of secrets (chmod 600 {path})"
    assert refusal({}, {"api_key": f"file:{path}"}) == [problem]


def test_environment_file_is_below_the_environment(tmp_path: Path) -> None:
    """Lines of .env count, blank ones, comments and quotes do not; a variable that is set goes before them."""
    path = tmp_path / ".env"
    path.write_text(
        "# keys\n\nCRELATE_API_KEY=one=1\nexport QUOTED='a b'\n DOUBLE = \"c\" \nEMPTY=\nSET=no\n", encoding="utf-8"
    )
    path.chmod(0o600)
    assert read_environment(tmp_path, {"SET": "yes", "OTHER": "o"}) == {
        "CRELATE_API_KEY": "one=1", "QUOTED": "a b", "DOUBLE": "c", "EMPTY": "", "SET": "yes", "OTHER": "o",
    }  # fmt: skip


def test_environment_without_a_file_is_a_copy(tmp_path: Path) -> None:
    """Without .env, or with a folder of that name, the environment stands alone."""
    environ = {"A": "b"}
    (tmp_path / ".env").mkdir()
    found = read_environment(tmp_path, environ)
    found["C"] = "d"
    assert (environ, read_environment(tmp_path / "gone", environ)) == ({"A": "b"}, {"A": "b"})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o602])
def test_environment_file_of_others_is_refused(tmp_path: Path, mode: int) -> None:
    """A .env that others can reach is not read."""
    path = tmp_path / ".env"
    path.write_text("not a line", encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(SpecError) as caught:
        read_environment(tmp_path, {})
    assert str(caught.value) == f"{path}: E019 others can read this file of secrets (chmod 600 {path})"
    path.chmod(stat.S_IRUSR)
    with pytest.raises(SpecError, match="not a setting"):
        read_environment(tmp_path, {})


@pytest.mark.parametrize(
    "line", ["NAME", "=value", "1NAME=v", "NA ME=v", "NAME: value", "é-é=v", "S3CR3T without sign"]
)
def test_wrong_line_of_the_environment_file_is_told(tmp_path: Path, line: str) -> None:
    """A line that is no NAME=value is refused by its number, without repeating it: it may be half a secret."""
    path = tmp_path / ".env"
    path.write_text(f"A=b\n\n{line}\n", encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(SpecError) as caught:
        read_environment(tmp_path, {})
    assert str(caught.value) == f"{path}:3: E019 not a setting (a line is NAME=value)"


def test_unknown_setting_is_told_with_those_there_are() -> None:
    """Each name in the mapping's block that no connector knows, in its order; known ones pass."""
    block = {"zone": "Europe/Berlin", "blank_values": "-", "acount": "x", "rate": "1/1s", "timeout": "3"}
    assert refusal({"CRELATE_API_KEY": KEY}, {}, block) == [
        f"crelate: E012 unknown setting '{name}' (there are: {KNOWN})" for name in ("acount", "timeout")
    ]


@pytest.mark.parametrize("text", ["ten", "", "-1", "nan", "inf", "-inf", "1000000", "1,5", "0x10"])
@pytest.mark.parametrize(
    ("name", "hint"), [("timeout_seconds", SECONDS), ("settle_seconds", SECONDS), ("concurrency", WHOLE)]
)
def test_number_is_a_number(name: str, hint: str, text: str) -> None:
    """A setting that should be a number is one from 0 up to, not including, a million."""
    variable = f"CRELATE_{name.upper()}"
    expected = f"environment {variable}: E013 '{name}' cannot be '{text}' ({hint})"
    assert refusal({"CRELATE_API_KEY": KEY, variable: text}) == [expected]


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("timeout_seconds", "0", SECONDS),
        ("timeout_seconds", "0.0009", SECONDS),
        ("concurrency", "0", WHOLE),
        ("concurrency", "17", WHOLE),
        ("concurrency", "1.5", WHOLE),
    ],
)
def test_number_is_within_its_bounds(name: str, text: str, hint: str) -> None:
    """No time at all is no deadline, and as many at once as a target bears is a whole number, and not many."""
    variable = f"CRELATE_{name.upper()}"
    expected = f"environment {variable}: E013 '{name}' cannot be '{text}' ({hint})"
    assert refusal({"CRELATE_API_KEY": KEY, variable: text}) == [expected]


def test_bounds_of_a_number_are_within() -> None:
    """The bounds themselves are fine."""
    least = connection(timeout_seconds="0.001", settle_seconds="0", concurrency="1")
    most = connection(timeout_seconds="999999.999999", settle_seconds="999999", concurrency="16")
    assert (least.timeout_seconds, least.settle_seconds, least.concurrency) == (0.001, 0.0, 1)
    assert (most.timeout_seconds, most.settle_seconds, most.concurrency) == (999999.999999, 999999.0, 16)


def test_all_problems_come_at_once() -> None:
    """Nobody mends one setting after the other."""
    block = {"acount": "x", "timeout_seconds": "soon"}
    assert refusal({"CRELATE_BASE_URL": ""}, {"concurrency": "many"}, block) == [
        f"crelate: E012 unknown setting 'acount' (there are: {KNOWN})",
        MISSING.replace("secret 'api_key'", "setting 'base_url'").replace("API_KEY", "BASE_URL"),
        MISSING,
        f"mapping: E013 'timeout_seconds' cannot be 'soon' ({SECONDS})",
        f"profile: E013 'concurrency' cannot be 'many' ({WHOLE})",
    ]


@pytest.mark.parametrize(
    ("text", "window"), [("50/10s", (50, 10.0)), ("1/3600s", (1, 3600.0)), ("999999/999999s", (999999, 999999.0))]
)
def test_rate_adds_a_window(text: str, window: tuple[int, float]) -> None:
    """A user's own limit goes beside the connector's, never instead of it."""
    own = Window(requests=window[0], seconds=window[1])
    assert connection(rate=text).windows == (Window(requests=4, seconds=1.0), own)


@pytest.mark.parametrize(
    "text",
    [
        "", "5", "5/", "/1s", "5/s", "5/1m", "1/0.5s", "-5/1s", "5/-1s", "5 / 1s", "five/1s", "5/1s/2", "None",
        "50/10", "07/1s", "7/01s", "0/1s", "1/0s", "1000000/1s", "1/1000000s",
    ],
)  # fmt: skip
@pytest.mark.parametrize("url", [VENDOR, LOOPBACK])
def test_odd_rate_is_refused(text: str, url: str) -> None:
    """A rate is so many requests in so many whole seconds."""
    environ = {"CRELATE_API_KEY": KEY, "CRELATE_BASE_URL": url, "CRELATE_RATE": text}
    assert refusal(environ) == [f"environment CRELATE_RATE: E013 'rate' cannot be '{text}' ({RATE})"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8765/x", "http://localhost/x", "http://[::1]:8765/x", "http://[::1]"]
)
def test_no_rate_is_for_loopback(url: str) -> None:
    """A practice server on loopback may be asked as fast as it goes."""
    assert connection(url, rate="none").windows == ()


@pytest.mark.parametrize(
    "url", [VENDOR, "http://10.0.0.1/x", "http://127.0.0.1.example.com/", "http://localhost@example.com"]
)
def test_no_rate_is_not_for_others(url: str) -> None:
    """A vendor's limit cannot be taken away, wherever the wish stands."""
    environ = {"CRELATE_API_KEY": KEY, "CRELATE_BASE_URL": url}
    assert refusal(environ, {}, {"rate": "none"}) == [f"mapping: E013 'rate' cannot be 'none' ({RATE})"]
    assert refusal(environ, {"rate": "none"}) == [f"profile: E013 'rate' cannot be 'none' ({RATE})"]


@pytest.mark.parametrize(
    ("url", "settle", "lag"),
    [(LOOPBACK, "0", 0.0), (LOOPBACK, "0.2", 0.2), (LOOPBACK, "60", 5.0), (VENDOR, "0.2", 5.0)],
)
def test_lag_is_capped_by_settle_on_loopback(url: str, settle: str, lag: float) -> None:
    """A practice server sees its own writes at once; a vendor's lag is waited for whatever the settle time."""
    found = connection(url, settle_seconds=settle)
    assert (found.settle_seconds, found.lag_seconds) == (float(settle), lag)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "UTC", "Etc/GMT+12"])
def test_zone_is_found_by_its_name(name: str) -> None:
    """Date-times of the target that name no zone are in this one; without the setting they are in UTC."""
    assert (connection(zone=name).zone, connection().zone) == (ZoneInfo(name), UTC)


@pytest.mark.parametrize("name", ["Europe/Berlinn", "+02:00", "", "../../etc/passwd", "/etc/localtime"])
def test_zone_that_there_is_not_is_told(name: str) -> None:
    """Only the names of the zone data count, and no path."""
    environ = {"CRELATE_API_KEY": KEY, "CRELATE_ZONE": name}
    expected = f"environment CRELATE_ZONE: E013 'zone' cannot be '{name}' (an IANA name, such as Europe/Berlin)"
    assert refusal(environ) == [expected]


def test_loopback_has_to_be_wished() -> None:
    """Only an address that the user set himself may be on loopback: a connector's own default may not."""
    assert [connection(LOOPBACK).is_loopback_allowed, resolved({"CRELATE_API_KEY": KEY}).is_loopback_allowed] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1", True),
        ("http://127.0.0.1:80/x", True),
        ("https://localhost:1", True),
        ("http://[::1]:8/", True),
        ("http://127.0.0.2/", False),
        ("http://127.1/", False),
        ("http://2130706433/", False),
        ("http://127.0.0.1.nip.io/", False),
        ("http://x@127.0.0.1/", False),
        ("http://127.0.0.1:80@example.com/", False),
        ("http://example.com/http://127.0.0.1/", False),
        ("127.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_told_by_its_spelling(url: str, *, expected: bool) -> None:
    """Three spellings are this machine; every odd one is not, and is checked like any other host."""
    assert is_loopback(url) is expected
