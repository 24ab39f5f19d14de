"""The programs of the benchmark. Data: scikit-learn's digits (1,797 real 8x8 images), or drawn from a seeded generator."""

from __future__ import annotations

from typing import Any

from janus_nb.bench.program import Handwritten, Program, from_data, indexed

_DIGITS = """
from sklearn.datasets import load_digits
digits = load_digits()
images, labels = (digits.data / 16).astype("float32")[:1792], digits.target.astype("int64")[:1792]
"""

_MLP = """
def weights(*shape):
    return tf.Variable((rng.normal(size=shape) / np.sqrt(shape[0])).astype("float32"))
w1, b1, w2, b2 = weights(64, 64), tf.Variable(tf.zeros(64)), weights(64, 10), tf.Variable(tf.zeros(10))
params = [w1, b1, w2, b2]
"""

MLP_STEP = """
with tf.GradientTape() as tape:
    hidden = tf.nn.relu(x @ w1 + b1)
    loss = xent(y, hidden @ w2 + b2)
grads = tape.gradient(loss, params)
for p, g in zip(params, grads):
    p.assign_sub(0.1 * g)
"""

_SGD_STEP = """
with tf.GradientTape() as tape:
    loss = xent(y, forward(x))
grads = tape.gradient(loss, params)
for p, g in zip(params, grads):
    p.assign_sub(0.05 * g)
"""

_BATCHES = """
j = i % 56
x, y = images[j * 32:(j + 1) * 32], labels[j * 32:(j + 1) * 32]
"""


def _mlp(name: str, title: str, tensors: bool, **more: Any) -> Program:
    convert = "images, labels = tf.constant(images), tf.constant(labels)\n" if tensors else ""
    # By hand: batches cut beforehand and gathered, because XLA does not know the size of a slice between computed bounds.
    tables = "image_table, label_table = tf.reshape(images, (56, 32, 64)), tf.reshape(labels, (56, 32))\n"
    return indexed(
        name,
        title,
        setup=_DIGITS + _MLP + convert + tables,
        fetch=_BATCHES,
        step=MLP_STEP,
        k=512,
        fetch_by_hand="x, y = tf.gather(image_table, i % 56), tf.gather(label_table, i % 56)",
        **more,
    )


_KERAS_SETUP = (
    _DIGITS
    + """
train = tf.data.Dataset.from_tensor_slices((images, labels)).batch(32, drop_remainder=True)
model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, "relu"), keras.layers.Dropout(0.1), keras.layers.Dense(10)])
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(1e-3)
optimizer.build(model.trainable_variables)
accuracy = keras.metrics.SparseCategoricalAccuracy()
"""
)

_KERAS_STEP = """
with tf.GradientTape() as tape:
    logits = model(x, training=True)
    loss = loss_fn(y, logits)
grads = tape.gradient(loss, model.trainable_variables)
optimizer.apply_gradients(zip(grads, model.trainable_variables))
accuracy.update_state(y, logits)
"""


def _lenet(batch: int, **more: Any) -> Program:
    setup = f"""
images = tf.constant(rng.normal(size=(64, {batch}, 28, 28, 1)).astype("float32"))
labels = tf.constant(rng.integers(0, 10, size=(64, {batch})))
net = keras.Sequential([
    keras.Input((28, 28, 1)),
    keras.layers.Conv2D(6, 5, padding="same", activation="relu"), keras.layers.MaxPooling2D(),
    keras.layers.Conv2D(16, 5, activation="relu"), keras.layers.MaxPooling2D(),
    keras.layers.Flatten(), keras.layers.Dense(120, "relu"), keras.layers.Dense(84, "relu"), keras.layers.Dense(10),
])
forward, params = net, net.trainable_variables
"""
    step = _SGD_STEP.replace("p.assign_sub(0.05 * g)", "p.assign_sub(0.01 * g)")
    fetch, by_hand = "x, y = images[i % 64], labels[i % 64]", "x, y = tf.gather(images, i % 64), tf.gather(labels, i % 64)"
    return indexed(f"lenet-{batch}", f"LeNet, batch {batch}", setup=setup, fetch=fetch, step=step, k=32, fetch_by_hand=by_hand, **more)


