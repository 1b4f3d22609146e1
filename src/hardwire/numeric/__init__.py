"""Floating-point arithmetic: formats, bounds, and a machine that computes as badly as the bounds allow."""
