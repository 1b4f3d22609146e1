import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Inside a compiled transformer")


@app.cell
def _():
    import marimo as mo

    return (mo,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # Inside a compiled transformer

    A trained transformer has to be taken apart to find out what it does. A compiled one is the other way round:
    every head, neuron and direction was put there for a purpose, and the model says which. That makes it a place to
    learn what a circuit looks like in weights, and a test for methods that claim to find circuits.

    The example is the *induction head*, known from language models: having seen "ab" before, it continues "a" with
    "b". Change the text on the live page below, and everything under it follows (in Jupyter: run the cells again).
    """)
    return


@app.cell
def _():
    import re
    from dataclasses import replace
    from pathlib import Path
    from tempfile import TemporaryDirectory

    import numpy as np

    import hardwire as hw
    from hardwire import indices, key, query, tokens

    return (
        Path,
        TemporaryDirectory,
        hw,
        indices,
        key,
        np,
        query,
        re,
        replace,
        tokens,
    )


@app.cell
def _(indices, key, query, tokens):
    previous = (key(indices) == query(indices - 1)).one(tokens, "_").name("previous")
    seen_before = (key(previous) == query(tokens)) & (key(indices) <= query(indices))
    induction = seen_before.last(tokens, "_").name("next")

    induction("abcdab")
    return (induction,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Two layers: one tells each position the token before it, one looks for the own token among these.
    """)
    return


@app.cell
def _(hw, induction):
    model = hw.compile(induction, vocab="abcd", max_len=10)
    print(model)
    return (model,)


@app.cell
def _(hw, induction, mo, model):
    page = hw.explore(model, "abcdab", program=induction)
    view = mo.ui.anywidget(page.widget)
    view
    return (view,)


@app.cell
def _(model, view):
    x = view.input or "a"
    print("input:   ", " ".join(x))
    print("answer:  ", " ".join(model(x)))
    return (x,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## The ground truth

    `model.circuit` says what each part is for. Everything that positions know is added up in the *residual stream*,
    a vector of `d_model` numbers for each position. Here each of these numbers has a meaning: what it stands for,
    how that is written as a number, in which layer it is written (0 is the embedding) and where it is read last.
    """)
    return


@app.cell
def _(model):
    for d in model.circuit.directions:
        print(f"{d.index:2}  {d.name:22} {d.code:8} written in layer {d.layer}, read until layer {d.until}")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Heads move information, groups of neurons compute on it:
    """)
    return


@app.cell
def _(model):
    print(model.summary())
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Where it looks

    Attention after the softmax, one matrix for each head: rows ask, columns offer. BOS stands before the tokens and
    is where a position looks that should find nothing. The first head looks one to the left. The second looks at
    the positions that come after an earlier occurrence of the own token, and of these at the last.
    """)
    return


@app.cell
def _(hw, model, x):
    hw.draw(model, x)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## What it knows, and when

    The residual stream, one row for each direction and one column for each position. Move the slider of the page above:
    these are the numbers after the layer that it shows. A token is a number in a direction of its own here, a position
    a code of several numbers.
    """)
    return


@app.cell
def _(model, view, x):
    def names_after(layer):
        return {d.index: d.name for d in model.circuit.directions if d.layer <= layer}

    shown_layer = min(view.layer, model.depth)
    direction_names = names_after(shown_layer)
    residuals = model.residuals(x)
    moment = list(residuals)[2 * shown_layer]
    print(f"{moment:22}" + "".join(f"{token:>7}" for token in ["BOS", *x]))
    for number, row in enumerate(residuals[moment].T):
        print(f"{direction_names[number]:22}" + "".join(f"{v:7.2f}" for v in row + 0.0))
    return (names_after,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Nobody has to decode these numbers by hand. `model.trace` reads off everything that has a name, from the layer
    after which it is there; `distance` is how far the number was from the exact one at worst.
    """)
    return


@app.cell
def _(induction, model, x):
    program = induction.trace(x)
    for step in model.trace(x):
        if step.name in program:
            print(f"{step.name:9} after layer {step.layer}, {step.distance:.1g} from exact")
            print(f"   in the transformer  {step.values}")
            print(f"   in the program      {program[step.name]}")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Reading a head's weights

    Whom does a head look at? The score of a query position for a key position is `q @ W_Q @ W_K.T @ k`, so the
    matrix `W_Q @ W_K.T` says which direction of the one is multiplied with which direction of the other. A position
    is written in several directions, its code; with these put together the list is short, and can be read. (A head
    multiplies by large numbers, so that the softmax is as good as a choice.)
    """)
    return


