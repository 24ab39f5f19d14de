"""Programs that random ones were shrunk to after they had gone wrong, or that went wrong by hand; all fixed."""

from tests.programs.harness import Program

RANDOM = """
class Box: pass
box = Box(); box.k = 1.0; box.n = 0
f0, f1, n0, n1 = 0.5, -0.25, 0, 3
names = {}
Point = collections.namedtuple("Point", "x y")
def bump(v):
    box.n += 1
    return v + 1
import types as _types
outside = _types.ModuleType("outside")
exec("seen = []\\ndef note(v):\\n    seen.append(round(float(v), 3)); return len(seen)\\n", outside.__dict__)
note = outside.note
note.__module__ = "outside"
"""

PROGRAMS = {
    "result_read_in_a_branch_and_after_it": Program(
        "A number is read back inside one side of a branch, and again after it.",
        """
for i in range(40):
    k = int(tf.argmax(tf.reduce_sum(XT[i] @ w, axis=0)))
    if k == 0:
        b.assign_add([0.1, 0.0, 0.0])
    else:
        last = k
        b.assign_add([0.0, 0.1, 0.0])
    log.append(k)
""",
    ),
    "results_of_two_sides_and_a_kept_name": Program(
        "One side keeps a name that the other leaves alone, and both read results back.",
        """
for epoch in range(2):
    for i in range(24):
        if tf.reduce_mean(XT[i % 40, 0, :3]) > 0.552:
            if (len(log) + i) % 11 % 3 == 2:
                pass
            else:
                names[i % 5] = f1
                f1 = f1 * 0.5 + len(names) * 0.01
        else:
            print(i, (box.n + bump((i + n1) % 11)) % 11, f"{max(box.k if f1 < 0.843 else 0.707, box.k * 0.5 + i / 40 * 0.3) * 0.5 + f1 * 0.3:.3f}")
""",
        setup=RANDOM,
    ),
    "named_tuple_in_a_graph_loop": Program(
        "A named tuple is made in an inner loop of unknown length.",
        """
for epoch in range(2):
    for i in range(24):
        for j in range(1 + i % 2):
            p = Point(0.565 % 0.7, tf.tanh(XT[i % 40, 0, :3] + 0.1))
""",
        setup=RANDOM,
    ),
    "short_inner_loop_in_a_segment": Program(
        "A segment's inner loop has fewer rounds than when it was generated.",
        """
for i in range(45):
    for j in range(3):
        for j in range(1 + i % 2):
            b.assign_sub(0.05 * (b * f0) + 0.001 * tf.tanh(b) * tf.reduce_sum(b * b))
    note(float(tf.reduce_sum(tf.tanh(XT[i % 40, 0, :3]))))
""",
        setup=RANDOM,
    ),
    "list_handed_to_a_log": Program(
        "A log call is handed a list that the loop goes on changing.",
        """
for i in range(30):
    log.append(round(float(tf.reduce_sum(XT[i])), 3))
    logger.info("so far %s", log)
print(records[3], len(records))
""",
        setup="""
import logging
records = []
class Keep(logging.Handler):
    def emit(self, record):
        records.append(record.getMessage())
logger = logging.getLogger("found"); logger.handlers = [Keep()]; logger.setLevel(logging.INFO); logger.propagate = False
""",
    ),
    "array_made_per_iteration": Program(
        "An array of constants is made in every iteration and kept: each is another object.",
        """
for i in range(20):
    kept.append(np.zeros(2))
    loss = tf.reduce_sum(XT[i])
kept[0][0] = 5.0
print([float(a[0]) for a in kept[:3]])
""",
        setup="kept = []\n",
    ),
    "dropped_tape_of_a_segment": Program(
        "A tape is opened before a call that has no graph form and asked after it.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.matmul(XT[i], w) + b)
    note(loss)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0] / (1e-6 + tf.norm(g[0])))
    b.assign_sub(0.1 * g[1] / (1e-6 + tf.norm(g[1])))
del tape
""",
        setup=RANDOM,
    ),
    "object_made_in_a_branch": Program(
        "An object is made and kept on one side of a branch.",
        """
for i in range(40):
    if tf.reduce_sum(XT[i]) > 0:
        kept.append(Pair(float(tf.reduce_sum(XT[i])), i).swapped())
    else:
        b.assign_add([0.1, 0.0, 0.0])
        last = Pair(i, tf.reduce_mean(XT[i]))
print(len(kept), [p.a for p in kept][:3], last.a)
""",
        setup="""
kept = []
class Pair:
    def __init__(self, a, c): self.a, self.c = a, c
    def swapped(self): return Pair(self.c, self.a)
""",
    ),
    "object_chosen_by_a_branch": Program(
        "One of two objects made on either side goes on.",
        """
for i in range(40):
    p = Pair(1.0, XT[i, 0]) if tf.reduce_sum(XT[i]) > 0 else Pair(2.0, XT[i, 1])
    kept.append(p.a)
print(sum(kept))
""",
        setup="""
kept = []
class Pair:
    def __init__(self, a, c): self.a, self.c = a, c
""",
    ),
}
