// ---- a page that learns: a worker trains a pilot, the page shows how far it is -----------------------

const SVG = "http://www.w3.org/2000/svg";
const CURVE = { height: 320, top: 12, right: 130, bottom: 40, left: 44 };
const BEATEN = 0.9;
const SEEN = 8; // recent matches from which a win rate is shown
const ENOUGH = 20; // and from which it counts
const WATCHED = ["chaser", "dogfighter", "ace", "brawler"]; // in turn
const WATCH_SPEED = 4;
const STILL_S = 8; // until the next duel, where nothing shall move
const ABOUT_CURVES =
  "The share of its latest matches that it has won, while it still tries things out. " +
  "Nobody tells it how: a hit pays, being hit costs, and so do victory and defeat.";
const PACES = [
  ["to watch", 10000],
  ["full speed", null],
];

const shape = (tag, attributes = {}, ...children) => {
  const e = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
};

// 1, 2 or 5 times a power of ten, so that `most` of them reach `x`.
function round_step(x, most) {
  const power = 10 ** Math.floor(Math.log10(x / most));
  return [1, 2, 5, 10].map(k => k * power).find(step => step * most >= x);
}

// A count in three digits or so: 4 096 is 4.1 k.
function short_count(n) {
  const [size, unit] = n >= 1e6 ? [1e6, " M"] : n >= 1000 ? [1000, " k"] : [1, ""];
  const digits = n / size;
  return (digits < 10 && unit ? digits.toFixed(1).replace(".0", "") : digits.toFixed(0)) + unit;
}

// ---- curves: the win rate against each opponent over the decisions

class Curves {
  constructor(names) {
    this.names = names;
    this.clear();
    this.svg = shape("svg", { role: "img" });
    this.element = make("div", { class: "curves" }, this.svg);
  }

  clear() {
    this.points = this.names.map(() => []);
    this.decisions = 0;
  }

  add(decisions, rates) {
    this.decisions = decisions;
    rates.forEach((rate, k) => rate != null && this.points[k].push([decisions, rate]));
  }

  get newest() {
    return this.points.map(p => (p.length ? p.at(-1)[1] : null));
  }

  draw() {
    const width = this.element.clientWidth;
    if (!width) return;
    const { height, top, right, bottom, left } = CURVE;
    const step = round_step(Math.max(this.decisions, 50000), width < 400 ? 4 : 5);
    const last = step * Math.ceil(Math.max(this.decisions, 50000) / step);
    this.x = n => left + ((width - left - right) * n) / last;
    this.y = rate => top + (height - top - bottom) * (1 - rate);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("height", height);
    this.svg.setAttribute("aria-label", this.words());
    this.svg.replaceChildren(
      ...this.axes(step, last),
      ...this.points.flatMap((p, k) => this.line(p, k)),
      ...this.labels(width - right),
    );
  }

  axes(step, last) {
    const { height, bottom } = CURVE;
    const floor = height - bottom;
    const parts = [];
    const write = (text, x, y, anchor) =>
      parts.push(shape("text", { x, y, "text-anchor": anchor }, text));
    for (const rate of [0, 0.25, 0.5, 0.75, 1]) {
      const y = this.y(rate);
      parts.push(shape("path", { class: "grid", d: `M${this.x(0)} ${y}H${this.x(last)}` }));
      write(`${100 * rate} %`, this.x(0) - 6, y + 4, "end");
    }
    for (let n = 0; n <= last; n += step) {
      parts.push(shape("path", { class: "grid", d: `M${this.x(n)} ${floor}v4` }));
      write(short_count(n), this.x(n), floor + 17, "middle");
    }
    write("decisions", (this.x(0) + this.x(last)) / 2, height - 5, "middle");
    return parts;
  }

  line(points, k) {
    if (!points.length) return [];
    const places = points.map(([n, rate]) => `${this.x(n).toFixed(1)} ${this.y(rate).toFixed(1)}`);
    const [x, y] = places.at(-1).split(" ");
    return [
      shape("path", { class: `curve c${k}`, d: "M" + places.join("L") }),
      shape("circle", { class: `dot c${k}`, cx: x, cy: y, r: 3 }),
    ];
  }

  // Beside the ends of the curves, and apart from each other.
  labels(x) {
    const all = this.newest.map((rate, k) => ({ rate, k })).filter(({ rate }) => rate != null);
    all.sort((a, b) => b.rate - a.rate || a.k - b.k);
    let free = -Infinity;
    for (const l of all) free = (l.y = Math.max(this.y(l.rate) + 4, free)) + 15;
    let floor = CURVE.height - CURVE.bottom + 4;
    for (const l of [...all].reverse()) floor = (l.y = Math.min(l.y, floor)) - 15;
    const text = ({ rate, k }) => `${this.names[k]} ${Math.round(100 * rate)} %`;
    return all.map(l => shape("text", { class: `name c${l.k}`, x: x + 9, y: l.y }, text(l)));
  }

