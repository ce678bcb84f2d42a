"""What a question to a person is made of: its id, what tells candidates apart, and what rows say that wait on it."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from itertools import combinations

from migrator.planner.identities import Digest
from migrator.records import Fields, spelled
from migrator.store.draft import StagedProblem

MAX_COMPARED = 20
MAX_TOLD = 3
MAX_VALUE = 40


def question_id(target_object: str, digest: Digest) -> str:
    """Name a question by the value that is looked for: the same in every plan, whoever asks."""
    text = f"{target_object}\x1e{digest[0]}\x1e{digest[1]}"
    return f"q-{blake2b(text.encode(), digest_size=6).hexdigest()}"


def open_question(place: tuple[int, int], field: str, value: str, question: str) -> StagedProblem:
    """Refuse a record until a question is answered; `place` is its number and that of its object."""
    hint = "answer it in decisions.yaml or with 'migrator resolve', then plan again"
    return StagedProblem(*place, "E209", field, value, f"question {question} is open: '{value}'", hint)


def differing(fields_by_candidate: Mapping[str, Fields]) -> dict[str, str]:
    """Say for each candidate what tells it from the others, by the fewest fields; empty where nothing does.

    The fields that differ most are tried, up to three together.
    """
    listed = list(fields_by_candidate.values())
    names = sorted(
        {name for fields in listed for name in fields if len({_spell(other.get(name)) for other in listed}) > 1},
        key=lambda name: (-_groups([name], listed), sum(other.get(name) is None for other in listed), name),
    )[:MAX_COMPARED]
    whole = _groups(names, listed)
    sets = (list(some) for count in range(1, MAX_TOLD + 1) for some in combinations(names, count))
    told = next((some for some in sets if _groups(some, listed) == whole), names[:MAX_TOLD])
    return {
        candidate: ", ".join(f"{name} {_spell(fields.get(name))}" for name in told)
        for candidate, fields in fields_by_candidate.items()
    }


def _groups(names: Iterable[str], listed: list[Fields]) -> int:
    return len({tuple(_spell(fields.get(name)) for name in names) for fields in listed})


def _spell(value: object) -> str:
    if value is None or value in ("", []):
        return "(blank)"
    text = ", ".join(map(spelled, value)) if isinstance(value, list) else spelled(value)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"
