"""Renders head folders with Cycles, as an artist would see them after *Load Head*. Run it with a bpy Python.

    python benchmarks/cycles.py HEAD --out face.png --hdri studio.hdr --view three_quarter --size 512
    python benchmarks/cycles.py --jobs jobs.json      # a list of objects with the options' names; one start

The add-on is used as it is installed: from a throw-away profile that links to this checkout.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REPOSITORY = "relit_checkout"
VIEWS = ("photo", "front", "side", "three_quarter", "eyes", "mouth")
ANGLES = {"front": 0.0, "side": 80.0, "three_quarter": 35.0, "eyes": 12.0, "mouth": 10.0}
FIELD = {"front": 0.34, "side": 0.34, "three_quarter": 0.34, "eyes": 0.13, "mouth": 0.11}  # metres across
CENTRE = {"eyes": (0.0, -0.005, 0.0), "mouth": (0.0, -0.065, 0.0)}
HEAD_CENTRE = (0.0, -0.03, -0.04)  # in the head's frame, metres
DISTANCE = 1.2  # metres from the camera to the head
CLAY = (0.6, 0.6, 0.6, 1.0)


def parse(arguments: list[str] | None = None) -> list[argparse.Namespace]:
    """Return the jobs asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head", type=Path, nargs="?")
    parser.add_argument("--jobs", type=Path, help="JSON list of jobs with these options' names")
    parser.add_argument("--out", type=Path, help="PNG to write")
    parser.add_argument("--hdri", type=Path, help="environment map")
    parser.add_argument("--studio", default="studio", help="one of Blender's own environments")
    parser.add_argument("--rotation", type=float, default=0.0, help="of the environment, in degrees")
    parser.add_argument("--strength", type=float, default=1.0, help="of the environment")
    parser.add_argument("--view", choices=VIEWS, default="photo")
    parser.add_argument("--photo", type=int, default=0, help="whose camera and expression")
    parser.add_argument("--neutral", action="store_true", help="without the photo's expression")
    parser.add_argument("--key", nargs="*", default=[], help="expressions to switch on: jawOpen=0.5")
    parser.add_argument("--clay", action="store_true", help="shape only")
    parser.add_argument("--hide-environment", action="store_true", help="a plain background")
    parser.add_argument("--engine", choices=("cycles", "eevee"), default="cycles")
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--size", type=int, default=512, help="longer side in pixels")
    parser.add_argument("--transform", default="AgX", help="view transform: AgX, Standard, Filmic")
    parser.add_argument("--save-blend", type=Path)
    options = parser.parse_args(arguments)
    if options.jobs is None:
        if options.head is None or options.out is None:
            parser.error("name a head folder and --out, or --jobs")
        return [options]
    jobs = []
    for values in json.loads(options.jobs.read_text(encoding="utf-8")):
        unknown = set(values) - set(vars(options))
        if unknown:
            parser.error(f"unknown options in {options.jobs}: {', '.join(sorted(unknown))}")
        for name in ("head", "out", "hdri", "save_blend"):
            if values.get(name):
                values[name] = Path(values[name])
        jobs.append(argparse.Namespace(**{**vars(options), **values}))
    return jobs


def start_blender() -> Any:
    """Import bpy with the add-on enabled and return the module that loads heads."""
    import importlib

    profile = Path(tempfile.mkdtemp(prefix="relit-cycles-"))
    os.environ["BLENDER_USER_RESOURCES"] = str(profile)
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [path for path in sys.path if path != here]  # this file hides Blender's own "cycles" else
    import bpy  # before addon_utils: it makes that importable

    (profile / REPOSITORY).mkdir()
    (profile / REPOSITORY / "relit").symlink_to(ROOT, target_is_directory=True)
    bpy.context.preferences.extensions.repos.new(
        name=REPOSITORY, module=REPOSITORY, custom_directory=str(profile / REPOSITORY), remote_url=""
    )
    import addon_utils

    addon_utils.modules_refresh()
    name = f"bl_ext.{REPOSITORY}.relit"
    if addon_utils.enable(name, default_set=True) is None:
        raise SystemExit("The add-on did not register.")
    return importlib.import_module(f"{name}.operators.reconstruct.load_head")


