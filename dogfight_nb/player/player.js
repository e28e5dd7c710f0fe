// ---- the player: a viewer in which one also flies -----------------------------------------------

const SILENCE = 500; // ms after which a key that repeated no more is taken as let go
const STEER = {
  ArrowLeft: "left",
  KeyA: "left",
  ArrowRight: "right",
  KeyD: "right",
  ArrowUp: "up",
  KeyW: "up",
  ArrowDown: "down",
  KeyS: "down",
  Space: "fire",
};
// where a keyboard has no codes
const STEER_KEY = { ...STEER, " ": "fire", a: "left", d: "right", w: "up", s: "down" };
const steering = e =>
  STEER[e.code] ||
  (e.code ? undefined : STEER_KEY[e.key.length === 1 ? e.key.toLowerCase() : e.key]);

const SIDES = ["blue", "orange"];
const LADDER = ["do_nothing", "chaser", "dogfighter", "brawler", "ace"];
// with how many hit points the other starts; null: with all
const HANDICAPS = { even: null, "it starts with 3 hit points": 3, "with 1": 1 };
const RETRY_S = 5; // how long a task lasts
const KEPT_FLIGHTS = 8;

// Numbers and flights that the browser keeps, where it lets us.
const store = {
  read(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem("dogfight." + name)) ?? otherwise;
    } catch {
      return this.here?.[name] ?? otherwise;
    }
  },
  write(name, value) {
    this.here = { ...this.here, [name]: value };
    try {
      localStorage.setItem("dogfight." + name, JSON.stringify(value));
    } catch {
      /* a file, a frame or a full disk: it is kept as long as the page is open */
    }
  },
};

class Player extends Viewer {
  constructor(root, data) {
    super(root, data);
    this.keys = new Set();
    this.down = new Set(); // keys that were pressed in flight and are not yet let go
    this.spawn = "random";
    this.listen();
    this.open();
    if (this.fly_only) this.fly_panel(true);
  }

  // An empty sky with both at the fixed spawn.
  idle() {
    const { rules, table } = this.data.sky;
    const start = start_state(rules, "fixed");
    const you = this.data.seat ?? 0;
    const names = [0, 1].map(s => (s === you ? "you" : this.data.opponent || "ace"));
    return new Track({
      names,
      caption: "an empty sky",
      result: "",
      end: null,
      rules,
      table,
      stride: KEEP,
      start,
      actions: new Float32Array(0),
      ticks: Int32Array.from([0]),
      frames: start.slice(4, 20),
      bullets: new Float32Array(0),
      events: [],
      turns: [],
      minds: {},
    });
  }

  flight_buttons() {
    this.fly_button = button("take over and fly (t)", "Fly", () =>
      this.flying ? this.landed() : this.fly_panel(),
    );
    this.pause_button = button("pause (p)", "Pause", () => this.pause_flight());
    this.rewind_button = button(`${REWIND_S} seconds back (b)`, `\u2212${REWIND_S} s`, () =>
      this.rewind(),
    );
    for (const b of [this.pause_button, this.rewind_button]) b.hidden = true;
    return [this.pause_button, this.rewind_button, this.fly_button];
  }

  listen() {
    const on = (type, act) => window.addEventListener(type, act, true);
    on("keydown", e => this.key(e));
    on("keyup", e => this.key_up(e));
    for (const lost of ["blur", "contextmenu", "pagehide", "compositionstart"])
      on(lost, () => this.let_go());
    document.addEventListener("visibilitychange", () => {
      this.let_go();
      this.before = null;
    });
  }

  // -- who flies against whom, from where

