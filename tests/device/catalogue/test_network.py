"""Ways become a network that depends on where they run, and on nothing else."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.catalogue.network import SHORTEST_M, Network, join, lengths_m
from device.errors import UserError
from tests.device.catalogue.streets import Corner, drawn, edges, network

CROSS = ([(0, 0), (200, 0), (400, 0), (600, 0)], [(400, -300), (400, 0), (400, 300)])


def test_only_junctions_and_ends_are_nodes() -> None:
    made = edges(network(*CROSS))
    assert sorted(map(len, made)) == [2, 2, 2, 3]
    assert [(0, 0), (200, 0), (400, 0)] in made
    assert lengths_m(network(*CROSS).lines).sum() == pytest.approx(1200, abs=1)


def test_a_bridge_has_no_junction_with_what_passes_below_it() -> None:
    made = edges(network([(-400, 0), (400, 0)], [(0, -400), (0, 400)], [(400, 0), (0, 400)]))
    assert len(made) == 1
    assert (0, 0) not in made[0]


def test_a_ring_without_a_junction_is_one_way_around() -> None:
    ring = [(0, 0), (200, 0), (200, 200), (0, 200), (0, 0)]
    (around,) = edges(network(ring))
    assert around[0] == around[-1]
    assert sorted(set(around)) == sorted(set(ring))
    assert lengths_m(network(ring).lines).sum() == pytest.approx(800, abs=1)


def test_what_is_connected_with_nothing_and_short_is_left_out() -> None:
    courtyard = [(0, 50), (SHORTEST_M / 2, 50)]
    assert edges(network(*CROSS, courtyard)) == edges(network(*CROSS))
    assert join([drawn(courtyard)]) is None
    assert join([]) is None


corners = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(
    lambda c: (c[0] * 300.0, c[1] * 300.0)
)


@given(st.lists(st.lists(corners, min_size=2, max_size=6), min_size=1, max_size=6), st.randoms())
def test_a_network_is_the_same_however_its_streets_were_cut_and_ordered(
    streets: list[list[Corner]], dice: random.Random
) -> None:
    whole = join([drawn(*streets)])
    pieces = [part for street in streets for part in itertools.pairwise(street)]
    turned = [part[::-1] if dice.random() < 0.5 else part for part in pieces]
    dice.shuffle(turned)
    half = len(turned) // 2
    again = join([drawn(*turned[: half + 1]), drawn(*turned[half:])])
    if whole is None:
        assert again is None
    else:
        assert again is not None
        assert again.encode() == whole.encode()
        rejoined = join([whole, again])
        assert rejoined is not None
        assert rejoined.encode() == whole.encode()


def test_two_networks_that_meet_become_one() -> None:
    west, east = (
        drawn([(0, 0), (600, 0)], credit="west"),
        drawn([(600, 0), (1200, 0)], credit="east"),
    )
    both = join([west, east])
    assert both is not None
    assert edges(both) == [[(0, 0), (600, 0), (1200, 0)]]
    assert both.credits == ("east", "west")


def test_a_file_of_footways_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "town.footways"
    path.write_bytes(network(*CROSS).encode())
    again = Network.read(path)
    assert again.encode() == path.read_bytes()
    assert again.credits == ("drawn by hand",)


@pytest.mark.parametrize("content", [b"", b"id,kind,title\n", b"# Footways\nAAAA\n", None])
def test_what_is_no_file_of_footways_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "town.footways"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        Network.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_file_of_footways_that_is_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "town.footways"
    whole = network(*CROSS).encode()
    path.write_bytes(whole[:-3])
    with pytest.raises(UserError, match="these footways are broken"):
        Network.read(path)
