"""Rows of the table: the program's own classes, each dunder by itself, and lazy or random things whose reading has effects."""

from __future__ import annotations

from tests.programs.table.kinds import TEXT, TRUTH, Kind, named

ATTRIBUTE = named(
    r"""
    attr: o.k
    getattr: getattr(o, "k")
    getattr_default: getattr(o, "extra", "none")
    hasattr: hasattr(o, "extra")
    vars: dict(vars(o))
    dict_item: o.__dict__["k"]
    dir: "extra" in dir(o)
    in_text: f"{o.k}"
    percent: "%s" % o.k
    compare: o.k > 1
    truth: 1 if o.k else 0
    arithmetic: o.k * 2 + 1
    method: o.m()
    bound: (lambda f: f())(o.m)
    through_class: type(o).m(o)
    attrgetter: operator.attrgetter("k")(o)
    through_list: [o][0].k
    through_tuple: (o, 1)[0].k
    comprehension: [x.k for x in [o, o]]
    sum: sum(x.k for x in (o, o))
    max_key: max([o, spare], key=lambda x: x.k).k
    sorted_key: [x.k for x in sorted([o, spare], key=lambda x: x.k)]
    scaled: !b.assign_add(0.001 * o.k * XT[i % 40])
    match: !match o:\n    case C(k=1):\n        log.append("one")\n    case C(k=k):\n        log.append(k)
    class_attr: type(o).__name__
    isinstance: (isinstance(o, C), isinstance(o, D))
    items: o.items[-1]
    items_text: str(o.items)
    kept: !kept.append(o)
    kept_items: !kept.append(o.items)
    copy: !kept.append(copy.copy(o))
    deepcopy: !kept.append(copy.deepcopy(o))
    """
)
BASE = """
class B:
    n = 0
    def m(self): return self.k + 1
class C(B):
    def __init__(self, k=1):
        self.k = k
        self.items = [0]
class D(C):
    def m(self): return self.k * 100
o, spare = C(), C(3)
"""
ATTRIBUTE_CHANGES = named(
    r"""
    set: o.k = t
    float: o.k = float(t)
    bool: o.k = t > 1
    setattr: setattr(o, "k", t)
    dict: o.__dict__["k"] = t
    vars: vars(o).update(k=t)
    add: o.k += 1
    new: o.extra = t
    delete: o.__dict__.pop("extra", None) if t % 2 else setattr(o, "extra", t)
    items: o.items.append(t)
    items_rebind: o.items = [t]
    rebind: o = C(t)
    swap: o, spare = spare, o
    class: o.__class__ = (C, D)[t % 2]
    method_on_class: C.m = lambda self: t
    method_on_base: B.m = lambda self: t + 1
    method_on_instance: o.m = lambda: t
    property_on_class: C.m = property(lambda self: lambda: t)
    attribute_on_class: C.extra = t
    getattr_on_class: C.__getattr__ = lambda self, name: t
    getattribute: C.__getattribute__ = lambda self, name: (t if name == "k" else object.__getattribute__(self, name))
    setattr_on_class: C.__setattr__ = lambda self, name, v: object.__setattr__(self, name, (v, t)); o.k = t
    bases: C.__bases__ = (B,) if t % 2 else (type("E", (B,), {"m": lambda self: t}),)
    shared: o.items = spare.items
    code: C.m.__code__ = (lambda self: 7).__code__ if t % 2 else (lambda self: self.k).__code__
    """
)


def _dunder(name: str, body: str, *reads: str, more: str = "") -> Kind:
    """A class whose one dunder answers by the state `k`; changed by the state, by the class and by an effect."""
    setup = f"class C:\n    def __init__(self, k=1): self.k = k\n    def __{name}__(self{', *a' if name in TAKES else ''}): {body}\n{more}o, spare = C(), C(2)\n"
    changes = named(
        rf"""
        state: o.k = t
        spare: spare.k = t
        class: C.__{name}__ = lambda self, *a: {REPLACED.get(name, "t")}
        swap: o, spare = spare, o
        """
    )
    return Kind(name, setup, {f"r{n}": code for n, code in enumerate(reads)}, changes)


