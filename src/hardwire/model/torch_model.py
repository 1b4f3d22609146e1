"""A transformer in plain PyTorch. An export writes a copy of this file next to its weights.

Inputs are BOS followed by tokens. Attention is softmax(q . k), without a factor, and heads and neurons add to the
residual stream x. In heads that compute sums, BOS has nearly all of the attention, and `w_o` scales up the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn


class TorchNorm(nn.Module):
    """(x - mean) / sqrt(variance + eps), or without the mean ("rms"), times a gain, plus a bias; first x is projected
    by a matrix, if there is one."""

    def __init__(self, d_model: int, kind: str, eps: float, *, projected: bool = False) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        self.project = nn.Parameter(torch.eye(d_model)) if projected else None
        self.kind, self.eps = kind, eps

    def forward(self, x: Tensor) -> Tensor:
        if self.project is not None:
            x = x @ self.project
        if self.kind == "layer":
            x = x - x.mean(dim=-1, keepdim=True)
        return x / (x.square().mean(dim=-1, keepdim=True) + self.eps).sqrt() * self.gain + self.bias


class TorchLayer(nn.Module):
    """Attention heads, then neurons.

    activation: "relu", "gelu", or "swiglu", which multiplies by a gate; norms: arguments of `TorchNorm` by place.
    Options of heads: kinds: for each "softmax", or the "average", "leftmost" or "rightmost" of the keys with the
    greatest score; sees: for each "all" keys, or those "before" or "after" the query, and BOS; rotary: whether pairs of
    dimensions turn with the position, by `rotary`; sloped: whether scores fall with the distance, by `slope`.
    """

    def __init__(
        self,
        d_model: int,
        *,
        heads: int,
        d_qk: int,
        d_v: int,
        d_ff: int,
        activation: str = "relu",
        norms: Mapping[str, Mapping[str, Any]] | None = None,
        kinds: Sequence[str] = (),
        sees: Sequence[str] = (),
        rotary: bool = False,
        sloped: bool = False,
    ) -> None:
        super().__init__()
        self.w_q = nn.Parameter(torch.zeros(heads, d_model, d_qk))
        self.w_k = nn.Parameter(torch.zeros(heads, d_model, d_qk))
        self.w_v = nn.Parameter(torch.zeros(heads, d_model, d_v))
        self.w_o = nn.Parameter(torch.zeros(heads, d_v, d_model))
        self.w_in = nn.Parameter(torch.zeros(d_model, d_ff))
        self.b_in = nn.Parameter(torch.zeros(d_ff))
        self.w_out = nn.Parameter(torch.zeros(d_ff, d_model))
        if activation == "swiglu":
            self.w_gate = nn.Parameter(torch.zeros(d_model, d_ff))
            self.b_gate = nn.Parameter(torch.zeros(d_ff))
        self.activation, self.kinds, self.sees = activation, tuple(kinds), tuple(sees)
        self.rotary = nn.Parameter(torch.zeros(heads, d_qk // 2)) if rotary else None
        self.slope = nn.Parameter(torch.zeros(heads)) if sloped else None
        self.norms = nn.ModuleDict({place: TorchNorm(d_model, **options) for place, options in (norms or {}).items()})

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return (the stream after this layer, the attention of its heads). b: inputs, i, j: positions, h: heads."""
        read = self.normed("before_heads", x)
        attention = self.scores(read, mask).softmax(dim=-1)
        v = torch.einsum("bjd,hdv->bhjv", read, self.w_v)
        seen = torch.einsum("bhij,bhjv->bhiv", attention, v)
        x = self.normed("after_heads", x + torch.einsum("bhiv,hvd->bid", seen, self.w_o))
        read = self.normed("before_neurons", x)
        gate = read @ self.w_gate + self.b_gate if self.activation == "swiglu" else None
        x = x + activated(self.activation, read @ self.w_in + self.b_in, gate) @ self.w_out
        return self.normed("after_neurons", x), attention

    def normed(self, place: str, x: Tensor) -> Tensor:
        return self.norms[place](x) if place in self.norms else x

    def scores(self, x: Tensor, mask: Tensor) -> Tensor:
        q = torch.einsum("bid,hdk->bhik", x, self.w_q)
        k = torch.einsum("bjd,hdk->bhjk", x, self.w_k)
        if self.rotary is not None:
            q, k = rotated(q, self.rotary), rotated(k, self.rotary)
        scores = torch.einsum("bhik,bhjk->bhij", q, k)
        i = torch.arange(x.shape[1], device=x.device)
        if self.slope is not None:
            scores = scores - self.slope[:, None, None] * (i[:, None] - i).abs()
        if self.sees:
            mask = mask & torch.stack([visible(i, side) for side in self.sees])
        scores = scores.masked_fill(~mask, float("-inf"))
        if self.kinds:
            scores = torch.stack([hard(scores[:, h], kind) for h, kind in enumerate(self.kinds)], dim=1)
        return scores


def activated(activation: str, z: Tensor, gate: Tensor | None = None) -> Tensor:
    """Neurons of an activation: "relu", "gelu" or "swiglu", which has a gate."""
    if activation == "relu":
        return z.relu()
    out = nn.functional.gelu(z) if activation == "gelu" else nn.functional.silu(z)
    return out if gate is None else out * gate


