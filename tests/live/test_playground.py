"""The playground: what it answers, its limits, and the attacks that it refuses."""

from __future__ import annotations

import base64
import http.client
import importlib.util
import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hardwire as hw
from hardwire.play.actions import answer
from hardwire.play.content import done, puzzles
from hardwire.play.examples import FIRST, examples
from hardwire.play.exporting import TARGETS
from hardwire.play.pool import Pool
from hardwire.play.server import COOKIE, HEADER, MOST_BYTES, Playground

safetensors = pytest.importorskip("safetensors.numpy")

RUN_MS, COMPILE_MS = 200, 1000
"""How long the interpreter, and compiling with the proof, may take for `flip`, in milliseconds."""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    made = Pool(seconds=10)
    yield made
    made.close()


@pytest.fixture(scope="module")
def playground(pool: Pool) -> Iterator[Playground]:
    made = Playground(pool=pool)
    made.start()
    yield made
    made.close()


def asked(code: str, action: str = "run", **more: Any) -> dict[str, Any]:
    return answer({"action": action, "code": code, "input": "hello", **more})


def test_the_interpreter_answers() -> None:
    found = asked(FIRST)
    assert (found["names"], found["name"]) == (["flip"], "flip")
    assert [c["text"] for c in found["page"]["trace"]["answers"]] == list("olleh")
    found = asked(FIRST, input="[3, 'a', None]")
    assert [c["text"] for c in found["page"]["trace"]["answers"]] == ["None", "a", "3"]


def test_the_model_comes_with_its_proof() -> None:
    found = asked(FIRST, "compile")
    assert found["page"]["status"] == "exact up to length 20"
    assert found["page"]["lines"]["heads"] == [[5], [6]]
    assert found["model"]


@pytest.mark.parametrize(
    ("code", "line", "message"),
    [
        ("def f(:\n", 1, "SyntaxError"),
        ("from hardwire import tokens\n\ndef f():\n    return tokens + nothing\n", 4, "NameError: name 'nothing'"),
        ("from hardwire import tokens\nx = tokens[0]\n", 2, "a sop cannot be indexed"),
        ("import hardwire_nothing\n", 1, "ModuleNotFoundError"),
        ("x = 1\n", None, "defines no sop"),
        ("def f():\n    return 3\n", None, "f() must return a sop, and returns 3."),
        ("def f():\n    3\n", None, "f() must return a sop, and returns None. Is there a `return`?"),
        ("from hardwire import before\ndef f():\n    return before\n", None, "the selector before. Aggregate it: "),
        ("def f(x):\n    return x\n", None, "f needs arguments: give each a default, such as def f(x=tokens)."),
        ("from hardwire import key, tokens\nk = key(tokens)\n", None, "k is a key: compare keys with queries"),
    ],
)
def test_mistakes_have_their_line(code: str, line: int | None, message: str) -> None:
    problem = asked(code)["problem"]
    assert problem["line"] == line
    assert message in problem["message"]


def test_puzzles_are_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert done() == []
    solution = "from hardwire import indices, key, query, tokens\na = (key(indices) == query(1)).value(tokens)\n"
    found = asked(solution, "check", puzzle="index")
    assert found["solved"]
    assert "gold" in found["text"]
    assert not asked(FIRST, "check", puzzle="index")["solved"]
    assert done() == ["index"]
    hw.puzzles.solved_file.place().write_text("broken")
    assert done() == []
    assert "is not a record of solved puzzles" in asked(solution, "check", puzzle="index")["problem"]["message"]
    assert len(puzzles()) == len(hw.puzzles.PUZZLES)
    assert all(p["hints"] and p["examples"] for p in puzzles())


EXPORTS = {
    "page": ("flip.html", b"<!doctype html>"),
    "picture": ("flip.svg", b"<svg"),
    "model": ("flip.safetensors", b""),
    "hf": ("flip.zip", b"PK"),
    "torch": ("flip.zip", b"PK"),
    "numpy": ("flip.npz", b"PK"),
    "circuit": ("flip.mmd", b"flowchart"),
    "onnx": ("flip.onnx", b""),
    "lens": ("flip.zip", b"PK"),
}
NEEDS = {"onnx": "onnx"}


