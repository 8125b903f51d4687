"""Renders the scenes of the truth data set with Cycles. A bpy Python runs it; nothing of ours is imported.

    python -P scene.py [THREADS]

It reads one line after the other from standard input, each the path of a job file, and answers each with one line:
``@done SECONDS`` or ``@failed WHAT``, after ``@rendered KIND SECONDS`` (of processor time) for every picture. A job is
a JSON object with these names:

``objects``
    What stands in the scene: ``name`` (of its arrays in ``meshes``, see below), ``material`` (a key of
    :data:`MATERIALS`), ``index`` (value in the index picture), ``relit`` (it stays for held-out light), and what the
    material needs: ``colour``, ``gloss`` (roughness), the paths ``albedo``, ``specular``, ``roughness`` (PNG) and
    ``height`` (npy, metres).
``meshes``
    Path of an npz: ``NAME/vertices`` [V,3] and ``NAME/triangles`` [T,3], ``NAME/uv`` [T,3,2] where the material reads
    maps; or, for strands, ``NAME/points`` [S,P,3] and ``NAME/radius`` [S,P] in metres.
``renders``
    ``out`` (npz path), ``kind`` (``photo``, ``relit`` or ``index``), ``camera`` (as ``core.camera.Camera.to_dict``),
    ``light`` (see ``lights.py``), ``samples``, ``seed``.

Every position is in the head's frame (metres, Y up, the face looks to +Z). Out come ``image`` [H,W,4] float32, linear,
row 0 up, colour multiplied by alpha; or ``index`` [H,W] uint8, sampled at the pixels' centres.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import mathutils
import numpy as np

BLENDER_FROM_HEAD = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
SKIN_RADIUS = (1.0, 0.35, 0.17)
"""Relative mean free path of light in skin: red goes deepest."""
SKIN_SCALE = 0.0022  # metres, of the red mean free path
SKIN_IOR = 1.4
UV_NAME = "uv"


class Tree:
    """A new material's node tree with a short hand for adding and linking."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        if bpy.app.version < (5, 0, 0):
            self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()
        self.output = self.add("ShaderNodeOutputMaterial")

    def add(self, kind: str, **values: Any) -> Any:
        """Add a node; ``values`` are its sockets' constants, spaces in names written as underscores."""
        node = self.tree.nodes.new(kind)
        for name, value in values.items():
            node.inputs[name.replace("_", " ")].default_value = value
        return node

    def link(self, source: Any, target: Any) -> None:
        """Connect two sockets."""
        self.tree.links.new(source, target)

    def picture(self, path: str, colour: bool) -> Any:
        """Add an image file (PNG, or npy of one channel), read by the mesh's UVs; return its colour socket."""
        node = self.add("ShaderNodeTexImage")
        node.image = _load_array(path) if path.endswith(".npy") else bpy.data.images.load(path)
        node.image.colorspace_settings.name = "sRGB" if colour else "Non-Color"
        node.interpolation = "Cubic"
        uv = self.add("ShaderNodeUVMap")
        uv.uv_map = UV_NAME
        self.link(uv.outputs["UV"], node.inputs["Vector"])
        return node.outputs["Color"]

    def finish(self, shader: Any) -> Any:
        """Make a shader the surface and return the material."""
        self.link(shader.outputs[0], self.output.inputs["Surface"])
        return self.material


def _load_array(path: str) -> Any:
    values = np.flipud(np.load(path)).astype(np.float32)
    image = bpy.data.images.new(Path(path).stem, values.shape[1], values.shape[0], float_buffer=True, is_data=True)
    pixels = np.repeat(values[:, :, None], 4, 2)
    image.pixels.foreach_set(np.ascontiguousarray(pixels).ravel())
    return image


def _colour(item: dict[str, Any], default: tuple[float, float, float]) -> tuple[float, ...]:
    return (*item.get("colour", default), 1.0)


def skin_material(item: dict[str, Any]) -> Any:
    """Skin by random-walk subsurface scattering, with the maps that the item names."""
    tree = Tree(item["name"])
    shader = tree.add("ShaderNodeBsdfPrincipled", IOR=SKIN_IOR, Subsurface_Weight=1.0, Subsurface_Scale=SKIN_SCALE)
    shader.inputs["Subsurface Radius"].default_value = SKIN_RADIUS
    shader.inputs["Base Color"].default_value = _colour(item, (0.5, 0.32, 0.24))
    shader.inputs["Roughness"].default_value = 0.5
    shader.subsurface_method = "RANDOM_WALK_SKIN"
    for name, socket in (("albedo", "Base Color"), ("specular", "Specular IOR Level"), ("roughness", "Roughness")):
        if name in item:
            tree.link(tree.picture(item[name], name == "albedo"), shader.inputs[socket])
    if "height" in item:
        bump = tree.add("ShaderNodeBump", Strength=1.0, Distance=1.0)
        tree.link(tree.picture(item["height"], False), bump.inputs["Height"])
        tree.link(bump.outputs["Normal"], shader.inputs["Normal"])
    return tree.finish(shader)


