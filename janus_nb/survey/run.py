"""A survey: every program of a folder, both ways, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from janus_nb.survey.compare import compare
from janus_nb.survey.play import Ran, play
from janus_nb.survey.sources import Source, SourceError, files_of, read
from janus_nb.survey.verdict import SHARE, Verdict


@dataclass
class Row:
    """What came of one program.

    Attributes:
        name: Its path from the folder.
        outcome: "same", "DIFFERS", "varies" (two eager runs differ in the same cells), "fails" (eagerly too), "skipped" (not a program),
            "too slow" (eagerly).
        verdict: Of all its cells together.
        eager: Seconds of all cells, eagerly.
        janus: Seconds of all cells under JANUS.
        differences: By cell.
        note: What else is to be said.
    """

    name: str
    outcome: str
    verdict: Verdict | None = None
    eager: float = 0.0
    janus: float = 0.0
    differences: dict[int, list[str]] = field(default_factory=dict)
    note: str = ""

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def survey(
    folder: Path,
    *,
    pattern: str,
    timeout: float,
    tolerance: float,
    strip: bool,
    options: str = "",
    progress: Callable[[str], None] = lambda text: None,
) -> Iterator[Row]:
    """Run every program of a folder both ways.

    Args:
        folder: Where to look (or one file).
        pattern: Which names.
        timeout: Seconds that one cell may take.
        tolerance: How far floats may differ, relative to their size.
        strip: Whether to take `@tf.function` away first.
        options: Options for `%janus on`.
        progress: Called with what is being done.

    Raises:
        SurveyError: There is no kernel to run anything in.
    """
    for path in files_of(folder, pattern):
        try:
            source = read(path, folder, strip=strip)
        except SourceError as error:
            yield Row(str(path.relative_to(folder)), "skipped", note=str(error))
            continue
        yield examine(source, timeout, tolerance, options, progress)


def examine(source: Source, timeout: float, tolerance: float, options: str, progress: Callable[[str], None]) -> Row:
    """Run one program both ways."""
    progress(f"{source.name}: eagerly")
    eager = play(source, janus=False, timeout=timeout)
    if eager.stopped:
        return Row(source.name, "too slow" if "longer" in eager.stopped else "fails", eager=eager.seconds, note=eager.stopped)
    progress(f"{source.name}: under JANUS")
    janus = play(source, janus=True, timeout=timeout, options=options)
    found = compare(eager, janus, tolerance)
    outcome = "fails" if _failed(eager) else "same"
    if found:
        progress(f"{source.name}: eagerly again, for what differs by itself")
        by_itself = compare(eager, play(source, janus=False, timeout=timeout), tolerance)
        outcome = "varies" if found.keys() <= by_itself.keys() else "DIFFERS"
    note = "; ".join([*(["left out: " + ", ".join(source.left_out)] if source.left_out else []), *([_failed(eager)] if _failed(eager) else [])])
    return Row(source.name, outcome, together(janus), eager.seconds, janus.seconds, found, note)


def _failed(ran: Ran) -> str:
    """The exception that ended a run."""
    return next((f"cell {n}: {cell.error}" for n, cell in enumerate(ran.cells, start=1) if cell.error), "")


def together(ran: Ran) -> Verdict:
    """The verdict over all cells of a run."""
    verdicts = [cell.verdict for cell in ran.cells if cell.verdict is not None]
    loops = sorted((loop for v in verdicts for loop in v.loops), key=lambda loop: -loop.seconds)
    total = sum(loop.seconds for loop in loops)
    return Verdict.over((loop for loop in loops if loop.seconds >= SHARE * total), [w for v in verdicts for w in v.wrong])


__all__ = ["Row", "examine", "survey", "together"]
