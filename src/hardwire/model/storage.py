"""Models in files: the safetensors format, with everything except the weights as JSON in its metadata.

Reading a file creates only numbers, strings and the dataclasses of this package. The checksum detects damage; it is not
a signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingExtraError, ModelError, ModelFileError
from ..lang.expr import Expr
from ..lang.ports import function_tables
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import Value
from .binding import mismatch
from .certificate import Certificate
from .circuit import Circuit, Claim, DirectionNote, HeadNote, NeuronNote, Reading, StoredCircuit
from .circuit_json import NAME, circuit_json
from .codec import Malformed, NotStorable, pack, unpack
from .description import WIDEST_PROGRAM
from .expressions import (
    RowsByFunction,
    StoredNode,
    has_functions,
    pack_expressions,
    unpack_expressions,
    without_functions,
)
from .files import check_folder, path_of, read_whole, whole, write
from .portable import known_variables
from .slots import Slot
from .tensors import Tensors, little_endian, tensors
from .transformer import Transformer
from .weights import PLACES, SHAPES_OF_GATE, SHAPES_OF_HEAD, SHAPES_OF_LAYER, Floats, Head, Layer, Norm

if TYPE_CHECKING:
    from types import ModuleType

VERSION = "4"
"""The version of the file format. Raise it whenever an older reader would misread a file, and whenever the data that
certificates are bound to change (`binding.py`, `certificate.py`). Format 4 stores the expressions of claims."""
_UNBOUND = {"1": False, "2": True}
"""Versions whose certificates are not bound to their models, and whether they are of models that are not plain."""
_NUMBERED = ("1", "2", "3")
"""Versions whose claims hold the number of a part of the program, not its expression."""

_VERSION, _CONTENT, _CHECKSUM = "hardwire_version", "hardwire", "sha256"  # the keys of the metadata
_VARIANTS = "hardwire_variants"

FOREIGN = {".bin", ".ckpt", ".h5", ".json", ".npz", ".onnx", ".pickle", ".pkl", ".pt", ".pth"}
"""Endings of files that hold something else."""


@dataclass(frozen=True)
class Content:
    """The content of a file except its tensors; `heads` are the names of each layer's heads."""

    program: str
    vocab: tuple[Value, ...]
    outputs: tuple[Value, ...] | None
    max_len: int | None
    causal: bool
    dtype: str
    heads: tuple[tuple[str, ...], ...]
    circuit: StoredCircuit
    certificate: Certificate | None
    whole: bool
    tolerance: float
    source: tuple[StoredNode, ...] = ()
    given: tuple[StoredNode, ...] = ()
    """The program as written and the condition on inputs, each the last of its nodes; empty where it is not known, or
    needs the author's Python."""


@dataclass(frozen=True)
class NumberedClaim:
    """A claim in a file of an old format: of a part of the rewritten program, by its number and as text."""

    part: int
    expression: str
    time: int
    vector: Floats
    labels: Floats
    values: tuple[Value, ...]


@dataclass(frozen=True)
class NumberedCircuit:
    """A circuit in a file of an old format."""

    directions: tuple[DirectionNote, ...]
    heads: tuple[HeadNote, ...]
    neurons: tuple[NeuronNote, ...]
    readings: tuple[Reading, ...]
    claims: tuple[NumberedClaim, ...] = ()

    def stored(self) -> StoredCircuit:
        """The circuit as files of this format hold it."""
        claims = (Claim(None, Slot.of(c.time), c.vector, c.labels, c.values, c.part) for c in self.claims)
        return Circuit(self.directions, self.heads, self.neurons, self.readings, tuple(claims)).stored()


@dataclass(frozen=True)
class HeadFacts:
    """The options of a head that is not plain, except its rotary frequencies."""

    kind: str
    sees: str
    slope: float


@dataclass(frozen=True)
class NormFacts:
    """A norm without its arrays."""

    kind: str
    eps: float


