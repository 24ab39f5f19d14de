"""What lowering produces: one graph version of a region, with everything needed to run, check and explain it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from janus_nb.backend import Body, Spec
from janus_nb.lowering.core.staging import Carry
from janus_nb.lowering.core.values import Kind
from janus_nb.reasons import Reason
from janus_nb.span import Span
from janus_nb.speculate.guards import Guard
from janus_nb.speculate.policy import Assumption
from janus_nb.speculate.slots import Slot


@dataclass(frozen=True, slots=True, eq=False)
class FeedInfo:
    """One fed value: where it comes from and what it must be.

    Attributes:
        spec: Its type, without the iteration axis.
        key: Under which its type can be relaxed.
        column: Position among the element's tensors, if it comes straight from a tensor source.
        kind: Type of a Python number.
        type: The Python type, if the host computes it.
    """

    spec: Spec
    key: Any
    column: int | None
    kind: Kind | None
    type: type | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A region, or a part of it, has no graph form: which part, and why.

    Attributes:
        reason: The coded reason.
        detail: What exactly, in the user's terms.
        span: Where.
        reached: For a segment: how many of its statements could be lowered (all of them, if only the whole was refused).
    """

    reason: Reason
    detail: str
    span: Span | None
    reached: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class HostPart:
    """What Python does: before the graph, after it, and at the end of a call.

    Attributes:
        entry: Run once per call: `entry(*inputs) -> (*invariants, *exports)`.
        pre: Run per iteration before the graph: `pre(element, *state, *entry exports) -> (*feeds, *exports, *state)`.
        post: Run per iteration after it: `post(J, S, *entry exports, *pre exports, *rows, lasts) -> finals`.
        texts: The three programs' text.
        inputs: Slots that entry is called with.
        entry_exports: Number of values that entry hands to the others.
        pre_exports: Number of values that pre hands to post.
        computing: Whether the entry or the pre program computes anything.
        idle: Whether the pre program does nothing.
        calm: Whether the post program surely neither raises nor does anything but hand values on.
        pre_carries: Slots whose next value pre computes, in the order of its states.
        post_carries: Slots whose next value only replay knows, in the order of its states.
        finals: Slots to write at commit.
        generators: Random generators that the pre program draws from.
        effects: Number of effects per iteration.
        mutated: Ids of containers that effects change.
        volatile: Keys of slots, and ids of containers, whose values differ from run to run (clocks).
    """

    entry: Callable[..., tuple[Any, ...]]
    pre: Callable[..., tuple[Any, ...]]
    post: Callable[..., tuple[Any, ...] | None]
    texts: tuple[str, str, str]
    inputs: tuple[Slot, ...]
    entry_exports: int
    pre_exports: int
    computing: bool
    idle: bool
    calm: bool
    pre_carries: tuple[Carry, ...]
    post_carries: tuple[Carry, ...]
    finals: tuple[Slot, ...]
    generators: tuple[Any, ...]
    effects: int
    mutated: frozenset[int]
    volatile: frozenset[Any]


@dataclass(frozen=True, slots=True, eq=False)
class GraphPart:
    """What the graph does, and what passes in and out.

    Attributes:
        body: The traced body.
        invariants: The values fed once per call.
        feeds: Values fed per iteration, in the order of the body's feeds.
        rows: Kinds of the per-iteration results.
        lasts: Kinds of the results of the last iteration.
        carries: Slots that the graph carries from one iteration to the next, in the order of their inputs.
    """

    body: Body
    invariants: tuple[FeedInfo, ...]
    feeds: tuple[FeedInfo, ...]
    rows: tuple[Kind | None, ...]
    lasts: tuple[Kind | None, ...]
    carries: tuple[Carry, ...]

    @property
    def bytes_per_step(self) -> int:
        """Memory that one iteration of a call holds: what is fed to it and what it returns. Unknown dimensions count as 64."""
        specs = [*(f.spec for f in self.feeds), *self.body.rows]
        return sum(8 * math.prod(64 if d is None else d for d in spec.shape or ()) for spec in specs)


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """Under which a program is right.

    Attributes:
        guards: What must hold when a call starts.
        in_graph: Assumptions behind the graph's assertions.
        before: Assumptions checked by the pre program.
        at_replay: Assumptions checked by the post program.
        read: Ids of containers that were read as unchanging: an effect on one of them aborts the iteration.
        seen: Ids of the containers that the host programs have read ahead in the present call.
        borrowed: Positions among the host's inputs of containers that were taken apart: no effect may change what is in them.
    """

    guards: tuple[Guard, ...]
    in_graph: tuple[Assumption, ...]
    before: tuple[Assumption, ...]
    at_replay: tuple[Assumption, ...]
    read: frozenset[int]
    seen: set[int]
    borrowed: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A lowered region.

    Attributes:
        host: What Python does.
        graph: What the graph does.
        conditions: Under which both are right.
        graph_spans: Expressions that became operations.
        effect_spans: Statements whose effects are replayed.
        lowered_spans: Statements that the program stands for; of compound ones the lines before their body.
        host_spans: Those of them of which the host computes a part.
        rounds: Rounds of inner loops that were unrolled, by what they iterate over.
        attempts: How often the region was lowered until the carried state was known.
        left: Sides of branches without a graph form: Python runs the iterations that take them.
    """

    host: HostPart
    graph: GraphPart
    conditions: Conditions
    graph_spans: frozenset[Span]
    effect_spans: frozenset[Span]
    lowered_spans: frozenset[Span]
    host_spans: frozenset[Span]
    rounds: tuple[tuple[Span, int], ...]
    attempts: int
    left: tuple[Refusal, ...] = ()

    @property
    def ends_with_graph(self) -> bool:
        """Whether nothing can go wrong after the graph has run: the host only hands results on."""
        host, graph = self.host, self.graph
        busy = host.effects or self.conditions.at_replay or host.post_carries or host.pre_carries or graph.carries or host.generators
        return host.calm and not busy and not graph.body.random_ops


__all__ = ["Conditions", "FeedInfo", "GraphPart", "HostPart", "Program", "Refusal"]
