"""What stands under a cell while it runs: a small piece of HTML, shown anew a few times a second.

It holds nothing to open or to focus, so nothing is lost when the next one takes its place; and whatever is saved in the
middle of a run is a picture that needs no kernel.
"""

from __future__ import annotations

from html import escape

from janus_nb.events.fold import RegionView, View
from janus_nb.view.page import KINDS, style
from janus_nb.view.words import duration, main_regions, many, ratio


def frame(view: View, seconds: float, first: bool = True) -> str:
    """A frame, `seconds` after the cell began. The first one brings the style sheet along."""
    regions = [r for r in main_regions(view) if r.iterations or r.working][-2:]
    body = "".join(_region(r) for r in regions) or '<p class="dim">looking for hot loops</p>'
    rules = f"<style>{_short_style()}</style>" if first else ""
    return f'{rules}<div class="jn jn-live" role="status"><p class="lead">JANUS is running {escape(view.cell.name) if view.cell else ""} · {duration(seconds)}</p>{body}</div>'


def _short_style() -> str:
    """The rules that a frame needs: a frame may be saved by itself."""
    return "".join(
        rule + "}"
        for rule in style().split("}")
        if not any(x in rule for x in (".gr", ".src", ".tabs", "li.", ".tool", "@", "table", " t", "details", "summary"))
    )


def status(region: RegionView) -> str:
    """What is done at the moment, in words."""
    if region.working:
        return region.working
    if region.retired is not None or (region.declined and not region.versions and not region.partial):
        return "Python runs it"
    if region.partial:
        return "Python runs it, with graphs for some lines"
    if region.timeline and region.timeline[-1].kind == "compared":
        return f"comparing graph {region.versions[-1].version} with Python" if region.versions else "comparing"
    if region.committed:
        return f"running graph {max(region.committed)}"
    return "comparing a graph with Python" if region.versions else "profiling in Python"


def _region(region: RegionView) -> str:
    done, total = region.iterations, max(region.expected, region.iterations) if region.expected else 0
    counts: dict[str, int] = {}
    for stretch in region.timeline:
        counts[stretch.kind] = counts.get(stretch.kind, 0) + stretch.count
    bars = "".join(f'<span class="thin" style="flex:{n};--c:var(--{kind})" title="{n:,} {KINDS[kind]}"></span>' for kind, n in counts.items())
    left = f'<span class="thin" style="flex:{total - done};--c:transparent"></span>' if total > done else ""
    progress = f"{done:,} of {total:,}" if total else f"{done:,}"
    text = f"<p><code>{escape(region.title)}</code> {escape(status(region))} · {progress} iterations{_pace(region, total - done)}</p>"
    return f'{text}<div class="bar" role="img" aria-label="{progress} iterations">{bars}{left}</div>{_last(region)}'


def _pace(region: RegionView, left: int) -> str:
    each, eager = region.graph_each, region.eager_each
    if not each:
        return f" · {1 / eager:,.0f} a second in Python" if eager else ""
    text = f" · {1 / each:,.0f} a second" + (f", {ratio(eager, each)} Python's pace" if eager and eager > each else "")
    return text + (f" · about {duration(left * each)} to go" if left > 0 else "")


def _last(region: RegionView) -> str:
    """The last three things of note."""
    notes = [f"iteration {f.iteration:,}, line {f.span.line if f.span else '?'}: {f.assumption}; found: {f.observed}" for f in region.fallbacks[-2:]]
    notes += [f"{d.code} at line {d.span.line if d.span else '?'}: {d.title}" for d in region.declined[-1:]]
    if region.verified:
        notes.append(f"compared with Python {many(len(region.verified), 'time')}, all agreed")
    return "".join(f'<p class="dim">{escape(note[:160])}</p>' for note in notes[-3:])


__all__ = ["frame", "status"]
