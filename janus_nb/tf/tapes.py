"""What a gradient tape of the user's knows of segments that ran as graphs inside it.

    with tf.GradientTape() as tape:
        h = model(x)                  segment: its graph runs as it does without a tape; the tape gets one entry for it
        h = third_party(h)            Python
        loss = xent(y, h)             segment: one more entry
    g = tape.gradient(loss, v)        by Python: the entries' backward functions, each a graph made when it is first asked
                                      in a segment: the entries are followed, computed again in its graph, and differentiated there

A backward function computes the forward pass again instead of keeping what it needs of it: one call of TensorFlow less
to return. An entry holds the variables' values at its own time, so that what is written in between changes nothing.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import record
from tensorflow.python.eager.polymorphic_function import concrete_function
from tensorflow.python.framework import func_graph, ops
from tensorflow.python.ops import resource_variable_ops

from janus_nb.backend import Tensor
from janus_nb.tf.flat import FlatFunction
from janus_nb.tf.tracer import Traced

KEPT = 16
"""Entries that may still be followed: those of the current iteration, or fewer."""


class NotForTapes(Exception):
    """A segment whose gradients would not be eager's.

    It looks rows of a variable up, whose gradient is sparse; or hands variables to nested graphs; or changes a variable and
    computes with what it holds then, while the tape takes it for what it held before.
    """


class Differentiable:
    """A traced body as something that can be differentiated: by a backward function, and inside another graph."""

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        self._concrete: Any = None
        self._backward: dict[tuple[tuple[int, ...], tuple[int, ...]], Any] = {}
        self._reached: dict[int, frozenset[int]] = {}

    @staticmethod
    def of(traced: Traced) -> Differentiable:
        """The one of a body."""
        if traced.differentiable is None:
            traced.differentiable = Differentiable(traced)
        return traced.differentiable  # type: ignore[no-any-return]

    def call(self, arguments: Sequence[Tensor]) -> list[Tensor]:
        """The outputs for (values of the variables, inputs, captured tensors), recorded by whatever tape is open."""
        if self._concrete is None:
            self._concrete = concrete_function.ConcreteFunction(self.traced.function)
        return list(self._concrete._call_flat(list(arguments), []))

    def backward(self, outputs: tuple[int, ...], wanted: tuple[int, ...], arguments: Sequence[Tensor], grads: Sequence[Tensor]) -> list[Any]:
        """Gradients of the wanted arguments, given those of some outputs."""
        made = self._backward.get((outputs, wanted))
        if made is None:
            made = self._backward[outputs, wanted] = self._make_backward(outputs, wanted, arguments, grads)
        return list(made([*arguments, *grads]))

    def _make_backward(self, outputs: tuple[int, ...], wanted: tuple[int, ...], arguments: Sequence[Tensor], grads: Sequence[Tensor]) -> Any:
        size = len(arguments)
        structure: list[Any] = []

        def backward(flat: list[Tensor]) -> list[Tensor]:
            given = flat[:size]
            sources = [given[i] for i in wanted]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(sources)
                made = self.call(given)
            found = tape.gradient([made[k] for k in outputs], sources, list(flat[size:]), tf.UnconnectedGradients.ZERO)
            structure[:] = found
            return tf.nest.flatten(found, expand_composites=True)  # type: ignore[no-any-return]

        graph = self.traced.function.graph
        specs = [tf.TensorSpec(graph.inputs[i].shape, a.dtype) for i, a in enumerate(arguments)]
        specs += [tf.TensorSpec(graph.outputs[k].shape, g.dtype) for k, g in zip(outputs, grads, strict=True)]
        function = FlatFunction(backward, specs)

        def call(flat: list[Tensor]) -> Any:
            made = function.recorded(flat) if record.could_possibly_record() else function(flat)
            return tf.nest.pack_sequence_as(structure, made, expand_composites=True)

        return call

    def reached(self, output: int) -> frozenset[int]:
        """Positions of the arguments on which an output depends in a way that has a gradient."""
        known = self._reached.get(output)
        if known is None:
            plain = all(map(_is_plain, self.traced.function.graph.get_operations()))
            known = self._reached[output] = self._by_way_back(output) if plain else self._by_gradients(output)
        return known

    def _by_way_back(self, output: int) -> frozenset[int]:
        """Arguments to which a way leads back through operations that have gradients."""
        graph = self.traced.function.graph
        seen: set[int] = set()
        pending = [graph.outputs[output]]
        while pending:
            tensor = pending.pop()
            if id(tensor) not in seen and has_gradient(tensor):
                seen.add(id(tensor))
                pending.extend(tensor.op.inputs if _differentiates(tensor.op) else ())
        return frozenset(i for i, tensor in enumerate(graph.inputs) if id(tensor) in seen)

    def _by_gradients(self, output: int) -> frozenset[int]:
        """Arguments for which TensorFlow finds a gradient, of whatever output: loops, branches and lists of tensors have ways of their own."""
        with func_graph.FuncGraph("reached").as_default(), tf.GradientTape(watch_accessed_variables=False) as tape:
            arguments = [tf.compat.v1.placeholder(tensor.dtype, tensor.shape) for tensor in self.traced.function.graph.inputs]
            watched = {i: a for i, a in enumerate(arguments) if has_gradient(a)}
            tape.watch(list(watched.values()))
            result = self.call(arguments)[output]
            grads = tape.gradient(result, list(watched.values()))
        return frozenset(i for i, grad in zip(watched, grads, strict=True) if grad is not None)

    @functools.cached_property
    def has_rows(self) -> bool:
        """Whether rows of an argument are looked up: eager keeps the gradient of a table sparse."""
        graph = self.traced.function.graph
        arguments = {id(tensor) for tensor in graph.inputs}

        def source(tensor: Any) -> Any:
            return source(tensor.op.inputs[0]) if tensor.op.type in ("Identity", "ReadVariableOp") and tensor.op.inputs else tensor

        return any(op.type.startswith("Gather") and id(source(op.inputs[0])) in arguments for op in graph.get_operations())


def _is_plain(op: Any) -> bool:
    """Whether gradients pass through an operation by its tensors of numbers alone: no nested graph, no list of tensors."""
    nested = any(value.HasField("func") or value.list.func for value in op.node_def.attr.values())
    return not nested and not any(tensor.dtype in (tf.variant, tf.resource) for tensor in (*op.inputs, *op.outputs))


def _differentiates(op: Any) -> bool:
    """Whether an operation hands gradients on to its inputs. One that nobody has told how is taken to: asked for, it raises."""
    try:
        return ops.get_gradient_function(op) is not None
    except LookupError:
        return True


@dataclass(eq=False, slots=True)
class Entry:
    """What a tape knows of one run of a segment: of those of its results that depend on the same of its arguments.

    Attributes:
        differentiable: The segment's body.
        arguments: Values of its variables, its inputs, and the tensors it has captured.
        outputs: Positions of these results.
        wanted: Positions of these arguments, as far as a tape may ask for their gradients.
        results: The results.
        tapes: Open tapes that the user holds by name.
        foreign: Whether an input may come from something else that a tape has recorded.
        links: By position of an argument: the entry that it is a result of, and which.
    """

    differentiable: Differentiable
    arguments: list[Tensor]
    outputs: tuple[int, ...]
    wanted: tuple[int, ...]
    results: list[weakref.ref[Tensor]]
    tapes: list[weakref.ref[Any]]
    foreign: bool
    links: dict[int, tuple[Entry, int]]

    def backward(self, *grads: Tensor) -> list[Any]:
        """As TensorFlow asks: gradients of the variables and inputs."""
        return self.differentiable.backward(self.outputs, self.wanted, self.arguments, grads)


class _Mine(threading.local):
    """What this thread's segments have recorded, and the tapes that it holds: tapes are a thread's own."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.held: list[Any] = []


