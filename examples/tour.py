import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="A tour of hardwire")


@app.cell
def _():
    import marimo as mo

    return (mo,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    # A tour of hardwire

    A transformer takes a sequence of tokens and works on all positions at once. Two things happen, in turn: every
    position *computes* on what it has, and every position *looks* at others and takes something over. That is a
    small machine, and a machine can be programmed. This page goes from single tokens to the addition of two
    numbers, and ends by turning that program into the weights of a real transformer.

    Here is what such a program looks like. It turns a sequence round, by looking twice: once to count the tokens,
    once for each position to read the one at the opposite end.
    """)
    return


@app.cell
def _():
    import hardwire as hw
    from hardwire import indices, key, query, tokens, where

    return hw, indices, key, query, tokens, where


@app.cell
def _(indices, key, query, tokens):
    def flip():
        size = (key(1) == query(1)).value(1)
        return (key(indices) == query(size - 1 - indices)).value(tokens)

    flip()("hello")
    return (flip,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Before you learn how it works, watch it. This is the program as a transformer: type letters of "hello", move the
    slider through its layers, point at a row. All numbers on the page are the transformer's own.
    """)
    return


@app.cell
def _(flip, hw):
    hw.explore(flip, "hello")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 1. Sequences

    What a program is made of are *sequence operations*, `SOp`s: each turns an input of n tokens into n results. The
    simplest gives back the tokens. A sop has not run yet; where it is shown, it is shown on the word "hello".
    """)
    return


@app.cell
def _(tokens):
    tokens
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    `.input(...)` runs it on anything else: text, whose characters are the tokens, or a list. A call does the same.
    """)
    return


@app.cell
def _(tokens):
    tokens.input([5, 2, 4, 5, 2, 2])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The other thing that a position is given is its number, counted from 0.
    """)
    return


@app.cell
def _(indices):
    indices.input("goodbye")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 2. Computing at each position

    Operators work on all positions, each for itself. In a transformer this is the part of the feed-forward layers.
    """)
    return


@app.cell
def _(tokens):
    tokens == "l"
    return


@app.cell
def _(tokens):
    (tokens * 2 - 1).input([1, 2, 3, 5, 2])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Several sequences can meet, since a position holds many things at a time: here its token and its number.
    """)
    return


@app.cell
def _(indices, tokens):
    (tokens - 5 + indices).input([1, 2, 3, 5, 2])
    return


@app.cell
def _(indices, tokens):
    (tokens == "l") | (indices == 1)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    `where(condition, this, that)` chooses at each position. `.map` applies any function of one value, written in
    plain Python (or a dict); `SOp.zip` does so for several.
    """)
    return


@app.cell
def _(tokens, where):
    where((tokens == "h") | (tokens == "l"), tokens, "q")
    return


@app.cell
def _(tokens):
    def digits(seq=tokens):
        return seq.map(lambda t: ord(t) - ord("0"))

    digits().input("31234")
    return (digits,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    A program is an ordinary value, so Python functions are the way to build larger ones out of smaller ones.
    """)
    return


@app.cell
def _(digits, tokens, where):
    (digits(where(tokens == "-", "0", tokens)) + 2).input("02-13")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 3. Looking: keys, queries, selectors

    Attention moves information between positions. Every position offers something, its *key*, and asks for
    something, its *query*; comparing the two says who looks at whom.
    """)
    return


@app.cell
def _(key, tokens):
    key(tokens)
    return


@app.cell
def _(indices, query):
    query(indices - 1)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The comparison is a *selector*: a square of yes and no, with a row for each position that asks and a column for
    each that offers. This one lets equal tokens find each other.
    """)
    return


@app.cell
def _(key, query, tokens):
    same = key(tokens) == query(tokens)
    same
    return (same,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Every position looks at the one to its left:
    """)
    return


