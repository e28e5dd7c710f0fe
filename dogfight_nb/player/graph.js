// ONNX graphs, as dogfight_nb.onnx_graph.graph_from_onnx writes them, in plain JavaScript:
// float32 [1, 224] in, float32 [1, width] out.
// A tensor is {kind, shape, data}: kind is "float" (rounded to float32 after every operator), "double", "int" or "bool".
const Graph = (() => {
"use strict";
const MOST = 1 << 22;                                                      // numbers in one tensor
const STORE = {float: Float32Array, double: Float64Array, int: Float64Array, bool: Uint8Array};
const KINDS = {float32: ["float", Float32Array], float64: ["double", Float64Array], int64: ["int", BigInt64Array], int32: ["int", Int32Array], bool: ["bool", Uint8Array]};
const ONNX_KINDS = {1: "float", 11: "double", 6: "int", 7: "int", 9: "bool"};

const size = shape => { let n = 1; for (let k = 0; k < shape.length; k++) n *= shape[k]; return n; };
const equal = (a, b) => { let k = a.length; if (k !== b.length) return false; while (k--) if (a[k] !== b[k]) return false; return true; };
let pool = [], next = 0;                                                   // what the same step made last time: the same room is used again
const tensor = (kind, shape, data) => {
  if (!data) {
    const old = pool[next++];
    if (old && old.kind === kind && equal(old.shape, shape)) return old;
  }
  if (!(size(shape) <= MOST)) throw new Error(`a tensor of shape [${shape}] is too large`);
  const made = {kind, shape, data: data || new STORE[kind](size(shape))};
  if (!data) pool[next - 1] = made;
  return made;
};
const like = (x, shape) => tensor(x.kind, shape, x.data);                  // the same numbers in another shape
const strides = shape => { const s = []; let n = 1; for (let k = shape.length; k--;) { s[k] = n; n *= shape[k]; } return s; };
const axisOf = (axis, rank) => {
  const k = axis < 0 ? axis + rank : axis;
  if (!(k >= 0 && k < Math.max(rank, 1))) throw new Error(`axis ${axis} of a tensor with ${rank} axes`);
  return k;
};
const list = x => x && Array.from(x.data);

function decode(t) {
  const [kind, Stored] = KINDS[t.dtype] || [];
  if (!kind) throw new Error(`no tensors of ${t.dtype} here`);
  const text = atob(t.data), bytes = new Uint8Array(text.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = text.charCodeAt(k);
  const numbers = new Stored(bytes.buffer);
  if (numbers.length !== size(t.shape)) throw new Error(`a tensor of shape [${t.shape}] with ${numbers.length} numbers`);
  return tensor(kind, t.shape, kind === "int" ? Float64Array.from(numbers, Number) : numbers);
}

// --- one number after the other, numpy's broadcasting

function broadcast(...shapes) {
  const rank = Math.max(...shapes.map(s => s.length)), out = [];
  for (let k = 1; k <= rank; k++) {
    const sizes = shapes.map(s => s.length < k ? 1 : s[s.length - k]), wide = sizes.find(d => d !== 1) ?? 1;
    if (sizes.some(d => d !== 1 && d !== wide)) throw new Error(`shapes ${shapes.map(s => `[${s}]`).join(" and ")} do not fit together`);
    out.unshift(wide);
  }
  return out;
}

// For every number of an array of `shape`: where it comes from in one of shape `from`. Kept by the step, like its tensors.
function sources(from, shape) {
  const place = next++, old = pool[place];
  if (old && old.from && equal(old.from, from) && equal(old.shape, shape)) return old.at;
  const n = size(shape), at = new Int32Array(n), shift = shape.length - from.length, s = strides(from);
  for (let k = 0, run = n; k < shape.length; k++) {
    run /= shape[k];
    const step = k < shift || from[k - shift] === 1 ? 0 : s[k - shift];
    if (step) for (let i = 0; i < n; i++) at[i] += Math.floor(i / run) % shape[k] * step;
  }
  pool[place] = {from, shape, at};
  return at;
}

function map(kind, f, x, ...more) {
  const a = x.data, y = more.length === 1 && more[0], b = y && y.data;
  if (!more.length || y && (equal(x.shape, y.shape) || b.length === 1 && y.shape.length <= x.shape.length)) {              // nothing to repeat but one number
    const out = tensor(kind, x.shape), to = out.data, n = to.length;
    if (!y) for (let i = 0; i < n; i++) to[i] = f(a[i]);
    else if (b.length === n) for (let i = 0; i < n; i++) to[i] = f(a[i], b[i]);
    else for (let i = 0; i < n; i++) to[i] = f(a[i], b[0]);
    return out;
  }
  const shape = broadcast(x.shape, ...more.map(z => z.shape)), out = tensor(kind, shape), to = out.data, at = [x, ...more].map(z => sources(z.shape, shape));
  if (y) for (let i = 0; i < to.length; i++) to[i] = f(a[at[0][i]], b[at[1][i]]);
  else for (let i = 0; i < to.length; i++) to[i] = f(a[at[0][i]], more[0].data[at[1][i]], more[1].data[at[2][i]]);
  return out;
}

const whole = f => (x, y) => Math.trunc(f(x, y));
const wrapped = (a, b) => a - b * Math.floor(a / b);
const even = x => { const r = Math.round(x); return Math.abs(x % 1) === 0.5 && r % 2 ? r - 1 : r; };
function erf(x) {
  if (Math.abs(x) > 4) return Math.sign(x);
  let term = x, sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) { term *= 2 * x * x / (2 * k + 1); sum += term; }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}
const sigmoid = x => 1 / (1 + Math.exp(-x));
const softplus = x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const ONE = {
  Relu: () => x => x > 0 ? x : x !== x ? x : 0, Neg: () => x => -x, Abs: () => Math.abs, Sign: () => Math.sign, Floor: () => Math.floor, Ceil: () => Math.ceil, Round: () => even,
  Exp: () => Math.exp, Log: () => Math.log, Sqrt: () => Math.sqrt, Sin: () => Math.sin, Cos: () => Math.cos, Tan: () => Math.tan, Asin: () => Math.asin, Acos: () => Math.acos, Atan: () => Math.atan,
  Tanh: () => Math.tanh, Sigmoid: () => sigmoid, Softplus: () => softplus, Erf: () => erf, Reciprocal: () => x => 1 / x,
  LeakyRelu: ({alpha = 0.01}) => x => x < 0 ? alpha * x : x, Elu: ({alpha = 1}) => x => x < 0 ? alpha * Math.expm1(x) : x,
  Selu: ({alpha = 1.6732631921768188, gamma = 1.0507010221481323}) => x => gamma * (x < 0 ? alpha * Math.expm1(x) : x),
  Gelu: ({approximate = "none"}) => approximate === "tanh" ? x => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))) : x => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  HardSigmoid: ({alpha = 0.2, beta = 0.5}) => x => Math.max(0, Math.min(1, alpha * x + beta)), HardSwish: () => x => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
};
const TWO = {
  Add: (a, b) => a + b, Sub: (a, b) => a - b, Mul: (a, b) => a * b, Div: (a, b) => a / b, Pow: Math.pow, Min: Math.min, Max: Math.max,
};
const ASK = {
  Equal: (a, b) => a === b, Greater: (a, b) => a > b, Less: (a, b) => a < b, GreaterOrEqual: (a, b) => a >= b, LessOrEqual: (a, b) => a <= b, And: (a, b) => a && b, Or: (a, b) => a || b,
};

