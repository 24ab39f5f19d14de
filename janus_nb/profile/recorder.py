"""What the probes record: directions of tests and trip counts of loops, by source span."""

from __future__ import annotations

from dataclasses import dataclass, field

from janus_nb.span import Span

_MAX_TRIPS = 8


@dataclass(slots=True)
class Recorder:
    """Observations of one session, shared by all regions.

    Attributes:
        branches: Directions seen of each test.
        trips: Trip counts seen of each inner loop (at most 8 different ones are kept).
    """

    branches: dict[Span, set[bool]] = field(default_factory=dict)
    trips: dict[Span, set[int]] = field(default_factory=dict)

    def branch(self, span: Span, taken: bool) -> None:
        """A test came out as `taken`."""
        self.branches.setdefault(span, set()).add(taken)

    def trip(self, span: Span, count: int) -> None:
        """A loop ran `count` times."""
        seen = self.trips.setdefault(span, set())
        if len(seen) < _MAX_TRIPS:
            seen.add(count)

    def forget(self, file: str) -> None:
        """The observations of a text are not needed any more."""
        for table in (self.branches, self.trips):
            for span in [s for s in table if s.file == file]:
                del table[span]  # type: ignore[attr-defined]
