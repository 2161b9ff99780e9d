"""What keeps the agent's process apart from others of its user: its folder and its memory.

The kiosk's program runs as the same user, in a service that may not see the agent's key or write
its folder (systemd/wayside.service). Guarantees: two agents never use one folder at once, and no
other process of the user reads the agent's memory, or its files by way of `/proc`.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
from pathlib import Path

from device.errors import UserError

LOCK = "agent.lock"

_PR_SET_DUMPABLE = 4
"""prctl(2): what `/proc` has of a process that is not dumpable belongs to root."""


def hold(folder: Path) -> int | None:
    """Take a folder for this process, as long as it lives. Returns the handle, which stays open;
    None: nothing can be written there, so that there is nothing to guard.

    Raises:
        UserError: another agent uses it.
    """
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno != errno.EWOULDBLOCK:
            return None
        raise UserError(f"{folder}: another agent runs; systemctl stop wayside-agent") from None
    return handle


def close_memory() -> None:
    """Let no other process of this user look into this one."""
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
