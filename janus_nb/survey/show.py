"""What a survey prints: a line per program as it is done, the sums, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from janus_nb.survey.run import Row

_COLOURS = {"same": "green", "DIFFERS": "bold red", "varies": "yellow", "fails": "yellow", "skipped": "dim", "too slow": "yellow"}


def line(row: Row) -> str:
    """One program, as it is done."""
    kind = row.verdict.kind if row.verdict else "-"
    times = f"{row.eager:.1f} s eager, {row.janus:.1f} s under JANUS" if row.janus else row.note
    return f"[{_COLOURS[row.outcome]}]{row.outcome}[/] {row.name}: {kind}; {times}"


def table(rows: Sequence[Row]) -> Table:
    """All programs, with the first reasons of each."""
    made = Table("program", "results", "runs as", "eager, s", "JANUS, s", "times faster", "why not whole")
    for row in rows:
        reasons = [str(r) for r in row.verdict.reasons[:3]] if row.verdict and row.verdict.kind != "whole" else []
        told = reasons or ([row.note] if row.note else [])
        faster = f"{row.eager / row.janus:.2f}" if row.janus and row.eager else "-"
        made.add_row(row.name, row.outcome, row.verdict.kind if row.verdict else "-", f"{row.eager:.1f}", f"{row.janus:.1f}", faster, "\n".join(told))
    return made


def details(row: Row) -> list[str]:
    """What differs in a program, and every loop of it with all its reasons."""
    told = [f"  cell {number}: {text}" for number, texts in row.differences.items() for text in texts]
    for loop in row.verdict.loops if row.verdict else ():
        counts = ", ".join(f"{n} {what}" for what, n in loop.iterations.items() if n)
        told.append(f"  {loop.kind}: {loop.title} ({loop.cell}): {counts}; {loop.graphs} graphs, {loop.aborts} fallbacks, {loop.seconds:.1f} s")
        told += [f"      {reason}" for reason in loop.reasons]
    told += [f"  {wrong}" for wrong in (row.verdict.wrong if row.verdict else ())]
    return told


def sums(rows: Sequence[Row]) -> list[str]:
    """The survey in a few lines: how many are right, how they run, which reasons stand most often."""
    outcomes = Counter(row.outcome for row in rows)
    judged = [row for row in rows if row.verdict is not None and row.outcome in ("same", "DIFFERS", "varies")]
    kinds = Counter(row.verdict.kind for row in judged if row.verdict)
    codes = Counter(code for row in judged if row.verdict for code in {r.code for r in row.verdict.reasons})
    told = ["results: " + ", ".join(f"{n} {what}" for what, n in outcomes.most_common())]
    if judged:
        told.append("run as: " + ", ".join(f"{n} {what}" for what, n in kinds.most_common()))
        slower = [row.name for row in judged if row.janus > 1.1 * row.eager]
        told.append(f"slower than eager in total by more than a tenth: {len(slower)}" + (f" ({', '.join(slower[:5])})" if slower else ""))
    if codes:
        told.append("reasons, by programs: " + ", ".join(f"{code} in {n}" for code, n in codes.most_common(10)))
    return told


__all__ = ["details", "line", "sums", "table"]
