"""Light and albedo of a head, from its photos: alternating least squares in UV space.

What a photo shows of a texel is ``albedo * (transfer . light) + gloss . light``: linear in the light, and its
logarithm is linear in the coefficients of the albedo prior. So each half of the problem is a small weighted
linear system, and a few alternations take milliseconds (alternate descent, as in AlbedoGAN, arXiv 2304.12483).

Skin tone and exposure can stand in for each other (a darker person in a brighter light). The direction that the
photo says next to nothing about is settled apart, by :func:`_settle_tone`: by what exposure, white balance and the
whites of the eyes say (`skin_tone`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import FitError
from .skin_tone import FaceInPhoto, WhiteOfEyes, plausible_whites, settle_tone

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
LEAST_SHADING = 0.02
BANDS = np.repeat(np.arange(5), 2 * np.arange(5) + 1)
"""[25] the band l of each spherical-harmonic coefficient of order 4."""
LIGHT_RIDGE = 0.3 * np.array([1e-4, 4e-3, 1.5e-2, 6e-2, 1.5e-1])
"""By band, how much a ridge regression prefers smooth light."""
LIGHT_TOLERANCE, SKIN_TOLERANCE = 3.0, 1.5
"""How many times its usual noise a texel may differ before it counts half: the dark side of a face in hard light must
not be taken for something else than skin while the light is sought; for the albedo it may be."""
LEAST_SEEN = 1e-3
"""Mean weight of the texels, all photos together, below which no skin is seen."""
DARKEST_SHADE = 0.15
"""Of the face's mean brightness: darker texels count no more than these."""

# Standard deviation of a texel's logarithm around the model, and how many texels' worth of independent evidence
# a whole face holds (neighbours say the same thing).
TEXEL_NOISE = 0.12
INDEPENDENT_TEXELS = 60.0


@dataclass(frozen=True)
class TexelEvidence:
    """What one photo says, at the texels of the prior's atlas.

    Attributes:
        colour: [N,3] linear light as photographed.
        weight: [N] confidence in [0,1].
        transfer: [N,25] diffuse light transfer: outgoing radiance of a white surface = ``transfer @ light``.
        gloss: [N,25] the same for the specular part, albedo included.
        whites: of the eyes, as far as the photo shows them.
        picture_level: mean logarithm of the luminance of the whole picture; None where it is not known.
        glasses: whether the person wears any.
    """

    colour: np.ndarray
    weight: np.ndarray
    transfer: np.ndarray
    gloss: np.ndarray
    whites: tuple[WhiteOfEyes, ...] = ()
    picture_level: float | None = None
    glasses: bool = False


@dataclass(frozen=True)
class Appearance:
    """Attributes: ``lighting``, one [25,3] radiance in spherical harmonics per photo (head frame); ``albedo`` [K]
    coefficients of the prior; ``tone_uncertainty``, standard deviation of the logarithm of the skin's lightness."""

    lighting: tuple[np.ndarray, ...]
    albedo: np.ndarray
    tone_uncertainty: float


def fit_appearance(
    evidence: list[TexelEvidence], log_mean: np.ndarray, log_basis: np.ndarray, rounds: int = 8
) -> Appearance:
    """Estimate each photo's light and the albedo that they share.

    Args:
        evidence: one per photo, all at the same N texels.
        log_mean: [N,3] logarithm of the prior's mean albedo.
        log_basis: [K,N,3] the prior's modes, one standard deviation each.
        rounds: alternations; the robust weights settle within about five.

    Raises:
        FitError: no photo shows any skin.
    """
    if sum(float(photo.weight.mean()) for photo in evidence) < LEAST_SEEN:
        raise FitError(
            "No bare skin of the face was found in the photos.", "Use a photo of a real face that nothing covers."
        )
    coefficients = np.zeros(len(log_basis))
    flat_basis = log_basis.reshape(len(log_basis), -1).astype(np.float64)
    lighting: list[np.ndarray] = []
    spread = 0.0
    for _ in range(rounds):
        log_albedo = log_mean + (coefficients @ flat_basis).reshape(log_mean.shape)
        albedo = np.exp(log_albedo)
        lighting = [
            solve_light(photo, albedo, robust_weight(photo, albedo, light, LIGHT_TOLERANCE))
            for photo, light in zip(evidence, lighting or [None] * len(evidence), strict=True)
        ]
        system = np.eye(len(coefficients))
        target = np.zeros(len(coefficients))
        for photo, light in zip(evidence, lighting, strict=True):
            weight = np.repeat(robust_weight(photo, albedo, light), 3) * _evidence_per_texel(photo)
            residual = (log_albedo_seen(photo, light) - log_mean).ravel()
            weighted = flat_basis * weight
            system += weighted @ flat_basis.T
            target += weighted @ residual
        coefficients = np.linalg.solve(system, target)
        coefficients, lighting, spread = _settle_tone(coefficients, flat_basis, evidence, lighting, log_mean)
    return Appearance(tuple(light.astype(np.float32) for light in lighting), coefficients.astype(np.float32), spread)


def _shading(photo: TexelEvidence, light: np.ndarray) -> np.ndarray:
    return np.maximum(photo.transfer @ light, LEAST_SHADING)


def log_albedo_seen(photo: TexelEvidence, light: np.ndarray) -> np.ndarray:
    """Return the logarithm of the albedo [N,3] that a photo shows in a light."""
    matte = np.maximum(photo.colour - np.maximum(photo.gloss @ light, 0), 0.15 * photo.colour)
    return np.log(np.maximum(matte, 2e-3)) - np.log(_shading(photo, light))


