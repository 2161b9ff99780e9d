"""TLS for the connection to a broker, and why there is none, in words for the operator."""

from __future__ import annotations

import re
import socket
import ssl
from typing import Final

from device.config import MqttConfig
from device.errors import UserError

INSECURE = (
    "mqtt.tls.insecure: the broker's name is not checked; whoever has another certificate of the "
    "same authority can take its place"
)
"""The warning where the name is not checked."""

HANDSHAKE_S = 2.0

# X509_V_ERR_* of OpenSSL's x509_vfy.h.
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_OTHER_NAME: Final = (62, 64)


def tls_context(config: MqttConfig) -> ssl.SSLContext | None:
    """What the configuration asks for; None: no TLS.

    Raises:
        UserError: a file that cannot be used.
    """
    tls = config.tls
    if tls is None:
        return None
    try:
        context = ssl.create_default_context(cafile=tls.ca)
    except OSError as error:
        raise UserError(
            f"mqtt.tls.ca: {tls.ca}: cannot be used ({reason(error)}); it takes a PEM file"
        ) from None
    if tls.certificate is not None:
        try:
            # An empty passphrase: OpenSSL would ask for it at the terminal.
            context.load_cert_chain(tls.certificate, tls.key, password="")
        except OSError as error:
            raise UserError(
                f"mqtt.tls.certificate: {tls.certificate}: cannot be used ({reason(error)}); it "
                "takes a PEM file, and mqtt.tls.key its private key without a passphrase"
            ) from None
    return context


def speaks_tls(host: str, port: int) -> bool | None:
    """Whether TLS is spoken there; None: nobody is there. Blocks, for two waits at most."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        connection = socket.create_connection((host, port), HANDSHAKE_S)
    except (OSError, ValueError):
        return None
    with connection:
        try:
            context.wrap_socket(connection, server_hostname=host).close()
        except ssl.SSLError as error:  # an alert is TLS too
            return any(word in str(error.reason) for word in ("ALERT", "UNSUPPORTED_PROTOCOL"))
        except (OSError, ValueError):
            return False
        return True


def refused_certificate(host: str, port: int, context: ssl.SSLContext | None) -> str:
    """Why a broker ends TLS once it is there, as one does that asks for another certificate of the
    kiosk; empty: it does not. Blocks, for three waits at most."""
    if context is None:
        return ""
    context.check_hostname = False  # it has been checked before, or is not to be
    try:
        with (
            socket.create_connection((host, port), HANDSHAKE_S) as connection,
            context.wrap_socket(connection, server_hostname=host) as secured,
        ):
            secured.recv(1)
    except ssl.SSLError as error:
        return reason(error) if "ALERT" in str(error.reason) else ""
    except (OSError, ValueError):
        pass
    return ""


def reason(error: Exception) -> str:
    """The error in a few words for the operator."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _unverified(error)
    if isinstance(error, ssl.SSLError) and error.reason:
        words = error.reason.lower().replace("_", " ")
        if "alert" not in words:
            return words
        return f"the broker ends TLS ({words}); check mqtt.tls.certificate and mqtt.tls.key"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return re.sub(r" ?\(_ssl\.c:\d+\)", "", words)


def _unverified(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _OTHER_NAME:
        return (
            "the broker's certificate is for another name; write that name as mqtt.broker, or, "
            "where no name can match, set mqtt.tls.insecure: true"
        )
    if error.verify_code in (_NOT_YET_VALID, _EXPIRED):
        return f"{error.verify_message}; check the kiosk's clock, then renew it on the broker"
    return f"{error.verify_message}; check the kiosk's clock and mqtt.tls.ca"
