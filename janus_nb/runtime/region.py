"""A region: a loop (or function) that JANUS converts, with what is known of it and its graph versions."""

from __future__ import annotations

import enum
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from janus_nb.backend import CommittingStep, LoopGraph
from janus_nb.cache.compiled import Check, compile_guards
from janus_nb.events import Declined, Generated, Retired
from janus_nb.lowering.program import Program
from janus_nb.span import Span
from janus_nb.speculate.policy import Policy

MIN_SECONDS = 40e-6
"""Iterations faster than this hold no tensor work worth converting."""


AGREEMENTS = 2
"""Iterations on which a graph must agree with eager before it commits: the one it was generated for, whose values it may
have taken for constants, and another."""

FIRST_AUDIT = 16
"""Iterations that a graph commits before it is compared with Python once more; then after 4 times as many, and so on for ever."""

MAX_BYTES = 128 * 2**20
"""Most memory for what one graph call is fed and returns, estimated."""


class Status(enum.Enum):
    """Where a region stands."""

    COLD = "profiled so far"
    READY = "converted"
    SPLIT = "converted in segments"
    IMPERATIVE = "stays imperative"


@dataclass(slots=True)
class Version:
    """A graph version of a region.

    Attributes:
        number: Counted from 1 within the region.
        program: What was generated.
        graph: The executable loop.
        agreed: On how many iterations it has agreed with eager execution.
        steps: Iterations that the next call may run.
        seconds: Time per iteration of the fastest call so far.
        iterations: Iterations committed.
        failures: How often the graph raised.
        generated: The event that announced it.
        backend: What runs the graph: "executor" or "XLA".
        sibling: For a graph compiled with XLA by JANUS's own choice: the version that the executor runs.
        calls: Calls that committed something since the number of iterations in one call last grew much.
        largest: Most iterations that one call has committed.
        decided: Whether the backend has been decided on.
        committing: The same body as a graph that commits by itself, for what nothing can stop after the graph has run.
        audit_at: After how many committed iterations it is compared with Python again.
        stale: Whether names hold other objects than in the run of the cell before, and it has not been compared in this one.
        bound: What the names held when it was generated, or first used in the last run.
    """

    number: int
    program: Program
    graph: LoopGraph
    agreed: int = 0
    steps: int = 8
    seconds: float = float("inf")
    iterations: int = 0
    failures: int = 0
    generated: Generated | None = None
    backend: str = "executor"
    sibling: Version | None = None
    calls: int = 0
    largest: int = 0
    decided: bool = False
    committing: CommittingStep | None = None
    audit_at: int = FIRST_AUDIT
    stale: bool = False
    bound: Any = None
    _holds: Check | None = None

    def holds(self, names: MutableMapping[str, Any]) -> bool:
        """Whether all its guards hold for the region's names."""
        if self._holds is None:
            self._holds = compile_guards(self.program.conditions.guards)
        return self._holds(names)

    @property
    def verified(self) -> bool:
        """Whether it has agreed with eager execution often enough to commit."""
        return self.agreed >= AGREEMENTS

    def agrees(self) -> None:
        """It has agreed with eager execution once more."""
        if self.verified:
            self.audit_at = 4 * max(self.audit_at, self.iterations) if self.iterations >= self.audit_at else self.audit_at
        self.agreed += 1
        self.stale = False

    @property
    def room(self) -> int:
        """Iterations of one call for which memory is allowed."""
        return max(1, MAX_BYTES // max(1, self.program.graph.bytes_per_step))


@dataclass(slots=True)
class Region:
    """State of one region over all its executions.

    Attributes:
        number: Identifies it in events.
        span: Where it stands.
        status: Where it stands in the pipeline.
        policy: What may be assumed of it.
        kind: "for", "while", "function" or "segment".
        title: Its first line.
        unit: Name of the cell or file.
        source: Its text.
        versions: Its graph versions (the graph cache), newest first.
        profiled: Iterations profiled.
        iteration: Iterations run in all, however.
        eager_seconds: Time of eager iterations, newest last (at most 32).
        split_seconds: Time of iterations in segments, without those that generated any, newest last (at most 32).
        split_idle: Iterations in a row of which no segment ran as a graph, and none was generated.
        exits: Iterations that took a branch without a graph form.
        refusals: Refusals so far; a region is retired after a few in unlike states.
        generate_again: Whether a miss may generate a version.
        missed: Whether the last look-up found nothing, and nothing could be generated.
        renewed: Whether the last look-up found other objects than those known, and Python has run once with them.
        holds_region: Whether a loop inside is converted by itself.
        untouched: Whether the generator found no tensor work.
        homes: Where it has stood: in cells that were edited around it.
        verdict: Why it stays imperative; told again in every later run.
    """

    number: int
    span: Span
    policy: Policy
    kind: str = "for"
    title: str = ""
    unit: str = ""
    source: str = ""
    status: Status = Status.COLD
    versions: list[Version] = field(default_factory=list)
    profiled: int = 0
    iteration: int = 0
    eager_seconds: list[float] = field(default_factory=list)
    split_seconds: list[float] = field(default_factory=list)
    split_idle: int = 0
    made: int = 0
    aborts: int = 0
    graph_iterations: int = 0
    exits: int = 0
    refusals: int = 0
    generate_again: bool = True
    missed: bool = False
    renewed: bool = False
    holds_region: bool = False
    untouched: bool = False
    homes: tuple[Span, ...] = ()
    verdict: list[Declined | Retired] = field(default_factory=list)

    def drop(self, version: Version) -> None:
        """Remove a version, however its graph is executed."""
        self.versions[:] = [v for v in self.versions if v.program is not version.program]

    def note_eager(self, seconds: float) -> None:
        """Record the time of an eager iteration."""
        self.iteration += 1
        self.eager_seconds.append(seconds)
        del self.eager_seconds[:-32]

    def note_split(self, seconds: float, ran: int, generated: int) -> None:
        """Record an iteration in segments, `ran` of which were graphs, after `generated` attempts at new ones."""
        self.split_idle = 0 if ran or generated else self.split_idle + 1
        if ran and not generated:
            self.split_seconds.append(seconds)
            del self.split_seconds[:-32]

    @property
    def split_fails(self) -> bool:
        """Whether segments do not pay: none runs, or iterations take longer than Python's."""
        if self.split_idle >= 4:
            return True
        times = sorted(self.split_seconds)
        return len(times) >= 16 and times[len(times) // 2] > 1.25 * self.eager_median

    @property
    def too_fast(self) -> bool:
        """Whether there is no tensor work to convert, as 16 iterations or the generator have shown."""
        return self.untouched or (not self.versions and len(self.eager_seconds) >= 16 and max(self.eager_seconds) < MIN_SECONDS)

    @property
    def eager_median(self) -> float:
        """Median time of the recorded eager iterations in seconds; infinity before the first."""
        times = sorted(self.eager_seconds)
        return times[len(times) // 2] if times else float("inf")
