"""Folding events into what a view shows. The fold is pure: the same events give the same view."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from janus_nb.events.types import (
    Announced,
    BackendChosen,
    CellFinished,
    CellStarted,
    Declined,
    EagerRan,
    Event,
    Fallback,
    Generated,
    GraphRan,
    GraphRejected,
    InternalError,
    Missed,
    Profiled,
    RegionFound,
    Relaxed,
    Retired,
    Reused,
    SourceSeen,
    Spent,
    Verified,
    Working,
)
from janus_nb.span import Span


@dataclass(slots=True)
class Segment:
    """A stretch of the timeline.

    Attributes:
        kind: `profiled`, `graph`, `partial` (in segments), `compared` (Python runs what a graph has predicted), `eager` or `fallback`.
        count: Iterations.
        seconds: How long they took.
        version: Which graph, if one ran.
    """

    kind: str
    count: int
    seconds: float
    version: int = 0


@dataclass(slots=True)
class RegionView:
    """What is shown of one region; `working` is what the program waits for at the moment."""

    number: int
    kind: str
    span: Span
    title: str
    unit: str
    source: str
    profiled: int = 0
    graph: int = 0
    eager: int = 0
    partial: int = 0
    hits: int = 0
    misses: list[str] = field(default_factory=list)
    graphs: list[Generated] = field(default_factory=list)
    reused: list[Generated] = field(default_factory=list)
    verified: list[Verified] = field(default_factory=list)
    rejected: list[GraphRejected] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    fallbacks: list[Fallback] = field(default_factory=list)
    relaxed: list[Relaxed] = field(default_factory=list)
    retired: Retired | None = None
    errors: list[InternalError] = field(default_factory=list)
    backends: list[BackendChosen] = field(default_factory=list)
    timeline: list[Segment] = field(default_factory=list)
    sources: list[SourceSeen] = field(default_factory=list)
    graph_seconds: float = 0.0
    partial_seconds: float = 0.0
    host_seconds: float = 0.0
    committed: dict[int, int] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    working: str = ""
    expected: int = 0
    eager_times: list[float] = field(default_factory=list)
    profiled_times: list[float] = field(default_factory=list)

    def add_time(self, kind: str, count: int, seconds: float, version: int = 0) -> None:
        """Extend the timeline."""
        last = self.timeline[-1] if self.timeline else None
        if last is not None and (last.kind, last.version) == (kind, version):
            last.count += count
            last.seconds += seconds
        else:
            self.timeline.append(Segment(kind, count, seconds, version))

    @property
    def iterations(self) -> int:
        """How many iterations have been run, however."""
        return sum(s.count for s in self.timeline)

    @property
    def used(self) -> list[Generated]:
        """Graphs that committed something, in the order of their numbers, the last description of each."""
        known = {g.version: g for g in self.versions}
        return [known[v] for v in sorted(self.committed) if v in known]

    @property
    def versions(self) -> list[Generated]:
        """Graphs of this run: found in the cache, or generated."""
        return [*self.reused, *self.graphs]

    @property
    def matters(self) -> bool:
        """Whether there is something to tell of the region."""
        return bool(self.versions or self.rejected or self.errors or self.retired or any(d.code not in ("JN407", "JN408") for d in self.declined))

    @property
    def only_starts_others(self) -> bool:
        """Whether this is a loop around a converted loop, which Python runs: not a region of its own to the reader."""
        return not self.versions and bool(self.declined) and all(d.code == "JN407" for d in self.declined)

    @property
    def eager_each(self) -> float | None:
        """Median seconds of an imperative iteration; of those without the profiler, if there were enough."""
        times = sorted(self.eager_times if len(self.eager_times) >= 3 else [*self.profiled_times, *self.eager_times])
        return times[len(times) // 2] if times else None

    @property
    def graph_each(self) -> float | None:
        """Mean seconds of an iteration in the graph (or, for a split region, in segments)."""
        if self.graph:
            return self.graph_seconds / self.graph
        return self.partial_seconds / self.partial if self.partial else None

    @property
    def aborts(self) -> int:
        """Fallbacks that were violations (leaving the loop is not one)."""
        return sum(not f.assumption.endswith("is not reached") for f in self.fallbacks)


@dataclass(slots=True)
class View:
    """What is shown of one cell."""

    cell: CellStarted | None = None
    finished: CellFinished | None = None
    regions: dict[int, RegionView] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """The counters of `janus_nb.Report.counts`."""
        parts = [r for r in self.regions.values() if not r.only_starts_others]
        wholes = [r for r in parts if r.kind != "segment"]
        return {
            "profiled": sum(r.profiled for r in wholes),
            "graph": sum(r.graph for r in wholes),
            "partial": sum(r.partial for r in wholes),
            "eager": sum(r.eager for r in wholes),
            "graphs": sum(len(r.graphs) for r in parts),
            "hits": sum(r.hits for r in parts),
            "misses": sum(len(r.misses) for r in parts),
            "aborts": sum(r.aborts for r in parts),
            "rejected": sum(len(r.rejected) for r in parts),
            "declined": sum(any(d.code not in ("JN406", "JN408") for d in r.declined) for r in wholes),
        }


def fold(events: Iterable[Event]) -> View:
    """The view of a stream of events."""
    view = View()
    for event in events:
        add(view, event)
    return view


def add(view: View, event: Event) -> None:
    """Take one more event into a view."""
    if isinstance(event, CellStarted):
        view.cell = event
        return
    if isinstance(event, CellFinished):
        view.finished = event
        return
    if isinstance(event, RegionFound):
        view.regions.setdefault(event.region, RegionView(event.region, event.kind, event.span, event.title, event.unit, event.source))
        return
    region = view.regions.get(event.region)
    if region is not None:
        _add_to_region(region, event)


def _add_to_region(region: RegionView, event: Event) -> None:
    if not isinstance(event, Spent | SourceSeen | Announced):
        region.working = event.what if isinstance(event, Working) else ""
    match event:
        case Profiled(_, seconds):
            region.profiled += 1
            region.profiled_times.append(seconds)
            region.add_time("profiled", 1, seconds)
        case GraphRan(_, version, iterations, seconds):
            region.graph += iterations
            region.hits += event.calls
            region.graph_seconds += seconds
            region.host_seconds += event.host
            region.committed[version] = region.committed.get(version, 0) + iterations
            region.add_time("graph", iterations, seconds, version)
        case EagerRan(_, seconds, why, iterations):
            if why == "segments":
                region.partial += iterations
                region.partial_seconds += seconds
                region.add_time("partial", iterations, seconds)
                return
            region.eager += iterations
            region.eager_times.append(seconds / max(1, iterations))
            kind = {"fallback": "fallback", "graph failed": "fallback", "verification": "compared", "audit": "compared"}.get(why, "eager")
            region.add_time(kind, iterations, seconds)
        case Generated():
            region.graphs.append(event)
            region.declined = [d for d in region.declined if d.code != "JN409"]  # enough work came together after all
        case Reused():
            region.reused.append(event.generated)
        case Announced(_, left):
            region.expected = region.iterations + left
        case SourceSeen():
            region.sources.append(event)
        case Spent(_, what, seconds):
            region.spent[what] = region.spent.get(what, 0.0) + seconds
        case Verified():
            region.verified.append(event)
        case GraphRejected():
            region.rejected.append(event)
        case Declined():
            region.declined.append(event)
        case Missed(_, nearest):
            region.misses.append(nearest)
        case Fallback():
            region.fallbacks.append(event)
        case Relaxed():
            region.relaxed.append(event)
        case Retired():
            region.retired = event
        case BackendChosen():
            region.backends.append(event)
        case InternalError():
            region.errors.append(event)
        case CellStarted() | CellFinished() | RegionFound() | Working():
            pass
        case _:
            assert_never(event)