def rotated(x: Tensor, frequencies: Tensor) -> Tensor:
    """Dimensions 2f and 2f + 1 of position t, turned by t * frequencies[f]. x: (..., heads, 1 + n, d_qk)."""
    t = torch.arange(x.shape[-2], dtype=torch.float64, device=x.device)
    angle = t[:, None] * frequencies[:, None].double()
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)


def visible(i: Tensor, side: str) -> Tensor:
    """Which keys each query sees; BOS is always among them."""
    before, every = i < i[:, None], torch.ones(len(i), len(i), dtype=torch.bool, device=i.device)
    return {"all": every, "before": before, "after": i > i[:, None]}[side] | (i == 0)


def hard(scores: Tensor, kind: str) -> Tensor:
    """0 at the keys with the greatest score, or at the first or last of them, and -inf at the others."""
    if kind == "softmax":
        return scores
    best = scores == scores.amax(dim=-1, keepdim=True)
    if kind == "leftmost":
        best = best & (best.cumsum(dim=-1) == 1)
    elif kind == "rightmost":
        best = best & (best.flip(-1).cumsum(dim=-1).flip(-1) == 1)
    return torch.zeros_like(scores).masked_fill(~best, float("-inf"))


def check_bos(ids: Tensor, mask: Tensor | None) -> None:
    """Raises ValueError for ids of another shape than (inputs, 1 + n), where one is not 0, BOS, at its start, and where
    padding stands before a token: positions count from the start of the row."""
    if ids.dim() != 2 or not ids.shape[1]:
        raise ValueError(
            f"ids have the shape (inputs, 1 + n), not {tuple(ids.shape)}; one input is torch.tensor([ids])"
        )
    if torch.compiler.is_compiling() or ids.is_meta:
        return  # ids have no values yet
    seen = torch.ones_like(ids, dtype=torch.bool) if mask is None else mask != 0
    late = (seen[:, 1:] & ~seen[:, :-1]).any(dim=1)
    if late.any():
        raise ValueError(f"input {int(late.int().argmax())} has padding before a token; padding comes last")
    wrong = (ids[:, 0] != 0) & seen[:, 0]
    if wrong.any():
        row = int(wrong.int().argmax())
        raise ValueError(
            f"input {row} begins with the id {int(ids[row, 0])}, and every input begins with 0, which is BOS; "
            "token k of the vocabulary has the id 1 + k"
        )


class TorchTransformer(nn.Module):
    """Layers between an embedding and an unembedding.

    layers: the arguments of each `TorchLayer`; max_len: tokens without BOS, None for any number; final_norm: arguments
    of a `TorchNorm`.
    """

    def __init__(
        self,
        *,
        d_model: int,
        tokens: int,
        outputs: int,
        layers: Sequence[Mapping[str, Any]],
        max_len: int | None,
        causal: bool,
        positions: bool = True,
        final_norm: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.embed = nn.Parameter(torch.zeros(1 + tokens, d_model))
        self.positions = nn.Parameter(torch.zeros(1 + (max_len or 0), d_model)) if positions else None
        self.layers = nn.ModuleList(TorchLayer(d_model, **options) for options in layers)
        self.final_norm = None if final_norm is None else TorchNorm(d_model, **final_norm)
        self.unembed = nn.Parameter(torch.zeros(d_model, outputs))
        self.max_len = max_len
        self.causal = causal

    def forward(
        self, ids: Tensor, mask: Tensor | None = None, *, attention: bool = False
    ) -> Tensor | tuple[Tensor, list[Tensor]]:
        """Return logits, (inputs, 1 + n, outputs), with BOS first; with `attention` also the attention of each layer,
        (inputs, heads, 1 + n, 1 + n).

        ids: (inputs, 1 + n), 0 for BOS, which comes first, and 1 + k for token k of the vocabulary; mask: of the same
        shape, 0 at padding, which comes last. Raises ValueError for ids of another shape, for an input that does not
        begin with BOS, and for padding before a token.
        """
        check_bos(ids, mask)
        n = ids.shape[1]
        if self.max_len is not None and n > 1 + self.max_len:
            raise ValueError(f"an input has {n - 1} tokens; this model takes at most {self.max_len}")
        if self.embed.dtype not in (torch.float32, torch.float64) or torch.is_autocast_enabled(ids.device.type):
            raise ValueError("this model is exact in float32 and float64, and wrong in lower precision and autocast")
        x = self.embed[ids]
        if self.positions is not None:
            x = x + self.positions[:n]
        seen = torch.ones(n, n, dtype=torch.bool, device=ids.device)
        if self.causal:
            seen = seen.tril()
        if mask is not None:
            seen = seen & (mask != 0)[:, None, None, :]
        patterns = []
        for layer in self.layers:
            x, pattern = layer(x, seen)
            patterns.append(pattern)
        if self.final_norm is not None:
            x = self.final_norm(x)
        logits = x @ self.unembed
        return (logits, patterns) if attention else logits
