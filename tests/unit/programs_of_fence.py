"""The programs of `test_fence.py`: a table of setups and cells, generated from kinds, readings, changes and times."""

from __future__ import annotations

from tests.unit.programs_by_hand import by_hand

STEP = "v.add(0.01 * data[i])"

# kind -> (setup, readings of `o`, changes of `o` by the number `k`)
KINDS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "list": (
        "o = [3, 1, 2]\n",
        (
            "len(o)", "o[-1]", "o[0]", "o[1:]", "f'{o}'[-9:]", "str(o)", "'%s' % o", "'{}'.format(o)", "repr(o)", "o * 2", "o + [9]", "o == [3, 1, 2]", "o < [3, 2]",
            "bool(o)", "sorted(o)", "sum(o)", "max(o)", "min(o, key=abs)", "2 in o", "o.index(o[-1])", "o.count(1)", "list(o)", "tuple(o)", "set(o)", "o.copy()",
            "copy.copy(o)", "copy.deepcopy(o)", "json.dumps(o)", "[*o]", "[x + 1 for x in o]", "list(reversed(o))", "list(enumerate(o))", "list(zip(o, o))",
            "list(map(abs, o))", "any(o)", "all(x > 0 for x in o)", "np.mean(o)", "np.array(o).tolist()", "math.fsum(o)", "statistics.mean(o)", "functools.reduce(operator.add, o)",
            "dict(enumerate(o))", "','.join(map(str, o))", "','.join([str(x) for x in o])", "max(o, default=0)", "1 if o else 0", "not o", "print(o)", "hash(tuple(o))",
            "list(itertools.accumulate(o))", "bytes(abs(x) % 9 for x in o)", "operator.itemgetter(0)(o)", "len(sorted(o)) + o[0]", "[o, o]", "{'o': o}", "(o,)", "o is o",
        ),
        ("o.append(k)", "o[0] = k", "o.insert(0, k)", "o.extend([k, k])", "o += [k]", "o.sort(reverse=k % 2 == 0)", "o.reverse()", "o[:] = [k, 5]", "p.append(k)", "grow(o, k)"),
    ),
    "nested": (
        "o = {'n': [1], 'm': {'x': 1}}\np0 = o['n']\n",
        (
            "len(o['n'])", "f'{o}'", "str(o)", "json.dumps(o)", "copy.deepcopy(o)", "dict(o)", "list(o.items())", "list(o.values())", "o == {'n': [1], 'm': {'x': 1}}",
            "repr(list(o.values()))", "'%s' % (o,)", "sum(o['n'])", "[*o.values()]", "o.get('n')[-1]", "sorted(o['n'])", "'%(n)s' % o", "str((o, 1))", "(o,) == ({'n': [1], 'm': {'x': 1}},)",
            "[o['n']] == [[1]]", "{**o}", "o.copy()", "copy.copy(o)", "str([o['n'], 2])", "np.sum(o['n'])", "print(o)", "max(o.values(), key=len) is o['n']", "[1] in list(o.values())",
        ),
        ("o['n'].append(k)", "o['m']['x'] = k", "p0.append(k)", "o['m'][k] = 1", "o['n'] = [k]", "grow(p0, k)"),
    ),
    "dict": (
        "o = {'a': 1, 'b': 2}\n",
        (
            "len(o)", "o['a']", "o.get('z', 0)", "'z' in o", "list(o)", "list(o.keys())", "list(o.values())", "sorted(o)", "dict(o)", "len(dict(o))", "str(o)", "json.dumps(o)", "o == {'a': 1, 'b': 2}",
            "sum(o.values())", "max(o, key=o.get)", "{k2: v2 for k2, v2 in o.items()}", "bool(o)", "o | {'q': 1}", "o.copy()", "[*o]", "{**o}", "dict(**o)", "'%(a)d' % o", "'{a}'.format(**o)",
            "next(iter(o))", "list(o.items())[0]", "min(o.values())", "any(o.values())", "set(o)", "len(set(o.values()))", "o.items() == {'a': 1}.items()", "f'{o[\"a\"]}'", "o.keys() & {'a'}",
        ),
        ("o['a'] = k", "o['z'] = k", "o.update(a=k)", "o.update({'q': k})", "o.pop('b', None)", "o.setdefault('w', k)", "o['a'] += k", "o.clear()", "grow_d(o, k)"),
    ),
    "deque": (
        "o = collections.deque([1, 2, 3], maxlen=5)\n",
        ("len(o)", "o[-1]", "o[0]", "list(o)", "sum(o)", "str(o)", "max(o)", "o == collections.deque([1])", "2 in o", "sorted(o)", "np.mean(o)", "o.maxlen", "copy.copy(o)", "bool(o)", "o.count(2)", "tuple(o)", "[x for x in o]"),
        ("o.append(k)", "o.appendleft(k)", "o[0] = k", "o.rotate(1)", "o.popleft() if len(o) > 1 else None", "o.extend([k])"),
    ),
    "set": (
        "o = {1, 2, 3}\n",
        ("len(o)", "2 in o", "sorted(o)", "sum(o)", "o == {1, 2, 3}", "o | {5}", "o & {1, 9}", "len(o | {7})", "max(o)", "frozenset(o)", "o.issubset({1, 2, 3, 4})", "bool(o)", "str(sorted(o))", "o.copy()", "o.union([1])", "len(set(o))", "o <= {1, 2, 3}"),
        ("o.add(k)", "o.discard(2)", "o.clear()", "o.update([k])", "o |= {k}"),
    ),
    "counter": (
        "o = collections.Counter('aab')\n",
        ("o['a']", "o['zz']", "len(o)", "o.most_common(1)", "dict(o)", "sum(o.values())", "str(o)", "o + o", "o == collections.Counter('aab')", "list(o)", "'zz' in o"),
        ("o['a'] += k", "o.update('b')", "o['zz'] += 1", "o.subtract(['a'])"),
    ),
    "defaultdict": (
        "o = collections.defaultdict(list)\no['a'].append(1)\n",
        ("len(o)", "o['a']", "len(o['zz'])", "o.get('yy')", "str(o)", "list(o)", "json.dumps(o)", "copy.deepcopy(o)", "'zz' in o", "dict(o)"),
        ("o['a'].append(k)", "o[k].append(1)", "o['zz'].append(k)"),
    ),
    "array": (
        "o = np.zeros(4)\nq = o[1:]\n",
        (
            "o[0]", "float(o[1])", "o.sum()", "float(np.mean(o))", "o.copy()", "o.tolist()", "str(o)", "f'{o[0]:.1f}'", "o * 2", "o + 1", "(o > 0).any()", "np.argmax(o)", "len(o)", "o.shape", "list(o)", "max(o)",
            "q[0]", "q.sum()", "o.max()", "np.array_equal(o, q)", "np.add(o, 1.0)", "np.clip(o, 0, 5)", "o.reshape(2, 2)", "o.T", "o[1:3]", "o[o > 0]", "np.cumsum(o)", "sum(o)", "sorted(o)", "np.sort(o)", "o.astype(int)",
            "np.concatenate([o, q])", "np.stack([o, o])", "[x for x in o]", "{'o': o}['o'][0]", "copy.deepcopy(o)", "o == 0", "2.0 in o", "np.ravel(o)", "np.asarray(o)",
        ),
        (
            "o[0] = k", "o += k", "o[1:] = k", "q[0] = k", "np.add.at(o, k % 4, 1)", "np.add(o, 1.0, o)", "np.add(o, 1.0, out=o)", "np.cumsum(o, 0, None, o)", "o.fill(k)", "o.sort()", "np.copyto(o, k)", "np.put(o, 0, k)",
            "o *= 2", "o[0] += k", "np.fill_diagonal(o.reshape(2, 2), k)", "o.resize(4)", "np.multiply(o, 2, out=(o,))", "np.random.shuffle(o)", "o.put(0, k)", "o.itemset if False else o.__setitem__(0, k)",
        ),
    ),
    "object": (
        "class A:\n    n = 5\n    def __init__(self, x):\n        self.x = x\n        self.xs = [1]\n    def double(self):\n        return self.x * 2\n    @property\n    def half(self):\n        return self.x / 2\no = A(1)\n",
        ("o.x", "o.n", "o.xs[-1]", "o.double()", "o.half", "len(o.xs)", "str(o.xs)", "hasattr(o, 'z')", "getattr(o, 'z', 0)", "o.__dict__", "vars(o)", "copy.copy(o).x", "copy.deepcopy(o).xs", "[o][0].x", "o in [o]", "A.n", "o == o", "bool(o)", "isinstance(o, A)", "type(o).__name__", "[o] == [o]", "hash(o) == hash(o)"),
        ("o.x = k", "o.xs.append(k)", "o.z = k", "A.n = k", "A.n += 1", "o.n = k", "setattr(o, 'x', k)", "o.x += k", "o.xs = [k]", "o.__dict__['x'] = k", "object.__setattr__(o, 'x', k)", "vars(o)['x'] = k", "A.half = property(lambda s, k=k: k)", "A.double = lambda s, k=k: k", "o.double = lambda k=k: k"),
    ),
    "data": (
        "@dataclasses.dataclass\nclass D:\n    x: int\n    y: list\no = D(1, [2])\n",
        ("str(o)", "o == D(1, [2])", "f'{o}'", "dataclasses.asdict(o)", "dataclasses.astuple(o)", "dataclasses.replace(o, x=9)", "copy.copy(o)", "copy.deepcopy(o)", "[o] == [D(1, [2])]", "'%s' % o", "print(o)", "repr([o])", "o.y"),
        ("o.x = k", "o.y.append(k)", "o.y = [k]"),
    ),
    "dunder": (
        "class Box:\n    calls = 0\n    def __init__(self, v):\n        self.v = v\n    def __eq__(self, other):\n        Box.calls += 1\n        return self.v == getattr(other, 'v', other)\n    def __lt__(self, other):\n        Box.calls += 1\n        return self.v < other.v\n"
        "    def __gt__(self, other):\n        Box.calls += 1\n        return self.v > other.v\n    def __hash__(self):\n        Box.calls += 1\n        return hash(self.v)\n    def __bool__(self):\n        Box.calls += 1\n        return self.v > 2\n    def __len__(self):\n        return int(self.v)\n"
        "    def __float__(self):\n        Box.calls += 1\n        return float(self.v)\n    def __int__(self):\n        return int(self.v)\n    def __index__(self):\n        return int(self.v)\n    def __str__(self):\n        Box.calls += 1\n        return f'Box {self.v}'\n    def __format__(self, spec):\n        return f'<{self.v}>'\n"
        "    def __contains__(self, x):\n        Box.calls += 1\n        return x == self.v\n    def __iter__(self):\n        return iter([self.v, 1])\n    def __getitem__(self, i):\n        Box.calls += 1\n        return self.v + i\n    def __add__(self, other):\n        return self.v + other\n    def __abs__(self):\n        return abs(self.v)\n    def __neg__(self):\n        return -self.v\n    def __call__(self, x):\n        return self.v + x\n    def __round__(self, n=0):\n        return 7 + self.v\n    def __repr__(self):\n        return f'B{self.v}'\n"
        "o = Box(1)\nc = Box(3)\nsame = [Box(1), Box(2)]\n",
        (
            "o == c", "o < c", "max(o, c).v", "min([o, c]).v", "o in same", "same.index(Box(2))", "same.count(o)", "hash(o)", "bool(o)", "len(o)", "float(o)", "int(o)", "str(o)", "f'{o}'", "'%s' % o", "'%d' % o", "'{}'.format(o)", "repr(o)", "3 in o", "list(o)", "o[2]", "o + 1", "abs(o)", "-o", "o(2)",
            "{o: 1}[o]", "len({o, c})", "sorted([c, o])[0].v", "[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140][o]", "1 if o else 0", "not o", "o and 3", "any([o, c])", "sum([1, 2], start=0) + o.v", "round(o)", "range(o)[-1:]", "{1: 2}.get(o)", "[x for x in o]", "a_tuple == (o,)", "[o] == [c]", "dict([(1, o)])[1].v",
            "str([o])", "print(o)", "math.floor(float(o))", "math.sqrt(o)", "np.float64(o)", "tuple(o)", "max(same).v", "o is c", "o != c", "'x' * o", "divmod(int(o), 2)", "[*o]", "dict(a=o)['a'].v", "operator.add(o, 1)", "functools.reduce(lambda a, b: a + b.v, [c], 0)", "float(o) + 1", "json.dumps([float(o)])", "complex(o)", "'abcdefghijklmnopqrstuvwxyz'[o]", "isinstance(o, Box)",
        ),
        ("o.v = k", "o.v += 1", "same[0].v = k", "same.append(Box(k))", "o = Box(k)", "c.v = k"),
    ),
    "iterable": (
        "class It:\n    def __init__(self):\n        self.n = 3\n    def __iter__(self):\n        log.append('iter')\n        return iter(range(self.n))\n    def __len__(self):\n        return self.n\no = It()\n",
        ("list(o)", "sum(o)", "[x for x in o]", "len(o)", "tuple(o)", "max(o)", "set(o)", "[*o]", "list(zip(o, o))", "list(map(str, o))", "dict.fromkeys(o)", "np.mean(list(o))", "','.join(map(str, o))", "any(o)", "sorted(o)", "2 in list(o)"),
        ("o.n = k % 4",),
    ),
    "tuple": (
        "o = ([1], 2.0)\n",
        ("o[0][-1]", "str(o)", "len(o)", "o == ([1], 2.0)", "o + (3,)", "o * 2", "json.dumps(o)", "copy.deepcopy(o)", "list(o)", "f'{o}'", "'%s %s' % o", "o[0] == [1]", "repr((o, o))", "[*o]", "o in [([1], 2.0)]", "o < ([2], 0)"),
        ("o[0].append(k)", "o = ([k], 2.0)", "o[0][0] = k"),
    ),
    "number": (
        "o = 2.0\n",
        ("o", "o * 3", "str(o)", "f'{o}'", "o == 2", "(o,)", "[o]", "o // 1", "-o", "round(o)", "int(o)", "max(o, 1)", "math.sqrt(abs(o))", "o is None", "bool(o)", "{o: 1}", "1 / (o + 9)", "math.copysign(1, o)", "o.is_integer()", "hash(str(o))", "type(o).__name__"),
        ("o = 2", "o = True", "o = -0.0", "o = 0.0 if k % 2 else -0.0", "o = float(k)", "o = k", "o = float('nan')"),
    ),
}  # fmt: skip

