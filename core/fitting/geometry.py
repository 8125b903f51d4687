"""Shape, expressions and full perspective cameras of a head from the landmarks of one or several photos.

Only numpy: Blender itself can run it at each drag of a pin. The photos share the identity; each has its own
expression, pose and focal length. What the landmarks leave open (how much of a long face is a short distance,
how much of a wide mouth is a smile) is settled by the priors in `landmark_evidence.Priors`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..camera import FACING_CAMERA, Camera, focal_px_from_35mm, nearest_rotation
from ..errors import FitError
from ..settings import GeometrySettings
from .fit import Fit
from .landmark_calibration import pose_terms, upright
from .landmark_evidence import GeometryState, Observation, Priors
from .landmark_model import IRIS_RINGS, LandmarkModel, landmark_model
from .landmark_residuals import POSE, GeometryProblem
from .levenberg_marquardt import Free, minimise

EYE_DISTANCE = 0.063
"""Metres between the eyes of an average adult: the unit of normalised errors, measured where the face is."""

DRIFT = "landmark_drift"
"""Name in `Fit.extra` of the landmark network's usual errors in each photo [P, D]; a resumed fit needs them."""

POSE_ROUNDS = 4
WIDE_ROUNDS = 4
WIDE = 5.0
"""How much later landmarks count as outliers in the first rounds."""

COARSE = 0.02
"""Relative gain at which the first rounds are good enough."""

BLINKS = ("eyeBlinkLeft", "eyeBlinkRight")
CLOSED = 0.55
"""Score of a blink from which the network guesses the iris behind the lid, and no size follows from it."""

LARGE_ERROR = 0.06
FEWEST_LANDMARKS = 20


@dataclass(frozen=True, eq=False)
class GeometryResult:
    """What `fit_landmarks` found.

    Attributes:
        fit: identity, expressions and cameras.
        landmarks_px: per photo, [N, 2] pixels of the model's landmarks; contour landmarks where they slid to.
        residual_px: [P] weighted root mean square distance of landmarks from their targets, pixels.
        normalised_error: [P] the same in units of the distance between the eyes (63 mm at the face).
        distance_m: [P] from each camera to the middle of the face.
        rounds: Levenberg-Marquardt rounds that were used.
        notes: plain sentences about photos whose fit deserves a look.
    """

    fit: Fit
    landmarks_px: tuple[np.ndarray, ...]
    residual_px: np.ndarray
    normalised_error: np.ndarray
    distance_m: np.ndarray
    rounds: int
    notes: tuple[str, ...]


def fit_landmarks(
    model: Any,
    landmarks: Sequence[Any],
    image_sizes: Sequence[tuple[int, int]],
    exif_focals_35mm: Sequence[float | None] | None = None,
    settings: GeometrySettings | None = None,
    priors: Priors | None = None,
    start: Fit | None = None,
    on_round: Callable[[], None] | None = None,
    names: Sequence[str] | None = None,
) -> GeometryResult:
    """Fit one head to the landmarks of its photos.

    Args:
        model: a `MorphableModel`.
        landmarks: per photo, something with `points` [478, 2] in pixels; its `confidence` (a number or
            [478]), `weights` [478], `expression_scores` (by name) and `pins` [n, 3] (index, x and y in pixels of
            landmarks that the artist has put in place) are used where it has them.
        image_sizes: (width, height) of each photo in pixels.
        exif_focals_35mm: 35 mm equivalent focal length that each photo states, None where it does not.
        settings: number of rounds; 12 when None.
        priors: what is likely before a photo is seen; the tuned ones when None.
        start: an earlier fit of the same photos to go on from (a dragged pin).
        on_round: called before each round; may raise to stop.
        names: what the notes call each photo; "photo 1" and so on when None.

    Returns:
        The fit, and how well it explains the landmarks.

    Raises:
        FitError: when a photo's landmarks cannot carry a fit.
    """
    priors = priors or Priors()
    rounds = settings.rounds if settings is not None else 12
    cut = landmark_model(model)
    focals = exif_focals_35mm or [None] * len(landmarks)
    observed = [
        observe(cut, one, size, focal, priors, number)
        for number, (one, size, focal) in enumerate(zip(landmarks, image_sizes, focals, strict=True), 1)
    ]
    observations = tuple(observation for observation, _ in observed)
    problem = GeometryProblem(cut, observations, priors, priors.robust_scale)
    pose, everything = _pose_only(cut, len(observations)), _everything(cut, len(observations))
    used = 0
    if start is None:
        # An average face is far from most landmarks: none may count as an outlier before the shape has come near.
        wide = replace(problem, robust_scale=WIDE * priors.robust_scale)
        state = _start(cut, observations, [pose for _, pose in observed])
        posing = replace(wide, pose_only=True)
        state, used = minimise(posing, state, pose, POSE_ROUNDS, COARSE, on_round=on_round)
        state, more = minimise(wide, state, everything, WIDE_ROUNDS, COARSE, on_round=on_round)
        used += more
    else:
        state = resumed(cut, start)
    state, more = minimise(problem, state, everything, rounds, on_round=on_round)
    result = _result(problem.prepared(state), state, image_sizes, len(model.coarse_identity), used + more)
    names = names or [f"photo {number}" for number in range(1, len(landmarks) + 1)]
    return replace(result, notes=_notes(result, names))


