"""The instrumented copy: the user's code with probes compiled in, and a seam at every loop.

Before:

    for x in data:
        if ready(x):
            step(x)

After (line numbers are the user's; SESSION is a constant of the compiled code, see `janus_nb.profile.bind`):

    try:
        for x in SESSION.profile(3, data):               # profiled iterations: with probes
            if SESSION.test(4, SESSION.called(ready)(x)):
                SESSION.called(step)(x)
        else:
            for x in SESSION.rest(3):                    # all others: a graph runs them, or Python, without probes
                if SESSION.seam(9, 0):                   # a seam at every statement: segments of a loop that is split
                    if SESSION.plain(ready)(x):
                        if SESSION.seam(10, 0):
                            SESSION.plain(step)(x)
                        SESSION.sealed(10)
                SESSION.sealed(9)
            else:
                for x in SESSION.untouched(3):           # loops that JANUS leaves alone: the user's own code
                    if ready(x):
                        step(x)
    finally:
        SESSION.left(3)                                  # however the loop was left: its execution is over

A `while` is copied in the same way; whether JANUS leaves it alone is asked once, before its third copy begins. A `break`
in any of the copies leaves all of them, as in the original; so does the loop's own `else`. Functions and classes defined
in the code stay as they are: a called function gets an instrumented copy when it is called.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import operator
import sys
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any, TypeVar

from janus_nb.profile.bind import SESSION, renamed
from janus_nb.source.clone import altered, clone
from janus_nb.source.names import bound_names
from janus_nb.source.units import FUTURE, Unit, function_source, is_private
from janus_nb.source.warned import quietly
from janus_nb.span import Span

MAX_BLOCKS = 9
"""Statements nested deeper than this stay as they are: Python allows 20 nested blocks, and a copied loop takes two."""

_UNSEAMED = (
    ast.Return, ast.Break, ast.Continue, ast.Raise, ast.Pass, ast.Global, ast.Nonlocal, ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef,
)  # fmt: skip
"""Statements that no segment begins with or holds at its top: jumps and declarations."""

_N = TypeVar("_N", bound=ast.AST)
_BUILTINS = frozenset(dir(builtins))


@dataclass(slots=True)
class LoopSite:
    """A loop of the user's code: the original node, and where it stands."""

    node: ast.For | ast.While
    unit: Unit
    span: Span
    local_names: frozenset[str]
    function: str | None
    place: tuple[Any, ...] = ()


@dataclass(slots=True)
class BlockSite:
    """Statements that follow each other without a jump between them: a segment is a run of these.

    Attributes:
        nodes: The original statements.
        unit: Where they stand.
        local_names: Names local to the function around them (empty at the top of a cell).
        varying: Names that the loop or function around them binds.
        opened: Names to which the `with` statements around them bind what they open, and which nothing inside mentions.
        outer: If they end a `with` statement of one item, which opens the last of these names: the number of the block that it stands in,
            and its position there.
    """

    nodes: tuple[ast.stmt, ...]
    unit: Unit
    local_names: frozenset[str]
    varying: frozenset[str]
    opened: tuple[str, ...] = ()
    outer: tuple[int, int] | None = None
    place: tuple[Any, ...] = ()


class Sites:
    """Numbers in the instrumented code, and what they stand for, as long as their unit is remembered.

    Attributes:
        loops: Loops.
        blocks: Blocks of statements.
        tests: Tests.
        comprehensions: Comprehensions and generator expressions that call something: what they call.
    """

    def __init__(self) -> None:
        self.loops: dict[int, LoopSite] = {}
        self.blocks: dict[int, BlockSite] = {}
        self.tests: dict[int, Span] = {}
        self.comprehensions: dict[int, tuple[ast.expr, ...]] = {}
        self._count = itertools.count()
        self._of: dict[Unit, list[int]] = {}
        self._numbers: dict[tuple[Unit, Span], int] = {}

    def add(self, unit: Unit, table: dict[int, Any], site: Any) -> int:
        """A new number for a site of a unit."""
        number = next(self._count)
        table[number] = site
        self._of.setdefault(unit, []).append(number)
        return number

    def loop(self, node: ast.For | ast.While, unit: Unit, local_names: frozenset[str], function: str | None) -> int:
        """The number of a loop: the same in all copies of it."""
        span = Span.of(node, unit.file)
        number = self._numbers.get((unit, span))
        if number is None:
            number = self._numbers[unit, span] = self.add(unit, self.loops, LoopSite(node, unit, span, local_names, function))
        return number

    def forget(self, unit: Unit) -> None:
        """A unit's copies are dropped: what their numbers stand for is, too. Copies that still run go on as plain Python."""
        for number in self._of.pop(unit, ()):
            for table in (self.loops, self.blocks, self.tests, self.comprehensions):
                table.pop(number, None)  # type: ignore[attr-defined]
        for key in [k for k in self._numbers if k[0] is unit]:
            del self._numbers[key]


