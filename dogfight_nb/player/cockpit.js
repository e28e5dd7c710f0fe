// ---- the cockpit: what somebody who flies is shown in the sky, and the hands on the stick -------

// how the two ways to turn are called: fingers have buttons, everybody else has arrows
const FINGERS = matchMedia("(pointer: coarse)").matches;
const TURN_LEFT = FINGERS ? "\u21ba" : "\u2190";
const TURN_RIGHT = FINGERS ? "\u21bb" : "\u2192";
const MORE_THROTTLE = FINGERS ? "+" : "\u2191";
const LESS_THROTTLE = FINGERS ? "\u2212" : "\u2193";
const SIGHT_S = 0.35; // how long before the ground the warning comes, beside what the turn takes

// The radius (m) of the tightest turn at speed `v` (m/s).
function turn_radius(v, rules) {
  const fast = clamp((v - rules.min_speed) / (rules.max_speed - rules.min_speed), 0, 1);
  return v / mix(rules.max_turn_rate, rules.min_turn_rate, fast);
}

// The metres of height that the turn out of a dive takes, at full pull.
function pull_out_height(p, rules) {
  const dive = Math.max(0, -Math.sin(p.yaw));
  if (!dive) return 0;
  const v = Math.max(p.v, rules.min_speed);
  return turn_radius(v, rules) * (1 - Math.sqrt(1 - dive * dive)) + SIGHT_S * v * dive;
}

// Which arrow pulls the nose up: to the right of the sky by the left one, and the other way round.
const up_key = p => (Math.cos(p.yaw) >= 0 ? TURN_LEFT : TURN_RIGHT);

// Where `them` will be when a bullet that `me` fires now gets there: {x, y, seconds}, or null.
function lead(me, them, rules) {
  const wide = 2 * rules.half_width;
  let dx = them.x - me.x;
  dx -= wide * Math.round(dx / wide);
  const dy = them.y - me.y;
  const vx = them.v * Math.cos(them.yaw);
  const vy = them.v * Math.sin(them.yaw);
  const speed = rules.bullet_speed;
  const ahead = rules.muzzle; // a bullet appears that far in front of the nose
  // |d + v t| = ahead + speed t
  const a = vx * vx + vy * vy - speed * speed;
  const b = 2 * (dx * vx + dy * vy - ahead * speed);
  const c = dx * dx + dy * dy - ahead * ahead;
  const root = b * b - 4 * a * c;
  if (root < 0 || a === 0) return null;
  const seconds = Math.max((-b - Math.sqrt(root)) / (2 * a), (-b + Math.sqrt(root)) / (2 * a));
  if (!(seconds > 0)) return null;
  return { x: me.x + dx + vx * seconds, y: them.y + vy * seconds, dx, dy, seconds };
}

class Help {
  constructor(flying) {
    this.flying = flying;
  }

  draw(stage) {
    const { flying } = this;
    const me = stage.now.fighters[flying.seat];
    const them = stage.now.fighters[1 - flying.seat];
    this.stage = stage;
    if (flying.waiting || flying.countdown > 0) this.introduce(me, them);
    if (!me.alive || !them.alive) return;
    this.tail_cone(them);
    this.sight(me, them);
    this.cooldown(me);
    this.warn(me);
    this.pointer(them);
  }

  introduce(me, them) {
    // before it begins: who is who
    const { stage, flying } = this;
    const other = flying.spec.name || flying.spec;
    const colours = stage.player.seat;
    stage.g.lineWidth = 2;
    for (const [p, seat, name] of [
      [me, flying.seat, "you"],
      [them, 1 - flying.seat, other],
    ])
      stage.copies(p.x, 30, x => {
        const [px, py] = stage.project(x, p.y);
        stage.g.strokeStyle = colours[seat];
        stage.g.beginPath();
        stage.g.arc(px, py, stage.plane_length * 2.2, 0, TAU);
        stage.g.stroke();
        stage.label(name, x, p.y, stage.plane_length * 2.2 + 9, colours[seat]);
      });
  }

  tail_cone(them) {
    // from inside this cone bullets glance off
    const { stage } = this;
    const { g, camera } = stage;
    const cone = stage.track.rules.rear_aspect_cone;
    const long = 46 * camera.k;
    stage.copies(them.x, 60, at => {
      const [x, y] = stage.project(at, them.y);
      const tail = Math.PI - them.yaw; // on the canvas y points down
      g.fillStyle = stage.player.seat[1 - this.flying.seat];
      g.globalAlpha = 0.14;
      g.beginPath();
      g.moveTo(x, y);
      g.arc(x, y, long, tail - cone, tail + cone);
      g.fill();
      g.globalAlpha = 1;
    });
  }

