"""The authority of a fleet: it certifies the hub, the operator and each kiosk, and revokes.

Guarantees: a kiosk's name is `site/kiosk` and nothing else can get one with a slash; a kiosk's
certificate cannot serve as a hub's; what was certified and revoked is in `enrolled.json` beside the
key, which is written before a certificate is handed out. Keys are ECDSA on P-256.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from device.errors import UserError
from device.setting_types import topic_level

AUTHORITY_DAYS = 3653
HUB_DAYS = 1826
KIOSK_DAYS = 397

BOOK = "enrolled.json"
"""What was certified and revoked."""

OPERATOR, WATCHER = "operator", "watcher"
EXPORTER, HOME_ASSISTANT = "exporter", "homeassistant"
"""Names of the operator's certificates, to publish, to watch, and for two programs that show the
kiosks: the hub ends the older one of two connections of one name. They have no slash, so no kiosk
can be called so."""

_BACKDATED = timedelta(hours=1)
"""A machine whose clock is a little behind takes a new certificate too."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its private key, as PEM text."""

    certificate: str
    key: str

    @property
    def expires(self) -> datetime:
        """When the certificate ends, UTC."""
        return x509.load_pem_x509_certificate(self.certificate.encode()).not_valid_after_utc


def common_name(site: str, kiosk: str) -> str:
    """`site/kiosk`, the name in a certificate and in an access list.

    Raises:
        UserError: a name that cannot be a level of a topic.
    """
    for what, name in (("SITE", site), ("KIOSK", kiosk)):
        try:
            topic_level(name)
        except ValueError as error:
            raise UserError(f"{what}: got {name!r}, takes {error}") from None
    return f"{site}/{kiosk}"


class Authority:
    """The folder with `ca.pem`, `ca.key`, `crl.pem` and `enrolled.json`."""

    def __init__(self, folder: Path, passphrase: bytes | None = None) -> None:
        """Open an authority.

        Raises:
            UserError: there is none in this folder, or the passphrase is wrong.
        """
        self._folder = folder
        try:
            self._certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
            key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), passphrase)
        except OSError as error:
            raise UserError(
                f"{folder}: holds no authority ({error.strerror}: {error.filename}); "
                "`wayside-tools fleet hub new` makes one"
            ) from None
        except (ValueError, TypeError) as error:
            raise UserError(
                f"{folder}/ca.key: cannot be read ({error}); --passphrase-file names the file with "
                "its passphrase, if it has one"
            ) from None
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key

    @classmethod
    def new(cls, folder: Path, passphrase: bytes | None = None) -> Authority:
        """Make an authority in a folder that has none.

        Raises:
            UserError: it has one.
        """
        if (folder / "ca.key").exists():
            raise UserError(f"{folder}: holds an authority already; choose another folder")
        key, name = ec.generate_private_key(ec.SECP256R1()), _name("Wayside fleet")
        builder = _builder(name, name, key.public_key(), AUTHORITY_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        builder = builder.add_extension(_usage(signs=True), True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = builder.add_extension(identifier, False).sign(key, hashes.SHA256())
        secret(folder / "ca.key", _private(key, passphrase))
        (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        authority = cls(folder, passphrase)
        authority._record({"issued": {}, "revoked": {}})
        authority._write_revoked()
        return authority

    @property
    def certificate(self) -> str:
        """PEM text of the authority's own certificate."""
        return (self._folder / "ca.pem").read_text(encoding="utf-8")

    def certify_hub(self, names: Sequence[str], *, node: bool = False) -> Identity:
        """A certificate of a hub for the names or addresses that kiosks connect to. node: of a
        cluster, whose nodes also connect to each other."""
        alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
        book, uses = self._book(), [ExtendedKeyUsageOID.SERVER_AUTH]
        if node:
            uses.append(ExtendedKeyUsageOID.CLIENT_AUTH)
        issued = self._issue(book, names[0], HUB_DAYS, uses, alternatives)
        self._record(book)
        return issued

    def certify(self, name: str, days: int = KIOSK_DAYS) -> Identity:
        """A client's certificate: of a `common_name`, `OPERATOR` or `WATCHER`. An older one of the
        same name stays valid until it ends or is revoked."""
        return self.certify_all([name], days)[0]

    def certify_all(self, names: Sequence[str], days: int = KIOSK_DAYS) -> list[Identity]:
        """As `certify`, for many at once."""
        book, uses = self._book(), [ExtendedKeyUsageOID.CLIENT_AUTH]
        issued = [self._issue(book, name, days, uses) for name in names]
        self._record(book)
        return issued

    def enrolled(self) -> dict[str, datetime]:
        """The kiosks with a certificate that is not revoked, and when the newest of each ends."""
        return enrolled(self._folder)

    def revoke(self, name: str) -> int:
        """Revoke all certificates of a name; how many. Rewrites `crl.pem`.

        Raises:
            UserError: the name has none.
        """
        book, now = self._book(), datetime.now(UTC)
        valid = [
            serial
            for serial, (whose, expires) in book["issued"].items()
            if whose == name
            and serial not in book["revoked"]
            and datetime.fromisoformat(expires) > now
        ]
        if not valid:
            raise UserError(f"{name}: has no valid certificate; `fleet enrolled` lists who has")
        book["revoked"] |= dict.fromkeys(valid, now.isoformat(timespec="seconds"))
        self._record(book)
        self._write_revoked()
        return len(valid)

    def _issue(
        self,
        book: dict[str, dict[str, Any]],
        name: str,
        days: int,
        uses: Sequence[x509.ObjectIdentifier],
        *more: x509.ExtensionType,
    ) -> Identity:
        """A certificate and its key. book: is told, and must be recorded before they are given."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), self._certificate.subject, key.public_key(), days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        builder = builder.add_extension(_usage(signs=False), True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(issuer, False)
        for extension in more:
            builder = builder.add_extension(extension, False)
        certificate = builder.sign(self._key, hashes.SHA256())
        expires = certificate.not_valid_after_utc.isoformat()
        book["issued"][f"{certificate.serial_number:x}"] = (name, expires)
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        return Identity(pem.decode(), _private(key).decode())

    def _write_revoked(self) -> None:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(now - _BACKDATED)
            # With a list that has ended a broker refuses everybody.
            .next_update(self._certificate.not_valid_after_utc)
        )
        for serial, at in self._book()["revoked"].items():
            revoked = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
            builder = builder.add_revoked_certificate(
                revoked.revocation_date(datetime.fromisoformat(at)).build()
            )
        listed = builder.sign(self._key, hashes.SHA256())
        (self._folder / "crl.pem").write_bytes(listed.public_bytes(serialization.Encoding.PEM))

    def _book(self) -> dict[str, dict[str, Any]]:
        return _book(self._folder)

    def _record(self, book: dict[str, dict[str, Any]]) -> None:
        path = self._folder / BOOK
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(book, indent=1), encoding="utf-8")
        beside.replace(path)


def enrolled(folder: Path) -> dict[str, datetime]:
    """As `Authority.enrolled`, which needs no key.

    Raises:
        UserError: the folder's book cannot be read.
    """
    book, newest = _book(folder), dict[str, datetime]()
    for serial, (name, expires) in book["issued"].items():
        if serial not in book["revoked"] and "/" in name:
            ends = datetime.fromisoformat(expires)
            newest[name] = max(ends, newest.get(name, ends))
    return newest


def _book(folder: Path) -> dict[str, dict[str, Any]]:
    """What was issued and revoked."""
    path = folder / BOOK
    try:
        book: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error}); restore it from a copy") from None
    return book


def secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + timedelta(days=days)) - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key: ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> bytes:
    encryption = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
