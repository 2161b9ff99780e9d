"""Music: artists and songs by people's tags, playlists, and songs with valence and energy."""

# failure 49

from __future__ import annotations

import json
from pathlib import Path

import pytest

from device.catalogue.imports.imported import Imported
from device.catalogue.imports.importers import read
from device.catalogue.imports.lastfm import ARTISTS, LISTENERS, TAGGED, TAGS
from device.errors import UserError
from device.values import Item


def imported(path: Path) -> Imported:
    return read(path, lambda done, total: None)


def by_title(found: Imported) -> dict[str, Item]:
    return {item.title: item for item in found.items}


@pytest.fixture
def lastfm(tmp_path: Path) -> Path:
    folder = tmp_path / "hetrec"
    folder.mkdir()
    (folder / ARTISTS).write_text(
        "id\tname\turl\tpictureURL\n"
        "1\tBjörk\thttp://www.last.fm/music/Bj%C3%B6rk\tx\n"
        "2\tNobody\tno address\tx\n"
        '3\t<b>"Bold"</b> & Sons\thttp://www.last.fm/music/Bold\tx\n'
        "4\tcut\n"
        "x\tno number\thttp://www.last.fm/\tx\n"
        f"{'9' * 60}\ttoo long for an id\thttp://www.last.fm/\tx\n",
        encoding="utf-8",
    )
    words = ["electronic", "female vocalists", "chanson française", "sad", "jazz", "!!!"]
    tags = "".join(f"{number}\t{word}\r\n" for number, word in enumerate(words, 1))
    (folder / TAGS).write_text(f"tagID\ttagValue\r\n{tags}", encoding="latin-1", newline="")
    given = [(1, 1, 1), (2, 1, 1), (3, 1, 2), (3, 1, 3), (2, 1, 4), (2, 1, 5), (2, 1, 6), (9, 3, 5)]
    rows = "".join(f"{user}\t{artist}\t{tag}\t1\t1\t2009\n" for user, artist, tag in given)
    (folder / TAGGED).write_text(f"userID\tartistID\ttagID\tday\tmonth\tyear\n{rows}\n")
    (folder / LISTENERS).write_text("userID\tartistID\tweight\n1\t1\t99\n2\t1\t5\n2\t3\t7\n")
    return folder


def test_an_artist_has_a_genre_clean_tags_fame_and_a_link(lastfm: Path) -> None:
    artist = by_title(imported(lastfm))["Björk"]
    assert (artist.kind, artist.category, artist.popularity) == ("song", "electronic", 1)
    assert artist.tags == ("melancholy", "chanson-francaise", "jazz")
    assert artist.link == "https://www.last.fm/music/Bj%C3%B6rk"


def test_what_is_not_known_of_an_artist_is_left_empty_and_counted(lastfm: Path) -> None:
    found = imported(lastfm)
    nobody = by_title(found)["Nobody"]
    assert (nobody.category, nobody.tags, nobody.link, nobody.popularity) == ("music", (), "", 0)
    assert found.rows.counts == {"broken row of artists.dat": 3}
    assert found.cells.counts == {
        "category: music, since no genre is known": 1,
        "link: not understood": 1,
    }


def test_markup_in_a_name_stays_text(lastfm: Path) -> None:
    assert '<b>"Bold"</b> & Sons' in by_title(imported(lastfm))


@pytest.mark.parametrize("name", [ARTISTS, TAGS, TAGGED, LISTENERS])
def test_a_file_that_is_missing_is_one_line(lastfm: Path, name: str) -> None:
    (lastfm / name).unlink()
    with pytest.raises(UserError, match=rf"^{lastfm}: {name} is missing; [^\n]+$"):
        imported(lastfm)


