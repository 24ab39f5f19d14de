"""The view model: everything that the page, the widget, the text and the document show, as one value.

`model_of` is a pure function of the folded events; `as_data` is its JSON form (`"janus": 2`), which the script of the
document and the widget reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from janus_nb.events.fold import RegionView, Segment, View
from janus_nb.events.types import AssumptionInfo, Declined, Generated
from janus_nb.reasons import REASONS
from janus_nb.span import Span
from janus_nb.view.boxes import Graph, graph_of
from janus_nb.view.layout import Layout, lay_out
from janus_nb.view.marks import Listing, ends_loop, listings, spans_in_graph
from janus_nb.view.words import counted, duration, fallbacks, main_regions, many, phases, sentences

VERSION = 2
MAX_TABS = 10
MAX_STRETCHES = 40
QUIET = ("JN407", "JN408")
LIBRARY = ("module", "type", "function", "builtin_function_or_method", "ABCMeta", "method", "ufunc")
"""Types of what names of libraries hold: told of in one row."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a table; `css` links it with its line, and `source` shows the place with carets, for readers of plain text."""

    cells: tuple[str, ...]
    css: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[Entry, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """The iterations of a loop, in order."""

    title: str
    stretches: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Tab:
    """A graph version that has committed iterations."""

    name: str
    title: str
    region: int
    version: int
    iterations: int
    ops: int
    graph: Graph
    layout: Layout
    changes: tuple[str, ...]
    generated: Generated


@dataclass(slots=True)
class Model:
    """What is shown of a run."""

    name: str
    sentences: list[str]
    phases: dict[str, float]
    tracks: list[Track]
    listings: list[Listing]
    tabs: list[Tab]
    shown: int
    tables: list[Table]
    error: str | None = None
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)


def model_of(view: View) -> Model:
    """The model of what has happened so far."""
    texts = listings(view)
    tabs = _tabs(view, texts)
    main = max(range(len(tabs)), key=lambda i: (tabs[i].version if tabs[i].region == tabs[0].region else 0, -i)) if tabs else 0
    return Model(
        name=view.cell.name if view.cell is not None else "",
        sentences=sentences(view),
        phases=phases(view),
        tracks=[Track(r.title.rstrip(":"), _stretches(r.timeline)) for r in main_regions(view) if r.iterations][:4],
        listings=texts,
        tabs=tabs,
        shown=main,
        tables=[t for t in _tables(view, texts, tabs) if t.rows],
        error=view.finished.error if view.finished is not None else None,
        seconds=view.finished.seconds if view.finished is not None else 0.0,
        counts=view.counts,
    )


