"""A recurrent language model over a big vocabulary: sampled softmax, Adagrad with sparse updates by hand, a `Trainer` class.

Data: 30,000 words of 3,000 kinds, drawn from 20 "topics": each sentence of 8 words has a topic (seed 7), and takes its words from
the 150 words of that topic with Zipf's law. Sentences are the rows of one array; the last 250 are held out.
"""

# %%
import numpy as np
import tensorflow as tf

STEPS = 200
VOCABULARY, LENGTH, BATCH = 3000, 8, 32


# %%
def sentences(count, seed):
    rng = np.random.default_rng(seed)
    rank = 1.0 / np.arange(1, 151)
    topics = rng.integers(0, 20, count)
    words = rng.choice(150, (count, LENGTH), p=rank / rank.sum())
    return (topics[:, None] * 150 + words).astype(np.int64)


everything = sentences(3750, 7)
train_set, held_out = everything[:-250], everything[-250:]


# %%
class Model:
    def __init__(self, vocabulary, dim, hidden):
        init = tf.random_normal_initializer(stddev=0.08, seed=1)
        self.parameters = {
            "embedding": tf.Variable(init((vocabulary, dim))),
            "cell/x": tf.Variable(init((dim, 3 * hidden))),
            "cell/h": tf.Variable(init((hidden, 3 * hidden))),
            "cell/b": tf.Variable(tf.zeros(3 * hidden)),
            "softmax/w": tf.Variable(init((vocabulary, hidden))),
            "softmax/b": tf.Variable(tf.zeros(vocabulary)),
        }
        self.vocabulary, self.hidden = vocabulary, hidden

    def __getitem__(self, name):
        return self.parameters[name]

    def step(self, x, h):
        """A gated recurrent unit."""
        xz, xr, xn = tf.split(x @ self["cell/x"] + self["cell/b"], 3, axis=-1)
        hz, hr, hn = tf.split(h @ self["cell/h"], 3, axis=-1)
        z, r = tf.sigmoid(xz + hz), tf.sigmoid(xr + hr)
        return z * h + (1 - z) * tf.tanh(xn + r * hn)

    def states(self, batch):
        h = tf.zeros((batch.shape[0], self.hidden))
        found = []
        for word in tf.unstack(batch[:, :-1], axis=1):
            h = self.step(tf.nn.embedding_lookup(self["embedding"], word), h)
            found.append(h)
        return found

    def sampled(self, batch, samples):
        losses = []
        for t, h in enumerate(self.states(batch)):
            labels = batch[:, t + 1 : t + 2]
            losses.append(tf.nn.sampled_softmax_loss(self["softmax/w"], self["softmax/b"], labels, h, samples, self.vocabulary, num_true=1))
        return tf.reduce_mean(tf.concat(losses, axis=0))

    def full(self, batch):
        losses = []
        for t, h in enumerate(self.states(batch)):
            logits = tf.matmul(h, self["softmax/w"], transpose_b=True) + self["softmax/b"]
            losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch[:, t + 1], logits=logits))
        return tf.reduce_mean(tf.stack(losses))


class Adagrad:
    def __init__(self, rate):
        self.rate = rate
        self.sums = {}

    def update(self, parameters, gradients):
        for (name, v), g in zip(parameters.items(), gradients):
            if name not in self.sums:
                self.sums[name] = tf.Variable(tf.fill(v.shape, 0.1))
            s = self.sums[name]
            if isinstance(g, tf.IndexedSlices):
                rows, places = tf.unique(g.indices)
                summed = tf.math.unsorted_segment_sum(g.values, places, tf.size(rows))
                s.scatter_add(tf.IndexedSlices(summed**2, rows))
                v.scatter_sub(tf.IndexedSlices(self.rate * summed / tf.sqrt(tf.gather(s, rows)), rows))
            else:
                s.assign_add(g**2)
                v.assign_sub(self.rate * g / tf.sqrt(s))


class Trainer:
    def __init__(self, model, optimizer, samples=40):
        self.model, self.optimizer, self.samples = model, optimizer, samples
        self.losses, self.scores = [], []
        self.best = None

    def train(self, steps):
        rng = np.random.default_rng(8)
        for step in range(steps):
            batch = tf.constant(train_set[rng.integers(0, len(train_set), BATCH)])
            with tf.GradientTape() as tape:
                loss = self.model.sampled(batch, self.samples)
            gradients = tape.gradient(loss, list(self.model.parameters.values()))
            self.optimizer.update(self.model.parameters, gradients)
            self.losses.append(float(loss))
            if (step + 1) % 50 == 0 and self.evaluate(step + 1):
                break

    def evaluate(self, step):
        """Scores the held-out sentences; whether it is time to stop."""
        score = self.model.full(tf.constant(held_out)).numpy()
        print(f"step {step}: sampled {np.mean(self.losses[-50:]):.3f}, held out {score:.3f}")
        self.scores.append(float(score))
        if self.best is None or score < self.best[0]:
            self.best = (score, {k: v.numpy() for k, v in self.model.parameters.items()})
            return False
        self.optimizer.rate *= 0.7
        return len(self.scores) > 4 and min(self.scores[-3:]) > self.best[0]


# %%
tf.random.set_seed(9)
trainer = Trainer(Model(VOCABULARY, 32, 48), Adagrad(0.3))
trainer.train(STEPS)
RESULT = {"losses": trainer.losses, "scores": trainer.scores, "weights": {k: v.numpy() for k, v in trainer.model.parameters.items()}}