def eye_material(item: dict[str, Any]) -> Any:
    """The eyeball; ``coat`` puts the tear film on it where the head has no cornea of its own."""
    tree = Tree(item["name"])
    shader = tree.add("ShaderNodeBsdfPrincipled", Roughness=0.35, Specular_IOR_Level=0.2, Subsurface_Weight=0.15)
    shader.inputs["Subsurface Scale"].default_value = 0.001
    shader.inputs["Base Color"].default_value = _colour(item, (0.6, 0.55, 0.52))
    if item.get("coat"):
        shader.inputs["Coat Weight"].default_value = 1.0
        shader.inputs["Coat Roughness"].default_value = 0.03
        shader.inputs["Coat IOR"].default_value = 1.376
    if "albedo" in item:
        tree.link(tree.picture(item["albedo"], True), shader.inputs["Base Color"])
    return tree.finish(shader)


def clear_material(item: dict[str, Any]) -> Any:
    """A thin clear film (cornea, spectacle lens): reflects by Fresnel and lets light and shadows through unbent."""
    tree = Tree(item["name"])
    clear = tree.add("ShaderNodeBsdfTransparent", Color=_colour(item, (1.0, 1.0, 1.0)))
    gloss = tree.add("ShaderNodeBsdfGlossy", Roughness=0.03)
    fresnel = tree.add("ShaderNodeFresnel", IOR=1.376)
    side = tree.add("ShaderNodeNewGeometry")
    path = tree.add("ShaderNodeLightPath")
    factor = fresnel.outputs[0]
    for blocker in (path.outputs["Is Shadow Ray"], side.outputs["Backfacing"]):
        rest = tree.add("ShaderNodeMath")
        rest.operation = "SUBTRACT"
        rest.inputs[0].default_value = 1.0
        tree.link(blocker, rest.inputs[1])
        product = tree.add("ShaderNodeMath")
        product.operation = "MULTIPLY"
        tree.link(factor, product.inputs[0])
        tree.link(rest.outputs[0], product.inputs[1])
        factor = product.outputs[0]
    mix = tree.add("ShaderNodeMixShader")
    tree.link(factor, mix.inputs[0])
    tree.link(clear.outputs[0], mix.inputs[1])
    tree.link(gloss.outputs[0], mix.inputs[2])
    return tree.finish(mix)


def hair_material(item: dict[str, Any]) -> Any:
    """Strands: Chiang's hair shader, absorption from the colour."""
    tree = Tree(item["name"])
    shader = tree.tree.nodes.new("ShaderNodeBsdfHairPrincipled")
    shader.model, shader.parametrization = "CHIANG", "COLOR"
    shader.inputs["Color"].default_value = _colour(item, (0.05, 0.03, 0.02))
    shader.inputs["Roughness"].default_value = 0.35
    return tree.finish(shader)


def plain_material(item: dict[str, Any], **values: float) -> Any:
    """One colour, glossy or matt as ``values`` say."""
    tree = Tree(item["name"])
    shader = tree.add("ShaderNodeBsdfPrincipled", **values)
    shader.inputs["Base Color"].default_value = _colour(item, (0.1, 0.1, 0.1))
    return tree.finish(shader)


MATERIALS = {
    "skin": skin_material,
    "eye": eye_material,
    "clear": clear_material,
    "hair": hair_material,
    "moist": lambda item: plain_material(item, Roughness=0.3, Subsurface_Weight=0.3, Subsurface_Scale=0.002),
    "teeth": lambda item: plain_material(item, Roughness=0.2, Subsurface_Weight=0.3, Subsurface_Scale=0.001),
    "dark": lambda item: plain_material(item, Roughness=0.5),
    "plastic": lambda item: plain_material(item, Roughness=item.get("gloss", 0.3), Coat_Weight=0.5),
    "metal": lambda item: plain_material(item, Roughness=item.get("gloss", 0.3), Metallic=1.0),
    "cloth": lambda item: plain_material(item, Roughness=0.9, Specular_IOR_Level=0.2, Sheen_Weight=0.2),
}


