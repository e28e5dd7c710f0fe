// Who turns tighter, the fast fighter or the slow one, and who pays for it?
const { clamp, number, signed } = kit;
const SECONDS = 2;
const ARROW = 0.3; // a speed is drawn as the way of so many seconds
const STARTS = { fast: [-90, 130], slow: [-210, 130] };
const TONES = { fast: "b", slow: "a" };

const courses = state => {
  const starts = Object.entries(STARTS).map(([who, [x, y]]) => ({
    x,
    y,
    yaw: 0,
    speed: state[who],
  }));
  return fly(starts, () => [state.stick, 1], SECONDS * rules.tick_rate);
};
// altitude and speed together, in metres: the height to which it could climb
const energy = ({ y, speed }) => y + speed ** 2 / (2 * rules.gravity);
const turned = course => {
  const steps = course.slice(1).map((now, k) => {
    const step = now.yaw - course[k].yaw;
    return step - 2 * Math.PI * Math.round(step / (2 * Math.PI));
  });
  return (Math.abs(steps.reduce((sum, step) => sum + step, 0)) * 180) / Math.PI;
};
const width = course => Math.max(...course.map(m => m.x)) - Math.min(...course.map(m => m.x));

kit.add("turn", {
  title: "Turn rate and energy",
  caption:
    "Both fighters pull their stick for two seconds at full throttle; the dots are half seconds. " +
    "Drag the arrows: they are the speeds at the start.",
  state: { fast: 230, slow: 70, stick: 1 },
  controls: [
    { name: "stick", label: "Stick", min: 0.1, max: 1, step: 0.05, show: v => number(v, 2) },
  ],
  play: { label: "Fly", seconds: () => SECONDS },
  formulas: { courses },
  height: width => (width < 560 ? 560 : 350),

  draw(c, state) {
    const [left, right] = c.halves(0.58, 0.56);
    const flown = courses(state);
    const extent = (of, low, high) => {
      const all = flown.flat().map(of);
      return [Math.min(low, ...all) - 12, Math.max(high, ...all) + 12];
    };
    const sky = c.panel({
      box: left,
      x: extent(m => m.x, -240, 60),
      y: extent(m => m.y, 70, 290),
      equal: true,
      xLabel: "m",
      yLabel: "altitude, m",
    });
    const now = Math.round((c.t ?? SECONDS) * rules.tick_rate);
    const spent = flown.map(course => course.map(m => energy(m) - energy(course[0])));
    const all = spent.flat();
    const balance = c.panel({
      box: right,
      x: [0, SECONDS * 1.2],
      y: [Math.min(-60, ...all) - 15, Math.max(40, ...all) + 15],
      xLabel: "seconds",
      yLabel: "energy won or lost, m",
    });
    balance.segment(0, 0, SECONDS * 1.2, 0, "s thin");
    Object.entries(STARTS).forEach(([who, [x, y]], j) => {
      const [course, tone] = [flown[j], TONES[who]];
      const seen = course.slice(0, now + 1);
      const tip = [x + state[who] * ARROW, y];
      sky.line(
        course.map(m => [m.x, m.y]),
        `${tone} ${c.t === undefined ? "" : "faint thin"}`,
      );
      if (c.t !== undefined)
        sky.line(
          seen.map(m => [m.x, m.y]),
          tone,
        );
      for (let k = 60; k <= now; k += 60) sky.dot(course[k].x, course[k].y, tone, 3);
      const at = seen.at(-1);
      sky.plane(at.x, at.y, at.yaw, tone);
      sky.plane(x, y, 0, `${tone} faint`, 0.7);
      sky.arrow([x, y], tip, `${tone} thin`);
      sky.handle({
        ...{ name: `speed of the ${who} fighter`, tone, x: tip[0], y: tip[1], step: [4, 0] },
        ...{ now: state[who], min: 20, max: 250, says: `${number(state[who])} m/s` },
        move: to => (state[who] = clamp((to - x) / ARROW, 20, 250)),
      });
      sky.label(`${number(state[who])} m/s`, (x + tip[0]) / 2, y, tone, "s");
      const line = spent[j].map((e, k) => [k / rules.tick_rate, e]);
      balance.line(line.slice(0, now + 1), tone);
      const end = line[Math.min(now, line.length - 1)];
      balance.dot(...end, tone);
      balance.label(`${signed(end[1])} m`, ...end, tone);
    });
    const told = flown.map((course, j) => [width(course), turned(course), spent[j].at(-1)]);
    const [fast, slow] = told.map(
      ([wide, angle, e]) =>
        `turns by ${number(angle)}° within ${number(wide)} m and ` +
        `${e < 0 ? "loses" : "gains"} ${number(Math.abs(e))} m of energy`,
    );
    const speeds = [state.fast, state.slow].map(v => `at ${number(v)} m/s`);
    return `The fighter ${speeds[0]} ${fast}; the one ${speeds[1]} ${slow}.`;
  },
});
