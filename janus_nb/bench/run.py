"""One run of `janus bench`: measure, show, write. Figures are written after every program, so that none is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from janus_nb.bench import show
from janus_nb.bench.ablation import ablate
from janus_nb.bench.measure import chosen, measure
from janus_nb.bench.overheads import overheads


def run_all(
    console: Console,
    names: tuple[str, ...],
    rounds: int,
    *,
    comparison: bool,
    ablation: bool,
    costs: bool,
    data: Path | None,
    picture: Path | None,
    page: Path | None,
) -> dict[str, Any]:
    """Measure, print tables, and write what was asked for.

    Args:
        console: Where tables and progress go.
        names: Programs; all if empty.
        rounds: Timed runs of each variant.
        comparison: Whether to compare with eager and hand-written graphs.
        ablation: Whether to measure what each optimisation brings.
        costs: Whether to measure JANUS's overheads.
        data: Where to write the figures as JSON.
        picture: Where to draw the comparison (or, without it, the ablation); the ablation goes beside it.
        page: Markdown page whose figures are replaced.
    """
    programs = chosen(names)
    compared: list[dict[str, Any]] = []
    ablated: list[dict[str, Any]] = []
    found = show.collected(compared, ablated, {})

    def write() -> None:
        if data is not None:
            data.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    with console.status("starting") as status:
        progress: Callable[[str], None] = status.update
        for program in programs if comparison else ():
            compared.append(show.summary(measure(program, rounds, progress=progress)))
            console.print(show.table_of(compared[-1]))
            write()
        for program in (p for p in programs if p.ablate) if ablation else ():
            ablated.append(show.ablation_summary(ablate(program, rounds, progress)))
            console.print(show.ablation_table(ablated[-1:]))
            write()
        if costs:
            found["overheads"].update(overheads(progress))
            write()
    if len(compared) > 1:
        console.print(show.summary_table(compared))
    if len(ablated) > 1:
        console.print(show.ablation_table(ablated))
    for what, value in found["overheads"].items():
        console.print(f"{what}: {value}", highlight=False)
    if picture is not None:
        _draw(picture, compared, ablated)
    if page is not None:
        show.update(page, found)
    return found


def _draw(picture: Path, compared: list[dict[str, Any]], ablated: list[dict[str, Any]]) -> None:
    if compared:
        show.draw(picture, [(row["title"], show.bars_of(row)) for row in compared], "steady state: times faster than eager")
    if ablated:
        target = picture.with_name(f"{picture.stem}-ablation{picture.suffix}") if compared else picture
        bars = [(row["title"], {n: b["over_eager"] for n, b in row["bars"].items()}) for row in ablated]
        show.draw(target, bars, "what each optimisation brings: times faster than eager")


__all__ = ["run_all"]
