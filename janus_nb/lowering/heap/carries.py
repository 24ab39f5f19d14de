"""Carried slots: how a value that one iteration leaves for the next travels.

total += float(loss)     graph carry: float64 state of the loop graph
step += 1                pre carry:   Python int, advanced by the pre program
best = min(best, seen[-1])  post carry: Python value, advanced at replay
h, c = cell(x, (h, c))   graph carry of a structure with two tensors
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from janus_nb.backend import Backend, Spec
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.records import Variable
from janus_nb.lowering.core.staging import Carry, said_of
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import NUM_DTYPE, Born, Host, Kind, Num, Phase, kind_of
from janus_nb.lowering.heap.born import attributes
from janus_nb.source.units import is_keras, is_user_class
from janus_nb.speculate.guards import Guard, IsBound, IsType
from janus_nb.speculate.plain import plain
from janus_nb.speculate.policy import Mode, fits, widen
from janus_nb.speculate.slots import UNBOUND, CellSlot, LocalSlot, NameSlot, describe, instance_dict

Leaf = tuple[Spec, Kind | None]


class NoTemplate(Exception):
    """A value has no form in which a graph could carry it."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A part of a structure that is the same in every iteration: text, or `None`."""

    value: Any


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """A user's object as a structure: its class, and its attributes by name."""

    kind: type
    names: tuple[str, ...]
    parts: tuple[Any, ...]


def live_attributes(value: Any) -> dict[str, Any] | None:
    """The attributes of a plain object of a user's class; `None` for everything else."""
    kind = type(value)
    if not is_user_class(kind) or isinstance(value, type | tuple | list | dict | set) or is_keras(kind):
        return None
    held = instance_dict(value)
    return (
        dict(held) if held is not None and not any(n in k.__dict__ for k in kind.__mro__[:-1] for n in ("__slots__", "__del__", "__new__")) else None
    )


def flatten(backend: Backend, value: Any, attributes: Callable[[Any], dict[str, Any] | None] = live_attributes) -> tuple[Any, list[tuple[Any, Leaf]]]:
    """A value's structure (with `Leaf`s in place of tensors and numbers) and its leaves in order.

    Raises:
        NoTemplate: the value holds something else.
    """
    leaves: list[tuple[Any, Leaf]] = []

    def walk(part: Any) -> Any:
        kind = kind_of(part)
        if isinstance(part, Num):
            leaf: Leaf = (backend.spec_of(part.tensor), part.kind)
        elif kind is not None:
            leaf = (Spec(NUM_DTYPE[kind], ()), kind)
        elif part is None or type(part) is str:
            return Constant(part)
        elif backend.is_tensor(part):
            leaf = (backend.spec_of(part), None)
        elif type(part) in (tuple, list):
            return type(part)(walk(p) for p in part)
        elif type(part) is dict and all(isinstance(k, str) for k in part):
            return {k: walk(v) for k, v in part.items()}
        elif isinstance(part, tuple) and hasattr(part, "_fields"):
            return tuple.__new__(type(part), map(walk, part))
        elif type(part).__module__ == "numpy" and hasattr(part, "dtype"):
            leaf = (backend.spec_of(part), "array")
        else:
            held = attributes(part)
            if held is None:
                raise NoTemplate(type(part).__name__)
            names = tuple(sorted(held))
            return ObjectOf(type(part), names, tuple(walk(held[n]) for n in names))
        leaves.append((part, leaf))
        return leaf

    return walk(value), leaves


def rebuild(template: Any, leaves: list[Any], make: Callable[[type, dict[str, Any]], Any] | None = None) -> Any:
    """The structure of `template` with `leaves` in place of its leaves, taken from the front."""
    if is_leaf(template):
        return leaves.pop(0)
    if isinstance(template, Constant):
        return template.value
    if isinstance(template, ObjectOf):
        assert make is not None
        return make(template.kind, {n: rebuild(p, leaves, make) for n, p in zip(template.names, template.parts, strict=True)})
    if isinstance(template, dict):
        return {k: rebuild(v, leaves, make) for k, v in template.items()}
    parts = [rebuild(p, leaves, make) for p in template]
    return tuple.__new__(type(template), parts) if isinstance(template, tuple) else parts


def is_leaf(template: Any) -> bool:
    """Whether a structure's part is a tensor or number."""
    return isinstance(template, tuple) and len(template) == 2 and isinstance(template[0], Spec)


