// ---- the sky: a camera, what does not move, the planes, and what happens to them ----------------

const MARGIN = 64; // metres that are shown beyond both edges of the arena
const BELOW = 16; // and below and above it
const ABOVE = 12;
const TRAIL_S = 5;
const AFTERMATH_S = 1.8; // how long an end is watched
const SHAPE = [
  [1.4, 0],
  [0.1, 0.2],
  [-0.95, 0.86],
  [-0.58, 0],
  [-0.95, -0.86],
  [0.1, -0.2],
];
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// The same number for the same k, between 0 and 1: what looks random must not flicker.
const scatter = k => {
  const x = Math.sin(12.9898 * k + 4.1414) * 43758.5453;
  return x - Math.floor(x);
};

class Stage {
  constructor(track, player) {
    this.track = track;
    this.player = player;
    this.canvas = make("canvas", { role: "img" });
    this.pips = [0, 1].map(() => make("span", { class: "pips", role: "img" }));
    this.names = [0, 1].map(() => make("b"));
    this.how = make("span", { class: "how" });
    this.caption = make("div", { class: "label", hidden: true });
    this.overlay = make("div", { class: "sky" }, this.canvas);
    const who = s =>
      make("span", { class: "who " + ["zero", "one"][s] }, this.names[s], this.pips[s]);
    this.head = make("div", { class: "head" }, who(0), this.how, who(1));
    this.element = make("section", { class: "stage" }, this.caption, this.head, this.overlay);
    this.set(track);
  }

  set(track) {
    this.track = track;
    this.background = null;
    this.shown_hp = [null, null];
    this.camera = null;
    const { rules } = track;
    this.wide = 2 * (rules.half_width + MARGIN);
    this.high = rules.max_altitude + BELOW + ABOVE;
    for (const s of [0, 1]) {
      const version = track.versions?.[s] ? `, version ${track.versions[s]}` : "";
      this.names[s].textContent = track.names[s];
      this.names[s].title = `seat ${s}: ${track.names[s]}${version}`;
    }
    this.caption.textContent = this.player.name_of(track);
    this.caption.hidden = !this.caption.textContent;
    this.canvas.setAttribute("aria-label", track.caption);
    this.how.textContent = track.result || "";
    this.how.title = track.caption;
  }

  // -- size and camera

  // As wide as its box and as high as the arena then is, or as high as the player allows.
  size() {
    const width = this.overlay.clientWidth;
    if (!width) return false;
    const ratio = window.devicePixelRatio || 1;
    const natural = Math.min((this.high * width) / this.wide, 1600);
    const height = this.follows ? this.player.sky_height(width, natural) : natural;
    const w = Math.round(width * ratio);
    const h = Math.round(height * ratio);
    if (this.canvas.width !== w || this.canvas.height !== h || this.ratio !== ratio) {
      this.canvas.width = w;
      this.canvas.height = h;
      this.canvas.style.height = h / ratio + "px";
      this.ratio = ratio;
      this.background = null;
    }
    this.w = w / ratio;
    this.h = h / ratio;
    return true;
  }

  get follows() {
    return this.player.follow && !this.small;
  }

  // The whole arena: its middle, and CSS pixels a metre.
  whole() {
    const { rules } = this.track;
    const k = Math.min(this.w / this.wide, this.h / this.high);
    const spare = this.h / k - this.high; // metres, where the sky is higher than the arena
    return { x: 0, y: (rules.max_altitude + ABOVE - BELOW) / 2 + spare * 0.12, k };
  }

  // Both planes, as large as they fit. Never wider than the whole arena.
  around(fighters) {
    const whole = this.whole();
    const period = 2 * this.track.rules.half_width;
    const [a, b] = fighters;
    const dx = b.x - a.x - period * Math.round((b.x - a.x) / period);
    const room = 75;
    const fit = Math.min(
      this.w / (Math.abs(dx) + 2 * room),
      this.h / (Math.abs(b.y - a.y) + 2 * room),
    );
    const k = clamp(fit, whole.k, Math.max(whole.k, Math.min(2.1, this.w / 320)));
    const half = this.h / k / 2;
    const top = this.track.rules.max_altitude + ABOVE;
    const y = this.h / k >= this.high ? whole.y : clamp((a.y + b.y) / 2, half - BELOW, top - half);
    return { x: a.ux + dx / 2, y, k };
  }

