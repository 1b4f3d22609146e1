"""What a certificate is bound to: a model that is another one, in whatever way it became so, has none."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import pickle
import struct
from collections.abc import Callable
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from handmade import random_model, reverse
from hardwire.errors import CertificateError, ModelError, ModelFileError
from hardwire.export import report
from hardwire.lang.values import exact
from hardwire.model import Certificate, Circuit, Layer, Margin, Norm, Transformer, binding, storage
from hardwire.model.weights import weights
from hardwire.recipes import models

STORED = "certificate as stored; `hw.certify` proves it again"
DROPPED = "not certified: its certificate "


@pytest.fixture(scope="module")
def flip() -> Transformer:
    return hw.compile(hw.programs.flip(), "ehlo", 12)


def in_place(model: Transformer, number: int, **parts: Any) -> dict[str, Any]:
    """The layers with another head 0 in one of them."""
    layer = model.layers[number]
    heads = (replace(layer.heads[0], **parts), *layer.heads[1:])
    return {"layers": (*model.layers[:number], replace(layer, heads=heads), *model.layers[number + 1 :])}


def nudged(array: Any) -> Any:
    """The array with its last weight moved by one unit in the last place."""
    out = np.array(array)
    out.flat[-1] = np.nextafter(out.flat[-1], np.inf, dtype=out.dtype)
    return out


# What is another model.

CHANGES: dict[str, Callable[[Transformer], dict[str, Any]]] = {
    "answers turned around": lambda m: {"unembed": -m.unembed},
    "one unit in the last place": lambda m: {"unembed": nudged(m.unembed)},
    "embedding": lambda m: {"embed": nudged(m.embed)},
    "positions": lambda m: {"positions": nudged(m.positions)},
    "no positions": lambda m: {"positions": None},
    "fewer positions": lambda m: {"positions": m.positions[:-1], "max_len": m.max_len - 1},
    "a head": lambda m: in_place(m, 1, w_q=nudged(m.layers[1].heads[0].w_q)),
    "the kind of a head": lambda m: in_place(m, 1, kind="average"),
    "what a head sees": lambda m: in_place(m, 1, sees="before"),
    "the slope of a head": lambda m: in_place(m, 1, slope=1e-300),
    "layers in another order": lambda m: {"layers": m.layers[::-1]},
    "activation": lambda m: {"layers": (replace(m.layers[0], activation="gelu"), m.layers[1])},
    "vocabulary": lambda m: {"vocab": m.vocab[::-1]},
    "outputs": lambda m: {"outputs": m.outputs[::-1]},
    "outputs of another type": lambda m: {"outputs": (True, *m.outputs[1:])},
    "mask": lambda m: {"causal": True},
    "dtype": lambda m: {"dtype": "float64"},
    "how a number is read": lambda m: {"whole": True},
    "tolerance": lambda m: {"tolerance": 0.5},
    "final norm": lambda m: {"final_norm": Norm("rms", np.ones(m.d_model), np.zeros(m.d_model))},
    "the name of the program": lambda m: {"program": "sort"},
    "program": lambda m: {"source": hw.programs.sort()},
    "condition": lambda m: {"given": hw.indices >= 0},
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_another_model_has_no_certificate(change: str, flip: Transformer) -> None:
    other = replace(flip, **CHANGES[change](flip))
    assert other.certificate is None
    assert DROPPED in repr(other)
    assert DROPPED in other.summary()
    assert "exact" not in repr(other)
    assert flip.certificate is not None
    with pytest.raises(CertificateError, match="the certificate is for"):
        other.certified(flip.certificate)
    for unchanged in (replace(other), copy.copy(other), copy.deepcopy(other)):
        assert unchanged.certificate is None
    back = replace(other, **{f.name: getattr(flip, f.name) for f in fields(flip)})
    assert back.certificate == flip.certificate


def test_what_has_no_positions_is_bound_to_its_max_len() -> None:
    model = hw.compile(hw.programs.length(), "ab", 3)
    assert model.positions is None
    longer = replace(model, max_len=10**6)
    assert longer.certificate is None
    assert "not certified: its certificate is for another model" in repr(longer)
    assert "is for 3 tokens, and the model takes at most 2" in repr(replace(model, max_len=2))
    assert "any length, not certified" in repr(replace(model, max_len=None))


SAME: dict[str, Callable[[Transformer], dict[str, Any]]] = {
    "nothing": lambda m: {},
    "the same numbers in other memory": lambda m: {"unembed": np.array(m.unembed)},
    "columns first": lambda m: {"unembed": np.asfortranarray(m.unembed)},
    "a view with strides": lambda m: {"unembed": np.repeat(m.unembed, 2, axis=1)[:, ::2]},
    "the other byte order": lambda m: {"unembed": m.unembed.astype(m.unembed.dtype.newbyteorder())},
    "more digits of the same numbers": lambda m: {"unembed": m.unembed.astype(np.float64)},
    "lists": lambda m: {"vocab": list(m.vocab), "outputs": list(m.outputs), "unembed": m.unembed.tolist()},
    "NumPy's int": lambda m: {"max_len": np.int64(m.max_len)},
    "the same program": lambda m: {"source": hw.programs.flip()},
    "the names of heads": lambda m: in_place(m, 0, name="count"),
    "the circuit": lambda m: {"circuit": Circuit()},
}  # fmt: skip


@pytest.mark.parametrize("change", SAME)
def test_the_same_model_keeps_it(change: str, flip: Transformer) -> None:
    same = replace(flip, **SAME[change](flip))
    assert same.digest == flip.digest
    assert same.certificate == flip.certificate
    assert "exact up to length 12" in repr(same)
    assert same("hello") == list("olleh")


def test_reuse_and_float64_are_certified() -> None:
    model = hw.compile(hw.programs.sort(), range(3), 5, reuse=True, dtype="auto")
    assert model.certificate is not None
    again = replace(model, unembed=np.array(model.unembed))
    assert again.certificate == model.certificate


@pytest.mark.parametrize(
    ("a", "b"),
    list(
        itertools.combinations(
            [
                *(0, 0.0, -0.0, False, "0", Fraction(0), None, "", (), 1, True, 1.0, Fraction(1), "1", (1,), (True,)),
                *((1.0,), (0.0,), (-0.0,), ((1,),), ((True,),), "True", 2**53, 2.0**53, 2**64, 2.0**64),
                *(float("inf"), float("-inf"), "inf", 5e-324, "\ud800", "a\n", '"', (1, 1), ((1, 1),), (1, (1,))),
            ],
            2,
        )
    ),
    ids=repr,
)
def test_values_that_are_not_the_same_differ(a: Any, b: Any) -> None:
    assert exact(a) != exact(b), "the case itself"
    of_vocab = [reverse(vocab=(v, "x", "y")).digest for v in (a, b, a)]
    assert of_vocab[0] == of_vocab[2] != of_vocab[1]
    of_outputs = [replace(reverse(vocab=tuple("xyz")), outputs=(v, "x", "y")).digest for v in (a, b, a)]
    assert of_outputs[0] == of_outputs[2] != of_outputs[1]


def test_the_sign_of_a_zero_weight_counts() -> None:
    model = reverse(max_len=3)
    assert (model.unembed == 0).any()
    other = replace(model, unembed=np.where(model.unembed == 0, -0.0, model.unembed))
    assert (other.unembed == model.unembed).all()
    assert other.digest != model.digest


def test_numbers_that_move_between_weights_count() -> None:
    """No two models share the bytes that are digested."""
    zeros = {"w_in": np.zeros((7, 0)), "b_in": np.zeros(0), "w_out": np.zeros((0, 7))}
    model = replace(reverse(max_len=3), circuit=Circuit())
    found = [
        model,
        reverse(max_len=4),
        reverse(max_len=3, dtype="float64"),
        replace(model, layers=()),
        replace(model, layers=(Layer((), **zeros),)),
        replace(model, layers=(Layer((), **zeros),) * 2),
        replace(model, layers=(Layer((), np.zeros((7, 1)), np.zeros(1), np.zeros((1, 7))),)),
    ]
    assert len({m.digest for m in found}) == len(found)


def test_the_digest_is_the_same_on_every_machine() -> None:
    """A digest or a seal that changes makes every file refused: then `storage.VERSION` goes up."""
    norm = Norm("layer", [1, 1, 1], [0, -0.0, 0.5], 0.25)
    layer = Layer((), [[1], [2], [3]], [0.5], [[0, 0, 1]], after_neurons=norm)
    model = Transformer(
        ("a", 1), 7, True, np.eye(3), None, (layer,), [[1], [0], [2**-149]], (True,), "float32", Circuit(), program="p"
    )
    told = (
        b'{"format": "hardwire model 1", "program": "p", "vocab": ["a", 1], "outputs": [true], "max_len": 7, '
        b'"causal": true, "dtype": "float32", "whole": false, "tolerance": "0x0.0p+0", '
        b'"layers": [["relu", [null, null, null, ["layer", "0x1.0000000000000p-2"]], []]], "final_norm": null}'
    )
    for name, shape, numbers in [
        ("embed", "(3, 3)", (1, 0, 0, 0, 1, 0, 0, 0, 1)),
        ("layers.0.after_neurons.bias", "(3,)", (0, -0.0, 0.5)),
        ("layers.0.after_neurons.gain", "(3,)", (1, 1, 1)),
        ("layers.0.b_in", "(1,)", (0.5,)),
        ("layers.0.w_in", "(3, 1)", (1, 2, 3)),
        ("layers.0.w_out", "(1, 3)", (0, 0, 1)),
        ("unembed", "(3, 1)", (1, 0, 2**-149)),
    ]:
        told += f"\n{name} float32 {shape}\n".encode() + struct.pack(f"<{len(numbers)}f", *numbers)
    assert model.digest == hashlib.sha256(told).hexdigest()
    proof = Certificate(5, 0.25, (Margin(1, "x", "sum", 1e-9, float("inf")),), program="p", given="g")
    sealed = f'["hardwire certificate 1", "{model.digest}", "p", 5, 0.25, [[1, "x", "sum", 1e-09, Infinity]], '
    sealed += '"float32", "g", 0]'
    assert proof.sealed(model.digest, None).seal == hashlib.sha256(sealed.encode()).hexdigest()


class Point:
    """A value of a user's own type: all of them are equal, and look alike."""

    def __init__(self, label: str) -> None:
        self.label = label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point)

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "Point"


