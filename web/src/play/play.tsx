// The playground: the program at the left, its live page at the right.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Model } from "../core/model";
import { unzip } from "../core/zip";
import { App } from "../ui/app";
import type { Link, Page, Port, Trace } from "../ui/page";
import { ThemeButton } from "../ui/theme";
import type { Backend } from "./backend";
import { editor, type Problem } from "./editor";
import { fromFragment, toFragment } from "./link";
import type { Source } from "./pyodide";

export interface Data {
  token?: string; // of the server, or else
  pyodide?: Source; // where Python for the browser is
  targets: [string, string][]; // of exports, and their names
  code: string | null;
  examples: { name: string; theme: string; about?: string; code: string; input: string }[];
  puzzles: {
    name: string;
    number: number;
    title: string;
    statement: string;
    examples: [string, string][];
    hints: string[];
    layers: number;
  }[];
  solved?: string[]; // puzzles, at earlier times
}

const RUN_AFTER = 30; // milliseconds after a keystroke
const COMPILE_AFTER = 350;
const FIELD = ".hx input[type=text]"; // of the input

interface Shown {
  page: Page;
  model: Model | null;
  version: number;
}

export function Play(props: { data: Data; backend: Backend; root: ShadowRoot }) {
  const { data, backend } = props;
  const linked = useMemo(() => fromFragment(location.hash.slice(1)), []);
  const [code, setCode] = useState(linked?.code ?? data.code ?? data.examples[0].code);
  const [input, setInput] = useState(linked?.input ?? "hello"); // what the shown page was made for
  const given = useRef(input); // what the page shows now
  const [trusted, setTrusted] = useState(linked === null); // what came with a link is run only if the reader says so
  const [problem, setProblem] = useState<Problem | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const [example, setExample] = useState("");
  const [done, setDone] = useState(new Set(data.solved));
  const [puzzle, setPuzzle] = useState<Data["puzzles"][number] | null>(null);
  const [hints, setHints] = useState(0);
  const [verdict, setVerdict] = useState<{ solved: boolean; text: string } | null>(null);
  const [busy, setBusy] = useState("");
  const [copied, setCopied] = useState(false);
  const [starting, setStarting] = useState("Python starts …");
  const [saved, setSaved] = useState("");
  const menu = useRef<HTMLDetailsElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const edit = useRef<ReturnType<typeof editor> | null>(null);
  const turn = useRef(0);
  const listeners = useRef(new Set<(now: Link & { trace?: Trace }) => void>());
  const state = useRef<Link>({ layer: 1, selected: null });
  const caret = useRef<number | null>(null); // in the field of the input, while another page takes its place

  useEffect(() => {
    edit.current = editor(box.current!, props.root, code, (text) => {
      setTrusted(true);
      setCode(text);
    });
  }, []);

  useEffect(() => {
    const close = (event: Event) => {
      const inside = event.composedPath().includes(menu.current!);
      if (event instanceof KeyboardEvent ? event.key === "Escape" : !inside) menu.current!.open = false;
    };
    const events = ["keydown", "pointerdown", "focusin"];
    for (const event of events) props.root.addEventListener(event, close);
    return () => events.forEach((event) => props.root.removeEventListener(event, close));
  }, []);

  useEffect(() => {
    backend.started.then(
      () => setStarting(""),
      (error: Error) => setStarting(error.message),
    );
  }, [backend]);

  // The interpreter answers at once; the model follows when one stops typing.
  useEffect(() => {
    if (!trusted) return;
    const mine = ++turn.current;
    const current = () => turn.current === mine;
    const show = (next: Shown) => {
      const field = props.root.activeElement;
      caret.current = field?.matches(FIELD) ? (field as HTMLInputElement).selectionStart : null;
      setShown(next);
    };
    const input = given.current;
    const first = setTimeout(async () => {
      const found = await backend.ask({ action: "run", code, input });
      if (!current()) return;
      setProblem(found.problem ?? null);
      edit.current?.show(found.problem ?? null);
      if (found.page) show({ page: found.page, model: null, version: mine });
    }, RUN_AFTER);
    const second = setTimeout(async () => {
      setBusy("compiling and proving …");
      const begun = performance.now();
      const found = await backend.ask({ action: "compile", code, input });
      if (!current()) return;
      if (!found.model) setBusy(found.problem || found.page ? "" : (found.why ?? ""));
      if (!found.page || !found.model) return;
      const file = await unzip(Uint8Array.from(atob(found.model), (c) => c.charCodeAt(0)));
      const model = Model.read(file);
      if (!current()) return;
      show({ page: found.page, model, version: -mine });
      const took = ((performance.now() - begun) / 1000).toPrecision(2);
      setBusy(`${found.page.status ? "compiled and proved" : "compiled"} in ${took} s`);
    }, COMPILE_AFTER);
    return () => {
      clearTimeout(first);
      clearTimeout(second);
      setBusy("");
    };
  }, [code, input, trusted, backend]);

  useLayoutEffect(() => {
    if (caret.current === null) return;
    const field = props.root.querySelector<HTMLInputElement>(FIELD);
    field?.focus({ preventScroll: true });
    field?.setSelectionRange(caret.current, caret.current);
  }, [shown?.version]);

  const port = useMemo((): Port => {
    return {
      initial: { ...state.current },
      live: true,
      grows: true,
      listen: (change) => {
        listeners.current.add(change);
        return () => listeners.current.delete(change);
      },
      send: (now) => {
        const model = shown?.model;
        if (now.tokens && model) given.current = model.typed(now.tokens.map((t) => model.vocab[t]));
        if (now.typed !== undefined) {
          given.current = now.typed;
          setInput(now.typed);
        }
        state.current = { ...state.current, layer: now.layer ?? state.current.layer };
        if (now.selected !== undefined) state.current.selected = now.selected;
      },
    };
  }, [shown?.version]);

  const start = (text: string, example: string) => {
    given.current = example;
    setInput(example);
    state.current = { layer: 1, selected: null };
    edit.current!.set(text);
  };
  const choosePuzzle = (name: string) => {
    const found = data.puzzles.find((p) => p.name === name) ?? null;
    setPuzzle(found);
    setExample("");
    setHints(0);
    setVerdict(null);
    if (found) {
      const code = `from hardwire import indices, key, query, tokens, where\n\ndef ${found.name}():\n    return tokens\n`;
      start(code, found.examples[0][0]);
    }
  };
  const check = async () => {
    setVerdict({ solved: false, text: "checking …" });
    const found = await backend.ask({ action: "check", code, input: given.current, puzzle: puzzle!.name });
    setVerdict({ solved: found.solved ?? false, text: found.text ?? found.problem?.message ?? "" });
    if (found.solved) setDone(new Set([...done, puzzle!.name]));
  };
  const next = data.puzzles.find((p) => !done.has(p.name));
  const share = async () => {
    history.replaceState(null, "", `${location.pathname}#${toFragment({ code, input: given.current })}`);
    await navigator.clipboard?.writeText(location.href).catch(() => {});
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  const download = (name: string, data: BlobPart) => {
    const url = URL.createObjectURL(new Blob([data]));
    Object.assign(document.createElement("a"), { href: url, download: name }).click();
    URL.revokeObjectURL(url);
    setSaved(`${name} is saved.`);
  };
  const exportTo = async (target: string) => {
    setSaved("exporting …");
    const found = await backend.ask({ action: "export", code, input: given.current, target });
    if (found.file) download(found.file, Uint8Array.from(atob(found.data!), (c) => c.charCodeAt(0)));
    else setSaved(found.problem?.message ?? "");
  };
  const themes = [...new Set(data.examples.map((e) => e.theme))];

  return (
    <div class="play" ref={top}>
      <header class="bar">
        <h1>hardwire</h1>
        <select aria-label="Start from a program" value={example} onChange={(event) => {
          const found = data.examples.find((e) => e.name === event.currentTarget.value);
          if (found) start(found.code, found.input);
          setExample(found?.name ?? "");
          setPuzzle(null);
        }}>
          <option value="">Library …</option>
          {themes.map((theme) => (
            <optgroup label={theme} key={theme}>
              {data.examples.filter((e) => e.theme === theme).map((e) => (
                <option key={e.name} value={e.name} title={e.about}>{e.name}</option>
              ))}
            </optgroup>
          ))}
        </select>
        <select aria-label="Choose a puzzle" value={puzzle?.name ?? ""} onChange={(event) => choosePuzzle(event.currentTarget.value)}>
          <option value="">Puzzles …</option>
          {data.puzzles.map((p) => (
            <option key={p.name} value={p.name}>{done.has(p.name) ? "✓ " : ""}{p.number}. {p.title}</option>
          ))}
        </select>
        <button type="button" class="quiet" onClick={() => download("program.py", code)}>Save .py</button>
        <details class="menu" ref={menu} onToggle={() => setSaved("")}>
          <summary class="quiet">Export</summary>
          <div>
            {data.targets.map(([target, label]) => (
              <button type="button" class="quiet" key={target} disabled={!trusted} onClick={() => exportTo(target)}>{label}</button>
            ))}
            <p class="hint" role="status">{saved}</p>
          </div>
        </details>
        <button type="button" class="quiet" onClick={share}>{copied ? "Link copied" : "Link"}</button>
        <span class="grow" />
        <ThemeButton root={top} />
      </header>
      <div class="two">
        <section class="left">
          {puzzle && (
            <div class="puzzle">
              <h2>
                {puzzle.number}. {puzzle.title}
                <span class="hint">{done.size} of {data.puzzles.length} solved</span>
              </h2>
              <p>{puzzle.statement}</p>
              <ul>
                {puzzle.examples.slice(0, 3).map(([x, y]) => (
                  <li key={x}><code>{x}</code> → <code>{y}</code></li>
                ))}
              </ul>
              <p class="hint">At most {puzzle.layers} layer{puzzle.layers === 1 ? "" : "s"}.</p>
              {puzzle.hints.slice(0, hints).map((hint, i) => <p class="tip" key={i}>{hint}</p>)}
              <div class="chips">
                <button type="button" class="wide" onClick={check}>Check</button>
                <button type="button" class="wide" disabled={hints >= puzzle.hints.length} onClick={() => setHints(hints + 1)}>
                  Hint {Math.min(hints + 1, puzzle.hints.length)} of {puzzle.hints.length}
                </button>
                {verdict?.solved && next && (
                  <button type="button" class="wide" onClick={() => choosePuzzle(next.name)}>Next: {next.title} ›</button>
                )}
              </div>
              {verdict && <pre class={`verdict${verdict.solved ? " solved" : ""}`} role="status">{verdict.text}</pre>}
            </div>
          )}
          <div class="editor" ref={box} />
          {!trusted && (
            <div class="trust" role="alert">
              <p>This program came with a link. It will run {backend.place}: read it first.</p>
              <button type="button" class="quiet" onClick={() => setTrusted(true)}>Run it</button>
            </div>
          )}
          {problem && <pre class="problem" role="alert">{problem.line ? `Line ${problem.line}: ` : ""}{problem.message}</pre>}
          <p class="hint" role="status">{starting || busy}</p>
        </section>
        <section class={problem && shown ? "right stale" : "right"}>
          {problem && shown && <p class="notice" role="status">Below is the last program that ran, {shown.page.title}.</p>}
          {shown && <App key={shown.version} page={{ ...shown.page, code: null }} model={shown.model} port={port} whole={false} />}
        </section>
      </div>
    </div>
  );
}
