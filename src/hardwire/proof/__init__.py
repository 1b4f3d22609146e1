"""Proofs: a model and its program become a certificate, or an error that says why a proof fails.

A certificate says: at every position at which the program is defined, on every input over the vocabulary of at most
max_len tokens, the greatest logit is that of the program's value (or a number that is answered as it is lies within the
stated bound). This holds in float32 or float64 arithmetic rounded to nearest, in any order of summation, with an exp
that is right to two units in the last place, and 0 where `FloatFormat.exp_is_zero` says so.

The proof by structure reads the claims of a circuit: which parts of the program the residual stream stores, and by
which vectors. It proves them in the order of the layers, each from the weights and the claims before it. To read it:

    structure      the order of the proof, from the embedding to the last layer
    evidence       everything proved so far: a new frozen value for every claim
    prover         a claim, and the strategies that are tried for it (strategy)

    weights        the matrices in float64; magnitudes: a bound of each coordinate at each slot
    states         abstract states: values of some variables, for all positions where they have these values
    spaces         their enumeration; which values go together is a fact of the program (analysis/together)
    decomposition  a linear form of the residual stream as a sum of proved parts, embedding and neurons
    affine         its values in abstract states, with all errors; evaluate, firing and underflow compute them
    along          neurons that read one uncertain number, bounded together
    tracking       coordinates that neurons erase, and closer bounds of those that they write
    bos            the row of BOS

    obligations    the obligation of each claim, and the consequences of showing it
    heads          a claim that heads compute an aggregate; sums, lookups and means: its three obligations
    selection      the truth of a selector; scores: the scores of a head; pairing: the pairs on which they are compared
    blocks         a head split by variables; classes: sums over blocks; gaps: look-ups over blocks
    neurons        claims that neurons compute a function; cases: a function of too many values, in cases
    twins          two parts that one number stores
    readout        the unembedding; votes and linear are special cases
    sealing        the certificate, bound to the model and the program

`exhaustive/` is another prover, which tries every input up to a length. It is for any model and any specification, and
depends on nothing of the above.

Trusted are the interpreter's operations on values; the rewriting of the program (`rewrite/`) and its analysis
(`analysis/`), which are tested against the interpreter; and float64 as the arithmetic of the proof's own bounds. The
compiler is not trusted: its claims about a model are checked.
"""

from .strategy import Limits
from .structure import Task, prove_structure

__all__ = ["Limits", "Task", "prove_structure"]
