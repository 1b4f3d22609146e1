"""The methods of a model that give others with the same circuit: in another basis, or with other weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from . import moved
from .certifiable import Certifiable

if TYPE_CHECKING:
    from .transformer import Transformer


@dataclass(frozen=True, eq=False, repr=False)
class Movable(Certifiable):
    """A model that can be moved. Each result is proved again if this model is certified, or says why it is not; names,
    claims and variables are moved along."""

    def permuted(self, seed: int = 0) -> Transformer:
        """Return the model with residual coordinates, heads and neurons in another order. Raises ModelError."""
        return self._again(moved.permuted(cast(Any, self), seed))

    def rotated(self, seed: int = 0) -> Transformer:
        """Return the model in another orthogonal basis of the residual stream. Raises ModelError.

        Every value is then stored along a vector of many coordinates, as in a trained model. The new weights are
        rounded, which the large weights of sums multiply: such a model may answer wrongly, and then it has no
        certificate and says why.
        """
        return self._again(moved.rotated(cast(Any, self), seed))

    def noisy(self, sigma: float, seed: int = 0) -> Transformer:
        """Return the model with uniform noise from -sigma to sigma on each weight, zeros included. Below `radius` the
        answers are the same. Raises ModelError."""
        return self._again(moved.noisy(cast(Any, self), sigma, seed))

    @property
    def radius(self) -> float:
        """How far every weight may move with all answers provably unchanged (`hardwire.radius`). Raises
        CertificateError."""
        from ..lang.ports import radius

        found: float = radius(self)
        return found

    def _again(self, other: Transformer) -> Transformer:
        from ..lang.ports import certified_again

        found: Transformer = other if self.certificate is None else certified_again(other)
        return found
