// The source of the program: the lines that the shown layer serves are marked, and each line leads to its layers.

import type { ComponentChildren } from "preact";
import type { Page } from "./page";

export function Code(props: {
  code: NonNullable<Page["code"]>;
  tags: Map<number, string[]>;
  active: Set<number>;
  onTag: (tag: string) => void;
}) {
  const { code, tags, active, onTag } = props;
  return (
    <aside class="code" aria-label="The program">
      <h3>{code.name}</h3>
      <ol>
        {code.lines.map(([number, line]) => {
          return (
            <li key={number} class={active.has(number) ? "on" : ""} aria-current={active.has(number) ? "step" : undefined}>
              <span class="number" aria-hidden="true">
                {number}
              </span>
              <code style={{ "--indent": `${line.length - line.trimStart().length}ch` }}>{coloured(line.trimStart())}</code>
              <span class="tags">
                {(tags.get(number) ?? []).map((tag) => (
                  <button type="button" key={tag} title={`layer ${tag} serves this line`} aria-label={`layer ${tag}`} onClick={() => onTag(tag)}>
                    {tag}
                  </button>
                ))}
              </span>
            </li>
          );
        })}
      </ol>
      <p class="hint">The numbers on the right are the layers that compute a line.</p>
    </aside>
  );
}

const PARTS =
  /(#.*$)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\b(def|return|if|else|elif|for|in|and|or|not|is|lambda|import|from|as|None|True|False)\b|(\b\d[\d_.]*\b)/g;

/** A line of Python with its comments, strings, keywords and numbers coloured. */
function coloured(line: string) {
  const parts: ComponentChildren[] = [];
  let at = 0;
  for (const found of line.matchAll(PARTS)) {
    if (found.index > at) parts.push(...breakable(line.slice(at, found.index)));
    const kind = found[1] ? "comment" : found[2] ? "string" : found[3] ? "keyword" : "number";
    parts.push(
      <span class={`py-${kind}`} key={found.index}>
        {found[0]}
      </span>,
    );
    at = found.index + found[0].length;
  }
  parts.push(...breakable(line.slice(at) || (at ? "" : " ")));
  return parts;
}

/** Code that may go on below after an opening parenthesis, and before the point of a method. */
function breakable(code: string): ComponentChildren[] {
  return code.split(/(?<=\()|(?=\.[a-z_]+\()/).flatMap((part, i) => (i ? [<wbr key={`b${i}`} />, part] : [part]));
}
