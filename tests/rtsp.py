"""A network camera for tests: it speaks RTSP on loopback, asks for a login, and may refuse.

    with RtspCamera(login=("me", "secret"), asks="Digest") as camera:
        ask(Address.parse(camera.address("me:wrong@")), 5)

It sends the same MPEG transport stream to everybody who plays it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import struct
import threading
from contextlib import suppress
from typing import Any, Self

REALM = "a camera, mounted"
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
    "m={kind} 0 RTP/AVP 33\r\na=control:track0\r\n"
)


class RtspCamera:
    """Each connection has a thread and, as with live555, a nonce of its own."""

    def __init__(
        self,
        stream: bytes = b"",
        *,
        status: int = 200,
        login: tuple[str, str] | None = None,
        asks: str = "Basic",
        kind: str = "video",
        closes: bool = False,
    ) -> None:
        """status: answered to DESCRIBE by whoever is let in. login: who is let in; None: anybody.

        asks: challenges, apart by `;`, such as `Basic` or `Digest algorithm=SHA-256, qop="auth"`.
        kind: of the stream. closes: after each answer.
        """
        self.requests: list[str] = []
        """The methods that it was asked for."""
        self._stream, self._status, self._login = stream, status, login
        self._asks, self._kind, self._closes = asks.split(";"), kind, closes
        self._nonces = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def address(self, login: str = "", target: str = "/1") -> str:
        """login: as it is written before the host, with the @."""
        return f"rtsp://{login}127.0.0.1:{self.port}{target}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._meet, args=(client,), daemon=True).start()

    def _meet(self, client: socket.socket) -> None:
        nonce = f"nonce{self._nonces}" if not self._closes else "nonce"
        self._nonces += 1
        with client, client.makefile("rwb") as lines, suppress(OSError, ValueError):
            while request := lines.readline().decode().split():
                headers = {}
                while line := lines.readline().decode().strip():
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                self.requests.append(request[0])
                if not self._answer(lines, request[0], headers, nonce) or self._closes:
                    return

    def _answer(self, lines: Any, method: str, headers: dict[str, str], nonce: str) -> bool:
        """Whether the connection goes on."""
        status, extra, body = 200, "", ""
        if method != "OPTIONS" and not self._knows(method, headers.get("authorization", ""), nonce):
            status = 401
            for challenge in self._asks:
                scheme, _, rest = challenge.strip().partition(" ")
                digest = f', nonce="{nonce}"' if scheme == "Digest" else ""
                more = f", {rest}" if rest else ""
                extra += f'WWW-Authenticate: {scheme} realm="{REALM}"{digest}{more}\r\n'
        elif method == "DESCRIBE" and self._status != 200:
            status = self._status
        elif method == "DESCRIBE":
            extra, body = "Content-Type: application/sdp\r\n", SDP.format(kind=self._kind)
        elif method == "SETUP":
            extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
        elif method == "OPTIONS":
            extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        lines.write(
            f"RTSP/1.0 {status} Said\r\nCSeq: {headers['cseq']}\r\n{extra}"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        lines.flush()
        if method != "PLAY" or status != 200:
            return True
        for number, at in enumerate(range(0, len(self._stream), 7 * 188)):
            packet = struct.pack(">BBHII", 0x80, 33, number & 0xFFFF, number * 900, 1)
            packet += self._stream[at : at + 7 * 188]
            lines.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
        lines.flush()
        return False  # the cable is pulled

    def _knows(self, method: str, authorization: str, nonce: str) -> bool:
        if self._login is None:
            return True
        username, password = self._login
        scheme, _, said = authorization.partition(" ")
        if scheme == "Basic":
            return base64.b64decode(said).decode() == f"{username}:{password}"
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', said))
        if scheme != "Digest" or fields.get("nonce") != nonce:
            return False
        kind = "sha256" if "SHA-256" in fields.get("algorithm", "") else "md5"

        def digest(*parts: str) -> str:
            return hashlib.new(kind, ":".join(parts).encode()).hexdigest()

        secret = digest(username, REALM, password)
        if fields.get("algorithm", "").lower().endswith("-sess"):
            secret = digest(secret, nonce, fields["cnonce"])
        qop = [fields[key] for key in ("nc", "cnonce", "qop")] if "qop" in fields else []
        wanted = digest(secret, nonce, *qop, digest(method, fields["uri"]))
        return fields.get("response") == wanted
