"""Skin tone against exposure: what settles the one thing that shading cannot.

A darker person in a brighter light makes nearly the same picture. What tells them apart is how cameras expose, how
white light usually is, and the whites of the eyes, whose colour is nearly the same in all people. Skin itself may have
one of few colours: from light to dark they lie on one curve. So every place on the curve is tried, and the answer is
the middle of what is left of equal shares of the ten Monk tones (Bayes' rule on a grid; the deviation from the curve,
a Gaussian, is integrated exactly). The middle is Tukey's trimean: a median that does not leap where two answers fit.

Skin mirrors some light besides what it scatters, and the darker it is the more that counts: of the darkest faces
nearly half of what a photo shows. Each evidence therefore looks at albedo plus gloss.

What can be measured of that is in `core/data/skin_tone.json` (`python -m training.tone_calibration`), from the truth
data set's split ``tone``: 60 photos of 30 heads that share no head, light or exposure with the splits that judge the
method.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

CALIBRATION_PATH = Path(__file__).resolve().parents[1] / "data" / "skin_tone.json"

PEOPLE = np.full((3, 3), 0.003) + 0.003 * np.eye(3)
"""Covariance of a person's deviation from the curve: blood and yellowness."""
BEYOND = 0.5
"""How far, in Monk tones, skin reaches beyond the first and the last."""
GRID = np.linspace(0.0, 11.0, 67)
CAUTION = 1.25
"""How much farther than on the calibration's photos white balance and whites are taken to stray: those were all taken
by one kind of camera and painted by one kind of eye."""
BACKLIT, BACKLIT_SPREAD = 0.1, 2.5
"""Share of photos that are not metered on the face, and how many times farther their exposure strays."""
MISREAD, MISREAD_BEHIND_GLASSES = 0.2, 0.4
"""Share of whites that are something else (shaded, mirroring a lamp) and say nothing of the skin."""
MISREAD_LEVEL, MISREAD_SPREAD, MISREAD_CHROMA_SPREAD = 0.3, 0.7, 0.4
"""How much lighter than the skin those look, in logarithms."""
GLASSES = 0.2
"""How much darker a white looks behind glasses, in logarithms: they mirror, and their frames shade."""
FINE_IRIS = 5.5
"""Radius of an iris in pixels from which the white beside it is measured well."""
TURNED_AWAY = 0.88
"""An eye whose iris is smaller than the other's by this is turned away: its white lies in the corner's shade."""
LESS_RED = 0.05
"""How much less red than the skin (logarithm of red over green) a white is at least: what is not is a hand or a lid."""

AVERAGE = np.full((3, 3), 1 / 3)
CHROMA = np.eye(3) - AVERAGE


@dataclass(frozen=True, eq=False)
class ToneModel:
    """What photos of heads of known skin tell of cameras and eyes; logarithms of linear light.

    Attributes:
        tones: [10,3] albedo (red, green, blue) of faces of Monk tones 1 to 10.
        exposure: mean logarithm of a face's colour in a photo if its skin were white.
        metering: how that grows with the logarithm of the skin's: 1 would show each face as light as it is, 0 all
            faces alike.
        surroundings: how it grows with the face's prominence in the picture.
        exposure_spread: standard deviation from that.
        white_balance_spread: of each colour of white light.
        white: [3] the white of an eye, as its lightest part looks in the light that falls on the lids.
        white_spread: standard deviation of its lightness.
        white_chroma_spread: of its colours.
    """

    tones: np.ndarray
    exposure: float
    metering: float
    surroundings: float
    exposure_spread: float
    white_balance_spread: float
    white: np.ndarray
    white_spread: float
    white_chroma_spread: float

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> ToneModel:
        """Return the model that :meth:`to_dict` wrote."""
        return cls(**{name: np.array(value) if isinstance(value, list) else value for name, value in values.items()})

    def to_dict(self, decimals: int = 3) -> dict[str, object]:
        """Return the values for JSON, rounded."""
        return {name: np.round(value, decimals).tolist() for name, value in asdict(self).items()}

    def curve(self, tone: np.ndarray) -> np.ndarray:
        """Logarithm of albedo [N,3] at Monk tones [N]; straight on beyond the ends."""
        low = np.clip(np.floor(tone).astype(int), 1, 9) - 1
        return self.tones[low] + (tone - 1 - low)[:, None] * (self.tones[low + 1] - self.tones[low])