def observe(
    cut: LandmarkModel,
    landmarks: Any,
    size: tuple[int, int],
    focal_35mm: float | None,
    priors: Priors,
    number: int,
) -> tuple[Observation, tuple[np.ndarray, np.ndarray, float]]:
    """One photo's evidence, and its affine pose (rotation, centre in pixels, log pixels per metre).

    Args:
        cut: the landmarks' model.
        landmarks, size, focal_35mm: as in `fit_landmarks`.
        priors: what is likely beforehand.
        number: of the photo, for messages.

    Raises:
        FitError: when the landmarks cannot carry a fit.
    """
    points = np.asarray(landmarks.points, np.float64)
    if points.shape[0] != cut.landmarks or points.ndim != 2:
        raise FitError(
            f"Photo {number} has landmarks of shape {points.shape}; ({cut.landmarks}, 2) are needed.",
            "Detect the landmarks again with the built-in landmark network.",
        )
    confidence = getattr(landmarks, "weights", None)
    confidence = getattr(landmarks, "confidence", 1.0) if confidence is None else confidence
    finite = np.all(np.isfinite(points[:, :2]), axis=1)
    confidence = np.broadcast_to(np.asarray(confidence, np.float64), len(points))
    weight = cut.weight * np.clip(confidence, 0.0, 1.0) * finite
    target = np.where(finite[:, None], points[:, :2], 0.0) - np.asarray(size, np.float64) / 2.0
    if np.count_nonzero(weight) < FEWEST_LANDMARKS:
        raise FitError(
            f"Photo {number} has {np.count_nonzero(weight)} usable landmarks; it needs {FEWEST_LANDMARKS}.",
            "Use a photo that shows the whole face.",
        )
    pose = _affine_pose(cut, target, weight, number)
    weight[cut.outline] *= priors.contour_share
    focal = focal_px_from_35mm(focal_35mm or priors.focal_35mm, *size)
    in_photo = upright(pose[0]) * EYE_DISTANCE * float(np.exp(pose[2]))
    bias, response, drift = (np.einsum("ab,bnd->and", in_photo, one) for one in (cut.bias, cut.response, cut.drift))
    scores = _expression_scores(cut, landmarks)
    closed = max(
        (scores[cut.expression_names.index(name)] for name in BLINKS if name in cut.expression_names), default=0
    )
    iris_px = _iris_diameter(target, weight) if closed < CLOSED else 0.0
    target = target - (bias @ pose_terms(pose[0])).T
    observation = Observation(
        target=target,
        weight=weight,
        sigma_px=float(np.hypot(priors.landmark_sigma * EYE_DISTANCE * np.exp(pose[2]), priors.pixel_sigma)),
        response_px=response,
        drift_px=drift,
        outward=_outline_normals(cut, target),
        iris_px=iris_px,
        log_focal=(float(np.log(focal)), priors.exif_sigma if focal_35mm else priors.focal_sigma),
        expression_mean=priors.score_share * scores,
        pinned=np.zeros(len(points), bool),
    )
    pins = np.asarray(getattr(landmarks, "pins", ()), np.float64).reshape(-1, 3)
    if len(pins):
        pins = pins - [0.0, *np.asarray(size) / 2.0]
        observation = _with_pins(cut, observation, pins, priors, EYE_DISTANCE * float(np.exp(pose[2])))
    return observation, pose


