"""Every library program in every tool: the artefact is loaded with the tool's own public API, in a fresh process."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from cases import CAUSAL, Case, Export, case, load, needs, totals

import hardwire as hw
from hardwire import indices, key, query, tokens, where
from hardwire.errors import ExportError
from hardwire.export.code import imported
from hardwire.programs import LIBRARY

TRANSFORMERS_4 = os.environ.get("TRANSFORMERS_4", "")
"""A folder with a transformers 4 to import in place of the newest."""


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    needs("torch", "torch")
    return [case(name) for name in LIBRARY]


@pytest.fixture(scope="module")
def causal() -> list[Case]:
    needs("torch", "torch")
    return [case(name, causal=True) for name in CAUSAL]


ROUNDED = ("bert cumsum", "roberta-prelayernorm cumsum", "roberta-prelayernorm window_sum")
"""Norms round the digits of a hundred positions, which these heads subtract from one another, too coarsely."""


@pytest.mark.parametrize("name", ROUNDED)
def test_what_norms_round_too_coarsely_is_discarded(name: str, cases: list[Case], tmp_path: Path) -> None:
    needs("transformers", "hf")
    architecture, program = name.split()
    [c] = [c for c in cases if c.name == program]
    with pytest.raises(ExportError, match="gives a different answer in transformers"):
        hw.export.huggingface(c.model, tmp_path / "export", architecture)
    assert not (tmp_path / "export").exists()


@pytest.mark.parametrize("version", ["newest", "4"])
def test_hugging_face(version: str, cases: list[Case], causal: list[Case], tmp_path: Path) -> None:
    needs("transformers", "hf")
    if version == "4" and not TRANSFORMERS_4:
        pytest.skip("no transformers 4 beside the newest: `make test-exports` installs one")
    also, expect = (TRANSFORMERS_4, "4.") if version == "4" else ("", "")
    of = {"mobilebert": cases, "bert": cases, "roberta-prelayernorm": cases, "gpt2": causal}
    every = {f"{architecture} {c.name}": c for architecture, some in of.items() for c in some}
    for name in ROUNDED:
        del every[name]
    for name, c in every.items():
        hw.export.huggingface(c.model, tmp_path / name, name.split()[0], check=False)
    # One process for all: importing takes longer than running.
    found = load("hf.py", [c.job(tmp_path / name, expect=expect) | {"name": name} for name, c in every.items()], also)
    assert {name: c.wrong(found[name]) for name, c in every.items()} == dict.fromkeys(every, 0)
    assert sum(len(c.inputs) for c in every.values()) > 5000


@pytest.mark.parametrize("level", ["ORT_DISABLE_ALL", "ORT_ENABLE_BASIC", "ORT_ENABLE_EXTENDED", "ORT_ENABLE_ALL"])
def test_onnx_runtime(level: str, cases: list[Case], tmp_path: Path) -> None:
    needs("onnx", "onnx")
    needs("onnxruntime", "onnx")
    paths = [tmp_path / f"{c.name}.onnx" for c in cases]
    for c, path in zip(cases, paths, strict=True):
        hw.export.onnx(c.model, path, check=False)
    jobs = [
        c.job(path, level=level, max_len=c.model.max_len, tokens=len(c.model.vocab))
        for c, path in zip(cases, paths, strict=True)
    ]
    found = load("ort.py", jobs)
    assert {c.name: c.wrong(found[c.name]) for c in cases} == dict.fromkeys(LIBRARY, 0)


@pytest.mark.parametrize("causal", [False, True])
def test_onnx_pads_on_either_side(causal: bool, tmp_path: Path) -> None:
    needs("onnx", "onnx")
    needs("onnxruntime", "onnx")
    import numpy as np
    import onnxruntime

    shifted = (key(indices) == query(indices - 1)).value(tokens, default="a")
    model = hw.compile(shifted, "abc", 6, causal=causal)
    hw.export.onnx(model, tmp_path / "m.onnx", check=False)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    for before, text, after in ((0, "bcab", 2), (2, "bcab", 0), (1, "bcab", 1), (6, "", 0)):
        ids = np.array([[0] * (1 + before) + model.encode(text) + [0] * after, [0, *model.encode("abcabc")]])
        mask = np.array([[0] * before + [1] * (1 + len(text)) + [0] * after, [1] * 7])
        logits = session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]
        assert model.decode(logits[0, 1 + before : 1 + before + len(text)]) == list(model(text))
        assert model.decode(logits[1, 1:]) == list(model("abcabc"))


def test_pytorch(cases: list[Case], tmp_path: Path) -> None:
    needs("torch", "torch")
    paths = [tmp_path / f"{c.name}_model.py" for c in cases]
    for c, path in zip(cases, paths, strict=True):
        hw.export.torch(c.model, path, check=False)
    assert totals("pytorch.py", cases, paths)[1] == 0


def test_pytorch_compiles(cases: list[Case], tmp_path: Path) -> None:
    needs("torch", "torch")
    some = [c for c in cases if c.name in ("flip", "histogram", "dyck")]
    paths = [tmp_path / f"{c.name}_compiled.py" for c in some]
    for c, path in zip(some, paths, strict=True):
        hw.export.torch(c.model, path, check=False)
    assert totals("pytorch.py", some, paths, do="compile", backend="aot_eager")[1] == 0
    assert totals("pytorch.py", some[:1], paths[:1], do="compile", backend="inductor")[1] == 0


def test_transformer_lens(cases: list[Case], tmp_path: Path) -> None:
    needs("transformer_lens", "lens")
    paths = [tmp_path / f"{c.name}_lens.py" for c in cases]
    for c, path in zip(cases, paths, strict=True):
        hw.export.transformer_lens(c.model, path, check=False)
    assert totals("lens.py", cases, paths)[1] == 0


@pytest.mark.parametrize("target", ["torch", "onnx", "lens"])
def test_causal_models(target: str, causal: list[Case], tmp_path: Path) -> None:
    package, loader = {"torch": ("torch", "pytorch.py"), "onnx": ("onnxruntime", "ort.py")}.get(
        target, ("transformer_lens", "lens.py")
    )
    needs(package, target)
    write = {"torch": hw.export.torch, "onnx": hw.export.onnx, "lens": hw.export.transformer_lens}[target]
    paths = [tmp_path / f"{c.name}_causal.{'onnx' if target == 'onnx' else 'py'}" for c in causal]
    for c, path in zip(causal, paths, strict=True):
        write(c.model, path, check=False)
    jobs = [
        c.job(path, level="ORT_ENABLE_ALL", max_len=c.model.max_len, tokens=len(c.model.vocab))
        for c, path in zip(causal, paths, strict=True)
    ]
    found = load(loader, jobs)
    assert {c.name: c.wrong(found[c.name]) for c in causal} == dict.fromkeys(CAUSAL, 0)


# What people do with a Hugging Face directory.


@pytest.mark.parametrize("version", ["newest", "4"])
def test_pipelines_and_generation(version: str, cases: list[Case], tmp_path: Path) -> None:
    needs("transformers", "hf")
    if version == "4" and not TRANSFORMERS_4:
        pytest.skip("no transformers 4 beside the newest: `make test-exports` installs one")
    jobs, wanted = [], {}
    for name in ("flip", "histogram", "sort", "dyck"):
        c = next(c for c in cases if c.name == name)
        hw.export.huggingface(c.model, tmp_path / name, check=False)
        some = [x for x in c.inputs if 0 < len(x) <= 30]
        answers = c.model.source.batch(some)
        texts = ["".join(map(str, x)) for x in some]
        jobs.append({"name": name, "path": str(tmp_path / name), "do": "pipeline", "texts": texts})
        wanted[name] = [[str(v) for v in row] for row in answers]
    hw.export.huggingface(copier(), tmp_path / "copier", "gpt2-lm", check=False)
    texts = ["abc=", "a=", "ddcba=", "abcdabcd="]
    jobs.append({"name": "copier", "path": str(tmp_path / "copier"), "do": "generate", "texts": texts})
    wanted["copier"] = [f"{text}{text[:-1]}" for text in texts]
    assert load("hf.py", jobs, TRANSFORMERS_4 if version == "4" else "") == wanted


def copier() -> hw.Transformer:
    """A language model: abc= goes on with abc and ends."""
    at = (key(tokens) == query("=")).value(indices)
    copied = (key(indices) == query(indices - at)).value(tokens, default=".")
    return hw.compile(where(indices - at < at, copied, "."), "abcd=", 30, causal=True)


def test_attention_kernels_and_padding(cases: list[Case], tmp_path: Path) -> None:
    needs("transformers", "hf")
    some = [c for c in cases if c.name in ("flip", "histogram", "sort", "add_in_three")]
    ways = {
        "mobilebert": ({"attention": "eager"}, {"attention": "sdpa"}),
        "roberta-prelayernorm": ({"padding": "left"},),
    }
    jobs, of = [], {}
    for architecture, options in ways.items():
        for c in some:
            path = tmp_path / f"{architecture} {c.name}"
            hw.export.huggingface(c.model, path, architecture, check=False)
            for option in options:
                name = f"{path.name} {option}"
                jobs.append(c.job(path, **option) | {"name": name})
                of[name] = c
    found = load("hf.py", jobs)
    assert {name: c.wrong(found[name]) for name, c in of.items()} == dict.fromkeys(of, 0)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_low_precision_never_gives_an_answer(dtype: str, tmp_path: Path) -> None:
    needs("transformers", "hf")
    c = case("flip")
    jobs = []
    for architecture in ("mobilebert", "bert", "roberta-prelayernorm", "gpt2"):
        of = case("histogram", causal=True) if architecture == "gpt2" else c
        hw.export.huggingface(of.model, tmp_path / architecture, architecture, check=False)
        jobs.append(of.job(tmp_path / architecture, dtype=dtype) | {"name": architecture})
    for found in load("hf.py", jobs).values():
        assert not isinstance(found, str), found
        assert all(v is None for row in found for v in row)


def test_unknown_tokens_and_long_inputs_are_errors(tmp_path: Path) -> None:
    needs("transformers", "hf")
    model = case("flip").model
    jobs = []
    for architecture in ("mobilebert", "bert", "roberta-prelayernorm"):
        path = tmp_path / architecture
        hw.export.huggingface(model, path, architecture, check=False)
        for what, words in (("unknown", ["q"]), ("long", ["e"] * 101)):
            jobs.append({"name": f"{architecture} {what}", "path": str(path), "words": [words]})
        jobs.append({"name": f"{architecture} cut", "path": str(path), "do": "pipeline", "texts": ["e" * 101]})
    found = load("hf.py", jobs)
    assert all(isinstance(x, str) for x in found.values()), found
    assert all("Missing [UNK]" in x for name, x in found.items() if name.endswith("unknown"))


@pytest.mark.parametrize("tool", ["torch", "transformer_lens"])
def test_modules_refuse_low_precision(tool: str, tmp_path: Path) -> None:
    needs(tool, "lens")
    import torch

    export, model, ids = getattr(hw.export, tool), case("flip").model, torch.tensor([[0, 1]])
    path = tmp_path / "flip_model.py"
    export(model, path, check=False)
    for module in (export(model, check=False), imported(path).load()):
        module(ids)
        with pytest.raises(ValueError, match="wrong in lower precision"), torch.autocast("cpu"):
            module(ids)
        with pytest.raises(ValueError, match="wrong in lower precision"):
            module.to(torch.bfloat16)(ids)


# The check that every export ends with.

WRITE: dict[str, Export] = {
    "mobilebert": lambda model, path: hw.export.huggingface(model, path, "mobilebert"),
    "bert": lambda model, path: hw.export.huggingface(model, path, "bert"),
    "roberta-prelayernorm": lambda model, path: hw.export.huggingface(model, path, "roberta-prelayernorm"),
    "gpt2": lambda model, path: hw.export.huggingface(model, path, "gpt2"),
    "gpt2-lm": lambda model, path: hw.export.huggingface(model, path, "gpt2-lm"),
    "llama": lambda model, path: hw.export.huggingface(model, path, "llama"),
    "onnx": hw.export.onnx,
    "onnx-cache": lambda model, path: hw.export.onnx(model, path, cache=True),
    "torch": hw.export.torch,
    "lens": hw.export.transformer_lens,
}

CAUSAL_ONLY = ("gpt2", "gpt2-lm", "llama", "onnx-cache")


def small(target: str, dtype: str = "float32") -> hw.Transformer:
    shifted = (key(indices) == query(indices - 1)).value(tokens, default="a")
    return hw.compile(shifted, "abc", 6, causal=target in CAUSAL_ONLY, dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("target", WRITE)
def test_an_export_has_been_run_against_the_program(target: str, dtype: str, tmp_path: Path) -> None:
    needs("transformer_lens", "lens")
    if target == "llama" and dtype == "float64":
        pytest.skip("its norms compute in float32")
    done = WRITE[target](small(target, dtype), tmp_path / "model")
    assert done.verification
    assert done.verification.exhaustive
    assert "agrees on every input up to length 6" in repr(done)


@pytest.mark.parametrize("target", WRITE)
def test_an_answer_that_never_changes(target: str, tmp_path: Path) -> None:
    """The model has no residual stream at all."""
    needs("transformer_lens", "lens")
    constant = tokens.map(lambda _: "yes")
    model = hw.compile(constant, "ab", 5, causal=target in CAUSAL_ONLY)
    assert model.d_model == 0
    assert WRITE[target](model, tmp_path / "model").verification


@pytest.mark.parametrize("target", WRITE)
def test_a_wrong_artefact_is_not_left_behind(target: str, tmp_path: Path) -> None:
    """One weight is broken on the way; what was there before stays as it was."""
    needs("transformer_lens", "lens")
    model = small(target)
    unembed = model.unembed.copy()
    unembed[:, [0, 1]] = unembed[:, [1, 0]]
    broken = replace(model, unembed=unembed)
    with pytest.raises(ExportError, match=r"a different answer in .*, so the export was discarded: on 'a"):
        WRITE[target](broken, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
    WRITE[target](model, tmp_path / "model")
    before = contents(tmp_path)
    with pytest.raises(ExportError, match="was discarded"):
        WRITE[target](broken, tmp_path / "model")
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("target", ["bert", "roberta-prelayernorm"])
def test_what_norms_cost_too_much_is_refused(target: str, tmp_path: Path) -> None:
    """A number that has to be closer to the program's than norms leave it."""
    needs("transformers", "hf")
    narrow = replace(case("frac_prevs").model, tolerance=5e-7)
    with pytest.raises(ExportError, match="was discarded"):
        WRITE[target](narrow, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["bert", "roberta-prelayernorm", "gpt2"])
