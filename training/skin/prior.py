"""Regional priors of specular albedo and roughness, and the pore detail of skin, in our UV layout.

What is captured: the *ratios* of highlight strength between the regions of a face (medians over patches of
Lee Perry-Smith's specular map, CC BY 3.0) and the relief of his cheek and forehead (his displacement map).
What is modelled: the absolute level (index of refraction 1.4, so 0.5 on Principled's scale on a cheek, and a
cheek's roughness of 0.45), how far the ratios are compressed (his map was painted for contrast), and the
depth of the relief in each region. Antonia's gloss map (CC BY 3.0) was compared: nearly constant over the
face (medians 85-98 of 255), darker on the lids; it agrees in sign and adds no figure of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.completion.atlas import Atlas, bleed, build_atlas
from core.shape.morphable import MorphableModel
from training.shape.render import vertex_normals

from .detail import Exemplar, make_exemplar, skin_field

DETAIL_RESOLUTION, GLOSS_RESOLUTION = 1024, 512
CHEEK_SPECULAR, CHEEK_ROUGHNESS = 0.46, 0.45
SPECULAR_EXPONENT, ROUGHNESS_EXPONENT = 0.3, -0.22

SPECULAR_PATCHES = {  # x, y, width, height in Lee Perry-Smith's 1024 px specular map
    "cheeks": (610, 370, 40, 50),
    "forehead": (440, 110, 150, 60),
    "nose": (480, 300, 60, 80),
    "lips": (480, 462, 60, 14),
    "ears": (210, 310, 50, 150),
    "neck": (350, 700, 100, 80),
    "scalp": (150, 60, 100, 80),
}
MODELLED_GLOSS = {  # relative to the cheek, where the scanned person has beard or closed lids
    "chin": 1.15,
    "lids": 0.9,
    "brows": 0.6,
    "nostrils": 0.4,
    "mouth_inner": 4.0,
    "eye_socket": 1.0,
}
RELIEF = {  # root mean square slope of pores and fine lines at half a millimetre, and of lightness variation
    "skin": (0.050, 0.022),
    "scalp": (0.040, 0.020),
    "neck": (0.055, 0.025),
    "ears": (0.020, 0.018),
    "forehead": (0.050, 0.020),
    "cheeks": (0.060, 0.026),
    "chin": (0.060, 0.024),
    "nose": (0.070, 0.026),
    "lids": (0.045, 0.018),
    "lips": (0.080, 0.030),
    "nostrils": (0.010, 0.010),
    "mouth_inner": (0.010, 0.010),
    "eye_socket": (0.0, 0.0),
}
MELANIN_TO_BLOOD = np.array([0.65, 1.05, 1.3])
"""How much more green and blue vary than red where skin gets darker; mean 1."""


def region_shares(model: MorphableModel, atlas: Atlas, soft_metres: float = 0.004) -> dict[str, np.ndarray]:
    """Return how far each texel [N] belongs to each region, in [0,1], with soft borders.

    Regions with a mask on the mesh are that mask, blurred; forehead, cheeks, nose and chin are round areas
    about the landmarks of the mean head.
    """
    position = atlas.interpolate(model.mean)
    blur = soft_metres / texel_metres(atlas, position)
    covered = atlas.covered.astype(np.float32)
    amount = np.maximum(cv2.GaussianBlur(covered, (0, 0), blur), 1e-3)
    shares = {}
    for name in ("scalp", "neck", "ears", "lids", "brows", "lips", "nostrils", "mouth_inner", "eye_socket"):
        mask = atlas.image(atlas.interpolate(model.regions[name].astype(np.float32)[:, None])[:, 0])
        shares[name] = atlas.gather(cv2.GaussianBlur(mask, (0, 0), blur) / amount)
    points = model.landmarks_68.points(model.mean)
    up = np.array([0, 1.0, 0])
    brow = (points[21] + points[22]) / 2
    cheeks = [(points[36] + points[48]) / 2 - up * 0.004, (points[45] + points[54]) / 2 - up * 0.004]
    right, left = cheeks
    outward = np.array([0.012, 0, 0])
    forehead = [points[19] + up * 0.027, brow + up * 0.031, points[24] + up * 0.027]
    areas = {
        "forehead": (_along(forehead), 0.02),
        "cheeks": ([*_along([right - outward, right]), *_along([left, left + outward])], 0.018),
        "nose": (_along(points[27:31]) + _along(points[31:36]), 0.009),
        "chin": (_along([points[8] + up * 0.014, points[57] - up * 0.016]), 0.014),
    }
    for name, (centres, radius) in areas.items():
        distance = np.min([np.linalg.norm((position - centre)[:, :2], axis=1) for centre in centres], axis=0)
        front = np.clip((position[:, 2] + 0.02) / 0.02, 0, 1)
        shares[name] = np.exp(-((distance / radius) ** 2)) * front
    return {name: share.astype(np.float32) for name, share in shares.items()}


def _along(points: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return points close together on the line through ``points``."""
    steps = np.linspace(0, len(points) - 1, 12 * len(points))
    axes = [np.interp(steps, np.arange(len(points)), axis) for axis in np.transpose(points)]
    return list(np.stack(axes, 1))


ORDER = (
    "scalp",
    "neck",
    "ears",
    "forehead",
    "cheeks",
    "chin",
    "nose",
    "lids",
    "brows",
    "lips",
    "nostrils",
    "mouth_inner",
    "eye_socket",
)
"""Later regions lie over earlier ones."""


