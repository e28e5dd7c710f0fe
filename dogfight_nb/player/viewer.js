// ---- the viewer: matches that are watched -------------------------------------------------------

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8];
const KEYS = [
  ["space", "play, pause"],
  ["\u2190 \u2192", "one frame"],
  ["\u21e7 \u2190 \u2192", "one second"],
  ["home end", "first, last frame"],
  ["n p", "next, previous event"],
  ["\u2191 \u2193", "faster, slower"],
  ["r", "from the start"],
  ["l", "show why it was lost"],
  ["e", "what would the policy do?"],
  ["t", "take over and fly"],
  ["z", "whole sky, close to the planes"],
  ["o", "whole flight paths"],
  ["g", "plots"],
  ["m", "sound"],
  ["d", "dark, light"],
  ["f", "full screen"],
  ["?", "this list"],
  ["\u2190 \u2192", "in flight: turn"],
  ["\u2191 \u2193", "in flight: throttle"],
  ["space", "in flight: fire"],
  ["p b esc", `in flight: pause, ${REWIND_S} s back, stop`],
];
const INKS =
  "paper ink soft line faint band mark skyTop skyLow cloud hill earth flash fire smoke dust warn".split(
    " ",
  );

// A button; where its content is a picture, `label` is its name, else what it is for.
const button = (label, content, act, more = {}) => {
  const name = typeof content === "string" && content ? {} : { "aria-label": label };
  return make("button", { type: "button", ...name, title: label, onclick: act, ...more }, content);
};

