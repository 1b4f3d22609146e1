"""The stock architectures of transformers: the names and layout of the weights of a `Host` in each, and its config."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..model.transformer import Transformer
from ..model.weights import Floats
from . import llama
from .host import Host, norm
from .report import NORMED
from .tokenizer import Tokenizer

Tensors = dict[str, Floats]
Json = dict[str, Any]


@dataclass(frozen=True)
class HostedModel:
    """The content of the files: the host's weights, ids, labels."""

    model: Transformer
    host: Host
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    answers: tuple[int, ...] = ()  # for a language model: the id of each output
    bound: float = 0.0  # for an architecture with RMS norms: a bound of every number in the stream

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
    """A stock model: its class, the kind of models that it supports, its part of the config, and its tensors.

    `norms` says what its norms do to the arithmetic. Without `positions` it has no table of positions.
    """

    stock: str
    kind: str
    causal: bool
    normed: bool
    language: bool
    config: Callable[[HostedModel], Json]
    tensors: Callable[[HostedModel], Tensors]
    norms: str = NORMED
    positions: bool = True


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
        norms="",
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
    "llama": Architecture(
        stock="LlamaForCausalLM",
        kind="llama",
        causal=True,
        normed=False,
        language=True,
        norms=llama.NEUTRAL,
        positions=False,
        config=lambda hosted: llama.config(hosted.host),
        tensors=lambda hosted: llama.tensors(hosted.host, hosted.rows),
    ),
}
