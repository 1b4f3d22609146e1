"""What exports do that needs no other tool: their arithmetic in NumPy, what they write, what they refuse."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import compiled

import hardwire as hw
from hardwire.errors import BuildError, ExportError, MissingExtraError, UnknownNameError
from hardwire.export.architectures import ARCHITECTURES
from hardwire.export.comparison import checked
from hardwire.export.host import Host, host, norm
from hardwire.export.parts import parts
from hardwire.export.precision_guard import guarded
from hardwire.export.tokenizer import Tokenizer, special, texts
from hardwire.extras import install
from hardwire.model.weights import Norm

SOME = ["flip", "histogram", "sort", "dyck", "frac_prevs", "caesar"]


@pytest.fixture
def flip() -> hw.Transformer:
    return compiled("flip")


# The arithmetic of hosts.


@pytest.mark.parametrize("name", SOME)
def test_the_guard_changes_nothing(name: str) -> None:
    model = compiled(name)
    program = hw.programs.get(name)
    for x in (program.example, [], list(program.vocab)[:3]):
        assert list(guarded(model)(x)) == list(model(x))


@pytest.mark.parametrize(("dtype", "lower"), [("float32", "float16"), ("float64", "float32")])
def test_the_guard_ruins_what_is_less_precise(dtype: str, lower: str, flip: hw.Transformer) -> None:
    model = guarded(replace(flip, dtype=dtype))
    first, own = model.layers[0], flip.d_model
    a = model.embed[:, own:].astype(lower).astype(dtype)
    neurons = np.maximum(a @ first.w_in[own:] + first.b_in, 0)[:, flip.layers[0].d_ff :]
    with np.errstate(over="ignore"):
        assert np.isinf((neurons.max(axis=1) * 3e38).astype("float32")).all()
    assert not np.maximum(model.embed @ first.w_in + first.b_in, 0)[:, flip.layers[0].d_ff :].any()


@pytest.mark.parametrize("steps", [127.0, 127.5, 128.0])
@pytest.mark.parametrize("activations", ["float", "int8", "7 bits"])
def test_the_guard_ruins_int8(steps: float, activations: str, flip: hw.Transformer) -> None:
    """Weights in steps of the greatest, whatever that is; activations as they are, or in steps of any range."""
    model, rng = guarded(flip), np.random.default_rng(0)
    first, own = model.layers[0], flip.d_model
    x, w, bias = model.embed[1, own:], first.w_in[own:, -4:].astype(np.float64), first.b_in[-4:]
    for _ in range(2000):
        step = np.abs(w).max() * 2 ** max(0.0, rng.uniform(-2, 20)) / steps
        rough = np.clip(np.round(w / step), -128, 127) * step
        low, high = -(2 ** rng.uniform(1, 7)), 2 ** rng.uniform(0, 7)
        top = {"float": 0, "int8": 255, "7 bits": 127}[activations]
        size = (high - low) / top if top else 1.0
        zero = np.round(-low / size)
        seen = (np.clip(np.round(x / size) + zero, 0, top) - zero) * size if top else x
        assert (seen @ rough + bias).max() > 1.2  # times 3e38 this is infinite


def stock(h: Host, rows: list[int], dtype: str, causal: bool) -> np.ndarray[Any, Any]:
    """A pre-norm transformer with layer norms and scaled scores, as GPT-2 has them."""
    w = {name: x.astype(dtype) for name, x in h.arrays().items()}
    eps, weight = (np.asarray(v, dtype) for v in norm(dtype))

    def ln(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        m = x.mean(axis=-1, keepdims=True, dtype=dtype)
        return (x - m) / np.sqrt(((x - m) ** 2).mean(axis=-1, keepdims=True) + eps) * weight

    x = w["embed"][rows] + w["positions"][: len(rows)]
    for i in range(h.layers):
        y = ln(x)
        for j in range(h.heads):
            scores = (y @ w["q"][i, j]) @ (y @ w["k"][i, j]).T / np.asarray(np.sqrt(h.d_head), dtype)
            if causal:
                scores += np.triu(np.full(scores.shape, -np.inf, dtype), 1)
            p = np.exp(scores - scores.max(axis=1, keepdims=True))
            x = x + (p @ (y @ w["v"][i, j]) / p.sum(axis=1, keepdims=True)) @ w["o"][i, j]
        x = x + np.maximum(ln(x) @ w["w_in"][i] + w["b_in"][i], 0) @ w["w_out"][i]
    out: np.ndarray[Any, Any] = (ln(x) @ w["unembed"])[1:]
    return out


@pytest.mark.parametrize("name", ["flip", "histogram", "sort", "dyck"])
def test_layer_norms_are_the_identity_on_a_normalized_host(name: str) -> None:
    model, program = compiled(name), hw.programs.get(name)
    h = host(guarded(model), normed=True)
    assert h.d_model == h.heads * h.d_head
    for x in (program.example, list(program.vocab) * 3):
        logits = stock(h, [0, *model.encode(x)], model.dtype, model.causal)
        assert model.decode(logits) == list(model(x))
        assert np.abs(logits - model.logits(x)).max() < 0.1


def test_the_scale_of_scores_is_exact() -> None:
    for name in SOME:
        width = host(compiled(name)).d_head
        assert np.sqrt(width) == 2 ** int(np.log2(np.sqrt(width)))


# Hugging Face.


def test_a_directory_is_whole_and_describes_itself(flip: hw.Transformer, tmp_path: Path) -> None:
    done = hw.export.huggingface(flip, tmp_path / "flip", check=False)
    files = {p.name for p in (tmp_path / "flip").iterdir()}
    expected = {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "README.md",
        "circuit.json",
    }
    assert files == expected
    assert [p.name for p in tmp_path.iterdir()] == ["flip"]
    config = json.loads((tmp_path / "flip" / "config.json").read_text("utf-8"))
    assert config["architectures"] == ["MobileBertForTokenClassification"]
    assert config["id2label"] == {str(i): v for i, v in enumerate(flip.outputs or ())}
    card = (tmp_path / "flip" / "README.md").read_text("utf-8")
    for text in (
        "length = ",
        "at most 100 tokens",
        "float32",
        "certified exact up to length 100",
        "Pad on the right",
        "not asked for",
    ):
        assert text in card
    assert "not run" in repr(done)
    assert "not asked for" in repr(done)


def test_the_eps_of_norms_is_written_as_a_float(flip: hw.Transformer, tmp_path: Path) -> None:
    hw.export.huggingface(flip, tmp_path / "flip", "bert", check=False)
    assert '"layer_norm_eps": 1.2089258196146292e+24' in (tmp_path / "flip" / "config.json").read_text("utf-8")


def test_no_pipeline_cuts_an_input_that_is_too_long(flip: hw.Transformer, tmp_path: Path) -> None:
    hw.export.huggingface(flip, tmp_path / "flip", check=False)
    assert "model_max_length" not in json.loads((tmp_path / "flip" / "tokenizer_config.json").read_text("utf-8"))


def test_an_export_replaces_an_export_and_nothing_else(flip: hw.Transformer, tmp_path: Path) -> None:
    for _ in range(2):
        hw.export.huggingface(flip, tmp_path / "flip", check=False)
    (tmp_path / "flip" / "thesis.tex").write_text("years of work")
    with pytest.raises(ExportError, match=r"contains other files \(thesis\.tex\); give a new directory"):
        hw.export.huggingface(flip, tmp_path / "flip", check=False)
    assert (tmp_path / "flip" / "thesis.tex").read_text() == "years of work"


def test_refusals(flip: hw.Transformer, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"there is no architecture 'brt'\. Did you mean 'bert'"):
        hw.export.huggingface(flip, tmp_path / "x", "brt")
    with pytest.raises(ExportError, match="this model is not causal, and gpt2 does not support such models"):
        hw.export.huggingface(flip, tmp_path / "x", "gpt2")
    causal = compiled("histogram", True)
    with pytest.raises(ExportError, match="this model is causal, and bert does not support such models"):
        hw.export.huggingface(causal, tmp_path / "x", "bert")
    with pytest.raises(ExportError, match="a language model answers with tokens, and with at most one other value"):
        hw.export.huggingface(causal, tmp_path / "x", "gpt2-lm")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "write",
    [
        hw.export.huggingface,
        hw.export.onnx,
        hw.export.transformer_lens,
        hw.export.numpy,
        lambda model, path: hw.export.circuit(model, file=path),
        lambda model, path: hw.export.edges(model),
    ],
)
def test_what_is_not_plain_is_refused(write: Any, flip: hw.Transformer, tmp_path: Path) -> None:
    norm = Norm("layer", np.ones(flip.d_model), np.zeros(flip.d_model), 1e-5)
    first, *rest = flip.layers
    hard = replace(first, heads=tuple(replace(h, kind="average") for h in first.heads))
    for model in (
        replace(flip, final_norm=norm),
        replace(flip, layers=(replace(first, activation="gelu"), *rest)),
        replace(flip, layers=(replace(first, before_heads=norm), *rest)),
        replace(flip, layers=(hard, *rest)),
    ):
        with pytest.raises(ExportError, match="softmax attention and ReLU neurons without norms, as compiled ones are"):
            write(model, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_export_is_not_kept(flip: hw.Transformer) -> None:
    def answers(inputs: Any) -> list[list[Any]]:
        return [["e"] * len(x) if len(x) > 3 else list(y) for x, y in zip(inputs, flip.batch(inputs), strict=True)]

    with pytest.raises(ExportError, match=r"different answer in a tool, so the export was discarded: on '.{4}' at"):
        checked(flip, "a tool", answers, True)


def test_logits_that_are_no_numbers_are_no_answer() -> None:
    model = hw.compile(hw.tokens.map(lambda _: "yes"), "ab", 5)
    assert str(model.decode(np.array([[np.nan], [1.0]]))) == "[nan, 'yes']"
    assert str(compiled("flip").decode(np.full((1, 4), np.nan))) == "[nan]"

    def answers(inputs: Any) -> list[list[Any]]:
        return [model.decode(np.full((len(x), 1), np.nan)) for x in inputs]

    with pytest.raises(ExportError, match="different answer in a tool, so the export was discarded"):
        checked(model, "a tool", answers, True)


def test_a_model_from_a_file_is_compared_with_itself(flip: hw.Transformer, tmp_path: Path) -> None:
    flip.save(tmp_path / "m.safetensors")
    loaded = hw.load(tmp_path / "m.safetensors")
    assert checked(loaded, "a tool", flip.batch, True)


# The tokenizer.


def test_texts_of_values() -> None:
    assert texts(["a", 10, True, None]) == ["a", "10", "True", "None"]
    assert texts(["1", 1]) == ["'1'", "1"]
    assert texts(["", "a"]) == ["''", "'a'"]
    assert texts(["O", "a"], ["O"]) == ["'O'", "'a'"]
    assert texts([False, True, False]) == ["False", "True", "False"]


def test_a_language_model_reads_no_output_of_another_type(tmp_path: Path) -> None:
    """1.0 and True are not the token 1: they end a text here, as they do where hardwire writes it."""
    for last in (1.0, True):
        model = hw.compile(hw.where(hw.tokens == 1, last, 0), [0, 1], 5, causal=True)
        hw.export.huggingface(model, tmp_path / "m", "gpt2-lm", check=False)
        ids = json.loads((tmp_path / "m" / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
        unembed = _tensors(tmp_path / "m")["lm_head.weight"]
        assert set(np.flatnonzero(np.abs(unembed).max(axis=1) < 1e8)) == {ids["0"], ids["<eos>"]}
    model = hw.compile(hw.tokens * 1.0, [0, 1], 5, causal=True)
    with pytest.raises(ExportError, match=r"which ends the text; 0\.0, 1\.0 are not in the vocabulary"):
        hw.export.huggingface(model, tmp_path / "other", "gpt2-lm", check=False)


def _tensors(folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")


def test_special_names_are_spelt_by_no_tokens() -> None:
    assert special("bos", ["a", "b"]) == "<bos>"
    assert special("bos", ["<", ">", "b"]) == "[bos]"
    assert Tokenizer.of(["a", "ab"]).split() == r"(?:ab|a|[\s\S])"
    assert Tokenizer.of(["a", "b"]).split() == r"[\s\S]"
    assert Tokenizer.of([1, 10]).spaced
    assert not Tokenizer.of(["a b", "c"]).spaced


# Circuits, arrays.


@pytest.mark.parametrize("name", SOME)
def test_heads_read_and_write_what_their_notes_say(name: str) -> None:
    model = compiled(name)
    names = {d.index: d.name for d in model.circuit.directions}
    by_name = {p.name: p for p in parts(model)}
    for note in model.circuit.heads:
        part = by_name[f"layer {note.layer} head {note.head}"]
        # What only BOS's own score and query need is not in the notes.
        assert set(note.reads) <= {names[i] for i in part.reads}
        assert {names[i] for i in part.writes} == set(note.writes)


def test_circuits_as_text(flip: hw.Transformer, tmp_path: Path) -> None:
    assert hw.export.edges(flip) == [
        ("tokens", "layer 2 head 0"),
        ("positions", "layer 2 head 0"),
        ("layer 1 head 0", "layer 2 head 0"),
        ("layer 2 head 0", "output"),
    ]
    text = hw.export.circuit(flip)
    assert text.startswith("flowchart LR\n")
    assert text.count("-->") == 4
    assert 'p2["layer 1 head 0<br/>length<br/>sum"]' in text
    dot = hw.export.circuit(flip, file=tmp_path / "c.dot")
    assert dot.startswith("digraph circuit {")
    assert (tmp_path / "c.dot").read_text("utf-8") == dot
    with pytest.raises(UnknownNameError, match="There are mermaid, graphviz, json"):
        hw.export.circuit(flip, "ascii")


def test_arrays(flip: hw.Transformer, tmp_path: Path) -> None:
    arrays = hw.export.numpy(flip, tmp_path / "flip.npz")
    assert sum(x.size for x in arrays.values()) == flip.parameters
    with np.load(tmp_path / "flip.npz", allow_pickle=False) as found:
        assert {name: found[name].tolist() for name in found} == {name: x.tolist() for name, x in arrays.items()}


def test_hooks_name_what_the_circuit_says(flip: hw.Transformer) -> None:
    found = hw.export.hooks(flip)
    assert [(h.index, h.expression, h.how) for h in found["blocks.0.attn.hook_z"]] == [(0, "length", "sum")]
    assert "blocks.1.attn.hook_pattern  0" in repr(found)


# Missing tools.


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    code = "import sys, hardwire as hw; hw.export.huggingface; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for heavy in ("torch", "onnx", "transformers", "transformer_lens", "safetensors", "hardwire.export.hf"):
        assert f"'{heavy}'" not in done.stdout


@pytest.mark.parametrize(
    ("module", "extra", "write"),
    [
        ("onnx", "onnx", lambda m, path: hw.export.onnx(m, path)),
        ("torch", "torch", lambda m, path: hw.export.torch(m)),
        ("transformer_lens", "lens", lambda m, path: hw.export.transformer_lens(m)),
        ("safetensors.numpy", "files", lambda m, path: hw.export.huggingface(m, path)),
        ("safetensors.numpy", "files", lambda m, path: hw.export.torch(m, path)),
    ],
)
def test_a_missing_extra_is_named(
    module: str, extra: str, write: Any, flip: hw.Transformer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=re.escape(install(extra))):
        write(flip, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_without_the_tool_the_report_says_what_was_not_checked(
    flip: hw.Transformer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for done in (hw.export.huggingface(flip, tmp_path / "d"), hw.export.torch(flip, tmp_path / "t")):
        assert "not run in" in repr(done)
        assert re.search(r"torch is not installed \(.*pip install .*\[(hf|torch)\]'\)", repr(done))


def test_a_file_of_code_refuses_what_it_cannot_say(tmp_path: Path) -> None:
    from fractions import Fraction

    model = hw.compile(hw.tokens == hw.tokens, [Fraction(1, 3), 2], 3)
    with pytest.raises(ExportError, match="a file of code can only contain strings, numbers"):
        hw.export.torch(model, tmp_path / "x", check=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "export",
    [
        lambda x: hw.export.huggingface(x, "out"),
        lambda x: hw.export.onnx(x, "out.onnx"),
        hw.export.torch,
        hw.export.transformer_lens,
        hw.export.hooks,
        hw.export.numpy,
        hw.export.circuit,
        hw.export.edges,
    ],
)
def test_a_program_in_place_of_its_model(export: Any) -> None:
    with pytest.raises(BuildError, match="an export takes a model, not tokens == 'a'; hw"):
        export(hw.tokens == "a")


def test_the_package_says_how_its_functions_are_called(flip: hw.Transformer) -> None:
    names = (
        r"Write hw\.export\.huggingface\(model, directory\), \.onnx\(model, file\), \.torch\(model\), .* or \.circuit\("
    )
    with pytest.raises(BuildError, match=names):
        hw.export(flip, "flip.onnx")
    with pytest.raises(AttributeError, match=names):
        _ = hw.export.tensorflow
    with pytest.raises(AttributeError, match=r"Write hw\.export\.huggingface\(model, directory, 'gpt2'\)\."):
        _ = hw.export.gpt2
    with pytest.raises(BuildError) as called:
        hw.export()
    assert {*re.findall(r"\.([a-z_]+)\(", str(called.value))} <= {*hw.export.__all__}
    assert {"gpt2", "bert", "llama", "mobilebert"} < {*ARCHITECTURES}