  flight_rules() {
    const { rules, table } = this.track;
    return { rules, table };
  }
  spec(name) {
    return this.pilots[name] ? { name, ...this.pilots[name] } : name;
  }
  // from the weakest to the strongest
  opponents() {
    const others = Object.keys(this.pilots).filter(n => !LADDER.includes(n));
    const rank = n => ["first-ace", "champion"].indexOf(n);
    return [...LADDER, ...others.sort((a, b) => rank(a) - rank(b))];
  }
  // [won, drawn, lost] against that pilot; what is stored may be anything.
  tally(name) {
    const kept = store.read("tally", {})?.[name];
    return Array.isArray(kept) && kept.length === 3 ? kept.map(n => +n || 0) : [0, 0, 0];
  }
  count(name, outcome) {
    const all = {};
    for (const other of this.opponents()) all[other] = this.tally(other);
    all[name] = this.tally(name).map((n, k) => n + (k === outcome ? 1 : 0));
    store.write("tally", all);
  }
  // The first above `beaten` that was not yet beaten, or else the first at all.
  next_rung(beaten = null) {
    const all = this.opponents();
    const open = all.filter(name => name !== beaten && !this.tally(name)[0]);
    const above = open.find(name => all.indexOf(name) > all.indexOf(beaten));
    return above || open[0] || all.at(-1);
  }

  fly_panel(open) {
    if (typeof Flight === "undefined") {
      this.said.textContent = "this page was made without the game";
      return;
    }
    this.pause();
    if (!this.panel.hidden && !open) {
      this.panel.hidden = true;
      this.relayout();
      return;
    }
    const t = this.track;
    const here = !this.fly_only && t.n > 1 && this.clock < t.last;
    const { seat, who, aim } = this.seat_and_opponent(here);
    const option = (value, text, selected) => make("option", { value, selected }, text);
    const places = [
      here ? ["here", `here, ${(this.clock / t.rate).toFixed(1)} s`] : null,
      t.n > 1 ? ["start", "the start of this match"] : null,
      ["random", "a random spawn"],
      ["fixed", "the fixed spawn"],
    ].filter(Boolean);
    const spawn = make("select", { "aria-label": "from" }, ...places.map(p => option(...p)));
    const paces = [0.25, 0.5, 1].map(s => option(s, `${s}\u00d7`, s === 1));
    const pace = make("select", { "aria-label": "pace" }, ...paces);
    const odds = Object.keys(HANDICAPS).map(name => option(name, name));
    const handicap = make("select", { "aria-label": "handicap" }, ...odds);
    const go = make(
      "button",
      {
        type: "button",
        class: "go",
        onclick: () =>
          this.take_off({
            seat: +seat.value,
            opponent: who.value,
            from: spawn.value,
            pace: +pace.value,
            handicap: handicap.value,
          }),
      },
      "Take the stick",
    );
    const label = (text, e) => make("label", {}, text, e);
    this.panel.replaceChildren(
      this.ladder(who),
      label("you fly", seat),
      label("against", who),
      label("from", spawn),
      label("at", pace),
      label("handicap", handicap),
      go,
      ...this.tasks_button(),
      keys_line(),
    );
    aim();
    this.panel.hidden = false;
    this.root.classList.toggle("choosing", this.fly_only);
    this.relayout();
    if (!open) go.focus({ preventScroll: true });
  }

  seat_and_opponent(here) {
    const t = this.track;
    const others = this.opponents();
    const lost = t.end?.outcome ? (t.end.outcome > 0 ? 1 : 0) : (this.data.seat ?? 0);
    const given = this.fly_only ? (this.data.seat ?? 0) : (t.me ?? lost);
    const places = ["blue, on the left", "orange, on the right"];
    const named = here || t.n > 1;
    const seats = [0, 1].map(s => {
      const text = named ? `${SIDES[s]} (${t.names[s]})` : places[s];
      return make("option", { value: s, selected: s === given }, text);
    });
    const seat = make("select", { "aria-label": "your seat" }, ...seats);
    const options = others.map(n => make("option", { value: n }, n));
    const who = make("select", { "aria-label": "against" }, ...options);
    const aim = () => {
      let name = t.names[1 - +seat.value];
      if (t.flown) name = t.names.find(n => n !== "you");
      if (this.fly_only) name = this.data.ladder ? this.next_rung() : this.data.opponent;
      who.value = others.includes(name) ? name : "ace";
      who.dispatchEvent(new Event("change"));
    };
    seat.addEventListener("change", () => {
      if (!this.fly_only) aim();
    });
    return { seat, who, aim };
  }

