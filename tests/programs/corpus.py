"""The corpus: all programs by topic, and what JANUS made of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.programs import (
    control_flow,
    effects,
    everyday,
    exceptions,
    found,
    functions,
    heap,
    idioms,
    independent,
    independent_cells,
    independent_data,
    keras_programs,
    keras_training,
    language,
    library,
    notebooks_style,
    numbers,
    objects,
    partial,
    recipes,
    recursion,
    sources,
    spanning_layers,
    spanning_tapes,
    tapes,
    text_and_types,
    traps,
    violations,
)
from tests.programs.harness import Program

TOPICS = (
    control_flow, effects, everyday, exceptions, found, functions, heap, idioms, independent, independent_cells, independent_data, keras_programs, keras_training, language, library, notebooks_style, numbers, objects, partial, recipes, recursion, sources,
    spanning_layers, spanning_tapes, tapes, text_and_types, traps, violations,
)  # fmt: skip
ALL: dict[str, Program] = {f"{t.__name__.rpartition('.')[2]}.{name}": p for t in TOPICS for name, p in t.PROGRAMS.items()}


@dataclass(frozen=True)
class Row:
    """What became of one program.

    Attributes:
        name: Topic and name.
        doc: What it shows.
        mode: "whole", "partial" or "imperative".
        reasons: Codes and details of what was left to Python.
    """

    name: str
    doc: str
    mode: str
    reasons: tuple[str, ...]


def row_of(name: str, report: Any) -> Row:
    """Classify a run by its report."""
    counts = report.counts
    mode = "partial" if counts["partial"] else "whole" if counts["graph"] else "imperative"
    told = [d for region in report.regions for d in region.declined if d.code not in ("JN406", "JN407")]
    reasons = dict.fromkeys(f"{d.code} {d.detail or d.title}" for d in told)
    retired = [r.retired for r in report.regions if r.retired is not None and r.kind != "segment"]
    reasons.update(dict.fromkeys(f"{r.code} {r.title}" for r in retired))
    return Row(name, ALL[name].doc, mode, tuple(reasons))


def page(rows: list[Row]) -> str:
    """`docs/coverage.md`, from a run of the whole corpus."""
    total = len(rows)
    count = {mode: sum(r.mode == mode for r in rows) for mode in ("whole", "partial", "imperative")}
    lines = [
        "# Coverage",
        "",
        "Written by `python -m pytest tests/programs/test_programs.py --write-coverage`: every program of the corpus, run eagerly and under JANUS, with all",
        "results equal. *whole*: the loop runs in a graph (iterations that take a branch named on the right run in Python). *partial*: graph segments",
        "around what is named on the right. *imperative*: nothing is converted.",
        "",
        f"{total} programs: {count['whole']} whole ({count['whole'] / total:.0%}), {count['partial']} partial, {count['imperative']} imperative;"
        f" at least partial: {(total - count['imperative']) / total:.0%}.",
    ]
    for topic in TOPICS:
        short = topic.__name__.rpartition(".")[2]
        mine = [r for r in rows if r.name.startswith(short + ".")]
        summary = (topic.__doc__ or "").strip().splitlines()[0]
        lines += ["", f"## {short}", "", summary, "", "| program | what it shows | converted | left to Python |", "|---|---|---|---|"]
        for row in mine:
            reasons = "; ".join(_cell(r) for r in row.reasons[:3])
            lines.append(f"| `{row.name.partition('.')[2]}` | {_cell(row.doc)} | {row.mode} | {reasons} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())[:110]
