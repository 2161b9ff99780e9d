"""Text and codes have the size that is read from where people stand."""

from __future__ import annotations

import math

import pytest

from device.config import Config
from device.display.sizes import CAPITAL, MODULE_DIAGONALS, page_sizes

DIAGONAL_MM = 24 * 25.4


def shown(**display: float) -> dict[str, float]:
    return page_sizes(Config.model_validate({"display": display}))


def seen_degrees(share: float, diagonal_mm: float, distance_m: float) -> float:
    """Under which a capital H of a font of this size is seen."""
    return math.degrees(math.atan(share * diagonal_mm * CAPITAL / 1000 / distance_m))


@pytest.mark.parametrize(("inches", "metres"), [(24, 0.6), (32, 1), (55, 1.5), (15.6, 0.4)])
def test_a_capital_is_seen_under_seven_tenths_of_a_degree(inches: float, metres: float) -> None:
    sizes = shown(diagonal_inch=inches, distance_m=metres)
    assert seen_degrees(sizes["text"], inches * 25.4, metres) == pytest.approx(0.7)


def test_the_notices_heading_is_read_from_where_faces_are_found() -> None:
    sizes = shown()
    assert seen_degrees(sizes["heading"], DIAGONAL_MM, 5) * 60 == pytest.approx(10)


def test_text_is_never_too_large_for_one_card_and_the_notice() -> None:
    assert shown(diagonal_inch=7, distance_m=2)["text"] == pytest.approx(1 / 34)


def test_a_phone_at_one_metre_has_two_pixels_for_each_module_of_a_code() -> None:
    across_mm = 1000 * 36 / 27  # a lens of 27 mm before a film of 36 mm
    assert MODULE_DIAGONALS * DIAGONAL_MM / (across_mm / 1920) == pytest.approx(2, abs=0.02)


def test_what_a_child_reaches_is_the_lower_40_cm() -> None:
    for inches in (24, 55):
        reach = shown(diagonal_inch=inches)["reach"] * inches * 25.4
        assert reach == pytest.approx(400)