  // The opponents from the weakest to the strongest, with what was won and lost against each.
  ladder(who) {
    const rungs = this.opponents().map(name => {
      const [won, drawn, lost] = this.tally(name);
      const score = won + drawn + lost ? `${won}\u2013${lost}` : "";
      const rung = make(
        "button",
        { type: "button", class: won ? "rung beaten" : "rung", "data-pilot": name },
        name,
        make("small", {}, score),
      );
      rung.addEventListener("click", () => {
        who.value = name;
        who.dispatchEvent(new Event("change"));
      });
      return rung;
    });
    who.addEventListener("change", () => {
      for (const r of rungs) r.setAttribute("aria-pressed", r.dataset.pilot === who.value);
    });
    return make("div", { class: "ladder", role: "group", "aria-label": "ladder" }, ...rungs);
  }

  // -- taking off

  take_off({ seat, opponent, from, pace = 1, handicap = "even", start = null, task = null }) {
    const t = this.track;
    this.settings = { seat, opponent, from, pace, handicap };
    if (!start && (from === "random" || from === "fixed")) {
      start = start_state(t.rules, from);
      this.spawn = from;
    } else this.spawn = t.spawn || "random";
    start ??= t.start;
    if (from !== "here") start = with_handicap(start, seat, HANDICAPS[handicap], t.rules);
    this.settings.start = start;
    this.settings.chosen = this.chosen;
    this.panel.hidden = true;
    this.root.classList.remove("choosing");
    this.normal_speed ??= this.speed;
    this.speed = pace;
    const at = from === "here" ? Math.round(this.clock) : null;
    try {
      this.flying = new Flying(this, { seat, opponent, from: at, start });
    } catch (e) {
      this.flying = null;
      const close = make("button", { type: "button", onclick: () => this.message() }, "Close");
      const why = make("p", {}, `${opponent} cannot fly here: ${e.message}`);
      this.message(why, make("div", { class: "row" }, close));
      return;
    }
    this.flying.task = task;
    this.show_flight();
    this.introduce();
  }

  show_flight() {
    const f = this.flying;
    f.waiting = true;
    this.after = 0;
    this.forget_ghosts();
    this.stages[0].set(f.live_track());
    this.stages.slice(1).forEach(s => (s.element.hidden = true));
    this.root.classList.add("flying");
    this.fly_button.textContent = "Stop";
    for (const e of [...this.watching, this.plots_button, this.path_button]) e.hidden = true;
    for (const e of [this.look_button, this.share_button]) e.hidden = true;
    this.time.hidden = this.pause_button.hidden = false;
    this.rewind_button.hidden = !!f.rewound;
    this.columns(1);
    this.counter?.remove();
    this.hud ??= make("div", { class: "hud", "aria-hidden": "true" });
    this.stages[0].element.append(this.hud);
    this.touch_pad();
    this.relayout();
    this.root.focus({ preventScroll: true });
    this.run(); // a gamepad is only heard while something runs
  }

  touched(e, k) {
    if (this.flying?.waiting) this.begin();
    else super.touched(e, k);
  }

  introduce() {
    const { seat, task } = this.flying;
    const name = this.flying.spec.name || this.flying.spec;
    const flights = store.read("flights", 0);
    const who = make("strong", { class: "who " + ["zero", "one"][seat] }, `You fly ${SIDES[seat]}`);
    const rule = text => make("p", { class: "rule" }, text);
    const first = flights < 3 && !task;
    this.message(
      make("p", {}, who, ` against ${name}`),
      task ? rule(task.text) : null,
      keys_line("p"),
      first ? rule("Bullets from behind glance off: hit it from the side or from ahead.") : null,
      first
        ? rule(
            `The ground kills. To pull out: ${TURN_LEFT} flying right, ${TURN_RIGHT} flying left.`,
          )
        : null,
      make(
        "div",
        { class: "row" },
        make(
          "button",
          { type: "button", onclick: () => this.begin() },
          FINGERS ? "Begin" : "Begin (any key)",
        ),
      ),
    );
  }

  begin() {
    const f = this.flying;
    if (!f?.waiting) return;
    f.waiting = false;
    f.countdown = f.paused || calm.matches ? 0 : COUNTDOWN_S;
    f.paused = false;
    this.message();
    this.counter?.remove();
    this.before = null;
    this.run();
  }

  pause_flight() {
    const f = this.flying;
    if (!f || f.duel.done) return;
    if (f.waiting) return this.begin();
    f.waiting = f.paused = true;
    this.wait("Paused");
  }