@app.cell
def _(indices, key, query):
    key(indices) == query(indices - 1)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    At all before it, and at all behind it:
    """)
    return


@app.cell
def _(indices, key, query):
    before = key(indices) < query(indices)
    before
    return (before,)


@app.cell
def _(indices, key, query):
    after = key(indices) > query(indices)
    after
    return (after,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Selectors combine with `&`, `|` and `~`. Mind the parentheses around each comparison: Python reads `&` first.
    Here each position looks at earlier ones that hold the same token; only the second l finds one.
    """)
    return


@app.cell
def _(before, same):
    before & same
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 4. Taking over what is seen

    `selector.value(x)` reads x wherever the selector looks and adds it up. If exactly one position is selected, its
    value arrives unchanged, whatever it is; if none is, 0 does, or a default that you give. Adding up ones counts:
    how often does each token occur?
    """)
    return


@app.cell
def _(same):
    same.value(1)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    And the same as a live page, where the word can be changed. Discs are attention weights that are too small to see:
    the head attends to all equal tokens, and what it brings is multiplied.
    """)
    return


@app.cell
def _(hw, same):
    hw.explore(same.value(1).name("how often"), "banana")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Where all look at all, the count is the length of the input.
    """)
    return


@app.cell
def _(key, query):
    size = (key(1) == query(1)).value(1).name("size")
    size
    return (size,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    A longer example in steps: the sum of the last three numbers, at every position. First a bound on how far to
    look back, then one against looking ahead, then both, then the sum.
    """)
    return


@app.cell
def _(indices, key, query):
    not_too_old = key(indices) > query(indices - 3)
    not_too_old
    return (not_too_old,)


@app.cell
def _(indices, key, query):
    not_ahead = key(indices) <= query(indices)
    not_ahead
    return (not_ahead,)


@app.cell
def _(not_ahead, not_too_old):
    not_too_old & not_ahead
    return


@app.cell
def _(not_ahead, not_too_old, tokens):
    (not_too_old & not_ahead).value(tokens).input([1, 3, 2, 2, 2])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 5. Layers

    What is computed from one look can be the key, the query or the value of the next. Looks that build on each
    other need layers one above the other; those that do not share one. `x.layers` counts. Running totals take one
    look:
    """)
    return


@app.cell
def _(not_ahead, tokens):
    def running_total(seq=tokens):
        return not_ahead.value(seq).name("running total")

    running_total().input([3, 1, -2, 3, 1])
    return (running_total,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The running total of a sequence that is made from the length takes two: the second look waits for the first.
    """)
    return


@app.cell
def _(indices, running_total, size):
    countdown = running_total(size - indices)
    countdown.input([3, 2, 3, 5])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Step through the two layers. What the first has found is in the residual stream, below its head, when the second
    looks.
    """)
    return


@app.cell
def _(countdown, hw):
    hw.explore(countdown.name("countdown"), "hello")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 6. A toolbox for addition

    Now for something that a machine of this kind was not obviously made for: "683+345", digit by digit, for numbers
    of any length. The pieces are useful by themselves, and each is a puzzle in the notebook next to this one
    (`puzzles.py`), in case you want to find it first.

    **Read one place.** Every position gets the token at position i. `.one(x)` is `.value(x)` with a promise: at
    most one position is selected. Where that is wrong it fails and says so, and the compiler, later on, builds less
    where it may rely on it.
    """)
    return


@app.cell
def _(indices, key, query, tokens):
    def at(i, seq=tokens):
        return (key(indices) == query(i)).one(seq)

    at(1)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    **Shift.** Everything moves to the right by some places, or to the left by negative ones. What comes in at the
    end is the default, because nothing is selected there.
    """)
    return


@app.cell
def _(indices, key, query, tokens):
    def shift(by=1, fill="_", seq=tokens):
        return (key(indices) == query(indices - by)).one(seq, fill)

    shift(2)
    return (shift,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    **The least.** Nobody is in front of the least number when all are lined up in order. So every position counts
    who is in front of it: those with smaller numbers, and equal ones to its left. (Without the second part two
    equal numbers would both be first, and their values would be added up.) Then all read the one that counted none.
    """)
    return


