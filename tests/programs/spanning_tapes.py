"""Tapes of Python's around segments: gradients asked behind a refused statement, inside the graph and outside of it."""

import dataclasses

from tests.programs.harness import Program
from tests.programs.partial import STRANGER

KERAS = (
    STRANGER
    + """
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "tanh"), keras.layers.Dense(3)])
opt = keras.optimizers.Adam(0.02)
opt.build(model.trainable_variables)
"""
)

RECURRENT = (
    STRANGER
    + """
YT = tf.constant(rng.integers(0, 7, size=(40, 4, 6)))
embed, layer = keras.layers.Embedding(7, 3), keras.layers.GRU(5, return_sequences=True, return_state=True)
layer(embed(YT[0]))
params = [*embed.trainable_variables, *layer.trainable_variables, b]
"""
)

PROGRAMS = {
    "beyond_the_with": Program(
        "A policy acts in the middle of the tape; its update, behind the act, is one graph with the rest.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        p = tf.nn.log_softmax(model(XT[i % 40][:1]))[0]
        a = int(tf.argmax(p)) if i % 3 else i % 2
        reward = meter.note(p[a]) * 0.01
        loss = -reward * p[a]
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    log.append(float(loss))
""",
        setup=KERAS,
    ),
    "asked_behind_another_call": Program(
        "The refused call stands between the tape and its gradient.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i % 40], w) + b)
        loss = xent(YT[i % 40], h) + 0.01 * tf.reduce_sum(w * w)
    meter.note(loss)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1] + 0.001 * tf.sin(b))
    log.append(float(loss))
del tape
""",
        setup=STRANGER,
    ),
    "variable_changed_in_between": Program(
        "The refused call's neighbour moves the weights before the gradient is asked: it is that of the old weights.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i % 40], w) + b) * tf.sigmoid(tf.matmul(XT[i % 40], w))
        meter.note(tf.reduce_sum(h))
        w.assign(w * 0.9)
        stranger.nudge(b)
        loss = xent(YT[i % 40], h * 2.0 + tf.reduce_sum(w) * 0.01 + b)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append((float(loss), float(tf.reduce_sum(g[0])), float(tf.reduce_sum(g[1]))))
""",
        setup=STRANGER
        + """
def nudge(v):
    v.assign_add([0.01, -0.01, 0.02])
nudge.__module__ = "stranger"
exec("def nudge(v):\\n    v.assign_add([0.01, -0.01, 0.02])", stranger.__dict__)
""",
    ),
    "python_on_the_way": Program(
        "What Python computes from a segment's result leads to the loss as well: the tape stays Python's.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i % 40], w) + b) + tf.sigmoid(tf.matmul(XT[i % 40], w) * 0.5)
        k = twist(h)
        loss = xent(YT[i % 40], h + k) + 0.01 * tf.reduce_sum(w * w) + 0.01 * tf.reduce_sum(b * b)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
""",
        setup=STRANGER,
    ),
    "sometimes_python_on_the_way": Program(
        "Now and then the call hands back a tensor that it has computed, and otherwise a new one.",
        """
for i in range(60):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i % 40], w) + b) + tf.sigmoid(tf.matmul(XT[i % 40], w) * 0.5)
        k = stranger.maybe(h, i)
        loss = xent(YT[i % 40], h + k) + 0.01 * tf.reduce_sum(w * w) + 0.01 * tf.reduce_sum(b * b)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append((float(loss), float(tf.reduce_sum(g[0]))))
""",
        setup=STRANGER
        + 'exec("import tensorflow as tf\\ndef maybe(h, i):\\n    return h * 3.0 if i % 7 == 6 else tf.ones([8, 3]) * 0.1", stranger.__dict__)\n',
    ),
    "spent_tape_asked_again": Program(
        "A tape used in a graph behind the call is used up, as eager's is.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i % 40], w) + b) + tf.sigmoid(tf.matmul(XT[i % 40], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i % 40], h) + 0.01 * tf.reduce_sum(w * w)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
try:
    tape.gradient(loss, w)
except RuntimeError as error:
    print(error)
with tape:
    z = tf.reduce_sum(w * w)
print(float(tf.reduce_sum(tape.gradient(z, w))))
""",
        setup=STRANGER,
    ),
    "asked_twice": Program(
        "The second question in the loop raises, caught by the user.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i], w) + b) + tf.sigmoid(tf.matmul(XT[i], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    try:
        tape.gradient(loss, w)
    except RuntimeError:
        log.append("spent")
    b.assign_sub(0.1 * g[1])
""",
        setup=STRANGER,
    ),
    "persistent_across_a_call": Program(
        "A persistent tape is asked twice, with a call inside.",
        """
for i in range(30):
    with tf.GradientTape(persistent=True) as tape:
        h = tf.tanh(tf.matmul(XT[i], w) + b) + tf.sigmoid(tf.matmul(XT[i], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w)
        other = tf.reduce_mean(h * h) + tf.reduce_sum(b * b) * 0.1 + tf.reduce_max(h) * 0.01
    gw, gb = tape.gradient(loss, w), tape.gradient(other, b)
    w.assign_sub(0.1 * gw)
    b.assign_sub(0.1 * gb)
    log.append(float(loss))
del tape
""",
        setup=STRANGER,
    ),
    "two_tapes_across_a_call": Program(
        "Two tapes in one `with`, each asked once.",
        """
for i in range(30):
    with tf.GradientTape() as one, tf.GradientTape() as two:
        h = tf.tanh(tf.matmul(XT[i], w) + b) + tf.sigmoid(tf.matmul(XT[i], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w)
        other = tf.reduce_mean(h * h) + tf.reduce_sum(b * b) * 0.1 + tf.reduce_max(h) * 0.01
    gw = one.gradient(loss, w)
    gb = two.gradient(other, b)
    w.assign_sub(0.1 * gw)
    b.assign_sub(0.1 * gb)
    log.append((float(loss), float(other)))
""",
        setup=STRANGER,
    ),
    "nested_across_a_call": Program(
        "An inner tape is asked inside an outer one, with a call between: a gradient penalty.",
        """
for i in range(30):
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            h = tf.tanh(tf.matmul(XT[i], w) + b) + tf.sigmoid(tf.matmul(XT[i], w) * 0.5)
            meter.note(tf.reduce_sum(h))
            y = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w)
        g = inner.gradient(y, w)
        loss = y + 0.1 * tf.reduce_sum(g * g) + 0.01 * tf.reduce_sum(b * b)
    gw, gb = outer.gradient(loss, [w, b])
    w.assign_sub(0.1 * gw)
    b.assign_sub(0.1 * gb)
    log.append(float(loss))
""",
        setup=STRANGER,
    ),
    "unconnected_behind_a_call": Program(
        "A variable that the first segment reads has no part in the loss: its gradient is None, and Adam leaves it alone.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i], w) * 0.5) + tf.sigmoid(tf.matmul(XT[i], w) * 0.5)
        aside = tf.reduce_sum(b * b) + tf.reduce_sum(tf.sin(b)) * 0.1
        meter.note(aside)
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(h * h)
    grads = tape.gradient(loss, [w, b])
    log.append(grads[1] is None)
    opt.apply_gradients([(g, v) for g, v in zip(grads, [w, b]) if g is not None])
    b.assign_add([0.1, 0.2, 0.3])
""",
        setup=STRANGER + "opt = keras.optimizers.Adam(0.02)\nopt.build([w, b])\n",
    ),
    "stopped_before_the_call": Program(
        "A stopped branch of the first segment, and a constant from outside.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i], w) + b)
        still = tf.stop_gradient(tf.sigmoid(tf.matmul(XT[i], w))) + tf.reduce_mean(h, axis=0)
        meter.note(tf.reduce_sum(still))
        loss = tf.reduce_mean((h - still) ** 2) + tf.reduce_sum(still * scale)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
""",
        setup=STRANGER + "scale = tf.constant([0.1, 0.2, 0.3])\n",
    ),
    "dropout_and_moments_across_a_call": Program(
        "Dropout and batch normalisation before the call: the same masks, moments moved once.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = model(XT[i], training=True)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(h * h)
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    log.append(float(loss))
log.append(model.layers[1].moving_mean.numpy().tolist())
""",
        setup=STRANGER
        + """
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "tanh"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.3), keras.layers.Dense(3)])
opt = keras.optimizers.SGD(0.05)
opt.build(model.trainable_variables)
""",
    ),
    "shapes_change_across_a_call": Program(
        "The last batch of every epoch is smaller: the segments before and behind the call get new graphs.",
        """
