"""The kinds of scripted faults, by name: what a server, a proxy or a network may do to one request.

Some strike before anything is committed, some commit and hide it (`-after`), some commit and spoil the answer, some
commit something else. The table at the end says which.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from migrator.emulators.altered import Alter, altered, dropped, recased, trimmed
from migrator.emulators.exact import parse_json, write_json
from migrator.emulators.exchange import Exchange, head
from migrator.emulators.messages import HTML_TYPE, Answer, message_answer
from migrator.emulators.spoilt_ids import with_other_id, without_id

Act = Callable[[Exchange, str], None]
Spoil = Callable[[Answer], Answer]

_PAGE = (
    b"<!DOCTYPE html><html><head><title>Down for maintenance</title></head><body><h1>Be right back</h1></body></html>"
)
_OTHER_HOST = "http://other.invalid"
_OTHER_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of fault. `argument` names what ARG is (seconds, bytes, field or url), empty where it takes none."""

    act: Act
    argument: str = ""
    default: str = ""
    is_once: bool = False


def _instead(answer: Answer) -> Act:
    """Answer this, and commit nothing."""
    return lambda exchange, _argument: exchange.send(answer)


def _afterwards(answer: Answer) -> Act:
    """Commit, and answer this instead of the truth."""

    def act(exchange: Exchange, _argument: str) -> None:
        exchange.commit()
        exchange.send(answer)

    return act


def _spoilt(spoil: Spoil) -> Act:
    """Commit, and spoil the answer."""
    return lambda exchange, _argument: exchange.send(spoil(exchange.commit()))


def _refusal(status: int, *headers: tuple[str, str]) -> Answer:
    return replace(message_answer(status, f"scripted fault: {status}"), headers=headers)


def _page(status: int) -> Answer:
    return Answer(status=status, body=_PAGE, content_type=HTML_TYPE)


def _wait_seconds(status: int) -> Act:
    return lambda exchange, seconds: exchange.send(_refusal(status, ("Retry-After", seconds)))


def _wait_until(status: int) -> Act:
    def act(exchange: Exchange, seconds: str) -> None:
        until = format_datetime(exchange.now() + timedelta(seconds=float(seconds)), usegmt=True)
        exchange.send(_refusal(status, ("Retry-After", until)))

    return act


def _moved(status: int) -> Act:
    """Point at another host, with path and query, as a proxy that knows nothing of keys does."""

    def act(exchange: Exchange, origin: str) -> None:
        exchange.send(_refusal(status, ("Location", origin.rstrip("/") + exchange.request.target)))

    return act


def _looped(exchange: Exchange, _argument: str) -> None:
    exchange.send(_refusal(307, ("Location", exchange.request.target)))


def _reset_before(exchange: Exchange, _argument: str) -> None:
    exchange.reset()


def _reset_after(exchange: Exchange, _argument: str) -> None:
    exchange.commit()
    exchange.reset()


def _closed_before(exchange: Exchange, _argument: str) -> None:
    exchange.close()


def _closed_after(exchange: Exchange, _argument: str) -> None:
    exchange.commit()
    exchange.close()


def _hung_before(exchange: Exchange, seconds: str) -> None:
    exchange.hold(float(seconds))
    exchange.close()


def _hung_after(exchange: Exchange, seconds: str) -> None:
    exchange.commit()
    exchange.hold(float(seconds))
    exchange.close()


def _committed_late(exchange: Exchange, seconds: str) -> None:
    exchange.commit_later(float(seconds))
    exchange.close()


def _timed_out_late(exchange: Exchange, seconds: str) -> None:
    exchange.commit_later(float(seconds))
    exchange.send(_page(504))


def _slow(exchange: Exchange, seconds: str) -> None:
    exchange.hold(float(seconds))
    exchange.send(exchange.commit())


def _dripped(exchange: Exchange, seconds: str) -> None:
    answer = exchange.commit()
    exchange.send_bytes(answer.status, head(answer, exchange.now(), f"Content-Length: {len(answer.body)}"))
    exchange.send_slowly(answer.body, float(seconds))


