// How many games does it take to be sure that a pilot wins more than half?
const { clamp, number } = kit;
const Z = 1.959964;
// Wilson's interval [low, high] of the true rate after `wins` of `n`, 95 %
const wilson = (wins, n) => {
  const [p, spread] = [wins / n, (Z * Z) / n];
  const half = Z * Math.sqrt((p * (1 - p)) / n + spread / (4 * n));
  return [-1, 1].map(side => clamp((p + spread / 2 + side * half) / (1 + spread), 0, 1));
};
// the fewest games at the rate `p` whose interval leaves out a half; Infinity at a half
const enough = p => {
  for (let n = 1; n <= 5000; n++) {
    const [low, high] = wilson(p * n, n);
    if (low > 0.5 || high < 0.5) return n;
  }
  return Infinity;
};
const MARKS = [10, 20, 50, 100, 200, 500, 1000, 2000];
const ENDS = [1, Math.log10(2000)];

kit.add("interval", {
  title: "How sure is a win rate?",
  caption:
    "The band is Wilson's 95 % interval of the true rate, if the measured one stays the same. " +
    "Drag the ring: games to the side, win rate up and down.",
  state: { n: 60, p: 0.6 },
  formulas: { wilson, enough },
  height: () => 310,

  draw(c, state) {
    const { n, p } = state;
    const marks = MARKS.filter(v => c.wide || v % 3 === 1).map(v => [Math.log10(v), number(v)]);
    const plane = c.panel({
      x: ENDS,
      y: [0.2, 1],
      xLabel: "games",
      yLabel: "true win rate",
      ticks: { x: marks },
    });
    const steps = Array.from({ length: 121 }, (_, k) => ENDS[0] + ((ENDS[1] - ENDS[0]) * k) / 120);
    const band = (from, to) => {
      const inside = [from, ...steps.filter(v => v > from && v < to), to];
      const ends = inside.map(v => wilson(p * 10 ** v, 10 ** v));
      const [low, high] = [0, 1].map(k => inside.map((v, i) => [v, ends[i][k]]));
      return [...low, ...high.reverse()];
    };
    const needed = enough(p);
    const sure = clamp(Math.log10(needed), ...ENDS);
    if (sure > ENDS[0]) plane.area(band(ENDS[0], sure), "b");
    if (sure < ENDS[1]) plane.area(band(sure, ENDS[1]), "g");
    plane.segment(ENDS[0], 0.5, ENDS[1], 0.5, "thin");
    plane.segment(ENDS[0], p, ENDS[1], p, "s thin dash");
    const [low, high] = wilson(p * n, n);
    const x = Math.log10(n);
    const tone = needed <= n ? "g" : "b";
    plane.segment(x, low, x, high, tone);
    plane.label(`${number(100 * high)} %`, x, high, `${tone} strong`, "ne");
    plane.label(`${number(100 * low)} %`, x, low, `${tone} strong`, "se");
    plane.label("even match", ENDS[1], 0.5, "s small", "sw");
    if (sure < ENDS[1] && sure > ENDS[0]) {
      const side = p > 0.5 ? "above" : "below";
      const edge = wilson(p * needed, needed)[p > 0.5 ? 0 : 1];
      plane.dot(sure, edge, "g");
      plane.label(`${side} a half from ${number(needed)} games on`, sure, edge, "g", "se");
    }
    plane.handle({
      ...{ name: "games and win rate", tone, x, y: p, step: [0.02, 0.01] },
      ...{ now: p, min: 0.25, max: 0.95 },
      says: `${number(100 * p)} % of ${number(n)} games: ${number(100 * low)} to ${number(100 * high)} %`,
      move: (v, rate) => {
        state.n = Math.round(10 ** clamp(v, ...ENDS));
        state.p = clamp(rate, 0.25, 0.95);
      },
    });
    const rest = Number.isFinite(needed)
      ? `it takes ${number(needed)} games`
      : "no number is enough";
    return (
      `${number(100 * p)} % of ${number(n)} games: the true rate may be anything from ` +
      `${number(100 * low)} % to ${number(100 * high)} %. To tell it from a half, ${rest}.`
    );
  },
});
