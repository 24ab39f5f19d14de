"""The report of a run: what happened, from the events alone, as text, HTML, SVG, DOT and JSON."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from janus_nb.events import Event
from janus_nb.events.fold import RegionView, View, fold

if TYPE_CHECKING:
    from janus_nb.view.model import Model


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

    @property
    def model(self) -> Model:
        """What the views show, as one value."""
        from janus_nb.view.model import model_of

        return model_of(self.view)

    def to_text(self) -> str:
        """Plain text: what happened, the marked source, the graph, assumptions, fallbacks."""
        from janus_nb.view.text import render

        return render(self.model)

    def to_html(self) -> str:
        """The page: a self-contained piece of HTML without scripts."""
        from janus_nb.view.page import render

        return render(self.model)

    def to_document(self, title: str = "") -> str:
        """The page as a whole document, with search, zoom, replay, every operation, and export."""
        from janus_nb.view.document import document

        model = self.model
        return document([("", model)], title or f"JANUS: {model.name or 'report'}")

    def to_svg(self) -> str:
        """The graph that is shown first, drawn; a note if there is none."""
        from janus_nb.view.drawing import svg

        return svg(self.model)

    def to_dot(self) -> str:
        """The graph that is shown first, in Graphviz' language."""
        from janus_nb.view.drawing import dot

        return dot(self.model)

    def to_json(self) -> str:
        """The view model as JSON: `"janus": 2`, and under `events` everything that happened, in order."""
        from janus_nb.view.model import as_data

        events = [{"event": type(e).__name__, **dataclasses.asdict(e)} for e in self.events]
        return json.dumps({**as_data(self.model), "events": events})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report to a file: `.html` (a document that needs nothing else), `.svg`, `.dot`, `.json` or `.txt`.

        Raises:
            ValueError: for another ending.
            OSError: if the file cannot be written.
        """
        target = Path(path)
        forms = {".html": self.to_document, ".svg": self.to_svg, ".dot": self.to_dot, ".json": self.to_json, ".txt": self.to_text}
        form = forms.get(target.suffix.lower())
        if form is None:
            raise ValueError(f"{target.name}: a report can be saved as {', '.join(forms)}")
        target.write_text(form(), encoding="utf-8")

    def widget(self) -> Any:
        """The page as a widget of its own."""
        from janus_nb.view.widget import PageWidget

        return PageWidget.of(self.model)

    def __rich__(self) -> Any:
        from janus_nb.view.text import rich_text

        return rich_text(self.model)

    def __repr__(self) -> str:
        counts = self.counts
        return f"<janus_nb.Report: {counts['profiled']} profiled, {counts['graph']} graph, {counts['eager']} eager>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from janus_nb.view import page, text

        model = self.model
        return {"text/plain": text.render(model), "text/html": page.render(model)}
