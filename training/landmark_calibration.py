"""Where the landmark network really puts its points on a head: `core/data/landmark_calibration.npz`.

The embedding that comes with the shape model was read off one frontal, orthographic picture of the mean head.
The network's points drift on other faces, turned heads and near cameras, and it draws every face more usual than it
is; a fit takes that for shape, for a longer focal length and for a slimmer head. So random heads are photographed in
perspective, the product's own detector is run on the pictures, its points are cast back onto the mesh, and every
landmark moves to where it usually lands. What the points still err is split into what the pose says of it (`bias`),
what the identity says of it (`response`, by ridge regression), and the principal axes of the rest, which become
unknowns of a fit (`drift`); only what is left counts as noise and becomes the landmark's weight.

    python -m training.landmark_calibration --shared ../shared --views 700
"""

from __future__ import annotations

import argparse
import pathlib
from dataclasses import dataclass, replace

import numpy as np
import torch

from core.camera import Camera
from core.fitting.geometry import observe
from core.fitting.landmark_calibration import (
    CALIBRATION_PATH,
    embedded,
    lower_inner_lip,
    pose_terms,
    surface_points,
    upright,
)
from core.fitting.landmark_evidence import GeometryState, Priors
from core.fitting.landmark_model import IDENTITIES, LandmarkModel, cut_out
from core.fitting.landmark_residuals import GeometryProblem
from core.photos.face_mesh import OTHER_SIDE
from core.shape.morphable import MorphableModel, load_model
from training.shape.landmark_casts import Cast, cast_views

EYE_DISTANCE = 0.063
DRIFTS = 20
"""Usual errors that are kept."""
RIDGE = 200.0
"""Pictures' worth of belief that the network's error does not depend on an identity coefficient; between 100 and 400
pictures that were left out are explained equally well."""
FOLDS = 8
"""The rest is measured on an eighth of the pictures at a time, by what the others say."""
FEWEST_LANDINGS = 10
"""A landmark that fell on skin less often stays where it was."""
IRISES = 468
"""The first landmark that belongs to an iris; those have their own vertices on the eyes."""


@dataclass(frozen=True, eq=False)
class Errors:
    """The network's errors on n pictures and what they may depend on.

    Attributes:
        offsets: [n, 478, 2] error of each landmark, x right and y down beside an upright head, in units of the
            distance between the eyes; across the outline for landmarks of the outline, zero for irises.
        terms: [n, 4] of the pose, as a fit sees it.
        identity: [n, K] true coefficients.
    """

    offsets: np.ndarray
    terms: np.ndarray
    identity: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description="Settle the landmarks on pictures of random heads.")
    parser.add_argument("--shared", type=pathlib.Path, default=pathlib.Path("../shared"))
    parser.add_argument("--views", type=int, default=700)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model()
    casts = list(cast_views(model, arguments.shared, arguments.views, np.random.default_rng(arguments.seed)))
    np.savez_compressed(CALIBRATION_PATH, **calibrate(model, casts))


def calibrate(model: MorphableModel, casts: list[Cast]) -> dict[str, np.ndarray]:
    """All arrays of the file, by name: places, and the errors that are left there."""
    own = embedded(model, IDENTITIES)
    corners, weights = settle(model, casts)
    settled = replace(own, corners=corners, barycentric=weights)
    cut = cut_out(model, settled)
    before = measure(cut_out(model, own), casts)
    found = mirrored(measure(cut, casts), mode_signs(model))
    bias, response, drift, beyond, rest = split(found)
    inner = inner_landmarks(model)
    stray = np.sqrt((rest**2).sum(-1).mean(0) / 2)
    trust = own.weight.copy()
    trust[inner] = np.clip((np.percentile(stray[inner], 10) / stray[inner]) ** 2, 0.05, 1.0)
    print(f"{len(casts)} views; root mean square errors of a coordinate, in distances between the eyes:")
    stages = (("first", before.offsets), ("settled", found.offsets), ("beyond pose and identity", beyond))
    for name, values in (*stages, ("beyond the usual errors", rest)):
        outline = np.sqrt((values[:, cut.outline] ** 2).sum(-1).mean())
        print(f"{name}: {np.sqrt((values[:, inner] ** 2).mean()):.4f}, across the outline {outline:.4f}")
    start = model.landmarks_478.points(model.mean)
    offset = (model.mean[corners] * weights[:, :, None]).sum(1) - start
    offset[np.linalg.norm(offset, axis=1) < 1e-5] = 0.0
    arrays = {"start": start, "offset": offset, "weight": trust, "bias": bias, "response": response, "drift": drift}
    return {name: values.astype(np.float32) for name, values in arrays.items()}


