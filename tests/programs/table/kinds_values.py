"""Rows of the table: plain values, names of every scope, and the library objects that a notebook meets."""

from __future__ import annotations

from tests.programs.table.kinds import KEEP, TEXT, TRUTH, Kind, named

NUMERIC = named(
    r"""
    add: o + 1
    radd: 10 - o
    times: o * 0.5
    divide: 7 / (o or 1)
    floor: 7 // (o or 1)
    remainder: -7 % (o or 3)
    power: o ** 2
    negative: -o
    abs: abs(o)
    less: o < 2
    equal: o == 1
    chain: 0 < o < 3
    max: max(o, 2)
    min: min(o, 2)
    int: int(o)
    float: float(o)
    str_int: str(int(o))
    round: round(o, 1)
    divmod: divmod(o, 2)
    in: o in (1, 2)
    in_dict: o in {1: "a", 2: "b"}
    as_key: {o: 1}
    format_number: f"{o:>8}"
    hash: hash(o) == hash(1)
    math: math.floor(o)
    tensor: tf.constant(float(o))
    scaled: !b.assign_add(0.001 * float(o) * XT[i % 40])
    sum: sum([o, o])
    type_text: type(o).__name__
    sign: math.copysign(1.0, o)
    list_times: [0] * int(o % 4)
    compare_list: [o] == [1]
    compare_tuple: (o, 2) < (1, 3)
    while: !k = 0\nwhile k < o % 4:\n    k += 1\nlog.append(k)
    range: list(range(int(o) % 5))
    match: !match o:\n    case 1:\n        log.append("one")\n    case int():\n        log.append("int")\n    case _:\n        log.append("other")
    """
)
STRING = named(
    r"""
    len: len(o)
    upper: o.upper()
    split: o.split(",")
    strip: o.strip("a")
    replace: o.replace("a", "x")
    startswith: o.startswith("a")
    find: o.find("c")
    in: "b" in o
    add: o + "z"
    times: o * 2
    item: o[0]
    slice: o[1:]
    list: list(o)
    for: !for ch in o:\n    log.append(ch)
    join: o.join(["1", "2"])
    less: o < "b"
    equal: o == "a,b"
    as_key: {o: 1}.get("a,b")
    attribute: getattr(box, o[0], "none")
    encode: o.encode()
    sorted: sorted(o)
    count: o.count(",")
    ljust: o.ljust(8) + "|"
    pad: f"{o:>8}|"
    percent_pad: "%8s|" % o
    regex: re.findall("[a-z]", o)
    sub: re.sub("[0-9]", "#", o)
    isdigit: o[-1].isdigit()
    ord: ord(o[-1])
    match: !match o.split(","):\n    case [x, y]:\n        log.append(y)\n    case _:\n        log.append("other")
    hash: hash(o) == hash("a,b")
    json: json.dumps({"o": o})
    """
)
VALUES = (
    Kind("int", "o = 1\n", {**TEXT, **TRUTH, **KEEP, **NUMERIC},
         named(r"""
         set: o = t
         add: o += t
         float: o = float(t)
         bool: o = t % 2 == 0
         big: o = 10 ** 20 + t
         negative: o = -t
         np: o = np.int64(t)
         none_then_int: o = t or 5
         """)),
    Kind("float", "o = 1.0\n", {**TEXT, **TRUTH, **KEEP, **NUMERIC},
         named(r"""
         set: o = t * 0.1
         int: o = t
         zero: o = (0.0, -0.0)[t % 2]
         minus_zero: o = -0.0 * (t + 1)
         huge: o = 1e300 * (t + 1)
         np: o = np.float32(t)
         half: o /= 2
         """)),
    Kind("nan", "o = 1.0\n", {k: {**TEXT, **TRUTH, **NUMERIC}[k] for k in ("str", "repr", "bool", "equal", "less", "max", "min", "in", "add", "fstring", "format_number", "chain")},
         named("nan: o = float('nan') if t % 2 else 2.0\ninf: o = float('inf') if t % 2 else -2.0")),
    Kind("bool", "o = True\n", {**TEXT, **TRUTH, **KEEP, **NUMERIC, "is_true": "o is True", "xor": "o ^ True", "invert": "not o"},
         named("flip: o = t % 2 == 0\nint: o = t\nnp: o = np.bool_(t % 2)\nand: o &= t % 3 > 0")),
    Kind("none", "o = None\n", {**TEXT, **TRUTH, **KEEP, "is_none": "o is None", "equal_none": "o == None", "coalesce": "1 if o is None else o"},
         named("int: o = t if t % 2 else None\nlist: o = [t] if t % 2 else None\nstr: o = None if t % 3 else 'x'")),
    Kind("bigint", "o = 1 << 70\n", {**TEXT, **TRUTH, **NUMERIC, "bits": "o.bit_length()", "mod": "o % 97", "shift": "o >> 3"},
         named("set: o = (1 << 70) + t\nsmall: o = t\ngrow: o = o * 3 + 1\nedge: o = 2 ** 63 - 1 + t % 2")),
    Kind("complex", "o = 1 + 2j\n", {**TEXT, **TRUTH, **KEEP, "real": "o.real", "abs": "abs(o)", "times": "o * 1j", "equal": "o == 1"},
         named("set: o = complex(t, 1)\nreal: o = complex(t)\nint: o = t")),
    Kind("str", "o = 'a,b'\n", {**TEXT, **TRUTH, **KEEP, **STRING},
         named(r"""
         set: o = f"a,b{t}"
         add: o += str(t)
         shorter: o = "abc"[: t % 3 + 1]
         empty_or: o = "a" * (1 + t % 3)
         """)),
    Kind("bytes", "o = b'a,b'\n", {**TEXT, **TRUTH, **KEEP, "len": "len(o)", "item": "o[0]", "list": "list(o)", "hex": "o.hex()", "split": "o.split(b',')", "decode": "o.decode()"},
         named("set: o = b'a%d' % t\nadd: o += b'x'")),
    Kind("global", "o = 1\ndef read():\n    return o\ndef read_in_text():\n    return f'{o}-{o!r}'\ndef write(v):\n    global o\n    o = v\n",
         {"read": "read()", "text": "read_in_text()", "globals": "globals()['o']", "lambda": "(lambda: o)()", "default": "(lambda v=o: v)()", "in_comprehension": "[o for _ in range(2)]"},
         named("set: o = t\nwrite: write(t)\nglobals: globals()['o'] = t\nstr: o = str(t)\nfloat: write(float(t))\ndelete: del o; o = t\nexec: exec(f'o = {t} * 3', globals())")),
    Kind("closure", "def make():\n    n = [1]\n    k = 1\n    def read():\n        return k\n    def write(v):\n        nonlocal k\n        k = v\n        n[0] = v\n    def items():\n        return n\n    return read, write, items\nread, write, items = make()\no = read\n",
         {"read": "read()", "o": "o()", "items": "items()", "items_text": "str(items())", "cell": "read.__closure__[0].cell_contents", "twice": "[read() for _ in range(2)]", "mapped": "list(map(lambda _: read(), 'ab'))"},
         named("write: write(t)\nstr: write(str(t))\ncell: read.__closure__[0].cell_contents = t\nitems: items().append(t)\nagain: read, write, items = make(); write(t)")),
    Kind("function", "def o(x, k=1):\n    return x * 10 + k\ndef other(x, k=1):\n    return ('other', x, k)\n",
         {"call": "o(2)", "call_kw": "o(2, k=3)", "map": "list(map(o, [1, 2]))", "attr": "getattr(o, 'n', 0)", "defaults": "o.__defaults__", "name": "o.__name__",
          "max_key": "max([1, 2, 3], key=lambda v: -o(v) if isinstance(o(v), int) else 0)", "through_list": "[o][0](1)", "star": "o(*[2])", "sorted_key": "sorted([2, 1], key=lambda v: str(o(v)))",
          "partial": "functools.partial(o, 2)()", "nested": "(lambda f: f(1))(o)", "doc": "o.__doc__"},
         named(r"""
         defaults: o.__defaults__ = (t,)
         defaults_type: o.__defaults__ = (float(t),)
         code: o.__code__ = (other.__code__, o.__code__)[t % 2]
         attribute: o.n = t
         rebind: o = (other, o)[t % 2]
         redefine: exec(f"def o(x, k=1): return x + {t}", globals())
         lambda: o = lambda x, k=t: x + k + t
         doc: o.__doc__ = f"doc {t}"
         name: o.__name__ = f"n{t}"
         kwdefaults: o.__kwdefaults__ = {"k": t}
         """)),
    Kind("mutable_default", "def o(x, seen=[]):\n    seen.append(x)\n    return len(seen)\ndef peek(x, seen=o.__defaults__[0]):\n    return seen[-1:]\n",
         {"call": "o(1)", "peek": "peek(0)", "default": "o.__defaults__[0][-2:]", "text": "str(o.__defaults__)"},
         named("append: o.__defaults__[0].append(t)\ncall: o(t)\nreplace: o.__defaults__ = ([t],)\nclear: o.__defaults__[0].clear(); o(t)")),
    Kind("module", "import types\no = types.ModuleType('settings')\no.rate = 1\no.names = ['a']\n",
         {**{k: TEXT[k] for k in ("str",)}, "attr": "o.rate", "getattr": "getattr(o, 'rate')", "has": "hasattr(o, 'extra')", "vars": "vars(o)['rate']", "dir": "'extra' in dir(o)", "names": "o.names[-1]", "text": "f'{o.names}'", "scaled": "!b.assign_add(0.001 * o.rate * XT[i % 40])"},
         named("set: o.rate = t\nfloat: o.rate = float(t)\nnew: o.extra = t\nappend: o.names.append(str(t))\ndict: vars(o)['rate'] = t\nsetattr: setattr(o, 'rate', t)\ndelete: o.__dict__.pop('extra', None) if t % 2 else setattr(o, 'extra', t)")),
    Kind("real_module", "o = math\no.__dict__.pop('mine', None)\n", {"call": "o.floor(2.5)", "attr": "getattr(o, 'mine', 0)", "has": "hasattr(o, 'mine')"}, named("set: o.mine = t\ndelete: o.__dict__.pop('mine', None)")),
    Kind("builtin_name", "o = abs\n", {"call": "abs(-2)", "o": "o(-3)", "len": "len([1])"}, named("shadow: abs = lambda v: v * 10 + t\nrebind: o = (abs, float)[t % 2]\nshadow_len: len = lambda v: t\nunshadow: globals().pop('abs', None) if t % 2 else globals().update(abs=lambda v: t)")),
    Kind("enum", "class E(enum.Enum):\n    A = 1\n    B = 2\nclass F(enum.Flag):\n    X = 1\n    Y = 2\no = E.A\nf = F.X\n",
         {**TEXT, **TRUTH, **{k: KEEP[k] for k in ("is_first", "kept", "copy", "equal_first")}, "value": "o.value", "name": "o.name", "is": "o is E.A", "equal": "o == E.B", "in": "o in (E.B,)", "key": "{E.A: 1, E.B: 2}[o]", "flags": "f", "has_flag": "F.Y in f", "members": "[m.name for m in type(o)]", "extra": "getattr(o, 'extra', 0)"},
         named("flip: o = (E.A, E.B)[t % 2]\nby_value: o = E(t % 2 + 1)\nflag: f = (F.X, F.X | F.Y)[t % 2]\nattribute: E.A.extra = t\nclass: class_attribute = setattr(E, 'extra', property(lambda s: t))")),
    Kind("partial", "def base(a, c=2):\n    return a * 10 + c\no = functools.partial(base, 1)\n", {"call": "o()", "call_kw": "o(c=5)", "args": "o.args", "keywords": "o.keywords", "map": "list(map(lambda _: o(), 'ab'))"},
         named("rebind: o = functools.partial(base, t)\nkeywords: o.keywords['c'] = t\nsetstate: o.__setstate__((base, (t,), {}, {}))\nattr: o.n = t")),
    Kind("lru_cache", "calls = []\n@functools.lru_cache(maxsize=4)\ndef o(n):\n    calls.append(n)\n    return n * 2\n", {"call": "o(1)", "call_i": "o(i // 5)", "info": "o.cache_info()", "calls": "len(calls)", "info_text": "str(o.cache_info())"},
         named("clear: o.cache_clear()\ncall: o(t)\nglobal: calls.append(-t)\nredefine: o = functools.lru_cache(maxsize=2)(lambda n: n * t)")),
    Kind("datetime", "o = datetime.date(2024, 1, 31)\n", {**TEXT, **KEEP, "iso": "o.isoformat()", "strftime": "f'{o:%d.%m}'", "weekday": "o.weekday()", "month": "o.month", "less": "o < datetime.date(2024, 2, 2)", "delta": "(o - datetime.date(2024, 1, 1)).days", "sorted": "sorted([o, datetime.date(2024, 2, 3)])"},
         named("next: o += datetime.timedelta(days=1)\nset: o = datetime.date(2024, 1 + t % 12, 1)\nreplace: o = o.replace(day=1 + t % 28)")),
    Kind("decimal", "import decimal\ndecimal.getcontext().prec = 28\no = decimal.Decimal('1.10')\n", {**TEXT, **TRUTH, "add": "o + 1", "times": "o * 2", "quantize": "o.quantize(decimal.Decimal('0.1'))", "less": "o < 2", "float": "float(o)"},
         named("set: o = decimal.Decimal(t) / 3\nprecision: decimal.getcontext().prec = 5 + t % 5; o = decimal.Decimal(1) / 3")),
    Kind("fraction", "from fractions import Fraction\no = Fraction(1, 3)\n", {**TEXT, **TRUTH, "add": "o + 1", "float": "float(o)", "num": "o.numerator", "less": "o < 1"}, named("set: o = Fraction(t, 3)\nadd: o += Fraction(1, t + 1)")),
    Kind("regex", "o = re.compile('a(.)')\ntext = 'abac'\n", {"findall": "o.findall(text)", "search": "bool(o.search(text))", "group": "o.search(text + 'ad').group(1)", "sub": "o.sub('-', text)", "pattern": "o.pattern", "spans": "[m.span() for m in o.finditer(text)]"},
         named("text: text += f'a{t}'\npattern: o = re.compile(('a(.)', 'b(.?)')[t % 2])")),
    Kind("slice", "o = slice(1, 3)\nxs = list(range(8))\n", {**{k: TEXT[k] for k in ("str", "repr")}, "use": "xs[o]", "start": "o.start", "indices": "o.indices(5)", "array": "np.arange(8)[o]", "range": "len(range(8)[o])"}, named("set: o = slice(t % 4, 5)\nstep: o = slice(None, None, 1 + t % 3)\nxs: xs[1] = t")),
    Kind("range", "o = range(3)\n", {**TEXT, **TRUTH, "len": "len(o)", "list": "list(o)", "in": "4 in o", "sum": "sum(o)", "for": "!for x in o:\n    log.append(x)", "last": "o[-1] if o else None", "equal": "o == range(3)"}, named("set: o = range(t % 6)\nstep: o = range(0, 6, 1 + t % 3)")),
    Kind("type", "class A:\n    k = 1\n    def m(self): return 'A'\nclass C:\n    k = 2\n    def m(self): return 'C'\no = A\n", {"name": "o.__name__", "attr": "o.k", "make": "o().m()", "isinstance": "isinstance(A(), o)", "equal": "o is A", "in": "o in (C, int)", "subclass": "issubclass(o, A)", "key": "{A: 1, C: 2}.get(o)"},
         named("rebind: o = (A, C)[t % 2]\nattr: A.k = t\nmethod: A.m = lambda self: t\nmake: o = type('N', (A,), {'k': t})")),
    Kind("tensor", "o = tf.constant([1.0, 2.0, 3.0])\n", {"float": "float(o[0])", "numpy": "o.numpy()", "kept": "!kept.append(o)", "times": "o * 2.0", "is_first": "o is first", "cond": "1 if o[0] > 1.5 else 0", "text": "str(o.numpy())", "used": "!b.assign_add(0.001 * o)"},
         named("rebind: o = tf.constant([float(t), 2.0, 3.0])\nadd: o = o + 1.0\nrow: o = XT[t % 40]\nfirst: o = first")),
    Kind("variable", "o = tf.Variable([1.0, 2.0, 3.0])\n", {"float": "float(o.value()[0])", "numpy": "o.numpy()", "used": "!b.assign_add(0.001 * o.value())", "is_first": "o is first", "kept": "!kept.append(o.numpy())", "cond": "1 if o.value()[0] > 1.5 else 0"},
         named("assign: o.assign([float(t), 2.0, 3.0])\nadd: o.assign_add([1.0, 0.0, 0.0])\nrebind: o = tf.Variable([float(t), 1.0, 1.0])\nshare: o = b")),
)  # fmt: skip
