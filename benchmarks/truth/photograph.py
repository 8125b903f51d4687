"""From linear light to the file that a camera would have written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from .lights import LUMINANCE

MID_GREY = 0.18
WHITE = 0.72
"""Level of a white surface on the face when the exposure was made with a light meter at the face."""
BRIGHTEST_SKIN = 0.95
"""Linear level that at most a tenth of the skin may exceed before the photographer would have closed the aperture."""
SHOULDER = 0.8
"""Level above which a camera begins to compress highlights."""
_EXIF_IFD, _FOCAL_LENGTH, _FOCAL_LENGTH_35MM, _PIXEL_WIDTH, _PIXEL_HEIGHT = 0x8769, 37386, 41989, 40962, 40963
_SENSOR = 1.5
"""How many times smaller than 24 x 36 mm the sensor is whose true focal length EXIF tells."""


def exposure(linear: np.ndarray, skin: np.ndarray, albedo: float, metering: str, stops: float) -> float:
    """The factor that the camera multiplies the scene's light with.

    A reflected-light meter makes everybody mid-grey and a meter at the face makes everybody as light as they are;
    automatic exposure lies between, and so does this: the geometric mean of both.

    Args:
        linear: ``[H, W, 3]`` the scene's light.
        skin: ``[H, W]`` bool.
        albedo: mean luminance of the skin's albedo.
        metering: ``"face"``: reflected light of the face only; ``"scene"``: of the whole picture.
        stops: on top of that, what the photographer or chance has changed.
    """
    luminance = linear @ LUMINANCE
    face = max(float(luminance[skin].mean()), 1e-9)
    metered = face if metering == "face" else float(np.exp(np.log(luminance + 1e-4 * face).mean()))
    reflected, incident = MID_GREY / metered, WHITE * albedo / face
    factor = np.sqrt(reflected * incident)
    if metering == "scene":  # a camera that sees a face lets its surroundings change it by a stop at most
        usual = np.sqrt(MID_GREY / face * incident)
        factor = np.clip(factor, 0.5 * usual, 2.0 * usual)
    factor *= 2.0**stops
    return float(min(factor, BRIGHTEST_SKIN / max(float(np.quantile(luminance[skin], 0.9)), 1e-9)))


def develop(
    linear: np.ndarray, factor: float, white_balance: tuple[float, float], noise: float, generator: np.random.Generator
) -> np.ndarray:
    """An 8-bit sRGB picture ``[H, W, 3]`` of a linear one.

    Args:
        linear: ``[H, W, 3]`` the scene's light.
        factor: exposure.
        white_balance: gains of red and blue.
        noise: deviation at mid-grey in parts of mid-grey; its square grows with the light (shot noise) from a tenth
            that is always there (read noise).
        generator: of the noise.
    """
    levels = np.maximum(linear, 0) * (factor * np.float32([white_balance[0], 1.0, white_balance[1]]))
    deviation = noise * MID_GREY * np.sqrt(0.1 + 0.9 * np.minimum(levels, 1.5) / MID_GREY)
    levels = np.maximum(levels + deviation * generator.standard_normal(levels.shape), 0)
    over = np.maximum(levels - SHOULDER, 0)
    rest = 1 - SHOULDER
    levels = np.where(over > 0, SHOULDER + rest * over / (over + rest), levels)
    return np.round(255 * encode_srgb(levels)).astype(np.uint8)


def encode_srgb(linear: np.ndarray) -> np.ndarray:
    """sRGB values in [0, 1] of linear light (IEC 61966-2-1)."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def write_jpeg(path: Path, picture: np.ndarray, quality: int, lens: float | None) -> None:
    """Write a photo.

    Args:
        picture: ``[H, W, 3]`` uint8.
        quality: of the JPEG, 1 to 95.
        lens: 35 mm equivalent focal length to put into EXIF; None for a file without EXIF.
    """
    image = Image.fromarray(picture)
    tags = Image.Exif()
    if lens is not None:
        camera = tags.get_ifd(_EXIF_IFD)
        camera[_FOCAL_LENGTH], camera[_FOCAL_LENGTH_35MM] = lens / _SENSOR, round(lens)
        camera[_PIXEL_WIDTH], camera[_PIXEL_HEIGHT] = image.size
    image.save(path, "JPEG", quality=quality, **({"exif": tags} if lens is not None else {}))
