"""What the tests of training share: a process that dies in the middle of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tools.training.checkpoint import Checkpoint


@pytest.fixture
def killed_after_an_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """Inside, a training dies as soon as its first epoch has been kept."""

    def keep_and_die(*given: Any, **others: Any) -> None:
        keep(*given, **others)
        raise KeyboardInterrupt

    @contextlib.contextmanager
    def inside() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(Checkpoint, "keep", keep_and_die)
            with pytest.raises(KeyboardInterrupt):
                yield

    keep = Checkpoint.keep
    return inside
