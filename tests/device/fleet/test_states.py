"""The journal of updates."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.fleet import guard
from device.fleet.disk import Disk
from device.fleet.states import MOST_FAILED, Journal, Record, State, read_record


def test_a_move_is_on_the_disk_twice_and_read_again(memory: Path) -> None:
    journal = Journal(memory, Disk())
    journal.move("CHECK", counter=7)
    state = journal.move("REJECTED", reason="hardware")
    for name in guard.STATES:
        (memory / name).rename(memory / "kept")
        again = Journal(memory, Disk())
        assert (again.state, again.lost) == (state, False)
        (memory / "kept").rename(memory / name)
    assert (state.name, state.counter, state.reason) == ("REJECTED", 7, "hardware")


def test_a_journal_whose_copies_are_both_damaged_begins_anew_and_says_so(memory: Path) -> None:
    Journal(memory, Disk()).move("CHECK", counter=7)
    for name in guard.STATES:
        (memory / name).write_bytes(b"")
    journal = Journal(memory, Disk())
    assert (journal.state, journal.lost) == (State(), True)
    assert not Journal(memory / "new", Disk()).lost


def test_a_move_that_the_machine_does_not_have_is_a_bug(memory: Path) -> None:
    with pytest.raises(ValueError, match="IDLE -> COMMITTED"):
        Journal(memory, Disk()).move("COMMITTED")


def test_the_same_facts_are_written_once(memory: Path) -> None:
    journal = Journal(memory, Disk())
    journal.note(good=7)
    assert journal.note(good=7).sequence == 1


def test_only_the_latest_failures_are_kept() -> None:
    state = State()
    for counter in range(MOST_FAILED + 5):
        state = state.model_copy(update={"failed": state.with_failure(counter, "x")})
    assert len(state.failed) == MOST_FAILED
    assert state.failure(0) == ""
    assert state.failure(MOST_FAILED + 4) == "x"


@pytest.mark.parametrize("content", [{}, {"counter": "x"}, {"counter": 7, "reason": 3}])
def test_a_record_that_the_release_on_trial_has_spoiled_is_none(
    memory: Path, content: dict[str, object]
) -> None:
    path = memory / guard.TRIAL
    path.parent.mkdir()
    path.write_bytes(guard.seal(content))
    assert read_record(memory) is None
    path.write_bytes(guard.seal({"counter": 7, "starts": 2, "boot": "b"}))
    assert read_record(memory) == Record(counter=7, starts=2)
