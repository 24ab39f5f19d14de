"""The second half of the table: a kind of source x what happens to it while a loop runs over it. Plain data.

The loop is `for x in it:` with a counter `n`. What happens may use the source's own ways to grow, to change what lies ahead, to shrink.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """Something to iterate over.

    Attributes:
        name: A word.
        setup: Makes `o`, what is behind it.
        it: What the loop iterates over.
        again: Whether `it` is a fresh iterator whenever a loop begins; otherwise it is made once, as `it`.
        grow, ahead, shrink, inner: Statements that change what is behind it; empty where there is none.
        real: Whether it needs TensorFlow itself.
    """

    name: str
    setup: str
    it: str = "o"
    again: bool = True
    grow: str = ""
    ahead: str = ""
    shrink: str = ""
    inner: str = ""
    real: bool = False


LIST = {"grow": "o.append(100 + n)", "ahead": "o[n + 2] = -5", "shrink": "o.pop()"}
GENERATOR = """
def gen(limit=30):
    try:
        for k in range(limit):
            events.append(k)
            yield k + offset[0]
    finally:
        events.append("closed")
events, offset = [], [0]
o = events
"""
MOVES = {"grow": "events.append('body')", "ahead": "offset[0] = n"}
USERS = """
class Feed:
    def __init__(self, limit): self.limit, self.at, self.seen = limit, 0, []
    def __iter__(self): self.seen.append("iter"); return self
    def __next__(self):
        if self.at >= self.limit: raise StopIteration
        self.at += 1
        self.seen.append(self.at)
        return self.at
class Table:
    def __init__(self, xs): self.xs, self.asked = xs, []
    def __getitem__(self, k): self.asked.append(k); return self.xs[k]
class Sized(Table):
    def __len__(self): self.asked.append("len"); return len(self.xs)
class Lazy:
    def __init__(self, xs): self.xs = xs
    def __iter__(self):
        for x in self.xs: log.append(("give", x)); yield x
