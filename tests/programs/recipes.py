"""Training recipes as people publish them: finders, distillation, adversaries, validation, federation."""

from tests.programs.harness import Program

PROGRAMS = {
    "learning_rate_finder": Program(
        "The rate grows until the loss explodes.",
        """
lr, best = 1e-4, float("inf")
lrs, losses = [], []
for batch, (x, y) in enumerate(zip(XT, YT)):
    opt.learning_rate.assign(lr)
    with tf.GradientTape() as tape:
        loss = xent(y, model(x, training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    value = float(loss)
    smooth = value if batch == 0 else 0.9 * smooth + 0.1 * value
    if batch > 5 and smooth > 4 * best:
        print("stopped at", batch)
        break
    best = min(best, smooth)
    lrs.append(lr)
    losses.append(smooth)
    lr *= 1.3
del tape
print(len(lrs))
""",
        setup="model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, 'relu'), keras.layers.Dense(3)])\nopt = keras.optimizers.SGD(1e-4)\n",
    ),
    "contrastive_learning": Program(
        "Two noisy views, a similarity matrix, temperature.",
        """
for step in range(25):
    a = augment(XT[step])
    c = augment(XT[step])
    with tf.GradientTape() as tape:
        za, zc = (tf.math.l2_normalize(proj(encoder(v, training=True)), axis=1) for v in (a, c))
        similarities = tf.matmul(za, zc, transpose_b=True) / temperature
        labels = tf.range(tf.shape(a)[0])
        loss = (xent(labels, similarities) + xent(labels, tf.transpose(similarities))) / 2
    variables = encoder.trainable_weights + proj.trainable_weights
    grads = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(grads, variables))
    tracker.update_state(loss)
    acc.append(float(tf.reduce_mean(tf.cast(tf.argmax(similarities, 1, output_type=tf.int32) == labels, tf.float32))))
del tape
print(f"{float(tracker.result()):.3f}")
""",
        setup="""
encoder, proj = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu")]), keras.layers.Dense(4)
optimizer, tracker, temperature, acc = keras.optimizers.Adam(0.01), keras.metrics.Mean(), 0.1, []
def augment(x):
    return x + tf.random.normal(tf.shape(x), stddev=0.1)
""",
    ),
    "knowledge_distillation": Program(
        "A student follows a teacher, with a temperature and two losses.",
        """
for epoch in range(2):
    for i in range(20):
        t_logits = teacher(XT[i], training=False)
        with tf.GradientTape() as tape:
            s_logits = student(XT[i], training=True)
            hard = ce(YT[i], s_logits)
            soft = kl(tf.nn.softmax(t_logits / T), tf.nn.softmax(s_logits / T)) * T ** 2
            loss = alpha * hard + (1 - alpha) * soft
        grads = tape.gradient(loss, student.trainable_variables)
        opt.apply_gradients(zip(grads, student.trainable_variables))
        metric.update_state(YT[i], s_logits)
    print({m.name: round(float(m.result()), 3) for m in [metric]})
    metric.reset_state()
del tape
""",
        setup="""
teacher = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3)])
student = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
ce, kl = keras.losses.SparseCategoricalCrossentropy(from_logits=True), keras.losses.KLDivergence()
opt, metric, T, alpha = keras.optimizers.Adam(0.01), keras.metrics.SparseCategoricalAccuracy(name="acc"), 3, 0.3
""",
    ),
    "adversarial_training": Program(
        "FGSM examples inside the training loop.",
        """
for i in range(25):
    x, y = XT[i], YT[i]
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = xent(y, model(x))
    signed = tf.sign(tape.gradient(loss, x))
    x_adv = x + 0.05 * signed
    with tf.GradientTape() as tape:
        loss = 0.5 * (xent(y, model(x)) + xent(y, model(x_adv)))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    robust.append(float(tf.reduce_mean(tf.cast(tf.argmax(model(x_adv), 1) == y, tf.float32))))
del tape
""",
        setup="model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, 'relu'), keras.layers.Dense(3)])\nopt, robust = keras.optimizers.Adam(0.01), []\n",
    ),
    "cross_validation": Program(
        "Folds, each with a model of its own.",
        """
scores = []
for fold in range(3):
    W = tf.Variable(tf.zeros([4, 3]))
    train_idx = [i for i in range(30) if i % 3 != fold]
    val_idx = [i for i in range(30) if i % 3 == fold]
    for epoch in range(2):
        for i in train_idx:
            with tf.GradientTape() as tape:
                loss = xent(YT[i], tf.matmul(XT[i], W))
            W.assign_sub(0.1 * tape.gradient(loss, W))
    hits = sum(int(tf.reduce_sum(tf.cast(tf.argmax(tf.matmul(XT[i], W), 1) == YT[i], tf.int32))) for i in val_idx)
    scores.append(hits / (8 * len(val_idx)))
    print(f"fold {fold}: {scores[-1]:.3f}")
del tape, W
print(f"{np.mean(scores):.3f}")
""",
    ),
    "early_stopping_with_restore": Program(
        "Patience, best weights kept and restored at the end.",
        """
best_loss, patience, wait, best_weights = np.inf, 20, 0, None
for epoch in range(40):
    with tf.GradientTape() as tape:
        loss = xent(YT[epoch % 5], model(XT[epoch % 5], training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    val_loss = float(xent(YT[30], model(XT[30], training=False)))
    if val_loss < best_loss - 1e-4:
        best_loss, wait = val_loss, 0
        best_weights = model.get_weights()
    else:
        wait += 1
        if wait >= patience:
            print("Early stopping at", epoch)
            break
model.set_weights(best_weights)
print(f"{best_loss:.4f}")
del tape
""",
        setup="model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, 'relu'), keras.layers.Dense(3)])\nopt = keras.optimizers.Adam(0.05)\n",
    ),
    "trainer_class_with_callbacks": Program(
        "A small framework: a trainer, callbacks in a list, a history.",
        """
trainer = Trainer(model, keras.optimizers.Adam(0.01), [History(), Printer(2)])
trainer.fit(data, epochs=4)
print(trainer.callbacks[0].epochs, len(trainer.callbacks[0].losses))
del trainer
""",
        setup="""
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
data = [(XT[i], YT[i]) for i in range(15)]
class Callback:
    def on_epoch_begin(self, epoch): pass
    def on_batch_end(self, step, loss): pass
    def on_epoch_end(self, epoch, mean): pass
class History(Callback):
    def __init__(self): self.losses, self.epochs = [], 0
    def on_batch_end(self, step, loss): self.losses.append(float(loss))
    def on_epoch_end(self, epoch, mean): self.epochs += 1
class Printer(Callback):
    def __init__(self, every): self.every = every
    def on_epoch_end(self, epoch, mean):
        if epoch % self.every == 0:
            print(f"epoch {epoch}: {mean:.4f}")
class Trainer:
    def __init__(self, model, optimizer, callbacks):
        self.model, self.optimizer, self.callbacks = model, optimizer, callbacks
        self.step = 0
    def train_step(self, x, y):
        with tf.GradientTape() as tape:
            loss = xent(y, self.model(x, training=True))
        grads = tape.gradient(loss, self.model.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.model.trainable_variables))
        return loss
    def fit(self, data, epochs):
        for epoch in range(epochs):
            for cb in self.callbacks:
                cb.on_epoch_begin(epoch)
            total = 0.0
            for x, y in data:
                loss = self.train_step(x, y)
                self.step += 1
                total += float(loss)
                for cb in self.callbacks:
                    cb.on_batch_end(self.step, loss)
            for cb in self.callbacks:
                cb.on_epoch_end(epoch, total / len(data))
""",
    ),
    "gradient_descent_visualised": Program(
        "A path of points kept as NumPy, with momentum by hand.",
        """
path = [p.numpy().copy()]
velocity = tf.zeros(2)
for i in range(40):
    with tf.GradientTape() as tape:
        z = rosenbrock(p)
    g = tape.gradient(z, p)
    velocity = 0.9 * velocity - 1e-4 * g
    p.assign_add(velocity)
    path.append(p.numpy().copy())
    if tf.norm(g) < 1e-3:
        break
path = np.array(path)
print(path.shape, path[-1].round(3))
del tape
""",
        setup="p = tf.Variable([-1.0, 1.5])\ndef rosenbrock(p):\n    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2\n",
    ),
    "time_series_windows": Program(
        "Sliding windows of an array, a stateful prediction afterwards.",
        """
for epoch in range(2):
    for start in range(0, 60, 2):
        window = series[start:start + 8][None, :, None].astype("float32")
        target = series[start + 8].astype("float32")
        with tf.GradientTape() as tape:
            pred = model(window, training=True)[0, 0]
            loss = (pred - target) ** 2
        grads = tape.gradient(loss, model.trainable_variables)
        opt.apply_gradients(zip(grads, model.trainable_variables))
history = list(series[:8])
for k in range(20):
    x = tf.constant(np.array(history[-8:])[None, :, None], tf.float32)
    history.append(float(model(x)[0, 0]))
print(len(history), f"{history[-1]:.3f}")
del tape
""",
        setup="series = np.sin(np.arange(100) * 0.3)\nmodel = keras.Sequential([keras.Input((8, 1)), keras.layers.Flatten(), keras.layers.Dense(6, 'tanh'), keras.layers.Dense(1)])\nopt = keras.optimizers.Adam(0.01)\n",
    ),
    "bayesian_dropout_predictions": Program(
        "Many stochastic passes, mean and standard deviation.",
        """
preds = []
for k in range(40):
    p = tf.nn.softmax(model(XT[0], training=True))
    preds.append(p.numpy())
preds = np.stack(preds)
print(preds.shape, preds.mean(0).argmax(1).tolist(), preds.std(0).max().round(3))
""",
        setup="model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, 'relu'), keras.layers.Dropout(0.5), keras.layers.Dense(3)])\n",
    ),
    "federated_averaging": Program(
        "Clients train copies; the server averages their weights.",
        """
for round_ in range(6):
    client_weights = []
    for c in range(3):
        local.set_weights(server.get_weights())
        for i in range(c * 8, c * 8 + 8):
            with tf.GradientTape() as tape:
                loss = xent(YT[i], local(XT[i], training=True))
            grads = tape.gradient(loss, local.trainable_variables)
            for v, g in zip(local.trainable_variables, grads):
                v.assign_sub(0.1 * g)
        client_weights.append(local.get_weights())
    server.set_weights([np.mean(ws, axis=0) for ws in zip(*client_weights)])
    log.append(float(loss))
del tape
""",
        setup="""
server = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
local = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
""",
    ),
}
