"""The board's sensors: temperature, supply voltage, throttling, memory, disk, radio.

They are read from the kernel's files, not through `vcgencmd`, which needs a fork and /dev/vcio: the
service's sandbox gives no access to it. A sensor that this machine does not have is None, never
"healthy". Only the processor's thermal zones count: a battery's or a radio's says nothing about
throttling. The firmware's "has occurred since boot" bits are left out, since the kernel's voltage
driver clears them when it polls.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

SYS = Path("/sys")
PROC = Path("/proc")
RUN = Path("/run")
ETC = Path("/etc")

CPU_ZONES = ("cpu-thermal", "cpu_thermal", "soc-thermal", "soc_thermal", "x86_pkg_temp")
"""Types of a processor's thermal zone: Raspberry Pi, Coral and other boards, x86."""

THROTTLE_BITS = {
    1 << 1: "frequency_capped",
    1 << 2: "throttled",
    1 << 3: "soft_temperature_limit",
}
"""Bits of `get_throttled` for the current state, from Raspberry Pi's documentation of `vcgencmd`;
bit 0, under-voltage, is `undervoltage`."""


def temperature_c(sys: Path = SYS) -> float | None:
    """Temperature of the hottest processor zone in degrees Celsius."""
    zones = [
        _number(zone / "temp")
        for zone in sorted(sys.glob("class/thermal/thermal_zone*"))
        if _text(zone / "type") in CPU_ZONES
    ]
    known = [zone for zone in zones if zone is not None]
    return max(known) / 1000 if known else None


def undervoltage(sys: Path = SYS) -> bool | None:
    """Whether the supply voltage is too low now, by the kernel's `rpi_volt` sensor."""
    for sensor in sorted(sys.glob("class/hwmon/hwmon*")):
        if _text(sensor / "name") == "rpi_volt":
            alarm = _number(sensor / "in0_lcrit_alarm")
            return None if alarm is None else alarm != 0
    bits = _throttle_bits(sys)
    return None if bits is None else bool(bits & 1)


def throttled(sys: Path = SYS) -> tuple[str, ...] | None:
    """What slows the board down now, by the names of `THROTTLE_BITS`; empty if nothing does."""
    bits = _throttle_bits(sys)
    return (
        None if bits is None else tuple(name for bit, name in THROTTLE_BITS.items() if bits & bit)
    )


def resident_mb(proc: Path = PROC, process: int | str = "self") -> float | None:
    """Resident memory of a process, by default this one, in MB (1,000,000 bytes)."""
    for line in (_text(proc / f"{process}/status") or "").splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    return None


def disk_free_mb(folder: Path) -> float | None:
    """What a service may still write to the file system of a folder, which need not be there yet,
    in MB (1,000,000 bytes)."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    try:
        found = os.statvfs(there)
    except OSError:
        return None
    return round(found.f_bavail * found.f_frsize / 1e6, 1)


def wifi_dbm(proc: Path = PROC) -> float | None:
    """Level of the strongest wireless network that this machine is connected to, in dBm."""
    levels = []
    for line in (_text(proc / "net/wireless") or "").splitlines()[2:]:
        fields = line.split()
        try:
            levels.append(float(fields[3].rstrip(".")))
        except (IndexError, ValueError):
            continue
    # Drivers that report no level say 0 or -256.
    known = [level for level in levels if -256 < level < 0]
    return max(known, default=None)


def backlights(sys: Path = SYS) -> tuple[str, ...] | None:
    """The screens that this board can dim, by the kernel's names; None: none is known, as of a
    monitor on HDMI."""
    return tuple(sorted(one.name for one in sys.glob("class/backlight/*"))) or None


def reboot_waits(run: Path = RUN, etc: Path = ETC) -> bool | None:
    """Whether updates of the system wait for a restart of the machine.

    Debian's `unattended-upgrades` brings what says so; without it nobody does.
    """
    if not (etc / "kernel/postinst.d/unattended-upgrades").exists():
        return None
    return (run / "reboot-required").exists()


class Heat:
    """Whether the kiosk should process fewer frames, with hysteresis.

    A Raspberry Pi throttles its processor from 80 degrees on, which makes every frame slow; fewer
    frames before that keep the latency low.
    """

    COOL_BY = 5.0
    """Degrees below the limit at which the kiosk processes every frame again."""

    def __init__(self, hot_celsius: float) -> None:
        self._limit = hot_celsius
        self.hot = False

    def update(self, temperature: float | None, throttled: Iterable[str] | None = None) -> bool:
        """Take the sensors' values and return `hot`; unknown values change nothing."""
        if set(throttled or ()) & {"throttled", "soft_temperature_limit"}:
            self.hot = True
        elif temperature is not None:
            self.hot = temperature >= self._limit - (self.COOL_BY if self.hot else 0)
        return self.hot


def _throttle_bits(sys: Path) -> int | None:
    # soc/soc:firmware on a Pi 4, soc@107c000000/soc@107c000000:firmware on a Pi 5.
    for file in sorted(sys.glob("devices/platform/soc*/soc*:firmware/get_throttled")):
        try:
            return int(_text(file) or "", 16)
        except ValueError:
            return None
    return None


def _number(file: Path) -> int | None:
    try:
        return int(_text(file) or "")
    except ValueError:
        return None


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
