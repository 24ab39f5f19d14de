"""A binary TreeLSTM (Tai et al., 2015, N-ary with N = 2) as a class that recurses over nested Python objects, with Adagrad by hand.

Data: 300 random binary trees of 3 to 9 leaves over the words of a toy language (seed 4), labelled at every node: 1 if the leaves below
contain more "good" words (ids below 12) than others of a vocabulary of 24, else 0. The loss sums over all nodes. 240 for training, 60 held out.
"""

# %%
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

STEPS = 120  # of 5 trees
WORDS, DIM, BATCH = 24, 20, 5


# %%
@dataclass
class Leaf:
    word: int
    label: int


@dataclass
class Branch:
    left: object
    right: object
    label: int


def words_below(tree):
    return [tree.word] if isinstance(tree, Leaf) else words_below(tree.left) + words_below(tree.right)


def grow(rng, leaves):
    if leaves == 1:
        word = int(rng.integers(WORDS))
        return Leaf(word, int(word < 12))
    at = int(rng.integers(1, leaves))
    left, right = grow(rng, at), grow(rng, leaves - at)
    below = words_below(left) + words_below(right)
    return Branch(left, right, int(sum(w < 12 for w in below) * 2 > len(below)))


rng = np.random.default_rng(4)
forest = [grow(rng, int(rng.integers(3, 10))) for _ in range(300)]
train_trees, test_trees = forest[:240], forest[240:]


# %%
class BinaryTreeLSTM:
    def __init__(self, words, dim):
        init = tf.keras.initializers.GlorotUniform(seed=6)
        self.dim = dim
        self.embedding = tf.Variable(init((words, dim)))
        self.leaf = tf.Variable(init((dim, 3 * dim)))
        self.inner = tf.Variable(init((2 * dim, 5 * dim)))
        self.bias = tf.Variable(tf.zeros(5 * dim))
        self.w_out = tf.Variable(init((dim, 2)))
        self.trainable = [self.embedding, self.leaf, self.inner, self.bias, self.w_out]

    def forward(self, tree, collect):
        """(h, c) of a tree; every node's loss goes into `collect`."""
        if isinstance(tree, Leaf):
            x = tf.expand_dims(self.embedding[tree.word], 0)
            i, o, u = tf.split(x @ self.leaf, 3, axis=1)
            c = tf.sigmoid(i) * tf.tanh(u)
        else:
            (hl, cl), (hr, cr) = self.forward(tree.left, collect), self.forward(tree.right, collect)
            i, fl, fr, o, u = tf.split(tf.concat([hl, hr], 1) @ self.inner + self.bias, 5, axis=1)
            c = tf.sigmoid(i) * tf.tanh(u) + tf.sigmoid(fl + 1.0) * cl + tf.sigmoid(fr + 1.0) * cr
        h = tf.sigmoid(o) * tf.tanh(c)
        logits = h @ self.w_out
        collect.append(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[tree.label], logits=logits))
        return h, c

    def classify(self, tree):
        h, _ = self.forward(tree, [])
        return int(tf.argmax(h @ self.w_out, axis=1)[0])


class Adagrad:
    def __init__(self, variables, rate):
        self.rate = rate
        self.sums = [tf.Variable(tf.fill(v.shape, 0.1)) for v in variables]

    def apply(self, variables, gradients):
        for v, s, g in zip(variables, self.sums, gradients):
            g = tf.convert_to_tensor(g)
            s.assign_add(g * g)
            v.assign_sub(self.rate * g / tf.sqrt(s))


# %%
model = BinaryTreeLSTM(WORDS, DIM)
optimizer = Adagrad(model.trainable, 0.2)
losses, scores = [], []
best_score, best_weights = -1.0, None
order = np.arange(len(train_trees))
for step in range(STEPS):
    start = step * BATCH % len(order)
    if start == 0:
        rng.shuffle(order)
    with tf.GradientTape() as tape:
        found = []
        for k in order[start : start + BATCH]:
            model.forward(train_trees[k], found)
        loss = tf.reduce_mean(tf.concat(found, axis=0))
    optimizer.apply(model.trainable, tape.gradient(loss, model.trainable))
    losses.append(float(loss))
    if (step + 1) % 40 == 0:
        score = sum(model.classify(t) == t.label for t in test_trees) / len(test_trees)
        scores.append(score)
        print(f"step {step + 1}: loss {np.mean(losses[-40:]):.4f}, roots right {score:.3f}")
        if score > best_score:
            best_score, best_weights = score, [v.numpy() for v in model.trainable]
        else:
            optimizer.rate /= 2

RESULT = {"losses": losses, "scores": scores, "weights": [v.numpy() for v in model.trainable], "best": best_weights or []}
