"""The language: what a user writes comes in, an immutable graph of expressions goes out.

Read `surface.py` first (the names users import), then `sop.py` and `selector.py` (the operators), then
`expr.py` (the graph they build). `values.py` says what a value is.
"""
