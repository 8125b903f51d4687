"""What an artist painted over a skin, in a head folder: a layer of its own, and its colours in the diffuse map."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .head import PAINT_FILE, UNPAINTED_FILE, Head
from .mapfiles import encode_png, linear_from_srgb, read_png, srgb_from_linear


@dataclass(frozen=True, eq=False)
class Paint:
    """A layer over the diffuse map.

    Attributes:
        pixels: [H,W,4] in [0,1], sRGB and alpha, row 0 is v = 1; None for nothing.
        shows: whether it is seen.
    """

    pixels: np.ndarray | None = None
    shows: bool = True

    @classmethod
    def read(cls, path: Path, shows: bool) -> Paint:
        """Read a PNG file.

        Raises:
            FitError: the file is missing or damaged.
        """
        return cls(read_png(path, alpha=True), shows)

    @classmethod
    def of(cls, head: Head, mirrored: bool = False) -> Paint:
        """Return the paint in a head folder, with left and right exchanged if wanted.

        Raises:
            FitError: the file is damaged.
        """
        if not head.paint.is_file():
            return cls()
        paint = cls.read(head.paint, head.paint_shows)
        return cls(paint.pixels[:, ::-1], paint.shows) if mirrored else paint

    def files(self, diffuse: np.ndarray) -> dict[str, bytes]:
        """Return the files of a head folder that hold paint, by name, for an encoded diffuse map [S,S,3]."""
        if self.pixels is None or not self.pixels[..., 3].any():
            return {}
        files = {PAINT_FILE: encode_png(self.pixels)}
        if self.shows:
            layer = self.pixels
            if layer.shape[:2] != diffuse.shape[:2]:
                layer = cv2.resize(layer, diffuse.shape[1::-1], interpolation=cv2.INTER_AREA)
            colour, alpha = linear_from_srgb(layer[..., :3]), layer[..., 3:]
            painted = linear_from_srgb(diffuse) * (1 - alpha) + colour * alpha
            files |= {"diffuse_albedo.png": encode_png(srgb_from_linear(painted)), UNPAINTED_FILE: encode_png(diffuse)}
        return files
