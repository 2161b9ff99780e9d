"""A name for this machine that no other has, for a kiosk that its operator has not named.

It comes from the serial number of a Raspberry Pi, which moves with the board and not with a copied
SD card; elsewhere from a hash of the board's number, if it has one, and the machine id of systemd,
which is hashed, as machine-id(5) asks. Host names are no help: most Raspberry Pis are called
`raspberrypi`. Every process of a machine finds the same name.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from device.errors import UserError

SERIAL = Path("sys/firmware/devicetree/base/serial-number")
"""Of a Raspberry Pi: 16 hexadecimal digits, of which the last eight differ. Not by its link in
/proc, which the broker's service does not see."""

MACHINE_ID = Path("etc/machine-id")

SUFFIX = 8
"""Hexadecimal digits that tell two machines apart."""


def machine_name(root: Path = Path("/")) -> str:
    """A name such as `kiosk-3f9a2c1b`. root: of the file system.

    Raises:
        UserError: this machine has neither number.
    """
    serial = _text(root / SERIAL)
    if re.fullmatch(r"[0-9a-f]{16}", serial) and serial.strip("0"):
        return f"kiosk-{serial[-SUFFIX:]}"
    # Some boards all have one number, such as "Default string", and copies of a card have one id.
    machine_id = _text(root / MACHINE_ID)
    numbers = (serial if serial.strip("0") else "", machine_id.replace("uninitialized", ""))
    known = " ".join(filter(None, numbers))
    if not known:
        raise UserError(
            "kiosk: auto: this machine has no serial number and no machine id; write a name, or "
            "run `systemd-machine-id-setup`"
        )
    return f"kiosk-{hashlib.sha256(f'wayside {known}'.encode()).hexdigest()[:SUFFIX]}"


def _text(file: Path) -> str:
    """The file's text in lower case, without what is around it; empty: there is none."""
    try:
        return file.read_text(encoding="ascii", errors="replace").strip("\0 \n").lower()
    except OSError:
        return ""
