"""The playground: a program is typed in a browser, which shows its picture, its model and the proof at once.

`server.py` serves the page on this machine alone and says who may use it; `pool.py` keeps the process in which the
typed Python runs, with limits of time and memory; `worker.py` is that process, and `actions.py` what it can do.
`static.py` writes the same page for a web server, where Python runs in the reader's browser.

The page is TypeScript, in `web/src/play` of the repository, and shows programs as live pages (`live/`).
"""

from .server import Playground
from .static import write_page

__all__ = ["Playground", "write_page"]
