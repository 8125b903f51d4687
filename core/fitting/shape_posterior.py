"""What the landmarks leave open of shape, expression and camera: a Gaussian, and the head as a function of it.

A fit through the renderer goes on from the landmarks' optimum and must not lose what they know, errors of the
landmark network included. Around the optimum their cost is a quadratic form (Laplace's approximation), so the
unknowns are whitened by it: a step of 1 in any direction is one standard deviation of what the landmarks and the
priors of shape, expression, distance and focal length together allow, and half the squared length of the unknowns is
the price of leaving them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..camera import Camera, nearest_rotation
from ..photos.landmarks import Landmarks
from ..render.projection import TorchCamera
from ..shape.morphable import MorphableModel
from .fit import Fit
from .geometry import observe, resumed
from .landmark_evidence import GeometryState, Priors
from .landmark_model import landmark_model
from .landmark_residuals import POSE, GeometryProblem


class Posed(NamedTuple):
    """A head as one photo sees it: vertices [V, 3] in the head frame, and the camera; both carry gradients."""

    vertices: Tensor
    camera: TorchCamera


@dataclass(frozen=True, eq=False)
class ShapePosterior:
    """Shape, expressions and cameras of one head in P photos, as a function of whitened unknowns [U].

    Attributes:
        model: the shape model.
        state: the landmarks' optimum.
        sizes: (width, height) of each photo.
        spread: [K + P (E + 7), U] change of identity, then of each photo's expression and pose, with a unit of each
            unknown. Expressions that sit on a bound do not move.
    """

    model: MorphableModel
    state: GeometryState
    sizes: tuple[tuple[int, int], ...]
    spread: Tensor
    _coarse: tuple[Tensor, Tensor, Tensor]
    _subdivision: Tensor

    @classmethod
    def of_fit(
        cls,
        model: MorphableModel,
        landmarks: Sequence[Landmarks],
        sizes: Sequence[tuple[int, int]],
        exif_focals_35mm: Sequence[float | None],
        fit: Fit,
        priors: Priors | None = None,
        device: torch.device | str = "cpu",
    ) -> ShapePosterior:
        """Around a fit of `geometry.fit_landmarks` to the same landmarks; the arguments are those of that function."""
        priors = priors or Priors()
        cut = landmark_model(model)
        observed = [
            observe(cut, one, size, focal, priors, number)[0]
            for number, (one, size, focal) in enumerate(zip(landmarks, sizes, exif_focals_35mm, strict=True), 1)
        ]
        state = resumed(cut, fit)
        problem = GeometryProblem(cut, tuple(observed), priors, priors.robust_scale).prepared(state)
        spread = _spread(problem, state)
        return cls(
            model,
            state,
            tuple(sizes),
            torch.from_numpy(spread).float().to(device),
            _coarse_bases(model, cut.identities, device),
            _subdivision(model, device),
        )

    @property
    def unknowns(self) -> int:
        """U."""
        return self.spread.shape[1]

    def change(self, whitened: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Identity [K], expressions [P, E] and changes of the poses [P, 7] for whitened unknowns [U]."""
        moved = self.spread @ whitened
        identities, photos = len(self.state.identity), len(self.sizes)
        local = moved[identities:].view(photos, -1)
        start = torch.from_numpy(self.state.identity).to(moved), torch.from_numpy(self.state.expressions).to(moved)
        return start[0] + moved[:identities], (start[1] + local[:, :-POSE]).clamp(0, 1), local[:, -POSE:]

    def posed(self, whitened: Tensor) -> list[Posed]:
        """The head in each photo."""
        identity, expressions, poses = self.change(whitened)
        mean, identity_basis, expression_basis = self._coarse
        neutral = mean + (identity @ identity_basis).view(-1, 3)
        heads = []
        for photo, expression in enumerate(expressions):
            coarse = neutral + (expression @ expression_basis).view(-1, 3)
            heads.append(Posed(torch.sparse.mm(self._subdivision, coarse), self._camera(photo, poses[photo])))
        return heads

    def fitted(self, whitened: Tensor, fit: Fit) -> Fit:
        """The fit with these unknowns' identity, expressions and cameras."""
        with torch.no_grad():
            identity, expressions, poses = self.change(whitened)
            cameras = []
            for photo, camera in enumerate(fit.cameras):
                moved = self._camera(photo, poses[photo])
                pose = moved.camera_from_world.double().cpu().numpy()
                pose[:3, :3] = nearest_rotation(pose[:3, :3])
                cameras.append(Camera(float(moved.focal_px), camera.principal_px, camera.width, camera.height, pose))
        identity = np.pad(identity.cpu().numpy(), (0, len(fit.identity) - len(identity)))
        return replace(
            fit,
            identity=identity.astype(np.float32),
            expressions=expressions.cpu().numpy().astype(np.float32),
            cameras=tuple(cameras),
        )

    def _camera(self, photo: int, change: Tensor) -> TorchCamera:
        """The camera of a photo, moved by a change [7] of its pose (see `landmark_residuals.POSE`)."""
        state, (width, height) = self.state, self.sizes[photo]
        size = torch.tensor([width, height], dtype=change.dtype, device=change.device)
        rotation = _rotation(change[:3]) @ torch.from_numpy(state.rotation[photo]).to(change)
        centre = torch.from_numpy(state.centre[photo]).to(change) + change[3:5]
        log_magnification = state.log_magnification[photo] + change[5]
        log_focal = state.log_focal[photo] + change[6]
        pivot = torch.cat([centre * torch.exp(-log_magnification), torch.exp(log_focal - log_magnification)[None]])
        head_pivot = torch.from_numpy(landmark_model(self.model).centre).to(change)
        translation = pivot - rotation @ head_pivot
        top = torch.cat([rotation, translation[:, None]], 1)
        pose = torch.cat([top, top.new_tensor([[0.0, 0.0, 0.0, 1.0]])])
        return TorchCamera(torch.exp(log_focal), size / 2, pose, width, height)


