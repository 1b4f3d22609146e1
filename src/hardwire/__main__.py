"""`hardwire` on the command line, and `python -m hardwire`."""

from __future__ import annotations

import sys

from .errors import MissingExtraError


def main() -> int:
    """Runs the command line and returns its exit code; 2, with what to install, where its extra is missing."""
    try:
        from . import cli
    except MissingExtraError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
