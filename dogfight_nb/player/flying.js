// ---- flying: a match in the browser, recorded tick by tick --------------------------------------

const KEEP = 4; // ticks between recorded frames
const COUNTDOWN_S = 1.8;
const REWIND_S = 5;
const LEVER_RATE = 1.6; // of the throttle's way in a second

class Flying {
  // `player` gives rules, pilots and keys. From a recorded match: `source` (a Track, default the
  // player's) and `from`, the tick at which it is taken over; else `start`, 25 numbers.
  constructor(player, { seat, opponent, from = null, start, source = player.track }) {
    const { rules, table } = player.flight_rules();
    this.source = from == null ? null : source;
    Object.assign(this, { rules, table, seat, keys: player.keys });
    this.spawn = this.source ? this.source.spawn : player.spawn;
    this.start = this.source ? this.source.start : start;
    this.duel = new Flight.Duel(table, this.start);
    this.spec = player.spec(opponent);
    this.opponent = Flight.pilot(this.spec, table);
    this.opponent.reset();
    this.help = new Help(this);
    this.clear();
    this.hold = [
      [0, 0, -1],
      [0, 0, -1],
    ];
    this.throttle = 1;
    this.debt = 0;
    this.countdown = 0;
    this.record();
    if (this.source) this.catch_up(from);
    this.began = this.duel.tick;
  }

  clear() {
    this.actions = [];
    this.frames = [];
    this.ticks = [];
    this.bullets = [];
    this.events = [];
  }

  // Fly the recorded match again up to the moment of taking over, so that guns, bullets, timers and
  // memories are what they were.
  catch_up(tick) {
    const t = this.source;
    const step = this.rules.decision_ticks;
    if (!t.actions.length) return this.start_from_frame(t, tick);
    while (this.duel.tick < tick && !this.duel.done) {
      this.decide(d => {
        const o = 6 * d;
        return [0, 1].map(s => Array.from(t.actions.subarray(o + 3 * s, o + 3 * s + 3)));
      });
      for (let k = 0; k < step && !this.duel.done && this.duel.tick < tick; k++) this.one_tick();
    }
    if (this.actions.length) this.throttle = clamp(this.hold[this.seat][1], 0, 1);
  }

  // Without actions there is only what was seen: both fighters, and the bullets in the air.
  start_from_frame(t, tick) {
    const now = t.at(tick);
    const fighters = t.frames.slice(16 * now.frame, 16 * now.frame + 16);
    this.duel.setFighters(fighters, now.bullets, t.ticks[now.frame]);
    this.start = Float32Array.from(this.duel.state());
    this.rewound = true;
    this.clear();
    this.record();
  }

  decide(command) {
    const seen = [0, 1].map(s => this.duel.observe(s));
    const other = this.opponent.act(seen[1 - this.seat]);
    this.hold = command(this.actions.length, other);
    this.actions.push(this.hold.map(a => Array.from(a, Math.fround)));
  }

  one_tick() {
    const d = this.duel;
    const before = { shots: d.shots, hits: d.hits, bullets: d.bullets, fighters: d.fighters };
    d.step(this.hold, 1);
    this.note_events(before);
    if (d.tick % KEEP === 0 || d.done) this.record();
  }

  note_events(before) {
    const d = this.duel;
    const f = d.fighters;
    const place = s => ({ x: f[8 * s], y: f[8 * s + Y] });
    const note = (kind, seat, { x, y }) => this.events.push({ tick: d.tick, kind, seat, x, y });
    for (const s of [0, 1]) {
      if (d.shots[s] > before.shots[s]) note("shot", s, place(s));
      const o = 8 * s + STALL;
      if (f[o] > 0 && before.fighters[o] <= 0) note("stall", s, place(s));
    }
    const hits = [0, 1].map(s => d.hits[s] - before.hits[s]);
    for (const b of this.gone(before.bullets))
      if (hits[b.owner] > 0) {
        hits[b.owner]--;
        note("hit", b.owner, b);
      } else note("glance", b.owner, b);
    for (const s of [0, 1]) for (; hits[s] > 0; hits[s]--) note("hit", s, place(1 - s));
    if (!d.done) return;
    for (const s of [0, 1]) {
      if (f[8 * s + ALIVE]) continue;
      if (f[8 * s + HP] > 0) note("crash", s, place(s));
      else note("kill", 1 - s, place(s));
    }
  }