// --- products: accumulated in double, rounded once

function matmul(x, y) {
  const a = x.shape.length === 1 ? [1, ...x.shape] : x.shape, b = y.shape.length === 1 ? [...y.shape, 1] : y.shape;
  const [m, k] = a.slice(-2), n = b[b.length - 1];
  if (b[b.length - 2] !== k) throw new Error(`a product of [${x.shape}] and [${y.shape}]`);
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2)), out = tensor(x.kind, [...batch, m, n]), row = new Float64Array(n), numbers = y.data;
  const at = [sources(a.slice(0, -2), batch), sources(b.slice(0, -2), batch)];
  for (let p = 0; p < at[0].length; p++)
    for (let i = 0; i < m; i++) {
      row.fill(0);
      for (let j = 0; j < k; j++) {
        const v = x.data[(at[0][p] * m + i) * k + j], from = (at[1][p] * k + j) * n;
        if (v !== 0) for (let c = 0; c < n; c++) row[c] += v * numbers[from + c];
      }
      out.data.set(row, (p * m + i) * n);
    }
  return like(out, [...batch, ...(x.shape.length === 1 ? [] : [m]), ...(y.shape.length === 1 ? [] : [n])]);
}

function gemm(a, b, c, {alpha = 1, beta = 1, transA = 0, transB = 0}) {
  const [m, k] = transA ? [a.shape[1], a.shape[0]] : a.shape, n = transB ? b.shape[0] : b.shape[1], out = tensor(a.kind, [m, n]);
  if ((transB ? b.shape[1] : b.shape[0]) !== k) throw new Error(`a product of [${a.shape}] and [${b.shape}]`);
  const ai = transA ? 1 : k, aj = transA ? m : 1, bj = transB ? 1 : n, bc = transB ? k : 1, x = a.data, y = b.data;
  const bias = c && c.data, from = c && !(m === 1 && bias.length === n) && sources(c.shape, [m, n]);
  for (let i = 0; i < m; i++)
    for (let col = 0; col < n; col++) {
      let sum = 0;
      for (let j = 0, p = i * ai, q = col * bc; j < k; j++, p += aj, q += bj) sum += x[p] * y[q];
      out.data[i * n + col] = alpha * sum + (c ? beta * bias[from ? from[i * n + col] : col] : 0);
    }
  return out;
}