def _stretches(timeline: Sequence[Segment]) -> tuple[Segment, ...]:
    """At most `MAX_STRETCHES`: neighbours are taken together, under the kind that most of their iterations have."""
    size = -(-len(timeline) // MAX_STRETCHES)
    if size <= 1:
        return tuple(timeline)
    found = []
    for i in range(0, len(timeline), size):
        part = timeline[i : i + size]
        most = max(part, key=lambda s: s.count)
        found.append(Segment(most.kind, sum(s.count for s in part), sum(s.seconds for s in part), most.version))
    return tuple(found)


# -- graphs --------------------------------------------------------------------------------------------------------------


def _tabs(view: View, texts: list[Listing]) -> list[Tab]:
    found: list[Tab] = []
    regions = sorted((r for r in view.regions.values() if r.used), key=lambda r: (r.kind == "segment", -r.graph))
    alone = len(regions) == 1
    for region in regions:
        before: Generated | None = None
        for generated in region.used:
            if len(found) < MAX_TABS:
                found.append(_tab(region, generated, before, texts, alone))
            before = generated
    return found


def _tab(region: RegionView, generated: Generated, before: Generated | None, texts: list[Listing], alone: bool) -> Tab:
    count = region.committed[generated.version]
    graph = graph_of(generated, texts)
    where = _lines(region.span)
    unit = "call" if region.kind == "function" else "iteration"
    name = f"graph {generated.version}" + (f" · {_when(region, generated.version)}" if alone else f" of {where}")
    title = f"Graph {generated.version} of {where}: {many(len(generated.ops), 'operation')}, {many(count, unit)} in it"
    changes = tuple(_changes(before, generated, texts)) if before is not None else ()
    return Tab(name, title, region.number, generated.version, count, len(generated.ops), graph, lay_out(graph), changes, generated)


def _when(region: RegionView, version: int) -> str:
    """Between which iterations a version ran."""
    at, first, last = 0, -1, -1
    for stretch in region.timeline:
        if stretch.version == version:
            first = at if first < 0 else first
            last = at + stretch.count - 1
        at += stretch.count
    return f"iterations {first:,} to {last:,}" if first >= 0 else f"{region.committed[version]:,} iterations"


def _lines(span: Span) -> str:
    return f"line {span.line}" if span.line == span.end_line else f"lines {span.line}–{span.end_line}"


def _changes(before: Generated, now: Generated, texts: list[Listing]) -> Iterable[str]:
    """What a new version has that the one before did not have, by line."""
    was, has = ({(s.file, s.line) for s in (*spans_in_graph(g), *g.lowered_spans)} for g in (before, now))
    added, gone = sorted(line for _, line in has - was), sorted(line for _, line in was - has)
    if added:
        yield f"+ in the graph now: line {', '.join(map(str, added))}"
    if gone:
        yield f"− no longer in it: line {', '.join(map(str, gone))}"
    kept = {(a.span, a.text) for a in now.assumptions}
    for assumption in before.assumptions:
        if (assumption.span, assumption.text) not in kept and assumption.kind in ("branch", "trips", "value", "type", "guard"):
            yield f"− dropped: {_at(assumption.span)}{_named(assumption.text, assumption.span, texts)}"
    known = {(a.span, a.text) for a in before.assumptions}
    for assumption in now.assumptions:
        if (assumption.span, assumption.text) not in known and assumption.kind in ("branch", "trips", "value", "type"):
            yield f"+ assumed: {_at(assumption.span)}{_named(assumption.text, assumption.span, texts)}"


def _named(text: str, span: Span | None, texts: list[Listing]) -> str:
    """The condition and the loop by their own text: "`loss > 5.0` is False"."""
    if span is None or not ("the condition " in text or text.startswith("the loop runs ")):
        return text
    listing = next((x for x in texts if x.file == span.file and x.line(span.line) is not None), None)
    line = listing.line(span.line) if listing is not None else None
    if line is None or span.end_line != span.line or span.end_col > len(line.text):
        return text
    own = f"`{line.text[span.col : span.end_col]}`"
    return re.sub(r"^the loop runs (\d+) times$", rf"{own.replace(chr(92), '')} has \1 rounds", text.replace("the condition", own))


def _at(span: Span | None) -> str:
    return f"line {span.line}: " if span is not None else ""


# -- tables --------------------------------------------------------------------------------------------------------------


def _tables(view: View, texts: list[Listing], tabs: list[Tab]) -> Iterable[Table]:
    regions = list(view.regions.values())
    yield _rejected(regions)
    yield _fallbacks(regions, texts)
    yield _refusals(regions, texts)
    for region in sorted((r for r in regions if r.used), key=lambda r: (r.kind == "segment", -r.graph))[:3]:
        yield _assumptions(region, region.used[-1], texts)
    misses = counted(m for r in regions for m in r.misses)
    yield Table("Entries at which no graph fitted", ("times", "the nearest graph"), tuple(Entry((str(n), text)) for text, n in misses))
    yield _history(regions)


def _link(span: Span | None, texts: list[Listing]) -> str:
    """The class that links a row with its line."""
    if span is None:
        return ""
    listing = next((x for x in texts if x.file == span.file and x.line(span.line) is not None), None)
    return f"u{listing.number}l{span.line}" if listing is not None else ""


def _fallbacks(regions: list[RegionView], texts: list[Listing]) -> Table:
    rows = []
    for region in regions:
        relaxed = {(r.assumption, r.span) for r in region.relaxed}
        for row in fallbacks(f for f in region.fallbacks if not ends_loop(f)):
            then = "the next graph does without it" if (row.text, row.span) in relaxed else "Python ran the iteration"
            assumed, found = _named(row.text, row.span, texts), _named(row.observed, row.span, texts)
            rows.append(Entry((row.when, str(row.span.line) if row.span else "", assumed, found, then), _link(row.span, texts)))
    count = sum(not ends_loop(f) for r in regions for f in r.fallbacks)
    return Table(f"Where Python took over: {many(count, 'iteration')}", ("when", "line", "assumed", "found", "then"), tuple(rows), True)


def _refusals(regions: list[RegionView], texts: list[Listing]) -> Table:
    found: dict[tuple[str, int, str], tuple[Declined, int]] = {}
    for region in regions:
        for declined in region.declined:
            if declined.code not in QUIET:
                key = (declined.code, declined.span.line if declined.span else 0, declined.detail)
                found[key] = (declined, found.get(key, (declined, 0))[1] + 1)
    rows = []
    for declined, _ in found.values():
        what = declined.title + (f": {declined.detail}" if declined.detail else "")
        reason = REASONS.get(declined.code)
        why = (reason.why if reason is not None else "") + (f" {declined.hint}" if declined.hint else "")
        where = str(declined.span.line) if declined.span else ""
        rows.append(Entry((declined.code, where, what, why), _link(declined.span, texts), _carets(declined.span, texts)))
    for region in regions:
        if region.retired is not None and (region.kind != "segment" or region.committed):
            link = _link(region.span, texts)
            rows.append(Entry((region.retired.code, str(region.span.line), region.retired.title, region.retired.detail), link))
    return Table("What stays in Python, and why", ("code", "line", "what", "why, and what to do"), tuple(rows), True)


def _carets(span: Span | None, texts: list[Listing]) -> str:
    """The place in the text, with carets under it."""
    listing = next((x for x in texts if span is not None and x.file == span.file and x.line(span.line) is not None), None)
    if span is None or listing is None:
        return ""
    shown = span.render("\n" * (listing.first - 1) + "\n".join(line.text for line in listing.lines))
    return "\n".join(row for row in shown.splitlines() if row.strip(" |0123456789") or ">" in row)


def _rejected(regions: list[RegionView]) -> Table:
    rows = [Entry(("thrown away", str(e.version), f"the graph disagreed with Python: {e.what}")) for r in regions for e in r.rejected]
    rows += [Entry(("internal error", "", f"in the {e.where}: {e.error}")) for r in regions for e in r.errors]
    return Table("What went wrong in JANUS; the result is Python's", ("", "graph", "what"), tuple(rows), True)


def _assumptions(region: RegionView, generated: Generated, texts: list[Listing]) -> Table:
    rows: list[Entry] = []
    same: dict[Span | None, list[str]] = {}
    library: list[str] = []
    for assumption in generated.assumptions:
        name, _, what = assumption.text.partition(" is ")
        if assumption.kind == "guard" and what.removeprefix("the same ") in LIBRARY:
            library.append(name.rpartition(".")[2] or name)
            continue
        if assumption.kind == "guard" and what.startswith("the same "):
            same.setdefault(assumption.span, []).append(name)
            continue
        rows.append(
            Entry(
                (
                    str(assumption.span.line) if assumption.span else "",
                    _named(_words(assumption), assumption.span, texts),
                    assumption.checked,
                    assumption.evidence,
                ),
                _link(assumption.span, texts),
            )
        )
    for span, names in same.items():
        which = ", ".join(f"`{n}`" for n in dict.fromkeys(names))
        text = f"{which} {'is the same object' if len(set(names)) == 1 else 'are the same objects'}"
        rows.append(Entry((str(span.line) if span else "", text, "before each call", "seen while the graph was made"), _link(span, texts)))
    if library:
        known = ", ".join(f"`{n}`" for n in sorted(dict.fromkeys(library)))
        rows.append(Entry(("", f"what libraries provide is what it was: {known}", "before each call", "seen while the graph was made")))
    inside = {"inside the graph": 0, "per iteration, before": 1, "at replay": 2}
    rows.sort(key=lambda e: (inside.get(e.cells[2], 3), int(e.cells[0] or 0)))
    merged = tuple(Entry((*cells[:1], cells[1] + (f" ({n} times)" if n > 1 else ""), *cells[2:]), css) for (cells, css), n in _equal(rows))
    title = f"What graph {generated.version} of {_lines(region.span)} assumes: {many(len(generated.assumptions), 'assumption')}"
    return Table(title, ("line", "assumption", "checked", "on what evidence"), merged)


def _equal(rows: list[Entry]) -> list[tuple[tuple[tuple[str, ...], str], int]]:
    found: dict[tuple[tuple[str, ...], str], int] = {}
    for row in rows:
        found[row.cells, row.css] = found.get((row.cells, row.css), 0) + 1
    return list(found.items())


def _words(assumption: AssumptionInfo) -> str:
    name, _, what = assumption.text.partition(" is ")
    if name.startswith("settings of ") and what.endswith(" settings"):
        return f"{name} are unchanged ({what})"
    return assumption.text


def _history(regions: list[RegionView]) -> Table:
    rows = []
    for region in regions:
        for generated in region.versions:
            if not region.committed and region.kind == "segment":
                continue
            kept = generated in region.reused
            compared = [v.compared for v in region.verified if v.version == generated.version]
            backend = next((f"{b.backend}: {b.why}" for b in reversed(region.backends) if b.version == generated.version), "")
            rows.append(
                Entry((
                    f"{generated.version} of {_lines(region.span)}",
                    "kept from an earlier run" if kept else f"made in {duration(generated.seconds)}",
                    many(len(generated.ops), "operation"),
                    f"{many(len(compared), 'time')}, {sum(compared):,} values" if compared else "",
                    f"{region.committed.get(generated.version, 0):,}",
                    backend,
                ))
            )  # fmt: skip
    tried = sum(r.kind == "segment" and not r.committed for r in regions)
    title = "How the graphs came about" + (f" ({many(tried, 'other segment')} tried and not used)" if tried else "")
    return Table(title, ("graph", "", "size", "compared with Python", "iterations", "run by"), tuple(rows))


# -- JSON ----------------------------------------------------------------------------------------------------------------


def as_data(model: Model, operations: bool = True) -> dict[str, Any]:
    """The model as JSON-able data; with every operation, or without."""
    return {
        "janus": VERSION,
        "cell": {"name": model.name, "error": model.error, "seconds": model.seconds},
        "sentences": model.sentences,
        "phases": model.phases,
        "counts": model.counts,
        "tracks": [{"title": t.title, "stretches": [[s.kind, s.count, round(s.seconds, 6), s.version] for s in t.stretches]} for t in model.tracks],
        "units": [
            {
                "name": x.name,
                "first": x.first,
                "lines": [{"n": n.number, "text": n.text, "marks": "".join(n.marks), "ops": n.ops, "notes": n.notes} for n in x.lines],
            }
            for x in model.listings
        ],
        "graphs": [_tab_data(t, operations) for t in model.tabs],
        "tables": [{"title": t.title, "heads": t.heads, "rows": [[*r.cells] for r in t.rows]} for t in model.tables],
    }


def _tab_data(tab: Tab, operations: bool) -> dict[str, Any]:
    nodes = [
        {"role": b.role, "unit": b.listing, "lines": b.lines, "title": b.title, "count": len(b.ops), "spec": b.spec, "x": x, "y": y}
        for b, (x, y) in zip(tab.graph.boxes, tab.layout.places, strict=True)
    ]
    data: dict[str, Any] = {
        "name": tab.name, "title": tab.title, "version": tab.version, "iterations": tab.iterations, "changes": tab.changes,
        "width": tab.layout.width, "height": tab.layout.height, "nodes": nodes, "edges": tab.graph.edges, "paths": tab.layout.paths,
    }  # fmt: skip
    if operations:
        specs: dict[str, int] = {}
        kinds: dict[str, int] = {}
        place = {op.name: i for i, op in enumerate(op for b in tab.graph.boxes for op in b.ops)}
        data["operations"] = [
            [
                b.number,
                _short(op.name),
                kinds.setdefault(op.kind, len(kinds)),
                specs.setdefault(op.spec, len(specs)),
                [place[n] for n in op.inputs if n in place],
            ]
            for b in tab.graph.boxes
            for op in b.ops
        ]
        data["kinds"], data["specs"] = list(kinds), list(specs)
    return data


def _short(name: str) -> str:
    """An operation's name without what every gradient's name begins with."""
    return name.replace("gradient_tape/", "∇/").replace("gradient_tape_", "∇")


__all__ = ["Entry", "Model", "Tab", "Table", "Track", "as_data", "model_of"]
