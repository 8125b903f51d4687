"""Texture swap: the skin found in one photo of a person, seen in another photo of that person.

Protocol: A and B are fitted each alone. The head of B (its shape, expression, camera and light) wears the maps of A
and is drawn over black at 384 pixels around the face; B's photo is brought to the same pixels. Compared are the
pixels that are bare skin in B's photo (our segmentation) and show the drawn face up to 95 mm from the tip of the
nose. Light and tone can stand in for each other between two fits, so three figures are given: as drawn; with one
gain for the picture; with one gain per channel (ratios of the mean linear colours in the mask). Clipped, encoded as
sRGB, then PSNR over the mask and SSIM averaged over it (`metrics.image`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.head import Head
from core.mapfiles import linear_from_srgb, read_png, srgb_from_linear
from core.photos.views import look_at

from ..metrics.colour import luminance
from ..metrics.image import psnr, ssim
from .posed_head import Looks, PosedHead, cut

SIDE = 384
MARGIN = 1.1
BARE = 0.5
FEWEST_PIXELS = 500
GAINS = ("raw", "one gain", "gain per channel")


def swap_figures(skin: Head, seen: Head, skin_mask: np.ndarray) -> tuple[dict[str, float], np.ndarray]:
    """Figures of one swap, and its picture.

    Args:
        skin: The head whose maps are worn (A).
        seen: The head of B, which gives shape, camera and light.
        skin_mask: ``[height, width]`` of B's photo, how far a pixel shows bare skin.

    Returns:
        ``"psnr raw"``, ``"ssim raw"`` and so on for each of :data:`GAINS`, ``"pixels"``, and ``"own psnr raw"`` and so
        on for B in its own maps; the photos A and B, B in A's skin with one gain per channel and the mask side by side,
        ``[384, 1536, 3]`` sRGB in [0, 1].
    """
    posed = PosedHead(seen)
    camera, square = posed.window(SIDE, MARGIN)
    photo = cut(linear_from_srgb(read_png(seen.photos[0])), square, SIDE).clip(0, 1)
    mask = posed.face_pixels(camera) & (cut(skin_mask, square, SIDE) > BARE)
    figures, picture = compare(posed.draw(camera, Looks.of(skin)), photo, mask)
    own, _ = compare(posed.draw(camera), photo, mask)
    figures |= {f"own {name}": value for name, value in own.items() if name != "pixels"}
    _, other_square = PosedHead(skin).window(SIDE, MARGIN)
    other_photo = cut(read_png(skin.photos[0]), other_square, SIDE).clip(0, 1)
    return figures, np.hstack([other_photo, picture])


def compare(drawn: np.ndarray, photo: np.ndarray, mask: np.ndarray) -> tuple[dict[str, float], np.ndarray]:
    """Figures of two linear pictures ``[H, W, 3]`` over a mask ``[H, W]``, and the three side by side in sRGB."""
    figures = {"pixels": float(mask.sum())}
    if mask.sum() < FEWEST_PIXELS:
        return figures, np.zeros((len(mask), 3 * mask.shape[1], 3), np.float32)
    reference = srgb_from_linear(photo)
    shown = reference
    means = photo[mask].mean(0), drawn[mask].mean(0)
    one = float(luminance(means[0]) / max(luminance(means[1]), 1e-6))
    for name, gain in zip(GAINS, (1.0, one, means[0] / np.maximum(means[1], 1e-6))):
        shown = srgb_from_linear(drawn * gain)
        figures[f"psnr {name}"] = psnr(shown, reference, mask)
        figures[f"ssim {name}"] = ssim(shown, reference, mask)
    return figures, np.hstack([reference, shown, np.repeat(mask[..., None], 3, 2).astype(np.float32)])


def skin_of(photo: Path) -> np.ndarray:
    """``[height, width]`` how far each pixel of a photo shows bare skin."""
    return look_at(photo, None).skin