@lru_cache(maxsize=1)
def measured() -> ToneModel:
    """Return the model that ships."""
    return ToneModel.from_dict(json.loads(CALIBRATION_PATH.read_text(encoding="utf-8")))


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
        glasses: whether the eyes are behind glasses.
    """

    colour: np.ndarray
    gloss: np.ndarray
    prominence: float = 0.0
    white: np.ndarray | None = None
    iris_radius: float = FINE_IRIS
    glasses: bool = False


def plausible_whites(whites: Sequence[WhiteOfEyes], skin: np.ndarray) -> list[WhiteOfEyes]:
    """Return the whites that can be believed, beside the logarithm [3] of the skin's colour in the same photo.

    Those are less red than the skin, and not in an eye that is turned away while the other one is seen.
    """
    beside = [np.log(np.maximum(white.colour, 2e-3)) - skin for white in whites]
    whites = [white for white, colour in zip(whites, beside, strict=True) if colour[0] - colour[1] < -LESS_RED]
    largest = max((white.iris_radius for white in whites), default=0.0)
    return [white for white in whites if white.iris_radius >= TURNED_AWAY * largest]


def settle_tone(photos: Sequence[FaceInPhoto], model: ToneModel | None = None) -> tuple[np.ndarray, float]:
    """Return the logarithm [3] of the face's most plausible mean albedo and the deviation of its lightness.

    Args:
        photos: what each photo shows.
        model: of cameras and eyes; the one that ships when None.
    """
    model = model or measured()
    curve = model.curve(GRID)
    usual = np.linalg.inv(PEOPLE)
    likely = -0.5 * ((np.maximum(1 - GRID, 0) + np.maximum(GRID - 10, 0)) / BEYOND) ** 2
    system = np.broadcast_to(usual, (len(GRID), 3, 3)).copy()
    target = np.zeros((len(GRID), 3))
    for photo in photos:
        readings = [_integrated(share, parts, usual) for share, parts in _readings(photo, curve, model)]
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


def _readings(photo: FaceInPhoto, curve: np.ndarray, model: ToneModel) -> list[tuple[float, list[tuple]]]:
    """The photo's evidence at each place [N] of the curve, for each way to read its exposure and the eyes' whites.

    A reading is its share and a list of Gaussian evidences: residual [N,k], its change with the deviation from the
    curve [N,k,3], precision [k,k].
    """
    albedo = np.exp(curve)
    shown = np.log(albedo + photo.gloss)
    slope = (albedo / (albedo + photo.gloss))[:, :, None] * np.eye(3)
    usual = model.exposure + model.metering * shown.mean(1) + model.surroundings * photo.prominence
    exposure = (photo.colour.mean() - usual)[:, None]
    less_exposed = -model.metering * slope.mean(1, keepdims=True)
    balance_precision = np.eye(3) / (CAUTION * model.white_balance_spread) ** 2
    balance = ((photo.colour - shown) @ CHROMA, -CHROMA @ slope, balance_precision)
    whites: list[tuple[float, list[tuple]]] = [(1.0, [])]
    if photo.white is not None:
        right = _precision(CAUTION * model.white_spread, CAUTION * model.white_chroma_spread)
        right = right / max(FINE_IRIS / photo.iris_radius, 1.0)
        wrong = _precision(MISREAD_SPREAD, MISREAD_CHROMA_SPREAD)
        misread = MISREAD_BEHIND_GLASSES if photo.glasses else MISREAD
        white = photo.white + GLASSES * photo.glasses
        anything = np.broadcast_to(white - MISREAD_LEVEL, shown.shape)
        whites = [
            (1 - misread, [(white - model.white + shown, slope, right)]),
            (misread, [(anything, 0 * slope, wrong)]),
        ]
    exposures = ((1 - BACKLIT, model.exposure_spread), (BACKLIT, BACKLIT_SPREAD * model.exposure_spread))
    return [
        (often * share, [(exposure, less_exposed, np.eye(1) / spread**2), balance, *white])
        for often, spread in exposures
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
