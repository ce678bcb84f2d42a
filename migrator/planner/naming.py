"""What a template may name, and how one is refused: known without the engine that reads templates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Cells = Sequence[Any]
Getter = Callable[[Cells], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What a template may name: columns that are identifiers, each with its getter; paths; and `vars`."""

    columns: Sequence[str]
    getter: Callable[[str], Getter]
    vars: Mapping[str, Any]


class TemplateRefusedError(Exception):
    """The mapping's author must mend this template: the fact and a hint."""

    def __init__(self, fact: str, hint: str = "") -> None:
        super().__init__(fact)
        self.fact = fact
        self.hint = hint
