"""From tags to songs, by the historical flow and by ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from device.errors import UserError
from tests.needs import in_ci
from tests.tools.recommendation.made_up import write_lastfm
from tools.recommendation import als, flows, word2vec
from tools.recommendation.extras import missing
from tools.recommendation.lastfm import read_lastfm
from tools.recommendation.playlists import Playlists, playlists_of, read_playlists

extra = pytest.mark.skipif(
    bool(missing()) and not in_ci(), reason="gensim or implicit is missing: make recommend"
)


def melon() -> list[dict[str, object]]:
    """Sea and sun are in playlists with the songs 1 to 4, snow and ski with the songs 11 to 14."""
    rng = np.random.default_rng(0)
    made = []
    for n in range(60):
        tags, first = (["Sea", "sun"], 1) if n % 2 else (["snow", "ski"], 11)
        songs = rng.permutation(4)[:3] + first
        made.append({"id": n, "tags": tags, "songs": songs.tolist(), "plylst_title": 'Ä "ß" 🙂'})
    return made


@pytest.fixture
def summer(tmp_path: Path) -> Playlists:
    file, names = tmp_path / "train.json", tmp_path / "song_meta.json"
    file.write_text(json.dumps(melon()), encoding="utf-8")
    called = [
        {"id": n, "song_name": f"Song {n}", "artist_name_basket": ["노래"]} for n in range(1, 13)
    ]
    names.write_text(json.dumps(called), encoding="utf-8")
    return read_playlists(file, names)


@pytest.mark.parametrize("flow", [flows.ours, pytest.param(flows.historical, marks=extra)])
@pytest.mark.parametrize("song", [None, "Song 2 (노래)"])
def test_each_flow_finds_the_tags_and_songs_that_go_together(
    summer: Playlists, flow: Callable[[Playlists, flows.Wish], flows.Answer], song: str | None
) -> None:
    answer = flow(summer, flows.wish_of(summer, ["sea"], song, similar=1, count=3))
    assert answer.tags == ["sun"]
    near = {f"Song {n} (노래)" for n in range(1, 5)} - {song}
    assert len(answer.songs) >= (3 if song is None else 1)
    assert set(answer.songs) <= near


@extra
def test_vectors_of_tags_and_songs_repeat(summer: Playlists) -> None:
    once, again = (word2vec.learn(summer.tags) for _ in range(2))
    assert (once.tags == again.tags).all()
    assert (once.contexts == again.contexts).all()
    first, second = (als.learn(summer.songs, als.Setting(4))[1] for _ in range(2))
    assert first == pytest.approx(second, abs=1e-5)


@extra
def test_word2vec_expects_the_tag_that_goes_with_the_shown_one(summer: Playlists) -> None:
    ski, snow, sea = (summer.tag_names.index(name) for name in ("ski", "snow", "Sea"))
    shown = summer.tags[:1].copy()
    shown[0, ski] = 0
    assert summer.tags[0, snow] == 1
    for scores in (word2vec.similarity, word2vec.expectation):
        found = scores(shown, word2vec.learn(summer.tags))[0]
        assert found[ski] > found[sea]


def test_a_song_without_a_name_is_called_by_its_id(summer: Playlists) -> None:
    assert "13" in summer.song_names
    assert "Song 12 (노래)" in summer.song_names


def test_a_misspelt_tag_is_told_with_what_it_may_be(summer: Playlists) -> None:
    with pytest.raises(UserError, match="no tag 'snwo' in the playlists; is it snow"):
        flows.wish_of(summer, ["snwo"], None, 1, 1)
    with pytest.raises(UserError, match="no song 'Song 99' in the playlists"):
        flows.wish_of(summer, ["snow"], "Song 99", 1, 1)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "can't be read as JSON"),
        ("{}", "takes a JSON list of objects"),
        ("[1]", "takes a JSON list of objects"),
        ("[]", "no playlist has tags and songs"),
        ('[{"tags": [], "songs": []}]', "no playlist has tags and songs"),
        ('[{"tags": ["a"], "songs": [1]}, {"tags": "a"}]', "playlist 2: tags is 'a', not a list"),
    ],
)
def test_a_broken_file_of_playlists_is_one_line(
    tmp_path: Path, content: str, complaint: str
) -> None:
    path = tmp_path / "lists.json"
    path.write_text(content)
    with pytest.raises(UserError, match=complaint):  # failure 49
        read_playlists(path)


def test_the_playlists_of_lastfm_are_the_artists_of_one_users_tag(tmp_path: Path) -> None:
    write_lastfm(tmp_path)
    lists = playlists_of(read_lastfm(tmp_path))
    assert lists.songs.sum(axis=1).min() >= 3
    assert lists.tags.sum(axis=1).min() >= 1
    style = np.array([int(name.split()[1]) % 4 for name in lists.song_names])
    for row in lists.songs:  # an artist's tags are of its own style
        assert len(set(style[row.indices].tolist())) == 1


def test_two_columns_stand_side_by_side_and_a_name_breaks_no_line() -> None:
    answers = {
        "historical": flows.Answer(["a"], ["one\nline"]),
        "ours": flows.Answer(["b"], ["two"]),
    }
    lines = flows.side_by_side(answers)
    assert lines[0].split() == ["historical", "ours"]
    assert lines[-1].split() == ["1", "one", "line", "1", "two"]
