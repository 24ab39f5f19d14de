"""Work on data as people do it between training steps: arrays, text, dates, trees, pipelines, registries. Written without looking at the engine."""

from tests.programs.harness import Program

STEP = "def step(i, k=1.0):\n    b.assign_add(0.01 * k * XT[i % 40, 0, :3])\n    return b\n"
PROGRAMS = {
    "simulation_numpy": Program(
        "A random walk with NumPy, state arrays changed in place through a view.",
        """
grid = np.zeros((6, 6), int)
row = grid[2]
p = np.array([3, 3])
r = np.random.default_rng(5)
for i in range(40):
    step(i)
    p = np.clip(p + r.integers(-1, 2, size=2), 0, 5)
    grid[tuple(p)] += 1
    row[i % 6] -= 1
    log.append(int(row.sum()))
""",
        setup=STEP,
    ),
    "normalisation_pass": Program(
        "Running mean and variance in plain floats, then applied.",
        """
n, mean, m2 = 0, 0.0, 0.0
for i in range(40):
    step(i)
    for v in (i * 0.37, -i % 5):
        n += 1
        d = v - mean
        mean += d / n
        m2 += d * (v - mean)
std = (m2 / n) ** 0.5
print(n, round(mean, 6), repr(std))
""",
        setup=STEP,
    ),
    "signs_and_remainders": Program(
        "Signed zeros, floor division and remainders of negative numbers; big integers.",
        """
big = 1
for i in range(-20, 20):
    step(i)
    log.append((i // 7, i % 7, i / 4 % 1.0, -0.0 * i, divmod(i, -3), float(i) % 3.0))
    big = big * 3 + i
print(log[5], big)
""",
        setup=STEP,
    ),
    "bytes_and_bits": Program(
        "Bytearrays and bit tricks.",
        """
buf, crc = bytearray(8), 0
for i in range(40):
    step(i)
    buf[i % 8] ^= i
    crc = (crc << 1 ^ buf[i % 8]) & 0xFFFF
    log.append((hex(crc), bytes(buf[:2]), i.bit_length()))
""",
        setup=STEP,
    ),
    "dates": Program(
        "Dates move on; a table by month.",
        """
import datetime as dt
day, months = dt.date(2024, 1, 28), collections.OrderedDict()
for i in range(40):
    step(i)
    months.setdefault(day.strftime("%Y-%m"), []).append(day.weekday())
    day += dt.timedelta(days=1 + i // 15)
print(list(months), day.isoformat())
""",
        setup=STEP,
    ),
    "regex_parser": Program(
        "Lines are parsed with a regular expression.",
        """
import re
pattern = re.compile(r"(\\w+)=(-?\\d+)")
lines = [f"a={k} b={-k * 2} skip" for k in range(30)]
sums = collections.Counter()
for i, line in enumerate(lines):
    step(i)
    for m in pattern.finditer(line):
        sums[m.group(1)] += int(m.group(2))
    if not pattern.search(line[-5:]):
        log.append(pattern.sub("<>", line))
""",
        setup=STEP,
    ),
    "recursion_and_tree": Program(
        "A tree of dictionaries is filled and measured recursively.",
        """
def depth(t):
    return 1 + max((depth(c) for c in t.values()), default=0)
def insert(t, path):
    for p in path:
        t = t.setdefault(p, {})
tree = {}
for i in range(30):
    step(i)
    insert(tree, f"{i % 3}{i % 5}{i // 12}")
    log.append(depth(tree))
""",
        setup=STEP,
    ),
    "copies": Program(
        "Shallow and deep copies of a nested structure, kept over the iterations.",
        """
import copy
state, shallow, deep = {"xs": [0], "t": (1, [2])}, [], []
for i in range(20):
    step(i)
    state["xs"].append(i)
    shallow.append(copy.copy(state))
    deep.append(copy.deepcopy(state))
same = [s["xs"] is state["xs"] for s in shallow[:3]], deep[0]["xs"] is deep[1]["xs"]
""",
        setup=STEP,
    ),
    "lazy_pipeline": Program(
        "map, filter and takewhile with functions that note their calls.",
        """
def double(v):
    calls.append(v)
    return v * 2
for i in range(20):
    step(i)
    total = 0
    for v in itertools.takewhile(lambda v: v < 6, map(double, range(i % 5, 10))):
        total += v
    log.append((total, any(double(v) > 4 for v in range(5))))
print(len(calls))
""",
        setup=STEP + "calls = []\n",
    ),
    "unfinished_generator": Program(
        "A generator is advanced by hand beside the loop; it has state and a finally.",
        """
def ticks(n):
    try:
        for k in range(n):
            log.append(f"tick {k}")
            got = yield k * k
            if got:
                log.append(got)
    finally:
        log.append("closed")
t = ticks(15)
next(t)
for i in range(40):
    step(i)
    if i % 5 == 0:
        log.append(t.send(i or None))
    elif i == 33:
        t.close()
        break
""",
        setup=STEP,
    ),
    "class_level_registry": Program(
        "Subclasses register themselves; the registry is iterated.",
        """
class Base:
    registry = {}
    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        Base.registry[cls.__name__] = cls
    scale = 1.0
class A(Base): scale = 2.0
class B(Base): pass
for epoch in range(3):
    for i in range(16):
        for name, cls in Base.registry.items():
            step(i, cls.scale)
    Base.scale = 0.5 * epoch
    log.append([c.scale for c in Base.registry.values()])
""",
        setup=STEP,
    ),
    "decorator_with_state": Program(
        "A decorator counts the calls on the function itself.",
        """
def counted(f):
    @functools.wraps(f)
    def inner(*a, **k):
        inner.calls += 1
        inner.last = a[0] if a else None
        return f(*a, **k)
    inner.calls = 0
    return inner
@counted
def work(i, k=1):
    step(i)
    return i * k
for i in range(30):
    log.append(work(i, k=2) if i % 3 else work(i))
print(work.calls, work.last, work.__name__)
""",
        setup=STEP,
    ),
    "snapshot_of_text": Program(
        "The text of a growing list and of a deque is printed and kept.",
        """
last = collections.deque(maxlen=3)
for i in range(24):
    step(i)
    last.append(i)
    log.append(str(last))
    if i % 8 == 7:
        print(f"{list(last)} {log[-1]!r:.12}")
""",
        setup=STEP,
    ),
    "sort_by_many_keys": Program(
        "A table of tuples is kept sorted; ties are broken by a key function.",
        """
rows = []
for i in range(20):
    step(i)
    rows.append((i % 4, -i, f"r{i}"))
    rows.sort(key=lambda r: (r[0], r[2]))
    log.append(rows[0][2] + rows[-1][2])
kept = [sorted(rows, key=lambda r: r[1])[:2] for _ in range(2)]
""",
        setup=STEP,
    ),
}
