"""The operator's table: one row a kiosk, whatever kiosks send."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.fleet.blobs import encode_metadata
from device.messaging.topics import FLEET_METADATA
from tests.device.fleet.repository import NOW, FleetRepository
from tools.fleet.columns import COLUMNS, ordered
from tools.fleet.screen import line
from tools.fleet.table import FILTERS, HEARD, Message, Table

AT = "2026-11-29T11:00:00Z"
KIOSK = "helsinki/kiosk-1"


def message(what: str, *, name: str = KIOSK, retained: bool = False, **content: Any) -> Message:
    payload = json.dumps({"at": AT, **content}).encode()
    return Message(f"wayside/v1/{name}/{what}", payload, retained)


def test_a_row_is_what_the_last_message_of_each_kind_says() -> None:
    table = Table()
    camera = {"state": "dark", "since_s": 1.0, "reason": "", "luma": 3.0}
    table.hear(message("status", state="online", release="0.1.0+7", boot="b"), NOW)
    table.hear(message("health", fps=14.9, temperature_c=48.3, camera=camera, steps={}), NOW)
    refused = [{"release": 8, "reason": "golden outputs"}]
    table.hear(message("release", running=7, state="ROLLED_BACK", refused=refused), NOW)
    table.hear(message("agent", certificate_days=200, trouble=["x"]), NOW)
    (row,) = table.rows()
    assert (row.name, row.state, row.program, row.release) == (KIOSK, "online", "0.1.0+7", 7)
    assert (row.fps, row.temperature_c, row.camera) == (14.9, 48.3, "dark")
    assert (row.refused, row.certificate_days) == ({8: "golden outputs"}, 200)
    assert row.seen == NOW


def test_what_was_retained_was_said_when_it_says_and_not_now() -> None:
    table = Table()
    table.hear(message("status", state="offline", retained=True), NOW)
    assert table.row(KIOSK).seen == datetime(2026, 11, 29, 11, tzinfo=UTC)
    ahead = Message(
        "wayside/v1/helsinki/k2/status", b'{"state":"online","at":"2036-01-01T00:00:00Z"}'
    )
    table.hear(Message(ahead.topic, ahead.payload, retained=True), NOW)
    assert table.row("helsinki/k2").seen == NOW, "its clock is ahead"


def test_enrolled_kiosks_are_shown_and_revoked_ones_are_not() -> None:
    table = Table([KIOSK])
    table.hear(message("status", name="helsinki/scrapped", state="offline"), NOW)
    assert [(row.name, row.state) for row in table.rows()] == [(KIOSK, "never")]


def test_the_expiry_of_each_role_is_read_from_the_metadata_of_the_hub(tmp_path: Path) -> None:
    fleet = FleetRepository(tmp_path)
    fleet.publish(1)
    fleet.rotate("root")
    table = Table()
    table.hear(Message(FLEET_METADATA, encode_metadata(fleet.files)), NOW)
    assert table.expires == fleet.repository.expires()


@given(st.sampled_from(HEARD), st.binary(max_size=60) | st.text().map(str.encode))
def test_no_payload_stops_the_table(what: str, payload: bytes) -> None:
    table = Table()
    table.hear(Message(f"wayside/v1/{KIOSK}/{what}", payload), NOW)
    table.hear(Message(FLEET_METADATA, payload), NOW)
    assert all(line(row) for row in table.rows())


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())
KEYS = ("at", "state", "release", "fps", "camera", "steps", "refused", "running", "candidate",
        "temperature_c", "certificate_days", "trouble", "reason", "metadata")  # fmt: skip


@given(st.sampled_from(HEARD), st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_no_json_stops_the_table_or_its_columns(what: str, content: dict[str, Any]) -> None:
    table = Table()
    payload = json.dumps(content).encode()
    table.hear(Message(f"wayside/v1/{KIOSK}/{what}", payload, retained=True), NOW)
    for row in table.rows():
        assert all(column.text(row, NOW) for column in COLUMNS.values() if column.title)


@given(st.text(max_size=80))
def test_no_topic_stops_the_table(topic: str) -> None:
    assert Table().hear(Message(topic, b"{}"), NOW) is None


def test_a_message_that_is_none_is_counted() -> None:
    table = Table()
    ahead = b'{"state": "online", "at": "9999-12-31T23:59:59-12:00"}'
    for payload in (b"{", b'{"state": "asleep"}', b"[" * 5000, b" " * 2_000_000, ahead):
        table.hear(Message(f"wayside/v1/{KIOSK}/status", payload, retained=True), NOW)
    assert (table.rows(), table.ignored) == ([], 5)


@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("health", '{"temperature_c": NaN}'),
        ("health", '{"fps": 1e300}'),
        ("release", '{"running": 36893488147419103232, "state": "IDLE"}'),
    ],
)
def test_a_figure_that_no_database_could_keep_is_not_taken(what: str, content: str) -> None:
    table = Table()
    table.hear(Message(f"wayside/v1/{KIOSK}/{what}", content.encode()), NOW)
    assert (table.rows(), table.ignored) == ([], 1)


def test_no_text_of_a_kiosk_steers_the_operators_terminal() -> None:
    table = Table()
    refused = [{"release": 8, "reason": "\x1b[2J\x1b]0;owned\x07" + "x" * 1000}]
    table.hear(message("release", running=7, state="ROLLED_BACK", refused=refused), NOW)
    text = line(table.row(KIOSK))
    assert text.isprintable()
    assert len(text) < 500


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_sorts_both_ways_with_what_is_unknown_last(column: str) -> None:
    table = Table([KIOSK, "helsinki/never"])
    for number, hot in ((1, 40.0), (2, 60.0)):
        name = f"helsinki/kiosk-{number}"
        table = Table() if number == 1 else table
        table.hear(message("status", name=name, state="online", release="x"), NOW)
        table.hear(message("health", name=name, temperature_c=hot, fps=hot), NOW)
    rows = table.rows()
    assert sorted(r.name for r in ordered(rows, column)) == [r.name for r in rows]
    if column in ("temperature", "fps"):
        assert ordered(rows, column, down=True)[0].name == "helsinki/kiosk-2"


def test_what_is_subscribed_to_is_what_the_table_takes() -> None:
    assert {topic.rsplit("/", 1)[-1] for topic in FILTERS} == {*HEARD, "metadata"}
