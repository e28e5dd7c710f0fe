// A bullet that flies nearly along its target's heading glances off. How far round must one come?
const { number } = kit;
const DEGREE = Math.PI / 180;
// angles in degrees: where the target's nose points, and where the bullet flies
const glances = (heading, flight) => Math.cos((flight - heading) * DEGREE) > rules.cos_rear_cone;
const HALF = rules.rear_aspect_cone / DEGREE;
const around = (r, a) => [r * Math.cos(a * DEGREE), r * Math.sin(a * DEGREE)];
const BODY = 0.34;

kit.add("cone", {
  title: "The protected tail",
  caption:
    "Every ray is a bullet on its way to the target in the middle. " +
    "Drag the blue fighter around it, or the target's nose.",
  state: { heading: 25, from: 229 },
  formulas: { glances },
  height: width => Math.min(390, width * 0.95),

  draw(c, state) {
    const sky = c.panel({ x: [-1.5, 1.5], y: [-1.36, 1.36], equal: true, bare: true });
    const { heading, from } = state;
    const tail = heading + 180;
    const rim = Array.from({ length: 31 }, (_, k) =>
      around(1.06, tail - HALF + (k / 30) * 2 * HALF),
    );
    sky.area([[0, 0], ...rim], "s");
    for (let a = 0; a < 360; a += 11.25) {
      if (glances(heading, a + 180)) {
        // it bounces: outwards again, to the side that it came from
        const off = ((a - tail + 540) % 360) - 180;
        const side = a + (off >= 0 ? 1 : -1) * 13;
        sky.line([around(1.02, a), around(BODY, a), around(BODY + 0.24, side)], "s thin");
      } else {
        sky.line([around(1.02, a), around(BODY - 0.1, a)], "b thin faint");
        sky.dot(...around(BODY - 0.1, a), "b", 2.2);
      }
    }
    sky.plane(0, 0, heading * DEGREE, "b", 2.1);
    const off = Math.abs(((from - tail + 540) % 360) - 180);
    const safe = glances(heading, from + 180);
    sky.line([around(1.12, from), around(BODY, from)], `a ${safe ? "dash" : ""}`);
    sky.plane(...around(1.2, from), (from + 180) * DEGREE, "a", 1.2);
    sky.label("glances off", ...around(1.06, tail), "s strong", heading > 90 ? "e" : "w");
    sky.label("damage", ...around(1.04, heading + 40), "b strong", "ne");
    sky.label(
      `${number(off)}° off the tail: ${safe ? "no damage" : "a hit"}`,
      ...around(1.26, from),
      "a",
    );
    const turn = (x, y) => (Math.atan2(y, x) / DEGREE + 360) % 360;
    const [bx, by] = around(1.2, from);
    const [nx, ny] = around(0.5, heading);
    sky.handle({
      ...{ name: "where the shooter is", tone: "a", open: true, x: bx, y: by },
      ...{ now: off, min: 0, max: 180, says: `${number(off)}° off the tail` },
      move: (x, y) => (state.from = turn(x, y)),
      turn: steps => (state.from = (from + 3 * steps + 360) % 360),
    });
    sky.handle({
      ...{ name: "the target's nose", tone: "b", x: nx, y: ny },
      ...{ now: heading, min: 0, max: 360, says: `heading ${number(heading)}°` },
      move: (x, y) => (state.heading = turn(x, y)),
      turn: steps => (state.heading = (heading + 3 * steps + 360) % 360),
    });
    const verdict = safe
      ? `glances off: it would have to come ${number(HALF - off)}° further round`
      : "does damage";
    return (
      `A bullet within ${number(HALF)}° of the target's own heading does no damage. ` +
      `From ${number(off)}° off the tail it ${verdict}.`
    );
  },
});
