"""The operator's table for Prometheus: one gauge a column, by site and kiosk.

    exporter = Exporter(Table(hub.enrolled()))
    exporter.hear(message, now)                  # as `watch` does
    with served(exporter, "127.0.0.1", 9464):
        ...

Guarantees: what a kiosk last said of itself is left out once it is gone, so that no graph goes on
as if it were there; what has no sensor has no sample; no text of a kiosk becomes a label.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from device.errors import UserError
from tools.fleet.alerts import KINDS, troubles
from tools.fleet.table import Message, Row, Table

LABELS = ("site", "kiosk")

MEASURED: dict[str, tuple[str, Callable[[Row], float | None]]] = {
    "temperature_celsius": ("of the board", lambda row: row.temperature_c),
    "undervoltage": ("whether the supply voltage is too low", lambda row: row.undervoltage),
    "frames_per_second": ("that go through the kiosk", lambda row: row.fps),
    "wifi_dbm": ("strength of its Wi-Fi", lambda row: row.wifi_dbm),
    "disk_free_bytes": (
        "where releases are kept",
        lambda row: None if row.disk_free_mb is None else row.disk_free_mb * 1e6,
    ),
    "catalogue_age_days": ("of its table of items", lambda row: row.catalogue_days),
    "reboot_waits": ("whether security updates wait for one", lambda row: row.reboot_waits),
    "release": (
        "of the fleet that runs; 0: the factory's",
        lambda row: (row.release or 0) if row.told else None,
    ),
}
"""By name below `wayside_kiosk_`: what it is, and its value while the kiosk is online."""


class Exporter(Collector):
    """Fed by one thread, asked by others. `connected`: to the hub."""

    def __init__(self, table: Table) -> None:
        self.connected = False
        self._table, self._lock = table, threading.Lock()

    def hear(self, message: Message, now: datetime) -> None:
        """Take a message of the hub."""
        with self._lock:
            self._table.hear(message, now)

    def collect(self) -> Iterator[Metric]:
        """What Prometheus is given at a scrape."""
        with self._lock:
            rows, expires = self._table.rows(), dict(self._table.expires)
            ignored = self._table.ignored
        yield _one("wayside_hub_connected", "whether the exporter hears the hub", self.connected)
        heard = CounterMetricFamily("wayside_messages_ignored", "that were none of a kiosk's")
        heard.add_metric((), ignored)
        yield heard
        if not self.connected:
            return  # all that is known is old
        roles = GaugeMetricFamily(
            "wayside_metadata_expiry_timestamp_seconds", "when what is signed expires",
            labels=("role",),
        )  # fmt: skip
        for role, ends in expires.items():
            roles.add_metric((role,), ends.timestamp())
        yield roles
        yield _gauge("online", "whether its program runs", rows, lambda row: row.state == "online")
        yield _gauge("reachable", "whether its machine is connected", rows, _reachable)
        yield _gauge(
            "last_seen_timestamp_seconds", "when it last said anything", rows,
            lambda row: row.seen.timestamp() if row.seen else None,
        )  # fmt: skip
        yield _gauge(
            "certificate_days", "until its certificate ends", rows,
            lambda row: row.certificate_days,
        )  # fmt: skip
        for name, (what, value) in MEASURED.items():
            here = [row for row in rows if row.state == "online"]
            yield _gauge(name, what, here, value)
        wrong = GaugeMetricFamily(
            "wayside_kiosk_trouble", "whether this is wrong, as `fleet watch` says",
            labels=(*LABELS, "kind"),
        )  # fmt: skip
        for row in rows:
            found = troubles(row)
            for kind in KINDS:
                wrong.add_metric((*_labels(row), kind), kind in found)
        yield wrong


@contextmanager
def served(exporter: Exporter, address: str, port: int) -> Iterator[int]:
    """Answers scrapes until the block ends; at which port. port: 0: any that is free.

    Raises:
        UserError: the port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(exporter)
    try:
        server, thread = start_http_server(port, address, registry)
    except OSError as error:
        raise UserError(f"--port: {address}:{port}: {error.strerror}") from None
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _gauge(name: str, what: str, rows: list[Row], value: Callable[[Row], float | None]) -> Metric:
    gauge = GaugeMetricFamily(f"wayside_kiosk_{name}", what, labels=LABELS)
    for row in rows:
        known = value(row)
        if known is not None:
            gauge.add_metric(_labels(row), float(known))
    return gauge


def _one(name: str, what: str, value: float) -> Metric:
    gauge = GaugeMetricFamily(name, what)
    gauge.add_metric((), float(value))
    return gauge


def _reachable(row: Row) -> bool:
    return row.state in ("online", "stopped")


def _labels(row: Row) -> tuple[str, str]:
    site, _, kiosk = row.name.partition("/")
    return site, kiosk
