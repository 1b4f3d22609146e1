"""The search for the longest input with a proof."""

import pytest

import hardwire as hw
from hardwire import indices, key, query
from hardwire.errors import CertificateError, CompileError
from hardwire.limits import longest


def test_what_certifies_everywhere() -> None:
    assert longest(hw.programs.flip(), "ab", 37) == 37
    assert longest(hw.programs.flip(), "ab", 37, low=5) == 37
    assert longest(hw.programs.flip(), "ab", 4, low=5) == 4


def test_what_certifies_nowhere() -> None:
    assert longest(hw.programs.flip(), "a", 0) == 0
    assert longest(hw.tokens.map(lambda x: 1 / 0), "a", 8) == 0
    assert longest(hw.tokens.map(lambda x: 1 / 0), "a", 8, low=3) == 2


@pytest.mark.parametrize("causal", [False, True])
def test_the_last_length_that_certifies(causal: bool) -> None:
    """Large numbers need more digits than float32 has when many are added up."""
    program = (key(indices) <= query(indices)).value(hw.tokens.map({"a": 0, "b": 2**12}))
    found = longest(program, "ab", 64, causal=causal, low=8)
    assert 8 < found < 64

    def certify(n: int) -> None:
        hw.certify(hw.compile(program, "ab", n, causal=causal, certify=False))

    certify(found)
    with pytest.raises((CertificateError, CompileError)):
        certify(found + 1)


def test_a_condition_is_passed_on() -> None:
    program = (key(indices) == query(indices - 1)).value(indices) + (hw.same_token.width() == 1).map({True: 3})
    assert longest(program, "abc", 6, given=hw.same_token.width() == 1) == 6
