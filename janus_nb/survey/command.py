"""What `janus survey` does: run, print as programs are done, sum up, write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from janus_nb.survey import show
from janus_nb.survey.play import SurveyError
from janus_nb.survey.run import Row, survey


def run_survey(console: Console, folder: Path, *, details: bool, data: Path | None, **given: Any) -> bool:
    """Run a survey and print it; returns whether anything was wrong: a result that differs, or an internal error.

    Args:
        console: Where to print.
        folder: What to survey.
        details: Whether to print every loop with all its reasons.
        data: Where to write everything as JSON; written after every program.
        **given: See `janus_nb.survey.run.survey`.

    Raises:
        ClickException: There is no program in the folder, or nothing to run one in.
    """
    rows: list[Row] = []
    try:
        with console.status("starting") as status:
            for row in survey(folder, progress=status.update, **given):
                rows.append(row)
                console.print(show.line(row), highlight=False)
                for text in show.details(row) if details or row.outcome == "DIFFERS" else ():
                    console.print(text, highlight=False, markup=False)
                if data is not None:
                    data.write_text(json.dumps([r.as_data() for r in rows], indent=1) + "\n", encoding="utf-8")
    except SurveyError as error:
        raise click.ClickException(str(error)) from None
    if not rows:
        raise click.ClickException(f"{folder} holds no .py or .ipynb file of that name")
    console.print(show.table(rows))
    for text in show.sums(rows):
        console.print(text, highlight=False)
    return any(row.outcome == "DIFFERS" or (row.verdict is not None and row.verdict.wrong) for row in rows)


__all__ = ["run_survey"]
