"""Which pixels show the person, bare skin, hair or glasses.

The person comes from a network; skin is told from hair and cloth by a colour model of this very photo, so
that light and dark skin, and warm and cold light, are treated alike.
"""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy.ndimage import binary_fill_holes, gaussian_filter

from ..reflectance.skin_colour import NEIGHBOURHOOD, SkinColour, blurred_mean, colour_features
from ..weights import SELFIE_SEGMENTATION, find
from .face_layout import FaceLayout
from .face_parts import BROW_HEIGHT, CHIN, FOREHEAD_MIDDLE, LEFT_BROW, RIGHT_BROW
from .face_regions import Window, grown
from .glasses import frame_mask
from .landmarks import Landmarks
from .litert import load_network
from .photo import Photo

PERSON_REACH = 3.2
WINDOW_REACH = 2.8
WINDOW_SIDE = 640
NETWORK_SIDE = 256

# In face sizes: strands narrower than twice the first are no forehead; shade of hair reaches as far as the second.
STRAND, HAIR_SHADE = 0.025, 0.07
TEMPLES = 0.32
"""How far from the middle, in face sizes, the forehead bends away: what is darker there is so by its form."""
HAIR_SHADE_START, HAIR_SHADE_RANGE = 0.15, 0.25
"""How much darker than the forehead around it (logarithm) skin beside hair is when it counts less, and then nothing."""

FEATURE_LOW = np.array([-0.6, -0.8, -7.0], np.float32)
FEATURE_HIGH = np.array([1.8, 2.0, 0.3], np.float32)
BINS = 28


def person_mask(photo: Photo, box: Float32[np.ndarray, "4"]) -> Float32[np.ndarray, "H W"]:
    """Probability in [0, 1] that a pixel shows a person (hair and clothes included); 0 far from the face.

    Args:
        photo: The photo.
        box: Left, top, right, bottom of the face in pixels.
    """
    window = Window.around(box, PERSON_REACH, NETWORK_SIDE)
    network = load_network(find(SELFIE_SEGMENTATION))
    (person,) = network(window.cut(photo.srgb8)[None].astype(np.float32) / 255.0)
    fine = Window.around(box, PERSON_REACH, 2 * NETWORK_SIDE)
    guide = fine.cut(photo.srgb8).astype(np.float32).mean(axis=2) / 255.0
    person = cv2.resize(person[0, :, :, 0], (fine.side, fine.side), interpolation=cv2.INTER_LINEAR)
    return fine.paste(np.clip(guided_filter(guide, person, 6, 1e-3), 0.0, 1.0), photo.width, photo.height)


def skin_mask(photo: Photo, landmarks: Landmarks, person: Float32[np.ndarray, "H W"]) -> Float32[np.ndarray, "H W"]:
    """How far a pixel shows bare skin of the face, the ears or the neck that a texture may be taken from.

    Brows, lips and beard count as skin; hair, glasses, clothes, eyes and the open mouth do not.
    """
    window = Window.around(landmarks.box, WINDOW_REACH, WINDOW_SIDE)
    face = FaceLayout.of(landmarks, window)
    features = colour_features(window.cut(photo.srgb8))
    person_here = window.cut(person, cv2.BORDER_CONSTANT)
    odds = _skin_log_odds(face, features, person_here)
    smooth = guided_filter(features[..., 2] / 4.0, odds, 3, 2e-3)
    skin = 1.0 / (1.0 + np.exp(-smooth)) * _inner(person_here, 0.008 * face.size)
    skin = np.where(_connected(skin > 0.5, face.samples), skin, 0.0)
    skin = np.where(_holes(skin > 0.5), 1.0, skin)
    skin *= 1.0 - _under_hair(face, features[..., 2], skin)
    skin[face.openings()] = 0.0
    mask = window.paste(gaussian_filter(skin, 0.7).astype(np.float32), photo.width, photo.height)
    if landmarks.glasses > 0.5:
        mask *= 1.0 - frame_mask(photo, landmarks.points)
    return mask


def hair_mask(
    photo: Photo,
    landmarks: Landmarks,
    person: Float32[np.ndarray, "H W"],
    skin: Float32[np.ndarray, "H W"],
) -> Float32[np.ndarray, "H W"]:
    """Roughly where the hair is (a hat counts too): the person above the mouth, less the skin."""
    window = Window.around(landmarks.box, WINDOW_REACH, WINDOW_SIDE)
    face = FaceLayout.of(landmarks, window)
    possible = (face.above(CHIN) > 0.2) & ~(face.oval & (face.above(FOREHEAD_MIDDLE) < 0.0))
    hair = window.cut(person, cv2.BORDER_CONSTANT) * (1.0 - window.cut(skin, cv2.BORDER_CONSTANT)) * possible
    return window.paste(hair.astype(np.float32), photo.width, photo.height)


def hair_colour(photo: Photo, hair: Float32[np.ndarray, "H W"]) -> Float32[np.ndarray, "3"] | None:
    """Median linear colour of the hair as it is lit in the photo; None when there is hardly any."""
    covered = hair > 0.8
    if np.count_nonzero(covered) < 0.0005 * covered.size:
        return None
    return np.median(photo.linear[covered], axis=0).astype(np.float32)