class _Copier(ast.NodeVisitor):
    """Makes one copy of a block: with probes (`profiled`) or without. No node is changed; what stays as it is, is shared."""

    def __init__(
        self,
        unit: Unit,
        sites: Sites,
        profiled: bool,
        local_names: frozenset[str],
        function: str | None,
        varying: frozenset[str] = frozenset(),
        opened: tuple[str, ...] = (),
    ) -> None:
        self.varying = varying
        self.opened = opened
        self._within: tuple[int, int] | None = None
        self.unit = unit
        self.sites = sites
        self.profiled = profiled
        self.local_names = local_names
        self.function = function
        self._in_comprehension = False

    # Code that is defined here but runs elsewhere, or cannot be suspended by a seam, stays as it is.
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = isinstance(node.func, ast.Name) and node.func.id in _BUILTINS
        made = self.generic_visit(node)
        if called or isinstance(node.func, ast.Call | ast.Lambda):
            return made
        return altered(made, func=_session_call("called" if self.profiled else "plain", [made.func], node.func))

    def visit_If(self, node: ast.If) -> Any:
        return self._with_test(node)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        return self._with_test(node)

    def visit_Assert(self, node: ast.Assert) -> Any:
        return self._with_test(node)

    def _with_test(self, node: Any) -> Any:
        made = self.generic_visit(node)
        return altered(made, test=self._tested(node.test, made.test)) if self.profiled else made

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        made = self.generic_visit(node)
        if not self.profiled:
            return made
        pairs = zip(node.values[:-1], made.values[:-1], strict=True)
        head = [new if _has_parts(old) else self._tested(old, new, "operand") for old, new in pairs]
        return altered(made, values=[*head, made.values[-1]])

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        made = self.generic_visit(node)
        if not self.profiled or not node.ifs:
            return made
        return altered(made, ifs=[self._tested(old, new) for old, new in zip(node.ifs, made.ifs, strict=True)])

    # -- comprehensions: with probes or without, as the session says before each ------------------------------------------

    def visit_ListComp(self, node: ast.ListComp) -> Any:
        return self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> Any:
        return self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> Any:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        return self._comprehension(node)

    def _comprehension(self, node: Any) -> Any:
        """Both copies of a comprehension. The session is told what it iterates over, and hands that on to the copy that it chooses."""
        if self._in_comprehension:
            return self.generic_visit(node)
        first = node.generators[0]

        def over(comprehension: Any, iterable: ast.expr) -> Any:
            head = altered(comprehension.generators[0], iter=iterable)
            return altered(comprehension, generators=[head, *comprehension.generators[1:]])

        iterable = self.visit(first.iter)
        self._in_comprehension = True
        rest = over(node, _number(0, node))
        made = self.generic_visit(rest)
        self._in_comprehension = False
        if made is rest:
            return node if iterable is first.iter else over(node, iterable)
        called = tuple(n.func for n in ast.walk(node) if isinstance(n, ast.Call))
        number = _number(self.sites.add(self.unit, self.sites.comprehensions, called), node)
        handed = _session_call("handed", [number], first.iter)
        return _located(ast.IfExp(_session_call("observes", [number, iterable], first.iter), over(made, handed), over(node, handed)), node)

    def _tested(self, original: ast.expr, made: ast.expr, method: str = "test") -> ast.expr:
        """An expression whose truth is recorded."""
        number = self.sites.add(self.unit, self.sites.tests, Span.of(original, self.unit.file))
        value = _asked_once(original, made) if method == "test" else made
        return _session_call(method, [_number(number, original), value], original)

    def visit_With(self, node: ast.With) -> ast.AST:
        before = self.opened
        mentioned = {n.id for statement in node.body for n in ast.walk(statement) if isinstance(n, ast.Name)}
        targets = [i.optional_vars for i in node.items if isinstance(i.context_expr, ast.Call) and isinstance(i.optional_vars, ast.Name)]
        within, self._within = self._within, None
        items = [self.visit(item) for item in node.items]
        self.opened = (*before, *(t.id for t in targets if t.id not in mentioned))
        body = self._block(node.body, within if len(node.items) == 1 and self.opened != before else None)
        self.opened = before
        return altered(node, items=items, body=body)

    # -- loops ---------------------------------------------------------------------------------------------------------

    def visit_For(self, node: ast.For) -> Any:
        site = _number(self.sites.loop(node, self.unit, self.local_names, self.function), node.iter)
        opener = node.iter if sys.version_info >= (3, 12) else node  # where Python says that something cannot be iterated over
        opened = _session_call("profile" if self.profiled else "again", [site, self.visit(node.iter)], opener)
        untouched = _session_call("untouched", [site], node.iter)
        made = altered(node, iter=untouched, orelse=self._block(node.orelse))
        if self.profiled:
            rest = _session_call("rest", [site], node.iter)
            made = altered(node, iter=rest, body=self._inside(False, node)._block(node.body), orelse=[made])
        made = altered(node, iter=opened, body=self._inside(self.profiled, node)._block(node.body), orelse=[made])
        return self._closed(made, site, node.iter)

    def visit_While(self, node: ast.While) -> Any:
        site = _number(self.sites.loop(node, self.unit, self.local_names, self.function), node.test)

        def condition(method: str, copier: _Copier) -> ast.expr:
            test = _session_call("holds", [site, _asked_once(node.test, copier.visit(node.test))], node.test)
            return _located(ast.BoolOp(ast.And(), [_session_call(method, [site], node.test), test]), node.test)

        orelse = self._block(node.orelse)
        alone = _located(ast.If(_session_call("untouched_while", [site], node.test), [altered(node, orelse=orelse)], orelse), node)
        plain = self._inside(False, node)
        method = "rest_while" if self.profiled else "again_while"
        made = altered(node, test=condition(method, plain), body=plain._block(node.body), orelse=[alone])
        if self.profiled:
            profiled = self._inside(True, node)
            made = altered(node, test=condition("profile_while", profiled), body=profiled._block(node.body), orelse=[made])
        return self._closed(made, site, node.test)

    def _closed(self, loop: ast.stmt, site: ast.expr, like: ast.expr) -> ast.Try:
        """The copies of a loop, and what is told to the session however they are left."""
        left = _located(ast.Expr(_session_call("left", [site], like)), like)
        return _located(ast.Try([loop], [], [], [left]), loop)

    def _inside(self, profiled: bool, loop: ast.For | ast.While) -> _Copier:
        """A copier for the parts of a loop."""
        varying = self.varying | frozenset(bound_names([loop]).stored)
        return _Copier(self.unit, self.sites, profiled, self.local_names, self.function, varying, self.opened)

    def generic_visit(self, node: _N) -> _N:  # type: ignore[override]
        """A node whose parts have been visited; blocks of statements get their seams."""
        parts: dict[str, Any] = {}
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                made: Any = self.visit(value)
                if made is not value:
                    parts[name] = made
            elif isinstance(value, list) and value:
                if isinstance(value[0], ast.stmt):
                    parts[name] = self._block(value)
                else:
                    made = [self.visit(v) if isinstance(v, ast.AST) else v for v in value]
                    if any(map(operator.is_not, made, value)):
                        parts[name] = made
        return altered(node, **parts) if parts else node

    def _block(self, body: list[ast.stmt], outer: tuple[int, int] | None = None) -> list[ast.stmt]:
        if self.profiled:
            return [self.visit(s) for s in body]
        made: list[ast.stmt] = []
        run: list[ast.stmt] = []
        for statement in [*body, None]:
            if statement is not None and not isinstance(statement, _UNSEAMED):
                run.append(statement)
                continue
            if run:
                made.extend(self._seamed(run, outer if statement is None else None))
                run = []
            if statement is not None:
                made.append(self.visit(statement))
        return made

    def _seamed(self, run: list[ast.stmt], outer: tuple[int, int] | None) -> list[ast.stmt]:
        """The statements, each behind a seam: Python runs it unless a segment has."""
        site = BlockSite(tuple(run), self.unit, self.local_names, self.varying, self.opened, outer)
        number = self.sites.add(self.unit, self.sites.blocks, site)
        made: list[ast.stmt] = []
        for position, statement in enumerate(run):
            self._within = (number, position) if isinstance(statement, ast.With) else None
            test = _session_call("seam", [_number(number, statement), _number(position, statement)], statement)
            made.append(_located(ast.If(test, [self.visit(statement)], []), statement))
        made.append(_located(ast.Expr(_session_call("sealed", [_number(number, run[-1])], run[-1])), run[-1]))
        return made


