"""A progress bar on stderr for long operations."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(what: str, total: float | None, *, wanted: bool | None) -> Iterator[Callable[[float, str], None]]:
    """Yield `advance(steps, text)`, which moves the bar; without a total the bar only shows the text.

    It is shown if `wanted`, by default on a terminal and in a notebook, where rich is installed.
    """
    if not (sys.stderr.isatty() or "ipykernel" in sys.modules if wanted is None else wanted):
        yield _nothing
        return
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        yield _nothing
        return
    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=total)

        def advance(steps: float, text: str) -> None:
            shown.update(task, advance=steps, description=text or what)

        yield advance


def _nothing(steps: float, text: str) -> None:
    pass
