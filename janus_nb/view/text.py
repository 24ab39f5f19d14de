"""The plain-text view: marked source, what was assumed, what fell back."""

from __future__ import annotations

from janus_nb.events.fold import View


def render(view: View) -> str:
    """The whole report as text (placeholder layout)."""
    lines = []
    for region in view.regions.values():
        lines.append(f"{region.title}: {region.profiled} profiled, {region.graph} graph, {region.eager} eager")
        for item in (*region.declined, *region.rejected, *region.fallbacks, *region.errors, *region.misses, *region.relaxed):
            lines.append(f"   {item}")
        if region.retired:
            lines.append(f"   {region.retired}")
        for g in region.graphs[-1:]:
            lines += g.programs
    return "\n".join(lines)
