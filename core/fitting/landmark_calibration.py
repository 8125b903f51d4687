"""Where the landmark network usually puts its points on a head, and how it errs. Only numpy.

A network that has seen many faces draws an unusual face more usual than it is: of a wide jaw or a long nose it shows
a part only. So its errors are not noise but depend on the head, and a fit that takes them for noise makes every head
look like the mean. `training/landmark_calibration.py` measures on pictures of known heads how the points err on an
average head in each pose (`Calibration.bias`), how the error depends on each identity coefficient (`response`), and
which errors are usual beside (`drift`).
"""

from __future__ import annotations

import pathlib
from dataclasses import dataclass
from typing import Any

import numpy as np

CALIBRATION_PATH = pathlib.Path(__file__).parents[1] / "data" / "landmark_calibration.npz"
"""Made by `training/landmark_calibration.py`; places are kept as offsets on the mean head, so that the file outlives
a renumbered mesh."""

LOWER_INNER_LIP = {95: 96, 88: 89, 178: 179, 87: 86, 14: 15, 317: 316, 402: 403, 318: 319, 324: 325}
"""Landmarks on the lower lip's inner edge, and beside each the next one outwards, which is surely on the lower lip."""
WITH_THE_JAW = 0.75
"""A part of the lower lip goes at least this share of its neighbour's way when the jaw opens; the upper lip, 0.3."""

SAME_START = 0.001
"""Metres by which a model's landmarks may differ from those that the calibration started from, in the median."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Places and usual errors of N landmarks. Errors are those of the network's points against the head's, x right
    and y down beside an upright head, in units of the distance between the eyes (63 mm where the face is); of a
    landmark of the outline, only the part across the outline is known.

    Attributes:
        corners, barycentric: [N, 3] triangles around the landmarks, and where in them.
        weight: [N] how far each landmark can be trusted, 0 = not embedded.
        bias: [2, N, 4] error on an average head, by the terms of `pose_terms`.
        response: [2, N, K] change of the error with a unit of each identity coefficient.
        drift: [2, N, D] usual errors beside; a coefficient of 1 is one standard deviation.
    """

    corners: np.ndarray
    barycentric: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    response: np.ndarray
    drift: np.ndarray


def upright(rotation: np.ndarray) -> np.ndarray:
    """[2, 2] turns x right and y down beside an upright head with a `rotation` [3, 3] to the axes of a photo."""
    up = -rotation[:2, 1] / np.linalg.norm(rotation[:2, 1])
    return np.array([[up[1], up[0]], [-up[0], up[1]]])


def pose_terms(rotation: np.ndarray) -> np.ndarray:
    """[4] what the mean error depends on: 1, how far the face looks aside, its square, how far the face looks down."""
    aside, down = rotation[:2, 2] @ upright(rotation)
    return np.array([1.0, aside, aside**2, down])


def embedded(model: Any, identities: int) -> Calibration:
    """The landmarks as the model itself places them, without any error."""
    embedding = model.landmarks_478
    weight = np.array(embedding.weight, np.float64)
    return Calibration(
        corners=np.array(embedding.triangle_vertices, np.int64),
        barycentric=np.array(embedding.barycentric, np.float64),
        weight=weight,
        bias=np.zeros((2, len(weight), len(pose_terms(np.eye(3))))),
        response=np.zeros((2, len(weight), identities)),
        drift=np.zeros((2, len(weight), 0)),
    )


def calibration(model: Any, identities: int) -> Calibration:
    """The calibrated landmarks of a model; those that it places itself where the calibration was not made for it."""
    own = embedded(model, identities)
    if not is_calibrated(model):
        return own
    with np.load(CALIBRATION_PATH) as settled:
        stored = {name: settled[name].astype(np.float64) for name in settled.files}
    mean = np.asarray(model.mean, np.float64)
    moved = np.flatnonzero(stored["offset"].any(1))
    start = np.einsum("nc,ncd->nd", own.barycentric, mean[own.corners])
    skin = model.triangles[model.triangle_part == model.part_names.index("skin")]
    corners, barycentric = surface_points(mean, skin, start[moved] + stored["offset"][moved])
    own.corners[moved], own.barycentric[moved] = corners, barycentric
    lips = lower_inner_lip(model, skin, start + stored["offset"])
    for landmark, place in lips.items():
        own.corners[landmark], own.barycentric[landmark] = place
    return Calibration(
        own.corners,
        own.barycentric,
        stored["weight"],
        stored["bias"],
        stored["response"][:, :, :identities],
        stored["drift"],
    )


def is_calibrated(model: Any) -> bool:
    """Whether the calibration was made for a model whose landmarks start from the same places (within 1 mm)."""
    if not CALIBRATION_PATH.exists():
        return False
    with np.load(CALIBRATION_PATH) as settled:
        start = settled["start"]
    embedding = model.landmarks_478
    own = np.einsum("nc,ncd->nd", embedding.barycentric, model.mean[embedding.triangle_vertices])
    return bool(np.median(np.linalg.norm(own - start, axis=1)) < SAME_START)


def lower_inner_lip(model: Any, skin: np.ndarray, targets: np.ndarray) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Places on the lower lip for the landmarks of its inner edge.

    On the closed mouth of the mean head both lips lie together, and the nearest skin may be the upper lip's: a mouth
    that opens would leave the landmark there.

    Args:
        model: the morphable model.
        skin: [T, 3] its triangles of skin.
        targets: [N, 3] where on the mean head each landmark lies.

    Returns:
        Triangle [3] and barycentric coordinates [3] of each of those landmarks.
    """
    down = -model.expression_basis[model.expression_names.index("jawOpen")][:, 1]
    least = down[skin].min(1)
    embedding, places = model.landmarks_478, {}
    for landmark, neighbour in LOWER_INNER_LIP.items():
        way = embedding.barycentric[neighbour] @ down[embedding.triangle_vertices[neighbour]]
        corners, weights = surface_points(model.mean, skin[least > WITH_THE_JAW * way], targets[landmark, None])
        places[landmark] = corners[0], weights[0]
    return places


def surface_points(mean: np.ndarray, triangles: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points of a surface nearest to targets, to a twentieth of a triangle's side.

    Args:
        mean: [V, 3] vertices.
        triangles: [T, 3].
        targets: [n, 3] points near the surface.

    Returns:
        Triangles [n, 3] and barycentric coordinates [n, 3].
    """
    middle = mean[triangles].mean(1)
    squared = (middle**2).sum(1) - 2.0 * targets @ middle.T
    near = triangles[np.argpartition(squared, 12, axis=1)[:, :12]]
    first, second = np.meshgrid(np.linspace(0.0, 1.0, 21), np.linspace(0.0, 1.0, 21))
    grid = np.stack([first, second, 1.0 - first - second], -1)[first + second <= 1.0 + 1e-9]
    places = np.einsum("gc,ntcd->ntgd", grid, mean[near])
    distance = np.linalg.norm(places - targets[:, None, None], axis=-1).reshape(len(targets), -1)
    triangle, place = np.divmod(distance.argmin(1), len(grid))
    return near[np.arange(len(targets)), triangle], grid[place]
