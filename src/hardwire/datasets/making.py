"""One item of a data set: a candidate compiled, varied, proved, and described."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .. import sampling
from ..certification import certify
from ..compilation import compile
from ..effort import limited
from ..errors import BuildError, HardwireError
from ..lang.expr import Expr, Op
from ..lang.ports import function_tables
from ..lang.text import formula
from ..model.certificate import Certificate
from ..model.circuit_json import described
from ..model.codec import NotStorable, pack, pack_value
from ..model.expressions import StoredNode
from ..model.moved import rotated
from ..model.storage import packed, stored_program
from ..model.transformer import Transformer
from ..recipes import add_norm
from ..run import Failure
from . import behaviour
from .candidates import Proposal, candidate
from .distractors import with_distractors

STEPS = 180
"""The steps that compiling and proving a program may take (`effort.limited`)."""
SOFT = 4
"""So many times as many with soft weights, of which several temperatures are tried."""
LIBRARY = 40
"""So many times as many for a program of the library: there are few, and all of them are wanted."""
FEW = 1_100
"""The most inputs of the greatest length where a proof tries each of them."""
INPUTS = 32
"""How many inputs an item has."""
MASKS, NORMS = ("both", "full", "causal"), ("", "layer", "rms")


@dataclass(frozen=True)
class Variation:
    """How the models of a data set differ from compiled ones.

    mask: "full", "causal", or "both" of these; norms: "layer" or "rms" norms that change nothing, before every part;
    soft: with soft weights (`hw.compile(weights="soft")`); rotated: in another basis of the residual stream; noise:
    each weight moved at random, by less than the certified radius; distractors: so many heads, and as many groups of
    neurons, that are part of no circuit.

    A model without a proof is left out.
    """

    mask: str = "both"
    norms: str = ""
    soft: bool = False
    rotated: bool = False
    noise: bool = False
    distractors: int = 0

    def __post_init__(self) -> None:
        """Raises BuildError."""
        for name, known in (("mask", MASKS), ("norms", NORMS)):
            if getattr(self, name) not in known:
                raise BuildError(f"{name} is one of {', '.join(map(repr, known))}, not {getattr(self, name)!r}")
        if isinstance(self.distractors, bool) or not isinstance(self.distractors, int) or self.distractors < 0:
            raise BuildError(f"distractors is a number of heads, 0 or more, not {self.distractors!r}")
        if self.norms and (self.rotated or self.noise):
            raise BuildError("a model with norms is neither rotated nor moved by noise: norms read coordinates")

    @property
    def by_every_input(self) -> bool:
        """Whether the proof tries every input, so that models take few tokens: norms, noise, and values of soft weights
        that rotation rounds have no proof from the claims of the circuit."""
        return bool(self.norms) or self.noise or (self.soft and self.rotated)


@dataclass(frozen=True)
class Made:
    """What became of a candidate: an item (`row` and `files`), or the reason why there is none."""

    number: int
    reason: str
    row: Mapping[str, Any]
    files: Mapping[str, bytes]


def make(seed: int, number: int, variation: Variation) -> Made:
    """Make the item of a candidate. Depends on its arguments alone, on every machine."""
    found = candidate(seed, number, variation.mask)
    if found is None:
        return Made(number, "no program with enough layers that varies", {}, {})
    inputs = behaviour.probes(found.vocab, found.sample)
    try:
        results = behaviour.results(found.sop, inputs, causal=found.causal)
        if not (behaviour.varied(results) or _varied_usually(found)):
            return Made(number, "a constant, or without a value at many positions", {}, {})
        model = _compiled(found, variation)
        if not model.heads:
            return Made(number, "no attention", {}, {})
        row, files = _item(found, _moved(found, model, variation, f"{seed}/{number}"))
    except HardwireError as error:
        return Made(number, f"{type(error).__name__}: {str(error).splitlines()[0]}", {}, {})
    except NotStorable as error:
        return Made(number, f"a value that files cannot hold: {error}", {}, {})
    row |= {"signature": behaviour.signature(results, found.vocab), "seed": seed, **asdict(variation)}
    files["item.json"] = text(row)
    return Made(number, "", row, files)


def _varied_usually(found: Proposal) -> bool:
    """Whether a library program varies on inputs of the kind that it is for."""
    if found.usual is None:
        return False
    inputs = [[v for v in x if v in found.vocab] for x in behaviour.probes(found.vocab, found.usual)]
    return behaviour.varied(behaviour.results(found.sop, inputs, causal=found.causal))


def _compiled(found: Proposal, variation: Variation) -> Transformer:
    """The model as compiled, with its certificate. Raises HardwireError."""
    max_len = found.max_len
    if variation.by_every_input:
        max_len = max(n for n in range(1, max_len + 1) if n == 1 or len(found.vocab) ** n <= FEW)
    steps = STEPS * (LIBRARY if found.family == "library" else 1) * (SOFT if variation.soft else 1)
    with limited("compile", steps=steps):
        return compile(
            found.sop,
            found.vocab,
            max_len,
            causal=found.causal,
            given=found.given,
            weights="soft" if variation.soft else "sharp",
            progress=False,
            remedies=False,
        )


def _moved(found: Proposal, model: Transformer, variation: Variation, seed: str) -> Transformer:
    """The model with what the data set adds to compiled ones, proved again. Raises HardwireError."""
    own, max_len = random.Random(seed).getrandbits(32), model.max_len
    if variation.distractors:
        model = with_distractors(model, variation.distractors, variation.distractors, seed).permuted(own)
    if variation.norms:
        model = add_norm(model, variation.norms)
    if variation.rotated:
        model = rotated(model, own)
    if variation.noise:
        model = model.noisy(model.radius / 2, own)
    if model.certificate is None:
        longest = max_len if variation.by_every_input else None
        model = model.certified(certify(model, found.sop, given=found.given, max_len=longest, progress=False))
    return model


def text(x: Any) -> bytes:
    """JSON, the same on every machine."""
    return (json.dumps(x, ensure_ascii=False, allow_nan=False, sort_keys=True) + "\n").encode()


# What is stored of an item.


def _item(found: Proposal, model: Transformer) -> tuple[dict[str, Any], dict[str, bytes]]:
    """(the row of the manifest, the files). Raises HardwireError, NotStorable."""
    circuit = described(model)
    inside = {n["id"]: n for n in circuit["nodes"] if n["in_circuit"]}
    assert model.certificate is not None
    assert model.max_len is not None
    program = _program(found, model)
    inputs = _inputs(found, model.max_len)
    lines = [_line(found, x) for x in inputs]
    variables = [v for v in circuit["variables"] if v["status"] not in ("merged", "constant")]
    row = {
        "candidate": found.number,
        "family": found.family,
        "name": found.name,
        "puzzle": found.puzzle,
        "algorithm": algorithm(found.sop.expr if model.circuit.computes is None else model.circuit.computes),
        "listing": listing(found.sop.expr),
        "program": program,
        "vocabulary": [json.dumps(pack_value(v), ensure_ascii=False) for v in model.vocab],
        "tokens": found.kind,
        "causal": model.causal,
        "given": "" if found.given is None else formula(found.given.expr, 1_000),
        "max_len": model.max_len,
        "dtype": model.dtype,
        "certificate": model.certificate.status,
        "digest": model.digest,
        "layers": model.depth,
        "heads": sum(n["kind"] == "head" for n in inside.values()),
        "neurons": sum(layer.d_ff for layer in model.layers),
        "parts": len(circuit["nodes"]),
        "parts_in_circuit": len(inside),
        "outside_circuit": [n["id"] for n in circuit["nodes"] if n["id"] not in inside],
        "edges": sum(e["to"] in inside for e in circuit["edges"]),
        "d_model": model.d_model,
        "parameters": model.parameters,
        "constructions": sorted({n["recipe"] for n in circuit["nodes"] if n["recipe"]}),
        "variables": [v["name"] for v in variables],
        "inputs": len(inputs),
    }
    files = {
        "model.safetensors": packed(model),
        "circuit.json": text(circuit),
        "certificate.json": text(pack(model.certificate, Certificate)),
        "inputs.jsonl": b"".join(map(text, lines)),
        "program.json": (program + "\n").encode(),
    }
    return row, files


def _program(found: Proposal, model: Transformer) -> str:
    """The program as lossless text: its nodes, sources first, with the results of functions. Raises BuildError."""
    tables, root = function_tables(model), found.sop.expr
    parts = {}
    for what, sop in (("program", found.sop), ("given", found.given)):
        nodes = stored_program(sop, root, tables)
        if sop is not None and not nodes:
            raise BuildError(f"the {what} has a function with too many arguments for a table")
        parts[what] = pack(nodes, tuple[StoredNode, ...])
    return json.dumps(parts, ensure_ascii=False, allow_nan=False)


def _inputs(found: Proposal, max_len: int) -> list[list[Any]]:
    """Different valid inputs: short and long ones."""
    rng = random.Random(f"inputs/{found.number}")
    if found.sample is not None:
        drawn = [list(found.sample(rng, max_len)) for _ in range(8 * INPUTS)]
    else:
        few = max(1, INPUTS // 4)
        drawn = [x for x, _ in zip(sampling.every(found.vocab, max_len), range(few + 1), strict=False)]
        drawn += [rng.choices(found.vocab, k=max_len if i % 2 else rng.randint(1, max_len)) for i in range(4 * INPUTS)]
    distinct = {json.dumps([pack_value(v) for v in x]): x for x in drawn if x}
    return list(distinct.values())[:INPUTS]


def _line(found: Proposal, x: list[Any]) -> dict[str, Any]:
    """An input with the program's output and named values; {"undefined": true} where there is none."""
    trace = found.sop.trace(x, causal=found.causal)

    def told(values: Any) -> list[Any]:
        return [{"undefined": True} if isinstance(v, Failure) else pack_value(v) for v in values]

    [output] = found.sop.batch([x], causal=found.causal, errors="keep")
    sops = {str(e.arg) for e in found.sop.expr.walk() if e.op is Op.NAME and not e.selector}
    names = {name: told(values) for name, values in trace.names.items() if name.partition("#")[0] in sops}
    return {"input": told(x), "output": told(output), "variables": names}


def listing(root: Expr) -> str:
    """A program for people: a line for each named part."""
    lines = [f"{e.arg} = {formula(e.src[0], 2_000)}" for e in root.walk() if e.op is Op.NAME]
    return "\n".join(lines if root.op is Op.NAME else [*lines, f"result = {formula(root, 2_000)}"])


def algorithm(root: Expr) -> str:
    """A digest of a program in which constants, tables and names do not count."""
    place: dict[Expr, int] = {}
    shape: list[Any] = []
    for e in root.walk():
        if e.op is Op.NAME:
            place[e] = place[e.src[0]]
            continue
        place[e] = len(shape)
        argument = e.arg.name if isinstance(e.arg, Op) else type(e.arg).__name__
        shape.append([e.op.name, argument, [place[s] for s in e.src]])
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:12]


__all__ = ["Made", "Variation", "algorithm", "make", "text"]
