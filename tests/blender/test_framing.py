"""A head that comes into a fresh file can be seen; in the artist's own scene nothing is touched."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest


@pytest.fixture
def load(part, head_folder: Path):
    return lambda: part("operators.reconstruct.load_head").load(head_folder, bpy.context.scene).object


@pytest.fixture
def cube() -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add()
    return bpy.context.object


def test_the_start_cube_makes_room(cube, load) -> None:
    load()
    assert cube.hide_viewport and cube.hide_render


@pytest.mark.parametrize("change", ["location", "scale", "name", "other"])
def test_what_the_artist_made_stays(change: str, cube, load) -> None:
    if change == "location":
        cube.location.x = 1.0
    elif change == "scale":
        cube.scale.x = 1.1
        bpy.context.view_layer.update()
    elif change == "name":
        cube.name = "Plinth"
    else:
        bpy.ops.mesh.primitive_plane_add()
    load()
    assert not cube.hide_viewport and not cube.hide_render


def test_show_head_turns_the_view_to_it(load) -> None:
    head = load()
    head.location = (3.0, 0.0, 0.0)
    bpy.context.view_layer.update()
    assert bpy.ops.relit.show_head() == {"FINISHED"}
    views = [area.spaces.active for area in bpy.context.window.screen.areas if area.type == "VIEW_3D"]
    assert views, "the start file has a 3D view"
    for view in views:
        assert abs(view.region_3d.view_location.x - 3.0) < 0.2, "beside the sidebar"
        assert view.region_3d.view_rotation.to_matrix()[2][1] > 0.99, "up on the screen is up in the world"
        assert view.shading.type != "SOLID"


def test_a_preset_is_seen_in_the_view(load) -> None:
    load()
    views = [area.spaces.active for area in bpy.context.window.screen.areas if area.type == "VIEW_3D"]
    assert not any(view.shading.use_scene_lights for view in views if view.shading.type == "MATERIAL")
    assert bpy.ops.relit.light(preset="STUDIO") == {"FINISHED"}
    assert views and all(view.shading.use_scene_lights and view.shading.use_scene_world for view in views)
