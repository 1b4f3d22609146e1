"""The methods of a model that give others with the same circuit: in another basis, or with other weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from ..errors import CertificateError, Remedy
from . import moved
from .certifiable import Certifiable
from .compressed import compressed, lossless

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

    def with_layer_norm(self, kind: Literal["layer", "rms"] = "layer") -> Transformer:
        """Return the model with a norm before every part and before the unembedding, which changes nothing
        (`hardwire.recipes.add_norm`). Raises ModelError.

        Two coordinates are added: one keeps the mean of the stream at 0. There is no proof of norms by structure, so
        such a model is proved by every input, where these are few.
        """
        from ..lang.ports import layer_normed

        return self._again(layer_normed(self, kind))

    def compressed(self, d: int) -> Transformer:
        """Return the model with a residual stream of d dimensions, 1 to d_model. Raises ModelError.

        From `lossless_d_model` dimensions on nothing is lost but rounding. With fewer, values share dimensions, by the
        best projection in the sense of least squares, and the answers may change; the model then has no certificate and
        says why.
        """
        return self._again(compressed(cast(Any, self), d))

    @property
    def lossless_d_model(self) -> int:
        """The least number of dimensions in which `compressed` loses nothing but rounding. Raises ModelError."""
        return lossless(cast(Any, self))

    @property
    def radius(self) -> float:
        """How far every weight may move with all answers provably unchanged (`hardwire.radius`, which can be limited to
        short inputs). Raises CertificateError."""
        from ..lang.ports import radius

        try:
            found: float = radius(self)
        except CertificateError as error:
            options = [option for remedy in error.remedies for option in remedy.options]
            what = "is the radius for inputs of at most so many tokens."
            remedies = [Remedy(f"hardwire.radius(model, {option}) {what}") for option in options]
            raise CertificateError(error.message, remedies=remedies) from None
        return found

    def _again(self, other: Transformer) -> Transformer:
        from ..lang.ports import certified_again

        found: Transformer = other if self.certificate is None else certified_again(other)
        return found
