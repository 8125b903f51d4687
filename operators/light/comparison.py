"""Photo and render as one picture, which follows a wipe. A module object: undo and file loads do not touch it."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.reflectance.tone import lab_from_linear
from ...core.srgb import linear_from_srgb
from ..material.relief_maps import pixels
from .face_in_photo import Box

IMAGE = "Relit Compare"
WHOLE = Box(0.0, 0.0, 1.0, 1.0)
FLICKER = 0.5
"""Seconds that photo and render are each shown."""
LINE = 0.9
"""Brightness of the line between photo and render."""


class Comparison:
    """What is compared; nothing before the first render.

    Attributes:
        difference: Mean colour difference over the skin that the photo shows (CIELAB), None before the first render.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget what was compared."""
        self._photo: np.ndarray | None = None  # [H, W, 3] sRGB, row 0 at the bottom
        self._render: np.ndarray | None = None  # the same, over the photo
        self._cover: np.ndarray | None = None  # [H, W] how much of a pixel is head
        self._photo_is_shown = False
        self.difference: float | None = None

    @property
    def ready(self) -> bool:
        """Whether there is something to show."""
        return self._photo is not None

    @property
    def middle(self) -> float:
        """Where the head is, from 0 at the photo's left edge to 1 at its right: there a wipe begins."""
        columns = self._cover.sum(axis=0)
        return float((np.arange(len(columns)) + 0.5) @ columns / max(columns.sum(), 1e-6) / len(columns)) or 0.5

    def take(
        self, photo: bpy.types.Image, rendered: bpy.types.Image, box: Box = WHOLE, seen: np.ndarray | None = None
    ) -> None:
        """Read photo and render.

        Args:
            photo: The photo.
            rendered: The same part of it, rendered, without background.
            box: Which part.
            seen: [H, W] pixels of the render to measure the difference over; all of the head when None.
        """
        width, height = rendered.size
        rows, columns = photo.size[1], photo.size[0]
        part = pixels(photo)[
            round(box.bottom * rows) : round(box.top * rows), round(box.left * columns) : round(box.right * columns), :3
        ]
        self._photo = resized(part, width, height)
        drawn = pixels(rendered)
        self._cover = drawn[..., 3].copy()
        self._render = drawn[..., :3] * self._cover[..., None] + self._photo * (1 - self._cover[..., None])
        inside = self._cover > 0.99
        if seen is not None and seen.shape == inside.shape:
            inside &= seen
        self.difference = None
        if inside.any():
            labs = [lab_from_linear(linear_from_srgb(side[inside])) for side in (self._photo, self._render)]
            self.difference = float(np.linalg.norm(labs[0] - labs[1], axis=1).mean())

    def composed(self, mode: str, wipe: float, gain: float) -> np.ndarray:
        """Return what is shown [H, W, 3] sRGB, row 0 at the bottom."""
        if mode == "DIFFERENCE":
            return np.clip(np.abs(self._photo - self._render) * gain, 0, 1)
        if mode == "FLICKER":
            return self._photo if self._photo_is_shown else self._render
        width = self._photo.shape[1]
        edge = round(wipe * width)
        picture = np.concatenate([self._photo[:, :edge], self._render[:, edge:]], axis=1)
        if 0 < edge < width:
            picture[:, max(edge - 1, 0) : edge + 1] = LINE
        return picture

    def show(self, choice: bpy.types.PropertyGroup) -> bpy.types.Image | None:
        """Bring the picture up to date and return it; None before the first render."""
        if not self.ready:
            return None
        picture = self.composed(choice.mode, choice.wipe, choice.gain)
        height, width = picture.shape[:2]
        image = bpy.data.images.get(IMAGE)
        if image is None or tuple(image.size) != (width, height):
            if image is not None:
                image.scale(width, height)
            else:
                image = bpy.data.images.new(IMAGE, width, height, alpha=False)
        values = np.ones((height, width, 4), np.float32)
        values[..., :3] = picture
        image.pixels.foreach_set(values.ravel())
        image.update()
        redraw_editors()
        if choice.mode == "FLICKER" and not bpy.app.timers.is_registered(_flicker):
            bpy.app.timers.register(_flicker, first_interval=FLICKER)
        return image

    def flicker(self, choice: bpy.types.PropertyGroup) -> float | None:
        """Show the other one; return seconds until the next time, None when the artist looks otherwise."""
        if not self.ready or choice.mode != "FLICKER" or IMAGE not in bpy.data.images:
            return None
        self._photo_is_shown = not self._photo_is_shown
        self.show(choice)
        return FLICKER


comparison = Comparison()


def resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return a picture [h, w, 3] at another size: means of whole blocks, then the nearest one."""
    step = max(1, min(picture.shape[1] // width, picture.shape[0] // height))
    rows, columns = picture.shape[0] // step, picture.shape[1] // step
    small = picture[: rows * step, : columns * step].reshape(rows, step, columns, step, -1).mean((1, 3))
    across = ((np.arange(width) + 0.5) / width * columns).astype(int)
    along = ((np.arange(height) + 0.5) / height * rows).astype(int)
    return small[along[:, None], across]


def redraw_editors() -> None:
    """Draw the image editors again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "IMAGE_EDITOR":
                area.tag_redraw()


def open_editor(context: bpy.types.Context, image: bpy.types.Image) -> None:
    """Show an image: in the image editor that has it or any other, else in half of the largest 3D view."""
    if context.window is None:
        return
    areas = context.window.screen.areas
    editors = [area for area in areas if area.type == "IMAGE_EDITOR" and area.ui_type == "IMAGE_EDITOR"]
    editors.sort(key=lambda area: area.spaces[0].image != image)
    area = editors[0] if editors else _split(context)
    if area is not None:
        area.spaces[0].image = image
        area.tag_redraw()
        _fit(context, area)


def _fit(context: bpy.types.Context, area: bpy.types.Area) -> None:
    """Show all of the picture, as large as it can be."""
    region = next(region for region in area.regions if region.type == "WINDOW")
    with context.temp_override(window=context.window, area=area, region=region):
        if bpy.ops.image.view_all.poll():
            bpy.ops.image.view_all(fit_view=True)


def _split(context: bpy.types.Context) -> bpy.types.Area | None:
    """Make half of the largest 3D view an image editor."""
    screen = context.window.screen
    views = [area for area in screen.areas if area.type == "VIEW_3D"]
    if not views:
        return None
    view = max(views, key=lambda area: area.width * area.height)
    before = {area.as_pointer() for area in screen.areas}
    with context.temp_override(window=context.window, screen=screen, area=view, region=view.regions[-1]):
        bpy.ops.screen.area_split(direction="VERTICAL", factor=0.5)
    new = next((area for area in screen.areas if area.as_pointer() not in before), None)
    if new is not None:
        new.ui_type = "IMAGE_EDITOR"
    return new


def _flicker() -> float | None:
    return comparison.flicker(bpy.context.scene.relit_compare)


@bpy.app.handlers.persistent
def _file_was_opened(*_: object) -> None:
    comparison.clear()


def register() -> None:
    """Forget the comparison when another file is opened."""
    bpy.app.handlers.load_post.append(_file_was_opened)


def unregister() -> None:
    """End the flicker."""
    bpy.app.handlers.load_post.remove(_file_was_opened)
    if bpy.app.timers.is_registered(_flicker):
        bpy.app.timers.unregister(_flicker)
    comparison.clear()
