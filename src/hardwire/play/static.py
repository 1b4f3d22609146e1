"""The playground as files for any web server: Python runs in the reader's browser, by Pyodide.

Pyodide itself is not among the files. `base` is the address of its folder, which has to hold its packages NumPy and
safetensors too; Pyodide's full release has them.
"""

from __future__ import annotations

import zipfile
from importlib.metadata import files
from os import PathLike
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import BuildError
from .content import content
from .page import page_html

PACKAGE = Path(__file__).parents[1]
BASE = "pyodide/"
"""The address of Pyodide, from the page: a folder next to it."""
PACKAGES = ["numpy", "safetensors"]
"""What hardwire needs of Pyodide's packages."""
LIBRARY, PICTURES = "hardwire.zip", "svg.zip"


def write_page(folder: str | PathLike[str], base: str = BASE) -> list[Path]:
    """Write index.html and the Python packages that it loads; return the files. Raises BuildError, OSError."""
    address = urlsplit(base)
    if not base.endswith("/") or address.scheme not in ("", "http", "https"):
        raise BuildError(f"the address of Pyodide is a folder, such as {BASE} or https://host/pyodide/, not {base}")
    own = f"{address.scheme}://{address.netloc}" if address.netloc else ""
    policy = (
        f"default-src 'none'; script-src 'self' blob: 'unsafe-inline' 'wasm-unsafe-eval' {own}; worker-src blob:; "
        f"style-src 'unsafe-inline'; img-src data:; connect-src 'self' {own}; base-uri 'none'; form-action 'none'"
    )
    made = Path(folder)
    made.mkdir(parents=True, exist_ok=True)
    source = {"base": base, "packages": PACKAGES, "archives": [LIBRARY, PICTURES]}
    data = {"code": None, "pyodide": source, **content()}
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    (made / "index.html").write_text(page_html(data, head=head), "utf-8")
    _archive(made / LIBRARY, {f"hardwire/{p.relative_to(PACKAGE).as_posix()}": p for p in _sources()})
    _archive(made / PICTURES, {str(p): Path(str(p.locate())) for p in files("svg.py") or () if p.parts[0] == "svg"})
    return [made / name for name in ("index.html", LIBRARY, PICTURES)]


def _sources() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def _archive(path: Path, content: dict[str, Path]) -> None:
    """Write a .zip file that is the same for the same content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted(content.items()):
            if "__pycache__" not in name:
                archive.writestr(zipfile.ZipInfo(name), source.read_bytes(), zipfile.ZIP_DEFLATED)
