"""Which lines run as graph, which as effects after it, which imperatively: the marks beside the source."""

from __future__ import annotations

from dataclasses import dataclass

from janus_nb.events.fold import RegionView, View

GRAPH, EFFECT, IMPERATIVE, PLAIN = "graph", "effect", "imperative", ""
SIGN = {GRAPH: "G", EFFECT: "E", IMPERATIVE: "I", PLAIN: " "}
MEANING = {
    GRAPH: "runs in the graph",
    EFFECT: "effect, replayed after the graph in program order",
    IMPERATIVE: "runs in Python",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A source line with its mark, and notes (declined, fell back) that belong to it."""

    number: int
    text: str
    mark: str
    notes: tuple[str, ...]


def listings(view: View) -> list[tuple[str, list[Line]]]:
    """Marked source: the cell first, then regions that stand in other units."""
    found: list[tuple[str, list[Line]]] = []
    regions = list(view.regions.values())
    shown: set[int] = set()
    if view.cell is not None:
        mine = [r for r in regions if r.span.file == view.cell.file]
        first = 1
        text = view.cell.text
        if len(mine) == 1 and mine[0].kind == "function":
            first, text = mine[0].span.line, mine[0].source
        found.append((view.cell.name, _mark(first, text, mine)))
        shown = {r.number for r in mine}
    for region in regions:
        if region.number not in shown:
            found.append((f"{region.unit}, line {region.span.line}", _mark(region.span.line, region.source, [region])))
    return found


def _mark(first: int, text: str, regions: list[RegionView]) -> list[Line]:
    marks: dict[int, str] = {}
    notes: dict[int, list[str]] = {}
    for region in sorted(regions, key=lambda r: r.span.line - r.span.end_line):
        inside = range(region.span.line, region.span.end_line + 1)
        mark = GRAPH if region.graph else IMPERATIVE
        marks.update(dict.fromkeys(inside, mark))
        if region.graph:
            for generated in region.versions:
                for span in generated.effect_spans:
                    if span.file == region.span.file:
                        marks.update(dict.fromkeys(range(span.line, span.end_line + 1), EFFECT))
        for declined in () if region.only_starts_others else region.declined:
            if declined.span is not None and declined.span.file == region.span.file:
                notes.setdefault(declined.span.line, []).append(f"{declined.code} {declined.title}")
        for fallback in region.fallbacks:
            if fallback.span is not None and fallback.span.file == region.span.file:
                note = f"iteration {fallback.iteration} fell back: {fallback.assumption}"
                if len(notes.setdefault(fallback.span.line, [])) < 3:
                    notes[fallback.span.line].append(note)
    lines = text.splitlines()
    return [
        Line(n, line, marks.get(n, PLAIN) if line.strip() else PLAIN, tuple(dict.fromkeys(notes.get(n, []))))
        for n, line in enumerate(lines, start=first)
    ]