@pytest.mark.parametrize("target", TARGETS)
def test_exports(target: str) -> None:
    """A file, or the command that installs what is missing."""
    found = asked(FIRST, "export", target=target)
    tool = NEEDS.get(target)
    if tool is not None and importlib.util.find_spec(tool) is None:
        assert "Install it with: " in found["problem"]["message"]
        return
    name, start = EXPORTS[target]
    data = base64.b64decode(found["data"])
    assert (found["file"], data[: len(start)]) == (name, start)
    if target == "model":
        assert safetensors.load(data)


def test_an_export_that_does_not_exist() -> None:
    assert "there is no export 'hg'. Did you mean 'hf'?" in asked(FIRST, "export", target="hg")["problem"]["message"]


@pytest.mark.parametrize("example", examples(), ids=lambda e: str(e["name"]))
def test_every_example_runs(example: dict[str, Any]) -> None:
    found = asked(example["code"], input=example["input"])
    assert "problem" not in found
    program = hw.programs.LIBRARY.get(example["name"])
    if program is not None:
        assert found["name"] == program.name
        assert [c["full"] for c in found["page"]["trace"]["answers"]] == [repr(v) for v in program(program.example)]


def test_a_program_that_takes_too_long_is_stopped() -> None:
    pool = Pool(seconds=1)
    try:
        begun = time.monotonic()
        found = pool.ask({"action": "run", "code": "while True: pass"})
        assert "took longer than 1 seconds" in found["problem"]["message"]
        assert time.monotonic() - begun < 20
        pool.seconds = 20
        assert pool.ask({"action": "run", "code": FIRST})["name"] == "flip"  # the next one is not
    finally:
        pool.close()


def test_limits_of_memory_and_of_the_process(pool: Pool) -> None:
    if sys.platform == "linux":  # macOS and Windows have no limit of addresses
        found = pool.ask({"action": "run", "code": "x = bytearray(10**11)"})
        assert "MemoryError" in found["problem"]["message"] or "memory" in found["problem"]["message"]
    found = pool.ask({"action": "run", "code": "import os\nos._exit(3)"})
    assert "ended the process" in found["problem"]["message"]
    assert pool.ask({"action": "run", "code": f"print('{{}}')\n{FIRST}"})["name"] == "flip"  # prints go nowhere
    forged = f"import os\nfor n in range(3, 20):\n    try: os.read(n, 0)\n    except OSError: pass\n{FIRST}"
    assert pool.ask({"action": "run", "code": forged})["name"] == "flip"


def test_it_is_fast(pool: Pool) -> None:
    def median(action: str) -> float:
        times = []
        for i in range(5):
            begun = time.perf_counter()
            found = pool.ask({"action": action, "code": f"{FIRST}# {i}", "input": "helloolehhelloolehhe"})
            times.append(1000 * (time.perf_counter() - begun))
            assert "problem" not in found
        return sorted(times)[2]

    median("compile")  # which imports the compiler
    run, compiled = median("run"), median("compile")
    print(f"the interpreter {run:.0f} ms, compiling and proving {compiled:.0f} ms")
    assert run < RUN_MS
    assert compiled < COMPILE_MS


# Attacks.


