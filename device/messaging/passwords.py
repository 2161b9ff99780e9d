"""Passwords for MQTT: how a file holds one, and the password file of the kiosk's own broker.

`python -m device.messaging.passwords FOLDER` prints Mosquitto's password file for the users of a
kiosk, from the files in FOLDER (`/etc/wayside`). Guarantee: a password is hashed as it is written
there, or refused with the reason; no message holds one. `mosquitto_passwd` would cut it at a `:`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from unicodedata import category

from device.config import load_config
from device.errors import UserError

ITERATIONS, SALT_BYTES = 101, 12
"""As mosquitto_passwd 2.0 has them; Mosquitto 2.0 reads no other length of salt."""

LONGEST = 65535
"""Bytes of a password in MQTT's CONNECT."""

LONGEST_OPTION = 1000
"""Bytes of a password in a file of options."""


_TOLD = {
    "\r": " (the line ends as on Windows; save it with LF)",
    "\n": " (a second line; takes one)",
    "\t": " (a tab)",
}


def usable(password: str) -> str:
    """The password itself.

    Raises:
        ValueError: it is empty, too long, or holds what cannot be typed; says which.
    """
    if not password:
        raise ValueError("the password is empty")
    for character in password:
        if category(character) in ("Cc", "Cs"):
            raise ValueError(
                f"the password holds a control character, U+{ord(character):04X}"
                f"{_TOLD.get(character, '')}"
            )
    if len(password.encode()) > LONGEST:
        raise ValueError(f"the password is longer than {LONGEST} bytes")
    return password


def read_password(path: Path) -> str:
    """The password in a file that holds nothing else; the line end after it is no part of it.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no password that can be used; says why.
    """
    text = _text(path)
    if text.startswith("\ufeff"):
        raise ValueError("begins with a byte order mark; save it as UTF-8 without one")
    return usable(text.rstrip("\n"))


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text; save it as UTF-8") from None


def hashed(user: str, password: str) -> str:
    """A line of Mosquitto's password file: PBKDF2 with SHA-512, its type 7."""
    salt = secrets.token_bytes(SALT_BYTES)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    salted, keyed = (base64.b64encode(part).decode() for part in (salt, key))
    return f"{user}:$7${ITERATIONS}${salted}${keyed}"


def _page(path: Path) -> str:
    password = load_config(path).display.password
    if password is None:
        raise ValueError("display.password: missing; the page needs one for this kiosk's broker")
    try:
        return usable(password.get_secret_value())
    except ValueError as error:
        raise ValueError(f"display.password: {error}") from None


def _screen(path: Path) -> str:
    """The password among the options of mosquitto_sub, which reads lines of up to 1023 bytes."""
    options = _text(path).split("\n")
    found = [line.removeprefix("-P ") for line in options if line.startswith("-P ")]
    if len(found) != 1:
        raise ValueError("takes one line `-P PASSWORD`")
    if len(found[0].encode()) > LONGEST_OPTION:
        raise ValueError(f"the password is longer than {LONGEST_OPTION} bytes")
    return usable(found[0])


USERS: dict[str, tuple[str, Callable[[Path], str]]] = {
    "kiosk": ("mqtt-password", read_password),
    "agent": ("agent-password", read_password),
    "page": ("config.yaml", _page),
    "screen": ("screen/mosquitto_sub", _screen),
}
"""Of each user of the kiosk's broker, the file with its password and how that is read."""


def password_file(folder: Path) -> str:
    """The text of Mosquitto's password file.

    Raises:
        UserError: a password that cannot be used, with the file and the reason.
    """
    lines = []
    for user, (name, read) in USERS.items():
        try:
            lines.append(hashed(user, read(folder / name)))
        except OSError as error:
            raise UserError(f"{folder / name}: cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise UserError(f"{folder / name}: {error}") from None
    return "".join(f"{line}\n" for line in lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program; exit code 1, with one line of error, where a password cannot be used."""
    parser = argparse.ArgumentParser(
        prog="device.messaging.passwords", description="Print the broker's password file."
    )
    parser.add_argument("folder", type=Path)
    try:
        print(password_file(parser.parse_args(argv).folder), end="")
    except UserError as error:
        print(f"wayside: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
