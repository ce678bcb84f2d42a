"""Transforms of text and lists, patterns and maps: what comes out of a chain, or why the value is refused."""

import time
from typing import Any

import pytest
from planning_cases import transformed

from migrator.planner.transforms.patterns import longest_input
from migrator.planner.transforms.registry import transform_kinds

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f466"
THUMB = "\U0001f44d\U0001f3fd"


@pytest.mark.parametrize(
    ("chain", "value", "expected"),
    [
        (["trim"], " \t a b\u00a0\r\n", "a b"),
        (["trim"], "\u200b a", "\u200b a"),
        (["trim"], " \u00a0 ", None),
        (["lower"], "ÄÖ Straße", "äö straße"),
        (["upper"], "straße", "STRASSE"),
        (["title"], "ada LOVELACE", "Ada Lovelace"),
        (["title"], "jean-luc o'neill", "Jean-Luc O'neill"),
        (["title"], "élan VITAL", "Élan Vital"),
        (["collapse"], " a \t\n b\u00a0\u2003c ", "a b c"),
        (["lower", "title"], "ADA", "Ada"),
        ([{"replace": {"pattern": ".", "with": ""}}], "1.2.3", "123"),
        ([{"replace": {"pattern": "a+", "with": "b"}}], "aa a+", "aa b"),
        ([{"replace": {"pattern": "x", "with": ""}}], "xx", None),
        ([{"pad": {"width": 5, "with": "0"}}], "42", "00042"),
        ([{"pad": {"width": 4}}], "42", "  42"),
        ([{"pad": {"width": 2, "with": "0"}}], "12345", "12345"),
        ([{"pad": {"width": 4, "with": "0"}}], 7, "0007"),
        ([{"slice": [0, 3]}], "abcdef", "abc"),
        ([{"slice": [-2, None]}], "abcdef", "ef"),
        ([{"slice": [4, 2]}], "abcdef", None),
        (["html_to_text"], "<p>a<br>b &amp; c</p><script>x()</script><b>d</b>", "a\nb & c\nd"),
        (["html_to_text"], "<style>p{}</style><title>t</title><div>a</div><div>b</div>", "a\n\nb"),
        (["html_to_text"], "no <3 tags", "no <3 tags"),
        (["html_to_text"], "<ul><li>1<li>2</ul>", "1\n2"),
        (["text_to_html"], 'a<b & "c"\r\nd\ne', 'a&lt;b &amp; "c"<br>d<br>e'),
        (["text_to_html", "html_to_text"], "a < b\nc", "a < b\nc"),
        (["hash"], "ada@x.org", "210e59f6e61aa3a35ab77472ad49610a12db532296e8a29a4a021e1503aeb220"),
        (["strip_nul"], "a\0b", "ab"),
        (["strip_nul"], "\0", None),
        (["upper"], True, "TRUE"),
        (["upper"], None, None),
        (["upper"], "", None),
    ],
)
def test_text_is_changed(chain: list[Any], value: Any, expected: Any) -> None:
    """Each transform of text does what its name says; nothing left is blank, and a blank value passes untouched."""
    assert transformed(chain, value) == expected


@pytest.mark.parametrize(
    ("length", "text", "kept", "count"),
    [
        (3, "abcdef", "abc", 6),
        (1, "xe\u0301", "x", 3),
        (2, "xe\u0301", "x", 3),
        (3, "a" + THUMB + "b", "a" + THUMB, 4),
        (2, "a" + THUMB + "b", "a", 4),
        (3, "a" + FAMILY, "a", 6),
        (5, "a" + FAMILY, "a", 6),
        (2, "a\u2764\ufe0fb", "a", 4),
        (3, "a\u2764\ufe0fb", "a\u2764\ufe0f", 4),
    ],
)
def test_truncate_cuts_between_letters_and_says_so(length: int, text: str, kept: str, count: int) -> None:
    """Neither a letter loses its accent, nor an emoji a part of its sequence."""
    note = f"W101 cut from {count} to {len(kept)} characters"
    assert transformed([{"truncate": length}], text) == (kept, note)


@pytest.mark.parametrize("text", ["abc", "e\u0301x", FAMILY[:3]])
def test_truncate_leaves_what_fits(text: str) -> None:
    """Text that is short enough stays as it is, and nothing is said."""
    assert transformed([{"truncate": 3}], text) == text


