"""What of a de-lit studio photo is believed, and what takes the place of the rest, before the low-rank completion.

All of it works on one atlas of 256 texels: hair, cloth, grazing light and highlights are cut off or pressed down; what
one side of the face hides comes from the other; lids and the inside of the lips continue the skin around them.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import binary_fill_holes

from core.completion.atlas import Atlas, pull_push
from core.reflectance.marks import GLARE

from .photos import mean_tones

HOLE_CUT = 0.0015
"""Metres around eyes, nostrils and mouth that are not believed: lashes, and what lies behind the openings."""
OUTER_CONFIDENCE = 0.65
"""Confidence that the outline of what is believed needs: beside the cheeks light grazes."""
MIRRORED_TRUST = 0.9
"""How much of what only the mirrored half of a photo shows is believed."""
STRAY, STRAY_BLUR, STRAY_AROUND = 0.3, 0.006, 0.05
"""Difference of a person's logarithm from the usual beside the rim at which it counts as hair or shadow; blur of that
difference and of the usual, as shares of the map."""
RIM = 0.06
FRINGE = 0.22
"""How much darker than the skin hair on the forehead begins to be."""
COLOUR_LIMIT = 0.25
"""How far plain skin's colour can be from the person's usual one, as a logarithm."""
DARK_SHARE = 0.35
"""Of such limits, on the darkest people."""
DARK_TONE, LIGHT_TONE = -3.2, -1.6
"""Mean logarithm of green albedo of the darkest people, and of those with whom highlights are told apart well."""
KEEP = ((0.25, 0.25), (0.6, 0.8))
"""How much of a person's coarse difference in lightness and colour is believed, on dark and on light people."""
LOST = 0.2
"""Logarithm of the highlight pressed down at which nothing is believed of a dark person's texel."""
LASHES = 0.1
"""How much darker than usual around the eye what lies beside a hidden lid may be, as a logarithm."""
CUT_METRES, FEATHER_METRES = 0.008, 0.005
"""How much of the edge of a photo is cut off, and how soft the cut is."""
COARSE = 0.03
LIKE_SKIN = 0.35


def believed(atlas: Atlas, confidence: np.ndarray, texel: float) -> np.ndarray:
    """Return the confidence [N] without its rim: wide along hair and cloth, narrow around eyes and mouth.

    Args:
        confidence: [N] in [0,1].
        texel: size of a texel in metres.
    """
    image = atlas.image(confidence)
    outer = binary_fill_holes(image > OUTER_CONFIDENCE)
    outer = cv2.morphologyEx(outer.astype(np.uint8), cv2.MORPH_OPEN, _disc(CUT_METRES / texel))
    rim = _shrunk(outer.astype(np.float32), CUT_METRES / texel, FEATHER_METRES / texel)
    sure = np.clip((image - 0.2) / 0.6, 0, 1)
    return atlas.gather(np.minimum(rim, _shrunk(sure, HOLE_CUT / texel, HOLE_CUT / texel)))


def _shrunk(mask: np.ndarray, cut: float, feather: float) -> np.ndarray:
    """Erode a mask by ``cut`` texels and blur it by ``feather`` without reaching farther out than it did."""
    small = cv2.GaussianBlur(cv2.erode(mask, _disc(cut)), (0, 0), feather)
    return np.minimum(small, mask)


def _disc(radius: float) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius) + 1,) * 2)


def without_strays(
    atlas: Atlas, log_albedo: np.ndarray, trust: np.ndarray, plain: np.ndarray, forehead: np.ndarray
) -> np.ndarray:
    """Return the trust [N] of one person without what looks unlike their skin near the rim: fringes, collars, bands.

    Args:
        log_albedo: [N,3].
        trust: [N] in [0,1].
        plain: [N] in [0,1], 0 on brows, lips, lids and nostrils, which look unlike skin and are kept.
        forehead: [N] in [0,1], where whatever is dark is hair, however far from the rim.
    """
    size = atlas.size
    seen = atlas.image(trust)
    # The rims of eyes, brows, nostrils and lips are not where hair or cloth begins.
    outline = binary_fill_holes((seen > 0.3) | atlas.image(plain < 0.9).astype(bool))
    outline = cv2.morphologyEx(outline.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    depth = cv2.distanceTransform(outline, cv2.DIST_L2, 3) / size
    inner = atlas.image(trust * plain) * (depth > RIM)
    image = atlas.image(log_albedo)
    usual = masked_blur(image, inner + 1e-4 * seen, STRAY_AROUND * size)
    unlike = np.abs(image - usual).mean(2) * atlas.image(plain)
    unlike = cv2.GaussianBlur(unlike * (seen > 0.02), (0, 0), STRAY_BLUR * size)
    near_rim = np.clip(1.5 - depth / RIM, 0, 1)
    kept = seen * (1 - near_rim * (1 - np.exp(-((unlike / STRAY) ** 2))))
    darker = np.median(log_albedo[(trust * plain) > 0.5].mean(1)) - image.mean(2)
    fringe = np.clip(darker / FRINGE - 1, 0, 1) * atlas.image(forehead * plain) * (seen > 0.02)
    kept *= 1 - np.clip(2 * cv2.GaussianBlur(cv2.dilate(fringe, _disc(2)), (0, 0), STRAY_BLUR * size), 0, 1)
    return np.minimum(atlas.gather(cv2.GaussianBlur(kept, (0, 0), 0.004 * size)), trust)


def masked_blur(image: np.ndarray, weight: np.ndarray, sigma: float) -> np.ndarray:
    """Blur an image [S,S,3] by a Gaussian, taking values only from where ``weight`` [S,S] is."""
    values = cv2.GaussianBlur(image * weight[..., None], (0, 0), sigma)
    return values / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-6)[..., None]


