"""The documentation site, for Sphinx (`make docs`): the pages of this folder, and a reference made from the docstrings
of all public names.
"""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
import sys
import types
from pathlib import Path, PurePosixPath
from typing import Any

import hardwire as hw

sys.path.insert(0, str(Path(__file__).parent))

import live_pages

DOCS = Path(__file__).parent
ROOT = DOCS.parent

project = "hardwire"
copyright = "the authors of hardwire"
version = release = hw.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
exclude_patterns = ["**/*.py"]
root_doc = "index"
nitpicky = False  # types of other packages have no pages here

html_theme = "furo"
html_title = "hardwire"
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {
    "navigation_with_keys": True,
    # the colours of the live pages (web/src/style.css)
    "light_css_variables": {
        "color-brand-primary": "#22457f",
        "color-brand-content": "#2460a7",
        "color-foreground-primary": "#1b1f24",
        "color-background-secondary": "#f7f8fa",
    },
    "dark_css_variables": {
        "color-brand-primary": "#8cc0ff",
        "color-brand-content": "#8cc0ff",
        "color-foreground-primary": "#e8edf2",
        "color-background-primary": "#0f1318",
        "color-background-secondary": "#171c23",
    },
}

myst_heading_anchors = 4
default_role = "code"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = True
autodoc_default_options = {"members": True, "inherited-members": "HardwireError,str,tuple,Mapping,Sequence,Exception"}
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True

# The pages, by chapter. Pages that are in no chapter make Sphinx fail.

CHAPTERS = {
    "": ["tutorial"],
    "Guides": [
        "howto",
        "language",
        "pictures",
        "explore",
        "play",
        "exactness",
        "attacks",
        "campaign",
        "interventions",
        "soft",
        "generation",
        "exports",
        "datasets",
        "puzzles",
        "limits",
        "costs",
        "errors",
    ],
    "Moving here": ["departures", "rasp", "tracr", "comparison", "side_by_side"],
    "Cookbook and gallery": ["cookbook", "gallery/README", "live"],
    "Reference": [],
    "Project": ["developing"],
}

LANGUAGE = """SOp tokens indices length identity raw where switch minimum maximum
Selector select full before after same_token aggregate Key key Query query
Result Failure Trace example set_example"""
MODELS = """compile Transformer certify verify Verification longest optimize Optimized load ModelTrace
radius interchange Interchange"""
GENERATION = "generate certify_text verify_text TextCertificate TextVerification"


def is_error(x: object) -> bool:
    """Whether a value is an exception or a warning of hardwire."""
    return isinstance(x, type) and issubclass(x, hw.errors.HardwireError | hw.errors.ProgramWarning)


ERRORS = [name for name, x in vars(hw.errors).items() if is_error(x)]

REFERENCE: dict[str, tuple[str, dict[str, list[str]]]] = {
    "language": ("The language", {"hardwire": LANGUAGE.split()}),
    "models": ("Models and proofs", {"hardwire": MODELS.split(), "hardwire.model.certificate": ["Certificate"]}),
    "generation": ("Generation", {"hardwire": GENERATION.split(), "hardwire.writers": hw.writers.__all__}),
    "draw": ("Pictures and live pages", {"hardwire": ["draw", "Drawing", "explore", "Explorer"]}),
    "programs": ("The library", {"hardwire.programs": hw.programs.__all__}),
    "puzzles": ("Puzzles", {"hardwire.puzzles": hw.puzzles.__all__}),
    "export": ("Exports", {"hardwire.export": hw.export.__all__}),
    "datasets": (
        "Data sets and circuit discovery",
        {"hardwire.datasets": hw.datasets.__all__, "hardwire.discovery": hw.discovery.__all__},
    ),
    "recipes": ("Recipes of the Cookbook", {"hardwire.recipes": hw.recipes.__all__}),
    "dialects": ("RASP and Tracr", {"hardwire.rasp": hw.rasp.__all__, "hardwire.tracr": ["to_hardwire"]}),
    "campaign": ("Campaigns", {"hardwire.campaign": hw.campaign.__all__}),
    "errors": ("Exceptions", {"hardwire.errors": ERRORS}),
}
"""The pages of the reference: the title, and the public names of each module."""

CHAPTERS["Reference"] = [f"api/{name}" for name in REFERENCE]


def reference(title: str, modules: dict[str, list[str]]) -> str:
    """Return a page of the reference."""
    lines = [title, "=" * len(title)]
    for module, names in modules.items():
        for name in names:
            lines += ["", *described(module, name)]
    return "\n".join(lines) + "\n"


