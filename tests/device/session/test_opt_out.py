from __future__ import annotations

import pytest

from device.config import SessionConfig
from device.session.opt_out import OptOut

LASTS = SessionConfig().opt_out_s


@pytest.fixture
def opt_out() -> OptOut:
    return OptOut(SessionConfig())


def test_at_first_nobody_has_opted_out(opt_out: OptOut) -> None:
    assert not opt_out.active(0.0)
    opt_out.touch("liked", 1.0)
    assert not opt_out.active(1.0)


def test_one_touch_opts_out_and_it_ends_by_itself(opt_out: OptOut) -> None:
    opt_out.touch("opt_out", 10.0)
    assert opt_out.active(10.0)
    assert opt_out.active(10.0 + LASTS - 0.1)
    assert not opt_out.active(10.0 + LASTS)


def test_every_touch_prolongs_it(opt_out: OptOut) -> None:
    opt_out.touch("opt_out", 0.0)
    for number in range(1, 5):
        opt_out.touch("chosen", number * LASTS * 0.9)
    assert opt_out.active(4 * LASTS * 0.9 + LASTS * 0.9)


def test_a_touch_after_it_has_ended_does_not_begin_it_again(opt_out: OptOut) -> None:
    opt_out.touch("opt_out", 0.0)
    opt_out.touch("liked", LASTS + 1)
    assert not opt_out.active(LASTS + 2)


def test_opting_in_ends_it_at_once(opt_out: OptOut) -> None:
    opt_out.touch("opt_out", 0.0)
    opt_out.touch("opt_in", 1.0)
    assert not opt_out.active(1.0)
