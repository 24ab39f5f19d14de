"""Cells as they stand in notebooks: a bit of everything at top level, variables reused, cells run again."""

from tests.programs.unseen.text import programs

PROGRAMS = programs("""
### patience_with_best_copy
best, wait, history, saved = 1e9, 0, [], None
# %%
for epoch in range(8):
    total = 0.0
    for i in range(12):
        b.assign_add(0.01 * XT[(epoch + i) % 40])
        total += abs(float(b.numpy()[0]) - 0.03)
    history.append(round(total, 4))
    if total < best:
        best, wait, saved = total, 0, b.numpy().copy()
    else:
        wait += 1
        if wait >= 2:
            print(f"epoch {epoch}: stop, best={best:.4f}")
            break
# %%
b.assign(saved)
print(history, saved.round(3).tolist())

### learning_rate_warmup_list
lr, lrs, warm = 0.0, [], 5
# %%
for i in range(30):
    lr = 0.1 * (i + 1) / warm if i < warm else 0.1 * 0.9 ** (i - warm)
    lrs.append(lr)
    b.assign_add(lr * XT[i % 40])
    if i in (4, 5, 6, 29):
        print(f"{i:>3d} | lr={lr:<8.5f}| {len(lrs):04d}")

### checkpoint_dict_deepcopied
state = {"step": 0, "b": None, "log": [], "cfg": {"lr": 0.1, "tags": ("a", "b")}}
snapshots = []
# %%
for i in range(24):
    b.assign_add(state["cfg"]["lr"] * XT[i])
    state["step"] = i
    state["log"].append(i % 3)
    if i % 8 == 7:
        state["b"] = b.numpy()
        snapshots.append(copy.deepcopy(state))
        state["cfg"]["lr"] *= 0.5
# %%
for s in snapshots:
    print(s["step"], s["cfg"]["lr"], len(s["log"]), s["b"].round(3))

### rename_between_cells
vals = [1, 2, 3]
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(vals[i % len(vals)])
# %%
old, vals = vals, [9, 8]
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(vals[i % len(vals)] - old[0])
# %%
vals += [7]
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(vals[i % len(vals)])

### plot_data_collected_in_tuples
xs, ys = [], []
# %%
for i in range(30):
    b.assign_add(0.01 * XT[i])
    xs.append(i); ys.append(float(b.numpy().max()))
pairs = [*zip(xs[::5], ys[::5])]
print(*(f"({x}, {y:+.3f})" for x, y in pairs), sep="; ")

### cell_magic_like_timer_excluded
marks = collections.OrderedDict()
# %%
for i in range(25):
    b.assign_add(0.01 * XT[i])
    marks.setdefault(i % 4, []).append(i)
    if i % 6 == 5:
        marks.move_to_end(i % 4, last=False)
print(list(marks), marks)

### underscore_and_last_value
_ = None
# %%
for _ in range(22):
    b.assign_add(0.01 * XT[_])
log.append(_)
# %%
for *head, _ in [(1, 2, 3), (4, 5, 6)] * 11:
    b.assign_add(0.01 * XT[_])
    log.append(head)
print(_, head)

### del_and_redefine_in_loop
tmp = 0
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    if i:
        del tmp
    tmp = i * 2
    if i % 7 == 6:
        del log[:]
    log.append(tmp)
print("tmp" in globals(), tmp)

### two_hot_loops_share_a_counter
count = 0
# %%
for i in range(15):
    b.assign_add(0.01 * XT[i])
    count += 1
for i in range(15):
    b.assign_add(0.02 * XT[i])
    count += 10
    log.append(count)
# %%
count //= 2
for i in range(15):
    b.assign_add(0.01 * XT[i])
    count -= 1
log.append(count)

### dataframe_like_records
records = []
# %%
for i, name in enumerate("alpha beta gamma delta".split() * 6):
    b.assign_add(0.01 * XT[i])
    records.append({"name": name, "i": i, "len": len(name), "up": name.title()})
by = {}
for r in records:
    by.setdefault(r["name"], []).append(r["i"])
print({k: sum(v) for k, v in sorted(by.items(), key=lambda kv: -sum(kv[1]))})

### chained_cells_growing_history
history = {"loss": [], "val": []}
def fit(n, start=0):
    for i in range(start, start + n):
        b.assign_add(0.01 * XT[i % 40])
        history["loss"].append(float(b.numpy().sum()))
        if (i + 1) % 5 == 0:
            history["val"].append(history["loss"][-1] - history["loss"][-5])
    return history
# %%
h = fit(15)
# %%
h = fit(15, 15)
print(h is history, len(h["loss"]), [round(v, 3) for v in h["val"]])
# %%
history = {"loss": [], "val": []}
h2 = fit(15)
print(h2 is h, len(h["loss"]), len(h2["loss"]))

### sorting_inside_the_loop
scores = [5, 1, 4]
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    scores.append(i * 7 % 11)
    scores.sort(reverse=i % 2 == 0)
    scores[:] = scores[:6]
    log.append(tuple(scores))

### assertion_midway
limit = 17
# %%
for i in range(30):
    b.assign_add(0.01 * XT[i])
    assert i < limit, f"step {i}: too far {limit=}"
    log.append(i)
# %%
limit = 100
for i in range(30):
    b.assign_add(0.01 * XT[i])
    assert i < limit, f"step {i}: too far {limit=}"
print(len(log), i)

### early_continue_with_else
found = []
# %%
for i in range(30):
    b.assign_add(0.01 * XT[i])
    if i < 2:
        continue
    for p in found:
        if i % p == 0:
            break
    else:
        found.append(i)
print(found)

### while_true_with_countdown
left = 25
# %%
while True:
    b.assign_add(0.01 * XT[left])
    left -= 1
    if left % 2:
        continue
    log.append(left)
    if left < 4:
        break
else:
    log.append("never")
print(left)

### walrus_in_while
data = iter(range(50))
# %%
while (x := next(data, None)) is not None and x < 31:
    b.assign_add(0.01 * XT[x % 40])
    log.append(x)
print(x, next(data))

### walrus_in_comprehension
seen = 0
# %%
for i in range(22):
    b.assign_add(0.01 * XT[i])
    ok = [y for k in range(4) if (y := (k * i) % 5) > 1]
    seen += len(ok)
    log.append((y, ok))
print(seen, y)

### numpy_view_alias
A = np.arange(12.0).reshape(3, 4)
row, col = A[1], A[:, 2]
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    row += 1
    col *= 0.5
    A[0, i % 4] = i
    log.append(float(A.sum()))
print(A.round(2), row, col)

### list_alias_and_copy
p = [1, 2]
q, r = p, p[:]
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    p += [i]
    r = r + [i]
    if i == 9:
        q = q + [0]
    log.append((len(p), len(q), len(r), p is q))

### augmented_everything
t, s, u, m, d = (1,), "a", {1}, 5, {"k": 1}
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    t += (i,)
    t = t[-3:]
    s += str(i % 10)
    s = s[-4:]
    u |= {i % 6}
    u -= {i % 4}
    u ^= {i % 3}
    m <<= 1
    m &= 1023
    m |= 1
    d |= {"k": i}
    log.append((t, s, sorted(u), m, d["k"]))

### nested_dict_counts
table = {}
# %%
for i in range(30):
    b.assign_add(0.01 * XT[i])
    table.setdefault(i % 3, {}).setdefault(i % 2, []).append(i)
    if i == 20:
        table[0] = {}
print({k: {a: len(c) for a, c in v.items()} for k, v in table.items()})

### try_finally_counter
opened = closed = 0
# %%
for i in range(24):
    try:
        opened += 1
        b.assign_add(0.01 * XT[i])
        if i % 5 == 4:
            continue
        log.append(i)
    finally:
        closed += 1
print(opened, closed)

### try_else_finally_order
def risky(i):
    if i % 4 == 3:
        raise ValueError(f"bad {i}")
    return i
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    try:
        v = risky(i)
    except ValueError as e:
        log.append(str(e))
    else:
        log.append(v)
    finally:
        log.append("f")

### break_out_of_two_loops
done = False
# %%
for a in range(6):
    for c in range(8):
        b.assign_add(0.01 * XT[a * 6 + c - a])
        if a * c == 20:
            done = True
            break
        log.append(a * c)
    if done:
        break
print(a, c, done)

### variables_born_in_branches
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    if i % 2:
        odd = i
    else:
        even = i
    if i == 10:
        special = odd + even
print(odd, even, special)

### undefined_until_later
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    if i == 12:
        late = 1
    try:
        log.append(late)
    except NameError as e:
        log.append(str(e))

### undefined_raises_at_the_end
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    if i == 15:
        print(nowhere)
    log.append(i)

### shadowed_builtin
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(max(i, 3))
# %%
max = min
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(max(i, 3))
# %%
del max
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(max(i, 3))

### shadowed_builtin_midway
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    log.append(len([i] * (i % 5)))
    if i == 13:
        len = lambda x: -1

### swap_and_rotate
a, c, d = 1, 2, 3
ring = collections.deque([1, 2, 3, 4])
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    a, c, d = c, d, a + c
    ring.rotate(1 if i % 3 else -2)
    log.append((a, c, d, ring[0]))

### conditional_print_with_flush
# %%
for i in range(25):
    b.assign_add(0.01 * XT[i])
    if not i % 5:
        print(i, end=" ", flush=True)
    print(".", end="" if i % 5 != 4 else "\\n")

### progress_bar_with_carriage_return
import sys
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    sys.stdout.write(f"\\r[{'#' * (i + 1):<20}] {5 * (i + 1)}%")
print()
print("done", file=sys.stderr)

### print_several_seps
import sys
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    print(i, i + 1, sep="," if i % 2 else ";", end="|\\n", file=sys.stderr if i % 7 == 6 else sys.stdout)

### set_arithmetic
old, new = set(range(5)), set()
# %%
for i in range(24):
    b.assign_add(0.01 * XT[i])
    new.add(i * i % 13)
    if i % 6 == 5:
        log.append((sorted(new - old), sorted(new & old), new <= old, sorted(new ^ old)))
        old, new = new, set()

### slice_assignments_with_steps
z = list(range(12))
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    z[::3] = [i] * 4
    z[1:4] = [0, i]
    z.insert(2, -i)
    del z[-1:]
    z.append(len(z))
    log.append(z[::-2])

### globals_and_locals_by_name
alpha = 1
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    globals()["alpha"] = alpha + i
    log.append(globals()["alpha"] * 2)
print(alpha, "alpha" in vars())

### exec_and_eval
expr = "i * 2"
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    log.append(eval(expr))
    if i == 9:
        expr = "i - 1"
    exec("zz = i")
print(zz)
""")
