"""TransformerLens: a model built by its native bridge with our weights, and the content of each hook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pprint import pformat
from typing import Any

import numpy as np

from ..errors import ExportError, MissingExtraError
from ..lang.text import constant
from ..model.circuit import columns
from ..model.transformer import Transformer
from ..model.weights import Floats
from .code import literal, quoted, title, write_code
from .comparison import Check, Ints, answering, checked, plain
from .host import Host, host
from .report import Exported, certificate, length, precision

TARGET = "TransformerLens"
WHAT = "A TransformerLens model (TransformerLens 4 or newer)"


def lens_bridge(model: Transformer, *, check: Check = True) -> Any:
    """See `hardwire.export.transformer_lens`."""
    plain(model, TARGET)
    try:
        import torch
        import transformer_lens.model_bridge.sources.native  # noqa: F401  it gives TransformerBridge its boot_native
        from transformer_lens.config import TransformerBridgeConfig
        from transformer_lens.model_bridge import TransformerBridge
    except ImportError:
        raise MissingExtraError(WHAT, "lens") from None
    h = host(model, square=False)
    dtype = getattr(torch, model.dtype)
    bridge = TransformerBridge.boot_native(
        TransformerBridgeConfig(**_config(model, h), dtype=dtype), dtype=dtype, model_name="hardwire"
    )
    _fill(bridge, {name: torch.from_numpy(x) for name, x in _state(model, h).items()})
    bridge.eval()
    bridge.requires_grad_(False)
    bridge.register_forward_pre_hook(_refuse_low_precision)
    bridge.verification = checked(model, TARGET, answering(model, _runner(bridge)), check)
    return bridge


def lens_file(model: Transformer, file: str | PathLike[str], *, check: Check = True) -> Exported:
    """See `hardwire.export.transformer_lens`."""
    plain(model, TARGET)
    h = host(model, square=False)

    def code(weights: str) -> str:
        return _FILE.format(
            title=title(model),
            certificate=quoted(certificate(model)),
            rules=f"{length(model)} {precision(model)}",
            config=pformat(_config(model, h), width=100, sort_dicts=False),
            dtype=model.dtype,
            weights=weights,
            vocab=literal(model.vocab),
            outputs=literal(model.outputs),
            hooks=pformat([(x.name, _index(x.index), x.expression, x.how) for x in _hooks(model)], width=118),
        )

    note = "{0}.load() is a TransformerBridge; {0}.HOOKS lists the content of each hook"
    return write_code(
        model, file, code, _state(model, h), target=TARGET, runner=_runner, check=check, extra="lens", note=note
    )


def _config(model: Transformer, h: Host) -> dict[str, Any]:
    """Return the options of the bridge, except the dtype."""
    return {
        "d_model": h.d_model,
        "d_head": h.d_head,
        "n_heads": h.heads,
        "n_layers": h.layers,
        "d_mlp": h.d_ff,
        "n_ctx": len(h.positions),
        "d_vocab": len(h.embed),
        "d_vocab_out": h.unembed.shape[1],
        "act_fn": "relu",
        "attention_dir": "causal" if model.causal else "bidirectional",
        "normalization_type": None,
        "positional_embedding_type": "standard",
        "init_weights": False,
        "default_prepend_bos": False,
    }


def _state(model: Transformer, h: Host) -> dict[str, Floats]:
    """Return every weight by its name in a native model; most biases are 0."""
    out = {"tok_embed.weight": h.embed, "pos.weight": h.positions, "head.weight": h.unembed.T}
    for i in range(h.layers):
        attn, mlp = f"layers.{i}.attn", f"layers.{i}.mlp"
        for name, w in (("q", h.q), ("k", h.k), ("v", h.v)):
            out[f"{attn}.{name}.weight"] = np.moveaxis(w[i], 0, 1).reshape(h.d_model, -1).T
        out[f"{attn}.o.weight"] = h.o[i].reshape(-1, h.d_model).T
        out[f"{mlp}.fc_in.weight"], out[f"{mlp}.fc_in.bias"] = h.w_in[i].T, h.b_in[i]
        out[f"{mlp}.fc_out.weight"] = h.w_out[i].T
    biases = {name.replace("weight", "bias"): np.zeros(len(x)) for name, x in out.items() if name.startswith("layers")}
    return {name: np.ascontiguousarray(x, model.dtype) for name, x in (biases | out).items()}


def _fill(bridge: Any, weights: Mapping[str, Any]) -> None:
    """Set the parameters. The bridge lists each twice and ignores missing ones, so they are compared afterwards."""
    bridge.load_state_dict(weights, strict=False)
    left = {id(p) for p in bridge.parameters()} - {id(p) for p in _named(bridge, weights)}
    if left or any(not (p == w).all() for p, w in zip(_named(bridge, weights), weights.values(), strict=True)):
        raise ExportError("this TransformerLens does not take the weights as they are; versions 4.3 and later in 4 do")


def _named(bridge: Any, weights: Mapping[str, Any]) -> list[Any]:
    """The parameters of the bridge by the names of the weights."""
    plain = {name.replace("_original_component.", ""): p for name, p in bridge.original_model.named_parameters()}
    return [plain[name] for name in weights]


def _refuse_low_precision(bridge: Any, _: Any) -> None:
    import torch

    weight = next(bridge.parameters())
    if weight.dtype not in (torch.float32, torch.float64) or torch.is_autocast_enabled(weight.device.type):
        raise ValueError("this model is exact in float32 and float64, and wrong in lower precision and autocast")
    if any(".quantized." in type(part).__module__ for part in bridge.modules()):
        raise ValueError("this model is exact in float32 and float64, and wrong after quantisation")


def _runner(bridge: Any) -> Any:
    import torch

    def run(ids: Ints, mask: Ints) -> Floats:
        with torch.no_grad():
            logits: Floats = bridge(torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).numpy()
        return logits

    return run


# The content of hooks.


@dataclass(frozen=True)
class Hook:
    """The purpose of one part of an activation: `activation[..., index]`, or `[..., head, :]` for a head."""

    name: str
    index: int | slice
    expression: str
    how: str


class Hooks(dict[str, list[Hook]]):
    """The parts of the circuit at each hook, by its name; shown as a table."""

    def __repr__(self) -> str:
        rows = [
            (h.name, _index(h.index), constant(h.expression)[1:-1], h.how) for hooks in self.values() for h in hooks
        ]
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


_FILE = '''"""A transformer that computes
{title}
for TransformerLens 4.

