"""Errors of the maps: albedo, skin tone, specular, roughness."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .colour import ciede2000, ita_degrees, lab_from_linear, srgb_from_linear
from .image import psnr, ssim
from .perceptual import perceptual_distance
from .textures import at_map_size, sampled
from .truth_surface import LEAST_SHARE


def albedo_error(found: np.ndarray, true: np.ndarray, observed: np.ndarray, bare: np.ndarray) -> dict[str, float]:
    """Errors of linear albedo [N, 3] at matched points.

    Args:
        found: of the fitted head; true: of the true one.
        observed: [N] bool, what the photo shows.
        bare: [N] bool, the skin whose tone counts (without brows, eyes, nostrils and lips).

    Returns:
        ``albedo_ciede2000`` (mean) and ``albedo_psnr`` (sRGB-encoded), also with ``_observed`` and ``_hidden``;
        ``ita_error_degrees``, ``ita_bias_degrees`` (found minus true) and ``ita_true_degrees``: the individual typology
        angle of the median Lab colour of the bare skin, seen or not, as Feng et al. (2022) take it over a skin crop.
    """
    labs = lab_from_linear(found), lab_from_linear(true)
    difference = ciede2000(*labs)
    encoded = srgb_from_linear(found), srgb_from_linear(true)
    figures = {}
    parts = {"": np.ones(len(found), bool), "_observed": observed, "_hidden": ~observed}
    for suffix, part in parts.items():
        if part.mean() >= LEAST_SHARE:
            figures[f"albedo_ciede2000{suffix}"] = float(difference[part].mean())
            figures[f"albedo_psnr{suffix}"] = psnr(*encoded, part)
    tone = bare if bare.any() else parts[""]
    found_ita, true_ita = (float(ita_degrees(np.median(lab[tone], 0))) for lab in labs)
    figures["ita_error_degrees"] = abs(found_ita - true_ita)
    figures["ita_bias_degrees"] = found_ita - true_ita
    figures["ita_true_degrees"] = true_ita
    return figures


def albedo_picture_error(
    found: np.ndarray, true: np.ndarray, place: np.ndarray, shape: tuple[int, int]
) -> dict[str, float]:
    """SSIM and perceptual distance of linear albedo [N, 3] laid out as a picture.

    Args:
        found: of the fitted head; true: of the true one.
        place: [N] flat pixel of each; shape: height and width of the picture.
    """
    pictures = []
    for values in (found, true):
        picture = np.zeros((shape[0] * shape[1], 3))
        picture[place] = srgb_from_linear(values)
        pictures.append(picture.reshape(*shape, 3))
    mask = np.zeros(shape[0] * shape[1], bool)
    mask[place] = True
    mask = mask.reshape(shape)
    distance = perceptual_distance(*pictures, mask)
    figures = {"albedo_ssim": ssim(*pictures, mask)}
    return figures if distance is None else {**figures, "albedo_lpips_like": distance}


def gloss_error(
    maps: Mapping[str, np.ndarray],
    found_uv: np.ndarray,
    true_specular: np.ndarray,
    true_roughness: np.ndarray,
    true_uv: np.ndarray,
) -> dict[str, float]:
    """Mean absolute errors ``specular_mae`` and ``roughness_mae`` at matched points (Principled's own values)."""
    figures = {}
    pairs = (("specular_mae", "specular_albedo", true_specular), ("roughness_mae", "roughness", true_roughness))
    for name, key, true in pairs:
        if key in maps:
            difference = sampled(maps[key], found_uv) - sampled(at_map_size(np.asarray(true)), true_uv)
            figures[name] = float(np.abs(difference).mean())
    return figures
