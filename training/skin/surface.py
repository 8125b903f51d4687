"""Gloss and relief of a person of the reflectance data set.

Captured: the person's own fine lightness (relief: dark is deep, Beeler et al. 2010), and how strong their highlights
were in the studio. Modelled: everything else about gloss. The regional means and the pores are those of the prior.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from core.completion.atlas import Atlas
from core.completion.complete import beard_zone, texel_size
from core.reflectance.maps import CREASE_DEPTH
from core.shape.morphable import MorphableModel

from .prior import (
    CHEEK_ROUGHNESS,
    CHEEK_SPECULAR,
    ROUGHNESS_EXPONENT,
    SPECULAR_EXPONENT,
    SkinStatistics,
)
from .prior import region_shares as shares_of

NARROW_METRES, WIDE_METRES = 0.0003, 0.003
"""The band of lightness that is relief."""
DARKEST_CREASE, LIGHTEST_RIDGE = -0.6, 0.3
PIGMENT = 0.12
"""How much more blue than red varies, as a logarithm, in what is pigment and not depth."""
OIL_SPECULAR, OIL_ROUGHNESS = 0.035, -0.06
"""Logarithm per standard deviation of oiliness, on the forehead and the nose."""
REGION_SPREAD = 0.06
"""Logarithm by which each part of a face differs in roughness between people; half of it the other way in gloss."""
LIP_SPREAD = 0.12
CAVITY_GLOSS, CAVITY_ROUGHNESS = 0.5, -0.25
PORE_GLOSS, PORE_ROUGHNESS = 1.5, -1.0
LIMITS = {"specular": (0.15, 0.8), "roughness": (0.22, 0.75)}


@dataclass(frozen=True)
class Canvas:
    """What is known of every texel of an atlas, whoever the person is.

    Attributes:
        atlas: of the skin, at the wanted size.
        position: [N,3] on the mean head, metres.
        points: [68,3] iBUG landmarks of the mean head.
        shares: [N] in [0,1] by region.
        beard: [N] in [0,1], where one may grow.
        texel: size of a face texel in metres.
        specular, roughness: [N] of the prior.
        pores: [N,2] tangent slopes of the prior's pores.
        detail: [N,3] logarithm of the prior's fine albedo detail.
    """

    atlas: Atlas
    position: np.ndarray
    points: np.ndarray
    shares: dict[str, np.ndarray]
    beard: np.ndarray
    texel: float
    specular: np.ndarray
    roughness: np.ndarray
    pores: np.ndarray
    detail: np.ndarray

    def share(self, *names: str) -> np.ndarray:
        """Return how far each texel [N] belongs to any of these regions."""
        return np.max([self.shares[name] for name in names], axis=0)

    def regional_gloss(self) -> np.ndarray:
        """Return the prior's highlight strength relative to the cheek [N]."""
        return (self.specular / CHEEK_SPECULAR) ** (1 / SPECULAR_EXPONENT)


@dataclass
class Skin:
    """The maps of one item at the texels, as layers change them.

    Attributes:
        log_albedo: [N,3].
        height: [N] metres over the mesh, without pores.
        specular, roughness: [N].
        pores: how deep pores are, 1 as in the prior.
        layers: strength by layer that was added.
    """

    log_albedo: np.ndarray
    height: np.ndarray
    specular: np.ndarray
    roughness: np.ndarray
    pores: float = 1.0
    layers: dict[str, float] = field(default_factory=dict)


def make_canvas(model: MorphableModel, atlas: Atlas, statistics: SkinStatistics) -> Canvas:
    """Return the canvas of an atlas."""
    size = (atlas.size, atlas.size)
    shrink, stretch = cv2.INTER_AREA, cv2.INTER_LINEAR
    position, points = atlas.interpolate(model.mean), model.landmarks_68.points(model.mean)
    # Where the fit to a photo expects hair also includes the temples: here it ends on a line from mouth to ear.
    top = points[[48, 54], 1].mean() + 0.004 + 1.1 * np.maximum(np.abs(position[:, 0]) - points[54, 0], 0)
    whiskers = np.clip((np.minimum(top, points[36:48, 1].mean() - 0.01) - position[:, 1]) / 0.008, 0, 1)
    moustache = (np.abs(position[:, 0]) < points[54, 0] + 0.004) & (position[:, 1] < points[33, 1])
    beard = atlas.interpolate(beard_zone(model)[:, None])[:, 0] * np.maximum(whiskers, moustache)
    return Canvas(
        atlas,
        position,
        points,
        shares_of(model, atlas),
        atlas.gather(cv2.GaussianBlur(atlas.image(beard), (0, 0), 0.009 * atlas.size)),
        texel_size(model, atlas),
        atlas.gather(cv2.resize(statistics.specular_albedo, size, interpolation=stretch)),
        atlas.gather(cv2.resize(statistics.roughness, size, interpolation=stretch)),
        atlas.gather(cv2.resize(statistics.normal_detail, size, interpolation=shrink)),
        atlas.gather(cv2.resize(np.log(statistics.albedo_detail), size, interpolation=shrink)),
    )


