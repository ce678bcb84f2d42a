"""Templates of a mapping: an expression subset of Jinja2, judged when the mapping is read.

What a template may hold is a list of what is allowed, not of what is refused: names of columns, `row[...]`, `get(...)`,
`vars.x`, constants, comparison, logic, arithmetic on numbers, `~`, the transforms as filters, and `if`. There is no
loop, no call but `get`, no attribute of any value, so that neither code nor unbounded time or memory can be had.
Jinja2 is imported here and in the HTML report, nowhere else.
"""

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal, DivisionByZero, InvalidOperation
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from migrator.planner.naming import Cells, Getter, Names, TemplateRefusedError
from migrator.planner.refusal import Noted, ValueRefusedError
from migrator.planner.transforms.registry import transform_kinds
from migrator.planner.transforms.spec import Apply, Making, as_text
from migrator.records import canonical_decimal
from migrator.spelling import did_you_mean

MAX_SOURCE = 4096
MAX_DEPTH = 30
MAX_OUTPUT = 1 << 20

_T = TypeVar("_T")

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Compare, nodes.Operand, nodes.And,
    nodes.Or, nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos,
    nodes.Concat, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Getattr, nodes.Getitem, nodes.Call, nodes.List,
    nodes.Tuple, nodes.If, nodes.Keyword,
)  # fmt: skip
_ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%"})
_OWN = frozenset({"row", "get", "vars"})
_LARGEST = Decimal(10) ** 30


