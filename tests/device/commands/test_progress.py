"""The progress bar: on a terminal, after two seconds, in a line that can be removed."""

from __future__ import annotations

import io

from device.commands.progress import CLEAR_LINE, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_work_of_two_seconds_shows_no_bar():
    clock, terminal = Clock(), Terminal()
    progress = Progress("clip.mp4", terminal, clock=clock)
    clock.now += 1.9
    progress.show(49, 50)
    progress.clear()
    assert terminal.getvalue() == ""


def test_longer_work_shows_its_share_and_can_be_cleared():
    clock, terminal = Clock(), Terminal()
    progress = Progress("clip.mp4", terminal, clock=clock)
    clock.now += 2.1
    progress.show(25, 100)
    assert terminal.getvalue() == f"{CLEAR_LINE} 25% [{'#' * 6}{'-' * 18}] clip.mp4"
    progress.clear()
    assert terminal.getvalue().endswith(CLEAR_LINE)


def test_a_bar_is_drawn_at_most_ten_times_a_second():
    clock, terminal = Clock(), Terminal()
    progress = Progress("clip.mp4", terminal, clock=clock)
    clock.now += 3
    for number in range(100):
        clock.now += 0.01
        progress.show(number, 100)
    assert 9 <= terminal.getvalue().count("clip.mp4") <= 11


def test_without_a_total_the_count_is_shown():
    clock, terminal = Clock(), Terminal()
    progress = Progress("clip.webm", terminal, clock=clock)
    clock.now += 3
    progress.show(70, None)
    assert terminal.getvalue() == f"{CLEAR_LINE}clip.webm: 70"


def test_nothing_is_written_where_there_is_no_terminal():
    clock, file = Clock(), io.StringIO()
    progress = Progress("clip.mp4", file, clock=clock)
    clock.now += 60
    progress.show(1, 2)
    progress.clear()
    assert file.getvalue() == ""
