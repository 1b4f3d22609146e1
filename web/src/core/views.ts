// What is shown of a run: the same shapes for a model, computed here, and for a program, computed by the interpreter.

import type { Floats, Head, Matrix } from "./container";
import { multiply } from "./forward";
import type { Model, Reading, Run } from "./model";
import { evaluate, type Selection } from "./selection";
import { cellText, numberText, repr } from "./values";

/** A cell: its text, a longer text to read out, and a number from 0 to 1 that shades it, negative for below 0. */
export interface Cell {
  text: string;
  full: string;
  shade?: number;
  wrong?: boolean;
}

export interface Row {
  name: string;
  full: string; // the expression
  cells: Cell[];
  line: number | null; // of the source
  fresh?: boolean; // written in the layer that is shown
  named?: boolean; // whether the program has a name for it
  bos?: Cell;
}

export interface HeadView {
  name: string;
  recipe: string;
  expression: string;
  line: number | null;
  reads: string[];
  writes: string[];
  says: [string, string][]; // what is compared, in pieces, if the program says so
  queries: Row[]; // beside the matrix, one cell for each of its rows
  keys: Row[]; // above the matrix
  bos: boolean; // whether the first column is BOS, which is `Row.bos` of keys and values
  first: number; // the position of the first query: -1 for BOS
  weights: Floats; // (queries, keys), what is paid
  shown: Floats; // (queries, keys), from 0 to 1: tiny weights that count much are raised
  amplified: number; // the factor that tiny weights are multiplied by; 0 if none are
  values: Row[]; // below the keys
  outputs: Row[]; // beside the queries
  head: Head | null; // its weights, if there are any
}

export interface NeuronView {
  name: string;
  recipe: string;
  expression: string;
  line: number | null;
  size: number;
  counts: number[]; // how many are active at each position
  active: boolean[][]; // by position, if they are few
}

export interface Stage {
  title: string;
  heads: HeadView[];
  neurons: NeuronView[];
  stream: Row[]; // decoded values by name, those of earlier stages included
  directions: Row[]; // the coordinates that changed
}

/** What parts of the model serve: lines of the source by layer and head, by neuron note, by reading; and names. */
export interface Lines {
  heads: (number | null)[][];
  neurons: (number | null)[];
  readings: (number | null)[];
  named: boolean[]; // by reading: whether the program has a name for it
}

/** The name of a part without a selector that is too long to show: `(… & …).one(x)` is `one(x)`. */
export function shortName(name: string): string {
  if (!name.includes("…")) return name;
  let depth = 0;
  for (let i = name.length - 1; i > 0; i--) {
    if (name[i] === ")") depth++;
    else if (name[i] === "(") depth--;
    else if (name[i] === "." && !depth) return name.slice(i + 1);
  }
  return name;
}

const AMPLIFIES = 1000; // the least gain for which tiny weights matter
export const VISIBLE = 0.005; // the least weight that is drawn
const MOST_OUTPUTS = 3;
const FEW_NEURONS = 8;
const CHANGED = 1e-5;

export const BOS: Cell = { text: "BOS", full: "the beginning of the sequence" };

export function tokenCells(model: Model, run: Run): Cell[] {
  return run.tokens.map((row) => cellOf(model.vocab[row - 1]));
}

export function cellOf(v: Parameters<typeof repr>[0]): Cell {
  return { text: cellText(v), full: repr(v) };
}

function numberCell(x: number, largest: number): Cell {
  const shade = largest ? Math.sign(x) * Math.min(1, Math.abs(x) / largest) : 0;
  return { text: numberText(x), full: String(Number(x.toPrecision(7))), shade };
}

/** Every stage of a run: the embedding, then the layers. `selections` are what the heads of each layer compare. */
export function stages(model: Model, run: Run, lines: Lines, selections: (Selection | null)[][]): Stage[] {
  const tokens = tokenCells(model, run);
  const titles = ["Embedding", ...model.weights.layers.map((_, i) => `Layer ${i + 1}`)];
  return titles.map((title, k) => ({
    title,
    heads: k ? headViews(model, run, lines, selections, tokens, k) : [],
    neurons: k ? neuronViews(model, run, lines, k) : [],
    stream: streamRows(model, run, lines, k),
    directions: directionRows(model, run, k),
  }));
}

/** The readings with their lines, each expression once, under the last of its names. */
type Known = Reading & { line: number | null; named: boolean };

function readings(model: Model, lines: Lines): Known[] {
  const last = new Map<string, Known>();
  model.readings.forEach((r, i) => last.set(r.expression, { ...r, line: lines.readings[i] ?? null, named: lines.named[i] ?? true }));
  return [...last.values()].sort((a, b) => a.layer - b.layer);
}

