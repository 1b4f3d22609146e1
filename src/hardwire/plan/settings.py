"""How a program is compiled."""

from __future__ import annotations

from dataclasses import dataclass

from ..constructions.hardness import SHARP, Sharpness
from .choice import Avoided, Output


@dataclass(frozen=True)
class BuildSettings:
    """How a program is compiled: the number format, whether directions are used again (`reuse`), whether numbers with
    errors are compared by tables wherever the weight of a selected key counts, with more room between logits and parts
    of sums kept apart (`steady`), how the output is read, how soft the weights are, and into how many digits prefixes
    of positions are split; by default into as many as make the smallest model. `avoid`: constructions that are not used
    for some expressions, if there are others. `provable`: errors are at least what a proof can show where that is too
    much for the values, so that expressions without a proof are refused."""

    dtype: str = "float32"
    reuse: bool = False
    steady: bool = False
    output: Output = "auto"
    sharpness: Sharpness = SHARP
    digits: int | None = None
    avoid: Avoided = frozenset()
    provable: bool = False


DEFAULT = BuildSettings()