// --- along an axis

// Calls f(first, step, n, k) for every line of `x` along `axis`: its numbers are data[first + j * step], j < n; k counts the lines.
function lines(shape, axis, f) {
  const n = shape[axis], step = size(shape.slice(axis + 1)), outer = size(shape.slice(0, axis));
  for (let o = 0, k = 0; o < outer; o++) for (let i = 0; i < step; i++, k++) f(o * n * step + i, step, n, k);
}

function reduce(x, axes, keep, f) {
  const rank = x.shape.length, over = new Set(axes.map(a => axisOf(a, rank)));
  const order = [...x.shape.keys()].sort((a, b) => over.has(a) - over.has(b) || a - b), moved = transpose(x, order), n = size([...over].map(k => x.shape[k]));
  const shape = x.shape.map((d, k) => over.has(k) ? 1 : d), out = tensor(x.kind, shape);
  for (let k = 0; k < out.data.length; k++) out.data[k] = f(moved.data.subarray(k * n, (k + 1) * n));
  return keep ? out : like(out, x.shape.filter((_, k) => !over.has(k)));
}
const sum = a => { let s = 0; for (let k = 0; k < a.length; k++) s += a[k]; return s; };
const REDUCE = {
  ReduceSum: sum, ReduceMean: a => sum(a) / a.length, ReduceProd: a => a.reduce((p, v) => p * v, 1),
  ReduceMax: a => a.reduce((p, v) => v > p || v !== v ? v : p, -Infinity), ReduceMin: a => a.reduce((p, v) => v < p || v !== v ? v : p, Infinity),
};

