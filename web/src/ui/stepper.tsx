// A slider through the stages, with a button for each.

import { shortName, type Stage } from "../core/views";

const MOST_NAMES = 4; // that the title has

export function Stepper(props: {
  stages: Stage[];
  step: number;
  last: number;
  hasAnswer: boolean;
  narrow: boolean;
  onStep: (step: number) => void;
}) {
  const { stages, step, last, hasAnswer, narrow, onStep } = props;
  const ends = narrow && last > 4 ? ["in", "out"] : [hasAnswer ? "Embed" : "Start", "Answer"];
  const label = (k: number) => (k === 0 ? ends[0] : k < stages.length ? String(k) : ends[1]);
  const stage = stages[step];
  const made = stage
    ? [...new Set([...stage.heads, ...stage.neurons].map((x) => ("counts" in x ? x.expression : shortName(x.name.replace(/#\d+$/, "")))))]
    : [];
  const more = made.length - MOST_NAMES;
  const summary = more > 1 ? `${made.slice(0, MOST_NAMES).join(", ")} and ${more} more` : made.join(", ");
  const title = step >= stages.length ? "Answer" : (stage?.title ?? "");
  return (
    <nav class="stepper" aria-label="Layers">
      <div class="track">
        <button type="button" class="arrow" aria-label="Previous layer" disabled={step <= 0} onClick={() => onStep(step - 1)}>
          ‹
        </button>
        <div class="slide">
          <input
            type="range"
            min="0"
            max={last}
            value={step}
            aria-label="Layer"
            aria-valuetext={title}
            style={{ "--share": `${last ? (100 * step) / last : 0}%` }}
            onInput={(event) => onStep(Number((event.target as HTMLInputElement).value))}
          />
          <div class="ticks" aria-hidden="true">
            {Array.from({ length: last + 1 }, (_, k) => (
              <button
                type="button"
                tabIndex={-1}
                key={k}
                class={k === step ? "now" : k < step ? "done" : ""}
                style={{ left: `${last ? (100 * k) / last : 0}%` }}
                onClick={() => onStep(k)}
              >
                {label(k)}
              </button>
            ))}
          </div>
        </div>
        <button type="button" class="arrow" aria-label="Next layer" disabled={step >= last} onClick={() => onStep(step + 1)}>
          ›
        </button>
      </div>
      <h2>
        {title}
        {made.length > 0 && <span class="made" title={made.join(", ")}>{summary}</span>}
      </h2>
    </nav>
  );
}
