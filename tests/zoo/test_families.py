"""The constructs that stopped the programs of the zoo, each as the family it stands for: run both ways, everything compared, bit for bit."""

from __future__ import annotations

import pytest

from tests.programs.harness import Program, check

EMBEDDING = 'E = tf.Variable(rng.normal(size=(50, 4)).astype("float32"))\nB = tf.Variable(tf.zeros(50))\n'

RANDOM: dict[str, Program] = {
    "categorical": Program(
        "Actions for a batch of states.",
        """
for i in range(30):
    a = tf.random.categorical(XT[i % 40], 2)
    w.assign_sub(0.01 * tf.matmul(XT[i % 40], tf.cast(a, tf.float32) @ tf.ones((2, 3)), transpose_a=True))
    log.append(a.numpy().tolist())
""",
    ),
    "categorical_of_type": Program(
        "In another type of integers, under a tape, after other draws.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        noise = tf.random.normal((8, 3))
        logits = XT[i] @ w + 0.1 * noise
        a = tf.random.categorical(logits, 1, dtype=tf.int32)[:, 0]
        loss = xent(a, logits)
    w.assign_sub(0.1 * tape.gradient(loss, w))
    log.append((float(loss), a.numpy().tolist()))
""",
    ),
    "categorical_decides": Program(
        "One action, which Python looks at.",
        """
count = [0, 0, 0]
for i in range(40):
    action = int(tf.random.categorical(XT[i % 40][:1] @ w, 1)[0, 0])
    count[action] += 1
    w.assign_add(tf.ones_like(w) * 0.01)
    log.append(action)
""",
    ),
    "categorical_fixed_shape": Program(
        "Of logits that are constants; the seed is set before the loop.",
        """
tf.random.set_seed(12)
for i in range(30):
    a = tf.random.categorical(tf.zeros((2, 5)), 4)
    w.assign_add(0.01 * tf.cast(tf.reduce_sum(a), tf.float32) * tf.ones_like(w))
    log.append(a.numpy().tolist())
""",
    ),
    "shuffle_of_indices": Program(
        "A permutation of rows.",
        """
for i in range(30):
    order = tf.random.shuffle(tf.range(8))
    w.assign_sub(0.01 * tf.matmul(tf.gather(XT[i], order), tf.ones((8, 3)), transpose_a=True))
    log.append(order.numpy().tolist())
""",
    ),
    "shuffle_of_rows": Program(
        "Rows of whole numbers; one row; none.",
        """
for i in range(20):
    rows = tf.random.shuffle(YT[i : i + 3])
    one, none = tf.random.shuffle(YT[i][:1]), tf.random.shuffle(YT[i][:0])
    b.assign_add(0.01 * tf.cast(rows[0, :3], tf.float32) + tf.cast(one[0], tf.float32))
    log.append((rows.numpy().tolist(), one.numpy().tolist(), none.numpy().tolist()))
""",
    ),
    "log_uniform_candidates": Program(
        "Candidates by Zipf's law, with and without repetition.",
        """
for i in range(30):
    ids, true, sampled = tf.random.log_uniform_candidate_sampler(YT[i][:, None], 1, 5, True, 20)
    others = tf.random.log_uniform_candidate_sampler(YT[i][:, None], 1, 5, False, 2000)
    b.assign_add(0.001 * tf.reduce_sum(true) * tf.ones(3) + tf.reduce_sum(others[2]))
    log.append((ids.numpy().tolist(), sampled.numpy().tolist(), others[1].numpy().tolist()))
""",
    ),
    "uniform_candidates": Program(
        "Candidates that are equally likely, also among a power of two.",
        """
for i in range(30):
    ids, true, sampled = tf.random.uniform_candidate_sampler(YT[i][:, None], 1, 5, True, 20)
    more = tf.random.uniform_candidate_sampler(YT[i][:, None], 1, 7, False, 64)[0]
    b.assign_add(0.001 * tf.reduce_sum(true) * tf.ones(3))
    log.append((ids.numpy().tolist(), sampled.numpy().tolist(), more.numpy().tolist()))
""",
    ),
    "sampled_softmax": Program(
        "A big embedding; the slices of the gradient are kept in a list and a name.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sampled_softmax_loss(E, B, tf.constant(Y[i])[:, None], XT[i], 6, 50))
    gs = tape.gradient(loss, [E, B])
    for v, g in zip([E, B], gs):
        v.assign_sub(0.1 * tf.convert_to_tensor(g))
    log.append(float(loss))
""",
        setup=EMBEDDING,
    ),
    "noise_contrastive": Program(
        "Noise-contrastive estimation, sparse updates clipped by hand.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.nce_loss(E, B, YT[i][:, None], XT[i], 6, 50))
    for v, g in zip([E, B], tape.gradient(loss, [E, B])):
        if isinstance(g, tf.IndexedSlices):
            v.scatter_sub(tf.IndexedSlices(0.1 * tf.clip_by_value(g.values, -0.5, 0.5), g.indices))
        else:
            v.assign_sub(0.1 * g)
    log.append(float(loss))
""",
        setup=EMBEDDING,
    ),
}

SLICES: dict[str, Program] = {
    "summed_by_row": Program(
        "Rows that occur several times are summed before Adagrad divides.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.nn.embedding_lookup(E, YT[i]) - XT[i]) ** 2)
    g = tape.gradient(loss, E)
    rows, places = tf.unique(g.indices)
    summed = tf.math.unsorted_segment_sum(g.values, places, tf.size(rows))
    E.scatter_sub(tf.IndexedSlices(0.5 * summed, rows))
    log.append(float(loss))
""",
        setup=EMBEDDING,
    ),
    "one_object_in_two_places": Program(
        "The same slices under two names, in a list, and kept.",
        """
kept = []
for i in range(30):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.nn.embedding_lookup(E, YT[i]) @ w + b) ** 2)
    gs = tape.gradient(loss, [E, w, b])
    first = again = gs[0]
    kept.append(first)
    for v, g in zip([w, b, E], [*gs[1:], gs[0]]):
        v.assign_sub(0.1 * tf.convert_to_tensor(g))
    log.append(float(loss))
""",
        setup=EMBEDDING,
    ),
}

