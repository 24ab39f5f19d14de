"""An LSTM language model of characters: the state is kept in an attribute across batches; truncated backpropagation through time.

Data: 24,000 characters of sentences from a small grammar ("the old cat sees a red house near the river . "), drawn with NumPy, seed 0. The text
is cut into 16 parallel streams; the last tenth of each is held out.
"""

# %%
import numpy as np
import tensorflow as tf

STEPS = 200
STREAMS, WINDOW, HIDDEN = 16, 12, 64

# %%
GRAMMAR = {
    "S": ["NP V NP P", "NP V P"],
    "NP": ["the A N", "a A N", "the N"],
    "A": ["old", "red", "small", "quiet"],
    "N": ["cat", "house", "river", "teacher", "tree"],
    "V": ["sees", "likes", "finds", "paints"],
    "P": ["near NP", "under NP", ""],
}


def expand(symbol, rng):
    if symbol not in GRAMMAR:
        return [symbol]
    rule = GRAMMAR[symbol][rng.integers(len(GRAMMAR[symbol]))]
    return [word for part in rule.split() for word in expand(part, rng)]


rng = np.random.default_rng(0)
text = ""
while len(text) < 24000:
    text += " ".join(expand("S", rng)) + " . "
alphabet = sorted(set(text))
index = {c: i for i, c in enumerate(alphabet)}
codes = np.array([index[c] for c in text[:24000]], np.int32).reshape(STREAMS, -1)
cut = codes.shape[1] * 9 // 10
train_codes, test_codes = codes[:, :cut], codes[:, cut:]


# %%
class LSTM:
    def __init__(self, inputs, hidden, rng):
        self.w = tf.Variable(rng.normal(0, 0.1, (inputs + hidden, 4 * hidden)).astype(np.float32))
        self.b = tf.Variable(np.zeros(4 * hidden, np.float32))
        self.hidden = hidden
        self.state = None

    def reset(self, batch):
        self.state = (tf.zeros((batch, self.hidden)), tf.zeros((batch, self.hidden)))

    def detach(self):
        h, c = self.state
        self.state = (tf.stop_gradient(h), tf.stop_gradient(c))

    def step(self, x):
        h, c = self.state
        gates = tf.concat([x, h], axis=1) @ self.w + self.b
        i, f, o, g = tf.split(gates, 4, axis=1)
        c = tf.sigmoid(f + 1.0) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
        self.state = (h, c)
        return h


class LanguageModel:
    def __init__(self, vocabulary, hidden, seed):
        rng = np.random.default_rng(seed)
        self.embedding = tf.Variable(rng.normal(0, 0.1, (vocabulary, 24)).astype(np.float32))
        self.cells = [LSTM(24, hidden, rng)]
        self.out_w = tf.Variable(rng.normal(0, 0.1, (hidden, vocabulary)).astype(np.float32))
        self.out_b = tf.Variable(np.zeros(vocabulary, np.float32))

    @property
    def variables(self):
        found = [self.embedding, self.out_w, self.out_b]
        for cell in self.cells:
            found += [cell.w, cell.b]
        return found

    def reset(self, batch):
        for cell in self.cells:
            cell.reset(batch)

    def loss(self, inputs, targets):
        total = 0.0
        for t in range(inputs.shape[1]):
            x = tf.gather(self.embedding, inputs[:, t])
            for cell in self.cells:
                x = cell.step(x)
            logits = x @ self.out_w + self.out_b
            total += tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets[:, t], logits=logits))
        return total / inputs.shape[1]


def clip(gradients, limit):
    norm = tf.sqrt(tf.add_n([tf.reduce_sum(tf.square(tf.convert_to_tensor(g))) for g in gradients]))
    scale = tf.minimum(1.0, limit / (norm + 1e-6))
    return [tf.convert_to_tensor(g) * scale for g in gradients], norm


def perplexity(model):
    kept = [cell.state for cell in model.cells]
    model.reset(STREAMS)
    total, count = 0.0, 0
    for at in range(0, test_codes.shape[1] - WINDOW - 1, WINDOW):
        total += float(model.loss(test_codes[:, at : at + WINDOW], test_codes[:, at + 1 : at + WINDOW + 1]))
        count += 1
    for cell, state in zip(model.cells, kept):
        cell.state = state
    return np.exp(total / count)


# %%
model = LanguageModel(len(alphabet), HIDDEN, seed=1)
rate, position, epoch = 1.0, 0, 0
losses, perplexities, best = [], [], (np.inf, None)
model.reset(STREAMS)
for step in range(STEPS):
    if position + WINDOW + 1 > train_codes.shape[1]:
        position, epoch = 0, epoch + 1
        model.reset(STREAMS)
    inputs = train_codes[:, position : position + WINDOW]
    targets = train_codes[:, position + 1 : position + WINDOW + 1]
    position += WINDOW
    with tf.GradientTape() as tape:
        loss = model.loss(inputs, targets)
    gradients, norm = clip(tape.gradient(loss, model.variables), 5.0)
    for v, g in zip(model.variables, gradients):
        v.assign_sub(rate * g)
    for cell in model.cells:
        cell.detach()
    losses.append(loss.numpy())
    if step % 20 == 0:
        print(f"step {step}: {np.exp(losses[-1]):.2f} (gradient {norm:.2f})")
    if (step + 1) % 50 == 0:
        perplexities.append(perplexity(model))
        print(f"  held out: {perplexities[-1]:.3f}")
        if perplexities[-1] < best[0]:
            best = (perplexities[-1], [v.numpy() for v in model.variables])
        else:
            rate *= 0.5
            if rate < 0.1:
                break

RESULT = {
    "losses": [float(x) for x in losses],
    "scores": [float(p) for p in perplexities],
    "weights": [v.numpy() for v in model.variables],
    "state": [t.numpy() for cell in model.cells for t in cell.state],
}
