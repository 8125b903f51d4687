"""Maps and photos as Blender images: colour space always set, packed or beside the file."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.errors import FitError


class Loader:
    """Loads images; when the block ends with an error, what was loaded is removed again.

    Args:
        pack: Whether the pixels go into the .blend file.
    """

    def __init__(self, pack: bool) -> None:
        self._pack = pack
        self._loaded: list[bpy.types.Image] = []

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is not None:
            for image in self._loaded:
                bpy.data.images.remove(image)

    def load(self, path: Path, colour_space: str) -> bpy.types.Image:
        """Load a picture.

        Args:
            path: The file.
            colour_space: ``"sRGB"`` or ``"Non-Color"``.

        Raises:
            FitError: When the file is no picture.
        """
        try:
            image = bpy.data.images.load(str(path))
        except RuntimeError as error:
            raise _unreadable(path) from error
        self._loaded.append(image)
        image.colorspace_settings.name = colour_space
        image.alpha_mode = "NONE"
        if 0 in image.size:
            raise _unreadable(path)
        if self._pack:
            image.pack()
        elif bpy.data.filepath:
            image.filepath = bpy.path.relpath(str(path))
        return image

    def load_own(self, path: Path, name: str) -> bpy.types.Image:
        """Load an sRGB picture that changes in the .blend file: packed under a name, its file let go of."""
        image = self.load(path, "sRGB")
        image.pack()
        image.name = name
        image.filepath_raw = f"//textures/{image.session_uid}/{name}"
        return image

    def load_or_none(self, path: Path, colour_space: str) -> bpy.types.Image | None:
        """Load a picture that need not exist."""
        return self.load(path, colour_space) if path.is_file() else None


def _unreadable(path: Path) -> FitError:
    return FitError(f"The picture {path.name} in {path.parent} is damaged or missing.", "Reconstruct the head again.")
