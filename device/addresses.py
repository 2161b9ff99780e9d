"""Addresses that may hold a password: `shown` is what every address passes before anybody sees it.

Guarantee: of an address nothing but its scheme, host and port is shown, and not even those where a
stray character makes it unclear which part is the host. A password may be anywhere else: before
the @, in the query (`?user=...&password=...`), or in the path.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import quote, unquote

HIDDEN = "..."

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[^\s\[\]:@%/?#\\\"'<>|,;=&]+)(?::(\d{1,5}))?")
_AUTHORITY_ENDS = re.compile(r"[/?#]")
_QUERY = re.compile(r"[^@#]*=")
"""Before an @ after the host: a query such as `?user=me@home`, and not a part of a password."""

_SECRET = re.compile(r":.*@|[?&;]|(user|usr|login|pass|pwd|token|key|auth)[^/]*=", re.I | re.S)
"""What a password may be near, in a text that is no address with a scheme."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address in its parts.

    scheme: in lower case. username, password: decoded; None: not given. host: an IPv6 address
    without its brackets. target: path and query, as they are sent.
    """

    scheme: str
    host: str
    port: int | None
    target: str = field(repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> Address:
        """The parts of `scheme://[user[:password]@]host[:port][/path][?query]`.

        As FFmpeg divides it: the host begins after the last @ before the first `/`, `?` or `#`.

        Raises:
            ValueError: what is wrong and how to write it, without a piece of the address.
        """
        text = text.strip()
        scheme = _SCHEME.match(text)
        if scheme is None:
            raise ValueError("takes an address such as rtsp://192.168.1.20:554/stream")
        if not text.isprintable():
            raise ValueError(
                "holds a line break, a tab or another character that cannot be seen; write the "
                "address again in one line, and %XX for such a character of a password"
            )
        rest = text[scheme.end() :]
        end = _AUTHORITY_ENDS.search(rest)
        authority, target = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
        login, at, place = authority.rpartition("@")
        host = _HOST.fullmatch(place)
        if end and "@" in target and (host is None or not _QUERY.match(target)):
            raise ValueError(_encode(end.group()))
        if host is None or not 0 < int(host[2] or 1) < 65536:
            raise ValueError(_misplaced(place))
        username, colon, password = login.partition(":")
        return cls(
            scheme[1].lower(),
            host[1].strip("[]"),
            int(host[2]) if host[2] else None,
            quote(target.partition("#")[0], safe="/?%!$&'()*+,;=:@~[]"),
            unquote(username) if at else None,
            unquote(password) if colon else None,
        )

    def url(self, port: int) -> str:
        """The address without its login, as it stands in a request. port: where none is given."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port or port}{self.target}"


def shown(text: str) -> str:
    """What may be shown of an address: `rtsp://me:secret@host:554/1` is `rtsp://host:554`.

    Text before it stays, and so does a text without one, such as a path or `usb:0`.
    """
    scheme = _SCHEME.search(text)
    before = text[: scheme.start()] if scheme else text
    if _SECRET.search(before):
        before = HIDDEN
    if scheme is None:
        return before
    place = HIDDEN
    with suppress(ValueError):
        address = Address.parse(text[scheme.start() :])
        if "@" not in address.target:  # else the host may be a part of the password
            host = f"[{address.host}]" if ":" in address.host else address.host
            place = f"{host}:{address.port}" if address.port else host
    return f"{before}{scheme[1].lower()}://{place}"


def is_web_address(text: str) -> bool:
    """Whether a text is an address of http or https in one piece."""
    try:
        return Address.parse(text).scheme in ("https", "http")
    except ValueError:
        return False


def host_alone(text: str) -> str:
    """The text, if it is the name or the address of a host and nothing else.

    Raises:
        ValueError: something else; says how to write it, without a piece of a login.
    """
    with suppress(ValueError):
        ip_address(text)
        return text
    if re.fullmatch(r"[\w.-]+", text):
        return text
    if _SCHEME.match(text.strip()):
        scheme = text.strip().partition("://")[0].lower()
        if scheme.startswith(("ws", "http")):
            raise ValueError("a host that speaks MQTT over TCP, and no WebSocket")
        if shown(text).endswith(HIDDEN):
            raise ValueError("a host alone, its port as port and its login as username")
        place = Address.parse(text)
        port = place.port or (1883 if scheme in ("mqtt", "tcp") else 8883)
        tls = "" if scheme in ("mqtt", "tcp") else ", and tls: {} beside them"
        login = ", its login as username and password_file" if place.username else ""
        raise ValueError(f"a host alone: broker: {place.host} and port: {port}{tls}{login}")
    place_and_port = _HOST.fullmatch(text.strip())
    if place_and_port:
        and_port = f" and port: {place_and_port[2]}" if place_and_port[2] else ""
        raise ValueError(f"a host alone: broker: {place_and_port[1].strip('[]')}{and_port}")
    raise ValueError("the name or address of a host alone")


def _encode(character: str) -> str:
    return (
        f"the {character} before an @ ends the host: in a user name or password write "
        f"{quote(character, safe='')} for it, and in a path %40 for the @"
    )


def _misplaced(place: str) -> str:
    """Why this is no host and port."""
    if not place:
        return "has no host; takes an address such as rtsp://192.168.1.20:554/stream"
    if place.count(":") > 1 and "[" not in place:
        return "an IPv6 address belongs in brackets, as in rtsp://[fe80::1]:554/stream"
    if re.search(r"\s", place):
        return "a blank is beside the host or its port; in a user name or password write %20 for it"
    if ":" in place and "[" not in place:
        return (
            "the port after the host is a number from 1 to 65535; a login stands before the host, "
            "as in rtsp://USER:PASSWORD@HOST:554/stream"
        )
    return (
        "the host is a name or an address; in a user name or password write %40 for @, %2F for /, "
        "%3F for ? and %23 for #"
    )
