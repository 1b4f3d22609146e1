"""The transformer: weights and inputs come in; answers, attention patterns and files go out.

Start with `transformer.py`; `forward.py` is its arithmetic (`variants.py` that of what is not plain),
`circuit.py` what its parts are for.
"""

from .certificate import Certificate, Margin
from .circuit import Circuit, Direction, HeadNote, ModelTrace, NeuronNote, Reading
from .storage import load, save
from .transformer import Output, Transformer
from .weights import Head, Layer, Norm

__all__ = [
    "Certificate",
    "Circuit",
    "Direction",
    "Head",
    "HeadNote",
    "Layer",
    "Margin",
    "ModelTrace",
    "NeuronNote",
    "Norm",
    "Output",
    "Reading",
    "Transformer",
    "load",
    "save",
]
