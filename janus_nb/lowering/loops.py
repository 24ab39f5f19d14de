"""Inner loops that become loops of the graph.

for t in range(n):        # n differs from call to call, or too many rounds to unroll
    h = cell(x[t], h)     ->  tf.while_loop(t < n, h = cell(x[t], h))
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from janus_nb.lowering import operators
from janus_nb.lowering.carries import NoTemplate, flatten, own, rebuild
from janus_nb.lowering.interp import Lowering
from janus_nb.lowering.numbers import as_num
from janus_nb.lowering.outcome import CONTINUE, NORMAL, Outcome
from janus_nb.lowering.state import Place, changes, current, mark, rollback, store
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import Host, Num, Phase
from janus_nb.span import Span
from janus_nb.speculate.policy import TripAssumption
from janus_nb.speculate.slots import UNBOUND


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """`range` with bounds that are not all known."""

    start: Any
    stop: Any
    step: Any


@dataclass(frozen=True, slots=True, eq=False)
class Dynamic:
    """The rounds of a graph loop: how many, and the item of each."""

    count: Any
    item: Callable[[Any], Any]


def range_items(low: Lowering, value: Range, span: Span) -> list[Any]:
    """The items of a range whose length is speculated."""
    seen = low.policy.trips.get(span, set())
    if any(isinstance(v, Host) and v.phase is Phase.POST for v in (value.start, value.stop, value.step)):
        raise Unsupported("JN202", "a range whose bounds only replay knows")
    if not any(isinstance(v, Num) for v in (value.start, value.stop, value.step)):
        host = low.host_op("range({}, {}, {})", range, value.start, value.stop, value.step)
        same = low.host_op(f"(len({{}}) == {len(host.witness)})", lambda r: len(r) == len(host.witness), host)
        low.check_host(same, True, TripAssumption(span, len(host.witness), low.policy.evidence(span)))
        return [low.host_op(f"{{}}[{i}]", lambda r, i=i: r[i], host) for i in range(len(host.witness))]
    if len(seen) != 1:
        raise Unsupported("JN109", "a range of unknown length")
    count = next(iter(seen))
    from janus_nb.lowering import numbers

    expected = operators.binary(low, ast.Add(), value.start, operators.binary(low, ast.Mult(), count, value.step))
    ok = numbers.compare(low, ast.Eq(), low.lift(value.stop), low.lift(expected))
    low.check(ok.tensor, TripAssumption(span, count, low.policy.evidence(span)))
    return [operators.binary(low, ast.Add(), value.start, operators.binary(low, ast.Mult(), i, value.step)) for i in range(count)]


def dynamic_range(low: Lowering, iterable: Any, span: Span) -> Dynamic | None:
    """The graph loop over an iterable, if it is one that should not (or cannot) be unrolled."""
    limit = low.policy.unroll_limit if low.policy.unroll else 0
    forced = span in low.policy.looped
    if isinstance(iterable, range) and (len(iterable) > limit):
        return Dynamic(len(iterable), lambda i: Num(i * iterable.step + iterable.start, "int"))
    if isinstance(iterable, Range):
        seen = low.policy.trips.get(span, set())
        host_only = not any(isinstance(v, Num) for v in (iterable.start, iterable.stop, iterable.step))
        if not forced and low.policy.unroll and (len(seen) == 1 or (host_only and not seen)):
            return None
        start, stop, step = (as_num(low, low.lift(v)).tensor for v in (iterable.start, iterable.stop, iterable.step))
        low.require(low.math("not_equal", step, 0), "the step of a range is not zero")
        rounds = low.math("range_length", start, stop, step)
        return Dynamic(rounds, lambda i: Num(i * step + start, "int"))
    if low.is_graph(iterable):
        shape = low.backend.spec_of(iterable).shape
        if shape and (shape[0] is None or shape[0] > limit or forced):
            rows = low.math("rows", iterable)
            return Dynamic(rows, lambda i: iterable[i])
    return None


def lower_for(low: Lowering, node: ast.For, rounds: Dynamic) -> Outcome:
    """A `for` as a loop of the graph."""
    from janus_nb.lowering.stmts import bind, run

    count = low.constant(rounds.count, "int64") if isinstance(rounds.count, int) else rounds.count

    def test(index: Any) -> Any:
        return index < count

    def body(index: Any) -> None:
        bind(low, node.target, rounds.item(index))
        _run_body(low, node.body)

    _lower(low, test, body, node)
    return run(low, node.orelse)


def lower_while(low: Lowering, node: ast.While) -> Outcome:
    """A `while` as a loop of the graph."""
    from janus_nb.lowering.stmts import run

    def test(index: Any) -> Any:
        from janus_nb.lowering import control

        condition = control.condition(low, node.test)
        condition = low.lift(condition)
        return condition.tensor if isinstance(condition, Num) else low.constant(condition, "bool") if isinstance(condition, bool) else condition

    def body(index: Any) -> None:
        _run_body(low, node.body)

    _lower(low, test, body, node)
    return run(low, node.orelse)


def _run_body(low: Lowering, body: list[ast.stmt]) -> None:
    from janus_nb.lowering.control import _round

    outcome = _round(low, body)
    if outcome not in (NORMAL, CONTINUE):
        raise Unsupported("JN111", "a jump out of a loop that runs in the graph")


def _lower(low: Lowering, test: Callable[[Any], Any], body: Callable[[Any], None], node: ast.AST) -> None:
    """`test` and `body` read and write names; names that change become loop variables."""
    start = mark(low)
    low.looping += 1
    low.branch_marks.append((len(low.fresh), None))
    try:
        _, _, written, _ = low.tracer.probe(lambda: body(low.constant(0, "int64")))
        changed = changes(low, start)
    finally:
        low.looping -= 1
        low.branch_marks.pop()
        rollback(low, start)
    bound = {place: (slot, current(low, place, slot)) for place, (slot, _) in changed.items()}
    carried = {p: v for p, v in bound.items() if v[1] is not UNBOUND}
    templates: dict[Place, Any] = {}
    tensors: list[Any] = []
    for place, (_, value) in carried.items():
        template, leaves = _flat(low, place, value, changed[place][1])
        templates[place] = (template, len(leaves))
        tensors.extend(leaves)

    def set_state(state: list[Any]) -> None:
        leaves = list(state)
        for place, (slot, _) in carried.items():
            template, size = templates[place]
            part, leaves = leaves[:size], leaves[size:]
            store(low, place, slot, own(low, rebuild(template, _wrap(template, part))))

    def graph_test(index: Any, *state: Any) -> Any:
        set_state(list(state))
        return test(index)

    def graph_body(index: Any, *state: Any) -> list[Any]:
        set_state(list(state))
        body(index)
        outputs = [index + 1]
        for place, (slot, _) in carried.items():
            template, _ = templates[place]
            now, leaves = _flat(low, place, current(low, place, slot), None)
            if list(_kinds(now)) != list(_kinds(template)):
                raise Unsupported("JN108", f"{place[2]} changes its kind in a loop")
            outputs.extend(leaves)
        return outputs

    low.looping += 1
    low.branch_marks.append((len(low.fresh), None))
    inner = mark(low)
    try:
        _, *final = low.tracer.loop(graph_test, graph_body, [low.constant(0, "int64"), *tensors], written)
    finally:
        low.looping -= 1
        low.branch_marks.pop()
        low.heap.overlay = dict(inner.overlay)
        for frame, names in zip(low.frames, inner.names, strict=False):
            frame.names = dict(names)
    set_state(final)


def _flat(low: Lowering, place: Place, value: Any, like: Any) -> tuple[Any, list[Any]]:
    from janus_nb.lowering.carries import _deep_lift

    try:
        template, leaves = flatten(low.backend, _deep_lift(low, value), lambda part: None)
    except NoTemplate as error:
        raise Unsupported("JN108", f"{place[2]} is a {error} that changes in a loop") from None
    tensors = []
    for part, (spec, kind) in leaves:
        if isinstance(part, Num):
            tensors.append(part.tensor)
        elif kind and kind != "array":
            tensors.append(low.constant(part, spec.dtype))
        else:
            tensors.append(low.tracer.lift(part))
    return template, tensors


def _kinds(template: Any) -> list[Any]:
    from janus_nb.lowering.carries import Constant, is_leaf

    if is_leaf(template):
        return [template[1]]
    if isinstance(template, Constant):
        return []
    items = template.values() if isinstance(template, dict) else template
    return [kind for item in items for kind in _kinds(item)]


def _wrap(template: Any, tensors: list[Any]) -> list[Any]:
    return [Num(t, kind) if kind else t for t, kind in zip(tensors, _kinds(template), strict=True)]