def test_values_of_other_types_are_known_by_identity() -> None:
    a, b = Point("a"), Point("b")
    model = replace(reverse(vocab=tuple("xy")), outputs=(a, "z"))
    model = model.certified(Certificate(3, 0.0).sealed(model.digest, None))
    assert replace(model, outputs=(a, "z")).certificate is model.certificate
    assert replace(model, outputs=(b, "z")).certificate is None
    assert copy.deepcopy(model).certificate is model.certificate
    assert "not certified: its certificate is for another model" in repr(pickle.loads(pickle.dumps(model)))


# What is another certificate.


def test_the_certificate_of_another_model_is_refused(flip: Transformer) -> None:
    other = hw.compile(hw.programs.flip(), "ehlx", 12)
    assert other.certificate is not None
    with pytest.raises(
        CertificateError,
        match=r"^the certificate is for another model, or was changed after its proof: hw\.certify proves this model$",
    ):
        flip.certified(other.certificate)
    with pytest.raises(CertificateError, match="is for 12 tokens, and the model takes at most 3"):
        hw.compile(hw.programs.length(), "ab", 3).certified(other.certificate)
    with pytest.raises(CertificateError, match="is for float32 arithmetic, and the model's is float64"):
        replace(flip, dtype="float64").certified(other.certificate)
    with pytest.raises(CertificateError, match=r"comes from hw\.certify; this is 'exact'"):
        flip.certified("exact")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="the certificate is a str"):
        replace(flip, certificate="exact")


