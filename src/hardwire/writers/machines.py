"""Machines whose trace is the text: each new token is made of the last ones, and of what was written before."""

from __future__ import annotations

import operator
import random
from collections.abc import Mapping
from string import ascii_lowercase
from typing import Any

from ..lang.sop import SOp
from ..lang.surface import full, indices, key, maximum, minimum, query, switch, tokens, where
from .text_program import STOP, TextProgram, at, place_of, writer

DIGITS = "0123456789"
EQUALS = "="
BLANK = "_"
SYMBOLS, STATES, RULE = (BLANK, "0", "1"), "abcdef", ";"
OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@writer
def stack_machine(most: int = 20) -> TextProgram:
    """The value on top of the stack after each instruction of a program in postfix notation, modulo 10.

    A digit is pushed; "+", "-" and "*" take two values and push one. The depth of the stack after an instruction is
    the number of digits so far less the number of operations. An operation's second value is the last one, and its
    first the last one written at the depth that the stack has afterwards.
    """
    plain = {EQUALS: 0}
    change = tokens.map(dict.fromkeys(DIGITS, 1) | dict.fromkeys(OPERATIONS, -1) | plain)
    value = tokens.map({d: int(d) for d in DIGITS} | dict.fromkeys(OPERATIONS, 0) | plain)
    end = place_of(EQUALS).name("end")
    ended = (key(tokens) == query(EQUALS)).width()
    depth = maximum(minimum(full.value(change), most), 0).stored().name("depth")
    instruction = at(indices - end).one(tokens, STOP).name("instruction")
    depth_of_value = (at(indices - end - 1).one(depth, 0)).stored().name("depth_of_value")
    after = maximum(depth_of_value - 1, 0).stored().name("depth_after")
    written = (key(depth_of_value) == query(after)) & (key(ended) == query(1))
    first = written.last(value, 0).name("first")
    results = {sign: SOp.zip(lambda a, b, f=f: f(a, b) % 10, first, value).stored() for sign, f in OPERATIONS.items()}
    kind = instruction.map({t: i for i, t in enumerate((*OPERATIONS, *DIGITS, EQUALS, STOP))}).stored().name("kind")
    pushed = kind - len(OPERATIONS)
    code = switch(*((kind == i, results[sign]) for i, sign in enumerate(OPERATIONS)), default=minimum(pushed, 10))
    program = code.map({d: str(d) for d in range(10)} | {10: STOP})

    def reference(x: str) -> str:
        stack: list[int] = []
        text = ""
        for t in x[:-1]:
            if t in DIGITS:
                stack.append(int(t))
            else:
                b, a = stack.pop(), stack.pop()
                stack.append(OPERATIONS[t](a, b) % 10)
            text += str(stack[-1])
        return text

    def draw(rng: random.Random) -> str:
        text, depth = "", 0
        for _ in range(rng.randint(0, most)):
            new = rng.choice(list(OPERATIONS)) if depth > 1 and rng.random() < 0.5 else rng.choice(DIGITS)
            depth += 1 if new in DIGITS else -1
            text += new
        return text + EQUALS

    half = most // 2
    return TextProgram(
        "stack_machine",
        "the top of the stack after each instruction in postfix notation, modulo 10",
        program,
        vocab=(*DIGITS, *OPERATIONS, EQUALS),
        max_len=2 * most + 1,
        example="34+5*=",
        prompts=f'up to {most} digits and operations, none without two values on the stack, then "="',
        reference=reference,
        draw=draw,
        edges=tuple(x + EQUALS for x in ("", "7", "12-", "9" * half + "*" * (half - 1), "1" + "9-" * (half - 1))),
    )


Moves = Mapping[tuple[str, str], tuple[str, str, str]]
"""(state, symbol read) -> (symbol written, "L" or "R", next state); the machine halts where there is no entry."""

INCREMENT: Moves = {
    ("right", "0"): ("0", "R", "right"),
    ("right", "1"): ("1", "R", "right"),
    ("right", BLANK): (BLANK, "L", "carry"),
    ("carry", "1"): ("0", "L", "carry"),
    ("carry", "0"): ("1", "L", "halt"),
    ("carry", BLANK): ("1", "L", "halt"),
}
"""Adds 1 to a binary number."""
BUSY_BEAVER: Moves = {
    ("A", BLANK): ("1", "R", "B"),
    ("A", "1"): ("1", "L", "C"),
    ("B", BLANK): ("1", "L", "A"),
    ("B", "1"): ("1", "R", "B"),
    ("C", BLANK): ("1", "L", "B"),
    ("C", "1"): ("1", "R", "H"),
}
"""The busy beaver of three states: it writes six ones in thirteen steps."""


