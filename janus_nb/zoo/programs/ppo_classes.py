"""PPO with clipping: a pendulum-like task in NumPy, Gaussian actions, several epochs of minibatches from a generator, classes.

Data: 16 point masses side by side on a line, to be brought to the origin by a bounded force; position and speed start uniformly in [-1, 1] (NumPy, seed
0); the reward is -(x^2 + 0.1 v^2 + 0.01 u^2). Each update plays 32 steps with all of them, and learns 4 epochs from minibatches of 128.
"""

# %%
import numpy as np
import tensorflow as tf

STEPS = 12  # updates
ENVS, HORIZON, EPOCHS, MINIBATCH = 16, 32, 4, 128


# %%
class Masses:
    def __init__(self, n, seed):
        self.n, self.rng = n, np.random.default_rng(seed)
        self.state = self.rng.uniform(-1, 1, (n, 2))

    def observe(self):
        return self.state.astype(np.float32)

    def step(self, force):
        force = np.clip(force, -1, 1)
        x, v = self.state.T
        v = 0.98 * v + 0.1 * force
        x = x + 0.1 * v
        self.state = np.stack([x, v], axis=1)
        gone = np.abs(x) > 2
        if gone.any():
            self.state[gone] = self.rng.uniform(-1, 1, (gone.sum(), 2))
        return self.observe(), -(x**2 + 0.1 * v**2 + 0.01 * force**2), gone


class MLP:
    def __init__(self, sizes):
        self.sizes, self.weights = sizes, []

    def __call__(self, x):
        if not self.weights:
            for n, m in zip(self.sizes[:-1], self.sizes[1:]):
                self.weights.append((tf.Variable(tf.random.normal((n, m), stddev=n**-0.5)), tf.Variable(tf.zeros(m))))
        for i, (w, b) in enumerate(self.weights):
            x = x @ w + b
            if i + 1 < len(self.weights):
                x = tf.tanh(x)
        return x

    @property
    def variables(self):
        return [v for pair in self.weights for v in pair]


class Buffer:
    def __init__(self):
        self.columns = {name: [] for name in ("obs", "actions", "logp", "rewards", "values", "done")}

    def add(self, **row):
        for name, value in row.items():
            self.columns[name].append(value)

    def finish(self, last_values, gamma=0.95, lam=0.9):
        """Advantages by generalised advantage estimation; then everything flat."""
        data = {name: np.stack(rows).astype(np.float32) for name, rows in self.columns.items()}
        advantages = np.zeros_like(data["rewards"])
        following, running = last_values, np.zeros_like(last_values)
        for t in reversed(range(len(advantages))):
            alive = 1.0 - data["done"][t]
            delta = data["rewards"][t] + gamma * following * alive - data["values"][t]
            running = delta + gamma * lam * alive * running
            advantages[t], following = running, data["values"][t]
        data["returns"] = advantages + data["values"]
        data["advantages"] = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        return {name: rows.reshape(-1, *rows.shape[2:]) for name, rows in data.items()}


def minibatches(data, size, rng):
    order = rng.permutation(len(data["returns"]))
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        yield {name: tf.constant(column[rows]) for name, column in data.items()}


# %%
class PPO:
    def __init__(self, seed):
        tf.random.set_seed(seed)
        self.policy, self.value = MLP([2, 32, 1]), MLP([2, 32, 1])
        self.log_std = tf.Variable([-0.5])
        self.rng = np.random.default_rng(seed)
        self.slots, self.t, self.rate = None, 0, 3e-3

    def log_prob(self, mean, actions):
        z = (actions - mean) / tf.exp(self.log_std)
        return tf.reduce_sum(-0.5 * z**2 - self.log_std - 0.5 * np.log(2 * np.pi), axis=1)

    def collect(self, env):
        buffer, obs = Buffer(), env.observe()
        for _ in range(HORIZON):
            mean = self.policy(tf.constant(obs))
            noise = self.rng.normal(size=(ENVS, 1)).astype(np.float32)
            action = mean + tf.exp(self.log_std) * noise
            logp, value = self.log_prob(mean, action), self.value(tf.constant(obs))[:, 0]
            following, reward, done = env.step(action.numpy()[:, 0])
            buffer.add(obs=obs, actions=action.numpy(), logp=logp.numpy(), rewards=reward, values=value.numpy(), done=done)
            obs = following
        return buffer.finish(self.value(tf.constant(obs))[:, 0].numpy())

    def loss(self, batch, clip=0.2):
        logp = self.log_prob(self.policy(batch["obs"]), batch["actions"])
        ratio = tf.exp(logp - batch["logp"])
        clipped = tf.clip_by_value(ratio, 1 - clip, 1 + clip)
        policy_loss = -tf.reduce_mean(tf.minimum(ratio * batch["advantages"], clipped * batch["advantages"]))
        value_loss = tf.reduce_mean((self.value(batch["obs"])[:, 0] - batch["returns"]) ** 2)
        kl = tf.reduce_mean(batch["logp"] - logp)
        return policy_loss + 0.5 * value_loss - 0.003 * tf.reduce_sum(self.log_std), kl

    def adam(self, variables, gradients):
        if self.slots is None:
            self.slots = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in variables]
        self.t += 1
        rate = self.rate * np.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t)
        for v, g, (m, s) in zip(variables, gradients, self.slots):
            m.assign(0.9 * m + 0.1 * g)
            s.assign(0.999 * s + 0.001 * g * g)
            v.assign_sub(rate * m / (tf.sqrt(s) + 1e-6))

    def update(self, data):
        losses = []
        for epoch in range(EPOCHS):
            for batch in minibatches(data, MINIBATCH, self.rng):
                with tf.GradientTape() as tape:
                    loss, kl = self.loss(batch)
                variables = self.policy.variables + self.value.variables + [self.log_std]
                self.adam(variables, tape.gradient(loss, variables))
                losses.append(float(loss))
            if kl > 0.05:
                print(f"  stopped after epoch {epoch + 1}: divergence {kl:.3f}")
                break
        return losses


# %%
agent, env = PPO(3), Masses(ENVS, 0)
losses, rewards, best = [], [], None
for update in range(STEPS):
    data = agent.collect(env)
    losses += agent.update(data)
    rewards.append(float(data["rewards"].mean()))
    print(f"update {update + 1}: reward {rewards[-1]:.4f}, std {np.exp(agent.log_std.numpy()[0]):.3f}")
    if best is None or rewards[-1] > best[0]:
        best = (rewards[-1], [v.numpy() for v in agent.policy.variables])
    elif len(rewards) > 3 and rewards[-1] < rewards[-3]:
        agent.rate *= 0.7

RESULT = {"losses": losses, "scores": rewards, "weights": [v.numpy() for v in [*agent.policy.variables, *agent.value.variables, agent.log_std]]}
