"""Recursion: on numbers, over trees of objects, tuples and dictionaries, mutual and with accumulators."""

from tests.programs.harness import Program

TREE = """
class Node:
    def __init__(self, value=None, left=None, right=None):
        self.value, self.left, self.right = value, left, right
    def is_leaf(self):
        return self.left is None
emb = tf.Variable(rng.normal(size=(6, 3)).astype("float32") * 0.3, name="emb")
comb = tf.Variable(rng.normal(size=(6, 3)).astype("float32") * 0.3, name="comb")
def encode(node):
    if node.is_leaf():
        return emb[node.value][None]
    return tf.tanh(tf.concat([encode(node.left), encode(node.right)], 1) @ comb)
tree = Node(None, Node(1), Node(None, Node(2), Node(None, Node(3), Node(0))))
"""

PROGRAMS = {
    "fixed_tree": Program(
        "One tree, encoded in every step.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(encode(tree) ** 2)
    g = tape.gradient(loss, [comb])
    comb.assign_sub(0.1 * g[0])
print(f"{float(loss):.4f}")
""",
        setup=TREE,
    ),
    "trees_of_one_shape": Program(
        "A list of trees of one shape with unlike leaves.",
        """
for node in trees:
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(encode(node) ** 2)
    g = tape.gradient(loss, [comb])
    comb.assign_sub(0.1 * g[0])
    log.append(float(loss))
del node
""",
        setup=TREE + "trees = [Node(None, Node(k % 6), Node(None, Node((k + 1) % 6), Node((k * 2) % 6))) for k in range(30)]\n",
    ),
    "trees_of_two_shapes": Program(
        "Trees of unlike shapes.",
        """
for node in trees:
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(encode(node) ** 2)
    g = tape.gradient(loss, [comb])
    comb.assign_sub(0.1 * g[0])
    log.append(float(loss))
del node
""",
        setup=TREE
        + """
def grow(depth, k):
    return Node(k % 6) if depth == 0 else Node(None, grow(depth - 1, k + 1), Node((k * 2) % 6))
trees = [grow(1 + k % 2, k) for k in range(24)]
""",
    ),
    "recursion_on_numbers": Program(
        "A power by squaring.",
        """
for i in range(30):
    m = power(tf.nn.softmax(w[:3, :3]), 5)
    w.assign_sub(0.01 * tf.ones_like(w) * tf.reduce_sum(m))
print(f"{float(tf.reduce_sum(w)):.4f}")
""",
        setup="""
def power(m, n):
    if n == 1:
        return m
    half = power(m, n // 2)
    full = half @ half
    return full @ m if n % 2 else full
""",
    ),
    "recursion_with_an_accumulator": Program(
        "Nested tuples are summed into a list.",
        """
for i in range(30):
    found = []
    walk(nest, found)
    total = tf.add_n(found) * XT[i, 0, 0]
    b.assign_add(0.01 * total)
del found
""",
        setup="""
nest = (b, (w[0], (w[1], w[2])), [w[3], b * 0.5])
def walk(node, out):
    if isinstance(node, (tuple, list)):
        for child in node:
            walk(child, out)
    else:
        out.append(tf.tanh(node))
""",
    ),
    "mutual_recursion": Program(
        "Two functions that call each other.",
        """
for i in range(30):
    h = even(XT[i], 4)
    b.assign_add(0.01 * tf.reduce_mean(h, axis=0)[:3])
""",
        setup="""
def even(x, n):
    return x if n == 0 else odd(tf.tanh(x), n - 1)
def odd(x, n):
    return even(x * 0.5, n - 1)
""",
    ),
    "dictionary_tree": Program(
        "A tree of dictionaries.",
        """
for i in range(30):
    value = evaluate(expr, XT[i])
    b.assign_add(0.01 * tf.reduce_mean(value, axis=0)[:3])
print(f"{float(tf.reduce_sum(b)):.4f}")
""",
        setup="""
expr = {"op": "add", "args": [{"op": "x"}, {"op": "mul", "args": [{"op": "x"}, {"op": "const", "value": 0.5}]}]}
OPS = {"add": lambda a, c: a + c, "mul": lambda a, c: a * c}
def evaluate(node, x):
    if node["op"] == "x":
        return x
    if node["op"] == "const":
        return node["value"]
    return OPS[node["op"]](*[evaluate(a, x) for a in node["args"]])
""",
    ),
    "memoised_tree": Program(
        "A recursive encoder that keeps results in a dictionary made per step.",
        """
for i in range(30):
    memo = {}
    loss = tf.reduce_sum(encode_once(tree, memo) ** 2)
    comb.assign_sub(0.01 * tf.ones_like(comb) * loss)
print(len(memo))
del memo
""",
        setup=TREE
        + """
def encode_once(node, memo):
    key = id(node)
    if key not in memo:
        if node.is_leaf():
            memo[key] = emb[node.value][None]
        else:
            memo[key] = tf.tanh(tf.concat([encode_once(node.left, memo), encode_once(node.right, memo)], 1) @ comb)
    return memo[key]
""",
    ),
    "tree_that_is_rewritten": Program(
        "Nodes get values in the loop.",
        """
for i in range(30):
    visit(tree, XT[i, 0, :3])
log.append(float(tf.reduce_sum(tree.h)))
""",
        setup=TREE
        + """
def visit(node, x):
    if node.is_leaf():
        node.h = emb[node.value] + x
    else:
        visit(node.left, x)
        visit(node.right, x)
        node.h = tf.tanh(node.left.h + node.right.h)
""",
    ),
    "recursive_closure": Program(
        "A function that calls itself through its closure.",
        """
for i in range(30):
    b.assign_add(0.01 * run(XT[i, 0, :3]))
""",
        setup="""
def make():
    def go(x, n):
        return x if n == 0 else go(tf.tanh(x) * 0.9, n - 1)
    return lambda x: go(x, 3)
run = make()
""",
    ),
    "deep_recursion": Program(
        "Forty levels.",
        """
for i in range(30):
    b.assign_add(0.01 * down(XT[i, 0, :3], 40))
""",
        setup="def down(x, n):\n    return x if n == 0 else down(x * 0.95, n - 1)\n",
    ),
    "recursion_that_depends_on_a_tensor": Program(
        "Newton's iteration as recursion until the tensor is small.",
        """
for i in range(30):
    b.assign_add(0.01 * shrink(XT[i, 0, :3]))
print(f"{float(tf.reduce_sum(b)):.4f}")
""",
        setup="def shrink(x):\n    return x if tf.reduce_max(tf.abs(x)) < 0.5 else shrink(x * 0.5)\n",
    ),
}