def _recurrent(kind: str, steps: int, width: int, batch: int, **more: Any) -> Program:
    lstm = """
def cell(x, h, c):
    z = tf.concat([x, h], 1) @ w + b
    i, f, o, g = tf.split(z, 4, 1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c
"""
    gru = """
def cell(x, h, c):
    z, r = tf.split(tf.sigmoid(tf.concat([x, h], 1) @ w + b), 2, 1)
    n = tf.tanh(tf.concat([x, r * h], 1) @ u + d)
    return z * h + (1 - z) * n, c
"""
    setup = f"""
T, H, B = {steps}, {width}, {batch}
xs = tf.constant(rng.normal(size=(64, T, B, 16)).astype("float32"))
ys = tf.constant(rng.integers(0, 10, size=(64, B)))
def weights(*shape):
    return tf.Variable(rng.normal(size=shape).astype("float32") * 0.1)
w, b, v = weights(16 + H, {4 if kind == "lstm" else 2} * H), tf.Variable(tf.zeros({4 if kind == "lstm" else 2} * H)), weights(H, 10)
params = [w, b, v]
{"" if kind == "lstm" else "u, d = weights(16 + H, H), tf.Variable(tf.zeros(H))" + chr(10) + "params += [u, d]"}
{lstm if kind == "lstm" else gru}
def forward(x):
    h = c = tf.zeros((B, H))
    for t in range(T):
        h, c = cell(x[t], h, c)
    return h @ v
"""
    title = f"{kind.upper()} cell loop, {steps} steps, H={width}, batch {batch}"
    fetch, by_hand = "x, y = xs[i % 64], ys[i % 64]", "x, y = tf.gather(xs, i % 64), tf.gather(ys, i % 64)"
    return indexed(f"{kind}-{batch}", title, setup=setup, fetch=fetch, step=_SGD_STEP, k=32, fetch_by_hand=by_hand, **more)


_GAN_SETUP = """
real = tf.constant(rng.normal(size=(64, 32, 8)).astype("float32") * 0.5 + 1.0)
maker = keras.Sequential([keras.Input((4,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(8)])
critic = keras.Sequential([keras.Input((8,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(1)])
for_maker, for_critic = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3)
for_maker.build(maker.trainable_variables)
for_critic.build(critic.trainable_variables)
bce = keras.losses.BinaryCrossentropy(from_logits=True)
"""

_GAN_STEP = """
noise = tf.random.normal((32, 4))
with tf.GradientTape() as maker_tape, tf.GradientTape() as critic_tape:
    made = maker(noise, training=True)
    said_real, said_made = critic(x, training=True), critic(made, training=True)
    fooled = bce(tf.ones_like(said_made), said_made)
    loss = bce(tf.ones_like(said_real), said_real) + bce(tf.zeros_like(said_made), said_made)
for_maker.apply_gradients(zip(maker_tape.gradient(fooled, maker.trainable_variables), maker.trainable_variables))
for_critic.apply_gradients(zip(critic_tape.gradient(loss, critic.trainable_variables), critic.trainable_variables))
"""

_FACTORS_SETUP = """
users, items = tf.constant(rng.integers(0, 300, size=(200, 64))), tf.constant(rng.integers(0, 200, size=(200, 64)))
ratings = tf.constant(rng.normal(size=(200, 64)).astype("float32"))
U = tf.Variable(rng.normal(size=(300, 16)).astype("float32") * 0.1)
V = tf.Variable(rng.normal(size=(200, 16)).astype("float32") * 0.1)
"""

_FACTORS_STEP = """
with tf.GradientTape() as tape:
    guess = tf.reduce_sum(tf.gather(U, u) * tf.gather(V, v), 1)
    loss = tf.reduce_mean((guess - r) ** 2) + 1e-3 * (tf.nn.l2_loss(U) + tf.nn.l2_loss(V)) / 64
gu, gv = tape.gradient(loss, [U, V])
U.assign_sub(0.5 * tf.convert_to_tensor(gu))
V.assign_sub(0.5 * tf.convert_to_tensor(gv))
"""

_POLICY_SETUP = """
from scipy.integrate import solve_ivp
class Pendulum:
    def reset(self):
        self.state = rng.uniform(-0.1, 0.1, size=2)
        return self.state.astype("float32")
    def step(self, push):
        moved = solve_ivp(lambda t, s: (s[1], 9.8 * np.sin(s[0]) + push), (0, 0.02), self.state, method="RK23", rtol=1e-2)
        self.state = moved.y[:, -1]
        return self.state.astype("float32"), float(np.cos(self.state[0]))
env = Pendulum()
policy = keras.Sequential([keras.Input((2,)), keras.layers.Dense(32, "tanh"), keras.layers.Dense(2)])
optimizer = keras.optimizers.Adam(1e-2)
optimizer.build(policy.trainable_variables)
state = env.reset()
"""


_POLICY_CELL = """
for i in range(count):
    with tf.GradientTape() as tape:
        log_p = tf.nn.log_softmax(policy(tf.constant([state])))[0]
        action = int(tf.argmax(log_p)) if i % 10 else i // 10 % 2
        state, reward = env.step(1.0 if action else -1.0)
        loss = -reward * log_p[action]
    grads = tape.gradient(loss, policy.trainable_variables)
    optimizer.apply_gradients(zip(grads, policy.trainable_variables))
    if i % 50 == 49:
        state = env.reset()
    losses.append(float(loss))
"""

