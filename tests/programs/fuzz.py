"""Random programs: control flow, state, effects and aborts mixed; eager against JANUS.

python -m tests.programs.fuzz 200 1000      # 200 programs from seed 1000 on; prints each mismatch
"""

from __future__ import annotations

import random
import sys

from tests.programs.harness import Program

SETUP = """
class Box: pass
box = Box(); box.k = 1.0; box.t = tf.ones(3) * 0.1; box.n = 0
t0, t1 = tf.ones(3) * 0.3, tf.zeros(3)
f0, f1 = 0.5, -0.25
n0, n1 = 0, 3
stats = {"a": 0, "b": 0.5}
def mix(a, c, k=0.5):
    if k > 0.7:
        return tf.tanh(a - c)
    return tf.tanh(a * k + c)
def bump(v):
    box.n += 1
    return v + 1
"""


class Maker:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.depth = 0

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
        return [f"{pad}b.assign(tf.tanh(b + {self.tensor()}))"]


def make(seed: int) -> Program:
    """The program of a seed."""
    maker = Maker(seed)
    body = maker.block(1, maker.rng.randint(3, 7), True)
    head = maker.pick("for i in range(45):", "for epoch in range(2):\n  for i in range(24):")
    if head.startswith("for epoch"):
        body = ["  " + line for line in body]
    tail = maker.pick("", "else:\n    log.append('else')\n")
    cell = head + "\n" + "\n".join(body) + "\n" + (tail if not head.startswith("for epoch") else "")
    return Program(f"seed {seed}", cell, SETUP, graph=False)


def main(count: int, start: int) -> None:
    """Run programs and report mismatches and how many ran in graphs."""
    from tests.programs.harness import check

    graphs = wrong = 0
    reasons: dict[str, int] = {}
    for seed in range(start, start + count):
        program = make(seed)
        try:
            report = check(program)
            graphs += report.counts["graph"] > 0
            for region in report.regions:
                for declined in region.declined:
                    key = f"{declined.code} {declined.detail[:70]}"
                    reasons[key] = reasons.get(key, 0) + 1
        except AssertionError as error:
            wrong += 1
            print(f"--- seed {seed}\n{program.cell}\n{str(error)[:1500]}", flush=True)
    print(f"{count} programs from seed {start}: {wrong} wrong, {graphs} ran in a graph")
    for key, number in sorted(reasons.items(), key=lambda item: -item[1])[:25]:
        print(f"{number:4d}  {key}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
