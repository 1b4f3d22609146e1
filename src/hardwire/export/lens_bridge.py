"""TransformerLens: a model that its own bridge builds, with our weights, and what is to be found at which hook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import MissingExtraError
from ..lang.text import constant
from ..model.transformer import Transformer
from ..model.weights import Floats
from .check import Check, Ints, answering, checked
from .host import Host, host

TARGET = "TransformerLens"
WHAT = "A TransformerLens model (TransformerLens 4 or newer)"


def lens_bridge(model: Transformer, check: Check = True) -> Any:
    """See `hardwire.export.transformer_lens`."""
    try:
        import torch
        import transformer_lens.model_bridge.sources.native  # noqa: F401 (gives TransformerBridge its boot_native)
        from transformer_lens.config import TransformerBridgeConfig
        from transformer_lens.model_bridge import TransformerBridge
    except ImportError:
        raise MissingExtraError(WHAT, "lens") from None
    h = host(model, square=False)
    config = TransformerBridgeConfig(
        d_model=h.d_model,
        d_head=h.d_head,
        n_heads=h.heads,
        n_layers=h.layers,
        d_mlp=h.d_ff,
        n_ctx=len(h.positions),
        d_vocab=len(h.embed),
        d_vocab_out=h.unembed.shape[1],
        act_fn="relu",
        attention_dir="causal" if model.causal else "bidirectional",
        normalization_type=None,
        positional_embedding_type="standard",
        init_weights=False,
        default_prepend_bos=False,
        dtype=getattr(torch, model.dtype),
    )
    bridge = TransformerBridge.boot_native(config, dtype=getattr(torch, model.dtype), model_name="hardwire")
    _fill(bridge, {name: torch.from_numpy(np.array(x, model.dtype)) for name, x in _state(h).items()})
    bridge.eval()
    bridge.requires_grad_(False)
    bridge.register_forward_pre_hook(_refuse_low_precision)
    bridge.verification = checked(model, TARGET, answering(model, _runner(bridge)), check)
    return bridge


def _state(h: Host) -> dict[str, Floats]:
    """The weights by the names that a native model has for them."""
    out = {"tok_embed.weight": h.embed, "pos.weight": h.positions, "head.weight": h.unembed.T}
    for i in range(h.layers):
        layer = f"layers.{i}"
        for name, w in (("q", h.q), ("k", h.k), ("v", h.v)):
            out[f"{layer}.attn.{name}.weight"] = np.moveaxis(w[i], 0, 1).reshape(h.d_model, -1).T
        out[f"{layer}.attn.o.weight"] = h.o[i].reshape(-1, h.d_model).T
        out[f"{layer}.mlp.fc_in.weight"] = h.w_in[i].T
        out[f"{layer}.mlp.fc_in.bias"] = h.b_in[i]
        out[f"{layer}.mlp.fc_out.weight"] = h.w_out[i].T
    return out


def _fill(bridge: Any, weights: Mapping[str, Any]) -> None:
    """Sets every parameter of the native model: those that are named, and biases to 0."""
    native = bridge.original_model
    known = dict(native.state_dict())
    plain = {name.replace("_original_component.", "").replace("original_component.", ""): name for name in known}
    new = {plain[name]: w for name, w in weights.items()}
    native.load_state_dict({name: new.get(name, old * 0) for name, old in known.items()})


def _refuse_low_precision(bridge: Any, _: Any) -> None:
    import torch

    if next(bridge.parameters()).dtype not in (torch.float32, torch.float64):
        raise ValueError("this model is exact in float32 and float64, and wrong in lower precision")


def _runner(bridge: Any) -> Any:
    import torch

    def run(ids: Ints, mask: Ints) -> Floats:
        with torch.no_grad():
            logits: Floats = bridge(torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).numpy()
        return logits

    return run


# Which hook shows what.


@dataclass(frozen=True)
class Hook:
    """What one part of an activation is for: `activation[..., index]`, or `[..., head, :]` where it is a head's."""

    name: str
    index: int | slice
    expression: str
    how: str


class Hooks(dict[str, list[Hook]]):
    """For each hook's name what the circuit says of its parts; shown as a table."""

    def __repr__(self) -> str:
        from ..model.circuit import columns

        rows = [(h.name, _index(h.index), constant(h.expression)[1:-1], h.how) for hooks in self.values() for h in hooks]
        return "\n".join(columns([("hook", "index", "what", "how"), *rows]))


def _index(i: int | slice) -> str:
    return str(i) if isinstance(i, int) else str(i.start) if i.stop - i.start == 1 else f"{i.start}:{i.stop}"


def hooks(model: Transformer) -> Hooks:
    """See `hardwire.export.hooks`."""
    found = Hooks()
    for hook in _hooks(model):
        found.setdefault(hook.name, []).append(hook)
    return found


def _hooks(model: Transformer) -> Iterator[Hook]:
    circuit = model.circuit
    for d in circuit.directions:
        if d.layer == 0:
            yield Hook("blocks.0.hook_resid_pre", d.index, d.expression, d.code)
    for number in range(1, model.depth + 1):
        block = f"blocks.{number - 1}"
        for head in circuit.heads:
            if head.layer == number:
                yield Hook(f"{block}.attn.hook_pattern", head.head, head.expression, head.recipe)
                yield Hook(f"{block}.attn.hook_z", head.head, head.expression, head.recipe)
        for n in circuit.neurons:
            if n.layer == number:
                yield Hook(f"{block}.mlp.hook_post", slice(n.start, n.stop), n.expression, n.recipe)
        for d in circuit.directions:
            if d.layer == number:
                yield Hook(f"{block}.hook_resid_post", d.index, d.expression, d.code)
