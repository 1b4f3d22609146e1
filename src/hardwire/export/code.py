"""Files of Python code with a file of weights, which do not need hardwire."""

from __future__ import annotations

import ast
import importlib.util
import os
import tempfile
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

from ..errors import ExportError, MissingExtraError
from ..extras import install
from ..model.circuit_json import NAME, circuit_json
from ..model.files import write
from ..model.transformer import Transformer
from ..model.weights import Floats
from ..verification import Verification
from .comparison import Check, LogitsOf, answering, checked
from .report import Exported, program


def write_code(
    model: Transformer,
    file: str | PathLike[str],
    code: Callable[[str], str],
    tensors: dict[str, Floats],
    *,
    target: str,
    runner: Callable[[Any], LogitsOf],
    check: Check,
    extra: str,
    note: str,
) -> Exported:
    """Write file.py, file.safetensors and file.circuit.json, after the first was imported and the result of its
    `load()` was run.

    code: returns the text, given the name of the file of weights; runner: returns a function that runs the loaded
    model; extra: the extra of hardwire that installs the target. Raises ExportError, MissingExtraError, OSError.
    """
    try:
        import safetensors.numpy
    except ImportError:
        raise MissingExtraError("Writing safetensors files", "files") from None
    path = Path(file).with_suffix(".py")
    weights, circuit = path.with_suffix(".safetensors"), path.with_suffix(f".{NAME}")
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}.", dir=path.parent) as folder:
        new = Path(folder) / path.name, Path(folder) / weights.name, Path(folder) / circuit.name
        write(new[0], code(weights.name))
        write(new[1], safetensors.numpy.save(tensors, {"format": "pt"}))
        write(new[2], circuit_json(model))
        size = sum(p.stat().st_size for p in new)
        found: Verification | None = None
        unchecked = "not asked for"
        if check is not False:
            try:
                loaded = imported(new[0]).load()
            except ImportError as error:
                unchecked = f"{error.name or target} is not installed ({install(extra)})"
            else:
                found = checked(model, target, answering(model, runner(loaded)), check)
        os.replace(new[1], weights)
        os.replace(new[2], circuit)
        os.replace(new[0], path)
    return Exported(target, path, size, found, unchecked, (note.format(path.stem),))


def imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"hardwire_export_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def title(model: Transformer) -> str:
    """Return the program as text for the docstring of a file."""
    return quoted(program(model) or "an unknown program")


def quoted(text: str) -> str:
    """Return text with quotes escaped for the docstring of a file."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def literal(values: Any) -> str:
    """Values as Python text. Raises ExportError."""
    text = repr(values)
    try:
        if ast.literal_eval(text) == values:
            return text
    except (ValueError, SyntaxError):
        pass
    raise ExportError("a file of code can only contain strings, numbers, bools, None and tuples of them", value=values)