  words() {
    const told = this.newest.map((rate, k) =>
      rate == null ? "" : `${this.names[k]} ${Math.round(100 * rate)} %`,
    );
    const rates = told.filter(Boolean).join(", ") || "no match is over yet";
    return `Win rate over ${short_count(this.decisions)} decisions: ${rates}`;
  }
}

// ---- a network's numbers, in and out of its graph

// The weights in the Gemm nodes of `graph`, one after the other.
function weights_of(graph) {
  const parts = graph.nodes
    .filter(node => node.op === "Gemm")
    .flatMap(node => node.inputs.slice(1))
    .flatMap(name => {
      const bytes = Uint8Array.from(atob(graph.tensors[name].data), c => c.charCodeAt(0));
      return Array.from(new Float32Array(bytes.buffer));
    });
  return Float32Array.from(parts);
}

// `graph` with other weights.
function graph_with(graph, weights) {
  const tensors = { ...graph.tensors };
  let [at, count] = [0, 0];
  const put = name => {
    const { shape } = graph.tensors[name];
    const numbers = weights.slice(at, (at += shape.reduce((a, b) => a * b, 1)));
    const bytes = new Uint8Array(numbers.buffer);
    const text = Array.from(bytes, b => String.fromCharCode(b)).join("");
    const learned = `learned${count++}`;
    tensors[learned] = { dtype: "float32", shape, data: btoa(text) };
    return learned;
  };
  const nodes = graph.nodes.map(node => {
    if (node.op !== "Gemm") return node;
    const [x, ...stored] = node.inputs;
    return { ...node, inputs: [x, ...stored.map(put)] };
  });
  return { ...graph, nodes, tensors };
}

// ---- the page

class LearningPage {
  // `data`: {name, settings}, as dogfight_nb.learning_page writes them.
  constructor(player, { name, settings }) {
    Object.assign(this, { player, name, settings });
    this.mind = player.data.minds[name];
    this.first = weights_of(this.mind.graph);
    this.opponents = Object.keys(settings.opponents);
    this.duels = 0;
    player.track.learned = true;
    this.build();
    this.settle();
    this.worker = this.hire();
    this.begin_anew();
    setInterval(() => this.look(), 250);
  }

  build() {
    const { player } = this;
    this.run_button = button("start or pause learning", "Start learning", () => this.toggle(), {
      class: "go",
    });
    const paces = PACES.map(([text], k) => make("option", { value: k }, text));
    this.pace = make("select", { "aria-label": "pace", onchange: () => this.set_pace() }, ...paces);
    const fly = button("fly against the pilot as it is now", "Fly against it now", () =>
      this.fly(),
    );
    this.tiles = Object.fromEntries(
      ["decisions", "decisions/s", "learning"].map(name => [name, make("b", {}, "0")]),
    );
    const tiles = Object.entries(this.tiles).map(([name, value]) =>
      make("div", {}, value, make("span", {}, name)),
    );
    this.said = make("p", { class: "said", role: "status" }, "It has learned nothing yet.");
    this.header = document.querySelector("header.learning");
    this.header.append(
      make(
        "div",
        { class: "row" },
        this.run_button,
        make("label", {}, make("span", {}, "pace"), this.pace),
        fly,
      ),
      make("div", { class: "tiles" }, ...tiles),
      this.said,
    );
    this.curves = new Curves(this.opponents);
    const title = make("h2", {}, "How often it wins");
    const note = make("p", {}, ABOUT_CURVES);
    const panel = make("section", { class: "learned" }, title, this.curves.element, note);
    player.side.prepend(panel);
    new ResizeObserver(() => this.curves.draw()).observe(this.curves.element);
  }

  // The player has less room, and watches faster.
  settle() {
    const { player } = this;
    player.visible_height = () => window.innerHeight - this.header.offsetHeight;
    const flying_height = player.sky_height.bind(player);
    player.sky_height = (width, natural) =>
      player.flying ? flying_height(width, natural) : natural;
    player.root.querySelector("h1.sr")?.remove();
    player.plots = false;
    player.set_speed(WATCH_SPEED);
    player.relayout();
  }

  hire() {
    const text = document.getElementById("learner").textContent;
    const blob = new Blob([text], { type: "text/javascript" });
    const worker = new Worker(URL.createObjectURL(blob));
    worker.onmessage = ({ data }) => this.hear(data);
    worker.onerror = e => this.say(`It cannot learn here: ${e.message}`);
    return worker;
  }

  begin_anew() {
    const seed = Math.floor(2 ** 31 * Math.random());
    this.worker.postMessage({ settings: this.settings, weights: this.first, seed });
    this.set_pace();
    this.curves.clear();
    this.curves.draw();
    this.seen = new Set();
    this.beaten = new Set();
    this.told = { decisions: 0, seconds: 0, progress: 0 };
    this.running = false;
    this.show_numbers();
  }

