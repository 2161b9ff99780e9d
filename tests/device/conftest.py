"""The example that ships, as the device sees it, and a place to stand at."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.catalogue.build import build
from device.catalogue.store import Catalogue
from device.config import PlaceConfig
from device.matching.rules import Rules, load_rules


@pytest.fixture(scope="session")
def example(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The shipped CSV files, built and opened again."""
    path = tmp_path_factory.mktemp("catalogue") / "example.sqlite"
    build(sorted((root / "catalogue").glob("*.csv")), path)
    return Catalogue.open(path)


@pytest.fixture(scope="session")
def rules(root: Path) -> Rules:
    """The shipped rules."""
    return load_rules(root / "catalogue" / "rules.yaml")


@pytest.fixture(scope="session")
def here() -> PlaceConfig:
    """Beside the West Lake."""
    return PlaceConfig(latitude=30.2489, longitude=120.1536, timezone="Asia/Shanghai")