function transpose(x, order) {
  const shape = order.map(k => x.shape[k]), s = strides(x.shape), at = new Int32Array(size(shape)), out = tensor(x.kind, shape);
  for (let k = 0, run = at.length; k < shape.length; k++) { run /= shape[k]; for (let i = 0; i < at.length; i++) at[i] += Math.floor(i / run) % shape[k] * s[order[k]]; }
  for (let i = 0; i < at.length; i++) out.data[i] = x.data[at[i]];
  return out;
}

// The numbers `picks` along `axis`, in that order.
function take(x, axis, picks, shape) {
  const n = x.shape[axis], inner = size(x.shape.slice(axis + 1)), outer = size(x.shape.slice(0, axis)), out = tensor(x.kind, shape || x.shape.map((d, k) => k === axis ? picks.length : d));
  for (let o = 0, to = 0; o < outer; o++)
    for (const pick of picks) {
      const p = pick < 0 ? pick + n : pick;
      if (!(p >= 0 && p < n)) throw new Error(`index ${pick} along an axis of ${n}`);
      for (let i = 0, from = (o * n + p) * inner; i < inner; i++) out.data[to++] = x.data[from++];
    }
  return out;
}

function slice(x, starts, ends, axes, steps) {
  starts.forEach((start, k) => {
    const axis = axisOf(axes ? axes[k] : k, x.shape.length), n = x.shape[axis], step = steps ? steps[k] : 1, picks = [];
    const clip = (v, low, high) => Math.max(low, Math.min(high, v < 0 ? v + n : v));
    if (!step) throw new Error("a slice with step 0");
    const [a, b] = step > 0 ? [clip(start, 0, n), clip(ends[k], 0, n)] : [clip(start, 0, n - 1), ends[k] < -n ? -1 : clip(ends[k], -1, n - 1)];
    for (let i = a; step > 0 ? i < b : i > b; i += step) picks.push(i);
    x = take(x, axis, picks);
  });
  return x;
}

function split(x, sizes, axis, parts) {
  const n = x.shape[axis], most = Math.ceil(n / parts), inner = size(x.shape.slice(axis + 1)), outer = size(x.shape.slice(0, axis));
  const wide = sizes || Array.from({length: parts}, (_, k) => Math.max(0, Math.min(most, n - k * most)));
  if (wide.reduce((sum, d) => sum + d, 0) !== n) throw new Error(`an axis of ${n} in pieces of ${wide}`);
  let first = 0;
  return wide.map(d => {
    const out = tensor(x.kind, x.shape.map((old, k) => k === axis ? d : old));
    for (let o = 0; o < outer; o++) for (let i = 0; i < d * inner; i++) out.data[o * d * inner + i] = x.data[(o * n + first) * inner + i];
    first += d;
    return out;
  });
}

function softmax(x, axis, log) {
  const out = tensor(x.kind, x.shape);
  lines(x.shape, axis, (first, step, n) => {
    let most = -Infinity, total = 0;
    for (let j = 0; j < n; j++) most = Math.max(most, x.data[first + j * step]);
    for (let j = 0; j < n; j++) total += Math.exp(x.data[first + j * step] - most);
    for (let j = 0; j < n; j++) { const v = x.data[first + j * step] - most; out.data[first + j * step] = log ? v - Math.log(total) : Math.exp(v) / total; }
  });
  return out;
}

function best(x, {axis = 0, keepdims = 1, select_last_index = 0}, better) {
  const k = axisOf(axis, x.shape.length), out = tensor("int", x.shape.map((d, j) => j === k ? 1 : d));
  lines(x.shape, k, (first, step, n, line) => {
    let at = 0;
    for (let j = 1; j < n; j++) { const a = x.data[first + j * step], b = x.data[first + at * step]; if (better(a, b) || (select_last_index && a === b)) at = j; }
    out.data[line] = at;
  });
  return keepdims ? out : like(out, x.shape.filter((_, j) => j !== k));
}

