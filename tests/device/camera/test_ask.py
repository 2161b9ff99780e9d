"""What a network camera answers when it is asked for its stream, and no picture is opened."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest

from device.addresses import Address
from device.camera.ask import UNTOLD, ask
from tests.brokers import free_port
from tests.needs import needs
from tests.rtsp import RtspCamera
from tests.tls import certificate

LOGIN = ("mé", 'p/a#s?s:w@r"d\\ 密')
WRITTEN = f"{quote(LOGIN[0])}:{quote(LOGIN[1], safe='')}@"

ASKS = (
    "Basic",
    "Digest",
    'Digest qop="auth"',
    'Digest algorithm=MD5, qop="auth-int,auth", opaque="o"',
    "Digest algorithm=MD5-sess, qop=auth",
    'Digest algorithm=SHA-256, qop="auth"',
    'Digest algorithm=SHA-256-sess, qop="auth"',
    "Basic;Digest",
    "Digest algorithm=SHA-512-256;Digest",
    "Digest algorithm=SHA-512-256;Basic",
)


def said(address: str, within_s: float = 5) -> str:
    """Why a camera does not send its stream, or may not; empty: it would."""
    try:
        return ask(Address.parse(address), within_s)
    except OSError as error:
        return str(error)


def test_a_camera_that_sends_its_stream_is_asked_once_and_nothing_is_played() -> None:
    with RtspCamera() as camera:
        assert said(camera.address()) == ""
        assert camera.requests == ["DESCRIBE"]


@pytest.mark.parametrize("asks", ASKS)
def test_the_right_login_is_accepted(asks: str) -> None:
    with RtspCamera(login=LOGIN, asks=asks) as camera:
        assert said(camera.address(WRITTEN)) == ""
        assert camera.requests == ["DESCRIBE"] * 2


@pytest.mark.parametrize("asks", ASKS)
def test_a_wrong_password_is_told_after_one_try(asks: str) -> None:
    # failure 41
    with RtspCamera(login=LOGIN, asks=asks) as camera:
        assert said(camera.address("me:wrong@")).startswith(
            "refuses the user name or the password (401)"
        )
        assert camera.requests == ["DESCRIBE"] * 2


def test_a_camera_that_closes_after_each_answer_is_connected_to_again() -> None:
    with RtspCamera(login=LOGIN, asks="Digest", closes=True) as camera:
        assert said(camera.address(WRITTEN)) == ""


def test_a_missing_login_says_where_to_write_it() -> None:
    # failure 41
    with RtspCamera(login=LOGIN) as camera:
        assert said(camera.address()).startswith("asks for a login (401): write it before the host")
        assert said(camera.address(target="/1?user=me&password=geheim")).startswith("asks for a l")


def test_a_login_of_another_kind_is_told() -> None:
    with RtspCamera(login=LOGIN, asks="Negotiate") as camera:
        assert "neither Basic nor Digest (401)" in said(camera.address(WRITTEN))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "refuses this user (403)"),
        (404, "has no such stream (404): check what follows the host"),
        (400, "refuses the request (400): check what follows the host"),
        (453, "is busy (453)"),
        (503, "is busy (503)"),
        (500, "fails (500)"),
        (302, "sends its viewers on to another address (302)"),
    ],
)
def test_what_a_camera_refuses_is_told(status: int, words: str) -> None:
    # failure 41
    with RtspCamera(status=status) as camera:
        assert said(camera.address()).startswith(words)


def test_a_camera_may_hide_a_stream_from_whom_it_refuses() -> None:
    with RtspCamera(status=404) as camera:
        assert said(camera.address("me:wrong@")).startswith(
            "has no such stream (404), or refuses the password for it"
        )


def test_a_microphone_is_no_camera() -> None:
    with RtspCamera(kind="audio") as camera:
        assert said(camera.address()) == "is no camera: it sends no video"


@contextmanager
def answering(answer: bytes | Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that says this to everybody, whatever they ask, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client, suppress(ConnectionError):
                    client.recv(4096)
                    if isinstance(answer, bytes):
                        client.sendall(answer)
                    else:
                        answer(client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"220 ftp\r\n", b"\x00\xff" * 300])
def test_what_is_no_camera_is_told(scheme: str, answer: bytes) -> None:
    with answering(answer) as port:
        assert said(f"{scheme}://me:pw@127.0.0.1:{port}/1").startswith("is no camera")


def test_a_web_server_at_the_port_of_the_stream_is_no_camera() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as port:
        assert said(f"rtsp://127.0.0.1:{port}/1").endswith("it speaks HTTP; is it http://?")
    with answering(b"RTSP/1.0 400 Bad Request\r\n\r\n") as port:
        assert said(f"http://127.0.0.1:{port}/1").endswith("it speaks RTSP; is it rtsp://?")
    with answering(b"") as port:
        assert said(f"rtsp://127.0.0.1:{port}/1").endswith("it closes the connection")
        assert said(f"http://127.0.0.1:{port}/1") == UNTOLD


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_an_address_that_leads_elsewhere_is_told_without_a_login(scheme: str) -> None:
    # failure 41
    head = f"{scheme.upper()}/1.1 302 Found\r\nLocation: {scheme}://me:geheim@10.0.0.5:81/1\r\n\r\n"
    with answering(head.encode()) as port:
        assert said(f"{scheme}://127.0.0.1:{port}/1") == (
            f"sends its viewers on to {scheme}://10.0.0.5:81 (302): take the stream's own address"
        )


def test_a_camera_that_is_switched_off_or_says_nothing_is_told_in_time() -> None:
    assert said(f"rtsp://127.0.0.1:{free_port()}/1").startswith("cannot be reached (Connection ref")
    assert said("rtsp://no-such-host.invalid/1").startswith("cannot be reached (")
    assert said("rtsp://a..b/1").startswith("cannot be reached (")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        for scheme in ("rtsp", "http"):
            assert said(f"{scheme}://127.0.0.1:{port}/1", 0.3).startswith("does not answer")
        assert time.monotonic() - began < 5


def test_an_answer_that_never_ends_is_not_read_for_ever() -> None:
    with answering(b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 20_000) as port:
        assert said(f"rtsp://127.0.0.1:{port}/1") == "is no camera: it sends no video"


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_camera_that_answers_letter_by_letter_is_not_waited_for(scheme: str) -> None:
    """A question beyond the deadline of a read would count as a hang, and restart the kiosk."""
    # failure 41
    dripping = threading.Event()

    def drip(client: socket.socket) -> None:
        for letter in f"{scheme.upper()}/1.0 200 OK\r\nX: {'y' * 200}":
            client.sendall(letter.encode())
            if dripping.wait(0.02):
                return

    with answering(drip) as port:
        began = time.monotonic()
        assert said(f"{scheme}://127.0.0.1:{port}/1", 0.3).startswith("does not answer")
        assert time.monotonic() - began < 1
        dripping.set()


class HttpCamera(BaseHTTPRequestHandler):
    """A camera that sends MJPEG: it knows one user, and one path that may be asked about."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        wanted = "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode()
        if self.path == "/open/%C3%A9":
            self.answer(200)
        elif self.headers.get("Authorization") != wanted:
            self.answer(401, ("WWW-Authenticate", 'Basic realm="cam"'))
        elif self.path == "/stream":
            self.answer(200, ("Content-Type", "multipart/x-mixed-replace; boundary=frame"))
        elif self.path == "/page":
            self.answer(200, ("Content-Type", "text/html; charset=utf-8"))
        else:
            self.answer(int(self.path[1:]))

    def answer(self, status: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for header in headers:
            self.send_header(*header)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def http_camera() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), HttpCamera)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("login", "path", "words"),
    [
        (WRITTEN, "/stream", ""),
        (WRITTEN, "/302", "sends its viewers on to another address (302)"),
        (WRITTEN, "/400", UNTOLD),
        (WRITTEN, "/405", UNTOLD),
        (WRITTEN, "/501", UNTOLD),
        ("me:wrong@", "/stream", "refuses the user name or the password (401)"),
        ("", "/stream", "asks for a login (401)"),
        (WRITTEN, "/403", "refuses this user (403)"),
        (WRITTEN, "/404", "has no such stream (404)"),
        (WRITTEN, "/503", "is busy (503)"),
        (WRITTEN, "/500", "fails (500)"),
        (WRITTEN, "/406", "refuses the request (406)"),
        (WRITTEN, "/page", "is no camera: it sends a web page"),
    ],
)
def test_a_camera_that_speaks_http_is_asked_by_head(
    http_camera: str, login: str, path: str, words: str
) -> None:
    # failure 41
    found = said(f"http://{login}{http_camera}{path}")
    assert found.startswith(words)
    assert bool(found) == bool(words)


