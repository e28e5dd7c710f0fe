// Below which height does the reflex take the stick, and does it come out above the ground?
const { clamp, number } = kit;
const ARROW = 0.25; // a speed is drawn as the way of so many seconds
const SECONDS = 5;
const DEGREE = Math.PI / 180;
const GROUND = rules.ground;
const f = Math.fround;

// The height in m that a fighter needs at `speed` (m/s) with `sine`, that of its pitch: in float32,
// as the reflex works it out.
const needed = (speed, sine) => {
  const share = f(f(speed) / f(rules.max_speed));
  const sink = Math.max(f(-sine), 0);
  const dive = f(sink * share);
  const slow = f(f(f(3) + f(f(22 * sink) * sink)) + f(36 * dive));
  const height = f(slow + f(f(103 * dive) * dive));
  const least = f(20 + f(15 * sink));
  return share < f(49 / 250) ? f(height + Math.max(f(least - height), 0)) : height;
};
const pulls = m => m.y - GROUND < needed(m.speed, Math.sin(m.yaw));
// The pilot holds its dive at full throttle, until the reflex pulls: up, whichever way that is.
const careless = () => [0, 1];
const guarded = m => (pulls(m) ? [Math.cos(m.yaw) < 0 ? -1 : 1, m.speed < 80 ? 1 : 0] : [0, 1]);
const course = ({ y, speed, dive }, act) => {
  const above = { x: 0, y: 400, yaw: 0, speed: 100 };
  const starts = [{ x: 0, y, yaw: -dive * DEGREE, speed }, above];
  return fly(starts, (m, j) => (j ? [0, 0.5] : act(m)), SECONDS * rules.tick_rate)[0];
};

kit.add("ground", {
  title: "The ground's limit",
  caption:
    "The dashed line is the height that is needed at the speed and dive of each moment; at it " +
    "the reflex " +
    "takes the stick. Drag the fighter up and down, and its arrow: speed and dive.",
  state: { y: 270, speed: 150, dive: 50 },
  formulas: { needed, pulls, course, guarded, careless },
  height: width => Math.min(395, 0.57 * (width - 54) + 64),

  draw(c, state) {
    const view = { x: [-30, 480], y: [0, 290], equal: true, base: true };
    const sky = c.panel({ ...view, yLabel: "altitude, m", xLabel: "m" });
    const { y, speed, dive } = state;
    const [x0, x1] = sky.ranges[0];
    const inside = course => course.filter(m => m.x <= x1 && m.x >= x0);
    const points = course => course.map(m => [m.x, m.y]);
    const saved = inside(course(state, guarded));
    const free = inside(course(state, careless));
    const crash = free.findIndex(m => !m.alive);
    const taken = saved.findIndex((m, k) => k % rules.decision_ticks === 0 && pulls(m));
    const lowest = saved.reduce((a, b) => (b.y < a.y ? b : a));
    sky.block(x0, 0, x1, GROUND);
    sky.segment(x0, GROUND, x1, GROUND, "thin");
    sky.line(
      saved.map(m => [m.x, GROUND + needed(m.speed, Math.sin(m.yaw))]),
      "s thin dash",
    );
    const start = GROUND + needed(speed, Math.sin(-dive * DEGREE));
    sky.label("height needed", 0, start, "s", "nw");
    if (crash >= 0 && taken >= 0) {
      const at = free[crash];
      sky.line(points(free.slice(taken, crash + 1)), "b thin dash");
      sky.segment(at.x - 6, GROUND - 6, at.x + 6, GROUND + 6, "b");
      sky.segment(at.x - 6, GROUND + 6, at.x + 6, GROUND - 6, "b");
      sky.label(`ground after ${number(crash / 120, 1)} s`, at.x, GROUND + 8, "b", "w");
    }
    sky.line(points(taken < 0 ? saved : saved.slice(0, taken + 1)), "a");
    if (taken >= 0) {
      const at = saved[taken];
      sky.line(points(saved.slice(taken)), "g");
      sky.dot(at.x, at.y, "g", 4.5);
      sky.label("the reflex pulls", at.x, at.y, "g strong", "ne");
      if (lowest.alive)
        sky.label(`lowest: ${number(lowest.y - GROUND)} m`, lowest.x, lowest.y, "g", "n");
    }
    sky.plane(0, y, -dive * DEGREE, "a", 1.1);
    const reach = speed * ARROW;
    const tip = [reach * Math.cos(dive * DEGREE), y - reach * Math.sin(dive * DEGREE)];
    sky.arrow([0, y], tip, "a");
    const says = `${number(speed)} m/s, dive ${number(dive)}°`;
    sky.label(says, ...tip, "a", "e");
    sky.handle({
      ...{ name: "altitude", tone: "a", open: true, x: 0, y, step: [0, 5] },
      ...{ now: y, min: 6, max: 285, says: `${number(y)} m` },
      move: (_, up) => (state.y = clamp(up, 6, 285)),
    });
    sky.handle({
      ...{ name: "speed and dive", tone: "a", x: tip[0], y: tip[1], step: [2, 2] },
      ...{ now: speed, min: 31, max: 250, says },
      move: (u, v) => {
        state.speed = clamp(Math.hypot(u, v - y) / ARROW, 31, 250);
        state.dive = clamp(Math.atan2(y - v, Math.max(u, 0)) / DEGREE, -30, 90);
      },
    });
    if (!lowest.alive) return "Too low for this speed and dive: even the reflex comes too late.";
    if (taken < 0) return "Nothing to do here: the fighter stays above the height that it needs.";
    const lost = crash < 0 ? "" : "; without it the fighter is lost";
    return (
      `The reflex takes over ${number(saved[taken].y - GROUND)} m above the ground ` +
      `and comes no lower than ${number(lowest.y - GROUND)} m${lost}.`
    );
  },
});
