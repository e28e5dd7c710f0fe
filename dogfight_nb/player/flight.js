// A match in the browser, and pilots to fly it: what physics.World and pilots.ScriptedPilot are in Python, for one match.
// Needs `Game` (game.js); pilots made from an ONNX file need `Graph` (graph.js).
const Flight = (() => {
"use strict";
const {FIGHTER, MATCH, BULLET, RULE, BULLETS_OFFSET, SLOT_SIZE, STATE_FIELDS, FRAME_SIZE, STACKED_FRAMES, OBSERVATION_SIZE} = Game;
const HP = Game.FRAME_LABELS.indexOf("hp"), THEIR_HP = Game.FRAME_LABELS.indexOf("their hp");

class Duel {
  // `rules`: the numbers of rules.rules_array(), in the order of RULE_NAMES. `start`: 25 numbers as in a row of World.states(); default: nobody, nowhere.
  constructor(rules, start) {
    this.r = Float32Array.from(rules);
    this.slots = this.r[RULE.max_bullets];
    this.t = new Float32Array(BULLETS_OFFSET + this.slots * SLOT_SIZE);
    this.g = new Float32Array(Game.GEOMETRY_SIZE);
    this.history = [new Float32Array(OBSERVATION_SIZE), new Float32Array(OBSERVATION_SIZE)];
    if (start) this.setState(start);
  }

  // As World.set_states: no bullets in the air, nothing seen yet.
  setState(state) {
    const t = this.t.fill(0);
    ["tick", "terminal", "outcome", "reason"].forEach((name, k) => { t[MATCH[name]] = state[k]; });
    for (let seat = 0; seat < 2; seat++) {
      STATE_FIELDS.forEach((name, k) => { t[FIGHTER[name] + seat] = state[4 + 8 * seat + k]; });
      for (const name of ["x", "y", "yaw"]) t[FIGHTER["old_" + name] + seat] = t[FIGHTER[name] + seat];
      t[FIGHTER.hits + seat] = state[20 + seat];
      t[FIGHTER.shots + seat] = state[22 + seat];
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
        const shot = this.t[FIGHTER.shots + owner] - own.length + k, place = BULLETS_OFFSET + SLOT_SIZE * ((shot + this.slots) % this.slots) + owner;
        for (const name of ["x", "y", "vx", "vy"]) this.t[place + BULLET[name]] = b[name];
        this.t[place + BULLET.left] = b.left ?? this.r[RULE.bullet_lifetime_ticks];
      });
    }
    return this;
  }

  get tick() { return this.t[MATCH.tick]; }
  get done() { return this.t[MATCH.terminal] > 0; }
  get outcome() { return this.t[MATCH.outcome]; }
  get reason() { return this.t[MATCH.reason]; }
  get hits() { return Array.from(this.t.subarray(FIGHTER.hits, FIGHTER.hits + 2)); }
  get shots() { return Array.from(this.t.subarray(FIGHTER.shots, FIGHTER.shots + 2)); }

  // Float32Array(16): x, y, yaw, speed, hp, cooldown, alive, stall of seat 0, then of seat 1.
  get fighters() { return Float32Array.from({length: 16}, (_, k) => this.t[FIGHTER[STATE_FIELDS[k % 8]] + (k >> 3)]); }

  // [{x, y, vx, vy, left, owner}], in the order of a replay's.
  get bullets() {
    const found = [], t = this.t;
    for (let first = BULLETS_OFFSET; first < t.length; first += SLOT_SIZE)
      for (let owner = 0; owner < 2; owner++) {
        const b = first + owner;
        if (t[b + BULLET.left] > 0) found.push({x: t[b + BULLET.x], y: t[b + BULLET.y], vx: t[b + BULLET.vx], vy: t[b + BULLET.vy], left: t[b + BULLET.left], owner});
      }
    return found;
  }

  // The 25 numbers of World.states().
  state() { return Float32Array.from([this.tick, this.t[MATCH.terminal], this.outcome, this.reason, ...this.fighters, ...this.hits, ...this.shots, this.bullets.length]); }

  // Hold `actions`, [[yaw, throttle, trigger], [...]], for `ticks` ticks; a match that ended stays as it is.
  step(actions, ticks = this.r[RULE.decision_ticks]) {
    for (let seat = 0; seat < 2; seat++) {
      this.t[FIGHTER.turn + seat] = actions[seat][0];
      this.t[FIGHTER.throttle + seat] = actions[seat][1];
      this.t[FIGHTER.trigger + seat] = actions[seat][2];
    }
    Game.step_tile(this.t, this.r, ticks);
    return this;
  }

  // What `seat` sees: Float32Array(224), the newest frame first. Once per decision and seat: it advances that seat's stack of frames.
  observe(seat) {
    const row = this.history[seat].copyWithin(FRAME_SIZE, 0, FRAME_SIZE * (STACKED_FRAMES - 1));
    Game.relative_geometry(this.t, this.r, this.g);
    Game.write_frame(row, this.t, this.r, this.g, 0, seat);
    return row.slice();
  }

  copy() {
    const other = new Duel(this.r);
    other.t.set(this.t);
    this.history.forEach((seen, seat) => other.history[seat].set(seen));
    return other;
  }
}

