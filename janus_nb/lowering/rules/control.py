"""Control flow: conditions, inner loops, and what follows them.

if loss > 5: ...      one direction seen:  check(not loss > 5), nothing else          (this module)
                      both seen:           tf.cond, effects under `if` at replay      (branches)
for t in range(20):   known or seen count: 20 copies                                  (this module)
                      otherwise:           tf.while_loop                              (loops)
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from janus_nb.lowering.core import marks
from janus_nb.lowering.core.flow import assume, jumps, one_round
from janus_nb.lowering.core.frames import Frame
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.outcome import BREAK, CONTINUE, NORMAL, Outcome
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Host, Lazy, Num, Phase, Range, Suspended
from janus_nb.lowering.graph import branches, loops
from janus_nb.lowering.values import generators, operators
from janus_nb.lowering.values.ranges import range_items
from janus_nb.span import Span
from janus_nb.speculate.policy import BranchAssumption, ExitAssumption, TripAssumption

# -- conditions ------------------------------------------------------------------------------------------------------


def decide(low: Lowering, span: Span, condition: Any, then: Callable[[], Outcome], other: Callable[[], Outcome], leaves: bool) -> Outcome:
    """Lower a branch: take the known or speculated side, or both."""
    if isinstance(condition, bool):
        return then() if condition else other()
    if isinstance(condition, Host):
        low.lines.host_spans[span] = None
    taken = low.policy.direction(span)
    unseen = span not in low.policy.branches and span not in low.policy.both
    if taken is None and unseen and isinstance(condition, Host) and condition.witness is not UNKNOWN:
        taken = bool(condition.witness)
    if taken is None and span in low.policy.left and span not in low.policy.strict:
        taken = low.policy.usual[span]
        low.place.left.append(low.policy.left[span])
        assume(low, condition, taken, ExitAssumption(span, "the other branch", condition=span))
        return then() if taken else other()
    if taken is not None:
        assume(low, condition, taken, BranchAssumption(span, taken, low.policy.evidence(span)))
        return then() if taken else other()
    return branches.lower_both(low, span, condition, then, other, leaves)


def if_(low: Lowering, node: ast.If) -> Outcome:
    """`if`/`elif`/`else`."""

    test = condition(low, node.test)
    leaves = any(jumps(s) for s in (*node.body, *node.orelse))
    return decide(low, low.span_of(node.test), test, lambda: low.run(node.body), lambda: low.run(node.orelse), leaves)


def conditional_expression(low: Lowering, node: ast.IfExp) -> Any:
    """`a if test else b`."""
    test = condition(low, node.test)
    return choose(low, low.span_of(node.test), test, lambda: low.eval(node.body), lambda: low.eval(node.orelse))


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


def condition(low: Lowering, node: ast.expr) -> Any:
    """An expression of which only the truth is wanted."""
    if isinstance(node, ast.BoolOp):
        with low.at(node):
            return low.truth(short_circuit(low, isinstance(node.op, ast.And), list(node.values), True))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        with low.at(node):
            return operators.invert(low, condition(low, node.operand))
    return low.truth(low.eval(node))


def short_circuit(low: Lowering, conjunction: bool, nodes: list[ast.expr], truth_only: bool = False) -> Any:
    """`a and b and c` / `a or b or c`: one of its parts, or, if only its truth is wanted, a condition."""
    first, *rest = nodes
    value = condition(low, first) if truth_only else low.eval(first)
    if not rest:
        return value
    holds = low.truth(value)
    if isinstance(holds, bool):
        return short_circuit(low, conjunction, rest, truth_only) if holds is conjunction else value
    span = low.span_of(first)
    joins = truth_only or _is_bool(value)
    if joins and low.policy.direction(span) is None and all(_is_pure(n) for n in rest):
        before = marks.mark(low)
        tail = short_circuit(low, conjunction, rest, truth_only)
        if marks.acted(low, before):  # a property or a comparison of the user's: only if Python gets there
            marks.rollback(low, before)
            return _chosen(low, span, conjunction, holds, rest, value, truth_only)
        if truth_only or _is_bool(tail):
            try:
                return operators.join(low, conjunction, holds, low.truth(tail))
            except Unsupported:
                if not isinstance(holds, Host):
                    raise
    return _chosen(low, span, conjunction, holds, rest, value, truth_only)


def _is_bool(value: Any) -> bool:
    """Whether a value is certainly a bool of Python's, so that it is what its truth is."""
    if isinstance(value, Num):
        return value.kind == "bool"
    return type(value.witness if isinstance(value, Host) and value.phase is not Phase.POST else value) is bool


