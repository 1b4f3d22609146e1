"""ONNX: the graph itself, written node by node."""

from __future__ import annotations

import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ExportError, MissingExtraError
from ..extras import install
from ..model.circuit_json import NAME, circuit_json
from ..model.codec import NotStorable, pack_value
from ..model.files import whole, write
from ..model.transformer import Transformer
from ..model.weights import Floats, Layer
from .comparison import Check, Ints, answering, checked, plain
from .host import stack
from .precision_guard import guarded
from .report import KERNEL, Exported, certificate, length, precision, program

TARGET = "ONNX Runtime"
OPSET = 17
HIDDEN = -1e30
"""The number that is added to the score of a hidden key."""


def onnx(model: Transformer, file: str | PathLike[str], *, cache: bool = False, check: Check = True) -> Exported:
    """See `hardwire.export.onnx`."""
    plain(model, TARGET)
    if cache and not model.causal:
        raise ExportError("only a causal model has a cache: compile the program with causal=True", value=model)
    try:
        import onnx
    except ImportError:
        raise MissingExtraError("Writing ONNX files", "onnx") from None
    path = Path(file)
    graph = _Graph(guarded(model), cache=cache).build()
    opsets = [onnx.helper.make_opsetid("", OPSET)]
    proto = onnx.helper.make_model(graph, opset_imports=opsets, producer_name="hardwire", ir_version=8)
    onnx.helper.set_model_props(proto, metadata(model) | {NAME: circuit_json(model, indent=None)})
    onnx.checker.check_model(proto, full_check=True)
    data = proto.SerializeToString()
    with whole(path) as temporary:
        write(temporary, data)
        found, unchecked = None, "not asked for"
        if check is not False:
            try:
                import onnxruntime
            except ImportError:
                unchecked = f"onnxruntime is not installed ({install('onnx')})"
            else:
                for level in (onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL, None):
                    run = (_run_by_steps if cache else _run)(temporary, level)
                    found = checked(model, TARGET, answering(model, run), check)
    notes: tuple[str, ...] = (
        "input_ids and attention_mask: int64, (batch, sequence); id 0 is BOS, token k of the vocabulary is id 1 + k.",
        "Pad on either side, and give the attention mask.",
        "logits: (batch, sequence, outputs), those of BOS first; attention.1, attention.2, ...: ask for them by name.",
    )
    if cache:
        notes += (
            "past_key_values.K.key, .value: (batch, heads, past, width), the outputs present.K.key and .value of the "
            "last call, at first with past 0; attention_mask then covers past and sequence.",
        )
    return Exported(TARGET, path, len(data), found, unchecked, notes)


def metadata(model: Transformer) -> dict[str, str]:
    """Return the metadata of the file as text; values are JSON. Raises ExportError."""
    try:
        vocab = [pack_value(v) for v in model.vocab]
        outputs = None if model.outputs is None else [pack_value(v) for v in model.outputs]
    except NotStorable as error:
        raise ExportError(f"this model cannot be described in a file: {error}", value=error.value) from None
    return {
        "program": program(model),
        "vocabulary": json.dumps(vocab),
        "outputs": json.dumps(outputs),
        "ids": "0 is BOS, which comes first in every input; 1 + k is token k of the vocabulary",
        "answer": _answer(model),
        "max_len": json.dumps(model.max_len),
        "causal": json.dumps(model.causal),
        "certificate": certificate(model),
        "arithmetic": KERNEL,
        "rules": f"{length(model)} {precision(model)}",
    }


def _answer(model: Transformer) -> str:
    if model.outputs is not None:
        return "the output with the greatest logit"
    return "the logit, rounded" if model.whole else f"the logit, within {model.tolerance:.1g}"


def _run(path: Path, level: Any) -> Any:
    """ONNX Runtime on a file, with an optimisation level (None: the default, which is all)."""
    session = _session(path, level)

    def run(ids: Ints, mask: Ints) -> Floats:
        logits: Floats = session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]
        return logits

    return run


def _run_by_steps(path: Path, level: Any) -> Any:
    """The same with the cache: the first half of each input at once, then token by token."""
    session = _session(path, level)
    pasts = session.get_inputs()[2:]
    empty = {"tensor(float)": np.float32, "tensor(double)": np.float64}

    def run(ids: Ints, mask: Ints) -> Floats:
        past = {x.name: np.zeros((len(ids), x.shape[1], 0, x.shape[3]), empty[x.type]) for x in pasts}
        half = (1 + ids.shape[1]) // 2
        found = []
        for start, end in [(0, half), *((i, i + 1) for i in range(half, ids.shape[1]))]:
            given = {"input_ids": ids[:, start:end], "attention_mask": mask[:, :end], **past}
            logits, *present = session.run(["logits", *map(_present, past)], given)
            past = dict(zip(past, present, strict=True))
            found.append(logits)
        return np.concatenate(found, axis=1)

    return run


def _present(past: str) -> str:
    """The name of the output that becomes an input of the next step."""
    return past.replace("past_key_values", "present")


def _session(path: Path, level: Any) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    if level is not None:
        options.graph_optimization_level = level
    return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


