"""Plain NumPy arrays."""

from __future__ import annotations

import io
from os import PathLike

import numpy as np

from ..model.files import whole, write
from ..model.tensors import tensors
from ..model.transformer import Transformer
from ..model.weights import Floats
from .comparison import plain


def arrays(model: Transformer, file: str | PathLike[str] | None = None) -> dict[str, Floats]:
    """See `hardwire.export.numpy`."""
    plain(model, "a dict of arrays")
    found = tensors(model)
    if file is not None:
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **found)
        with whole(file) as temporary:
            write(temporary, buffer.getvalue())
    return found