def _chosen(low: Lowering, span: Span, conjunction: bool, holds: Any, rest: list[ast.expr], value: Any, truth_only: bool) -> Any:
    """The rest of a condition, as a branch."""
    go_on = lambda: short_circuit(low, conjunction, rest, truth_only)  # noqa: E731
    stop = lambda: value  # noqa: E731
    return choose(low, span, holds, go_on if conjunction else stop, stop if conjunction else go_on)


def _is_pure(node: ast.expr) -> bool:
    """Whether evaluating an expression needlessly can neither fail nor have an effect: comparisons of names and literals."""
    allowed = (
        ast.Compare | ast.Name | ast.Constant | ast.cmpop | ast.expr_context | ast.Attribute | ast.UnaryOp | ast.unaryop | ast.BoolOp | ast.boolop
    )
    return all(isinstance(n, allowed) for n in ast.walk(node))


def assert_holds(low: Lowering, node: ast.Assert) -> None:
    """`assert test, message`: Python runs the iteration in which it fails."""
    test = condition(low, node.test)
    if test is True:
        return
    span = low.span_of(node.test)
    if test is False:
        raise Unsupported("JN101", "an assert statement that fails")
    assume(low, test, True, ExitAssumption(span, "assert"))


# -- loops -----------------------------------------------------------------------------------------------------------


def for_(low: Lowering, node: ast.For) -> Outcome:
    """An inner `for`: unrolled when its items are known, otherwise a graph loop."""

    iterable = low.eval(node.iter)
    if isinstance(iterable, Suspended | Lazy):
        return _for_generator(low, node, iterable)
    span = low.span_of(node.iter)
    dynamic = loops.dynamic_range(low, iterable, span)
    if dynamic is not None:
        return loops.lower_for(low, node, dynamic)
    with low.at(node.iter):
        items = low.items_of(iterable)
        if len(items) > low.policy.unroll_limit:
            raise Unsupported("JN109", f"{len(items)} rounds")
    low.lines.rounds[span] = max(len(items), low.lines.rounds.get(span, 0))
    for item in items:
        low.bind(node.target, item)
        outcome = one_round(low, node.body)
        if outcome is BREAK:
            return NORMAL
        if outcome not in (NORMAL, CONTINUE):
            return outcome
    return low.run(node.orelse)


def _for_generator(low: Lowering, node: ast.For, generator: Suspended | Lazy) -> Outcome:
    """A `for` over a generator of the user's: its body is lowered at each `yield`."""

    left: list[Outcome] = []
    rounds = 0

    def each(item: Any) -> bool:
        nonlocal rounds
        rounds += 1
        if rounds > low.policy.unroll_limit:
            raise Unsupported("JN109", f"more than {low.policy.unroll_limit} items of a generator")
        low.bind(node.target, item)
        outcome = one_round(low, node.body)
        if outcome not in (NORMAL, CONTINUE):
            left.append(outcome)
        return not left

    generators.consume(low, generator, each)
    low.lines.rounds[low.span_of(node.iter)] = rounds
    if left:
        return NORMAL if left[0] is BREAK else left[0]
    return low.run(node.orelse)


