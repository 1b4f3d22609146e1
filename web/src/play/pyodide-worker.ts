// The worker of pyodide.ts: it starts Python, and answers one request after the other.

import type { Message, Reply, Source } from "./pyodide";

interface Python {
  loadPackage: (names: string[], options: object) => Promise<{ name: string }[]>;
  unpackArchive: (data: ArrayBuffer, format: string, options: object) => void;
  runPython: (code: string) => unknown;
}

let answer: ((request: string) => string) | null = null;

async function start({ base, packages, archives }: Source): Promise<void> {
  const { loadPyodide } = (await import(/* @vite-ignore */ `${base}pyodide.mjs`)) as {
    loadPyodide: (options: object) => Promise<Python>;
  };
  const python = await loadPyodide({ indexURL: base });
  const quiet = { messageCallback: () => {}, errorCallback: () => {} };
  const loaded = new Set((await python.loadPackage(packages, quiet)).map((each) => each.name));
  const missing = packages.filter((name) => !loaded.has(name));
  if (missing.length) throw new Error(`${base} has no package ${missing.join(", ")}`);
  const extractDir = python.runPython("import site; site.getsitepackages()[0]");
  for (const address of archives) {
    const found = await fetch(address);
    if (!found.ok) throw new Error(`${address}: ${found.status} ${found.statusText}`);
    python.unpackArchive(await found.arrayBuffer(), "zip", { extractDir });
  }
  answer = python.runPython(
    "import json\nfrom hardwire.play.actions import answer\nlambda text: json.dumps(answer(json.loads(text)))",
  ) as (request: string) => string;
}

const post = (reply: Reply) => postMessage(reply);

onmessage = async ({ data }: MessageEvent<Message>) => {
  if ("request" in data) return post({ answer: answer!(data.request) });
  try {
    await start(data.source);
    post({ ready: true });
  } catch (error) {
    post({ failed: `Python did not start in this browser: ${(error as Error).message}` });
  }
};
