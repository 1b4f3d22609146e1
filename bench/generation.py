"""Programs that write text: their models, and how fast these write. `python -m bench generation`."""

from __future__ import annotations

import random
import time

from rich.table import Table

import hardwire as hw
from hardwire import writers
from hardwire.writers import WRITERS, TextProgram

TOKENS = 4_000
"""About how many tokens are written, alone and in a batch."""
BATCH = 256
"""Prompts in one batch."""


def tables() -> list[Table]:
    table = Table("program", "layers", "parameters", "longest", "compiled, s", "tokens/s", "in batches", title="Texts")
    for name, program in programs().items():
        start = time.perf_counter()
        model = hw.compile(program)
        seconds = time.perf_counter() - start
        alone, together = speed(model, program)
        sizes = (f"{model.depth}", f"{model.parameters:,}", f"{program.max_len:,}")
        table.add_row(name, *sizes, f"{seconds:.2f}", f"{alone:,.0f}", f"{together:,.0f}")
    return [table]


def programs() -> dict[str, TextProgram]:
    """Every program, and the two that the limits are about."""
    known = {name: writers.get(name) for name in WRITERS}
    return known | {"add, 12 digits": writers.add(12), "turing, 1,000 steps": writers.turing(steps=1_000)}


def speed(model: hw.Transformer, program: TextProgram) -> tuple[float, float]:
    """Tokens a second of processor time, one text after the other and many texts at a time.

    The prompts are read in this time, and the stop token is written, too.
    """
    rng = random.Random(0)
    prompts = [program.draw(rng) for _ in range(TOKENS)]
    model.generate(program.example, stop=program.stop, max_new=1).finish()
    count, start = 0, time.process_time()
    for prompt in prompts:
        count += 1 + len(model.generate(prompt, stop=program.stop, max_new=program.max_len - len(prompt)).finish())
        if count > TOKENS:
            break
    alone = count / (time.process_time() - start)
    start = time.process_time()
    texts = model.generate_batch(prompts[:BATCH], stop=program.stop, errors="keep")
    return alone, sum(1 + len(t.tokens) for t in texts) / (time.process_time() - start)
