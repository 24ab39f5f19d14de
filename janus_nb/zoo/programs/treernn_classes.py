"""A recursive network (TreeRNN) over binary parse trees: nodes are objects, the model calls itself on the children.

Data: 400 random binary trees of 3 to 10 leaves (seed 0). Leaves are words of a vocabulary of 30: 10 positive, 10 negative, 8 neutral, 2 that
negate; the sentiment of a node is the sum of its children's, turned round where the left child is a negation. Label: the sign at the
root (0 negative, 1 neutral, 2 positive). 320 trees for training, 80 held out.
"""

# %%
import random

import numpy as np
import tensorflow as tf

STEPS = 40  # minibatches of 25 trees
DIM, WORDS, BATCH = 24, 30, 25


# %%
class Node:
    def __init__(self, word=None, left=None, right=None):
        self.word, self.left, self.right = word, left, right
        self.label = None

    @property
    def is_leaf(self):
        return self.word is not None


def sentiment(node):
    if node.is_leaf:
        return 1 if node.word < 10 else -1 if node.word < 20 else 0
    left, right = sentiment(node.left), sentiment(node.right)
    if node.left.is_leaf and node.left.word >= 28:
        return -right
    return left + right


def random_tree(rng, leaves):
    if leaves == 1:
        return Node(word=rng.randrange(WORDS))
    left = rng.randint(1, leaves - 1)
    return Node(left=random_tree(rng, left), right=random_tree(rng, leaves - left))


rng = random.Random(0)
trees = [random_tree(rng, rng.randint(3, 10)) for _ in range(400)]
for tree in trees:
    tree.label = int(np.sign(sentiment(tree))) + 1
train_trees, test_trees = trees[:320], trees[320:]


# %%
class TreeRNN:
    def __init__(self, dim, classes, seed):
        rng = np.random.default_rng(seed)

        def normal(*shape):
            return tf.Variable(rng.normal(0, 0.3, shape).astype(np.float32))

        self.embedding = normal(WORDS, dim)
        self.w = normal(2 * dim, dim)
        self.b = tf.Variable(tf.zeros(dim))
        self.out = normal(dim, classes)

    @property
    def variables(self):
        return [self.embedding, self.w, self.b, self.out]

    def encode(self, node):
        if node.is_leaf:
            return tf.nn.embedding_lookup(self.embedding, [node.word])
        left = self.encode(node.left)
        right = self.encode(node.right)
        return tf.tanh(tf.concat([left, right], axis=1) @ self.w + self.b)

    def logits(self, tree):
        return self.encode(tree) @ self.out

    def loss(self, tree):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[tree.label], logits=self.logits(tree))[0]


def accuracy(model, some):
    right = 0
    for tree in some:
        right += int(np.argmax(model.logits(tree)[0]) == tree.label)
    return right / len(some)


# %%
def train(model, steps, rate=0.3):
    losses, scores, best, waited = [], [], None, 0
    for step in range(steps):
        batch = rng.sample(train_trees, BATCH)
        with tf.GradientTape() as tape:
            total = 0.0
            for tree in batch:
                total += model.loss(tree)
            loss = total / len(batch)
        for v, g in zip(model.variables, tape.gradient(loss, model.variables)):
            v.assign_sub(rate * tf.convert_to_tensor(g))
        losses.append(float(loss))
        if (step + 1) % 10 == 0:
            scores.append(accuracy(model, test_trees))
            print(f"step {step + 1}: loss {losses[-1]:.3f}, held out {scores[-1]:.3f}")
            if best is None or scores[-1] > best[0]:
                best, waited = (scores[-1], [v.numpy() for v in model.variables]), 0
            else:
                waited += 1
                rate *= 0.7
                if waited == 3:
                    break
    return losses, scores, best


model = TreeRNN(DIM, 3, seed=1)
losses, scores, best = train(model, STEPS)
RESULT = {"losses": losses, "scores": scores, "weights": [v.numpy() for v in model.variables]}
