"""The certificate of one opening of the set-up page, which nobody has signed.

No authority certifies a machine on a local network, so a phone warns of it; whoever listens there
reads nothing all the same, and whoever stands in between shows another fingerprint than the one on
the kiosk's screen. Guarantee: key and certificate are new each time, and the key is on no disk.
"""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID = timedelta(days=2)
"""Before and after now: a kiosk that has just started may be behind the phone's clock."""

SHOWN_DIGITS = 16
"""Of the fingerprint, on the screen: 64 bits, which nobody matches in a quarter of an hour."""


def server_context(names: Sequence[str], memory: Path) -> tuple[ssl.SSLContext, str]:
    """What a server speaks TLS with, and the beginning of its certificate's SHA-256 fingerprint in
    groups of four hexadecimal digits.

    names: addresses and host names. memory: a folder in memory, since OpenSSL reads a key from a
    file alone.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Wayside set-up")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([_alternative(one) for one in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    pem = serialization.Encoding.PEM
    with tempfile.NamedTemporaryFile(dir=memory) as file:  # read by this user alone
        file.write(certificate.public_bytes(pem))
        file.write(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        file.flush()
        context.load_cert_chain(file.name)
    digits = certificate.fingerprint(hashes.SHA256()).hex()[:SHOWN_DIGITS].upper()
    return context, " ".join(digits[at : at + 4] for at in range(0, SHOWN_DIGITS, 4))


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
