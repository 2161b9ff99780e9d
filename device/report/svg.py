"""The parts of plots as SVG that a page needs no plotting library for."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH = 1000


def svg(height: float, label: str, parts: Sequence[str]) -> str:
    """A plot of `WIDTH` units. label: what it shows, in words."""
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def text(name: str, x: float, y: float, words: str) -> str:
    """Words at a place; name: of the class in the page's style."""
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
