"""The circuit of a model as text for Graphviz or Mermaid, or as JSON."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from ..errors import ExportError, UnknownNameError
from ..model.circuit_json import circuit_json
from ..model.files import whole, write
from ..model.transformer import Transformer
from .parts import ModelPart, edges, parts

FORMS = {".json": "json", ".dot": "graphviz", ".gv": "graphviz", ".mmd": "mermaid", ".mermaid": "mermaid"}
"""The form for each extension of a file's name."""
LONGEST = 48


def circuit_text(model: Transformer, form: str | None = None, file: str | PathLike[str] | None = None) -> str:
    """See `hardwire.export.circuit`."""
    draw = {"mermaid": _mermaid, "graphviz": _graphviz, "json": circuit_json}
    suffix = Path(file or "").suffix
    unknown = form is None and file is not None and suffix not in FORMS
    form = form or FORMS.get(suffix, "mermaid")
    if form not in draw:
        raise UnknownNameError("form", form, draw, f"There are {', '.join(draw)}.")
    text = draw[form](model)
    if unknown:
        known = ", ".join(FORMS)
        raise ExportError(f"a circuit is saved as {known}, not as {file}; with a form ({', '.join(draw)}) as any file")
    if file is not None:
        with whole(file) as temporary:
            write(temporary, text)
    return text


def _lines(part: ModelPart) -> list[str]:
    """Return the text in the node of a part."""
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
    """Escape a label: Mermaid reads labels as HTML, with # in place of & in character entities."""
    codes = {c: f"#{ord(c)};" for c in '"#<>&;`'}
    return "".join(codes.get(c, c) for c in line)


def _graphviz(model: Transformer) -> str:
    ids = _ids(model)
    lines = ["digraph circuit {", "    rankdir=LR; node [shape=box, fontname=Helvetica];"]
    for slot in sorted({part.slot for part in parts(model)}):
        here = [part for part in parts(model) if part.slot == slot]
        nodes = [
            f"{ids[p.name]} [label={_quoted(_lines(p))}{'' if p.index is not None else ', shape=oval'}];" for p in here
        ]
        lines.append(f"    {{ rank=same; {' '.join(nodes)} }}")
    lines += [f"    {ids[a]} -> {ids[b]};" for a, b in edges(model)]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(lines: list[str]) -> str:
    return '"' + "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'
