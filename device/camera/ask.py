"""Asks a network camera for its stream without opening a picture: RTSP DESCRIBE, or HTTP HEAD.

It tells a camera that refuses the login from one that is switched off, a wrong path, and something
that is no camera. The login is tried once: cameras lock a user after a few refusals. Guarantee: it
ends in time, however slowly a camera answers.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace

from device.addresses import Address, shown
from device.camera.login import authorization, can_answer

PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
"""Where no port is given, by scheme; FFmpeg's are the same."""

LONGEST_ANSWER = 65_536
"""Bytes of an answer that are read."""

NO_HEAD = (400, 405, 501)
"""HTTP's answers of a server that knows GET alone; others close the connection."""

BUSY = (429, 453, 503)

UNTOLD = "is there, but does not tell whether it sends the stream"

WRITTEN = ("text/html", "application/json", "application/xml", "text/xml")
"""What a web server sends and no camera does."""

_HEAD_ENDS = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer of RTSP or HTTP. headers: their names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: str

    def all_of(self, name: str) -> list[str]:
        """Every header of a name."""
        return [value for given, value in self.headers if given == name]

    def one_of(self, name: str) -> str:
        """The first header of a name; empty: there is none."""
        return next(iter(self.all_of(name)), "")


def ask(address: Address, within_s: float) -> str:
    """Ask for the stream: empty if the camera would send it, else why that is not certain.

    Raises:
        OSError: what is wrong and what to do, without a piece of the address.
    """
    deadline = time.monotonic() + within_s
    rtsp = address.scheme.startswith("rtsp")
    answer = _asked(address, deadline)
    if answer is None:
        if not address.scheme.endswith("s") and _speaks_tls(address, deadline):
            raise OSError(f"speaks TLS at this port; is it {address.scheme}s://?")
        if rtsp:
            raise OSError("is no camera, or this is not its port: it closes the connection")
        return UNTOLD
    if answer.status in (401, 403):
        raise OSError(_refused(answer, address))
    if answer.status in (404, 410):
        # Some cameras answer so where a user may not know what there is.
        login = "" if address.username is None else ", or refuses the password for it"
        raise OSError(f"has no such stream ({answer.status}){login}: check what follows the host")
    if answer.status in BUSY:
        raise OSError(f"is busy ({answer.status}): do too many others watch it?")
    if not rtsp and answer.status in NO_HEAD:
        return UNTOLD
    if answer.status >= 500:
        raise OSError(f"fails ({answer.status}): does its own page show the picture? restart it")
    if answer.status >= 400:
        raise OSError(f"refuses the request ({answer.status}): check what follows the host")
    if answer.status >= 300:
        there = shown(answer.one_of("location").strip())
        where = there if "://" in there else "another address"
        return f"sends its viewers on to {where} ({answer.status}): take the stream's own address"
    if rtsp and "m=video" not in answer.content:
        raise OSError("is no camera: it sends no video")
    if not rtsp and answer.one_of("content-type").partition(";")[0].strip().lower() in WRITTEN:
        raise OSError("is no camera: it sends a web page; take the address of the stream")
    return ""


def _refused(answer: _Answer, address: Address) -> str:
    if answer.status == 403:
        return "refuses this user (403): may the user watch the stream, is it locked?"
    if address.username is None:
        return "asks for a login (401): write it before the host, as USER:PASSWORD@"
    if not can_answer(answer.all_of("www-authenticate")):
        return "asks for a login that is neither Basic nor Digest (401): change it at the camera"
    return "refuses the user name or the password (401): check both"


