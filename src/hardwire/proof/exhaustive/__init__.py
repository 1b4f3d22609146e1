"""Proof by every input: for any model, against any specification, where all inputs can be tried.

`inputs.py` tries them, `answers.py` reads the answers, `forward.py` is the forward pass with a bound of the error of
every number, and `operations.py` its parts. All of this is independent of the proof by structure, and trusts nothing of
the compiler: only the specification, the bounds (`numeric/bounded.py` and these modules), and NumPy's float64.
"""

from .inputs import Specification, Validity, certify_every, feasible, holds_within

__all__ = ["Specification", "Validity", "certify_every", "feasible", "holds_within"]
