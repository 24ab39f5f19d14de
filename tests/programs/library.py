"""Libraries in the loop: clocks, random numbers of the host, logs, bars, files, summaries, checkpoints."""

from tests.programs.harness import Program

STEP = """
def step(x, y, rate=0.1):
    with tf.GradientTape() as tape:
        loss = xent(y, tf.matmul(x, w) + b)
    g = tape.gradient(loss, [w, b])
    w.assign_sub(rate * g[0])
    b.assign_sub(rate * g[1])
    return loss
"""

PROGRAMS = {
    "tqdm_over_range": Program(
        "A progress bar around the range.",
        """
for i in tqdm(range(40), file=io.StringIO()):
    loss = step(XT[i], YT[i])
print(i, f"{float(loss):.4f}")
""",
        setup=STEP + "import io\nfrom tqdm import tqdm\n",
    ),
    "tqdm_with_postfix": Program(
        "A bar that shows the loss.",
        """
bar = tqdm(range(40), file=io.StringIO())
for i in bar:
    loss = step(XT[i], YT[i])
    bar.set_postfix(loss=float(loss))
n = bar.n
del bar
""",
        setup=STEP + "import io\nfrom tqdm import tqdm\n",
    ),
    "tqdm_updated_by_hand": Program(
        "A bar that the loop advances.",
        """
bar = tqdm(total=40, file=io.StringIO())
for i in range(40):
    loss = step(XT[i], YT[i])
    bar.update(1)
n = bar.n
del bar
""",
        setup=STEP + "import io\nfrom tqdm import tqdm\n",
    ),
    "numpy_random_index": Program(
        "A minibatch drawn by NumPy's generator in every step.",
        """
for i in range(40):
    k = rng.integers(0, 40)
    loss = step(XT[k], YT[k])
log.append(rng.random())
""",
        setup=STEP,
    ),
    "numpy_random_global": Program(
        "A minibatch drawn by NumPy's global state.",
        """
np.random.seed(3)
for i in range(40):
    k = np.random.choice(40, size=2, replace=False)
    loss = step(X[k[0]], Y[k[0]])
    if np.random.rand() < 0.2:
        log.append(float(loss))
print(np.random.rand())
""",
        setup=STEP,
    ),
    "python_random": Program(
        "Python's own random numbers.",
        """
random.seed(5)
for i in range(40):
    k = random.randrange(40)
    loss = step(XT[k], YT[k], rate=random.uniform(0.01, 0.1))
print(random.random())
""",
        setup=STEP + "import random\n",
    ),
    "numpy_noise": Program(
        "Noise from NumPy added to a batch.",
        """
for i in range(30):
    x = X[i] + 0.01 * rng.normal(size=(8, 4)).astype("float32")
    loss = step(x, Y[i])
    log.append(loss.numpy())
""",
        setup=STEP,
    ),
    "random_decides": Program(
        "Scheduled sampling: a random number decides what is fed back.",
        """
h = tf.zeros([8, 4])
for i in range(40):
    x = XT[i] if random.random() < 0.7 else h
    h = tf.tanh(x + 0.1 * h)
    loss = step(h, YT[i])
""",
        setup=STEP + "import random\nrandom.seed(1)\n",
    ),
    "epsilon_greedy": Program(
        "Explore or exploit, decided by the host.",
        """
q = tf.Variable(tf.zeros([3]))
eps = 0.5
for t in range(60):
    if rng.random() < eps:
        a = int(rng.integers(3))
    else:
        a = int(tf.argmax(q))
    r = float(rewards[t, a])
    q.scatter_nd_update([[a]], [q[a] + 0.1 * (r - q[a])])
    eps = max(0.1, eps * 0.97)
    log.append((a, r))
print(q.numpy().round(3))
""",
        setup="rewards = rng.normal(size=(60, 3)) + np.array([0.0, 0.5, 1.0])\n",
    ),
    "logging_module": Program(
        "Records for a logger.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    if i % 10 == 0:
        logger.info("step %d loss %.4f", i, loss)
print(len(records))
""",
        setup=STEP
        + """
import logging
records = []
class Keep(logging.Handler):
    def emit(self, record):
        records.append(record.getMessage())
logger = logging.getLogger("train"); logger.handlers = [Keep()]; logger.setLevel(logging.INFO); logger.propagate = False
""",
    ),
    "csv_file": Program(
        "A row of a CSV file per step.",
        """
with open(path, "w", newline="") as f:
    writer = csv.writer(f)
    for i in range(30):
        loss = step(XT[i], YT[i])
        writer.writerow([i, float(loss)])
print(len(open(path).read().splitlines()))
del f, writer
""",
        setup=STEP + "import csv, tempfile, os\npath = os.path.join(tempfile.gettempdir(), 'janus_test.csv')\n",
    ),
    "write_a_file_now_and_then": Program(
        "A file is written every ten steps.",
        """
for i in range(40):
    loss = step(XT[i], YT[i])
    if i % 10 == 9:
        with open(path, "a") as f:
            f.write(f"{i}\\n")
        del f
with open(path) as f:
    print(f.read().split())
del path, f
""",
        setup=STEP + "import tempfile, os\npath = os.path.join(tempfile.mkdtemp(), 'log.txt')\n",
    ),
    "save_arrays_now_and_then": Program(
        "Weights are saved by NumPy every ten steps.",
        """
for i in range(40):
    loss = step(XT[i], YT[i])
    if (i + 1) % 10 == 0:
        np.save(path, w.numpy())
        log.append(float(np.load(path).sum()))
del path
""",
        setup=STEP + "import tempfile, os\npath = os.path.join(tempfile.mkdtemp(), 'w.npy')\n",
    ),
    "tensorboard_summaries": Program(
        "A summary per step.",
        """
with writer.as_default():
    for i in range(30):
        loss = step(XT[i], YT[i])
        tf.summary.write("loss", loss, step=i)
writer.flush()
print(sum(1 for f in os.listdir(folder)))
del writer, folder
""",
        setup=STEP + "import tempfile, os\nfolder = tempfile.mkdtemp()\nwriter = tf.summary.create_file_writer(folder)\n",
    ),
    "checkpoint_now_and_then": Program(
        "A checkpoint every ten steps.",
        """
for i in range(40):
    loss = step(XT[i], YT[i])
    if i % 10 == 9:
        saved = ckpt.save(prefix)
print(os.path.basename(saved))
w.assign(tf.zeros_like(w))
status = ckpt.restore(saved)
del ckpt, saved, prefix, status
""",
        setup=STEP + "import tempfile, os\nprefix = os.path.join(tempfile.mkdtemp(), 'ck')\nckpt = tf.train.Checkpoint(w=w, b=b)\n",
    ),
    "plot_every_step": Program(
        "A plotting library is fed every step.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    plot.add(i, float(loss))
print(len(plot.points))
""",
        setup=STEP
        + """
import types, sys
lib = types.ModuleType("plotlib")
exec('''
class Plot:
    def __init__(self): self.points = []
    def add(self, x, y): self.points.append((x, round(y, 3)))
''', lib.__dict__)
Plot = lib.Plot; Plot.__module__ = "plotlib"
plot = Plot()
""",
    ),
    "elapsed_time": Program(
        "The clock around every step.",
        """
for i in range(30):
    start = time.perf_counter()
    loss = step(XT[i], YT[i])
    times.append(time.perf_counter() - start)
count = len(times)
positive = all(t > 0 for t in times)
del times, start
""",
        setup=STEP + "import time\ntimes = []\n",
    ),
    "time_budget": Program(
        "The loop ends when the time is over.",
        """
began = time.time()
for i in range(40):
    loss = step(XT[i], YT[i])
    if time.time() - began > 600:
        break
print(i)
del began
""",
        setup=STEP + "import time\n",
    ),
    "itertools_sources": Program(
        "islice, cycle, chain, product.",
        """
for i, k in zip(range(30), itertools.cycle([0, 1, 2])):
    loss = step(XT[k], YT[k])
for a, c in itertools.product(range(5), [0.1, 0.2]):
    loss = step(XT[a], YT[a], rate=c)
for k in itertools.chain(range(5), range(20, 30)):
    loss = step(XT[k], YT[k])
""",
        setup=STEP,
    ),
    "generator_of_batches": Program(
        "Batches from a generator of the user's.",
        """
for x, y in batches():
    loss = step(x, y)
    log.append(float(loss))
""",
        setup=STEP
        + """
def batches():
    order = np.random.default_rng(1).permutation(40)
    for k in order:
        yield X[k], Y[k]
""",
    ),
    "user_iterator": Program(
        "A data loader class with __iter__, __len__ and __getitem__.",
        """
for epoch in range(3):
    for x, y in loader:
        loss = step(x, y)
    log.append(float(loss))
print(loader.epochs)
""",
        setup=STEP
        + """
class Loader:
    def __init__(self): self.epochs = 0
    def __len__(self): return 20
    def __getitem__(self, k): return X[k], Y[k]
    def __iter__(self):
        self.epochs += 1
        for k in range(len(self)):
            yield self[k]
loader = Loader()
""",
    ),
    "next_of_an_iterator": Program(
        "next(iterator) in a counted loop.",
        """
for i in range(30):
    x, y = next(it)
    loss = step(x, y)
print(f"{float(loss):.4f}")
""",
        setup=STEP + "it = iter([(X[k], Y[k]) for k in range(40)])\n",
    ),
    "next_of_a_dataset": Program(
        "next(iterator) over a dataset.",
        """
it = iter(ds)
for i in range(30):
    x, y = next(it)
    loss = step(x, y)
del it
""",
        setup=STEP + "ds = tf.data.Dataset.from_tensor_slices((X, Y)).repeat()\n",
    ),
    "scikit_metrics": Program(
        "A metric of another library, on values.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    if i % 5 == 0:
        pred = tf.argmax(XT[i] @ w + b, axis=1).numpy()
        log.append(accuracy(YT[i].numpy(), pred))
""",
        setup=STEP + "def accuracy(a, p):\n    return float(np.mean(a == p))\n",
    ),
    "json_dumps": Program(
        "A line of JSON per step.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    print(json.dumps({"step": i, "loss": round(float(loss), 3)}))
""",
        setup=STEP + "import json\n",
    ),
    "sys_stdout": Program(
        "Output through sys.stdout.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    sys.stdout.write(f"{i} {float(loss):.3f}\\r")
    sys.stdout.flush()
""",
        setup=STEP + "import sys\n",
    ),
    "gc_and_os": Program(
        "Housekeeping calls.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    if i % 10 == 0:
        gc.collect()
        os.environ["JANUS_PROBE"] = str(i)
print(os.environ["JANUS_PROBE"])
""",
        setup=STEP + "import gc, os\n",
    ),
    "deque_window": Program(
        "A running mean over a bounded deque decides when to log.",
        """
window = collections.deque(maxlen=5)
for i in range(40):
    loss = step(XT[i], YT[i])
    window.append(float(loss))
    if len(window) == 5 and np.mean(window) < 1.0:
        log.append(i)
print(len(log))
""",
        setup=STEP,
    ),
    "counter_of_predictions": Program(
        "collections.Counter over predictions.",
        """
for i in range(20):
    loss = step(XT[i], YT[i])
    pred = tf.argmax(XT[i] @ w + b, axis=1)
    counts.update(pred.numpy().tolist())
print(sorted(counts.items()))
""",
        setup=STEP + "counts = collections.Counter()\n",
    ),
}
