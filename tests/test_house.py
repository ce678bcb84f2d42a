"""The rules of the house, held against the code: floors, doors, ports, sizes, words."""

import ast
import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.resources import VERSION

PACKAGE = Path(__file__).parents[1] / "migrator"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = {
    "spec": 1, "connectors": 1, "store": 1, "emulators": 1, "planner": 2, "executor": 2, "reports": 2, "cli": 3,
}  # fmt: skip
SQL_SOURCE = "connectors/sql.py"
DOORS = {
    "petl": "connectors/files/tables.py",
    "httpx": "connectors/rest/http.py",
    "aiohttp": "connectors/aiohttp_wire.py",
    "yaml": "located.py",
    "jsonschema": "contracts.py",
    "python_calamine": "connectors/files/sheets.py",
    "phonenumbers": "planner/transforms/contact.py",
    "nameparser": "planner/transforms/contact.py",
    "rapidfuzz": "spelling.py",
}
DOORS_OF_ROOMS = {"sqlite3": ("store/", SQL_SOURCE), "sqlalchemy": (SQL_SOURCE,), "click": ("cli/",), "rich": ("cli/",)}
JINJA = {"planner/templates.py", "reports/html.py"}
PORTS = {"time", "random", "uuid", "threading", "secrets"}
FORBIDDEN = {"pickle", "marshal", "shelve", "xml"}
MAX_FILE, MAX_BODY, MAX_NESTING, MAX_PARAMETERS = 400, 40, 3, 5
WORDS = re.compile(
    r"(?:^|_)(manager|helper|utils?|handler|processor|service|core|common|load)(?:_|$|s$)", re.IGNORECASE
)
SQL = re.compile(r"\b(SELECT .+ FROM|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|CREATE (TABLE|INDEX))\b")


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _room(name: str) -> str:
    return name.split("/", maxsplit=1)[0] if "/" in name else ""


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_module_imports_only_lower_floors(path: Path) -> None:
    """The rule of the stairs: never the own floor, but for the own room, and never above."""
    room = _room(_name(path))
    if not room:  # floor 0; the package's own module names its public face lazily
        wrong = [name for name in _imports(path) if re.match(r"migrator\.(\w+)\.", name)]
        assert path.name in {"__init__.py", "__main__.py"} or wrong == []
        return
    for name in _imports(path):
        parts = name.split(".")
        if parts[0] != "migrator" or len(parts) == 1 or parts[1] not in ROOMS or parts[1] == room:
            continue
        assert ROOMS[parts[1]] < ROOMS[room], f"{room} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_library_has_one_door(path: Path) -> None:
    """The rule of the doors: each library is imported in one place."""
    name = _name(path)
    for imported in {item.split(".")[0] for item in _imports(path)}:
        assert DOORS.get(imported, name) == name, f"{imported} in {name}"
        assert imported != "jinja2" or name in JINJA, f"jinja2 in {name}"
        if imported in DOORS_OF_ROOMS:
            assert name.startswith(DOORS_OF_ROOMS[imported]), f"{imported} in {name}"


