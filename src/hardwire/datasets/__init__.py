"""Data sets of models with known circuits.

>>> from hardwire import datasets
>>> made = datasets.generate("models", 1000, processes=2)    # doctest: +SKIP
>>> item = datasets.load("models")[0]                        # doctest: +SKIP
>>> item.program, item.model, item.circuit, item.inputs      # doctest: +SKIP

candidates.py draws programs by seed, behaviour.py compares what they do, making.py compiles, varies and proves one,
choosing.py keeps the shares of layers, heads, edges and vocabularies, generating.py writes and continues a data set,
reading.py reads it.
"""

from .generating import generate
from .reading import Dataset, Example, Item, load, undefined

__all__ = ["Dataset", "Example", "Item", "generate", "load", "undefined"]
