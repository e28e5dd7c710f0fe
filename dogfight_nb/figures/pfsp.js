// Whom to meet? By how often one beats them.
const { clamp, number } = kit;
const WEIGHTS = {
  hard: (w, power) => (1 - w) ** power,
  linear: w => 1 - w,
  variance: w => w * (1 - w),
};
const shares = (rates, weighting, power) => {
  const weight = rates.map(w => WEIGHTS[weighting](w, power));
  const sum = weight.reduce((a, b) => a + b, 0);
  return weight.map(w => (sum > 0 ? w / sum : 1 / rates.length));
};

kit.add("pfsp", {
  title: "PFSP: whom to meet",
  caption:
    "Each ring is an opponent. Drag it to another win rate: its bar is its share of the next " +
    "matches.",
  state: { rates: [0.95, 0.85, 0.7, 0.55, 0.4, 0.25], weighting: "hard", power: 2 },
  controls: [
    {
      name: "weighting",
      label: "Weighting",
      options: { hard: "hard", linear: "linear", variance: "variance" },
    },
    {
      ...{ name: "power", label: "Power", min: 0.5, max: 6, step: 0.5 },
      show: v => number(v, 1),
      when: state => state.weighting === "hard",
    },
  ],
  formulas: { shares },
  height: width => (width < 560 ? 520 : 300),

  draw(c, state) {
    const { rates, weighting, power } = state;
    const [left, right] = c.halves(0.52);
    const weight = w => WEIGHTS[weighting](w, power);
    const most = weighting === "variance" ? 0.25 : 1;
    const curve = c.panel({
      box: left,
      x: [0, 1],
      y: [0, 1.06],
      xLabel: "learner's win rate",
      yLabel: "weight, of the largest possible",
    });
    const points = Array.from({ length: 101 }, (_, k) => [k / 100, weight(k / 100) / most]);
    curve.area([[0, 0], ...points, [1, 0]], "a");
    curve.line(points, "a");
    const bars = c.panel({
      box: right,
      x: [0.4, rates.length + 0.6],
      y: [0, Math.max(0.5, ...shares(rates, weighting, power)) * 1.14],
      xLabel: "opponents",
      yLabel: "share of the matches",
      ticks: { x: 0 },
    });
    bars.segment(0.4, 1 / rates.length, rates.length + 0.6, 1 / rates.length, "s thin dash");
    shares(rates, weighting, power).forEach((share, k) => {
      const letter = "ABCDEF"[k];
      bars.bar(k + 1, share, 0.62, "a");
      bars.text(
        `${number(100 * share)} %`,
        k + 1,
        share + bars.ranges[1][1] * 0.025,
        "strong",
        "middle",
      );
      const foot = { x: bars.px(k + 1), y: bars.top + bars.height + 17, "text-anchor": "middle" };
      c.put("text", { ...foot, class: "small s" }, letter);
      const at = weight(rates[k]) / most;
      curve.label(letter, rates[k], at, "strong", "ne");
      curve.handle({
        ...{ name: `win rate against ${letter}`, x: rates[k], y: at, step: [0.02, 0] },
        ...{ now: rates[k], min: 0, max: 1 },
        says: `${number(100 * rates[k])} %, met in ${number(100 * share)} % of the matches`,
        move: x => (rates[k] = clamp(x, 0, 1)),
      });
    });
    const all = shares(rates, weighting, power);
    const top = all.indexOf(Math.max(...all));
    const [beaten, met, even] = [rates[top], all[top], 1 / all.length].map(v => number(100 * v));
    return (
      `${"ABCDEF"[top]}, whom the learner beats in ${beaten} % of the matches, is met in ${met} % ` +
      `of the next ones; drawn evenly, it would be ${even} %.`
    );
  },
});
