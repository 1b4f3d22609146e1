"""A transformer in PyTorch, as plain as it can be written. This file is also what an export writes beside its weights.

Inputs are BOS followed by tokens. Attention is softmax(q . k), without a factor, and heads and neurons add to the
residual stream x. Sums go through heads in which BOS takes nearly all of the attention: `w_o` scales what is left.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TorchLayer(nn.Module):
    """Attention heads, then ReLU neurons."""

    def __init__(self, d_model: int, heads: int, d_qk: int, d_v: int, d_ff: int) -> None:
        super().__init__()
        self.w_q = nn.Parameter(torch.zeros(heads, d_model, d_qk))
        self.w_k = nn.Parameter(torch.zeros(heads, d_model, d_qk))
        self.w_v = nn.Parameter(torch.zeros(heads, d_model, d_v))
        self.w_o = nn.Parameter(torch.zeros(heads, d_v, d_model))
        self.w_in = nn.Parameter(torch.zeros(d_model, d_ff))
        self.b_in = nn.Parameter(torch.zeros(d_ff))
        self.w_out = nn.Parameter(torch.zeros(d_ff, d_model))

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(the stream after this layer, the attention of its heads). b: inputs, i, j: positions, h: heads."""
        q = torch.einsum("bid,hdk->bhik", x, self.w_q)
        k = torch.einsum("bjd,hdk->bhjk", x, self.w_k)
        v = torch.einsum("bjd,hdv->bhjv", x, self.w_v)
        scores = torch.einsum("bhik,bhjk->bhij", q, k)
        attention = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1)
        seen = torch.einsum("bhij,bhjv->bhiv", attention, v)
        x = x + torch.einsum("bhiv,hvd->bid", seen, self.w_o)
        return x + (x @ self.w_in + self.b_in).relu() @ self.w_out, attention


class TorchTransformer(nn.Module):
    """Layers between an embedding and an unembedding.

    layers: for each its (heads, d_qk, d_v, d_ff); max_len: tokens without BOS, None for any number.
    """

    def __init__(
        self,
        *,
        d_model: int,
        tokens: int,
        outputs: int,
        layers: list[tuple[int, int, int, int]],
        max_len: int | None,
        causal: bool,
        positions: bool = True,
    ) -> None:
        super().__init__()
        self.embed = nn.Parameter(torch.zeros(1 + tokens, d_model))
        self.positions = nn.Parameter(torch.zeros(1 + (max_len or 0), d_model)) if positions else None
        self.layers = nn.ModuleList(TorchLayer(d_model, *widths) for widths in layers)
        self.unembed = nn.Parameter(torch.zeros(d_model, outputs))
        self.max_len = max_len
        self.causal = causal

    def forward(
        self, ids: Tensor, mask: Tensor | None = None, *, attention: bool = False
    ) -> Tensor | tuple[Tensor, list[Tensor]]:
        """Logits, (inputs, 1 + n, outputs), those of BOS first; with `attention` also each layer's (inputs, heads,
        1 + n, 1 + n).

        ids: (inputs, 1 + n), 0 for BOS, which comes first, and 1 + k for token k of the vocabulary; mask: of the same
        shape, 0 at padding.
        """
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
        logits = x @ self.unembed
        return (logits, patterns) if attention else logits
