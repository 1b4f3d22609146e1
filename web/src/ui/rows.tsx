// Rows of cells in the shared columns.

import type { ComponentChildren } from "preact";
import type { Cell, Row } from "../core/views";
import { fit, tokensStart, type Geometry } from "./geometry";

export type Kind = "input" | "key" | "query" | "value" | "result" | "plain";

export function CellBox(props: { cell: Cell; kind: Kind; g: Geometry; at?: number; lit?: boolean; label?: string }) {
  const { cell, kind, g, at, lit } = props;
  const shade = kind === "plain" && cell.shade ? Math.round(10 + 45 * Math.abs(cell.shade)) : 0;
  const sign = cell.shade && cell.shade < 0 ? "minus" : "plus";
  const long = [...cell.text].length > 3 && fit(cell.text, g) < 9;
  return (
    <span
      class={`cell ${kind}${lit ? " lit" : ""}${cell.wrong ? " wrong" : ""}${cell.text === "0" && kind === "plain" ? " zero" : ""}`}
      style={{
        width: `${g.cell}px`,
        height: `${g.height}px`,
        fontSize: `${fit(cell.text, g)}px`,
        ...(shade ? { background: `color-mix(in srgb, var(--${sign}) ${shade}%, var(--card))` } : {}),
      }}
      title={cell.full}
      data-at={at}
    >
      <span class={long ? "long" : ""}>{cell.text}</span>
    </span>
  );
}

/** A named row: the name at the left, or above where there is no room; a cell for BOS and one for each token. */
export function RowLine(props: {
  row: Row;
  kind: Kind;
  g: Geometry;
  lit?: (at: number) => boolean;
  label?: ComponentChildren;
  small?: boolean;
}) {
  const { row, kind, lit } = props;
  const g = props.small ? { ...props.g, height: Math.max(Math.min(24, props.g.height), Math.round(props.g.height * 0.72)) } : props.g;
  const start = tokensStart(g) - (row.bos ? g.cell + g.gap : 0);
  const room = start - g.gap - 2;
  const label = props.label ?? row.name;
  const size = typeof label === "string" ? Math.min(14, room / (0.7 * label.length)) : 0; // of letters that fit
  const inside = g.narrow && size >= 11;
  const name = (
    <span class={`name ${kind}`} title={row.full} style={g.narrow && !inside ? {} : { width: `${room}px`, ...(inside ? { fontSize: `${size}px` } : {}) }}>
      {label}
    </span>
  );
  return (
    <div class={`line${row.fresh ? " fresh" : ""}`} role="group" aria-label={row.name}>
      {g.narrow && !inside && <div class="above">{name}</div>}
      <div class="cells">
        {(!g.narrow || inside) && <span class="label">{name}</span>}
        <span class="run" style={{ marginLeft: g.narrow && !inside ? `${start}px` : `${g.gap + 2}px` }}>
          {row.bos && (
            <span style={{ marginRight: `${g.gap}px` }}>
              <CellBox cell={row.bos} kind={kind} g={g} at={-1} lit={lit?.(-1)} />
            </span>
          )}
          {row.cells.map((cell, i) => (
            <CellBox key={i} cell={cell} kind={kind} g={g} at={i} lit={lit?.(i)} />
          ))}
        </span>
      </div>
    </div>
  );
}
