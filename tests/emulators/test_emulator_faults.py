"""The language of scripted faults, and which requests they strike."""

from typing import Any

import pytest
from practising import practice

from migrator.emulators.fault_kinds import KINDS
from migrator.emulators.faults import parse_fault
from migrator.errors import SpecError

WHEN = "a chance above 0 and up to 1, POST, #3, POST#3 or POST#3+"
EXAMPLE = "such as 429@0.05, reset-after@#3 or hang-after@POST#1:30"
KNOWN = f"known: {', '.join(KINDS)}"


@pytest.mark.parametrize(
    ("text", "fact", "hint"),
    [
        ("429x@1", "unknown kind of fault '429x'", f"did you mean '429'? {KNOWN}"),
        ("resetafter@1", "unknown kind of fault 'resetafter'", f"did you mean 'reset-after'? {KNOWN}"),
        ("", "unknown kind of fault ''", KNOWN),
        ("429", "'' does not say which requests are struck", WHEN),
        ("429@", "'' does not say which requests are struck", WHEN),
        ("429@2", "'2' does not say which requests are struck", WHEN),
        ("429@-0.1", "'-0.1' does not say which requests are struck", WHEN),
        ("429@#0", "'#0' does not say which requests are struck", WHEN),
        ("429@HEAD#1", "'HEAD#1' does not say which requests are struck", WHEN),
        ("429@0.0", "a chance of 0 never strikes", "leave the fault out"),
        ("429@1:soon", "expected seconds after ':', got 'soon'", EXAMPLE),
        ("429@1:", "expected seconds after ':', got ''", EXAMPLE),
        ("huge-body@1:1.5", "expected bytes after ':', got '1.5'", EXAMPLE),
        ("dropped-field@1:a b", "expected field after ':', got 'a b'", EXAMPLE),
        ("301-other-host@1:other", "expected url after ':', got 'other'", EXAMPLE),
        ("404@1:5", "this kind takes nothing after ':', got '5'", EXAMPLE),
    ],
)
def test_wrong_fault_text_is_explained(text: str, fact: str, hint: str) -> None:
    """Each wrong text is refused with what is wrong and what would be right."""
    with pytest.raises(SpecError) as caught:
        parse_fault(text)
    assert str(caught.value) == f"fault '{text}': E097 {fact} ({hint})"


def statuses(methods: str, *faults: str, seed: int = 7) -> list[int]:
    """Give the statuses of requests with these methods: P for POST, G for GET."""
    with practice(*faults, seed=seed) as crm:
        sent: dict[str, tuple[str, str, Any]] = {
            "P": ("POST", "/contacts", {}),
            "G": ("GET", "/domain/workflowTypes", None),
        }
        return [crm.send(*sent[method]).status_code for method in methods]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("409@1", [409, 409, 409, 409, 409, 409]),
        ("409@1.0", [409, 409, 409, 409, 409, 409]),
        ("409@#3", [200, 200, 409, 200, 200, 200]),
        ("409@#3+", [200, 200, 409, 409, 409, 409]),
        ("409@POST", [200, 409, 409, 200, 409, 200]),
        ("409@POST#2", [200, 200, 409, 200, 200, 200]),
        ("409@POST#2+", [200, 200, 409, 200, 409, 200]),
        ("409@GET#3", [200, 200, 200, 200, 200, 409]),
        ("409@PUT#1", [200, 200, 200, 200, 200, 200]),
    ],
)
def test_fault_strikes_when_it_says(fault: str, expected: list[int]) -> None:
    """Every request, the third, every POST, the second POST and all later ones."""
    assert statuses("GPPGPG", fault) == expected


def test_chance_is_drawn_from_the_seed() -> None:
    """A chance strikes about as often as it says, the same way each time with one seed, another with another."""
    first = statuses("PG" * 100, "409@0.3")
    assert 40 <= first.count(409) <= 80
    assert statuses("PG" * 100, "409@0.3") == first
    assert statuses("PG" * 100, "409@0.3", seed=8) != first


def test_first_fault_that_strikes_wins() -> None:
    """Each fault counts every request, and of two that strike the earlier in the script is the one."""
    assert statuses("PPPP", "409@#2", "422@#2", "404@#3") == [200, 409, 404, 200]


def test_once_is_once() -> None:
    """A key that is refused once is good again, however the fault is timed."""
    assert statuses("GPPG", "401-once@1") == [401, 200, 200, 200]
    assert statuses("GPPG", "401-once@#2+") == [200, 401, 200, 200]


def test_faults_strike_any_path_of_the_vendor() -> None:
    """Also a path that is not there and a wrong key are struck; a path outside the vendor's is not."""
    with practice("409@1") as crm:
        assert crm.send("GET", "/nothing").status_code == 409
        assert crm.send("GET", "/contacts", api_key="wrong").status_code == 409
        assert crm.http.get(f"http://127.0.0.1:{crm.server.port}/").status_code == 404


def test_script_grows_while_running() -> None:
    """An added fault counts requests from when it was added; a wrong one adds none of its batch."""
    with practice() as crm:
        crm.create("/contacts")
        crm.server.script("409@#2", "422@#3")
        with pytest.raises(SpecError):
            crm.server.script("404@1", "nonsense@1")
        assert [crm.send("POST", "/contacts", {}).status_code for _ in range(4)] == [200, 409, 422, 200]


def test_history_names_the_fault() -> None:
    """An entry says which fault struck it."""
    with practice("409@#2") as crm:
        for _ in range(3):
            crm.send("POST", "/contacts", {})
        assert [one.fault for one in crm.server.history()] == ["", "409@#2", ""]