def test_the_certificate_of_another_program_is_refused(flip: Transformer) -> None:
    def backwards(x: str) -> list[str]:
        return list(x[::-1])

    found = hw.certify(flip, backwards, max_len=4)
    assert found.program == "backwards"
    with pytest.raises(CertificateError, match="is for another program or condition: backwards:"):
        flip.certified(found)
    elsewhere = hw.certify(flip, given=hw.indices < 3)
    with pytest.raises(CertificateError, match=r"another program or condition: .* where indices < 3:"):
        flip.certified(elsewhere)
    assert flip.certified(hw.certify(flip, hw.programs.flip())).certificate == flip.certificate
    nameless = replace(flip, source=None)
    assert nameless.certified(found).certificate == found


@pytest.mark.parametrize(
    "change",
    [
        {"max_len": 11}, {"bound": 1e-9}, {"margins": ()}, {"arithmetic": "float64"}, {"given": "x"}, {"inputs": 1},
        {"program": "sort"}, {"seal": ""}, {"seal": "0" * 64},
    ],
    ids=repr,
)  # fmt: skip
def test_a_changed_certificate_is_refused(change: dict[str, Any], flip: Transformer) -> None:
    assert flip.certificate is not None
    other = replace(flip.certificate, **change)
    with pytest.raises(CertificateError):
        flip.certified(other)
    assert replace(flip, certificate=other).certificate is None
    assert replace(flip, certificate=replace(flip.certificate)).certificate == flip.certificate


