"""The page: one self-contained piece of HTML without scripts, for notebooks, documents and the widget alike.

    three sentences . where the time went . the iterations in order
    source, marked          graph of one version, linked with it by line
    assumptions . what failed . what stayed in Python

With its style removed (a notebook that is not trusted, GitHub) it is still a text to read: letters in a table, boxes in a list.
"""

from __future__ import annotations

import functools
import hashlib
import math
import re
from html import escape
from importlib import resources

from janus_nb.events.fold import Segment
from janus_nb.view.boxes import Box, kinds_in
from janus_nb.view.marks import MEANING, Line, Listing
from janus_nb.view.model import Model, Tab, Table
from janus_nb.view.words import PHASES, duration, many

LEGEND = {"G": "graph", "S": "graph of its own", "U": "unrolled", "A": "assumed", "-": "assumed away", "E": "effect, replayed in order", "H": "by Python, for the graph",
          "C": "settled while making the graph", "P": "Python", "F": "fell back"}  # fmt: skip
COLOURS = {
    "G": "#17703c",
    "S": "#4f6f12",
    "U": "#17808a",
    "A": "#1d5fb4",
    "-": "#7b8794",
    "E": "#8a5a00",
    "H": "#7a5cb8",
    "C": "#7b8794",
    "P": "#7b8794",
    "F": "#b3361b",
}
"""Borders of lines where the style sheet is not there; they show on light and on dark ground."""

KINDS = {"profiled": "Python, profiled", "graph": "graph", "partial": "graphs for some lines", "compared": "Python, compared with the graph", "eager": "Python",
         "fallback": "fell back to Python"}  # fmt: skip


@functools.cache
def style() -> str:
    """The style sheet, without needless white space."""
    text = resources.files("janus_nb.view").joinpath("static/janus.css").read_text(encoding="utf-8")
    return re.sub(r"\s*\n\s*", "", text)


def render(model: Model) -> str:
    """The page of a report."""
    body = "".join((_say(model), _time(model), _iterations(model), _tabs(model), _two(model), *(_table(t) for t in model.tables)))
    name = "j" + hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()[:8]
    links = _links(model, name)
    return f'<style>{style()}{links}</style><div class="jn {name}" data-janus="{name}">{body.replace("@@", name)}</div>'


def place(listing: int, line: int) -> str:
    """The class of everything that belongs to a line."""
    return f"u{listing}l{line}"


def _links(model: Model, name: str) -> str:
    """Rules that link what belongs to a line, and show the version that is chosen."""
    there = dict.fromkeys(place(x.number, line.number) for x in model.listings for line in x.lines if line.marks)
    lit = ",".join(f".{name}:has(.{c}:hover,.{c}:focus-within) .{c}" for c in there)
    rules = f"{lit}{{background:var(--lit)!important}}" if lit else ""
    for i in range(len(model.tabs)):
        rules += f".{name}:has(#{name}t{i}:checked) .two .t{i}{{display:block}}"
    return (f".{name} .two .tab{{display:none}}" if len(model.tabs) > 1 else "") + rules


def _say(model: Model) -> str:
    first, *rest = model.sentences
    return "".join(f'<p class="{c}">{_ticks(s)}</p>' for c, s in (("lead", first), *(("more", s) for s in rest)))


def _ticks(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text, quote=False))


def _time(model: Model) -> str:
    total = sum(model.phases.values())
    if not total:
        return ""
    spans = "".join(
        f'<span class="{"thin" if s / total < 0.09 else ""}" style="flex:{max(s / total, 0.004):.4f};--c:var(--{what})" title="{PHASES[what]}: {duration(s)}">'
        f"{what if s / total >= 0.09 else ''}</span>"
        for what, s in model.phases.items()
    )
    key = "".join(f'<li style="--c:var(--{what})"><b>{duration(s)}</b> {PHASES[what]}</li> ' for what, s in model.phases.items())
    return f'<p class="h">Where the time went: {duration(total)}</p><div class="bar" role="img" aria-label="where the time went">{spans}</div><ul class="key">{key}</ul>'


def _iterations(model: Model) -> str:
    parts = []
    for track in model.tracks:
        total = sum(s.count for s in track.stretches)
        weights = [math.log2(1 + s.count) for s in track.stretches]
        scale, at, spans = sum(weights) or 1.0, 0, []
        for stretch, weight in zip(track.stretches, weights, strict=True):
            until = at + stretch.count
            label = _label(stretch, at, until, weight / scale)
            which = f" {stretch.version}" if stretch.version else ""
            title = f"{_range(at, until)}: {KINDS[stretch.kind]}{which}, {duration(stretch.seconds)}"
            spans.append(
                f'<span class="{"" if label else "thin"}" style="flex:{weight:.2f};--c:var(--{stretch.kind})" title="{title}">{label}</span>'
            )
            at = until
        counts: dict[str, int] = {}
        for stretch in track.stretches:
            counts[stretch.kind] = counts.get(stretch.kind, 0) + stretch.count
        key = "".join(f'<li style="--c:var(--{kind})"><b>{n:,}</b> {KINDS[kind]}</li> ' for kind, n in counts.items())
        head = f"{many(total, 'iteration')} of <code>{escape(track.title)}</code> in order"
        bar = f'<div class="bar" role="img" aria-label="iterations in order">{"".join(spans)}</div>'
        parts.append(f'<p class="h">{head} <span class="dim">(widths: logarithms)</span></p>{bar}<ul class="key">{key}</ul>')
    return "".join(parts)


