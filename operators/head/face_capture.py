"""Play a recorded face performance on a head: keyframes on its shape keys, and on its rig where it has one."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from bpy.props import BoolProperty, BoolVectorProperty, IntProperty, StringProperty

from ...core.errors import FitError
from ...core.shape.face_capture import Capture, read_capture
from ...translations import said
from . import head_shape
from .active_head import active_head
from .expression import ExpressionOperator, units_of
from .rig_bones import NECK
from .rig_build import rig_of

_TURNS = ((1, 1.0), (0, -1.0), (2, -1.0))
"""Axis of the bones of neck and head, and its sign, for yaw to the left, pitch down and roll to the right."""


class RELIT_OT_face_capture(ExpressionOperator, bpy.types.Operator):
    """Play a take of Live Link Face (CSV) on the head, as keyframes"""

    bl_idname = "relit.face_capture"
    bl_label = "Import Face Capture"

    filepath: StringProperty(name="File", description="The take's CSV file", subtype="FILE_PATH")
    filter_glob: StringProperty(default="*.csv", options={"HIDDEN"})
    start: IntProperty(name="Start Frame", description="Frame at which the take begins", default=1)
    head: BoolProperty(name="Head Rotation", description="Turn neck and head of the rig too", default=True)
    flip: BoolVectorProperty(
        name="Flip",
        description="Turn the head the other way: yaw, pitch, roll; recorders do not agree on it",
        size=3,
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Let the artist choose the file."""
        self.start = context.scene.frame_start
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the keyframes."""
        scene, head_object = context.scene, active_head(context)
        path = Path(bpy.path.abspath(self.filepath))
        try:
            capture = read_capture(path).resampled(scene.render.fps / scene.render.fps_base)
        except FitError as error:
            self.report({"ERROR"}, said(error.message, error.hint))
            return {"CANCELLED"}
        played = play_keys(head_object, capture, path.stem, self.start)
        rig = rig_of(head_object)
        turned = rig is not None and self.head and bool(np.any(capture.head))
        if turned:
            play_head(rig, np.where(self.flip, -1, 1) * capture.head, path.stem, self.start)
        last = self.start + len(capture.seconds) - 1
        scene.frame_end = max(scene.frame_end, last)
        without = "" if turned or not np.any(capture.head) else "; the head's own turning needs a rig"
        self.report({"INFO"}, said(f"{played} expressions play from frame {self.start} to {last}{without}."))
        return {"FINISHED"}


def play_keys(head_object: bpy.types.Object, capture: Capture, name: str, start: int) -> int:
    """Give the head's keys a new action with a performance; returns how many units it moves."""
    keys, units = head_object.data.shape_keys, units_of(head_object)
    curves = new_curves(keys, f"{head_object.name} {name}")
    moved = [unit for unit in capture.units if unit in units]
    for unit in moved:
        write_curve(curves, f'key_blocks["{unit}"].value', 0, start, capture.units[unit])
    for photo in head_shape.photo_expressions(head_object):
        if photo in keys.key_blocks:
            keys.key_blocks[photo].value = 0.0
    return len(moved)


def play_head(rig: bpy.types.Object, angles: np.ndarray, name: str, start: int) -> None:
    """Give a rig a new action in which neck and head share the turns [N, 3] of yaw, pitch and roll."""
    curves = new_curves(rig, f"{rig.name} {name}")
    for bone in (NECK, "head"):
        for (axis, sign), angle in zip(_TURNS, angles.T):
            write_curve(curves, f'pose.bones["{bone}"].rotation_euler', axis, start, 0.5 * sign * angle)


def new_curves(owner: bpy.types.ID, name: str) -> bpy.types.bpy_prop_collection:
    """Give a data-block a new action, and return the collection of its curves; another action stays in the file."""
    animation = owner.animation_data_create()
    if animation.action is not None:
        animation.action.use_fake_user = True
    action = bpy.data.actions.new(name)
    if bpy.app.version < (4, 4):
        animation.action = action
        return action.fcurves
    slot = action.slots.new(owner.id_type, owner.name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    animation.action, animation.action_slot = action, slot
    return strip.channelbag(slot, ensure=True).fcurves


def write_curve(curves: bpy.types.bpy_prop_collection, path: str, index: int, start: int, values: np.ndarray) -> None:
    """Add a curve with a value at each frame."""
    curve = curves.new(path, index=index)
    points = np.stack([start + np.arange(len(values)), values], 1).astype(np.float32)
    curve.keyframe_points.add(len(points))
    curve.keyframe_points.foreach_set("co", points.ravel())
    curve.keyframe_points.foreach_set("interpolation", np.ones(len(points), np.int32))  # linear
    curve.update()


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_face_capture,))
