"""Carried slots: how a value that one iteration leaves for the next travels.

total += float(loss)     graph carry: float64 state of the loop graph
step += 1                pre carry:   Python int, advanced by the pre program
best = min(best, seen[-1])  post carry: Python value, advanced at replay
h, c = cell(x, (h, c))   graph carry of a structure with two tensors
"""

from __future__ import annotations

from typing import Any

from janus_nb.backend import Backend, Spec
from janus_nb.lowering.heap import Carry
from janus_nb.lowering.interp import Lowering
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import NUM_DTYPE, Host, Kind, Num, Phase, kind_of
from janus_nb.speculate.guards import Guard, IsType
from janus_nb.speculate.policy import Mode
from janus_nb.speculate.slots import UNBOUND, describe

Leaf = tuple[Spec, Kind | None]


class NoTemplate(Exception):
    """A value has no form in which a graph could carry it."""


def flatten(backend: Backend, value: Any) -> tuple[Any, list[tuple[Any, Leaf]]]:
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
        elif backend.is_tensor(part):
            leaf = (backend.spec_of(part), None)
        elif type(part) in (tuple, list):
            return type(part)(walk(p) for p in part)
        elif type(part) is dict and all(isinstance(k, str) for k in part):
            return {k: walk(v) for k, v in part.items()}
        elif isinstance(part, tuple) and hasattr(part, "_fields"):
            return type(part)(*(walk(p) for p in part))
        elif type(part).__module__ == "numpy" and hasattr(part, "dtype"):
            leaf = (backend.spec_of(part), "array")
        else:
            raise NoTemplate(type(part).__name__)
        leaves.append((part, leaf))
        return leaf

    return walk(value), leaves


def rebuild(template: Any, leaves: list[Any]) -> Any:
    """The structure of `template` with `leaves` in place of its leaves, taken from the front."""
    if _is_leaf(template):
        return leaves.pop(0)
    if isinstance(template, dict):
        return {k: rebuild(v, leaves) for k, v in template.items()}
    parts = [rebuild(p, leaves) for p in template]
    return type(template)(*parts) if hasattr(template, "_fields") else type(template)(parts)


def _is_leaf(template: Any) -> bool:
    return isinstance(template, tuple) and len(template) == 2 and isinstance(template[0], Spec)


def carried_value(low: Lowering, carry: Carry) -> Any:
    """What a read of the slot returns; at first use the input is made."""
    if carry.value is not None:
        return carry.value
    live = low.heap.live(carry.slot)
    if live is UNBOUND:
        return UNBOUND
    if carry.mode == "post":
        carry.position = sum(c.mode == "post" and c.position >= 0 for c in low.heap.carried.values())
        carry.value = Host(Phase.POST, f"S[{carry.position}]")
        return carry.value
    if carry.mode == "pre":
        carry.position = sum(c.mode == "pre" and c.position >= 0 for c in low.heap.carried.values())
        carry.guard = Guard(carry.slot, IsType(type(live)), low.span)
        carry.value = low.host.assign(Phase.PRE, f"s{carry.position}", live)
        return carry.value
    try:
        carry.template, leaves = flatten(low.backend, live)
    except NoTemplate as error:
        raise Unsupported("JN108", f"{describe(carry.slot)} starts as a {error}") from None
    template = carry.template
    backend = low.backend

    def accepts(value: Any) -> bool:
        try:
            return bool(flatten(backend, value)[0] == template)
        except NoTemplate:
            return False

    carry.guard = Guard(carry.slot, IsType(type(live), accepts), low.span)
    carry.position = sum(c.leaves for c in low.heap.carried.values() if c.mode == "graph" and c.position >= 0)
    carry.leaves = len(leaves)
    inputs: list[Any] = []
    for _, (spec, kind) in leaves:
        tensor = low.tracer.input(spec, "carry", "carry")
        inputs.append(Num(tensor, kind) if kind else tensor)
    carry.value = rebuild(template, inputs)
    if isinstance(carry.value, list | dict):
        low.make(carry.value)
    return carry.value


def final_tensors(low: Lowering, carry: Carry, value: Any) -> list[Any]:
    """The tensors that a graph carry hands to the next iteration.

    Raises:
        Unsupported: JN108 if the value at the end is of another kind, dtype, shape or structure than at the start.
    """
    value = _deep_lift(low, value)
    try:
        template, leaves = flatten(low.backend, value)
    except NoTemplate as error:
        raise Unsupported("JN108", f"{describe(carry.slot)} ends as a {error}", low.heap.spans.get(carry.slot.key)) from None
    if not _same(template, carry.template):
        raise Unsupported("JN108", f"{describe(carry.slot)}: {_text(carry.template)} becomes {_text(template)}", low.heap.spans.get(carry.slot.key))
    tensors = []
    for part, (spec, kind) in leaves:
        tensors.append(
            part.tensor if isinstance(part, Num) else low.constant(part, spec.dtype) if kind and kind != "array" else low.tracer.lift(part)
        )
    return tensors


def _same(a: Any, b: Any) -> bool:
    if _is_leaf(a) and _is_leaf(b):
        return bool(a == b)
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(_same(a[k], b[k]) for k in a)
    if type(a) is type(b) and isinstance(a, tuple | list):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return False


def _text(template: Any) -> str:
    if _is_leaf(template):
        spec, kind = template
        return kind if kind and kind != "array" else f"{kind or 'tensor'} {spec}"
    return f"{type(template).__name__} of {len(template)}"


def _deep_lift(low: Lowering, value: Any) -> Any:
    if isinstance(value, Host):
        return low.lift(value)
    if type(value) in (tuple, list):
        return type(value)(_deep_lift(low, v) for v in value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_deep_lift(low, v) for v in value))
    if type(value) is dict:
        return {k: _deep_lift(low, v) for k, v in value.items()}
    return value


def mode_for(low: Lowering, value: Any) -> Mode:
    """Who must compute a carried slot whose value at the end of the iteration is `value`."""
    if isinstance(value, Num) or low.is_graph(value):
        return "graph"
    if isinstance(value, Host):
        return "post" if value.phase is Phase.POST else "pre"
    if isinstance(value, tuple | list | dict) and low.is_symbolic(value):
        items = value.values() if isinstance(value, dict) else value
        return "post" if any(mode_for(low, v) == "post" for v in items) else "graph"
    return "pre" if not isinstance(value, list | dict | set) else "post"
