"""Fixtures of the tools' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def eager() -> Iterator[None]:
    """TensorFlow without graphs: a few steps of a small network take less time than tracing it.

    The graphs that the tools use are tested where a network is trained up to its export.
    """
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