def robust_weight(
    photo: TexelEvidence, albedo: np.ndarray, light: np.ndarray | None, tolerance: float = SKIN_TOLERANCE
) -> np.ndarray:
    """Cauchy weights [N] on the logarithmic residual; clipped and black texels say little about anything."""
    brightest = photo.colour.max(1)
    weight = photo.weight * np.clip((1.0 - brightest) / 0.1, 0.05, 1) * np.clip(brightest / 0.02, 0, 1)
    if light is None:
        return weight
    residual = np.abs(log_albedo_seen(photo, light) - np.log(albedo)).mean(1)
    return weight / (1 + (residual / (tolerance * TEXEL_NOISE)) ** 2)


def _evidence_per_texel(photo: TexelEvidence) -> float:
    total = max(float(photo.weight.sum()), 1.0)
    return min(INDEPENDENT_TEXELS / total, 1.0) / TEXEL_NOISE**2


def solve_light(photo: TexelEvidence, albedo: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the light [25,3] that explains the photo, by ridge regression that prefers smooth light."""
    # Equations are divided by the expected brightness, so that a dark face counts as much as a light one.
    brightness = photo.colour.mean(1)
    level = max(float(np.average(brightness, weights=weight + 1e-9)), 1e-3)
    # Shade counts as much as light: else the harmonics swing below nothing on the dark side.
    weight = weight * (level / np.clip(brightness, DARKEST_SHADE * level, level)) ** 2
    ridge = LIGHT_RIDGE[BANDS]
    light = np.zeros((len(BANDS), 3))
    for channel in range(3):
        response = (photo.transfer * albedo[:, channel : channel + 1] + photo.gloss) / level
        weighted = response * weight[:, None]
        scale = float((weight * (albedo[:, channel] / level) ** 2).sum()) + 1e-9
        system = weighted.T @ response + np.diag(ridge) * scale
        light[:, channel] = np.linalg.solve(system, weighted.T @ (photo.colour[:, channel] / level))
    return light


def _prominence(photo: TexelEvidence) -> float:
    if photo.picture_level is None:
        return 0.0
    face = float(np.average(photo.colour @ LUMINANCE, weights=photo.weight**2 + 1e-9))
    return float(np.clip(np.log(max(face, 2e-3)) - photo.picture_level, -1.5, 2.0))


def _settle_tone(
    coefficients: np.ndarray,
    flat_basis: np.ndarray,
    evidence: list[TexelEvidence],
    lighting: list[np.ndarray],
    log_mean: np.ndarray,
) -> tuple[np.ndarray, list[np.ndarray], float]:
    """Move tone between albedo and light to where both are most plausible.

    A shift (3 logarithms) of the albedo, with the light divided by as much as albedo and gloss together grow, leaves
    every picture nearly as it is: `skin_tone` says what the face's albedo most likely is.
    """
    face = np.clip(sum(photo.weight for photo in evidence), 0, 1)
    total = max(face.sum(), 1.0)
    weighted = flat_basis * np.repeat(face, 3)
    gram = weighted @ flat_basis.T / total * 50 + np.eye(len(coefficients)) * 1e-2
    constants = np.tile(np.eye(3), (len(log_mean), 1))
    shift_basis = np.linalg.solve(gram, weighted @ constants / total * 50)
    albedo = np.exp(log_mean + (coefficients @ flat_basis).reshape(log_mean.shape))
    pairs = list(zip(evidence, lighting, strict=True))
    faces = [face_in_photo(photo, light, albedo) for photo, light in pairs]
    present = np.log(np.mean([_mean_albedo(photo, light, albedo) for photo, light in pairs], axis=0))
    wanted, spread = settle_tone(faces)
    shift = np.clip(wanted - present, -1, 1)
    dimming = [(np.exp(present) + face.gloss) / (np.exp(present + shift) + face.gloss) for face in faces]
    return coefficients + shift_basis @ shift, [light * by for light, by in zip(lighting, dimming)], spread


def face_in_photo(photo: TexelEvidence, light: np.ndarray, albedo: np.ndarray) -> FaceInPhoto:
    """Return what bears on the tone: mean colours over the face and of the whites of the eyes, the larger first.

    The face's colour is what the fit makes of it: a hand or a lock of hair in the skin mask does not move it.
    """
    weight = photo.weight + 1e-9
    arriving = np.average(_shading(photo, light), axis=0, weights=weight)
    gloss = np.average(np.maximum(photo.gloss @ light, 0), axis=0, weights=weight) / arriving
    scattered = np.average(albedo * _shading(photo, light), axis=0, weights=weight)
    colour = np.log(np.maximum(scattered + gloss * arriving, 2e-3))
    whites = plausible_whites(photo.whites, colour)
    face = FaceInPhoto(colour, gloss, _prominence(photo), glasses=photo.glasses)
    if not whites:
        return face
    beside = [
        np.log(np.maximum(white.colour, 2e-3))
        - np.log(np.maximum(white.transfer @ light, LEAST_SHADING) / arriving)
        - colour
        for white in whites
    ]
    size = np.array([white.iris_radius for white in whites])
    return replace(face, white=np.average(beside, axis=0, weights=size**2), iris_radius=size.max())


def _mean_albedo(photo: TexelEvidence, light: np.ndarray, albedo: np.ndarray) -> np.ndarray:
    """Return the face's mean albedo [3], each texel counted by its light and confidence."""
    return np.average(albedo, axis=0, weights=_shading(photo, light).mean(1) * (photo.weight + 1e-9))