function layerNormalization([x, scale, bias], {axis = -1, epsilon = 1e-5}) {
  const k = axisOf(axis, x.shape.length), n = size(x.shape.slice(k)), out = tensor(x.kind, x.shape), at = [scale, bias].map(p => p && sources(p.shape, x.shape));
  for (let first = 0; first < x.data.length; first += n) {
    const row = x.data.subarray(first, first + n), mean = sum(row) / n, spread = Math.sqrt(row.reduce((s, v) => s + (v - mean) ** 2, 0) / n + epsilon);
    for (let i = first; i < first + n; i++) out.data[i] = (x.data[i] - mean) / spread * scale.data[at[0][i]] + (bias ? bias.data[at[1][i]] : 0);
  }
  return out;
}

const reshaped = (x, shape, zero) => {
  const wanted = shape.map((d, k) => d === 0 && !zero ? x.shape[k] : d), rest = size(wanted.filter(d => d !== -1));
  const out = wanted.map(d => d === -1 ? x.data.length / rest : d);
  if (size(out) !== x.data.length) throw new Error(`shape [${x.shape}] into [${shape}]`);
  return like(x, out);
};
const cast = (x, kind) => {
  const f = kind === "bool" ? v => v !== 0 : kind === "int" ? Math.trunc : v => v;
  return map(kind, f, x);
};

// --- every other operator: (inputs, attributes, operator set) -> output, or a list of them

