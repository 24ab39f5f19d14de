"""Text, containers, numbers of all kinds, and values whose type, shape or kind changes on the way."""

from tests.programs.harness import Program
from tests.programs.library import STEP

PROGRAMS = {
    "string_methods": Program(
        "Messages built with format, join, % and alignment.",
        """
for i in range(20):
    loss = step(XT[i], YT[i])
    print("{:>4d} | {:.3f} | {!r}".format(i, float(loss), "ab"), "%03d %5.2f" % (i, float(loss)))
    print(" ".join(f"{v:+.2f}" for v in b.numpy()))
""",
        setup=STEP,
    ),
    "f_string_of_tensors": Program(
        "Tensors and shapes in f-strings.",
        """
for i in range(10):
    loss = step(XT[i], YT[i])
    print(f"{i:03d} {loss:.4f} {loss.shape} {loss.dtype.name} {XT[i].shape[0]}")
""",
        setup=STEP,
    ),
    "big_integers": Program(
        "A hash that outgrows 64 bits.",
        """
h = 1
for i in range(60):
    h = h * 31 + i
    loss = step(XT[i % 40], YT[i % 40])
print(h)
""",
        setup=STEP,
    ),
    "integer_arithmetic": Program(
        "Floor division, modulo, shifts, divmod and round of computed integers.",
        """
acc = 0
for i in range(30):
    k = int(tf.argmax(tf.reduce_sum(XT[i] @ w, axis=0))) - 1
    acc = (acc * 7 + k) % 1009
    q, r = divmod(acc, 5)
    log.append((acc // -3, acc % -4, q, r, round(acc / 7, 2), -acc // 2, abs(k)))
    loss = step(XT[i], YT[i])
""",
        setup=STEP,
    ),
    "float_arithmetic": Program(
        "Running statistics in Python floats.",
        """
mean, m2, n = 0.0, 0.0, 0
for i in range(40):
    loss = float(step(XT[i], YT[i]))
    n += 1
    delta = loss - mean
    mean += delta / n
    m2 += delta * (loss - mean)
print(n, f"{mean:.5f}", f"{(m2 / n) ** 0.5:.5f}")
""",
        setup=STEP,
    ),
    "nan_and_inf": Program(
        "Comparisons with NaN and infinity.",
        """
best = float("inf")
for i in range(30):
    value = float(tf.reduce_mean(XT[i])) if i % 7 else float("nan")
    if value < best:
        best = value
    if value != value:
        log.append(i)
    loss = step(XT[i], YT[i])
print(best)
""",
        setup=STEP,
    ),
    "bool_as_int": Program(
        "Counting with booleans.",
        """
hits = 0
for i in range(30):
    pred = tf.argmax(XT[i] @ w + b, axis=1)
    hits += int(tf.reduce_sum(tf.cast(pred == YT[i], tf.int32)))
    hits += bool(tf.reduce_any(pred == 2)) + True
    loss = step(XT[i], YT[i])
print(hits)
""",
        setup=STEP,
    ),
    "numpy_scalars": Program(
        "NumPy scalars and Python numbers mixed with tensors.",
        """
scale = np.float32(0.5)
for i in range(30):
    k = np.int64(i % 3)
    x = XT[i] * scale + float(k) * 0.01
    loss = step(x, YT[i], rate=np.float32(0.1))
    scale = scale * np.float32(0.99)
print(type(scale).__name__, round(float(scale), 4))
""",
        setup=STEP,
    ),
    "dtype_changes_midway": Program(
        "The dtype of a carried tensor changes once.",
        """
t = tf.constant(0, tf.int32)
for i in range(30):
    if i == 12:
        t = tf.cast(t, tf.float32)
    t = t + 1
    loss = step(XT[i], YT[i])
print(t.dtype.name, float(t))
""",
        setup=STEP,
    ),
    "shape_grows": Program(
        "A tensor that grows by a row per step.",
        """
seen = tf.zeros([0, 4])
for i in range(30):
    seen = tf.concat([seen, XT[i, :1]], axis=0)
    loss = step(XT[i], YT[i])
print(seen.shape)
""",
        setup=STEP,
    ),
    "shape_changes_every_step": Program(
        "Ragged batches.",
        """
for i in range(30):
    n = 2 + i % 5
    loss = step(XT[i, :n], YT[i, :n])
print(f"{float(loss):.4f}")
""",
        setup=STEP,
    ),
    "one_type_or_another": Program(
        "A name holds None, then a number, then a tensor.",
        """
state = None
for i in range(30):
    state = 0.5 if state is None else state * 0.9 + tf.reduce_mean(XT[i])
    loss = step(XT[i], YT[i])
print(f"{float(state):.4f}")
""",
        setup=STEP,
    ),
    "branches_of_unlike_kind": Program(
        "A float on one side, a tensor on the other.",
        """
for i in range(40):
    s = tf.reduce_sum(XT[i])
    penalty = 0.0 if s > 0 else tf.abs(s)
    loss = step(XT[i], YT[i], rate=0.01 + 0.001 * penalty)
log.append(float(loss))
""",
        setup=STEP,
    ),
    "sets_and_frozensets": Program(
        "Membership in sets decides.",
        """
for i in range(40):
    if i in milestones:
        rate = rate * 0.5
        seen.add(i)
    loss = step(XT[i], YT[i], rate=rate)
print(sorted(seen), rate)
""",
        setup=STEP + "milestones = {10, 20, 30}\nseen = set()\nrate = 0.1\n",
    ),
    "list_operations": Program(
        "insert, pop, sort, slices and del on a list.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    top.append(round(float(loss), 4))
    top.sort()
    if len(top) > 3:
        top.pop()
    order.insert(0, i)
    order[:] = order[:4]
print(top, order)
""",
        setup=STEP + "top, order = [], []\n",
    ),
    "nested_containers": Program(
        "A dictionary of lists of dictionaries.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    table["runs"][i % 2]["n"] += 1
    table["runs"][i % 2]["losses"].append(float(loss))
print([r["n"] for r in table["runs"]])
""",
        setup=STEP + "table = {'runs': [{'n': 0, 'losses': []}, {'n': 0, 'losses': []}]}\n",
    ),
    "array_written_in_place": Program(
        "Results are written into a NumPy array.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    out[i] = float(loss)
    grid[i % 3, :] += i
print(out.argmin(), grid.sum())
""",
        setup=STEP + "out = np.zeros(30)\ngrid = np.zeros((3, 2))\n",
    ),
}
