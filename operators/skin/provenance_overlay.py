"""Drawn over the head in 3D views, whatever their shading: where its skin comes from.

Nothing in the file changes, and no render shows it.
"""

from __future__ import annotations

import zlib

import bpy
import numpy as np

from ..head.active_head import active_head
from . import provenance

COLOURS = np.array([[0.16, 0.55, 0.95], [0.96, 0.79, 0.20], [0.90, 0.20, 0.30]], np.float32)
"""Observed, mirrored, invented: blue, yellow, red, which colour-blind people tell apart too."""
LIFT = 0.0003
"""Metres above the skin, so that the skin does not shine through."""
_handle: object | None = None
_drawn: tuple[int, object] | None = None  # checksum and batch of what was drawn last


def switch(show: bool) -> None:
    """Show the overlay or take it away."""
    global _handle
    if show and _handle is None and not bpy.app.background:
        _handle = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")
    elif not show and _handle is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_handle, "WINDOW")
        _handle = None
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def triangles(mesh: bpy.types.Mesh) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return places [V, 3], colours [V, 3] and triangles [T, 3] of the skin; None where nothing is known.

    Args:
        mesh: The head as it is drawn: with its expressions and modifiers.
    """
    values = provenance.known(mesh)
    if values is None:
        return None
    places, normals = (np.empty(3 * len(mesh.vertices), np.float32) for _ in range(2))
    mesh.vertices.foreach_get("co", places)
    mesh.vertices.foreach_get("normal", normals)
    corners = np.empty(3 * len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("vertices", corners)
    slots = np.empty(len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("material_index", slots)
    lifted = places.reshape(-1, 3) + LIFT * normals.reshape(-1, 3)
    return lifted, values @ COLOURS, corners.reshape(-1, 3)[slots == 0]


def _draw() -> None:
    import gpu

    context = bpy.context
    head_object = active_head(context)
    if head_object is None or not head_object.visible_get() or not context.space_data.overlay.show_overlays:
        return
    opacity = context.window_manager.relit_provenance.opacity
    drawn = head_object.evaluated_get(context.evaluated_depsgraph_get())
    batch = _batch(drawn.data, opacity)
    if batch is None:
        return
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("LESS_EQUAL")
    gpu.state.face_culling_set("BACK")
    gpu.matrix.push()
    gpu.matrix.multiply_matrix(drawn.matrix_world)
    batch.draw()
    gpu.matrix.pop()
    gpu.state.face_culling_set("NONE")
    gpu.state.depth_test_set("NONE")
    gpu.state.blend_set("NONE")


def _batch(mesh: bpy.types.Mesh, opacity: float) -> object | None:
    """Return what is drawn, made anew only when the head has moved or the opacity has changed."""
    global _drawn
    import gpu
    from gpu_extras.batch import batch_for_shader

    found = triangles(mesh)
    if found is None:
        return None
    places, colours, corners = found
    checksum = zlib.crc32(places.tobytes(), zlib.crc32(colours.tobytes(), int(opacity * 1000)))
    if _drawn is None or _drawn[0] != checksum:
        shader = gpu.shader.from_builtin("SMOOTH_COLOR")
        covered = np.concatenate([colours, np.full((len(colours), 1), opacity, np.float32)], 1)
        batch = batch_for_shader(shader, "TRIS", {"pos": places, "color": covered}, indices=corners)
        batch.program_set(shader)
        _drawn = checksum, batch
    return _drawn[1]


def register() -> None:
    """Nothing to do before the overlay is switched on."""


def unregister() -> None:
    """Take the overlay away."""
    global _drawn
    switch(False)
    _drawn = None
