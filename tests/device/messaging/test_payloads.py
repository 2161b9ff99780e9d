"""What messages contain, and what is decoded from the bytes of any sender."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import model_validator

from device.messaging import payloads
from device.messaging.messages import Display, Feedback, Received, Weather
from device.messaging.topics import Topics
from device.upkeep.health import Health
from device.upkeep.watchdog import Heartbeats
from device.values import (
    Around,
    Item,
    OpenPlace,
    Reason,
    Screen,
    Sky,
    Suggestion,
    Term,
)
from device.words.words import load_words
from tests.schemas import valid

KIOSK = Topics("helsinki", "kiosk-1")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

ITEM = Item(
    id="p1",
    kind="place",
    title="白堤",
    category="landscape",
    tags=("calm", "for sad people"),
    address="West Lake",
    year=821,
    minimum_age=0,
    link="https://example.org/p1",
    picture="p1.jpg",
    source="test",
    credit="a map",
    price="5 €",
    wheelchair="limited",
    titles={"en": "Bai Causeway"},
    about="白居易修筑的堤。",
    abouts={"en": "A causeway that a poet built."},
)
WHY = (Reason("tag", "quiet"), Reason("distance", 402), Reason("well_known"))
ROUTE = "https://example.org/route"
SUGGESTION = Suggestion(
    ITEM, 0.7, WHY, 401.6, 5.7, ROUTE, (Term("mood: sad", 0.9, 1.0),),
    hours=("09:00-17:00",), way="_p~iF~ps|U_ulLnnqC", bearing=359.6,
)  # fmt: skip
WORDS = load_words("en")


def test_suggestions_have_these_keys_and_no_others() -> None:
    said = payloads.suggestions(Screen("showing", (SUGGESTION,), 5.0, 7), "watching", NOW, WORDS)
    assert said == {
        "state": "showing",
        "serial": 7,
        "at": "2026-11-21T12:00:00.000+00:00",
        "expires_at": "2026-11-21T12:00:30.000+00:00",
        "lifetime_s": 30.0,
        "notice": "watching",
        "items": [
            {
                "id": "p1",
                "kind": "place",
                "title": "白堤",
                "creator": "",
                "place": "West Lake",
                "year": 821,
                "distance_m": 402,
                "walk_min": 6,
                "why": ["quiet", "400 m", "well known"],
                "reasons": [
                    {"code": "tag", "argument": "quiet"},
                    {"code": "distance", "argument": 402},
                    {"code": "well_known", "argument": None},
                ],
                "titles": {"en": "Bai Causeway"},
                "picture": "p1.jpg",
                "route": ROUTE,
                "link": "https://example.org/p1",
                "credit": "a map",
                "hours": ["09:00-17:00"],
                "price": "5 €",
                "wheelchair": "limited",
                "way": "_p~iF~ps|U_ulLnnqC",
                "bearing": 0,
                "about": "白居易修筑的堤。",
                "abouts": {"en": "A causeway that a poet built."},
            }
        ],
        "around": None,
    }
    valid("suggestions", said)


def test_a_resting_screen_tells_of_the_place_and_of_nobody() -> None:
    around = Around(True, Sky("rain", 6.6), (OpenPlace(ITEM, "18:00", 5.7),))
    said = payloads.suggestions(Screen("resting", around=around), "watching", NOW, WORDS)
    assert said["around"] == {
        "clock": True,
        "sky": {"condition": "rain", "celsius": 7},
        "open_places": [
            {
                "title": "白堤",
                "titles": {"en": "Bai Causeway"},
                "until": "18:00",
                "walk_min": 6,
                "credit": "a map",
            }
        ],
    }
    valid("suggestions", said)
    unknown = Around(False, Sky("fog"), (OpenPlace(ITEM, "00:30"),))
    valid("suggestions", payloads.suggestions(Screen(around=unknown), "demo", NOW, WORDS))


def test_nothing_published_of_a_suggestion_comes_from_a_visitor() -> None:
    said = payloads.encode(
        payloads.suggestions(Screen("showing", (SUGGESTION,), 0, 1), "watching", NOW, WORDS)
    ).decode()
    for secret in ("mood", "sad", "emotion", "age", "gender", "female", "score", "tags", "trace"):
        assert f'"{secret}' not in said
        assert f"{secret}:" not in said
    assert "0.9" not in said
    assert "0.7" not in said


def test_times_are_in_utc_whatever_the_kiosks_zone() -> None:
    local = NOW.astimezone(timezone(timedelta(hours=8)))
    assert payloads.iso(local) == payloads.iso(NOW) == "2026-11-21T12:00:00.000+00:00"


def test_health_without_a_single_source_is_valid() -> None:
    valid("health", Health("b", Heartbeats(), {}).payload())


def test_a_number_that_json_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="JSON"):
        payloads.encode({"fps": float("nan")})


def decode(name: str, payload: bytes) -> Received | None:
    return payloads.decode(KIOSK.row(name).message, payload)


def test_the_pages_messages_and_the_weather_are_decoded() -> None:
    beat = b'{"at":"x","state":"showing","serial":7,"shows_notice":true,"since":"x"}'
    assert decode("display", beat) == Display(
        state="showing", serial=7, shows_notice=True, at="x", since="x"
    )
    touch = b'{"item_id":"p1","verdict":"liked","at":"x"}'
    assert decode("feedback", touch) == Feedback(item_id="p1", verdict="liked", at="x")
    out = b'{"item_id":null,"verdict":"opt_out","at":"x"}'
    assert decode("feedback", out) == Feedback(verdict="opt_out", at="x")
    rain = b'{"condition":"rain","expires_at":"2026-11-21T12:00:00Z"}'
    assert decode("weather", rain) == Weather(condition="rain", expires_at=NOW)
    assert decode("weather", b'{"condition":"cold","celsius":-7}') == Weather(
        condition="cold", celsius=-7
    )


def test_unknown_keys_are_ignored() -> None:
    beat = b'{"state":"resting","serial":null,"shows_notice":false,"new":{"a":[1]}}'
    assert decode("display", beat) == Display(state="resting", shows_notice=False)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("display", b""),
        ("display", b"\xff\xfe"),
        ("display", b"[1, 2]"),
        ("display", b'{"state":"resting","serial":null}'),
        ("display", b'{"state":"resting","serial":null,"shows_notice":"true"}'),
        ("display", b'{"state":"resting","serial":null,"shows_notice":1}'),
        ("display", b'{"state":"resting","serial":1.5,"shows_notice":true}'),
        ("display", b'{"state":"resting","serial":true,"shows_notice":true}'),
        ("display", b'{"state":"<script>","serial":1,"shows_notice":true}'),
        ("feedback", b'{"item_id":"p1","verdict":"bought","at":"x"}'),
        ("feedback", b'{"item_id":null,"verdict":"liked","at":"x"}'),
        ("feedback", b'{"item_id":"p1","verdict":["liked"],"at":"x"}'),
        ("feedback", b'{"item_id":"p1","verdict":"liked"}'),
        ("feedback", b'{"item_id":"' + b"p" * 200 + b'","verdict":"liked","at":"x"}'),
        ("weather", b'{"condition":"Rain, maybe"}'),
        ("weather", b'{"condition":"rain","expires_at":"tomorrow"}'),
        ("weather", b'{"condition":"rain","expires_at":"2026-11-21T12:00:00"}'),
        ("weather", b'{"condition":"rain","expires_at":17}'),
        ("weather", b"[" * 10_000),
        ("weather", b'{"condition":"rain","pad":"' + b"x" * 20_000 + b'"}'),
    ],
)
def test_a_malformed_message_is_none(name: str, payload: bytes) -> None:
    assert decode(name, payload) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["at", "state", "serial", "shows_notice", "item_id", "verdict", "condition", "expires_at"]
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # other work may slow the machine down
@given(
    name=st.sampled_from(["display", "feedback", "weather"]),
    payload=st.binary(max_size=64)
    | st.dictionaries(KEYS, JSON).map(lambda m: json.dumps(m).encode()),
)
def test_decoding_never_raises(name: str, payload: bytes) -> None:  # failure 8
    message = decode(name, payload)
    assert message is None or isinstance(message, Received)


def test_a_check_that_itself_fails_makes_a_message_malformed() -> None:  # failure 8
    class Fragile(Received):
        """Its own check cannot handle zero."""

        n: int

        @model_validator(mode="after")
        def _check(self) -> Fragile:
            assert 1 / self.n
            return self

    assert payloads.decode(Fragile, b'{"n": 1}') == Fragile(n=1)
    assert payloads.decode(Fragile, b'{"n": 0}') is None