def calmed(
    atlas: Atlas, photos: np.ndarray, trust: np.ndarray, tone_weight: np.ndarray, plain: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return log albedo [P,N,3] with less of what is coarse and differs from what all people share, and the trust.

    Most of that is light and gloss that the set's light does not explain; on dark people nearly all of it is, for
    there a highlight is as strong as the skin, and where one had to be pressed down nothing is believed. Beards, brows
    and lips are left as they are.
    """
    tones = mean_tones(photos, trust * tone_weight)[:, None]
    usual = np.einsum("pnc,pn->nc", photos - tones, trust) / np.maximum(trust.sum(0), 1.0)[:, None]
    result, believed_still = np.empty_like(photos), trust.copy()
    for row, photo in enumerate(photos):
        light = float(np.clip((tones[row, 0, 1] - DARK_TONE) / (LIGHT_TONE - DARK_TONE), 0, 1))
        away = photo - tones[row] - usual
        lightness = away.mean(1)
        like_skin = np.exp(-((lightness / LIKE_SKIN) ** 2))
        weight = atlas.image(trust[row] * plain * like_skin) + 1e-3
        coarse = atlas.gather(masked_blur(atlas.image(away), weight, COARSE * atlas.size))
        grey = coarse.mean(1, keepdims=True)
        keep_lightness, keep_colour = (dark + light * (bright - dark) for dark, bright in zip(*KEEP))
        removed = (1 - keep_lightness) * grey + (1 - keep_colour) * (coarse - grey)
        result[row] = without_glare(photo - removed, trust[row], plain, light)
        lost = (photo - removed - result[row]).mean(1)
        believed_still[row] *= 1 - (1 - light) * np.clip(lost / LOST, 0, 1)
    return result, believed_still


def without_glare(log_albedo: np.ndarray, trust: np.ndarray, plain: np.ndarray, light: float = 1.0) -> np.ndarray:
    """Return a person's log albedo [N,3] with what is much lighter or of another colour than their skin pressed down.

    Skin has dark marks but hardly bright ones: those are highlights that were not taken off whole, most of all on
    dark people, and too little light reckoned with in the hollows of the eyes. The fit to a photo does the same.

    Args:
        trust, plain: [N] in [0,1]; the colour of what is not plain skin is left.
        light: 0 for a dark person, 1 for a light one.
    """
    skin = trust * plain > 0.5
    lightness = log_albedo.mean(1, keepdims=True)
    colour = log_albedo - lightness
    usual, usual_colour = np.median(lightness[skin]), np.median(colour[skin], axis=0)
    glare, limit = (share * (DARK_SHARE + (1 - DARK_SHARE) * light) for share in (GLARE, COLOUR_LIMIT))
    excess = np.maximum(lightness - usual - glare, 0)
    pressed = lightness - excess + glare * (1 - np.exp(-excess / glare))
    away = colour - usual_colour
    limited = limit * np.tanh(away / limit)
    return (pressed + usual_colour + away + plain[:, None] * (limited - away)).astype(np.float32)


def fill_hidden(
    atlas: Atlas, log_albedo: np.ndarray, known: np.ndarray, region: np.ndarray, source: np.ndarray
) -> np.ndarray:
    """Return log albedo [P,N,3] whose unseen part of a region continues what was seen around it.

    Upper lids fold away under an open eye and lips have an inside; the painted skins, from which the rest is
    completed, have open eyes painted there.

    Args:
        known: [P,N] in [0,1].
        region: [N] in [0,1], where to fill.
        source: [N] in [0,1], what to continue; lashes and shadows in it are left out.
    """
    result = log_albedo.copy()
    for row, values in enumerate(log_albedo):
        usable = known[row] * source > 0.6
        lightness = values.mean(1)
        usable &= lightness > np.median(lightness[usable & (region > 0.1)]) - LASHES
        membrane = pull_push(atlas.image(values), atlas.image(usable.astype(np.float32)))
        share = region * np.clip(1 - known[row] / 0.8, 0, 1)
        result[row] += share[:, None] * (atlas.gather(membrane) - values)
    return result


def from_mirror(log_albedo: np.ndarray, trust: np.ndarray, mirror: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fill what is hidden on one side from the other (the flip correction of AlbedoGAN, arXiv 2304.12483).

    Returns:
        log albedo [P,N,3] and how far it is known [P,N].
    """
    other = MIRRORED_TRUST * trust[:, mirror] * (1 - trust)
    known = trust + other
    share = (other / np.maximum(known, 1e-4))[..., None]
    return log_albedo + share * (log_albedo[:, mirror] - log_albedo), known
