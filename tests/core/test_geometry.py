"""Shape, expression and camera from landmarks, on a small synthetic face whose parameters are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.camera import FACING_CAMERA, Camera, focal_px_from_35mm, rotation_from_vector
from core.errors import Cancelled, FitError
from core.fitting.fit import Fit
from core.fitting.geometry import fit_landmarks, observe
from core.fitting.landmark_calibration import LOWER_INNER_LIP, calibration, embedded, is_calibrated, pose_terms
from core.fitting.landmark_evidence import GeometryState, Observation, Priors
from core.fitting.landmark_model import cut_out, landmark_model
from core.fitting.landmark_residuals import POSE, GeometryProblem
from core.settings import GeometrySettings
from core.shape.morphable import load_model

IDENTITIES, EXPRESSIONS, DRIFTS, LANDMARKS = 12, 6, 3, 478
WIDTH, HEIGHT = 1200, 1600
EXACT = Priors(landmark_sigma=0.003, independent_landmarks=1000.0, expression_sparsity=0.0, score_share=0.0)
"""Priors of a world without systematic errors: landmarks on the spot, all of them independent."""


class SyntheticModel(SimpleNamespace):
    """The fields of a `MorphableModel` that the fit reads."""


@dataclass
class Shot:
    """One synthetic photo: the true camera and expression, and the landmarks that it shows."""

    camera: Camera
    expression: np.ndarray
    points: np.ndarray
    confidence: float = 1.0
    expression_scores: dict[str, float] | None = None


@pytest.fixture(scope="module")
def model() -> SyntheticModel:
    """An egg with a nose, and smooth random modes."""
    rng = np.random.default_rng(7)
    rings, spokes = 40, 48
    polar, around = np.meshgrid(np.linspace(0.02, 2.2, rings), np.arange(spokes) / spokes * 2 * np.pi, indexing="ij")
    mean = np.stack([0.072 * np.sin(polar) * np.cos(around), 0.1 * np.sin(polar) * np.sin(around)], -1)
    nose = 0.025 * np.exp(-(mean**2).sum(-1) / 0.018**2)
    mean = np.concatenate([mean, (0.09 * np.cos(polar) + nose)[..., None]], -1).reshape(-1, 3)
    index = np.arange(rings * spokes).reshape(rings, spokes)
    corner = np.stack([index[:-1], np.roll(index, -1, 1)[:-1], np.roll(index, -1, 1)[1:], index[1:]], -1).reshape(-1, 4)
    triangles = np.concatenate([corner[:, [0, 2, 1]], corner[:, [0, 3, 2]]])

    def modes(count: int, size: float) -> np.ndarray:
        waves = rng.normal(0, 25, (count, 3, 3))
        phase = rng.uniform(0, 2 * np.pi, (count, 1, 3))
        return (size * np.sin(np.einsum("vi,kij->kvj", mean, waves) + phase)).astype(np.float32)

    ring_of = np.arange(len(mean)) // spokes
    inner = np.flatnonzero((ring_of[triangles] < 20).all(1))
    rim = np.array([np.flatnonzero((triangles == index[23, spoke]).any(1))[0] for spoke in range(0, spokes, 2)])
    triangle = np.concatenate([rim, rng.choice(inner, LANDMARKS - len(rim), replace=False)])
    barycentric = rng.dirichlet(np.ones(3), LANDMARKS)
    for row, (face, spoke) in enumerate(zip(rim, range(0, spokes, 2))):
        barycentric[row] = triangles[face] == index[23, spoke]
    candidates = np.full((LANDMARKS, 12), -1)
    candidates[: len(rim)] = index[17:29, ::2].T
    return SyntheticModel(
        mean=mean.astype(np.float32),
        coarse_identity=modes(IDENTITIES, 0.0025),
        coarse_expression=modes(EXPRESSIONS, 0.006),
        subdivision_index=np.arange(len(mean))[:, None],
        subdivision_weight=np.ones((len(mean), 1)),
        expression_names=tuple(f"expression{number}" for number in range(EXPRESSIONS)),
        landmarks_478=SimpleNamespace(
            triangle_vertices=triangles[triangle],
            barycentric=barycentric,
            weight=np.ones(LANDMARKS),
            contour=np.arange(LANDMARKS) < len(rim),
            contour_candidates=candidates,
        ),
    )


def shoot(
    model: SyntheticModel,
    identity: np.ndarray,
    expression: np.ndarray,
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0),
    distance: float = 0.6,
    focal_35mm: float = 40.0,
    noise: float = 0.0,
    seed: int = 0,
) -> Shot:
    """Photograph the face: inner landmarks where they are, those of the outline on the silhouette."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_from_vector(np.array(turn)) @ FACING_CAMERA
    matrix[:3, 3] = 0.02, -0.01, distance
    camera = Camera(focal_px_from_35mm(focal_35mm, WIDTH, HEIGHT), np.array([WIDTH, HEIGHT]) / 2, WIDTH, HEIGHT, matrix)
    cut = landmark_model(model)
    points = cut.points(np.concatenate([identity, expression]))
    pixels = camera.project(points.T)[0]
    found = pixels[: cut.landmarks].copy()
    ring = found[cut.outline].mean(0)
    lines = pixels[cut.landmarks :].reshape(*cut.line_usable.shape, 2)
    for landmark, line in zip(cut.contour, lines):
        away = (found[landmark] - ring) / np.linalg.norm(found[landmark] - ring)
        found[landmark] = line[(line @ away).argmax()]
    found += np.random.default_rng(seed).normal(0, noise, found.shape)
    return Shot(camera, expression, found)


