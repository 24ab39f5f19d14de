"""Numerics: NumPy of every kind, random numbers of every kind, algorithms by hand, variables."""

from tests.programs.unseen.text import programs

PROGRAMS = programs("""
### running_mean_and_variance
n, mean, m2 = 0, 0.0, 0.0
# %%
for i in range(30):
    b.assign_add(0.01 * XT[i])
    x = float(XT[i].numpy()[1])
    n += 1
    d = x - mean
    mean += d / n
    m2 += d * (x - mean)
    if n > 1: log.append((mean, (m2 / (n - 1)) ** 0.5))
print(f"{mean:.6f} {m2:.6f}")

### exponential_average_dict
ema = {}
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    for k, v in zip("xyz", XT[i].numpy()):
        ema[k] = 0.9 * ema[k] + 0.1 * v if k in ema else v
print({k: (type(v).__name__, float(v)) for k, v in ema.items()})

### newton_iteration_while
x, tol, steps = 10.0, 1e-12, 0
# %%
while abs(x * x - 2) > tol:
    b.assign_add(0.01 * XT[steps])
    x = 0.5 * (x + 2 / x)
    steps += 1
    log.append(x)
    if steps > 30: break
print(steps, repr(x))

### bisection_with_function
def f(x): return x ** 3 - x - 2
lo, hi = 1.0, 2.0
# %%
for i in range(30):
    mid = (lo + hi) / 2
    b.assign_add(0.001 * XT[i])
    if f(lo) * f(mid) <= 0: hi = mid
    else: lo = mid
    log.append(mid)
print(lo, hi)

### simpson_and_trapezoid
xs = np.linspace(0, 1, 9)
# %%
for k in range(1, 20):
    b.assign_add(0.01 * XT[k])
    ys = np.sin(k * xs)
    log.append((float(np.sum((ys[1:] + ys[:-1]) / 2) / 8), float(ys @ ys), float(np.linalg.norm(ys))))

### numpy_inplace_many
a = np.zeros((4, 3)); c = np.ones(3, "int64"); view = a[1:3]
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    a[i % 4] += i
    a[:, 1] -= 0.5
    view *= 1.01
    c <<= i % 2
    np.maximum(a, -3.0, out=a)
    np.clip(a, None, 50, out=a)
    a[a > 40] = 0
    log.append(float(a.sum()))
print(a.round(3), c)

### numpy_fancy_indexing
a = np.arange(10)
idx = np.array([1, 3, 5])
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    a[idx] += i
    a[[0, 0]] += 1
    np.add.at(a, [0, 0], 1)
    idx = (idx + 1) % 10
    log.append((a[a % 2 == 0].tolist(), a[::-3].tolist(), int(a.argmax())))

### numpy_dtype_promotion
v = np.float32(0.1); n = np.int8(100); u = np.uint8(250)
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    with np.errstate(over="ignore"):
        v = v * 1.1 + i
        n = n + np.int8(7)
        u = u + np.uint8(3)
    log.append((v, n, u, type(v).__name__, type(n * 2).__name__, (n / 2).dtype.str, v + 1, np.float64(i) / 3))

### numpy_division_warnings
z = np.array([1.0, 0.0, -1.0])
# %%
for i in range(8):
    b.assign_add(0.01 * XT[i])
    with np.errstate(divide="ignore", invalid="ignore"):
        r = z / (z * (i % 2))
    log.append((r.tolist(), np.isnan(r).sum().item()))

### numpy_random_legacy_all
np.random.seed(3)
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    log.append((np.random.rand(), np.random.randn(2).tolist(), np.random.randint(0, 9), np.random.choice([1, 2, 3]),
                np.random.permutation(4).tolist(), float(np.random.normal(1, 2)), float(np.random.uniform(-1, 1))))
    if i == 6: np.random.seed(3)

### numpy_random_shuffle_in_place
order = np.arange(8); names = list("abcd")
# %%
for i in range(14):
    b.assign_add(0.01 * XT[order[0]])
    np.random.shuffle(order)
    random.shuffle(names)
    log.append((order.tolist(), names[:]))

### generator_kinds
g1, g2 = np.random.default_rng(1), np.random.Generator(np.random.PCG64(2))
rs = np.random.RandomState(3)
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    log.append((g1.random(), g2.integers(5, size=2).tolist(), rs.rand(), g1.choice(5, 2, replace=False).tolist(), g2.normal(), rs.randint(4)))
    if i == 7: g1 = np.random.default_rng(1)

### generator_state_saved_and_restored
state = rng.bit_generator.state
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    log.append(float(rng.random()))
    if i == 5: state = rng.bit_generator.state
    if i == 11: rng.bit_generator.state = state

### random_module_all
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    log.append((random.random(), random.randint(1, 6), random.choice("abc"), random.sample(range(9), 3), random.uniform(0, 2),
                random.gauss(0, 1), random.choices([1, 2], [3, 1], k=2), random.randrange(0, 10, 3), random.getrandbits(5)))
    if i == 6: saved = random.getstate()
    if i == 10: random.setstate(saved)

### random_instance_shared
dice = random.Random(4); other = dice
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    log.append(dice.random() if i % 2 else other.randint(1, 6))
    if i == 8: dice = random.Random(4)

### epsilon_greedy_bandit
counts, values = [0] * 3, [0.0] * 3
# %%
for i in range(36):
    b.assign_add(0.01 * XT[i])
    arm = random.randrange(3) if random.random() < 0.3 else max(range(3), key=lambda k: values[k])
    reward = float(rng.normal(arm * 0.5))
    counts[arm] += 1
    values[arm] += (reward - values[arm]) / counts[arm]
print(counts, [round(v, 3) for v in values])

### monte_carlo_pi
inside = 0
# %%
for i in range(40):
    b.assign_add(0.01 * XT[i])
    x, y = random.random(), random.random()
    inside += x * x + y * y <= 1
    if i % 10 == 9: print(f"{4 * inside / (i + 1):.3f}")

### confusion_matrix
cm = np.zeros((3, 3), int)
truth = rng.integers(0, 3, 30)
# %%
for i in range(30):
    b.assign_add(0.01 * XT[i])
    pred = int(np.argmax(XT[i].numpy()))
    cm[truth[i], pred] += 1
    if i % 10 == 9:
        with np.errstate(invalid="ignore"):
            print((np.diag(cm) / cm.sum(1)).round(2), np.trace(cm))

### histogram_and_percentiles
vals = []
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    vals.append(float(XT[i].numpy().sum()))
    if i % 6 == 5:
        h, e = np.histogram(vals, bins=4)
        log.append((h.tolist(), e.round(3).tolist(), float(np.percentile(vals, 30)), float(np.median(vals))))

### stack_and_concatenate
parts, whole = [], np.zeros((0, 3), "float32")
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    parts.append(XT[i].numpy())
    if len(parts) == 5:
        whole = np.concatenate([whole, np.stack(parts)])
        parts.clear()
print(whole.shape, float(whole.sum()), whole.dtype)

### ring_buffer
buf, pos = np.zeros(5), 0
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    buf[pos] = i
    pos = (pos + 1) % len(buf)
    log.append((np.roll(buf, -pos).tolist(), float(buf.mean())))

### game_of_life
g = np.zeros((6, 6), int); g[2, 1:4] = 1; g[1, 3] = 1
# %%
for i in range(15):
    b.assign_add(0.01 * XT[i])
    nb = sum(np.roll(np.roll(g, r, 0), c, 1) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0))
    g = ((nb == 3) | ((g == 1) & (nb == 2))).astype(int)
    log.append(int(g.sum()))
    if i == 7: g[0, 0] = g[0, 1] = g[1, 0] = 1

### mandelbrot_row
row = []
# %%
for k in range(20):
    b.assign_add(0.01 * XT[k])
    c, z, n = complex(-2 + k * 0.15, 0.3), 0j, 0
    while abs(z) < 2 and n < 12:
        z = z * z + c
        n += 1
    row.append(n)
print(row, z)

### complex_and_fractions
import fractions, decimal
acc, q, d = 0j, fractions.Fraction(1, 3), decimal.Decimal("0.1")
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    acc += complex(i, -1) / (1 + 1j)
    q += fractions.Fraction(1, i + 2)
    d = d * 3 + decimal.Decimal(i)
    log.append((acc, str(q), str(d), q > 2, float(q)))

### float_text_edge_cases
vals = [0.1 + 0.2, 1e16, 1e-7, -0.0, float("inf"), float("nan"), 5e-324, 1.0]
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    v = vals[i % 8] * (1 if i < 16 else -1)
    print(v, repr(v), f"{v:g}", f"{v:.3f}", str(round(v, 2)) if v == v and abs(v) < 1e300 else "-", v == v, math.copysign(1, v) if v == v else 0)

### rounding_and_banker
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    x = i / 4 - 2
    log.append((round(x), round(x, 1), math.floor(x), math.ceil(x), math.trunc(x), int(x), x // 1, x % 1, divmod(x, 0.75), round(i * 37, -2)))

### bytes_and_bits
buf = bytearray(4)
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    buf[i % 4] ^= i * 37 % 256
    log.append((bytes(buf), buf.hex(), int.from_bytes(buf, "big"), (i).to_bytes(2, "little"), ~i & 0xF, i ^ 5, i >> 1))

### memoryview_and_array
import array
arr = array.array("i", [1, 2, 3, 4]); mv = memoryview(arr)
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    arr[i % 4] += i
    mv[0] = i
    log.append((arr.tolist(), mv[1], sum(mv)))
del mv

### gradient_descent_by_hand
w0, w1, lr = 0.0, 0.0, 0.05
pts = [(x, 2 * x + 1) for x in range(5)]
# %%
for i in range(40):
    b.assign_add(0.001 * XT[i])
    g0 = g1 = 0.0
    for x, y in pts:
        e = w0 + w1 * x - y
        g0 += e; g1 += e * x
    w0 -= lr * g0 / len(pts); w1 -= lr * g1 / len(pts)
    if i == 20: lr /= 2
print(repr(w0), repr(w1))

### kmeans_1d
pts = [1.0, 1.2, 5.0, 5.5, 9.0, 9.1]; cents = [0.0, 4.0, 10.0]
# %%
for i in range(12):
    b.assign_add(0.01 * XT[i])
    groups = {k: [] for k in range(3)}
    for p in pts:
        groups[min(range(3), key=lambda k: abs(p - cents[k]))].append(p)
    new = [sum(g) / len(g) if g else c for g, c in zip(groups.values(), cents)]
    moved = max(abs(a - c) for a, c in zip(new, cents))
    cents = new
    log.append(moved)
    if i == 6: pts.append(20.0)
print(cents)

### simulated_annealing
state, temp, best = 10.0, 5.0, 10.0
# %%
for i in range(36):
    b.assign_add(0.01 * XT[i])
    cand = state + random.uniform(-1, 1)
    delta = cand ** 2 - state ** 2
    if delta < 0 or random.random() < math.exp(-delta / temp):
        state = cand
    best = min(best, abs(state))
    temp *= 0.95
print(repr(state), repr(best))

### copy_semantics_of_arrays
a = np.zeros(3); kept = []
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    a[i % 3] += 1
    kept.append(a if i % 4 == 0 else a.copy() if i % 4 == 1 else a[:] if i % 4 == 2 else a + 0)
print([k.tolist() for k in kept[-4:]], kept[0] is a, kept[2].base is a)

### tensor_values_kept
kept = []
# %%
for i in range(16):
    x = XT[i] * 2.0
    b.assign_add(0.01 * x)
    kept.append(x)
    log.append(kept[i // 2].numpy().tolist())
print(len(kept), kept[3] is kept[4])

### variable_value_printed
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    v = b.numpy()
    print(i, v.round(3), float(v[0]), v.tolist()[1])
    v[0] = 99
    log.append(float(b.numpy()[0]))

### assign_between
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    if i % 6 == 5:
        b.assign(np.zeros(3, "float32") + i)
    log.append(b.numpy().tolist())

### two_variables_swapped
c = tf.Variable(np.ones(3, "float32"))
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    c.assign_add(0.1 * b.value())
    if i % 5 == 4: b, c = c, b
    log.append((b.numpy().tolist(), c.numpy().tolist()))

### list_of_variables
vs = [tf.Variable(np.zeros(3, "float32")) for _ in range(3)]
# %%
for i in range(20):
    vs[i % 3].assign_add(0.1 * XT[i])
    if i == 9: vs.append(vs[0])
    if i == 14: vs[1] = tf.Variable(np.ones(3, "float32"))
    log.append([float(v.numpy()[0]) for v in vs])
""")
