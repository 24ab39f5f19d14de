"""The graph in Graphviz' language: operations collapsed by scope and source line.

sequential/dense/MatMul, sequential/dense/BiasAdd   ->   one node "sequential/dense" (2 operations)
Mul, Sub that came from line 7                      ->   one node "line 7" (2 operations)
"""

from __future__ import annotations

from dataclasses import dataclass, field

import graphviz

from janus_nb.events.fold import View
from janus_nb.events.types import Generated, OpInfo

FILL = {"input": "#e8eef7", "scope": "#dcefdc", "line": "#fdf3d8", "gradient": "#f3e3f3"}
_QUIET = {"Const", "NoOp"}


@dataclass(slots=True)
class Group:
    """Operations drawn as one node."""

    key: str
    label: str
    fill: str
    kinds: dict[str, int] = field(default_factory=dict)
    line: int | None = None


def newest(view: View) -> Generated | None:
    """The graph to draw: the newest version of the region with most graph iterations."""
    regions = [r for r in view.regions.values() if r.versions]
    return max(regions, key=lambda r: r.graph).versions[-1] if regions else None


def graph_of(view: View) -> str:
    """DOT text of the newest graph; an empty graph if there is none."""
    generated = newest(view)
    return draw(generated) if generated is not None else "digraph janus {}\n"


def draw(generated: Generated) -> str:
    """DOT text of a generated graph."""
    groups: dict[str, Group] = {}
    owner: dict[str, str] = {}
    for op in generated.ops:
        if op.kind in _QUIET:
            continue
        group = _group(op)
        known = groups.setdefault(group.key, group)
        known.kinds[op.kind] = known.kinds.get(op.kind, 0) + 1
        owner[op.name] = known.key
    dot = graphviz.Digraph("janus")
    dot.attr(rankdir="TB", nodesep="0.2", ranksep="0.3", bgcolor="transparent")
    dot.attr("node", shape="box", style="rounded,filled", fontname="Helvetica", fontsize="10", margin="0.10,0.05", color="#667788")
    dot.attr("edge", color="#8899aa", arrowsize="0.6")
    identifiers = {key: f"g{i}" for i, key in enumerate(groups)}
    for key, group in groups.items():
        count = sum(group.kinds.values())
        kinds = ", ".join(f"{k} x{n}" if n > 1 else k for k, n in sorted(group.kinds.items(), key=lambda item: -item[1])[:12])
        label = f"{group.label}\n{count} operation{'s' if count > 1 else ''}" if group.fill != "input" else group.label
        classes = f"janus-op line{group.line}" if group.line else "janus-op"
        dot.node(identifiers[key], label=label, fillcolor=FILL[group.fill], tooltip=kinds, id=identifiers[key], **{"class": classes})
    edges: dict[tuple[str, str], int] = {}
    for op in generated.ops:
        target = owner.get(op.name)
        for source_name in op.inputs:
            source = owner.get(source_name)
            if source and target and source != target:
                edges[source, target] = edges.get((source, target), 0) + 1
    for (source, target), count in edges.items():
        dot.edge(identifiers[source], identifiers[target], tooltip=f"{count} tensors")
    return str(dot.source)


def _group(op: OpInfo) -> Group:
    if op.kind == "Placeholder":
        name = op.name.rpartition("/")[2].rstrip("0123456789").rstrip("_")
        label = {
            "variable": "variables",
            "data": "data",
            "feed": "fed values",
            "carry": "carried state",
            "invariant": "constants of the call",
            "op_seed": "random seeds",
        }.get(name, "captured tensors")
        return Group(f"input {label}", label, "input")
    parts = op.name.split("/")[:-1]
    line = op.span.line if op.span else None
    if parts and parts[0] == "gradient_tape":
        scope = "/".join(parts[1:3]) or "tape"
        return Group(f"gradient {scope}", f"gradient of {scope}", "gradient", line=line)
    if parts:
        scope = "/".join(parts[:2])
        return Group(f"scope {scope}", scope, "scope", line=line)
    if line is not None:
        return Group(f"line {line}", f"line {line}", "line", line=line)
    return Group("other", "state and checks", "input")
