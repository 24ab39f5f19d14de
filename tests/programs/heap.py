"""The heap: attributes, aliasing, changes between iterations and calls."""

from tests.programs.harness import Program

PROGRAMS = {
    "attribute_counter": Program(
        "An attribute counts.",
        "for i in range(30):\n    c.n += 1\n    b.assign_add(tf.ones(3) * c.n)\n",
        setup="class C: pass\nc = C(); c.n = 0\n",
    ),
    "aliased_objects": Program(
        "Two names for one object.",
        "for i in range(30):\n    a.n += 1\n    z.n += 10\n    b.assign_add(tf.ones(3))\nprint(a.n, z.n, a is z)\n",
        setup="class C: pass\na = C(); a.n = 0\nz = a\n",
    ),
    "aliased_lists": Program(
        "Two names for one list.",
        "other = log\nfor i in range(30):\n    log.append(i)\n    other.append(-i)\n    b.assign_add(tf.ones(3))\nprint(len(log))\n",
    ),
    "swap_names": Program(
        "Two carried tensors change places.",
        "p, q = tf.zeros(3), tf.ones(3)\nfor i in range(31):\n    p, q = q, p + XT[i, 0, :3]\n",
    ),
    "previous_value": Program(
        "The last iteration's tensor is used.",
        """
prev = tf.zeros([])
for i in range(30):
    loss = tf.reduce_mean(XT[i])
    log.append(float(loss - prev))
    prev = loss
""",
    ),
    "optional_previous": Program(
        "A name starts as None.",
        """
prev = None
for i in range(30):
    loss = tf.reduce_mean(XT[i] @ w)
    b.assign_add(tf.ones(3))
    if prev is not None:
        log.append(float(loss - prev))
    prev = loss
""",
    ),
    "config_object": Program(
        "Settings come from an object.",
        "for i in range(30):\n    if cfg.use_bias:\n        b.assign_sub(cfg.rate * XT[i, 0, :3])\n",
        setup="""
@dataclasses.dataclass
class Config:
    rate: float = 0.1
    use_bias: bool = True
cfg = Config()
""",
    ),
    "dict_of_variables": Program(
        "Variables in a dictionary.",
        """
for i in range(30):
    for name in params:
        params[name].assign(params[name] * 0.9 + 0.1)
    b.assign_add(params["p"])
""",
        setup="params = {'p': tf.Variable(tf.zeros(3)), 'q': tf.Variable(tf.ones(2))}\n",
    ),
    "rate_decays_in_attribute": Program(
        "A rate in an attribute decays.",
        "for i in range(30):\n    opt.rate *= 0.95\n    b.assign_sub(opt.rate * XT[i, 0, :3])\n",
        setup="class O: pass\nopt = O(); opt.rate = 0.5\n",
    ),
    "array_edited_between_epochs": Program(
        "A NumPy array is edited between two runs of the inner loop.",
        """
for epoch in range(3):
    for i in range(12):
        z = tf.matmul(X[i], w)
        b.assign_add(0.01 * tf.reduce_mean(z, 0))
    X[:] = X * 0.5
""",
    ),
    "attribute_set_between_epochs": Program(
        "A setting changes between epochs: the guard sees it.",
        """
for epoch in range(4):
    cfg.rate = 0.1 / (epoch + 1)
    for i in range(12):
        b.assign_sub(cfg.rate * XT[i, 0, :3])
    log.append(float(b[0]))
""",
        setup="class C: pass\ncfg = C(); cfg.rate = 1.0\n",
    ),
    "method_replaced_between_epochs": Program(
        "A function is rebound between epochs.",
        """
for epoch in range(3):
    if epoch == 1:
        act = tf.nn.relu
    if epoch == 2:
        act = lambda v: v * 3.0
    for i in range(12):
        b.assign_add(0.01 * act(XT[i, 0, :3]))
""",
        setup="act = tf.tanh\n",
    ),
    "outer_loop_variable": Program(
        "The inner loop reads the epoch.",
        """
for epoch in range(5):
    for i in range(12):
        b.assign_sub(0.1 / (1 + epoch) * XT[i, 0, :3])
        log.append((epoch, i))
""",
    ),
    "variables_created_before": Program(
        "Slots of an optimizer written by hand.",
        """
m = [tf.Variable(tf.zeros_like(v)) for v in (w, b)]
for i in range(40):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], XT[i] @ w + b)
    grads = tape.gradient(loss, [w, b])
    for v, g, s in zip([w, b], grads, m):
        s.assign(0.9 * s + g)
        v.assign_sub(0.05 * s)
""",
    ),
    "delete_name": Program("A temporary is deleted.", "for i in range(30):\n    t = XT[i, 0, :3]\n    b.assign_add(t)\n    del t\n"),
}
