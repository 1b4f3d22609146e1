"""The card of a data set: its README.md, with the settings that the Hugging Face Hub reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .choosing import SHARES, strata

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))


def card(rows: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> str:
    """The text of a card."""
    size = next((name for most, name in SIZES if len(rows) < most), "100K<n<1M")
    shown = ", ".join(f"{name} {x!r}" for name, x in settings.items() if x not in ("", False))
    return _CARD.format(
        size=size,
        count=len(rows),
        algorithms=len({r["algorithm"] for r in rows}),
        settings=shown,
        strata="\n".join(_table(what, Counter(strata(r)[what] for r in rows), list(SHARES[what])) for what in SHARES),
        families=_table("family", Counter(r["family"] for r in rows)),
        tokens=_table("vocabulary", Counter(r["tokens"] for r in rows)),
        constructions=_table("construction", Counter(c for r in rows for c in r["constructions"])),
    )


def _table(title: str, counts: Counter[str], order: Sequence[str] = ()) -> str:
    names = order or sorted(counts, key=lambda name: (-counts[name], name))
    rows = [f"| {name} | {counts[name]:,} |" for name in names]
    return "\n".join(["", f"| {title} | models |", "|---|---:|", *rows])


_CARD = """---
license: mit
pretty_name: Transformers with known circuits
tags: [interpretability, circuits, transformers]
size_categories: ["{size}"]
configs:
- config_name: default
  data_files: manifest.jsonl
---

# {count:,} transformers with known circuits

Each is compiled from a program by hardwire, and proved: its certificate says that the weights compute the program,
for every input over the vocabulary up to the length that it names. No two programs give the same results, none is a
constant, and each needs attention. There are {algorithms:,} different algorithms (programs that differ in more than
constants and names).

Made with: {settings}.

`models/000/000000/` and so on have

- `model.safetensors`: the weights, and everything that `hardwire.load` needs;
- `circuit.json`: the parts of the model, the edges between them, and where each named value is stored; `in_circuit`
  says whether a part contributes to the answer;
- `program.json`: the program, losslessly, sources first; functions are tables of their results;
- `certificate.json`: what is proved, with the margins of the proof;
- `inputs.jsonl`: inputs with the program's output and named values at every position;
- `item.json`: the row of `manifest.jsonl` and `manifest.parquet`.

Values are strings, integers, truth values and null as they are; others are tagged: {{"float": hexadecimal}}, {{"ratio":
[...]}}, {{"tuple": [...]}}; {{"undefined": true}} where the program has no value. `candidates.jsonl` lists every
program that was tried, and why it was left out.

```python
import hardwire as hw
for item in hw.datasets.load("."):
    item.program, item.model, item.circuit, item.inputs
```

The manifest alone: `datasets.load_dataset("json", data_files="manifest.jsonl")`.
{strata}
{families}
{tokens}
{constructions}
"""
