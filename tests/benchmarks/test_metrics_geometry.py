"""Surfaces whose distance is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.metrics.cameras import camera_error, landmark_error
from benchmarks.metrics.geometry import (
    Similarity,
    Surface,
    align,
    angle_degrees,
    best_similarity,
    rotation_degrees,
    vertex_normals,
)
from core.camera import Camera, rotation_from_vector


def bumpy(side: int = 41) -> tuple[np.ndarray, np.ndarray]:
    """A face-sized height field with bumps, 160 mm wide."""
    axis = np.linspace(-0.08, 0.08, side)
    x, y = (grid.ravel() for grid in np.meshgrid(axis, axis))
    z = 0.06 - 6 * (x**2 + 0.6 * y**2) + 0.006 * np.sin(60 * x + 1) * np.cos(45 * y)
    index = np.arange(side * side).reshape(side, side)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    quads = np.stack([a, b, c, d], -1).reshape(-1, 4)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return np.stack([x, y, z], 1), triangles


MOTION = Similarity(1.0, rotation_from_vector(np.array([0.1, -0.15, 0.05])), np.array([0.006, -0.004, 0.008]))


def test_the_nearest_point_may_lie_inside_on_an_edge_and_on_a_corner():
    surface = Surface(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.array([[0, 1, 2]]))
    found = surface.closest(np.array([[0.25, 0.25, 0.5], [0.5, -0.3, 0.0], [-0.3, -0.4, 0.0], [1.0, 1.0, 0.0]]))
    assert np.allclose(found.points, [[0.25, 0.25, 0], [0.5, 0, 0], [0, 0, 0], [0.5, 0.5, 0]])
    assert np.allclose(found.distance, [0.5, 0.3, 0.5, np.sqrt(0.5)])
    assert np.allclose(found.weights[0], [0.5, 0.25, 0.25])


def test_distances_are_to_triangles_and_agree_with_trying_all_of_them():
    vertices, triangles = bumpy(13)  # 13 mm wide triangles: their centres are far from most points
    generator = np.random.default_rng(1)
    points = vertices[generator.integers(len(vertices), size=60)] + generator.normal(0, 0.004, (60, 3))
    found = Surface(vertices, triangles).closest(points)
    lattice = [(i, j) for i in range(41) for j in range(41 - i)]
    weights = np.array([(1 - (i + j) / 40, i / 40, j / 40) for i, j in lattice])
    dense = np.einsum("mc,tcx->tmx", weights, vertices[triangles]).reshape(-1, 3)
    brute = np.sqrt(((points[:, None] - dense[None]) ** 2).sum(2).min(1))
    assert (found.distance <= brute + 1e-9).all()
    assert (found.distance >= brute - 0.0005).all()


@pytest.mark.parametrize("scale", [1.0, 1.07])
def test_a_moved_copy_fits_exactly(scale):
    vertices, triangles = bumpy()
    motion = Similarity(scale, MOTION.rotation, MOTION.translation)
    surface = Surface(motion.inverse().apply(vertices), triangles)
    found = align(surface, vertices[::3], Similarity.identity(), scale=scale != 1.0)
    assert found.scale == pytest.approx(scale, abs=1e-5)
    assert rotation_degrees(found.rotation, motion.rotation) < 1e-3
    assert np.abs(found.apply(motion.inverse().apply(vertices)) - vertices).max() < 1e-6


def test_a_rigid_alignment_keeps_the_scale_and_pays_for_it():
    vertices, triangles = bumpy()
    surface = Surface(vertices / 1.05, triangles)
    found = align(surface, vertices[::3], Similarity.identity(), scale=False)
    assert found.scale == 1.0
    distance = surface.closest(found.inverse().apply(vertices)).distance
    assert 0.0002 < np.median(distance) < 0.003


def test_a_raised_patch_is_found_at_its_height():
    vertices, triangles = bumpy(61)
    normals = vertex_normals(vertices, triangles)
    raised = np.linalg.norm(vertices[:, :2], axis=1) < 0.006  # fewer than the alignment leaves out
    assert 0.002 < raised.mean() < 0.02
    surface = Surface(vertices - 0.002 * raised[:, None] * normals, triangles)
    motion = align(surface, vertices, Similarity.identity(), scale=False)
    distance = surface.closest(motion.inverse().apply(vertices)).distance * 1000
    middle = np.linalg.norm(vertices[:, :2], axis=1) < 0.003
    assert np.median(distance[middle]) == pytest.approx(2.0, abs=0.1)
    assert np.median(distance[~raised]) < 0.01


def test_the_best_similarity_is_exact_on_exact_points():
    points = np.random.default_rng(0).normal(size=(9, 3))
    motion = Similarity(1.3, MOTION.rotation, MOTION.translation)
    found = best_similarity(points, motion.apply(points), scale=True)
    assert np.allclose(found.matrix, motion.matrix)
    assert np.allclose(found.after(found.inverse()).matrix, np.eye(4))


def test_normals_and_angles():
    vertices, triangles = bumpy()
    surface = Surface(vertices, triangles)
    normals = surface.normals(surface.closest(vertices))
    assert (normals[:, 2] > 0).all()
    assert angle_degrees(np.array([[1.0, 0, 0]]), np.array([[0.0, 1, 0]]))[0] == pytest.approx(90)


def camera(distance: float = 0.5, focal: float = 800.0, turn=(0.0, 0.0, 0.0)) -> Camera:
    pose = np.eye(4)
    pose[:3, :3] = np.diag([1.0, -1, -1]) @ rotation_from_vector(np.array(turn))
    pose[2, 3] = distance
    return Camera(focal, np.array([200.0, 150.0]), 400, 300, pose)


def test_the_camera_is_the_true_one_when_head_and_camera_are_moved_together():
    motion = Similarity(1.1, MOTION.rotation, MOTION.translation)
    true = camera(0.6, 900, (0, 0.3, 0))
    pose = np.eye(4)  # of the same camera in the frame of a head that is 1/1.1 as large
    pose[:3, :3] = true.rotation @ motion.rotation
    pose[:3, 3] = (true.rotation @ motion.translation + true.translation) / motion.scale
    found = Camera(450.0, true.principal_px / 2, 200, 150, pose)
    error = camera_error(found, true, motion, np.zeros(3))
    assert error["focal_ratio"] == pytest.approx(1)
    assert error["distance_ratio"] == pytest.approx(1)
    assert error["camera_degrees"] == pytest.approx(0, abs=1e-5)


def test_camera_errors_are_what_they_are_called():
    error = camera_error(camera(1.0, 1600, (0, 0.1, 0)), camera(), Similarity.identity(), np.zeros(3))
    assert error["focal_ratio"] == pytest.approx(2)
    assert error["focal_percent"] == pytest.approx(100 * np.log(2))
    assert error["distance_ratio"] == pytest.approx(2)
    assert error["camera_degrees"] == pytest.approx(np.degrees(0.1))
    assert error["view_degrees"] == pytest.approx(np.degrees(0.1))


def test_a_camera_that_only_looks_aside_sees_the_face_from_the_same_direction():
    true = camera()
    aside = rotation_from_vector(np.array([0.2, 0.0, 0.0]))
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = aside @ true.rotation, aside @ true.translation
    found = Camera(true.focal_px, true.principal_px, true.width, true.height, pose)
    error = camera_error(found, true, Similarity.identity(), np.zeros(3))
    assert error["view_degrees"] < 1e-3
    assert error["camera_degrees"] == pytest.approx(np.degrees(0.2))


def test_landmarks_shifted_by_three_pixels():
    points = np.random.default_rng(0).uniform(-0.05, 0.05, (68, 3)) * (1, 1, 0)
    moved = points + np.array([3 * 0.5 / 800, 0, 0])
    moved[20] = np.nan  # one that a method does not know
    error = landmark_error(moved, camera(), points, camera(), 0.09)
    assert error["landmarks_px"] == pytest.approx(3)
    assert error["landmarks_eye_percent"] == pytest.approx(100 * 3 / (800 * 0.09 / 0.5))
    assert landmark_error(np.full((68, 3), np.nan), camera(), points, camera(), 0.09) == {}
