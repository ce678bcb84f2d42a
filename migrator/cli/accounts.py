"""Accounts of CRMs: the definition behind a block, what its account told of itself, and the connection to it."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from migrator.cli.schema_cache import read_cache, read_kept, write_cache
from migrator.connectors.registry import READ_ONLY, find_definition
from migrator.connectors.rest.definition import Definition
from migrator.connectors.rest.discovery import Found, discover, is_discoverable, with_found
from migrator.connectors.rest.environment import Sources, read_environment
from migrator.connectors.rest.probing import with_probe
from migrator.connectors.rest.settings import Connection, resolve
from migrator.errors import Problem, SpecError
from migrator.ports import Rng, SystemClock
from migrator.spec.project import find_project
from migrator.spec.read import prefix_of
from migrator.spec.shapes import beside_objects
from migrator.spec.values import Block, MappingSpec
from migrator.spelling import did_you_mean

if TYPE_CHECKING:
    from migrator.connectors.aiohttp_wire import AiohttpWire
    from migrator.connectors.rest.target import RestTarget

CACHE = Path(".migrator") / "schema"
PROBES = Path(".migrator") / "probe"
LIBRARY = "MIGRATOR_HTTP"
LIBRARIES = ("httpx", "httpx2", "aiohttp")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """One side of a mapping that is a CRM: its definition, and the block that says which account."""

    definition: Definition
    block: Block
    project: Path
    environ: Mapping[str, str] | None = None

    @property
    def cache(self) -> Path:
        """Give the file that keeps what the account told of its fields."""
        return self.project / CACHE / f"{self.block.env.lower()}.json"

    @property
    def probe(self) -> Path:
        """Give the file that keeps what a probe found."""
        return self.project / PROBES / f"{self.block.env.lower()}.json"

    def known(self) -> Definition:
        """Give the definition with what the account told earlier, and with the tier that a probe found."""
        return with_probe(with_found(self.definition, read_cache(self.cache)), read_kept(self.probe))

    def connection(self) -> Connection:
        """Find all settings. Raises SpecError."""
        profile, settings = self.block.profile, self.block.settings
        sources = Sources(prefix=self.block.env, environ=self._environ(), profile=profile, block=settings)
        return resolve(self.definition, sources)

    def zone(self) -> tzinfo:
        """Give the zone of date-times that name none, as far as it is stated; a check needs no other setting."""
        try:
            return self.connection().zone
        except SpecError:
            return UTC

    def target(self) -> "RestTarget":
        """Make the connection to it; it is opened when it is entered. Raises SpecError."""
        transport = transport_of(self._environ())
        from migrator.connectors.rest.target import RestTarget  # noqa: PLC0415 - it brings the network along

        return RestTarget(self.known(), self.connection(), clock=SystemClock(), rng=Rng(), transport=transport)

    def _environ(self) -> dict[str, str]:
        return read_environment(self.project, os.environ if self.environ is None else self.environ)

    async def learn(self, names: Iterable[str], *, takes_sample: bool = False) -> dict[str, Found]:
        """Ask the account for its fields, and keep what it tells. Raises SpecError, TargetError, StoreError."""
        asked = [name for name in dict.fromkeys(names) if name in self.definition.objects]
        async with self.target() as crm:
            found = await discover(self.definition, crm, asked, takes_sample=takes_sample)
        write_cache(self.cache, {**read_cache(self.cache), **found})
        return found


def transport_of(environ: Mapping[str, str]) -> "AiohttpWire | None":
    """Open the library that is to carry requests; None stands for httpx, or httpx2, its fork with the same API.

    Raises SpecError where it is not there. It is to be called before the door of httpx is opened (`rest.http`).
    """
    library = environ.get(LIBRARY) or LIBRARIES[0]
    if library not in LIBRARIES:
        hint = did_you_mean(library, LIBRARIES) or f"there are: {', '.join(LIBRARIES)}"
        raise SpecError(Problem(code="E012", place=LIBRARY, fact=f"unknown library '{library}'", hint=hint))
    if find_spec(library) is None:
        hint = f"pip install 'migrator[{library}]', or leave {LIBRARY} out"
        raise SpecError(Problem(code="E013", place=LIBRARY, fact=f"{library} is not installed", hint=hint))
    if library == "aiohttp":
        from migrator.connectors.aiohttp_wire import AiohttpWire  # noqa: PLC0415 - an extra

        return AiohttpWire()
    if library != LIBRARIES[0]:
        os.environ[LIBRARY] = library  # there the door looks for it; it may have stood in a file
    return None


def account_of(spec: MappingSpec, block: Block, *, environ: Mapping[str, str] | None = None) -> Account:
    """Find the account behind a block of a mapping, that of a source or of the target. Raises SpecError."""
    place = spec.place((*block.pointer, "connector"))
    definition = find_definition(block.connector, project=spec.project, base=spec.path.parent, place=place)
    return Account(definition=definition, block=block, project=spec.project, environ=environ)


async def learn_for(spec: MappingSpec) -> None:
    """Ask the CRMs of a mapping what they know of the objects in it, where they tell more than their files say."""
    asked = [(block, _tables(spec, name)) for name, block in spec.sources.items()]
    for block, names in (*asked, (spec.target, [item.to for item in spec.objects.values()])):
        if block.connector in READ_ONLY:
            continue
        account = account_of(spec, block)
        if is_discoverable(account.definition):
            await account.learn(names)


def _tables(spec: MappingSpec, source: str) -> list[str]:
    """Name the tables of a source that the mapping reads."""
    own = [item.tables for item in spec.objects.values()]
    names = [name for tables in (*own, *(table.tables for table in beside_objects(spec))) for name in tables]
    prefix = f"{source}/" if source else ""
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]


def named_account(connector: str, profile: str = "") -> Account:
    """Find the account behind a connector's name or file, with the settings of the folder at hand. Raises SpecError."""
    project = find_project(Path.cwd() / "any")
    definition = find_definition(connector, project=project.folder, base=Path.cwd(), place="")
    stated = project.profile(profile) if profile else {}
    block = Block(connector=connector, env=prefix_of(connector), settings={}, profile=stated, pointer=())
    return Account(definition=definition, block=block, project=project.folder)
