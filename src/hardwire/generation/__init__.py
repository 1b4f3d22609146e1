"""Programs that write text: under the causal mask, the value at the last position is the next token.

`program.py` runs a program so, one token at a time.
"""

from __future__ import annotations

from .program import ProgramGeneration, generate

__all__ = ["ProgramGeneration", "generate"]
