"""Operations of a handle that other packages implement: running, tracing and showing it.

`hardwire/__init__.py` sets them, so that `lang` imports no other package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

Errors = Literal["raise", "keep"]

run: Callable[..., Any]
"""run(handle, input, causal=..., errors=...) -> Result"""

run_batch: Callable[..., Any]
"""run_batch(handle, inputs, causal=..., errors=...) -> list[Result]"""

run_set: Callable[..., Any]
"""run_set(handle, input, values by name, causal=..., errors=...) -> Result"""

variables: Callable[[Any], Any]
"""variables(model) -> where a model stores each named part of its program"""

radius: Callable[[Any], float]
"""radius(model) -> how far every weight may move with all answers provably unchanged"""

certified_again: Callable[[Any], Any]
"""certified_again(model) -> the model with a certificate, or with the reason why there is none"""

layer_normed: Callable[[Any, str], Any]
"""layer_normed(model, kind) -> the model with norms that change nothing"""

function_tables: Callable[[Any], Any]
"""function_tables(model) -> the results of the author's functions, by their keys; None where they are not known"""

trace: Callable[..., Any]
"""trace(handle, input, causal=...) -> Trace"""

show: Callable[..., str]
"""show(handle) -> the text of its repr, with its result on the running example; never raises"""

bundle: Callable[[Any], dict[str, str]]
"""bundle(x) -> the forms of a handle, a result or a model for a notebook, by MIME type; never raises"""

ManyInputs = Iterable[Any]
