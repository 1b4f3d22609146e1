import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="hardwire: puzzles")


@app.cell
def _():
    import marimo as mo

    return (mo,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Puzzles

    Programs to find, easy ones first. Below each puzzle is a function to fill in: replace the `...` by a sop. As
    soon as you run the cell the program is tried on many inputs. If it is wrong, you see the first input on which
    it is, beside the right answer. If it is right and keeps to its layers, it is compiled to a transformer, and
    there are two medals: one for few layers, one for few parameters.

    Every puzzle has hints, folded up; each says more than the one before. How many you have solved is shown at the end,
    and in marimo at the left side. The tour (`tour.py`) shows the language
    and solves some of them; the library (`hw.programs`) has many more. Look there last.
    """)
    return


@app.cell
def _():
    import hardwire as hw
    from hardwire import after, before, full, indices, key, puzzles, query, tokens, where

    return (puzzles,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Parts to build with, in brief:

    - `tokens`, `indices`: the input, and the positions 0, 1, 2, ...
    - `x + 1`, `x == y`, `x & y`, `where(c, a, b)`, `x.map(f)`: the same at every position
    - `key(x) == query(y)`, also with `!= < <= > >=`: a selector, which says who looks at whom
    - `before`, `after`, `full`: selectors ready made; `s & t`, `s | t`, `~s`: combined
    - `s.value(x, default)`: the sum of x where s looks, or the only x there; `s.width()`: how many it sees
    - `s.first(x)`, `s.last(x)`, `s.min(x)`, `s.max(x)`, `s.any(x)`, `s.all(x)`: other ways to read
    """)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## First steps
    """)
    return


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("caesar")
    return


@app.cell
def _(puzzles):
    def caesar():
        return ...

    puzzles.check("caesar", caesar)
    return (caesar,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("index")
    return


@app.cell
def _(puzzles):
    def index():
        return ...

    puzzles.check("index", index)
    return (index,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("shift")
    return


@app.cell
def _(puzzles):
    def shift():
        return ...

    puzzles.check("shift", shift)
    return (shift,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("length")
    return


@app.cell
def _(puzzles):
    def length():
        return ...

    puzzles.check("length", length)
    return (length,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("histogram")
    return


@app.cell
def _(puzzles):
    def histogram():
        return ...

    puzzles.check("histogram", histogram)
    return (histogram,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("cumsum")
    return


@app.cell
def _(puzzles):
    def cumsum():
        return ...

    puzzles.check("cumsum", cumsum)
    return (cumsum,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Looking around
    """)
    return


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("window_sum")
    return