  // Of a small picture: both whole paths.
  around_paths() {
    const { track } = this;
    const period = 2 * track.rules.half_width;
    const last = track.n - 1;
    const [a, b] = track.ux;
    const lap = period * Math.round((b[last] - a[last]) / period);
    const xs = [...a, ...b.map(x => x - lap)];
    const ys = [0, 1].flatMap(s => Array.from(a, (_, k) => track.frames[16 * k + 8 * s + Y]));
    const span = all => [Math.min(...all) - 30, Math.max(...all) + 30];
    const [left, right] = span(xs);
    const [low, high] = span(ys);
    const k = Math.min(this.w / (right - left), this.h / (high - low));
    return { x: (left + right) / 2, y: (low + high) / 2, k: Math.max(k, this.whole().k) };
  }

  aim(now) {
    if (this.small) {
      this.camera = this.around_paths();
      return;
    }
    if (!this.follows) {
      this.camera = this.whole();
      return;
    }
    const goal = this.around(now.fighters);
    const moving = this.player.playing || this.player.flying;
    const time = performance.now();
    const seconds = Math.min(0.1, (time - (this.aimed || time)) / 1000);
    this.aimed = time;
    const before = this.camera;
    if (!before || !moving || Math.abs(goal.x - before.x) > 300) {
      this.camera = goal;
      return;
    }
    const s = 1 - Math.exp(-seconds / 0.35);
    this.camera = {
      x: mix(before.x, goal.x, s),
      y: mix(before.y, goal.y, s),
      k: before.k * Math.pow(goal.k / before.k, s),
    };
  }

  project(x, y) {
    // metres → CSS pixels of the canvas
    const c = this.camera || this.whole();
    return [this.w / 2 + (x - c.x) * c.k, this.h / 2 - (y - c.y) * c.k];
  }

  // The arena goes round: draw a thing at `x` wherever the camera sees one of its copies.
  copies(x, reach, draw) {
    const period = 2 * this.track.rules.half_width;
    const half = this.w / this.camera.k / 2 + reach;
    const first = Math.ceil((this.camera.x - half - x) / period);
    const last = Math.floor((this.camera.x + half - x) / period);
    for (let n = first; n <= last; n++) draw(x + n * period);
  }

  // -- what does not move

  // Sky, thin air, clouds, hills, ground, heights and edges, drawn into `g`.
  scenery(g) {
    const { ink } = this.player;
    const r = this.track.rules;
    const [, roof] = this.project(0, r.max_altitude);
    const [, floor] = this.project(0, r.ground);
    const sky = g.createLinearGradient(0, roof, 0, floor);
    sky.addColorStop(0, ink.skyTop);
    sky.addColorStop(1, ink.skyLow);
    g.fillStyle = sky;
    g.fillRect(0, 0, this.w, this.h);
    this.thin_air(g, roof);
    if (this.w > 240) this.clouds(g);
    this.hills(g, floor);
    this.heights(g, roof, floor);
    this.earth(g, floor);
    this.edges(g, roof, floor);
  }

  thin_air(g, roof) {
    // hatching that closes up as the thrust fades
    const { ink } = this.player;
    const r = this.track.rules;
    g.save();
    g.globalAlpha = 0.5;
    g.strokeStyle = ink.line;
    g.lineWidth = 1;
    g.beginPath();
    for (let i = 1; i <= 14; i++) {
      const share = Math.pow(1 - i / 15, 0.6);
      const [, y] = this.project(0, r.max_altitude - (r.max_altitude - r.ceiling_start) * share);
      g.moveTo(0, y);
      g.lineTo(this.w, y);
    }
    g.stroke();
    g.restore();
    g.strokeStyle = ink.soft;
    g.beginPath();
    g.moveTo(0, Math.round(roof) + 0.5);
    g.lineTo(this.w, Math.round(roof) + 0.5);
    g.stroke();
  }

  clouds(g) {
    const r = this.track.rules;
    const n = clamp(Math.round(r.half_width / 40), 6, 24);
    g.fillStyle = this.player.ink.cloud;
    for (let k = 0; k < n; k++) {
      const at = ((k + 0.7 * scatter(k)) / n - 0.5) * 2 * r.half_width;
      const y = r.max_altitude * (0.22 + 0.58 * scatter(k + 50));
      const size = 16 + 20 * scatter(k + 90);
      this.copies(at, 120, x => {
        g.beginPath();
        for (let i = -2; i <= 2; i++) {
          const grow = 1 - 0.28 * Math.abs(i);
          const [px, py] = this.project(x + i * size * 0.95, y - 2 * Math.abs(i));
          const radius = size * grow * this.camera.k;
          g.ellipse(px, py, radius, radius * 0.42, 0, 0, TAU);
        }
        g.fill();
      });
    }
  }

