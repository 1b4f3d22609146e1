// A head: queries at the left, keys on top, values below, outputs at the right.

import { useState } from "preact/hooks";
import { attended, sentence, shortName, VISIBLE, type Cell, type HeadView } from "../core/views";
import type { Focus } from "./focus";
import { columnAt, fit, matrixStart, matrixWidth, type Geometry } from "./geometry";
import { CellBox, RowLine } from "./rows";
import { WeightMaps } from "./weights";

const BINS = 16;
const MIDDLE = 9; // from this shade on, black text has more contrast in the dark
const DEEP = 12; // from this shade on, white text has more contrast in the light
const NUMBERED = 24; // up to this many columns, weights between 0 and 1 are written into their squares

export function HeadBox(props: {
  head: HeadView;
  index: number;
  g: Geometry;
  focus: Focus;
  tokens: Cell[];
  directions: string[];
  source: (line: number) => string;
}) {
  const { head, index, g, focus, tokens } = props;
  const [open, setOpen] = useState(false);
  const rows = head.queries[0].cells.length;
  const query = focus.at === null ? null : focus.at - head.first;
  const shown = query !== null && query >= 0 && query < rows ? query : null;
  const keys = shown === null ? [] : attended(head, shown).filter((x) => x.shade >= VISIBLE);
  const lit = new Set(keys.map((x) => x.at));
  const strong = focus.key !== null && focus.head === index && shown !== null ? focus.key : null;
  const isLit = (at: number) => (strong === null ? lit.has(at) : at === strong);
  const offset = g.queries - head.queries.length;
  const describe = (
    <div class="says" style={g.narrow ? {} : { width: `${g.names - 12}px`, marginTop: `${g.gap}px` }}>
      <h3>{shortName(head.name)}</h3>
      {head.recipe && <p class="recipe">{head.recipe}</p>}
      {head.says.length > 0 ? (
        <p class="compares">
          {head.says.map(([kind, text], i) => (
            <span class={kind} key={i}>
              {text}
            </span>
          ))}
        </p>
      ) : (
        head.expression && head.expression !== head.name.replace(/#\d+$/, "") && <p class="formula">{head.expression}</p>
      )}
      {head.line !== null && (
        <p class="source">
          <b>line {head.line}</b>
          {g.narrow && props.source(head.line)}
        </p>
      )}
      {head.amplified > 0 && <p class="hint">Discs are tiny weights: this head multiplies their values by a large factor.</p>}
      {head.head && (
        <button type="button" class="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Hide weights" : "Weights"}
        </button>
      )}
    </div>
  );
  return (
    <section class={`head${shown === null ? "" : " focused"}`} data-head={index} aria-label={`Head ${shortName(head.name)}`}>
      <div class={g.narrow ? "" : "panel"}>
        {g.narrow && describe}
        <div class="keys">
          {head.keys.map((row) => (
            <RowLine key={row.name} row={row} kind="key" g={g} lit={isLit} label={head.keys.length > 1 ? undefined : "key"} />
          ))}
        </div>
        {!g.narrow && describe}
        <div class="middle" style={{ marginTop: `${g.gap}px`, marginLeft: `${g.names + offset * (g.cell + g.gap)}px` }}>
          <div class="queries" style={{ left: `${g.names}px` }}>
            {head.queries.map((strip) => (
              <div class="strip" key={strip.name} style={{ width: `${g.cell}px`, marginRight: `${g.gap}px` }} title={strip.full}>
                {strip.cells.map((cell, i) => (
                  <button
                    type="button"
                    key={i}
                    class={`cell query${shown === i ? " lit" : ""}`}
                    style={{ width: `${g.cell}px`, height: `${g.height}px`, fontSize: `${fit(cell.text, g)}px` }}
                    tabIndex={i === (shown ?? 0) ? 0 : -1}
                    aria-label={sentence(head, i, tokens)}
                    aria-pressed={focus.pinned === i + head.first}
                    onFocus={() => focus.over(i + head.first, null, index)}
                    onPointerEnter={() => focus.over(i + head.first, null, index)}
                    onClick={() => focus.pin(i + head.first)}
                  >
                    {cell.text}
                  </button>
                ))}
              </div>
            ))}
          </div>
          <Matrix head={head} index={index} g={g} focus={focus} shown={shown} />
          {head.outputs.map((row) => (
            <div class="strip out" key={row.name} style={{ marginLeft: `${g.gap}px` }}>
              <div>
                {row.cells.map((cell, i) => (
                  <CellBox key={i} cell={cell} kind="result" g={g} at={i + head.first} lit={shown === i} />
                ))}
              </div>
              <span class="upright" title={row.full} style={{ maxHeight: `${rows * g.height}px` }}>
                {shortName(row.name)}
              </span>
            </div>
          ))}
        </div>
        <div class="values" style={{ marginTop: `${g.gap}px` }}>
          {head.values.map((row) => (
            <RowLine
              key={row.name}
              row={row}
              kind="value"
              g={g}
              lit={isLit}
              label={head.values.length > 1 ? `value, ${shortName(row.name)}` : "value"}
            />
          ))}
        </div>
        <p class="sentence" style={{ paddingLeft: g.narrow ? 0 : `${matrixStart(g)}px` }}>
          {shown === null ? (
            index === 0 && <span class="hint">Point at a row, or choose a token, to see what it looks at.</span>
          ) : (
            `${sentence(head, shown, tokens)}.`
          )}
        </p>
      </div>
      {open && head.head && <WeightMaps head={head.head} names={props.directions} />}
    </section>
  );
}

