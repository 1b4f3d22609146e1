"""The last step of every export: run the result in its tool, and compare its answers with the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ExportError
from ..model.transformer import Transformer
from ..model.weights import Floats
from ..sampling import Tokens
from ..verification import AnswersOfInputs, Verification, verify

Ints = npt.NDArray[np.int64]
LogitsOf = Callable[[Ints, Ints], Floats]
"""From ids and mask, (inputs, n+1) both, to logits, (inputs, n+1, O), with BOS first in each."""
Check = bool | Mapping[str, Any]
"""Whether an export is run and compared; a mapping has options of `verify` for this."""

MOST_CELLS = 1 << 24
"""The greatest number of attention weights of one head in a batch."""


def checked(model: Transformer, target: str, answers: AnswersOfInputs, check: Check) -> Verification | None:
    """Compare an exported model with its program. Raises ExportError if an answer differs."""
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
            f"the model gives a different answer in {target}, so the export was discarded: {found.counterexample!r}",
            value=found.counterexample,
        )
    return found


def plain(model: Transformer, target: str) -> None:
    """Raises ExportError for a model that has more than softmax attention and ReLU neurons."""
    if not model.plain:
        raise ExportError(
            f"{target} needs a model of softmax attention and ReLU neurons without norms, as compiled ones are; "
            "this one has norms, other neurons or other attention, which hardwire.export.torch exports"
        )


def answering(model: Transformer, run: LogitsOf) -> AnswersOfInputs:
    """Return the answers of a tool that takes ids: 0 for BOS, then the tokens in the order of the vocabulary."""

    def answers(inputs: Sequence[Tokens]) -> list[list[Any]]:
        out: list[list[Any]] = []
        for some in batches(inputs):
            rows = [model.encode(x) for x in some]
            logits = run(*padded(rows))
            out += [model.decode(np.asarray(x)[1 : 1 + len(row)]) for x, row in zip(logits, rows, strict=True)]
        return out

    return answers


def batches(inputs: Sequence[Tokens]) -> Iterator[Sequence[Tokens]]:
    """Yield batches of inputs in the given order, so that they are padded, each small enough."""
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
