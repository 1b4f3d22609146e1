"""One program of a campaign: compiled, certified and attacked, with everything that can go wrong as its result."""

from __future__ import annotations

import random
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..certification import certify
from ..compilation import compile as compiled
from ..effort import limited
from ..errors import (
    CertificateError,
    CompileError,
    HardwireError,
    MemoryLimitError,
    ModelError,
    ProgramWarning,
    TimeLimitError,
)
from ..generation import certify_text, verify_text
from ..lang.expr import Op
from ..model.transformer import Transformer
from ..numeric.machine import ORDERS, Choices, Simulated
from .attacking import NUMBERS, AnswersOfInputs, Trial, attack, promised, shaken
from .mutants import MUTATIONS, claiming
from .programs import CampaignCase
from .settings import CERTIFIED, FINDING, REFUSED, CampaignSettings, SeedResult

NEAR = 1e-3
"""Answers of a mutant that are read as numbers are wrong beyond this."""
LIMITS = (TimeLimitError, MemoryLimitError)
OURS = Path(__file__).parents[1]


class Defect(Exception):
    """A claim of hardwire that is not true; `where` makes two of them the same."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(what)
        self.where = where


def examined(seed: int, case: CampaignCase, settings: CampaignSettings) -> SeedResult:
    """Compile, certify and attack a program. Every exception is part of the result."""
    found = SeedResult(seed, case.kind, CERTIFIED, tags=tags(case))
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a warning that no user asked for is a defect
        warnings.simplefilter("ignore", ProgramWarning)
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            with limited("the campaign", timeout=settings.seconds, memory=settings.memory, progress=False):
                found = _examined(case, settings, found)
        except Defect as defect:
            found = replace(found, outcome=FINDING, where=defect.where, why=str(defect))
        except Exception as error:
            where = f"bare {type(error).__name__} in {_innermost(error)}"
            found = replace(found, outcome=FINDING, where=where, why=f"{where}: {error}"[:2000])
    seconds = time.process_time() - start
    if found.outcome != FINDING and seconds > 2 * settings.seconds:
        found = replace(found, outcome=FINDING, where="time", why=f"took {seconds:.1f} s of {settings.seconds:g} s")
    return replace(found, seconds=round(seconds, 4))


def _examined(case: CampaignCase, settings: CampaignSettings, found: SeedResult) -> SeedResult:
    """Raises Defect, and whatever hardwire raises that it should not."""
    try:
        model = compiled(
            case.program, case.vocab, case.max_len, remedies=False, progress=False,
            timeout=settings.seconds, memory=settings.memory, **case.options,
        )  # fmt: skip
    except HardwireError as refusal:  # it says so, before the model is used
        return replace(found, outcome=REFUSED, why=f"{type(refusal).__name__}: {refusal.message}"[:2000])
    found = replace(found, depth=model.depth)
    try:
        answers, mutants = _attacked(case, model, settings)
    except LIMITS as late:
        return replace(found, why=f"attacked in part: {type(late).__name__}")
    return replace(found, answers=answers, mutants=mutants)


def _attacked(case: CampaignCase, model: Transformer, settings: CampaignSettings) -> tuple[int, int]:
    """The number of answers compared and of mutants refused. Raises Defect."""
    certificate = model.certificate
    if certificate is None:
        raise Defect("no certificate", "hw.compile returned a model without a certificate")
    seed = sum(map(ord, case.name))
    trial = Trial.of(model, case.program, settings.inputs, case.given, case.sample, seed=seed)
    same = promised(model, certificate)
    order = ORDERS[seed % len(ORDERS)]
    more = _in_torch(model) if settings.torch else {}
    with np.errstate(all="ignore"):  # a simulated machine may overflow where the weights are moved
        wrong = attack(model, trial, same, seed=seed, few=settings.few, orders=(order,), moved=False, more=more)
    if wrong:
        raise Defect(f"wrong {wrong.partition(':')[0]}", f"certified, and wrong {wrong}")
    if case.stop is not None:
        _written(case, model)
    positions = sum(map(len, trial.wanted))
    part = min(1.0, settings.few / max(1, len(trial.inputs)))
    mutants = _mutated(case, model, trial, settings.mutants, np.random.default_rng(seed))
    return int(positions * (1 + len(more) + 3 * part)), mutants


def _written(case: CampaignCase, model: Transformer) -> None:
    """Texts of the model and the program side by side, where the text is certified. Raises Defect."""
    try:
        certify_text(model, stop=case.stop)
    except CertificateError:
        return
    if any(e.op is Op.RAW for e in case.program.expr.walk()):  # a list has one length, and a text grows
        return
    rng = random.Random(case.name)
    prompts = [[t] for t in case.vocab] + [
        rng.choices(case.vocab, k=rng.randint(1, max(1, case.max_len - 1))) for _ in range(8)
    ]
    found = verify_text(model, stop=case.stop, prompts=prompts)
    if not found:
        raise Defect("wrong text", f"certified, and {found!r}")


def _mutated(case: CampaignCase, model: Transformer, trial: Trial, count: int, rng: np.random.Generator) -> int:
    """How many mutants answered otherwise, one of them with every weight moved by one unit in the last place; each was
    refused a certificate. Raises Defect."""
    wrong = 0
    drawn = [MUTATIONS[int(rng.integers(len(MUTATIONS)))] for _ in range(count)]
    for kind in (shaken, *drawn) if count else ():
        with warnings.catch_warnings(), np.errstate(all="ignore"):  # a mutant may overflow
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                mutant = replace(kind(model, rng), certificate=None)
            except (ModelError, ValueError):  # there is nothing of this kind to change
                continue
            tried = trial
            if mutant.max_len != model.max_len or mutant.causal != model.causal:
                tried = Trial.of(mutant, case.program, len(trial.inputs), case.given, case.sample)
            ways: list[AnswersOfInputs] = [
                mutant.batch,
                *([Simulated.of(mutant, Choices(case.max_len))] if kind is shaken else []),
            ]
            if not any(tried.differs(answers, _near(mutant)) for answers in ways):
                continue
            wrong += 1
            for one in (mutant, claiming(mutant, rng)):
                try:
                    certificate = certify(one, case.program, given=case.given)
                except (CertificateError, CompileError):
                    continue
                for answers in ways:
                    if bad := tried.differs(answers, promised(mutant, certificate)):
                        name = kind.__name__
                        raise Defect(f"mutant {name}", f"a mutant ({name}) is certified, and wrong {bad}")
    return wrong


def _near(model: Transformer) -> Callable[[Any, Any], bool]:
    if model.outputs is not None or model.whole:
        return lambda a, b: bool(a == b)
    return lambda a, b: bool(a == b) or (isinstance(a, NUMBERS) and abs(a - b) <= NEAR)


@cache
def _torch() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    torch.set_num_threads(1)
    return True


def _in_torch(model: Transformer) -> dict[str, AnswersOfInputs]:
    """The answers in PyTorch, where it is installed and the model has no more than PyTorch's export can say."""
    if not model.plain or not _torch():
        return {}
    from ..export import torch as exported
    from ..export.comparison import answering
    from ..export.torch_file import runner

    return {"in PyTorch": answering(model, runner(exported(model, check=False)))}


