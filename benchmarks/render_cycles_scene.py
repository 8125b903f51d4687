"""Draws one bare mesh with Principled BSDF in Cycles, for `render_cycles`. Run it with a bpy Python.

    python benchmarks/render_cycles_scene.py scene.npz picture.npy

`scene.npz` holds what `render_cycles.cycles` writes, all in the head frame; the picture is linear
radiance [H, W, 4] float32, row 0 up.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

# This folder holds a module that hides Blender's own "cycles" else.
sys.path[:] = [path for path in sys.path if Path(path).resolve() != Path(__file__).resolve().parent]

import bpy  # noqa: E402
import mathutils  # noqa: E402
import numpy as np  # noqa: E402

BLENDER_FROM_HEAD = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


def main(source: str, target: str) -> None:
    scene_data = np.load(source)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    add_mesh(scene, scene_data)
    add_light(scene, scene_data)
    add_camera(scene, scene_data)
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = int(scene_data["samples"]), False
    scene.cycles.pixel_filter_type = "BOX"
    scene.cycles.sample_clamp_indirect = 0
    scene.cycles.max_bounces = scene.cycles.diffuse_bounces = 6
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.film_transparent = True
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "picture.exr")
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(scene.render.filepath)
        image.colorspace_settings.name = "Non-Color"
        pixels = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(pixels)
    np.save(target, pixels.reshape(image.size[1], image.size[0], 4)[::-1])


def add_mesh(scene, data) -> None:
    vertices = data["vertices"] @ BLENDER_FROM_HEAD[:3, :3].T
    mesh = bpy.data.meshes.new("mesh")
    mesh.from_pydata(vertices.tolist(), [], data["triangles"].tolist())
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    material = bpy.data.materials.new("skin")
    material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*data["diffuse"], 1)
    shader.inputs["Specular IOR Level"].default_value = float(data["specular"])
    shader.inputs["Roughness"].default_value = float(data["roughness"])
    shader.inputs["IOR"].default_value = 1.4
    mesh.materials.append(material)
    scene.collection.objects.link(bpy.data.objects.new("mesh", mesh))


def add_light(scene, data) -> None:
    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    tree = scene.world.node_tree
    texture = tree.nodes.new("ShaderNodeTexEnvironment")
    texture.image = bpy.data.images.load(str(data["hdri"]))
    background = next(node for node in tree.nodes if node.type == "BACKGROUND")
    background.inputs["Strength"].default_value = float(data["strength"])
    tree.links.new(texture.outputs["Color"], background.inputs["Color"])


def add_camera(scene, data) -> None:
    camera = bpy.data.cameras.new("camera")
    camera.sensor_width, camera.clip_start = 36.0, 0.01
    size = int(data["size"])
    camera.lens = float(data["focal_px"]) / size * camera.sensor_width
    scene.render.resolution_x = scene.render.resolution_y = size
    camera_object = bpy.data.objects.new("camera", camera)
    # Blender's cameras look along -Z with Y up, OpenCV's along +Z with Y down.
    pose = BLENDER_FROM_HEAD @ np.linalg.inv(data["camera_from_world"]) @ np.diag([1.0, -1.0, -1.0, 1.0])
    camera_object.matrix_world = mathutils.Matrix(pose.tolist())
    scene.collection.objects.link(camera_object)
    scene.camera = camera_object


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
