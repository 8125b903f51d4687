"""The pinhole camera: projection, pose, resizing, cropping, and what is written to disk."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.camera import (
    FACING_CAMERA,
    Camera,
    cross_matrix,
    focal_35mm_from_px,
    focal_px_from_35mm,
    nearest_rotation,
    rotation_from_vector,
)


@pytest.fixture
def camera() -> Camera:
    camera_from_world = np.eye(4)
    camera_from_world[:3, :3] = rotation_from_vector(np.array([0.1, -0.3, 0.2])) @ FACING_CAMERA
    camera_from_world[:3, 3] = 0.02, -0.05, 0.6
    return Camera(900.0, np.array([310.0, 255.0]), 640, 480, camera_from_world)


def test_a_head_in_front_of_the_camera_is_upright_and_not_mirrored() -> None:
    camera_from_world = np.eye(4)
    camera_from_world[:3, :3] = FACING_CAMERA
    camera_from_world[2, 3] = 0.5
    camera = Camera(1000.0, np.array([50.0, 50.0]), 100, 100, camera_from_world)
    pixels, depth = camera.project(np.array([[0.0, 0.0, 0.0], [0.01, 0.0, 0.0], [0.0, 0.01, 0.0], [0.0, 0.0, 0.1]]))
    np.testing.assert_allclose(pixels, [[50, 50], [70, 50], [50, 30], [50, 50]])
    np.testing.assert_allclose(depth, [0.5, 0.5, 0.5, 0.4])


def test_position_projects_from_the_centre_of_the_camera(camera: Camera) -> None:
    np.testing.assert_allclose(camera.transform(camera.position[None]), np.zeros((1, 3)), atol=1e-12)


def test_resized_and_cropped_photos_show_the_same_points(camera: Camera) -> None:
    points = np.random.default_rng(0).normal(0, 0.05, (20, 3))
    pixels, depth = camera.project(points)
    small, same_depth = camera.scaled(0.5).project(points)
    np.testing.assert_allclose(small, pixels * 0.5)
    np.testing.assert_allclose(same_depth, depth)
    window = camera.cropped(30, -10, 200, 100)
    np.testing.assert_allclose(window.project(points)[0], pixels - [30, -10])
    assert (window.width, window.height) == (200, 100)
    assert (camera.scaled(0.5).width, camera.scaled(0.5).height) == (320, 240)


def test_dictionary_is_json_and_comes_back_exactly(camera: Camera) -> None:
    again = Camera.from_dict(json.loads(json.dumps(camera.to_dict())))
    np.testing.assert_array_equal(again.camera_from_world, camera.camera_from_world)
    np.testing.assert_array_equal(again.principal_px, camera.principal_px)
    assert (again.focal_px, again.width, again.height) == (camera.focal_px, camera.width, camera.height)


def test_focal_length_of_a_full_frame_photo() -> None:
    # 36 mm across 3600 pixels: 100 pixels a millimetre.
    assert focal_px_from_35mm(50.0, 3600, 2400) == pytest.approx(5000.0)
    assert focal_35mm_from_px(focal_px_from_35mm(26.0, 1152, 1536), 1152, 1536) == pytest.approx(26.0)


@pytest.mark.parametrize("vector", [(0.0, 0.0, 0.0), (1e-9, 0.0, -1e-9), (0.3, -1.2, 2.0), (np.pi, 0.0, 0.0)])
def test_rotation_from_vector_turns_by_its_length_around_its_axis(vector: tuple[float, float, float]) -> None:
    rotation = rotation_from_vector(np.array(vector))
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    np.testing.assert_allclose(rotation @ vector, vector, atol=1e-12)
    assert np.trace(rotation) == pytest.approx(1.0 + 2.0 * np.cos(np.linalg.norm(vector)))


def test_rotation_follows_the_right_hand() -> None:
    np.testing.assert_allclose(rotation_from_vector(np.array([0, 0, np.pi / 2])) @ [1, 0, 0], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(cross_matrix(np.array([1.0, 2, 3])) @ [4, 5, 6], np.cross([1, 2, 3], [4, 5, 6]))


def test_nearest_rotation_repairs_noise_and_never_mirrors() -> None:
    exact = rotation_from_vector(np.array([0.4, 0.1, -0.2]))
    np.testing.assert_allclose(nearest_rotation(exact * 1.7), exact, atol=1e-12)
    assert np.linalg.det(nearest_rotation(np.diag([1.0, 1.0, -0.2]))) == pytest.approx(1.0)
