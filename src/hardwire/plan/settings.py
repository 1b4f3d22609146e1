"""How a program is compiled."""

from __future__ import annotations

from dataclasses import dataclass

from ..constructions.hardness import SHARP, Sharpness
from .choice import Avoided, OutputKind


@dataclass(frozen=True)
class BuildSettings:
    """How a program is compiled.

    dtype: the number format. reuse: whether directions are used again. steady: whether numbers with errors are compared
    by tables wherever the weight of a selected key counts, with more room between logits and separate directions for
    the parts of sums. output: how the output is read. sharpness: how soft the weights are. digits: into how many digits
    prefixes of positions are split; by default into as many as make the smallest model. avoid: constructions that are
    not used for some expressions, if there are others. provable: where the errors that a proof can show are too large
    for the values, these count, so that expressions without a proof are refused.
    """

    dtype: str = "float32"
    reuse: bool = False
    steady: bool = False
    output: OutputKind = "auto"
    sharpness: Sharpness = SHARP
    digits: int | None = None
    avoid: Avoided = frozenset()
    provable: bool = False


DEFAULT = BuildSettings()
