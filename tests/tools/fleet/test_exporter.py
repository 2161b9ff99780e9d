"""The table of `watch` for Prometheus: its metrics, the shipped rules, and a real Prometheus."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from device.errors import UserError
from tests.brokers import free_port, wait_until
from tests.needs import needs, tool
from tests.tools.fleet.light import light_kiosks
from tools.fleet.alerts import KINDS, troubles
from tools.fleet.exporter import Exporter, served
from tools.fleet.local_hub import LOOPBACK, local_hub
from tools.fleet.table import Message, Table

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
NAMES = ("site", "kiosk", "kind", "role")
HEALTH = {"temperature_c": 83.5, "fps": 12.0, "disk_free_mb": 500, "reboot_waits": True}


@pytest.fixture
def exporter() -> Exporter:
    exporter = Exporter(Table(["town/k1", "town/k2"]))
    exporter.connected = True
    return exporter


def say(exporter: Exporter, name: str, what: str, payload: bytes | dict[str, Any]) -> None:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    exporter.hear(Message(f"wayside/v1/{name}/{what}", content), NOW)


def samples(exporter: Exporter) -> dict[tuple[str, str], float]:
    """By name of the metric and its labels joined, as a scrape gives them."""
    registry = CollectorRegistry()
    registry.register(exporter)
    text = generate_latest(registry).decode()
    return {
        (sample.name, "/".join(sample.labels[n] for n in NAMES if n in sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_column_is_a_metric(exporter: Exporter) -> None:
    say(exporter, "town/k1", "status", {"state": "online"})
    say(exporter, "town/k1", "health", HEALTH)
    say(exporter, "town/k1", "release", {"running": 7, "state": "COMMITTED"})
    found = samples(exporter)
    assert found["wayside_kiosk_online", "town/k1"] == 1
    assert found["wayside_kiosk_online", "town/k2"] == 0
    assert found["wayside_kiosk_temperature_celsius", "town/k1"] == 83.5
    assert found["wayside_kiosk_disk_free_bytes", "town/k1"] == 500e6
    assert found["wayside_kiosk_reboot_waits", "town/k1"] == 1
    assert found["wayside_kiosk_release", "town/k1"] == 7
    assert ("wayside_kiosk_undervoltage", "town/k1") not in found


def test_it_says_what_watch_says_is_wrong(exporter: Exporter) -> None:
    say(exporter, "town/k1", "status", {"state": "online"})
    say(exporter, "town/k1", "health", HEALTH)
    found = samples(exporter)
    for row in exporter._table.rows():
        for kind in KINDS:
            told = found["wayside_kiosk_trouble", f"{row.name}/{kind}"]
            assert bool(told) == (kind in troubles(row))
    assert found["wayside_kiosk_trouble", "town/k1/hot"] == 1


def test_what_a_kiosk_said_before_it_went_is_left_out(exporter: Exporter) -> None:
    say(exporter, "town/k1", "status", {"state": "online"})
    say(exporter, "town/k1", "health", HEALTH)
    say(exporter, "town/k1", "status", {"state": "offline"})
    found = samples(exporter)
    assert ("wayside_kiosk_temperature_celsius", "town/k1") not in found
    assert ("wayside_kiosk_last_seen_timestamp_seconds", "town/k1") in found


def test_without_the_hub_nothing_is_told_of_any_kiosk(exporter: Exporter) -> None:
    say(exporter, "town/k1", "status", {"state": "online"})
    exporter.connected = False
    found = samples(exporter)
    assert found["wayside_hub_connected", ""] == 0
    assert not [name for name, _ in found if name.startswith("wayside_kiosk")]


def test_a_message_that_is_none_is_counted(exporter: Exporter) -> None:
    say(exporter, "town/k1", "health", b"\xff")
    say(exporter, "town/k1", "health", {"temperature_c": "hot"})
    assert samples(exporter)["wayside_messages_ignored_total", ""] == 2


def test_a_port_that_is_taken_is_one_line(exporter: Exporter) -> None:
    with (
        served(exporter, LOOPBACK, 0) as port,
        pytest.raises(UserError, match=f"{port}"),
        served(exporter, LOOPBACK, port),
    ):
        pass


@needs("promtool")
def test_the_shipped_rules_fire_when_they_should(root: Path) -> None:
    for words in (("check", "rules", "alerts.yaml"), ("test", "rules", "alerts.test.yaml")):
        command = [tool("promtool"), *words]
        done = subprocess.run(
            command, cwd=root / "docs/fleet", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@needs("promtool")
def test_the_shipped_rules_ask_for_metrics_that_there_are(exporter: Exporter, root: Path) -> None:
    say(exporter, "town/k1", "status", {"state": "online"})
    say(exporter, "town/k1", "health", HEALTH)
    registry = CollectorRegistry()
    registry.register(exporter)
    told = {family.name for family in registry.collect()}
    rules = (root / "docs/fleet/alerts.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\bwayside_\w+", rules)) <= told


@contextmanager
def prometheus(folder: Path, scraped: int, rules: Path) -> Iterator[str]:
    """A real one that scrapes a port of loopback every second; its address."""
    port = free_port()
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: [{rules}]\n"
        "scrape_configs:\n"
        "  - job_name: wayside\n"
        f"    static_configs: [{{targets: ['{LOOPBACK}:{scraped}']}}]\n",
        encoding="utf-8",
    )
    command = [
        tool("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
    ]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        running.terminate()
        running.wait()


def query(address: str, what: str) -> list[Any]:
    with suppress(OSError):
        url = f"{address}/api/v1/query?query={what}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return list(json.load(answer)["data"]["result"])
    return []


@pytest.mark.slow
@pytest.mark.mosquitto
@needs("mosquitto", "prometheus")
def test_a_real_prometheus_scrapes_what_kiosks_say_at_a_real_hub(
    root: Path, tmp_path: Path
) -> None:
    with local_hub(tmp_path / "hub") as hub, light_kiosks(hub, tmp_path, ["town/k1"]) as kiosks:
        kiosks["town/k1"].say("health", **HEALTH)
        command = [sys.executable, "-m", "tools", "fleet", "exporter", "--port", "0"]
        with subprocess.Popen(
            [*command, "--hub", str(hub.folder)], stdout=subprocess.PIPE, text=True, cwd=root
        ) as exporter:
            try:
                assert exporter.stdout
                address = exporter.stdout.readline()
                port = int(address.rpartition(":")[2].partition("/")[0])
                with prometheus(tmp_path, port, root / "docs/fleet/alerts.yaml") as asked:
                    hot = wait_until(
                        lambda: query(asked, "wayside_kiosk_temperature_celsius"), "a scrape"
                    )
                    assert hot[0]["metric"]["kiosk"] == "k1"
                    assert float(hot[0]["value"][1]) == 83.5
                    wait_until(
                        lambda: query(asked, "ALERTS%7Bkind%3D%22hot%22%7D"), "the rule sees it"
                    )
            finally:
                exporter.terminate()
