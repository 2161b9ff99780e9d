"""A picture of the page for the operator, taken while the page rests.

A service of its own takes it (systemd/wayside-screenshot.service), as the screen's user, since the
agent reaches no screen; the agent asks by `request` and reads `answer`. It is of what the screen
shows, never of the camera. Guarantees, together with device/fleet/orders.py: it is sent only if the
page rested before and after, since what is suggested follows from who stands there; the service
removes it after seconds; it lies in memory, on no disk.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

REQUEST = "screenshot"
"""Below the agent's folder: a path unit watches it."""

PICTURE = Path("/run/wayside-screenshot/page.png")
"""Where the service puts it; the folder is there only while the service runs."""

MOST = 700_000
"""Bytes of a picture: in base64 and with the rest of the message less than the 1 MiB of NATS."""

BEGINS = b"\x89PNG\r\n\x1a\n"
"""Of every PNG (https://www.w3.org/TR/png/#5PNG-file-signature)."""


def request(folder: Path, picture: Path = PICTURE) -> None:
    """Have systemd start the service. folder: the agent's.

    Raises:
        OSError: the disk refuses, or the last picture was asked for a moment ago.
    """
    if picture.exists():
        raise FileExistsError(0, "the last one was asked for a moment ago")
    (folder / REQUEST).write_bytes(b"")


def answer(picture: Path = PICTURE) -> bytes | None:
    """The picture, or None while it is not there; empty: it is none, or too large."""
    with suppress(OSError):
        content = picture.read_bytes()
        return content if content.startswith(BEGINS) and len(content) <= MOST else b""
    return None
