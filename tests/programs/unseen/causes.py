"""The families behind wrong results that the nets have found, each with its neighbours. All were wrong, or could have been, without verification."""

from tests.programs.unseen.causes_identity import PROGRAMS as IDENTITY
from tests.programs.unseen.text import programs

# NumPy's scalars, new arrays in each iteration, and what NumPy warns of.
NUMPY = programs("""
### numpy_c_t_numpy
o = tf.constant([1.0, 2.0, 3.0])
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(o.numpy())
    v = o.numpy()
    kept.append(v); alias.append(v)

### numpy_c_t_item
o = tf.constant(2.0)
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append((float(o), o.numpy(), int(o), o.numpy() < 3, o.numpy() < 3 is True))

### numpy_c_t_changes
o = tf.constant([1.0, 2.0, 3.0])
def change(t):
    global o
    o = tf.constant([float(t), 2.0, 3.0])
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append((float(o[0]), o.numpy(), o[1].numpy(), o[1].numpy() < 2))
    if i % 8 == 7:
        change(i // 8)

### numpy_c_loss_np
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    x = XT[i][0].numpy()
    log.append((x, x < 0, x > 0.5, x == x, -x, x + 1, x * 2.5, abs(x), x and 1, not x, x // 1, x % 1, x ** 2, round(x, 2), int(x), divmod(x, 1)))
    if x < 0: log.append(i)

### numpy_c_loss_np2
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    x = XT[i][0].numpy()
    y = XT[i][1].numpy()
    log.append((x < y, x + y, x - 1, x / 2, x <= 1.0, 2 > x, min(x, y), max(x, 0.0), x < y < 1, (x < 0) + 1, x < 0 or y, (x < 0) & (y < 0), str(x < 0), x < 0 is True, type(x < 0).__name__))

### numpy_wn_div_each
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    x = np.float64(i % 3) / np.float64(i % 2)
    log.append(float(x))

### numpy_wn_div_rare
z = np.zeros(2)
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    x = np.array([1.0, 2.0]) / (z + (i % 5))
    log.append(x.tolist())
    if XT[i][0] > 0.9: log.append("big")

### numpy_wn_log_neg
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(float(np.log(np.float64(5 - i))))
    if i == 20: break

### numpy_wn_from_tensor
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    v = XT[i].numpy()
    log.append(float(np.sqrt(v).sum()))
    if v[0] > 1: log.append("x")

### numpy_wn_overflow
u = np.uint8(250)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i % 40])
    u = u + np.uint8(3)
    log.append(int(u))

### numpy_wn_bool_div
o = True
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(7 / (o or 1))
    o = np.bool_(i % 2)

### numpy_wn_errstate_raise
# %%
np.seterr(divide="raise")
try:
    for i in range(24):
        b.assign_add(0.01 * XT[i % 40])
        log.append(float(np.float64(1) / np.float64(i - 12)))
finally:
    np.seterr(divide="warn")

### numpy_wn2_div_arr
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    v = XT[i].numpy()
    w = v / (v - v * (i % 4))
    kept.append(w)

### numpy_wn2_div_sc
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    v = XT[i][0].numpy()
    w = v / (v - v * (i % 4))
    log.append(w); log.append(w * 3 + 1)

### numpy_wn2_big
x = np.float32(1e30)
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    w = (XT[i].numpy() * 1e20) * 1e20
    kept.append(w)

""")

# Names and attributes that are there in some iterations only.
UNBOUND = programs("""
### unbound_h_hasattr
@dataclasses.dataclass
class C:
    k: int = 1
o = C()
another = o
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(hasattr(o, "extra"))
    t = i // 7
    if i % 7 == 6:
        another.__dict__.pop("extra", None) if t % 2 else setattr(another, "extra", t)

### unbound_h2_unbound_between
x = 0
# %%
for e in range(4):
    for i in range(10):
        b.assign_add(0.01 * XT[i % 40])
        try:
            log.append(x)
        except NameError:
            log.append("none")
        if i % 3 == 2: x = len(log)
    del x

### unbound_h2_hasattr_between
class C: pass
o = C(); o.x = 0
# %%
for e in range(4):
    for i in range(10):
        b.assign_add(0.01 * XT[i % 40])
        log.append(hasattr(o, "x"))
        if i % 3 == 2: o.x = len(log)
    del o.x

### unbound_h2_getattr_between
class C: pass
o = C(); o.x = 0
# %%
for e in range(4):
    for i in range(10):
        b.assign_add(0.01 * XT[i % 40])
        log.append(getattr(o, "x", "gone"))
        if i % 3 == 2: o.x = len(log)
    del o.x

### unbound_h2_slot_unbound
class C:
    __slots__ = ("x",)
o = C(); o.x = 0
# %%
for e in range(4):
    for i in range(10):
        b.assign_add(0.01 * XT[i % 40])
        log.append(hasattr(o, "x"))
        if i % 3 == 2: o.x = len(log)
    del o.x

### unbound_h2_class_attr
class C:
    x = 5
o = C(); o.x = 0
# %%
for e in range(4):
    for i in range(10):
        b.assign_add(0.01 * XT[i % 40])
        log.append(o.x)
        if i % 3 == 2: o.x = len(log)
    del o.x

### unbound_h2_del_inside
class C: pass
o = C(); o.x = 0
# %%
for i in range(30):
    b.assign_add(0.01 * XT[i % 40])
    log.append(getattr(o, "x", "gone"))
    if i % 4 == 3: o.x = i
    if i % 8 == 5: del o.x

### unbound_h2_del_name_inside
x = 1
# %%
for i in range(30):
    b.assign_add(0.01 * XT[i % 40])
    log.append("x" in globals())
    if i % 4 == 3: x = i
    if i % 8 == 5: del x

### unbound_h2_vars_pop
class C: pass
o = C(); o.x = 0
# %%
for i in range(30):
    b.assign_add(0.01 * XT[i % 40])
    log.append(getattr(o, "x", "gone"))
    if i % 4 == 3: setattr(o, "x", i)
    if i % 8 == 5: delattr(o, "x")
    log.append("x" in vars(o)); log.append("x" in o.__dict__)

""")

