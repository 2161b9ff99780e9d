"""A file that is replaced as a whole.

Guarantee: after a power cut it is the old one or the new one; where writing fails, it is the old
one, and nothing is left beside it.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device.errors import UserError


@contextmanager
def replacing(out: Path, named_by: str = "--out", mode: int = 0o644) -> Iterator[Path]:
    """An empty file beside `out` to write, which is then synced and renamed to it, or removed.

    named_by: the option that names `out`. mode: who may read it; the kiosk has a user of its own.

    Raises:
        UserError: it cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{out.stem}.", suffix=out.suffix, dir=out.parent)
        try:
            yield Path(name)
            os.fchmod(handle, mode)
            os.fsync(handle)
            Path(name).replace(out)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)
        folder = os.open(out.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(
            f"{out}: cannot be written ({reason}); free space or choose another {named_by}"
        ) from None
