"""Hugging Face directories for stock architectures, written with NumPy and safetensors only, without custom code.

`Architecture` describes the names and layout of the weights of a `Host` in a stock model; the rest is the same for all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ExportError, MissingExtraError, UnknownNameError
from ..extras import install
from ..model.circuit_json import NAME, circuit_json
from ..model.files import whole, write
from ..model.transformer import Transformer
from ..model.weights import Floats
from ..sampling import Tokens
from ..verification import Answers
from . import card
from .comparison import Check, batches, checked, plain
from .host import Host, host, norm
from .precision_guard import guarded
from .report import Exported
from .tokenizer import BOS, PAD, Tokenizer, texts

Tensors = dict[str, Floats]
Json = dict[str, Any]

FILES = {"config.json", "model.safetensors", "generation_config.json", "README.md", NAME}
FILES |= {"tokenizer.json", "tokenizer_config.json"}
"""The files of an export; a directory without other files may be replaced."""

CERTAIN = 64.0
"""The factor of logits, so that the softmax of the right answer is 1 and not 0.7."""
NEVER = -1e9
"""The logit of an id that is not an output."""


@dataclass(frozen=True)
class HostedModel:
    """The content of the files: the host's weights, ids, labels."""

    model: Transformer
    host: Host
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    answers: tuple[int, ...] = ()  # for a language model: the id of each output

    @property
    def rows(self) -> Floats:
        """The embedding by id: padding first; after the vocabulary the end of a text, and twins of tokens.

        Padding is never attended to, but it is computed too; with the embedding of BOS it stays finite.
        """
        bos, *tokens = self.host.embed
        row = dict(zip(self.tokenizer.names, tokens, strict=True))
        end = [bos] if self.tokenizer.eos else []
        return np.stack([bos, bos, *tokens, *end, *(row.get(text, bos) for text in self.tokenizer.twins)])


@dataclass(frozen=True)
class Architecture:
    """A stock model: its class, the kind of models that it supports, its part of the config, and its tensors."""

    stock: str
    kind: str
    causal: bool
    normed: bool
    language: bool
    config: Callable[[HostedModel], Json]
    tensors: Callable[[HostedModel], Tensors]


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
    content = {"config.json": _config(hosted, chosen), **hosted.tokenizer.files(len(hosted.host.positions), side)}
    if chosen.language:
        content["generation_config.json"] = _ids(hosted, chosen) | {"do_sample": False}
    files |= {name: json.dumps(x, indent=2, ensure_ascii=False).encode() for name, x in content.items()}
    files[NAME] = circuit_json(model).encode()
    with whole(directory) as temporary:
        temporary.mkdir()
        for name, data in files.items():
            write(temporary / name, data)
        answers: Answers | None = None
        unchecked = "not asked for"
        if check is not False:
            answers, unchecked = _loaded(hosted, chosen, temporary)
        found = None if answers is None else checked(model, f"transformers ({chosen.stock})", answers, check)
        size = sum(map(len, files.values()))
        done = Exported(f"transformers ({chosen.stock})", directory, size, found, unchecked, _notes(model, chosen))
        write(temporary / "README.md", card.huggingface(model, hosted.tokenizer, hosted.labels, chosen.stock, done))
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
        raise ExportError(f"{name} has a table of positions, and this model takes inputs of any length")
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
    weights = host(_language_model(ready, ids, tuple(tokenizer.ids)), normed=chosen.normed)
    return HostedModel(model, weights, tokenizer, tuple(tokenizer.ids), tuple(ids))


def _answers(model: Transformer, tokenizer: Tokenizer) -> tuple[list[int], Tokenizer]:
    """Return the id of each output of a language model, and the tokenizer with all these ids. Raises ExportError."""
    if model.outputs is None:
        raise ExportError("a language model answers with tokens, this one with a number; choose the architecture gpt2")
    others = list(dict.fromkeys(v for v in model.outputs if v not in model.vocab))
    if len(others) > 1:
        raise ExportError(
            "a language model answers with tokens, and with at most one other value, which ends the text; "
            f"{', '.join(map(repr, others[:5]))} are not in the vocabulary. Choose the architecture gpt2",
            value=others,
        )
    ids, tokenizer = tokenizer.outputs(model.outputs, model.vocab)
    if tokenizer.spaced and tokenizer.twins:
        raise ExportError("this model has several logits for one token, and tokens of several characters; choose gpt2")
    return ids, tokenizer


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
    assert h.heads * h.d_head == h.d_model
    return config


