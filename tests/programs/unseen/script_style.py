"""Scripts of a teacher: recursion, matches, small algorithms, containers, numbers and text."""

from tests.programs.unseen.text import programs

PROGRAMS = programs("""
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

### format_zoo
v = 3
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    x = i / 7
    print(f"{i!r:>4}|{x:8.3f}|{x:e}|{x:%}|{i:b}|{i:#x}|{i:,}|{-i:+d}|{'ab'!s:*^6}|{x:{v + 4}.{v - 1}f}")
    if i == 10:
        v = 2

### percent_and_format_method
tpl = "{0}-{name}-{1:.2f}"
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    print(tpl.format(i, i / 3, name="n%02d" % i), "%s %r %5.1f%%" % (i, str(i), i * 1.5))
    if i == 11:
        tpl = "{1:.1f}<{name}"

### string_building_and_join
line = ""
# %%
for i in range(26):
    b.assign_add(0.01 * XT[i])
    line += chr(ord("a") + i)
    if len(line) == 8:
        print(line[::-1], line.find("e"), line.center(12, "."))
        line = line[-1]
print(line)

### type_changes_of_a_name
v = 0
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    log.append(v)
    v = [i, float(i), str(i), (i,), None, i > 3][i % 6]
print(v)

### number_turns_from_int_to_float
v = 1
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    v = v * 2 if i < 10 else v / 3
    log.append(v)
    print(v)

### int_overflow_beyond_64_bits
v = 3
# %%
for i in range(25):
    b.assign_add(0.01 * XT[i])
    v = v * v % (10 ** 30) + i
    log.append(v)

### bool_arithmetic
hits = 0
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    ok = float(XT[i].numpy()[0]) > 0
    hits += ok
    log.append((ok, ok + 1, -ok, ok * 2.0, ~int(ok), ok & True, ok is True))
print(hits, type(hits))
""")
