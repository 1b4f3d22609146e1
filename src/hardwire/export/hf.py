"""Hugging Face directories for stock architectures, written with NumPy and safetensors only, without custom code.

`architectures.py` has the names and layout of the weights in each stock model; the rest is the same for all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ExportError, MissingExtraError, UnknownNameError
from ..extras import install
from ..model.circuit_json import NAME, circuit_json
from ..model.files import whole, write
from ..model.inputs import Inputs
from ..model.transformer import Transformer
from ..model.weights import Floats
from ..sampling import Tokens
from ..verification import AnswersOfInputs
from . import card, llama
from .architectures import ARCHITECTURES, Architecture, HostedModel, Json
from .comparison import Check, batches, checked, plain
from .host import host
from .positionless import positionless
from .precision_guard import guarded
from .report import Exported
from .tokenizer import BOS, PAD, Tokenizer, texts

FILES = {"config.json", "model.safetensors", "generation_config.json", "README.md", NAME}
FILES |= {"tokenizer.json", "tokenizer_config.json"}
"""The files of an export; a directory without other files may be replaced."""

CERTAIN = 64.0
"""The factor of logits, so that the softmax of the right answer is 1 and not 0.7."""
NEVER = -1e9
"""The logit of an id that is not an output."""


def huggingface(
    model: Transformer, directory: str | PathLike[str], architecture: str = "auto", *, check: Check = True
) -> Exported:
    """See `hardwire.export.huggingface`."""
    plain(model, "transformers")
    try:
        import safetensors.numpy
    except ImportError:
        raise MissingExtraError("Writing safetensors files", "files") from None
    chosen = _architecture(model, architecture)
    directory = Path(directory)
    _check_directory(directory)
    hosted = _hosted(model, chosen)
    tensors = {name: np.ascontiguousarray(x, model.dtype) for name, x in chosen.tensors(hosted).items()}
    files: dict[str, bytes] = {"model.safetensors": safetensors.numpy.save(tensors, {"format": "pt"})}
    side = "left" if chosen.language else "right"
    content = {"config.json": _config(hosted, chosen), **hosted.tokenizer.files(side)}
    if chosen.language:
        content["generation_config.json"] = _ids(hosted, chosen) | {"do_sample": False}
    files |= {name: json.dumps(x, indent=2, ensure_ascii=False).encode() for name, x in content.items()}
    files[NAME] = circuit_json(model).encode()
    with whole(directory) as temporary:
        temporary.mkdir()
        for name, data in files.items():
            write(temporary / name, data)
        answers: AnswersOfInputs | None = None
        unchecked = "not asked for"
        if check is not False:
            answers, unchecked = _loaded(hosted, chosen, temporary)
        found = None if answers is None else checked(model, f"transformers ({chosen.stock})", answers, check)
        size = sum(map(len, files.values()))
        done = Exported(f"transformers ({chosen.stock})", directory, size, found, unchecked, _notes(hosted, chosen))
        text = card.huggingface(model, hosted.tokenizer, hosted.labels, chosen.stock, chosen.norms, done)
        write(temporary / "README.md", text)
    return done


def _architecture(model: Transformer, name: str) -> Architecture:
    if name == "auto":
        name = "gpt2" if model.causal else "mobilebert"
    if name not in ARCHITECTURES:
        raise UnknownNameError("architecture", name, ARCHITECTURES, f"There are {', '.join(ARCHITECTURES)}.")
    chosen = ARCHITECTURES[name]
    if chosen.causal != model.causal:
        fits = ", ".join(n for n, a in ARCHITECTURES.items() if a.causal == model.causal)
        kind = "causal" if model.causal else "not causal"
        raise ExportError(
            f"this model is {kind}, and {name} does not support such models; choose one of {fits}", value=name
        )
    if model.max_len is None:
        raise ExportError(f"{name} reads inputs up to some length, and this model takes inputs of any length")
    return chosen


def _check_directory(directory: Path) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        raise ExportError(f"{directory} is a file; give a directory")
    others = sorted({p.name for p in directory.iterdir()} - FILES)
    if others:
        raise ExportError(f"{directory} contains other files ({', '.join(others[:3])}); give a new directory")


def _hosted(model: Transformer, chosen: Architecture) -> HostedModel:
    """Return the model in the layout of the architecture. Raises ExportError."""
    tokenizer = Tokenizer.of(model.vocab, with_eos=chosen.language)
    sure = model if model.outputs is None else replace(model, unembed=model.unembed * np.float32(CERTAIN))
    ready = guarded(sure)
    if not chosen.language:
        labels = texts(["value"] if model.outputs is None else model.outputs, ["O"])
        return HostedModel(model, host(ready, normed=chosen.normed), tokenizer, tuple(labels))
    ids, tokenizer = _answers(model, tokenizer)
    ready = _language_model(ready, ids, tuple(tokenizer.ids))
    bound = 0.0
    if not chosen.positions:
        bound, ready = llama.bounded(ready), positionless(ready)
    weights = host(ready, normed=chosen.normed, square=chosen.positions)
    return HostedModel(model, weights, tokenizer, tuple(tokenizer.ids), tuple(ids), bound)


def _answers(model: Transformer, tokenizer: Tokenizer) -> tuple[list[int], Tokenizer]:
    """Return the id of each output of a language model, and the tokenizer with all these ids. Raises ExportError."""
    if model.outputs is None:
        raise ExportError("a language model answers with tokens, this one with a number; choose the architecture gpt2")
    known = Inputs(model.vocab, None)  # a token has the type of the vocabulary, as where hardwire writes text
    rows = [known.row(v) for v in model.outputs]
    others = list(dict.fromkeys(v for v, row in zip(model.outputs, rows, strict=True) if row is None))
    if len(others) > 1:
        raise ExportError(
            "a language model answers with tokens, and with at most one other value, which ends the text; "
            f"{', '.join(map(repr, others[:5]))} are not in the vocabulary. Choose the architecture gpt2",
            value=others,
        )
    return tokenizer.outputs(rows)


def _language_model(model: Transformer, ids: list[int], labels: tuple[str, ...]) -> Transformer:
    """Return the guarded model with a logit for every id. A constant direction of the guard serves as a bias."""
    unembed = np.zeros((model.d_model, len(labels)), model.dtype)
    unembed[-2] = NEVER
    unembed[:, ids] = model.unembed
    return replace(model, unembed=unembed, outputs=labels)


def _ids(hosted: HostedModel, chosen: Architecture) -> Json:
    eos = hosted.tokenizer.eos
    ends = [i for text, i in hosted.tokenizer.ids.items() if eos and text.endswith(eos)]
    return {"bos_token_id": BOS, "pad_token_id": PAD, **({"eos_token_id": ends} if chosen.language else {})}


def _config(hosted: HostedModel, chosen: Architecture) -> Json:
    h = hosted.host
    config: Json = {
        "architectures": [chosen.stock],
        "model_type": chosen.kind,
        "vocab_size": len(hosted.rows),
        "bos_token_id": None,
        "eos_token_id": None,
        **_ids(hosted, chosen),
        "tie_word_embeddings": False,
        # transformers 4 reads the first, 5 the second.
        "torch_dtype": hosted.model.dtype,
        "dtype": hosted.model.dtype,
        **chosen.config(hosted),
    }
    if not chosen.language:
        config["id2label"] = {str(i): label for i, label in enumerate(hosted.labels)}
        config["label2id"] = {label: i for i, label in reversed(list(enumerate(hosted.labels)))}
    assert not chosen.positions or h.heads * h.d_head == h.d_model
    return config


def _notes(hosted: HostedModel, chosen: Architecture) -> tuple[str, ...]:
    model = hosted.model
    padding = {
        "RobertaPreLayerNormForTokenClassification": "Pad on either side",
        "GPT2LMHeadModel": "Pad on the left to generate",
        "LlamaForCausalLM": "Pad on the left to generate",
    }
    notes = [f"{padding.get(chosen.stock, 'Pad on the right')}, and give the attention mask."]
    if not chosen.language and model.causal and model.outputs and set(model.outputs) <= {*model.vocab, None}:
        notes.append(
            "Every answer is a token: architecture='gpt2-lm' or 'llama' gives a language model, for generate()."
        )
    if hosted.bound:
        notes.append(llama.carried(model, hosted.bound))
    if model.outputs is None:
        notes.append("The answer is the logit itself: read .logits, since pipelines turn it into a label.")
    return tuple(notes)


# Checking, where transformers and torch are installed.


def _loaded(hosted: HostedModel, chosen: Architecture, directory: Path) -> tuple[AnswersOfInputs | None, str]:
    """Return the answers of the directory loaded in transformers, and why it was not loaded."""
    model = hosted.model
    try:
        import torch
        import transformers
    except ImportError as error:
        return None, f"{error.name} is not installed ({install('hf')})"
    auto = transformers.AutoModelForCausalLM if chosen.language else transformers.AutoModelForTokenClassification
    with torch.no_grad():
        stock = auto.from_pretrained(directory, local_files_only=True, dtype=getattr(torch, model.dtype)).eval()
    tokenize = transformers.AutoTokenizer.from_pretrained(directory, local_files_only=True)
    tokenize.padding_side = "right"
    names = dict(zip(model.vocab, hosted.tokenizer.names, strict=True))

    def answers(inputs: Sequence[Tokens]) -> list[list[Any]]:
        out: list[list[Any]] = []
        for some in batches(inputs):
            words = [[names[t] for t in x] for x in some]
            given = tokenize(words, is_split_into_words=True, padding=True, return_tensors="pt")
            with torch.no_grad():
                logits = stock(**given).logits.numpy()
            if hosted.answers:
                logits = _only(logits, hosted.answers)
            out += [model.decode(y[1 : 1 + len(x)]) for x, y in zip(some, logits, strict=True)]
        return out

    return answers, ""


def _only(logits: Floats, columns: Sequence[int]) -> Floats:
    """Return the logits of a language model in the order of the outputs; nan if another id has the greatest one."""
    own: Floats = logits[..., list(columns)]
    return np.where(own.max(axis=-1, keepdims=True) == logits.max(axis=-1, keepdims=True), own, np.nan)