def test_a_path_may_hold_any_character(http_camera: str) -> None:
    assert said(f"http://{http_camera}/open/é") == ""


@pytest.fixture(scope="module")
def tls_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a web server with a certificate of its own."""
    signed = certificate(tmp_path_factory.mktemp("tls"), "camera.example")
    server = ThreadingHTTPServer(("127.0.0.1", 0), HttpCamera)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed.server, signed.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@needs("openssl")
def test_a_camera_may_sign_its_own_certificate(tls_port: int) -> None:
    assert said(f"https://{WRITTEN}127.0.0.1:{tls_port}/stream") == ""


@needs("openssl")
def test_plain_and_tls_at_the_wrong_port_are_told(tls_port: int) -> None:
    with RtspCamera() as camera:
        assert said(camera.address().replace("rtsp:", "rtsps:")).endswith("is it rtsp://?")
        assert said(camera.address().replace("rtsp:", "https:")).endswith("is it http://?")
    for scheme in ("rtsp", "http"):
        said_to_plain = said(f"{scheme}://127.0.0.1:{tls_port}/stream")
        assert said_to_plain == f"speaks TLS at this port; is it {scheme}s://?"
    with answering(b"\x15\x03\x03\x00\x02\x02\x46") as port:
        assert said(f"rtsp://127.0.0.1:{port}/1") == "speaks TLS at this port; is it rtsps://?"