def _skin_log_odds(face: FaceLayout, features, person) -> Float[np.ndarray, "S S"]:
    colour = SkinColour.measured(features, face.samples, face.bare, face.size)
    distance = colour.distance(features, face.oval, face.shade_tolerance())
    other = _other_density(face, features, person, distance)
    ratio = np.log(colour.density(distance) + 1e-9) - np.log(other)
    return np.clip(ratio, -20.0, 6.0) * face.evidence_weight() + face.prior_log_odds


def _other_density(face: FaceLayout, features, person, skin_distance) -> Float[np.ndarray, "S S"]:
    """Density of colours that are not skin: hair, clothes and background of this photo, and any others."""
    around = ~grown(face.oval, 0.05 * face.size)
    around &= face.prior_log_odds <= 0.0  # neck and ears must not pass for hair
    unlike_skin = np.where(around, 1.0 - np.exp(-skin_distance / 18.0), 0.0)
    scaled = (features - FEATURE_LOW) / (FEATURE_HIGH - FEATURE_LOW) * BINS
    cells = np.clip(scaled, 0, BINS - 1).astype(np.int32)
    flat = (cells[..., 0] * BINS + cells[..., 1]) * BINS + cells[..., 2]
    volume = float(((FEATURE_HIGH - FEATURE_LOW) / BINS).prod())
    density = np.full(BINS**3, 0.2 / (volume * BINS**3))
    for share, weight in ((0.6, unlike_skin * (person > 0.5)), (0.2, unlike_skin * (person <= 0.5))):
        counts = np.bincount(flat.ravel(), weights=weight.ravel(), minlength=BINS**3)
        smooth = gaussian_filter(counts.reshape(BINS, BINS, BINS), 1.0).reshape(-1)
        density += share * smooth / max(counts.sum(), 1.0) / volume
    return density[flat]


def _inner(person: Float32[np.ndarray, "S S"], pixels: float) -> Float[np.ndarray, "S S"]:
    """The person without its rim, where pixels mix with the background."""
    return gaussian_filter(grown(person > 0.5, -pixels).astype(np.float32), 1.0)


def _connected(mask: Bool[np.ndarray, "S S"], seeds: Bool[np.ndarray, "S S"]) -> Bool[np.ndarray, "S S"]:
    """The parts of a mask that touch the seeds, grown by a pixel so that soft edges survive."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    kept = np.unique(labels[seeds & mask])
    return grown(np.isin(labels, kept[kept > 0]), 2.0)


def _under_hair(face: FaceLayout, lightness, skin) -> Float[np.ndarray, "S S"]:
    """How far skin of the forehead is none, in [0, 1]: strands of the skin's colour, and the shade below a fringe.

    Both would be painted on the bare head. The hairline may be lost: the forehead goes on as it is below.
    """
    brows = grown(face.part(LEFT_BROW) | face.part(RIGHT_BROW), 0.02 * face.size)
    forehead = np.clip(face.above(BROW_HEIGHT) / 0.02, 0.0, 1.0) * ~brows
    forehead *= np.clip((TEMPLES - face.aside(BROW_HEIGHT)) / 0.08, 0.0, 1.0)
    broad = grown(grown(skin > 0.5, -STRAND * face.size), STRAND * face.size)
    depth = cv2.distanceTransform((broad | brows).astype(np.uint8), cv2.DIST_L2, 5) / face.size
    inside = (depth > HAIR_SHADE) & face.oval & ~grown(face.coloured_parts, 0.02 * face.size)
    usual = blurred_mean(lightness[..., None], inside.astype(np.float32), NEIGHBOURHOOD * face.size)[..., 0]
    darker = np.clip((usual - lightness - HAIR_SHADE_START) / HAIR_SHADE_RANGE, 0.0, 1.0)
    shade = darker * np.clip(2.0 - 2.0 * depth / HAIR_SHADE, 0.0, 1.0)
    return gaussian_filter(np.where(broad, shade, 1.0) * forehead, 0.008 * face.size)


def _holes(mask: Bool[np.ndarray, "S S"]) -> Bool[np.ndarray, "S S"]:
    """Gaps that bare skin encloses, such as a highlight; hair and hats reach in from outside."""
    return binary_fill_holes(grown(mask, 1.0)) & ~mask


def guided_filter(
    guide: Float[np.ndarray, "H W"], values: Float[np.ndarray, "H W"], radius: int, epsilon: float
) -> Float32[np.ndarray, "H W"]:
    """Smooths ``values`` along the edges of ``guide`` (He, Sun and Tang 2010, equations 5, 6 and 8)."""

    def mean(image):
        return cv2.boxFilter(image, -1, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_REFLECT)

    guide, values = guide.astype(np.float32), values.astype(np.float32)
    mean_guide, mean_values = mean(guide), mean(values)
    slope = (mean(guide * values) - mean_guide * mean_values) / (mean(guide * guide) - mean_guide**2 + epsilon)
    offset = mean_values - slope * mean_guide
    return mean(slope) * guide + mean(offset)
