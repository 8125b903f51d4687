"""The maps of a head: what the photos saw, de-lit, with the prior where they saw nothing.

All work is done on the logarithm of the ratio between the albedo that a photo shows and the albedo that the
prior explains. Its coarse part is mostly light that the light model missed, so only some of it is believed; its
fine part is mostly the person (brows, lips, freckles, wrinkles) and is kept as far as `marks` takes it for that.
Texels that no photo saw take the mirrored side, then the prior, and the coarse part continues across them as a
membrane: no seam can form.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..completion.atlas import Atlas, bleed, pull_push
from .marks import believed_marks, split_coarse, without_glare, without_strays
from .merge import Observation, merge_photos

# Height in metres of a crease that is e times darker than its surroundings.
CREASE_DEPTH = 0.00045


@dataclass(frozen=True)
class ReflectanceMaps:
    """Images of one size; row 0 is v = 1.

    Attributes:
        diffuse_albedo: [S,S,3] linear.
        specular_albedo: [S,S] Principled "Specular IOR Level".
        roughness: [S,S] Principled roughness.
        normal: [S,S,3] tangent space, unit length, +Y up the map.
        provenance: [S,S,3] shares of observed, mirrored and filled, adding up to 1 inside the charts.
    """

    diffuse_albedo: np.ndarray
    specular_albedo: np.ndarray
    roughness: np.ndarray
    normal: np.ndarray
    provenance: np.ndarray


@dataclass(frozen=True)
class PriorMaps:
    """The prior's maps at the atlas's size: all [S,S(,C)].

    ``log_albedo`` without detail, ``albedo_detail`` multiplicative around 1, ``normal_detail`` [S,S,2] slopes.
    ``believed``: the photos' coarse part, as far as it is believed, is in the albedo already.
    """

    log_albedo: np.ndarray
    albedo_detail: np.ndarray
    specular_albedo: np.ndarray
    roughness: np.ndarray
    normal_detail: np.ndarray
    believed: bool = False

    def resized(self, size: int) -> PriorMaps:
        """Return the maps at ``size`` texels a side."""
        images = (self.log_albedo, self.albedo_detail, self.specular_albedo, self.roughness, self.normal_detail)
        return PriorMaps(
            *(
                cv2.resize(np.asarray(image, np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
                for image in images
            ),
            self.believed,
        )


def delight(
    colour: np.ndarray,
    shading: np.ndarray,
    gloss: np.ndarray,
    expected_albedo: np.ndarray,
    light_colour: np.ndarray,
) -> np.ndarray:
    """Return the logarithm of the albedo [N,3] that a photo shows, highlights removed.

    Besides the gloss that the model predicts, what is left of a highlight is found by the dichromatic model
    (Shafer 1985): a highlight has the light's colour, the body has the skin's, and it can only brighten.

    Args:
        colour: [N,3] as photographed, linear.
        shading: [N,3] diffuse light arriving, as outgoing radiance of a white surface.
        gloss: [N,3] predicted specular radiance.
        expected_albedo: [N,3] of the prior, for the body's colour.
        light_colour: [3].
    """
    body = expected_albedo * shading
    # What shades the skin shades its gloss too; taking all of it off would leave a dark and glaring red.
    shade = np.minimum(colour.mean(1) / np.maximum((body + gloss).mean(1), 1e-4), 1)
    matte = np.maximum(colour - gloss * shade[:, None], 0.15 * colour)
    body_direction = body / np.maximum(np.linalg.norm(body, axis=1, keepdims=True), 1e-6)
    light_direction = light_colour / np.linalg.norm(light_colour)
    overlap = body_direction @ light_direction
    along_body = np.einsum("nc,nc->n", matte, body_direction)
    along_light = matte @ light_direction
    highlight = (along_light - overlap * along_body) / np.maximum(1 - overlap**2, 0.02)
    excess = np.maximum(matte.mean(1) - 1.1 * body.mean(1), 0)
    highlight = np.clip(highlight, 0, None) * light_direction.mean()
    removed = np.minimum(np.minimum(highlight, excess), 0.7 * matte.min(1))
    matte = matte - removed[:, None] * light_direction / light_direction.mean()
    return np.log(np.maximum(matte, 2e-3)) - np.log(np.maximum(shading, 0.02))


def combine(
    atlas: Atlas,
    observations: list[Observation],
    prior: PriorMaps,
    features: np.ndarray,
    doubt: np.ndarray,
    texel_metres: float,
    beard_zone: np.ndarray | None = None,
    folded: np.ndarray | None = None,
    hardness: float = 0.0,
) -> ReflectanceMaps:
    """Merge de-lit photos and prior into the maps of a head.

    Args:
        atlas: of the skin, at the maps' size; mirrored in u about 0.5.
        observations: one per photo.
        prior: at the same size.
        features: [S,S] in [0,1], where dark does not mean deep (brows, lips, lashes' line).
        doubt: [S,S] in [0,1], how readily something dark there is taken for hanging hair.
        texel_metres: size of a texel on the face.
        beard_zone: [S,S] in [0,1], where a beard may grow; nowhere if None.
        folded: [S,S] in [0,1], how far the photos' expressions press the skin into folds; nowhere if None.
        hardness: from 0 to 1, how likely a broad mark on one side of the face is shade.
    """
    covered = atlas.covered
    ratio, sharpness = merge_photos(atlas, observations, prior.log_albedo)
    observed = without_strays(ratio, _observed_share(atlas, observations), doubt, features)
    ratio = without_glare(ratio, observed)
    beard_zone = np.zeros_like(observed) if beard_zone is None else beard_zone
    folded = np.zeros_like(observed) if folded is None else folded
    coarse, believed = split_coarse(ratio, observed)
    believed = np.zeros_like(believed) if prior.believed else believed
    marks, fine = believed_marks(ratio, coarse, observed, features, doubt, beard_zone, folded, hardness)
    mirrored = observed[:, ::-1] * (1 - observed)
    filled = 1 - observed - mirrored
    base = _membrane(believed, observed, atlas.size)

    detail = np.log(np.clip(prior.albedo_detail, 0.5, 2.0))
    lacking = np.clip(1 - sharpness, 0, 1)
    lacking_mirrored = lacking[:, ::-1]
    unseen_detail = filled + observed * lacking + mirrored * lacking_mirrored
    log_albedo = prior.log_albedo + base + observed[..., None] * fine + mirrored[..., None] * fine[:, ::-1]
    log_albedo += unseen_detail[..., None] * detail
    diffuse = np.clip(np.exp(log_albedo), 0.004, 0.95).astype(np.float32)

    height = _crease_height(marks, texel_metres) * (1 - features) * (1 - folded)
    height = observed * height + mirrored * height[:, ::-1]
    normal = _normal_from(height, prior.normal_detail * unseen_detail[..., None], texel_metres)
    cavity = np.clip(1 + 0.5 * (height / CREASE_DEPTH), 0.6, 1.15)
    provenance = np.stack([observed, mirrored, filled], -1) * covered[..., None]
    return ReflectanceMaps(
        bleed(diffuse, covered),
        bleed(np.clip(prior.specular_albedo * cavity, 0, 1), covered),
        bleed(prior.roughness, covered),
        _unit(bleed(normal, covered)),
        provenance.astype(np.float32),
    )


def _observed_share(atlas: Atlas, observations: list[Observation]) -> np.ndarray:
    """Return how far the photos together saw each texel, [S,S] in [0,1]."""
    confidence = 1 - np.prod([1 - one.confidence for one in observations], axis=0)
    observed = atlas.image(confidence.astype(np.float32))
    # Shrink and feather: the rim of what a photo saw is where it is least right.
    radius = max(1, round(atlas.size * 0.006))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    observed = cv2.GaussianBlur(cv2.erode(observed, kernel), (0, 0), radius) * atlas.covered
    observed = np.clip((observed - 0.04) / 0.5, 0, 1)
    return (observed * observed * (3 - 2 * observed)).astype(np.float32)


def _membrane(believed: np.ndarray, observed: np.ndarray, size: int) -> np.ndarray:
    """Continue the believed coarse part over what was not observed, the mirrored side first."""
    mirrored = observed[:, ::-1] * (1 - observed)
    known = observed + 0.5 * mirrored
    weight = np.where(known > 1e-3, np.clip(known, 0, 1), 0).astype(np.float32)
    values = (observed[..., None] * believed + 0.5 * mirrored[..., None] * believed[:, ::-1]) / np.maximum(known, 1e-3)[
        ..., None
    ]
    small = (256, 256)
    values, weight = (cv2.resize(x, small, interpolation=cv2.INTER_AREA) for x in (values * weight[..., None], weight))
    values = values / np.maximum(weight, 1e-4)[..., None]
    membrane = cv2.GaussianBlur(pull_push(values.astype(np.float32), weight), (0, 0), 2.0)
    return cv2.resize(membrane, (size, size), interpolation=cv2.INTER_CUBIC)


def _crease_height(fine: np.ndarray, texel_metres: float) -> np.ndarray:
    """Return relative height [S,S] in metres from fine lightness: dark is deep (Beeler et al. 2010)."""
    lightness = fine.mean(2)
    narrow = max(0.0003 / texel_metres, 0.5)
    wide = max(0.003 / texel_metres, 2 * narrow)
    band = cv2.GaussianBlur(lightness, (0, 0), narrow) - cv2.GaussianBlur(lightness, (0, 0), wide)
    return CREASE_DEPTH * np.clip(band, -0.6, 0.3)


def _normal_from(height: np.ndarray, slopes: np.ndarray, texel_metres: float) -> np.ndarray:
    """Return tangent-space normals [S,S,3] of a height field in metres plus given slopes [S,S,2]."""
    right = cv2.Scharr(height, cv2.CV_32F, 1, 0) / 32 / texel_metres
    down = cv2.Scharr(height, cv2.CV_32F, 0, 1) / 32 / texel_metres
    normal = np.stack([slopes[..., 0] - right, slopes[..., 1] + down, np.ones_like(height)], -1)
    return _unit(normal.astype(np.float32))


def _unit(normal: np.ndarray) -> np.ndarray:
    return (normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)).astype(np.float32)