def fit(model: SyntheticModel, shots: list[Shot], focals: list[float | None] | None = None, **options):
    options.setdefault("settings", GeometrySettings(rounds=30))
    return fit_landmarks(model, shots, [(WIDTH, HEIGHT)] * len(shots), focals, **options)


def shape_error_mm(model: SyntheticModel, found: np.ndarray, true: np.ndarray) -> float:
    offset = np.tensordot(found - true, model.coarse_identity, 1)
    return 1000.0 * float(np.linalg.norm(offset - offset.mean(0), axis=1).mean())


@pytest.fixture(scope="module")
def person() -> np.ndarray:
    return np.random.default_rng(11).normal(0, 0.8, IDENTITIES)


@pytest.fixture(scope="module")
def smile() -> np.ndarray:
    return np.array([0.5, 0.0, 0.3, 0.0, 0.0, 0.8])


def test_known_parameters_come_back(model: SyntheticModel, person: np.ndarray, smile: np.ndarray) -> None:
    shot = shoot(model, person, smile, turn=(0.1, 0.35, -0.2), distance=0.45, focal_35mm=28.0)
    result = fit(model, [shot], [28.0], priors=EXACT)
    assert result.normalised_error[0] < 0.003
    assert shape_error_mm(model, result.fit.identity, person) < 0.4
    np.testing.assert_allclose(result.fit.expressions[0], smile, atol=0.08)
    turned = result.fit.cameras[0].rotation @ shot.camera.rotation.T
    assert np.degrees(np.arccos((np.trace(turned) - 1) / 2)) < 0.5
    assert result.fit.cameras[0].translation[2] == pytest.approx(0.45, rel=0.03)


@pytest.mark.parametrize(("distance", "focal_35mm"), [(0.3, 26.0), (2.0, 85.0)])
def test_perspective_alone_tells_a_selfie_from_a_portrait(
    model: SyntheticModel, person: np.ndarray, distance: float, focal_35mm: float
) -> None:
    shot = shoot(model, person, np.zeros(EXPRESSIONS), (0.05, 0.2, 0.0), distance, focal_35mm)
    result = fit(model, [shot], priors=EXACT)
    assert result.fit.cameras[0].focal_35mm == pytest.approx(focal_35mm, rel=0.15)
    assert result.fit.cameras[0].translation[2] == pytest.approx(distance, rel=0.15)


