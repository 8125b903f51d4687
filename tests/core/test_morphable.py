"""The shape model: its arrays agree with each other, and it describes heads."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.shape.morphable import MODEL_PATH, MorphableModel, load_model, split_quads


@pytest.fixture(scope="module")
def model() -> MorphableModel:
    return load_model()


def part(model: MorphableModel, name: str) -> np.ndarray:
    """Vertices of a part."""
    return np.unique(model.quads[model.quad_part == model.part_names.index(name)])


def coefficients(model: MorphableModel, **units: float) -> np.ndarray:
    return np.array([units.get(name, 0.0) for name in model.expression_names])


def test_loads_fast_and_small() -> None:
    load_model.cache_clear()
    start = time.process_time()
    load_model()
    assert time.process_time() - start < 0.6
    assert MODEL_PATH.stat().st_size < 25e6


def test_shapes_agree(model: MorphableModel) -> None:
    count = len(model.mean)
    assert model.identity_basis.shape[1:] == model.expression_basis.shape[1:] == (count, 3)
    assert model.identity_basis.dtype == model.mean.dtype == np.float32
    assert 150 <= len(model.identity_basis) <= 250
    assert len(model.expression_basis) == len(model.expression_names) >= 52
    assert model.quads.min() == 0 and model.quads.max() == count - 1
    assert model.uv.shape == model.hm08_uv.shape == (len(model.quads), 4, 2)
    assert model.triangles.shape == (2 * len(model.quads), 3)
    assert model.triangle_uv.shape == (2 * len(model.quads), 3, 2)
    assert all(mask.shape == (count,) and mask.any() for mask in model.regions.values())


def test_vertices_are_linear_in_the_coefficients(model: MorphableModel) -> None:
    random = np.random.default_rng(0)
    identity, expression = random.normal(size=40), random.uniform(size=52)
    expected = model.mean + np.tensordot(identity, model.identity_basis[:40], 1)
    expected = expected + np.tensordot(expression, model.expression_basis[:52], 1)
    np.testing.assert_allclose(model.vertices(identity, expression), expected, atol=2e-6)


def test_frame(model: MorphableModel) -> None:
    np.testing.assert_allclose(model.eye_centre.mean(0), 0, atol=1e-5)
    assert model.eye_centre[0, 0] > 0.02 > -0.02 > model.eye_centre[1, 0]
    skin = model.regions["skin"]
    tip = model.mean[skin][model.mean[skin][:, 2].argmax()]
    assert abs(tip[0]) < 0.002 and -0.06 < tip[1] < -0.02
    assert 0.20 < np.ptp(model.mean[model.regions["face"] | model.regions["scalp"], 1]) < 0.27


def test_mirror_is_a_symmetry_of_mean_and_mesh(model: MorphableModel) -> None:
    mirror = model.mirror
    np.testing.assert_array_equal(mirror[mirror], np.arange(len(mirror)))
    np.testing.assert_allclose(model.mean[mirror] * (-1, 1, 1), model.mean, atol=1e-6)
    quads = {tuple(sorted(quad)) for quad in model.quads.tolist()}
    assert {tuple(sorted(quad)) for quad in mirror[model.quads].tolist()} == quads
    left, right = model.part_names.index("eye_left"), model.part_names.index("eye_right")
    owner = np.zeros(len(mirror), int)
    owner[model.quads.ravel()] = np.repeat(model.quad_part, 4)
    assert (owner[mirror[owner == left]] == right).all()


def test_modes_are_symmetric_or_antisymmetric(model: MorphableModel) -> None:
    for mode in model.identity_basis[:20]:
        flipped = mode[model.mirror] * (-1, 1, 1)
        odd = min(np.abs(flipped - mode).max(), np.abs(flipped + mode).max())
        assert odd < 0.02 * np.abs(mode).max()


def test_modes_hold_no_motion_of_the_head(model: MorphableModel) -> None:
    face = model.regions["face"].copy()
    face[len(model.coarse_mean) :] = False
    points = model.coarse_mean[face[: len(model.coarse_mean)]]
    basis = model.coarse_identity[:, face[: len(model.coarse_mean)]]
    size = np.sqrt((basis**2).sum(-1).mean(1))
    assert (np.linalg.norm(basis.mean(1), axis=1) < 0.02 * size + 2e-6).all()
    centred = points - points.mean(0)
    turn = np.cross(centred[None], basis).mean(1) / (centred**2).sum(1).mean()
    assert (np.abs(turn) * np.sqrt((centred**2).sum(1).mean()) < 0.02 * size[:, None] + 2e-6).all()


def skin_areas(model: MorphableModel) -> np.ndarray:
    corners = split_quads(model.uv[model.quad_part == 0])
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2


def test_skin_uv_has_no_flips_and_favours_the_face(model: MorphableModel) -> None:
    area = skin_areas(model)
    assert (area > 0).all()
    face = model.regions["face"][split_quads(model.quads[model.quad_part == 0])].all(1)
    assert area[face].sum() > 0.55 * area.sum()
    assert area.sum() > 0.6


def test_skin_uv_does_not_overlap(model: MorphableModel) -> None:
    cv2 = pytest.importorskip("cv2")
    size = 1024
    covered = np.zeros((size, size), np.uint16)
    for quad in model.uv[model.quad_part == 0] * size:
        low, high = np.floor(quad.min(0)).astype(int), np.ceil(quad.max(0)).astype(int)
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        side = np.roll(quad, -1, axis=0) - quad
        cross = [s[0] * (y - q[1]) - s[1] * (x - q[0]) for q, s in zip(quad, side)]
        covered[low[1] : high[1], low[0] : high[0]] += np.min(cross, axis=0) > 1e-6
    assert covered.max() == 1
    assert cv2.connectedComponents((covered == 0).astype(np.uint8))[0] < 400


def test_skin_uv_is_mirrored_about_the_middle_and_upright(model: MorphableModel) -> None:
    skin = model.quad_part == 0
    quads, uv = model.quads[skin], model.uv[skin]
    partner = {tuple(sorted(quad)): number for number, quad in enumerate(quads.tolist())}
    for quad in range(0, len(quads), 37):
        other = partner[tuple(sorted(model.mirror[quads[quad]].tolist()))]
        place = [quads[other].tolist().index(v) for v in model.mirror[quads[quad]].tolist()]
        np.testing.assert_allclose(uv[other, place] * (-1, 1) + (1, 0), uv[quad], atol=1e-6)
    face = model.regions["face"][quads]
    x, y = model.mean[quads][face][:, 0], model.mean[quads][face][:, 1]
    assert np.corrcoef(x, uv[face][:, 0])[0, 1] > 0.95
    assert np.corrcoef(y, uv[face][:, 1])[0, 1] > 0.95


def test_hm08_vertices_are_named(model: MorphableModel) -> None:
    coarse = len(model.coarse_mean)
    assert (model.hm08_index[coarse:] == -1).all()
    known = model.hm08_index[model.hm08_index >= 0]
    assert len(np.unique(known)) == len(known) > 4000
    assert known.max() < 19158
    assert 803 in known  # on the throat's middle line
    place = model.mean[np.flatnonzero(model.hm08_index == 803)[0]]
    assert abs(place[0]) < 1e-4 and place[1] < -0.1


def test_landmarks_lie_where_their_names_say(model: MorphableModel) -> None:
    points = model.landmarks_478.points(model.mean)
    np.testing.assert_allclose(model.landmarks_478.barycentric.sum(1), 1, atol=1e-5)
    assert (model.landmarks_478.barycentric >= 0).all()
    tip, chin, right_corner, left_corner = points[1], points[152], points[61], points[291]
    assert abs(tip[0]) < 0.002 and tip[2] > points[:, 2].max() - 0.004
    assert chin[1] == pytest.approx(points[:, 1].min(), abs=0.004)
    assert right_corner[0] < -0.015 and left_corner[0] > 0.015
    lips = model.regions["lips"]
    for corner in (right_corner, left_corner):
        assert np.linalg.norm(model.mean[lips] - corner, axis=1).min() < 0.004
    for pole, eye in ((468, 1), (473, 0)):
        axis = points[pole] - model.eye_centre[eye]
        assert axis[2] > 0.7 * model.eye_radius[eye] and np.hypot(*axis[:2]) < 0.0015
    jaw = model.landmarks_68.points(model.mean)[:17]
    assert (np.diff(jaw[:, 0]) > -0.001).all()
    assert jaw[:, 1].argmin() in (7, 8, 9)


def test_landmarks_are_left_right_symmetric(model: MorphableModel) -> None:
    points = model.landmarks_478.points(model.mean)
    flipped = points * (-1, 1, 1)
    gap = np.linalg.norm(points[None] - flipped[:, None], axis=-1).min(1)
    assert np.median(gap) < 0.0005


def turned(yaw: float) -> np.ndarray:
    """A camera one metre away that sees the head turned to its left by ``yaw``."""
    cosine, sine = np.cos(yaw), np.sin(yaw)
    camera = np.eye(4)
    camera[:3, :3] = np.diag([1, -1, -1]) @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    camera[2, 3] = 1.0
    return camera


def test_contour_slides_to_the_silhouette(model: MorphableModel) -> None:
    camera = turned(0.7)
    fixed, moved = model.landmarks_478, model.landmarks_478.slide(model.mean, camera)

    def image_x(points: np.ndarray) -> np.ndarray:
        seen = points @ camera[:3, :3].T + camera[:3, 3]
        return seen[:, 0] / seen[:, 2]

    far_side = fixed.contour & (fixed.points(model.mean)[:, 0] > 0.05)
    face = model.regions["face"]
    edge = image_x(model.mean[face]).max()
    before, after = image_x(fixed.points(model.mean)[far_side]), image_x(moved.points(model.mean)[far_side])
    assert np.median(after - before) > 0.005
    assert after.max() == pytest.approx(edge, abs=0.006)
    np.testing.assert_array_equal(moved.triangle_vertices[~fixed.contour], fixed.triangle_vertices[~fixed.contour])


def test_units_do_what_their_names_say(model: MorphableModel) -> None:
    def moved(name: str) -> np.ndarray:
        return model.vertices((), coefficients(model, **{name: 1.0})) - model.mean

    left = model.mean[:, 0] > 0.004
    jaw, smile, blink = moved("jawOpen"), moved("mouthSmileLeft"), moved("eyeBlinkLeft")
    assert jaw[part(model, "teeth_lower")][:, 1].mean() < -0.01
    assert abs(jaw[part(model, "teeth_upper")][:, 1]).max() < 0.002
    corner = model.landmarks_478.points(smile)
    assert corner[291, 1] > 0.004 and np.linalg.norm(corner[61]) < 0.002
    assert np.abs(blink[left]).max() > 0.005 and np.abs(blink[model.mean[:, 0] < -0.004]).max() < 0.002
    brow = moved("browInnerUp")[model.regions["brows"]]
    assert brow[:, 1].max() > 0.002


def test_blink_closes_the_eye(model: MorphableModel) -> None:
    for seed in range(4):
        identity = np.random.default_rng(seed).normal(size=len(model.identity_basis)) * (seed > 0)
        blink = model.vertices(identity, coefficients(model, eyeBlinkLeft=1.0, eyeBlinkRight=1.0))
        points = model.landmarks_478.points(blink)
        opened = model.landmarks_478.points(model.vertices(identity))
        for upper, lower in ((159, 145), (386, 374)):
            wide = opened[upper, 1] - opened[lower, 1]
            assert points[upper, 1] - points[lower, 1] < 0.25 * wide


def test_eyes_stay_spheres_behind_the_lids(model: MorphableModel) -> None:
    for seed in range(4):
        identity = np.random.default_rng(seed).normal(size=len(model.identity_basis))
        vertices = model.vertices(identity)
        for name in ("eye_left", "eye_right"):
            used = part(model, name)
            back = used[model.mean[used][:, 2] < np.median(model.mean[used][:, 2])]
            distance = np.linalg.norm(vertices[back] - vertices[back].mean(0), axis=1)
            own = np.linalg.norm(model.mean[back] - model.mean[back].mean(0), axis=1)
            assert np.abs(distance / own - distance.mean() / own.mean()).max() < 0.03


def test_random_heads_have_human_measures(model: MorphableModel) -> None:
    random = np.random.default_rng(5)
    measures = []
    for _ in range(60):
        points = model.landmarks_478.points(model.vertices(random.normal(size=len(model.identity_basis))))
        eyes, height, width = points[473] - points[468], points[10] - points[152], points[454] - points[234]
        measures.append((eyes[0], height[1], width[0]))
    mean, spread = np.mean(measures, axis=0), np.std(measures, axis=0)
    np.testing.assert_allclose(mean, (0.063, 0.169, 0.143), rtol=0.04)
    assert (spread > (0.002, 0.005, 0.004)).all() and (spread < (0.006, 0.014, 0.012)).all()