# Descriptors that change, truth that is asked once.
CLASSES = programs("""
### classes_w_desc
class F:
    def __init__(self): self.v = 1
    def __get__(self, obj, cls=None): return self if obj is None else (self.v, obj.n)
    def __set__(self, obj, v): self.v = v
class C:
    k = F()
    def __init__(self): self.n = 0
o = C()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(str(o.k))
    if i % 8 == 7:
        F.__get__ = lambda s, obj, cls=None, t=i: t

### classes_w_becomes
class F: pass
class C:
    k = F()
o = C()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(o.k is C.__dict__["k"])
    if i == 8:
        F.__get__ = lambda s, obj, cls=None, t=i: t

### classes_w_setlater
class F:
    def __get__(self, obj, cls=None): return 7
class C:
    k = F()
o = C()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    o.k = i
    log.append(o.k)
    if i == 8:
        F.__set__ = lambda s, obj, v: log.append(v)

### classes_f2_bag
class Bag:
    def __init__(self, n): self.n = n
    def __bool__(self): log.append(("asked", self.n)); return self.n % 3 != 0
class Cmp:
    def __lt__(self, o): return Bag(o)
    def __gt__(self, o): return Bag(o)
    def __eq__(self, o): return Bag(3)
x, y, c = Bag(3), Bag(1), Cmp()
# %%
for i in range(10):
    b.assign_add(0.01 * XT[i])
    if x and y: log.append(1)
    if not (x or y): log.append(2)
    if x or y: log.append(2)
    if c < 3 < 7: log.append(3)
    if 3 > c > 3: log.append(3)
    if not c < 3 < 4: log.append(4)
    z = x and y
    z = x or (y and x)
    log.append(1 if x or y else 2)
    log.append([k for k in range(2) if x or y])
    assert y or x
    if (x if y else y): log.append(5)
    if not x: log.append(6)
    if x and y or y and x: log.append(7)
    if c == c: log.append(8)
    while x or y:
        log.append("w"); break

### classes_f2_counted
n = 0
class T:
    def __bool__(self):
        global n
        n += 1
        return n % 4 != 0
t = T()
# %%
while t and t:
    b.assign_add(0.01 * XT[n % 40])
    log.append(n)
    if n > 60: break
log.append(n)

""")

# Lines of decorated functions in tracebacks.
LINES = programs("""
### lines_y_deco
@accelerate
def look(i):
    b.assign_add(0.01 * XT[i % 40])
    q = i
    log.append(q.k)
# %%
for e in range(24):
    look(e)

### lines_y_stat
class B:
    @staticmethod
    def sm(): return B.k + 1
# %%
for e in range(24):
    b.assign_add(0.01 * XT[e % 40])
    B.sm()

### lines_y_plain
def sm(): return B.k + 1
# %%
for e in range(24):
    b.assign_add(0.01 * XT[e % 40])
    sm()

### lines_y_two
def sm(x): return x + 1
# %%
for e in range(24):
    b.assign_add(0.01 * XT[e % 40])
    sm(
      None)

### lines_y_kk
class B:
    k = 1
    def sm(self): return B.k + 1
B.k = property(lambda s: 3)
# %%
for e in range(24):
    b.assign_add(0.01 * XT[e % 40])
    B().sm()

### lines_x_cls_super
class C:
    def __init__(self, k=1): self.k = k
    def __iadd__(self, *a): self.k += 1; return self
o = C()
@accelerate
def look(i):
    global q
    b.assign_add(0.01 * XT[i % 40])
    q = o
    q += 1
    log.append((q is o, q.k))
# %%
for e in range(24):
    look(e)
    t = e // 8
    if e % 8 == 7:
        C.__iadd__ = lambda self, *a: t

""")

# Variables that the host picks: their value is that of the iteration.
PICKED = programs("""
### picked_from_a_list
c = tf.Variable(np.ones(3, "float32"))
vs = [b, c, b]
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    v = vs[i // 9]
    v.assign_add(XT[i])
    log.append(v.numpy())

### picked_from_a_dictionary
c = tf.Variable(np.ones(3, "float32"))
d = {"x": b, "y": c}
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(d["xy"[i % 2]].numpy())
    log.append((d["xy"[i // 12]].value() * 2.0)[0])

### picked_by_the_loop
c = tf.Variable(np.ones(3, "float32"))
# %%
for i, v in enumerate([b, c] * 12):
    b.assign_add(0.01 * XT[i % 40])
    log.append(float(v.value()[0]))
    v.assign(v.value() + 1.0)
""")

PROGRAMS = {**PICKED, **IDENTITY, **NUMPY, **UNBOUND, **CLASSES, **LINES}
