"""What one write may meet, by name: the answers are those of a CRM, judged by the real table of outcomes.

Names are those of the practice servers' kinds of fault, where there is one; what only a schedule in one process can
stage (deaths, doubled and altered records, lists that lie, people who edit) has a name of its own.
"""

from dataclasses import dataclass, replace

from practice_target import SILENCE, Act

from migrator.connectors.rest.answers import classify
from migrator.connectors.rest.http import Answer
from migrator.connectors.rest.reading import read_definition
from migrator.errors import Problem
from migrator.records import Outcome, Verdict, Write
from migrator.resources import packaged

LATE = 12.0
JSON = {"content-type": "application/json", "content-length": "1"}
HTML = {"content-type": "text/html"}
PAGE = b"<!DOCTYPE html><html><body>Be right back</body></html>"
NOT_SENT = Outcome(verdict=Verdict.NOT_SENT, message="connection refused")
BAD_CERTIFICATE = NOT_SENT._replace(halt=Problem(code="E901", fact="the server's certificate is not valid for it"))

_DEFINITION = read_definition(packaged("connectors", "definitions", "crelate.yaml"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What a write of each kind meets: what takes effect, and what is answered; and what reads do next."""

    create: Act
    update: Act
    delete: Act
    reads: str = ""

    def act(self, kind: str) -> Act:
        """Give what the target does to a write of a kind; only a create can be doubled."""
        return {"create": self.create, "update": self.update, "delete": self.delete}[kind]


def _answered(answer: Answer, *, commits: bool = False, late_seconds: float = 0.0) -> Fault:
    """Answer so to each kind of write, as the connector judges it; what is a success by its words takes effect."""
    acts: dict[str, Act] = {}
    for kind, record_id in (("create", ""), ("update", "k1"), ("delete", "k1")):
        action = _DEFINITION.objects["companies"].actions[kind]
        outcome = classify(_DEFINITION, action, Write(object="companies", fields={}, id=record_id), answer)
        is_done = commits or outcome.verdict is Verdict.APPLIED
        acts[kind] = Act(commits=is_done, answer=outcome, late_seconds=late_seconds)
    return Fault(create=acts["create"], update=acts["update"], delete=acts["delete"])


def _refusal(status: int, **headers: str) -> Answer:
    return Answer(status=status, headers={**JSON, **headers}, body=b'{"Message":"scripted fault"}')


def _page(status: int) -> Answer:
    return Answer(status=status, headers=HTML, body=PAGE)


def _spoilt(body: bytes) -> Fault:
    return _answered(Answer(status=200, headers=JSON, body=body), commits=True)


def _same(act: Act, reads: str = "") -> Fault:
    return Fault(create=act, update=act, delete=act, reads=reads)


_LOST, _SILENT = Act(commits=False, answer=SILENCE), Act(answer=SILENCE)
_DATES = {"retry-after": "Mon, 06 May 2024 07:09:16 GMT", "date": "Mon, 06 May 2024 07:09:09 GMT"}
_REQUIRED = Answer(status=500, headers=JSON, body=b'{"Errors":["Name is required"]}')
_LIES = {"500-refusal": _REQUIRED, "409": _refusal(409)}

FAULTS: dict[str, Fault] = {
    "refused-connection": _same(Act(commits=False, answer=NOT_SENT)),
    "bad-certificate": _same(Act(commits=False, answer=BAD_CERTIFICATE)),
    # answered, and nothing took effect
    **{str(n): _answered(_refusal(n)) for n in (400, 401, 402, 404, 405, 408, 409, 422, 423, 425, 501, 507)},
    "403-html": _answered(_page(403)),
    "429": _answered(_refusal(429, **{"retry-after": "7"})),
    "429-date": _answered(_refusal(429, **_DATES)),
    "429-bare": _answered(_refusal(429)),
    "429-garbage": _answered(_refusal(429, **{"retry-after": "soon"})),
    "429-too-long": _answered(_refusal(429, **{"retry-after": "5000"})),
    "500-before": _answered(_refusal(500)),
    "500-refusal": _answered(_REQUIRED),
    "503": _answered(_refusal(503, **{"retry-after": "7"})),
    **{f"{n}-other-host": _answered(_refusal(n, location="https://other.invalid")) for n in (301, 302, 307, 308)},
    "html-200": _answered(_page(200)),
    "empty-200": _answered(Answer(status=200, headers=JSON, body=b"")),
    "status-error": _answered(Answer(status=200, headers=JSON, body=b'{"status":"ERROR"}')),
    "error-200": _answered(Answer(status=200, headers=JSON, body=b'{"error":"scripted fault"}')),
    "reset-before": _same(_LOST),
    # it took effect, and the answer hides or spoils that
    "500-after": _answered(_refusal(500), commits=True),
    "502-html-after": _answered(_page(502), commits=True),
    "504-late": _answered(_page(504), commits=True, late_seconds=LATE),
    "html-200-after": _answered(_page(200), commits=True),
    "empty-200-after": _answered(Answer(status=200, headers=JSON, body=b""), commits=True),
    "reset-after": _same(_SILENT),
    "late-commit": _same(replace(_SILENT, late_seconds=LATE)),
    "late-at-once": _same(replace(_SILENT, late_seconds=0.5)),
    "late-to-the-last": _same(replace(_SILENT, late_seconds=19.0)),
    "408-after": _answered(_refusal(408), commits=True),
    "507-after": _answered(_refusal(507), commits=True),
    "307-after": _answered(_refusal(307, location="https://other.invalid"), commits=True),
    "no-id": _spoilt(b'{"Errors":[]}'),
    "garbage-json": _spoilt(b'{"Id": nonsense]'),
    "nan-json": _spoilt(b'{"Score":NaN}'),
    "truncated-json": _spoilt(b'{"Id":"00000000-0000-40'),
    "deep-json": _spoilt(b'{"Deep":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "wrong-charset": _spoilt(b'{"Message":"na\xefve"}'),
    # what took effect is not what was sent
    "altered": Fault(create=Act(stored={"Description": "other"}, answer=SILENCE), update=_LOST, delete=_LOST),
    "doubled": Fault(create=Act(copies=2, answer=SILENCE), update=_SILENT, delete=_SILENT),
    # the process dies
    "dies-before": _same(Act(commits=False, dies=True)),
    "dies-after": _same(Act(dies=True)),
    "dies-late": _same(Act(dies=True, late_seconds=LATE)),
    # the target refuses, and did it all the same: one read finds that out, if it shows what was just written
    **{f"{name}-after": _answered(answer, commits=True) for name, answer in _LIES.items()},
    # and then the reads fail, or show less than there is
    **{f"{reads}-read": _same(_SILENT, reads) for reads in ("failing", "dying", "shifted", "hiding", "lagging")},
    "late-lagging-read": _same(replace(_SILENT, late_seconds=19.0), "lagging"),
    **{f"lost-{reads}-read": _same(_LOST, reads) for reads in ("failing", "shifted", "hiding")},
}
EDITS = ("edited-before", "deleted-before", "linked-before", "edited-between", "edited-waiting")  # a person at work
LIES = frozenset(f"{name}-after" for name in _LIES)
UNTOUCHED = frozenset({Verdict.NOT_SENT, Verdict.NOT_APPLIED})
