"""Rows of the table: a kind of object, the ways to read it and the ways to change it. Plain data.

Kind("list", "o = [1, 2, 3]", {"len": "len(o)"}, {"append": "o.append(t)"})

The object is `o`. A reading is an expression, whose value is logged, or statements if it begins with "!". A change is a line, or several, that may use `t`, a small
integer that grows over time. `{name}` in a setup stands for nothing: setups are run as they are.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One family of the data model.

    Attributes:
        name: A word.
        setup: Makes `o`.
        reads: Name of a way of reading -> expression, or statements after "!".
        changes: Name of a way of changing -> statements using `t`.
    """

    name: str
    setup: str
    reads: dict[str, str]
    changes: dict[str, str]


def named(text: str) -> dict[str, str]:
    """`"len: len(o)"` lines as a dictionary; `\\n` in a line is a line break."""
    pairs = (line.strip().partition(": ") for line in text.strip().splitlines() if line.strip())
    return {name: code.replace("\\n", "\n") for name, _, code in pairs}


TEXT = named(
    r"""
    str: str(o)
    repr: repr(o)
    fstring: f"{o}"
    fstring_repr: f"<{o!r}>"
    percent: "%s" % (o,)
    format: "{0}".format(o)
    print: !print(o, end=";")
    join: "-".join([str(o), "x"])
    print_in_list: !print([o, 1])
    """
)
TRUTH = named(
    r"""
    bool: bool(o)
    not: not o
    if: !if o:\n    log.append("yes")\nelse:\n    log.append("no")
    or: (o or "empty") == "empty"
    conditional: 1 if o else 2
    all: all([o, 1])
    assert: !try:\n    assert o\n    log.append(1)\nexcept AssertionError:\n    log.append(0)
    """
)
KEEP = named(
    r"""
    is_first: o is first
    kept: !kept.append(o)
    type: type(o).__name__
    isinstance: (isinstance(o, list), isinstance(o, dict), isinstance(o, int), isinstance(o, str), isinstance(o, float))
    in_tuple: (o, 1)[0] is o
    copy: !kept.append(copy.copy(o))
    deepcopy: !kept.append(copy.deepcopy(o))
    equal_first: o == first
    equal_frozen: o == frozen
    """
)
SIZE = named(
    r"""
    len: len(o)
    len_compare: len(o) > 3
    len_loop: !for k in range(len(o)):\n    log.append(k)
    """
)
ITER = named(
    r"""
    list: list(o)
    tuple: tuple(o)
    for: !for x in o:\n    log.append(x)
    comprehension: [x for x in o]
    nested: [(x, y) for x in o for y in range(2)]
    dict_comprehension: {str(x): 1 for x in o}
    generator: list(x for x in o)
    enumerate: list(enumerate(o))
    zip: list(zip(o, range(10)))
    map: list(map(str, o))
    filter: list(filter(None, o))
    star: [0, *o]
    star_call: len(pack(*o))
    unpack: !head, *tail = [*o, 9]\nlog.append((head, tail))
    sorted: sorted(o, key=str)
    max_key: max(o, key=str, default=0)
    any: any(str(x) > "2" for x in o)
    any_lazy: any(noted(x) for x in o)
    all_lazy: all(noted(x) for x in o)
    next: next(iter(o), "none")
    set: len(set(map(str, o)))
    join: ",".join(str(x) for x in o)
    reduce: functools.reduce(lambda a, c: str(a) + str(c), o, "")
    chain: list(itertools.chain(o, [0]))
    islice: list(itertools.islice(o, 2))
    counter: sorted(collections.Counter(map(str, o)).items())
    in: 3 in o
    not_in: "a" not in o
    """
)
SEQUENCE = named(
    r"""
    first_item: o[0]
    last_item: o[-1]
    at_i: o[i % 2]
    slice: o[1:]
    slice_step: o[::-1]
    reversed: list(reversed(o))
    index: o.index(o[-1])
    count: o.count(2)
    add: o + type(o)()
    times: o * 2
    less: o < first
    """
)
NUMBERS = named(
    r"""
    sum: sum(o)
    max: max(o)
    min: min(o, default=0)
    sorted_numbers: sorted(o, reverse=True)
    json: json.dumps(list(o))
    array: np.array(list(o))
    mean: float(np.mean(list(o)))
    """
)
MAPPING = named(
    r"""
    get: o.get("a")
    get_default: o.get("zz", "none")
    item: o["a"]
    keys: list(o.keys())
    values: list(o.values())
    items: list(o.items())
    for_items: !for k, v in o.items():\n    log.append((k, v))
    in_dict: "b" in o
    unpacked: dict(**o)
    merged: len({**o, "q": 1})
    union: len(o | {"q": 1})
    dict: dict(o)
    call: named_ones(**o)
    sorted_items: sorted(o.items(), key=str)
    max_get: max(o, key=lambda k: str(o[k]))
    json: json.dumps(o)
    inverse: {str(v): k for k, v in o.items()}
    kept_keys: !kept.append(o.keys())
    format_map: "{a}".format_map(o)
    percent_map: "%(a)s" % o
    """
)
SETLIKE = named(
    r"""
    sorted: sorted(o, key=str)
    union: len(o | {77})
    minus: sorted(o - {1})
    subset: o <= {1, 2, 3}
    in_set: 1 in o
    disjoint: o.isdisjoint([5, 6])
    """
)