def inner_landmarks(model: MorphableModel) -> np.ndarray:
    """Indices of the landmarks that are points of the skin: neither outline nor iris."""
    count = len(model.landmarks_478.weight)
    return np.flatnonzero(~model.landmarks_478.contour & (np.arange(count) < IRISES))


def settle(model: MorphableModel, casts: list[Cast]) -> tuple[np.ndarray, np.ndarray]:
    """Embedding [478, 3], [478, 3]: the point of the skin nearest to where each landmark usually lands.

    Positions are compared on the mean head. Left and right are settled together.
    """
    embedding = model.landmarks_478
    corners, weights = embedding.triangle_vertices.copy(), embedding.barycentric.copy()
    skin = model.triangles[model.triangle_part == model.part_names.index("skin")]
    landed = [_landed(model, casts, landmark) for landmark in range(len(corners))]
    for landmark in range(IRISES):
        mirrored = landed[OTHER_SIDE[landmark]] * (-1, 1, 1)
        places = np.concatenate([landed[landmark], mirrored])
        if len(places) >= FEWEST_LANDINGS:
            target = _geometric_median(places)[None]
            corners[landmark], weights[landmark] = (found[0] for found in surface_points(model.mean, skin, target))
    usual = (model.mean[corners] * weights[:, :, None]).sum(1)
    for landmark, place in lower_inner_lip(model, skin, usual).items():
        corners[landmark], weights[landmark] = place
    return corners, weights


def measure(cut: LandmarkModel, casts: list[Cast]) -> Errors:
    """How far the network's points are from where the true heads have them, each picture's shift, turn and scale
    taken out: those a fit finds by itself."""
    inner = cut.weight > 0
    inner[cut.outline], inner[IRISES:] = False, False
    offsets, terms, priors = [], [], Priors()
    for cast in casts:
        observation, pose = observe(cut, cast, (cast.camera.width, cast.camera.height), None, priors, 1)
        state = _true_state(cut, cast)
        problem = GeometryProblem(cut, (observation,), priors, priors.robust_scale).prepared(state)
        pixels, _, _ = problem.projected(state, 0)
        target = aligned(observation.target, pixels, inner * problem.seen[0])
        moved = replace(problem, observations=(replace(observation, target=target),), views={})
        error_px = -moved.projected(state, 0)[1] * observation.sigma_px
        error_px[IRISES:] = 0.0
        offsets.append(error_px @ upright(pose[0]) / (EYE_DISTANCE * np.exp(state.log_magnification[0])))
        terms.append(pose_terms(pose[0]))
    return Errors(np.array(offsets), np.array(terms), np.array([cast.identity[: cut.identities] for cast in casts]))


def _true_state(cut: LandmarkModel, cast: Cast) -> GeometryState:
    pivot = cast.camera.transform(cut.centre[None])[0]
    focal = cast.camera.focal_px
    return GeometryState(
        identity=np.asarray(cast.identity[: cut.identities], np.float64),
        expressions=np.asarray(cast.expression, np.float64)[None],
        drift=np.zeros((1, cut.drift.shape[2])),
        rotation=cast.camera.rotation[None],
        centre=(pivot[:2] / pivot[2] * focal)[None],
        log_magnification=np.log([focal / pivot[2]]),
        log_focal=np.log([focal]),
    )


def mode_signs(model: MorphableModel) -> np.ndarray:
    """[K] 1 for symmetric identity modes, -1 for antisymmetric ones."""
    basis = model.identity_basis[:IDENTITIES]
    return np.sign([(mode[model.mirror] * (-1, 1, 1) * mode).sum() for mode in basis])


