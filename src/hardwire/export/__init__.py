"""Compiled models in other tools: one function per tool, whose packages are imported only by that function.

A `Transformer` comes in; a directory, a file or another tool's model goes out, after it was run there and compared with
the program. Start with `host.py`: a model in the layout of other architectures.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from os import PathLike
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..errors import BuildError
from ..lang.arguments import checked_options
from ..lang.text import constant

if TYPE_CHECKING:
    from ..model.torch_model import TorchTransformer as Module
    from ..model.transformer import Transformer
    from ..model.weights import Floats
    from .comparison import Check
    from .lens_bridge import Hooks
    from .parts import Edge
    from .report import Exported

__all__ = ["circuit", "edges", "hooks", "huggingface", "numpy", "onnx", "torch", "transformer_lens"]


_STOCK = ("bert", "gpt2", "llama", "mobilebert")


class _Targets(ModuleType):
    """This package, which says what to write where it is called."""

    def __call__(self, *_: object, **__: object) -> None:
        raise BuildError(f"hw.export is not called by itself: a tool is a function of it.\n  {_usage()}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        hint = f"Write hw.export.huggingface(model, directory, {name!r})." if name in _STOCK else _usage()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}\n  {hint}")


sys.modules[__name__].__class__ = _Targets


def _usage() -> str:
    """How the functions of this package are called."""
    return (
        "Write hw.export.huggingface(model, directory), .onnx(model, file), .torch(model), .transformer_lens(model), "
        ".numpy(model) or .circuit(model)."
    )


def huggingface(
    model: Transformer, directory: str | PathLike[str], architecture: str = "auto", *, check: Check = True
) -> Exported:
    """Write a directory that `transformers` loads as a stock model, with tokenizer and model card.

    architecture: "mobilebert" (the default, without norms), "bert", "roberta-prelayernorm"; for causal models "gpt2"
    (the default, which labels each token), "gpt2-lm" and "llama" (language models, for `generate`). Neither torch nor
    transformers is needed; if they are installed the directory is loaded and compared with the program, unless
    `check` is False. As a mapping, `check` gives options of `hardwire.verify`.

    Raises ExportError, MissingExtraError, UnknownNameError, OSError.
    """
    from .hf import huggingface

    return huggingface(_checked(model, check=check), directory, architecture, check=check)


@checked_options
def onnx(model: Transformer, file: str | PathLike[str], *, cache: bool = False, check: Check = True) -> Exported:
    """Write an ONNX file: inputs `input_ids` and `attention_mask`, output `logits`, attention on request.

    With `cache`, a causal model has keys and values of earlier tokens as inputs `past_key_values.K.key` and `.value`
    for each layer K with heads, and as outputs `present.K.key` and `.value`: each step then computes one token.
    If onnxruntime is installed the file is compared with the program, with and without optimisations.

    Raises ExportError, MissingExtraError, OSError.
    """
    from .onnx_graph import onnx

    return onnx(_checked(model, check=check), file, cache=cache, check=check)


def torch(model: Transformer, file: str | PathLike[str] | None = None, *, check: Check = True) -> Module | Exported:
    """Return the model as a `torch.nn.Module`; with `file`, write file.py and file.safetensors without hardwire.

    Raises ExportError, MissingExtraError, OSError.
    """
    from .torch_file import torch_file, torch_module

    _checked(model, check=check)
    return torch_module(model, check=check) if file is None else torch_file(model, file, check=check)


def transformer_lens(model: Transformer, file: str | PathLike[str] | None = None, *, check: Check = True) -> Any:
    """Return the model as a `TransformerBridge` of TransformerLens 4; with `file`, write file.py and file.safetensors.

    Call it with ids, 0 for BOS and then the tokens in the order of the vocabulary (`[0, *model.encode(x)]`), and with
    an attention_mask if there is padding. `hooks(model)` lists the content of each hook.

    Raises ExportError, MissingExtraError, OSError.
    """
    from .lens_bridge import lens_bridge, lens_file

    _checked(model, check=check)
    return lens_bridge(model, check=check) if file is None else lens_file(model, file, check=check)


def hooks(model: Transformer) -> Hooks:
    """Return the expressions of the circuit at each TransformerLens hook, by name.

    The index is the head for `hook_pattern` and `hook_z`, the neurons for `hook_post`, the direction for residuals.
    """
    from .lens_bridge import hooks

    return hooks(_checked(model))


def numpy(model: Transformer, file: str | PathLike[str] | None = None) -> dict[str, Floats]:
    """Return the weights as NumPy arrays by name: embed, positions, unembed, layers.0.w_in, layers.0.heads.0.w_q, ...

    With `file` they are also written there, as an .npz without pickle. Row 0 of embed and positions is BOS; attention
    is softmax(x w_q (x w_k)^T) x w_v w_o, neurons are relu(x w_in + b_in) w_out, and both add to x.

    Raises ExportError, OSError.
    """
    from .arrays import arrays

    return arrays(_checked(model), file)


def circuit(model: Transformer, form: str | None = None, file: str | PathLike[str] | None = None) -> str:
    """Return the parts of the model and the edges between them, as text for "mermaid", "graphviz" or "json".

    "json" has everything that is known of the circuit, by the layers and hooks of TransformerLens, in the form of
    docs/circuit.schema.json; every export brings it along. With `file` it is also written there; its extension decides
    the default form (.mmd, .dot, .gv, .json).
    Raises ExportError, UnknownNameError, OSError.
    """
    from .circuit_text import circuit_text

    return circuit_text(_checked(model), form, file)


def edges(model: Transformer) -> list[Edge]:
    """Return which part feeds which, by name: ("tokens", "layer 1 head 0"), ("layer 1 head 0", "output"), ...

    Parts are the token and position embeddings, heads, groups of neurons, and the output; one feeds another if it
    writes a residual direction that the other reads. Raises ExportError.
    """
    from .parts import edges

    return edges(_checked(model))


def _checked(model: Any, *, check: Check = True) -> Transformer:
    """A model. Raises BuildError for anything else, and for a check that is neither a flag nor options."""
    from ..model.transformer import Transformer

    if not isinstance(model, Transformer):
        raise BuildError(f"an export takes a model, not {constant(model)}; hw.compile makes one", value=model)
    if not isinstance(check, (bool, Mapping)):
        raise BuildError(f"check is True, False or options of verify, not {constant(check)}", value=check)
    return model
