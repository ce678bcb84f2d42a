"""YAML text → plain data, and where each value stands in the text.

Stricter than YAML: scalars as in YAML 1.2 (`NO`, `012`, `12:30` and dates stay text), and whatever could hide a change
of meaning is refused: duplicate keys, aliases, merge keys, tags, a second document, lone surrogates. Size, depth and
count are capped before anything is built. PyYAML is imported here and nowhere else.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from migrator.errors import Problem, SpecError

Pointer = tuple[str | int, ...]

MAX_BYTES = 1 << 20
MAX_DEPTH = 50
MAX_VALUES = 100_000
MAX_DIGITS = 400

_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(_TAG + kind for kind in ("map", "seq", "str", "bool", "null", "int", "float"))
_NUMBER_TAGS = frozenset({_TAG + "int", _TAG + "float"})
_LONG_EXPONENT = re.compile(r"[eE][-+]?[0-9]{4}")


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader with YAML 1.1's guesses taken out."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own shape


def _resolve(kind: str, pattern: str, first: str) -> None:
    _StrictLoader.add_implicit_resolver(_TAG + kind, re.compile(pattern), list(first) or [""])


_resolve("bool", r"^(?:true|false)$", "tf")
_resolve("null", r"^(?:~|null)$", "~n")
_resolve("null", r"^$", "")
_resolve("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789")
_resolve("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789")
_resolve("float", r"^[-+]?[0-9]+[eE][-+]?[0-9]+$", "-+0123456789")
_StrictLoader.add_constructor(_TAG + "float", lambda loader, node: Decimal(loader.construct_scalar(node)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """Plain data and, for each value and each key in it, line and column counted from 1."""

    name: str
    data: Any
    text: str
    sha256: str
    positions: Mapping[Pointer, tuple[int, int]]
    keys: Mapping[Pointer, tuple[int, int]]

    def place(self, pointer: Pointer, *, key: bool = False) -> str:
        """Give `file:line:col` of the value at `pointer`, or of its key; of the nearest parent where it has none."""
        while pointer and pointer not in self.positions:
            pointer = pointer[:-1]
        line, column = (self.keys if key else {}).get(pointer) or self.positions.get(pointer, (1, 1))
        return f"{self.name}:{line}:{column}"


def read_located(path: Path, *, name: str = "") -> Located:
    """Read a YAML file; `name` is how messages call it. Raises SpecError with all that is wrong."""
    name = name or str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        fact = f"cannot read the file: {error.strerror or error}"
        raise SpecError(Problem(code="E001", place=name, fact=fact, hint="check path and permissions")) from error
    if len(raw) > MAX_BYTES:
        raise SpecError(Problem(code="E010", place=name, fact="larger than 1 MiB", hint="move data out of it"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        fact = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        raise SpecError(_refused(name, line, fact, "save the file as UTF-8")) from None
    return parse_located(text, name=name, sha256=hashlib.sha256(raw).hexdigest())


def parse_located(text: str, *, name: str, sha256: str = "") -> Located:
    """Build data and positions from YAML text; `sha256` is over its bytes. Raises SpecError with all that is wrong."""
    try:
        _check_events(text, name)
        node = _StrictLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise SpecError(_syntax_problem(error, name)) from None
    except yaml.reader.ReaderError as error:
        at = text.find(chr(error.character))  # the error's own position is in bytes or in characters
        line = text.count("\n", 0, max(at, 0)) + 1
        fact = f"character U+{error.character:04X} may not stand in a YAML file"
        raise SpecError(_refused(name, line, fact, "take it out")) from None
    walk = _Walk(name)
    if node is not None:
        walk.visit(node, ())
    if walk.problems:
        raise SpecError(*walk.problems)
    data = None if node is None else _StrictLoader("").construct_document(node)
    return Located(name=name, data=data, text=text, sha256=sha256, positions=walk.positions, keys=walk.keys)


def quoted(text: str) -> str:
    """Write a text as YAML, in double quotes on one line: read back, it is the same, but for halves of surrogate pairs.

    Those are no characters and become U+FFFD.
    """
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    if char.isprintable():
        return f"\\{char}" if char in '"\\' else char
    return f"\\u{ord(char):04x}" if char <= "\uffff" else f"\\U{ord(char):08x}"


def _check_events(text: str, name: str) -> None:
    """Refuse what must not even be composed; events, not recursion, so that nesting cannot exhaust the stack."""
    depth = count = 0
    for event in yaml.parse(text, _StrictLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        count += isinstance(event, yaml.NodeEvent)
        if count > MAX_VALUES:
            raise SpecError(_refused(name, line, f"more than {MAX_VALUES} values", "move data out of it"))
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise SpecError(_refused(name, line, "anchors and aliases are not allowed", "use 'like:' or 'transforms:'"))
        if tag := getattr(event, "tag", None):
            raise SpecError(_refused(name, line, f"the tag '{tag}' is not allowed", "write the value without it"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise SpecError(_too_deep(name, line))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _refused(name: str, line: int, fact: str, hint: str = "") -> Problem:
    return Problem(code="E010", place=f"{name}:{line}", fact=fact, hint=hint)


def _too_deep(name: str, line: int) -> Problem:
    return _refused(name, line, f"nested deeper than {MAX_DEPTH}", "flatten the file")


def _syntax_problem(error: yaml.MarkedYAMLError, name: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
    if mark and "nesting depth" in (error.problem or ""):  # the library's own limit, met while it looks ahead
        return _too_deep(name, mark.line + 1)
    context = f", {error.context}" if error.context else ""
    return Problem(code="E010", place=place, fact=f"not valid YAML: {error.problem}{context}")


class _Walk:
    """Visits a composed document once: notes positions, refuses duplicate and odd keys and lone surrogates."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.positions: dict[Pointer, tuple[int, int]] = {}
        self.keys: dict[Pointer, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def visit(self, node: yaml.Node, pointer: Pointer) -> None:
        self.positions[pointer] = (node.start_mark.line + 1, node.start_mark.column + 1)
        for key, child in self._children(node):
            self.visit(child, (*pointer, key))
        if isinstance(node, yaml.MappingNode):
            self._visit_keys(node, pointer)
        elif node.tag not in _PLAIN_TAGS:
            self._refuse(node, f"the tag '{node.tag}' is not allowed")
        elif isinstance(node, yaml.ScalarNode) and any("\ud800" <= char <= "\udfff" for char in node.value):
            self._refuse(node, "half of a surrogate pair is no character")
        elif node.tag in _NUMBER_TAGS and (len(node.value) > MAX_DIGITS or _LONG_EXPONENT.search(node.value)):
            self._refuse(node, f"a number of more than {MAX_DIGITS} digits; as text it needs quotes")

    def _children(self, node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node]]:
        if isinstance(node, yaml.MappingNode):
            yield from ((str(key.value), child) for key, child in node.value)
        elif isinstance(node, yaml.SequenceNode):
            yield from enumerate(node.value)

    def _visit_keys(self, node: yaml.MappingNode, pointer: Pointer) -> None:
        seen: dict[str, int] = {}
        for key, _child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                self._refuse(key, "a key must be plain text, and '<<' is not allowed")
                continue
            if key.value in seen:
                self._refuse(key, f"'{key.value}' is set twice: line {seen[key.value]} and line {line}", code="E011")
            seen[key.value] = line
            self.keys[(*pointer, key.value)] = (line, key.start_mark.column + 1)
            key.tag = _TAG + "str"  # a key is always text: `1:` and `true:` too

    def _refuse(self, node: yaml.Node, fact: str, *, code: str = "E010") -> None:
        place = f"{self.name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
        self.problems.append(Problem(code=code, place=place, fact=fact))
