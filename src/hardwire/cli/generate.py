"""`hardwire generate`: let a program continue a prompt as a causal transformer, token by token."""

from __future__ import annotations

import ast
import inspect
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from .. import Failure, Transformer, draw, errors, programs, writers
from .. import compile as compile_sop
from .. import generate as by_program
from ..draw import Drawing
from ..writers import TextProgram
from .app import AsJson, Debug, Usage, app, examples, reporting
from .draw import show_picture
from .options import Dtype, MaxLen, ProgramOf, Vocab, read_vocab
from .show import new_table, print_table, short, to_json
from .source import Resolved, find
from .typed_inputs import read_input, texts

StopToken = Annotated[
    str | None,
    typer.Option(
        "--stop", metavar="TOKEN", help="The token that ends a text: text, or JSON in brackets.", show_default=False
    ),
]


@app.command(
    short_help="Let a model continue prompts token by token.",
    epilog=examples(
        'hardwire generate add "683+345="',
        'hardwire generate "add(12)" "999999999999+1=" --trace',
        "hardwire generate my.py:program abc --vocab a..z --max-len 40 --stop .",
    ),
)
def generate(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A program that writes text (all are listed without a name), with parameters as in add(12), "
            "file.py:name, or the file of a model.",
            show_default=False,
        ),
    ] = None,
    prompts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROMPT",
            help="Text, whose characters are the tokens, or a JSON list. For -, each line of standard input is one. "
            "Without any, the program's example.",
            show_default=False,
        ),
    ] = None,
    *,
    stop: StopToken = None,
    max_new: Annotated[
        int | None, typer.Option("--max-new", metavar="N", min=0, help="At most so many tokens.", show_default=False)
    ] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Show each step: the token, and the named values at the last position.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Save a picture of the last text, a column for each step: .svg, .png, .html or .txt.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    vocab: Vocab = None,
    max_len: MaxLen = None,
    dtype: Dtype = "float32",
    program: ProgramOf = None,
    debug: Debug = False,
) -> None:
    """Let a program continue prompts as a causal transformer, and check each token against the interpreter."""
    with reporting(debug=debug):
        if name is None:
            _list()
            return
        job = _Texts(name, program, read_vocab(vocab), max_len, dtype)
        end = job.stop if stop is None else _token(stop)
        try:
            for text in texts(prompts or [job.example]):
                prompt = read_input(text, as_text=False)
                if as_json:
                    print(to_json(job.record(prompt, end, max_new)), flush=True)
                elif trace:
                    for line in job.steps(prompt, end, max_new):
                        print(line, flush=True)
                else:
                    job.stream(prompt, end, max_new)
        finally:  # what a prompt should be explains the error after another one, too
            if not as_json:
                print(*job.others, sep="", end="", file=sys.stderr)
        if output is not None:
            show_picture(job.picture(prompt, end, max_new), output)
        if not as_json:
            print(job.report, file=sys.stderr)


def _list() -> None:
    """Print the programs that write text."""
    table = new_table("program", "description", "example")
    for name in writers.WRITERS:
        made = writers.get(name)
        table.add_row(*map(Text, (name, made.summary, made.example)))
    print_table(table, None)


def _called(name: str) -> TextProgram | None:
    """The program of a name, or of a call such as add(12); None for any other name. Raises Usage."""
    made, bracket, _ = name.partition("(")
    if made not in writers.WRITERS:
        return None
    if not bracket:
        return writers.get(name)
    usual = ", ".join(f"{p.name}={p.default!r}" for p in inspect.signature(writers.WRITERS[made]).parameters.values())
    remedy = f"write parameters as in {made}({usual})"
    try:
        call = ast.parse(name, mode="eval").body
        assert isinstance(call, ast.Call)
        args = [ast.literal_eval(x) for x in call.args]
        options = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (AssertionError, SyntaxError, ValueError):
        raise Usage(f"{name} is no call of {made}: {remedy}") from None
    try:
        inspect.signature(writers.WRITERS[made]).bind(*args, **options)
        return writers.WRITERS[made](*args, **options)
    except TypeError as error:  # unknown parameters, or too many
        raise Usage(f"{name}: {error}; {remedy}") from None


def _other(name: str, program: str | None) -> Resolved:
    """A program that is not one of those that write text. Raises Usage, and the errors of a user's file."""
    if name.isidentifier() and name not in programs.LIBRARY:
        unknown = errors.UnknownNameError("program that writes text named", name, writers.WRITERS)
        raise Usage(f"{unknown} `hardwire generate` shows all.")
    return find(name, program)


def _token(text: str) -> Any:
    """A typed stop token: [3] is the number 3. Raises InputError, and Usage for several."""
    read = read_input(text, as_text=False)
    if isinstance(read, str):
        return read
    if len(read) != 1:
        raise Usage(f"--stop takes one token, not {text}")
    return read[0]


