"""Parts of a program whose values are kept: stored as they are, and known by nothing but the set of their values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from ..errors import BuildError
from ..lang.expr import Expr
from ..lang.text import constant
from ..run.interventions import named_sop
from ..run.trace import step_names

Keep = Collection[str] | Literal["named"]
"""The names of the parts to keep, or "named" for every sop that has a name."""


def kept_names(root: Expr, keep: Keep) -> tuple[str, ...]:
    """The names of the parts that a program is to keep. Raises BuildError and UnknownNameError."""
    if keep == "named":
        return tuple(name for e, name in step_names(root).items() if not e.selector)
    if isinstance(keep, str) or not isinstance(keep, Collection):
        raise BuildError(f'keep is a list of names or "named", not {constant(keep)}', value=keep)
    for name in keep:
        named_sop(root, name)
    return tuple(keep)
