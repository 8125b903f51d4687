"""Faces in photos: found, counted, measured, or refused with one plain sentence."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import FitError
from core.photos import landmark_backends, landmarks
from core.photos.face_mesh import EXPRESSION_NAMES
from core.photos.landmarks import Landmarks, detect_faces, detect_landmarks
from core.photos.photo import Photo, decode_srgb, load_photo

RIGHT_IRIS, LEFT_IRIS = 468, 473

pytestmark = pytest.mark.usefixtures("face_weights")


def photo_of(pixels: np.ndarray, name: str = "photo.jpg") -> Photo:
    pixels = np.ascontiguousarray(pixels)
    return Photo(Path(name), "0" * 64, decode_srgb(pixels), pixels, pixels.shape[1], pixels.shape[0])


@pytest.fixture(scope="module")
def portrait(shared) -> Photo:
    return load_photo(shared / "photos" / "london" / "001_neutral.jpg")


@pytest.fixture(scope="module")
def measured(portrait) -> Landmarks:
    return detect_landmarks(portrait)


def failure(photo: Photo, face: int | None = None) -> FitError:
    with pytest.raises(FitError) as caught:
        detect_landmarks(photo, face)
    assert photo.path.name in caught.value.message and caught.value.message.endswith(".")
    assert caught.value.hint.endswith(".")
    return caught.value


def scaled(photo: Photo, factor: float) -> np.ndarray:
    size = (round(photo.width * factor), round(photo.height * factor))
    return cv2.resize(photo.srgb8, size, interpolation=cv2.INTER_AREA)


def test_a_portrait_is_measured(measured):
    assert measured.points.shape == (478, 2) and measured.points.dtype == np.float32
    assert measured.depth.shape == (478,)
    assert measured.confidence > 0.9
    assert measured.face_count == 1 and measured.notes == ()
    assert abs(np.degrees(measured.yaw)) < 10
    assert measured.glasses < 0.5
    assert measured.backend == "builtin" and measured.points_68 is None


def test_landmarks_meet_the_marks_of_people(shared, measured):
    """The pupils that the London set's annotators clicked: its points 0 and 1."""
    lines = (shared / "photos" / "london" / "001_neutral.tem").read_text().splitlines()
    clicked = np.array([[float(value) for value in line.split()[:2]] for line in lines[1:3]]) + 0.5
    found = measured.points[[RIGHT_IRIS, LEFT_IRIS]]
    distance = np.linalg.norm(found - clicked, axis=1)
    assert distance.max() < 0.04 * np.linalg.norm(clicked[1] - clicked[0])


def test_the_persons_right_is_at_the_left(measured):
    assert measured.points[RIGHT_IRIS, 0] < measured.points[LEFT_IRIS, 0]
    assert measured.depth[1] < measured.depth[234], "the nose is nearer than the cheek"


def test_points_move_with_the_pixels(portrait, measured):
    shifted = photo_of(np.pad(portrait.srgb8, ((40, 0), (70, 0), (0, 0)), mode="edge"))
    moved = detect_landmarks(shifted).points - measured.points
    assert np.abs(moved - (70, 40)).mean() < 1.0


def test_points_scale_with_the_pixels(portrait, measured):
    half = detect_landmarks(photo_of(scaled(portrait, 0.5)))
    assert np.abs(half.points - measured.points / 2).mean() < 1.0


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_sideways_face_is_found(portrait, measured, quarter_turns):
    turned = photo_of(np.rot90(scaled(portrait, 0.5), quarter_turns))
    found = detect_landmarks(turned)
    points = np.array(measured.points) / 2
    width, height = portrait.width / 2, portrait.height / 2
    for _ in range(quarter_turns):  # one counter-clockwise turn of the picture
        points = np.stack([points[:, 1], width - points[:, 0]], axis=1)
        width, height = height, width
    assert np.abs(found.points - points).mean() < 2.0
    assert any("turn the photo upright" in note for note in found.notes)


def test_a_small_face_in_a_large_picture_is_found(portrait):
    canvas = np.full((2400, 3200, 3), 127, np.uint8)
    small = scaled(portrait, 0.16)
    canvas[1700 : 1700 + small.shape[0], 2500 : 2500 + small.shape[1]] = small
    found = detect_landmarks(photo_of(canvas))
    assert 64 < found.side < 140
    assert 2500 < found.points[:, 0].mean() < 2500 + small.shape[1]