def test_a_certificate_made_by_hand_comes_from_no_proof(flip: Transformer) -> None:
    with pytest.raises(CertificateError, match="does not come from a proof"):
        flip.certified(Certificate(12, 0.0))
    assert repr(replace(flip, certificate=Certificate(10**6, 0.0))).endswith(
        "not certified: its certificate does not come from a proof)"
    )


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"max_len": -1}, "max_len is an int from 0, not -1"),
        ({"max_len": True}, "max_len is an int from 0, not True"),
        ({"max_len": 2.5}, "max_len is an int from 0, not 2.5"),
        ({"inputs": -1}, "inputs is an int from 0, not -1"),
        ({"bound": float("nan")}, "bound is finite and not negative, not nan"),
        ({"bound": float("inf")}, "bound is finite and not negative, not inf"),
        ({"bound": -1e-9}, "bound is finite and not negative, not -1e-09"),
        ({"arithmetic": "float16"}, "is for float32 or float64 arithmetic, not 'float16'"),
        ({"margins": (Margin(1, "x", "sum", float("nan"), 1.0),)}, "has no margin of nan of 1.0"),
        ({"margins": (Margin(1, "x", "sum", float("inf"), 1.0),)}, "has no margin of inf of 1.0"),
        ({"margins": (Margin(1, "x", "sum", 0.0, float("nan")),)}, "has no margin of 0.0 of nan"),
    ],
)
def test_implausible_certificates(facts: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError) as caught:
        Certificate(**({"max_len": 1, "bound": 0.0} | facts))
    assert message in str(caught.value)


@pytest.mark.parametrize("max_len", [2.0, True, "3"])
def test_max_len_is_an_int(max_len: Any) -> None:
    with pytest.raises(ModelError, match=r"max_len is .*; it is an int, or None"):
        replace(random_model(0), positions=None, max_len=max_len)


# Weights in place.


def writings(array: Any) -> list[Callable[[], Any]]:
    """Ways to change the numbers of an array; on a model's each has to fail."""

    def again() -> None:
        array.setflags(write=True)
        array.flat[0] = 5

    def from_its_base() -> None:
        np.frombuffer(array.base, array.dtype).setflags(write=True)

    return [
        again,
        from_its_base,
        lambda: array.__setitem__(..., 5),
        lambda: array.flat.__setitem__(0, 5),
        lambda: array.fill(5),
        lambda: array.sort(),
        lambda: array.byteswap(inplace=True),
        lambda: np.copyto(array, 5),
        lambda: np.negative(array, out=array),
        lambda: array.view().setflags(write=True),
        lambda: array.reshape(-1).setflags(write=True),
        lambda: array.T.setflags(write=True),
        lambda: array.__iadd__(5),
    ]


def arrays(model: Transformer) -> list[Any]:
    return [a for a in model._arrays() if a.size]


@pytest.mark.parametrize("how", range(len(writings(None))))
@pytest.mark.parametrize("made", ["compiled", "pickled", "copied", "loaded", "by hand"])
def test_weights_cannot_be_written_to(how: int, made: str, flip: Transformer, tmp_path: Path) -> None:
    model = flip
    if made == "pickled":
        model = pickle.loads(pickle.dumps(flip))
    elif made == "copied":
        model = copy.deepcopy(flip)
    elif made == "loaded":
        flip.save(tmp_path / "m")
        model = hw.load(tmp_path / "m")
    elif made == "by hand":
        model = models.addition()
    for array in arrays(model):
        with pytest.raises(ValueError, match=r"read-only|WRITEABLE"):
            writings(array)[how]()
    assert model.digest == binding.digest(model)


def test_what_the_weights_were_made_of_can_change(flip: Transformer) -> None:
    mine = np.array(flip.unembed)
    whole = np.repeat(mine, 2, axis=0)
    for given in (mine, whole[::2], memoryview(mine), np.ma.array(mine)):
        model = replace(flip, unembed=given)
        assert model.certificate == flip.certificate
        saved = np.array(mine)
        mine *= -1
        whole *= -1
        assert (model.unembed == flip.unembed).all()
        assert model("hello") == list("olleh")
        mine[:], whole[:] = saved, np.repeat(saved, 2, axis=0)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", ">f8"])
