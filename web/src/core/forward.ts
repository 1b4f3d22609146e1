// The forward pass, in the floats of the model: every product and every sum is rounded to its format.

import type { Floats, Head, Layer, Matrix, Norm, Weights } from "./container";

export interface Pass {
  size: number; // BOS and the tokens
  width: number; // d_model
  stream: Floats[]; // by slot: the embedding, layer 1 after its heads, after its neurons, layer 2, ...
  attention: Floats[][]; // by layer and head, (size, size), BOS first
  active: Floats[]; // by layer: the neurons after their activation, (size, d_ff)
  final: Floats; // what the unembedding reads
  logits: Floats; // (size, outputs), with a row for BOS
}

/** Run the model on rows of the embedding, without BOS, which is row 0. */
export function forward(model: Weights, tokens: number[], causal: boolean): Pass {
  const size = tokens.length + 1;
  const width = model.embed.columns;
  const make = makerOf(model.embed.data);
  let x = make(size * width);
  [0, ...tokens].forEach((row, i) => {
    for (let c = 0; c < width; c++) {
      const place = model.positions ? model.positions.data[i * width + c] : 0;
      x[i * width + c] = model.embed.data[row * width + c] + place;
    }
  });
  const pass: Pass = { size, width, stream: [x], attention: [], active: [], final: x, logits: x };
  for (const layer of model.layers) {
    x = attend(x, layer, size, causal, pass);
    x = neurons(x, layer, size, pass);
  }
  pass.final = normalised(x, model.finalNorm, size);
  pass.logits = multiply(pass.final, size, model.unembed);
  return pass;
}

/** a (rows, k) times b (k, columns). */
export function multiply(a: Floats, rows: number, b: Matrix): Floats {
  const single = b.data instanceof Float32Array;
  const out = makerOf(b.data)(rows * b.columns);
  for (let i = 0; i < rows; i++) {
    for (let p = 0; p < b.rows; p++) {
      const x = a[i * b.rows + p];
      if (x === 0) continue; // most weights of a constructed model are 0, and so are most of its activations
      const from = p * b.columns;
      const to = i * b.columns;
      for (let j = 0; j < b.columns; j++) {
        const product = x * b.data[from + j];
        out[to + j] += single ? Math.fround(product) : product;
      }
    }
  }
  return out;
}

function makerOf(like: Floats): (n: number) => Floats {
  return like instanceof Float32Array ? (n) => new Float32Array(n) : (n) => new Float64Array(n);
}

function plus(a: Floats, b: Floats): Floats {
  const out = a.slice();
  for (let i = 0; i < a.length; i++) out[i] += b[i];
  return out;
}

function attend(x: Floats, layer: Layer, size: number, causal: boolean, pass: Pass): Floats {
  const read = normalised(x, layer.norms.before_heads, size);
  const patterns: Floats[] = [];
  let out = x;
  for (const head of layer.heads) {
    const weights = attention(read, head, size, causal);
    patterns.push(weights);
    const values = { data: multiply(read, size, head.v), rows: size, columns: head.v.columns };
    out = plus(out, multiply(multiply(weights, size, values), size, head.o));
  }
  out = normalised(out, layer.norms.after_heads, size);
  pass.attention.push(patterns);
  pass.stream.push(out);
  return out;
}

/** The attention of a head, (size, size): row i has the weights of query i. */
function attention(read: Floats, head: Head, size: number, causal: boolean): Floats {
  const width = head.q.columns;
  const queries = rotated(multiply(read, size, head.q), head, size);
  const keys = rotated(multiply(read, size, head.k), head, size);
  const turned = makerOf(keys)(keys.length);
  for (let j = 0; j < size; j++) for (let c = 0; c < width; c++) turned[c * size + j] = keys[j * width + c];
  const scores = multiply(queries, size, { data: turned, rows: width, columns: size });
  const seen = (i: number, j: number) =>
    !(causal && j > i) && (j === 0 || head.sees === "all" || (head.sees === "before" ? j < i : j > i));
  for (let i = 0; i < size; i++) {
    const row = scores.subarray(i * size, (i + 1) * size);
    for (let j = 0; j < size; j++) {
      if (head.slope) row[j] -= like(row, head.slope * Math.abs(i - j));
      if (!seen(i, j)) row[j] = -Infinity;
    }
    if (head.kind !== "softmax") hard(row, head.kind);
    softmax(row);
  }
  return scores;
}

