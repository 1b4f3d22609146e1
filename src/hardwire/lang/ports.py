"""What a handle can do that `lang` does not know how to: run itself, trace itself, show itself.

The packages that do it are plugged in by `hardwire/__init__.py`, so imports run one way only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

Errors = Literal["raise", "keep"]

run: Callable[..., Any]
"""run(handle, input, causal=..., errors=...) -> Result"""

run_batch: Callable[..., Any]
"""run_batch(handle, inputs, causal=..., errors=...) -> list[Result]"""

trace: Callable[..., Any]
"""trace(handle, input, causal=...) -> Trace"""

show: Callable[..., str]
"""show(handle) -> the text of its repr, with its result on the running example; never raises"""

bundle: Callable[[Any], dict[str, str]]
"""bundle(x) -> what a notebook shows of a handle, a result or a model, by MIME type; never raises"""

Inputs = Iterable[Any]