class _Texts:
    """A program with its model; their texts are compared token by token."""

    def __init__(
        self, name: str, program: str | None, vocab: list[Any] | None, max_len: int | None, dtype: str
    ) -> None:
        known = self.known = _called(name)
        source = _other(name, program) if known is None else Resolved(name, sop=known.sop())
        self.stop = None if known is None else known.stop
        self._example = None if known is None else known.example
        self.name, self.sop = name, source.sop
        self.seconds, self.tokens = 0.0, 0
        self.others: list[str] = []
        start = time.perf_counter()
        if source.model is not None:
            self.model: Transformer = source.model
        elif known is not None:
            tokens, longest = vocab or list(known.vocab), max_len or known.max_len
            self.model = compile_sop(source.needed_sop(), tokens, longest, dtype=dtype)
        else:
            self.model = compile_sop(source.needed_sop(), *source.defaults(vocab, max_len), causal=True, dtype=dtype)
        self.compile_seconds = time.perf_counter() - start

    @property
    def example(self) -> str:
        """The prompt where none is given. Raises Usage if there is no example."""
        if self._example is None:
            raise Usage(f"{self.name} has no example of its own; give a prompt")
        return self._example

    def _written(self, prompt: Any, stop: Any, max_new: int | None) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Each new token with the named values at its step. Raises GenerationError where both differ."""
        text = self.model.generate(prompt, stop=stop, max_new=max_new)
        if self.known is not None and not self.known.is_for(prompt):
            self.others.append(f"note: {self.name} is not for {short(prompt, 40)}, but for {self.known.prompts}\n")
        most = max_new if stop is not None or max_new is not None else self.model.max_len
        own = None if self.sop is None else by_program(self.sop, prompt, stop=stop, max_new=most)
        while True:
            start = time.perf_counter()
            token, over = next(text, None), text.ended is not None
            self.seconds += time.perf_counter() - start
            self.tokens += not over
            if own is not None and text.ended != "max_len":
                expected = next(own, None)
                if (over, token) != (own.ended is not None, expected):
                    wrote = [short(x, 40) for x in (token, expected)]
                    raise text.error(f"the model writes {wrote[0]}, and the program {wrote[1]}")
            if over:
                return
            yield token, text.trace if own is None else own.trace

    def stream(self, prompt: Any, stop: Any, max_new: int | None) -> None:
        """Print the prompt and each token when it comes."""
        self.model.generate(prompt, stop=stop, max_new=max_new)  # raises before anything is printed
        plain = isinstance(prompt, str) and all(isinstance(v, str) and len(v) == 1 for v in self.model.outputs or ())
        gap = "" if plain else " "
        print(prompt if plain else gap.join(map(str, prompt)), end="", flush=True)
        try:
            for token, _ in self._written(prompt, stop, max_new):
                print(f"{gap}{token}", end="", flush=True)
        finally:
            print(flush=True)

    def steps(self, prompt: Any, stop: Any, max_new: int | None) -> Iterator[str]:
        """A line for each token, with the named values at its step."""
        yield f"{short(prompt, 60)}"
        for token, values in self._written(prompt, stop, max_new):
            shown = "  ".join(f"{k} {'✗' if isinstance(v, Failure) else short(v, 16)}" for k, v in values.items())
            yield f"  {short(token, 16):8} {shown}".rstrip()

    def picture(self, prompt: Any, stop: Any, max_new: int | None) -> Drawing:
        """The picture of the text of a prompt."""
        text = self.model.generate(prompt, stop=stop, max_new=max_new)
        text.finish()
        return draw(text)

    def record(self, prompt: Any, stop: Any, max_new: int | None) -> dict[str, Any]:
        """The text of a prompt, or its error, for JSON."""
        tokens = []
        try:
            for token, _ in self._written(prompt, stop, max_new):
                tokens.append(token)
        except errors.GenerationError as error:
            return {"prompt": prompt, "tokens": tokens, "error": error.message}
        return {"prompt": prompt, "tokens": tokens}

    @property
    def report(self) -> str:
        """A line about the model, after its texts."""
        speed = f", {self.tokens / self.seconds:,.0f} tokens a second" if self.seconds and self.tokens else ""
        checked = "not checked (name its program with --program)" if self.sop is None else "the interpreter agrees"
        return f"{self.model!r}: compiled in {self.compile_seconds:.2f} s{speed}; {self._late()}{checked}"

    def _late(self) -> str:
        """That too long a text is an error, and a prompt of the program after which there is one."""
        if self.model.max_len is None:
            return ""
        where = "" if self.model.overrun is None else f", as after {short(self.model.overrun, 40)}"
        return f"a text of more than {self.model.max_len:,} tokens is an error{where}; "