_mine = _Mine()


@contextlib.contextmanager
def held_by(tapes: Sequence[Any]) -> Iterator[None]:
    """Inside, segments run for a user who holds these tapes by name; those of them that are recording record."""
    before = _mine.held
    _mine.held = [t for t in tapes if isinstance(t, tf.GradientTape)]
    try:
        yield
    finally:
        _mine.held = before


def forget() -> None:
    """No entry made so far is followed any more; tapes keep theirs."""
    _mine.entries.clear()


def record_segment(differentiable: Differentiable, values: list[Tensor], inputs: list[Tensor], results: list[Tensor], handed: Sequence[int]) -> None:
    """Give the open tapes an entry for a segment that has run.

    Args:
        differentiable: Its body.
        values: What its variables held.
        inputs: What it was given.
        results: All its outputs.
        handed: Positions of the outputs that the user's code gets to see.

    Raises:
        NotForTapes: a result depends on a variable that the segment changes, and that a tape watches.
    """
    traced = differentiable.traced
    for ref, value in zip(traced.states, values, strict=True):
        variable = ref.variable() if ref.variable is not None else None
        if variable is not None:
            resource_variable_ops.variable_accessed(variable)
        record.record_operation("ReadVariableOp", [value], [ref.handle], lambda grad: [grad])
    arguments = [*values, *inputs, *traced.captures]
    known = [record.should_record_backprop([tensor]) for tensor in arguments]
    given = range(len(values), len(arguments))
    links = {p: before for p in given if known[p] and (before := entry_of(arguments[p])) is not None}
    recording = [weakref.ref(tape) for tape in _mine.held if tape._recording]
    alike: dict[tuple[int, ...], list[int]] = {}
    for k in handed:
        if has_gradient(results[k]):
            alike.setdefault(tuple(p for p in sorted(differentiable.reached(k)) if known[p]), []).append(k)
    if any(position in traced.written for wanted in alike for position in wanted):
        raise NotForTapes("a variable that the tape watches is changed, and used, under a tape that Python holds")
    for wanted, outputs in alike.items():
        if wanted:
            taken = [results[k] for k in outputs]
            foreign = any(p in given and p not in links for p in wanted)
            linked = {p: links[p] for p in wanted if p in links}
            entry = Entry(differentiable, arguments, tuple(outputs), wanted, list(map(weakref.ref, taken)), recording, foreign, linked)
            record.record_operation("JanusSegment", taken, [arguments[p] for p in wanted], entry.backward)
            _mine.entries.append(entry)


