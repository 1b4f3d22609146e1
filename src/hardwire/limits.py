"""How long inputs may be: the largest max_len at which a program's model still has a proof."""

from __future__ import annotations

import math
import time
from typing import Any

from .attempts import proved
from .errors import CertificateError, CompileError
from .lang.sop import SOp


def longest(
    program: SOp,
    vocab: Any,
    upto: int,
    *,
    causal: bool = False,
    given: SOp | None = None,
    reuse: bool = False,
    dtype: str = "float32",
    low: int = 1,
    seconds: float = math.inf,
) -> int:
    """The largest max_len in low, ..., upto for which the program compiles and certifies; low - 1 where none is found.

    This is a search, by doubling up to the first length that fails after one that did not, then by halving. It takes
    for granted that all beyond that length fail, and that all below one that certifies certify, which nothing promises
    (a part that has one value at length 1 may need another proof). What it returns was certified, unless that is
    low - 1. After so many seconds it tries no other length.

    >>> import hardwire as hw
    >>> longest(hw.programs.flip(), "ab", 20)
    20
    """

    def certifies(n: int) -> bool:
        try:
            proved(program, vocab, n, causal=causal, given=given, reuse=reuse, dtype=dtype)
        except (CompileError, CertificateError):
            return False
        return True

    good, bad, size = low - 1, upto + 1, low
    end = time.monotonic() + seconds
    while bad - good > 1 and size <= upto and time.monotonic() < end:
        if certifies(size):
            good = size
        elif good >= low:
            bad = size
        size = (good + bad) // 2 if bad <= upto else max(size + 1, min(2 * size, upto))
    return good
