"""Programs of `test_fence.py` about what is called, what is lazy, what has effects, and what is kept."""

from __future__ import annotations

STEP = "v.add(0.01 * data[i])"

# What is called, how it is used, and how it is replaced by the number `k`.
CALLED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "method": (
        """
class A:
    n = 1
    def f(self): return 1
    @property
    def p(self): return 10
    @staticmethod
    def s(): return 5
    @classmethod
    def c(cls): return cls.n
class B(A): pass
class C(B):
    n = 70
    def f(self): return 7
    @property
    def p(self): return 700
o = B()
""",
        "(o.f(), o.n, o.p, o.s(), o.c(), hasattr(o, 'new'), getattr(o, 'new', 0), isinstance(o, C), type(o).__name__, B.n, B.c())",
        (
            "B.f = lambda self, k=k: k", "A.f = lambda self, k=k: k", "B.n = k", "A.n = k", "B.p = property(lambda self, k=k: k)", "A.p = property(lambda self, k=k: k)", "o.__class__ = C",
            "B.new = k", "A.new = k", "o.new = k", "B.s = staticmethod(lambda k=k: k)", "B.c = classmethod(lambda cls, k=k: k)", "o.n = k", "o.f = lambda k=k: k", "o = C()", "o = B()",
            "setattr(B, 'n', k)", "B.__getattr__ = lambda self, name, k=k: k", "B.__getattribute__ = lambda self, name, k=k: k if name == 'n' else object.__getattribute__(self, name)", "B.n = property(lambda self, k=k: k)",
        ),
    ),
    "dunders": (
        """
class A:
    v = 1
    def __add__(self, x): return 1
    def __eq__(self, x): return False
    def __len__(self): return 3
    def __call__(self): return 4
    def __getitem__(self, i): return i
    def __float__(self): return 0.5
    def __str__(self): return 'A'
class B(A): pass
o = B()
""",
        "(o + 1, o == 1, len(o), o(), o[2], float(o), str(o), f'{o}', bool(o), o != 1, 'y' if o else 'n')",
        (
            "B.__add__ = lambda self, x, k=k: k", "A.__add__ = lambda self, x, k=k: k", "B.__eq__ = lambda self, x, k=k: k > 1", "B.__len__ = lambda self, k=k: k", "B.__call__ = lambda self, k=k: k",
            "B.__getitem__ = lambda self, i, k=k: k", "B.__float__ = lambda self, k=k: float(k)", "B.__str__ = lambda self, k=k: str(k)", "B.__bool__ = lambda self, k=k: k > 1", "B.__ne__ = lambda self, x, k=k: k > 1",
            "B.__format__ = lambda self, s, k=k: str(k)",
        ),
    ),
    "function": (
        """
def make(n):
    def inner(x, d=5): return x + n + d
    return inner
def f(x, y=2.0, *, z=3.0): return x + y + z
def g1(x, y=9.0, *, z=0.0): return x * 100
f.tag = 1
inner = make(3)
part = functools.partial(f, 1.0)
lib = type(math)('lib')
lib.f, lib.k = f, 1
@functools.lru_cache
def cached(x): return x * scale
scale = 2
""",
        "(f(1.0), inner(1), f.tag, part(), lib.f(1.0), lib.k, cached(3), f.__name__)",
        (
            "f.__defaults__ = (k + 1.0,)", "f.__kwdefaults__ = {'z': float(k)}", "f.__kwdefaults__['z'] = float(k)", "f.__code__ = g1.__code__", "inner.__defaults__ = (k,)",
            "inner.__closure__[0].cell_contents = k", "inner = make(k)", "f.tag = k", "part.keywords['z'] = k", "part = functools.partial(f, float(k))", "lib.f = g1", "lib.k = k", "f = g1", "scale = k", "f.__name__ = f'f{k}'",
        ),
    ),
    "types": (
        "cfg = (2, 3)\nbox = {'c': (1, 2)}\n",
        "(cfg[0], str(cfg), cfg, box['c'], [*cfg], cfg == (2, 3))",
        (
            "cfg = [(2, 3), (2.0, 3.0), (True, 3), (2, 3.0)][k % 4]", "cfg = [(0.0, 1), (-0.0, 1), (0, 1)][k % 3]", "box['c'] = [(1, 2), (1.0, 2), (True, 2)][k % 3]", "cfg = ((k,), [k])",
            "cfg = [(1, (2, 3)), (1, (2.0, 3)), (1, (2, True))][k % 3]", "cfg = (float('nan'), k // 2)", "cfg = [(1, 2), [1, 2], 'ab', {0: 1}][k % 4]",
        ),
    ),
}  # fmt: skip

