"""The benchmark measures the corridor; no test depends on its speed."""

from __future__ import annotations

from typing import Literal

import pytest

from device.config import Config
from tests.kiosks import changed
from tools.commands.bench import _object
from tools.timing import STEPS, measure, median_interval, run_kiosk

KEYS = {"faces", "ratio", "ratio_interval", "frame_ms", "detected_ms", "bare_ms", "steps_ms"}


@pytest.mark.parametrize("faces", [1, 4])
def test_every_step_is_timed_against_the_bare_calls_of_the_same_frames(
    config: Config, faces: Literal[1, 4]
) -> None:
    timings = measure(changed(config, vision__detector="blazeface"), faces, frames=60)
    assert set(timings.steps_ms) == set(STEPS)
    assert all(0 < ms < timings.detected_ms for ms in timings.steps_ms.values())
    assert 0 < timings.interval[0] <= timings.ratio <= timings.interval[1]
    assert set(_object(timings)) == KEYS


def test_the_interval_of_a_median_is_two_of_the_values() -> None:
    # The exact binomial interval of 100 values: ranks 40 and 61, 96.5 %
    assert median_interval([*range(1, 101)]) == (50.5, 40, 61)
    assert median_interval([3.0, 1.0]) == (2.0, 1.0, 3.0)


def test_four_faces_take_more_model_calls_than_one(config: Config) -> None:
    config = changed(config, vision__detector="blazeface")
    calls = {faces: measure(config, faces, frames=15).calls for faces in (1, 4)}
    assert calls[1]["face"] == 1
    assert calls[4]["face"] == 4


@pytest.mark.slow
def test_memory_and_load_of_a_kiosk_are_measured_in_a_process_of_its_own(config: Config) -> None:
    config = changed(config, vision__detector="blazeface")
    memory_mb, load = run_kiosk(config, "nobody", warm_s=1, seconds=1)
    assert memory_mb is not None
    assert memory_mb > 50
    assert 0 < load < 2
