"""The result of a run."""

from __future__ import annotations

from typing import Any

from ..lang.drawn import Drawn
from ..lang.handle import Handle


class Result(list[Any], Drawn):
    """The n results of a sop on one input, or the rows of a selector's matrix, as a list.

    It equals a plain list, can be written as JSON, and may be the next input. `input` is the input of the run, `of` the
    sop or selector, `causal` whether it ran under the causal mask.
    """

    def __init__(self, values: list[Any], of: Handle, input: str | list[Any], *, causal: bool) -> None:
        super().__init__(values)
        self.of = of
        self.input = input
        self.causal = causal

    def toseq(self) -> list[Any]:
        """The results as a plain list."""
        return list(self)

    def __reduce__(self) -> Any:
        return list, (list(self),)

    def __str__(self) -> str:
        return list.__repr__(self)
