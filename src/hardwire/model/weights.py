"""The weights of heads and layers, and what must hold of their shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ModelError

Floats = npt.NDArray[Any]
"""An array of float32 or float64."""

DTYPES = ("float32", "float64")


def weights(x: npt.ArrayLike, shape: str, name: str) -> Floats:
    """x as a read-only array of its own; `shape` names its axes, as in "d_model, d_qk". Raises ModelError."""
    try:
        array = np.array(x)
        if array.dtype.name not in DTYPES:
            array = array.astype(np.float64, casting="same_kind" if array.size else "unsafe")
    except (TypeError, ValueError):
        raise ModelError(f"{name} is no array of numbers") from None
    if array.ndim != len(shape.split(",")):
        raise ModelError(f"{name} has shape {array.shape}; it is to be ({shape})")
    if not np.isfinite(array).all():
        raise ModelError(f"{name} holds a number that is not finite")
    array.setflags(write=False)
    return array


def cast(array: Floats, dtype: str, name: str) -> Floats:
    """A read-only array in the dtype of the model. Raises ModelError where that has no such number."""
    with np.errstate(over="ignore", under="ignore"):
        out = np.ascontiguousarray(array, dtype)
    if not np.isfinite(out).all():
        raise ModelError(f"{name} holds {float(np.abs(array).max()):.3g}, which is too large for {dtype}")
    if out is not array:
        out.setflags(write=False)
    return out


def expect(array: Floats, shape: tuple[int, ...], name: str) -> None:
    """Raises ModelError unless array has this shape."""
    if array.shape != shape:
        raise ModelError(f"{name} has shape {array.shape}, but {shape} fits the other weights")


@dataclass(frozen=True, eq=False)
class Head:
    """One attention head.

    w_q, w_k: (d_model, d_qk); w_v: (d_model, d_v); w_o: (d_v, d_model). Each head has its own d_qk and d_v.
    Scores are q . k, with no factor 1 / sqrt(d_qk).
    """

    name: str
    w_q: Floats
    w_k: Floats
    w_v: Floats
    w_o: Floats

    def __post_init__(self) -> None:
        for field, shape in SHAPES_OF_HEAD.items():
            object.__setattr__(self, field, weights(getattr(self, field), shape, f"{field} of head {self.name!r}"))
        d_model = len(self.w_q)
        expect(self.w_k, self.w_q.shape, f"w_k of head {self.name!r}")
        expect(self.w_v, (d_model, self.d_v), f"w_v of head {self.name!r}")
        expect(self.w_o, (self.d_v, d_model), f"w_o of head {self.name!r}")

    @property
    def d_qk(self) -> int:
        return int(self.w_q.shape[1])

    @property
    def d_v(self) -> int:
        return int(self.w_v.shape[1])

    def cast(self, dtype: str) -> Head:
        return Head(self.name, *(cast(getattr(self, f), dtype, f"{f} of head {self.name!r}") for f in SHAPES_OF_HEAD))

    def __repr__(self) -> str:
        return f"Head({self.name!r}, d_qk {self.d_qk}, d_v {self.d_v})"


@dataclass(frozen=True, eq=False)
class Layer:
    """Attention heads, then ReLU neurons; each adds to the residual stream. There may be none of either.

    w_in: (d_model, d_ff); b_in: (d_ff,); w_out: (d_ff, d_model).
    """

    heads: tuple[Head, ...]
    w_in: Floats
    b_in: Floats
    w_out: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "heads", tuple(self.heads))
        for field, shape in SHAPES_OF_LAYER.items():
            object.__setattr__(self, field, weights(getattr(self, field), shape, field))
        d_model, d_ff = self.w_in.shape
        expect(self.b_in, (d_ff,), "b_in")
        expect(self.w_out, (d_ff, d_model), "w_out")
        for head in self.heads:
            expect(head.w_q, (d_model, head.d_qk), f"w_q of head {head.name!r}")

    @property
    def d_ff(self) -> int:
        return int(self.w_in.shape[1])

    def cast(self, dtype: str) -> Layer:
        heads = tuple(head.cast(dtype) for head in self.heads)
        return Layer(heads, *(cast(getattr(self, f), dtype, f) for f in SHAPES_OF_LAYER))

    def arrays(self) -> Iterator[Floats]:
        """Every array of the layer."""
        for head in self.heads:
            for field in SHAPES_OF_HEAD:
                yield getattr(head, field)
        for field in SHAPES_OF_LAYER:
            yield getattr(self, field)

    def __repr__(self) -> str:
        return f"Layer({', '.join([*map(repr, self.heads), f'd_ff {self.d_ff}'])})"


# The fields that hold arrays, with their axes; storage names its tensors by them.
SHAPES_OF_HEAD = {"w_q": "d_model, d_qk", "w_k": "d_model, d_qk", "w_v": "d_model, d_v", "w_o": "d_v, d_model"}
SHAPES_OF_LAYER = {"w_in": "d_model, d_ff", "b_in": "d_ff", "w_out": "d_ff, d_model"}
