"""Statements for random programs that go wrong when something is taken for constant: what changes slowly, rarely, between epochs, or while it is read.

    xs.append(i // 9)                     # a slow value
    log.append(f"{xs[-3:]} {window}")     # the text of a container that changes
    cfg = (float(n1), 3)                  # equal to what it was, and of another type
    any(asked(v) > 2 for v in range(5))   # lazy, with an effect

Only Python and what the maker's own expressions need: they run on the library in a page of NumPy too.
"""

from __future__ import annotations

import random

SETUP = """
xs, rows, window, table, members = [1, 2, 3], [[0], [1, 2]], collections.deque([0, 0, 0], maxlen=4), {"a": 1, "b": 2}, {1, 2}
cfg, mode, level, calls, made, word, big = (2, 3), "slow", 1, [], [], "ab", 2 ** 65
arr = np.arange(6.0)
part = arr[1:4]
class Level:
    unit = 1
    def __init__(self, v): self.v = v
    def __eq__(self, other): return isinstance(other, Level) and self.v == other.v
    def __lt__(self, other): return self.v < other.v
    def __hash__(self): return hash(self.v)
    def __bool__(self): return self.v % 3 != 0
    def __len__(self): return self.v % 5
    def __float__(self): return self.v * 0.5
    def __str__(self): return f"L{self.v}"
    def __repr__(self): return f"Level({self.v})"
    def __format__(self, spec): return f"{self.v}{spec}"
    def __contains__(self, x): return x == self.v
    def __iter__(self): return iter((self.v, self.unit))
    def __call__(self, x): return x + self.v
    def __getitem__(self, k): return self.v + k
    @property
    def asked(self):
        calls.append("asked"); return self.v
    def next(self): return Level(self.v + 1)
class Other(Level):
    unit = 5
    def __str__(self): return f"O{self.v}"
class Slotted:
    __slots__ = ("p", "q")
    def __init__(self): self.p, self.q = 0, [0]
here, there, slotted = Level(1), Level(2), Slotted()
def asked(v):
    calls.append(v); return v
def rate(x, k=1.0, *more, name="n", **other):
    return x * k + len(more) + len(other)
def slower(x, k=1.0, *more, name="n", **other):
    return x - k
def feed(limit):
    for k in range(limit):
        calls.append(("feed", k))
        yield k + level
def counter():
    n = 0
    def up(k=1):
        nonlocal n
        n += k
        return n
    return up
up = counter()
steady = iter(range(10 ** 6))
dice = random.Random(5)
@accelerate
def scaled(t, k=2.0, tags=(), flag=False):
    level_now = level
    b.assign_add(t * 0.01)
    return float((t * k)[0]) + len(tags) + level_now + (1 if flag else 0)
"""

SLOW = ("i // 9", "i // 7 % 3", "i // 11", "n1", "(i > 16)", "i * 0 + len(made)")
"""Values that stay as they are for a while."""

