"""A recursive network over expressions that are nested tuples, with functions: ("+", left, right), ("neg", child), or a digit.

Data: 500 random expressions of depth at most 4 over the digits 0-9, with + , * and neg, all modulo 10 (Python's `random`, seed 3). The
network predicts the value, a class of ten. One expression a step; 450 for training, 50 held out.
"""

# %%
import random

import keras
import numpy as np
import tensorflow as tf

STEPS = 450
DIM = 32

# %%
source = random.Random(3)


def expression(depth):
    kind = source.random()
    if depth == 0 or kind < 0.2:
        return source.randrange(10)
    if kind < 0.35:
        return ("neg", expression(depth - 1))
    return (source.choice("+*"), expression(depth - 1), expression(depth - 1))


def value(e):
    if isinstance(e, int):
        return e
    if e[0] == "neg":
        return -value(e[1]) % 10
    a, b = value(e[1]), value(e[2])
    return (a + b) % 10 if e[0] == "+" else (a * b) % 10


data = [(e, value(e)) for e in (expression(source.randint(1, 4)) for _ in range(500))]
train_data, test_data = data[:450], data[450:]

# %%
keras.utils.set_random_seed(2)
digits = tf.Variable(tf.random.normal((10, DIM), stddev=0.3))
binary = {op: tf.Variable(tf.random.normal((2 * DIM, DIM), stddev=0.15)) for op in "+*"}
unary = {"neg": tf.Variable(tf.random.normal((DIM, DIM), stddev=0.2))}
readout = tf.Variable(tf.random.normal((DIM, 10), stddev=0.2))
parameters = [digits, *binary.values(), *unary.values(), readout]


def embed(e):
    if isinstance(e, int):
        return digits[e : e + 1]
    op, *children = e
    parts = [embed(child) for child in children]
    if len(parts) == 1:
        return tf.nn.relu(parts[0] @ unary[op])
    return tf.tanh(tf.concat(parts, 1) @ binary[op])


def loss_of(e, answer):
    logits = embed(e) @ readout
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits([answer], logits)), logits


# %%
optimizer = keras.optimizers.Adam(3e-3)
losses, scores, best = [], [], (0.0, None)
right = seen = 0
for step in range(STEPS):
    e, answer = train_data[step % len(train_data)]
    with tf.GradientTape() as tape:
        loss, logits = loss_of(e, answer)
    gradients = tape.gradient(loss, parameters, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    optimizer.apply_gradients(zip(gradients, parameters))
    losses.append(float(loss))
    right += int(tf.argmax(logits[0])) == answer
    seen += 1
    if seen == 90:
        score = np.mean([int(tf.argmax((embed(t) @ readout)[0])) == a for t, a in test_data])
        scores.append(float(score))
        print(f"{step + 1}: loss {np.mean(losses[-90:]):.3f}, right {right / seen:.3f}, held out {score:.3f}")
        right = seen = 0
        if score > best[0]:
            best = (score, [p.numpy() for p in parameters])
        else:
            optimizer.learning_rate.assign(optimizer.learning_rate * 0.8)

RESULT = {"losses": losses, "scores": scores, "weights": [p.numpy() for p in parameters]}
