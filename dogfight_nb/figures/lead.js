// Where must the nose point, so that bullet and target arrive together?
const { clamp, number } = kit;
const REACH = Math.sqrt(rules.hit_radius_squared);
const FLIGHT = rules.bullet_lifetime_ticks / rules.tick_rate;
const RANGE = rules.muzzle + rules.bullet_speed * FLIGHT;
const ARROW = 0.2; // a speed is drawn as the way of so many seconds

// {angle, time, x, y} of the meeting with a target that flies on straight from (x, y) at (vx, vy).
// The bullet begins `muzzle` ahead of the gun: |p + v t| = muzzle + s t is quadratic in t.
const lead = (x, y, vx, vy) => {
  const [s, m] = [rules.bullet_speed, rules.muzzle];
  const a = vx * vx + vy * vy - s * s;
  const b = 2 * (x * vx + y * vy - m * s);
  const time = (-b - Math.sqrt(b * b - 4 * a * (x * x + y * y - m * m))) / (2 * a);
  const [there, up] = [x + vx * time, y + vy * time];
  return { time, x: there, y: up, angle: Math.atan2(up, there) };
};

kit.add("lead", {
  title: "Lead and time of flight",
  caption:
    "The target flies on straight; the nose points to where it will be. " +
    "Drag the target, or its arrow, which is its course and speed.",
  state: { x: 175, y: -35, vx: -15, vy: 150 },
  formulas: { lead },
  height: width => Math.min(380, width * 0.62 + 40),

  draw(c, state) {
    const sky = c.panel({ x: [-20, 265], y: [-70, 80], equal: true, bare: true });
    const { x, y, vx, vy } = state;
    const aim = lead(x, y, vx, vy);
    const sight = Math.atan2(y, x);
    const angle = ((aim.angle - sight) * 180) / Math.PI;
    const far = aim.time > FLIGHT;
    const arc = (r, from, to) =>
      Array.from({ length: 41 }, (_, k) => from + ((to - from) * k) / 40).map(a => [
        r * Math.cos(a),
        r * Math.sin(a),
      ]);
    const edge = Math.asin(Math.min(sky.ranges[1][1] / RANGE, 1)) - 0.07;
    sky.line(arc(RANGE, -edge, edge), "s thin dash");
    sky.label("bullets end here", ...arc(RANGE, -0.6 * edge, 0)[0], "s small", "e");
    sky.segment(0, 0, x, y, "s thin dash");
    sky.line(arc(48, sight, aim.angle), "thin");
    // the same target nearer: the aim hardly changes
    for (const share of [1 / 3, 2 / 3]) {
      const near = lead(x * share, y * share, vx, vy);
      sky.segment(x * share, y * share, near.x, near.y, "b thin faint");
      sky.plane(x * share, y * share, Math.atan2(vy, vx), "b faint", 0.7);
      sky.ring(near.x, near.y, REACH, "line b thin faint");
    }
    sky.segment(x, y, aim.x, aim.y, "b thin");
    sky.line(
      [
        [rules.muzzle * Math.cos(aim.angle), rules.muzzle * Math.sin(aim.angle)],
        far ? [RANGE * Math.cos(aim.angle), RANGE * Math.sin(aim.angle)] : [aim.x, aim.y],
      ],
      "a",
    );
    sky.ring(aim.x, aim.y, REACH, "line b");
    sky.plane(0, 0, aim.angle, "a", 1.1);
    sky.plane(x, y, Math.atan2(vy, vx), "b");
    sky.arrow([x, y], [x + vx * ARROW, y + vy * ARROW], "b");
    const middle = arc(52, sight, aim.angle)[20];
    sky.label(`lead ${number(Math.abs(angle))}°`, ...middle, "strong");
    sky.label(`met after ${number(aim.time, 2)} s`, aim.x, aim.y, "b strong", "w");
    sky.label("seen here", x, y, "b", "sw");
    const speed = Math.hypot(vx, vy);
    sky.handle({
      ...{
        name: "target",
        tone: "b",
        open: true,
        x,
        y,
        step: [5, 5],
        now: Math.hypot(x, y),
        min: 30,
        max: 320,
      },
      says: `${number(Math.hypot(x, y))} m away`,
      move: (x, y) => Object.assign(state, Math.hypot(x, y) < 30 ? {} : { x, y }),
    });
    sky.handle({
      ...{ name: "its course and speed", tone: "b", x: x + vx * ARROW, y: y + vy * ARROW },
      ...{ step: [1.5, 1.5], now: speed, min: 20, max: 250 },
      says: `${number(speed)} m/s`,
      move: (tipX, tipY) => {
        const [u, v] = [(tipX - x) / ARROW, (tipY - y) / ARROW];
        const scale = clamp(Math.hypot(u, v), 20, 250) / (Math.hypot(u, v) || 1);
        Object.assign(state, { vx: u * scale, vy: v * scale });
      },
    });
    const late = far ? ` Too far: a bullet lives ${number(FLIGHT, 1)} s.` : "";
    const ends = [1 / 3, 1].map(k => lead(x * k, y * k, vx, vy).angle - sight);
    const [close, all] = ends.map(a => number(Math.abs((a * 180) / Math.PI)));
    return (
      `At ${number(speed)} m/s the target needs ${all}° of lead, and ${close}° at a third of the ` +
      `distance: it is the time of flight, here ${number(aim.time, 2)} s, that grows.${late}`
    );
  },
});
