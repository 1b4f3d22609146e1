"""Random programs some parts of which have names."""

from __future__ import annotations

import random

from hardwire import SOp
from hardwire.lang.expr import Expr, Op, again, node, rebuild
from hardwire.random_programs import VOCAB, random_program


def named_program(seed: int, size: int = 6, names: int = 3) -> SOp:
    """A random program over `VOCAB` with up to so many names on its parts, and one on its result."""
    root, rng = random_program(seed, size).expr, random.Random(seed)
    inner = [e for e in root.walk() if not e.selector and e.op is not Op.CONST and e is not root]
    chosen = {e: f"v{i}" for i, e in enumerate(rng.sample(inner, min(names, len(inner))))}

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        new = again(e, src)
        return node(Op.NAME, new, arg=chosen[e]) if e in chosen else new

    return SOp(node(Op.NAME, rebuild(root, change), arg="result"))


__all__ = ["VOCAB", "named_program"]
