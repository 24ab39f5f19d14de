"""Decorated functions with control flow over tensors and Python values, called again and again with arguments of changing kind.

Each function is called four times with each argument of a sequence, in order and then backwards: the second time with graphs that
were made for other arguments. What it returns or raises, and what it leaves behind, must be Python's.
"""

from __future__ import annotations

import re

from tests.programs.program import Program
from tests.programs.table.build import SETUP

FUNCTIONS = """
def while_tensor(x):
    while tf.reduce_sum(x) < 10:
        x = x + 1
    return x
def while_break(x):
    n = 0
    while True:
        x = x * 2
        n += 1
        if tf.reduce_max(x) > 20 or n > 6:
            break
    return x, n
def while_continue(x):
    i, s = 0, x * 0
    while i < 7:
        i += 1
        if i % 3 == 0:
            continue
        s = s + i
    return s
def for_range_tensor(x):
    s = tf.zeros_like(x)
    for i in range(3):
        if tf.reduce_sum(s) > 4:
            s = s - x
        else:
            s = s + x * (i + 1)
    return s
def for_over_tensor(x):
    s = 0
    for e in tf.reshape(x, [-1]):
        s = s + e
    return s
def return_in_loop(x):
    for i in range(5):
        x = x + 1
        if tf.reduce_sum(x) > 8:
            return x, i
    return x
def return_in_branches(x):
    if tf.reduce_sum(x) > 3:
        if tf.reduce_min(x) < 1:
            return "small"
        return x * 2
    elif tf.reduce_sum(x) > 1:
        return [x, x]
    return None
def nested_loops(x):
    total = 0
    for i in range(3):
        for j in range(i, 3):
            if j == 2 and i == 1:
                break
            total = total + tf.reduce_sum(x) * j
        else:
            total = total + 1
    return total
def undefined_in_branch(x):
    if tf.reduce_sum(x) > 2:
        y = x + 1
    return y
def undefined_after_loop(x):
    for e in range(int(tf.reduce_sum(x)) % 3):
        last = e
    return last
def list_of_tensors(x):
    out = []
    for i in range(3):
        out.append(x * i)
        if tf.reduce_sum(x) > 4:
            out.append(x)
    return out
def list_changed_in_branch(x):
    seen = [1]
    if tf.reduce_mean(x) > 1:
        seen.append(x)
    else:
        seen.insert(0, "low")
    return seen, len(seen)
def dict_changed_in_branch(x):
    d = {"a": x}
    if tf.reduce_mean(x) > 1:
        d["b"] = x + 1
        del d["a"]
    d["n"] = len(d)
    return d
def global_counter(x):
    global n
    n += 1
    if tf.reduce_sum(x) > 3:
        n += 10
    return x + n
def closure_state(x):
    counts = [0]
    def bump(k):
        counts[0] += k
        return counts[0]
    for i in range(3):
        if tf.reduce_sum(x) > i:
            bump(i + 1)
    return counts[0], counts
def asserts(x):
    assert tf.reduce_sum(x) > 1, f"sum too small"
    return x / 2
def raises(x):
    if tf.reduce_sum(x) > 6:
        raise ValueError("too large")
    return x
def try_except(x):
    try:
        if tf.reduce_sum(x) > 4:
            raise KeyError("k")
        r = "fine"
    except KeyError as e:
        r = str(e)
    finally:
        log.append("finally")
    return r
def ternaries(x):
    a = x if tf.reduce_sum(x) > 3 else -x
    return a if len(a.shape) else a + 1
def bool_ops(x):
    big = tf.reduce_sum(x) > 3 and tf.reduce_max(x) > 1
    low = tf.reduce_sum(x) < 1 or not big
    return big, low, bool(big), not low
def chained(x):
    s = tf.reduce_sum(x)
    return 1 < s < 6, (1 < s) == (s < 6)
def shape_dependent(x):
    if len(x.shape) == 0:
        return x + 1
    if x.shape[0] > 2:
        return x[:2]
    return tf.concat([x, x], 0)
def grows(x):
    y = tf.reshape(x, [-1])
    while y.shape[0] < 6:
        y = tf.concat([y, y], 0)
    return y
def type_changes(x):
    v = 0
    if tf.reduce_sum(x) > 3:
        v = "text"
    elif tf.reduce_sum(x) > 1:
        v = x
    return v
def int_then_tensor(x):
    s = 0
    for i in range(4):
        if i == 2:
            s = s + x
        else:
            s = s + i
    return s
def tensor_array(x):
    ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[])
    for i in range(3):
        ta = ta.write(i, tf.cast(tf.reduce_sum(x), tf.float32) * i)
    return ta.stack()
def unpacking(x):
    (a, b_), *rest = (x, x + 1), x * 2, x * 3
    a, b_ = b_, a
    return a - b_, rest
def comprehension(x):
    return [x * k for k in range(4) if k % 2], {k: tf.reduce_sum(x) for k in "ab"}
def generator(x):
    def parts():
        for k in range(3):
            yield x * k
    return tf.add_n([p + 0 for p in parts()])
def recursion(x, depth=3):
    if depth == 0 or tf.reduce_sum(x) > 9:
        return x
    return recursion(x * 2, depth - 1) + 1
def defaults(x, k=2, *more, flag=False, **named):
    if flag:
        return x * k + len(more)
    return x + k + len(named)
def prints(x):
    if tf.reduce_sum(x) > 3:
        print("large", int(tf.reduce_sum(x)))
    else:
        print("small")
    return x
def variable_writes(x):
    for i in range(2):
        if tf.reduce_sum(x) > 3:
            b.assign_add([0.1, 0.2, 0.3])
        else:
            b.assign(b * 0.5)
    return b + 0.0
def variable_reads(x):
    while tf.reduce_sum(b) < 2:
        b.assign_add([0.5, 0.25, 0.0])
    return tf.reduce_sum(b) * tf.reduce_sum(tf.cast(x, tf.float32))
def gradient(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(b * 2.0 + tf.cast(tf.reduce_sum(x), tf.float32) * b)
        if loss > 1:
            loss = loss * 2
    g = tape.gradient(loss, b)
    b.assign_sub(0.01 * g)
    return g
def attributes(x):
    if tf.reduce_sum(x) > 3:
        box.a = x
        box.count = getattr(box, "count", 0) + 1
    return box.a, hasattr(box, "count")
def dataset(x):
    s = 0
    for e in tf.data.Dataset.range(4):
        if e == 3:
            break
        s = s + e
    return s
def zip_enumerate(x):
    out = 0
    for i, (p, q) in enumerate(zip([1, 2, 3], tf.unstack(tf.range(3)))):
        out = out + p * q + i
    return out, tf.reduce_sum(x)
def match_value(x):
    match int(tf.reduce_sum(x)) % 4:
        case 0: return "zero"
        case 1 | 2 as k: return x + k
        case k if k > 2: return [k]
def walrus(x):
    if (s := tf.reduce_sum(x)) > 3 and (t := s * 2) > 9:
        return s, t
    return s
def none_until(x):
    best = None
    for i in range(3):
        v = tf.reduce_sum(x) * i
        if best is None or v > best:
            best = v
    return best
def while_python_and_tensor(x):
    i = 0
    while i < 5 and tf.reduce_sum(x) < 12:
        x = x + i
        i += 1
    else:
        i = -i
    return x, i
def early_none(x):
    if x is None:
        return "none"
    if isinstance(x, (int, float)):
        return x + 1
    if isinstance(x, list):
        return [v * 2 for v in x]
    return x * 3
def formats(x):
    return f"{float(tf.reduce_sum(x)):.2f} {int(tf.reduce_sum(x)):>4d} {x.shape}"
def in_place(x):
    acc = [0.0, 0.0]
    for i in range(4):
        acc[i % 2] += float(tf.reduce_sum(x)) * i
    acc += [1]
    return acc
def sets_and_sorting(x):
    s = {int(v) % 3 for v in tf.reshape(x, [-1])}
    return sorted(s), max(s), 1 in s
def numpy_inside(x):
    a = np.asarray(x).astype("float64")
    a = a * 2
    if a.sum() > 5:
        a = a - 1
    return a, a.shape
"""
ARGUMENTS = {
    "floats": "tf.constant([0.5, 1.0]), tf.constant([2.0, 3.0]), tf.constant([0.1, 0.2])",
    "shapes": "tf.constant([1.0, 2.0]), tf.constant([1.0, 2.0, 3.0]), tf.constant(2.0), tf.ones([2, 2])",
    "dtypes": "tf.constant([1, 2]), tf.constant([1.0, 2.0]), tf.constant([3, 4], tf.int64), tf.constant([1.0, 2.5], tf.float64)",
    "numbers": "1, 2.5, 3, True, 7",
    "arrays": "np.array([1.0, 2.0], 'float32'), np.array([4, 5]), np.array(2.0), tf.constant([1.0, 2.0])",
    "mixed": "tf.constant([1.0, 2.0]), 3, np.array([1.0, 2.0]), [1.0, 2.0], b",
    "same": "XT[0], XT[0], XT[1], XT[2], XT[0]",
    "lists": "[1.0, 2.0], [tf.constant(1.0), tf.constant(4.0)], (1.0, 5.0), [0.5]",
}
CALLS = """
for a in [{arguments}]:
    for k in range(4):
        try:
            log.append(f(a))
        except Exception as e:
            log.append((type(e).__name__, str(e)[:40]))
"""
IN_LOOP = """
for k in range(24):
    b.assign_add(0.01 * XT[k % 40])
    try:
        log.append(f(args[k // 5 % len(args)]))
    except Exception as e:
        log.append((type(e).__name__, str(e)[:40]))
"""


def programs() -> dict[str, Program]:
    """Every function with every sequence of arguments, decorated; and with one of them called from a hot loop."""
    found: dict[str, Program] = {}
    for number, text in enumerate(re.split(r"^(?=def )", FUNCTIONS, flags=re.MULTILINE)[1:]):
        name = text[4 : text.index("(")]
        for kind, arguments in ARGUMENTS.items():
            setup = SETUP + f"@accelerate\n{text}f = {name}\n"
            cell = CALLS.format(arguments=arguments)
            found[f"{name}_{kind}"] = Program(
                f"{name} of {kind}",
                cell,
                setup,
                (CALLS.format(arguments=arguments).replace(f"[{arguments}]", f"[{arguments}][::-1]"), cell),
                graph=False,
            )
        kind = list(ARGUMENTS)[number % len(ARGUMENTS)]
        setup = SETUP + f"{text}f = {name}\nargs = [{ARGUMENTS[kind]}]\n"
        found[f"{name}_in_loop"] = Program(f"{name} of {kind}, in a hot loop", IN_LOOP, setup, (IN_LOOP,), graph=False)
    return found
