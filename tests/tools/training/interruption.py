"""Fixtures of the training tests."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tools.training.checkpoint import Checkpoint


@pytest.fixture
def interrupted_after_an_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """Inside, a run is interrupted as soon as its first epoch is saved."""

    def save_and_stop(*given: Any, **others: Any) -> None:
        save(*given, **others)
        raise KeyboardInterrupt

    @contextlib.contextmanager
    def inside() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(Checkpoint, "save", save_and_stop)
            with pytest.raises(KeyboardInterrupt):
                yield

    save = Checkpoint.save
    return inside