def _but(reads: dict[str, str], *names: str) -> dict[str, str]:
    return {k: v for k, v in reads.items() if k not in names}


LIST_CHANGES = named(
    r"""
    append: o.append(t)
    set: o[0] = t
    set_last: o[-1] = t
    set_float: o[0] = float(t)
    set_bool: o[0] = t > 0
    pop: o.pop() if len(o) > 1 else o.extend([t, 5])
    slice: o[1:] = [t, t + 1]
    extend: o += [t]
    insert: o.insert(0, t)
    reverse: o.reverse()
    sort: o.sort(key=lambda v: -v if t % 2 else v)
    clear: o.clear(); o.extend([t, 7])
    delete: del o[:-1]; o.append(t)
    remove: o.remove(o[0]); o.append(t)
    rebind: o = [t, 2, 3]
    rebind_tuple: o = (t, 2, 3)
    rebind_equal: o = list(o)
    times: o *= 1 + (len(o) < 4)
    """
)
DICT_CHANGES = named(
    r"""
    set: o["a"] = t
    set_float: o["a"] = float(t)
    add: o[f"k{t}"] = t
    delete: o.pop("b", None) if t % 2 else o.update(b=t)
    update: o.update({"b": t, "c": 3})
    setdefault: o.setdefault(f"s{t % 3}", t)
    clear: o.clear(); o["a"] = t; o["b"] = 1
    popitem: o.popitem() if len(o) > 2 else o.update(a=t, b=2, z=t)
    move: o["a"] = o.pop("a")
    rebind: o = {"a": t, "b": 2}
    union: o |= {"a": t}
    """
)
CONTAINERS = (
    Kind("list", "o = [1, 2, 3]\n", {**TEXT, **TRUTH, **KEEP, **SIZE, **ITER, **SEQUENCE, **NUMBERS}, LIST_CHANGES),
    Kind(
        "list_of_lists",
        "o = [[1], [2, 3]]\n",
        {**TEXT, **_but(KEEP, "isinstance"), **SIZE, **_but(ITER, "in"), **_but(SEQUENCE, "count"),
         **named(r"""
         inner: o[0][-1]
         inner_sum: sum(sum(r) for r in o)
         inner_len: [len(r) for r in o]
         flat: [v for r in o for v in r]
         json: json.dumps(o)
         star_zip: list(zip(*o))
         inner_in: 1 in o[0]
         """)},
        named(r"""
        inner_append: o[0].append(t)
        inner_set: o[1][0] = t
        inner_pop: o[1].pop() if len(o[1]) > 1 else o[1].extend([t, 2])
        replace: o[0] = [t]
        swap: o[0], o[1] = o[1], o[0]
        share: o[0] = o[1]
        append: o.append([t])
        """),
    ),
    Kind("dict", "o = {'a': 1, 'b': 2}\n", {**TEXT, **TRUTH, **KEEP, **SIZE, **ITER, **MAPPING}, DICT_CHANGES),
    Kind(
        "dict_of_lists",
        "o = {'a': [1], 'b': [2]}\n",
        {**TEXT, **KEEP, **SIZE, **MAPPING, **named(r"""
        inner: o["a"][-1]
        inner_len: {k: len(v) for k, v in o.items()}
        """)},
        named(r"""
        inner_append: o["a"].append(t)
        setdefault: o.setdefault("c", []).append(t)
        replace: o["a"] = [t]
        share: o["a"] = o["b"]
        """),
    ),
    Kind("set", "o = {1, 2}\n", {**TRUTH, **KEEP, **SIZE, **_but(ITER, "next"), **SETLIKE, **NUMBERS},
         named(r"""
         add: o.add(t)
         discard: o.discard(1) if t % 2 else o.add(1)
         update: o |= {t, 3}
         remove: o.remove(max(o)); o.add(t)
         clear: o.clear(); o.add(t)
         rebind: o = {t, 3}
         """)),
    Kind("frozenset", "o = frozenset([1, 2])\n", {**TRUTH, **KEEP, **SIZE, **ITER, **SETLIKE, "hash": "hash(o) == hash(first)"},
         named(r"""
         rebind: o = frozenset([t, 3])
         union: o |= {t}
         """)),
    Kind("tuple", "o = (1, 2, 3)\n", {**TEXT, **TRUTH, **KEEP, **SIZE, **ITER, **SEQUENCE, **NUMBERS, "hash": "hash(o) == hash(first)"},
         named(r"""
         rebind: o = (t, 2, 3)
         float: o = (float(t), 2, 3)
         bool: o = (t > 0, 2, 3)
         zero: o = ((0.0, -0.0)[t % 2], 2)
         add: o += (t,)
         shorter: o = (t,)
         """)),
    Kind("tuple_with_list", "o = ([1], 'x')\n", {**TEXT, **KEEP, **ITER, **_but(SEQUENCE, "count"), "inner": "o[0][-1]", "json": "json.dumps(o)"},
         named(r"""
         inner: o[0].append(t)
         inner_set: o[0][0] = t
         rebind: o = ([t], "x")
         """)),
    Kind("deque", "o = collections.deque([1, 2, 3], maxlen=5)\n",
         {**TEXT, **TRUTH, **KEEP, **SIZE, **ITER, **_but(SEQUENCE, "slice", "slice_step", "add"), **NUMBERS, "maxlen": "o.maxlen"},
         named(r"""
         append: o.append(t)
         left: o.appendleft(t)
         popleft: o.popleft() if len(o) > 1 else o.extend([t, 4])
         rotate: o.rotate(1); o[0] = t
         set: o[-1] = t
         clear: o.clear(); o.append(t)
         """)),
    Kind("defaultdict", "o = collections.defaultdict(list, a=[1], b=[2])\n",
         {**TEXT, **TRUTH, **KEEP, **SIZE, **ITER, **MAPPING, "missing": "o['q']", "missing_len": "len(o[i // 4])"},
         named(r"""
         append: o["a"].append(t)
         new: o[f"k{t}"].append(t)
         factory: o.default_factory = (list, tuple)[t % 2]
         replace: o["a"] = [t]
         """)),
    Kind("ordereddict", "o = collections.OrderedDict(a=1, b=2)\n", {**TEXT, **TRUTH, **KEEP, **SIZE, **ITER, **MAPPING, "reversed": "list(reversed(o))"},
         {**DICT_CHANGES, **named("move_to_end: o.move_to_end('a', last=t % 2 == 0)")}),
    Kind("counter", "o = collections.Counter('abca')\n",
         {**TEXT, **TRUTH, **KEEP, **SIZE, **ITER, **MAPPING, "common": "o.most_common(1)", "total": "o.total()", "missing": "o['zz']", "elements": "list(o.elements())"},
         named(r"""
         count: o["a"] += 1
         update: o.update("abd"[: t % 3 + 1])
         subtract: o.subtract("a")
         delete: del o["a"]; o["a"] = t
         """)),
    Kind("chainmap", "base = {'a': 1, 'b': 2}\no = collections.ChainMap({}, base)\n", {**TEXT, **TRUTH, **SIZE, **ITER, **_but(MAPPING, "kept_keys")},
         named(r"""
         under: base["a"] = t
         over: o["a"] = t
         maps: o.maps.insert(0, {"b": t})
         """)),
    Kind("namedtuple", "P = collections.namedtuple('P', 'x y')\no = P(1, 2)\n",
         {**TEXT, **TRUTH, **KEEP, **SIZE, **ITER, **NUMBERS, "attr": "o.x", "asdict": "o._asdict()", "fields": "o._fields", "item": "o[0]", "replace": "o._replace(y=7)"},
         named(r"""
         rebind: o = P(t, 2)
         replace: o = o._replace(x=t)
         float: o = P(float(t), 2)
         subclass: P.x = property(lambda s: t * 10)
         """)),
    Kind("listsubclass", "class L(list):\n    pass\no = L([1, 2, 3])\no.k = 1\n", {**TEXT, **TRUTH, **KEEP, **SIZE, **ITER, **SEQUENCE, **NUMBERS, "attr": "o.k"},
         {**{k: LIST_CHANGES[k] for k in ("append", "set", "pop", "slice", "insert")}, **named(r"""
         attribute: o.k = t
         len: L.__len__ = lambda s: t + 2
         getitem: L.__getitem__ = lambda s, k: t
         iter: L.__iter__ = lambda s: iter([t, 1])
         bool: L.__bool__ = lambda s: t % 2 == 0
         """)}),
    Kind("dictsubclass", "class D(dict):\n    def __missing__(self, k):\n        return 'no ' + k\no = D(a=1, b=2)\n",
         {**TEXT, **TRUTH, **KEEP, **SIZE, **ITER, **MAPPING, "missing": "o['zz']"},
         {**{k: DICT_CHANGES[k] for k in ("set", "add", "delete", "clear")}, **named(r"""
         missing: D.__missing__ = lambda s, k: t
         getitem: D.__getitem__ = lambda s, k: t
         contains: D.__contains__ = lambda s, k: t % 2 == 0
         """)}),
    Kind("array", "o = np.array([1.0, 2.0, 3.0])\n",
         {**TEXT, **_but(KEEP, "equal_first", "equal_frozen"), **SIZE, **_but(ITER, "filter", "max_key"), **NUMBERS,
          **named(r"""
          item: o[0]
          float: float(o[1])
          at_i: o[i % 3]
          slice: o[1:].copy()
          view: !kept.append(o[1:])
          sum_array: o.sum()
          mean_array: float(o.mean())
          max_array: o.max()
          argmax: int(o.argmax())
          times: o * 2
          any: bool((o > 2).any())
          mask: o[o > 1]
          tolist: o.tolist()
          shape: o.shape
          dtype: str(o.dtype)
          copy_array: o.copy()
          all_equal: np.array_equal(o, [1.0, 2.0, 3.0])
          bytes: o.tobytes()
          tensor: tf.constant(o.astype("float32"))
          """)},
         named(r"""
         set: o[0] = t
         slice: o[1:] = t
         add: o += t
         fill: o.fill(t)
         sort: o[:] = o[::-1].copy()
         put: np.put(o, [1], t)
         addat: np.add.at(o, t % 3, 1)
         out: np.add(o, 1.0, out=o)
         out_positional: np.add(o, 1.0, o)
         copyto: np.copyto(o, [t, 1, 2])
         view: o[:2][0] = t
         flat: o.flat[1] = t
         rebind: o = np.array([t, 2.0, 3.0])
         rebind_dtype: o = np.array([t, 2, 3])
         resize: o = np.append(o, t)
         shape: o.shape = (3,) if o.ndim == 2 else (3, 1)
         nan: o[1] = float("nan") if t % 2 else 1.0
         """)),
    Kind("arrayview", "base = np.arange(6)\no = base[1:4]\n", {**TEXT, **SIZE, "list": "list(o)", "item": "o[0]", "sum_array": "o.sum()", "tolist": "o.tolist()", "kept": "!kept.append(o)", "copy_array": "o.copy()", "base_sum": "base.sum()"},
         named(r"""
         through_base: base[1] = t
         itself: o[0] = t
         whole: base[:] = t
         rebind: o = base[t % 3 : t % 3 + 3]
         """)),
    Kind("bytearray", "o = bytearray(b'abc')\n", {**TEXT, **TRUTH, **KEEP, **SIZE, **_but(ITER, "not_in"), **SEQUENCE, "bytes": "bytes(o)", "hex": "o.hex()", "decode": "o.decode('latin1')"},
         named(r"""
         set: o[0] = t % 256
         append: o.append(t % 256)
         slice: o[1:] = b"xy"[: t % 3]
         delete: del o[1:]; o.append(66)
         """)),
    Kind("memoryview", "base = bytearray(b'abc')\no = memoryview(base)\n", {"item": "o[0]", "bytes": "bytes(o)", "list": "list(o)", "len": "len(o)", "tolist": "o.tolist()"},
         named("through_base: base[0] = t % 256\nset: o[1] = t % 256")),
    Kind("pyarray", "import array\no = array.array('i', [1, 2, 3])\n", {**TEXT, **SIZE, **ITER, "item": "o[0]", "sum": "sum(o)", "tolist": "o.tolist()"},
         named("set: o[0] = t\nappend: o.append(t)\npop: o.append(o.pop(0) + 1)")),
)  # fmt: skip