  // The flight stands still until somebody goes on.
  wait(title) {
    const go = make("button", { type: "button", onclick: () => this.begin() }, "Go on");
    this.message(
      make("p", {}, make("strong", {}, title)),
      make("p", { class: "keys" }, "any key goes on, ", make("kbd", {}, "esc"), " stops"),
      make("div", { class: "row" }, go),
    );
    this.draw();
    this.run();
  }

  // The same flight, some seconds ago; what follows is flown anew.
  rewind(seconds = REWIND_S) {
    const f = this.flying;
    if (!f || f.rewound) return;
    const step = f.rules.decision_ticks;
    const first = f.task ? f.task.tick : f.start[0];
    if (f.duel.tick <= first || f.duel.done) return;
    const tick = Math.max(first, f.duel.tick - seconds * f.rules.tick_rate);
    const from = f.start[0] + Math.floor((tick - f.start[0]) / step) * step;
    const { seat } = f;
    const opponent = f.spec.name || f.spec;
    this.flying = new Flying(this, { seat, opponent, from, source: f.track() });
    this.flying.task = f.task;
    this.flying.rewinds = (f.rewinds || 0) + 1;
    this.show_flight();
    this.flying.paused = true;
    this.wait(`${REWIND_S} seconds back`);
  }

  // -- in the air

  moving() {
    const f = this.flying;
    return super.moving() || (!!f && (!f.waiting || gamepad() != null));
  }

  move(seconds, time) {
    const f = this.flying;
    if (!f) return super.move(seconds, time);
    this.poll_gamepad();
    if (this.flying !== f || f.waiting) return;
    if (f.countdown > 0) return this.count_down(f, seconds);
    this.forget_silent(performance.now());
    if (f.duel.done) {
      this.after += seconds;
      if (this.after >= AFTERMATH_S || calm.matches) this.landed();
      return;
    }
    const before = f.duel.tick;
    const over = f.advance(seconds, this.speed);
    this.hear({ events: f.events }, before, f.duel.tick);
    const done = f.task && f.duel.tick - f.began >= RETRY_S * f.rules.tick_rate;
    if (done && !over) this.landed();
  }

  count_down(f, seconds) {
    const third = c => Math.ceil((3 * c) / COUNTDOWN_S);
    const before = third(f.countdown);
    f.countdown = Math.max(0, f.countdown - Math.min(seconds, 0.1));
    if (third(f.countdown) !== before) this.sound.play("tick");
    this.counter ??= make("div", { class: "count", "aria-hidden": "true" });
    this.counter.textContent = third(f.countdown) || "";
    if (f.countdown > 0) this.stages[0].overlay.append(this.counter);
    else this.counter.remove();
  }

  poll_gamepad() {
    const pad = gamepad();
    const before = this.pad_before || {};
    this.pad_before = pad;
    const pressed = name => pad?.[name] && !before[name];
    if (this.flying.waiting && ["pause", "rewind", "fire"].some(pressed)) this.begin();
    else if (pressed("pause")) this.pause_flight();
    else if (pressed("rewind")) this.rewind();
  }

  draw() {
    if (!this.flying) return super.draw();
    const now = this.flying.now();
    this.stages[0].draw(now);
    if (this.numbers.open) this.readouts[0].show(this.stages[0].track, now);
    this.say_time(now.tick);
    this.show_hud(now);
    this.bar.hidden = true;
  }

  show_hud(now) {
    const f = this.flying;
    const me = now.fighters[f.seat];
    const g = Track.prototype.geometry.call({ rules: f.rules }, now.fighters);
    const close = `${fixed(g.range, 0)} m apart, ${g.closure >= 0 ? "closing" : "opening"} ${fixed(Math.abs(g.closure), 0)} m/s`;
    const own = `${fixed(me.v, 0)} m/s \u00b7 ${fixed(me.y, 0)} m up \u00b7 throttle ${Math.round(100 * f.throttle)} %`;
    const text = `${own} \u00b7 ${close}`;
    if (this.hud.textContent !== text) this.hud.textContent = text;
  }

