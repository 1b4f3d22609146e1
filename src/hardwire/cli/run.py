"""`hardwire run`: run a program as a transformer on one or more inputs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

import typer

from .. import Failure, ModelTrace, SOp, Trace, Transformer, errors, example, tokens
from .. import compile as compile_sop
from .app import AsJson, Debug, app, complain, examples, note, reporting, spelled, warn
from .options import Causal, Dtype, MaxLen, Name, ProgramOf, Vocab, read_vocab
from .show import print_table, short, to_json, trace_table, typed
from .source import Resolved, find
from .typed_inputs import Input, chunks, read_input, texts, typed_by_hand

TOGETHER = 256
"""The number of inputs in one batch."""

RunOutcome = list[Any] | errors.HardwireError
"""The results of an input, or its error."""


@app.command(
    short_help="Run a program as a transformer on one or more inputs.",
    epilog=examples(
        'hardwire run add "683+345" --trace',
        'hardwire run sort "[3, 1, 2]" "[2, 1]"',
        "hardwire run my.py:program --json < lines",
    ),
)
def run(
    name: Name,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT",
            help='Text, whose characters are the tokens, or a JSON list such as "[3, 1, 2]". '
            "Without an input, and for -, each line of standard input is one.",
            show_default=False,
        ),
    ] = None,
    *,
    interpret: Annotated[
        bool, typer.Option("--interpret", help="Run the program in the interpreter, without compiling it.")
    ] = False,
    layers: Annotated[bool, typer.Option("--layers", help="Print the number of attention layers first.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show every named step.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Print ✗ at a position without a value, instead of an error.")
    ] = False,
    as_json: AsJson = False,
    causal: Causal = False,
    text: Annotated[bool, typer.Option("--text", help="Read the inputs as text even if they start with [.")] = False,
    vocab: Vocab = None,
    max_len: MaxLen = None,
    dtype: Dtype = "float32",
    program: ProgramOf = None,
    debug: Debug = False,
) -> None:
    """Run a program as a transformer on one or more inputs, and check its answers against the interpreter.

    A program from a file is compiled for the tokens and lengths of the inputs, unless --vocab and --max-len are given.
    A library program is compiled for its own vocabulary and length, extended where the inputs need it. A complete model
    of the Cookbook (models:NAME) is run as it is and checked against plain Python.
    """
    with reporting(debug=debug):
        source = find(name, program)
        if interpret:
            source.needed_sop()
        model = None if interpret else _Model(source, read_vocab(vocab), max_len, causal=causal, dtype=dtype)
        masked = causal if model is None else model.causal
        job = _Job(source, model, causal=masked, as_text=text, keep=keep)
        if layers and not as_json:
            print(f"layers: {job.layers}")
        code = 0
        for number, (x, outcome) in enumerate(job.outcomes(texts(inputs or ["-"]))):
            if isinstance(outcome, errors.CompileError):
                raise typer.Exit(
                    complain(outcome, debug=debug, hint="--interpret runs the program without compiling it.")
                )
            shown = job.trace(x) if trace and not isinstance(outcome, errors.InputError) else None
            if as_json:
                print(to_json(job.record(x, outcome, shown, layers=layers)), flush=True)
            else:
                if shown is not None:
                    print_table(*trace_table(shown), blank_before=number > 0)
                if not isinstance(outcome, Exception):
                    print(job.line(x, outcome), flush=True)
            if isinstance(outcome, Exception):
                sys.stdout.flush()
                code = max(code, complain(outcome, debug=debug, hint=job.hint(x, outcome)))
        if model is not None and not as_json:
            model.report()
    raise typer.Exit(code)


class _Model:
    """The transformer of a program, compiled again when an input has a new token or is longer than any before."""

    def __init__(
        self, source: Resolved, vocab: list[Any] | None, max_len: int | None, *, causal: bool, dtype: str
    ) -> None:
        self.source, self.dtype = source, dtype
        self.fixed_vocab, self.fixed_len = vocab, max_len
        self.model = source.model
        self.causal = causal if self.model is None else self.model.causal
        library = source.library
        self.vocab = vocab or (list(library.vocab) if library else [])
        self.max_len = max_len or (library.max_len if library else 1)
        self.compile_seconds = self.run_seconds = 0.0
        self.ran = False

    def answers(self, inputs: list[Input]) -> list[list[Any]]:
        """Return the model's answers. Raises CompileError and InputError."""
        model = self._fitting(inputs)
        start = time.perf_counter()
        answers: list[list[Any]] = list(model.batch(inputs))
        self.run_seconds += time.perf_counter() - start
        self.ran = True
        return answers

    def _fitting(self, inputs: list[Input]) -> Transformer:
        known = set(self.vocab)
        if self.source.model is not None:
            return self.source.model
        new = [] if self.fixed_vocab else [t for t in dict.fromkeys(t for x in inputs for t in x) if t not in known]
        longest = self.max_len if self.fixed_len else max([self.max_len, *map(len, inputs)])
        if self.model is None or new or longest > self.max_len:
            self.vocab, self.max_len = [*self.vocab, *new], longest
            start = time.perf_counter()
            vocab = self.vocab or list(example())
            self.model = self._compiled(vocab)
            self.compile_seconds += time.perf_counter() - start
        return self.model

    def _compiled(self, vocab: list[Any]) -> Transformer:
        """Return the model with a proof or, after a warning, without one. Raises CompileError."""
        options: dict[str, Any] = {"causal": self.causal, "dtype": self.dtype, "remedies": False}
        try:
            return self.source.compile(vocab, self.max_len, certify=True, **options)
        except errors.CertificateError as error:
            doing = [r for r in error.remedies if not any(o.name == "certify" for o in r.options)]
            warn(
                f"not certified: {error.message}\n    Each answer is still checked against the interpreter. "
                + " ".join(r.told(spelled) for r in doing)
            )
            return self.source.compile(vocab, self.max_len, certify=False, **options)

    @property
    def known_vocab(self) -> list[Any]:
        """The vocabulary of valid inputs, empty if it is unknown."""
        if self.source.model is not None:
            return list(self.source.model.vocab)
        return self.fixed_vocab or (list(self.source.library.vocab) if self.source.library else [])

    @property
    def facts(self) -> dict[str, Any]:
        """The size of the model, its times in seconds and whether it was checked, for JSON."""
        model = self.model
        assert model is not None
        found = model.certificate
        return {
            "layers": model.depth,
            "heads": model.heads,
            "d_model": model.d_model,
            "parameters": model.parameters,
            "certificate": None if found is None else {"status": found.status, "stored": found.stored},
            "compile_seconds": round(self.compile_seconds, 6),
            "run_seconds": round(self.run_seconds, 6),
            "checked": self.source.sop is not None or self.source.complete is not None,
        }

    def report(self) -> None:
        """Print a line about the model, after its answers."""
        if self.model is None or not self.ran:
            return
        made = f"compiled in {_time(self.compile_seconds)}, " if self.source.model is None else ""
        checked = "the interpreter agrees"
        if self.source.complete is not None:
            checked = "plain Python agrees"
        elif self.source.sop is None:
            checked = "not checked (name its program with --program)"
        print(f"{self.model!r}: {made}ran in {_time(self.run_seconds)}; {checked}", file=sys.stderr)