  set_pace() {
    this.worker.postMessage({ pace: PACES[+this.pace.value][1] });
  }

  toggle() {
    if (this.told.progress >= 1) this.begin_anew();
    this.running = !this.running;
    this.worker.postMessage({ run: this.running });
    if (this.running && !this.told.decisions) this.say("It learns; no match is over yet.");
    this.name_button();
    const { player } = this;
    if (this.running && player.track.learned && !calm.matches && !player.flying) player.play();
  }

  name_button() {
    const { decisions, progress } = this.told;
    const still = progress >= 1 ? "Learn again" : decisions ? "Go on" : "Start learning";
    this.run_button.textContent = this.running ? "Pause" : still;
  }

  say(text) {
    if (this.said.textContent !== text) this.said.textContent = text;
  }

  // -- what the worker tells

  hear(told) {
    this.told = told;
    if (told.metrics) this.note_update(told.metrics);
    if (told.weights) this.renew(told.weights);
    if (told.duel) this.show_duel(told.duel);
    if (told.fly) this.take_off();
  }

  note_update({ decisions, win_rate, games }) {
    win_rate.forEach((rate, k) => {
      const name = this.opponents[k];
      if (games[k] >= SEEN) this.seen.add(name);
      if (rate >= BEATEN && games[k] >= ENOUGH) this.beaten.add(name);
    });
    this.curves.add(
      decisions,
      win_rate.map((rate, k) => (this.seen.has(this.opponents[k]) ? rate : null)),
    );
    if (this.told.progress >= 1) this.running = false;
    this.news ??= requestAnimationFrame(() => {
      this.news = null;
      this.show_numbers();
      this.curves.draw();
    });
  }

  show_numbers() {
    const { decisions, seconds } = this.told;
    const minutes = Math.floor(seconds / 60);
    const rest = String(Math.floor(seconds % 60)).padStart(2, "0");
    this.tiles.decisions.textContent = short_count(decisions);
    this.tiles["decisions/s"].textContent = seconds ? short_count(decisions / seconds) : "0";
    this.tiles.learning.textContent = `${minutes}:${rest}`;
    this.name_button();
    if (!this.beaten.size) return;
    const all = this.beaten.size === this.opponents.length;
    const names = all ? "all five" : [...this.beaten].join(", ");
    const end = this.told.progress >= 1 ? " It has finished." : "";
    this.say(`It wins nine in ten matches against ${names}.${end}`);
  }

  // The pilot of the page gets the weights of now.
  renew(weights) {
    const { player, name, mind } = this;
    const newer = { ...mind, graph: graph_with(mind.graph, weights) };
    player.data.minds[name] = newer;
    player.pilots[name] = { graph: newer.graph, width: null };
    const { thinking } = player;
    thinking.judge = thinking.minds[name] = Object.assign(Flight.mind(newer), { name });
  }

  // -- duels: a new one when the last one is over

  get idle() {
    const p = this.player;
    const busy = p.flying || p.playing || p.settling || p.note || !p.panel.hidden;
    return !busy && p.track.learned;
  }

  look() {
    if (!this.running || !this.idle || this.asked) return;
    const { track, clock } = this.player;
    const still = calm.matches && performance.now() - (this.shown_at ?? 0) > 1000 * STILL_S;
    if (still || (!calm.matches && clock >= track.last)) this.ask_duel();
  }

  ask_duel() {
    this.asked = true;
    const duel = WATCHED[this.duels++ % WATCHED.length];
    this.worker.postMessage({ duel, seed: Math.floor(2 ** 31 * Math.random()) });
  }

  show_duel({ name, start, actions, ticks }) {
    this.asked = false;
    this.shown_at = performance.now();
    if (!this.idle) return;
    const { player } = this;
    const { rules, table } = player.track;
    const names = [this.name, name];
    const track = Flying.again({
      names,
      rules,
      table,
      spawn: "random",
      start,
      actions,
      last: ticks,
    });
    track.learned = true;
    track.label = `after ${short_count(this.told.decisions)} decisions`;
    player.put([track]);
    player.original = null;
    if (!calm.matches) return player.play();
    player.whole_path = true;
    player.go(track.last);
  }

  // -- the reader flies against it

  fly() {
    this.worker.postMessage({ fly: true });
  }

  take_off() {
    const { player } = this;
    if (player.flying) return;
    player.pause();
    player.message();
    player.take_off({ seat: 1, opponent: this.name, from: "random" });
    player.root.scrollIntoView({ block: "nearest" });
  }

  static open() {
    const main = document.querySelector("main.player");
    const data = JSON.parse(document.getElementById("learning-data").textContent);
    const ready = () => {
      if (main.dataset.ready) window.learning ??= new LearningPage(window.player, data);
    };
    new MutationObserver(ready).observe(main, { attributes: true });
  }
}
LearningPage.open();
