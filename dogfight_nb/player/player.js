/* The replay player. It needs nothing but a document with `<main class="player">` and `<script type="application/json" id="dogfight">`;
   Game, Flight and Graph (the game in JavaScript) are only touched when somebody flies. Times are in ticks, places in metres, angles in rad. */
"use strict";
const Player = (() => {

// ---- small tools ----------------------------------------------------------------------------------------------------------

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
  e.append(...children.filter(c => c != null));                  // strings become text, never markup
  return e;
}

function icon(path) {
  const s = document.createElementNS("http://www.w3.org/2000/svg", "svg"), p = document.createElementNS("http://www.w3.org/2000/svg", "path");
  s.setAttribute("viewBox", "0 0 14 14"); s.setAttribute("aria-hidden", "true"); p.setAttribute("d", path); s.append(p);
  return s;
}
const ICONS = { play: "M3 1.5v11l9-5.5z", pause: "M3 1.5h3v11H3zM8 1.5h3v11H8z", back: "M2 2h2v10H2zM12 2v10L5 7z", prev: "M10 2v10L3 7z", next: "M4 2v10l7-5z",
  mark: "M2 2v10l6-5zM9 2h2.5v10H9z", unmark: "M12 2v10L6 7zM2.5 2H5v10H2.5z" };

// ---- data: one JSON text and one compressed block of arrays -----------------------------------------------------------------

async function inflate(base64) {
  if (typeof DecompressionStream === "undefined") throw new Error("this browser cannot unpack the replay (no DecompressionStream): use Chrome 80, Firefox 113, Safari 16.4 or newer");
  const packed = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
  return new Uint8Array(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
}

const TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

function unshuffle(bytes, { offset, count, dtype }) {          // the first bytes of all numbers, then all second bytes, …
  const size = TYPES[dtype].BYTES_PER_ELEMENT, out = new Uint8Array(size * count);
  for (let b = 0; b < size; b++) for (let k = 0, from = offset + b * count; k < count; k++) out[size * k + b] = bytes[from + k];
  return new TYPES[dtype](out.buffer);
}

async function unpack(data) {
  if (data.format !== 1) throw new Error(`this page holds data of format ${data.format}, its player reads format 1: make the page again with one version of dogfight_nb`);
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

// ---- a replay, ready to be asked for any moment -----------------------------------------------------------------------------

const Y = 1, YAW = 2, V = 3, HP = 4, GUN = 5, ALIVE = 6, STALL = 7;

// Who lost, and whether nobody made it: on the ground with hit points left, or out of time while behind.
function loss(names, end) {
  const lost = end?.outcome ? (end.outcome > 0 ? 1 : 0) : null;
  if (lost == null) return { lost, winner: null, loser: null, ground: false };
  const who = names[0] === names[1] ? ["blue", "orange"] : names;
  return { lost, winner: who[1 - lost], loser: who[lost], ground: end.reason === "elimination" && end.hp[lost] > 0 };
}
const points = n => `${n} hit point${n === 1 ? "" : "s"}`;

class Track {
  constructor(r) {
    Object.assign(this, r);
    this.n = this.ticks.length;
    this.rate = this.rules.tick_rate;
    this.first = this.ticks[0]; this.last = this.ticks[this.n - 1];
    this.loss = loss(this.names, this.end);
    this.unwrap();
    this.bullet_rows = new Int32Array(this.n + 1);               // rows of frame k: bullet_rows[k] … bullet_rows[k + 1]
    for (let i = 0; i < this.bullets.length; i += 6) this.bullet_rows[this.bullets[i] + 1]++;
    for (let k = 0; k < this.n; k++) this.bullet_rows[k + 1] += this.bullet_rows[k];
  }

  unwrap() {                                                     // x as if the arena did not end, yaw as if angles did not
    const wide = 2 * this.rules.half_width;
    this.ux = [0, 1].map(s => new Float64Array(this.n)); this.uyaw = [0, 1].map(s => new Float64Array(this.n));
    for (const s of [0, 1]) for (let k = 0; k < this.n; k++) {
      const x = this.frames[16 * k + 8 * s], yaw = this.frames[16 * k + 8 * s + YAW];
      if (!k) { this.ux[s][0] = x; this.uyaw[s][0] = yaw; continue; }
      const dx = x - this.frames[16 * k - 16 + 8 * s];
      this.ux[s][k] = this.ux[s][k - 1] + dx - wide * Math.round(dx / wide);
      this.uyaw[s][k] = this.uyaw[s][k - 1] + turned(yaw - this.frames[16 * k - 16 + 8 * s + YAW]);
    }
  }

  frame_at(tick) {                                               // the last frame that is not later than `tick`
    let a = 0, b = this.n - 1;
    while (a < b) { const m = (a + b + 1) >> 1; if (this.ticks[m] <= tick) a = m; else b = m - 1; }
    return a;
  }

  at(tick) {                                                     // both fighters and the bullets at `tick`, between frames on a straight line
    tick = clamp(tick, this.first, this.last);
    const k = this.frame_at(tick), f = this.frames, wide = 2 * this.rules.half_width;
    const s = k + 1 < this.n ? (tick - this.ticks[k]) / (this.ticks[k + 1] - this.ticks[k]) : 0;
    const fighters = [0, 1].map(seat => {
      const o = 16 * k + 8 * seat, p = s > 0 ? o + 16 : o;
      const x = s > 0 ? mix(this.ux[seat][k], this.ux[seat][k + 1], s) : f[o];
      return { x: s > 0 ? x - wide * Math.round(x / wide) : x, y: mix(f[o + Y], f[p + Y], s), yaw: s > 0 ? turned(mix(this.uyaw[seat][k], this.uyaw[seat][k + 1], s)) : f[o + YAW],
        v: mix(f[o + V], f[p + V], s), hp: f[o + HP], gun: f[o + GUN], alive: f[o + ALIVE] > 0, stall: f[o + STALL], ux: s > 0 ? x : this.ux[seat][k] };
    });
    const bullets = [], ahead = (tick - this.ticks[k]) / this.rate;
    for (let i = 6 * this.bullet_rows[k]; i < 6 * this.bullet_rows[k + 1]; i += 6) {
      const [, x, y, vx, vy, owner] = this.bullets.subarray(i, i + 6), at = x + vx * ahead;
      bullets.push({ x: at - wide * Math.round(at / wide), y: y + vy * ahead, vx, vy, owner });
    }
    return { tick, frame: k, fighters, bullets, command: this.command(tick) };
  }

  command(tick) {                                                // what the sticks say at `tick`, or null
    const d = Math.floor((tick - this.first) / this.rules.decision_ticks);
    if (!this.actions.length) return null;
    const o = 6 * clamp(d, 0, this.actions.length / 6 - 1);
    return [0, 1].map(s => ({ turn: clamp(this.actions[o + 3 * s], -1, 1), throttle: clamp(this.actions[o + 3 * s + 1], 0, 1), fire: this.actions[o + 3 * s + 2] > 0 }));
  }

  geometry(fighters) {                                           // range (m), closure (m/s), and of each seat: energy height (m), angle off and aspect (rad)
    const wide = 2 * this.rules.half_width, [a, b] = fighters;
    let dx = b.x - a.x; dx -= wide * Math.round(dx / wide);
    const dy = b.y - a.y, range = Math.hypot(dx, dy), los = Math.atan2(dy, dx);
    const vx = b.v * Math.cos(b.yaw) - a.v * Math.cos(a.yaw), vy = b.v * Math.sin(b.yaw) - a.v * Math.sin(a.yaw);
    const off = [turned(los - a.yaw), turned(los + Math.PI - b.yaw)];
    return { range, closure: range > 0 ? -(dx * vx + dy * vy) / range : 0, off, aspect: [Math.PI - Math.abs(off[1]), Math.PI - Math.abs(off[0])],
      energy: fighters.map(p => p.y + p.v * p.v / (2 * this.rules.gravity)) };
  }

  series() {                                                     // what the plots show, worked out once
    if (this.plotted) return this.plotted;
    const rows = { hp: [[], []], energy: [[], []], off: [[], []], range: [[]] };
    for (let k = 0; k < this.n; k++) {
      const now = this.at(this.ticks[k]).fighters, g = this.geometry(now);
      for (const s of [0, 1]) { rows.hp[s].push(now[s].hp); rows.energy[s].push(g.energy[s]); rows.off[s].push(Math.abs(g.off[s]) * 180 / Math.PI); }
      rows.range[0].push(g.range);
    }
    return this.plotted = rows;
  }
}

// ---- the sky ----------------------------------------------------------------------------------------------------------------

const MARGIN = 64, BELOW = 16, ABOVE = 12, TRAIL_S = 5;
const SHAPE = [[1.4, 0], [.1, .2], [-.95, .86], [-.58, 0], [-.95, -.86], [.1, -.2]];

class Stage {
  constructor(track, player) {
    this.track = track; this.player = player;
    this.canvas = make("canvas", { role: "img" });
    this.pips = [0, 1].map(() => make("span", { class: "pips", role: "img" }));
    this.names = [0, 1].map(() => make("b"));
    this.how = make("span", { class: "how" });
    this.caption = make("div", { class: "label", hidden: true });
    const who = s => make("span", { class: "who " + ["zero", "one"][s] }, this.names[s], this.pips[s]);
    this.element = make("section", { class: "stage" }, this.caption, make("div", { class: "head" }, who(0), this.how, who(1)), this.canvas);
    this.set(track);
  }

  set(track) {
    this.track = track; this.background = null; this.shown_hp = [null, null];
    this.wide = 2 * (track.rules.half_width + MARGIN); this.high = track.rules.max_altitude + BELOW + ABOVE;
    for (const s of [0, 1]) { this.names[s].textContent = track.names[s]; this.names[s].title = `seat ${s}: ${track.names[s]}${track.versions?.[s] ? ", version " + track.versions[s] : ""}`; }
    this.caption.textContent = this.player.name_of(track); this.caption.hidden = !this.caption.textContent;
    this.canvas.setAttribute("aria-label", track.caption);
    this.how.textContent = track.result || ""; this.how.title = track.caption;
  }

  size() {
    const width = this.element.clientWidth, ratio = window.devicePixelRatio || 1;
    if (!width) return false;
    this.k = Math.min(width / this.wide, 1600 / this.high);      // an arena of strange proportions is not as tall as it is wide
    this.left = (width - this.wide * this.k) / 2;
    const w = Math.round(width * ratio), h = Math.round(this.high * this.k * ratio);
    if (this.canvas.width !== w || this.canvas.height !== h || this.ratio !== ratio || !this.background) {
      this.canvas.width = w; this.canvas.height = h; this.canvas.style.height = h / ratio + "px"; this.ratio = ratio;
      this.background = null;
    }
    return true;
  }

  project(x, y) {                                                // metres → CSS pixels of the canvas
    return [this.left + (x + this.track.rules.half_width + MARGIN) * this.k, (this.track.rules.max_altitude + ABOVE - y) * this.k];
  }

  paper() {                                                      // all that does not move, drawn once
    const c = document.createElement("canvas"), ink = this.player.ink, r = this.track.rules;
    c.width = this.canvas.width; c.height = this.canvas.height;
    const g = c.getContext("2d"); g.scale(this.ratio, this.ratio);
    const W = c.width / this.ratio, H = c.height / this.ratio, half = r.half_width;
    g.fillStyle = ink.paper; g.fillRect(0, 0, W, H);
    const box = (x0, y0, x1, y1) => { const [a, b] = this.project(x0, y1), [d, e] = this.project(x1, y0); return [a, b, d - a, e - b]; };
    g.lineWidth = 1; g.strokeStyle = ink.faint;
    const step = half > 2000 ? 1000 : W < 560 ? 200 : 100;
    g.beginPath();
    for (let x = -Math.floor(half / step) * step; x <= half; x += step) { const [px, top] = this.project(x, r.max_altitude), [, low] = this.project(x, r.ground); g.moveTo(Math.round(px) + .5, top); g.lineTo(Math.round(px) + .5, low); }
    for (let y = 0; y <= r.max_altitude; y += step) { const [a, py] = this.project(-half, y), [b] = this.project(half, y); g.moveTo(a, Math.round(py) + .5); g.lineTo(b, Math.round(py) + .5); }
    g.stroke();
    // thin air: hatching that closes up with the drain; the ground: the drawing's hatch for solid matter
    g.save(); g.beginPath(); g.rect(...box(-half - MARGIN, r.ceiling_start, half + MARGIN, r.max_altitude)); g.clip();
    g.strokeStyle = ink.line; g.globalAlpha = .55; g.beginPath();
    for (let i = 1; i <= 14; i++) { const y = r.max_altitude - (r.max_altitude - r.ceiling_start) * Math.pow(1 - i / 15, .6) * 1; const [, py] = this.project(0, y); g.moveTo(0, py); g.lineTo(W, py); }
    g.stroke(); g.restore();
    const [gx, gy, gw, gh] = box(-half - MARGIN, -BELOW, half + MARGIN, r.ground);
    g.fillStyle = ink.band; g.fillRect(gx, gy, gw, gh);
    g.save(); g.beginPath(); g.rect(gx, gy, gw, gh); g.clip(); g.strokeStyle = ink.line; g.beginPath();
    for (let x = -gh; x < gw; x += 7) { g.moveTo(x, gy + gh); g.lineTo(x + gh, gy); }
    g.stroke(); g.restore();
    g.strokeStyle = ink.soft; g.beginPath(); g.moveTo(0, Math.round(gy) + .5); g.lineTo(W, Math.round(gy) + .5);
    const [, roof] = this.project(0, r.max_altitude); g.moveTo(0, Math.round(roof) + .5); g.lineTo(W, Math.round(roof) + .5); g.stroke();
    this.step = step;
    // the edges, where the arena goes on at the other side
    g.setLineDash([7, 3, 1.5, 3]); g.strokeStyle = ink.soft; g.beginPath();
    for (const x of [-half, half]) { const [px] = this.project(x, 0); g.moveTo(Math.round(px) + .5, roof); g.lineTo(Math.round(px) + .5, gy); }
    g.stroke();
    return this.background = c;
  }

  draw(now) {
    if (!this.size()) return;
    const g = this.canvas.getContext("2d"), ink = this.player.ink, r = this.track.rules;
    this.g = g; this.now = now;
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.drawImage(this.background || this.paper(), 0, 0);
    g.scale(this.ratio, this.ratio);
    const W = this.canvas.width / this.ratio, H = this.canvas.height / this.ratio, half = r.half_width;
    this.labels = [];
    for (const s of [1, 0]) this.trail(s);
    this.effects();
    for (const b of now.bullets) this.twice(b.x, 20, x => this.bullet(x, b));
    for (const s of [1, 0]) this.twice(now.fighters[s].x, 30, x => this.plane(x, s));
    // beyond the edges: the same things once more, paler
    const [left] = this.project(-half, 0), [right] = this.project(half, 0), [, roof] = this.project(0, r.max_altitude), [, floor] = this.project(0, r.ground);
    g.fillStyle = ink.paper; g.globalAlpha = .58;
    g.fillRect(0, roof + 1, left, floor - roof - 1); g.fillRect(right + 1, roof + 1, W - right, floor - roof - 1);
    g.globalAlpha = 1;
    g.fillStyle = ink.soft; g.font = `${W < 560 ? 9 : 10}px system-ui, sans-serif`; g.textBaseline = "middle"; g.textAlign = "right";
    for (let y = this.step; y <= r.max_altitude; y += this.step) if (W > 240) g.fillText(y === this.step && left > 36 ? `${y} m` : String(y), left - 5, this.project(0, y)[1] + (y + this.step > r.max_altitude ? 7 : 0));
    for (const label of this.labels) this.text(...label);
    for (const s of [0, 1]) {
      const hp = now.fighters[s].hp;
      if (hp !== this.shown_hp[s]) {
        this.shown_hp[s] = hp;
        const all = r.hit_points;
        this.pips[s].textContent = all <= 12 ? "\u25cf".repeat(hp) + "\u25cb".repeat(Math.max(0, all - hp)) : `${hp} / ${all}`;
        this.pips[s].setAttribute("aria-label", `${hp} of ${all} hit points`);
      }
    }
  }

  twice(x, reach, draw) {                                        // near an edge, also where the other side's neighbour would see it
    const half = this.track.rules.half_width;
    draw(x);
    if (x > half - MARGIN - reach) draw(x - 2 * half);
    if (x < -half + MARGIN + reach) draw(x + 2 * half);
  }

  trail(seat) {
    const { track, now, g } = this, f = track.frames, wide = 2 * track.rules.half_width, whole = this.player.whole_path;
    const begin = whole ? 0 : track.frame_at(now.tick - TRAIL_S * track.rate), p = now.fighters[seat];
    const points = [];
    for (let k = begin; k <= now.frame; k += whole && track.n > 900 ? 2 : 1) points.push(track.ux[seat][k], f[16 * k + 8 * seat + Y]);
    points.push(p.ux, p.y);
    const n = points.length / 2, bands = whole ? 8 : 14;
    g.strokeStyle = this.player.seat[seat]; g.lineCap = "butt"; g.lineJoin = "round";
    const lap = Math.round(p.ux / wide);
    let low = Infinity, high = -Infinity;
    for (let k = 0; k < n; k++) { low = Math.min(low, points[2 * k]); high = Math.max(high, points[2 * k]); }
    for (let copy = Math.floor((low + wide / 2 - MARGIN) / wide); copy <= Math.ceil((high - wide / 2 + MARGIN) / wide); copy++)
      for (let b = 0; b < bands; b++) {
        const from = Math.floor(n * b / bands), to = Math.min(n - 1, Math.floor(n * (b + 1) / bands));
        if (to <= from) continue;
        const age = (b + 1) / bands;
        g.globalAlpha = whole ? .12 + .5 * age : .04 + .8 * age * age; g.lineWidth = whole ? 1.1 : .8 + 1.3 * age;
        g.beginPath();
        for (let k = from; k <= to; k++) { const [x, y] = this.project(points[2 * k] - copy * wide, points[2 * k + 1]); k === from ? g.moveTo(x, y) : g.lineTo(x, y); }
        g.stroke();
      }
    g.globalAlpha = 1;
  }

  plane(at, seat) {
    const { g, now, player } = this, r = this.track.rules, p = now.fighters[seat], colour = player.seat[seat];
    const [x, y] = this.project(at, p.y), L = Math.max(17 * this.k, 11), cos = Math.cos(p.yaw), sin = -Math.sin(p.yaw);
    g.lineWidth = 1;
    if (p.alive) {
      const thrust = now.command && p.stall <= 0 ? now.command[seat].throttle : 0;
      if (thrust > 0) { g.strokeStyle = colour; g.globalAlpha = .45; g.lineWidth = Math.max(2, L * .22); g.beginPath(); g.moveTo(x - cos * L * .62, y - sin * L * .62); g.lineTo(x - cos * L * (.62 + .75 * thrust), y - sin * L * (.62 + .75 * thrust)); g.stroke(); g.lineWidth = 1; }
      g.strokeStyle = colour; g.globalAlpha = .4; g.beginPath(); g.arc(x, y, (r.fighter_radius + r.bullet_radius) * this.k, 0, TAU); g.stroke(); g.globalAlpha = 1;
      if (p.gun <= 0) { g.lineWidth = 1.6; g.beginPath(); g.moveTo(x + cos * L * 1.6, y + sin * L * 1.6); g.lineTo(x + cos * L * 2.15, y + sin * L * 2.15); g.stroke(); }
    }
    g.save(); g.translate(x, y); g.transform(cos, sin, -sin, cos, 0, 0); g.scale(L, L);
    g.beginPath(); for (const [a, b] of SHAPE) g.lineTo(a, b); g.closePath(); g.restore();
    g.fillStyle = player.ink.paper; g.fill();
    if (p.alive && p.hp > 0) {                                   // as full of colour as it has hit points, from the tail on
      g.save(); g.clip(); g.translate(x, y); g.transform(cos, sin, -sin, cos, 0, 0);
      g.fillStyle = colour; g.fillRect(-1.05 * L, -L, 2.4 * L * clamp(p.hp / r.hit_points, 0, 1), 2 * L); g.restore();
      g.save(); g.translate(x, y); g.transform(cos, sin, -sin, cos, 0, 0); g.scale(L, L); g.beginPath(); for (const [a, b] of SHAPE) g.lineTo(a, b); g.closePath(); g.restore();
    }
    g.strokeStyle = colour; g.lineWidth = 1.4; g.lineJoin = "round";
    if (!p.alive) g.setLineDash([3, 2]);
    g.stroke(); g.setLineDash([]);
    if (p.alive && p.stall > 0) {
      g.lineWidth = 2; g.beginPath(); g.arc(x, y, L * 1.75, -Math.PI / 2, -Math.PI / 2 + TAU * p.stall / Math.max(1, r.stall_ticks)); g.stroke();
      this.label("stall", at, p.y, L * 1.75 + 7, colour);
    }
    if (!p.alive) { g.lineWidth = 1.8; g.beginPath(); for (const d of [-1, 1]) { g.moveTo(x - 8, y - 8 * d); g.lineTo(x + 8, y + 8 * d); } g.stroke(); }
  }

  bullet(at, b) {
    const { g } = this, v = Math.hypot(b.vx, b.vy) || 1, [x, y] = this.project(at, b.y), tail = Math.max(14 * this.k, 8);
    g.strokeStyle = g.fillStyle = this.player.seat[b.owner]; g.lineWidth = 1.6;
    g.beginPath(); g.moveTo(x, y); g.lineTo(x - b.vx / v * tail, y + b.vy / v * tail); g.stroke();
    g.beginPath(); g.arc(x, y, Math.max(this.track.rules.bullet_radius * this.k, 2.3), 0, TAU); g.fill();
  }

  effects() {                                                    // what happened within the last second, at its place
    const { g, now, track, player } = this;
    for (let i = track.events.length - 1; i >= 0; i--) {
      const e = track.events[i], age = (now.tick - e.tick) / track.rate;
      if (age < 0 || e.kind === "shot" || e.kind === "stall") continue;
      if (age > .9) { if (age > 3) break; continue; }
      this.twice(e.x, 30, at => {
        const [x, y] = this.project(at, e.y), fade = 1 - age / .9;
        g.strokeStyle = player.seat[e.seat]; g.globalAlpha = fade; g.lineWidth = 2;
        if (e.kind === "glance") {
          g.setLineDash([4, 3]); g.beginPath(); g.arc(x, y, 9 + 10 * age, 0, TAU); g.stroke(); g.setLineDash([]);
          this.label("glance", at, e.y, 22 + 8 * age, player.ink.soft, fade);
        } else {
          g.beginPath(); g.arc(x, y, 6 + 20 * age, 0, TAU); g.stroke();
          g.beginPath(); for (let k = 0; k < 8; k++) { const a = k * TAU / 8, r0 = 8 + 16 * age; g.moveTo(x + r0 * Math.cos(a), y + r0 * Math.sin(a)); g.lineTo(x + (r0 + 6) * Math.cos(a), y + (r0 + 6) * Math.sin(a)); } g.stroke();
          this.label(e.kind === "hit" ? "hit" : e.kind === "crash" ? "into the ground" : "shot down", at, e.y, 26 + 10 * age, player.seat[e.seat], fade);
        }
        g.globalAlpha = 1;
      });
    }
  }

  label(what, x, y, above, colour, alpha = 1) {                  // of a thing drawn on both sides of the edge, the one inside is labelled
    const half = this.track.rules.half_width;
    if (x < -half || x >= half) return;
    const [px, py] = this.project(x, y);
    if (this.labels.some(([, x, y]) => Math.abs(px - x) < 60 && Math.abs(py - above - y) < 13)) return;   // the later word counts
    this.labels.push([what, px, py - above, colour, alpha]);
  }

  text(what, x, y, colour, alpha) {
    const { g, player } = this, W = this.canvas.width / this.ratio;
    if (W < 240) return;                                         // a thumbnail
    g.font = "600 11px system-ui, sans-serif"; g.textAlign = "center"; g.textBaseline = "middle";
    const half = g.measureText(what).width / 2 + 4;
    x = clamp(x, half, W - half); y = Math.max(y, 9);
    g.globalAlpha = alpha; g.lineWidth = 3; g.strokeStyle = player.ink.paper; g.strokeText(what, x, y); g.fillStyle = colour; g.fillText(what, x, y); g.globalAlpha = 1;
  }
}

// ---- the numbers ------------------------------------------------------------------------------------------------------------

const deg = a => minus(Math.round(a * 180 / Math.PI) + "") + "\u00b0";
const ROWS = [
  ["speed", "m/s", (p) => fixed(p.v, 0), "along the nose"],
  ["altitude", "m", (p) => fixed(p.y, 0), "above the zero line; the ground kills at 5 m"],
  ["energy", "m", (p, i) => fixed(i.g.energy[i.s], 0), "energy height: altitude + speed\u00b2 / 2g"],
  ["hit points", "", (p) => String(p.hp), "hits it can still take"],
  ["gun", "", (p, i) => i.t.no_guns ? "\u2013" : p.gun > 0 ? (p.gun / i.t.rate).toFixed(2) + " s" : "ready", "time until the next shot"],
  ["stall", "", (p, i) => p.stall > 0 ? (p.stall / i.t.rate).toFixed(2) + " s" : "\u2013", "time until the controls answer again, at most"],
  ["angle off", "", (p, i) => deg(i.g.off[i.s]), "from the nose to the other; + is to the left of the nose"],
  ["aspect", "", (p, i) => deg(i.g.aspect[i.s]), "where I stand as the other sees it: 0\u00b0 straight behind it, 180\u00b0 ahead of it"],
  ["stick", "", (p, i) => i.c ? (i.c[i.s].turn > .005 ? "\u21ba " : i.c[i.s].turn < -.005 ? "\u21bb " : "") + Math.abs(i.c[i.s].turn).toFixed(2) + (i.c[i.s].fire ? " \u25cf" : "") : "\u2013", "yaw input, \u21ba counter-clockwise; \u25cf trigger"],
  ["throttle", "", (p, i) => i.c ? Math.round(100 * i.c[i.s].throttle) + " %" : "\u2013", ""],
];

class Readout {
  constructor() {
    this.cells = ROWS.map(() => [make("td"), make("td")]);
    this.names = [make("th", { class: "who zero", scope: "col" }), make("th", { class: "who one", scope: "col" })];
    this.moment = make("th", { class: "moment" });
    const both = () => make("td", { colspan: 2, class: "both" });
    this.range = both(); this.closure = both();
    const unit = u => u ? make("span", { class: "unit" }, " " + u) : null;
    const body = ROWS.map(([name, u, , title], k) => make("tr", { title: title || false }, make("th", { scope: "row" }, name, unit(u)), ...this.cells[k]));
    body.push(make("tr", { title: "distance of the two" }, make("th", { scope: "row" }, "range", unit("m")), this.range));
    body.push(make("tr", { title: "how fast that distance shrinks; negative where it grows" }, make("th", { scope: "row" }, "closing", unit("m/s")), this.closure));
    this.element = make("table", { class: "read" }, make("thead", {}, make("tr", {}, this.moment, ...this.names)), make("tbody", {}, ...body));
  }
  show(track, now, name = "") {
    const g = track.geometry(now.fighters), put = (e, text) => { if (e.firstChild?.data !== text) e.textContent = text; };
    for (const s of [0, 1]) {
      put(this.names[s], track.names[s]);
      ROWS.forEach(([, , value], k) => put(this.cells[k][s], value(now.fighters[s], { s, g, t: track, c: now.command })));
    }
    put(this.moment, `${name}tick ${Math.round(now.tick)} \u00b7 frame ${now.frame}`);
    put(this.range, fixed(g.range, 0)); put(this.closure, fixed(g.closure, 0));
  }
}

// ---- the time line and the plots under it -----------------------------------------------------------------------------------

const GUTTER = 92, RIGHT = 8, LANES_H = 46, STRIP = 44, HEAT = 9;

class Clockwork {
  constructor(player) {
    this.player = player;
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.cursor = make("div", { class: "cursor" });
    this.element = make("div", { class: "clockwork", role: "slider", tabindex: 0, "aria-label": "time line" }, this.canvas, this.cursor);
    const seek = e => { const box = this.element.getBoundingClientRect(); player.go(this.tick(e.clientX - box.left)); };
    this.element.addEventListener("pointerdown", e => { if (e.button) return; this.element.setPointerCapture(e.pointerId); this.held = true; player.hold(true); seek(e); });
    this.element.addEventListener("pointermove", e => { if (this.held) seek(e); });
    for (const end of ["pointerup", "pointercancel"]) this.element.addEventListener(end, () => { if (this.held) { this.held = false; player.hold(false); } });
  }
  x(tick) { const { first, last } = this.player; return GUTTER + (this.width - GUTTER - RIGHT) * (last > first ? (tick - first) / (last - first) : 0); }
  tick(x) { const { first, last } = this.player; return first + (last - first) * clamp((x - GUTTER) / (this.width - GUTTER - RIGHT), 0, 1); }

  strips() {
    const { track, plots, seat } = this.player, list = [];
    if (!plots) return list;
    const s = track.series(), t = Array.from(track.ticks), max = rows => Math.max(...rows.map(r => r.reduce((a, b) => Math.max(a, b), 0)));
    list.push({ name: "hit points", rows: s.hp, t, low: 0, high: track.rules.hit_points, step: true, colours: seat });
    list.push({ name: "energy, m", rows: s.energy, t, low: 0, high: max(s.energy), colours: seat });
    list.push({ name: "range, m", rows: s.range, t, low: 0, high: max(s.range), colours: [this.player.ink.ink] });
    list.push({ name: "angle off", unit: "\u00b0", rows: s.off, t, low: 0, high: 180, colours: seat });
    const d = n => Array.from({ length: n }, (_, k) => track.first + k * track.rules.decision_ticks);
    const minds = Object.entries(track.minds || {}), valued = minds.filter(([, m]) => m.value);
    if (valued.length) {
      const rows = valued.map(([, m]) => Array.from(m.value)), all = rows.flat();
      list.push({ name: "value", rows, t: d(rows[0].length), low: all.reduce((a, b) => Math.min(a, b), 0), high: all.reduce((a, b) => Math.max(a, b), 0), zero: true, colours: valued.map(([s]) => seat[s]) });
    }
    for (const [s, m] of minds) for (const head of m.heads) list.push({ name: head.name, heat: head, colour: seat[s], n: head.p.length / head.options, t: d(head.p.length / head.options) });
    return list;
  }

  draw() {
    const width = this.element.clientWidth, ratio = window.devicePixelRatio || 1;
    if (!width) return;
    this.width = width;
    const strips = this.strips(), high = s => s.heat ? HEAT * Math.max(2, s.heat.options) + 6 : STRIP;
    const { tracks } = this.player, height = LANES_H * tracks.length + strips.reduce((a, s) => a + high(s), 0) + 16;
    this.canvas.width = Math.round(width * ratio); this.canvas.height = Math.round(height * ratio); this.canvas.style.height = height + "px";
    const g = this.canvas.getContext("2d");
    g.scale(ratio, ratio); g.font = "11px system-ui, sans-serif"; g.textBaseline = "middle";
    tracks.forEach((t, k) => this.lanes(g, t, k * LANES_H, tracks.length > 1 ? this.player.name_of(t) : "events"));
    let y = LANES_H * tracks.length;
    for (const s of strips) { s.heat ? this.heat(g, s, y + 3) : this.strip(g, s, y); y += high(s); }
    this.seconds(g, y);
  }

  seconds(g, y) {
    const { ink, first, last, rate } = this.player, span = (last - first) / rate;
    const step = [.5, 1, 2, 5, 10, 15, 30, 60, 120, 300].find(s => span / s <= (this.width - GUTTER) / 55) || 600;
    g.fillStyle = ink.soft; g.strokeStyle = ink.line; g.textAlign = "center"; g.beginPath();
    for (let s = Math.ceil(first / rate / step) * step; s <= last / rate + 1e-9; s += step) { const x = Math.round(this.x(s * rate)) + .5; g.moveTo(x, y - 3); g.lineTo(x, y + 2); if (x < this.width - 14) g.fillText(String(s), x, y + 9); }
    g.stroke(); g.textAlign = "right"; g.fillText("s", GUTTER - 8, y + 9);
  }

  lanes(g, track, top, name) {                                   // what happened when: seat 0 above the line, seat 1 below
    const { ink, seat } = this.player, middle = top + 25, gap = 10;
    g.strokeStyle = ink.line; g.lineWidth = 1; g.beginPath(); g.moveTo(GUTTER, middle + .5); g.lineTo(this.width - RIGHT, middle + .5); g.stroke();
    g.fillStyle = ink.soft; g.textAlign = "left"; g.fillText(name.length > 15 ? name.slice(0, 14) + "\u2026" : name, 0, middle);
    for (const e of track.events) {
      const x = this.x(e.tick), up = e.seat === 0 ? -1 : 1, y = middle + up * gap;
      g.strokeStyle = g.fillStyle = seat[e.seat];
      if (e.kind === "shot") { g.lineWidth = 1.1; g.beginPath(); g.moveTo(x, middle + up * 2); g.lineTo(x, middle + up * 7); g.stroke(); }
      if (e.kind === "stall") { g.globalAlpha = .45; g.fillRect(x, middle + up * 15 - 1, Math.max(3, this.x(e.tick + (e.length || track.rules.stall_ticks)) - x), 2.5); g.globalAlpha = 1; }
      if (e.kind === "hit") { g.beginPath(); g.arc(x, y, 4, 0, TAU); g.fill(); }
      if (e.kind === "glance") { g.lineWidth = 1.3; g.beginPath(); g.arc(x, y, 3.4, 0, TAU); g.fillStyle = ink.paper; g.fill(); g.stroke(); }
      if (e.kind === "kill" || e.kind === "crash") { g.lineWidth = 2.2; g.beginPath(); for (const d of [-1, 1]) { g.moveTo(x - 4.5, y - 4.5 * d); g.lineTo(x + 4.5, y + 4.5 * d); } g.stroke(); }
    }
    (track.turns || []).forEach((t, k) => {
      const x = this.x(t.tick); g.fillStyle = ink.paper; g.strokeStyle = seat[t.seat]; g.lineWidth = 1.2;
      g.beginPath(); g.arc(x, top + 6.5, 6, 0, TAU); g.fill(); g.stroke(); g.fillStyle = seat[t.seat]; g.textAlign = "center"; g.font = "9px system-ui, sans-serif"; g.fillText(String(k + 1), x, top + 7); g.font = "11px system-ui, sans-serif";
    });
  }

  strip(g, s, top) {
    const { ink } = this.player, a = top + 5, b = top + STRIP - 5, y = v => b - (b - a) * (v - s.low) / (s.high - s.low || 1);
    g.fillStyle = ink.soft; g.textAlign = "left"; g.fillText(s.name, 0, (a + b) / 2); g.textAlign = "right";
    g.font = "9px system-ui, sans-serif"; const edge = v => fixed(v, Math.abs(s.high - s.low) < 10 && !s.step ? 1 : 0) + (s.unit || "");
    g.fillText(edge(s.high), GUTTER - 8, a + 1); g.fillText(edge(s.low), GUTTER - 8, b); g.font = "11px system-ui, sans-serif";
    g.strokeStyle = ink.faint; g.lineWidth = 1; g.beginPath(); for (const v of [s.low, s.high]) { g.moveTo(GUTTER, Math.round(y(v)) + .5); g.lineTo(this.width - RIGHT, Math.round(y(v)) + .5); } g.stroke();
    if (s.zero) { g.strokeStyle = ink.line; g.beginPath(); g.moveTo(GUTTER, Math.round(y(0)) + .5); g.lineTo(this.width - RIGHT, Math.round(y(0)) + .5); g.stroke(); }
    s.rows.forEach((row, i) => {
      g.strokeStyle = s.colours[i]; g.lineWidth = 1.4; g.lineJoin = "round"; g.beginPath();
      const nudge = s.step ? (i ? .8 : -.8) : 0;
      row.forEach((v, k) => { const x = this.x(s.t[k]), py = y(v) + nudge; if (!k) g.moveTo(x, py); else { if (s.step) g.lineTo(x, y(row[k - 1]) + nudge); g.lineTo(x, py); } });
      g.stroke();
    });
  }

  heat(g, s, top) {                                              // a row for each choice, the darker the likelier
    const { ink, track } = this.player, m = s.heat.options, h = Math.max(HEAT, 2 * HEAT / m);
    g.fillStyle = ink.soft; g.textAlign = "left"; g.fillText(s.name, 0, top + h * m / 2);
    g.fillStyle = ink.faint; g.fillRect(GUTTER, top, this.x(track.last) - GUTTER, h * m);
    g.fillStyle = s.colour;
    for (let d = 0; d < s.n; d++) for (let k = 0; k < m; k++) {
      const p = s.heat.p[d * m + k]; if (p < .02) continue;
      const x = this.x(s.t[d]), right = this.x(Math.min(track.last, s.t[d] + track.rules.decision_ticks));
      g.globalAlpha = p; g.fillRect(x, top + (m - 1 - k) * h, right - x + .3, h - .6);
    }
    g.globalAlpha = 1;
  }

  move(now_tick, text) {
    this.cursor.style.transform = `translateX(${this.x(now_tick) - .75}px)`;
    if (this.said !== text) { this.said = text; this.element.setAttribute("aria-valuetext", text); this.element.setAttribute("aria-valuenow", this.player.frame); }
  }
}

// ---- flying -----------------------------------------------------------------------------------------------------------------

const KEEP = 4;                                                  // ticks between recorded frames

class Flying {
  constructor(player, { seat, opponent, from, start }) {
    this.player = player; this.seat = seat;
    this.source = from == null ? null : player.track;
    const rules = player.flight_rules();
    this.rules = rules.rules; this.table = rules.table;
    this.start = this.source ? this.source.start : start;
    this.duel = new Flight.Duel(this.table, this.start);
    this.spec = player.spec(opponent); this.opponent = Flight.pilot(this.spec, this.table);
    this.opponent.reset();
    this.actions = []; this.frames = []; this.ticks = []; this.bullets = []; this.events = [];
    this.hold = [[0, 0, -1], [0, 0, -1]];
    this.throttle = 1; this.debt = 0; this.spawn = this.source ? this.source.spawn : player.spawn;
    this.record();
    if (this.source) this.catch_up(from);
    this.began = this.duel.tick;
  }

  // Fly the recorded match again up to the moment of taking over, so that guns, bullets, timers and memories are what they were.
  catch_up(tick) {
    const t = this.source, step = this.rules.decision_ticks;
    if (!t.actions.length) {
      const now = t.at(tick);
      this.duel.setFighters(t.frames.slice(16 * now.frame, 16 * now.frame + 16), now.bullets, t.ticks[now.frame]);
      this.start = Float32Array.from(this.duel.state()); this.rewound = true;
      this.actions = []; this.frames = []; this.ticks = []; this.bullets = []; this.record();
      return;
    }
    while (this.duel.tick < tick && !this.duel.done) {
      this.decide(d => { const o = 6 * d; return [0, 1].map(s => Array.from(t.actions.subarray(o + 3 * s, o + 3 * s + 3))); });
      for (let k = 0; k < step && !this.duel.done && this.duel.tick < tick; k++) this.one_tick();
    }
    const k = t.frame_at(tick), f = this.duel.fighters;
    if (t.ticks[k] === this.duel.tick) for (const i of [0, 1, 8, 9]) if (Math.abs(f[i] - t.frames[16 * k + i]) > 1e-2) { this.doubt = true; }
  }

  decide(command) {
    const seen = [0, 1].map(s => this.duel.observe(s)), other = this.opponent.act(seen[1 - this.seat]);
    this.hold = command(this.actions.length, other);
    this.actions.push(this.hold.map(a => Array.from(a, Math.fround)));
  }

  one_tick() {
    const d = this.duel, shots = [...d.shots], hits = [...d.hits], stall = [d.fighters[STALL], d.fighters[8 + STALL]], before = d.bullets;
    d.step(this.hold, 1);
    const f = d.fighters, place = s => ({ x: f[8 * s], y: f[8 * s + 1] }), note = (kind, seat, at) => this.events.push({ tick: d.tick, kind, seat, ...at });
    const now = d.bullets, bit = [0, 1].map(s => d.hits[s] - hits[s]);
    for (const s of [0, 1]) {
      if (d.shots[s] > shots[s]) note("shot", s, place(s));
      if (f[8 * s + STALL] > 0 && stall[s] <= 0) note("stall", s, place(s));
    }
    for (const b of before) {                                    // a bullet that is gone before its time has met somebody
      if (b.left <= 1 || now.some(c => c.owner === b.owner && c.vx === b.vx && c.vy === b.vy && c.left === b.left - 1)) continue;
      if (bit[b.owner] > 0) { bit[b.owner]--; note("hit", b.owner, b); } else note("glance", b.owner, b);
    }
    for (const s of [0, 1]) for (; bit[s] > 0; bit[s]--) note("hit", s, place(1 - s));
    if (d.done) for (const s of [0, 1]) if (!f[8 * s + ALIVE]) f[8 * s + HP] > 0 ? note("crash", s, place(s)) : note("kill", 1 - s, place(s));
    if (d.tick % KEEP === 0 || d.done) this.record();
  }

  record() {
    const d = this.duel, k = this.ticks.length;
    this.ticks.push(d.tick); this.frames.push(...d.fighters);
    for (const b of d.bullets) this.bullets.push(k, b.x, b.y, b.vx, b.vy, b.owner);
  }

  stick(dt) {                                                    // what the hands do: yaw input, throttle lever, trigger
    const { keys } = this.player;
    if (keys.has("up")) this.throttle = Math.min(1, this.throttle + 1.6 * dt);
    if (keys.has("down")) this.throttle = Math.max(0, this.throttle - 1.6 * dt);
    return [(keys.has("left") ? 1 : 0) - (keys.has("right") ? 1 : 0), this.throttle, keys.has("fire") || keys.has("fired") ? 1 : -1];
  }

  advance(seconds, speed) {                                      // true when the match is over
    this.debt += Math.min(seconds, .1) * speed * this.rules.tick_rate;
    const step = this.rules.decision_ticks;
    while (this.debt >= 1 && !this.duel.done) {
      this.debt--;
      if (this.duel.tick % step === (this.rewound ? this.began % step : 0) && this.duel.tick >= this.actions_until()) {
        const mine = this.stick(step / this.rules.tick_rate);
        this.player.keys.delete("fired");
        this.decide((d, other) => this.seat === 0 ? [mine, Array.from(other)] : [Array.from(other), mine]);
      }
      this.one_tick();
    }
    return this.duel.done;
  }
  actions_until() { return (this.rewound ? this.began : this.start[0]) + this.actions.length * this.rules.decision_ticks; }

  now() {
    const d = this.duel, f = d.fighters;
    const fighter = s => ({ x: f[8 * s], y: f[8 * s + Y], yaw: f[8 * s + YAW], v: f[8 * s + V], hp: f[8 * s + HP], gun: f[8 * s + GUN], alive: f[8 * s + ALIVE] > 0, stall: f[8 * s + STALL], ux: f[8 * s] });
    return { tick: d.tick, frame: this.ticks.length - 1, fighters: [fighter(0), fighter(1)], bullets: d.bullets, command: this.hold.map(a => ({ turn: clamp(a[0], -1, 1), throttle: clamp(a[1], 0, 1), fire: a[2] > 0 })) };
  }

  track() {                                                      // the flight so far as a replay like any other
    const d = this.duel, names = [0, 1].map(s => s === this.seat ? "you" : this.spec.name || this.spec), f = d.fighters;
    if (this.ticks.at(-1) !== d.tick) this.record();
    const outcome = d.done ? [0, 1, -1][d.outcome] : Math.sign(f[HP] - f[8 + HP]), reason = d.done ? ["elimination", "time-out"][d.reason] : "unfinished";
    const end = { outcome, reason, ticks: d.tick, hp: [f[HP], f[8 + HP]].map(Number), hits: Array.from(d.hits), shots: Array.from(d.shots) };
    const { winner, loser, ground } = loss(names, end), seconds = `${(d.tick / this.rules.tick_rate).toFixed(1)} s`;
    const who = winner ? `${winner} win${winner === "you" ? "" : "s"}` : "draw", how = ground ? `, ${loser} flew into the ground` : ` by ${reason}`;
    const result = d.done ? `${who}${how}, ${seconds}` : `unfinished, ${seconds}`;
    return new Track({ names, versions: ["", ""], caption: `${names[0]} \u2013 ${names[1]}: ${result}`, result, end, rules: this.rules, table: this.table, stride: KEEP, seed: null, index: 0, spawn: this.spawn,
      start: Float32Array.from(this.start), actions: Float32Array.from(this.actions.flat(2)), ticks: Int32Array.from(this.ticks), frames: Float32Array.from(this.frames), bullets: Float32Array.from(this.bullets), events: this.events, turns: [], minds: {}, flown: true });
  }
}

// The public challenge's replay format; `start` and `actions` beside it make the match one that can be flown again.
function challenge(track) {
  const { end } = track, f = track.frames, frames = [];
  const rules = end.reason === "unfinished" ? { ...track.rules, match_ticks: end.ticks } : track.rules;   // stopped: the time was up then
  for (let k = 0; k < track.n; k++) {
    const fighter = s => { const o = 16 * k + 8 * s; return { x: f[o], y: f[o + Y], yaw: f[o + YAW], speed: f[o + V], hp: f[o + HP], alive: f[o + ALIVE] > 0, stalled: f[o + STALL] > 0 }; };
    const bullets = [];
    for (let i = 6 * track.bullet_rows[k]; i < 6 * track.bullet_rows[k + 1]; i += 6) { const [, x, y, vx, vy, owner] = track.bullets.subarray(i, i + 6); bullets.push({ x, y, vx, vy, owner }); }
    frames.push({ tick: track.ticks[k], fighters: [fighter(0), fighter(1)], bullets });
  }
  const stats = {};
  for (const key of ["hp", "hits", "shots"]) for (const s of [0, 1]) stats[`p${s}_${key}`] = end[key][s];
  const actions = []; for (let o = 0; o < track.actions.length; o += 6) actions.push([Array.from(track.actions.subarray(o, o + 3)), Array.from(track.actions.subarray(o + 3, o + 6))]);
  return { config: { seed: track.seed || 0, p0_name: track.names[0], p1_name: track.names[1], max_ticks: rules.match_ticks, randomize_spawns: track.spawn === "random", sim_config: rules }, frames,
    result: { outcome: { 1: "Player0Win", "-1": "Player1Win", 0: "Draw" }[end.outcome], reason: end.reason === "elimination" ? "Elimination" : "Timeout", final_tick: end.ticks, stats },
    start: Array.from(track.start), actions };
}

// ---- the player -------------------------------------------------------------------------------------------------------------

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8];
const SILENCE = 500;                                             // ms after which a key that repeated no more is taken as let go
const STEER = { ArrowLeft: "left", KeyA: "left", ArrowRight: "right", KeyD: "right", ArrowUp: "up", KeyW: "up", ArrowDown: "down", KeyS: "down", Space: "fire" };
const STEER_KEY = { ...STEER, " ": "fire", a: "left", d: "right", w: "up", s: "down" };   // where a keyboard has no codes
const steering = e => STEER[e.code] || (e.code ? undefined : STEER_KEY[e.key.length === 1 ? e.key.toLowerCase() : e.key]);
const KEYS = [["space", "play, pause"], ["\u2190 \u2192", "one frame"], ["\u21e7 \u2190 \u2192", "one second"], ["home end", "first, last frame"], ["n p", "next, previous event"], ["\u2191 \u2193", "faster, slower"],
  ["r", "from the start"], ["l", "show why it was lost"], ["t", "take over and fly"], ["o", "whole flight paths"], ["g", "plots"], ["d", "dark, light"], ["f", "full screen"], ["?", "this list"]];

class Player {
  constructor(root, data) {
    this.root = root; this.data = data;
    this.tracks = data.replays.map(r => new Track(r));
    this.pilots = data.pilots || {};
    this.gallery = data.gallery ? this.tracks : null;
    if (this.gallery) this.tracks = this.tracks.slice(0, 1);
    this.fly_only = !this.tracks.length;
    if (this.fly_only) this.tracks = [this.idle()];
    this.chosen = 0; this.clock = this.tracks[0].first; this.speed = SPEEDS.includes(data.speed) ? data.speed : 1; this.playing = false; this.spawn = "random";
    this.keys = new Set(); this.whole_path = false; this.plots = this.tracks.length === 1 && !this.fly_only; this.listeners = [];
    this.dress(); this.build(); this.follow_theme();
    new ResizeObserver(() => this.relayout()).observe(root);
    this.loop = this.loop.bind(this);
    this.go(this.tracks[0].ticks[clamp(data.frame || 0, 0, this.tracks[0].n - 1)]);
    if (this.fly_only) this.fly_panel(true);
    root.dataset.ready = "1";
    if (data.playing) this.play();
  }

  get track() { return this.tracks[this.chosen]; }
  name_of(track) { return track.label || (this.tracks.length > 1 ? `match ${this.tracks.indexOf(track) + 1}` : ""); }
  get rate() { return this.track.rate; }
  get first() { return Math.min(...this.tracks.map(t => t.first)); }
  get last() { return Math.max(...this.tracks.map(t => t.last)); }
  get frame() { return this.track.frame_at(this.clock); }
  project(x, y, stage = 0) { const box = this.stages[stage].canvas.getBoundingClientRect(), [a, b] = this.stages[stage].project(x, y); return [box.left + a, box.top + b]; }

  idle() {                                                       // an empty sky with both at the fixed spawn
    const { rules, table } = this.data.sky, hp = rules.hit_points;
    const start = Float32Array.from([0, 0, 0, 1, -200, 300, 0, 50, hp, 0, 1, 0, 200, 300, Math.PI, 50, hp, 0, 1, 0, 0, 0, 0, 0, 0]);
    const you = this.data.seat ?? 0, names = [0, 1].map(s => s === you ? "you" : this.data.opponent || "ace");
    return new Track({ names, caption: "an empty sky", result: "", end: null, rules, table, stride: KEEP, start, actions: new Float32Array(0), ticks: Int32Array.from([0]), frames: start.slice(4, 20), bullets: new Float32Array(0), events: [], turns: [], minds: {} });
  }

  // -- looks
  dress() {
    const css = getComputedStyle(document.documentElement), get = name => css.getPropertyValue("--" + name).trim();
    this.ink = Object.fromEntries(["paper", "ink", "soft", "line", "faint", "band", "mark"].map(n => [n, get(n)]));
    this.seat = [get("seat0"), get("seat1")];
  }
  follow_theme() {
    const media = matchMedia("(prefers-color-scheme: dark)");
    const host = () => { try { return window.parent !== window ? window.parent.document.body : null; } catch { return null; } };
    const wanted = () => {
      if (this.theme) return this.theme;
      const b = host(), lab = b?.dataset?.jpThemeLight, code = b?.dataset?.vscodeThemeKind;
      if (lab) return lab === "true" ? "light" : "dark";
      if (code) return /dark/.test(code) ? "dark" : "light";
      return b ? "light" : media.matches ? "dark" : "light";       // inside an unknown page: paper is white
    };
    this.set_theme = () => { const t = wanted(); if (document.documentElement.dataset.theme !== t) { document.documentElement.dataset.theme = t; this.dress(); this.relayout(); } };
    media.addEventListener("change", this.set_theme);
    const b = host(); if (b) new MutationObserver(this.set_theme).observe(b, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
    this.set_theme();
  }

  build() {
    const button = (label, content, act, more = {}) => make("button", { type: "button", "aria-label": label, title: label, onclick: act, ...more }, content);
    this.stages = this.tracks.map(t => new Stage(t, this));
    const many = { 1: "", 2: "two" }[this.tracks.length] ?? "four";
    this.readouts = (this.tracks.length === 2 ? this.tracks : [0]).map(() => new Readout()); this.clockwork = new Clockwork(this);
    this.play_button = button("play (space)", icon(ICONS.play), () => this.toggle(), { class: "play" });
    this.speed_select = make("select", { "aria-label": "speed", title: "speed", onchange: e => this.set_speed(+e.target.value) }, ...SPEEDS.map(s => make("option", { value: s, selected: s === this.speed }, `${s}\u00d7`)));
    this.time = make("span", { class: "clock" });
    this.said = make("div", { class: "sr", role: "status", "aria-live": "polite" });
    this.plots_button = button("plots (g)", "Plots", () => this.toggle_plots(), { "aria-pressed": String(this.plots), class: "plots" });
    this.path_button = button("whole flight paths (o)", "Paths", () => this.toggle_paths(), { "aria-pressed": "false", class: "paths" });
    this.why_button = button("show why it was lost (l)", "", () => this.why());
    this.fly_button = button("take over and fly (t)", "Fly", () => this.flying ? this.landed() : this.fly_panel());
    this.save_button = button("save this match as a file", "Save", () => this.save());
    this.controls = make("div", { class: "controls", role: "toolbar", "aria-label": "playing" }, button("to the start (home)", icon(ICONS.back), () => this.go(this.first), { class: "icon" }),
      button("previous event (p)", icon(ICONS.unmark), () => this.jump(-1), { class: "icon jump" }), button("one frame back (left arrow)", icon(ICONS.prev), () => this.step(-1), { class: "icon" }), this.play_button,
      button("one frame on (right arrow)", icon(ICONS.next), () => this.step(1), { class: "icon" }), button("next event (n)", icon(ICONS.mark), () => this.jump(1), { class: "icon jump" }), this.speed_select, this.time,
      make("span", { class: "gap" }), this.plots_button, this.path_button, this.fly_button, this.save_button, button("keys (?)", "?", () => this.toggle_help(), { class: "icon" }));
    this.turns = make("div", { class: "turns", hidden: true });
    this.panel = make("div", { class: "fly", hidden: true });
    this.help = make("div", { class: "help", hidden: true }, ...KEYS.map(([k, what]) => make("span", {}, ...k.split(" ").map(x => make("kbd", {}, x)), what)));
    const left = make("div", { class: "left" }, make("div", { class: "stages " + many }, ...this.stages.map(s => s.element)), this.controls, this.panel, this.clockwork.element);
    this.side = make("div", { class: "side" }, make("div", { class: "stages " + (this.readouts.length === 2 ? "two" : "") }, ...this.readouts.map(r => r.element)), this.turns);
    this.board = make("div", { class: "board" + (this.tracks.length === 1 ? " single" : "") }, left, this.side);
    this.root.replaceChildren(...(this.gallery ? [this.shelf()] : []), this.board, this.help, this.said);
    this.root.tabIndex = -1;
    for (const [k, s] of this.stages.entries()) s.canvas.addEventListener("pointerdown", e => { if (e.button) return; this.root.focus({ preventScroll: true }); if (this.flying) return; if (this.tracks.length > 1) this.choose(k); else if (!this.fly_only) this.toggle(); });
    window.addEventListener("keydown", e => this.key(e), true);
    window.addEventListener("keyup", e => this.key_up(e), true);
    for (const lost of ["blur", "contextmenu", "pagehide", "compositionstart"]) window.addEventListener(lost, () => this.let_go(), true);
    document.addEventListener("visibilitychange", () => { this.let_go(); this.before = null; });
    this.choose(0);
  }

  shelf() {                                                      // small pictures to choose from
    const small = Object.create(this, { whole_path: { value: true } });
    this.thumbs = this.gallery.map((t, k) => {
      const stage = new Stage(t, small), caption = make("span", {}, make("b", { class: "zero" }, t.names[0]), " \u2013 ", make("b", { class: "one" }, t.names[1]));
      stage.element = make("button", { type: "button", class: "thumb", title: t.caption, onclick: () => this.pick(k) }, stage.canvas, caption, make("small", {}, t.label || `${(t.end.ticks / t.rate).toFixed(1)} s, ${t.loss.winner ? t.loss.winner + " wins" : "draw"}`));
      stage.canvas.setAttribute("aria-hidden", "true");
      return stage;
    });
    return make("nav", { class: "gallery", "aria-label": "matches" }, ...this.thumbs.map(s => s.element));
  }
  pick(k) {
    this.pause(); this.message(); this.panel.hidden = true; this.original = null;
    this.tracks = [this.gallery[k]]; this.chosen = 0; this.clock = this.first; this.stages[0].set(this.tracks[0]);
    this.thumbs.forEach((s, i) => s.element.setAttribute("aria-current", String(i === k)));
    this.freshen(); this.tell("frame");
  }

  freshen() {                                                    // after another track was put in or chosen
    const t = this.track;
    this.why_button.hidden = !(t.turns || []).length || !t.end || !t.end.outcome;
    if (!this.why_button.hidden) this.why_button.textContent = `Why ${t.loss.loser} lost`;
    this.save_button.hidden = !t.flown;
    const empty = t.n < 2;
    this.clockwork.element.hidden = empty; this.controls.hidden = empty && !this.fly_only;
    for (const b of this.controls.querySelectorAll(".icon, .play, .clock, .plots, .paths, select")) b.hidden = empty && b.textContent !== "?";
    this.turns.hidden = !(t.turns || []).length;
    this.turns.replaceChildren(make("h3", {}, this.tracks.length > 1 ? `Turning points, ${this.name_of(t)}` : "Turning points", this.why_button), ...(t.turns || []).map((p, k) => make("button", { type: "button", class: ["zero", "one"][p.seat], title: "go there", onclick: () => this.visit(p) },
      make("span", { class: "n" }, String(k + 1)), make("span", { class: "when" }, (p.tick / t.rate).toFixed(1) + " s"), make("span", {}, p.text, p.unforced ? make("em", { class: "unforced", title: "lost without a bullet of the other" }, "unforced") : null))));
    this.clockwork.element.setAttribute("aria-valuemin", 0); this.clockwork.element.setAttribute("aria-valuemax", t.n - 1);
    this.relayout();
  }

  choose(k) {                                                   // whose plots, numbers and turning points are shown
    this.chosen = k; this.stages.forEach((s, i) => s.element.classList.toggle("chosen", i === k && this.tracks.length > 1)); this.freshen();
  }
  relayout() {
    for (const s of this.stages) s.background = null;
    for (const s of this.thumbs || []) { s.background = null; s.draw(s.track.at(s.track.last)); }
    this.clockwork.draw(); this.draw(); this.fit();
  }
  fit() {                                                        // tell the frame around us how tall we are
    if (window.parent === window) return;
    const height = Math.ceil(this.root.getBoundingClientRect().height);
    if (height !== this.told) { this.told = height; try { if (window.frameElement) window.frameElement.style.height = height + "px"; } catch { /* another origin */ } window.parent.postMessage({ dogfight: this.data.id ?? null, height }, "*"); }
  }

  // -- time
  draw() {
    if (this.flying) { const now = this.flying.now(); this.stages[0].draw(now); this.readouts[0].show(this.stages[0].track, now); this.say_time(now.tick); return; }
    this.stages.forEach((s, k) => s.draw(this.tracks[k].at(this.clock)));
    if (!this.playing || this.read !== this.frame) this.readouts.forEach((r, k) => { const t = this.readouts.length > 1 ? this.tracks[k] : this.track; if (t) r.show(t, t.at(this.clock), this.readouts.length < this.tracks.length ? this.name_of(t) + " \u00b7 " : ""); });
    this.read = this.frame;
    this.say_time(this.clock);
    this.root.dataset.frame = this.frame; this.root.dataset.tick = Math.round(this.clock); this.root.dataset.playing = this.playing; this.root.dataset.speed = this.speed;
  }
  say_time(tick) {
    const t = this.track, s = (tick / t.rate).toFixed(2);
    const text = this.flying ? `${s} s` : `${s} / ${(this.last / t.rate).toFixed(2)} s`;
    if (this.time_text !== text) { this.time_text = text; this.time.textContent = text; }
    if (!this.flying) this.clockwork.move(clamp(tick, this.first, this.last), `${s} seconds`);
  }
  go(tick, silent) {                                             // show that moment; whole ticks unless it plays
    if (this.flying) return;
    this.clock = clamp(this.playing ? tick : Math.round(tick), this.first, this.last);
    this.draw();
    if (!silent) this.tell("frame");
  }
  seek(frame) { const t = this.track; this.go(t.ticks[clamp(Math.round(frame), 0, t.n - 1)]); }
  step(d) { this.pause(); const t = this.track, k = t.frame_at(this.clock); this.seek(d < 0 && t.ticks[k] < this.clock ? k : k + d); this.announce(); }
  jump(d) {
    const at = [...new Set([this.first, ...this.track.events.map(e => e.tick), this.last])].sort((a, b) => a - b), here = Math.round(this.clock);
    const next = d > 0 ? at.find(t => t > here) : at.reverse().find(t => t < here);
    this.pause(); if (next != null) this.go(next); this.announce();
  }
  hold(on) { if (on) { this.resume_after = this.playing; this.pause(); } else if (this.resume_after) { this.resume_after = false; this.play(); } }
  play() {
    if (this.flying || this.track.n < 2) return;
    if (this.clock >= this.last) this.clock = this.first;
    this.playing = true; this.before = null; this.play_button.replaceChildren(icon(ICONS.pause)); this.play_button.setAttribute("aria-label", "pause (space)");
    this.tell("playing"); this.run(); this.draw();
  }
  pause() {
    if (this.stop_at != null) { this.set_speed(this.full_speed); this.stop_at = null; }
    if (!this.playing) return;
    this.playing = false; this.play_button.replaceChildren(icon(ICONS.play)); this.play_button.setAttribute("aria-label", "play (space)");
    this.clock = Math.round(this.clock); this.draw(); this.tell("playing"); this.tell("frame");
  }
  toggle() { this.playing ? this.pause() : this.play(); this.announce(); }
  set_speed(s) { if (!SPEEDS.includes(s)) s = SPEEDS.reduce((a, b) => Math.abs(b - s) < Math.abs(a - s) ? b : a); this.speed = s; this.speed_select.value = String(s); this.tell("speed"); this.draw(); }
  run() { if (!this.running) { this.running = true; requestAnimationFrame(this.loop); } }
  loop(time) {
    const seconds = this.before == null ? 0 : (time - this.before) / 1000;
    this.before = time;
    if (this.flying && !this.flying.waiting) { this.forget_silent(performance.now()); if (this.flying.advance(seconds, this.speed)) this.landed(); }
    else if (this.playing) {
      this.clock += seconds * this.speed * this.rate;
      if (this.stop_at != null && this.clock >= this.stop_at) { this.set_speed(this.full_speed); this.stop_at = null; this.pause(); }
      else if (this.clock >= this.last) { this.clock = this.last; this.pause(); }
      else if (time - (this.told_at || 0) > 120) { this.told_at = time; this.tell("frame"); }
    }
    this.draw();
    this.running = this.playing || !!(this.flying && !this.flying.waiting);
    if (this.running) requestAnimationFrame(this.loop);
  }
  announce() {                                                   // for screen readers, when time stands still
    if (this.playing) { this.said.textContent = "playing"; return; }
    const t = this.track, now = t.at(this.clock), near = t.events.filter(e => Math.abs(e.tick - this.clock) <= t.stride).map(e => this.phrase(e));
    this.said.textContent = `${(this.clock / t.rate).toFixed(1)} seconds: ${near.join("; ") || [0, 1].map(s => `${t.names[s]} at ${Math.round(now.fighters[s].y)} metres, ${Math.round(now.fighters[s].v)} metres per second, ${now.fighters[s].hp} hit points`).join("; ")}`;
  }
  phrase(e) { const [a, b] = [this.track.names[e.seat], this.track.names[1 - e.seat]]; return { shot: `${a} shoots`, hit: `${a} hits ${b}`, glance: `${a}'s bullet glances off ${b}`, stall: `${a} stalls`, kill: `${a} shoots ${b} down`, crash: `${a} flies into the ground` }[e.kind] || e.kind; }

  // -- turning points
  visit(p) {                                                     // half speed, from before it until after it
    this.pause(); this.go(Math.max(this.first, p.tick - this.rate));
    this.full_speed = this.stop_at == null ? this.speed : this.full_speed; this.set_speed(.5); this.play();
    this.stop_at = Math.min(this.last - 1, p.tick + 1.5 * this.rate); this.said.textContent = p.text;
  }
  why() {
    const t = this.track, against = (t.turns || []).filter(p => p.loser === t.loss.lost);
    const worst = against.find(p => p.unforced) || (against.length ? against : t.turns).reduce((a, b) => Math.abs(b.swing) > Math.abs(a.swing) ? b : a);
    this.visit(worst);
  }

  // -- views
  toggle_plots() { this.plots = !this.plots; this.plots_button.setAttribute("aria-pressed", this.plots); this.relayout(); }
  toggle_paths() { this.whole_path = !this.whole_path; this.path_button.setAttribute("aria-pressed", this.whole_path); this.draw(); }
  toggle_help() { this.help.hidden = !this.help.hidden; this.fit(); }
  toggle_theme() { this.theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark"; this.set_theme(); }
  fullscreen() { if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen?.().catch(() => {}); }

  // -- keys: all of them stay here
  key(e) {
    e.stopPropagation();
    if (!e.repeat || !steering(e)) this.repeating = null;
    const modifier = ["Control", "AltGraph", "Shift"].includes(e.key);
    if (e.metaKey || e.key === "Meta" || ((e.ctrlKey || e.altKey) && !modifier)) this.let_go();   // what was held may never be said to be up
    if (e.ctrlKey || e.metaKey || e.altKey || modifier || e.key === "Meta") return;
    if (this.flying) return this.fly_key(e);
    if (e.target.tagName === "SELECT" && !["Escape"].includes(e.key)) return;
    if (e.target.tagName === "BUTTON" && (e.key === " " || e.key === "Enter")) return;
    const big = this.rate, act = { " ": () => this.toggle(), k: () => this.toggle(), ArrowLeft: () => e.shiftKey ? (this.pause(), this.go(this.clock - big), this.announce()) : this.step(-1), ArrowRight: () => e.shiftKey ? (this.pause(), this.go(this.clock + big), this.announce()) : this.step(1),
      Home: () => this.go(this.first), End: () => { this.pause(); this.go(this.last); }, n: () => this.jump(1), p: () => this.jump(-1), r: () => { this.go(this.first); this.play(); }, l: () => this.why_button.hidden || this.why(), t: () => this.fly_panel(),
      o: () => this.toggle_paths(), g: () => this.toggle_plots(), d: () => this.toggle_theme(), f: () => this.fullscreen(), "?": () => this.toggle_help(), ArrowUp: () => this.faster(1), ArrowDown: () => this.faster(-1), Escape: () => { this.panel.hidden = true; this.fit(); } }[e.key?.length === 1 ? e.key.toLowerCase() : e.key];
    if (act && !(this.track.n < 2 && !["t", "d", "f", "?"].includes(e.key))) { e.preventDefault(); act(); }
  }
  // A Mac tells of no key that is let go while its command key is down; a window without focus hears of none.
  let_go() { this.keys.clear(); this.repeating = null; }
  key_up(e) {
    this.repeating = null;
    if (e.metaKey || e.key === "Meta") this.let_go();
    const k = steering(e);
    if (k) this.keys.delete(k);
  }
  repeated(k, now) {                                             // a key that is held repeats, until it is let go or another is touched
    const before = this.repeating?.key === k ? this.repeating : null;
    this.keys.add(k);
    this.repeating = { key: k, at: now, wait: Math.max(SILENCE, before ? 4 * (now - before.at) : Infinity) };
  }
  forget_silent(now) {
    const r = this.repeating;
    if (r && now - r.at > r.wait) { this.keys.delete(r.key); this.repeating = null; }
  }
  faster(d) { this.set_speed(SPEEDS[clamp(SPEEDS.indexOf(this.speed) + d, 0, SPEEDS.length - 1)]); }

  // -- flying
  flight_rules() { const t = this.track; return { rules: t.rules, table: t.table }; }
  spec(name) { return this.pilots[name] ? { name, graph: this.pilots[name] } : name; }
  opponents() { return [...Object.keys(this.pilots), ...Game.SCRIPTED_NAMES]; }
  fly_panel(open) {
    if (typeof Flight === "undefined") { this.said.textContent = "this page was made without the game"; return; }
    this.pause();
    if (!this.panel.hidden && !open) { this.panel.hidden = true; this.fit(); return; }
    const t = this.track, here = !this.fly_only && t.n > 1 && !t.no_rules && this.clock < t.last;
    const others = this.opponents(), loser = t.end && t.end.outcome ? (t.end.outcome > 0 ? 1 : 0) : this.data.seat ?? 0;
    const seat = make("select", { "aria-label": "your seat" }, ...[0, 1].map(s => make("option", { value: s, selected: s === (this.fly_only ? this.data.seat ?? 0 : loser) }, here || t.n > 1 ? `${["blue", "orange"][s]} (${t.names[s]})` : ["blue, on the left", "orange, on the right"][s])));
    const who = make("select", { "aria-label": "against" }, ...others.map(n => make("option", { value: n }, n)));
    const aim = () => { const name = this.fly_only ? this.data.opponent : t.flown ? t.names.find(n => n !== "you") : t.names[1 - +seat.value]; who.value = others.includes(name) ? name : "ace"; };
    aim(); seat.addEventListener("change", () => { if (!this.fly_only) aim(); });
    const spawn = make("select", { "aria-label": "from" }, ...[["here", `here, ${(this.clock / t.rate).toFixed(1)} s`], ["start", "the start of this match"], ["random", "a random spawn"], ["fixed", "the fixed spawn"]].filter(([v]) => (v !== "here" || here) && (v !== "start" || t.n > 1)).map(([v, n]) => make("option", { value: v }, n)));
    const pace = make("select", { "aria-label": "pace" }, ...[.25, .5, 1].map(s => make("option", { value: s, selected: s === 1 }, `${s}\u00d7`)));
    const go = make("button", { type: "button", class: "go", onclick: () => this.take_off({ seat: +seat.value, opponent: who.value, from: spawn.value, pace: +pace.value }) }, "Take the stick");
    const label = (text, e) => make("label", {}, text, e);
    this.panel.replaceChildren(label("you fly", seat), label("against", who), label("from", spawn), label("at", pace), go,
      make("span", { class: "label" }, make("kbd", {}, "\u2190"), " ", make("kbd", {}, "\u2192"), " turn  ", make("kbd", {}, "\u2191"), " ", make("kbd", {}, "\u2193"), " throttle  ", make("kbd", {}, "space"), " fire  ", make("kbd", {}, "esc"), " stop"));
    this.panel.hidden = false; this.fit();
    if (!open) go.focus({ preventScroll: true });
  }

  take_off({ seat, opponent, from, pace }) {
    const t = this.track, half = Math.PI;
    let start = t.start;
    if (from === "random" || from === "fixed") {
      const r = t.rules, u = (a, b) => Math.fround(a + (b - a) * Math.random()), offset = u(100, 300), hp = r.hit_points;
      const one = from === "fixed" ? [-200, 300, 0, 50] : [-offset, u(150, 450), u(-half, half), u(r.min_speed + 15, 80)], two = from === "fixed" ? [200, 300, Math.fround(half), 50] : [offset, u(150, 450), u(-half, half), u(r.min_speed + 15, 80)];
      start = Float32Array.from([0, 0, 0, 1, ...one, hp, 0, 1, 0, ...two, hp, 0, 1, 0, 0, 0, 0, 0, 0]);
      this.spawn = from;
    } else this.spawn = t.spawn || "random";
    this.settings = { seat, opponent, from, pace };
    this.panel.hidden = true; this.normal_speed ??= this.speed; this.speed = pace;
    try { this.flying = new Flying(this, { seat, opponent, from: from === "here" ? Math.round(this.clock) : null, start }); }
    catch (e) { this.flying = null; this.message(make("p", {}, `${opponent} cannot fly here: ${e.message}`), make("div", { class: "row" }, make("button", { type: "button", onclick: () => this.message() }, "Close"))); return; }
    const f = this.flying; f.waiting = true;
    this.stages[0].set(this.live_track()); this.root.classList.add("flying"); this.fly_button.textContent = "Stop"; this.stages.slice(1).forEach(s => { s.element.hidden = true; });
    this.message(make("p", {}, make("strong", { class: "who " + ["zero", "one"][seat] }, `You fly ${["blue", "orange"][seat]}`), ` against ${opponent}`),
      make("p", { class: "keys" }, make("kbd", {}, "\u2190"), " ", make("kbd", {}, "\u2192"), " turn \u00b7 ", make("kbd", {}, "\u2191"), " ", make("kbd", {}, "\u2193"), " throttle \u00b7 ", make("kbd", {}, "space"), " fire \u00b7 ", make("kbd", {}, "esc"), " stop"),
      make("div", { class: "row" }, make("button", { type: "button", onclick: () => this.begin() }, "Begin (any key)")));
    this.touch_pad(); this.draw(); this.root.focus({ preventScroll: true });
  }
  live_track() {                                                 // what the stage needs to draw trails while the flight grows
    const f = this.flying, t = { rules: f.rules, names: [0, 1].map(s => s === f.seat ? "you" : f.spec.name || f.spec), caption: "a flight", result: "", rate: f.rules.tick_rate, events: f.events, end: null };
    Object.defineProperties(t, { frames: { get: () => f.frames }, n: { get: () => f.ticks.length } });
    t.geometry = Track.prototype.geometry; t.ux = [[], []];
    t.frame_at = tick => { let k = f.ticks.length - 1; while (k > 0 && f.ticks[k] > tick) k--; return k; };
    const wide = 2 * f.rules.half_width, grow = () => { for (const s of [0, 1]) { const u = t.ux[s]; for (let k = u.length; k < f.ticks.length; k++) { const x = f.frames[16 * k + 8 * s]; u.push(k ? u[k - 1] + (x - f.frames[16 * k - 16 + 8 * s]) - wide * Math.round((x - f.frames[16 * k - 16 + 8 * s]) / wide) : x); } } };
    const plain = f.now.bind(f);
    f.now = () => { grow(); const now = plain(); for (const s of [0, 1]) { const p = now.fighters[s], u = t.ux[s], k = u.length - 1, last = f.frames[16 * k + 8 * s]; p.ux = u[k] + (p.x - last) - wide * Math.round((p.x - last) / wide); } return now; };
    return t;
  }
  begin() { if (!this.flying?.waiting) return; this.flying.waiting = false; this.message(); this.before = null; this.run(); }
  fly_key(e) {
    const f = this.flying, k = steering(e);
    if (e.key === "Tab") return;
    e.preventDefault();
    if (e.key === "Escape") return this.landed();
    if (e.repeat) { if (k && !f.waiting) this.repeated(k, performance.now()); return; }
    if (k) { this.keys.add(k); if (k === "fire" && !f.waiting) this.keys.add("fired"); }
    if (f.waiting) { this.begin(); this.keys.delete("fired"); this.keys.delete("fire"); }
    else if (e.key.toLowerCase() === "p") { f.waiting = true; this.message(make("p", {}, make("strong", {}, "Paused")), make("p", { class: "keys" }, "any key goes on, ", make("kbd", {}, "esc"), " stops")); }
  }
  touch_pad() {
    this.pad?.remove();
    const hold = (label, text, key) => { const b = make("button", { type: "button", "aria-label": label }, text); b.addEventListener("pointerdown", e => { e.preventDefault(); this.begin(); this.keys.add(key); }); for (const end of ["pointerup", "pointercancel", "pointerleave", "lostpointercapture"]) b.addEventListener(end, () => this.keys.delete(key)); return b; };
    this.pad = make("div", { class: "pad" }, make("div", {}, hold("turn left", "\u21ba", "left"), hold("turn right", "\u21bb", "right")), make("div", {}, hold("less throttle", "\u2212", "down"), hold("more throttle", "+", "up"), hold("fire", "\u25cf", "fire")));
    this.stages[0].element.append(this.pad);
  }
  landed() {                                                     // the flight is over: it becomes the replay
    const f = this.flying; if (!f) return;
    this.flying = null; this.keys.clear(); this.pad?.remove(); this.root.classList.remove("flying"); this.fly_button.textContent = "Fly"; this.speed = this.normal_speed ?? 1; this.normal_speed = null; this.speed_select.value = String(this.speed);
    const t = f.track(), short = t.n < 2;
    this.original ??= this.tracks;
    this.tracks = short ? this.original : [t]; this.chosen = 0; this.fly_only = this.fly_only && short;
    this.stages.forEach((s, k) => { s.element.hidden = k >= this.tracks.length; if (k < this.tracks.length) s.set(this.tracks[k]); });
    if (!short) { this.plots = true; this.plots_button.setAttribute("aria-pressed", true); }
    this.clock = this.last; this.freshen(); this.draw();
    if (short) { this.message(); return; }
    this.flown = challenge(t);
    if (t.end.reason !== "unfinished") this.send({ flown: this.flown });
    const again = { ...this.settings }, back = this.original[0].n > 1;
    this.said.textContent = t.caption;
    this.message(...this.verdict(t, f.seat),
      make("div", { class: "row" }, make("button", { type: "button", onclick: () => { this.message(); this.rewind_to_original(); this.clock = this.took ?? this.clock; this.take_off(again); } }, "Again"),
        make("button", { type: "button", onclick: () => { this.message(); this.go(this.first); this.play(); } }, "Watch it"), make("button", { type: "button", onclick: () => this.save() }, "Save"),
        back ? make("button", { type: "button", onclick: () => { this.message(); this.rewind_to_original(); } }, "Back to the replay") : null));
    this.took = f.source ? f.began : null;
  }
  verdict(t, me) {                                               // how it ended, said to who flew, and what to do about it
    const { end, rules } = t, { lost, ground } = t.loss, mine = end.hp[me], theirs = end.hp[1 - me], other = t.names[1 - me];
    const numbers = `${(end.ticks / t.rate).toFixed(1)} s, ${mine} \u2013 ${theirs} hit points, ${end.hits[me]} hits of ${end.shots[me]} shots`;
    const say = (title, ...more) => [make("p", {}, make("strong", {}, title)), ...more.map(text => make("p", { class: "keys" }, text)), make("p", { class: "keys" }, numbers)];
    if (end.reason === "unfinished") return say("Stopped");
    if (end.reason === "time-out") return say(lost == null ? "A draw: time ran out" : lost === me ? "Time ran out, and you were behind" : "You win: time ran out, and you were ahead");
    if (lost == null) return say("A draw: both are down");
    if (lost !== me) return say(ground ? `You win: ${other} flew into the ground` : `You win: you shot ${other} down`);
    if (!ground) return say(`${other} shot you down`);
    const k = t.n - 1, v = Math.max(t.frames[16 * k + 8 * me + V], rules.min_speed), fast = clamp((v - rules.min_speed) / (rules.max_speed - rules.min_speed), 0, 1);
    const radius = v / mix(rules.max_turn_rate, rules.min_turn_rate, fast);
    return say(`You flew into the ground with ${points(mine)} left`, `To pull out, hold \u2190 while you fly to the right, \u2192 while you fly to the left. At ${Math.round(v)} m/s the turn out of a dive takes ${Math.round(radius / 10) * 10} m of height; slower, with less throttle (\u2193), it takes less.`);
  }
  rewind_to_original() {
    if (!this.original) return;
    this.tracks = this.original; this.chosen = 0; this.fly_only = this.tracks[0].n < 2;
    this.stages.forEach((s, k) => { s.element.hidden = false; s.set(this.tracks[k]); });
    this.clock = this.first; this.freshen(); this.draw();
  }
  message(...content) {
    this.note?.remove(); this.note = null;
    if (content.length) { this.note = make("div", { class: "note", role: "dialog" }, ...content); this.stages[0].element.append(this.note); }
  }
  save() {                                                       // a file that Python opens and flies again
    const t = this.track, text = JSON.stringify(challenge(t)), clean = t.names.map(n => n.replace(/[^\w.-]+/g, "_").slice(0, 40) || "pilot");
    if (t.end.reason === "unfinished") { this.said.textContent = "an unfinished match is saved up to here"; }
    const a = make("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: `${clean[0]}-${clean[1]}.json` });
    document.body.append(a); a.click(); a.remove(); setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
    this.send({ flown: challenge(t) });
  }

  // -- the world outside: a kernel behind the page around us, or nobody
  send(message) { for (const l of this.listeners) l(message); if (window.parent !== window) window.parent.postMessage({ dogfight: this.data.id ?? null, ...message }, "*"); }
  tell(what) { if (!this.quiet) this.send({ [what]: this[what] }); }
  on(listener) { this.listeners.push(listener); }
  obey({ frame, speed, playing }) {
    const played = this.playing;
    this.quiet = true;
    try {
      if (speed != null && speed !== this.speed) this.set_speed(+speed);
      const t = this.track, far = frame != null && Math.abs(t.ticks[clamp(+frame, 0, t.n - 1)] - this.clock) > .25 * this.rate;   // two that play side by side need not correct each other
      if (frame != null && +frame !== this.frame && !this.flying && (far || !this.playing)) { this.seek(+frame); this.before = null; }
      if (playing != null && playing !== this.playing && !this.flying) playing ? this.play() : this.pause();
    } finally { this.quiet = false; }
    if (played && !this.playing) this.tell("frame");             // told to stop: where that was
  }
}

async function boot() {
  const root = document.querySelector("main.player");
  try {
    const data = await unpack(JSON.parse(document.getElementById("dogfight").textContent));
    const player = window.player = new Player(root, data);
    window.addEventListener("message", e => { if (e.source === window.parent && e.data && e.data.dogfight === data.id && e.data.set) player.obey(e.data.set); });
    if (window.parent !== window) window.parent.postMessage({ dogfight: data.id ?? null, hello: true }, "*");
  } catch (e) { root.replaceChildren(make("div", { class: "broken", role: "alert" }, `The replay cannot be shown: ${e.message}`)); throw e; }
}

return { boot, Flying };
})();
Player.boot();