  // A bullet that is gone before its time has met somebody.
  gone(bullets) {
    const now = this.duel.bullets;
    const same = (a, b) =>
      a.owner === b.owner && a.vx === b.vx && a.vy === b.vy && a.left === b.left - 1;
    return bullets.filter(b => b.left > 1 && !now.some(a => same(a, b)));
  }

  record() {
    const d = this.duel;
    const k = this.ticks.length;
    this.ticks.push(d.tick);
    this.frames.push(...d.fighters);
    for (const b of d.bullets) this.bullets.push(k, b.x, b.y, b.vx, b.vy, b.owner);
  }

  // What the hands do, `dt` seconds after the last decision: yaw input, throttle lever, trigger.
  stick(dt) {
    const { keys } = this;
    const pad = gamepad();
    const lever = (keys.has("up") ? 1 : 0) - (keys.has("down") ? 1 : 0) + (pad?.lever ?? 0);
    this.throttle = clamp(this.throttle + LEVER_RATE * dt * clamp(lever, -1, 1), 0, 1);
    const turn = (keys.has("left") ? 1 : 0) - (keys.has("right") ? 1 : 0) + (pad?.turn ?? 0);
    const fire = keys.has("fire") || keys.has("fired") || pad?.fire;
    return [clamp(turn, -1, 1), this.throttle, fire ? 1 : -1];
  }

  // Fly for `seconds` of the clock on the wall, at most 0.1; true when the match is over.
  advance(seconds, speed) {
    this.debt += Math.min(seconds, 0.1) * speed * this.rules.tick_rate;
    while (this.debt >= 1 && !this.duel.done) {
      this.debt--;
      if (this.is_time_to_decide()) {
        const mine = this.stick(this.rules.decision_ticks / this.rules.tick_rate);
        this.keys.delete("fired");
        this.decide((d, other) =>
          this.seat === 0 ? [mine, Array.from(other)] : [Array.from(other), mine],
        );
      }
      this.one_tick();
    }
    return this.duel.done;
  }

  is_time_to_decide() {
    const step = this.rules.decision_ticks;
    const first = this.rewound ? this.began : this.start[0];
    const { tick } = this.duel;
    const phase = this.rewound ? this.began % step : 0;
    return tick % step === phase && tick >= first + this.actions.length * step;
  }

  now() {
    const d = this.duel;
    const fighters = fighters_of(d.fighters);
    this.grow_paths();
    for (const s of [0, 1]) fighters[s].ux = this.unwrapped(s, fighters[s].x);
    const command = this.hold.map(a => ({
      turn: clamp(a[0], -1, 1),
      throttle: clamp(a[1], 0, 1),
      fire: a[2] > 0,
    }));
    return { tick: d.tick, frame: this.ticks.length - 1, fighters, bullets: d.bullets, command };
  }

  // x of the recorded frames as if the arena did not end, for the trails.
  grow_paths() {
    this.ux ??= [[], []];
    for (const s of [0, 1])
      for (let k = this.ux[s].length; k < this.ticks.length; k++) {
        const x = this.frames[16 * k + 8 * s];
        this.ux[s].push(k ? this.unwrapped(s, x, k - 1) : x);
      }
  }
  unwrapped(s, x, k = this.ux[s].length - 1) {
    const period = 2 * this.rules.half_width;
    const dx = x - this.frames[16 * k + 8 * s];
    return this.ux[s][k] + dx - period * Math.round(dx / period);
  }

  names() {
    return [0, 1].map(s => (s === this.seat ? "you" : this.spec.name || this.spec));
  }

  // What the stage needs while the flight grows.
  live_track() {
    const flying = this;
    return {
      rules: this.rules,
      table: this.table,
      names: this.names(),
      caption: "a flight",
      result: "",
      rate: this.rules.tick_rate,
      end: null,
      ux: (this.ux ??= [[], []]),
      geometry: Track.prototype.geometry,
      frame_at: Track.prototype.frame_at,
      get events() {
        return flying.events;
      },
      get frames() {
        return flying.frames;
      },
      get ticks() {
        return flying.ticks;
      },
      get n() {
        return flying.ticks.length;
      },
      get last() {
        return flying.duel.done ? flying.duel.tick : Infinity;
      },
    };
  }