CHANGES = (
    "xs[0] = {v}",
    "xs.append({v})",
    "xs = [{v}, 2, 3]",
    "rows[0].append({v})",
    "rows[1] = rows[0]",
    "window.append({v})",
    "table['a'] = {v}",
    "table[{v}] = i",
    "table.pop('b', None)",
    "members.add({v})",
    "cfg = ({v}, 3)",
    "cfg = (float({v}), 3)",
    "mode = 'fast' if {v} % 2 else 'slow'",
    "level = {v}",
    "level = float({v})",
    "level = {v} > 1",
    "word = 'ab' + str({v})",
    "here.v = {v}",
    "there.v = {v}",
    "here = there",
    "here = Level({v})",
    "here.extra = {v}",
    "here.__class__ = (Level, Other)[{v} % 2]",
    "Level.unit = {v}",
    "Other.unit = {v}",
    "Level.extra = {v}",
    "Level.__len__ = lambda self: {v}",
    "Level.__str__ = lambda self: 'new'",
    "Level.next = lambda self: Level(self.v + 2)",
    "rate.__defaults__ = (float({v}),)",
    "rate.__code__ = slower.__code__",
    "rate = slower",
    "rate.note = {v}",
    "slotted.p = {v}",
    "slotted.q.append({v})",
    "arr[2] = {v}",
    "part[0] += 1",
    "arr += 1",
    "np.add.at(arr, [1, {v} % 6], 1)",
    "np.add(arr, 1.0, arr)",
    "up = counter()",
    "random.seed({v})",
    "np.random.seed({v})",
    "dice.seed({v})",
    "next(steady)",
    "box.names = [{v}]",
    "big += {v}",
    "globals()['level'] = {v}",
    "xs.reverse()",
    "del xs[1:]",
    "level, n1 = n1, {v}",
)
READS = (
    "len(xs)",
    "f'{xs}'",
    "'%s' % xs[-3:]",
    "str(window)",
    "repr(table)",
    "f'{table!r:.20}'",
    "rows[0][-1]",
    "sum(len(r) for r in rows)",
    "sorted(xs, key=str)",
    "max(xs, key=asked)",
    "list(map(str, xs))",
    "[v for v in window if v]",
    "table.get('a')",
    "sorted(map(str, table.items()))",
    "'b' in table",
    "len(members)",
    "sorted(members)",
    "cfg[0]",
    "str(cfg)",
    "{cfg: 1}",
    "mode == 'fast'",
    "f'{mode:>5}|'",
    "level * 2",
    "str(level)",
    "word.upper()",
    "here == there",
    "here < there",
    "max(here, there).v",
    "min([here, there], key=lambda h: -h.v).v",
    "bool(here)",
    "len(here)",
    "float(here)",
    "f'{here}'",
    "f'{here:x}'",
    "'%s' % here",
    "str([here])",
    "2 in here",
    "list(here)",
    "here(1)",
    "here[2]",
    "here in {there: 1}",
    "len({here, there})",
    "here.unit",
    "Other.unit",
    "getattr(here, 'extra', 'none')",
    "hasattr(here, 'extra')",
    "here.next().v",
    "i % 3 == 0 and here.asked > 1",
    "any(asked(v) > 2 for v in range(5))",
    "all(map(asked, [1, 0, 2]))",
    "next(filter(asked, [0, 1, 2]))",
    "list(zip(feed(2), 'abc'))",
    "rate(2.0)",
    "rate(1.0, 2.0, 3)",
    "rate(*[1.0], **{'q': 1})",
    "getattr(rate, 'note', 0)",
    "slotted.p + len(slotted.q)",
    "float(arr.sum())",
    "part.tolist()",
    "arr[1:3].copy()",
    "up()",
    "random.random()",
    "float(np.random.rand())",
    "dice.randint(0, 9)",
    "next(steady)",
    "-0.0 * level",
    "big % 7",
    "round(level / 3, 2)",
    "level is True",
    "type(level).__name__",
    "isinstance(here, Other)",
    "[*xs, *window][-2:]",
    "xs * 2",
    "xs + [level]",
    "(xs[0], *cfg)",
    "json.dumps([xs, table.get('a')])",
    "'-'.join(map(str, window))",
    "copy.copy(rows)",
    "xs == [1, 2, 3]",
    "xs < [1, 3]",
    "reversed(xs).__length_hint__()",
    "functools.reduce(lambda p, q: str(p) + str(q), xs)",
)
MADE = ("[1, 2]", "list(xs)", "sorted(xs, key=str)", "{'q': 1}", "set(members)", "dict(table)", "(xs, 1)", "[[], i]", "Level(i)", "np.zeros(2)", "xs[:]", "lambda: i",
        "collections.deque(window)", "copy.deepcopy(rows)", "'a b'.split()", "ValueError(i)", "feed(3)", "iter(xs)", "functools.partial(rate, 1.0)")  # fmt: skip
ARGUMENTS = ("", ", 2.0", ", k=3", ", level", ", 2.0, ('a',)", ", tags=[i]", ", flag=True", ", flag=i > 12", ", k=float(n1)", ", tags=xs", ", True")


