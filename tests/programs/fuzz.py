"""Random programs: control flow, state, effects, types, objects, exceptions and aborts mixed; eager against JANUS.

python -m tests.programs.fuzz 200 1000           # 200 programs from seed 1000 on; shrinks and prints each mismatch
python -m tests.programs.fuzz 5000 0 --fake      # on the library in a page of NumPy: faster, without what only TensorFlow can
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.programs import habits
from tests.programs.program import Program
from tests.programs.recording import TimeUp
from tests.programs.table.build import SETUP as SMALL

STRANGERS = ("note", "outside.twist", "outside.fresh", "outside.nudge")
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
SMALL_SETUP = SMALL + PLAIN + "t0, t1 = tf.constant([0.3, 0.3, 0.3]), tf.constant([0.0, 0.0, 0.0])\n"


class Maker(habits.Habits):
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.habitual = self.rng.choice([0.0, 0.2, 0.5])

    def pick(self, *choices: str) -> str:
        return self.rng.choice(choices)

    def number(self) -> str:
        return f"{self.rng.uniform(-0.9, 0.9):.3f}"

    def tensor(self, depth: int = 0) -> str:
        r = self.rng.random()
        if depth > 2 or r < 0.35:
            return self.pick("t0", "t1", "box.t", "XT[i % 40, 0, :3]", "XT[i % 40, 1, 1:]", "b", "tf.constant(X[i % 40, 2, :3])")
        if r < 0.5:
            return f"tf.tanh({self.tensor(depth + 1)} + {self.tensor(depth + 1)})"
        if r < 0.65:
            return f"({self.tensor(depth + 1)} * {self.pick('0.5', 'f0', self.number())})"
        if r < 0.75:
            return f"mix({self.tensor(depth + 1)}, {self.tensor(depth + 1)}{self.pick('', ', k=0.8', ', 0.3')})"
        if r < 0.85:
            return f"({self.tensor(depth + 1)} if {self.cond(depth + 1)} else {self.tensor(depth + 1)})"
        return f"tf.clip_by_value({self.tensor(depth + 1)}, -1.0, 1.0)"

    def floating(self, depth: int = 0) -> str:
        r = self.rng.random()
        if depth > 2 or r < 0.3:
            return self.pick("f0", "f1", "box.k", self.number(), "(i / 40)")
        if r < 0.55:
            return f"float(tf.reduce_sum(tf.tanh({self.tensor(depth + 1)})))"
        if r < 0.7:
            return f"({self.floating(depth + 1)} * 0.5 + {self.floating(depth + 1)} * 0.3)"
        if r < 0.8:
            return f"{self.pick('max', 'min')}({self.floating(depth + 1)}, {self.floating(depth + 1)})"
        if r < 0.9:
            return f"({self.floating(depth + 1)} if {self.cond(depth + 1)} else {self.floating(depth + 1)})"
        return f"({self.floating(depth + 1)} % 0.7)"

    def integer(self, depth: int = 0) -> str:
        r = self.rng.random()
        if depth > 2 or r < 0.4:
            return self.pick("n0", "n1", "i", "3", "box.n", "len(log)")
        if r < 0.7:
            return f"({self.integer(depth + 1)} + {self.integer(depth + 1)}) % 11"
        if r < 0.85:
            return f"int({self.floating(depth + 1)} * 10)"
        if r < 0.9:
            return f"int(rng.integers(0, {self.rng.randint(2, 9)}))"
        return f"bump({self.integer(depth + 1)})"

    def cond(self, depth: int = 0) -> str:
        r = self.rng.random()
        if r < 0.25:
            return f"i {self.pick('>', '<')} {self.rng.randint(3, 30)}"
        if r < 0.4:
            return f"({self.integer(depth + 2)}) % 3 == {self.rng.randint(0, 2)}"
        if r < 0.65:
            return f"tf.reduce_mean({self.tensor(depth + 1)}) > {self.number()}"
        if r < 0.85 or depth > 1:
            return f"{self.floating(depth + 1)} < {self.number()}"
        return f"({self.cond(depth + 1)} {self.pick('and', 'or')} {self.pick('', 'not ')}{self.cond(depth + 1)})"

    def block(self, indent: int, size: int, loop: bool) -> list[str]:
        lines: list[str] = []
        for _ in range(size):
            lines += self.statement(indent, loop)
        return lines or ["    " * indent + "pass"]

    def statement(self, indent: int, loop: bool) -> list[str]:
        pad, r = "    " * indent, self.rng.random()
        if self.rng.random() < self.habitual:
            return self.habit(pad)
        if self.rng.random() < 0.12:
            return self.unusual(pad)
        if indent == 1 and self.rng.random() < 0.06:
            return self.spanning(pad)
        if r < 0.14:
            return [f"{pad}{self.pick('t0', 't1', 'box.t')} = tf.tanh({self.tensor()})"]
        if r < 0.26:
            return [f"{pad}{self.pick('f0', 'f1', 'box.k')} = {self.floating()}"]
        if r < 0.34:
            return [f"{pad}{self.pick('n0', 'n1')} = ({self.integer()}) % 17"]
        if r < 0.44:
            return [f"{pad}b.{self.pick('assign_add', 'assign_sub')}(0.05 * {self.tensor()})"]
        if r < 0.56:
            return [
                f"{pad}log.append({self.pick(self.floating(), self.integer(), f'({self.integer()}, {self.floating()})', f'tf.reduce_sum({self.tensor()})')})"
            ]
        if r < 0.62:
            return [f"{pad}print(i, {self.integer()}, f'{{{self.floating()}:.3f}}')"]
        if r < 0.66:
            return [f"{pad}stats['{self.pick('a', 'b')}'] += {self.integer()}"]
        if r < 0.86 and indent < 4:
            lines = [f"{pad}if {self.cond()}:", *self.block(indent + 1, self.rng.randint(1, 2), loop)]
            if self.rng.random() < 0.5:
                lines += [f"{pad}else:", *self.block(indent + 1, self.rng.randint(1, 2), loop)]
            return lines
        if r < 0.92 and indent < 3:
            return [f"{pad}for j in range({self.pick('2', '3', 'n0 % 3', '1 + i % 2')}):", *self.block(indent + 1, self.rng.randint(1, 2), False)]
        if r < 0.95 and loop:
            return [f"{pad}if {self.cond()}:", f"{pad}    {self.pick('continue', 'continue', 'break')}"]
        if r < 0.97:
            return [f"{pad}if i == {self.rng.randint(25, 60)}:", f"{pad}    raise ValueError('at ' + str(i))"]
        if r < 0.98:
            return [f"{pad}b.assign(tf.tanh(b + {self.tensor()}))"]
        return self.unusual(pad)

    def spanning(self, pad: str) -> list[str]:
        """A tape that is open around a stranger's call."""
        inner = pad + "    "
        call = self.pick(
            "n1 = note(h[0]) % 7",
            "h = h + outside.twist(h)",
            "extra = outside.fresh(h)",
            "outside.nudge(c)",
            "note(tf.reduce_sum(h)); c.assign(c * 0.9)",
        )
        loss = self.pick(
            "tf.reduce_sum(tf.tanh(h * c + b))",
            "tf.reduce_sum(h * h) * f0",
            "tf.reduce_sum(tf.sin(h) * tf.stop_gradient(c))",
            "tf.reduce_mean(b * h) + f1",
        )
        lines = [f"{pad}with tf.GradientTape({self.pick('', '', '', 'persistent=True')}) as tape:"]
        lines += [f"{inner}h = tf.tanh({self.tensor()} * b) + tf.sigmoid({self.tensor()} + {self.pick('b', 'c', 't0')})"]
        lines += self.rng.choice(
            [[], [f"{inner}if {self.cond()}:", f"{inner}    h = h * 0.5 + tf.sin(b)"], [f"{inner}log.append(float(tf.reduce_sum(h)))"]]
        )
        lines += [f"{inner}{call}", f"{inner}value = {loss}" + (" + tf.reduce_sum(extra * b)" if "extra" in call else "")]
        lines += self.rng.choice([[], [f"{pad}log.append(float(value))"], [f"{pad}n0 = note(value) % 5"], [f"{pad}b.assign(b * 0.99)"]])
        lines += [f"{pad}grads = tape.gradient(value, [b, c])", f"{pad}for v, g in zip([b, c], grads):"]
        return [*lines, f"{inner}if g is not None:", f"{inner}    v.assign(tf.tanh(v - 0.1 * g))", f"{pad}log.append([g is None for g in grads])"]

    def unusual(self, pad: str) -> list[str]:
        """A statement of the rarer kinds: objects, exceptions, generators, containers, matches, calls of strangers."""
        number = self.rng.randint(2, 6)
        return self.rng.choice(
            [
                [f"{pad}kept.append(Pair({self.floating()}, i).swapped())"],
                [f"{pad}p = Point({self.floating()}, {self.tensor()})", f"{pad}t1 = p.y * 0.5", f"{pad}f1 = p.x"],
                [f"{pad}try:", f"{pad}    n1 = risky({self.integer()}) % 13", f"{pad}except KeyError as e:", f"{pad}    log.append(str(e))"],
                [f"{pad}for v in parts({number}):", f"{pad}    f0 = f0 * 0.5 + v * 0.01"],
                [f"{pad}names[i % {number}] = {self.floating()}", f"{pad}f1 = f1 * 0.5 + len(names) * 0.01"],
                [f"{pad}grid[i % 5] += {self.floating()}"],
                [f"{pad}match {self.integer()} % 3:", f"{pad}    case 0:", f"{pad}        n0 = 1", f"{pad}    case other:", f"{pad}        n0 = other"],
                [f"{pad}note({self.floating()})"],
                [f"{pad}n1 = note({self.floating()}) % 7"],
                [f"{pad}with tf.GradientTape() as tape:", f"{pad}    value = tf.reduce_sum(tf.tanh({self.tensor()} * b))",
                 f"{pad}b.assign_sub(0.1 * tape.gradient(value, b))", f"{pad}del tape"],
                [f"{pad}k = 0", f"{pad}while k < {self.pick('3', 'n0 % 4', '2')}:", f"{pad}    k += 1", f"{pad}    t0 = tf.tanh(t0 * 0.9)"],
                [f"{pad}f0 = np.float32({self.number()}) * 1.0 if {self.cond()} else f0"],
                [f"{pad}assert i < {self.rng.randint(20, 90)}, 'late'"],
            ]
        )  # fmt: skip