def paint(table: dict[str, float], base: float, shares: dict[str, np.ndarray]) -> np.ndarray:
    """Return a value per texel [N]: ``base``, and over it each region's value by its share."""
    values = np.full(len(next(iter(shares.values()))), base, np.float32)
    for name in ORDER:
        if name in table:
            values += shares[name] * (table[name] - values)
    return values


def gloss_ratios(scans: Path) -> dict[str, float]:
    """Return highlight strength by region, relative to the cheek."""
    image = cv2.imread(str(scans / "lee_perry_smith" / "Map-SPEC.jpg"), cv2.IMREAD_GRAYSCALE)
    medians = {
        name: float(np.median(image[y : y + height, x : x + width]))
        for name, (x, y, width, height) in SPECULAR_PATCHES.items()
    }
    return {name: value / medians["cheeks"] for name, value in medians.items()} | MODELLED_GLOSS


def specular_and_roughness(model: MorphableModel, atlas: Atlas, scans: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return specular albedo and roughness [S,S] in Principled's parameters."""
    shares, ratios = region_shares(model, atlas), gloss_ratios(scans)
    specular = {name: CHEEK_SPECULAR * ratio**SPECULAR_EXPONENT for name, ratio in ratios.items()}
    roughness = {name: CHEEK_ROUGHNESS * ratio**ROUGHNESS_EXPONENT for name, ratio in ratios.items()}
    maps = [paint(specular, CHEEK_SPECULAR, shares), paint(roughness, CHEEK_ROUGHNESS, shares)]
    limits = ((0.3, 0.65), (0.3, 0.62))
    return tuple(bleed(atlas.image(np.clip(values, *limit)), atlas.covered) for values, limit in zip(maps, limits))


def relief_exemplar(scans: Path) -> Exemplar:
    """Return the relief of Lee Perry-Smith's cheek: 0.125 mm a pixel there, 8-bit steps smoothed away."""
    path = scans / "lee_perry_smith" / "Infinite-Level_02_Disp_NoSmoothUV-4096.jpg"
    height = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)[1490:1830, 2560:2760]
    return make_exemplar(height, 0.125, finest=0.2, coarsest=1.0)


def mottle_exemplar(scans: Path) -> Exemplar:
    """Return how the lightness of Antonia's cheek (photographed skin) varies: about 0.2 mm a pixel there."""
    image = cv2.imread(str(scans / "antonia" / "head_albedo.png"))[790:1060, 1130:1330]
    return make_exemplar(np.log(image.astype(np.float32).mean(2) + 1), 0.2, finest=0.2, coarsest=1.2)


def fine_detail(model: MorphableModel, atlas: Atlas, scans: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the multiplicative albedo detail [D,D,3] (mean 1) and the slopes of the relief [D,D,2]."""
    position = atlas.interpolate(model.mean)
    normal = atlas.interpolate(vertex_normals(model.mean, model.triangles))
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-8)
    shares = region_shares(model, atlas)
    slope_size = paint({name: pair[0] for name, pair in RELIEF.items()}, RELIEF["skin"][0], shares)
    mottle_size = paint({name: pair[1] for name, pair in RELIEF.items()}, RELIEF["skin"][1], shares)

    relief, step = relief_exemplar(scans), 0.00025
    height = skin_field(relief, position, normal, seed=1)
    slopes = np.stack(
        [height - skin_field(relief, position + step * axis, normal, seed=1) for axis in tangents(model, atlas)],
        1,
    )
    slopes *= slope_size[:, None] / slopes.std()
    # Pores are darker than the skin around them: light enters and does not come back.
    mottle = skin_field(mottle_exemplar(scans), position, normal, seed=2) * 0.8 + height * 0.6
    detail = np.exp(mottle_size[:, None] * mottle[:, None] * MELANIN_TO_BLOOD)
    detail /= detail.mean(0)
    outside = ~atlas.covered
    detail_image, slope_image = atlas.image(detail.astype(np.float32)), atlas.image(slopes.astype(np.float32))
    detail_image[outside] = 1
    return detail_image, slope_image


def tangents(model: MorphableModel, atlas: Atlas) -> tuple[np.ndarray, np.ndarray]:
    """Return unit directions [N,3] on the mean head along which u and v grow."""
    corners = model.mean[model.triangles[atlas.triangle]]
    uv = model.triangle_uv[atlas.triangle]
    edges, steps = corners[:, 1:] - corners[:, :1], uv[:, 1:] - uv[:, :1]
    jacobian = np.einsum("nij,njc->nic", np.linalg.pinv(steps.astype(np.float64)), edges)
    jacobian /= np.maximum(np.linalg.norm(jacobian, axis=2, keepdims=True), 1e-12)
    return jacobian[:, 0], jacobian[:, 1]


def texel_metres(atlas: Atlas, position: np.ndarray) -> float:
    """Return the median distance in metres between neighbouring texels, of positions [N,3]."""
    image = atlas.image(position, np.nan)
    return float(np.nanmedian(np.linalg.norm(np.diff(image, axis=1), axis=2)))


@dataclass(frozen=True, eq=False)
class SkinStatistics:
    """What skin is like whose albedo is not known; fields as of `core.reflectance.prior.ReflectancePrior`."""

    specular_albedo: np.ndarray
    roughness: np.ndarray
    albedo_detail: np.ndarray
    normal_detail: np.ndarray


def skin_statistics(model: MorphableModel, scans: Path) -> SkinStatistics:
    """Return regional gloss and stochastic detail at their own resolutions."""
    gloss = specular_and_roughness(model, build_atlas(model, GLOSS_RESOLUTION), scans)
    return SkinStatistics(*gloss, *fine_detail(model, build_atlas(model, DETAIL_RESOLUTION), scans))
