"""SPINN over a batch of sentences at a time: stacks are lists of lists, and all reductions of a time step are computed together.

Data: 400 bracketed sums such as ((3 (1 4)) 2) over the digits 0-9 with 3 to 7 digits (Python's `random`, seed 8), as tokens and transitions padded with
SKIP; the label is the sum modulo 3. 320 for training, 80 held out.
"""

# %%
import random

import keras
import numpy as np
import tensorflow as tf

STEPS = 60
BATCH, DIM = 16, 24
SHIFT, REDUCE, SKIP = "S", "R", "-"


# %%
def bracketing(r, n):
    """Transitions of a random binary tree over n leaves."""
    if n == 1:
        return SHIFT
    k = r.randint(1, n - 1)
    return bracketing(r, k) + bracketing(r, n - k) + REDUCE


r = random.Random(8)
examples = []
for _ in range(400):
    n = r.randint(3, 7)
    tokens = [r.randrange(10) for _ in range(n)]
    examples.append((tokens, bracketing(r, n), sum(tokens) % 3))
longest = max(len(t) for _, t, _ in examples)
padded = [(tokens, t + SKIP * (longest - len(t)), label) for tokens, t, label in examples]
train_set, test_set = padded[:320], padded[320:]

# %%
keras.utils.set_random_seed(1)
embed = keras.layers.Embedding(10, DIM)
merge = keras.layers.Dense(DIM, activation="tanh")
gate = keras.layers.Dense(DIM, activation="sigmoid")
mlp = keras.Sequential([keras.layers.Dense(32, activation="relu"), keras.layers.Dense(3)])


def reduce_all(lefts, rights):
    left, right = tf.concat(lefts, axis=0), tf.concat(rights, axis=0)
    both = tf.concat([left, right], axis=1)
    g = gate(both)
    return tf.split(g * merge(both) + (1.0 - g) * 0.5 * (left + right), len(lefts), axis=0)


def encode(batch):
    buffers = []
    for tokens, _, _ in batch:
        vectors = embed(tf.constant(tokens))
        buffers.append([vectors[i : i + 1] for i in range(len(tokens) - 1, -1, -1)])
    stacks = [[] for _ in batch]
    for t in range(longest):
        lefts, rights, owners = [], [], []
        for stack, buffer, (_, transitions, _) in zip(stacks, buffers, batch):
            if transitions[t] == SHIFT:
                stack.append(buffer.pop())
            elif transitions[t] == REDUCE:
                rights.append(stack.pop())
                lefts.append(stack.pop())
                owners.append(stack)
        if owners:
            for stack, state in zip(owners, reduce_all(lefts, rights)):
                stack.append(state)
    return tf.concat([stack.pop() for stack in stacks], axis=0)


def logits_of(batch):
    return mlp(encode(batch))


# %%
logits_of(train_set[:2])
variables = [v for part in (embed, merge, gate, mlp) for v in part.trainable_variables]
optimizer = keras.optimizers.Adam(1e-2)
losses, scores, best = [], [], None
for step in range(STEPS):
    batch = r.sample(train_set, BATCH)
    labels = np.array([label for _, _, label in batch])
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits_of(batch)))
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    losses.append(float(loss))
    if (step + 1) % 15 == 0:
        guess = np.concatenate([logits_of(test_set[k : k + BATCH]).numpy().argmax(1) for k in range(0, 80, BATCH)])
        scores.append(float(np.mean(guess == [label for _, _, label in test_set])))
        print(f"step {step + 1:3d}  loss {losses[-1]:.3f}  held out {scores[-1]:.3f}")
        if best is None or scores[-1] >= best["score"]:
            best = {"score": scores[-1], "weights": [v.numpy() for v in variables]}
        else:
            optimizer.learning_rate.assign(optimizer.learning_rate.numpy() * 0.7)

RESULT = {"losses": losses, "scores": scores, "weights": [v.numpy() for v in variables]}
