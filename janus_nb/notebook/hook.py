"""The cell hook: makes IPython run the instrumented copy of a cell, and nothing else.

A `%%janus` line becomes a comment (so that line numbers, `await`, exceptions and *Run All* stay Python's), and the cell's
AST is replaced by its instrumented copy. Input transformers run twice for some cells and so must be pure; what is to be
done once per cell is done in `pre_run_cell`.
"""

from __future__ import annotations

import ast
import logging
import re
from typing import TYPE_CHECKING, Any

from janus_nb import options_text
from janus_nb.config import Options
from janus_nb.errors import OptionError
from janus_nb.function import Cell, runtime
from janus_nb.source.clone import clone
from janus_nb.source.units import register

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_log = logging.getLogger("janus_nb")
_MAGIC = re.compile(r"^%%janus(?:[ \t]+(.*))?$")


def magic_line(text: str) -> str | None:
    """The options behind `%%janus` on the cell's first line with text, or `None`."""
    for line in text.splitlines():
        if line.strip():
            found = _MAGIC.match(line.rstrip())
            return (found.group(1) or "") if found else None
    return None


def comment_magic(lines: list[str]) -> list[str]:
    """Input transformer: `%%janus ...` becomes a comment of the same length in lines; pure.

    With bad options the line stays, and the real magic reports them before anything runs.

    >>> comment_magic(["%%janus --profile 2\\n", "x = 1\\n"])
    ['# %%janus --profile 2\\n', 'x = 1\\n']
    """
    options = magic_line("".join(lines))
    if options is None:
        return lines
    try:
        options_text.parse(options)
    except OptionError:
        return lines
    first = next(i for i, line in enumerate(lines) if line.strip())
    return [*lines[:first], "# " + lines[first], *lines[first + 1 :]]


class Hook:
    """State of the extension in one shell: whether every cell is JANUS's, and the cell that runs now."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.on = False
        self.defaults: dict[str, Any] = {}
        self._raw: str | None = None
        self._stored = False
        self._options: Options | None = None
        self._cell: Cell | None = None
        self._view: Any = None

    # -- registered callbacks --------------------------------------------------------------------------------------------

    def pre_run_cell(self, info: Any) -> None:
        """A cell is about to run: is it ours, and with which options?"""
        self._cell, self._options, self._view = None, None, None
        self._raw = info.raw_cell or ""
        self._stored = bool(info.store_history)
        line = magic_line(self._raw)
        if line is None and (not self.on or self._raw.lstrip().startswith("%%")):
            return
        try:
            given = {**self.defaults, **options_text.parse(line or "")}
            self._options = Options.make(**given)
        except OptionError:
            return  # the magic itself reports it

    def visit(self, tree: ast.Module) -> ast.Module:
        """AST transformer: the instrumented copy. Any error of ours leaves the cell as it is."""
        options, self._options = self._options, None
        if options is None or not isinstance(tree, ast.Module):
            return tree
        try:
            return self._instrument(tree, options)
        except Exception:
            _log.warning("JANUS could not prepare this cell; it runs as plain Python", exc_info=True)
            self._cell = None
            return tree

    def _instrument(self, tree: ast.Module, options: Options) -> ast.Module:
        from janus_nb.notebook.display import open_view

        raw = self._raw or ""
        text = self.shell.transform_cell(raw)
        number = self.shell.execution_count - self._stored  # IPython has counted on already
        file = self.shell.compile.get_code_name(raw, text, number)
        name = f"Cell [{number}]"
        register(file, name, text, tree)
        # In a terminal the file name holds the execution count: the same text keeps its first name, and so its graphs.
        unit = register(runtime.store.files.setdefault(text, file), name, text, tree)
        cell = runtime.begin(unit, options)
        made = cell.instrumented(tree)
        self._view = open_view(cell, options, self.shell, magic_line(raw) is not None)
        cell.start()
        self._cell = cell
        others = self.shell.ast_transformers[-1:] != [self]  # they may change nodes, which the copy shares with what graphs are generated from
        return clone(made) if others else made

    def post_run_cell(self, result: Any) -> None:
        """The cell is over: its report replaces the live view."""
        cell, self._cell = self._cell, None
        if cell is None:
            return
        cell.finish(result.error_before_exec or result.error_in_exec)
        view, self._view = self._view, None
        if view is not None:
            view.close()
