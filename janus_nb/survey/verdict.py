"""What a run's reports come to: whether its hot loops ran as graphs, and what stopped those that did not.

    regions of all cells -> loops, hottest first -> "whole" | "partial" | "imperative" | "no loop"

*Whole*: after profiling, at least nine tenths of the iterations of every loop that matters ran in a graph, not counting those that Python ran to check a graph. *Partial*: some did, or ran in segments.
A loop that only starts other loops is not counted; neither are loops that took less than a twentieth of the time of all, unless they are all there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from janus_nb.events import EagerRan
from janus_nb.events.fold import RegionView
from janus_nb.report import Report

NO_REASON = ("JN406", "JN407", "JN408")
"""Codes that say that nothing stood in the way: too little work left, a loop inside converted, nothing to compute."""

CHECKS = ("verification", "audit")
"""Why Python runs an iteration though there is a graph for it: to compare the two."""

SHARE = 0.05
"""Loops with less of the time do not matter."""


@dataclass(frozen=True)
class Reason:
    """What stopped a loop: a code, the line in its cell, and what was found there."""

    code: str
    line: int | None
    text: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code}{f' line {self.line}' if self.line else ''}: {self.detail or self.text}"


@dataclass(frozen=True)
class Loop:
    """A loop or function that JANUS looked at.

    Attributes:
        title: Its head.
        cell: The cell's name.
        kind: "whole", "partial" or "imperative".
        iterations: How many ran as `graph`, `partial` (segments), `checked` (in Python, to be compared with a graph), `eager`, `profiled`.
        graphs: Graphs generated.
        aborts: Iterations that fell back.
        seconds: In all.
        reasons: What stopped it.
    """

    title: str
    cell: str
    kind: str
    iterations: dict[str, int]
    graphs: int
    aborts: int
    seconds: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Verdict:
    """Of a program.

    Attributes:
        kind: "whole", "partial", "imperative", or "no loop" where JANUS found nothing to look at.
        loops: Those that matter, hottest first.
        wrong: Internal errors and graphs that were rejected: none, if all is well.
    """

    kind: str
    loops: tuple[Loop, ...]
    wrong: tuple[str, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All reasons, each once, those of the hottest loop first."""
        return tuple(dict.fromkeys(r for loop in self.loops for r in loop.reasons))

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def over(cls, loops: Iterable[Loop], wrong: Iterable[str]) -> Verdict:
        """The verdict over loops that matter."""
        matter = tuple(loops)
        return cls(_kind(matter), matter, tuple(wrong))

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Verdict:
        """What `as_data` gave."""
        loops = tuple(Loop(**{**loop, "reasons": tuple(Reason(**r) for r in loop["reasons"])}) for loop in data["loops"])
        return cls(data["kind"], loops, tuple(data["wrong"]))


def verdict(reports: Iterable[Report]) -> Verdict:
    """The verdict over the reports of a program's cells."""
    seen = [(region, _checked(report, number)) for report in reports for number, region in report.view.regions.items()]
    regions = [region for region, _ in seen]
    wrong = [f"internal error in {e.where}: {e.error}" for r in regions for e in r.errors]
    wrong += [f"rejected: {g.what}" for r in regions for g in r.rejected]
    loops = sorted((_loop(r, checked) for r, checked in seen if _counts(r)), key=lambda loop: -loop.seconds)
    total = sum(loop.seconds for loop in loops)
    return Verdict.over((loop for loop in loops if loop.seconds >= SHARE * total), wrong)


def _counts(region: RegionView) -> bool:
    """Whether a region is a loop of the program's: not a segment of one, not one that only starts others, and it ran."""
    ran = region.graph + region.partial + region.eager + region.profiled
    return region.kind != "segment" and not region.only_starts_others and ran > 0


def _checked(report: Report, region: int) -> int:
    """Iterations that Python ran so that a graph could be compared with them."""
    return sum(e.iterations for e in report.events if isinstance(e, EagerRan) and e.region == region and e.why in CHECKS)


def _loop(region: RegionView, checked: int) -> Loop:
    eager = max(0, region.eager - checked)
    after = region.graph + region.partial + eager
    if after and region.graph >= 0.9 * after:
        kind = "whole"
    elif region.graph + region.partial:
        kind = "partial"
    else:
        kind = "imperative"
    iterations = {"graph": region.graph, "partial": region.partial, "checked": checked, "eager": eager, "profiled": region.profiled}
    seconds = sum(part.seconds for part in region.timeline) + sum(graph.seconds for graph in region.graphs)
    return Loop(region.title, region.unit, kind, iterations, len(region.graphs), region.aborts, seconds, tuple(_reasons(region)))


def _reasons(region: RegionView) -> list[Reason]:
    found = [Reason(d.code, d.span.line if d.span else None, d.title, d.detail) for d in region.declined if d.code not in NO_REASON]
    if region.retired is not None:
        found.append(Reason(region.retired.code, None, region.retired.title, region.retired.detail))
    return list(dict.fromkeys(found))


def _kind(loops: tuple[Loop, ...]) -> str:
    kinds = {loop.kind for loop in loops}
    if not kinds:
        return "no loop"
    return kinds.pop() if len(kinds) == 1 else "partial"


__all__ = ["Loop", "Reason", "Verdict", "verdict"]