function streamRows(model: Model, run: Run, lines: Lines, k: number): Row[] {
  return readings(model, lines)
    .filter((r) => r.layer <= k)
    .map((r) => ({
      name: r.name,
      full: r.expression,
      line: r.line,
      named: r.named,
      fresh: r.layer === k,
      cells: run.tokens.map((_, i) => cellOf(r.decode(run.pass.stream[2 * r.layer], i + 1).value)),
    }));
}

function directionRows(model: Model, run: Run, k: number): Row[] {
  const { width, size } = run.pass;
  const after = run.pass.stream[2 * k];
  const before = k ? run.pass.stream[2 * k - 2] : null;
  const notes = new Map(model.content.circuit.directions.map((d) => [d.index, d]));
  const rows: Row[] = [];
  for (let c = 0; c < width; c++) {
    const column = Array.from({ length: size }, (_, i) => after[i * width + c]);
    const old = (i: number) => (before ? before[i * width + c] : 0);
    if (!column.some((x, i) => Math.abs(x - old(i)) > CHANGED * (1 + Math.abs(old(i))))) continue;
    const largest = Math.max(...column.map(Math.abs));
    const [bos, ...cells] = column.map((x) => numberCell(x, largest));
    const note = notes.get(c);
    const full = note ? `direction ${c}: ${note.expression || note.name}, as ${note.code}` : `direction ${c}`;
    rows.push({ name: note?.name ?? `direction ${c}`, full, line: null, cells, bos });
  }
  return rows;
}

function neuronViews(model: Model, run: Run, lines: Lines, k: number): NeuronView[] {
  const width = model.weights.layers[k - 1].wIn.columns;
  const active = run.pass.active[k - 1];
  return model.content.circuit.neurons.flatMap((note, at) => {
    if (note.layer !== k) return [];
    const size = note.stop - note.start;
    const of = (i: number) => Array.from({ length: size }, (_, j) => active[(i + 1) * width + note.start + j] > 0);
    const each = run.tokens.map((_, i) => of(i));
    return [
      {
        name: size === 1 ? `neuron ${note.start}` : `neurons ${note.start}–${note.stop - 1}`,
        recipe: note.recipe,
        expression: note.expression,
        line: lines.neurons[at] ?? null,
        size,
        counts: each.map((x) => x.filter(Boolean).length),
        active: size <= FEW_NEURONS ? each : [],
      },
    ];
  });
}

function headViews(
  model: Model,
  run: Run,
  lines: Lines,
  selections: (Selection | null)[][],
  tokens: Cell[],
  k: number,
): HeadView[] {
  const layer = model.weights.layers[k - 1];
  const notes = new Map(model.content.circuit.heads.filter((n) => n.layer === k).map((n) => [n.head, n]));
  const decoders = readings(model, lines).filter((r) => r.layer === k);
  const written = layer.heads.map((h) => coordinates(h));
  const bias = new Set(model.content.circuit.directions.filter((d) => d.code === "constant").map((d) => d.index));
  return layer.heads.map((head, j) => {
    const size = run.pass.size;
    const note = notes.get(j);
    const values = gained(run, head, k);
    const gain = greatest(head);
    const amplified = gain > AMPLIFIES ? gain : 0;
    const all = run.pass.attention[k - 1][j];
    const moves = written[j].some((c) => Math.abs(added(all, values, size, run.pass.width, c, 0)) > 1e-3);
    const skip = moves || !tokens.length ? 0 : 1; // the row of BOS
    const weights = all.slice(skip * size);
    const shown = weights.map((w) => (amplified && w < VISIBLE ? Math.min(1, w * gain) : w));
    const alone = (r: Reading) => !layer.heads.some((_, o) => o !== j && written[o].some((c) => r.vector[c]));
    const names = [note?.expression, head.name, ...(note?.writes ?? [])];
    const own = decoders.filter((r) => written[j].some((c) => r.vector[c]) && alone(r));
    const decoder =
      own.find((r) => names.includes(r.name) || names.includes(r.expression)) ??
      own.find((r) => r.named && r.vector.every((x, c) => !x || bias.has(c) || (written[j].includes(c) && !changes(layer.wOut, c))));
    const selection = selections[k - 1]?.[j] ?? null;
    const strip = (side: { name: string; tree: Parameters<typeof evaluate>[0] }): Row => ({
      name: side.name,
      full: side.name,
      line: null,
      cells: run.tokens.map((row, i) => {
        const reading = (r: number) => model.readings[r].decode(run.pass.stream[2 * model.readings[r].layer], i + 1).value;
        const found = evaluate(side.tree, { token: model.vocab[row - 1], index: i, reading });
        return found ? cellOf(found) : { text: "✗", full: "no value" };
      }),
    });
    const plain = (name: string): Row => ({ name, full: "the tokens", line: null, cells: tokens });
    const queries = selection?.queries.map(strip) ?? [plain("query")];
    const view = {
      name: decoder?.named ? decoder.name : head.name,
      recipe: note?.recipe ?? "",
      expression: note?.expression ?? "",
      line: lines.heads[k - 1]?.[j] ?? null,
      reads: note?.reads ?? [],
      writes: note?.writes ?? [],
      says: selection?.says ?? [],
      queries: queries.map((row) => (skip ? row : { ...row, cells: [BOS, ...row.cells] })),
      keys: (selection?.keys.map(strip) ?? [plain("key")]).map((row) => ({ ...row, bos: BOS })),
      bos: true,
      first: skip - 1,
      weights,
      shown,
      amplified,
      head,
    };
    const rows = decoder
      ? decoded(run, decoder, values, amplified, written[j], skip, k)
      : numeric(model, run, all, values, amplified, written[j], skip);
    return { ...view, ...rows };
  });
}

