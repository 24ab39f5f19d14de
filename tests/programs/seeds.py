"""Every way of seeding, at every moment, with what draws from it: generated programs, each compared with plain Python.

python -m tests.programs.seeds                     all of them, with a line for each
python -m tests.programs.seeds set_seed inside     some
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from janus_nb.function import runtime

from tests.programs.again import Left, differences, run

SETUP = """
import random, numpy as np, tensorflow as tf, keras
keras.backend.clear_session()
keras.utils.set_random_seed(3)
rng = np.random.default_rng(1)
own = random.Random(4)
gen = tf.random.Generator.from_seed(7)
keras_seed = keras.random.SeedGenerator(11)
drop = keras.layers.Dropout(0.5, seed=5)
saved, saved_np, saved_rng, saved_own = random.getstate(), np.random.get_state(), rng.bit_generator.state, own.getstate()
b, t = tf.Variable(tf.zeros(3)), tf.ones([3])
log = []
"""

TF, PYTHON, NUMPY, RNG, OWN, GENERATOR, KERAS = "tf", "python", "numpy", "rng", "own", "generator", "keras"

# What draws, by the stream it draws from.
DRAWS: dict[str, tuple[str, ...]] = {
    TF: (
        "d = tf.random.normal([3])", "d = tf.random.uniform([3])", "d = tf.cast(tf.random.uniform([3], 0, 90, tf.int32), tf.float32)",
        "d = tf.random.truncated_normal([3])", "d = tf.nn.dropout(t, 0.5)", "d = tf.random.normal([3]) + tf.random.normal([3])",
    ),
    PYTHON: ("d = t * random.random()", "d = t * random.randint(0, 9)", "d = t * random.gauss(0.0, 1.0)"),
    NUMPY: ("d = t * np.random.rand()", "d = t * float(np.random.randint(0, 9))", "d = tf.constant(np.random.normal(size=3).astype('float32'))"),
    RNG: ("d = t * rng.random()", "d = tf.constant(rng.normal(size=3).astype('float32'))"),
    OWN: ("d = t * own.random()",),
    GENERATOR: ("d = gen.normal([3])", "d = gen.uniform([3])", "d = tf.random.get_global_generator().normal([3])"),
    KERAS: ("d = drop(t, training=True)", "d = keras.random.normal([3], seed=keras_seed)"),
}  # fmt: skip

# How to seed, and the streams that it concerns.
WAYS: dict[str, tuple[str, ...]] = {
    "tf.random.set_seed(e)": (TF,),
    "tf.random.set_seed(5)": (TF,),
    "tf.random.set_seed(2**40 + e)": (TF,),
    "tf.random.set_seed(-e)": (TF,),
    "keras.utils.set_random_seed(e)": (TF, PYTHON, NUMPY, KERAS),
    "random.seed(e)": (PYTHON,),
    "random.setstate(saved)": (PYTHON,),
    "np.random.seed(e)": (NUMPY,),
    "np.random.set_state(saved_np)": (NUMPY,),
    "rng = np.random.default_rng(e)": (RNG,),
    "rng.bit_generator.state = saved_rng": (RNG,),
    "own.seed(e)": (OWN,),
    "own.setstate(saved_own)": (OWN,),
    "own = random.Random(e)": (OWN,),
    "gen.reset_from_seed(e)": (GENERATOR,),
    "gen = tf.random.Generator.from_seed(e)": (GENERATOR,),
    "tf.random.set_global_generator(tf.random.Generator.from_seed(e))": (GENERATOR,),
    "keras_seed = keras.random.SeedGenerator(e); drop = keras.layers.Dropout(0.5, seed=e)": (KERAS,),
    "keras_seed.state.assign([e, e])": (KERAS,),
}

MOMENTS = ("between", "once", "seldom", "inside", "function", "cell")
STEP = "b.assign_add(0.01 * t)"


@dataclass(frozen=True)
class Seeding:
    """One program: how it seeds, when, and what draws."""

    way: str
    moment: str
    draw: str

    @property
    def title(self) -> str:
        """The program in one line."""
        return f"{self.way} {self.moment}, {self.draw}"

    @property
    def cells(self) -> list[str]:
        """Its cells."""
        names = self.way.split(" = ")[0] if " = " in self.way and "." not in self.way.split(" = ")[0] else ""
        use = f"{self.draw}; b.assign_add(0.01 * d); log.append(tf.reduce_sum(d).numpy())"
        loop = "for i in range(12): "
        if self.moment == "between":
            return [SETUP, f"for e in range(3):\n    {self.way}\n    {loop}{use}\n"]
        if self.moment == "once":
            return [SETUP, f"for e in range(3):\n    if e == 2:\n        {self.way}\n    {loop}{use}\n"]
        if self.moment == "seldom":
            return [SETUP, f"for e in range(30):\n    {use}\n    if e % 10 == 6:\n        {self.way}\n"]
        if self.moment == "inside":
            return [SETUP, f"for e in range(12):\n    {self.way}\n    {use}\n"]
        if self.moment == "function":
            bound = "".join(f"    global {n}\n" for n in [names] if n) if ";" not in self.way else "    global keras_seed, drop\n"
            return [SETUP + f"def again(e):\n{bound}    {self.way}\n", f"for e in range(3):\n    again(e)\n    {loop}{use}\n"]
        return [SETUP, f"{loop}{use}\n", f"e = 2; {self.way}\n", f"{loop}{use}\n"]


def programs() -> Iterator[Seeding]:
    """All of them."""
    for way, streams in WAYS.items():
        for moment in MOMENTS:
            for stream in streams:
                for draw in DRAWS[stream]:
                    yield Seeding(way, moment, draw)


def check(program: Seeding) -> tuple[list[str], Left]:
    """What differs from plain Python, and what JANUS left behind."""
    eager = run(program.cells, False)
    janus = run(program.cells, True, profile=1, generate="always")
    runtime.forget()
    return differences(eager, janus), janus


def main(words: list[str]) -> int:
    """Run what is named by words of its title, or all; returns how many differ."""
    ran = wrong = converted = 0
    for program in programs():
        if all(word in program.title for word in words):
            problems, left = check(program)
            graph = any(type(event).__name__ == "GraphRan" for event in left.events)
            ran, wrong, converted = ran + 1, wrong + bool(problems), converted + graph
            print(
                f"{'WRONG' if problems else 'ok'} {program.title}{'' if graph else ' (no graph)'}", left.error, *problems, sep="\n      ", flush=True
            )
    print(f"{ran} programs, {wrong} wrong, {converted} with graphs")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