def test_weights_lie_in_one_way(dtype: str, order: Any) -> None:
    raw = np.arange(6.0).astype(dtype).tobytes()
    given = np.ndarray((3, 2), dtype, raw, order=order)
    found = weights(given, "a, b", "x")
    assert (found == given).all()
    assert found.flags.c_contiguous
    assert found.dtype.isnative
    assert (found is given) == (order == "C" and given.dtype.isnative)


def test_what_models_are_given_they_do_not_copy_twice() -> None:
    model = reverse()
    assert replace(model).layers[0].heads[0].w_q is model.layers[0].heads[0].w_q


# Copies and pickles.


def test_copies_are_the_model_itself(flip: Transformer) -> None:
    assert copy.copy(flip) is flip
    assert copy.deepcopy(flip) is flip
    assert copy.deepcopy(flip.certificate) is copy.copy(flip.certificate) is flip.certificate


def test_a_pickle_is_checked_and_says_that_it_was_stored(flip: Transformer) -> None:
    again = pickle.loads(pickle.dumps(flip))
    assert again.certificate == flip.certificate
    assert again.certificate.stored
    assert STORED in repr(again)
    assert again.source.expr is flip.source.expr
    assert again.certified(hw.certify(again)).certificate.stored is False
    changed = pickle.loads(pickle.dumps(flip).replace(np.array(flip.unembed).tobytes(), (-flip.unembed).tobytes()))
    assert (changed.unembed == -flip.unembed).all()
    assert DROPPED in repr(changed)
    assert DROPPED in repr(pickle.loads(pickle.dumps(changed)))
    proof = pickle.loads(pickle.dumps(flip.certificate))
    assert proof == flip.certificate
    assert proof.stored
    assert proof.subject is None


# Files.

safetensors = pytest.importorskip("safetensors.numpy", reason="the extra `files` is not installed")

Change = Callable[[Any, dict[str, Any]], None]


def rewrite(path: Path, change: Change, version: str = storage.VERSION) -> None:
    """The file with another content, and a checksum that fits."""
    tensors = dict(safetensors.load_file(path))
    metadata = storage._metadata(path.read_bytes(), path)
    content = json.loads(metadata["hardwire"])
    change(content, tensors)
    metadata |= {"hardwire": json.dumps(content), "hardwire_version": version}
    metadata["sha256"] = storage._checksum(storage._text(metadata), tensors)
    path.write_bytes(safetensors.save(tensors, metadata))


@pytest.fixture
def saved(flip: Transformer, tmp_path: Path) -> Path:
    flip.save(tmp_path / "flip.safetensors")
    return tmp_path / "flip.safetensors"


def test_a_file_says_that_its_certificate_is_stored(saved: Path, flip: Transformer) -> None:
    loaded = hw.load(saved)
    assert loaded.digest == flip.digest
    assert loaded.certificate == flip.certificate
    assert repr(loaded).endswith(f"max_len 12, exact up to length 12 ({STORED}))")
    assert f"float32; exact up to length 12 ({STORED})" in loaded.summary()
    assert STORED in repr(loaded.certificate)
    assert STORED not in repr(flip) + repr(flip.certificate)
    proved = loaded.certified(hw.certify(loaded, hw.programs.flip()))
    assert STORED not in repr(proved)
    proved.save(saved)
    assert STORED in repr(hw.load(saved)), "whoever loads it has not seen the proof"
    loaded.save(saved)
    assert hw.load(saved).certificate == flip.certificate


def test_a_loaded_model_that_changes_has_no_certificate(saved: Path) -> None:
    loaded = hw.load(saved)
    assert DROPPED in repr(replace(loaded, unembed=-loaded.unembed))
    assert "its certificate is for another program" in repr(replace(loaded, source=hw.programs.sort()))
    assert replace(loaded, source=hw.programs.flip()).certificate is not None  # the file holds the same program
    assert replace(loaded).certificate is not None


def of(name: str, x: Any) -> Change:
    return lambda content, tensors: content.update({name: x})


def proof(**facts: Any) -> Change:
    return lambda content, tensors: content["certificate"].update(facts)


