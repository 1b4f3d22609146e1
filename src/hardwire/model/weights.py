"""The weights of heads and layers, and checks of their shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ModelError
from ..numeric.floats import FORMATS

Floats = npt.NDArray[Any]
"""An array of float32 or float64."""

DTYPES = tuple(f.name for f in FORMATS)


def weights(x: npt.ArrayLike, shape: str, name: str) -> Floats:
    """Return x as a fixed array (see `fixed`); `shape` names its axes, as in "d_model, d_qk". Raises ModelError."""
    try:
        array = np.asarray(x)
        if array.dtype.type not in (np.float32, np.float64):
            array = array.astype(np.float64, casting="same_kind" if array.size else "unsafe")
    except (TypeError, ValueError):
        raise ModelError(f"{name} is not an array of numbers") from None
    if array.ndim != len(shape.split(",")):
        raise ModelError(f"{name} has shape {array.shape}; it must be ({shape})")
    if not np.isfinite(array).all():
        raise ModelError(f"{name} holds a number that is not finite")
    return fixed(array)


def fixed(array: Floats) -> Floats:
    """Return the same numbers, in native byte order and C order, in read-only memory.

    NumPy lets the owner of an array make it writable again (`setflags`), and the original of a view can be changed; an
    array over `bytes` allows neither. An array that is fixed already is returned as it is.
    """
    owner: object = array.base
    if type(array) is np.ndarray and type(owner) is bytes and array.flags.c_contiguous and array.dtype.isnative:
        return array
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return np.ndarray(native.shape, native.dtype, native.tobytes())


def cast(array: Floats, dtype: str, name: str) -> Floats:
    """Return a fixed array in the dtype of the model. Raises ModelError for a number that is too large for it."""
    with np.errstate(over="ignore", under="ignore"):
        out = np.asarray(array, dtype)
    if not np.isfinite(out).all():
        raise ModelError(f"{name} holds {float(np.abs(array).max()):.3g}, which is too large for {dtype}")
    return fixed(out)


def expect(array: Floats, shape: tuple[int, ...], name: str) -> None:
    """Raises ModelError unless array has this shape."""
    if array.shape != shape:
        raise ModelError(f"{name} has shape {array.shape}, but {shape} fits the other weights")


@dataclass(frozen=True, eq=False)
class Head:
    """One attention head.

    w_q, w_k: (d_model, d_qk); w_v: (d_model, d_v); w_o: (d_v, d_model). Each head has its own d_qk and d_v.
    Scores are q . k, with no factor 1 / sqrt(d_qk).

    The other fields are options; with them a head is not plain. kind: "softmax", or hard attention: "average",
    "leftmost", "rightmost" of the keys with the greatest score. sees: "all" keys under the model's mask, or only those
    "before" or "after" the query, and BOS. rotary: (d_qk / 2,), the rotation of each pair of dimensions per position,
    or None. slope: the decrease of a score per step of distance (ALiBi).
    """

    name: str
    w_q: Floats
    w_k: Floats
    w_v: Floats
    w_o: Floats
    kind: str = "softmax"
    sees: str = "all"
    rotary: Floats | None = None
    slope: float = 0.0

    def __post_init__(self) -> None:
        for field, shape in SHAPES_OF_HEAD.items():
            object.__setattr__(self, field, weights(getattr(self, field), shape, f"{field} of head {self.name!r}"))
        d_model = len(self.w_q)
        expect(self.w_k, self.w_q.shape, f"w_k of head {self.name!r}")
        expect(self.w_v, (d_model, self.d_v), f"w_v of head {self.name!r}")
        expect(self.w_o, (self.d_v, d_model), f"w_o of head {self.name!r}")
        for value, known in ((self.kind, KINDS), (self.sees, SIDES)):
            if value not in known:
                raise ModelError(
                    f"head {self.name!r} has {value!r}, which is not one of {', '.join(known)}", value=value
                )
        if not np.isfinite(self.slope):
            raise ModelError(f"the slope of head {self.name!r} is {self.slope}", value=self.slope)
        if self.rotary is not None:
            object.__setattr__(self, "rotary", weights(self.rotary, "d_qk / 2", f"rotary of head {self.name!r}"))
            if 2 * len(self.rotary) != self.d_qk:
                raise ModelError(
                    f"head {self.name!r} has d_qk {self.d_qk} and {len(self.rotary)} rotary frequencies; it takes "
                    "one for each pair of dimensions"
                )

    @property
    def plain(self) -> bool:
        """Whether it is softmax of q . k over all keys under the model's mask."""
        return self.kind == "softmax" and self.sees == "all" and self.rotary is None and not self.slope

    @property
    def d_qk(self) -> int:
        return int(self.w_q.shape[1])

    @property
    def d_v(self) -> int:
        return int(self.w_v.shape[1])

    def cast(self, dtype: str) -> Head:
        arrays: dict[str, Any] = {
            f: cast(getattr(self, f), dtype, f"{f} of head {self.name!r}") for f in SHAPES_OF_HEAD
        }
        rotary = None if self.rotary is None else cast(self.rotary, dtype, f"rotary of head {self.name!r}")
        return replace(self, **arrays, rotary=rotary)

    def __repr__(self) -> str:
        facts = [f"d_qk {self.d_qk}", f"d_v {self.d_v}"]
        facts += [x for x in (self.kind, self.sees) if x not in ("softmax", "all")]
        facts += ["rotary"] if self.rotary is not None else []
        facts += [f"slope {self.slope:g}"] if self.slope else []
        return f"Head({self.name!r}, {', '.join(facts)})"