def _with_pins(
    cut: LandmarkModel, observation: Observation, pins: np.ndarray, priors: Priors, eye_distance_px: float
) -> Observation:
    """The evidence with landmarks where the artist has put them.

    A pin says where a point of the head is seen: no error of the network, no outlier, and no sliding along the
    outline. Detected landmarks near it fade out, so that the head moves there as the shape model lets it.

    Args:
        cut: the landmarks' model.
        observation: what was detected.
        pins: [n, 3] index, and pixels from the principal point; those of landmarks that the model lacks are left out.
        priors: a pin's weight and reach.
        eye_distance_px: the distance between the eyes in the photo.
    """
    index = pins[:, 0].astype(int)
    usable = (index >= 0) & (index < cut.landmarks)
    usable[usable] = cut.weight[index[usable]] > 0
    index, places = index[usable], pins[usable, 1:]
    weight, target = observation.weight.copy(), observation.target.copy()
    apart = np.linalg.norm(target[:, None] - target[index], axis=2) / (priors.pin_reach * eye_distance_px)
    weight *= np.prod(1.0 - np.exp(-0.5 * apart**2), axis=1)
    weight[index], target[index] = priors.pin_weight, places
    pinned = observation.pinned.copy()
    pinned[index] = True
    free = ~pinned
    return replace(
        observation,
        target=target,
        weight=weight,
        response_px=observation.response_px * free[:, None],
        drift_px=observation.drift_px * free[:, None],
        outward=observation.outward * free[:, None],
        pinned=pinned,
    )


