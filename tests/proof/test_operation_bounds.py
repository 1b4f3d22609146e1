"""The bounds of single operations in a proof by every input, as numbers and against functions that are moved.

Where a bound is changed on purpose, `PYTHONPATH=src:tests:tests/proof python tests/proof/test_operation_bounds.py`
writes operations.json again. Some operands are large, some tiny: then another term of the bound is the largest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardwire.errors import CertificateError
from hardwire.model import Norm
from hardwire.model.variants import gelu, swish
from hardwire.numeric.bounded import Arithmetic, Bounded, Weights
from hardwire.numeric.floats import FLOAT32, FLOAT64
from hardwire.proof.exhaustive.operations import (
    ACTIVATIONS,
    NormWeights,
    bounded_gelu,
    bounded_swish,
    hard,
    normed,
    relu,
    rotated,
    softmax,
)

FORMATS = {"float32": Arithmetic(FLOAT32), "float64": Arithmetic(FLOAT64)}
SEEN = np.tril(np.ones((4, 4), bool))


def some(seed: int, *shape: int, size: float = 1.0, off: float = 1e-6) -> Bounded:
    """Numbers of a size, whose errors are up to `off` times that, and some of which are exact."""
    rng = np.random.default_rng(seed)
    error = rng.uniform(0.2, 1, shape) * off * size * (rng.random(shape) < 0.7)
    return Bounded(rng.uniform(-1, 1, shape) * size, error)


def together(*parts: Any) -> list[float]:
    """The sum of all errors and the greatest, of each part."""
    found: list[float] = []
    for p in parts:
        x = p.error if isinstance(p, Bounded) else np.asarray(p, np.float64)
        found += [float(x.sum()), float(x.max())]
    return found


NORMS = {
    "rms": Norm("rms", np.array([2.0, -1.0, 0.5, 3.0, 0.0]), np.array([1.0, 0, -2, 0, 1]), 1e-3),
    "layer": Norm("layer", np.array([2.0, -1.0, 0.5, 3.0, 0.0]), np.array([1.0, 0, -2, 0, 1]), 1e-3),
    "projected": Norm("rms", np.ones(5), np.zeros(5), 1e-3, np.arange(25.0).reshape(5, 5) - 11),
}
"""Of 5 coordinates."""
SIZES = {"": 1.0, ", large": 1e6, ", tiny": 1e-37, ", smallest": 1e-287}


def cases(do: Arithmetic) -> Iterator[tuple[str, Callable[[], list[float]]]]:
    for name, size in SIZES.items():
        a, b, w = some(1, 3, 5, size=size), some(2, 3, 5, size=size), Weights(some(3, 5, 4).value)
        yield f"add{name}", lambda a=a, b=b: together(do.add(a, b))
        yield f"multiply{name}", lambda a=a, b=b: together(do.multiply(a, b))
        yield f"times{name}", lambda a=a, w=w: together(do.times(a, w))
        yield f"times and more{name}", lambda a=a, w=w: together(do.times(a, w, some(4, 3, 4), some(5, 3, 4)))
        both = some(6, 2, 4, 3, size=size), some(7, 2, 4, 3)
        yield f"dots{name}", lambda x=both: together(do.dots(*x, some(8, 4, 4)))
        scores, v = some(9, 2, 4, 4, size=3), some(10, 2, 4, 3, size=size)
        yield f"softmax{name}", lambda s=scores, v=v: together(softmax(do, s, SEEN, v))
        wild = Bounded(scores.value, np.where(scores.value > 2, 400.0, 0.1))
        yield f"softmax of anything{name}", lambda s=wild, v=v: together(softmax(do, s, SEEN, v))
        ties = Bounded(np.round(scores.value), scores.error)
        for kind in ("average", "leftmost", "rightmost"):
            yield f"{kind}{name}", lambda s=scores, v=v, kind=kind: together(*hard(do, s, SEEN, v, kind))
            yield f"{kind}, ties{name}", lambda s=ties, v=v, kind=kind: together(*hard(do, s, SEEN, v, kind))
        exact = Bounded(np.round(scores.value), np.zeros((2, 4, 4)))
        yield f"average, exact ties{name}", lambda s=exact, v=v: together(*hard(do, s, SEEN, v, "average"))
        yield f"rotated{name}", lambda x=both[0]: together(rotated(do, Bounded(*two(x)), np.array([0.3, 2.0])))
        for kind, norm in NORMS.items():
            yield f"{kind} norm{name}", lambda a=a, n=norm: together(normed(do, a, NormWeights(n)))
        z = some(11, 4, 9, size=4 * size, off=0.3)
        for kind, f in ACTIVATIONS.items():
            yield f"{kind}{name}", lambda f=f, z=z: together(*f(do, z))
            yield f"{kind}, exact{name}", lambda f=f, z=z: together(*f(do, Bounded(z.value, 0 * z.value)))


def two(x: Bounded) -> tuple[Any, Any]:
    """Four coordinates of three, the last twice."""
    return tuple(np.concatenate([part, part[..., -1:]], axis=-1) for part in (x.value, x.error))


CASES = {f"{name}, {dtype}": case for dtype, do in FORMATS.items() for name, case in cases(do)}
FILE = Path(__file__).parent / "operations.json"
VALUES: dict[str, list[float]] = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES)
def test_a_bound_is_what_was_derived(case: str) -> None:
    assert CASES[case]() == pytest.approx(VALUES[case], rel=1e-7, abs=0)


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize(
    ("bounded", "exact"),
    [(relu, lambda z: np.maximum(z, 0)), (bounded_gelu, gelu), (bounded_swish, swish)],
    ids=["relu", "gelu", "swish"],
)
def test_a_slope_holds_wherever_an_argument_is(bounded: Any, exact: Any, dtype: str) -> None:
    """f(z + t) is f(z) + slope t, give or take the error of the slope, for every t up to the error of z."""
    rng = np.random.default_rng(4)
    z = np.concatenate([rng.uniform(-12, 12, 3000), rng.uniform(-3, 3, 3000), np.linspace(-9, 9, 181)])
    error = 10.0 ** rng.uniform(-4, 1, len(z))
    value, slope, off = bounded(FORMATS[dtype], Bounded(z, error))
    worst = 0.0
    for t in np.linspace(-1, 1, 21):
        moved = exact(z + t * error) - value.value - slope * t * error
        assert (np.abs(moved) <= off * abs(t) * error + value.error + 1e-14).all()
        worst = max(worst, float((np.abs(moved) / (off * error + 1e-300)).max()))
    assert (off >= 0).all()
    assert worst > 0.5 or bounded is relu


def test_numbers_that_are_too_large_are_refused() -> None:
    do = FORMATS["float32"]
    for x in (1e19, 1e25):
        with pytest.raises(CertificateError, match=r"squares of .* may be too large for float32"):
            normed(do, some(1, 3, 5, size=x), NormWeights(NORMS["rms"]))
    with pytest.raises(CertificateError, match=r"an eps of 1e-38 is too small"):
        normed(
            do,
            Bounded(np.zeros((1, 5)), np.full((1, 5), 1e-3)),
            NormWeights(Norm("rms", np.ones(5), np.zeros(5), 1e-38)),
        )


if __name__ == "__main__":
    lines = [f'"{case}": [{", ".join(f"{x:.9g}" for x in value())}]' for case, value in CASES.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
