"""Classes that say what operators, attributes, truth, text and copies mean."""

from tests.programs.unseen.text import programs

PROGRAMS = programs("""
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
