"""The transformer: weights and inputs come in; answers, attention patterns and files go out.

Start with `transformer.py`; `description.py` has its fields and sizes, `forward.py` its arithmetic (`variants.py` that
of other activations, norms and gates), `circuit.py` the purpose of its parts.
"""

from .certificate import Certificate, Margin
from .circuit import Circuit, DirectionNote, HeadNote, ModelTrace, NeuronNote, Reading
from .storage import load, save
from .transformer import Output, Transformer
from .weights import Head, Layer, Norm

__all__ = [
    "Certificate",
    "Circuit",
    "DirectionNote",
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
