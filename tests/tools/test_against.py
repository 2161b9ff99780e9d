"""Two checkouts are compared in turns; no test depends on which is faster."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import UserError
from tools.against import compare


@pytest.mark.slow
def test_a_checkout_is_compared_with_itself(root: Path) -> None:
    ratio, low, high = compare(root, root, faces=1, detector="blazeface", frames=10)
    assert 0 < low <= ratio <= high


@pytest.mark.parametrize(("name", "reason"), [("", "no checkout"), ("absent", "no such folder")])
def test_a_folder_without_a_corridor_is_one_clear_line(
    root: Path, tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(UserError, match=f"--against: .*: {reason}"):
        compare(root, tmp_path / name, faces=1, detector="blazeface", frames=1)
