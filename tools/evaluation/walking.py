"""How much longer the way on foot is than the straight line, and what it costs a kiosk to know.

Protocol: every extract is imported as an operator would. Twenty of its places, drawn by seed 0 from
those that have a way beside them, are kiosks in turn; a pair is such a kiosk and any place of the
extract from 100 m to 2 km away in a straight line, since very short ways are mostly the width of a
street, and nobody is sent farther. The detour of a pair is its metres on foot by the straight
metres. The time is that of a kiosk's search and of all its places, the best and the median of the
twenty; size is that of the footways in the catalogue's file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.catalogue.footways import Walk
from device.catalogue.imports.importers import read
from device.catalogue.network import Network, join, lengths_m
from device.catalogue.sphere import great_circle_m
from tools.scoring.tables import markdown

KIOSKS, SEED = 20, 0
FROM_M, TO_M = 100.0, 2000.0
LONG = 1.5
"""A detour that is called long."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Town:
    """An extract. places: (N, 2) latitudes and longitudes in degrees. detours: of the pairs that
    have a way; unreached: share of the pairs that have none. seconds: of each kiosk's start."""

    name: str
    places: int
    edges: int
    km: float
    size: int
    detours: Floats
    unreached: float
    seconds: Floats


def measure(name: str, network: Network, places: Floats) -> Town:
    """Walk from some of the places to all of them. places: (N, 2) degrees."""
    lat, lon = places.T
    dice = np.random.default_rng(SEED)
    detours, seconds, missing, pairs = [], [], 0, 0
    for kiosk in dice.permutation(len(places)):
        began = time.perf_counter()
        walk = Walk.of(network, lat[kiosk], lon[kiosk])
        if walk is None:
            continue
        on_foot = walk.metres_to(lat, lon)
        seconds.append(time.perf_counter() - began)
        straight = great_circle_m(lat, lon, lat[kiosk], lon[kiosk])
        some = (straight >= FROM_M) & (straight <= TO_M)
        there = some & np.isfinite(on_foot)
        detours.append(on_foot[there] / straight[there])
        pairs, missing = pairs + int(some.sum()), missing + int((some & ~there).sum())
        if len(seconds) == KIOSKS:
            break
    return Town(
        name,
        len(places),
        len(network),
        float(lengths_m(network.lines).sum()) / 1000,
        len(network.encode()),
        np.concatenate(detours),
        missing / pairs,
        np.array(seconds),
    )


def report(extracts: Sequence[Path]) -> Iterator[str]:
    """The figures of each extract, as a table."""
    towns = []
    for path in tqdm(extracts, unit="extract", leave=False):
        found = read(path, lambda done, total: None)
        network = join([found.network] if found.network else [])
        if network is not None:
            places = np.array([(item.latitude, item.longitude) for item in found.items])
            towns.append(measure(path.name.split(".")[0], network, places))
    yield markdown(
        ("town", "places", "edges", "footways", "size", "median detour", f"over {LONG}", "no way",
         "start, best", "start, median"),
        [(town.name, town.places, town.edges, f"{town.km:.0f} km", f"{town.size / 1000:.0f} kB",
          f"{np.median(town.detours):.2f}", f"{np.mean(town.detours > LONG):.1%}",
          f"{town.unreached:.1%}", f"{1000 * town.seconds.min():.0f} ms",
          f"{1000 * np.median(town.seconds):.0f} ms") for town in towns],
    )  # fmt: skip
    detours = np.concatenate([town.detours for town in towns])
    long = np.mean(detours > LONG)
    yield f"all {len(detours)} pairs: median {np.median(detours):.2f}, over {LONG}: {long:.1%}"