class Habits:
    """Random statements of these kinds; needs the maker's expressions."""

    rng: random.Random

    def tensor(self, depth: int = 0) -> str:
        raise NotImplementedError

    def cond(self, depth: int = 0) -> str:
        raise NotImplementedError

    def change(self) -> str:
        """A change, by a value that stays the same for a while or not."""
        value = self.rng.choice(SLOW) if self.rng.random() < 0.7 else "i"
        return self.rng.choice(CHANGES).format(v=value)

    def habit(self, pad: str) -> list[str]:
        """A statement, or a few that belong together."""
        r = self.rng.random()
        if r < 0.3:
            return [f"{pad}log.append({self.rng.choice(READS)})"]
        if r < 0.42:
            return [f"{pad}print({self.rng.choice(READS)}, {self.rng.choice(READS)})"]
        if r < 0.55:
            return [f"{pad}{self.change()}"]
        if r < 0.7:
            when = self.rng.choice(["i % 9 == 8", "i == 13", "i // 9 == 1", "len(log) % 11 == 5", self.cond(2)])
            return [f"{pad}if {when}:", f"{pad}    {self.change()}"]
        if r < 0.78:
            return [
                f"{pad}kept.append({self.rng.choice(MADE)})",
                *([f"{pad}if i % 6 == 5 and isinstance(kept[-1], list):", f"{pad}    kept[-1].append(i)"] if r < 0.74 else []),
            ]
        if r < 0.86:
            return [f"{pad}log.append(scaled({self.tensor(2)}{self.rng.choice(ARGUMENTS)}))"]
        return self.iterated(pad)

    def iterated(self, pad: str) -> list[str]:
        """A loop over something that changes, is shared, or has effects."""
        inner = pad + "    "
        return self.rng.choice(
            [
                [f"{pad}for v in xs:", f"{inner}log.append(v)", f"{inner}if len(xs) < 6:", f"{inner}    xs.append(i)", f"{pad}del xs[3:]"],
                [
                    f"{pad}for v in map(asked, [1, 2, 3]):",
                    f"{inner}log.append(len(calls))",
                    f"{inner}if v == {self.rng.randint(1, 3)}:",
                    f"{inner}    break",
                ],
                [f"{pad}for k, v in list(table.items()):", f"{inner}table[k] = i"],
                [f"{pad}for v in feed({self.rng.randint(1, 4)}):", f"{inner}if v > level:", f"{inner}    break"],
                [f"{pad}for v, k in zip(steady, 'ab'):", f"{inner}log.append((v, k))"],
                [f"{pad}for r in rows:", f"{inner}r.append(len(r))", f"{inner}del r[4:]"],
                [f"{pad}for h in (here, there):", f"{inner}h.v += 1"],
            ]
        )

    def between(self, pad: str) -> list[str]:
        """What happens between epochs, in other cells, before a cell is run again."""
        return [
            f"{pad}{self.rng.choice(CHANGES).format(v=self.rng.choice(['epoch', 'epoch + 1', 'len(log)']))}" for _ in range(self.rng.randint(1, 3))
        ]

    def source(self) -> tuple[str, list[str]]:
        """What the hot loop runs over, and what its body does to it."""
        count = 40
        return self.rng.choice(
            [
                (f"i in range({count})", []),
                (f"i in range({count})", []),
                ("i in todo", ["if len(todo) < 40:", "    todo.append(len(todo))"]),
                ("i in todo", ["if i == 12:", "    todo[15:] = [1, 2, 3]"]),
                ("i, extra in enumerate(todo)", ["if i < 30:", "    todo.append(i // 9)"]),
                ("i in feed(30)", []),
                ("i, extra in zip(range(40), steady)", []),
                ("i, extra in enumerate(arr.repeat(6))", []),
                ("i in map(asked, range(30))", []),
                ("i, (extra, more) in enumerate(zip(feed(35), todo * 15))", []),
            ]
        )