@pytest.mark.parametrize(
    ("chain", "value", "expected"),
    [
        ([{"split": ";"}], "a; b ;;\u00a0; c", ["a", "b", "c"]),
        ([{"split": ";"}], "abc", ["abc"]),
        ([{"split": "; "}], "a;b; c", ["a;b", "c"]),
        ([{"split": ";"}], " ; ", None),
        ([{"split": ";"}, "upper"], "a;b", ["A", "B"]),
        ([{"split": ";"}, {"split": ","}], "a,b;c", ["a", "b", "c"]),
        ([{"split": ";"}, {"replace": {"pattern": "a", "with": ""}}], "a;b", ["b"]),
        ([{"split": ";"}, {"map": {"a": "A", "b": "B"}, "else": "blank"}], "a;x;b", ["A", "B"]),
        ([{"split": ";"}, {"slice": [0, 2]}], "a;b;c", ["a", "b"]),
        ([{"split": ";"}, {"slice": [1, None]}, {"join": "+"}], "a;b;c", "b+c"),
        ([{"split": ";"}, "first"], "a;b", "a"),
        ([{"split": ";"}, "last", "upper"], "a;b", "B"),
        ([{"split": ";"}, {"join": ", "}], "a;b", "a, b"),
        ([{"split": ";"}, "number", {"join": "/"}], "1;2.50", "1/2.50"),
        (["first"], "alone", "alone"),
        ([{"join": ", "}], "alone", "alone"),
        (["upper"], ["a", "b"], ["A", "B"]),
        (["first"], [], None),
        ([{"join": "-"}], [1, True, "x"], "1-true-x"),
    ],
)
def test_list_goes_through_a_chain(chain: list[Any], value: Any, expected: Any) -> None:
    """After `split` each transform works item by item, but for those that take the list whole; blanks are dropped."""
    assert transformed(chain, value) == expected


@pytest.mark.parametrize(
    ("chain", "value", "expected"),
    [
        ([{"regex": {"pattern": "[0-9]+"}}], "ab 12 34", "12"),
        ([{"regex": {"pattern": "([a-z]+)@([a-z]+)", "group": 2}}], "ada@x", "x"),
        ([{"regex": {"pattern": "(?P<host>[a-z]+)$", "group": "host"}}], "ada@x", "x"),
        ([{"regex": {"pattern": "^[0-9]+$"}}], "12a", None),
        ([{"regex": {"pattern": "a(b)?", "group": 1}}], "a", None),
        ([{"regex": {"pattern": "(?:a|b)c"}}], "xbc", "bc"),
        ([{"split": ";"}, {"regex": {"pattern": "[0-9]+"}}], "a1;b;c2", ["1", "2"]),
    ],
)
def test_regex_takes_the_first_hit(chain: list[Any], value: Any, expected: Any) -> None:
    """The first hit, or a group of it; no hit is blank."""
    assert transformed(chain, value) == expected


@pytest.mark.parametrize(
    ("pattern", "fact"),
    [
        ("(a+)+$", "a repeat inside a repeat can take for ever"),
        ("(a*)*", "a repeat inside a repeat can take for ever"),
        ("([a-z]+)*@", "a repeat inside a repeat can take for ever"),
        ("(x+x+)+y", "a repeat inside a repeat can take for ever"),
        ("(a+){2,}", "a repeat inside a repeat can take for ever"),
        ("(?:(?:a{1,200})+)+", "a repeat inside a repeat can take for ever"),
        ("(a|a)*$", "alternatives inside a repeat can take for ever"),
        ("(?:a|b|ab)*c", "alternatives inside a repeat can take for ever"),
        ("(?:ab|abc)+?d", "alternatives inside a repeat can take for ever"),
        (r"(a+)\1", "a reference back to a group can take for ever"),
        (r"(?P<x>a)(?P=x)", "a reference back to a group can take for ever"),
        ("a*b*c*d*", "4 unbounded repeats in one pattern are too many"),
        ("a{0,101}b{0,101}c{0,101}d{0,101}", "4 unbounded repeats in one pattern are too many"),
    ],
)
def test_regex_that_could_take_for_ever_is_refused(pattern: str, fact: str) -> None:
    """The pattern is judged when the mapping is read, not when the unlucky row comes."""
    begun = time.process_time()
    refusal = transformed([{"regex": {"pattern": pattern}}], "a" * 50 + "!")
    assert refusal == f"? acme.yaml:1:1: E013 transform 'regex': {fact} in "
    assert time.process_time() - begun < 0.1


def test_regex_refuses_text_that_is_too_long_for_its_repeats() -> None:
    """The more repeats, the shorter the text that a pattern may be given; beyond it nothing is searched."""
    longest = longest_input("a+b+c+")
    assert longest < longest_input("a+b+") < longest_input("abc")
    refusal = transformed([{"regex": {"pattern": "a+b+c+"}}], "a" * (longest + 1))
    assert refusal == f"! E110 is longer than the {longest:,} characters that this pattern may take"


