// One grid of columns for everything: names, queries, BOS, a column for each token, outputs.

export interface Geometry {
  narrow: boolean; // names are above rows
  names: number;
  queries: number; // columns of queries
  cell: number;
  height: number;
  gap: number;
  bos: boolean;
  n: number;
}

const LEAST = 22;
const CROWDED = 40; // beyond this many tokens, cells are smaller still
const MOST = 58; // of a board of usual width; more on very wide ones

/** Columns for n tokens in this width, in pixels. */
export function geometry(
  width: number,
  n: number,
  of: { queries: number; outputs: number; bos: boolean },
): Geometry {
  const narrow = width < 560;
  const names = narrow ? 0 : Math.round(Math.min(280, Math.max(150, width * 0.2)));
  const gap = narrow ? 3 : 6;
  const least = n > CROWDED ? 14 : LEAST;
  const columns = n + of.queries + (of.bos ? 1 : 0);
  const room = width - names - (of.queries + 2) * gap - of.outputs * (gap + 20);
  const cell = Math.floor(Math.min(Math.max(MOST, width * 0.06), Math.max(least, room / (columns + of.outputs))));
  const height = Math.max(least, Math.min(Math.max(44, width * 0.04), cell));
  return { narrow, names, queries: of.queries, cell, height, gap, bos: of.bos, n };
}

/** The start of the matrix: BOS, or the first token. */
export function matrixStart(g: Geometry): number {
  return g.names + g.queries * (g.cell + g.gap);
}

/** The start of the column of the first token. */
export function tokensStart(g: Geometry): number {
  return matrixStart(g) + (g.bos ? g.cell + g.gap : 0);
}

/** The start of the column of a position, from the left edge of the matrix; -1 is BOS. */
export function columnAt(g: Geometry, at: number): number {
  return at < 0 ? 0 : (g.bos ? g.cell + g.gap : 0) + at * g.cell;
}

export function matrixWidth(g: Geometry): number {
  return columnAt(g, g.n);
}

/** The font size for a text in a cell. */
export function fit(text: string, g: Geometry): number {
  const length = Math.max(1, [...text].length);
  return Math.max(8, Math.min(g.height * 0.46, 24, (g.cell - 4) / (0.62 * length)));
}
