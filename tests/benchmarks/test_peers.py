"""The peers, each where its answer is known."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("ai_edge_litert")

from benchmarks.metrics.geometry import best_similarity  # noqa: E402
from benchmarks.peers import bench, eos_fit, least_squares, mediapipe, seen  # noqa: E402
from benchmarks.peers.catalogue import MISSING, PEERS, PUBLISHED  # noqa: E402
from benchmarks.peers.measure import similarity  # noqa: E402
from core.camera import FACING_CAMERA, Camera, rotation_from_vector  # noqa: E402
from core.errors import FitError  # noqa: E402
from core.shape.morphable import load_model  # noqa: E402
from core.weights import FACE_LANDMARKER, find  # noqa: E402

SIZE = 400


@pytest.fixture(scope="module", autouse=True)
def weights() -> None:
    try:
        find(FACE_LANDMARKER)
    except FitError as error:
        pytest.skip(error.message)


def camera(yaw: float, distance: float = 3.0) -> Camera:
    pose = np.eye(4)
    pose[:3, :3] = FACING_CAMERA @ rotation_from_vector(np.array([0.05, yaw, 0.0]))
    pose[:3, 3] = (0, -0.03, distance)
    return Camera(1000 * distance, np.array([SIZE / 2, SIZE / 2]), SIZE, SIZE, pose)


def seen_of(points: np.ndarray, depth: np.ndarray | None = None) -> SimpleNamespace:
    full = np.full((478, 2), np.nan)
    full[: len(points)] = points
    deep = np.zeros(478) if depth is None else np.pad(depth, (0, 478 - len(depth)))
    return SimpleNamespace(
        photo=SimpleNamespace(width=SIZE, height=SIZE), landmarks=SimpleNamespace(points=full, depth=deep)
    )


def head(seed: int = 3) -> np.ndarray:
    """The landmarks [478, 3] of a random head of our model that opens its mouth."""
    model = load_model()
    identity = np.random.default_rng(seed).normal(size=len(model.identity_basis))
    expression = np.zeros(len(model.expression_names))
    expression[model.expression_names.index("jawOpen")] = 0.5
    return model.landmarks_478.points(model.vertices(identity, expression))


def test_protocol_buffers_are_read_field_by_field():
    message = b"\x08\xac\x02" + b"\x15" + struct.pack("<f", 0.5) + b"\x1a\x02\x08\x07"
    assert list(mediapipe.fields(message)) == [(1, 300), (2, 0.5), (3, b"\x08\x07")]
    with pytest.raises(ValueError, match="wire type 1"):
        list(mediapipe.fields(b"\x09" + bytes(8)))


def test_the_canonical_face_is_a_face():
    face = mediapipe.canonical()
    assert face.vertices.shape == (468, 3)
    assert set(face.triangles.ravel()) == set(range(468))
    assert np.count_nonzero(face.weights) == 33
    marks = seen.landmarks_68(face.vertices)
    assert np.isnan(marks[:17]).all()
    assert np.linalg.norm(marks[36] - marks[45]) == pytest.approx(8.9, abs=0.2)  # outer corners of the eyes, cm
    assert marks[30, 2] == pytest.approx(face.vertices[:, 2].max(), abs=0.3)


@pytest.mark.parametrize("yaw", [0.0, 0.5])
def test_a_face_before_mediapipes_camera_comes_back_in_centimetres(yaw):
    face = mediapipe.canonical().vertices
    turned = face @ rotation_from_vector(np.array([0.0, yaw, 0.0])).T + (2.0, 1.0, -300.0)
    pixel = 2 * np.tan(mediapipe.FIELD_OF_VIEW / 2) / SIZE
    flat = turned[:, :2] / -turned[:, 2:] / pixel * (1, -1) + SIZE / 2
    depth = (-turned[:, 2] - 300.0) / 300.0 / pixel
    metric, pose = mediapipe.metric_face(np.column_stack([flat, depth]), SIZE, SIZE)
    assert np.abs(metric - face).max() < 0.1
    angle = np.arccos((np.trace(pose[:3, :3]) / np.linalg.norm(pose[:3, 0]) - 1) / 2)
    assert angle == pytest.approx(yaw, abs=0.02)


def test_mediapipes_camera_sees_its_mesh_where_the_landmarks_are(monkeypatch):
    face = mediapipe.canonical().vertices / 100
    view = camera(0.3, 0.8)
    flat, depth = view.project(face)
    pixels = (depth - depth.mean()) / 0.8 * view.focal_px
    monkeypatch.setattr(mediapipe, "look", lambda photo: seen_of(flat, pixels))
    fitted = mediapipe.geometry(Path("x"))
    again, _ = fitted.camera.project(fitted.posed)
    assert np.abs(again - flat).max() < 1.0
    assert best_similarity(fitted.posed, face, True).scale == pytest.approx(1.0, abs=0.05)


def test_least_squares_finds_a_head_of_the_model_seen_from_afar(monkeypatch):
    marks = head()
    pixels, _ = camera(0.4, 30.0).project(marks)
    monkeypatch.setattr(least_squares, "look", lambda photo: seen_of(pixels))
    fitted = least_squares.fit(Path("x"))
    usable, _, _ = least_squares.linear_landmarks()
    found = load_model().landmarks_478.points(fitted.posed)[usable]
    assert _error(found, marks[usable]) < 0.6 * _error(
        load_model().landmarks_478.points(load_model().mean)[usable], marks[usable]
    )


def test_the_orthographic_camera_is_recovered():
    points = np.random.default_rng(0).normal(size=(30, 3))
    rows = 250 * rotation_from_vector(np.array([0.2, -0.6, 0.1]))[:2]
    found, shift = least_squares.orthographic(points, points @ rows.T + (7, 9))
    assert np.allclose(found, rows)
    assert np.allclose(shift, (7, 9))


@pytest.mark.skipif(importlib.util.find_spec("eos") is None, reason="eos-py is not installed")
def test_eos_finds_a_head_of_the_model(monkeypatch):
    marks = head()
    pixels, _ = camera(0.3).project(marks)
    monkeypatch.setattr(eos_fit, "look", lambda photo: seen_of(pixels))
    fitted = eos_fit.fit(Path("x"))
    usable, _, _ = least_squares.linear_landmarks()
    model = load_model()
    found = model.landmarks_478.points(fitted.posed)[usable]
    assert _error(found, marks[usable]) < _error(model.landmarks_478.points(model.mean)[usable], marks[usable])


def test_only_skin_that_is_seen_is_measured():
    model = load_model()
    triangles = seen.outer_skin(model)
    inner = model.regions["mouth_inner"] | model.regions["eye_socket"]
    assert not inner[triangles].all(1).any()
    assert model.regions["lips"][triangles].any()


def test_a_matrix_is_taken_apart_and_the_page_names_who_is_missing(monkeypatch):
    motion = best_similarity(np.eye(3), 2 * np.eye(3)[[1, 2, 0]] + 5, True)
    again = similarity(motion.matrix)
    assert again.scale == pytest.approx(2.0)
    assert np.allclose(again.apply(np.ones((1, 3))), motion.apply(np.ones((1, 3))))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    page = bench.appendix()
    assert "| eos | its package is not installed |" in page
    assert all(row[0] in page for row in (*MISSING, *PUBLISHED))
    assert [peer.name for peer in PEERS if peer.available] == [peer.name for peer in PEERS if not peer.package]


def _error(found: np.ndarray, true: np.ndarray) -> float:
    motion = best_similarity(found, true, True)
    return float(np.linalg.norm(motion.apply(found) - true, axis=1).mean())