class Viewer {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.tracks = data.replays.map(r => new Track(r));
    for (const kept of data.flights || []) this.tracks.push(Flying.again(kept));
    this.pilots = {};
    for (const [name, graph] of Object.entries(data.pilots || {})) this.pilots[name] = { graph };
    for (const [name, { graph }] of Object.entries(data.minds || {}))
      this.pilots[name] ??= { graph, width: null };
    this.gallery = data.gallery ? this.tracks : null;
    this.series = data.series ? this.tracks : null;
    if (this.gallery) this.tracks = this.tracks.slice(0, 1);
    if (this.series) this.tracks = this.tracks.slice(-1);
    this.fly_only = !this.tracks.length;
    if (this.fly_only) this.tracks = [this.idle()];
    this.chosen = 0;
    this.clock = this.tracks[0].first;
    this.after = 0; // seconds since the end of the match, while its smoke clears
    this.speed = SPEEDS.includes(data.speed) ? data.speed : 1;
    this.playing = false;
    this.whole_path = false;
    this.plots = this.tracks.length === 1 && !this.fly_only;
    this.listeners = [];
    this.sound = new Sound();
    this.thinking = typeof Flight === "undefined" ? null : new Thinking(this);
    this.dress();
    this.build();
    this.follow_theme();
    this.loop = this.loop.bind(this);
  }

  open() {
    const { data, root } = this;
    const first = this.tracks[0];
    new ResizeObserver(() => this.relayout()).observe(root);
    this.go(first.ticks[clamp(data.frame || 0, 0, first.n - 1)]);
    this.go_to_address();
    root.dataset.ready = "1";
    if (data.playing) this.play();
  }

  get track() {
    return this.tracks[this.chosen];
  }
  get rate() {
    return this.track.rate;
  }
  get first() {
    return Math.min(...this.tracks.map(t => t.first));
  }
  get last() {
    return Math.max(...this.tracks.map(t => t.last));
  }
  get frame() {
    return this.track.frame_at(this.clock);
  }
  name_of(track) {
    const k = this.tracks.indexOf(track);
    return track.label || (this.tracks.length > 1 && k >= 0 ? `match ${k + 1}` : "");
  }
  project(x, y, stage = 0) {
    const box = this.stages[stage].canvas.getBoundingClientRect();
    const [a, b] = this.stages[stage].project(x, y);
    return [box.left + a, box.top + b];
  }

  // -- looks

  dress() {
    const css = getComputedStyle(document.documentElement);
    const get = name => css.getPropertyValue("--" + name).trim();
    this.ink = Object.fromEntries(INKS.map(name => [name, get(name)]));
    this.seat = [get("seat0"), get("seat1")];
  }

  follow_theme() {
    const media = matchMedia("(prefers-color-scheme: dark)");
    const body = host_body();
    const wanted = () => {
      if (this.theme) return this.theme;
      const lab = body?.dataset?.jpThemeLight;
      const code = body?.dataset?.vscodeThemeKind;
      if (lab) return lab === "true" ? "light" : "dark";
      if (code) return /dark/.test(code) ? "dark" : "light";
      if (body) return "light"; // inside an unknown page: paper is white
      return media.matches ? "dark" : "light";
    };
    this.set_theme = () => {
      const theme = wanted();
      if (document.documentElement.dataset.theme === theme) return;
      document.documentElement.dataset.theme = theme;
      this.dress();
      this.relayout();
    };
    media.addEventListener("change", this.set_theme);
    if (body) {
      const attributeFilter = ["data-jp-theme-light", "data-vscode-theme-kind"];
      new MutationObserver(this.set_theme).observe(body, { attributes: true, attributeFilter });
    }
    this.set_theme();
  }

  // -- the parts of the page

  build() {
    this.stages = this.tracks.map(t => new Stage(t, this));
    const two = this.tracks.length === 2;
    this.readouts = (two ? this.tracks : [0]).map(() => new Readout());
    this.clockwork = new Clockwork(this, { lanes: true, gutter: 92, label: "time line" });
    this.plotwork = new Clockwork(this, { plots: true, gutter: 92, label: "plots" });
    this.said = make("div", { class: "sr", role: "status", "aria-live": "polite" });
    this.turns = make("div", { class: "turns", hidden: true });
    this.panel = make("div", { class: "fly", hidden: true });
    this.thoughts = make("div", { class: "thoughts", hidden: true });
    const keys = KEYS.map(([k, what]) =>
      make("span", {}, ...k.split(" ").map(x => make("kbd", {}, x)), what),
    );
    this.help = make("div", { class: "help", hidden: true }, ...keys);
    this.bar = make("div", { class: "evaluation", role: "img", hidden: true }, make("i"));
    this.stages[0].overlay.append(this.bar);
    this.build_controls();
    const stages = make("div", {}, ...this.stages.map(s => s.element));
    this.all_stages = stages;
    this.columns(this.tracks.length);
    const numbers = make(
      "div",
      { class: two ? "stages two" : "" },
      ...this.readouts.map(r => r.element),
    );
    this.numbers = make("details", { class: "numbers" }, make("summary", {}, "Numbers"), numbers);
    this.numbers.addEventListener("toggle", () => this.fit());
    this.left = make(
      "div",
      { class: "left" },
      stages,
      this.slider(),
      this.controls,
      this.thoughts,
      this.panel,
      this.clockwork.element,
    );
    const heading = make("h2", { class: "sr" }, "What happened");
    const side = [heading, this.plotwork.element, this.turns, this.numbers];
    this.side = make("div", { class: "side" }, ...side);
    const single = this.tracks.length === 1 ? " single" : "";
    this.board = make("div", { class: "board" + single }, this.left, this.side);
    const shelf = this.gallery ? [this.shelf()] : [];
    const title = make("h1", { class: "sr" }, document.title);
    this.root.replaceChildren(title, ...shelf, this.board, this.help, this.said);
    this.root.tabIndex = -1;
    for (const [k, s] of this.stages.entries())
      s.canvas.addEventListener("pointerdown", e => this.touched(e, k));
    this.choose(0);
  }

  build_controls() {
    this.play_button = button("play (space)", icon(ICONS.play), () => this.toggle(), {
      class: "play",
    });
    this.speed_select = make(
      "select",
      { "aria-label": "speed", title: "speed", onchange: e => this.set_speed(+e.target.value) },
      ...SPEEDS.map(s => make("option", { value: s, selected: s === this.speed }, `${s}\u00d7`)),
    );
    this.time = make("span", { class: "clock" });
    const pressed = { "aria-pressed": "false" };
    const plots = { "aria-pressed": String(this.plots), class: "plots" };
    this.plots_button = button("plots (g)", "Plots", () => this.toggle_plots(), plots);
    this.path_button = button("whole flight paths (o)", "Paths", () => this.toggle_paths(), {
      ...pressed,
      class: "paths",
    });
    this.view_button = button("close to the planes (z)", "Zoom", () => this.toggle_follow(), {
      ...pressed,
      class: "view",
    });
    this.sound_button = button("sound (m)", "Sound", () => this.toggle_sound(), {
      ...pressed,
      class: "sound",
    });
    this.look_button = button("what would the policy do here? (e)", "Ghost", () => this.look(), {
      ...pressed,
      class: "ghost",
    });
    this.why_button = button("show why it was lost (l)", "Why", () => this.why());
    this.share_button = button("share this match", "Share", () => this.share(), { class: "share" });
    const small = (label, name, act, more = "") =>
      button(label, icon(ICONS[name]), act, { class: "icon " + more });
    this.watching = [
      small("to the start (home)", "back", () => this.go(this.first)),
      small("previous event (p)", "unmark", () => this.jump(-1), "jump"),
      small("one frame back (left arrow)", "prev", () => this.step(-1)),
      this.play_button,
      small("one frame on (right arrow)", "next", () => this.step(1)),
      small("next event (n)", "mark", () => this.jump(1), "jump"),
      this.speed_select,
    ];
    this.controls = make(
      "div",
      { class: "controls", role: "toolbar", "aria-label": "playing" },
      ...this.watching,
      this.time,
      make("span", { class: "gap" }),
      ...this.flight_buttons(),
      this.plots_button,
      this.path_button,
      this.look_button,
      this.view_button,
      this.sound_button,
      this.share_button,
      button("keys (?)", "?", () => this.toggle_help(), { class: "icon" }),
    );
  }

  flight_buttons() {
    return [];
  }

  touched(e, k) {
    if (e.button) return;
    this.root.focus({ preventScroll: true });
    if (this.flying) return;
    if (this.tracks.length > 1) this.choose(k);
    else if (!this.fly_only) this.toggle();
  }

  // One start, flown again by one pilot after the other: a slider chooses whose.
  slider() {
    if (!this.series) return "";
    const name = k => this.series[k].label || `${k + 1} of ${this.series.length}`;
    const shown = make("output", {}, name(this.series.length - 1));
    const range = make("input", {
      type: "range",
      min: 0,
      max: this.series.length - 1,
      value: this.series.length - 1,
      "aria-label": this.data.series,
      oninput: () => {
        const k = +range.value;
        shown.textContent = name(k);
        range.setAttribute("aria-valuetext", name(k));
        this.original = null;
        this.put([this.series[k]], clamp(this.clock, this.series[k].first, this.series[k].last));
        if (!this.playing) this.play();
      },
    });
    return make("label", { class: "series" }, make("span", {}, this.data.series), range, shown);
  }

  // Small pictures to choose from, those first in which most happened.
  shelf() {
    const fixed_views = {
      whole_path: { value: true },
      follow: { value: false },
      flying: { value: null },
    };
    const small = Object.create(this, fixed_views);
    const order = [...this.gallery].sort((a, b) => eventfulness(b) - eventfulness(a));
    this.gallery = order;
    this.tracks = order.slice(0, 1);
    this.stages[0].set(order[0]);
    this.thumbs = order.map((t, k) => {
      const stage = new Stage(t, small);
      stage.small = true;
      const names = [0, 1].map(s => make("b", { class: ["zero", "one"][s] }, t.names[s]));
      const ending = `${(t.end.ticks / t.rate).toFixed(1)} s, ${t.loss.winner ? t.loss.winner + " wins" : "draw"}`;
      const curve = make("canvas", { class: "curve", "aria-hidden": "true" });
      stage.curve = curve;
      stage.element = make(
        "button",
        { type: "button", class: "thumb", title: t.caption, onclick: () => this.pick(k) },
        stage.overlay,
        curve,
        make("span", {}, names[0], " \u2013 ", names[1]),
        make("small", {}, t.label ? `${t.label}: ${ending}` : ending),
      );
      stage.canvas.setAttribute("aria-hidden", "true");
      return stage;
    });
    const all = this.thumbs.map(s => s.element);
    all[0].setAttribute("aria-current", "true");
    return make(
      "nav",
      { class: "gallery", "aria-label": "matches, the most eventful first" },
      ...all,
    );
  }
  pick(k) {
    this.original = null;
    this.put([this.gallery[k]]);
    this.thumbs.forEach((s, i) => s.element.setAttribute("aria-current", String(i === k)));
  }

  columns(n) {
    this.all_stages.className = "stages " + ({ 1: "", 2: "two" }[n] ?? "four");
  }

  // Other matches on the stages.
  put(tracks, clock = null) {
    const { playing } = this;
    this.pause();
    this.message();
    this.panel.hidden = true;
    this.tracks = tracks;
    this.chosen = 0;
    this.board.classList.toggle("single", tracks.length === 1);
    this.columns(tracks.length);
    this.stages.forEach((s, k) => {
      s.element.hidden = k >= tracks.length;
      if (k < tracks.length) s.set(tracks[k]);
    });
    this.clock = clock ?? this.first;
    this.freshen();
    this.draw();
    this.tell("frame");
    if (playing && this.series) this.play();
  }

  // After another match was put in or chosen.
  freshen() {
    const t = this.track;
    const empty = t.n < 2;
    this.thinking?.forget();
    this.thoughts.hidden = true;
    this.why_button.hidden = !(t.turns || []).length || !t.end || !t.end.outcome;
    if (!this.why_button.hidden) this.why_button.textContent = `Why ${t.loss.loser} lost`;
    this.clockwork.element.hidden = empty;
    this.numbers.hidden = empty;
    this.side.hidden = empty;
    for (const e of [...this.watching, this.time, this.plots_button, this.path_button])
      e.hidden = empty;
    this.share_button.hidden = empty;
    this.look_button.hidden = empty || this.tracks.length > 1 || !this.thinking?.can_look(t);
    this.list_turns(t);
    this.clockwork.limits();
    this.plotwork.limits();
    this.relayout();
  }

  list_turns(t) {
    const turns = t.turns || [];
    this.turns.hidden = !turns.length;
    const title = this.tracks.length > 1 ? `Turning points, ${this.name_of(t)}` : "Turning points";
    const item = (p, k) => {
      const unforced = { class: "unforced", title: "lost without a bullet of the other" };
      const words = make("span", {}, p.text, p.unforced ? make("em", unforced, "unforced") : null);
      const go = make(
        "button",
        { type: "button", title: "go there", onclick: () => this.visit(p) },
        make("span", { class: "n" }, String(k + 1)),
        make("span", { class: "when" }, (p.tick / t.rate).toFixed(1) + " s"),
        words,
      );
      return make("div", { class: "turn " + ["zero", "one"][p.seat] }, go, this.retry_button(t, p));
    };
    this.turns.replaceChildren(make("h3", {}, title, this.why_button), ...turns.map(item));
  }
  retry_button() {
    return null;
  }

  choose(k) {
    // whose plots, numbers and turning points are shown
    this.chosen = k;
    const many = this.tracks.length > 1;
    this.stages.forEach((s, i) => s.element.classList.toggle("chosen", i === k && many));
    this.freshen();
  }

  // A match has been thought through: its value curve is there.
  thought(track) {
    if (this.track !== track || this.flying) return;
    this.list_turns(track);
    this.why_button.hidden = !track.turns.length || !track.end?.outcome;
    if (!this.why_button.hidden) this.why_button.textContent = `Why ${track.loss.loser} lost`;
    this.relayout();
  }

  // -- how it fits: never higher than what is visible of the window around it

  // CSS pixels that are visible at once.
  visible_height() {
    if (window.parent === window) return window.innerHeight;
    try {
      const page = window.parent.document;
      const notebook = page.querySelector(".jp-WindowedPanel-outer, .jp-Notebook");
      return notebook?.clientHeight || window.parent.innerHeight;
    } catch {
      // another origin: a guess, by what a browser's bars take on a phone and elsewhere
      return screen.width < 600 ? screen.availHeight : Math.max(400, screen.availHeight - 180);
    }
  }

  // `least`: the height of what stands below the sky, at least. Returns what it was found to be:
  // buttons may wrap otherwise at the width that is chosen here.
  lay_out(least = 0) {
    const width = this.board.clientWidth;
    const high = this.visible_height();
    const single = this.tracks.length === 1 || !!this.flying;
    const stage = this.stages[0];
    const aspect = stage.wide / stage.high;
    this.portrait = single && width < 560 && high > width;
    const wide = width >= 760 || (width >= 620 && high < 0.75 * width);
    const beside = single && wide && !this.fly_only && !this.flying;
    this.root.classList.toggle("beside", beside);
    this.root.classList.toggle("portrait", this.portrait);
    const odd = aspect > 3 || aspect < 0.8; // an arena that would be a strip or a tower
    this.follow = this.wants_follow ?? (this.portrait || !!this.flying || (odd && single));
    // what stands above and below the board, the page's margins among it
    const around = this.root.offsetHeight - this.board.offsetHeight;
    const columns = single || width < 840 ? 1 : 2;
    const rows = single ? 1 : Math.ceil(this.tracks.length / columns);
    const below = this.left.offsetHeight - rows * stage.overlay.offsetHeight;
    const other = Math.max(least, below);
    const curve = beside || this.plotwork.element.hidden || !this.plots ? 0 : STRIP + AXIS;
    this.room = Math.max(130, (high - around - other - curve) / rows);
    const shallow = high < 480;
    const choosing = shallow && this.fly_only && !this.flying;
    const widest = this.follow || choosing ? Infinity : columns * this.room * aspect;
    this.board.style.gridTemplateColumns = "";
    this.left.style.maxWidth = "";
    if (beside) {
      const left = Math.round(clamp(widest, 0.45 * width, width - 318));
      this.board.style.gridTemplateColumns = `${left}px minmax(0, 1fr)`;
    } else if (!this.portrait && Number.isFinite(widest)) {
      this.left.style.maxWidth = `${Math.max(300, Math.round(widest))}px`;
    }
    this.root.classList.toggle("shallow", shallow);
    return other;
  }

  // How high a sky that follows the planes is.
  sky_height(width, natural) {
    if (!this.portrait) return Math.min(this.room, 0.62 * width);
    const share = this.flying ? 0.6 : 0.48;
    return Math.max(natural, Math.min(share * this.visible_height(), this.room));
  }

  relayout() {
    this.lay_out(this.lay_out(this.lay_out()));
    for (const s of this.stages) s.background = null;
    for (const s of this.thumbs || []) this.draw_thumb(s);
    this.clockwork.draw();
    this.plotwork.draw();
    this.draw();
    this.fit();
  }

  draw_thumb(s) {
    const look = `${s.overlay.clientWidth} ${document.documentElement.dataset.theme}`;
    if (s.look === look) return; // a hundred of them cost time
    s.look = look;
    s.background = null;
    s.draw(s.track.at(s.track.last));
    const { curve } = s;
    const ratio = window.devicePixelRatio || 1;
    curve.width = Math.round(curve.clientWidth * ratio);
    curve.height = Math.round(20 * ratio);
    const g = curve.getContext("2d");
    g.scale(ratio, ratio);
    const t = s.track;
    const { hp } = t.series();
    const x = k => ((t.ticks[k] - t.first) / Math.max(1, t.last - t.first)) * curve.clientWidth;
    for (const seat of [0, 1]) {
      g.strokeStyle = this.seat[seat];
      g.lineWidth = 1.5;
      g.beginPath();
      hp[seat].forEach((v, k) => {
        const y = 18 - (15 * v) / t.rules.hit_points + seat;
        if (k) g.lineTo(x(k), 18 - (15 * hp[seat][k - 1]) / t.rules.hit_points + seat);
        g.lineTo(x(k), y);
      });
      g.stroke();
    }
  }

  // Tell the frame around us how tall we are.
  fit() {
    if (window.parent === window) return;
    const height = Math.ceil(this.root.getBoundingClientRect().height);
    if (height === this.told) return;
    this.told = height;
    try {
      if (window.frameElement) window.frameElement.style.height = height + "px";
    } catch {
      /* another origin: the message below tells it */
    }
    window.parent.postMessage({ dogfight: this.data.id ?? null, height }, "*");
  }

  // -- time

  draw() {
    this.stages.forEach((s, k) => {
      if (k < this.tracks.length) s.draw(this.tracks[k].at(this.clock));
    });
    if (!this.playing || this.read !== this.frame) this.show_numbers();
    this.read = this.frame;
    this.say_time(this.clock);
    this.show_evaluation();
    const shown = this.root.dataset;
    shown.frame = this.frame;
    shown.tick = Math.round(this.clock);
    shown.playing = this.playing;
    shown.speed = this.speed;
  }

  show_numbers() {
    const apart = this.readouts.length > 1;
    this.readouts.forEach((r, k) => {
      const t = apart ? this.tracks[k] : this.track;
      const name = !apart && this.tracks.length > 1 ? this.name_of(t) + " \u00b7 " : "";
      if (t) r.show(t, t.at(this.clock), name);
    });
  }

  show_evaluation() {
    const value =
      this.tracks.length === 1 && !this.flying
        ? (this.thinking?.evaluation(this.track, this.clock) ?? null)
        : null;
    this.bar.hidden = value == null;
    if (value == null) return;
    const share = 0.5 + 0.5 * Math.tanh(value / 8);
    const text = `blue can expect ${fixed(value, 1)} (in units of reward), orange as much less`;
    this.bar.firstChild.style.height = `${(100 * share).toFixed(1)}%`;
    if (this.bar.title === text) return;
    this.bar.title = text;
    this.bar.setAttribute("aria-label", text);
  }

  say_time(tick) {
    const s = (tick / this.rate).toFixed(2);
    const text = this.flying ? `${s} s` : `${s} / ${(this.last / this.rate).toFixed(2)} s`;
    if (this.time_text !== text) this.time.textContent = this.time_text = text;
    if (this.flying) return;
    const at = clamp(tick, this.first, this.last);
    this.clockwork.move(at, `${s} seconds`);
    this.plotwork.move(at, `${s} seconds`);
  }

  // Show that moment; whole ticks unless it plays.
  go(tick, silent) {
    if (this.flying) return;
    this.clock = clamp(this.playing ? tick : Math.round(tick), this.first, this.last);
    this.after = this.clock >= this.last ? 0.3 : 0;
    if (!this.playing) this.forget_ghosts();
    this.draw();
    if (!silent) this.tell("frame");
  }
  seek(frame) {
    this.go(this.track.ticks[clamp(Math.round(frame), 0, this.track.n - 1)]);
  }
  step(d) {
    this.pause();
    const t = this.track;
    const k = t.frame_at(this.clock);
    this.seek(d < 0 && t.ticks[k] < this.clock ? k : k + d);
    this.announce();
  }
  jump(d) {
    const ticks = new Set([this.first, ...this.track.events.map(e => e.tick), this.last]);
    const at = [...ticks].sort((a, b) => a - b);
    const here = Math.round(this.clock);
    const next = d > 0 ? at.find(t => t > here) : at.reverse().find(t => t < here);
    this.pause();
    if (next != null) this.go(next);
    this.announce();
  }
  hold(on) {
    if (on) {
      this.resume_after = this.playing;
      this.pause();
    } else if (this.resume_after) {
      this.resume_after = false;
      this.play();
    }
  }
  play() {
    if (this.flying || this.track.n < 2) return;
    this.message();
    if (this.clock >= this.last) this.clock = this.first;
    this.forget_ghosts();
    this.playing = true;
    this.after = 0;
    this.before = null;
    this.play_button.replaceChildren(icon(ICONS.pause));
    this.play_button.setAttribute("aria-label", "pause (space)");
    this.tell("playing");
    this.run();
    this.draw();
  }
  pause() {
    if (this.stop_at != null) {
      this.set_speed(this.full_speed);
      this.stop_at = null;
    }
    if (!this.playing) return;
    this.playing = false;
    this.play_button.replaceChildren(icon(ICONS.play));
    this.play_button.setAttribute("aria-label", "play (space)");
    this.clock = Math.round(this.clock);
    this.draw();
    this.write_address();
    this.tell("playing");
    this.tell("frame");
  }
  toggle() {
    if (this.playing) this.pause();
    else this.play();
    this.announce();
  }
  set_speed(s) {
    const near = (a, b) => (Math.abs(b - s) < Math.abs(a - s) ? b : a);
    this.speed = SPEEDS.includes(s) ? s : SPEEDS.reduce(near);
    this.speed_select.value = String(this.speed);
    this.tell("speed");
    this.draw();
  }
  faster(d) {
    this.set_speed(SPEEDS[clamp(SPEEDS.indexOf(this.speed) + d, 0, SPEEDS.length - 1)]);
  }
  run() {
    if (this.running) return;
    this.running = true;
    requestAnimationFrame(this.loop);
  }
  loop(time) {
    const seconds = this.before == null ? 0 : Math.max(0, time - this.before) / 1000;
    this.before = time;
    this.move(seconds, time);
    this.draw();
    this.running = this.moving();
    if (this.running) requestAnimationFrame(this.loop);
  }
  moving() {
    return this.playing || this.settling;
  }

  // `seconds` later: the clock, and after the end the smoke.
  move(seconds, time) {
    if (this.playing) {
      const before = this.clock;
      this.clock += seconds * this.speed * this.rate;
      this.hear(this.track, before, Math.min(this.clock, this.last));
      if (this.stop_at != null && this.clock >= this.stop_at) this.pause();
      else if (this.clock >= this.last) {
        this.clock = this.last;
        this.pause();
        this.settling = !calm.matches;
      } else if (time - (this.told_at || 0) > 120) {
        this.told_at = time;
        this.tell("frame");
      }
    } else if (this.settling) {
      this.after += seconds;
      this.settling = this.after < AFTERMATH_S && this.clock >= this.last;
    }
  }

  hear(track, before, now) {
    if (!this.sound.on || this.speed > 2) return;
    for (const e of track.events) if (e.tick > before && e.tick <= now) this.sound.play(e.kind);
  }

  announce() {
    // for screen readers, when time stands still
    if (this.playing) {
      this.said.textContent = "playing";
      return;
    }
    const t = this.track;
    const now = t.at(this.clock).fighters;
    const near = t.events.filter(e => Math.abs(e.tick - this.clock) <= t.stride);
    const where = s => {
      const { y, v, hp } = now[s];
      const at = `at ${Math.round(y)} metres, ${Math.round(v)} metres per second`;
      return `${t.names[s]} ${at}, ${hp} hit points`;
    };
    const what = near.map(e => phrase(t, e)).join("; ") || [0, 1].map(where).join("; ");
    this.said.textContent = `${(this.clock / t.rate).toFixed(1)} seconds: ${what}`;
  }

  // -- turning points, and what the policy would have done

  visit(p) {
    // half speed, from before it until after it
    this.pause();
    this.message();
    this.go(Math.max(this.first, p.tick - this.rate));
    this.full_speed = this.stop_at == null ? this.speed : this.full_speed;
    this.set_speed(0.5);
    this.play();
    this.stop_at = Math.min(this.last - 1, p.tick + 1.5 * this.rate);
    this.said.textContent = p.text;
  }
  why() {
    const t = this.track;
    const against = (t.turns || []).filter(p => p.loser === t.loss.lost);
    const larger = (a, b) => (Math.abs(b.swing) > Math.abs(a.swing) ? b : a);
    const largest = (against.length ? against : t.turns).reduce(larger);
    this.visit(against.find(p => p.unforced) || largest);
  }

  look() {
    if (this.flying || this.look_button.hidden) return;
    if (this.thinking.shown) {
      this.forget_ghosts();
      this.draw();
      return;
    }
    this.pause();
    const { ghosts } = this.thinking.look(this.track, this.clock);
    this.look_button.setAttribute("aria-pressed", "true");
    const row = gh =>
      make(
        "p",
        {},
        make(
          "b",
          { class: ["zero", "one"][gh.seat] },
          gh.name === this.track.names[gh.seat]
            ? gh.name
            : `${gh.name} as ${this.track.names[gh.seat]}`,
        ),
        `: ${action_words(gh.action)}. Flown: ${action_words(gh.actual)}. `,
        `Expects ${fixed(gh.expected, 1)} here, ${fixed(gh.after, 1)} ${GHOST_S} s later.`,
      );
    this.thoughts.replaceChildren(...ghosts.map(row));
    this.thoughts.hidden = false;
    this.draw();
    this.fit();
  }
  forget_ghosts() {
    if (!this.thinking?.shown) return;
    this.thinking.forget();
    this.thoughts.hidden = true;
    this.look_button.setAttribute("aria-pressed", "false");
    this.fit();
  }

  // -- views

  toggle_plots() {
    this.plots = !this.plots;
    this.plots_button.setAttribute("aria-pressed", this.plots);
    this.relayout();
  }
  toggle_paths() {
    this.whole_path = !this.whole_path;
    this.path_button.setAttribute("aria-pressed", this.whole_path);
    this.draw();
  }
  toggle_follow() {
    this.wants_follow = !this.follow;
    this.relayout();
    this.view_button.setAttribute("aria-pressed", this.follow);
  }
  toggle_sound() {
    this.sound_button.setAttribute("aria-pressed", this.sound.toggle());
  }
  toggle_help() {
    this.help.hidden = !this.help.hidden;
    this.fit();
  }
  toggle_theme() {
    this.theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    this.set_theme();
  }
  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  }

  // -- the keys of somebody who watches

  watch_key(e) {
    if (e.target.tagName === "SELECT" && e.key !== "Escape") return;
    if (e.repeat && !["ArrowLeft", "ArrowRight"].includes(e.key)) return;
    if (e.target.type === "range" && /^Arrow|Home|End/.test(e.key)) return;
    const presses = ["BUTTON", "SUMMARY"].includes(e.target.tagName);
    if (presses && (e.key === " " || e.key === "Enter")) return;
    const move = d => {
      if (!e.shiftKey) return this.step(d);
      this.pause();
      this.go(this.clock + d * this.rate);
      this.announce();
    };
    const acts = {
      " ": () => this.toggle(),
      k: () => this.toggle(),
      ArrowLeft: () => move(-1),
      ArrowRight: () => move(1),
      ArrowUp: () => this.faster(1),
      ArrowDown: () => this.faster(-1),
      Home: () => this.go(this.first),
      End: () => {
        this.pause();
        this.go(this.last);
      },
      n: () => this.jump(1),
      p: () => this.jump(-1),
      r: () => {
        this.go(this.first);
        this.play();
      },
      l: () => this.why_button.hidden || this.why(),
      e: () => this.look(),
      t: () => this.fly_panel?.(),
      z: () => this.toggle_follow(),
      o: () => this.toggle_paths(),
      g: () => this.toggle_plots(),
      m: () => this.toggle_sound(),
      d: () => this.toggle_theme(),
      f: () => this.fullscreen(),
      "?": () => this.toggle_help(),
      Escape: () => {
        this.panel.hidden = true;
        this.fit();
      },
    };
    const act = acts[e.key?.length === 1 ? e.key.toLowerCase() : e.key];
    const nothing_to_watch = this.track.n < 2 && !["t", "d", "f", "m", "z", "?"].includes(e.key);
    if (!act || nothing_to_watch) return;
    e.preventDefault();
    act();
  }

  message(...content) {
    this.note?.remove();
    this.note = null;
    if (!content.length) return;
    const name = "message";
    this.note = make("div", { class: "note", role: "dialog", "aria-label": name }, ...content);
    this.stages[0].overlay.append(this.note);
  }

  // -- sharing

  share() {
    const open = this.note?.dataset.kind === "share";
    this.message();
    if (open) return this.share_button.focus();
    const t = this.track;
    const choice = (text, act) =>
      make("button", { type: "button", onclick: () => (this.message(), act()) }, text);
    const alone = window.parent === window;
    this.message(
      make("p", {}, make("strong", {}, "Share this match")),
      make(
        "div",
        { class: "row" },
        alone ? choice("Copy the address of this moment", () => this.copy_address()) : null,
        choice("Save a picture", () => this.save_picture()),
        choice("Save as a page", () => this.save_page()),
        choice("Save the match (JSON)", () => this.save()),
        choice("Close", () => {}),
      ),
    );
    this.note.dataset.kind = "share";
    this.note.querySelector("button").focus({ preventScroll: true });
    this.said.textContent = `share ${t.caption}`;
  }

  file_name(kind) {
    const clean = n => n.replace(/[^\w.-]+/g, "_").slice(0, 40) || "pilot";
    return `${this.track.names.map(clean).join("-")}.${kind}`;
  }
  download(content, type, name) {
    const blob = content instanceof Blob ? content : new Blob([content], { type });
    const a = make("a", { href: URL.createObjectURL(blob), download: name });
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
  }

  // A file that Python opens and flies again.
  save() {
    const match = challenge(this.track);
    this.download(JSON.stringify(match), "application/json", this.file_name("json"));
    this.send({ flown: match });
  }

  // The picture of this moment, with names and result.
  save_picture() {
    const stage = this.stages[0];
    const t = this.track;
    const head = 64;
    const c = document.createElement("canvas");
    const k = 1200 / stage.w;
    c.width = 1200;
    c.height = Math.round(stage.h * k) + head;
    const g = c.getContext("2d");
    g.fillStyle = this.ink.paper;
    g.fillRect(0, 0, c.width, c.height);
    g.drawImage(stage.canvas, 0, head, 1200, c.height - head);
    g.textBaseline = "middle";
    g.font = "600 26px system-ui, sans-serif";
    for (const s of [0, 1]) {
      g.fillStyle = this.seat[s];
      g.textAlign = ["left", "right"][s];
      g.fillText(t.names[s], [18, 1182][s], head / 2, 380);
    }
    g.fillStyle = this.ink.soft;
    g.textAlign = "center";
    g.font = "20px system-ui, sans-serif";
    g.fillText(t.result || "", 600, head / 2, 420);
    c.toBlob(blob => this.download(blob, "image/png", this.file_name("png")));
  }

  // This match as a page of its own: the scripts of this one around what it shows.
  save_page() {
    const html = page_with(this.page_data());
    this.download(html, "text/html", this.file_name("html"));
  }
  page_data() {
    const t = this.track;
    const { format, pilots, minds, judge } = this.data;
    if (!t.flown) return this.data.text;
    const flights = [Flying.kept(t)];
    return safe_json({ format, id: null, replays: [], flights, pilots, minds, judge, blob: "" });
  }

  // #t=12.5 in the address: that moment.
  go_to_address() {
    if (window.parent !== window) return;
    const found = /[#&]t=([\d.]+)/.exec(location.hash);
    if (found && Number.isFinite(+found[1])) this.go(+found[1] * this.rate);
  }
  address() {
    return `#t=${(this.clock / this.rate).toFixed(2)}`;
  }
  write_address() {
    if (window.parent !== window || !/[#&]t=/.test(location.hash)) return;
    history.replaceState(null, "", this.address());
  }
  copy_address() {
    history.replaceState(null, "", this.address());
    const copied = navigator.clipboard?.writeText(location.href);
    const say = text => (this.said.textContent = text);
    copied?.then(
      () => say("the address is on the clipboard"),
      () => say("the address is in the address bar"),
    );
  }

  // -- the world outside: a kernel behind the page around us, or nobody

  send(message) {
    for (const l of this.listeners) l(message);
    if (window.parent === window) return;
    window.parent.postMessage({ dogfight: this.data.id ?? null, ...message }, "*");
  }
  tell(what) {
    if (!this.quiet) this.send({ [what]: this[what] });
  }
  on(listener) {
    this.listeners.push(listener);
  }
  obey({ frame, speed, playing }) {
    const played = this.playing;
    this.quiet = true;
    try {
      if (speed != null && speed !== this.speed) this.set_speed(+speed);
      if (frame != null && +frame !== this.frame && !this.flying) this.obey_frame(+frame);
      if (playing != null && playing !== this.playing && !this.flying)
        playing ? this.play() : this.pause();
    } finally {
      this.quiet = false;
    }
    if (played && !this.playing) this.tell("frame"); // told to stop: where that was
  }
  obey_frame(frame) {
    // two that play side by side need not correct each other
    const t = this.track;
    const away = Math.abs(t.ticks[clamp(frame, 0, t.n - 1)] - this.clock);
    if (this.playing && away <= 0.25 * this.rate) return;
    this.seek(frame);
    this.before = null;
  }
}

// ---- helpers of the page ------------------------------------------------------------------------

// The body of the page around this one, or null where there is none or it is of another origin.
function host_body() {
  try {
    return window.parent !== window ? window.parent.document.body : null;
  } catch {
    return null;
  }
}

// Somebody shot down before somebody in the ground before the rest; then the hits.
function eventfulness(t) {
  const count = kind => t.events.filter(e => e.kind === kind).length;
  return 100 * count("kill") + 50 * count("crash") + count("hit");
}

const safe_json = data =>
  JSON.stringify(data).replace(
    /[<>&]/g,
    c => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"),
  );

// This page's scripts and style around other data.
function page_with(data) {
  const copy = document.documentElement.cloneNode(true);
  copy.removeAttribute("data-theme");
  copy.querySelector("body").className = "page";
  const main = copy.querySelector("main");
  main.replaceWith(make("main", { class: "player" }));
  copy.querySelector("#dogfight").textContent = data;
  return "<!DOCTYPE html>\n" + copy.outerHTML;
}