def _asked(address: Address, deadline: float) -> _Answer | None:
    """The answer, to the login if one is asked for; None: the connection closes without one."""
    rtsp = address.scheme.startswith("rtsp")
    method, uri = "HEAD", address.target or "/"
    if rtsp:
        method, uri = "DESCRIBE", address.url(PORTS[address.scheme])
    with ExitStack() as connections:
        connection = connections.enter_context(_connected(address, deadline))
        answer = _request(connection, address, f"{method} {uri}", "", deadline)
        challenges = answer.all_of("www-authenticate") if answer else []
        login = authorization(challenges, address, method, uri)
        if answer is None or answer.status != 401 or not login:
            return answer
        if rtsp:  # on the same connection: for some cameras each has its own nonce
            answer = _request(connection, address, f"{method} {uri}", login, deadline)
        if not rtsp or answer is None:  # it closes after each answer
            connection = connections.enter_context(_connected(address, deadline))
            answer = _request(connection, address, f"{method} {uri}", login, deadline)
        return answer


def _request(
    connection: socket.socket, address: Address, line: str, login: str, deadline: float
) -> _Answer | None:
    """One request; None: the connection is closed before an answer."""
    protocol = address.scheme.removesuffix("s").upper()
    lines = ["User-Agent: Wayside"] + ([f"Authorization: {login}"] if login else [])
    if protocol == "RTSP":
        lines += [f"CSeq: {2 if login else 1}", "Accept: application/sdp"]
        line += " RTSP/1.0"
    else:
        place = address.url(PORTS[address.scheme]).split("/")[2]
        lines += [f"Host: {place}", "Connection: close"]
        line += " HTTP/1.1"
    received = b""
    try:
        connection.sendall("\r\n".join([line, *lines, "", ""]).encode())
        while not _complete(received, protocol) and len(received) < LONGEST_ANSWER:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            more = connection.recv(4096)
            if not more:
                break
            received += more
    except TimeoutError:
        raise OSError("does not answer: restart it, or is this not its port?") from None
    except (ConnectionError, ssl.SSLError):
        pass
    return _parsed(received, protocol) if received else None


def _complete(received: bytes, protocol: str) -> bool:
    """Whether this is a whole answer, or the beginning of none."""
    if not any(known.startswith(received[:5]) for known in (b"RTSP/", b"HTTP/")):
        return True
    end = _HEAD_ENDS.search(received)
    if end is None or protocol == "HTTP":  # to HEAD there is no content
        return end is not None
    length = re.search(rb"(?im)^content-length:\s*(\d+)", received[: end.start()])
    return len(received) - end.end() >= (int(length[1]) if length else 0)


def _parsed(received: bytes, protocol: str) -> _Answer:
    if received.startswith(b"\x15\x03"):  # an alert of TLS
        raise OSError(f"speaks TLS at this port; is it {protocol.lower()}s://?")
    head, *content = _HEAD_ENDS.split(received, maxsplit=1)
    first, *lines = head.decode(errors="replace").splitlines() or [""]
    status = re.match(r"(RTSP|HTTP)/\d\.\d (\d{3})\b", first)
    if status is None:
        raise OSError(
            f"is no camera, or this is not its port: what answers there speaks no {protocol}"
        )
    if status[1] != protocol:
        raise OSError(
            f"is no camera at this port: it speaks {status[1]}; is it {status[1].lower()}://?"
        )
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
    return _Answer(int(status[2]), headers, b"".join(content).decode(errors="replace"))


def _speaks_tls(address: Address, deadline: float) -> bool:
    """Whether TLS is spoken where it is not expected."""
    port = address.port or PORTS[address.scheme]
    try:
        _connected(replace(address, scheme=f"{address.scheme}s", port=port), deadline).close()
    except OSError:
        return False
    return True


def _connected(address: Address, deadline: float) -> socket.socket:
    port = address.port or PORTS[address.scheme]
    left = max(0.01, deadline - time.monotonic())
    try:
        connection = socket.create_connection((address.host, port), left)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "no answer"
        raise OSError(
            f"cannot be reached ({why}); is it switched on, and on this network?"
        ) from None
    if not address.scheme.endswith("s"):
        return connection
    # Cameras sign their own certificates and have old software; FFmpeg accepts both.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    try:
        return context.wrap_socket(connection, server_hostname=address.host)
    except (OSError, ValueError):
        connection.close()
        plain = address.scheme.removesuffix("s")
        raise OSError(f"speaks no TLS at this port; is it {plain}://?") from None