def test_two_faces_are_counted_from_the_left(portrait, shared):
    other = load_photo(shared / "photos" / "london" / "005_neutral.jpg")
    left, right = scaled(portrait, 0.4), scaled(other, 0.6)
    canvas = np.full((right.shape[0], left.shape[1] + right.shape[1], 3), 200, np.uint8)
    canvas[: left.shape[0], : left.shape[1]] = left
    canvas[:, left.shape[1] :] = right
    photo = photo_of(canvas, "couple.jpg")
    assert [face.centre[0] < left.shape[1] for face in detect_faces(photo)] == [True, False]
    largest = detect_landmarks(photo)
    assert largest.face_count == 2 and largest.points[:, 0].mean() > left.shape[1]
    assert largest.notes[0] == (
        "2 faces found in couple.jpg; using the largest, number 1 from the left (counted from 0). "
        "Choose another with --face N."
    )
    first = detect_landmarks(photo, face=0)
    assert first.points[:, 0].mean() < left.shape[1] and first.notes == ()
    error = failure(photo, face=2)
    assert "shows 2 faces" in error.message and "0 to 1" in error.hint


def test_a_picture_without_a_face():
    gradient = np.tile(np.linspace(0, 255, 400).astype(np.uint8)[None, :, None], (300, 1, 3))
    assert "No face was found" in failure(photo_of(gradient, "wall.jpg")).message


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (3, 2, 3)])
def test_a_picture_of_a_few_pixels(shape):
    assert "No face was found" in failure(photo_of(np.full(shape, 90, np.uint8), "dot.png")).message


def test_noise_is_no_face():
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3), np.uint8)
    assert "No face was found" in failure(photo_of(noise, "noise.png")).message


def test_a_covered_face_is_refused(portrait, measured):
    left, top, right, bottom = measured.box.astype(int)
    covered = portrait.srgb8.copy()
    covered[top : top + int(0.85 * (bottom - top)), left:right] = 60
    failure(photo_of(covered, "masked.jpg"))


def test_a_face_that_is_too_small_says_how_small(portrait):
    error = failure(photo_of(scaled(portrait, 0.08), "thumbnail.jpg"))
    assert "pixels tall" in error.message and "at least 64" in error.message


def test_a_face_that_is_hidden(portrait, measured, monkeypatch):
    monkeypatch.setattr(landmarks, "MIN_CONFIDENCE", 1.1)
    assert "too hidden, blurred or turned away" in failure(portrait).message


def test_a_profile(portrait, monkeypatch):
    monkeypatch.setattr(landmarks, "_yaw", lambda mesh: np.radians(-75.0))
    error = failure(portrait)
    assert "turned by 75 degrees" in error.message and "at most 60" in error.message


def test_yaw_is_positive_towards_the_right_of_the_picture(shared):
    photo = load_photo(shared / "photos" / "officials" / "luis-correa__0.jpg")
    towards_left = detect_landmarks(photo)
    assert np.degrees(towards_left.yaw) < -30
    assert np.degrees(detect_landmarks(photo_of(photo.srgb8[:, ::-1])).yaw) > 30
    assert any("far side" in note for note in towards_left.notes)


def test_glasses_are_noticed(shared):
    photo = load_photo(shared / "photos" / "officials" / "luis-correa__0.jpg")
    found = detect_landmarks(photo)
    assert found.glasses > 0.5 and any("glasses" in note for note in found.notes)


def test_a_smile_scores_higher_than_a_neutral_face(shared, measured):
    smiling = detect_landmarks(load_photo(shared / "photos" / "london" / "001_smiling.jpg"))
    assert set(smiling.expression_scores) == {*EXPRESSION_NAMES, "tongueOut"}
    assert len(smiling.expression_scores) == 52
    assert all(0.0 <= score <= 1.0 for score in smiling.expression_scores.values())
    for name in ("mouthSmileLeft", "mouthSmileRight"):
        assert smiling.expression_scores[name] > measured.expression_scores[name] + 0.3


def test_the_same_photo_gives_the_same_points(portrait, measured):
    assert np.array_equal(detect_landmarks(portrait).points, measured.points)


@pytest.fixture
def own_networks_allowed(monkeypatch):
    monkeypatch.setenv("RELIT_OWN_NETWORKS", "1")


