// Python in the browser: a worker in which Pyodide runs the same Python that answers for `hardwire play`.

import type { Answer, Backend, Request } from "./backend";
import PythonWorker from "./pyodide-worker?worker&inline";

export interface Source {
  base: string; // the address of the folder of Pyodide
  packages: string[]; // what is loaded from there
  archives: string[]; // what is unpacked beside them, as addresses of .zip files
}

export type Message = { source: Source } | { request: string };
export type Reply = { ready: true } | { failed: string } | { answer: string };

const SECONDS = 20;

export function inBrowser(given: Source): Backend {
  const whole = (address: string) => new URL(address, document.baseURI).href;
  const source = { ...given, base: whole(given.base), archives: given.archives.map(whole) };
  let worker: Promise<Worker> | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  const start = () =>
    new Promise<Worker>((done, fail) => {
      const made = new PythonWorker();
      made.onmessage = ({ data }: MessageEvent<Reply>) => ("failed" in data ? fail(new Error(data.failed)) : done(made));
      made.onerror = (event) => fail(new Error(event.message));
      made.postMessage({ source } satisfies Message);
    });
  const running = () => (worker ??= start());

  const exchange = async (request: Request): Promise<Answer> => {
    let python: Worker;
    try {
      python = await running();
    } catch (error) {
      return { problem: { message: (error as Error).message, line: null } };
    }
    return new Promise((done) => {
      const stop = (message: string) => {
        clearTimeout(timer);
        python.terminate();
        worker = null; // the next request starts another
        done({ problem: { message, line: null } });
      };
      const timer = setTimeout(() => stop(`The program took longer than ${SECONDS} seconds; it was stopped.`), SECONDS * 1000);
      python.onerror = (event) => stop(`The program ended the process that ran it; it was stopped. ${event.message}`);
      python.onmessage = ({ data }: MessageEvent<Reply>) => {
        if (!("answer" in data)) return stop("The program ended the process that ran it; it was stopped.");
        clearTimeout(timer);
        done(JSON.parse(data.answer) as Answer);
      };
      python.postMessage({ request: JSON.stringify(request) } satisfies Message);
    });
  };

  return {
    place: "in this browser",
    started: running().then(() => {}),
    ask: (request) => {
      const found = queue.then(() => exchange(request)); // one after the other, as a process answers
      queue = found;
      return found;
    },
  };
}
