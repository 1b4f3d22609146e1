"""Floating-point formats, and numbers with rigorous error bounds: what every other package counts with.

floats   FloatFormat: unit roundoff, range and error bounds of float32 and float64
grids    which power of two numbers are multiples of: when a sum needs no rounding
bounded  numbers with a bound of their error, and operations on them
machine  a machine that computes as badly as a format and a certificate allow: what bounds are tested with
"""

from .floats import FLOAT32, FLOAT64, FORMATS, FloatFormat, float_format

__all__ = ["FLOAT32", "FLOAT64", "FORMATS", "FloatFormat", "float_format"]
