"""Pictures: how long one takes, and how large it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.table import Table

from hardwire import Drawing, compile, draw, programs, same_token

from .language import sum_of
from .measure import child, median, shown


def tables() -> Iterator[Table]:
    table = Table("picture", "time", "SVG", "PNG", title="drawing")
    table.add_row("add of 683+345, first of a process", shown(first()), "", "")
    for name, make in pictures().items():
        svg = make().svg
        raster = shown(median(lambda make=make: make().png, 0.5)) if len(svg) < 100_000 else ""
        table.add_row(name, shown(median(lambda make=make: make().svg)), f"{len(svg.encode()) / 1e3:.0f} kB", raster)
    yield table


def first() -> float:
    """The time of a first picture in fresh processes, hardwire being imported."""
    code = (
        "import time; from hardwire import draw, programs; start = time.perf_counter(); "
        "draw(programs.add(), '683+345').svg; print(time.perf_counter() - start)"
    )
    return sorted(child(code) for _ in range(5))[2]


def pictures() -> dict[str, Callable[[], Drawing]]:
    add, flip = programs.get("add"), programs.flip()
    model = compile(add(), add.vocab, add.max_len)
    return {
        "same_token of hello": lambda: draw(same_token, "hello"),
        "flip of hello": lambda: draw(flip, "hello"),
        "add of 683+345": lambda: draw(add(), "683+345"),
        **{f"add of {n} characters": lambda n=n: draw(add(), sum_of(n)) for n in (41, 101, 501)},
        "the model of add on 683+345": lambda: draw(model, "683+345"),
        "add beside its model": lambda: draw(model, "683+345", beside=add()),
    }