{certificate}
{rules}
Call it with ids, 0 for BOS, which comes first, and 1 + k for token k of VOCABULARY.
"""

from pathlib import Path

import torch
import transformer_lens.model_bridge.sources.native  # gives TransformerBridge its boot_native
from safetensors.torch import load_file
from transformer_lens.config import TransformerBridgeConfig
from transformer_lens.model_bridge import TransformerBridge

VOCABULARY = {vocab}
OUTPUTS = {outputs}
CONFIG = {config}
HOOKS = {hooks}
"""(hook, index in it, expression, recipe)"""


def load():
    """The model as a TransformerBridge."""
    dtype = torch.{dtype}
    bridge = TransformerBridge.boot_native(TransformerBridgeConfig(**CONFIG, dtype=dtype), dtype=dtype)
    bridge.load_state_dict(load_file(Path(__file__).with_name("{weights}")), strict=False)
    bridge.register_forward_pre_hook(refuse_low_precision)
    return bridge.requires_grad_(False).eval()


def refuse_low_precision(bridge, _):
    weight = next(bridge.parameters())
    if weight.dtype not in (torch.float32, torch.float64) or torch.is_autocast_enabled(weight.device.type):
        raise ValueError("this model is exact in float32 and float64, and wrong in lower precision and autocast")
    if any(".quantized." in type(part).__module__ for part in bridge.modules()):
        raise ValueError("this model is exact in float32 and float64, and wrong after quantisation")
'''
