"""Branches of which both sides are lowered.

    if loss < best:            cond = loss < best
        best = float(loss)     best = where(cond, float64(loss), best)        values: selected in the graph
        print("better", i)     if cond: print_(J, "better", i)               effects: a branch at replay
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
from janus_nb.lowering.core.flow import assume
from janus_nb.lowering.core.frames import Row
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.marks import Mark, Place, changes, current, is_shared, mark, reset_names, rollback, store
from janus_nb.lowering.core.numbers import as_num
from janus_nb.lowering.core.outcome import CONTINUE, NORMAL, Exit, Outcome, Returned
from janus_nb.lowering.core.reader import is_memory
from janus_nb.lowering.core.records import Statement, Variable
from janus_nb.lowering.core.staging import said_of
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Num, Phase, kind_of
from janus_nb.lowering.heap import born
from janus_nb.lowering.heap.carries import Constant, NoTemplate, deep_lift, flatten, is_leaf, kinds_of, leaves_of, own, rebuild
from janus_nb.span import Span
from janus_nb.speculate.plain import identical
from janus_nb.speculate.policy import ExitAssumption
from janus_nb.speculate.slots import UNBOUND, AttrSlot

_RETURN = "@return"

MAX_NESTING = 7
"""Branches inside branches: each level is lowered twice, to see what it does and for real."""


@dataclass(slots=True)
class Side:
    """What one side of a branch was seen to do."""

    outcome: Outcome
    changed: dict[Place, Any]
    ops: int
    written: tuple[int, ...]
    rows: list[tuple[Spec, Any]]
    checks: bool
    refusal: Unsupported | None = None
    fresh: frozenset[int] = frozenset()
    shared: frozenset[Place] = frozenset()


def lower_both(low: Lowering, span: Span, condition: Any, then: Callable[[], Outcome], other: Callable[[], Outcome], jumps: bool) -> Outcome:
    """Lower both sides; what follows goes into them if one of them jumps."""
    condition = condition.tensor if isinstance(condition, Num) else condition
    sides = [then, other]
    if jumps:
        rest = _what_follows(low)
        sides = [_with_rest(low, side, rest) for side in sides]
    seen = [_look(low, side) for side in sides]
    _leave_refused_side(low, span, seen)
    exits = [isinstance(s.outcome, Exit) for s in seen]
    if all(exits):
        return seen[0].outcome
    if any(exits):
        leaving = seen[exits.index(True)].outcome
        assert isinstance(leaving, Exit)
        assume(low, condition, exits[1], ExitAssumption(leaving.span, leaving.statement, condition=leaving.condition))
        return (then if exits[1] else other)()
    outcomes = [_plain(s.outcome) for s in seen]
    if outcomes[0] is not outcomes[1]:
        raise Unsupported("JN111", "one side of the branch leaves a loop and the other does not", span)
    _merge_sides(low, condition, sides, seen)
    if outcomes[0] is Returned:
        return Returned(low.frame.names.pop(_RETURN))
    return CONTINUE if jumps else NORMAL


def _leave_refused_side(low: Lowering, span: Span, seen: list[Side]) -> None:
    """A side that cannot be lowered is left to Python: the iterations that take it run there.

    Raises:
        Unsupported: the refusal itself, if both sides are refused or the side was found to be taken often.
    """
    refusals = [s.refusal for s in seen if s.refusal is not None]
    if not refusals:
        return
    # A segment ends before such a branch: Python runs the branch alone, not all that the segment holds.
    if (
        low.place.segment
        or len(refusals) == len(seen)
        or span in low.policy.strict
        or any(isinstance(s.outcome, Exit) for s in seen if s.refusal is None)
    ):
        raise refusals[0]
    refused = next(s for s in seen if s.refusal is not None)
    refused.outcome = Exit(refusals[0].span or span, "the branch", span)
    low.place.left.append(refusals[0])


def _plain(outcome: Outcome) -> Any:
    return Returned if isinstance(outcome, Returned) else NORMAL if outcome is CONTINUE else outcome


def _what_follows(low: Lowering) -> list[list[ast.stmt]]:
    stack = low.place.following
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

        before = low.place.following
        try:
            low.place.following = ["loop", *reversed(rest)]
            outcome = side()
            for position, block in enumerate(rest, start=1):
                if outcome is not NORMAL:
                    break
                low.place.following = ["loop", *reversed(rest[position:])]
                outcome = low.run(block)
        finally:
            low.place.following = before
        if outcome is NORMAL and not low.frame.region and low.place.loop_depth == low.place.frame_loop_depth:
            outcome = Returned(None)
        return outcome

    return whole


def _look(low: Lowering, side: Callable[[], Outcome], places: dict[Place, Any] | None = None, kept: dict[Place, Variable] | None = None) -> Side:
    """Lower a side in a scratch graph and undo it. What replay needs of `kept` places counts among its results."""
    if len(low.place.branches) >= MAX_NESTING:
        raise Unsupported("JN109", f"conditions nested deeper than {MAX_NESTING} that the graph decides")
    start = mark(low)
    low.place.branches.append((len(low.made.fresh), None))
    low.host.open()
    before, first = low.tracer.check_count(), len(low.made.fresh)
    start_values = {place: current(low, place, (places or {})[place]) for place in kept or ()}

    def build() -> Outcome:
        outcome = side()
        if isinstance(outcome, Returned):
            low.frame.names[_RETURN] = outcome.value
        for place in kept or ():
            value = current(low, place, (places or {})[place])
            if value is not UNBOUND and value is not start_values[place]:
                low.code(value, Phase.POST)
        born.finish_side(low, start.born)
        return outcome

    try:
        try:
            outcome, ops, written, checked = low.tracer.probe(build)
        except Unsupported as refusal:
            return Side(NORMAL, {}, 0, (), [], False, refusal)
        rows = [(low.backend.spec_of(r.tensor), r.kind) for r in low.ports.rows[start.rows :]]
        changed = changes(low, start)
        shared = frozenset(p for p, (_, value) in changed.items() if is_shared(low, value))
        made = [*list(low.made.fresh)[first:], *(k for k in low.made.born if k not in start.born)]
    finally:
        low.place.branches.pop()
        rollback(low, start)
    return Side(outcome, changed, ops, written, rows, checked or low.tracer.check_count() > before, fresh=frozenset(made), shared=shared)


def _merge_sides(low: Lowering, condition: Any, sides: list[Callable[[], Outcome]], seen: list[Side]) -> None:
    places = {p: slot for s in seen for p, (slot, _) in s.changed.items() if not (isinstance(slot, AttrSlot) and id(slot.owner) in s.fresh)}
    written = tuple(dict.fromkeys(w for s in seen for w in s.written))
    tensors = any(low.is_graph(v) and low.backend.is_symbolic(v) for s in seen for _, v in s.changed.values())
    computes = bool(written) or (any(s.ops for s in seen) and (tensors or sum(s.ops for s in seen) > 24)) or any(s.checks for s in seen)
    if not computes:
        _merge_values(low, condition, sides, seen, places)
        return
    if isinstance(condition, Host):
        if condition.phase is Phase.POST:
            raise Unsupported("JN202", "a condition that only replay knows decides what the graph computes")
        lifted = low.lift(condition)
        _merge_cond(low, condition, lifted.tensor, sides, seen, places, written)
    else:
        _merge_cond(low, condition, condition, sides, seen, places, written)


# -- values and effects only -------------------------------------------------------------------------------------------


def _merge_values(low: Lowering, condition: Any, sides: list[Callable[[], Outcome]], seen: list[Side], places: dict[Place, Any]) -> None:
    """Compute both sides in the graph (cheap and without writes), select values, branch at replay for effects."""
    start = mark(low)
    before = {place: current(low, place, slot) for place, slot in places.items()}
    kept = {p: Variable(Phase.POST, _said(p, places[p])) for p in places if _on_host(low, seen, p, before[p])}
    _write_before(low, kept, seen, before)
    results: list[dict[Place, Any]] = []
    with _ReplayBranch(low, condition) as replay:
        for number, side in enumerate(sides):
            replay.side(number)
            results.append(_run_side(low, side, start, places, kept, before))
    for place, slot in places.items():
        store(low, place, slot, merge(low, condition, results[0][place], results[1][place]))


def _write_before(low: Lowering, kept: dict[Place, Variable], seen: list[Side], before: dict[Place, Any]) -> None:
    """What a side leaves alone is what was there before the branch."""
    for place, name in kept.items():
        value = before[place]
        if any(place not in s.changed for s in seen):
            low.host.put(name, low.host.constant(UNBOUND) if value is UNBOUND else low.code(value, Phase.POST))


def _said(place: Place, slot: Any) -> str:
    """The user's name of a place."""
    return place[2] if place[0] == "name" else said_of(slot)


