"""One program in a kernel of its own.

Source -> notebook with one hidden cell before it -> nbclient -> Ran: outputs, names and seconds, cell by cell
"""

from __future__ import annotations

import os
import pickle
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from janus_nb.survey.sources import Source
from janus_nb.survey.verdict import Verdict

START = """
import sys as _sys
_sys.path[:0] = {paths!r}
__import__("keras").utils.set_random_seed(0)
__file__ = {file!r}
{load}
from janus_nb.survey import probe as _probe
_probe.install(get_ipython(), {folder!r}, {user!r}, {janus})
"""
LOAD = "get_ipython().run_line_magic('load_ext', 'janus_nb')\nget_ipython().run_line_magic('janus', 'on --view none{options}')"


class SurveyError(Exception):
    """The survey itself cannot go on: no kernel to run programs in."""


@dataclass
class CellRun:
    """One cell of one run.

    Attributes:
        outputs: What it printed and showed, as text.
        error: The exception it ended with, as text.
        names: Its program's names afterwards, as plain data.
        seconds: It took.
        verdict: JANUS's, in a run under JANUS.
    """

    outputs: str = ""
    error: str = ""
    names: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    verdict: Verdict | None = None


@dataclass
class Ran:
    """One run of a program; `stopped` says why it did not come to its end, other than by an exception of its own."""

    cells: list[CellRun] = field(default_factory=list)
    stopped: str = ""

    @property
    def seconds(self) -> float:
        """Of all cells."""
        return sum(cell.seconds for cell in self.cells)


class _Client(NotebookClient):  # type: ignore[misc]
    """Takes the time of every cell."""

    async def async_execute_cell(self, cell: Any, cell_index: int, **more: Any) -> Any:
        """Execute one cell, and write down how long it took."""
        started = time.perf_counter()
        try:
            return await super().async_execute_cell(cell, cell_index, **more)
        finally:
            self.seconds = {**getattr(self, "seconds", {}), cell_index: time.perf_counter() - started}


def play(source: Source, *, janus: bool, timeout: float, options: str = "") -> Ran:
    """Run a program in a fresh kernel, in its file's folder.

    Args:
        source: The program.
        janus: Whether JANUS is on.
        timeout: Seconds that one cell may take.
        options: Options for `%janus on`.

    Raises:
        SurveyError: There is no Python kernel.
    """
    home = source.path.resolve().parent
    with tempfile.TemporaryDirectory(prefix="janus-survey-") as folder:
        book = source.notebook()
        load = LOAD.format(options=f" {options}" if options else "") if janus else ""
        paths = [str(home), str(Path(__file__).parents[2])]
        book.cells.insert(
            0, nbformat.v4.new_code_cell(START.format(paths=paths, file=str(source.path), load=load, folder=folder, user=str(home), janus=janus))
        )
        client = _Client(book, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(home)}}, startup_timeout=180)
        stopped = _execute(client, source)
        return _collected(book, client, Path(folder), stopped)


def _execute(client: _Client, source: Source) -> str:
    """Run all cells; returns why they did not come to their end, if it was not by an exception of the program's."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        client.execute()
    except CellExecutionError:
        first = client.nb.cells[0]
        found = [out for out in first.outputs if out.output_type == "error"]
        if found:
            raise SurveyError(f"the kernel could not be prepared for {source.name}: {found[0].ename}: {found[0].evalue}") from None
    except CellTimeoutError:
        return f"cell {_running(client)} took longer than {client.timeout:g} s"
    except DeadKernelError:
        return f"the kernel died in cell {_running(client)}"
    except NoSuchKernel as error:
        raise SurveyError(f"no kernel {error.name!r}: pip install ipykernel") from None
    return ""


def _running(client: _Client) -> int:
    """The cell that ran last, counted from 1."""
    seconds: dict[int, float] = getattr(client, "seconds", {0: 0.0})
    return max(seconds)


def _collected(book: Any, client: _Client, folder: Path, stopped: str) -> Ran:
    ran = Ran(stopped=stopped)
    last_report = 0
    for number, cell in enumerate(book.cells[1:]):
        seconds = getattr(client, "seconds", {}).get(number + 1)
        if seconds is None:
            break
        made = CellRun(_text(cell.outputs), _error(cell.outputs), seconds=seconds)
        seen = folder / f"{number}.pickle"
        if seen.exists():
            data = pickle.loads(seen.read_bytes())
            made.names = data["names"]
            if data["verdict"] is not None and data["verdict"][0] != last_report:
                last_report, verdict = data["verdict"]
                made.verdict = Verdict.from_data(verdict)
        ran.cells.append(made)
    return ran


def _text(outputs: list[Any]) -> str:
    """Printed text and what was shown, in order."""
    parts = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stdout":
            parts.append(output.text)
        elif output.output_type in ("execute_result", "display_data"):
            parts.append(output.data.get("text/plain", "") + "\n")
    return "".join(parts)


def _error(outputs: list[Any]) -> str:
    found = [out for out in outputs if out.output_type == "error"]
    return f"{found[0].ename}: {found[0].evalue}" if found else ""


__all__ = ["CellRun", "Ran", "SurveyError", "play"]
