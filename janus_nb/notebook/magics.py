"""`%%janus` and `%janus`."""

from __future__ import annotations

import difflib
import gc
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from janus_nb import options_text
from janus_nb.config import Options
from janus_nb.errors import OptionError
from janus_nb.function import explain, run_cell, runtime
from janus_nb.notebook.telling import about_line, about_reason
from janus_nb.reasons import REASONS

if TYPE_CHECKING:
    from janus_nb.notebook.hook import Hook

WORDS = {
    "on": "every later cell runs under JANUS, with the options given here",
    "off": "cells run as usual; %%janus at the top of a cell still works",
    "status": "what is on, with which options, and what is kept",
    "explain": "the report of the last cell; `explain 9`: what became of line 9; `explain JN201`: what a code means",
    "save": "write the last report to a file: .html, .svg, .dot, .json or .txt",
    "forget": "drop all graphs and profiles",
    "help": "this text",
}


def help_text() -> str:
    """What `%janus` and `%%janus` take."""
    lines = ["%janus WORD", ""]
    lines += [f"    {word:<10} {text}" for word, text in WORDS.items()]
    lines += ["", "%%janus [options] at the top of a cell, or %janus on [options]", ""]
    for flag, (name, info) in options_text.flags().items():
        default = getattr(Options(), name)
        what = f"do not {info.help}" if flag.startswith("--no-") else f"{info.help} ({info.expected}; {default} if not given)"
        lines.append(f"    {flag:<16} {what}")
    return "\n".join(lines)


@magics_class
class JanusMagics(Magics):  # type: ignore[misc]
    """The magics of JANUS."""

    def __init__(self, shell: Any, hook: Hook) -> None:
        super().__init__(shell)
        self.hook = hook

    @line_magic("janus")  # type: ignore[untyped-decorator]
    def janus_line(self, line: str) -> Any:
        """Switch JANUS on or off, and ask what it did."""
        word, _, rest = line.strip().partition(" ")
        word = {"": "status", "-h": "help", "--help": "help", "?": "help"}.get(word, word)
        if word not in WORDS:
            near = difflib.get_close_matches(word, WORDS, 1)
            raise UsageError(f"%janus {word}: unknown." + (f" Did you mean {near[0]!r}?" if near else "") + f" Use {', '.join(WORDS)}.")
        return getattr(self, f"_{word}")(rest.strip())

    def _on(self, rest: str) -> None:
        self.hook.defaults = self._options(rest)
        self.hook.on = True
        print(f"JANUS is on{self._in_force()}: every cell from the next one runs under it. %janus off ends it.")

    def _off(self, rest: str) -> None:
        self.hook.on, self.hook.defaults = False, {}
        print("JANUS is off. %%janus at the top of a cell still works.")

    def _status(self, rest: str) -> None:
        regions = list(runtime.store.regions.values())
        graphs = sum(len(r.versions) for r in regions)
        state = f"on for every cell{self._in_force()}" if self.hook.on else "off (cells that begin with %%janus run under it)"
        print(f"JANUS is {state}.\n{len(regions)} loops known, {graphs} graphs kept.\n%janus help lists words and options.")

    def _explain(self, rest: str) -> Any:
        if rest.upper() in REASONS:
            print(about_reason(REASONS[rest.upper()]))
            return None
        try:
            report = explain()
            if not rest:
                return report
            print(about_line(report, rest))
        except ValueError as error:
            raise UsageError(str(error)) from None
        return None

    def _save(self, rest: str) -> None:
        try:
            explain().save(rest)
        except (ValueError, OSError) as error:
            raise UsageError(str(error)) from None
        print(f"wrote {rest}")

    def _forget(self, rest: str) -> None:
        runtime.forget()
        gc.collect()
        print("All graphs and profiles are forgotten.")

    def _help(self, rest: str) -> None:
        print(help_text())

    def _in_force(self) -> str:
        """The options that are not as they are by themselves."""
        return " with " + ", ".join(f"{name}={value}" for name, value in self.hook.defaults.items()) if self.hook.defaults else ""

    def _options(self, text: str) -> dict[str, Any]:
        try:
            return options_text.parse(text)
        except OptionError as error:
            raise UsageError(str(error)) from None

    @cell_magic("janus")  # type: ignore[untyped-decorator]
    def janus_cell(self, line: str, cell: str) -> None:
        """Run this cell under JANUS.

        Its hot loops are profiled for a few iterations, converted to graphs under what was seen, checked, and run as
        graphs; whatever does not hold or cannot be converted runs in Python, with the same result.
        """
        if line.strip() in ("-h", "--help", "help"):
            print(help_text())
            return
        options = self._options(line)
        run_cell(cell, self.shell.user_ns, **options)


for _magic in (JanusMagics.janus_cell, JanusMagics.janus_line):
    _magic.__doc__ = (_magic.__doc__ or "") + "\n\n" + help_text()
