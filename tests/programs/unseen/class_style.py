"""Programs built of classes: trainers, callbacks, dunders, dataclasses, enums, properties, descriptors, inheritance."""

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

### counter_property_side_effect
class Meter:
    reads = 0
    def __init__(self): self._v = 0.0
    @property
    def value(self):
        Meter.reads += 1
        return self._v
    @value.setter
    def value(self, v):
        log.append(("set", v)); self._v = v
m = Meter()
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    m.value += i
    if i % 4 == 0 and m.value > 10:
        m.value = 0
print(Meter.reads, m._v)

### arithmetic_dunders
class Vec:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, o): return Vec(self.x + o.x, self.y + o.y)
    def __mul__(self, k): return Vec(self.x * k, self.y * k)
    __rmul__ = __mul__
    def __neg__(self): return Vec(-self.x, -self.y)
    def __eq__(self, o): return (self.x, self.y) == (o.x, o.y)
    def __repr__(self): return f"<{self.x}, {self.y}>"
    def __iadd__(self, o):
        self.x += o.x; self.y += o.y
        return self
v, w = Vec(0, 1), Vec(1, 2)
keep = v
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    u = 2 * w + -v
    v += w
    if i % 6 == 5:
        w = w * 2 + u
    log.append((str(u), v == w, v is keep))
print(v, w)

### reflected_and_notimplemented
class L:
    def __add__(self, o): return NotImplemented if isinstance(o, R) else "L+"
class R:
    def __radd__(self, o): return "R<" + type(o).__name__
    def __add__(self, o): return NotImplemented
