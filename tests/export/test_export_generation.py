"""Every program that writes text, as a stock GPT-2 and Llama: `generate` of their library writes the same texts."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from cases import load, needs

import hardwire as hw
from hardwire import writers
from hardwire.writers import WRITERS

PROMPTS, EVERY_NIGHT = 60, 1_000
"""Prompts for each model."""
TRANSFORMERS_4 = os.environ.get("TRANSFORMERS_4", "")
"""A folder with a transformers 4 to import in place of the newest."""
STOCK = ("gpt2-lm", "llama")


def shown(prompt: str, text: str | list[str]) -> str:
    """A transcript as the tokenizer writes it: tokens of several characters have spaces between them."""
    return prompt + text if isinstance(text, str) else " ".join([*prompt, *text])


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("writers")
    for name in WRITERS:
        model = hw.compile(writers.get(name))
        for stock in STOCK:
            (folder / stock).mkdir(exist_ok=True)
            hw.export.huggingface(model, folder / stock / name, stock, check=False)
    return folder


def check(exported: Path, count: int, *, cache: bool, also: str = "") -> None:
    needs("transformers", "hf")
    jobs, wanted = [], {}
    for name in WRITERS:
        program, rng = writers.get(name), random.Random(name)
        edges = rng.sample(program.edges, min(len(program.edges), count // 3))
        prompts = [program.example, *edges, *(program.draw(rng) for _ in range(count))][:count]
        most = 12 if name == "induction" else program.max_len
        jobs.append({"name": name, "path": str(exported / name), "do": "generate", "texts": prompts, "max_new": most})
        jobs[-1] |= {"cache": cache}
        texts = [hw.generate(program, prompt, max_new=most).finish() for prompt in prompts]
        wanted[name] = [shown(*x) for x in zip(prompts, texts, strict=True)]
    found = load("hf.py", jobs, also)
    for name, expected in wanted.items():
        assert found[name] == expected, name


@pytest.mark.parametrize("stock", STOCK)
@pytest.mark.parametrize("cache", [True, False])
def test_generate_writes_the_texts_of_the_programs(cache: bool, stock: str, exported: Path) -> None:
    check(exported / stock, PROMPTS if cache else 4, cache=cache)


@pytest.mark.parametrize("stock", STOCK)
def test_generate_of_transformers_4_writes_the_same(stock: str, exported: Path) -> None:
    if not TRANSFORMERS_4:
        pytest.skip("no transformers 4 beside the newest: `make test-exports` installs one")
    check(exported / stock, PROMPTS // 4, cache=True, also=TRANSFORMERS_4)


@pytest.mark.nightly
@pytest.mark.parametrize("stock", STOCK)
def test_generate_writes_a_thousand_texts_of_each_program(stock: str, exported: Path) -> None:
    check(exported / stock, EVERY_NIGHT, cache=True)