def test_jacobian_is_the_derivative_of_the_cost(model: SyntheticModel, person: np.ndarray, smile: np.ndarray) -> None:
    cut = landmark_model(model)
    rng = np.random.default_rng(3)
    shots = [shoot(model, person, smile, (0.1, turn, 0.0), noise=3.0) for turn in (-0.3, 0.4)]
    observations = tuple(
        Observation(
            target=shot.points - [WIDTH / 2, HEIGHT / 2],
            weight=rng.uniform(0.2, 1.0, LANDMARKS),
            sigma_px=6.0,
            response_px=rng.normal(0, 5, (2, LANDMARKS, IDENTITIES)),
            drift_px=rng.normal(0, 5, (2, LANDMARKS, DRIFTS)),
            outward=np.where(np.arange(LANDMARKS)[:, None] < 24, [0.6, 0.8], 0.0),
            iris_px=40.0,
            log_focal=(7.4, 0.3),
            expression_mean=np.full(EXPRESSIONS, 0.2),
            pinned=rng.uniform(size=LANDMARKS) < 0.1,
        )
        for shot in shots
    )
    state = GeometryState(
        identity=rng.normal(0, 0.5, IDENTITIES),
        expressions=rng.uniform(0.2, 0.8, (2, EXPRESSIONS)),
        drift=rng.normal(0, 1, (2, DRIFTS)),
        rotation=np.stack([shot.camera.rotation for shot in shots]),
        centre=rng.normal(0, 30, (2, 2)),
        log_magnification=np.array([7.9, 8.1]),
        log_focal=np.array([7.3, 7.5]),
    )
    problem = GeometryProblem(cut, observations, Priors(), 3.0).prepared(state)
    equations = problem.normal_equations(state)
    analytic = np.concatenate([equations.shared_gradient, equations.local_gradient.ravel()])
    assert len(analytic) == IDENTITIES + 2 * (EXPRESSIONS + DRIFTS + POSE)
    unknowns, step = len(analytic), 1e-6
    numeric = np.empty(unknowns)
    for unknown in range(unknowns):
        nudge = np.zeros(unknowns)
        nudge[unknown] = step
        shared, local = nudge[:IDENTITIES], nudge[IDENTITIES:].reshape(2, -1)
        ahead, behind = problem.moved(state, shared, local), problem.moved(state, -shared, -local)
        numeric[unknown] = (problem.cost(ahead) - problem.cost(behind)) / (2 * step)
    np.testing.assert_allclose(analytic, numeric, rtol=1e-5, atol=1e-4 * np.abs(numeric).max())


def test_outliers_do_not_pull_the_shape(model: SyntheticModel, person: np.ndarray) -> None:
    shot = shoot(model, person, np.zeros(EXPRESSIONS), (0.0, 0.2, 0.0), noise=1.0)
    clean = fit(model, [shot], [40.0], priors=EXACT)
    spoiled = shot.points.copy()
    wrong = np.random.default_rng(5).choice(LANDMARKS, 40, replace=False)
    spoiled[wrong] += np.random.default_rng(6).normal(0, 120, (40, 2))
    result = fit(model, [replace(shot, points=spoiled)], [40.0], priors=EXACT)
    assert shape_error_mm(model, result.fit.identity, clean.fit.identity) < 0.5


def test_more_photos_know_the_shape_better(model: SyntheticModel, person: np.ndarray, smile: np.ndarray) -> None:
    shots = [
        shoot(model, person, smile * share, (0.0, turn, 0.0), noise=6.0, seed=seed)
        for seed, (turn, share) in enumerate([(0.0, 1.0), (0.5, 0.0), (-0.5, 0.5), (0.2, 0.2)])
    ]
    loose = replace(EXACT, landmark_sigma=0.02)
    alone = [shape_error_mm(model, fit(model, [shot], priors=loose).fit.identity, person) for shot in shots]
    together = fit(model, shots, priors=loose)
    assert together.fit.expressions.shape == (4, EXPRESSIONS)
    assert shape_error_mm(model, together.fit.identity, person) < 0.8 * np.mean(alone)


