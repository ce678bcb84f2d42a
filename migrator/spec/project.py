"""The project folder of a mapping: where ledger, `.env` and profiles live, and which no path may leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrator.errors import Problem, SpecError
from migrator.located import Located, read_located
from migrator.spelling import did_you_mean

PROJECT_FILE = "migrator.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """The folder, and the profiles of its `migrator.yaml`."""

    folder: Path
    profiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    document: Located | None = None

    def profile(self, name: str) -> Mapping[str, Any]:
        """Find a profile. Raises SpecError for a name that the project does not have."""
        if name in self.profiles:
            return self.profiles[name]
        where = str(self.folder / PROJECT_FILE)
        hint = did_you_mean(name, self.profiles) or f"add it under 'profiles' in {PROJECT_FILE}"
        raise SpecError(Problem(code="E012", place=where, fact=f"unknown profile '{name}'", hint=hint))


def find_project(mapping: Path) -> Project:
    """Take the nearest parent folder that holds `migrator.yaml`, else the mapping's own."""
    own = mapping.resolve().parent
    for folder in (own, *own.parents):
        if (folder / PROJECT_FILE).is_file():
            return _read_project(folder)
    return Project(folder=own)


def _read_project(folder: Path) -> Project:
    document = read_located(folder / PROJECT_FILE)
    data = document.data or {}
    profiles = data.get("profiles", {}) if isinstance(data, dict) else None
    if not isinstance(profiles, dict) or not all(_is_profile(item) for item in profiles.values()):
        fact = "expected 'profiles:' with a mapping of settings under each name, and in it 'vars:' as a mapping"
        raise SpecError(Problem(code="E013", place=document.place(()), fact=fact))
    return Project(folder=folder, profiles=profiles, document=document)


def _is_profile(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("vars", {}), dict)


def inside(project: Path, base: Path, relative: str) -> Path | None:
    """Resolve a path that a mapping states; None if it leaves the project folder, by a symlink too."""
    if "\0" in relative or Path(relative).is_absolute():
        return None
    path = (base / relative).resolve()
    return path if path.is_relative_to(project.resolve()) else None