"""
SOURCES = (
    Source("list", "o = [*range(30)]\n", **LIST),
    Source("list_short", "o = [0]\n", grow="o.append(n + 1) if len(o) < 25 else None"),
    Source("list_of_lists", "o = [[k] for k in range(30)]\n", grow="o.append([n])", ahead="o[n + 2] = [-5]", shrink="o.pop()", inner="o[min(n + 2, 29)].append(7)"),
    Source("list_iterator", "o = [*range(30)]\nit = iter(o)\n", "it", False, **LIST),
    Source("tuple", "o = (*range(30),)\n"),
    Source("range", "o = 30\n", "range(o)"),
    Source("range_object", "o = range(3, 33)\n"),
    Source("range_of_len", "o = [*range(30)]\n", "range(len(o))", **LIST),
    Source("dict", "o = {k: k for k in range(30)}\n", ahead="o[min(n + 2, 29)] = -5", grow="o[100 + n] = 1 if n == 9 else 0", shrink="o.popitem()"),
    Source("items", "o = {k: [k] for k in range(30)}\n", "o.items()", ahead="o[min(n + 2, 29)] = -5", grow="o[100 + n] = 1", shrink="o.popitem()", inner="o[29].append(n)"),
    Source("values", "o = {k: k for k in range(30)}\n", "o.values()", ahead="o[min(n + 2, 29)] = -5", grow="o[100 + n] = 1"),
    Source("list_of_items", "o = {k: k for k in range(30)}\n", "list(o.items())", ahead="o[min(n + 2, 29)] = -5", grow="o[100 + n] = 1"),
    Source("set", "o = set(range(30))\n", grow="o.add(100 + n)", shrink="o.discard(29)"),
    Source("deque", "o = collections.deque(range(30))\n", grow="o.append(100 + n)", ahead="o[min(n + 2, 29)] = -5", shrink="o.pop()"),
    Source("string", "o = 'abcdefghij' * 3\n"),
    Source("bytes", "o = bytes(range(30))\n"),
    Source("bytearray", "o = bytearray(range(30))\n", grow="o.append(5)", ahead="o[min(n + 2, len(o) - 1)] = 9", shrink="o.pop()"),
    Source("array", "o = np.arange(30.0)\n", ahead="o[min(n + 2, 29)] = -5.0"),
    Source("array_rows", "o = np.arange(60.0).reshape(30, 2)\n", ahead="o[min(n + 2, 29)] = -5.0", inner="x[0] = 7.0"),
    Source("array_enumerate", "o = np.arange(30.0)\n", "enumerate(o)", ahead="o[min(n + 1, 29)] += float(x[1])"),
    Source("array_nditer", "o = np.arange(30.0)\n", "np.nditer(o)", ahead="o[min(n + 2, 29)] = -5.0"),
    Source("array_flat", "o = np.arange(30.0)\n", "o.flat", ahead="o[min(n + 2, 29)] = -5.0"),
    Source("enumerate", "o = [*range(30)]\n", "enumerate(o)", **LIST),
    Source("enumerate_kept", "o = [*range(30)]\nit = enumerate(o, 5)\n", "it", False, **LIST),
    Source("zip", "o = [*range(30)]\nq = iter('abcdefghijklmnopqrstuvwxyzABCDEF')\nit = zip(o, q)\n", "it", False, **LIST),
    Source("zip_ranges", "o = 1\nit = zip(range(50), range(40))\n", "it", False),
    Source("zip_fresh", "o = [*range(30)]\n", "zip(o, o[1:])", **LIST),
    Source("zip_longest", "o = [*range(30)]\n", "itertools.zip_longest(o, range(20))", **LIST),
    Source("map", "o = []\ndef f(v):\n    o.append(v)\n    return v * 2\n", "map(f, range(30))", grow="o.append('body')"),
    Source("map_kept", "o = []\ndef f(v):\n    o.append(v)\n    return v * 2\nit = map(f, range(30))\n", "it", False, grow="o.append('body')"),
    Source("filter", "o = [3]\ndef f(v):\n    o.append(v)\n    return v % o[0]\n", "filter(f, range(40))", ahead="o[0] = 2", grow="o.append('body')"),
    Source("reversed", "o = [*range(30)]\n", "reversed(o)", ahead="o[0] = -5", grow="o.append(1)"),
    Source("sorted", "o = [*range(30, 0, -1)]\n", "sorted(o)", **LIST),
    Source("copied", "o = [*range(30)]\n", "o[:]", **LIST),
    Source("comprehension", "o = [*range(30)]\n", "[v * 2 for v in o]", **LIST),
    Source("generator_expression", "o = [*range(30)]\n", "(v * 2 for v in o)", **LIST),
    Source("generator_expression_kept", "o = [*range(30)]\nit = (log.append('give') or v for v in o)\n", "it", False, **LIST),
    Source("generator", GENERATOR, "gen()", **MOVES),
    Source("generator_kept", GENERATOR + "it = gen()\n", "it", False, **MOVES),
    Source("generator_over_list", "o = [*range(30)]\ndef gen():\n    for v in o:\n        yield v * 2\n", "gen()", **LIST),
    Source("enumerate_generator", GENERATOR, "enumerate(gen())", **MOVES),
    Source("zip_generator", GENERATOR, "zip(range(100), gen())", **MOVES),
    Source("zip_generator_first", GENERATOR + "q = gen()\n", "zip(q, range(12))", **MOVES),
    Source("feed", USERS + "o = Feed(30)\nit = o\n", "it", False, grow="o.limit += 1 if o.limit < 36 else 0", shrink="o.limit = n + 3", ahead="o.at += 1"),
    Source("table", USERS + "o = Table([*range(30)])\n", grow="o.xs.append(n)", ahead="o.xs[min(n + 2, 29)] = -5", shrink="o.xs.pop()"),
    Source("sized_table", USERS + "o = Sized([*range(30)])\n", grow="o.xs.append(n)", ahead="o.xs[min(n + 2, 29)] = -5", shrink="o.xs.pop()"),
    Source("lazy", USERS + "o = Lazy([*range(30)])\n", grow="o.xs.append(n)", ahead="o.xs[min(n + 2, 29)] = -5"),
    Source("chain", "o = [*range(15)]\nit = itertools.chain(o, range(15))\n", "it", False, **LIST),
    Source("islice", "o = [*range(40)]\nq = iter(o)\n", "itertools.islice(q, 20)", **LIST),
    Source("islice_kept", "o = itertools.count()\nit = itertools.islice(o, 30)\n", "it", False, ahead="next(o)"),
    Source("takewhile", "o = [*range(40)]\nq = iter(o)\n", "itertools.takewhile(lambda v: v < 25, q)", **LIST),
    Source("accumulate", "o = [*range(30)]\n", "itertools.accumulate(o)", **LIST),
    Source("product", "o = [0, 1, 2]\n", "itertools.product(o, range(10))", grow="o.append(5)"),
    Source("pairwise", "o = [*range(30)]\n", "itertools.pairwise(o)", **LIST),
    Source("groupby", "o = [k // 3 for k in range(60)]\n", "((k, len(list(g))) for k, g in itertools.groupby(o))", **LIST),
    Source("count", "o = itertools.count()\n", "zip(o, range(30))", ahead="next(o)"),
    Source("cycle", "o = [1, 2, 3]\n", "itertools.islice(itertools.cycle(o), 30)", grow="o.append(n)"),
    Source("repeat", "o = [1]\n", "itertools.repeat(o, 30)", inner="x.append(n)"),
    Source("sentinel", "o = [*range(30, 0, -1)]\n", "iter(o.pop, 1)", grow="o.insert(0, 0) if len(o) < 8 else None", ahead="o[0] = 7"),
    Source("stringio", "o = io.StringIO('\\n'.join(map(str, range(30))))\nit = o\n", "it", False),
    Source("csv", "import csv\no = ['a,%d' % k for k in range(30)]\n", "csv.reader(o)", grow="o.append('z,1')", ahead="o[min(n + 2, 29)] = 'q,9'", shrink="o.pop()"),
    Source("regex", "o = 'a1b22c333' * 5\n", "re.finditer('[0-9]+', o)"),
    Source("splitlines", "o = ['x y z'] * 10\n", "' '.join(o).split()", grow="o.append('w')"),
    Source("chainmap", "o = collections.ChainMap({k: 1 for k in range(15)}, {k: 2 for k in range(10, 30)})\n", ahead="o[3] = 9", grow="o[99] = 1"),
    Source("tensor_rows", "o = XT\n", real=True),
    Source("dataset", "o = tf.data.Dataset.range(30)\n", real=True),
    Source("dataset_kept", "o = tf.data.Dataset.range(30)\nit = iter(o)\n", "it", False, real=True),
    Source("dataset_enumerate", "o = tf.data.Dataset.range(30).map(lambda v: v * 2)\n", "enumerate(o)", real=True),
    Source("dataset_shuffled", "o = tf.data.Dataset.range(30).shuffle(10, seed=4)\n", real=True),
    Source("dataset_generator", "o = [*range(30)]\nds = tf.data.Dataset.from_generator(lambda: iter(o), output_signature=tf.TensorSpec((), tf.int64))\n", "ds", real=True, **LIST),
    Source("dataset_py_function", "o = []\nds = tf.data.Dataset.range(30).map(lambda v: tf.py_function(lambda q: o.append(int(q)) or q, [v], tf.int64))\n", "ds", real=True, grow="o.append('body')"),
    Source("dataset_zip", "o = [*range(30)]\nds = tf.data.Dataset.range(40)\n", "zip(ds, o)", real=True, **LIST),
)  # fmt: skip

HAPPENINGS: dict[str, str] = {
    "nothing": "pass",
    "grow": "if n % 5 == 3 and n < 26:\n    GROW",
    "grow_each": "if n < 20:\n    GROW",
    "grow_at_end": "if n == 28:\n    GROW",
    "ahead": "if n % 6 == 2 and n < 26:\n    AHEAD",
    "ahead_each": "if n < 26:\n    AHEAD",
    "ahead_once": "if n == 9:\n    AHEAD",
    "shrink": "if n % 9 == 5:\n    SHRINK",
    "inner": "if n % 4 == 1 and n < 26:\n    INNER",
    "slowly": "if n // 9 == 1 and n % 9 == 0:\n    AHEAD",
    "tensor_condition": "if XT[n % 40][0] > 0.9 and n < 26:\n    GROW",
    "tensor_ahead": "if XT[n % 40][1] > 0.8 and n < 26:\n    AHEAD",
    "break": "if n == 7:\n    break",
    "break_late": "if n == 23:\n    break",
    "break_on_tensor": "if XT[n % 40][0] > 1.2:\n    break",
    "raise": "if n == 11:\n    raise ValueError(f'at {n}')",
    "raise_late": "if n == 27:\n    raise KeyError(n)",
    "continue": "if n % 3 == 0:\n    n += 1\n    continue",
    "rebind": "if n == 5:\n    o = None",
    "next": "if n % 7 == 4:\n    log.append(next(it, 'end'))",
    "peek": "log.append(len(o) if hasattr(o, '__len__') else str(type(o)))",
    "text": "if n % 5 == 0:\n    log.append(str(o)[-12:])",
    "nested": "if n % 8 == 3:\n    for y in ITER:\n        log.append(y)\n        if len(log) % 3 == 0:\n            break",
    "rest": "if n == 20:\n    log.append(len(list(ITER)))",
    "sum": "total = total + n",
    "keep": "kept.append(x)",
    "unpack": "if isinstance(x, tuple):\n    p, *q = x\n    log.append(q)",
    "alias": "if n == 10 and isinstance(o, list):\n    alias[n + 3 :] = [-1, -2]",
    "function": "if n % 7 == 5 and n < 26:\n    change()",
}
AFTERS: dict[str, str] = {
    "": "",
    "next_after": "log.append(next(it, 'end') if hasattr(it, '__next__') else 'none')\n",
    "loop_after": "for x in it:\n    b.assign_add(0.01 * XT[n % 40])\n    n += 1\n    log.append(('second', x))\n    if len(log) > 150:\n        break\n",
    "else": "else:\n    log.append('else')\n",
    "list_after": "log.append(list(itertools.islice(it, 5)))\n",
}
