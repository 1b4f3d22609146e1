"""How long inputs may be: the largest max_len at which a program's model still has a proof."""

from __future__ import annotations

import time
from typing import Any

from .analysis import read_vocab
from .attempts import OutputKind, attempt, checked_output, kinds
from .effort import limited
from .errors import BuildError, CertificateError, CompileError, MemoryLimitError, TimeLimitError
from .lang.arguments import checked_options
from .lang.origin import Origin, as_sop, completed, mistaken
from .lang.sop import SOp
from .lang.text import constant
from .progress import bar

TIMEOUT = 60.0
"""The default time limit of a search, in seconds."""
UPTO = 1000
"""The default greatest length to try."""


class Longest(int):
    """The largest max_len that was found to have a proof, or 0 where none was found. It is an int.

    `last` says that the next length was tried and has no proof, for the reason `why`; otherwise `why` says why the
    search stopped.
    """

    last: bool
    why: str

    def __new__(cls, max_len: int, why: str, *, last: bool) -> Longest:
        made = super().__new__(cls, max_len)
        made.last, made.why = last, why
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[int, str], dict[str, bool]]:
        return (int(self), self.why), {"last": self.last}

    def __str__(self) -> str:
        return f"{int(self):,}" if self.last else f"at least {int(self):,}"


@checked_options
def longest(
    program: SOp | Origin,
    vocab: Any = None,
    upto: int = UPTO,
    *,
    causal: bool = False,
    given: SOp | None = None,
    reuse: bool = False,
    dtype: str = "float32",
    output: OutputKind = "auto",
    low: int = 1,
    timeout: float = TIMEOUT,
    progress: bool | None = None,
) -> Longest:
    """Return the largest max_len from `low` to `upto` for which the program compiles with a proof, as an int.

    `vocab` may be left out for a program of the library. The other options are those of `compile`. `progress` shows
    which length is tried (by default on a terminal). A length is not tried if it would probably end more than `timeout`
    seconds after the start, and given up if it does; with a timeout of `math.inf` the search ends by itself.

    The search doubles the length until one fails after one that did not, then bisects. It assumes that every longer
    length fails too and that every shorter one has a proof, which is not guaranteed (a part that has one value at
    length 1 may need another proof). The result itself was certified, unless it is 0. `.last` says whether the next
    length was tried and failed, and `.why` gives the reason. Raises BuildError, and CompileError for an invalid
    vocabulary.

    >>> import math
    >>> import hardwire as hw
    >>> hw.longest(hw.programs.flip(), "ab", 20)
    20
    >>> found = hw.longest(hw.programs.most_frequent, timeout=math.inf)
    >>> found, found.last
    (139, True)
    """
    program, given = as_sop(program), as_sop(given)
    if not isinstance(program, SOp):
        raise BuildError(f"longest takes a sop, not {mistaken(program)}", value=program)
    vocab, _ = completed("longest", program, vocab, upto)
    _check(upto, low, timeout)
    kinds(dtype)
    vocab = read_vocab(vocab)
    options = {
        "causal": causal, "given": given, "reuse": reuse, "dtype": dtype, "output": checked_output(output),
    }  # fmt: skip
    search = _Search(program, vocab, upto, low, time.monotonic() + timeout, options)
    with bar("longest", None, wanted=progress) as advance, limited("longest", timeout=timeout, progress=False):
        while search.goes_on():
            advance(0, f"trying max_len {search.size:,}; best {search.good:,}")
            search.step()
    return search.found()


def _check(upto: object, low: object, timeout: object) -> None:
    """Raises BuildError."""
    for name, x in (("upto", upto), ("low", low)):
        if isinstance(x, bool) or not isinstance(x, int) or x < 1:
            raise BuildError(f"{name} is a whole number of at least 1, not {constant(x)}", value=x)
    if low > upto:  # type: ignore[operator]
        raise BuildError(f"low is at most upto, {upto}, not {low}", value=low)
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise BuildError(f"timeout is a number of seconds above 0, not {constant(timeout)}", value=timeout)


class _Search:
    """The interval of lengths that is searched: `good` has a proof, `bad` has none, and `size` is tried next."""

    def __init__(self, program: SOp, vocab: Any, upto: int, low: int, end: float, options: dict[str, Any]) -> None:
        self.program, self.vocab, self.upto, self.options = program, vocab, upto, options
        self.good, self.bad, self.size = low - 1, upto + 1, low
        self.low, self.end = low, end
        self.why = ""
        self.over = False  # the time
        self.rate = 0.0  # the seconds that the last length took, by the square of the length

    def goes_on(self) -> bool:
        """Return whether there is a length to try, and time for it."""
        if self.over or self.bad - self.good <= 1 or self.size > self.upto:
            return False
        return time.monotonic() + self.rate * self.size**2 < self.end

    def step(self) -> None:
        """Try one length, and choose the next."""
        start = time.monotonic()
        try:
            why = self._refusal(self.size)
        except TimeLimitError:
            self.over = True
            return
        self.rate = (time.monotonic() - start) / self.size**2
        if not why:
            self.good = self.size
        else:
            self.why = why
            if self.good >= self.low:
                self.bad = self.size
        ahead = max(self.size + 1, min(2 * self.size, self.upto))
        self.size = (self.good + self.bad) // 2 if self.bad <= self.upto else ahead

    def _refusal(self, n: int) -> str:
        """Return the reason why this length has no proof, or "" if it has one. Raises BuildError."""
        try:
            attempt(self.program, self.vocab, n, **self.options)
        except (CompileError, CertificateError, MemoryLimitError) as error:
            return error.message
        return ""

    def found(self) -> Longest:
        """Return the result of the search."""
        if self.good < self.low:
            return Longest(0, self.why or "there was no time to try a length", last=bool(self.why))
        if self.bad == self.good + 1 and self.bad <= self.upto:
            return Longest(self.good, self.why, last=True)
        why = f"{self.upto:,} was the longest to try" if self.good == self.upto else "the time was over"
        return Longest(self.good, why, last=False)