@dataclass(frozen=True)
class LayerFacts:
    """The options of a layer that is not plain: its activation, the norms at `PLACES`, and each head."""

    activation: str
    norms: tuple[NormFacts | None, ...]
    heads: tuple[HeadFacts, ...]


@dataclass(frozen=True)
class Variants:
    """The further content of the file of a model that is not plain."""

    layers: tuple[LayerFacts, ...]
    final_norm: NormFacts | None


def check_path(path: str | PathLike[str]) -> None:
    """Raises ModelFileError, NoFolderError and BuildError if no model can be saved as this file."""
    path = path_of(path, "save")
    if path.suffix.lower() in FOREIGN:
        raise ModelFileError(
            f"{path} has the name of another format: a model is saved as safetensors, for example as "
            f"{path.with_suffix('.safetensors')}; hw.export writes models for other tools",
            value=str(path),
        )
    check_folder(path)


def save(model: Transformer, path: str | PathLike[str]) -> None:
    """Write a model to a file, completely or not at all. Raises ModelFileError, MissingExtraError, FileError."""
    check_path(path)
    data = packed(model)
    with whole(path) as temporary:
        write(temporary, data)


def packed(model: Transformer) -> bytes:
    """Return the content of the file of a model. Raises ModelFileError, MissingExtraError."""
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
    metadata = {_VERSION: VERSION, _CONTENT: content, NAME: circuit_json(model, indent=None)}
    if not model.plain:
        metadata[_VARIANTS] = json.dumps(pack(_variants(model), Variants))
    metadata[_CHECKSUM] = _checksum(_text(metadata), arrays)
    return _ordered(library.save(arrays, metadata))


def _text(metadata: Mapping[str, str]) -> str:
    """Return the text that a checksum covers."""
    return "".join(metadata.get(name, "") for name in (_CONTENT, _VARIANTS, NAME))


def _ordered(data: bytes) -> bytes:
    """Return a file with its header in alphabetical order: the library has another order every time."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(dict(sorted(header.items())), ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the arrays are aligned
    return len(text).to_bytes(8, "little") + text + data[start:]


def load(path: str | PathLike[str]) -> Transformer:
    """Read a model from a file. Raises ModelFileError, MissingExtraError, FileError, and BuildError for no path.

    A certificate in the file that is bound to the model is kept and marked as stored; if it is bound to another model,
    the file is refused. Certificates in files of formats 1 and 2 are not bound to a model and are dropped.
    """
    path = path_of(path, "load")
    library = _safetensors("Loading a model")
    data = read_whole(path)
    metadata = _metadata(data, path)
    try:
        tensors = {name: np.asarray(array) for name, array in library.load(data).items()}
    except Exception as error:  # the errors of the library all mean that the file is damaged
        raise ModelFileError(f"{path} is truncated or damaged: {error}") from None
    content, more = metadata[_CONTENT], metadata.get(_VARIANTS)
    if metadata.get(_CHECKSUM) != _checksum(_text(metadata), tensors):
        raise ModelFileError(f"{path} was changed after it was saved: its checksum does not match its content")
    try:
        variants = None if more is None else unpack(json.loads(more), Variants)
        said, dropped = _described(json.loads(content), metadata[_VERSION])
        model = _model(said, variants, tensors)
        return model.uncertified(dropped) if dropped else _certified(model, said.certificate)
    except (Malformed, ModelError) as error:
        raise ModelFileError(f"{path} does not describe a model: {error}") from None
    except (ValueError, OverflowError, RecursionError):
        raise ModelFileError(f"{path} does not describe a model: its metadata is not JSON") from None


def _safetensors(what: str) -> ModuleType:
    try:
        import safetensors.numpy
    except ImportError:
        raise MissingExtraError(what, "files") from None
    return safetensors.numpy


def _content(model: Transformer) -> Content:
    program = None if model.source is None else model.source.expr
    tables = function_tables(model)
    source, given = (stored_program(x, program, tables) for x in (model.source, model.given))
    shown = program is not None and formula(program, WIDEST_PROGRAM) == model.program
    if not shown or (model.given is not None and not given):
        source = given = ()
    return Content(
        program=model.program,
        vocab=model.vocab,
        outputs=model.outputs,
        max_len=model.max_len,
        causal=model.causal,
        dtype=model.dtype,
        heads=tuple(tuple(h.name for h in layer.heads) for layer in model.layers),
        circuit=replace(model.circuit, variables=known_variables(model)).stored(program, tables),
        certificate=model.certificate,
        whole=model.whole,
        tolerance=model.tolerance,
        source=source,
        given=given,
    )


def stored_program(sop: Any, program: Expr | None, tables: RowsByFunction | None) -> tuple[StoredNode, ...]:
    """A program as files hold it; nothing where it needs the author's Python, or has values that files cannot hold."""
    if sop is None or program is None:
        return ()
    expr = without_functions(sop.expr, sop.expr, tables)
    if has_functions(expr):
        return ()
    try:
        nodes, _ = pack_expressions([expr], None)
        pack(nodes, tuple[StoredNode, ...])
    except NotStorable:
        return ()
    return nodes


