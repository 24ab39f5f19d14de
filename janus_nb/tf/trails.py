"""Trails: the ways from a tensor back to the variables, through what a tape of the user's knows of segments.

    log_p = policy(state)                 entry 1
    loss = -reward * log_p[action]        entry 2, of which one argument is a result of entry 1
    tape.gradient(loss, variables)        trail of `loss`: entry 1, entry 2

In the graph that is asked for the gradient, the entries of a trail are computed again and differentiated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record

from janus_nb.backend import Tensor
from janus_nb.tf.staging import staging_graph
from janus_nb.tf.tapes import Differentiable, Entry, can_be_followed, entry_of, is_recorded


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a trail.

    Attributes:
        differentiable: The segment's body.
        linked: By position of an argument: which entry of the trail it comes from, and which result of that.
        shapes: Of the arguments.
    """

    differentiable: Differentiable
    linked: tuple[tuple[int, int, int], ...]
    shapes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """The way from a tensor back to the variables, through the entries of a tape; it is the same for tensors that came about alike.

    Attributes:
        links: The entries, each after those that it depends on.
        output: Which result of the last one the tensor is.
    """

    links: tuple[Link, ...]
    output: int


def follow(tape: Any, tensor: Any) -> tuple[Trail, list[Tensor]] | None:
    """The trail of a tensor, and the tensors along it: for each entry its arguments.

    `None` if the tape has recorded anything else on the way, or is not of the kind that can be followed.
    """
    found = entry_of(tensor)
    if found is None or not can_be_followed(tape):
        return None
    order = list(_depth_first(found[0], set()))
    if any(entry.foreign or entry.differentiable.has_rows or not any(held() is tape for held in entry.tapes) for entry in order) or not is_recorded(
        tape, tensor
    ):
        return None  # `is_recorded`: a tape that was reset has forgotten
    number = {id(entry): i for i, entry in enumerate(order)}
    links, tensors = [], []
    for entry in order:
        linked = tuple((position, number[id(before)], k) for position, (before, k) in entry.links.items())
        links.append(Link(entry.differentiable, linked, tuple(t._shape_tuple() for t in entry.arguments)))
        tensors += entry.arguments
    return Trail(tuple(links), found[1]), tensors


def _depth_first(entry: Entry, seen: set[int]) -> Iterator[Entry]:
    if id(entry) in seen:
        return
    seen.add(id(entry))
    for before, _ in entry.links.values():
        yield from _depth_first(before, seen)
    yield entry


class Continuation:
    """A tape of the graph under construction that goes on where one of the user's stands: what that one knows is computed again under it."""

    def __init__(self, tape: Any) -> None:
        self._of = tape
        self._tape = tf.GradientTape()
        self._places: dict[int, list[Tensor]] = {}
        self._graph = staging_graph()

    def __enter__(self) -> Continuation:
        self._tape.__enter__()
        if self._graph is not None:
            self._graph.foreign = partial(is_recorded, self._of)
        return self

    def __exit__(self, *error: object) -> None:
        if self._graph is not None:
            self._graph.foreign = None
        if self._tape._recording:
            self._tape.__exit__(*error)

    def again(self, trail: Trail, tensors: Sequence[Tensor], value: Tensor) -> Tensor:
        """What a trail leads to, as it was computed in its own time, with the gradient of what is computed again.

        Args:
            trail: The way from the variables.
            tensors: Tensors of the graph that stand for those along the trail.
            value: The tensor that stands for what it led to.
        """
        depends = _dependences(trail)
        results: list[list[Tensor]] = []
        given = iter(tensors)
        for number, link in enumerate(trail.links):
            arguments = [next(given) for _ in link.shapes]
            for position, ref in enumerate(link.differentiable.traced.states):
                if position in depends[number]:
                    self._tape.watch(arguments[position])
                    self._places.setdefault(id(ref.handle), []).append(arguments[position])
            for position, before, k in link.linked:
                arguments[position] = _taken(arguments[position], results[before][k])
            results.append(link.differentiable.call(arguments))
        return _taken(value, results[-1][trail.output])

    def gradients(self, target: Tensor, variables: Sequence[Any]) -> list[Tensor | None]:
        """Gradients by variables: for each, `None` if the target does not depend on it, as eager says."""
        places = [self._places.get(id(variable.handle), []) for variable in variables]
        parts = self._tape.gradient(target, [[variable, *found] for variable, found in zip(variables, places, strict=True)])
        return [_sum([part for part in found if part is not None]) for found in parts]


def _sum(parts: list[Tensor]) -> Tensor | None:
    return tf.add_n(parts) if len(parts) > 1 else parts[0] if parts else None


def _dependences(trail: Trail) -> list[set[int]]:
    """For each entry, the positions of arguments through which the trail's tensor has a gradient."""
    depends: list[set[int]] = [set() for _ in trail.links]
    asked: list[set[int]] = [set() for _ in trail.links]
    asked[-1].add(trail.output)
    for number in range(len(trail.links) - 1, -1, -1):
        link = trail.links[number]
        for output in asked[number]:
            depends[number] |= link.differentiable.reached(output)
        for position, before, k in link.linked:
            if position in depends[number]:
                asked[before].add(k)
    return depends


def _taken(value: Tensor, computed: Tensor) -> Tensor:
    """What was computed in its own time, with the gradient of what is computed again."""
    with record.stop_recording():
        made = tf.identity(value)
    record.record_operation("Identity", [made], [computed], lambda grad: [grad])
    return made


__all__ = ["Continuation", "Trail", "follow"]
