"""The search for the longest input with a proof."""

import math

import pytest

import hardwire as hw
from hardwire import attempts, indices, key, longest, query
from hardwire.campaign.programs import CampaignCase
from hardwire.errors import BuildError, CertificateError, CompileError


def test_what_certifies_everywhere() -> None:
    found = longest(hw.programs.flip(), "ab", 37)
    assert (found, found.last, str(found)) == (37, False, "at least 37")
    assert longest(hw.programs.flip(), "ab", 37, low=5) == 37


def test_what_certifies_nowhere() -> None:
    found = longest(hw.tokens.map(lambda x: 1 / 0), "a", 8)
    assert (found, found.last) == (0, True)
    assert "1 / 0" in found.why or "no value" in found.why or "fails" in found.why, found.why
    assert longest(hw.tokens.map(lambda x: 1 / 0), "a", 8, low=3) == 0


def test_a_library_program_brings_its_vocabulary() -> None:
    found = longest(hw.programs.most_frequent, timeout=math.inf)
    assert (found, found.last) == (139, True)
    assert "its error may reach" in found.why
    assert longest(hw.programs.most_frequent(), upto=20) == 20
    with pytest.raises(BuildError, match="needs vocab"):
        longest(hw.tokens)
    with pytest.raises(BuildError, match=r"^longest takes a sop, not 5\.$"):
        longest(5)


def test_a_search_ends_in_time() -> None:
    found = longest(hw.programs.add, timeout=1e-9)
    assert (found, found.last, found.why) == (0, False, "there was no time to try a length")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"upto": 0}, "upto is a whole number of at least 1, not 0"),
        ({"upto": "x"}, "upto is a whole number"),
        ({"low": True}, "low is a whole number"),
        ({"timeout": -1}, "timeout is a number of seconds above 0"),
        ({"dtype": "f64"}, 'dtype is "float32", "float64" or "auto", not \'f64\''),
        ({"output": "tuple"}, 'output is one of "auto", "values", "number", not \'tuple\''),
        ({"vocab": 3}, "vocab is 3, of the type int"),
    ],
)
def test_what_cannot_be_searched(options: dict[str, object], message: str) -> None:
    with pytest.raises((BuildError, CompileError), match=message):
        longest(hw.programs.flip, **options)  # type: ignore[arg-type]


def test_a_refusal_tries_no_other_length_without_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it takes at most about twice as long as the smallest model and its proof."""
    prepared: list[int] = []
    built: list[object] = []
    prepare, build = attempts.prepare, attempts.build

    def counted_prepare(sop: hw.SOp, vocab: object, max_len: int, **options: object) -> object:
        prepared.append(max_len)
        return prepare(sop, vocab, max_len, **options)  # type: ignore[arg-type]

    def counted_build(program: attempts.Prepared, how: attempts.BuildSettings) -> hw.Transformer:
        built.append(program)
        return build(program, how)

    monkeypatch.setattr(attempts, "prepare", counted_prepare)
    monkeypatch.setattr(attempts, "build", counted_build)
    options: dict[str, object]
    for options in ({"remedies": False}, {"timeout": 60.0}):
        prepared.clear()
        built.clear()
        with pytest.raises(CertificateError) as caught:
            hw.compile(hw.programs.most_frequent, max_len=140, **options)  # type: ignore[arg-type]
        assert (prepared, len(built)) == ([140], 3)
        error = caught.value
        assert error.max_len is None
        assert error.unknown.endswith("`longest` does")
        assert [str(option) for remedy in error.remedies for option in remedy.options] == [
            "hardwire.longest(program, vocab)", "certify=False",
        ]  # fmt: skip
        assert str(error).endswith("certify=False compiles without a proof.")


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


def test_how_an_output_is_read_is_passed_on() -> None:
    mean = hw.same_token.mean(indices)
    assert longest(mean, "ab", 20, low=8, output="values") == 11
    assert longest(mean, "ab", 20, low=8, output="number") == 20


def test_every_option_of_a_case_of_campaigns_is_one_of_the_search() -> None:
    case = CampaignCase("flip", hw.programs.flip(), ("a", "b"), 5)
    assert longest(case.program, case.vocab, 5, **case.options) == 5


def test_a_condition_is_passed_on() -> None:
    program = (key(indices) == query(indices - 1)).value(indices) + (hw.same_token.width() == 1).map({True: 3})
    assert longest(program, "abc", 6, given=hw.same_token.width() == 1) == 6
