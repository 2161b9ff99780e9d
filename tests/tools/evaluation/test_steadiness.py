"""Steadiness of the reported emotion on real clips."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import load_config
from tools.evaluation.steadiness import measure

LEFT_OUT = ("cap12_edit", "cap13_edit2", "liveportrait_d13", "liveportrait_d20")
"""Clips that take half of the time and have a tenth of the switches; `wayside-tools measure
steadiness` measures them too."""


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_reported_emotion_is_steady_prompt_and_seldom_unknown(
    wayside_data: Path, root: Path
) -> None:
    clips = sorted((wayside_data / "video" / "unlabelled").glob("*.mp4"))
    clips = [clip for clip in clips if clip.stem not in LEFT_OUT]
    assert len(clips) >= 10
    whole, lags = measure(clips, load_config(root / "config.yaml"), print)
    assert whole.seconds > 120
    assert whole.fall >= 0.8
    assert whole.share_unknown <= 0.1
    assert len(lags) >= 6
    assert max(lags) <= 0.5