for i in range(60):
    n = 8 if i % 5 < 4 else 5
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i % 40][:n], w) + b) + tf.sigmoid(tf.matmul(XT[i % 40][:n], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i % 40][:n], h) + 0.01 * tf.reduce_sum(w * w)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
""",
        setup=STRANGER,
    ),
    "branches_across_a_call": Program(
        "A branch before the call and one behind it turn in the middle of the run.",
        """
for i in range(60):
    with tf.GradientTape() as tape:
        h = tf.matmul(XT[i % 40], w) + b
        if float(tf.reduce_max(h)) > 1.3:
            h = tf.tanh(h) * 1.5 + tf.sin(h) * 0.1
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i % 40], h) + 0.01 * tf.reduce_sum(w * w)
        if float(loss) > 1.2:
            loss = loss * 0.5 + tf.reduce_sum(b * b)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
""",
        setup=STRANGER,
    ),
    "decision_on_a_result_across_a_call": Program(
        "Both sides of the call decide by the same number; it is the same number for both.",
        """
for i in range(60):
    with tf.GradientTape() as tape:
        p = tf.nn.softmax(tf.matmul(XT[i % 40][:1], w) + b)[0]
        a = int(tf.argmax(p))
        meter.note(p[a])
        again = int(tf.argmax(p))
        loss = -tf.math.log(p[again]) * (1.0 if again == a else 100.0) + 0.01 * tf.reduce_sum(w * w)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append((a, again, float(loss)))
