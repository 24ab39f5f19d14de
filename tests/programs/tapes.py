"""Gradients: nested and persistent tapes, watch, stop_gradient, custom gradients, jacobians, clipping."""

from tests.programs.harness import Program

PROGRAMS = {
    "persistent_tape": Program(
        "Two gradients from one tape.",
        """
for i in range(30):
    with tf.GradientTape(persistent=True) as tape:
        z = tf.matmul(XT[i], w) + b
        one, two = xent(YT[i], z), tf.reduce_mean(z * z)
    gw = tape.gradient(one, w)
    gb = tape.gradient(two, b)
    del tape
    w.assign_sub(0.1 * gw)
    b.assign_sub(0.1 * gb)
log.append(float(one))
""",
    ),
    "nested_tapes": Program(
        "A gradient penalty.",
        """
for i in range(30):
    with tf.GradientTape() as outer:
        x = XT[i]
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(tf.tanh(tf.matmul(x, w)))
        gx = inner.gradient(y, x)
        loss = tf.reduce_mean((tf.norm(gx, axis=1) - 1.0) ** 2)
    gw = outer.gradient(loss, w)
    w.assign_sub(0.05 * gw)
    log.append(float(loss))
del outer, inner
""",
    ),
    "second_order": Program(
        "The second derivative of a scalar function.",
        """
for i in range(30):
    x = tf.constant(0.1) * float(i)
    with tf.GradientTape() as t2:
        t2.watch(x)
        with tf.GradientTape() as t1:
            t1.watch(x)
            y = tf.sin(x) * x ** 2
        dy = t1.gradient(y, x)
    d2y = t2.gradient(dy, x)
    log.append((float(dy), float(d2y)))
del t1, t2
""",
    ),
    "stop_gradient": Program(
        "A target that is not differentiated.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.tanh(tf.matmul(XT[i], w) + b)
        loss = tf.reduce_mean((h - tf.stop_gradient(tf.reverse(h, [0]))) ** 2)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
del tape
log.append(float(loss))
""",
    ),
    "tape_stop_recording": Program(
        "A part that the tape does not record.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.matmul(XT[i], w)
        with tape.stop_recording():
            scale = tf.reduce_max(tf.abs(h))
        loss = tf.reduce_mean(h * h) / (scale + 1.0)
    g = tape.gradient(loss, w)
    w.assign_sub(0.1 * g)
del tape
log.append(float(loss))
""",
    ),
    "watched_tensor": Program(
        "Gradients with respect to the input.",
        """
x = tf.ones([8, 4]) * 0.1
for i in range(30):
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = xent(YT[i], tf.matmul(x, w) + b)
    x = x - 0.5 * tape.gradient(loss, x)
del tape
log.append(float(loss))
""",
    ),
    "unwatched_accessed_variables": Program(
        "A tape that watches nothing by itself.",
        """
for i in range(30):
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(w)
        loss = xent(YT[i], tf.matmul(XT[i], w) + b)
    gw, gb = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * gw)
    log.append(gb is None)
del tape
""",
    ),
    "custom_gradient": Program(
        "A function with a gradient of its own.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(clip_grad(tf.matmul(XT[i], w) + b) ** 2)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
del tape
log.append(float(loss))
""",
        setup="""
@tf.custom_gradient
def clip_grad(x):
    def grad(dy):
        return tf.clip_by_value(dy, -0.01, 0.01)
    return tf.identity(x), grad
""",
    ),
    "straight_through": Program(
        "A straight-through estimator by stop_gradient.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        h = tf.matmul(XT[i], w) + b
        q = h + tf.stop_gradient(tf.round(h) - h)
        loss = tf.reduce_mean(q * q)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
del tape
log.append(float(loss))
""",
    ),
    "jacobian": Program(
        "A jacobian per step.",
        """
for i in range(12):
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.tanh(tf.matmul(XT[i], w)), axis=0)
    j = tape.jacobian(y, w)
    w.assign_sub(0.01 * tf.reduce_sum(j, axis=0))
del tape
log.append(float(tf.reduce_sum(w)))
""",
    ),
    "gradient_of_none": Program(
        "A variable that the loss does not depend on.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.matmul(XT[i], w))
    grads = tape.gradient(loss, [w, b])
    for v, g in zip([w, b], grads):
        if g is not None:
            v.assign_sub(0.1 * g)
del tape
log.append(float(loss))
""",
    ),
    "unconnected_zero": Program(
        "Unconnected gradients as zeros.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.matmul(XT[i], w))
    gw, gb = tape.gradient(loss, [w, b], unconnected_gradients=tf.UnconnectedGradients.ZERO)
    w.assign_sub(0.1 * gw)
    b.assign_add(gb)
del tape
log.append(float(loss))
""",
    ),
    "gradient_accumulation": Program(
        "Gradients are accumulated over four steps.",
        """
acc = [tf.zeros_like(w), tf.zeros_like(b)]
for i in range(40):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.matmul(XT[i], w) + b) / 4
    g = tape.gradient(loss, [w, b])
    acc = [a + d for a, d in zip(acc, g)]
    if (i + 1) % 4 == 0:
        w.assign_sub(0.1 * acc[0])
        b.assign_sub(0.1 * acc[1])
        acc = [tf.zeros_like(w), tf.zeros_like(b)]
del tape
log.append(float(loss))
""",
    ),
    "accumulators_in_variables": Program(
        "The same with variables.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.matmul(XT[i], w) + b)
    for a, g in zip(accs, tape.gradient(loss, [w, b])):
        a.assign_add(g / 4)
    if i % 4 == 3:
        for v, a in zip([w, b], accs):
            v.assign_sub(0.1 * a)
            a.assign(tf.zeros_like(a))
del tape
""",
        setup="accs = [tf.Variable(tf.zeros_like(w)), tf.Variable(tf.zeros_like(b))]\n",
    ),
    "clip_by_norm_and_value": Program(
        "Three kinds of clipping.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.matmul(XT[i], w) + b)
    g = tape.gradient(loss, [w, b])
    g, norm = tf.clip_by_global_norm(g, 0.5)
    g = [tf.clip_by_value(tf.clip_by_norm(d, 0.4), -0.2, 0.2) for d in g]
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(round(float(norm), 3))
del tape
""",
    ),
    "nan_guard": Program(
        "A step is skipped when its gradient is not finite.",
        """
skipped = 0
for i in range(30):
    x = XT[i] / tf.constant(0.0 if i in (7, 19) else 1.0)
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.matmul(x, w) + b)
    g = tape.gradient(loss, [w, b])
    if not all(bool(tf.reduce_all(tf.math.is_finite(d))) for d in g):
        skipped += 1
        continue
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
del tape
print(skipped)
""",
    ),
    "maml_step": Program(
        "An inner gradient step inside an outer tape.",
        """
for i in range(20):
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            loss = xent(YT[i], tf.matmul(XT[i], w) + b)
        gw = inner.gradient(loss, w)
        fast = w - 0.1 * gw
        meta = xent(YT[i + 1], tf.matmul(XT[i + 1], fast) + b)
    g = outer.gradient(meta, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
del inner, outer
log.append(float(meta))
""",
    ),
    "hessian_vector_product": Program(
        "Forward over reverse by two tapes.",
        """
v = tf.ones_like(w)
for i in range(20):
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            loss = xent(YT[i], tf.matmul(XT[i], w) + b)
        g = inner.gradient(loss, w)
        dot = tf.reduce_sum(g * v)
    hv = outer.gradient(dot, w)
    v = hv / (tf.norm(hv) + 1e-6)
del inner, outer
log.append(float(tf.norm(hv)))
""",
    ),
    "gradient_tape_in_a_helper": Program(
        "A helper returns value and gradients.",
        """
for i in range(30):
    loss, grads = value_and_grad(lambda: xent(YT[i], tf.matmul(XT[i], w) + b), [w, b])
    for v, g in zip([w, b], grads):
        v.assign_sub(0.1 * g)
log.append(float(loss))
""",
        setup="""
def value_and_grad(f, variables):
    with tf.GradientTape() as tape:
        value = f()
    return value, tape.gradient(value, variables)
""",
    ),
    "embedding_gradients": Program(
        "Sparse gradients of a lookup.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        e = tf.nn.embedding_lookup(table, ids[i])
        loss = tf.reduce_mean((tf.reduce_sum(e, 1) - 1.0) ** 2)
    g = tape.gradient(loss, table)
    opt.apply_gradients([(g, table)])
del tape, g
log.append(float(loss))
""",
        setup="table = tf.Variable(tf.random.normal([10, 4]))\nids = rng.integers(0, 10, size=(40, 5))\nopt = keras.optimizers.SGD(0.1)\n",
    ),
}