@writer
def turing(table: Moves = INCREMENT, start: str = "right", cells: int = 16, steps: int = 100) -> TextProgram:
    """A Turing machine, given as a table that becomes weights, on a tape that is a circle of cells.

    The prompt is the tape from cell 0 on, then "=". Two tokens are a step: the cell of the head, such as "@3", and what
    the machine does there: the symbol that it writes, the direction, the next state. The symbol at a cell is what was
    written there last, and before that the prompt's.
    """
    name = {action: f"{action[0]}{action[1]}:{action[2]}" for action in table.values()}
    done = sorted(set(name.values()))
    states = sorted({start, *(q for q, _ in table), *(q for _, _, q in table.values())})
    symbols = (BLANK, *sorted({s for _, s in table} | {w for w, _, _ in table.values()} - {BLANK}))
    symbols = tuple(dict.fromkeys(symbols))
    cell = [f"@{k}" for k in range(cells)]
    vocab = (*symbols, EQUALS, *cell, *done)
    parts = {t: action for action, t in name.items()}

    def token(known: Mapping[str, Any], other: Any) -> dict[str, Any]:
        return {t: known.get(t, other) for t in vocab}

    number = token({c: k for k, c in enumerate(cell)}, cells)
    acts = tokens.map(token(dict.fromkeys(done, 1), 0))
    before = tokens.shift(1, EQUALS).name("before")
    head, last_head = tokens.map(number).name("head"), before.map(number)
    state = before.map(token({t: states.index(q) for t, (_, _, q) in parts.items()}, states.index(start)))

    written = tokens.map(token({t: symbols.index(w) for t, (w, _, _) in parts.items()}, 0))
    given = tokens.map(token({s: i for i, s in enumerate(symbols)}, 0))
    first = (key(minimum(indices, cells)) == query(head)).first(given, 0)
    here = (key(last_head.stored()) == query(head)) & (key(acts) == query(1))
    symbol = here.last(written, first).name("symbol")

    actions = {(states.index(q), symbols.index(s)): done.index(name[a]) for (q, s), a in table.items()}
    action = SOp.zip(lambda q, s: actions.get((q, s), len(done)), state, symbol).stored().name("action")
    move = tokens.map(token({t: 1 if m == "R" else -1 for t, (_, m, _) in parts.items()}, 0))
    from_cell = where((acts == 1) & (last_head < cells), last_head, 0)
    goes = SOp.zip(lambda k, m: len(done) + 1 + (k + m) % cells, from_cell, move).stored().name("goes")
    program = where(head < cells, action, goes).map(dict(enumerate([*done, STOP, *cell])))

    def reference(x: str) -> list[str]:
        tape = dict(enumerate(x[:-1]))
        at_cell, state, text = 0, start, [cell[0]]
        while (found := table.get((state, tape.get(at_cell, BLANK)))) is not None:
            tape[at_cell], move, state = found
            at_cell = (at_cell + (1 if move == "R" else -1)) % cells
            text += [name[found], cell[at_cell]]
        return text

    inputs = [s for s in symbols if s != BLANK]

    def draw(rng: random.Random) -> str:
        return "".join(rng.choices(inputs, k=rng.randint(0, cells - 2))) + EQUALS

    return TextProgram(
        "turing",
        "the steps of a Turing machine, by default one that adds 1 to a binary number",
        program,
        vocab=vocab,
        max_len=cells + 2 * steps,
        example="1011=",
        prompts=f'up to {cells - 2} symbols, then "="',
        reference=reference,
        draw=draw,
        edges=tuple(s * n + EQUALS for s in inputs for n in (0, 1, cells - 2)),
    )


