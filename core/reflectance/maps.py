"""The maps of a head: what the photos saw, de-lit, with the prior where they saw nothing.

All work is done on the logarithm of the ratio between the albedo that a photo shows and the albedo that the
prior explains. Its coarse part is mostly light that the light model missed, so only some of it is believed; its
fine part is the person (brows, lips, freckles, wrinkles) and is kept as it is. Texels that no photo saw take the
mirrored side, then the prior, and the coarse part continues across them as a membrane: no seam can form.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..completion.atlas import Atlas, bleed, pull_push
from .merge import Observation, masked_blur, merge_photos

# Coarse means larger than this share of the map (a face is some 0.6 of it wide).
COARSE = 0.03
# Width of the rim of the observed area, as a share of the map, in which texels that look unlike the rest are
# given up, and the logarithm of the ratio at which they are; the same where hair may hang.
RIM = 0.03
DOUBTED_RIM = 0.15
STRAY = 0.3
DOUBTED_STRAY = 0.16
STRAY_BLUR = 0.006
# How much of the coarse ratio is believed to be albedo and not light: lightness, and colour.
KEEP_LIGHTNESS = 0.35
KEEP_COLOUR = 0.75
# How dark and how light the fine part can make plain skin (logarithms): freckles and creases, not shadows' edges.
DARK_MARK = 0.8
LIGHT_MARK = 0.5
# The same beside hair, and where the photo's expression folds the skin: folds are no colour.
DOUBTED_MARK = 0.1
# How strong a broad mark can be in hard light that is on one side of the face only (logarithm).
ONE_SIDED_MARK = 0.12
# How far beyond its region a brow may reach, as a share of the map.
BROW_REACH = 0.03
# How much darker than the skin both sides of the face must be, smoothed over such a share of the map and on how much
# of where a beard may grow, to be taken for one.
BEARD = 0.3
BEARD_BLUR = 0.015
BEARD_SHARE = 0.25
# How much redder than the face's skin a beard looks at most, and no more when certain: logarithm of red over blue.
BEARD_REDNESS = (0.3, 0.2)
# Logarithm of the ratio, from its median, beyond which a texel is hair or glare and not plain skin.
UNLIKE_SKIN = 0.4
# How much brighter than its median, and how far from its usual colour, skin can be (logarithms).
GLARE = 0.15
COLOUR_LIMIT = 0.35
# Over which share of the map, from the outline inwards, the broad part of the fine ratio grows, and what broad means.
FADE, STEP_BLUR = 0.05, 0.01
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
    observed = _without_strays(ratio, _observed_share(atlas, observations), doubt, features, atlas.size)
    ratio = _without_glare(ratio, observed)
    beard_zone = np.zeros_like(observed) if beard_zone is None else beard_zone
    folded = np.zeros_like(observed) if folded is None else folded
    beard = _beard(ratio, observed, beard_zone)
    coarse, believed = split_coarse(ratio, observed, atlas.size)
    believed = np.zeros_like(believed) if prior.believed else believed
    # Brows end near the outline too, some beyond their usual region.
    reach = 2 * round(BROW_REACH * atlas.size) + 1
    plain = 1 - cv2.dilate(features, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    marks = _without_one_sided_marks(ratio - coarse, observed, hardness * plain, beard)
    # Beside hair the skin lies in its shade, which would end in a band; under a fringe it is mixed with it, in a line.
    broad = masked_blur(marks, observed * plain, STEP_BLUR * atlas.size)
    fading = plain * _near_outline(observed, features) * (1 - np.where(broad.mean(2) < 0, beard, 0))
    fine = _believed_detail(
        marks - fading[..., None] * broad,
        np.maximum(features, beard),
        features,
        np.maximum(folded, fading * np.clip(2 * doubt - 1, 0, 1)),
    )
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


def _without_strays(
    ratio: np.ndarray, observed: np.ndarray, doubt: np.ndarray, features: np.ndarray, size: int
) -> np.ndarray:
    """Give up areas near the rim of the observed that look unlike the rest: strands of hair, collars, shadows.

    A fringe can be as wide as the forehead is high and has the colour of skin in some people: where hair may
    hang, the rim is wider.
    """
    rim = np.clip(1 - _depth(observed, features) / (RIM + (DOUBTED_RIM - RIM) * doubt), 0, 1)
    usual = masked_blur(ratio, observed * (1 - 0.9 * doubt), 2 * COARSE * size)
    unlike = cv2.GaussianBlur(np.abs(ratio - usual).mean(2), (0, 0), STRAY_BLUR * size)
    limit = STRAY + (DOUBTED_STRAY - STRAY) * doubt
    kept = observed * (1 - rim * (1 - np.exp(-((unlike / limit) ** 2))))
    return cv2.GaussianBlur(kept, (0, 0), max(1.0, size * 0.003))


def _without_holes(mask: np.ndarray) -> np.ndarray:
    """Return a mask [S,S] as bytes 0 and 1, filled wherever it encloses a gap."""
    _, labels = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    outside = np.zeros(labels.max() + 1, bool)
    outside[border] = True
    return (mask | ~outside[labels]).astype(np.uint8)


def split_coarse(ratio: np.ndarray, observed: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the coarse part of the ratio, and as much of it as is believed to be albedo.

    The coarse part is that of the skin: beards and brows are left out of it, else the skin beside them would
    come out too bright and they themselves too pale.
    """
    lightness = ratio.mean(2)
    usual = _usual(lightness, observed)
    like_skin = np.exp(-(((lightness - usual) / UNLIKE_SKIN) ** 2)) + 0.02
    coarse = masked_blur(ratio, observed * like_skin, COARSE * size)
    lightness = coarse.mean(2, keepdims=True)
    return coarse, KEEP_LIGHTNESS * lightness + KEEP_COLOUR * (coarse - lightness)


