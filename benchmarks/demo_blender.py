"""The demo's second half, inside Blender: load the head with the add-on, light it twice, render, save.

Run by ``benchmarks/demo.py`` with Blender's Python module: ``demo_blender.py HEAD OUT SIZE SAMPLES``. Leaves
``head.blend`` and one PNG per light in OUT.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="relit-demo-")  # before bpy is imported
import bpy
from mathutils import Matrix, Vector

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = "bl_ext.relit_demo.relit"


@dataclass(frozen=True)
class Lamp:
    """An area light, placed around the head.

    Attributes:
        place: Metres from the head's middle in Blender's axes: the person's left, behind, up.
        size: Side of the square, metres.
        power: Watts.
        colour: Linear RGB.
    """

    place: tuple[float, float, float]
    size: float
    power: float
    colour: tuple[float, float, float]


LIGHTS = {
    "window": (
        Lamp((1.0, -0.9, 0.5), 0.9, 34.0, (1.0, 0.97, 0.92)),
        Lamp((-1.4, -0.6, 0.1), 1.2, 6.0, (0.85, 0.92, 1.0)),
        Lamp((-0.5, 1.2, 0.9), 0.5, 12.0, (1.0, 1.0, 1.0)),
    ),
    "evening": (
        Lamp((-1.1, -0.5, -0.05), 0.25, 30.0, (1.0, 0.52, 0.22)),
        Lamp((1.0, 0.9, 0.6), 0.6, 30.0, (0.30, 0.50, 1.0)),
        Lamp((0.6, -1.4, 0.2), 1.5, 5.0, (0.45, 0.60, 1.0)),
    ),
}
TURNS = {"window": 0.0, "evening": 0.5}
"""How far the portrait camera is turned towards the person's left in each picture, radians."""
BEHIND_FACE = (0.0, 0.06, 0.01)
"""From the middle of the face's surface to the middle of the head, metres in Blender's axes."""
DISTANCE = 1.0
"""Metres from the portrait camera to the middle of the head."""
NEUTRAL = {"evening"}
"""Pictures without the photo's expression."""


def main(head: Path, out: Path, size: int, samples: int) -> None:
    """Build ``out/head.blend`` and render ``out/relit_<light>.png``."""
    bpy.ops.wm.read_homefile(use_empty=True)
    enable_addon()
    result = bpy.ops.relit.load_head(directory=str(head), ask=False)
    if result != {"FINISHED"}:
        raise SystemExit(f"The add-on could not load {head}.")
    scene = bpy.context.scene
    head_object = bpy.context.view_layer.objects.active
    matched = scene.camera
    middle = centre_of(head_object, "face") + Vector(BEHIND_FACE)
    for name, lamps in LIGHTS.items():
        add_lamps(scene, name, lamps, middle)
    scene.world = bpy.data.worlds.new("Dim room")
    set_background(scene.world, (0.02, 0.022, 0.025))
    set_up_cycles(scene, samples)
    portrait = bpy.data.objects.new("Portrait", bpy.data.cameras.new("Portrait"))
    portrait.data.lens = 112
    scene.collection.objects.link(portrait)
    for name in LIGHTS:
        render(scene, head_object, portrait, middle, name, size, out / f"relit_{name}.png")
    show_only(scene, "window")
    scene.camera = matched
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "head.blend"), compress=True)


def enable_addon() -> None:
    """Enable this checkout as an extension, the way Blender knows it."""
    import addon_utils

    repository, package = EXTENSION.split(".")[1:]
    folder = Path(tempfile.mkdtemp(prefix="relit-extension-"))
    (folder / package).symlink_to(ROOT, target_is_directory=True)
    bpy.context.preferences.extensions.repos.new(
        name="Relit demo", module=repository, custom_directory=str(folder), remote_url=""
    )
    addon_utils.modules_refresh()
    if addon_utils.enable(EXTENSION, default_set=True) is None:
        raise SystemExit("The add-on could not be enabled.")


def centre_of(head_object: bpy.types.Object, group: str) -> Vector:
    """Return the middle of the vertices of a group, in the world."""
    index = head_object.vertex_groups[group].index
    points = [
        vertex.co for vertex in head_object.data.vertices if any(element.group == index for element in vertex.groups)
    ]
    low = Vector(min(point[axis] for point in points) for axis in range(3))
    high = Vector(max(point[axis] for point in points) for axis in range(3))
    return head_object.matrix_world @ ((low + high) / 2)


def add_lamps(scene: bpy.types.Scene, name: str, lamps: tuple[Lamp, ...], middle: Vector) -> None:
    """Add a collection of lights that look at the head."""
    collection = bpy.data.collections.new(f"Light {name}")
    scene.collection.children.link(collection)
    for lamp in lamps:
        data = bpy.data.lights.new(f"{name} light", "AREA")
        data.energy, data.size, data.color = lamp.power, lamp.size, lamp.colour
        light = bpy.data.objects.new(data.name, data)
        light.location = middle + Vector(lamp.place)
        light.rotation_euler = (-Vector(lamp.place)).to_track_quat("-Z", "Y").to_euler()
        collection.objects.link(light)


def set_background(world: bpy.types.World, colour: tuple[float, float, float]) -> None:
    """Give the world one colour."""
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    node = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    node.inputs["Color"].default_value = (*colour, 1.0)


def set_up_cycles(scene: bpy.types.Scene, samples: int) -> None:
    """Choose Cycles on the CPU, which every machine has."""
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_denoising = True
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"


def show_only(scene: bpy.types.Scene, name: str) -> None:
    """Switch one light on and the others off."""
    for light in LIGHTS:
        collection = scene.collection.children[f"Light {light}"]
        collection.hide_render = collection.hide_viewport = light != name


def render(
    scene: bpy.types.Scene,
    head_object: bpy.types.Object,
    camera: bpy.types.Object,
    middle: Vector,
    name: str,
    size: int,
    path: Path,
) -> None:
    """Render the head under one light with the portrait camera; size and expression stay."""
    settings = scene.render
    before = settings.resolution_x, settings.resolution_y, scene.camera
    expression = head_object.data.shape_keys.key_blocks["Photo"]
    show_only(scene, name)
    towards = Matrix.Rotation(TURNS[name], 3, "Z") @ Vector((0.0, -DISTANCE, 0.02))
    camera.location = middle + towards
    camera.rotation_euler = (-towards).to_track_quat("-Z", "Y").to_euler()
    expression.value = 0.0 if name in NEUTRAL else 1.0
    settings.resolution_x = settings.resolution_y = size
    scene.camera = camera
    settings.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    expression.value = 1.0
    settings.resolution_x, settings.resolution_y, scene.camera = before


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), int(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.flush()
    os._exit(0)  # Blender's own exit handlers may crash outside of Blender
