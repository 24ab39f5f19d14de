"""Control flow: conditions, inner loops, and what follows them.

if loss > 5: ...      one direction seen:  check(not loss > 5), nothing else          (this module)
                      both seen:           tf.cond, effects under `if` at replay      (branches)
for t in range(20):   known or seen count: 20 copies                                  (this module)
                      otherwise:           tf.while_loop                              (loops)
"""

from __future__ import annotations

import ast
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from janus_nb.lowering import branches, generators, loops, operators
from janus_nb.lowering.interp import Lowering
from janus_nb.lowering.outcome import BREAK, CONTINUE, NORMAL, Exit, Outcome
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import UNKNOWN, Host, Num, Phase, Suspended
from janus_nb.span import Span
from janus_nb.speculate.policy import BranchAssumption, ExitAssumption, TripAssumption
from janus_nb.speculate.slots import LengthSlot


@contextlib.contextmanager
def continuation(low: Lowering, rest: list[ast.stmt]) -> Iterator[None]:
    """While inside, `rest` is what follows the current statement in its block."""
    stack = low.konts
    stack.append(rest)
    try:
        yield
    finally:
        stack.pop()


@contextlib.contextmanager
def boundary(low: Lowering, kind: str) -> Iterator[None]:
    """A place beyond which a branch cannot take what follows along: a function, a loop body, a `with` block."""
    stack = low.konts
    stack.append(kind)
    try:
        yield
    finally:
        stack.pop()


# -- conditions ------------------------------------------------------------------------------------------------------


def assume(low: Lowering, condition: Any, taken: bool, assumption: Any) -> None:
    """Assert that a condition comes out as `taken`."""
    if isinstance(condition, Host):
        low.check_host(condition, taken, assumption)
        return
    tensor = condition.tensor if isinstance(condition, Num) else condition
    low.check(tensor if taken else low.math("logical_not", tensor), assumption)


def decide(low: Lowering, span: Span, condition: Any, then: Callable[[], Outcome], other: Callable[[], Outcome], leaves: bool) -> Outcome:
    """Lower a branch: take the known or speculated side, or both."""
    if isinstance(condition, bool):
        return then() if condition else other()
    taken = low.policy.direction(span)
    unseen = span not in low.policy.branches and span not in low.policy.both
    if taken is None and unseen and isinstance(condition, Host) and condition.witness is not UNKNOWN:
        taken = bool(condition.witness)
    if taken is None and span in low.policy.left and span not in low.policy.strict:
        taken = low.policy.usual[span]
        low.left.append(low.policy.left[span])
        assume(low, condition, taken, ExitAssumption(span, "the other branch", condition=span))
        return then() if taken else other()
    if taken is not None:
        assume(low, condition, taken, BranchAssumption(span, taken, low.policy.evidence(span)))
        return then() if taken else other()
    return branches.lower_both(low, span, condition, then, other, leaves)


def if_(low: Lowering, node: ast.If) -> Outcome:
    """`if`/`elif`/`else`."""
    from janus_nb.lowering.stmts import run

    condition = operators.truth(low, low.eval(node.test))
    leaves = any(jumps(s) for s in (*node.body, *node.orelse))
    return decide(low, low.span_of(node.test), condition, lambda: run(low, node.body), lambda: run(low, node.orelse), leaves)