@app.cell
def _(before, key, query, tokens):
    def least(seq=tokens):
        smaller = key(seq) < query(seq)
        equal_and_left = (key(seq) == query(seq)) & before
        in_front = (smaller | equal_and_left).value(1).name("in front")
        return (key(in_front) == query(0)).one(seq)

    least().input([5, 3, 2, 5, 2])
    return (least,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Two layers. The language also has `.min`, `.max`, `.first` and `.last`, which find such things in one.

    **The first place of a token** is the least of the places that hold it.
    """)
    return


@app.cell
def _(indices, least, tokens, where):
    def first_place(token, seq=tokens):
        return least(where(seq == token, indices, 99))

    first_place("l")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    **Flush right.** Text with padding behind it moves to the right by as many places as there are `_`. Counting
    them is the first layer, moving the second.
    """)
    return


@app.cell
def _(indices, key, query, tokens):
    def flush_right(fill="-", seq=tokens):
        padding = (key(seq) == query("_")).value(1).name("padding")
        return (key(indices) == query(indices - padding)).one(seq, fill).name("flush right")

    flush_right()("xyz__")
    return (flush_right,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    **Split.** The two parts around a sign, both at the right end. The second part is there already; the first is
    blanked out from the sign on and then moved.
    """)
    return


@app.cell
def _(flush_right, indices, key, query, tokens, where):
    def split(sign, seq=tokens, fill="0"):
        place = (key(seq) == query(sign)).one(indices).name("place")
        left = flush_right(fill, where(indices < place, seq, "_"))
        right = where(indices > place, seq, fill)
        return left, right

    left, right = split("+")
    left("xyz+zyr")
    return left, right, split


@app.cell
def _(left, right):
    print(right("xyz+zyr"))
    print(left.layers, "layers for the left part,", right.layers, "for the right")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    **Slide.** Every `<` takes the nearest other token to its right. The others are numbered from left to right; an
    arrow has the number of the last one before it, so it looks for the next number.
    """)
    return


@app.cell
def _(key, query, running_total, tokens, where):
    def slide(seq=tokens):
        solid = seq != "<"
        number = running_total(solid)
        next_solid = (key(number) == query(number + 1)) & (key(solid) == query(True))
        return where(solid, seq, next_solid.one(seq)).name("slide")

    slide()("xxxh<<<l")
    return (slide,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Three arrows in a row look at the same letter, with one look. Add more of them.
    """)
    return


@app.cell
def _(hw, slide):
    hw.explore(slide, "xxxh<<<l")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 7. Addition

    Four steps, as on paper. Split the input, make numbers of the digits, and add in columns:
    """)
    return


@app.cell
def _(digits, split, tokens):
    def columns(seq=tokens):
        a, b = split("+", seq)
        return (digits(a) + digits(b)).name("column")

    print(columns()("683+345"))
    return (columns,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    A column above 9 passes a carry to its left neighbour and one below 9 does not, whatever happens at its right.
    Only a column of exactly 9 cannot tell: it passes on what it gets. Write `1`, `0` and `<` for the three, and
    move them one place to the left, to the columns that they are for.
    """)
    return


@app.cell
def _(columns, shift, where):
    def carries(column):
        passes = where(column > 9, "1", where(column == 9, "<", "0")).name("passes")
        return shift(-1, "0", passes).name("gets")

    print(carries(columns())("683+345"))
    return (carries,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    An undecided column waits for the next decided one to its right. That is what slide does, for all of them at
    once: no carry has to travel step by step.
    """)
    return


@app.cell
def _(carries, columns, slide):
    print(slide(carries(columns()))("683+345"))
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Add the carries, and keep the last digit of each column. That is the whole program.
    """)
    return


@app.cell
def _(carries, columns, digits, slide, tokens):
    def add(seq=tokens):
        column = columns(seq)
        carry = digits(slide(carries(column))).name("carry")
        return ((column + carry) % 10).name("add")

    add()("683+345")
    return (add,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    683 + 345 = 1028, in six layers, and for numbers of any length.

    ## 8. Compile it

    So far we have *said* that a transformer can do this. Now we make one. `hw.compile` turns the program into
    weights: an embedding, attention heads with query, key, value and output matrices, ReLU neurons, an unembedding.
    Nothing is trained. It needs to know which tokens may occur, and how long an input may be.
    """)
    return


