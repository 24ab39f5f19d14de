"""`janus bench --zoo`: the paper's programs, eagerly, with a step written by hand, and under JANUS.

    total          seconds of a run of all its cells: data, first iterations, profiling, generating, verification, evaluation
    steady state   (seconds of N steps - seconds of N/2 steps) / (steps of the one - steps of the other): what the second half costs

Eager and JANUS take turns in one process, after a short run that wakes TensorFlow up. JANUS begins each run knowing nothing.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from janus_nb.bench import show
from janus_nb.bench.ablation import BARS
from janus_nb.bench.measure import machine
from janus_nb.survey import verdict
from janus_nb.survey.compare import same_text
from janus_nb.zoo import PROGRAMS, Played, ZooProgram, differences, run
from janus_nb.zoo.by_hand import by_hand

TOLERANCE = 1e-2
"""How far results of whole runs may be apart: rounding grows over hundreds of steps."""


@dataclass
class Variant:
    """One way to run a program: seconds of half a run and of a whole one, with how many steps they took."""

    half: float = 0.0
    whole: float = 0.0
    half_steps: int = 0
    steps: int = 0

    @property
    def per_step(self) -> float | None:
        """Seconds of a step in the second half; `None` if that had no steps, or less time than the clock and the machine's noise allow."""
        more = self.steps - self.half_steps
        return (self.whole - self.half) / more if more > 0 and self.whole > self.half else None


@dataclass
class ZooRow:
    """What was measured of one program."""

    name: str
    style: str
    paper: float | None
    steps: int
    eager: Variant = field(default_factory=Variant)
    janus: Variant = field(default_factory=Variant)
    hand: Variant | None = None
    bars: dict[str, Variant] = field(default_factory=dict)
    kind: str = ""
    loops: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)

    def steady(self, variant: Variant | None) -> float | None:
        """How many times faster than eager, per step of the second half."""
        mine, base = variant.per_step if variant else None, self.eager.per_step
        return base / mine if mine and base else None

    def total(self, variant: Variant | None) -> float | None:
        """How many times faster than eager, in all."""
        return self.eager.whole / variant.whole if variant and variant.whole else None


def chosen(names: Sequence[str]) -> list[ZooProgram]:
    """The programs named: "lenet" (both styles) or "lenet_keras"; in this order; all if nothing is named.

    Raises:
        KeyError: For a name that is none of them.
    """
    for name in names:
        if not any(name in (p.name, p.path.stem) for p in PROGRAMS):
            raise KeyError(name)
    return [p for name in names for p in PROGRAMS if name in (p.name, p.path.stem)] or list(PROGRAMS)


def measure(program: ZooProgram, share: float, ablation: bool, progress: Callable[[str], None]) -> ZooRow:
    """Measure one program.

    Args:
        program: Which.
        share: Part of a realistic run's steps.
        ablation: Whether to measure the ablation's bars too.
        progress: Called with what is being done.
    """
    steps = max(4, round(program.steps * share))
    row = ZooRow(program.name, program.style, program.paper, steps)
    run(program.name, program.style, 2)
    written = by_hand(program.path.stem, program.text())
    if written is not None:
        row.hand = Variant()
    runs: dict[str, Played] = {}
    for part in ("half", "whole"):
        count = steps // 2 if part == "half" else steps
        for name, variant in (("eager", row.eager), ("by hand", row.hand), ("JANUS", row.janus)):
            if variant is None:
                continue
            progress(f"{program.title}: {name}, {count} steps")
            text = by_hand(program.path.stem, program.text(count)) if name == "by hand" else None
            gc.collect()
            runs[name] = run(program.name, program.style, count, janus=name == "JANUS", text=text)
            _note(variant, part, runs[name])
    for name, options in BARS.items() if ablation else ():
        row.bars[name] = Variant()
        for part in ("half", "whole"):
            progress(f"{program.title}: {name}")
            count = steps // 2 if part == "half" else steps
            _note(row.bars[name], part, run(program.name, program.style, count, janus=True, **options))
    _judge(row, runs["eager"], runs["JANUS"])
    return row


def _note(variant: Variant, part: str, played: Played) -> None:
    setattr(variant, part, played.seconds)
    setattr(variant, "half_steps" if part == "half" else "steps", len(played.result["losses"]))


