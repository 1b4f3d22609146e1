// The editor: Python, completion of the library's names, and the problem of the program in its place.

import { autocompletion, type CompletionContext } from "@codemirror/autocomplete";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";

const NAMES = `tokens indices length key query where switch maximum minimum raw select before after full same_token
programs SOp aggregate identity`.split(/\s+/);
const METHODS = `value one mean max min first last width any all count_distinct name map has shift at of int str bool
round`.split(/\s+/);

function complete(context: CompletionContext) {
  const method = context.matchBefore(/\.\w*/);
  if (method) return { from: method.from + 1, options: METHODS.map((label) => ({ label, type: "method" })) };
  const word = context.matchBefore(/\w+/);
  if (!word && !context.explicit) return null;
  return { from: word?.from ?? context.pos, options: NAMES.map((label) => ({ label, type: "variable" })) };
}

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null], color: "var(--keyword)" },
  { tag: tags.string, color: "var(--string)" },
  { tag: tags.number, color: "var(--figure)" },
  { tag: tags.comment, color: "var(--comment)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--card)", fontSize: "calc(15px * var(--scale, 1))" },
  ".cm-content": { fontFamily: "var(--mono)", caretColor: "var(--ink)", padding: "12px 0" },
  ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--muted)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent) !important",
  },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)" },
  "&.cm-focused": { outline: "none" },
});

export interface Problem {
  message: string;
  line: number | null;
}

export function editor(parent: HTMLElement, root: ShadowRoot, code: string, changed: (code: string) => void) {
  const view = new EditorView({
    doc: code,
    parent,
    root,
    extensions: [
      basicSetup,
      python(),
      autocompletion({ override: [complete] }),
      syntaxHighlighting(colours),
      look,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": "The program" }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) changed(update.state.doc.toString());
      }),
    ],
  });
  return {
    set: (text: string) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    show: (problem: Problem | null) => {
      const lines = view.state.doc.lines;
      const line = problem?.line && problem.line <= lines ? view.state.doc.line(problem.line) : null;
      const found = line ? [{ from: line.from, to: line.to, severity: "error" as const, message: problem!.message }] : [];
      view.dispatch(setDiagnostics(view.state, found));
    },
  };
}
