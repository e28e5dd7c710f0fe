// ---- the time line and the plots: all that has time from left to right --------------------------

const RIGHT = 8;
const LANES_H = 50;
const STRIP = 44;
const HEAT = 9; // the height of an option's row
const THIN = 5; // where two pilots' options are shown
const AXIS = 16;

// The smallest of 1, 2, 5 × 10^k that is not below `x`.
function round_up(x) {
  if (!(x > 0)) return 1;
  const ten = Math.pow(10, Math.floor(Math.log10(x)));
  return [1, 2, 5, 10].map(m => m * ten).find(m => m >= x * (1 - 1e-9));
}

class Clockwork {
  // `lanes`: the events of each match; `plots`: the curves. Both: on one common axis.
  constructor(player, { lanes, plots, gutter, label }) {
    Object.assign(this, { player, has_lanes: lanes, has_plots: plots, gutter });
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.cursor = make("div", { class: "cursor" });
    const slider = { class: "clockwork", role: "slider", tabindex: 0, "aria-label": label };
    this.element = make("div", slider, this.canvas, this.cursor);
    const seek = e => player.go(this.tick(e.clientX - this.element.getBoundingClientRect().left));
    this.element.addEventListener("pointerdown", e => {
      if (e.button) return;
      this.element.setPointerCapture(e.pointerId);
      this.held = true;
      player.hold(true);
      seek(e);
    });
    this.element.addEventListener("pointermove", e => {
      if (this.held) seek(e);
    });
    for (const end of ["pointerup", "pointercancel"])
      this.element.addEventListener(end, () => {
        if (!this.held) return;
        this.held = false;
        player.hold(false);
      });
  }

  x(tick) {
    const { first, last } = this.player;
    const share = last > first ? (tick - first) / (last - first) : 0;
    return this.gutter + (this.width - this.gutter - RIGHT) * share;
  }
  tick(x) {
    const { first, last } = this.player;
    const share = clamp((x - this.gutter) / (this.width - this.gutter - RIGHT), 0, 1);
    return first + (last - first) * share;
  }

  // -- what is plotted

  strips() {
    const { track, plots, seat, ink } = this.player;
    if (!this.has_plots || !plots) return [];
    const s = track.series();
    const t = Array.from(track.ticks);
    const top = rows => round_up(rows.flat().reduce((a, b) => Math.max(a, b), 0));
    const hit_points = track.rules.hit_points;
    return [
      ...this.value_strip(),
      { name: "hit points", rows: s.hp, t, low: 0, high: hit_points, step: true, colours: seat },
      { name: "range, m", rows: s.range, t, low: 0, high: top(s.range), colours: [ink.ink] },
      { name: "energy, m", rows: s.energy, t, low: 0, high: top(s.energy), colours: seat },
      { name: "angle off", unit: "\u00b0", rows: s.off, t, low: 0, high: 180, colours: seat },
      ...this.choice_strips(),
    ];
  }

  decisions(n) {
    const { track } = this.player;
    return Array.from({ length: n }, (_, k) => track.first + k * track.rules.decision_ticks);
  }

  value_strip() {
    const { track, seat, thinking } = this.player;
    const values = Object.entries(thinking ? thinking.values(track) : {});
    const rows = values.map(([, v]) => Array.from(v)).filter(v => v.length);
    if (!rows.length) return [];
    const all = rows.flat();
    const far = round_up(all.reduce((a, b) => Math.max(a, Math.abs(b)), 0));
    const low = all.some(v => v < 0) ? -far : 0;
    const colours = values.map(([s]) => seat[s]);
    const marks = thinking.mistakes(track);
    const t = this.decisions(rows[0].length);
    return [{ name: "value", rows, t, low, high: far, zero: true, colours, marks }];
  }

  choice_strips() {
    const { track, seat } = this.player;
    const list = [];
    const row = Object.keys(track.minds || {}).length > 1 ? THIN : HEAT;
    for (const [s, mind] of Object.entries(track.minds || {}))
      for (const head of mind.heads) {
        const n = head.p.length / head.options;
        const t = this.decisions(n);
        list.push({ name: head.name, heat: head, row, colour: seat[s], n, t });
      }
    return list;
  }

  height_of(strip) {
    return strip.heat ? strip.row * strip.heat.options + 6 : STRIP;
  }

  // -- drawing

