"""An address that answers with nonsense, too much, too slowly or not at all is one line."""

# failure 50

from __future__ import annotations

import gzip
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from device.catalogue.imports.fetch import MOST_BYTES, Answer, fetch
from device.errors import UserError
from tests.device.catalogue.imports.web import Web, web


@pytest.fixture
def there() -> Iterator[Web]:
    with web() as server:
        yield server


def refusal(address: str, deadline_s: float = 30) -> str:
    with pytest.raises(UserError) as caught:
        fetch(address, deadline_s=deadline_s)
    line = str(caught.value)
    assert "\n" not in line
    assert "secret" not in line
    return line


def leads(to: str) -> object:
    def say(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", to)
        request.end_headers()

    return say


def test_what_an_address_answers_is_given_with_its_type(there: Web) -> None:
    assert fetch(there.gives("/a.ics", b"hello")) == Answer(b"hello", "text/calendar")
    there.does("/old", leads("/a.ics"))
    assert fetch(f"{there.address}/old?token=x").content == b"hello"


def test_a_login_is_sent_and_never_shown(there: Web) -> None:
    def say(request: BaseHTTPRequestHandler) -> None:
        login = b64encode(b"me:secret").decode()
        request.send_error(200 if request.headers["Authorization"] == f"Basic {login}" else 401)

    address = there.does("/private", say).replace("//", "//me:secret@")
    assert fetch(address).content
    assert refusal(address.replace("secret@", "secret2@")) == (
        f"{there.address}: answers 401 Unauthorized"
    )


def test_redirects_end(there: Web) -> None:
    loop = there.does("/loop", leads("/loop"))
    assert refusal(loop) == f"{there.address}: leads elsewhere more than 5 times"
    for place in ("file:///etc/passwd", "ftp://x/", "mailto:secret@x"):
        assert refusal(there.does("/away", leads(place))).endswith("else than a web address")


def test_an_answer_that_is_too_long_is_not_read_to_its_end(there: Web) -> None:
    given_up = threading.Event()

    def say(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            for _ in range(50):
                request.wfile.write(bytes(10**6))
        except OSError:
            given_up.set()

    assert refusal(there.does("/huge", say)).endswith(
        f"answers with more than {MOST_BYTES // 10**6} MB"
    )
    assert given_up.wait(10)


def test_an_answer_that_is_cut_is_none(there: Web) -> None:
    def say(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "100")
        request.end_headers()
        request.wfile.write(b"half")

    assert refusal(there.does("/cut", say)).endswith("no answer (the answer is cut)")


def test_a_packed_answer_is_not_unpacked(there: Web) -> None:
    def say(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Encoding", "gzip")
        request.end_headers()
        request.wfile.write(gzip.compress(b"BEGIN:VCALENDAR" * 1_000_000))

    assert refusal(there.does("/packed", say)).endswith("answers in gzip, which nobody asked for")


@pytest.mark.parametrize("part", ["silence", "head", "content"])
def test_a_server_that_takes_its_time_is_left_in_time(there: Web, part: str) -> None:
    done = threading.Event()

    def say(request: BaseHTTPRequestHandler) -> None:
        if part == "head":
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        elif part == "content":
            request.send_response(200)
            request.end_headers()
        while not done.wait(0.05):
            if part != "silence":
                request.wfile.write(b"x")

    began = time.monotonic()
    said = refusal(there.does("/slow", say), deadline_s=0.5)
    done.set()
    assert said == f"{there.address}: no answer (not complete within 0.5 s)"
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/me?token=secret",
        "http://me:secret@[::1",
        "http://",
        "https://localhost:1",
    ],
)
def test_an_address_that_is_not_there_is_one_line(address: str) -> None:
    assert ": no answer (" in refusal(address)


def test_what_does_not_speak_http_is_one_line(there: Web) -> None:
    def say(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"220 mail ready\r\n")

    assert ": no answer (" in refusal(there.does("/mail", say))
    assert ": no answer (" in refusal(there.address.replace("http", "https"))
