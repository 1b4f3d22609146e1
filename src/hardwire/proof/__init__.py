"""Proofs: a model and its program come in; out comes a certificate, or the reason why there is none.

A certificate says: at every position at which the program is defined, on every input over the vocabulary of at most
max_len tokens, the greatest logit is that of the program's value (or a number that is answered as it is lies within the
stated bound). This holds in float32 or float64 arithmetic rounded to nearest, in any order of summation, with an exp
that is right to two units in the last place, and 0 where `FloatFormat.exp_is_zero` says so.

The proof by structure reads the claims of a circuit: which parts of the program the residual stream stores, and by which
vectors. It proves them in the order of the layers, each from the weights and from what was proved before. To read it:

    structure     the order of the proof, from the embedding to the last layer
    evidence      what is proved so far: a new frozen value for every claim
    prover        a claim, and the strategies that are tried for it

    weights       the matrices in float64; magnitudes: how large each coordinate can be at each slot
    states        abstract states: values of some variables, for all positions where they have these values
    spaces        enumerating them
    decomposition what a linear form of the residual stream is made of: proved parts, embedding, neurons
    affine        such a form in abstract states, with all of its errors; evaluate and firing compute it
    tracking      coordinates that neurons erase, and closer bounds of those that they write
    bos           the row of BOS

    obligations   what is to be shown of a claim, and what follows from it
    heads         what claims about heads have in common: sums, lookups (in blocks), means (several heads)
    selection     what a selector says of a key and a query; pairing: which pairs there are; scores: what a head says
    blocks        a head in parts that depend on separate variables; classes: sums over such parts
    neurons       a claim that neurons compute a function
    readout       the unembedding; votes and linear are two special cases

`exhaustive/` is another prover, which tries every input up to a length. It is for any model and any specification, and
depends on nothing of the above.

Trusted are the interpreter's operations on values; the rewriting of the program and its analysis, which are tested
against the interpreter; and float64 as the arithmetic of the proof's own bounds. The rest of the compiler is not
trusted: what it claims of a model is checked.
"""

from .certify import certify

__all__ = ["certify"]
