// ---- thinking: what a trained policy expects of a match, and what it would do -------------------

const GHOST_S = 2; // how far a ghost flies
const SWING_S = 1; // a mistake is what was lost within this time
const MISTAKE = 3; // in units of reward; a hit pays 2
const BLUNDER = 6;
const MISTAKES = 5; // of each pilot, the largest
const TURNING_POINTS = 5;

class Thinking {
  constructor(player) {
    this.player = player;
    this.minds = {};
    for (const [name, spec] of Object.entries(player.data.minds || {}))
      this.minds[name] = Object.assign(Flight.mind(spec), { name });
    this.judge = this.minds[player.data.judge] || null;
  }

  // Who judges the seat: the pilot itself, where the page has its network, or else the judge.
  mind(track, seat) {
    return this.minds[track.names[seat]] || this.judge;
  }

  // -- the value of every decision

  // {seat: Float32Array}: what each seat's mind expects at every decision. Recorded by Python, or
  // worked out here by flying the match again; until that is done, what there is.
  values(track) {
    if (track.values) return track.values;
    track.values = {};
    for (const [seat, mind] of Object.entries(track.minds || {}))
      if (mind.value) track.values[seat] = mind.value;
    if (!Object.keys(track.values).length && this.can_look(track)) this.study(track);
    return track.values;
  }

  study(track) {
    const step = track.rules.decision_ticks;
    const n = track.actions.length / 6;
    const duel = new Flight.Duel(track.table, track.start);
    const values = [0, 1].map(() => new Float32Array(n));
    let d = 0;
    const some = () => {
      const until = performance.now() + 12;
      for (; d < n && performance.now() < until; d++) {
        for (const s of [0, 1]) {
          const mind = this.mind(track, s);
          const seen = duel.observe(s);
          if (mind) values[s][d] = mind.think(seen).expected;
        }
        duel.step(this.flown(track, d), step);
      }
      if (d < n) return setTimeout(some, 0);
      for (const s of [0, 1]) if (this.mind(track, s)) track.values[s] = values[s];
      if (!track.turns.length) track.turns = this.turning_points(track);
      this.player.thought(track);
    };
    setTimeout(some, 0);
  }

  flown(track, d) {
    return [0, 3].map(o => Array.from(track.actions.subarray(6 * d + o, 6 * d + o + 3)));
  }

  // What blue can hope for at `tick`, in units of reward: the mean of what the two expect, or null.
  evaluation(track, tick) {
    const values = this.values(track);
    const d = Math.floor((tick - track.first) / track.rules.decision_ticks);
    const at = ([seat, v]) => (seat === "0" ? 1 : -1) * v[clamp(d, 0, v.length - 1)];
    const all = Object.entries(values).filter(([, v]) => v.length);
    if (!all.length) return null;
    return all.reduce((sum, v) => sum + at(v), 0) / all.length;
  }

  // The decisions at which somebody lost most: [{tick, seat, loss, sign}], sign "?" or "??".
  mistakes(track) {
    if (track.mistakes) return track.mistakes;
    const values = Object.entries(this.values(track));
    const width = Math.round((SWING_S * track.rate) / track.rules.decision_ticks);
    const found = [];
    for (const [seat, v] of values) {
      const drops = Array.from(v, (x, d) => ({
        d,
        loss: x - v[Math.min(d + width, v.length - 1)],
      }));
      const taken = new Set();
      let count = 0;
      for (const { d, loss } of drops.sort((a, b) => b.loss - a.loss || a.d - b.d)) {
        if (loss < MISTAKE || count === MISTAKES) break;
        if (taken.has(d)) continue;
        for (let k = d - width; k <= d + width; k++) taken.add(k);
        const tick = track.first + d * track.rules.decision_ticks;
        count++;
        found.push({ tick, seat: +seat, loss, sign: loss >= BLUNDER ? "??" : "?" });
      }
    }
    found.sort((a, b) => a.tick - b.tick);
    if (values.length) track.mistakes = found;
    return found;
  }

  // Turning points of a match that was flown here, in the shape of events.turning_points.
  turning_points(track) {
    const width = SWING_S * track.rate;
    const points = this.mistakes(track).map(m => {
      const good = track.events.filter(
        e =>
          e.tick >= m.tick &&
          e.tick <= m.tick + width &&
          (["hit", "kill"].includes(e.kind) ? e.seat !== m.seat : e.seat === m.seat) &&
          ["kill", "crash", "hit", "stall", "glance"].includes(e.kind),
      );
      const weight = ["glance", "stall", "hit", "kill", "crash"];
      good.sort((a, b) => weight.indexOf(b.kind) - weight.indexOf(a.kind) || a.tick - b.tick);
      const cause = good[0];
      const name = track.names[m.seat];
      const whose = name === "you" ? "your" : `${name}'s`;
      const text = `${whose} expected reward \u2212${m.loss.toFixed(1)}`;
      return {
        tick: cause ? cause.tick : m.tick,
        seat: 1 - m.seat,
        loser: m.seat,
        swing: m.loss,
        text: cause ? `${phrase(track, cause)}: ${text}` : text,
        unforced: "",
      };
    });
    const largest = points.sort((a, b) => b.swing - a.swing).slice(0, TURNING_POINTS);
    return largest.sort((a, b) => a.tick - b.tick);
  }

