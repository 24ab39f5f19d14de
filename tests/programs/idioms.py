"""Idioms of training notebooks, and traps: aliasing, closures, lists made anew per epoch, shuffled arrays."""

from tests.programs.harness import Program

PROGRAMS = {
    "list_per_epoch": Program(
        "A list is made anew in every epoch.",
        """
history = []
for epoch in range(6):
    epoch_losses = []
    for i in range(15):
        loss = xent(YT[i], XT[i] @ w + b)
        b.assign_sub(0.02 * tf.ones(3))
        epoch_losses.append(float(loss))
    history.append(np.mean(epoch_losses))
print(len(history))
""",
        counts={"graphs": 2},
    ),
    "shuffled_arrays_per_epoch": Program(
        "Arrays are shuffled into new ones in every epoch.",
        """
for epoch in range(6):
    order = rng.permutation(40)
    Xs, Ys = X[order], Y[order]
    for i in range(15):
        with tf.GradientTape() as tape:
            loss = xent(Ys[i], tf.matmul(Xs[i], w) + b)
        g = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * g[0])
        b.assign_sub(0.1 * g[1])
    log.append(float(loss))
""",
        counts={"graphs": 2},
    ),
    "minibatch_slices": Program(
        "Start indices with a step.",
        """
data, labels = X.reshape(-1, 4), Y.reshape(-1)
for epoch in range(2):
    for start in range(0, len(data), 16):
        xb, yb = data[start:start + 16], labels[start:start + 16]
        with tf.GradientTape() as tape:
            loss = xent(yb, tf.matmul(xb, w) + b)
        g = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * g[0])
        b.assign_sub(0.1 * g[1])
    print(epoch, f"{float(loss):.4f}")
""",
    ),
    "function_called_per_epoch": Program(
        "The epoch is a function; its totals are locals.",
        """
for epoch in range(5):
    mean = run_epoch(epoch)
    log.append(mean)
print(len(log))
""",
        setup="""
def run_epoch(epoch):
    total, n = 0.0, 0
    for i in range(15):
        with tf.GradientTape() as tape:
            loss = xent(YT[i], XT[i] @ w + b)
        g = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 / (epoch + 1) * g[0])
        b.assign_sub(0.1 / (epoch + 1) * g[1])
        total += float(loss)
        n += 1
    return total / n
""",
    ),
    "nonlocal_of_the_loops_function": Program(
        "A nested function changes the loop's own local.",
        "r = outer()\nprint(r)\n",
        setup="""
def outer():
    total, calls = 0.0, []
    def add(v):
        nonlocal total
        total += v
        calls.append(v)
    for i in range(40):
        b.assign_add(tf.ones(3))
        add(float(b[0]))
        if total > 1e9:
            print("never")
        total = total + 0.5
    return total, len(calls)
""",
    ),
    "closure_reads_the_loops_local": Program(
        "A nested function reads a name that the loop changes.",
        "r = outer()\nprint(f'{r:.3f}')\n",
        setup="""
def outer():
    rate = 1.0
    def scaled(v):
        return v * rate
    for i in range(40):
        rate = rate * 0.9
        b.assign_add(scaled(XT[i, 0, :3]))
    return rate
""",
    ),
    "list_iterated_and_changed": Program(
        "The loop appends to the list it iterates over.",
        """
queue = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
for k in queue:
    b.assign_add(XT[k, 0, :3])
    if k < 8:
        queue.append(k + 20)
print(len(queue))
""",
        graph=False,
    ),
    "same_list_twice": Program(
        "A list under two names, one in an object.",
        """
for i in range(30):
    box.items.append(i)
    log.append(-i)
    b.assign_add(tf.ones(3))
    if i == 25:
        print(len(box.items), len(log))
""",
        setup="class B: pass\nbox = B(); box.items = log\n",
    ),
    "variable_under_two_names": Program(
        "A variable under two names.",
        "v2 = b\nfor i in range(30):\n    b.assign_add(tf.ones(3))\n    v2.assign(v2 * 0.5)\n    log.append(float(b[0]))\n",
    ),
    "read_after_write": Program(
        "A variable is read after it was written in the same iteration.",
        """
for i in range(30):
    before = float(b[0])
    b.assign_add(tf.ones(3))
    after = float(b[0])
    log.append((before, after))
""",
    ),
    "variable_numpy": Program("A variable's `.numpy()` is kept.", "for i in range(20):\n    b.assign_add(tf.ones(3))\n    log.append(b.numpy())\n"),
    "assign_in_expression": Program(
        "The result of assign is used.", "for i in range(20):\n    t = b.assign_add(tf.ones(3))\n    log.append(float(tf.reduce_sum(t)))\ndel t\n"
    ),
    "gradient_accumulation": Program(
        "Gradients are summed over micro-batches, applied every fourth step.",
        """
acc = [tf.Variable(tf.zeros_like(v)) for v in (w, b)]
for i in range(40):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], XT[i] @ w + b)
    for a, g in zip(acc, tape.gradient(loss, [w, b])):
        a.assign_add(g)
    if (i + 1) % 4 == 0:
        for v, a in zip([w, b], acc):
            v.assign_sub(0.05 * a)
            a.assign(tf.zeros_like(a))
        log.append(i)
""",
    ),
    "ema_of_weights": Program(
        "A shadow copy of the weights.",
        """
shadow = {v.name: tf.Variable(v) for v in (w, b)}
for i in range(30):
    b.assign_add(XT[i, 0, :3])
    for v in (w, b):
        shadow[v.name].assign(0.9 * shadow[v.name] + 0.1 * v)
""",
    ),
    "ema_in_python": Program(
        "Averages as eager tensors in a list.",
        """
avg = [tf.zeros([3]), tf.zeros([])]
for i in range(30):
    b.assign_add(XT[i, 0, :3])
    avg = [0.9 * avg[0] + 0.1 * b, 0.9 * avg[1] + tf.reduce_sum(b)]
""",
    ),
    "line_search": Program(
        "An inner while with a break on a number.",
        """
for i in range(30):
    step = 1.0
    while True:
        trial = b - step * XT[i, 0, :3]
        if float(tf.reduce_sum(trial * trial)) < 3.0 or step < 0.1:
            break
        step *= 0.5
    b.assign(trial)
    log.append(step)
""",
    ),
    "rnn_cell_loop": Program(
        "A recurrent cell unrolled over time under a tape.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.zeros([1, 3])
        total = 0.0
        for t in range(8):
            h = tf.tanh(XT[i, t:t + 1] @ w + h * 0.5 + b)
            total += tf.reduce_sum(h * h)
    g = tape.gradient(total, [w, b])
    w.assign_sub(0.05 * g[0])
    b.assign_sub(0.05 * g[1])
    log.append(float(total))
""",
        floats=1e-5,  # gradients of an unrolled loop are added up in another order
    ),
    "gan_like": Program(
        "Two players, two tapes, noise.",
        """
for i in range(30):
    z = tf.random.normal([8, 4])
    with tf.GradientTape() as t1, tf.GradientTape() as t2:
        fake = tf.tanh(z @ w)
        dl = tf.reduce_mean(tf.nn.softplus(fake @ d)) - tf.reduce_mean(XT[i, :, :3] @ d)
        gl = -tf.reduce_mean(fake @ d)
    d.assign_sub(0.05 * t2.gradient(dl, d))
    w.assign_sub(0.05 * t1.gradient(gl, w))
    log.append((float(dl), float(gl)))
""",
        setup="tf.random.set_seed(11)\nd = tf.Variable(tf.ones([3, 1]))\n",
    ),
    "unseeded_noise": Program(
        "Random numbers without a seed: not comparable, but of the right kind.",
        "for i in range(30):\n    noise = tf.random.uniform([3])\n    log.append(bool(tf.reduce_all((noise >= 0) & (noise < 1))))\ndel noise\n",
        setup="import tensorflow.python.eager.context as _c\n_c.context()._seed = None\n_c.context()._rng = None\ndel _c\n",
    ),
    "stop_gradient_and_custom": Program(
        "stop_gradient and a custom gradient, whose Python TensorFlow calls back: left to Python.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        z = clip(XT[i] @ w) + tf.stop_gradient(b)
        loss = tf.reduce_mean(z * z)
    g = tape.gradient(loss, w)
    w.assign_sub(0.1 * g)
""",
        setup="""
@tf.custom_gradient
def clip(x):
    def grad(dy):
        return tf.clip_by_value(dy, -0.01, 0.01)
    return tf.identity(x), grad
""",
        graph=False,
    ),
    "tape_watch": Program(
        "Gradients with respect to inputs.",
        """
for i in range(30):
    x = XT[i]
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.tanh(x @ w))
    b.assign_add(0.01 * tf.reduce_mean(tape.gradient(y, x), 0)[:3])
""",
    ),
    "tf_cond_and_while": Program(
        "The user's own tf.cond and tf.while_loop.",
        """
for i in range(30):
    m = tf.reduce_mean(XT[i])
    s = tf.cond(m > 0, lambda: m * 2.0, lambda: m - 1.0)
    n, _ = tf.while_loop(lambda k, v: v > 0.1, lambda k, v: (k + 1, v * 0.5), [0, tf.abs(s)])
    b.assign_add(tf.ones(3) * s)
    log.append(int(n))
""",
    ),
    "string_building": Program(
        "Strings are collected and joined.",
        """
lines = []
for i in range(20):
    b.assign_add(tf.ones(3))
    lines.append("{}: {:.1f}".format(i, float(b[0])).rjust(12))
text = "|".join(lines[-3:])
""",
    ),
    "confusion_matrix": Program(
        "Counts go into a NumPy matrix.",
        """
cm = np.zeros((3, 3), int)
for i in range(30):
    pred = int(tf.argmax(tf.reduce_mean(XT[i] @ w, 0)))
    b.assign_add(tf.ones(3))
    cm[int(YT[i, 0]), pred] += 1
""",
    ),
    "best_weights_kept": Program(
        "The best weights are kept as arrays.",
        """
best, best_w = 1e9, None
best_w = w.numpy()
for i in range(30):
    loss = float(xent(YT[i], XT[i] @ w + b))
    w.assign_add(0.01 * tf.ones([4, 3]) * float(i % 3 - 1))
    if loss < best:
        best, best_w = loss, w.numpy()
""",
    ),
    "global_step_function": Program(
        "A schedule reads a global step that the loop advances.",
        """
step = 0
for i in range(40):
    b.assign_sub(schedule() * XT[i, 0, :3])
    step += 1
print(step)
""",
        setup="def schedule():\n    return 0.5 if step < 10 else 0.5 * 0.9 ** (step - 10)\n",
    ),
    "chained_methods_on_config": Program(
        "Nested settings.",
        "for i in range(30):\n    if cfg['opt']['name'] == 'sgd' and cfg['opt']['rate'] > 0:\n        b.assign_sub(cfg['opt']['rate'] * XT[i, 0, :3])\n",
        setup="cfg = {'opt': {'name': 'sgd', 'rate': 0.1}}\n",
    ),
    "numpy_array_in_place": Program(
        "A NumPy batch is changed in place.",
        "for i in range(20):\n    x = X[i]\n    x += 1.0\n    b.assign_add(0.01 * tf.reduce_mean(x, 0)[:3])\n",
        graph=False,
    ),
    "mixed_dtypes": Program(
        "Integers, floats, bools and casts.",
        """
correct = 0
for i in range(30):
    logits = XT[i] @ w + b
    hit = tf.equal(tf.argmax(logits, 1), YT[i])
    correct += int(tf.reduce_sum(tf.cast(hit, tf.int32)))
    b.assign_add(0.1 * tf.reduce_mean(tf.one_hot(YT[i], 3) - tf.nn.softmax(logits), 0))
print(correct)
""",
    ),
    "exception_in_epoch_two": Program(
        "An exception in a later epoch, in a function.",
        "for epoch in range(4):\n    run(epoch)\n",
        setup="""
def run(epoch):
    for i in range(15):
        b.assign_add(tf.ones(3))
        log.append(i)
        if epoch == 2 and i == 9:
            raise RuntimeError("epoch two")
""",
    ),
    "return_from_loop": Program(
        "A function returns from inside its loop.",
        "r = search(20.5)\nprint(r)\n",
        setup="""
def search(limit):
    for i in range(100):
        b.assign_add(tf.ones(3))
        if b[0] > limit:
            return i, float(b[0])
    return None
""",
    ),
}
