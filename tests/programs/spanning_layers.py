"""Tapes of Python's around segments with layers, loops, branches and changed variables in them."""

import dataclasses

from tests.programs.harness import Program
from tests.programs.partial import STRANGER
from tests.programs.spanning_tapes import RECURRENT

PROGRAMS = {
    "embedding_before_the_call": Program(
        "Rows of a table are looked up before the call: their gradient is sparse, and Python's.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.gather(table, YT[i]) + tf.tanh(tf.matmul(XT[i], w)) * 0.1 + tf.sin(b) * 0.1
        meter.note(tf.reduce_sum(h))
        loss = tf.reduce_mean(h * h) + 0.01 * tf.reduce_sum(w * w)
    g = tape.gradient(loss, [table, w])
    log.append(type(g[0]).__name__)
    table.assign_sub(0.1 * tf.convert_to_tensor(g[0]))
    w.assign_sub(0.1 * g[1])
""",
        setup=STRANGER + "table = tf.Variable(rng.normal(size=(3, 3)).astype('float32'))\n",
    ),
    "loop_before_the_call": Program(
        "A recurrent loop, not unrolled, before the call.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.zeros([8, 3])
        for t in tf.range(1 + i % 4):
            h = tf.tanh(tf.matmul(XT[i], w) + h * 0.5 + b)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
""",
        setup=STRANGER,
    ),
    "recurrent_layer_across_a_call": Program(
        "A Keras recurrent layer before the call: its loop and lists of tensors hand gradients on.",
        """
for i in range(24):
    with tf.GradientTape() as tape:
        seen, last = layer(embed(YT[i]), training=True)
        meter.note(tf.reduce_sum(last))
        loss = tf.reduce_mean((seen - 0.3) ** 2) + tf.reduce_mean(tf.matmul(last, tf.ones([5, 3])) * b) + 0.01 * tf.reduce_sum(b * b)
    grads = tape.gradient(loss, params)
    for v, g in zip(params, grads):
        v.assign_sub(0.1 * tf.convert_to_tensor(g))
    log.append((float(loss), [type(g).__name__ for g in grads]))
""",
        setup=RECURRENT,
    ),
    "recurrent_layer_asked_by_python": Program(
        "The same, with a call on the way to the loss: Python asks its tape.",
        """
for i in range(24):
    with tf.GradientTape() as tape:
        seen, last = layer(embed(YT[i]), training=True)
        last = twist(last)
        loss = tf.reduce_mean((seen - 0.3) ** 2) + tf.reduce_mean(tf.matmul(last, tf.ones([5, 3])) * b) + 0.01 * tf.reduce_sum(b * b)
    grads = tape.gradient(loss, params)
    for v, g in zip(params, grads):
        v.assign_sub(0.1 * tf.convert_to_tensor(g))
    log.append((float(loss), [type(g).__name__ for g in grads]))
""",
        setup=RECURRENT,
    ),
    "branch_in_the_graph_across_a_call": Program(
        "`tf.cond` and `tf.scan` before the call.",
        """
for i in range(24):
    with tf.GradientTape() as tape:
        h = tf.cond(tf.reduce_sum(XT[i]) > 0.0, lambda: tf.tanh(tf.matmul(XT[i], w)), lambda: tf.sigmoid(tf.matmul(XT[i], w) + b))
        s = tf.scan(lambda a, x: tf.tanh(a * 0.5 + x * b), h, tf.zeros([3]))
        meter.note(tf.reduce_sum(s))
        loss = xent(YT[i], s) + 0.01 * tf.reduce_sum(w * w)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
""",
        setup=STRANGER,
    ),
    "variable_changed_and_used_under_the_tape": Program(
        "A variable is moved inside the tape and then used: its gradient is that of the second reading.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i], w) * b) + tf.sigmoid(tf.matmul(XT[i], w) * scale)
        meter.note(tf.reduce_sum(h))
        b.assign(b * 0.9 + 0.05)
        scale.assign_add(0.01 * tf.ones(3))
        loss = tf.reduce_sum(tf.tanh(h * b + tf.sin(b))) * 0.1 + tf.reduce_sum(scale * h) * 0.01
    log.append(float(loss))
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.01 * g[0])
    b.assign_sub(0.01 * g[1])
""",
        setup=STRANGER + "scale = tf.Variable(tf.ones(3) * 0.1, trainable=False)\n",
    ),
    "variable_changed_before_the_call": Program(
        "The same before the call; Python asks the tape of what it has computed on the way.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        b.assign(b * 0.9 + 0.05)
        h = tf.tanh(tf.matmul(XT[i], w) * b) + tf.sigmoid(tf.matmul(XT[i], w) + b)
        h = twist(h)
        loss = tf.reduce_sum(tf.tanh(h * b + tf.sin(b))) * 0.1 + tf.reduce_sum(h * h) * 0.01
    log.append(float(loss))
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.01 * g[0])
    b.assign_sub(0.01 * g[1])
""",
        setup=STRANGER,
    ),
    "kept_in_a_list_across_a_call": Program(
        "Python collects tensors in a list inside the tape; the loss is made of them behind a call.",
        """
for i in range(30):
    kept = []
    with tf.GradientTape() as tape:
        for k in stranger.three():
            kept.append(tf.reduce_mean(tf.tanh(tf.matmul(XT[i], w) + b) * float(k)))
        meter.note(kept[-1])
        loss = tf.add_n(kept) + 0.01 * tf.reduce_sum(w * w) + tf.reduce_sum(tf.sin(b)) * 0.01 + tf.reduce_max(kept[0] * 2.0)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
""",
        setup=STRANGER + 'exec("def three():\\n    yield from (1, 2, 3)", stranger.__dict__)\n',
    ),
    "watched_result_across_a_call": Program(
        "The gradient is asked by a segment's result, not by a variable.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i], w) + b) + tf.sigmoid(tf.matmul(XT[i], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w)
    gh = tape.gradient(loss, h)
    w.assign_sub(0.1 * tf.matmul(XT[i], gh, transpose_a=True))
    log.append(float(tf.reduce_sum(gh)))
""",
        setup=STRANGER,
    ),
}
# As in `spanning_tapes`: gradients are added up in another order.
PROGRAMS = {name: dataclasses.replace(program, floats=1e-5) for name, program in PROGRAMS.items()}
