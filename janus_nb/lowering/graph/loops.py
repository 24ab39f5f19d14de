"""Inner loops that become loops of the graph.

for t in range(n):        # n differs from call to call, or too many rounds to unroll
    h = cell(x[t], h)     ->  go = 0 < n;  while go:  h = cell(x[t], h);  t = t + 1;  go = t < n

What a round changes becomes a variable of the loop. It is found by looking at one round again and again, each time with everything
found so far unknown, until nothing new turns up: in `a, b = b, a + b` from 0 and 1 the first round leaves `b` as it was, and a
round that knows nothing of `a` does not. The test is a part of the round, so that it sees what the round has left, and its own
effects count.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from janus_nb.backend import Spec
from janus_nb.lowering.core.flow import one_round
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.marks import Place, changes, containers_in, current, is_shared, mark, reset_names, rollback, store
from janus_nb.lowering.core.numbers import as_num
from janus_nb.lowering.core.outcome import CONTINUE, NORMAL, Outcome
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Num, Range
from janus_nb.lowering.heap.carries import NoTemplate, deep_lift, flatten, kinds_of, leaves_of, own, rebuild, same_structure
from janus_nb.span import Span
from janus_nb.speculate.slots import UNBOUND, AttrSlot, describe


@dataclass(frozen=True, slots=True, eq=False)
class Dynamic:
    """The rounds of a graph loop: how many, and the item of each."""

    count: Any
    item: Callable[[Any], Any]


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


MAX_LOOKS = 12
"""Times that a round is looked at until what it changes has settled."""

Round = Callable[[Any], Any]
"""Lowers one round, whose number it is given, and says whether there is another: a boolean tensor."""


def lower_for(low: Lowering, node: ast.For, rounds: Dynamic) -> Outcome:
    """A `for` as a loop of the graph."""

    count = low.constant(rounds.count, "int64") if isinstance(rounds.count, int) else rounds.count

    def one(index: Any) -> Any:
        low.bind(node.target, rounds.item(index))
        _run_body(low, node.body)
        return index + 1 < count

    _lower(low, low.constant(0, "int64") < count, one)
    return low.run(node.orelse)


def lower_while(low: Lowering, node: ast.While, condition: Any) -> Outcome:
    """A `while` as a loop of the graph; its test has been evaluated once, as `condition`."""

    def one(index: Any) -> Any:
        _run_body(low, node.body)
        return _as_tensor(low, low.condition(node.test))

    _lower(low, _as_tensor(low, condition), one)
    return low.run(node.orelse)


def _as_tensor(low: Lowering, condition: Any) -> Any:
    """What `truth` returned, in the graph."""
    condition = low.lift(condition)
    if isinstance(condition, bool):
        return low.constant(condition, "bool")
    return condition.tensor if isinstance(condition, Num) else condition


def _run_body(low: Lowering, body: list[ast.stmt]) -> None:

    outcome = one_round(low, body)
    if outcome not in (NORMAL, CONTINUE):
        raise Unsupported("JN111", "a jump out of a loop that runs in the graph")


# -- what a round changes ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Variable:
    """A place that rounds change: its structure, and the tensors that it holds before the loop."""

    slot: Any
    template: Any
    start: list[Any]


@dataclass(slots=True)
class _Variables:
    """All that a loop's rounds change.

    Attributes:
        places: The variables of the loop.
        local: Names that have no value before the loop: each round makes its own.
        written: Variables of the tensor library that rounds assign to.
    """

    places: dict[Place, _Variable]
    local: set[Place]
    written: tuple[Any, ...] = ()


@contextlib.contextmanager
def _inside(low: Lowering) -> Iterator[None]:
    """While inside, what is lowered belongs to a round: no effects, and no changes of containers made before it."""
    low.place.looping += 1
    low.place.branches.append((len(low.made.fresh), None))
    try:
        yield
    finally:
        low.place.looping -= 1
        low.place.branches.pop()


def _lower(low: Lowering, first: Any, one: Round) -> None:
    """A loop of the graph: rounds as long as `first`, and then what the round before has said, is true."""
    variables = _settled(low, one)

    def body(go: Any, index: Any, *state: Any) -> list[Any]:
        _set(low, variables, list(state))
        go, values = _one_round(low, variables, lambda: one(index))
        return [go, index + 1, *values]

    start = [tensor for variable in variables.places.values() for tensor in variable.start]
    before = mark(low)
    with _inside(low):
        try:
            _, _, *final = low.tracer.loop(body, [first, low.constant(0, "int64"), *start], variables.written)
        finally:
            reset_names(low, before)
    _set(low, variables, final)


def _settled(low: Lowering, one: Round) -> _Variables:
    """What a round changes, whatever rounds went before it.

    Raises:
        Unsupported: JN108 if something that changes has no form in a graph, or not the same one in every round.
    """
    variables = _Variables({}, set())
    for _ in range(MAX_LOOKS):
        news = _look(low, variables, one)
        if not news:
            return variables
        for place, slot in news.items():
            value = current(low, place, slot)
            if value is not UNBOUND:
                template, tensors = _flat(low, place, value)
                _refuse_known_containers(low, place, value)
                variables.places[place] = _Variable(slot, template, tensors)
            elif place[0] == "name":
                variables.local.add(place)
            else:
                raise Unsupported("JN108", f"{_name(place, slot)} has no value before the loop")
    raise Unsupported("JN108", "what the loop changes does not settle")


def _look(low: Lowering, variables: _Variables, one: Round) -> dict[Place, Any]:
    """Lower a round of which all variables found so far are unknown, and undo it: places that it changes besides, with their slots."""
    start = mark(low)
    news: dict[Place, Any] = {}

    def build() -> None:
        _set(low, variables, [low.tracer.input(spec, "invariant", "loop") for v in variables.places.values() for spec in _specs(v.template)])
        _one_round(low, variables, lambda: one(low.tracer.input(Spec("int64", ()), "invariant", "loop")), news)

    with _inside(low):
        try:
            _, _, variables.written, _ = low.tracer.probe(build)
        finally:
            rollback(low, start)
    return news


def _one_round(low: Lowering, variables: _Variables, one: Callable[[], Any], news: dict[Place, Any] | None = None) -> tuple[Any, list[Any]]:
    """Lower a round: whether there is another, and what the variables hold at its end. Other places that it changes go to `news`.

    Raises:
        Unsupported: JN108 for a variable whose type changes, or (without `news`) for any other change.
    """
    before = mark(low)
    tapes = [tape for tape, _ in low.library.tapes.values() if not low.backend.tape_is_spent(tape)]
    go = one()
    if any(low.backend.tape_is_spent(tape) for tape in tapes):
        raise Unsupported("JN208", "a tape that was opened before the loop is asked in it")
    for place, (slot, _) in changes(low, before).items():
        made_here = isinstance(slot, AttrSlot) and id(slot.owner) in low.made.born and id(slot.owner) not in before.born
        if place in variables.places or place in variables.local or made_here:
            continue
        if news is None:
            raise Unsupported("JN108", f"{_name(place, slot)} changes in a loop")
        news[place] = slot
    values: list[Any] = []
    for place, variable in variables.places.items():
        value = current(low, place, variable.slot)
        if value is UNBOUND:
            raise Unsupported("JN108", f"{_name(place, variable.slot)} is deleted in a loop")
        template, tensors = _flat(low, place, value)
        if not same_structure(template, variable.template):
            raise Unsupported("JN108", f"{_name(place, variable.slot)} changes its type or shape in a loop")
        _refuse_known_containers(low, place, value)
        values.extend(tensors)
    return go, values


def _set(low: Lowering, variables: _Variables, tensors: list[Any]) -> None:
    """Let the variables hold these tensors, and let names that rounds make have no value."""
    for place in variables.local:
        store(low, place, None, UNBOUND)
    for place, variable in variables.places.items():
        size = len(variable.start)
        part, tensors = tensors[:size], tensors[size:]
        store(low, place, variable.slot, own(low, rebuild(variable.template, _wrap(variable.template, part))))


def _refuse_known_containers(low: Lowering, place: Place, value: Any) -> None:
    """Refuse a list or dictionary of a loop variable that something else knows too: the loop makes new ones in its place.

    Raises:
        Unsupported: JN108.
    """
    for box in containers_in(value):
        if not low.is_fresh(box) or id(box) in low.made.borrowed or id(box) in low.made.escaped or is_shared(low, box):
            raise Unsupported("JN108", f"{place[2]} holds a {type(box).__name__} that is known elsewhere, and changes in a loop")


def _name(place: Place, slot: Any) -> str:
    return str(place[2]) if place[0] == "name" else describe(slot)


def _flat(low: Lowering, place: Place, value: Any) -> tuple[Any, list[Any]]:
    """The structure of a value, and its tensors."""
    try:
        template, leaves = flatten(low.backend, deep_lift(low, value), lambda part: None)
    except NoTemplate as error:
        raise Unsupported("JN108", f"{place[2]} is a {error} that changes in a loop") from None
    tensors = []
    for part, (spec, kind) in leaves:
        if isinstance(part, Num):
            tensors.append(part.tensor)
        elif kind and kind != "array":
            tensors.append(as_num(low, part).tensor)
        else:
            tensors.append(low.tracer.lift(part, spec.dtype))
    return template, tensors


def _specs(template: Any) -> list[Spec]:
    return [spec for spec, _ in leaves_of(template)]


def _wrap(template: Any, tensors: list[Any]) -> list[Any]:
    return [Num(t, kind) if kind else t for t, kind in zip(tensors, kinds_of(template), strict=True)]
