"""A loopback HTTP server for one file that misbehaves on request; for tests of pulling."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Script:
    """What the server has and how it behaves.

    Attributes
    ----------
    cut_after : list of int
        For each coming answer, bytes of body after which the connection is cut.
    """

    content: bytes
    etag: str = '"v1"'
    ranges: bool = True
    status: int | None = None
    location: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    wrong_range: bool = False
    cut_after: list[int] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves in the middle is what some tests are about."""


@contextmanager
def file_server(script: Script) -> Iterator[str]:
    """Serve `script`; gives the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.requests.append({name.lower(): value for name, value in self.headers.items()})
            script.paths.append(self.path)
            if script.location and self.path != "/cdn":
                self._head(302, 0, {"Location": script.location})
            elif script.status:
                self._head(script.status, 0, script.headers)
            else:
                self._send_content()

        def _send_content(self) -> None:
            start = self._start()
            body = script.content[start:]
            extra = {"ETag": script.etag} if script.etag else {}
            if start and start >= len(script.content):
                self._head(416, 0, {})
                return
            if start:
                first = start + 1 if script.wrong_range else start
                total = len(script.content)
                extra["Content-Range"] = f"bytes {first}-{total - 1}/{total}"
            self._head(206 if start else 200, len(body), extra)
            cut = script.cut_after.pop(0) if script.cut_after else len(body)
            self.wfile.write(body[:cut])
            self.close_connection = cut < len(body)

        def _start(self) -> int:
            wanted = self.headers.get("Range", "")
            valid = self.headers.get("If-Range", script.etag) == script.etag
            if not (script.ranges and wanted and valid):
                return 0
            return int(wanted.removeprefix("bytes=").partition("-")[0])

        def _head(self, status: int, length: int, extra: dict[str, str]) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            for name, value in extra.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            return

    server = _QuietServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