  draw() {
    const { tracks } = this.player;
    const strips = this.strips();
    if (!this.has_lanes) this.element.hidden = !strips.length || this.player.track.n < 2;
    const width = this.element.clientWidth;
    if (!width) return;
    this.width = width;
    const ratio = window.devicePixelRatio || 1;
    const lanes = this.has_lanes ? tracks : [];
    const plots = strips.reduce((sum, s) => sum + this.height_of(s), 0);
    const height = LANES_H * lanes.length + plots + AXIS;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = height + "px";
    const g = this.canvas.getContext("2d");
    g.scale(ratio, ratio);
    g.font = "11px system-ui, sans-serif";
    g.textBaseline = "middle";
    const name = t => (tracks.length > 1 ? this.player.name_of(t) : "events");
    lanes.forEach((t, k) => this.lanes(g, t, k * LANES_H, name(t)));
    let y = LANES_H * lanes.length;
    for (const s of strips) {
      if (s.heat) this.heat(g, s, y + 3);
      else this.strip(g, s, y);
      y += this.height_of(s);
    }
    this.seconds(g, y);
  }

  seconds(g, y) {
    const { ink, first, last, rate } = this.player;
    const span = (last - first) / rate;
    const steps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300];
    const most = (this.width - this.gutter) / 55;
    const step = steps.find(s => span / s <= most) || 600;
    g.fillStyle = ink.soft;
    g.strokeStyle = ink.line;
    g.textAlign = "center";
    g.beginPath();
    for (let s = Math.ceil(first / rate / step) * step; s <= last / rate + 1e-9; s += step) {
      const x = Math.round(this.x(s * rate)) + 0.5;
      g.moveTo(x, y - 3);
      g.lineTo(x, y + 2);
      if (x < this.width - 14) g.fillText(String(s), x, y + 9);
    }
    g.stroke();
    g.textAlign = "right";
    g.fillText("s", this.gutter - 8, y + 9);
  }

  // What happened when: seat 0 above the line, seat 1 below.
  lanes(g, track, top, name) {
    const { ink } = this.player;
    const middle = top + 30;
    g.strokeStyle = ink.line;
    g.lineWidth = 1;
    g.beginPath();
    g.moveTo(this.gutter, middle + 0.5);
    g.lineTo(this.width - RIGHT, middle + 0.5);
    g.stroke();
    g.fillStyle = ink.soft;
    g.textAlign = "left";
    g.fillText(name.length > 15 ? name.slice(0, 14) + "\u2026" : name, 0, middle);
    for (const e of track.events) this.event(g, track, e, middle);
    (track.turns || []).forEach((t, k) => this.number(g, t, k + 1, top + 6.5));
  }

  event(g, track, e, middle) {
    const { ink, seat } = this.player;
    const x = this.x(e.tick);
    const up = e.seat === 0 ? -1 : 1;
    const y = middle + up * 10;
    g.strokeStyle = g.fillStyle = seat[e.seat];
    g.beginPath();
    if (e.kind === "shot") {
      g.lineWidth = 1.1;
      g.moveTo(x, middle + up * 2);
      g.lineTo(x, middle + up * 7);
      g.stroke();
    }
    if (e.kind === "stall") {
      const end = this.x(e.tick + (e.length || track.rules.stall_ticks));
      g.globalAlpha = 0.45;
      g.fillRect(x, middle + up * 15 - 1, Math.max(3, end - x), 2.5);
      g.globalAlpha = 1;
    }
    if (e.kind === "hit") {
      g.arc(x, y, 4, 0, TAU);
      g.fill();
    }
    if (e.kind === "glance") {
      g.lineWidth = 1.3;
      g.arc(x, y, 3.4, 0, TAU);
      g.fillStyle = ink.paper;
      g.fill();
      g.stroke();
    }
    if (e.kind === "kill" || e.kind === "crash") {
      g.lineWidth = 2.2;
      for (const d of [-1, 1]) {
        g.moveTo(x - 4.5, y - 4.5 * d);
        g.lineTo(x + 4.5, y + 4.5 * d);
      }
      g.stroke();
    }
  }

  number(g, turn, k, y) {
    const { ink, seat } = this.player;
    const x = this.x(turn.tick);
    g.fillStyle = ink.paper;
    g.strokeStyle = seat[turn.seat];
    g.lineWidth = 1.2;
    g.beginPath();
    g.arc(x, y, 6, 0, TAU);
    g.fill();
    g.stroke();
    g.fillStyle = seat[turn.seat];
    g.textAlign = "center";
    g.font = "9px system-ui, sans-serif";
    g.fillText(String(k), x, y + 0.5);
    g.font = "11px system-ui, sans-serif";
  }

  strip(g, s, top) {
    const { ink } = this.player;
    const a = top + 5;
    const b = top + STRIP - 5;
    const y = v => b - ((b - a) * (v - s.low)) / (s.high - s.low || 1);
    g.fillStyle = ink.soft;
    g.textAlign = "left";
    g.fillText(s.name, 0, (a + b) / 2);
    g.textAlign = "right";
    g.font = "9px system-ui, sans-serif";
    const edge = v => fixed(v, Math.abs(s.high) < 1 ? 1 : 0) + (s.unit || "");
    g.fillText(edge(s.high), this.gutter - 8, a + 1);
    g.fillText(edge(s.low), this.gutter - 8, b);
    g.font = "11px system-ui, sans-serif";
    g.lineWidth = 1;
    this.level(g, y(s.low), ink.faint);
    this.level(g, y(s.high), ink.faint);
    if (s.zero) this.level(g, y(0), ink.line);
    s.rows.forEach((row, i) => this.curve(g, s, row, i, y));
    for (const m of s.marks || []) this.mistake(g, m, s, y);
  }

  level(g, y, colour) {
    g.strokeStyle = colour;
    g.beginPath();
    g.moveTo(this.gutter, Math.round(y) + 0.5);
    g.lineTo(this.width - RIGHT, Math.round(y) + 0.5);
    g.stroke();
  }

  curve(g, s, row, i, y) {
    const nudge = s.step ? (i ? 0.8 : -0.8) : 0;
    g.strokeStyle = s.colours[i];
    g.lineWidth = 1.4;
    g.lineJoin = "round";
    g.beginPath();
    row.forEach((v, k) => {
      const x = this.x(s.t[k]);
      if (k && s.step) g.lineTo(x, y(row[k - 1]) + nudge);
      g.lineTo(x, y(v) + nudge);
    });
    g.stroke();
  }

  // "?" and "??" on the value curve, where a decision was followed by a large loss.
  mistake(g, m, s, y) {
    const { ink, seat, track, thinking } = this.player;
    const values = thinking.values(track)[m.seat];
    const d = Math.round((m.tick - track.first) / track.rules.decision_ticks);
    const x = clamp(this.x(m.tick), this.gutter + 6, this.width - RIGHT - 6);
    const py = y(values[clamp(d, 0, values.length - 1)]);
    g.font = "700 11px system-ui, sans-serif";
    g.textAlign = "center";
    g.lineWidth = 3;
    g.strokeStyle = ink.paper;
    g.strokeText(m.sign, x, py - 5);
    g.fillStyle = seat[m.seat];
    g.fillText(m.sign, x, py - 5);
    g.font = "11px system-ui, sans-serif";
  }

  // A row for each option, the darker the likelier.
  heat(g, s, top) {
    const { ink, track } = this.player;
    const m = s.heat.options;
    const h = s.row;
    g.fillStyle = ink.soft;
    g.textAlign = "left";
    g.fillText(s.name, 0, top + (h * m) / 2);
    g.fillStyle = ink.faint;
    g.fillRect(this.gutter, top, this.x(track.last) - this.gutter, h * m);
    g.fillStyle = s.colour;
    for (let d = 0; d < s.n; d++) {
      const x = this.x(s.t[d]);
      const right = this.x(Math.min(track.last, s.t[d] + track.rules.decision_ticks));
      for (let k = 0; k < m; k++) {
        const p = s.heat.p[d * m + k];
        if (p < 0.02) continue;
        g.globalAlpha = p;
        g.fillRect(x, top + (m - 1 - k) * h, right - x + 0.3, h - 0.6);
      }
    }
    g.globalAlpha = 1;
  }

  move(tick, text) {
    if (!this.width) return;
    this.cursor.style.transform = `translateX(${this.x(tick) - 0.75}px)`;
    if (this.said === text) return;
    this.said = text;
    this.element.setAttribute("aria-valuetext", text);
    this.element.setAttribute("aria-valuenow", this.player.frame);
  }

  limits() {
    this.element.setAttribute("aria-valuemin", 0);
    this.element.setAttribute("aria-valuemax", this.player.track.n - 1);
  }
}
