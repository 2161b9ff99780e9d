"""A file that only its passphrase opens.

The content is encrypted by a key that was drawn when the file was made; the key lies in the file's
head, encrypted by what Argon2id makes of the passphrase. Guarantees: what is written is new or as
before, also at a power cut; a wrong passphrase, and a changed or cut file, open nothing; the size
tells no more than how many blocks of 4 KiB the content takes.

    head     magic (8), salt (16), nonce (12), the key (32) and its tag (16)
    content  nonce (12), the padded content, its tag (16)

`destroy` overwrites the head before it removes the file: without the key the content is noise. On
flash memory the old head may stay in a worn block that no program reads; who has the device and
reads its chips then still needs the passphrase.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from device.errors import UserError
from device.replacing import replacing

MAGIC = b"WAYDIA\x00\x01"
SALT, NONCE, KEY, TAG = 16, 12, 32, 16
HEAD = len(MAGIC) + SALT + NONCE + KEY + TAG

ITERATIONS, LANES, MEMORY_KIB = 3, 4, 64 * 1024
"""The second recommended option of RFC 9106, section 4: for a machine with little memory."""

BLOCK = 4096
"""The content is padded to whole blocks."""

MOST = 1 << 24
"""Bytes of a file; a hundred years of days take less."""

LEAST_PASSPHRASE = 8


class Sealed:
    """An open file. `new` makes one, `open` opens one."""

    def __init__(self, path: Path, head: bytes, key: bytes) -> None:
        self._path, self._head, self._cipher = path, head, ChaCha20Poly1305(key)

    @classmethod
    def new(cls, path: Path, passphrase: str) -> Sealed:
        """An empty one, of a new key.

        Raises:
            UserError: there is one already, it cannot be written, or the passphrase is short.
        """
        if path.exists():
            raise UserError(f"{path}: there is a diary already; `wayside diary delete` removes it")
        if len(passphrase) < LEAST_PASSPHRASE:
            raise UserError(f"passphrase: at least {LEAST_PASSPHRASE} characters; four words do")
        salt, nonce, key = os.urandom(SALT), os.urandom(NONCE), ChaCha20Poly1305.generate_key()
        wrapping = ChaCha20Poly1305(_stretched(passphrase, salt))
        head = MAGIC + salt + nonce + wrapping.encrypt(nonce, key, MAGIC + salt)
        sealed = cls(path, head, key)
        sealed.write(b"")
        return sealed

    @classmethod
    def open(cls, path: Path, passphrase: str) -> tuple[Sealed, bytes]:
        """One that is there, and its content.

        Raises:
            UserError: it cannot be read, is no diary, was changed, or has another passphrase.
        """
        whole = _read(path)
        head, rest = whole[:HEAD], whole[HEAD:]
        if not head.startswith(MAGIC) or len(rest) < NONCE + TAG:
            raise UserError(f"{path}: not a diary, or cut short")
        start = len(MAGIC) + SALT
        nonce, wrapped = head[start : start + NONCE], head[start + NONCE :]
        try:
            wrapping = ChaCha20Poly1305(_stretched(passphrase, head[len(MAGIC) : start]))
            key = wrapping.decrypt(nonce, wrapped, head[:start])
        except InvalidTag:
            raise UserError(f"{path}: this passphrase does not open it") from None
        sealed = cls(path, head, key)
        return sealed, sealed.opened(rest)

    def opened(self, rest: bytes) -> bytes:
        """What `write` put after the head, decrypted.

        Raises:
            UserError: it was changed, or cut.
        """
        try:
            padded = self._cipher.decrypt(rest[:NONCE], rest[NONCE:], self._head)
        except InvalidTag:
            raise UserError(f"{self._path}: damaged; take it from a backup") from None
        size = int.from_bytes(padded[:4], "big")
        return padded[4 : 4 + size]

    def write(self, content: bytes) -> None:
        """Replace the content.

        Raises:
            UserError: it cannot be written; what was there stays.
        """
        padded = len(content).to_bytes(4, "big") + content
        padded += bytes(-len(padded) % BLOCK)
        nonce = os.urandom(NONCE)  # never the same twice: a diary is written some thousand times
        with replacing(self._path, "--file", mode=0o600) as path:
            path.write_bytes(self._head + nonce + self._cipher.encrypt(nonce, padded, self._head))


def destroy(path: Path) -> None:
    """Overwrite the key, then remove the file; no passphrase is needed.

    Raises:
        UserError: it is no diary, or cannot be written.
    """
    if not _read(path).startswith(MAGIC):
        raise UserError(f"{path}: not a diary")
    try:
        with path.open("r+b") as file:
            file.write(os.urandom(HEAD))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except OSError as error:
        raise UserError(f"{path}: cannot be removed ({error.strerror})") from None


def _stretched(passphrase: str, salt: bytes) -> bytes:
    """The key that encrypts the key: about half a second and 64 MB on a Raspberry Pi 4."""
    stretch = Argon2id(
        salt=salt, length=KEY, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB
    )
    return stretch.derive(passphrase.encode("utf-8"))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            whole = file.read(MOST + 1)
    except FileNotFoundError:
        raise UserError(f"{path}: no diary is there; `wayside diary new` makes one") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if len(whole) > MOST:
        raise UserError(f"{path}: not a diary: more than {MOST >> 20} MB")
    return whole
