"""Random heads of ICT-FaceKit's light model (Li, Bladin, Zhao et al. 2020, MIT): real light-stage scans."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from . import lashes
from .eyes import IRIS_RADIUS, eye_uv, flatten_iris, iris_uv_radius, sphere
from .truth_head import CORNEA, EYE, LASHES, MOUTH, SKIN, TEETH, Assembly, TruthHead, displacement, require

# The model's vertices by kind (first, last + 1). Tears, wet rims and the inner shells of the eyes are left out.
FACE, SKULL, LINING = (0, 9409), (0, 11248), (11248, 13294)
SOCKETS, GUMS, TEETH_ALL = (13294, 14062), (14062, 17039), (17039, 21451)
EYES = ((21451, 22221), (23021, 23791))  # left, right
LASH_STRIPS = ((25351, 26035), (26035, 26719))

FACE_TILE = 0.66
"""Share of the skin's width that the first of the model's two tiles gets; the rest of the head gets the other."""
CORNEA_RIM = 1.17 * IRIS_RADIUS
LASHES_PER_STRIP = 34  # three strips for each lid


def ict_head(seed: int, path: Path) -> TruthHead:
    """A random identity: coefficients of 100 modes from the standard normal distribution.

    Args:
        seed: of identity, displacement and lashes.
        path: ``ict_facekit_light.npz``.
    """
    with np.load(require(path)) as file:
        mean, identity = file["mean_cm"] / 100, file["identity_cm"].astype(np.float32) / 100
        basis = file["expression_cm"].astype(np.float32) / 100
        names = tuple(str(name) for name in file["expression_names"])
        triangles, uv = _split(file["faces"], file["faces_uv"], file["uv"])
        landmarks = file["index_idx_to_landmark_verts"].astype(np.int32)
    generator = np.random.default_rng((seed, 1))
    coefficients = generator.normal(size=len(identity)).astype(np.float32)
    vertices = (mean + np.tensordot(coefficients, identity, 1)).astype(np.float64)
    skin = _within(triangles, SKULL)
    still = np.concatenate([vertices[slice(*span)] for span in (LINING, *EYES)])
    vertices += displacement(vertices, triangles[skin], still, generator)
    assembly = Assembly(vertices, basis)
    for spans, squeeze, part in (
        ((SKULL, SOCKETS), _one_tile, SKIN),
        ((LINING, GUMS), _own_tile, MOUTH),
        ((TEETH_ALL,), _own_tile, TEETH),
    ):
        rows = np.any([_within(triangles, span) for span in spans], 0)
        assembly.add(triangles[rows], squeeze(uv[rows]), part)
    for eye, span in enumerate(EYES):
        assembly.turn(np.arange(*span), eye)
    eyes = [_add_eyeball(assembly, vertices, triangles[_within(triangles, span)]) for span in EYES]
    for (centre, _), span in zip(eyes, LASH_STRIPS):
        rows = _within(triangles, span)
        assembly.add_new(*lashes.grow(vertices, triangles[rows], uv[rows], centre, LASHES_PER_STRIP, generator), LASHES)
    open_skin = np.zeros(len(vertices), bool)
    open_skin[slice(*FACE)] = True
    centres, radii = zip(*eyes)
    return assembly.head(
        landmarks,
        open_skin,
        (centres, radii, iris_uv_radius(radii[0])),
        name=f"ict-{seed:04d}",
        family="ict",
        seed=seed,
        expression_names=names,
    )


def _split(quads: np.ndarray, quad_uv: np.ndarray, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Triangles ``[T, 3]`` and their UVs ``[T, 3, 2]`` of quads ``[Q, 4]``; -1 in the last column: a triangle."""
    whole = quads[:, 3] >= 0
    triangles = np.concatenate([quads[:, :3], quads[whole][:, [0, 2, 3]]])
    corners = np.concatenate([quad_uv[:, :3], quad_uv[whole][:, [0, 2, 3]]])
    return triangles.astype(np.int32), uv[corners].astype(np.float32)


def _within(triangles: np.ndarray, span: tuple[int, int]) -> np.ndarray:
    """``[T]`` bool: the triangle's last vertex is one of the span; seams belong to the later kind."""
    last = triangles.max(1)
    return (last >= span[0]) & (last < span[1])


def _one_tile(uv: np.ndarray) -> np.ndarray:
    """The tile of the face and the tile of the rest of the head, side by side in one."""
    back = uv[..., 0].mean(1) > 1
    result = uv.copy()
    result[~back, :, 0] *= FACE_TILE
    result[back, :, 0] = FACE_TILE + (uv[back, :, 0] - 1) * (1 - FACE_TILE)
    return result


def _own_tile(uv: np.ndarray) -> np.ndarray:
    return uv - np.floor(uv.mean(1, keepdims=True))


def _add_eyeball(assembly: Assembly, vertices: np.ndarray, shell: np.ndarray) -> tuple[np.ndarray, float]:
    """White, iris and cornea from the model's outer shell; returns its centre and radius.

    The model's own iris is a second shell inside an outer one that is clear all over, which leaves the white in the
    dark in a path tracer; here the shell itself is the white, and clear only in front of the iris.
    """
    points = vertices[np.unique(shell)]
    middle = (points.min(0) + points.max(0)) / 2
    centre, radius = sphere(points[points[:, 2] < middle[2]])
    aside = np.hypot(*(vertices[shell] - centre)[..., :2].transpose(2, 0, 1))
    clear = ((aside < CORNEA_RIM) & (vertices[shell][..., 2] > centre[2])).all(1)
    uv = eye_uv(vertices[shell], centre)
    assembly.add(shell[~clear], uv[~clear], EYE)
    assembly.add(shell[clear], uv[clear], CORNEA)
    ids, corners = np.unique(shell[clear], return_inverse=True)
    iris = flatten_iris(vertices[ids], centre, IRIS_RADIUS)
    assembly.add_new(iris, ids[:, None], np.ones((len(ids), 1)), corners.reshape(-1, 3), uv[clear], EYE)
    return centre, radius