class Text(str):
    """A cell inside a template: text that is neither added to nor put in order, since `"9" < "10"` is false."""

    __slots__ = ()

    def _refuse(self, *_other: object) -> NoReturn:
        raise TypeError("arithmetic and order need numbers or dates, this is text: put '|number' behind it")

    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _refuse


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox with everything emptied that is not on the list."""

    intercepted_binops = _ARITHMETIC

    def call_binop(self, _context: object, operator: str, left: Any, right: Any) -> Any:
        """Do arithmetic on numbers, exactly and within bounds; on nothing else."""
        for side in (left, right):
            if isinstance(side, bool) or not isinstance(side, int | Decimal):
                raise TypeError("arithmetic and order need numbers or dates, this is text: put '|number' behind it")
        result = self.binop_table[operator](Decimal(left), Decimal(right))
        if abs(result) > _LARGEST:
            raise OverflowError("the number is too large")
        return result


def _environment() -> _Environment:
    env = _Environment(undefined=StrictUndefined, autoescape=False, finalize=_finalize, keep_trailing_newline=True)
    env.globals.clear()
    env.filters = {name: _as_filter(name) for name in transform_kinds()} | {"default": _default}
    env.tests = {"blank": lambda value: value is None or value == ""}
    return env


def _as_filter(name: str) -> Callable[..., Any]:
    """Make a filter of a transform: one argument inline, more by name."""

    def apply(value: Any, *stated: Any, **named: Any) -> Any:
        if value is None or value == "":
            return Text()
        argument = named or (stated[0] if stated else None)
        result = _made(name, json.dumps(argument, default=str))(value)
        result = result.value if isinstance(result, Noted) else result
        return Text(result) if isinstance(result, str) else result

    return apply


@lru_cache(maxsize=256)
def _made(name: str, argument: str) -> Apply:
    """Make a transform once for each argument that templates give it."""
    try:
        return transform_kinds()[name].make(Making(argument=json.loads(argument)))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueRefusedError("E140", f"{name}: {error}") from None


def _default(value: Any, other: Any = "") -> Any:
    return other if value is None or value == "" else value


def _finalize(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return canonical_decimal(value)
    if isinstance(value, list):
        return ", ".join(map(as_text, value))
    return as_text(value) if isinstance(value, bool) else value


_ENV = _environment()


def compile_text(source: str, names: Names) -> tuple[Getter, frozenset[str]]:
    """Make the function from cells to a template's text, None when blank; and tell the columns that it reads.

    Raises TemplateRefusedError.
    """
    tree = _parse(source)
    used = _check(tree, names)
    read = _reader(used, names)
    template = _ENV.from_string(source)
    simple = _plain_parts(tree)

    def render(cells: Cells) -> str | None:
        values = read(cells)
        if simple:
            text = "".join(part if is_text else str(_finalize(values[part])) for is_text, part in simple)
        else:
            text = _guard(lambda: template.render(values))
        return text.strip() or None

    return render, _columns(used)


def compile_condition(source: str, names: Names) -> tuple[Callable[[Cells], bool], frozenset[str]]:
    """Make the function from cells to the truth of one `{{ expression }}`. Raises TemplateRefusedError."""
    bare = source.strip()
    inner = bare.removeprefix("{{").removesuffix("}}")
    if inner == bare or "{{" in inner or "{%" in inner:
        raise TemplateRefusedError(f"'{bare}' is no condition", "write one expression: {{ Status == 'active' }}")
    used = _check(_parse(bare), names)
    read = _reader(used, names)
    expression = _ENV.compile_expression(inner, undefined_to_none=False)

    def judge(cells: Cells) -> bool:
        values = read(cells)
        return _guard(lambda: bool(expression(values)))

    return judge, _columns(used)


def _parse(source: str) -> nodes.Template:
    if len(source) > MAX_SOURCE:
        raise TemplateRefusedError(f"the template is longer than {MAX_SOURCE:,} characters")
    try:
        return _ENV.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateRefusedError(
            f"the template cannot be read: {error.message}", "see 'Templates' in the manual"
        ) from None
    except RecursionError:
        raise TemplateRefusedError(f"the template is nested deeper than {MAX_DEPTH}") from None


def _check(tree: nodes.Template, names: Names) -> Counter[str]:
    """Refuse what is not on the list; count what is named: columns, also as `row:NAME` and `get:PATH`, and `vars`."""
    used: Counter[str] = Counter()
    queue: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while queue:
        node, depth = queue.pop()
        if depth > MAX_DEPTH:
            raise TemplateRefusedError(f"the template is nested deeper than {MAX_DEPTH}")
        if not isinstance(node, _ALLOWED):
            raise TemplateRefusedError(f"'{type(node).__name__.lower()}' is not allowed in a template")
        if isinstance(node, nodes.Getattr | nodes.Getitem | nodes.Call):
            used[_reach(node, names)] += 1
            continue  # what stands inside was judged with it
        if isinstance(node, nodes.Name):
            used[_known(node.name, names)] += 1
        elif isinstance(node, nodes.Filter) and node.name not in _ENV.filters:
            raise TemplateRefusedError(f"unknown filter '{node.name}'", did_you_mean(node.name, _ENV.filters))
        elif isinstance(node, nodes.Test) and node.name not in _ENV.tests:
            raise TemplateRefusedError(f"unknown test '{node.name}'", "there is: blank")
        queue += [(child, depth + 1) for child in node.iter_child_nodes()]
    return used


def _reach(node: nodes.Getattr | nodes.Getitem | nodes.Call, names: Names) -> str:
    """Judge the three ways into something: `vars.x`, `row["Column"]`, `get("path")`."""
    base = node.node.name if isinstance(node.node, nodes.Name) else ""
    if isinstance(node, nodes.Getattr) and base == "vars":
        if node.attr not in names.vars:
            raise TemplateRefusedError(f"unknown constant 'vars.{node.attr}'", did_you_mean(node.attr, names.vars))
        return "vars"
    argument = node.arg if isinstance(node, nodes.Getitem) else None
    if isinstance(node, nodes.Call) and base == "get" and len(node.args) == 1 and not node.kwargs:
        argument = node.args[0]
    text = argument.value if isinstance(argument, nodes.Const) and isinstance(argument.value, str) else ""
    if text and base in {"row", "get"}:
        return f"{base}:{_known(text, names, is_path=base == 'get')}"
    raise TemplateRefusedError("a part of a value is not to be had in a template", 'write get("path") or row["Column"]')


def _known(name: str, names: Names, *, is_path: bool = False) -> str:
    head = name.replace("[", ".").split(".")[0] if is_path else name
    if name in names.columns or head in names.columns:
        return name
    if name in _OWN:
        raise TemplateRefusedError(f"'{name}' stands alone", 'write row["Column"], get("path") or vars.x')
    hint = did_you_mean(name, names.columns) or 'a column that is no identifier is row["Its Name"]'
    raise TemplateRefusedError(f"no column '{name}'", hint)


def _reader(used: Counter[str], names: Names) -> Callable[[Cells], dict[str, Any]]:
    """Make the function from cells to what Jinja2 is handed: what the template names, within what it may give."""
    getters = {name: names.getter(name.partition(":")[2] or name) for name in used if name != "vars"}
    constants = {name: _as_cell(value) for name, value in names.vars.items()}

    def read(cells: Cells) -> dict[str, Any]:
        values = {name: _as_cell(getter(cells)) for name, getter in getters.items()}
        if sum(len(value) * used[name] for name, value in values.items() if isinstance(value, str)) > MAX_OUTPUT:
            raise ValueRefusedError("E140", f"the template would give more than {MAX_OUTPUT:,} characters")
        values["row"] = {name[4:]: value for name, value in values.items() if name.startswith("row:")}
        values["get"] = lambda path: values[f"get:{path}"]
        values["vars"] = constants
        return values

    return read


def _as_cell(value: Any) -> Any:
    return Text() if value is None else Text(value) if isinstance(value, str) else value


def _columns(used: Counter[str]) -> frozenset[str]:
    return frozenset(name.partition(":")[2] or name for name in used if name != "vars")


def _plain_parts(tree: nodes.Template) -> list[tuple[bool, str]]:
    """Take a template of nothing but text and names apart, so that it needs no engine; empty for any other."""
    parts: list[tuple[bool, str]] = []
    for output in tree.body:
        for node in output.nodes if isinstance(output, nodes.Output) else [output]:
            if isinstance(node, nodes.TemplateData):
                parts.append((True, node.data))
            elif isinstance(node, nodes.Name):
                parts.append((False, node.name))
            else:
                return []
    return parts


def _guard(work: Callable[[], _T]) -> _T:
    """Turn what a template does wrong with this row's values into a refusal."""
    try:
        return work()
    except (DivisionByZero, InvalidOperation, ZeroDivisionError):
        raise ValueRefusedError("E140", "the template divides by zero") from None
    except (TemplateError, TypeError, OverflowError) as error:
        raise ValueRefusedError("E140", f"the template fails: {error}") from None
