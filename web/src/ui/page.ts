// What the Python side says of a program and its model (src/hardwire/live/content.py).

import type { Selection } from "../core/selection";
import type { Cell, Lines, Stage } from "../core/views";

export interface Page {
  title: string;
  about: string;
  code: { name: string; lines: [number, string][] } | null; // numbered lines
  lines: Omit<Lines, "named">;
  named: boolean[];
  selections: (Selection | null)[][]; // what each head compares, by layer
  stop: number | null; // the place in the vocabulary of the token that ends a text
  facts: string; // the size of the model, or of the program
  status: string; // what is proved of it
  proof: string; // the statement of the certificate in full
  why: string; // why there is no model, if there is none
  tokens: number[] | null; // the input, as places in the vocabulary; null without a model
  typed: string; // the input as it is typed, without a model
  trace: Trace | null; // the run of the interpreter, without a model
}

export interface Trace {
  tokens: Cell[];
  answers: Cell[];
  stages: Stage[];
  problem: string; // an input that the program refuses
}

/** The state that a notebook shares with the page. Every setter tells the other side. */
export interface Link {
  tokens?: number[] | null;
  typed?: string;
  layer?: number;
  selected?: number | null;
}

export interface Port {
  initial: Link;
  /** Called with what changed in the notebook; returns a function that stops it. */
  listen: (change: (now: Link & { trace?: Trace }) => void) => () => void;
  send: (now: Link) => void;
  live: boolean; // whether a kernel answers, so that programs without a model can take other inputs
  grows?: boolean; // whether an input that the model does not take leads to another model, for that input
}