TAKES = {
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "format",
    "contains",
    "getitem",
    "call",
    "getattr",
    "add",
    "radd",
    "iadd",
    "mul",
    "matmul",
    "round",
    "exit",
}
REPLACED = {
    "str": "f'new {t}'", "repr": "f'new {t}'", "format": "f'new {t}'", "iter": "iter([t])", "bool": "t % 2 == 0", "len": "t + 1", "float": "float(t)",
    "index": "t % 3", "int": "t", "hash": "t", "contains": "t % 2 == 0", "eq": "t % 2 == 0", "lt": "t % 2 == 0", "bytes": "b'new'", "reversed": "iter([t])",
    "complex": "complex(t)",
}  # fmt: skip
DUNDERS = (
    _dunder("eq", "return self.k % 2 == 0", "o == 1", "o != 1", "o in [0, 5]", "[o].count(1)", "[o] == [1]", "(o, 1) == (1, 1)", "[1, o].index(1)", "{'a': o} == {'a': 1}", more="    __hash__ = None\n"),
    _dunder("eq", "count.append(self.k); return self.k > 1", "o == 1", "o in [0, 5]", "[o] == [1]", more="    __hash__ = object.__hash__\ncount = []\n"),
    _dunder("lt", "return self.k < a[0].k", "o < spare", "o > spare", "max(o, spare).k", "min([o, spare]).k", "[x.k for x in sorted([o, spare])]", "(o, 1) < (spare, 1)", "sorted([(o, 1), (spare, 0)])[0][1]"),
    _dunder("lt", "count.append(self.k); return self.k < a[0].k", "max(o, spare).k", "[x.k for x in sorted([o, spare, C(0)])]", "heapq.nsmallest(1, [o, spare])[0].k", more="count = []\n"),
    _dunder("hash", "return self.k", "hash(o)", "o in {spare: 1}", "len({o, spare})", "len({o: 1, spare: 2})", "{o}.pop() is o", more="    def __eq__(self, other): return self.k == other.k\n"),
    _dunder("bool", "return self.k % 2 == 0", *TRUTH.values(), "bool(o) or 5", "[x for x in [o] if x] == []", "len(list(filter(None, [o])))", "sum(map(bool, [o, spare]))", "any([o])"),
    _dunder("bool", "count.append(self.k); return self.k < 5", "bool(o)", "1 if o else 0", "any([o, spare])", "all([o, spare])", "not o", more="count = []\n"),
    _dunder("len", "return self.k", "len(o)", "bool(o)", "1 if o else 0", "range(len(o))", "operator.length_hint(o)"),
    _dunder("float", "return float(self.k)", "float(o)", "f'{float(o):.1f}'", "'%.1f' % o", "math.sqrt(o)", "'%d' % float(o)"),
    _dunder("int", "return self.k", "int(o)", "'%d' % int(o)", "int(o) + 1"),
    _dunder("index", "return self.k % 3", "[1, 2, 3][o]", "hex(o)", "range(5)[o]", "'abc'[o]", "[1, 2, 3][o:]", "list(range(o))", "int(o)", "np.arange(3)[o]", "bin(o)"),
    _dunder("str", "return f'k={self.k}'", *TEXT.values(), "str([o])[:2]", "','.join(map(str, [o]))"),
    _dunder("str", "count.append(1); return f'{self.k}:{len(count)}'", *TEXT.values(), more="count = []\n"),
    _dunder("repr", "return f'<{self.k}>'", *TEXT.values(), "str([o])", "repr({'a': o})", "f'{[o]}'", "'%r' % o", "'%s' % [o]", "f'{o!r:>6}'"),
    _dunder("format", "return f'{self.k}/{a}'", "f'{o}'", "f'{o:>5}'", "'{:x}'.format(o)", "format(o, 'q')"),
    _dunder("contains", "return self.k == a[0]", "1 in o", "2 in o", "3 not in o", "operator.contains(o, 1)"),
    _dunder("iter", "return iter([self.k, 5])", "list(o)", "sum(o)", "[*o]", "[x for x in o]", "max(o)", "5 in o", "dict.fromkeys(o)", "list(zip(o, 'ab'))", "list(enumerate(o))", "!p, q = o\nlog.append(p)", "tuple(map(str, o))", "sorted(o)", "set(o)", "list(itertools.chain(o, o))"),
    _dunder("iter", "count.append(1); yield self.k; count.append(2); yield 5", "next(iter(o))", "any(x > 0 for x in o)", "list(o)", "5 in o", "list(zip('a', o))", "list(itertools.islice(o, 1))", more="count = []\n"),
    _dunder("getitem", "return self.k + a[0] if a[0] in (0, 1) else [][3]", "o[0]", "list(o)", "[x for x in o]", "1 in o", "!p, q = o\nlog.append(q)", "operator.itemgetter(1)(o)", "sum(o)", "list(reversed(range(2)))"),
    _dunder("call", "return self.k * 2", "o()", "list(map(o, [1, 2]))", "max([1, 2], key=o)", "sorted([2, 1], key=o)", "functools.partial(o, 1)()", "callable(o)"),
    _dunder("call", "count.append(a); return self.k", "o(1)", "max([1, 2], key=o)", "any(o(x) > 0 for x in [1, 2])", "list(filter(o, [0, 1]))", more="count = []\n"),
    _dunder("getattr", "return (self.k, a)", "o.anything", "getattr(o, 'zz')", "hasattr(o, 'yy')", "getattr(o, 'q', 1)"),
    _dunder("add", "return self.k + 1", "o + 1", "sum([o], o) if False else o + o", "operator.add(o, 2)", "functools.reduce(lambda x, y: x, [o + 1])"),
    _dunder("radd", "return self.k + 10", "1 + o", "sum([o])", "0.5 + o"),
    _dunder("iadd", "self.k += 1; return self", "!q = o\nq += 1\nlog.append((q is o, q.k))"),
    _dunder("mul", "return self.k * 2", "o * 2", "operator.mul(o, 3)"),
    _dunder("neg", "return -self.k", "-o", "operator.neg(o)"),
    _dunder("round", "return self.k", "round(o)", "round(o, 2)"),
    _dunder("bytes", "return b'x' * (self.k % 4)", "bytes(o)"),
    _dunder("reversed", "return iter([self.k])", "list(reversed(o))"),
)  # fmt: skip
OBJECTS = (
    Kind("object", BASE, ATTRIBUTE, ATTRIBUTE_CHANGES),
    Kind("dataclass", "@dataclasses.dataclass\nclass C:\n    k: int = 1\n    items: list = dataclasses.field(default_factory=lambda: [0])\n    def m(self): return self.k + 1\n@dataclasses.dataclass\nclass D(C):\n    def m(self): return 'D'\no, spare = C(), C(3)\n",
         {**ATTRIBUTE, **TEXT, "equal": "o == spare", "asdict": "dataclasses.asdict(o)", "replace": "dataclasses.replace(o, k=9)", "fields": "[f.name for f in dataclasses.fields(o)]", "hash": "hasattr(o, '__hash__')"},
         {k: v for k, v in ATTRIBUTE_CHANGES.items() if k not in ("method_on_base", "bases", "code")}),
    Kind("frozen", "@dataclasses.dataclass(frozen=True, order=True)\nclass C:\n    k: int = 1\n    def m(self): return self.k + 1\n    @property\n    def items(self): return [self.k]\nclass D(C): pass\no, spare = C(), C(3)\n",
         {**{k: ATTRIBUTE[k] for k in ("attr", "in_text", "compare", "method", "vars", "scaled", "kept", "copy", "max_key")}, **TEXT, "less": "o < spare", "hash": "hash(o) == hash(spare)", "key": "{C(1): 'a', C(3): 'b'}.get(o)", "in": "o in {C(1), C(2)}"},
         named("rebind: o = C(t)\nforced: object.__setattr__(o, 'k', t)\nreplace: o = dataclasses.replace(o, k=t)\nrefused: o.k = t")),
    Kind("slots", "class C:\n    __slots__ = ('k', 'items', 'extra')\n    def __init__(self, k=1): self.k, self.items = k, [0]\n    def m(self): return self.k + 1\nclass D(C):\n    __slots__ = ()\n    def m(self): return 'D'\no, spare = C(), C(3)\n",
         {k: v for k, v in ATTRIBUTE.items() if k not in ("vars", "dict_item")},
         {k: v for k, v in ATTRIBUTE_CHANGES.items() if k in ("set", "float", "setattr", "add", "new", "items", "items_rebind", "rebind", "swap", "class", "method_on_class", "getattr_on_class", "shared")}),
    Kind("slotted_dataclass", "@dataclasses.dataclass(slots=True)\nclass C:\n    k: int = 1\n    def m(self): return self.k + 1\no, spare = C(), C(3)\n", {**{k: ATTRIBUTE[k] for k in ("attr", "in_text", "compare", "method", "kept", "copy", "deepcopy")}, **TEXT, "equal": "o == spare"}, named("set: o.k = t\nrebind: o = C(t)\nadd: o.k += 1")),
    Kind("property", "class C:\n    def __init__(self): self._k, self.gets = 1, 0\n    @property\n    def k(self):\n        return self._k * 10\n    @k.setter\n    def k(self, v): self._k = v + 1\n    @property\n    def counted(self):\n        self.gets += 1\n        return self.gets\no = C()\n",
         {"attr": "o.k", "text": "f'{o.k}'", "counted": "o.counted", "lazily": "i % 7 != 0 and o.counted > 3", "lazily_or": "i % 2 or o.counted", "conditional": "o.counted if i % 3 else 0", "chain": "0 < i < o.counted", "hasattr": "hasattr(o, 'counted')", "getattr": "getattr(o, 'k')", "vars": "dict(vars(o))", "any": "any(o.counted > n for n in range(4))"},
         named("set: o.k = t\nunder: o._k = t\nreplace: C.k = property(lambda s: t)\nplain: C.counted = t\ngets: o.gets = t")),
    Kind("descriptor", "class F:\n    def __init__(self): self.v = 1\n    def __get__(self, obj, cls=None): return self if obj is None else (self.v, obj.n)\n    def __set__(self, obj, v): self.v = v\nclass C:\n    k = F()\n    def __init__(self): self.n = 0\no = C()\n", {"attr": "o.k", "getattr": "getattr(o, 'k')", "text": "str(o.k)", "class": "C.k.v", "vars": "dict(vars(o))"},
         named("set: o.k = t\nunder: C.k.v = t\nother: o.n = t\nget: F.__get__ = lambda s, obj, cls=None: t\nreplace: C.k = t")),
    Kind("cached_property", "class C:\n    def __init__(self): self.n = 1\n    @functools.cached_property\n    def k(self):\n        made.append(self.n)\n        return self.n\nmade = []\no = C()\n", {"attr": "o.k", "has": "'k' in vars(o)", "made": "len(made)"},
         named("under: o.n = t\nforget: o.__dict__.pop('k', None); o.n = t\nset: o.k = t\nrebind: o = C(); o.n = t")),
    Kind("class_attribute", "class B:\n    k = 1\n    items = [0]\n    @classmethod\n    def cm(cls): return cls.k\n    @staticmethod\n    def sm(): return B.k + 1\nclass C(B): pass\no = C()\n",
         {"attr": "o.k", "class": "C.k", "base": "B.k", "text": "f'{C.k}'", "cm": "C.cm()", "cm_instance": "o.cm()", "sm": "o.sm()", "items": "o.items[-1]", "getattr": "getattr(C, 'k')", "hasattr": "hasattr(o, 'extra')", "in_dict": "'k' in vars(C)", "scaled": "!b.assign_add(0.001 * C.k * XT[i % 40])", "make": "C().k"},
         named("base: B.k = t\nclass: C.k = t\ninstance: o.k = t\nitems: B.items.append(t)\nfloat: B.k = float(t)\nproperty: B.k = property(lambda s: t)\ndelete: delattr(C, 'k') if 'k' in vars(C) else setattr(C, 'k', t)\nextra: B.extra = t\nsm: B.sm = staticmethod(lambda: t)\ncm: B.cm = classmethod(lambda cls: t)\nadd: B.k += 1")),
    Kind("metaclass", "class M(type):\n    made = 0\n    def __call__(cls, *a):\n        M.made += 1\n        return super().__call__(*a)\n    def __len__(cls): return M.made\nclass C(metaclass=M):\n    def __init__(self, k=1): self.k = k\no = C()\n", {"make": "C(2).k", "len": "len(C)", "made": "M.made", "bool": "bool(C)"}, named("made: M.made = t\nlen: M.__len__ = lambda cls: t\ncall: C(t)")),
    Kind("slots_default", "class C:\n    def __init__(self, xs=[1]): self.xs = xs\no = C()\n", {"last": "o.xs[-1]", "fresh": "C().xs[-1]", "len": "len(C().xs)", "text": "str(o.xs)", "same": "C().xs is o.xs"}, named("append: o.xs.append(t)\ndefault: C.__init__.__defaults__ = ([t],)\nown: o.xs = [t]")),
    Kind("context", "class C:\n    def __init__(self): self.k, self.seen = 1, []\n    def __enter__(self): self.seen.append('in'); return self.k\n    def __exit__(self, *e): self.seen.append(e[0] is None); return self.k % 2 == 0\no = C()\n",
         {"with": "!with o as v:\n    log.append(v)", "raises": "!try:\n    with o:\n        raise ValueError(i)\n    log.append('swallowed')\nexcept ValueError as e:\n    log.append(str(e))", "seen": "len(o.seen)", "continue": "!with o as v:\n    if i % 3 == 0:\n        continue\n    log.append(v)", "suppress": "!with contextlib.suppress(KeyError):\n    log.append(1)\n    {}[o.k]"},
         named("state: o.k = t\nenter: C.__enter__ = lambda s: t\nexit: C.__exit__ = lambda s, *e: bool(t % 2)")),
    Kind("contextmanager", "@contextlib.contextmanager\ndef o():\n    events.append('+')\n    try:\n        yield level\n    finally:\n        events.append('-')\nevents, level = [], 1\n", {"with": "!with o() as v:\n    log.append((v, len(events)))", "return": "!with o():\n    if i % 4 == 1:\n        continue\nlog.append(events[-1])", "raise": "!try:\n    with o():\n        {}[i]\nexcept KeyError as e:\n    log.append(repr(e))"},
         named("level: level = t\nevents: events.clear(); level = t")),
    Kind("exception", "class Bad(Exception):\n    def __init__(self, code, extra=None): super().__init__(code); self.code = code\ndef o(v):\n    if v % 3 == limit:\n        raise Bad(v)\n    return v\nlimit = 1\nerror = Bad(0)\n",
         {"catch": "!try:\n    log.append(o(i))\nexcept Bad as e:\n    log.append((e.code, str(e), repr(e)))", "else": "!try:\n    o(i)\nexcept Bad:\n    log.append('bad')\nelse:\n    log.append('good')\nfinally:\n    log.append('f')", "chained": "!try:\n    try:\n        o(i)\n    except Bad as e:\n        raise KeyError('k') from e\nexcept KeyError as e:\n    log.append(repr(e.__cause__))", "stored": "!try:\n    o(i)\nexcept Bad as e:\n    kept.append(e)", "args": "error.args", "text": "str(error)", "code": "error.code", "group": "!try:\n    o(i)\nexcept (ValueError, Bad) as e:\n    log.append(type(e).__name__)", "uncaught": "!log.append(o(i) if i < 10 else 0)\nif i == 11:\n    raise Bad(error.code)"},
         named("limit: limit = t % 3\nargs: error.args = (t,)\ncode: error.code = t\nrebind: error = Bad(t)\nclass: Bad.__str__ = lambda s: f'bad {t}'\nnote: error.add_note(f'note {t}')")),
    Kind("keras_like", "class Layer:\n    def __init__(self): self.k, self.training, self.losses = 1.0, False, []\n    def __call__(self, x): return self.call(x)\n    def call(self, x):\n        if self.training:\n            self.losses.append(self.k)\n            return x * self.k\n        return x + self.k\no = Layer()\n", {"call": "float(o(XT[i % 40])[0])", "used": "!b.assign_add(0.001 * o(XT[i % 40]))", "losses": "len(o.losses)", "text": "str(o.losses[-2:])"},
         named("k: o.k = float(t)\ntraining: o.training = t % 2 == 0\ncall: Layer.call = lambda s, x: x * float(t)\nown_call: o.call = lambda x: x + float(t)\nclear: o.losses.clear()")),
)  # fmt: skip
LAZY = (
    Kind("generator", "def g():\n    k = 0\n    while True:\n        events.append(k)\n        k = (yield k + offset) or k + 1\nevents, offset = [], 0\no = g()\n", {"next": "next(o)", "send": "next(o), o.send(i)", "islice": "list(itertools.islice(o, 2))", "any": "any(v > 2 for v in o)", "zip": "list(zip('ab', o))", "in": "!for v in o:\n    if v > i % 4:\n        break\nlog.append(v)", "events": "len(events)"},
         named("offset: offset = t\nnext: next(o)\nrebind: o = g()\nsend: next(o); o.send(t)")),
    Kind("iterator", "o = iter(range(1000))\n", {"next": "next(o)", "islice": "list(itertools.islice(o, 2))", "zip_pairs": "next(zip(o, o))", "in": "i + 5 in o", "any": "any(v % 5 == 4 for v in o)", "hint": "operator.length_hint(o)", "unpack": "!p, q = itertools.islice(o, 2)\nlog.append(q)"},
         named("next: next(o)\nrebind: o = iter(range(t, 1000))\nlist: o = iter([*range(t, 500)])")),
    Kind("list_iterator", "xs = [*range(300)]\no = iter(xs)\n", {"next": "next(o, 'end')", "islice": "list(itertools.islice(o, 2))", "hint": "operator.length_hint(o)"}, named("append: xs.append(t)\nset: xs[299 - t % 250] = -t\nrebind: o = iter(xs)\nclear: xs[200:] = [t]")),
    Kind("count", "o = itertools.count(1, 2)\n", {"next": "next(o)", "text": "str(o)", "zip": "list(zip(o, 'ab'))", "takewhile": "list(itertools.takewhile(lambda v: v % 5, o))"}, named("next: next(o)\nrebind: o = itertools.count(t)")),
    Kind("cycle", "xs = [1, 2]\no = itertools.cycle(xs)\n", {"next": "next(o)", "islice": "list(itertools.islice(o, 3))", "zip": "list(zip('abc', o))"}, named("append: xs.append(t)\nrebind: o = itertools.cycle([t, 5])")),
    Kind("lazy_map", "def f(v):\n    calls.append(v)\n    return v + offset\ncalls, offset = [], 0\no = map(f, itertools.count())\n", {"next": "next(o)", "any": "any(map(lambda v: f(v) > 2, range(5)))", "all": "all(f(v) < 3 for v in range(5))", "first": "next(v for v in map(f, range(9)) if v > i % 3)", "for_break": "!for v in map(f, range(5)):\n    if v > 1:\n        break\nlog.append(len(calls))", "interleaved": "!for v in map(f, [1, 2]):\n    log.append(len(calls))", "zip": "list(zip(map(f, [1, 2, 3]), 'ab'))", "filter": "next(filter(f, [0, -offset, 1, 2]), None)", "max": "max(map(f, [3, 1]))", "sorted": "sorted([2, 1], key=f)", "min_key": "min([2, 1], key=f)", "unused": "!q = map(f, [1])\nlog.append(len(calls))", "unused_generator": "!q = (f(v) for v in [1])\nlog.append(len(calls))"},
         named("offset: offset = t\ncall: f(t)\nrebind: f = lambda v: v * t\ncalls: calls.clear()")),
    Kind("random", "o = random.Random(3)\n", {"random": "o.random()", "choice": "o.choice('abc')", "randint": "o.randint(0, 9)", "shuffle": "!ys = [1, 2, 3]\no.shuffle(ys)\nlog.append(ys)", "sample": "o.sample(range(9), 2)", "gauss": "o.gauss(0, 1)", "lazily": "i % 3 == 0 and o.random() > 0.5", "global": "random.random()", "global_choice": "random.choice([1, 2])", "state": "o.getstate()[1][-1]"},
         named("seed: o.seed(t)\nsetstate: o.setstate(random.Random(t).getstate())\ndraw: o.random()\nglobal_seed: random.seed(t)\nrebind: o = random.Random(t)")),
    Kind("numpy_random", "o = np.random.default_rng(3)\nold = np.random.RandomState(3)\n", {"random": "o.random()", "integers": "int(o.integers(0, 9))", "normal": "o.normal(size=2)", "old": "old.rand()", "old_shuffle": "!ys = [1, 2, 3]\nold.shuffle(ys)\nlog.append(ys)", "permutation": "o.permutation(4).tolist()", "choice": "o.choice(['a', 'b'])", "global": "np.random.rand()", "global_int": "np.random.randint(9)", "lazily": "i % 3 == 0 and o.random() > 0.5", "fed": "!b.assign_add(o.normal(size=3).astype('float32'))"},
         named("rebind: o = np.random.default_rng(t)\nold_seed: old.seed(t)\nglobal_seed: np.random.seed(t)\ndraw: o.random()\nstate: o.bit_generator.state = np.random.default_rng(t).bit_generator.state\nold_state: old.set_state(np.random.RandomState(t).get_state())")),
    Kind("stringio", "o = io.StringIO()\n", {"write": "o.write('x')", "value": "o.getvalue()[-6:]", "print": "!print(i, file=o)", "tell": "o.tell()"}, named("write: o.write(str(t))\nseek: o.seek(0)\ntruncate: o.truncate(0); o.seek(0)\nrebind: o = io.StringIO('a' * t)")),
    Kind("json", "o = {'n': [1], 's': 'x'}\n", {"dumps": "json.dumps(o)", "sorted": "json.dumps(o, sort_keys=True)", "indent": "json.dumps(o, indent=1)", "loads": "json.loads(json.dumps(o))", "kept_loads": "!kept.append(json.loads('[1, 2]'))", "pickle": "pickle.loads(pickle.dumps(o))", "pprint": "pprint.pformat(o)", "reprlib": "repr(o)[:9]"},
         named("inner: o['n'].append(t)\nset: o['s'] = t\nfloat: o['s'] = t * 0.5\nnested: o['n'] = {'a': [t]}")),
    Kind("fresh", "o = [3, 1, 2]\n", {name: f"!kept.append({code})" for name, code in {"list": "list(o)", "sorted": "sorted(o)", "slice": "o[:]", "display": "[1, 2]", "dict": "{'a': 1}", "set": "{1, 2}", "comp": "[v for v in o]", "tuple_list": "([], 1)", "nested": "[[0] * 2 for _ in range(2)]", "times": "[[]] * 2", "array": "np.zeros(2)", "dictcopy": "dict(a=o)", "split": "'a b'.split()", "object": "Thing()", "lambda": "lambda: i", "deque": "collections.deque(o)", "zip": "list(zip(o, o))", "defaults": "dict.fromkeys('ab', [])", "exception": "ValueError(i)", "range": "list(range(2))", "partial": "functools.partial(len, o)", "bytearray": "bytearray(2)"}.items()},
         named("append: o.append(t)\nkept: kept and isinstance(kept[-1], list) and kept[-1].append(t)\nkept_first: kept and isinstance(kept[0], list) and kept[0].append(t)\nkept_dict: kept and isinstance(kept[-1], dict) and kept[-1].update(q=t)")),
    Kind("tee", "o, twin = itertools.tee(range(900))\n", {"next": "next(o)", "twin": "next(twin)", "islice": "list(itertools.islice(o, 2))"}, named("next: next(o)\ntwin: next(twin)\nboth: next(o); next(twin)")),
    Kind("queue", "import queue\no = queue.Queue()\no.put(1)\n", {"size": "o.qsize()", "empty": "o.empty()", "get": "o.get_nowait() if o.qsize() > 1 else 'none'"}, named("put: o.put(t)\nget: o.put(t); o.get()")),
    Kind("heap", "o = [1, 5, 9]\n", {"smallest": "heapq.nsmallest(2, o)", "push": "!heapq.heappush(o, i % 7)\nlog.append(o[0])", "pushpop": "heapq.heappushpop(o, i)", "bisect": "bisect.bisect(o, 5)"}, named("push: heapq.heappush(o, t)\nreplace: heapq.heapreplace(o, t)")),
    Kind("operator", "o = [1, 2, 3]\nget = operator.itemgetter(0)\n", {"itemgetter": "get(o)", "methodcaller": "operator.methodcaller('count', 1)(o)", "concat": "operator.concat(o, [4])", "setitem": "!operator.setitem(o, 1, i)\nlog.append(o[1])", "iadd": "!operator.iadd(o, [i])\nlog.append(len(o))", "length": "operator.length_hint(o)", "contains": "operator.contains(o, 2)", "eq": "operator.eq(o, [1, 2, 3])"}, named("set: o[0] = t\ngetter: get = operator.itemgetter(t % 2)\nappend: o.append(t)")),
)  # fmt: skip
ALL_OBJECTS = (*OBJECTS, *DUNDERS, *LAZY)
