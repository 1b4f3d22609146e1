"""The inputs that a program of the library is made for, where a call does not say for which."""

from __future__ import annotations

import pytest

from hardwire import programs, tokens
from hardwire.errors import BuildError
from hardwire.lang.origin import completed


def test_what_a_call_leaves_out_is_the_programs_own() -> None:
    flip = programs.flip()
    assert flip.origin is not None
    vocab, max_len = flip.origin.vocab, flip.origin.max_len
    assert completed("hw.compile", flip, None, None) == (vocab, max_len)
    assert completed("hw.compile", flip, "xy", None) == ("xy", max_len)
    assert completed("hw.compile", flip, None, 7) == (vocab, 7)
    assert completed("hw.compile", flip, "xy", 7) == ("xy", 7)


def test_other_sops_have_no_default() -> None:
    assert completed("hw.compile", tokens, "xy", 7) == ("xy", 7)
    assert completed("hw.compile", "no sop", None, 7) == (None, 7)
    for vocab, max_len, missing in ((None, None, "vocab and max_len"), ("xy", None, "max_len"), (None, 7, "vocab")):
        with pytest.raises(BuildError, match=f"hw.compile needs {missing}: tokens has no default"):
            completed("hw.compile", tokens, vocab, max_len)
