"""Random programs, from tables: what expressions and statements look like, for TensorFlow and for the library in a page of NumPy.

    Maker(7, FULL).expression("f")       "float(tf.reduce_sum(tf.tanh(t0)))"
    Maker(7, SMALL).expression("f")      "(f0 * 0.5 + float(XT[i % 40][1]) * 0.3)"

One builder for both. In a form, `{t}` `{f}` `{i}` `{c}` stand for a tensor, a float, an integer and a condition, `{n}` for a literal between -1 and 1, `{m}` for a
small whole number, `{b}` for a tensor that stays small; `{a|b|c}` is one of these texts.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from tests.programs import habits

STRANGERS = ("note", "outside.twist", "outside.fresh", "outside.nudge")


@dataclass(frozen=True)
class Words:
    """Expressions of one kind.

    Attributes:
        leaf: How often one ends here; deep down always.
        leaves: Those without parts.
        forms: Those with parts, each with its weight.
    """

    leaf: float
    leaves: tuple[str, ...]
    forms: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Grammar:
    """What programs are made of.

    Attributes:
        words: Expressions by kind: `t`, `b`, `f`, `i`, `c`.
        statements: Kinds of statements, each with its weight.
        habitual: How often a statement is one of the habits, by program.
        deepest: From which depth on only leaves are taken.
    """

    words: dict[str, Words]
    statements: tuple[tuple[float, str], ...]
    habitual: tuple[float, ...]
    deepest: int = 3


FULL = Grammar(
    {
        "t": Words(
            0.35,
            ("t0", "t1", "box.t", "XT[i % 40, 0, :3]", "XT[i % 40, 1, 1:]", "b", "tf.constant(X[i % 40, 2, :3])"),
            (
                (15, "tf.tanh({t} + {t})"),
                (15, "({t} * {0.5|f0|{n}})"),
                (10, "mix({t}, {t}{|, k=0.8|, 0.3})"),
                (10, "({t} if {c} else {t})"),
                (15, "tf.clip_by_value({t}, -1.0, 1.0)"),
            ),
        ),
        "b": Words(1.0, ("tf.tanh({t})",), ()),
        "f": Words(
            0.3,
            ("f0", "f1", "box.k", "{n}", "(i / 40)"),
            (
                (25, "float(tf.reduce_sum(tf.tanh({t})))"),
                (15, "({f} * 0.5 + {f} * 0.3)"),
                (10, "{max|min}({f}, {f})"),
                (10, "({f} if {c} else {f})"),
                (10, "({f} % 0.7)"),
            ),
        ),
        "i": Words(
            0.4,
            ("n0", "n1", "i", "3", "box.n", "len(log)"),
            ((30, "({i} + {i}) % 11"), (15, "int({f} * 10)"), (5, "int(rng.integers(0, 2 + {m}))"), (10, "bump({i})")),
        ),
        "c": Words(
            0.25,
            ("i > {m}", "i < {m} * 3"),
            ((15, "({i}) % 3 == {m} % 3"), (25, "tf.reduce_mean({t}) > {n}"), (20, "{f} < {n}"), (15, "({c} {and|or} {|not }{c})")),
        ),
    },
    (
        (14, "tensor"), (12, "float"), (8, "integer"), (10, "assign"), (12, "append"), (6, "show"), (4, "count"), (20, "branch"), (6, "inner"), (3, "jump"),
        (2, "error"), (15, "unusual"), (6, "spanning"),
    ),
    (0.0, 0.2, 0.5),
)  # fmt: skip
SMALL = Grammar(
    {
        "t": Words(0.5, ("t0", "t1", "XT[i % 40]", "b.value()", "XT[i // 9]"), ((30, "({t} * {0.5|{n}})"), (20, "({t} + {t} * 0.1)"))),
        "b": Words(1.0, ("{t} * 0.9",), ()),
        "f": Words(
            0.4, ("f0", "f1", "box.k", "{n}", "(i / 40)"), ((20, "float({t}[{m} % 3])"), (20, "({f} * 0.5 + {f} * 0.3)"), (20, "({f} % 0.7)"))
        ),
        "i": Words(0.5, ("n0", "n1", "i", "3", "box.n", "len(log)", "i // 9"), ((30, "({i} + {i}) % 11"), (20, "bump({i})"))),
        "c": Words(0.4, ("i > {m}", "i < {m} * 3", "i // (3 + {m})"), ((20, "{t}[0] > {n}"), (40, "{f} < {n}"))),
    },
    (
        (9, "tensor"), (8, "assign"), (6, "float"), (6, "integer"), (5, "append"), (10, "branch"), (3, "jump"), (1, "error"), (4, "unusual"),
    ),
    (0.5,),
)  # fmt: skip

_PART = re.compile(r"\{([^{}]*)\}")
"""An innermost place of a form."""


class Maker(habits.Habits):
    """Writes one program."""

    def __init__(self, seed: int, grammar: Grammar = FULL) -> None:
        self.rng = random.Random(seed)
        self.grammar = grammar
        self.habitual = self.rng.choice(grammar.habitual)

    # -- expressions -------------------------------------------------------------------------------------------

    def expression(self, kind: str, depth: int = 0) -> str:
        """An expression of a kind."""
        words = self.grammar.words[kind]
        if depth >= self.grammar.deepest or self.rng.random() < words.leaf:
            return self.filled(self.rng.choice(words.leaves), depth)
        weights, forms = zip(*words.forms, strict=True)
        return self.filled(self.rng.choices(forms, weights)[0], depth)

    def filled(self, form: str, depth: int = 0) -> str:
        """A form with something in each of its places."""
        while (found := _PART.search(form)) is not None:
            form = form[: found.start()] + self.part(found[1], depth + 1) + form[found.end() :]
        return form

    def part(self, place: str, depth: int) -> str:
        """What stands in one place of a form."""
        if "|" in place:
            return self.rng.choice(place.split("|"))
        if place == "n":
            return f"{self.rng.uniform(-0.9, 0.9):.3f}"
        return str(self.rng.randint(2, 9)) if place == "m" else self.expression(place, depth)

    def tensor(self, depth: int = 0) -> str:
        return self.expression("t", depth)

    def cond(self, depth: int = 0) -> str:
        return self.expression("c", depth)

    # -- statements --------------------------------------------------------------------------------------------

    def block(self, indent: int, size: int, loop: bool) -> list[str]:
        """Statements."""
        lines = [line for _ in range(size) for line in self.statement(indent, loop)]
        return lines or ["    " * indent + "pass"]

    def statement(self, indent: int, loop: bool) -> list[str]:
        """A statement, or a few that belong together."""
        pad = "    " * indent
        if self.rng.random() < self.habitual:
            return self.habit(pad)
        weights, kinds = zip(*self.grammar.statements, strict=True)
        kind = self.rng.choices(kinds, weights)[0]
        if kind == "branch" and indent < 4:
            lines = [f"{pad}if {self.cond()}:", *self.block(indent + 1, self.rng.randint(1, 2), loop)]
            return lines + ([f"{pad}else:", *self.block(indent + 1, self.rng.randint(1, 2), loop)] if self.rng.random() < 0.5 else [])
        if kind == "inner" and indent < 3:
            return [pad + self.filled("for j in range({2|3|n0 % 3|1 + i % 2}):"), *self.block(indent + 1, self.rng.randint(1, 2), False)]
        if kind == "jump" and loop:
            return [f"{pad}if {self.cond()}:", pad + self.filled("    {continue|continue|break}")]
        if kind == "spanning" and indent == 1:
            return self.spanning(pad)
        form = self.rng.choice(UNUSUAL if self.grammar is FULL else UNUSUAL[:PLAIN]) if kind == "unusual" else SIMPLE.get(kind, SIMPLE["append"])
        return [pad + line for line in self.filled(form).split("\n")]

    def spanning(self, pad: str) -> list[str]:
        """A tape that is open around a stranger's call."""
        call = self.filled(
            "{n1 = note(h[0]) % 7|h = h + outside.twist(h)|extra = outside.fresh(h)|outside.nudge(c)|note(tf.reduce_sum(h)); c.assign(c * 0.9)}"
        )
        inside = self.rng.choice(["", "if {c}:\n    h = h * 0.5 + tf.sin(b)\n", "log.append(float(tf.reduce_sum(h)))\n"])
        after = self.rng.choice(["", "log.append(float(value))\n", "n0 = note(value) % 5\n", "b.assign(b * 0.99)\n"])
        body = "h = tf.tanh({t} * b) + tf.sigmoid({t} + {b|c|t0})\n" + inside + call + "\nvalue = " + self.rng.choice(LOSSES)
        lines = self.filled(body + (" + tf.reduce_sum(extra * b)" if "extra" in call else "")).split("\n")
        return [
            pad + line
            for line in (
                self.filled("with tf.GradientTape({||persistent=True}) as tape:"),
                *("    " + line for line in lines),
                *self.filled(after + TAPED).split("\n"),
            )
        ]


