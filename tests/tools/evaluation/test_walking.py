"""The measure of ways on foot: what is known of a drawn town comes out."""

from __future__ import annotations

import numpy as np
import pytest

from tests.device.catalogue.streets import network, place
from tools.evaluation.walking import KIOSKS, measure


def test_detours_times_and_sizes_are_those_of_the_town() -> None:
    corner = network([(0, 0), (0, 1000)], [(0, 0), (1000, 0)])
    places = np.array([place(0, 1000), place(1000, 0), place(0, 990), place(5000, 5000)])
    town = measure("corner", corner, places)
    # Three kiosks beside a way; two ends see each other and the third place around the corner.
    assert len(town.seconds) == 3 <= KIOSKS
    assert town.detours == pytest.approx([2**0.5] * 4, abs=0.01)
    assert town.unreached == 0
    assert town.km == pytest.approx(2, abs=0.01)
    assert town.size == len(corner.encode())
