// The same logits at another temperature: how much is left to chance?
const { clamp, number } = kit;
// the sticks of a policy's first head
const LEVELS = [-1, -0.5, -0.2, 0, 0.2, 0.5, 1];
// softmax of logits / T; at T = 0 the likeliest option alone
const probabilities = (logits, temperature) => {
  const top = Math.max(...logits);
  if (!temperature) return logits.map((_, k) => +(k === logits.indexOf(top)));
  const weights = logits.map(l => Math.exp((l - top) / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map(w => w / sum);
};
const entropy = p => -p.reduce((sum, v) => sum + (v > 0 ? v * Math.log(v) : 0), 0);

kit.add("temperature", {
  title: "Temperature: how much is left to chance",
  caption:
    "First the logits that a network answers, one for each stick; drag them. Then how often each " +
    "stick is drawn. The marks are the chances at temperature 1.",
  state: { logits: [-1.2, -0.4, 0.3, 0.8, 1.6, 2.2, 0.6], T: 0.5 },
  controls: [
    { name: "T", label: "Temperature", min: 0, max: 3, step: 0.1, show: v => number(v, 1) },
  ],
  formulas: { LEVELS, probabilities, entropy },
  height: width => (width < 560 ? 500 : 290),

  draw(c, state) {
    const { logits, T } = state;
    const [left, right] = c.halves(0.46);
    const x = [0.3, LEVELS.length + 0.7];
    const blank = { x, xLabel: "stick", ticks: { x: LEVELS.map((v, k) => [k + 1, number(v, 1)]) } };
    const answer = c.panel({ ...blank, box: left, y: [-3, 3], yLabel: "logit" });
    const chance = c.panel({ ...blank, box: right, y: [0, 1.08], yLabel: "chance to be drawn" });
    const [now, plain] = [probabilities(logits, T), probabilities(logits, 1)];
    answer.segment(x[0], 0, x[1], 0, "s thin");
    logits.forEach((logit, k) => {
      answer.segment(k + 1, 0, k + 1, logit, "a");
      answer.handle({
        ...{ name: `logit of stick ${number(LEVELS[k], 1)}`, x: k + 1, y: logit, step: [0, 0.1] },
        ...{ now: logit, min: -3, max: 3 },
        says: `${number(logit, 1)}, drawn in ${number(100 * now[k])} %`,
        move: (_, y) => (logits[k] = clamp(y, -3, 3)),
      });
      chance.bar(k + 1, now[k], 0.66, "a");
      chance.segment(k + 0.6, plain[k], k + 1.4, plain[k], "");
      const above = Math.max(now[k], plain[k]) + 0.03;
      chance.text(`${number(100 * now[k])} %`, k + 1, above, "strong small", "middle");
    });
    const [own, one] = [now, plain].map(p => number(Math.exp(entropy(p)), 1));
    return (
      `At temperature ${number(T, 1)} the choice is as uncertain as one among ${own} equal options ` +
      `(e to the entropy); at temperature 1 it would be ${one}, with no preference ${LEVELS.length}.`
    );
  },
});
