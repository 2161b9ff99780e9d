"""Scenes before a real corridor: who goes on with the cards."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from device.config import Config
from device.values import Frame
from tools.evaluation.linger import Stage, beside, rows


@pytest.fixture(scope="module")
def stage(config: Config, hopper: Frame) -> Iterator[Stage]:
    """One face, which does not move behind the phone."""
    close = cv2.resize(hopper.rgb[110:350, 146:386], (112, 112), interpolation=cv2.INTER_AREA)
    opened = Stage(config, [np.asarray(close, np.uint8)] * 2, [(0.0, 0.0, 0.0)], seed=11)
    yield opened
    opened.close()


def test_somebody_behind_a_phone_finds_the_cards(stage: Stage) -> None:
    assert stage.phone(5.0)


def test_a_stranger_beside_where_the_last_one_stood_does_not(stage: Stage) -> None:
    assert stage.stranger(5.0, beside) is False


def test_there_is_a_row_for_each_kind_of_scene_and_duration(stage: Stage) -> None:
    groups = [group for group, _, _ in rows(stage)]
    assert {group: groups.count(group) for group in groups} == {
        "phone": 3,
        "stranger": 9,
        "very place": 3,
        "aside": 2,
    }