def mirrored(errors: Errors, signs: np.ndarray) -> Errors:
    """The errors and those of all mirror images."""
    return Errors(
        np.concatenate([errors.offsets, errors.offsets[:, OTHER_SIDE] * (-1, 1)]),
        np.concatenate([errors.terms, errors.terms * (1, -1, 1, 1)]),
        np.concatenate([errors.identity, errors.identity * signs]),
    )


def split(errors: Errors) -> tuple[np.ndarray, ...]:
    """What the errors consist of; their second half is the mirror image of the first.

    Returns:
        Bias [2, 478, 4], response [2, 478, K], drift [2, 478, D] (principal axes times their standard deviations);
        what pose and identity leave over of pictures that were left out [n, 478, 2]; what the drift leaves of that.
    """
    count = len(errors.offsets)
    flat = errors.offsets.reshape(count, -1)
    beyond = np.zeros_like(flat)
    order = np.random.default_rng(0).permutation(count // 2)
    for fold in np.array_split(order, FOLDS):
        left_out = np.r_[fold, fold + count // 2]
        others = np.setdiff1d(np.arange(count), left_out)
        beyond[left_out] = flat[left_out] - _design(errors)[left_out] @ _ridge(_design(errors)[others], flat[others])
    _, strength, axes = np.linalg.svd(beyond, full_matrices=False)
    axes, strength = axes[:DRIFTS], strength[:DRIFTS] / np.sqrt(count)
    rest = beyond - beyond @ axes.T @ axes
    terms = errors.terms.shape[1]
    solution = _ridge(_design(errors), flat)
    by_landmark = [
        part.reshape(len(part), -1, 2).transpose(2, 1, 0)
        for part in (solution[:terms], solution[terms:], axes * strength[:, None])
    ]
    return *by_landmark, beyond.reshape(errors.offsets.shape), rest.reshape(errors.offsets.shape)


def _design(errors: Errors) -> np.ndarray:
    return np.concatenate([errors.terms, errors.identity], axis=1)


def _ridge(design: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Coefficients [4 + K, M] of a regression that believes in small ones, except for the pose's terms."""
    believed = np.full(design.shape[1], RIDGE)
    believed[: design.shape[1] - IDENTITIES] = 1.0
    return np.linalg.solve(design.T @ design + np.diag(believed), design.T @ wanted)


def _landed(model: MorphableModel, casts: list[Cast], landmark: int) -> np.ndarray:
    """[n, 3] places on the mean head where one landmark fell on skin that faces the camera."""
    normal = _normals(model)[landmark : landmark + 1]
    places = []
    for cast in casts:
        triangle = cast.triangle[landmark]
        if triangle < 0:
            continue
        corners = model.triangles[triangle]
        there = (cast.barycentric[landmark] @ cast.vertices[corners])[None]
        if _facing(cast.camera, there, normal)[0] > 0.45:
            places.append(cast.barycentric[landmark] @ model.mean[corners])
    return np.array(places).reshape(-1, 3)


def _normals(model: MorphableModel) -> np.ndarray:
    corners = model.mean[model.landmarks_478.triangle_vertices]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _facing(camera: Camera, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    sight = camera.position - points
    return (normals * sight).sum(1) / np.linalg.norm(sight, axis=1)


def _geometric_median(points: np.ndarray) -> np.ndarray:
    middle = np.median(points, 0)
    for _ in range(20):
        weight = 1.0 / np.hypot(np.linalg.norm(points - middle, axis=1), 0.001)
        middle = (points * weight[:, None]).sum(0) / weight.sum()
    return middle


def aligned(source: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """`source` [n, 2] after the similarity that brings it closest to `target` [n, 2]."""
    weight = weight / weight.sum()
    shift, onto = weight @ source, weight @ target
    complex_source = (source - shift) @ np.array([1.0, 1.0j])
    complex_target = (target - onto) @ np.array([1.0, 1.0j])
    turn = (weight * complex_source.conj() @ complex_target) / (weight @ np.abs(complex_source) ** 2)
    turned = complex_source * turn
    return np.column_stack([turned.real, turned.imag]) + onto


if __name__ == "__main__":
    main()