  // The flight so far as a replay like any other.
  track() {
    if (this.ticks.at(-1) !== this.duel.tick) this.record();
    const names = this.given_names || this.names();
    const end = this.ending();
    const { winner, loser, ground } = loss(names, end);
    const seconds = `${(end.ticks / this.rules.tick_rate).toFixed(1)} s`;
    const who = winner ? `${winner} win${winner === "you" ? "" : "s"}` : "draw";
    const how = ground ? `, ${loser} flew into the ground` : ` by ${end.reason}`;
    const result = this.duel.done ? `${who}${how}, ${seconds}` : `unfinished, ${seconds}`;
    return new Track({
      names,
      versions: ["", ""],
      caption: `${names[0]} \u2013 ${names[1]}: ${result}`,
      result,
      end,
      rules: this.rules,
      table: this.table,
      stride: KEEP,
      seed: null,
      index: 0,
      spawn: this.spawn,
      start: Float32Array.from(this.start),
      actions: Float32Array.from(this.actions.flat(2)),
      ticks: Int32Array.from(this.ticks),
      frames: Float32Array.from(this.frames),
      bullets: Float32Array.from(this.bullets),
      events: this.events,
      turns: [],
      minds: {},
      flown: true,
      me: this.seat,
    });
  }

  ending() {
    const d = this.duel;
    const f = d.fighters;
    const ahead = Math.sign(f[HP] - f[8 + HP]);
    return {
      outcome: d.done ? [0, 1, -1][d.outcome] : ahead,
      reason: d.done ? ["elimination", "time-out"][d.reason] : "unfinished",
      ticks: d.tick,
      hp: [f[HP], f[8 + HP]].map(Number),
      hits: Array.from(d.hits),
      shots: Array.from(d.shots),
    };
  }

  // What is enough to fly a match again: kept in the browser, and in pages that are saved.
  static kept({ names, rules, table, spawn, start, actions, last }) {
    const numbers = { start: Array.from(start), actions: Array.from(actions) };
    return { names, rules, table, spawn, last, ...numbers };
  }

  // The Track of what `kept` returned: flown again.
  static again({ names, rules, table, spawn, start, actions, last }) {
    const source = {
      spawn,
      start: Float32Array.from(start),
      actions: Float32Array.from(actions),
    };
    const page = { keys: new Set(), flight_rules: () => ({ rules, table }), spec: name => name };
    const seat = Math.max(0, names.indexOf("you"));
    const flying = new Flying(page, { seat, opponent: "do_nothing", from: last, source });
    flying.given_names = names;
    return flying.track();
  }
}

// The two fighters in the 16 numbers of a frame.
function fighters_of(f) {
  return [0, 8].map(o => ({
    x: f[o],
    y: f[o + Y],
    yaw: f[o + YAW],
    v: f[o + V],
    hp: f[o + HP],
    gun: f[o + GUN],
    alive: f[o + ALIVE] > 0,
    stall: f[o + STALL],
    ux: f[o],
  }));
}

// ---- a match as a file: the public challenge's replay, with start and actions to fly it again ---

function challenge(track) {
  const { end } = track;
  const f = track.frames;
  const stopped = end.reason === "unfinished"; // then the time was up
  const rules = stopped ? { ...track.rules, match_ticks: end.ticks } : track.rules;
  const frames = [];
  for (let k = 0; k < track.n; k++) {
    const fighters = fighters_of(f.subarray(16 * k, 16 * k + 16)).map(p => ({
      x: p.x,
      y: p.y,
      yaw: p.yaw,
      speed: p.v,
      hp: p.hp,
      alive: p.alive,
      stalled: p.stall > 0,
    }));
    const bullets = [];
    for (let i = 6 * track.bullet_rows[k]; i < 6 * track.bullet_rows[k + 1]; i += 6) {
      const [, x, y, vx, vy, owner] = track.bullets.subarray(i, i + 6);
      bullets.push({ x, y, vx, vy, owner });
    }
    frames.push({ tick: track.ticks[k], fighters, bullets });
  }
  const stats = {};
  for (const key of ["hp", "hits", "shots"])
    for (const s of [0, 1]) stats[`p${s}_${key}`] = end[key][s];
  const actions = [];
  for (let o = 0; o < track.actions.length; o += 6)
    actions.push([0, 3].map(s => Array.from(track.actions.subarray(o + s, o + s + 3))));
  return {
    config: {
      seed: track.seed || 0,
      p0_name: track.names[0],
      p1_name: track.names[1],
      max_ticks: rules.match_ticks,
      randomize_spawns: track.spawn === "random",
      sim_config: rules,
    },
    frames,
    result: {
      outcome: { 1: "Player0Win", "-1": "Player1Win", 0: "Draw" }[end.outcome],
      reason: end.reason === "elimination" ? "Elimination" : "Timeout",
      final_tick: end.ticks,
      stats,
    },
    start: Array.from(track.start),
    actions,
  };
}