def _spread(problem: GeometryProblem, state: GeometryState) -> np.ndarray:
    """[K + P (E + 7), U] inverse square root of the precision of identity, expressions and poses.

    The landmark network's usual errors (`Calibration.drift`) are integrated out.
    """
    equations = problem.normal_equations(state)
    identities, photos = len(state.identity), len(state.expressions)
    expressions, drifts = state.expressions.shape[1], state.drift.shape[1]
    kept = np.r_[0:expressions, expressions + drifts : expressions + drifts + POSE]
    drift = slice(expressions, expressions + drifts)
    size = len(kept)
    precision = np.zeros((identities + photos * size,) * 2)
    precision[:identities, :identities] = equations.shared
    for photo in range(photos):
        own = slice(identities + photo * size, identities + (photo + 1) * size)
        cross = equations.cross[photo]
        joint = np.block([[np.zeros((identities, identities)), cross], [cross.T, equations.local[photo]]])
        among = identities + np.r_[drift]
        others = np.r_[0:identities, identities + kept]
        schur = joint[np.ix_(others, others)]
        if drifts:
            across = joint[np.ix_(others, among)]
            schur = schur - across @ np.linalg.solve(joint[np.ix_(among, among)], across.T)
        rows = np.r_[0:identities, own]
        precision[np.ix_(rows, rows)] += schur
    held = np.zeros(len(precision), bool)
    blocked = problem.blocked(state, equations).local[:, kept]
    held[identities:] = blocked.ravel()
    free = np.flatnonzero(~held)
    root = np.linalg.cholesky(precision[np.ix_(free, free)])
    spread = np.zeros((len(precision), len(free)))
    spread[free] = np.linalg.inv(root).T
    return spread


def _rotation(vector: Tensor) -> Tensor:
    """Rotation matrix [3, 3] of a small rotation vector [3]; smooth at zero."""
    x, y, z = vector.unbind()
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero]).view(3, 3)
    return torch.matrix_exp(cross)


def _coarse_bases(model: MorphableModel, identities: int, device) -> tuple[Tensor, Tensor, Tensor]:
    flat = model.coarse_identity[:identities].reshape(identities, -1), model.coarse_expression
    bases = (torch.from_numpy(np.ascontiguousarray(basis).reshape(len(basis), -1)).to(device) for basis in flat)
    return torch.from_numpy(model.coarse_mean).to(device), *bases


def _subdivision(model: MorphableModel, device) -> Tensor:
    """Sparse [V, Vc]: from the control mesh to the fine one."""
    row, column = np.nonzero(model.subdivision_weight)
    place = np.stack([row, model.subdivision_index[row, column]])
    weight = model.subdivision_weight[row, column].astype(np.float32)
    shape = (len(model.subdivision_index), len(model.coarse_mean))
    place, weight = torch.from_numpy(place), torch.from_numpy(weight)
    return torch.sparse_coo_tensor(place, weight, shape, check_invariants=True).coalesce().to(device)
