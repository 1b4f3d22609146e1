"""Live pages: a program or model becomes a page on which every head, neuron and logit follows the typed input.

Start with `explorer.py`: `explore` and its result. `content.py` collects what a page shows, `listing.py` finds the
line of the source for every expression, `interpreted.py` has the picture of a program that was not compiled, `page.py`
writes the file, and `widget.py` is the same page in a notebook.

The page itself is TypeScript, in `web/` of the repository; `bundle/explore.js` is what Vite makes of it. The model is
in the page as the bytes of its file (`model/storage.py`), so there is one format for models.
"""

from .explorer import Explorer, explore

__all__ = ["Explorer", "explore"]
