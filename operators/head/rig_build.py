"""Building a head's armature, and what ties eyes, lids and jaw to it.

Eyes turn by the sum of three bones: what they look at, what the keys ``eyeLook...`` say, and the artist's own. The
lids follow the keys as they always do, and by driven copies of them the other two. So a face capture, which plays
the keys, moves eyes and lids once, and so does an artist, who turns bones.
"""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix

from ...core.shape.morphable import load_model
from . import rig_bones
from .drivers import follow_bones, follow_keys
from .rig_bones import SIDES

RIG = "relit_rig"
"""Custom property of an armature object that is a head's rig."""
PREFIX = "rig "
"""What the names of the driven copies of keys begin with."""
LIDS = "relit_not_eyes"
"""Vertex group: all that the keys ``eyeLook...`` move while bones turn the eyes."""
FOLLOW = "follow"
"""Custom property of the bone ``look``: how much the eyes look at it."""
_WAYS = ("Up", "Down", "In", "Out")


def rig_of(head_object: bpy.types.Object) -> bpy.types.Object | None:
    """Return the armature of a head, or None."""
    for modifier in head_object.modifiers:
        if modifier.type == "ARMATURE" and modifier.object is not None and RIG in modifier.object:
            return modifier.object
    return None


def follow_shape(head_object: bpy.types.Object) -> None:
    """Move the bones of a head, where it has a rig, to where its joints are now."""
    rig = rig_of(head_object)
    if rig is None or rig.mode == "EDIT" or not rig.data.is_editable:
        return
    if rig.name not in bpy.context.view_layer.objects:
        return
    bones = rig_bones.bones(rig_bones.neutral(head_object))
    with editing(rig) as edit_bones:
        place(edit_bones, {name: bone for name, bone in bones.items() if name in edit_bones})


def build_armature(head_object: bpy.types.Object, name: str) -> bpy.types.Object:
    """Return a new armature in the head's place and collections, with its bones at rest."""
    data = bpy.data.armatures.new(name)
    data.display_type = "STICK"
    rig = bpy.data.objects.new(name, data)
    rig.show_in_front = True
    for collection in head_object.users_collection:
        collection.objects.link(rig)
    rig.parent, rig.matrix_parent_inverse = head_object.parent, head_object.matrix_parent_inverse
    rig.matrix_world = head_object.matrix_world
    shown, hidden = data.collections.new("Controls"), data.collections.new("Mechanism")
    hidden.is_visible = False
    bones = rig_bones.bones(rig_bones.neutral(head_object))
    with editing(rig) as edit_bones:
        for bone_name, bone in bones.items():
            edit_bones.new(bone_name).parent = edit_bones[bone.parent] if bone.parent else None
        place(edit_bones, bones)
    for bone_name, bone in bones.items():
        data.bones[bone_name].use_deform = bone.deforms
        (shown if bone.shown else hidden).assign(data.bones[bone_name])
        rig.pose.bones[bone_name].rotation_mode = "XYZ"
    return rig


def place(edit_bones: bpy.types.ArmatureEditBones, bones: dict[str, rig_bones.Bone]) -> None:
    """Put bones where a head has them; their Z axes point up or, where they stand upright, to the back."""
    for name, bone in bones.items():
        edit = edit_bones[name]
        edit.head, edit.tail = bone.head.tolist(), bone.tail.tolist()
        upright = abs(bone.tail - bone.head)[2] > abs(bone.tail - bone.head)[1]
        edit.align_roll((0, 1, 0) if upright and name != "jaw" else (0, 0, 1))


class editing:
    """Edit Mode of an armature for a moment, with everything as it was afterwards; gives its edit bones."""

    def __init__(self, rig: bpy.types.Object) -> None:
        self._rig = rig

    def __enter__(self) -> bpy.types.ArmatureEditBones:
        bpy.context.view_layer.update()  # a new object is known to the layer from now on
        layer = bpy.context.view_layer
        self._active, self._selected = layer.objects.active, list(layer.objects.selected)
        self._hidden = self._rig.hide_get(), self._rig.hide_viewport
        self._mode = self._rig.mode
        self._rig.hide_viewport = False
        self._rig.hide_set(False)
        layer.objects.active = self._rig
        bpy.ops.object.mode_set(mode="EDIT")
        return self._rig.data.edit_bones

    def __exit__(self, *_: object) -> None:
        bpy.ops.object.mode_set(mode=self._mode)
        self._rig.hide_set(self._hidden[0])
        self._rig.hide_viewport = self._hidden[1]
        layer = bpy.context.view_layer
        for other in layer.objects.selected:
            other.select_set(False)
        for other in self._selected:
            other.select_set(True)
        layer.objects.active = self._active


