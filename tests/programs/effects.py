"""Effects: printing, appending, logging, clocks."""

from tests.programs.harness import Program

PROGRAMS = {
    "print_each": Program("A line per iteration.", "for i in range(20):\n    b.assign_add(tf.ones(3))\n    print(i, float(b[0]))\n"),
    "print_tensor": Program("A tensor is printed.", "for i in range(12):\n    b.assign_add(tf.ones(3))\n    print(b[0], b.shape)\n"),
    "print_options": Program("sep and end.", "for i in range(12):\n    b.assign_add(tf.ones(3))\n    print(i, i + 1, sep='-', end=';')\nprint()\n"),
    "append_kinds": Program(
        "Numbers, tensors and tuples are appended.",
        """
tensors, pairs = [], []
for i in range(30):
    m = tf.reduce_mean(XT[i])
    b.assign_add(m * tf.ones(3))
    log.append(float(m))
    tensors.append(m)
    pairs.append((i, float(m)))
""",
    ),
    "history_dict": Program(
        "A dictionary of lists.",
        """
history = {"loss": [], "norm": []}
for i in range(30):
    loss = xent(YT[i], XT[i] @ w + b)
    b.assign_sub(0.05 * tf.ones(3))
    history["loss"].append(float(loss))
    history["norm"].append(float(tf.norm(b)))
print(len(history["loss"]))
""",
    ),
    "read_back_list": Program(
        "What was appended is read back for printing.",
        """
for i in range(30):
    log.append(float(tf.reduce_mean(XT[i])))
    b.assign_add(tf.ones(3))
    if i % 10 == 9:
        print(i, len(log), f"{np.mean(log[-10:]):.4f} {log[-1]:.3f}")
""",
    ),
    "list_methods": Program(
        "insert, extend, pop and item assignment.",
        """
window = [0.0, 0.0, 0.0]
for i in range(30):
    m = float(tf.reduce_mean(XT[i]))
    b.assign_add(m * tf.ones(3))
    window.append(m)
    window.pop(0)
    log.extend([m, m])
    log[0] = m
""",
    ),
    "deque": Program(
        "A bounded queue.",
        """
recent = collections.deque(maxlen=5)
for i in range(30):
    recent.append(float(tf.reduce_mean(XT[i])))
    b.assign_add(tf.ones(3))
    if i % 7 == 0:
        print(f"{sum(recent) / len(recent):.4f}")
""",
    ),
    "dict_counter": Program(
        "A dictionary counts.",
        """
seen = {"pos": 0, "neg": 0}
for i in range(30):
    m = tf.reduce_mean(XT[i])
    b.assign_add(m * tf.ones(3))
    if m > 0:
        seen["pos"] += 1
    else:
        seen["neg"] += 1
print(seen)
""",
    ),
    "set_add": Program(
        "A set of numbers.",
        "labels = set()\nfor i in range(30):\n    b.assign_add(tf.ones(3))\n    labels.add(int(YT[i, 0]))\nprint(sorted(labels))\n",
    ),
    "numpy_buffer": Program(
        "Results are written into an array.",
        """
out = np.zeros(30, "float32")
for i in range(30):
    m = tf.reduce_mean(XT[i])
    b.assign_add(m * tf.ones(3))
    out[i] = m.numpy()
""",
    ),
    "best_so_far": Program(
        "The best loss and its step are kept.",
        """
best, best_step = float("inf"), None
best_step = -1
for i in range(40):
    loss = float(xent(YT[i], XT[i] @ w + b))
    b.assign_sub(0.02 * tf.ones(3))
    if loss < best:
        best = loss
        best_step = i
        print("best", i)
""",
    ),
    "early_stopping": Program(
        "Patience runs out.",
        """
best, patience = 1e9, 0
for i in range(40):
    loss = float(xent(YT[i % 7], XT[i % 7] @ w + b))
    b.assign_add(0.01 * tf.ones(3))
    if loss < best - 1e-4:
        best, patience = loss, 0
    else:
        patience += 1
    if patience >= 9:
        print("stop at", i)
        break
""",
    ),
    "clock": Program(
        "The clock is read; times themselves are not compared.",
        """
import time
started = time.perf_counter()
for i in range(30):
    t0 = time.perf_counter()
    b.assign_add(tf.ones(3))
    dt = time.perf_counter() - t0
slow = dt > 1e6
del started, t0, dt
""",
    ),
    "logging": Program(
        "A logger gets every record.",
        """
for i in range(20):
    b.assign_add(tf.ones(3))
    logger.info("step %d: %.3f", i, float(b[0]))
""",
        setup="""
import logging
class Keep(logging.Handler):
    def emit(self, record):
        log.append(record.getMessage())
logger = logging.getLogger("janus-test-program")
logger.handlers = [Keep()]
logger.propagate = False
logger.setLevel(logging.INFO)
""",
    ),
    "nested_results": Program(
        "A list made in the iteration is kept.",
        """
for i in range(20):
    row = [i, float(b[0])]
    log.append(row)
    row.append(float(tf.reduce_mean(XT[i])))
    b.assign_add(tf.ones(3))
""",
    ),
    "dict_record": Program(
        "A record per iteration.",
        """
for i in range(20):
    m = tf.reduce_mean(XT[i])
    b.assign_add(m * tf.ones(3))
    log.append({"step": i, "mean": float(m), "tensor": m})
""",
    ),
}
