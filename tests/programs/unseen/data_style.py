"""Data and text: dates, logging, json, pandas reading, text logs, cleaning between steps."""

from tests.programs.unseen.text import programs

PROGRAMS = programs('''
### cleaning_rows_between_steps
raw = ["1,a,2.5", "x,b,1", "3,,4.0", "", "5,e,nan", "6,f,7e-1"] * 4
bad, clean = collections.Counter(), []
def parse(line):
    if not line: raise ValueError("empty")
    n, name, v = line.split(",")
    return int(n), name or "?", float(v)
# %%
for i, line in enumerate(raw):
    b.assign_add(0.01 * XT[i])
    try:
        n, name, v = parse(line)
    except ValueError as e:
        bad[str(e)[:12]] += 1
        continue
    if v != v:
        bad["nan"] += 1
        continue
    clean.append((n, name, v))
print(bad.most_common(), len(clean), clean[1])

### dates_and_deltas
day = datetime.date(2024, 2, 26); step = datetime.timedelta(days=1)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    day += step
    if day.weekday() >= 5:
        continue
    log.append((day.isoformat(), f"{day:%d %b}", (day - datetime.date(2024, 1, 1)).days))
    if i == 10: step = datetime.timedelta(days=2)

### datetimes_parse_and_format
stamps = ["2024-01-0%d 10:%02d" % (d % 9 + 1, d) for d in range(20)]
last = None
# %%
for i, s in enumerate(stamps):
    b.assign_add(0.01 * XT[i])
    t = datetime.datetime.strptime(s, "%Y-%m-%d %H:%M")
    gap = None if last is None else (t - last).total_seconds() / 60
    log.append((gap, t.strftime("%H:%M"), t.replace(minute=0).isoformat()))
    last = t

### logging_levels_and_handlers
import logging
lg = logging.getLogger("train.unseen"); lg.setLevel(logging.INFO)
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    lg.debug("step %d", i)
    if i % 5 == 0: lg.info("loss %.3f at %s", i / 3, f"s{i}")
    if i == 12: lg.setLevel(logging.DEBUG)
    if i == 15: lg.warning("slow %r", {"i": i})

### logging_to_string
import logging
buf = io.StringIO()
lg = logging.getLogger("unseen.buf"); lg.handlers[:] = [logging.StreamHandler(buf)]; lg.propagate = False; lg.setLevel("INFO")
lg.handlers[0].setFormatter(logging.Formatter("%(levelname)s %(message)s"))
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    lg.info("i=%d", i)
    if i == 9: lg.handlers[0].setFormatter(logging.Formatter("<%(message)s>"))
print(buf.getvalue()[-30:], buf.tell())
del lg, buf

### stringio_and_seek
buf = io.StringIO()
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    buf.write(f"{i},")
    if i % 6 == 5:
        log.append(buf.getvalue()); buf.seek(0); buf.truncate()
    print(i, file=buf)
print(repr(buf.getvalue()))

### redirect_stdout_part_of_the_time
buf = io.StringIO()
# %%
for i in range(15):
    b.assign_add(0.01 * XT[i])
    if i % 4 == 2:
        with contextlib.redirect_stdout(buf):
            print("hidden", i)
    print("seen", i)
print(buf.getvalue().split())

### json_roundtrip
state = {"step": 0, "hist": [], "name": "é"}
# %%
for i in range(16):
    b.assign_add(0.01 * XT[i])
    state["step"] = i
    state["hist"].append(i / 4)
    text = json.dumps(state, sort_keys=True, indent=None if i % 2 else 1)
    state = json.loads(text)
    log.append(len(text))
print(text)

### json_custom_default
class P:
    def __init__(self, v): self.v = v
obj = {"p": P(1)}
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    obj["p"].v = i // 4
    log.append(json.dumps(obj, default=lambda p: {"v": p.v}))
    try:
        json.dumps(obj)
    except TypeError as e:
        log.append(str(e))

### pickle_roundtrip
data = {"a": [1, (2, 3)], "s": {1}}
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    data["a"].append(i)
    other = pickle.loads(pickle.dumps(data))
    log.append((other == data, other["a"] is data["a"], len(pickle.dumps(data["a"]))))

### regex_log_parsing
lines = ["INFO a=1 t=0.5", "WARN b=22", "INFO a=3 t=1.5 t=2", "junk"] * 5
pat = re.compile(r"(?P<k>\\w)=(?P<v>[\\d.]+)")
tot = collections.defaultdict(float)
# %%
for i, line in enumerate(lines):
    b.assign_add(0.01 * XT[i])
    for m in pat.finditer(line):
        tot[m["k"]] += float(m["v"])
    if (m := re.match(r"(INFO|WARN)", line)) and m[1] == "WARN": log.append(m.span())
    log.append(re.sub(r"\\d", lambda m: str(9 - int(m[0])), line))
    if i == 10: pat = re.compile(r"(?P<k>[at])=(?P<v>\\d)")
print(dict(tot))

### text_stats
text = """It was the best of times, it was the worst of times; it was the age of wisdom.""".split()
freq, longest = {}, ""
# %%
for i, w in enumerate(text * 2):
    b.assign_add(0.01 * XT[i % 40])
    w = w.strip(".,;").lower()
    freq[w] = freq.get(w, 0) + 1
    longest = max(longest, w, key=len)
top = sorted(freq.items(), key=lambda kv: (-kv[1], kv[0]))[:3]
print(top, longest, sum(map(len, freq)))

### caesar_cipher
key, out = 3, []
# %%
for i, ch in enumerate("the quick brown fox jumps over it"):
    b.assign_add(0.01 * XT[i])
    out.append(chr((ord(ch) - 97 + key) % 26 + 97) if ch.isalpha() else ch)
    if ch == " ": key = (key * 5) % 26
print("".join(out), key)

### pandas_reading
import pandas as pd
df = pd.DataFrame({"x": np.arange(20), "y": np.arange(20) % 3, "s": list("abcd") * 5})
# %%
for i in range(20):
    b.assign_add(0.01 * XT[i])
    row = df.iloc[i]
    log.append((int(row["x"]), row.s, float(df.x.iloc[:i + 1].mean()), len(df[df.y == i % 3])))
del df, row

### pandas_itertuples_and_writes
import pandas as pd
df = pd.DataFrame({"x": range(16), "v": 0.0})
# %%
for r in df.itertuples():
    b.assign_add(0.01 * XT[r.x])
    df.loc[r.Index, "v"] = float(b.numpy()[0])
    log.append((r.x, r.v, float(df["v"].sum())))
print(df.v.round(3).tolist(), list(df.columns))
del df, r

### pandas_groupby_changes
import pandas as pd
df = pd.DataFrame({"k": list("aabbcc"), "v": [1, 2, 3, 4, 5, 6]})
# %%
for i in range(12):
    b.assign_add(0.01 * XT[i])
    log.append(df.groupby("k")["v"].sum().to_dict())
    if i % 4 == 3: df.loc[i % 6, "v"] += 10
    if i == 7: df["k"] = "z"
del df

### temp_file_written_and_read
import tempfile, os
path = os.path.join(tempfile.mkdtemp(), "log.txt")
# %%
for i in range(12):
    b.assign_add(0.01 * XT[i])
    with open(path, "a") as f:
        f.write(f"{i}\\n")
    with open(path) as f:
        log.append(len(f.readlines()))
os.remove(path)
del path, f

### pathlib_and_environment
import pathlib, os
p = pathlib.PurePosixPath("/a/b")
# %%
for i in range(14):
    b.assign_add(0.01 * XT[i])
    p = p / f"c{i}" if i % 3 else p.parent
    os.environ["UNSEEN"] = str(i)
    log.append((str(p), p.name, os.environ.get("UNSEEN"), p.suffix))
del os.environ["UNSEEN"]

### warnings_once_and_always
import warnings
# %%
for i in range(12):
    b.assign_add(0.01 * XT[i])
    if i % 4 == 1:
        warnings.warn(f"odd step {i}", UserWarning)
    log.append(i)

### warnings_caught
import warnings
# %%
for i in range(10):
    b.assign_add(0.01 * XT[i])
    with warnings.catch_warnings(record=True) as got:
        warnings.simplefilter("always")
        if i % 3 == 0: warnings.warn("w")
    log.append(len(got))
del got

### ledger_with_decimal_text
balance, ledger = 100, []
for_sale = {"tea": 3, "cake": 7}
# %%
for i in range(22):
    b.assign_add(0.01 * XT[i])
    item = "tea" if i % 3 else "cake"
    price = for_sale[item]
    if balance - price < 20:
        ledger.append(f"{i}: refused {item}")
        balance += 15
        continue
    balance -= price
    ledger.append(f"{i}: {item:<5}{price:>3} -> {balance:>4}")
    if i == 10: for_sale["tea"] += 1
print(*ledger[-5:], sep="\\n")

### sliding_window_deque
win, sums = collections.deque(maxlen=4), []
# %%
for i in range(22):
    b.assign_add(0.01 * XT[i])
    win.append(i * i % 7)
    sums.append(sum(win) / len(win))
    if i == 12: win = collections.deque(win, maxlen=2)
    log.append((list(win), win[0], win[-1], win.maxlen))

### counter_arithmetic
c1, c2 = collections.Counter("aab"), collections.Counter()
# %%
for i in range(18):
    b.assign_add(0.01 * XT[i])
    c2["abc"[i % 3]] += 1
    c1 += collections.Counter("b")
    log.append((c1 - c2, c1 & c2, c2.total(), sorted((c1 | c2).elements())[-1]))
''')
