"""Records put into a practice account as if they had always been there, or why its vendor would refuse them."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from migrator.emulators.exact import parse_json, write_json
from migrator.emulators.refusal import Refusal
from migrator.errors import Problem, SpecError

Model = TypeVar("Model")


def model_to_seed(models: Mapping[str, Model], name: str) -> Model:
    """Find the model of the records. Raises SpecError."""
    if name not in models:
        fact, hint = f"there is no object '{name}'", f"one of {', '.join(models)}"
        raise SpecError(Problem(code="E098", place="seed", fact=fact, hint=hint))
    return models[name]


def as_sent(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give a record as it would arrive: through JSON."""
    fields: dict[str, Any] = parse_json(write_json(dict(record)).encode())
    return fields


def check_names(fields: Mapping[str, Any], known: Collection[str], place: str) -> None:
    """Refuse a field that the interface would ignore. Raises SpecError."""
    for name in fields:
        if name not in known:
            raise SpecError(Problem(code="E098", place=place, fact=f"unknown field '{name}'"))


@contextmanager
def refusals_told(place: str) -> Iterator[None]:
    """Turn what the interface would answer into a SpecError."""
    try:
        yield
    except Refusal as refusal:
        raise SpecError(Problem(code="E098", place=place, fact=refusal.answer.body.decode())) from None
