// The page and the widget: both mount the same application into a shadow root, so that no style of a page interferes.

import { render } from "preact";
import { Model } from "./core/model";
import { unzip } from "./core/zip";
import { repr } from "./core/values";
import style from "./style.css?inline";
import { App } from "./ui/app";
import type { Link, Page, Port, Trace } from "./ui/page";
import { isDark } from "./ui/theme";

export { Model, repr };


function mount(host: HTMLElement, page: Page, model: Model | null, port: Port, whole: boolean): () => void {
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = document.createElement("style");
  sheet.textContent = style;
  const root = document.createElement("div");
  shadow.append(sheet, root);
  host.dataset.theme = isDark() ? "dark" : "light";
  render(<App page={page} model={model} port={port} whole={whole} />, root);
  return () => render(null, root);
}

/** The page that is one file: its data are in elements of the document. */
async function start(host: HTMLElement): Promise<void> {
  const text = (id: string) => document.getElementById(id)?.textContent?.trim() ?? "";
  const page = JSON.parse(text("hardwire-page")) as Page;
  const packed = text("hardwire-model");
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const model = packed ? Model.read(await unzip(bytes)) : null;
  mount(host, page, model, { initial: {}, listen: () => () => {}, send: () => {}, live: false }, true);
}

/** What anywidget gives a widget: its traits. */
interface Traits {
  get: (name: string) => unknown;
  set: (name: string, value: unknown) => void;
  on: (event: string, call: () => void) => void;
  off: (event: string, call: () => void) => void;
  save_changes: () => void;
}

const NAMES = { tokens: "_tokens", typed: "_typed", layer: "layer", selected: "selected" } as const;

async function widget({ model: traits, el }: { model: Traits; el: HTMLElement }): Promise<() => void> {
  const page = JSON.parse(traits.get("_page") as string) as Page;
  const packed = traits.get("_weights") as DataView;
  const bytes = new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
  const model = bytes.length ? Model.read(await unzip(bytes)) : null;
  const now = (): Link => ({
    tokens: traits.get(NAMES.tokens) as number[] | null,
    typed: traits.get(NAMES.typed) as string,
    layer: traits.get(NAMES.layer) as number,
    selected: traits.get(NAMES.selected) as number | null,
  });
  const port: Port = {
    initial: now(),
    live: true,
    send: (change) => {
      for (const [name, value] of Object.entries(change)) traits.set(NAMES[name as keyof typeof NAMES], value);
      traits.save_changes();
    },
    listen: (change) => {
      const calls = Object.entries(NAMES).map(([name, trait]): [string, () => void] => [
        `change:${trait}`,
        () => change({ [name]: traits.get(trait) }),
      ]);
      calls.push(["change:_trace", () => change({ trace: JSON.parse(traits.get("_trace") as string) as Trace })]);
      for (const [event, call] of calls) traits.on(event, call);
      return () => calls.forEach(([event, call]) => traits.off(event, call));
    },
  };
  const trace = traits.get("_trace") as string;
  if (trace) page.trace = JSON.parse(trace) as Trace;
  const host = document.createElement("div");
  el.append(host);
  return mount(host, page, model, port, false);
}

const host = typeof document === "undefined" ? null : document.getElementById("hardwire-explore");
if (host) void start(host);

export default { render: widget };
