"""Exports: what they weigh, how long they take, how far their arithmetic is from ours. `make bench-exports`.

It needs the tools that exports are for, and is skipped where one is missing.
"""

from __future__ import annotations

import importlib.util
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}

import numpy as np
from rich.table import Table

import hardwire as hw
from hardwire.constructions.attention import SINK
from hardwire.export.comparison import LogitsOf, padded
from hardwire.programs import LIBRARY

PROGRAMS = ("flip", "histogram", "sort", "cumsum", "add_in_three", "dyck", "sort_by_frequency", "caesar")
CAUSAL = ("histogram", "cumsum", "induction", "bracket_depth", "frac_prevs")
SCALE = 64.0
"""By how much the logits of Hugging Face models are greater than ours."""
LENGTHS = (100, 1000, 4000)
NEEDS = ("onnx", "onnxruntime", "safetensors", "torch", "transformers", "transformer_lens")


def missing() -> str:
    """Why nothing can be measured here; "" where it can."""
    absent = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    return f"since {', '.join(absent)} cannot be imported: `make bench-exports` measures it" if absent else ""


# How to run each target, as a function of ids and mask.


def onnx(model: hw.Transformer, path: Path) -> tuple[float, int, LogitsOf]:
    seconds = timed(lambda: hw.export.onnx(model, path, check=False))
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    run: LogitsOf = lambda ids, mask: session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]  # noqa: E731
    return seconds, path.stat().st_size, run


