"""A photo in the Image Editor with what was seen in it: faces, landmarks, the head's lines, pins.

Drawn over every Image Editor that shows a photo of the scene. Nothing here may raise: a draw handler that does is
called again at each redraw, for as long as Blender runs.
"""

from __future__ import annotations

import os
import traceback

import blf
import bpy
import gpu
import numpy as np
from bpy.props import IntProperty
from gpu_extras.batch import batch_for_shader

from ...core.photos.face_parts import DRAWN_LINES
from ...translations import said
from . import look, pinned_head, upright

BOX_COLOUR = (1.0, 1.0, 1.0, 0.6)
CHOSEN_COLOUR = (1.0, 0.6, 0.1, 1.0)
LANDMARK_COLOUR = (0.35, 0.85, 1.0, 0.55)
LINE_COLOUR = (0.35, 0.85, 1.0, 0.9)
PIN_COLOUR = (1.0, 0.6, 0.1, 1.0)
PIN_RIM = (0.0, 0.0, 0.0, 1.0)
TAB = "Relit"
PIN_SIZE, LANDMARK_SIZE = 11.0, 3.0

_handle: object | None = None
_told: set[str] = set()
live: dict[str, np.ndarray] = {}
"""``points`` [478, 2] of the head in the photo while a pin is dragged; empty at other times."""


class RELIT_OT_show_landmarks(bpy.types.Operator):
    """Show the photo in an Image Editor with the faces and landmarks that were found, to check and to pin them"""

    bl_idname = "relit.show_landmarks"
    bl_label = "Show Landmarks"

    photo: IntProperty(name="Photo", description="Number of the photo in the list", default=-1, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a photo."""
        if not context.scene.relit.photos:
            cls.poll_message_set("Add a photo first.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Open the photo in the largest Image Editor, or split the view for one."""
        settings = context.scene.relit
        index = self.photo if 0 <= self.photo < len(settings.photos) else settings.active_photo
        photo = settings.photos[min(index, len(settings.photos) - 1)]
        settings.active_photo = min(index, len(settings.photos) - 1)
        found = look.findings(photo)
        try:
            image = upright.image_of(look.absolute(photo), found.orientation if found else 1)
        except (RuntimeError, OSError) as error:
            self.report({"ERROR"}, said(f"{photo.name} cannot be opened: {error}."))
            return {"CANCELLED"}
        area = _image_area(context)
        if area is None:
            self.report({"WARNING"}, "Open an Image Editor first: there is no view that could be split.")
            return {"CANCELLED"}
        space = area.spaces.active
        space.image = image
        space.mode = "VIEW"
        region = next(region for region in area.regions if region.type == "WINDOW")
        with context.temp_override(window=context.window, area=area, region=region, space_data=space):
            if bpy.ops.image.view_all.poll():
                bpy.ops.image.view_all(fit_view=True)
        if found is None:
            look.ask(context.scene)
        space.show_region_ui = True
        if not bpy.app.background:
            bpy.app.timers.register(_open_tabs, first_interval=0.2)
        area.tag_redraw()
        return {"FINISHED"}


def _open_tabs() -> None:
    """Bring our tab to the front where a photo is shown; an editor has no tabs before it was drawn once."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            image = area.spaces.active.image if area.type == "IMAGE_EDITOR" else None
            for region in area.regions if image is not None else ():
                if region.type == "UI" and getattr(region, "active_panel_category", TAB) not in {TAB, "UNSUPPORTED"}:
                    region.active_panel_category = TAB
                    region.tag_redraw()


def _image_area(context: bpy.types.Context) -> bpy.types.Area | None:
    """The largest Image Editor of the window; one that is made beside the largest 3D view where there is none."""
    if context.window is None:
        return None

    def largest(kind: str) -> bpy.types.Area | None:
        areas = [area for area in context.window.screen.areas if area.ui_type == kind]
        return max(areas, key=lambda area: area.width * area.height, default=None)

    area = largest("IMAGE_EDITOR")
    view = largest("VIEW_3D")
    if area is not None or view is None:
        return area
    before = set(context.window.screen.areas)
    region = next(region for region in view.regions if region.type == "WINDOW")
    with context.temp_override(window=context.window, area=view, region=region):
        bpy.ops.screen.area_split(direction="VERTICAL", factor=0.5)
    made = next((area for area in context.window.screen.areas if area not in before), None)
    if made is not None:
        made.ui_type = "IMAGE_EDITOR"
    return made


def photo_shown(context: bpy.types.Context) -> bpy.types.PropertyGroup | None:
    """Return the photo of the scene that the Image Editor of a context shows upright, or None."""
    space = context.space_data
    image = getattr(space, "image", None) if space is not None and space.type == "IMAGE_EDITOR" else None
    if image is None or not context.scene:
        return None
    copy_of = image.get(upright.PHOTO)
    path = copy_of or (os.path.abspath(bpy.path.abspath(image.filepath)) if image.filepath else "")
    for photo in context.scene.relit.photos:
        if path and look.absolute(photo) == path:
            found = look.findings(photo)
            as_meant = copy_of or found is None or found.orientation == 1
            return photo if as_meant else None
    return None


class Frame:
    """Where the pixels of a photo are in a region.

    Args:
        region: The main region of an Image Editor.
        size: Width and height of the photo.
    """

    def __init__(self, region: bpy.types.Region, size: tuple[int, int]) -> None:
        view = region.view2d
        self._low = np.array(view.view_to_region(0.0, 0.0, clip=False), float)
        self._span = np.array(view.view_to_region(1.0, 1.0, clip=False), float) - self._low
        self._size = np.array(size, float)

    @property
    def scale(self) -> float:
        """Pixels of the region for each of the photo."""
        return float(self._span[0] / self._size[0])

    def to_region(self, points: np.ndarray) -> np.ndarray:
        """Points [N, 2] of the photo, y down, in pixels of the region, y up."""
        share = np.asarray(points, float).reshape(-1, 2) / self._size
        return self._low + np.stack([share[:, 0], 1.0 - share[:, 1]], 1) * self._span

    def to_photo(self, x: float, y: float) -> np.ndarray:
        """A point of the region in the photo."""
        share = (np.array([x, y], float) - self._low) / self._span
        return np.array([share[0], 1.0 - share[1]]) * self._size


def detected_points(photo: bpy.types.PropertyGroup, found: look.Findings) -> np.ndarray:
    """Return the landmarks of a photo [478, 2]: as detected, pinned ones where the artist has put them."""
    points = found.points.copy()
    for index, x, y in look.pins_of(photo):
        if index < len(points):
            points[index] = x, y
    return points


def head_points(context: bpy.types.Context, photo: bpy.types.PropertyGroup) -> np.ndarray | None:
    """Return where the landmarks of the head are seen in a photo [478, 2]; None before there is one."""
    if live:
        return live["points"]
    found = pinned_head.head_of(context, photo)
    return None if found is None else pinned_head.points_of(*found)


def redraw() -> None:
    """Draw all Image Editors and sidebars again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"IMAGE_EDITOR", "VIEW_3D"}:
                area.tag_redraw()


