"""Models as files: what is saved is loaded, and everything else is refused by name."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handmade import random_model, reverse
from hardwire.errors import BuildError, FileError, HardwireError, MissingExtraError, ModelFileError
from hardwire.extras import install
from hardwire.lang.values import exact
from hardwire.model import Certificate, Circuit, Margin, NeuronNote, Transformer, files, load, save, storage
from hardwire.model.codec import Malformed, NotStorable, pack, pack_value, unpack_value

safetensors = pytest.importorskip("safetensors.numpy", reason="the extra `files` is not installed")

CERTIFICATE = Certificate(
    100, 0.0, (Margin(1, "length", "rounding", 1e-5, 0.25), Margin(2, "x", "leak", 0.0, float("inf")))
)
VALUES = (
    *("a", "\ud800\N{SNOWMAN}", "", True, None, 7, -(10**400), 2**53 + 1),
    *(0.1, float("inf"), float("-inf"), -0.0, 5e-324, Fraction(1, 3), Fraction(-(7**500), 3)),
    *((), (1, (2.0, (None, True)))),
)


def certified(model: Transformer) -> Transformer:
    return model.certified(CERTIFICATE.sealed(model.digest, None))


def same(a: Transformer, b: Transformer) -> None:
    for name in ("max_len", "causal", "dtype", "circuit", "certificate", "program"):
        assert getattr(a, name) == getattr(b, name), name
    for name in ("vocab", "outputs"):
        ours, theirs = getattr(a, name), getattr(b, name)
        assert (ours is None) == (theirs is None)
        assert ours is None or list(map(exact, ours)) == list(map(exact, theirs))
    assert (a.positions is None) == (b.positions is None)
    assert [[h.name for h in layer.heads] for layer in a.layers] == [
        [h.name for h in layer.heads] for layer in b.layers
    ]
    for x, y in zip(a._arrays(), b._arrays(), strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y, strict=True)


@pytest.mark.parametrize(
    "model",
    [
        certified(reverse()),
        reverse(dtype="float64", causal=True),
        reverse(scalar=True, program=""),
        reverse(VALUES),
        random_model(0),
        random_model(0, dtype="float32", causal=True),
        Transformer(tuple("ab"), None, False, np.eye(3), None, (), np.eye(3)[:, 1:], (1, 1), "float32", Circuit()),
    ],
    ids=lambda model: repr(model)[12:40],
)
def test_round_trip(model: Transformer, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    model.save(path)
    again = load(str(path))
    same(model, again)
    word = [v for v in model.vocab if v != 1][:2]
    assert again(word) == model(word)
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]
    again.save(path)
    same(model, load(path))


def test_other_tools_can_read_the_weights(tmp_path: Path) -> None:
    reverse().save(tmp_path / "m")
    tensors = safetensors.load_file(tmp_path / "m")
    assert set(tensors) >= {"embed", "positions", "unembed", "layers.0.w_in", "layers.1.heads.0.w_q"}
    assert tensors["layers.1.heads.0.w_q"].shape == (7, 2)


@pytest.mark.parametrize("v", VALUES, ids=lambda v: repr(v)[:20])
def test_values(v: Any) -> None:
    text = json.dumps(pack_value(v), allow_nan=False)
    assert exact(unpack_value(json.loads(text), "v")) == exact(v)


class Colour(Enum):
    RED = 1


class Text(str):
    pass


@pytest.mark.parametrize("v", [Colour.RED, Text("a"), (1, Colour.RED), b"a"])
def test_values_of_other_types_are_not_saved(v: Any, tmp_path: Path) -> None:
    with pytest.raises(NotStorable):
        pack_value(v)
    with pytest.raises(ModelFileError) as caught:
        reverse((1, v)).save(tmp_path / "m")
    culprit = v[1] if isinstance(v, tuple) else v
    assert str(caught.value) == (
        f"this model cannot be saved: {culprit!r} is a {type(culprit).__name__}, and a file holds only "
        "strings, ints, bools, floats, ratios, None and tuples of them"
    )
    assert caught.value.value == culprit
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "data",
    [
        1.5, [1], {}, {"int": 3}, {"int": "z"}, {"float": "nan"}, {"float": 1}, {"ratio": ["0x1", "0x0"]},
        {"ratio": ["0x1"]}, {"tuple": 1}, {"tuple": [[]]}, {"other": 1}, {"int": "0x1", "float": "0x1p0"},
        {"int": hex(1 << 5000)}, {"float": "0x1p5000"},
    ],
)  # fmt: skip
def test_json_that_is_no_value(data: Any) -> None:
    with pytest.raises(Malformed, match="v is not a value"):
        unpack_value(data, "v")


def test_circuits() -> None:
    circuit = reverse(VALUES).circuit
    assert Circuit.from_json(circuit.to_json()) == circuit
    assert Circuit.from_json(Circuit().to_json()) == Circuit()
    more = Circuit(circuit.directions, circuit.heads, (NeuronNote(1, 0, 1, "a", "b"), NeuronNote(2, 1, 4, "c", "d")))
    assert Circuit.from_json(more.to_json()) == more != circuit
    assert (
        repr(more)
        == """\