def test_networks_of_others_are_left_alone_unless_allowed(monkeypatch):
    monkeypatch.setattr(landmark_backends.importlib.util, "find_spec", lambda name: pytest.fail(f"looked for {name}"))
    monkeypatch.delenv("RELIT_OWN_NETWORKS", raising=False)
    assert landmark_backends.insightface_pack() is None and landmark_backends.alignment_weights() is None


@pytest.mark.usefixtures("own_networks_allowed")
def test_insightface_is_used_when_a_pack_is_on_disk(portrait, measured, monkeypatch, tmp_path):
    """A played insightface: it must be given BGR, no download, and its boxes are used."""
    pack = tmp_path / "models" / "mine"
    pack.mkdir(parents=True)
    (pack / "det.onnx").touch()
    monkeypatch.setenv("INSIGHTFACE_HOME", str(tmp_path))
    asked = {}

    class FaceAnalysis:
        def __init__(self, name, allowed_modules, providers):
            asked.update(name=name, modules=allowed_modules)

        def prepare(self, ctx_id, det_size):
            asked["ctx_id"] = ctx_id

        def get(self, image):
            asked["pixel"] = image[0, 0].tolist()
            eyes = measured.points[[RIGHT_IRIS, LEFT_IRIS]] - 0.5
            return [types.SimpleNamespace(bbox=measured.box - 0.5, kps=eyes, det_score=0.9)]

    module = types.ModuleType("insightface.app")
    module.FaceAnalysis = FaceAnalysis
    package = types.ModuleType("insightface")
    package.__spec__ = types.SimpleNamespace(name="insightface")
    monkeypatch.setitem(sys.modules, "insightface", package)
    monkeypatch.setitem(sys.modules, "insightface.app", module)
    landmark_backends._insightface.cache_clear()
    found = detect_landmarks(portrait)
    landmark_backends._insightface.cache_clear()
    assert asked["name"] == str(pack) and asked["modules"] == ["detection"] and asked["ctx_id"] == -1
    assert asked["pixel"] == portrait.srgb8[0, 0, ::-1].tolist()
    assert found.backend == "insightface"
    assert sum("no commercial use" in note for note in found.notes) == 1
    assert np.abs(found.points - measured.points).mean() < 2.0


@pytest.mark.usefixtures("own_networks_allowed")
def test_insightface_without_a_pack_is_left_alone(monkeypatch, tmp_path):
    package = types.ModuleType("insightface")
    package.__spec__ = types.SimpleNamespace(name="insightface")
    monkeypatch.setitem(sys.modules, "insightface", package)
    monkeypatch.setenv("INSIGHTFACE_HOME", str(tmp_path))
    assert landmark_backends.insightface_pack() is None


@pytest.mark.usefixtures("own_networks_allowed")
def test_face_alignment_adds_its_68_points(portrait, monkeypatch, tmp_path):
    weight = tmp_path / "hub" / "checkpoints" / "2DFAN4-11f355bf06.pth.tar"
    weight.parent.mkdir(parents=True)
    weight.touch()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    asked = {}

    class FaceAlignment:
        def __init__(self, kind, **options):
            asked.update(options)

        def get_landmarks_from_image(self, image, detected_faces):
            asked["boxes"] = detected_faces
            return [np.full((68, 2), 10.0)]

    module = types.ModuleType("face_alignment")
    module.__spec__ = types.SimpleNamespace(name="face_alignment")
    module.FaceAlignment = FaceAlignment
    module.LandmarksType = types.SimpleNamespace(TWO_D=1)
    monkeypatch.setitem(sys.modules, "face_alignment", module)
    landmark_backends._alignment.cache_clear()
    found = detect_landmarks(portrait)
    landmark_backends._alignment.cache_clear()
    assert asked["face_detector"] == "folder", "any other detector would download weights"
    assert len(asked["boxes"]) == 1
    assert found.points_68.shape == (68, 2) and found.points_68[0, 0] == 10.5
    assert found.backend == "builtin+face-alignment"


@pytest.mark.usefixtures("own_networks_allowed")
def test_face_alignment_without_its_weight_is_left_alone(monkeypatch, tmp_path):
    module = types.ModuleType("face_alignment")
    module.__spec__ = types.SimpleNamespace(name="face_alignment")
    monkeypatch.setitem(sys.modules, "face_alignment", module)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert landmark_backends.alignment_weights() is None
