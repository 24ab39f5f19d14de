"""Where the boxes of a graph are drawn: three lanes, from top to bottom, every edge downwards.

    forward          backward, update     checks, effects
    [data]
    [4 forward] ---> [5 backward]
         |           [7 update]      ---> [8 losses.append]
         v                                [9 assert]

Boxes come in topological order, so no edge can go up. What an edge passes by, it passes in the gutter left of a lane.
Linear in boxes and edges: there is nothing here that could keep a kernel waiting.
"""

from __future__ import annotations

from dataclasses import dataclass

from janus_nb.view.boxes import Graph

WIDTH, HEIGHT, GAP, ROW = 154, 44, 18, 24
"""Size of a box, room between lanes, room between rows."""

LANE = {"data": 0, "variables": 1, "carry": 2, "forward": 0, "backward": 1, "update": 1, "written": 1, "check": 2, "effect": 2}


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions of the boxes (left, top), paths of the edges, and the size of the whole."""

    places: tuple[tuple[int, int], ...]
    paths: tuple[str, ...]
    width: int
    height: int


def lay_out(graph: Graph) -> Layout:
    """Place a graph."""
    used = sorted({LANE[b.role] for b in graph.boxes})
    column = {lane: i for i, lane in enumerate(used)}
    rows = _rows(graph, column)
    places = tuple((GAP + column[LANE[b.role]] * (WIDTH + GAP), 4 + row * (HEIGHT + ROW)) for b, row in zip(graph.boxes, rows, strict=True))
    busy = {(column[LANE[b.role]], row) for b, row in zip(graph.boxes, rows, strict=True)}
    paths = tuple(_path(places, a, b, busy, i) for i, (a, b, _, _) in enumerate(graph.edges))
    height = max((y for _, y in places), default=0) + HEIGHT + 6
    return Layout(places, paths, GAP + max(1, len(used)) * (WIDTH + GAP), height)


def _rows(graph: Graph, column: dict[int, int]) -> list[int]:
    """The row of each box: below all that it depends on, and below its lane's last box."""
    rows: list[int] = []
    last = dict.fromkeys(column.values(), -1)
    for box in graph.boxes:
        mine = column[LANE[box.role]]
        needs = [rows[a] + 1 for a, b, _, _ in graph.edges if b == box.number]
        row = max([0, last[mine] + 1, *needs])
        last[mine] = row
        rows.append(row)
    return rows


def _path(places: tuple[tuple[int, int], ...], a: int, b: int, busy: set[tuple[int, int]], number: int) -> str:
    """A curve from below one box to above another; through a gutter if boxes stand in between."""
    (ax, ay), (bx, by) = places[a], places[b]
    aside = max(-2, min(2, (bx - ax) // WIDTH)) * 26
    x1, y1, x2, y2 = ax + WIDTH // 2 + aside, ay + HEIGHT, bx + WIDTH // 2 - aside, by
    lane, first, last = (bx - GAP) // (WIDTH + GAP), ay // (HEIGHT + ROW), by // (HEIGHT + ROW)
    mine = (ax - GAP) // (WIDTH + GAP)
    if not any((lane, row) in busy for row in range(first + 1, last)) and (mine == lane or (lane, first) not in busy or last == first + 1):
        bend = max(12, (y2 - y1) // 2)
        return f"M{x1} {y1}C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2 - 3}"
    if mine != lane and not any((mine, row) in busy for row in range(first + 1, last)):
        bend = max(12, ROW)
        return f"M{x1} {y1}C{x1} {y2 - ROW} {x1} {y2 - bend} {(x1 + x2) // 2} {y2 - ROW // 2}S{x2} {y2 - ROW // 2} {x2} {y2 - 3}"
    gutter = bx - 6 - 4 * (number % 4)
    return (
        f"M{x1} {y1}C{x1} {y1 + ROW} {gutter} {y1} {gutter} {y1 + ROW}L{gutter} {by + HEIGHT // 2 - 10}"
        f"Q{gutter} {by + HEIGHT // 2} {gutter + 6} {by + HEIGHT // 2}L{bx - 3} {by + HEIGHT // 2}"
    )


__all__ = ["HEIGHT", "WIDTH", "Layout", "lay_out"]
