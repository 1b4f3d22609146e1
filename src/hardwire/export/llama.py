"""The layout of Llama: RMS norms, SwiGLU neurons and rotary positions, none of which changes a number here.

- **RMS norm**: x / sqrt(mean of x² + eps) * weight, where eps is so large that the sum rounds to eps, and the square
  root of eps and the weight are the same power of two. It is x itself as long as no number of the stream exceeds
  `LARGEST`, and each is 0 or at least 2^-71; smaller ones move by less than 2^-71.
- **SwiGLU**: silu(s z) * (1 / s) for s = 2^60 is z for positive and 0 for negative z, in every float32 library, unless
  z is between -2^-53 and 2^-53; then it differs from relu(z) by at most 0.28 / s. The factor 1 / s and the bias of z
  are weights of a direction that is 1 at every position, so that there are no biases.
- **Rotary positions**: their frequencies are divided by 2^200, so that each is 0 in float32: the cosine is 1, and the
  sine 0. Positions are computed in two layers instead (`positionless.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ExportError
from ..model.transformer import Transformer
from ..model.weights import Floats
from .bounds import largest
from .host import Host

NEUTRAL = (
    "RMS norms and rotary positions change no number, SwiGLU neurons compute ReLU, and two further layers compute the "
    "positions, exactly. What differs is below 2.4e-19 in a neuron and 1e-21 in a norm."
)

LOG_EPS = 110
"""log2 of the eps of an RMS norm that is the identity; even, since sqrt(eps) is to be a power of two."""
LARGEST = 2.0 ** ((LOG_EPS - 26) // 2)
"""The greatest number in the stream of which an RMS norm is the identity: its square is below 2^-26 of eps."""
SHARP = 2.0**60
"""The factor of the input of a SiLU that acts as a ReLU."""
SLOW = 2.0**200
"""What the frequencies of rotary positions are divided by."""


def bounded(model: Transformer) -> float:
    """Return a bound of the numbers in the stream. Raises ExportError for a model that Llama does not compute."""
    if model.dtype != "float32":
        raise ExportError(
            f"the RMS norm of Llama computes in float32, and this model in {model.dtype}; choose gpt2-lm",
            value=model.dtype,
        )
    size = largest(model)
    if not size < LARGEST:
        raise ExportError(
            f"a number in the residual stream may be as large as {size:.1g}, and the RMS norm of Llama is the identity "
            f"up to {LARGEST:.1g}; choose gpt2-lm",
            value=size,
        )
    return size


def carried(model: Transformer, bound: float) -> str:
    """What follows from the certificate of the model for its copy, whose numbers have a bound."""
    found = model.certificate
    proved = "The model has no certificate" if found is None else "The certificate holds for any order of summation"
    return (
        f"No number of the residual stream exceeds {bound:.2g}, and the norms are the identity up to {LARGEST:.2g}. "
        f"{proved}; the arithmetic here is the same up to differences below 2.4e-19."
    )


def config(h: Host) -> dict[str, Any]:
    """The part of the config that is Llama's own."""
    length = 2 * len(h.positions)
    slow = {"rope_type": "linear", "factor": SLOW}
    return {
        "hidden_size": width(h),
        "num_hidden_layers": h.layers,
        "num_attention_heads": h.heads,
        "num_key_value_heads": h.heads,
        "head_dim": h.d_head,
        "intermediate_size": h.d_ff,
        "hidden_act": "silu",
        "max_position_embeddings": length,
        "rms_norm_eps": 2.0**LOG_EPS,
        # transformers 4 reads the first two, 5 the third.
        "rope_theta": 10_000.0,
        "rope_scaling": slow,
        "rope_parameters": slow | {"rope_theta": 10_000.0},
        "attention_bias": False,
        "attention_dropout": 0.0,
        "mlp_bias": False,
        "use_cache": True,
    }


def width(h: Host) -> int:
    """The d_model: one more for the direction that is 1, and a multiple of the number of heads."""
    return h.heads * -(-(h.d_model + 1) // h.heads)


def tensors(h: Host, rows: Floats) -> dict[str, Floats]:
    """The tensors, which are (out, in); rows: the embedding by id."""
    extra = width(h) - h.d_model
    one = np.zeros((1, extra))
    one[0, -1] = 1
    weight = np.full(width(h), 2.0 ** (LOG_EPS // 2))

    def reading(w: Floats, constant: Floats | float = 0.0) -> Floats:
        """(d_model, columns), and the weights of the direction that is 1, as (columns, width)."""
        last = np.broadcast_to(np.asarray(constant, np.float64), w.shape[1])
        return np.vstack([w, np.zeros((extra - 1, w.shape[1])), last]).T

    def writing(w: Floats) -> Floats:
        """(rows, d_model) as (width, rows)."""
        return np.pad(w, ((0, 0), (0, extra))).T

    out = {"model.embed_tokens.weight": np.hstack([rows, np.repeat(one, len(rows), axis=0)])}
    for i in range(h.layers):
        layer = f"model.layers.{i}"
        for name, x in (("q", h.q), ("k", h.k), ("v", h.v)):
            out[f"{layer}.self_attn.{name}_proj.weight"] = reading(np.moveaxis(x[i], 0, 1).reshape(h.d_model, -1))
        out[f"{layer}.self_attn.o_proj.weight"] = writing(h.o[i].reshape(-1, h.d_model))
        out[f"{layer}.mlp.gate_proj.weight"] = reading(h.w_in[i], h.b_in[i]) * SHARP
        out[f"{layer}.mlp.up_proj.weight"] = reading(np.zeros_like(h.w_in[i]), 1 / SHARP)
        out[f"{layer}.mlp.down_proj.weight"] = writing(h.w_out[i])
        out |= {f"{layer}.{name}_layernorm.weight": weight for name in ("input", "post_attention")}
    return out | {"model.norm.weight": weight, "lm_head.weight": reading(h.unembed)}