/** The coordinates that a head writes, the most important first. */
function coordinates(head: Head): number[] {
  const most = Array.from({ length: head.o.columns }, (_, c) => {
    let size = 0;
    for (let r = 0; r < head.o.rows; r++) size = Math.max(size, Math.abs(head.o.data[r * head.o.columns + c]));
    return size;
  });
  const largest = Math.max(1e-30, ...most);
  const order = most.map((_, c) => c).sort((a, b) => most[b] - most[a] || a - b);
  return order.filter((c) => most[c] > 1e-6 * largest);
}

/** Whether neurons write a coordinate. */
function changes(out: Matrix, c: number): boolean {
  for (let r = 0; r < out.rows; r++) if (out.data[r * out.columns + c]) return true;
  return false;
}

/** The greatest factor by which a head multiplies a coordinate of its input. */
function greatest(head: Head): number {
  let most = 0;
  for (const x of multiply(head.v.data, head.v.rows, head.o)) most = Math.max(most, Math.abs(x));
  return most;
}

/** What each key adds to the stream if all attention is on it, (n+1, d_model). */
function gained(run: Run, head: Head, k: number): Floats {
  const read = run.pass.stream[2 * k - 2];
  return multiply(multiply(read, run.pass.size, head.v), run.pass.size, head.o);
}

function added(weights: Floats, values: Floats, size: number, width: number, c: number, i: number): number {
  let sum = 0;
  for (let j = 0; j < size; j++) sum += weights[i * size + j] * values[j * width + c];
  return sum;
}

/** Values and outputs as values of the program. */
function decoded(
  run: Run,
  reading: Reading,
  values: Floats,
  amplified: number,
  written: number[],
  skip: number,
  k: number,
): { values: Row[]; outputs: Row[] } {
  const { width, size } = run.pass;
  const before = run.pass.stream[2 * k - 2];
  const after = run.pass.stream[2 * k - 1];
  const raw = (j: number) => written.reduce((sum, c) => sum + values[j * width + c] * reading.vector[c], 0);
  const constant = (j: number) => {
    const found = reading.decode(before.map((x, at) => x + (at >= j * width ? values[at] : 0)), j);
    return found.distance < 0.25 * found.gap ? cellOf(found.value) : numberCell(raw(j), 0);
  };
  const number = (j: number) => numberCell(raw(j) / (amplified || 1), 0);
  const [bos, ...cells] = Array.from({ length: size }, (_, j) => (amplified || !j ? number(j) : constant(j)));
  const outputs = Array.from({ length: size }, (_, i) => cellOf(reading.decode(after, i).value)).slice(skip);
  const row = { name: reading.name, full: reading.expression, line: null };
  return { values: [{ ...row, cells, bos }], outputs: [{ ...row, cells: outputs }] };
}

/** Values and outputs as numbers, for each coordinate that is written. */
function numeric(
  model: Model,
  run: Run,
  weights: Floats,
  values: Floats,
  amplified: number,
  written: number[],
  skip: number,
): { values: Row[]; outputs: Row[] } {
  const { width, size } = run.pass;
  const names = new Map(model.content.circuit.directions.map((d) => [d.index, d.name]));
  const rows = written.slice(0, MOST_OUTPUTS).map((c) => {
    const row = { name: names.get(c) ?? `direction ${c}`, full: `direction ${c}`, line: null };
    const each = Array.from({ length: size }, (_, j) => values[j * width + c] / (amplified || 1));
    const [bos, ...cells] = each.map((x) => numberCell(x, 0));
    const out = Array.from({ length: size }, (_, i) => numberCell(added(weights, values, size, width, c, i), 0));
    return { below: { ...row, cells, bos }, beside: { ...row, cells: out.slice(skip) } };
  });
  return { values: rows.map((r) => r.below), outputs: rows.map((r) => r.beside) };
}