def render(options: argparse.Namespace, load_head: Any) -> None:
    """Load one head into an empty file, light it and render it."""
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    loaded = load_head.load(Path(os.path.abspath(options.head)), scene)
    keys = loaded.object.data.shape_keys.key_blocks
    if options.neutral:
        keys["Photo"].value = 0.0
    for setting in options.key:
        name, _, value = setting.partition("=")
        keys[name].value = float(value or 1)
    if options.view == "photo":
        scene.camera = loaded.cameras[options.photo]
        width, height = (int(size) for size in loaded.head.image_size[options.photo])
    else:
        scene.camera, (width, height) = _portrait_camera(options.view), (1, 1)
    scale = options.size / max(width, height)
    scene.render.resolution_x, scene.render.resolution_y = round(width * scale), round(height * scale)
    scene.render.resolution_percentage = 100
    _light(scene, options)
    if options.clay:
        _make_clay(loaded.object)
    _set_engine(scene, options)
    if options.save_blend:
        bpy.ops.wm.save_as_mainfile(filepath=os.path.abspath(options.save_blend))
    scene.render.filepath = os.path.abspath(options.out)
    bpy.ops.render.render(write_still=True)
    print(f"wrote {options.out}", flush=True)


def _portrait_camera(view: str) -> Any:
    """A long lens that looks at the head, or a part of it, from the side that the view names."""
    import bpy
    from mathutils import Matrix, Vector

    data = bpy.data.cameras.new(view)
    data.lens, data.sensor_width, data.sensor_fit = 36.0 * DISTANCE / FIELD[view], 36.0, "HORIZONTAL"
    data.clip_start = 0.01
    x, y, z = CENTRE.get(view, HEAD_CENTRE)
    turn = Matrix.Rotation(math.radians(ANGLES[view]), 4, "Z")
    pose = turn @ Matrix.Translation((0, -DISTANCE, 0)) @ Matrix.Rotation(math.radians(90), 4, "X")
    camera = bpy.data.objects.new(view, data)
    camera.matrix_world = Matrix.Translation(Vector((x, -z, y))) @ pose
    bpy.context.scene.collection.objects.link(camera)
    return camera


def _light(scene: Any, options: argparse.Namespace) -> None:
    import bpy

    world = bpy.data.worlds.new("Light")
    scene.world = world
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    tree = world.node_tree
    tree.nodes.clear()
    output = tree.nodes.new("ShaderNodeOutputWorld")
    background = tree.nodes.new("ShaderNodeBackground")
    picture = tree.nodes.new("ShaderNodeTexEnvironment")
    mapping = tree.nodes.new("ShaderNodeMapping")
    place = tree.nodes.new("ShaderNodeTexCoord")
    picture.image = bpy.data.images.load(str(options.hdri or _studio(options.studio)))
    picture.image.colorspace_settings.name = "Linear Rec.709"
    mapping.inputs["Rotation"].default_value[2] = math.radians(options.rotation)
    background.inputs["Strength"].default_value = options.strength
    for source, target in (
        (place.outputs["Generated"], mapping.inputs["Vector"]),
        (mapping.outputs["Vector"], picture.inputs["Vector"]),
        (picture.outputs["Color"], background.inputs["Color"]),
        (background.outputs["Background"], output.inputs["Surface"]),
    ):
        tree.links.new(source, target)
    scene.render.film_transparent = options.hide_environment


def _studio(name: str) -> Path:
    import bpy

    folder = Path(bpy.utils.system_resource("DATAFILES", path="studiolights/world"))
    path = folder / f"{name}.exr"
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in folder.glob("*.exr")))
        raise SystemExit(f"Blender has no environment {name!r}; it has {names}.")
    return path


def _make_clay(head_object: Any) -> None:
    import bpy

    clay = bpy.data.materials.new("Clay")
    if bpy.app.version < (5, 0, 0):
        clay.use_nodes = True
    shader = next(node for node in clay.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = CLAY
    shader.inputs["Roughness"].default_value = 0.7
    for slot in head_object.material_slots:
        if not slot.material.name.endswith("Cornea"):
            slot.material = clay


def _set_engine(scene: Any, options: argparse.Namespace) -> None:
    import bpy

    scene.view_settings.view_transform = options.transform
    if options.engine == "eevee":
        scene.render.engine = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"
        scene.eevee.taa_render_samples = options.samples
        return
    scene.render.engine = "CYCLES"
    scene.cycles.samples = options.samples
    scene.cycles.use_denoising = True
    scene.render.threads_mode = "AUTO"


def main() -> int:
    """Render every job."""
    jobs = parse()
    for options in jobs:
        if not (options.head / "head.npz").is_file():
            raise SystemExit(f"{options.head} is not a head folder.")
    load_head = start_blender()
    for options in jobs:
        render(options, load_head)
    sys.stdout.flush()
    os._exit(0)  # Blender's exit handlers may crash outside of Blender


if __name__ == "__main__":
    main()
