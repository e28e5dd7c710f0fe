// ---- small tools --------------------------------------------------------------------------------

const TAU = 2 * Math.PI;
const clamp = (a, low, high) => Math.min(Math.max(a, low), high);
const turned = a => a - TAU * Math.round(a / TAU);
const mix = (a, b, s) => a + (b - a) * s;
const minus = text => text.replace("-", "\u2212");
const fixed = (a, digits) => minus(a.toFixed(digits));

function make(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) {
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (v === true) e.setAttribute(k, "");
    else if (v !== false && v != null) e.setAttribute(k, v);
  }
  e.append(...children.filter(c => c != null)); // strings become text, never markup
  return e;
}

function icon(path) {
  const s = document.createElementNS("http://www.w3.org/2000/svg", "svg"),
    p = document.createElementNS("http://www.w3.org/2000/svg", "path");
  s.setAttribute("viewBox", "0 0 14 14");
  s.setAttribute("aria-hidden", "true");
  p.setAttribute("d", path);
  s.append(p);
  return s;
}
const ICONS = {
  play: "M3 1.5v11l9-5.5z",
  pause: "M3 1.5h3v11H3zM8 1.5h3v11H8z",
  back: "M2 2h2v10H2zM12 2v10L5 7z",
  prev: "M10 2v10L3 7z",
  next: "M4 2v10l7-5z",
  mark: "M2 2v10l6-5zM9 2h2.5v10H9z",
  unmark: "M12 2v10L6 7zM2.5 2H5v10H2.5z",
};

// ---- data: one JSON text and one compressed block of arrays -------------------------------------

async function inflate(base64) {
  if (typeof DecompressionStream === "undefined")
    throw new Error(
      "this browser cannot unpack the replay (no DecompressionStream): use Chrome 80, Firefox 113, Safari 16.4 or newer",
    );
  const packed = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
  return new Uint8Array(
    await new Response(
      new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")),
    ).arrayBuffer(),
  );
}

const TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

function unshuffle(bytes, { offset, count, dtype }) {
  // the first bytes of all numbers, then all second bytes, …
  const size = TYPES[dtype].BYTES_PER_ELEMENT,
    out = new Uint8Array(size * count);
  for (let b = 0; b < size; b++)
    for (let k = 0, from = offset + b * count; k < count; k++) out[size * k + b] = bytes[from + k];
  return new TYPES[dtype](out.buffer);
}

async function unpack(data) {
  if (data.format !== 1)
    throw new Error(
      `this page holds data of format ${data.format}, its player reads format 1: make the page again with one version of dogfight_nb`,
    );
  const bytes = data.blob ? await inflate(data.blob) : new Uint8Array(0);
  const read = a => unshuffle(bytes, a);
  for (const r of data.replays) {
    for (const name of Object.keys(r.arrays)) r[name] = read(r.arrays[name]);
    for (const mind of Object.values(r.minds || {})) {
      mind.value = mind.value && read(mind.value);
      for (const head of mind.heads) head.p = Float32Array.from(read(head.p), p => p / 255);
    }
  }
  return data;
}

// ---- a replay, ready to be asked for any moment -------------------------------------------------

const Y = 1,
  YAW = 2,
  V = 3,
  HP = 4,
  GUN = 5,
  ALIVE = 6,
  STALL = 7;

// Who lost, and whether nobody made it: on the ground with hit points left, or out of time while behind.
function loss(names, end) {
  const lost = end?.outcome ? (end.outcome > 0 ? 1 : 0) : null;
  if (lost == null) return { lost, winner: null, loser: null, ground: false };
  const who = names[0] === names[1] ? ["blue", "orange"] : names;
  return {
    lost,
    winner: who[1 - lost],
    loser: who[lost],
    ground: end.reason === "elimination" && end.hp[lost] > 0,
  };
}
const points = n => `${n} hit point${n === 1 ? "" : "s"}`;

class Track {
  constructor(r) {
    Object.assign(this, r);
    this.n = this.ticks.length;
    this.rate = this.rules.tick_rate;
    this.first = this.ticks[0];
    this.last = this.ticks[this.n - 1];
    this.loss = loss(this.names, this.end);
    this.unwrap();
    this.bullet_rows = new Int32Array(this.n + 1); // rows of frame k: bullet_rows[k] … bullet_rows[k + 1]
    for (let i = 0; i < this.bullets.length; i += 6) this.bullet_rows[this.bullets[i] + 1]++;
    for (let k = 0; k < this.n; k++) this.bullet_rows[k + 1] += this.bullet_rows[k];
  }

