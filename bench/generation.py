"""Programs that write text: their models, and how fast these write. `python -m bench generation`."""

from __future__ import annotations

import random
import time

from rich.table import Table

import hardwire as hw
from hardwire import writers
from hardwire.model import decoding
from hardwire.writers import WRITERS, TextProgram
from hardwire.writers.machines import INCREMENT

TOKENS = 4_000
"""About how many tokens are written, alone and in a batch."""
BATCH = 256
"""Prompts in one batch."""
LENGTHS = (1_000, 10_000, 100_000)
"""After how many tokens of one text its speed is measured."""
ROUND = {
    ("carry", "0"): ("1", "L", "back"),
    ("carry", "_"): ("1", "L", "back"),
    ("back", "0"): ("0", "L", "back"),
    ("back", "1"): ("1", "L", "back"),
    ("back", "_"): ("_", "R", "right"),
}
"""Makes a machine that adds 1 count without an end."""


def tables() -> list[Table]:
    table = Table("program", "layers", "parameters", "longest", "compiled, s", "tokens/s", "in batches", title="Texts")
    for name, program in programs().items():
        start = time.perf_counter()
        model = hw.compile(program)
        seconds = time.perf_counter() - start
        alone, together = speed(model, program)
        sizes = (f"{model.depth}", f"{model.parameters:,}", f"{program.max_len:,}")
        table.add_row(name, *sizes, f"{seconds:.2f}", f"{alone:,.0f}", f"{together:,.0f}")
    return [table, long_texts()]


def long_texts() -> Table:
    """Tokens a second of processor time after so many tokens of a machine's trace, by an index of keys and without."""
    program = writers.tape_machine(INCREMENT | ROUND, cells=20, steps=LENGTHS[-1])
    model = hw.compile(program)
    assert model.certificate is not None
    title = f"One text of tape_machine, {model.certificate.status}, {model.parameters:,} parameters: tokens/s"
    table = Table("keys read", *(f"after {n:,}" for n in LENGTHS), title=title)
    by_index = decoding.INDEX_FROM
    for name, start in (("those that can matter", by_index), ("all", 10 * LENGTHS[-1])):
        decoding.INDEX_FROM = start
        text, rates, clock = model.generate("=", max_new=LENGTHS[-1]), [], 0.0
        for i, _ in enumerate(text, 1):
            if i in {n - n // 10 for n in LENGTHS}:
                clock = time.process_time()
            if i in LENGTHS:
                rates.append(f"{i // 10 / (time.process_time() - clock):,.0f}")
        table.add_row(name, *rates)
    decoding.INDEX_FROM = by_index
    return table


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
