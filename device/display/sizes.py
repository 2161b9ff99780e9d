"""How large everything on the screen must be for who stands before it, and what then has room.

The page is told sizes in shares of the screen's diagonal, which hold for every resolution. Text
that anybody needs is as large as EN 301 549 asks of a closed system (clause 5.1.4): a capital H is
seen under at least 0.7 degrees from `display.distance_m`. The notice's heading is read where the
camera begins to find faces, and a code is read by a phone from one metre on a screen of 24 inches.
"""

from __future__ import annotations

import math

from device.config import Config

CAPITAL = 1409 / 2048
"""Height of Liberation Sans's H, in sizes of the font (`sCapHeight` of its table OS/2)."""

TEXT_DEGREES = 0.7
"""EN 301 549 V3.2.1, clause 5.1.4."""

HEADING_DEGREES = 10 / 60
"""Twice what normal sight resolves (5 minutes of arc, Snellen): an acuity of 0.5, as the European
Union asks of drivers (directive 2006/126/EC, annex III)."""

NOTICED_FROM_M = {"far": 5.0, "near": 2.0}
"""Where MediaPipe's detectors begin to find faces, as their model cards say, by `vision.range`."""

ROOMIEST_TEXT = 1 / 34
"""Share of the diagonal: with larger text not even one card and the notice have room."""

LARGEST_HEADING = 1 / 26
"""Share of the diagonal: a larger heading of the notice leaves no room for a resting screen."""

MODULE_DIAGONALS = 1.38 / (24 * 25.4)
"""Least module of a code. A phone's camera of 27 mm (as on 35 mm film) has 1920 pixels across
1.33 m at a distance of one metre; Google's ML Kit, which reads codes on many phones, asks for two
pixels a module: 1.38 mm, on a screen of 24 inches. A smaller screen is read from nearer."""

REACH_MM = 400.0
"""What somebody in a wheelchair or a child reaches of a screen, from its lower edge."""


def least_text(config: Config) -> float:
    """Size of the font that is needed, in shares of the screen's diagonal."""
    return _font_share(config, TEXT_DEGREES, config.display.distance_m)


def heading(config: Config) -> float:
    """Size of the font of the notice's heading that is read from where faces are found, in shares
    of the diagonal."""
    return _font_share(config, HEADING_DEGREES, NOTICED_FROM_M[config.vision.range])


def farthest_text_m(config: Config) -> float:
    """From where the largest text that has room is as large as it must be."""
    return _read_from_m(config, ROOMIEST_TEXT, TEXT_DEGREES)


def farthest_heading_m(config: Config) -> float:
    """From where the notice's heading is read, as the page shows it."""
    return _read_from_m(config, min(heading(config), LARGEST_HEADING), HEADING_DEGREES)


def page_sizes(config: Config) -> dict[str, float]:
    """What the page is told, all in shares of the screen's diagonal: the least `text` and the
    `most` that has room, the `heading` of the notice, the least `module` of a code, and the
    `reach` from the lower edge."""
    return {
        "text": min(least_text(config), ROOMIEST_TEXT),
        "most": ROOMIEST_TEXT,
        "heading": min(heading(config), LARGEST_HEADING),
        "module": MODULE_DIAGONALS,
        "reach": REACH_MM / _diagonal_mm(config),
    }


def _font_share(config: Config, degrees: float, distance_m: float) -> float:
    capital_mm = 1000 * distance_m * math.tan(math.radians(degrees))
    return capital_mm / CAPITAL / _diagonal_mm(config)


def _read_from_m(config: Config, share: float, degrees: float) -> float:
    capital_mm = share * CAPITAL * _diagonal_mm(config)
    return capital_mm / 1000 / math.tan(math.radians(degrees))


def _diagonal_mm(config: Config) -> float:
    return config.display.diagonal_inch * 25.4
