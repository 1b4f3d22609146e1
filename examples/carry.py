import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Watch addition carry the one")


@app.cell
def _():
    import marimo as mo

    return (mo,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Watch addition carry the one

    On paper, addition goes from right to left: add a column, write a digit, carry the one to the next column. In
    99999 + 1 the one is carried five times, and each time the next column has to wait. A transformer has no time to
    wait: its few layers work on all columns at once. Still, the transformer on this page adds numbers of any length in
    three layers. Here you can watch how.

    Type two numbers into the pages below. Everything on them is computed by the weights of the model.
    """)
    return


@app.cell
def _():
    import hardwire as hw
    from hardwire import after, full, indices, key, query, tokens, where

    return after, full, hw, indices, key, query, tokens, where


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 1. The columns

    The input is one line of text, so the digits that belong together are at different places. One layer finds the
    plus sign and the length. The next one moves the first number to the right end, above the second, and the columns
    are added without carrying.
    """)
    return


@app.cell
def _(full, indices, key, query, tokens, where):
    def columns():
        size = full.width()
        plus = (key(tokens) == query("+")).one(indices).name("plus")
        digit = where(tokens == "+", "0", tokens).int()
        first = (key(indices) == query(indices - (size - plus))).one(digit).name("first")
        second = where(indices > plus, digit, 0).name("second")
        return (first + second).name("column")

    columns()("683+345")
    return (columns,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    A column of 10 or more carries a one to its left neighbour, whatever comes from the right. A column of 8 or less
    carries nothing. Only a column of exactly 9 depends on its right neighbour.

    ## 2. Without waiting

    So the carry into a column is decided by the *nearest column to its right that is not 9*: it is one if that column
    is above 9. The nines in between do not matter. To find that column takes one look, however many nines there are.
    """)
    return


@app.cell
def _(after, columns, key, query):
    def add():
        """The sum of two numbers, digit by digit."""
        column = columns()
        decided = after & (key(column) != query(9))
        carry = decided.first(column > 9, False).name("carry")
        return ((column + carry) % 10).name("sum")

    add()("683+345")
    return (add,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Here is the transformer that the program becomes, on its live page. Step through the layers with the slider. The
    page begins at the third layer, at the column that receives the one.
    """)
    return


@app.cell
def _(add, hw, mo):
    page = hw.explore(add, "683+345", vocab="0123456789+", max_len=15)
    page.layer = 3
    page.selected = 3
    view = mo.ui.anywidget(page.widget)
    view
    return page, view


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The same sum as on paper. These rows are decoded from the residual stream of the transformer, for the input that the
    page shows.
    """)
    return


@app.cell
def _(page, view):
    def on_paper(model, x):
        steps = {step.name: step.values for step in model.trace(x)}
        for name, row in [(n, steps[n]) for n in ("carry", "first", "second")] + [("sum", model(x))]:
            print(f"{name:8}" + " ".join(str(int(digit)) for digit in row))

    on_paper(page.model, view.input)
    return (on_paper,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 3. A chain of nines

    In 99999 + 1 every column but the last is a nine. Point at the rows of the head of the carry: all of them look at
    the same column, the last one. Now change the 1 to a 0 and back.
    """)
    return


@app.cell
def _(add, hw, mo):
    chain = hw.explore(add, "99999+1", vocab="0123456789+", max_len=15)
    chain.layer = 3
    chain.selected = 1
    nines = mo.ui.anywidget(chain.widget)
    nines
    return chain, nines


@app.cell
def _(chain, nines, on_paper):
    on_paper(chain.model, nines.input)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 4. Step by step, for comparison

    The way of paper needs one more layer for each column that the one passes through. With one step, no nine passes the
    one on; with two steps, one nine does.
    """)
    return


@app.cell
def _(columns):
    def step_by_step(steps):
        column = columns()
        carry = 0
        for _ in range(steps):
            carry = (column + carry > 9).shift(-1, False)
        return ((column + carry) % 10).name("sum")

    for steps in (1, 2, 3, 6):
        slow = step_by_step(steps)
        print(f"{slow.layers} layers   683+345: {slow('683+345')}   99999+1: {slow('99999+1')}")
    return (step_by_step,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The same on a live page, with two steps. The one gets stuck on its way through the nines.
    """)
    return


@app.cell
def _(hw, mo, step_by_step):
    stuck = mo.ui.anywidget(hw.explore(step_by_step(2), "9999+1", vocab="0123456789+", max_len=15).widget)
    stuck
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 5. Stop the one

    The carry is a number in the residual stream, and we know where. We can overwrite it, and the transformer goes on
    with what we wrote. `keep` gives the carry a direction of its own for that. Here the ones of 683 + 345 are removed:
    each column keeps its last digit, and the sum becomes 0928.
    """)
    return


@app.cell
def _(add, hw):
    model = hw.compile(add(), vocab="0123456789+", max_len=15, keep=["carry"])
    print("as it is:  ", model("683+345"))
    print("no carries:", model.run("683+345", set={"carry": [False] * 7}))
    print("only carries:", model.run("000+000", set={"carry": [True] * 7}))
    return (model,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 6. For every input

    Nothing above shows that the transformer is right for all pairs of numbers. Its certificate does: a proof from the
    weights, which covers rounding in 32-bit floats. The list shows how close the model comes to an error in its
    tightest places.
    """)
    return


@app.cell
def _(model):
    model.certificate
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 7. From left to right

    A language model writes the first digit first, before it has seen any other digit of the sum. It has to know at once
    whether a one arrives from far away. This program does so token by token. Press **next token**, or **write** for the
    whole sum.
    """)
    return


@app.cell
def _(hw, mo):
    writer = mo.ui.anywidget(hw.explore(hw.writers.add(), "99+1=").widget)
    writer
    return


@app.cell
def _(hw):
    print(hw.generate(hw.writers.add(), "99+1=").finish())
    return


if __name__ == "__main__":
    app.run()
