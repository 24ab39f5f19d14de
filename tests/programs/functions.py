"""User functions, closures, methods, library callbacks."""

from tests.programs.harness import Program

PROGRAMS = {
    "helper": Program(
        "A function does the step.",
        """
for i in range(40):
    loss = step(XT[i], YT[i])
    log.append(float(loss))
""",
        setup="""
def step(x, y, rate=0.1):
    with tf.GradientTape() as tape:
        loss = xent(y, x @ w + b)
    grads = tape.gradient(loss, [w, b])
    for v, g in zip([w, b], grads):
        v.assign_sub(rate * g)
    return loss
""",
    ),
    "hot_loop_in_function": Program(
        "The hot loop is inside a function that the cell calls.",
        "losses = fit(40)\nprint(len(losses), f'{losses[-1]:.3f}')\n",
        setup="""
def fit(steps):
    losses = []
    best = 1e9
    for i in range(steps):
        with tf.GradientTape() as tape:
            loss = xent(YT[i], XT[i] @ w + b)
        gw, gb = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * gw)
        b.assign_sub(0.1 * gb)
        losses.append(float(loss))
        best = min(best, losses[-1])
    print("best", f"{best:.4f}", i)
    return losses
""",
    ),
    "trainer_object": Program(
        "A trainer keeps its state in attributes; its loop is in a method.",
        "trainer = Trainer()\ntrainer.run(40)\nprint(trainer.step, f'{trainer.ema:.4f}')\n",
        setup="""
class Trainer:
    def __init__(self):
        self.step, self.ema, self.losses = 0, 0.0, []
    def train_step(self, x, y):
        with tf.GradientTape() as tape:
            loss = xent(y, x @ w + b)
        g = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * g[0])
        b.assign_sub(0.1 * g[1])
        self.step += 1
        return loss
    def run(self, n):
        for i in range(n):
            loss = self.train_step(XT[i], YT[i])
            self.ema = 0.9 * self.ema + 0.1 * float(loss)
            self.losses.append(float(loss))
""",
    ),
    "closure_counter": Program(
        "A closure counts with nonlocal.",
        "for i in range(30):\n    b.assign_add(tf.ones(3) * bump())\n",
        setup="""
def make():
    n = 0
    def bump():
        nonlocal n
        n += 1
        return float(n)
    return bump
bump = make()
""",
    ),
    "global_counter": Program(
        "A function writes a global.",
        "for i in range(30):\n    tick()\n    b.assign_add(tf.ones(3))\nprint(ticks)\n",
        setup="ticks = 0\ndef tick():\n    global ticks\n    ticks += 1\n",
    ),
    "lambda_and_kwargs": Program(
        "Lambdas, defaults, *args and **kwargs.",
        """
square = lambda v, k=2: v ** k
for i in range(30):
    b.assign_add(0.01 * combine(XT[i, 0, :3], XT[i, 1, :3], scale=0.5, f=square))
""",
        setup="""
def combine(*parts, scale=1.0, **rest):
    total = tf.zeros(3)
    for p in parts:
        total = total + rest["f"](p) * scale
    return total
""",
    ),
    "early_return": Program(
        "A function returns early on a tensor.",
        "for i in range(40):\n    b.assign_add(0.01 * clip(XT[i, 0, :3]))\n",
        setup="""
def clip(v):
    n = tf.norm(v)
    if n > 1.0:
        return v / n
    return v * 2.0
""",
    ),
    "decorated": Program(
        "A decorated function.",
        "for i in range(30):\n    b.assign_add(twice(XT[i, 0, :3]))\n",
        setup="""
def logged(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        log.append(f.__name__) if False else None
        return f(*args, **kwargs)
    return inner
@logged
def twice(v):
    return 2.0 * v
""",
    ),
    "partial": Program(
        "functools.partial.",
        "half = functools.partial(scale, k=0.5)\nfor i in range(30):\n    b.assign_add(half(XT[i, 0, :3]))\n",
        setup="def scale(v, k):\n    return v * k\n",
    ),
    "recursion_on_numbers": Program(
        "Recursion on a Python number.",
        "for i in range(30):\n    b.assign_add(0.01 * power(XT[i, 0, :3], 3))\n",
        setup="def power(v, n):\n    return tf.ones(3) if n == 0 else v * power(v, n - 1)\n",
    ),
    "layer_objects": Program(
        "Layers as user objects in a list.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], net(XT[i]))
    grads = tape.gradient(loss, net.parameters)
    for v, g in zip(net.parameters, grads):
        v.assign_sub(0.05 * g)
print(net.calls)
""",
        setup="""
class Linear:
    def __init__(self, n, m):
        self.w = tf.Variable(rng.normal(size=(n, m)).astype("float32") * 0.3)
        self.b = tf.Variable(tf.zeros(m))
    def __call__(self, x):
        return x @ self.w + self.b
class Net:
    def __init__(self):
        self.layers = [Linear(4, 6), Linear(6, 3)]
        self.calls = 0
    @property
    def parameters(self):
        return [p for l in self.layers for p in (l.w, l.b)]
    def __call__(self, x):
        self.calls += 1
        for l in self.layers[:-1]:
            x = tf.nn.relu(l(x))
        return self.layers[-1](x)
net = Net()
""",
    ),
    "inheritance_super": Program(
        "super() and overridden methods.",
        "m = Child()\nfor i in range(30):\n    b.assign_add(0.01 * m.f(XT[i, 0, :3]))\nprint(m.n)\n",
        setup="""
class Base:
    n = 0
    def f(self, v):
        self.n += 1
        return v * 2.0
class Child(Base):
    def f(self, v):
        return super().f(v) + 1.0
""",
    ),
    "map_fn_callback": Program(
        "tf.map_fn calls back a user function.",
        "for i in range(30):\n    b.assign_add(0.01 * tf.reduce_sum(tf.map_fn(row, XT[i]), 0))\n",
        setup="def row(r):\n    return tf.tanh(r[:3])\n",
    ),
    "tf_function_called": Program(
        "The user's own tf.function is part of the loop.",
        "for i in range(30):\n    b.assign_add(0.01 * act(XT[i, 0, :3]))\n",
        setup="@tf.function\ndef act(v):\n    return tf.nn.softplus(v) + 0.1\n",
    ),
    "state_in_attribute": Program(
        "A recurrent state lives in an attribute between iterations.",
        """
cell = Cell()
for i in range(40):
    out = cell.step(XT[i])
    b.assign_add(0.01 * tf.reduce_mean(out, 0))
""",
        setup="""
class Cell:
    def __init__(self):
        self.h = tf.zeros([8, 3])
    def step(self, x):
        self.h = tf.tanh(x @ w + 0.5 * self.h)
        return self.h
""",
    ),
    "carried_tuple": Program(
        "A tuple of tensors is carried.",
        """
state = (tf.zeros([8, 3]), tf.zeros([8, 3]))
for i in range(40):
    h, c = state
    c = 0.9 * c + tf.tanh(XT[i] @ w)
    h = tf.nn.sigmoid(h) * c
    state = (h, c)
""",
    ),
}
