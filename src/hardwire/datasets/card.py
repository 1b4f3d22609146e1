"""The card of a data set: its README.md, with the settings that the Hugging Face Hub reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .choosing import SHARES, strata

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))


def card(rows: Sequence[Mapping[str, Any]], settings: Mapping[str, Any], reasons: Sequence[str]) -> str:
    """The text of a card. reasons: for each candidate, why it was left out; empty for an item."""
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
        candidates=_table("outcome", Counter(map(outcome, reasons)), unit="candidates"),
    )


def outcome(reason: str) -> str:
    """What became of a candidate, without its own numbers and names."""
    return re.sub(r"the candidate \d+$", "another candidate", reason.partition(":")[0]) or "a model"


def _table(title: str, counts: Counter[str], order: Sequence[str] = (), unit: str = "models") -> str:
    names = order or sorted(counts, key=lambda name: (-counts[name], name))
    rows = [f"| {name} | {counts[name]:,} |" for name in names]
    return "\n".join(["", f"| {title} | {unit} |", "|---|---:|", *rows])


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

Each transformer is compiled from a program by hardwire. Its certificate proves, from the weights, that it computes the
program for every input over the vocabulary up to a length. No two programs give equal results, no program is constant,
and each needs attention. There are {algorithms:,} different algorithms (programs that differ only in constants, tables
and names count once).

Options: {settings}.

## Files

Each model has a folder, `models/000/000000/` and so on:

- `model.safetensors`: the weights, and everything else that `hardwire.load` needs;
- `circuit.json`: the parts of the model, the edges between them, and the place of each named value; `in_circuit` is
  false for parts that do not contribute to the answer, such as distractors;
- `program.json`: the program, losslessly, sources first; functions are tables of their results;
- `certificate.json`: the certificate, with the margins of the proof;
- `inputs.jsonl`: inputs with the program's output and named values at every position;
- `item.json`: the row of `manifest.jsonl` and `manifest.parquet`.

Strings, integers, truth values and null are stored as they are; other values are tagged: {{"float": hexadecimal}},
{{"ratio": [...]}}, {{"tuple": [...]}}, and {{"undefined": true}} where the program has no value. `candidates.jsonl`
lists every program that was tried, with the reason if it was left out.

```python
import hardwire as hw
for item in hw.datasets.load("."):
    item.program, item.model, item.circuit, item.inputs
```

The manifest alone: `datasets.load_dataset("json", data_files="manifest.jsonl")`. Its columns `layers`, `heads`,
`edges`, `constructions`, `tokens`, `family` and `algorithm` divide the models into classes, and `outside_circuit` lists
the parts that do not contribute to the answer.

## Models by class
{strata}
{families}
{tokens}
{constructions}

## Candidates
{candidates}
"""
