// A model on an input: tokens come in; answers, attention and decoded values go out.

import { read, type Content, type Floats, type StoredReading, type Weights } from "./container";
import { forward, type Pass } from "./forward";
import { cellText, repr, unpack, type Value } from "./values";

export interface Reading {
  name: string;
  expression: string;
  layer: number;
  vector: number[];
  decode: (stream: Floats, row: number) => { value: Value; distance: number; gap: number };
}

export interface Run {
  tokens: number[]; // rows of the embedding
  pass: Pass;
  answers: Value[];
  winners: number[]; // the index of the greatest logit at each token
}

export interface Problem {
  message: string;
  at: number; // the position of the token
}

export class Model {
  readonly vocab: Value[];
  readonly outputs: Value[] | null;
  readonly readings: Reading[];
  private readonly rows = new Map<string, number>();

  constructor(
    readonly content: Content,
    readonly weights: Weights,
  ) {
    this.vocab = content.vocab.map(unpack);
    this.outputs = content.outputs && content.outputs.map(unpack);
    this.readings = content.circuit.readings.map(readingOf);
    this.vocab.forEach((v, i) => this.rows.set(repr(v), i + 1));
  }

  static read(bytes: Uint8Array): Model {
    const { content, weights } = read(bytes);
    return new Model(content, weights);
  }

  /** Whether every token is one character, so that inputs are text. */
  get textual(): boolean {
    return this.vocab.every((v) => v.kind === "str" && [...v.value].length === 1);
  }

  get depth(): number {
    return this.weights.layers.length;
  }

  get parameters(): number {
    const w = this.weights;
    const matrices = [w.embed, w.unembed, ...(w.positions ? [w.positions] : [])];
    for (const layer of w.layers) {
      matrices.push(layer.wIn, layer.wOut, ...(layer.wGate ? [layer.wGate] : []));
      for (const h of layer.heads) matrices.push(h.q, h.k, h.v, h.o);
    }
    return matrices.reduce((n, m) => n + m.data.length, 0) + w.layers.reduce((n, l) => n + l.bIn.length, 0);
  }

  /** The rows of the embedding of typed tokens, or what is wrong with them. */
  encode(tokens: Value[]): number[] | Problem {
    const { max_len } = this.content;
    if (max_len !== null && tokens.length > max_len) {
      return { message: `This model takes at most ${max_len} tokens; these are ${tokens.length}.`, at: max_len };
    }
    const found = tokens.map((t) => this.rows.get(repr(t)));
    const at = found.indexOf(undefined);
    if (at >= 0) {
      return { message: `${repr(tokens[at])} at position ${at} is not in the vocabulary: ${this.vocabulary}`, at };
    }
    return found as number[];
  }

  /** The place of a value in the vocabulary, or null. */
  place(v: Value): number | null {
    const row = this.rows.get(repr(v));
    return row === undefined ? null : row - 1;
  }

  /** The token that follows these, for a model that writes text: its answer at the last position. */
  following(tokens: number[]): number | null {
    const { causal, max_len } = this.content;
    if (!causal || !tokens.length || (max_len !== null && tokens.length >= max_len)) return null;
    return this.place(this.run(tokens.map((t) => t + 1)).answers[tokens.length - 1]);
  }

  get vocabulary(): string {
    const shown = this.textual ? this.vocab.map(cellText).join("") : this.vocab.slice(0, 12).map(repr).join(", ");
    return shown + (!this.textual && this.vocab.length > 12 ? ", …" : "");
  }

  /** Read what somebody typed: text if the tokens are characters, otherwise tokens between blanks or commas. */
  parse(text: string): Value[] {
    if (this.textual) return [...text].map((c): Value => ({ kind: "str", value: c }));
    const words = text.match(/"[^"]*"|'[^']*'|\([^)]*\)|[^\s,[\]]+/g) ?? [];
    return words.map((word) => {
      const bare = word.replace(/^(["'])(.*)\1$/, "$2");
      const known = this.vocab.find((v) => repr(v) === word) ?? this.vocab.find((v) => cellText(v) === bare);
      return known ?? { kind: "str", value: bare };
    });
  }

  /** The inverse of `parse`. */
  typed(tokens: Value[]): string {
    return this.textual ? tokens.map((t) => (t as { value: string }).value).join("") : tokens.map(repr).join(" ");
  }

  run(tokens: number[]): Run {
    const pass = forward(this.weights, tokens, this.content.causal);
    const width = this.weights.unembed.columns;
    const rows = tokens.map((_, i) => pass.logits.subarray((i + 1) * width, (i + 2) * width));
    const winners = rows.map((row) => {
      let best = 0;
      for (let o = 1; o < width; o++) if (row[o] > row[best]) best = o;
      return best;
    });
    const answers = rows.map((row, i): Value => {
      if (this.outputs) return this.outputs[winners[i]];
      if (!this.content.whole) return { kind: "float", value: row[0] };
      return { kind: "int", value: BigInt(halfToEven(row[0])) };
    });
    return { tokens, pass, answers, winners };
  }
}

function readingOf(stored: StoredReading): Reading {
  const order = stored.labels.map((_, i) => i).sort((a, b) => stored.labels[a] - stored.labels[b]);
  const rising = order.map((i) => stored.labels[i]);
  const values = stored.values.map(unpack);
  const used = stored.vector.flatMap((x, i) => (x ? [i] : []));
  const decode = (stream: Floats, row: number) => {
    const width = stored.vector.length;
    const found = used.reduce((sum, c) => sum + stream[row * width + c] * stored.vector[c], 0);
    if (!rising.length) return { value: { kind: "float", value: found } as Value, distance: 0, gap: Infinity };
    let [low, high] = [0, rising.length - 1]; // the nearest label
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((rising[middle] + rising[middle + 1]) / 2 < found) low = middle + 1;
      else high = middle;
    }
    const gap = Math.min(rising[low] - (rising[low - 1] ?? -Infinity), (rising[low + 1] ?? Infinity) - rising[low]);
    return { value: values[order[low]], distance: Math.abs(rising[low] - found), gap };
  };
  return { name: stored.name, expression: stored.expression, layer: stored.layer, vector: stored.vector, decode };
}

function halfToEven(x: number): number {
  const low = Math.floor(x);
  const part = x - low;
  return part > 0.5 || (part === 0.5 && low % 2 !== 0) ? low + 1 : low;
}