def of_module(module: Any) -> LogitsOf:
    import torch

    def run(ids: Any, mask: Any) -> Any:
        with torch.no_grad():
            out = module(torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
        return getattr(out, "logits", out).numpy()

    return run


def pytorch(model: hw.Transformer, path: Path) -> tuple[float, int, LogitsOf]:
    seconds = timed(lambda: hw.export.torch(model, path, check=False))
    import torch

    size = sum(p.stat().st_size for p in path.parent.glob(f"{path.stem}.*"))
    module: Any = hw.export.torch(model, check=False)
    return seconds, size, lambda ids, mask: module(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()


def lens(model: hw.Transformer, path: Path) -> tuple[float, int, LogitsOf]:
    seconds = timed(lambda: hw.export.transformer_lens(model, path, check=False))
    size = sum(p.stat().st_size for p in path.parent.glob(f"{path.stem}.*"))
    return seconds, size, of_module(hw.export.transformer_lens(model, check=False))


def hugging_face(architecture: str) -> Callable[[hw.Transformer, Path], tuple[float, int, LogitsOf]]:
    def write(model: hw.Transformer, path: Path) -> tuple[float, int, LogitsOf]:
        seconds = timed(lambda: hw.export.huggingface(model, path, architecture, check=False))
        from transformers import AutoModelForTokenClassification

        run = of_module(AutoModelForTokenClassification.from_pretrained(path).eval())
        scale = 1.0 if model.outputs is None else SCALE
        # Ids are one higher, for padding.
        size = sum(p.stat().st_size for p in path.iterdir())
        return seconds, size, lambda ids, mask: run(np.where(mask > 0, ids + 1, 0), mask) / scale

    return write


TARGETS = {
    "ONNX Runtime": (onnx, PROGRAMS, False),
    "PyTorch": (pytorch, PROGRAMS, False),
    "TransformerLens": (lens, PROGRAMS, False),
    "HF mobilebert": (hugging_face("mobilebert"), PROGRAMS, False),
    "HF bert": (hugging_face("bert"), PROGRAMS, False),
    "HF roberta-prelayernorm": (hugging_face("roberta-prelayernorm"), PROGRAMS, False),
    "HF gpt2 (causal)": (hugging_face("gpt2"), CAUSAL, True),
}


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def targets() -> Table:
    """One row a target, over some library programs at their default length.

    The worst error of a logit, and the worst relative to the greatest logit of its model.
    """
    table = Table("target", "file size", "export", "logit error", "of greatest", "wrong of total", title="Exports")
    models = {(n, c): compiled(n, c) for _, names, c in TARGETS.values() for n in names}
    for target, (write, names, causal) in TARGETS.items():
        with tempfile.TemporaryDirectory() as folder:
            found = [measured(write, models[n, causal], n, Path(folder) / n) for n in names]
        sizes, seconds, errors, relative, wrong, total = zip(*found, strict=True)
        table.add_row(
            target,
            f"{min(sizes) / 1e3:,.0f} - {max(sizes) / 1e3:,.0f} kB",
            f"{np.median(seconds) * 1e3:.0f} ms",
            f"{max(errors):.1e}",
            f"{max(relative):.1e}",
            f"{sum(wrong)} of {sum(total):,}",
        )
    return table


def compiled(name: str, causal: bool) -> hw.Transformer:
    program = LIBRARY[name]
    return hw.compile(program(), program.vocab, program.max_len, causal=causal)


def measured(write: Any, model: hw.Transformer, name: str, path: Path) -> tuple[int, float, float, float, int, int]:
    """(bytes, seconds, worst error of a logit against ours, the same by the greatest logit, wrong inputs, inputs)."""
    seconds, size, run = write(model, path)
    program, rng = LIBRARY[name], random.Random(1)
    inputs = [list(program.sample(rng, program.max_len)) for _ in range(40)]
    inputs += [rng.choices(program.vocab, k=program.max_len) for _ in range(10)]
    rows = [model.encode(x) for x in inputs]
    logits = run(*padded(rows))
    wanted = program().batch(inputs, causal=model.causal, errors="keep")
    worst, greatest, wrong = 0.0, 0.0, 0
    for x, want, row, got in zip(inputs, wanted, rows, logits, strict=True):
        own = got[1 : 1 + len(row)]
        ours = model.logits(x)
        worst = max(worst, float(np.abs(own - ours).max(initial=0)))
        greatest = max(greatest, float(np.abs(ours).max(initial=0)))
        near = [
            isinstance(a, hw.Failure) or a == b or (model.outputs is None and abs(a - b) <= model.tolerance)
            for a, b in zip(want, model.decode(own), strict=True)
        ]
        wrong += not all(near)
    return size, seconds, worst, worst / greatest, wrong, len(inputs)


# The sink: a head in which BOS takes nearly all of the attention, and what is left is scaled up.


def kernels() -> Iterator[tuple[str, Callable[[Any, Any, Any], Any]]]:
    """(name, attention) of q, k, v: (positions, d); scores are to be divided by sqrt(4)."""

    def numpy(q: Any, k: Any, v: Any) -> Any:
        p = np.exp(q @ k.T / np.float32(2) - (q @ k.T / np.float32(2)).max(axis=1, keepdims=True))
        return p @ v / p.sum(axis=1, keepdims=True)

    yield "NumPy", numpy
    import onnxruntime
    import torch
    import torch.nn.functional as f
    from onnx import TensorProto, helper
    from torch.nn.attention import SDPBackend, sdpa_kernel

    def tensors(*arrays: Any) -> list[Any]:
        return [torch.from_numpy(x)[None, None] for x in arrays]

    def eager(q: Any, k: Any, v: Any) -> Any:
        q, k, v = tensors(q, k, v)
        return ((q @ k.transpose(2, 3) * 0.5).softmax(-1) @ v)[0, 0].numpy()

    def sdpa(backend: Any) -> Any:
        def run(q: Any, k: Any, v: Any) -> Any:
            with sdpa_kernel(backend):
                return f.scaled_dot_product_attention(*tensors(q, k, v))[0, 0].numpy()

        return run

    yield "PyTorch, eager", eager
    yield "PyTorch, SDPA math", sdpa(SDPBackend.MATH)
    yield "PyTorch, SDPA flash", sdpa(SDPBackend.FLASH_ATTENTION)

    def session(nodes: list[Any]) -> Any:
        shape = ["one", "n", 4]
        inputs = [helper.make_tensor_value_info(x, TensorProto.FLOAT, shape) for x in "qkv"]
        outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)]
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(helper.make_graph(nodes, "g", inputs, outputs), opset_imports=opsets, ir_version=8)
        made = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return lambda q, k, v: made.run(None, {"q": q[None], "k": k[None], "v": v[None]})[0][0]

    half = helper.make_node("Constant", [], ["half"], value_float=0.5)
    yield (
        "ONNX Runtime, Softmax",
        session(
            [
                half,
                helper.make_node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
                helper.make_node("MatMul", ["q", "kt"], ["s"]),
                helper.make_node("Mul", ["s", "half"], ["t"]),
                helper.make_node("Softmax", ["t"], ["p"], axis=2),
                helper.make_node("MatMul", ["p", "v"], ["out"]),
            ]
        ),
    )
    fused = helper.make_node("MultiHeadAttention", ["q", "k", "v"], ["out"], domain="com.microsoft", num_heads=1)
    yield "ONNX Runtime, MultiHeadAttention", session([fused])


def counting(n: int) -> tuple[Any, Any, Any]:
    """q, k, v of a head that counts n tokens, BOS first; the sink's score is 27.001968 once divided by 2."""
    q, k, v = (np.zeros((n + 1, 4), np.float32) for _ in range(3))
    q[:, 0], k[0, 0], v[1:, 0] = 2, SINK, 1
    return q, k, v


def sinks() -> Table:
    table = Table("attention", *(f"{n:,} tokens" for n in LENGTHS), title="Error of a count in a sink head")
    scale = np.exp(np.float32(SINK))
    for name, attend in kernels():
        errors = [np.abs(attend(*counting(n))[:, 0] * scale - n).max() for n in LENGTHS]
        table.add_row(name, *(f"{e:.1e}" for e in errors))
    return table


def tables() -> list[Table]:
    """What `python -m bench` prints of exports."""
    return [targets(), sinks()]
