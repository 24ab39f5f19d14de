"""Programs built of classes: trainers, callbacks, dataclasses, enums, inheritance, registries, machines."""

from tests.programs.unseen.text import programs

PROGRAMS = programs("""
### trainer_with_callbacks
class Callback:
    def on_step(self, trainer): pass
    def on_epoch(self, trainer): pass
class Printer(Callback):
    def on_epoch(self, trainer): print("epoch", trainer.epoch, round(trainer.mean, 4))
class Decay(Callback):
    def on_epoch(self, trainer): trainer.lr *= 0.5
class Stop(Callback):
    def on_step(self, trainer):
        if trainer.steps >= 31: trainer.stop = True
class Trainer:
    def __init__(self, *callbacks):
        self.callbacks, self.lr, self.steps, self.stop, self.epoch, self.total = callbacks, 0.1, 0, False, 0, 0.0
    @property
    def mean(self): return self.total / max(1, self.steps)
    def step(self, x):
        b.assign_add(self.lr * x)
        self.total += float(b.numpy()[0])
        self.steps += 1
        for c in self.callbacks: c.on_step(self)
    def fit(self, epochs):
        for self.epoch in range(epochs):
            for i in range(10):
                self.step(XT[i])
                if self.stop: return self
            for c in self.callbacks: c.on_epoch(self)
        return self
# %%
t = Trainer(Printer(), Decay(), Stop()).fit(5)
print(t.steps, t.lr, t.stop)

### dataclass_state
@dataclasses.dataclass
class State:
    step: int = 0
    losses: list = dataclasses.field(default_factory=list)
    lr: float = 0.1
    def advance(self, loss):
        self.step += 1
        self.losses.append(loss)
        return dataclasses.replace(self, lr=self.lr * 0.9)
s = State()
# %%
for i in range(20):
    b.assign_add(s.lr * XT[i])
    s = s.advance(float(b.numpy()[1]))
print(s.step, len(s.losses), round(s.lr, 5), s == dataclasses.replace(s))

### frozen_dataclass_keys
@dataclasses.dataclass(frozen=True, order=True)
class Key:
    a: int
    name: str = "k"
d = {}
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    d[Key(i % 4)] = d.get(Key(i % 4), 0) + i
print(sorted(d.items()), max(d))

### enum_phases
class Phase(enum.Enum):
    WARM = 1
    TRAIN = 2
    COOL = 3
    def next(self): return Phase(self.value % 3 + 1)
phase = Phase.WARM
# %%
for i in range(24):
    b.assign_add((0.01 if phase is Phase.WARM else 0.02) * XT[i])
    log.append(phase.name)
    if i % 5 == 4:
        phase = phase.next()
        print(phase, phase == Phase.TRAIN)

### int_flag_enum
class F(enum.IntFlag):
    A = 1; B = 2; C = 4
f = F(0)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    f ^= F(1 << i % 3)
    log.append((f, F.A in f, int(f), str(f)))

### slots_and_inheritance
class P:
    __slots__ = ("n",)
    def __init__(self): self.n = 0
    def go(self): self.n += 1; return self.n
class C(P):
    __slots__ = ("m",)
    def __init__(self): super().__init__(); self.m = []
    def go(self):
        self.m.append(super().go())
        return self.m[-1] * 2
objs = [P(), C()]
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(objs[i % 2].go())
print(objs[0].n, objs[1].n, objs[1].m)

### classmethod_registry
class Base:
    registry, made = {}, 0
    def __init_subclass__(cls, **kw): Base.registry[cls.__name__] = cls
    @classmethod
    def make(cls, name):
        Base.made += 1
        return cls.registry[name]()
    @staticmethod
    def scale(x): return x * 2
class A(Base):
    def run(self, i): return self.scale(i)
class B(Base):
    def run(self, i): return -i
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(Base.make("AB"[i // 7 % 2]).run(i))
print(Base.made, list(Base.registry))

### singleton_new
class One:
    it = None
    def __new__(cls):
        if cls.it is None:
            cls.it = super().__new__(cls)
            cls.it.n = 0
        return cls.it
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    One().n += i
    if i == 11:
        One.it = None
    kept.append(One())
print(len({id(k) for k in kept}), One.it.n)

### context_manager_class
class Scope:
    depth = 0
    def __enter__(self): Scope.depth += 1; return Scope.depth
    def __exit__(self, kind, err, tb):
        Scope.depth -= 1
        log.append(None if kind is None else kind.__name__)
        return kind is KeyError
# %%
for i in range(20):
    with Scope() as d, Scope() as e:
        b.assign_add(0.01 * d * XT[i])
        if i % 7 == 3:
            raise KeyError(i)
        log.append((d, e))
print(Scope.depth)

### contextlib_generator_manager
@contextlib.contextmanager
def tagged(name):
    log.append("+" + name)
    try:
        yield name.upper()
    except ValueError as e:
        log.append(str(e))
    finally:
        log.append("-" + name)
# %%
for i in range(15):
    with tagged("t%d" % (i % 3)) as n:
        b.assign_add(0.01 * XT[i])
        log.append(n)
        if i == 9:
            raise ValueError("inside")

### namedtuple_evolution
Row = collections.namedtuple("Row", "i loss tag", defaults=("none",))
rows, r = [], Row(0, 1.0)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    r = r._replace(i=i, loss=r.loss * 0.9, tag="even" if i % 2 == 0 else r.tag)
    rows.append(r)
print(rows[-1], rows[3]._asdict(), max(rows, key=lambda r: (r.tag, -r.i)))

### private_names_are_mangled
class M:
    __count = 0
    def __init__(self): self.__v = 1
    def bump(self, i):
        M.__count += 1
        self.__v *= 2 if i % 3 else 1
        return self.__v
m = M()
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(m.bump(i))
print(M._M__count, m._M__v)

### method_replaced_on_instance
class W:
    def f(self, i): return i
w, v = W(), W()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    log.append((w.f(i), v.f(i)))
    if i == 8: w.f = lambda i: -i
    if i == 15: W.f = lambda self, i: i * 100
    if i == 20: del w.f

### class_attribute_shadowed_by_instance
class K:
    rate = 1.0
    tags = []
a, c = K(), K()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    a.rate += 0.5
    a.tags.append(i)
    if i == 10: K.rate = 7.0
    if i == 15: c.tags = [0]
    log.append((a.rate, c.rate, len(c.tags), len(K.tags)))

### bases_changed
class X1:
    def f(self): return 1
class X2:
    def f(self): return 2
class Y(X1): pass
y = Y()
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(y.f())
    if i == 11: Y.__bases__ = (X2,)

### mro_diamond
class A0:
    def go(self, p): p.append("A"); return p
class B0(A0):
    def go(self, p): p.append("B"); return super().go(p)
class C0(A0):
    def go(self, p): p.append("C"); return super().go(p)
class D0(B0, C0):
    def go(self, p): p.append("D"); return super().go(p)
d = [D0(), B0(), C0()]
# %%
for i in range(21):
    b.assign_add(0.01 * XT[i])
    log.append("".join(d[i % 3].go([])))

### abstract_base
import abc
class Schedule(abc.ABC):
    @abc.abstractmethod
    def at(self, i): ...
    def __call__(self, i): return self.at(i) + self.bias
    bias = 0.0
class Linear(Schedule):
    def at(self, i): return i * 0.01
class Step(Schedule):
    bias = 0.001
    def at(self, i): return 0.1 if i < 10 else 0.01
schedules = [Linear(), Step()]
# %%
for i in range(24):
    lr = schedules[i // 12](i)
    b.assign_add(lr * XT[i])
    log.append(lr)

### observer_closures
class Subject:
    def __init__(self): self.observers = []
    def attach(self, f): self.observers.append(f); return f
    def notify(self, *a): return [f(*a) for f in self.observers]
s, total = Subject(), [0]
@s.attach
def first(i): total[0] += i; return total[0]
@s.attach
def second(i): return -i
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(s.notify(i))
    if i == 7: s.attach(lambda i: i * i)
    if i == 14: s.observers.pop(0)

### linked_list
class Node:
    def __init__(self, v, nxt=None): self.v, self.nxt = v, nxt
head = None
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    head = Node(i, head)
    if i % 6 == 5: head = head.nxt
n, out = head, []
while n is not None:
    out.append(n.v); n = n.nxt
print(out)

### tree_insertion
class Tree:
    def __init__(self): self.root = None; self.size = 0
    def insert(self, k):
        self.size += 1
        if self.root is None: self.root = [k, None, None]; return 0
        node, depth = self.root, 0
        while True:
            depth += 1
            side = 1 if k < node[0] else 2
            if node[side] is None:
                node[side] = [k, None, None]
                return depth
            node = node[side]
t = Tree()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    log.append(t.insert(i * 7 % 25))
print(t.size, t.root[0])

### cached_property_and_lru
class Big:
    calls = 0
    def __init__(self, n): self.n = n
    @functools.cached_property
    def square(self): Big.calls += 1; return self.n ** 2
@functools.lru_cache(maxsize=4)
def slow(k): log.append(("slow", k)); return k * 2
o = Big(3)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(o.square + slow(i % 6))
    if i % 8 == 7: o = Big(i)
print(Big.calls, slow.cache_info())

### singledispatch_function
@functools.singledispatch
def show(x): return "obj"
@show.register
def _(x: int): return f"int{x}"
@show.register
def _(x: list): return f"list{len(x)}"
vals = [1, [2], "s", 2.5, True]
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(show(vals[i % 5]))
    if i == 10:
        show.register(str, lambda x: "str" + x)

### weak_references
import weakref
class Res: pass
pool = [Res() for _ in range(3)]
refs = [weakref.ref(p) for p in pool]
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append([r() is not None for r in refs])
    if i == 9: pool.pop()

### state_machine_dispatch
class Machine:
    def __init__(self): self.state, self.trace = "idle", []
    def idle(self, i): return "run" if i % 3 == 0 else "idle"
    def run(self, i): return "stop" if i % 5 == 0 else "run"
    def stop(self, i): return "idle"
    def tick(self, i):
        self.state = getattr(self, self.state)(i)
        self.trace.append(self.state[0])
m = Machine()
# %%
for i in range(30):
    b.assign_add(0.01 * XT[i])
    m.tick(i)
print("".join(m.trace))
""")
