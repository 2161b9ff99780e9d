"""`wayside diary` as a person types it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml

from device.__main__ import main
from device.diary.diary import Diary
from device.diary.sealed import Sealed

WORDS = "four plain words here"


class Home:
    """A private device: its configuration, and what is typed there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.file = folder, folder / "diary.wayside"
        self._monkeypatch = monkeypatch
        (folder / "words").write_text(WORDS + "\n")
        self.config = folder / "config.yaml"
        content = {
            "diary": {"file": "diary.wayside", "help": {"FI": "Talk to MIELI"}},
            "place": {"country": "FI", "timezone": "Europe/Helsinki"},
        }
        self.config.write_text(yaml.safe_dump(content))

    def __call__(self, *words: str, typed: str = "") -> int:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        options = ["--config", str(self.config), "--passphrase-file", str(self.folder / "words")]
        return main(["diary", *words, *options])

    @property
    def diary(self) -> Diary:
        return Diary.of(Sealed.open(self.file, WORDS)[1])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(tmp_path, monkeypatch)


Output = pytest.CaptureFixture[str]


def test_a_day_is_one_answer_and_the_who5_follows_when_it_is_due(
    home: Home, capsys: Output
) -> None:
    assert home("new") == 0
    assert home(typed="7\n4\ny\n5\n4\n3\n2\n1\n") == 0
    out = capsys.readouterr().out
    assert "takes a number from 1 to 5" in out
    assert "said 4, WHO-5 60" in out
    assert "CC BY-NC-SA 3.0 IGO" in out
    assert "Talk to MIELI" in out
    assert home(typed="\n") == 0  # not due again, and no answer keeps the one before
    (day,) = home.diary.days.values()
    assert (day.said, day.score) == (4, 60)


def test_a_who5_with_a_gap_is_not_kept(home: Home, capsys: Output) -> None:
    home("new")
    home(typed="3\ny\n5\n\n3\n2\n1\n")
    assert "an answer is missing" in capsys.readouterr().out
    (day,) = home.diary.days.values()
    assert day.who5 is None


def test_it_is_shown_exported_struck_and_destroyed(home: Home, capsys: Output) -> None:
    home("new")
    home("today", "--day", "2026-11-02", typed="5\n")
    assert home("show") == 0
    assert "said  █\n" in capsys.readouterr().out
    assert home("show", "--out", str(home.folder / "d.html")) == 0
    assert "How the days were" in (home.folder / "d.html").read_text()
    assert home("export", "--out", str(home.folder / "d.csv")) == 0
    assert "2026-11-02,5.0" in (home.folder / "d.csv").read_text()
    assert home("strike", "--day", "2026-11-02") == 0
    assert home.diary.days == {}
    assert home("delete", typed="n\n") == 1
    assert home.file.exists()
    assert home("delete", typed="y\n") == 0
    assert not home.file.exists()


@pytest.mark.parametrize(("typed", "read"), [("\n", "kept"), ("2\n", 2.0), ("s\n", None)])
def test_what_the_device_reads_is_kept_corrected_or_struck(
    home: Home, capsys: Output, typed: str, read: object
) -> None:
    home("new")
    assert home("look", "--source", "demo", "--seconds", "3", typed=typed) == 0
    assert "the device reads" in capsys.readouterr().out
    found = [day.read for day in home.diary.days.values()]
    assert (
        (found != [] and found[0] is not None)
        if read == "kept"
        else found == [read][: read is not None]
    )


def test_another_key_is_asked_again_and_an_input_that_ends_keeps_nothing(
    home: Home, capsys: Output
) -> None:
    home("new")
    assert home("look", "--source", "demo", "--seconds", "3", typed="9\nyes\n5\n") == 0
    (day,) = home.diary.days.values()
    assert day.read == 5
    assert home(typed="") == 1
    assert "the input has ended" in capsys.readouterr().err
    assert list(home.diary.days.values()) == [day]


def test_what_is_wrong_is_one_line(home: Home, capsys: Output) -> None:
    assert home() == 1
    assert "no diary is there; `wayside diary new` makes one" in capsys.readouterr().err
    home("new")
    (home.folder / "words").write_text("something else")
    assert home() == 1
    assert "this passphrase does not open it" in capsys.readouterr().err
    home.config.write_text("{}")
    assert home() == 1
    assert "diary.file: not set" in capsys.readouterr().err