  sight(me, them) {
    const { stage } = this;
    const { g } = stage;
    const r = stage.track.rules;
    const colour = stage.player.seat[this.flying.seat];
    const reach = r.muzzle + (r.bullet_speed * r.bullet_lifetime_ticks) / r.tick_rate;
    const cos = Math.cos(me.yaw);
    const sin = Math.sin(me.yaw);
    const aim = lead(me, them, r);
    const inside = aim && aim.seconds <= r.bullet_lifetime_ticks / r.tick_rate;
    const range = aim ? Math.hypot(aim.x - me.x, aim.y - me.y) : Infinity;
    const off = aim ? turned(Math.atan2(aim.y - me.y, aim.x - me.x) - me.yaw) : Math.PI;
    const near = (r.fighter_radius + r.bullet_radius) / Math.max(range, 1);
    this.on_target = !!inside && Math.abs(off) < Math.asin(Math.min(1, near));
    this.glances = Math.cos(me.yaw - them.yaw) > Math.cos(r.rear_aspect_cone);
    stage.copies(me.x, reach, at => {
      g.strokeStyle = colour;
      g.lineWidth = this.on_target ? 1.6 : 1;
      g.globalAlpha = this.on_target ? 0.9 : 0.4;
      g.setLineDash([2, 5]);
      g.beginPath();
      g.moveTo(...stage.project(at + 20 * cos, me.y + 20 * sin));
      g.lineTo(...stage.project(at + reach * cos, me.y + reach * sin));
      g.stroke();
      g.setLineDash([]);
      g.globalAlpha = 1;
      if (aim) this.pipper(at + aim.x - me.x, aim, inside, colour);
    });
  }

  pipper(x, aim, inside, colour) {
    const { stage } = this;
    const { g, ink } = { g: stage.g, ink: stage.player.ink };
    const [px, py] = stage.project(x, aim.y);
    g.strokeStyle = inside ? colour : ink.soft;
    g.globalAlpha = inside ? 1 : 0.5;
    g.lineWidth = this.on_target ? 2.4 : 1.3;
    g.beginPath();
    g.arc(px, py, 7, 0, TAU);
    g.stroke();
    g.beginPath();
    g.arc(px, py, 1.5, 0, TAU);
    g.stroke();
    g.globalAlpha = 1;
    const word = this.glances ? "from behind: glances off" : "fire";
    if (this.on_target) stage.label(word, x, aim.y, -16, this.glances ? ink.soft : colour);
    else if (inside) stage.label(`${aim.seconds.toFixed(1)} s`, x, aim.y, -15, ink.soft, 0.9);
  }

  cooldown(me) {
    const { stage } = this;
    const { g } = stage;
    const r = stage.track.rules;
    const ready = 1 - clamp(me.gun / Math.max(1, r.gun_cooldown_ticks), 0, 1);
    stage.copies(me.x, 30, at => {
      const [x, y] = stage.project(at, me.y);
      g.strokeStyle = stage.player.seat[this.flying.seat];
      g.globalAlpha = ready === 1 ? 0.85 : 0.5;
      g.lineWidth = ready === 1 ? 2 : 3;
      g.beginPath();
      g.arc(x, y, stage.plane_length * 1.5, -Math.PI / 2, -Math.PI / 2 + TAU * ready);
      g.stroke();
      g.globalAlpha = 1;
    });
  }

  // What is about to go wrong, in one line, or "".
  warning(me, rules) {
    if (!me.alive) return "";
    if (me.y - rules.ground < pull_out_height(me, rules) + 8 && Math.sin(me.yaw) < 0)
      return `pull up: hold ${up_key(me)}`;
    if (me.stall > 0) return "stalled: the controls are dead, it falls";
    if (me.v < rules.stall_speed + 5)
      return `too slow: full throttle (${MORE_THROTTLE}), nose down`;
    if (me.y > rules.ceiling_start + 20) return "thin air takes your speed: come down";
    return "";
  }

  warn(me) {
    const { stage, flying } = this;
    const text = this.warning(me, stage.track.rules);
    if (text && text !== this.warned && !flying.waiting) stage.player.sound.play("warning");
    this.warned = text;
    const colour = stage.player.ink.warn;
    stage.copies(me.x, 30, at => {
      if (text) stage.label(text, at, me.y, stage.plane_length * 2.2 + 14, colour);
    });
  }

  pointer(them) {
    // an arrow at the edge of the sky, where the other is out of sight
    const { stage } = this;
    const [x, y] = stage.project(them.ux ?? them.x, them.y);
    let seen = false;
    stage.copies(them.x, 0, () => (seen = true));
    if (seen && y > 0 && y < stage.h) return;
    const { g } = stage;
    const px = clamp(x, 14, stage.w - 14);
    const py = clamp(y, 14, stage.h - 14);
    g.fillStyle = stage.player.seat[1 - this.flying.seat];
    g.beginPath();
    g.arc(px, py, 6, 0, TAU);
    g.fill();
  }
}

// ---- the hands: keys, fingers and a gamepad, all as one yaw input, one lever and one trigger ----

function gamepad() {
  // navigator.getGamepads is missing in frames without permission
  let pads = [];
  try {
    pads = navigator.getGamepads?.() || [];
  } catch {
    return null;
  }
  const pad = Array.from(pads).find(p => p && p.connected && p.axes.length >= 2);
  if (!pad) return null;
  const dead = a => (Math.abs(a) < 0.15 ? 0 : a);
  const pressed = k => (pad.buttons[k]?.value ?? 0) > 0.3;
  return {
    turn: -clamp(dead(pad.axes[0]), -1, 1),
    lever: -dead(pad.axes[3] ?? 0) + (pressed(12) ? 1 : 0) - (pressed(13) ? 1 : 0),
    fire: pressed(0) || pressed(7),
    pause: pressed(9),
    rewind: pressed(1),
  };
}
