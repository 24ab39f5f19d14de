"""The marks beside the source: what became of each line. Only graphs that have committed iterations count.

for x in data:          G   the loop itself runs in the graph
    y = model(x)        G   operations
    for v in params:    U   unrolled in the graph, with the number of rounds
    log.append(y)       E   an effect, replayed after the graph in program order
    if y > 5:           A   assumed, and asserted in the graph
        print("?")      -   assumed away: not in any graph that ran
    db.insert(y)        P   Python, with the reason
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from janus_nb.events.fold import RegionView, View
from janus_nb.events.types import Fallback, Generated
from janus_nb.span import Span
from janus_nb.view.structure import Structure, structure_of

GRAPH, SEGMENT, EFFECT, HOST, SETTLED, UNROLLED, ASSUMED, AWAY, PYTHON, FELL = "G", "S", "E", "H", "C", "U", "A", "-", "P", "F"
MEANING = {
    GRAPH: "runs in the graph",
    SEGMENT: "runs in a graph of its own, called from Python",
    EFFECT: "effect: Python replays it after the graph, in program order",
    HOST: "Python computes it for the graph",
    SETTLED: "settled while the graph was made: nothing is left to run",
    UNROLLED: "loop unrolled in the graph",
    ASSUMED: "assumed, and checked in the graph",
    AWAY: "assumed away: in no graph that ran",
    PYTHON: "runs in Python",
    FELL: "an assumption failed here; Python ran that iteration",
}
"""What each letter says. Letter, border and colour of a line all come from its first mark."""

ORDER = (EFFECT, ASSUMED, UNROLLED, SEGMENT, GRAPH, HOST, SETTLED, AWAY, PYTHON, FELL)
MINOR = ("JN407", "JN408", "JN409", "JN406")


@dataclass(slots=True)
class Line:
    """A source line and what is known of it.

    Attributes:
        number: As Python counts.
        text: The text.
        marks: Letters; the first gives colour and border.
        ops: Operations of the newest committed graph.
        rounds: Rounds of an unrolled loop.
        falls: Fallbacks here.
        notes: What to say under it, in words.
    """

    number: int
    text: str
    marks: list[str] = field(default_factory=list)
    ops: int = 0
    rounds: int = 0
    falls: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, mark: str) -> None:
        """One more mark, in the fixed order. That Python has a part in it, or that it was settled, is said of lines with no other mark."""
        found = {*self.marks, mark}
        if found - {AWAY, PYTHON, FELL}:
            found -= {AWAY}  # what one graph has no place for, another stands for
        if found & {EFFECT, SEGMENT, GRAPH}:
            found -= {HOST, SETTLED}
        self.marks = sorted(found - {SETTLED} if HOST in found else found, key=ORDER.index)

    def note(self, text: str) -> None:
        """Say something under the line, once."""
        if text not in self.notes:
            self.notes.append(text)


@dataclass(slots=True)
class Listing:
    """A marked text: the cell, or a function outside of it that a graph stands for."""

    number: int
    name: str
    file: str
    first: int
    lines: list[Line]
    structure: Structure

    def line(self, number: int) -> Line | None:
        """The line with this number, if it is here."""
        return self.lines[number - self.first] if self.first <= number < self.first + len(self.lines) else None

    def within(self, span: Span) -> Iterator[Line]:
        """Lines of a span that stand here, of a compound statement those before its body."""
        if span.file == self.file:
            end = min(span.end_line, self.structure.headers.get(span.line, span.end_line))
            for number in range(span.line, end + 1):
                line = self.line(number)
                if line is not None and line.text.strip():
                    yield line


def listings(view: View) -> list[Listing]:
    """Marked source: the cell first, then functions and regions that stand elsewhere."""
    regions = [r for r in view.regions.values() if not r.only_starts_others]
    found = list(_texts(view, regions))
    for region in regions:
        _mark_region(found, region)
    for region in regions:
        if region.used:
            for listing in found:
                _mark_away(listing, region, region.used)
    for listing in found:
        _mark_rest(listing, view, [r for r in regions if r.span.file == listing.file])
    return found


def _texts(view: View, regions: list[RegionView]) -> Iterator[Listing]:
    """All texts there are to show, each once."""
    shown: list[tuple[str, range]] = []
    candidates: list[tuple[str, str, int, str]] = []
    if view.cell is not None:
        alone = regions[0] if len(regions) == 1 and regions[0].kind == "function" and regions[0].span.file == view.cell.file else None
        if alone is None:
            candidates.append((view.cell.name, view.cell.file, 1, view.cell.text))
    candidates += [(r.unit, r.span.file, r.span.line, r.source) for r in regions if r.kind != "segment"]
    candidates += [(s.name, s.span.file, s.span.line, s.text) for r in regions for s in r.sources if r.committed]
    candidates += [(r.unit, r.span.file, r.span.line, r.source) for r in regions if r.kind == "segment" and r.committed]
    for name, file, first, text in candidates:
        lines = text.splitlines()
        if any(file == known and first in inside for known, inside in shown):
            continue
        shown.append((file, range(first, first + len(lines))))
        yield Listing(len(shown) - 1, name, file, first, [Line(n, t) for n, t in enumerate(lines, first)], structure_of(first, text))


def spans_in_graph(generated: Generated) -> set[Span]:
    """Where the operations of a graph come from."""
    return {o.span for o in generated.ops if o.span is not None} | set(generated.graph_spans)


def _lowered(listing: Listing, generated: Generated) -> set[int]:
    return {line.number for span in generated.lowered_spans for line in listing.within(span)}


def _mark_region(found: list[Listing], region: RegionView) -> None:
    used = region.used
    for listing in found:
        for generated in used:
            _mark_graph(listing, region, generated, generated is used[-1])
        if region.committed and region.span.file == listing.file and region.kind in ("for", "while"):
            head = listing.line(region.span.line)
            if head is not None:
                head.add(GRAPH)
        _mark_fallbacks(listing, region)


def _mark_graph(listing: Listing, region: RegionView, generated: Generated, newest: bool) -> None:
    lowered = _lowered(listing, generated)
    if not lowered:
        return
    mark = SEGMENT if region.kind == "segment" else GRAPH
    for spans, letter in ((spans_in_graph(generated), mark), (generated.effect_spans, EFFECT), (generated.host_spans, HOST)):
        for line in _all(listing, spans):
            if line.number in lowered:
                line.add(letter)
    for span, rounds in generated.rounds:
        for line in listing.within(span):
            if line.number in lowered:
                line.add(UNROLLED)
                line.rounds = max(line.rounds, rounds)
    for assumption in generated.assumptions:
        if newest and assumption.kind in ("branch", "trips", "exit") and assumption.span is not None:
            _mark_assumption(
                listing,
                lowered | {region.span.line},
                assumption.span,
                _in_words(assumption.kind, assumption.taken, assumption.count, assumption.evidence),
            )
    chosen = {n for s in spans_in_graph(generated) if s.file == listing.file and s.end_line > s.line for n in range(s.line, s.end_line + 1)}
    for line in listing.lines:
        if line.number in lowered and not line.marks and line.text.strip():
            line.add(mark if line.number in chosen else SETTLED)  # the graph chooses between what the sides of a branch leave
    if newest:
        for number, count in Counter(op.span.line for op in generated.ops if op.span is not None and op.span.file == listing.file).items():
            found = listing.line(number)
            if found is not None:
                found.ops += count


def _all(listing: Listing, spans: Iterable[Span]) -> Iterator[Line]:
    for span in spans:
        yield from listing.within(span)


def _in_words(kind: str, taken: bool | None, count: int, evidence: str) -> str:
    if kind == "branch":
        return f"assumed {taken}: {evidence}; checked in the graph"
    if kind == "trips":
        return f"assumed to run {count} times: {evidence}; checked"
    return "assumed not to be reached; Python runs the iteration that gets here"


def _mark_assumption(listing: Listing, lowered: set[int], span: Span, words: str) -> None:
    line = listing.line(span.line) if span.file == listing.file else None
    if line is not None:
        if span.line in lowered:
            line.add(ASSUMED)
        elif not line.marks:
            line.add(AWAY)
        line.note(words)


def _mark_fallbacks(listing: Listing, region: RegionView) -> None:
    for fallback in region.fallbacks:
        if fallback.span is not None and fallback.span.file == listing.file and fallback.span != region.span and not ends_loop(fallback):
            line = listing.line(fallback.span.line)
            if line is not None:
                line.add(FELL)
                line.falls += 1


def ends_loop(fallback: Fallback) -> bool:
    """Whether nothing was wrong: the loop was over."""
    return fallback.assumption.startswith("the end of the loop")


def _mark_away(listing: Listing, region: RegionView, used: list[Generated]) -> None:
    """Lines of a converted text that no graph stands for: the sides of branches that were assumed away, or what is left to Python."""
    lowered = set().union(*(_lowered(listing, g) for g in used))
    if not lowered:
        return
    inside = range(region.span.line, region.span.end_line + 1) if region.span.file == listing.file else range(0)
    around = [lines for _, lines in listing.structure.functions if any(n in lines for n in lowered)]
    tests = {a.span.line: a.taken for g in used for a in g.assumptions if a.kind == "branch" and a.span is not None and a.span.file == listing.file}
    for line in listing.lines:
        begins = line.number in listing.structure.headers
        if line.marks or not begins or line.number in lowered or not (line.number in inside or any(line.number in r for r in around)):
            continue
        if line.number == region.span.line or any(line.number == r.start for r in around):
            continue
        line.add(AWAY)
        branch = next((b for b in reversed(listing.structure.branches) if line.number in b.lines), None)
        if branch is not None and line.number == branch.lines.start:
            seen = tests.get(branch.test)
            line.note(f"not in the graph while line {branch.test} is {not branch.taken}" if seen is not None else "not in the graph")


def _mark_rest(listing: Listing, view: View, regions: list[RegionView]) -> None:
    """Everything else is Python's. Refusals are told at their lines."""
    for region in regions:
        head = listing.line(region.span.line)
        if head is not None and region.kind != "segment":
            _note_region(head, region)
        for declined in region.declined:
            line = listing.line(declined.span.line) if declined.span is not None and declined.span.file == listing.file else None
            if line is None or declined.code in MINOR:
                continue
            if AWAY in line.marks:
                line.marks.remove(AWAY)
            line.add(PYTHON)
            line.note(f"{declined.code} {declined.title}" + (f": {declined.detail}" if declined.detail else ""))
    inside = [range(r.span.line, r.span.end_line + 1) for r in view.regions.values() if r.span.file == listing.file]
    inside += [range(first, last + 1) for first, last in listing.structure.loops.items()]
    inside += [range(lines.start + 1, lines.stop) for _, lines in listing.structure.functions]
    for line in listing.lines:
        if not line.marks and line.text.strip() and not line.text.lstrip().startswith("#") and any(line.number in r for r in inside):
            line.add(PYTHON)
    _continue_statements(listing)


