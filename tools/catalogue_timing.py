"""Times a catalogue of any size on made-up items: building, opening, questions, memory.

A question is compared with the least that any scoring must do, `bare`: 24 float32 features of each
item times their weights, and the ten best by `argpartition`. Both run in turns in one process.
"""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from tqdm import tqdm

from device.catalogue.build import build, write, write_table
from device.config import Config
from device.matching.match import Matcher
from device.matching.rules import load_rules
from device.upkeep.board import resident_mb
from device.values import KINDS, MOODS, Audience, Context, Item
from device.words.words import load_words

QUESTIONS, WARM_UP = 200, 20

ASKED = datetime(2026, 11, 24, 6, tzinfo=UTC)
"""When the first question is asked: in the morning, in Helsinki."""

TAGS, HOURS = 800, 600
"""Distinct tags, and draws of opening hours, of which 581 differ; Helsinki's extract has 379."""

BARE_FEATURES, BARE_TOP = 24, 10


@dataclass(frozen=True, slots=True)
class CatalogueTimings:
    """Of a catalogue of `items`. question_ms, bare_ms, ratio: medians; ratio: of a question to the
    bare pass beside it. slow_ms: 95th percentile of the questions. ready_s: from the file to the
    first answer. resident_mb: above a catalogue of one item. build_s, build_cpu_s, build_mb: to
    build it of a CSV file, how long a processor worked on that, and the most that the building
    process had resident; None: it was there already."""

    items: int
    question_ms: float
    slow_ms: float
    bare_ms: float
    ratio: float
    ready_s: float
    resident_mb: float
    build_s: float | None
    build_cpu_s: float | None
    build_mb: float | None


def made_up(count: int, rules_tags: list[str], seed: int = 1) -> Iterator[Item]:
    """Places and media around the kiosk with five tags each, and hours for two in three."""
    dice = random.Random(seed)
    tags = (rules_tags + [f"tag-{number}" for number in range(TAGS)])[:TAGS]
    hours = [
        f"Mo-Fr {dice.randint(6, 11):02}:{dice.choice((0, 15, 30, 45)):02}-"
        f"{dice.randint(15, 23):02}:00; Sa {dice.randint(8, 12):02}:00-{dice.randint(13, 20):02}:30"
        for _ in range(HOURS)
    ]
    for number in range(count):
        yield Item(
            id=f"item-{number}",
            kind=KINDS[number % len(KINDS)],
            title=f"Item {number}",
            category=tags[dice.randrange(60)],
            tags=tuple(dice.sample(tags, 5)),
            creator=f"maker {dice.randrange(count)}",
            year=dice.randint(1950, 2026),
            latitude=dice.uniform(30.1, 30.4),
            longitude=dice.uniform(120.0, 120.3),
            hours=dice.choice(hours) if dice.random() < 2 / 3 else "",
            minimum_age=dice.choice((0, 0, 0, 18)),
            popularity=dice.random(),
            source="made up",
            **(_times(dice) if KINDS[number % len(KINDS)] == "event" else {}),
        )


def _times(dice: random.Random) -> dict[str, Any]:
    """An evening or a day in the two months after the questions, a third of them weekly."""
    begins = ASKED + timedelta(minutes=15 * dice.randrange(60 * 24 * 4))
    ends = begins + timedelta(minutes=15 * dice.randint(2, 40))
    series = f"series-{dice.randrange(1000)}" if dice.random() < 1 / 3 else ""
    return {"begins": begins, "ends": ends, "series": series}


def measure_catalogue(config: Config, count: int) -> CatalogueTimings:
    """Build a catalogue of `count` made-up items, or take the configured one for 0, and time it."""
    with tempfile.TemporaryDirectory() as folder:
        known = sorted(load_rules(config.matching.rules).affect)
        single, file = Path(folder, "one.sqlite"), Path(folder, "many.sqlite")
        write(made_up(1, known), single)
        built: dict[str, float | None] = dict.fromkeys(("build_s", "build_cpu_s", "build_mb"))
        if count:
            table = Path(folder, "many.csv")
            items = tqdm(made_up(count, known), total=count, unit="item", leave=False)
            write_table(items, table)
            built = _in_a_process(_build, table, file)
        else:
            file = config.matching.catalogue
        empty_mb = _in_a_process(_resident, _with(config, single))
        figures: dict[str, Any] = _in_a_process(_time, _with(config, file))
    figures["resident_mb"] -= empty_mb
    return CatalogueTimings(**figures, **built)


def _with(config: Config, catalogue: Path) -> Config:
    matching = config.matching.model_copy(update={"catalogue": catalogue})
    return config.model_copy(update={"matching": matching})


def _in_a_process(work: Any, *arguments: Any) -> Any:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as process:
        return process.submit(work, *arguments).result()


def _build(table: Path, file: Path) -> dict[str, float]:
    began, began_cpu = time.perf_counter(), time.process_time()
    build([table], file)
    return {
        "build_s": time.perf_counter() - began,
        "build_cpu_s": time.process_time() - began_cpu,
        "build_mb": getrusage(RUSAGE_SELF).ru_maxrss / 1024,  # KiB in Linux
    }


def _questions(config: Config) -> Iterator[tuple[Audience, Context]]:
    """Another question each time: a mood, a company, five minutes later."""
    now = ASKED.astimezone(ZoneInfo(config.place.timezone))
    for number in range(WARM_UP + QUESTIONS):
        mood = MOODS[number % len(MOODS)]
        company = "alone" if number % 2 else "couple"
        audience = Audience(size=1, mood=mood, age_band="adult", company=company)
        yield audience, Context(at=0.0, now=now + timedelta(minutes=5 * number), weather="rain")


def _opened(config: Config) -> tuple[Matcher, float]:
    words = load_words("en", config.matching.catalogue)
    began = time.perf_counter()
    matcher = Matcher.open(config, words)
    matcher.match(*next(_questions(config)))
    return matcher, time.perf_counter() - began


def _resident(config: Config) -> float:
    matcher, _ = _opened(config)
    assert len(matcher.catalogue)
    return resident_mb() or 0.0


def _time(config: Config) -> dict[str, Any]:
    matcher, ready_s = _opened(config)
    resident = resident_mb() or 0.0
    count = len(matcher.catalogue)
    dice = np.random.default_rng(1)
    features = dice.random((count, BARE_FEATURES), np.float32)
    weights = dice.random(BARE_FEATURES, np.float32)
    asked, bare = [], []
    for audience, context in _questions(config):
        began = time.perf_counter()
        matcher.match(audience, context)
        answered = time.perf_counter()
        np.argpartition(features @ weights, -min(BARE_TOP, count))
        bare.append(time.perf_counter() - answered)
        asked.append(answered - began)
    asked, bare = asked[WARM_UP:], bare[WARM_UP:]
    return {
        "items": count,
        "question_ms": 1000 * median(asked),
        "slow_ms": 1000 * float(np.quantile(asked, 0.95)),
        "bare_ms": 1000 * median(bare),
        "ratio": median(a / b for a, b in zip(asked, bare, strict=True)),
        "ready_s": ready_s,
        "resident_mb": resident,
    }
