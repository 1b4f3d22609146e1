// Where programs run: here the server of `hardwire play`; another back end has the same three actions.

import type { Page } from "../ui/page";
import type { Problem } from "./editor";

export interface Request {
  action: "run" | "compile" | "check";
  code: string;
  input: string;
  name?: string;
  puzzle?: string;
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
}

export interface Backend {
  ask: (request: Request) => Promise<Answer>;
}

export function server(token: string): Backend {
  return {
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
