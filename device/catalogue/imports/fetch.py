"""One answer of a web address, within bounds of time, size and redirects.

Guarantees: whatever a server does, `fetch` ends within its deadline (name resolution may add to it)
and keeps at most `MOST_BYTES`; a redirect leads to http and https alone; of an address nothing but
scheme, host and port is in an error.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urljoin

from device import RELEASE
from device.addresses import Address, shown
from device.errors import UserError

MOST_BYTES = 5_000_000
"""Of an answer: a calendar of about ten thousand events."""

DEADLINE_S = 30.0
"""Seconds for all of it: redirects, head and content."""

MOST_REDIRECTS = 5

REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered. type: as it says, such as `text/calendar`; may be empty."""

    content: bytes
    type: str


def is_address(text: str) -> bool:
    """Whether a text is a web address, and not the path of a file."""
    return text.lower().startswith(("https://", "http://"))


def fetch(address: str, *, deadline_s: float = DEADLINE_S) -> Answer:
    """The answer of an address.

    Raises:
        UserError: it cannot be reached, answers with an error, with too much or too slowly.
    """
    ends = time.monotonic() + deadline_s
    target = address
    try:
        for _ in range(MOST_REDIRECTS + 1):
            answer = _get(target, ends)
            if isinstance(answer, Answer):
                return answer
            target = urljoin(target, answer)
            if not is_address(target):
                raise UserError(f"{shown(address)}: leads to something else than a web address")
    except (OSError, HTTPException, ValueError) as error:
        if time.monotonic() >= ends:
            why = f"not complete within {deadline_s:g} s"
        else:
            why = getattr(error, "strerror", None) or " ".join(str(error).split())
            why = why or type(error).__name__
        raise UserError(f"{shown(address)}: no answer ({why})") from None
    raise UserError(f"{shown(address)}: leads elsewhere more than {MOST_REDIRECTS} times")


def _get(address: str, ends: float) -> Answer | str:
    """The answer, or the address to which it leads."""
    parts = Address.parse(address)
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.host, parts.port, timeout=left)
    connected: list[socket.socket] = []  # the connection forgets it before the answer is read

    def cut() -> None:
        """End whatever waits for the server; a TLS socket's own `shutdown` would drop its state."""
        with suppress(OSError, TypeError):
            here = connected[0] if connected else connection.sock
            socket.socket.shutdown(here, socket.SHUT_RDWR)

    # A timeout of the socket is one of each read: a server that sends a byte now and then has none.
    alarm = threading.Timer(left, cut)
    alarm.daemon = True
    alarm.start()
    try:
        connection.connect()
        connected.append(connection.sock)
        connection.request("GET", parts.target or "/", headers=_headers(parts))
        with connection.getresponse() as response:
            answer = _read(response, address)
        if time.monotonic() >= ends:  # what was cut may look complete
            raise TimeoutError
        return answer
    except ssl.SSLCertVerificationError as error:
        raise OSError(f"its certificate is not accepted: {error.verify_message}") from None
    finally:
        alarm.cancel()
        connection.close()


def _headers(parts: Address) -> dict[str, str]:
    headers = {"User-Agent": f"wayside/{RELEASE}", "Accept": "text/calendar, text/plain;q=0.5"}
    if parts.username is not None:
        login = f"{parts.username}:{parts.password or ''}".encode()
        headers["Authorization"] = f"Basic {b64encode(login).decode()}"
    return headers


def _read(response: HTTPResponse, address: str) -> Answer | str:
    if response.status in REDIRECTS and (leads_to := response.getheader("Location")):
        return leads_to
    if response.status != 200:
        raise UserError(f"{shown(address)}: answers {response.status} {response.reason}".rstrip())
    packed = response.getheader("Content-Encoding", "identity")
    if packed != "identity":  # what it becomes has no bound
        raise UserError(f"{shown(address)}: answers in {packed}, which nobody asked for")
    content = response.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UserError(f"{shown(address)}: answers with more than {MOST_BYTES // 10**6} MB")
    if response.length:
        raise HTTPException("the answer is cut")
    return Answer(content, (response.getheader("Content-Type") or "").partition(";")[0].strip())
