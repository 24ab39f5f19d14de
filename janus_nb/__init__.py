"""JANUS for notebooks: imperative TensorFlow at graph speed, explained beside the cell.

import janus_nb

report = janus_nb.run_cell(text, namespace)      # or %%janus in a notebook
print(report.to_text())

@janus_nb.function
def step(x, y): ...
janus_nb.explain(step)

janus_nb.knows("mylib.score", effect="pure")      # a library that JANUS does not know
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from janus_nb.errors import JanusError, OptionError
from janus_nb.function import explain, function, run_cell
from janus_nb.knowledge import knows
from janus_nb.report import Report

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"
__all__ = ["JanusError", "OptionError", "Report", "explain", "function", "knows", "run_cell"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext janus_nb`."""
    from janus_nb.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext janus_nb`."""
    from janus_nb.notebook.extension import unload

    unload(shell)
