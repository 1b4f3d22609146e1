"""The server of the playground, for the browser on this machine and nobody else.

Typed Python runs with the rights of the user, so who may send it is what matters:

- The server listens on 127.0.0.1 alone.
- Every request needs the token, a random number that is in the address that the user opens: the first request brings it
  there, and later ones in a cookie that no other site sends (SameSite=Strict). Requests that run code need it in a
  header too, which other sites cannot set without asking, and the server answers no such question.
- A request whose Host is another name is refused, so that no other name can be pointed at this machine; so is one whose
  Origin is another site, and one that the browser marks as coming from another site.
- No other page may show this one in a frame; the page may load and send nothing elsewhere.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .actions import ACTIONS
from .content import content, done
from .page import page_html
from .pool import Pool

MOST_BYTES = 200_000
"""The longest request."""
COOKIE = "hardwire_play"
HEADER = "X-Hardwire-Token"


class Playground:
    """A playground on a free port of this machine. `url` is the address to open; `code` is the program at the start."""

    def __init__(self, code: str | None = None, *, port: int = 0, pool: Pool | None = None) -> None:
        """Raises OSError if the port is taken."""
        self.token = secrets.token_urlsafe(32)
        self.code = code
        self.pool = Pool() if pool is None else pool
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    @property
    def hosts(self) -> set[str]:
        """The names under which a browser may reach the server."""
        return {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}

    def serve(self) -> None:
        """Serve until `close` is called or the process is interrupted."""
        self._server.serve_forever()

    def start(self) -> None:
        """Serve in a thread."""
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self) -> None:
        """Stop serving, and end the process in which programs run."""
        self._server.shutdown()
        self._server.server_close()
        self.pool.close()

    def page(self, nonce: str) -> str:
        """The page."""
        data = {"token": self.token, "code": self.code, "solved": done(), **content()}
        return page_html(data, nonce=nonce)


def _handler(of: Playground) -> type[BaseHTTPRequestHandler]:
    """Return the class of the handlers of requests to a playground."""

    class Handler(_Handler):
        playground = of

    return Handler


class _Handler(BaseHTTPRequestHandler):
    playground: Playground
    server_version = "hardwire"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        given = parse_qs(address.query).get("token", [""])[0]
        if address.path != "/":
            self._refuse(404, "there is no such page")
        elif self._foreign():
            self._refuse(403, "this address is for the browser on this machine")
        elif not (self._matches(given) or self._matches(self._cookie())):
            self._refuse(403, "open the address that `hardwire play` prints")
        else:
            nonce = secrets.token_urlsafe(16)
            policy = (
                f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data:; "
                "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            )
            cookie = f"{COOKIE}={self.playground.token}; HttpOnly; SameSite=Strict; Path=/"
            body = self.playground.page(nonce).encode()
            self._send(200, body, "text/html; charset=utf-8", {"Content-Security-Policy": policy, "Set-Cookie": cookie})

    def do_POST(self) -> None:
        if self._foreign():
            self._refuse(403, "this address is for the browser on this machine")
        elif not (self._matches(self._cookie()) and self._matches(self.headers.get(HEADER, ""))):
            self._refuse(403, "the request has not the token")
        elif self.headers.get_content_type() != "application/json":
            self._refuse(415, "a request is JSON")
        elif self.path != "/api":
            self._refuse(404, "there is no such page")
        else:
            self._answer()

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self._refuse(413, f"a request has at most {MOST_BYTES:,} bytes")
            return
        try:
            request: Any = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            request = None
        known = isinstance(request, dict) and request.get("action") in tuple(ACTIONS)
        if not known or not isinstance(request.get("code"), str):
            self._refuse(400, "a request has an action and a code")
            return
        self._send(200, json.dumps(self.playground.pool.ask(request)).encode(), "application/json", {})

    def _foreign(self) -> bool:
        """Whether a request comes from elsewhere than the page or the address bar."""
        hosts = self.playground.hosts
        origin = self.headers.get("Origin")
        if self.headers.get("Host") not in hosts:
            return True
        if origin is not None and origin not in {f"http://{host}" for host in hosts}:
            return True
        return self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")

    def _matches(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.playground.token.encode())

    def _cookie(self) -> str:
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return ""
        return cookies[COOKIE].value if COOKIE in cookies else ""

    def _refuse(self, code: int, why: str) -> None:
        self.close_connection = True  # the body of the request is not read
        self._send(code, f"{why}\n".encode(), "text/plain; charset=utf-8", {"Connection": "close"})

    def _send(self, code: int, body: bytes, kind: str, more: dict[str, str]) -> None:
        self.send_response(code)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        for name, value in (headers | more).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: addresses hold the token."""
