"""Proofs: a model and its program come in; a certificate goes out, or the reason why there is none."""

from .certify import certify

__all__ = ["certify"]