def described(module: str, name: str) -> list[str]:
    """Return the entry of a public name. Values and programs have no docstring of their own that Sphinx could find."""
    found = getattr(importlib.import_module(module), name)
    if isinstance(found, types.ModuleType):
        return [f".. automodule:: {found.__name__}", "   :no-members:"]
    if isinstance(found, hw.programs.Program):
        signature, text = f"{name}{inspect.signature(found.build)}", inspect.getdoc(found.build) or ""
        picture = [f".. image:: /gallery/program_{name}.svg", f"   :alt: {name} on {found.example!r}"]
        return entry("function", f"{module}.{signature}", [*text.split("\n"), "", *picture])
    if isinstance(found, type):
        return [f".. autoclass:: {module}.{name}"]
    if inspect.isroutine(found):
        return [f".. autofunction:: {module}.{name}"]
    return entry("data", f"{module}.{name}", attribute_docs(name, found))


def attribute_docs(name: str, value: Any) -> list[str]:
    """Return the docstring below the assignment of a public value, in the module that assigns it."""
    from sphinx.pycode import ModuleAnalyzer

    for module, loaded in list(sys.modules.items()):
        if module.startswith("hardwire.") and vars(loaded).get(name) is value:
            docs = ModuleAnalyzer.for_module(module).find_attr_docs()
            if ("", name) in docs:
                return docs["", name]
    raise ValueError(f"{name} has no docstring")


def entry(kind: str, signature: str, text: list[str]) -> list[str]:
    return [f".. py:{kind}:: {signature}", "", *(f"   {line}" for line in escaped(text))]


def escaped(lines: list[str]) -> list[str]:
    """Return a docstring with the characters escaped that are markup for Sphinx and are none in our docstrings."""
    result, code, field = [], False, False
    for line in lines:
        field = bool(FIELD.match(line)) or (field and bool(line.strip()))
        code = line.lstrip().startswith((">>>", "...")) or (code and bool(line.strip()))
        if code:
            result.append(line)
            continue
        parts = re.split(r"(`[^`]*`)", line)
        parts[::2] = [re.sub(r"([*|\\]|\b_|_\b)", r"\\\1", p) for p in parts[::2]]
        text = FIELD.sub(r":\1:", "".join(parts))
        result.append(f"    {text}" if field and not text.startswith((":", " ")) else text)
    return result


FIELD = re.compile(r"^(Formula|Shapes|Ranges|Bound|Exact|Proved|Source|Cost):")
"""The facts that every recipe and complete model states become a list."""


def docstring(app: Any, what: str, name: str, found: Any, options: Any, lines: list[str]) -> None:
    lines[:] = escaped(lines)


# Links that leave this folder lead to copies on the site.

PICTURE = re.compile(r"^!\[[^]]*\]\((?:gallery/|cookbook/)?((?:program_|model-)\w+)\.svg\)$", re.MULTILINE)
"""A picture of a library program or a complete model, alone on its line."""
FIRST = re.compile(r"^!\[The program flip:.*\)$", re.MULTILINE)
"""The picture of the start page."""
LINK = re.compile(r"\[([^]]*)\]\(((?:\.\./)+)([^)#]+)(#[^)]*)?\)")


def pages_outside() -> list[Path]:
    """The files outside of this folder that pages link to."""
    found = set[Path]()
    for page in DOCS.rglob("*.md"):
        for _, up, target, _ in LINK.findall(page.read_text("utf-8")):
            path = (page.parent / up / target).resolve()
            if not path.is_relative_to(DOCS) and path.is_file():
                found.add(path)
    return sorted(found)


def read(app: Any, name: str, source: list[str]) -> None:
    """Point links that leave this folder to the copies; add the list of live pages, links from pictures to live pages,
    and to the start page a live page and its table of contents."""
    up = "../" * (len(PurePosixPath(name).parts) - 1)
    source[0] = LINK.sub(lambda m: f'<a href="{up}files/{m[3]}">{m[1]}</a>', source[0])
    if name != root_doc:
        source[0] = PICTURE.sub(
            lambda m: f'{m[0]}\n\n<a href="{up}live/{live_pages.file(m[1])}.html">Live page</a>', source[0]
        )
        if name == "live":
            source[0] += live_pages.listing()
    else:
        source[0] = FIRST.sub(lambda m: live_pages.first_screen(m[0]), source[0], count=1)
        for chapter, pages in CHAPTERS.items():
            caption = [f":caption: {chapter}"] if chapter else []
            source[0] += "\n".join(["", "```{toctree}", ":hidden:", *caption, "", *pages, "```", ""])


def write(app: Any) -> None:
    """Write the pages of the reference into the folder `api`."""
    folder = DOCS / "api"
    folder.mkdir(exist_ok=True)
    for name, (title, modules) in REFERENCE.items():
        page, text = folder / f"{name}.rst", reference(title, modules)
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")


def copy(app: Any, error: Exception | None) -> None:
    """Copy what pages link to outside of this folder, and write the live pages."""
    if error is None:
        live_pages.write(Path(app.outdir) / "live")
    for path in pages_outside() if error is None else ():
        target = Path(app.outdir) / "files" / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def setup(app: Any) -> None:
    app.connect("builder-inited", write)
    app.connect("source-read", read)
    app.connect("autodoc-process-docstring", docstring)
    app.connect("build-finished", copy)
