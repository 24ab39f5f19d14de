"""The live view: a small widget that follows the cell while it runs.

Everything a reader does while the kernel is busy (opening the list of fallbacks) happens in the browser.
"""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from janus_nb.events.fold import RegionView, View

_SCRIPT = """
const row = (label, count, colour, total) =>
  `<div class="jl-row"><span class="jl-label">${label}</span><span class="jl-bar"><i style="width:${total ? 100 * count / total : 0}%;` +
  `background:${colour}"></i></span><span class="jl-count">${count}</span></div>`;
const escape = text => text.replace(/[&<>"]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}[c]));
function render({ model, el }) {
  const box = document.createElement("div");
  box.className = "janus-live";
  el.appendChild(box);
  const draw = () => {
    const s = model.get("state");
    const open = box.querySelector("details")?.open;
    box.innerHTML = (s.regions || []).map(r => {
      const total = r.profiled + r.graph + r.eager;
      const falls = r.fallbacks.length
        ? `<details${open ? " open" : ""}><summary>${r.fallbacks.length} fallbacks</summary>${r.fallbacks.map(f => `<div>${escape(f)}</div>`).join("")}</details>`
        : "";
      return `<div class="jl-head"><b>JANUS</b> <span class="jl-status">${escape(r.status)}</span> <code>${escape(r.title)}</code>` +
        `<span class="jl-speed">${escape(r.speed)}</span></div>` + row("profiled", r.profiled, "#6c8ebf", total) +
        row("graph", r.graph, "#2c9a57", total) + row("Python", r.eager, "#8a99a8", total) + falls;
    }).join("");
  };
  model.on("change:state", draw);
  draw();
  return () => model.off("change:state", draw);
}
export default { render };
"""

_STYLE = """
.janus-live{font:13px/1.4 system-ui,sans-serif;color:#1c2733;background:#fff;border:1px solid #d5dce4;border-radius:8px;padding:8px 12px;max-width:700px}
.janus-live .jl-head{margin-bottom:4px}.janus-live .jl-status{background:#eef2f6;border-radius:10px;padding:1px 8px;margin:0 6px}
.janus-live .jl-speed{float:right;color:#1f7a4d;font-weight:600}
.janus-live .jl-row{display:flex;align-items:center;gap:8px;height:18px}.janus-live .jl-label{width:60px;color:#556}
.janus-live .jl-bar{flex:1;background:#eef2f6;border-radius:4px;height:9px;overflow:hidden}
.janus-live .jl-bar i{display:block;height:100%}.janus-live .jl-count{width:70px;text-align:right;font-variant-numeric:tabular-nums}
"""


class LiveView(anywidget.AnyWidget):  # type: ignore[misc]
    """Progress of the running cell: iterations by how they ran, speed, fallbacks."""

    _esm = _SCRIPT
    _css = _STYLE
    state = traitlets.Dict({}).tag(sync=True)

    def show(self, view: View) -> None:
        """Bring the widget up to date."""
        shown = [r for r in view.regions.values() if not r.only_starts_others]
        self.state = {"regions": [describe(r) for r in shown[-3:]]}


def describe(region: RegionView) -> dict[str, Any]:
    """What the widget shows of a region, as JSON-able data."""
    if region.working:
        status = region.working
    elif region.retired or (region.declined and not region.versions):
        status = "stays in Python"
    elif region.graph:
        status = f"graph {region.versions[-1].version}" if region.versions else "graph from an earlier run"
    elif region.versions:
        status = "verifying"
    else:
        status = "profiling"
    speed = ""
    if region.graph_each:
        speed = f"{1 / region.graph_each:,.0f} iterations/s"
        if region.eager_each:
            speed += f" ({region.eager_each / region.graph_each:.0f}x)"
    fallbacks = [
        f"iteration {f.iteration}, line {f.span.line if f.span else '?'}: {f.expected}; observed: {f.observed}" for f in region.fallbacks[-50:]
    ]
    return {
        "title": region.title, "profiled": region.profiled, "graph": region.graph, "eager": region.eager,
        "status": status, "speed": speed, "fallbacks": fallbacks,
    }  # fmt: skip
