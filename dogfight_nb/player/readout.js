// ---- the numbers --------------------------------------------------------------------------------

const deg = a => minus(Math.round((a * 180) / Math.PI) + "") + "\u00b0";
const ROWS = [
  ["speed", "m/s", p => fixed(p.v, 0), "along the nose"],
  ["altitude", "m", p => fixed(p.y, 0), "above the zero line; the ground kills at 5 m"],
  [
    "energy",
    "m",
    (p, i) => fixed(i.g.energy[i.s], 0),
    "energy height: altitude + speed\u00b2 / 2g",
  ],
  ["hit points", "", p => String(p.hp), "hits it can still take"],
  [
    "gun",
    "",
    (p, i) => (i.t.no_guns ? "\u2013" : p.gun > 0 ? (p.gun / i.t.rate).toFixed(2) + " s" : "ready"),
    "time until the next shot",
  ],
  [
    "stall",
    "",
    (p, i) => (p.stall > 0 ? (p.stall / i.t.rate).toFixed(2) + " s" : "\u2013"),
    "time until the controls answer again, at most",
  ],
  [
    "angle off",
    "",
    (p, i) => deg(i.g.off[i.s]),
    "from the nose to the other; + is to the left of the nose",
  ],
  [
    "aspect",
    "",
    (p, i) => deg(i.g.aspect[i.s]),
    "where I stand as the other sees it: 0\u00b0 straight behind it, 180\u00b0 ahead of it",
  ],
  [
    "stick",
    "",
    (p, i) =>
      i.c
        ? (i.c[i.s].turn > 0.005 ? "\u21ba " : i.c[i.s].turn < -0.005 ? "\u21bb " : "") +
          Math.abs(i.c[i.s].turn).toFixed(2) +
          (i.c[i.s].fire ? " \u25cf" : "")
        : "\u2013",
    "yaw input, \u21ba counter-clockwise; \u25cf trigger",
  ],
  ["throttle", "", (p, i) => (i.c ? Math.round(100 * i.c[i.s].throttle) + " %" : "\u2013"), ""],
];

class Readout {
  constructor() {
    this.cells = ROWS.map(() => [make("td"), make("td")]);
    this.names = [
      make("th", { class: "who zero", scope: "col" }),
      make("th", { class: "who one", scope: "col" }),
    ];
    this.moment = make("th", { class: "moment" });
    const both = () => make("td", { colspan: 2, class: "both" });
    this.range = both();
    this.closure = both();
    const unit = u => (u ? make("span", { class: "unit" }, " " + u) : null);
    const body = ROWS.map(([name, u, , title], k) =>
      make(
        "tr",
        { title: title || false },
        make("th", { scope: "row" }, name, unit(u)),
        ...this.cells[k],
      ),
    );
    body.push(
      make(
        "tr",
        { title: "distance of the two" },
        make("th", { scope: "row" }, "range", unit("m")),
        this.range,
      ),
    );
    body.push(
      make(
        "tr",
        { title: "how fast that distance shrinks; negative where it grows" },
        make("th", { scope: "row" }, "closing", unit("m/s")),
        this.closure,
      ),
    );
    this.element = make(
      "table",
      { class: "read" },
      make("thead", {}, make("tr", {}, this.moment, ...this.names)),
      make("tbody", {}, ...body),
    );
  }
  show(track, now, name = "") {
    const g = track.geometry(now.fighters),
      put = (e, text) => {
        if (e.firstChild?.data !== text) e.textContent = text;
      };
    for (const s of [0, 1]) {
      put(this.names[s], track.names[s]);
      ROWS.forEach(([, , value], k) =>
        put(this.cells[k][s], value(now.fighters[s], { s, g, t: track, c: now.command })),
      );
    }
    put(this.moment, `${name}tick ${Math.round(now.tick)} \u00b7 frame ${now.frame}`);
    put(this.range, fixed(g.range, 0));
    put(this.closure, fixed(g.closure, 0));
  }
}
