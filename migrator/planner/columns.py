"""A mapping compiled against the columns that its source has."""

from migrator.connectors.protocols import Source
from migrator.errors import Problem, SourceError
from migrator.planner.compiling import Compiled, compile_mapping
from migrator.planner.contents import Contents
from migrator.planner.forms import ReadFiles
from migrator.records import Catalog
from migrator.spec.shapes import beside_objects
from migrator.spec.values import MappingSpec


def compile_for(spec: MappingSpec, source: Source, catalog: Catalog, contents: Contents | None = None) -> Compiled:
    """Compile and check a mapping against the headers of its source. Raises SourceError or SpecError, with all.

    `contents` reads the files that rows name, and keeps what the plan shall say of them.
    """
    contents = contents or Contents(source)
    columns: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for item in spec.objects.values():
        try:
            columns[item.name] = source.columns(item.tables)
        except SourceError as error:
            problems += error.problems
    joined: dict[tuple[str, ...], tuple[str, ...]] = {}
    for table in beside_objects(spec):
        try:
            joined[table.tables] = source.columns(table.tables)
        except SourceError as error:
            problems += error.problems
    if problems:
        raise SourceError(*dict.fromkeys(problems))
    read = ReadFiles(pairs=lambda stated: source.pairs(**stated), text=contents.text)
    return compile_mapping(spec, catalog, columns, read, joined)
