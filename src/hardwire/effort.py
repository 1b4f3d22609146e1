"""How much time and memory an operation may take, and what it is doing.

`hw.compile`, `hw.certify`, `hw.verify` and `hw.longest` set the limits with `limited`. Every stage below says with
`working_on` and `doing` what it does, which checks them and shows the progress of what takes longer than two seconds;
before a large table is made, `reserve` compares its size with the memory that is left.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from .errors import BuildError, HardwireError, MemoryLimitError, Option, Remedy, TimeLimitError
from .progress import bar

T = TypeVar("T")
What = Callable[[], str]
"""Names an expression for people; called where it is shown."""

MEMORY = 1.0
"""The default memory limit, in gigabytes (10^9 bytes) beyond what the process had at the start."""
SHOWN_AFTER = 2.0
"""After so many seconds the progress is shown."""
CHECKED = 0.05
"""The seconds between two checks."""
WORK, LOOPED = 3_000, 6_000
"""So many multiplications take as long as a step without any, and as 64 items of a loop."""
SMALL = 1e6
"""For fewer bytes it is not asked how many the process has: `check` finds out what many of them add up to."""
GIGABYTE = 1e9


@dataclass
class _Effort:
    """One operation: its limits, and the stage that it is in."""

    name: str
    timeout: float | None
    memory: float
    progress: bool | None
    shown: ExitStack
    inner: bool = False
    start: float = field(default_factory=time.monotonic)
    resident: int = field(default_factory=lambda: _resident())
    checked: float = 0.0
    part: tuple[str, What] | None = None
    steps: list[float] | None = None
    """How many steps are left, in a list that inner operations share; None without a limit."""
    advance: Callable[[float, str], None] | None = None

    @property
    def end(self) -> float:
        return math.inf if self.timeout is None else self.start + self.timeout

    def check(self, stage: str, what: What | None, work: float = 0.0) -> None:
        """Raises TimeLimitError and MemoryLimitError."""
        if self.steps is not None:
            self.steps[0] -= 1 + work / WORK
            if self.steps[0] < 0:
                raise TimeLimitError(f"{self.name} takes more than its steps; it was {self.told(stage, what)}")
        now = time.monotonic()
        if now - self.checked < CHECKED:
            return
        self.checked = now
        if now > self.end:
            raise self.too_long(stage, what)
        used = _resident() - self.resident
        if used > self.memory:
            raise self.too_large(stage, what, used)
        if now - self.start > SHOWN_AFTER and not self.inner:
            if self.advance is None:
                self.advance = self.shown.enter_context(bar(self.name, None, wanted=self.progress))
            self.advance(0, f"{self.name}: {self.told(stage, what)}")

    def told(self, stage: str, what: What | None) -> str:
        """What is being done, and for which part of the program."""
        detail = stage if what is None else f"{stage} {what()}"
        if self.part is None or (stage, what) == self.part:
            return detail
        return f"{self.part[0]} {self.part[1]()} ({detail})"

    def too_long(self, stage: str, what: What | None, needed: float | None = None) -> TimeLimitError:
        how = "took longer than" if needed is None else f"would take about {needed:,.0f} seconds, more than"
        return TimeLimitError(
            f"{self.name} {how} its {self.timeout:g} seconds; it was {self.told(stage, what)}",
            remedies=[Remedy("A larger timeout, a smaller max_len or a smaller vocabulary would give it more time.")],
        )

    def too_large(self, stage: str, what: What | None, used: float) -> MemoryLimitError:
        return MemoryLimitError(
            f"{self.name} takes more memory than {self.memory / GIGABYTE:g} GB ({used / GIGABYTE:.2g} GB) while "
            f"{self.told(stage, what)}",
            remedies=[Remedy("{} allows more.", (Option("memory", 2 * self.memory / GIGABYTE),))],
        )


_CURRENT: ContextVar[_Effort | None] = ContextVar("effort", default=None)


@contextmanager
def limited(
    name: str,
    *,
    timeout: float | None = None,
    memory: float | None = None,
    progress: bool | None = None,
    steps: int | None = None,
) -> Iterator[None]:
    """Limit what is done inside to `timeout` seconds and `memory` gigabytes, and to those of what it is part of.

    `steps` limits how often `working_on` and `doing` are called (and each 64th item of a `loop`), with the work that
    they announce: about 0.2 ms each, and, unlike seconds, as many on every machine.

    Raises BuildError for limits that are not positive numbers; inside, `doing` raises TimeLimitError and
    MemoryLimitError.
    """
    for option, x in (("timeout", timeout), ("memory", memory)):
        if x is not None and (isinstance(x, bool) or not isinstance(x, (int, float)) or not x > 0):
            unit = "seconds" if option == "timeout" else "gigabytes"
            raise BuildError(f"{option} is a number of {unit} above 0, not {x!r}", value=x)
    outer = _CURRENT.get()
    with ExitStack() as shown:
        allowed = (MEMORY if memory is None else memory) * GIGABYTE
        seconds = None if timeout == math.inf else timeout
        one = _Effort(name, seconds, allowed, progress=progress, shown=shown, inner=outer is not None)
        if outer is not None:
            one.memory = min(one.memory, outer.memory) if memory is not None else outer.memory
            one.resident, one.steps = outer.resident, outer.steps
            if outer.end < one.end:
                one.timeout = max(0.0, outer.end - one.start)
        if steps is not None:
            one.steps = [steps]
        token = _CURRENT.set(one)
        try:
            yield
        except MemoryError as error:
            used = (_resident() - one.resident) / GIGABYTE
            # Where much is used already, a small allocation of the author's function may be the one that fails.
            if isinstance(error, HardwireError) or not (_own(error) or used * GIGABYTE > one.memory / 2):
                raise
            raise MemoryLimitError(
                f"the system has no memory left for {name}, which uses {used:.2g} GB",
                remedies=[Remedy("A smaller max_len or a smaller vocabulary takes less.")],
            ) from None
        finally:
            _CURRENT.reset(token)


def working_on(stage: str, what: What) -> None:
    """Say at which part of the program the work is. Raises TimeLimitError and MemoryLimitError."""
    current = _CURRENT.get()
    if current is not None:
        current.part = stage, what
        current.check(stage, what)


def doing(stage: str, what: What | None = None, work: float = 0.0) -> None:
    """Say what is being done next, for that part, and about how many multiplications it takes. Raises TimeLimitError
    and MemoryLimitError."""
    current = _CURRENT.get()
    if current is not None:
        current.check(stage, what, work)


def loop(items: Sequence[T], stage: str, what: What | None = None) -> Iterator[T]:
    """Yield items, each of which takes about as long as another. Raises TimeLimitError, before the time is over too,
    where the first ones show that all would take too long."""
    current = _CURRENT.get()
    if current is None:
        yield from items
        return
    start, end = time.monotonic(), current.end
    for i, item in enumerate(items):
        if i and i % 64 == 0:
            passed = time.monotonic() - start
            if passed > CHECKED and start + passed / i * len(items) > end:
                raise current.too_long(stage, what, passed / i * len(items))
            current.check(stage, what, LOOPED)
        yield item


def reserve(size: float, what: str, refusal: type[HardwireError]) -> None:
    """Compare the bytes of a table to be made with what the memory limit leaves. Raises `refusal` where it is less."""
    current = _CURRENT.get()
    if current is None:
        return
    left = current.memory if size < SMALL else current.memory - (_resident() - current.resident)
    if size > left:
        raise refusal(
            f"{what} would take {size / GIGABYTE:.2g} GB, and {max(0.0, left) / GIGABYTE:.2g} GB are left of the "
            f"memory limit of {current.memory / GIGABYTE:g} GB",
            remedies=[Remedy("{} allows more.", (Option("memory", _rounded_up(size, current)),))],
        )


def memory_limit() -> float:
    """The memory limit in gigabytes."""
    current = _CURRENT.get()
    return MEMORY if current is None else current.memory / GIGABYTE


def seconds_left() -> float:
    """The seconds that are left of the time limit."""
    current = _CURRENT.get()
    return math.inf if current is None else current.end - time.monotonic()


def _rounded_up(size: float, current: _Effort) -> float:
    """The memory limit, in gigabytes, that leaves room for so many bytes more."""
    return float(math.ceil((size + max(0, _resident() - current.resident)) / GIGABYTE * 1.2))


def _resident() -> int:
    """The bytes of memory that the process has now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _own(error: BaseException) -> bool:
    """Whether an allocation failed in this library or NumPy, and not in a function of the author's."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    own = str(Path(__file__).parent)
    return bool(frames) and (frames[-1].startswith(own) or "numpy" in Path(frames[-1]).parts)