class _Graph:
    """Collects nodes and weights. A method takes names of tensors and returns the name of its result."""

    def __init__(self, model: Transformer, *, cache: bool) -> None:
        from onnx import TensorProto

        self.model, self.cache = model, cache
        self.pasts: list[Any] = []
        self.presents: list[Any] = []
        self.float = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}[model.dtype]
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def build(self) -> Any:
        from onnx import TensorProto, helper

        model = self.model
        n = self.length("input_ids")
        at = self.places(n)
        x = self.op("Gather", self.array(model.embed, "embed"), "input_ids")
        # Without positions a column of zeros is used, so that too long an input is an error here too.
        table = np.zeros((1 + (model.max_len or 0), 1)) if model.positions is None else model.positions
        if model.positions is not None or model.max_len is not None:
            x = self.op("Add", x, self.op("Gather", self.array(table, "positions"), at))
        mask = self.mask(n)
        outputs = []
        for number, layer in enumerate(model.layers, 1):
            if layer.heads:
                x = self.attend(x, layer, mask, number)
                outputs.append(
                    (
                        f"attention.{number}",
                        ["batch", len(layer.heads), "sequence", "total" if self.cache else "sequence"],
                    )
                )
            if layer.d_ff:
                x = self.neurons(x, layer, number)
        logits = self.array(model.unembed, "unembed")
        self.op("MatMul", x, logits, name="logits")
        outputs.insert(0, ("logits", ["batch", "sequence", model.unembed.shape[1]]))
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
            for name in ("input_ids", "attention_mask")
        ]
        if self.cache:
            inputs[1] = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "total"])
        results = [helper.make_tensor_value_info(name, self.float, shape) for name, shape in outputs]
        return helper.make_graph(self.nodes, "hardwire", inputs + self.pasts, results + self.presents, self.weights)

    def op(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = name or f"{kind.lower()}.{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def weight(self, x: Any, name: str = "") -> str:
        from onnx import numpy_helper

        name = name or f"constant.{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(x), name))
        return name

    def array(self, x: Any, name: str = "") -> str:
        return self.weight(np.asarray(x, self.model.dtype), name)

    def ints(self, *lists: Sequence[int]) -> list[str]:
        return [self.weight(np.array(x, np.int64)) for x in lists]

    def length(self, name: str) -> str:
        """The size of the second axis of an input."""
        return self.op("Squeeze", self.op("Slice", self.op("Shape", name), *self.ints([1], [2])))

    def range(self, start: str, end: str) -> str:
        return self.op("Range", start or self.weight(np.int64(0)), end, self.weight(np.int64(1)))

    def places(self, n: str) -> str:
        """The position of each token, (batch, sequence): how many tokens before it are not padding."""
        count = self.op("CumSum", "attention_mask", self.weight(np.int64(1)))
        before = self.op("Max", self.op("Sub", count, self.weight(np.int64(1))), self.weight(np.int64(0)))
        last = self.op("Unsqueeze", self.op("Neg", n), *self.ints([0]))
        return self.op("Slice", before, last, *self.ints([np.iinfo(np.int64).max], [1]))

    def remembered(self, x: str, kind: str, heads: int, number: int) -> str:
        """Keys or values of earlier calls, and those of this one behind them: (batch, heads, total, width)."""
        from onnx import helper

        width = next(w for w in self.weights if w.name == f"layer {number} w_{kind[0]}").dims[2]
        past, present = f"past_key_values.{number - 1}.{kind}", f"present.{number - 1}.{kind}"
        shape = ["batch", heads, "past", width]
        self.pasts.append(helper.make_tensor_value_info(past, self.float, shape))
        self.presents.append(helper.make_tensor_value_info(present, self.float, [*shape[:2], "total", width]))
        return self.op("Concat", past, x, axis=2, name=present)

    def mask(self, n: str) -> str:
        """Return the mask that is added to scores, (batch, 1, 1 or query, key)."""
        away = self.op("Sub", self.array(1.0), self.op("Cast", "attention_mask", to=self.float))
        mask = self.op("Mul", self.op("Unsqueeze", away, *self.ints([1, 2])), self.array(HIDDEN))
        if not self.model.causal:
            return mask
        total = self.length("attention_mask") if self.cache else n
        queries = self.range(self.op("Sub", total, n), total) if self.cache else self.range("", n)
        keys = self.range("", total) if self.cache else queries
        later = self.op("Less", self.op("Unsqueeze", queries, *self.ints([1])), keys)
        return self.op("Add", mask, self.op("Mul", self.op("Cast", later, to=self.float), self.array(HIDDEN)))

    def attend(self, x: str, layer: Layer, mask: str, number: int) -> str:
        s = stack(layer)
        heads, d_v = len(layer.heads), s.v.shape[2]
        each = self.op("Unsqueeze", x, *self.ints([1]))
        q, k, v = (
            self.op("MatMul", each, self.array(w, f"layer {number} {name}"))
            for name, w in (("w_q", s.q), ("w_k", s.k), ("w_v", s.v))
        )
        if self.cache:
            k, v = self.remembered(k, "key", heads, number), self.remembered(v, "value", heads, number)
        scores = self.op("Add", self.op("MatMul", q, self.op("Transpose", k, perm=[0, 1, 3, 2])), mask)
        weights = self.op("Softmax", scores, axis=3, name=f"attention.{number}")
        seen = self.op("Transpose", self.op("MatMul", weights, v), perm=[0, 2, 1, 3])
        flat = self.op("Reshape", seen, *self.ints([0, 0, heads * d_v]))
        out = self.op("MatMul", flat, self.array(s.o.reshape(heads * d_v, -1), f"layer {number} w_o"))
        return self.op("Add", x, out)

    def neurons(self, x: str, layer: Layer, number: int) -> str:
        w_in, b_in, w_out = (self.array(getattr(layer, f), f"layer {number} {f}") for f in ("w_in", "b_in", "w_out"))
        hidden = self.op("Relu", self.op("Add", self.op("MatMul", x, w_in), b_in))
        return self.op("Add", x, self.op("MatMul", hidden, w_out))
