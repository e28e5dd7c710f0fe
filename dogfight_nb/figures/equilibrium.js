// Three styles, each beaten by another: which mixture cannot be beaten?
const { clamp, number } = kit;
const STYLES = ["Rush", "Guard", "Climb"];
// score of the row against the column; what one wins the other loses
const table = ({ ab, bc, ca }) => [
  [0.5, ab, 1 - ca],
  [1 - ab, 0.5, bc],
  [ca, 1 - bc, 0.5],
];
// what each style scores against a mixture
const scores = (payoff, mix) => payoff.map(row => row.reduce((sum, p, k) => sum + p * mix[k], 0));
// what the best answer to a mixture wins beyond an even score
const exploitability = (payoff, mix) => Math.max(...scores(payoff, mix)) - 0.5;
// The mixture that no style beats. The game is symmetric and worth 1/2. In a cycle each style is
// played as often as the other two differ; otherwise one style loses to none.
const equilibrium = payoff => {
  const [ab, bc, ca] = [payoff[0][1], payoff[1][2], payoff[2][0]].map(p => p - 0.5);
  const cycle = [bc, ca, ab];
  const sum = bc + ca + ab;
  if (cycle.every(v => v > 0) || cycle.every(v => v < 0)) return cycle.map(v => v / sum);
  const pure = [0, 1, 2].map(k => [0, 1, 2].map(j => +(j === k)));
  return pure.reduce((a, b) => (exploitability(payoff, b) < exploitability(payoff, a) ? b : a));
};
const CORNERS = [
  [0, 0],
  [1, 0],
  [0.5, Math.sqrt(0.75)],
];
const TONES = ["a", "b", "g"];
const at = mix => [0, 1].map(axis => mix.reduce((sum, m, k) => sum + m * CORNERS[k][axis], 0));
// the corners of the mixtures against which style `k` scores most: a triangle, cut twice
const region = (payoff, k) =>
  [0, 1, 2].reduce(
    (corners, j) => {
      const lead = mix => scores(payoff, mix)[k] - scores(payoff, mix)[j];
      return corners.flatMap((p, n) => {
        const q = corners[(n + 1) % corners.length];
        const [a, b] = [lead(p), lead(q)];
        const cut = p.map((v, i) => v + ((q[i] - v) * a) / (a - b));
        return [...(a >= 0 ? [p] : []), ...(a * b < 0 ? [cut] : [])];
      });
    },
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  );
const mixture = (x, y) => {
  const top = clamp(y / CORNERS[2][1], 0, 1);
  const right = clamp(x - top / 2, 0, 1 - top);
  return [1 - top - right, right, top];
};

kit.add("equilibrium", {
  title: "A mixture that cannot be beaten",
  caption:
    "Each point of the triangle is a mixture of three styles, coloured by the style that " +
    "answers it best. " +
    "Drag your mixture to the star; drag the rings on the payoffs up or down.",
  state: { ab: 0.8, bc: 0.7, ca: 0.9, mix: [0.5, 0.3, 0.2] },
  formulas: { table, scores, equilibrium, exploitability },
  height: width => (width < 560 ? 590 : 340),

  draw(c, state) {
    const payoff = table(state);
    const { mix } = state;
    const [left, right] = c.halves(0.56, 0.56);
    const p = c.panel({ box: left, x: [-0.12, 1.12], y: [-0.13, 1], equal: true, bare: true });
    TONES.forEach((tone, k) => p.area(region(payoff, k).map(at), tone));
    p.line([...CORNERS, CORNERS[0]], "thin");
    STYLES.forEach((name, k) => {
      const [x, y] = CORNERS[k];
      p.label(`only ${name}`, x, y, `${TONES[k]} strong`, k === 2 ? "e" : "s");
    });
    const best = equilibrium(payoff);
    const [sx, sy] = p.at(at(best));
    const star = Array.from({ length: 10 }, (_, k) => {
      const [r, a] = [k % 2 ? 4.5 : 11, (k * Math.PI) / 5 - Math.PI / 2];
      return [sx + r * Math.cos(a), sy + r * Math.sin(a)].map(v => Math.round(v * 10) / 10).join();
    });
    c.put("path", { d: `M${star.join("L")}Z`, class: "fill" });
    p.label("equilibrium", ...at(best), "strong", "e");
    p.line([at(mix), at(best)], "s thin dash");
    p.label("your mixture", ...at(mix), "", "w");
    p.handle({
      ...{ name: "your mixture", tone: "", x: at(mix)[0], y: at(mix)[1], step: [0.02, 0.02] },
      ...{ now: 100 * exploitability(payoff, mix), min: 0, max: 50 },
      says: STYLES.map((name, k) => `${name} ${number(100 * mix[k])} %`).join(", "),
      move: (x, y) => (state.mix = mixture(x, y)),
    });

    const m = c.panel({ box: right, x: [-0.95, 3], y: [-0.75, 3.75], bare: true });
    m.text("score of the row against the column", -0.95, 3.62, "s small");
    STYLES.forEach((name, i) => {
      m.text(name, -0.05, 2.42 - i, `${TONES[i]} strong`, "end");
      m.text(name, i + 0.5, 3.08, `${TONES[i]} strong`, "middle");
      m.text(`${number(100 * best[i])} %`, i + 0.5, -0.36, "strong", "middle");
      payoff[i].forEach((score, j) => {
        const [x, y] = [j + 0.04, 2.96 - i];
        const box = [
          [x, y],
          [x + 0.92, y],
          [x + 0.92, y - 0.92],
          [x, y - 0.92],
        ];
        const tone = TONES[score < 0.5 ? j : i];
        c.put("path", {
          d: "M" + box.map(q => m.at(q).map(Math.round).join()).join("L") + "Z",
          class: `fill ${tone}`,
          opacity: (0.08 + 0.8 * Math.abs(score - 0.5)).toFixed(2),
        });
        m.text(number(score, 2), j + 0.36, 2.42 - i, "", "middle");
      });
    });
    m.text("equilibrium", -0.05, -0.36, "s small", "end");
    for (const [key, i, j] of [
      ["ab", 0, 1],
      ["bc", 1, 2],
      ["ca", 2, 0],
    ]) {
      const pair = `${STYLES[i]} against ${STYLES[j]}`;
      m.handle({
        ...{ name: pair, tone: TONES[i], x: j + 0.74, y: 2.1 - i + 0.8 * (state[key] - 0.5) },
        ...{ step: [0, 0.016], now: state[key], min: 0.05, max: 0.95 },
        says: number(state[key], 2),
        move: (_, y) => (state[key] = clamp((y - 2.1 + i) / 0.8 + 0.5, 0.05, 0.95)),
      });
    }
    const lost = exploitability(payoff, mix);
    const won = scores(payoff, mix);
    const answer = won.indexOf(Math.max(...won));
    const shares = STYLES.map((name, k) => `${name} ${number(100 * best[k])} %`).join(", ");
    return (
      `Against your mixture ${STYLES[answer]} scores ${number(0.5 + lost, 2)}: ` +
      `you can be exploited by ${number(lost, 2)}. ` +
      `The equilibrium (${shares}) cannot.`
    );
  },
});