LAZY_SETUP = """
def say(x):
    log.append(('say', x))
    return x
def check(k, i):
    log.append(('check', k))
    return k >= i // 9 + 1
def gen():
    for x in (1, 2, 3):
        log.append(('gen', x))
        yield x
def first(xs):
    for x in xs:
        return x
class Counter:
    n = 0
    @property
    def ticket(self):
        self.n += 1
        return self.n
c = Counter()
"""

LAZY: tuple[str, ...] = (
    "any(check(k, i) for k in range(5))", "all(not check(k, i) for k in range(5))", "[x for x in map(say, [1, 2])]", "list(map(say, [1, 2]))", "log.extend(map(say, [1, 2]))", "sum(say(x) for x in (1, 2))", "list(filter(say, [0, 1, 2]))",
    "next(map(say, [1, 2]))", "list(zip(map(say, [1, 2]), map(say, [3])))", "i % 7 != 0 and c.ticket > 0", "i % 3 == 0 or c.ticket > 3", "0 < say(i) < c.ticket", "5 > i % 9 > c.ticket % 7", "1 if i % 2 and c.ticket else 0",
    "not (i % 2 and c.ticket)", "bool(i % 4 or c.ticket)", "max([1, 2, 3 + i], key=say)", "min([3, 1], key=say)", "sorted([3, 1, 2], key=say)", "list(zip(range(2), gen()))", "list(enumerate(gen()))", "dict(zip('ab', gen()))",
    "(lambda g: (list(g), list(g)))(say(x) for x in (1, 2))", "(lambda g: [x for x in g] + [0])(map(say, (1, 2)))", "any([check(k, i) for k in range(3)])", "functools.reduce(lambda a, x: a + say(x), [1, 2, 3])",
    "tuple(say(x) for x in [1, 2] if say(x))", "set(map(say, [1, 2]))", "','.join(str(say(x)) for x in (1, 2))", "list(reversed([say(1), say(2)]))", "any(x > 1 for x in gen())", "2 in (say(x) for x in (1, 2, 3))", "str(map(say, [1]))[:4]",
    "len(list(gen()))", "bool(map(say, [1]))", "[a for a, b in zip(gen(), gen())]", "type(zip()).__name__", "isinstance(map(say, [1]), list)", "list(itertools.chain([1], gen()))", "list(itertools.takewhile(lambda x: x < 2, gen()))",
    "first(gen())", "[*gen()]", "sum(map(say, gen()))", "log.append(x) if (x := say(i)) else None", "i and say(i) and c.ticket", "(i % 5) or say(i) or 3", "say(1) or say(2)", "say(0) and say(2)", "list(dict.fromkeys(say(x) for x in (1, 1)))",
    "max(say(x) for x in (1, 2))", "all(gen())", "c.ticket if i % 4 else -1", "[y for x in (1, 2) for y in (say(x), say(x))]", "list(map(lambda x, y: say(x + y), [1, 2], [3, 4]))", "list(map(say, filter(say, [0, 1])))",
    "(say(1), *map(say, (2, 3)))", "max(map(say, [1, 5]), default=0)", "float(np.mean([say(x) for x in (1, 2)]))", "[say(x) for x in gen()]", "[x for x in gen() if x > 1]", "i % 4 == 1 and any(check(k, i) for k in range(3))",
)  # fmt: skip