def carried_value(low: Lowering, carry: Carry) -> Any:
    """What a read of the slot returns; at first use the input is made."""
    if carry.made:
        return carry.value
    live = low.heap.live(carry.slot)
    if carry.mode == "post":
        carry.position = sum(c.mode == "post" and c.position >= 0 for c in low.heap.carried.values())
        held = Variable(Phase.POST, said_of(carry.slot), unverified=True)
        low.host.read_state(held, carry.position)
        carry.value = Host(Phase.POST, held)
        if live is not UNBOUND:
            carry.guard = Guard(carry.slot, IsBound(), low.span)
        elif isinstance(carry.slot, LocalSlot | NameSlot | CellSlot):
            held.maybe_unbound = True
        else:
            raise Unsupported("JN102", f"{describe(carry.slot)}, which some iterations do not have")
        return carry.value
    if live is UNBOUND:
        return UNBOUND
    if carry.mode == "pre":
        carry.position = sum(c.mode == "pre" and c.position >= 0 for c in low.heap.carried.values())
        carry.guard = Guard(carry.slot, IsType(type(live)), low.span)
        carry.value = Host(Phase.PRE, Variable(Phase.PRE, said_of(carry.slot), unverified=not plain(live)), live)
        return carry.value
    try:
        carry.template, leaves = flatten(low.backend, live)
    except NoTemplate as error:
        raise Unsupported("JN108", f"{describe(carry.slot)} starts as a {error}") from None
    wider = low.ports.widened.get(carry.slot.key)
    if wider is not None:
        leaves = [(value, (spec, leaf[1])) for (value, leaf), spec in zip(leaves, wider, strict=True)]
        carry.template = rebuild(carry.template, [leaf for _, leaf in leaves], lambda kind, held: ObjectOf(kind, tuple(held), tuple(held.values())))
    template = carry.template
    backend = low.backend

    def accepts(value: Any) -> bool:
        try:
            return same_structure(flatten(backend, value)[0], template)
        except NoTemplate:
            return False

    carry.guard = Guard(carry.slot, IsType(type(live), accepts), low.span)
    carry.position = sum(c.leaves for c in low.heap.carried.values() if c.mode == "graph" and c.position >= 0)
    carry.leaves = len(leaves)
    inputs: list[Any] = []
    for _, (spec, kind) in leaves:
        tensor = low.tracer.input(spec, "carry", "carry")
        inputs.append(Num(tensor, kind) if kind else tensor)
    carry.value = own(low, rebuild(template, inputs, lambda kind, held: stand_in(low, kind, held)))
    return carry.value


def own(low: Lowering, value: Any) -> Any:
    """Register the containers of a structure that was rebuilt as the region's own."""
    if isinstance(value, list | dict) or (isinstance(value, tuple) and type(value) is not tuple):
        low.make(value)
        low.made.rebuilt.add(id(value))
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        own(low, part)
    return value


def stand_in(low: Lowering, kind: Any, held: dict[str, Any]) -> Any:
    """A shadow for an object that comes from outside the iteration: its attributes may be read, and nothing else."""

    shadow = kind.__new__(kind)
    low.made.born[id(shadow)] = Born(shadow, None, held)
    return shadow


def final_tensors(low: Lowering, carry: Carry, value: Any) -> list[Any]:
    """The tensors that a graph carry hands to the next iteration.

    Raises:
        Unsupported: JN108 if the value at the end is of another kind, dtype, shape or structure than at the start.
    """
    value = deep_lift(low, value)
    try:
        template, leaves = flatten(low.backend, value, lambda part: _staged_attributes(low, part))
    except NoTemplate as error:
        raise Unsupported("JN108", f"{describe(carry.slot)} ends as a {error}", low.heap.spans.get(carry.slot.key)) from None
    if not same_structure(template, carry.template):
        wider = _widened(carry.template, template)
        if wider is not None:
            low.ports.widened[carry.slot.key] = wider
        raise Unsupported("JN108", f"{describe(carry.slot)}: {_text(carry.template)} becomes {_text(template)}", low.heap.spans.get(carry.slot.key))
    tensors = []
    for part, (spec, kind) in leaves:
        tensors.append(
            part.tensor if isinstance(part, Num) else low.constant(part, spec.dtype) if kind and kind != "array" else low.tracer.lift(part)
        )
    return tensors


def _staged_attributes(low: Lowering, value: Any) -> dict[str, Any] | None:

    born = low.made.born.get(id(value))
    return {n: deep_lift(low, v) for n, v in attributes(low, born).items()} if born is not None else None


