"""The step of an albedo map across the border between what a photo showed and what was made up."""

from __future__ import annotations

import cv2
import numpy as np

from .colour import ciede2000, lab_from_linear

REACH = 1 / 128
"""Of the map's side: colours this far on either side of the border are compared (some 5 mm)."""
OBSERVED = 0.5
FEWEST_PAIRS = 20


def seam_step(
    albedo: np.ndarray, provenance: np.ndarray, region: np.ndarray, reference: np.ndarray | None = None
) -> float | None:
    """Mean CIEDE2000 across the border, minus what would be there without a seam.

    Each side is averaged over its own texels only, so that a border between two plain colours gives their difference.
    Without a seam the step would be that of the true albedo at the same places (a border along the lips is none);
    where the truth is not known, the mean step over the same distance inside either part, nearby, stands for it.

    Args:
        albedo: [S, S, 3] linear light.
        provenance: [S, S, 3]; the first channel is the share that a photo showed.
        region: [S, S] bool, the texels that count (the face).
        reference: [S, S, 3] the true albedo in the same UV tile, linear light.

    Returns:
        The step, about 0 where no seam can be told; None when there is no border.
    """
    reach = max(2, round(REACH * len(albedo)))
    seen = provenance[..., 0] >= OBSERVED
    across = _crossings(albedo, seen, region, reach)
    if len(across) < FEWEST_PAIRS:
        return None
    if reference is not None:
        return float(across.mean() - _crossings(reference, seen, region, reach).mean())
    inside = _insides(albedo, seen, region, reach)
    return float(across.mean() - (inside.mean() if len(inside) else 0.0))


def _crossings(albedo: np.ndarray, seen: np.ndarray, region: np.ndarray, reach: int) -> np.ndarray:
    """The steps from one part to the other, at the border."""
    lab = lab_from_linear(albedo).astype(np.float32)
    first, second = _averaged(lab, region & seen, reach / 2), _averaged(lab, region & ~seen, reach / 2)
    steps = []
    for axis in (0, 1):
        border = region & (np.roll(seen, 1, axis) != seen)
        steps += [_steps(*pair, border, reach, axis) for pair in ((first, second), (second, first))]
    return np.concatenate(steps)


def _insides(albedo: np.ndarray, seen: np.ndarray, region: np.ndarray, reach: int) -> np.ndarray:
    """The steps over the same distance within one part, near the border."""
    lab = lab_from_linear(albedo).astype(np.float32)
    border = region & ((np.roll(seen, 1, 0) != seen) | (np.roll(seen, 1, 1) != seen))
    near = region & (cv2.dilate(border.astype(np.uint8), np.ones((8 * reach + 1,) * 2, np.uint8)) > 0)
    parts = [_averaged(lab, region & part, reach / 2) for part in (seen, ~seen)]
    return np.concatenate([_steps(part, part, near, reach, axis) for part in parts for axis in (0, 1)])


def _averaged(lab: np.ndarray, part: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    weight = cv2.GaussianBlur(part.astype(np.float32), (0, 0), sigma)
    mean = cv2.GaussianBlur(lab * part[..., None], (0, 0), sigma) / np.maximum(weight, 1e-6)[..., None]
    return mean, part


def _steps(first, second, where: np.ndarray, reach: int, axis: int) -> np.ndarray:
    """Differences between the colours ``reach`` before and after each place where both parts hold."""
    (mean_1, part_1), (mean_2, part_2) = ([np.swapaxes(values, 0, axis) for values in part] for part in (first, second))
    span = 2 * reach
    chosen = part_1[:-span] & part_2[span:] & np.swapaxes(where, 0, axis)[reach:-reach]
    return ciede2000(mean_1[:-span][chosen], mean_2[span:][chosen])
