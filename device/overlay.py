"""The settings that a release brings, merged over the operator's own.

An overlay is a part of `config.yaml`: `overlay.yaml` in the release's folder. Guarantees: it sets
only what `MAY` and `LESS` list. What is not listed (the broker, the site, the kiosk's name, its
place, the camera's source, the areas it ignores, a microphone) is the operator's alone; and what is
noticed of people or counted can become less than the operator chose, never more.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from device.config import Config, load_config
from device.errors import UserError
from device.release import Release, running
from device.typed_yaml import Section, read_yaml

OVERLAY = "overlay.yaml"
"""Its name in a release's folder."""

MAY = frozenset(
    [
        "camera.fps",
        "vision.detector", "vision.range", "vision.threshold", "vision.detect_every_s",
        "vision.max_faces", "vision.absence_s",
        "audience.smoothing_s", "audience.hysteresis", "audience.least_trust", "audience.slow_s",
        "session.settle_s", "session.hold_s", "session.leave_s",
        "session.linger_s",
        "matching.preset", "matching.count", "matching.kinds",
        "display.languages",
        "upkeep.health_every_s", "upkeep.hot_celsius", "upkeep.clock_wait_s",
    ]
)  # fmt: skip
"""Keys that an overlay may set to any value that the configuration takes."""

LESS: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(
        ("recognise.emotion", "recognise.age", "recognise.gender", "recognise.eyes"), min
    ),
    "hearing.ask": min,
    "hearing.tone": min,
    "matching.by_gender": min,
    "privacy.counts": min,
    "privacy.trend": min,
    "privacy.smallest_cell": max,
    "session.opt_out_s": max,
}
"""Keys that it may set towards less, and which of two values is less: false, or the larger cell."""


def read_overlay(path: Path) -> Config | None:
    """An overlay, checked by itself; None: there is none.

    Raises:
        UserError: not YAML, a bad value, or a key that a release may not set.
    """
    if not path.is_file():
        return None
    overlay = read_yaml(path, Config, named_by="the release")
    for key, value in _given(overlay):
        if key not in MAY and key not in LESS:
            raise UserError(f"{path.name}: {key}: not for a release to set; it is the operator's")
        if key in LESS and LESS[key](value, _value(Config(), key)) != value:
            raise UserError(f"{path.name}: {key}: {value}: a release may only set it towards less")
    return overlay


def merged(config: Config, overlay: Config | None) -> Config:
    """The operator's configuration with what an overlay sets in it."""
    for key, value in _given(overlay) if overlay else ():
        section, _, name = key.partition(".")
        if key in LESS:
            value = LESS[key](value, _value(config, key))
        changed = getattr(config, section).model_copy(update={name: value})
        config = config.model_copy(update={section: changed})
    return config


def load_running(path: Path, release: Release | None = None) -> Config:
    """The configuration of the release that runs: the operator's file, with the release's overlay.

    Raises:
        UserError: one of the two has a mistake.
    """
    release = release or running()
    overlay = read_overlay(release.folder / OVERLAY) if release.folder else None
    return merged(load_config(path), overlay)


def _given(overlay: Config) -> list[tuple[str, Any]]:
    """The keys that are written, with their values. A key outside any section is one too."""
    found: list[tuple[str, Any]] = []
    for name in sorted(overlay.model_fields_set):
        section = getattr(overlay, name)
        if isinstance(section, Section):
            found += [(f"{name}.{key}", getattr(section, key)) for key in section.model_fields_set]
        else:
            found.append((name, section))
    return sorted(found, key=lambda one: one[0])


def _value(config: Config, key: str) -> Any:
    section, _, name = key.partition(".")
    return getattr(getattr(config, section), name)
