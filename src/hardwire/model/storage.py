"""Models as files: the safetensors format, with everything that is no weight as JSON in its metadata.

Reading a file only ever makes numbers, strings and the dataclasses of this package. The checksum finds damage; it
is no signature.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingExtraError, ModelError, ModelFileError
from ..lang.values import Value
from .certificate import Certificate
from .circuit import Circuit
from .codec import Malformed, NotStorable, pack, unpack
from .files import whole, write
from .transformer import Transformer
from .weights import SHAPES_OF_HEAD, SHAPES_OF_LAYER, Floats, Head, Layer

if TYPE_CHECKING:
    from types import ModuleType

VERSION = "1"
"""The version of the file format: raised whenever an older reader would misunderstand a file."""

_VERSION, _CONTENT, _CHECKSUM = "hardwire_version", "hardwire", "sha256"  # the keys of the metadata

Tensors = dict[str, Floats]


@dataclass(frozen=True)
class Content:
    """What a file says apart from its tensors; `heads` are the names of each layer's heads."""

    program: str
    vocab: tuple[Value, ...]
    outputs: tuple[Value, ...] | None
    max_len: int | None
    causal: bool
    dtype: str
    heads: tuple[tuple[str, ...], ...]
    circuit: Circuit
    certificate: Certificate | None
    whole: bool
    tolerance: float


def save(model: Transformer, path: str | PathLike[str]) -> None:
    """Write a model to a file, whole or not at all. Raises ModelFileError, MissingExtraError, OSError."""
    library = _safetensors("Saving a model")
    try:
        content = json.dumps(pack(_content(model), Content), allow_nan=False)
    except NotStorable as error:
        raise ModelFileError(
            f"this model cannot be saved: {error}, and a file holds only "
            "strings, ints, bools, floats, ratios, None and tuples of them",
            value=error.value,
        ) from None
    arrays = tensors(model)
    metadata = {_VERSION: VERSION, _CONTENT: content, _CHECKSUM: _checksum(content, arrays)}
    with whole(path) as temporary:
        write(temporary, library.save(arrays, metadata))


def load(path: str | PathLike[str]) -> Transformer:
    """Read a model from a file. Raises ModelFileError, MissingExtraError, OSError."""
    library = _safetensors("Loading a model")
    path = Path(path)
    data = path.read_bytes()
    metadata = _metadata(data, path)
    try:
        tensors = {name: np.asarray(array) for name, array in library.load(data).items()}
    except Exception as error:  # the library has its own errors, for us all say the same
        raise ModelFileError(f"{path} is truncated or damaged: {error}") from None
    content = metadata[_CONTENT]
    if metadata.get(_CHECKSUM) != _checksum(content, tensors):
        raise ModelFileError(f"{path} was changed after it was saved: its checksum does not match its content")
    try:
        return _model(unpack(json.loads(content), Content), tensors)
    except (Malformed, ModelError) as error:
        raise ModelFileError(f"{path} does not describe a model: {error}") from None
    except (ValueError, OverflowError, RecursionError):
        raise ModelFileError(f"{path} does not describe a model: its metadata is no JSON") from None


def _safetensors(what: str) -> ModuleType:
    try:
        import safetensors.numpy
    except ImportError:
        raise MissingExtraError(what, "files") from None
    return safetensors.numpy


def _content(model: Transformer) -> Content:
    return Content(
        program=model.program,
        vocab=model.vocab,
        outputs=model.outputs,
        max_len=model.max_len,
        causal=model.causal,
        dtype=model.dtype,
        heads=tuple(tuple(h.name for h in layer.heads) for layer in model.layers),
        circuit=model.circuit,
        certificate=model.certificate,
        whole=model.whole,
        tolerance=model.tolerance,
    )


def tensors(model: Transformer) -> Tensors:
    """Every array of a model by name: embed, positions, unembed, layers.0.w_in, layers.0.heads.0.w_q, ..."""
    tensors = {"embed": model.embed, "unembed": model.unembed}
    if model.positions is not None:
        tensors["positions"] = model.positions
    for i, layer in enumerate(model.layers):
        for field in SHAPES_OF_LAYER:
            tensors[f"layers.{i}.{field}"] = getattr(layer, field)
        for j, head in enumerate(layer.heads):
            for field in SHAPES_OF_HEAD:
                tensors[f"layers.{i}.heads.{j}.{field}"] = getattr(head, field)
    # The library writes the memory of an array as it lies.
    return {name: np.ascontiguousarray(array) for name, array in tensors.items()}


def _model(content: Content, tensors: Tensors) -> Transformer:
    """The model of a file. Raises ModelError."""
    left = dict(tensors)

    def take(name: str) -> Floats:
        if name not in left:
            raise ModelError(f"the tensor {name} is missing")
        array = left.pop(name)
        if array.dtype.name != content.dtype:
            raise ModelError(f"the tensor {name} is {array.dtype.name} in a model of {content.dtype}")
        return array

    layers = []
    for i, names in enumerate(content.heads):
        prefix = f"layers.{i}"
        heads = tuple(
            Head(name, *(take(f"{prefix}.heads.{j}.{field}") for field in SHAPES_OF_HEAD))
            for j, name in enumerate(names)
        )
        layers.append(Layer(heads, *(take(f"{prefix}.{field}") for field in SHAPES_OF_LAYER)))
    embed, unembed = take("embed"), take("unembed")
    positions = take("positions") if "positions" in left else None
    if left:
        raise ModelError(f"there is a tensor too many, {min(left)}")
    return Transformer(
        vocab=content.vocab,
        max_len=content.max_len,
        causal=content.causal,
        embed=embed,
        positions=positions,
        layers=tuple(layers),
        unembed=unembed,
        outputs=content.outputs,
        dtype=content.dtype,
        circuit=content.circuit,
        certificate=content.certificate,
        program=content.program,
        whole=content.whole,
        tolerance=content.tolerance,
    )


def _checksum(content: str, tensors: Tensors) -> str:
    digest = hashlib.sha256(content.encode())
    for name, array in sorted(tensors.items()):
        digest.update(f"\n{name} {array.dtype.name} {array.shape}\n".encode())
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()


def _metadata(data: bytes, path: Path) -> dict[str, str]:
    """The metadata of a safetensors file that hardwire wrote: 8 bytes say how long the JSON is that follows."""
    size = int.from_bytes(data[:8], "little")
    try:
        header: Any = json.loads(data[8 : 8 + size]) if len(data) >= 8 + size else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise ModelFileError(f"{path} is no safetensors file, or is truncated ({len(data):,} bytes)")
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or not isinstance(metadata.get(_CONTENT), str):
        raise ModelFileError(f"{path} is a safetensors file, but not of hardwire: it has no description of a model")
    version = metadata.get(_VERSION)
    if version != VERSION:
        raise ModelFileError(f"{path} has the file format {version}; this hardwire reads format {VERSION}")
    return metadata