@pytest.mark.parametrize(
    ("argument", "otherwise", "value", "expected"),
    [
        ({"A": "x", "B": "y"}, "reject", "A", "x"),
        ({"A": "x", "B": "y"}, "reject", " a ", "x"),
        ({"Ja": 1, "ja": 2}, "reject", "Ja", 1),
        ({"Ja": 1, "ja": 2}, "reject", "ja", 2),
        ({"Straße": 1}, "reject", "STRAßE", 1),
        ({"Straße": 1}, "keep", "Strasse", "Strasse"),
        ({"1": "one"}, "reject", 1, "one"),
        ({"true": "yes"}, "reject", True, "yes"),
        ({"A": True, "B": None}, "reject", "A", True),
        ({"A": True, "B": None}, "reject", "B", None),
        ({"A": "x"}, "keep", "Q", "Q"),
        ({"A": "x"}, "blank", "Q", None),
        ({"A": "x"}, {"value": "z"}, "Q", "z"),
        ({"A": "x"}, {"value": 0}, "Q", 0),
        ({"A": "x"}, "reject", "Q", "! E115 is not in the map: 'Q' (add it to the map, or state 'else')"),
        ({"Tech": 1}, "reject", "Tehc", "! E115 is not in the map: 'Tehc' (did you mean 'Tech'?)"),
    ],
)
def test_map_takes_the_exact_value_before_the_folded(argument: Any, otherwise: Any, value: Any, expected: Any) -> None:
    """A value is looked up to the letter first, then by its normal form; what the table lacks goes by `else`."""
    assert transformed([{"map": argument, "else": otherwise}], value) == expected


@pytest.mark.parametrize(
    ("otherwise", "value", "expected"),
    [
        ("reject", "Ada", "7"),
        ("reject", "ADA", "8"),
        ("reject", "aDa", "8"),
        ("blank", "Bob", None),
        ("keep", "Bob", "Bob"),
        ({"value": "9"}, "Bob", "9"),
        ("reject", "Bob", "! E115 is not in the map: 'Bob' (add it to the map, or state 'else')"),
    ],
)
def test_map_from_a_file_goes_by_the_same_rules(otherwise: Any, value: str, expected: Any) -> None:
    """A table beside the mapping is a map like any other."""
    chain = [{"map_from": {"file": "owners.csv", "key": "name", "value": "id"}, "else": otherwise}]
    assert transformed(chain, value, pairs={"Ada": "7", "ADA": "8"}) == expected


@pytest.mark.parametrize(
    ("chain", "fact"),
    [
        (["shout"], "E012 unknown transform 'shout' in  (all of them: migrator explain E012)"),
        (["trimm"], "E012 unknown transform 'trimm' in  (did you mean 'trim'?)"),
        ([{"trim": 1}], "E013 transform 'trim': it takes no argument in "),
        ([{"first": 2}], "E013 transform 'first': it takes no argument in "),
        (["split"], "E013 transform 'split': it takes the separator, as in {split: ';'} in "),
        ([{"split": ""}], "E013 transform 'split': it takes the separator, as in {split: ';'} in "),
        (["join"], "E013 transform 'join': it takes what stands between, as in {join: ', '} in "),
        (["slice"], "E013 transform 'slice': it takes the two ends, as in {slice: [0, 5]} in "),
        (["truncate"], "E013 transform 'truncate': it takes the number of characters, as in {truncate: 80} in "),
        ([{"pad": {"width": 1001}}], "E013 transform 'pad': a width beyond 1,000 in "),
        (["map"], "E013 transform 'map': it takes a table, as in {map: {A: B}} in "),
        (["map_from"], "E013 transform 'map_from': it takes {file, key, value} in "),
        ([{"regex": {"pattern": "a", "group": 1}}], "E013 transform 'regex': the pattern has no group 1 in "),
        ([{"regex": {"pattern": "a", "group": "x"}}], "E013 transform 'regex': the pattern has no group 'x' in "),
    ],
)
def test_transform_that_cannot_be_made_is_a_problem_of_the_mapping(chain: list[Any], fact: str) -> None:
    """What a transform cannot use is told with its place before any row is read."""
    assert transformed(chain, "x") == f"? acme.yaml:1:1: {fact}"


def test_replace_refuses_to_grow_without_end() -> None:
    """A replacement that would make a giant of a text is refused before it is made."""
    chain = [{"replace": {"pattern": "a", "with": "b" * 1000}}]
    assert transformed(chain, "a" * 10_486) == "! E110 would grow beyond 10,485,760 characters"


def test_registry_holds_the_transforms_of_the_language() -> None:
    """Every transform that the language names is there, and no other."""
    named = """trim lower upper title collapse replace regex slice pad truncate html_to_text text_to_html hash strip_nul
        split first last join map map_from number integer boolean date datetime format email phone url country currency
        amount language name"""
    assert sorted(transform_kinds()) == sorted(named.split())
    assert sorted(name for name, kind in transform_kinds().items() if kind.takes_list) == [
        "first",
        "join",
        "last",
        "slice",
    ]