@app.cell
def _(puzzles):
    def window_sum():
        return ...

    puzzles.check("window_sum", window_sum)
    return (window_sum,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("is_first")
    return


@app.cell
def _(puzzles):
    def is_first():
        return ...

    puzzles.check("is_first", is_first)
    return (is_first,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("previous_occurrence")
    return


@app.cell
def _(puzzles):
    def previous_occurrence():
        return ...

    puzzles.check("previous_occurrence", previous_occurrence)
    return (previous_occurrence,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("majority")
    return


@app.cell
def _(puzzles):
    def majority():
        return ...

    puzzles.check("majority", majority)
    return (majority,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("flip")
    return


@app.cell
def _(puzzles):
    def flip():
        return ...

    puzzles.check("flip", flip)
    return (flip,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("minimum")
    return


@app.cell
def _(puzzles):
    def minimum():
        return ...

    puzzles.check("minimum", minimum)
    return (minimum,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("first")
    return


@app.cell
def _(puzzles):
    def first():
        return ...

    puzzles.check("first", first)
    return (first,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Moving things
    """)
    return


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("ralign")
    return


@app.cell
def _(puzzles):
    def ralign():
        return ...

    puzzles.check("ralign", ralign)
    return (ralign,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("split")
    return


@app.cell
def _(puzzles):
    def split():
        return ...

    puzzles.check("split", split)
    return (split,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("slide")
    return


@app.cell
def _(puzzles):
    def slide():
        return ...

    puzzles.check("slide", slide)
    return (slide,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("run_lengths")
    return


@app.cell
def _(puzzles):
    def run_lengths():
        return ...

    puzzles.check("run_lengths", run_lengths)
    return (run_lengths,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("reverse_letters")
    return


@app.cell
def _(puzzles):
    def reverse_letters():
        return ...

    puzzles.check("reverse_letters", reverse_letters)
    return (reverse_letters,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Counting and sorting
    """)
    return


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("unique_count")
    return


@app.cell
def _(puzzles):
    def unique_count():
        return ...

    puzzles.check("unique_count", unique_count)
    return (unique_count,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("most_frequent")
    return


@app.cell
def _(puzzles):
    def most_frequent():
        return ...

    puzzles.check("most_frequent", most_frequent)
    return (most_frequent,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("double_histogram")
    return


@app.cell
def _(puzzles):
    def double_histogram():
        return ...

    puzzles.check("double_histogram", double_histogram)
    return (double_histogram,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("sort")
    return


@app.cell
def _(puzzles):
    def sort():
        return ...

    puzzles.check("sort", sort)
    return (sort,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("sort_by_frequency")
    return


@app.cell
def _(puzzles):
    def sort_by_frequency():
        return ...

    puzzles.check("sort_by_frequency", sort_by_frequency)
    return (sort_by_frequency,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Patterns
    """)
    return


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("induction")
    return


@app.cell
def _(puzzles):
    def induction():
        return ...

    puzzles.check("induction", induction)
    return (induction,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("palindrome")
    return


@app.cell
def _(puzzles):
    def palindrome():
        return ...

    puzzles.check("palindrome", palindrome)
    return (palindrome,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("dyck1")
    return


@app.cell
def _(puzzles):
    def dyck1():
        return ...

    puzzles.check("dyck1", dyck1)
    return (dyck1,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("dyck")
    return


@app.cell
def _(puzzles):
    def dyck():
        return ...

    puzzles.check("dyck", dyck)
    return (dyck,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Numbers
    """)
    return


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("compare")
    return


@app.cell
def _(puzzles):
    def compare():
        return ...

    puzzles.check("compare", compare)
    return (compare,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("add")
    return


@app.cell
def _(puzzles):
    def add():
        return ...

    puzzles.check("add", add)
    return (add,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("subtract")
    return


@app.cell
def _(puzzles):
    def subtract():
        return ...

    puzzles.check("subtract", subtract)
    return (subtract,)


@app.cell(hide_code=True)
def _(puzzles):
    puzzles.get("multiply_by_digit")
    return


@app.cell
def _(puzzles):
    def multiply_by_digit():
        return ...

    puzzles.check("multiply_by_digit", multiply_by_digit)
    return (multiply_by_digit,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## How far are you?
    """)
    return


@app.cell
def _(
    add,
    caesar,
    compare,
    cumsum,
    double_histogram,
    dyck,
    dyck1,
    first,
    flip,
    histogram,
    index,
    induction,
    is_first,
    length,
    majority,
    minimum,
    most_frequent,
    multiply_by_digit,
    palindrome,
    previous_occurrence,
    puzzles,
    ralign,
    reverse_letters,
    run_lengths,
    shift,
    slide,
    sort,
    sort_by_frequency,
    split,
    subtract,
    unique_count,
    window_sum,
):
    mine = [
        caesar,
        index,
        shift,
        length,
        histogram,
        cumsum,
        window_sum,
        is_first,
        previous_occurrence,
        majority,
        flip,
        minimum,
        first,
        ralign,
        split,
        slide,
        run_lengths,
        reverse_letters,
        unique_count,
        most_frequent,
        double_histogram,
        sort,
        sort_by_frequency,
        induction,
        palindrome,
        dyck1,
        dyck,
        compare,
        add,
        subtract,
        multiply_by_digit,
    ]
    progress = puzzles.Progress(tuple(puzzles.check(f.__name__, f, compile=False) for f in mine))
    progress
    return (progress,)


@app.cell(hide_code=True)
def _(mo, progress):
    mo.sidebar(mo.Html(progress._repr_html_()))
    return


if __name__ == "__main__":
    app.run()
