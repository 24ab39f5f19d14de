"""Generated: values of every kind that move between names, attributes, items and cells; which object ends where, and when.

for i in range(30):
    b.assign_add(0.01 * XT[i % 40])
    u, box.p = box.p, u
    if XT[i % 40][0] > 0.2:
        d["k"] = [i]
    kept.append((u, v))
"""

from __future__ import annotations

import random

from tests.programs.program import Program
from tests.programs.table.build import SETUP

PLACES = ("u", "v", "w", "box.p", "box.q", 'd["k"]', 'd["m"]', "xs[0]", "xs[-1]", "other.p", "slot.s")
VALUES = (
    "i", "i // 7", "float(XT[i % 40][0])", "XT[i % 40].numpy()", "b.numpy()", "XT[i % 40]", "[i]", "[i, XT[i % 40][1]]", "(i, [i])", "{'a': i}",
    "str(i)", "None", "np.float32(i)", "np.arange(3) + i", "queue.pop()", "len(kept)", "f'{i:03d}'", "Thing()", "kept", "xs[1]", "seen.get(i, 'no')",
    "i > 12", "float(b.numpy()[0])", "pick(i)", "wide[i % 3]", "queue[-1] * 2", "XT[i % 40][0].numpy()", "(u, i)", "[w, i]", "next(steady)", "-0.0 * i",
)  # fmt: skip
OWN = """
import collections
class Slot: __slots__ = ("s",)
slot = Slot()
other = box
d, xs, queue, seen, wide = {}, [0, [7], 0], list(range(90)), {3: "three"}, np.arange(12.0).reshape(3, 4)
steady = iter(range(1000))
def pick(k):
    global w
    w = k
    return w if k % 3 else "pick"
def swap():
    global u, v
    u, v = v, u
def maker():
    held = 0
    def put(x):
        nonlocal held
        held, was = x, held
        return was
    return put
put = maker()
"""


class Moves:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def place(self) -> str:
        return self.rng.choice(PLACES)

    def value(self) -> str:
        return self.rng.choice(VALUES) if self.rng.random() < 0.5 else self.place()

    def condition(self) -> str:
        return self.rng.choice(["i % 3 == 1", "XT[i % 40][0] > 0.1", "i // 6 % 2", "len(kept) % 4 < 2", "i > 17", "float(b.numpy()[1]) > 0.0"])

    def move(self, depth: int = 0) -> list[str]:
        """A statement, or a few."""
        r, p, q = self.rng.random(), self.place(), self.place()
        if r < 0.3:
            return [f"{p} = {self.value()}"]
        if r < 0.5:
            return [f"{p}, {q} = {q}, {p}"]
        if r < 0.6:
            return [f"{p}, {q}, {self.place()} = {q}, {self.value()}, {p}"]
        if r < 0.68:
            return [f"{p} = {q} = {self.value()}"]
        if r < 0.74:
            return [self.rng.choice(["swap()", f"{p} = put({q})", f"{p} = pick(i)", f"kept.append(put({p}))"])]
        if r < 0.78:
            return [f"if isinstance({p}, list):", f"    {p}.append(i)"]
        if depth < 2:
            lines = [f"if {self.condition()}:", *("    " + line for line in self.move(depth + 1))]
            return lines + (["else:", *("    " + line for line in self.move(depth + 1))] if self.rng.random() < 0.4 else [])
        return [f"{p} = {q}"]

    def program(self, name: str) -> Program:
        """One cell, run twice, or with moves between epochs."""
        body = [line for _ in range(self.rng.randint(2, 5)) for line in self.move()]
        body.insert(self.rng.randint(0, 1) and len(body), self.keep())
        body = ["b.assign_add(0.01 * XT[i % 40])", *body]
        start = [f"{p} = {self.rng.choice(['0', '[0]', 'np.zeros(3)', '1.5', repr('s'), '(0, [1])', 'XT[0]', 'None'])}" for p in PLACES]
        loop = ["for i in range(30):", *("    " + line for line in body)]
        setup = SETUP + OWN + "i = 0\n" + "\n".join(start) + "\n"
        if self.rng.random() < 0.5:
            return Program(name, "\n".join(loop) + "\n", setup, ("\n".join(loop) + "\n",), graph=False)
        between = self.move(2)
        cell = ["for e in range(3):", *("    " + line for line in (*loop, *between))]
        return Program(name, "\n".join(cell) + "\n", setup, graph=False)

    def keep(self) -> str:
        """What shows where everything is."""
        parts = ", ".join(self.rng.sample(PLACES, 3))
        return self.rng.choice([f"kept.append(({parts}))", f"kept.extend([{parts}])", f"alias.append({self.place()})", f"log.append([{parts}])"])


def programs(count: int = 150, start: int = 0) -> dict[str, Program]:
    """The programs of these seeds."""
    return {f"seed_{seed}": Moves(seed).program(f"moves {seed}") for seed in range(start, start + count)}
