// What keys and queries are in the program: small formulas of the tokens, the positions and the decoded values.

import { unpack, type Value } from "./values";

export type Tree = ["tokens"] | ["indices"] | ["const", unknown] | ["reading", number] | ["op", string, ...Tree[]];

export interface Selection {
  keys: { name: string; tree: Tree }[];
  queries: { name: string; tree: Tree }[];
  says: [string, string][]; // the comparison in pieces: key, query, or what is between them
}

/** The values at a position that formulas are made of. */
export interface Known {
  token: Value;
  index: number;
  reading: (i: number) => Value;
}

/** The value of a formula; null where it has none, or one of a kind that this page does not compute with. */
export function evaluate(tree: Tree, known: Known): Value | null {
  switch (tree[0]) {
    case "tokens":
      return known.token;
    case "indices":
      return { kind: "int", value: BigInt(known.index) };
    case "const":
      return unpack(tree[1]);
    case "reading":
      return known.reading(tree[1]);
    case "op": {
      const [, symbol, ...parts] = tree;
      if (symbol === "where") {
        const condition = evaluate(parts[0], known);
        return condition && evaluate(truth(condition) ? parts[1] : parts[2], known);
      }
      const values = parts.map((p) => evaluate(p, known));
      if (values.some((v) => v === null)) return null;
      return operation(symbol, values as Value[]);
    }
  }
}

function truth(v: Value): boolean {
  if (v.kind === "none") return false;
  if (v.kind === "tuple") return v.items.length > 0;
  if (v.kind === "ratio") return v.top !== 0n;
  return Boolean(v.value);
}

/** The integer that a value is, or null. */
function whole(v: Value): bigint | null {
  return v.kind === "int" ? v.value : v.kind === "bool" ? BigInt(v.value) : null;
}

function operation(symbol: string, values: Value[]): Value | null {
  const bool = (value: boolean): Value => ({ kind: "bool", value });
  const [a, b] = values;
  const [x, y] = [whole(a), b ? whole(b) : 0n];
  if (symbol === "~") return bool(!truth(a));
  if (symbol === "&") return bool(truth(a) && truth(b));
  if (symbol === "|") return bool(truth(a) || truth(b));
  if (symbol === "==" || symbol === "!=") {
    const same = x !== null && y !== null ? x === y : a.kind === "str" && b.kind === "str" ? a.value === b.value : null;
    const differ = a.kind === "str" ? y !== null : b.kind === "str" && x !== null;
    return same === null && !differ ? null : bool((same ?? false) === (symbol === "=="));
  }
  if (x === null || y === null) return null;
  const int = (value: bigint): Value => ({ kind: "int", value });
  switch (symbol) {
    case "neg":
      return int(-x);
    case "+":
      return int(x + y);
    case "-":
      return int(x - y);
    case "*":
      return int(x * y);
    case "//":
      return y ? int(floor(x, y)) : null;
    case "%":
      return y ? int(x - y * floor(x, y)) : null;
    case "<":
      return bool(x < y);
    case "<=":
      return bool(x <= y);
    case ">":
      return bool(x > y);
    case ">=":
      return bool(x >= y);
  }
  return null;
}

/** The quotient rounded down, as in Python. */
function floor(x: bigint, y: bigint): bigint {
  const near = x / y;
  return near * y !== x && x < 0n !== y < 0n ? near - 1n : near;
}
