"""Training as people write it: early stopping, schedules, checkpoints, metrics, seeds, logs. Written without looking at the engine."""

from tests.programs.harness import Program

NET = """
def forward(x):
    return tf.matmul(x, w) + b
def train_step(x, y, lr):
    with tf.GradientTape() as tape:
        loss = xent(y, forward(x))
    gw, gb = tape.gradient(loss, [w, b])
    w.assign_sub(lr * gw)
    b.assign_sub(lr * gb)
    return loss
"""
TRAIN = """
for i in range(20):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], model(XT[i]))
    opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
log.append(float(loss))
"""
PROGRAMS = {
    "early_stopping": Program(
        "Patience counts epochs without improvement; the best weights are kept and restored.",
        """
best, wait, patience = float("inf"), 0, 2
best_weights = None
for epoch in range(12):
    total = 0.0
    for i in range(25):
        total += float(train_step(XT[i], YT[i], 0.5))
    val = float(xent(YT[30], forward(XT[30])))
    if val < best - 1e-3:
        best, wait = val, 0
        best_weights = [v.numpy() for v in (w, b)]
    else:
        wait += 1
        if wait >= patience:
            print(f"stopping early at epoch {epoch}")
            break
w.assign(best_weights[0]); b.assign(best_weights[1])
""",
        setup=NET,
    ),
    "step_decay": Program(
        "The learning rate halves every 15 steps and is logged once when it changes.",
        """
lr, last_lr = 0.2, None
for step in range(60):
    lr = 0.2 * 0.5 ** (step // 15)
    if lr != last_lr:
        log.append((step, lr))
        last_lr = lr
    train_step(XT[step % 40], YT[step % 40], lr)
""",
        setup=NET,
    ),
    "warmup_then_cosine": Program(
        "A schedule computed in plain Python, collected in a list of records.",
        """
history = []
warm, total = 10, 50
for step in range(total):
    if step < warm:
        lr = 0.1 * (step + 1) / warm
    else:
        lr = 0.05 * (1 + math.cos(math.pi * (step - warm) / (total - warm)))
    loss = train_step(XT[step % 40], YT[step % 40], lr)
    history.append({"step": step, "lr": lr, "loss": float(loss)})
worst = max(history, key=lambda r: r["loss"])
lrs = [r["lr"] for r in history]
""",
        setup=NET,
    ),
    "schedule_object": Program(
        "A small class knows the rate; its step method is called each batch.",
        """
sched = Plateau(0.3, factor=0.5, patience=3)
for epoch in range(4):
    for i in range(12):
        loss = train_step(XT[i], YT[i], sched.lr)
        sched.step(float(loss))
    log.append((epoch, sched.lr, sched.bad, len(sched.cuts)))
""",
        setup=NET
        + """
class Plateau:
    def __init__(self, lr, factor, patience):
        self.lr, self.factor, self.patience = lr, factor, patience
        self.best, self.bad, self.cuts = math.inf, 0, []
    def step(self, value):
        if value < self.best:
            self.best = value
            self.bad = 0
        else:
            self.bad += 1
            if self.bad > self.patience:
                self.lr *= self.factor
                self.cuts.append(round(self.lr, 6))
                self.bad = 0
""",
    ),
    "checkpoints_on_milestones": Program(
        "Snapshots of the weights at some steps; later one is compared with the present weights.",
        """
snapshots = {}
for step in range(1, 46):
    train_step(XT[step % 40], YT[step % 40], 0.1)
    if step in {5, 20, 40}:
        snapshots[step] = (w.numpy().copy(), b.numpy().copy())
drift = {k: float(np.abs(v[0] - w.numpy()).sum()) for k, v in snapshots.items()}
order = sorted(drift, key=drift.get)
""",
        setup=NET,
    ),
    "moving_average_window": Program(
        "A deque keeps the last five losses; the mean is shown every tenth step.",
        """
window = collections.deque(maxlen=5)
for step in range(50):
    window.append(float(train_step(XT[step % 40], YT[step % 40], 0.1)))
    if step % 10 == 9:
        log.append((step, len(window), sum(window) / len(window), window[0] is window[-1]))
""",
        setup=NET,
    ),
    "progress_line": Program(
        "Progress printed without newline, then a summary line.",
        """
for epoch in range(2):
    for i in range(20):
        train_step(XT[i], YT[i], 0.05)
        if i % 5 == 4:
            print(".", end="", flush=True)
    print(f" epoch {epoch + 1}/2 done ({(epoch + 1) * 20} steps)")
""",
        setup=NET,
    ),
    "progress_bar_by_hand": Program(
        "A text bar redrawn with carriage returns.",
        """
def bar(done, total, width=12):
    full = width * done // total
    return "[" + "#" * full + "-" * (width - full) + "]"
for i in range(30):
    train_step(XT[i], YT[i], 0.05)
    print("\\r" + bar(i + 1, 30) + f" {i + 1:>3d}/30", end="")
print()
""",
        setup=NET,
    ),
    "logging_module": Program(
        "Messages by the logging module at two levels.",
        """
for step in range(30):
    loss = train_step(XT[step], YT[step], 0.1)
    if step % 10 == 0:
        logger.warning("step %d of %d", step, 30)
    logger.debug("never seen %s", step)
""",
        setup=NET + "import logging\nlogger = logging.getLogger('train')\n",
    ),
    "warnings_in_the_loop": Program(
        "A warning for a suspicious batch, and stderr.",
        """
for step in range(30):
    loss = train_step(XT[step], YT[step], 0.1)
    if step == 17:
        warnings.warn(f"batch {step} looks odd", RuntimeWarning)
    if step % 12 == 0:
        print("checkpoint", step, file=sys.stderr)
""",
        setup=NET + "import warnings, sys\n",
    ),
    "accuracy_in_python": Program(
        "Correct predictions are counted in a dictionary by class.",
        """
hits, seen = collections.Counter(), collections.Counter()
for i in range(40):
    logits = forward(XT[i])
    pred = tf.argmax(logits, 1).numpy()
    for p, y in zip(pred, Y[i]):
        seen[int(y)] += 1
        hits[int(y)] += int(p == y)
    train_step(XT[i], YT[i], 0.1)
table = {k: (hits[k], seen[k]) for k in sorted(seen)}
""",
        setup=NET,
    ),
    "confusion_matrix": Program(
        "A NumPy matrix of counts, filled with fancy indices.",
        """
cm = np.zeros((3, 3), int)
for i in range(40):
    pred = tf.argmax(forward(XT[i]), axis=-1).numpy()
    np.add.at(cm, (Y[i], pred), 1)
    train_step(XT[i], YT[i], 0.1)
print(cm)
print(cm.sum(), np.trace(cm))
""",
        setup=NET,
    ),
    "keras_metric_reset": Program(
        "A Keras metric per epoch, reset in between, its results collected.",
        """
acc = keras.metrics.SparseCategoricalAccuracy()
mean = keras.metrics.Mean(name="loss")
for epoch in range(3):
    acc.reset_state(); mean.reset_state()
    for i in range(15):
        mean.update_state(train_step(XT[i], YT[i], 0.1))
        acc.update_state(YT[i], forward(XT[i]))
    log.append((epoch, float(mean.result()), float(acc.result()), int(acc.count)))
""",
        setup=NET,
    ),
    "keras_model_and_optimizer": Program(
        "The usual custom loop with Adam; the cell is run twice.",
        """
model = keras.Sequential([keras.layers.Dense(6, activation="relu"), keras.layers.Dense(3)])
opt = keras.optimizers.Adam(0.01)
for i in range(25):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], model(XT[i], training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
log.append((float(loss), int(opt.iterations)))
""",
        again=(
            """
model = keras.Sequential([keras.layers.Dense(6, activation="relu"), keras.layers.Dense(3)])
opt = keras.optimizers.Adam(0.01)
for i in range(25):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], model(XT[i], training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
log.append((float(loss), int(opt.iterations)))
""",
        ),
    ),
    "model_in_one_cell_training_in_another": Program(
        "The training cell is run three times; in between the model's cell is run again.",
        "model = keras.Sequential([keras.layers.Dense(3)])\nopt = keras.optimizers.SGD(0.1, momentum=0.9)\n",
        again=(
            TRAIN,
            TRAIN,
            "model = keras.Sequential([keras.layers.Dense(4, 'tanh'), keras.layers.Dense(3)])\nopt = keras.optimizers.Adam(0.05)\n",
            TRAIN,
        ),
    ),
    "gradient_clipping_statistics": Program(
        "The global norm decides; how often it clipped is counted.",
        """
clipped, norms = 0, []
for i in range(40):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], forward(XT[i]))
    grads = tape.gradient(loss, [w, b])
    norm = tf.linalg.global_norm(grads)
    if norm > 0.35:
        clipped += 1
        grads = [g * (0.35 / norm) for g in grads]
    norms.append(float(norm))
    for v, g in zip([w, b], grads):
        v.assign_sub(0.2 * g)
print("clipped", clipped, "times of", len(norms))
""",
        setup=NET,
    ),
    "gradient_accumulation": Program(
        "Gradients of four micro batches are summed in Python lists.",
        """
acc = None
for i in range(40):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], forward(XT[i])) / 4
    grads = tape.gradient(loss, [w, b])
    acc = grads if acc is None else [a + g for a, g in zip(acc, grads)]
    if (i + 1) % 4 == 0:
        for v, g in zip([w, b], acc):
            v.assign_sub(0.3 * g)
        acc = None
        log.append(i)
""",
        setup=NET,
        graph=False,
        rejected="`acc is grads` after a branch that replay decides: the list is rebuilt, and becomes two",
    ),
    "nan_guard": Program(
        "Training stops with an exception when the loss is not finite.",
        """
scale = 1.0
for i in range(40):
    if i == 23:
        scale = float("nan")
    loss = train_step(XT[i] * scale, YT[i], 0.1)
    if not np.isfinite(float(loss)):
        raise FloatingPointError(f"loss is {float(loss)} at step {i}")
    log.append(i)
""",
        setup=NET,
    ),
    "retry_on_bad_batches": Program(
        "Bad batches raise; they are skipped and written down, and a finally counts.",
        """
skipped, attempts = [], 0
for i in range(40):
    try:
        check_batch(i)
        train_step(XT[i], YT[i], 0.1)
    except ValueError as e:
        skipped.append((i, str(e)))
        continue
    finally:
        attempts += 1
""",
        setup=NET + "def check_batch(i):\n    if i % 9 == 4:\n        raise ValueError(f'batch {i} is damaged')\n",
    ),
    "hyperparameter_grid": Program(
        "A grid over rates and scales; weights are made again for each point.",
        """
results = {}
for lr, scale in itertools.product([0.05, 0.5], [0.5, 1.0]):
    w.assign(W0); b.assign(tf.zeros(3))
    for i in range(15):
        loss = train_step(XT[i] * scale, YT[i], lr)
    results[lr, scale] = float(loss)
best = min(results, key=results.get)
print("best", best)
""",
        setup=NET + "W0 = w.numpy()\n",
    ),
    "config_dataclass": Program(
        "A dataclass of settings; a copy with replacements in the second epoch.",
        """
cfg = Config()
for epoch in range(3):
    for i in range(14):
        train_step(XT[i], YT[i], cfg.lr)
        cfg.seen += 1
    log.append(str(cfg))
    cfg = dataclasses.replace(cfg, lr=cfg.lr / 2, tags=cfg.tags + [epoch])
""",
        setup=NET
        + "@dataclasses.dataclass\nclass Config:\n    lr: float = 0.5\n    seen: int = 0\n    tags: list = dataclasses.field(default_factory=list)\n",
    ),
    "trainer_class": Program(
        "A trainer with callbacks in a list.",
        """
trainer = Trainer([Recorder(), Stopper(33)])
trainer.fit(3)
""",
        setup=NET
        + """
class Callback:
    def on_batch(self, t, loss): pass
    def on_epoch(self, t): pass
class Recorder(Callback):
    def __init__(self): self.batches, self.epochs = [], []
    def on_batch(self, t, loss): self.batches.append(t.step)
    def on_epoch(self, t): self.epochs.append((t.epoch, t.step))
class Stopper(Callback):
    def __init__(self, limit): self.limit = limit
    def on_batch(self, t, loss):
        if t.step >= self.limit: t.stop = True
class Trainer:
    def __init__(self, callbacks):
        self.callbacks, self.step, self.epoch, self.stop = callbacks, 0, 0, False
    def fit(self, epochs):
        for self.epoch in range(epochs):
            for i in range(15):
                loss = train_step(XT[i], YT[i], 0.1)
                self.step += 1
                for c in self.callbacks: c.on_batch(self, loss)
                if self.stop: return
            for c in self.callbacks: c.on_epoch(self)
""",
    ),
    "generator_of_batches": Program(
        "A shuffling generator function feeds the loop; it is left in the middle.",
        """
feed = batches(3)
for n, (x, y) in enumerate(feed):
    train_step(x, y, 0.1)
    if n == 47:
        break
rest = next(feed)[1][:3]
""",
        setup=NET
        + """
def batches(epochs):
    order = np.arange(20)
    r = np.random.RandomState(3)
    for epoch in range(epochs):
        r.shuffle(order)
        for k in order:
            served.append((epoch, int(k)))
            yield XT[k], Y[k]
served = []
""",
    ),
    "dataset_pipeline": Program(
        "A tf.data pipeline with shuffling and batching.",
        """
ds = tf.data.Dataset.from_tensor_slices((X.reshape(-1, 4), Y.reshape(-1))).shuffle(64, seed=3).batch(16)
for epoch in range(2):
    for x, y in ds:
        loss = train_step(x, y, 0.1)
    log.append(float(loss))
""",
        setup=NET,
    ),
    "seeds_each_epoch": Program(
        "All seeds are set at the start of each epoch.",
        """
for epoch in range(3):
    tf.random.set_seed(epoch); np.random.seed(epoch); random.seed(epoch)
    for i in range(12):
        noise = tf.random.normal([8, 4], stddev=0.1)
        k = random.randrange(40)
        train_step(XT[k] + noise, YT[k], 0.1)
        log.append((k, float(np.random.rand())))
""",
        setup=NET + "import random\n",
    ),
    "augmentation_with_numpy": Program(
        "Augmentation by NumPy's generator before the step.",
        """
aug = np.random.default_rng(11)
for i in range(30):
    x = X[i] + aug.normal(scale=0.05, size=X[i].shape).astype("float32")
    if aug.random() < 0.3:
        x = x[::-1].copy()
    train_step(tf.constant(x), YT[i], 0.1)
after = aug.integers(0, 1000)
""",
        setup=NET,
    ),
    "decorated_step": Program(
        "A step decorated with tf.function, called with changing arguments.",
        """
@tf.function
def fast(x, y, lr):
    return train_step(x, y, lr)
for i in range(30):
    loss = fast(XT[i], YT[i], tf.constant(0.1 if i % 2 else 0.2))
    log.append(float(loss))
""",
        setup=NET,
    ),
    "janus_function_with_options": Program(
        "A function decorated for JANUS; an optional argument changes.",
        """
for i in range(30):
    if i < 10:
        loss = scaled(XT[i])
    elif i < 20:
        loss = scaled(XT[i], 3.0)
    else:
        loss = scaled(XT[i], scale=i // 9, names=("a", "b"))
    log.append(float(loss))
""",
        setup=NET
        + "@accelerate\ndef scaled(x, scale=2.0, names=()):\n    b.assign_add(0.001 * tf.reduce_sum(x) * tf.ones(3))\n    return tf.reduce_sum(x) * scale + len(names)\n",
        graph=False,  # what runs in graphs is the function, by itself
    ),
    "moving_average_of_weights": Program(
        "An exponential average of the weights in a dictionary of variables.",
        """
ema = {v.name: tf.Variable(v) for v in (w, b)}
for i in range(35):
    train_step(XT[i], YT[i], 0.2)
    for v in (w, b):
        ema[v.name].assign(0.9 * ema[v.name] + 0.1 * v)
""",
        setup=NET,
    ),
    "k_fold": Program(
        "Folds by index arrays; the weights start anew; scores per fold.",
        """
scores = []
for fold in range(4):
    test = np.arange(40) % 4 == fold
    w.assign(W0); b.assign(tf.zeros(3))
    for i in np.flatnonzero(~test)[:20]:
        train_step(XT[i], YT[i], 0.2)
    correct = 0
    for i in np.where(test)[0]:
        correct += int(np.sum(np.argmax(forward(XT[i]).numpy(), 1) == Y[i]))
    scores.append(correct)
print(scores, sum(scores) / len(scores))
""",
        setup=NET + "W0 = w.numpy()\n",
    ),
}
