"""What you see of a program: a sop, selector, key or query and an input come in, a picture comes out.

`text.py` draws in plain text, for terminals and for `repr`; `example.py` keeps the running example that is
drawn where no input is given.
"""

from .example import example, set_example
from .text import Drawing, draw, show

__all__ = ["Drawing", "draw", "example", "set_example", "show"]
