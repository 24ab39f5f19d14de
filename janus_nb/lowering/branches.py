"""Branches of which both sides are lowered.

    if loss < best:            cond = loss < best
        best = float(loss)     best = where(cond, float64(loss), best)        values: selected in the graph
        print("better", i)     if cond: J.print("better", i)                  effects: a branch at replay
    else:
        x = model(x)           x = tf.cond(cond, x, model(x))                 computation: tf.cond

Both sides are lowered once in scratch graphs, to see what they do; then for real, in the cheapest form that is right.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from janus_nb.backend import Spec
from janus_nb.lowering.interp import Lowering, Row
from janus_nb.lowering.numbers import as_num
from janus_nb.lowering.outcome import CONTINUE, NORMAL, Exit, Outcome, Returned
from janus_nb.lowering.state import Mark, Place, changes, current, mark, reset_names, rollback, store
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import Host, Num, Phase, kind_of
from janus_nb.span import Span
from janus_nb.speculate.policy import ExitAssumption
from janus_nb.speculate.slots import UNBOUND

_RETURN = "@return"


@dataclass(slots=True)
class Side:
    """What one side of a branch was seen to do."""

    outcome: Outcome
    changed: dict[Place, Any]
    ops: int
    written: tuple[int, ...]
    rows: list[tuple[Spec, Any]]
    checks: bool


def lower_both(low: Lowering, span: Span, condition: Any, then: Callable[[], Outcome], other: Callable[[], Outcome], jumps: bool) -> Outcome:
    """Lower both sides; what follows goes into them if one of them jumps."""
    condition = condition.tensor if isinstance(condition, Num) else condition
    sides = [then, other]
    if jumps:
        rest = _what_follows(low)
        sides = [_with_rest(low, side, rest) for side in sides]
    seen = [_look(low, side) for side in sides]
    exits = [isinstance(s.outcome, Exit) for s in seen]
    if all(exits):
        return seen[0].outcome
    if any(exits):
        from janus_nb.lowering.control import assume

        leaving = seen[exits.index(True)].outcome
        assert isinstance(leaving, Exit)
        assume(low, condition, exits[1], ExitAssumption(leaving.span, leaving.statement))
        return (then if exits[1] else other)()
    outcomes = [_plain(s.outcome) for s in seen]
    if outcomes[0] is not outcomes[1]:
        raise Unsupported("JN111", "one side of the branch leaves a loop and the other does not", span)
    _merge_sides(low, condition, sides, seen)
    if outcomes[0] is Returned:
        return Returned(low.frame.names.pop(_RETURN))
    return CONTINUE if jumps else NORMAL


def _plain(outcome: Outcome) -> Any:
    return Returned if isinstance(outcome, Returned) else NORMAL if outcome is CONTINUE else outcome


def _what_follows(low: Lowering) -> list[list[ast.stmt]]:
    stack = low.konts
    rest: list[list[ast.stmt]] = []
    for entry in reversed(stack):
        if entry in ("loop", "function"):
            break
        if entry == "with":
            raise Unsupported("JN111", "a jump out of a `with` block under a tensor condition")
        rest.append(entry)
    return rest


def _with_rest(low: Lowering, side: Callable[[], Outcome], rest: list[list[ast.stmt]]) -> Callable[[], Outcome]:
    """The side together with what follows it. A jump inside it takes the same continuation along."""

    def whole() -> Outcome:
        from janus_nb.lowering.stmts import run

        before = low.konts
        try:
            low.konts = ["loop", *reversed(rest)]
            outcome = side()
            for position, block in enumerate(rest, start=1):
                if outcome is not NORMAL:
                    break
                low.konts = ["loop", *reversed(rest[position:])]
                outcome = run(low, block)
        finally:
            low.konts = before
        if outcome is NORMAL and not low.frame.region and low.loop_depth == low.frame_loop_depth:
            outcome = Returned(None)
        return outcome

    return whole


def _look(low: Lowering, side: Callable[[], Outcome]) -> Side:
    """Lower a side in a scratch graph and undo it."""
    start = mark(low)
    low.branch_marks.append((len(low.fresh), None))
    indent = low.host.indent
    low.host.indent += 1
    before = low.tracer.check_count()

    def build() -> Outcome:
        outcome = side()
        if isinstance(outcome, Returned):
            low.frame.names[_RETURN] = outcome.value
        return outcome

    try:
        outcome, ops, written, checked = low.tracer.probe(build)
        rows = [(low.backend.spec_of(r.tensor), r.kind) for r in low.rows[start.sizes["rows"] :]]
        changed = changes(low, start)
    finally:
        low.branch_marks.pop()
        low.host.indent = indent
        rollback(low, start)
    return Side(outcome, changed, ops, written, rows, checked or low.tracer.check_count() > before)


def _merge_sides(low: Lowering, condition: Any, sides: list[Callable[[], Outcome]], seen: list[Side]) -> None:
    places = {p: slot for s in seen for p, (slot, _) in s.changed.items()}
    written = tuple(dict.fromkeys(w for s in seen for w in s.written))
    tensors = any(low.is_graph(v) and low.backend.is_symbolic(v) for s in seen for _, v in s.changed.values())
    computes = bool(written) or (any(s.ops for s in seen) and (tensors or sum(s.ops for s in seen) > 24)) or any(s.checks for s in seen)
    if not computes:
        _merge_values(low, condition, sides, places)
        return
    if isinstance(condition, Host):
        if condition.phase is Phase.POST:
            raise Unsupported("JN202", "a condition that only replay knows decides what the graph computes")
        lifted = low.lift(condition)
        _merge_cond(low, condition, lifted.tensor, sides, seen, places, written)
    else:
        _merge_cond(low, condition, condition, sides, seen, places, written)


# -- values and effects only -------------------------------------------------------------------------------------------


def _merge_values(low: Lowering, condition: Any, sides: list[Callable[[], Outcome]], places: dict[Place, Any]) -> None:
    """Compute both sides in the graph (cheap and without writes), select values, branch at replay for effects."""
    start = mark(low)
    results: list[dict[Place, Any]] = []
    with _ReplayBranch(low, condition) as replay:
        for number, side in enumerate(sides):
            replay.side(number)
            results.append(_run_side(low, side, start, places))
    _store_merged(low, condition, places, results)


def _run_side(low: Lowering, side: Callable[[], Outcome], start: Mark, places: dict[Place, Any]) -> dict[Place, Any]:
    low.branch_marks.append((len(low.fresh), None))
    try:
        outcome = side()
        if isinstance(outcome, Returned):
            low.frame.names[_RETURN] = outcome.value
        values = {place: current(low, place, slot) for place, slot in places.items()}
    finally:
        low.branch_marks.pop()
        reset_names(low, start)
        low.escaped = dict(start.escaped)
    return values


def _store_merged(low: Lowering, condition: Any, places: dict[Place, Any], results: list[dict[Place, Any]]) -> None:
    for place, slot in places.items():
        store(low, place, slot, merge(low, condition, results[0][place], results[1][place]))


def merge(low: Lowering, condition: Any, a: Any, b: Any) -> Any:
    """The value that a place holds after a branch that left `a` on one side and `b` on the other."""
    if a is b or (kind_of(a) is not None and type(a) is type(b) and a == b):
        return a
    if a is UNBOUND or b is UNBOUND:
        return UNBOUND
    if type(a) is tuple and type(b) is tuple and len(a) == len(b):
        return tuple(merge(low, condition, x, y) for x, y in zip(a, b, strict=True))
    host = isinstance(condition, Host)
    if host and not any(isinstance(v, Num) or low.is_graph(v) for v in (a, b)):
        return _host_select(low, condition, a, b)
    if any(isinstance(v, Host) and v.phase is Phase.POST for v in (a, b, condition)):
        return _host_select(low, condition, a, b)
    pred = low.lift(condition).tensor if host else condition
    x, y = low.lift(a), low.lift(b)
    kinds = [v.kind if isinstance(v, Num) else kind_of(v) for v in (x, y)]
    if kinds[0] and kinds[0] == kinds[1] and kinds[0] != "array":
        return Num(low.select(pred, as_num(low, x).tensor, as_num(low, y).tensor), kinds[0])
    if (low.is_graph(x) and low.is_graph(y)) or kinds[0] == kinds[1] == "array":
        p, q = (v.tensor if isinstance(v, Num) else v for v in (x, y))
        if low.backend.spec_of(p) == low.backend.spec_of(q):
            chosen = low.select(pred, p, q)
            return Num(chosen, "array") if kinds[0] == "array" else chosen
        raise Unsupported("JN107", f"{low.backend.spec_of(p)} on one side, {low.backend.spec_of(q)} on the other")
    return _host_select(low, condition, a, b)


def _host_select(low: Lowering, condition: Any, a: Any, b: Any) -> Host:
    for value in (a, b):
        if isinstance(value, list | dict | set) and low.is_fresh(value):
            raise Unsupported("JN107", "a container made on one side of the branch only")
    flag = condition if isinstance(condition, Host) else Num(condition, "bool")
    return low.host_op("({1} if {0} else {2})", lambda c, x, y: x if c else y, flag, a, b)


class _ReplayBranch:
    """`if`/`else` in the post program around what each side emits there."""

    def __init__(self, low: Lowering, condition: Any) -> None:
        self.low = low
        self.flag = condition if isinstance(condition, Host) else Num(condition, "bool")
        self.outer = low.host.indent
        self.start = len(low.host.lines[Phase.POST])
        self.rows = len(low.rows)

    def __enter__(self) -> _ReplayBranch:
        lines = self.low.host.lines[Phase.POST]
        self.header = len(lines)
        lines.append("")
        return self

    def side(self, number: int) -> None:
        low, lines = self.low, self.low.host.lines[Phase.POST]
        pad = "    " * self.outer
        if number == 1:
            if len(lines) == self.header + 1:
                lines.append(pad + "    pass")
            lines.append(pad + "else:")
            self.middle = len(lines)
        low.host.indent = self.outer + 1

    def __exit__(self, *exc: object) -> None:
        low, lines = self.low, self.low.host.lines[Phase.POST]
        low.host.indent = self.outer
        if exc[0] is not None:
            return
        pad = "    " * self.outer
        if len(lines) == self.middle:
            del lines[self.middle - 1 :]
            if len(lines) == self.header + 2 and lines[-1].strip() == "pass":
                del lines[self.header :]
                return
        lines[self.header] = f"{pad}if {low.code(self.flag, Phase.POST)}:"


# -- computation -------------------------------------------------------------------------------------------------------


def _merge_cond(
    low: Lowering,
    condition: Any,
    pred: Any,
    sides: list[Callable[[], Outcome]],
    seen: list[Side],
    places: dict[Place, Any],
    written: tuple[int, ...],
) -> None:
    """Both sides as branches of a conditional of the graph; results read back in a side become its outputs."""
    if low.nested:
        raise Unsupported("JN207", "a branch in a callback of a library")
    start = mark(low)
    before = {place: current(low, place, slot) for place, slot in places.items()}
    in_graph = [p for p in places if _graph_place(low, seen, p, before[p])]
    results: list[dict[Place, Any]] = [{}, {}]
    rows: list[list[Row]] = [[], []]
    kinds: list[dict[Place, Any]] = [{}, {}]
    replay = _ReplayBranch(low, condition)

    def traced(number: int) -> Callable[[], list[Any]]:
        def build() -> list[Any]:
            replay.side(number)
            first = len(low.rows)
            values = _run_side(low, sides[number], start, places)
            rows[number] = low.rows[first:]
            results[number] = values
            outputs = []
            for place in in_graph:
                value = low.lift(values[place])
                kinds[number][place] = value.kind if isinstance(value, Num) else kind_of(value)
                outputs.append(_as_tensor(low, value))
            mine = [r.tensor for r in rows[number]]
            zeros = [low.tracer.zeros(spec) for spec, _ in seen[1 - number].rows]
            return outputs + (mine + zeros if number == 0 else zeros + mine)

        return build

    with replay:
        outputs = low.tracer.cond(pred, traced(0), traced(1), written)
    values = outputs[: len(in_graph)]
    for row, tensor in zip([*rows[0], *rows[1]], outputs[len(in_graph) :], strict=True):
        row.tensor = tensor
    for place, slot in places.items():
        if place in in_graph:
            kind = kinds[0][place]
            if kind != kinds[1][place]:
                raise Unsupported("JN107", f"{place[2]}: {kind or 'tensor'} on one side, {kinds[1][place] or 'tensor'} on the other")
            tensor = values[in_graph.index(place)]
            store(low, place, slot, Num(tensor, kind) if kind else tensor)
        else:
            store(low, place, slot, merge(low, condition, results[0][place], results[1][place]))


def _as_tensor(low: Lowering, value: Any) -> Any:
    if isinstance(value, Num):
        return value.tensor
    return as_num(low, value).tensor if kind_of(value) else low.tracer.lift(value)


def _graph_place(low: Lowering, seen: list[Side], place: Place, before: Any) -> bool:
    """Whether a place's value after the branch is an output of the graph's conditional."""
    values = [s.changed[place][1] if place in s.changed else before for s in seen]

    def graphable(value: Any) -> bool:
        if isinstance(value, Host):
            return value.phase is not Phase.POST and (kind_of(value.witness) is not None or low.backend.is_tensor(value.witness))
        return isinstance(value, Num) or low.is_graph(value) or kind_of(value) is not None

    computed = any(isinstance(v, Num) or low.is_graph(v) for v in values)
    return computed and all(map(graphable, values))


__all__ = ["lower_both", "merge"]