def _run_side(
    low: Lowering, side: Callable[[], Outcome], start: Mark, places: dict[Place, Any], kept: dict[Place, Variable], before: dict[Place, Any]
) -> dict[Place, Any]:
    """Lower a side; what places hold then. Values of `kept` places go to a variable of the post program, in its branch."""
    low.place.branches.append((len(low.made.fresh), None))
    try:
        outcome = side()
        if isinstance(outcome, Returned):
            low.frame.names[_RETURN] = outcome.value
        values = {place: current(low, place, slot) for place, slot in places.items()}
        for place, name in kept.items():
            value = values[place]
            if value is not before[place]:
                low.host.put(name, low.host.constant(UNBOUND) if value is UNBOUND else low.code(value, Phase.POST))
            unbound = value is UNBOUND or (isinstance(value, Host) and value.maybe_unbound)
            values[place] = Host(Phase.POST, name)
            name.maybe_unbound = name.maybe_unbound or unbound
        born.finish_side(low, start.born)
    finally:
        low.place.branches.pop()
        reset_names(low, start)
        low.made.escaped = dict(start.escaped)
    return values


def _on_host(low: Lowering, seen: list[Side], place: Place, before: Any) -> bool:
    """Whether only replay can tell what a place holds after the branch, and each side must say so for itself."""
    values = [s.changed[place][1] if place in s.changed else before for s in seen]
    if any(v is UNBOUND for v in values):
        return place[0] == "slot"
    made = set(low.made.fresh).union(*(s.fresh for s in seen))
    return any(id(v) in made and not isinstance(v, tuple) for v in values)


