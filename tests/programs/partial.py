"""Partial conversion: a statement without a graph form leaves what stands around it as graph segments."""

from tests.programs.harness import Program

STRANGER = """
import types
stranger = types.ModuleType("stranger")
exec('''
class Meter:
    def __init__(self): self.seen = []
    def note(self, x): self.seen.append(round(float(x), 3)); return len(self.seen)
def twist(t):
    return t * 2.0
''', stranger.__dict__)
Meter, twist = stranger.Meter, stranger.twist
Meter.__module__ = twist.__module__ = "stranger"
meter = Meter()
"""

PROGRAMS = {
    "unknown_call_at_the_end": Program(
        "A third-party call on the loss.",
        """
for i in range(30):
    x, y = XT[i], YT[i]
    with tf.GradientTape() as tape:
        loss = xent(y, tf.matmul(x, w) + b)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    n = meter.note(loss)
del tape
print(n)
""",
        setup=STRANGER,
    ),
    "unknown_call_in_the_middle": Program(
        "Two segments around a call.",
        """
for i in range(30):
    h = tf.tanh(tf.matmul(XT[i], w) + b)
    s = tf.reduce_sum(h * h) / tf.cast(tf.size(h), tf.float32) + tf.reduce_max(h) * 0.1
    meter.note(s)
    w.assign_sub(0.01 * tf.ones_like(w) * s)
    b.assign(tf.tanh(b + tf.reduce_mean(h, axis=0) * 0.1) * 0.9 + 0.01)
    log.append(float(s))
print(len(meter.seen))
""",
        setup=STRANGER,
    ),
    "tape_spans_a_call": Program(
        "A tape is open around graph segments and a third-party function.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.nn.relu(tf.matmul(XT[i], w) + b) + tf.tanh(tf.matmul(XT[i], w) * 0.5)
        h = twist(h)
        loss = xent(YT[i], h) + 0.01 * tf.reduce_sum(w * w) + 0.01 * tf.reduce_sum(b * b)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
del tape
""",
        setup=STRANGER,
        floats=1e-5,  # gradients of an unrolled loop are added up in another order
    ),
    "keras_model_under_a_split_tape": Program(
        "A Keras model inside the tape, a call between, an optimizer behind.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        logits = model(XT[i], training=True)
        meter.note(logits[0, 0])
        loss = xent(YT[i], logits)
    grads = tape.gradient(loss, model.trainable_variables)
    grads, norm = tf.clip_by_global_norm(grads, 1.0)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    log.append(float(norm))
del tape
""",
        setup=STRANGER
        + """
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.2), keras.layers.Dense(3)])
opt = keras.optimizers.Adam(0.01)
""",
    ),
    "call_inside_the_step_function": Program(
        "The refused call stands in a function that the loop calls.",
        """
for i in range(30):
    loss = train(XT[i], YT[i])
print(f"{float(loss):.4f}", len(meter.seen))
""",
        setup=STRANGER
        + """
def train(x, y):
    with tf.GradientTape() as tape:
        loss = xent(y, tf.matmul(x, w) + b)
    meter.note(loss)
    gw, gb = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * gw / (1e-6 + tf.norm(gw)))
    b.assign_sub(0.1 * gb / (1e-6 + tf.norm(gb)))
    return loss
""",
    ),
    "policy_gradient": Program(
        "A policy and an environment in NumPy.",
        """
for episode in range(12):
    state = env.reset()
    total = 0.0
    for t in range(10):
        with tf.GradientTape() as tape:
            logits = tf.tanh(tf.matmul(state[None].astype("float32"), w)) + b
            p = tf.nn.softmax(logits)[0]
            action = int(tf.argmax(p))
            logp = tf.math.log(p[action] + 1e-6)
        g = tape.gradient(logp, [w, b])
        state, reward, done = env.step(action)
        total += reward
        w.assign_add(0.01 * reward * g[0])
        b.assign_add(0.01 * reward * g[1])
        if done:
            break
    log.append(total)
del tape
""",
        setup=STRANGER
        + """
exec('''
import numpy as np
class Env:
    def reset(self):
        self.rng = np.random.default_rng(3); self.t = 0
        self.s = self.rng.normal(size=4)
        return self.s
    def step(self, a):
        self.t += 1
        self.s = self.s * 0.9 + 0.1 * self.rng.normal(size=4) + 0.01 * a
        return self.s, float(-np.abs(self.s).sum()), self.t > 7
''', stranger.__dict__)
Env = stranger.Env; Env.__module__ = "stranger"
env = Env()
""",
    ),
    "while_loop_in_segments": Program(
        "A while loop whose condition a third party decides.",
        """
n = 0
while n < 25:
    h = tf.tanh(tf.matmul(XT[n], w) + b)
    w.assign_sub(0.01 * tf.matmul(XT[n], h, transpose_a=True) / (1.0 + tf.norm(h)))
    b.assign_sub(0.01 * tf.reduce_mean(h, axis=0) / (1.0 + tf.norm(h)))
    n = meter.note(tf.reduce_sum(h))
print(n)
""",
        setup=STRANGER,
    ),
    "break_in_segments": Program(
        "A jump between segments.",
        """
for i in range(30):
    h = tf.tanh(tf.matmul(XT[i], w) + b)
    s = tf.reduce_sum(h * h) / 24.0 + tf.reduce_max(h) * tf.reduce_min(h)
    if meter.note(s) > 20:
        break
    w.assign_sub(0.01 * tf.matmul(XT[i], h, transpose_a=True) / (1.0 + tf.norm(h)))
    b.assign_sub(0.01 * tf.reduce_mean(h, axis=0) / (1.0 + tf.norm(h)))
else:
    log.append("never")
print(i)
""",
        setup=STRANGER,
    ),
    "rare_branch_without_a_graph": Program(
        "A branch that cannot be lowered is taken every ten steps: Python runs those, graphs the others.",
        """
for i in range(60):
    with tf.GradientTape() as tape:
        loss = xent(YT[i % 40], tf.matmul(XT[i % 40], w) + b)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    if i % 10 == 5:
        meter.note(loss)
del tape
print(len(meter.seen))
""",
        setup=STRANGER,
    ),
    "frequent_branch_without_a_graph": Program(
        "The branch that cannot be lowered is the frequent one: segments.",
        """
for i in range(60):
    with tf.GradientTape() as tape:
        loss = xent(YT[i % 40], tf.matmul(XT[i % 40], w) + b)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    if i % 10 != 5:
        meter.note(loss)
del tape
print(len(meter.seen))
""",
        setup=STRANGER,
    ),
    "replay_value_feeds_the_graph": Program(
        "The mean of a list that the loop extends is used by the next statement: two segments.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.matmul(XT[i], w) + b)
    g = tape.gradient(loss, [w, b])
    log.append(float(loss))
    rate = 0.1 if len(log) < 3 or log[-1] < np.mean(log[-3:]) else 0.05
    w.assign_sub(rate * g[0] / (1e-3 + tf.norm(g[0])))
    b.assign_sub(rate * g[1] / (1e-3 + tf.norm(g[1])))
del tape
""",
    ),
    "exception_between_segments": Program(
        "A third party raises between two segments; the first has committed, the second has not begun.",
        """
try:
    for i in range(30):
        b.assign_add(tf.reduce_mean(tf.tanh(tf.matmul(XT[i], w)), axis=0) * 0.1 / (1.0 + tf.norm(b)))
        if meter.note(b[0]) == 17:
            raise ValueError(f"at {i}")
        w.assign_sub(0.01 * tf.matmul(XT[i], tf.tanh(tf.matmul(XT[i], w)), transpose_a=True) / (1.0 + tf.norm(w)))
except ValueError as e:
    log.append(str(e))
print(log)
""",
        setup=STRANGER,
    ),
    "assertion_fails_inside_a_segment": Program(
        "A segment's own assumption fails in some iterations.",
        """
for i in range(40):
    h = tf.tanh(tf.matmul(XT[i], w) + b)
    if tf.reduce_sum(h) > 3.0:
        b.assign_sub(0.05 * tf.reduce_mean(h, axis=0))
        log.append(i)
    else:
        b.assign_add(0.02 * tf.reduce_mean(h, axis=0))
    meter.note(tf.reduce_sum(b))
print(log)
""",
        setup=STRANGER,
    ),
    "class_with_a_loop_in_a_method": Program(
        "A trainer object; the third party is called in its loop.",
        """
t = Trainer()
t.fit(30)
print(t.steps, f"{t.best:.3f}")
""",
        setup=STRANGER
        + """
class Trainer:
    def __init__(self): self.steps, self.best, self.history = 0, float("inf"), []
    def loss(self, i):
        return xent(YT[i], tf.matmul(XT[i], w) + b)
    def fit(self, n):
        for i in range(n):
            with tf.GradientTape() as tape:
                value = self.loss(i)
            gw, gb = tape.gradient(value, [w, b])
            w.assign_sub(0.1 * gw)
            b.assign_sub(0.1 * gb)
            self.steps += 1
            self.best = min(self.best, float(value))
            meter.note(value)
            self.history.append(self.best)
""",
    ),
}
