"""RAVDESS and EmoDB: labels by the file names, copies, and folds of speakers."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from device.errors import UserError
from device.hearing.spectrogram import RATE
from tests.tools.small_voices import encoded, tone, voice_zip
from tools.datasets.import_issues import ImportIssues
from tools.datasets.voice import (
    CLASSES,
    CORPORA,
    EMODB,
    FOLDS,
    RAVDESS,
    fold_of,
    labels_of,
    load_voice,
    read_voice,
)


@pytest.mark.parametrize(
    ("name", "label", "corpus", "speaker"),
    [
        ("voice/ravdess/03-01-06-02-01-01-11.opus", "fear", RAVDESS, 11),
        ("03-01-01-01-02-02-05.wav", "neutral", RAVDESS, 5),
        ("emodb/13b03Lc.opus", "bored", EMODB, 13),
        ("03a01Fa.wav", "happy", EMODB, 3),
    ],
)
def test_a_file_name_tells_emotion_corpus_and_speaker(
    name: str, label: str, corpus: str, speaker: int
) -> None:
    assert labels_of(name) == (CLASSES.index(label), CORPORA.index(corpus), speaker)


@pytest.mark.parametrize("name", ["03-02-06-02-01-01-11.wav", "03-01-09-01-01-01-01.wav", "a.wav"])
def test_a_song_and_other_files_are_no_speech(name: str) -> None:
    assert labels_of(name) is None


def test_clips_are_read_and_copies_and_broken_ones_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "voice.zip"
    sound = tone(0.5, 200, 1)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("v/03-01-01-01-01-01-01.wav", encoded(sound))
        archive.writestr("v/03-01-02-01-01-01-01.wav", encoded(sound))
        archive.writestr("v/03-01-03-01-01-01-02.opus", encoded(sound, "OGG"))
        archive.writestr("v/03-01-04-01-01-01-02.wav", b"no sound")
        archive.writestr("v/readme.wav", encoded(sound))
    issues = ImportIssues()
    dataset = read_voice(path, issues)
    assert [CLASSES[label] for label in dataset.label] == ["neutral", "happy"]
    np.testing.assert_allclose(dataset.sounds[0], sound, atol=1e-4)
    assert len(dataset.sounds[1]) == pytest.approx(len(sound), abs=RATE // 50)
    reasons = " ".join(reason for _, reason in issues.skipped)
    assert len(issues.skipped) == 3
    for word in ("copy", "not readable", "not a file name"):
        assert word in reasons


def test_a_zip_without_speech_is_a_user_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "voice.zip", "w") as archive:
        archive.writestr("a.txt", "nothing")
    with pytest.raises(UserError, match="no speech of RAVDESS or EmoDB"):
        load_voice(tmp_path)


def test_each_fold_has_two_women_and_two_men_of_ravdess() -> None:
    for fold in range(FOLDS):
        actors = [n for n in range(1, 21) if fold_of(CORPORA.index(RAVDESS), n) == fold]
        assert sorted(n % 2 for n in actors) == [0, 0, 1, 1]


def test_every_clip_of_a_speaker_is_in_one_fold(tmp_path: Path) -> None:
    voice_zip(tmp_path / "voice.zip", (1, 2, 3), (3, 9))
    dataset = load_voice(tmp_path)
    assert len(dataset) == 3 * 16 + 2 * 7
    people = set(zip(dataset.corpus, dataset.speaker, dataset.fold, strict=True))
    assert len(people) == 5
    assert not dataset.known[dataset.corpus == 0][:, CLASSES.index("bored")].any()
    assert not dataset.known[dataset.corpus == 1][:, CLASSES.index("calm")].any()
