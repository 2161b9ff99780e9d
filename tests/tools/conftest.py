"""Fixtures of the tools' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.datasets.face_dataset import FaceDataset
from tools.datasets.fer2013 import read_fer


@pytest.fixture
def eager() -> Iterator[None]:
    """TensorFlow without graphs: a few steps of a small network take less time than tracing it.

    The graphs that the tools use are tested where a network is trained up to its export.
    """
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def fer2013(wayside_data: Path) -> FaceDataset:
    """The whole of FER-2013, read once."""
    return read_fer(wayside_data / "fer2013.zip")
