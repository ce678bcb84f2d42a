"""Names that are nearly the same, found through their rare parts."""

from migrator.store.likeness import MAX_COMPARED, MAX_SCANNED, NearNames, parts_of


def near(text: str, *names: str, below: int = 1_000_000) -> list[str]:
    """Give the names that are worth a comparison with a text, best first."""
    with NearNames() as index:
        index.add(enumerate(names))
        index.sort()
        return [name for _n, name in index.near(text, below=below)]


def test_name_with_a_slip_is_found() -> None:
    """The name that shares most parts comes first; one that shares none is not compared."""
    names = ("northwind traders", "northwind", "contoso", "")
    assert near("nortwind traders", *names) == ["northwind traders"]
    assert near("northwin", *names) == ["northwind", "northwind traders"]
    assert near("", *names) == []


def test_names_from_a_number_on_are_passed_over() -> None:
    """A created record asks for those before it only."""
    assert near("northwind", "northwind a", "northwind b", "northwind c", below=1) == ["northwind a"]


def test_parts_overlap_between_short_and_long_names() -> None:
    """Names of nearly one length share parts, also where long parts begin."""
    assert {"acme", "corp"} <= parts_of("acme corps") & parts_of("acme corp")
    assert {"acme c", "me cor"} <= parts_of("acme corps") & parts_of("acme corporation")
    assert parts_of("ab") == {" ab ", "=ab", "^ab", "$ab"}


def test_block_that_is_too_large_is_not_scanned() -> None:
    """What thousands share tells nothing: only rarer parts are looked at, so that work stays linear."""
    names = [f"company limited {n:05}" for n in range(MAX_SCANNED + 1)]
    assert near("company limited x", *names) == []
    assert near("company limited 00007", *names)[0] == "company limited 00007"


def test_as_many_as_are_compared_are_given() -> None:
    """The number of comparisons for one name has an end."""
    assert len(near("northwind traders", *(f"northwind traders {n}" for n in range(MAX_COMPARED + 9)))) == MAX_COMPARED
