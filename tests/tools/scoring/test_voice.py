"""Figures of a voice network, on clips and logits whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest

from tools.datasets.voice import (
    CLASSES,
    CORPORA,
    EMODB,
    RAVDESS,
    UNIT_CLASS,
    UNIT_CORPUS,
    VALENCE,
    VoiceDataset,
)
from tools.scoring.voice import as_table, class_shares, voice_figures


def clips() -> VoiceDataset:
    """One clip of each class of each corpus."""
    count = len(UNIT_CLASS)
    sounds = tuple(np.zeros(1, np.float32) for _ in range(count))
    speaker = fold = np.zeros(count, np.int64)
    return VoiceDataset(sounds, UNIT_CLASS, UNIT_CORPUS, speaker, fold, "made up")


def outputs(right: np.ndarray) -> dict[str, np.ndarray]:
    """Sure logits for each of `clips`. right: (U,) the unit that each is taken for."""
    aroused = np.isin(
        UNIT_CLASS, [CLASSES.index(n) for n in ("happy", "angry", "fear", "surprise")]
    )
    return {
        "classes": 9 * np.eye(len(UNIT_CLASS), dtype=np.float32)[right],
        "arousal": np.where(aroused, 9, -9)[:, None].astype(np.float32),
        "valence": 9 * np.eye(3, dtype=np.float32)[VALENCE[UNIT_CLASS]],
    }


def test_a_network_that_is_always_right_has_a_recall_of_1() -> None:
    figures = voice_figures(outputs(np.arange(len(UNIT_CLASS))), clips())
    assert list(figures) == list(CORPORA)
    for found in figures.values():
        assert (found["classes"], found["arousal"], found["four_classes"]) == (1, 1, 1)
        assert found["valence"] == 1
    assert figures[RAVDESS]["clips"] == 8
    assert figures[EMODB]["clips"] == 7


def test_a_class_that_the_clips_corpus_lacks_is_no_answer() -> None:
    dataset = clips()
    shares = class_shares(outputs(np.roll(np.arange(len(UNIT_CLASS)), 3)), dataset)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert (shares[~dataset.known] == 0).all()


def test_the_other_corpus_may_answer_where_the_own_was_not_trained() -> None:
    dataset, german = clips(), CORPORA.index(EMODB)
    logits = outputs(np.arange(len(UNIT_CLASS)))
    happy = (CLASSES.index("happy") == UNIT_CLASS) & (german == UNIT_CORPUS)
    logits["classes"][:, happy] = 20  # the German units call everything happy
    own, other = (voice_figures(logits, dataset, by=by)[RAVDESS] for by in (None, german))
    assert own["four_classes"] == 1
    assert other["four_classes"] == 0.25


def test_what_is_told_without_the_corpus_has_a_column_of_its_own() -> None:
    logits = outputs(np.arange(len(UNIT_CLASS)))
    assert "emotion" not in voice_figures(logits, clips())[RAVDESS]
    logits["emotion"] = np.eye(len(CLASSES), dtype=np.float32)[np.zeros(len(UNIT_CLASS), int)]
    figures = voice_figures(logits, clips())
    assert figures[RAVDESS]["emotion"] == 1 / 8
    assert "| 0.125 |" in as_table({"a test": figures})
