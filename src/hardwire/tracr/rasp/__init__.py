"""Programs: `rasp` has the names, which are here too, and `causal_eval` runs them under the causal mask.

The expressions themselves are in `expressions/`; `evaluating.py` runs them.
"""

from . import causal_eval, rasp
from .rasp import *  # noqa: F403
from .rasp import __all__ as _names

__all__ = ["causal_eval", "rasp", *_names]