  touch_pad() {
    this.pad?.remove();
    const hold = (label, text, key) => {
      const b = make(
        "button",
        { type: "button", "aria-label": label },
        make("span", { "aria-hidden": "true" }, text),
        make("small", {}, label.split(" ")[0]),
      );
      b.addEventListener("pointerdown", e => {
        e.preventDefault();
        b.releasePointerCapture?.(e.pointerId); // a thumb may slide to the next one
        this.begin();
        this.keys.add(key);
      });
      b.addEventListener("pointerenter", e => {
        if (e.buttons) this.keys.add(key);
      });
      for (const end of ["pointerup", "pointercancel", "pointerleave", "lostpointercapture"])
        b.addEventListener(end, () => this.keys.delete(key));
      return b;
    };
    const turns = [hold("turn left", "\u21ba", "left"), hold("turn right", "\u21bb", "right")];
    const levers = [hold("less throttle", "\u2212", "down"), hold("more throttle", "+", "up")];
    const fire = hold("fire", "\u25cf", "fire");
    this.pad = make(
      "div",
      { class: "pad" },
      make("div", {}, ...turns),
      make("div", {}, ...levers, fire),
    );
    this.controls.after(this.pad);
  }

  // -- the flight is over: it becomes the replay

  landed() {
    const f = this.flying;
    if (!f) return;
    this.flying = null;
    this.keys.clear();
    this.pad?.remove();
    this.hud?.remove();
    this.counter?.remove();
    this.root.classList.remove("flying");
    this.fly_button.textContent = "Fly";
    for (const b of [this.pause_button, this.rewind_button]) b.hidden = true;
    this.speed = this.normal_speed ?? 1;
    this.normal_speed = null;
    this.speed_select.value = String(this.speed);
    const t = f.track();
    const short = t.n < 2;
    this.original ??= this.tracks;
    this.took = f.source ? f.began : null;
    this.fly_only = this.fly_only && short;
    if (!short && !this.plots) {
      this.plots = true;
      this.plots_button.setAttribute("aria-pressed", true);
    }
    this.put(short ? this.original : [t]);
    this.go(this.last, true);
    if (short) {
      this.message();
      if (this.fly_only) this.fly_panel(true);
      return;
    }
    this.flown = challenge(t);
    if (t.end.reason !== "unfinished") this.finished(t, f);
    const whole = t.end.reason !== "unfinished" && !this.counts(f) && !this.original[0].end;
    this.left_out = whole ? "Not at full pace, from the start and between equals: no tally." : "";
    this.said.textContent = t.caption;
    this.message(
      ...(f.task ? this.task_verdict(t, f) : this.verdict(t, f.seat)),
      this.what_next(f),
    );
  }

  finished(t, f) {
    this.send({ flown: this.flown });
    store.write("flights", store.read("flights", 0) + 1);
    if (!this.counts(f)) return;
    const lost = t.loss.lost;
    this.count(t.names[1 - f.seat], lost == null ? 1 : lost === f.seat ? 2 : 0);
    const before = store.read("kept", []);
    const kept = [...(Array.isArray(before) ? before : []), Flying.kept(t)].slice(-KEPT_FLIGHTS);
    store.write("kept", kept);
  }

  // For the ladder count whole flights at full pace between equals.
  counts(f) {
    const { pace, handicap } = this.settings;
    return !f.source && !f.task && pace >= 1 && !HANDICAPS[handicap];
  }

  what_next(f) {
    const choice = (text, act) =>
      make("button", { type: "button", onclick: () => (this.message(), act()) }, text);
    const again = { ...this.settings };
    const { start, ...anew } = again;
    const from_here = again.from === "here";
    const back = this.original[0].n > 1;
    const won = this.track.loss.winner === "you" && !f.source && !f.task;
    const next = this.next_rung(again.opponent);
    return make(
      "div",
      { class: "row" },
      choice("Again", () => {
        this.rewind_to_original();
        this.clock = this.took ?? this.clock;
        this.take_off({ ...again, task: f.task });
      }),
      from_here ? null : choice("Another start", () => this.new_start(anew)),
      won && next !== again.opponent
        ? choice(`Next: ${next}`, () => this.new_start({ ...anew, opponent: next }))
        : null,
      choice("Watch it", () => {
        this.go(this.first);
        this.play();
      }),
      choice("Save", () => this.save()),
      back
        ? choice("Back to the replay", () => this.rewind_to_original())
        : choice("Opponents", () => {
            this.rewind_to_original();
            this.fly_panel(true);
          }),
    );
  }
  new_start(settings) {
    this.rewind_to_original();
    this.take_off({ ...settings, from: settings.from === "fixed" ? "fixed" : "random" });
  }

