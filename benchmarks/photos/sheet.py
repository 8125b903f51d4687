"""A person on one row: photo, drawn again, turned, clay from two sides, relit, maps. What the figures are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from core.head import Head
from core.mapfiles import linear_from_srgb, read_png, srgb_from_linear
from core.render.relight import render_clay, render_hdri

from .posed_head import PosedHead, cut

CELL = 224
MARGIN = 1.6
TURN_DEGREES = 30.0
GREY = 0.2
MAPS = ("diffuse_albedo", "normal", "provenance")
HDRI_VIEWS = ("front", "three_quarter", "front")


def head_cells(head: Head, hdris: Sequence[Path] = (), cell: int = CELL) -> list[np.ndarray]:
    """One person's square pictures ``[cell, cell, 3]`` in sRGB in [0, 1], in the order of `cell_titles`."""
    posed = PosedHead(head)
    camera, square = posed.window(cell, MARGIN)
    photo = cut(linear_from_srgb(read_png(head.photos[0])), square, cell).clip(0, 1)
    side = posed.turned(camera, TURN_DEGREES * posed.less_seen_side())
    cells = [photo, posed.draw(camera, None, photo), posed.draw(side, None, np.full_like(photo, GREY))]
    cells = [srgb_from_linear(picture) for picture in cells]
    pictures = [render_clay(head, view, cell) for view in ("front", "side")]
    pictures += [render_hdri(head, path, view, cell) for path, view in zip(hdris, HDRI_VIEWS)]
    cells += [picture.astype(np.float32) / 255 for picture in pictures]
    return cells + [cv2.resize(read_png(head.maps[name]), (cell, cell), interpolation=cv2.INTER_AREA) for name in MAPS]


def cell_titles(hdris: Sequence[Path] = ()) -> list[str]:
    """What the cells of `head_cells` show."""
    relit = [path.stem.removesuffix("_1k").replace("_", " ") for path in hdris]
    return [
        "photo",
        "drawn again",
        "turned by 30 degrees",
        "shape",
        "shape",
        *relit,
        *(m.replace("_", " ") for m in MAPS),
    ]


def read_cells(path: Path, cell: int = CELL) -> list[np.ndarray]:
    """The cells of a row that was written side by side."""
    row = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    return [row[:, start : start + cell] for start in range(0, row.shape[1], cell)]


def write_picture(path: Path, picture: np.ndarray) -> Path:
    """Write a picture ``[H, W, 3]`` of sRGB values in [0, 1] as a JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    ok, encoded = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 90])
    if not ok:
        raise ValueError(f"{path.name} could not be encoded.")
    encoded.tofile(path)
    return path
