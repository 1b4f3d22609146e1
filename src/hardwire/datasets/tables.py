"""The manifest as Parquet."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import MissingExtraError


def parquet_library() -> Any:
    """pyarrow. Raises MissingExtraError."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("A manifest as Parquet", "datasets") from None
    return pyarrow


def parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows of a manifest as a Parquet file: a column for each field, of strings, integers, truth values and lists
    of strings."""
    pa = parquet_library()
    kinds = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), list: pa.list_(pa.string())}
    schema = pa.schema([(name, kinds[type(x)] if x is not None else pa.int64()) for name, x in sorted(rows[0].items())])
    buffer = io.BytesIO()
    pa.parquet.write_table(pa.Table.from_pylist(list(rows), schema), buffer)
    return buffer.getvalue()
