"""A head measured against itself, moved, painted over and hidden."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.metrics import Fitted, TruthSurface, face_masks, measure_fitted, measure_head, measure_held_out
from benchmarks.metrics.colour import ciede2000, ita_degrees, lab_from_linear
from benchmarks.metrics.detail import with_height_map, with_normal_map
from benchmarks.metrics.geometry import Similarity
from benchmarks.metrics.textures import sampled
from core.camera import Camera, rotation_from_vector
from core.head import read_head, write_head
from core.mapfiles import encode_png, srgb_from_linear
from core.shape.morphable import load_model

SIZE = 128
SKIN = np.array([0.45, 0.28, 0.2])


def looking(yaw: float, width: int = 200, height: int = 240) -> Camera:
    pose = np.eye(4)
    pose[:3, :3] = np.diag([1.0, -1, -1]) @ rotation_from_vector(np.array([0.0, yaw, 0]))
    pose[:3, 3] = (0, -0.03, 0.7)
    return Camera(700.0, np.array([width / 2, height / 2]), width, height, pose)


@pytest.fixture(scope="module")
def true_photo() -> SimpleNamespace:
    """A smiling head of the shape model, as the truth data set describes heads."""
    model = load_model()
    generator = np.random.default_rng(2)
    identity, expression = generator.normal(size=20), np.zeros(len(model.expression_names))
    expression[model.expression_names.index("jawOpen")] = 0.5
    neutral, posed = model.vertices(identity), model.vertices(identity, expression)
    marks = model.landmarks_68
    nearest = marks.triangle_vertices[np.arange(68), marks.barycentric.argmax(1)]
    outer = model.regions["skin"] & ~model.regions["mouth_inner"] & ~model.regions["eye_socket"]
    face = outer & (np.linalg.norm(neutral - neutral[nearest[30]], axis=1) < 0.095)
    u = np.linspace(0.7, 1.0, SIZE)[None, :, None]
    camera = looking(0.5)
    head = SimpleNamespace(
        vertices=neutral,
        triangles=model.triangles,
        uv=model.triangle_uv,
        part=np.minimum(model.triangle_part, 1),
        face=face,
        landmarks_68=nearest,
        albedo=(SKIN * u * np.ones((SIZE, 1, 1))).astype(np.float32),
        specular=np.full((SIZE, SIZE), 0.5, np.float32),
        roughness=np.full((SIZE, SIZE), 0.4, np.float32),
        height=np.zeros((SIZE, SIZE), np.float32),
    )
    index = np.ones((camera.height, camera.width), np.uint8)
    return SimpleNamespace(head=head, posed=posed, camera=camera, object_index=index, expression=expression)


@pytest.fixture(scope="module")
def surface(true_photo) -> TruthSurface:
    return TruthSurface(true_photo)


@pytest.fixture(scope="module")
def fitted_head(true_photo, tmp_path_factory):
    """The head folder of a perfect fit."""
    model, camera = load_model(), true_photo.camera
    basis = np.zeros((1, len(model.mean), 3), np.float16)
    basis[0] = (true_photo.posed - true_photo.head.vertices).astype(np.float16)
    provenance = np.zeros((SIZE, SIZE, 3))
    provenance[..., 0] = 1
    arrays = {
        "vertices": true_photo.head.vertices,
        "quads": model.quads,
        "quad_part": model.quad_part,
        "part_names": np.array(model.part_names),
        "uv": model.uv,
        "expression_names": np.array(["open"]),
        "expression_basis": basis,
        "photo_expression": np.ones((1, 1), np.float32),
        "region_names": np.array(list(model.regions)),
        "regions": np.stack(list(model.regions.values())),
        "mirror": model.mirror,
        "hm08_index": model.hm08_index,
        "eye_centre": model.eye_centre,
        "eye_radius": model.eye_radius,
        "camera_from_world": camera.camera_from_world[None],
        "focal_px": np.array([camera.focal_px]),
        "principal_px": camera.principal_px[None],
        "image_size": np.array([[camera.width, camera.height]]),
    }
    files = {
        "diffuse_albedo.png": encode_png(srgb_from_linear(true_photo.head.albedo)),
        "specular_albedo.png": encode_png(true_photo.head.specular, bits=16),
        "roughness.png": encode_png(true_photo.head.roughness + 0.1, bits=16),
        "normal.png": encode_png(np.tile([0.5, 0.5, 1.0], (SIZE, SIZE, 1)), bits=16),
        "provenance.png": encode_png(provenance),
    }
    return read_head(write_head(tmp_path_factory.mktemp("fit") / "head", arrays, {}, files))


def test_a_perfect_fit_has_no_errors(fitted_head, surface):
    figures, matrix = measure_head(fitted_head, surface)
    assert np.allclose(matrix, np.eye(4), atol=1e-4)
    for name in (
        "rigid_p90_mm",
        "scaled_p90_mm",
        "neutral_median_mm",
        "neutral_scaled_mean_mm",
    ):
        assert figures[name] < 0.02, name
    for name in ("normals_degrees", "normals_detail_degrees", "camera_degrees"):
        assert figures[name] < 0.3, name
    for name in ("focal_percent", "distance_percent", "specular_mae", "ita_error_degrees", "albedo_ciede2000"):
        assert figures[name] < 0.3, name
    assert figures["roughness_mae"] == pytest.approx(0.1, abs=1e-3)
    assert figures["landmarks_px"] < 1.5  # the truth's landmarks are whole vertices
    assert figures["albedo_ssim"] > 0.99 and figures["albedo_psnr"] > 45
    assert "seam_ciede2000" not in figures  # everything was seen


def test_a_fit_in_another_place_and_size_is_only_wrong_in_size(fitted_head, surface):
    motion = Similarity(1.05, rotation_from_vector(np.array([0.1, -0.2, 0.05])), np.array([0.02, -0.03, 0.01]))
    fitted = Fitted.of_head(fitted_head)
    away = motion.inverse()
    camera = fitted.camera
    pose = np.eye(4)
    pose[:3, :3] = camera.rotation @ motion.rotation
    pose[:3, 3] = (camera.rotation @ motion.translation + camera.translation) / motion.scale
    moved = replace(
        fitted,
        posed=away.apply(fitted.posed),
        neutral=away.apply(fitted.neutral),
        landmarks=away.apply(fitted.landmarks),
        camera=replace(camera, camera_from_world=pose),
    )
    figures, matrix = measure_fitted(moved, surface)
    assert np.allclose(matrix, motion.matrix, atol=2e-4)
    assert figures["scale"] == pytest.approx(1.05, abs=1e-3)
    assert figures["scaled_p90_mm"] < 0.05 and figures["neutral_scaled_median_mm"] < 0.05
    assert figures["rigid_median_mm"] > 0.4
    assert figures["distance_percent"] < 0.2 and figures["camera_degrees"] < 0.1
    assert figures["albedo_ciede2000"] < 0.3


def test_a_method_without_landmarks_camera_and_maps_gets_the_shape_figures(fitted_head, surface):
    fitted = Fitted.of_head(fitted_head)
    figures, _ = measure_fitted(Fitted(fitted.posed + 0.003, fitted.triangles), surface)
    assert figures["rigid_median_mm"] < 0.02
    assert not {"neutral_median_mm", "camera_degrees", "landmarks_px", "albedo_ciede2000"} & set(figures)


def test_a_closed_mouth_is_wrong_as_posed_and_right_as_neutral(fitted_head, surface):
    fitted = Fitted.of_head(fitted_head)
    figures, _ = measure_fitted(replace(fitted, posed=fitted.neutral), surface)
    assert figures["rigid_mean_mm"] > 0.5
    assert figures["neutral_median_mm"] < 0.02


def test_darker_skin_gives_that_difference(fitted_head, surface):
    fitted = Fitted.of_head(fitted_head)
    dark = {**fitted.maps, "diffuse_albedo": fitted.maps["diffuse_albedo"] * 0.4}
    figures, _ = measure_fitted(replace(fitted, maps=dark), surface)
    middle = lab_from_linear(SKIN * 0.85), lab_from_linear(SKIN * 0.85 * 0.4)
    assert figures["albedo_ciede2000"] == pytest.approx(ciede2000(*middle), rel=0.1)
    assert figures["ita_bias_degrees"] == pytest.approx(ita_degrees(middle[1]) - ita_degrees(middle[0]), abs=6)
    assert figures["ita_error_degrees"] == abs(figures["ita_bias_degrees"])


def test_the_seam_of_a_head_is_found_where_the_photo_ends(fitted_head, surface):
    fitted = Fitted.of_head(fitted_head)
    provenance = np.zeros((SIZE, SIZE, 3))
    provenance[:, : SIZE // 2, 0] = 1
    step = np.where((np.arange(SIZE) < SIZE // 2)[None, :, None], 1.0, 0.7)
    for factor, low, high in ((np.ones_like(step), -0.4, 0.4), (step, 5.0, 12.0)):
        maps = {**fitted.maps, "provenance": provenance, "diffuse_albedo": fitted.maps["diffuse_albedo"] * factor}
        figures, _ = measure_fitted(replace(fitted, maps=maps), surface)
        assert low < figures["seam_ciede2000"] < high


def test_what_the_photo_shows_of_the_face(true_photo, surface):
    samples = surface.samples
    left, right = samples.position[:, 0] > 0.04, samples.position[:, 0] < -0.04
    assert samples.observed[right].mean() < 0.75 < samples.observed[left].mean() or (
        samples.observed[left].mean() < 0.75 < samples.observed[right].mean()
    )
    hand = true_photo.object_index.copy()
    hand[:, :100] = 6
    covered = SimpleNamespace(**{**vars(true_photo), "object_index": hand})
    pixels, _ = true_photo.camera.project(samples.position)
    assert not TruthSurface(covered).observed(samples.position, samples.normal)[pixels[:, 0] < 99].any()
    masks = face_masks(covered)
    assert not masks.face[:, :100].any() and masks.face[:, 105:].any()
    assert (masks.observed | masks.hidden == masks.face).all()


def test_a_turned_picture_of_the_face_has_hidden_parts(surface):
    masks = face_masks(surface, looking(-0.8).scaled(0.5))
    assert masks.face.shape == (120, 100)
    assert masks.hidden.sum() > 0.1 * masks.face.sum()
    assert masks.observed.sum() > 0.3 * masks.face.sum()
    assert not (masks.observed & masks.hidden).any()


def test_a_held_out_picture_is_judged_apart_where_the_photo_showed_the_face(surface):
    camera = looking(-0.8).scaled(0.5)
    masks = face_masks(surface, camera)
    truth = np.random.default_rng(0).uniform(0.1, 0.2, (camera.height, camera.width, 4))
    half_wrong = truth.copy()
    half_wrong[masks.hidden] *= 2
    half_wrong[~masks.face] = 9
    held_out = SimpleNamespace(image=truth, camera=camera)
    figures = measure_held_out(half_wrong, surface, held_out)
    assert figures["psnr_observed"] == 60
    assert figures["luminance_ratio_hidden"] == pytest.approx(2)
    assert figures["psnr_hidden"] < figures["psnr"] < 60


def test_what_lies_inside_the_head_is_no_face(true_photo):
    model = load_model()
    near = np.linalg.norm(true_photo.head.vertices, axis=1) < 0.12
    head = SimpleNamespace(**{**vars(true_photo.head), "face": near})  # as of a scan, whose mouth nobody marked
    surface = TruthSurface(SimpleNamespace(**{**vars(true_photo), "head": head}))
    corners = model.triangles[surface.face_triangles]
    inside = model.regions["eye_socket"] | model.regions["mouth_inner"]
    assert inside[corners].all(1).sum() < 0.03 * inside[model.triangles].all(1).sum()
    cheek = np.flatnonzero(true_photo.head.face & ~model.regions["nostrils"] & ~model.regions["lids"])
    assert np.isin(cheek, corners).mean() > 0.95


def test_the_face_is_bare_but_for_brows_eyes_and_lips(surface):
    samples = surface.samples
    assert 0.5 < samples.bare.mean() < 0.95
    lips = surface.landmarks(surface.neutral)[62]
    assert not samples.bare[np.linalg.norm(samples.neutral - lips, axis=1) < 0.006].any()


def test_maps_are_read_where_they_are_drawn():
    image = np.zeros((4, 8, 1), np.float32)
    image[0, 7] = 1.0  # row 0 is v = 1
    assert sampled(image, np.array([[7.5 / 8, 3.5 / 4], [0.1, 0.1]]))[:, 0] == pytest.approx([1, 0])


def slanted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A triangle in the plane z = 0, 0.2 m a UV unit, with u along y and v along -x."""
    uv = np.array([[0.1, 0.1], [0.6, 0.2], [0.3, 0.8]])
    corner = np.stack([-uv[:, 1], uv[:, 0], np.zeros(3)], 1) * 0.2
    return np.array([[0.0, 0.0, 1.0]]), corner[None], uv[None]


def test_a_normal_map_leans_along_u_and_v():
    mapped = np.array([[0.6, 0.0, 0.8]])
    assert np.allclose(with_normal_map(*slanted(), mapped), [[0, 0.6, 0.8]])
    assert np.allclose(with_normal_map(*slanted(), np.array([[0.0, 0.6, 0.8]])), [[-0.6, 0, 0.8]])


def test_a_height_map_leans_away_from_its_slope():
    rise = 0.3  # metres a UV unit along v, which is 0.2 m
    height = np.tile(((np.arange(64)[::-1] + 0.5) / 64 * rise)[:, None], (1, 64))
    normal = with_height_map(*slanted(), height, np.array([[0.4, 0.4]]))
    expected = np.array([rise / 0.2, 0, 1]) / np.hypot(rise / 0.2, 1)
    assert np.allclose(normal, expected[None], atol=1e-6)
