"""Numbers and events in plain words, for all views alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from janus_nb.events.fold import RegionView, View
from janus_nb.events.types import Fallback
from janus_nb.span import Span


def duration(seconds: float) -> str:
    """A time with two or three digits: `2.4 s`, `18 ms`, `180 µs`."""
    for size, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= size:
            value = seconds / size
            return f"{value:.0f} {unit}" if value >= 99.5 else f"{value:.3g} {unit}"
    return f"{seconds * 1e6:.0f} µs"


def many(count: int, what: str, plural: str = "") -> str:
    """`1 fallback`, `3 fallbacks`, `12,000 iterations`."""
    return f"{count:,} {what if count == 1 else plural or what + 's'}"


def ratio(slow: float, fast: float) -> str:
    """How many times as fast: `38 times`, `1.6 times`."""
    value = slow / fast
    return f"{value:.0f} times" if value >= 9.5 else f"{value:.1f} times"


def main_regions(view: View) -> list[RegionView]:
    """Loops and functions of the user's that are told of; segments and loops around converted loops are parts of others."""
    return [r for r in view.regions.values() if r.kind != "segment" and not r.only_starts_others]


PHASES = {
    "profile": "Python, watched by the profiler",
    "generate": "making graphs",
    "verify": "comparing graphs with Python",
    "compile": "compiling with XLA",
    "graph": "graphs",
    "effects": "Python's part of graph calls: inputs, effects, commits",
    "python": "Python",
}
"""Where the time goes, in the order in which it is shown."""


def phases(view: View) -> dict[str, float]:
    """Seconds of the cell by what they were spent on; what is not accounted for is Python's own."""
    parts = [r for r in view.regions.values() if not r.only_starts_others]
    found = {
        "profile": sum(sum(r.profiled_times) for r in parts if not _holds(r, parts)),
        **{what: sum(r.spent.get(what, 0.0) for r in view.regions.values()) for what in ("generate", "verify", "compile")},
        "graph": sum(r.graph_seconds - r.host_seconds for r in view.regions.values()),
        "effects": sum(r.host_seconds for r in view.regions.values()),
    }
    total = total_seconds(view)
    found["python"] = max(0.0, total - sum(found.values()))
    return {what: found[what] for what in PHASES if found[what] > 0}


def _holds(region: RegionView, others: Iterable[RegionView]) -> bool:
    """Whether another region stands inside this one, so that its times count there."""
    s = region.span
    return any(
        o is not region and o.kind != "segment" and o.span.file == s.file and s.line <= o.span.line and o.span.end_line <= s.end_line and o.profiled
        for o in others
    )


def total_seconds(view: View) -> float:
    """Wall time of the cell; of a cell that still runs, or of a decorated function, all that its regions account for."""
    if view.finished is not None:
        return view.finished.seconds
    regions = main_regions(view)
    busy = sum(s.seconds for r in regions for s in r.timeline if s.kind != "partial") + sum(r.partial_seconds for r in regions)
    return busy + sum(sum(r.spent.values()) for r in view.regions.values())


def sentences(view: View) -> list[str]:
    """What happened, in three sentences or fewer."""
    regions = main_regions(view)
    if not regions:
        return ["No loop of this cell was hot: all of it ran in Python, as always."]
    main = max(regions, key=lambda r: (r.graph + r.partial, r.iterations))
    return [s for s in (_what_ran(view, main, len(regions)), _how_fast(view, main), _what_it_rests_on(view, main)) if s]


