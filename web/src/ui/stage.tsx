// One stage: the heads and neurons of a layer, and what the residual stream holds after it; or the logits.

import { useState } from "preact/hooks";
import type { Cell, LogitView, NeuronView, Row, Stage } from "../core/views";
import type { Focus } from "./focus";
import { fit, tokensStart, type Geometry } from "./geometry";
import { HeadBox } from "./head";
import { RowLine } from "./rows";

const FEW_ROWS = 5; // up to this many new values, those without a name are shown too

export function StagePanel(props: {
  stage: Stage;
  step: number;
  g: Geometry;
  focus: Focus;
  tokens: Cell[];
  directions: string[];
  source: (line: number) => string;
}) {
  const { stage, step, g, focus, tokens } = props;
  const [raw, setRaw] = useState(false);
  const [all, setAll] = useState(false);
  const lit = (at: number) => focus.at === at;
  const written = stage.stream.filter((r) => r.fresh);
  const folds = (r: Row) => r.named === false && !(r.fresh && written.length <= FEW_ROWS);
  const unnamed = stage.stream.filter(folds).length;
  const fresh = written.filter((r) => all || !folds(r));
  const earlier = stage.stream.filter((r) => !r.fresh && (all || !folds(r)));
  const few = step === 0 && stage.directions.length <= 8;
  return (
    <div class="stage" key={step}>
      {stage.heads.map((head, j) => (
        <HeadBox key={`${step}.${j}`} {...{ head, g, focus, tokens }} index={j} directions={props.directions} source={props.source} />
      ))}
      {stage.neurons.length > 0 && (
        <section class="part">
          <h3>Neurons</h3>
          {stage.neurons.map((group) => (
            <NeuronLine key={group.name} group={group} g={g} focus={focus} />
          ))}
        </section>
      )}
      {stage.stream.length > 0 && (
        <section class="part" aria-label="Values in the residual stream">
          <h3>{step === 0 ? "Values from the embedding" : "In the residual stream"}</h3>
          {fresh.map((row) => (
            <RowLine key={row.full} row={row} kind="plain" g={g} lit={lit} />
          ))}
          {earlier.length > 0 && fresh.length > 0 && <p class="divider">from earlier layers</p>}
          {earlier.map((row) => (
            <RowLine key={row.full} row={row} kind="plain" g={g} lit={lit} small />
          ))}
          {unnamed > 0 && (
            <button type="button" class="quiet fold" aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? "Hide" : "Show"} {unnamed} value{unnamed === 1 ? "" : "s"} without a name
            </button>
          )}
        </section>
      )}
      {stage.directions.length > 0 && (
        <section class="part" aria-label="Directions of the residual stream">
          {few ? (
            <h3>Directions written by the embedding</h3>
          ) : (
            <button type="button" class="quiet" aria-expanded={raw} onClick={() => setRaw(!raw)}>
              {raw ? "Hide" : "Show"} {stage.directions.length} direction{stage.directions.length === 1 ? "" : "s"} written here
            </button>
          )}
          {(raw || few) && stage.directions.map((row) => <RowLine key={row.full} row={row} kind="plain" g={g} lit={lit} />)}
        </section>
      )}
      {!stage.heads.length && !stage.neurons.length && step > 0 && !stage.stream.some((r) => r.fresh) && (
        <p class="hint">This layer changes nothing: the answer is already in the residual stream.</p>
      )}
    </div>
  );
}

function NeuronLine(props: { group: NeuronView; g: Geometry; focus: Focus }) {
  const { group, g, focus } = props;
  const about = `${group.recipe}: ${group.expression}`;
  const label = (
    <>
      <b>{group.expression}</b>
      <small>
        {group.name}, {group.recipe}
        {!group.active.length && `; how many of ${group.size} are active`}
      </small>
    </>
  );
  const across = group.size > 3 ? Math.ceil(group.size / 2) : group.size;
  const dot = Math.max(5, Math.min(11, (g.cell - 8) / across - 3, g.height / 2 - 4));
  const side = { width: `${tokensStart(g) - g.gap - 2}px` };
  return (
    <div class="line neurons">
      {g.narrow && <div class="above">{label}</div>}
      <div class="cells">
        {!g.narrow && (
          <span class="name two label" style={side} title={about}>
            {label}
          </span>
        )}
        <span class="run" style={{ marginLeft: g.narrow ? `${tokensStart(g)}px` : `${g.gap + 2}px` }}>
          {group.counts.map((count, i) => (
            <span
              key={i}
              class={`cell dots${focus.at === i ? " lit" : ""}`}
              data-at={i}
              style={{ width: `${g.cell}px`, height: `${g.height}px`, fontSize: `${fit(`${count}`, g)}px` }}
              title={`${count} of ${group.size} active`}
            >
              {group.active.length ? (
                <span class="lights" style={{ gridTemplateColumns: `repeat(${across}, auto)` }}>
                  {group.active[i].map((on, j) => (
                    <i key={j} class={on ? "on" : ""} style={{ width: `${dot}px`, height: `${dot}px` }} />
                  ))}
                </span>
              ) : (
                <span class={count ? "" : "zero"}>{count}</span>
              )}
            </span>
          ))}
        </span>
      </div>
    </div>
  );
}

export function LogitPanel(props: { view: LogitView | null; answers: Cell[]; g: Geometry; focus: Focus; tokens: Cell[] }) {
  const { view, g, focus } = props;
  const lit = (at: number) => focus.at === at;
  if (!view) {
    return (
      <div class="stage">
        <section class="part">
          <h3>Answer</h3>
          <p class="hint">{props.answers.length ? "The answer is a number, decoded from the residual stream at each position." : "The input is empty, and so is the answer."}</p>
        </section>
      </div>
    );
  }
  return (
    <div class="stage">
      <section class="part" aria-label="Logits">
        <h3>Logits</h3>
        <p class="hint">
          A score for each output value; at each position, the greatest wins.
          {view.doubled && " A value with several rows has several scores."}
        </p>
        {view.rows.map((row, k) => (
          <div class="line" role="row" key={k}>
            <div class="cells">
              <span
                role="rowheader"
                class="cell result"
                style={{ marginLeft: `${tokensStart(g) - g.cell - g.gap}px`, marginRight: `${g.gap}px`, width: `${g.cell}px`, height: `${g.height}px`, fontSize: `${fit(row.value.text, g)}px` }}
                title={row.value.full}
              >
                {row.value.text}
              </span>
              {row.cells.map((cell, i) => (
                <span
                  key={i}
                  class={`cell logit${row.wins[i] ? " wins" : ""}${lit(i) ? " lit" : ""}`}
                  data-at={i}
                  title={`${cell.full}${row.wins[i] ? ", the greatest" : ""}`}
                  style={{ width: `${g.cell}px`, height: `${g.height}px`, fontSize: `${fit(cell.text, g)}px` }}
                >
                  {cell.text}
                </span>
              ))}
            </div>
          </div>
        ))}
        {view.more > 0 && <p class="hint">{view.more} more {view.more === 1 ? "row wins" : "rows win"} at no position.</p>}
      </section>
    </div>
  );
}
