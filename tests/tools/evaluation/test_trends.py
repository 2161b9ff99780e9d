"""What change of moods can be seen, by simulation."""

from __future__ import annotations

import numpy as np

from tools.evaluation.trends import shares_seen, smallest_change


def test_more_visitors_show_smaller_changes() -> None:
    random = np.random.default_rng(2)
    few, many = (smallest_change(n, 200, random) for n in (200, 2000))
    assert few is not None
    assert many is not None
    assert many < few / 2


def test_where_there_is_no_change_one_is_seldom_seen() -> None:
    assert shares_seen(500, 0.0, 1000, np.random.default_rng(3)) < 0.05