""",
        setup=STRANGER,
    ),
    "loss_in_a_function_across_a_call": Program(
        "The training step is a function, the tape is handed to another that asks it.",
        """
def update(tape, loss, params):
    g = tape.gradient(loss, params)
    for v, d in zip(params, g):
        v.assign_sub(0.1 * d)
def train(i):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i], w) + b) + tf.sigmoid(tf.matmul(XT[i], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w)
    update(tape, loss, [w, b])
    return float(loss)
for i in range(40):
    log.append(train(i))
""",
        setup=STRANGER,
    ),
    "leaves_behind_the_with": Program(
        "The loop breaks behind the update, on the loss.",
        """
for i in range(60):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i % 40], w) + b) + tf.sigmoid(tf.matmul(XT[i % 40], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i % 40], h) + 0.01 * tf.reduce_sum(w * w)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
    if i > 30 and float(loss) < 1.2:
        break
print(i, len(log))
""",
        setup=STRANGER,
    ),
    "raises_behind_the_call": Program(
        "A label out of range behind the call: eager's error at eager's line, with the tape as eager leaves it.",
        """
for i in range(60):
    y = YT[i % 40] + (5 if i == 44 else 0)
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i % 40], w) + b) + tf.sigmoid(tf.matmul(XT[i % 40], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        loss = xent(y, h) + 0.01 * tf.reduce_sum(w * w)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
""",
        setup=STRANGER,
    ),
    "looked_at_between": Program(
        "Python looks at the tape between the with and the gradient.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i], w) + b) + tf.sigmoid(tf.matmul(XT[i], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w)
    seen = sorted(v.name for v in tape.watched_variables())
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append((len(seen), float(loss)))
""",
        setup=STRANGER,
    ),
    "made_outside_of_the_with": Program(
        "The tape is made before the `with`, and reset by a helper inside it.",
        """
for i in range(40):
    tape = tf.GradientTape()
    with tape as held:
        h = tf.tanh(tf.matmul(XT[i], w) + b) + tf.sigmoid(tf.matmul(XT[i], w) * 0.5)
        meter.note(tf.reduce_sum(h))
        if i % 9 == 8:
            tape.reset()
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w)
    g = held.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    if g[1] is not None:
        b.assign_sub(0.1 * g[1])
    log.append((float(loss), g[1] is None))
""",
        setup=STRANGER,
    ),
    "reset_by_a_stranger": Program(
        "A helper that holds the tape makes it begin anew in the middle.",
        """
for i in range(40):
    with stranger.opened() as tape:
        h = tf.tanh(tf.matmul(XT[i], w) + b) + tf.sigmoid(tf.matmul(XT[i], w) * 0.5)
        stranger.reset(i)
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w) + tf.reduce_sum(w * 0.1)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    if g[1] is not None:
        b.assign_sub(0.1 * g[1])
    log.append((float(loss), g[1] is None, float(tf.reduce_sum(g[0]))))
""",
        setup=STRANGER
        + """
exec('''
import tensorflow as tf
held = []
def opened():
    held[:] = [tf.GradientTape()]
    return held[0]
def reset(i):
    if i % 9 == 8:
        held[0].reset()
''', stranger.__dict__)
stranger.opened.__module__ = stranger.reset.__module__ = "stranger"
""",
    ),
}
# Gradients that come from several segments are added up in another order than one tape adds them.
PROGRAMS = {name: dataclasses.replace(program, floats=1e-5) for name, program in PROGRAMS.items()}
CANCELLING = "sometimes_python_on_the_way"
"""Logs the sum of a gradient whose parts cancel: 1e-7 of the parts is 1e-4 of their sum."""

PROGRAMS[CANCELLING] = dataclasses.replace(PROGRAMS[CANCELLING], floats=1e-3)