  // How it ended, said to who flew, and what to do about it.
  verdict(t, me) {
    const { end } = t;
    const { lost, ground } = t.loss;
    const other = t.names[1 - me];
    const line = text => make("p", { class: "keys" }, text);
    const seconds = (end.ticks / t.rate).toFixed(1);
    const many = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
    const shots = `${many(end.hits[me], "hit")} of ${many(end.shots[me], "shot")}`;
    const numbers = `${seconds} s, ${end.hp[me]} \u2013 ${end.hp[1 - me]} hit points, ${shots}`;
    const note = this.left_out ? line(this.left_out) : null;
    const say = (title, advice) => {
      const head = make("p", {}, make("strong", {}, title));
      return [head, advice ? line(advice) : null, line(numbers), note];
    };
    const won = lost != null && lost !== me;
    if (end.reason === "unfinished") return say("Stopped");
    if (end.reason === "time-out" && lost == null)
      return say("A draw: time ran out", advice(t, me));
    if (end.reason === "time-out")
      return won
        ? say("You win: time ran out, and you were ahead", advice(t, me))
        : say("Time ran out, and you were behind", advice(t, me));
    if (lost == null) return say("A draw: both are down");
    if (won)
      return say(
        ground ? `You win: ${other} flew into the ground` : `You win: you shot ${other} down`,
      );
    if (!ground) return say(`${other} shot you down`, advice(t, me));
    const left = points(end.hp[me]);
    return say(`You flew into the ground with ${left} left`, pull_out_advice(t, me));
  }

  rewind_to_original() {
    if (!this.original) return;
    this.fly_only = this.original[0].n < 2;
    this.put(this.original);
    if (this.tracks.length > 1) this.choose(this.settings?.chosen ?? 0);
  }

  // -- tasks: one's own mistakes once more, stick in hand

  retry_button(t, p) {
    if (!t.actions?.length || this.tracks.length > 1 || !this.pilots_fly(t)) return null;
    const back = Math.max(t.first, p.tick - 1.5 * t.rate);
    return make(
      "button",
      {
        type: "button",
        class: "retry",
        title: `fly ${t.names[p.loser]}'s next ${RETRY_S} s yourself, from a moment before`,
        onclick: () => this.retry(t, p.loser, back, p.text),
      },
      "Try",
    );
  }
  pilots_fly(t) {
    const known = this.opponents();
    return t.names.some(n => known.includes(n));
  }

  // Fly `seat` of the match `t` from `tick` on for a few seconds, and compare.
  retry(t, seat, tick, text) {
    this.pause();
    const step = t.rules.decision_ticks;
    this.clock = t.first + Math.floor((tick - t.first) / step) * step;
    const hp = t.at(this.clock + RETRY_S * t.rate).fighters.map(p => p.hp);
    const known = this.opponents();
    const other = t.names[1 - seat];
    const opponent = known.includes(other) ? other : "ace";
    const goal = `${text}. Do better in the next ${RETRY_S} seconds.`;
    const task = { text: goal, hp, tick: this.clock };
    this.take_off({ seat, opponent, from: "here", pace: 0.5, task });
  }

  task_verdict(t, f) {
    const { task } = f;
    const line = text => make("p", { class: "keys" }, text);
    const left = t.end.hp;
    const gain = hp => hp[f.seat] - hp[1 - f.seat];
    const dead = t.loss.lost === f.seat && t.end.reason === "elimination";
    const more = gain(left) - gain(task.hp);
    const then = `${task.hp[f.seat]} \u2013 ${task.hp[1 - f.seat]} hit points`;
    const now = `${left[f.seat]} \u2013 ${left[1 - f.seat]}`;
    const end = t.loss.ground ? "You flew into the ground" : "You were shot down";
    const title = dead ? end : more > 0 ? "Better" : more < 0 ? "No better" : "As good as before";
    return [make("p", {}, make("strong", {}, title)), line(`Then: ${then}. Now: ${now}.`)];
  }

