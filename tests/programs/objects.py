"""Objects: made in the loop, copied, with properties, descriptors, operators, enums, data classes."""

from tests.programs.harness import Program
from tests.programs.library import STEP

PROGRAMS = {
    "dataclass_made_in_the_loop": Program(
        "A record object per step is kept.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    records.append(Record(i, float(loss)))
print(len(records), records[3].index)
""",
        setup=STEP + "@dataclasses.dataclass\nclass Record:\n    index: int\n    loss: float\nrecords = []\n",
    ),
    "object_per_step_used_and_dropped": Program(
        "A helper object lives for one step.",
        """
for i in range(30):
    s = Scaler(0.5 + i * 0.01)
    loss = step(s.apply(XT[i]), YT[i])
del s
print(f"{float(loss):.4f}")
""",
        setup=STEP
        + """
class Scaler:
    def __init__(self, k):
        self.k = k
        self.calls = 0
    def apply(self, x):
        self.calls += 1
        return x * self.k
""",
    ),
    "named_tuple_state": Program(
        "State as a named tuple, replaced every step.",
        """
s = State(tf.zeros([8, 4]), 0)
for i in range(30):
    s = State(tf.tanh(s.h * 0.5 + XT[i]), s.n + 1)
    s = s._replace(n=s.n + 1)
print(s.n)
""",
        setup="State = collections.namedtuple('State', 'h n')\n",
    ),
    "typed_named_tuple": Program(
        "typing.NamedTuple with a method.",
        """
p = Pair(tf.zeros([4]), tf.ones([4]))
for i in range(30):
    p = p.moved(XT[i, 0])
log.append(float(tf.reduce_sum(p.a)))
""",
        setup="""
from typing import NamedTuple, Any
class Pair(NamedTuple):
    a: Any
    c: Any
    def moved(self, d):
        return Pair(tf.tanh(self.a + d), self.c * 0.9)
""",
    ),
    "dataclass_config": Program(
        "Hyperparameters in a data class, replaced half way.",
        """
for i in range(40):
    if i == 20:
        cfg = dataclasses.replace(cfg, rate=0.01)
    loss = step(XT[i], YT[i], rate=cfg.rate)
log.append(cfg.rate)
""",
        setup=STEP + "@dataclasses.dataclass(frozen=True)\nclass Config:\n    rate: float = 0.1\ncfg = Config()\n",
    ),
    "property_and_setter": Program(
        "A property with a setter.",
        """
for i in range(30):
    m.rate = m.rate * 0.95
    loss = step(XT[i], YT[i], rate=m.rate)
print(round(m.rate, 5), m.sets)
""",
        setup=STEP
        + """
class M:
    def __init__(self): self._rate, self.sets = 0.1, 0
    @property
    def rate(self): return self._rate
    @rate.setter
    def rate(self, v):
        self._rate = v
        self.sets += 1
m = M()
""",
    ),
    "descriptor": Program(
        "A descriptor that counts reads.",
        """
for i in range(30):
    loss = step(XT[i], YT[i], rate=m.rate)
print(m.reads)
""",
        setup=STEP
        + """
class Counted:
    def __init__(self, value): self.value = value
    def __get__(self, obj, kind=None):
        obj.reads += 1
        return self.value
class M:
    rate = Counted(0.05)
    def __init__(self): self.reads = 0
m = M()
""",
    ),
    "getattr_of_a_config": Program(
        "A dictionary with attribute access.",
        """
for i in range(30):
    loss = step(XT[i], YT[i], rate=cfg.rate)
    if i % 10 == 0:
        log.append(cfg.name)
""",
        setup=STEP
        + """
class Config(dict):
    def __getattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        return self[name]
cfg = Config(rate=0.05, name="run")
""",
    ),
    "getattr_forwarding": Program(
        "A wrapper forwards what it does not have.",
        """
for i in range(30):
    loss = step(m.scale * XT[i], YT[i])
log.append(m.extra)
""",
        setup=STEP
        + """
class Inner:
    scale = 0.5
    extra = 3
class Wrapper:
    def __init__(self, inner): self.inner = inner
    def __getattr__(self, name):
        return getattr(self.inner, name)
m = Wrapper(Inner())
""",
    ),
    "setattr_hook": Program(
        "__setattr__ written in Python.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    m.last = float(loss)
print(m.writes)
""",
        setup=STEP
        + """
class M:
    def __init__(self):
        object.__setattr__(self, "writes", 0)
    def __setattr__(self, name, value):
        object.__setattr__(self, "writes", self.writes + 1)
        object.__setattr__(self, name, value)
m = M()
""",
    ),
    "operators_of_a_class": Program(
        "A vector class with operators, made anew by each.",
        """
v = Vec(tf.zeros([4]))
for i in range(30):
    v = (v + Vec(XT[i, 0])) * 0.5
log.append(float(tf.reduce_sum(v.t)))
del v
""",
        setup="""
class Vec:
    def __init__(self, t): self.t = t
    def __add__(self, other): return Vec(self.t + other.t)
    def __mul__(self, k): return Vec(self.t * k)
""",
    ),
    "enum_decides": Program(
        "An enum selects the phase of training.",
        """
for i in range(30):
    phase = Phase.WARM if i < 10 else Phase.MAIN
    loss = step(XT[i], YT[i], rate=0.01 if phase is Phase.WARM else 0.1)
    if phase == Phase.MAIN and i % 10 == 0:
        log.append(phase.name)
""",
        setup=STEP + "import enum\nclass Phase(enum.Enum):\n    WARM = 1\n    MAIN = 2\n",
    ),
    "slots_class": Program(
        "A class with __slots__.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    t.total = t.total + float(loss)
    t.count += 1
print(t.count, round(t.total / t.count, 3))
""",
        setup=STEP + "class T:\n    __slots__ = ('total', 'count')\nt = T(); t.total = 0.0; t.count = 0\n",
    ),
    "callable_object": Program(
        "An object with __call__ and state.",
        """
for i in range(30):
    loss = net(XT[i], YT[i])
print(net.calls)
""",
        setup=STEP
        + "class Net:\n    def __init__(self): self.calls = 0\n    def __call__(self, x, y):\n        self.calls += 1\n        return step(x, y)\nnet = Net()\n",
    ),
    "super_chain": Program(
        "Methods that call super() through two classes.",
        """
for i in range(30):
    loss = t.run(XT[i], YT[i])
print(t.n)
""",
        setup=STEP
        + """
class A:
    def __init__(self): self.n = 0
    def run(self, x, y):
        self.n += 1
        return step(x, y)
class B(A):
    def run(self, x, y):
        return super().run(x * 0.5, y)
class C(B):
    def run(self, x, y, **kw):
        return super().run(x, y)
t = C()
""",
    ),
    "class_counter": Program(
        "A counter on the class.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    T.count += 1
print(T.count, t.count)
""",
        setup=STEP + "class T:\n    count = 0\nt = T()\n",
    ),
    "classmethod_and_static": Program(
        "Class and static methods.",
        """
for i in range(30):
    loss = step(T.scaled(XT[i]), YT[i], rate=T.rate(i))
""",
        setup=STEP
        + """
class T:
    k = 0.5
    @classmethod
    def scaled(cls, x): return x * cls.k
    @staticmethod
    def rate(i): return 0.1 / (1 + i)
""",
    ),
    "private_names": Program(
        "Name-mangled attributes.",
        """
for i in range(30):
    t.step(XT[i], YT[i])
print(t.count())
""",
        setup=STEP
        + """
class T:
    def __init__(self): self.__n = 0
    def step(self, x, y):
        self.__n += 1
        return step(x, y)
    def count(self): return self.__n
t = T()
""",
    ),
    "copy_of_a_list": Program(
        "copy.copy and slices of a list that the loop changes.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    seen.append(float(loss))
    if i % 10 == 9:
        kept.append(seen[:])
print([len(k) for k in kept])
""",
        setup=STEP + "seen, kept = [], []\n",
    ),
    "best_weights_copied": Program(
        "The best weights so far, as NumPy copies.",
        """
best, best_w = float("inf"), None
for i in range(40):
    loss = step(XT[i], YT[i])
    if float(loss) < best:
        best = float(loss)
        best_w = [v.numpy() for v in (w, b)]
print(f"{best:.4f}")
""",
        setup=STEP,
    ),
    "objects_in_a_list": Program(
        "State in a list of objects, each with its own.",
        """
for i in range(30):
    for cell in cells:
        cell.h = tf.tanh(cell.h * cell.k + XT[i, 0])
        cell.n += 1
log.append([c.n for c in cells])
""",
        setup="class Cell:\n    def __init__(self, k): self.h, self.k, self.n = tf.zeros([4]), k, 0\ncells = [Cell(0.1 * k) for k in range(3)]\n",
    ),
    "aliases": Program(
        "Two names for one object.",
        """
for i in range(30):
    a.v = a.v + float(tf.reduce_sum(XT[i]))
    c.v = c.v * 0.5
    log.append(a.v is c.v)
""",
        setup="class O: pass\na = O(); a.v = 0.0; c = a\n",
    ),
    "monkeypatched_method": Program(
        "A method is replaced between two loops.",
        """
for i in range(20):
    loss = m.f(XT[i], YT[i])
M.f = lambda self, x, y: step(x * 0.5, y)
for i in range(20):
    loss = m.f(XT[i], YT[i])
print(f"{float(loss):.4f}")
""",
        setup=STEP + "class M:\n    def f(self, x, y): return step(x, y)\nm = M()\n",
    ),
    "edited_array": Program(
        "The data are edited between epochs, in place.",
        """
for epoch in range(4):
    X[epoch] *= 0.5
    for i in range(12):
        loss = step(X[i], Y[i])
    log.append(float(loss))
""",
        setup=STEP,
    ),
    "history_object": Program(
        "A history class with a method that appends to a dictionary of lists.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    h.add(loss=float(loss), step=i)
print(len(h.data["loss"]), h.data["step"][-1])
""",
        setup=STEP
        + """
class History:
    def __init__(self): self.data = {}
    def add(self, **values):
        for k, v in values.items():
            self.data.setdefault(k, []).append(v)
h = History()
""",
    ),
    "early_stopping_object": Program(
        "An early stopping object that counts and decides.",
        """
for i in range(200):
    loss = step(XT[i % 40], YT[i % 40])
    if stopper.update(float(loss)):
        break
print(i, stopper.wait)
""",
        setup=STEP
        + """
class EarlyStopping:
    def __init__(self, patience): self.best, self.wait, self.patience = float("inf"), 0, patience
    def update(self, value):
        if value < self.best - 1e-3:
            self.best, self.wait = value, 0
        else:
            self.wait += 1
        return self.wait > self.patience
stopper = EarlyStopping(12)
""",
    ),
    "average_meter": Program(
        "The usual AverageMeter.",
        """
for epoch in range(2):
    meter = AverageMeter()
    for i in range(20):
        loss = step(XT[i], YT[i])
        meter.update(float(loss), n=8)
    log.append(round(meter.avg, 4))
del meter
""",
        setup=STEP
        + """
class AverageMeter:
    def __init__(self): self.reset()
    def reset(self): self.val = self.avg = self.sum = self.count = 0
    def update(self, val, n=1):
        self.val = val
        self.sum += val * n
        self.count += n
        self.avg = self.sum / self.count
""",
    ),
    "replay_buffer": Program(
        "A ring buffer of transitions.",
        """
for t in range(60):
    s = XT[t % 40, 0]
    a = int(tf.argmax(tf.linalg.matvec(w, s, transpose_a=True) + b))
    buffer.push((t, a))
    if len(buffer.items) >= 8:
        loss = step(XT[t % 40], YT[t % 40])
print(len(buffer.items), buffer.pos)
""",
        setup=STEP
        + """
class Buffer:
    def __init__(self, size): self.items, self.size, self.pos = [], size, 0
    def push(self, item):
        if len(self.items) < self.size:
            self.items.append(None)
        self.items[self.pos] = item
        self.pos = (self.pos + 1) % self.size
buffer = Buffer(16)
""",
    ),
}