class ScriptedPilot {
  constructor(name, rules) {
    this.name = name;
    this.kind = Game.SCRIPTED_NAMES.indexOf(name);
    if (this.kind < 0) throw new Error(`no scripted pilot ${JSON.stringify(name)}: there are ${Game.SCRIPTED_NAMES.join(", ")}`);
    this.scales = Float32Array.of(rules[RULE.max_speed], rules[RULE.bullet_speed], rules[RULE.cos_rear_cone]);
    this.angles = new Float32Array(Game.ANGLES_SIZE);
    this.memory = new Float32Array(Game.MEMORY_SIZE);
    this.reset();
  }
  reset() { this.memory.fill(0); this.memory[Game.EVADE_SIDE] = 1; }
  act(observation) {
    const action = new Float32Array(3);
    Game.act_batch(this.kind, [observation], [this.memory], [this.scales], [action], this.angles, 0, 1);
    return action;
  }
  copy() { return Object.assign(Object.create(ScriptedPilot.prototype), this, {memory: this.memory.slice()}); }
}

class Network {
  constructor(name, graph) { this.name = name; this.graph = graph; }
  reset() {}
  act(observation) {
    const action = this.graph.run(observation).slice(0, 3);
    if (!action.every(Number.isFinite)) throw new Error(`${this.name} answers ${Array.from(action)}: every number must be finite`);
    return action;
  }
  copy() { return this; }                                                  // it remembers nothing
}

// A pilot for one seat: the name of a scripted one, or {name, graph} with the graph of
// dogfight_nb.onnx_graph.graph_from_onnx; {width: null} if it answers more than an action.
const pilot = (spec, rules) => typeof spec === "string" ? new ScriptedPilot(spec, rules)
  : new Network(spec.name, Graph.load(spec.graph, spec.width));

// What a trained policy thinks of what it sees: PolicyPilot.introspect in Python, at temperature 1.
class Mind {
  // {graph, heads, paid, hit_points}, as dogfight_nb.submit.mind_graph makes it.
  constructor({graph, heads, paid, hit_points}) {
    Object.assign(this, {heads, paid, hitPoints: hit_points});
    this.graph = Graph.load(graph, heads.reduce((sum, [, options]) => sum + options, 4));
  }

  // Of a Float32Array(224): `action`, Float32Array(3), what it does if it takes the likeliest
  // options; `value`, the reward it expects from here on; `expected`, that and what the hits so far
  // have paid, if that is known; `heads`, [{name, p}], the probabilities of the options of each.
  think(observation) {
    const told = this.graph.run(observation), value = told[3], heads = [];
    let first = 4;
    for (const [name, options] of this.heads) {
      heads.push({name, p: told.slice(first, first + options)});
      first += options;
    }
    const expected = value + this.paidSoFar(observation);
    return {action: told.slice(0, 3), value, expected, heads};
  }

  paidSoFar(observation) {
    if (!this.paid) return 0;
    const [dealt, taken] = this.paid;
    const gain = (1 - observation[THEIR_HP]) * dealt - (1 - observation[HP]) * taken;
    return this.hitPoints * gain;
  }
}

const mind = spec => new Mind(spec);

return {Duel, pilot, mind};
})();
