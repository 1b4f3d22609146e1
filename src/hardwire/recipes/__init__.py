"""The Cookbook: recipes for computing with transformer weights, and transformers made of them by hand.

*The Transformer Cookbook* (Yang et al. 2025, arXiv:2510.00368) collects constructions; here each is a function that
gives real weights, says how exact they are, and works with the others. The compiler uses these same functions.

>>> net = Net("01", max_len=30)
>>> ones = net.head(sink_sum(Score(), net.one), net.bit("1"), "ones")
>>> parity = net.neurons(step_function(ones, [(k, k % 2) for k in range(31)], net.one), "parity")
>>> net.model(parity, whole=True)("10110")
[1, 1, 1, 1, 1]

The recipes that the compiler uses too are in `hardwire.constructions`. Read `form.py` there (what everything is written
in), then `feedforward.py` and `attention.py` (the two kinds of recipe), then `net.py` here (a model by hand) and
`models/counting.py` (whole transformers). The rest:

    neurons   constructions.feedforward (steps, piecewise linear); arithmetic, logic, activations (in GELU and SwiGLU)
    heads     constructions.attention (scores, look-ups, means), heads (uniform, predecessor, sums), lookups, hardness
    codes     constructions.representation (of values, and how they are read); position
    norms     norm
    more      several (numbers at once), precision (rounding by the format; how errors go through layers)
    models    net (by hand), compose (blocks and whole models in series and in parallel), models/ (complete ones, each
              with its specification in plain Python)
    bounds    constructions.rounding (what bounds are made of), probes/ (every recipe tried on simulated machines)
    the page  constructions.registry (the docstring of a recipe in parts), page (docs/cookbook.md)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..constructions.attention import Pattern, Score, Variant, average, pick
from ..constructions.attention import equality as score_equality
from ..constructions.attention import key_bit as score_key_bit
from ..constructions.attention import query_bit as score_query_bit
from ..constructions.attention import table as score_table
from ..constructions.feedforward import Piece, gate, threshold
from ..constructions.feedforward import function as step_function
from ..constructions.feedforward import interpolate as piecewise_linear
from ..constructions.feedforward import staircase as restoration
from ..constructions.form import Form, wires
from ..constructions.hardness import leftmost, leftmost_by_inverse, rightmost, rightmost_by_fraction, temperature
from ..constructions.heads import (
    digit_prefix,
    dnf_score,
    first_position,
    identity_attention,
    itself,
    part_of_mean,
    predecessor,
    predecessor_hard,
    share_of_bos,
    sink_sum,
    uniform,
)
from ..constructions.lookups import agreement as score_agreement
from ..constructions.lookups import (
    almost_orthogonal,
    hash_gap,
    hash_scale,
    lookup_almost_orthogonal,
    lookup_distance,
    lookup_hash,
    lookup_latest,
    lookup_one_hot,
    lookup_quadratic,
    lookup_sinusoids,
    lookup_two_periods,
    sinusoid_gap,
    two_periods,
)
from ..constructions.registry import RECIPES, Recipe, by_theme, get
from ..constructions.representation import bits, digits, mirrored_signs, nearest_value, one_hot, signs, thermometer
from ..constructions.stream import Stream
from .activations import in_gelu, in_swiglu
from .arithmetic import (
    absolute,
    add,
    cancel,
    clip,
    identity,
    maximum,
    minimum,
    multiply_gelu,
    multiply_swiglu,
    product,
    subtract,
)
from .compose import beside, layers_for_heads, parallel, route, serial
from .logic import (
    at_least,
    boolean,
    conditional,
    conjunction,
    disjunction,
    equal,
    greater,
    lookup_table,
    negation,
    symmetric,
)
from .net import Net
from .norm import add_norm, amplify, amplify_rms, constant_norm, layer_norm_hash, mirror
from .position import (
    alternating,
    fraction,
    inverse,
    nearest,
    powers,
    predecessor_rotary,
    sinusoidal,
)
from .precision import (
    error_through_attention,
    error_through_layers,
    error_through_neurons,
    error_through_norm,
    round_by_precision,
)
from .several import lattice, piecewise_linear_several

if TYPE_CHECKING:
    from . import models

__all__ = [
    "RECIPES",
    "Form",
    "Net",
    "Pattern",
    "Piece",
    "Recipe",
    "Score",
    "Stream",
    "Variant",
    "absolute",
    "add",
    "add_norm",
    "almost_orthogonal",
    "alternating",
    "amplify",
    "amplify_rms",
    "at_least",
    "average",
    "beside",
    "bits",
    "boolean",
    "by_theme",
    "cancel",
    "clip",
    "conditional",
    "conjunction",
    "constant_norm",
    "digit_prefix",
    "digits",
    "disjunction",
    "dnf_score",
    "equal",
    "error_through_attention",
    "error_through_layers",
    "error_through_neurons",
    "error_through_norm",
    "first_position",
    "fraction",
    "gate",
    "get",
    "greater",
    "hash_gap",
    "hash_scale",
    "identity",
    "identity_attention",
    "in_gelu",
    "in_swiglu",
    "inverse",
    "itself",
    "lattice",
    "layer_norm_hash",
    "layers_for_heads",
    "leftmost",
    "leftmost_by_inverse",
    "lookup_almost_orthogonal",
    "lookup_distance",
    "lookup_hash",
    "lookup_latest",
    "lookup_one_hot",
    "lookup_quadratic",
    "lookup_sinusoids",
    "lookup_table",
    "lookup_two_periods",
    "maximum",
    "minimum",
    "mirror",
    "mirrored_signs",
    "models",
    "multiply_gelu",
    "multiply_swiglu",
    "nearest",
    "nearest_value",
    "negation",
    "one_hot",
    "parallel",
    "part_of_mean",
    "pick",
    "piecewise_linear",
    "piecewise_linear_several",
    "powers",
    "predecessor",
    "predecessor_hard",
    "predecessor_rotary",
    "product",
    "restoration",
    "rightmost",
    "rightmost_by_fraction",
    "round_by_precision",
    "route",
    "score_agreement",
    "score_equality",
    "score_key_bit",
    "score_query_bit",
    "score_table",
    "serial",
    "share_of_bos",
    "signs",
    "sink_sum",
    "sinusoid_gap",
    "sinusoidal",
    "step_function",
    "subtract",
    "symmetric",
    "temperature",
    "thermometer",
    "threshold",
    "two_periods",
    "uniform",
    "wires",
]


def __getattr__(name: str) -> Any:
    if name == "models":  # which are compiled from recipes, and take time to import
        return import_module(f"{__name__}.models")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