# name -> (setup, statements of the body)
EFFECTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "key": ("def score(x):\n    log.append(x)\n    return -x\no = [3, 1]\n", ("kept.append(max([1, 2, 3 + i], key=score))", "kept.append(sorted(o, key=score))", "o.append(i // 9)", "o.sort(key=score)")),
    "radd": ("class A:\n    n = 0\n    def __radd__(self, x):\n        A.n += 1\n        return x + 1\no = [A(), A()]\n", ("log.append(sum(o))",)),
    "json default": ("def default(x):\n    log.append('d')\n    return 1\n", ("log.append(json.dumps({'a': log is None, 'b': {1, 2}}, default=default))",)),
    "re callback": ("def sub(m):\n    log.append('m')\n    return 'x'\n", ("log.append(re.sub('a', sub, 'banana'))",)),
    "np vectorize": ("def sub(m):\n    log.append('m')\n    return m\nf = np.vectorize(sub)\n", ("log.append(float(f(np.ones(2)).sum()))",)),
    "np along": ("def sub(m):\n    log.append('m')\n    return m.sum()\n", ("log.append(np.apply_along_axis(sub, 0, np.ones((2, 2))).tolist())",)),
    "getattr hook": ("class A:\n    def __getattr__(self, name):\n        log.append(name)\n        return len(log)\no = A()\n", ("log.append(o.q)", "log.append(hasattr(o, 'q'))", "log.append(getattr(o, 'w', 1))")),
    "metaclass": ("class M(type):\n    def __call__(cls, *a):\n        log.append('made')\n        return type.__call__(cls, *a)\n    @property\n    def n(cls):\n        log.append('n')\n        return len(log)\n    def __instancecheck__(cls, x):\n        log.append('check')\n        return True\nclass A(metaclass=M): pass\n", ("A()", "log.append(A.n)", "log.append(isinstance(3, A))")),
    "enum": ("class E(enum.Enum):\n    A = 1\n    @classmethod\n    def _missing_(cls, v):\n        log.append('missing')\n        return cls.A\n    def __str__(self):\n        log.append('str')\n        return 'E'\n    def __hash__(self):\n        log.append('hash')\n        return 1\nd = {E.A: 1}\n", ("log.append(E(5).name)", "log.append(f'{E.A}')", "log.append(d[E.A])", "log.append(E.A in d)", "log.append(str([E.A]))")),
    "int subclass": ("class I(int):\n    def __add__(self, x):\n        log.append('add')\n        return int(self) + x + 1\n    def __repr__(self):\n        log.append('repr')\n        return 'I'\no = I(3)\n", ("log.append((o + i, 1 * o, str(o)))",)),
    "str subclass": ("class S(str):\n    def upper(self):\n        log.append('up')\n        return 'X'\no = S('a')\n", ("log.append((o.upper(), f'{o}', o + 'b'))",)),
    "list subclass": ("class L(list):\n    def __len__(self):\n        log.append('len')\n        return 3\n    def append(self, x):\n        log.append('append')\n        list.append(self, x)\n    def __getitem__(self, i):\n        log.append('item')\n        return 1\no = L([1])\n", ("log.append(len(o))", "o.append(i)", "log.append(o[0])", "log.append(list(o))", "log.append(str(o))")),
    "dict subclass": ("class D(dict):\n    def __missing__(self, k):\n        log.append('missing')\n        return 1\n    def get(self, k, d=None):\n        log.append('get')\n        return 2\no = D(a=1)\n", ("log.append((o['a'], o['b'], o.get('a')))",)),
    "key hash": ("class K:\n    def __init__(self, v): self.v = v\n    def __hash__(self):\n        log.append('hash')\n        return 1\n    def __eq__(self, o):\n        log.append('eq')\n        return self.v == o.v\nk = K(1)\nd = {k: 1}\n", ("log.append(d[K(1)])", "d[k] = i", "log.append(k in d)", "log.append(d.get(k))", "s = {k, K(2)}", "t = {k: 1}", "log.append(len(s))")),
    "del": ("class A:\n    def __del__(self): log.append('del')\n", ("a = A()", "del a")),
    "slots": ("class A:\n    __slots__ = ('x',)\n    def __init__(self): self.x = 0\no = A()\n", ("o.x = i // 9", "log.append(o.x)")),
    "redirect": ("import contextlib, io\nbuf = io.StringIO()\n", ("with contextlib.redirect_stdout(buf): print(i // 9)", "log.append(len(buf.getvalue()))")),
    "iadd": ("class A:\n    def __init__(self): self.n = 0\n    def __iadd__(self, x):\n        self.n += x\n        log.append('iadd')\n        return self\no = A()\np = o\n", ("o += i // 9", "log.append(p.n)")),
    "is bool": ("", ("flag = bool(float(data[i]) % 2 < 1)", "log.append((flag is True, flag is False, flag is None, flag is not True))")),
    "floats": ("", ("y = float(data[i]) - 3.0", "log.append((str(y % 3.0), str(y // 3.0), str(-y), str(y * 0.0), repr(y / 7.0), str(y % -3.0), str(y // -3.0)))")),
    "negative zero": ("", ("y = float(data[i]) * -0.0", "log.append((str(y), str(y + 0.0), str(-y), str(abs(y)), str(y % 3.0), str(y // -3.0), max(y, 0.0), min(0.0, y), y == 0, bool(y)))")),
    "power": ("", ("y = float(data[i]) + 1.0", "log.append((y ** 0.5, y ** -1, y ** 2.0))")),
    "power overflow": ("def f(y):\n    try:\n        return y ** 200.0\n    except OverflowError:\n        return 'over'\n", ("y = float(data[i]) * 50.0", "log.append(f(y))")),
    "sets": ("", ("log.append(len(set([i // 10, 3])))", "log.append(len({float(data[i]) // 9, 1.0}))", "log.append({i // 9: 1, 1: 2}[1])")),
    "kept": ("names = ['b', 'a']\nd = {'a': [1]}\na = np.arange(4.0)\n", (
        "kept.append(sorted(names))", "kept.append(names[:])", "kept.append(list(names))", "kept.append([*names])", "kept.append(names + [])", "kept.append(names * 1)", "kept.append(copy.copy(names))",
        "kept.append(dict(d))", "kept.append(d.copy())", "kept.append({**d})", "kept.append(copy.deepcopy(d))", "kept.append(d | {})", "kept.append({k: w for k, w in d.items()})",
        "kept.append(a[1:3])", "kept.append(a.copy())", "kept.append(a + 1)", "kept.append(np.zeros(2))", "kept.append(a.T)", "kept.append(np.asarray(a))", "kept.append(a.tolist())")),
    "kept and changed": ("names = ['b', 'a']\na = np.arange(4.0)\n", ("x = sorted(names)", "kept.append(x)", "x.append(i)", "y = a.copy()", "y[0] = i // 9", "kept.append(y)")),
    "augmented": ("s = {1}\nt = s\nd = {1: 1}\ne = d\nz = [1]\nw = z\n", ("s |= {i // 9}", "log.append(len(t))", "s -= {0}", "log.append(sorted(t))", "d |= {i // 9: 1}", "log.append(len(e))", "z += [i // 9]", "z *= 1", "log.append(len(w))")),
    "deque": ("w = collections.deque(maxlen=3)\n", ("w.append(i)", "log.append(w[-1])", "log.append(list(w))", "log.append(len(w))")),
    "default mutable": ("def f(x, acc=[]):\n    acc.append(x)\n    return len(acc), sum(acc)\n", ("log.append(f(i // 9))",)),
    "globals": ("n = 0\ndef f():\n    global n\n    n += 1\n    return n\n", ("log.append(f() + f())",)),
    "class counter": ("class A:\n    made = 0\n    def __init__(self):\n        A.made += 1\n        self.k = A.made\n", ("log.append(A().k)",)),
    "subclass data": ("class A:\n    n = 0\nclass B(A): pass\nb = B()\n", ("B.n = i // 9 + 1", "log.append(b.n)", "A.n = i", "log.append((b.n, A.n))")),
    "setdefault": ("d = {}\n", ("d.setdefault(i // 9, []).append(i)", "log.append(str(d)[-9:])", "log.append(len(d))")),
    "counter": ("d = collections.Counter()\n", ("d[i % 3] += 1", "log.append(d.most_common(1))", "log.append(d[7])")),
    "formats": ("st = {'n': [1]}\n", ("log.append('{n}'.format(**st))", "log.append('{0[n]}'.format(st))", "log.append('%(n)s' % st)", "st['n'].append(i)", "log.append('%s' % (st['n'][-2:],))")),
    "print": ("st = {'n': [1]}\nimport io\nout = io.StringIO()\n", ("print(st, log[-1:], file=out)", "st['n'].append(i)", "log.append(i)")),
    "variable": ("", ("log.append(str(v.data))", "log.append(float(v.data[0]))", "print(v)")),
    "chained": ("class C:\n    n = 0\n    def __lt__(self, o):\n        C.n += 1\n        return True\nc = C()\n", ("log.append(c < c < c)", "log.append(1 < i % 5 < C.n)")),
    "out": ("acc = np.zeros(3)\n", ("np.add(acc, 1.0, acc)", "log.append(acc.sum())", "np.clip(acc, 0, 1 + i // 9, acc)", "acc += 1", "log.append(acc.tolist())", "acc.cumsum(0, None, acc)", "log.append(float(np.median(acc, overwrite_input=True)))", "np.nan_to_num(acc, copy=False)", "np.add.at(acc, i % 3, 1)")),
    "rows": ("rows = [[k] for k in range(200)]\n", ("rows[i + 3].append(1)", "log.append(len(rows[i]))", "log.append(str(rows[i]))")),
    "alias": ("names = [3, 1]\nalias = names\n", ("names = sorted(names)", "alias.append(i)", "log.append(len(names))")),
    "random": ("random.seed(7)\n", ("random.seed(3)", "log.append(random.random())")),
    "lambda": ("fs = []\n", ("fs.append(lambda x=i: x)", "log.append(fs[-1]())")),
    "objects": ("class A:\n    def __init__(self, k): self.k = k\no = [A(k) for k in range(4)]\n", ("o[i % 4].k += 1", "log.append([a.k for a in o])", "log.append(max(o, key=lambda a: a.k).k)")),
    "dataclass": ("@dataclasses.dataclass\nclass A:\n    k: int\no = A(0)\n", ("o.k = i // 9", "log.append(f'{o}')", "log.append([o, 1] == [A(0), 1])")),
    "array key": ("d = {}\na = np.arange(60)\n", ("d[a[i] // 9] = 1", "log.append(len(d))")),
    "records": ("class A:\n    def __init__(self, k): self.k = k\n    @property\n    def p(self):\n        log.append('p')\n        return self.k\nrs = []\n", ("rs.append(A(i))", "log.append(rs[-1].k)", "log.append(rs[-1].p)", "rs[-1].k = 5")),
    "mixed rows": ("class Box:\n    def __init__(self, v): self.v = v\n    def __add__(self, o):\n        log.append('add')\n        return self.v + o\n    def __str__(self):\n        log.append('str')\n        return 'Box'\nxs = [1, 2.0, 'a', Box(3), [1]] * 20\nx = 0\n", ("x = xs[i]", "log.append(str(x))", "log.append(x + 1 if not isinstance(x, (str, list)) else x)", "log.append(f'{x}')")),
    "mixed element": ("class Box:\n    def __init__(self, v): self.v = v\n    def __mul__(self, o):\n        log.append('mul')\n        return self.v * o\n", ("q = [Box(1), 2][i // 9 % 2]", "log.append(q * 2)")),
}  # fmt: skip