FUNCTIONS = "p = o\ndef grow(x, k):\n    x.append(k)\ndef grow_d(x, k):\n    x['a'] = k\na_tuple = (o,)\n"


def cells(read: str, change: str) -> dict[str, str]:
    """A cell for each time at which the change is made."""
    log = f"    log.append({read})\n"
    return {
        "always": f"for i in range(30):\n    k = i\n    {STEP}\n{log}    {change}\n",
        "slow": f"for i in range(40):\n    k = i // 9\n    {STEP}\n    if i % 9 == 8:\n        {change}\n{log}",
        "value": f"for i in range(40):\n    k = i // 9\n    {STEP}\n    {change}\n{log}",
        "before": f"for i in range(30):\n    k = i // 7\n    {change}\n    {STEP}\n{log}",
        "epoch": f"for e in range(3):\n    k = e + 1\n    if e:\n        {change}\n    for i in range(16):\n        {STEP}\n    {log}",
        "epoch_twice": f"for e in range(4):\n    k = e // 2 + 1\n    {change}\n    for i in range(16):\n        {STEP}\n    {log}",
    }


def table() -> dict[str, tuple[str, str]]:
    """All programs of the table, by name."""
    made = {}
    for kind, (setup, reads, changes) in KINDS.items():
        for read in reads:
            for change in changes:
                for when, cell in cells(read, change).items():
                    made[f"{kind} | {read} | {change} | {when}"] = (setup + FUNCTIONS, cell)
    return made


PROGRAMS = {**by_hand(cells), **table()}
