"""Programs that write text in NumPy and in stock models of transformers: `make bench-exports`.

Each model writes the same texts with a cache, on one core, prompts included: one after the other, and in a batch.
"""

from __future__ import annotations

import importlib.util
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}

from rich.table import Table

import hardwire as hw
from hardwire import writers

PROGRAMS = ("add", "reverse", "sort", "turing")
ALONE, TOGETHER = 10, 256
"""Prompts one after the other, and in a batch."""
NEEDS = ("safetensors", "torch", "transformers")
Write = Callable[[list[str]], object]


def missing() -> str:
    """Why nothing can be measured here; "" where it can."""
    absent = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    return f"since {', '.join(absent)} cannot be imported: `make bench-exports` measures it" if absent else ""


def ways(model: hw.Transformer, program: writers.TextProgram, folder: Path) -> Iterator[tuple[str, Write]]:
    """Functions that continue prompts to their ends, by name."""
    yield "NumPy", lambda prompts: model.generate_batch(prompts, stop=program.stop)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    for name, stock in (("GPT-2", "gpt2-lm"), ("Llama", "llama")):
        hw.export.huggingface(model, folder / stock, stock, check=False)
        loaded = AutoModelForCausalLM.from_pretrained(folder / stock)
        tokenizer = AutoTokenizer.from_pretrained(folder / stock)
        yield name, partial(generate, loaded, tokenizer, program.max_len)


def generate(model: Any, tokenizer: Any, most: int, prompts: list[str]) -> None:
    model.generate(**tokenizer(prompts, return_tensors="pt", padding=True), max_new_tokens=most)


def tables() -> list[Table]:
    table = Table("program", "in", "one at a time, tokens/s", f"{TOGETHER} together", title="Texts in stock models")
    for name in PROGRAMS:
        program, rng = writers.get(name), random.Random(0)
        model = hw.compile(program)
        prompts = [program.draw(rng) for _ in range(TOGETHER)]
        counts = [1 + len(t.tokens) for t in model.generate_batch(prompts, stop=program.stop)]
        with tempfile.TemporaryDirectory() as folder:
            for tool, write in ways(model, program, Path(folder)):
                write(prompts[:2])
                alone = seconds(write, *([p] for p in prompts[:ALONE]))
                together = seconds(write, prompts)
                table.add_row(name, tool, f"{sum(counts[:ALONE]) / alone:,.0f}", f"{sum(counts) / together:,.0f}")
    return [table]


def seconds(write: Write, *batches: list[str]) -> float:
    """The processor time of some batches."""
    start = time.process_time()
    for prompts in batches:
        write(prompts)
    return time.process_time() - start