def add_object(scene: Any, item: dict[str, Any], arrays: Any) -> Any:
    """Link one object of a job into the scene."""
    name = item["name"]
    if f"{name}/points" in arrays:
        data = _strands(name, arrays[f"{name}/points"], arrays[f"{name}/radius"])
    else:
        uv = arrays.get(f"{name}/uv")
        data = _mesh(name, arrays[f"{name}/vertices"], arrays[f"{name}/triangles"], uv)
    data.materials.append(MATERIALS[item["material"]](item))
    thing = bpy.data.objects.new(name, data)
    thing.pass_index = item["index"]
    scene.collection.objects.link(thing)
    return thing


def _mesh(name: str, vertices: np.ndarray, triangles: np.ndarray, uv: np.ndarray | None) -> Any:
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", _turned(vertices).ravel())
    mesh.loops.add(triangles.size)
    mesh.loops.foreach_set("vertex_index", np.ascontiguousarray(triangles, np.int32).ravel())
    mesh.polygons.add(len(triangles))
    mesh.polygons.foreach_set("loop_start", np.arange(0, triangles.size, 3, dtype=np.int32))
    if uv is not None:
        layer = mesh.uv_layers.new(name=UV_NAME)
        layer.data.foreach_set("uv", np.ascontiguousarray(uv, np.float32).ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(triangles), bool))
    mesh.update(calc_edges=True)
    return mesh


def _strands(name: str, points: np.ndarray, radius: np.ndarray) -> Any:
    curves = bpy.data.hair_curves.new(name)
    curves.add_curves([points.shape[1]] * len(points))
    curves.position_data.foreach_set("vector", _turned(points.reshape(-1, 3)).ravel())
    attribute = curves.attributes.get("radius") or curves.attributes.new("radius", "FLOAT", "POINT")
    attribute.data.foreach_set("value", np.ascontiguousarray(radius, np.float32).ravel())
    return curves


