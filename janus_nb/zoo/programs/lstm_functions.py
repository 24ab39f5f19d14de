"""A two-layer LSTM language model of words with Keras cells, functions, and the states in a list that every batch begins with.

Data: 12,000 words from a first-order Markov chain over 40 words (each word has five likely successors, drawn with NumPy, seed 5), in 10 streams;
the last 200 words of each stream are held out.
"""

# %%
import keras
import numpy as np
import tensorflow as tf

STEPS = 110
WORDS, BATCH, LENGTH, UNITS = 40, 10, 10, 48

# %%
rng = np.random.default_rng(5)
successors = np.array([rng.choice(WORDS, 5, replace=False) for _ in range(WORDS)])
words = [0]
for _ in range(11999):
    words.append(int(rng.integers(WORDS)) if rng.random() < 0.1 else int(successors[words[-1]][rng.integers(5)]))
streams = tf.constant(np.reshape(words, (BATCH, -1)), tf.int32)
train, held_out = streams[:, :-200], streams[:, -200:]

# %%
keras.utils.set_random_seed(4)
embed = keras.layers.Embedding(WORDS, 32)
cells = [keras.layers.LSTMCell(UNITS) for _ in range(2)]
project = keras.layers.Dense(WORDS)
embed(train[:, 0])
cells[0].build((None, 32))
cells[1].build((None, UNITS))
project.build((None, UNITS))
layers = [embed, *cells, project]
variables = [v for layer in layers for v in layer.trainable_variables]


def initial():
    return [[tf.zeros((BATCH, UNITS)), tf.zeros((BATCH, UNITS))] for _ in cells]


def unroll(tokens, states):
    """Logits of every next token, and the states afterwards."""
    outputs = []
    for t in range(tokens.shape[1]):
        x = embed(tokens[:, t])
        for i, cell in enumerate(cells):
            x, states[i] = cell(x, states[i])
        outputs.append(project(x))
    return tf.stack(outputs, axis=1), states


def cross_entropy(logits, targets):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits))


def score():
    states, total, n = initial(), 0.0, 0
    for start in range(0, held_out.shape[1] - LENGTH, LENGTH):
        logits, states = unroll(held_out[:, start : start + LENGTH], states)
        total += cross_entropy(logits, held_out[:, start + 1 : start + LENGTH + 1]).numpy()
        n += 1
    return total / n


# %%
def fit(steps):
    optimizer = keras.optimizers.Adam(5e-3)
    states, start, log = initial(), 0, {"loss": [], "held out": []}
    best = {"score": float("inf"), "weights": None, "step": 0}
    for step in range(1, steps + 1):
        if start + LENGTH >= train.shape[1]:
            states, start = initial(), 0
        x, y = train[:, start : start + LENGTH], train[:, start + 1 : start + LENGTH + 1]
        with tf.GradientTape() as tape:
            logits, states = unroll(x, states)
            loss = cross_entropy(logits, y)
        gradients = [tf.clip_by_norm(g, 1.0) for g in tape.gradient(loss, variables)]
        optimizer.apply_gradients(zip(gradients, variables))
        states = [[tf.stop_gradient(s) for s in pair] for pair in states]
        start += LENGTH
        log["loss"].append(float(loss))
        if step % 20 == 0:
            log["held out"].append(float(score()))
            print(f"{step}: train {np.mean(log['loss'][-20:]):.3f}, held out {log['held out'][-1]:.3f}")
            if log["held out"][-1] < best["score"]:
                best.update(score=log["held out"][-1], weights=[v.numpy() for v in variables], step=step)
            elif step - best["step"] >= 60:
                print("stopping")
                break
    if best["weights"]:
        for v, w in zip(variables, best["weights"]):
            v.assign(w)
    return log, states


log, states = fit(STEPS)
RESULT = {
    "losses": log["loss"],
    "scores": log["held out"],
    "weights": [v.numpy() for v in variables],
    "state": [s.numpy() for p in states for s in p],
}
