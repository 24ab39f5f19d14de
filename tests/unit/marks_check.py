"""An oracle for the marks beside the source: every one is held against the spans of graphs that have committed iterations.

It reads raw events and knows nothing of how the marks are made.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from janus_nb.events import Event, Generated, GraphRan, RegionFound, Reused
from janus_nb.events.fold import fold
from janus_nb.span import Span
from janus_nb.view.marks import listings


def _committed(events: Iterable[Event]) -> list[tuple[RegionFound, Generated]]:
    """Graphs that ran and committed, with their regions."""
    events = list(events)
    regions = {e.region: e for e in events if isinstance(e, RegionFound)}
    ran = {(e.region, e.version) for e in events if isinstance(e, GraphRan) and e.iterations}
    graphs: dict[tuple[int, int], Generated] = {}
    for event in events:
        made = event.generated if isinstance(event, Reused) else event if isinstance(event, Generated) else None
        if made is not None:
            graphs[event.region, made.version] = made  # type: ignore[union-attr]
    return [(regions[key[0]], graphs[key]) for key in sorted(ran) if key in graphs]


def _touch(spans: Iterable[Span], file: str) -> set[int]:
    return {n for s in spans if s.file == file for n in range(s.line, s.end_line + 1)}


def _begin(spans: Iterable[Span], file: str) -> set[int]:
    return {s.line for s in spans if s.file == file}


def _statements(text: str, first: int) -> dict[int, int]:
    """For each line the line on which its statement (of compound ones: the part before the body) begins."""
    import textwrap

    try:
        tree = ast.parse(textwrap.dedent(text))
    except SyntaxError:
        return {}
    found: dict[int, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            for n in range(node.lineno, max(node.lineno, end) + 1):
                found[n + first - 1] = node.lineno + first - 1
    return found


def check_marks(events: Iterable[Event]) -> int:
    """Hold every mark against the committed graphs; returns the number of lines looked at.

    An operation whose span is a whole `if` (it chooses between what the sides leave) belongs to the test, and may be told of the sides.

    Raises:
        AssertionError: a mark says what no committed graph bears out, or does not say what one does.
    """
    events = list(events)
    committed, seen = _committed(events), 0
    for listing in listings(fold(events)):
        begins = _statements("\n".join(line.text for line in listing.lines), listing.first)
        heads = {r.span.line for r, _ in committed if r.kind in ("for", "while") and r.span.file == listing.file}
        ops: set[int] = set()
        may: set[int] = set()
        lowered: set[int] = set()
        effects: set[int] = set()
        for _, graph in committed:
            spans = {*(o.span for o in graph.ops if o.span), *graph.graph_spans}
            may |= _touch(spans, listing.file)
            ops |= {n for s in spans for n in _touch([s], listing.file) if n == s.line or begins.get(n, n) == begins.get(s.line, s.line)}
            lowered |= _begin(graph.lowered_spans, listing.file)
            effects |= _touch(graph.effect_spans, listing.file)
        for line in listing.lines:
            seen += 1
            _check_line(line, begins.get(line.number, line.number), heads, ops, may, lowered, effects)
    return seen


def _check_line(line: Any, start: int, heads: set[int], ops: set[int], may: set[int], lowered: set[int], effects: set[int]) -> None:
    marks, where = {*line.marks}, f"line {line.number} {line.text!r} is marked {line.marks}"
    second = start != line.number or line.text.strip() in ("else:", "try:", "finally:")
    in_graph = line.number in ops and start in lowered
    assert not (marks & {"G", "S"}) or (line.number in may and start in lowered) or line.number in heads or second, (
        f"{where}, but no committed graph has an operation of it"
    )
    assert not in_graph or marks & {"G", "S"} or not line.text.strip() or second, f"{where}, but a committed graph has operations of it"
    assert "E" not in marks or line.number in effects or second, f"{where}, but no committed graph has an effect there"
    assert not (marks & {"C", "H", "U"}) or start in lowered or second, f"{where}, but no committed graph stands for it"
    assert "-" not in marks or (start not in lowered and not in_graph) or second, f"{where}, but a committed graph stands for it"
    assert "P" not in marks or not in_graph or second or "G" in marks or "S" in marks, f"{where}, but a committed graph has operations of it"
    assert not ("-" in marks and marks & {"G", "S", "E", "P"}), f"{where}: it cannot be both"


__all__ = ["check_marks"]