def merge(low: Lowering, condition: Any, a: Any, b: Any) -> Any:
    """The value that a place holds after a branch that left `a` on one side and `b` on the other."""
    if identical(a, b):
        return a
    if isinstance(a, Host) and isinstance(b, Host) and a.held is b.held and a.phase is b.phase:
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
    if _is_array(low, a) or _is_array(low, b):
        return _host_select(low, condition, a, b)  # it stays the same array
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


def _is_array(low: Lowering, value: Any) -> bool:
    """Whether a value is an array of NumPy's: an object that others may hold as well, unlike a scalar."""
    if isinstance(value, Num):
        return value.kind == "array" and low.backend.spec_of(value.tensor).shape != ()
    return is_memory(value.witness if isinstance(value, Host) else value)


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
        self.sides: list[list[Statement]] = []
        self.opened = 0

    def __enter__(self) -> _ReplayBranch:
        return self

    def side(self, number: int) -> None:
        """What is emitted from now on belongs to this side."""
        self._close()
        self.low.host.open()
        self.opened = number + 1

    def _close(self) -> None:
        if self.opened > len(self.sides):
            self.sides.append(self.low.host.close())

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._close()
        if kind is None and any(self.sides):
            self.low.host.branch(self.low.code(self.flag, Phase.POST), *self.sides)


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
    if low.place.nested:
        raise Unsupported("JN207", "a branch in a callback of a library")
    start = mark(low)
    before = {place: current(low, place, slot) for place, slot in places.items()}
    in_graph = {p: t for p in places if (t := _graph_template(low, seen, p, before[p])) is not None}
    kept = {p: Variable(Phase.POST, _said(p, places[p])) for p in places if p not in in_graph and _needs_replay(low, seen, p, before[p])}
    _write_before(low, kept, seen, before)
    if kept:
        seen = [_look(low, side, places, kept) for side in sides]
    results: list[dict[Place, Any]] = [{}, {}]
    rows: list[list[Row]] = [[], []]
    replay = _ReplayBranch(low, condition)

    def traced(number: int) -> Callable[[], list[Any]]:
        def build() -> list[Any]:
            replay.side(number)
            first = len(low.ports.rows)
            values = _run_side(low, sides[number], start, places, kept, before)
            rows[number] = low.ports.rows[first:]
            low.forget_rows(rows[number])
            if len(rows[number]) != len(seen[number].rows):
                raise Unsupported("JN107", "the sides read other results back than when they were looked at")
            results[number] = values
            outputs = [tensor for place in in_graph for tensor in _leaf_tensors(low, values[place])]
            mine = [r.tensor for r in rows[number]]
            zeros = [low.tracer.zeros(spec) for spec, _ in seen[1 - number].rows]
            return outputs + (mine + zeros if number == 0 else zeros + mine)

        return build

    with replay:
        outputs = low.tracer.cond(pred, traced(0), traced(1), written)
    for place, template in in_graph.items():
        kinds = kinds_of(template)
        mine, outputs = outputs[: len(kinds)], outputs[len(kinds) :]
        leaves = [Num(t, kind) if kind else t for t, kind in zip(mine, kinds, strict=True)]
        store(low, place, places[place], own(low, rebuild(template, leaves)))
    for row, tensor in zip([*rows[0], *rows[1]], outputs, strict=True):
        row.tensor = tensor
    for place, slot in places.items():
        if place not in in_graph:
            store(low, place, slot, merge(low, condition, results[0][place], results[1][place]))


