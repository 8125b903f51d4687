"""Look at a head: from the front, filling the 3D view, with its colours and in its light."""

from __future__ import annotations

import math
from collections.abc import Iterable

import bpy
from mathutils import Quaternion, Vector

from ..head.active_head import active_head, require_head

FRONT = Quaternion((1.0, 0.0, 0.0), math.radians(90.0))  # heads look along -Y
ROOM = 1.35  # heights of a head, and widths, that are seen around its middle
SEEN = 72.0  # millimetres that the longer side of a 3D view shows of what is as far away as its lens is long
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
    for area in _views_of(head.users_scene):
        space, region = area.spaces.active, next(region for region in area.regions if region.type == "WINDOW")
        width, height = max(region.width, 1), max(region.height, 1)
        free, shift = _free(area, region)
        pixel = ROOM * max((high.z - low.z) / height, (high.x - low.x) / free)  # metres
        view = space.region_3d
        view.view_perspective = "PERSP"
        view.view_rotation = FRONT
        view.view_location = (low + high) / 2 + Vector((pixel * shift, 0.0, 0.0))
        view.view_distance = pixel * max(width, height) * space.lens / SEEN
        if space.shading.type == "SOLID" and head.material_slots:
            space.shading.type = "MATERIAL"


def _free(area: bpy.types.Area, window: bpy.types.Region) -> tuple[float, float]:
    """Return how many pixels across a view are not behind toolbar and sidebar, and how far left their middle is.

    Where there is room enough the head stays in the view's middle: round that an artist turns the view.
    """
    over = [
        region for region in area.regions if region.width > 1 and window.x <= region.x < window.x + window.width - 1
    ]
    left = max((region.x + region.width - window.x for region in over if region.type == "TOOLS"), default=0)
    right = max((window.x + window.width - region.x for region in over if region.type == "UI"), default=0)
    around_middle = window.width - 2 * max(left, right)
    if around_middle > window.width / 4:
        return max(around_middle, 1), 0.0
    return max(window.width - left - right, window.width / 4, 1), (right - left) / 2


def show_light(scene: bpy.types.Scene) -> None:
    """Let the 3D views show a scene's own light: Solid and Material Preview have one of theirs."""
    for area in _views_of([scene]):
        space = area.spaces.active
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


def _views_of(scenes: Iterable[bpy.types.Scene]) -> list[bpy.types.Area]:
    return [
        area
        for window in bpy.context.window_manager.windows
        if window.scene in scenes
        for area in window.screen.areas
        if area.type == "VIEW_3D"
    ]


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_show_head,))
