// Where programs run. Each back end has the same actions: the server of `hardwire play`, and Python in the browser
// (pyodide.ts).

import type { Page } from "../ui/page";
import type { Problem } from "./editor";

export interface Request {
  action: "run" | "compile" | "check" | "export";
  code: string;
  input: string;
  name?: string;
  puzzle?: string;
  target?: string;
}

export interface Answer {
  problem?: Problem;
  names?: string[];
  name?: string;
  page?: Page | null;
  model?: string; // the compressed file of the model, in base64
  why?: string;
  solved?: boolean;
  text?: string;
  file?: string; // the name of an export
  data?: string; // its content, in base64
}

export interface Backend {
  ask: (request: Request) => Promise<Answer>;
  place: string; // where programs run, in words
  started: Promise<void>; // fails with the reason why no program can run
}

export function server(token: string): Backend {
  return {
    place: "on your machine",
    started: Promise.resolve(),
    ask: async (request) => {
      const headers = { "Content-Type": "application/json", "X-Hardwire-Token": token };
      try {
        const found = await fetch("/api", { method: "POST", headers, body: JSON.stringify(request) });
        if (found.ok) return (await found.json()) as Answer;
        return { problem: { message: await found.text(), line: null } };
      } catch {
        return { problem: { message: "The playground does not answer: was `hardwire play` stopped?", line: null } };
      }
    },
  };
}
