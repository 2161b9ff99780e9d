"""What the site's kiosks have learned is where a new kiosk begins."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from device.catalogue.build import write
from device.catalogue.store import Catalogue
from device.config import Config, MatchingConfig, PlaceConfig
from device.errors import UserError
from device.matching.feedback import Feedback, estimate
from device.matching.match import Matcher
from device.matching.pooled import Pool, Pooled, Site, load_pool
from device.matching.rules import Rules
from device.values import Audience, Context, Item, Tried
from device.words.words import load_words
from tests.kiosks import changed

POOL = {"site": "here", "first": "2026-11-01", "last": "2026-11-29"}
DRAWS = 300


def site_of(**items: dict[str, int]) -> Site:
    return Pool.model_validate(POOL | {"kiosks": {"k-1": items}}).site_without("k-2")


def drawn(feedback: Feedback, rows: int) -> np.ndarray:
    return np.mean([feedback.draw(np.arange(rows), seed) for seed in range(DRAWS)], axis=0)


def test_what_is_not_known_is_not_zero() -> None:
    site = site_of(
        liked={"screens": 400, "chosen": 90}, shown={"screens": 400}, late={"chosen": 20}
    )
    assert site.tried == {"liked": Tried(400, 90)}
    assert site.mean == pytest.approx(93 / 830)
    assert Pooled(screens=20, chosen=15, liked=15).tried == Tried(20, 20)
    assert Pooled(screens=20, not_for_me=15).tried is None


def test_an_item_begins_with_its_rate_at_the_site() -> None:
    alone = drawn(Feedback(), 2)
    feedback = Feedback({0: Tried(400, 120)}, mean=0.1)
    assert feedback.knows
    assert drawn(feedback, 2)[0] > alone[0] + 0.4
    assert drawn(feedback, 2)[1] == pytest.approx(alone[1], abs=0.1)


def test_a_kiosks_own_touches_soon_count_more() -> None:
    feedback = Feedback({0: Tried(10_000, 3_000)}, mean=0.1)
    feedback.update(0, Tried(2_000, 40))
    feedback.update(1, Tried(2_000, 200))
    assert drawn(feedback, 2)[0] < 0


def test_the_matcher_suggests_what_the_site_likes_before_anybody_has_touched_it() -> None:
    rules = Rules.model_validate({"presets": {"repair": {"about": "x", "towards": {}}}})
    items = [Item(f"walk{n}", "activity", f"Walk {n}", "walking") for n in range(6)]
    some = {f"walk{n}": {"screens": 400} for n in range(4)}
    site = site_of(walk4={"screens": 400, "liked": 200}, gone={"screens": 400}, **some)
    matcher = Matcher(Catalogue.of(items), rules, MatchingConfig(count=1), PlaceConfig(), site=site)
    audience = Audience(size=1, age_band="adult")
    first = [matcher.match(audience, Context(at=0, draw=n))[0].item.id for n in range(DRAWS)]
    assert first.count("walk4") > DRAWS / 2


def test_the_file_is_read_and_a_wrong_one_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "site.json"
    file.write_text(json.dumps(POOL | {"kiosks": {"k-1": {"tea": {"screens": 20, "liked": 11}}}}))
    assert load_pool(file).kiosks["k-1"]["tea"] == Pooled(screens=20, liked=11)
    file.write_text(json.dumps(POOL | {"kiosks": {"k-1": {"tea": {"screens": -1}}}}))
    with pytest.raises(UserError, match=r"kiosks\.k-1\.tea\.screens: got -1"):
        load_pool(file)
    with pytest.raises(UserError, match=r"matching\.touches names it"):
        load_pool(tmp_path / "none.json")


def test_what_a_kiosk_told_itself_does_not_count_again() -> None:
    kiosks = {
        "k-1": {"tea": {"screens": 400, "liked": 300}},
        "k-2": {"tea": {"screens": 100, "liked": 20}, "inn": {"screens": 50}},
    }
    told = Pool.model_validate(POOL | {"kiosks": kiosks})
    assert told.site_without().tried == {"tea": Tried(500, 320)}
    assert told.site_without("k-1").tried == {"tea": Tried(100, 20)}
    assert told.site_without("k-2").tried == {"tea": Tried(400, 300)}
    assert set(told.site_without("k-1").items) == {"tea", "inn"}


def test_a_kiosk_begins_with_what_the_others_told(config: Config, tmp_path: Path) -> None:
    write([Item(f"walk{n}", "activity", f"Walk {n}", "walking") for n in range(3)],
          tmp_path / "town.sqlite")  # fmt: skip
    liked = {"walk0": {"screens": 400, "liked": 300}}
    (tmp_path / "site.json").write_text(json.dumps(POOL | {"kiosks": {"k-1": liked}}))
    for kiosk, begins in (("k-1", False), ("k-2", True)):
        settings = changed(
            config,
            kiosk=kiosk,
            matching__catalogue=tmp_path / "town.sqlite",
            matching__touches=tmp_path / "site.json",
        )
        found = Matcher.open(settings, load_words("en")).match(
            Audience(size=1, age_band="adult"), Context(at=0)
        )
        values = {t.value for s in found for t in s.trace if t.name == "touches"}
        assert (values != {0.0}) == begins


def test_a_rate_is_shrunk_and_its_interval_narrows() -> None:
    few, many = estimate(11, 11, 0.1), estimate(1_100, 1_100, 0.1)
    assert few.rate == pytest.approx(14 / 41)
    assert few.low < few.rate < few.high
    assert many.high - many.low < few.high - few.low
    # Wilson's interval of 10 in 100, by R's prop.test(10, 100, correct = FALSE).
    wilson = estimate(70, 7, 0.1)
    assert (wilson.low, wilson.high) == pytest.approx((0.0552, 0.1744), abs=1e-4)
