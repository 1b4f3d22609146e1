"""Files and directories that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from ..errors import FileError, HardwireError, NoFileError, NoFolderError


@contextmanager
def whole(path: str | PathLike[str]) -> Iterator[Path]:
    """A temporary path beside this one, for a file or a directory, renamed at the end: a reader sees old or new.

    Nothing is left behind where the block fails. Raises FileError, which names this path and not the temporary one.
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
    except OSError as error:
        if isinstance(error, HardwireError) or not _concerns(error, temporary, path):
            raise
        raise _named(error, path) from error
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)


def _concerns(error: OSError, *paths: Path) -> bool:
    """Whether an error is about one of these paths, about what is in them, or about none that it names."""
    if not isinstance(error.filename, (str, PathLike)):
        return True
    named = Path(error.filename)
    return any(path == named or path in named.parents for path in paths)


def _named(error: OSError, path: Path) -> FileError:
    """The error with the path that was given."""
    if not path.parent.is_dir():
        return NoFolderError(f"cannot write {path}: there is no folder {path.parent}", path=str(path), cause=error)
    return FileError(f"cannot write {path}: {error.strerror or error}", path=str(path), cause=error)


def write(path: Path, data: bytes | str) -> None:
    """A new file, on the disk when this returns; text as UTF-8. Raises OSError."""
    with open(path, "xb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
        file.flush()
        os.fsync(file.fileno())


def read_whole(path: Path) -> bytes:
    """What a file holds. Raises FileError."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NoFileError(f"cannot read {path}: there is no such file", path=str(path), cause=error) from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}", path=str(path), cause=error) from None
