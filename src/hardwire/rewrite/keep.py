"""Parts of a program whose values are kept: stored as they are, and known by nothing but the set of their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from ..errors import BuildError, UnknownNameError
from ..lang.expr import Expr, Op, again, node, rebuilt
from ..lang.text import constant
from ..run.trace import step_names

Keep = Collection[str] | Literal["named"]
"""The names of the parts to keep, or "named" for every sop that has a name."""


def kept_names(root: Expr, keep: Keep) -> tuple[str, ...]:
    """The names of the parts that a program is to keep. Raises BuildError and UnknownNameError."""
    named = {name: e for e, name in step_names(root).items()}
    sops = [name for name, e in named.items() if not e.selector]
    if keep == "named":
        return tuple(sops)
    if isinstance(keep, str) or not isinstance(keep, Collection):
        raise BuildError(f'keep is a list of names or "named", not {constant(keep)}', value=keep)
    for name in keep:
        if name not in named:
            raise UnknownNameError("part named", str(name), sops)
        if named[name].selector:
            raise BuildError(f"{name} is a selector: attention stores no value of it that could be kept", value=name)
    return tuple(keep)


def with_kept(root: Expr, names: Collection[str]) -> dict[Expr, Expr]:
    """What every part of a program becomes if the parts of these names are kept.

    The value of a kept part may be set to any of its values at any position, whatever the others are; so nothing that
    is concluded from how it is computed may be used where it is read.
    """
    wanted: Mapping[Expr, str] = {e: name for e, name in step_names(root).items() if name in names}

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        return node(Op.KEPT, *src, arg=wanted[e]) if e in wanted else again(e, src)

    return rebuilt(root, change)


def kept_in(program: Expr | None) -> tuple[str, ...]:
    """The names of the parts that a rewritten program keeps."""
    return () if program is None else tuple(str(e.arg) for e in program.walk() if e.op.barrier)
