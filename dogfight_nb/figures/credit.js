// A hit is scored, and the critic saw half of it coming. Which decisions get the credit?
const { clamp, number } = kit;
const STEPS = 96;
const HIT = 59;
// the critic's value before each decision, and after the last: `level` from `from` until the hit
const values = ({ from, level }) =>
  Array.from({ length: STEPS + 1 }, (_, t) => (t >= from && t <= HIT ? level : 0));
// GAE, backwards: the surprise δ of each decision, and λγ of what follows
const advantages = (reward, value, gamma, lambda) => {
  const advantage = new Array(reward.length);
  let running = 0;
  for (let t = reward.length - 1; t >= 0; t--) {
    const surprise = reward[t] + gamma * value[t + 1] - value[t];
    running = surprise + gamma * lambda * running;
    advantage[t] = running;
  }
  return advantage;
};
const REWARD = Array.from({ length: STEPS }, (_, t) => (t === HIT ? 1 : 0));

kit.add("credit", {
  title: "GAE's λ: which decisions get credit",
  caption:
    "Bars: the advantage of each decision, twelve a second. The step is the critic's value, " +
    "which you " +
    "can drag: how much of the hit it foresees, and from when on.",
  state: { lambda: 0.9, from: 48, level: 0.5 },
  controls: [{ name: "lambda", label: "λ", min: 0, max: 1, step: 0.05, show: v => number(v, 2) }],
  formulas: { values, advantages, REWARD },
  height: () => 310,

  draw(c, state) {
    const { lambda, from, level } = state;
    const p = c.panel({
      x: [0, 6.6],
      y: [-0.25, 1.12],
      xLabel: "seconds",
      yLabel: "advantage of a decision",
    });
    const value = values(state);
    const of = l => advantages(REWARD, value, 0.98, l);
    const curve = a => a.slice(0, HIT + 12).map((v, t) => [t / 12, v]);
    p.segment(0, 0, 6.6, 0, "s thin");
    for (const [t, v] of curve(of(lambda)))
      if (Math.abs(v) > 0.004) p.bar(t, v, 0.055, v < 0 ? "b" : "a");
    if (lambda > 0.05) p.line(curve(of(0)), "s thin dash");
    if (lambda < 0.95) p.line(curve(of(1)), "s thin");
    const [start, hit] = [from / 12, HIT / 12];
    p.line(
      [
        [0, 0],
        [start - 1 / 24, 0],
        [start - 1 / 24, level],
        [hit + 1 / 24, level],
        [hit + 1 / 24, 0],
      ],
      "g",
    );
    p.label("the critic's value", (start + hit) / 2 + 0.1, level, "g", "n");
    p.label("hit: +1", hit, of(lambda)[HIT], "strong", "e");
    if (lambda < 0.95) p.label("λ = 1", 1.2, of(1)[14], "s", "n");
    if (lambda > 0.05) p.label("λ = 0", start - 0.2, of(0)[from - 1], "s", "w");
    const name = "what the critic foresees";
    p.handle({
      ...{ name, tone: "g", x: start - 1 / 24, y: level, step: [1 / 12, 0.05] },
      ...{
        now: level,
        min: -0.2,
        max: 1,
        says: `${number(level, 2)} from ${number(start, 1)} s on`,
      },
      move: (t, v) => {
        state.from = clamp(Math.round(t * 12 + 0.5), 6, HIT - 1);
        state.level = clamp(v, -0.2, 1);
      },
    });
    const all = of(lambda);
    const paid = all.filter(v => v > 0.1).length;
    return (
      `With λ = ${number(lambda, 2)}, ${paid} of ${HIT + 1} decisions up to the hit get an advantage ` +
      "above 0.1. With λ = 0 only those do that surprised the critic; with λ = 1 all that came " +
      "before the hit."
    );
  },
});
