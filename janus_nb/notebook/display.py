"""What a cell shows: a live widget while it runs, replaced at its end by a static page that any kernel can show.

A saved widget cannot be shown by another kernel, so the widget never stays.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from janus_nb.config import Options
from janus_nb.events import CellFinished, Declined, Event, Generated, Profiled, Reused, Working
from janus_nb.events.fold import View, add
from janus_nb.function import Cell

_log = logging.getLogger("janus_nb")
INTERVAL = 0.15
"""Seconds between updates of the live view."""


def open_view(cell: Cell, options: Options, shell: Any, asked: bool) -> CellView | None:
    """The view for a cell: in a kernel live, then static; in a terminal text; nothing if the user wants none.

    `asked` tells whether this very cell was put under JANUS: then it is answered even if nothing in it was hot.
    """
    kind = options.view
    if kind == "none":
        return None
    in_kernel = hasattr(shell, "kernel")
    if kind == "auto":
        kind = "live" if in_kernel else "text"
    view = CellView(cell, kind, asked)
    cell.bus.subscribe(view.receive)
    return view


class CellView:
    """Shows one cell. It appears when the first hot loop is found, so that other cells stay as they are."""

    def __init__(self, cell: Cell, kind: str, asked: bool) -> None:
        self.cell = cell
        self.asked = asked
        self.kind = kind
        self.view = View()
        self._widget: Any = None
        self._handle: Any = None
        self._last = 0.0
        for event in cell.bus.events:
            add(self.view, event)

    def receive(self, event: Event) -> None:
        """Take an event in; refresh what is shown, not too often."""
        add(self.view, event)
        if self.kind != "live" or isinstance(event, CellFinished):
            return
        if self._handle is None and (
            isinstance(event, Generated | Reused | Declined | Working) or (isinstance(event, Profiled) and event.seconds > 1e-3)
        ):
            self._open()
        now = time.monotonic()
        if self._widget is not None and (now - self._last >= INTERVAL or isinstance(event, Working)):
            self._last = now
            self._widget.show(self.view)

    def _open(self) -> None:
        from IPython.display import display

        try:
            from janus_nb.view.live import LiveView

            self._widget = LiveView()
            self._widget.show(self.view)
            self._handle = display(self._widget, display_id=True)
        except ImportError:
            self.kind = "static"

    def close(self) -> None:
        """The cell is over: show the report."""
        try:
            self._close()
        except Exception:
            _log.warning("JANUS could not show its report; janus_nb.explain() has it", exc_info=True)

    def _close(self) -> None:
        from IPython.display import display

        if not any(r.matters for r in self.view.regions.values()) and self._handle is None and not self.asked:
            return
        report = self.cell.report
        if self.kind == "text":
            print(report.to_text())
            return
        bundle = report._repr_mimebundle_()
        if self._handle is not None:
            self._handle.update(bundle, raw=True)
            self._widget.close()
        else:
            display(bundle, raw=True)
