"""Pins: landmarks that the artist puts in place in the Image Editor; the head follows while they move."""

from __future__ import annotations

import bpy
import numpy as np
from bpy.props import IntProperty

from ...core.errors import FitError
from ...core.shape.morphable import load_model
from ...translations import said
from ..head import head_shape
from . import look, photo_overlay, pin_solver, pinned_head
from .photo_overlay import Frame, photo_shown

REACH = 14.0
"""Points of the screen within which a landmark is under the mouse."""
STATUS = "Move: drag the pin    Release: keep it    Esc, Right Mouse: put it back"


class Drag:
    """One pin on its way, and the head that follows it.

    Args:
        context: Blender's.
        photo: The photo; it must have been looked at.
        landmark: The landmark that is pinned.

    Attributes:
        trouble: Why the head does not follow; empty when it does.
    """

    def __init__(self, context: bpy.types.Context, photo: bpy.types.PropertyGroup, landmark: int) -> None:
        self._scene, self._photo, self._landmark = context.scene, photo, landmark
        self._pins = look.pins_of(photo)
        self._made: bpy.types.Object | None = None
        self._head: bpy.types.Object | None = None
        self._mesh: pinned_head.LiveMesh | None = None
        self.trouble = ""
        try:
            self._begin(context)
        except FitError as error:
            self._head, self.trouble = None, f"{error.message} {error.hint}"

    def _begin(self, context: bpy.types.Context) -> None:
        found = pinned_head.head_of(context, self._photo)
        if found is None:
            self._made = pinned_head.build_preview(context)
            found = pinned_head.head_of(context, self._photo)
            if found is None:
                raise FitError("The photo is not in use.", "Tick it in the list.")
        self._head, self._number = found
        trouble = head_shape.problem(self._head)
        if trouble:
            raise trouble
        self._solver = pinned_head.solver_of(self._scene, self._head)
        if self._number not in self._solver.photos:
            raise FitError("The photo has changed since the head was made.", "Reconstruct the head again.")
        self._mesh = pinned_head.LiveMesh(self._head, self._number)

    def move(self, x: float, y: float) -> None:
        """Put the pin there, in pixels of the photo, and show the head that follows."""
        width, height = look.findings(self._photo).size
        place = float(np.clip(x, 0, width)), float(np.clip(y, 0, height))
        put(self._photo, self._landmark, place)
        if self._head is not None:
            try:
                shape = self._solver.solve(pinned_head.pins_of(self._scene, self._head))
                self._mesh.show(shape)
                photo_overlay.live["points"] = pinned_head.points_of(self._head, self._number, shape)
            except (FitError, ArithmeticError, np.linalg.LinAlgError) as error:
                self.trouble = str(error)
        photo_overlay.redraw()

    def finish(self) -> None:
        """Keep the pin, and move the head for good."""
        photo_overlay.live.clear()
        if self._head is not None:
            self._mesh.restore()
            settle(self._scene, self._head)
        photo_overlay.redraw()

    def cancel(self) -> None:
        """Leave everything as it was before."""
        photo_overlay.live.clear()
        _set_pins(self._photo, self._pins)
        if self._made is not None:
            pinned_head.remove_previews(self._scene)
        elif self._mesh is not None:
            self._mesh.restore()
        photo_overlay.redraw()


def settle(scene: bpy.types.Scene, head: bpy.types.Object) -> None:
    """Move a head to where the pins of its photos want it.

    Raises:
        FitError: It cannot be moved now.
    """
    pinned_head.move(head, pinned_head.solver_of(scene, head).solve(pinned_head.pins_of(scene, head), settle=True))


def put(photo: bpy.types.PropertyGroup, landmark: int, place: tuple[float, float]) -> None:
    """Pin a landmark, or move its pin."""
    pin = next((pin for pin in photo.pins if pin.landmark == landmark), None) or photo.pins.add()
    pin.landmark, pin.place = landmark, place


def _set_pins(photo: bpy.types.PropertyGroup, pins: tuple[tuple[float, ...], ...]) -> None:
    photo.pins.clear()
    for landmark, *place in pins:
        put(photo, landmark, tuple(place))


def _follow(operator: bpy.types.Operator, context: bpy.types.Context, photo: bpy.types.PropertyGroup) -> None:
    """Move the head of a photo after its pins have changed, if there is one."""
    found = pinned_head.head_of(context, photo)
    if found is not None:
        try:
            settle(context.scene, found[0])
        except FitError as error:
            operator.report({"WARNING"}, said(f"The head does not follow: {error.message} {error.hint}"))
    photo_overlay.redraw()


