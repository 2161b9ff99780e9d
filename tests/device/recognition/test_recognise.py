"""Recognition: switches, temporal state, model cards and broken models."""

from __future__ import annotations

import json
import shutil
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest

from device.config import RecogniseConfig, VisionConfig
from device.errors import UserError
from device.faces.blazeface import BlazeFace
from device.faces.crop import crop_face
from device.faces.tracks import UNSEEN
from device.inference.edgetpu import Backend
from device.recognition.recognise import Recogniser, softmax, trust_behind
from device.values import AGE_YEARS, EMOTIONS, Box, Frame, Track, Trust

CPU = VisionConfig()


@pytest.fixture(scope="module")
def recogniser(models: Path) -> Recogniser:
    return Recogniser(models, CPU, RecogniseConfig())


@pytest.fixture
def copied(models: Path, tmp_path: Path) -> Path:
    """A folder with the models that a test may break."""
    for name in ("face.tflite", "face.json", "temporal.tflite", "temporal.json"):
        shutil.copy(models / name, tmp_path / name)
    return tmp_path


@pytest.fixture(scope="module")
def track(face_models: Path, hopper: Frame) -> Track:
    (face,) = BlazeFace(face_models).detect(hopper)
    return Track("a", face, 9, eyes_open=0.9)


def rewrite(card: Path, **changes: object) -> None:
    data = json.loads(card.read_text())
    card.write_text(json.dumps({**data, **changes}))


def open_models(folder: Path, recognise: RecogniseConfig | None = None) -> Recogniser:
    return Recogniser(folder, CPU, recognise or RecogniseConfig())


def test_a_face_has_a_complete_reading(recogniser: Recogniser, hopper: Frame, track: Track) -> None:
    recogniser.clear()
    (reading,) = recogniser.read(hopper, (track,))
    assert reading.track_id == track.id
    assert reading.labels == EMOTIONS
    assert reading.emotion is not None
    assert reading.emotion.shape == (7,)
    assert reading.emotion.sum() == pytest.approx(1, abs=1e-3)
    assert reading.age is not None
    assert reading.age.shape == AGE_YEARS.shape
    assert reading.age.sum() == pytest.approx(1, abs=1e-3)
    assert 45 < reading.age @ AGE_YEARS < 90
    assert reading.female is not None
    assert 0 <= reading.female <= 1
    assert reading.eyes_open == track.eyes_open
    assert min(astuple(reading.trust)) > 0.9


@pytest.mark.parametrize("off", ["emotion", "age", "gender"])
def test_each_part_can_be_switched_off_without_effect_on_the_others(
    models: Path, recogniser: Recogniser, hopper: Frame, track: Track, off: str
) -> None:
    recogniser.clear()
    (whole,) = recogniser.read(hopper, (track,))
    (part,) = open_models(models, RecogniseConfig(**{off: False})).read(hopper, (track,))
    field = {"gender": "female"}.get(off, off)
    for name in ("emotion", "age", "female"):
        if name == field:
            assert getattr(part, name) is None
        else:
            np.testing.assert_allclose(getattr(part, name), getattr(whole, name), atol=1e-6)
    assert part.trust == whole.trust


def test_with_everything_off_there_is_still_a_reading(
    models: Path, hopper: Frame, track: Track
) -> None:
    nothing = RecogniseConfig(emotion=False, age=False, gender=False)
    (reading,) = open_models(models, nothing).read(hopper, (track,))
    assert (reading.emotion, reading.age, reading.female) == (None,) * 3
    assert min(astuple(reading.trust)) > 0.9


def test_the_temporal_state_ends_with_the_track(
    recogniser: Recogniser, hopper: Frame, track: Track
) -> None:
    recogniser.clear()
    first, second, third = (recogniser.read(hopper, (track,))[0].emotion for _ in range(3))
    assert not np.array_equal(first, second)
    recogniser.read(hopper, ())
    again = recogniser.read(hopper, (track,))[0].emotion
    np.testing.assert_array_equal(again, first)
    recogniser.clear()
    np.testing.assert_array_equal(recogniser.read(hopper, (track,))[0].emotion, first)
    assert third is not None


def test_two_tracks_have_separate_temporal_states(
    recogniser: Recogniser, hopper: Frame, track: Track
) -> None:
    recogniser.clear()
    other = Track("b", track.face, 9)
    first = recogniser.read(hopper, (track,))[0].emotion
    later, fresh = (r.emotion for r in recogniser.read(hopper, (track, other)))
    np.testing.assert_array_equal(fresh, first)
    assert not np.array_equal(later, first)


def test_a_track_that_was_just_missed_has_no_reading_and_keeps_its_state(
    recogniser: Recogniser, hopper: Frame, track: Track
) -> None:
    recogniser.clear()
    first = recogniser.read(hopper, (track,))[0].emotion
    missed = Track(track.id, replace(track.face, score=UNSEEN), 10, fresh=False)
    assert recogniser.read(hopper, (missed,)) == ()
    assert not np.array_equal(recogniser.read(hopper, (track,))[0].emotion, first)


