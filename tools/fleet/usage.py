"""What a process has used, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def processor_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def most_resident_mb(pid: int) -> float:
    """The most memory that a process had resident so far, in MB."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def written_by(pid: int) -> int:
    """Bytes that a process has had written to a disk."""
    fields = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    return int(fields.partition("\nwrite_bytes: ")[2].split()[0])