def _label(stretch: Segment, first: int, end: int, share: float) -> str:
    """What stands in a stretch of the bar, as far as there is room."""
    what = f"v{stretch.version}" if stretch.version else "×" if stretch.kind == "fallback" else ""
    numbers = f"{first:,}" if end - first == 1 else f"{first:,}–{end - 1:,}"
    text = f"{what} · {numbers}" if what else numbers
    return text if share > 0.011 * len(text) else what if share > 0.03 else ""


def _range(first: int, end: int) -> str:
    return f"iteration {first:,}" if end - first == 1 else f"iterations {first:,} to {end - 1:,}"


# -- source and graph -----------------------------------------------------------------------------------------------------


def _tabs(model: Model) -> str:
    if len(model.tabs) < 2:
        return ""
    shown = model.shown
    labels = "".join(
        f'<label><input type="radio" name="@@v" id="@@t{i}"{" checked" if i == shown else ""}>{escape(tab.name)}</label> '
        for i, tab in enumerate(model.tabs)
    )
    return f'<div class="tabs" role="group" aria-label="graphs">{labels}</div>'


def _two(model: Model) -> str:
    if not model.listings:
        return ""
    source = "".join(_listing(x) for x in model.listings)
    used = [m for m in LEGEND if any(m in line.marks for x in model.listings for line in x.lines)]
    key = "".join(f'<li class="m-{"N" if m == "-" else m}"><b>{m}</b> {LEGEND[m]}</li> ' for m in used)
    graphs = "".join(_tab(i, tab, len(model.tabs)) for i, tab in enumerate(model.tabs))
    return f'<div class="two"><div>{source}<ul class="key">{key}</ul></div><div>{graphs}</div></div>'


def _listing(listing: Listing) -> str:
    most = max((line.ops for line in listing.lines), default=0)
    rows, skipped = [], 0
    shown = _shown(listing)
    for line in listing.lines:
        if line.number not in shown:
            skipped += 1
            continue
        if skipped:
            rows.append(_skip(skipped))
            skipped = 0
        rows.append(_row(listing.number, line, most))
    rows.append(_skip(skipped) if skipped else "")
    return f'<p class="h">{escape(listing.name)}</p><div class="src"><table><tbody>{"".join(rows)}</tbody></table></div>'


def _skip(count: int) -> str:
    return f'<tr class="skip"><td colspan="4">… {many(count, "line")} outside of any loop that was looked at</td></tr>'


def _shown(listing: Listing) -> set[int]:
    """Lines to show: all of a short text, those near marked lines of a long one."""
    numbers = [line.number for line in listing.lines]
    if len(numbers) <= 40:
        return {*numbers}
    near = {n + d for line in listing.lines if line.marks for n in (line.number,) for d in (-2, -1, 0, 1)}
    return near & {*numbers}


def _row(listing: int, line: Line, most: int) -> str:
    marks = "".join(line.marks)
    first = line.marks[0] if line.marks else ""
    css = f"r m-{'N' if first == '-' else first} {place(listing, line.number)}" if first else "r"
    meaning = "; ".join(MEANING[m] for m in line.marks)
    border = f' style="border-left:4px solid {COLOURS[first]}"' if first else ""
    reach = f' tabindex="0" title="{escape(meaning)}"' if first else ""
    ops = (
        ([f"×{line.rounds}"] if line.rounds else [])
        + ([many(line.ops, "op")] if line.ops else [])
        + ([many(line.falls, "fallback")] if line.falls else [])
    )
    code = escape(line.text, quote=False) or " "
    if first == "-":
        code = f"{code[: len(code) - len(code.lstrip())]}<s>{code.lstrip()}</s>"
    cells = f'<td class="m">{marks}</td><td class="n">{line.number}</td><td><pre>{code}</pre></td><td class="o">{" · ".join(ops)}</td>'
    notes = "".join(
        f'<tr class="w {place(listing, line.number)}"><td></td><td></td><td colspan="2"><span>↳ {escape(note, quote=False)}</span></td></tr>'
        for note in line.notes[:3]
    )
    return f'<tr class="{css}"{border}{reach}>{cells}</tr>{notes}'


