"""Cost, residuals and analytic derivatives of landmarks seen in several photos. Only numpy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ..camera import rotation_from_vector
from .landmark_evidence import GeometryState, Observation, Priors
from .landmark_model import IRIS_RINGS, LandmarkModel
from .levenberg_marquardt import Free, NormalEquations

POSE = 7
"""Unknowns of a pose: rotation (3), centre in pixels (2), log magnification, log focal length."""

NEAREST_DEPTH = 0.03
"""No point of the head may come nearer to the camera than this, in metres."""


@dataclass(frozen=True, eq=False)
class GeometryProblem:
    """Landmarks, contours, irises and priors of all photos (implements `levenberg_marquardt.Problem`).

    Attributes:
        model: the landmarks' linear model.
        observations: one per photo.
        priors: what is likely beforehand.
        robust_scale: sigmas at which a landmark starts to count as an outlier.
        pose_only: leave out the derivatives by everything but the poses (they are zero then).
        seen: [P, N] share of each landmark that faces the camera; renewed by `prepared`, all when None.
        views: what was computed for a state last, because cost and derivatives ask for the same.
    """

    model: LandmarkModel
    observations: tuple[Observation, ...]
    priors: Priors
    robust_scale: float
    pose_only: bool = False
    seen: np.ndarray | None = None
    views: dict[int, tuple[GeometryState, _View]] = field(default_factory=dict)

    def prepared(self, state: GeometryState) -> GeometryProblem:
        """The problem with each landmark's visibility as the poses of `state` have it."""
        seen = [self._facing(state, photo) for photo in range(len(self.observations))]
        return replace(self, seen=np.stack(seen))

    def cost(self, state: GeometryState) -> float:
        """Negative log posterior up to a constant; infinite when a head touches a camera."""
        total = 0.5 * float(np.sum((state.identity / self.priors.identity_sigma) ** 2))
        for photo, observation in enumerate(self.observations):
            view = self._view(state, photo)
            if view.in_camera[2].min() < NEAREST_DEPTH:
                return float("inf")
            residual, weight, _, _ = self._image_residuals(view, photo, state)
            squared = np.sum(residual**2, -1)
            doubt = self._doubt(photo)
            total += 0.5 * float(np.sum(weight * squared / (1.0 + doubt * squared)))
            total += 0.5 * float(np.sum(self._scalar_residuals(state, photo, view)[0] ** 2))
            expression = state.expressions[photo]
            total += 0.5 * float(np.sum(self._expression_residual(expression, observation) ** 2))
            total += self.priors.expression_sparsity * float(expression.sum())
            total += 0.5 * float(np.sum(state.drift[photo] ** 2))
        return total

    def normal_equations(self, state: GeometryState) -> NormalEquations:
        """Gauss-Newton normal equations; robust weights by iterative re-weighting."""
        identities = self.model.identities
        shared = np.eye(identities) / self.priors.identity_sigma**2
        shared_gradient = state.identity / self.priors.identity_sigma**2
        cross, local, local_gradient = [], [], []
        for photo in range(len(self.observations)):
            matrix, gradient = self._photo_equations(state, photo)
            shared += matrix[:identities, :identities]
            shared_gradient = shared_gradient + gradient[:identities]
            cross.append(matrix[:identities, identities:])
            local.append(matrix[identities:, identities:])
            local_gradient.append(gradient[identities:])
        return NormalEquations(shared, np.stack(cross), np.stack(local), shared_gradient, np.stack(local_gradient))

    def blocked(self, state: GeometryState, equations: NormalEquations) -> Free:
        """Expressions at 0 or 1 that the gradient pushes further."""
        local = np.zeros(equations.local_gradient.shape, bool)
        expressions = state.expressions.shape[1]
        push = equations.local_gradient[:, :expressions]
        at_rest, at_most = state.expressions <= 0.0, state.expressions >= 1.0
        local[:, :expressions] = (at_rest & (push > 0)) | (at_most & (push < 0))
        return Free(np.zeros(len(state.identity), bool), local)

    def moved(self, state: GeometryState, shared_step: np.ndarray, local_step: np.ndarray) -> GeometryState:
        """The state after a step; rotations are turned from the left, expressions clipped to [0, 1]."""
        expressions = state.expressions.shape[1]
        pose = local_step[:, -POSE:]
        turned = [rotation_from_vector(step[:3]) @ rotation for step, rotation in zip(pose, state.rotation)]
        return GeometryState(
            identity=state.identity + shared_step,
            expressions=np.clip(state.expressions + local_step[:, :expressions], 0.0, 1.0),
            drift=state.drift + local_step[:, expressions:-POSE],
            rotation=np.stack(turned),
            centre=state.centre + pose[:, 3:5],
            log_magnification=state.log_magnification + pose[:, 5],
            log_focal=state.log_focal + pose[:, 6],
        )

    def projected(self, state: GeometryState, photo: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A photo's landmarks on the head.

        Returns:
            Their pixels [N, 2] from the principal point (contour landmarks where they slid to), residuals
            [N, 2] in sigmas (contour landmarks: along the outline's normal only) and weights [N].
        """
        view = self._view(state, photo)
        residual, weight, _, chosen = self._image_residuals(view, photo, state)
        return view.pixels[:, chosen].T, residual, weight

    def _facing(self, state: GeometryState, photo: int) -> np.ndarray:
        points = self.model.mean[:, : self.model.landmarks] - self.model.centre[:, None]
        rotation = state.rotation[photo]
        sight = rotation @ points + state.pivot(photo)[:, None]
        sight /= np.linalg.norm(sight, axis=0)
        facing = -np.sum((rotation @ self.model.normals.T) * sight, 0)
        return np.clip((facing + 0.15) / 0.45, 0.02, 1.0)

    def _view(self, state: GeometryState, photo: int) -> _View:
        kept = self.views.get(photo)
        if kept is None or kept[0] is not state:
            kept = self.views[photo] = state, self._new_view(state, photo)
        return kept[1]

    def _new_view(self, state: GeometryState, photo: int) -> _View:
        coefficients = np.concatenate([state.identity, state.expressions[photo]])
        rotation, pivot = state.rotation[photo], state.pivot(photo)
        rotated = rotation @ (self.model.points(coefficients) - self.model.centre[:, None])
        in_camera = rotated + pivot[:, None]
        focal = float(np.exp(state.log_focal[photo]))
        pixels = focal * in_camera[:2] / in_camera[2]
        metres_per_pixel = float(np.exp(-state.log_magnification[photo]))
        return _View(rotation, pivot, metres_per_pixel, focal, rotated, in_camera, pixels)

    def _image_residuals(
        self, view: _View, photo: int, state: GeometryState
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What the photo's landmarks say against the head.

        Returns:
            Residuals [N, 2] in sigmas, weights [N], outline normals [N, 2] (zero where a landmark is a
            point), and the index [N] of the model's point that each landmark is compared with.
        """
        observation, count = self.observations[photo], self.model.landmarks
        chosen = np.arange(count)
        contour = self.model.contour
        lines = count + np.arange(self.model.line_usable.size).reshape(self.model.line_usable.shape)
        reach = np.einsum("dcs,cd->cs", view.pixels[:, lines], observation.outward[contour])
        # The outline is where a line, followed from the cheek backwards, reaches furthest out; on the side that
        # faces the camera that is its end before the ear, where the network also puts its points.
        furthest = np.where(self.model.line_usable, reach, -np.inf).argmax(1)
        sliding = ~observation.pinned[contour]
        chosen[contour[sliding]] = lines[np.arange(len(contour)), furthest][sliding]

        error = observation.response_px @ state.identity + observation.drift_px @ state.drift[photo]
        offset = view.pixels[:, chosen] + error - observation.target.T
        residual = offset.T / observation.sigma_px
        outward = observation.outward
        along = np.sum(residual * outward, 1, keepdims=True) * outward
        residual = np.where(outward.any(1, keepdims=True), along, residual)
        seen = np.ones(count) if self.seen is None else self.seen[photo].copy()
        seen[contour] = 1.0
        detected = np.where(observation.pinned, 0.0, observation.weight)
        share = min(1.0, self.priors.independent_landmarks / max(1.0, float(detected.sum())))
        weight = np.where(observation.pinned, observation.weight, observation.weight * seen * share)
        return residual, weight, outward, chosen

    def _doubt(self, photo: int) -> np.ndarray:
        """[N] one over the squared sigmas at which a landmark counts as an outlier; a pinned one never does."""
        return np.where(self.observations[photo].pinned, 0.0, self.robust_scale**-2)

    def _photo_equations(self, state: GeometryState, photo: int) -> tuple[np.ndarray, np.ndarray]:
        view, observation = self._view(state, photo), self.observations[photo]
        residual, weight, outward, chosen = self._image_residuals(view, photo, state)
        squared = np.sum(residual**2, 1)
        robust = weight / (1.0 + self._doubt(photo) * squared) ** 2
        used = np.flatnonzero(robust > 1e-9)
        whiten = np.sqrt(robust[used]) / observation.sigma_px
        errors = observation.response_px[:, used], observation.drift_px[:, used]
        rows = self._pixel_jacobian(view, chosen[used], *errors) * whiten[:, None]
        lined = outward[used].any(1)
        normal = outward[used][lined]
        projected = np.einsum("dnq,nd->nq", rows[:, lined], normal)
        rows[0, lined], rows[1, lined] = projected, 0.0
        values = residual[used].T * np.sqrt(robust[used])
        values[0, lined], values[1, lined] = np.sum(values[:, lined].T * normal, 1), 0.0

        scalars, scalar_rows = self._scalar_residuals(state, photo, view)
        jacobian = np.concatenate([rows.reshape(-1, rows.shape[2]), scalar_rows])
        errors = np.concatenate([values.ravel(), scalars])
        if self.pose_only:
            jacobian = jacobian[:, -POSE:]
        unknowns, first = rows.shape[2], rows.shape[2] - jacobian.shape[1]
        matrix, gradient = np.zeros((unknowns, unknowns)), np.zeros(unknowns)
        matrix[first:, first:], gradient[first:] = jacobian.T @ jacobian, jacobian.T @ errors

        expressions = slice(self.model.identities, self.model.identities + state.expressions.shape[1])
        diagonal = np.einsum("ii->i", matrix)
        diagonal[expressions] += 1.0 / self.priors.expression_sigma**2
        residual = self._expression_residual(state.expressions[photo], observation)
        gradient[expressions] += residual / self.priors.expression_sigma + self.priors.expression_sparsity
        drift = slice(expressions.stop, -POSE)
        diagonal[drift] += 1.0
        gradient[drift] += state.drift[photo]
        return matrix, gradient

    def _pixel_jacobian(
        self, view: _View, index: np.ndarray, response_px: np.ndarray, drift_px: np.ndarray
    ) -> np.ndarray:
        """Derivatives [2, n, K + E + D + POSE] of where the network would show the model's points `index`."""
        x, y, depth = view.in_camera[:, index]
        zero = np.zeros_like(depth)
        scale = view.focal / depth
        by_point = np.array([[scale, zero, -scale * x / depth], [zero, scale, -scale * y / depth]])  # [2, 3, n]
        by_head = np.einsum("adn,de->aen", by_point, view.rotation)
        coefficients = self.model.basis.shape[2]
        rows = np.zeros((2, len(index), coefficients + drift_px.shape[2] + POSE))
        if not self.pose_only:
            rows[:, :, coefficients:-POSE] = drift_px
            basis = self.model.basis[:, index]
            for axis in range(2):
                rows[axis, :, :coefficients] = sum(by_head[axis, d][:, None] * basis[d] for d in range(3))
            rows[:, :, : response_px.shape[2]] += response_px
        rotated = view.rotated[:, index]
        pose = rows[:, :, -POSE:]
        pose[:, :, :3] = np.cross(rotated.T[None], by_point.transpose(0, 2, 1))
        pose[:, :, 3] = by_point[:, 0] * view.metres_per_pixel
        pose[:, :, 4] = by_point[:, 1] * view.metres_per_pixel
        pose[:, :, 5] = -np.einsum("adn,d->an", by_point, view.pivot)
        pose[:, :, 6] = view.pixels[:, index] + by_point[:, 2] * view.pivot[2]
        return rows

    def _scalar_residuals(self, state: GeometryState, photo: int, view: _View) -> tuple[np.ndarray, np.ndarray]:
        """Residuals [3] and rows [3, Q] of focal length, distance and iris diameter against the expected."""
        priors, observation = self.priors, self.observations[photo]
        coefficients = self.model.basis.shape[2]
        rows = np.zeros((3, coefficients + state.drift.shape[1] + POSE))
        mean, sigma = observation.log_focal
        log_focal, log_magnification = state.log_focal[photo], state.log_magnification[photo]
        rows[0, -1] = 1.0 / sigma
        rows[1, -2:] = -1.0 / priors.distance_sigma, 1.0 / priors.distance_sigma
        distance = (log_focal - log_magnification - np.log(priors.distance)) / priors.distance_sigma
        residuals = np.array([(log_focal - mean) / sigma, distance, 0.0])
        # One person's irises are as unusual in every photo: they count once, however many photos there are.
        iris_sigma = priors.iris_sigma * np.sqrt(len(self.observations))
        if observation.iris_px > 0:
            eyes = [ring.start for ring in IRIS_RINGS]
            depth = float(view.in_camera[2, eyes].mean())
            expected = np.log(priors.iris_diameter) + log_focal - np.log(depth)
            residuals[2] = (expected - np.log(observation.iris_px)) / iris_sigma
            by_depth = -1.0 / (depth * iris_sigma)
            eye_basis = self.model.basis[:, eyes].mean(1)
            rows[2, :coefficients] = by_depth * (view.rotation[2] @ eye_basis)
            rotated = view.rotated[:, eyes].mean(1)
            rows[2, -POSE : 2 - POSE] = by_depth * rotated[1], -by_depth * rotated[0]
            rows[2, -2] = -by_depth * view.pivot[2]
            rows[2, -1] = by_depth * view.pivot[2] + 1.0 / iris_sigma
        return residuals, rows

    def _expression_residual(self, expression: np.ndarray, observation: Observation) -> np.ndarray:
        return (expression - observation.expression_mean) / self.priors.expression_sigma


@dataclass(frozen=True, eq=False)
class _View:
    """All points of the model as one photo's camera sees them; coordinates first."""

    rotation: np.ndarray
    pivot: np.ndarray
    metres_per_pixel: float
    focal: float
    rotated: np.ndarray
    in_camera: np.ndarray
    pixels: np.ndarray
