"""The cell hook: makes IPython run the instrumented copy of a cell, and nothing else.

A `%%janus` line becomes a comment (so that line numbers, `await`, exceptions and *Run All* stay Python's), and the cell's
AST is replaced by its instrumented copy. IPython compiles it, with its own flags; just before it runs, the compiled code is
bound to the cell's session. Input transformers run twice for some cells and so must be pure; what is to be
done once per cell is done in `pre_run_cell`.
"""

from __future__ import annotations

import ast
import functools
import logging
import re
from contextvars import ContextVar
from dataclasses import dataclass
from types import CodeType
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


@dataclass(slots=True, eq=False)
class Run:
    """One run of a cell in the shell: several may be under way, one inside another or in threads of their own.

    Attributes:
        info: What IPython says of it; the result of the run refers to the same object.
        options: Options, until the copy has been made; `None` for cells that are not ours.
        outer: The run in which this one was started.
        cell: What runs, once the copy has been made.
        view: What is shown beside it.
    """

    info: Any
    options: Options | None
    outer: Run | None
    cell: Cell | None = None
    view: Any = None


class Hook:
    """State of the extension in one shell: whether every cell is JANUS's, and the cells that run now."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.on = False
        self.defaults: dict[str, Any] = {}
        self._now: ContextVar[Run | None] = ContextVar("run", default=None)
        self._runs: list[Run] = []
        self._run_code: Any = None

    def install(self) -> None:
        """Let the shell run the copies: each code object calls the session of its own cell."""
        original = self._run_code = self.shell.run_code

        @functools.wraps(original)
        def run_code(code_obj: Any, result: Any = None, *, async_: bool = False) -> Any:
            return original(self._bound(code_obj), result, async_=async_)

        self.shell.run_code = run_code

    def remove(self) -> None:
        """Give the shell its own method back, unless somebody else has replaced it since."""
        if getattr(self.shell.run_code, "__wrapped__", None) == self._run_code:
            del self.shell.run_code

    def _bound(self, code: Any) -> Any:
        """A cell's compiled copy, calling the cell's session; anything else as it is."""
        run = self._now.get()
        if not isinstance(code, CodeType):
            return code
        return run.cell.bound(code) if run is not None and run.cell is not None else code

    # -- registered callbacks --------------------------------------------------------------------------------------------

    def pre_run_cell(self, info: Any) -> None:
        """A cell is about to run: is it ours, and with which options?"""
        run = Run(info, None, self._now.get())
        self._now.set(run)
        self._runs.append(run)
        raw = info.raw_cell or ""
        line = magic_line(raw)
        if line is None and (not self.on or raw.lstrip().startswith("%%")):
            return
        try:
            given = {**self.defaults, **options_text.parse(line or "")}
            run.options = Options.make(**given)
        except OptionError:
            return  # the magic itself reports it

    def visit(self, tree: ast.Module) -> ast.Module:
        """AST transformer: the instrumented copy. Any error of ours leaves the cell as it is."""
        run = self._now.get()
        if run is None or run.options is None or not isinstance(tree, ast.Module):
            return tree
        options, run.options = run.options, None
        try:
            return self._instrument(tree, run, options)
        except Exception:
            _log.warning("JANUS could not prepare this cell; it runs as plain Python", exc_info=True)
            run.cell = None
            return tree

    def _instrument(self, tree: ast.Module, run: Run, options: Options) -> ast.Module:
        from janus_nb.notebook.display import open_view

        raw = run.info.raw_cell or ""
        text = self.shell.transform_cell(raw)
        number = self.shell.execution_count - bool(run.info.store_history)  # IPython has counted on already
        file = self.shell.compile.get_code_name(raw, text, number)
        name = f"Cell [{number}]"
        register(file, name, text, tree)
        # In a terminal the file name holds the execution count: the same text keeps its first name, and so its graphs.
        unit = register(runtime.store.copies.first_file(text, file), name, text, tree)
        cell = runtime.begin(unit, options)
        made = cell.instrumented(tree)
        run.view = open_view(cell, options, self.shell, magic_line(raw) is not None)
        cell.start()
        run.cell = cell
        others = self.shell.ast_transformers[-1:] != [self]  # they may change nodes, which the copy shares with what graphs are generated from
        return clone(made) if others else made

    def post_run_cell(self, result: Any) -> None:
        """The cell is over: its report replaces the live view."""
        run = next((r for r in reversed(self._runs) if r.info is result.info), None)
        if run is None:
            return
        self._runs.remove(run)
        if self._now.get() is run:
            self._now.set(run.outer)
        if run.cell is None:
            return
        run.cell.finish(result.error_before_exec or result.error_in_exec)
        if run.view is not None:
            run.view.close()