def request(
    playground: Playground, method: str, path: str, body: str | None = None, **headers: str
) -> tuple[int, str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", playground.port, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): x for name, x in headers.items()})
        found = connection.getresponse()
        return found.status, found.read().decode(), found.headers
    finally:
        connection.close()


def allowed(playground: Playground) -> dict[str, str]:
    """The headers of the page's own requests."""
    return {
        "Host": f"127.0.0.1:{playground.port}",
        "Origin": f"http://127.0.0.1:{playground.port}",
        "Content_Type": "application/json",
        "Cookie": f"{COOKIE}={playground.token}",
        HEADER.replace("-", "_"): playground.token,
    }


BODY = json.dumps({"action": "run", "code": FIRST, "input": "ab"})


def test_the_page_is_served_with_the_token_and_a_strict_policy(playground: Playground) -> None:
    status, text, headers = request(playground, "GET", f"/?token={playground.token}")
    assert status == 200
    assert "hardwire-play-data" in text
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    assert "unsafe-eval" not in policy
    assert {"HttpOnly", "SameSite=Strict"} <= {x.strip() for x in headers["Set-Cookie"].split(";")}
    assert (headers["X-Frame-Options"], headers["Referrer-Policy"]) == ("DENY", "no-referrer")
    assert "Access-Control-Allow-Origin" not in headers
    assert request(playground, "POST", "/api", BODY, **allowed(playground))[0] == 200


@pytest.mark.parametrize("address", ["/", "/?token=", "/?token=wrong", "/?token=ä"])
def test_without_the_token_there_is_no_page(playground: Playground, address: str) -> None:
    status, text, _ = request(playground, "GET", address.replace("ä", "%C3%A4"))
    assert status == 403
    assert playground.token not in text


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Host", "evil.example"),  # a name that was pointed at this machine
        ("Host", "evil.example:{port}"),
        ("Host", "127.0.0.1"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),  # a page in a sandbox
        ("Origin", "http://127.0.0.1:1"),  # another server of this machine
        ("Origin", "http://127.0.0.1:{port}.evil.example"),
        ("Sec_Fetch_Site", "cross-site"),
        ("Sec_Fetch_Site", "same-site"),
        ("Cookie", ""),
        ("Cookie", "hardwire_play=wrong"),
        ("X_Hardwire_Token", ""),
        ("X_Hardwire_Token", "wrong"),
    ],
)
def test_requests_of_others_are_refused(playground: Playground, header: str, value: str) -> None:
    headers = allowed(playground) | {header: value.format(port=playground.port)}
    status, text, _ = request(playground, "POST", "/api", BODY, **headers)
    assert (status, "names" in text) == (403, False)
    if header in ("Host", "Origin", "Sec_Fetch_Site"):  # the page neither
        same = {header: headers[header]}
        assert request(playground, "GET", f"/?token={playground.token}", **same)[0] == 403


def test_a_form_of_another_site_cannot_send_code(playground: Playground) -> None:
    """What a browser sends without asking: other kinds of content, without the header."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = allowed(playground) | {"Content_Type": kind}
        assert request(playground, "POST", "/api", BODY, **headers)[0] == 415
    assert request(playground, "OPTIONS", "/api", Origin="https://evil.example")[0] == 501  # no permission is given


def test_requests_that_are_none(playground: Playground) -> None:
    headers = allowed(playground)
    wrong = ('{"action": "run"}', '{"action": "exec", "code": ""}', '{"action": [], "code": 1}')
    for body in ("", "{", "[]", "null", *wrong):
        assert request(playground, "POST", "/api", body, **headers)[0] == 400, body
    assert request(playground, "POST", "/api", "x" * (MOST_BYTES + 1), **headers)[0] == 413
    for length in ("-1", "9" * 30, "x"):
        assert request(playground, "POST", "/api", "", **headers | {"Content_Length": length})[0] == 413
    assert request(playground, "POST", "/other", BODY, **headers)[0] == 404
    for path in ("/../../etc/passwd", "/bundle/play.js", "//evil.example/"):
        assert request(playground, "GET", f"{path}?token={playground.token}")[0] == 404


def test_it_listens_on_this_machine_alone(playground: Playground) -> None:
    assert playground._server.server_address[0] == "127.0.0.1"
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1"}:
        if not str(address).startswith("127."):
            with socket.socket() as tried:
                tried.settimeout(2)
                assert tried.connect_ex((str(address), playground.port)) != 0


def test_every_playground_has_its_own_token() -> None:
    tokens = set()
    for _ in range(3):
        made = Playground(pool=Pool())
        tokens.add(made.token)
        made._server.server_close()
    assert len(tokens) == 3
    assert all(len(token) >= 43 for token in tokens)