def _draw() -> None:
    try:
        context = bpy.context
        photo = photo_shown(context)
        found = look.findings(photo) if photo else None
        if found is not None and found.size[0] and context.space_data.mode == "VIEW":
            _draw_photo(context, photo, found)
    except Exception as error:  # it would be raised again at every redraw
        if repr(error) not in _told:
            _told.add(repr(error))
            traceback.print_exc()


def _draw_photo(context: bpy.types.Context, photo: bpy.types.PropertyGroup, found: look.Findings) -> None:
    view, frame = context.scene.relit_view, Frame(context.region, found.size)
    gpu.state.blend_set("ALPHA")
    if view.faces:
        _draw_faces(found, frame)
    if len(found.points):
        points = frame.to_region(detected_points(photo, found))
        if view.head:
            head = head_points(context, photo)
            drawn = points if head is None else frame.to_region(head)
            _lines([drawn[list(line)] for line in DRAWN_LINES], LINE_COLOUR, 1.5)
        if view.landmarks:
            tall = np.ptp(points[:, 1]) / (bpy.context.preferences.system.ui_scale or 1.0)
            _dots(points, LANDMARK_COLOUR, float(np.clip(tall / 120, 1.2, LANDMARK_SIZE)))
        pinned = [pin[0] for pin in look.pins_of(photo) if pin[0] < len(points)]
        _dots(points[pinned], PIN_RIM, PIN_SIZE + 4)
        _dots(points[pinned], PIN_COLOUR, PIN_SIZE)
    gpu.state.blend_set("NONE")


def _draw_faces(found: look.Findings, frame: Frame) -> None:
    scale = bpy.context.preferences.system.ui_scale or 1.0
    for number, (left, top, width, height) in enumerate(found.boxes):
        corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height), (left, top)]
        ring, chosen = frame.to_region(np.array(corners)), number == found.chosen
        colour = CHOSEN_COLOUR if chosen else BOX_COLOUR
        _lines([ring], colour, 2.5 if chosen else 1.5)
        if len(found.boxes) > 1:
            blf.size(0, 16 * scale)
            blf.color(0, *colour)
            blf.position(0, ring[0, 0] + 6, ring[0, 1] - 20 * scale, 0)
            blf.draw(0, str(number + 1))


def _lines(chains: list[np.ndarray], colour: tuple[float, ...], width: float) -> None:
    """Polylines, each [N, 2] in pixels of the region."""
    places = [pair for chain in chains for pair in np.stack([chain[:-1], chain[1:]], 1).reshape(-1, 2)]
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    batch = batch_for_shader(shader, "LINES", {"pos": [(float(x), float(y), 0.0) for x, y in places]})
    shader.bind()
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    shader.uniform_float("lineWidth", width * (bpy.context.preferences.system.ui_scale or 1.0))
    shader.uniform_float("color", colour)
    batch.draw(shader)


def _dots(places: np.ndarray, colour: tuple[float, ...], size: float) -> None:
    """Round points [N, 2] in pixels of the region, drawn as fans: point sizes differ between graphics drivers."""
    if not len(places):
        return
    radius = 0.5 * size * (bpy.context.preferences.system.ui_scale or 1.0)
    angle = np.linspace(0, 2 * np.pi, 9 if size < 6 else 17)[:-1]
    rim = radius * np.stack([np.cos(angle), np.sin(angle)], 1)
    corners = np.stack([np.broadcast_to(np.zeros(2), rim.shape), rim, np.roll(rim, -1, 0)], 1).reshape(-1, 2)
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    fans = (places[:, None] + corners).reshape(-1, 2).astype(np.float32)
    batch = batch_for_shader(shader, "TRIS", {"pos": fans})
    shader.bind()
    shader.uniform_float("color", colour)
    batch.draw(shader)


_register, _unregister = bpy.utils.register_classes_factory((RELIT_OT_show_landmarks,))


def register() -> None:
    """Draw over Image Editors from now on."""
    global _handle
    _register()
    _handle = bpy.types.SpaceImageEditor.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")


def unregister() -> None:
    """Draw no longer."""
    global _handle
    if _handle is not None:
        bpy.types.SpaceImageEditor.draw_handler_remove(_handle, "WINDOW")
        _handle = None
    _unregister()
