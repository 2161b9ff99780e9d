"""Imports run one way: each package imports only those above it in docs/architecture.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def modules(root: Path) -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    paths = [path for top in ("device", "tools") for path in (root / top).rglob("*.py")]
    return {name_of(path.relative_to(root)): path for path in paths}


@pytest.fixture(scope="module")
def imports(modules: dict[str, Path]) -> dict[str, set[str]]:
    """The project's modules that each module imports, anywhere in its text."""
    return {name: set(imported(path, modules)) - {name} for name, path in modules.items()}


@pytest.fixture(scope="module")
def order(root: Path) -> list[str]:
    """The packages of the table in docs/architecture.md, in its order."""
    text = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    return [
        name_of(Path(place)) for place in re.findall(r"^\| `((?:device|tools)/\S+)` ", text, re.M)
    ]


def name_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def package_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def imported(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                if (found := below if below in modules else str(node.module)) in modules:
                    yield found


def test_every_package_has_a_row_and_every_row_a_package(
    order: list[str], modules: dict[str, Path]
) -> None:
    packages = {package_of(name) for name in modules} - {"device", "tools"}
    assert sorted(order) == sorted(packages)


def test_a_package_imports_only_packages_above_it(
    order: list[str], imports: dict[str, set[str]]
) -> None:
    rank = {"device": -2, "tools": -1} | {package: n for n, package in enumerate(order)}
    upward = [
        f"{module} imports {other}"
        for module, others in imports.items()
        for other in others
        if package_of(module) != package_of(other)
        and rank[package_of(other)] >= rank[package_of(module)]
    ]
    assert upward == []


def test_no_modules_import_each_other_in_a_circle(imports: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_device_never_imports_the_tools(imports: dict[str, set[str]]) -> None:
    device = {name: others for name, others in imports.items() if name.startswith("device")}
    assert not {
        name for name, others in device.items() if any(o.startswith("tools") for o in others)
    }
