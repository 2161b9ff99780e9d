"""On a full disk the old table stays; building holds no large table in memory."""

# failure 32

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from device.catalogue.build import build, write, write_table
from device.values import Item

ON_A_SMALL_DISK = """
import resource, sys
from device.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
sys.exit(main(sys.argv[1:]))
"""
"""A file may have so many bytes, as if the disk were full behind them."""


def item(number: int) -> Item:
    return Item(f"item-{number}", "song", f"Song {number}", "pop", ("slow",), source="a test")


@pytest.mark.parametrize("command", ["build", "import"])
def test_on_a_full_disk_the_old_table_stays_and_nothing_is_left(
    root: Path, tmp_path: Path, command: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    out = folder / "table.sqlite"
    write([item(1)], out)
    old = out.read_bytes()
    write_table(map(item, range(5000)), tmp_path / "songs.csv")
    words = ["catalogue", command, str(tmp_path / "songs.csv"), "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", ON_A_SMALL_DISK, *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"wayside: {out}: cannot be written (")
    assert done.stderr.endswith("); free space or choose another --out\n")
    assert out.read_bytes() == old
    assert list(folder.iterdir()) == [out]


def test_while_a_table_is_built_no_item_of_it_stays_in_memory(tmp_path: Path) -> None:
    """An item has 1,000 bytes; what stays of each is its row of the file, its id and numbers."""
    few, many = 2_000, 12_000
    write_table(map(item, range(few)), tmp_path / "few.csv")
    write_table(map(item, range(many)), tmp_path / "many.csv")
    build([tmp_path / "few.csv"], tmp_path / "warm.sqlite")  # caches are filled
    most = []
    for name in ("few", "many"):
        tracemalloc.start()
        build([tmp_path / f"{name}.csv"], tmp_path / f"{name}.sqlite")
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (most[1] - most[0]) / (many - few) < 600


def test_what_is_very_small_is_written_as_it_can_be_read(tmp_path: Path) -> None:
    tiny = Item("a", "song", "A", "pop", valence=1e-5, arousal=-3e-7, source="a test")
    write_table([tiny], tmp_path / "table.csv")
    assert "e-" not in (tmp_path / "table.csv").read_text()
    assert build([tmp_path / "table.csv"], tmp_path / "a.sqlite") == 1
    write([tiny], tmp_path / "b.sqlite")
    assert (tmp_path / "a.sqlite").read_bytes() == (tmp_path / "b.sqlite").read_bytes()
