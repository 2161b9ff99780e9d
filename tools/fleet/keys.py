"""Ed25519 keys in encrypted PEM files, one a name (tools/fleet/roles.py): `content.pem`.

Guarantees: a private key is written encrypted only, readable by its owner alone, and replaces none;
a key is used only if it is the one that the repository names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from device.errors import UserError

NAME = "x-wayside-name"
"""Entry of a public key in metadata: the name of its file."""

LEAST_PASSPHRASE = 12
"""Characters. PEM stretches a passphrase by 2,048 rounds of PBKDF2 only: take several words."""

Passphrase: TypeAlias = Callable[[str], str]
"""From the name of a key to its passphrase, which may be asked for."""


def generate(name: str) -> tuple[Ed25519PrivateKey, CryptoSigner]:
    """A new key, for `save` and to sign with."""
    private = Ed25519PrivateKey.generate()
    public = SSlibKey.from_crypto(private.public_key())
    public.unrecognized_fields[NAME] = name
    return private, CryptoSigner(private, public)


class Keyring:
    """The keys in some folders, each opened when it is first used."""

    def __init__(self, folders: Sequence[Path], passphrase: Passphrase, chosen: Passphrase) -> None:
        """folders: where to look, in order; they need not be there until a key is used.
        passphrase: of a key that is there. chosen: of a new one."""
        self._folders = folders
        self._passphrase, self._chosen = passphrase, chosen
        self._open: dict[str, Ed25519PrivateKey] = {}

    def path(self, name: str) -> Path:
        """Where a key is; where none is, in the first folder."""
        places = [folder / f"{name}.pem" for folder in self._folders]
        return next((place for place in places if place.is_file()), places[0])

    def has(self, name: str) -> bool:
        """Whether a key's file is there."""
        return self.path(name).is_file()

    def signer(self, public: SSlibKey) -> CryptoSigner:
        """The key of this public one, whose entry NAME names its file.

        Raises:
            UserError: no such file, a wrong passphrase, or another key.
        """
        name = public.unrecognized_fields[NAME]
        private = self._private(name)
        if SSlibKey.from_crypto(private.public_key()).keyid != public.keyid:
            raise UserError(
                f"{self.path(name)}: not the key that the repository names; "
                "`wayside-tools fleet keys show` has the key ids"
            )
        return CryptoSigner(private, public)

    def make(self, name: str) -> CryptoSigner:
        """A new key and its file; one that was there moves to `old/` beside it.

        Raises:
            UserError: the passphrase is too short, or the file cannot be written.
        """
        passphrase = self._chosen(name)
        if len(passphrase) < LEAST_PASSPHRASE:
            raise UserError(
                f"{name}: a passphrase of {len(passphrase)} characters; take at least "
                f"{LEAST_PASSPHRASE}, such as five words"
            )
        private, signer = generate(name)
        text = private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
        )
        path = self.path(name)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.exists():
                self._retire(path)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "wb") as out:
                out.write(text)
                os.fsync(file)
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror})") from None
        self._open[name] = private
        return signer

    def _private(self, name: str) -> Ed25519PrivateKey:
        if name not in self._open:
            path = self.path(name)
            try:
                text = path.read_bytes()
            except OSError as error:
                raise UserError(
                    f"{path}: {error.strerror}; --keys names the folder or the stick that has it"
                ) from None
            try:
                private = load_pem_private_key(text, self._passphrase(name).encode())
            except (ValueError, TypeError):
                raise UserError(f"{path}: a wrong passphrase, or not an encrypted key") from None
            if not isinstance(private, Ed25519PrivateKey):
                raise UserError(f"{path}: not an Ed25519 key")
            self._open[name] = private
        return self._open[name]

    def _retire(self, path: Path) -> None:
        old = path.parent / "old"
        old.mkdir(mode=0o700, exist_ok=True)
        number = sum(1 for _ in old.glob(f"{path.stem}-*.pem")) + 1
        path.rename(old / f"{path.stem}-{number}.pem")
