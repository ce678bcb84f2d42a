"""Several sources, prepared tables, and which source a table is of."""

from pathlib import Path

import pytest
from mapping_texts import problems_of, read, replaced

from migrator.records import Query
from migrator.spec.values import Block

SOURCES = "sources: {old: {connector: files, path: a, trim: false}, new: {connector: spotler, env: OLD}}"


def text_with(tables: str, *, more: str = "") -> str:
    """Give a mapping with two sources that reads these tables."""
    text = replaced("source: {connector: files}", SOURCES + more)
    return text.replace("from: p.csv", f"from: {tables}")


def test_sources_are_read_by_name(tmp_path: Path) -> None:
    """Each has settings, a prefix and a place of its own, and `trim: false` goes down to its own objects."""
    spec = read(tmp_path, text_with("old/p.csv"))
    assert spec.sources == {
        "old": Block(connector="files", env="FILES", settings={"path": "a", "trim": False}, pointer=("sources", "old")),
        "new": Block(connector="spotler", env="OLD", settings={}, pointer=("sources", "new")),
    }
    assert spec.objects["people"].is_trimmed is False
    assert read(tmp_path, text_with("new/people")).objects["people"].is_trimmed is True


@pytest.mark.parametrize(
    ("tables", "fact"),
    [
        ("p.csv", "E012 'p.csv' names no source (write old/… or new/…)"),
        ("odl/p.csv", "E012 'odl/p.csv' names no source (did you mean 'old'?)"),
        ("[old/a.csv, new/b]", "E013 tables of several sources (old, new) are no one table"),
    ],
)
def test_table_names_one_source(tmp_path: Path, tables: str, fact: str) -> None:
    """Nothing is guessed."""
    assert problems_of(tmp_path, text_with(tables)) == [f"m.yaml:7:11: {fact}"]


def test_slash_is_part_of_a_path_where_there_is_one_source(tmp_path: Path) -> None:
    """`a/b` names a source only where there are several."""
    spec = read(tmp_path, replaced("p.csv", "a/p.csv"))
    assert (spec.objects["people"].tables, list(spec.sources)) == (("a/p.csv",), [""])


def test_joined_table_names_its_source_or_a_prepared_one(tmp_path: Path) -> None:
    """What a prepared table is made of names its source in the same way."""
    more = "\ntables: {t: {from: new/people}}"
    text = text_with("old/p.csv", more=more).replace("    to:", "    rows: [{join: {with: t, on: {a: b}}}]\n    to:")
    spec = read(tmp_path, text)
    assert spec.table(("t",)).tables == ("new/people",)
    found = problems_of(tmp_path, text.replace("with: t", "with: x"))
    assert found == ["m.yaml:9:26: E012 'x' names no source (write old/… or new/…)"]


def test_secret_in_a_source_is_refused(tmp_path: Path) -> None:
    """The rule holds for each of them, with its own prefix."""
    text = text_with("old/p.csv").replace("env: OLD", "env: OLD, access_token: x")
    hint = "set OLD_ACCESS_TOKEN in the environment or a profile in migrator.yaml"
    assert problems_of(tmp_path, text) == [f"m.yaml:3:94: E018 'access_token' may not stand in a mapping ({hint})"]


def test_query_goes_to_the_source_that_takes_it(tmp_path: Path) -> None:
    """With several sources it is that of the only database."""
    one = replaced("{connector: files}", "{connector: sql, path: a}").replace("p.csv", "{query: select 1}")
    assert read(tmp_path, one).objects["people"].tables == (Query("select 1"),)
    text = text_with("{query: select 1}").replace("new: {connector: spotler", "new: {connector: sql")
    assert read(tmp_path, text).objects["people"].tables == (Query("new/select 1"),)


def test_query_without_a_database_is_refused(tmp_path: Path) -> None:
    """Files take none."""
    found = problems_of(tmp_path, replaced("p.csv", "{query: select 1}"))
    fact = "a query needs a source with the connector 'sql' (name a table instead)"
    assert found == [f"m.yaml:7:19: E013 {fact}"]