def _tab(number: int, tab: Tab, tabs: int) -> str:
    layout, graph = tab.layout, tab.graph
    paths = f'<g marker-end="url(#@@m{number})">' + "".join(f'<path d="{d}"/>' for d in layout.paths) + "</g>"
    arrow = f'<marker id="@@m{number}" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0L6 3L0 6z"/></marker>'
    svg = f'<svg width="{layout.width}" height="{layout.height}" aria-hidden="true"><defs>{arrow}</defs>{paths}</svg>'
    boxes = "".join(_box(box, xy, tab) for box, xy in zip(graph.boxes, layout.places, strict=True))
    there = [box for box in graph.boxes if box.ops and box.listing >= 0]
    opened = "".join(_opened(box, max(2, 26 // max(len(there), tabs * 4))) for box in there)
    changes = "".join(f"<p>{_ticks(change)}</p>" for change in tab.changes)
    drawing = f'<div class="gr"><ol style="width:{layout.width}px;height:{layout.height}px">{svg}{boxes}</ol></div>'
    inside = f"<details><summary>What is in the boxes: {many(tab.ops, 'operation')}</summary>{opened}</details>" if opened else ""
    return f'<div class="tab t{number}"><p class="h">{escape(tab.title)}</p>{changes}{drawing}{inside}</div>'


def _box(box: Box, xy: tuple[int, int], tab: Tab) -> str:
    lines = range(box.lines[0], box.lines[1] + 1) if box.listing >= 0 else range(0)
    css = " ".join([box.role, *(place(box.listing, n) for n in lines)])
    where = f"{box.lines[0]}" + (f"–{box.lines[1]}" if box.lines[1] > box.lines[0] else "") if box.listing >= 0 else ""
    what = {"forward": "", "backward": "gradients · ", "update": "update · ", "check": "assertion · ", "effect": "effect · "}.get(box.role, "")
    count = many(len(box.ops), "op") if box.ops and box.listing >= 0 else ""
    rounds = f" ×{box.rounds}" if box.rounds else ""
    second = what + " ".join(x for x in (count + rounds, f"→ {box.spec}" if box.spec and box.listing >= 0 else box.spec) if x)
    to = [tab.graph.boxes[b] for a, b, _, _ in tab.graph.edges if a == box.number]
    feeds = ", ".join(f"line {b.lines[0]}" if b.listing >= 0 else b.title for b in to)
    title = f"{box.title}\n{kinds_in(box.ops, 6)}" + (f"\nfeeds {feeds}" if feeds else "")
    after = f'<span class="to"> feeds {escape(feeds)}</span>' if feeds else ""
    head = f"{where} {escape(box.title, quote=False)}" if where else escape(box.title, quote=False)
    size = f"left:{xy[0]}px;top:{xy[1]}px"
    return f'<li class="box {css}" tabindex="0" style="{size}" title="{escape(title)}"><b>{head}</b><i>{escape(second, quote=False)}</i>{after}</li>'


def _opened(box: Box, most: int) -> str:
    scopes = box.detail
    rows = "".join(
        f"<tr><td>{escape(name or 'the line itself')}</td><td>{n}</td><td>{escape(kinds)}</td><td>{escape(spec)}</td></tr>"
        for name, n, kinds, spec in scopes[:most]
        if kinds
    )
    left = scopes[most:]
    if left:
        rows += f'<tr><td colspan="4">… {many(len(left), "more scope")}, {many(sum(n for _, n, _, _ in left), "operation")}</td></tr>'
    if not rows:
        return ""
    kind = {"forward": ""}.get(box.role, f" ({'gradients' if box.role == 'backward' else box.role})")
    head = f"line {box.lines[0]}{kind}: {many(len(box.ops), 'operation')}"
    return f'<details><summary>{escape(head)}</summary><div class="scroll"><table><tr><th>scope</th><th>ops</th><th>kinds</th><th>result</th></tr>{rows}</table></div></details>'


def _table(table: Table) -> str:
    heads = "".join(f"<th>{h}</th>" for h in table.heads)
    body = "".join(
        f'<tr class="{escape(row.css)}"{_reach(row.css)}>' + "".join(f"<td>{_ticks(c)}</td>" for c in row.cells) + "</tr>" for row in table.rows[:20]
    )
    if len(table.rows) > 20:
        body += f'<tr><td colspan="{len(table.heads)}">… {many(len(table.rows) - 20, "more row")}</td></tr>'
    state = " open" if table.open else ""
    return f'<details{state}><summary>{escape(table.title)}</summary><div class="scroll"><table><tr>{heads}</tr>{body}</table></div></details>'


def _reach(css: str) -> str:
    return ' tabindex="0"' if css else ""


__all__ = ["place", "render", "style"]
