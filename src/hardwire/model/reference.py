"""What a model made by hand is to answer, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reference:
    """`answers(input)` are the answers to an input, one a token; `given(input)` says whether it counts.

    An input is a string where all tokens are characters, else a list. Up to `max_len` tokens all inputs are few enough
    to be tried.
    """

    answers: Callable[[Any], Sequence[Any]]
    max_len: int
    given: Callable[[Any], bool] | None = None
