// Values of the language as model files store them (src/hardwire/model/codec.py): what JSON cannot hold is tagged.

export type Value =
  | { kind: "none" }
  | { kind: "bool"; value: boolean }
  | { kind: "int"; value: bigint }
  | { kind: "float"; value: number }
  | { kind: "ratio"; top: bigint; bottom: bigint }
  | { kind: "str"; value: string }
  | { kind: "tuple"; items: Value[] };

/** Read a stored value. Throws for anything that the Python side does not write. */
export function unpack(data: unknown): Value {
  if (data === null) return { kind: "none" };
  if (typeof data === "boolean") return { kind: "bool", value: data };
  if (typeof data === "string") return { kind: "str", value: data };
  if (typeof data === "number") return { kind: "int", value: BigInt(data) };
  if (typeof data === "object") {
    const [[tag, x]] = Object.entries(data);
    if (tag === "int") return { kind: "int", value: integer(x as string) };
    if (tag === "float") return { kind: "float", value: hexFloat(x as string) };
    if (tag === "ratio") return { kind: "ratio", top: integer((x as string[])[0]), bottom: integer((x as string[])[1]) };
    if (tag === "tuple") return { kind: "tuple", items: (x as unknown[]).map(unpack) };
  }
  throw new Error(`not a value: ${JSON.stringify(data)}`);
}

function integer(text: string): bigint {
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}

/** A float in the hexadecimal notation of Python's `float.hex`. */
export function hexFloat(text: string): number {
  const found = /^(-?)0x([01])\.?([0-9a-f]*)p([+-]\d+)$/.exec(text);
  if (!found) return text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text);
  const [, sign, whole, digits, power] = found;
  // The digits are at most 53 bits, so the integer is exact; scaling in two steps keeps subnormal numbers exact.
  const scale = Number(power) - 4 * digits.length;
  const size = Number(BigInt(`0x${whole}${digits}`));
  const near = Math.max(scale, -1022);
  return (sign ? -1 : 1) * size * 2 ** near * 2 ** (scale - near);
}

/** A value as Python's `repr` writes it. */
export function repr(v: Value): string {
  switch (v.kind) {
    case "none":
      return "None";
    case "bool":
      return v.value ? "True" : "False";
    case "int":
      return v.value.toString();
    case "float":
      return floatText(v.value);
    case "ratio":
      return `${v.top}/${v.bottom}`;
    case "str":
      return `'${v.value.replace(/\\/g, "\\\\").replace(/'/g, "\\'").replace(/\n/g, "\\n").replace(/\t/g, "\\t")}'`;
    case "tuple":
      return `(${v.items.map(repr).join(", ")}${v.items.length === 1 ? "," : ""})`;
  }
}

function floatText(x: number): string {
  if (x === Infinity) return "inf";
  if (x === -Infinity) return "-inf";
  if (Number.isInteger(x) && Math.abs(x) < 1e16) return `${Object.is(x, -0) ? "-0" : x}.0`;
  return String(x);
}

/** A value for a narrow cell: strings without quotes, Booleans as marks, short fractions. */
export function cellText(v: Value): string {
  switch (v.kind) {
    case "none":
      return "–";
    case "bool":
      return v.value ? "✓" : "·";
    case "float":
      return numberText(v.value);
    case "str":
      return v.value === "" ? "''" : v.value === " " ? "␣" : v.value;
    default:
      return repr(v);
  }
}

/** A number with three significant digits, without a trailing fraction of zeros; below `least` it is 0. */
export function numberText(x: number, least = 1e-5): string {
  if (x === 0 || Math.abs(x) < least) return "0";
  const size = Math.abs(x);
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (size >= 1e5 || size < 1e-3) return x.toExponential(1).replace("e+", "e").replace("-", "−");
  const text = size >= 100 ? String(Math.round(x)) : String(Number(x.toPrecision(3)));
  return text.replace("-", "−");
}

/** The number that a value is, or NaN. */
export function asNumber(v: Value): number {
  if (v.kind === "bool") return v.value ? 1 : 0;
  if (v.kind === "int") return Number(v.value);
  if (v.kind === "float") return v.value;
  return v.kind === "ratio" ? Number(v.top) / Number(v.bottom) : NaN;
}
