"""What is known of a program before anything is chosen or proved: which values each part can have, what decides them,
how many positions a selector can select, where there is sure to be a value.

facts         `Facts`: all of it, for one vocabulary, greatest length and condition on inputs
dependencies  what decides the value of a sop
tables        values for every length and position, where nothing else decides them
domains       every value of a sop; combinations of values
reaches       between which numbers a sop lies at each position of each length
totals        the sums and means that several numbers can have; classes: sums over classes of positions
choices       the values of sums of choices that exclude each other
affine        functions of the author's that are affine in their arguments
selections    how many positions a selector selects, and which it is sure to select
singles       selectors that select at most one, and values that no two positions share
definedness   where there is sure to be a value
together      values that several sops can have at one position; one_key: look-ups of one key
conditions    whether a sop is a condition that an input can meet
assumptions   what the condition on inputs implies for aggregates
vocabulary    the tokens an input may have
guard         what types of the author's raise, as errors that say so

Sound throughout: a domain may hold values that never occur, and never lacks one that does; a fact that is not known is
answered as the less useful case. The compiler and the proof ask the same facts; `tests/analysis` compares every one of
them with the interpreter.
"""

from .domain import Domain, is_plain
from .facts import Facts
from .singles import SelectedKeys, is_equivalence
from .vocabulary import read_vocab

__all__ = ["Domain", "Facts", "SelectedKeys", "is_equivalence", "is_plain", "read_vocab"]