@writer
def tape_machine(table: Moves = INCREMENT, start: str = "right", cells: int = 16, steps: int = 100) -> TextProgram:
    """A Turing machine with one token for each step, in a single layer, on a tape that is a circle of cells.

    A token such as "@3 1R:run" is a step: in cell 3 the machine writes 1, goes right, and is then in state "run". In
    the prompt a letter writes a cell: "a" writes 0 in cell 0 and "A" writes 1 there, "b" and "B" write cell 1, and so
    on; after "=" the machine starts at cell 0. So each token says where the head goes and what was written where, and
    a step is one look-up: what was written last in that cell. The table has the symbols "_", "0" and "1".
    """
    letters = ascii_lowercase[:cells]
    done = sorted({f"{w}{m}:{q}" for w, m, q in table.values()})
    states = sorted({start, *(q for q, _ in table), *(q for _, _, q in table.values())})
    of_step = {f"@{k} {a}": (k, a) for k in range(cells) for a in done}
    vocab = (*letters, *letters.upper(), EQUALS, *of_step)

    writes = {EQUALS: (cells, 0)} | {t: (k, SYMBOLS.index(a[0])) for t, (k, a) in of_step.items()}
    writes |= {c: (k, 1) for k, c in enumerate(letters)} | {c: (k, 2) for k, c in enumerate(letters.upper())}
    goes = {t: (k + (1 if a[1] == "R" else -1)) % cells for t, (k, a) in of_step.items()}
    ends = {t: states.index(a[3:]) for t, (_, a) in of_step.items()}

    written, symbol = (tokens.map({t: writes[t][i] for t in vocab}) for i in range(2))
    cell = tokens.map({t: goes.get(t, 0) for t in vocab}).name("cell")
    state = tokens.map({t: ends.get(t, states.index(start)) for t in vocab}).name("state")
    read = (key(written) == query(cell)).last(symbol, 0).name("read")
    actions = {(states.index(q), SYMBOLS.index(s)): done.index(f"{w}{m}:{p}") for (q, s), (w, m, p) in table.items()}
    action = SOp.zip(lambda q, s: actions.get((q, s), len(done)), state, read).name("action")
    code = where(action == len(done), len(of_step), len(done) * cell + action)
    program = code.map(dict(enumerate([*of_step, STOP])))

    def reference(x: str) -> list[str]:
        tape = {letters.index(c.lower()): "01"[c.isupper()] for c in x[:-1]}
        at_cell, state, text = 0, start, []
        while (found := table.get((state, tape.get(at_cell, BLANK)))) is not None:
            tape[at_cell], move, state = found
            text.append(f"@{at_cell} {found[0]}{move}:{state}")
            at_cell = (at_cell + (1 if move == "R" else -1)) % cells
        return text

    def draw(rng: random.Random) -> str:
        written = [rng.choice((c, c.upper())) for c in letters[: rng.randint(0, cells - 2)]]
        return "".join(rng.sample(written, len(written))) + EQUALS

    return TextProgram(
        "tape_machine",
        "the steps of a Turing machine, a token for each, in one layer",
        program,
        vocab=vocab,
        max_len=cells + steps,
        example="AbCD=",
        prompts=f'up to {cells - 2} letters, small for 0 and capital for 1, then "="',
        reference=reference,
        draw=draw,
        edges=tuple(x[:n] + EQUALS for x in (letters, letters.upper()) for n in (0, 1, cells - 2)),
    )