@dataclass(frozen=True, eq=False)
class Norm:
    """A normalisation: (x - mean) / sqrt(variance + eps), or without the mean x / sqrt(mean of x² + eps).

    kind: "layer" or "rms"; gain, bias: (d_model,), applied after; project: (d_model, d_model), a linear map applied
    before, or None. eps is above 0.
    """

    kind: str
    gain: Floats
    bias: Floats
    eps: float = 1e-5
    project: Floats | None = None

    def __post_init__(self) -> None:
        """Raises ModelError."""
        if self.kind not in NORMS:
            raise ModelError(f"a norm is one of {', '.join(NORMS)}, not {self.kind!r}", value=self.kind)
        if not (self.eps > 0 and np.isfinite(self.eps)):
            raise ModelError(f"the eps of a norm is above 0, not {self.eps}", value=self.eps)
        for field in ("gain", "bias"):
            object.__setattr__(self, field, weights(getattr(self, field), "d_model", f"the {field} of a norm"))
        expect(self.bias, self.gain.shape, "the bias of a norm")
        if self.project is not None:
            object.__setattr__(self, "project", weights(self.project, "d_model, d_model", "the projection of a norm"))
            expect(self.project, 2 * self.gain.shape, "the projection of a norm")

    def cast(self, dtype: str) -> Norm:
        """The same in another dtype. Raises ModelError."""
        project = None if self.project is None else cast(self.project, dtype, "the projection of a norm")
        gain, bias = cast(self.gain, dtype, "the gain of a norm"), cast(self.bias, dtype, "the bias of a norm")
        return Norm(self.kind, gain, bias, self.eps, project)

    def arrays(self) -> Iterator[Floats]:
        """Every array of the norm."""
        yield from (self.gain, self.bias)
        if self.project is not None:
            yield self.project

    def __call__(self, x: Floats) -> Floats:
        """x: (..., d_model)."""
        if not x.size:
            return x
        if self.project is not None:
            x = x @ self.project
        if self.kind == "layer":
            x = x - x.mean(axis=-1, keepdims=True)
        square = (x * x).mean(axis=-1, keepdims=True)
        out: Floats = x / np.sqrt(square + x.dtype.type(self.eps)) * self.gain + self.bias
        return out

    def __repr__(self) -> str:
        extra = ", projected" if self.project is not None else ""
        return f"Norm({self.kind!r}, d_model {len(self.gain)}, eps {self.eps:.3g}{extra})"


