"""What lowering produces: one graph version of a region, with everything needed to run, check and explain it."""

from __future__ import annotations

import ast
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
        number: Whether it is a Python number (checked by type, not by shape).
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
class Program:
    """A lowered region.

    Attributes:
        body: The traced body.
        entry: Host program run once per call: `entry(*inputs) -> (*invariants, *exports)`.
        pre: Host program per iteration before the graph: `pre(element, *state, *entry exports) -> (*feeds, *exports, *state)`.
        post: Host program per iteration after it: `post(J, S, *entry exports, *pre exports, *rows, lasts) -> finals`.
        texts: The three programs' text.
        inputs: Slots read at every call.
        invariants: Types of the values fed once per call.
        feeds: Values fed per iteration, in the order of the body's feeds.
        entry_exports: Number of values that entry hands on.
        pre_exports: Number of values that pre hands to post.
        rows: Kinds of the per-iteration results.
        lasts: Kinds of the results of the last iteration.
        guards: Entry conditions.
        carries: Carried slots in the order of their inputs, by mode.
        finals: Slots to write at commit.
        borrowed: Positions among `inputs` of containers that were taken apart: no effect may change what is in them.
        generators: Random generators of the host that the pre program draws from.
        volatile: Keys of slots, and ids of containers, whose values differ from run to run (clocks).
        mutated: Ids of containers that effects change.
        read: Ids of containers that were read as unchanging: an effect on one of them aborts the iteration.
        seen: Ids of the containers that the host programs have read ahead in the present call.
        checks: Assumptions behind the graph's assertions.
        host_checks: Assumptions checked at replay.
        pre_checks: Assumptions checked by the pre program.
        effects: Number of effects per iteration.
        graph_spans: Expressions that became operations.
        effect_spans: Statements whose effects are replayed.
        lowered_spans: Statements that the program stands for; of compound ones the lines before their body.
        host_spans: Those of them of which the host computes a part.
        rounds: Rounds of inner loops that were unrolled, by what they iterate over.
        attempts: How often the region was lowered until the carried state was known.
        left: Sides of branches without a graph form: Python runs the iterations that take them.
    """

    body: Body
    entry: Callable[..., tuple[Any, ...]]
    pre: Callable[..., tuple[Any, ...]]
    post: Callable[..., tuple[Any, ...] | None]
    texts: tuple[str, str, str]
    inputs: tuple[Slot, ...]
    invariants: tuple[Spec, ...]
    feeds: tuple[FeedInfo, ...]
    entry_exports: int
    pre_exports: int
    rows: tuple[Kind | None, ...]
    lasts: tuple[Kind | None, ...]
    guards: tuple[Guard, ...]
    graph_carries: tuple[Carry, ...]
    pre_carries: tuple[Carry, ...]
    post_carries: tuple[Carry, ...]
    finals: tuple[Slot, ...]
    volatile: frozenset[Any]
    mutated: frozenset[int]
    read: frozenset[int]
    seen: set[int]
    borrowed: tuple[int, ...]
    generators: tuple[Any, ...]
    checks: tuple[Assumption, ...]
    host_checks: tuple[Assumption, ...]
    pre_checks: tuple[Assumption, ...]
    effects: int
    graph_spans: frozenset[Span]
    effect_spans: frozenset[Span]
    lowered_spans: frozenset[Span]
    host_spans: frozenset[Span]
    rounds: tuple[tuple[Span, int], ...]
    attempts: int
    left: tuple[Refusal, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether the pre program does nothing."""
        return len(self.texts[1].splitlines()) == 2 and all(f.column is not None for f in self.feeds)

    @property
    def ends_with_graph(self) -> bool:
        """Whether nothing can go wrong after the graph has run: the host only hands results on."""
        busy = self.effects or self.host_checks or self.post_carries or self.pre_carries or self.graph_carries or self.generators
        return not busy and not self.body.random_ops and _only_hands_on(self.texts[2])

    @property
    def bytes_per_step(self) -> int:
        """Memory that one iteration of a call holds: what is fed to it and what it returns. Unknown dimensions count as 64."""
        specs = [*(f.spec for f in self.feeds), *self.body.rows]
        return sum(8 * math.prod(64 if d is None else d for d in spec.shape or ()) for spec in specs)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """All assumptions checked while running."""
        return (*self.checks, *self.pre_checks, *self.host_checks)


_HARMLESS = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Assign, ast.Return, ast.Pass, ast.If, ast.Compare, ast.Is, ast.IsNot, ast.Tuple,
    ast.List, ast.Dict, ast.Name, ast.Constant, ast.Load, ast.Store,
)  # fmt: skip


def _only_hands_on(text: str) -> bool:
    """Whether a host program does nothing that could raise: it binds and returns names, constants and displays of these."""
    return all(isinstance(node, _HARMLESS) for node in ast.walk(ast.parse(text)))
