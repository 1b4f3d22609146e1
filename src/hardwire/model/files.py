"""Writing files and directories atomically: completely or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from ..errors import BuildError, FileError, HardwireError, NoFileError, NoFolderError
from ..lang.text import constant


def path_of(path: object, call: str, such_as: str = "model.safetensors") -> Path:
    """The path that a call was given. Raises BuildError for anything else, such as None."""
    if not isinstance(path, (str, PathLike)) or path == "":
        raise BuildError(f"{call} takes the path of a file, such as {such_as!r}, not {constant(path)}", value=path)
    return Path(path)


@contextmanager
def whole(path: str | PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path next to this one, for a file or a directory; it is renamed at the end of the block.

    Nothing is left behind if the block fails. Raises FileError, which names this path and not the temporary one.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():  # a directory cannot replace another in one step
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
    """Return whether an error names one of these paths, a path inside of them, or no path."""
    if not isinstance(error.filename, (str, PathLike)):
        return True
    named = Path(error.filename)
    return any(path == named or path in named.parents for path in paths)


def _named(error: OSError, path: Path) -> FileError:
    """Return the error with the path that was given."""
    if not path.parent.is_dir():
        return _no_folder(path, error)
    return FileError(f"cannot write {path}: {error.strerror or error}", path=str(path), cause=error)


def _no_folder(path: Path, cause: OSError) -> NoFolderError:
    return NoFolderError(f"cannot write {path}: the folder {path.parent} does not exist", path=str(path), cause=cause)


def check_folder(path: Path) -> None:
    """Raises NoFolderError if the folder of a file does not exist."""
    if not path.parent.is_dir():
        raise _no_folder(path, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)))


def write(path: Path, data: bytes | str) -> None:
    """Write a new file, which is on the disk when this returns; text as UTF-8. Raises OSError."""
    with open(path, "xb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
        file.flush()
        os.fsync(file.fileno())


def read_whole(path: Path) -> bytes:
    """Return the content of a file. Raises FileError."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NoFileError(f"cannot read {path}: the file does not exist", path=str(path), cause=error) from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}", path=str(path), cause=error) from None