def test_a_norm_that_is_none_is_noticed(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is right, and only what the directory says of its norms is not."""
    needs("transformers", "hf")
    monkeypatch.setattr("hardwire.export.architectures.norm", lambda dtype: (1e-5, 1.0))
    with pytest.raises(ExportError, match="was discarded"):
        WRITE[target](small(target), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.nightly
@pytest.mark.parametrize("name", LIBRARY)
def test_the_whole_matrix(name: str, tmp_path: Path) -> None:
    """Every architecture and target on many inputs, by the check that every export ends with."""
    needs("transformers", "hf")
    program = LIBRARY[name]
    options = {"program": program(), "sample": program.sample, "samples": 1000, "exhaustive": 5000}
    for causal in (False, True):
        # Under the mask a few have no proof, and are exported without.
        model = hw.compile(program(), program.vocab, program.max_len, causal=causal, certify=not causal)
        architectures = ["gpt2"] if causal else ["mobilebert", "bert", "roberta-prelayernorm"]
        for architecture in architectures:
            assert hw.export.huggingface(model, tmp_path / architecture, architecture, check=options).verification
        assert hw.export.onnx(model, tmp_path / "m.onnx", check=options).verification
        assert hw.export.torch(model, tmp_path / "m_torch", check=options).verification
        assert hw.export.transformer_lens(model, tmp_path / "m_lens", check=options).verification


def test_pytorch_refuses_ids_without_bos() -> None:
    needs("torch", "torch")
    import torch

    model = case("flip").model
    module, token = hw.export.torch(model, check=False), model.encode(model.vocab[:2])
    rows = torch.tensor([[0, *token], [0, *token]])
    assert module(rows).shape[:2] == (2, 3)
    with pytest.raises(
        ValueError, match=rf"^input 1 begins with the id {token[0]}, and every input begins with 0, which"
    ):
        module(torch.tensor([[0, *token], [*token, 0]]))
    padded = torch.tensor([[*token, 0], [0, *token]])
    for mask, row in (([[0, 1, 1], [1, 1, 1]], 0), ([[1, 1, 1], [1, 0, 1]], 1)):
        with pytest.raises(ValueError, match=f"^input {row} has padding before a token; padding comes last"):
            module(padded, torch.tensor(mask))
    assert module(padded, torch.tensor([[0, 0, 0], [1, 1, 1]])).shape[:2] == (2, 3), "what is masked is not read"
    with pytest.raises(ValueError, match=r"^input 0 begins with the id"):
        module(padded, torch.ones_like(padded))
    for shape in ((3,), (1, 0), (1, 1, 3)):
        with pytest.raises(ValueError, match=r"^ids have the shape \(inputs, 1 \+ n\), not \("):
            module(torch.zeros(shape, dtype=torch.int64))
    assert torch.export.export(module, (rows,)).module()(rows).equal(module(rows))
