"""Random programs: control flow, state, effects, types, objects, exceptions and aborts mixed; eager against JANUS.

python -m tests.programs.fuzz 200 1000           # 200 programs from seed 1000 on; shrinks and prints each mismatch
python -m tests.programs.fuzz 5000 0 --fake      # on the library in a page of NumPy: faster, without what only TensorFlow can
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.programs import habits
from tests.programs.grammar import FULL, SMALL, STRANGERS, Maker
from tests.programs.program import Program
from tests.programs.recording import TimeUp
from tests.programs.table.build import SETUP as TABLE

SPANNING = 1e-4
"""How far results may differ where a tape spans calls of strangers: gradients of its parts are added in another order (`spanning_tapes`)."""

PLAIN = """
import copy, json, random
class Box: pass
box = Box(); box.k = 1.0; box.n = 0
f0, f1 = 0.5, -0.25
n0, n1 = 0, 3
stats = {"a": 0, "b": 0.5}
def bump(v):
    box.n += 1
    return v + 1
class Pair:
    def __init__(self, a, c): self.a, self.c = a, c
    def swapped(self): return Pair(self.c, self.a)
Point = collections.namedtuple("Point", "x y")
kept, names, grid = [], {}, np.zeros(5)
def risky(v):
    if v % 5 == 3:
        raise KeyError(v)
    return v * 2
def parts(n):
    for k in range(n):
        yield k + 1
"""
TENSORS = """
box.t = tf.ones(3) * 0.1
t0, t1 = tf.ones(3) * 0.3, tf.zeros(3)
def mix(a, c, k=0.5):
    if k > 0.7:
        return tf.tanh(a - c)
    return tf.tanh(a * k + c)