def _cut(*framing: str, is_reset: bool = False) -> Act:
    """Commit, and break off in the middle of the body; the client can tell only where `framing` gave a length."""

    def act(exchange: Exchange, _argument: str) -> None:
        answer = exchange.commit()
        lines = [line.format(length=len(answer.body)) for line in framing]
        exchange.send_bytes(answer.status, head(answer, exchange.now(), *lines) + answer.body[: len(answer.body) // 2])
        (exchange.reset if is_reset else exchange.close)()

    return act


def _reset_in_headers(exchange: Exchange, _argument: str) -> None:
    answer = exchange.commit()
    exchange.send_bytes(None, head(answer, exchange.now())[:40])
    exchange.reset()


def _stalled(exchange: Exchange, seconds: str) -> None:
    """Commit, send one whole chunk of the body and never the next."""
    answer = exchange.commit()
    chunk = answer.body[: len(answer.body) // 2]
    start = head(answer, exchange.now(), "Transfer-Encoding: chunked") + f"{len(chunk):x}\r\n".encode()
    exchange.send_bytes(answer.status, start + chunk + b"\r\n")
    exchange.hold(float(seconds))
    exchange.close()


def _garbled_status(exchange: Exchange, _argument: str) -> None:
    exchange.commit()
    exchange.send_bytes(None, b"\x16\x03\x01 not HTTP at all\r\n\r\n")
    exchange.close()


def _flooded(exchange: Exchange, _argument: str) -> None:
    answer = exchange.commit()
    whole = head(answer, exchange.now(), f"Content-Length: {len(answer.body)}") + answer.body
    exchange.send_bytes(answer.status, b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50 + whole)


def _huge(exchange: Exchange, size: str) -> None:
    answer = exchange.commit()
    exchange.send(replace(answer, body=_padded(answer.body, int(size))))


def _bomb(exchange: Exchange, size: str) -> None:
    answer = exchange.commit()
    body = gzip.compress(_padded(answer.body, int(size)))
    exchange.send(replace(answer, body=body, headers=(*answer.headers, ("Content-Encoding", "gzip"))))


def _padded(body: bytes, size: int) -> bytes:
    """Make a body larger without making it wrong: one member more, or blanks where it is no object with members."""
    if not body.endswith(b"}") or body == b"{}":
        return body + b" " * size
    return body[:-1] + b',"Padding":"' + b"x" * size + b'"}'


def _value(answer: Answer) -> Any:
    return parse_json(answer.body) if answer.body else {}


def _encoded(text_encoding: str, declared: str) -> Spoil:
    """Say one charset and send another; a word with accents makes sure that it matters.

    What can hold no further member, such as a bare number, becomes a list with it.
    """

    def spoil(answer: Answer) -> Answer:
        value, more = _value(answer), {"Message": "naïve café"}
        items = value if isinstance(value, list) else [value]
        text = write_json(value | more if isinstance(value, dict) else [*items, more])
        body = text.encode(text_encoding, errors="replace")
        return replace(answer, body=body, content_type=f"application/json; charset={declared}")

    return spoil


def _with_body(body: bytes) -> Spoil:
    return lambda answer: replace(answer, body=body)


def _with_member(text: bytes) -> Spoil:
    """Put a member in front; a list gets it in an item of its own, and what is neither becomes a list with it."""

    def spoil(answer: Answer) -> Answer:
        body = answer.body if answer.body[:1] in {b"", b"{", b"["} else b"[" + answer.body + b"]"
        start, rest = body[:1], body[1:]
        first = text if start == b"{" else b"{" + text + b"}"
        return replace(answer, body=(start or b"{") + first + (b"" if rest in {b"}", b"]"} else b",") + rest)

    return spoil


def _with_duplicate(answer: Answer) -> Answer:
    """Say the first name twice, at first with a value that is not true."""
    value = _value(answer)
    name = next(iter(value), "Id") if isinstance(value, dict) else "Id"
    return _with_member(f'"{name}":"{_OTHER_ID}"'.encode())(answer)


def _prefixed(prefix: bytes) -> Spoil:
    return lambda answer: replace(answer, body=prefix + answer.body)


def _altered(alter: Alter) -> Act:
    """Commit something else than what was asked, and answer as if nothing were wrong."""

    def act(exchange: Exchange, name: str) -> None:
        exchange.send(exchange.commit(altered(exchange.request, alter, name)))

    return act


KINDS: dict[str, Kind] = {
    # refused or diverted before anything is committed
    **{
        str(status): Kind(act=_instead(_refusal(status)))
        for status in (400, 401, 402, 404, 405, 408, 409, 422, 501, 507)
    },
    "401-once": Kind(act=_instead(_refusal(401)), is_once=True),
    "403-html": Kind(act=_instead(_page(403))),
    "429": Kind(act=_wait_seconds(429), argument="seconds", default="1"),
    "429-date": Kind(act=_wait_until(429), argument="seconds", default="1"),
    "429-bare": Kind(act=_instead(_refusal(429))),
    "429-garbage": Kind(act=_instead(_refusal(429, ("Retry-After", "soon")))),
    "500-before": Kind(act=_instead(_refusal(500))),
    "503": Kind(act=_wait_seconds(503), argument="seconds", default="1"),
    "503-date": Kind(act=_wait_until(503), argument="seconds", default="1"),
    **{f"{n}-other-host": Kind(act=_moved(n), argument="url", default=_OTHER_HOST) for n in (301, 302, 307, 308)},
    "redirect-loop": Kind(act=_looped),
    "html-200": Kind(act=_instead(_page(200))),
    "empty-200": Kind(act=_instead(Answer(status=200))),
    "status-error": Kind(act=_instead(Answer(status=200, body=b'{"status":"ERROR"}'))),
    "error-200": Kind(act=_instead(Answer(status=200, body=b'{"error":"scripted fault"}'))),
    "reset-before": Kind(act=_reset_before),
    "close-before": Kind(act=_closed_before),
    "hang-before": Kind(act=_hung_before, argument="seconds", default="60"),
    # committed, and hidden from the client
    "500-after": Kind(act=_afterwards(_refusal(500))),
    "502-html-after": Kind(act=_afterwards(_page(502))),
    "504-late": Kind(act=_timed_out_late, argument="seconds", default="1"),
    "html-200-after": Kind(act=_afterwards(_page(200))),
    "empty-200-after": Kind(act=_afterwards(Answer(status=200))),
    "reset-after": Kind(act=_reset_after),
    "close-after": Kind(act=_closed_after),
    "hang-after": Kind(act=_hung_after, argument="seconds", default="60"),
    "late-commit": Kind(act=_committed_late, argument="seconds", default="1"),
    # committed, and the answer spoilt
    "no-id": Kind(act=_spoilt(without_id)),
    "other-id": Kind(act=_spoilt(with_other_id)),
    "garbage-json": Kind(act=_spoilt(_with_body(b'{"Id": nonsense]'))),
    "nan-json": Kind(act=_spoilt(_with_member(b'"Score":NaN'))),
    "duplicate-keys": Kind(act=_spoilt(_with_duplicate)),
    "deep-json": Kind(act=_spoilt(_with_member(b'"Deep":' + b"[" * 5000 + b"]" * 5000))),
    "bom": Kind(act=_spoilt(_prefixed(b"\xef\xbb\xbf"))),
    "wrong-charset": Kind(act=_spoilt(_encoded("cp1252", "utf-8"))),
    "wrong-charset-latin": Kind(act=_spoilt(_encoded("utf-8", "iso-8859-1"))),
    "truncated-json": Kind(act=_cut("Connection: close")),
    "short-length": Kind(act=_cut("Content-Length: {length}")),
    "reset-body": Kind(act=_cut("Content-Length: {length}", is_reset=True)),
    "reset-headers": Kind(act=_reset_in_headers),
    "stalled-chunk": Kind(act=_stalled, argument="seconds", default="60"),
    "garbage-status": Kind(act=_garbled_status),
    "1xx-flood": Kind(act=_flooded),
    "drip": Kind(act=_dripped, argument="seconds", default="0.05"),
    "slow": Kind(act=_slow, argument="seconds", default="1"),
    "huge-body": Kind(act=_huge, argument="bytes", default=str(32 << 20)),
    "gzip-bomb": Kind(act=_bomb, argument="bytes", default=str(64 << 20)),
    # something else is committed than what was asked
    "dropped-field": Kind(act=_altered(dropped), argument="field"),
    "trimmed-value": Kind(act=_altered(trimmed), argument="field"),
    "changed-case": Kind(act=_altered(recased), argument="field"),
}