def test_a_tiny_photo_pulls_less_than_a_large_one(model: SyntheticModel, person: np.ndarray) -> None:
    near = shoot(model, person, np.zeros(EXPRESSIONS))
    far = shoot(model, -person, np.zeros(EXPRESSIONS), distance=20.0, focal_35mm=50.0)

    def pull(pixel_sigma: float) -> float:
        found = fit(model, [near, far], [None, 50.0], priors=replace(EXACT, pixel_sigma=pixel_sigma)).fit.identity
        return float(found @ person / (person @ person))

    assert pull(1.0) > pull(0.0) + 0.1


def test_contour_landmarks_slide_on_the_silhouette(model: SyntheticModel, person: np.ndarray) -> None:
    cut = landmark_model(model)
    assert (len(cut.outline), len(cut.contour)) == (24, 17), "seven of the outline are hairline"
    shot = shoot(model, person, np.zeros(EXPRESSIONS), (0.0, 0.6, 0.0))
    result = fit(model, [shot], [40.0], priors=EXACT)
    fixed = shot.camera.project(cut.points(np.concatenate([person, np.zeros(EXPRESSIONS)]))[:, : cut.landmarks].T)[0]
    apart = np.linalg.norm(fixed - shot.points, axis=1)[cut.contour]
    far_side = cut.contour[apart > 8.0]
    assert len(far_side) >= 4, "the turned head must show an outline that its embedded landmarks do not lie on"
    ring = shot.points[cut.outline]
    gap = np.linalg.norm(result.landmarks_px[0][far_side][:, None] - ring[None], axis=-1).min(1)
    assert np.median(gap) < 0.5 * np.median(apart[apart > 8.0])


def test_expression_stays_in_bounds_and_at_rest(model: SyntheticModel, person: np.ndarray) -> None:
    shot = shoot(model, person, np.array([1.3, -0.4, 0.0, 0.0, 0.0, 0.0]), noise=2.0)
    result = fit(model, [shot])
    assert result.fit.expressions.min() >= 0.0 and result.fit.expressions.max() <= 1.0
    at_rest = fit(model, [shoot(model, person, np.zeros(EXPRESSIONS), noise=2.0)])
    assert at_rest.fit.expressions.max() < 0.15


def test_a_fit_can_be_resumed_and_repeated(model: SyntheticModel, person: np.ndarray, smile: np.ndarray) -> None:
    shot = shoot(model, person, smile, (0.0, 0.3, 0.0), noise=2.0)
    first, second = fit(model, [shot]), fit(model, [shot])
    np.testing.assert_array_equal(first.fit.identity, second.fit.identity)
    np.testing.assert_array_equal(first.fit.cameras[0].camera_from_world, second.fit.cameras[0].camera_from_world)
    resumed = fit(model, [shot], start=first.fit, settings=GeometrySettings(rounds=1))
    assert resumed.normalised_error[0] == pytest.approx(first.normalised_error[0], rel=0.02)


def test_fit_is_written_and_read(model: SyntheticModel, person: np.ndarray, smile: np.ndarray) -> None:
    found = replace(
        fit(model, [shoot(model, person, smile)]).fit,
        lighting=(np.ones((9, 3), np.float32),),
        extra={"code": np.arange(3, dtype=np.float32)},
    )
    again = Fit.from_dict(found.to_dict())
    np.testing.assert_array_equal(again.identity, found.identity)
    np.testing.assert_array_equal(again.expressions, found.expressions)
    np.testing.assert_array_equal(again.lighting[0], found.lighting[0])
    np.testing.assert_array_equal(again.extra["code"], found.extra["code"])
    assert again.albedo is None and again.cameras[0].to_dict() == found.cameras[0].to_dict()


