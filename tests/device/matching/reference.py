"""Matching written as plainly as docs/matching.md puts it: item by item, no arrays, no shortlist.

It is the measure of the fast one in `device/matching`, and shares no code with it but the rules.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from device.catalogue.hours import DAY, UNKNOWN_LEFT, parse_hours
from device.config import PlaceConfig
from device.matching.rules import Likes, Preset, Rules
from device.values import Item


def features(item: Item) -> set[str]:
    return {*item.tags, item.category, item.kind}


def liked(item: Item, likes: Likes) -> float:
    return max(-1.0, min(1.0, sum(likes.get(name, 0.0) for name in features(item))))


def fits(item: Item, company: str, likes: Likes) -> float:
    said = 0.0
    if item.suits:
        said = 0.5 if company in item.suits else -0.5
    return max(-1.0, min(1.0, liked(item, likes) + said))


def mood(item: Item, rules: Rules, preset: Preset, name: str) -> float:
    known = [rules.affect[feature] for feature in features(item) if feature in rules.affect]
    if item.valence is not None and item.arousal is not None:
        known = [(item.valence, item.arousal)]
    aim = (preset.towards or {}).get(name)  # type: ignore[call-overload]
    if aim is None or not known:
        return 0.0
    valence = sum(v for v, _ in known) / len(known)
    arousal = sum(a for _, a in known) / len(known)
    return max(-1.0, 1 - math.hypot(valence - aim[0], arousal - aim[1]))


def metres(item: Item, place: PlaceConfig) -> float | None:
    if None in (item.latitude, place.latitude):
        return None
    lat, lon, here_lat, here_lon = map(
        math.radians,
        (item.latitude, item.longitude, place.latitude, place.longitude),  # type: ignore[arg-type]
    )
    half = math.sin((lat - here_lat) / 2) ** 2
    half += math.cos(lat) * math.cos(here_lat) * math.sin((lon - here_lon) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(min(half, 1)))


def minutes_left(item: Item, now: datetime | None) -> int:
    hours = parse_hours(item.hours)
    return UNKNOWN_LEFT if hours is None or now is None else hours.minutes_left(now)


def in_reach(item: Item, rules: Rules, far: float | None, company: str, left: int) -> bool:
    """Whether one can get there and stay; what is not known is no hindrance."""
    if far is not None and far > rules.farthest_m.get(company, math.inf):  # type: ignore[call-overload]
        return False
    children, others = {"children", "family"}, {"alone", "couple", "friends"}
    if company in children | others and item.suits:
        named = set(item.suits) & (children if company == "family" else others)
        if not named:
            return False
    return left in (UNKNOWN_LEFT, DAY) or left >= (far or 0) * 1.3 / 70 + (
        item.stay or rules.closing_min
    )


def dates(items: Sequence[Item], place: PlaceConfig, now: datetime | None) -> set[str]:
    """Ids of the events that may be shown in the five minutes from `now` on, in local time."""
    if now is None:
        return set()
    zone = ZoneInfo(place.timezone)
    here = now.replace(tzinfo=zone)
    shown: dict[str, Item] = {}
    for item in items:
        if item.begins is None or item.ends is None:
            continue
        day_before = item.begins.astimezone(zone).date() - timedelta(days=1)
        arrives = here + timedelta(minutes=5 + (metres(item, place) or 0) * 1.3 / 70)
        if day_before <= here.date() and arrives < item.ends:
            name = item.series and f"series {item.series}"
            other = shown.get(name or item.id)
            if other is None or (other.begins and item.begins < other.begins):
                shown[name or item.id] = item
    return {item.id for item in shown.values()}


def turns(count: int, now: datetime | None, draw: int) -> list[float]:
    """The random numbers of an hour and draw: those of the hour before, moved on."""
    numbers = (np.random.default_rng(20_261_124).random(count, np.float32) * 2 - 1).tolist()
    hour = 0 if now is None else now.toordinal() * 24 + now.hour
    start = hour * 7_919 + draw * 104_729
    return [numbers[(place + start) % count] for place in range(count)]


def alike(one: Item, other: Item) -> float:
    shared = len(features(one) & features(other)) / len(features(one) | features(other))
    same_creator = bool(one.creator) and one.creator == other.creator
    return (
        0.4 * (one.kind == other.kind)
        + 0.3 * (one.category == other.category)
        + 0.2 * shared
        + 0.1 * same_creator
    )


def rank(
    items: Sequence[Item],
    rules: Rules,
    preset: Preset,
    place: PlaceConfig,
    *,
    mood_name: str,
    age_band: str,
    company: str,
    weather: str,
    years: int,
    now: datetime | None,
    count: int,
    recent: Mapping[str, float] = {},
    draw: int = 0,
) -> list[tuple[str, float]]:
    """Ids and scores of the best, by maximal marginal relevance over all items."""
    weights = rules.weights
    chance = turns(len(items), now, draw)
    events = dates(items, place, now)
    scores: dict[int, float] = {}
    for number, item in enumerate(items):
        if item.minimum_age > years or (item.kind == "event" and item.id not in events):
            continue
        far, left = metres(item, place), minutes_left(item, now)
        if not in_reach(item, rules, far, company, left):
            continue
        daypart = sum(
            liked(item, part.likes) for part in rules.hours if now and part.covers(now.hour)
        )
        scores[number] = (
            weights.mood * mood(item, rules, preset, mood_name)
            + weights.age * liked(item, rules.age.get(age_band, {}))  # type: ignore[call-overload]
            + weights.company * fits(item, company, rules.company.get(company, {}))  # type: ignore[call-overload]
            + weights.weather * liked(item, rules.weather.get(weather, {}))
            + weights.hour * max(-1.0, min(1.0, daypart))
            + weights.open * (0.2 if left > 0 else 0.0)
            + weights.distance * (0.0 if far is None else 2 ** (1 - far / rules.near_m) - 1)
            + weights.popularity * (0.0 if item.popularity is None else 2 * item.popularity - 1)
            + weights.turn * chance[number]
            - weights.recent * recent.get(item.id, 0.0)
        )
    picked: list[int] = []
    ranking: list[tuple[str, float]] = []
    while scores and len(picked) < count:
        likeness = {
            number: max((alike(items[number], items[pick]) for pick in picked), default=0.0)
            for number in scores
        }
        best = max(scores, key=lambda n: scores[n] - weights.variety * likeness[n])
        ranking.append((items[best].id, scores.pop(best) - weights.variety * likeness[best]))
        picked.append(best)
    return ranking
