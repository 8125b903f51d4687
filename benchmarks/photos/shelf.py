"""Heads of real people on disk, each fitted once for a state of the code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.errors import FitError
from core.head import Head, read_head
from core.pipeline import fit_head
from core.settings import FitSettings

from ..baselines import METHODS
from ..reporting.records import code_version
from .portraits import Portrait

CHEAPEST = FitSettings(quality="draft", map_size=512, threads=1)
"""The whole pipeline at the lowest cost (but for the last preview): what hundreds of photos can afford."""
MIRRORED = "~mirrored"


def no_preview(*_: object) -> np.ndarray:
    """Grey ``[8, 8, 3]`` in place of the artist's previews."""
    return np.full((8, 8, 3), 128, np.uint8)


@dataclass(frozen=True)
class HeadShelf:
    """A folder of heads.

    Attributes:
        folder: Heads lie in it by the state of the core that made them.
        method: One of `baselines.METHODS`.
        settings: Of every fit.
    """

    folder: Path
    method: str = "relit"
    settings: FitSettings = CHEAPEST

    def fit(self, portrait: Portrait) -> Head:
        """Reconstruct a head, anew even if there is one.

        Raises:
            FitError: The method refuses the photo.
        """
        path = self.path(portrait)
        steps = replace(METHODS[self.method].steps, picture=no_preview)
        fit_head([portrait.path], path, self.settings, lambda *_: None, steps)
        return read_head(path)

    def head(self, portrait: Portrait) -> Head:
        """The head of a portrait, fitted if nobody has asked for it yet.

        Raises:
            FitError: The method refuses the photo.
        """
        path = self.path(portrait)
        refused = path.with_suffix(".refused")
        if refused.is_file():
            raise FitError(refused.read_text(encoding="utf-8"))
        if path.is_dir():
            return read_head(path)
        try:
            return self.fit(portrait)
        except FitError as error:
            refused.parent.mkdir(parents=True, exist_ok=True)
            refused.write_text(error.message, encoding="utf-8")
            raise

    def path(self, portrait: Portrait) -> Path:
        """The head folder of a portrait."""
        state = f"{self.method}-{self.settings.quality}-{code_version('core')}"
        return self.folder / "heads" / state / portrait.name.replace("/", "-")

    def mirrored(self, portrait: Portrait) -> Portrait:
        """The same portrait with left and right exchanged, as a lossless file that keeps what is said of the lens."""
        name = portrait.name + MIRRORED
        path = self.folder / "mirrored" / f"{name.replace('/', '-')}.png"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with Image.open(portrait.path) as image:
                upright = ImageOps.exif_transpose(image)
                partial = path.with_suffix(".partial")
                said = {"exif": upright.getexif(), "icc_profile": image.info.get("icc_profile")}
                ImageOps.mirror(upright).save(partial, "PNG", **said)
                partial.replace(path)
        return Portrait(name, path, portrait.person, portrait.label, portrait.skin_angle, portrait.group)
