// The kit of the interactive figures. `makeKit()` gives `add(name, figure)` and `start()`. A figure
// is an object of
//   title, caption: its name, and one sentence on what is seen and what can be moved;
//   state: the numbers that can be changed; `height(width)`: in pixels;
//   draw(c, state): puts marks into panels of the drawing `c`; returns a sentence on what it shows;
//   controls: sliders {name, label, min, max, step, show, when(state)}, choices {name, label,
//   options: {value: label}}, buttons {label, press(state)};
//   play: {label, seconds(state)}: a button, after which `c.t` runs from 0 to so many seconds.
// Colours ("tones") are a: own, b: the other's, g: good, s: soft; without one, ink.
const makeKit = () => {
  const SHEET = `
    :host { display: block; max-width: 860px; margin: 8px 0 14px;
      font: 14px/1.45 system-ui, sans-serif; color: var(--jp-content-font-color1, var(--ink, #1d2733)); }
    header { display: flex; justify-content: space-between; min-height: 26px; }
    h3 { margin: 0; font-size: 15px; }
    p { margin: 2px 0 6px; }
    .says { min-height: 2.9em; font-variant-numeric: tabular-nums; }
    .caption { font-size: 13px; opacity: .85; }
    .root { display: block; overflow: visible; user-select: none; -webkit-user-select: none; }
    .controls:empty { display: none; }
    .controls { display: flex; flex-wrap: wrap; gap: 6px 18px; align-items: center; margin: 6px 0; }
    [hidden] { display: none !important; }
    label, fieldset { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
    fieldset { border: 0; margin: 0; padding: 0; }
    legend { float: left; padding: 0; }
    input { width: 120px; accent-color: #0072b2; }
    output { min-width: 3.2em; font-variant-numeric: tabular-nums; }
    button { font: inherit; color: inherit; background: none; border: 1px solid; border-radius: 5px;
      padding: 3px 11px; cursor: pointer; }
    button[aria-pressed=true] { background: #0072b2; border-color: #0072b2; color: #fff; }
    header button { font-size: 12px; padding: 1px 9px; visibility: hidden; }
    :focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
    .handle { cursor: grab; outline: none; }
    .handle:active { cursor: grabbing; }
    .handle:hover .halo { opacity: .38; }
    .handle:focus-visible .halo { opacity: 1; fill: none; stroke: var(--c); stroke-width: 2.5; }
    @media (forced-colors: active) { .handle .knob { stroke: Highlight; } }`;
  // what stands in the drawing itself: it also holds where the drawing is a picture of its own
  const DRAWING = `
    svg{--i:var(--jp-content-font-color1,var(--ink,#1d2733));
    --p:var(--jp-layout-color0,var(--paper,#fff));
    --a:color-mix(in oklab,#0072b2 82%,var(--i));--b:color-mix(in oklab,#d55e00 82%,var(--i));
    --g:color-mix(in oklab,#009e73 78%,var(--i));--s:color-mix(in srgb,var(--i) 72%,var(--p));
    --c:var(--i);font:13px system-ui,sans-serif}
    .a{--c:var(--a)}.b{--c:var(--b)}.g{--c:var(--g)}.s{--c:var(--s)}
    .line{fill:none;stroke:var(--c);stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
    .thin{stroke-width:1.2}.dash{stroke-dasharray:5 5}.faint{opacity:.45}
    .area{fill:var(--c);opacity:.15}.fill{fill:var(--c)}
    .axis{stroke:var(--s);fill:none}.grid{stroke:var(--i);opacity:.11}
    text{fill:var(--c);stroke:var(--p);stroke-width:3.5px;paint-order:stroke;stroke-linejoin:round}
    .small{font-size:12px}.strong{font-weight:600}
    .halo{fill:var(--c);opacity:.2}.knob{fill:var(--p);stroke:var(--c);stroke-width:2.5}
    .open .halo{r:19px}.open .knob{display:none}`;

  const element = (space, name, attributes, inside) => {
    const made = document.createElementNS(`http://www.w3.org/${space}`, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...inside);
    return made;
  };
  const svg = (name, attributes = {}, ...inside) => element("2000/svg", name, attributes, inside);
  const html = (name, attributes = {}, ...inside) =>
    element("1999/xhtml", name, attributes, inside);

  const clamp = (v, low, high) => Math.min(Math.max(v, low), high);
  const pixel = v => Math.round(v * 10) / 10;
  // a line without the points that nobody would miss (Ramer 1972, Douglas and Peucker 1973)
  function sparse(points) {
    const [[x0, y0], [x1, y1]] = [points[0], points.at(-1)];
    const length = Math.hypot(x1 - x0, y1 - y0);
    const off = ([x, y]) =>
      length
        ? Math.abs((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length
        : Math.hypot(x - x0, y - y0);
    const offs = points.map(off);
    const worst = offs.indexOf(Math.max(...offs));
    if (points.length < 3 || offs[worst] < 0.2) return [points[0], points.at(-1)];
    return [...sparse(points.slice(0, worst + 1)).slice(0, -1), ...sparse(points.slice(worst))];
  }
  const path = points =>
    "M" +
    sparse(points)
      .map(p => p.map(pixel).join())
      .join("L");
  // a number as text, with a true minus sign; `digits` after the point
  const number = (v, digits = 0) => (+v.toFixed(digits)).toFixed(digits).replace("-", "−");
  const signed = (v, digits = 0) => (+v.toFixed(digits) > 0 ? "+" : "") + number(v, digits);
  // the width of a text in pixels, nearly: the same on every machine
  const widthOf = text =>
    [...text].reduce((w, letter) => {
      if (/[iljtfrI.,:;'’| ()[\]·]/.test(letter)) return w + 4.6;
      return w + (/[mwMW—%]/.test(letter) ? 11.5 : /[A-Z]/.test(letter) ? 8.8 : 7.3);
    }, 0);

  // Round numbers inside [low, high], about `count` of them: 1, 2 or 5 times a power of ten apart.
  function ticks(low, high, count) {
    const rough = (high - low) / Math.max(count, 1);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find(k => k * power >= rough * 0.999);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
      found.push([k * step, number(k * step, digits)]);
    return found;
  }

  // A part of the drawing with coordinates of its own. `box`: left, top, width, height in pixels;
  // `x`, `y`: what it shows at least; `equal`: a metre is as long across as upwards; `base`:
  // the lowest y stays where it is; `bare`: without axes.
  class Panel {
    constructor(
      c,
      { box, x, y, equal, base, bare, xLabel = "", yLabel = "", title = "", ticks = {} },
    ) {
      const [left, top, width, height] = box;
      const head = title || yLabel ? 22 : 8;
      const edges = bare ? [2, head, 2, 2] : [40, head + (title && yLabel ? 16 : 0), 18, 40];
      Object.assign(this, { c, left: left + edges[0], top: top + edges[1] });
      this.edges = [left, top, left + width, top + height];
      this.width = width - edges[0] - edges[2];
      this.height = height - edges[1] - edges[3];
      this.ranges = [x, y].map(range => [...range]);
      if (equal) this.widen(base);
      if (title) {
        c.claim(title, left + 4, top + 13, "start");
        c.put("text", { x: left + 4, y: top + 13, class: "strong" }, title);
      }
      if (!bare) this.axes(xLabel, yLabel, { x: this.width / 70, y: this.height / 45, ...ticks });
      // marks end where the panel does, but for a few pixels
      const frame = [this.left - 8, this.top - 8, this.width + 16, this.height + 16].map(pixel);
      const [frameX, frameY, frameWidth, frameHeight] = frame;
      const size = { x: frameX, y: frameY, width: frameWidth, height: frameHeight };
      this.inside = svg("svg", { ...size, viewBox: frame.join(" "), overflow: "hidden" });
      c.nodes.push(this.inside);
    }

    widen(base) {
      const sizes = [this.width, this.height];
      const scale = Math.min(
        ...sizes.map((size, k) => size / (this.ranges[k][1] - this.ranges[k][0])),
      );
      this.ranges.forEach((range, k) => {
        const more = sizes[k] / scale - (range[1] - range[0]);
        const below = k && base ? 0 : more / 2;
        this.ranges[k] = [range[0] - below, range[1] + more - below];
      });
    }

    axes(xLabel, yLabel, count) {
      const { left, top, width, height, c } = this;
      const bottom = top + height;
      // ticks by their number, or as they are: [[value, label], …]
      const of = (range, wanted) =>
        Array.isArray(wanted) ? wanted : wanted ? ticks(...range, wanted) : [];
      for (const [v, label] of of(this.ranges[0], count.x)) {
        const x = pixel(this.px(v));
        c.put("path", { d: `M${x},${bottom}v4`, class: "axis" });
        c.claim(label, x, bottom + 17, "middle");
        c.put("text", { x, y: bottom + 17, class: "small s", "text-anchor": "middle" }, label);
      }
      for (const [v, label] of of(this.ranges[1], count.y)) {
        const y = pixel(this.py(v));
        c.put("path", { d: `M${left},${y}h${width}`, class: "grid" });
        c.claim(label, left - 6, y + 4, "end");
        c.put("text", { x: left - 6, y: y + 4, class: "small s", "text-anchor": "end" }, label);
      }
      c.put("path", { d: `M${left},${bottom}h${width}`, class: "axis" });
      c.claim(xLabel, left + width, bottom + 34, "end");
      c.claim(yLabel, left - 36, top - 9, "start");
      c.avoid([
        [left, bottom],
        [left + width, bottom],
      ]);
      const low = { x: left + width, y: bottom + 34, class: "small s", "text-anchor": "end" };
      c.put("text", low, xLabel);
      c.put("text", { x: left - 36, y: top - 9, class: "small s" }, yLabel);
    }

    put(name, attributes) {
      this.inside.append(svg(name, attributes));
    }

    px(x) {
      const [low, high] = this.ranges[0];
      return this.left + ((x - low) / (high - low)) * this.width;
    }

    py(y) {
      const [low, high] = this.ranges[1];
      return this.top + this.height - ((y - low) / (high - low)) * this.height;
    }

    at([x, y]) {
      return [this.px(x), this.py(y)];
    }

    // the coordinates of a pixel, inside the panel
    back(px, py) {
      const [[x0, x1], [y0, y1]] = this.ranges;
      return [
        x0 + clamp((px - this.left) / this.width, 0, 1) * (x1 - x0),
        y0 + clamp((this.top + this.height - py) / this.height, 0, 1) * (y1 - y0),
      ];
    }

    // a line through points [x, y]; `tone`: of colour and kind, as "a dash thin"
    line(points, tone = "") {
      const seen = points.map(p => this.at(p));
      this.c.avoid(seen);
      this.put("path", { d: path(seen), class: `line ${tone}` });
    }

    area(points, tone = "") {
      if (points.length)
        this.put("path", { d: path(points.map(p => this.at(p))) + "Z", class: `area ${tone}` });
    }

    segment(x0, y0, x1, y1, tone = "") {
      const ends = [x0, y0, x1, y1];
      this.line([ends.slice(0, 2), ends.slice(2)], tone);
    }

    // a rectangle between two of its corners
    block(x0, y0, x1, y1, tone = "") {
      const [left, right] = [this.px(x0), this.px(x1)].sort((a, b) => a - b).map(pixel);
      const [top, bottom] = [this.py(y0), this.py(y1)].sort((a, b) => a - b).map(pixel);
      const size = { width: pixel(right - left), height: pixel(bottom - top) };
      this.put("rect", { x: left, y: top, ...size, class: `area ${tone}` });
    }

    // a bar from y = 0, or from `base`, `width` wide
    bar(x, y, width, tone = "", base = 0) {
      const [left, right] = [this.px(x - width / 2), this.px(x + width / 2)];
      const [top, bottom] = [this.py(Math.max(y, base)), this.py(Math.min(y, base))];
      const size = { width: pixel(right - left), height: pixel(bottom - top) };
      this.put("rect", { x: pixel(left), y: pixel(top), ...size, rx: 2, class: `fill ${tone}` });
      this.c.avoid([this.at([x, base]), this.at([x, y])]);
    }

    dot(x, y, tone = "", r = 4) {
      const [cx, cy] = this.at([x, y]).map(pixel);
      this.c.avoid([[cx, cy]]);
      this.put("circle", { cx, cy, r, class: `fill ${tone}` });
    }

    // a circle of `r` in the panel's own measure
    ring(x, y, r, tone = "line thin") {
      const [cx, cy] = this.at([x, y]).map(pixel);
      const radius = pixel(Math.abs(this.px(r) - this.px(0)));
      this.put("circle", { cx, cy, r: radius, class: tone });
      const around = k => [cx + radius * Math.cos(k / 4), cy + radius * Math.sin(k / 4)];
      this.c.avoid(Array.from({ length: 26 }, (_, k) => around(k)));
    }

    arrow(from, to, tone = "") {
      const [a, b] = [this.at(from), this.at(to)];
      const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
      const length = Math.hypot(dx, dy);
      if (length < 3) return;
      const [u, v] = [dx / length, dy / length];
      const wing = side => [b[0] - 8 * u + side * 4 * v, b[1] - 8 * v - side * 4 * u];
      this.c.avoid([a, b]);
      this.put("path", { d: path([a, b]) + path([wing(1), b, wing(-1)]), class: `line ${tone}` });
    }

    // a fighter seen from the side, its nose at `angle` (rad)
    plane(x, y, angle, tone = "", size = 1) {
      const [px, py] = this.at([x, y]).map(pixel);
      const degrees = pixel((-angle * 180) / Math.PI);
      const turn = `translate(${px},${py}) rotate(${degrees}) scale(${size})`;
      const d = "M15,0L-11,9L-6,0L-11,-9Z";
      this.c.avoid([[px, py]], 9 * size);
      this.put("path", { d, transform: turn, class: `fill ${tone}` });
    }

    // a text where it is told to stand
    text(text, x, y, tone = "", anchor = "start") {
      const [px, py] = this.at([x, y]).map(pixel);
      this.c.claim(text, px, py, anchor);
      this.c.put("text", { x: px, y: py, class: tone, "text-anchor": anchor }, text);
    }

    // a text near a point, where nothing else is; `toward`: where it is looked for first
    label(text, x, y, tone = "", toward = "e") {
      this.c.later.push({ text, at: this.at([x, y]), tone, toward, edges: this.edges });
    }

    // Something to drag. `name`: what it is called; `says`: its value as text; `now`: as a number;
    // `move(x, y)`: what happens when it is put there; `step`: how far an arrow key moves it, or
    // `turn(steps)`; `open`: only a ring is drawn, around what is there.
    handle({ x, y, tone = "a", step = [1, 1], ...rest }) {
      const at = this.at([x, y]);
      const [px, py] = at;
      const reach = rest.open ? 17 : 11;
      this.c.boxes.push([px - reach, py - reach, px + reach, py + reach]);
      this.c.handles.push({ x, y, at, tone, step, panel: this, ...rest });
    }
  }

  const COMPASS = { e: [1, 0], w: [-1, 0], n: [0, -1], s: [0, 1] };
  Object.assign(COMPASS, { ne: [0.8, -0.8], nw: [-0.8, -0.8], se: [0.8, 0.8], sw: [-0.8, 0.8] });

  class Drawing {
    constructor(width, height, t) {
      Object.assign(this, { width, height, t, nodes: [], handles: [], later: [], boxes: [] });
      this.solid = [];
      this.wide = width >= 560;
    }

    put(name, attributes, ...inside) {
      this.nodes.push(svg(name, attributes, ...inside));
    }

    panel(options) {
      return new Panel(this, { box: [0, 0, this.width, this.height], ...options });
    }

    // the boxes of two panels: side by side, the first with `share` of the width, or, where that is
    // too narrow, one over the other
    halves(share = 0.5, upper = 0.5, gap = 22) {
      const { width, height } = this;
      if (this.wide) {
        const first = (width - gap) * share;
        return [
          [0, 0, first, height],
          [first + gap, 0, width - gap - first, height],
        ];
      }
      const first = (height - gap) * upper;
      return [
        [0, 0, width, first],
        [0, first + gap, width, height - gap - first],
      ];
    }

    // labels keep off the pixels near a line through `points`
    avoid(points, reach = 0) {
      points.forEach((p, k) => {
        const q = points[k + 1] ?? p;
        const pieces = Math.ceil(Math.hypot(q[0] - p[0], q[1] - p[1]) / 6) || 1;
        for (let i = 0; i < pieces; i++)
          this.solid.push([
            p[0] + ((q[0] - p[0]) * i) / pieces,
            p[1] + ((q[1] - p[1]) * i) / pieces,
            reach,
          ]);
      });
    }

    claim(text, px, py, anchor) {
      const width = widthOf(text);
      const left = px - (anchor === "end" ? width : anchor === "middle" ? width / 2 : 0);
      this.boxes.push([left, py - 12, left + width, py + 4]);
    }

    // the place of a label that costs least: free of lines and of other labels, and near its point
    place({ text, at, tone, toward, edges }) {
      const width = widthOf(text) * (tone.includes("strong") ? 1.1 : 1);
      let best = null;
      const order = [toward, ...Object.keys(COMPASS).filter(k => k !== toward)];
      for (const away of [10, 16, 24, 36, 52])
        for (const [rank, key] of order.entries()) {
          const [u, v] = COMPASS[key];
          const anchor = u > 0 ? "start" : u < 0 ? "end" : "middle";
          const x = at[0] + u * away;
          const y = at[1] + v * away + 5 + (u ? 0 : v * 5);
          const left = x - (anchor === "end" ? width : anchor === "middle" ? width / 2 : 0);
          const box = [left - 2, y - 13, left + width + 2, y + 5];
          const outside = edges.some((edge, k) => (k < 2 ? box[k] < edge : box[k] > edge));
          const upon = this.boxes.filter(
            b => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1],
          ).length;
          const crossed = this.solid.filter(
            ([a, b, r]) => a > box[0] - r && a < box[2] + r && b > box[1] - r && b < box[3] + r,
          ).length;
          const cost = away + rank * 2 + 400 * outside + 200 * upon + 25 * Math.min(crossed, 9);
          if (!best || cost < best.cost) best = { cost, x, y, anchor, box };
        }
      this.boxes.push(best.box);
      const place = { x: pixel(best.x), y: pixel(best.y), "text-anchor": best.anchor };
      this.put("text", { ...place, class: tone }, text);
    }

    finish() {
      this.later.forEach(label => this.place(label));
      return this.nodes;
    }
  }

  class Figure {
    constructor(place, figure) {
      Object.assign(this, { place, figure, knobs: new Map(), controls: [], width: 0 });
      this.state = structuredClone(figure.state);
      this.marks = svg("g", { "aria-hidden": "true" });
      this.tops = svg("g");
      this.svg = svg(
        "svg",
        { class: "root", role: "group" },
        svg("style", {}, DRAWING),
        this.marks,
        this.tops,
      );
      this.says = html("p", { class: "says" });
      this.row = html("div", { class: "controls" });
      this.head = html("header", {}, html("h3", {}, figure.title));
      const caption = html("p", { class: "caption" }, figure.caption);
      const shadow = place.attachShadow({ mode: "open" });
      shadow.append(html("style", {}, SHEET), this.head, this.says, this.svg, this.row, caption);
      place.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab leaves keys to it
      place.figure = this;
      for (const control of figure.controls ?? []) this.addControl(control);
      if (figure.play && !matchMedia("(prefers-reduced-motion: reduce)").matches)
        this.addButton(figure.play.label, () => this.play());
      const again = () => this.set(structuredClone(figure.state));
      this.reset = this.addButton("Reset", again, this.head);
      new ResizeObserver(() => this.fit()).observe(place);
      this.fit();
    }

    fit() {
      const width = Math.round(this.place.clientWidth);
      if (!width || width === this.width) return;
      this.width = width;
      this.draw();
    }

    set(changes) {
      Object.assign(this.state, changes);
      this.draw();
    }

    draw(t) {
      const height = Math.round(this.figure.height(this.width));
      const c = new Drawing(this.width, height, t);
      const says = this.figure.draw(c, this.state);
      this.marks.replaceChildren(...c.finish());
      this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
      this.svg.setAttribute("width", this.width);
      this.svg.setAttribute("height", height);
      this.svg.setAttribute("aria-label", `${this.figure.title}. ${says}`);
      this.says.textContent = says;
      this.drawHandles(c.handles);
      for (const show of this.controls) show();
      const moved = JSON.stringify(this.state) !== JSON.stringify(this.figure.state);
      this.reset.style.visibility = moved ? "visible" : "hidden";
    }

    drawHandles(handles) {
      for (const [name, knob] of this.knobs)
        if (!handles.some(h => h.name === name)) {
          knob.remove();
          this.knobs.delete(name);
        }
      for (const handle of handles) {
        if (!this.knobs.has(handle.name)) this.knobs.set(handle.name, this.addHandle(handle.name));
        const knob = this.knobs.get(handle.name);
        knob.handle = handle;
        const [x, y] = handle.at.map(pixel);
        const values = { text: handle.says, now: handle.now, min: handle.min, max: handle.max };
        for (const [key, value] of Object.entries(values))
          knob.setAttribute(
            `aria-value${key}`,
            typeof value === "number" ? +value.toFixed(3) : value,
          );
        knob.setAttribute("transform", `translate(${x},${y})`);
        knob.setAttribute("class", `handle ${handle.tone}${handle.open ? " open" : ""}`);
      }
    }

    addHandle(name) {
      const rings = [
        svg("circle", { r: 22, fill: "transparent" }),
        svg("circle", { r: 12, class: "halo" }),
        svg("circle", { r: 6, class: "knob" }),
      ];
      const knob = svg("g", { role: "slider", tabindex: 0, "aria-label": name }, ...rings);
      let grip = null;
      const where = e => {
        const box = this.svg.getBoundingClientRect();
        const scale = this.width / box.width;
        return [(e.clientX - box.left) * scale, (e.clientY - box.top) * scale];
      };
      // a finger on a handle does not scroll the page; beside it, it does
      knob.addEventListener("touchstart", e => e.preventDefault(), { passive: false });
      knob.addEventListener("pointerdown", e => {
        knob.setPointerCapture(e.pointerId);
        const [x, y] = where(e);
        grip = [knob.handle.at[0] - x, knob.handle.at[1] - y];
        knob.focus({ preventScroll: true });
        e.preventDefault();
      });
      knob.addEventListener("pointermove", e => {
        if (!grip) return;
        const [x, y] = where(e);
        this.move(knob.handle, ...knob.handle.panel.back(x + grip[0], y + grip[1]));
      });
      for (const end of ["pointerup", "pointercancel"])
        knob.addEventListener(end, () => (grip = null));
      knob.addEventListener("keydown", e => {
        const ways = {
          ArrowRight: [1, 0],
          ArrowLeft: [-1, 0],
          ArrowUp: [0, 1],
          ArrowDown: [0, -1],
        };
        if (!ways[e.key]) return;
        let [dx, dy] = ways[e.key].map(k => k * (e.shiftKey ? 5 : 1));
        const { x, y, step, turn } = knob.handle;
        // where only one direction counts, the other two arrows move it too
        if (!step[0]) dx = 0;
        if (!step[1]) [dx, dy] = [dx + dy, 0];
        if (!step[0] && !dy) dy = ways[e.key][0] * (e.shiftKey ? 5 : 1);
        if (turn) (turn(dx + dy), this.draw());
        else this.move(knob.handle, x + dx * step[0], y + dy * step[1]);
        e.preventDefault();
        e.stopPropagation();
      });
      this.tops.append(knob);
      return knob;
    }

    move(handle, x, y) {
      handle.move(x, y);
      this.draw();
    }

    addButton(label, press, row = this.row) {
      const button = html("button", { type: "button" }, label);
      button.addEventListener("click", press);
      row.append(button);
      return button;
    }

    addControl(control) {
      const { name, label } = control;
      if (control.press) {
        this.addButton(label, () => (control.press(this.state), this.draw()));
      } else if (control.options) {
        const group = html("fieldset", {}, html("legend", {}, label));
        this.row.append(group);
        for (const [value, text] of Object.entries(control.options)) {
          const button = this.addButton(text, () => this.set({ [name]: value }), group);
          const show = () => button.setAttribute("aria-pressed", this.state[name] === value);
          this.controls.push(show);
        }
      } else {
        const { min, max, step, show = number, when = () => true } = control;
        const input = html("input", { type: "range", min, max, step, "aria-label": label });
        const output = html("output");
        input.addEventListener("input", () => this.set({ [name]: +input.value }));
        const whole = html("label", {}, label, input, output);
        this.row.append(whole);
        this.controls.push(() => {
          whole.hidden = !when(this.state);
          input.value = this.state[name];
          output.textContent = show(this.state[name]);
        });
      }
    }

    play() {
      const begun = performance.now();
      const seconds = this.figure.play.seconds(this.state);
      const turn = (this.turn = {});
      const frame = now => {
        if (turn !== this.turn) return;
        const t = (now - begun) / 1000;
        this.draw(t < seconds ? Math.max(t, 0) : undefined);
        if (t < seconds) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    }
  }

  const figures = {};
  return {
    ...{ figures, svg, clamp, number, signed, ticks },
    add: (name, figure) => (figures[name] = figure),
    // Brings to life each place on the page that waits for a figure which is known.
    start() {
      for (const place of document.querySelectorAll(".dogfight-figure"))
        if (!place.shadowRoot && figures[place.dataset.figure])
          new Figure(place, figures[place.dataset.figure]);
    },
  };
};