def landmark_at(context: bpy.types.Context, x: float, y: float, pinned_only: bool = False) -> int | None:
    """Return the landmark under the mouse of an Image Editor, in pixels of its region; pins come first."""
    photo = photo_shown(context)
    found = look.findings(photo) if photo else None
    if found is None or not len(found.points):
        return None
    head = photo_overlay.head_points(context, photo) if context.scene.relit_view.head else None
    points = photo_overlay.detected_points(photo, found) if head is None else head.copy()
    pins = look.pins_of(photo)
    for index, *place in pins:
        points[index] = place
    frame = Frame(context.region, found.size)
    apart = np.linalg.norm(frame.to_region(points) - (x, y), axis=1)
    reach = REACH * (context.preferences.system.ui_scale or 1.0)
    pinned = [pin[0] for pin in pins]
    free = [] if pinned_only else pin_solver.usable_landmarks(load_model())
    for candidates in (pinned, free):
        nearest = min(candidates, key=lambda index: apart[index], default=None)
        if nearest is not None and apart[nearest] < reach:
            return int(nearest)
    return None


class _OverPhoto:
    """Operators in an Image Editor that shows a photo of the list."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The photo must have landmarks."""
        photo = photo_shown(context)
        found = look.findings(photo) if photo else None
        if found is None or not len(found.points):
            cls.poll_message_set("Show a photo of the list here whose face was found.")
            return False
        return True


