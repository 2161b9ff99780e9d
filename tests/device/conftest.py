"""The tables that ship, as the device sees them, and a place to stand at."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.catalogue.build import build
from device.catalogue.store import Catalogue
from device.config import PlaceConfig
from device.matching.rules import Rules, load_rules


@pytest.fixture(scope="session")
def example(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The table of Hangzhou, built and opened again."""
    return built(root, "hangzhou", tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="session")
def helsinki(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The table of Helsinki, which `make run` shows."""
    return built(root, "helsinki", tmp_path_factory.mktemp("catalogue"))


def built(root: Path, town: str, folder: Path) -> Catalogue:
    """The shipped tables of a town, as `make` builds them."""
    shipped = root / "catalogue"
    path = folder / f"{town}.sqlite"
    build([*sorted((shipped / town).glob("places.*")), *sorted(shipped.glob("*.csv"))], path)
    return Catalogue.open(path)


@pytest.fixture(scope="session")
def rules(root: Path) -> Rules:
    """The shipped rules."""
    return load_rules(root / "catalogue" / "rules.yaml")


@pytest.fixture(scope="session")
def here() -> PlaceConfig:
    """Beside the West Lake."""
    return PlaceConfig(latitude=30.2489, longitude=120.1536, timezone="Asia/Shanghai")