NESTED_SETUP = """
A, C = tf.Variable(tf.ones((4, 7)) * 0.1), tf.Variable(tf.ones((7, 3)) * 0.1)
def numbered(x, v):
    y = x
    for q, s in enumerate([1, 2]):
        y = y * s
    return y @ v
def zipped(x, v):
    y = x
    for q, s in zip([1, 2], (3, 4)):
        y = y * s + q
    return y @ v
def halves(x):
    for k in range(2):
        yield x * (k + 1)
def generated(x, v):
    y = x
    for part in halves(x):
        y = y + part
    return y @ v
def comprehended(x, v):
    return tf.add_n([x * s for q, s in enumerate([1, 2])]) @ v
def deeper(x, v):
    y = x
    for q, s in enumerate([1, 2]):
        y = numbered(y, tf.eye(4) if y.shape[-1] == 4 else tf.eye(7)) * s
    return y @ v
def leaves(x, v):
    y = x
    for q, s in enumerate([1, 2, 3]):
        if s == 2:
            return y @ v
        y = y * s
    return y
class Layer:
    def __init__(self, v): self.v = v
    def __call__(self, x): return numbered(x, self.v)
NET = [Layer(A), Layer(C)]
def layers():
    for v in (A, C):
        yield v
"""

OUTER = {
    "enumerate": "for j, v in enumerate([A, C]):",
    "zip": "for j, v in zip([0, 1], (A, C)):",
    "reversed": "for v in reversed([C, A]):",
    "generator": "for v in layers():",
    "expression": "for v in (v for v in (A, C)):",
    "objects": "for j, v in enumerate([layer.v for layer in NET]):",
}
INNER = ("numbered", "zipped", "generated", "comprehended", "deeper", "leaves")

NESTED: dict[str, Program] = {
    f"{inner}_in_{outer}": Program(
        "An iterator is consumed in a function that is called where another one is consumed.",
        f"""
for i in range(1, 21):
    x = XT[i]
    {head}
        x = {inner}(x, v)
    b.assign_add(0.1 * tf.reduce_sum(x, 0))
""",
        setup=NESTED_SETUP,
    )
    for outer, head in OUTER.items()
    for inner in INNER
}

REFUSED: dict[str, Program] = {
    "shuffle_of_floats": Program(
        "Eager has no gradient for it, and says so.",
        """
for i in range(10):
    w.assign_sub(0.01 * tf.ones((4, 3)) * tf.random.shuffle(tf.ones(3) * i))
""",
        graph=False,
    ),
    "slices_kept_in_a_branch": Program(
        "What a branch keeps is what the names hold after it.",
        """
kept = []
for i in range(30):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.nn.embedding_lookup(E, YT[i]) @ w + b) ** 2)
    gs = tape.gradient(loss, [E, w, b])
    if i % 3 == 0:
        kept.append(gs[0])
    E.assign_sub(0.1 * tf.convert_to_tensor(gs[0]))
    log.append(float(loss))
""",
        setup=EMBEDDING,
    ),
    "candidate_out_of_range": Program(
        "Eager's error, at its line.",
        """
for i in range(30):
    ids, true, sampled = tf.random.uniform_candidate_sampler(tf.constant([[i]], tf.int64), 1, 5, True, 20)
    b.assign_add(0.001 * tf.reduce_sum(true) * tf.ones(3))
    log.append(ids.numpy().tolist())
""",
        graph=False,
    ),
}


@pytest.mark.parametrize("name", [*RANDOM, *SLICES, *NESTED])
def test_whole(name: str) -> None:
    report = check({**RANDOM, **SLICES, **NESTED}[name])
    assert report.counts["graph"] >= 10, report.to_text()
    assert not report.counts["declined"], report.to_text()


@pytest.mark.parametrize("name", REFUSED)
def test_right_where_refused(name: str) -> None:
    assert check(REFUSED[name]).counts["rejected"] == 0
