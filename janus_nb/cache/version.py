"""A graph version: what was generated for one state of the world, the guards that say when it holds, and how it has done so far."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from janus_nb.backend import CommittingStep, LoopGraph
from janus_nb.cache.compiled import Check, compile_guards
from janus_nb.events import Generated
from janus_nb.lowering.program import Program

AGREEMENTS = 2
"""Iterations on which a graph must agree with eager before it commits: the one it was generated for, whose values it may
have taken for constants, and another."""

FIRST_AUDIT = 16
"""Iterations that a graph commits before it is compared with Python once more; then after 4 times as many, and so on for ever."""

EARLY_AUDITS = 64
"""Audits up to this many committed iterations take place whatever they cost."""

SHARE = 50
"""Later ones wait until the graph has run this many times as long as the last comparison took: 2% of a long run at most."""

MAX_BYTES = 128 * 2**20
"""Most memory for what one graph call is fed and returns, estimated."""


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
        ran: Seconds of committed calls since the last comparison.
        cost: Seconds that the last comparison took, beyond Python's own iterations.
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
    ran: float = 0.0
    cost: float = 0.0
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

    @property
    def audit_due(self) -> bool:
        """Whether it has committed enough iterations, and for long enough, to be compared with Python again."""
        if self.iterations < self.audit_at:
            return False
        return self.audit_at <= EARLY_AUDITS or self.ran >= SHARE * self.cost

    def agrees(self) -> None:
        """It has agreed with eager execution once more."""
        if self.verified:
            self.audit_at = 4 * max(self.audit_at, self.iterations) if self.iterations >= self.audit_at else self.audit_at
        self.agreed += 1
        self.stale = False
        self.ran = 0.0

    @property
    def room(self) -> int:
        """Iterations of one call for which memory is allowed."""
        return max(1, MAX_BYTES // max(1, self.program.graph.bytes_per_step))


__all__ = ["AGREEMENTS", "FIRST_AUDIT", "MAX_BYTES", "Version"]
