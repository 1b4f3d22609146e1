"""A model in PyTorch whose edges can be patched: a part then reads what another part wrote on another input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import ExportError, MissingExtraError
from ..export import torch as to_torch
from ..model.transformer import Transformer
from .graph import EdgeGraph

if TYPE_CHECKING:
    from torch import Tensor

Outputs = Mapping[str, Any]
"""What each part writes, by its id: (patchings or 1, inputs, 1 + n, d_model)."""


def torch_library() -> Any:
    """Raises MissingExtraError."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError("Circuit discovery", "torch") from None
    return torch


class EdgePatching:
    """The PyTorch export of a model, in float64, run part by part.

    Every part reads the sum of what earlier parts wrote (through the norm before it, if there is one), so an edge is
    patched by adding the difference of what its source wrote on two inputs. Raises ExportError for norms elsewhere.
    """

    def __init__(self, model: Transformer, graph: EdgeGraph) -> None:
        self.torch = torch_library()
        if any(layer.norms.keys() & {"after_heads", "after_neurons"} for layer in model.layers):
            raise ExportError("a model with norms after its parts is no sum of what they write")
        self.model, self.graph = model, graph
        module: Any = to_torch(model, check=False)
        self.module = module.double()
        self.into: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for i, (a, b, side) in enumerate(graph.edges):
            self.into.setdefault((b, side), []).append((i, a))

    def ids(self, inputs: Sequence[Sequence[Any]]) -> Tensor:
        """Inputs of one length as ids, (inputs, 1 + n)."""
        return self.torch.tensor([[0, *self.model.encode(list(x))] for x in inputs])

    def run(
        self,
        ids: Tensor,
        *,
        places: Tensor | None = None,
        other: Outputs | None = None,
        weights: Tensor | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return (logits at the tokens, (patchings, inputs, n, outputs); what each part wrote).

        ids: (inputs, 1 + n). places: the positions by which their embedding is looked up, 0 first, where it is not
        their own. other: what each part wrote on other inputs, of at least as many tokens. weights: (patchings, inputs
        or 1, edges), how far each edge is patched: at 0 it carries what its source writes, at 1 what it wrote there.
        """
        m, size = self.module, ids.shape[1]
        seen = self.torch.ones(size, size, dtype=self.torch.bool)
        seen = seen.tril() if m.causal else seen
        wrote: dict[str, Tensor] = {"embed": m.embed[ids][None]}
        x = wrote["embed"]
        if m.positions is not None:
            at = self.torch.arange(size) if places is None else places
            wrote["pos_embed"] = m.positions[at].expand(ids.shape[0], -1, -1)[None]
            x = x + wrote["pos_embed"]
        active = None if weights is None else (weights != 0).flatten(0, 1).any(dim=0).tolist()

        def read(part: str, side: str) -> Tensor:
            """What a part reads: the stream, and the change along the patched edges."""
            found = x
            if other is not None and weights is not None and active is not None:
                for i, a in self.into.get((part, side), ()):
                    if (active[i] or weights.requires_grad) and a in wrote:
                        found = found + weights[:, :, i, None, None] * (other[a][:, :, :size] - wrote[a])
            return found

        for k, layer in enumerate(m.layers):
            new: dict[str, Tensor] = {}
            for h in range(len(layer.w_q)):
                name = f"blocks.{k}.attn.{h}"
                if name in self.graph.parts:
                    new[name] = self._head(layer, h, seen, partial(read, name))
            wrote |= new
            x = sum(new.values(), x)
            added: dict[str, Tensor] = {}
            for name, n in self.graph.parts.items():
                if n["kind"] == "neurons" and n["layer"] == k:
                    some = slice(*n["index"])
                    z = layer.normed("before_neurons", read(name, "mlp")) @ layer.w_in[:, some] + layer.b_in[some]
                    added[name] = z.relu() @ layer.w_out[some]
            wrote |= added
            x = sum(added.values(), x)
        last = read("unembed", "logits")
        last = last if m.final_norm is None else m.final_norm(last)
        return (last @ m.unembed)[:, :, 1:], wrote

    def _head(self, layer: Any, h: int, seen: Tensor, read: Callable[[str], Tensor]) -> Tensor:
        """What a head writes."""
        q, k, v = (
            layer.normed("before_heads", read(side)) @ w[h]
            for side, w in (("q", layer.w_q), ("k", layer.w_k), ("v", layer.w_v))
        )
        attention = (q @ k.transpose(-1, -2)).masked_fill(~seen, float("-inf")).softmax(dim=-1)
        found: Tensor = attention @ v @ layer.w_o[h]
        return found
