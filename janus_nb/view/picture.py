"""The graph as SVG. Graphviz comes inside the `pygraphviz` wheel; a system `dot` serves as well; neither is needed."""

from __future__ import annotations

import functools
import html
import re

from janus_nb.events.fold import View
from janus_nb.view.dot import graph_of

MAX_NODES = 600


def svg(view: View) -> str:
    """The newest graph as a self-contained SVG element."""
    return render(graph_of(view))


@functools.lru_cache(maxsize=32)
def render(dot: str) -> str:
    """DOT text as SVG; a picture of a message if Graphviz is not to be had."""
    nodes = len(re.findall(r"^\tg\d+ \[", dot, re.M))
    if nodes == 0:
        return _message("no graph was generated")
    if nodes > MAX_NODES:
        return _message(f"{nodes} groups of operations: too many to draw; see the text form")
    try:
        return _strip(_with_pygraphviz(dot))
    except ImportError:
        pass
    except Exception as error:
        return _message(f"Graphviz failed: {error}")
    try:
        return _strip(_with_dot(dot))
    except Exception:
        return _message("the graph is not drawn: install `pygraphviz` (it carries Graphviz), or Graphviz itself")


def _with_pygraphviz(dot: str) -> str:
    import pygraphviz

    drawn = pygraphviz.AGraph(string=dot).draw(format="svg", prog="dot")
    return drawn.decode("utf-8") if isinstance(drawn, bytes) else str(drawn)


def _with_dot(dot: str) -> str:
    import graphviz

    return str(graphviz.Source(dot).pipe(format="svg", encoding="utf-8"))


def _strip(text: str) -> str:
    """Only the `<svg>` element: it can stand inside HTML."""
    start = text.find("<svg")
    return text[start:].strip()


def _message(text: str) -> str:
    width = 20 + 7 * len(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="40" viewBox="0 0 {width} 40">'
        f'<text x="10" y="25" font-family="Helvetica" font-size="13" fill="#555">{html.escape(text)}</text></svg>'
    )
