"""Asks a network camera for its stream without opening a picture: RTSP DESCRIBE, or HTTP HEAD.

It tells a camera that refuses the login from one that is switched off, a wrong path, and something
that is no camera. The login is tried once: cameras lock a user after a few refusals.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing

from device.addresses import Address
from device.camera.login import authorization, can_answer

PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
"""Where no port is given, by scheme; FFmpeg's are the same."""

LONGEST_ANSWER = 65_536
"""Bytes of an RTSP answer."""

NO_HEAD = (400, 405, 501)
"""HTTP's answers of a server that knows GET alone; others close the connection."""

CHALLENGE = "www-authenticate"

Answer = tuple[int, Sequence[str], str]
"""Status, challenges of the login, and the content: a description, or the type of what is sent."""


def ask(address: Address, within_s: float) -> bool:
    """Ask for the stream: True if the camera would send it, False if it does not tell.

    Raises:
        OSError: what is wrong and what to do, without a piece of the address.
    """
    rtsp = address.scheme.startswith("rtsp")
    try:
        status, challenges, content = (_ask_rtsp if rtsp else _ask_http)(
            address, time.monotonic() + within_s
        )
    except ssl.SSLError:
        plain = address.scheme.removesuffix("s")
        raise OSError(f"speaks no TLS at this port; is it {plain}://?") from None
    if status == 401 and address.username is None:
        raise OSError("asks for a login (401): write it before the host, as USER:PASSWORD@")
    if status == 401 and not can_answer(challenges):
        raise OSError("asks for a login that is neither Basic nor Digest (401)")
    if status == 401:
        raise OSError("refuses the user name or the password (401): check both")
    if status == 403:
        raise OSError("refuses this user (403): may the user watch the stream, is it locked?")
    if status == 404:
        # Some cameras answer so where a user may not know what there is.
        or_login = "" if address.username is None else ", or refuses the password for it"
        raise OSError(f"has no such stream (404){or_login}: check what follows the host")
    if not rtsp and status in NO_HEAD:
        return False
    if status >= 400:
        raise OSError(f"answers with the error {status}")
    if status == 200 and rtsp and "m=video" not in content:
        raise OSError("is no camera: it sends no video")
    if status == 200 and content == "text/html":
        raise OSError("is no camera: it sends a web page; take the address of the stream")
    return True


def _ask_rtsp(address: Address, deadline: float) -> Answer:
    """DESCRIBE, and again with the login, on one connection: for some, each has its own nonce."""
    url = address.url(PORTS[address.scheme])
    with ExitStack() as connections:
        connection = connections.enter_context(_connected(address, deadline))
        answer = _describe(connection, url, "", deadline)
        login = authorization(answer[1], address, "DESCRIBE", url) if answer else ""
        if answer and answer[0] == 401 and login:
            answer = _describe(connection, url, login, deadline)
            if answer is None:  # it closes after each answer
                connection = connections.enter_context(_connected(address, deadline))
                answer = _describe(connection, url, login, deadline)
    if answer is None:
        raise OSError("is no camera, or this is not its port: it closes the connection")
    return answer


def _describe(connection: socket.socket, url: str, login: str, deadline: float) -> Answer | None:
    """One DESCRIBE; None: the connection is closed before an answer."""
    request = (
        f"DESCRIBE {url} RTSP/1.0\r\nCSeq: {2 if login else 1}\r\n"
        f"Accept: application/sdp\r\nUser-Agent: Wayside\r\n"
        + (f"Authorization: {login}\r\n\r\n" if login else "\r\n")
    )
    answer = b""
    try:
        connection.sendall(request.encode())
        while not _complete(answer) and len(answer) < LONGEST_ANSWER:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            more = connection.recv(4096)
            if not more:
                break
            answer += more
    except TimeoutError:
        raise OSError("does not answer") from None
    except ConnectionError:
        pass
    if not answer:
        return None
    if answer.startswith(b"\x15\x03"):  # an alert of TLS
        raise OSError("speaks TLS at this port; is it rtsps://?")
    head, _, content = answer.decode(errors="replace").partition("\r\n\r\n")
    first, *lines = head.splitlines() or [""]
    status = re.match(r"RTSP/\d\.\d (\d{3})\b", first)
    if status is None:
        raise OSError("is no camera, or this is not its port: what answers there speaks no RTSP")
    headers = (line.partition(":") for line in lines)
    challenges = [words.strip() for name, _, words in headers if name.lower() == CHALLENGE]
    return int(status[1]), challenges, content


def _complete(answer: bytes) -> bool:
    """Whether this is a whole answer, or the beginning of none."""
    if not b"RTSP/".startswith(answer[:5]):
        return True
    head, end, content = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    return bool(end) and len(content) >= (int(length[1]) if length else 0)


def _ask_http(address: Address, deadline: float) -> Answer:
    target = address.target or "/"
    answer = _head(address, target, "", deadline)
    login = authorization(answer[1], address, "HEAD", target)
    return _head(address, target, login, deadline) if answer[0] == 401 and login else answer


def _head(address: Address, target: str, login: str, deadline: float) -> Answer:
    """One HEAD."""
    client = http.client.HTTPConnection(address.host, address.port)
    with closing(client):
        client.sock = _connected(address, deadline)
        try:
            client.request("HEAD", target, headers={"Authorization": login} if login else {})
            answer = client.getresponse()
        except TimeoutError:
            raise OSError("does not answer") from None
        except ConnectionError:
            return NO_HEAD[0], (), ""
        except http.client.HTTPException:
            raise OSError(
                "is no camera, or this is not its port: what answers there speaks no HTTP"
            ) from None
        kind = answer.headers.get_content_type() if "Content-Type" in answer.headers else ""
        return answer.status, answer.headers.get_all(CHALLENGE, []), kind


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
    # Cameras sign their own certificates, and FFmpeg does not check them either.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return context.wrap_socket(connection, server_hostname=address.host)
    except (TimeoutError, ConnectionError):
        connection.close()
        raise ssl.SSLError from None
    except BaseException:
        connection.close()
        raise