@dataclass(frozen=True, eq=False)
class Layer:
    """Attention heads, then neurons; each adds to the residual stream. There may be none of either.

    w_in: (d_model, d_ff); b_in: (d_ff,); w_out: (d_ff, d_model).

    The other fields are options; with them a layer is not plain. activation: "relu", "gelu", or "swiglu", which
    multiplies the neurons by x @ w_gate + b_gate, of the shapes of w_in and b_in. Norms: `before_heads` and
    `before_neurons` act on the input of the heads and neurons (pre-norm), `after_heads` and `after_neurons` on the
    stream after their output was added (post-norm).
    """

    heads: tuple[Head, ...]
    w_in: Floats
    b_in: Floats
    w_out: Floats
    activation: str = "relu"
    w_gate: Floats | None = None
    b_gate: Floats | None = None
    before_heads: Norm | None = None
    after_heads: Norm | None = None
    before_neurons: Norm | None = None
    after_neurons: Norm | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "heads", tuple(self.heads))
        for field, shape in SHAPES_OF_LAYER.items():
            object.__setattr__(self, field, weights(getattr(self, field), shape, field))
        d_model, d_ff = self.w_in.shape
        expect(self.b_in, (d_ff,), "b_in")
        expect(self.w_out, (d_ff, d_model), "w_out")
        for head in self.heads:
            expect(head.w_q, (d_model, head.d_qk), f"w_q of head {head.name!r}")
        self._check_variants()

    def _check_variants(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ModelError(f"the activation {self.activation!r} is not one of {', '.join(ACTIVATIONS)}")
        gates = [field for field in SHAPES_OF_GATE if getattr(self, field) is not None]
        if len(gates) != (2 if self.activation == "swiglu" else 0):
            raise ModelError(
                f"swiglu neurons, and no others, have w_gate and b_gate; the activation is {self.activation}"
            )
        for field in gates:
            object.__setattr__(self, field, weights(getattr(self, field), SHAPES_OF_GATE[field], field))
            expect(getattr(self, field), getattr(self, field.replace("gate", "in")).shape, field)
        for place, norm in self.norms.items():
            expect(norm.gain, self.w_in.shape[:1], f"the norm {place}")

    @property
    def norms(self) -> dict[str, Norm]:
        """The norms of the layer, by place."""
        found = {place: getattr(self, place) for place in PLACES}
        return {place: norm for place, norm in found.items() if norm is not None}

    @property
    def plain(self) -> bool:
        """Whether it is softmax attention and ReLU neurons without norms."""
        return self.activation == "relu" and not self.norms and all(head.plain for head in self.heads)

    @property
    def d_ff(self) -> int:
        return int(self.w_in.shape[1])

    def cast(self, dtype: str) -> Layer:
        fields = (*SHAPES_OF_LAYER, *(SHAPES_OF_GATE if self.w_gate is not None else ()))
        arrays: dict[str, Any] = {f: cast(getattr(self, f), dtype, f) for f in fields}
        norms: dict[str, Any] = {place: norm.cast(dtype) for place, norm in self.norms.items()}
        return replace(self, heads=tuple(head.cast(dtype) for head in self.heads), **arrays, **norms)

    def arrays(self) -> Iterator[Floats]:
        """Every array of the layer."""
        for head in self.heads:
            for field in SHAPES_OF_HEAD:
                yield getattr(head, field)
            if head.rotary is not None:
                yield head.rotary
        for field in SHAPES_OF_LAYER:
            yield getattr(self, field)
        if self.w_gate is not None and self.b_gate is not None:
            yield from (self.w_gate, self.b_gate)
        for norm in self.norms.values():
            yield from norm.arrays()

    def __repr__(self) -> str:
        facts = [*map(repr, self.heads), f"d_ff {self.d_ff}"]
        facts += [self.activation] if self.activation != "relu" else []
        facts += [f"{norm.kind} norm {place.replace('_', ' ')}" for place, norm in self.norms.items()]
        return f"Layer({', '.join(facts)})"


# The fields that hold arrays, with their axes; storage names its tensors by them.
SHAPES_OF_HEAD = {"w_q": "d_model, d_qk", "w_k": "d_model, d_qk", "w_v": "d_model, d_v", "w_o": "d_v, d_model"}
SHAPES_OF_LAYER = {"w_in": "d_model, d_ff", "b_in": "d_ff", "w_out": "d_ff, d_model"}
SHAPES_OF_GATE = {"w_gate": "d_model, d_ff", "b_gate": "d_ff"}
PLACES = ("before_heads", "after_heads", "before_neurons", "after_neurons")

KINDS = ("softmax", "average", "leftmost", "rightmost")
SIDES = ("all", "before", "after")
ACTIVATIONS = ("relu", "gelu", "swiglu")
NORMS = ("layer", "rms")