things = [L(), R(), 3]
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    try:
        log.append(things[i % 2] + things[i // 6])
    except TypeError as e:
        log.append(str(e))

### indexing_dunders
class Grid:
    def __init__(self): self.d, self.gets = {}, 0
    def __getitem__(self, k):
        self.gets += 1
        return self.d.get(k, 0)
    def __setitem__(self, k, v): self.d[k] = v
    def __delitem__(self, k): self.d.pop(k, None)
    def __contains__(self, k): return k in self.d
    def __len__(self): return len(self.d)
g = Grid()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    g[i % 5, i % 3] += i
    if (i % 4, 1) in g:
        del g[i % 4, 1]
    log.append((len(g), g[0, 0], g[1:2] if i < 0 else None))
print(g.gets, g.d)

### getattr_fallback
class Lazy:
    def __init__(self): self.known = 1
    def __getattr__(self, name):
        if name.startswith("make_"):
            log.append(name)
            setattr(self, name, len(name))
            return 0
        raise AttributeError(name)
z = Lazy()
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append((z.known, getattr(z, f"make_{i % 3}"), hasattr(z, "other")))
print(sorted(vars(z)))

### setattr_hook
class Watched:
    def __setattr__(self, name, value):
        log.append((name, value))
        super().__setattr__(name, value)
w = Watched()
# %%
for i in range(15):
    b.assign_add(0.01 * XT[i])
    w.x = i
    w.y = w.x + 1
print(w.x, w.y)

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

### descriptor_counts
class Typed:
    def __set_name__(self, owner, name): self.name = "_" + name
    def __get__(self, obj, owner=None):
        return self if obj is None else getattr(obj, self.name, 0)
    def __set__(self, obj, v):
        if not isinstance(v, int): raise TypeError(f"{self.name} wants int, not {type(v).__name__}")
        setattr(obj, self.name, v)
class Cfg:
    lr, n = Typed(), Typed()
c = Cfg()
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    c.n = c.n + i
    try:
        c.lr = i if i % 5 else 0.5
    except TypeError as e:
        log.append(str(e))
print(c.n, c.lr)

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

### metaclass_call_counts
class Meta(type):
    count = 0
    def __call__(cls, *a, **k):
        Meta.count += 1
        return super().__call__(*a, **k)
class T(metaclass=Meta):
    def __init__(self, v): self.v = v
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    kept.append(T(i))
    if i % 5 == 4:
        kept.pop(0)
print(Meta.count, [t.v for t in kept][:4])

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

### iterator_class
class Countdown:
    made = 0
    def __init__(self, n): self.n = n; Countdown.made += 1
    def __iter__(self): return self
    def __next__(self):
        if self.n <= 0: raise StopIteration
        self.n -= 1
        return self.n
# %%
c = Countdown(25)
for i in c:
    b.assign_add(0.01 * XT[i])
    log.append(i)
    for k in Countdown(i % 3):
        log.append(-k)
    if i == 4: break
print(next(c), Countdown.made)

### sequence_protocol_only
class Squares:
    asked = 0
    def __getitem__(self, i):
        Squares.asked += 1
        if i >= 22: raise IndexError
        return i * i
# %%
for n, s in enumerate(Squares()):
    b.assign_add(0.01 * XT[n])
    log.append(s)
print(Squares.asked)

### truthiness_and_len
class Bag:
    def __init__(self): self.items = []
    def __bool__(self): log.append("asked"); return len(self.items) % 3 != 0
    def __len__(self): return len(self.items)
bag = Bag()
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    if bag and i % 2:
        bag.items.append(i)
    elif not bag:
        bag.items.append(-i)
    log.append(len(bag))

### hash_and_equality_by_value
class Pt:
    def __init__(self, x): self.x = x
    def __eq__(self, o): return isinstance(o, Pt) and self.x == o.x
    def __hash__(self): return hash(self.x)
seen = {}
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    p = Pt(i % 5)
    seen[p] = seen.get(p, 0) + 1
    log.append((len(seen), Pt(3) in seen, p == Pt(2)))
print([(p.x, n) for p, n in seen.items()])

### equality_replaced_later
class Q:
    def __init__(self, v): self.v = v
q, r = Q(1), Q(1)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(q == r)
    if i == 12:
        Q.__eq__ = lambda self, o: self.v == o.v

### subclass_of_dict
class Cfg(dict):
    def __getattr__(self, k):
        try: return self[k]
        except KeyError: raise AttributeError(k) from None
    def __setattr__(self, k, v): self[k] = v
    def __missing__(self, k): self[k] = len(self); return self[k]
c = Cfg(lr=0.1)
# %%
for i in range(20):
    b.assign_add(c.lr * XT[i])
    c.step = i
    log.append((c["x%d" % (i % 3)], c.step, len(c), "lr" in c))
print(sorted(c.items()))

### subclass_of_list
class Hist(list):
    def append(self, v):
        super().append(v)
        if len(self) > 5: del self[0]
    @property
    def last(self): return self[-1] if self else None
h = Hist()
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    h.append(i)
    log.append((h.last, len(h), h[0], sum(h)))
    if i == 13: h.extend([1, 2, 3])
print(h, h[:2], type(h[:2]).__name__)

### subclass_of_float_and_str
class Loss(float):
    def __repr__(self): return f"Loss({float(self):.3f})"
    def better(self, o): return self < o
class Tag(str):
    def __add__(self, o): return Tag(str.__add__(self, o) + "!")
best, tag = Loss(9.0), Tag("t")
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    cur = Loss(10 / (i + 1))
    if cur.better(best): best = cur
    if i % 5 == 0: tag = tag + str(i)
    log.append((best, type(best + 1).__name__, tag, f"{cur:.2f}", f"{cur!r}"))
print(best, tag)

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

### copy_protocols
class Buf:
    copies = 0
    def __init__(self, d): self.d = d
    def __copy__(self): Buf.copies += 1; return Buf(self.d)
    def __deepcopy__(self, memo): Buf.copies += 10; return Buf(copy.deepcopy(self.d, memo))
x = Buf([1])
# %%
for i in range(15):
    b.assign_add(0.01 * XT[i])
    y = copy.copy(x) if i % 2 else copy.deepcopy(x)
    y.d.append(i)
    kept.append(y.d is x.d)
print(Buf.copies, x.d, kept)

### str_and_format_dunders
class Temp:
    def __init__(self, c): self.c = c
    def __str__(self): return f"{self.c}C"
    def __format__(self, spec): return f"{self.c * 1.8 + 32:.1f}F" if spec == "f" else format(str(self), spec)
    def __repr__(self): return "Temp"
t = Temp(0)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    t.c = i // 4 * 5
    print(t, f"{t:f}", f"{t:>6}|", [t], "%s/%r" % (t, t), str(t) + "{}".format(t))

### total_ordering_sort
@functools.total_ordering
class Ver:
    cmp = 0
    def __init__(self, s): self.t = tuple(map(int, s.split(".")))
    def __eq__(self, o): return self.t == o.t
    def __lt__(self, o): Ver.cmp += 1; return self.t < o.t
    def __repr__(self): return ".".join(map(str, self.t))
vs = [Ver("1.2"), Ver("1.10"), Ver("0.9")]
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    vs.append(Ver(f"{i % 3}.{i}"))
    vs = sorted(vs)[-4:]
    log.append((str(vs), vs[0] >= vs[1], Ver.cmp))

### callable_objects_and_partial
class Scale:
    def __init__(self, k): self.k = k
    def __call__(self, x, *, plus=0): self.k += 1; return x * self.k + plus
s = Scale(1)
p = functools.partial(s, plus=5)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append((s(i), p(i)))
    if i == 12: p = functools.partial(Scale(0))
print(s.k)

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

### property_deleted_and_restored
class Acc:
    def __init__(self): self._x = 1
    x = property(lambda s: s._x, lambda s, v: setattr(s, "_x", v), lambda s: setattr(s, "_x", None))
a = Acc()
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    a.x = i
    if i % 4 == 3: del a.x
    log.append(a.x)
    if i == 10: Acc.x = property(lambda s: "new", lambda s, v: None, lambda s: None)
""")
