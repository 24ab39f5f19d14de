"""Functional style: closures, generators, itertools, exceptions as control, decorators, arguments of every kind."""

from tests.programs.unseen.text import programs

PROGRAMS = programs("""
### closure_counter_family
def maker(start):
    n = start
    def up(k=1):
        nonlocal n
        n += k
        return n
    def get(): return n
    return up, get
up, get = maker(10)
up2, get2 = maker(0)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    up(i % 3)
    if i % 4 == 0: up2()
    log.append((get(), get2()))
    if i == 13: up, get = maker(-5)

### late_binding_lambdas
fs = []
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    fs.append(lambda x: x + i)
    if i % 5 == 4: fs.append(lambda x, i=i: x * i)
print([f(1) for f in fs][-6:])

### compose_and_reduce
def compose(*fs): return functools.reduce(lambda f, g: lambda x: g(f(x)), fs)
pipe = compose(lambda x: x + 1, lambda x: x * 2, str)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(pipe(i))
    if i == 10: pipe = compose(pipe, len)

### generator_with_send
def averager():
    total, n, avg = 0.0, 0, None
    while True:
        x = yield avg
        total += x; n += 1
        avg = total / n
g = averager(); next(g)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(g.send(i))
    if i == 11:
        g.close(); g = averager(); next(g)

### generator_with_throw
def robust():
    n = 0
    while True:
        try:
            n += yield n
        except ValueError:
            n = -1
g = robust(); next(g)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(g.send(i) if i % 5 != 4 else g.throw(ValueError))

### yield_from_tree
def walk(t):
    if isinstance(t, int):
        yield t
    else:
        for s in t: yield from walk(s)
trees = [[1, [2, 3]], [[4], 5], 6]
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    log.append(list(walk(trees[i % 3])))
    if i == 9: trees[0][1].append(i)

### generator_finally_on_break
def source(n):
    try:
        for k in range(n):
            log.append(("give", k)); yield k
    finally:
        log.append(("closed", n))
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    for k in source(4):
        if k == i % 5: break
    else:
        log.append("all")

### batches_from_generator
def batches(n, size):
    buf = []
    for k in range(n):
        buf.append(k)
        if len(buf) == size:
            yield buf
            buf = []
    if buf: yield buf
# %%
for batch in batches(50, 3):
    b.assign_add(0.01 * XT[batch[0] % 40])
    log.append(batch)
    if batch[-1] == 20: batch.clear()

### shared_buffer_generator
def chunks():
    buf = [0, 0]
    for k in range(24):
        buf[k % 2] = k
        yield buf
# %%
for c in chunks():
    b.assign_add(0.01 * XT[c[0]])
    kept.append(c)
    log.append(sum(c))
print(kept[0] is kept[-1])

### itertools_mix
cyc = itertools.cycle("abc")
cnt = itertools.count(10, 3)
# %%
for i, (x, y) in enumerate(zip(itertools.islice(cyc, 20), cnt)):
    b.assign_add(0.01 * XT[i])
    log.append((x, y))
print(next(cyc), next(cnt))

### itertools_groupby_chain_accumulate
words = "ab ba bb aa ac bc ca cc".split() * 3
# %%
for i, w in enumerate(itertools.chain(words, ["zz"])):
    b.assign_add(0.01 * XT[i])
    log.append([(k, len(list(g))) for k, g in itertools.groupby(w)])
    log.append([*itertools.accumulate(range(i % 4), lambda a, c: a * 2 + c, initial=1)])
    log.append(list(itertools.product(w, range(2)))[i % 4])

### takewhile_consumes_one_more
it = iter(range(60))
# %%
for i in range(10):
    b.assign_add(0.01 * XT[i])
    log.append(list(itertools.takewhile(lambda v: v % 4, it)))
print(next(it))

### tee_and_pairwise
a, c = itertools.tee(range(30))
next(c)
# %%
for x, y in zip(a, c):
    b.assign_add(0.01 * XT[x])
    log.append(y - x)
    if x == 20: break
print(next(a), next(c), list(itertools.pairwise("abcd")))

### zip_longest_and_strict
# %%
for i, (x, y) in enumerate(itertools.zip_longest(range(20), range(15), fillvalue=-1)):
    b.assign_add(0.01 * XT[i])
    log.append(x * y)
# %%
for i, (x, y) in enumerate(zip(range(20), range(15), strict=True)):
    b.assign_add(0.01 * XT[i])
    log.append(x + y)

### map_with_two_iterables_and_effect
def pair(a, c):
    log.append(("p", a)); return a * c
src = iter([1, 2, 3, 4, 5, 6] * 5)
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    log.append(list(map(pair, [10, 20], src)))
print(list(src)[:3])

### filter_none_and_predicate
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    log.append((list(filter(None, [i % 2, 0, "", "x", [], [0]])), [*filter(noted, [i % 5, 1])]))

### any_all_short_circuit
def chk(v, w):
    log.append(v); return v > w
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    x = any(chk(k, i % 4) for k in range(6))
    y = all(chk(k, i % 3 - 1) for k in range(3))
    log.append((x, y))

### min_max_with_keys_and_default
xs = []
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    log.append((max(xs, default="none"), min(xs, key=lambda v: (v % 3, -v), default=None)))
    xs.append(i * 5 % 7)

### sorted_stability_with_keys
people = [("ann", 3), ("bob", 1), ("cy", 3)]
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    people.append((chr(97 + i), i % 4))
    people = sorted(people, key=operator.itemgetter(1))[-5:]
    log.append([p for p, _ in people])

### exceptions_as_control_flow
class Found(Exception):
    def __init__(self, where): self.where = where
def search(grid, v):
    for r, row in enumerate(grid):
        for c, x in enumerate(row):
            if x == v: raise Found((r, c))
grid = [[1, 2], [3, 4], [5, 6]]
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    try:
        search(grid, i % 8)
        log.append("absent")
    except Found as f:
        log.append(f.where)
    if i == 8: grid[0][0] = 7

### stopiteration_as_control
it = iter([1, 2, 3])
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    try:
        log.append(next(it))
    except StopIteration as e:
        log.append(("end", e.value))
        it = iter(range(i % 4))

### nested_try_reraise
def inner(i):
    try:
        return 10 / (i % 4)
    except ZeroDivisionError as e:
        raise RuntimeError(f"at {i}") from e
    finally:
        log.append(("fin", i))
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    try:
        log.append(inner(i))
    except RuntimeError as e:
        log.append((str(e), type(e.__cause__).__name__))

### exception_groups_and_notes
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    try:
        try:
            [].pop() if i % 3 == 0 else {}["k"] if i % 3 == 1 else int("x")
        except Exception as e:
            e.add_note(f"note {i}")
            raise
    except (IndexError, KeyError, ValueError) as e:
        log.append((type(e).__name__, e.__notes__, str(e)))

### except_star
# %%
for i in range(12):
    b.assign_add(0.01 * XT[i])
    try:
        if i % 3 == 2:
            raise ExceptionGroup("g", [ValueError(i), KeyError(i)])
    except* ValueError as g:
        log.append(len(g.exceptions))
    except* KeyError as g:
        log.append(str(g.exceptions[0]))

### finally_overrides_return
def f(i):
    try:
        if i % 2: return "try"
        raise KeyError
    except KeyError:
        return "except"
    finally:
        if i % 3 == 0:
            return "finally"
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    log.append(f(i))

### error_name_is_deleted
e = "outer"
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    try:
        if i % 4 == 3: raise ValueError(i)
        log.append("e" in globals())
    except ValueError as e:
        log.append(str(e))

### keyword_only_and_defaults
def f(a, /, c=2, *args, d=[], e=None, **kw):
    d.append(a)
    return a, c, args, len(d), e, sorted(kw)
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    log.append(f(i))
    log.append(f(i, 3, 4, 5, e=i, z=1) if i % 3 else f(i, d=[], a=9))
print(f.__defaults__, f.__kwdefaults__)

### default_argument_evaluated_at_def
k = 1
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    def g(x, k=k, t=i): return x + k + t
    log.append(g(1))
    k += 1
    kept.append(g)
print([h(0) for h in kept][::4])

### nested_functions_share_cell
def outer():
    acc = []
    def add(v):
        acc.append(v); return acc
    def run():
        for i in range(18):
            b.assign_add(0.01 * XT[i])
            add(i)
            if i % 6 == 5: acc.clear()
        return acc
    return run(), add
# %%
r, add = outer()
print(r, add("x") is r)

### nonlocal_chain
def a1():
    x = 0
    def a2():
        def a3():
            nonlocal x
            x += 2
            return x
        return a3
    return a2()
f = a1()
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    log.append(f())
    if i == 8: f = a1()
print(f.__closure__[0].cell_contents)

### global_in_function
count = 0
def bump(k):
    global count, fresh
    count += k
    if count > 20: fresh = count
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    bump(i)
    log.append((count, globals().get("fresh")))

### decorator_counts_calls
def counted(f):
    @functools.wraps(f)
    def w(*a, **k):
        w.calls += 1
        return f(*a, **k)
    w.calls = 0
    return w
@counted
def sq(x): return x * x
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    log.append(sq(i) + sq.calls)
    if i == 9: sq.calls = 0
print(sq.calls, sq.__name__)

### decorator_with_arguments_retry
def retry(n):
    def deco(f):
        def w(*a):
            for k in range(n):
                try: return f(*a, k)
                except ValueError: log.append(("again", k))
            return None
        return w
    return deco
@retry(3)
def flaky(i, k):
    if (i + k) % 3: raise ValueError
    return i
# %%
for i in range(15):
    b.assign_add(0.01 * XT[i])
    log.append(flaky(i))

### partial_and_operator
add5 = functools.partial(operator.add, 5)
get = operator.attrgetter("real", "imag")
call = operator.methodcaller("split", ",")
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    log.append((add5(i), get(complex(i, -i)), call(f"{i},{i}"), operator.mul(i, 1.5), operator.contains([1, 2], i)))
""")
