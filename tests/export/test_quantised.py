"""Exports in int8: wherever a tool converts the weights, no answer comes out, and none is wrong without notice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import compiled, needs

import hardwire as hw
from hardwire.export.comparison import padded

pytestmark = pytest.mark.filterwarnings("ignore")  # the tools' own, about what they deprecate

SOME = ["flip", "histogram", "sort", "dyck", "caesar"]


def inputs(name: str) -> tuple[Any, Any]:
    """(ids, mask) of some inputs."""
    program, model = hw.programs.get(name), compiled(name)
    vocab = list(program.vocab)
    return padded([model.encode(x) for x in (program.example, vocab[:1], vocab[:2] * 5, vocab[:4])])


def answered(run: Any) -> bool:
    """Whether a number comes out; a tool may find out itself that the activations are not finite."""
    try:
        return bool(np.isfinite(np.asarray(run())).any())
    except RuntimeError as error:
        if "ChooseQuantizationParams" not in str(error):
            raise
        return False


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("architecture", ["mobilebert", "bert", "roberta-prelayernorm"])
def test_dynamic_int8_of_transformers(architecture: str, name: str, tmp_path: Path) -> None:
    needs("transformers", "hf")
    import torch
    from torch.ao.quantization import default_dynamic_qconfig, per_channel_dynamic_qconfig, quantize_dynamic
    from transformers import AutoModelForTokenClassification

    hw.export.huggingface(compiled(name), tmp_path / "x", architecture, check=False)
    stock = AutoModelForTokenClassification.from_pretrained(tmp_path / "x").eval()
    ids, mask = inputs(name)
    given = {
        "input_ids": torch.from_numpy(np.where(mask, np.where(ids == 0, 0, ids + 1), 1)),  # 0 BOS, 1 padding
        "attention_mask": torch.from_numpy(mask),
    }
    with torch.no_grad():
        assert answered(lambda: stock(**given).logits)
        for how in (default_dynamic_qconfig, per_channel_dynamic_qconfig):
            int8 = quantize_dynamic(stock, {torch.nn.Linear: how}, dtype=torch.qint8)
            assert not answered(lambda: int8(**given).logits)  # noqa: B023


@pytest.mark.parametrize("name", SOME)
def test_dynamic_int8_of_onnx_runtime(name: str, tmp_path: Path) -> None:
    needs("onnxruntime", "onnx")
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    hw.export.onnx(compiled(name), tmp_path / "x.onnx", check=False)
    ids, mask = inputs(name)

    def run(path: Path) -> Any:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        return session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]

    assert answered(lambda: run(tmp_path / "x.onnx"))
    for kind in (QuantType.QInt8, QuantType.QUInt8):
        for narrow in (False, True):
            quantize_dynamic(tmp_path / "x.onnx", tmp_path / "q.onnx", weight_type=kind, reduce_range=narrow)
            assert not answered(lambda: run(tmp_path / "q.onnx"))


def test_a_bridge_refuses_and_a_module_has_nothing_to_convert() -> None:
    needs("transformer_lens", "lens")
    import torch
    from torch.ao.quantization import quantize_dynamic

    model = compiled("flip")
    ids = torch.from_numpy(inputs("flip")[0])
    bridge = quantize_dynamic(hw.export.transformer_lens(model, check=False), {torch.nn.Linear}, dtype=torch.qint8)
    with pytest.raises(ValueError, match="wrong after quantisation"):
        bridge(ids)
    module = hw.export.torch(model, check=False)
    assert torch.equal(quantize_dynamic(module, {torch.nn.Linear}, dtype=torch.qint8)(ids), module(ids))