  hills(g, floor) {
    // far away: nobody hits them
    const half = this.track.rules.half_width;
    const height = x => {
      const a = (x / half) * Math.PI;
      return 17 + 7 * Math.sin(3 * a + 1) + 5 * Math.sin(7 * a) + 3 * Math.sin(13 * a + 2);
    };
    g.fillStyle = this.player.ink.hill;
    g.beginPath();
    g.moveTo(0, floor);
    for (let px = 0; px <= this.w + 4; px += 4) {
      const x = this.camera.x + (px - this.w / 2) / this.camera.k;
      g.lineTo(px, floor - height(x) * this.camera.k);
    }
    g.lineTo(this.w, floor);
    g.fill();
  }

  heights(g, roof, floor) {
    const { ink } = this.player;
    const r = this.track.rules;
    this.step = r.max_altitude > 4000 ? 1000 : this.w < 560 ? 200 : 100;
    g.strokeStyle = ink.faint;
    g.lineWidth = 1;
    g.beginPath();
    for (let y = this.step; y < r.max_altitude; y += this.step) {
      const py = Math.round(this.project(0, y)[1]) + 0.5;
      g.moveTo(0, py);
      g.lineTo(this.w, py);
    }
    g.stroke();
  }

  earth(g, floor) {
    const { ink } = this.player;
    const r = this.track.rules;
    g.fillStyle = ink.earth;
    g.fillRect(0, floor, this.w, this.h - floor);
    g.strokeStyle = ink.soft;
    g.lineWidth = 1.5;
    g.beginPath();
    g.moveTo(0, floor);
    g.lineTo(this.w, floor);
    g.stroke();
    // marks every 25 m, longer ones every 100 m: they give speed to what flies past
    g.lineWidth = 1;
    g.beginPath();
    for (let at = -r.half_width; at < r.half_width - 1; at += 25) {
      const deep = Math.round(at) % 100 === 0 ? 7 : 3.5;
      this.copies(at, 10, x => {
        const px = Math.round(this.project(x, 0)[0]) + 0.5;
        g.moveTo(px, floor + 1);
        g.lineTo(px, floor + 1 + deep);
      });
    }
    if (r.half_width <= 2000) g.stroke();
  }

  edges(g, roof, floor) {
    // where the arena goes on at the other side
    const half = this.track.rules.half_width;
    g.save();
    g.setLineDash([7, 3, 1.5, 3]);
    g.strokeStyle = this.player.ink.soft;
    g.globalAlpha = this.follows ? 0.45 : 1;
    g.beginPath();
    this.copies(half, 1, x => {
      const px = Math.round(this.project(x, 0)[0]) + 0.5;
      g.moveTo(px, roof);
      g.lineTo(px, floor);
    });
    g.stroke();
    g.restore();
  }

  backdrop(g) {
    if (this.follows) {
      g.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      this.scenery(g);
      return;
    }
    if (!this.background) {
      this.background = document.createElement("canvas");
      this.background.width = this.canvas.width;
      this.background.height = this.canvas.height;
      const painter = this.background.getContext("2d");
      painter.scale(this.ratio, this.ratio);
      this.scenery(painter);
    }
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.drawImage(this.background, 0, 0);
    g.scale(this.ratio, this.ratio);
  }

  // -- a moment

  draw(now) {
    if (!this.size()) return;
    const g = this.canvas.getContext("2d");
    this.g = g;
    this.now = now;
    this.aim(now);
    this.backdrop(g);
    this.labels = [];
    for (const s of [1, 0]) this.trail(s);
    for (const s of [1, 0]) this.damage(s);
    this.player.flying?.help.draw(this);
    this.effects(); // beneath the planes: they stay to be seen
    for (const b of now.bullets) this.copies(b.x, 20, x => this.bullet(x, b));
    for (const s of [1, 0]) this.copies(now.fighters[s].x, 30, x => this.plane(x, s));
    this.player.thinking?.draw_ghosts(this);
    if (!this.follows && !this.small) this.pale_margins();
    this.altitudes();
    for (const label of this.labels) this.text(...label);
    this.show_hit_points(now);
  }