def body(statements: tuple[str, ...], first: int = 0) -> str:
    """A loop over tensor work and some statements, those in front last, so that every one comes after every other one."""
    turned = statements[first:] + statements[:first]
    return f"for i in range(40):\n    {STEP}\n" + "".join(f"    {s}\n" for s in turned)


def by_hand(cells: object) -> dict[str, tuple[str, str]]:
    """All programs written by hand, by name."""
    made = {}
    for kind, (setup, read, changes) in CALLED.items():
        for change in changes:
            for when, cell in cells(read, change).items():  # type: ignore[operator]
                made[f"{kind} | calls | {change} | {when}"] = (setup, cell)
    for read in LAZY:
        made[f"lazy | {read} | log"] = (LAZY_SETUP, body((f"log.append({read})",)))
        made[f"lazy | {read} | if"] = (LAZY_SETUP, body((f"if {read}: log.append(i)",)))
        made[f"lazy | {read} | for"] = (LAZY_SETUP, body((f"for z in [{read}]: log.append(i)",)))
    for name, (setup, statements) in EFFECTS.items():
        made[f"effect | {name}"] = (setup, body(statements))
        for n, statement in enumerate(statements):
            if len(statements) > 1:
                made[f"effect | {name} | {n}"] = (setup, body((statement,)))
                made[f"effect | {name} | from {n}"] = (setup, body(statements, n))
    return made
