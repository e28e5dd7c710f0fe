// What is left of a reward that is still to come, and how far does that let one see?
const { clamp, number } = kit;
const left = (gamma, ticks, seconds) => gamma ** ((seconds * 120) / ticks);
// seconds after which 1/e is left, nearly: 1 / (1 − γ) decisions
const horizon = (gamma, ticks) => ticks / 120 / (1 - gamma);
const LENGTHS = [1, 4, 10];
const END = 6;

kit.add("discount", {
  title: "Discount and horizon",
  caption:
    "The same γ, with decisions of different length: the longer a decision lasts, the further " +
    "ahead it sees. " +
    "Drag the ring along to change γ.",
  state: { gamma: 0.98 },
  formulas: { left, horizon },
  height: () => 300,

  draw(c, state) {
    const { gamma } = state;
    const p = c.panel({
      x: [0, END],
      y: [0, 1],
      xLabel: "seconds until the reward",
      yLabel: "share of the reward that counts now",
    });
    const curve = ticks =>
      Array.from({ length: 241 }, (_, k) => (k / 240) * END).map(t => [t, left(gamma, ticks, t)]);
    const far = curve(10);
    p.area([[0, 0], ...far, [END, 0]], "a");
    for (const ticks of LENGTHS) {
      const own = ticks === 10;
      p.line(curve(ticks), own ? "a" : "s thin");
      const t = Math.min(horizon(gamma, ticks), END * 0.99);
      if (!own) p.dot(t, left(gamma, ticks, t), "s", 3);
      const name = ticks === 1 ? "every tick" : `every ${ticks} ticks`;
      p.label(
        `${name}: ${number(horizon(gamma, ticks), 1)} s`,
        t,
        left(gamma, ticks, t),
        own ? "a strong" : "s",
        "e",
      );
    }
    const own = horizon(gamma, 10);
    const e = left(gamma, 10, own);
    p.segment(own, 0, own, e, "a thin dash");
    p.handle({
      ...{ name: "horizon", x: own, y: e, step: [0.25, 0], now: own, min: 0.3, max: 5.6 },
      says: `γ ${number(gamma, 4)}, horizon ${number(own, 1)} s`,
      move: seconds => (state.gamma = 1 - 1 / (12 * clamp(seconds, 0.3, 5.6))),
    });
    const end = left(gamma, 10, 90);
    const counts = end < 1e-3 ? "less than a thousandth" : number(end, 3);
    return (
      `With γ = ${number(gamma, 3)} and a decision every 10 ticks, a pilot looks ` +
      `${number(own, 1)} s ahead. ` +
      `Of a win at the end of the match, 90 s away, ${counts} counts.`
    );
  },
});
