"""Reading a data set: its items one by one, each part when it is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..export import huggingface, torch, transformer_lens
from ..lang.sop import SOp
from ..model.codec import Malformed, unpack, unpack_value
from ..model.expressions import StoredNode
from ..model.files import read_whole
from ..model.storage import load as load_model
from ..model.storage import program_of
from ..model.transformer import Transformer

SETTINGS, JOURNAL, MODELS = "dataset.json", "candidates.jsonl", "models"
MANIFEST, PARQUET = "manifest.jsonl", "manifest.parquet"

UNDEFINED = {"undefined": True}
"""What stands for a position without a value, in files."""


def folder_name(identity: str) -> str:
    """The folder of an item: at most a thousand in one."""
    return f"{identity[:-3]}/{identity}"


class Undefined:
    """The value of a position at which a program has none."""

    def __repr__(self) -> str:
        return "undefined"


undefined = Undefined()
"""Stands for a value at a position where a program, or a part of it, has none."""


class Example(dict[str, Any]):
    """An input of an item: `input`, `output`, and `variables`, the named values, each a list with a value per token."""


class Item:
    """A model of a data set with its ground truth. Each property reads its file when it is first used.

    `row` is the row of the manifest: statistics, and where the program comes from.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def row(self) -> Mapping[str, Any]:
        """The row of the manifest."""
        found: Mapping[str, Any] = json.loads(read_whole(self.folder / "item.json"))
        return found

    @property
    def id(self) -> str:
        """The number of the item as text."""
        return self.folder.name

    @property
    def name(self) -> str:
        """Where the program comes from, such as `sort(histogram)`."""
        return str(self.row["name"])

    @cached_property
    def program(self) -> SOp:
        """The program, which runs: the functions of an author are tables."""
        found = self._programs()["program"]
        assert found is not None
        return found

    @cached_property
    def given(self) -> SOp | None:
        """The condition on inputs; None if all are valid."""
        return self._programs()["given"]

    def _programs(self) -> dict[str, SOp | None]:
        """Raises InputError, FileError."""
        try:
            data = json.loads(read_whole(self.folder / "program.json"))
            return {what: program_of(unpack(data[what], tuple[StoredNode, ...])) for what in ("program", "given")}
        except (Malformed, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{self.folder / 'program.json'} is no program: {error}", value=str(self.folder)) from None

    @cached_property
    def model(self) -> Transformer:
        """The model, with its certificate as stored; `hw.certify(item.model)` proves it again."""
        return load_model(self.folder / "model.safetensors")

    @cached_property
    def circuit(self) -> dict[str, Any]:
        """The circuit, in the form of docs/circuit.schema.json."""
        found: dict[str, Any] = json.loads(read_whole(self.folder / "circuit.json"))
        return found

    @cached_property
    def inputs(self) -> list[Example]:
        """Inputs with the program's output and named values; `undefined` where there is no value."""
        lines = read_whole(self.folder / "inputs.jsonl").decode().splitlines()
        return [Example({k: _values(x) for k, x in json.loads(line).items()}) for line in lines]

    def hf(self, directory: str | PathLike[str], architecture: str = "auto") -> Any:
        """Write the model as a directory for `transformers`, and return the report (`hw.export.huggingface`)."""
        return huggingface(self.model, directory, architecture)

    def lens(self) -> Any:
        """The model as a `TransformerBridge` of TransformerLens (`hw.export.transformer_lens`)."""
        return transformer_lens(self.model)

    def torch(self) -> Any:
        """The model as a `torch.nn.Module` (`hw.export.torch`)."""
        return torch(self.model)

    def __repr__(self) -> str:
        r = self.row
        return f"Item({self.id}: {r['name']}, layers {r['layers']}, heads {r['heads']}, {r['certificate']})"


class Dataset:
    """The items of a directory in order: `len`, an index, a slice, or one after the other."""

    def __init__(self, root: Path, count: int) -> None:
        self.root, self._count = root, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, i: int) -> Item:
        """Raises IndexError."""
        number = range(self._count)[i]
        return Item(self.root / MODELS / folder_name(f"{number:06d}"))

    def __iter__(self) -> Iterator[Item]:
        return (self[i] for i in range(self._count))

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The arguments that the data set was made with."""
        found: Mapping[str, Any] = json.loads(read_whole(self.root / SETTINGS))
        return found

    def __repr__(self) -> str:
        return f"Dataset({str(self.root)!r}, {self._count:,} models)"


def load(directory: str | PathLike[str]) -> Dataset:
    """Return the data set of a directory; nothing of its items is read yet. Raises InputError, FileError.

    The items that are there are found by the journal, so a data set that is still being written can be read too.
    """
    root = Path(directory)
    if not (root / SETTINGS).is_file():
        raise InputError(f"{root} is not a data set of hardwire: it has no {SETTINGS}", value=str(directory))
    lines = read_whole(root / JOURNAL).splitlines(keepends=True) if (root / JOURNAL).exists() else []
    return Dataset(root, sum(bool(json.loads(line)["id"]) for line in lines if line.endswith(b"\n")))


def _values(x: Any) -> Any:
    if isinstance(x, dict):
        return {name: _values(values) for name, values in x.items()}
    return [undefined if v == UNDEFINED else unpack_value(v, "a value") for v in x]


__all__ = ["Dataset", "Example", "Item", "load"]