def test_a_face_far_outside_the_picture_has_no_trust(
    recogniser: Recogniser, hopper: Frame, track: Track
) -> None:
    away = replace(
        track.face,
        box=Box(-5000, -5000, 100, 100),
        keypoints=track.face.keypoints - np.float32(5000),
    )
    (reading,) = recogniser.read(hopper, (Track("c", away, 3),))
    assert reading.trust == Trust.same(0)


def test_a_face_crop_is_read_without_a_temporal_state(
    recogniser: Recogniser, hopper: Frame, track: Track
) -> None:
    recogniser.clear()
    crop = crop_face(hopper.grey, track.face)
    (seen,) = recogniser.read(hopper, (track,))
    one, two = recogniser.read_crop(crop), recogniser.read_crop(crop)
    np.testing.assert_array_equal(one.emotion, two.emotion)
    np.testing.assert_array_equal(one.age, seen.age)
    assert recogniser.read_crop(crop[:48, :48]).emotion is not None


def test_a_model_of_other_classes_has_its_own_labels(
    copied: Path, hopper: Frame, track: Track
) -> None:
    labels = ["calm", "cross", "glad", "glum", "lost", "tired", "wild"]
    for name in ("face", "temporal"):
        rewrite(copied / f"{name}.json", labels=labels)
    (reading,) = open_models(copied).read(hopper, (track,))
    assert reading.labels == tuple(labels)


def test_a_model_that_gives_probabilities_gets_no_second_softmax(
    copied: Path, hopper: Frame, track: Track
) -> None:
    crop = crop_face(hopper.grey, track.face)
    logits = open_models(copied).read_crop(crop).emotion
    rewrite(copied / "face.json", outputs={"emotion": "probabilities"})
    raw = open_models(copied).read_crop(crop).emotion
    assert raw is not None
    np.testing.assert_allclose(softmax(raw), logits, atol=1e-6)


def test_labels_that_the_two_models_do_not_share_are_refused(copied: Path) -> None:
    rewrite(copied / "temporal.json", labels=[*EMOTIONS[:6], "calm"])
    refuses(copied, "are not those of face.tflite")


def test_labels_that_do_not_fit_the_model_are_refused(copied: Path) -> None:
    rewrite(copied / "face.json", labels=list(EMOTIONS[:5]))
    refuses(copied, r"output `emotion` has the shape \(1, 7\), takes \(1, 5\)")


def test_a_model_cut_in_half_is_refused(copied: Path) -> None:
    whole = (copied / "face.tflite").read_bytes()
    (copied / "face.tflite").write_bytes(whole[: len(whole) // 2])
    refuses(copied, "not the file that face.json describes")


def test_another_model_as_temporal_tflite_is_refused(copied: Path) -> None:
    shutil.copy(copied / "face.tflite", copied / "temporal.tflite")
    digest = json.loads((copied / "face.json").read_text())["sha256"]
    rewrite(copied / "temporal.json", sha256=digest)
    refuses(copied, "temporal.tflite: no input `features`")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not a model card"),
        ("[]", "not a model card"),
        ('{"labels": "happy", "sha256": "0", "outputs": {"emotion": "logits"}}', "labels: got"),
        ('{"labels": ["a"], "sha256": "0", "outputs": {"emotion": "votes"}}', "takes logits or"),
    ],
)
def test_a_broken_model_card_is_one_clear_line(copied: Path, content: str, reason: str) -> None:
    (copied / "face.json").write_text(content)
    refuses(copied, reason)


def test_a_missing_model_or_model_card_is_named(copied: Path) -> None:
    (copied / "temporal.tflite").unlink()
    refuses(copied, "temporal.tflite: no such model")
    (copied / "face.json").unlink()
    refuses(copied, "face.json: the model card of face.tflite cannot be read")


def refuses(folder: Path, reason: str) -> None:
    with pytest.raises(UserError, match=reason) as error:
        open_models(folder)
    assert "\n" not in str(error.value)


def test_the_backend_in_use_is_reported(models: Path, tmp_path: Path) -> None:
    # failures 2 and 3
    assert open_models(models).backend == Backend("cpu", "as configured")
    wanted = VisionConfig(accelerator="edgetpu", accelerator_wait_s=0)
    backend = Recogniser(models, wanted, RecogniseConfig()).backend
    assert backend.name == "cpu"
    assert "edgetpu is configured, but" in backend.reason
    strict = wanted.model_copy(update={"accelerator_fallback": False})
    with pytest.raises(UserError, match=r"vision\.accelerator: edgetpu: "):
        Recogniser(models, strict, RecogniseConfig())


def test_a_covered_mouth_hides_the_emotion_and_covered_eyes_age_and_gender() -> None:
    bare, covered = -9.0, 9.0
    assert min(astuple(trust_behind(0.8, bare, bare))) == pytest.approx(0.8, abs=0.01)
    masked, behind_glasses = trust_behind(1, bare, covered), trust_behind(1, covered, bare)
    assert astuple(masked) == pytest.approx((0, 1, 1), abs=0.01)
    assert astuple(behind_glasses) == pytest.approx((1, 0, 0), abs=0.01)
    assert trust_behind(1, 1e9, -1e9) == Trust(1, 0, 0)


def test_a_large_logit_does_not_overflow() -> None:
    shares = softmax(np.array([1000, 0, -1000], np.float32))
    np.testing.assert_allclose(shares, [1, 0, 0])
