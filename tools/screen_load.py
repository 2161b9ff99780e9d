"""What the page costs while nobody is there: processor time and memory of its browser.

Chromium draws in software here, as headless browsers do, so the figures are upper bounds for a
board that draws on its graphics processor, in shares of one core of this machine. Processor time is
that of all processes of the browser, as `/proc` counts it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from tools.page import Behind, Page, open_page

SIZE = (1920, 1080)

WARM_S = 10.0
"""Seconds before a measurement: what is loaded when the page opens, and its first photograph."""

STEP_S = 20.0
"""The background moves once in so many seconds (scene.js): each figure is of one step."""

ROUNDS = 3
"""Steps that are measured; the least busy one is told too, since other programs disturb."""

PROC = Path("/proc")
TICKS_S = 100
"""USER_HZ, which Linux fixes for `/proc/PID/stat`."""

STILL = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}

Scene = Literal["photographs", "streets", "hills", "cards"]


@dataclass(frozen=True, slots=True)
class Load:
    """cores: shares of one core, a value for each step of `STEP_S`. rss_mb: resident memory of all
    processes, shared pages counted in each."""

    cores: tuple[float, ...]
    rss_mb: float


def report(rounds: int = ROUNDS, step_s: float = STEP_S) -> Iterator[str]:
    """A line for each screen."""
    scenes: tuple[Behind, ...] = ("photographs", "streets", "hills")
    for behind in scenes:
        with open_page(behind, SIZE) as page:
            yield _line(behind, measure(page, rounds, step_s))
            if behind == "photographs":
                page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", STILL)
                yield _line("the same, less motion", measure(page, rounds, step_s))
            if behind == "streets":
                page.show()
                yield _line("cards", measure(page, rounds, step_s))


def measure(page: Page, rounds: int, step_s: float) -> Load:
    """The load of an open page's browser."""
    _wait(page, min(WARM_S, step_s))
    root = page.browser.service.process.pid
    cores = []
    for _ in range(rounds):
        began, before = time.monotonic(), _ticks(root)
        _wait(page, step_s)
        cores.append((_ticks(root) - before) / TICKS_S / (time.monotonic() - began))
    return Load(tuple(cores), _rss_mb(root))


def _wait(page: Page, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        page.keep()
        time.sleep(min(left, 1.0))


def _line(name: str, load: Load) -> str:
    least, usual = min(load.cores), median(load.cores)
    return f"{name:22} {usual:6.1%} of a core (least {least:.1%}), {load.rss_mb:.0f} MB"


def _family(root: int) -> list[int]:
    """A process and all its descendants."""
    parents = {}
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    family = [root]
    for process in family:
        family += [child for child, parent in parents.items() if parent == process]
    return family


def _ticks(root: int) -> int:
    total = 0
    for process in _family(root)[1:]:  # without the driver
        try:
            fields = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total


def _rss_mb(root: int) -> float:
    total = 0.0
    for process in _family(root)[1:]:
        try:
            status = (PROC / str(process) / "status").read_text()
        except OSError:
            continue
        lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        total += int(lines.get("VmRSS", "0 kB").split()[0]) / 1024
    return total
