"""The columns of the operator's table, for a terminal and for a page alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tools.fleet.alerts import Kind, troubles
from tools.fleet.table import Row

UNKNOWN = "–"
"""What a kiosk has not said."""


@dataclass(frozen=True, slots=True)
class Column:
    """text: of a row, at a time. key: to sort by; None sorts last. kinds: of troubles that are
    marked here."""

    title: str
    text: Callable[[Row, datetime], str]
    key: Callable[[Row], Any]
    kinds: tuple[Kind, ...] = ()
    right: bool = False


def _with(unit: str, value: Callable[[Row], float | None]) -> Callable[[Row, datetime], str]:
    def text(row: Row, _now: datetime) -> str:
        known = value(row)
        return UNKNOWN if known is None else f"{known:.0f}{unit}"

    return text


def _release(row: Row, _now: datetime) -> str:
    if not row.told:
        return UNKNOWN
    runs = "factory" if row.release is None else str(row.release)
    if row.phase in ("CHECK", "DOWNLOAD", "STAGED", "TRIAL"):
        return f"{runs}, {row.candidate} {row.phase.lower()}"
    newest = max(row.refused, default=0)
    return f"{runs}, not {newest}" if newest > (row.release or 0) else runs


def _voltage(row: Row, _now: datetime) -> str:
    return UNKNOWN if row.undervoltage is None else "low" if row.undervoltage else "ok"


def _disk(row: Row, _now: datetime) -> str:
    free = row.disk_free_mb
    return UNKNOWN if free is None else f"{free / 1000:.1f} GB"


def _seen(row: Row, now: datetime) -> str:
    return UNKNOWN if row.seen is None else ago((now - row.seen).total_seconds())


def _camera(row: Row, _now: datetime) -> str:
    return UNKNOWN if row.camera is None else row.camera.replace("_", " ")


COLUMNS = {
    "kiosk": Column("kiosk", lambda row, _now: row.name, lambda row: row.name),
    "state": Column(
        "state", lambda row, _now: row.state, lambda row: row.state, ("offline", "hangs")
    ),
    "release": Column(
        "release", _release, lambda row: row.release if row.told else None, ("release", "metadata")
    ),
    "temperature": Column(
        "temp", _with(" °C", lambda row: row.temperature_c), lambda row: row.temperature_c,
        ("hot",), right=True,
    ),
    "voltage": Column("voltage", _voltage, lambda row: row.undervoltage, ("undervoltage",)),
    "fps": Column("fps", _with("", lambda row: row.fps), lambda row: row.fps, right=True),
    "camera": Column("camera", _camera, lambda row: row.camera, ("camera",)),
    "wifi": Column(
        "Wi-Fi", _with(" dBm", lambda row: row.wifi_dbm), lambda row: row.wifi_dbm, right=True
    ),
    "disk": Column("disk free", _disk, lambda row: row.disk_free_mb, right=True),
    "catalogue": Column(
        "catalogue", _with(" d", lambda row: row.catalogue_days), lambda row: row.catalogue_days,
        right=True,
    ),
    "seen": Column("seen", _seen, lambda row: row.seen, right=True),
    "certificate": Column(
        "certificate", _with(" d", lambda row: row.certificate_days),
        lambda row: row.certificate_days, ("expiring",), right=True,
    ),
}  # fmt: skip
"""By the name that `--sort` takes."""


def ordered(rows: Iterable[Row], by: str, *, down: bool = False) -> list[Row]:
    """Rows by a column; those that have nothing there are last, also downwards."""
    column, rows = COLUMNS[by], list(rows)
    known = [row for row in rows if column.key(row) is not None]
    return [
        *sorted(known, key=column.key, reverse=down),
        *(row for row in rows if column.key(row) is None),
    ]


def wrong(row: Row) -> dict[str, str]:
    """By the name of a column, what is wrong there, in words."""
    found = troubles(row)
    return {
        name: "; ".join(found[kind] for kind in column.kinds if kind in found)
        for name, column in COLUMNS.items()
        if any(kind in found for kind in column.kinds)
    }


def ago(seconds: float) -> str:
    """How long ago, in one unit."""
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return "now"
