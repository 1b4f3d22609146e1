"""Proofs: a model and its program come in; a certificate goes out, or the reason why there is none.

What is proved: at every position at which the program has a value, on every input over the vocabulary of at most
max_len tokens, the greatest logit is that of this value (a number read as it is lies within the stated bound), in
float32 or float64 arithmetic rounded to nearest, in any order of summation, with an exp that is right to two units in
the last place, and 0 below -110 (in float64 below -760).

How: the circuit claims which parts of the program the stream holds, in which directions. Each claim is proved in the
order of the layers, from the weights as they are and from what was proved before: `neurons.py` for what neurons
compute, `sums.py`, `picks.py` and `means.py` for heads, `readout.py` for the unembedding. `certify.py` is the order;
`stream.py` says what the stream is made of (`forms.py`), and `reading.py` runs the weights on situations
(`situations.py`) and keeps account of every error, `magnitudes.py` of how large numbers can be; `pairs.py` compares
scores with selectors, for parts of a head on their own where it comes apart (`blocks.py`, `classes.py`).

What is trusted: the interpreter's own operations on values; the rewriting of the program into one that heads can
compute (`rewrite/`), and the analysis of which values each part can have (`analysis/`), each tested against the
interpreter; and that this proof's own arithmetic in float64 is exact enough beside the errors it bounds. The compiler
is not trusted: what it says of a model is checked.

Any other model, against any specification, is proved by every input up to a length: `exhaustive.py`, which runs the
weights (`forward.py`, `operations.py`) with a bound beside every number (`bounded.py`), and trusts none of the above.
"""

from .certify import certify, certify_compiled

__all__ = ["certify", "certify_compiled"]
