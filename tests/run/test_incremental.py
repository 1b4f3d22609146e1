"""One token at a time gives what the whole input gives under the causal mask: values, types and failures."""

from __future__ import annotations

import random
import time

import pytest

import wild
from hardwire import SOp, before, full, indices, key, length, query, raw, same_token, tokens, where
from hardwire.errors import BuildError, ImpureFunctionError
from hardwire.lang.expr import Op
from hardwire.programs import LIBRARY
from hardwire.run import run_batch
from hardwire.run.incremental import Incremental
from run.test_differential import told


def check(program: SOp, input: object) -> None:
    [expected] = run_batch(program, [input], causal=True, errors="keep")
    state = Incremental(program.expr)
    found = [state.append(t) for t in list(expected.input)]
    assert told(found) == told(list(expected)), f"{program.formula} on {input!r}"


@pytest.mark.parametrize("start", range(0, 1600, 200))
def test_random_programs(start: int) -> None:
    done = 0
    for seed in range(start, start + 200):
        rng = random.Random(seed)
        made = wild.program(rng)
        program = made if isinstance(made, SOp) else made.width()
        if any(e.op is Op.RAW for e in program.expr.walk()):
            continue
        done += 1
        for _ in range(3):
            check(program, wild.tokens_of(rng))
    assert done > 100


@pytest.mark.parametrize("name", LIBRARY)
def test_library_programs(name: str) -> None:
    program, rng = LIBRARY[name], random.Random(name)
    for n in (1, 2, 7, 60):
        check(program(), rng.choices(list(program.vocab), k=n))
        check(program(), program.sample(rng, n))


AT = key(tokens) == query(tokens)


@pytest.mark.parametrize(
    "program",
    [
        AT.last(indices),
        AT.first(indices, -1),
        (AT & before).last(indices, "none"),
        (AT & before).width(),
        AT.mean(indices),
        (AT & before).mean(indices, 0.5),
        AT.one(indices, "none"),
        before.value(tokens),
        full.max(tokens),
        full.min(tokens.map(str), of=indices),
        same_token.value(tokens == 1),
        full.value(10 / tokens),
        (AT & (key(10 // tokens) == query(5))).width(),
        full.max(10 // tokens, of=tokens),
        AT.count_distinct(indices),
        (AT & (key(indices) < query(indices))).value(where(indices > 3, 2**4000, 1)),
    ],
    ids=lambda p: p.formula,
)
def test_what_is_kept_between_steps(program: SOp) -> None:
    for x in ([1, True, 1.0, 2, 1], [0, 0, 2, 0], [2, "a", 2], [0.5, 0.5, 1, 0.25], [(1,), (1, 2), (1,)], [-0.0, 0.0]):
        check(program, x)
    for seed in range(40):
        rng = random.Random(seed)
        check(program, rng.choices([1, 2, 3, True, 5, 1 / 3], k=rng.randrange(1, 12)))


def test_a_look_up_takes_the_same_time_at_every_length() -> None:
    program = (AT & before).last(indices, -1) + length + full.value(indices)
    state = Incremental(program.expr)
    seconds = []
    for _ in range(2):
        start = time.process_time()
        for i in range(10_000):
            state.append(i % 1000)
        seconds.append(time.process_time() - start)
    assert state.at(program.expr) == (18_999 + 20_000 + 19_999 * 10_000)
    assert seconds[1] < 4 * seconds[0] + 0.1


def test_a_list_of_one_length_cannot_grow() -> None:
    with pytest.raises(BuildError, match="has 2 values, and a text that is generated grows"):
        Incremental((tokens + raw([1, 2])).expr)


def test_an_impure_function_is_found() -> None:
    calls: list[int] = []
    program = tokens.map(lambda t: calls.append(t) or len(calls))
    with pytest.raises(ImpureFunctionError):
        Incremental(program.expr).append(1)