def test_landmarks_that_cannot_carry_a_fit_are_named(model: SyntheticModel, person: np.ndarray) -> None:
    good = shoot(model, person, np.zeros(EXPRESSIONS))
    with pytest.raises(FitError, match=r"Photo 2 has landmarks of shape \(68, 2\)"):
        fit(model, [good, replace(good, points=good.points[:68])])
    with pytest.raises(FitError, match="Photo 1 has 0 usable landmarks"):
        fit(model, [replace(good, points=np.full((LANDMARKS, 2), np.nan))])
    with pytest.raises(FitError, match="photo 1 lie on a point or a line"):
        fit(model, [replace(good, points=np.full((LANDMARKS, 2), 300.0))])


def test_landmarks_that_fit_no_face_are_noted(model: SyntheticModel, person: np.ndarray) -> None:
    good = shoot(model, person, np.zeros(EXPRESSIONS))
    assert fit(model, [good]).notes == ()
    shuffled = good.points + np.random.default_rng(1).normal(0, 40, good.points.shape)
    notes = fit(model, [good, replace(good, points=shuffled)], priors=Priors(robust_scale=50.0)).notes
    assert any("photo 2" in note for note in notes) and not any("photo 1" in note for note in notes)


def test_a_network_that_shows_a_part_of_what_is_unusual_is_seen_through(
    model: SyntheticModel, person: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = landmark_model(model)
    shown = 0.5
    shot = shoot(model, shown * person, np.zeros(EXPRESSIONS), distance=1.5)
    along = model.landmarks_478
    offsets = (model.coarse_identity[:, along.triangle_vertices] * along.barycentric[:, :, None]).sum(2)
    response = -(1.0 - shown) * offsets[:, :, :2].transpose(2, 1, 0) * np.array([1.0, -1.0])[:, None, None] / 0.063
    calibrated = cut_out(model, replace(embedded(model, IDENTITIES), response=response))
    believed = fit(model, [shot], [40.0], priors=EXACT)
    monkeypatch.setattr("core.fitting.geometry.landmark_model", lambda _: calibrated)
    seen_through = fit(model, [shot], [40.0], priors=EXACT)
    assert plain.response.shape == response.shape
    before, after = (shape_error_mm(model, result.fit.identity, person) for result in (believed, seen_through))
    assert after < 0.4 * before


def test_what_a_network_always_errs_in_a_pose_is_taken_off(
    model: SyntheticModel, person: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    shot = shoot(model, person, np.zeros(EXPRESSIONS), turn=(0.0, 0.4, 0.0))
    rng = np.random.default_rng(2)
    bias = np.zeros((2, LANDMARKS, 4))
    bias[:, len(landmark_model(model).outline) :] = rng.normal(0, 0.05, (2, LANDMARKS - 24, 4))
    size_px = 0.063 * shot.camera.focal_px / 0.6
    spoiled = replace(shot, points=shot.points + size_px * (bias @ pose_terms(shot.camera.rotation)).T)
    calibrated = cut_out(model, replace(embedded(model, IDENTITIES), bias=bias))
    believed = fit(model, [spoiled], [40.0], priors=EXACT)
    monkeypatch.setattr("core.fitting.geometry.landmark_model", lambda _: calibrated)
    corrected = fit(model, [spoiled], [40.0], priors=EXACT)
    before, after = (shape_error_mm(model, result.fit.identity, person) for result in (believed, corrected))
    assert after < 0.3 * before


def test_pose_terms_know_aside_and_down_from_a_tilt() -> None:
    aside = pose_terms(FACING_CAMERA @ rotation_from_vector(np.array([0.0, 0.3, 0.0])))
    tilted = pose_terms(rotation_from_vector(np.array([0.0, 0.0, 0.5])) @ FACING_CAMERA)
    down = pose_terms(FACING_CAMERA @ rotation_from_vector(np.array([0.3, 0.0, 0.0])))
    np.testing.assert_allclose(aside, [1.0, np.sin(0.3), np.sin(0.3) ** 2, 0.0], atol=1e-9)
    np.testing.assert_allclose(tilted, [1.0, 0.0, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(down, [1.0, 0.0, 0.0, np.sin(0.3)], atol=1e-9)


def test_closed_eyes_say_nothing_about_the_size() -> None:
    shipped = load_model()
    cut = landmark_model(shipped)
    head = cut.points(np.zeros(cut.basis.shape[2]))[:, : cut.landmarks].T
    camera = Camera(1500.0, np.array([WIDTH, HEIGHT]) / 2, WIDTH, HEIGHT, np.eye(4))
    camera.camera_from_world[:3, :3] = FACING_CAMERA
    camera.camera_from_world[:3, 3] = 0.0, 0.0, 0.8
    shot = Shot(camera, np.zeros(0), camera.project(head)[0])
    observed = [
        observe(cut, replace(shot, expression_scores=scores), (WIDTH, HEIGHT), None, Priors(), 1)[0].iris_px
        for scores in ({}, {"eyeBlinkLeft": 0.8, "eyeBlinkRight": 0.7})
    ]
    assert observed[0] > 10.0 and observed[1] == 0.0


def test_cancelling_stops_between_rounds(model: SyntheticModel, person: np.ndarray) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        fit(model, [shoot(model, person, np.zeros(EXPRESSIONS))], on_round=stop)


def test_the_shipped_calibration_is_that_of_the_shipped_model() -> None:
    assert is_calibrated(load_model()), "run training/landmark_calibration.py again"


def test_landmarks_of_the_lower_lips_inner_edge_go_with_the_jaw() -> None:
    model = load_model()
    places, jaw = calibration(model, 1), model.expression_names.index("jawOpen")
    way = np.einsum("nc,nc->n", places.barycentric, model.expression_basis[jaw][:, 1][places.corners])
    for landmark, neighbour in LOWER_INNER_LIP.items():
        assert way[landmark] == pytest.approx(way[neighbour], rel=0.3)
    assert way[82] > 0.2 * way[87], "the upper lip's stay above"


def test_a_pin_moves_the_head_there_and_leaves_the_rest(model: SyntheticModel, person: np.ndarray) -> None:
    shot = shoot(model, person, np.zeros(EXPRESSIONS), (0.0, 0.1, 0.0))
    plain = fit(model, [shot])
    apart = np.linalg.norm(shot.points - shot.points.mean(0), axis=1)
    inner = np.flatnonzero(landmark_model(model).weight > 0)
    pinned = inner[apart[inner].argmin()]
    wanted = plain.landmarks_px[0][pinned] + (12.0, -9.0)
    moved = fit(model, [SimpleNamespace(**vars(shot), pins=[(pinned, *wanted)])], start=plain.fit)
    assert np.linalg.norm(moved.landmarks_px[0][pinned] - wanted) < 3.0
    step = np.linalg.norm(moved.landmarks_px[0] - plain.landmarks_px[0], axis=1)
    near = np.linalg.norm(shot.points - shot.points[pinned], axis=1)
    assert np.median(step[near > np.percentile(near, 70)]) < 4.0


def test_a_pin_on_the_outline_does_not_slide_and_a_pin_of_no_landmark_does_nothing(model: SyntheticModel) -> None:
    shot = shoot(model, np.zeros(IDENTITIES), np.zeros(EXPRESSIONS), (0.0, 0.0, 0.0))
    plain = fit(model, [shot])
    rim = int(landmark_model(model).contour[0])
    wanted = plain.landmarks_px[0][rim] + (6.0, 6.0)
    moved = fit(model, [SimpleNamespace(**vars(shot), pins=[(rim, *wanted)])])
    assert np.linalg.norm(moved.landmarks_px[0][rim] - wanted) < 2.5
    missing = [(9999, 10.0, 10.0), (-1, 10.0, 10.0)]
    same = fit(model, [SimpleNamespace(**vars(shot), pins=missing)])
    assert np.array_equal(same.fit.identity, plain.fit.identity)