const OPERATORS = {
  Div: ([a, b]) => map(a.kind, a.kind === "int" ? whole(TWO.Div) : TWO.Div, a, b),
  Pow: ([a, b]) => map(a.kind, Math.pow, a, b),
  Mod: ([a, b], {fmod = 0}) => map(a.kind, fmod ? (x, y) => x % y : wrapped, a, b),
  MatMul: ([a, b]) => matmul(a, b),
  Gemm: ([a, b, c], at) => gemm(a, b, c, at),
  Where: ([c, a, b]) => map(a.kind, (q, x, y) => q ? x : y, c, a, b),
  Not: ([x]) => map("bool", v => !v, x),
  Clip: ([x, low, high], {min, max}) => {
    const [a, b] = [low ? low.data[0] : min ?? -Infinity, high ? high.data[0] : max ?? Infinity];
    return map(x.kind, v => Math.min(b, Math.max(a, v)), x);
  },
  Cast: ([x], {to}) => {
    if (!ONNX_KINDS[to]) throw new Error(`a Cast to type ${to}`);
    return cast(x, ONNX_KINDS[to]);
  },
  Concat: (xs, {axis}) => {
    const k = axisOf(axis, xs[0].shape.length), shape = xs[0].shape.map((d, j) => j === k ? xs.reduce((n, x) => n + x.shape[k], 0) : d), out = tensor(xs[0].kind, shape);
    const outer = size(shape.slice(0, k)), runs = xs.map(x => size(x.shape.slice(k)));
    for (let o = 0, to = 0; o < outer; o++) xs.forEach((x, j) => { for (let i = 0; i < runs[j]; i++) out.data[to++] = x.data[o * runs[j] + i]; });
    return out;
  },
  Slice: ([x, starts, ends, axes, steps], at) => starts ? slice(x, list(starts), list(ends), list(axes), list(steps)) : slice(x, at.starts, at.ends, at.axes),
  Split: ([x, sizes], at, opset, outputs) => split(x, list(sizes) || at.split, axisOf(at.axis ?? 0, x.shape.length), at.num_outputs ?? outputs),
  Gather: ([x, at], {axis = 0}) => { const k = axisOf(axis, x.shape.length); return take(x, k, at.data, [...x.shape.slice(0, k), ...at.shape, ...x.shape.slice(k + 1)]); },
  GatherElements: ([x, at], {axis = 0}) => {
    const k = axisOf(axis, x.shape.length), out = tensor(x.kind, at.shape), s = strides(x.shape), w = strides(at.shape);
    for (let i = 0; i < out.data.length; i++) {
      const pick = at.data[i] < 0 ? at.data[i] + x.shape[k] : at.data[i];
      if (!(pick >= 0 && pick < x.shape[k])) throw new Error(`index ${pick} along an axis of ${x.shape[k]}`);
      out.data[i] = x.data[s.reduce((sum, step, j) => sum + step * (j === k ? pick : Math.floor(i / w[j]) % at.shape[j]), 0)];
    }
    return out;
  },
  Reshape: ([x, shape], {allowzero = 0}) => reshaped(x, list(shape), allowzero),
  Transpose: ([x], {perm}) => transpose(x, perm || [...x.shape.keys()].reverse()),
  Squeeze: ([x, axes], at) => {
    const over = list(axes) || at.axes, set = over && new Set(over.map(a => axisOf(a, x.shape.length)));
    return like(x, x.shape.filter((d, k) => set ? !set.has(k) : d !== 1));
  },
  Unsqueeze: ([x, axes], at) => {
    const over = list(axes) || at.axes, rank = x.shape.length + over.length, set = new Set(over.map(a => axisOf(a, rank))), rest = [...x.shape];
    return like(x, Array.from({length: rank}, (_, k) => set.has(k) ? 1 : rest.shift()));
  },
  Flatten: ([x], {axis = 1}) => { const k = axis < 0 ? axis + x.shape.length : axis; return like(x, [size(x.shape.slice(0, k)), size(x.shape.slice(k))]); },
  Identity: ([x]) => x,
  Dropout: ([x]) => x,
  ConstantOfShape: ([shape], {value}) => { const v = value ? decode(value) : tensor("float", [1]), out = tensor(v.kind, list(shape)); out.data.fill(v.data[0]); return out; },
  Shape: ([x], {start = 0, end}) => { const d = x.shape.slice(start, end); return tensor("int", [d.length], Float64Array.from(d)); },
  Size: ([x]) => tensor("int", [], Float64Array.of(x.data.length)),
  Expand: ([x, shape]) => { const to = broadcast(x.shape, list(shape)), at = sources(x.shape, to), out = tensor(x.kind, to); for (let i = 0; i < at.length; i++) out.data[i] = x.data[at[i]]; return out; },
  Tile: ([x, repeats]) => list(repeats).reduce((y, times, k) => take(y, k, Array.from({length: times * y.shape[k]}, (_, i) => i % y.shape[k])), x),
  ArgMax: ([x], at) => best(x, at, (a, b) => a > b),
  ArgMin: ([x], at) => best(x, at, (a, b) => a < b),
  LayerNormalization: (xs, at) => layerNormalization(xs, at),
  BatchNormalization: ([x, scale, bias, mean, variance], {epsilon = 1e-5}) => {
    const along = p => like(p, [1, p.shape[0], ...x.shape.slice(2).map(() => 1)]);
    const share = map("double", (s, v) => s / Math.sqrt(v + epsilon), scale, variance), centred = map("double", (v, m) => v - m, x, along(mean));
    return map(x.kind, (v, b) => v + b, map("double", (v, s) => v * s, centred, along(share)), along(bias));
  },
  CumSum: ([x, axis], {exclusive = 0, reverse = 0}) => {
    const out = tensor(x.kind, x.shape);
    lines(x.shape, axisOf(axis.data[0], x.shape.length), (first, step, n) => {
      let total = 0;
      for (let j = 0; j < n; j++) { const at = first + (reverse ? n - 1 - j : j) * step, v = x.data[at]; out.data[at] = exclusive ? total : total + v; total += v; }
    });
    return out;
  },
  OneHot: ([at, depth, values], {axis = -1}) => {
    const n = depth.data[0], k = axis < 0 ? axis + at.shape.length + 1 : axis, shape = [...at.shape.slice(0, k), n, ...at.shape.slice(k)], out = tensor(values.kind, shape), inner = size(at.shape.slice(k));
    out.data.fill(values.data[0]);
    at.data.forEach((v, i) => { const j = v < 0 ? v + n : v; if (j >= 0 && j < n) out.data[(Math.floor(i / inner) * n + j) * inner + i % inner] = values.data[1]; });
    return out;
  },
  Range: ([start, limit, delta]) => {
    const n = Math.max(0, Math.ceil((limit.data[0] - start.data[0]) / delta.data[0])), out = tensor(start.kind, [n]);
    for (let k = 0; k < n; k++) out.data[k] = start.data[0] + k * delta.data[0];
    return out;
  },
};
for (const [op, f] of Object.entries(ONE)) OPERATORS[op] = ([x], at) => map(x.kind, f(at), x);
for (const [op, f] of Object.entries(TWO)) OPERATORS[op] ||= xs => xs.length === 1 ? xs[0] : xs.reduce((a, b) => map(a.kind, f, a, b));
for (const [op, f] of Object.entries(ASK)) OPERATORS[op] = ([a, b]) => map("bool", f, a, b);
for (const [op, f] of Object.entries(REDUCE)) OPERATORS[op] = ([x, axes], at) => {
  const over = axes ? list(axes) : at.axes || [];
  return over.length || at.noop_with_empty_axes ? over.length ? reduce(x, over, at.keepdims ?? 1, f) : x : reduce(x, [...x.shape.keys()], at.keepdims ?? 1, f);
};
for (const [op, log] of [["Softmax", false], ["LogSoftmax", true]]) OPERATORS[op] = ([x], {axis}, opset) => {
  if (opset >= 13) return softmax(x, axisOf(axis ?? -1, x.shape.length), log);
  const k = axisOf(axis ?? 1, x.shape.length);                             // of old, over everything from `axis` on
  return like(softmax(like(x, [size(x.shape.slice(0, k)), size(x.shape.slice(k))]), 1, log), x.shape);
};

