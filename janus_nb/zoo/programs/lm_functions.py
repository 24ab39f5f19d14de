"""A language model with a big vocabulary: an embedding of 5,000 words and a sampled softmax, written with functions.

Data: 60,000 words; word ids follow Zipf's law (exponent 1.1), and with probability 0.6 a word is the fixed partner of the one before it (a
permutation drawn with seed 1). The context is the three words before. The last 4,000 words are held out.
"""

# %%
import numpy as np
import tensorflow as tf

STEPS = 400
VOCABULARY, DIM, CONTEXT, BATCH, SAMPLES = 5000, 48, 3, 64, 50

# %%
rng = np.random.default_rng(1)
partner = rng.permutation(VOCABULARY)
frequency = 1.0 / np.arange(1, VOCABULARY + 1) ** 1.1
frequency /= frequency.sum()
fresh = rng.choice(VOCABULARY, 60000, p=frequency)
follow = rng.random(60000) < 0.6
corpus = [int(fresh[0])]
for word, joined in zip(fresh[1:], follow[1:]):
    corpus.append(int(partner[corpus[-1]]) if joined else int(word))
corpus = np.array(corpus, np.int64)
train, test = corpus[:56000], corpus[56000:]

# %%
tf.random.set_seed(2)
embedding = tf.Variable(tf.random.normal((VOCABULARY, DIM), stddev=0.1))
hidden_w = tf.Variable(tf.random.normal((CONTEXT * DIM, DIM), stddev=0.1))
hidden_b = tf.Variable(tf.zeros(DIM))
softmax_w = tf.Variable(tf.random.normal((VOCABULARY, DIM), stddev=0.1))
softmax_b = tf.Variable(tf.zeros(VOCABULARY))
variables = [embedding, hidden_w, hidden_b, softmax_w, softmax_b]


def encode(context):
    vectors = tf.nn.embedding_lookup(embedding, context)
    flat = tf.reshape(vectors, (-1, CONTEXT * DIM))
    return tf.tanh(flat @ hidden_w + hidden_b)


def sampled_loss(context, target):
    h = encode(context)
    loss = tf.nn.sampled_softmax_loss(softmax_w, softmax_b, target[:, None], h, SAMPLES, VOCABULARY)
    return tf.reduce_mean(loss)


def full_loss(context, target):
    logits = tf.matmul(encode(context), softmax_w, transpose_b=True) + softmax_b
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits))


def windows(text, at):
    return np.stack([text[at + i] for i in range(CONTEXT)], axis=1), text[at + CONTEXT]


def descend(gradients, rate):
    for v, g in zip(variables, gradients):
        if isinstance(g, tf.IndexedSlices):
            v.scatter_sub(tf.IndexedSlices(rate * tf.clip_by_value(g.values, -0.5, 0.5), g.indices))
        else:
            v.assign_sub(rate * g)


def evaluate():
    total, n = 0.0, 0
    for start in range(0, 2000, 500):
        total += float(full_loss(*windows(test, np.arange(start, start + 500))))
        n += 1
    return total / n


# %%
rate, losses, scores, best = 2.0, [], [], None
draw = np.random.default_rng(3)
for step in range(STEPS):
    context, target = windows(train, draw.integers(0, len(train) - CONTEXT, BATCH))
    with tf.GradientTape() as tape:
        loss = sampled_loss(context, target)
    descend(tape.gradient(loss, variables), rate)
    losses.append(loss.numpy())
    if step % 100 == 99:
        scores.append(evaluate())
        print(f"step {step + 1}: sampled loss {np.mean(losses[-100:]):.3f}, held out {scores[-1]:.3f}, rate {rate:g}")
        if best is None or scores[-1] < best[0]:
            best = (scores[-1], [v.numpy() for v in variables])
        else:
            rate /= 2

if best is not None:
    for v, saved in zip(variables, best[1]):
        v.assign(saved)
RESULT = {"losses": [float(x) for x in losses], "scores": scores, "weights": [v.numpy() for v in variables]}