  pale_margins() {
    // beyond the edges: the same things once more, paler
    const { g } = this;
    const r = this.track.rules;
    const [left] = this.project(-r.half_width, 0);
    const [right] = this.project(r.half_width, 0);
    g.save();
    g.fillStyle = this.player.ink.paper;
    g.globalAlpha = 0.55;
    g.fillRect(0, 0, left, this.h);
    g.fillRect(right + 1, 0, this.w - right, this.h);
    g.restore();
  }

  altitudes() {
    const { g } = this;
    if (this.w <= 240) return;
    const top = this.track.rules.max_altitude;
    g.fillStyle = this.player.ink.soft;
    g.font = `${this.w < 560 ? 9 : 10}px system-ui, sans-serif`;
    g.textBaseline = "middle";
    g.textAlign = "left";
    for (let y = this.step; y <= top; y += this.step) {
      const py = this.project(0, y)[1] + (y + this.step > top ? 7 : -6);
      if (py > 5 && py < this.h - 5) g.fillText(y === this.step ? `${y} m` : String(y), 5, py);
    }
  }

  show_hit_points(now) {
    const all = this.track.rules.hit_points;
    for (const s of [0, 1]) {
      const { hp } = now.fighters[s];
      if (hp === this.shown_hp[s]) continue;
      this.shown_hp[s] = hp;
      const dots = "\u25cf".repeat(hp) + "\u25cb".repeat(Math.max(0, all - hp));
      this.pips[s].textContent = all <= 12 ? dots : `${hp} / ${all}`;
      this.pips[s].setAttribute("aria-label", `${hp} of ${all} hit points`);
    }
  }