Circuit: 7 directions, 2 heads, 4 neurons
  embedding             bos           bos
  embedding             1             constant
  embedding             tokens        scalar
  embedding             indices       scalar
  embedding             indices       square
  layer 1  head 0       full.width()  sum with a sink    bos, real -> length
  layer 1  neuron 0     a             b
  layer 2  head 0       the program   quadratic look-up  length, indices, indices², tokens -> moved
  layer 2  neurons 1-3  c             d"""
    )
    data = json.loads(circuit.to_json())
    data["heads"][1]["layer"] = "one"
    with pytest.raises(Malformed, match=r"the metadata\.heads\[1\]\.layer has an unexpected form"):
        Circuit.from_json(json.dumps(data))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    reverse(max_len=5).save(path)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        load(path)
    text = str(caught.value)
    assert text.startswith(f"{path} ")
    return text.removeprefix(f"{path} ")


def test_every_truncation_is_found(saved: Path) -> None:
    data = saved.read_bytes()
    for size in [*range(0, len(data), 97), len(data) - 1]:
        saved.write_bytes(data[:size])
        assert refusal(saved).startswith(("is not a safetensors file, or is truncated", "is truncated or damaged"))


def test_every_changed_byte_is_found(saved: Path) -> None:
    data = saved.read_bytes()
    for at in range(0, len(data), 41):
        changed = bytearray(data)
        changed[at] ^= 4
        saved.write_bytes(bytes(changed))
        # White space that pads the header carries nothing.
        if data[at : at + 1] != b" " or data[at - 1 : at] == b":":
            refusal(saved)


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04" + bytes(100), bytes(100), b"\xff" * 64])
def test_foreign_files(data: bytes, saved: Path) -> None:
    saved.write_bytes(data)
    assert refusal(saved) == f"is not a safetensors file, or is truncated ({len(data)} bytes)"


def test_safetensors_files_of_others(saved: Path) -> None:
    message = "is a safetensors file, but not of hardwire: it does not describe a model"
    for metadata in (None, {"format": "pt"}):
        saved.write_bytes(safetensors.save({"w": np.ones(2)}, metadata))
        assert refusal(saved) == message


def rewrite(path: Path, change: Callable[[Any, dict[str, Any]], None], **metadata: str) -> None:
    """A file that says something else, with a checksum that fits."""
    tensors = dict(safetensors.load_file(path))
    content = json.loads(storage._metadata(path.read_bytes(), path)["hardwire"])
    change(content, tensors)
    text = json.dumps(content)
    facts = {
        "hardwire_version": storage.VERSION,
        "hardwire": text,
        "sha256": storage._checksum(text, tensors),
        **metadata,
    }
    path.write_bytes(safetensors.save(tensors, facts))


def test_other_versions(saved: Path) -> None:
    good = saved.read_bytes()
    for version in ("2", "5"):  # format 2 is that of models that are not plain
        saved.write_bytes(good)
        rewrite(saved, lambda content, tensors: None, hardwire_version=version)
        assert refusal(saved) == f"has the file format {version}; this hardwire reads formats 1 to 4"


def test_tampering(saved: Path) -> None:
    rewrite(saved, lambda content, tensors: None, sha256=hashlib.sha256().hexdigest())
    assert refusal(saved) == "was changed after it was saved: its checksum does not match its content"


def put(name: str, array: Any) -> Callable[[Any, dict[str, Any]], None]:
    return lambda content, tensors: tensors.update({name: array})


def say(name: str, x: Any) -> Callable[[Any, dict[str, Any]], None]:
    return lambda content, tensors: content.update({name: x})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content, tensors: tensors.pop("embed"), "the tensor embed is missing"),
        (lambda content, tensors: tensors.pop("positions"), None),
        (put("extra", np.ones(1, "f")), "the tensor extra is not a part of the model"),
        (put("embed", np.ones((6, 7))), "the tensor embed is float64 in a model of float32"),
        (put("embed", np.ones((5, 7), "f")), "embed has shape (5, 7), but (6, 7) fits the other weights"),
        (put("embed", np.ones(7, "f")), "embed has shape (7,); it must be (1 + V, d_model)"),
        (put("embed", np.full((6, 7), np.inf, "f")), "embed holds a number that is not finite"),
        (put("layers.0.heads.0.w_k", np.ones((7, 2), "f")), "w_k of head 'length' has shape (7, 2), but (7, 1) fits"),
        (say("vocab", ["a", "b"]), "embed has shape (6, 7), but (3, 7) fits"),
        (say("vocab", [["a"]] * 5), "the metadata.vocab[0] is not a value"),
        (say("vocab", ["a"] * 5), "the vocabulary holds two equal values: 'a' and 'a'"),
        (say("causal", 1), "the metadata.causal has an unexpected form"),
        (say("max_len", 6), "positions has shape (6, 7), but (7, 7) fits"),
        (say("dtype", "float16"), "the tensor layers.0.heads.0.w_q is float32 in a model of float16"),
        (say("heads", [["length"]]), "the tensor layers.1.b_in is not a part of the model"),
        (say("heads", None), "the metadata.heads has an unexpected form"),
        (say("program", None), "the metadata.program has an unexpected form"),
        (say("new", 1), "the metadata does not have the fields program, vocab,"),
        (say("certificate", {"max_len": 1}), "the metadata.certificate does not have the fields max_len, bound,"),
    ],
)
def test_inconsistent_files(change: Any, message: str | None, saved: Path) -> None:
    rewrite(saved, change)
    if message is None:  # position embeddings may be absent
        assert load(saved).positions is None
    else:
        assert refusal(saved).startswith(f"does not describe a model: {message}")


@pytest.mark.parametrize("text", ["", "[", "[" * 100_000, '{"a": 1', "7" * 5000])
def test_metadata_that_is_no_json(text: str, saved: Path) -> None:
    tensors = dict(safetensors.load_file(saved))
    facts = {"hardwire_version": storage.VERSION, "hardwire": text, "sha256": storage._checksum(text, tensors)}
    saved.write_bytes(safetensors.save(tensors, facts))
    assert refusal(saved).startswith("does not describe a model: ")


def test_a_failed_write_leaves_the_old_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(OSError, match="the disk is full"):
        reverse(max_len=7).save(saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        load(tmp_path / "nowhere")
    assert isinstance(missing.value, HardwireError)
    assert str(missing.value) == f"cannot read {tmp_path}/nowhere: the file does not exist"
    with pytest.raises(FileError, match=r"cannot read .*: "):
        load(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        save(reverse(), tmp_path / "no" / "folder")
    assert isinstance(caught.value, HardwireError)
    assert caught.value.filename == str(tmp_path / "no" / "folder")
    assert str(caught.value) == f"cannot write {tmp_path}/no/folder: the folder {tmp_path}/no does not exist"
    with pytest.raises(FileError, match=r"cannot write .*: "):
        save(reverse(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(MissingExtraError, match=f"Loading a model needs .* {re.escape(install('files'))}"):
        load(saved)
    with pytest.raises(MissingExtraError, match="Saving a model"):
        reverse().save(saved)


def test_pack_is_strict_about_types() -> None:
    with pytest.raises(TypeError, match="pack does not know"):
        pack({}, dict)


def test_a_name_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"model\.safetensors; hw\.export"):
        reverse(max_len=4).save(tmp_path / "model.pt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [None, 3, "", b"m.safetensors", Circuit])
def test_what_is_no_path(path: Any) -> None:
    for call, run in (("load", lambda: load(path)), ("save", lambda: save(reverse(), path))):
        with pytest.raises(
            BuildError, match=rf"^{call} takes the path of a file, such as 'model.safetensors', not "
        ) as e:
            run()
        assert e.value.value is path


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cannot read .*none.safetensors: the file does not exist"):
        load(tmp_path / "none.safetensors")