_POLICY_BY_HAND = Handwritten(
    """
@tf.function(jit_compile=XLA)
def act(state):
    return tf.nn.log_softmax(policy(state))[0]
@tf.function(jit_compile=XLA)
def update(state, action, reward):
    with tf.GradientTape() as tape:
        loss = -reward * tf.nn.log_softmax(policy(state))[0][action]
    grads = tape.gradient(loss, policy.trainable_variables)
    optimizer.apply_gradients(zip(grads, policy.trainable_variables))
    return loss
""",
    """
for i in range(count):
    seen = tf.constant([state])
    log_p = act(seen)
    action = int(tf.argmax(log_p)) if i % 10 else i // 10 % 2
    state, reward = env.step(1.0 if action else -1.0)
    losses.append(float(update(seen, tf.constant(action), tf.constant(reward))))
    if i % 50 == 49:
        state = env.reset()
""",
)

PROGRAMS: tuple[Program, ...] = (
    _mlp("mlp-tensor", "MLP, indexing a tensor", True, count=8192, total=4096, targets=(100, 20, 0.9)),
    _mlp("mlp-numpy", "MLP, indexing an array", False, count=4096, total=4096, ablate=False),
    from_data(
        "mlp-data",
        "MLP, tf.data",
        setup=_DIGITS + _MLP + "train = tf.data.Dataset.from_tensor_slices((images, labels)).batch(32, drop_remainder=True)\n",
        step=MLP_STEP,
        unit=56,
        count=20,
        total=40,
        targets=(12, 3, 0.9),
    ),
    from_data(
        "keras",
        "Keras MLP, Adam, Dropout, metric, tf.data",
        setup=_KERAS_SETUP,
        step=_KERAS_STEP,
        epoch="accuracy.reset_state()",
        fit='model.compile(optimizer, loss_fn, metrics=["sparse_categorical_accuracy"])\n',
        unit=56,
        count=20,
        total=20,
        random=True,
        targets=(50, 3, 0.9),
    ),
    _lenet(8, count=256, total=512, targets=(6, 1.5, 0.9)),
    _lenet(64, count=64, total=256, ablate=False, targets=(4, 1, 0.9)),
    _recurrent("lstm", 20, 64, 8, count=256, total=512, targets=(28, 2, 0.9)),
    _recurrent("lstm", 20, 64, 64, count=96, total=256, ablate=False, targets=(9, 1.3, 0.9)),
    _recurrent("gru", 16, 24, 8, count=512, total=1024, targets=(90, 3.5, 0.9)),
    indexed(
        "gan",
        "GAN step, two Adam optimizers",
        setup=_GAN_SETUP,
        fetch="x = real[i % 64]",
        fetch_by_hand="x = tf.gather(real, i % 64)",
        step=_GAN_STEP,
        call="x",
        k=256,
        count=1024,
        total=1024,
        random=True,
    ),
    Program(
        "policy",
        "policy gradient, SciPy environment",
        _POLICY_SETUP,
        _POLICY_CELL,
        {"per step": _POLICY_BY_HAND},
        ablate=False,
        count=150,
        total=300,
        targets=(3, 1, None),
    ),
    indexed(
        "factors",
        "matrix factorisation",
        setup=_FACTORS_SETUP,
        fetch="u, v, r = users[i % 200], items[i % 200], ratings[i % 200]",
        fetch_by_hand="u, v, r = tf.gather(users, i % 200), tf.gather(items, i % 200), tf.gather(ratings, i % 200)",
        step=_FACTORS_STEP,
        call="u, v, r",
        k=512,
        count=4096,
        total=4096,
    ),
    indexed(
        "matmul",
        "large matmul, nothing to win",
        setup='a = tf.constant(rng.normal(size=(1200, 1200)).astype("float32"))\nm = tf.Variable(tf.eye(1200))\n',
        fetch="x = a",
        step="m.assign(tf.linalg.l2_normalize(m @ x, 0))\nloss = tf.reduce_sum(m * x)",
        call="x",
        k=10,
        ablate=False,
        count=20,
        total=60,
        targets=(0.97, None, None),
    ),
    _mlp("short", "MLP, 20 iterations, nothing to try", True, count=20, total=20, ablate=False, targets=(0.97, None, None)),
)

BY_NAME = {p.name: p for p in PROGRAMS}

__all__ = ["BY_NAME", "MLP_STEP", "PROGRAMS"]
