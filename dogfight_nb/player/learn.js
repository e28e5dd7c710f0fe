// ---- learning: matches, rollouts and PPO, as in nbs/43_arena, 44_ppo and 45_fast_ppo ---------------

// It runs in a worker beside the page. Needs `Game` (game.js), `Senses` (senses.js), `Matmul`.

const Learn = (() => {
  "use strict";
  const { FIGHTER, MATCH, RULE } = Game;
  const { FEATURES } = Senses;
  const COS_YAW = Game.FRAME_LABELS.indexOf("cos yaw");
  const CHUNK = 64; // rows that go through a network at once, so that they stay in the first cache
  const PAGES = 320; // of 64 KiB each: all numbers of a learner of 256 matches
  const DECAY = 0.9; // by which old games fade from a win rate, an update
  const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-5];

  // ---- memory that WebAssembly sees

  class Store {
    constructor(pages = PAGES) {
      this.memory = new WebAssembly.Memory({ initial: pages });
      this.used = 0;
      this.multiply = Matmul.on(this.memory);
      this.zeros = this.floats(CHUNK);
    }

    floats(n) {
      const found = new Float32Array(this.memory.buffer, this.used, n);
      this.used += 16 * Math.ceil(n / 4);
      return found;
    }
  }

  // ---- two networks, forwards and backwards

  class Layer {
    // `at`: the place of its numbers among all `weights`; W is [inputs, width], for a row of answers.
    constructor(store, weights, gradient, at, inputs, outputs) {
      this.inputs = inputs;
      this.outputs = outputs;
      this.width = 4 * Math.ceil(outputs / 4);
      const n = inputs * this.width;
      this.size = n + this.width;
      this.W = weights.subarray(at, at + n);
      this.b = weights.subarray(at + n, at + this.size);
      this.dW = gradient.subarray(at, at + n);
      this.db = gradient.subarray(at + n, at + this.size);
      this.turned = store.floats(n); // W as [width, inputs]
      this.y = store.floats(CHUNK * this.width);
      this.dy = store.floats(CHUNK * this.width);
    }

    // W for the way back.
    turn() {
      const { W, turned, inputs, width } = this;
      for (let i = 0; i < inputs; i++)
        for (let o = 0; o < width; o++) turned[o * inputs + i] = W[i * width + o];
    }

    // Its numbers in the order of PyTorch, weight [outputs, inputs] and bias: to and fro.
    each(act) {
      const { inputs, outputs, width } = this;
      for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) act(i * width + o);
      for (let o = 0; o < outputs; o++) act(inputs * width + o);
    }
  }

  class Network {
    constructor(store, weights, gradient, at, sizes) {
      this.store = store;
      this.layers = [];
      for (let k = 1; k < sizes.length; k++) {
        const layer = new Layer(store, weights, gradient, at, sizes[k - 1], sizes[k]);
        this.layers.push(layer);
        at += layer.size;
      }
      this.end = at;
      this.last = this.layers.at(-1);
    }

    // y = max(0, x W + b), layer by layer, for CHUNK rows at byte `x`; the last answers freely.
    forward(x) {
      const { multiply } = this.store;
      for (const l of this.layers) {
        const floor = l === this.last ? -Infinity : 0;
        const [y, W, b] = [l.y.byteOffset, l.W.byteOffset, l.b.byteOffset];
        multiply(y, x, W, b, CHUNK, l.inputs, 4 * l.width, 4 * l.inputs, 4, 0, floor);
        x = y;
      }
      return this.last.y;
    }

    // Adds the gradients for the last layer's `dy` to those that are there.
    backward(x) {
      const { multiply, zeros } = this.store;
      for (let k = this.layers.length - 1; k >= 0; k--) {
        const l = this.layers[k];
        const from = k ? this.layers[k - 1] : null;
        const [dy, dW] = [l.dy.byteOffset, l.dW.byteOffset];
        const before = from ? from.y.byteOffset : x;
        const row = 4 * l.width;
        multiply(dW, before, dy, dW, l.inputs, CHUNK, row, 4, 4 * l.inputs, row, -Infinity);
        this.add_biases(l);
        if (!from) return;
        const dx = from.dy.byteOffset;
        const turned = l.turned.byteOffset;
        multiply(
          dx,
          dy,
          turned,
          zeros.byteOffset,
          CHUNK,
          l.width,
          4 * l.inputs,
          row,
          4,
          0,
          -Infinity,
        );
        this.hold_back(from.y, from.dy);
      }
    }

    add_biases({ dy, db, width }) {
      for (let r = 0; r < CHUNK * width; r += width)
        for (let o = 0; o < width; o++) db[o] += dy[r + o];
    }

    hold_back(y, dy) {
      for (let k = 0; k < y.length; k++) if (y[k] <= 0) dy[k] = 0;
    }
  }

  // ---- matches: the learner in one seat, a scripted pilot in the other

  class Arena {
    // `settings`: table (rules), rewards, opponents {name: weight}, fixed_spawns, frame_skip.
    constructor(store, n, settings, seed) {
      const { table, rewards, opponents } = settings;
      this.n = n;
      this.rules = Float32Array.from(table);
      this.rewards = Float32Array.from(rewards);
      this.names = Object.keys(opponents);
      this.kinds = this.names.map(name => Game.SCRIPTED_NAMES.indexOf(name));
      const weights = Object.values(opponents);
      const total = weights.reduce((a, b) => a + b, 0);
      let sum = 0;
      this.mix = weights.map(w => (sum += w) / total);
      this.fixed_spawns = settings.fixed_spawns;
      this.ticks = settings.frame_skip;
      const cells = Game.BULLETS_OFFSET + this.rules[RULE.max_bullets] * Game.SLOT_SIZE;
      const many = size => Array.from({ length: n }, () => new Float32Array(size));
      this.tiles = many(cells);
      this.memory = many(Game.MEMORY_SIZE);
      this.frames = many(Game.FRAME_SIZE); // what the opponents see
      this.answers = many(3);
      const r = this.rules;
      const scales = [r[RULE.max_speed], r[RULE.bullet_speed], r[RULE.cos_rear_cone]];
      this.scales = [Float32Array.from(scales)];
      this.angles = new Float32Array(Game.ANGLES_SIZE);
      this.geometry = new Float32Array(Game.GEOMETRY_SIZE);
      this.frame = new Float32Array(Game.FRAME_SIZE);
      this.streams = Uint32Array.from({ length: n }, (_, k) => Senses.stream(seed, k));
      this.opponent = new Int32Array(n);
      this.seat = Int32Array.from({ length: n }, (_, k) => k % 2);
      this.sign = new Float32Array(n);
      this.distance = new Float32Array(n);
      this.pull_up = new Float32Array(2 * n);
      this.hits = new Float32Array(2);
      this.features = store.floats(n * FEATURES);
      this.reward = new Float32Array(n);
      this.done = new Uint8Array(n);
      this.results = this.names.map(() => new Int32Array(6)); // of rewards.RESULTS
      for (let k = 0; k < n; k++) this.start(k);
      this.observe();
    }

    start(k) {
      Senses.respawn(this.tiles[k], this.rules, 0, this.streams, k, this.fixed_spawns);
      const u = Senses.uniform(this.streams, k);
      let o = 0;
      while (o < this.mix.length - 1 && u >= this.mix[o]) o++;
      this.opponent[k] = o;
      this.memory[k].fill(0);
      this.memory[k][Game.EVADE_SIDE] = 1;
    }

    observe() {
      for (let k = 0; k < this.n; k++) {
        const t = this.tiles[k];
        const seat = this.seat[k];
        Game.relative_geometry(t, this.rules, this.geometry);
        const { frame } = this;
        Game.write_frame(frame, t, this.rules, this.geometry, 0, seat);
        this.sign[k] = frame[COS_YAW] < 0 ? -1 : 1;
        this.distance[k] = this.geometry[Senses.DISTANCE];
        Senses.write_features(frame, this.sign[k], this.features, k * FEATURES);
        Senses.write_pull_up(frame, this.pull_up, 2 * k);
        this.oppose(k, t, 1 - seat);
      }
    }

    // Let the scripted pilot in `seat` of match `k` decide.
    oppose(k, t, seat) {
      const kind = this.kinds[this.opponent[k]];
      const { frames, memory, scales, answers, angles } = this;
      Game.write_frame(frames[k], t, this.rules, this.geometry, 0, seat);
      Game.act_batch(kind, frames, memory, scales, answers, angles, k, k + 1);
      t[FIGHTER.turn + seat] = answers[k][0];
      t[FIGHTER.throttle + seat] = answers[k][1];
      t[FIGHTER.trigger + seat] = answers[k][2];
    }

    // Fly one decision with `actions` [n, 3].
    step(actions) {
      for (let k = 0; k < this.n; k++) {
        const t = this.tiles[k];
        const me = this.seat[k];
        this.command(t, k, actions);
        this.hits[0] = t[FIGHTER.hits + me];
        this.hits[1] = t[FIGHTER.hits + 1 - me];
        Game.step_tile(t, this.rules, this.ticks);
        const { hits, rewards, rules } = this;
        this.reward[k] = Senses.decision_reward(
          t,
          rules,
          0,
          me,
          hits,
          this.distance[k],
          rewards,
        )[0];
        this.done[k] = t[MATCH.terminal] > 0 ? 1 : 0;
        if (!this.done[k]) continue;
        Senses.count_result(this.results[this.opponent[k]], t, 0, me);
        this.start(k);
      }
      this.observe();
    }

    // What the policy means, with the nose up where the ground is near, and mirrored back.
    command(t, k, actions) {
      const me = this.seat[k];
      const pull = this.pull_up[2 * k];
      const free = 1 - pull;
      t[FIGHTER.turn + me] = (actions[3 * k] * free + pull) * this.sign[k];
      t[FIGHTER.throttle + me] = actions[3 * k + 1] * free + pull * this.pull_up[2 * k + 1];
      t[FIGHTER.trigger + me] = actions[3 * k + 2];
    }
  }

  // ---- GAE: how much better than expected?

  // `reward` and `done` [T, n], `value` [T + 1, n]: advantages to `advantage` [T, n].
  function gae(reward, done, value, gamma, lambda, advantage, n) {
    for (let k = 0; k < n; k++) {
      let running = 0;
      for (let t = reward.length - n + k; t >= 0; t -= n) {
        const follows = done[t] ? 0 : 1;
        const delta = reward[t] + gamma * value[t + n] * follows - value[t];
        running = delta + gamma * lambda * running * follows;
        advantage[t] = running;
      }
    }
  }

  // ---- PPO

  class Learner {
    // `settings`: matches, steps, decisions (of the whole run), learning_rate, final_learning_rate,
    // heads, levels, hidden, ppo (PPOConfig), and what an `Arena` needs. `flat`: the first weights of
    // actor and critic, in the order of PyTorch.
    constructor(settings, flat, seed = 0) {
      Object.assign(this, { settings, heads: settings.heads, n: settings.matches });
      const { hidden, heads, steps } = settings;
      this.options = heads.reduce((a, b) => a + b, 0);
      const store = (this.store = new Store(settings.pages));
      const round = n => 4 * Math.ceil(n / 4);
      const inside = FEATURES * hidden + hidden + hidden * hidden + hidden;
      const size = 2 * inside + (hidden + 1) * (round(this.options) + 4);
      for (const name of ["weights", "gradient", "moment", "square"])
        this[name] = store.floats(size);
      const network = (at, outputs) =>
        new Network(store, this.weights, this.gradient, at, [FEATURES, hidden, hidden, outputs]);
      this.actor = network(0, this.options);
      this.critic = network(this.actor.end, 1);
      this.numbers = flat.length;
      this.pack(this.weights, flat);
      this.turn();
      this.arena = new Arena(store, this.n, settings, seed);
      this.stream = Uint32Array.of(Senses.stream(seed, 1e6)); // shuffles
      const rows = (this.rows = steps * this.n);
      this.features = store.floats((rows + this.n) * FEATURES);
      this.x = store.floats(CHUNK * FEATURES);
      this.value = new Float32Array(rows + this.n);
      for (const name of ["log_prob", "reward", "advantage", "target"])
        this[name] = new Float32Array(rows);
      this.done = new Uint8Array(rows);
      this.choice = new Uint8Array(3 * rows);
      this.order = Int32Array.from({ length: rows }, (_, k) => k);
      this.actions = new Float32Array(3 * this.n);
      this.p = new Float64Array(this.options);
      this.log_p = new Float64Array(this.options);
      this.H = new Float64Array(heads.length);
      this.stats = new Float64Array(5);
      this.adam_steps = this.updates = this.decisions = 0;
      this.rate_scale = 1;
      this.recent = this.arena.names.map(() => new Float64Array(3));
    }

    // Numbers of all layers, from PyTorch's order in `flat`; `unpack` goes the other way.
    pack(place, flat) {
      let k = 0;
      this.each_number(at => (place[at] = flat[k++]));
      if (k !== flat.length) throw new Error(`${flat.length} weights given, it takes ${k}`);
    }
    unpack(place) {
      const flat = new Float32Array(this.numbers);
      let k = 0;
      this.each_number(at => (flat[k++] = place[at]));
      return flat;
    }
    each_number(act) {
      let at = 0;
      for (const l of [...this.actor.layers, ...this.critic.layers]) {
        l.each(k => act(at + k));
        at += l.size;
      }
    }

    turn() {
      for (const net of [this.actor, this.critic]) for (const l of net.layers) l.turn();
    }

    // -- a rollout

    collect() {
      const { arena, n, settings } = this;
      const size = n * FEATURES;
      for (let t = 0; t < settings.steps; t++) {
        this.features.set(arena.features, t * size);
        for (let row = 0; row < n; row += CHUNK) {
          const logits = this.actor.forward(arena.features.byteOffset + 4 * row * FEATURES);
          for (let i = 0; i < CHUNK; i++) this.sample(logits, i, t * n + row + i, row + i);
        }
        arena.step(this.actions);
        this.reward.set(arena.reward, t * n);
        this.done.set(arena.done, t * n);
      }
      this.features.set(arena.features, settings.steps * size);
      this.judge();
    }

    // Draw an option of each head by row `i` of `logits`, for decision `d` of match `k`.
    sample(logits, i, d, k) {
      const { heads, p } = this;
      const { levels } = this.settings;
      const at = i * this.actor.last.width;
      let begin = 0;
      let log_prob = 0;
      for (let h = 0; h < 3; h++) {
        const end = begin + heads[h];
        const top = this.largest(logits, at, begin, end);
        let total = 0;
        for (let a = begin; a < end; a++) total += p[a] = Math.exp(logits[at + a] - top);
        let left = Senses.uniform(this.arena.streams, k) * total;
        let a = begin;
        for (; a < end - 1; a++) if ((left -= p[a]) < 0) break;
        this.choice[3 * d + h] = a;
        this.actions[3 * k + h] = levels[a];
        log_prob += logits[at + a] - top - Math.log(total);
        begin = end;
      }
      this.log_prob[d] = log_prob;
    }

    largest(logits, at, begin, end) {
      let top = logits[at + begin];
      for (let a = begin + 1; a < end; a++) if (logits[at + a] > top) top = logits[at + a];
      return top;
    }

    // Values, advantages and targets.
    judge() {
      const { rows, n, value } = this;
      const { gamma, gae_lambda } = this.settings.ppo;
      for (let row = 0; row < rows + n; row += CHUNK) {
        const said = this.critic.forward(this.features.byteOffset + 4 * row * FEATURES);
        for (let i = 0; i < CHUNK; i++) value[row + i] = said[4 * i];
      }
      gae(this.reward, this.done, value, gamma, gae_lambda, this.advantage, n);
      for (let d = 0; d < rows; d++) this.target[d] = value[d] + this.advantage[d];
    }

    // -- an update

    improve(learning_rate) {
      const { epochs, minibatch_size, target_kl } = this.settings.ppo;
      this.normalise();
      const means = new Float64Array(6);
      let steps = 0;
      for (let epoch = 0; epoch < epochs; epoch++) {
        this.shuffle();
        let kl = 0;
        for (let from = 0; from < this.rows; from += minibatch_size) {
          const m = Math.min(minibatch_size, this.rows - from);
          this.work_out(from, m);
          const norm = this.adam(learning_rate);
          kl = this.stats[3];
          this.stats.forEach((x, k) => (means[k] += x));
          means[5] += norm;
          steps++;
        }
        if (target_kl && kl > target_kl) break;
      }
      const names = "policy_loss value_loss entropy approx_kl clip_fraction gradient_norm";
      return Object.fromEntries(names.split(" ").map((name, k) => [name, means[k] / steps]));
    }

    normalise() {
      const { advantage, rows } = this;
      let [sum, squares] = [0, 0];
      for (let d = 0; d < rows; d++) {
        sum += advantage[d];
        squares += advantage[d] * advantage[d];
      }
      this.mean = sum / rows;
      this.per_spread = 1 / (Math.sqrt(Math.max(squares / rows - this.mean ** 2, 0)) + 1e-8);
    }

    shuffle() {
      const { order } = this;
      for (let k = order.length - 1; k > 0; k--) {
        const other = Math.floor(Senses.uniform(this.stream, 0) * (k + 1));
        [order[k], order[other]] = [order[other], order[k]];
      }
    }

    // The gradient of the loss of `m` decisions (a multiple of CHUNK) of the order, from `from` on.
    work_out(from, m) {
      this.gradient.fill(0);
      this.stats.fill(0);
      const { order, features, x } = this;
      for (let row = from; row < from + m; row += CHUNK) {
        for (let i = 0; i < CHUNK; i++) {
          const at = order[row + i] * FEATURES;
          for (let k = 0; k < FEATURES; k++) x[i * FEATURES + k] = features[at + k];
        }
        const logits = this.actor.forward(x.byteOffset);
        const said = this.critic.forward(x.byteOffset);
        for (let i = 0; i < CHUNK; i++) this.slopes(logits, said, i, order[row + i], 1 / m);
        this.actor.backward(x.byteOffset);
        this.critic.backward(x.byteOffset);
      }
    }

    // ∂L/∂logits and ∂L/∂V of decision `d`, which is row `i` of the chunk.
    slopes(logits, said, i, d, share) {
      const { clip_coef, ent_coef, vf_coef } = this.settings.ppo;
      const { heads, p, log_p, H, choice, stats } = this;
      const at = i * this.actor.last.width;
      const A = (this.advantage[d] - this.mean) * this.per_spread;
      let log_ratio = -this.log_prob[d];
      let begin = 0;
      for (let h = 0; h < 3; h++) {
        const end = begin + heads[h];
        const top = this.largest(logits, at, begin, end);
        let total = 0;
        for (let a = begin; a < end; a++) total += p[a] = Math.exp(logits[at + a] - top);
        const log_total = Math.log(total) + top;
        H[h] = 0;
        for (let a = begin; a < end; a++) {
          p[a] /= total;
          log_p[a] = logits[at + a] - log_total;
          H[h] -= p[a] * log_p[a]; // H = −Σ p ln p
        }
        log_ratio += log_p[choice[3 * d + h]]; // ln π(a) = Σ_heads ln p_a
        begin = end;
      }
      const ratio = Math.exp(log_ratio); // r = π(a) / π_old(a)
      const free = ratio * A;
      const held = Math.min(Math.max(ratio, 1 - clip_coef), 1 + clip_coef) * A;
      const r_A = free <= held ? free : 0; // nothing is gained beyond the clip
      const { dy } = this.actor.last;
      begin = 0;
      for (let h = 0; h < 3; h++) {
        const end = begin + heads[h];
        for (let a = begin; a < end; a++)
          dy[at + a] = share * (r_A * p[a] + ent_coef * p[a] * (log_p[a] + H[h]));
        dy[at + choice[3 * d + h]] -= share * r_A;
        stats[2] += H[h] * share;
        begin = end;
      }
      const error = said[4 * i] - this.target[d];
      this.critic.last.dy[4 * i] = vf_coef * share * error;
      stats[0] -= Math.min(free, held) * share;
      stats[1] += 0.5 * error * error * share;
      stats[3] += (ratio - 1 - log_ratio) * share; // KL(π_old ‖ π), Schulman's k3
      stats[4] += Math.abs(ratio - 1) > clip_coef ? share : 0;
    }

    // One step of Adam (Kingma and Ba 2015) along the gradient, cut to its longest; its norm.
    adam(learning_rate) {
      const { weights, gradient, moment, square } = this;
      let norm = 0;
      for (let k = 0; k < gradient.length; k++) norm += gradient[k] * gradient[k];
      norm = Math.sqrt(norm);
      if (!Number.isFinite(norm)) {
        this.rate_scale /= 2;
        return 0; // the step is not made
      }
      const cut = Math.min(1, this.settings.ppo.max_grad_norm / (norm + 1e-6));
      const t = ++this.adam_steps;
      const size = learning_rate / (1 - BETA_1 ** t);
      const scale = 1 / Math.sqrt(1 - BETA_2 ** t);
      for (let k = 0; k < weights.length; k++) {
        const g = gradient[k] * cut;
        const m = (moment[k] = BETA_1 * moment[k] + (1 - BETA_1) * g);
        const v = (square[k] = BETA_2 * square[k] + (1 - BETA_2) * g * g);
        weights[k] -= (size * m) / (Math.sqrt(v) * scale + EPSILON);
      }
      this.turn();
      return norm;
    }

    get progress() {
      return Math.min(1, this.decisions / this.settings.decisions);
    }

    // A rollout and an update; returns what there is to tell of it.
    update() {
      const { learning_rate, final_learning_rate } = this.settings;
      const before = this.arena.results.map(r => r.slice(0, 3));
      const fall = this.progress * (final_learning_rate - learning_rate);
      const rate = this.rate_scale * (learning_rate + fall);
      this.collect();
      const statistics = this.improve(rate);
      this.updates++;
      this.decisions += this.rows;
      this.arena.results.forEach((r, o) => {
        for (let k = 0; k < 3; k++)
          this.recent[o][k] = DECAY * this.recent[o][k] + r[k] - before[o][k];
      });
      const { updates, decisions } = this;
      return { updates, decisions, learning_rate: rate, ...statistics, ...this.win_rates() };
    }

    // {win_rate, games}: of recent matches against each opponent, the old ones fading.
    win_rates() {
      const games = this.recent.map(r => r[0] + r[1] + r[2]);
      const win_rate = this.recent.map((r, o) => (games[o] ? r[0] / games[o] : null));
      return { win_rate, games };
    }

    // -- a duel of the likeliest choices, for the eye

    // {start, actions, ticks, outcome} against the scripted pilot `name`, the learner in seat 0.
    duel(name, seed) {
      const settings = { ...this.settings, opponents: { [name]: 1 }, fixed_spawns: 0 };
      const arena = new Arena(new Store(4), 1, settings, seed);
      arena.seat[0] = 0;
      arena.observe();
      const x = this.x.fill(0);
      const t = arena.tiles[0];
      const start = state(t);
      const actions = [];
      const ends = { outcome: 0 };
      while (!arena.done[0]) {
        x.set(arena.features);
        this.likeliest(this.actor.forward(x.byteOffset), arena);
        arena.command(t, 0, this.actions);
        for (const s of [0, 1])
          actions.push(t[FIGHTER.turn + s], t[FIGHTER.throttle + s], t[FIGHTER.trigger + s]);
        ends.ticks = t[MATCH.tick] + arena.ticks;
        arena.step(this.actions);
      }
      ends.outcome = arena.results[0].findIndex(count => count);
      return { name, start, actions, ...ends };
    }

    likeliest(logits) {
      let begin = 0;
      for (let h = 0; h < 3; h++) {
        let best = begin;
        for (let a = begin; a < begin + this.heads[h]; a++) if (logits[a] > logits[best]) best = a;
        this.actions[h] = this.settings.levels[best];
        begin += this.heads[h];
      }
    }
  }

  // The 25 numbers of a match that begins.
  function state(t) {
    const of = seat => Game.STATE_FIELDS.map(name => t[FIGHTER[name] + seat]);
    return [t[MATCH.tick], 0, 0, t[MATCH.reason], ...of(0), ...of(1), 0, 0, 0, 0, 0];
  }

  // ---- the worker: one update after the other, and in between what the page asks for

  function serve(scope) {
    let learner = null;
    let running = false;
    let pace = null; // decisions a second, at most; null: as many as it can
    let seconds = 0; // of learning, with the waits in between
    const turns = new MessageChannel();
    const next = () => turns.port2.postMessage(null);
    const told = () => ({ decisions: learner.decisions, seconds, progress: learner.progress });
    turns.port1.onmessage = () => {
      if (!running) return;
      const begun = performance.now();
      const metrics = learner.update();
      const took = performance.now() - begun;
      const wait = pace ? Math.max(0, (1000 * learner.rows) / pace - took) : 0;
      seconds += (took + wait) / 1000;
      running = learner.progress < 1;
      scope.postMessage({ metrics, ...told() });
      if (running) setTimeout(next, wait);
    };
    scope.onmessage = ({ data }) => {
      if (data.settings) {
        learner = new Learner(data.settings, data.weights, data.seed);
        [running, seconds] = [false, 0];
      }
      if ("pace" in data) pace = data.pace;
      if ("run" in data) {
        const stood = !running;
        running = data.run && learner.progress < 1;
        if (running && stood) next();
      }
      const weights = () => learner.unpack(learner.weights);
      if (data.fly) scope.postMessage({ fly: true, weights: weights(), ...told() });
      if (data.duel) {
        const duel = learner.duel(data.duel, data.seed);
        scope.postMessage({ duel, weights: weights(), ...told() });
      }
    };
  }

  return { Learner, Network, Store, Arena, gae, serve };
})();
