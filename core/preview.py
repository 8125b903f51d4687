"""Pictures for the artist to watch while a reconstruction runs."""

from __future__ import annotations

import cv2
import numpy as np

from .morphable import MorphableModel
from .views import View

WIDTH = 512


def face_window(view: View, margin: float = 0.9) -> tuple[int, int, int]:
    """Return the square around the face as (left, top, side) in photo pixels; it may exceed the photo."""
    low, high = view.landmarks.points.min(0), view.landmarks.points.max(0)
    side = round(float((high - low).max()) * (1 + margin))
    centre = (low + high) / 2 - (0, 0.06 * side)
    return int(centre[0] - side / 2), int(centre[1] - side / 2), side


def crop(image: np.ndarray, window: tuple[int, int, int], width: int = WIDTH) -> np.ndarray:
    """Cut a window of `face_window` out of ``image`` [H,W,3] uint8 and bring it to ``width`` pixels."""
    left, top, side = window
    shift = np.float32([[1, 0, -left], [0, 1, -top]]) * (width / side)
    shift[:, 2] += 0.5 * (width / side - 1)
    mode = cv2.INTER_AREA if side > width else cv2.INTER_CUBIC
    if side > 2 * width:
        image = cv2.GaussianBlur(image, (0, 0), side / width * 0.4)
    return cv2.warpAffine(image, shift, (width, width), flags=mode, borderMode=cv2.BORDER_REPLICATE)


def shape_over_photo(model: MorphableModel, view: View) -> np.ndarray:
    """Return the photo's face with the fitted mesh drawn over it, [512,512,3] uint8 sRGB."""
    window = face_window(view)
    picture = crop(view.photo.srgb8, window)
    scale = WIDTH / window[2]
    pixels, _ = view.camera.project(view.vertices)
    pixels = (pixels - window[:2]) * scale
    quads = model.quads[model.quad_part == model.part_names.index("skin")]
    quads = quads[model.regions["face"][quads].all(1)]
    outline = pixels[quads]
    edge = outline[:, 1] - outline[:, 0]
    other = outline[:, 3] - outline[:, 0]
    towards_camera = edge[:, 0] * other[:, 1] - edge[:, 1] * other[:, 0] < 0
    lines = np.round(outline[towards_camera] * 16).astype(np.int32)
    drawn = cv2.polylines(picture.copy(), list(lines), True, (255, 255, 255), 1, cv2.LINE_AA, shift=4)
    return cv2.addWeighted(picture, 0.65, drawn, 0.35, 0)