def _affine_pose(
    cut: LandmarkModel, target: np.ndarray, weight: np.ndarray, number: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Scaled orthographic pose of the mean head: rotation, pixel [2] of the pivot, log pixels per metre."""
    inner = weight.copy()
    inner[cut.outline] = 0.0
    points = (cut.mean[:, : cut.landmarks] - cut.centre[:, None]).T
    design = np.column_stack([points, np.ones(len(points))]) * np.sqrt(inner)[:, None]
    solution = np.linalg.lstsq(design, target * np.sqrt(inner)[:, None], rcond=None)[0]
    affine = solution[:3].T
    left, stretch, right = np.linalg.svd(affine, full_matrices=False)
    if stretch[0] < 1e-6 or stretch[1] < 0.05 * stretch[0]:
        raise FitError(
            f"The landmarks of photo {number} lie on a point or a line; they do not show a face.",
            "Use a photo that shows the whole face.",
        )
    axes = left @ right
    rotation = nearest_rotation(np.vstack([axes, np.cross(axes[0], axes[1])]))
    if (FACING_CAMERA @ rotation)[2, 2] < 0:
        # The affine depth can come out mirrored for a flat face: take the frontal one of the two solutions.
        rotation = nearest_rotation(np.vstack([axes[:, :2] @ np.eye(2, 3), [0.0, 0.0, -1.0]]))
    return rotation, solution[3], float(np.log(stretch.mean()))


def _outline_normals(cut: LandmarkModel, target: np.ndarray) -> np.ndarray:
    """[N, 2] unit normals, pointing away from the face, of the polygon through the outline's landmarks."""
    normals = np.zeros_like(target)
    if len(cut.outline) < 3:
        return normals
    ring = target[cut.outline]
    tangent = np.roll(ring, -1, 0) - np.roll(ring, 1, 0)
    normal = np.column_stack([tangent[:, 1], -tangent[:, 0]])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    outwards = np.sum(normal * (ring - ring.mean(0))) > 0
    normals[cut.outline] = normal if outwards else -normal
    return normals


def _iris_diameter(target: np.ndarray, weight: np.ndarray) -> float:
    """Mean diameter of the irises in pixels (the longer of the two measured across each), 0 when unknown."""
    if len(target) < IRIS_RINGS[-1].stop or not all(weight[ring.start] > 0 for ring in IRIS_RINGS):
        return 0.0
    rims = [target[ring][1:] for ring in IRIS_RINGS]
    return float(np.mean([np.linalg.norm(rim[:2] - rim[2:], axis=1).max() for rim in rims]))


def _expression_scores(cut: LandmarkModel, landmarks: Any) -> np.ndarray:
    """[E] scores that the landmark network gives to the model's expressions, 0 for those it does not know."""
    scores = getattr(landmarks, "expression_scores", None)
    if not isinstance(scores, Mapping):
        return np.zeros(len(cut.expression_names))
    return np.clip([float(scores.get(name, 0.0)) for name in cut.expression_names], 0.0, 1.0)


def _start(
    cut: LandmarkModel,
    observations: Sequence[Observation],
    poses: Sequence[tuple[np.ndarray, np.ndarray, float]],
) -> GeometryState:
    return GeometryState(
        identity=np.zeros(cut.identities),
        expressions=np.stack([observation.expression_mean for observation in observations]),
        drift=np.zeros((len(poses), cut.drift.shape[2])),
        rotation=np.stack([rotation for rotation, _, _ in poses]),
        centre=np.stack([centre for _, centre, _ in poses]),
        log_magnification=np.array([log_magnification for _, _, log_magnification in poses]),
        log_focal=np.array([observation.log_focal[0] for observation in observations]),
    )


def resumed(cut: LandmarkModel, start: Fit) -> GeometryState:
    """The unknowns of an earlier fit."""
    pivots = np.stack([camera.transform(cut.centre[None])[0] for camera in start.cameras])
    focal = np.array([camera.focal_px for camera in start.cameras])
    none = np.zeros((len(start.cameras), cut.drift.shape[2]))
    return GeometryState(
        identity=start.identity[: cut.identities].astype(np.float64),
        expressions=start.expressions.astype(np.float64),
        drift=np.asarray(start.extra.get(DRIFT, none), np.float64),
        rotation=np.stack([camera.rotation for camera in start.cameras]),
        centre=pivots[:, :2] / pivots[:, 2:] * focal[:, None],
        log_magnification=np.log(focal / pivots[:, 2]),
        log_focal=np.log(focal),
    )


def _pose_only(cut: LandmarkModel, photos: int) -> Free:
    local = np.zeros((photos, _local_unknowns(cut)), bool)
    local[:, -POSE:-1] = True
    return Free(np.zeros(cut.identities, bool), local)


def _everything(cut: LandmarkModel, photos: int) -> Free:
    return Free(np.ones(cut.identities, bool), np.ones((photos, _local_unknowns(cut)), bool))


def _local_unknowns(cut: LandmarkModel) -> int:
    return len(cut.expression_names) + cut.drift.shape[2] + POSE


def _result(
    problem: GeometryProblem,
    state: GeometryState,
    image_sizes: Sequence[tuple[int, int]],
    identities: int,
    rounds: int,
) -> GeometryResult:
    cameras, landmarks_px, residual_px, errors = [], [], [], []
    for photo, (width, height) in enumerate(image_sizes):
        focal = float(np.exp(state.log_focal[photo]))
        camera_from_world = np.eye(4)
        camera_from_world[:3, :3] = nearest_rotation(state.rotation[photo])
        camera_from_world[:3, 3] = state.pivot(photo) - camera_from_world[:3, :3] @ problem.model.centre
        principal = np.array([width, height]) / 2.0
        cameras.append(Camera(focal, principal, width, height, camera_from_world))
        pixels, residual, weight = problem.projected(state, photo)
        landmarks_px.append(pixels + principal)
        squared = float(np.sum(weight * np.sum(residual**2, 1)) / np.sum(weight))
        residual_px.append(np.sqrt(squared) * problem.observations[photo].sigma_px)
        errors.append(residual_px[-1] / (EYE_DISTANCE * float(np.exp(state.log_magnification[photo]))))
    fit = Fit(
        identity=np.pad(state.identity, (0, identities - len(state.identity))).astype(np.float32),
        expressions=state.expressions.astype(np.float32),
        cameras=tuple(cameras),
        extra={DRIFT: state.drift.astype(np.float32)},
    )
    distance = np.array([np.linalg.norm(state.pivot(photo)) for photo in range(len(cameras))])
    return GeometryResult(
        fit=fit,
        landmarks_px=tuple(landmarks_px),
        residual_px=np.array(residual_px),
        normalised_error=np.array(errors),
        distance_m=distance,
        rounds=rounds,
        notes=(),
    )


def _notes(result: GeometryResult, names: Sequence[str]) -> tuple[str, ...]:
    notes = [
        f"The head follows the landmarks of {name} only to {100 * error:.0f} % of the distance between"
        f" the eyes; {100 * LARGE_ERROR:.0f} % is plenty. The face may be covered, blurred or turned away."
        for name, error in zip(names, result.normalised_error, strict=True)
        if error > LARGE_ERROR
    ]
    identity = result.fit.identity
    unusual = float(np.sqrt(np.mean(identity**2))) if identity.size else 0.0
    if unusual > 2.0:
        notes.append(f"The shape is {unusual:.1f} times as unusual as most people's; check the landmarks.")
    return tuple(notes)
