"""Compiled models: the names that code for Tracr uses, and weights in its shape."""

from __future__ import annotations

import dataclasses
import importlib
import pickle
from typing import Any

import numpy as np
import pytest
from tracr_cases import CASES, NO_PROOF, built, every_input

import hardwire as hw
from hardwire.errors import (
    BuildError,
    CompileError,
    InputError,
    MissingExtraError,
    NoInternalsError,
    UnsupportedError,
)
from hardwire.tracr import compiling, lib, rasp
from hardwire.tracr.compiler import nodes, rasp_to_graph, validating
from hardwire.tracr.craft.bases import BasisDirection, VectorSpaceWithBasis
from hardwire.tracr.transformer.encoder import CategoricalEncoder, Encoder, NumericalEncoder

R: Any = rasp


def compiled(program: Any, vocab: Any, n: int, **options: Any) -> Any:
    return compiling.compile_rasp_to_model(program, vocab, n, compiler_bos="BOS", compiler_pad="PAD", **options)


@pytest.fixture(scope="module")
def reverse() -> Any:
    return compiled(lib.make_reverse(R.tokens), {"a", "b", "c"}, 5)


@pytest.fixture(scope="module")
def balance() -> Any:
    return compiled(lib.make_pair_balance(R.tokens, "a", "b").named("balance"), "ab", 20)


# Answers


def test_apply_answers_after_bos(reverse: Any) -> None:
    assert reverse.apply(["BOS", "a", "b", "c"]).decoded == ["BOS", "c", "b", "a"]
    assert reverse.apply(("BOS",)).decoded == ["BOS"]
    assert reverse.certificate.max_len == 5


def test_numbers_are_floats(balance: Any) -> None:
    found = balance.apply(["BOS", "a", "b", "a"])
    assert found.decoded[1:] == pytest.approx([1, 0, 1 / 3], abs=1e-3)
    assert all(type(v) is float for v in found.decoded[1:])
    assert isinstance(balance.output_encoder, NumericalEncoder)
    assert found.unembedded.dtype.kind == "f"
    assert balance.residual_labels[0].startswith("balance_")
    assert ":" not in balance.residual_labels[0]


def test_a_number_with_few_values_is_a_float_too() -> None:
    model = compiled(lib.make_frac_prevs(R.tokens == "a"), "ab", 2)
    assert model.apply(["BOS", "a", "b"]).decoded == ["BOS", 1.0, 0.5]
    assert [type(v) for v in model.apply(["BOS", "a"]).decoded[1:]] == [float]