@pytest.mark.parametrize(
    "path", [path for path in MODULES if not _name(path).startswith(("store/", SQL_SOURCE))], ids=_name
)
def test_sql_stands_in_the_store(path: Path) -> None:
    """No statement of SQL is written outside of store/ and the connector that reads databases."""
    texts = [
        node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant)
    ]
    assert [text for text in texts if isinstance(text, str) and SQL.search(text)] == []


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "ports.py"], ids=_name)
def test_time_and_chance_come_through_ports(path: Path) -> None:
    """The rule of ports: no clock, no random number, no thread elsewhere."""
    text = path.read_text(encoding="utf-8")
    assert (PORTS | FORBIDDEN).isdisjoint(item.split(".")[0] for item in _imports(path))
    assert not re.search(r"datetime\.(now|utcnow|today)\(|date\.today\(|os\.urandom|shell=True", text)
    assert not re.search(r"(?<![\w.])(eval|exec)\(", text)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_environment_is_read_by_the_command_line(path: Path) -> None:
    """cli/ alone reads the environment; the one switch of the HTTP library is named in interface.md."""
    if "os.environ" in path.read_text(encoding="utf-8"):
        assert _name(path).startswith("cli/") or _name(path) == "connectors/rest/http.py"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_file_and_functions_keep_their_size(path: Path) -> None:
    """A file has at most 400 lines; a body 40, three levels, five parameters (click's callbacks excepted)."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE
    for function in _functions(path):
        where = f"{_name(path)}:{function.lineno} {function.name}"
        lines = (function.end_lineno or 0) - function.body[0].lineno + 1
        assert lines <= MAX_BODY, f"{where} has {lines} lines"
        assert _nesting(function) <= MAX_NESTING, f"{where} is nested {_nesting(function)} deep"
        arguments = [item.arg for item in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
        is_callback = any("click" in ast.dump(item) or "command" in ast.dump(item) for item in function.decorator_list)
        counted = len(arguments) - (arguments[:1] in (["self"], ["cls"]))
        assert is_callback or counted <= MAX_PARAMETERS, f"{where} has {counted} parameters"


def _nesting(node: ast.AST, depth: int = 0) -> int:
    """Count levels of blocks inside a function; an `elif` is no deeper than its `if`."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        is_block = isinstance(
            child, ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try | ast.Match
        )
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        deepest = max(deepest, _nesting(child, depth + (is_block and not is_elif)))
    return deepest


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_names_use_the_words_of_the_house(path: Path) -> None:
    """Some words mean nothing, or two things: no function, class or file is called by them."""
    names = [
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    allowed = {"load_json"}  # the counterpart of dump_json, as the standard library has it
    assert [name for name in [*names, path.stem] if WORDS.search(name) and name not in allowed] == []


def test_modules_import_each_other_in_one_direction() -> None:
    """No import cycle anywhere in the package."""
    graph = {f"migrator.{_name(path)[:-3].replace('/', '.')}".removesuffix(".__init__"): path for path in MODULES}
    edges = {name: _deep_imports(path, set(graph)) for name, path in graph.items() if name != "migrator"}
    done: set[str] = set()
    while ready := [name for name in edges if name not in done and edges[name] - {name, "migrator"} <= done]:
        done.update(ready)
    assert sorted(set(edges) - done) == []


def _deep_imports(path: Path, known: set[str]) -> set[str]:
    """Give what a module imports when it is imported itself: not what a function imports when it is called."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = {f"{node.module}.{alias.name}" for alias in node.names} & known
            found |= modules or ({node.module} & known)
    return found


def test_codes_are_one_table() -> None:
    """Every code that is raised stands in codes.toml, and nothing stands there that is never raised."""
    from migrator.codes import all_codes  # noqa: PLC0415 - beside its test

    texts = itertools.chain(MODULES, (PACKAGE / "reports").rglob("*.j2"))
    used = {
        code for path in texts for code in re.findall(r"(?<![.\w])([EW][0-9]{3})\b", path.read_text(encoding="utf-8"))
    }
    assert used - set(all_codes()) == set()
    assert set(all_codes()) - used == set()


def test_version_is_that_of_the_project_file() -> None:
    """The version is written twice, and both are one."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION


def test_public_face_is_pinned() -> None:
    """The public names: at most fifteen, sorted, each of them really there."""
    import migrator  # noqa: PLC0415 - beside its test

    assert migrator.__all__ == sorted(migrator.__all__)
    assert migrator.__all__ == [
        "Applying", "MigratorError", "Plan", "Planning", "Problem", "Undo", "apply_plan", "ledger_of",
        "make_plan", "read_spec", "roll_back", "source_of", "summarize", "target_of", "verify_plan",
    ]  # fmt: skip
    assert all(getattr(migrator, name).__doc__ for name in migrator.__all__)


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "connectors" / "definitions").glob("*.yaml")), ids=lambda path: path.stem
)
def test_definition_is_read_at_a_sitting(path: Path) -> None:
    """A whole CRM is described in under 200 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) < 200


def test_engine_stays_small() -> None:
    """What speaks to a CRM has under 2,000 lines: without the format's own reading, settings, and tools beside it."""
    beside = {
        "definition",
        "reading",
        "settings",
        "environment",
        "secret",
        "source",
        "discovery",
        "picklists",
        "probing",
    }
    files = [path for path in (PACKAGE / "connectors" / "rest").glob("*.py") if path.stem not in beside]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) < 2000


def test_no_line_of_the_program_is_about_one_crm() -> None:
    """Connectors are files: their names stand in their files, in the practice servers, and in the demo alone."""
    names = re.compile(
        "|".join(path.stem for path in (PACKAGE / "connectors" / "definitions").glob("*.yaml")), re.IGNORECASE
    )
    allowed = ("emulators/", "cli/demo.py", "__init__.py")
    found = [
        f"{_name(path)}:{number}"
        for path in MODULES
        if not _name(path).startswith(allowed)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if names.search(line)
    ]
    assert found == []