def has_gradient(tensor: Tensor) -> bool:
    """Whether tensors of this type have gradients."""
    return bool(tensor.dtype.is_floating or tensor.dtype.is_complex)


def entry_of(tensor: Any) -> tuple[Entry, int] | None:
    """The entry that a tensor is a result of, and which result, if it can be followed."""
    for entry in reversed(_mine.entries):
        for k, made in zip(entry.outputs, entry.results, strict=True):
            if made() is tensor:
                return entry, k
    return None


def can_be_followed(tape: Any) -> bool:
    """Whether a tape is of the common kind, and not used yet: for one gradient, watching variables by itself."""
    return type(tape) is tf.GradientTape and not tape._persistent and tape._watch_accessed_variables and tape._tape is not None


def is_recorded(tape: Any, tensor: Any) -> bool:
    """Whether a tape has recorded how a tensor came about, also while it (or all recording) is suspended."""
    suspended = pywrap_tfe.TFE_Py_TapeSetIsStopped()
    paused_here = not tape._recording
    if suspended:
        pywrap_tfe.TFE_Py_TapeSetRestartOnThread()
    if paused_here:
        tape._push_tape()
    try:
        return bool(record.should_record_backprop([tensor]))
    finally:
        if paused_here:
            tape._pop_tape()
        if suspended:
            pywrap_tfe.TFE_Py_TapeSetStopOnThread()


def spend(tape: Any) -> None:
    """Leave a tape as it is after its one gradient."""
    if tape._recording:
        tape._pop_tape()
    tape._tape = None


@contextlib.contextmanager
def paused(tape: Any) -> Iterator[bool]:
    """Inside, a tape that is recording does not; whether no other does. Unless it has been used up inside, it goes on afterwards."""
    if not (isinstance(tape, tf.GradientTape) and tape._recording):
        yield False
        return
    tape._pop_tape()
    try:
        yield not record.could_possibly_record()
    finally:
        if tape._tape is not None:
            tape._push_tape()


__all__ = [
    "Differentiable",
    "Entry",
    "NotForTapes",
    "can_be_followed",
    "entry_of",
    "forget",
    "held_by",
    "is_recorded",
    "paused",
    "record_segment",
    "spend",
]