@app.cell
def _(add, hw):
    model = hw.compile(add(), vocab="0123456789+", max_len=15)
    print(model)
    return (model,)


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    These answers are computed by attention and feed-forward weights, with softmax, in 32-bit floating point.
    """)
    return


@app.cell
def _(model):
    print(model("683+345"))
    print(model("9999999+1"))
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    Now add two numbers of your own, and follow the carries through the last layer.
    """)
    return


@app.cell
def _(add, hw, model):
    hw.explore(model, "683+345", program=add)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    `hw.verify` runs program and model side by side on thousands of inputs: short ones, extreme ones, random ones.
    `given` says which inputs count; here those with exactly one plus.
    """)
    return


@app.cell
def _(hw, key, model, query, tokens):
    one_plus = (key(tokens) == query("+")).value(1) == 1
    hw.verify(model, given=one_plus, samples=1_000)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    What is inside? Every head and every neuron was put there for a reason, and the model remembers which.
    """)
    return


@app.cell
def _(model):
    print(model.summary())
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    The steps that we gave a name can be read off the numbers that flow through it, layer by layer (but for those
    that the compiler has melted into others). Are they what the program computes?
    """)
    return


@app.cell
def _(add, model):
    program = add().trace("683+345")
    for step in model.trace("683+345"):
        if step.name in program:
            print(f"layer {step.layer}  {step.name:14} {step.values == program[step.name]!s:5} {step.values}")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    And this is where it looks. Each row is a position that asks, each column one that offers, after a softmax: the
    selectors of the program, as attention patterns. (The first row and column belong to BOS, a token that the model
    puts in front. A position that should see nothing looks there.)
    """)
    return


@app.cell
def _(hw, model):
    hw.draw(model, "68+45")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## 9. Fewer layers

    Six layers follow the path on paper. The compiler saves two of them, since it knows a shorter way for some of the
    steps: the nearest mark can be found without numbering the marks, and looking past a shift is looking one further.
    Two changes to the program make it three. Both numbers can be moved at once when the place of the sign and the
    length are known, and both of those are found by the same layer. And the nearest column to the right that is not 9
    decides about the carry: `.first` finds it in a single look.
    """)
    return


@app.cell
def _(after, digits, hw, indices, key, query, size, tokens, where):
    def add_faster(seq=tokens):
        place = (key(seq) == query("+")).one(indices).name("place")
        number = digits(where(seq == "+", "0", seq))
        a = (key(indices) == query(indices - (size - place))).one(number)
        b = where(indices > place, number, 0)
        column = (a + b).name("column")
        decided = after & (key(column) != query(9))
        carry = decided.first(column > 9, False).name("carry")
        return ((column + carry) % 10).name("add")

    faster = hw.compile(add_faster(), vocab="0123456789+", max_len=15)
    print(faster)
    return add_faster, faster


@app.cell
def _(add_faster, faster, hw):
    hw.explore(faster, "683+345", program=add_faster)
    return


@app.cell
def _(add, faster, model):
    faster("683+345") == model("683+345") == add()("683+345")
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(r"""
    ## Where to go on

    - `puzzles.py`, next to this page: thirty-one programs to find, with hints and medals.
    - `carry.py`: watch addition carry the one.
    - `inside.py`: how to read a compiled transformer, part by part.
    - `hardwire list` on the command line, or `hw.programs` here: a library of finished programs.

    The language goes back to RASP (Weiss, Goldberg and Yahav, *Thinking Like Transformers*, 2021), and the path of
    this page to RASPy (Rush and Weiss, 2022).
    """)
    return


if __name__ == "__main__":
    app.run()
