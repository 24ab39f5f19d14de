"""Which object is it: tuples, arrays and containers that are kept twice, across branches and iterations."""

from tests.programs.unseen.text import programs

PROGRAMS = programs("""
### identity_b_t_numpy
o = tf.constant([1.0, 2.0, 3.0])
first = o
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(o.numpy())
    t = i // 9
    if i % 9 == 8:
        o = first

### identity_b_copytuple
o = ([1], "x")
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    t = i // 5
    if i % 5 == 4:
        o = ([t], "x")
    kept.append(copy.copy(o))

### identity_b_npbool
o = True
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(str(o))
    t = i
    if XT[i % 40][0] > 0.7:
        o = np.bool_(t % 2)

### identity_b_npfloat
o = 1.0
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(o < 2)
    t = i
    if XT[i % 40][0] > 0.7:
        o = np.float32(t)

### identity_b_mapped
o = []
def f(v):
    o.append(v)
    return v * 2
# %%
for x in map(f, range(30)):
    b.assign_add(0.01 * XT[n % 40])
    log.append(copy.copy(x))
    log.append(len(o) if hasattr(o, '__len__') else str(type(o)))
    n += 1

### identity_b_bag
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

### identity_b_sent
o = [*range(30, 0, -1)]
# %%
for e in range(2):
    n = 0
    for x in iter(o.pop, 1):
        b.assign_add(0.01 * XT[n % 40])
        log.append(len(o) if hasattr(o, '__len__') else str(type(o)))
        n += 1

### identity_d_t1
o = ([1], "x")
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(copy.copy(o)); kept.append(tuple(o)); kept.append(o); kept.append(o[:]); kept.append(o * 1); kept.append(o + ()); kept.append(() + o); kept.append((*o,)); kept.append(copy.deepcopy(o))
    kept.append(o[0:2]); kept.append(o[::1]); kept.append(o[1:])
    if i % 5 == 4:
        o = ([i], "x")

### identity_d_t2
rows = [([1], "x"), ([2], "y")]
d = {"k": ([3], 1)}
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(rows[0]); alias.append(rows[i % 2]); kept.append(d["k"]); alias.append(d.get("k")); kept.append(rows[0]); kept.extend(rows)
    for r in rows: kept.append(r)
    if i % 7 == 6: rows[0] = ([i], "x")

### identity_d_t3
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    p = ([i], 1)
    kept.append(p); alias.append(p)
    q = (kept, 2)
    kept.append(q); alias.append(q)

### identity_d_t4
prev = ([0], 0)
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    p = ([i], 1)
    kept.append(p); alias.append(prev)
    prev = p

### identity_d_t5
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    p = ([i], 1)
    if i % 3 == 1: kept.append(p)
    alias.append(p)

### identity_d_t6
P = collections.namedtuple("P", "x y")
o = P([1], 2)
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    p = P([i], 1)
    kept.append(p); alias.append(p); kept.append(o); alias.append(o); alias.append(o._replace(y=3)); kept.append(copy.copy(o)); kept.append(tuple(o))

### identity_d_t7
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    v = XT[i].numpy()
    kept.append(v)
    if XT[i][0] > 0: alias.append(v)
    kept.append(v)

### identity_d_t8
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    v = XT[i].numpy()
    if i % 3 == 0: alias.append(v)
    kept.append(v)
    if i % 4 == 0: alias.append(v); alias.append(v)

### identity_d_t9
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    v = b.numpy()
    if XT[i][0] > 0:
        alias.append(v)
        kept.append(v)
    w = {"a": v, "b": [v]}
    kept.append(w)

### identity_d_t10
v = None
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    if v is not None: alias.append(v)
    v = b.numpy()
    kept.append(v)

### identity_d_t11
v = []
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    alias.append(v)
    v = [i]
    kept.append(v)
    if i % 4 == 0: v.append(v)
    if XT[i][0] > 0: v.append(1)

### identity_d_t12
v = []
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    if XT[i][0] > 0: v = [i]
    kept.append(v)
    v.append(1)

### identity_e_s1
o = ([1], "x")
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(copy.copy(o)); kept.append(tuple(o)); kept.append(o)

### identity_e_s2
o = ([1], "x")
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(o[:]); kept.append(o)

### identity_e_s3
o = ([1], "x")
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(o * 1); kept.append(o)

### identity_e_s4
o = ([1], "x")
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(o + ()); kept.append(() + o); kept.append(o)

### identity_e_s5
o = ([1], "x")
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append((*o,)); kept.append(o); kept.append(copy.deepcopy(o)); kept.append(o[1:]); kept.append(o[0:2])

### identity_e_s6
rows = [([1], "x"), ([2], "y")]
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(rows[0]); alias.append(rows[0])

### identity_e_s7
rows = [([1], "x"), ([2], "y")]
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(rows[i % 2]); kept.append(max(rows)); kept.append(rows[-1])
    alias.extend(rows)

### identity_e_s8
rows = [([1], "x"), ([2], "y")]
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    for r in rows: kept.append(r)

### identity_e_s9
d = {"k": ([3], 1)}
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(d["k"]); alias.append(d.get("k")); alias.append(d["k"])

### identity_e_s10
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    p = ([i], 1)
    kept.append(p); alias.append(p)

### identity_e_s11
box.a = []
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    p = (box.a, 1)
    kept.append(p); alias.append(p)

### identity_e_s12
v = None
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    if v is not None: alias.append(v)
    v = b.numpy()
    kept.append(v)

### identity_e_s13
v = w = XT[0].numpy()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(float(v[0] + w[1]))
    v = w = b.numpy()

### identity_e_s14
v = w = XT[0].numpy()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(float(v[0] + w[1]))
    w = v
    v = b.numpy()

### identity_e_s15
v = XT[0].numpy()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(float(v[0]))
    v = b.numpy()
    box.a = v

### identity_e_s16
v = XT[0].numpy()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(float(v[0]))
    v = b.numpy()
    p = {"v": v, "w": [v, v]}
    if i % 7 == 6: kept.append(p)

### identity_e_s17
P = collections.namedtuple("P", "x y")
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    p = P([i], 1)
    kept.append(p); alias.append(p)

### identity_e_s18
P = collections.namedtuple("P", "x y")
o = P([1], 2)
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(o); alias.append(o); kept.append(copy.copy(o)); kept.append(tuple(o))

### identity_e_s19
fs = frozenset([1, 2])
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(fs); kept.append(frozenset(fs)); kept.append(fs | set()); kept.append(fs.copy())

### identity_e_s20
def f(v):
    return v, v
q = [0]
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    x, y = f([i]); kept.append(x); alias.append(y); r = f(q); kept.append(r); alias.append(r)

### identity_h3_tb1
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    p = ([i], 1)
    if XT[i][0] > 0: kept.append(p)
    alias.append(p)

### identity_h3_tb2
q = []
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    p = (q, i)
    if XT[i][0] > 0: kept.append(p)
    alias.append(p)

### identity_h3_tb3
q = []
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    if XT[i][0] > 0:
        p = (q, i)
        kept.append(p); alias.append(p)
    else:
        kept.append((q, 3))

### identity_v_a1
base = np.arange(6)
o = base[1:4]
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    log.append(str(o))
    t = i
    if XT[i % 40][0] > 0.7:
        o = base[t % 3 : t % 3 + 3]

### identity_v_a2
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    v = b.numpy()
    if XT[i][0] > 0:
        v = XT[i].numpy(); kept.append(v)
    alias.append(v)

### identity_v_a3
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    v = w = b.numpy()
    if XT[i][0] > 0:
        v = XT[i].numpy()
    alias.append(v); kept.append(w)

### identity_v_a4
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    v = w = b.numpy()
    u = v if XT[i][0] > 0 else XT[3].numpy()
    alias.append(u); kept.append(w); log.append(float(u[0] + w[1]))

### identity_v_a5
A = np.arange(6.0)
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    u = A if XT[i][0] > 0 else A[1:]
    u[0] += 1
    kept.append(u)

### identity_v_a6
def f(t):
    if t[0] > 0: return t.numpy()
    return (t * 2.0).numpy()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    r = f(XT[i]); kept.append(r); alias.append(r)

### identity_v_a7
v = XT[0].numpy()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(v)
    if XT[i][0] > 0: v = b.numpy()
    alias.append(v)

### identity_v_a8
d = {"v": XT[0].numpy()}
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(d["v"])
    d["v"] = b.numpy()
    alias.append(d["v"])

### identity_v_a9
box.v = XT[0].numpy()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i % 40])
    kept.append(box.v)
    box.v = b.numpy()
    box.w = box.v
    alias.append(box.w)
""")