class RELIT_OT_drag_pin(_OverPhoto, bpy.types.Operator):
    """Drag a landmark to where it is in the photo; the head follows"""

    bl_idname = "relit.drag_pin"
    bl_label = "Drag Pin"
    bl_options = {"UNDO"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take the landmark under the mouse."""
        landmark = landmark_at(context, event.mouse_region_x, event.mouse_region_y)
        if landmark is None:
            return {"PASS_THROUGH"}
        self._landmark, self._drag = landmark, None
        self._start = event.mouse_region_x, event.mouse_region_y
        self._frame_size = look.findings(photo_shown(context)).size
        context.workspace.status_text_set(STATUS)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Follow the mouse until it is released."""
        if event.type in {"ESC", "RIGHTMOUSE"} and event.value == "PRESS":
            return self._end(context, keep=False)
        if event.type == "LEFTMOUSE" and event.value == "RELEASE":
            return self._end(context, keep=True)
        photo = photo_shown(context)
        if photo is None:
            return self._end(context, keep=False)
        if event.type == "MOUSEMOVE":
            mouse = event.mouse_region_x, event.mouse_region_y
            if self._drag is None and np.hypot(mouse[0] - self._start[0], mouse[1] - self._start[1]) < 3:
                return {"RUNNING_MODAL"}
            self._drag = self._drag or Drag(context, photo, self._landmark)
            self._drag.move(*Frame(context.region, self._frame_size).to_photo(*mouse))
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the drag: another file is opened, the editor is closed."""
        self._end(context, keep=False)

    def _end(self, context: bpy.types.Context, keep: bool) -> set[str]:
        context.workspace.status_text_set(None)
        drag, self._drag = self._drag, None
        if drag is None:
            return {"CANCELLED"}
        if not keep:
            drag.cancel()
            return {"CANCELLED"}
        try:
            drag.finish()
        except FitError as error:
            drag.trouble = f"{error.message} {error.hint}"
        if drag.trouble:
            self.report({"WARNING"}, said(f"The head does not follow: {drag.trouble}"))
        return {"FINISHED"}


class RELIT_OT_add_pin(_OverPhoto, bpy.types.Operator):
    """Pin the landmark nearest to the mouse where the mouse is"""

    bl_idname = "relit.add_pin"
    bl_label = "Add Pin"
    bl_options = {"UNDO"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Pin it."""
        landmark = landmark_at(context, event.mouse_region_x, event.mouse_region_y)
        if landmark is None:
            return {"PASS_THROUGH"}
        photo = photo_shown(context)
        frame = Frame(context.region, look.findings(photo).size)
        drag = Drag(context, photo, landmark)
        drag.move(*frame.to_photo(event.mouse_region_x, event.mouse_region_y))
        drag.finish()
        return {"FINISHED"}


class RELIT_OT_remove_pin(_OverPhoto, bpy.types.Operator):
    """Remove the pin under the mouse; the landmark goes back to where it was found"""

    bl_idname = "relit.remove_pin"
    bl_label = "Remove Pin"
    bl_options = {"UNDO"}

    landmark: IntProperty(
        name="Landmark", description="Whose pin; -1 for the one under the mouse", default=-1, options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Remove the pin under the mouse."""
        landmark = landmark_at(context, event.mouse_region_x, event.mouse_region_y, pinned_only=True)
        if landmark is None:
            return {"PASS_THROUGH"}
        self.landmark = landmark
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove the pin of a landmark."""
        photo = photo_shown(context)
        index = next((index for index, pin in enumerate(photo.pins) if pin.landmark == self.landmark), None)
        if index is None:
            self.report({"WARNING"}, "There is no such pin.")
            return {"CANCELLED"}
        photo.pins.remove(index)
        _follow(self, context, photo)
        return {"FINISHED"}


class RELIT_OT_pick_face(bpy.types.Operator):
    """Take the face that is clicked on"""

    bl_idname = "relit.pick_face"
    bl_label = "Pick Face"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The photo must show several faces."""
        photo = photo_shown(context)
        found = look.findings(photo) if photo else None
        if found is None or len(found.boxes) < 2:
            cls.poll_message_set("Show a photo of the list here that shows several faces.")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take the face under the mouse."""
        photo = photo_shown(context)
        found = look.findings(photo)
        x, y = Frame(context.region, found.size).to_photo(event.mouse_region_x, event.mouse_region_y)
        for number, (left, top, width, height) in enumerate(found.boxes):
            inside = 0 <= x - left <= width and 0 <= y - top <= height
            if inside and number != found.chosen:
                photo.face = number + 1
                return {"FINISHED"}
        return {"PASS_THROUGH"}


class RELIT_OT_clear_pins(bpy.types.Operator):
    """Remove all pins of the photo; the landmarks go back to where they were found"""

    bl_idname = "relit.clear_pins"
    bl_label = "Clear Pins"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be pins."""
        photo = meant_photo(context)
        if photo is None or not photo.pins:
            cls.poll_message_set("The photo has no pins.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        photo = meant_photo(context)
        photo.pins.clear()
        _follow(self, context, photo)
        return {"FINISHED"}


class RELIT_OT_pin_landmarks(bpy.types.Operator):
    """Show the photo in an Image Editor and drag its landmarks where they belong; the head follows"""

    bl_idname = "relit.pin_landmarks"
    bl_label = "Pin Landmarks"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a photo."""
        return photo_overlay.RELIT_OT_show_landmarks.poll(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Open the editor where it is not open, and choose the tool."""
        if photo_shown(context) is None and bpy.ops.relit.show_landmarks() != {"FINISHED"}:
            return {"CANCELLED"}
        for area in context.window.screen.areas if context.window else ():
            if area.type == "IMAGE_EDITOR":
                region = next(region for region in area.regions if region.type == "WINDOW")
                with context.temp_override(window=context.window, area=area, region=region):
                    bpy.ops.wm.tool_set_by_id(name=RELIT_TL_pin.bl_idname, space_type="IMAGE_EDITOR")
        return {"FINISHED"}


class RELIT_TL_pin(bpy.types.WorkSpaceTool):
    """Drag landmarks in the photo; the head follows."""

    bl_space_type = "IMAGE_EDITOR"
    bl_context_mode = "VIEW"
    bl_idname = "relit.pin"
    bl_label = "Pin Landmarks"
    bl_description = (
        "Drag a landmark where it belongs; the head follows.\nDouble-click pins one where you click,"
        " Ctrl-click or X removes a pin"
    )
    bl_icon = "ops.generic.cursor"
    bl_keymap = (
        ("relit.add_pin", {"type": "LEFTMOUSE", "value": "DOUBLE_CLICK"}, None),
        ("relit.remove_pin", {"type": "LEFTMOUSE", "value": "PRESS", "ctrl": True}, None),
        ("relit.drag_pin", {"type": "LEFTMOUSE", "value": "PRESS"}, None),
        ("relit.pick_face", {"type": "LEFTMOUSE", "value": "PRESS"}, None),
        ("relit.remove_pin", {"type": "X", "value": "PRESS"}, None),
        ("relit.remove_pin", {"type": "DEL", "value": "PRESS"}, None),
    )

    def draw_settings(context: bpy.types.Context, layout: bpy.types.UILayout, tool: object) -> None:
        """Say what the keys do."""
        layout.label(text="Drag: pin    Double-Click: pin here    Ctrl-Click, X: remove")


def meant_photo(context: bpy.types.Context) -> bpy.types.PropertyGroup | None:
    """Return the photo that an Image Editor shows, else the active one of the list."""
    settings = context.scene.relit
    shown = photo_shown(context)
    if shown is None and settings.photos:
        return settings.photos[min(settings.active_photo, len(settings.photos) - 1)]
    return shown


_register, _unregister = bpy.utils.register_classes_factory(
    (
        RELIT_OT_drag_pin,
        RELIT_OT_add_pin,
        RELIT_OT_remove_pin,
        RELIT_OT_pick_face,
        RELIT_OT_clear_pins,
        RELIT_OT_pin_landmarks,
    )
)


def register() -> None:
    """Register the operators and the tool."""
    _register()
    bpy.utils.register_tool(RELIT_TL_pin, separator=True)


def unregister() -> None:
    """Take them out again."""
    bpy.utils.unregister_tool(RELIT_TL_pin)
    _unregister()