def while_(low: Lowering, node: ast.While) -> Outcome:
    """An inner `while`: unrolled as often as it was seen to run, otherwise a graph loop."""

    span = low.span_of(node.test)
    seen = low.policy.trips.get(span, set())
    fixed = next(iter(seen)) if len(seen) == 1 and span not in low.policy.looped and low.policy.unroll else None
    rounds = 0
    while True:
        test = condition(low, node.test)
        if not isinstance(test, bool):
            if fixed is None or fixed > low.policy.unroll_limit:
                return loops.lower_while(low, node, test) if rounds == 0 else _stuck(rounds)
            goes_on = rounds < fixed
            assume(low, test, goes_on, TripAssumption(span, fixed, low.policy.evidence(span)))
            test = goes_on
        low.lines.rounds[span] = max(rounds, low.lines.rounds.get(span, 0))
        if not test:
            return low.run(node.orelse)
        if rounds >= low.policy.unroll_limit:
            raise Unsupported("JN109", f"more than {rounds} rounds")
        outcome = one_round(low, node.body)
        rounds += 1
        if outcome is BREAK:
            return NORMAL
        if outcome not in (NORMAL, CONTINUE):
            return outcome


def _stuck(rounds: int) -> Outcome:
    raise Unsupported("JN109", f"the condition is known for {rounds} rounds and not after")


def comprehension(low: Lowering, parts: list[ast.comprehension], emit: Callable[[], Any], source: tuple[Any, Span] | None = None) -> None:
    """Run `emit` for every combination of items, in a scope of its own. `source` is what the first part iterates over, if that is known already."""

    first, *rest = parts
    if first.is_async:
        raise Unsupported("JN103", "asynchronous comprehension")
    iterable, span = source or (low.eval(first.iter), low.span_of(first.iter))
    if isinstance(iterable, Lazy | Suspended):
        _comprehend_lazily(low, first, rest, emit, iterable)
        return
    items = range_items(low, iterable, span) if isinstance(iterable, Range) else low.items_of(iterable)
    if len(items) > low.policy.unroll_limit * 4:
        raise Unsupported("JN109", f"{len(items)} items in a comprehension")
    with _inner_scope(low, first.target):
        for item in items:
            low.bind(first.target, item)
            if all(_holds(low, test) for test in first.ifs):
                if rest:
                    comprehension(low, rest, emit)
                else:
                    emit()


def _comprehend_lazily(low: Lowering, first: ast.comprehension, rest: list[ast.comprehension], emit: Callable[[], Any], source: Any) -> None:
    """As `comprehension`, for an iterator whose items are made in between."""

    def each(item: Any) -> bool:
        with _inner_scope(low, first.target):
            low.bind(first.target, item)
            if all(_holds(low, test) for test in first.ifs):
                if rest:
                    comprehension(low, rest, emit)
                else:
                    emit()
        return True

    generators.consume(low, source, each)


def _holds(low: Lowering, test: ast.expr) -> bool:
    holds = condition(low, test)
    if isinstance(holds, bool):
        return holds
    span = low.span_of(test)
    taken = low.policy.direction(span)
    if taken is None:
        raise Unsupported("JN111", "a comprehension's condition is not known")
    assume(low, holds, taken, BranchAssumption(span, taken, low.policy.evidence(span)))
    return taken


@contextlib.contextmanager
def _inner_scope(low: Lowering, target: ast.expr) -> Iterator[None]:

    names = frozenset(n.id for n in ast.walk(target) if isinstance(n, ast.Name))
    outer = low.frame
    inner = Frame(outer.unit, outer.namespace, {}, names, {}, outer, depth=outer.depth)
    inner.owner_class, inner.self_value = outer.owner_class, outer.self_value
    low.frames.append(inner)
    try:
        yield
    finally:
        low.frames.pop()


__all__ = ["comprehension", "decide", "for_", "if_", "while_"]
