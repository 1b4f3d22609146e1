// The page: the input and the answer, a slider through the layers, the layer, the program, the proof.

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Model } from "../core/model";
import { cellOf, logitView, stages, tokenCells, type Cell, type Row, type Stage } from "../core/views";
import { Code } from "./code";
import { useFocus } from "./focus";
import { geometry } from "./geometry";
import { InputBox } from "./input";
import { LogitPanel, StagePanel } from "./stage";
import type { Page, Port, Trace } from "./page";
import { Proof } from "./proof";
import { RowLine } from "./rows";
import { Stepper } from "./stepper";
import { ThemeButton } from "./theme";

const BESIDE = 20; // up to this many tokens, there is room for the program beside the layers

interface Shown {
  tokens: Cell[];
  answers: Cell[];
  stages: Stage[];
  logits: ReturnType<typeof logitView>;
}

export function App(props: { page: Page; model: Model | null; port: Port; whole: boolean }) {
  const { page, model, port } = props;
  const [tokens, setTokens] = useState<number[]>(port.initial.tokens ?? page.tokens ?? []);
  const [text, setText] = useState(model ? model.typed(tokens.map((t) => model.vocab[t])) : (port.initial.typed ?? page.typed));
  const [trace, setTrace] = useState<Trace | null>(page.trace);
  const [problem, setProblem] = useState("");
  const [layer, setLayer] = useState(port.initial.layer ?? 1);
  const [pinned, setPinned] = useState<number | null>(port.initial.selected ?? null);
  const [width, setWidth] = useState(0);
  const root = useRef<HTMLDivElement>(null);
  const board = useRef<HTMLDivElement>(null);

  const shown = useMemo((): Shown => {
    if (!model) return { ...(trace ?? { tokens: [], answers: [], stages: [] }), logits: null };
    const run = model.run(tokens.map((t) => t + 1));
    return {
      tokens: tokenCells(model, run),
      answers: run.answers.map(cellOf),
      stages: stages(model, run, { ...page.lines, named: page.named }, page.selections),
      logits: logitView(model, run),
    };
  }, [model, tokens, trace, page]);
  const n = shown.tokens.length;
  const last = shown.stages.length - 1 + (model ? 1 : 0);
  const step = Math.max(0, Math.min(layer, last));

  const goTo = useCallback(
    (to: number) => {
      const next = Math.max(0, Math.min(to, last));
      setLayer(next);
      port.send({ layer: next });
    },
    [last, port],
  );
  const pin = useCallback(
    (at: number | null) => {
      setPinned(at);
      port.send({ selected: at });
    },
    [port],
  );
  const focus = useFocus(pinned !== null && pinned < n ? pinned : null, pin);

  const take = (places: number[]) => {
    setTokens(places);
    setText(model!.typed(places.map((t) => model!.vocab[t])));
    setProblem("");
    port.send({ tokens: places });
  };
  const after = (places: number[]) => {
    const found = model && model.following(places);
    return found === page.stop ? null : found;
  };
  const next = useMemo(() => after(tokens), [model, tokens]);
  const write = (all: boolean) => {
    const places = [...tokens];
    for (let token = next; token !== null; token = all ? after(places) : null) places.push(token);
    take(places);
  };

  const type = (typed: string) => {
    setText(typed);
    if (!model) {
      port.send({ typed });
      return;
    }
    const found = model.encode(model.parse(typed));
    if (!Array.isArray(found)) return port.grows ? port.send({ typed }) : setProblem(found.message);
    setProblem("");
    const places = found.map((row) => row - 1);
    setTokens(places);
    port.send({ tokens: places });
  };

  useEffect(
    () =>
      port.listen((now) => {
        if (now.layer !== undefined) setLayer(now.layer);
        if (now.selected !== undefined) setPinned(now.selected);
        if (now.trace) setTrace(now.trace);
        if (now.typed !== undefined && !model) setText(now.typed);
        if (now.tokens && model) {
          setTokens(now.tokens);
          setText(model.typed(now.tokens.map((t) => model.vocab[t])));
          setProblem("");
        }
      }),
    [port, model],
  );

  useEffect(() => {
    const measured = new ResizeObserver(() => {
      const box = board.current;
      if (!box) return; // it is gone already
      const { paddingLeft, paddingRight } = getComputedStyle(box);
      setWidth(box.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight));
    });
    measured.observe(board.current!);
    return () => measured.disconnect();
  }, []);

  const keys = useRef<(event: KeyboardEvent) => void>(() => {});
  keys.current = (event) => {
    const target = event.composedPath()[0] as HTMLElement;
    if (event.shiftKey && !target.matches?.("input") && model?.content.causal && /^Arrow(Left|Right)$/.test(event.key)) {
      if (event.key === "ArrowRight" && next !== null) write(false);
      if (event.key === "ArrowLeft" && tokens.length) take(tokens.slice(0, -1));
      event.preventDefault();
      return;
    }
    if (event.altKey || event.ctrlKey || event.metaKey || target.matches?.("input, textarea, select")) return;
    const along = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const down = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (along) goTo(step + along);
    else if (down && n && focus.at !== null) {
      const next = Math.max(0, Math.min(n - 1, focus.at + down));
      focus.leave();
      pin(next);
      const query = target.closest?.(".strip");
      const buttons = query ? [...query.querySelectorAll("button")] : [];
      buttons[next + buttons.length - n]?.focus(); // BOS may come first
    } else if (event.key === "Escape") {
      focus.leave();
      pin(null);
    } else return;
    event.preventDefault();
  };
  useEffect(() => {
    const target: EventTarget = props.whole ? document : root.current!;
    const listen = (event: Event) => keys.current(event as KeyboardEvent);
    target.addEventListener("keydown", listen);
    return () => target.removeEventListener("keydown", listen);
  }, [props.whole]);

  const heads = shown.stages.flatMap((s) => s.heads);
  const g = geometry(width || 900, n, {
    queries: Math.max(1, ...heads.map((h) => h.queries.length)),
    outputs: Math.max(1, ...heads.map((h) => h.outputs.length)),
    bos: model !== null,
  });
  const row = (name: string, cells: Cell[], full: string): Row => ({ name, full, cells, line: null });
  const lit = (at: number) => focus.at === at;
  // A long input is scrolled everywhere at once, so that columns stay aligned.
  const together = (event: Event) => {
    const moved = event.currentTarget as HTMLElement;
    for (const each of board.current!.querySelectorAll(":scope > .scroll")) each.scrollLeft = moved.scrollLeft;
  };
  const point = (event: Event) => {
    const cell = (event.target as HTMLElement).closest?.("[data-at]") as HTMLElement | null;
    if (cell && !cell.closest(".middle")) focus.over(Number(cell.dataset.at));
  };
  const current = shown.stages[Math.min(step, shown.stages.length - 1)];
  const serving = step < shown.stages.length ? current : null;
  const lines = new Map<number, string[]>();
  shown.stages.forEach((stage, k) => {
    for (const part of [...stage.heads, ...stage.neurons]) {
      if (part.line === null) continue;
      const tag = `${k}`;
      const tags = lines.get(part.line) ?? [];
      if (!tags.includes(tag)) lines.set(part.line, [...tags, tag]);
    }
  });
  const pointed = focus.head === null ? undefined : serving?.heads[focus.head];
  const parts = pointed ? [pointed] : [...(serving?.heads ?? []), ...(serving?.neurons ?? [])];
  const active = new Set(parts.flatMap((x) => (x.line === null ? [] : [x.line])));
  const names = model
    ? Object.assign([] as string[], Object.fromEntries(model.content.circuit.directions.map((d) => [d.index, d.name])))
    : [];

  return (
    <div class={`hx${props.whole ? " whole" : ""}`} ref={root} tabIndex={props.whole ? undefined : 0}>
      <header>
        <div class="title">
          <h1>{page.title}</h1>
          {page.about && <p class="about">{page.about}</p>}
        </div>
        {props.whole && <ThemeButton root={root} />}
      </header>
      <div class="facts">
        <span class={`badge ${page.status ? "proved" : "open"}`}>{page.status || (model ? "not certified" : "not compiled")}</span>
        <span class="muted">{page.facts}</span>
      </div>
      {page.why && <p class="notice">{page.why}</p>}
      <InputBox
        text={text}
        problem={problem || trace?.problem || ""}
        model={model}
        fixed={!model && !port.live}
        next={next}
        onText={type}
        onNext={write}
        onBack={() => take(tokens.slice(0, -1))}
      />
      <div class={page.code && n <= BESIDE ? "columns" : "columns stacked"}>
        <main ref={board} class="board" style={{ "--seen": `${width - 8}px`, "--round": `${Math.min(5, g.cell * 0.14)}px` }} onPointerOver={point} onPointerLeave={() => focus.leave()}>
          <div class="scroll io" tabIndex={-1} onScroll={together}>
            <div
              class="top"
              role="group"
              aria-label="Input and answer"
              onClick={(event) => {
                const cell = (event.target as HTMLElement).closest?.("[data-at]") as HTMLElement | null;
                if (cell) focus.pin(Number(cell.dataset.at));
              }}
            >
              <RowLine row={row("input", shown.tokens, "the tokens")} kind="input" g={g} lit={lit} />
              <RowLine row={row("answer", shown.answers, "the output value with the greatest logit")} kind="result" g={g} lit={lit} />
            </div>
          </div>
          <Stepper stages={shown.stages} step={step} last={last} hasAnswer={model !== null} narrow={g.narrow} onStep={goTo} />
          <div class="scroll" tabIndex={-1} onScroll={together}>
            {step < shown.stages.length && current ? (
              <StagePanel stage={current} step={step} g={g} focus={focus} tokens={shown.tokens} directions={names} source={(line) => page.code?.lines.find(([number]) => number === line)?.[1].trim() ?? ""} />
            ) : (
              <LogitPanel view={shown.logits} answers={shown.answers} g={g} focus={focus} tokens={shown.tokens} />
            )}
          </div>
        </main>
        {page.code && (
          <Code code={page.code} tags={lines} active={active} onTag={(tag) => goTo(Number(tag))} />
        )}
      </div>
      {model?.content.certificate && <Proof certificate={model.content.certificate} statement={page.proof} length={n} />}
      <p class="sr" role="status" aria-live="polite">
        {problem || `${shown.tokens.map((t) => t.text).join(" ")}: ${shown.answers.map((a) => a.text).join(" ")}`}
      </p>
    </div>
  );
}

