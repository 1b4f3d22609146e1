"""Measurements: every recipe at its claimed limits, with adversarial noise and orders of summation.

>>> worst = max(measure("minimum"), key=lambda m: m.worst)
>>> worst.worst <= worst.claimed
True
"""

from __future__ import annotations

from . import assembly, attention, beyond, codes, feedforward, norm
from .measured import PROBES, Measured, measure

__all__ = ["PROBES", "Measured", "assembly", "attention", "beyond", "codes", "feedforward", "measure", "norm"]
