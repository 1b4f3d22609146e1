"""Files and directories that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path


@contextmanager
def whole(path: str | PathLike[str]) -> Iterator[Path]:
    """A temporary path beside this one, for a file or a directory, renamed at the end: a reader sees old or new.

    Nothing is left behind where the block fails. Raises OSError.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():  # a directory replaces no other in one step
            old = path.with_name(f".{path.name}.{secrets.token_hex(4)}.old")
            os.replace(path, old)
            os.replace(temporary, path)
            shutil.rmtree(old)
        else:
            os.replace(temporary, path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)


def write(path: Path, data: bytes | str) -> None:
    """A new file, on the disk when this returns; text as UTF-8. Raises OSError."""
    with open(path, "xb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
        file.flush()
        os.fsync(file.fileno())
