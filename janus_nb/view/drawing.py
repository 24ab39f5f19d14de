"""One graph by itself: as an SVG file, in Graphviz' language, and as indented text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from graphviz import Digraph
from graphviz import escape as escaped

from janus_nb.view.boxes import Box
from janus_nb.view.layout import HEIGHT, WIDTH
from janus_nb.view.model import Model, Tab
from janus_nb.view.page import style

INK = {"forward": "G", "backward": "H", "update": "U", "check": "A", "effect": "E"}


def svg(model: Model) -> str:
    """The graph that is shown first, as a file of its own with a light and a dark palette; a note if there is none."""
    if not model.tabs:
        return _note("no graph has run")
    return draw(model.tabs[model.shown])


def draw(tab: Tab) -> str:
    """A graph as an SVG file."""
    width, height = tab.layout.width + 4, tab.layout.height
    rules = "".join(f".{c}{{{name}}}" for c, name in _palette())
    paths = "".join(f'<path class="e" d="{d}" marker-end="url(#m)"/>' for d in tab.layout.paths)
    boxes = "".join(_drawn(box, x, y) for box, (x, y) in zip(tab.graph.boxes, tab.layout.places, strict=True))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">'
        f"<title>{escape(tab.title)}</title><desc>{escape(' '.join(outline(tab)))}</desc><style>{rules}</style>"
        '<defs><marker id="m" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" orient="auto"><path class="a" d="M0 0L6 3L0 6z"/></marker></defs>'
        f"{paths}{boxes}</svg>"
    )


def _palette() -> Iterator[tuple[str, str]]:
    """Classes of the file, in the colours of the page's one palette."""
    colours = dict(re.findall(r"--(\w+):light-dark\((#\w+,#\w+)\)", style()))
    for name in dict.fromkeys((*INK.values(), "N")):
        yield f"s{name}", f"stroke:light-dark({colours[name]});fill:light-dark({colours['bg']});color-scheme:light dark"
    yield "t", f"font:600 11px ui-monospace,monospace;fill:light-dark({colours['ink']});color-scheme:light dark"
    yield "d", f"font:11px system-ui,sans-serif;fill:light-dark({colours['dim']});color-scheme:light dark"
    yield "e", f"fill:none;stroke:light-dark({colours['dim']});color-scheme:light dark"
    yield "a", f"fill:light-dark({colours['dim']});color-scheme:light dark"


def _drawn(box: Box, x: int, y: int) -> str:
    first = f"{box.lines[0]} {box.title}" if box.listing >= 0 else box.title
    second = f"{box.role if box.listing >= 0 else ''} {len(box.ops) or ''}{' ops' if box.ops else ''} {box.spec}".strip()
    return (
        f'<g><title>{escape(first)}</title><rect class="s{INK.get(box.role, "N")}" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text class="t" x="{x + 8}" y="{y + 18}">{escape(_cut(first, 22))}</text><text class="d" x="{x + 8}" y="{y + 34}">{escape(_cut(second, 26))}</text></g>'
    )


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"


def _note(text: str) -> str:
    width = 20 + 7 * len(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="40" role="img"><title>{escape(text)}</title>'
        f'<text x="10" y="25" font-size="13">{escape(text)}</text></svg>'
    )


def dot(model: Model) -> str:
    """The graph that is shown first, in Graphviz' language."""
    graph = Digraph("janus", graph_attr={"rankdir": "TB"}, node_attr={"shape": "box", "style": "rounded", "fontname": "Helvetica", "fontsize": "10"})
    if not model.tabs:
        return str(graph.source)
    tab = model.tabs[model.shown]
    for box in tab.graph.boxes:
        where = f"line {box.lines[0]} ({box.role}): " if box.listing >= 0 else ""
        size = f"\\n{len(box.ops)} operations" if box.listing >= 0 and box.ops else ""
        graph.node(f"b{box.number}", label=escaped(where + box.title) + size)
    for a, b, n, spec in tab.graph.edges:
        graph.edge(f"b{a}", f"b{b}", label=escaped(spec), tooltip=f"{n} tensors")
    return str(graph.source)


def outline(tab: Tab) -> Iterator[str]:
    """The boxes as lines of text: what each does, and what it feeds."""
    depth = {"data": 0, "variables": 0, "carry": 0, "forward": 1, "check": 2, "effect": 2, "backward": 1, "update": 1, "written": 2}
    for box in tab.graph.boxes:
        to = [tab.graph.boxes[b] for a, b, _, _ in tab.graph.edges if a == box.number]
        feeds = ", ".join(dict.fromkeys(str(b.lines[0]) if b.listing >= 0 else b.title for b in to))
        where = f"{box.lines[0]:>3}  {box.title}" if box.listing >= 0 else f"     [{box.title}]"
        what = {"forward": "", "backward": "gradients, "}.get(box.role, f"{box.role}, " if box.listing >= 0 else "")
        size = f"{what}{len(box.ops)} ops" if box.ops and box.listing >= 0 else what.rstrip(", ")
        yield "  " * depth[box.role] + where + (f"   ({size})" if size else "") + (f"  -> {feeds}" if feeds else "")


__all__ = ["dot", "draw", "outline", "svg"]
