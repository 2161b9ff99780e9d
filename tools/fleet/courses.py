"""Courses over time: of a history's samples, for a terminal as characters, for a page as SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from tools.fleet.history import Sample

BLOCKS = "▁▂▃▄▅▆▇█"

WIDTH = 48
"""Characters of a course in a terminal."""

Hours = list[list[Sample]]


def share_online(samples: Sequence[Sample]) -> float:
    """Share of the time that samples stand for in which the kiosk was online."""
    total = sum(sample.span_s for sample in samples)
    return sum(sample.online * sample.span_s for sample in samples) / total if total else 0.0


def spark(values: Sequence[float | None], least: float = 1.0) -> str:
    """The largest values of equal stretches as blocks; a space where nothing is known.

    least: difference that fills the height, so that noise does not.
    """
    width = min(WIDTH, len(values))
    edges = [i * len(values) // width for i in range(width + 1)] if width else []
    stretches = [values[begin:end] for begin, end in pairwise(edges)]
    tops = [max((v for v in some if v is not None), default=None) for some in stretches]
    known = [top for top in tops if top is not None]
    if not known:
        return ""
    low = min(known)
    span = max(least, max(known) - low)
    return "".join(
        " " if top is None else BLOCKS[round((top - low) / span * (len(BLOCKS) - 1))]
        for top in tops
    )


def hourly(samples: Iterable[Sample], since: datetime, hours: int) -> Hours:
    """Samples by the hour that they are of, the first of which begins at `since`."""
    found: Hours = [[] for _ in range(hours)]
    for sample in samples:
        index = int((sample.at - since) / timedelta(hours=1))
        if 0 <= index < hours:
            found[index].append(sample)
    return found


def strip(hours: Hours) -> Iterator[tuple[int, int, str]]:
    """When a kiosk was online: first hour, number of hours, and `on`, `partly` or `off`; nothing
    where nothing is known."""
    kinds = ["" if not hour else _kind(share_online(hour)) for hour in hours]
    begin = 0
    for end in range(1, len(kinds) + 1):
        if end == len(kinds) or kinds[end] != kinds[begin]:
            if kinds[begin]:
                yield begin, end - begin, kinds[begin]
            begin = end


def lines(
    hours: Hours, value: Callable[[Sample], float | None], low: float, high: float
) -> Iterator[list[tuple[float, float]]]:
    """The largest value of each hour as lines that break where it is not known: hour, and height
    from 0 (`low`) to 1 (`high`)."""
    line: list[tuple[float, float]] = []
    for index, hour in enumerate(hours):
        known = [v for sample in hour if (v := value(sample)) is not None]
        if known:
            line.append((index + 0.5, min(1.0, max(0.0, (max(known) - low) / (high - low)))))
        elif line:
            yield line
            line = []
    if line:
        yield line


def _kind(online: float) -> str:
    return "on" if online > 0.99 else "off" if online < 0.01 else "partly"