import types as _types
outside = _types.ModuleType("outside")
exec('''
import tensorflow as tf
seen = []
def note(v):
    seen.append(round(float(v), 3)); return len(seen)
def twist(t):
    return tf.tanh(t * 1.5)
def fresh(t):
    return tf.ones([3]) * 0.25 if len(seen) % 5 else tf.sin(t)
def nudge(v):
    v.assign_add([0.01, -0.02, 0.01])
''', outside.__dict__)
note = outside.note
c = tf.Variable(tf.ones(3) * 0.2)
note.__module__ = "outside"
"""
SETUP = PLAIN + TENSORS
SMALL_SETUP = TABLE + PLAIN + "t0, t1 = tf.constant([0.3, 0.3, 0.3]), tf.constant([0.0, 0.0, 0.0])\n"


def make(seed: int, fake: bool = False) -> Program:
    """The program of a seed: one cell, or several, or one that is run again."""
    maker = Maker(seed, SMALL if fake else FULL)
    body = maker.block(1, maker.rng.randint(3, 7), True)
    if fake:
        body.insert(0, "    b.assign_add(0.01 * XT[i % 40])")
    r = maker.rng.random()
    if r < 0.4:
        cell = "\n".join(["for epoch in range(3):", *maker.between("  "), "  for i in range(24):", *("  " + line for line in body)]) + "\n"
    else:
        head, more = maker.source()
        cell = (
            "\n".join([f"for {head}:", *body, *("    " + line for line in more)]) + "\n" + maker.rng.choice(["", "else:\n    log.append('else')\n"])
        )
    again: tuple[str, ...] = ()
    if maker.rng.random() < 0.35:
        change = "\n".join(maker.between("")) + "\n"
        again = maker.rng.choice([(cell,), (change, cell), (change + cell, change + cell)])
    setup = (SMALL_SETUP if fake else SETUP) + habits.SETUP + "epoch, i, todo = 0, 0, [0, 1, 2]\n"
    spans = "GradientTape" in cell and any(f"{name}(" in cell for name in STRANGERS)
    return Program(f"seed {seed}", cell, setup, again, graph=False, floats=SPANNING if spans else 0.0)


def shrink(program: Program, fails: Callable[[Program], bool]) -> Program:
    """The smallest cells that still fail: statements are taken out one by one as long as they do."""
    again = True
    while again:
        again = False
        for candidate in _smaller_programs(program):
            if fails(candidate):
                program, again = candidate, True
                break
    return program


def _smaller_programs(program: Program) -> Iterator[Program]:
    for position in range(len(program.again)):
        yield dataclasses.replace(program, again=program.again[:position] + program.again[position + 1 :])
    for text in _smaller(program.cell):
        again = tuple(text if cell == program.cell else cell for cell in program.again)
        yield dataclasses.replace(program, cell=text, again=again)


def _smaller(cell: str) -> list[str]:
    """The cell without each of its statements, in turn."""
    count = sum(isinstance(getattr(n, f, None), list) for n in ast.walk(ast.parse(cell)) for f in ("body", "orelse"))
    texts: list[str] = []
    for number in range(count):
        position = 0
        while True:
            tree = ast.parse(cell)
            blocks = [(n, f) for n in ast.walk(tree) for f in ("body", "orelse") if isinstance(getattr(n, f, None), list)]
            node, name = blocks[number]
            block = getattr(node, name)
            if position >= len(block) or (len(block) == 1 and isinstance(block[0], ast.Pass)):
                break
            del block[position]
            if not block and name == "body":
                block.append(ast.Pass())
            texts.append(ast.unparse(ast.fix_missing_locations(tree)) + "\n")
            position += 1
    return texts


class Judge:
    """Runs programs both ways on one of the libraries."""

    def __init__(self, fake: bool, verify: str = "first") -> None:
        from tests.programs.table.worlds import World

        self.world = World(True) if fake else None
        self.verify = verify

    def run(self, program: Program) -> tuple[str | None, Any]:
        """How JANUS's run of a program differs from eager's, or `None`; and the report."""
        if self.world is None:
            from tests.programs.harness import check

            try:
                return None, check(program, verify=self.verify)
            except AssertionError as error:
                return str(error), None
            except TimeUp as hang:
                return str(hang), None
        from tests.programs.table.run import outcome

        found = outcome(self.world, program, verify=self.verify)
        return (None if found.kind in ("right", "none", "rejected") else f"{found.kind}\n" + "\n".join(found.told)), found


def main(count: int, start: int, fake: bool = False, verify: str = "first") -> int:
    """Run programs; report mismatches, shrunk, and how many ran in graphs. Returns the number of mismatches."""
    judge, wrong, graphs, began = Judge(fake, verify), 0, 0, time.time()
    reasons: dict[str, int] = {}
    for seed in range(start, start + count):
        program = make(seed, fake)
        problem, report = judge.run(program)
        if problem is not None:
            wrong += 1
            small = program if "not done after" in problem else shrink(program, lambda p: judge.run(p)[0] is not None)
            cells = "\n# %%\n".join((small.cell, *small.again))
            print(f"--- seed {seed}\n{cells}\n{judge.run(small)[0] or problem:.1200}", flush=True)
            continue
        graphs += _ran_in_graphs(report)
        for region in getattr(report, "regions", ()):
            for declined in region.declined:
                key = f"{declined.code} {declined.detail[:70]}"
                reasons[key] = reasons.get(key, 0) + 1
        if (seed - start) % 100 == 99:
            print(f"  {seed - start + 1} programs, {wrong} wrong, {graphs} in graphs, {time.time() - began:.0f} s", flush=True)
    print(f"{count} programs from seed {start}: {wrong} wrong; {graphs} ran in graphs")
    for key, number in sorted(reasons.items(), key=lambda item: -item[1])[:25]:
        print(f"{number:4d}  {key}")
    return wrong


def _ran_in_graphs(report: Any) -> bool:
    counts = getattr(report, "counts", None)
    return bool(report.graph if counts is None else counts["graph"] or counts["partial"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.programs.fuzz", description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("start", type=int)
    parser.add_argument("--fake", action="store_true", help="on the library in a page of NumPy")
    parser.add_argument("--verify", choices=["first", "always", "off"], default="first", help="JANUS's option; `off`: the generator alone")
    arguments = parser.parse_args()
    sys.exit(min(1, main(arguments.count, arguments.start, arguments.fake, arguments.verify)))
