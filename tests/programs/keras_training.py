"""Keras in training loops: schedules, learning rates, layers of every kind, losses, metrics and callbacks by hand."""

from tests.programs.harness import Program

_TRAIN = """
def train(model, opt, x, y):
    with tf.GradientTape() as tape:
        loss = xent(y, model(x, training=True)) + sum(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    return loss
opt = keras.optimizers.Adam(0.01)
"""
PROGRAMS = {
    "user_schedule": Program(
        "A learning rate schedule class of the user's.",
        "for i in range(25):\n    loss = train(model, opt, XT[i], YT[i])\nlog.append(float(loss))\n",
        setup=_TRAIN
        + """
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, base): self.base = base
    def __call__(self, step):
        step = tf.cast(step, tf.float32)
        return self.base * tf.minimum(1.0, (step + 1.0) / 10.0)
    def get_config(self): return {"base": self.base}
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
opt = keras.optimizers.SGD(Warmup(0.2))
""",
    ),
    "rate_set_by_the_loop": Program(
        "The learning rate is assigned in the loop.",
        """
for i in range(30):
    if i % 10 == 0:
        opt.learning_rate = 0.05 * 0.5 ** (i // 10)
    loss = train(model, opt, XT[i], YT[i])
log.append(float(opt.learning_rate))
""",
        setup=_TRAIN + "model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])\n",
    ),
    "rate_variable_assigned": Program(
        "The learning rate variable is assigned every step.",
        """
for i in range(30):
    opt.learning_rate.assign(0.05 * 0.9 ** i)
    loss = train(model, opt, XT[i], YT[i])
log.append(float(opt.learning_rate))
""",
        setup=_TRAIN + "model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])\n",
    ),
    "batch_norm_and_regularisers": Program(
        "BatchNorm, L2 losses and an activity regulariser.",
        "for i in range(25):\n    loss = train(model, opt, XT[i], YT[i])\nlog.append(float(loss))\n",
        setup=_TRAIN
        + """
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu", kernel_regularizer="l2"), keras.layers.BatchNormalization(),
                          keras.layers.Dense(3, activity_regularizer=keras.regularizers.L1(1e-3))])
""",
    ),
    "functional_with_two_inputs": Program(
        "A functional model with two inputs and a skip connection.",
        """
for i in range(25):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], model([XT[i], XT[i] * 0.5], training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
del tape
""",
        setup=_TRAIN
        + """
one, two = keras.Input((4,)), keras.Input((4,))
h = keras.layers.Dense(4, "tanh")(one)
model = keras.Model([one, two], keras.layers.Dense(3)(keras.layers.Concatenate()([h, keras.layers.Add()([h, two])])))
del one, two, h
""",
    ),
    "subclassed_with_python_state": Program(
        "A subclassed model that counts its calls and chooses by `training`.",
        """
for i in range(25):
    loss = train(model, opt, XT[i], YT[i])
    if i % 5 == 0:
        log.append(float(tf.reduce_sum(model(XT[i], training=False))))
print(model.calls)
""",
        setup=_TRAIN
        + """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [keras.layers.Dense(6, "relu") for _ in range(3)]
        self.drop = keras.layers.Dropout(0.3)
        self.out = keras.layers.Dense(3)
        self.calls = 0
    def call(self, x, training=False):
        self.calls += 1
        for block in self.blocks:
            x = block(x)
        if training:
            x = self.drop(x, training=True)
        return self.out(x)
model = Net()
""",
    ),
    "custom_layer_with_weights": Program(
        "A custom layer that builds its weights at the first call.",
        "for i in range(25):\n    loss = train(model, opt, XT[i], YT[i])\nlog.append(float(loss))\n",
        setup=_TRAIN
        + """
class Scale(keras.layers.Layer):
    def build(self, shape):
        self.k = self.add_weight(shape=(shape[-1],), initializer="ones", name="k")
    def call(self, x):
        return x * self.k
model = keras.Sequential([Scale(), keras.layers.Dense(3)])
""",
    ),
    "lstm_and_gru_layers": Program(
        "RNN layers over sequences.",
        "for i in range(12):\n    loss = train(model, opt, XT[i][:, :, None], YT[i])\nlog.append(float(loss))\n",
        setup=_TRAIN
        + "model = keras.Sequential([keras.Input((4, 1)), keras.layers.LSTM(5, return_sequences=True), keras.layers.GRU(4), keras.layers.Dense(3)])\n",
    ),
    "rnn_cell_by_hand": Program(
        "A cell called in a Python loop with its state.",
        """
for i in range(20):
    with tf.GradientTape() as tape:
        state = [tf.zeros([8, 5]), tf.zeros([8, 5])]
        for t in range(4):
            h, state = cell(XT[i][:, t:t + 1], state)
        loss = xent(YT[i], head(h))
    variables = cell.trainable_variables + head.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
del tape
log.append(float(loss))
""",
        setup=_TRAIN + "cell, head = keras.layers.LSTMCell(5), keras.layers.Dense(3)\n",
    ),
    "embedding_and_attention": Program(
        "Embedding, attention and layer normalisation.",
        """
for i in range(15):
    with tf.GradientTape() as tape:
        h = emb(ids[i])
        h = norm(h + att(h, h))
        loss = xent(YT[i], head(tf.reduce_mean(h, axis=1)))
    variables = emb.trainable_variables + att.trainable_variables + norm.trainable_variables + head.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
del tape
""",
        setup=_TRAIN
        + """
emb, att, norm, head = keras.layers.Embedding(12, 8), keras.layers.MultiHeadAttention(2, 4), keras.layers.LayerNormalization(), keras.layers.Dense(3)
ids = rng.integers(0, 12, size=(40, 8, 6))
""",
    ),
    "conv_net": Program(
        "Convolution, pooling and flatten.",
        "for i in range(12):\n    loss = train(model, opt, tf.reshape(XT[i], [2, 4, 4, 1]), YT[i, :2])\nlog.append(float(loss))\n",
        setup=_TRAIN
        + """
model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(4, 3, padding="same", activation="relu"), keras.layers.MaxPooling2D(),
                          keras.layers.Flatten(), keras.layers.Dense(3)])
""",
    ),
    "mixed_precision": Program(
        "A mixed precision policy with a loss scale optimizer.",
        """
for i in range(20):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.cast(model(XT[i], training=True), tf.float32))
        scaled = opt.scale_loss(loss)
    grads = tape.gradient(scaled, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
del tape
""",
        setup="""
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu", dtype="mixed_float16"), keras.layers.Dense(3, dtype="mixed_float16")])
opt = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05))
""",
        floats=1e-2,
    ),
    "gan_with_two_optimizers": Program(
        "A generator and a discriminator, two tapes, two optimizers.",
        """
for i in range(20):
    z = tf.random.normal([8, 3])
    with tf.GradientTape() as gt, tf.GradientTape() as dt:
        fake = gen(z, training=True)
        real_out, fake_out = disc(XT[i], training=True), disc(fake, training=True)
        g_loss = bce(tf.ones_like(fake_out), fake_out)
        d_loss = bce(tf.ones_like(real_out), real_out) + bce(tf.zeros_like(fake_out), fake_out)
    gg = gt.gradient(g_loss, gen.trainable_variables)
    dg = dt.gradient(d_loss, disc.trainable_variables)
    g_opt.apply_gradients(zip(gg, gen.trainable_variables))
    d_opt.apply_gradients(zip(dg, disc.trainable_variables))
    log.append((float(g_loss), float(d_loss)))
del gt, dt
""",
        setup="""
gen = keras.Sequential([keras.Input((3,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(4)])
disc = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6), keras.layers.LeakyReLU(0.2), keras.layers.Dropout(0.2), keras.layers.Dense(1)])
g_opt, d_opt = keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01)
bce = keras.losses.BinaryCrossentropy(from_logits=True)
""",
    ),
    "variational_autoencoder": Program(
        "Reparameterised samples, two loss terms, a seed generator.",
        """
for i in range(20):
    with tf.GradientTape() as tape:
        mean, logvar = tf.split(enc(XT[i]), 2, axis=1)
        z = mean + tf.exp(0.5 * logvar) * keras.random.normal(tf.shape(mean), seed=seeds)
        recon = tf.reduce_mean((dec(z) - XT[i]) ** 2)
        kl = -0.5 * tf.reduce_mean(1 + logvar - mean ** 2 - tf.exp(logvar))
        loss = recon + 0.1 * kl
    variables = enc.trainable_variables + dec.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    tracker.update_state(loss)
del tape
print(f"{float(tracker.result()):.4f}")
""",
        setup=_TRAIN
        + """
enc, dec = keras.layers.Dense(4), keras.layers.Dense(4)
seeds = keras.random.SeedGenerator(3)
tracker = keras.metrics.Mean()
""",
    ),
    "metrics_with_reset": Program(
        "Several metrics, reset every epoch.",
        """
for epoch in range(2):
    acc.reset_state()
    mean.reset_state()
    for i in range(20):
        loss = train(model, opt, XT[i], YT[i])
        acc.update_state(YT[i], model(XT[i], training=False))
        mean.update_state(loss)
    print(epoch, f"{float(acc.result()):.3f} {float(mean.result()):.3f}")
""",
        setup=_TRAIN
        + """
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
acc, mean = keras.metrics.SparseCategoricalAccuracy(), keras.metrics.Mean()
""",
    ),
    "lazy_build_in_the_loop": Program(
        "The model is built by its first call, inside the loop.",
        "for i in range(25):\n    loss = train(model, opt, XT[i], YT[i])\nlog.append(float(loss))\n",
        setup=_TRAIN + "model = keras.Sequential([keras.layers.Dense(5, 'relu'), keras.layers.Dense(3)])\n",
    ),
    "variable_made_on_first_use": Program(
        "A raw variable is created in the first iteration.",
        """
v = None
for i in range(25):
    if v is None:
        v = tf.Variable(tf.zeros([3]))
    v.assign_add(tf.reduce_mean(XT[i] @ w, axis=0))
print(v.numpy().round(3))
""",
    ),
    "frozen_layers": Program(
        "A layer is frozen half way.",
        """
for i in range(30):
    if i == 15:
        model.layers[0].trainable = False
    loss = train(model, opt, XT[i], YT[i])
print(len(model.trainable_variables))
""",
        setup=_TRAIN
        + "model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, 'relu'), keras.layers.Dense(3)])\nopt = keras.optimizers.SGD(0.1)\n",
    ),
    "target_network": Program(
        "A target network is copied every ten steps and averaged in between.",
        """
for i in range(40):
    loss = train(model, opt, XT[i], YT[i])
    if i % 10 == 0:
        target.set_weights(model.get_weights())
    else:
        for t, s in zip(target.variables, model.variables):
            t.assign(0.9 * t + 0.1 * s)
log.append(float(loss))
""",
        setup=_TRAIN
        + """
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
target = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
""",
    ),
    "tf_function_called": Program(
        "The user's own tf.function is called in the loop.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
log.append(float(loss))
""",
        setup="""
@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        loss = xent(y, tf.matmul(x, w) + b)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    return loss
""",
    ),
    "map_fn_and_vectorized_map": Program(
        "tf.map_fn, tf.vectorized_map and tf.scan with user functions.",
        """
for i in range(15):
    a = tf.map_fn(lambda r: tf.tanh(r) * 2.0, XT[i])
    c = tf.vectorized_map(lambda r: tf.reduce_sum(r) * r, XT[i])
    s = tf.scan(lambda acc, r: acc * 0.5 + r, XT[i], initializer=tf.zeros([4]))
    b.assign_add(0.001 * tf.reduce_sum(a + c + s, axis=0)[:3])
""",
    ),
    "tf_while_and_cond": Program(
        "tf.while_loop and tf.cond called by the user.",
        """
for i in range(20):
    n, h = tf.while_loop(lambda n, h: n < 3, lambda n, h: (n + 1, tf.tanh(h)), (0, XT[i]))
    h = tf.cond(tf.reduce_sum(h) > 0, lambda: h, lambda: -h)
    b.assign_add(0.01 * tf.reduce_mean(h, axis=0)[:3])
""",
    ),
    "ragged_and_sparse": Program(
        "Ragged and sparse tensors.",
        """
for i in range(20):
    r = tf.RaggedTensor.from_row_lengths(tf.reshape(XT[i], [-1]), [10, 12, 10])
    m = tf.reduce_mean(r, axis=1)
    s = tf.sparse.from_dense(tf.cast(XT[i] > 0, tf.float32))
    b.assign_add(0.01 * m + 0.001 * tf.sparse.reduce_sum(s))
print(b.numpy().round(3))
""",
    ),
    "random_generator": Program(
        "tf.random.Generator and stateless numbers.",
        """
for i in range(20):
    noise = gen.normal([8, 4])
    mask = tf.random.stateless_uniform([8, 4], seed=[1, i]) < 0.8
    h = tf.where(mask, XT[i] + 0.1 * noise, 0.0)
    b.assign_add(0.01 * tf.reduce_mean(h, axis=0)[:3])
""",
        setup="gen = tf.random.Generator.from_seed(3)\n",
    ),
    "tensor_array": Program(
        "A TensorArray filled in an inner loop.",
        """
for i in range(20):
    ta = tf.TensorArray(tf.float32, size=8)
    h = tf.zeros([4])
    for t in range(8):
        h = tf.tanh(h * 0.5 + XT[i, t])
        ta = ta.write(t, h)
    out = ta.stack()
    b.assign_add(0.01 * tf.reduce_mean(out, axis=0)[:3])
del ta
""",
    ),
    "evaluation_between": Program(
        "An evaluation every ten steps over a second set.",
        """
for i in range(40):
    loss = train(model, opt, XT[i], YT[i])
    if i % 10 == 9:
        hits = 0
        for k in range(5):
            pred = tf.argmax(model(XT[k], training=False), axis=1)
            hits += int(tf.reduce_sum(tf.cast(pred == YT[k], tf.int32)))
        print(i, hits / 40)
""",
        setup=_TRAIN + "model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])\n",
    ),
    "reduce_on_plateau": Program(
        "The rate falls when the loss does not.",
        """
best, wait = float("inf"), 0
for i in range(60):
    loss = float(train(model, opt, XT[i % 40], YT[i % 40]))
    if loss < best:
        best, wait = loss, 0
    else:
        wait += 1
        if wait >= 15:
            opt.learning_rate.assign(opt.learning_rate * 0.5)
            wait = 0
print(f"{best:.3f}", wait)
""",
        setup=_TRAIN + "model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])\n",
    ),
}
