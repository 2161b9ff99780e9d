"""A rollout on a real hub: step by step, stopped by failure and silence, paused, resumed, back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from device.errors import UserError
from device.fleet.blobs import decode_metadata
from device.fleet.manifest import Rollout
from device.messaging.topics import FLEET_METADATA
from tests.device.fleet.repository import FleetRepository
from tests.needs import needs
from tests.tools.fleet.light import LightKiosk, light_kiosks
from tools.__main__ import main
from tools.fleet.certificates import WATCHER
from tools.fleet.local_hub import LocalHub, local_hub
from tools.fleet.rollout import (
    DIARY,
    Desk,
    Diary,
    Progress,
    back,
    begin,
    pause,
    resume,
    roll_out,
)
from tools.fleet.steps import Bounds
from tools.fleet.watcher import Watcher

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]

NAMES = tuple(f"town/k{number}" for number in range(1, 5))
CANARY = NAMES[:1]


class Operator:
    """Rolls releases out while light kiosks answer. does: by kiosk, what it does when a release is
    waited for: `commits`, a reason why not, or `` for silence."""

    def __init__(self, hub: LocalHub, folder: Path, kiosks: Mapping[str, LightKiosk]) -> None:
        self.fleet = FleetRepository(folder)
        self.does = dict.fromkeys(NAMES, "commits")
        self.late_s = 0.0
        self.seen: list[Progress] = []
        self._kiosks = kiosks
        self.desk = Desk(
            self.fleet.repository, self.fleet.keys, hub.operator, self._show,
            wall=lambda: time.time() + self.late_s,
        )  # fmt: skip

    def _show(self, progress: Progress) -> None:
        self.seen.append(progress)
        counter = progress.rollout.counter
        for name in progress.count.waiting:
            what = self.does[name]
            if what == "commits":
                self._kiosks[name].runs(counter)
            elif what:
                self._kiosks[name].refuses(counter, what, runs=None)
            else:
                self.late_s += 1800

    @property
    def steps(self) -> list[tuple[int, int]]:
        """Release and percent of each step that was seen."""
        return list(dict.fromkeys((p.rollout.counter, p.rollout.percent) for p in self.seen))

    def signed(self) -> Rollout:
        rollout = self.desk.repository.rollout()
        assert rollout
        return rollout


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    with (
        local_hub(tmp_path / "hub") as hub,
        light_kiosks(hub, tmp_path, NAMES) as kiosks,
    ):
        operator = Operator(hub, tmp_path / "signed", kiosks)
        operator.fleet.release(1)
        operator.fleet.release(2, content=b"y")
        yield operator


def test_a_release_goes_from_the_canaries_to_all(operator: Operator) -> None:
    result = roll_out(operator.desk, begin(operator.desk, 1, CANARY), Bounds())
    assert result.verdict == "go on"
    assert result.count.committed == NAMES
    assert operator.steps == [(1, 0), (1, 10), (1, 100)]
    assert {p.count.total for p in operator.seen if p.rollout.percent == 0} == {1}
    with Watcher(operator.desk.hub, WATCHER, [FLEET_METADATA]) as watcher:
        (published,) = watcher.settle()
    assert decode_metadata(published.payload) == operator.desk.repository.files()
    assert (operator.signed().percent, operator.signed().paused) == (100, False)


def test_a_canary_that_fails_stops_it_for_all_others_and_the_stop_is_signed(
    operator: Operator,
) -> None:
    operator.does[NAMES[0]] = "golden outputs differ"
    result = roll_out(operator.desk, begin(operator.desk, 1, CANARY), Bounds())
    assert result.verdict == "failure"
    assert result.count.failed == {NAMES[0]: "golden outputs differ"}
    assert operator.steps == [(1, 0)], "nobody else was given it"
    assert operator.signed().paused
    with pytest.raises(UserError, match="--resume"):
        begin(operator.desk, 1)
    operator.does[NAMES[0]] = "commits"
    assert resume(operator.desk).paused is False
    again = roll_out(operator.desk, begin(operator.desk, 1), Bounds(failing=1))
    assert again.verdict == "go on"


def test_silence_is_as_bad_as_failure(operator: Operator) -> None:
    operator.does[NAMES[2]] = ""
    result = roll_out(operator.desk, begin(operator.desk, 1, CANARY), Bounds(minutes=60))
    assert result.verdict == "silence"
    assert result.count.waiting == {NAMES[2]: "has not begun"}
    assert operator.signed().paused
    diary = Diary(operator.desk.repository.folder).lines[-1]
    assert (diary["what"], diary["why"]) == ("silence", {NAMES[2]: "has not begun"})


def test_what_was_interrupted_goes_on_from_its_step_with_its_kiosks(operator: Operator) -> None:
    shown = operator.desk.show

    def interrupted(progress: Progress) -> None:
        shown(progress)
        if progress.rollout.percent == 10:
            raise KeyboardInterrupt

    desk = Desk(operator.desk.repository, operator.fleet.keys, operator.desk.hub, interrupted)
    with pytest.raises(KeyboardInterrupt):
        roll_out(desk, begin(desk, 1, CANARY), Bounds())
    operator.seen.clear()
    with (operator.desk.repository.folder / DIARY).open("a") as diary:
        diary.write('{"what": "st')  # and the power was cut
    assert begin(operator.desk, 1).percent == 10
    assert roll_out(operator.desk, begin(operator.desk, 1), Bounds()).verdict == "go on"
    assert operator.steps == [(1, 10), (1, 100)]


def test_back_is_the_old_content_under_a_higher_number_and_no_byte_travels(
    operator: Operator,
) -> None:
    roll_out(operator.desk, begin(operator.desk, 1, CANARY), Bounds())
    roll_out(operator.desk, begin(operator.desk, 2), Bounds())
    first = back(operator.desk)
    assert (first.counter, first.percent) == (3, 100)
    assert roll_out(operator.desk, first, Bounds()).count.committed == NAMES
    manifests = {m.counter: m for m in operator.desk.repository.manifests().values()}
    assert manifests[3].files == manifests[1].files
    with pytest.raises(UserError, match="--back 2"):
        begin(operator.desk, 2)
    assert back(operator.desk, 2).counter == 4


def test_a_paused_rollout_stays_paused_until_it_is_resumed(operator: Operator) -> None:
    with pytest.raises(UserError, match="nothing was rolled out"):
        pause(operator.desk)
    roll_out(operator.desk, begin(operator.desk, 1, CANARY), Bounds())
    assert pause(operator.desk).paused
    assert operator.signed().paused
    assert resume(operator.desk) == operator.signed()
    with pytest.raises(UserError, match="not paused"):
        resume(operator.desk)


def test_a_pause_from_elsewhere_ends_a_rollout_that_goes_on(operator: Operator) -> None:
    shown = list[Progress]()

    def paused(progress: Progress) -> None:
        shown.append(progress)
        pause(operator.desk)

    desk = Desk(operator.desk.repository, operator.fleet.keys, operator.desk.hub, paused)
    with pytest.raises(UserError, match="somebody else"):
        roll_out(desk, begin(desk, 1, CANARY), Bounds())
    assert len(shown) == 1
    assert operator.signed().paused


def test_kiosks_that_are_away_are_not_waited_for_but_a_canary_is_refused(
    operator: Operator, tmp_path: Path
) -> None:
    operator.desk.hub.authority().certify("town/k9")  # enrolled, and still in its box
    with pytest.raises(UserError, match="town/k9"):
        roll_out(operator.desk, begin(operator.desk, 1, ["town/k9"]), Bounds())
    assert operator.desk.repository.rollout() is None, "nothing was signed"
    result = roll_out(operator.desk, begin(operator.desk, 1, CANARY), Bounds())
    assert (result.verdict, result.away) == ("go on", ("town/k9",))


@pytest.mark.parametrize(
    ("counter", "canaries", "says"),
    [(1, [], "--canary"), (7, CANARY, "no such release; there is 1, 2")],
)
def test_a_rollout_that_cannot_begin_says_why(
    operator: Operator, counter: int, canaries: list[str], says: str
) -> None:
    with pytest.raises(UserError, match=says):
        begin(operator.desk, counter, canaries)


def test_the_command_asks_for_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "rollout"]) == 1
    assert "--pause" in capsys.readouterr().err
    assert main(["fleet", "rollout", "7", "--pause"]) == 1


def test_the_command_rolls_out_and_says_how_it_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words").write_text("correct horse battery staple\n")
    Path("release/catalogue").mkdir(parents=True)
    Path("release/catalogue/town.sqlite").write_bytes(b"a town")
    words = ["--passphrase-file", "words"]
    assert main(["fleet", "keys", "new", *words]) == 0
    assert main(["fleet", "sign", "release", *words]) == 0
    with local_hub(Path("hub")) as hub, light_kiosks(hub, tmp_path, NAMES[:2], runs=1):
        assert main(["fleet", "rollout", "1", "--canary", NAMES[0], *words]) == 0
        told = capsys.readouterr().out
        assert "release 1, canaries: 1 of 1 committed" in told
        assert "release 1: done, 2 of 2 kiosks run it" in told
        assert main(["fleet", "rollout", "--pause", *words]) == 0
        assert "paused" in capsys.readouterr().out
    lines = Path("fleet", DIARY).read_text().splitlines()
    assert [json.loads(line)["what"] for line in lines][-2:] == ["done", "paused"]
