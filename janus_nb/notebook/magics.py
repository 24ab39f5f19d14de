"""`%%janus` and `%janus`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from janus_nb import options_text
from janus_nb.errors import OptionError
from janus_nb.function import explain, run_cell, runtime

if TYPE_CHECKING:
    from janus_nb.notebook.hook import Hook


@magics_class
class JanusMagics(Magics):  # type: ignore[misc]
    """The magics of JANUS."""

    def __init__(self, shell: Any, hook: Hook) -> None:
        super().__init__(shell)
        self.hook = hook

    @line_magic("janus")  # type: ignore[untyped-decorator]
    def janus_line(self, line: str) -> Any:
        """%janus on [options] | off | status | explain | forget

        on       every later cell runs under JANUS, with these options
        off      cells run as usual; %%janus still works
        status   what is on, and what is kept
        explain  the report of the last cell
        forget   drop all graphs and profiles
        """
        word, _, rest = line.strip().partition(" ")
        if word == "on":
            self.hook.defaults = self._options(rest)
            self.hook.on = True
            print("JANUS is on: every cell from the next one runs under it. %janus off ends it.")
        elif word == "off":
            self.hook.on, self.hook.defaults = False, {}
            print("JANUS is off. %%janus at the top of a cell still works.")
        elif word in ("status", ""):
            print(self._status())
        elif word == "explain":
            try:
                return explain()
            except ValueError as error:
                raise UsageError(str(error)) from None
        elif word == "forget":
            runtime.forget()
            print("All graphs and profiles are forgotten.")
        else:
            raise UsageError(f"%janus {word}: unknown; use on, off, status, explain or forget")
        return None

    def _status(self) -> str:
        regions = list(runtime.store.regions.values())
        graphs = sum(len(r.versions) for r in regions)
        state = "on for every cell" if self.hook.on else "off (cells that begin with %%janus run under it)"
        return f"JANUS is {state}.\n{len(regions)} loops known, {graphs} graphs kept.\nFlags: {', '.join(options_text.flags())}"

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
        options = self._options(line)
        run_cell(cell, self.shell.user_ns, **options)


def _document() -> str:
    lines = ["", "", "        Flags:"]
    for flag, (_, info) in options_text.flags().items():
        lines.append(f"        {flag:<16} {info.help}" + ("" if info.expected == "True or False" else f" ({info.expected})"))
    return "\n".join(lines)


JanusMagics.janus_cell.__doc__ = (JanusMagics.janus_cell.__doc__ or "") + _document()