def bind(head_object: bpy.types.Object, rig: bpy.types.Object) -> None:
    """Let the head follow the armature: weights, modifier, parent."""
    for name, weight in rig_bones.weights().items():
        group = head_object.vertex_groups.new(name=name)
        for value in np.unique(weight[weight > 0]):
            group.add(np.flatnonzero(weight == value).tolist(), float(value), "REPLACE")
    modifier = head_object.modifiers.new(rig.name, "ARMATURE")
    modifier.object = rig
    head_object.modifiers.move(len(head_object.modifiers) - 1, 0)
    place_now = head_object.matrix_world.copy()
    head_object.parent, head_object.matrix_parent_inverse = rig, Matrix.Identity(4)
    head_object.matrix_world = place_now


def unbind(head_object: bpy.types.Object, rig: bpy.types.Object) -> None:
    """Take a head off its armature; it stays where it is."""
    place_now = head_object.matrix_world.copy()
    head_object.parent, head_object.matrix_parent_inverse = rig.parent, rig.matrix_parent_inverse
    head_object.matrix_world = place_now
    for modifier in [modifier for modifier in head_object.modifiers if getattr(modifier, "object", None) == rig]:
        head_object.modifiers.remove(modifier)
    for name in (*(bone.name for bone in rig.data.bones if bone.use_deform), LIDS):
        if name in head_object.vertex_groups:
            head_object.vertex_groups.remove(head_object.vertex_groups[name])
    keys = head_object.data.shape_keys
    for key in list(keys.key_blocks) if keys else ():
        if key.vertex_group == LIDS:
            key.vertex_group = ""
        if key.name.startswith(PREFIX):
            key.driver_remove("value")
            head_object.shape_key_remove(key)


def tie(head_object: bpy.types.Object, rig: bpy.types.Object) -> None:
    """Add constraints, drivers and the driven copies of the keys of eyes and jaw."""
    keys = head_object.data.shape_keys
    has = set(keys.key_blocks.keys()) if keys else set()
    look = rig.pose.bones["look"]
    look[FOLLOW] = 1.0
    look.id_properties_ui(FOLLOW).update(min=0.0, max=1.0, description="How much the eyes look at this bone")
    turns = rig_bones.turns()
    everything = head_object.vertex_groups.new(name=LIDS)
    eyes = np.logical_or(*(rig_bones.eyeball(load_model(), side) for side in SIDES))
    everything.add(np.flatnonzero(~eyes).tolist(), 1.0, "REPLACE")
    for side, short in SIDES.items():
        _track(rig, short)
        units = {way: f"eyeLook{way}{side}" for way in _WAYS}
        if not set(units.values()) <= has:
            continue
        towards_left = {"In": -1, "Out": 1} if side == "Left" else {"In": 1, "Out": -1}
        bone = rig.pose.bones[f"eye_keys.{short}"]
        sums = ((0, {"Up": 1, "Down": -1}), (2, towards_left))
        for axis, signs in sums:
            terms = [f"{sign * turns[units[way]]:.6f}*{letter}" for letter, (way, sign) in zip("ab", signs.items())]
            curve = bone.driver_add("rotation_euler", axis)
            follow_keys(curve, keys, tuple(units[way] for way in signs), " + ".join(terms))
            for way, sign in signs.items():
                keys.key_blocks[units[way]].vertex_group = LIDS
                rule = f"min(1.3, max(0, {sign / turns[units[way]]:.6f}*(a + b)))"
                sources = ((f"eye_track.{short}", f"ROT_{'XYZ'[axis]}"), (f"eye.{short}", f"ROT_{'XYZ'[axis]}"))
                _copy_driven(head_object, units[way], rig, sources, rule).vertex_group = LIDS
    for unit, source, sign in (
        ("jawOpen", "ROT_X", -1),
        ("jawLeft", "ROT_Z", 1),
        ("jawRight", "ROT_Z", -1),
        ("jawForward", "LOC_Y", 1),
    ):
        if unit in has:
            _copy_driven(head_object, unit, rig, (("jaw", source),), f"min(1.3, max(0, {sign / turns[unit]:.6f}*a))")


def _track(rig: bpy.types.Object, short: str) -> None:
    track = rig.pose.bones[f"eye_track.{short}"].constraints.new("DAMPED_TRACK")
    track.target, track.subtarget, track.track_axis = rig, f"look.{short}", "TRACK_Y"
    driver = track.driver_add("influence").driver
    variable = driver.variables.new()
    variable.name = "a"
    variable.targets[0].id = rig
    variable.targets[0].data_path = f'pose.bones["look"]["{FOLLOW}"]'
    driver.expression = "a"


def _copy_driven(
    head_object: bpy.types.Object,
    unit: str,
    rig: bpy.types.Object,
    sources: tuple[tuple[str, str], ...],
    expression: str,
) -> bpy.types.ShapeKey:
    """Add a copy of a unit's key, driven by channels of bones (name, channel) called ``a``, ``b`` …"""
    original = head_object.data.shape_keys.key_blocks[unit]
    points = np.empty(3 * len(original.points), np.float32)
    original.points.foreach_get("co", points)
    key = head_object.shape_key_add(name=f"{PREFIX}{unit}", from_mix=False)
    key.points.foreach_set("co", points)
    key.value, key.slider_max = 0.0, 1.5
    follow_bones(key.driver_add("value"), rig, sources, expression)
    return key