def jumps(node: ast.stmt) -> bool:
    """Whether a statement may leave the block it stands in."""
    return any(isinstance(n, ast.Return | ast.Break | ast.Continue) for n in _own(node))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The node and its parts, without those of functions defined in it."""
    yield node
    if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
        for child in ast.iter_child_nodes(node):
            yield from _own(child)


def conditional_expression(low: Lowering, node: ast.IfExp) -> Any:
    """`a if test else b`."""
    condition = operators.truth(low, low.eval(node.test))
    return choose(low, low.span_of(node.test), condition, lambda: low.eval(node.body), lambda: low.eval(node.orelse))


_RESULT = "@value"


def choose(low: Lowering, span: Span, condition: Any, then: Callable[[], Any], other: Callable[[], Any]) -> Any:
    """The value of one of two expressions."""
    names = low.frame.names
    saved = names.pop(_RESULT, None)

    def side(build: Callable[[], Any]) -> Callable[[], Outcome]:
        def run() -> Outcome:
            low.frame.names[_RESULT] = build()
            return NORMAL

        return run

    decide(low, span, condition, side(then), side(other), False)
    value = low.frame.names.pop(_RESULT)
    if saved is not None:
        low.frame.names[_RESULT] = saved
    return value


def short_circuit(low: Lowering, conjunction: bool, nodes: list[ast.expr]) -> Any:
    """`a and b and c` / `a or b or c`."""
    first, *rest = nodes
    value = low.eval(first)
    if not rest:
        return value
    condition = operators.truth(low, value)
    if isinstance(condition, bool):
        return short_circuit(low, conjunction, rest) if condition is conjunction else value
    span = low.span_of(first)
    if low.policy.direction(span) is None and all(_is_pure(n) for n in rest):
        tail = short_circuit(low, conjunction, rest)
        try:
            return operators.join(low, conjunction, condition, operators.truth(low, tail))
        except Unsupported:
            if not isinstance(condition, Host):
                raise
    go_on = lambda: short_circuit(low, conjunction, rest)  # noqa: E731
    stop = lambda: value  # noqa: E731
    return choose(low, span, condition, go_on if conjunction else stop, stop if conjunction else go_on)


def _is_pure(node: ast.expr) -> bool:
    """Whether evaluating an expression needlessly can neither fail nor have an effect: comparisons of names and literals."""
    allowed = (
        ast.Compare | ast.Name | ast.Constant | ast.cmpop | ast.expr_context | ast.Attribute | ast.UnaryOp | ast.unaryop | ast.BoolOp | ast.boolop
    )
    return all(isinstance(n, allowed) for n in ast.walk(node))


def assert_holds(low: Lowering, node: ast.Assert) -> None:
    """`assert test, message`: Python runs the iteration in which it fails."""
    condition = operators.truth(low, low.eval(node.test))
    if condition is True:
        return
    span = low.span_of(node.test)
    if condition is False:
        raise Unsupported("JN101", "an assert statement that fails")
    assume(low, condition, True, ExitAssumption(span, "assert"))


# -- loops -----------------------------------------------------------------------------------------------------------


def known_items(low: Lowering, value: Any, count: int | None = None) -> list[Any]:
    """The items of an iterable whose number is known (for a host value: speculated).

    Raises:
        Unsupported: the number of items is not known while lowering.
    """
    if isinstance(value, Suspended):
        return generators.collect(low, value)
    if isinstance(value, Host):
        return _host_items(low, value, count)
    if isinstance(value, Num):
        shape = low.backend.spec_of(value.tensor).shape
        if value.kind == "array" and shape and shape[0] is not None and shape[0] <= low.policy.unroll_limit:
            return [low.host_op(f"{{}}[{i}]", None, value) for i in range(shape[0])]
        raise Unsupported("JN202", "iteration over a value that the graph computes")
    if low.is_graph(value) or low.backend.is_variable(value):
        shape = low.backend.spec_of(value).shape
        if not shape or shape[0] is None:
            raise Unsupported("JN109", "iteration over a tensor of unknown size")
        return [value[i] for i in range(shape[0])]
    if low.is_fresh(value) or isinstance(value, str | range):
        return list(value)
    if isinstance(value, list | dict | set | frozenset | type({}.keys()) | type({}.values()) | type({}.items())) or _is_sequence(value):
        return _heap_items(low, value)
    raise Unsupported("JN201", f"iteration over a {type(value).__name__}")


def _is_sequence(value: Any) -> bool:
    return isinstance(value, tuple) or type(value).__name__ in ("ListWrapper", "deque")


def _heap_items(low: Lowering, value: Any) -> list[Any]:
    from janus_nb.lowering.access import path_of
    from janus_nb.lowering.items import heap_item

    if not low.heap.read_content(value):
        raise Unsupported("JN202", "iteration over a container that the loop changes")
    if isinstance(value, set | frozenset):
        raise Unsupported("JN109", "iteration over a set")
    low.heap.guard_structure(LengthSlot(value, path_of(low, value)), low.span)
    if isinstance(value, dict):
        for key in value:
            heap_item(low, value, key)
        return list(value)
    return [heap_item(low, value, i) for i in range(len(value))]


def _host_items(low: Lowering, value: Host, count: int | None) -> list[Any]:
    if value.phase is Phase.POST:
        raise Unsupported("JN202", "iteration over a value that is known at replay")
    witness = value.witness
    if low.backend.is_tensor(witness):
        return known_items(low, low.lift(value), count)
    if not _is_indexed(witness):
        raise Unsupported("JN201", f"iteration over a {type(witness).__name__}")
    size = len(witness)
    if count is None and low.span is not None:
        if low.span in low.policy.looped or size > low.policy.unroll_limit:
            raise Unsupported("JN109", f"{size} items that come from the data")
        same = low.host_op(f"(len({{}}) == {size})", lambda v: len(v) == size, value)
        low.check_host(same, True, TripAssumption(low.span, size, low.policy.evidence(low.span)))
    if isinstance(witness, dict):
        value = low.host_op("list({})", list, value)
    return [low.host_op(f"{{}}[{i}]", lambda v, i=i: v[i], value) for i in range(size)]


def _is_indexed(value: Any) -> bool:
    """Whether iteration gives what indices (a dictionary: its keys) give, and runs no code of a class of its own."""
    kinds: tuple[Any, ...] = (list, tuple, dict, str, bytes, range, deque)
    like = next((kind for kind in kinds if isinstance(value, kind)), None)
    own = type(value).__iter__ is not like.__iter__ if like is not None else type(value).__module__ != "numpy"
    return not own or type(value).__name__ == "ListWrapper"


def for_(low: Lowering, node: ast.For) -> Outcome:
    """An inner `for`: unrolled when its items are known, otherwise a graph loop."""
    from janus_nb.lowering.stmts import bind, run

    iterable = low.eval(node.iter)
    if isinstance(iterable, Suspended):
        return _for_generator(low, node, iterable)
    span = low.span_of(node.iter)
    dynamic = loops.dynamic_range(low, iterable, span)
    if dynamic is not None:
        return loops.lower_for(low, node, dynamic)
    with low.at(node.iter):
        items = loops.range_items(low, iterable, span) if isinstance(iterable, loops.Range) else known_items(low, iterable)
        if len(items) > low.policy.unroll_limit:
            raise Unsupported("JN109", f"{len(items)} rounds")
    for item in items:
        bind(low, node.target, item)
        outcome = _round(low, node.body)
        if outcome is BREAK:
            return NORMAL
        if outcome not in (NORMAL, CONTINUE):
            return outcome
    return run(low, node.orelse)


def _for_generator(low: Lowering, node: ast.For, generator: Suspended) -> Outcome:
    """A `for` over a generator of the user's: its body is lowered at each `yield`."""
    from janus_nb.lowering.stmts import bind, run

    left: list[Outcome] = []
    rounds = 0

    def each(item: Any) -> bool:
        nonlocal rounds
        rounds += 1
        if rounds > low.policy.unroll_limit:
            raise Unsupported("JN109", f"more than {low.policy.unroll_limit} items of a generator")
        bind(low, node.target, item)
        outcome = _round(low, node.body)
        if outcome not in (NORMAL, CONTINUE):
            left.append(outcome)
        return not left

    generators.consume(low, generator, each)
    if left:
        return NORMAL if left[0] is BREAK else left[0]
    return run(low, node.orelse)


