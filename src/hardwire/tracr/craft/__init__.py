"""Directions of a residual stream, by Tracr's names for them."""
