"""Functional and script styles: closures, generators, itertools, recursion, exceptions as control, match, unpacking."""

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

### recursion_memo_dict
memo = {}
def fib(n):
    if n in memo: return memo[n]
    memo[n] = n if n < 2 else fib(n - 1) + fib(n - 2)
    return memo[n]
# %%
for i in range(25):
    b.assign_add(0.01 * XT[i])
    log.append(fib(i))
    if i == 12: memo.clear()
print(len(memo))

### mutual_recursion
def even(n): return True if n == 0 else odd(n - 1)
def odd(n): return False if n == 0 else even(n - 1)
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    log.append((even(i), odd(i)))
    if i == 9: odd = lambda n: "?"

### hanoi_moves
def hanoi(n, a, c, d, out):
    if n:
        hanoi(n - 1, a, d, c, out); out.append(a + d); hanoi(n - 1, c, a, d, out)
    return out
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    log.append("".join(hanoi(i % 4, "x", "y", "z", [])))

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

### match_shapes
things = [1, "two", (3, 4), [5, 6, 7], {"k": 8, "z": 0}, None, 2.5, (1, 2, 3, 4)]
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    match things[i % 8]:
        case int(n) if n > 5: r = ("big", n)
        case int() | float() as n: r = ("num", n)
        case str(s): r = s.upper()
        case (x, y): r = x + y
        case [x, *rest]: r = rest
        case {"k": v, **more}: r = (v, more)
        case None: r = None
        case _: r = "other"
    log.append(r)
    if i == 11: things[0] = 9

### match_classes
@dataclasses.dataclass
class Circle: r: float
class Rect:
    __match_args__ = ("w", "h")
    def __init__(self, w, h): self.w, self.h = w, h
shapes = [Circle(1.0), Rect(2, 3), Rect(4, 4), "none"]
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    match shapes[i % 4]:
        case Circle(r): area = 3 * r * r
        case Rect(w, h) if w == h: area = ("square", w)
        case Rect(w=w): area = w
        case str() as s: area = s
    log.append(area)
    if i == 9: shapes[2].h = 5

### star_unpacking_everywhere
rows = [(1, 2, 3, 4), (5, 6), [7, 8, 9]]
def total(*a, k=0, **kw): return sum(a) + k + len(kw)
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    first, *mid, last = rows[i % 3]
    (p, *q), r = rows[0], i
    log.append((first, mid, last, [*mid, *q], total(*mid, *q, k=i, **{"z": 1}), {**{"a": i}, "c": last}))
    if i == 8: rows[1] = (5, 6, i)

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

### dispatch_table
ops = {"+": lambda a, c: a + c, "-": lambda a, c: a - c, "max": max}
prog = ["+", "-", "max", "+"]
acc = 0
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    acc = ops[prog[i % len(prog)]](acc, i)
    log.append(acc)
    if i == 9: ops["+"] = lambda a, c: a * 2
    if i == 14: prog.append("-")

### stack_machine
stack, code = [], "1 2 + 3 * dup + drop 4".split()
# %%
for pc in range(24):
    b.assign_add(0.01 * XT[pc])
    op = code[pc % len(code)]
    match op:
        case "+": stack.append(stack.pop() + stack.pop())
        case "*": stack.append(stack.pop() * stack.pop())
        case "dup": stack.append(stack[-1])
        case "drop": stack.pop()
        case n: stack.append(int(n))
    log.append(list(stack))

### bfs_on_a_graph
graph = {k: [(k * 2) % 23, (k * 3 + 1) % 23] for k in range(23)}
dist, queue = {0: 0}, collections.deque([0])
# %%
while queue:
    u = queue.popleft()
    b.assign_add(0.01 * XT[u])
    for v in graph[u]:
        if v not in dist:
            dist[v] = dist[u] + 1
            queue.append(v)
print(sorted(dist.items())[-3:], len(dist))

### priority_queue
heap = [(3, "c"), (1, "a")]
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    heapq.heappush(heap, (i * 7 % 10, chr(97 + i)))
    if i % 3 == 2:
        log.append(heapq.heappop(heap))
    log.append((heap[0], heapq.nsmallest(2, heap)))

### sieve_in_place
flags = [True] * 60
# %%
for p in range(2, 30):
    b.assign_add(0.01 * XT[p])
    if flags[p]:
        flags[p * p::p] = [False] * len(flags[p * p::p])
    log.append(sum(flags))

### matrix_by_hand
M = [[1, 1], [1, 0]]
R = [[1, 0], [0, 1]]
# %%
for i in range(25):
    b.assign_add(0.01 * XT[i])
    R = [[sum(R[r][k] * M[k][c] for k in range(2)) % 1000007 for c in range(2)] for r in range(2)]
    log.append(R[0][1])
    if i == 15: M[0][0] = 2

### string_parsing_states
text = "a=1;b=22;c;d=x=4;" * 3
tokens, cur, key = [], "", None
# %%
for n, ch in enumerate(text):
    b.assign_add(0.01 * XT[n % 40])
    if ch == "=" and key is None: key, cur = cur, ""
    elif ch == ";": tokens.append((key, cur)); key, cur = None, ""
    else: cur += ch
print(tokens)

### luhn_and_digits
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    digits = [int(c) for c in str(i * 7919)]
    odd, even = digits[-1::-2], digits[-2::-2]
    check = (sum(odd) + sum(sum(divmod(2 * d, 10)) for d in even)) % 10
    log.append((check, divmod(-i, 7), -i // 7, -i % 7, pow(3, i, 11), int.bit_length(i)))

### bisect_insert
xs = []
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    bisect.insort(xs, i * 5 % 13)
    log.append((bisect.bisect_left(xs, 6), xs[-1], xs[len(xs) // 2]))

### conditional_expressions_chained
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    size = "s" if i < 5 else "m" if i < 12 else "l"
    log.append((size, 3 < i <= 8 != 7, i or "zero", i and "some", not i, i if i % 2 else -i))

### lambda_default_capture_and_sort
fns = sorted([lambda x, k=k: x ** k for k in (3, 1, 2)], key=lambda f: f.__defaults__)
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    log.append([f(i) for f in fns])
    if i == 7: fns.reverse()

### dict_order_and_update
d = dict.fromkeys("abc", 0)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    d.update({"abcde"[i % 5]: i}, z=i)
    if i % 6 == 5: log.append(d.popitem())
    if i % 7 == 6: d.pop("a", None)
    log.append((list(d), list(d.values())[-1], next(iter(d)), next(reversed(d))))

### defaultdict_of_counters
words = "the cat sat on the mat the end".split()
dd = collections.defaultdict(collections.Counter)
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    w = words[i % 8]
    dd[len(w)][w] += 1
    if i % 10 == 9: dd[3].subtract({"the": 2})
    log.append((dd[3].most_common(1), len(dd), dd[9]["x"]))
print({k: dict(v) for k, v in dd.items()})

### chainmap_scopes
env = collections.ChainMap({"x": 1}, {"x": 0, "y": 2})
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    env["x"] += i
    if i == 6: env = env.new_child()
    if i == 12: env = env.parents
    log.append((env["x"], env["y"], len(env.maps), len(env)))
""")