def _round(low: Lowering, body: list[ast.stmt]) -> Outcome:
    from janus_nb.lowering.stmts import run

    low.loop_depth += 1
    try:
        with boundary(low, "loop"):
            return run(low, body)
    finally:
        low.loop_depth -= 1


def while_(low: Lowering, node: ast.While) -> Outcome:
    """An inner `while`: unrolled as often as it was seen to run, otherwise a graph loop."""
    from janus_nb.lowering.stmts import run

    span = low.span_of(node.test)
    seen = low.policy.trips.get(span, set())
    fixed = next(iter(seen)) if len(seen) == 1 and span not in low.policy.looped and low.policy.unroll else None
    rounds = 0
    while True:
        condition = operators.truth(low, low.eval(node.test))
        if not isinstance(condition, bool):
            if fixed is None or fixed > low.policy.unroll_limit:
                return loops.lower_while(low, node) if rounds == 0 else _stuck(rounds)
            goes_on = rounds < fixed
            assume(low, condition, goes_on, TripAssumption(span, fixed, low.policy.evidence(span)))
            condition = goes_on
        if not condition:
            return run(low, node.orelse)
        if rounds >= low.policy.unroll_limit:
            raise Unsupported("JN109", f"more than {rounds} rounds")
        outcome = _round(low, node.body)
        rounds += 1
        if outcome is BREAK:
            return NORMAL
        if outcome not in (NORMAL, CONTINUE):
            return outcome


def _stuck(rounds: int) -> Outcome:
    raise Unsupported("JN109", f"the condition is known for {rounds} rounds and not after")


def comprehension(low: Lowering, generators: list[ast.comprehension], emit: Callable[[], None]) -> None:
    """Run `emit` for every combination of items, in a scope of its own."""
    from janus_nb.lowering.stmts import bind

    first, *rest = generators
    if first.is_async:
        raise Unsupported("JN103", "asynchronous comprehension")
    iterable = low.eval(first.iter)
    items = loops.range_items(low, iterable, low.span_of(first.iter)) if isinstance(iterable, loops.Range) else known_items(low, iterable)
    if len(items) > low.policy.unroll_limit * 4:
        raise Unsupported("JN109", f"{len(items)} items in a comprehension")
    with _inner_scope(low, first.target):
        for item in items:
            bind(low, first.target, item)
            if all(_holds(low, test) for test in first.ifs):
                if rest:
                    comprehension(low, rest, emit)
                else:
                    emit()


def _holds(low: Lowering, test: ast.expr) -> bool:
    condition = operators.truth(low, low.eval(test))
    if isinstance(condition, bool):
        return condition
    span = low.span_of(test)
    taken = low.policy.direction(span)
    if taken is None:
        raise Unsupported("JN111", "a comprehension's condition is not known")
    assume(low, condition, taken, BranchAssumption(span, taken, low.policy.evidence(span)))
    return taken


@contextlib.contextmanager
def _inner_scope(low: Lowering, target: ast.expr) -> Iterator[None]:
    from janus_nb.lowering.interp import Frame

    names = frozenset(n.id for n in ast.walk(target) if isinstance(n, ast.Name))
    outer = low.frame
    inner = Frame(outer.unit, outer.namespace, {}, names, {}, outer, depth=outer.depth)
    inner.owner_class, inner.self_value = outer.owner_class, outer.self_value
    low.frames.append(inner)
    try:
        yield
    finally:
        low.frames.pop()


__all__ = ["Exit", "boundary", "comprehension", "continuation", "decide", "for_", "if_", "known_items", "while_"]
