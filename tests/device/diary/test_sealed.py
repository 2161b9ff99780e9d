"""A diary's file: opened by its passphrase, whole or not at all, and gone without its key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.diary.sealed import BLOCK, HEAD, Sealed, destroy
from device.errors import UserError

WORDS = "four plain words here"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a file with content."""
    path = tmp_path_factory.mktemp("diary") / "d"
    Sealed.new(path, WORDS).write(b"a good day")
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, made: bytes) -> Path:
    file = tmp_path / "d"
    file.write_bytes(made)
    return file


def test_it_opens_with_its_passphrase_and_with_no_other(path: Path) -> None:
    sealed, content = Sealed.open(path, WORDS)
    assert content == b"a good day"
    sealed.write(b"another")
    assert Sealed.open(path, WORDS)[1] == b"another"
    with pytest.raises(UserError, match="this passphrase does not open it"):
        Sealed.open(path, "four plain words")


def test_nothing_of_it_can_be_read_and_its_size_tells_little(path: Path) -> None:
    sealed, _ = Sealed.open(path, WORDS)
    sealed.write(b"a day" * 100)
    written = path.read_bytes()
    sealed.write(b"a day" * 101)
    assert b"a day" not in written
    assert len(path.read_bytes()) == len(written) == HEAD + 12 + BLOCK + 16
    assert path.read_bytes()[HEAD:] != written[HEAD:]
    assert path.stat().st_mode & 0o777 == 0o600


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_changed_or_cut_file_is_one_line(
    made: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("changed") / "d"
    at = data.draw(st.integers(0, len(made) - 1))
    changed = bytearray(made)
    if data.draw(st.booleans()):
        changed[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes(changed)
    else:
        path.write_bytes(made[:at])
    with pytest.raises(UserError) as caught:
        Sealed.open(path, WORDS)
    assert "\n" not in str(caught.value)


@given(content=st.binary(max_size=3 * BLOCK))
@settings(max_examples=30, deadline=None)
def test_what_was_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "again"
    path.unlink(missing_ok=True)
    Sealed(path, b"h" * HEAD, b"k" * 32).write(content)
    cipher, rest = Sealed(path, b"h" * HEAD, b"k" * 32), path.read_bytes()[HEAD:]
    assert cipher.opened(rest) == content


def test_one_that_is_there_is_not_replaced_and_a_short_passphrase_is_refused(path: Path) -> None:
    with pytest.raises(UserError, match="there is a diary already"):
        Sealed.new(path, WORDS)
    with pytest.raises(UserError, match="at least 8 characters"):
        Sealed.new(path.with_name("new"), "short")
    assert not path.with_name("new").exists()


def test_destroying_it_overwrites_the_key_in_place(path: Path) -> None:
    kept, before = path.with_name("link"), path.read_bytes()
    kept.hardlink_to(path)
    destroy(path)
    assert not path.exists()
    assert kept.read_bytes()[:HEAD] != before[:HEAD]
    with pytest.raises(UserError):
        Sealed.open(kept, WORDS)


def test_no_other_file_is_destroyed(tmp_path: Path) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(b"not a diary")
    with pytest.raises(UserError, match="not a diary"):
        destroy(photo)
    assert photo.read_bytes() == b"not a diary"
