"""The login at a camera: answers to the challenges of RTSP and HTTP, Basic and Digest.

By RFC 7617 and RFC 7616; FFmpeg, which opens the stream, knows the same two.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from urllib.request import parse_http_list, parse_keqv_list

from device.addresses import Address

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_BEGINS = re.compile(r"(?:^|,)\s*([A-Za-z]+)\s+(?=[A-Za-z-]+\s*=)")
"""A challenge in a header that may have several."""


def authorization(challenges: Sequence[str], address: Address, method: str, uri: str) -> str:
    """The header that answers the best challenge; empty: there is none, or no login."""
    if address.username is None:
        return ""
    username, password = address.username, address.password or ""
    for challenge in sorted(_split(challenges), key=lambda one: not one.startswith("digest ")):
        if challenge.startswith("digest "):
            asked = parse_keqv_list(parse_http_list(challenge.partition(" ")[2]))
            if answer := _digest(asked, username, password, method, uri):
                return answer
        elif challenge.startswith("basic"):
            return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    return ""


def _split(challenges: Sequence[str]) -> list[str]:
    """One challenge each, its scheme in lower case; a header may have several."""
    found = []
    for header in challenges:
        starts = [match.start(1) for match in _BEGINS.finditer(header)] or [0]
        for start, end in zip(starts, [*starts[1:], len(header)], strict=True):
            scheme, blank, rest = header[start:end].strip(" ,").partition(" ")
            found.append(scheme.lower() + blank + rest)
    return found


def can_answer(challenges: Sequence[str]) -> bool:
    """Whether one of the challenges is of a kind that is known."""
    return any(one.startswith(("digest ", "basic")) for one in _split(challenges))


def _digest(asked: dict[str, str], username: str, password: str, method: str, uri: str) -> str:
    """RFC 7616, section 3.4; without `qop`, as in RFC 2069. Empty: not one that is known."""
    algorithm = asked.get("algorithm", "MD5")
    kind = algorithm.upper().removesuffix("-SESS")
    offers = [offer.strip() for offer in asked.get("qop", "").split(",")]
    if kind not in _HASHES or "nonce" not in asked or not {"auth", ""} & set(offers):
        return ""

    def digest(*parts: str) -> str:
        return _HASHES[kind](":".join(parts).encode()).hexdigest()

    realm, nonce, cnonce = asked.get("realm", ""), asked["nonce"], secrets.token_hex(8)
    secret = digest(username, realm, password)
    if algorithm.upper().endswith("-SESS"):
        secret = digest(secret, nonce, cnonce)
    qop = ("00000001", cnonce, "auth") if "auth" in offers else ()
    response = digest(secret, nonce, *qop, digest(method, uri))
    name = username.replace("\\", r"\\").replace('"', r"\"")
    parts = [
        f'username="{name}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}"'
    ]
    if "opaque" in asked:
        parts.append(f'opaque="{asked["opaque"]}"')
    if "algorithm" in asked:
        parts.append(f"algorithm={algorithm}")
    if qop:
        parts.append(f'qop=auth, nc=00000001, cnonce="{cnonce}"')
    return "Digest " + ", ".join(parts)
