// The weights of a head as heat maps: Q, K and V of the directions that they read, O of those that it writes.

import type { Head, Matrix } from "../core/container";
import { numberText } from "../core/values";

const MOST_ROWS = 40;
const SIDE = 16;
const NAMES = 176; // the width of the names of directions

export function WeightMaps(props: { head: Head; names: string[] }) {
  const { head, names } = props;
  return (
    <div class="maps">
      <HeatMap title="Q" about="from the stream to queries" matrix={head.q} names={names} />
      <HeatMap title="K" about="from the stream to keys" matrix={head.k} names={names} />
      <HeatMap title="V" about="from the stream to values" matrix={head.v} names={names} />
      <HeatMap title="O" about="from values to the stream" matrix={transposed(head.o)} names={names} />
    </div>
  );
}

function HeatMap(props: { title: string; about: string; matrix: Matrix; names: string[] }) {
  const { title, about, matrix, names } = props;
  const { data, rows, columns } = matrix;
  const used = Array.from({ length: rows }, (_, r) => r).filter((r) =>
    data.subarray(r * columns, (r + 1) * columns).some((x) => x !== 0),
  );
  const shown = used.slice(0, MOST_ROWS);
  const largest = Math.max(1e-30, ...data.map(Math.abs));
  const label = `${title}: ${about}, ${used.length} of ${rows} directions, ${columns} columns; the largest weight is ${numberText(largest, 0)}`;
  return (
    <figure class="map">
      <figcaption>
        <b>{title}</b> {about} <span class="hint">largest {numberText(largest, 0)}</span>
      </figcaption>
      <svg width={NAMES + columns * SIDE} height={Math.max(1, shown.length) * SIDE} role="img" aria-label={label}>
        {shown.map((r, at) => (
          <g key={r}>
            <text x={NAMES - 6} y={at * SIDE + SIDE * 0.7}>
              {cut(names[r] ?? `direction ${r}`)}
              <title>{names[r]}</title>
            </text>
            {Array.from({ length: columns }, (_, c) => {
              const x = data[r * columns + c];
              const share = Math.abs(x) / largest;
              return (
                <rect
                  key={c}
                  class={x ? (x > 0 ? "plus" : "minus") : "none"}
                  x={NAMES + c * SIDE}
                  y={at * SIDE}
                  width={SIDE - 1}
                  height={SIDE - 1}
                  opacity={x ? 0.18 + 0.82 * share ** 0.4 : 1}
                >
                  <title>{`${names[r] ?? r}, column ${c}: ${Number(x.toPrecision(7))}`}</title>
                </rect>
              );
            })}
          </g>
        ))}
      </svg>
      {used.length > shown.length && <p class="hint">and {used.length - shown.length} more directions</p>}
    </figure>
  );
}

function cut(text: string): string {
  return text.length > 26 ? `${text.slice(0, 25)}…` : text;
}

function transposed(m: Matrix): Matrix {
  const data = m.data.slice();
  for (let r = 0; r < m.rows; r++) for (let c = 0; c < m.columns; c++) data[c * m.rows + r] = m.data[r * m.columns + c];
  return { data, rows: m.columns, columns: m.rows };
}
