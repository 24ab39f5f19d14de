"""Python numbers, NumPy values, strings."""

from tests.programs.harness import Program

PROGRAMS = {
    "running_total": Program(
        "A Python float accumulates what tensors give.",
        "total = 0.0\nfor i in range(40):\n    total += float(tf.reduce_mean(XT[i]))\nprint(f'{total:.5f}')\n",
    ),
    "counter": Program("A Python int counts.", "n = 0\nfor i in range(40):\n    b.assign_add(tf.ones(3) * n)\n    n += 2\n"),
    "big_integers": Program(
        "A Python int outgrows 64 bits.",
        "n = 1\nfor i in range(40):\n    b.assign_add(tf.ones(3))\n    n = n * 7\nprint(n)\n",
    ),
    "integer_division": Program(
        "Floor division and modulo with negative numbers.",
        """
acc = 0
for i in range(40):
    v = int(tf.reduce_sum(tf.cast(YT[i], tf.int32))) - 9
    acc = acc + v // 4 * 3 + v % 5
    log.append((v // 4, v % 5, v / 4))
""",
    ),
    "float_modulo": Program(
        "Float floor division and modulo.",
        """
for i in range(40):
    v = float(tf.reduce_mean(XT[i])) * 10
    log.append((v // 0.3, v % 0.3, v % -0.7))
    b.assign_add(tf.ones(3) * v)
""",
    ),
    "mixed_int_float": Program(
        "int and float mix, bool counts as int.",
        """
k = 0
for i in range(40):
    m = float(tf.reduce_mean(XT[i]))
    k += (m > 0)
    log.append(k * 0.5 + i)
""",
    ),
    "numpy_values": Program(
        "`.numpy()` results are kept and compared.",
        """
best = np.inf
for i in range(40):
    loss = xent(YT[i], XT[i] @ w + b)
    b.assign_sub(0.01 * tf.ones(3))
    v = loss.numpy()
    log.append(v)
    if v < 0:
        print("negative")
""",
    ),
    "numpy_on_results": Program(
        "NumPy functions on results, for the record only.",
        """
for i in range(40):
    h = tf.tanh(XT[i] @ w)
    b.assign_add(tf.reduce_mean(h, 0))
    log.append(np.mean(h.numpy()))
    log.append(h.numpy().max())
""",
    ),
    "numpy_slices": Program(
        "Minibatches sliced from a NumPy array.",
        """
data = X.reshape(-1, 4)
for step in range(40):
    lo = step * 8
    batch = data[lo:lo + 8] * 2.0
    z = tf.matmul(batch, w)
    b.assign_add(0.01 * tf.reduce_mean(z, 0))
""",
    ),
    "numpy_scalars": Program(
        "NumPy scalars from an array become rates.",
        """
rates = np.linspace(0.1, 0.0, 40)
for i in range(40):
    b.assign_sub(rates[i] * tf.ones(3))
    log.append(rates[i])
""",
    ),
    "fstrings": Program(
        "Format specifications and conversions.",
        """
for i in range(40):
    m = tf.reduce_mean(XT[i])
    b.assign_add(m * tf.ones(3))
    log.append(f"{i:03d} {float(m):+.3e} {m.shape} {'x' * 2!r:>6}")
    if i % 13 == 0:
        print("%d %.3f" % (i, float(m)), "{:>8.2f}|".format(float(m)))
""",
    ),
    "round_min_max_abs": Program(
        "Built-in functions on numbers.",
        """
best = -1e9
worst = 1e9
for i in range(40):
    m = float(tf.reduce_mean(XT[i]))
    best = max(best, m)
    worst = min(worst, m)
    log.append(round(m, 3))
    b.assign_add(abs(m) * tf.ones(3))
""",
    ),
    "sqrt_of_index": Program(
        "math functions on the loop index.",
        """
for i in range(40):
    lr = 0.1 / math.sqrt(i + 1)
    b.assign_sub(lr * XT[i, 0, :3])
    log.append(lr)
""",
    ),
    "cosine_schedule": Program(
        "A schedule computed in Python.",
        """
def rate(step, total):
    return 0.5 * (1 + math.cos(math.pi * step / total))
for i in range(40):
    b.assign_sub(rate(i, 40) * XT[i, 0, :3])
""",
    ),
    "bool_of_tensor": Program(
        "bool() and int() of tensors.",
        """
for i in range(40):
    flag = bool(tf.reduce_any(YT[i] == 2))
    n = int(tf.reduce_sum(YT[i]))
    log.append((flag, n))
    b.assign_add(tf.ones(3) * float(n))
""",
    ),
    "dtype_float64": Program(
        "Double precision throughout.",
        """
v = tf.Variable(np.zeros(3))
for i in range(40):
    v.assign_add(tf.cast(XT[i, 0, :3], tf.float64) * (1 / 3))
    log.append(float(v[0]))
""",
    ),
    "item": Program("`.numpy().item()`.", "for i in range(40):\n    log.append(tf.reduce_sum(XT[i]).numpy().item())\n    b.assign_add(tf.ones(3))\n"),
    "division_by_zero": Program(
        "Python raises where a divisor becomes zero.",
        """
for i in range(40):
    d = float(tf.reduce_sum(YT[i] * 0)) + (30 - i)
    b.assign_add(tf.ones(3))
    log.append(1 / d)
""",
    ),
}