  // -- ghosts: the next seconds, flown again with the policy's own choices

  can_look(track) {
    return track.actions.length > 0 && [0, 1].some(s => this.mind(track, s));
  }

  // Two seconds from `tick` on: each seat that has a mind flies by it, against what the other did.
  look(track, tick) {
    const step = track.rules.decision_ticks;
    const n = track.actions.length / 6;
    const from = clamp(Math.floor((tick - track.first) / step), 0, n - 1);
    const duel = new Flight.Duel(track.table, track.start);
    for (let d = 0; d < from; d++) {
      for (const s of [0, 1]) duel.observe(s);
      duel.step(this.flown(track, d), step);
    }
    const last = Math.min(n, from + Math.ceil((GHOST_S * track.rate) / step));
    const ghosts = [];
    for (const seat of [0, 1]) {
      const mind = this.mind(track, seat);
      if (mind) ghosts.push(this.ghost(track, duel.copy(), mind, seat, from, last));
    }
    this.shown = { track, tick: track.first + from * step, ghosts };
    return this.shown;
  }

  ghost(track, duel, mind, seat, from, last) {
    const step = track.rules.decision_ticks;
    const path = [];
    const keep = () => {
      const p = fighters_of(duel.fighters)[seat];
      path.push({ x: p.x, y: p.y, yaw: p.yaw, alive: p.alive });
    };
    keep();
    let first = null;
    let after = null;
    for (let d = from; d < last && !duel.done; d++) {
      const seen = [0, 1].map(s => duel.observe(s));
      const thought = mind.think(seen[seat]);
      first ??= thought;
      after = thought.expected;
      const both = this.flown(track, d);
      both[seat] = Array.from(thought.action);
      for (let k = 0; k < step && !duel.done; k += 2) {
        duel.step(both, 2);
        keep();
      }
    }
    const actual = this.flown(track, from)[seat];
    return {
      seat,
      name: mind.name,
      action: Array.from(first.action),
      actual,
      path,
      after,
      expected: first.expected,
    };
  }

  forget() {
    this.shown = null;
  }

  draw_ghosts(stage) {
    const { shown } = this;
    if (!shown || shown.track !== stage.track) return;
    const { g } = stage;
    const period = 2 * stage.track.rules.half_width;
    for (const { seat, path, name } of shown.ghosts) {
      g.strokeStyle = stage.player.seat[seat];
      let x = path[0].x;
      const points = path.map(p => {
        x += p.x - x - period * Math.round((p.x - x) / period);
        return { ...p, x };
      });
      const end = points.at(-1);
      stage.copies(points[0].x, 260, at => {
        const shift = at - points[0].x;
        g.lineWidth = 1.6;
        g.setLineDash([5, 4]);
        g.beginPath();
        for (const p of points) g.lineTo(...stage.project(p.x + shift, p.y));
        g.stroke();
        g.setLineDash([3, 2]);
        const [px, py] = stage.project(end.x + shift, end.y);
        stage.outline(px, py, end.yaw, stage.plane_length);
        g.stroke();
        g.setLineDash([]);
        const colour = stage.player.seat[seat];
        stage.label(`as ${name} would`, end.x + shift, end.y, 24, colour);
      });
    }
  }
}

// ---- words --------------------------------------------------------------------------------------

function phrase(track, e) {
  const [a, b] = [track.names[e.seat], track.names[1 - e.seat]];
  const I = a === "you";
  const s = I ? "" : "s";
  return (
    {
      shot: `${a} shoot${s}`,
      hit: `${a} hit${s} ${b}`,
      glance: `${I ? "your" : a + "'s"} bullet glances off ${b}`,
      stall: `${a} stall${s}`,
      kill: `${a} shoot${s} ${b} down`,
      crash: I ? "you fly into the ground" : `${a} flies into the ground`,
    }[e.kind] || e.kind
  );
}

// An action in words: what the stick, the throttle and the trigger do.
function action_words([turn, throttle, trigger]) {
  const side = turn > 0 ? "\u21ba" : "\u21bb";
  const stick = Math.abs(turn) < 0.005 ? "straight on" : `${side} ${Math.abs(turn).toFixed(1)}`;
  return `${stick}, throttle ${Math.round(100 * throttle)} %${trigger > 0 ? ", fire" : ""}`;
}
