// The same games in another order: Elo gives other ratings, Bradley–Terry the same.
const { clamp, number } = kit;
const PLAYERS = 8;
// a small generator of random numbers (Marsaglia 2003, xorshift)
const random = seed => {
  let x = (seed * 2654435761) >>> 0 || 1;
  const next = () => {
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x / 2 ** 32;
  };
  for (let k = 0; k < 8; k++) next();
  return next;
};
const expected = difference => 1 / (1 + 10 ** (-difference / 400));
// [winner, loser] of each game
const play = ({ games, season, truth }) => {
  const next = random(season);
  return Array.from({ length: games }, () => {
    const a = Math.floor(next() * PLAYERS);
    const b = (a + 1 + Math.floor(next() * (PLAYERS - 1))) % PLAYERS;
    return next() < expected(truth[a] - truth[b]) ? [a, b] : [b, a];
  });
};
const shuffled = (games, seed) => {
  const [next, order] = [random(seed), [...games]];
  for (let k = order.length - 1; k > 0; k--) {
    const other = Math.floor(next() * (k + 1));
    [order[k], order[other]] = [order[other], order[k]];
  }
  return order;
};
const elo = (games, K) => {
  const rating = new Array(PLAYERS).fill(1000);
  for (const [a, b] of games) {
    const change = K * (1 - expected(rating[a] - rating[b]));
    rating[a] += change;
    rating[b] -= change;
  }
  return rating;
};
// The most likely strengths, by Zermelo's iteration (Newman 2023): mean 1000. Each player must have
// won and lost.
const bradleyTerry = games => {
  const wins = Array.from({ length: PLAYERS }, () => new Array(PLAYERS).fill(0));
  for (const [a, b] of games) wins[a][b]++;
  const strength = new Array(PLAYERS).fill(1);
  for (let round = 0; round < 2000; round++) {
    let moved = 0;
    for (let i = 0; i < PLAYERS; i++) {
      let [above, below] = [0, 0];
      for (let j = 0; j < PLAYERS; j++) {
        above += (wins[i][j] * strength[j]) / (strength[i] + strength[j]);
        below += wins[j][i] / (strength[i] + strength[j]);
      }
      const found = clamp(above / below, 1e-6, 1e6);
      moved = Math.max(moved, Math.abs(Math.log(found / strength[i])));
      strength[i] = found;
    }
    if (moved < 1e-11) break;
  }
  const rating = strength.map(s => 400 * Math.log10(s));
  const mean = rating.reduce((sum, r) => sum + r, 0) / PLAYERS;
  return rating.map(r => r - mean + 1000);
};
const ORDERS = 40;

kit.add("rating", {
  title: "Elo against Bradley–Terry",
  caption:
    "Eight players whose strength is known, and the games they played. A stripe is the range " +
    "of Elo's ratings " +
    "when the same games come in 40 other orders. Bradley–Terry knows no order. Drag the grey rings: the true strengths.",
  state: { games: 400, K: 32, season: 3, truth: [790, 850, 910, 970, 1030, 1090, 1150, 1210] },
  controls: [
    { name: "games", label: "Games", min: 150, max: 2000, step: 50, show: v => number(v) },
    { name: "K", label: "Elo's K", min: 4, max: 64, step: 4, show: v => number(v) },
    { label: "Other games", press: state => (state.season = (state.season % 30) + 1) },
  ],
  formulas: { play, elo, shuffled, bradleyTerry },
  height: () => 350,

  draw(c, state) {
    const { truth } = state;
    const games = play(state);
    const stripes = Array.from({ length: ORDERS }, (_, k) => elo(shuffled(games, k + 1), state.K));
    const [played, fitted] = [elo(games, state.K), bradleyTerry(games)];
    const p = c.panel({
      x: [750, 1250],
      y: [660, 1320],
      xLabel: "true strength",
      yLabel: "rating",
    });
    p.segment(750, 750, 1250, 1250, "s thin dash");
    truth.forEach((strength, j) => {
      const all = stripes.map(r => r[j]);
      const [low, high] = [Math.min(...all), Math.max(...all)];
      p.bar(strength, high, 16, "b faint", low);
      const [cx, cy] = p.at([strength, played[j]]);
      c.put("circle", { cx, cy, r: 5, class: "line b" });
      p.dot(strength, fitted[j], "a", 5);
      p.handle({
        ...{
          name: `true strength of player ${j + 1}`,
          tone: "s",
          x: strength,
          y: 690,
          step: [5, 0],
        },
        ...{ now: strength, min: 760, max: 1240, says: number(strength) },
        move: x => (truth[j] = clamp(x, 760, 1240)),
      });
    });
    p.label("the truth", 765, 765, "s", "nw");
    // a key, in the corner that stays empty
    const key = ["Bradley–Terry", "Elo, in the order played", "Elo, in 40 other orders"];
    key.forEach((text, k) => {
      const [cx, cy] = [p.left + 16, p.top + 16 + 20 * k];
      const mark =
        k < 2 ? { cx, cy, r: 5 } : { x: cx - 8, y: cy - 7, width: 16, height: 14, rx: 2 };
      const kind = ["fill a", "line b", "fill b faint"][k];
      c.put(k < 2 ? "circle" : "rect", { ...mark, class: kind });
      c.put("text", { x: cx + 16, y: cy + 5, class: k ? "b" : "a" }, text);
    });
    const spans = truth.map((_, j) => {
      const all = stripes.map(r => r[j]);
      return Math.max(...all) - Math.min(...all);
    });
    const off = rating =>
      number(rating.reduce((sum, r, j) => sum + Math.abs(r - truth[j]), 0) / PLAYERS);
    const wide = number(spans.reduce((a, b) => a + b) / PLAYERS);
    return (
      `${state.games} games: Elo depends on their order, by ${wide} points on average; ` +
      `it is off the truth by ${off(played)}, Bradley–Terry by ${off(fitted)}.`
    );
  },
});
