"""One page on this machine's own address, for browsers on this machine."""

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from urllib.parse import urlsplit

from dreamcode.errors import InputError

ADDRESS = "127.0.0.1"
NAMES = frozenset({ADDRESS, "localhost"})
"""What a browser of this machine calls us. A page from elsewhere whose name was made to point
here still sends its own name, and is refused (DNS rebinding)."""

HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",  # the rest stands in the page
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class PageServer(ThreadingTCPServer):
    """Serves one page as `/`, and nothing else.

    Args:
        page: the page that is served.
        port: the port to listen on; 0 takes a free one.

    Raises:
        InputError: the port cannot be had.
    """

    allow_reuse_address = True
    daemon_threads = True  # a browser that keeps a connection open does not keep us alive

    def __init__(self, page: str, port: int) -> None:
        self.page = page.encode()
        try:
            super().__init__((ADDRESS, port), _Handler)
        except OSError as error:
            raise InputError(
                f"cannot listen on {ADDRESS}:{port} ({error.strerror}); choose another --port"
            ) from error

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away before it had all of the page is no news."""

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{ADDRESS}:{self.server_address[1]}/"


def serve(page: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serves the page until Ctrl-C.

    Args:
        page: the page that is served.
        port: the port to listen on; 0 takes a free one.
        on_ready: told the page's address.

    Raises:
        InputError: the port cannot be had.
        KeyboardInterrupt: the person has seen enough.
    """
    with PageServer(page, port) as server:
        on_ready(server.url)
        server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    timeout = 10  # seconds that a connection may be silent

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the terminal is the person's."""

    def version_string(self) -> str:
        return "dreamcode"

    def _answer(self, *, with_body: bool) -> None:
        if not self._is_meant():
            self.send_error(HTTPStatus.FORBIDDEN, "only for this machine")
            return
        if self.path.partition("?")[0] != "/":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        server = self.server
        page = server.page if isinstance(server, PageServer) else b""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(page)

    def _is_meant(self) -> bool:
        hosts = self.headers.get_all("Host") or []
        try:
            return len(hosts) == 1 and urlsplit(f"//{hosts[0]}").hostname in NAMES
        except ValueError:
            return False
