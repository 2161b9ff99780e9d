"""A web server on loopback that answers as a test says, honestly or not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Say = Callable[[BaseHTTPRequestHandler], None]


class Web:
    """address: of its root. say: what each path does; another one is not found."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.say: dict[str, Say] = {}

    def gives(self, path: str, content: bytes, kind: str = "text/calendar; charset=utf-8") -> str:
        """Answer with this content from now on; the address."""

        def say(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Type", kind)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)

        return self.does(path, say)

    def does(self, path: str, say: Say) -> str:
        """Answer in any way; the address."""
        self.say[path] = say
        return self.address + path


@contextmanager
def web() -> Iterator[Web]:
    """A server until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            say = there.say.get(self.path.partition("?")[0])
            if say is None:
                self.send_error(404)
                return
            try:
                say(self)
            except OSError:  # the client has gone
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    there = Web(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
