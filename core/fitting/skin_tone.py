"""Skin tone against exposure: what settles the one thing that shading cannot.

A darker person in a brighter light makes nearly the same picture. What tells them apart is how cameras expose, how
white light usually is, and the whites of the eyes, whose colour is nearly the same in all people. Skin itself may have
one of few colours: from light to dark they lie on one curve. So every place on the curve is tried, and the answer is
the middle of what is left of equal shares of the ten Monk tones (Bayes' rule on a grid; the deviation from the curve,
a Gaussian, is integrated exactly). The middle is Tukey's trimean: a median that does not leap where two answers fit.

Skin mirrors some light besides what it scatters, and the darker it is the more that counts: of the darkest faces
nearly half of what a photo shows. Each evidence therefore looks at albedo plus gloss.

The constants are measured on the truth data set's split ``tone`` (60 photos of 30 heads, ``python -m benchmarks.truth
tone``), which shares no head, light or exposure with the splits that judge the method.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TONES = np.array([
    [-0.282, -0.722, -0.926], [-0.348, -0.815, -1.053], [-0.442, -0.939, -1.218], [-0.464, -0.992, -1.323],
    [-0.617, -1.214, -1.582], [-0.976, -1.644, -2.112], [-1.392, -2.119, -2.615], [-1.809, -2.525, -2.984],
    [-2.089, -2.769, -3.196], [-2.440, -3.079, -3.463],
])  # fmt: skip
"""Logarithm of the linear albedo (red, green, blue) of faces of Monk tones 1 to 10 as BioSkin makes them."""
PEOPLE = np.full((3, 3), 0.003) + 0.003 * np.eye(3)
"""Covariance of a person's deviation from that curve: blood and yellowness."""
BEYOND = 0.5
"""How far, in Monk tones, skin reaches beyond the first and the last."""
GRID = np.linspace(0.0, 11.0, 67)

EXPOSURE, METERING, SURROUNDINGS = -1.09, 0.56, 0.11
"""Mean logarithm of a face's colour in a photo if its skin were white; how it grows with the logarithm of the skin's
(1 would show each face as light as it is, 0 all faces alike) and with the face's prominence in the picture."""
EXPOSURE_SPREADS = ((0.9, 0.36), (0.1, 0.9))
"""Shares of photos and how far their exposure strays: most are metered on the face, some stand against the light."""
WHITE_BALANCE_SPREAD = 0.22

WHITE = np.array([-0.268, -0.426, -0.590])
"""Logarithm of the white of an eye, as the lightest part of it looks in the light that falls on the lids."""
WHITE_SPREAD = 0.33
WHITE_CHROMA_SPREAD = 0.115
MISREAD = 0.2
"""Share of whites that are something else (shaded, behind glasses, mirroring a lamp) and say nothing of the skin."""
MISREAD_LEVEL, MISREAD_SPREAD, MISREAD_CHROMA_SPREAD = 0.3, 0.7, 0.4
"""How much lighter than the skin those look, in logarithms."""
FINE_IRIS = 5.5
"""Radius of an iris in pixels from which the white beside it is measured well."""
LESS_RED = 0.05
"""How much less red than the skin (logarithm of red over green) a white is at least: what is not is a hand or a lid."""

AVERAGE = np.full((3, 3), 1 / 3)
CHROMA = np.eye(3) - AVERAGE


@dataclass(frozen=True)
class WhiteOfEyes:
    """The white of one eye in a photo.

    Attributes:
        colour: [3] linear light, of their lightest part.
        transfer: [25] diffuse light transfer onto the lids of that side.
        iris_radius: in pixels of the photo.
    """

    colour: np.ndarray
    transfer: np.ndarray
    iris_radius: float


@dataclass(frozen=True)
class FaceInPhoto:
    """What one photo shows of a face, as far as its tone is concerned.

    Attributes:
        colour: [3] logarithm of the face's mean colour.
        gloss: [3] what the face mirrors, as if it were albedo: light mirrored over light arriving.
        prominence: logarithm of how much brighter than the whole picture the face is.
        white: [3] logarithm of the whites of the eyes over the face's colour, in equal light; None where none is seen.
        iris_radius: of the larger eye, in pixels of the photo.
    """

    colour: np.ndarray
    gloss: np.ndarray
    prominence: float = 0.0
    white: np.ndarray | None = None
    iris_radius: float = FINE_IRIS


def plausible_whites(whites: Sequence[WhiteOfEyes], skin: np.ndarray) -> list[WhiteOfEyes]:
    """Return the whites that can be whites, beside the logarithm [3] of the skin's colour in the same photo."""
    beside = [np.log(np.maximum(white.colour, 2e-3)) - skin for white in whites]
    return [white for white, colour in zip(whites, beside, strict=True) if colour[0] - colour[1] < -LESS_RED]