export interface LogitView {
  rows: { value: Cell; cells: Cell[]; wins: boolean[] }[];
  more: number;
  doubled: boolean; // whether several of the shown logits are for one value
}

const MOST_LOGITS = 8;

/** The scores of output values: all if they are few, otherwise those that rank first, second, ... somewhere. */
export function logitView(model: Model, run: Run): LogitView | null {
  const { outputs } = model;
  if (!outputs || !run.tokens.length) return null;
  const score = (i: number, o: number) => run.pass.logits[(i + 1) * outputs.length + o];
  const chosen = new Set<number>(run.winners.slice());
  if (outputs.length <= MOST_LOGITS) outputs.forEach((_, o) => chosen.add(o));
  else {
    const ranked = run.tokens.map((_, i) =>
      outputs
        .map((_, o) => o)
        .sort((a, b) => score(i, b) - score(i, a))
        .slice(0, MOST_LOGITS),
    );
    for (let rank = 1; rank < MOST_LOGITS; rank++) {
      for (const order of ranked) if (chosen.size < MOST_LOGITS) chosen.add(order[rank]);
    }
  }
  const shown = [...chosen].sort((a, b) => a - b);
  const rows = shown.map((o) => ({
    value: cellOf(outputs[o]),
    cells: run.tokens.map((_, i) => numberCell(score(i, o), 0)),
    wins: run.winners.map((w) => w === o),
  }));
  const doubled = new Set(rows.map((row) => row.value.full)).size < rows.length;
  return { rows, more: outputs.length - shown.length, doubled };
}

/** The weights and shades of a query's keys; the position of BOS is -1. */
export function attended(head: HeadView, query: number): { at: number; weight: number; shade: number }[] {
  const size = head.weights.length / head.queries[0].cells.length;
  return Array.from({ length: size }, (_, j) => ({
    at: head.bos ? j - 1 : j,
    weight: head.weights[query * size + j],
    shade: head.shown[query * size + j],
  }));
}

/** What a query of a head does, as a sentence. */
export function sentence(head: HeadView, query: number, tokens: Cell[]): string {
  const seen = attended(head, query)
    .filter((x) => x.shade >= VISIBLE)
    .sort((a, b) => b.weight - a.weight);
  const place = (at: number) => (at < 0 ? "BOS" : `${at} (${tokens[at]?.text})`);
  const position = query + head.first;
  const who = position < 0 ? "BOS" : `Position ${place(position)}`;
  const others = head.amplified ? seen.filter((x) => x.at >= 0) : seen;
  const names = listed(others.map((x) => place(x.at)));
  const even = others.length > 1 && others.every((x) => Math.abs(x.shade - others[0].shade) < 0.01);
  let looks = `looks at ${listed(others.map((x) => `${place(x.at)} by ${numberText(100 * x.weight)} %`))}`;
  if (!others.length) looks = head.bos ? "looks at BOS alone" : "selects no position";
  else if (!head.bos) looks = `selects ${names}`;
  else if (head.amplified) looks = `counts ${names}`;
  else if (others.length === 1) looks = `looks at ${names}`;
  else if (even) looks = `looks equally at ${names}`;
  const value = head.values[head.values.length - 1];
  const taken = others.length === 1 && value ? (others[0].at < 0 ? value.bos : value.cells[others[0].at]) : undefined;
  const asks = (at: number) => (head.says.length && at >= 0 ? head.keys.map((row) => row.cells[at].text).join(", ") : "");
  const asked = head.says.length && position >= 0 ? `, query ${head.queries.map((row) => row.cells[query].text).join(", ")},` : "";
  if (others.length === 1 && asks(others[0].at)) looks += `, key ${asks(others[0].at)}`;
  const becomes = head.outputs.map((row) => `${shortName(row.name)} = ${row.cells[query]?.text}`).join(", ");
  return `${who}${asked} ${looks}${taken ? `, takes ${taken.text}` : ""}${becomes ? `: ${becomes}` : ""}`;
}

function listed(words: string[]): string {
  if (words.length > 6) return `${words.length} positions`;
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}` : words.join("");
}