def _innermost(error: BaseException) -> str:
    """The innermost line of hardwire in a traceback, as file and function."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(OURS)]
    own = [f for f in frames if f.name not in ("_examined", "examined")]
    if not own:
        return "the campaign"
    return f"{Path(own[-1].filename).relative_to(OURS).as_posix()}:{own[-1].name}"


def tags(case: CampaignCase) -> tuple[str, ...]:
    """What a program and its options have of the wide language, for the figures of a report."""
    found = {case.dtype, "writes text" if case.stop else ""}
    found |= {name for name in ("causal", "reuse") if getattr(case, name)}
    found |= {"given"} if case.given is not None else set()
    found |= {f"output={case.output}"} if case.output != "auto" else set()
    values = list(case.vocab)
    for expr in case.program.expr.walk():
        if expr.op is Op.CONST:
            values.append(expr.arg)
        elif expr.op.function and not isinstance(expr.arg, Op):
            found.add("user function")
        elif expr.op is Op.RAW:
            values += expr.arg
    for v in values:
        for kind, name in ((float, "float"), (Fraction, "ratio"), (tuple, "tuple"), (type(None), "None")):
            if isinstance(v, kind):
                found.add(name)
        if not isinstance(v, (int, float, Fraction, tuple, type(None), str)):
            found.add("other value")
    return tuple(sorted(found - {""}))


def reason(why: str) -> str:
    """A refusal without the names and numbers of its program, so that equal reasons are one."""
    kind, _, message = why.partition(": ")
    for words, short in REASONS:
        if words in message:
            return f"{kind}: {short}"
    return f"{kind}: another reason"


REASONS = (
    ("took longer than", "the limit of time"),
    ("takes more memory than", "the limit of memory"),
    ("has no value for any input", "the program has no value for any input"),
    ("too many different values", "an expression has too many values to be compared or mapped"),
    ("whose equality is not known", "values whose equality is not known in advance are counted"),
    ("without a total order", "values without a total order are compared"),
    ("is not read as a number", 'output="number", and the program has other values than numbers'),
    ("its error may reach", "the error of an expression is not proved to be small enough"),
    ("one head cannot do both", "a look-up that may have several keys, of values that are not all numbers"),
    ("one head can either add or copy", "numbers are added that are not encoded as themselves"),
    ("takes too many neurons", "an expression would take too many neurons"),
    ("table of", "an expression would take too large a table"),
    ("distinguishes equal values", "a function has different results for equal values"),
    ("abstract state", "there are too many abstract states to check, or too large numbers in one"),
    ("is not always a number, or is not", "an expression is not always a number, or not encoded as itself"),
    ("not among the model's outputs", "a value may occur that is none of the model's outputs"),
    ("may outscore the selected one", "an unselected key may outscore the selected one"),
    ("too wide for the precision", "the output is too wide for the precision of the weights"),
    ("cannot be one score", "one selector of several conditions, some without a value"),
    ("its logit leads by", "the model may answer another value in the worst case"),
    ("it shares its coordinates", "an expression shares its coordinates with others"),
)
"""Words of messages, and what they say of every program."""
