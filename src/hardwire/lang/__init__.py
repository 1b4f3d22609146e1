"""The language: a user's program comes in, an immutable graph of expressions goes out.

Read `surface.py` first (the names users import), then `sop.py` and `selector.py` (the operators), then
`expr.py` (the graph they build). `values.py` defines values.
"""
