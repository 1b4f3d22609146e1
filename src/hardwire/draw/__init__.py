"""Pictures: a sop, selector, key, query or model and an input come in, a picture comes out.

`picture.py` has `draw` and dispatches to one file per kind of picture. `sequence.py`, `selector.py`, `aggregate.py` and
`program.py` draw from a trace and share `matrix.py` (selection as a matrix). `model.py`, with `weights.py` and
`logits.py`, draws models in the layout of `columns.py`. Both share `heat.py` (matrices of long inputs), `shapes.py`
(boxes, cells, the SVG library), `metrics.py` (how texts and numbers fit) and `theme.py` (every colour and size).
`drawing.py` is the result of `draw`, `console.py` draws in plain text, for terminals and for `repr`, and `example.py`
keeps the running example, which is drawn where no input is given.
"""

from .console import show
from .drawing import Drawing
from .example import example, set_example
from .picture import bundle, draw

__all__ = ["Drawing", "bundle", "draw", "example", "set_example", "show"]
