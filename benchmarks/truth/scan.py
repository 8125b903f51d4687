"""The head scan of Lee Perry-Smith (Infinite-Realities, CC BY 3.0), in metres and in the project's frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator

from .truth_head import SKIN, Assembly, TruthHead, require, vertex_normals

METRES_PER_UNIT = 0.94
"""The file has no unit. Widths between the eyes' corners (34 and 100 thousandths), of the nose (37), of the cheeks
(142) and of the skull (166) are those of a grown man (33, 91, 35, 139, 155 mm: Farkas 1994) at 0.91 to 0.98."""
EYE_CENTRES = ((0.0335, -0.003, 0.005), (-0.0335, -0.003, 0.005))
"""Left, right, in the file's units: behind the middle of the closed lids."""

# iBUG points marked by hand on a frontal view: x, y in thousandths of the file's unit. The outline of the jaw but for
# the chin has no place on a surface, and the closed lids have one edge.
LANDMARKS = {
    8: (0, -115), 17: (-61, 2), 18: (-56, 10), 19: (-46, 14), 20: (-34, 14), 21: (-15, 11), 22: (9, 10), 23: (21, 11),
    24: (33, 12), 25: (45, 12), 26: (57, 4), 27: (0, 2), 28: (0, -10), 29: (0, -22), 30: (0, -36), 31: (-13, -46),
    33: (0, -48), 35: (13, -46), 36: (-50, -6), 37: (-40, -9), 38: (-29, -8), 39: (-17, -4), 40: (-29, -8),
    41: (-40, -9), 42: (17, -4), 43: (28, -8), 44: (39, -9), 45: (50, -7), 46: (39, -9), 47: (28, -8), 48: (-21, -74),
    49: (-13, -67), 50: (-5, -62), 51: (0, -64), 52: (5, -62), 53: (13, -67), 54: (24, -73), 57: (0, -80),
    62: (0, -71), 66: (0, -71),
}  # fmt: skip

_U_WARP = PchipInterpolator((0, 0.3, 0.7, 1), (0, 0.12, 0.88, 1))
_V_WARP = PchipInterpolator((0, 0.38, 0.8, 1), (0, 0.14, 0.9, 1))


def scan_head(seed: int, folder: Path) -> TruthHead:
    """The scan, each quad split into eight triangles, its UVs stretched so that the face gets half of the tile.

    Args:
        seed: goes into the name only; skins differ by it.
        folder: ``scans/lee_perry_smith``.
    """
    vertices, triangles, source_uv = _read(require(folder / "LeePerrySmith.obj"))
    vertices, triangles, source_uv = _refine(vertices, triangles, source_uv)
    places = vertices * 1000
    landmarks = np.full(68, -1, np.int32)
    for index, place in LANDMARKS.items():
        aside = np.hypot(*(places[:, :2] - place).T) + 0.5 * (places[:, 2] < -60)
        near = np.flatnonzero(aside < aside.min() + 0.6)
        landmarks[index] = near[places[near, 2].argmax()]
    assembly = Assembly(vertices * METRES_PER_UNIT)
    uv = np.stack([_U_WARP(source_uv[..., 0]), _V_WARP(source_uv[..., 1])], -1)
    assembly.add(triangles, uv, SKIN)
    return assembly.head(
        landmarks,
        np.ones(len(vertices), bool),
        (np.array(EYE_CENTRES) * METRES_PER_UNIT, np.full(2, 0.012), 0.0),
        name=f"scan-{seed:04d}",
        family="scan",
        seed=seed,
        source_uv=source_uv.astype(np.float32),
    )


def _read(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices ``[V, 3]``, triangles ``[T, 3]`` and their UVs ``[T, 3, 2]`` of an OBJ file of quads."""
    rows = {"v": [], "vt": [], "f": []}
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(" ")
        if kind in rows:
            rows[kind].append(rest.split())
    corners = np.array([[corner.split("/")[:2] for corner in face] for face in rows["f"]], np.int64) - 1
    corners = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
    uv = np.array(rows["vt"], np.float64)[:, :2]
    return np.array(rows["v"], np.float64), corners[..., 0], uv[corners[..., 1]]


def _refine(vertices: np.ndarray, triangles: np.ndarray, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each triangle becomes four; the new vertices lie on the curved surface that the normals describe.

    An edge's middle goes to the mean of its projections on the planes at its ends (Phong tessellation, Boubekeur and
    Alexa 2008), three quarters of the way.
    """
    normals = vertex_normals(vertices, triangles)
    sides = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    edges, place = np.unique(np.sort(sides, 1), axis=0, return_inverse=True)
    first, second = vertices[edges[:, 0]], vertices[edges[:, 1]]
    middle = (first + second) / 2
    pulled = [middle - ((middle - vertices[e]) * normals[e]).sum(1, keepdims=True) * normals[e] for e in edges.T]
    middle = 0.25 * middle + 0.75 * (pulled[0] + pulled[1]) / 2
    ab, bc, ca = (place.reshape(-1, 3) + len(vertices)).T
    a, b, c = triangles.T
    refined = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], 1).reshape(-1, 3)
    ua, ub, uc = uv[:, 0], uv[:, 1], uv[:, 2]
    uab, ubc, uca = (ua + ub) / 2, (ub + uc) / 2, (uc + ua) / 2
    refined_uv = np.stack([ua, uab, uca, uab, ub, ubc, uca, ubc, uc, uab, ubc, uca], 1).reshape(-1, 3, 2)
    return np.concatenate([vertices, middle]), refined, refined_uv