def settle_tone(photos: Sequence[FaceInPhoto]) -> tuple[np.ndarray, float]:
    """Return the logarithm [3] of the face's most plausible mean albedo and the deviation of its lightness."""
    curve = _skin_curve(GRID)
    usual = np.linalg.inv(PEOPLE)
    likely = -0.5 * ((np.maximum(1 - GRID, 0) + np.maximum(GRID - 10, 0)) / BEYOND) ** 2
    system = np.broadcast_to(usual, (len(GRID), 3, 3)).copy()
    target = np.zeros((len(GRID), 3))
    for photo in photos:
        readings = [_integrated(share, parts, usual) for share, parts in _readings(photo, curve)]
        chances = np.stack([reading[0] for reading in readings])
        together = np.logaddexp.reduce(chances, 0)
        likely = likely + together
        for share, (_, precision, pull) in zip(np.exp(chances - together), readings, strict=True):
            system += share[:, None, None] * (precision - usual)
            target += share[:, None] * pull
    chance = np.exp(likely - likely.max())
    chance /= chance.sum()
    albedo = curve + np.linalg.solve(system, target[..., None])[..., 0]
    lightness = albedo.mean(1)
    around = np.linalg.inv(system).mean((1, 2))
    spread = np.sqrt(chance @ ((lightness - chance @ lightness) ** 2 + around))
    first, half, third = np.interp((0.25, 0.5, 0.75), np.cumsum(chance) - chance / 2, GRID)
    middle = (first + 2 * half + third) / 4
    return np.array([np.interp(middle, GRID, albedo[:, channel]) for channel in range(3)]), float(spread)


def _skin_curve(tone: np.ndarray) -> np.ndarray:
    """Logarithm of albedo [N,3] at Monk tones [N]; straight on beyond the ends."""
    low = np.clip(np.floor(tone).astype(int), 1, 9) - 1
    return TONES[low] + (tone - 1 - low)[:, None] * (TONES[low + 1] - TONES[low])


def _readings(photo: FaceInPhoto, curve: np.ndarray) -> list[tuple[float, list[tuple]]]:
    """The photo's evidence at each place [N] of the curve, for each way to read its exposure and the eyes' whites.

    A reading is its share and a list of Gaussian evidences: residual [N,k], its change with the deviation from the
    curve [N,k,3], precision [k,k].
    """
    albedo = np.exp(curve)
    shown = np.log(albedo + photo.gloss)
    slope = (albedo / (albedo + photo.gloss))[:, :, None] * np.eye(3)
    exposure = (photo.colour.mean() - EXPOSURE - METERING * shown.mean(1) - SURROUNDINGS * photo.prominence)[:, None]
    less_exposed = -METERING * slope.mean(1, keepdims=True)
    balance = ((photo.colour - shown) @ CHROMA, -CHROMA @ slope, np.eye(3) / WHITE_BALANCE_SPREAD**2)
    whites: list[tuple[float, list[tuple]]] = [(1.0, [])]
    if photo.white is not None:
        right = _precision(WHITE_SPREAD, WHITE_CHROMA_SPREAD) / max(FINE_IRIS / photo.iris_radius, 1.0)
        wrong = _precision(MISREAD_SPREAD, MISREAD_CHROMA_SPREAD)
        anything = np.broadcast_to(photo.white - MISREAD_LEVEL, shown.shape)
        whites = [
            (1 - MISREAD, [(photo.white - WHITE + shown, slope, right)]),
            (MISREAD, [(anything, 0 * slope, wrong)]),
        ]
    return [
        (often * share, [(exposure, less_exposed, np.eye(1) / spread**2), balance, *white])
        for often, spread in EXPOSURE_SPREADS
        for share, white in whites
    ]


def _precision(lightness: float, chroma: float) -> np.ndarray:
    """Precision [3,3] of a colour's logarithm from the deviations of its mean and of the rest."""
    return AVERAGE / (3 * lightness**2) + CHROMA / chroma**2


def _integrated(share: float, evidences: list[tuple], usual: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the logarithm [N] of a reading's chance, and precision [N,3,3] and target [N,3] of the deviation."""
    system, target, cost = usual, 0.0, 0.0
    for residual, change, precision in evidences:
        weighted = change.swapaxes(1, 2) @ precision
        system = system + weighted @ change
        target = target - (weighted @ residual[..., None])[..., 0]
        cost = cost + np.einsum("ni,ij,nj->n", residual, precision, residual) - np.linalg.slogdet(precision)[1]
    explained = (target * np.linalg.solve(system, target[..., None])[..., 0]).sum(1)
    return np.log(share) - 0.5 * (cost - explained + np.linalg.slogdet(system)[1]), system, target
