"""Every program that writes text, as a stock GPT-2 and Llama: `generate` of their library writes the same texts."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from cases import load, needs

import hardwire as hw
from hardwire import writers
from hardwire.export.tokenizer import Tokenizer
from hardwire.writers import WRITERS, TextProgram

PROMPTS, EVERY_NIGHT = 12, 1_000
"""Prompts for each model."""
TRANSFORMERS_4 = os.environ.get("TRANSFORMERS_4", "")
"""A folder with a transformers 4 to import in place of the newest."""
STOCK = ("gpt2-lm", "llama")


def shown(program: TextProgram, prompt: str, text: str | list[str]) -> str:
    """A transcript as the tokenizer writes it: tokens of several characters have spaces between them, unless they
    contain spaces."""
    return (" " if Tokenizer.of(program.vocab).spaced else "").join([*prompt, *text])


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs("transformers", "hf")
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
        wanted[name] = [shown(program, *x) for x in zip(prompts, texts, strict=True)]
    found = load("hf.py", jobs, also)
    for name, expected in wanted.items():
        assert found[name] == expected, name


@pytest.mark.parametrize("stock", STOCK)
@pytest.mark.parametrize("cache", [True, False])
def test_generate_writes_the_texts_of_the_programs(cache: bool, stock: str, exported: Path) -> None:
    check(exported / stock, PROMPTS if cache else 4, cache=cache)


def check_onnx(folder: Path, count: int) -> None:
    """A greedy loop in ONNX Runtime, which gives keys and values from step to step."""
    needs("onnxruntime", "onnx")
    jobs, wanted = [], {}
    for name in WRITERS:
        program, rng = writers.get(name), random.Random(name)
        model = hw.compile(program)
        hw.export.onnx(model, folder / f"{name}.onnx", cache=True, check=False)
        prompts = [program.example, *(program.draw(rng) for _ in range(count - 1))]
        most = 12 if name == "induction" else program.max_len
        wanted[name] = [[1 + model.vocab.index(t) for t in written(program, prompt, most)] for prompt in prompts]
        following = [-1 if v == program.stop else 1 + model.vocab.index(v) for v in model.outputs or ()]
        job = {"name": name, "path": str(folder / f"{name}.onnx"), "do": "generate", "level": "ORT_ENABLE_ALL"}
        job |= {"ids": [[0, *model.encode(p)] for p in prompts], "next": following, "max_new": most}
        jobs.append(job | {"max_len": model.max_len, "tokens": len(model.vocab)})
    found = load("ort.py", jobs)
    for name, expected in wanted.items():
        assert found[name] == expected, name


def written(program: TextProgram, prompt: str, most: int) -> list[Any]:
    return list(hw.generate(program, prompt, max_new=most))


def test_onnx_runtime_writes_the_texts_with_a_cache(tmp_path: Path) -> None:
    check_onnx(tmp_path, 10)


@pytest.mark.nightly
def test_onnx_runtime_writes_a_thousand_texts_of_each_program(tmp_path: Path) -> None:
    check_onnx(tmp_path, EVERY_NIGHT)


@pytest.mark.parametrize("stock", STOCK)
def test_generate_of_transformers_4_writes_the_same(stock: str, exported: Path) -> None:
    if not TRANSFORMERS_4:
        pytest.skip("no transformers 4 beside the newest: `make test-exports` installs one")
    check(exported / stock, PROMPTS // 4, cache=True, also=TRANSFORMERS_4)


@pytest.mark.nightly
@pytest.mark.parametrize("stock", STOCK)
def test_generate_writes_a_thousand_texts_of_each_program(stock: str, exported: Path) -> None:
    check(exported / stock, EVERY_NIGHT, cache=True)
