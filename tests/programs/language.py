"""The rest of the language: match, walrus, generators, contexts, decorators, names, loops, exceptions."""

from tests.programs.harness import Program
from tests.programs.library import STEP

PROGRAMS = {
    "match_on_a_literal": Program(
        "A phase by number.",
        """
for i in range(40):
    match i % 4:
        case 0:
            rate = 0.1
        case 1 | 2:
            rate = 0.05
        case _:
            rate = 0.01
    loss = step(XT[i], YT[i], rate=rate)
log.append(rate)
""",
        setup=STEP,
    ),
    "match_on_a_structure": Program(
        "Layers described by tuples and dictionaries.",
        """
for i in range(30):
    h = XT[i]
    for layer in layers:
        match layer:
            case ("scale", k):
                h = h * k
            case {"kind": "act", "name": "tanh"}:
                h = tf.tanh(h)
            case {"kind": "act", "name": name}:
                h = getattr(tf.nn, name)(h)
            case [first, *rest] if len(rest) == 2:
                h = h + first
            case None:
                pass
    loss = step(h, YT[i])
log.append(float(loss))
""",
        setup=STEP + "layers = [('scale', 0.5), {'kind': 'act', 'name': 'tanh'}, None, [0.1, 0.2, 0.3], {'kind': 'act', 'name': 'relu'}]\n",
    ),
    "match_on_a_class": Program(
        "Operations described by data classes.",
        """
for i in range(30):
    h = XT[i]
    for op in ops:
        match op:
            case Scale(k):
                h = h * k
            case Shift(by=v):
                h = h + v
    loss = step(h, YT[i])
""",
        setup=STEP
        + """
@dataclasses.dataclass
class Scale:
    k: float
@dataclasses.dataclass
class Shift:
    by: float
ops = [Scale(0.5), Shift(0.1), Scale(2.0)]
""",
    ),
    "match_on_a_computed_number": Program(
        "The case depends on a class that the graph predicts.",
        """
for i in range(40):
    k = int(tf.argmax(tf.reduce_sum(XT[i] @ w, axis=0)))
    match k:
        case 0:
            b.assign_add([0.1, 0.0, 0.0])
        case 1:
            b.assign_add([0.0, 0.1, 0.0])
        case other:
            b.assign_sub([0.0, 0.0, 0.05])
    log.append(k)
""",
    ),
    "walrus": Program(
        "Assignment expressions in conditions and comprehensions.",
        """
for i in range(40):
    if (n := i % 5) > 2 and (m := n * 2) > 6:
        log.append((n, m))
    parts = [y for k in range(3) if (y := XT[i, k] * 0.5) is not None]
    loss = step(tf.concat([parts[0][None], XT[i]], 0)[:8], YT[i])
print(n, len(log))
""",
        setup=STEP,
    ),
    "generator_expression_consumed": Program(
        "sum() and max() over generator expressions.",
        """
for i in range(30):
    l2 = sum(tf.reduce_sum(v * v) for v in (w, b))
    worst = max(float(tf.reduce_max(tf.abs(v))) for v in (w, b))
    loss = step(XT[i], YT[i], rate=0.1)
    log.append((float(l2), worst))
""",
        setup=STEP,
    ),
    "generator_function_consumed": Program(
        "A generator of the user's is consumed inside the iteration.",
        """
for i in range(30):
    total = 0.0
    for part in parts(XT[i], 4):
        total = total + tf.reduce_sum(tf.tanh(part))
    loss = step(XT[i] * 0.5, YT[i])
    log.append(float(total))
""",
        setup=STEP + "def parts(x, n):\n    for k in range(n):\n        yield x[k * 2:(k + 1) * 2]\n",
    ),
    "context_manager_class": Program(
        "A context manager class with state.",
        """
for i in range(30):
    with timer("step"):
        loss = step(XT[i], YT[i])
print(timer.entered, timer.left)
""",
        setup=STEP
        + """
class Timer:
    def __init__(self): self.entered = self.left = 0; self.name = ""
    def __call__(self, name):
        self.name = name
        return self
    def __enter__(self):
        self.entered += 1
        return self
    def __exit__(self, *exc):
        self.left += 1
        return False
timer = Timer()
""",
    ),
    "context_manager_generator": Program(
        "contextlib.contextmanager.",
        """
for i in range(30):
    with scaled(0.5) as k:
        loss = step(XT[i] * k, YT[i])
print(len(events))
""",
        setup=STEP
        + """
import contextlib
events = []
@contextlib.contextmanager
def scaled(k):
    events.append("in")
    yield k
    events.append("out")
""",
    ),
    "suppress": Program(
        "contextlib.suppress around a lookup.",
        """
for i in range(30):
    with contextlib.suppress(KeyError):
        table["missing" if i == 20 else "k"] += 1
    loss = step(XT[i], YT[i])
print(table)
""",
        setup=STEP + "import contextlib\ntable = {'k': 0}\n",
    ),
    "nullcontext": Program(
        "contextlib.nullcontext chosen at run time.",
        """
for i in range(30):
    with contextlib.nullcontext():
        loss = step(XT[i], YT[i])
""",
        setup=STEP + "import contextlib\n",
    ),
    "decorated_step": Program(
        "A user's decorator with functools.wraps that counts calls.",
        """
for i in range(30):
    loss = counted_step(XT[i], YT[i])
print(counted_step.calls)
""",
        setup=STEP
        + """
def counted(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        wrapper.calls += 1
        return f(*args, **kwargs)
    wrapper.calls = 0
    return wrapper
counted_step = counted(step)
""",
    ),
    "lru_cache": Program(
        "A cached function of Python numbers.",
        """
for i in range(30):
    loss = step(XT[i], YT[i], rate=schedule(i // 10))
""",
        setup=STEP + "@functools.lru_cache\ndef schedule(k):\n    return 0.1 / (k + 1)\n",
    ),
    "partial_and_lambda": Program(
        "functools.partial, lambdas with defaults, map and filter.",
        """
for i in range(30):
    hs = list(map(lambda v, k=0.5: v * k, [XT[i], XT[i] + 1.0]))
    keep = list(filter(lambda k: k % 2 == 0, range(4)))
    loss = half(hs[0] + hs[1] * len(keep), YT[i])
""",
        setup=STEP + "half = functools.partial(step, rate=0.05)\n",
    ),
    "reduce_and_itemgetter": Program(
        "functools.reduce, operator.itemgetter, zip with star.",
        """
for i in range(30):
    pairs = [(XT[i, k], k) for k in range(4)]
    xs, ks = zip(*pairs)
    total = functools.reduce(lambda a, c: a + c, xs)
    log.append(sum(ks))
    b.assign_add(0.01 * total[:3])
""",
    ),
    "keyword_only_and_star": Program(
        "Signatures with *args, keyword-only and **kwargs.",
        """
for i in range(30):
    loss = flexible(XT[i], YT[i], 1, 2, rate=0.05, **{"extra": i})
print(f"{float(loss):.4f}")
""",
        setup=STEP + "def flexible(x, y, *more, rate=0.1, **rest):\n    return step(x * len(more), y, rate=rate / (1 + 0 * rest['extra']))\n",
    ),
    "late_binding": Program(
        "A function's global is rebound between iterations of an outer loop.",
        """
for epoch in range(3):
    RATE = 0.1 / (epoch + 1)
    for i in range(15):
        loss = go(i)
    log.append(float(loss))
""",
        setup=STEP + "RATE = 1.0\ndef go(i):\n    return step(XT[i], YT[i], rate=RATE)\n",
    ),
    "defined_in_one_branch": Program(
        "A name that only one branch binds.",
        """
for i in range(40):
    if tf.reduce_sum(XT[i]) > 4:
        found = i
    loss = step(XT[i], YT[i])
print(found)
""",
        setup=STEP,
    ),
    "name_unbound_at_first": Program(
        "The name is read only after some iteration has bound it.",
        """
for i in range(40):
    if i >= 5:
        last = float(loss)
    loss = step(XT[i], YT[i])
    if i > 20:
        log.append(last)
print(len(log))
""",
        setup=STEP,
    ),
    "del_in_the_loop": Program(
        "Names and items are deleted.",
        """
for i in range(30):
    x = XT[i] * 0.5
    cache[i] = float(tf.reduce_sum(x))
    if i >= 3:
        del cache[i - 3]
    loss = step(x, YT[i])
    del x
print(sorted(cache))
""",
        setup=STEP + "cache = {}\n",
    ),
    "assert_statements": Program(
        "Assertions on shapes and values, one of which fails.",
        """
try:
    for i in range(30):
        loss = step(XT[i], YT[i])
        assert XT[i].shape == (8, 4)
        assert i < 22, f"too far: {i}"
except AssertionError as e:
    log.append(str(e))
print(i, log)
""",
        setup=STEP,
    ),
    "global_statement": Program(
        "A function changes a global counter.",
        """
for i in range(30):
    loss = tick(i)
print(COUNT)
""",
        setup=STEP + "COUNT = 0\ndef tick(i):\n    global COUNT\n    COUNT += 1\n    return step(XT[i], YT[i])\n",
    ),
    "nonlocal_counter": Program(
        "A closure counts its calls.",
        """
for i in range(30):
    loss, n = go(i)
print(n)
""",
        setup=STEP
        + """
def make():
    n = 0
    def go(i):
        nonlocal n
        n += 1
        return step(XT[i], YT[i]), n
    return go
go = make()
""",
    ),
    "nested_function_in_the_loop": Program(
        "A closure made anew in every iteration.",
        """
for i in range(30):
    def loss_of(k):
        return xent(YT[i], tf.matmul(XT[i] * k, w) + b)
    with tf.GradientTape() as tape:
        loss = loss_of(0.5) + loss_of(1.0)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
del tape, loss_of
""",
    ),
    "chained_comparisons": Program(
        "Chained and mixed conditions on tensors and numbers.",
        """
for i in range(40):
    s = tf.reduce_mean(XT[i])
    if -0.1 < s < 0.1 and i % 2 == 0 or not (i < 30 or s > 0):
        log.append(i)
    loss = step(XT[i], YT[i], rate=0.1 if 0 <= i < 20 else 0.05)
print(log)
""",
        setup=STEP,
    ),
    "loops_over_views": Program(
        "Dictionary views, enumerate, zip, reversed and sorted inside the iteration.",
        """
for i in range(30):
    total = tf.zeros([3])
    for name, v in table.items():
        total = total + v[:3] * len(name)
    for k, (a, c) in enumerate(zip(reversed([1.0, 2.0]), sorted([3.0, 1.0]))):
        total = total + a * c * k
    for key in table:
        total = total + table[key][:3]
    b.assign(tf.tanh(total * 0.01 + b))
""",
        setup="table = {'one': w[0], 'three': w[1]}\n",
    ),
    "while_with_else": Program(
        "while/else and break inside an iteration.",
        """
for i in range(30):
    k = 0
    while k < 6:
        if k == i % 8:
            break
        k += 1
    else:
        k = -1
    log.append(k)
    loss = step(XT[i], YT[i])
print(sum(log))
""",
        setup=STEP,
    ),
    "while_on_a_tensor": Program(
        "An inner while until a tensor is small.",
        """
for i in range(30):
    x = XT[i, 0]
    n = 0
    while tf.norm(x) > 0.5:
        x = x * 0.7
        n += 1
    log.append(n)
    b.assign_add(0.01 * x[:3])
""",
    ),
    "try_in_the_loop": Program(
        "An exception that the loop handles in some iterations.",
        """
for i in range(30):
    try:
        value = table[i % 4]
    except IndexError:
        value = 0.0
        log.append(i)
    finally:
        b.assign_add([0.01, 0.0, 0.0])
    loss = step(XT[i] * (1.0 + value), YT[i])
print(len(log))
""",
        setup=STEP + "table = [0.1, 0.2, 0.3]\n",
    ),
    "retry_on_a_tensorflow_error": Program(
        "A bad gather is caught.",
        """
for i in range(30):
    try:
        row = tf.gather(w, i % 6)
    except tf.errors.InvalidArgumentError:
        row = tf.zeros([3])
        log.append(i)
    b.assign_add(0.01 * row)
print(log)
""",
    ),
    "raise_under_a_tensor_condition": Program(
        "Training stops when the loss is not finite.",
        """
try:
    for i in range(30):
        loss = step(XT[i] / (0.0 if i == 17 else 1.0), YT[i])
        if not tf.math.is_finite(loss):
            raise FloatingPointError(f"loss is {float(loss)} in step {i}")
except FloatingPointError as e:
    log.append(str(e))
print(log)
""",
        setup=STEP,
    ),
    "return_from_a_loop": Program(
        "A function returns from inside its loop.",
        "r = search()\nprint(r)\n",
        setup=STEP
        + "def search():\n    for i in range(40):\n        loss = step(XT[i], YT[i])\n        if i == 25:\n            return i, float(loss)\n    return None\n",
    ),
    "iterate_over_a_tensor": Program(
        "A loop over a tensor and a loop over an array.",
        """
for x, y in zip(XT, YT):
    loss = step(x, y)
for x in X:
    b.assign_add(0.001 * tf.reduce_mean(x, axis=0)[:3])
print(f"{float(loss):.4f}")
""",
        setup=STEP,
    ),
}
