"""The instrumented copy: the user's code with probes compiled in, and a seam at every loop.

Before:

    for x in data:
        if ready(x):
            step(x)

After (line numbers are the user's; `__janus__` is the session):

    for x in __janus__.profile(3, data):             # profiled iterations: with probes
        if __janus__.test(4, __janus__.called(ready)(x)):
            __janus__.called(step)(x)
    else:
        for x in __janus__.rest(3):                  # all others: a graph runs them, or Python, without probes
            if __janus__.seam(9, 0):                 # a seam at every statement: segments of a loop that is split
                if __janus__.plain(ready)(x):
                    if __janus__.seam(10, 0):
                        __janus__.plain(step)(x)
                    __janus__.sealed(10)
            __janus__.sealed(9)
        else:
            for x in __janus__.untouched(3):         # loops that JANUS leaves alone: the user's own code
                if ready(x):
                    step(x)

A `break` in any of the copies leaves all of them, as in the original; so does the loop's own `else`.
Functions and classes defined in the code stay as they are: a called function gets an instrumented copy lazily.
"""

from __future__ import annotations

import ast
import builtins
import operator
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any, TypeVar

from janus_nb.source.clone import altered, clone
from janus_nb.source.names import bound_names
from janus_nb.source.units import Unit, function_source, is_private
from janus_nb.span import Span

SESSION = "__janus__"
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


@dataclass(slots=True)
class Sites:
    """Numbers in the instrumented code, and what they stand for."""

    loops: list[LoopSite] = field(default_factory=list)
    blocks: list[BlockSite] = field(default_factory=list)
    tests: list[Span] = field(default_factory=list)


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
        called = isinstance(node.func, ast.Name) and (node.func.id in _BUILTINS or node.func.id == SESSION)
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
        head = [self._tested(old, new, "operand") for old, new in zip(node.values[:-1], made.values[:-1], strict=True)]
        return altered(made, values=[*head, made.values[-1]])

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        made = self.generic_visit(node)
        if not self.profiled or not node.ifs:
            return made
        return altered(made, ifs=[self._tested(old, new) for old, new in zip(node.ifs, made.ifs, strict=True)])

    def _tested(self, original: ast.expr, made: ast.expr, method: str = "test") -> ast.expr:
        """An expression whose truth is recorded."""
        self.sites.tests.append(Span.of(original, self.unit.file))
        return _session_call(method, [_number(len(self.sites.tests) - 1, original), made], original)

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
        site = _number(self._loop_site(node), node.iter)
        iterable = self.visit(node.iter)
        if not self.profiled:
            again = _session_call("again", [site, iterable], node.iter)
            return altered(node, iter=again, body=self._block(node.body), orelse=self._block(node.orelse))
        profiled = _session_call("profile", [site, iterable], node.iter)
        rest = _session_call("rest", [site], node.iter)
        untouched = _session_call("untouched", [site], node.iter)
        body = self._other(True, node)._block(node.body)
        third = altered(node, iter=untouched, orelse=self._block(node.orelse))
        second = altered(node, iter=rest, body=self._other(False, node)._block(node.body), orelse=[third])
        return altered(node, iter=profiled, body=body, orelse=[second])

    def visit_While(self, node: ast.While) -> Any:
        site = _number(self._loop_site(node), node.test)

        def condition(method: str, copier: _Copier) -> ast.expr:
            test = _session_call("holds", [site, copier.visit(node.test)], node.test)
            return _located(ast.BoolOp(ast.And(), [_session_call(method, [site], node.test), test]), node.test)

        if not self.profiled:
            return altered(node, test=condition("again_while", self), body=self._block(node.body), orelse=self._block(node.orelse))
        test = condition("profile_while", self)
        body = self._other(True, node)._block(node.body)
        rest_test = condition("rest_while", self._other(False))
        rest = altered(node, test=rest_test, body=self._other(False, node)._block(node.body), orelse=self._block(node.orelse))
        return altered(node, test=test, body=body, orelse=[rest])

    def _loop_site(self, node: ast.For | ast.While) -> int:
        span = Span.of(node, self.unit.file)
        for number, known in enumerate(self.sites.loops):
            if known.span == span and known.unit is self.unit:
                return number
        self.sites.loops.append(LoopSite(node, self.unit, span, self.local_names, self.function))
        return len(self.sites.loops) - 1

    def _other(self, profiled: bool, loop: ast.For | ast.While | None = None) -> _Copier:
        varying = self.varying | frozenset(bound_names([loop]).stored) if loop is not None else self.varying
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
        self.sites.blocks.append(BlockSite(tuple(run), self.unit, self.local_names, self.varying, self.opened, outer))
        number = len(self.sites.blocks) - 1
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


def _session_call(method: str, args: list[ast.expr], like: ast.AST) -> ast.expr:
    session = _located(ast.Name(SESSION, ast.Load()), like)
    return _located(ast.Call(_located(ast.Attribute(session, method, ast.Load()), like), args, []), like)


def instrument_module(unit: Unit, tree: ast.Module, sites: Sites) -> ast.Module:
    """An instrumented copy of a cell's tree, which shares with it what stays as it is; the cell's own functions and classes do."""
    copier = _Copier(unit, sites, True, frozenset(), None)
    return ast.Module([copier.visit(s) for s in tree.body], tree.type_ignores)


def instrument_function(function: FunctionType, sites: Sites, profiled: bool) -> FunctionType | None:
    """An instrumented copy of a user function that shares its globals, closure and defaults; `None` if there is none.

    Generators, coroutines and functions without source (or with private names of a class that is not known) are not copied.
    """
    code = function.__code__
    found = function_source(function)
    if found is None or code.co_flags & 0x2A0:
        return None
    node, unit = found
    if not isinstance(node, ast.FunctionDef):
        return None
    if any(is_private(getattr(n, "attr", getattr(n, "id", ""))) for n in ast.walk(node)):
        return None
    names = frozenset({*code.co_varnames, *code.co_cellvars, *code.co_freevars})
    copier = _Copier(unit, sites, profiled, names, function.__qualname__, names)
    made = altered(node, body=copier._block(node.body), args=clone(node.args), decorator_list=[], returns=None)
    for argument in ast.walk(made.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    made.args.defaults = [_located(ast.Constant(None), node) for _ in node.args.defaults]
    made.args.kw_defaults = [None if d is None else _located(ast.Constant(None), node) for d in node.args.kw_defaults]
    outer_args = ast.arguments([], [ast.arg(n) for n in code.co_freevars], None, [], [], None, [])
    outer = ast.FunctionDef("__janus_outer__", outer_args, [made], [], None, None)
    if hasattr(outer, "type_params"):
        outer.type_params = []
    module = ast.fix_missing_locations(ast.copy_location(ast.Module([_located(outer, node)], []), node))
    inner = _nested_code(_nested_code(compile(module, code.co_filename, "exec"), "__janus_outer__"), node.name)
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    closure = tuple(cells[n] for n in inner.co_freevars)
    copied = FunctionType(inner, function.__globals__, function.__name__, function.__defaults__, closure or None)
    copied.__kwdefaults__ = function.__kwdefaults__
    copied.__qualname__ = function.__qualname__
    return copied


def _nested_code(code: CodeType, name: str) -> CodeType:
    return next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
