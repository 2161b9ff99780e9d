"""The generated documents are those of the code, and real output is as they say."""

from __future__ import annotations

import time
from pathlib import Path

import jsonschema
import pytest

from device.config import Config
from device.messaging.topics import TABLE
from device.session.world import World
from tests.kiosks import running, somebody
from tests.schemas import SCHEMAS, valid
from tools.documents import DOCS, documents


def test_the_committed_documents_are_those_of_the_code() -> None:
    for name, text in documents().items():
        written = (DOCS / name).read_text(encoding="utf-8")
        assert written == text, f"docs/{name}: run `python -m tools.documents`"


def test_every_message_has_a_schema_and_a_section_and_no_schema_is_left_over(root: Path) -> None:
    names = {row.name for row in TABLE}
    assert {file.stem for file in SCHEMAS.iterdir()} == names | {"look"}
    page = (root / "docs" / "messages.md").read_text(encoding="utf-8")
    assert all(f"\n## {name}\n" in page for name in names)


def test_every_message_of_a_running_kiosk_is_as_its_schema_says(config: Config) -> None:
    ahead = 0.0
    world = World(config, clock=lambda: time.monotonic() + ahead)
    with running(config, somebody(config), world=world) as kiosk:
        kiosk.says("suggestions", lambda m: m["state"] == "showing")
        ahead = 3601.0
        kiosk.says("counts")
        kiosk.says("health", lambda m: m["broker"]["connected"] and m["camera"])
        kiosk.stop()
        kiosk.says("status", lambda m: m["state"] == "offline")
        messages = list(kiosk.heard.messages)
    said = {message.name for message in messages}
    assert said == {"status", "suggestions", "screen", "health", "counts"}
    for message in messages:
        valid(message.name, message.json())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("status", {"state": "away", "boot": "b", "release": "1", "at": "2026-11-21T12:00:00Z"}),
        ("status", {"state": "online", "boot": "b", "release": "1"}),
        ("status", {"state": "online", "boot": "b", "release": "1", "at": "noon"}),
        ("feedback", {"item_id": "", "verdict": "liked", "at": "2026-11-21T12:00:00Z"}),
        ("weather", {"condition": "Rain, maybe"}),
        ("weather", {"condition": "rain", "mood": "sad"}),
    ],
)
def test_a_schema_refuses_what_is_not_the_message(name: str, message: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        valid(name, message)