def _needs_replay(low: Lowering, seen: list[Side], place: Place, before: Any) -> bool:
    """Whether a place that is no output of the conditional must be set at replay, in each branch."""
    if _on_host(low, seen, place, before):
        return True
    values = [s.changed[place][1] if place in s.changed else before for s in seen]
    return not any(v is UNBOUND for v in values) and any(isinstance(v, Num) or low.is_symbolic(v) or low.is_graph(v) for v in values)


def _leaf_tensors(low: Lowering, value: Any) -> list[Any]:
    _, leaves = flatten(low.backend, deep_lift(low, value), _no_attributes)
    return [_as_tensor(low, part) for part, _ in leaves]


def _no_attributes(value: Any) -> None:
    return None


def _as_tensor(low: Lowering, value: Any) -> Any:
    if isinstance(value, Num):
        return value.tensor
    return as_num(low, value).tensor if kind_of(value) else low.tracer.lift(value)


def _graph_template(low: Lowering, seen: list[Side], place: Place, before: Any) -> Any:
    """The structure of a place's value after the branch, if both sides leave tensors and numbers in the same one; else `None`."""
    values = [s.changed[place][1] if place in s.changed else before for s in seen]
    if any(isinstance(v, list | dict) for v in values):
        made = set(low.made.fresh).union(*(s.fresh for s in seen)) - set(low.made.escaped) - set(low.made.borrowed)
        if not all(id(v) in made for v in values) or any(place in s.shared for s in seen) or is_shared(low, before):
            return None
    templates = []
    for value in values:
        if value is UNBOUND or not _graphable(low, value):
            return None
        try:
            templates.append(flatten(low.backend, _as_seen(value), _no_attributes)[0])
        except (NoTemplate, TypeError):
            return None
    if any(kind == "array" and spec.shape != () for template in templates for spec, kind in leaves_of(template)):
        return None
    kinds = [[(kind, dtype) for kind, dtype in zip(kinds_of(t), _dtypes(t), strict=True)] for t in templates]
    computed = any(_computed(low, v) for v in values)
    return templates[0] if computed and kinds[0] == kinds[1] and _shape_of(templates[0]) == _shape_of(templates[1]) else None


def _graphable(low: Lowering, value: Any) -> bool:
    if isinstance(value, tuple | list | dict):
        return all(_graphable(low, v) for v in (value.values() if isinstance(value, dict) else value))
    if isinstance(value, Host):
        return value.phase is not Phase.POST and (kind_of(value.witness) is not None or low.backend.is_tensor(value.witness))
    return isinstance(value, Num) or low.is_graph(value) or kind_of(value) is not None


def _computed(low: Lowering, value: Any) -> bool:
    if isinstance(value, tuple | list | dict):
        return any(_computed(low, v) for v in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Num) or low.is_graph(value)


def _as_seen(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple.__new__(type(value), [_as_seen(v) for v in value])
    if isinstance(value, list | dict):
        return {k: _as_seen(v) for k, v in value.items()} if isinstance(value, dict) else [_as_seen(v) for v in value]
    return value.witness if isinstance(value, Host) else value


def _dtypes(template: Any) -> list[str]:
    return [template[0].dtype] if is_leaf(template) else [d for part in _parts(template) for d in _dtypes(part)]


def _shape_of(template: Any) -> Any:
    if isinstance(template, Constant):
        return template
    names = tuple(template) if isinstance(template, dict) else ()
    return "leaf" if is_leaf(template) else (type(template), names, tuple(_shape_of(p) for p in _parts(template)))


def _parts(template: Any) -> list[Any]:
    if isinstance(template, Constant):
        return []
    return list(template.values() if isinstance(template, dict) else template)


__all__ = ["lower_both", "merge"]