  unwrap() {
    // x as if the arena did not end, yaw as if angles did not
    const wide = 2 * this.rules.half_width;
    this.ux = [0, 1].map(s => new Float64Array(this.n));
    this.uyaw = [0, 1].map(s => new Float64Array(this.n));
    for (const s of [0, 1])
      for (let k = 0; k < this.n; k++) {
        const x = this.frames[16 * k + 8 * s],
          yaw = this.frames[16 * k + 8 * s + YAW];
        if (!k) {
          this.ux[s][0] = x;
          this.uyaw[s][0] = yaw;
          continue;
        }
        const dx = x - this.frames[16 * k - 16 + 8 * s];
        this.ux[s][k] = this.ux[s][k - 1] + dx - wide * Math.round(dx / wide);
        this.uyaw[s][k] =
          this.uyaw[s][k - 1] + turned(yaw - this.frames[16 * k - 16 + 8 * s + YAW]);
      }
  }

  frame_at(tick) {
    // the last frame that is not later than `tick`
    let a = 0,
      b = this.n - 1;
    while (a < b) {
      const m = (a + b + 1) >> 1;
      if (this.ticks[m] <= tick) a = m;
      else b = m - 1;
    }
    return a;
  }

  at(tick) {
    // both fighters and the bullets at `tick`, between frames on a straight line
    tick = clamp(tick, this.first, this.last);
    const k = this.frame_at(tick),
      f = this.frames,
      wide = 2 * this.rules.half_width;
    const s = k + 1 < this.n ? (tick - this.ticks[k]) / (this.ticks[k + 1] - this.ticks[k]) : 0;
    const fighters = [0, 1].map(seat => {
      const o = 16 * k + 8 * seat,
        p = s > 0 ? o + 16 : o;
      const x = s > 0 ? mix(this.ux[seat][k], this.ux[seat][k + 1], s) : f[o];
      return {
        x: s > 0 ? x - wide * Math.round(x / wide) : x,
        y: mix(f[o + Y], f[p + Y], s),
        yaw: s > 0 ? turned(mix(this.uyaw[seat][k], this.uyaw[seat][k + 1], s)) : f[o + YAW],
        v: mix(f[o + V], f[p + V], s),
        hp: f[o + HP],
        gun: f[o + GUN],
        alive: f[o + ALIVE] > 0,
        stall: f[o + STALL],
        ux: s > 0 ? x : this.ux[seat][k],
      };
    });
    const bullets = [],
      ahead = (tick - this.ticks[k]) / this.rate;
    for (let i = 6 * this.bullet_rows[k]; i < 6 * this.bullet_rows[k + 1]; i += 6) {
      const [, x, y, vx, vy, owner] = this.bullets.subarray(i, i + 6),
        at = x + vx * ahead;
      bullets.push({ x: at - wide * Math.round(at / wide), y: y + vy * ahead, vx, vy, owner });
    }
    return { tick, frame: k, fighters, bullets, command: this.command(tick) };
  }

  command(tick) {
    // what the sticks say at `tick`, or null
    const d = Math.floor((tick - this.first) / this.rules.decision_ticks);
    if (!this.actions.length) return null;
    const o = 6 * clamp(d, 0, this.actions.length / 6 - 1);
    return [0, 1].map(s => ({
      turn: clamp(this.actions[o + 3 * s], -1, 1),
      throttle: clamp(this.actions[o + 3 * s + 1], 0, 1),
      fire: this.actions[o + 3 * s + 2] > 0,
    }));
  }

  geometry(fighters) {
    // range (m), closure (m/s), and of each seat: energy height (m), angle off and aspect (rad)
    const wide = 2 * this.rules.half_width,
      [a, b] = fighters;
    let dx = b.x - a.x;
    dx -= wide * Math.round(dx / wide);
    const dy = b.y - a.y,
      range = Math.hypot(dx, dy),
      los = Math.atan2(dy, dx);
    const vx = b.v * Math.cos(b.yaw) - a.v * Math.cos(a.yaw),
      vy = b.v * Math.sin(b.yaw) - a.v * Math.sin(a.yaw);
    const off = [turned(los - a.yaw), turned(los + Math.PI - b.yaw)];
    return {
      range,
      closure: range > 0 ? -(dx * vx + dy * vy) / range : 0,
      off,
      aspect: [Math.PI - Math.abs(off[1]), Math.PI - Math.abs(off[0])],
      energy: fighters.map(p => p.y + (p.v * p.v) / (2 * this.rules.gravity)),
    };
  }

  series() {
    // what the plots show, worked out once
    if (this.plotted) return this.plotted;
    const rows = { hp: [[], []], energy: [[], []], off: [[], []], range: [[]] };
    for (let k = 0; k < this.n; k++) {
      const now = this.at(this.ticks[k]).fighters,
        g = this.geometry(now);
      for (const s of [0, 1]) {
        rows.hp[s].push(now[s].hp);
        rows.energy[s].push(g.energy[s]);
        rows.off[s].push((Math.abs(g.off[s]) * 180) / Math.PI);
      }
      rows.range[0].push(g.range);
    }
    return (this.plotted = rows);
  }
}
