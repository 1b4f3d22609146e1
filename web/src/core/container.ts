// The file format of models (src/hardwire/model/storage.py): safetensors, with JSON in its metadata.

export type Floats = Float32Array | Float64Array;

export interface Matrix {
  data: Floats;
  rows: number;
  columns: number;
}

export interface Direction {
  index: number;
  name: string;
  expression: string;
  code: string;
  layer: number;
  until: number;
}

export interface HeadNote {
  layer: number;
  head: number;
  expression: string;
  recipe: string;
  reads: string[];
  writes: string[];
}

export interface NeuronNote {
  layer: number;
  start: number;
  stop: number;
  expression: string;
  recipe: string;
}

export interface StoredReading {
  name: string;
  expression: string;
  layer: number;
  vector: number[];
  labels: number[];
  values: unknown[];
}

export interface Margin {
  layer: number;
  what: string;
  kind: string;
  error: number;
  limit: number | string;
}

export interface Certificate {
  max_len: number;
  bound: number;
  margins: Margin[];
  arithmetic: string;
  given: string;
  inputs: number;
}

export interface Content {
  program: string;
  vocab: unknown[];
  outputs: unknown[] | null;
  max_len: number | null;
  causal: boolean;
  dtype: "float32" | "float64";
  heads: string[][];
  circuit: { directions: Direction[]; heads: HeadNote[]; neurons: NeuronNote[]; readings: StoredReading[] };
  certificate: Certificate | null;
  whole: boolean;
  tolerance: number;
}

interface HeadFacts {
  kind: "softmax" | "average" | "leftmost" | "rightmost";
  sees: "all" | "before" | "after";
  slope: number;
}

interface NormFacts {
  kind: "layer" | "rms";
  eps: number;
}

interface Variants {
  layers: { activation: string; norms: (NormFacts | null)[]; heads: HeadFacts[] }[];
  final_norm: NormFacts | null;
}

export interface Norm {
  kind: "layer" | "rms";
  eps: number;
  gain: Floats;
  bias: Floats;
  project: Matrix | null;
}

export interface Head extends HeadFacts {
  name: string;
  q: Matrix;
  k: Matrix;
  v: Matrix;
  o: Matrix;
  rotary: Floats | null;
}

export const PLACES = ["before_heads", "after_heads", "before_neurons", "after_neurons"] as const;

export interface Layer {
  heads: Head[];
  wIn: Matrix;
  bIn: Floats;
  wOut: Matrix;
  activation: string;
  wGate: Matrix | null;
  bGate: Floats | null;
  norms: Record<(typeof PLACES)[number], Norm | null>;
}

export interface Weights {
  embed: Matrix;
  positions: Matrix | null;
  layers: Layer[];
  unembed: Matrix;
  finalNorm: Norm | null;
}

interface Tensor {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Read a model file. Throws for a file of another format. */
export function read(bytes: Uint8Array): { content: Content; weights: Weights } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size))) as Record<string, unknown>;
  const metadata = header.__metadata__ as Record<string, string> | undefined;
  if (metadata?.hardwire_version !== "4") throw new Error("this page reads model files of format 4");
  const content = JSON.parse(metadata.hardwire) as Content;
  const variants = metadata.hardwire_variants ? (JSON.parse(metadata.hardwire_variants) as Variants) : null;
  const tensors = new Tensors(header as Record<string, Tensor>, bytes, 8 + size);
  return { content, weights: weightsOf(content, variants, tensors) };
}

class Tensors {
  constructor(
    private readonly header: Record<string, Tensor>,
    private readonly bytes: Uint8Array,
    private readonly start: number,
  ) {}

  array(name: string): Floats {
    const found = this.header[name];
    if (!found) throw new Error(`the model has no tensor ${name}`);
    const [from, to] = found.data_offsets;
    const copy = this.bytes.slice(this.start + from, this.start + to).buffer; // aligned, which the file need not be
    return found.dtype === "F64" ? new Float64Array(copy) : new Float32Array(copy);
  }

  matrix(name: string): Matrix {
    const data = this.array(name);
    const [rows, columns] = this.header[name].shape;
    return { data, rows, columns };
  }

  maybe<T>(name: string, take: (name: string) => T): T | null {
    return name in this.header ? take.call(this, name) : null;
  }

  norm(name: string, facts: NormFacts | null): Norm | null {
    if (!facts) return null;
    const [gain, bias] = [this.array(`${name}.gain`), this.array(`${name}.bias`)];
    return { ...facts, gain, bias, project: this.maybe(`${name}.project`, this.matrix) };
  }
}

function weightsOf(content: Content, variants: Variants | null, tensors: Tensors): Weights {
  const layers = content.heads.map((names, i): Layer => {
    const at = `layers.${i}`;
    const facts = variants?.layers[i];
    const heads = names.map((name, j): Head => {
      const part = (field: string) => tensors.matrix(`${at}.heads.${j}.${field}`);
      const more = facts?.heads[j] ?? { kind: "softmax", sees: "all", slope: 0 };
      const rotary = tensors.maybe(`${at}.heads.${j}.rotary`, tensors.array);
      return { name, ...more, q: part("w_q"), k: part("w_k"), v: part("w_v"), o: part("w_o"), rotary };
    });
    const norms = Object.fromEntries(
      PLACES.map((place, j) => [place, tensors.norm(`${at}.${place}`, facts?.norms[j] ?? null)]),
    ) as Layer["norms"];
    return {
      heads,
      wIn: tensors.matrix(`${at}.w_in`),
      bIn: tensors.array(`${at}.b_in`),
      wOut: tensors.matrix(`${at}.w_out`),
      activation: facts?.activation ?? "relu",
      wGate: tensors.maybe(`${at}.w_gate`, tensors.matrix),
      bGate: tensors.maybe(`${at}.b_gate`, tensors.array),
      norms,
    };
  });
  return {
    embed: tensors.matrix("embed"),
    positions: tensors.maybe("positions", tensors.matrix),
    layers,
    unembed: tensors.matrix("unembed"),
    finalNorm: tensors.norm("final_norm", variants?.final_norm ?? null),
  };
}
