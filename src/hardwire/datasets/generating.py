"""`hardwire.datasets.generate`: write a data set of models, in several processes, to be continued at any time."""

from __future__ import annotations

import itertools
import json
import multiprocessing
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

from ..errors import BuildError
from ..lang.arguments import checked_options
from ..model.files import whole, write
from ..progress import bar
from .card import card
from .choosing import Chooser
from .making import Made, Variation, make, text
from .reading import JOURNAL, MANIFEST, MODELS, PARQUET, SETTINGS, Dataset, folder_name
from .tables import parquet, parquet_library

VERSION = 1
"""The version of the layout of a data set."""
CHUNK = 4
"""How many candidates a process makes at a time."""
MOST = 40
"""The most candidates for each item that is wanted, beside those that a small data set needs."""


@checked_options
def generate(
    directory: str | PathLike[str],
    count: int,
    *,
    seed: int = 0,
    mask: str = "both",
    norms: str = "",
    soft: bool = False,
    rotated: bool = False,
    noise: bool = False,
    distractors: int = 0,
    processes: int = 1,
    manifest_parquet: bool = True,
    progress: bool | None = None,
) -> Dataset:
    """Write a data set of `count` certified models of different programs, and return it.

    The same arguments give the same bytes on every machine. A smaller data set is the beginning of a larger one, so a
    directory that was left at any moment, or that is to become larger, is continued; one with other settings is
    refused. Each item is written completely or not at all.

    - `mask` is "full", "causal", or "both" of these; `norms` adds "layer" or "rms" norms that change nothing; `soft`
      compiles with soft weights, none above 100; `rotated` takes another basis of the residual stream; `noise` moves
      every weight by less than the certified radius; `distractors` adds so many heads, and as many groups of neurons,
      that are part of no circuit. A model that has no proof then is left out (docs/datasets.md).
    - `processes` work at the same time. `progress` shows a bar (by default on a terminal and in a notebook).
    - `manifest_parquet=False` leaves out the manifest as Parquet, which needs pyarrow.

    Raises BuildError for arguments, or where the candidates do not suffice; FileError; and MissingExtraError without
    safetensors or pyarrow.
    """
    for name, x in (("count", count), ("processes", processes)):
        if isinstance(x, bool) or not isinstance(x, int) or x < 1:
            raise BuildError(f"{name} is a whole number above 0, not {x!r}", value=x)
    variation = Variation(mask, norms, soft=soft, rotated=rotated, noise=noise, distractors=distractors)
    if manifest_parquet:
        parquet_library()
    root = Path(directory)
    _settle(root, {"format": "hardwire data set", "version": VERSION, "seed": seed, **asdict(variation)})
    chooser, done, taken = _resumed(root)
    with ExitStack() as stack:
        advance = stack.enter_context(bar("models", count, wanted=progress))
        advance(taken, "")
        if taken < count:
            journal = stack.enter_context(open(root / JOURNAL, "ab"))
            most = MOST * count + 400
            for result in _results(seed, variation, done, most, processes):
                reason = result.reason or chooser.refusal(result.row)
                identity = "" if reason else f"{chooser.total:06d}"
                if not reason:
                    _write_item(root / MODELS / folder_name(identity), {**result.row, "id": identity}, result)
                    chooser.take(result.row)
                    advance(1, "")
                journal.write(text({"candidate": result.number, "id": identity, "reason": reason}))
                journal.flush()
                if chooser.total == count:
                    break
            else:
                raise BuildError(f"{most:,} candidates gave {chooser.total:,} items; {count:,} are wanted")
    found = Dataset(root, count)
    _finish(root, found, {"seed": seed, **asdict(variation)}, manifest_parquet=manifest_parquet)
    return found


def _settle(root: Path, settings: dict[str, Any]) -> None:
    """Make the directory, or check that it is of the same settings. Raises BuildError."""
    path = root / SETTINGS
    if path.exists():
        if path.read_bytes() != text(settings):
            raise BuildError(
                f"{root} is a data set with other settings ({path.name}); choose another directory", value=str(root)
            )
        return
    if root.exists() and any(root.iterdir()):
        raise BuildError(f"{root} is not empty, and not a data set", value=str(root))
    (root / MODELS).mkdir(parents=True, exist_ok=True)
    with whole(path) as temporary:
        write(temporary, text(settings))


def _resumed(root: Path) -> tuple[Chooser, int, int]:
    """(the items so far, the next candidate, the number of items): of the journal, whose last line may be torn."""
    chooser, done = Chooser(), 0
    path = root / JOURNAL
    kept = b""
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
        if not line.endswith(b"\n"):
            break
        entry = json.loads(line)
        if entry["id"]:
            item = root / MODELS / folder_name(entry["id"]) / "item.json"
            chooser.take(json.loads(item.read_bytes()))
        kept += line
        done = entry["candidate"] + 1
    if path.exists() and kept != path.read_bytes():
        with whole(path) as temporary:
            write(temporary, kept)
    return chooser, done, chooser.total


def _write_item(folder: Path, row: dict[str, Any], result: Made) -> None:
    folder.parent.mkdir(exist_ok=True)
    with whole(folder) as temporary:
        temporary.mkdir()
        for name, data in result.files.items():
            (temporary / name).write_bytes(text(row) if name == "item.json" else data)


def _results(seed: int, variation: Variation, start: int, stop: int, processes: int) -> Iterator[Made]:
    """The results of the candidates in order, made by several processes."""
    if processes == 1:
        yield from (make(seed, number, variation) for number in range(start, stop))
        return
    chunks = (range(i, min(i + CHUNK, stop)) for i in range(start, stop, CHUNK))
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        waiting: deque[Future[list[Made]]] = deque()
        try:
            for chunk in itertools.islice(chunks, 2 * processes):
                waiting.append(_submit(pool, seed, variation, chunk))
            while waiting:
                found = waiting.popleft().result()
                for chunk in itertools.islice(chunks, 1):
                    waiting.append(_submit(pool, seed, variation, chunk))
                yield from found
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _submit(pool: Executor, seed: int, variation: Variation, numbers: range) -> Future[list[Made]]:
    return pool.submit(_made, seed, variation, numbers)


def _made(seed: int, variation: Variation, numbers: range) -> list[Made]:
    return [make(seed, number, variation) for number in numbers]


def _finish(root: Path, found: Dataset, settings: dict[str, Any], *, manifest_parquet: bool) -> None:
    """Write the manifest and the card."""
    rows = [dict(item.row) for item in found]
    reasons = [json.loads(line)["reason"] for line in (root / JOURNAL).read_bytes().splitlines()]
    readme = card(rows, settings, reasons)
    parts: dict[str, bytes] = {MANIFEST: b"".join(map(text, rows)), "README.md": readme.encode()}
    if manifest_parquet:
        parts[PARQUET] = parquet(rows)
    for name, data in parts.items():
        with whole(root / name) as temporary:
            write(temporary, data)


__all__ = ["generate"]
