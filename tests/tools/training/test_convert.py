"""From a trained network to a file that the device runs, or to an error."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from device.errors import UserError
from device.inference.litert import load_model
from device.inference.model_card import load_card
from device.values import EMOTIONS
from tools.__main__ import main
from tools.datasets.face_dataset import TRAIN, VALIDATION, FaceDataset, from_pictures, pixel_digest
from tools.scoring.predict import predict_keras, predict_tflite
from tools.training.convert import convert_face, convert_temporal, refuse_loss
from tools.training.model_cards import TEMPORAL, face_card, write_card
from tools.training.networks import TINY, face_network, with_only
from tools.training.temporal import temporal_network
from tools.training.tflite import TYPES, Type, face_to_tflite


def faces(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 64, 64), np.uint8)


def dataset(labels: int = 7) -> dict[str, FaceDataset]:
    pictures = faces(4 * labels)
    unlabelled = from_pictures(pictures, TRAIN, np.array([pixel_digest(p) for p in pictures]))
    split = np.where(np.arange(4 * labels) < 2 * labels, TRAIN, VALIDATION).astype(np.uint8)
    return {"faces": replace(unlabelled, split=split, emotion=np.arange(4 * labels) % labels)}


def network(labels: int = 7) -> keras.Model:
    keras.utils.set_random_seed(1)
    return face_network(TINY, labels=labels)


def saved(model: keras.Model, path: Path) -> Path:
    model.save(path)
    return path


class GraphsDiffer(keras.layers.Layer):
    """A layer that computes something else in a graph, and so after conversion."""

    def call(self, x: Any) -> Any:
        return x if tf.executing_eagerly() else x + 1


@pytest.mark.parametrize("kind", TYPES)
def test_the_device_runs_every_type_with_the_outputs_of_the_network(
    kind: Type, tmp_path: Path
) -> None:
    trained, pictures = network(), faces(12)
    path = tmp_path / "face.tflite"
    path.write_bytes(face_to_tflite(trained, pictures, kind))
    model = load_model(path)
    face = model.inputs["face"]
    assert face.shape == (1, 64, 64, 1)
    assert face.dtype == (np.uint8 if kind == "int8" else np.float32)
    if kind == "int8":  # pixels need no arithmetic
        assert (face.scale, face.zero_point) == (1.0, 0)
        assert all(tensor.dtype == np.int8 for tensor in model.outputs.values())
    assert {name: tensor.shape for name, tensor in model.outputs.items()} == {
        "emotion": (1, 7),
        "votes": (1, 8),
        "age": (1, 21),
        "female": (1, 1),
        "embedding": (1, 64),
        "features": (1, 3, 3, 16),
    }
    exact, converted = predict_keras(trained, pictures), predict_tflite(path, pictures)
    for name in converted:
        spread = float(exact[name].max() - exact[name].min())
        np.testing.assert_allclose(converted[name], exact[name], atol=0.15 * spread)


@pytest.mark.slow
def test_a_card_has_the_type_and_the_loss_of_the_conversion(tmp_path: Path) -> None:
    out = tmp_path / "face.tflite"
    source = saved(network(), tmp_path / "face.keras")
    card = convert_face(network(), source, out, dataset(), kind="dynamic", max_loss=1)
    assert load_card(out).labels == EMOTIONS
    assert json.loads(out.with_suffix(".json").read_text()) == card
    assert card["conversion"]["type"] == "dynamic"
    assert card["input"]["dtype"] == "float32"
    assert set(card["metrics"]) == {"float", "dynamic"}
    assert card["conversion"]["bytes"]["dynamic"] < card["conversion"]["bytes"]["float"]
    assert min(card["conversion"]["milliseconds"].values()) > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "face.json", "face.keras", "face.tflite",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_conversion_beyond_the_limit_is_not_written(
    tmp_path: Path,
) -> None:  # failure 29
    subtle = network()
    kernel, bias = subtle.get_layer("emotion").get_weights()
    draw = np.random.default_rng(0)
    kernel[:] = 5 + draw.normal(0, 1e-4, kernel.shape)  # labels differ by less than int8 resolves
    bias[:] = 0
    subtle.get_layer("emotion").set_weights([kernel, bias])
    labels = predict_keras(subtle, faces(28))["emotion"].argmax(axis=1)
    assert np.count_nonzero(labels) > 14  # equal outputs would be label 0
    labelled = {"faces": replace(dataset()["faces"], emotion=labels)}
    source = saved(subtle, tmp_path / "face.keras")
    with pytest.raises(UserError, match=r"faces validation: int8 loses .* nothing was written"):
        convert_face(subtle, source, tmp_path / "face.tflite", labelled)
    assert [path.name for path in tmp_path.iterdir()] == ["face.keras"]


def test_a_float_conversion_with_other_outputs_is_not_written(tmp_path: Path) -> None:
    trained = network()
    emotion = GraphsDiffer()(trained.output["emotion"])
    trained = keras.Model(trained.input, {**trained.output, "emotion": emotion})
    source = saved(network(), tmp_path / "face.keras")
    with pytest.raises(UserError, match=r"differs from the network by"):
        convert_face(trained, source, tmp_path / "face.tflite", dataset(), kind="float", max_loss=1)
    assert [path.name for path in tmp_path.iterdir()] == ["face.keras"]


def test_without_a_labelled_validation_face_nothing_is_written(tmp_path: Path) -> None:
    source = saved(network(), tmp_path / "face.keras")
    unseen = {"faces": replace(dataset()["faces"], split=np.full(28, TRAIN, np.uint8))}
    with pytest.raises(UserError, match="no validation face has a label to compare by"):
        convert_face(network(), source, tmp_path / "face.tflite", unseen, kind="float")
    assert [path.name for path in tmp_path.iterdir()] == ["face.keras"]


def test_a_network_whose_card_has_other_labels_is_refused(
    tmp_path: Path,
) -> None:
    source = saved(network(), tmp_path / "face.keras")
    moods = ("bored", "calm", "cross", "excited", "glad", "shy", "worried")
    write_card(tmp_path / "face.keras", source, moods, {}, "a test", **face_card(network()))
    with pytest.raises(UserError, match="or others by its card; name"):
        convert_face(network(), source, tmp_path / "out.tflite", dataset())


def test_the_limit_itself_is_allowed() -> None:
    report = {
        "float": {"fer2013 validation": {"accuracy": 0.66}, "utkface validation": {}},
        "int8": {"fer2013 validation": {"accuracy": 0.6549}, "utkface validation": {}},
    }
    with pytest.raises(UserError, match=r"fer2013 validation: int8 loses 0.0051"):
        refuse_loss(report)
    refuse_loss(report, max_loss=0.01)
    report["int8"]["fer2013 validation"]["accuracy"] = 0.655
    refuse_loss(report)


def test_a_voice_is_compared_on_the_speakers_held_out_of_it_in_quiet() -> None:
    quiet, noise = "EmoDB held out, quiet", "EmoDB held out, noise of 10 dB"
    report = {
        "float": {quiet: {"accuracy": 0.6}, noise: {"accuracy": 0.6}},
        "int8": {quiet: {"accuracy": 0.5}, noise: {"accuracy": 0.6}},
    }
    with pytest.raises(UserError, match=f"{quiet}: int8 loses 0.1000"):
        refuse_loss(report)
    report["int8"] = {quiet: {"accuracy": 0.6}, noise: {"accuracy": 0.5}}
    refuse_loss(report)


def test_another_number_of_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has 3 labels, not 7"):
        convert_face(network(3), tmp_path / "face.keras", tmp_path / "face.tflite", dataset())


def test_a_network_of_own_labels_is_converted_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for index, label in enumerate(("bored", "excited", "worried")):
        (tmp_path / "moods" / label).mkdir(parents=True)
        for number, picture in enumerate(faces(12)[index::3]):
            cv2.imwrite(str(tmp_path / "moods" / label / f"{number}.png"), picture)
    source, out = saved(network(3), tmp_path / "moods.keras"), tmp_path / "out" / "face.tflite"
    given = ["convert", str(source), "--out", str(out), "--labels", str(tmp_path / "moods")]
    assert main([*given, "--type", "float", "--edgetpu"]) == 0
    output = capsys.readouterr().out
    assert "| moods validation, float |" in output
    assert "does not run" in output
    assert load_card(out).labels == ("bored", "excited", "worried")
    card = json.loads(out.with_suffix(".json").read_text())
    terms = [row["terms"] for row in card["data"]]
    assert terms[0] == "its owner's"
    assert "non-commercial research" in terms


def test_a_card_keeps_the_training_entries_of_the_networks_card(tmp_path: Path) -> None:
    source, out = saved(network(), tmp_path / "face.keras"), tmp_path / "out" / "face.tflite"
    beside = tmp_path / "face.tflite"
    beside.write_bytes(b"an earlier one")
    entries = {"temperatures": {"emotion": 0.9}, "data": [{"name": "mine", "terms": "none"}]}
    write_card(beside, source, EMOTIONS, {}, "a test", **face_card(network()), **entries)
    card = convert_face(network(), source, out, dataset(), kind="float")
    assert card | entries == card


def test_a_network_without_an_emotion_output_is_a_user_error(tmp_path: Path) -> None:
    ages = with_only(network(), ("age", "female"))
    with pytest.raises(UserError, match=r"ages\.keras: has no output 'emotion'"):
        convert_face(ages, tmp_path / "ages.keras", tmp_path / "face.tflite", dataset())


def test_a_temporal_network_is_converted_with_the_labels_of_its_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keras.utils.set_random_seed(1)
    step = temporal_network((3, 3, 16), 3, embedding=64, rank=2)
    source, out = saved(step, tmp_path / "temporal.keras"), tmp_path / "out" / "temporal.tflite"
    with pytest.raises(UserError, match="has 3 labels, and its card"):
        convert_temporal(step, source, out)
    labels = ("calm", "glad", "cross")
    first = tmp_path / "temporal.tflite"
    first.write_bytes(b"an earlier one")
    write_card(first, source, labels, {"clips": {"loss": 1.0}}, "a test", **TEMPORAL)
    assert main(["convert", str(source), "--out", str(out)]) == 0
    assert load_card(out).labels == labels
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["conversion"]["type"] == "float"
    assert card["metrics"] == {"clips": {"loss": 1.0}}
    assert main(["convert", str(source), "--out", str(out), "--type", "int8"]) == 1
    assert "converted to float" in capsys.readouterr().err
