"""Each kind of assumption, violated once and again and again."""

from tests.programs.harness import Program

PROGRAMS = {
    "branch_flips_once": Program(
        "A branch flips at iteration 40 of 100: one abort, then a relaxed graph.",
        """
for i in range(100):
    b.assign_add(tf.ones(3))
    if b[0] > 40.5:
        log.append(-i)
    else:
        log.append(i)
""",
        aborts=1,
        counts={"graphs": 2},
    ),
    "branch_flips_often": Program(
        "A branch that starts constant and then alternates.",
        """
for i in range(100):
    b.assign_add(tf.ones(3))
    if i > 30 and i % 2 == 0:
        w.assign(w * 0.99)
        log.append(i)
""",
    ),
    "trip_count_changes": Program(
        "An inner loop gets longer.",
        """
for i in range(60):
    h = XT[i % 40]
    for t in range(2 if i < 30 else 3):
        h = tf.tanh(h) * 1.1
    b.assign_add(0.01 * tf.reduce_mean(h, 0)[:3])
""",
    ),
    "while_trips_change": Program(
        "An inner while runs longer later.",
        """
for i in range(60):
    v = tf.reduce_sum(b) + 1.0
    n = 0
    while v > 2.0:
        v = v * 0.5
        n += 1
    log.append(n)
    b.assign_add(tf.ones(3) * 0.2)
""",
    ),
    "constant_changes": Program(
        "A global that was constant changes between epochs, twice.",
        """
for epoch in range(4):
    for i in range(15):
        b.assign_sub(rate * XT[i, 0, :3])
    rate = rate * 0.5
""",
        setup="rate = 0.4\n",
    ),
    "flag_changes": Program(
        "A flag that selects code changes between epochs.",
        """
for epoch in range(3):
    training = epoch % 2 == 0
    for i in range(15):
        z = XT[i] @ w
        if training:
            b.assign_add(0.01 * tf.reduce_mean(z, 0))
        log.append(float(tf.reduce_mean(z)))
""",
    ),
    "shape_changes_once": Program(
        "The batch size changes midway.",
        "for x in batches:\n    b.assign_add(0.01 * tf.reduce_mean(tf.matmul(x, w), 0))\n    log.append(x.shape[0])\n",
        setup="batches = [X[i] for i in range(20)] + [X[i][:5] for i in range(20)]\n",
    ),
    "shape_changes_always": Program(
        "Every batch has another size.",
        "for x in batches:\n    b.assign_add(0.01 * tf.reduce_mean(tf.matmul(x, w), 0))\n",
        setup="batches = [X[i][: 1 + i % 8] for i in range(40)]\n",
    ),
    "dtype_changes": Program(
        "The data's dtype changes midway.",
        "for x in batches:\n    b.assign_add(0.01 * tf.reduce_mean(tf.cast(x, tf.float32), [0])[:3])\n",
        setup="batches = [X[i] for i in range(20)] + [Y[i].reshape(2, 4) for i in range(20)]\n",
    ),
    "rank_changes": Program(
        "The data's rank changes midway.",
        "for x in batches:\n    b.assign_add(0.01 * tf.reduce_mean(x) * tf.ones(3))\n",
        setup="batches = [X[i] for i in range(20)] + [X[i][0] for i in range(20)]\n",
    ),
    "number_kind_changes": Program(
        "A number turns from int to float.",
        """
k = 1
for i in range(40):
    b.assign_add(tf.ones(3) * k)
    if i == 20:
        k = 0.5
""",
    ),
    "object_replaced": Program(
        "An object is replaced by another of its kind in every epoch.",
        """
for epoch in range(5):
    box = Box(epoch)
    for i in range(12):
        b.assign_add(box.k * XT[i, 0, :3])
        box.n += 1
    log.append(box.n)
""",
        setup="class Box:\n    def __init__(self, k):\n        self.k, self.n = float(k), 0\n",
    ),
    "callee_changes": Program(
        "A callee changes between epochs.",
        """
for epoch in range(4):
    f = [tf.tanh, tf.nn.relu][epoch % 2]
    for i in range(12):
        b.assign_add(0.01 * f(XT[i, 0, :3]))
""",
    ),
    "carried_shape_grows": Program(
        "A carried tensor grows in every iteration.",
        "acc = tf.zeros([0, 4])\nfor i in range(20):\n    acc = tf.concat([acc, XT[i]], 0)\n    b.assign_add(tf.ones(3))\nprint(acc.shape)\n",
        graph=False,
    ),
    "list_length_guard": Program(
        "A list that the loop reads gets longer between epochs.",
        """
for epoch in range(3):
    for i in range(12):
        s = tf.zeros(3)
        for k in scales:
            s = s + k * XT[i, 0, :3]
        b.assign_add(0.01 * s)
    scales.append(0.5)
""",
        setup="scales = [1.0, 2.0]\n",
    ),
}