class _Job:
    """A program to run on many inputs, by the model and by the interpreter if it has both."""

    def __init__(self, source: Resolved, model: _Model | None, *, causal: bool, as_text: bool, keep: bool) -> None:
        self.source, self.model, self.causal = source, model, causal
        self.errors: Literal["raise", "keep"] = "keep" if keep else "raise"
        self.sop = source.sop
        # If "[" itself is a token, "[[]" and "[]" are both text.
        known = source.library or source.model
        self.as_text = as_text or (known is not None and "[" in known.vocab)

    @property
    def program(self) -> SOp:
        """The program. Raises Usage if there is only a model."""
        return self.source.needed_sop()

    @property
    def layers(self) -> int:
        """The layers of the program, or of the model if there is no program."""
        return self.source.model.depth if self.sop is None and self.source.model is not None else self.program.layers

    def trace(self, x: Input) -> Trace | ModelTrace:
        """Return the named steps of the program, or those decoded from the model if there is no program."""
        if self.sop is None and self.source.model is not None:
            return self.source.model.trace(x)
        trace: Trace = self.program.trace(x, causal=self.causal)
        return trace

    def outcomes(self, lines: Iterable[str]) -> Iterator[tuple[Any, RunOutcome]]:
        """Yield each input as it was read, with its outcome."""
        for some in chunks(lines, 1 if typed_by_hand() else TOGETHER):
            read = [self._read(text) for text in some]
            inputs = [x for x in read if not isinstance(x, errors.HardwireError)]
            ran = iter(self._run(inputs))
            for text, x in zip(some, read, strict=True):
                yield (text, x) if isinstance(x, errors.HardwireError) else (x, next(ran))

    def _read(self, text: str) -> Input | errors.InputError:
        try:
            return read_input(text, as_text=self.as_text)
        except errors.InputError as error:
            return error

    def _run(self, inputs: list[Input]) -> list[RunOutcome]:
        """Return the outcome of each input: the model's answer if the interpreter agrees, otherwise an error."""
        if self.source.complete is not None and self.model is not None:
            return [self._as_reference(x, got) for x, got in zip(inputs, self._answered(inputs), strict=True)]
        wanted: list[RunOutcome] = self._interpreted(inputs) if self.sop is not None else [[]] * len(inputs)
        if self.model is None:
            return wanted
        good = [i for i, w in enumerate(wanted) if not isinstance(w, errors.HardwireError)]
        outcomes = list(wanted)
        for i, got in zip(good, self._answered([inputs[i] for i in good]), strict=True):
            outcomes[i] = (
                got if self.sop is None or isinstance(got, Exception) else self._agreed(inputs[i], wanted[i], got)
            )
        return outcomes

    def _interpreted(self, inputs: list[Input]) -> list[RunOutcome]:
        try:
            return list(self.program.batch(inputs, causal=self.causal, errors=self.errors))
        except errors.HardwireError:  # in one of the inputs: find it by running one at a time
            return [self._alone(x) for x in inputs]

    def _alone(self, x: Input) -> RunOutcome:
        try:
            result: list[Any] = self.program(x, causal=self.causal, errors=self.errors)
            return result
        except errors.EvaluationError as error:
            return error if self.model is None else out_of_vocabulary(x, self.model.known_vocab) or error
        except errors.HardwireError as error:
            return error

    def _answered(self, inputs: list[Input]) -> list[RunOutcome]:
        assert self.model is not None
        try:
            return list(self.model.answers(inputs)) if inputs else []
        except errors.CompileError as error:
            return [error] * len(inputs)
        except errors.InputError as error:
            return [error] if len(inputs) == 1 else [self._answered([x])[0] for x in inputs]

    def _as_reference(self, x: Input, got: RunOutcome) -> RunOutcome:
        """Return the answer of a complete model, or an error if it differs from the reference."""
        complete = self.source.complete
        assert complete is not None
        if isinstance(got, errors.HardwireError):
            return got
        if complete.valid is not None and not complete.valid(x):
            note(f"{short(x, 40)} is not a valid input of {self.source.name}, so the result may be meaningless")
            return got
        return self._agreed(x, complete.reference(x), got)

    def _agreed(self, x: Input, want: Any, got: list[Any]) -> RunOutcome:
        """Return the model's answer with failures where there is no value, or an error if the interpreter disagrees."""
        assert self.model is not None
        assert self.model.model is not None
        for i, (a, b) in enumerate(zip(want, got, strict=True)):
            if not isinstance(a, Failure) and not self.model.model.same(a, b):
                return errors.ModelError(
                    f"on {short(x, 40)} the model answers {b!r} at position {i}, and the program gives {a!r}",
                    position=i,
                    value=b,
                )
        return [a if isinstance(a, Failure) else b for a, b in zip(want, got, strict=True)]

    def line(self, x: Input, result: list[Any]) -> str:
        """Return the line that is printed for one input."""
        answer = self.answer(x, result)
        shown = f"[{', '.join('✗' if isinstance(v, Failure) else repr(v) for v in result)}]"
        return shown if answer is None else f"{shown} -> {answer}"

    def answer(self, x: Input, result: list[Any]) -> str | None:
        """Return the result in readable form, if the program has one and the input is valid."""
        library = self.source.library
        if library is None or self.causal or any(isinstance(v, Failure) for v in result):
            return None
        if library.given is not None and not all(ok is True for ok in library.given()(x, errors="keep")):
            note(f"{short(x, 40)} is not a valid input of {self.source.name}, so the result may be meaningless")
            return None
        return None if library.answer is None else library.answer(result)

    def record(self, x: Any, outcome: RunOutcome, trace: Trace | ModelTrace | None, *, layers: bool) -> dict[str, Any]:
        """Return the JSON of one input."""
        record: dict[str, Any] = {"program": self.source.name, "input": x}
        if layers:
            record["layers"] = self.layers
        if trace is not None:
            record["steps"] = [{"name": s.name, "layer": s.layer, "values": s.values} for s in trace]
        if isinstance(outcome, errors.HardwireError):
            return record | {"error": outcome.told(spelled)}
        answer = self.answer(x, outcome)
        record |= {"result": list(outcome)} | ({} if answer is None else {"answer": answer})
        return record if self.model is None else record | {"model": self.model.facts}

    def hint(self, x: Any, outcome: Exception) -> str:
        """Return a hint if the input has the wrong kind of tokens: text instead of a list, or unknown tokens."""
        library = self.source.library
        if library is None or not isinstance(outcome, (errors.EvaluationError, errors.InputError)):
            return ""
        if isinstance(x, str) and not any(isinstance(token, str) for token in library.vocab):
            name = library.name
            return f"The tokens of {name} are not characters; give a list: hardwire run {name} '{typed(library)}'"
        if isinstance(outcome, errors.EvaluationError) and self.model is None:
            unknown = out_of_vocabulary(x, list(library.vocab))
            return "" if unknown is None else f"{library.name} is made for other tokens: {unknown}"
        return ""


def out_of_vocabulary(x: Input, vocab: list[Any]) -> errors.InputError | None:
    """Return the error of a model over this vocabulary on the input; None if it has none, or if `vocab` is empty."""
    if not vocab or not len(x):
        return None
    try:
        compile_sop(tokens, vocab, len(x), certify=False).encode(x)
    except errors.InputError as error:
        return error
    return None


def _time(seconds: float) -> str:
    return (
        f"{seconds:.2f} s"
        if seconds >= 1
        else f"{seconds * 1e3:.2g} ms"
        if seconds < 0.1
        else f"{seconds * 1e3:.0f} ms"
    )