def _beard(ratio: np.ndarray, observed: np.ndarray, zone: np.ndarray) -> np.ndarray:
    """Return ``zone`` [S,S] where much of it is darker than the face's skin on both sides, as a beard is; else less.

    One side alone is in shade, and so are the corners of a mouth. Shaded skin is redder than lit skin, for light that
    has been through skin fills it; hair is not.
    """
    redness = ratio[..., 0] - ratio[..., 2]
    redness = redness - _usual(redness, observed)
    lightness = ratio.mean(2)
    lightness = lightness - _usual(lightness, observed)
    both_seen = observed * observed[:, ::-1]
    lighter = np.maximum(lightness, lightness[:, ::-1])
    both = masked_blur(lighter[..., None], both_seen, BEARD_BLUR * len(ratio))[..., 0]
    weight = zone * both_seen
    dark = weight * (both < -BEARD)
    share = float(dark.sum() / max(weight.sum(), 1e-6))
    redder = float((dark * redness).sum() / max(dark.sum(), 1e-6))
    most, certain = BEARD_REDNESS
    looks_like_hair = np.clip((most - redder) / (most - certain), 0, 1)
    return zone * np.float32(looks_like_hair * np.clip((share - BEARD_SHARE) / BEARD_SHARE, 0, 1))


def _without_one_sided_marks(
    marks: np.ndarray, observed: np.ndarray, doubt: np.ndarray, beard: np.ndarray
) -> np.ndarray:
    """Press down broad marks that the other side of the face lacks, or that were seen on one side only.

    Hard light comes from one side; broad marks of skin (a beard's shade, flush, rings under the eyes) come in pairs.
    What is narrow (moles, freckles, scars) is left alone, and so are beards.

    Args:
        marks: [S,S,3].
        observed, beard: [S,S] in [0,1].
        doubt: [S,S] in [0,1], how far such marks are taken for shade.
    """
    broad = masked_blur(marks, observed * (doubt > 0), STEP_BLUR * len(marks))
    lightness = broad.mean(2)
    other = lightness[:, ::-1]
    both = np.where(lightness < 0, np.clip(other, lightness, 0), np.clip(other, 0, lightness)) * observed[:, ::-1]
    alone = lightness - both
    excess = alone - ONE_SIDED_MARK * np.tanh(alone / ONE_SIDED_MARK)
    share = np.divide(excess, lightness, out=np.zeros_like(lightness), where=np.abs(lightness) > 1e-4)
    return marks - (doubt * share * (1 - np.where(lightness < 0, beard, 0)))[..., None] * broad


def _believed_detail(
    fine: np.ndarray, dark_marks: np.ndarray, light_marks: np.ndarray, doubted: np.ndarray
) -> np.ndarray:
    """Return as much of the fine ratio as is believed to be albedo: on plain skin, what is strong is mostly shade.

    Args:
        fine: [S,S,3].
        dark_marks, light_marks: [S,S] in [0,1], where such marks are the person's own, however strong.
        doubted: [S,S] in [0,1], where even weak ones are something else: folds, or hair beside the skin.
    """
    lightness = fine.mean(2)
    dark = lightness < 0
    limit = np.where(dark, np.float32(DARK_MARK), np.float32(LIGHT_MARK))
    limit += doubted * (DOUBTED_MARK - limit)
    kept = np.where(dark, dark_marks, light_marks)
    pressed = limit * np.tanh(lightness / limit)
    shares = np.divide(pressed, lightness, out=np.ones_like(lightness), where=lightness != 0)
    pressed_share = (1 - kept) * (1 - shares)
    colour = fine - lightness[..., None]
    # What shades a mark colours it too.
    return ((1 - pressed_share) * lightness)[..., None] + (1 - doubted * pressed_share)[..., None] * colour


def _near_outline(observed: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return how near the outline of the observed each texel [S,S] lies: from 0 to 1 over the last :data:`FADE`."""
    inside = np.clip(_depth(observed, features) / FADE, 0, 1)
    return 1 - inside * inside * (3 - 2 * inside)


def _depth(observed: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return how far within the outline of the observed each texel [S,S] lies, as a share of the map.

    Eyes, nostrils and mouth are no such outline: the lids and brows beside them are the person.
    """
    solid = _without_holes((observed > 0.5) | (features > 0.3))
    return cv2.distanceTransform(solid, cv2.DIST_L2, 3) / len(observed)


def _usual(lightness: np.ndarray, observed: np.ndarray) -> float:
    return float(np.median(lightness[observed > 0.5])) if (observed > 0.5).any() else 0.0


def _without_glare(ratio: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Press down what is much brighter than the rest of the skin, or of another colour: light, not albedo.

    Skin has dark marks but hardly bright ones; a patch of sun or flash is several times as bright.
    """
    lightness = ratio.mean(2, keepdims=True)
    colour = ratio - lightness
    usual_colour = np.array([_usual(colour[..., channel], observed) for channel in range(3)], np.float32)
    excess = np.maximum(lightness - _usual(lightness[..., 0], observed) - GLARE, 0)
    pressed = lightness - excess + GLARE * (1 - np.exp(-excess / GLARE))
    return pressed + usual_colour + COLOUR_LIMIT * np.tanh((colour - usual_colour) / COLOUR_LIMIT)


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
