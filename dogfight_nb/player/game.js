// Made by dogfight_nb.javascript.write_game_js from the kernels: do not edit.
const Game = (() => {
"use strict";
const f = Math.fround;
const min = (a, b) => b < a ? b : a;
const max = (a, b) => b > a ? b : a;
const copysign = (a, b) => b < 0 || (b === 0 && 1 / b < 0) ? -Math.abs(a) : Math.abs(a);

const FIGHTER = {"x": 0, "y": 2, "yaw": 4, "speed": 6, "hp": 8, "cooldown": 10, "alive": 12, "stall": 14, "hits": 16, "shots": 18, "old_x": 20, "old_y": 22, "old_yaw": 24, "sine": 26, "cosine": 28, "turn": 30, "throttle": 32, "trigger": 34, "fired": 36};
const MATCH = {"tick": 38, "terminal": 39, "outcome": 40, "reason": 41};
const BULLET = {"x": 0, "y": 2, "vx": 4, "vy": 6, "left": 8};
const RULE = {"tick_rate": 0, "decision_ticks": 1, "match_ticks": 2, "half_width": 3, "max_altitude": 4, "ceiling_start": 5, "ceiling_drain": 6, "ceiling_min_speed": 7, "ground": 8, "fighter_radius": 9, "bullet_radius": 10, "gravity": 11, "drag": 12, "max_thrust": 13, "max_speed": 14, "min_speed": 15, "max_turn_rate": 16, "min_turn_rate": 17, "turn_bleed": 18, "stall_speed": 19, "stall_ticks": 20, "stall_turn_rate": 21, "stall_recovery_speed": 22, "bullet_speed": 23, "bullet_lifetime_ticks": 24, "gun_cooldown_ticks": 25, "muzzle": 26, "rear_aspect_cone": 27, "hit_points": 28, "speed_loss": 29, "turn_loss": 30, "dt": 31, "hit_radius_squared": 32, "cos_rear_cone": 33, "max_bullets": 34};
const BULLETS_OFFSET = 42;
const SLOT_SIZE = 10;
const STATE_FIELDS = ["x", "y", "yaw", "speed", "hp", "cooldown", "alive", "stall"];
const GEOMETRY_SIZE = 26;
const FRAME_SIZE = 56;
const STACKED_FRAMES = 4;
const OBSERVATION_SIZE = 224;
const BULLET_SLOTS = 8;
const FRAME_LABELS = ["speed", "cos yaw", "sin yaw", "hp", "cooldown", "altitude", "x", "energy", "rel x", "rel y", "their speed", "their cos yaw", "their sin yaw", "their hp", "distance", "closure", "their yaw rate", "their energy", "their nose to me", "bullet 0 rel x", "bullet 0 rel y", "bullet 0 mine", "bullet 0 bearing", "bullet 1 rel x", "bullet 1 rel y", "bullet 1 mine", "bullet 1 bearing", "bullet 2 rel x", "bullet 2 rel y", "bullet 2 mine", "bullet 2 bearing", "bullet 3 rel x", "bullet 3 rel y", "bullet 3 mine", "bullet 3 bearing", "bullet 4 rel x", "bullet 4 rel y", "bullet 4 mine", "bullet 4 bearing", "bullet 5 rel x", "bullet 5 rel y", "bullet 5 mine", "bullet 5 bearing", "bullet 6 rel x", "bullet 6 rel y", "bullet 6 mine", "bullet 6 bearing", "bullet 7 rel x", "bullet 7 rel y", "bullet 7 mine", "bullet 7 bearing", "my nose to them", "their nose to me again", "rel vx", "rel vy", "time left"];
const ANGLES_SIZE = 10;
const MEMORY_SIZE = 5;
const EVADE_SIDE = 1;
const SCRIPTED_NAMES = ["do_nothing", "chaser", "dogfighter", "ace", "brawler"];

const HALF_PI = 1.5707963705062866;
const _TAU = 6.2831854820251465;
const PI = 3.1415927410125732;
const QUARTERS = 0.6366197723675814;
const QUARTER = 1.5707963267948966;
const S1 = -0.16666654943701084;
const S2 = 0.008332178146138854;
const S3 = -0.00019517298981385725;
const C1 = -0.49999999725108224;
const C2 = 0.041666623324344516;
const C3 = -0.001388676379437604;
const C4 = 2.4390450703564542e-05;
const HI4 = 1.570796251296997;
const HI3 = 0.9827936887741089;
const HI2 = 0.7853981256484985;
const HI1 = 0.46364760398864746;
const LO4 = 7.549789415861596e-08;
const LO3 = 3.447321716976148e-08;
const LO2 = 3.774894707930798e-08;
const LO1 = 5.01215824399992e-09;
const A0 = 0.3333333432674408;
const A2 = 0.1428571492433548;
const A4 = 0.09090887010097504;
const A6 = 0.06661073118448257;
const A8 = 0.049768779426813126;
const A10 = 0.016285819932818413;
const A1 = -0.20000000298023224;
const A3 = -0.1111111044883728;
const A5 = -0.07691875845193863;
const A7 = -0.05833570286631584;
const A9 = -0.03653157129883766;
const PI_LO = -8.742277657347586e-08;
const ENERGY_SCALE = 218500.0;
const DISTANCE_SCALE = 1000.0;
const _YAW_RATE_SCALE = 4.0;

// `a` limited to [`low`, `high`].
function clamp(a, low, high) {
  a = (a < low) ? low : a;
  return (a > high) ? high : a;
}

// Turn rate in rad/s at speed `v` (m/s) after `lost` hits, under the rules in lane `i` of `r`.
function turn_rate(v, lost, r, i) {
  const slow = r[15 + i];
  const fast = r[14 + i];
  const at_slow = r[16 + i];
  const at_fast = r[17 + i];
  const share = clamp(f(f(v - slow) / f(fast - slow)), 0.0, 1.0);
  return f(f(at_slow + f(share * f(at_fast - at_slow))) * f(1.0 - f(r[30 + i] * lost)));
}

// Angle `a` (rad, |a| < 3 pi) brought into [-pi, pi] by one turn at most.
function wrap(a) {
  a = (a > PI) ? f(a - _TAU) : a;
  return (a < -PI) ? f(a + _TAU) : a;
}

function _is_odd(n) {
  return Math.floor(f(n * 0.5)) !== f(n * 0.5);
}

// (sin, cos) of a float32 `angle` (rad, |angle| < 100), bitwise those of the GNU C library.
function sincos(angle) {
  const x = angle;
  const n = Math.floor((x * QUARTERS) + 0.5);
  const r = x - (n * QUARTER);
  const z = r * r;
  const s = f((r + ((r * z) * S1)) + (((r * z) * z) * (S2 + (z * S3))));
  const c = f(((1.0 + (z * C1)) + ((z * z) * C2)) + (((z * z) * z) * (C3 + (z * C4))));
  const quarters = f(n);
  const odd = _is_odd(quarters);
  const back = _is_odd(Math.floor(f(quarters * 0.5)));
  const sine = odd ? c : s;
  const cosine = odd ? -s : c;
  return [back ? -sine : sine, back ? -cosine : cosine];
}

// Speed in m/s one tick later, in controlled flight, having turned by `turned` rad.
function powered_speed(v, turned, throttle, sin_yaw, r, i) {
  const dt = r[31 + i];
  const gravity = r[11 + i];
  const drag = r[12 + i];
  const max_thrust = r[13 + i];
  v = f(v - f(f(r[18 + i] * Math.abs(turned)) * v));
  v = f(v + f(f(f(throttle * max_thrust) - f(drag * v)) * dt));
  return f(v + f(f(-gravity * sin_yaw) * dt));
}

// Speed in m/s one tick later, stalled: no thrust, and gravity acts before drag.
function _gliding_speed(v, sin_yaw, r, i) {
  const dt = r[31 + i];
  v = f(v + f(f(-r[11 + i] * sin_yaw) * dt));
  return f(v - f(f(r[12 + i] * v) * dt));
}

// Top speed in m/s after `lost` hits.
function _top_speed(lost, r, i) {
  return f(r[14 + i] * f(1.0 - f(r[29 + i] * lost)));
}

// (yaw, its sine and cosine, speed) of fighter `j` after a tick, before the thin air slows it.
function _steered(t, r, i, j, moving) {
  const yaw = t[4 + j];
  const v = t[6 + j];
  const dt = r[31 + i];
  const lost = f(r[28 + i] - t[8 + j]);
  const stalled = t[14 + j] > 0.0;
  const commanded = f(f(clamp(t[30 + j], -1.0, 1.0) * turn_rate(v, lost, r, i)) * dt);
  const most = f(r[21 + i] * dt);
  const dropped = clamp(wrap(f(-HALF_PI - yaw)), -most, most);
  const new_yaw = moving ? wrap(f(yaw + (stalled ? dropped : commanded))) : yaw;
  const [sine, cosine] = sincos(new_yaw);
  const throttle = clamp(t[32 + j], 0.0, 1.0);
  const flown = powered_speed(v, commanded, throttle, sine, r, i);
  const glided = _gliding_speed(v, sine, r, i);
  const fastest = _top_speed(lost, r, i);
  return [new_yaw, sine, cosine, clamp(stalled ? glided : flown, r[15 + i], fastest)];
}

// `x` (m) brought back over the arena's edge, or a difference in x taken the shorter way round.
function wrap_x(x, half_width) {
  x = (x > half_width) ? f(x - f(2.0 * half_width)) : x;
  return (x < -half_width) ? f(x + f(2.0 * half_width)) : x;
}

// Speed in m/s after a tick at altitude `y` (m): unchanged below the ceiling's start.
function _thin_air_speed(v, y, r, i) {
  const start = r[5 + i];
  const slowest = r[7 + i];
  const depth = clamp(f(f(y - start) / f(r[4 + i] - start)), 0.0, 1.0);
  let drained = f(v - f(f(f(depth * depth) * r[6 + i]) * r[31 + i]));
  drained = (drained < slowest) ? slowest : drained;
  return (y > start) ? drained : v;
}

// Advance the 32 fighters of tile `t` by one tick under the rules tile `r`.
function _step_flight(t, r) {
  for (let seat = 0; seat < 2; seat += 1) {
    for (let i = 0; i < 1; i += 1) {
      const j = seat + i;
      const x = t[j];
      const y = t[2 + j];
      const yaw = t[4 + j];
      const v = t[6 + j];
      const cooldown = t[10 + j];
      const stall = t[14 + j];
      const dt = r[31 + i];
      const running = t[39 + i] === 0.0;
      const live = running && (t[12 + j] > 0.0);
      const stalled = stall > 0.0;
      const stalling = (stall <= 0.0) && (v < r[19 + i]);
      const moving = live && !stalling;
      const [new_yaw, sine, cosine, new_v] = _steered(t, r, i, j, moving);
      const new_x = wrap_x(f(x + f(f(cosine * new_v) * dt)), r[3 + i]);
      let new_y = f(y + f(f(sine * new_v) * dt));
      const crashed = new_y <= r[8 + i];
      const slowed = _thin_air_speed(new_v, new_y, r, i);
      const lid = r[4 + i];
      new_y = (new_y > lid) ? lid : new_y;
      const cooled = ((cooldown > 0.0) && !crashed) ? f(cooldown - 1.0) : cooldown;
      const can_fire = ((moving && !stalled) && !crashed) && (cooled <= 0.0);
      const fired = can_fire && (t[34 + j] > 0.0);
      const reloading = fired ? r[25 + i] : cooled;
      const recovered = new_v > r[22 + i];
      const stall_left = stalled ? (recovered ? 0.0 : f(stall - 1.0)) : stall;
      const stall_clock = stalling ? r[20 + i] : stall_left;
      t[20 + j] = running ? x : t[20 + j];
      t[22 + j] = running ? y : t[22 + j];
      t[24 + j] = running ? yaw : t[24 + j];
      t[j] = moving ? new_x : x;
      t[2 + j] = moving ? new_y : y;
      t[4 + j] = new_yaw;
      t[26 + j] = sine;
      t[28 + j] = cosine;
      t[6 + j] = moving ? slowed : v;
      t[10 + j] = moving ? reloading : cooldown;
      t[14 + j] = live ? stall_clock : stall;
      t[12 + j] = (moving && crashed) ? 0.0 : t[12 + j];
      t[18 + j] = f(t[18 + j] + (fired ? 1.0 : 0.0));
      t[36 + j] = fired ? 1.0 : 0.0;
    }
  }
}

// True if some fighter of tile `t` fired on this tick or has a bullet in the air.
function _any_bullet(t) {
  let found = 0;
  for (let j = 0; j < 2; j += 1) {
    const in_air = t[50 + j] > 0.0;
    found = found + (((t[36 + j] > 0.0) || in_air) ? 1 : 0);
  }
  for (let first = 52; first < t.length; first += 10) {
    for (let j = 0; j < 2; j += 1) {
      found = found + ((t[(first + 8) + j] > 0.0) ? 1 : 0);
    }
  }
  return found > 0;
}

// True where a bullet flies within the rear cone of its target's heading.
function glances(bullet_vx, bullet_vy, target_cos, target_sin, cos_rear_cone) {
  const speed = f(Math.sqrt(f(f(bullet_vx * bullet_vx) + f(bullet_vy * bullet_vy))));
  return f(f(f(bullet_vx / speed) * target_cos) + f(f(bullet_vy / speed) * target_sin)) > cos_rear_cone;
}

// Fire into bullet slot `slot` (its planes are `b`) of seat offset `me`, move that bullet, and
// hold it against seat offset `other`.
function _step_bullets(t, b, r, slot, slots, me, other) {
  for (let i = 0; i < 1; i += 1) {
    const j = me + i;
    const o = other + i;
    const half_width = r[3 + i];
    const dt = r[31 + i];
    const shot = f(t[18 + j] - 1.0);
    const turn = f(shot - f(f(slots) * Math.floor(f(shot / f(slots)))));
    const fresh = (t[36 + j] > 0.0) && (turn === f(slot));
    const sine = t[26 + j];
    const cosine = t[28 + j];
    const muzzle_x = wrap_x(f(t[j] + f(cosine * r[26 + i])), half_width);
    const muzzle_y = f(t[2 + j] + f(sine * r[26 + i]));
    const x = fresh ? muzzle_x : b[j];
    const y = fresh ? muzzle_y : b[2 + j];
    const vx = fresh ? f(cosine * r[23 + i]) : b[4 + j];
    const vy = fresh ? f(sine * r[23 + i]) : b[6 + j];
    const left = fresh ? r[24 + i] : b[8 + j];
    const flying = (left > 0.0) && (t[39 + i] === 0.0);
    const new_x = wrap_x(f(x + f(vx * dt)), half_width);
    const new_y = f(y + f(vy * dt));
    const dx = wrap_x(f(new_x - t[o]), half_width);
    const dy = f(new_y - t[2 + o]);
    const near = f(f(dx * dx) + f(dy * dy)) <= r[32 + i];
    const spent = ((flying && (left > 1.0)) && (t[12 + o] > 0.0)) && near;
    const their_sine = t[26 + o];
    const their_cosine = t[28 + o];
    const bounces = glances(vx, vy, their_cosine, their_sine, r[33 + i]);
    const bites = spent && !bounces;
    const hp = f(t[8 + o] - (bites ? 1.0 : 0.0));
    t[8 + o] = hp;
    t[16 + j] = f(t[16 + j] + (bites ? 1.0 : 0.0));
    t[12 + o] = (bites && (hp <= 0.0)) ? 0.0 : t[12 + o];
    b[j] = flying ? new_x : x;
    b[2 + j] = flying ? new_y : y;
    b[4 + j] = vx;
    b[6 + j] = vy;
    b[8 + j] = flying ? (spent ? 0.0 : f(left - 1.0)) : left;
  }
}

// Advance the clocks of tile `t`; write outcome and reason of the matches that end.
// 
// Outcome: 0 draw, 1 seat 0 won, 2 seat 1 won. Reason: 0 elimination, 1 time-out.
function _update_termination(t, r) {
  for (let i = 0; i < 1; i += 1) {
    const running = t[39 + i] === 0.0;
    const tick = f(t[38 + i] + (running ? 1.0 : 0.0));
    const first = t[12 + i] > 0.0;
    const second = t[13 + i] > 0.0;
    const hp = t[8 + i];
    const other_hp = t[9 + i];
    const decided = !(first && second);
    const won = decided ? (first && !second) : (hp > other_hp);
    const lost = decided ? (second && !first) : (other_hp > hp);
    const outcome = won ? 1.0 : (lost ? 2.0 : 0.0);
    const ends = running && (decided || (tick >= r[2 + i]));
    t[38 + i] = tick;
    t[39 + i] = ends ? 1.0 : t[39 + i];
    t[40 + i] = ends ? outcome : t[40 + i];
    t[41 + i] = (ends && decided) ? 0.0 : t[41 + i];
  }
}

// Advance tile `t` under rules tile `r` by `ticks` ticks; matches that ended stay as they are.
function step_tile(t, r, ticks) {
  const slots = Math.floor((t.length - 42) / 10);
  for (let _ = 0; _ < ticks; _ += 1) {
    _step_flight(t, r);
    if (_any_bullet(t)) {
      for (let slot = 0; slot < slots; slot += 1) {
        const first = 42 + (slot * 10);
        const b = t.subarray(first, first + 10);
        _step_bullets(t, b, r, slot, slots, 0, 1);
        _step_bullets(t, b, r, slot, slots, 1, 0);
      }
    }
    _update_termination(t, r);
  }
}

function _length(x, y) {
  return f(Math.sqrt(f(f(x * x) + f(y * y))));
}

// Angle of (`x`, `y`) in rad, float32 in (-pi, pi], with the C conventions for zeros.
function atan2(y, x) {
  const q = ((x !== 0.0) || (y !== 0.0)) ? Math.abs(f(y / x)) : 0.0;
  const in1 = q >= 0.4375;
  const in2 = q >= 0.6875;
  const in3 = q >= 1.1875;
  const in4 = q >= 2.4375;
  const num = in4 ? -1.0 : (in3 ? f(q - 1.5) : (in2 ? f(q - 1.0) : (in1 ? f(f(2.0 * q) - 1.0) : q)));
  const den = in4 ? q : (in3 ? f(1.0 + f(1.5 * q)) : (in2 ? f(q + 1.0) : (in1 ? f(2.0 + q) : 1.0)));
  const hi = in4 ? HI4 : (in3 ? HI3 : (in2 ? HI2 : HI1));
  const lo = in4 ? LO4 : (in3 ? LO3 : (in2 ? LO2 : LO1));
  const t = f(num / den);
  const z = f(t * t);
  const w = f(z * z);
  const even = f(z * f(A0 + f(w * f(A2 + f(w * f(A4 + f(w * f(A6 + f(w * f(A8 + f(w * A10)))))))))));
  const odd = f(w * f(A1 + f(w * f(A3 + f(w * f(A5 + f(w * f(A7 + f(w * A9)))))))));
  const small = f(t - f(t * f(even + odd)));
  const a = in1 ? f(hi - f(f(f(t * f(even + odd)) - lo) - t)) : small;
  const left = copysign(1.0, x) < 0.0;
  return copysign(left ? f(PI - f(a - PI_LO)) : a, y);
}

// Fill scratch tile `g` (float32 [GEOMETRY_SIZE]): what the 32 fighters of tile `t` see of
// each other under rules tile `r`.
function relative_geometry(t, r, g) {
  for (let seat = 0; seat < 2; seat += 1) {
    const me = seat;
    const other = 1 - seat;
    for (let i = 0; i < 1; i += 1) {
      const j = me + i;
      const o = other + i;
      const half_width = r[3 + i];
      const begun = t[38 + i] > 0.0;
      const x = t[j];
      const y = t[2 + j];
      const yaw = t[4 + j];
      const v = t[6 + j];
      const dx = wrap_x(f(t[o] - x), half_width);
      const dy = f(t[2 + o] - y);
      const old_dx = wrap_x(f(t[20 + o] - t[20 + j]), half_width);
      const old_dy = f(t[22 + o] - t[22 + j]);
      const distance = _length(dx, dy);
      const closure = f(f(_length(old_dx, old_dy) - distance) / r[31 + i]);
      const yaw_rate = f(wrap(f(yaw - t[24 + j])) / r[31 + i]);
      g[j] = dx;
      g[2 + j] = dy;
      g[10 + j] = distance;
      [g[4 + j], g[6 + j]] = sincos(yaw);
      g[8 + j] = atan2(dy, dx);
      g[12 + j] = begun ? closure : 0.0;
      g[14 + j] = f(f(v * v) + f(f(2.0 * r[11 + i]) * y));
      g[16 + j] = begun ? yaw_rate : 0.0;
    }
  }
}

// Write the bullets of lane `i` as seen from `seat` to `row`, nearest first, eight at most.
function _write_bullets(row, t, r, g, i, seat) {
  const j = seat + i;
  let seen = 0;
  for (let first = 42; first < t.length; first += 10) {
    for (let owner = 0; owner < 2; owner += 1) {
      const b = (first + owner) + i;
      if (t[b + 8] > 0.0) {
        const dx = wrap_x(f(t[b] - t[j]), r[3 + i]);
        const dy = f(t[b + 2] - t[2 + j]);
        const distance = _length(dx, dy);
        let k = seen;
        while ((k > 0) && (g[(18 + k) - 1] > distance)) {
          if (k < 8) {
            g[18 + k] = g[(18 + k) - 1];
            for (let c = 0; c < 4; c += 1) {
              const at = (19 + (4 * k)) + c;
              row[at] = row[at - 4];
            }
          }
          k = k - 1;
        }
        if (k < 8) {
          g[18 + k] = distance;
          row[19 + (4 * k)] = f(dx / DISTANCE_SCALE);
          row[20 + (4 * k)] = f(dy / DISTANCE_SCALE);
          row[21 + (4 * k)] = (owner === seat) ? 1.0 : 0.0;
          row[22 + (4 * k)] = f(atan2(dy, dx) / PI);
        }
        seen = min(seen + 1, 8);
      }
    }
  }
}

// Write the frame of lane `i` from `seat` to `row`; `g` holds what `relative_geometry` found.
function write_frame(row, t, r, g, i, seat) {
  const j = seat + i;
  const o = (1 - seat) + i;
  const v = t[6 + j];
  const their_v = t[6 + o];
  const cosine = g[6 + j];
  const sine = g[4 + j];
  const their_cosine = g[6 + o];
  const their_sine = g[4 + o];
  const top = r[14 + i];
  const hp = r[28 + i];
  const to_me = f(wrap(f(g[8 + o] - t[4 + o])) / PI);
  row[0] = f(v / top);
  row[10] = f(their_v / top);
  row[1] = cosine;
  row[2] = sine;
  row[11] = their_cosine;
  row[12] = their_sine;
  row[3] = f(t[8 + j] / hp);
  row[13] = f(t[8 + o] / hp);
  row[4] = f(t[10 + j] / r[25 + i]);
  row[5] = f(t[2 + j] / r[4 + i]);
  row[6] = f(t[j] / r[3 + i]);
  row[7] = f(g[14 + j] / ENERGY_SCALE);
  row[17] = f(g[14 + o] / ENERGY_SCALE);
  row[8] = f(g[j] / DISTANCE_SCALE);
  row[9] = f(g[2 + j] / DISTANCE_SCALE);
  row[14] = f(g[10 + j] / DISTANCE_SCALE);
  row[15] = clamp(f(g[12 + j] / top), -1.0, 1.0);
  row[16] = clamp(f(g[16 + o] / _YAW_RATE_SCALE), -1.0, 1.0);
  row[18] = to_me;
  row[52] = to_me;
  row[51] = f(wrap(f(g[8 + j] - t[4 + j])) / PI);
  row[53] = f(f(f(v * cosine) - f(their_v * their_cosine)) / top);
  row[54] = f(f(f(v * sine) - f(their_v * their_sine)) / top);
  const ticks_left = f(r[2 + i] - t[38 + i]);
  row[55] = f(ticks_left / r[2 + i]);
  for (let k = 19; k < 51; k += 1) {
    row[k] = 0.0;
  }
  _write_bullets(row, t, r, g, i, seat);
}

// Write the frames of all lanes of tile `t` from both seats to `rows`, float32 [2, 16, 56].
// 
// `g` holds what `relative_geometry` found.
function write_frames(rows, t, r, g) {
  for (let seat = 0; seat < 2; seat += 1) {
    for (let i = 0; i < 1; i += 1) {
      write_frame(rows[seat][i], t, r, g, i, seat);
    }
  }
}

// Fill scratch tile `a` (float32 [ANGLES_SIZE]) with the angles in the newest frames of
// `rows[first:last]`, sixteen at most.
function decode_angles(rows, first, last, a) {
  for (let i = 0; i < last - first; i += 1) {
    const row = rows[first + i];
    a[2 + i] = row[1]; a[1 + i] = row[2];
    a[5 + i] = row[11];
    a[4 + i] = row[12];
    a[6 + i] = f(row[8] * DISTANCE_SCALE);
    a[7 + i] = f(row[9] * DISTANCE_SCALE);
  }
  for (let i = 0; i < 1; i += 1) {
    const yaw = atan2(a[1 + i], a[2 + i]);
    const their_yaw = atan2(a[4 + i], a[5 + i]);
    a[i] = yaw; a[3 + i] = their_yaw;
    [a[1 + i], a[2 + i]] = sincos(yaw);
    [a[4 + i], a[5 + i]] = sincos(their_yaw);
    a[8 + i] = atan2(a[7 + i], a[6 + i]);
    [, a[9 + i]] = sincos(f(yaw - their_yaw));
  }
}

// Distance in m of the nearest bullet in the frame that is not mine; infinite if none.
function _nearest_enemy_bullet(row) {
  let best = f(Infinity);
  for (let k = 0; k < 8; k += 1) {
    const x = f(row[19 + (4 * k)] * DISTANCE_SCALE);
    const y = f(row[20 + (4 * k)] * DISTANCE_SCALE);
    if (((x !== 0.0) || (y !== 0.0)) && (row[21 + (4 * k)] < 0.5)) {
      best = min(best, f(Math.sqrt(f(f(x * x) + f(y * y)))));
    }
  }
  return best;
}

// The newest frame of `row` in physical units; its angles are in lane `i` of `a`.
function _decode_view(row, a, i, scales) {
  const max_speed = scales[0], bullet_speed = scales[1], cos_rear_cone = scales[2];
  const energy = f(row[7] * ENERGY_SCALE), their_energy = f(row[17] * ENERGY_SCALE);
  const cosine = a[2 + i];
  return {alt: f(row[5] * 600.0), v: f(row[0] * max_speed), yaw: a[i], sine: a[1 + i], cosine: cosine, dx: a[6 + i], dy: a[7 + i], distance: f(row[14] * DISTANCE_SCALE), closure: f(row[15] * max_speed), bearing: a[8 + i], nose: f(row[51] * PI), tail: f(row[52] * PI), their_v: f(row[10] * max_speed), their_sine: a[4 + i], their_cosine: a[5 + i], ratio: (their_energy > 1.0) ? f(energy / their_energy) : 2.0, ready: row[4] < 0.009999999776482582, bullet: _nearest_enemy_bullet(row), up: (cosine > 0.0) ? 1.0 : -1.0, bullet_speed: bullet_speed, in_rear_cone: a[9 + i] > cos_rear_cone};
}

// +1 or −1: the stick that saves us from the ground or the ceiling; 0 if neither is near.
function _avoid_ground(o) {
  const low = (o.alt < 50.0) && (o.sine < 0.5);
  const sinking = (low || ((o.alt < 100.0) && (o.sine < 0.0))) || ((o.alt < 150.0) && (o.sine < -0.30000001192092896));
  const topping = (o.alt > 570.0) && (o.sine > 0.30000001192092896);
  return sinking ? o.up : (topping ? -o.up : 0.0);
}

function _count_down(memory) {
  for (const k of [0, 2, 4]) {
    memory[k] = max(f(memory[k] - 1.0), 0.0);
  }
}

// Start evading to the other side if an enemy bullet is within `reach`; True while it lasts.
function _evading(memory, o, reach, decisions) {
  if ((o.bullet < reach) && (memory[0] === 0.0)) {
    [memory[0], memory[1]] = [decisions, -memory[1]];
  }
  return memory[0] > 0.0;
}

// True if the target is within `angle` (rad) and `reach` (m), and the shot would not be wasted.
function _may_fire(o, angle, reach) {
  const rear = (Math.abs(wrap(f(o.bearing - o.yaw))) <= 0.5) && o.in_rear_cone;
  return (((Math.abs(o.nose) < angle) && (o.distance < reach)) && o.ready) && !rear;
}

function _is_behind(o) {
  return Math.abs(o.tail) > 2.0;
}

// Angle (rad) to where the target is in `lead` bullet flight times; to its side from behind.
function _aim(o, lead) {
  const time = f(o.distance / o.bullet_speed);
  let x = f(o.dx + f(f(f(o.their_cosine * o.their_v) * time) * lead));
  let y = f(o.dy + f(f(f(o.their_sine * o.their_v) * time) * lead));
  const side = (f(f(o.dx * -o.their_sine) + f(o.dy * o.their_cosine)) > 0.0) ? 60.0 : -60.0;
  if (_is_behind(o)) {
    x = f(x - f(o.their_sine * side)); y = f(y + f(o.their_cosine * side));
  }
  return atan2(y, x);
}

// The action with a stall guard: below 45 m/s less stick and more throttle.
function _guarded(o, turn, throttle, fire) {
  const u = (o.v < 45.0) ? clamp(f(f(45.0 - o.v) / 15.0), 0.0, 1.0) : 0.0;
  const most = f(1.0 - f(0.699999988079071 * u));
  return [clamp(turn, -most, most), max(throttle, f(0.800000011920929 * u)), fire];
}

function _chaser(o, memory) {
  if (_evading(memory, o, 80.0, 15.0)) {
    return [memory[1], 0.800000011920929, _may_fire(o, 0.30000001192092896, 320.0)];
  }
  if (memory[2] === 0.0) {
    if (((o.distance < 120.0) && (o.closure > 50.0)) && (o.alt < 500.0)) {
      memory[2] = 40.0; memory[3] = 1.0;
    } else if (((o.distance > 300.0) && (o.closure < -20.0)) && (o.alt > 150.0)) {
      memory[2] = 30.0; memory[3] = -1.0;
    }
  }
  let off = wrap(f(_aim(o, 1.0) - o.yaw));
  if (memory[2] > 0.0) {
    off = f(off + f(0.4000000059604645 * memory[3]));
  }
  if ((o.alt < 120.0) && (o.sine < 0.10000000149011612)) {
    off = f(off + 0.25);
  } else if ((o.alt > 520.0) && (o.sine > -0.10000000149011612)) {
    off = f(off - 0.25);
  }
  const turn = clamp(f(2.5 * off), -1.0, 1.0);
  const throttle = ((o.v > 120.0) && (Math.abs(turn) > 0.699999988079071)) ? 0.699999988079071 : 1.0;
  return _guarded(o, turn, throttle, _may_fire(o, 0.2199999988079071, 320.0));
}

function _is_chased(o) {
  return Math.abs(o.nose) > 2.0;
}

// The mood that follows `mood`; the same if nothing calls for another.
function _next_mood(o, mood) {
  const chased = _is_chased(o);
  if (mood === 0) {
    if (chased && (o.distance < 200.0)) {
      return 1;
    }
    return ((o.ratio < 0.5) && (o.alt > 100.0)) ? 2 : 0;
  }
  if (mood === 1) {
    if (!chased || (o.distance > 300.0)) {
      return 0;
    }
    return (o.ratio < 0.4000000059604645) ? 2 : 1;
  }
  if ((o.ratio > 0.699999988079071) || (o.distance < 200.0)) {
    return 0;
  }
  return (chased && (o.distance < 150.0)) ? 1 : 2;
}

function _beam(o) {
  return f(o.bearing + f(HALF_PI * ((o.nose > 0.0) ? 1.0 : -1.0)));
}

function _steer(o, target, gain) {
  return clamp(f(wrap(f(target - o.yaw)) * gain), -1.0, 1.0);
}

// What the dogfighter adds to its aim, in rad.
function _altitude_bias(o) {
  let bias = 0.0;
  if (o.alt > 550.0) {
    if (o.sine > 0.0) {
      bias = f(bias - f(0.30000001192092896 * min(f(f(o.alt - 550.0) / 50.0), 1.0)));
    }
  } else if ((o.alt > 450.0) && (o.sine > 0.30000001192092896)) {
    bias = f(bias - 0.10000000149011612);
  }
  if (o.alt < 130.0) {
    if (o.sine < 0.10000000149011612) {
      bias = f(bias + f(0.4000000059604645 * min(f(f(130.0 - o.alt) / 60.0), 1.0)));
    }
  } else if ((o.alt < 180.0) && (o.sine < -0.20000000298023224)) {
    bias = f(bias + 0.15000000596046448);
  }
  if (((o.v < 100.0) && (o.alt > 250.0)) && (o.sine > -0.20000000298023224)) {
    bias = f(bias - 0.07999999821186066);
  }
  return bias;
}

function _attack_throttle(o, turn) {
  return (o.v < 80.0) ? 1.0 : ((Math.abs(turn) > 0.699999988079071) ? 0.5 : ((o.distance > 250.0) ? 1.0 : 0.699999988079071));
}

function _dogfighter(o, memory) {
  if (_evading(memory, o, 90.0, 18.0)) {
    let side = memory[1];
    if (((o.alt < 80.0) && (f(side * o.cosine) < 0.0)) && (o.sine < 0.10000000149011612)) {
      side = o.up;
    }
    return _guarded(o, side, 0.800000011920929, _may_fire(o, 0.30000001192092896, 350.0));
  }
  let mood = Math.trunc(memory[3]);
  if (memory[2] === 0.0) {
    const new_ = _next_mood(o, mood);
    if (new_ !== mood) {
      memory[2] = (new_ === 1) ? 45.0 : 30.0; memory[3] = new_;
      mood = new_;
    }
  }
  if (mood === 1) {
    const throttle = (o.v > 100.0) ? 0.30000001192092896 : 0.6000000238418579;
    return _guarded(o, _steer(o, _beam(o), 3.5), throttle, _may_fire(o, 0.30000001192092896, 250.0));
  }
  if (mood === 2) {
    const right = ((o.dx === 0.0) && (copysign(1.0, o.dx) < 0.0)) ? 2.677945137023926 : 0.46364760398864746;
    const climb = (o.alt < 400.0) ? right : ((o.cosine > 0.0) ? 0.0 : PI);
    return _guarded(o, _steer(o, climb, 2.0), 1.0, _may_fire(o, 0.25, 300.0));
  }
  const turn = clamp(f(3.0 * f(wrap(f(_aim(o, 1.0) - o.yaw)) + _altitude_bias(o))), -1.0, 1.0);
  return _guarded(o, turn, _attack_throttle(o, turn), _may_fire(o, 0.2199999988079071, 350.0));
}

function _ace(o, memory) {
  if (_evading(memory, o, 130.0, 18.0)) {
    let side = memory[1];
    if (((o.alt < 120.0) && (f(side * o.cosine) < 0.0)) && (o.sine < 0.10000000149011612)) {
      side = o.up;
    }
    if (((o.alt > 540.0) && (f(side * o.cosine) > 0.0)) && (o.sine > 0.0)) {
      side = -o.up;
    }
    return _guarded(o, side, 0.699999988079071, _may_fire(o, 0.30000001192092896, 380.0));
  }
  if (_is_chased(o) && (o.distance < 250.0)) {
    const throttle = (o.v > 100.0) ? 0.30000001192092896 : 0.5;
    return _guarded(o, _steer(o, f(_beam(o) + 0.15000000596046448), 3.5), throttle, _may_fire(o, 0.3499999940395355, 350.0));
  }
  let off = wrap(f(_aim(o, 1.0) - o.yaw));
  if (o.alt < 250.0) {
    if (o.sine < 0.20000000298023224) {
      off = f(off + f(0.3499999940395355 * min(f(f(250.0 - o.alt) / 100.0), 1.0)));
    }
  } else if (o.alt > 480.0) {
    if (o.sine > -0.20000000298023224) {
      off = f(off - f(0.30000001192092896 * min(f(f(o.alt - 480.0) / 80.0), 1.0)));
    }
  }
  if (((o.v < 90.0) && (o.alt > 300.0)) && (o.sine > -0.10000000149011612)) {
    off = f(off - 0.07999999821186066);
  }
  const turn = clamp(f(3.0 * off), -1.0, 1.0);
  return _guarded(o, turn, _attack_throttle(o, turn), _may_fire(o, 0.20000000298023224, 380.0));
}

// The phase that follows `phase`; the same if nothing calls for another.
function _next_phase(o, phase, overshoot) {
  if (phase === 0) {
    return (o.alt < 130.0) ? 4 : ((o.distance < 200.0) ? 1 : 0);
  }
  if (phase === 1) {
    if (o.alt < 120.0) {
      return 4;
    }
    if (o.distance > 300.0) {
      return 0;
    }
    return ((_is_chased(o) && (o.distance < 180.0)) && (o.closure > 30.0)) ? 2 : 1;
  }
  if (phase === 2) {
    if (o.alt < 140.0) {
      return 4;
    }
    if (_is_behind(o) || ((Math.abs(o.nose) < 1.0) && (o.distance < 200.0))) {
      return 3;
    }
    if (o.distance > 250.0) {
      return 0;
    }
    return _is_chased(o) ? 2 : 1;
  }
  if (phase === 3) {
    return (overshoot === 0.0) ? 1 : 3;
  }
  return ((o.alt > 220.0) && (o.v > 80.0)) ? 0 : 4;
}

function _brawler(o, memory) {
  let turn;
  const jinking = _evading(memory, o, 100.0, 8.0);
  let phase = Math.trunc(memory[3]);
  if (memory[2] === 0.0) {
    const new_ = _next_phase(o, phase, memory[4]);
    if (new_ !== phase) {
      memory[2] = 20.0; memory[3] = new_;
      if (new_ === 3) {
        memory[4] = 60.0;
      }
      phase = new_;
    }
  }
  if (phase === 0) {
    turn = _steer(o, _aim(o, 1.0), 3.0);
    if ((o.alt < 120.0) && (o.sine < 0.0)) {
      turn = clamp(f(turn + 0.30000001192092896), -1.0, 1.0);
    }
    return _guarded(o, turn, 1.0, _may_fire(o, 0.25, 300.0));
  }
  if (phase === 1) {
    turn = jinking ? memory[1] : _steer(o, _aim(o, 0.699999988079071), 4.0);
    const throttle = (o.v > 120.0) ? 0.0 : ((o.v < 70.0) ? 0.6000000238418579 : 0.20000000298023224);
    return _guarded(o, turn, throttle, _may_fire(o, 0.30000001192092896, 250.0));
  }
  if (phase === 2) {
    turn = _steer(o, f(o.bearing + f(HALF_PI * memory[1])), 2.0);
    return _guarded(o, turn, 0.0, _may_fire(o, 0.3499999940395355, 200.0));
  }
  if (phase === 3) {
    return _guarded(o, _steer(o, _aim(o, 0.800000011920929), 4.0), 0.5, _may_fire(o, 0.3499999940395355, 300.0));
  }
  return _guarded(o, _steer(o, (o.cosine > 0.0) ? 0.5 : f(PI - 0.5), 2.0), 1.0, false);
}

// (yaw input, throttle, trigger ±1) of scripted pilot number `kind` for the frame in `row`.
// 
// Its angles are in lane `i` of `a`; `memory` [5] changes.
function act(kind, row, a, i, memory, scales) {
  let turn, throttle, fire;
  if (kind === 0) {
    return [0.0, 0.0, -1.0];
  }
  const o = _decode_view(row, a, i, scales);
  const stick = _avoid_ground(o);
  if (stick !== 0.0) {
    return [stick, 1.0, -1.0];
  }
  _count_down(memory);
  if (kind === 1) {
    [turn, throttle, fire] = _chaser(o, memory);
  } else if (kind === 2) {
    [turn, throttle, fire] = _dogfighter(o, memory);
  } else if (kind === 3) {
    [turn, throttle, fire] = _ace(o, memory);
  } else {
    [turn, throttle, fire] = _brawler(o, memory);
  }
  return [turn, throttle, fire ? 1.0 : -1.0];
}

// Write what scripted pilot number `kind` does about `rows[first:last]` to `actions` [n, 3].
// 
// `memory` [n, 5] changes; `a` is a scratch tile of angles.
function act_batch(kind, rows, memory, scales, actions, a, first, last) {
  for (let begin = first; begin < last; begin += 1) {
    const end = min(begin + 1, last);
    decode_angles(rows, begin, end, a);
    for (let k = begin; k < end; k += 1) {
      const own_scales = scales[k % scales.length];
      [actions[k][0], actions[k][1], actions[k][2]] = act(kind, rows[k], a, k - begin, memory[k], own_scales);
    }
  }
}

return {step_tile, relative_geometry, write_frame, write_frames, act_batch, FIGHTER, MATCH, BULLET, RULE, BULLETS_OFFSET, SLOT_SIZE, STATE_FIELDS, GEOMETRY_SIZE, FRAME_SIZE, STACKED_FRAMES, OBSERVATION_SIZE, BULLET_SLOTS, FRAME_LABELS, ANGLES_SIZE, MEMORY_SIZE, EVADE_SIDE, SCRIPTED_NAMES};
})();