def waves(position: np.ndarray, metres: float, rng: np.random.Generator, count: int = 64) -> np.ndarray:
    """Return a smooth random field [N] of standard deviation 1 over points [N,3] in metres.

    A sum of plane waves with directions and phases at random: no seam wherever the UV layout has one.
    """
    direction = rng.normal(size=(count, 3)).astype(np.float32)
    direction *= (rng.uniform(0.3, 1.7, (count, 1)) / np.linalg.norm(direction, axis=1, keepdims=True)).astype(
        np.float32
    )
    phase = rng.uniform(0, 2 * np.pi, count).astype(np.float32)
    angle = position.astype(np.float32) @ (direction.T * np.float32(2 * np.pi / metres)) + phase
    return np.cos(angle).sum(1) * np.float32(np.sqrt(2 / count))


def crease_height(canvas: Canvas, log_albedo: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return the relief [N] in metres that fine lightness shows; brown and red marks are colour, not depth.

    Args:
        log_albedo: [N,3].
        seen: [N] in [0,1]; what was not seen has no relief of its own.
    """
    image = canvas.atlas.image(log_albedo - np.average(log_albedo, axis=0, weights=seen + 1e-6))
    covered = canvas.atlas.image(np.ones(len(log_albedo), np.float32))
    narrow = max(NARROW_METRES / canvas.texel, 0.5)
    wide = max(WIDE_METRES / canvas.texel, 2 * narrow)
    fine, coarse = (
        cv2.GaussianBlur(image, (0, 0), sigma) / np.maximum(cv2.GaussianBlur(covered, (0, 0), sigma), 1e-3)[..., None]
        for sigma in (narrow, wide)
    )
    band = canvas.atlas.gather(fine - coarse)
    pigment = np.exp(-(((band[:, 2] - band[:, 0]) / PIGMENT) ** 2))
    flat = canvas.share("brows", "lips", "nostrils", "mouth_inner", "eye_socket", "scalp")
    hair = np.clip(flat + 0.7 * canvas.beard, 0, 1)
    return CREASE_DEPTH * np.clip(band.mean(1), DARKEST_CREASE, LIGHTEST_RIDGE) * pigment * (1 - hair) * seen


def slopes_of(canvas: Canvas, height: np.ndarray, pores: float) -> np.ndarray:
    """Return the tangent slopes [N,2] of a height [N] in metres with the prior's pores on top, +Y up the map."""
    image = canvas.atlas.image(height)
    right = cv2.Scharr(image, cv2.CV_32F, 1, 0) / 32 / canvas.texel
    down = cv2.Scharr(image, cv2.CV_32F, 0, 1) / 32 / canvas.texel
    return canvas.atlas.gather(np.stack([-right, down], -1)) + pores * canvas.pores


def oil_zone(canvas: Canvas) -> np.ndarray:
    """Return where skin gets oily [N], in [0.3,1]: forehead, nose, and some of the chin."""
    zone = np.maximum(canvas.share("forehead", "nose"), 0.6 * canvas.shares["chin"])
    return 0.3 + 0.7 * zone


def make_skin(
    canvas: Canvas,
    log_albedo: np.ndarray,
    height: np.ndarray,
    oil: float,
    pores: float,
    rng: np.random.Generator,
    gloss: np.ndarray | None = None,
) -> Skin:
    """Return a person's maps before layers.

    Args:
        log_albedo: [N,3]; layers change it.
        height: [N] metres, :func:`crease_height`; layers change it.
        oil: how oily the skin is, in standard deviations.
        pores: depth of pores, 1 as in the prior.
        rng: for lips and what differs between the parts of a face.
        gloss: [N] captured highlight strength relative to the cheek; the prior's regions without.
    """
    if gloss is None:
        specular, roughness = canvas.specular.copy(), canvas.roughness.copy()
    else:
        specular = CHEEK_SPECULAR * gloss**SPECULAR_EXPONENT
        roughness = CHEEK_ROUGHNESS * gloss**ROUGHNESS_EXPONENT
    zone, lips = oil_zone(canvas), canvas.shares["lips"]
    dry = sum(REGION_SPREAD * rng.normal() * canvas.shares[name] for name in ("forehead", "cheeks", "nose", "chin"))
    cavity = height / CREASE_DEPTH
    pore = canvas.detail.mean(1) * pores
    wet = LIP_SPREAD * rng.normal() * lips
    specular *= np.exp(OIL_SPECULAR * oil * zone - 0.5 * dry + 0.3 * wet + PORE_GLOSS * pore)
    specular *= np.clip(1 + CAVITY_GLOSS * cavity, 0.6, 1.15)
    roughness *= np.exp(OIL_ROUGHNESS * oil * zone + dry - wet + PORE_ROUGHNESS * pore)
    roughness *= 1 + CAVITY_ROUGHNESS * cavity
    return Skin(log_albedo, height, specular, roughness, pores)