def _variants(model: Transformer) -> Variants:
    layers = tuple(
        LayerFacts(
            layer.activation,
            tuple(_facts(getattr(layer, place)) for place in PLACES),
            tuple(HeadFacts(h.kind, h.sees, float(h.slope)) for h in layer.heads),
        )
        for layer in model.layers
    )
    return Variants(layers, _facts(model.final_norm))


def _facts(norm: Norm | None) -> NormFacts | None:
    return None if norm is None else NormFacts(norm.kind, float(norm.eps))


class _Tensors:
    """The tensors of a file, each of which is taken once."""

    def __init__(self, tensors: Tensors, dtype: str) -> None:
        self.left = dict(tensors)
        self.dtype = dtype

    def take(self, name: str) -> Floats:
        """Raises ModelError."""
        if name not in self.left:
            raise ModelError(f"the tensor {name} is missing")
        array = self.left.pop(name)
        if array.dtype.name != self.dtype:
            raise ModelError(f"the tensor {name} is {array.dtype.name} in a model of {self.dtype}")
        return array

    def maybe(self, name: str) -> Floats | None:
        """Raises ModelError."""
        return self.take(name) if name in self.left else None

    def norm(self, name: str, facts: NormFacts | None) -> Norm | None:
        """Raises ModelError."""
        if facts is None:
            return None
        gain, bias = self.take(f"{name}.gain"), self.take(f"{name}.bias")
        return Norm(facts.kind, gain, bias, facts.eps, self.maybe(f"{name}.project"))

    def head(self, prefix: str, name: str, facts: HeadFacts | None) -> Head:
        """Raises ModelError."""
        arrays: dict[str, Any] = {field: self.take(f"{prefix}.{field}") for field in SHAPES_OF_HEAD}
        if facts is None:
            return Head(name, **arrays)
        rotary = self.maybe(f"{prefix}.rotary")
        return Head(name, **arrays, kind=facts.kind, sees=facts.sees, slope=facts.slope, rotary=rotary)

    def layer(self, prefix: str, names: tuple[str, ...], facts: LayerFacts | None) -> Layer:
        """Raises ModelError."""
        of_heads = (None,) * len(names) if facts is None else facts.heads
        if len(of_heads) != len(names) or (facts is not None and len(facts.norms) != len(PLACES)):
            raise ModelError(f"{prefix} has the wrong number of heads or norms")
        heads = tuple(self.head(f"{prefix}.heads.{j}", name, of_heads[j]) for j, name in enumerate(names))
        arrays: dict[str, Any] = {field: self.take(f"{prefix}.{field}") for field in SHAPES_OF_LAYER}
        if facts is None:
            return Layer(heads, **arrays)
        more: dict[str, Any] = {field: self.maybe(f"{prefix}.{field}") for field in SHAPES_OF_GATE}
        for place, norm in zip(PLACES, facts.norms, strict=True):
            more[place] = self.norm(f"{prefix}.{place}", norm)
        return Layer(heads, **arrays, activation=facts.activation, **more)


