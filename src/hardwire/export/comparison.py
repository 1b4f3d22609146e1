"""What every export ends with: the artefact itself is run on inputs, and compared with the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ExportError
from ..model.transformer import Transformer
from ..model.weights import Floats
from ..sampling import Tokens
from ..verification import Answers, Verification, verify

Ints = npt.NDArray[np.int64]
Run = Callable[[Ints, Ints], Floats]
"""From ids and mask, (inputs, n+1) both, to logits, (inputs, n+1, O), with BOS first in each."""
Check = bool | Mapping[str, Any]
"""Whether an export is run afterwards; as a mapping, the options of `verify` for it."""

MOST_CELLS = 1 << 24
"""How many attention weights one head may have in a batch."""


def checked(model: Transformer, target: str, answers: Answers, check: Check) -> Verification | None:
    """Compares an exported model with its program. Raises ExportError where one answer differs."""
    if check is False:
        return None
    options: dict[str, Any] = {"exhaustive": 2000, "samples": 200, "progress": False}
    if isinstance(check, Mapping):
        options |= check
    if model.max_len is None and "max_len" not in options:
        options["max_len"] = 100
    found = verify(model, answers=answers, **options)
    if not found:
        raise ExportError(
            f"the model gives another answer in {target}, so the export was not kept: {found.counterexample!r}",
            value=found.counterexample,
        )
    return found


def plain(model: Transformer, target: str) -> None:
    """Raises ExportError for a model that is more than softmax attention and ReLU neurons."""
    if not model.plain:
        raise ExportError(
            f"{target} gets models of softmax attention and ReLU neurons without norms, as they are compiled; this one "
            "has norms, other neurons or other attention"
        )


def answering(model: Transformer, run: Run) -> Answers:
    """The answers of a tool that takes ids, BOS being 0 and the tokens following in the order of the vocabulary."""

    def answers(inputs: Sequence[Tokens]) -> list[list[Any]]:
        out: list[list[Any]] = []
        for some in batches(inputs):
            rows = [model.encode(x) for x in some]
            logits = run(*padded(rows))
            out += [model.decode(np.asarray(x)[1 : 1 + len(row)]) for x, row in zip(logits, rows, strict=True)]
        return out

    return answers


def batches(inputs: Sequence[Tokens]) -> Iterator[Sequence[Tokens]]:
    """Inputs in the order given, so that batches are padded, and few enough at a time."""
    if inputs:
        most = max(1, MOST_CELLS // (1 + max(map(len, inputs))) ** 2)
        yield from (inputs[i : i + most] for i in range(0, len(inputs), most))


def padded(rows: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """(ids, mask) of rows without BOS, padded on the right: (inputs, n+1)."""
    lengths = np.array([1 + len(row) for row in rows])
    mask = (np.arange(max(lengths)) < lengths[:, None]).astype(np.int64)
    ids = np.zeros_like(mask)
    for i, row in enumerate(rows):
        ids[i, 1 : 1 + len(row)] = row
    return ids, mask
