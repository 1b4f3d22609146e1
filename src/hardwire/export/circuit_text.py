"""The circuit of a model as text that Graphviz or Mermaid draws."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from ..errors import UnknownNameError
from ..model.files import whole, write
from ..model.transformer import Transformer
from .parts import ModelPart, edges, parts

FORMS = {".dot": "graphviz", ".gv": "graphviz", ".mmd": "mermaid", ".mermaid": "mermaid"}
"""The form that the name of a file asks for."""
LONGEST = 48


def circuit_text(model: Transformer, form: str | None = None, file: str | PathLike[str] | None = None) -> str:
    """See `hardwire.export.circuit`."""
    draw = {"mermaid": _mermaid, "graphviz": _graphviz}
    form = form or FORMS.get(Path(file or "").suffix, "mermaid")
    if form not in draw:
        raise UnknownNameError("form", form, draw, f"There are {' and '.join(draw)}.")
    text = draw[form](model)
    if file is not None:
        with whole(file) as temporary:
            write(temporary, text)
    return text


def _lines(part: ModelPart) -> list[str]:
    """What stands in the node of a part."""
    if part.name in ("tokens", "positions", "output"):
        return [part.name]
    expression = part.expression if len(part.expression) <= LONGEST else part.expression[: LONGEST - 1] + "…"
    return [part.name, expression, *([part.how] if part.how else [])]


def _ids(model: Transformer) -> dict[str, str]:
    return {part.name: f"p{i}" for i, part in enumerate(parts(model))}


def _mermaid(model: Transformer) -> str:
    ids = _ids(model)
    lines = ["flowchart LR"]
    for part in parts(model):
        text = "<br/>".join(_escaped(line) for line in _lines(part))
        left, right = ("([", "])") if part.index is None else ("[", "]")
        lines.append(f'    {ids[part.name]}{left}"{text}"{right}')
    lines += [f"    {ids[a]} --> {ids[b]}" for a, b in edges(model)]
    return "\n".join(lines) + "\n"


def _escaped(line: str) -> str:
    """Mermaid reads labels as HTML, and names characters with # where HTML has &."""
    codes = {c: f"#{ord(c)};" for c in '"#<>&;`'}
    return "".join(codes.get(c, c) for c in line)


def _graphviz(model: Transformer) -> str:
    ids = _ids(model)
    lines = ["digraph circuit {", "    rankdir=LR; node [shape=box, fontname=Helvetica];"]
    for stage in sorted({part.stage for part in parts(model)}):
        here = [part for part in parts(model) if part.stage == stage]
        nodes = [
            f"{ids[p.name]} [label={_quoted(_lines(p))}{'' if p.index is not None else ', shape=oval'}];" for p in here
        ]
        lines.append(f"    {{ rank=same; {' '.join(nodes)} }}")
    lines += [f"    {ids[a]} -> {ids[b]};" for a, b in edges(model)]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(lines: list[str]) -> str:
    return '"' + "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'
