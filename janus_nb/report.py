"""The report of a run: what happened, from the events alone, as text, HTML, SVG, DOT and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from janus_nb.events import Event
from janus_nb.events.fold import RegionView, View, fold


class Report:
    """What JANUS did in one cell, script or decorated function. Displays itself in a notebook.

    Attributes:
        events: All events, in order (a live list: a running cell's report grows).
    """

    def __init__(self, events: list[Event]) -> None:
        self.events = events

    @property
    def view(self) -> View:
        """The events folded into one picture."""
        return fold(self.events)

    @property
    def regions(self) -> list[RegionView]:
        """The loops and functions that were looked at."""
        return list(self.view.regions.values())

    @property
    def counts(self) -> Mapping[str, int]:
        """Numbers of iterations (or calls) `profiled`, run as `graph`, `partial`ly (segments of them as
        graphs), run `eager`; of `graphs` generated, `hits` (graph
        calls), `misses`, `aborts` (iterations that fell back), `rejected` graphs, and `declined` regions."""
        return self.view.counts

    def to_text(self) -> str:
        """Plain text: the marked source, assumptions, fallbacks."""
        from janus_nb.view.text import render

        return render(self.view)

    def to_html(self) -> str:
        """Self-contained HTML without scripts."""
        from janus_nb.view.page import render

        return render(self.view)

    def to_svg(self) -> str:
        """The newest graph, drawn; an empty picture if there is none."""
        from janus_nb.view.picture import svg

        return svg(self.view)

    def to_dot(self) -> str:
        """The newest graph in Graphviz' language."""
        from janus_nb.view.dot import graph_of

        return graph_of(self.view)

    def to_json(self) -> str:
        """All events as JSON, one object each with its `event` name."""
        from janus_nb.view.data import to_json

        return to_json(self.events)

    def __repr__(self) -> str:
        counts = self.counts
        return f"<janus_nb.Report: {counts['profiled']} profiled, {counts['graph']} graph, {counts['eager']} eager>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.to_text(), "text/html": self.to_html()}