// --- a whole graph

// {run}: Float32Array(224) -> Float32Array(width). `width`: how many numbers it must answer with;
// null: any.
function load(json, width = 3) {
  const places = new Map(), place = name => { if (!places.has(name)) places.set(name, places.size); return places.get(name); };
  const values = [], steps = [], missing = place("");                      // an input left out is undefined
  for (const [name, t] of Object.entries(json.tensors)) values[place(name)] = decode(t);
  const apply = step => {
    let out;
    [pool, next] = [step.made, 0];
    try { out = step.f(step.inputs.map(k => values[k]), step.attributes, json.opset, step.outputs.length); }
    catch (e) { throw new Error(`${step.op}: ${e.message}`); }
    (Array.isArray(out) ? out : [out]).forEach((x, k) => { if (step.outputs[k] !== missing) values[step.outputs[k]] = x; });
  };
  for (const {op, inputs, outputs, attributes} of json.nodes) {
    const f = Object.hasOwn(OPERATORS, op) && OPERATORS[op];
    if (!f) throw new Error(`no operator ${op} here`);
    const step = {op, f, attributes, made: [], inputs: inputs.map(place), outputs: outputs.map(place)};
    if (step.inputs.every(k => k === missing || values[k])) apply(step);   // the same for every observation
    else steps.push(step);
  }
  const input = place(json.inputs[0]), output = place(json.outputs[0]);
  const run = observation => {
    values[input] = tensor("float", [1, observation.length], Float32Array.from(observation));
    for (const step of steps) apply(step);
    if (!values[output]) throw new Error(`it has no output ${json.outputs[0]}`);
    return Float32Array.from(values[output].data);
  };
  const found = run(new Float32Array(224)).length;
  if (width !== null && found !== width)
    throw new Error(`it answers with ${found} numbers and must with ${width}`);
  return {run};
}

return {load, operators: Object.keys(OPERATORS)};
})();
