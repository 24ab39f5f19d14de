"""Runs a part of the table and tells what differs: wrong / internal errors / rejected / in graph / total."""

from __future__ import annotations

import argparse
import faulthandler
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.programs.program import Program
from tests.programs.recording import TimeUp, differences
from tests.programs.table import build
from tests.programs.table.worlds import SECONDS, World

LEAST = 0.25
"""Which part of the programs must run in graphs; with fewer, a table without wrong results shows nothing."""


AGAIN = 12
"""How often Python runs a program again whose result is another under JANUS: datasets read lists in threads of their own, now earlier, now later."""


@dataclass(frozen=True)
class Outcome:
    """What became of a program.

    Attributes:
        kind: "right", "wrong", "hang", "internal", "rejected", "incomparable"; "none" if it is no program, because Python does not end or differs from itself.
        told: What differs, in words.
        graph: Whether an iteration ran in a graph.
        raised: Whether a cell ended with an error.
        mode: "whole", "partial" or "imperative": how much of the cells ran in graphs.
    """

    kind: str
    told: tuple[str, ...] = ()
    graph: bool = False
    raised: bool = False
    mode: str = "imperative"


def outcome(world: World, program: Program, **options: Any) -> Outcome:
    """Run a program both ways and compare."""
    try:
        eager = world.run(program, False)
    except TimeUp:
        return Outcome("none")
    faulthandler.dump_traceback_later(SECONDS * 3, exit=True)
    try:
        janus = world.run(program, True, **options)
    except TimeUp as hang:
        return Outcome("hang", (str(hang),))
    finally:
        faulthandler.cancel_dump_traceback_later()
        world.forget()
    graph, mode = _converted(janus.reports)
    try:
        problems = differences(eager, janus, program.floats)
    except Exception as error:  # a mistake of the comparison's, which must not end a long run
        return Outcome("incomparable", (repr(error),), graph, mode=mode)
    raised = any(eager.errors)
    if problems:
        stable = not any(differences(eager, world.run(program, False), program.floats) for _ in range(AGAIN))
        return Outcome("wrong" if stable else "none", tuple(problems), graph, raised, mode)
    events = [event for report in janus.reports for event in report.events]
    for kind, event in (("internal", "InternalError"), ("rejected", "GraphRejected")):
        found = [str(e) for e in events if type(e).__name__ == event]
        if found:
            return Outcome(kind, tuple(found[:3]), graph, raised, mode)
    return Outcome("right", (), graph, raised, mode)


def _converted(reports: list[Any]) -> tuple[bool, str]:
    partial = any(report.counts["partial"] for report in reports)
    whole = any(report.counts["graph"] for report in reports)
    return partial or whole, "partial" if partial else "whole" if whole else "imperative"


def run(arguments: argparse.Namespace) -> int:
    """Run what the command line asks for; returns 1 if anything was wrong."""
    world = World(not arguments.tensorflow)
    chosen = _chosen(arguments)
    modes = ["always", "defaults"] if arguments.mode == "both" else [arguments.mode]
    counts: Counter[str] = Counter()
    failing: dict[str, list[str]] = {}
    began = time.time()
    for number, name in enumerate(chosen, 1):
        for mode in modes:
            program = build.program(name, mode)
            found = outcome(world, program, verify=arguments.verify)
            counts[found.kind] += 1
            counts["in graph"] += found.graph
            counts["raised"] += found.raised
            if found.kind in ("wrong", "hang", "internal", "incomparable") or (arguments.rejected and found.kind == "rejected"):
                failing.setdefault(found.kind, []).append(name)
                tell(name if mode == "always" else f"{name} ({mode})", found, program if arguments.show else None)
        if number % 500 == 0:
            print(f"  {number} of {len(chosen)}: {_text(counts)}, {time.time() - began:.0f} s", flush=True)
    print(f"{_text(counts)} in {time.time() - began:.0f} s")
    total = counts.total() - counts["in graph"] - counts["raised"]
    hollow = total >= 100 and counts["in graph"] < LEAST * total
    if hollow:
        print(f"hollow: fewer than {LEAST:.0%} of the programs ran in graphs")
    for row, number in Counter(name.partition("/")[0] for name in failing.get("wrong", [])).most_common(20):
        print(f"{number:5d} wrong  {row}")
    return int(hollow or any(counts[k] for k in ("wrong", "hang", "internal", "incomparable")))


def _chosen(arguments: argparse.Namespace) -> list[str]:
    if not arguments.only:
        return build.sample(arguments.count, arguments.seed, not arguments.tensorflow)
    names = list(build.names())
    found = [n for n in names if n in arguments.only] or [n for n in names if n.startswith(tuple(arguments.only))]
    if not found:
        sys.exit(f"no program's name begins with {', '.join(arguments.only)}")
    return found


def _text(counts: Counter[str]) -> str:
    total = sum(counts[k] for k in ("right", "wrong", "hang", "internal", "rejected", "incomparable"))
    return (
        (f"{counts['incomparable']} incomparable, " if counts["incomparable"] else "")
        + f"{counts['wrong']} wrong, {counts['hang']} hang, {counts['internal']} internal errors, {counts['rejected']} rejected, "
        f"{counts['in graph']} in graphs, {counts['raised']} ended with an error, {total} run"
    )


def tell(name: str, found: Outcome, program: Program | None) -> None:
    """Print one finding."""
    print(f"{found.kind} {name}: {found.told[0][:300]}", flush=True)
    for more in found.told[1:3] if program else ():
        print(f"    {more[:300]}")
    if program is not None:
        own = program.setup.removeprefix(build.SETUP)
        cells = "\n# %%\n".join((program.cell, *program.again))
        print(f"# setup\n{own}\n# %%\n{cells}", flush=True)