@app.cell
def _(model, names_after, np, re):
    def compares(head):
        form = head.w_q @ head.w_k.T
        whole = {i: re.sub(r"code [^)]*", "code", name) for i, name in names_after(1).items()}
        found = {}
        for i, j in np.argwhere(np.abs(form) > 1e-6):
            found.setdefault((whole[i], whole[j]), []).append(float(f"{form[i, j]:.4g}"))
        return [f"{asking:14} x {offered:10} {min(w):8.4g} to {max(w):.4g}" for (asking, offered), w in found.items()]

    second = model.layers[1].heads[0]
    for found in compares(second):
        print(found)
    return compares, second


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    And what it takes along: `W_V @ W_O`, from the direction that is read to the one that is written.
    """)
    return


@app.cell
def _(names_after, np, second):
    moves = second.w_v @ second.w_o
    [
        (names_after(1)[i], "->", names_after(2)[j], float(moves[i, j].round(3)))
        for i, j in np.argwhere(np.abs(moves) > 1e-6)
    ]
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Taking a part out

    If a part is what we think it is, taking it out should have the effect that we expect. Without the first head no
    position knows the token before it. (Its output is set to zero, so the model goes on with whatever 0 stands for
    in its direction.)
    """)
    return


@app.cell
def _(model, replace, x):
    def without_head(model, layer, number):
        old = model.layers[layer - 1]
        heads = [replace(h, w_o=0 * h.w_o) if i == number else h for i, h in enumerate(old.heads)]
        layers = list(model.layers)
        layers[layer - 1] = replace(old, heads=heads)
        return replace(model, layers=layers)

    damaged = without_head(model, layer=1, number=0)
    print("whole:   ", model(x))
    print("damaged: ", damaged(x))
    print("previous:", damaged.trace(x)["previous"])
    return (damaged,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The damaged model on its live page: the first head still looks to the left, but nothing arrives.
    """)
    return


@app.cell
def _(damaged, hw, induction, mo):
    broken = mo.ui.anywidget(hw.explore(damaged, "abcdab", program=induction).widget)
    broken
    return


@app.cell
def _(damaged, hw, induction):
    hw.verify(damaged, induction, samples=100)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    `hw.verify` finds the shortest input on which the damage shows. The whole model agrees with its program:
    """)
    return


@app.cell
def _(hw, model):
    hw.verify(model, samples=1_000)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Taking it elsewhere

    A model is saved with its vocabulary and its ground truth, as a safetensors file, and is the same when it comes
    back.
    """)
    return


@app.cell
def _(Path, TemporaryDirectory, hw, model, x):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "induction.safetensors"
        model.save(path)
        again = hw.load(path)

    again.circuit == model.circuit, again(x) == model(x)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## A thousand circuits

    One model is an example; to test a method you want many, of which you know the truth. `random_program` writes
    programs, the same for the same seed; most of them compile in milliseconds.
    """)
    return


@app.cell
def _(hw):
    from hardwire.random_programs import random_program

    for seed in range(4):
        made = random_program(seed, size=5)
        print(made.formula)
        print("   ", hw.compile(made, vocab="abc", max_len=8))
    return (random_program,)


@app.cell
def _(hw, mo, random_program):
    second_program = mo.ui.anywidget(hw.explore(random_program(1, size=5), "abcab", vocab="abc", max_len=8).widget)
    second_program
    return


if __name__ == "__main__":
    app.run()
