"""What a cell shows: while it runs a small frame of HTML, at its end the page. Both are ordinary outputs, so that whatever
is saved, at any moment, can be shown by anybody. Where there are widgets, a companion brings the pages to life.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import Any

from janus_nb.config import Options
from janus_nb.events import CellFinished, Declined, Event, Generated, Profiled, Reused, Working
from janus_nb.events.fold import View, add
from janus_nb.function import Cell
from janus_nb.proof.output import watch
from janus_nb.report import Report
from janus_nb.view import page, text
from janus_nb.view.live import frame

_log = logging.getLogger("janus_nb")
INTERVAL = 0.25
"""Seconds between frames."""


def open_view(cell: Cell, options: Options, shell: Any, asked: bool) -> CellView | None:
    """The view for a cell: in a kernel live, then the page; in a terminal text; nothing if the user wants none.

    `asked` tells whether this very cell was put under JANUS: then it is answered even if nothing in it was hot.
    """
    kind = options.view
    if kind == "none":
        return None
    in_kernel = hasattr(shell, "kernel")
    if kind == "auto":
        kind = "live" if in_kernel else "text"
    view = CellView(cell, kind, asked, shell)
    cell.bus.subscribe(view.receive)
    return view


class Outputs:
    """What the cell does with its own outputs: `clear_output` takes ours along, and what is to be cleared must stay until then."""

    def __init__(self, shell: Any) -> None:
        self._publisher: Any = getattr(shell, "display_pub", None)
        self.cleared = False
        self.pending = False
        self._undo: list[Callable[[], None]] = []
        if self._publisher is not None and hasattr(self._publisher, "register_hook"):
            self._publisher.register_hook(self._seen)

    def _seen(self, message: Any) -> Any:
        """Called with every message of the display publisher."""
        kind = message.get("msg_type") or message.get("header", {}).get("msg_type")
        if kind == "clear_output":
            self.cleared, self.pending = True, bool(message["content"].get("wait"))
            self._listen()
        elif kind in ("display_data", "execute_result"):
            self.pending = False
        return message

    def _listen(self) -> None:
        """What is printed takes the place of what was to be cleared, too; streams are no messages of the publisher."""
        if self.pending and not self._undo:
            undos = (watch(stream, self._printed) for stream in (sys.stdout, sys.stderr))
            self._undo = [undo for undo in undos if undo is not None]

    def _printed(self, text: str) -> str:
        self.pending = self.pending and not text
        return text

    def close(self) -> None:
        """The cell is over."""
        while self._undo:
            self._undo.pop()()
        if hasattr(self._publisher, "unregister_hook"):
            self._publisher.unregister_hook(self._seen)


class CellView:
    """Shows one cell. It appears when the first hot loop is found, so that other cells stay as they are."""

    def __init__(self, cell: Cell, kind: str, asked: bool, shell: Any = None) -> None:
        self.cell = cell
        self.asked = asked
        self.kind = kind
        self.shell = shell
        self.view = View()
        self.outputs = Outputs(shell)
        self._handle: Any = None
        self._last = 0.0
        self._started = time.monotonic()
        for event in cell.bus.events:
            add(self.view, event)
        if asked and kind == "live":
            self._show(self._started)  # before anything that the cell prints: a progress bar's lines stay together

    def receive(self, event: Event) -> None:
        """Take an event in; show a frame, not too often."""
        add(self.view, event)
        if self.kind != "live" or isinstance(event, CellFinished) or self.outputs.cleared:
            return
        begins = isinstance(event, Generated | Reused | Declined | Working) or (isinstance(event, Profiled) and event.seconds > 1e-3)
        now = time.monotonic()
        if self._handle is None:
            if begins:
                self._show(now)
        elif now - self._last >= INTERVAL or isinstance(event, Working):
            self._show(now)

    def _show(self, now: float) -> None:
        from IPython.display import display

        self._last = now
        bundle = {"text/html": frame(self.view, now - self._started), "text/plain": "JANUS is running"}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def close(self) -> None:
        """The cell is over: show the report."""
        try:
            self._close()
        except Exception:
            _log.warning("JANUS could not show its report; janus_nb.explain() has it", exc_info=True)
        finally:
            self.outputs.close()

    def _close(self) -> None:
        if not any(r.matters for r in self.view.regions.values()) and self._handle is None and not self.asked:
            return
        _refresh_bars()
        if self.kind == "text":
            _print(self.cell.report)
        elif not self.outputs.pending:  # anything shown now would take away what the cell has left there to be replaced later
            self._show_page()

    def _show_page(self) -> None:
        from IPython.display import display

        model = self.cell.report.model
        shown = page.render(model)
        bundle = {"text/plain": text.render(model), "text/html": shown}
        companion = companion_of(self.shell) if self.kind == "live" else None
        if companion is not None:
            companion.tell(shown, model)
        if self._handle is not None and not self.outputs.cleared:
            self._handle.update(bundle, raw=True)
        else:
            display(bundle, raw=True)


def _refresh_bars() -> None:
    """Let tqdm's open bars show what they have counted: a bar draws itself at most every tenth of a second, and a graph's last iterations take less."""
    tqdm = sys.modules.get("tqdm")
    for bar in list(getattr(getattr(tqdm, "tqdm", None), "_instances", ())):
        if not bar.disable and bar.n != bar.last_print_n:
            bar.refresh()
            bar.last_print_n = bar.n


def _print(report: Report) -> None:
    """A report in a terminal, in colours if it has them."""
    from rich.console import Console

    console = Console()
    if console.is_terminal:
        console.print(report, highlight=False, soft_wrap=True)
    else:
        print(report.to_text())


def companion_of(shell: Any) -> Any:
    """The one companion of a kernel; `None` where there are no widgets."""
    if not hasattr(shell, "kernel"):
        return None
    known = getattr(shell, "_janus_companion", None)
    if known is None:
        try:
            from janus_nb.view.widget import Companion

            known = shell._janus_companion = Companion()
        except Exception:
            _log.info("no widgets here: pages are shown without their script", exc_info=True)
            known = shell._janus_companion = False
    return known or None


__all__ = ["CellView", "companion_of", "open_view"]
