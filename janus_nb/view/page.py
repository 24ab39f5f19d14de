"""The static view: self-contained HTML without scripts, for saved notebooks, GitHub, nbviewer and phones."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from janus_nb.events.fold import RegionView, View
from janus_nb.view.marks import MEANING, PLAIN, Line, listings
from janus_nb.view.picture import svg
from janus_nb.view.text import summary

STYLE = """
.janus{font:13px/1.45 system-ui,sans-serif;color:#1c2733;background:#fff;border:1px solid #d5dce4;border-radius:8px;
padding:10px 14px;margin:6px 0;max-width:1100px}
.janus h4{margin:12px 0 4px;font-size:13px}.janus table{border-collapse:collapse;font-size:12px;width:100%}
.janus td,.janus th{border-bottom:1px solid #e6ebf0;padding:3px 8px;text-align:left;vertical-align:top;color:#1c2733;background:#fff}
.janus .head{display:flex;flex-wrap:wrap;gap:6px;align-items:center}
.janus .tag{border-radius:10px;padding:1px 9px;font-size:12px;background:#eef2f6;color:#1c2733}
.janus .gain{background:#1f7a4d;color:#fff}.janus .warn{background:#b5541c;color:#fff}
.janus pre{margin:0;padding:0;background:none;color:#1c2733;font:12px/1.5 ui-monospace,Menlo,Consolas,monospace}
.janus .code{border:1px solid #e6ebf0;border-radius:6px;overflow-x:auto;padding:4px 0;margin-top:4px}
.janus .code div{white-space:pre;padding:0 8px;border-left:5px solid transparent}
.janus .code .graph{background:#e7f5ea;border-left-color:#2c9a57}.janus .code .effect{background:#fff5dd;border-left-color:#d99a1c}
.janus .code .imperative{background:#eef1f5;border-left-color:#8a99a8}
.janus .code .n{color:#8291a0;display:inline-block;width:3em;text-align:right;margin-right:1em}
.janus .code .note{color:#a3440f;padding-left:5.2em}
.janus .scroll{overflow:auto;max-height:520px;border:1px solid #e6ebf0;border-radius:6px;padding:4px;background:#fff}
.janus .scroll svg{max-width:100%;height:auto}.janus details{margin-top:6px}.janus summary{cursor:pointer;font-weight:600}
.janus .key span{border-left:5px solid;padding:0 10px 0 4px;font-size:12px}
"""
COLOUR = {"profiled": "#6c8ebf", "graph": "#2c9a57", "partial": "#8fbf7a", "eager": "#8a99a8", "fallback": "#d0542a"}


def render(view: View) -> str:
    """The whole report as HTML."""
    parts = [f"<style>{STYLE}</style>", '<div class="janus">', _head(view)]
    for name, lines in listings(view):
        parts.append(_listing(name, lines))
    for region in view.regions.values():
        parts.append(_region(region))
    if any(r.versions for r in view.regions.values()):
        parts.append(f'<details open><summary>Graph</summary><div class="scroll">{svg(view)}</div></details>')
    parts.append("</div>")
    return "\n".join(p for p in parts if p)


def _head(view: View) -> str:
    c = view.counts
    tags = [f"<b>JANUS</b> {escape(view.cell.name) if view.cell else ''}"]
    if not view.regions:
        return f'<div class="head">{tags[0]}<span class="tag">{escape(summary(view))}</span></div>'
    for region in view.regions.values():
        if region.kind != "segment" and region.graph_each and region.eager_each and region.eager_each > region.graph_each:
            ratio = region.eager_each / region.graph_each
            tags.append(f'<span class="tag gain">{ratio:.0f}x: {_time(region.eager_each)} &rarr; {_time(region.graph_each)} an iteration</span>')
    tags += [
        f'<span class="tag">{c["profiled"]} profiled</span>',
        f'<span class="tag">{c["graph"]} in graphs</span>',
        f'<span class="tag">{c["eager"]} in Python</span>',
    ]
    if c["partial"]:
        tags.insert(-1, f'<span class="tag">{c["partial"]} in segments</span>')
    if c["aborts"]:
        tags.append(f'<span class="tag warn">{c["aborts"]} fallback{"s" if c["aborts"] > 1 else ""}</span>')
    if c["rejected"]:
        tags.append(f'<span class="tag warn">{c["rejected"]} rejected</span>')
    key = "".join(
        f'<span style="border-color:{colour}">{MEANING[mark]}</span>'
        for mark, colour in (("graph", "#2c9a57"), ("effect", "#d99a1c"), ("imperative", "#8a99a8"))
    )
    return f'<div class="head">{"".join(tags)}</div><div class="key">{key}</div>'


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} &micro;s"


def _listing(name: str, lines: list[Line]) -> str:
    rows = []
    for line in lines:
        css = f' class="{line.mark}" title="{MEANING[line.mark]}"' if line.mark != PLAIN else ""
        rows.append(f'<div{css}><span class="n">{line.number}</span>{escape(line.text) or " "}</div>')
        rows.extend(f'<div class="note">&#9650; {escape(note)}</div>' for note in line.notes)
    return f'<h4>{escape(name)}</h4><pre class="code">{"".join(rows)}</pre>'


def _region(region: RegionView) -> str:
    if region.only_starts_others:
        return ""
    parts = [
        f"<h4>{escape(region.kind)} at {escape(region.unit)}, line {region.span.line}: <code>{escape(region.title)}</code></h4>",
        _timeline(region),
    ]
    if region.versions:
        generated = region.versions[-1]
        rows = [(str(a.span.line) if a.span else "", a.text, a.checked, a.evidence) for a in generated.assumptions]
        title = f"{len(rows)} assumptions of graph {generated.version} ({len(generated.ops)} operations)"
        parts.append(f"<details><summary>{title}</summary>{_table(('line', 'assumption', 'checked', 'evidence'), rows)}</details>")
        programs = "\n".join(p for p in generated.programs if "return ()" not in p)
        if programs:
            parts.append(f"<details><summary>The host's part</summary><pre>{escape(programs)}</pre></details>")
    if region.backends:
        chosen = [(str(b.version), b.backend, b.why) for b in region.backends]
        parts.append(f"<details><summary>Run by {escape(chosen[-1][1])}</summary>{_table(('graph', 'backend', 'why'), chosen)}</details>")
    if region.fallbacks:
        rows = [(str(f.iteration), str(f.span.line) if f.span else "", f.expected, f.observed) for f in region.fallbacks[:50]]
        parts.append(
            f"<details open><summary>{len(region.fallbacks)} fallbacks</summary>{_table(('iteration', 'line', 'expected', 'observed'), rows)}</details>"
        )
    if region.misses:
        parts.append(
            f"<details><summary>{len(region.misses)} misses</summary>{_table(('nearest graph',), [(m,) for m in region.misses[:50]])}</details>"
        )
    if region.declined:
        refused = [(d.code, str(d.span.line) if d.span else "", d.title + (f": {d.detail}" if d.detail else ""), d.hint) for d in region.declined]
        parts.append(_table(("code", "line", "not converted", "hint"), refused))
    for rejected in region.rejected:
        parts.append(f'<p><span class="tag warn">rejected</span> graph {rejected.version}: {escape(rejected.what)}</p>')
    if region.retired:
        parts.append(f"<p>{region.retired.code} {escape(region.retired.title)}: {escape(region.retired.detail)}</p>")
    parts.extend(f"<p>internal error in the {escape(e.where)}: {escape(e.error)}</p>" for e in region.errors)
    return "\n".join(parts)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{h}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _timeline(region: RegionView) -> str:
    """Iterations in order, one bar; each stretch at least three pixels wide."""
    total = sum(s.count for s in region.timeline)
    if not total:
        return ""
    width, x, parts = 720.0, 0.0, []
    shown = region.timeline[:200]
    for segment in shown:
        w = max(3.0, width * segment.count / total * 0.9)
        title = f"{segment.count} {segment.kind}, {segment.seconds * 1e3:.1f} ms"
        parts.append(f'<rect x="{x:.1f}" y="0" width="{w:.1f}" height="14" fill="{COLOUR[segment.kind]}"><title>{title}</title></rect>')
        x += w + 0.5
    legend = " ".join(
        f'<tspan fill="{COLOUR[k]}">&#9632;</tspan> {k}'
        for k in ("profiled", "graph", "partial", "eager", "fallback")
        if any(s.kind == k for s in shown)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{max(x, 300):.0f}" height="34" role="img" aria-label="timeline of iterations">'
        f'{"".join(parts)}<text x="0" y="29" font-size="11" font-family="Helvetica" fill="#445">{legend}</text></svg>'
    )
