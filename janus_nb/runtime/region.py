"""A region: a loop (or function) that JANUS converts, with what is known of it and its graph versions."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from janus_nb.cache.version import Version
from janus_nb.events import Declined, Retired
from janus_nb.span import Span
from janus_nb.speculate.policy import Policy

MIN_SECONDS = 40e-6
"""Iterations faster than this hold no tensor work worth converting."""


class Status(enum.Enum):
    """Where a region stands."""

    COLD = "profiled so far"
    READY = "converted"
    SPLIT = "converted in segments"
    IMPERATIVE = "stays imperative"


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
