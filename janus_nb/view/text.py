"""The plain-text view: a summary, the marked source, assumptions, fallbacks, refusals."""

from __future__ import annotations

from janus_nb.events.fold import RegionView, View
from janus_nb.events.types import Declined, Fallback
from janus_nb.view.marks import SIGN, listings

LEGEND = "G runs in the graph   E effect, replayed in order   I runs in Python"


def render(view: View) -> str:
    """The whole report as text, for terminals and logs."""
    parts = [summary(view)]
    for name, lines in listings(view):
        parts.append(f"{name}    ({LEGEND})")
        for line in lines:
            parts.append(f"  {SIGN[line.mark]} {line.number:>4} | {line.text}".rstrip())
            parts.extend(f"         ^ {note}" for note in line.notes)
    for region in view.regions.values():
        parts.extend(_region(region))
    return "\n".join(parts) + "\n"


def summary(view: View) -> str:
    """One line: how many iterations ran how."""
    c = view.counts
    if not view.regions:
        return "JANUS: no loop of this cell was hot; everything ran in Python."
    partial = f"{c['partial']} in segments, " if c["partial"] else ""
    text = (
        f"JANUS: {c['profiled']} iterations profiled, {c['graph']} in graphs ({c['hits']} calls), {partial}{c['eager']} in Python; "
        f"{c['graphs']} graphs generated, {c['aborts']} fallbacks, {c['rejected']} rejected, {c['declined']} regions declined."
    )
    gains = [r for r in view.regions.values() if r.graph_each and r.eager_each and r.kind != "segment"]
    for region in gains:
        assert region.graph_each and region.eager_each
        text += f"\n  {region.title}  {_time(region.eager_each)} imperative -> {_time(region.graph_each)} an iteration"
    return text


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} us"


def _region(region: RegionView) -> list[str]:
    if region.only_starts_others:
        return []
    parts = [f"\n{region.kind} at {region.unit}, line {region.span.line}: {region.title}"]
    for generated in region.versions:
        parts.append(
            f"  graph {generated.version}: {len(generated.ops)} operations, {len(generated.variables)} variables written, "
            f"generated in {generated.seconds * 1e3:.0f} ms"
        )
        if generated.carried:
            parts.append(f"    carried between iterations: {', '.join(generated.carried)}")
    if region.versions:
        parts.append("  assumes:")
        for assumption in region.versions[-1].assumptions:
            where = f"line {assumption.span.line}: " if assumption.span else ""
            parts.append(f"    {where}{assumption.text}  [{assumption.checked}; {assumption.evidence}]")
    parts.extend(f"  graph {b.version} by {b.backend}: {b.why}" for b in region.backends)
    parts.extend(f"  verified: graph {v.version} agreed with Python on {v.compared} values" for v in region.verified)
    parts.extend(f"  REJECTED: graph {r.version}: {r.what}" for r in region.rejected)
    parts.extend(fallback(f) for f in region.fallbacks[:20])
    if len(region.fallbacks) > 20:
        parts.append(f"  ... and {len(region.fallbacks) - 20} more fallbacks")
    parts.extend(f"  relaxed: {r.assumption}" for r in region.relaxed)
    parts.extend(f"  miss: {m}" for m in region.misses[:10])
    for declined in region.declined:
        parts.append(declined_text(declined, region))
    if region.retired is not None:
        parts.append(f"  retired: {region.retired.code} {region.retired.title}: {region.retired.detail}")
    parts.extend(f"  internal error in the {e.where}: {e.error}" for e in region.errors)
    return parts


def fallback(event: Fallback) -> str:
    """A fallback in words."""
    line = f", line {event.span.line}" if event.span else ""
    return f"  fallback in iteration {event.iteration}{line}: expected that {event.expected}; observed: {event.observed}"


def declined_text(event: Declined, region: RegionView) -> str:
    """A refusal with its source line, carets and hint."""
    head = f"  {event.code}  {event.title}" + (f": {event.detail}" if event.detail else "")
    lines = [head]
    if event.span is not None and event.span.file == region.span.file:
        text = "\n" * (region.span.line - 1) + region.source
        lines += ["    " + line for line in event.span.render(text).splitlines() if line.strip(" |0123456789") or ">" in line]
    elif event.span is not None:
        lines.append(f"    {event.span.file}, line {event.span.line}")
    lines.append("    JANUS ran this imperatively; the result is unaffected.")
    lines.append(f"    Hint: {event.hint}")
    return "\n".join(lines)
