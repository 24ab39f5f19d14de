"""Answers in words: what became of one line, what a code means."""

from __future__ import annotations

from janus_nb.reasons import Reason
from janus_nb.report import Report
from janus_nb.view.marks import MEANING
from janus_nb.view.model import Entry, Model


def about_reason(reason: Reason) -> str:
    """A reason with its why and its hint."""
    return f"{reason.code}: {reason.title}\n\n{reason.why}\n\nWhat to do: {reason.hint}"


def about_line(report: Report, number: str) -> str:
    """What became of a line of the last cell: its marks, notes, operations, assumptions and fallbacks.

    Raises:
        ValueError: there is no such line.
    """
    model = report.model
    found = next((x.line(int(number)) for x in model.listings if number.isdigit() and x.line(int(number)) is not None), None)
    if found is None:
        last = model.listings[0].lines[-1].number if model.listings else 0
        raise ValueError(f"%janus explain {number}: expected a line from 1 to {last}, or a code such as JN201")
    lines = [f"line {number}: {found.text.strip()}"]
    lines += [f"  {mark}  {MEANING[mark]}" for mark in found.marks] or ["  runs once, in Python"]
    lines += [f"     {note}" for note in found.notes]
    lines += [f"     {found.ops} operations in the newest graph"] if found.ops else []
    lines += [f"     unrolled: {found.rounds} rounds"] if found.rounds else []
    for title, entry in _rows(model, number):
        lines.append(f"  {title.partition(':')[0].lower()}: " + "; ".join(c for c in entry.cells if c and c != number).replace("`", ""))
    return "\n".join(lines)


def _rows(model: Model, number: str) -> list[tuple[str, Entry]]:
    """Rows of all tables that are about the line."""
    return [(t.title, row) for t in model.tables if "line" in t.heads for row in t.rows if row.cells[t.heads.index("line")] == number]


__all__ = ["about_line", "about_reason"]
