"""Keras models, optimizers, metrics; random numbers."""

from tests.programs.harness import Program

MODEL = """
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(6, "relu"), keras.layers.Dropout(0.2), keras.layers.Dense(3)])
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
"""
LOOP = """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = loss_fn(YT[i], model(XT[i], training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    log.append(float(loss))
"""

PROGRAMS = {
    "adam_dropout": Program("Adam and Dropout; the same seeds give the same losses.", LOOP, MODEL + "optimizer = keras.optimizers.Adam(0.01)\n"),
    "sgd_momentum": Program("SGD with momentum.", LOOP, MODEL + "optimizer = keras.optimizers.SGD(0.05, momentum=0.9)\n"),
    "schedule": Program(
        "A Keras learning-rate schedule.",
        LOOP,
        MODEL + "optimizer = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9))\n",
    ),
    "metric": Program(
        "A metric is updated and read.",
        LOOP + "    metric.update_state(YT[i], model(XT[i]))\n    if i % 10 == 9:\n        print(f'{float(metric.result()):.4f}')\n",
        MODEL + "optimizer = keras.optimizers.SGD(0.05)\nmetric = keras.metrics.SparseCategoricalAccuracy()\n",
    ),
    "metric_reset": Program(
        "A metric is reset inside the loop.",
        LOOP + "    metric.update_state(loss)\n    if i % 5 == 4:\n        log.append(float(metric.result()))\n        metric.reset_state()\n",
        MODEL + "optimizer = keras.optimizers.SGD(0.05)\nmetric = keras.metrics.Mean()\n",
    ),
    "batchnorm": Program(
        "Batch normalisation keeps moving averages.",
        LOOP,
        """
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(6, use_bias=False), keras.layers.BatchNormalization(),
                          keras.layers.ReLU(), keras.layers.Dense(3)])
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.SGD(0.05)
""",
    ),
    "subclassed_model": Program(
        "A subclassed model: its call counts and branches on `training`.",
        LOOP + "print(model.calls)\n",
        """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.d1, self.d2 = keras.layers.Dense(6), keras.layers.Dense(3)
        self.calls = 0
    def call(self, x, training=False):
        h = tf.nn.relu(self.d1(x))
        if training:
            h = h * 0.9
        return self.d2(h)
model = Net()
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.SGD(0.05)
""",
    ),
    "lazy_build": Program(
        "Layers and optimizer are built in the first iteration.",
        LOOP,
        """
model = keras.Sequential([keras.layers.Dense(6, "relu"), keras.layers.Dense(3)])
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(0.01)
""",
    ),
    "two_optimizers": Program(
        "Two optimizers for two sets of variables.",
        """
for i in range(30):
    with tf.GradientTape(persistent=True) as tape:
        z = XT[i] @ w + b
        la, lb = tf.reduce_mean(z * z), tf.reduce_mean(tf.abs(z))
    oa.apply_gradients([(tape.gradient(la, w), w)])
    ob.apply_gradients([(tape.gradient(lb, b), b)])
    del tape
""",
        "oa, ob = keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.05)\n",
    ),
    "embedding": Program(
        "An embedding table with sparse gradients.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        e = tf.gather(table, YT[i])
        loss = tf.reduce_mean(e * e)
    g = tape.gradient(loss, table)
    table.assign_sub(0.5 * tf.convert_to_tensor(g))
    log.append(float(loss))
""",
        "table = tf.Variable(rng.normal(size=(3, 5)).astype('float32'))\n",
    ),
    "regularisation": Program(
        "Regularisation losses of the layers.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = loss_fn(YT[i], model(XT[i], training=True)) + tf.add_n(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
""",
        """
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(6, kernel_regularizer="l2"), keras.layers.Dense(3)])
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.SGD(0.05)
""",
    ),
    "clipping": Program(
        "Gradients are clipped by their global norm.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], XT[i] @ w + b)
    grads, norm = tf.clip_by_global_norm(tape.gradient(loss, [w, b]), 0.1)
    optimizer.apply_gradients(zip(grads, [w, b]))
    log.append(float(norm))
""",
        "optimizer = keras.optimizers.Adam(0.05)\n",
    ),
    "tf_random": Program(
        "tf.random with a global seed gives eager's numbers.",
        """
for i in range(30):
    noise = tf.random.normal([3]) * 0.1
    pick = tf.random.uniform([], maxval=10, dtype=tf.int32)
    b.assign_add(noise)
    log.append(int(pick))
print(float(tf.random.uniform([])))
""",
        "tf.random.set_seed(3)\n",
    ),
    "frozen_layer": Program(
        "A layer is frozen between epochs.",
        """
for epoch in range(2):
    for i in range(14):
        with tf.GradientTape() as tape:
            loss = loss_fn(YT[i], model(XT[i], training=True))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
    model.layers[0].trainable = False
    optimizer = keras.optimizers.SGD(0.05)
""",
        MODEL + "optimizer = keras.optimizers.SGD(0.05)\n",
    ),
    "dropout_rate_changed": Program(
        "A layer's rate is changed between epochs.",
        """
for epoch in range(3):
    for i in range(12):
        log.append(float(tf.reduce_sum(model(XT[i], training=True))))
    model.layers[1].rate = 0.7
""",
        MODEL,
    ),
    "host_random": Program(
        "NumPy's random numbers inside the loop are left to Python.",
        "for i in range(20):\n    b.assign_add(tf.constant(rng.normal(size=3).astype('float32')))\n",
        graph=False,
    ),
}


def _with_optimizer(name: str, text: str) -> Program:
    return Program(
        f"{name} applied to a small model.",
        """
for i in range(25):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], model(XT[i], training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
del tape
log.append(float(loss))
""",
        setup=f"model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, 'tanh'), keras.layers.Dense(3)])\nopt = {text}\n",
    )


_OPTIMIZERS = {
    "sgd_nesterov": "keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)",
    "rmsprop": "keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True)",
    "adagrad": "keras.optimizers.Adagrad(0.05)",
    "adadelta": "keras.optimizers.Adadelta(1.0)",
    "adamw": "keras.optimizers.AdamW(0.01, weight_decay=0.01)",
    "adamax": "keras.optimizers.Adamax(0.01)",
    "nadam": "keras.optimizers.Nadam(0.01)",
    "ftrl": "keras.optimizers.Ftrl(0.05)",
    "lion": "keras.optimizers.Lion(0.001)",
    "adam_amsgrad_clip": "keras.optimizers.Adam(0.01, amsgrad=True, clipnorm=0.5)",
    "sgd_global_clip": "keras.optimizers.SGD(0.1, global_clipnorm=0.5)",
    "adam_ema": "keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=7)",
    "adam_accumulation": "keras.optimizers.Adam(0.01, gradient_accumulation_steps=4)",
    "exponential_decay": "keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.8))",
    "piecewise_schedule": "keras.optimizers.Adam(keras.optimizers.schedules.PiecewiseConstantDecay([8, 16], [0.01, 0.005, 0.001]))",
    "cosine_schedule": "keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 20, warmup_steps=4, warmup_target=0.2))",
}
PROGRAMS.update({name: _with_optimizer(name, text) for name, text in _OPTIMIZERS.items()})