def tensor(name: str, change: Callable[[Any], Any]) -> Change:
    return lambda content, tensors: tensors.update({name: change(tensors[name])})


ANOTHER = "its certificate is for another model, or was changed after its proof"
EDITS: dict[str, tuple[Change, str]] = {
    "a million tokens": (proof(max_len=10**6), "is for 1,000,000 tokens, and the model takes at most 12"),
    "fewer tokens": (proof(max_len=11), ANOTHER),
    "another bound": (proof(bound=0.5), ANOTHER),
    "no bound": (proof(bound="inf"), "a certificate's bound is finite"),
    "a negative length": (proof(max_len=-1), "a certificate's max_len is an int from 0"),
    "no margins": (proof(margins=[]), ANOTHER),
    "a condition": (proof(given="indices < 3"), ANOTHER),
    "its program": (proof(program="sort"), ANOTHER),
    "other arithmetic": (proof(arithmetic="float64"), "is for float64 arithmetic, and the model's is float32"),
    "no arithmetic": (proof(arithmetic="float16"), "a certificate is for float32 or float64 arithmetic"),
    "another seal": (proof(seal="0" * 64), ANOTHER),
    "no seal": (proof(seal=""), "its certificate does not come from a proof"),
    "as a program would have it": (
        of("certificate", {"max_len": 12, "bound": 0.0, "margins": []}),
        "its certificate does not come from a proof",
    ),
    "stored": (proof(stored=False), "the metadata.certificate does not have the fields"),
    "vocabulary": (of("vocab", list("olhe")), ANOTHER),
    "outputs": (of("outputs", [1, True, {"float": "0x1p0"}, "1"]), ANOTHER),
    "the name of the program": (of("program", "sort"), ANOTHER),
    "mask": (of("causal", True), ANOTHER),
    "how a number is read": (of("whole", True), ANOTHER),
    "tolerance": (of("tolerance", 0.5), ANOTHER),
    "weights": (tensor("unembed", np.negative), ANOTHER),
    "one weight": (tensor("layers.1.heads.0.w_q", nudged), ANOTHER),
    "a weight that is no number": (tensor("unembed", lambda x: x * np.float32("nan")), "that is not finite"),
    "an infinite weight": (tensor("embed", lambda x: x + np.float32("inf")), "embed holds a number that is not finite"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_file_is_refused(edit: str, saved: Path, flip: Transformer) -> None:
    change, message = EDITS[edit]
    rewrite(saved, lambda content, tensors: None)
    assert hw.load(saved).certificate == flip.certificate, "the rewriting itself changes nothing"
    rewrite(saved, change)
    with pytest.raises(ModelFileError) as caught:
        hw.load(saved)
    text = str(caught.value)
    assert text.startswith(f"{saved} does not describe a model: ")
    assert message in text
    assert message != ANOTHER or text.endswith("; the file was damaged or edited")


def test_a_file_with_the_certificate_of_another_file_is_refused(saved: Path, tmp_path: Path) -> None:
    other = hw.compile(hw.programs.copy(), "ehlo", 12)
    assert other.certificate is not None
    other.save(tmp_path / "copy")
    theirs = json.loads(storage._metadata((tmp_path / "copy").read_bytes(), tmp_path)["hardwire"])["certificate"]
    rewrite(saved, of("certificate", theirs))
    with pytest.raises(ModelFileError, match=ANOTHER):
        hw.load(saved)


def test_a_certificate_that_is_made_up_for_a_model_without_one(tmp_path: Path) -> None:
    path = tmp_path / "made_up.safetensors"
    hw.compile(hw.programs.flip(), "ehlo", 12, certify=False).save(path)
    made_up = {"max_len": 10**6, "bound": 0.0, "margins": [], "arithmetic": "float32", "given": "", "inputs": 0}
    rewrite(path, of("certificate", made_up))
    with pytest.raises(ModelFileError, match="its certificate does not come from a proof"):
        hw.load(path)
    rewrite(path, of("certificate", made_up | {"seal": "0" * 64}))
    with pytest.raises(ModelFileError, match="is for 1,000,000 tokens, and the model takes at most 12"):
        hw.load(path)
    rewrite(path, of("certificate", None))
    assert repr(hw.load(path)).endswith("max_len 12, not certified)")


def test_the_circuit_and_names_in_a_file_are_not_covered(saved: Path, flip: Transformer) -> None:
    empty: dict[str, Any] = {"directions": [], "heads": [], "neurons": [], "readings": []}

    def change(content: Any, tensors: dict[str, Any]) -> None:
        content["circuit"] = empty | {"expressions": [], "claims": [], "computes": -1}
        content["heads"] = [["a"], ["b"]]

    rewrite(saved, change)
    loaded = hw.load(saved)
    assert loaded.certificate == flip.certificate
    assert loaded("hello") == list("olleh")


@pytest.mark.parametrize("version", ["1", "2"])
def test_older_files_are_loaded_without_their_certificate(version: str, saved: Path, tmp_path: Path) -> None:
    def older(content: Any, tensors: dict[str, Any]) -> None:
        for name in ("seal", "program"):
            del content["certificate"][name]
        kept = ("directions", "heads", "neurons", "readings")
        content["circuit"] = {k: v for k, v in content["circuit"].items() if k in kept}
        content["circuit"]["claims"] = []
        content["certificate"] |= {"max_len": 10**6, "bound": "inf"}

    path = saved
    if version == "2":
        model = models.dyck_average_hard()
        path = tmp_path / "variant"
        model.certified(hw.certify(model, max_len=2)).save(path)
    rewrite(path, older, version)
    loaded = hw.load(path)
    assert loaded.certificate is None
    assert repr(loaded).endswith(
        f"not certified: a certificate in a file of format {version} is not bound to its model; "
        "`hw.certify` proves it again)"
    )
    rewrite(path, of("certificate", None), version)
    assert repr(hw.load(path)).endswith(", not certified)")


@pytest.mark.parametrize("size", [1, 2**32, 2**62, 2**64 - 1])
def test_headers_that_claim_to_be_longer_than_the_file(size: int, saved: Path) -> None:
    data = saved.read_bytes()
    saved.write_bytes(size.to_bytes(8, "little") + data[8:])
    with pytest.raises(ModelFileError, match="is not a safetensors file, or is truncated"):
        hw.load(saved)


@pytest.mark.nightly
def test_a_huge_header_of_white_space(saved: Path) -> None:
    """safetensors takes headers of at most 100 MB."""
    data = saved.read_bytes()
    n = int.from_bytes(data[:8], "little")
    more = 100_000_001 - n
    saved.write_bytes((n + more).to_bytes(8, "little") + data[8 : 8 + n] + b" " * more + data[8 + n :])
    with pytest.raises(ModelFileError, match="is truncated or damaged"):
        hw.load(saved)


# When it is computed.


def test_a_model_is_digested_once_and_never_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    digested: list[Transformer] = []
    own = binding.digest

    def counted(model: Transformer) -> str:
        digested.append(model)
        return own(model)

    monkeypatch.setattr("hardwire.model.certifiable.digest", counted)
    model = hw.compile(hw.programs.flip(), "ehlo", 12, certify=False)
    model("hello"), model.batch(["he", "l"]), repr(model)
    assert not digested
    proved = hw.compile(hw.programs.flip(), "ehlo", 12)
    proved("hello"), repr(proved), proved.summary(), proved.certificate
    assert len(digested) == 1


# Exports.


def test_exports_state_what_is_bound(saved: Path, flip: Transformer) -> None:
    text = report.certificate(flip)
    assert text.startswith(
        "This is a copy of a model that is certified exact up to length 12 to compute "
        f"{flip.program}, for every input over its vocabulary, in float32 arithmetic. The certificate is bound to that "
        f"model, whose SHA-256 is {flip.digest}, and covers no change to this copy. The tightest margin: "
    )
    assert "was not proved again for this export" in report.certificate(hw.load(saved))
    assert report.certificate(replace(flip, unembed=-flip.unembed)) == "The model is not certified."
    program = hw.programs.LIBRARY["add_binary"]
    assert program.given is not None
    model = hw.compile(program(), "01+", 6, given=program.given())
    assert model.certificate is not None
    assert f"over its vocabulary where {model.certificate.given}, in" in report.certificate(model)
    assert f"max_len 6, exact up to length 6 where {model.certificate.given[:30]}" in repr(model)
    assert f"exact up to length 6 where {model.certificate.given[:30]}" in model.summary()
    swapped = replace(flip, circuit=model.circuit if model.d_model == flip.d_model else Circuit())
    assert flip.program in report.certificate(swapped), "what is certified is not taken from the circuit"