def _widened(start: Any, end: Any) -> list[Spec] | None:
    """Types that take both structures' tensors, if these differ in nothing but dimensions."""
    if is_leaf(start) and is_leaf(end):
        wider = widen(start[0], end[0]) if start[1] == end[1] else None
        return None if wider is None or wider.shape is None else [wider]
    if isinstance(start, dict) and isinstance(end, dict) and list(start) == list(end):
        start, end = tuple(start.values()), tuple(end.values())
    if isinstance(start, ObjectOf) and isinstance(end, ObjectOf) and start.names == end.names:
        start, end = start.parts, end.parts
    if isinstance(start, Constant) or type(start) is not type(end) or not isinstance(start, tuple | list) or len(start) != len(end):
        return [] if start == end and isinstance(start, Constant) else None
    parts = [_widened(x, y) for x, y in zip(start, end, strict=True)]
    return None if any(p is None for p in parts) else [spec for part in parts for spec in part or ()]


def same_structure(a: Any, b: Any) -> bool:
    """Whether a value of structure `a` can travel as one of structure `b`."""
    if isinstance(a, Constant | ObjectOf) or isinstance(b, Constant | ObjectOf):
        if isinstance(a, ObjectOf) and isinstance(b, ObjectOf):
            return a.kind is b.kind and a.names == b.names and all(same_structure(x, y) for x, y in zip(a.parts, b.parts, strict=True))
        return bool(a == b)
    if is_leaf(a) and is_leaf(b):
        return a[1] == b[1] and fits(b[0], a[0])
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same_structure(a[k], b[k]) for k in a)
    if type(a) is type(b) and isinstance(a, tuple | list):
        return len(a) == len(b) and all(same_structure(x, y) for x, y in zip(a, b, strict=True))
    return False


def _text(template: Any) -> str:
    if is_leaf(template):
        spec, kind = template
        return kind if kind and kind != "array" else f"{kind or 'tensor'} {spec}"
    if isinstance(template, Constant):
        return repr(template.value)
    return template.kind.__name__ if isinstance(template, ObjectOf) else f"{type(template).__name__} of {len(template)}"


def deep_lift(low: Lowering, value: Any) -> Any:
    """A structure whose parts are as the graph sees them."""
    if isinstance(value, Host):
        return low.lift(value)
    if type(value) in (tuple, list):
        return type(value)(deep_lift(low, v) for v in value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return tuple.__new__(type(value), [deep_lift(low, v) for v in value])
    if type(value) is dict:
        return {k: deep_lift(low, v) for k, v in value.items()}
    return value


def kept_by_host(low: Lowering, *values: Any) -> bool:
    """Whether the host holds one of the arrays or containers in these structures; scalars have no identity that anyone could rely on."""
    arrays, pending = low.ports.arrays(), list(values)
    while pending:
        part = pending.pop()
        if isinstance(part, Num):
            if part.kind == "array" and id(part.tensor) in arrays and low.backend.spec_of(part.tensor).shape != ():
                return True
        elif isinstance(part, tuple | list | dict):
            if id(part) in low.made.escaped:
                return True
            pending += part.values() if isinstance(part, dict) else part
        elif id(part) in low.made.born:
            pending += attributes(low, low.made.born[id(part)]).values()
    return False


def mode_for(low: Lowering, value: Any) -> Mode:
    """Who must compute a carried slot whose value at the end of the iteration is `value`."""
    if isinstance(value, Num) or low.is_graph(value) or id(value) in low.made.born:
        return "graph"
    if isinstance(value, Host):
        return "post" if value.phase is Phase.POST else "pre"
    if isinstance(value, tuple | list | dict) and low.is_symbolic(value):
        items = value.values() if isinstance(value, dict) else value
        return "post" if any(mode_for(low, v) == "post" for v in items) else "graph"
    return "pre" if not isinstance(value, list | dict | set) else "post"


def refuse_unbound(low: Lowering, carried: Iterable[Carry]) -> None:
    """Refuse a carried slot that the iteration may leave without a value, if it is read as if it had one.

    Raises:
        Unsupported: JN108.
    """
    for carry in carried:
        _, value = low.heap.overlay.get(carry.slot.key, (None, None))
        unbound = value is UNBOUND or (isinstance(value, Host) and value.maybe_unbound)
        if unbound and not (isinstance(carry.value, Host) and carry.value.maybe_unbound):
            raise Unsupported("JN108", f"{describe(carry.slot)} is deleted", low.heap.spans.get(carry.slot.key))


def leaves_of(template: Any) -> list[Any]:
    """The leaves of a structure, in order."""
    if is_leaf(template):
        return [template]
    if isinstance(template, Constant):
        return []
    items = template.values() if isinstance(template, dict) else template
    return [leaf for item in items for leaf in leaves_of(item)]


def kinds_of(template: Any) -> list[Any]:
    """The Python types of a structure's leaves."""
    return [kind for _, kind in leaves_of(template)]