def test_wrong_columns_are_one_line(lastfm: Path) -> None:
    (lastfm / LISTENERS).write_text("a\tb\n1\t2\n")
    with pytest.raises(UserError, match=r"user_artists\.dat: no column 'userID' in the first line"):
        imported(lastfm)


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    folder = tmp_path / "melon"
    folder.mkdir()
    (folder / "train.json").write_text(
        json.dumps(
            [
                {"id": 1, "tags": ["락", "여름"], "songs": [525514, 7]},
                {"id": 2, "tags": ["Rock"], "songs": [525514, 525514, 8]},
                {"id": 3, "tags": None, "songs": [9]},
            ]
        )
    )
    (folder / "song_meta.json").write_text(
        json.dumps(
            [
                {"id": 525514, "song_name": "봄날", "artist_name_basket": ["방탄소년단"],
                 "issue_date": "20100213"},
                {"id": 7, "song_name": "Untitled", "artist_name_basket": [], "issue_date": "0"},
                {"id": 9, "song_name": "Not asked for"},
                {"id": 10},
            ]
        )
    )  # fmt: skip
    return folder


def test_a_song_has_the_tags_of_its_playlists_in_any_language(lists: Path) -> None:
    found = by_title(imported(lists))
    assert set(found) == {"봄날", "Untitled"}
    song = found["봄날"]
    assert (song.id, song.category, song.creator) == ("song-525514", "rock", "방탄소년단")
    assert (song.year, song.popularity) == (2010, 1)
    assert song.tags == ("summer",)
    assert found["Untitled"].year is None
    assert found["Untitled"].popularity == pytest.approx(0.63)


def test_lists_and_songs_that_cannot_be_taken_are_counted(lists: Path) -> None:
    assert imported(lists).rows.counts == {
        "broken row of train.json": 1,
        "broken row of song_meta.json": 1,
        "no name in song_meta.json": 1,
    }


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("song_meta.json", None, "no such file"),
        ("train.json", "{", "can't be read as JSON"),
        ("train.json", '{"a": 1}', "takes a JSON list of objects, such as Melon's train.json"),
    ],
)
def test_playlists_that_are_none_are_one_line(
    lists: Path, name: str, text: str | None, says: str
) -> None:
    if text is None:
        (lists / name).unlink()
    else:
        (lists / name).write_text(text)
    with pytest.raises(UserError, match=rf"{name}: {says}") as caught:
        imported(lists)
    assert "\n" not in str(caught.value)


SONGS = """name,artist,id,release_date,popularity,energy,valence,tempo,mood,explicit
1999,Prince,2H7P,1982-10-27,68,0.75,0.625,118.5,Happy,False
"9 Crimes, live",Damien Rice,5GZE,2006,60,0.1,0.1,70,Sad,True
1999,Prince,other,1982,1,0.7,0.6,118,Happy,False
Broken,Somebody,x,1990,1,0.5,4,118,Happy,False
Short,Somebody
Loud,Émile,y,,,1,0,150,Energetic,
"""


def test_valence_and_energy_become_the_mood_of_a_song(tmp_path: Path) -> None:
    path = tmp_path / "moods.csv"
    path.write_text(SONGS, encoding="utf-8")
    found = imported(path)
    songs = by_title(found)
    assert set(songs) == {"1999", "9 Crimes, live", "Loud"}
    prince, rice, loud = songs.values()
    assert (prince.valence, prince.arousal, prince.popularity) == (0.25, 0.5, 0.68)
    assert (prince.creator, prince.year, prince.tags) == ("Prince", 1982, ("uplifting",))
    assert (rice.valence, rice.arousal, rice.tags) == (-0.8, -0.8, ("melancholy", "slow"))
    assert (prince.minimum_age, rice.minimum_age) == (0, 18)
    assert (loud.valence, loud.arousal, loud.year, loud.popularity) == (-1, 1, None, None)
    assert found.rows.counts == {"broken row of moods.csv": 2, "twice in the list": 1}
    assert "line 5: valence is '4', takes a number from 0 to 1" in found.rows.examples.values()


@pytest.mark.real_data
def test_lastfm_and_a_table_of_moods_go_in(wayside_data: Path) -> None:
    artists = imported(wayside_data / "catalogue" / "lastfm")
    assert len(artists.items) == 17_631
    assert by_title(artists)["Radiohead"].category == "rock"
    assert len({tag for item in artists.items for tag in item.tags}) < 400
    songs = imported(wayside_data / "catalogue" / "spotify_moods.csv")
    assert len(songs.items) == 685
