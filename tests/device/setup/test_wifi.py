"""Wi-Fi by NetworkManager, whose place python-dbusmock takes: no radio was there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from device.errors import UserError
from device.setup import wifi
from tests.device.setup.radio import needs_radio, radio

pytestmark = needs_radio()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the radio was asked to do."""
    log = tmp_path_factory.mktemp("radio") / "log"
    with pytest.MonkeyPatch.context() as patch, radio(log, patch):
        yield log


def test_what_is_received_is_listed_the_strongest_first(log: Path) -> None:
    wifi.scan()
    assert "RequestScan" in log.read_text()
    assert [(one.ssid, one.signal, one.secured) for one in wifi.networks()] == [
        ("Harbour", 90, True),
        ("Guest: free", 60, False),
        ("Refuses", 30, True),
    ]


def test_a_kiosk_joins_a_network_and_says_so(log: Path) -> None:
    wifi.join("Harbour", "päss: wörd; $(x)")
    assert '{"psk": "päss: wörd; $(x)"}' in log.read_text()
    assert "Wi-Fi Harbour" in wifi.current()


def test_an_open_network_needs_no_passphrase(log: Path) -> None:
    wifi.join("Guest: free", "")
    assert "Wi-Fi Guest: free" in wifi.current()


@pytest.mark.parametrize(
    ("ssid", "passphrase", "error"),
    [
        ("Elsewhere", "long enough", "does not receive it"),
        ("--help", "long enough", "does not receive it"),
        ("Harbour", "short", "8 to 63 characters"),
        ("Harbour", "two\nlines of it", "8 to 63 characters"),
        ("Refuses", "long enough", "was not let in; is the passphrase right?"),
    ],
)
def test_what_does_not_work_is_one_line_without_the_passphrase(
    log: Path, ssid: str, passphrase: str, error: str
) -> None:
    with pytest.raises(UserError, match="Wi-Fi") as caught:
        wifi.join(ssid, passphrase)
    assert error in str(caught.value)
    assert passphrase not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_networkmanager_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")
    with pytest.raises(UserError, match="NetworkManager does not answer"):
        wifi.networks()
