"""Data sets: what is written is certified, different and right; the same bytes always; continued after a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import hardwire as hw
from hardwire import datasets
from hardwire.datasets import making
from hardwire.datasets.behaviour import signature, varied
from hardwire.datasets.candidates import candidate, library, named
from hardwire.datasets.card import outcome
from hardwire.datasets.choosing import Chooser
from hardwire.datasets.making import Variation, algorithm, listing, make
from hardwire.errors import BuildError, InputError, MissingExtraError

pytest.importorskip("safetensors")

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "circuit.schema.json").read_text("utf-8"))


def generated(folder: Path, count: int, **options: Any) -> datasets.Dataset:
    return datasets.generate(folder, count, manifest_parquet=False, **options)


def content(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> datasets.Dataset:
    return generated(tmp_path_factory.mktemp("data") / "ten", 10)


def right(item: datasets.Item, samples: int) -> None:
    """An item is proved, agrees with its program and its inputs, and its files fit each other."""
    model = item.model
    assert model.certificate is not None
    assert item.row["digest"] == model.digest == item.circuit["digest"]
    every = model.max_len if item.row["noise"] or (item.row["soft"] and item.row["rotated"]) else None  # proved so
    assert hw.certify(model, item.program, given=item.given, max_len=every).status == item.row["certificate"]
    assert hw.verify(model, item.program, given=item.given, samples=samples, exhaustive=samples)
    jsonschema.validate(item.circuit, SCHEMA)
    for x in item.inputs:
        for want, got in zip(x["output"], model(x["input"]), strict=True):
            assert want is datasets.undefined or model.same(want, got)
        named_values = item.program.trace(x["input"], causal=model.causal).names
        for name, values in x["variables"].items():
            for want, got in zip(values, named_values[name], strict=True):
                assert (want is datasets.undefined) == isinstance(got, hw.Failure)
                assert want is datasets.undefined or want == got


def test_items_are_proved_and_right(ten: datasets.Dataset) -> None:
    assert len(ten) == len(list(ten)) == 10
    for item in ten:
        right(item, 200)
        assert varied([x["output"] for x in item.inputs])
        assert item.row["heads"] > 0
    assert len({item.row["signature"] for item in ten}) == 10


def test_the_manifest_lists_the_items(ten: datasets.Dataset) -> None:
    rows = [json.loads(line) for line in (ten.root / "manifest.jsonl").read_text("utf-8").splitlines()]
    assert rows == [dict(item.row) for item in ten]
    assert [r["id"] for r in rows] == [f"{i:06d}" for i in range(10)]
    card = (ten.root / "README.md").read_text("utf-8")
    assert "# 10 transformers" in card
    assert "| a model | 10 |" in card
    for what in ("layers", "heads", "edges", "vocabulary"):  # every class of the models is counted
        rest = card.partition(f"\n| {what} | models |\n|---|---:|\n")[2].partition("\n\n")[0]
        assert sum(int(line.split("|")[2]) for line in rest.splitlines()) == 10, what
    assert repr(ten[0]) == "Item(000000: flip, layers 2, heads 2, exact up to length 10)"
    assert ten[-1].id == "000009"


def test_a_data_set_is_the_beginning_of_a_larger_one_and_is_continued(ten: datasets.Dataset, tmp_path: Path) -> None:
    root = tmp_path / "data"
    generated(root, 4)
    journal = root / "candidates.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    last = json.loads(lines[-1])
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:9])  # killed while it wrote the last line
    (root / "models" / "000" / ".000003.x.tmp").mkdir()
    os.rmdir(root / "models" / "000" / ".000003.x.tmp")
    assert last["id"] == "000003"
    assert len(datasets.load(root)) == 3
    again = generated(root, 10)
    assert content(again.root) == content(ten.root)


def test_other_settings_are_refused(ten: datasets.Dataset, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="other settings"):
        generated(ten.root, 10, seed=1)
    (tmp_path / "file").write_text("x")
    with pytest.raises(BuildError, match="not empty"):
        generated(tmp_path, 10)
    with pytest.raises(InputError, match="not a data set"):
        datasets.load(tmp_path)
    for wrong in ({"mask": "none"}, {"norms": "batch"}, {"distractors": -1}, {"norms": "rms", "rotated": True}):
        with pytest.raises(BuildError):
            generated(tmp_path / "x", 1, **wrong)
    with pytest.raises(BuildError, match="count"):
        generated(tmp_path / "x", 0)


OTHER_MACHINE = {
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX",
    "PYTHONHASHSEED": "77",
}
"""The oldest kernels of BLAS and NumPy, and another order of sets."""


def test_the_bytes_are_the_same_with_other_kernels_and_processes(ten: datasets.Dataset, tmp_path: Path) -> None:
    code = (
        "import sys, warnings\n"
        "warnings.simplefilter('ignore')\n"  # a processor may lack what is to be left out
        "from hardwire import datasets\n"
        "if __name__ == '__main__':\n"
        "    datasets.generate(sys.argv[1], 4, processes=2, manifest_parquet=False)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    path = os.pathsep.join(sys.path)
    env = os.environ | OTHER_MACHINE | {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, str(script), str(tmp_path / "other")], env=env, check=True)
    mine, other = (
        {k: x for k, x in content(r).items() if k.startswith("models")} for r in (ten.root, tmp_path / "other")
    )
    assert len(other) == 4 * 6
    assert other.items() <= mine.items()


VARIATIONS: dict[str, dict[str, Any]] = {
    "causal": {"mask": "causal"},
    "layer": {"norms": "layer"},
    "rms": {"norms": "rms"},
    "rotated": {"rotated": True},
    "noise": {"noise": True},
    "distractors": {"distractors": 2},
    "soft": {"soft": True},
    "soft rotated": {"soft": True, "rotated": True},
    "soft distractors": {"soft": True, "distractors": 2},
}


@pytest.mark.parametrize("name", VARIATIONS)
def test_variations_are_proved_and_keep_their_circuit(name: str, tmp_path: Path) -> None:
    item = generated(tmp_path / "data", 1, **VARIATIONS[name])[0]
    right(item, 100)
    plain = candidate(0, item.row["candidate"], item.row["mask"])
    assert plain is not None
    weights: Any = "soft" if item.row["soft"] else "sharp"
    compiled = hw.compile(
        plain.sop, plain.vocab, item.model.max_len, causal=plain.causal, given=plain.given, weights=weights
    )
    own = json.loads(hw.export.circuit(compiled, "json"))
    inside = {n["id"] for n in item.circuit["nodes"] if n["in_circuit"]}
    assert len(inside) == sum(n["in_circuit"] for n in own["nodes"]) == item.row["parts_in_circuit"]
    assert sum(e["to"] in inside for e in item.circuit["edges"]) == len(own["edges"]) == item.row["edges"]
    outside = [n for n in item.circuit["nodes"] if not n["in_circuit"] and n["kind"] != "embedding"]
    assert [n["recipe"] for n in outside] == ["distractor"] * (2 * item.row["distractors"])
    assert (
        {n["id"] for n in outside}
        <= {*item.row["outside_circuit"]}
        == {n["id"] for n in item.circuit["nodes"]} - inside
    )
    assert item.row["heads"] == compiled.heads
    if item.row["soft"]:
        assert item.model.largest <= 100
        assert item.model.circuit.temperature > 0
    if name == "causal":
        assert item.model.causal


def test_nothing_that_a_distractor_writes_reaches_an_answer(tmp_path: Path) -> None:
    from dataclasses import replace

    item = generated(tmp_path / "data", 1, distractors=3)[0]
    model, layers = item.model, list(item.model.layers)
    for n in item.circuit["nodes"]:
        if n["in_circuit"] or n["kind"] == "embedding":
            continue
        layer = layers[n["layer"]]
        if n["kind"] == "head":
            heads = [replace(h, w_o=h.w_o * 0) if i == n["index"] else h for i, h in enumerate(layer.heads)]
            layers[n["layer"]] = replace(layer, heads=tuple(heads))
        else:
            w_out = layer.w_out.copy()
            w_out[slice(*n["index"])] = 0
            layers[n["layer"]] = replace(layer, w_out=w_out)
    without = replace(model, layers=tuple(layers))
    xs = [x["input"] for x in item.inputs]
    assert all((without.logits(x) == model.logits(x)).all() for x in xs)
    assert any(
        (
            without.residuals(x)[f"layer {model.depth} neurons"] != model.residuals(x)[f"layer {model.depth} neurons"]
        ).any()
        for x in xs
    )


def test_candidates_depend_on_the_seed_and_the_number_alone() -> None:
    for number in (1, 2, 3, 5):
        a, b = candidate(3, number), candidate(3, number)
        assert (a is None) == (b is None)
        assert a is None or b is None or listing(a.sop.expr) == listing(b.sop.expr)
    assert {p.puzzle for p in library()} - {None} == {p.number for p in hw.puzzles.PUZZLES.values()}


def test_a_program_without_attention_is_left_out_with_distractors_too() -> None:
    [copy] = [c for c in library() if c.name == "copy"]
    assert make(0, copy.number, Variation(distractors=1)).reason == "no attention"


def test_a_program_without_a_proof_with_soft_weights_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    [short] = [c for c in library() if c.name == "most_frequent"]
    frequent = replace(short, max_len=20)  # with soft weights it ends before
    monkeypatch.setattr(making, "candidate", lambda *_: frequent)
    assert make(0, frequent.number, Variation()).reason == ""
    assert make(0, frequent.number, Variation(soft=True)).reason.startswith("SoftWeightsError: there is no proof with")


def test_every_library_program_becomes_an_item_or_says_why_not() -> None:
    [flip] = [c for c in library() if c.name == "flip"]
    assert make(0, flip.number, Variation()).reason == ""
    [copy] = [c for c in library() if c.name == "copy"]
    assert make(0, copy.number, Variation()).reason == "no attention"


def test_duplicates_constants_and_algorithms() -> None:
    x = hw.tokens
    same = [signature(p.batch(["ab", "ba", "aab"]), "ab") for p in (x, hw.where(x == "a", "a", x))]
    assert same[0] == same[1]
    assert signature(x.batch(["ab"]), "ab") == signature(x.batch(["cd"]), "cd"), "the names of tokens do not count"
    assert signature(x.batch(["ab"]), "ab") != signature(x.batch(["ba"]), "ab")
    assert not varied([[1, 1, 1]])
    assert varied([[1, 2], [2, 1]])
    assert algorithm((x == "a").expr) == algorithm((x == "b").name("q").expr) != algorithm((x != "a").expr)
    row = {
        "signature": "s",
        "family": "random",
        "algorithm": "a",
        "tokens": "ints",
        "layers": 1,
        "heads": 1,
        "edges": 3,
    }
    chooser = Chooser()
    chooser.take(row | {"candidate": 7})
    assert chooser.refusal(row) == "does the same as the candidate 7"
    assert chooser.refusal(row | {"signature": "t"}) == ""
    for i in range(3):
        chooser.take(row | {"candidate": i, "signature": str(i)})
    assert "of this algorithm" in chooser.refusal(row | {"signature": "t"})
    assert "enough items with layers: 1" in _after(60, row)


def _after(count: int, row: dict[str, Any]) -> str:
    chooser = Chooser()
    for i in range(count):
        chooser.take(row | {"candidate": i, "signature": str(i), "algorithm": str(i), "tokens": str(i)})
    return chooser.refusal(row | {"signature": "t"})


def test_outcomes_of_candidates_are_counted_by_kind() -> None:
    assert [
        outcome(x) for x in ("", "does the same as the candidate 45", "CompileError: v3 takes 7", "no attention")
    ] == [
        "a model",
        "does the same as another candidate",
        "CompileError",
        "no attention",
    ]


def test_aggregates_get_names() -> None:
    program = named(hw.same_token.width() + hw.full.value(1).name("v1"))
    assert Counter(str(e.arg) for e in program.expr.walk() if e.op.name == "NAME")["v2"] == 1
    assert program("aab") == [5, 5, 4]


def test_parquet_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="datasets"):
        datasets.generate(tmp_path / "data", 1)


@pytest.mark.nightly
def test_two_hundred_models(tmp_path: Path) -> None:
    made = generated(tmp_path / "data", 200, seed=5, processes=2)
    for item in made:
        right(item, 100)
    layers = Counter(min(item.row["layers"], 3) for item in made)
    assert layers[3] >= 60
    assert len({item.row["signature"] for item in made}) == 200
    assert len({item.row["algorithm"] for item in made}) >= 100
