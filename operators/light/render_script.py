"""Renders a copy of the artist's file in a Blender of its own. Runs there as a script; nothing of Relit is imported.

    blender --background --python-exit-code 1 --python render_script.py -- ORDER.json

The order is an object: ``file``, ``scene``, ``head`` (object names), ``task`` (``"turntable"`` or ``"photo"``) and
the task's own entries. One line ``RELIT fraction`` is printed for each frame that is written.
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path

import bpy
from mathutils import Vector

MARK = "relit_light"
LENS_MM = 85.0
MARGIN = 1.12
"""How much more than the head the picture shows."""
WITHOUT_DENOISER = 4
"""Times as many light paths where this Blender cannot denoise."""
WIDE = 0.8
"""Width of a turntable's picture in heights."""


def turntable(order: dict, scene: bpy.types.Scene, head: bpy.types.Object) -> None:
    """Turn the camera, the head or the light once around and render every frame."""
    frames, step = order["frames"], 2 * math.pi / order["frames"]
    low, high = bounds(head)
    middle, extent = (low + high) / 2, max(high.z - low.z, (high.x - low.x) / WIDE) * MARGIN
    pivot = bpy.data.objects.new("Pivot", None)
    pivot.location = middle
    scene.collection.objects.link(pivot)
    camera = bpy.data.objects.new("Turntable", bpy.data.cameras.new("Turntable"))
    camera.data.sensor_fit, camera.data.sensor_height, camera.data.lens = "VERTICAL", 24.0, LENS_MM
    distance = extent * LENS_MM / 24.0
    camera.data.clip_start, camera.data.clip_end = distance / 100, distance * 100
    camera.location = middle + Vector((0, -distance, 0))
    camera.rotation_euler = (math.pi / 2, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    if order["turn"] == "CAMERA":
        hang(camera, pivot)
        drive(pivot, "rotation_euler", 2, step)
    elif order["turn"] == "HEAD":
        hang(root_of(head), pivot)
        drive(pivot, "rotation_euler", 2, step)
    else:
        turn_light(scene, step)
    render = scene.render
    render.resolution_y, render.resolution_x = order["size"], 2 * round(order["size"] * WIDE / 2)
    render.fps, render.fps_base = order["fps"], 1.0
    scene.frame_start, scene.frame_end = 1, frames
    set_output(render, order["movie"])
    render.filepath = order["out"]
    count = [0]

    def written(*_: object) -> None:
        count[0] += 1
        print(f"RELIT {count[0] / frames:.4f}", flush=True)

    bpy.app.handlers.render_post.append(written)
    bpy.ops.render.render(animation=True, scene=scene.name)


def photo(order: dict, scene: bpy.types.Scene, head: bpy.types.Object) -> None:
    """Render the face as a matched camera sees it, at preview size, the background transparent."""
    scene.camera = bpy.data.objects[order["camera"]]
    if order["expression"]:
        pose(head, order["expression"])
    if "light" in order:
        light_only(scene, order["light"])
    render = scene.render
    render.resolution_x, render.resolution_y = order["width"], order["height"]
    render.film_transparent = True
    scene.view_settings.view_transform, scene.view_settings.look = "Standard", "None"
    scene.view_settings.exposure, scene.view_settings.gamma = 0.0, 1.0
    set_output(render, False)
    render.use_border = render.use_crop_to_border = True
    render.border_min_x, render.border_min_y, render.border_max_x, render.border_max_y = order["box"]
    render.filepath = order["out"]
    bpy.ops.render.render(write_still=True, scene=scene.name)
    print("RELIT 1.0", flush=True)


def pose(head: bpy.types.Object, expression: str) -> None:
    """Give the head the expression of a photo and no other."""
    keys = head.data.shape_keys.key_blocks if head.data.shape_keys else {}
    if expression in keys:
        for key in keys:
            key.driver_remove("value")
            key.value = 1.0 if key.name == expression else 0.0


def light_only(scene: bpy.types.Scene, picture: str) -> None:
    """Let nothing but an environment picture light the scene."""
    for item in scene.objects:
        item.hide_render = item.hide_render or item.type == "LIGHT"
    scene.world = world = bpy.data.worlds.new("Light")
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    tree = world.node_tree
    tree.nodes.clear()
    output, background, texture = (
        tree.nodes.new(f"ShaderNode{kind}") for kind in ("OutputWorld", "Background", "TexEnvironment")
    )
    texture.image = bpy.data.images.load(picture)
    texture.image.colorspace_settings.name = "Linear Rec.709"
    tree.links.new(texture.outputs["Color"], background.inputs["Color"])
    tree.links.new(background.outputs["Background"], output.inputs["Surface"])


def set_engine(scene: bpy.types.Scene, engine: str, samples: int) -> None:
    """Choose EEVEE or Cycles; Cycles denoises where this Blender can."""
    if engine == "EEVEE":
        scene.render.engine = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"
        scene.eevee.taa_render_samples = samples
        return
    scene.render.engine = "CYCLES"
    try:
        import _cycles

        denoise = bool(_cycles.with_openimagedenoise)
    except (ImportError, AttributeError):
        denoise = False
    scene.cycles.use_denoising = denoise
    scene.cycles.samples = samples if denoise else WITHOUT_DENOISER * samples


def set_output(render: bpy.types.RenderSettings, movie: bool) -> None:
    """Write PNG files, or an MP4 film that every player knows."""
    settings = render.image_settings
    if hasattr(settings, "media_type"):  # from 5.0 the kind comes before the format
        settings.media_type = "VIDEO" if movie else "IMAGE"
    settings.file_format = "FFMPEG" if movie else "PNG"
    if movie:
        render.ffmpeg.format, render.ffmpeg.codec = "MPEG4", "H264"
        render.ffmpeg.constant_rate_factor = "HIGH"
    else:
        settings.color_mode, settings.color_depth = "RGBA", "8"
    render.use_file_extension = render.use_overwrite = True
    render.resolution_percentage, render.use_border, render.use_compositing = 100, False, False
    render.use_sequencer = False


def bounds(head: bpy.types.Object) -> tuple[Vector, Vector]:
    """The head's corners in the world."""
    refresh()
    corners = [head.matrix_world @ Vector(corner) for corner in head.bound_box]
    return (
        Vector(min(corner[axis] for corner in corners) for axis in range(3)),
        Vector(max(corner[axis] for corner in corners) for axis in range(3)),
    )


def refresh() -> None:
    """Bring the places of all objects up to date."""
    for scene in bpy.data.scenes:
        for layer in scene.view_layers:
            layer.update()


def root_of(item: bpy.types.Object) -> bpy.types.Object:
    """What must turn so that all of it turns: the head, or the rig or body it hangs on."""
    return root_of(item.parent) if item.parent is not None else item


def hang(item: bpy.types.Object, pivot: bpy.types.Object) -> None:
    """Make an object turn with the pivot, from where it is."""
    refresh()
    place = item.matrix_world.copy()
    item.parent = pivot
    item.matrix_parent_inverse = pivot.matrix_world.inverted()
    item.matrix_world = place


def turn_light(scene: bpy.types.Scene, step: float) -> None:
    """Let the light preset go round the head."""
    for item in scene.objects:
        if item.type == "EMPTY" and MARK in item:
            drive(item, "rotation_euler", 2, step)
    nodes = scene.world.node_tree.nodes if scene.world and scene.world.node_tree else {}
    if MARK in scene.world and "Mapping" in nodes:
        drive(nodes["Mapping"].inputs["Rotation"], "default_value", 2, -step)


def drive(owner: object, path: str, index: int, step: float) -> None:
    """Let a number grow by ``step`` a frame from where it is; a simple expression, which needs no permission."""
    start = getattr(owner, path)[index]
    curve = owner.driver_add(path, index)
    curve.driver.expression = f"{start!r} + (frame - 1) * {step!r}"


def main() -> None:
    """Open the copy and do what is ordered."""
    order = json.loads(Path(sys.argv[-1]).read_text(encoding="utf-8"))
    bpy.ops.wm.open_mainfile(filepath=order["file"], load_ui=False)
    scene = bpy.data.scenes[order["scene"]]
    if bpy.context.window is not None:
        bpy.context.window.scene = scene
    set_engine(scene, order["engine"], order["samples"])
    {"turntable": turntable, "photo": photo}[order["task"]](order, scene, bpy.data.objects[order["head"]])
    sys.stdout.flush()
    os._exit(0)  # Blender's exit handlers may crash outside of Blender


if __name__ == "__main__":
    main()
