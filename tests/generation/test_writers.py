"""Every program that writes text against plain Python, as a program and as a certified model."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

import hardwire as hw
from hardwire import Transformer, writers
from hardwire.errors import BuildError, GenerationError, InputError, UnknownNameError
from hardwire.writers import WRITERS, TextProgram

MADE: dict[str, tuple[TextProgram, Transformer]] = {}
ENDLESS = {"induction"}
"""Programs whose texts may have no end."""
MOST_LAYERS = 8


def made(name: str) -> tuple[TextProgram, Transformer]:
    if name not in MADE:
        program = writers.get(name)
        MADE[name] = program, hw.compile(program)
    return MADE[name]


def text_of(program: TextProgram, prompt: str) -> Any:
    """What the program writes, up to one token more than the longest transcript."""
    return hw.generate(program, prompt, max_new=program.max_len + 1 - len(prompt)).finish()


@pytest.mark.parametrize("name", WRITERS)
def test_the_model_is_certified_at_its_longest_transcript(name: str) -> None:
    program, model = made(name)
    found = hw.certify_text(model)
    assert found.max_len == program.max_len
    assert found.stop == (program.stop,)
    assert found.unreadable == ()
    assert found.given == ""  # nothing is assumed of prompts
    assert model.causal
    assert model.depth <= MOST_LAYERS


@pytest.mark.parametrize("name", WRITERS)
def test_programs_write_what_plain_python_writes(name: str) -> None:
    program, rng = writers.get(name), random.Random(name)
    for prompt in (program.example, *program.edges, *(program.draw(rng) for _ in range(150))):
        assert set(prompt) <= set(program.vocab)
        assert text_of(program, prompt) == program.reference(prompt), prompt


@pytest.mark.parametrize("name", WRITERS)
def test_models_write_what_plain_python_writes(name: str) -> None:
    program, model = made(name)
    rng = random.Random(name)
    prompts = [program.example, *program.edges, *(program.draw(rng) for _ in range(500))]
    for prompt, text in zip(prompts, model.generate_batch(prompts, stop=program.stop, errors="keep"), strict=True):
        assert text.text == program.reference(prompt), prompt
        assert text.failure is None or name in ENDLESS
        assert len(text.transcript) <= program.max_len + (name in ENDLESS)


@pytest.mark.parametrize("name", WRITERS)
def test_models_and_programs_write_the_same_after_any_prompt(name: str) -> None:
    """Of prompts that the program is not for, too, and of transcripts cut anywhere."""
    program, model = made(name)
    rng = random.Random(name)
    prompts: list[Any] = []
    for _ in range(40):
        prompts.append(rng.choices(program.vocab, k=rng.randint(1, program.max_len)))
        prompt = program.draw(rng)
        whole = [*prompt, *program.reference(prompt)]
        prompts.append(whole[: rng.randint(1, len(whole))])
    assert hw.verify_text(model, prompts=prompts)


def test_texts_without_an_end_are_an_error_at_max_len() -> None:
    program, model = made("induction")
    with pytest.raises(GenerationError, match="the transcript is longer than max_len, 60 tokens, and has not ended"):
        model.generate("aa", stop=program.stop).finish()
    assert model.generate("aa", stop=program.stop, max_new=3).finish() == "aaa"


NIGHTLY = pytest.mark.nightly
NO_STEPS = (
    ("add", 3, 20_000),
    ("add", 12, 40_000),
    ("calculate", 4, 30_000),
    ("subtract", 7, 50_000),
    ("product", 1, 20_000),
    ("product", 2, 25_000),
    pytest.param("calculate", 12, 150_000, marks=NIGHTLY),
    pytest.param("subtract", 12, 150_000, marks=NIGHTLY),
)


@pytest.mark.parametrize(("name", "digits", "most"), NO_STEPS)
def test_calculators_without_a_scratchpad_are_small(name: str, digits: int, most: int) -> None:
    program = WRITERS[name](digits)
    model = hw.compile(program)
    assert model.parameters <= most
    assert model.depth <= 6
    found = hw.certify_text(model)
    assert found.max_len == program.max_len
    assert found.endings
    rng = random.Random(digits)
    prompts = [*program.edges, *(program.draw(rng) for _ in range(300))]
    for prompt, text in zip(prompts, model.generate_batch(prompts, stop="."), strict=True):
        assert text.text == answer_to(prompt)


def answer_to(prompt: str) -> str:
    """The result, by Python."""
    a, sign, b = re.split(r"([-+*])", prompt[:-1])
    return str({"+": int(a) + int(b), "-": int(a) - int(b), "*": int(a) * int(b)}[sign])


def result_of(text: Any) -> str:
    """What the calculator writes after its scratchpad."""
    return re.split("[,<]", "".join(text))[-1]


@pytest.mark.parametrize(
    ("digits", "most"), [(1, 18_000), (3, 20_000), pytest.param(12, 70_000, marks=pytest.mark.nightly)]
)
def test_calculators_of_many_digits_are_small(digits: int, most: int) -> None:
    program = writers.calculator(digits)
    model = hw.compile(program)
    assert model.parameters <= most
    assert model.depth <= 6
    found = hw.certify_text(model)
    assert found.max_len == program.max_len
    assert found.endings
    assert found.endings.longest == program.max_len
    assert found.endings.prompts == 3 * sum(10**k for k in range(1, digits + 1)) ** 2
    rng = random.Random(digits)
    prompts = [*program.edges, *(program.draw(rng) for _ in range(60))]
    for prompt, text in zip(prompts, model.generate_batch(prompts, stop="."), strict=True):
        assert result_of(text.text) == answer_to(prompt)


def test_the_program_of_a_universal_machine_is_in_its_prompt() -> None:
    _, model = made("universal_turing")
    table, start = writers.machines.BUSY_BEAVER, "A"
    text = model.generate(writers.machines.prompt_of(table, start, ""), stop=".").finish()
    own = hw.generate(writers.turing(table, start), "=").finish()
    assert [t if t[0] == "@" else t[:2] for t in text] == [t if t[0] == "@" else t[:2] for t in own]


@pytest.mark.nightly
def test_every_pair_of_two_numbers_and_their_divisor() -> None:
    program, model = made("gcd")
    prompts = [f"{a},{b}=" for a in range(100) for b in range(100)]
    for prompt, text in zip(prompts, model.generate_batch(prompts, stop="."), strict=True):
        assert text.text == program.reference(prompt)


@pytest.mark.nightly
@pytest.mark.parametrize("name", WRITERS)
def test_ten_thousand_texts_of_each_model(name: str) -> None:
    """Every edge case, and random prompts of all lengths, against plain Python."""
    program, model = made(name)
    rng = random.Random(f"many {name}")
    prompts = [program.example, *program.edges, *(program.draw(rng) for _ in range(10_000))]
    for prompt, text in zip(prompts, model.generate_batch(prompts, stop=program.stop, errors="keep"), strict=True):
        assert text.text == program.reference(prompt), prompt


@pytest.mark.nightly
@pytest.mark.parametrize("sign", "+-*")
def test_every_pair_of_the_calculator_of_three_digits(sign: str) -> None:
    """A million texts: their ends. The steps before are the same as those of the reference in the tests above."""
    _, model = made("calculator")
    compute = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}[sign]
    for a in range(1000):
        for b, text in enumerate(model.generate_batch([f"{a}{sign}{b}=" for b in range(1000)], stop=".")):
            assert result_of(text.text) == str(compute(a, b))


@pytest.mark.nightly
def test_every_pair_of_the_addition_of_three_digits() -> None:
    _, model = made("add")
    for a in range(1000):
        for b, text in enumerate(model.generate_batch([f"{a}+{b}=" for b in range(1000)], stop=".")):
            assert text.text == str(a + b)


def test_a_machine_of_a_thousand_steps_is_certified() -> None:
    program = writers.turing(steps=1_000)
    model = hw.compile(program)
    assert hw.certify_text(model).max_len == 2_016
    assert model.parameters < 150_000
    assert model.generate("11111111111111=", stop=".").finish() == program.reference("11111111111111=")


def test_another_table_is_another_machine() -> None:
    """The busy beaver of three states writes six ones, in thirteen steps."""
    program = writers.turing(writers.machines.BUSY_BEAVER, start="A")
    model = hw.compile(program)
    text = model.generate("=", stop=".").finish()
    assert text == program.reference("=")
    tape: dict[str, str] = {}
    for cell, action in zip(text[::2], text[1::2], strict=False):
        tape[cell] = action[0]
    assert len(text) == 2 * 13 + 1
    assert sorted(tape.values()) == ["1"] * 6


def test_the_answer_of_a_scratchpad_stands_at_its_end() -> None:
    text = hw.generate(writers.multiply(digits=2), "12*34=").finish()
    assert text == "0804000008100400=408"
    assert hw.generate(writers.stack_machine(), "34+5*=").finish() == "34755"


@pytest.mark.parametrize("digits", [1, 2])
def test_every_pair_of_few_digits(digits: int) -> None:
    for name, signs in (("subtract", "-"), ("add", "+"), ("calculate", "+-"), ("product", "*")):
        model = hw.compile(WRITERS[name](digits))
        every = [f"{a}{sign}{b}=" for sign in signs for a in range(10**digits) for b in range(10**digits)]
        texts = model.generate_batch(every, stop=".")
        assert [t.text for t in texts] == list(map(answer_to, every))


def test_a_model_whose_texts_may_be_too_long_says_so_when_it_is_compiled() -> None:
    short = hw.compile(writers.copy(), max_len=8)
    assert short.overrun == "hello="
    assert repr(short).endswith("exact up to length 8, a text may be longer, as after 'hello=')")
    assert "a text may be longer" in short.summary()
    with pytest.raises(GenerationError, match="longer than max_len, 8 tokens"):
        short.generate(short.overrun).finish()
    assert hw.compile(writers.reverse()).overrun is None
    assert hw.compile(hw.programs.flip).overrun is None


def test_models_stop_at_the_stop_token_of_their_program() -> None:
    model = hw.compile(writers.reverse())
    text = model.generate("abc=")
    assert (text.finish(), text.ended) == ("cba", "stop")
    assert [t.text for t in model.generate_batch(["ab=", "c="])] == ["ba", "c"]
    assert model.generate("abc=", stop="b").finish() == "c"
    with pytest.raises(GenerationError, match=r"written '\.', which is not in its vocabulary"):
        model.generate("abc=", stop=None).finish()
    program = writers.reverse()
    assert hw.generate(program, "abc=", stop=None, max_new=4).finish() == "cba."
    with pytest.raises(hw.errors.BuildError, match="needs stop= or max_new="):
        hw.generate(program, "abc=", stop=None)


@pytest.mark.parametrize("name", ["add", "subtract", "product", "calculator", "sort"])
@pytest.mark.parametrize("size", [0, -1, 2.5, "3", True], ids=repr)
def test_sizes_are_ints_above_0(name: str, size: Any) -> None:
    with pytest.raises(InputError, match=f"{name}: (digits|most) is an int of at least 1, not"):
        WRITERS[name](size)


def test_programs_have_parameters_and_names() -> None:
    assert hw.generate(writers.caesar(shift=25), "abc=").finish() == "zab"
    assert hw.generate(writers.ngram("hello world"), "he").finish() == "llo world"
    assert hw.generate(writers.binary_counter(bits=2), "01,").finish() == "10,11"
    assert repr(writers.reverse()) == "<program reverse: the prompt backwards>"
    with pytest.raises(UnknownNameError, match="Did you mean 'reverse'"):
        writers.get("revers")
    with pytest.raises(AttributeError, match="Did you mean 'reverse'"):
        _ = writers.revers


PAGE = Path(__file__).parents[2] / "docs" / "generation.md"
ROW = re.compile(
    r"^\| `(\w+)`(?:, ([\d,]+) (digits|steps))? \| (?!\d)[^|]*\| (\d+) \| ([\d,]+) \| ([\d,]+) \| [\d,]+ \|$",
    re.MULTILINE,
)


def test_the_page_has_the_sizes_of_all_models() -> None:
    """A compiler that improves may make them smaller, by up to a tenth, before the page has to be written again."""
    rows = ROW.findall(PAGE.read_text("utf-8"))
    assert {name for name, *_ in rows} == set(WRITERS)
    for name, number, what, *sizes in rows:
        program, model = made(name)
        if number:
            program = WRITERS[name](**{what: int(number.replace(",", ""))})
            model = hw.compile(program, certify=False)
        layers, parameters, longest = (int(x.replace(",", "")) for x in sizes)
        assert (model.depth, program.max_len) == (layers, longest), name
        assert 0.9 * parameters <= model.parameters <= parameters, name


def test_arguments_that_a_writer_does_not_take() -> None:
    for call, why in (
        (lambda: hw.writers.copy(5, 6), r"copy: too many positional arguments\n  copy\(most: int = 20\)"),
        (lambda: hw.writers.add(digit=3), r"add: got an unexpected keyword argument 'digit'\n  add\(digits: int = 3\)"),
    ):
        with pytest.raises(BuildError, match=f"^{why}"):
            call()
