"""The board's sensors, in a file system laid out as a Raspberry Pi's kernel does."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import UpkeepConfig
from device.upkeep import board


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text + "\n")


PI_4 = "devices/platform/soc/soc:firmware/get_throttled"
PI_5 = "devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"


def test_the_temperature_is_the_processors_and_not_the_radios(tmp_path: Path) -> None:
    put(tmp_path, "class/thermal/thermal_zone0/type", "iwlwifi_1")
    put(tmp_path, "class/thermal/thermal_zone0/temp", "91000")
    put(tmp_path, "class/thermal/thermal_zone1/type", "cpu-thermal")
    put(tmp_path, "class/thermal/thermal_zone1/temp", "48312")
    assert board.temperature_c(tmp_path) == pytest.approx(48.312)  # failure 27


def test_a_weak_supply_is_read_from_the_kernels_sensor(tmp_path: Path) -> None:
    put(tmp_path, "class/hwmon/hwmon0/name", "cpu_thermal")
    put(tmp_path, "class/hwmon/hwmon1/name", "rpi_volt")
    put(tmp_path, "class/hwmon/hwmon1/in0_lcrit_alarm", "1")
    assert board.undervoltage(tmp_path) is True  # failure 27
    put(tmp_path, "class/hwmon/hwmon1/in0_lcrit_alarm", "0")
    assert board.undervoltage(tmp_path) is False


def test_a_screen_that_can_be_dimmed_is_named_and_none_is_unknown(tmp_path: Path) -> None:
    assert board.backlights(tmp_path) is None
    put(tmp_path, "class/backlight/10-0045/max_brightness", "31")
    assert board.backlights(tmp_path) == ("10-0045",)


@pytest.mark.parametrize("file", [PI_4, PI_5])
def test_throttling_is_the_current_one_and_not_that_of_the_past(tmp_path: Path, file: str) -> None:
    put(tmp_path, file, "5000d")  # failure 27
    assert board.throttled(tmp_path) == ("throttled", "soft_temperature_limit")
    assert board.undervoltage(tmp_path) is True
    put(tmp_path, file, "50000")
    assert board.throttled(tmp_path) == ()
    assert board.undervoltage(tmp_path) is False


def test_a_machine_without_sensors_is_unknown_and_never_healthy(tmp_path: Path) -> None:
    assert board.temperature_c(tmp_path) is None
    assert board.undervoltage(tmp_path) is None
    assert board.throttled(tmp_path) is None
    assert board.resident_mb(tmp_path) is None


def test_a_sensor_with_an_invalid_value_is_unknown(tmp_path: Path) -> None:
    put(tmp_path, "class/thermal/thermal_zone0/type", "cpu-thermal")
    put(tmp_path, "class/thermal/thermal_zone0/temp", "")
    put(tmp_path, "class/hwmon/hwmon0/name", "rpi_volt")
    put(tmp_path, "class/hwmon/hwmon0/in0_lcrit_alarm", "?")
    put(tmp_path, PI_4, "oops")
    assert board.temperature_c(tmp_path) is None
    assert board.undervoltage(tmp_path) is None
    assert board.throttled(tmp_path) is None


def test_a_restart_that_waits_is_told_where_something_would_say_so(tmp_path: Path) -> None:
    run, etc = tmp_path / "run", tmp_path / "etc"
    put(tmp_path, "run/reboot-required", "*** System restart required ***")
    assert board.reboot_waits(run, etc) is None
    put(tmp_path, "etc/kernel/postinst.d/unattended-upgrades", "#!/bin/sh")
    assert board.reboot_waits(run, etc) is True
    (run / "reboot-required").unlink()
    assert board.reboot_waits(run, etc) is False


def test_resident_memory_is_this_process_own(tmp_path: Path) -> None:
    put(tmp_path, "self/status", "Name:\tpython\nVmRSS:\t  120000 kB\nThreads:\t4")
    assert board.resident_mb(tmp_path) == pytest.approx(122.9)
    real = board.resident_mb()
    assert real is None or real > 5


def test_the_kiosk_slows_down_before_the_board_throttles() -> None:
    assert UpkeepConfig().hot_celsius < 80  # failure 27
    heat = board.Heat(UpkeepConfig().hot_celsius)
    assert not heat.update(74.9)
    assert heat.update(75.0)


def test_the_board_is_no_longer_hot_only_well_below_the_limit() -> None:
    heat = board.Heat(75)
    assert [heat.update(t) for t in (76, 74, 70.1, 69.9, 74, 75)] == [
        True,
        True,
        True,
        False,
        False,
        True,
    ]


def test_an_unknown_temperature_has_no_effect() -> None:
    heat = board.Heat(75)
    assert not heat.update(None)
    assert heat.update(80)
    assert heat.update(None)


def test_a_board_that_throttles_is_hot_at_any_temperature() -> None:
    assert board.Heat(75).update(60, ("soft_temperature_limit",))
    assert not board.Heat(75).update(60, ("frequency_capped",))


WIRELESS = """Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   54.  -56.  -256        0      0      0      0      0        0
 wlan1: 0000    0.  -256.  -256        0      0      0      0      0        0"""


def test_the_level_of_the_wireless_network_is_the_connected_ones(tmp_path: Path) -> None:
    assert board.wifi_dbm(tmp_path) is None
    put(tmp_path, "net/wireless", WIRELESS)
    assert board.wifi_dbm(tmp_path) == -56
    put(tmp_path, "net/wireless", WIRELESS.replace("-56.", "?"))
    assert board.wifi_dbm(tmp_path) is None


def test_the_free_disk_is_that_of_the_folder_also_before_it_is_made(tmp_path: Path) -> None:
    free = board.disk_free_mb(tmp_path)
    assert free is not None
    assert free > 0
    assert board.disk_free_mb(tmp_path / "none" / "yet") == pytest.approx(free, rel=0.1)
