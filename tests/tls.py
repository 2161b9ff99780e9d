"""Certificates for tests: an authority, and what it signs for a name. `@needs("openssl")`."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.needs import tool


@dataclass(frozen=True)
class Certificate:
    """PEM files: of the authority, of the server, and of its key."""

    ca: Path
    server: Path
    key: Path


def certificate(folder: Path, name: str = "127.0.0.1") -> Certificate:
    """A certificate for a name or an address, signed by an authority of its own."""
    kind = "IP" if name.replace(".", "").isdigit() else "DNS"

    def openssl(*arguments: str) -> None:
        subprocess.run([tool("openssl"), *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
    openssl("req", *key, "-keyout", "key.pem", "-out", "server.csr", "-subj", f"/CN={name}")
    (folder / "names").write_text(f"subjectAltName={kind}:{name}", encoding="utf-8")
    openssl(
        *("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
        *("-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "names"),
    )
    return Certificate(folder / "ca.pem", folder / "server.pem", folder / "key.pem")
