"""The reference of a model made by hand: the right answers, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reference:
    """`answers(input)` are the answers to an input, one per token; `given(input)` says whether it is valid.

    An input is a string if all tokens are characters, otherwise a list. Up to `max_len` tokens there are few enough
    inputs to try them all.
    """

    answers: Callable[[Any], Sequence[Any]]
    max_len: int
    given: Callable[[Any], bool] | None = None