def _model(content: Content, variants: Variants | None, tensors: Tensors) -> Transformer:
    """The model of a file. Raises ModelError."""
    file = _Tensors(tensors, content.dtype)
    of_layers = (None,) * len(content.heads) if variants is None else variants.layers
    if len(of_layers) != len(content.heads):
        raise ModelError(f"there are {len(content.heads)} layers, and variants of {len(of_layers)}")
    layers = tuple(file.layer(f"layers.{i}", names, of_layers[i]) for i, names in enumerate(content.heads))
    embed, unembed, positions = file.take("embed"), file.take("unembed"), file.maybe("positions")
    final_norm = None if variants is None else file.norm("final_norm", variants.final_norm)
    if file.left:
        raise ModelError(f"the tensor {min(file.left)} is not a part of the model")
    return Transformer(
        vocab=content.vocab,
        max_len=content.max_len,
        causal=content.causal,
        embed=embed,
        positions=positions,
        layers=layers,
        unembed=unembed,
        outputs=content.outputs,
        dtype=content.dtype,
        circuit=content.circuit.circuit(),
        program=content.program,
        whole=content.whole,
        tolerance=content.tolerance,
        final_norm=final_norm,
        source=program_of(content.source),
        given=program_of(content.given),
    )


def program_of(nodes: tuple[StoredNode, ...]) -> SOp | None:
    """A program in a file. Raises Malformed."""
    if not nodes:
        return None
    expr = unpack_expressions(nodes)[-1]
    if expr.selector:
        raise Malformed("the program is a selector")
    return SOp(expr)


def _described(data: Any, version: str) -> tuple[Content, str]:
    """Return the content of a file, and why its certificate is dropped. Raises Malformed."""
    dropped = ""
    if version in _UNBOUND and type(data) is dict and data.get("certificate") is not None:
        data = data | {"certificate": None}
        dropped = f"a certificate in a file of format {version} is not bound to its model; `hw.certify` proves it again"
    if version in _NUMBERED and type(data) is dict:
        circuit = unpack(data.get("circuit"), NumberedCircuit, "the metadata.circuit").stored()
        data = data | {"circuit": pack(circuit, StoredCircuit)}
    return unpack(data, Content), dropped


def _certified(model: Transformer, certificate: Certificate | None) -> Transformer:
    """Return the model of a file with its certificate. Raises ModelError if they do not belong together."""
    if certificate is not None:
        subject = None if model.source is None else (model.source, model.given)
        certificate = replace(certificate, stored=True, subject=subject)
        why = mismatch(model, certificate)
        if why:
            raise ModelError(f"its certificate {why}; the file was damaged or edited")
        model = model.certified(certificate)
    if model.source is not None and formula(model.source.expr, WIDEST_PROGRAM) != model.program:
        raise ModelError("its program is not the one that the model was compiled from")
    return model


def _checksum(content: str, tensors: Tensors) -> str:
    digest = hashlib.sha256(content.encode())
    for name, array in sorted(tensors.items()):
        digest.update(f"\n{name} {array.dtype.name} {array.shape}\n".encode())
        digest.update(little_endian(array))
    return digest.hexdigest()


def _metadata(data: bytes, path: Path) -> dict[str, str]:
    """Return the metadata of a safetensors file of hardwire: 8 bytes with the length of the JSON that follows."""
    size = int.from_bytes(data[:8], "little")
    try:
        header: Any = json.loads(data[8 : 8 + size]) if len(data) >= 8 + size else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise ModelFileError(f"{path} is not a safetensors file, or is truncated ({len(data):,} bytes)")
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or not isinstance(metadata.get(_CONTENT), str):
        raise ModelFileError(f"{path} is a safetensors file, but not of hardwire: it does not describe a model")
    version = metadata.get(_VERSION)
    if version not in ("3", VERSION) and _UNBOUND.get(str(version)) is not (_VARIANTS in metadata):
        raise ModelFileError(f"{path} has the file format {version}; this hardwire reads formats 1 to {VERSION}")
    return metadata
