// Runs models with the code of the page, without a page: `node run.mjs BUNDLE FOLDER`.
//
// FOLDER has NAME.safetensors and NAME.json, a list of inputs as places in the vocabulary. For each, NAME.out.json gets
// for every input the logits, what the page takes them for, and the decoded values of every reading, as the page shows.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [bundle, folder] = process.argv.slice(2);
const { Model, repr } = await import(pathToFileURL(bundle).href);
for (const file of readdirSync(folder).filter((f) => f.endsWith(".safetensors"))) {
  const name = file.slice(0, -".safetensors".length);
  const model = Model.read(new Uint8Array(readFileSync(join(folder, file))));
  const { inputs, details } = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
  const started = performance.now();
  const width = model.weights.unembed.columns;
  const out = inputs.map((places, i) => {
    const run = model.run(places.map((place) => place + 1));
    const found = { answers: run.answers.map(repr) };
    if (i >= details) return found;
    const rows = places.map((_, t) => t + 1);
    return {
      ...found,
      logits: Array.from(run.pass.logits.subarray(width)),
      attention: run.pass.attention.map((heads) => heads.map((weights) => Array.from(weights))),
      readings: model.readings.map((r) => rows.map((t) => repr(r.decode(run.pass.stream[2 * r.layer], t).value))),
    };
  });
  const time = performance.now() - started;
  writeFileSync(join(folder, `${name}.out.json`), JSON.stringify({ out, time }));
}