def _notes(model: Transformer, chosen: Architecture) -> tuple[str, ...]:
    padding = {
        "RobertaPreLayerNormForTokenClassification": "Pad on either side",
        "GPT2LMHeadModel": "Pad on the left to generate",
    }
    notes = [f"{padding.get(chosen.stock, 'Pad on the right')}, and give the attention mask."]
    if not chosen.language and model.causal and model.outputs and set(model.outputs) <= {*model.vocab, None}:
        notes.append("Every answer is a token: architecture='gpt2-lm' gives a language model, for generate().")
    if model.outputs is None:
        notes.append("The answer is the logit itself: read .logits, since pipelines turn it into a label.")
    return tuple(notes)


# Checking, where transformers and torch are installed.


def _loaded(hosted: HostedModel, chosen: Architecture, directory: Path) -> tuple[Answers | None, str]:
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


# The architectures.


def _mobilebert(hosted: HostedModel) -> Json:
    d = hosted.host.d_model
    return _bert_like(hosted) | {
        "embedding_size": d,
        "intra_bottleneck_size": d,
        "use_bottleneck": False,
        "use_bottleneck_attention": False,
        "key_query_shared_bottleneck": False,
        "trigram_input": False,
        "num_feedforward_networks": 1,
        "normalization_type": "no_norm",
        "classifier_activation": False,
        "layer_norm_eps": 1e-12,
    }


def _bert_like(hosted: HostedModel) -> Json:
    h = hosted.host
    return {
        "hidden_size": h.d_model,
        "num_hidden_layers": h.layers,
        "num_attention_heads": h.heads,
        "intermediate_size": h.d_ff,
        "hidden_act": "relu",
        "max_position_embeddings": len(h.positions),
        "type_vocab_size": 1,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "classifier_dropout": 0.0,
        # A float even if it is whole, since transformers 5 refuses an int here.
        "layer_norm_eps": norm(hosted.model.dtype)[0],
    }


def _roberta(hosted: HostedModel) -> Json:
    return _bert_like(hosted) | {"max_position_embeddings": len(hosted.host.positions) + 1}


def _gpt2(hosted: HostedModel) -> Json:
    h = hosted.host
    return {
        "n_embd": h.d_model,
        "n_layer": h.layers,
        "n_head": h.heads,
        "n_inner": h.d_ff,
        "n_positions": len(h.positions),
        "activation_function": "relu",
        "layer_norm_epsilon": norm(hosted.model.dtype)[0],
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
        "resid_pdrop": 0.0,
        "summary_first_dropout": 0.0,
        "classifier_dropout": 0.0,
        "use_cache": True,
    }


def _side_by_side(x: Floats) -> Floats:
    """(heads, d_model, d_head) as (d_model, all heads)."""
    return np.moveaxis(x, 0, 1).reshape(x.shape[1], -1)


def _linear(name: str, w: Floats, bias: Floats | None = None) -> Tensors:
    """Return the tensors of PyTorch's Linear; w: (in, out)."""
    return {f"{name}.weight": w.T, f"{name}.bias": np.zeros(w.shape[1]) if bias is None else bias}


def _norm(name: str, d_model: int, weight: float) -> Tensors:
    return {f"{name}.weight": np.full(d_model, weight), f"{name}.bias": np.zeros(d_model)}


def _encoder(prefix: str, norms: Sequence[str], embedding_norm: str) -> Callable[[HostedModel], Tensors]:
    """Return the tensors of the BERT family, whose members differ in their norms."""

    def tensors(hosted: HostedModel) -> Tensors:
        h = hosted.host
        weight = 1.0 if prefix == "mobilebert" else norm(hosted.model.dtype)[1]
        # RoBERTa's positions start after the id of padding.
        positions = np.vstack([np.zeros((1, h.d_model)), h.positions]) if "roberta" in prefix else h.positions
        out = {
            f"{prefix}.embeddings.word_embeddings.weight": hosted.rows,
            f"{prefix}.embeddings.position_embeddings.weight": positions,
            f"{prefix}.embeddings.token_type_embeddings.weight": np.zeros((1, h.d_model)),
        }
        if prefix == "mobilebert":  # unused, but every file has it
            out |= _linear(f"{prefix}.embeddings.embedding_transformation", np.zeros((h.d_model, h.d_model)))
        for name in ("embeddings.LayerNorm", embedding_norm):
            out |= _norm(f"{prefix}.{name}", h.d_model, weight)
        for i in range(h.layers):
            layer = f"{prefix}.encoder.layer.{i}"
            for name, w in (("query", h.q[i]), ("key", h.k[i]), ("value", h.v[i])):
                out |= _linear(f"{layer}.attention.self.{name}", _side_by_side(w))
            out |= _linear(f"{layer}.attention.output.dense", h.o[i].reshape(-1, h.d_model))
            out |= _linear(f"{layer}.intermediate.dense", h.w_in[i], h.b_in[i])
            out |= _linear(f"{layer}.output.dense", h.w_out[i])
            for name in norms:
                out |= _norm(f"{layer}.{name}", h.d_model, weight)
        return out | _linear("classifier", hosted.host.unembed)

    return tensors