def _located(made: _N, like: ast.AST) -> _N:
    """A new node that stands where another one does."""
    made.lineno, made.col_offset = like.lineno, like.col_offset  # type: ignore[attr-defined]
    made.end_lineno, made.end_col_offset = like.end_lineno, like.end_col_offset  # type: ignore[attr-defined]
    return made


def _number(value: int, like: ast.AST) -> ast.expr:
    return _located(ast.Constant(value), like)


def _has_parts(test: ast.expr) -> bool:
    """Whether the truth of an expression is that of one of its parts, which Python has already asked for it."""
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    return isinstance(test, ast.BoolOp | ast.IfExp) or (isinstance(test, ast.Compare) and len(test.ops) > 1)


def _asked_once(original: ast.expr, made: ast.expr) -> ast.expr:
    """A test of several parts as a bool: where only its truth is wanted, Python asks no part twice for its own.

    if a and b:   ->   if SESSION.test(0, True if a and b else False):
    """
    if not _has_parts(original):
        return made
    return _located(ast.IfExp(made, _number(True, original), _number(False, original)), original)


def _session_call(method: str, args: list[ast.expr], like: ast.AST) -> ast.expr:
    attribute = ast.Attribute(_located(ast.Constant(SESSION), like), method, ast.Load())
    attribute.lineno = attribute.end_lineno = like.lineno  # type: ignore[attr-defined]  # Python moves calls whose name is on another line
    attribute.col_offset = attribute.end_col_offset = like.col_offset  # type: ignore[attr-defined]
    return _located(ast.Call(attribute, args, []), like)


