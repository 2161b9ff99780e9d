"""A simulated day as a picture for the operator: what is shown most, what kinds and when.

Three panels: cards by hour and kind, each card as a dot, and the items most shown by their titles.
"""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from device.values import KINDS
from tools.evaluation.day import HOUR_S, HOURS, OPENS, Day

COLOURS = dict(zip(
    ("place", "film", "song", "activity", "event"),
    ("#0d6b57", "#9a2f3f", "#50408f", "#c07a00", "#1f5f91"), strict=True,
))  # fmt: skip
"""Those of the page's cards; the orange of the activities is lighter, to be told from the red."""

INK, SOFT, PAPER = "#14222c", "#53636d", "#fffdf6"

FONTS = ("Liberation Sans", "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans Arabic", "Noto Sans Thai")
"""For titles in any script, as far as they are there."""

MOST_SHOWN = 20

LONGEST = 34
"""Characters of a title."""


def draw(day: Day, path: Path, title: str) -> None:
    """Write the picture."""
    there = {font.name for font in fontManager.ttflist}
    with matplotlib.rc_context({
        "font.family": [font for font in FONTS if font in there], "text.color": INK,
        "axes.labelcolor": SOFT, "xtick.color": SOFT, "ytick.color": INK, "font.size": 9,
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#bfb8a4",
        "text.parse_math": False,
    }):  # fmt: skip
        figure = Figure(figsize=(12, 8.5), layout="constrained", facecolor=PAPER)
        left, right = figure.subfigures(1, 2, width_ratios=(1, 1.15))
        hours, dots = left.subplots(2, 1, sharex=True, height_ratios=(1, 1.5))
        most = right.subplots()
        for axes in (hours, dots, most):
            axes.set_facecolor(PAPER)
        kinds = [kind for kind in KINDS if any(card.item.kind == kind for card in day.cards)]
        _by_hour(day, hours, kinds)
        _each_card(day, dots, kinds)
        _most_shown(day, most)
        right.suptitle(
            f"The {MOST_SHOWN} most shown: share and number of cards",
            fontsize="large", fontweight="bold", x=0.02, ha="left",
        )  # fmt: skip
        shares = day.shares()
        figure.suptitle(
            f"{title}: {len(day.cards):,} cards, {100 * shares['items ever shown']:.0f} % of "
            f"{day.items:,} items shown; the ten most shown have "
            f"{100 * shares['cards of the ten most shown']:.0f} % of the cards",
            fontsize=13, fontweight="bold", x=0.01, ha="left",
        )  # fmt: skip
        with warnings.catch_warnings():  # letters that no font here has become boxes
            warnings.filterwarnings("ignore", "Glyph")
            figure.savefig(path, dpi=130, facecolor=PAPER)


def _hour(at: float) -> float:
    return OPENS.hour + at / HOUR_S


def _by_hour(day: Day, axes: Axes, kinds: list[str]) -> None:
    edges = np.arange(OPENS.hour, OPENS.hour + HOURS + 2)
    bottom = np.zeros(len(edges) - 1)
    for kind in kinds:
        at = [_hour(card.at) for card in day.cards if card.item.kind == kind]
        cards, _ = np.histogram(at, edges)
        axes.bar(edges[:-1] + 0.5, cards, 0.86, bottom, color=COLOURS[kind], label=kind)
        bottom += cards
    axes.set_title("Cards by hour and kind", loc="left", fontweight="bold")
    if kinds:
        axes.legend(frameon=False, ncols=len(kinds), loc="upper left", borderaxespad=0)
    axes.set_ylim(0, 1.25 * max(1.0, float(bottom.max())))
    axes.set_xlim(OPENS.hour - 0.3, OPENS.hour + HOURS + 0.7)


def _each_card(day: Day, axes: Axes, kinds: list[str]) -> None:
    counts = Counter(card.item.id for card in day.cards)
    place = {name: n for n, (name, _) in enumerate(counts.most_common(), 1)}
    for kind in kinds:
        some = [card for card in day.cards if card.item.kind == kind]
        axes.scatter(
            [_hour(card.at) for card in some],
            [place[card.item.id] for card in some],
            s=9, color=COLOURS[kind], alpha=0.8, linewidths=0,
        )  # fmt: skip
    axes.set_title("Each card: an item a line, the most shown at the top", loc="left",
                   fontweight="bold")  # fmt: skip
    axes.invert_yaxis()
    axes.set(xlabel="hour of the day", ylabel="item", xticks=range(8, 23, 2))


def _most_shown(day: Day, axes: Axes) -> None:
    counts = Counter(card.item.id for card in day.cards)
    items = {card.item.id: card.item for card in day.cards}
    most = counts.most_common(MOST_SHOWN)
    titles = [items[name].title for name, _ in most]
    titles = [t if len(t) <= LONGEST else f"{t[: LONGEST - 1]}…" for t in titles]
    rows = np.arange(len(most))
    shares = [100 * number / max(1, len(day.cards)) for _, number in most]
    axes.barh(rows, shares, 0.7, color=[COLOURS[items[name].kind] for name, _ in most])
    for row, (share, (_, number)) in enumerate(zip(shares, most, strict=True)):
        axes.text(share, row, f"  {share:.1f} % · {number}", va="center", color=SOFT)
    axes.set_yticks(rows, titles)
    axes.set_xlim(0, 1.25 * max([*shares, 0.1]))
    axes.set_ylim(max(len(most), 1) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.xaxis.set_visible(False)
    axes.spines[["left", "bottom"]].set_visible(False)