def _turned(points: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(points @ BLENDER_FROM_HEAD[:3, :3].T, np.float32)


def set_light(scene: Any, light: dict[str, Any]) -> None:
    """Put up the environment and the lamps of one render, and take down the last ones."""
    for lamp in [thing for thing in scene.objects if thing.type == "LIGHT"]:
        bpy.data.objects.remove(lamp)
    scene.world = bpy.data.worlds.new("world")
    if bpy.app.version < (5, 0, 0):
        scene.world.use_nodes = True
    # The map by which rays find the bright parts of the environment; larger ones cost seconds in each picture.
    scene.world.cycles.sampling_method, scene.world.cycles.sample_map_resolution = "MANUAL", 512
    nodes, links = scene.world.node_tree.nodes, scene.world.node_tree.links
    nodes.clear()
    background, output = nodes.new("ShaderNodeBackground"), nodes.new("ShaderNodeOutputWorld")
    background.inputs["Color"].default_value = (*light.get("colour", (1.0, 1.0, 1.0)), 1.0)
    background.inputs["Strength"].default_value = light["strength"]
    links.new(background.outputs[0], output.inputs["Surface"])
    if light.get("environment"):
        texture = nodes.new("ShaderNodeTexEnvironment")
        place, mapping = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeMapping")
        texture.image = bpy.data.images.load(_environment(light["environment"]), check_existing=True)
        texture.image.colorspace_settings.name = "Linear Rec.709"
        mapping.inputs["Rotation"].default_value[2] = math.radians(light["rotation_degrees"])
        links.new(place.outputs["Generated"], mapping.inputs["Vector"])
        links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
        links.new(texture.outputs["Color"], background.inputs["Color"])
    for number, lamp in enumerate(light.get("lamps", ())):
        _add_lamp(scene, f"lamp {number}", lamp)


def _add_lamp(scene: Any, name: str, lamp: dict[str, Any]) -> None:
    data = bpy.data.lights.new(name, lamp["type"])
    data.energy, data.color = lamp["energy"], lamp["colour"]
    if lamp["type"] == "SUN":
        data.angle = lamp["size"]
    else:
        data.shape, data.size = "DISK", lamp["size"]
    thing = bpy.data.objects.new(name, data)
    position, target = _turned(np.array([lamp["position"], lamp["target"]]))
    thing.location = mathutils.Vector(position.tolist())
    thing.rotation_euler = mathutils.Vector((target - position).tolist()).to_track_quat("-Z", "Y").to_euler()
    thing.visible_camera = False
    scene.collection.objects.link(thing)


def _environment(name: str) -> str:
    if os.path.isfile(name):
        return name
    folder = Path(bpy.utils.system_resource("DATAFILES", path="studiolights/world"))
    if not (folder / f"{name}.exr").is_file():
        raise ValueError(f"Blender has no environment {name!r}")
    return str(folder / f"{name}.exr")


def set_camera(scene: Any, camera: dict[str, Any]) -> None:
    """Make a pinhole camera the scene's camera, and its size the picture's."""
    width, height = camera["width"], camera["height"]
    longer = max(width, height)
    data = scene.camera.data
    data.sensor_width = data.sensor_height = 36.0
    data.sensor_fit, data.clip_start, data.clip_end = "AUTO", 0.01, 1000.0
    data.lens = camera["focal_px"] / longer * data.sensor_width
    # Blender's shifts move the picture: to the right and up, in parts of the longer side.
    data.shift_x = (width / 2 - camera["principal_px"][0]) / longer
    data.shift_y = (camera["principal_px"][1] - height / 2) / longer
    pose = BLENDER_FROM_HEAD @ np.linalg.inv(camera["camera_from_world"]) @ np.diag([1.0, -1.0, -1.0, 1.0])
    scene.camera.matrix_world = mathutils.Matrix(pose.tolist())
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.render.resolution_percentage = 100


def set_engine(scene: Any, threads: int) -> None:
    """Cycles with settings that all renders share."""
    scene.render.engine = "CYCLES"
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_mode, scene.render.image_settings.color_depth = "RGBA", "32"
    cycles = scene.cycles
    cycles.use_adaptive_sampling = False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 6, 3, 2
    cycles.transparent_max_bounces = 16
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 8.0
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.denoising_input_passes, cycles.denoising_prefilter = "RGB_ALBEDO_NORMAL", "FAST"
    scene.cycles_curves.shape = "RIBBONS"


def index_material() -> Any:
    """An emission of the object's own index."""
    tree = Tree("index")
    info, shader = tree.add("ShaderNodeObjectInfo"), tree.add("ShaderNodeEmission")
    tree.link(info.outputs["Object Index"], shader.inputs["Color"])
    return tree.finish(shader)


def render(scene: Any, job: dict[str, Any], objects: list[tuple[dict[str, Any], Any]]) -> None:
    """Render one picture of a built scene and write it."""
    index = job["kind"] == "index"
    set_camera(scene, job["camera"])
    set_light(scene, {"strength": 0.0} if index else job["light"])
    for item, thing in objects:
        thing.hide_render = job["kind"] == "relit" and not item["relit"]
    scene.view_layers[0].material_override = index_material() if index else None
    scene.render.film_transparent = job["kind"] != "photo"
    scene.cycles.samples = 1 if index else job["samples"]
    scene.cycles.seed = job.get("seed", 0)
    scene.cycles.use_denoising = not index and job.get("denoise", True)
    scene.cycles.pixel_filter_type = "GAUSSIAN" if index else "BLACKMAN_HARRIS"
    scene.cycles.filter_width = 0.01 if index else 1.5
    pixels = _pixels(scene)
    if index:
        np.savez_compressed(job["out"], index=np.round(pixels[:, :, 0]).astype(np.uint8))
    else:
        np.savez(job["out"], image=pixels)


def _pixels(scene: Any) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "picture.exr")
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(scene.render.filepath)
        image.colorspace_settings.name = "Non-Color"
        pixels = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(pixels)
        width, height = image.size
        bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)[::-1]


def run(job: dict[str, Any], threads: int) -> None:
    """Build a job's scene once and render all its pictures."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(scene.camera)
    set_engine(scene, threads)
    with np.load(job["meshes"]) as arrays:
        objects = [(item, add_object(scene, item, arrays)) for item in job["objects"]]
    for picture in job["renders"]:
        start = time.process_time()
        render(scene, picture, objects)
        print(f"@rendered {picture['kind']} {time.process_time() - start:.2f}", flush=True)


def answer(run: Callable[[dict[str, Any], int], None]) -> None:
    """Run job files, named line by line, until standard input closes; `run` gets a job and the threads of Cycles."""
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    for line in sys.stdin:
        start = time.monotonic()
        try:
            run(json.loads(Path(line.strip()).read_text(encoding="utf-8")), threads)
        except Exception as error:  # whatever it is belongs to this job only
            print(f"@failed {type(error).__name__}: {error}".replace("\n", " "), flush=True)
        else:
            print(f"@done {time.monotonic() - start:.2f}", flush=True)
    sys.stdout.flush()
    os._exit(0)  # Blender's exit handlers may crash outside of Blender


if __name__ == "__main__":
    answer(run)
