"""The table of topics."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Config
from device.messaging.topics import TABLE, Topics

KIOSK = Topics("helsinki", "kiosk-1")


def test_topics_are_spelled_as_the_design_spells_them() -> None:
    assert KIOSK.topic("suggestions") == "wayside/v1/helsinki/kiosk-1/suggestions"
    assert KIOSK.topic("weather") == "wayside/v1/helsinki/weather"
    assert KIOSK.root == "wayside/v1/helsinki/kiosk-1"


def test_every_message_has_one_row_and_the_kiosk_receives_what_it_does_not_send() -> None:
    assert len({row.name for row in TABLE}) == len({row.message for row in TABLE}) == len(TABLE)
    sent = {row.name for row in TABLE if row.sender == "the kiosk"}
    stay = {"screen", "press", "heard"}
    assert sent == {"status", "suggestions", "health", "counts", "touches"} | stay
    of_the_agent = {row.name for row in TABLE if row.sender == "the agent"}
    assert of_the_agent == {"release", "agent", "command-result", "announcement", "identify"}
    of_the_operator = {row.name for row in TABLE if row.sender == "the operator"}
    assert of_the_operator == {"command", "site-announcement"}
    received = {row.name for row in TABLE if row.received}
    assert received == {row.name for row in TABLE} - sent - of_the_agent - of_the_operator


def test_a_touch_a_heartbeat_and_a_command_are_never_retained() -> None:  # failure 14
    assert not KIOSK.row("command").retained
    assert not KIOSK.row("identify").retained
    assert not KIOSK.row("feedback").retained
    assert not KIOSK.row("display").retained
    assert not KIOSK.row("ask").retained
    assert not KIOSK.row("heard").retained


@given(site=st.text(max_size=70), kiosk=st.text(max_size=70))
def test_no_name_makes_a_topic_that_a_broker_or_a_bridge_could_misread(
    site: str, kiosk: str
) -> None:
    level = r"[A-Za-z0-9_-]{1,64}"
    if all(re.fullmatch(level, name) and name != "fleet" for name in (site, kiosk)):
        topics = Topics(site, kiosk)
        for row in TABLE:
            assert all(re.fullmatch(level, part) for part in topics.topic(row.name).split("/"))
    else:
        with pytest.raises(ValueError, match=r"^(site|kiosk): got "):
            Topics(site, kiosk)


@pytest.mark.parametrize("bad", ["a.b", "a b", "a/b", "+", "#", "", "ä", "a\n"])
def test_a_level_with_a_dot_a_space_or_a_wildcard_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="takes letters, digits"):
        Topics("helsinki", bad)


@pytest.mark.parametrize("names", [("fleet", "kiosk-1"), ("helsinki", "fleet"), ("a.b", "k")])
def test_what_the_configuration_refuses_as_a_name_the_topics_refuse_too(
    names: tuple[str, str],
) -> None:
    with pytest.raises(ValueError, match=r"reserved|letters, digits"):
        Topics(*names)
    with pytest.raises(ValueError, match=r"reserved|letters, digits"):
        Config.model_validate(dict(zip(("site", "kiosk"), names, strict=True)))


def test_a_topic_is_found_again_and_anothers_is_not() -> None:
    for row in TABLE:
        assert KIOSK.row_of(KIOSK.topic(row.name)) is row
    assert KIOSK.row_of("wayside/v1/helsinki/kiosk-2/display") is None
    assert KIOSK.row_of("wayside/v1/helsinki/kiosk-1/display/more") is None


def test_two_kiosks_never_derive_the_same_client_id() -> None:  # failure 12
    assert Topics("a", "b-c").client_id != Topics("a-b", "c").client_id
    assert KIOSK.client_id == Topics("helsinki", "kiosk-1").client_id


def test_the_default_names_are_valid_levels() -> None:
    config = Config()
    assert Topics(config.site, config.kiosk).root.startswith("wayside/v1/")
