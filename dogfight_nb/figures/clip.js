// PPO takes the smaller of what the ratio would earn and what it may earn. Where does it stop?
const { clamp, number } = kit;
const objective = (ratio, advantage, clip) =>
  Math.min(ratio * advantage, clamp(ratio, 1 - clip, 1 + clip) * advantage);
// how steep it is there: the pull of the gradient on the ratio
const slope = (ratio, advantage, clip) =>
  ratio * advantage <= clamp(ratio, 1 - clip, 1 + clip) * advantage ? advantage : 0;
const TITLES = { good: "A good choice: advantage +1", bad: "A bad choice: advantage −1" };
const TONES = { good: "a", bad: "b" };

kit.add("clip", {
  title: "The clipped objective",
  caption:
    "An arrow is the gradient's pull on the ratio, new probability over old. Drag the rings " +
    "along the curves, " +
    "or the edge of the band.",
  state: { good: 1.1, bad: 0.6, clip: 0.2 },
  formulas: { objective, slope },
  height: width => (width < 560 ? 520 : 310),

  draw(c, state) {
    const { clip } = state;
    const told = Object.entries({ good: 1, bad: -1 }).map(([which, advantage], k) => {
      const [low, high] = advantage > 0 ? [0, 2] : [-2, 0];
      const [ratio, tone] = [state[which], TONES[which]];
      const p = c.panel({
        box: c.halves()[k],
        x: [0, 2],
        y: [low, high],
        title: TITLES[which],
        xLabel: "ratio",
        yLabel: "objective",
      });
      p.block(1 - clip, low, 1 + clip, high, "s");
      p.segment(0, 0, 2, 2 * advantage, "s thin dash");
      const points = Array.from({ length: 101 }, (_, i) => i / 50);
      const at = r => objective(r, advantage, clip);
      p.line(
        points.map(r => [r, at(r)]),
        tone,
      );
      const pull = slope(ratio, advantage, clip);
      const length = 0.34 * pull;
      if (pull)
        p.arrow([ratio + 0.09 * pull, at(ratio)], [ratio + 0.09 * pull + length, at(ratio)], tone);
      p.label(
        pull ? (pull > 0 ? "pulled up" : "pulled down") : "flat: no pull",
        ...[ratio, at(ratio)],
        `${tone} strong`,
        advantage > 0 ? "nw" : "sw",
      );
      const free = advantage > 0 ? 1.75 : 0.4;
      p.label("ratio × advantage", free, free * advantage, "s", advantage > 0 ? "w" : "e");
      p.handle({
        ...{ name: `ratio of the ${which} choice`, tone, x: ratio, y: at(ratio), step: [0.05, 0] },
        ...{ now: ratio, min: 0.02, max: 1.98, says: `ratio ${number(ratio, 2)}` },
        move: x => (state[which] = clamp(x, 0.02, 1.98)),
      });
      if (!k)
        p.handle({
          ...{ name: "clip", tone: "s", x: 1 + clip, y: low + 0.16, step: [0.02, 0] },
          ...{ now: clip, min: 0.05, max: 0.6, says: `ε = ${number(clip, 2)}` },
          move: x => (state.clip = clamp(x - 1, 0.05, 0.6)),
        });
      if (k) p.text("1 ± ε", 1, -0.12, "s small", "middle");
      else p.label(`ε = ${number(clip, 2)}`, 1 + clip, low + 0.16, "s", "e");
      return pull ? "is still learned from" : "is not learned from any more";
    });
    return (
      `The good choice, at a ratio of ${number(state.good, 2)}, ${told[0]}; the bad one, at ` +
      `${number(state.bad, 2)}, ${told[1]}. Back towards 1 there is always a pull.`
    );
  },
});
