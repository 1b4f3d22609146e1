"""A model and its certificate, which is bound to a digest of everything that decides the model's answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, cast

from ..errors import CertificateError, ModelError
from .binding import digest, mismatch
from .certificate import Certificate
from .description import Description


@dataclass(frozen=True, eq=False, repr=False)
class Certifiable(Description):
    """A transformer whose certificate is its own, or none."""

    def _check_certificate(self) -> None:
        found = self.certificate
        if found is None:
            return
        if not isinstance(found, Certificate):
            raise ModelError(f"the certificate is a {type(found).__name__}; hw.certify makes one", value=found)
        why = mismatch(cast(Any, self), found)
        if why:
            self._drop(f"its certificate {why}")

    @cached_property
    def digest(self) -> str:
        """The SHA-256 to which certificates are bound, in hexadecimal.

        It covers the weights, the vocabulary and outputs with their types, the mask, max_len, dtype, and the text of
        the program. It is the same on every machine.
        """
        return digest(cast(Any, self))

    def certified(self, certificate: Certificate) -> Self:
        """Return the same model with the certificate of a proof. Raises CertificateError for a certificate of another
        model or program, and for a changed one."""
        if not isinstance(certificate, Certificate):
            raise CertificateError(f"a certificate comes from hw.certify; this is {certificate!r}", value=certificate)
        why = mismatch(cast(Any, self), certificate)
        if why:
            raise CertificateError(f"the certificate {why}: hw.certify proves this model", value=certificate)
        return self._with(certificate, "")

    def uncertified(self, why: str = "") -> Self:
        """Return the same model without a certificate; its text gives `why` as the reason."""
        return self._with(None, why)

    def _with(self, certificate: Certificate | None, dropped: str) -> Self:
        model = object.__new__(type(self))  # nothing else is changed, and nothing has to be checked again
        vars(model).update(vars(self) | {"certificate": certificate, "_dropped": dropped})
        return model

    def _drop(self, why: str) -> None:
        object.__setattr__(self, "certificate", None)
        object.__setattr__(self, "_dropped", why)