def _decoder(hosted: HostedModel) -> Tensors:
    """The tensors of GPT-2, whose Conv1D are (in, out)."""
    h = hosted.host
    weight = norm(hosted.model.dtype)[1]
    out = {"transformer.wte.weight": hosted.rows, "transformer.wpe.weight": h.positions}
    for i in range(h.layers):
        layer = f"transformer.h.{i}"
        qkv = np.hstack([_side_by_side(x[i]) for x in (h.q, h.k, h.v)])
        for name, w, bias in (
            ("attn.c_attn", qkv, None),
            ("attn.c_proj", h.o[i].reshape(-1, h.d_model), None),
            ("mlp.c_fc", h.w_in[i], h.b_in[i]),
            ("mlp.c_proj", h.w_out[i], None),
        ):
            out[f"{layer}.{name}.weight"] = w
            out[f"{layer}.{name}.bias"] = np.zeros(w.shape[1]) if bias is None else bias
        for name in ("ln_1", "ln_2"):
            out |= _norm(f"{layer}.{name}", h.d_model, weight)
    return out | _norm("transformer.ln_f", h.d_model, weight)


def _labelled(hosted: HostedModel) -> Tensors:
    return _decoder(hosted) | _linear("classifier", hosted.host.unembed)


def _language(hosted: HostedModel) -> Tensors:
    """The tensors of GPT-2 with a head of its own, and more positions than the model has.

    In a batch a text that has ended is padded while others grow, so it may become longer than the model allows. Further
    positions are nan: they do no harm to other texts, and a text that has not ended there gets no wrong tokens.
    """
    positions = hosted.host.positions
    beyond = np.full_like(positions, np.nan)
    return _decoder(hosted) | {
        "transformer.wpe.weight": np.vstack([positions, beyond]),
        "lm_head.weight": hosted.host.unembed.T,
    }


def _gpt2_lm(hosted: HostedModel) -> Json:
    return _gpt2(hosted) | {"n_positions": 2 * len(hosted.host.positions)}


_POST = ("attention.output.LayerNorm", "output.LayerNorm")
_PRE = ("attention.LayerNorm", "intermediate.LayerNorm")
_FIRST = "embeddings.LayerNorm"

ARCHITECTURES = {
    "mobilebert": Architecture(
        stock="MobileBertForTokenClassification",
        kind="mobilebert",
        causal=False,
        normed=False,
        language=False,
        config=_mobilebert,
        tensors=_encoder("mobilebert", _POST, _FIRST),
    ),
    "bert": Architecture(
        stock="BertForTokenClassification",
        kind="bert",
        causal=False,
        normed=True,
        language=False,
        config=_bert_like,
        tensors=_encoder("bert", _POST, _FIRST),
    ),
    "roberta-prelayernorm": Architecture(
        stock="RobertaPreLayerNormForTokenClassification",
        kind="roberta-prelayernorm",
        causal=False,
        normed=True,
        language=False,
        config=_roberta,
        tensors=_encoder("roberta_prelayernorm", _PRE, "LayerNorm"),
    ),
    "gpt2": Architecture(
        stock="GPT2ForTokenClassification",
        kind="gpt2",
        causal=True,
        normed=True,
        language=False,
        config=_gpt2,
        tensors=_labelled,
    ),
    "gpt2-lm": Architecture(
        stock="GPT2LMHeadModel",
        kind="gpt2",
        causal=True,
        normed=True,
        language=True,
        config=_gpt2_lm,
        tensors=_language,
    ),
}
