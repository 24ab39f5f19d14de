"""Instrumented copies of cells and functions, and what goes with their texts. A text that has not been used for long is forgotten.

cell's text, function's code  ->  copy, with numbers for its loops, tests and blocks (`Sites`)
                                  and what was observed at them (`Recorder`)
"""

from __future__ import annotations

import ast
import logging
from types import CodeType, FunctionType

from janus_nb.profile.instrument import Sites, instrument_code, instrument_module
from janus_nb.profile.recorder import Recorder
from janus_nb.source.units import Unit, function_source

_log = logging.getLogger("janus_nb")

MAX_UNITS = 64
"""Texts whose copies are kept. A cell that is edited is a new text."""

MAX_FILES = 1024
"""Texts of cells whose first file name is remembered."""

MAX_CODES = 1024
"""Instrumented copies of functions that are kept."""


class Copies:
    """All copies of a process.

    Attributes:
        sites: Numbers used in them.
        recorder: What was observed at tests and loops.
    """

    def __init__(self) -> None:
        self.sites = Sites()
        self.recorder = Recorder()
        self._units: dict[Unit, None] = {}
        self._cells: dict[tuple[str, str], tuple[ast.Module, Unit]] = {}
        self._codes: dict[tuple[CodeType, str, bool], CodeType | None] = {}
        self._files: dict[str, str] = {}

    def cell(self, unit: Unit, tree: ast.Module) -> ast.Module:
        """The instrumented copy of a cell's tree; made once for a text."""
        key = (unit.file, unit.text)
        known = self._cells.get(key)
        if known is None:
            self._use(unit)
            known = self._cells[key] = instrument_module(unit, tree, self.sites), unit
        else:
            self._use(known[1])
        return known[0]

    def code(self, function: FunctionType, profiled: bool) -> CodeType | None:
        """The code of a function's instrumented copy, not bound to a session; `None` if the user's own function runs."""
        key = (function.__code__, function.__code__.co_filename, profiled)
        if key not in self._codes:
            while len(self._codes) >= MAX_CODES:
                self._codes.pop(next(iter(self._codes)), None)
            try:
                found = function_source(function)
                if found is not None:
                    self._use(found[1])
                self._codes[key] = instrument_code(function, self.sites, profiled)
            except Exception:
                _log.debug("JANUS could not copy %s; it runs as it is", function.__qualname__, exc_info=True)
                self._codes[key] = None
        return self._codes[key]

    def first_file(self, text: str, file: str) -> str:
        """The file name under which a cell's text was first run."""
        while len(self._files) >= MAX_FILES and text not in self._files:
            self._files.pop(next(iter(self._files)))
        return self._files.setdefault(text, file)

    def _use(self, unit: Unit) -> None:
        """A unit is used: it is the last to be forgotten."""
        self._units.pop(unit, None)
        self._units[unit] = None
        while len(self._units) > MAX_UNITS:
            self._forget(next(iter(self._units)))

    def _forget(self, unit: Unit) -> None:
        del self._units[unit]
        self.sites.forget(unit)
        for key in [k for k, made in self._cells.items() if made[1] is unit]:
            del self._cells[key]
        for code in [k for k in self._codes if k[1] == unit.file]:
            del self._codes[code]
        if all(other.file != unit.file for other in self._units):
            self.recorder.forget(unit.file)


__all__ = ["Copies"]
