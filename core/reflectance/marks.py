"""What of a photo's marks is the person's skin, and what is light, shade, hair or a fold of the expression.

A mark is what the logarithm of the ratio between the albedo that a photo shows and the expected one has beyond its
coarse part. All images have one size S, which lengths are shares of.
"""

from __future__ import annotations

import cv2
import numpy as np

from .merge import masked_blur

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


def believed_marks(
    ratio: np.ndarray,
    coarse: np.ndarray,
    observed: np.ndarray,
    features: np.ndarray,
    doubt: np.ndarray,
    beard_zone: np.ndarray,
    folded: np.ndarray,
    hardness: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the marks [S,S,3] that are on the face, and as much of them as is believed to be albedo.

    Args:
        ratio, coarse: [S,S,3] and its coarse part (`split_coarse`).
        observed, features, doubt, beard_zone, folded: [S,S] in [0,1].
        hardness: of the light, from 0 to 1.
    """
    beard = _beard(ratio, observed, beard_zone)
    # Brows end near the outline too, some beyond their usual region.
    reach = 2 * round(BROW_REACH * len(ratio)) + 1
    plain = 1 - cv2.dilate(features, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    marks = _without_one_sided_marks(ratio - coarse, observed, hardness * plain, beard)
    # Beside hair the skin lies in its shade, which would end in a band; under a fringe it is mixed with it, in a line.
    broad = masked_blur(marks, observed * plain, STEP_BLUR * len(ratio))
    fading = plain * _near_outline(observed, features) * (1 - np.where(broad.mean(2) < 0, beard, 0))
    fine = _believed_detail(
        marks - fading[..., None] * broad,
        np.maximum(features, beard),
        features,
        np.maximum(folded, fading * np.clip(2 * doubt - 1, 0, 1)),
    )
    return marks, fine


def without_strays(ratio: np.ndarray, observed: np.ndarray, doubt: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Give up areas near the rim of the observed that look unlike the rest: strands of hair, collars, shadows.

    A fringe can be as wide as the forehead is high and has the colour of skin in some people: where hair may
    hang, the rim is wider.
    """
    rim = np.clip(1 - _depth(observed, features) / (RIM + (DOUBTED_RIM - RIM) * doubt), 0, 1)
    usual = masked_blur(ratio, observed * (1 - 0.9 * doubt), 2 * COARSE * len(ratio))
    unlike = cv2.GaussianBlur(np.abs(ratio - usual).mean(2), (0, 0), STRAY_BLUR * len(ratio))
    limit = STRAY + (DOUBTED_STRAY - STRAY) * doubt
    kept = observed * (1 - rim * (1 - np.exp(-((unlike / limit) ** 2))))
    return cv2.GaussianBlur(kept, (0, 0), max(1.0, len(ratio) * 0.003))


def without_glare(ratio: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Press down what is much brighter than the rest of the skin, or of another colour: light, not albedo.

    Skin has dark marks but hardly bright ones; a patch of sun or flash is several times as bright.
    """
    lightness = ratio.mean(2, keepdims=True)
    colour = ratio - lightness
    usual_colour = np.array([_usual(colour[..., channel], observed) for channel in range(3)], np.float32)
    excess = np.maximum(lightness - _usual(lightness[..., 0], observed) - GLARE, 0)
    pressed = lightness - excess + GLARE * (1 - np.exp(-excess / GLARE))
    return pressed + usual_colour + COLOUR_LIMIT * np.tanh((colour - usual_colour) / COLOUR_LIMIT)


def split_coarse(ratio: np.ndarray, observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the coarse part of the ratio, and as much of it as is believed to be albedo.

    The coarse part is that of the skin: beards and brows are left out of it, else the skin beside them would
    come out too bright and they themselves too pale.
    """
    lightness = ratio.mean(2)
    usual = _usual(lightness, observed)
    like_skin = np.exp(-(((lightness - usual) / UNLIKE_SKIN) ** 2)) + 0.02
    coarse = masked_blur(ratio, observed * like_skin, COARSE * len(ratio))
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
    if not doubt.any():
        return marks
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


def _without_holes(mask: np.ndarray) -> np.ndarray:
    """Return a mask [S,S] as bytes 0 and 1, filled wherever it encloses a gap."""
    _, labels = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    outside = np.zeros(labels.max() + 1, bool)
    outside[border] = True
    return (mask | ~outside[labels]).astype(np.uint8)


def _usual(lightness: np.ndarray, observed: np.ndarray) -> float:
    return float(np.median(lightness[observed > 0.5])) if (observed > 0.5).any() else 0.0