function Matrix(props: { head: HeadView; index: number; g: Geometry; focus: Focus; shown: number | null }) {
  const { head, index, g, focus, shown } = props;
  const rows = head.queries[0].cells.length;
  const columns = rows ? head.weights.length / rows : 0;
  const width = matrixWidth(g);
  const height = rows * g.height;
  const start = (j: number) => columnAt(g, head.bos ? j - 1 : j);
  const bins = new Map<string, string>();
  const numbers = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const [weight, shade] = [head.weights[i * columns + j], head.shown[i * columns + j]];
      if (shade < VISIBLE) continue;
      const disc = weight < VISIBLE;
      const bin = Math.max(2, Math.round(shade * BINS));
      const [x, y] = [start(j), i * g.height];
      const path = disc
        ? circle(x + g.cell / 2, y + g.height / 2, Math.min(g.cell, g.height) * 0.28)
        : `M${x + 2} ${y + 2}h${g.cell - 4}v${g.height - 4}h${4 - g.cell}z`;
      bins.set(`${bin}`, (bins.get(`${bin}`) ?? "") + path);
      if (weight >= VISIBLE && weight < 1 - VISIBLE && columns <= NUMBERED) {
        numbers.push(
          <text x={x + g.cell / 2} y={y + g.height / 2} class={bin >= DEEP ? "deep" : bin >= MIDDLE ? "middle" : ""} key={`${i},${j}`}>
            {String(Number(weight.toPrecision(2))).replace(/^0\./, ".")}
          </text>,
        );
      }
    }
  }
  const place = (event: PointerEvent) => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const i = Math.min(rows - 1, Math.max(0, Math.floor(y / g.height)));
    const j = Array.from({ length: columns }, (_, j) => j).find((j) => x >= start(j) && x < start(j) + g.cell);
    return { at: i + head.first, key: j === undefined ? null : head.bos ? j - 1 : j };
  };
  return (
    <svg
      class="matrix"
      width={width}
      height={height}
      role="img"
      aria-label={`The attention of ${shortName(head.name)}, ${rows} queries by ${columns} keys; the buttons at its left say what each query looks at`}
      onPointerMove={(event) => {
        const { at, key } = place(event);
        focus.over(at, key, index);
      }}
      onClick={(event) => focus.pin(place(event as unknown as PointerEvent).at)}
    >
      {head.bos && <rect class="ground" x="0.5" y="0.5" width={g.cell - 1} height={height - 1} rx="4" />}
      <rect class="ground" x={start(head.bos ? 1 : 0) + 0.5} y="0.5" width={Math.max(0, g.n * g.cell - 1)} height={height - 1} rx="4" />
      <path class="grid" d={grid(head, g, rows)} />
      {[...bins].map(([bin, path]) => (
        <path key={bin} class="on" d={path} opacity={Number(bin) / BINS} />
      ))}
      <g class="numbers" font-size={Math.min(13, g.cell * 0.34)}>
        {numbers}
      </g>
      {shown !== null && (
        <>
          {shown > 0 && <rect class="veil" x="0" y="0" width={width} height={shown * g.height} />}
          <rect class="veil" x="0" y={(shown + 1) * g.height} width={width} height={height - (shown + 1) * g.height} />
          <rect class="ring" x="1" y={shown * g.height + 1} width={width - 2} height={g.height - 2} rx="4" />
        </>
      )}
    </svg>
  );
}

function circle(x: number, y: number, r: number): string {
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}

function grid(head: HeadView, g: Geometry, rows: number): string {
  let path = "";
  const from = columnAt(g, 0);
  for (let i = 1; i < rows; i++) {
    path += `M${from + 1} ${i * g.height}h${g.n * g.cell - 2}`;
    if (head.bos) path += `M1 ${i * g.height}h${g.cell - 2}`;
  }
  for (let j = 1; j < g.n; j++) path += `M${from + j * g.cell} 1v${rows * g.height - 2}`;
  return path;
}