def instrument_module(unit: Unit, tree: ast.Module, sites: Sites) -> ast.Module:
    """An instrumented copy of a cell's tree, which shares with it what stays as it is; the cell's own functions and classes do."""
    copier = _Copier(unit, sites, True, frozenset(), None)
    return ast.Module([s if _nested_blocks(s) > MAX_BLOCKS else copier.visit(s) for s in tree.body], tree.type_ignores)


def _nested_blocks(statement: ast.AST) -> int:
    """How deeply statements with blocks are nested in a statement, without functions and classes in it."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return 0
    parts = (getattr(statement, name, ()) for name in ("body", "orelse", "finalbody", "handlers", "cases"))
    inner = max((_nested_blocks(part) for block in parts if isinstance(block, list) for part in block), default=0)
    return inner + isinstance(statement, ast.For | ast.AsyncFor | ast.While | ast.Try | ast.With | ast.AsyncWith)


def instrument_code(function: FunctionType, sites: Sites, profiled: bool) -> CodeType | None:
    """The code of an instrumented copy of a user function, not yet bound to a session; `None` if there is none.

    It is compiled as the function was, under the same `from __future__` statements, and has the same name, line numbers,
    arguments and docstring. Generators, coroutines and functions without source (or with private names of a class that is
    not known) are not copied.
    """
    code = function.__code__
    found = function_source(function)
    if found is None or code.co_flags & 0x2A0:
        return None
    node, unit = found
    if not isinstance(node, ast.FunctionDef) or max(map(_nested_blocks, node.body)) > MAX_BLOCKS:
        return None
    if any(is_private(getattr(n, "attr", getattr(n, "id", ""))) for n in ast.walk(node)):
        return None
    names = frozenset({*code.co_varnames, *code.co_cellvars, *code.co_freevars})
    copier = _Copier(unit, sites, profiled, names, function.__qualname__, names)
    text = node.body[:1] if ast.get_docstring(node, clean=False) is not None else []
    first: list[ast.expr] = [_located(ast.Constant(None), d) for d in node.decorator_list[:1]]  # code begins at its first decorator's line
    made = altered(node, body=[*text, *copier._block(node.body[len(text) :])], args=_arguments(node), decorator_list=first, returns=None)
    if hasattr(made, "type_params"):
        made.type_params = []
    outer = ast.FunctionDef(_OUTER, ast.arguments([], [ast.arg(n) for n in code.co_freevars], None, [], [], None, []), [made], [], None, None)
    if hasattr(outer, "type_params"):
        outer.type_params = []
    module = ast.fix_missing_locations(ast.copy_location(ast.Module([_located(outer, node)], []), node))
    with quietly():
        compiled = compile(module, code.co_filename, "exec", flags=code.co_flags & FUTURE, dont_inherit=True)
    inner = _nested_code(_nested_code(compiled, _OUTER), node.name)
    inner = renamed(inner, f"{_OUTER}.<locals>.{node.name}", getattr(code, "co_qualname", function.__qualname__))
    same = inner.co_freevars == code.co_freevars and inner.co_varnames[: _arity(inner)] == code.co_varnames[: _arity(code)]
    return inner if same and inner.co_firstlineno == code.co_firstlineno else None


_OUTER = "<JANUS>"


def _arity(code: CodeType) -> int:
    return code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)


def _arguments(node: ast.FunctionDef) -> ast.arguments:
    """The function's parameters, without annotations; their defaults are those of the function object."""
    made = clone(node.args)
    for argument in ast.walk(made):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    made.defaults = [_located(ast.Constant(None), node) for _ in made.defaults]
    made.kw_defaults = [None if d is None else _located(ast.Constant(None), node) for d in made.kw_defaults]
    return made


def copy_of(function: FunctionType, code: CodeType) -> FunctionType:
    """A function like the given one but for its code: the same globals, closure, defaults and attributes, as they are now."""
    made = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    made.__qualname__ = function.__qualname__
    made.__module__ = function.__module__
    made.__dict__ = function.__dict__
    return made


def _nested_code(code: CodeType, name: str) -> CodeType:
    return next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