def test_a_numerical_program_may_have_no_number() -> None:
    model = compiled(R.numerical(lib.shift_by(1, R.tokens)), [1, 2], np.int64(3))
    assert model.apply(["BOS", 1, 2]).decoded == ["BOS", None, 1.0]


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        ([], "begins with 'BOS'"),
        (["a"], "begins with 'BOS'"),
        (["BOS", "d"], "'d' is not in the vocabulary"),
        (["BOS", ["a"]], "not in the vocabulary"),
        (["BOS", *"aaaaaa"], "takes at most 6"),
        (["BOS", "a", "BOS"], "BOS stands first alone"),
        (["BOS", "PAD", "a"], "PAD at the end alone"),
    ],
)
def test_inputs_that_are_refused(reverse: Any, tokens: list[Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        reverse.apply(tokens)
    assert isinstance(caught.value, ValueError)


def test_equal_tokens_are_one() -> None:
    model = compiled(R.tokens + 1, [1, 2], 3)
    assert model.apply(["BOS", 1.0, True, 2]).decoded == ["BOS", 2, 2, 3]
    assert compiled(R.tokens + 1, [1, True, 2, 2.0], 3).transformer.vocab == (1, 2)


def test_padding_changes_no_answer(reverse: Any) -> None:
    plain = reverse.apply(["BOS", "a", "b"])
    padded = reverse.apply(["BOS", "a", "b", "PAD", "PAD"])
    assert padded.decoded == ["BOS", "b", "a", "PAD", "PAD"]
    assert (padded.unembedded[0, :3] == plain.unembedded[0]).all()
    np.testing.assert_allclose(padded.transformer_output[:, :3], plain.transformer_output, atol=1e-5)
    assert reverse.apply(["BOS", "PAD"]).decoded == ["BOS", "PAD"]


# The output object


def test_the_shapes_of_what_is_computed(reverse: Any) -> None:
    found = reverse.apply(["BOS", "a", "b"])
    config, d_model = reverse.model_config, len(reverse.residual_labels)
    assert len(found.residuals) == len(found.layer_outputs) == 2 * config.num_layers
    assert len(found.attn_logits) == config.num_layers
    assert {x.shape for x in (*found.residuals, *found.layer_outputs)} == {(1, 3, d_model)}
    assert {x.shape for x in found.attn_logits} == {(1, config.num_heads, 3, 3)}
    assert found.unembedded.shape == (1, 3)
    assert np.concatenate([found.input_embeddings[None], found.residuals]).shape[1:] == (1, 3, d_model)
    stream = found.input_embeddings
    for added, residual in zip(found.layer_outputs, found.residuals, strict=True):
        stream = stream + added
        assert (stream == residual).all()
    assert found.transformer_output is found.residuals[-1]


def test_the_output_is_a_record(reverse: Any) -> None:
    found = reverse.apply(["BOS", "a"])
    assert found["decoded"] == found.decoded
    assert list(found.keys()) == [name for name, _ in found.items()]
    assert found.to_tuple()[0] == found.decoded
    assert found.replace(decoded=[]).decoded == []
    with pytest.raises(KeyError):
        found["nothing"]


def test_a_causal_model_masks_later_keys() -> None:
    model = compiled(lib.make_length(), "ab", 4, causal=True)
    found = model.apply(["BOS", "a", "b", "a"])
    assert found.decoded == ["BOS", 1, 2, 3]
    for logits in found.attn_logits:
        assert (logits[0, 0][np.triu_indices(4, 1)] == np.float32(-1e30)).all()
        assert (logits[0, 0][np.tril_indices(4)] > -1e29).all()


# Weights


def test_parameters_have_tracrs_names_and_shapes(reverse: Any) -> None:
    config, d_model, params = reverse.model_config, len(reverse.residual_labels), reverse.params
    width, hidden = config.num_heads * config.key_size, config.mlp_hidden_size
    assert params["token_embed"]["embeddings"].shape == (5, d_model)
    assert params["pos_embed"]["embeddings"].shape == (6, d_model)
    for i in range(config.num_layers):
        layer = {name: arrays for name, arrays in params.items() if name.startswith(f"transformer/layer_{i}/")}
        shapes = {name.removeprefix(f"transformer/layer_{i}/"): x["w"].shape for name, x in layer.items()}
        assert shapes == {
            "attn/query": (d_model, width), "attn/key": (d_model, width), "attn/value": (d_model, width),
            "attn/linear": (width, d_model), "mlp/linear_1": (d_model, hidden), "mlp/linear_2": (hidden, d_model),
        }  # fmt: skip
        assert all(x["b"].shape == (x["w"].shape[1],) for x in layer.values())
    assert len(params) == 2 + 6 * config.num_layers
    assert {x.dtype for arrays in params.values() for x in arrays.values()} == {np.dtype("float32")}
    assert config.num_layers == reverse.transformer.depth + 1
    assert (config.dropout_rate, config.layer_norm, config.causal) == (0.0, False, False)
    assert config.activation_function(np.array([-1.0, 2.0])).tolist() == [0, 2]


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_the_logits_are_the_first_coordinates(case: dict[str, Any]) -> None:
    """The weights in Tracr's shape, with unembedding as a projection, answer as the certified model does."""
    if (case["name"], "own", "float64") in NO_PROOF:
        pytest.skip("it has no certified model")
    model = compiled(built(case["program"]), case["vocab"], case["max_seq_len"])
    for xs in every_input(case["vocab"], min(3, case["max_seq_len"])):
        found = model.apply(["BOS", *xs])
        logits = found.transformer_output[0, 1:] @ np.eye(len(model.residual_labels), model.form.logits)
        if isinstance(model.output_encoder, NumericalEncoder):
            np.testing.assert_allclose(logits[:, 0], found.decoded[1:], atol=1e-5)
            continue
        answers = model.output_encoder.decode(logits.argmax(axis=1))
        assert answers == found.decoded[1:]
        assert model.output_encoder.decode(found.unembedded[0, 1:]) == found.decoded[1:]


def test_labels_name_values_and_parts() -> None:
    share = lib.make_frac_prevs(R.tokens == "a").named("share")
    program = R.Map(lambda v: v > 0.5, share).named("majority")
    model = compiled(program, "ab", 5)
    labels = model.residual_labels
    assert labels[:2] == [f"{program.label}:False", f"{program.label}:True"]
    assert share.label in labels
    assert len(set(labels)) == len(labels)
    assert all(label.count(":") <= 1 for label in labels)
    label, *value = labels[0].split(":")
    assert (label, value) == (program.label, ["False"])


def test_forward_takes_a_batch(reverse: Any) -> None:
    rows = [reverse.input_encoder.encode(["BOS", *xs]) for xs in ("ab", "cc")]
    found = reverse.forward(reverse.params, np.array(rows))
    assert found.unembedded_output.shape == (2, 3)
    assert reverse.output_encoder.decode(found.unembedded_output[0, 1:]) == ["b", "a"]
    assert found.transformer_output.output.shape[:2] == (2, 3)
    assert len(found.transformer_output.attn_logits) == reverse.model_config.num_layers


def test_other_weights_give_other_answers_and_have_no_certificate(reverse: Any) -> None:
    inputs = ["BOS", "a", "b", "c"]
    same = {name: {key: x.copy() for key, x in arrays.items()} for name, arrays in reverse.params.items()}
    copy = dataclasses.replace(reverse, params=same)
    assert copy.certificate is None
    assert reverse.certificate is not None
    assert copy.apply(inputs).decoded == ["BOS", "c", "b", "a"]
    last = f"transformer/layer_{reverse.model_config.num_layers - 1}/mlp/linear_2"
    copy.params[last]["b"][0] += 1e6  # the first value of the encoding always wins
    assert copy.apply(inputs).decoded == ["BOS", "a", "a", "a"]
    with pytest.raises(ValueError, match="read-only"):
        reverse.params[last]["b"][0] = 1


def test_models_can_be_pickled(reverse: Any) -> None:
    again = pickle.loads(pickle.dumps(reverse))
    assert again.apply(["BOS", "a", "b"]).decoded == ["BOS", "b", "a"]
    assert again.certificate is not None
    assert again.certificate.stored
    assert again.transformer.source is None
    with pytest.raises(ValueError, match="read-only"):
        again.params["token_embed"]["embeddings"][0] = 1
    program = R.Map(lambda x: x == "a", R.tokens)
    model = pickle.loads(pickle.dumps(compiled(program, "ab", 3)))
    assert model.apply(["BOS", "a", "b"]).decoded == ["BOS", True, False]


def test_the_model_of_hardwire_is_there(reverse: Any) -> None:
    assert isinstance(reverse.transformer, hw.Transformer)
    assert reverse.transformer("abc") == ["c", "b", "a"]
    assert hw.verify(reverse.transformer, progress=False)
    assert "reverse" in reverse.transformer.summary()


def test_what_makes_no_sense_says_what_to_use_instead(reverse: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"hardwire\.export\.torch"):
        reverse.get_compiled_model()
    assert issubclass(UnsupportedError, NotImplementedError)


# Encoders


def test_encoders(reverse: Any) -> None:
    encoder = reverse.input_encoder
    assert encoder.encoding_map == {"BOS": 0, "PAD": 1, "a": 2, "b": 3, "c": 4}
    assert (encoder.bos_token, encoder.pad_token, encoder.bos_encoding, encoder.pad_encoding) == ("BOS", "PAD", 0, 1)
    assert (encoder.vocab_size, encoder.enforce_bos) == (5, True)
    assert encoder.encode(["BOS", "c"]) == [0, 4]
    assert encoder.decode([0, 4]) == ["BOS", "c"]
    with pytest.raises(InputError, match="5 is no id"):
        encoder.decode([5])
    output = reverse.output_encoder
    assert isinstance(output, CategoricalEncoder)
    assert isinstance(output, Encoder)
    assert output.encoding_map == {"a": 0, "b": 1, "c": 2}
    assert output.encode(["b"]) == [1]
    assert NumericalEncoder().decode(NumericalEncoder().encode([0.5])) == [0.5]
    mixed = compiled(R.tokens + 0, [3, 10, 2], 2).input_encoder
    assert list(mixed.encoding_map) == sorted([3, 10, 2, "BOS", "PAD"], key=str)


def test_a_value_may_have_several_ids() -> None:
    """One number decides the answer, and a value comes back along it: each stretch has a logit of its own."""
    model = compiled(R.tokens & (7 & R.indices), [0, 2, 5], 4)
    values = model.output_encoder.values
    assert len(values) > len(set(values)) == len(model.output_encoder.encoding_map)
    found = model.apply(["BOS", 5, 0, 2])
    assert found.decoded == ["BOS", 0, 0, 2]
    assert [values[i] for i in found.unembedded[0, 1:]] == [0, 0, 2]
    assert set(found.unembedded.flat) <= set(model.output_encoder.encoding_map.values())


# Compiling


def test_options_of_the_compiler_are_accepted() -> None:
    model = compiling.compile_rasp_to_model(
        program=lib.make_hist(), vocab=range(3), max_seq_len=4, causal=False, mlp_exactness=1000
    )
    assert model.apply([compiling.COMPILER_BOS, 0, 2, 2]).decoded == ["compiler_bos", 1, 2, 2]
    assert compiling.COMPILER_PAD in model.input_encoder.encoding_map


def test_bos_and_pad_are_no_tokens() -> None:
    for options in ({"compiler_bos": "a"}, {"compiler_pad": "b"}):
        with pytest.raises(ValueError, match="stands for BOS or PAD"):
            compiling.compile_rasp_to_model(lib.make_hist(), "ab", 3, **options)


def test_what_is_not_compiled_says_why() -> None:
    with pytest.raises(BuildError, match=r"select_.* is a selector"):
        compiled(R.Select(R.tokens, R.tokens, R.Comparison.EQ), "ab", 3)
    with pytest.raises(BuildError, match="a program is a sop"):
        compiled(hw.tokens, "ab", 3)
    with pytest.raises(CompileError, match="no model takes"):
        compiled(lib.make_hist(), [[1]], 3)
    with pytest.raises(CompileError, match="no value"):
        compiled(R.Map(lambda x: [x], R.tokens), "ab", 3)

    class Mine(R.Map):
        pass

    with pytest.raises(CompileError, match="no kind of expression of Tracr"):
        compiled(Mine(abs, R.tokens), "ab", 3)


ALL = R.Select(R.tokens, R.tokens, R.Comparison.TRUE)
A = R.tokens == "a"
PREVIOUS = R.Select(R.indices, R.indices, lambda k, q: k == q - 1)
REFUSED_BY_TRACR: dict[str, tuple[Any, str | None]] = {
    "categorical aggregate of a numerical sop": (R.Aggregate(ALL, R.numerical(A)), "AGGREGATES_A_NUMBER"),
    "numerical aggregate of a categorical sop": (R.numerical(R.Aggregate(ALL, A, 0)), "AGGREGATES_A_CATEGORY"),
    "numerical aggregate of other numbers": (
        R.numerical(R.Aggregate(ALL, R.numerical(2 * R.indices), 0)),
        "MEAN_OF_OTHER_NUMBERS",
    ),
    "default of a categorical aggregate": (R.Aggregate(PREVIOUS, R.tokens, "-"), "DEFAULT_NOT_NONE"),
    "default of a numerical aggregate": (
        R.numerical(R.Aggregate(PREVIOUS, R.numerical(A), 0.5)),
        "DEFAULT_NOT_ZERO",
    ),
    "select by a number": (
        R.SelectorWidth(R.Select(R.numerical(A), R.tokens, lambda k, q: k)),
        "SELECTS_BY_A_NUMBER",
    ),
    "sequence map of a number": (R.SequenceMap(lambda x, y: (x, y), R.numerical(A), R.tokens), "MAPS_A_NUMBER"),
    "linear map of categories": (R.LinearSequenceMap(R.indices, R.indices + 1, 2, 3), "ADDS_A_CATEGORY"),
    "numerical tokens": (R.Map(ord, R.numerical(R.tokens)), "NUMERICAL_TOKENS"),
    "numerical indices": (R.Map(lambda i: 2 * i, R.numerical(R.indices)), "NUMERICAL_INDICES"),
    "two selectors": (R.SelectorWidth(ALL & PREVIOUS), None),
    "length": (R.length + R.indices, None),
    "bare tokens": (R.tokens, None),
    "bare indices": (R.indices, None),
    "no tokens": (R.indices * 2, None),
    "partial function": (R.SequenceMap(lambda x, i: 1 // i if x == "a" and i else 0, R.tokens, R.indices), None),
}


@pytest.mark.parametrize("name", REFUSED_BY_TRACR)
def test_what_tracr_refuses_is_compiled(name: str) -> None:
    program, reason = REFUSED_BY_TRACR[name]
    if reason is not None:
        assert getattr(validating, reason) in {found.reason for found in validating.validate(program, "abb")}
    model = compiled(program, "ab", 4, dtype="float32")
    assert model.certificate is not None
    for xs in every_input(list("ab"), 4):
        got = model.apply(["BOS", *xs]).decoded[1:]
        assert got == [pytest.approx(v, abs=1e-5) if type(v) is float else v for v in program(xs)]


def test_a_function_is_dropped_where_it_fails() -> None:
    program = R.SequenceMap(lambda x, y: x / y, R.tokens, R.indices)
    model = compiled(program, [1, 2], 3)
    assert model.apply(["BOS", 1, 2, 2]).decoded[2:] == [2.0, 1.0]  # position 0 has no value


# What Tracr would say


def test_validation_reports_expressions() -> None:
    bad = R.Aggregate(PREVIOUS, R.tokens, "-")
    [found] = validating.static_validate(bad)
    assert found.expr is bad
    assert validating.validate(lib.make_hist()) == []
    assert validating.validate(lib.make_hist(), "ab") == []
    with pytest.raises(TypeError):
        validating.dynamic_validate(lib.make_hist(), None)
    [found] = validating.dynamic_validate(R.Aggregate(ALL, R.indices), "abcd")
    assert found.reason == validating.MEAN_OF_CATEGORIES
    nested = R.Aggregate(PREVIOUS, R.Aggregate(PREVIOUS, R.tokens, "-"), "-")
    assert len(validating.static_validate(nested)) == 2


# The inside of Tracr


def test_the_graph_of_a_program() -> None:
    program = lib.make_hist()
    try:
        import networkx  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtraError, match="tracr"):
            rasp_to_graph.extract_rasp_graph(program)
        return
    found = rasp_to_graph.extract_rasp_graph(program)
    assert set(found.graph) == {"tokens", program.selector.label, program.label}
    assert found.sink[nodes.EXPR] is program
    assert [source[nodes.ID] for source in found.sources] == ["tokens"]
    assert list(found.graph.predecessors(program.label)) == [program.selector.label]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("compiler.expr_to_craft_graph", "add_craft_components_to_rasp_graph"),
        ("compiler.craft_graph_to_model", "craft_graph_to_model"),
        ("compiler.craft_model_to_transformer", "craft_model_to_transformer"),
        ("compiler.craft_model_to_transformer", "NoTokensError"),
        ("compiler.basis_inference", "infer_bases"),
        ("compiler.assemble", "assemble_craft_model"),
        ("craft.bases", "VectorInBasis"),
        ("craft.vectorspace_fns", "project"),
        ("craft.transformers", "SeriesWithResiduals"),
        ("transformer.model", "CompiledTransformerModel"),
        ("transformer.compressed_model", "CompressedTransformer"),
    ],
)
def test_the_construction_of_tracr_is_not_there(module: str, name: str) -> None:
    with pytest.raises(NoInternalsError, match=r"model\.transformer\.circuit"):
        exec(f"from hardwire.tracr.{module} import {name}")
    assert not hasattr(importlib.import_module(f"hardwire.tracr.{module}"), "something_else")
    assert issubclass(NoInternalsError, ImportError)


def test_directions_for_annotations_and_type_tests() -> None:
    space = VectorSpaceWithBasis([BasisDirection("b"), BasisDirection("a", 2), BasisDirection("a", 1)])
    assert [str(d) for d in space.basis] == ["a:1", "a:2", "b"]
    assert space.num_dims == 3
    assert VectorSpaceWithBasis.from_values("a", [1, 2]).basis == space.basis[:2]
    assert sorted([BasisDirection("a", "x"), BasisDirection("a", 1)]) == [
        BasisDirection("a", 1),
        BasisDirection("a", "x"),
    ]


def test_where_the_names_of_tracr_are() -> None:
    import hardwire.tracr

    with pytest.raises(AttributeError, match=r"in its modules: .* \.compiling \(compile_rasp_to_model\) and \.lib"):
        _ = hardwire.tracr.compile_rasp_to_model
    with pytest.raises(AttributeError, match=r"no attribute '_x'$"):
        _ = hardwire.tracr._x
    with pytest.raises(BuildError, match=r"^max_seq_len is a whole number, not 'x'$"):
        compiling.compile_rasp_to_model(rasp.tokens, {"a"}, "x")  # type: ignore[arg-type]


@pytest.mark.parametrize("f", [str, lambda x: x is True, lambda x: type(x).__name__])
@pytest.mark.parametrize("default", [None, False])
def test_a_bool_that_is_selected_alone_stays_one(f: Any, default: Any) -> None:
    before = rasp.Select(rasp.indices, rasp.indices, lambda key, query: key == query - 1)
    program = rasp.Map(f, rasp.Aggregate(before, rasp.tokens == "a", default=default), simplify=False)
    model = compiling.compile_rasp_to_model(program, {"a", "b"}, 4, compiler_bos="BOS")
    for x in ("a", "ab", "ba", "abab", "bbaa"):
        assert model.apply(["BOS", *x]).decoded[1:] == program(list(x))