def _note_region(head: Line, region: RegionView) -> None:
    """What is to be said of a region as a whole."""
    if region.partial:
        head.note(f"{region.partial} iterations ran in Python with graphs of their own for the lines marked {SEGMENT}")
    if region.retired is not None:
        since = f", from iteration {region.iterations - region.eager} on" if region.committed and region.eager else ""
        head.note(f"{region.retired.code} {region.retired.title}{since}: {region.retired.detail}")
    if not region.committed and not region.partial:
        for declined in region.declined[:1]:
            head.note(f"{declined.code} {declined.title}")


def _continue_statements(listing: Listing) -> None:
    """The second and later lines of a statement are marked as its first one, and `else` as what is in it."""
    for first, last in listing.structure.headers.items():
        head = listing.line(first)
        for number in range(first + 1, last + 1):
            line = listing.line(number)
            if line is not None and head is not None and head.marks and line.text.strip() and line.marks in ([], [PYTHON]):
                line.marks = [m for m in head.marks if m != FELL]
    for before, line in zip(listing.lines[1:], listing.lines, strict=False):
        if line.text.strip() in ("else:", "finally:", "try:") and before.marks:
            line.marks = [m for m in before.marks[:1] if m != FELL]


__all__ = ["MEANING", "Line", "Listing", "ends_loop", "listings", "spans_in_graph"]
