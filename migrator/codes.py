"""What each code means: one table, `codes.toml`, from which `migrator explain` and the `_fix` column are made."""

import tomllib
from dataclasses import dataclass
from functools import cache

from migrator.resources import packaged


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """A stable code, its title in a few words, what it means, and what a person does about it."""

    code: str
    title: str
    means: str
    fix: str


@cache
def all_codes() -> dict[str, Code]:
    """Read the table, in order of codes."""
    table = tomllib.loads(packaged("codes.toml").read_text(encoding="utf-8"))
    return {code: Code(code=code, **entry) for code, entry in sorted(table.items())}