  trail(seat) {
    const { track, now, g } = this;
    const f = track.frames;
    const whole = this.player.whole_path;
    const begin = whole ? 0 : track.frame_at(now.tick - TRAIL_S * track.rate);
    const stride = whole && track.n > 900 ? 2 : 1;
    const points = [];
    for (let k = begin; k <= now.frame; k += stride)
      points.push([track.ux[seat][k], f[16 * k + 8 * seat + Y]]);
    const p = now.fighters[seat];
    points.push([p.ux, p.y]);
    const n = points.length;
    const bands = whole ? 8 : 14;
    let low = Infinity;
    let high = -Infinity;
    for (const [x] of points) {
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
    const period = 2 * track.rules.half_width;
    const half = this.w / this.camera.k / 2;
    const first = Math.ceil((this.camera.x - half - high) / period);
    const last = Math.floor((this.camera.x + half - low) / period);
    g.strokeStyle = this.player.seat[seat];
    g.lineCap = "butt";
    g.lineJoin = "round";
    for (let copy = first; copy <= last; copy++)
      for (let b = 0; b < bands; b++) {
        const from = Math.floor((n * b) / bands);
        const to = Math.min(n - 1, Math.floor((n * (b + 1)) / bands));
        if (to <= from) continue;
        const age = (b + 1) / bands;
        g.globalAlpha = whole ? 0.15 + 0.6 * age : 0.04 + 0.8 * age * age;
        g.lineWidth = whole ? 1.2 : 0.8 + 1.3 * age;
        g.beginPath();
        for (let k = from; k <= to; k++)
          g.lineTo(...this.project(points[k][0] + copy * period, points[k][1]));
        g.stroke();
      }
    g.globalAlpha = 1;
  }

  // -- planes

  get plane_length() {
    return Math.max(17 * this.camera.k, 11);
  }

  outline(x, y, yaw, L) {
    const { g } = this;
    const cos = Math.cos(yaw);
    const sin = -Math.sin(yaw);
    g.beginPath();
    for (const [a, b] of SHAPE) g.lineTo(x + L * (a * cos - b * sin), y + L * (a * sin + b * cos));
    g.closePath();
  }

  plane(at, seat) {
    const { g, now, player } = this;
    const r = this.track.rules;
    const p = now.fighters[seat];
    const colour = player.seat[seat];
    const [x, y] = this.project(at, p.y);
    const L = this.plane_length;
    g.lineWidth = 1;
    if (p.alive) this.exhaust_and_reach(x, y, p, seat, L);
    this.outline(x, y, p.yaw, L);
    g.fillStyle = player.ink.paper;
    g.fill();
    if (p.alive && p.hp > 0) this.fill_by_hit_points(x, y, p, L, colour);
    g.strokeStyle = colour;
    g.lineWidth = 1.4;
    g.lineJoin = "round";
    if (!p.alive) g.setLineDash([3, 2]);
    this.outline(x, y, p.yaw, L);
    g.stroke();
    g.setLineDash([]);
    if (p.alive && p.stall > 0) {
      const left = (TAU * p.stall) / Math.max(1, r.stall_ticks);
      g.lineWidth = 2;
      g.beginPath();
      g.arc(x, y, L * 1.75, -Math.PI / 2, -Math.PI / 2 + left);
      g.stroke();
      if (!player.flying) this.label("stall", at, p.y, L * 1.75 + 7, colour);
    }
    if (!p.alive) {
      g.lineWidth = 1.8;
      g.beginPath();
      for (const d of [-1, 1]) {
        g.moveTo(x - 8, y - 8 * d);
        g.lineTo(x + 8, y + 8 * d);
      }
      g.stroke();
    }
  }

  exhaust_and_reach(x, y, p, seat, L) {
    const { g, now } = this;
    const r = this.track.rules;
    const colour = this.player.seat[seat];
    const cos = Math.cos(p.yaw);
    const sin = -Math.sin(p.yaw);
    const thrust = now.command && p.stall <= 0 ? now.command[seat].throttle : 0;
    g.strokeStyle = colour;
    if (thrust > 0) {
      const long = 0.62 + 0.75 * thrust;
      g.globalAlpha = 0.45;
      g.lineWidth = Math.max(2, L * 0.22);
      g.beginPath();
      g.moveTo(x - cos * L * 0.62, y - sin * L * 0.62);
      g.lineTo(x - cos * L * long, y - sin * L * long);
      g.stroke();
    }
    // the circle in which a bullet hits
    g.lineWidth = 1;
    g.globalAlpha = 0.4;
    g.beginPath();
    g.arc(x, y, (r.fighter_radius + r.bullet_radius) * this.camera.k, 0, TAU);
    g.stroke();
    g.globalAlpha = 1;
    if (p.gun <= 0) {
      g.lineWidth = 1.6;
      g.beginPath();
      g.moveTo(x + cos * L * 1.6, y + sin * L * 1.6);
      g.lineTo(x + cos * L * 2.15, y + sin * L * 2.15);
      g.stroke();
    }
  }

  fill_by_hit_points(x, y, p, L, colour) {
    // as full of colour as it has hit points, from the tail on
    const { g } = this;
    const cos = Math.cos(p.yaw);
    const sin = -Math.sin(p.yaw);
    const share = clamp(p.hp / this.track.rules.hit_points, 0, 1);
    g.save();
    g.clip();
    g.translate(x, y);
    g.transform(cos, sin, -sin, cos, 0, 0);
    g.fillStyle = colour;
    g.fillRect(-1.05 * L, -L, 2.4 * L * share, 2 * L);
    g.restore();
  }

  bullet(at, b) {
    const { g } = this;
    const v = Math.hypot(b.vx, b.vy) || 1;
    const [x, y] = this.project(at, b.y);
    const tail = Math.max(20 * this.camera.k, 9);
    const [tx, ty] = [x - (b.vx / v) * tail, y + (b.vy / v) * tail];
    const fade = g.createLinearGradient(x, y, tx, ty);
    fade.addColorStop(0, this.player.seat[b.owner]);
    fade.addColorStop(1, this.player.seat[b.owner] + "00");
    g.strokeStyle = fade;
    g.lineWidth = 2.2;
    g.beginPath();
    g.moveTo(x, y);
    g.lineTo(tx, ty);
    g.stroke();
    g.fillStyle = this.player.seat[b.owner];
    g.beginPath();
    g.arc(x, y, Math.max(this.track.rules.bullet_radius * this.camera.k, 2.3), 0, TAU);
    g.fill();
  }

  // -- what happens to them

  damage(seat) {
    // a plane that was hit trails smoke, the more the fewer hit points it has
    const { g, now, track } = this;
    const p = now.fighters[seat];
    const lost = 1 - p.hp / track.rules.hit_points;
    if (calm.matches || !p.alive || lost < 0.3 || this.small) return;
    const f = track.frames;
    const begin = track.frame_at(now.tick - 1.4 * track.rate);
    g.fillStyle = this.player.ink.smoke;
    for (let k = begin; k < now.frame; k++) {
      if (k % 3) continue;
      const age = (now.tick - track.ticks[k]) / track.rate / 1.4;
      if (age >= 1) continue;
      g.globalAlpha = 0.34 * lost * (1 - age);
      const drift = 6 * (scatter(k) - 0.5);
      const radius = (2 + 6 * age) * this.camera.k;
      const y = f[16 * k + 8 * seat + Y] + drift + 5 * age;
      this.copies(f[16 * k + 8 * seat], 12, x => {
        g.beginPath();
        g.arc(...this.project(x, y), Math.max(1.2, radius), 0, TAU);
        g.fill();
      });
    }
    g.globalAlpha = 1;
  }

  effects() {
    if (this.small) return;
    const { now, track, player } = this;
    const after = now.tick >= track.last ? player.after : 0;
    for (let i = track.events.length - 1; i >= 0; i--) {
      const e = track.events[i];
      const age = (now.tick - e.tick) / track.rate + after;
      if (age < 0) continue;
      if (age > 3 + AFTERMATH_S) break;
      const draw = { shot: "muzzle", hit: "hit", glance: "glance", kill: "blast", crash: "dust" };
      if (draw[e.kind]) this.copies(e.x, 40, at => this[draw[e.kind]](at, e, age));
    }
    this.g.globalAlpha = 1;
  }

  muzzle(at, e, age) {
    if (age > 0.07 || calm.matches) return;
    const { g, now } = this;
    const { yaw } = now.fighters[e.seat];
    const [x, y] = this.project(at + 14 * Math.cos(yaw), e.y + 14 * Math.sin(yaw));
    g.fillStyle = this.player.ink.flash;
    g.strokeStyle = this.player.seat[e.seat];
    g.globalAlpha = 1 - age / 0.07;
    g.beginPath();
    g.arc(x, y, Math.max(4, 6 * this.camera.k), 0, TAU);
    g.fill();
    g.stroke();
  }

  ring(x, y, radius, rays, age) {
    const { g } = this;
    g.beginPath();
    g.arc(x, y, radius, 0, TAU);
    g.stroke();
    g.beginPath();
    for (let k = 0; k < rays; k++) {
      const a = (k * TAU) / rays + scatter(k) * 0.5;
      const from = radius + 2;
      const to = from + 5 + 16 * age * scatter(k + 7);
      g.moveTo(x + from * Math.cos(a), y + from * Math.sin(a));
      g.lineTo(x + to * Math.cos(a), y + to * Math.sin(a));
    }
    g.stroke();
  }

  hit(at, e, age) {
    if (age > 0.9) return;
    const { g, player } = this;
    const [x, y] = this.project(at, e.y);
    const fade = 1 - age / 0.9;
    if (age < 0.14 && !calm.matches) {
      g.globalAlpha = 1 - age / 0.14;
      g.fillStyle = player.ink.flash;
      g.beginPath();
      g.arc(x, y, 24, 0, TAU);
      g.fill();
    }
    g.globalAlpha = fade;
    g.strokeStyle = player.seat[e.seat];
    g.lineWidth = 2.2;
    this.ring(x, y, 6 + 18 * age, 9, age);
    this.label("hit", at, e.y, 26 + 10 * age, player.seat[e.seat], fade);
  }

  glance(at, e, age) {
    if (age > 1.1) return;
    const { g, player } = this;
    const [x, y] = this.project(at, e.y);
    const fade = 1 - age / 1.1;
    g.globalAlpha = fade;
    g.strokeStyle = player.ink.soft;
    g.lineWidth = 1.5;
    g.setLineDash([4, 3]);
    g.beginPath();
    g.arc(x, y, 9 + 10 * age, 0, TAU);
    g.stroke();
    g.setLineDash([]);
    this.label("glances off", at, e.y, 22 + 8 * age, player.ink.soft, fade);
  }

  blast(at, e, age) {
    const { g, player } = this;
    const [x, y] = this.project(at, e.y);
    const scale = Math.max(this.camera.k, 0.55);
    if (!calm.matches) {
      this.smoke(x, y, age, scale, -1);
      if (age < 0.9) {
        for (const [colour, size, speed] of [
          [player.ink.fire, 26, 1],
          [player.ink.flash, 15, 1.5],
        ]) {
          g.globalAlpha = clamp(1 - age * speed, 0, 1);
          g.fillStyle = colour;
          g.beginPath();
          g.arc(x, y, size * scale * Math.sqrt(0.15 + age), 0, TAU);
          g.fill();
        }
      }
      this.debris(x, y, age, scale, player.seat[1 - e.seat]);
    } else {
      g.globalAlpha = 1;
      g.strokeStyle = player.seat[e.seat];
      g.lineWidth = 2;
      this.ring(x, y, 20, 8, 0.5);
    }
    this.label("shot down", at, e.y, 34, player.seat[e.seat]);
  }

  debris(x, y, age, scale, colour) {
    const { g } = this;
    if (age > 2.2) return;
    g.strokeStyle = colour;
    g.lineWidth = 2;
    g.globalAlpha = clamp(2.2 - age, 0, 1);
    for (let k = 0; k < 9; k++) {
      const a = TAU * scatter(k + 20);
      const far = (14 + 34 * scatter(k + 30)) * Math.min(age, 1.2) * scale;
      const px = x + far * Math.cos(a);
      const py = y + far * Math.sin(a) + 26 * age * age * scale;
      const turn = a + 7 * age;
      g.beginPath();
      g.moveTo(px - 3 * Math.cos(turn), py - 3 * Math.sin(turn));
      g.lineTo(px + 3 * Math.cos(turn), py + 3 * Math.sin(turn));
      g.stroke();
    }
  }

  smoke(x, y, age, scale, rise) {
    const { g } = this;
    g.fillStyle = this.player.ink.smoke;
    for (let k = 0; k < 7; k++) {
      const born = 0.12 * k;
      if (age < born) break;
      const grown = age - born;
      g.globalAlpha = clamp(0.5 - 0.17 * grown, 0, 1);
      const px = x + (scatter(k) - 0.5) * 22 * scale * Math.sqrt(grown + 0.2);
      const py = y + rise * (10 * grown + 5 * k * grown) * scale;
      g.beginPath();
      g.arc(px, py, (5 + 9 * Math.sqrt(grown)) * scale, 0, TAU);
      g.fill();
    }
  }

  dust(at, e, age) {
    const { g, player } = this;
    const [x, y] = this.project(at, Math.max(e.y, this.track.rules.ground));
    const scale = Math.max(this.camera.k, 0.55);
    g.fillStyle = player.ink.dust;
    for (let k = 0; k < 11 && !calm.matches; k++) {
      const spread = (k / 10 - 0.5) * 2;
      const grown = Math.min(age, 1.6);
      const lift = (1 - spread * spread) * 38 * Math.sqrt(grown) * scale;
      g.globalAlpha = clamp(0.75 - 0.22 * age, 0, 1);
      g.beginPath();
      g.arc(
        x + spread * 34 * Math.sqrt(grown) * scale,
        y - lift * (0.4 + 0.6 * scatter(k)),
        (4 + 8 * Math.sqrt(grown)) * scale,
        0,
        TAU,
      );
      g.fill();
    }
    if (!calm.matches) this.smoke(x, y, age, scale, -1.3);
    g.globalAlpha = 1;
    this.label("into the ground", at, e.y, 30, player.seat[e.seat]);
  }

  // -- words in the sky

  label(what, x, y, above, colour, alpha = 1) {
    const [px, py] = this.project(x, y);
    if (px < -2 || px > this.w + 2) return;
    // of a thing that is shown twice at an edge, only the one inside the arena is labelled
    const half = this.track.rules.half_width;
    if (!this.follows && (x < -half || x >= half)) return;
    const near = ([, ox, oy]) => Math.abs(px - ox) < 60 && Math.abs(py - above - oy) < 13;
    if (this.labels.some(near)) return; // the later word counts
    this.labels.push([what, px, py - above, colour, alpha]);
  }

  text(what, x, y, colour, alpha) {
    const { g } = this;
    if (this.w < 240) return; // a thumbnail
    g.font = "600 11px system-ui, sans-serif";
    g.textAlign = "center";
    g.textBaseline = "middle";
    const half = g.measureText(what).width / 2 + 4;
    x = clamp(x, half, this.w - half);
    y = clamp(y, 9, this.h - 9);
    g.globalAlpha = alpha;
    g.lineWidth = 3;
    g.strokeStyle = this.player.ink.paper;
    g.strokeText(what, x, y);
    g.fillStyle = colour;
    g.fillText(what, x, y);
    g.globalAlpha = 1;
  }
}
