"""hardwire: write a sequence program in Python, run it, see it, compile it to a transformer's weights.

>>> from hardwire import tokens, indices, key, query
>>> length = (key(1) == query(1)).value(1)
>>> (key(length - indices - 1) == query(indices)).value(tokens)("hello")
['o', 'l', 'l', 'e', 'h']

`hw.compile` (after `import hardwire as hw`) turns a program into a transformer. `from hardwire import *` brings every
public name but this one, since Python has a `compile` of its own.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

from . import draw as _draw_package
from . import errors, programs
from . import run as _run_package
from .draw import Drawing, example, set_example
from .draw.picture import draw
from .lang import ports as _ports
from .lang.selector import Key, Query, Selector
from .lang.sop import SOp
from .lang.surface import (
    after,
    aggregate,
    before,
    full,
    identity,
    indices,
    key,
    length,
    maximum,
    minimum,
    query,
    raw,
    same_token,
    select,
    switch,
    tokens,
    where,
)
from .run import Failure, Result, Trace

if TYPE_CHECKING:
    from . import campaign, datasets, discovery, export, puzzles, rasp, recipes, tracr, writers
    from .certification import certify
    from .compilation import compile as compile
    from .generation import TextCertificate, TextVerification, certify_text, generate, verify_text
    from .interchanging import Interchange, interchange
    from .limits import longest
    from .live.explorer import Explorer, explore
    from .model.circuit import ModelTrace
    from .model.storage import load
    from .model.transformer import Transformer
    from .optimization import Optimized, optimize
    from .robustness import radius
    from .verification import Verification, verify

__version__ = "0.1.0"

__all__ = [
    "Drawing",
    "Explorer",
    "Failure",
    "Interchange",
    "Key",
    "ModelTrace",
    "Optimized",
    "Query",
    "Result",
    "SOp",
    "Selector",
    "TextCertificate",
    "TextVerification",
    "Trace",
    "Transformer",
    "Verification",
    "after",
    "aggregate",
    "before",
    "campaign",
    "certify",
    "certify_text",
    "datasets",
    "discovery",
    "draw",
    "errors",
    "example",
    "explore",
    "export",
    "full",
    "generate",
    "identity",
    "indices",
    "interchange",
    "key",
    "length",
    "load",
    "longest",
    "maximum",
    "minimum",
    "optimize",
    "programs",
    "puzzles",
    "query",
    "radius",
    "rasp",
    "raw",
    "recipes",
    "same_token",
    "select",
    "set_example",
    "switch",
    "tokens",
    "tracr",
    "verify",
    "verify_text",
    "where",
    "writers",
]


def _variables(model: "Transformer") -> _Any:
    from .variables import variables

    return variables(model)


def _function_tables(model: "Transformer") -> _Any:
    from .tabulation import function_tables

    return function_tables(model)


def _radius(model: "Transformer") -> float:
    from .robustness import radius

    return radius(model)


def _certified_again(model: "Transformer") -> "Transformer":
    from .robustness import certified_again

    return certified_again(model)


def _layer_normed(model: "Transformer", kind: str) -> "Transformer":
    from .recipes.norm import add_norm

    return add_norm(model, kind)


# What a handle can do that the language itself does not know how to (lang/ports.py).
_ports.run = _run_package.called
_ports.run_batch = _run_package.called_on_batch
_ports.trace = _run_package.trace
_ports.run_set = _run_package.run_set
_ports.variables = _variables
_ports.function_tables = _function_tables
_ports.radius = _radius
_ports.certified_again = _certified_again
_ports.layer_normed = _layer_normed
_ports.show = _draw_package.show
_ports.bundle = _draw_package.bundle

# What takes time to import and is not needed to write and run programs.
_LATER = {
    "certify": ".certification",
    "certify_text": ".generation",
    "compile": ".compilation",
    "generate": ".generation",
    "Interchange": ".interchanging",
    "interchange": ".interchanging",
    "Explorer": ".live.explorer",
    "explore": ".live.explorer",
    "load": ".model.storage",
    "longest": ".limits",
    "ModelTrace": ".model.circuit",
    "Optimized": ".optimization",
    "optimize": ".optimization",
    "TextCertificate": ".generation",
    "TextVerification": ".generation",
    "Transformer": ".model.transformer",
    "radius": ".robustness",
    "Verification": ".verification",
    "verify": ".verification",
    "verify_text": ".generation",
}

_PACKAGES_LATER = ("campaign", "datasets", "discovery", "export", "puzzles", "rasp", "recipes", "tracr", "writers")


def __getattr__(name: str) -> _Any:
    if name in _PACKAGES_LATER:
        return _import_module(f".{name}", __name__)
    if name not in _LATER:
        from .lang.misuse import attribute_remedy

        remedy = attribute_remedy(name, {*__all__, *_LATER}, {}, maps=False)
        hint = f"\n  {remedy}" if remedy else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
    value = getattr(_import_module(_LATER[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_PACKAGES_LATER})
