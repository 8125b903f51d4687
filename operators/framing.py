"""Look at a head: from the front, filling the 3D view, with its colours and in its light."""

from __future__ import annotations

import math
from collections.abc import Iterable

import bpy
from mathutils import Quaternion, Vector

from .active_head import active_head, require_head

FRONT = Quaternion((1.0, 0.0, 0.0), math.radians(90.0))  # heads look along -Y
ROOM = 2.0  # distance of the eye in head heights: the whole head, with air around it
CUBE_SIDE = 2.0  # metres


class RELIT_OT_show_head(bpy.types.Operator):
    """Look at the head from the front, with its colours"""

    bl_idname = "relit.show_head"
    bl_label = "Show Head"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head."""
        return require_head(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Turn every 3D view of the window to the head."""
        show(active_head(context))
        return {"FINISHED"}


def show(head: bpy.types.Object) -> None:
    """Turn the 3D views that show a head's scene to it; grey ones show its colours from now on."""
    corners = [head.matrix_world @ Vector(corner) for corner in head.bound_box]
    low, high = (Vector(pick(axis) for axis in zip(*corners)) for pick in (min, max))
    for space in _views_of(head.users_scene):
        view = space.region_3d
        view.view_perspective = "PERSP"
        view.view_rotation = FRONT
        view.view_location = (low + high) / 2
        view.view_distance = ROOM * (high.z - low.z)
        if space.shading.type == "SOLID" and head.material_slots:
            space.shading.type = "MATERIAL"


def show_light(scene: bpy.types.Scene) -> None:
    """Let the 3D views show a scene's own light: Solid and Material Preview have one of theirs."""
    for space in _views_of([scene]):
        if space.shading.type == "SOLID":
            space.shading.type = "MATERIAL"
        if space.shading.type == "MATERIAL":
            space.shading.use_scene_lights = space.shading.use_scene_world = True


def show_first(head: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Show a head in a scene that holds nothing else, and hide the cube of Blender's start file around it.

    A head is an eighth as high as that cube and stands in its middle: it would not be seen, and no light would
    reach it. Where the artist has something of their own, everything stays as it is.
    """
    others = [thing for thing in scene.objects if thing.type == "MESH" and thing != head]
    if not all(_is_start_cube(thing) for thing in others):
        return
    for cube in others:
        cube.hide_render = cube.hide_viewport = True
    show(head)


def _is_start_cube(thing: bpy.types.Object) -> bool:
    """Return whether an object is the cube that Blender starts with, as it was."""
    return (
        not bpy.data.filepath
        and thing.name == "Cube"
        and len(thing.data.vertices) == 8
        and all(math.isclose(side, CUBE_SIDE) for side in thing.dimensions)
        and not thing.location.length
        and not thing.modifiers
        and not thing.animation_data
    )


def _views_of(scenes: Iterable[bpy.types.Scene]) -> list[bpy.types.SpaceView3D]:
    return [
        area.spaces.active
        for window in bpy.context.window_manager.windows
        if window.scene in scenes
        for area in window.screen.areas
        if area.type == "VIEW_3D"
    ]


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_show_head,))
