"""The packages of `requirements/recommend.txt`, which only the historical music flow needs."""

from __future__ import annotations

from importlib.util import find_spec


def missing() -> list[str]:
    """Which of them are not installed; nothing is imported."""
    return [package for package in ("gensim", "implicit") if find_spec(package) is None]
