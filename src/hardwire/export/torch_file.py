"""PyTorch: the module of `model/torch_model.py` with a model's weights, in memory or as a self-contained file."""

from __future__ import annotations

from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingExtraError
from ..model.transformer import Transformer
from ..model.weights import Floats, Layer, Norm
from .code import literal, quoted, title, write_code
from .comparison import Check, Ints, answering, checked
from .host import stack
from .report import Exported, certificate, length, precision

if TYPE_CHECKING:
    from ..model.torch_model import TorchTransformer as Module

TARGET = "PyTorch"


def torch_module(model: Transformer, *, check: Check = True) -> Module:
    """See `hardwire.export.torch`."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError("A PyTorch module", "torch") from None
    from ..model.torch_model import TorchTransformer as Module

    module: Module = Module(**_shape(model))
    module.to(getattr(torch, model.dtype)).eval()
    module.load_state_dict({name: torch.from_numpy(x) for name, x in tensors(model).items()})
    module.requires_grad_(False)
    module.verification = checked(model, TARGET, answering(model, runner(module)), check)
    return module


def runner(module: Any) -> Any:
    """Return a module as a function of arrays."""
    import torch

    def run(ids: Ints, mask: Ints) -> Floats:
        with torch.no_grad():
            logits: Floats = module(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
        return logits

    return run


def _shape(model: Transformer) -> dict[str, Any]:
    """The arguments of the module; of options, only those that are in use."""
    shape: dict[str, Any] = {
        "d_model": model.d_model,
        "tokens": len(model.vocab),
        "outputs": model.unembed.shape[1],
        "layers": [_layer(layer) for layer in model.layers],
        "max_len": model.max_len,
        "causal": model.causal,
        "positions": model.positions is not None,
    }
    return shape if model.final_norm is None else shape | {"final_norm": _norm(model.final_norm)}


def _layer(layer: Layer) -> dict[str, Any]:
    s, heads = stack(layer), layer.heads
    shape: dict[str, Any] = {"heads": len(heads), "d_qk": s.q.shape[2], "d_v": s.v.shape[2], "d_ff": layer.d_ff}
    if layer.activation != "relu":
        shape["activation"] = layer.activation
    if layer.norms:
        shape["norms"] = {place: _norm(norm) for place, norm in layer.norms.items()}
    if any(h.kind != "softmax" for h in heads):
        shape["kinds"] = [h.kind for h in heads]
    if any(h.sees != "all" for h in heads):
        shape["sees"] = [h.sees for h in heads]
    return shape | {name: True for name, x in (("rotary", s.rotary), ("sloped", s.slope)) if x.any()}


def _norm(norm: Norm) -> dict[str, Any]:
    return {"kind": norm.kind, "eps": norm.eps} | ({} if norm.project is None else {"projected": True})


def tensors(model: Transformer) -> dict[str, Floats]:
    """Return the weights by their names in the module."""
    out = {"embed": model.embed, "unembed": model.unembed} | _norm_tensors("final_norm", model.final_norm)
    if model.positions is not None:
        out["positions"] = model.positions
    for i, layer in enumerate(model.layers):
        s = stack(layer)
        named = {"w_q": s.q, "w_k": s.k, "w_v": s.v, "w_o": s.o, "w_in": layer.w_in, "b_in": layer.b_in}
        named |= {"w_out": layer.w_out}
        if layer.w_gate is not None and layer.b_gate is not None:
            named |= {"w_gate": layer.w_gate, "b_gate": layer.b_gate}
        named |= {name: x for name, x in (("rotary", s.rotary), ("slope", s.slope)) if x.any()}
        for place, norm in layer.norms.items():
            named |= _norm_tensors(f"norms.{place}", norm)
        out |= {f"layers.{i}.{name}": x for name, x in named.items()}
    # Copies, since torch shares memory; in C order, since safetensors writes the memory of an array as it is.
    return {name: np.array(x, order="C") for name, x in out.items()}


def _norm_tensors(name: str, norm: Norm | None) -> dict[str, Floats]:
    if norm is None:
        return {}
    project = {} if norm.project is None else {f"{name}.project": norm.project}
    return {f"{name}.gain": norm.gain, f"{name}.bias": norm.bias} | project


def torch_file(model: Transformer, file: str | PathLike[str], *, check: Check = True) -> Exported:
    """See `hardwire.export.torch`."""
    note = "{0}.load() is the module, {0}.answer(module, tokens) its answers; or: python {0}.py TOKEN TOKEN ..."
    code = partial(source, model)
    return write_code(
        model, file, code, tensors(model), target=TARGET, runner=runner, check=check, extra="torch", note=note
    )


def source(model: Transformer, weights: str) -> str:
    """The text of the file: the code of `model/torch_model.py`, with the data of this model. Raises ExportError."""
    written = (Path(__file__).parents[1] / "model" / "torch_model.py").read_text("utf-8")
    _, _, code = written.partition('"""\n\nfrom __future__ import annotations\n')
    explained = written[: len(written) - len(code)].partition("\n\n")[2].partition('"""')[0]
    return _FILE.format(
        title=title(model),
        explained=explained.strip(),
        certificate=quoted(certificate(model)),
        rules=f"{length(model)} {precision(model)}",
        vocab=literal(model.vocab),
        outputs=literal(model.outputs),
        weights=weights,
        dtype=model.dtype,
        shape=", ".join(f"{name}={x!r}" for name, x in _shape(model).items()),
        code=code.strip().replace(
            "import torch\n",
            "import sys\nfrom pathlib import Path\n\nimport torch\nfrom safetensors.torch import load_file\n",
            1,
        ),
        answer="out.argmax(-1).tolist()" if model.outputs else "out[:, 0].tolist()",
        decoded="[OUTPUTS[i] for i in found]"
        if model.outputs
        else "list(map(round, found))"
        if model.whole
        else "found",
    )


_FILE = '''"""A transformer that computes
{title}

{explained}

{certificate}
{rules}
"""

from __future__ import annotations

{code}


VOCABULARY = {vocab}
OUTPUTS = {outputs}


def load() -> TorchTransformer:
    """Return the model with its weights, from the file next to this one."""
    model = TorchTransformer({shape}).to(torch.{dtype})
    model.load_state_dict(load_file(Path(__file__).with_name("{weights}")))
    return model.requires_grad_(False).eval()


def encode(tokens) -> Tensor:
    """Return one input as ids, (1, 1 + n). Raises ValueError for a token that is not in the vocabulary."""
    return torch.tensor([[0, *(1 + VOCABULARY.index(t) for t in tokens)]])


def answer(model: TorchTransformer, tokens) -> list:
    """Return the answer of the model, one value per token."""
    out = model(encode(tokens))[0, 1:]
    found = {answer}
    return {decoded}


if __name__ == "__main__":
    names = {{str(v): v for v in VOCABULARY}}
    given = sys.argv[1:] if len(sys.argv) > 2 else list("".join(sys.argv[1:]))
    print(answer(load(), [names[t] for t in given]))
'''
