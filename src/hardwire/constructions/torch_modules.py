"""Recipes as PyTorch modules, whose weights are parameters: `Piece.torch()` and `Pattern.torch(value)`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import BuildError
from ..model.torch_model import activated, hard, rotated, visible
from .form import Direction, Form

if TYPE_CHECKING:
    from .attention import Pattern
    from .feedforward import Piece


class TorchForms(nn.Module):
    """A module that reads directions by name, as a piece or a head does; `one` is 1 unless given."""

    def __init__(self, forms: Iterable[Form], dtype: str) -> None:
        super().__init__()
        self.directions: list[Direction] = list(dict.fromkeys(d for f in forms for d in f.terms))
        self.dtype = getattr(torch, dtype)

    def matrix(self, forms: Sequence[Form]) -> nn.Parameter:
        """The coefficients of forms, (directions, forms)."""
        rows = [[f.terms.get(d, 0.0) for f in forms] for d in self.directions]
        return nn.Parameter(torch.tensor(np.reshape(rows, (len(rows), len(forms))), dtype=self.dtype))

    def read(self, values: dict[str, Tensor]) -> Tensor:
        """The directions that are given by name, (..., directions). Raises BuildError."""
        given = {"one": torch.ones((), dtype=self.dtype)} | values
        missing = [d.name for d in self.directions if d.name not in given]
        if missing:
            raise BuildError(f"there is no tensor for {missing[0]!r}; given are {', '.join(values) or 'none'}")
        tensors = torch.broadcast_tensors(*(torch.as_tensor(x, dtype=self.dtype) for x in given.values()))
        by_name = dict(zip(given, tensors, strict=True))
        if not self.directions:
            return tensors[0][..., None][..., :0]
        return torch.stack([by_name[d.name] for d in self.directions], dim=-1)


class TorchPiece(TorchForms):
    """A piece. Parameters: linear (directions,), w_in and w_gate (directions, neurons), w_out (neurons,)."""

    def __init__(self, piece: Piece, dtype: str) -> None:
        arguments = [f for f, _ in piece.neurons]
        super().__init__([piece.linear, *arguments, *piece.gates], dtype)
        self.activation = piece.activation
        self.linear, self.w_in = self.matrix([piece.linear]), self.matrix(arguments)
        self.w_out = nn.Parameter(torch.tensor([c for _, c in piece.neurons], dtype=self.dtype))
        self.w_gate = self.matrix(piece.gates) if piece.gates else None

    def forward(self, **values: Tensor) -> Tensor:
        """The number that the piece computes; values: tensors of one shape by name, or that broadcast to one."""
        x = self.read(values)
        gate = None if self.w_gate is None else x @ self.w_gate
        return (x @ self.linear)[..., 0] + activated(self.activation, x @ self.w_in, gate) @ self.w_out


class TorchHead(TorchForms):
    """A head with a value. Parameters: w_q, w_k (directions, d_qk), w_v and bos, the score of BOS, (directions, 1), and
    the rotary frequencies."""

    def __init__(self, pattern: Pattern, value: Form, scale: float, dtype: str) -> None:
        queries, keys = [q for q, _ in pattern.pairs], [k for _, k in pattern.pairs]
        super().__init__([*queries, *keys, pattern.bos, value], dtype)
        self.w_q, self.w_k = self.matrix(queries), self.matrix(keys)
        self.bos, self.w_v = self.matrix([pattern.bos]), self.matrix([value])
        self.variant, self.scale = pattern.variant, scale
        turns = torch.tensor([pattern.variant.rotary], dtype=self.dtype)
        self.rotary = nn.Parameter(turns) if pattern.variant.rotary else None

    def attention(self, *, causal: bool = False, **values: Tensor) -> Tensor:
        """The attention, (..., n, n + 1) with BOS first, where directions are tensors (..., n)."""
        x = self.read(values)
        before = nn.functional.pad(x, (0, 0, 1, 0))  # BOS, where every direction is 0
        q, k = (before @ self.w_q)[..., None, :, :], (before @ self.w_k)[..., None, :, :]
        if self.rotary is not None:
            q, k = rotated(q, self.rotary), rotated(k, self.rotary)
        scores = (q @ k.transpose(-1, -2))[..., 0, 1:, 1:]
        i = torch.arange(before.shape[-2], device=x.device)
        scores = torch.cat([x @ self.bos, scores], dim=-1) - self.variant.slope * (i[1:, None] - i).abs()
        seen = visible(i, self.variant.sees)[1:]
        if causal:
            seen = seen & (i <= i[1:, None])
        return hard(scores.masked_fill(~seen, float("-inf")), self.variant.kind).softmax(dim=-1)

    def forward(self, *, causal: bool = False, **values: Tensor) -> Tensor:
        """What the head writes, (..., n)."""
        attention = self.attention(causal=causal, **values)[..., 1:]
        return self.scale * (attention @ (self.read(values) @ self.w_v))[..., 0]
