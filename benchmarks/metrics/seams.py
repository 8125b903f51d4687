"""The step of an albedo map across the border between what a photo showed and what was made up."""

from __future__ import annotations

import cv2
import numpy as np

from .colour import ciede2000, lab_from_linear

REACH = 1 / 128
"""Of the map's side: colours this far on either side of the border are compared (some 5 mm)."""
OBSERVED = 0.5
FEWEST_PAIRS = 20


def seam_step(albedo: np.ndarray, provenance: np.ndarray, region: np.ndarray) -> float | None:
    """Mean CIEDE2000 across the border minus the mean step over the same distance inside either part, nearby.

    Each side is averaged over its own texels only, so that a border between two plain colours gives their difference.

    Args:
        albedo: [S, S, 3] linear light.
        provenance: [S, S, 3]; the first channel is the share that a photo showed.
        region: [S, S] bool, the texels that count (the face).

    Returns:
        The step, about 0 where no seam can be told; None when there is no border.
    """
    reach = max(2, round(REACH * len(albedo)))
    lab = lab_from_linear(albedo).astype(np.float32)
    seen = provenance[..., 0] >= OBSERVED
    parts = [_averaged(lab, region & seen, reach / 2), _averaged(lab, region & ~seen, reach / 2)]
    near = cv2.dilate(_border(seen, region).astype(np.uint8), np.ones((8 * reach + 1,) * 2, np.uint8)) > 0
    across, inside = [], []
    for axis in (0, 1):
        for first, second in ((0, 1), (1, 0), (0, 0), (1, 1)):
            step = _steps(parts[first], parts[second], reach, axis, seen, region, near, first != second)
            (across if first != second else inside).append(step)
    across, inside = np.concatenate(across), np.concatenate(inside)
    if len(across) < FEWEST_PAIRS:
        return None
    return float(across.mean() - (inside.mean() if len(inside) else 0.0))


def _averaged(lab: np.ndarray, part: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    weight = cv2.GaussianBlur(part.astype(np.float32), (0, 0), sigma)
    mean = cv2.GaussianBlur(lab * part[..., None], (0, 0), sigma) / np.maximum(weight, 1e-6)[..., None]
    return mean, part


def _border(seen: np.ndarray, region: np.ndarray) -> np.ndarray:
    border = np.zeros_like(seen)
    border[:, 1:] |= (seen[:, 1:] != seen[:, :-1]) & region[:, 1:] & region[:, :-1]
    border[1:] |= (seen[1:] != seen[:-1]) & region[1:] & region[:-1]
    return border


def _steps(first, second, reach, axis, seen, region, near, crossing) -> np.ndarray:
    """Differences between the colours ``reach`` before and after each place where both parts hold."""
    (mean_1, part_1), (mean_2, part_2) = first, second

    def before(values):
        return values[: -2 * reach] if axis == 0 else values[:, : -2 * reach]

    def after(values):
        return values[2 * reach :] if axis == 0 else values[:, 2 * reach :]

    def between(values):
        return values[reach:-reach] if axis == 0 else values[:, reach:-reach]

    chosen = before(part_1) & after(part_2) & between(region & near)
    if crossing:  # exactly at the border, or each crossing would count many times
        chosen &= between(np.roll(seen, 1, axis) != seen)
    return ciede2000(before(mean_1)[chosen], after(mean_2)[chosen])