class Small(Maker):
    """Programs whose tensor work the library in a page of NumPy knows."""

    def tensor(self, depth: int = 0) -> str:
        r = self.rng.random()
        if depth > 2 or r < 0.5:
            return self.pick("t0", "t1", "XT[i % 40]", "b.value()", "XT[i // 9]")
        if r < 0.8:
            return f"({self.tensor(depth + 1)} * {self.pick('0.5', self.number())})"
        return f"({self.tensor(depth + 1)} + {self.tensor(depth + 1)} * 0.1)"

    def floating(self, depth: int = 0) -> str:
        r = self.rng.random()
        if depth > 2 or r < 0.4:
            return self.pick("f0", "f1", "box.k", self.number(), "(i / 40)")
        if r < 0.6:
            return f"float({self.tensor(depth + 1)}[{self.rng.randint(0, 2)}])"
        if r < 0.8:
            return f"({self.floating(depth + 1)} * 0.5 + {self.floating(depth + 1)} * 0.3)"
        return f"({self.floating(depth + 1)} % 0.7)"

    def cond(self, depth: int = 0) -> str:
        r = self.rng.random()
        if r < 0.4:
            return f"i {self.pick('>', '<', '//')} {self.rng.randint(3, 30)}"
        if r < 0.6:
            return f"{self.tensor(depth + 1)}[0] > {self.number()}"
        return f"{self.floating(depth + 1)} < {self.number()}"

    def integer(self, depth: int = 0) -> str:
        r = self.rng.random()
        if depth > 2 or r < 0.5:
            return self.pick("n0", "n1", "i", "3", "box.n", "len(log)", "i // 9")
        if r < 0.8:
            return f"({self.integer(depth + 1)} + {self.integer(depth + 1)}) % 11"
        return f"bump({self.integer(depth + 1)})"

    def statement(self, indent: int, loop: bool) -> list[str]:
        pad, r = "    " * indent, self.rng.random()
        if r < 0.5:
            return self.habit(pad)
        if r < 0.58:
            return [f"{pad}{self.pick('t0', 't1')} = {self.tensor()} * 0.9"]
        if r < 0.66:
            return [f"{pad}b.assign_add({self.tensor()} * 0.05)"]
        if r < 0.72:
            return [f"{pad}{self.pick('f0', 'f1', 'box.k')} = {self.floating()}"]
        if r < 0.78:
            return [f"{pad}{self.pick('n0', 'n1')} = ({self.integer()}) % 17"]
        if r < 0.82:
            return [f"{pad}log.append({self.pick(self.floating(), self.integer())})"]
        if r < 0.92 and indent < 4:
            lines = [f"{pad}if {self.cond()}:", *self.block(indent + 1, self.rng.randint(1, 2), loop)]
            return lines + ([f"{pad}else:", *self.block(indent + 1, 1, loop)] if r < 0.87 else [])
        if r < 0.95 and loop:
            return [f"{pad}if {self.cond()}:", f"{pad}    {self.pick('continue', 'break')}"]
        if r < 0.96:
            return [f"{pad}if i == {self.rng.randint(20, 60)}:", f"{pad}    raise ValueError('at ' + str(i))"]
        return self.plain(pad)

    def plain(self, pad: str) -> list[str]:
        """The rarer statements that need no tensor."""
        return self.rng.choice(
            [
                [f"{pad}try:", f"{pad}    n1 = risky({self.integer()}) % 13", f"{pad}except KeyError as e:", f"{pad}    log.append(str(e))"],
                [f"{pad}for v in parts({self.rng.randint(2, 4)}):", f"{pad}    f0 = f0 * 0.5 + v * 0.01"],
                [f"{pad}kept.append(Pair({self.floating()}, i).swapped())"],
                [f"{pad}names[i % 4] = {self.floating()}"],
                [
                    f"{pad}match {self.integer()} % 3:",
                    f"{pad}    case 0:",
                    f"{pad}        n0 = 1",
                    f"{pad}    case other:",
                    f"{pad}        n0 = other",
                ],
            ]
        )


def make(seed: int, fake: bool = False) -> Program:
    """The program of a seed: one cell, or several, or one that is run again."""
    maker = Small(seed) if fake else Maker(seed)
    body = maker.block(1, maker.rng.randint(3, 7), True)
    if fake:
        body.insert(0, "    b.assign_add(0.01 * XT[i % 40])")
    r = maker.rng.random()
    if r < 0.4:
        cell = "\n".join(["for epoch in range(3):", *maker.between("  "), "  for i in range(24):", *("  " + line for line in body)]) + "\n"
    else:
        head, more = maker.source()
        cell = "\n".join([f"for {head}:", *body, *("    " + line for line in more)]) + "\n" + maker.pick("", "else:\n    log.append('else')\n")
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
