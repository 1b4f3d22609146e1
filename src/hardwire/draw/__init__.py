"""What you see of a program: a sop, selector, key, query or model and an input come in, a picture comes out.

`picture.py` is `draw` and says what is drawn by which file: `sequence.py`, `selector.py`, `aggregate.py` and
`program.py`, each from a trace, and `model.py` with its `weights.py` and `logits.py`, whose rows stand in the columns
of `columns.py`. The first four share `matrix.py` (selection as a matrix); both kinds share `heat.py` (the same for long
inputs), and are made of `shapes.py` (boxes, cells, the SVG library), `metrics.py` (how texts and numbers fit) and
`theme.py` (every colour and size). `drawing.py` is what `draw` gives. `text.py` draws in plain text, for terminals and
for `repr`; `example.py` keeps the running example that is drawn where no input is given.
"""

from .drawing import Drawing
from .example import example, set_example
from .picture import bundle, draw
from .text import show

__all__ = ["Drawing", "bundle", "draw", "example", "set_example", "show"]
