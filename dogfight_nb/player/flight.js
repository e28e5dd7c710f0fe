// A match in the browser, and pilots to fly it: what physics.World and pilots.Scripted are in Python, for one match.
// Needs `Game` (game.js); pilots made from an ONNX file need `Graph` (graph.js).
const Flight = (() => {
"use strict";
const {Q, M, B, R, BULLETS, SLOT, STATE, FRAME, STACK, OBSERVATION} = Game;

class Duel {
  // `rules`: the numbers of rules.table(), in the order of TABLE. `start`: 25 numbers as in a row of World.states(); default: nobody, nowhere.
  constructor(rules, start) {
    this.r = Float32Array.from(rules);
    this.slots = this.r[R.max_bullets];
    this.t = new Float32Array(BULLETS + this.slots * SLOT);
    this.g = new Float32Array(Game.SIGHT);
    this.history = [new Float32Array(OBSERVATION), new Float32Array(OBSERVATION)];
    if (start) this.setState(start);
  }

  // As World.set_states: no bullets in the air, nothing seen yet.
  setState(state) {
    const t = this.t.fill(0);
    ["tick", "terminal", "outcome", "reason"].forEach((name, k) => { t[M[name]] = state[k]; });
    for (let seat = 0; seat < 2; seat++) {
      STATE.forEach((name, k) => { t[Q[name] + seat] = state[4 + 8 * seat + k]; });
      for (const name of ["x", "y", "yaw"]) t[Q["old_" + name] + seat] = t[Q[name] + seat];
      t[Q.hits + seat] = state[20 + seat];
      t[Q.shots + seat] = state[22 + seat];
    }
    for (const seen of this.history) seen.fill(0);
    return this;
  }

  // A recorded moment of a match that goes on: `f16` as `fighters`, `bullets` as `bullets` (without `left` they have just been fired).
  setFighters(f16, bullets = [], tick = 0) {
    this.setState([tick, 0, 0, 1, ...f16, ...this.hits, ...this.shots]);
    for (let owner = 0; owner < 2; owner++) {
      const own = bullets.filter(b => b.owner === owner).slice(-this.slots);
      own.forEach((b, k) => {                                              // in the slots of the latest shots, so that the next one hits the oldest
        const shot = this.t[Q.shots + owner] - own.length + k, place = BULLETS + SLOT * ((shot + this.slots) % this.slots) + owner;
        for (const name of ["x", "y", "vx", "vy"]) this.t[place + B[name]] = b[name];
        this.t[place + B.left] = b.left ?? this.r[R.bullet_lifetime_ticks];
      });
    }
    return this;
  }

  get tick() { return this.t[M.tick]; }
  get done() { return this.t[M.terminal] > 0; }
  get outcome() { return this.t[M.outcome]; }
  get reason() { return this.t[M.reason]; }
  get hits() { return Array.from(this.t.subarray(Q.hits, Q.hits + 2)); }
  get shots() { return Array.from(this.t.subarray(Q.shots, Q.shots + 2)); }

  // Float32Array(16): x, y, yaw, speed, hp, cooldown, alive, stall of seat 0, then of seat 1.
  get fighters() { return Float32Array.from({length: 16}, (_, k) => this.t[Q[STATE[k % 8]] + (k >> 3)]); }

  // [{x, y, vx, vy, left, owner}], in the order of a replay's.
  get bullets() {
    const found = [], t = this.t;
    for (let first = BULLETS; first < t.length; first += SLOT)
      for (let owner = 0; owner < 2; owner++) {
        const b = first + owner;
        if (t[b + B.left] > 0) found.push({x: t[b + B.x], y: t[b + B.y], vx: t[b + B.vx], vy: t[b + B.vy], left: t[b + B.left], owner});
      }
    return found;
  }

  // The 25 numbers of World.states().
  state() { return Float32Array.from([this.tick, this.t[M.terminal], this.outcome, this.reason, ...this.fighters, ...this.hits, ...this.shots, this.bullets.length]); }

  // Hold `actions`, [[yaw, throttle, trigger], [...]], for `ticks` ticks; a match that ended stays as it is.
  step(actions, ticks = this.r[R.decision_ticks]) {
    for (let seat = 0; seat < 2; seat++) {
      this.t[Q.turn + seat] = actions[seat][0];
      this.t[Q.throttle + seat] = actions[seat][1];
      this.t[Q.trigger + seat] = actions[seat][2];
    }
    Game.advance(this.t, this.r, ticks);
    return this;
  }

  // What `seat` sees: Float32Array(224), the newest frame first. Once per decision and seat: it advances that seat's stack of frames.
  observe(seat) {
    const row = this.history[seat].copyWithin(FRAME, 0, FRAME * (STACK - 1));
    Game.sight(this.t, this.r, this.g);
    Game.see(row, this.t, this.r, this.g, 0, seat);
    return row.slice();
  }

  copy() {
    const other = new Duel(this.r);
    other.t.set(this.t);
    this.history.forEach((seen, seat) => other.history[seat].set(seen));
    return other;
  }
}

class Scripted {
  constructor(name, rules) {
    this.name = name;
    this.kind = Game.SCRIPTED.indexOf(name);
    if (this.kind < 0) throw new Error(`no scripted pilot ${JSON.stringify(name)}: there are ${Game.SCRIPTED.join(", ")}`);
    this.eye = Float32Array.of(rules[R.max_speed], rules[R.bullet_speed], rules[R.cos_rear_cone]);
    this.angles = new Float32Array(Game.ANGLES);
    this.memory = new Float32Array(Game.MEMORY);
    this.reset();
  }
  reset() { this.memory.fill(0); this.memory[Game.SIDE] = 1; }
  act(observation) {
    const action = new Float32Array(3);
    Game.answer(this.kind, [observation], [this.memory], [this.eye], [action], this.angles, 0, 1);
    return action;
  }
  copy() { return Object.assign(Object.create(Scripted.prototype), this, {memory: this.memory.slice()}); }
}

class Network {
  constructor(name, graph) { this.name = name; this.graph = graph; }
  reset() {}
  act(observation) {
    const action = this.graph.run(observation);
    if (!action.every(Number.isFinite)) throw new Error(`${this.name} answers ${Array.from(action)}: every number must be finite`);
    return action;
  }
  copy() { return this; }                                                  // it remembers nothing
}

// A pilot for one seat: the name of a scripted one, or {name, graph} with the graph of dogfight_nb.browser.graph_of.
const pilot = (spec, rules) => typeof spec === "string" ? new Scripted(spec, rules) : new Network(spec.name, Graph.load(spec.graph));

return {Duel, pilot};
})();