SIMPLE = {
    "tensor": "{t0|t1} = {b}",
    "float": "{f0|f1|box.k} = {f}",
    "integer": "{n0|n1} = ({i}) % 17",
    "assign": "b.assign_add(0.05 * {t})",
    "append": "log.append({{f}|{i}|({i}, {f})|{t}})",
    "show": "print(i, {i}, format({f}, '.3f'))",
    "count": "stats['{a|b}'] += {i}",
    "error": "if i == 20 + 4 * {m}:\n    raise ValueError('at ' + str(i))",
}
LOSSES = (
    "tf.reduce_sum(tf.tanh(h * c + b))",
    "tf.reduce_sum(h * h) * f0",
    "tf.reduce_sum(tf.sin(h) * tf.stop_gradient(c))",
    "tf.reduce_mean(b * h) + f1",
)
TAPED = """grads = tape.gradient(value, [b, c])
for v, g in zip([b, c], grads):
    if g is not None:
        v.assign(tf.tanh(v - 0.1 * g))
log.append([g is None for g in grads])"""
PLAIN = 5
"""How many of the unusual statements need no tensor."""
UNUSUAL = (
    "try:\n    n1 = risky({i}) % 13\nexcept KeyError as e:\n    log.append(str(e))",
    "for v in parts({m} % 4 + 1):\n    f0 = f0 * 0.5 + v * 0.01",
    "kept.append(Pair({f}, i).swapped())",
    "names[i % 4] = {f}",
    "match {i} % 3:\n    case 0:\n        n0 = 1\n    case other:\n        n0 = other",
    "p = Point({f}, {t})\nt1 = p.y * 0.5\nf1 = p.x",
    "names[i % 3] = {f}\nf1 = f1 * 0.5 + len(names) * 0.01",
    "grid[i % 5] += {f}",
    "note({f})",
    "n1 = note({f}) % 7",
    "with tf.GradientTape() as tape:\n    value = tf.reduce_sum(tf.tanh({t} * b))\nb.assign_sub(0.1 * tape.gradient(value, b))\ndel tape",
    "k = 0\nwhile k < {3|n0 % 4|2}:\n    k += 1\n    t0 = tf.tanh(t0 * 0.9)",
    "f0 = np.float32({n}) * 1.0 if {c} else f0",
    "b.assign(tf.tanh(b + {t}))",
    "assert i < 20 + 8 * {m}, 'late'",
)
"""Objects, exceptions, generators, containers, matches, calls of strangers."""