  // The mistakes of all flights that are kept, largest first, as a list to choose from.
  tasks_button() {
    const kept = store.read("kept", []);
    if (!Array.isArray(kept) || !kept.length || !this.thinking?.judge) return [];
    const show = { type: "button", onclick: () => this.show_tasks(kept) };
    return [make("button", show, "Learn from your mistakes")];
  }
  show_tasks(kept) {
    const all = kept.flatMap(k => {
      try {
        return [Flying.again(k)];
      } catch {
        return []; // kept by another version, or by somebody else
      }
    });
    for (const t of all) this.thinking.values(t);
    const list = make("div", { class: "tasks" }, "looking at your flights\u2026");
    const close = make("button", { type: "button", onclick: () => this.message() }, "Close");
    this.message(make("p", {}, make("strong", {}, "Your mistakes, stick in hand")), list, close);
    const show = () => {
      if (!list.isConnected) return;
      const ready = all.filter(t => Object.keys(t.values).length);
      if (ready.length < all.length) return setTimeout(show, 100);
      const mine = all.flatMap(t =>
        this.thinking
          .mistakes(t)
          .filter(m => m.seat === t.me)
          .map(m => ({ t, ...m })),
      );
      mine.sort((a, b) => b.loss - a.loss);
      const tasks = mine.slice(0, 6).map(({ t, tick, seat, loss, sign }) => {
        const text = `${sign} ${(tick / t.rate).toFixed(1)} s against ${t.names[1 - seat]}: ${loss.toFixed(1)} lost`;
        const fly = () => {
          this.message();
          this.original ??= this.tracks;
          this.put([t]);
          this.retry(t, seat, Math.max(t.first, tick - t.rate), text);
        };
        return make("button", { type: "button", onclick: fly }, text);
      });
      list.replaceChildren(...(tasks.length ? tasks : ["none that cost much"]));
    };
    show();
  }

  // -- keys: all of them stay here

  key(e) {
    e.stopPropagation();
    if (!e.repeat || !steering(e)) this.repeating = null;
    const modifier = ["Control", "AltGraph", "Shift"].includes(e.key);
    // what was held may never be said to be up
    if (e.metaKey || e.key === "Meta" || ((e.ctrlKey || e.altKey) && !modifier)) this.let_go();
    if (e.ctrlKey || e.metaKey || e.altKey || modifier || e.key === "Meta") return;
    if (this.flying) return this.fly_key(e);
    if (this.down.has(e.code)) return e.preventDefault(); // held since the flight
    if (e.key === "Escape" && this.note) {
      if (this.note.dataset.kind === "share") this.share_button.focus();
      return this.message();
    }
    this.watch_key(e);
  }
  fly_key(e) {
    const f = this.flying;
    const k = steering(e);
    if (e.key === "Tab" || (e.key === "Enter" && e.target.tagName === "BUTTON")) return;
    e.preventDefault();
    this.down.add(e.code);
    if (e.key === "Escape") return this.landed();
    if (e.repeat) {
      if (k && !f.waiting) this.repeated(k, performance.now());
      return;
    }
    if (f.duel.done) return; // the smoke clears
    const other = { p: "pause_flight", b: "rewind", m: "toggle_sound", z: "toggle_follow" };
    const act = other[e.key.toLowerCase()];
    if (act) return this[act]();
    if (k) {
      this.keys.add(k);
      if (k === "fire" && !f.waiting) this.keys.add("fired");
    }
    if (!f.waiting) return;
    this.begin();
    this.keys.delete("fired");
    this.keys.delete("fire");
  }
  // A Mac tells of no key that is let go while its command key is down; a window without focus hears
  // of none.
  let_go() {
    this.keys.clear();
    this.down.clear();
    this.repeating = null;
  }
  key_up(e) {
    this.repeating = null;
    this.down.delete(e.code);
    if (e.metaKey || e.key === "Meta") this.let_go();
    const k = steering(e);
    if (k) this.keys.delete(k);
  }
  // A key that is held repeats, until it is let go or another is touched.
  repeated(k, now) {
    const before = this.repeating?.key === k ? this.repeating : null;
    this.keys.add(k);
    const wait = Math.max(SILENCE, before ? 4 * (now - before.at) : Infinity);
    this.repeating = { key: k, at: now, wait };
  }
  forget_silent(now) {
    const r = this.repeating;
    if (!r || now - r.at <= r.wait) return;
    this.keys.delete(r.key);
    this.repeating = null;
  }
}
Player.Flying = Flying;