def _judge(row: ZooRow, eager: Played, janus: Played) -> None:
    found = verdict(janus.reports)
    row.kind = found.kind
    row.loops = [f"{loop.kind}: {loop.title} {loop.iterations}" for loop in found.loops]
    row.reasons = [str(reason) for reason in found.reasons]
    row.differs = [*found.wrong, *list(differences(eager.result, janus.result, TOLERANCE))[:3]]
    if not same_text(eager.printed, janus.printed, TOLERANCE):
        row.differs.append("printed text")


# -- what is shown --------------------------------------------------------------------------------------------------------


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}x"


def _milliseconds(variant: Variant | None) -> str:
    return "-" if variant is None or variant.per_step is None else f"{variant.per_step * 1e3:.1f}"


HEAD = ("program", "steps", "eager, ms a step", "by hand", "JANUS", "JANUS over eager", "paper (recalled)", "eager, s in all", "JANUS, s", "over eager in all",
        "runs as", "equal")  # fmt: skip


def cells(row: ZooRow) -> list[str]:
    """One program's line."""
    paper = "-" if row.paper is None else f"{row.paper:g}x"
    return [
        f"{row.name} ({row.style})", str(row.eager.steps), _milliseconds(row.eager), _milliseconds(row.hand), _milliseconds(row.janus),
        _ratio(row.steady(row.janus)), paper, f"{row.eager.whole:.1f}", f"{row.janus.whole:.1f}", _ratio(row.total(row.janus)), row.kind,
        "yes" if not row.differs else "NO: " + "; ".join(row.differs),
    ]  # fmt: skip


def document(rows: Sequence[ZooRow], share: float) -> str:
    """The generated part of `docs/zoo.md`."""
    parts = [f"Taken on: {', '.join(f'{k} {v}' for k, v in machine().items())}. Runs of {share:g} of a realistic run's steps.", ""]
    parts += [show.markdown(HEAD, [cells(row) for row in rows]), ""]
    barred = [row for row in rows if row.bars]
    if barred:
        names = list(barred[0].bars)
        lines = [[f"{r.name} ({r.style})", *(_ratio(r.steady(r.bars[n])) for n in names)] for r in barred]
        parts += ["### What each optimisation brings", "", "Steady state, times eager.", "", show.markdown(("program", *names), lines), ""]
    stopped = [row for row in rows if row.reasons]
    if stopped:
        parts += ["### What still runs in Python, and why", ""]
        for row in stopped:
            parts += [f"- **{row.name} ({row.style})**: {'; '.join(row.reasons[:6])}"]
        parts.append("")
    return "\n".join(parts)


def draw(path: Path, rows: Sequence[ZooRow]) -> None:
    """Bars: JANUS over eager in the steady state and in all, beside the paper's figures."""
    groups = []
    for row in rows:
        bars = {"JANUS, steady state": row.steady(row.janus), "JANUS, in all": row.total(row.janus), "the paper (recalled)": row.paper}
        groups.append((f"{row.name} ({row.style})", {name: value for name, value in bars.items() if value}))
    show.draw(path, groups, "the paper's programs: times faster than eager")


def run_zoo(
    console: Console, names: Sequence[str], share: float, *, ablation: bool, data: Path | None, picture: Path | None, page: Path | None
) -> list[ZooRow]:
    """Measure, print, and write what was asked for; figures are written after every program, so that none is lost."""
    rows: list[ZooRow] = []
    table = Table(*HEAD)
    with console.status("starting") as status:
        for program in chosen(names):
            rows.append(measure(program, share, ablation, status.update))
            table.add_row(*cells(rows[-1]))
            console.print(", ".join(f"{h} {c}" for h, c in zip(HEAD, cells(rows[-1]), strict=True)), highlight=False)
            for reason in rows[-1].reasons[:6]:
                console.print(f"    {reason}", highlight=False, markup=False)
            if data is not None:
                found: dict[str, Any] = {"machine": machine(), "share": share, "programs": [asdict(row) for row in rows]}
                data.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            if page is not None:
                show.replace(page, document(rows, share))
    console.print(table)
    if picture is not None:
        draw(picture, rows)
    return rows


__all__ = ["ZooRow", "chosen", "document", "measure", "run_zoo"]
