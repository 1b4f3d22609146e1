"""The files that the playground hands out: the model for other tools, its live page, its picture."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from .. import export
from ..draw import draw
from ..errors import UnknownNameError
from ..live import Explorer
from ..model.transformer import Transformer

TARGETS = {
    "page": "Live page (.html)",
    "picture": "Picture (.svg)",
    "model": "Model (.safetensors)",
    "torch": "PyTorch",
    "onnx": "ONNX",
    "hf": "Hugging Face",
    "lens": "TransformerLens",
    "numpy": "NumPy (.npz)",
    "circuit": "Circuit (Mermaid)",
}
"""What can be handed out, as the page names it."""


def exported(explorer: Explorer, model: Transformer, target: str, name: str) -> tuple[str, bytes]:
    """Return the name and the content of the file for a target; several files become one archive.

    The other tools are not started to compare the answers, which would exceed the limits of the playground.
    Raises ExportError, MissingExtraError, ModelFileError, UnknownNameError.
    """
    with TemporaryDirectory() as folder:
        made = Path(folder) / name
        made.mkdir()
        match target:
            case "page":
                explorer.save(made / f"{name}.html")
            case "picture":
                draw(model, explorer.input).save(made / f"{name}.svg")
            case "model":
                model.save(made / f"{name}.safetensors")
            case "torch":
                export.torch(model, made / f"{name}.py", check=False)
            case "onnx":
                export.onnx(model, made / f"{name}.onnx", check=False)
            case "hf":
                export.huggingface(model, made / name, check=False)
            case "lens":
                export.transformer_lens(model, made / f"{name}.py", check=False)
            case "numpy":
                export.numpy(model, made / f"{name}.npz")
            case "circuit":
                export.circuit(model, file=made / f"{name}.mmd")
            case _:
                raise UnknownNameError("export", target, TARGETS)
        files = sorted(path for path in made.rglob("*") if path.is_file())
        if len(files) == 1:
            return files[0].name, files[0].read_bytes()
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.relative_to(made))
        return f"{name}.zip", data.getvalue()
