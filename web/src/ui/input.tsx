// The input: a text, and the vocabulary as buttons where it is small.

import { useRef } from "preact/hooks";
import type { Model } from "../core/model";
import { cellText, repr } from "../core/values";

const MOST_CHIPS = 16;

export function InputBox(props: {
  text: string;
  problem: string;
  model: Model | null;
  fixed: boolean;
  next: number | null; // the token that the model writes next
  onText: (text: string) => void;
  onNext: (all: boolean) => void;
  onBack: () => void;
}) {
  const { text, problem, model, fixed, next, onText } = props;
  const field = useRef<HTMLInputElement>(null);
  const chips = model && model.vocab.length <= MOST_CHIPS ? model.vocab : [];
  const add = (token: string) => {
    onText(model?.textual || !text ? text + token : `${text} ${token}`);
    field.current?.focus({ preventScroll: true });
  };
  const most = model?.content.max_len;
  return (
    <div class="input">
      <label>
        <span id="hx-label">Type an input</span>
        <input
          ref={field}
          type="text"
          value={text}
          readOnly={fixed}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          aria-labelledby="hx-label"
          aria-invalid={problem !== ""}
          aria-describedby="hx-problem"
          onInput={(event) => onText((event.target as HTMLInputElement).value)}
        />
      </label>
      <div class="chips">
        {chips.map((v) => (
          <button type="button" key={repr(v)} aria-label={`add ${repr(v)}`} onClick={() => add(model!.textual ? (v as { value: string }).value : repr(v))}>
            {cellText(v)}
          </button>
        ))}
        {model && (
          <button type="button" class="wide" disabled={!text} onClick={() => onText("")}>
            clear
          </button>
        )}
        {model?.content.causal && (
          <>
            <button type="button" class="wide" disabled={!text} onClick={props.onBack} title="Shift and the left arrow">
              ‹ take back
            </button>
            <button type="button" class="wide" disabled={next === null} onClick={() => props.onNext(false)} title="Shift and the right arrow">
              next token{next === null ? "" : `: ${cellText(model.vocab[next])}`} ›
            </button>
            <button type="button" class="wide" disabled={next === null} onClick={() => props.onNext(true)}>
              write »
            </button>
          </>
        )}
        {typeof most === "number" && <span class="hint">at most {most} tokens</span>}
        {fixed && <span class="hint">The program runs in Python; in a notebook, this input can be changed.</span>}
        <p id="hx-problem" class="problem" role="alert">
          {problem}
        </p>
      </div>
    </div>
  );
}
