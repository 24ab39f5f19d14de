"""Cells as people write them: bookkeeping, classes, closures, generators, exceptions, cells run again. Written without looking at the engine."""

from tests.programs.harness import Program

STEP = "def step(i, k=1.0):\n    b.assign_add(0.01 * k * XT[i % 40, 0, :3])\n    return b\n"
PROGRAMS = {
    "rerun_a_counter": Program(
        "A cell that changes its own inputs is run three times.",
        "for i in range(30):\n    step(i)\n    total += i\n    runs[total % 7] = total\n",
        setup=STEP + "total, runs = 0, {}\n",
        again=("for i in range(30):\n    step(i)\n    total += i\n    runs[total % 7] = total\n",) * 2,
    ),
    "function_edited_between_runs": Program(
        "The loop's cell stays; the function it calls is defined anew in between.",
        "def score(v):\n    return v * 2\n",
        setup=STEP,
        again=(
            "for i in range(25):\n    step(i)\n    log.append(score(i))\n",
            "def score(v):\n    return str(v)\n",
            "for i in range(25):\n    step(i)\n    log.append(score(i))\n",
        ),
    ),
    "data_replaced_between_runs": Program(
        "A list of settings is replaced, then changed in place.",
        "for i in range(25):\n    step(i, scale[i % 2])\n    log.append(scale[-1])\n",
        setup=STEP + "scale = [1.0, 2.0]\n",
        again=(
            "scale = [3, 4]\n",
            "for i in range(25):\n    step(i, scale[i % 2])\n    log.append(scale[-1])\n",
            "scale.append(None)\n",
            "for i in range(25):\n    step(i, scale[i % 2])\n    log.append(scale[-1])\n",
        ),
    ),
    "error_then_fixed": Program(
        "The first run fails half way; a later cell mends the data; it is run again.",
        "for i, name in enumerate(names):\n    step(i)\n    table[name] = i\n",
        setup=STEP + "names = [f'n{k}' for k in range(30)]\nnames[22] = []\ntable = {}\n",
        again=("names[22] = 'fixed'\n", "for i, name in enumerate(names):\n    step(i)\n    table[name] = i\n"),
    ),
    "group_by": Program(
        "Values are grouped in a defaultdict of lists and summarised.",
        """
groups = collections.defaultdict(list)
for i in range(40):
    step(i)
    groups["even" if i % 2 == 0 else i // 10].append(i)
summary = {k: (len(v), min(v), max(v)) for k, v in groups.items()}
print(summary)
""",
        setup=STEP,
    ),
    "top_three": Program(
        "A heap keeps the three largest.",
        """
import heapq
top = []
for i in range(40):
    step(i)
    heapq.heappush(top, (i * 7 % 31, f"item{i}"))
    if len(top) > 3:
        heapq.heappop(top)
print(sorted(top, reverse=True))
""",
        setup=STEP,
    ),
    "text_report": Program(
        "Lines of a report are built with several kinds of formatting.",
        """
lines = []
for i in range(25):
    step(i)
    lines.append("%03d|%-6s|%5.2f" % (i, "ab" * (i % 3), i / 7))
    lines.append(f"{i:>4}{i % 2 == 0!s:^7}{[i, i // 5]}")
    lines.append("{0!r}-{1:x}".format(str(i), i))
text = "\\n".join(lines)
print(len(text))
""",
        setup=STEP,
    ),
    "json_lines": Program(
        "Records are dumped as JSON; one record is reused and changed.",
        """
import json
record, dumped = {"tags": [], "n": 0}, []
for i in range(30):
    step(i)
    record["n"] = i
    if i % 6 == 0:
        record["tags"].append(f"t{i}")
    dumped.append(json.dumps(record))
back = [json.loads(d)["n"] for d in dumped]
""",
        setup=STEP,
    ),
    "work_queue": Program(
        "A queue that grows while it is worked off.",
        """
todo = [1]
for n in todo:
    step(n)
    log.append(n)
    if n < 30:
        todo.append(n + 1)
        if n % 10 == 0:
            todo.append(n + 100)
""",
        setup=STEP,
        graph=False,  # of a list of one element, nothing says that more is to come
    ),
    "queue_with_while": Program(
        "The same with while and popleft.",
        """
todo, seen = collections.deque([0]), set()
while todo:
    n = todo.popleft()
    if n in seen:
        continue
    seen.add(n)
    step(n)
    for m in (n * 2 + 1, n * 2 + 2):
        if m < 40:
            todo.append(m)
    log.append(len(todo))
""",
        setup=STEP,
    ),
    "iterator_shared_by_two_loops": Program(
        "A header is taken from an iterator by one loop, the rest by another.",
        """
source = iter(range(100, 160))
for x in source:
    step(x)
    if x == 120:
        break
log.append(next(source))
for x in source:
    step(x)
    log.append(x)
    if len(log) > 20:
        break
left = list(source)
""",
        setup=STEP,
    ),
    "pairs_and_chunks": Program(
        "Pairwise and chunked iteration.",
        """
for a, c in itertools.pairwise(range(40)):
    step(a)
    log.append(c - a)
it = iter(range(35))
while chunk := list(itertools.islice(it, 8)):
    step(len(chunk))
    log.append(chunk)
""",
        setup=STEP,
    ),
    "state_machine": Program(
        "A state by name, transitions in a dictionary.",
        """
state, path = "idle", []
moves = {"idle": "load", "load": "train", "train": "eval", "eval": "train"}
for i in range(40):
    step(i, 2.0 if state == "train" else 0.5)
    if i % 4 == 3:
        state = moves[state]
    path.append(state)
print(collections.Counter(path))
""",
        setup=STEP,
    ),
    "enum_phases": Program(
        "An enum decides; members are kept.",
        """
class Phase(enum.Enum):
    WARM = 1
    MAIN = 2
    COOL = 3
for i in range(36):
    phase = Phase(i // 12 + 1)
    step(i, phase.value)
    log.append(phase)
    if phase is Phase.COOL and i % 6 == 0:
        print(phase, phase.name, repr(phase))
""",
        setup=STEP + "import enum\n",
    ),
    "closure_counters": Program(
        "Closures count with nonlocal; two of them share a cell.",
        """
def make():
    n = 0
    def up(k=1):
        nonlocal n
        n += k
        return n
    def show():
        return f"n={n}"
    return up, show
up, show = make()
for i in range(40):
    step(up())
    if i % 9 == 0:
        log.append(show())
""",
        setup=STEP,
    ),
    "memo": Program(
        "A cache by lru_cache and one by hand; their statistics.",
        """
@functools.lru_cache(maxsize=8)
def cost(n):
    calls.append(n)
    return n * n % 17
memo = {}
for i in range(40):
    step(i)
    k = i // 3 % 10
    log.append(cost(k))
    memo.setdefault(k, []).append(i)
info = cost.cache_info()
print(info)
""",
        setup=STEP + "calls = []\n",
    ),
    "timer_context": Program(
        "A context manager notes entries and exits.",
        """
import contextlib
@contextlib.contextmanager
def section(name):
    events.append("+" + name)
    try:
        yield len(events)
    finally:
        events.append("-" + name)
for i in range(30):
    with section(f"s{i // 10}") as n:
        step(i)
        if i % 7 == 6:
            continue
        log.append(n)
""",
        setup=STEP + "events = []\n",
    ),
    "exceptions_with_state": Program(
        "A user's exception carries data; it is chained and stored.",
        """
class Bad(Exception):
    def __init__(self, code):
        super().__init__(f"code {code}")
        self.code = code
caught = []
for i in range(40):
    step(i)
    try:
        if i % 8 == 5:
            try:
                {}[i]
            except KeyError as e:
                raise Bad(i) from e
    except Bad as e:
        caught.append((e.code, str(e), repr(e.__cause__)))
""",
        setup=STEP,
    ),
    "bank_accounts": Program(
        "Objects with methods and a class counter.",
        """
class Account:
    opened = 0
    def __init__(self, owner):
        self.owner, self.balance, self.history = owner, 0, []
        Account.opened += 1
    def deposit(self, n):
        self.balance += n
        self.history.append(n)
        return self
    def __repr__(self):
        return f"<{self.owner}: {self.balance}>"
    def __lt__(self, other):
        return self.balance < other.balance
accounts = [Account(n) for n in "abc"]
for i in range(40):
    step(i)
    accounts[i * 5 % 3].deposit(i % 4)
    if i % 10 == 9:
        print(max(accounts), sorted(accounts))
""",
        setup=STEP,
    ),
    "linked_list": Program(
        "A linked list grows and is walked.",
        """
class Node:
    __slots__ = ("value", "next")
    def __init__(self, value, next=None):
        self.value, self.next = value, next
head = None
for i in range(25):
    step(i)
    head = Node(i, head)
    n, k = head, 0
    while n is not None:
        k += n.value
        n = n.next
    log.append(k)
""",
        setup=STEP,
    ),
    "vector_class": Program(
        "A vector with operators.",
        """
class Vec:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, o): return Vec(self.x + o.x, self.y + o.y)
    def __mul__(self, k): return Vec(self.x * k, self.y * k)
    def __eq__(self, o): return (self.x, self.y) == (o.x, o.y)
    def __hash__(self): return hash((self.x, self.y))
    def __bool__(self): return self.x != self.y
    def __len__(self): return 2
    def __iter__(self): return iter((self.x, self.y))
pos, seen = Vec(0, 0), {Vec(0, 0)}
for i in range(30):
    step(i)
    pos = pos + Vec(i % 3, 1) * (i // 9)
    seen.add(pos)
    log.append((bool(pos), *pos, pos == Vec(0, 0)))
count = len(seen)
""",
        setup=STEP,
    ),
    "property_with_validation": Program(
        "A property setter that checks and counts.",
        """
class Rate:
    def __init__(self): self._v, self.sets = 0.1, 0
    @property
    def v(self): return self._v
    @v.setter
    def v(self, new):
        if new <= 0:
            raise ValueError("rate must be positive")
        self.sets += 1
        self._v = new
rate = Rate()
for i in range(40):
    step(i, rate.v)
    if i % 10 == 9:
        rate.v = rate.v / 2
try:
    for i in range(30):
        step(i)
        rate.v = 20 - i
except ValueError as e:
    log.append((str(e), i, rate.sets))
""",
        setup=STEP,
    ),
}
