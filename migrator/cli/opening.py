"""Opens the sources that a mapping names; each can be handed to another process, and opens its database there anew."""

import os
from functools import partial

from migrator.cli.accounts import account_of
from migrator.connectors.files.source import FileSource
from migrator.connectors.protocols import Source
from migrator.connectors.registry import FILES, SQL
from migrator.connectors.rest.environment import Sources, read_environment
from migrator.connectors.rest.source import RestSource
from migrator.connectors.several import SeveralSources
from migrator.connectors.sql import OtherDatabase, SqliteDatabase, SqlSource
from migrator.errors import Problem, SpecError
from migrator.spec.project import inside
from migrator.spec.values import Block, MappingSpec


def source_of(spec: MappingSpec) -> Source:
    """Open the source of a mapping: files, the account of a CRM, or several of them as one. Raises SpecError."""
    beside = FileSource(project=spec.project, base=spec.path.parent, settings={"path": "."})
    opened = {name: _open_source(spec, block, beside) for name, block in spec.sources.items()}
    return opened[""] if "" in opened else SeveralSources(sources=opened, own=beside)


def _open_source(spec: MappingSpec, block: Block, beside: FileSource) -> Source:
    if block.connector == FILES:
        return FileSource(project=spec.project, base=spec.path.parent, settings=block.settings)
    if block.connector == SQL:
        return _open_sql(spec, block, beside)
    account = account_of(spec, block)
    return RestSource(
        definition=account.known(),
        connect=account.target,
        zone=account.zone(),
        files=beside,
        blank_values=frozenset(block.settings.get("blank_values", ())),
    )


def _open_sql(spec: MappingSpec, block: Block, beside: FileSource) -> SqlSource:
    """Open a database: an SQLite file below the mapping's folder, or an address that no mapping holds."""
    environ = read_environment(spec.project, os.environ)
    sources = Sources(prefix=block.env, environ=environ, profile=block.profile, block=block.settings)
    url, _where = sources.find("url", is_shared=False)
    stated, _where = sources.find("path")
    blank_values = frozenset(block.settings.get("blank_values", ()))
    if url is not None:
        return SqlSource(connect=partial(OtherDatabase, url), name=SQL, files=beside, blank_values=blank_values)
    path = inside(spec.project, spec.path.parent, stated) if stated else None
    if stated is None or path is None:
        code, fact = (
            ("E020", "no database is named")
            if stated is None
            else ("E017", f"'{stated}' lies outside the project folder")
        )
        hint = f"state 'path' of an SQLite file here, or set {block.env}_URL in the environment or a profile"
        raise SpecError(Problem(code=code, place=spec.place((*block.pointer, "connector")), fact=fact, hint=hint))
    connect = partial(SqliteDatabase, path)
    return SqlSource(connect=connect, name=stated, files=beside, file=path, blank_values=blank_values)