def _what_ran(view: View, main: RegionView, count: int) -> str:
    unit = "call" if main.kind == "function" else "iteration"
    parts = []
    if main.graph:
        versions = main.used
        name = f"graph {versions[0].version}" if len(versions) == 1 else f"{len(main.committed)} graphs"
        parts.append(f"{main.graph:,} in {name} ({many(main.hits, 'graph call')})")
    if main.partial:
        parts.append(f"{main.partial:,} partly, with graphs for some of its lines")
    if main.profiled:
        parts.append(f"{main.profiled:,} in Python under the profiler")
    if main.eager:
        compared = sum(s.count for s in main.timeline if s.kind == "compared")
        why = " to compare a graph with" if compared == main.eager else f" ({compared} of them to compare a graph with)" if compared else ""
        parts.append(f"{main.eager:,} in Python{why}")
    text = f"{many(main.iterations, unit)} of {_named(main)}: " + ", ".join(parts) + "."
    if count > 1:
        text += f" {many(count - 1, 'other loop')} below."
    error = view.finished.error if view.finished is not None else None
    if error == "KeyboardInterrupt":
        text += " You interrupted the cell; all that is counted here is final."
    elif error:
        text += f" The cell then raised {error}, as it would in Python alone."
    return text


def _named(region: RegionView) -> str:
    return f"`{region.title.rstrip(':')}`"


def _how_fast(view: View, main: RegionView) -> str:
    each, eager = main.graph_each, main.eager_each
    if not each or not eager:
        reason = main.retired or (main.declined[0] if main.declined else None)
        return f"It stayed in Python: {reason.title} ({reason.code})." if reason is not None else "It stayed in Python."
    verb = "now takes" if each <= eager else "takes"
    unit = "A call" if main.kind == "function" else "An iteration"
    text = f"{unit} {verb} {duration(each)}; in Python it took {duration(eager)}"
    text += f": {ratio(eager, each)} as fast." if eager > each else "."
    total = total_seconds(view)
    if view.finished is not None and main.kind != "function":
        alone = total - sum(sum(r.spent.values()) for r in view.regions.values()) + (main.graph + main.partial) * (eager - each)
        text += f" The whole cell took {duration(total)}; Python alone would have taken about {duration(max(alone, 0.0))}."
    return text


def _what_it_rests_on(view: View, main: RegionView) -> str:
    regions = list(view.regions.values())
    used = [g for r in regions for g in r.used[-1:]]
    text = ""
    if used:
        count = sum(len(g.assumptions) for g in used)
        inside = sum(a.checked == "inside the graph" for g in used for a in g.assumptions)
        text = f"It rests on {many(count, 'assumption')}, {inside} of them asserted inside the graph"
        aborts = sum(r.aborts for r in regions)
        times = "once, and Python ran that iteration" if aborts == 1 else f"{aborts} times, and Python ran those iterations"
        text += f"; one failed {times}." if aborts else "; none failed."
    verified = [v for r in regions for v in r.verified]
    if verified:
        text += f" Compared with Python {many(len(verified), 'time')}: {sum(v.compared for v in verified):,} values agreed."
    if any(r.rejected for r in regions):
        text += " A graph disagreed with Python and was thrown away; Python's result stands."
    return text


@dataclass(frozen=True, slots=True)
class Row:
    """Equal events in one row."""

    count: int
    first: int
    last: int
    span: Span | None
    text: str
    observed: str

    @property
    def when(self) -> str:
        """`iteration 40`, or `iterations 40 to 310, 69 times`."""
        if self.count == 1:
            return f"iteration {self.first:,}"
        return f"iterations {self.first:,} to {self.last:,}, {self.count:,} times"


def fallbacks(events: Iterable[Fallback]) -> list[Row]:
    """Fallbacks, equal ones in one row, the frequent ones first."""
    rows: dict[tuple[str, Span | None, str], Row] = {}
    for event in events:
        text = event.expected if event.expected == event.assumption else event.assumption
        key = (text, event.span, event.observed)
        known = rows.get(key)
        count, first = (known.count + 1, known.first) if known else (1, event.iteration)
        rows[key] = Row(count, first, event.iteration, event.span, text, event.observed)
    return sorted(rows.values(), key=lambda r: (-r.count, r.first))


def counted(texts: Iterable[str]) -> list[tuple[str, int]]:
    """Equal texts with their number, the frequent ones first."""
    found: dict[str, int] = {}
    for text in texts:
        found[text] = found.get(text, 0) + 1
    return sorted(found.items(), key=lambda item: -item[1])


__all__ = ["PHASES", "Row", "counted", "duration", "fallbacks", "main_regions", "many", "phases", "ratio", "sentences", "total_seconds"]
