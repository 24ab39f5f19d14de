"""Whole cells as in public notebooks and tutorials, with their `@tf.function` lines removed."""

from tests.programs.harness import Program

PROGRAMS = {
    "linear_regression_class": Program(
        "The basics tutorial: a tf.Module, a loss, a training loop with a report.",
        """
for epoch in range(30):
    train(model, x, y, learning_rate=0.1)
    weights.append(model.w.numpy())
    biases.append(model.b.numpy())
    current_loss = loss(y, model(x))
    if epoch % 10 == 0:
        print(f"Epoch {epoch:2d}:")
        print("    ", report(model, current_loss))
""",
        setup="""
class MyModel(tf.Module):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.w = tf.Variable(5.0)
        self.b = tf.Variable(0.0)
    def __call__(self, x):
        return self.w * x + self.b
model = MyModel()
x = tf.linspace(-2.0, 2.0, 50)
y = x * 3.0 + 2.0
def loss(target_y, predicted_y):
    return tf.reduce_mean(tf.square(target_y - predicted_y))
def train(model, x, y, learning_rate):
    with tf.GradientTape() as t:
        current_loss = loss(y, model(x))
    dw, db = t.gradient(current_loss, [model.w, model.b])
    model.w.assign_sub(learning_rate * dw)
    model.b.assign_sub(learning_rate * db)
def report(model, loss):
    return f"W = {model.w.numpy():1.2f}, b = {model.b.numpy():1.2f}, loss={loss:2.5f}"
weights, biases = [], []
""",
    ),
    "custom_training_walkthrough": Program(
        "The penguins tutorial: dataset, metrics per epoch, results kept.",
        """
for epoch in range(4):
    epoch_loss_avg = keras.metrics.Mean()
    epoch_accuracy = keras.metrics.SparseCategoricalAccuracy()
    for x, y in ds_train_batch:
        loss_value, grads = grad(model, x, y)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
        epoch_loss_avg.update_state(loss_value)
        epoch_accuracy.update_state(y, model(x, training=True))
    train_loss_results.append(float(epoch_loss_avg.result()))
    train_accuracy_results.append(float(epoch_accuracy.result()))
    if epoch % 2 == 0:
        print("Epoch {:03d}: Loss: {:.3f}, Accuracy: {:.3%}".format(epoch, epoch_loss_avg.result(), epoch_accuracy.result()))
del epoch_loss_avg, epoch_accuracy
""",
        setup="""
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(10, activation="relu"), keras.layers.Dense(3)])
optimizer = keras.optimizers.SGD(learning_rate=0.01)
loss_object = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
def loss(model, x, y, training):
    y_ = model(x, training=training)
    return loss_object(y_true=y, y_pred=y_)
def grad(model, inputs, targets):
    with tf.GradientTape() as tape:
        loss_value = loss(model, inputs, targets, training=True)
    return loss_value, tape.gradient(loss_value, model.trainable_variables)
ds_train_batch = tf.data.Dataset.from_tensor_slices((X.reshape(-1, 4), Y.reshape(-1))).batch(16)
train_loss_results, train_accuracy_results = [], []
""",
    ),
    "guide_writing_a_training_loop": Program(
        "The Keras guide: enumerate a dataset, log every so often, validate.",
        """
for epoch in range(2):
    print("\\nStart of epoch %d" % (epoch,))
    for step, (x_batch_train, y_batch_train) in enumerate(train_dataset):
        with tf.GradientTape() as tape:
            logits = model(x_batch_train, training=True)
            loss_value = loss_fn(y_batch_train, logits)
            loss_value += sum(model.losses)
        grads = tape.gradient(loss_value, model.trainable_weights)
        optimizer.apply(grads, model.trainable_weights)
        train_acc_metric.update_state(y_batch_train, logits)
        if step % 10 == 0:
            print("Training loss (for one batch) at step %d: %.3f" % (step, float(loss_value)))
            print("Seen so far: %s samples" % ((step + 1) * 8))
    train_acc = train_acc_metric.result()
    print("Training acc over epoch: %.3f" % (float(train_acc),))
    train_acc_metric.reset_state()
    for x_batch_val, y_batch_val in val_dataset:
        val_logits = model(x_batch_val, training=False)
        val_acc_metric.update_state(y_batch_val, val_logits)
    val_acc = val_acc_metric.result()
    val_acc_metric.reset_state()
    print("Validation acc: %.3f" % (float(val_acc),))
del tape
""",
        setup="""
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, activation="relu", activity_regularizer="l2"), keras.layers.Dense(3)])
optimizer = keras.optimizers.Adam(learning_rate=1e-2)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_acc_metric, val_acc_metric = keras.metrics.SparseCategoricalAccuracy(), keras.metrics.SparseCategoricalAccuracy()
train_dataset = tf.data.Dataset.from_tensor_slices((X.reshape(-1, 4), Y.reshape(-1))).shuffle(64, seed=1).batch(8)
val_dataset = tf.data.Dataset.from_tensor_slices((X[:10].reshape(-1, 4), Y[:10].reshape(-1))).batch(8)
""",
    ),
    "dcgan": Program(
        "The DCGAN tutorial: train(dataset, epochs) with train_step.",
        "train(dataset, 2)\nprint(len(history))\n",
        setup="""
BATCH = 8
noise_dim = 3
gen = keras.Sequential([keras.Input((noise_dim,)), keras.layers.Dense(8, use_bias=False), keras.layers.BatchNormalization(), keras.layers.LeakyReLU(), keras.layers.Dense(4)])
disc = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.LeakyReLU(), keras.layers.Dropout(0.3), keras.layers.Dense(1)])
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
def discriminator_loss(real_output, fake_output):
    real_loss = cross_entropy(tf.ones_like(real_output), real_output)
    fake_loss = cross_entropy(tf.zeros_like(fake_output), fake_output)
    return real_loss + fake_loss
def generator_loss(fake_output):
    return cross_entropy(tf.ones_like(fake_output), fake_output)
g_opt, d_opt = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3)
history = []
def train_step(images):
    noise = tf.random.normal([BATCH, noise_dim])
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated_images = gen(noise, training=True)
        real_output = disc(images, training=True)
        fake_output = disc(generated_images, training=True)
        gen_loss = generator_loss(fake_output)
        disc_loss = discriminator_loss(real_output, fake_output)
    gg = gen_tape.gradient(gen_loss, gen.trainable_variables)
    dg = disc_tape.gradient(disc_loss, disc.trainable_variables)
    g_opt.apply_gradients(zip(gg, gen.trainable_variables))
    d_opt.apply_gradients(zip(dg, disc.trainable_variables))
    return gen_loss, disc_loss
def train(dataset, epochs):
    for epoch in range(epochs):
        for image_batch in dataset:
            g, d = train_step(image_batch)
            history.append((float(g), float(d)))
        print("Time for epoch {} is over".format(epoch + 1))
dataset = tf.data.Dataset.from_tensor_slices(X.reshape(-1, 4)).batch(BATCH, drop_remainder=True)
""",
    ),
    "neural_style_optimisation": Program(
        "An image is optimised, clipped, and total variation added.",
        """
for n in range(2):
    for m in range(15):
        step += 1
        train_step(image)
    print("Train step: {}".format(step), f"{float(tf.reduce_mean(image)):.4f}")
""",
        setup="""
image = tf.Variable(tf.constant(np.random.default_rng(2).random((1, 6, 6, 3)), tf.float32))
conv = tf.constant(np.random.default_rng(3).normal(size=(3, 3, 3, 4)) * 0.2, tf.float32)
target = tf.constant(np.random.default_rng(4).random((1, 4, 4)), tf.float32)
opt = keras.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=1e-1)
step = 0
def clip_0_1(image):
    return tf.clip_by_value(image, clip_value_min=0.0, clip_value_max=1.0)
def gram_matrix(input_tensor):
    result = tf.linalg.einsum("bijc,bijd->bcd", input_tensor, input_tensor)
    num_locations = tf.cast(tf.shape(input_tensor)[1] * tf.shape(input_tensor)[2], tf.float32)
    return result / num_locations
def train_step(image):
    with tf.GradientTape() as tape:
        features = tf.nn.conv2d(image, conv, 1, "SAME")
        loss = tf.reduce_mean((gram_matrix(features) - target) ** 2)
        loss += 0.01 * tf.image.total_variation(image)[0]
    grad = tape.gradient(loss, image)
    opt.apply_gradients([(grad, image)])
    image.assign(clip_0_1(image))
""",
    ),
    "seq2seq_teacher_forcing": Program(
        "An encoder and a decoder with attention in a Python loop over time.",
        """
for epoch in range(2):
    total_loss = 0
    for (batch, (inp, targ)) in enumerate(dataset.take(7)):
        batch_loss = train_step(inp, targ)
        total_loss += batch_loss
        if batch == 0:
            print(f"Epoch {epoch + 1} Batch {batch} Loss {batch_loss.numpy():.4f}")
    print(f"Epoch {epoch + 1} Loss {total_loss / 7:.4f}")
""",
        setup="""
VOCAB, UNITS = 9, 6
embedding = keras.layers.Embedding(VOCAB, 5)
enc_gru = keras.layers.GRU(UNITS, return_sequences=True, return_state=True)
dec_cell = keras.layers.GRUCell(UNITS)
W1, W2, V, fc = keras.layers.Dense(UNITS), keras.layers.Dense(UNITS), keras.layers.Dense(1), keras.layers.Dense(VOCAB)
def attention(query, values):
    score = V(tf.nn.tanh(W1(tf.expand_dims(query, 1)) + W2(values)))
    weights = tf.nn.softmax(score, axis=1)
    return tf.reduce_sum(weights * values, axis=1), weights
loss_object = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)
def loss_function(real, pred):
    mask = tf.math.logical_not(tf.math.equal(real, 0))
    loss_ = loss_object(real, pred)
    mask = tf.cast(mask, dtype=loss_.dtype)
    loss_ *= mask
    return tf.reduce_mean(loss_)
optimizer = keras.optimizers.Adam(0.01)
def train_step(inp, targ):
    loss = 0
    with tf.GradientTape() as tape:
        enc_output, hidden = enc_gru(embedding(inp))
        dec_input = targ[:, 0]
        for t in range(1, targ.shape[1]):
            context, _ = attention(hidden, enc_output)
            x = tf.concat([context, embedding(dec_input)], axis=-1)
            out, hidden = dec_cell(x, hidden)
            loss += loss_function(targ[:, t], fc(out))
            dec_input = targ[:, t]
    batch_loss = loss / int(targ.shape[1])
    variables = [v for layer in (embedding, enc_gru, dec_cell, W1, W2, V, fc) for v in layer.trainable_variables]
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    return batch_loss
_g = np.random.default_rng(5)
dataset = tf.data.Dataset.from_tensor_slices((_g.integers(0, VOCAB, (56, 5)), _g.integers(0, VOCAB, (56, 3)))).batch(8)
""",
        floats=1e-4,  # gradients of many steps are added in another order
    ),
    "physics_informed_network": Program(
        "Derivatives of the network with respect to its input, inside the loss.",
        """
for epoch in range(25):
    with tf.GradientTape() as tape:
        loss = compute_loss()
    grads = tape.gradient(loss, net.trainable_variables)
    optimizer.apply_gradients(zip(grads, net.trainable_variables))
    loss_history.append(loss.numpy())
    if epoch % 10 == 0:
        print(f"epoch {epoch}: loss = {loss.numpy():.3e}")
del tape
""",
        setup="""
net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)])
t = tf.reshape(tf.linspace(0.0, 1.0, 20), (-1, 1))
optimizer = keras.optimizers.Adam(learning_rate=0.01)
loss_history = []
def compute_loss():
    with tf.GradientTape(persistent=True) as tt:
        tt.watch(t)
        with tf.GradientTape() as t1:
            t1.watch(t)
            u = net(t)
        u_t = t1.gradient(u, t)
    u_tt = tt.gradient(u_t, t)
    del tt
    residual = u_tt + 4.0 * u
    boundary = tf.square(net(tf.constant([[0.0]]))[0, 0] - 1.0)
    return tf.reduce_mean(tf.square(residual)) + boundary
""",
    ),
    "actor_critic": Program(
        "Episodes collected in lists, returns computed, an update at the end of each.",
        """
for episode in range(14):
    action_probs_history, critic_value_history, rewards_history = [], [], []
    state = env.reset()
    episode_reward = 0
    with tf.GradientTape() as tape:
        for timestep in range(1, 9):
            state = tf.convert_to_tensor(state)
            state = tf.expand_dims(state, 0)
            action_probs, critic_value = model(state)
            critic_value_history.append(critic_value[0, 0])
            action = np.random.choice(2, p=np.squeeze(action_probs))
            action_probs_history.append(tf.math.log(action_probs[0, action]))
            state, reward, done = env.step(action)
            rewards_history.append(reward)
            episode_reward += reward
            if done:
                break
        running_reward = 0.05 * episode_reward + (1 - 0.05) * running_reward
        returns = []
        discounted_sum = 0
        for r in rewards_history[::-1]:
            discounted_sum = r + 0.99 * discounted_sum
            returns.insert(0, discounted_sum)
        returns = np.array(returns)
        returns = (returns - np.mean(returns)) / (np.std(returns) + 1e-7)
        returns = returns.tolist()
        actor_losses, critic_losses = [], []
        for log_prob, value, ret in zip(action_probs_history, critic_value_history, returns):
            diff = ret - value
            actor_losses.append(-log_prob * diff)
            critic_losses.append(huber_loss(tf.expand_dims(value, 0), tf.expand_dims(ret, 0)))
        loss_value = sum(actor_losses) + sum(critic_losses)
    grads = tape.gradient(loss_value, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    log.append(round(float(running_reward), 3))
del tape
""",
        setup="""
np.random.seed(4)
class Env:
    def reset(self):
        self.t, self.s = 0, np.zeros(3, "float32")
        return self.s
    def step(self, a):
        self.t += 1
        self.s = (self.s * 0.5 + np.array([a, 1 - a, self.t], "float32") * 0.1).astype("float32")
        return self.s, 1.0 if a else 0.5, self.t > 6
env = Env()
inputs = keras.layers.Input(shape=(3,))
common = keras.layers.Dense(8, activation="relu")(inputs)
model = keras.Model(inputs=inputs, outputs=[keras.layers.Dense(2, activation="softmax")(common), keras.layers.Dense(1)(common)])
optimizer = keras.optimizers.Adam(learning_rate=0.01)
huber_loss = keras.losses.Huber()
running_reward = 0
del inputs, common
""",
        floats=1e-5,  # gradients of an unrolled loop are added up in another order
    ),
    "deep_q_learning": Program(
        "Replay memory in lists, a target network, updates every few frames.",
        """
for frame in range(80):
    frame_count += 1
    if epsilon > np.random.rand(1)[0]:
        action = np.random.choice(2)
    else:
        action_probs = model(tf.expand_dims(tf.convert_to_tensor(state), 0), training=False)
        action = tf.argmax(action_probs[0]).numpy()
    epsilon = max(epsilon - 0.02, 0.1)
    state_next, reward, done = env_step(state, action)
    action_history.append(action)
    state_history.append(state)
    state_next_history.append(state_next)
    rewards_history.append(reward)
    done_history.append(done)
    state = state_next
    if frame_count % 4 == 0 and len(done_history) > 8:
        indices = np.random.choice(range(len(done_history)), size=8)
        state_sample = np.array([state_history[i] for i in indices])
        state_next_sample = np.array([state_next_history[i] for i in indices])
        rewards_sample = [rewards_history[i] for i in indices]
        action_sample = [action_history[i] for i in indices]
        done_sample = tf.convert_to_tensor([float(done_history[i]) for i in indices])
        future_rewards = target(state_next_sample, training=False)
        updated_q = rewards_sample + 0.9 * tf.reduce_max(future_rewards, axis=1)
        updated_q = updated_q * (1 - done_sample) - done_sample
        masks = tf.one_hot(action_sample, 2)
        with tf.GradientTape() as tape:
            q_values = model(state_sample)
            q_action = tf.reduce_sum(tf.multiply(q_values, masks), axis=1)
            loss = loss_function(updated_q, q_action)
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
    if frame_count % 20 == 0:
        target.set_weights(model.get_weights())
        print(f"loss {float(loss):.4f} at frame count {frame_count}")
    if len(rewards_history) > 50:
        del rewards_history[:1]
        del state_history[:1]
        del state_next_history[:1]
        del action_history[:1]
        del done_history[:1]
del tape
""",
        setup="""
np.random.seed(6)
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(2)])
target = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(2)])
optimizer, loss_function = keras.optimizers.Adam(0.01), keras.losses.Huber()
action_history, state_history, state_next_history, rewards_history, done_history = [], [], [], [], []
frame_count, epsilon = 0, 1.0
state = np.zeros(3, "float32")
def env_step(s, a):
    s = (s * 0.8 + np.array([a, 0.5, 1.0 - a], "float32")).astype("float32")
    return s, float(s[0] - s[2]), bool(s[1] > 2.2)
""",
    ),
    "kmeans_by_hand": Program(
        "Lloyd's algorithm until the centroids stand still.",
        """
for it in range(40):
    d = tf.reduce_sum((points[:, None] - centroids[None]) ** 2, -1)
    assign = tf.argmin(d, axis=1)
    new = tf.stack([tf.reduce_mean(tf.boolean_mask(points, assign == k), axis=0) for k in range(3)])
    shift = float(tf.reduce_max(tf.abs(new - centroids)))
    centroids = new
    shifts.append(shift)
    if shift < 1e-6:
        print("converged after", it)
        break
""",
        setup="points = tf.constant(X.reshape(-1, 4))\ncentroids = points[:3]\nshifts = []\n",
    ),
    "word2vec_pairs": Program(
        "Skip-gram with negative samples over Python pairs.",
        """
for epoch in range(2):
    loss_sum = 0.0
    for target_word, context_words in pairs:
        with tf.GradientTape() as tape:
            t_vec = tf.nn.embedding_lookup(emb_in, target_word)
            c_vec = tf.nn.embedding_lookup(emb_out, context_words)
            logits = tf.linalg.matvec(c_vec, t_vec)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0, 0.0, 0.0], logits=logits))
        grads = tape.gradient(loss, [emb_in, emb_out])
        opt.apply_gradients(zip(grads, [emb_in, emb_out]))
        loss_sum += loss.numpy()
    print(f"{loss_sum / len(pairs):.4f}")
del tape, grads
""",
        setup="""
_g = np.random.default_rng(7)
pairs = [(int(_g.integers(12)), _g.integers(0, 12, 3)) for _ in range(30)]
emb_in = tf.Variable(_g.normal(size=(12, 5)).astype("float32") * 0.1)
emb_out = tf.Variable(_g.normal(size=(12, 5)).astype("float32") * 0.1)
opt = keras.optimizers.SGD(0.5)
""",
    ),
    "matrix_factorisation": Program(
        "Users, items and biases, ratings in batches of indices.",
        """
for epoch in range(3):
    losses = []
    for start in range(0, len(ratings), 16):
        u, m, r = users[start:start + 16], movies[start:start + 16], ratings[start:start + 16]
        with tf.GradientTape() as tape:
            pu, qi = tf.gather(P, u), tf.gather(Q, m)
            pred = tf.reduce_sum(pu * qi, axis=1) + tf.gather(bu, u) + tf.gather(bi, m) + mu
            loss = tf.reduce_mean((r - pred) ** 2) + 0.01 * (tf.nn.l2_loss(pu) + tf.nn.l2_loss(qi))
        grads = tape.gradient(loss, [P, Q, bu, bi])
        optimizer.apply_gradients(zip(grads, [P, Q, bu, bi]))
        losses.append(loss.numpy())
    print(f"epoch {epoch + 1}: {np.mean(losses):.4f}")
del tape, grads
""",
        setup="""
_g = np.random.default_rng(8)
users, movies = _g.integers(0, 20, 300), _g.integers(0, 15, 300)
ratings = _g.integers(1, 6, 300).astype("float32")
P = tf.Variable(_g.normal(size=(20, 4)).astype("float32") * 0.1); Q = tf.Variable(_g.normal(size=(15, 4)).astype("float32") * 0.1)
bu, bi, mu = tf.Variable(tf.zeros(20)), tf.Variable(tf.zeros(15)), float(ratings.mean())
optimizer = keras.optimizers.Adam(0.05)
""",
    ),
    "text_generation_sampling": Program(
        "A character model is sampled: each step feeds the next.",
        """
states = [tf.zeros([1, 6])]
next_char = tf.constant([0])
result = [int(next_char[0])]
for n in range(40):
    x = emb(next_char)
    h, states = cell(x, states)
    predicted = out(h) / 0.8
    next_char = tf.random.categorical(predicted, num_samples=1)[:, 0]
    result.append(int(next_char[0]))
print(len(result), "".join(chr(97 + c) for c in result))
""",
        setup="emb, cell, out = keras.layers.Embedding(8, 4), keras.layers.GRUCell(6), keras.layers.Dense(8)\n",
    ),
}
