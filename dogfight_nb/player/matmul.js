// ---- matmul: products of matrices, four numbers at a time -----------------------------------------

// JavaScript multiplies one number at a time, WebAssembly four. There is one function, written here
// byte by byte: it works out four rows and eight (or four) columns of a product at once.

const Matmul = (() => {
  "use strict";
  const I32 = 0x7f;
  const F32 = 0x7d;
  const V128 = 0x7b;

  // What the function is given, and its own variables.
  const GIVEN = "C A B S rows inner width a_row a_inner s_row floor".split(" ");
  const OWN = "j a0 a1 a2 a3 b p c s".split(" ");
  const VECTORS = "x low b0 b1 v00 v01 v10 v11 v20 v21 v30 v31".split(" ");
  const NUMBER = Object.fromEntries([...GIVEN, ...OWN, ...VECTORS].map((name, k) => [name, k]));

  const whole = n => (n >= -64 && n < 64 ? [n & 127] : [(n & 127) | 128, ...whole(n >> 7)]);
  const length = n => (n < 128 ? [n] : [(n & 127) | 128, ...length(n >> 7)]);
  const counted = bytes => [...length(bytes.length), ...bytes];
  const list = items => [...length(items.length), ...items.flat()];
  const text = name => counted([...name].map(c => c.charCodeAt(0)));

  const get = name => [0x20, NUMBER[name]];
  const set = (name, ...value) => [...value.flat(), 0x21, NUMBER[name]];
  const constant = n => [0x41, ...whole(n)];
  const ADD = [0x6a];
  const move = (name, by) => set(name, get(name), typeof by === "string" ? get(by) : by, ADD);
  const move_four = (name, by) => set(name, get(name), get(by), constant(4), 0x6c, ADD);
  const load = (name, at) => [...get(name), 0xfd, 0x00, 2, at];
  const splat = name => [...get(name), 0xfd, 0x09, 2, 0];
  const store = (name, at, ...value) => [...get(name), ...value.flat(), 0xfd, 0x0b, 2, at];
  const PLUS = [0xfd, 0xe4, 0x01];
  const TIMES = [0xfd, 0xe6, 0x01];
  const LARGER = [0xfd, 0xe9, 0x01];
  const again_while = condition => [...condition.flat(), 0x0d, 0];
  const loop = (...body) => [0x03, 0x40, ...body.flat(), 0x0b];
  const either = (condition, one, other) => [
    ...[...condition.flat(), 0x04, 0x40],
    ...[...one, 0x05, ...other, 0x0b],
  ];

  // Four rows of `vectors` times four columns.
  function block(vectors) {
    const rows = [0, 1, 2, 3];
    const columns = [0, 1].slice(0, vectors);
    const each = act => rows.flatMap(r => columns.flatMap(q => act(`v${r}${q}`, r, 16 * q, q)));
    const first = rows.flatMap(r =>
      r ? set(`a${r}`, get(`a${r - 1}`), get("a_row"), ADD) : set("a0", get("A")),
    );
    const begin = rows.flatMap(r => [
      ...columns.flatMap(q => set(`v${r}${q}`, load("s", 16 * q))),
      ...move("s", "s_row"),
    ]);
    const sum = rows.flatMap(r => [
      ...set("x", splat(`a${r}`)),
      ...move(`a${r}`, "a_inner"),
      ...columns.flatMap(q => {
        const v = `v${r}${q}`;
        return set(v, get(v), get("x"), get(`b${q}`), TIMES, PLUS);
      }),
    ]);
    const end = rows.flatMap(r => [
      ...columns.flatMap(q => store("c", 16 * q, get(`v${r}${q}`), get("low"), LARGER)),
      ...move("c", "width"),
    ]);
    return [
      ...[...first, ...set("b", get("B"), get("j"), ADD), ...set("p", get("inner"))],
      ...[...set("s", get("S"), get("j"), ADD), ...begin],
      ...loop(
        columns.flatMap(q => set(`b${q}`, load("b", 16 * q))),
        sum,
        move("b", "width"),
        move("p", constant(-1)),
        again_while([get("p")]),
      ),
      ...[...set("c", get("C"), get("j"), ADD), ...end],
      ...move("j", constant(16 * vectors)),
    ];
  }

  function body() {
    const eight = [get("width"), get("j"), 0x6b, constant(32), 0x4f]; // width - j >= 32
    return [
      ...set("low", get("floor"), 0xfd, 0x13),
      ...loop(
        set("j", constant(0)),
        loop(either(eight, block(2), block(1)), again_while([get("j"), get("width"), 0x49])),
        move_four("C", "width"),
        move_four("A", "a_row"),
        move_four("S", "s_row"),
        move("rows", constant(-4)),
        again_while([get("rows")]),
      ),
      0x0b,
    ];
  }

  function program() {
    const given = GIVEN.map(name => (name === "floor" ? F32 : I32));
    const own = [...length(2), OWN.length, I32, VECTORS.length, V128];
    const section = (number, content) => [number, ...counted(content)];
    return Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, list([[0x60, ...list(given), 0]])),
      ...section(2, list([[...text("js"), ...text("memory"), 2, 0, 1]])),
      ...section(3, list([[0]])),
      ...section(7, list([[...text("matmul"), 0, 0]])),
      ...section(10, list([counted([...own, ...body()])])),
    ]);
  }

  // The function on the numbers in `memory`, a WebAssembly.Memory:
  //   C [rows, columns] = max(floor, S + A [rows, inner] B [inner, columns])
  // `C`, `A`, `B`, `S`: the bytes at which they begin. `width`: bytes of a row of B and C. `a_row`,
  // `a_inner`: bytes from one row of A to the next, and from one number to the next; `s_row`: bytes
  // from one row of S to the next, 0 where it is the same for all. Rows and columns come in fours.
  const on = memory => {
    const made = new WebAssembly.Module(program());
    return new WebAssembly.Instance(made, { js: { memory } }).exports.matmul;
  };

  return { on, program };
})();