@writer
def universal_turing(cells: int = 16, steps: int = 50) -> TextProgram:
    """A Turing machine whose table is in the prompt, on a tape that is a circle of cells.

    Each rule is written as in "a01Rb;": in state "a", at a "0", write "1", go right, and be in state "b". After the
    rules stands the tape from cell 0 on, then "=". The machine starts in state "a". Two tokens are a step: the cell of
    the head, and what the first rule for its state and symbol says. It halts where there is no rule.
    """
    done = [f"{w}{m}:{q}" for w in SYMBOLS for m in "LR" for q in STATES]
    cell = [f"@{k}" for k in range(cells)]
    vocab = (*SYMBOLS, *STATES, *"LR", RULE, EQUALS, *cell, *done)

    def token(of: Mapping[str, Any], other: Any = 0) -> dict[str, Any]:
        return {t: of.get(t, other) for t in vocab}

    def numbers(of: Any) -> dict[str, Any]:
        return token({t: i for i, t in enumerate(of)})

    def earlier(n: int, of: dict[str, Any]) -> SOp:
        return at(indices - n).one(tokens.map(of), 0)

    # At the end of a rule: what it is for, and what it says.
    condition = (len(SYMBOLS) * earlier(5, numbers(STATES)) + earlier(4, numbers(SYMBOLS))).stored()
    says = len(STATES) * (2 * earlier(3, numbers(SYMBOLS)) + earlier(2, numbers("LR"))) + earlier(1, numbers(STATES))

    acts = tokens.map(token(dict.fromkeys(done, 1)))
    head = tokens.map(token({c: k for k, c in enumerate(cell)}, cells)).name("head")
    last_head = earlier(1, token({c: k for k, c in enumerate(cell)}, cells))
    state = earlier(1, token({t: STATES.index(t[-1]) for t in done}))
    start = (key(tokens) == query(RULE)).last(indices, -1)
    given = at((start + 1 + minimum(head, cells - 1)).stored()).one(tokens.map(numbers(SYMBOLS)), 0)
    here = (key(last_head.stored()) == query(head)) & (key(acts) == query(1))
    written = here.last(tokens.map(token({t: 1 + SYMBOLS.index(t[0]) for t in done})), 0)
    symbol = where(written > 0, written - 1, given).stored().name("symbol")
    rule = (key(condition) == query((len(SYMBOLS) * state + symbol).stored())) & (key(tokens) == query(RULE))
    action = rule.first(says.stored(), len(done)).name("action")

    move = tokens.map(token({t: 1 if t[1] == "R" else -1 for t in done}))
    from_cell = where((acts == 1) & (last_head < cells), last_head, 0)
    goes = SOp.zip(lambda k, m: len(done) + 1 + (k + m) % cells, from_cell, move).stored().name("goes")
    program = where(head < cells, action, goes).map(dict(enumerate([*done, STOP, *cell])))

    def reference(x: str) -> list[str]:
        *rules, rest = x[:-1].split(RULE)
        table = {(r[0], r[1]): (r[2], r[3], r[4]) for r in reversed(rules)}
        tape, at_cell, state, text = dict(enumerate(rest)), 0, STATES[0], [cell[0]]
        while (found := table.get((state, tape.get(at_cell, BLANK)))) is not None and len(text) <= 2 * steps + 1:
            tape[at_cell], move, state = found
            at_cell = (at_cell + (1 if move == "R" else -1)) % cells
            text += [f"{found[0]}{move}:{state}", cell[at_cell]]
        return text

    def draw(rng: random.Random) -> str:
        tape = "".join(rng.choices("01", k=rng.randint(0, cells - 2)))
        if rng.random() < 0.2:
            return prompt_of(INCREMENT, "right", tape)
        while True:  # until one halts
            states = STATES[: rng.randint(1, len(STATES))]
            of = [q + s for q in states for s in SYMBOLS]
            rules = [
                f"{x}{rng.choice(SYMBOLS)}{rng.choice('LR')}{rng.choice(STATES)}{RULE}"
                for x in rng.sample(of, rng.randint(0, len(of)))
            ]
            prompt = "".join(rules) + tape + EQUALS
            if len(reference(prompt)) <= 2 * steps + 1:
                return prompt

    machines = [prompt_of(INCREMENT, "right", tape) for tape in ("", "0", "1" * (cells - 2))]
    return TextProgram(
        "universal_turing",
        "the steps of a Turing machine whose table is in the prompt",
        program,
        vocab=vocab,
        max_len=len(STATES) * len(SYMBOLS) * 6 + cells + 2 * steps,
        example=prompt_of(INCREMENT, "right", "1011"),
        prompts=f'rules such as "a01Rb;" for states a to f, then up to {cells - 2} symbols and "="',
        reference=reference,
        draw=draw,
        edges=(EQUALS, "01=", prompt_of(BUSY_BEAVER, "A", ""), *machines),
    )


def prompt_of(table: Moves, start: str, tape: str) -> str:
    """The prompt of `universal_turing` for a machine of up to six states."""
    states = dict.fromkeys([start, *(q for q, _ in table), *(q for _, _, q in table.values())])
    name = dict(zip(states, STATES, strict=False))
    rules = (f"{name[q]}{s}{w}{m}{name[p]}{RULE}" for (q, s), (w, m, p) in table.items())
    return "".join(rules) + tape + EQUALS
