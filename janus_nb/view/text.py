"""The text form: for terminals, logs, and readers that show no HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from janus_nb.view.drawing import outline
from janus_nb.view.marks import Listing
from janus_nb.view.model import Model, Table
from janus_nb.view.page import LEGEND
from janus_nb.view.words import PHASES, duration

if TYPE_CHECKING:
    from rich.text import Text

STYLES = {"G": "green", "S": "green", "U": "cyan", "A": "blue", "E": "yellow", "H": "magenta", "F": "red", "-": "dim", "C": "dim", "P": "dim"}


def render(model: Model) -> str:
    """The whole report as plain text."""
    parts = ["JANUS: " + model.sentences[0].replace("`", ""), *("  " + s.replace("`", "") for s in model.sentences[1:])]
    if model.phases:
        parts.append("  time: " + ", ".join(f"{PHASES[what]} {duration(s)}" for what, s in model.phases.items()))
    for listing in model.listings:
        parts += ["", f"{listing.name}    ({legend(model)})", *_listing(listing)]
    for tab in model.tabs:
        parts += ["", tab.title, *(f"  {change}".replace("`", "") for change in tab.changes), *(f"  {line}".rstrip() for line in outline(tab))]
    for table in model.tables:
        parts += ["", table.title, *_table(table)]
    return "\n".join(parts) + "\n"


def legend(model: Model) -> str:
    """What the letters that occur mean."""
    used = {m for x in model.listings for line in x.lines for m in line.marks}
    return "   ".join(f"{m} {text}" for m, text in LEGEND.items() if m in used)


def _listing(listing: Listing) -> list[str]:
    rows = []
    for line in listing.lines:
        more = " ".join(x for x in (f"x{line.rounds}" if line.rounds else "", f"{line.falls} fallbacks" if line.falls else "") if x)
        rows.append(f"  {''.join(line.marks):<3} {line.number:>4} | {line.text}{'    # ' + more if more else ''}".rstrip())
        rows += [f"             ^ {note}" for note in line.notes]
    return rows


def _table(table: Table) -> list[str]:
    rows = []
    for row in table.rows[:20]:
        cells = [c.replace("`", "") for c in row.cells]
        where = "line" in table.heads and cells[table.heads.index("line")]
        rest = [c for head, c in zip(table.heads, cells, strict=True) if head != "line" and c]
        rows.append("  " + (f"line {where}: " if where else "") + "  ".join(rest[:1] + [f"[{c}]" if i else c for i, c in enumerate(rest[1:])]))
        rows += ["    " + line for line in row.source.splitlines()]
    if len(table.rows) > 20:
        rows.append(f"  ... and {len(table.rows) - 20} more")
    return rows


def rich_text(model: Model) -> Text:
    """The same for a terminal with colours: lines in the colour of their first mark."""
    from rich.text import Text

    text: Any = Text()
    colours = {f"{''.join(line.marks):<3} {line.number:>4} |": STYLES[line.marks[0]] for x in model.listings for line in x.lines if line.marks}
    for number, line in enumerate(render(model).splitlines()):
        style = "bold" if number == 0 else next((c for start, c in colours.items() if line[2:].startswith(start)), "dim" if "^ " in line[:15] else "")
        text.append(line + "\n", style=style)
    return text  # type: ignore[no-any-return]


__all__ = ["legend", "render", "rich_text"]
