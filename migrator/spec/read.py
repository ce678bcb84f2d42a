"""A mapping file → `MappingSpec`, or `SpecError` with all that is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from migrator.contracts import schema_problems
from migrator.errors import Problem, SpecError
from migrator.located import Located, Pointer, read_located
from migrator.spec.forms import Scope
from migrator.spec.objects import read_objects, with_trim
from migrator.spec.prepared import read_prepared
from migrator.spec.project import Project, find_project, inside
from migrator.spec.values import Block, Limit, Limits, MappingSpec

LEDGER = ".migrator/ledger.sqlite"

_BLOCK_KEYS = frozenset({"connector", "env", "profile"})
_SECRET = re.compile(r"(?i)(^|[_-]|api|pass|access)(key|token|secret|password|passkey|word)$|^(base[_-]?)?url$")


def read_spec(path: Path | str, *, environ: Mapping[str, str] | None = None, profile: str = "") -> MappingSpec:
    """Read a mapping. `environ` may override `vars` as `<PREFIX>_VAR_<NAME>`; `profile` goes before the target's own.

    Raises SpecError with every problem of the file's text and shape; names of columns and fields are checked against
    the source and the target when a plan is made.
    """
    path = Path(path)
    document = read_located(path)
    problems = schema_problems(document, "mapping") if document.data is not None else [_empty(document)]
    if problems:
        raise SpecError(*problems)
    found = list(_secret_problems(document))
    return _build(path, document, found, (environ or {}, profile))


def _build(path: Path, document: Located, found: list[Problem], given: tuple[Mapping[str, str], str]) -> MappingSpec:
    """Make the values of a document that fits the schema. Raises SpecError with what `found` holds and more."""
    environ, profile = given
    raw = document.data
    project = find_project(path)
    sources = {name: _read_block(pointer, block, project, "") for name, pointer, block in _sources(raw)}
    target = _read_block(("target",), raw["target"], project, profile)
    constants = _read_vars(raw.get("vars", {}), (*sources.values(), target), environ)
    scope = Scope(
        document=document,
        vars=constants,
        chains=raw.get("transforms", {}),
        sources=sources,
        prepared=frozenset(raw.get("tables", {})),
        problems=found,
    )
    prepared = read_prepared(raw.get("tables", {}), scope)
    objects = read_objects(raw["objects"], scope)
    ledger = inside(project.folder, project.folder, raw.get("ledger", LEDGER))
    if ledger is None:
        scope.refuse("E017", ("ledger",), "the ledger would lie outside the project folder", f"such as {LEDGER}")
    if scope.problems or ledger is None:
        raise SpecError(*scope.problems)
    return MappingSpec(
        name=raw["name"],
        path=path.resolve(),
        project=project.folder,
        sha256=document.sha256,
        document=document,
        sources=sources,
        target=target,
        vars=constants,
        limits=_read_limits(raw.get("limits", {})),
        ledger=ledger,
        objects=with_trim(objects, sources),
        prepared=prepared,
    )


def _empty(document: Located) -> Problem:
    return Problem(code="E014", place=document.place(()), fact="the file is empty", hint="it starts with 'mapping: 1'")


def _secret_problems(document: Located) -> Iterator[Problem]:
    """Refuse secrets and addresses in the blocks: a mapping is shared, and an address could send data elsewhere."""
    blocks: dict[Pointer, Any] = {(side,): document.data.get(side) for side in ("source", "target")}
    blocks |= {("sources", name): block for name, block in document.data.get("sources", {}).items()}
    for pointer, block in blocks.items():
        for key in block or {}:
            if _SECRET.search(key):
                prefix = _prefix(block)
                hint = f"set {prefix}_{key.upper()} in the environment or a profile in migrator.yaml"
                place = document.place((*pointer, key), key=True)
                yield Problem(code="E018", place=place, fact=f"'{key}' may not stand in a mapping", hint=hint)


def _sources(raw: Mapping[str, Any]) -> list[tuple[str, Pointer, Mapping[str, Any]]]:
    """Give each source's name, place and block; `source:` has no name."""
    if "source" in raw:
        return [("", ("source",), raw["source"])]
    return [(name, ("sources", name), block) for name, block in raw["sources"].items()]


def _read_block(pointer: Pointer, raw: Mapping[str, Any], project: Project, override: str) -> Block:
    name = override or raw.get("profile", "")
    return Block(
        connector=raw["connector"],
        env=_prefix(raw),
        settings={key: value for key, value in raw.items() if key not in _BLOCK_KEYS},
        profile=project.profile(name) if name else {},
        pointer=pointer,
    )


def _prefix(raw: Mapping[str, Any]) -> str:
    return raw.get("env") or prefix_of(str(raw["connector"]))


def prefix_of(connector: str) -> str:
    """Give the prefix of the environment variables of a connector that no `env:` names: its name in capitals."""
    own_file = connector.startswith((".", "/")) or connector.endswith((".yaml", ".yml"))
    name = Path(connector).name.split(".", maxsplit=1)[0] if own_file else connector
    return re.sub(r"\W", "_", name).upper()


def _read_vars(stated: Mapping[str, Any], blocks: tuple[Block, ...], environ: Mapping[str, str]) -> dict[str, Any]:
    """Give the constants, each from the environment, else a profile, else the mapping."""
    found = dict(stated)
    for block in blocks:
        found |= {name: value for name, value in block.profile.get("vars", {}).items() if name in stated}
    for name in stated:
        for block in blocks:
            found[name] = environ.get(f"{block.env}_VAR_{name.upper()}", found[name])
    return found


def _read_limits(raw: Mapping[str, Any]) -> Limits:
    return Limits(**{name: _read_limit(value) for name, value in raw.items()})


def _read_limit(raw: int | str) -> Limit:
    return Limit(number=raw) if isinstance(raw, int) else Limit(percent=Decimal(raw.removesuffix("%")))