// ---- where a match begins -----------------------------------------------------------------------

// The 25 numbers of a start: "fixed", or "random" as the engine draws it.
function start_state(rules, spawn) {
  const u = (a, b) => Math.fround(a + (b - a) * Math.random());
  const offset = u(100, 300);
  const speed = () => u(rules.min_speed + 15, 80);
  const random = x => [x, u(150, 450), u(-Math.PI, Math.PI), speed()];
  const one = spawn === "fixed" ? [-200, 300, 0, 50] : random(-offset);
  const two = spawn === "fixed" ? [200, 300, Math.fround(Math.PI), 50] : random(offset);
  const rest = [rules.hit_points, 0, 1, 0];
  return Float32Array.from([0, 0, 0, 1, ...one, ...rest, ...two, ...rest, 0, 0, 0, 0, 0]);
}

// The same start, in which the other of `seat` has `hit_points` at most (null: as many as ever).
function with_handicap(start, seat, hit_points, rules) {
  const changed = Float32Array.from(start);
  if (hit_points) changed[4 + 8 * (1 - seat) + HP] = Math.min(hit_points, rules.hit_points);
  return changed;
}

// ---- advice: one thing to do better -------------------------------------------------------------

function pull_out_advice(t, me) {
  const { rules } = t;
  const v = Math.max(t.frames[16 * (t.n - 1) + 8 * me + V], rules.min_speed);
  const height = Math.round(turn_radius(v, rules) / 10) * 10;
  return (
    `To pull out, hold ${TURN_LEFT} while you fly to the right, ` +
    `${TURN_RIGHT} while you fly to the left. ` +
    `At ${Math.round(v)} m/s the turn out of a dive takes ${height} m of height; ` +
    `slower, with less throttle (${LESS_THROTTLE}), it takes less.`
  );
}

function advice(t, me) {
  const mine = kind => t.events.filter(e => e.kind === kind && e.seat === me).length;
  const shots = t.end.shots[me];
  const hits = t.end.hits[me];
  if (mine("glance") >= 2)
    return `${mine("glance")} of your bullets came from behind and glanced off: shoot from the side, or head on.`;
  if (mine("stall") >= 2)
    return `You stalled ${mine("stall")} times: keep the throttle up, and turn less below 40 m/s.`;
  if (!shots && t.end.hits[1 - me] < 3)
    return "You never fired: hold space while the ring of the sight is on your nose.";
  if (shots >= 4 && hits < 0.2 * shots)
    return "Most shots missed: fire when the dotted line goes through the small ring, within 200 m.";
  if (hits < t.end.hits[1 - me])
    return "It hit more often: when it points at you, turn towards it, so that it passes.";
  return "";
}

function keys_line(tag = "span") {
  const key = k => make("kbd", {}, k);
  return make(
    tag,
    { class: tag === "p" ? "keys" : "label" },
    ...[key("\u2190"), " ", key("\u2192"), " turn \u00b7 ", key("\u2191"), " ", key("\u2193")],
    ...[" throttle \u00b7 ", key("space"), " fire \u00b7 ", key("p"), " pause \u00b7 "],
    ...[key("b"), ` ${REWIND_S} s back \u00b7 `, key("esc"), " stop"],
  );
}

// ---- a page opens -------------------------------------------------------------------------------

Player.boot = async () => {
  const root = document.querySelector("main.player");
  try {
    const text = document.getElementById("dogfight").textContent;
    const data = await unpack(JSON.parse(text));
    data.text = text;
    const player = (window.player = new Player(root, data));
    window.addEventListener("message", e => {
      const ours = e.source === window.parent && e.data && e.data.dogfight === data.id;
      if (ours && e.data.set) player.obey(e.data.set);
    });
    if (window.parent !== window)
      window.parent.postMessage({ dogfight: data.id ?? null, hello: true }, "*");
  } catch (e) {
    const text = `The replay cannot be shown: ${e.message}`;
    root.replaceChildren(make("div", { class: "broken", role: "alert" }, text));
    throw e;
  }
};
Player.boot();