function softmax(row: Floats): void {
  let most = -Infinity;
  for (const x of row) if (x > most) most = x;
  const total = row.subarray(0, 1).slice();
  total[0] = 0;
  for (let j = 0; j < row.length; j++) {
    row[j] = Math.exp(like(row, row[j] - most));
    total[0] += row[j];
  }
  for (let j = 0; j < row.length; j++) row[j] /= total[0];
}

/** Hard attention: 0 at the selected keys, -inf at the others. */
function hard(row: Floats, kind: string): void {
  const most = Math.max(...row);
  const found = Array.from(row.keys()).filter((j) => row[j] === most);
  const chosen = kind === "average" ? found : kind === "leftmost" ? found.slice(0, 1) : found.slice(-1);
  row.fill(-Infinity);
  for (const j of chosen) row[j] = 0;
}

/** Rotary positions: dimensions 2f and 2f + 1 of row t, rotated by t * rotary[f]. */
function rotated(x: Floats, head: Head, size: number): Floats {
  if (!head.rotary) return x;
  const width = head.q.columns;
  const out = x.slice();
  for (let t = 0; t < size; t++) {
    for (let f = 0; f < head.rotary.length; f++) {
      const at = t * width + 2 * f;
      const [cos, sin] = [like(x, Math.cos(t * head.rotary[f])), like(x, Math.sin(t * head.rotary[f]))];
      out[at] = like(x, x[at] * cos) - like(x, x[at + 1] * sin);
      out[at + 1] = like(x, x[at] * sin) + like(x, x[at + 1] * cos);
    }
  }
  return out;
}

function neurons(x: Floats, layer: Layer, size: number, pass: Pass): Floats {
  const width = layer.wIn.columns;
  const read = normalised(x, layer.norms.before_neurons, size);
  const z = multiply(read, size, layer.wIn);
  const gate = layer.wGate && multiply(read, size, layer.wGate);
  for (let at = 0; at < z.length; at++) {
    const c = at % width;
    z[at] += layer.bIn[c];
    if (layer.activation === "relu") z[at] = Math.max(z[at], 0);
    else if (layer.activation === "gelu") z[at] *= 0.5 * (1 + erf(z[at] * Math.SQRT1_2));
    else z[at] = swish(z[at]) * like(z, gate![at] + layer.bGate![c]);
  }
  pass.active.push(z);
  const out = normalised(width ? plus(x, multiply(z, size, layer.wOut)) : x, layer.norms.after_neurons, size);
  pass.stream.push(out);
  return out;
}

function swish(z: number): number {
  const small = Math.exp(-Math.abs(z));
  return (z * (z >= 0 ? 1 : small)) / (1 + small);
}

/** The error function: its series near 0, a continued fraction further out; both to double precision. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = size;
    let sum = size;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (-size * size) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = size;
  for (let k = 80; k > 0; k--) fraction = size + k / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-size * size) / (fraction * Math.sqrt(Math.PI)));
}

function normalised(x: Floats, norm: Norm | null, size: number): Floats {
  if (!norm) return x;
  const out = norm.project ? multiply(x, size, norm.project) : x.slice();
  const width = out.length / size;
  for (let i = 0; i < size; i++) {
    const row = out.subarray(i * width, (i + 1) * width);
    if (norm.kind === "layer") {
      const mean = like(row, sum(row, (x) => x) / width);
      for (let c = 0; c < width; c++) row[c] -= mean;
    }
    const square = like(row, sum(row, (x) => x * x) / width);
    const scale = like(row, Math.sqrt(like(row, square + like(row, norm.eps))));
    for (let c = 0; c < width; c++) {
      row[c] /= scale;
      row[c] *= norm.gain[c];
      row[c] += norm.bias[c];
    }
  }
  return out;
}

function sum(row: Floats, of: (x: number) => number): number {
  let total = 0;
  for (const x of row) total += of(x);
  return total;
}

/** A number rounded to the format of an array. */
function like(array: Floats, x: number): number {
  return array instanceof Float32Array ? Math.fround(x) : x;
}
